//! What a segment promises: an `Expect:` annotation compiled from English to checks.
//!
//! Comes in: the annotation's text, then what the segment did ([`Observed`]). Goes out: a
//! [`Judgement`] in three-valued logic. Refuses to know markdown, processes, and who is asking.

use std::time::Duration;

use serde::Serialize;

/// The outcome of a check, an expectation or a segment. Kleene's three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There is positive evidence that it holds.
    Met,
    /// There is a contradiction, or something explicit is absent.
    NotMet,
    /// Everything else: a person must judge.
    Unverified,
}

/// Which of a segment's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One output of a segment, in bounded memory: its head, its tail and what was between.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// The first bytes; all of them where `omitted` is 0.
    pub head: Vec<u8>,
    /// The last bytes, after what was omitted.
    pub tail: Vec<u8>,
    /// Number of bytes between head and tail that were not kept.
    pub omitted: u64,
    /// Number of non-blank lines in the whole output, kept or not.
    pub lines: u64,
}

/// How a segment came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Exited,
    /// We stopped it: its window was over, or its expectation was decided.
    Stopped,
    /// Its deadline passed and it was killed.
    TimedOut,
}

/// What a segment did, as far as an expectation may ask.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Standard output.
    pub stdout: Output,
    /// Standard error.
    pub stderr: Output,
    /// The exit statuses of the stages of the last statement's pipeline, in order. Earlier
    /// statements of the segment all succeeded.
    pub statuses: Vec<i32>,
    /// How it ended.
    pub ended: Ended,
    /// The last statement's text as written, for context (is a status observable with `curl -s`?).
    pub command: String,
    /// Whether the output may hold secrets: evidence then names lengths and classes, never text.
    pub sensitive: bool,
    /// How long it ran.
    pub elapsed: Duration,
}

/// The recorded output of an earlier step, for `matching step N`.
pub trait Record {
    /// What the last segment of step `id` printed on stdout and the text of its last statement;
    /// `None` when the step has not run in this run.
    fn step(&self, id: &str) -> Option<(&Output, &str)>;
}

/// One check's result, with the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// The check in English, as compiled.
    pub text: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// The evidence, in one sentence. May quote output: redact it before it is shown.
    pub why: String,
}

/// What an expectation says of what was observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// The three-valued sum of the checks and the residual.
    pub verdict: Verdict,
    /// Each check.
    pub checks: Vec<CheckResult>,
    /// What is left to a person, in the author's words.
    pub residual: Option<String>,
}
