//! The header: what it lacks, and whether its date and its method are true.
//!
//! Comes in: the document's metadata and today's date. Goes out: findings at the values.

use jiff::civil::Date;
use similar::TextDiff;

use crate::diagnostic::Diagnostic;
use crate::document::Entry;
use crate::source::Span;
use crate::stamp::{self, Standing};

use super::Subject;
use super::rules::found;

/// What a reader relies on: key, and how it is written.
const WANTED: &[(&str, &str)] =
    &[("last_validated", "Last validated"), ("owner", "Owner"), ("mode", "Mode")];

/// How a runbook may have been validated.
const METHODS: &[&str] = &["read-only-docs", "read-only-live", "rehearsed", "executed"];

/// Finds what the header lacks.
pub(super) fn missing(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let document = &subject.plan.document;
    let lacks = |key: &str| match key {
        "last_validated" => stamp::standing(document).1.is_none(),
        _ => document.metadata.get(key).is_none(),
    };
    let lacking: Vec<_> = WANTED.iter().filter(|(key, _)| lacks(key)).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let names: Vec<_> = lacking.iter().map(|(_, name)| format!("`{name}`")).collect();
    let message = format!("the header does not say {}", names.join(", "));
    let help = if lacks("last_validated") {
        "write lines such as `**Owner:** the team` under the title; leave `**Last validated:**` \
         empty, `validate --stamp` puts the day there"
    } else {
        "write lines such as `**Owner:** the team` under the title"
    };
    vec![found("missing-metadata", beginning(subject), message).help(help)]
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

/// The day of the last validation, and where it stands.
fn validated(subject: &Subject<'_>) -> Option<(Date, Span)> {
    match stamp::standing(&subject.plan.document) {
        (Standing::On(date), Some(place)) => Some((date, place)),
        _ => None,
    }
}

/// Finds a `Last validated` that is no date, or that may be two.
pub(super) fn no_date(subject: &Subject<'_>) -> Vec<Diagnostic> {
    match stamp::standing(&subject.plan.document).0 {
        Standing::Unreadable(error) => {
            vec![found("no-date", error.span, error.message).help(error.help)]
        }
        Standing::Never | Standing::On(_) => Vec::new(),
    }
}

/// Finds a validation in the future. A day more is granted, for it is later elsewhere.
pub(super) fn future(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let told = validated(subject).and_then(|(date, place)| {
        let days = days(subject.circumstances.today, date).filter(|days| *days > 1)?;
        let message = format!("the last validation lies {days} days in the future");
        Some(
            found("future-date", place, message)
                .help("write the day on which it was validated, or let `validate --stamp` do it"),
        )
    });
    told.into_iter().collect()
}

/// Finds a validation that is too long ago, or that the header says is still to come.
pub(super) fn stale(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let most = i32::try_from(subject.circumstances.stale_after).unwrap_or(i32::MAX);
    let told = match stamp::standing(&subject.plan.document) {
        (Standing::Never, Some(place)) => {
            let message = "it was never validated".to_owned();
            Some((place, message, "validate it: `runbook validate --stamp` puts the day there"))
        }
        (Standing::On(date), Some(place)) => {
            days(date, subject.circumstances.today).filter(|days| *days > most).map(|days| {
                let message =
                    format!("the last validation is {days} days ago; it counts for {most}");
                (place, message, "validate it again: `runbook validate --stamp` refreshes the date")
            })
        }
        _ => None,
    };
    told.into_iter().map(|(place, said, help)| found("stale", place, said).help(help)).collect()
}

fn days(from: Date, to: Date) -> Option<i32> {
    Some(from.until(to).ok()?.get_days())
}

/// Finds entries that are spelled nearly as one that a stamp rewrites, and so are not read.
pub(super) fn misspelt(subject: &Subject<'_>) -> Vec<Diagnostic> {
    /// How much of two names is the same, at least.
    const ALIKE: f32 = 0.8;
    let metadata = &subject.plan.document.metadata;
    let wanted = [("last_validated", "Last validated"), ("validation_method", "Validation method")];
    let missing = wanted.into_iter().filter(|(key, _)| metadata.get(key).is_none());
    let told = missing.filter_map(|(key, name)| {
        let alike = |entry: &&Entry| {
            let known = wanted.iter().any(|(key, _)| *key == entry.key);
            !known && TextDiff::from_chars(entry.key.as_str(), key).ratio() >= ALIKE
        };
        let entry = metadata.entries.iter().find(alike)?;
        let message = format!("`{}` is not read; `{name}` is", entry.label);
        Some(found("misspelt-entry", entry.span, message).help(format!("write `{name}`")))
    });
    told.collect()
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
