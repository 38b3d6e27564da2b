//! Holds back what cannot be undone while a verification before it was left out or overruled, or was
//! made with another command than the runbook's, or may hold no longer because a shell was opened.
//!
//! Comes in: how actions end. Goes out: a question that only a person answers, with a reason that is
//! recorded.

use crate::event::{Outcome, What};

use super::job::Job;
use super::operator::AskDoubt;
use super::{Engine, Flow, given};

impl Engine<'_> {
    /// Notes how a segment ended that promises something.
    pub(super) fn doubt(&mut self, job: &Job<'_>, outcome: Outcome) {
        let word = match outcome {
            Outcome::Skipped => "left out",
            Outcome::Overruled => "overruled",
            Outcome::Met | Outcome::StatusOnly | Outcome::Judged
                if self.past.deviates(&job.place) =>
            {
                "made with an edited command"
            }
            _ => return,
        };
        if !job.written.expectations.is_empty() {
            let (step, line) = (&job.step.id, job.written.line);
            let text = format!("the verification of step {step}, line {line} was {word}");
            self.doubts.push(self.redactor.redact(&text));
        }
    }

    /// Says what was accepted before the run was resumed, for what was not begun since.
    pub(super) fn say_what_was_accepted(&mut self) -> Flow<()> {
        for one in &self.past.accepted_for {
            let text = self.redactor.redact(&one.words(self.operator.name()));
            self.recorder.emit(What::Remark { text })?;
        }
        Ok(())
    }

    /// Asks for the reason why what cannot be undone goes ahead, where something speaks against it.
    pub(super) fn settle_doubts(&mut self, step: &str, line: usize) -> Flow<()> {
        self.say_what_was_accepted()?;
        self.past.accepted_for.clear();
        if self.doubts.is_empty() {
            return Ok(());
        }
        let doubts = self.doubts.clone();
        let ask = AskDoubt { step, doubts: &doubts };
        let answer = self.waiting(|operator| operator.accept(&ask));
        let (reason, _) = given(answer)?;
        let (step, by) = (step.to_owned(), self.operator.name().to_owned());
        let reason = self.redactor.redact(&reason);
        self.recorder.emit(What::DoubtAccepted { step, line, doubts, reason, by })?;
        self.doubts.clear();
        Ok(())
    }
}
