//! Carries a segment out: for every value, with as many attempts as the operator wants.
//!
//! Comes in: a block and what was decided about it. Goes out: intents, and through `trial` and
//! `settle` outputs and endings. A write is never repeated without the operator's word.

use crate::document::{self, Block};
use crate::event::{Intent, Outcome, What};
use crate::expect::Expectation;
use crate::plan;
use crate::policy::Trait;

use super::job::{Binding, Job};
use super::operator::{AskRun, Go, OnFailure};
use super::rejudge::Judged;
use super::tools::Wait;
use super::trial::Trial;
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

impl Engine<'_> {
    pub(super) async fn block(
        &mut self,
        step: &document::Step,
        action: &document::Action,
        block: &Block,
        decided: &[plan::Segment],
    ) -> Flow<()> {
        if !block.runnable {
            let reasons: Vec<_> = block.reasons.iter().map(|one| one.text.as_str()).collect();
            let (id, line, reasons) = (&step.id, action.line, reasons.join("; "));
            return Err(Break::Refused(format!("step {id}, line {line} does not run: {reasons}")));
        }
        for (written, decided) in block.segments.iter().zip(decided) {
            self.rehearsal_allows(block, written)?;
            self.gather(&decided.inputs).await?;
            for remark in &decided.remarks {
                let text = self.redactor.redact(remark);
                self.recorder.emit(What::Remark { text })?;
            }
            let mut done: Vec<Binding> = Vec::new();
            while let Some(binding) = self.next_binding(block, decided, &done) {
                self.segments += 1;
                let number = self.segments;
                let job = Job { number, step, block, written, decided, binding };
                if self.carry_out_job(&job).await? == After::Settled {
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

    async fn carry_out_job(&mut self, job: &Job<'_>) -> Flow<After> {
        let before = self.snapshot().await?;
        let mut attempt = 1;
        let judged = self.judge_as_filled(job)?;
        loop {
            self.intend(job, &judged, attempt)?;
            match self.approve(job, &judged)? {
                Go::Run => {}
                Go::Skip(reason) => {
                    self.skip(job, attempt, &reason)?;
                    return Ok(After::Settled);
                }
                Go::EditInputs => return self.edit_inputs(job).await,
            }
            if judged.writes() {
                self.tell_tools(Wait::Patiently)?;
                self.require_place(job, attempt, &before).await?;
            }
            let trial = self.poll(job, &before).await?;
            if trial.shell_ended {
                self.revive(&before).await?;
            }
            if judged.writes() {
                self.note_moves(job).await?;
            }
            match self.settle(job, attempt, &trial)? {
                OnFailure::Retry => self.session().await?.restart(&before).await?,
                OnFailure::EditInputs => {
                    self.session().await?.restart(&before).await?;
                    return self.edit_inputs(job).await;
                }
                OnFailure::GoOn(_) | OnFailure::Stop => return Ok(After::Settled),
            }
            attempt += 1;
        }
    }

    async fn edit_inputs(&mut self, job: &Job<'_>) -> Flow<After> {
        job.decided.inputs.iter().try_for_each(|name| self.ask_anew(name))?;
        self.gather(&job.decided.inputs).await?;
        Ok(After::Edited)
    }

    fn intend(&mut self, job: &Job<'_>, judged: &Judged, attempt: u32) -> Flow<()> {
        let redact = |text: &str| self.redactor.redact(text);
        let expectations = job.written.expectations.iter().map(|one| &one.expectation);
        let values = job.binding.iter().map(|(name, value)| redact(&format!("{name} = {value}")));
        let intent = Intent {
            segment: job.number,
            attempt,
            step: job.step.id.clone(),
            line: job.written.line,
            statements: job.spans().map(|span| self.shown_text(job, span)).collect(),
            effect: judged.effect,
            traits: judged.traits.clone(),
            reasons: judged.reasons.clone(),
            values: values.collect(),
            expectations: expectations.clone().map(|one| redact(one.text())).collect(),
            checks: expectations.flat_map(Expectation::checks).map(|text| redact(&text)).collect(),
        };
        self.recorder.emit(What::SegmentIntended(Box::new(intent)))?;
        Ok(())
    }

    /// Asks before what writes, or may.
    fn approve(&mut self, job: &Job<'_>, judged: &Judged) -> Flow<Go> {
        if !judged.writes() {
            return Ok(Go::Run);
        }
        let irreversible = judged.traits.contains(&Trait::Irreversible);
        let target = irreversible.then(|| self.target());
        let ask = AskRun {
            step: &job.step.id,
            reasons: &judged.reasons,
            inputs: &job.decided.inputs,
            irreversible: target.as_deref(),
        };
        let answer = self.waiting(|operator| operator.run(&ask));
        Ok(given(answer)?.0)
    }

    fn skip(&mut self, job: &Job<'_>, attempt: u32, reason: &str) -> Flow<()> {
        let ruling = Ruling::new(Outcome::Skipped, "left out");
        let trial = Trial::without_running(ruling);
        self.end(job, attempt, &trial, Outcome::Skipped, Some(reason))
    }
}
