//! The contract of `check --format json` and `validate --format json`.
//!
//! Comes in: the [`Whole`]. Goes out: one JSON document, version [`VERSION`]. Texts are exact, and
//! all the same harmless where the document is printed: what does not show, acts on a terminal or
//! would be a workflow command is written as an escape, which a parser turns back.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::{Examined, Stamp, Whole, segments};
use crate::diagnostic::Severity;
use crate::event::Ending;
use crate::report::invisible::{Sight, sight};
use crate::report::workflow::{Disguise, disarm};
use crate::validation::{Coverage, Gap, Segment, Validation};

/// The version of the contract; it grows when a field changes its meaning.
pub const VERSION: u32 = 1;

/// The whole as a document, with a line end after its last line.
pub fn text(whole: &Whole) -> String {
    harmless(&value(whole))
}

/// The whole as a value.
pub fn value(whole: &Whole) -> Value {
    let runbooks = whole.runbooks.iter().map(|one| runbook(whole, one));
    json!({
        "version": VERSION,
        "program": { "name": "runbook", "version": whole.version },
        "command": whole.command,
        "runbooks": runbooks.collect::<Vec<_>>(),
        "summary": summary(whole),
    })
}

/// JSON as text in which every character is seen, and no line is a command to a runner of CI.
pub(super) fn harmless(value: &Value) -> String {
    let mut out = String::new();
    for c in format!("{value:#}\n").chars() {
        match sight(c) {
            Sight::Seen => out.push(c),
            Sight::Named | Sight::Dropped if c == '\n' => out.push(c),
            Sight::Named | Sight::Dropped => escape(c, &mut out),
        }
    }
    disarm(&out, Disguise::JSON).into_owned()
}

/// Outside of strings, JSON is ASCII without control characters but line ends.
fn escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        write!(out, "\\u{unit:04x}").expect("a string takes everything");
    }
}

fn summary(whole: &Whole) -> Value {
    let results: Map<_, _> = whole
        .counts()
        .into_iter()
        .map(|(standing, count)| (word(standing), count.into()))
        .collect();
    let validations = whole.runbooks.iter().filter_map(|one| one.validation.as_ref());
    let (run, all) = validations
        .map(Validation::coverage)
        .fold((0, 0), |(run, all), (more, of)| (run + more, all + of));
    json!({
        "runbooks": whole.runbooks.len(),
        "results": results,
        "segments": { "run": run, "segments": all },
        "findings": {
            "error": findings(whole, Severity::Error),
            "warning": findings(whole, Severity::Warning),
            "note": findings(whole, Severity::Note),
        },
        "unconfined": whole.ran_unconfined(),
        "exit": whole.exit,
        "why": whole.ending(),
    })
}

fn findings(whole: &Whole, severity: Severity) -> usize {
    whole.runbooks.iter().map(|one| one.findings.count(severity)).sum()
}

fn runbook(whole: &Whole, one: &Examined) -> Value {
    let validation = one.validation.as_ref();
    json!({
        "file": one.path.to_string_lossy(),
        "title": Some(one.title()).filter(|title| !title.is_empty()),
        "result": whole.standing(one),
        "why": one.why(),
        "coverage": validation.map(coverage),
        "method": one.method,
        "age_days": one.age_days,
        "stamped": one.stamp.as_ref().map(|stamp| !matches!(stamp, Stamp::Withheld(_))),
        "stamp": one.stamp.as_ref().map(Stamp::told),
        "confinement": validation.map(|validation| &validation.confinement),
        "duration_ms": validation.map(|validation| validation.duration_ms),
        "segments": validation.map_or(Vec::new(), |one| one.segments.iter().map(segment).collect()),
        "findings": one.findings.diagnostics,
        "weakened": one.weakened,
    })
}

fn coverage(validation: &Validation) -> Value {
    let (run, all) = validation.coverage();
    let outcomes: Map<_, _> = segments::outcomes(validation)
        .into_iter()
        .map(|(outcome, count)| (word(outcome), count.into()))
        .collect();
    json!({ "run": run, "segments": all, "outcomes": outcomes })
}

fn segment(segment: &Segment) -> Value {
    let expectations =
        segment.expectations.iter().map(|(line, text)| json!({ "line": line, "text": text }));
    let endings: &[Ending] = match &segment.coverage {
        Coverage::Run(endings) => endings,
        Coverage::NotCovered(_) => &[],
    };
    let outcome = segments::outcome(segment);
    let decided = endings.iter().find(|ending| Some(ending.outcome) == outcome);
    json!({
        "step": segment.step,
        "title": segment.title,
        "line": segment.line,
        "statements": segment.statements,
        "expectations": expectations.collect::<Vec<_>>(),
        "covered": outcome.is_some(),
        "outcome": outcome,
        "why": decided.map(|ending| &ending.why),
        "checks": endings.iter().flat_map(|ending| &ending.checks).collect::<Vec<_>>(),
        "residual": decided.and_then(|ending| ending.residual.as_ref()),
        "runs": endings.iter().map(|ending| ending.attempt).sum::<u32>(),
        "gap": gap(segment),
        "duration_ms": segments::duration_ms(segment),
    })
}

fn gap(segment: &Segment) -> Option<&Gap> {
    match &segment.coverage {
        Coverage::NotCovered(gap) => Some(gap),
        Coverage::Run(_) => None,
    }
}

/// How a value of one of our enums is written in the contract.
pub(super) fn word(one: impl serde::Serialize) -> String {
    match serde_json::to_value(one) {
        Ok(Value::String(word)) => word,
        other => unreachable!("an enum without fields is a word, not {other:?}"),
    }
}
