//! How a segment stands: settled, failed, or begun and not known.

use crate::event::{Ending, Intent, Outcome, Place};
use crate::expect::Stream;
use crate::policy::{Effect, Trait};
use crate::variables::Redacted;

use super::printed::Printed;

/// How much of an output is kept to be shown again.
const KEPT: usize = 2 * 1024;

/// What is known of a segment.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its number in the run.
    pub segment: u64,
    /// The last attempt, from 1.
    pub attempt: u32,
    /// Where it stands.
    pub place: Place,
    /// The step.
    pub step: String,
    /// Its line.
    pub line: usize,
    /// The commands.
    pub statements: Vec<Redacted>,
    /// Whether they promise something.
    pub promises: bool,
    /// What they do.
    pub effect: Effect,
    /// Whether what they do cannot be undone.
    pub irreversible: bool,
    /// The value of each list input.
    pub values: Vec<Redacted>,
    /// When the last attempt began, if it did.
    pub began: Option<String>,
    /// The statements that have ended, from 1, and their statuses.
    pub ended: Vec<(usize, i32)>,
    /// The end of what it printed.
    pub output: Redacted,
    /// What it printed on standard output.
    pub(super) printed: Printed,
    /// What became of it, if that was heard.
    pub outcome: Option<Outcome>,
    /// In one sentence.
    pub why: Redacted,
}

/// Whose text a segment was carried out with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// The runbook's.
    Own,
    /// An operator's.
    Edited,
}

/// How a segment stands.
#[derive(Debug, Clone, Copy)]
pub enum Standing<'p> {
    /// Nothing was begun, or a read that came to nothing: it runs.
    Open,
    /// It is done with.
    Settled(Outcome),
    /// A write that failed, or that nobody has judged: a person decides.
    Failed(&'p Known),
    /// A write that was begun, and that is all.
    Unknown(&'p Known),
}

impl Known {
    pub(super) fn intended(intent: &Intent) -> Self {
        Self {
            segment: intent.segment,
            attempt: intent.attempt,
            place: intent.place.clone(),
            step: intent.step.clone(),
            line: intent.line,
            statements: intent.statements.clone(),
            promises: !intent.expectations.is_empty(),
            effect: intent.effect,
            irreversible: intent.traits.contains(&Trait::Irreversible),
            values: intent.values.clone(),
            began: None,
            ended: Vec::new(),
            output: Redacted::default(),
            printed: Printed::default(),
            outcome: None,
            why: Redacted::default(),
        }
    }

    pub(super) fn begin(&mut self, at: &str) {
        self.began = Some(at.to_owned());
        self.printed = Printed::default();
        self.outcome = None;
    }

    pub(super) fn hear(&mut self, stream: Stream, text: &Redacted) {
        if stream == Stream::Stdout {
            self.printed.hear(text.as_str());
        }
        self.output.push(text);
        self.output = self.output.tail(KEPT);
    }

    pub(super) fn end(&mut self, ending: &Ending) {
        self.attempt = ending.attempt;
        self.printed.end(&ending.outputs);
        self.outcome = Some(ending.outcome);
        self.why.clone_from(&ending.why);
    }

    /// Whether it ran, and came to its end.
    pub(super) fn has_ended(&self) -> bool {
        let cut_off = matches!(self.outcome, None | Some(Outcome::Stopped | Outcome::Refused));
        self.began.is_some() && !cut_off
    }

    /// What it printed on standard output, to be compared with; or why that is not known.
    pub fn printed(&self) -> Result<&str, &'static str> {
        self.printed.whole()
    }

    /// Whether it changed something, or may have.
    pub(super) fn has_changed_something(&self) -> bool {
        self.effect != Effect::Read && self.began.is_some()
    }

    /// Whether it would have changed something and was left out.
    pub(super) fn was_skipped(&self) -> bool {
        self.effect != Effect::Read && self.outcome == Some(Outcome::Skipped)
    }

    /// What speaks against what cannot be undone after it. Of a text that an operator put there
    /// nobody but them has seen that it verifies what the runbook's own did.
    pub(super) fn doubt(&self, text: Text) -> Option<Redacted> {
        let words = match self.outcome? {
            Outcome::Skipped => "the verification of step {}, line {} was left out",
            Outcome::Overruled => "the verification of step {}, line {} was overruled",
            Outcome::Met | Outcome::StatusOnly | Outcome::Judged if text == Text::Edited => {
                "the verification of step {}, line {} was made with an edited command"
            }
            _ => return None,
        };
        let line = Redacted::number(i64::try_from(self.line).unwrap_or_default());
        self.promises.then(|| Redacted::fill(words, &[&Redacted::stored(&self.step), &line]))
    }

    /// How it stands.
    pub fn standing(&self) -> Standing<'_> {
        let reads = self.effect == Effect::Read;
        match self.outcome {
            Some(
                outcome @ (Outcome::Met
                | Outcome::StatusOnly
                | Outcome::Confirmed
                | Outcome::Judged
                | Outcome::Skipped
                | Outcome::Overruled),
            ) => Standing::Settled(outcome),
            _ if reads => Standing::Open,
            Some(Outcome::NotMet | Outcome::Failed | Outcome::Unverified) => Standing::Failed(self),
            Some(Outcome::Stopped) => Standing::Unknown(self),
            None if self.began.is_some() => Standing::Unknown(self),
            Some(Outcome::Refused) | None => Standing::Open,
        }
    }
}
