//! Judges a segment again, as it will run: with its values in place.
//!
//! Comes in: a job. Goes out: the effect of its filled-in text. What a value makes of a command
//! (an option, another statement) counts, not what the author had in mind.

use crate::policy::{Effect, Trait, classify};
use crate::shell::{Quoting, parse};

use super::job::Job;
use super::{Break, Engine, Flow};

/// What a segment does, as it will run.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub effect: Effect,
    pub traits: Vec<Trait>,
    pub reasons: Vec<String>,
}

impl Judged {
    /// Whether it changes something, or may.
    pub fn writes(&self) -> bool {
        self.effect != Effect::Read || self.traits.contains(&Trait::Irreversible)
    }
}

impl Engine<'_> {
    pub(super) fn judge_as_filled(&self, job: &Job<'_>) -> Flow<Judged> {
        let decided = job.decided;
        let mut judged = Judged {
            effect: decided.effect,
            traits: decided.traits.clone(),
            reasons: decided.reasons.clone(),
        };
        for span in job.spans().filter(|span| {
            let inside = |at: usize| span.contains(at);
            let mut placeholders = job.block.placeholders.iter();
            placeholders.any(|one| one.context != Quoting::Comment && inside(one.span.start))
        }) {
            let line = job.written.line;
            let refused = |why: &str| {
                Break::Refused(format!("line {line} does not run: with its values filled in {why}"))
            };
            let script = parse(&self.text(job, span))
                .map_err(|error| refused(&format!("it does not parse: {}", error.message)))?;
            let [statement] = script.statements.as_slice() else {
                return Err(refused("it is not the one statement that was written"));
            };
            let filled = classify(statement, self.plan.catalogue);
            judged.traits.extend(filled.traits);
            if filled.effect > judged.effect {
                judged.effect = filled.effect;
                judged.reasons = filled.reasons.into_iter().map(|one| one.text).collect();
            }
        }
        judged.traits.sort_unstable();
        judged.traits.dedup();
        Ok(judged)
    }
}
