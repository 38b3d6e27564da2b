//! Settles what was begun before and is not known: only a person, or a check that shows it, says
//! whether a write happened. It is never run again without that word.
//!
//! Comes in: a segment that was begun, and all that is known of it. Goes out: whether it is done
//! with, or runs.

use crate::document::Block;
use crate::event::{Outcome, Place, What};
use crate::plan;
use crate::policy::Effect;
use crate::resume::{Known, Standing};

use super::job::Job;
use super::operator::{AskUnknown, From, Happened, OnFailure};
use super::trial::Trial;
use super::verdict::Ruling;
use super::{Break, Engine, Flow, given};

/// What is to be done with a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It is settled.
    Settled,
    /// It runs, as this attempt.
    Runs(u32),
    /// Its inputs are asked anew first.
    Edited,
    /// Another text is put in its place first.
    Amended,
}

/// A segment that only reads and shows what another one did.
pub(super) struct Probe<'p> {
    pub written: &'p crate::document::Segment,
    pub decided: &'p plan::Segment,
    pub place: Place,
}

impl Engine<'_> {
    /// Puts what is known of a segment from before to the operator, where that is not all.
    pub(super) async fn settle_the_past<'j>(
        &mut self,
        job: &Job<'j>,
        probe: Option<Probe<'j>>,
    ) -> Flow<Then> {
        let values = self.shown_values(&job.binding);
        match self.past.standing(&job.place, &values) {
            Standing::Open => Ok(Then::Runs(1)),
            Standing::Settled(_) => Ok(Then::Settled),
            Standing::Failed(known) => {
                let known = known.clone();
                self.settle_failure(job, &known).await
            }
            Standing::Unknown(known) => {
                let known = known.clone();
                self.settle_unknown(job, &known, probe).await
            }
        }
    }

    /// A write that ended, and that nobody has decided about.
    async fn settle_failure(&mut self, job: &Job<'_>, known: &Known) -> Flow<Then> {
        let outcome = known.outcome.unwrap_or(Outcome::Failed);
        let text =
            format!("before this run was resumed, line {} ended so: {}", known.line, known.why);
        self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        let mut ruling = Ruling::new(outcome, known.why.as_str());
        ruling.residual = None;
        let trial = Trial::without_running(ruling);
        let number = Job { number: known.segment, ..job.again() };
        let decided = self.decide(&number, known.attempt, &trial, outcome).await?;
        Ok(match decided {
            OnFailure::Retry => Then::Runs(known.attempt + 1),
            OnFailure::EditInputs => Then::Edited,
            OnFailure::EditCommand => Then::Amended,
            OnFailure::GoOn(_) | OnFailure::Stop | OnFailure::OpenShell => Then::Settled,
        })
    }

    async fn settle_unknown<'j>(
        &mut self,
        job: &Job<'j>,
        known: &Known,
        probe: Option<Probe<'j>>,
    ) -> Flow<Then> {
        let put = What::UnknownPut {
            step: known.step.clone(),
            line: known.line,
            known: self.what_is_known(known),
        };
        self.recorder.emit(put)?;
        let mut shown = None;
        loop {
            let can_probe = probe.as_ref().map(|probe| self.shown_probe(job, probe));
            let ask = AskUnknown {
                step: &known.step,
                line: known.line,
                probe: can_probe.as_deref(),
                shown: shown.as_ref(),
            };
            let answer = self.waiting(|operator| operator.unknown(&ask));
            match (given(answer)?, &probe) {
                ((Happened::Yes(reason), from), _) => {
                    self.lose_what_it_set(job, &known.step);
                    return self.decided(job, known, Outcome::Judged, &reason, from);
                }
                ((Happened::No(reason), from), _) => {
                    self.decided(job, known, Outcome::Stopped, &reason, from)?;
                    return Ok(Then::Runs(known.attempt + 1));
                }
                ((Happened::Probe, _), Some(probe)) => {
                    shown = Some(self.probe(job, probe).await?);
                }
                ((Happened::Probe, _), None) => {}
                ((Happened::OpenShell, _), _) => {
                    let number = Job { number: known.segment, ..job.again() };
                    self.open_shell(&number).await?;
                }
            }
        }
    }

    /// What the journal has of it, in sentences.
    fn what_is_known(&self, known: &Known) -> Vec<crate::variables::Redacted> {
        let mut sentences = Vec::new();
        for value in &known.values {
            sentences.push(format!("with {value}"));
        }
        for statement in &known.statements {
            sentences.push(format!("$ {statement}"));
        }
        let began = known.began.as_deref().unwrap_or("an unknown time");
        sentences.push(format!("began at {began}; whether it did its work is not known"));
        for (number, status) in &known.ended {
            sentences.push(format!(
                "statement {number} of {} ended with status {status}",
                known.statements.len()
            ));
        }
        let output = known.output.as_str().trim_end();
        sentences.push(if output.is_empty() {
            "nothing that it printed was recorded".into()
        } else {
            format!("it printed: {output}")
        });
        sentences.iter().map(|text| self.redactor.redact(text)).collect()
    }

    fn decided(
        &mut self,
        job: &Job<'_>,
        known: &Known,
        outcome: Outcome,
        reason: &str,
        from: From,
    ) -> Flow<Then> {
        let word = if outcome == Outcome::Stopped { "it did not happen" } else { "it happened" };
        let why = format!("it was begun before, and it is said that {word}");
        let number = Job { number: known.segment, ..job.again() };
        let trial = Trial::without_running(Ruling::new(outcome, why));
        let reason = format!("{word}: {reason} ({})", from.word());
        self.end(&number, known.attempt, &trial, outcome, Some(&reason))?;
        Ok(Then::Settled)
    }

    /// What a write that is said to have happened has set, the shell does not know.
    fn lose_what_it_set(&mut self, job: &Job<'_>, step: &str) {
        let statements = &job.block.script.statements[job.written.statements.clone()];
        for name in statements.iter().flat_map(|statement| &statement.assigns) {
            self.past.knows.lost.insert(name.name.clone(), step.to_owned());
        }
    }

    fn shown_probe(&self, job: &Job<'_>, probe: &Probe<'_>) -> String {
        let job = probe.job(job, 0);
        let texts: Vec<_> =
            job.spans().map(|span| self.shown_text(&job, span).to_string()).collect();
        texts.join("; ")
    }

    /// Runs the step's own check, and says what it showed.
    async fn probe(&mut self, job: &Job<'_>, probe: &Probe<'_>) -> Flow<(Outcome, String)> {
        self.gather(&probe.decided.inputs).await?;
        self.segments += 1;
        let job = probe.job(job, self.segments);
        let judged = self.judge_as_filled(&job)?;
        if judged.effect != Effect::Read {
            return Err(Break::Refused(format!(
                "line {} is no check: it {}",
                job.written.line,
                judged.reasons.join("; ")
            )));
        }
        let before = self.snapshot().await?;
        self.intend(&job, &judged, 1)?;
        self.recorder.emit(What::SegmentStarted {
            segment: job.number,
            attempt: 1,
            allowed_by: None,
        })?;
        let trial = self.poll(&job, 1, &before).await?;
        self.session().await?.restart(&before).await?;
        let (outcome, why) = (trial.ruling.outcome, trial.ruling.why.clone());
        self.end(&job, 1, &trial, outcome, None)?;
        Ok((outcome, why))
    }
}

impl Probe<'_> {
    fn job<'j>(&'j self, job: &Job<'j>, number: u64) -> Job<'j> {
        Job {
            number,
            probes: true,
            place: self.place.clone(),
            written: self.written,
            decided: self.decided,
            ..job.again()
        }
    }
}

impl Job<'_> {
    fn again(&self) -> Self {
        Self {
            number: self.number,
            probes: self.probes,
            place: self.place.clone(),
            step: self.step,
            block: self.block,
            written: self.written,
            decided: self.decided,
            binding: self.binding.clone(),
        }
    }
}

/// The next segment of a block that only reads and promises something: what shows whether the one
/// at `at` did its work.
pub(super) fn probe<'p>(
    block: &'p Block,
    decided: &'p [plan::Segment],
    at: usize,
    place: &Place,
) -> Option<Probe<'p>> {
    let pairs = block.segments.iter().zip(decided).enumerate().skip(at + 1);
    let mut reads = pairs.take_while(|(_, (_, decided))| decided.effect == Effect::Read);
    let (at, (written, decided)) =
        reads.find(|(_, (written, _))| !written.expectations.is_empty())?;
    Some(Probe { written, decided, place: Place { segment: Some(at), ..place.clone() } })
}
