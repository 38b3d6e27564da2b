//! Where the header has the values that a stamp is about.
//!
//! Comes in: a document. Goes out: the place of one value, or why there is no one place: none, or
//! several. What stands in an HTML comment is not the header's. An entry that is left empty is one;
//! whether a line is an entry is for the document's reader to say, so it is asked.

use std::sync::LazyLock;

use regex::Regex;

use crate::document::{Document, Entry};
use crate::source::{Source, Span};

use super::{Reason, StampError};

/// The entries that a stamp may rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `Last validated`
    Date,
    /// `Validation method`
    Method,
    /// `Average duration`
    Duration,
}

impl Field {
    const fn key(self) -> &'static str {
        match self {
            Self::Date => "last_validated",
            Self::Method => "validation_method",
            Self::Duration => "average_duration",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Date => "Last validated",
            Self::Method => "Validation method",
            Self::Duration => "Average duration",
        }
    }

    /// Words of the labels that stand for it, the nearest first. That a text was updated says
    /// nothing of its validation.
    const fn nearest(self) -> &'static [&'static str] {
        match self {
            Self::Date => &["validated", "verified", "tested", "review"],
            Self::Method => &["method", "validation"],
            Self::Duration => &["average", ""],
        }
    }
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub span: Span,
    pub label: String,
    pub line: usize,
    /// What must stand before a value where there was none.
    pub lead: &'static str,
}

/// The one place of a field's value.
pub(super) fn find(document: &Document, field: Field) -> Result<Place, StampError> {
    let places = places(document);
    let places = places.into_iter().filter(|(key, _)| key == field.key()).map(|(_, place)| place);
    let mut places: Vec<_> = places.collect();
    let like = |place: &Place, word: &str| place.label.to_lowercase().contains(word);
    let word = field.nearest().iter().find(|word| places.iter().any(|place| like(place, word)));
    places.retain(|place| word.is_some_and(|word| like(place, word)));
    match places.as_slice() {
        [] => Err(missing(field)),
        [place] => Ok(place.clone()),
        [first, second, ..] => Err(twice(first, second)),
    }
}

/// The entries of the header with their canonical keys, in order; also those that are left empty.
fn places(document: &Document) -> Vec<(String, Place)> {
    let mut gaps = gaps(document.source.text());
    let mut seen = (!gaps.is_empty()).then(|| filled(document, &gaps));
    let found = gaps.iter().enumerate().filter(|(index, gap)| {
        let end = **gap + (index + 1) * FILLER.len();
        let mut entries = seen.iter().flat_map(|seen| &seen.metadata.entries);
        entries.any(|entry| is_filler(entry) && entry.span.end == end)
    });
    let found: Vec<_> = found.map(|(_, gap)| *gap).collect();
    // Where nothing was left out, as the value stands in the next line, nothing is filled in.
    if found.len() < gaps.len() {
        gaps = found;
        seen = (!gaps.is_empty()).then(|| filled(document, &gaps));
    }
    let entries = &seen.as_ref().unwrap_or(document).metadata.entries;
    let hidden = comments(document.source.text());
    let places = entries.iter().map(|entry| (entry.key.clone(), place(document, entry, &gaps)));
    places.filter(|(_, place)| !is_in(&hidden, place.span.start)).collect()
}

/// The place in the document of an entry of the filled text.
fn place(document: &Document, entry: &Entry, gaps: &[usize]) -> Place {
    let before = |at: usize| {
        let gaps = gaps.iter().enumerate();
        gaps.filter(|(index, gap)| **gap + index * FILLER.len() < at).count() * FILLER.len()
    };
    let span = Span::new(
        entry.span.start - before(entry.span.start),
        entry.span.end - before(entry.span.end),
    );
    let gap = gaps.contains(&span.end) && is_filler(entry);
    let span = if gap { Span::new(span.end, span.end) } else { span };
    let span = closed(document.source.text(), span);
    let line = document.source.line(span.start);
    Place { span, label: entry.label.clone(), line, lead: if gap { " " } else { "" } }
}

/// With the end of the emphasis that the value begins with: the text of a list's item ends before.
fn closed(text: &str, span: Span) -> Span {
    let value = &text[span.range()];
    let opening = &value[..value.len() - value.trim_start_matches(['*', '_', '`']).len()];
    let open = !opening.is_empty() && opening.len() < value.len() && !value.ends_with(opening);
    let closing: String = opening.chars().rev().collect();
    if open && text[span.end..].starts_with(&closing) {
        return Span::new(span.start, span.end + closing.len());
    }
    span
}

/// The HTML comments of a text, in order; one that is not closed goes to the end.
fn comments(text: &str) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("<!--") {
        let start = from + at;
        let length = text[start..].find("-->").map_or(text.len() - start, |length| length + 3);
        found.push(Span::new(start, start + length));
        from = start + length;
    }
    found
}

/// Whether an offset lies in one of some spans, which are in order.
fn is_in(spans: &[Span], at: usize) -> bool {
    let after = spans.partition_point(|span| span.start < at);
    after > 0 && spans[after - 1].contains(at)
}

fn twice(first: &Place, second: &Place) -> StampError {
    let message = format!("`{}` stands in line {} already", second.label, first.line);
    StampError::new(Reason::Twice, second, message, "leave one of them".to_owned())
}

fn missing(field: Field) -> StampError {
    StampError {
        reason: Reason::Missing,
        span: Span::new(0, 0),
        line: 1,
        message: format!("the header has no `{}`", field.label()),
        help: format!("add the line `**{}:**` below the title", field.label()),
    }
}

static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?mi)^[ \t>]*(?:[-*+][ \t]+)?(?:\*\*|__)?",
        r"(?:last[ _-]?(?:validated|verified|tested|reviewed)(?:[ _-]?(?:on|at))?|",
        r"validation[ _-]?method|average[ _-]?duration)[ \t]*(?::[ \t]*(?:\*\*|__)?|(?:\*\*|__)[ \t]*:)(?:[ \t]*(?:\\|<br ?/?>)?[ \t]*\r?)$"
    ))
    .expect("a valid pattern")
});

/// What is put where a value was left out, to ask the reader whether it would be one.
const FILLER: &str = " x";

fn is_filler(entry: &Entry) -> bool {
    entry.value == FILLER.trim_start()
}

/// The offsets where a value may have been left out.
fn gaps(text: &str) -> Vec<usize> {
    let lines = EMPTY.find_iter(text).take(16);
    let ends =
        lines.filter_map(|line| Some(line.start() + line.as_str().rfind([':', '*', '_'])? + 1));
    ends.collect()
}

/// The document with something in its gaps.
fn filled(document: &Document, gaps: &[usize]) -> Document {
    let text = document.source.text();
    let mut filled = String::with_capacity(text.len() + gaps.len() * FILLER.len());
    let mut at = 0;
    for gap in gaps {
        filled.push_str(&text[at..*gap]);
        filled.push_str(FILLER);
        at = *gap;
    }
    filled.push_str(&text[at..]);
    Document::read(Source::new(document.source.path(), filled))
}

impl StampError {
    /// Where the entry is missing: the line to add, in the notation of its neighbours and without a
    /// value, since nothing was stamped yet.
    pub(super) fn adding(mut self, document: &Document, field: Field) -> Self {
        if self.reason != Reason::Missing {
            return self;
        }
        let others = [Field::Date, Field::Method].into_iter().filter(|other| *other != field);
        let known = others.filter_map(|other| find(document, other).ok());
        let neighbour =
            known.chain(places(document).into_iter().rev().map(|(_, place)| place)).next();
        if let Some(place) = neighbour {
            self.span = place.span;
            self.line = place.line;
            let line = like(document, &place, field);
            self.help = format!("add the line `{line}` below line {}", place.line);
        }
        self
    }
}

/// The line of another entry with this label, and left empty; where the reader would take that for
/// no entry, it says `never`.
fn like(document: &Document, place: &Place, field: Field) -> String {
    const QUOTES: [char; 3] = ['"', '\'', '`'];
    let plain = || format!("**{}:**", field.label());
    let text = document.source.text();
    let at = text[..place.span.start].rfind(&place.label).unwrap_or_default();
    let start = text[..place.span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = start + document.source.line_text(place.line).len();
    let others = document.metadata.entries.iter();
    let shared =
        others.filter(|one| document.source.line(one.span.start) == place.line).count() > 1;
    if shared || at < start || place.span.end > end {
        return plain();
    }
    let label = in_style(&place.label, field.label());
    let before = text[start..at].trim_start_matches('\u{feff}');
    let between = text[at + place.label.len()..place.span.start].trim_end_matches(QUOTES);
    let after = text[place.span.end..end].trim_start_matches(QUOTES).trim_end();
    let empty = format!("{before}{label}{}{after}", between.trim_end());
    if EMPTY.is_match(&empty) {
        return empty;
    }
    format!("{before}{label}{between}{}never{after}", place.lead)
}

/// A label written as another one is: `last_validated`, `last-validated`, `lastValidated`, `Last
/// Validated`.
fn in_style(model: &str, label: &str) -> String {
    let lower = label.to_lowercase();
    let words = || model.split([' ', '_', '-']);
    let capital = |word: &str| word.starts_with(char::is_uppercase);
    if words().count() == 1 && !capital(model) && model.contains(char::is_uppercase) {
        let mut words = label.split(' ');
        return words.next().unwrap_or_default().to_lowercase()
            + &words.map(raised).collect::<String>();
    }
    let joined = match model.chars().find(|c| matches!(c, '_' | '-')) {
        Some(joint) => lower.replace(' ', &joint.to_string()),
        None => lower,
    };
    if !words().next().is_some_and(capital) {
        return joined;
    }
    let mut after_joint = true;
    let every = words().count() > 1 && words().all(capital);
    let cased = joined.chars().enumerate().map(|(place, c)| {
        let raise = after_joint && (place == 0 || every);
        after_joint = matches!(c, ' ' | '_' | '-');
        if raise { c.to_ascii_uppercase() } else { c }
    });
    cased.collect()
}

/// A word with a capital.
fn raised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
