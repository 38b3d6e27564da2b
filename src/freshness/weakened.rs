//! Expectations that demand less than they did.
//!
//! Comes in: the old document and the new one. Goes out: what was promised and is not any more.
//! A segment is the same when its commands are, else when it stands at the same place of the same
//! step; a failure that no longer counts is a promise less, too.

use std::sync::LazyLock;

use regex::Regex;

use crate::document::{Action, ActionKind, Annotation, Block, Document, Segment};
use crate::expect::{Best, Expectation};

use super::compare::{pairs, short};
use super::parts::{commands, pieces};
use super::{Weakening, WeakeningKind};

/// A segment with its block.
struct Promise<'a> {
    block: &'a Block,
    segment: &'a Segment,
    text: String,
}

/// What the new document no longer promises, in the order of the old one.
pub fn weakened(old: &Document, new: &Document) -> Vec<Weakening> {
    let (was, is) = (pieces(old), pieces(new));
    let pairs = pairs(&was, &is);
    let mut found = Vec::new();
    for (place, step) in old.steps.iter().enumerate() {
        // The header is the first piece.
        let partner = pairs.iter().find(|(a, _)| *a == place + 1).map(|(_, b)| *b);
        let partner = partner.and_then(|b| new.steps.get(b.checked_sub(1)?));
        let before = promises(&step.actions);
        let after = partner.map(|step| promises(&step.actions)).unwrap_or_default();
        let partners = partners(&before, &after);
        for (promise, partner) in before.iter().zip(partners) {
            found.extend(compare(&step.id, promise, partner.map(|at| &after[at])));
        }
    }
    found
}

fn promises(actions: &[Action]) -> Vec<Promise<'_>> {
    let mut found = Vec::new();
    for action in actions {
        match &action.kind {
            ActionKind::Command(block) => {
                let promise = |segment| Promise { block, segment, text: commands(block, segment) };
                found.extend(block.segments.iter().map(promise));
            }
            ActionKind::Choice(choice) => {
                found.extend(choice.alternatives.iter().flat_map(|one| promises(&one.actions)));
            }
            ActionKind::Manual(_) | ActionKind::Record(_) => {}
        }
    }
    found
}

/// For each old segment the place of the new one: first by the commands, then by the order.
fn partners(before: &[Promise<'_>], after: &[Promise<'_>]) -> Vec<Option<usize>> {
    let mut free: Vec<_> = (0..after.len()).collect();
    let exact = before.iter().map(|old| {
        let at = free.iter().position(|place| after[*place].text == old.text)?;
        Some(free.remove(at))
    });
    let exact: Vec<_> = exact.collect();
    let mut rest = free.into_iter();
    exact.into_iter().map(|found| found.or_else(|| rest.next())).collect()
}

fn compare(step: &str, old: &Promise<'_>, new: Option<&Promise<'_>>) -> Vec<Weakening> {
    let weakening = |line, kind, was: &str, now: Option<&str>| Weakening {
        step: step.to_owned(),
        line,
        kind,
        was: short(was),
        now: now.map(short),
    };
    let line = old.segment.line;
    let commands = new.into_iter().flat_map(|new| {
        let kinds = weaker_commands(old, new).into_iter();
        kinds.map(move |kind| weakening(line, kind, &old.text, Some(&new.text)))
    });
    let mut found: Vec<_> = commands.collect();
    let before = &old.segment.expectations;
    let now = new.map_or(&[] as &[Annotation], |new| &new.segment.expectations);
    let mut come = now.iter().filter(|two| !before.iter().any(|one| alike(one, two)));
    for one in before.iter().filter(|one| !now.iter().any(|two| alike(one, two))) {
        let was = one.expectation.text();
        let two = come.next().map(|two| &two.expectation);
        let kind = two.map_or(Some(WeakeningKind::Removed), |two| weaker(&one.expectation, two));
        let words = two.map(Expectation::text);
        found.extend(kind.map(|kind| weakening(one.line, kind, was, words)));
    }
    found
}

fn weaker_commands(old: &Promise<'_>, new: &Promise<'_>) -> Vec<WeakeningKind> {
    let mut kinds = Vec::new();
    if hides(&new.text) > hides(&old.text) {
        kinds.push(WeakeningKind::StatusHidden);
    }
    if old.block.runnable && !new.block.runnable {
        kinds.push(WeakeningKind::NotRun);
    }
    kinds
}

/// Whether two annotations demand the same: the same words check something else where a kind was
/// declared anew.
fn alike(one: &Annotation, two: &Annotation) -> bool {
    let (one, two) = (&one.expectation, &two.expectation);
    one.text() == two.text() && one.checks() == two.checks()
}

/// How the new expectation is weaker than the old one; nothing where it checks all that the old
/// one did.
fn weaker(old: &Expectation, new: &Expectation) -> Option<WeakeningKind> {
    let (was, is) = (old.checks(), new.checks());
    if !old.is_prose() && new.is_prose() {
        Some(WeakeningKind::Prose)
    } else if is.len() < was.len() {
        Some(WeakeningKind::FewerChecks)
    } else if old.best() == Best::Met && new.best() == Best::Unverified {
        Some(WeakeningKind::Unverified)
    } else if was.iter().all(|check| is.contains(check)) {
        None
    } else {
        Some(WeakeningKind::Different)
    }
}

static HIDES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:\|\||;|\n)\s*(?:true|:|exit 0|return 0|/bin/true|(?:echo|printf)\b[^;|&\n]*)",
        r"\s*(?:$|[;)\n}])|\bset \+e\b"
    ))
    .expect("a valid pattern")
});

/// How often a text lets a failure pass.
fn hides(text: &str) -> usize {
    HIDES.find_iter(text).count()
}
