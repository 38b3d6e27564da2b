//! What a segment promises: an `Expect:` annotation compiled from English to checks.
//!
//! Comes in: the annotation's text, then what the segment did ([`Observed`]). Goes out: a
//! [`Judgement`] in three-valued logic. Refuses to know markdown, processes, and who is asking.

mod absence;
mod amounts;
mod answers;
mod atoms;
mod check;
mod denial;
mod http;
mod json;
mod json_twice;
mod json_words;
mod judge;
mod kinds;
mod lead;
mod literal;
mod number;
mod observable;
mod pairs;
mod parse;
mod presence;
mod rows;
mod sensitive;
mod status;
mod step;
mod text;
mod typed;
mod verdicts;
mod version;
mod wants;
mod watch;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use check::{Check, Node};
use parse::Parser;
use status::Demand;
use typed::{Form, Sensitivity};

pub use kinds::Kinds;
pub use lead::{Lead, annotation_lead};
pub use wants::{Place, Sought, Want, cuts_output, keeps_status};
pub use watch::{Progress, Watch};

/// The outcome of a check, an expectation or a segment. Kleene's three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A command in `$( )` or `<( )` whose failure nobody would have known of, where there is one;
    /// empty if its name is not known.
    pub unseen: Option<String>,
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

    /// Why that is not known of a step.
    fn missing(&self, _id: &str) -> String {
        "has not run in this run".to_owned()
    }
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

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    verdict: Verdict,
    why: String,
}

impl Finding {
    fn new(verdict: Verdict, why: impl Into<String>) -> Finding {
        Finding { verdict, why: why.into() }
    }
}

/// The best verdict that an expectation can reach without a person.
///
/// Prose that the output has word for word is met all the same; that is not counted on here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Best {
    /// Every part of it, or of one of its alternatives, is a check.
    Met,
    /// Something of it is left to a person.
    Unverified,
}

/// How long an expectation may take to become true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Within {
    /// From the start of the segment.
    pub duration: Duration,
    /// How often to try again, where the author said so.
    pub every: Option<Duration>,
}

/// Why an annotation is malformed, and what to type instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpectError {
    /// One sentence that ends with what to type.
    pub message: String,
}

impl ExpectError {
    fn new(message: impl Into<String>) -> ExpectError {
        ExpectError { message: message.into() }
    }
}

/// An annotation, compiled.
#[derive(Debug, Clone)]
pub struct Expectation {
    text: String,
    tree: Node,
    residual: Option<String>,
    notes: Vec<String>,
    within: Option<Within>,
    sensitivity: Sensitivity,
}

impl Expectation {
    /// Compiles an annotation, with or without its `#` and its lead.
    ///
    /// Prose always compiles, to a residual; only a typed form can be malformed.
    pub fn parse(text: &str, kinds: &Kinds) -> Result<Expectation, ExpectError> {
        let (typed, text) = without_lead(text);
        let form = typed.as_deref().map(Form::parse).transpose()?.unwrap_or_default();
        let (promise, trailing) = match text.len() {
            0..=parse::LONGEST => typed::trailing_within(&text),
            _ => (text.clone(), None),
        };
        let mut parser = Parser::new(kinds);
        let node = form.compile(&promise, &mut parser)?;
        let tree =
            if node.size() == 0 && node.words().is_empty() { Node::residual(&text) } else { node };
        let words = tree.words();
        let residual = (!words.is_empty()).then(|| words.join("; "));
        Ok(Expectation {
            residual,
            tree,
            notes: parser.notes,
            within: form.within.or(trailing),
            sensitivity: form.sensitive,
            text,
        })
    }

    /// The author's words, without the lead.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Each check in English, the exit status first.
    pub fn checks(&self) -> Vec<String> {
        let parts = self.parts();
        let demand = self.tree.demand().unwrap_or(Demand::Success);
        let unjudged = Finding::new(Verdict::Unverified, "");
        let status = judge::reports_status(&demand, parts, &unjudged).then(|| demand.describe());
        let own = parts.iter().filter(|part| !part.is_prose()).map(Node::describe);
        status.into_iter().chain(own).collect()
    }

    /// The author's words that are left to a person.
    pub fn residual(&self) -> Option<&str> {
        self.residual.as_deref()
    }

    /// Explanations that are shown and not checked.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The best verdict that can be reached without a person.
    pub fn best(&self) -> Best {
        if self.tree.can_be_met() { Best::Met } else { Best::Unverified }
    }

    /// Whether no part of the text itself is a check: only the exit status will be.
    pub fn is_prose(&self) -> bool {
        self.tree.is_prose()
    }

    /// The time that the author gave it.
    pub fn within(&self) -> Option<Within> {
        self.within
    }

    /// Whether the output that it describes is itself a secret.
    pub fn is_sensitive(&self) -> bool {
        self.sensitivity == Sensitivity::Declared || sensitive::is_sensitive(&self.text)
    }

    /// The ids of the steps whose recorded output it compares with.
    pub fn step_references(&self) -> Vec<String> {
        let leaves = self.tree.leaves();
        let references = leaves.iter().filter_map(|leaf| match &leaf.check {
            Check::Step(step) => Some(step.id.clone()),
            _ => None,
        });
        references.collect()
    }

    /// An evaluator that takes the output as it comes.
    pub fn watch(&self) -> Watch {
        Watch::new(self.clone())
    }

    fn parts(&self) -> &[Node] {
        match &self.tree {
            Node::All(nodes) => nodes,
            other => std::slice::from_ref(other),
        }
    }
}

/// The inside of a typed lead's brackets, and the text without lead and comment signs.
fn without_lead(text: &str) -> (Option<String>, String) {
    let mut lines = text.trim().lines();
    let first = lines.next().unwrap_or_default();
    let (typed, start) = match annotation_lead(first) {
        Some(lead) => (lead.typed, &first[lead.start..]),
        None => (None, first.strip_prefix('#').map_or(first, str::trim_start)),
    };
    let uncommented = |line: &str| {
        let bare = line.trim_start();
        bare.strip_prefix('#').unwrap_or(bare).trim().to_owned()
    };
    let first = std::iter::once(start.trim().to_owned());
    let lines: Vec<String> = first.chain(lines.map(uncommented)).collect();
    (typed, lines.join("\n"))
}

/// Judges output that is already there.
pub fn evaluate(expectation: &Expectation, observed: &Observed, record: &dyn Record) -> Judgement {
    expectation.watch().judge(observed, record)
}
