//! The part of a runbook that is carried out, and what is left out.

use serde::{Deserialize, Serialize};

use crate::variables::Redacted;

/// The part of a runbook that a run carries out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// The id of the step that it begins with, where it is not the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The ids of the only steps that are carried out; all of them where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// The ids of the steps of a rollback that are left out, since what they undo was never done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

impl Part {
    /// Whether it is all of it.
    pub fn is_whole(&self) -> bool {
        self.from.is_none() && self.only.is_empty() && self.without.is_empty()
    }

    /// The wish as it is typed: `--from 3`; or what is left out by itself: `without step 3`.
    pub fn words(&self) -> String {
        let from = self.from.iter().map(|id| format!("--from {id}"));
        let only = self.only.iter().map(|id| format!("--step {id}"));
        let without = match self.without.as_slice() {
            [] => None,
            [id] => Some(format!("without step {id}")),
            ids => Some(format!("without steps {}", ids.join(", "))),
        };
        from.chain(only).chain(without).collect::<Vec<_>>().join(" ")
    }
}

/// Steps that are left out: by the operator's wish, or, of a rollback, since what they undo was never
/// done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which, in order.
    pub steps: Vec<LeftOutStep>,
    /// The wish as it was typed: `--from 3`; `nothing to undo` where it is nobody's.
    pub wish: String,
    /// Whose wish it is; `runbook` where it is nobody's.
    pub by: String,
    /// Why, where a reason was given.
    pub reason: Option<Redacted>,
    /// What is to be known because of it, a sentence each.
    pub lacks: Vec<Redacted>,
}

/// A step that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutStep {
    /// Its id.
    pub step: String,
    /// Its title.
    pub title: Redacted,
    /// The heading of its section.
    pub section: String,
    /// Its line in the runbook.
    pub line: usize,
    /// Whether it writes, or may.
    pub writes: bool,
    /// The lines of its verifications.
    pub verifies: Vec<usize>,
    /// Whether something in it cannot be undone.
    pub irreversible: bool,
    /// Why just this one: what it undoes was never done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Redacted>,
}

impl LeftOutStep {
    /// It in words: `step 3 "Verify" (verifies)`.
    pub fn words(&self) -> String {
        let what = [
            (self.writes, "writes"),
            (!self.verifies.is_empty(), "verifies"),
            (self.irreversible, "cannot be undone"),
        ];
        let what: Vec<_> = what.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        let what = if what.is_empty() { String::new() } else { format!(" ({})", what.join(", ")) };
        let because = self.because.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("step {} \"{}\"{what}{because}", self.step, self.title)
    }
}
