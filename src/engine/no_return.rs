//! Where the runbook says that the way back ends: the first change of that step is confirmed as what
//! cannot be undone is.
//!
//! Comes in: a step that is about to change something. Goes out: whether that takes the way back
//! away, with the author's words before it is asked. Once it was confirmed, there is no way back to
//! lose.

use crate::event::{NoWayBack, What};

use super::{Engine, Flow};

impl Engine<'_> {
    /// The steps after which there is no way back, for the head of the run.
    pub(super) fn no_returns(&self) -> Vec<NoWayBack> {
        let plan = self.plan;
        let said = plan.steps.iter().filter_map(|step| plan.no_return(step.place));
        said.map(|one| NoWayBack {
            step: plan.document.steps[one.step].id.clone(),
            line: one.line,
            words: self.redactor.redact(&one.words),
        })
        .collect()
    }

    /// Whether a change in the step at this place takes the way back away; says so where it does.
    pub(super) fn takes_the_way_back(&mut self, place: usize) -> Flow<bool> {
        if self.gone_on.contains(&place) {
            return Ok(false);
        }
        let Some(said) = self.plan.no_return(place) else { return Ok(false) };
        let step = &self.plan.document.steps[place].id;
        let text = format!(
            "after step {step} there is no way back, as line {} says: {}",
            said.line, said.words
        );
        self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        Ok(true)
    }
}
