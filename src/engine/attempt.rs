//! Carries a segment out: for every value, with as many attempts as the operator wants.
//!
//! Comes in: a block and what was decided about it. Goes out: intents, and through `trial` and
//! `settle` outputs and endings. A write is never repeated without the operator's word.

use crate::document::{self, Block};
use crate::event::{Intent, Outcome, Place, What};
use crate::expect::Expectation;
use crate::plan;
use crate::policy::{Effect, Trait};

use super::job::{Binding, Job};
use super::operator::{AskRun, Go, OnFailure};
use super::rejudge::Judged;
use super::tools::Wait;
use super::trial::Trial;
use super::unknown::{Then, probe};
use super::verdict::Ruling;
use super::{Break, Engine, Flow, given};

/// What became of the attempts at a segment.
#[derive(PartialEq, Eq)]
enum After {
    /// It is settled, or left out.
    Settled,
    /// Its inputs were given anew, before it ran.
    Edited,
}

impl<'p> Engine<'p> {
    pub(super) async fn block(
        &mut self,
        step: &'p document::Step,
        action: &document::Action,
        block: &'p Block,
        decided: &'p [plan::Segment],
        place: &Place,
    ) -> Flow<()> {
        if !block.runnable {
            let reasons: Vec<_> = block.reasons.iter().map(|one| one.text.as_str()).collect();
            let (id, line, reasons) = (&step.id, action.line, reasons.join("; "));
            return Err(Break::Refused(format!("step {id}, line {line} does not run: {reasons}")));
        }
        let all = decided;
        for (at, (written, decided)) in block.segments.iter().zip(decided).enumerate() {
            let place = Place { segment: Some(at), ..place.clone() };
            if self.past.events > 0 && self.open(block, decided, &place).is_empty() {
                continue;
            }
            self.rehearsal_allows(block, written)?;
            self.gather(&decided.inputs).await?;
            self.find_what_was_lost(block, written).await?;
            for remark in &decided.remarks {
                let text = self.redactor.redact(remark);
                self.recorder.emit(What::Remark { text })?;
            }
            let mut done: Vec<Binding> = self.bindings(block, decided);
            let open = self.open(block, decided, &place);
            done.retain(|binding| !open.contains(binding));
            while let Some(binding) = self.next_binding(block, decided, &done) {
                self.segments += 1;
                let (number, place) = (self.segments, place.clone());
                let probes = false;
                let job = Job { number, probes, place, step, block, written, decided, binding };
                let after =
                    match self.settle_the_past(&job, probe(block, all, at, &job.place)).await? {
                        Then::Settled => After::Settled,
                        Then::Runs(attempt) => self.carry_out_job(&job, attempt).await?,
                        Then::Edited => self.edit_inputs(&job).await?,
                    };
                if after == After::Settled {
                    done.push(job.binding);
                }
            }
        }
        Ok(())
    }

    fn next_binding(
        &self,
        block: &Block,
        decided: &plan::Segment,
        done: &[Binding],
    ) -> Option<Binding> {
        self.bindings(block, decided).into_iter().find(|binding| !done.contains(binding))
    }

    async fn carry_out_job(&mut self, job: &Job<'_>, first: u32) -> Flow<After> {
        let before = self.snapshot().await?;
        let mut attempt = first;
        let judged = self.judge_as_held(job, &before)?;
        loop {
            self.intend(job, &judged, attempt)?;
            let allowed_by = match self.approve(job, &judged)? {
                (Go::Run, by) => by,
                (Go::Skip(reason), _) => {
                    self.skip(job, attempt, &reason)?;
                    return Ok(After::Settled);
                }
                (Go::EditInputs, _) => return self.edit_inputs(job).await,
            };
            if judged.writes() {
                self.tell_tools(Wait::Patiently)?;
                self.require_place(job, attempt, &before).await?;
            }
            let segment = job.number;
            self.recorder.emit(What::SegmentStarted { segment, attempt, allowed_by })?;
            // What was allowed by a person is allowed once.
            let trial = match judged.effect {
                Effect::Read => self.poll(job, attempt, &before).await?,
                _ => self.attempt(job, attempt).await?,
            };
            if trial.shell_ended {
                self.revive(&before).await?;
            }
            if judged.writes() {
                self.note_moves(job).await?;
            }
            self.keep_state(job).await?;
            match self.settle(job, attempt, &trial)? {
                OnFailure::Retry => self.session().await?.restart(&before).await?,
                OnFailure::EditInputs => {
                    self.session().await?.restart(&before).await?;
                    return self.edit_inputs(job).await;
                }
                OnFailure::GoOn(_) | OnFailure::Stop => {
                    self.note_what_it_set(job, &before).await?;
                    return Ok(After::Settled);
                }
            }
            attempt += 1;
        }
    }

    async fn edit_inputs(&mut self, job: &Job<'_>) -> Flow<After> {
        job.decided.inputs.iter().try_for_each(|name| self.ask_anew(name))?;
        self.gather(&job.decided.inputs).await?;
        Ok(After::Edited)
    }

    pub(super) fn intend(&mut self, job: &Job<'_>, judged: &Judged, attempt: u32) -> Flow<()> {
        let redact = |text: &str| self.redactor.redact(text);
        let expectations = job.written.expectations.iter().map(|one| &one.expectation);
        let intent = Intent {
            segment: job.number,
            attempt,
            step: job.step.id.clone(),
            line: job.written.line,
            place: job.place.clone(),
            probe: job.probes,
            statements: job.spans().map(|span| self.shown_text(job, span)).collect(),
            effect: judged.effect,
            traits: judged.traits.clone(),
            reasons: judged.reasons.clone(),
            values: self.shown_values(&job.binding),
            expectations: expectations.clone().map(|one| redact(one.text())).collect(),
            checks: expectations.flat_map(Expectation::checks).map(|text| redact(&text)).collect(),
        };
        self.recorder.emit(What::SegmentIntended(Box::new(intent)))?;
        Ok(())
    }

    /// Asks before what writes, or may; says who let it run.
    fn approve(&mut self, job: &Job<'_>, judged: &Judged) -> Flow<(Go, Option<String>)> {
        if !judged.writes() {
            return Ok((Go::Run, None));
        }
        let last_way_back = self.takes_the_way_back(job.place.step)?;
        let irreversible = last_way_back || judged.traits.contains(&Trait::Irreversible);
        if irreversible {
            self.settle_doubts(&job.step.id, job.written.line)?;
        }
        let target = irreversible.then(|| self.plan.target());
        let ask = AskRun {
            step: &job.step.id,
            reasons: &judged.reasons,
            inputs: &job.decided.inputs,
            irreversible: target.as_deref(),
        };
        let answer = self.waiting(|operator| operator.run(&ask));
        let (go, from) = given(answer)?;
        self.gone_on.extend((go == Go::Run).then_some(job.place.step));
        let name = self.operator.name();
        Ok((go, Some(format!("{name} ({})", from.word()))))
    }

    fn skip(&mut self, job: &Job<'_>, attempt: u32, reason: &str) -> Flow<()> {
        let ruling = Ruling::new(Outcome::Skipped, "left out");
        let trial = Trial::without_running(ruling);
        self.end(job, attempt, &trial, Outcome::Skipped, Some(reason))
    }
}
