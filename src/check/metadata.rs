//! The header: what it lacks, and whether its date and its method are true.
//!
//! Comes in: the document's metadata and today's date. Goes out: findings at the values.

use jiff::civil::Date;

use crate::diagnostic::Diagnostic;
use crate::document::Entry;
use crate::source::Span;

use super::rules::found;
use super::{Subject, dates};

/// What a reader relies on: key, and how it is written.
const WANTED: &[(&str, &str)] =
    &[("last_validated", "Last validated"), ("owner", "Owner"), ("mode", "Mode")];

/// How a runbook may have been validated.
const METHODS: &[&str] = &["read-only-docs", "read-only-live", "rehearsed", "executed"];

/// Finds what the header lacks.
pub(super) fn missing(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let document = &subject.plan.document;
    let lacking = WANTED.iter().filter(|(key, _)| document.metadata.get(key).is_none());
    let lacking: Vec<_> = lacking.map(|(_, name)| format!("`{name}`")).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let message = format!("the header does not say {}", lacking.join(", "));
    let diagnostic = found("missing-metadata", beginning(subject), message);
    vec![diagnostic.help("write lines such as `**Last validated:** 2026-01-31` under the title")]
}

/// The title, or the first line with something on it.
fn beginning(subject: &Subject<'_>) -> Span {
    let text = subject.plan.document.source.text();
    let start = match subject.markup.title {
        Some(title) => title.start,
        None => text.len() - text.trim_start_matches('\u{feff}').trim_start().len(),
    };
    let line = text[start..].lines().next().unwrap_or("").trim_end();
    Span::new(start, start + line.len())
}

fn validated<'a>(subject: &Subject<'a>) -> Option<(&'a Entry, Option<Date>)> {
    let entry = subject.plan.document.metadata.get("last_validated")?;
    Some((entry, dates::read(&entry.value)))
}

/// Finds a `Last validated` that is no date.
pub(super) fn no_date(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let wrong = validated(subject).filter(|(_, date)| date.is_none());
    let told = wrong.map(|(entry, _)| {
        let message = format!("`{}` is no date: `{}`", entry.label, entry.value);
        found("no-date", entry.span, message).help("write year, month and day: `2026-01-31`")
    });
    told.into_iter().collect()
}

/// Finds a validation in the future. A day more is granted, for it is later elsewhere.
pub(super) fn future(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let ahead = |date: Date| days(subject.circumstances.today, date).filter(|days| *days > 1);
    let told = validated(subject).and_then(|(entry, date)| {
        let days = ahead(date?)?;
        let message = format!("`{}` lies {days} days in the future", entry.label);
        Some(
            found("future-date", entry.span, message)
                .help("write the day on which it was validated, or let `validate --stamp` do it"),
        )
    });
    told.into_iter().collect()
}

/// Finds a validation that is too long ago.
pub(super) fn stale(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let most = i32::try_from(subject.circumstances.stale_after).unwrap_or(i32::MAX);
    let told = validated(subject).and_then(|(entry, date)| {
        let days = days(date?, subject.circumstances.today).filter(|days| *days > most)?;
        let message = format!("the last validation is {days} days ago; it counts for {most}");
        Some(
            found("stale", entry.span, message)
                .help("validate it again: `runbook validate --stamp` refreshes the date"),
        )
    });
    told.into_iter().collect()
}

fn days(from: Date, to: Date) -> Option<i32> {
    Some(from.until(to).ok()?.get_days())
}

/// Finds a validation method that is none.
pub(super) fn method(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let entry = subject.plan.document.metadata.get("validation_method");
    let wrong = entry.filter(|entry| !METHODS.contains(&entry.value.trim()));
    let told = wrong.map(|entry| {
        let message = format!("`{}` is no validation method", entry.value);
        let known: Vec<_> = METHODS.iter().map(|method| format!("`{method}`")).collect();
        found("unknown-method", entry.span, message).help(format!("known are {}", known.join(", ")))
    });
    told.into_iter().collect()
}
