//! What is about to run, and how it ended.

use serde::{Deserialize, Serialize};

use crate::expect::{CheckResult, Stream, Verdict};
use crate::policy::{Effect, Trait};
use crate::variables::Redacted;

use super::Place;

/// What is about to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Intent {
    /// Its number in this run, from 1; the same for every attempt.
    pub segment: u64,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The step.
    pub step: String,
    /// Its line.
    pub line: usize,
    /// Where it stands.
    pub place: Place,
    /// Whether it only looks what another segment did; its own turn comes, or was.
    #[serde(default)]
    pub probe: bool,
    /// The commands as they will run, one statement an entry.
    pub statements: Vec<Redacted>,
    /// The worst effect.
    pub effect: Effect,
    /// What else is known of it.
    pub traits: Vec<Trait>,
    /// Why it has that effect.
    pub reasons: Vec<String>,
    /// The values that a list input has this time: `app = raxx-api-prod`.
    pub values: Vec<Redacted>,
    /// What it promises, in the author's words.
    pub expectations: Vec<Redacted>,
    /// How it is understood: its checks and what is left to a person.
    pub checks: Vec<Redacted>,
}

/// How a segment ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ending {
    /// Its number in this run.
    pub segment: u64,
    /// The attempt.
    pub attempt: u32,
    /// The step.
    pub step: String,
    /// Its line.
    pub line: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// In one sentence.
    pub why: Redacted,
    /// The exit statuses of the last statement's stages.
    pub statuses: Vec<i32>,
    /// Each check with its evidence.
    pub checks: Vec<CheckedEvidence>,
    /// Words left to a person.
    pub residual: Option<Redacted>,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Total size and hash of the outputs.
    pub outputs: Vec<OutputRecord>,
    /// The reason that a person gave, where one judged, skipped or overruled.
    pub reason: Option<Redacted>,
    /// Who decided: `runbook` or the operator's name.
    pub judged_by: String,
}

/// A check, and why it holds or does not; redacted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckedEvidence {
    /// The check in English.
    pub text: Redacted,
    /// Whether it holds.
    pub verdict: Verdict,
    /// The evidence.
    pub why: Redacted,
}

impl CheckedEvidence {
    /// A check's result, redacted by `redact`.
    pub fn new(result: &CheckResult, redact: impl Fn(&str) -> Redacted) -> Self {
        Self { text: redact(&result.text), verdict: result.verdict, why: redact(&result.why) }
    }
}

/// An output by its size and hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutputRecord {
    /// Which.
    pub stream: Stream,
    /// All of its bytes, kept or not.
    pub bytes: u64,
    /// SHA-256 of the redacted bytes, in hex; absent for an output that is itself secret.
    pub sha256: Option<String>,
}

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that it promises was met.
    Met,
    /// It promises nothing; its exit statuses say that it succeeded.
    StatusOnly,
    /// A person confirmed that it was done.
    Confirmed,
    /// A person judged that it holds.
    Judged,
    /// A promise is not met.
    NotMet,
    /// A command failed.
    Failed,
    /// Something could not be checked, and nobody judged it.
    Unverified,
    /// A person left it out.
    Skipped,
    /// A person went on although it was not met.
    Overruled,
    /// It was not allowed to run.
    Refused,
    /// It was stopped by the operator.
    Stopped,
}
