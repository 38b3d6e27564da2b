//! What a shell knows, and what an operator did beside the runbook.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::variables::Redacted;

use super::{OutputRecord, Place};

/// What a shell knows beyond what it began with, as bash tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The segment after which it is so.
    pub segment: u64,
    /// Variables that are new or changed: name, and the text that sets it.
    pub variables: Vec<(String, Redacted)>,
    /// Variables that are gone.
    pub unset: Vec<String>,
    /// Variables that are new or changed and are not kept: they are secret, or may be.
    pub withheld: Vec<String>,
    /// The texts of everything else, by what it is: `options`, `functions`, `rest`.
    pub texts: Vec<(Cow<'static, str>, Redacted)>,
}

/// Another text in the place of a segment's. What the segment promises is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// The step.
    pub step: String,
    /// The segment's line in the runbook.
    pub line: usize,
    /// Where it stands.
    pub place: Place,
    /// The text until then, with its placeholders: the runbook's, or an earlier one of an operator.
    pub old: Redacted,
    /// The text from then on.
    pub new: Redacted,
    /// Why, in the operator's words.
    pub reason: Redacted,
    /// By whom.
    pub by: String,
}

/// What is known of a shell that an operator opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Visit {
    /// The step.
    pub step: String,
    /// The line of the command at which it was opened.
    pub line: usize,
    /// Its exit status; 128 and the signal's number where it was killed.
    pub status: i32,
    /// The beginning and the end of what it showed.
    pub output: Redacted,
    /// Total size and hash of all that it showed.
    pub shown: OutputRecord,
    /// Milliseconds.
    pub duration_ms: u64,
    /// What it changed of what it began with, a sentence each.
    pub changes: Vec<Redacted>,
    /// Whether the run goes on with these changes.
    pub taken: bool,
    /// Whether the folder is one of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
}
