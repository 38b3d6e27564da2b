//! What became of a runbook's steps between two texts, and where each place has gone.
//!
//! Comes in: the text that a run was begun with, the text now, and what was done. Goes out: the
//! steps that differ, in words, and a translation of places. A step is known again by its section and
//! title, else by its section and number; never by where it stands: whoever inserts a step must not
//! move the run to another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Action, ActionKind, Document, Step};
use crate::event::Place;

use super::{Past, amended};

/// What differs between two texts of a runbook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// The steps that differ, in the order of the new text.
    pub changes: Vec<Change>,
    /// Where the places of the old text have gone.
    pub moved: Vec<(Place, Option<Place>)>,
}

impl Difference {
    /// Whether what stood at this place stands nowhere in the new text.
    pub fn is_gone(&self, place: &Place) -> bool {
        self.moved.iter().any(|(from, to)| from == place && to.is_none())
    }

    /// Whether something differs that was done already.
    pub fn concerns_what_was_done(&self) -> bool {
        self.changes.iter().any(|change| change.done)
    }
}

/// A step that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The step as the new text names it, or the old where it is gone: `step 3 "Store"`.
    pub step: String,
    /// What became of it.
    pub what: What,
    /// Whether something of it was done.
    pub done: bool,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its text is another one.
    Changed,
    /// It stands elsewhere among those that are done or to be done.
    Moved,
}

impl Change {
    /// It as a sentence.
    pub fn sentence(&self) -> String {
        let done = if self.done { "; it was done, or begun" } else { "" };
        let what = match self.what {
            What::Added => "is new",
            What::Removed => "is gone",
            What::Changed => "has changed",
            What::Moved => "stands elsewhere now",
        };
        format!("{} {what}{done}", self.step)
    }
}

/// What differs between the text that the places of `past` are of and another one.
pub fn difference(old: &Document, new: &Document, past: &Past) -> Difference {
    let pairs = pairs(old, new);
    let touched = past.touched();
    // Who wrote into the runbook what was carried out in its place has changed nothing of it.
    let carried_out = amended(old, &past.deviations).0;
    let carried_out = carried_out.as_ref();
    let is_carried_out = |from: usize, step: &Step| {
        carried_out.is_some_and(|done| text(done, &done.steps[from]) == text(new, step))
    };
    let done = |at: usize| touched.iter().any(|place| place.step == at);
    let mut result = Difference::default();
    for (at, step) in new.steps.iter().enumerate() {
        let before = pairs.iter().find(|(_, to)| *to == at).map(|(from, _)| *from);
        let what = match before {
            None => Some(What::Added),
            Some(from)
                if text(old, &old.steps[from]) != text(new, step)
                    && !is_carried_out(from, step) =>
            {
                Some(What::Changed)
            }
            Some(from) if is_crossed(&pairs, from, at) => Some(What::Moved),
            Some(_) => None,
        };
        let done = before.is_some_and(done);
        result.changes.extend(what.map(|what| Change { step: named(step), what, done }));
    }
    for (at, step) in old.steps.iter().enumerate() {
        if pairs.iter().all(|(from, _)| *from != at) {
            let change = Change { step: named(step), what: What::Removed, done: done(at) };
            result.changes.push(change);
        }
    }
    let edited = past.deviations.iter().map(|one| one.deviation.place.clone());
    let kept = touched.iter().cloned().chain(edited).collect();
    result.moved = moved((old, carried_out), new, &pairs, &kept);
    result
}

/// What has become of the steps at some places of the old text: their places in the new one.
pub fn steps_now(old: &Document, new: &Document, places: &[usize]) -> Vec<Option<usize>> {
    let pairs = pairs(old, new);
    let now = |at: &usize| pairs.iter().find(|(from, _)| from == at).map(|(_, to)| *to);
    places.iter().map(now).collect()
}

fn named(step: &Step) -> String {
    let numbered = step.id.starts_with(|c: char| c.is_ascii_digit());
    let id = if numbered { format!("step {} ", step.id) } else { String::new() };
    let section = match step.section.title.as_str() {
        "" => String::new(),
        title => format!(" ({title})"),
    };
    format!("{id}\"{}\"{section}", step.title)
}

fn text<'d>(document: &'d Document, step: &Step) -> &'d str {
    document.source.slice(step.span).trim_end()
}

/// Each step of the old text with the one of the new text that it has become.
fn pairs(old: &Document, new: &Document) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let same_text = |a: &Step, b: &Step| text(old, a) == text(new, b);
    let same_title = |a: &Step, b: &Step| !a.title.is_empty() && a.title == b.title;
    let same_id = |a: &Step, b: &Step| a.id == b.id;
    pair(old, new, &mut pairs, &|a, b| same_text(a, b) && same_id(a, b));
    pair(old, new, &mut pairs, &|a, b| same_title(a, b) && same_id(a, b));
    pair(old, new, &mut pairs, &|a, b| same_title(a, b));
    pair(old, new, &mut pairs, &|a, b| same_id(a, b));
    pairs.sort_unstable();
    pairs
}

/// Pairs steps of equal sections that are not paired yet and that fit; of several the first.
fn pair(
    old: &Document,
    new: &Document,
    pairs: &mut Vec<(usize, usize)>,
    fits: &dyn Fn(&Step, &Step) -> bool,
) {
    for (from, a) in old.steps.iter().enumerate() {
        if pairs.iter().any(|(known, _)| *known == from) {
            continue;
        }
        let to = new.steps.iter().enumerate().find(|(to, b)| {
            a.section == b.section && fits(a, b) && pairs.iter().all(|(_, known)| known != to)
        });
        pairs.extend(to.map(|(to, _)| (from, to)));
    }
}

/// Whether a step stands on the other side of another one now.
fn is_crossed(pairs: &[(usize, usize)], from: usize, to: usize) -> bool {
    pairs.iter().any(|(a, b)| (*a < from && *b > to) || (*a > from && *b < to))
}

/// Where everything that was touched has gone.
fn moved(
    (old, carried_out): (&Document, Option<&Document>),
    new: &Document,
    pairs: &[(usize, usize)],
    touched: &BTreeSet<Place>,
) -> Vec<(Place, Option<Place>)> {
    let places = |document: &Document, at: usize| {
        let mut found = Vec::new();
        collect(
            document,
            &document.steps[at].actions,
            &Place { step: at, ..Place::default() },
            &mut found,
        );
        found
    };
    let mut moved: BTreeMap<Place, Option<Place>> =
        touched.iter().map(|place| (place.clone(), None)).collect();
    for (from, to) in pairs {
        // Equal texts in one step are told apart by their order.
        let mut there = places(new, *to);
        let done = carried_out.map(|done| places(done, *from)).unwrap_or_default();
        for (at, (place, text)) in places(old, *from).into_iter().enumerate() {
            let done = done.get(at).map(|(_, text)| text);
            let is_it = |other: &String| *other == text || Some(other) == done;
            let found = there.iter().position(|(_, other)| is_it(other));
            let gone = found.map(|at| there.remove(at).0);
            moved.entry(place).and_modify(|known| *known = gone);
        }
    }
    moved.into_iter().collect()
}

/// Every place of some actions, with the text by which it is known again.
fn collect<'d>(
    document: &'d Document,
    actions: &'d [Action],
    above: &Place,
    found: &mut Vec<(Place, String)>,
) {
    for (at, action) in actions.iter().enumerate() {
        let mut place = above.clone();
        place.action.push(at);
        match &action.kind {
            ActionKind::Command(block) => {
                for (at, segment) in block.segments.iter().enumerate() {
                    let statements = block.script.statements[segment.statements.clone()].iter();
                    let texts: Vec<_> =
                        statements.map(|one| &block.text[one.span.range()]).collect();
                    let place = Place { segment: Some(at), ..place.clone() };
                    found.push((place, texts.join("\n")));
                }
            }
            ActionKind::Choice(choice) => {
                let labels = choice.alternatives.iter().map(|one| one.label.as_str());
                found.push((place.clone(), labels.collect::<Vec<_>>().join("\n")));
                for (at, one) in choice.alternatives.iter().enumerate() {
                    let mut place = place.clone();
                    place.action.push(at);
                    collect(document, &one.actions, &place, found);
                }
            }
            ActionKind::Manual(_) | ActionKind::Record(_) => {
                found.push((place, document.source.slice(action.span).trim().to_owned()));
            }
        }
    }
}
