//! A run in one line: by what it is found again, without reading its entries.
//!
//! Comes in: events. Goes out: who, what, when and how it stands. It can always be made anew from
//! the entries; nothing depends on it but finding.

use serde::{Deserialize, Serialize};

use crate::event::{Event, RunResult, What};
use crate::variables::Redacted;

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
pub struct Line {
    /// Its id.
    pub run: String,
    /// The run that it belongs to, as a rollback to what it undoes.
    pub of: Option<String>,
    /// `run`, `rehearse`, `rollback`.
    pub kind: String,
    /// What no other run may be at work on at the same time.
    pub target: String,
    /// The runbook's path as it was named.
    pub runbook: String,
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
