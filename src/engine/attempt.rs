//! Carries a segment out: for every value, with as many attempts as the operator wants.
//!
//! Comes in: a block and what was decided about it. Goes out: intents, and through `trial` and
//! `settle` outputs and endings. A write is never repeated without the operator's word.

use crate::document::{self, Block};
use crate::event::{Intent, Outcome, Place, What};
use crate::expect::Expectation;
use crate::plan;
use crate::policy::{Effect, Trait};

use super::edit::{Edited, Here, command_at};
use super::job::{Binding, Job};
use super::operator::{AskRun, Go, OnFailure};
use super::rejudge::Judged;
use super::tools::Wait;
use super::trial::Trial;
use super::unknown::{Probe, Then, probe};
use super::verdict::Ruling;
use super::{Break, Engine, Flow, given};

/// What became of the attempts at a segment.
#[derive(PartialEq, Eq)]
enum After {
    /// It is settled, or left out.
    Settled,
    /// Its inputs were given anew, before it ran.
    Edited,
    /// Another text was put in its place, for this value and for those that are still to come.
    Amended,
}

/// A segment on its way, for all values of its list inputs.
struct Way<'p> {
    step: &'p document::Step,
    place: &'p Place,
    /// The values that it is done with; nothing before it was begun.
    done: Option<Vec<Binding>>,
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
        for at in 0..block.segments.len() {
            let place = Place { segment: Some(at), ..place.clone() };
            let mut way = Way { step, place: &place, done: None };
            loop {
                // Each time an operator puts another text in its place, it begins with that.
                let amended = self.amended_at(&place);
                let amended = amended.as_deref().and_then(|plan| command_at(plan, &place));
                let here = amended.unwrap_or(Here { block, decided });
                if self.segment(&mut way, here).await? == After::Settled {
                    break;
                }
            }
        }
        Ok(())
    }

    /// A segment, for every value of its list inputs.
    async fn segment(&mut self, way: &mut Way<'_>, here: Here<'_>) -> Flow<After> {
        let Here { block, decided: all } = here;
        let (written, decided) = here.segment(way.place);
        let begins = way.done.is_none();
        if begins && self.past.events > 0 && self.open(block, decided, way.place).is_empty() {
            return Ok(After::Settled);
        }
        self.rehearsal_allows(block, written)?;
        self.gather(&decided.inputs).await?;
        self.find_what_was_lost(block, written).await?;
        for remark in &decided.remarks {
            let text = self.redactor.redact(remark);
            self.recorder.emit(What::Remark { text })?;
        }
        let open = self.open(block, decided, way.place);
        let done = way.done.get_or_insert_with(|| {
            let mut done = self.bindings(block, decided);
            done.retain(|binding| !open.contains(binding));
            done
        });
        while let Some(binding) = self.next_binding(block, decided, done) {
            self.segments += 1;
            let (number, place, step) = (self.segments, way.place.clone(), way.step);
            let probes = false;
            let job = Job { number, probes, place, step, block, written, decided, binding };
            let at = job.place.segment.unwrap_or_default();
            let probe = probe(block, all, at, &job.place);
            match self.go_on_from_the_past(&job, probe).await? {
                After::Settled => done.push(job.binding),
                After::Edited => {}
                After::Amended => return Ok(After::Amended),
            }
        }
        Ok(After::Settled)
    }

    /// Settles what is known of a segment from before, and carries it out where that is open.
    async fn go_on_from_the_past<'j>(
        &mut self,
        job: &Job<'j>,
        probe: Option<Probe<'j>>,
    ) -> Flow<After> {
        let then = self.settle_the_past(job, probe).await?;
        if then != Then::Settled {
            // Once somebody has decided, what was before is no question any more.
            let values = self.shown_values(&job.binding);
            self.past.reopen(&job.place, &values);
        }
        match then {
            Then::Settled => Ok(After::Settled),
            Then::Runs(attempt) => self.carry_out_job(job, attempt).await,
            Then::Edited => self.edit_inputs(job).await,
            Then::Amended => Ok(After::Amended),
        }
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
        let mut before = self.snapshot().await?;
        self.before = None;
        let mut attempt = first;
        let mut judged = self.judge_as_held(job, &before)?;
        loop {
            self.intend(job, &judged, attempt)?;
            let allowed_by = match self.approve(job, &judged)? {
                (Go::Run, by) => by,
                (Go::Skip(reason), _) => {
                    self.skip(job, attempt, &reason)?;
                    return Ok(After::Settled);
                }
                (Go::EditInputs, _) => return self.edit_inputs(job).await,
                (Go::EditCommand, _) => {
                    if self.edit(job).await? == Edited::Yes {
                        return Ok(After::Amended);
                    }
                    continue;
                }
                (Go::OpenShell, _) => {
                    self.open_shell(job).await?;
                    before = self.snapshot().await?;
                    judged = self.judge_as_held(job, &before)?;
                    continue;
                }
            };
            if judged.writes() {
                self.tell_tools(Wait::Patiently)?;
                self.require_place(job, attempt, &before).await?;
            }
            let segment = job.number;
            self.recorder.emit(What::SegmentStarted { segment, attempt, allowed_by })?;
            self.past.begin(&job.place);
            self.before = Some(before);
            let on_failure = self.attempt_and_settle(job, &judged, attempt).await?;
            // What an operator has taken from a shell holds for another attempt, too.
            before = self.before.take().expect("set before the attempt");
            match on_failure {
                OnFailure::GoOn(_) | OnFailure::Stop | OnFailure::OpenShell => {
                    self.note_what_it_set(job, &before).await?;
                    return Ok(After::Settled);
                }
                _ => self.session().await?.restart(&before).await?,
            }
            match on_failure {
                OnFailure::EditInputs => return self.edit_inputs(job).await,
                OnFailure::EditCommand => return Ok(After::Amended),
                _ => judged = self.judge_as_held(job, &before)?,
            }
            attempt += 1;
        }
    }

    /// Attempts a segment that may run, and settles what came of it.
    async fn attempt_and_settle(
        &mut self,
        job: &Job<'_>,
        judged: &Judged,
        attempt: u32,
    ) -> Flow<OnFailure> {
        let before = self.before.clone().expect("set before the attempt");
        // What was allowed by a person is allowed once.
        let trial = match judged.effect {
            Effect::Read => self.poll(job, attempt, &before).await?,
            _ => self.attempt(job, attempt).await?,
        };
        if trial.shell_ended {
            self.revive(&before).await?;
        }
        let mut elsewhere = None;
        if judged.writes() {
            elsewhere = Box::pin(self.note_moves(job, &before)).await?;
        }
        self.keep_state(job).await?;
        let on_failure = self.settle(job, attempt, &trial).await?;
        match elsewhere {
            Some(why) => Err(Break::Refused(why)),
            None => Ok(on_failure),
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
