//! Judges a segment again, as it will run: with its values in place.
//!
//! Comes in: a job. Goes out: the effect of its filled-in text. What a value makes of a command
//! (an option, another statement) counts, not what the author had in mind.

use crate::policy::{Effect, OneWord, Trait, classify, is_plain, may_change};
use crate::session::State;
use crate::shell::{Quoting, Statement, parse};

use super::job::Job;
use super::{Break, Engine, Flow};

/// What a segment does, as it will run.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub effect: Effect,
    pub traits: Vec<Trait>,
    pub reasons: Vec<String>,
    /// What must become one argument each, for the effect to hold.
    pub words: Vec<OneWord>,
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
            words: decided.classifications.iter().flat_map(|one| one.words.clone()).collect(),
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
            judged.words.extend(filled.words);
            if filled.effect > judged.effect {
                judged.effect = filled.effect;
                judged.reasons = filled.reasons.into_iter().map(|one| one.text).collect();
            }
        }
        judged.traits.sort_unstable();
        judged.traits.dedup();
        Ok(judged)
    }

    /// The same, where no gate judges what the shell makes of it: words without quotes count as
    /// one argument only if they are by what the shell holds now.
    pub(super) fn judge_as_held(&self, job: &Job<'_>, state: &State) -> Flow<Judged> {
        let mut judged = self.judge_as_filled(job)?;
        let statements = &job.block.script.statements[job.written.statements.clone()];
        let several = judged.words.iter().filter(|word| !is_one(word, statements, state));
        let several: Vec<_> = several.map(|word| told(&word.text)).collect();
        if judged.effect == Effect::Read && !several.is_empty() {
            judged.effect = Effect::Unknown;
            judged.reasons = several;
        }
        Ok(judged)
    }
}

fn told(word: &str) -> String {
    format!(
        "`{word}` may become several arguments, or none, and what follows an option's value may be \
         another option; it needs quotes"
    )
}

/// Whether a word becomes one argument, by what the shell holds.
fn is_one(word: &OneWord, statements: &[Statement], state: &State) -> bool {
    let plain = |name: &String| {
        let value = state.text(name).and_then(|value| std::str::from_utf8(value).ok());
        value.is_some_and(is_plain) && !may_change(statements, name)
    };
    state.has_usual_fields() && word.variables.as_ref().is_some_and(|names| names.iter().all(plain))
}
