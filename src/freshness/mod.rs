//! How fresh a runbook is: when it was last validated, and what changed since.
//!
//! Comes in: a document and the day. Goes out: [`Freshness`], with the changes block by block. What
//! the stamp was put on is found in git, by the commit that brought the date; no fingerprint is
//! kept in the document. Where git cannot tell, that is said; it never counts as unchanged. Refuses
//! to trust the repository: nothing that its configuration names is run.

mod compare;
mod git;
mod history;
mod parts;
mod weakened;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;

use crate::document::{self, ActionKind, Document};
use crate::plan::{Action, Plan, Selection};
use crate::policy::{Catalogue, Effect};
use crate::stamp::{self, Method, Standing};

pub use compare::compare;
pub use weakened::weakened;

/// How fresh one runbook is.
#[derive(Debug)]
pub struct Freshness {
    /// Its file, as it was named.
    pub file: PathBuf,
    /// Its title.
    pub title: Option<String>,
    /// The day of its last validation, in UTC.
    pub last_validated: Option<Date>,
    /// How many days ago that was; negative where it is still to come.
    pub age_days: Option<i64>,
    /// The line of that entry, from 1.
    pub line: Option<usize>,
    /// How it was validated.
    pub method: Option<Method>,
    /// How much of it can be validated live.
    pub coverage: Coverage,
    /// What the changes are counted from.
    pub since: Since,
    /// What changed since.
    pub changes: Vec<Change>,
    /// Expectations that demand less than they did.
    pub weakened: Vec<Weakening>,
    /// Whether the file differs from what is committed.
    pub uncommitted: bool,
    /// What all of that comes to.
    pub state: State,
    /// Why the date cannot be read, where it cannot.
    pub why: Option<String>,
}

/// How many of a runbook's segments only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Those that are known to change nothing.
    pub readable: usize,
    /// All of them.
    pub segments: usize,
}

/// What the changes are counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// The commit that brought the date.
    Commit(String),
    /// The last commit: the date itself is not committed yet.
    Head(String),
    /// Nothing: there is no date.
    Never,
    /// Nothing: there is no history of this file. Why.
    None(String),
    /// Nothing: its history cannot be read, or not as far as it must. Why.
    Unknown(String),
}

/// What a runbook needs, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It was never validated.
    Never,
    /// Its date cannot be read.
    Unreadable,
    /// Its date is still to come.
    Future,
    /// What it does or promises changed since.
    Changed,
    /// What changed since is not known.
    Unknown,
    /// Nothing that it does or promises changed since.
    Unchanged,
}

/// One change since the stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The id of the step; empty for the header.
    pub step: String,
    /// The line in the new text, or in the old one for what was removed; from 1.
    pub line: usize,
    /// What happened to it.
    pub kind: ChangeKind,
    /// What it is.
    pub subject: Subject,
    /// In words, with the old and the new text.
    pub what: String,
    /// Whether it touches what is done or promised, or words alone.
    #[serde(skip)]
    pub weight: Weight,
}

/// What happened to a part of a runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// It says something else.
    Changed,
    /// It stands elsewhere.
    Moved,
}

/// The parts of a runbook that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A whole step.
    Step,
    /// The commands of a segment.
    Command,
    /// An expectation.
    Expectation,
    /// Prose to do or confirm.
    Manual,
    /// Alternatives.
    Choice,
    /// An audit entry.
    Record,
    /// Declared inputs and kinds.
    Declaration,
    /// An entry of the header.
    Header,
    /// Explanation.
    Prose,
}

/// Whether a change touches what is done or promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It does: the stamp says nothing of it.
    Work,
    /// Only words around it.
    Words,
}

/// An expectation, or a status, that demands less than it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Weakening {
    /// The id of the step, in the old text.
    pub step: String,
    /// The line in the old text, from 1.
    pub line: usize,
    /// How it became weaker.
    pub kind: WeakeningKind,
    /// What it said.
    pub was: String,
    /// What stands in its place.
    pub now: Option<String>,
}

/// How an expectation became weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeakeningKind {
    /// It is gone.
    Removed,
    /// It is prose, which is left to a person.
    Prose,
    /// It has fewer checks.
    FewerChecks,
    /// It can no longer be met without a person.
    Unverified,
    /// It checks something else: whether that is less is for a person to say.
    Different,
    /// A failure of its command no longer counts (`|| true`).
    StatusHidden,
    /// Its command is no longer run.
    NotRun,
}

/// How fresh a document is on a day, from its file's history.
pub fn freshness(
    document: Document,
    today: Date,
    catalogue: &'static Catalogue,
    search: &OsStr,
) -> Freshness {
    let plan = Plan::new(document, catalogue, &Selection::default());
    let document = &plan.document;
    let (standing, place) = stamp::standing(document);
    let last_validated = match standing {
        Standing::On(date) => Some(date),
        Standing::Never | Standing::Unreadable(_) => None,
    };
    let history = history::since_stamp(document, &standing, search);
    let (changes, weakened) = history
        .base
        .as_ref()
        .map_or_else(Default::default, |old| (compare(old, document), weakened(old, document)));
    let age_days =
        last_validated.and_then(|date| date.until(today).ok()).map(|age| i64::from(age.get_days()));
    Freshness {
        file: document.source.path().into(),
        title: document.title.clone(),
        last_validated,
        age_days,
        line: place.map(|span| document.source.line(span.start)),
        method: stamp::method(document),
        coverage: coverage(&plan),
        state: state(&standing, age_days, &history.since, &changes),
        since: history.since,
        changes,
        weakened,
        uncommitted: history.uncommitted,
        why: match standing {
            Standing::Unreadable(error) => Some(error.to_string()),
            _ => None,
        },
    }
}

fn state(standing: &Standing, age: Option<i64>, since: &Since, changes: &[Change]) -> State {
    match (standing, since) {
        (Standing::Never, _) => State::Never,
        (Standing::Unreadable(_), _) => State::Unreadable,
        _ if age.is_none_or(|age| age < 0) => State::Future,
        _ if changes.iter().any(|change| change.weight == Weight::Work) => State::Changed,
        (_, Since::Commit(_) | Since::Head(_)) => State::Unchanged,
        _ => State::Unknown,
    }
}

/// What of a plan could be validated live, by its effects alone.
pub fn coverage(plan: &Plan) -> Coverage {
    let mut coverage = Coverage { readable: 0, segments: 0 };
    for step in &plan.steps {
        coverage.add(&step.actions, &plan.step(step).actions);
    }
    coverage
}

/// Expectations that demand less than at the last stamp; none where git does not know it.
pub fn weakened_since(document: &Document, search: &OsStr) -> Vec<Weakening> {
    let (standing, _) = stamp::standing(document);
    let history = history::since_stamp(document, &standing, search);
    history.base.as_ref().map_or_else(Vec::new, |old| weakened(old, document))
}

impl Coverage {
    fn add(&mut self, decided: &[Action], written: &[document::Action]) {
        for (decided, written) in decided.iter().zip(written) {
            match (decided, &written.kind) {
                (Action::Command(segments), ActionKind::Command(block)) => {
                    let reads = segments.iter().filter(|segment| segment.effect == Effect::Read);
                    self.readable += reads.count();
                    self.segments += segments.len().max(block.segments.len());
                }
                (Action::Choice(decided), ActionKind::Choice(choice)) => {
                    for (decided, written) in decided.iter().zip(&choice.alternatives) {
                        self.add(decided, &written.actions);
                    }
                }
                _ => {}
            }
        }
    }
}

impl Freshness {
    /// To sort by need: what was never validated first, then what changed, then what is oldest.
    pub fn need(&self) -> (State, i64, PathBuf) {
        (self.state, -self.age_days.unwrap_or(i64::MAX), self.file.clone())
    }
}
