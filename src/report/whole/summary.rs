//! The step summary of GitHub Actions: markdown for `$GITHUB_STEP_SUMMARY`.
//!
//! Comes in: the [`Whole`]. Goes out: a table with a row for each runbook, worst first, then what
//! is wrong in detail. Everything that others wrote is code. GitHub drops a summary of more than
//! 1 MiB altogether, so that this one stays below and says what it left out.

use super::json::word;
use super::{Examined, Standing, Whole, counted, segments};
use crate::event::Outcome;
use crate::report::markdown::{block, code};
use crate::validation::{Segment, Validation};
use crate::variables::Redacted;

/// The most bytes of the table; a row takes 150 as a rule.
const TABLE: usize = 300_000;
/// The most bytes of all.
const ENOUGH: usize = 900_000;

/// The summary as markdown.
pub(super) fn text(whole: &Whole) -> String {
    let all = whole.worst_first();
    let mut out = format!("## runbook {}\n\n{}\n\n", whole.command.word(), whole.ending());
    if whole.ran_unconfined() {
        out.push_str("**NOT IN A SANDBOX** (--sandbox=off): nothing but the classification kept ");
        out.push_str("commands from changing anything.\n\n");
    }
    out.push_str("| Runbook | Result | Coverage | Method | Last validated |\n");
    out.push_str("| --- | --- | --- | --- | --- |\n");
    let left =
        all.len() - add(&mut out, TABLE, all.iter().map(|(standing, one)| row(*standing, one)));
    if left > 0 {
        out.push_str(&format!("\n{} more did not fit in the table.\n", counted(left, "runbook")));
    }
    details(whole, &all, &mut out);
    out
}

fn row(standing: Standing, one: &Examined) -> String {
    let mut name = code(&one.path.to_string_lossy());
    if !one.title().is_empty() {
        name.push_str(&format!(" {}", code(one.title())));
    }
    let coverage = one.coverage().unwrap_or_else(|| "nothing run".to_owned());
    let method = one.method.as_deref().map_or("-".to_owned(), code);
    let age = one.age_days.map_or("not known".to_owned(), age);
    format!("| {name} | {} | {coverage} | {method} | {age} |\n", result(standing))
}

fn result(standing: Standing) -> String {
    if standing.is_good() { standing.word().to_owned() } else { format!("**{}**", standing.word()) }
}

fn age(days: i64) -> String {
    match days {
        ..0 => "in the future".to_owned(),
        0 => "today".to_owned(),
        1 => "a day ago".to_owned(),
        _ => format!("{days} days ago"),
    }
}

fn details(whole: &Whole, all: &[(Standing, &Examined)], out: &mut String) {
    let telling: Vec<_> = all.iter().filter(|(standing, one)| tells(*standing, one)).collect();
    let texts = telling.iter().map(|(standing, one)| runbook(whole, *standing, one));
    let left = telling.len() - add(out, ENOUGH, texts);
    if left > 0 {
        let left = counted(left, "runbook");
        out.push_str(&format!("\nThe details of {left} did not fit; they are in the log.\n"));
    }
}

/// Adds those that fit, and says how many they are.
fn add(out: &mut String, limit: usize, texts: impl Iterator<Item = String>) -> usize {
    let mut added = 0;
    for text in texts {
        if out.len() + text.len() <= limit {
            out.push_str(&text);
            added += 1;
        }
    }
    added
}

fn tells(standing: Standing, one: &Examined) -> bool {
    !standing.is_good() || !one.findings.diagnostics.is_empty() || !one.weakened.is_empty()
}

fn runbook(whole: &Whole, standing: Standing, one: &Examined) -> String {
    let path = whole.relative(&one.path);
    let mut out = String::new();
    out.push_str(&format!("\n### {}: {}\n", code(&path.to_string_lossy()), result(standing)));
    out.push_str(&format!("\n{}\n", code(&one.why())));
    if !(one.findings.diagnostics.is_empty() && one.weakened.is_empty()) {
        out.push('\n');
    }
    for found in one.findings.diagnostics.iter().take(50) {
        let severity = word(found.severity);
        let (line, code_, message) = (found.place.line, code(found.code), code(&found.message));
        out.push_str(&format!("- {severity} at line {line}, {code_}: {message}\n"));
    }
    for weakened in one.weakened.iter().take(50) {
        let now = weakened.now.as_ref().map_or("removed".to_owned(), |now| code(now.as_str()));
        let before = code(weakened.before.as_str());
        out.push_str(&format!("- weakened at line {}: {before}, now {now}\n", weakened.line));
    }
    if let Some(validation) = &one.validation {
        segments_of(validation, &mut out);
    }
    if let Some(stamp) = &one.stamp {
        out.push_str(&format!("\nStamp: {}\n", code(&stamp.told())));
    }
    out
}

fn segments_of(validation: &Validation, out: &mut String) {
    for (segment, outcome) in segments::unsettled(validation).take(20) {
        unsettled(segment, outcome, out);
    }
    if let Some(confinement) = &validation.confinement {
        out.push_str(&format!("\nRun in: {}\n", code(&segments::confinement(confinement))));
    }
}

fn unsettled(segment: &Segment, outcome: Outcome, out: &mut String) {
    let place = code(&segments::place(segment));
    let word = segments::plain(outcome);
    out.push_str(&format!("\n**{word}** at line {}, {place}\n", segment.line));
    let statements: Vec<_> = segment.statements.iter().map(Redacted::as_str).collect();
    out.push_str(&block(&statements.join("\n")));
    out.push('\n');
    for (line, text) in segment.expectations.iter().take(20) {
        out.push_str(&format!("- expects (line {line}): {}\n", code(text.as_str())));
    }
    for line in segments::evidence(segment).iter().take(20) {
        out.push_str(&format!("- {}\n", code(line)));
    }
}
