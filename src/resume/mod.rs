//! What a run has come to: a fold over its events, by which it goes on.
//!
//! Comes in: the events of a run, in order. Goes out: a [`Past`]: what is settled, what was begun and
//! is not known, which values and choices hold, what the shell knew. With another text of the
//! runbook, [`difference`] says what changed and where each place has gone. Pure: it reads nothing
//! and asks nobody.

mod accepted;
mod by_value;
mod deviation;
mod difference;
mod printed;
mod redo;
mod shell;
mod standing;
mod taken_over;
mod undoing;

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{
    Deviation, Event, HandedOver, LeftOut, Outcome, Part, Place, Placed, Reference, Resumption,
    What, move_place,
};
use crate::variables::{Redacted, made_elsewhere};

pub use accepted::Acceptance;
pub use deviation::{Deviated, amended, at, begin, patch, unified};
pub use difference::{Change, Difference, difference, steps_now};
pub use redo::{Redo, redo};
pub use shell::Knows;
pub use standing::{Known, Standing};
pub use undoing::{Begun, InVain, Undoing, undoing};

/// What a run has come to.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// The number of its last event.
    pub events: u64,
    /// The number of its last segment.
    pub segments: u64,
    /// The machine that it was last carried out on.
    pub host: String,
    /// SHA-256 of the text that its places are of, in hex.
    pub fingerprint: String,
    /// The chosen label, by the labels of the alternatives.
    pub choices: BTreeMap<Vec<String>, String>,
    /// The values of inputs that are no secret, each with all of its values.
    pub inputs: Vec<(String, Vec<String>)>,
    /// By which a secret is known again, by the input's name.
    pub marks: BTreeMap<String, String>,
    /// Where a secret was fetched from, by the input's name.
    pub references: BTreeMap<String, Reference>,
    /// The part of the runbook that the run carries out.
    pub part: Part,
    /// The steps that are left out by the operator's wish, as they were told, and the fingerprint of
    /// the text that they are of.
    pub left_out: Option<(String, LeftOut)>,
    /// Verifications that were left out or overruled, and that nobody has accepted.
    pub doubts: Vec<Redacted>,
    /// Those that somebody has accepted.
    pub accepted: BTreeSet<Redacted>,
    /// Why it may have gone on after its record broke off; nothing where the record is whole.
    pub may_have_gone_on: Option<Redacted>,
    /// When and how it was handed over, where nobody has gone on with it since.
    pub handed_over: Option<(String, HandedOver)>,
    /// The rollbacks of it that had done nothing, and were given up.
    pub given_up: BTreeSet<String>,
    /// Doubts that somebody has accepted for what has not begun since.
    pub accepted_for: Vec<Acceptance>,
    /// What the shell knew at the end.
    pub knows: Knows,
    /// Where its tools acted, and it was last.
    pub place: Vec<Placed>,
    /// How often each outcome occurred, in the order of the first occurrence.
    pub counts: Vec<(Outcome, usize)>,
    /// What operators put in the place of the runbook's commands, in this order.
    pub deviations: Vec<Deviated>,
    /// The steps at which operators opened a shell, in this order.
    pub shells: Vec<String>,
    /// The step and line of a shell whose end was not recorded.
    pub open_shell: Option<(String, usize)>,
    /// The text of everything else that the shell knew when it was taken to a folder from a shell that
    /// an operator had opened, until somebody has confirmed to write there.
    pub by_hand: Option<String>,
    segments_at: BTreeMap<Key, Known>,
    numbers: BTreeMap<u64, Key>,
    manual: BTreeMap<Place, Manual>,
    /// Manual actions that were put to a person, and of which no end was heard.
    asked: BTreeSet<Place>,
    chosen: BTreeSet<Place>,
    records: BTreeSet<Place>,
}

/// A segment, for one value of its list inputs.
type Key = (Place, Vec<Redacted>);

/// A manual action that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manual {
    /// Whether it was a question that was answered no, or was left out.
    pub denied: bool,
    /// Whether it was left out.
    skipped: bool,
}

impl Past {
    /// Takes in what happened next.
    pub fn take(&mut self, event: &Event) {
        self.events = event.number;
        move_place(&mut self.place, &event.what);
        match &event.what {
            What::RunStarted(beginning) => {
                self.host.clone_from(&beginning.host);
                self.fingerprint.clone_from(&beginning.fingerprint);
                self.part.clone_from(&beginning.part);
                self.may_have_gone_on.clone_from(&beginning.break_glass);
            }
            What::TakenOver(taken) => self.take_over(taken),
            What::StepsLeftOut(left_out) => {
                self.left_out = Some((self.fingerprint.clone(), left_out.as_ref().clone()));
            }
            What::RunResumed(resumption) => {
                self.open_shell = None;
                self.may_have_gone_on.clone_from(&resumption.break_glass);
                self.resume(resumption);
            }
            What::InputGiven { name, values, mark, reference, .. } => {
                self.input(name, values, mark.as_ref());
                if let Some(reference) = reference {
                    self.references.insert(name.clone(), reference.clone());
                }
            }
            What::ChoiceMade { place, labels, chosen, .. } => {
                self.chosen.insert(place.clone());
                self.choices.insert(labels.clone(), chosen.clone());
            }
            What::ManualAsked { place, .. } => drop(self.asked.insert(place.clone())),
            What::ManualEnded { step, place, denied, outcome, .. } => {
                self.come_past_what_was_accepted(step);
                let skipped = *outcome == Outcome::Skipped;
                self.asked.remove(place);
                self.manual.insert(place.clone(), Manual { denied: *denied || skipped, skipped });
                self.count(*outcome);
            }
            What::DoubtAccepted { step, doubts, reason, by, .. } => {
                let (step, doubts) = (step.clone(), doubts.clone());
                let (reason, by) = (reason.clone(), by.clone());
                self.accept(Acceptance { step, doubts, reason, by });
            }
            What::CommandEdited(deviation) => self.deviate(deviation),
            What::ShellOpened { step, line, .. } => {
                let doubt = doubt_of_shell(step, *line);
                self.doubts.retain(|known| *known != doubt);
                self.doubts.push(doubt);
                self.shells.push(step.clone());
                self.open_shell = Some((step.clone(), *line));
            }
            What::ShellEnded(visit) => {
                self.open_shell = None;
                if visit.taken && visit.moved {
                    self.by_hand = self.knows.texts.get("rest").cloned();
                }
            }
            What::ContextChanged { what, .. } if what == "folder" => self.by_hand = None,
            What::RunEnded(_) => self.may_have_gone_on = None,
            What::HandedOver(handed) => self.handed_over = Some((event.at.clone(), handed.clone())),
            What::RecordMade { place, .. } => drop(self.records.insert(place.clone())),
            What::StateKept(kept) => {
                let step = self.of(kept.segment).map(|known| known.step.clone());
                self.knows.take(kept, &step.unwrap_or_default());
            }
            what => self.segment(&event.at, what),
        }
    }

    /// Takes in how the run goes on: what has moved, and what is done again.
    pub fn resume(&mut self, resumption: &Resumption) {
        self.come_to(&resumption.host);
        self.handed_over = None;
        self.given_up.extend(resumption.gives_up.clone());
        self.fingerprint.clone_from(&resumption.fingerprint);
        if let Some(part) = &resumption.part {
            self.part.clone_from(part);
        }
        self.move_to(&resumption.moved);
        resumption.redone.iter().for_each(|place| self.forget(place));
        for name in &resumption.forgotten {
            self.inputs.retain(|(known, _)| known != name);
            self.marks.remove(name);
            self.references.remove(name);
            self.knows.variables.remove(name);
            self.knows.lost.remove(name);
        }
    }

    /// Notes on which machine it goes on. What knows secrets again is that machine's own.
    pub fn come_to(&mut self, host: &str) {
        if self.host != host {
            self.marks.values_mut().for_each(|mark| *mark = made_elsewhere(mark));
        }
        host.clone_into(&mut self.host);
    }

    /// Takes in what an operator put in the place of a segment's text.
    pub fn deviate(&mut self, deviation: &Deviation) {
        self.deviations.push(Deviated::of(deviation));
    }

    /// Notes that the segment at this place was begun, with the text that it has by now.
    pub fn begin(&mut self, place: &Place) {
        begin(&mut self.deviations, place);
    }

    /// Whether another text stands in the place of a segment's.
    pub fn deviates(&self, place: &Place) -> bool {
        self.deviations.iter().any(|one| one.deviation.place == *place)
    }

    /// What was settled, or begun, of a segment is decided about: from now on it is open.
    pub fn reopen(&mut self, place: &Place, values: &[Redacted]) {
        self.segments_at.remove(&(place.clone(), values.to_vec()));
    }

    fn input(&mut self, name: &str, values: &[Redacted], mark: Option<&String>) {
        self.inputs.retain(|(known, _)| known != name);
        self.marks.remove(name);
        self.references.remove(name);
        self.knows.found(name);
        if !values.is_empty() {
            let texts = values.iter().map(|value| value.as_str().to_owned()).collect();
            self.inputs.push((name.to_owned(), texts));
        }
        if let Some(mark) = mark {
            self.marks.insert(name.to_owned(), mark.clone());
        }
    }

    fn segment(&mut self, at: &str, what: &What) {
        match what {
            What::SegmentIntended(intent) if intent.probe => {
                self.segments = self.segments.max(intent.segment);
            }
            What::SegmentIntended(intent) => {
                self.segments = self.segments.max(intent.segment);
                let key = (intent.place.clone(), intent.values.clone());
                self.numbers.insert(intent.segment, key.clone());
                self.segments_at.insert(key, Known::intended(intent));
            }
            What::SegmentStarted { segment, .. } => {
                self.note(*segment, |known| known.begin(at));
                let writes = self.of(*segment).filter(|known| known.has_changed_something());
                if let Some(step) = writes.map(|known| known.step.clone()) {
                    self.come_past_what_was_accepted(&step);
                }
                if let Some((place, _)) = self.numbers.get(segment).cloned() {
                    self.begin(&place);
                }
            }
            What::StatementEnded { segment, statement, status, .. } => {
                self.note(*segment, |known| known.ended.push((*statement, *status)));
            }
            What::Output { segment, stream, text } => {
                self.note(*segment, |known| known.hear(*stream, text));
            }
            What::SegmentEnded(ending) if self.numbers.contains_key(&ending.segment) => {
                self.count(ending.outcome);
                self.note(ending.segment, |known| known.end(ending));
                let place = self.numbers.get(&ending.segment).map(|(place, _)| place);
                let edited = place.is_some_and(|place| self.deviates(place));
                let text = if edited { standing::Text::Edited } else { standing::Text::Own };
                self.doubts.extend(self.of(ending.segment).and_then(|known| known.doubt(text)));
            }
            _ => {}
        }
    }

    fn of(&self, segment: u64) -> Option<&Known> {
        self.segments_at.get(self.numbers.get(&segment)?)
    }

    fn note(&mut self, segment: u64, how: impl FnOnce(&mut Known)) {
        let known = self.numbers.get(&segment).and_then(|key| self.segments_at.get_mut(key));
        known.map(how).unwrap_or_default();
    }

    /// What stays open is counted when it is settled.
    fn count(&mut self, outcome: Outcome) {
        if matches!(outcome, Outcome::Unverified | Outcome::Stopped) {
            return;
        }
        match self.counts.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((outcome, 1)),
        }
    }

    /// How a segment stands, for one value of its list inputs.
    pub fn standing(&self, place: &Place, values: &[Redacted]) -> Standing<'_> {
        let known = self.segments_at.get(&(place.clone(), values.to_vec()));
        known.map_or(Standing::Open, Known::standing)
    }

    /// What became of a manual action.
    pub fn manual(&self, place: &Place) -> Option<Manual> {
        self.manual.get(place).copied()
    }

    /// Whether one of the alternatives at this place was chosen.
    pub fn chose(&self, place: &Place) -> bool {
        self.chosen.contains(place)
    }

    /// Whether the audit entry at this place was made.
    pub fn recorded(&self, place: &Place) -> bool {
        self.records.contains(place)
    }

    /// The places where something was done, or begun.
    pub fn touched(&self) -> BTreeSet<Place> {
        let begun = |(key, known): (&Key, &Known)| {
            (!matches!(known.standing(), Standing::Open)).then(|| key.0.clone())
        };
        let segments = self.segments_at.iter().filter_map(begun);
        let others = self.manual.keys().chain(&self.records).chain(&self.chosen);
        segments.chain(others.cloned()).collect()
    }

    /// The places of the steps in which something was changed, or may have been: a write was begun,
    /// or something was done by hand.
    pub fn acted(&self) -> BTreeSet<usize> {
        let written = self.segments_at.iter().filter(|(_, known)| known.has_changed_something());
        let written = written.map(|((place, _), _)| place.step);
        let done = self.manual.iter().filter(|(_, manual)| !manual.denied);
        written.chain(done.map(|(place, _)| place.step)).collect()
    }

    /// A segment that was begun and cannot be undone.
    pub fn irreversible(&self) -> Option<&Known> {
        self.segments_at.values().find(|known| known.irreversible && known.began.is_some())
    }

    /// The last segment of each step that came to its end, by the step's place in the document.
    pub fn last_of_steps(&self) -> BTreeMap<usize, &Known> {
        let mut last: BTreeMap<usize, &Known> = BTreeMap::new();
        for ((place, _), known) in &self.segments_at {
            if known.has_ended() {
                let before = last.entry(place.step).or_insert(known);
                if before.segment < known.segment {
                    *before = known;
                }
            }
        }
        last
    }

    /// Writes that nobody has decided about: begun and never ended, or failed; in document order.
    pub fn undecided(&self) -> impl Iterator<Item = &Known> {
        self.segments_at
            .values()
            .filter(|known| matches!(known.standing(), Standing::Unknown(_) | Standing::Failed(_)))
    }

    /// What was done at this place is to be done again.
    fn forget(&mut self, place: &Place) {
        self.chosen.remove(place);
        self.segments_at.retain(|(at, _), _| at != place);
        self.numbers.retain(|_, (at, _)| at != place);
        self.manual.remove(place);
        self.asked.remove(place);
        self.records.remove(place);
    }

    /// Everything has gone where the new text has it; what is not there any more, or was never
    /// begun, is forgotten.
    fn move_to(&mut self, moved: &[(Place, Option<Place>)]) {
        if moved.is_empty() {
            return;
        }
        let to: BTreeMap<&Place, &Option<Place>> =
            moved.iter().map(|(from, to)| (from, to)).collect();
        let gone = |place: &Place| to.get(place).and_then(|to| (*to).clone());
        let key = |(place, values): Key| Some((gone(&place)?, values));
        let segments = std::mem::take(&mut self.segments_at).into_iter();
        self.segments_at = segments
            .filter_map(|(at, known)| {
                let at = key(at)?;
                let place = at.0.clone();
                Some((at, Known { place, ..known }))
            })
            .collect();
        let numbers = std::mem::take(&mut self.numbers).into_iter();
        self.numbers = numbers.filter_map(|(number, at)| Some((number, key(at)?))).collect();
        let manual = std::mem::take(&mut self.manual).into_iter();
        self.manual = manual.filter_map(|(at, how)| Some((gone(&at)?, how))).collect();
        self.asked = std::mem::take(&mut self.asked).iter().filter_map(gone).collect();
        self.chosen = std::mem::take(&mut self.chosen).iter().filter_map(gone).collect();
        self.records = std::mem::take(&mut self.records).iter().filter_map(gone).collect();
        let deviations = std::mem::take(&mut self.deviations).into_iter();
        self.deviations = deviations
            .filter_map(|mut one| {
                one.deviation.place = gone(&one.deviation.place)?;
                Some(one)
            })
            .collect();
    }
}

/// What a shell that an operator opened speaks against: what was verified before it may hold no
/// longer.
pub fn doubt_of_shell(step: &str, line: usize) -> Redacted {
    let line = Redacted::number(i64::try_from(line).unwrap_or_default());
    Redacted::fill(
        "a shell was opened at step {}, line {}, and what was done in it was not checked",
        &[&Redacted::stored(step), &line],
    )
}
