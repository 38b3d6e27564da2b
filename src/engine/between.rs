//! The right place inside a segment: asked again before each of its statements that writes.
//!
//! Comes in: the units of a segment, a shell between two of them. Goes out: what somebody else has
//! changed meanwhile. What the segment itself may have led to is not asked for here; it is confirmed
//! before the next segment writes.

use crate::event::Placed;
use crate::plan::{Leads, Uses};
use crate::policy::{Effect, Probe};
use crate::session::{Session, SessionError, State};
use crate::variables::Redactor;

use super::context::{Context, is_same};
use super::job::Job;
use super::look::placed;
use super::moves::Move;
use super::{Engine, probing};

impl Engine<'_> {
    /// What is asked before each unit of a segment.
    pub(super) fn asked_between(&self, job: &Job<'_>) -> Vec<Vec<Probe>> {
        let units = job.decided.units.iter().enumerate();
        let asked = units.map(|(place, unit)| {
            let is_asked = place > 0 && unit.effect != Effect::Read;
            if is_asked { self.held_to(job, unit.span.start) } else { Vec::new() }
        });
        asked.collect()
    }

    /// What nothing of the segment before an offset can have changed. A rehearsal acts nowhere.
    fn held_to(&self, job: &Job<'_>, before: usize) -> Vec<Probe> {
        if self.setup.stand_ins.is_some() || self.may_have_others || job.decided.background {
            return Vec::new();
        }
        let uses = self.plan.uses(job.block, job.written);
        let mut probes = self.context.known_of(self.context.asked_for(&uses));
        let part = (job.block, job.decided, before);
        probes.retain(|probe| {
            let is_used = match &uses {
                Uses::Anything => true,
                Uses::Only(names) => names.iter().any(|name| probe.is_for(name)),
            };
            is_used && self.plan.leads(part, probe) == Leads::Nowhere
        });
        probes
    }
}

/// A shell between two units of a segment, and what it is held to.
pub(super) struct Between<'s> {
    pub session: &'s mut Session,
    pub redactor: &'s Redactor,
    /// The state in which the segment began.
    pub before: &'s State,
}

impl Between<'_> {
    /// What somebody else has changed; what the shell has become since is its own.
    pub async fn strange(
        &mut self,
        context: &mut Context,
        probes: &[Probe],
    ) -> Result<Vec<Move>, SessionError> {
        let state = self.session.snapshot().await?;
        let now = self.ask(probes, &state).await?;
        let mut moves = context.moves(now, self.redactor);
        moves.retain(|one| {
            let accepted = context.moved.iter().find(|moved| is_same(moved, &one.to));
            one.from.value.is_some() && accepted.is_none_or(|moved| moved.value != one.to.value)
        });
        if !moves.is_empty() && !state.same(self.before) {
            let then = self.ask(probes, self.before).await?;
            moves.retain(|one| {
                let then = then.iter().find(|fact| is_same(fact, &one.to));
                then.is_none_or(|fact| fact.value == one.to.value)
            });
        }
        Ok(moves)
    }

    async fn ask(&self, probes: &[Probe], state: &State) -> Result<Vec<Placed>, SessionError> {
        let probes: Vec<_> = probes.iter().collect();
        let text = probing::script(&probes);
        let heard = self.session.aside(state, text.as_bytes(), probing::AT_WRITE).await?;
        let known = probing::answers(&probes, &heard);
        let pairs = probes.into_iter().zip(known);
        Ok(pairs.flat_map(|(probe, known)| placed(probe, known, self.redactor)).collect())
    }
}
