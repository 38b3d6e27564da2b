//! From an old value and a stamp to the bytes that change, or to why they must not.
//!
//! Comes in: a place of the header, and the stamp. Goes out: at most one [`Change`] per value. What
//! stands beside the value and may not be true of the new one is a reason to refuse.

use std::ops::Range;
use std::time::Duration;

use jiff::civil::Date;

use crate::document::Document;
use crate::source::Span;

use super::dates::{self, Reading};
use super::header::{Field, Place};
use super::{Change, Method, Reason, Stamp, StampError, durations, method as methods};

/// What becomes of the time beside a date that is the stamp's already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    Stands,
    Goes,
}

/// What authors write where there is nothing yet.
const PLACEHOLDERS: &[&str] = &[
    "",
    "-",
    "--",
    "–",
    "—",
    "?",
    "~",
    "n/a",
    "na",
    "none",
    "null",
    "never",
    "tbd",
    "tba",
    "todo",
    "unknown",
    "pending",
    "not yet",
    "not yet validated",
    "not validated",
    "yyyy-mm-dd",
    "<date>",
    "<method>",
    "_",
];

pub(super) fn is_placeholder(value: &str) -> bool {
    PLACEHOLDERS.contains(&value.trim_end_matches('.').to_lowercase().as_str())
}

/// The value without blanks, emphasis, quotes and a remark that claims nothing.
pub(super) fn peel(value: &str) -> Range<usize> {
    let mut bare = value.trim();
    if let Some(at) = bare.find("<!--").filter(|_| bare.ends_with("-->"))
        && !is_claim(&bare[at..])
    {
        bare = bare[..at].trim_end();
    }
    bare = without_comment(bare);
    while let Some(inner) = unwrapped(bare) {
        bare = inner;
    }
    let start = bare.as_ptr() as usize - value.as_ptr() as usize;
    start..start + bare.len()
}

/// A quoted value of the front matter without the comment behind it.
fn without_comment(value: &str) -> &str {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = quote.and_then(|quote| value[1..].find(quote)).map(|at| at + 2);
    match end.map(|end| value.split_at(end)) {
        Some((quoted, rest)) if rest.trim_start().starts_with('#') && !is_claim(rest) => quoted,
        _ => value,
    }
}

fn unwrapped(value: &str) -> Option<&str> {
    const WRAPPERS: [&str; 7] = ["**", "__", "*", "_", "`", "\"", "'"];
    WRAPPERS.iter().find_map(|wrapper| {
        let inner = value.strip_prefix(wrapper)?.strip_suffix(wrapper)?;
        (!inner.is_empty() && !inner.contains(wrapper)).then_some(inner)
    })
}

/// Whether a remark may say something of the old validation: who, when, which.
fn is_claim(remark: &str) -> bool {
    let mut words = remark.split(|c: char| !c.is_alphanumeric());
    remark.contains(|c: char| c.is_ascii_digit()) || words.any(|word| matches!(word, "by" | "By"))
}

/// The change of the date.
pub(super) fn date(
    document: &Document,
    place: &Place,
    stamp: &Stamp,
    time: Time,
) -> Result<Option<Change>, StampError> {
    let value = document.source.slice(place.span);
    let (at, new) = match dates::read(value) {
        Reading::Nothing { at } => (at, stamp.date.to_string()),
        Reading::Date(written) if written.date > stamp.date => {
            return Err(later(place, written.date, stamp.date));
        }
        Reading::Date(written)
            if written.date == stamp.date && (time == Time::Stands || !written.timed) =>
        {
            return Ok(None);
        }
        Reading::Date(written) => (written.at.clone(), written.with(stamp.date)),
        other => return Err(refuse_date(&other, place, document, Some(stamp.date))),
    };
    if let Reading::Ambiguous(first, second) = dates::read(&new) {
        return Err(no_longer_clear(place, &new, stamp.date, (first, second)));
    }
    no_claim_behind(document, place, &new)?;
    Ok(change(Field::Date, place, value, at, new))
}

/// `04/24/2026` tells its order; `11/05/2026` in its place would be two dates to its next reader.
fn no_longer_clear(place: &Place, new: &str, date: Date, either: (Date, Date)) -> StampError {
    let message = format!("in this notation the stamp is `{new}`, {} or {}", either.0, either.1);
    let help = format!("write `{date}` in `{}`; the notation is kept from then on", place.label);
    StampError::new(Reason::Ambiguous, place, message, help)
}

fn later(place: &Place, stands: Date, date: Date) -> StampError {
    let message = format!("`{}` is {stands}, which is after the stamp's {date}", place.label);
    let help = "put the day there on which it was really validated".to_owned();
    StampError::new(Reason::Later, place, message, help)
}

/// Why a value is no date to be rewritten.
pub(super) fn refuse_date(
    reading: &Reading,
    place: &Place,
    document: &Document,
    new: Option<Date>,
) -> StampError {
    let value = document.source.slice(place.span);
    let example = new.map_or_else(|| "2026-04-24".to_owned(), |date| date.to_string());
    match reading {
        Reading::Ambiguous(first, second) => StampError::new(
            Reason::Ambiguous,
            place,
            format!("`{value}` may be {first} or {second}"),
            format!("write `{first}` or `{second}`"),
        ),
        Reading::Words(written, words) => StampError::new(
            Reason::Words,
            place,
            format!("`{}` says `{words}` beside its date", place.label),
            format!(
                "leave `{}` alone there, and keep the words in an entry of their own if they stay true",
                &value[written.at.clone()]
            ),
        ),
        _ => StampError::new(
            Reason::Unreadable,
            place,
            format!("`{value}` is no date that can be read"),
            format!("write a day such as `{example}`"),
        ),
    }
}

/// A comment behind a value of the front matter must not claim anything of the old one.
fn no_claim_behind(document: &Document, place: &Place, new: &str) -> Result<(), StampError> {
    let line = document.source.text()[place.span.end..].lines().next().unwrap_or_default();
    let behind = line.trim_start_matches(['"', '\'', ' ', '\t']);
    if !behind.starts_with('#') || !is_claim(behind) {
        return Ok(());
    }
    let message = format!("`{}` has the comment `{behind}` behind it", place.label);
    let help = format!("take it away; it may not be true of `{new}`");
    Err(StampError::new(Reason::Words, place, message, help))
}

/// The change of the method.
pub(super) fn method(
    document: &Document,
    place: &Place,
    stamp: &Stamp,
) -> Result<Vec<Change>, StampError> {
    let value = document.source.slice(place.span);
    let at = peel(value);
    let old = &value[at.clone()];
    let canonical = || methods::in_words(stamp.method, stamp.sandbox);
    let known = methods::recognise(old);
    if let Some((stands, _)) = known.filter(|(stands, _)| *stands > stamp.method) {
        return Err(weaker(place, stands, stamp.method));
    }
    let new = if is_placeholder(old) {
        canonical()
    } else if known.is_some() || is_name(old, &place.label) {
        methods::in_notation(old, stamp.method, stamp.sandbox)
    } else {
        let message = format!("`{}` says more than a method: `{old}`", place.label);
        let help = format!(
            "write `{}` there, and keep the words in an entry of their own if they stay true",
            canonical()
        );
        return Err(StampError::new(Reason::Words, place, message, help));
    };
    if old == new {
        return Ok(Vec::new());
    }
    no_claim_behind(document, place, &new)?;
    Ok(change(Field::Method, place, value, at, new).into_iter().collect())
}

/// What was carried out is not to be called a mere reading by whoever comes later.
fn weaker(place: &Place, stands: Method, reached: Method) -> StampError {
    let message = format!("`{}` is {stands}, which says more than {reached}", place.label);
    let help = format!(
        "leave it until it is {stands} again, or empty that value by hand, so that {reached} may \
         stand there"
    );
    StampError::new(Reason::Weaker, place, message, help)
}

/// Whether a value that is no known method is the name of another: a few plain words. Under a
/// label that may mean something else (`Validation`) it is not taken for one.
fn is_name(value: &str, label: &str) -> bool {
    let plain = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '_' | '/');
    let mut words = value.split([' ', '-', '_', '/']);
    label.to_lowercase().contains("method")
        && value.chars().all(plain)
        && value.split_whitespace().count() <= 4
        && !words.any(|word| matches!(word.to_lowercase().as_str(), "by" | "on" | "until"))
}

/// The change of the average duration.
pub(super) fn duration(
    document: &Document,
    place: &Place,
    duration: Duration,
) -> Result<Option<Change>, StampError> {
    let value = document.source.slice(place.span);
    let at = peel(value);
    let old = &value[at.clone()];
    let new = if is_placeholder(old) {
        Some(durations::plain(duration))
    } else {
        durations::in_notation(old, duration)
    };
    let Some(new) = new else {
        let message = format!("`{old}` is no duration that can be read");
        let help = format!("write one such as `{}`", durations::plain(duration));
        return Err(StampError::new(Reason::Unreadable, place, message, help));
    };
    if old != new {
        no_claim_behind(document, place, &new)?;
    }
    Ok(change(Field::Duration, place, value, at, new))
}

/// The bytes of a value that are replaced; nothing where they stay what they are.
fn change(
    field: Field,
    place: &Place,
    value: &str,
    at: Range<usize>,
    new: String,
) -> Option<Change> {
    let span = Span::from(at.clone()).shift(place.span.start);
    (value[at] != new).then(|| Change { field, span, new: format!("{}{new}", place.lead) })
}
