//! The step summary of GitHub Actions: markdown for `$GITHUB_STEP_SUMMARY`.
//!
//! Comes in: the [`Whole`]. Goes out: a table with a row for each runbook, worst first, then what
//! is wrong in detail. Everything that others wrote is code. GitHub drops a summary of more than
//! 1 MiB altogether, so that this one stays below and says what it left out.

use super::{Examined, Standing, Whole, counted, segments};
use crate::event::Outcome;
use crate::report::markdown::{block, code};
use crate::validation::{Segment, Validation};
use crate::variables::Redacted;

/// The most runbooks in the table; a row takes 1,000 bytes at most, as a rule 150.
const ROWS: usize = 500;
/// The most bytes before the details end.
const ENOUGH: usize = 700_000;

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
    for (standing, one) in all.iter().take(ROWS) {
        out.push_str(&row(*standing, one));
    }
    if all.len() > ROWS {
        out.push_str(&format!("\nAnd {} more.\n", all.len() - ROWS));
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
    for (number, (standing, one)) in telling.iter().enumerate() {
        if out.len() > ENOUGH {
            let left = counted(telling.len() - number, "runbook");
            out.push_str(&format!("\nThe details of {left} are in the log.\n"));
            return;
        }
        runbook(whole, *standing, one, out);
    }
}

fn tells(standing: Standing, one: &Examined) -> bool {
    !standing.is_good() || !one.findings.diagnostics.is_empty() || !one.weakened.is_empty()
}

fn runbook(whole: &Whole, standing: Standing, one: &Examined, out: &mut String) {
    let path = whole.relative(&one.path);
    out.push_str(&format!("\n### {}: {}\n", code(&path.to_string_lossy()), result(standing)));
    out.push_str(&format!("\n{}\n", code(&one.why())));
    if !(one.findings.diagnostics.is_empty() && one.weakened.is_empty()) {
        out.push('\n');
    }
    for found in one.findings.diagnostics.iter().take(50) {
        let severity = format!("{:?}", found.severity).to_lowercase();
        let (line, code_, message) = (found.place.line, code(found.code), code(&found.message));
        out.push_str(&format!("- {severity} at line {line}, {code_}: {message}\n"));
    }
    for weakened in one.weakened.iter().take(50) {
        let now = weakened.now.as_ref().map_or("removed".to_owned(), |now| code(now.as_str()));
        let before = code(weakened.before.as_str());
        out.push_str(&format!("- weakened at line {}: {before}, now {now}\n", weakened.line));
    }
    if let Some(validation) = &one.validation {
        segments_of(validation, out);
    }
    if let Some(stamp) = &one.stamp {
        out.push_str(&format!("\nStamp: {}\n", code(&stamp.told())));
    }
}

fn segments_of(validation: &Validation, out: &mut String) {
    for (segment, outcome) in segments::unsettled(validation).take(50) {
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
