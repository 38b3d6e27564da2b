//! Settles a trial: with the operator's judgement where nobody else can, or their decision after a
//! failure.
//!
//! Comes in: a [`Trial`]. Goes out: its ending as an event, and whether it is tried again.

use crate::event::{CheckedEvidence, Ending, Outcome, What};

use super::edit::Edited;
use super::job::Job;
use super::operator::{AskFailure, AskJudgement, Judged, OnFailure};
use super::trial::Trial;
use super::{Break, Engine, Flow, given};

impl Engine<'_> {
    /// Puts what is not met, and what nobody can check, to the operator.
    pub(super) async fn settle(
        &mut self,
        job: &Job<'_>,
        attempt: u32,
        trial: &Trial,
    ) -> Flow<OnFailure> {
        let outcome = trial.ruling.outcome;
        match outcome {
            Outcome::Met | Outcome::StatusOnly => {
                self.end(job, attempt, trial, outcome, None)?;
                Ok(OnFailure::GoOn(String::new()))
            }
            Outcome::Unverified => self.put_to_judgement(job, attempt, trial).await,
            _ => self.put_failure(job, attempt, trial).await,
        }
    }

    async fn put_to_judgement(
        &mut self,
        job: &Job<'_>,
        attempt: u32,
        trial: &Trial,
    ) -> Flow<OnFailure> {
        let words = trial.ruling.residual.as_deref().unwrap_or(&trial.ruling.why);
        let residual = self.redactor.redact(words);
        let ask = AskJudgement { residual: &residual };
        loop {
            let answer = self.waiting(|operator| operator.judge(&ask));
            match given(answer) {
                Ok((Judged::Holds, _)) => {
                    self.end(job, attempt, trial, Outcome::Judged, None)?;
                    return Ok(OnFailure::GoOn(String::new()));
                }
                Ok((Judged::DoesNotHold, _)) => {
                    return self.put_failure(job, attempt, trial).await;
                }
                Ok((Judged::OpenShell, _)) => self.open_shell(job).await?,
                Err(flow) => {
                    self.end(job, attempt, trial, Outcome::Unverified, None)?;
                    return Err(flow);
                }
            }
        }
    }

    async fn put_failure(&mut self, job: &Job<'_>, attempt: u32, trial: &Trial) -> Flow<OnFailure> {
        let outcome = match trial.ruling.outcome {
            Outcome::Unverified => Outcome::NotMet,
            outcome => outcome,
        };
        self.end(job, attempt, trial, outcome, None)?;
        self.decide(job, attempt, trial, outcome).await
    }

    /// Puts to the operator what is to be done after a failure, until they have decided.
    pub(super) async fn decide(
        &mut self,
        job: &Job<'_>,
        attempt: u32,
        trial: &Trial,
        outcome: Outcome,
    ) -> Flow<OnFailure> {
        let why = self.redactor.redact(&trial.ruling.why);
        let ask =
            AskFailure { step: &job.step.id, outcome, why: &why, inputs: &job.decided.inputs };
        loop {
            let answer = self.waiting(|operator| operator.failed(&ask));
            match given(answer)?.0 {
                OnFailure::OpenShell => self.open_shell(job).await?,
                OnFailure::EditCommand if self.edit(job).await? == Edited::No => {}
                OnFailure::Stop => {
                    let (id, line) = (&job.step.id, job.written.line);
                    return Err(Break::Stopped(format!(
                        "step {id}, line {line}: {}",
                        trial.ruling.why
                    )));
                }
                OnFailure::GoOn(reason) => {
                    self.end(job, attempt, trial, Outcome::Overruled, Some(&reason))?;
                    return Ok(OnFailure::GoOn(reason));
                }
                again => return Ok(again),
            }
        }
    }

    pub(super) fn end(
        &mut self,
        job: &Job<'_>,
        attempt: u32,
        trial: &Trial,
        outcome: Outcome,
        reason: Option<&str>,
    ) -> Flow<()> {
        self.doubt(job, outcome);
        let ending = self.ending(job, attempt, trial, outcome, reason);
        self.recorder.emit(What::SegmentEnded(Box::new(ending)))?;
        Ok(())
    }

    /// How an attempt ended, as data.
    pub(super) fn ending(
        &self,
        job: &Job<'_>,
        attempt: u32,
        trial: &Trial,
        outcome: Outcome,
        reason: Option<&str>,
    ) -> Ending {
        let redact = |text: &str| self.redactor.redact(text);
        let ruling = &trial.ruling;
        let by_person = matches!(outcome, Outcome::Judged | Outcome::Overruled | Outcome::Skipped)
            || (outcome == Outcome::Stopped && reason.is_some());
        // What is judged for another reason says so itself.
        let judged = outcome == Outcome::Judged && ruling.outcome != Outcome::Judged;
        let by_name = format!("{} judged it", self.operator.name());
        let why = if judged { &by_name } else { &ruling.why };
        Ending {
            segment: job.number,
            attempt,
            step: job.step.id.clone(),
            line: job.written.line,
            outcome,
            why: redact(why),
            statuses: trial.statuses.clone(),
            checks: ruling.checks.iter().map(|one| CheckedEvidence::new(one, redact)).collect(),
            residual: ruling.residual.as_deref().map(redact),
            duration_ms: u64::try_from(trial.elapsed.as_millis()).unwrap_or(u64::MAX),
            outputs: trial.outputs.clone(),
            reason: reason.map(redact),
            judged_by: if by_person { self.operator.name().to_owned() } else { "runbook".into() },
        }
    }
}
