//! Keeps what the shell knows, so that a run can be gone on with: what changed, and nothing secret.
//!
//! Comes in: the shell's state after a segment. Goes out: the variables that are new or changed, as
//! texts that set them. What may be secret is named, never kept: what holds a known secret, what is
//! named like one, and whatever a segment sets that works with one.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Kept, What};
use crate::plan::sounds_secret;
use crate::session::{State, is_its_own, unescaped};
use crate::variables::{Redacted, Value};

use super::gather::texts;
use super::job::Job;
use super::{Engine, Flow};

/// Whether what was set may hold a part of a secret, which nobody could find.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touches {
    Secrets,
    /// Nobody has seen what was done.
    Unknown,
    Nothing,
}

/// So many bytes of a secret are a part of it that is not kept.
const PART: usize = 6;

impl Engine<'_> {
    /// Keeps what changed in the shell with a trial of `job`.
    pub(super) async fn keep_state(&mut self, job: &Job<'_>) -> Flow<()> {
        let secrets = self.secret_names();
        let touches = if touches(job, &secrets) { Touches::Secrets } else { Touches::Nothing };
        self.keep_change(job, touches).await
    }

    /// Keeps what an operator has taken from a shell of theirs at `job`.
    pub(super) async fn keep_what_was_taken(&mut self, job: &Job<'_>) -> Flow<()> {
        self.keep_change(job, Touches::Unknown).await
    }

    /// Whether what sets a variable may not be kept or shown, although nobody has seen how it was
    /// made: it is a secret, is named like one, or holds a part of one.
    pub(super) fn may_be_secret(&self, name: &str, text: &str) -> bool {
        sounds_secret(name) || !self.is_clean(text) || self.redactor.finds_part(text, PART)
    }

    async fn keep_change(&mut self, job: &Job<'_>, touches: Touches) -> Flow<()> {
        if self.session.is_none() {
            return Ok(());
        }
        // A shell that is being stopped has nothing to tell; whatever needs it next will say so.
        let Ok(now) = self.snapshot().await else { return Ok(()) };
        if self.setup.keeping.is_none() {
            return Ok(());
        }
        let before = self.kept.replace(now.clone());
        let Some(before) = before.filter(|before| !before.same(&now)) else { return Ok(()) };
        let kept = self.change(job, touches, &before, &now);
        let nothing = Kept { segment: kept.segment, ..Kept::default() };
        if kept != nothing {
            self.recorder.emit(What::StateKept(Box::new(kept)))?;
        }
        Ok(())
    }

    fn change(&self, job: &Job<'_>, touches: Touches, before: &State, now: &State) -> Kept {
        let mut kept = Kept { segment: job.number, ..Kept::default() };
        let known: BTreeMap<_, _> = before.variables().into_iter().collect();
        let secrets = self.secret_names();
        let captures = job.decided.units.iter().flat_map(|unit| &unit.captures);
        let captures: BTreeSet<_> = captures.map(String::as_str).collect();
        let mut there = BTreeSet::new();
        for (name, text) in now.variables() {
            there.insert(name);
            if is_its_own(name) || known.get(name) == Some(&text) {
                continue;
            }
            let redacted = self.redactor.redact(text);
            let hidden = touches == Touches::Secrets
                || sounds_secret(name)
                || secrets.contains(name)
                || captures.contains(name)
                || !self.is_clean(text)
                || (touches == Touches::Unknown && self.may_be_secret(name, text));
            if hidden {
                kept.withheld.push(name.to_owned());
            } else {
                kept.variables.push((name.to_owned(), redacted));
            }
        }
        let gone = known.keys().filter(|name| !there.contains(**name) && !is_its_own(name));
        kept.unset = gone.map(|name| (*name).to_owned()).collect();
        let before: BTreeMap<_, _> = before.texts().collect();
        for (what, text) in now.texts().filter(|(what, text)| before.get(what) != Some(text)) {
            // A function or a trap that holds a secret is not kept at all: half of it would be
            // another one.
            let parts = touches == Touches::Unknown && self.redactor.finds_part(text, PART);
            if self.is_clean(text) && !parts {
                kept.texts.push((what.into(), self.redactor.redact(text)));
            }
        }
        kept
    }

    /// The variables that hold secrets: of inputs, and those that are lost.
    pub(super) fn secret_names(&self) -> BTreeSet<String> {
        let inputs = self.plan.inputs.iter().filter(|input| input.secret);
        let names = inputs.flat_map(|input| input.variables.iter().cloned());
        names.chain(self.past.knows.lost.keys().cloned()).collect()
    }

    /// Whether a text of bash's holds no known secret, as bash quotes it and as it is meant.
    pub(super) fn is_clean(&self, text: &str) -> bool {
        let meant = unescaped(text);
        self.redactor.redact(text).as_str() == text
            && self.redactor.redact(&meant).as_str() == meant
    }

    /// The values of an input, to go on with: all of them, or none.
    pub(super) fn to_keep(&self, value: &Value) -> Vec<Redacted> {
        let values = texts(value);
        let clean = values.iter().all(|text| self.redactor.redact(text).as_str() == text);
        if !clean {
            return Vec::new();
        }
        values.iter().map(|text| self.redactor.redact(text)).collect()
    }

    /// By which a secret is known again.
    pub(super) fn mark(&self, value: &Value) -> Option<String> {
        let Value::Secret(secret) = value else { return None };
        self.setup.keeping.as_ref().map(|keeping| keeping.key.mark(secret))
    }
}

/// Whether a segment sets something while it works with a secret: a part of one could be in it,
/// and nobody could find that.
fn touches(job: &Job<'_>, secrets: &BTreeSet<String>) -> bool {
    let statements = &job.block.script.statements[job.written.statements.clone()];
    let secret = |name: &str| secrets.contains(name) || sounds_secret(name);
    statements.iter().any(|statement| {
        let works = statement.reads.iter().any(|mention| secret(&mention.name));
        works && !statement.assigns.is_empty()
    })
}
