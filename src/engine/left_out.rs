//! What the operator leaves out: it is told and recorded before the first step, its verifications
//! hold back what cannot be undone after them, and the run's end says it again.
//!
//! Comes in: the steps that the plan leaves out, and what was told of them before. Goes out: an event,
//! with a reason where a person is there to give one.

use crate::event::{LeftOut, LeftOutStep, What};
use crate::plan::{self, Input};
use crate::policy::Effect;
use crate::variables::Redacted;

use super::operator::AskLeftOut;
use super::{Engine, Flow, Jump, given};

impl Engine<'_> {
    /// Tells what is left out, before anything is done.
    pub(super) fn leave_out(&mut self) -> Flow<()> {
        let plan = self.plan;
        let Some(jump) = self.setup.jump.clone().filter(|_| !plan.left_out.is_empty()) else {
            return Ok(());
        };
        if !plan.leaves_out_in_vain() {
            self.doubts_ahead =
                plan.left_out.iter().filter_map(|step| self.doubt_of(step)).collect();
        }
        let steps: Vec<_> =
            plan.left_out.iter().map(|step| self.told_left_out(step, &jump)).collect();
        let (by, reason) = match self.past.left_out.clone() {
            Some((of, known)) if of == plan.fingerprint => return self.tell_again(&known),
            Some((_, known)) => (known.by, known.reason),
            None if plan.leaves_out_in_vain() => ("runbook".into(), None),
            None => {
                let reason = self.why_left_out(jump.reason, &steps)?;
                let reason = reason.map(|reason| self.redactor.redact(&reason));
                (self.operator.name().to_owned(), reason)
            }
        };
        let lacks = plan.lacks.told.iter().map(|text| self.redactor.redact(text)).collect();
        let in_vain = plan.leaves_out_in_vain();
        let wish = if in_vain { "nothing to undo".to_owned() } else { jump.part.words() };
        let left_out = LeftOut { steps, wish, by, reason, lacks };
        self.recorder.emit(What::StepsLeftOut(Box::new(left_out)))?;
        Ok(())
    }

    /// Who goes on with a run learns what is left out of it.
    fn tell_again(&mut self, known: &LeftOut) -> Flow<()> {
        let steps: Vec<_> = known.steps.iter().map(LeftOutStep::words).collect();
        let reason = known.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let text = format!("{} left out {}{reason}", known.by, steps.join(", "));
        self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        Ok(())
    }

    /// The reason, asked for where what is left out would have changed or shown something.
    fn why_left_out(
        &mut self,
        given_already: Option<String>,
        steps: &[LeftOutStep],
    ) -> Flow<Option<String>> {
        let matters = |step: &LeftOutStep| step.writes || !step.verifies.is_empty();
        if given_already.is_some() || !steps.iter().any(matters) {
            return Ok(given_already);
        }
        let steps: Vec<_> = steps.iter().map(LeftOutStep::words).collect();
        let ask = AskLeftOut { steps: &steps };
        let answer = self.waiting(|operator| operator.leave_out(&ask));
        Ok(given(answer)?.0)
    }

    fn told_left_out(&self, step: &plan::Step, jump: &Jump) -> LeftOutStep {
        let written = self.plan.step(step);
        let because = jump.because.iter().find(|(id, _)| *id == written.id);
        let because = because.map(|(_, because)| self.redactor.redact(because));
        let known = self.past.left_out.iter().flat_map(|(_, known)| &known.steps);
        let mut before = known.filter(|known| known.step == written.id);
        let before = before.find_map(|known| known.because.clone());
        LeftOutStep {
            step: written.id.clone(),
            title: self.redactor.redact(&written.title),
            section: written.section.title.clone(),
            line: written.line,
            writes: step.effect() != Effect::Read,
            verifies: self.plan.promises(step),
            irreversible: step.is_irreversible(),
            because: because.or(before),
        }
    }

    /// What speaks against what cannot be undone after a step that is left out, where nobody has
    /// accepted it yet.
    fn doubt_of(&self, step: &plan::Step) -> Option<(usize, Redacted)> {
        let lines: Vec<_> = self.plan.promises(step).iter().map(ToString::to_string).collect();
        let (id, lines) = (&self.plan.step(step).id, lines.join(", "));
        let text = format!("the verification of step {id}, line {lines} was left out");
        let text = self.redactor.redact(&text);
        let open = !lines.is_empty() && !self.past.accepted.contains(&text);
        open.then_some((step.place, text))
    }

    /// The run comes to the step at this place: what was to be verified before it, and is left out,
    /// counts from now on.
    pub(super) fn come_to(&mut self, place: usize) {
        let due = self.doubts_ahead.extract_if(.., |(at, _)| *at < place);
        let due: Vec<_> = due.map(|(_, doubt)| doubt).collect();
        self.doubts.extend(due);
    }

    /// Why a run that came to its end is not simply complete.
    pub(super) fn what_was_left_out(&self) -> Option<String> {
        self.named_left_out().filter(|_| !self.plan.leaves_out_in_vain())
    }

    /// What a rollback that came to its end did not undo.
    pub(super) fn what_was_in_vain(&self) -> String {
        let steps = self.named_left_out().filter(|_| self.plan.leaves_out_in_vain());
        steps.map_or_else(String::new, |steps| format!("; {steps}, as there was nothing to undo"))
    }

    fn named_left_out(&self) -> Option<String> {
        let ids: Vec<_> =
            self.plan.left_out.iter().map(|step| self.plan.step(step).id.as_str()).collect();
        let noun = if ids.len() == 1 { "step" } else { "steps" };
        (!ids.is_empty()).then(|| format!("{noun} {} left out", ids.join(", ")))
    }

    /// What a rollback takes over from the run that it undoes, and what is to be known of that.
    pub(super) fn tell_what_is_undone(&mut self) -> Flow<()> {
        let Some(keeping) = &mut self.setup.keeping else { return Ok(()) };
        let (taken, told) = (keeping.taken_over.take(), std::mem::take(&mut keeping.told));
        if let Some(taken) = taken {
            self.recorder.emit(What::TakenOver(taken))?;
        }
        for text in told {
            self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        }
        Ok(())
    }

    /// The inputs of what is carried out that are still to be given: of a part only those that it
    /// mentions.
    pub(super) fn needed_inputs(&self) -> impl Iterator<Item = &Input> {
        let part = !self.plan.left_out.is_empty();
        let needed = if part { self.plan.needs() } else { Vec::new() };
        let inputs = self.plan.inputs.iter();
        let open = inputs.filter(|input| {
            self.values.get(&input.name).is_none() && !self.is_set_since(&input.name)
        });
        open.filter(move |input| !part || needed.contains(&input.name))
    }
}
