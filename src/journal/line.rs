//! A run in one line: by what it is found again, without reading its entries.
//!
//! Comes in: events. Goes out: who, what, when and how it stands. It can always be made anew from
//! the entries, and is where what a store has of it is damaged; nothing depends on it but finding.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::event::{Event, RunResult, What};
use crate::variables::Redacted;

use super::{Glance, Head, Journal, JournalError};

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is under way, or its process was killed.
    UnderWay,
    /// It came to an end, for now or for good.
    Ended(RunResult),
}

impl State {
    /// Whether there is something to go on with.
    pub const fn is_unfinished(self) -> bool {
        !matches!(self, Self::Ended(RunResult::Complete | RunResult::CompleteWithDoubts))
    }
}

/// A run in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its id.
    pub run: String,
    /// The run that it belongs to, as a rollback to what it undoes.
    #[serde(deserialize_with = "Option::deserialize")] // Stated, also where there is none.
    pub of: Option<String>,
    /// `run`, `rehearse`, `rollback`.
    pub kind: String,
    /// What no other run may be at work on at the same time.
    pub target: String,
    /// The runbook's path as it was named.
    pub runbook: String,
    /// The same from the root; empty where only some sections of it are carried out.
    #[serde(default)]
    pub path: String,
    /// Its title.
    pub title: Redacted,
    /// Whose it is now.
    pub operator: String,
    /// Where it was last carried out.
    pub host: String,
    /// When it began, in UTC, as RFC 3339.
    pub began: String,
    /// When its last event was.
    pub changed: String,
    /// How it stands.
    pub state: State,
    /// The step that it is in, or ended in.
    #[serde(deserialize_with = "Option::deserialize")]
    pub step: Option<String>,
    /// Milliseconds that it took so far, all parts of it together.
    pub duration_ms: u64,
    /// Those of them that were spent waiting for a person.
    pub waited_ms: u64,
}

impl Line {
    /// Of a run that begins with `event`; nothing where it begins with something else.
    pub fn of(event: &Event) -> Option<Self> {
        let What::RunStarted(beginning) = &event.what else { return None };
        Some(Self {
            run: event.run.clone(),
            of: beginning.of.clone(),
            kind: beginning.kind.clone().into_owned(),
            target: beginning.target.clone(),
            runbook: beginning.runbook.clone(),
            path: if beginning.sections.is_empty() {
                beginning.path.clone()
            } else {
                String::new()
            },
            title: beginning.title.clone(),
            operator: beginning.operator.clone(),
            host: beginning.host.clone(),
            began: event.at.clone(),
            changed: event.at.clone(),
            state: State::UnderWay,
            step: None,
            duration_ms: 0,
            waited_ms: 0,
        })
    }

    /// Takes in what happened next.
    pub fn take(&mut self, event: &Event) {
        self.changed.clone_from(&event.at);
        match &event.what {
            What::RunResumed(resumption) => {
                self.operator.clone_from(&resumption.operator);
                self.host.clone_from(&resumption.host);
                self.state = State::UnderWay;
            }
            What::StepStarted { step, .. } => self.step = Some(step.clone()),
            What::RunEnded(summary) => {
                self.state = State::Ended(summary.result);
                self.step.clone_from(&summary.step);
                self.duration_ms += summary.duration_ms;
                self.waited_ms += summary.waited_ms;
            }
            _ => {}
        }
    }
}

/// A run's line as a store has it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The run's id.
    pub run: &'a str,
    /// The line as JSON; nothing where that is no text.
    pub text: Option<&'a str>,
    /// The last entry; nothing where that cannot be told.
    pub head: Option<Head>,
}

/// What a row tells of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// What was written.
    Whole(Line),
    /// It is damaged; this is what the entries say.
    Mended(Line),
    /// It is damaged, and of the entries nothing can be told either.
    Lost,
}

impl<'a> Row<'a> {
    /// What the row shows at a glance, with its text; nothing where it must be read to be known.
    pub fn glance(&self) -> Option<(Glance<'a>, &'a str)> {
        let text = self.text?;
        let glance = Glance::at(text)?;
        (glance.run == self.run && self.head.is_some()).then_some((glance, text))
    }

    /// The line; nothing where the row is damaged.
    pub fn line(&self) -> Option<Line> {
        let line: Line = serde_json::from_str(self.text?).ok()?;
        (line.run == self.run && self.head.is_some()).then_some(line)
    }

    /// The line, made anew where the row is damaged.
    pub fn listed(&self, journal: &(impl Journal + ?Sized)) -> Listed {
        match self.line() {
            Some(line) => Listed::Whole(line),
            None => mend(journal, self.run).map_or(Listed::Lost, Listed::Mended),
        }
    }
}

/// The line of a run as its entries say; nothing where they do not tell.
pub fn mend(journal: &(impl Journal + ?Sized), run: &str) -> Option<Line> {
    let mut line: Option<Line> = None;
    let read = journal.read(run, 1, &mut |entry| {
        // What is no event tells nothing here; `show` names it.
        let Ok(event) = serde_json::from_str(&entry.text) else { return };
        match &mut line {
            Some(line) => line.take(&event),
            None => line = Line::of(&event),
        }
    });
    line.filter(|line| read.is_ok() && line.run == run)
}

/// What a run is listed by; nothing where that is missing or damaged.
pub(super) fn listed(journal: &dyn Journal, run: &str) -> Result<Option<Line>, JournalError> {
    let filter = Filter { beginning: Some(run.into()), ..Filter::default() };
    let mut listed = None;
    journal.list(&filter, &mut |row| {
        if row.run != run {
            return ControlFlow::Continue(());
        }
        listed = row.line();
        ControlFlow::Break(())
    })?;
    Ok(listed)
}

/// Which runs are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those whose runbook's path or title has this in it.
    pub about: Option<String>,
    /// Those of this target.
    pub target: Option<String>,
    /// Those of this operator.
    pub operator: Option<String>,
    /// Those that can be gone on with.
    pub unfinished: bool,
    /// Those whose id begins so.
    pub beginning: Option<String>,
    /// The most that are wanted.
    pub limit: Option<usize>,
}
