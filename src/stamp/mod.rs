//! The stamp: `Last validated` and `Validation method`, refreshed in the author's own notation.
//!
//! Comes in: a document, and what a validation has reached. Goes out: the same text with the bytes
//! of those values rewritten, or why that would not be true. Nothing is guessed: a date that can
//! be read in two ways, words beside it that the stamp would turn into a lie, an entry that is
//! missing or there twice are refused with what to type. Refuses to know how the validation was
//! done, and what the day is.

mod dates;
mod durations;
mod header;
mod method;
mod values;
mod write;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::civil::Date;

use crate::diagnostic::{Diagnostic, Severity};
use crate::document::Document;
use crate::source::{Source, Span};

use dates::Reading;
use header::Place;
use values::Time;

pub use header::Field;
pub use method::{Method, Sandbox, in_words};
pub use write::{WriteError, write};

/// What a validation has reached and when: what a stamp may say, and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// The day in UTC.
    pub today: Date,
    /// The best method that was reached; none where something failed or stayed unverified.
    pub reached: Option<Method>,
}

/// What is written into a runbook's header. Made from [`Evidence`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    date: Date,
    method: Method,
    sandbox: Sandbox,
    duration: Option<Duration>,
}

/// Why evidence makes no such stamp. Fits after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoStamp {
    /// The date is still to come.
    #[error("stamp {date}: that is after today, {today}")]
    Future {
        /// The date asked for.
        date: Date,
        /// The day it is.
        today: Date,
    },
    /// The validation did not get that far.
    #[error("stamp {asked}: {}", reached_at_most(*.reached))]
    NotReached {
        /// The method asked for.
        asked: Method,
        /// The best one that was reached.
        reached: Option<Method>,
    },
}

fn reached_at_most(reached: Option<Method>) -> String {
    reached.map_or_else(
        || "nothing was validated".to_owned(),
        |method| format!("the validation reached {method} only"),
    )
}

impl Stamp {
    /// A stamp that the evidence bears out: no date after today, no method beyond the one reached.
    pub fn new(date: Date, method: Method, evidence: &Evidence) -> Result<Self, NoStamp> {
        if date > evidence.today {
            return Err(NoStamp::Future { date, today: evidence.today });
        }
        if evidence.reached.is_none_or(|reached| method > reached) {
            return Err(NoStamp::NotReached { asked: method, reached: evidence.reached });
        }
        Ok(Self { date, method, sandbox: Sandbox::On, duration: None })
    }

    /// The same, which says whether the kernel kept it read-only.
    #[must_use]
    pub const fn sandbox(mut self, sandbox: Sandbox) -> Self {
        self.sandbox = sandbox;
        self
    }

    /// The same, with the average duration.
    #[must_use]
    pub const fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Its day, in UTC.
    pub const fn date(&self) -> Date {
        self.date
    }

    /// Its method.
    pub const fn method(&self) -> Method {
        self.method
    }
}

/// Bytes that are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose value it is.
    pub field: Field,
    /// The bytes of the old text; empty where the value was.
    pub span: Span,
    /// What stands there now.
    pub new: String,
}

/// A document's text after the stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole text.
    pub text: String,
    /// What was replaced, in the order of the document; nothing where the stamp stood already.
    pub changes: Vec<Change>,
}

impl Edited {
    /// Whether the document said so already.
    pub fn is_unchanged(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Why a document cannot be stamped: something about the runbook, at a place in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}; {help}")]
pub struct StampError {
    /// What kind of obstacle it is.
    pub reason: Reason,
    /// Where.
    pub span: Span,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to type.
    pub help: String,
}

/// The kinds of obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The entry is not there; it is not invented.
    Missing,
    /// It is there more than once.
    Twice,
    /// The date can be read in two ways.
    Ambiguous,
    /// The value is none that is known.
    Unreadable,
    /// Words stand beside it that may not be true of the new value.
    Words,
    /// The date that stands there is later than the stamp.
    Later,
    /// The method that stands there says more than the stamp.
    Weaker,
    /// What was written would not be read back as the stamp.
    NotReadBack,
}

impl StampError {
    /// The same as a finding.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(Severity::Error, "stamp", self.span, &self.message).help(&self.help)
    }

    fn new(reason: Reason, place: &Place, message: impl Into<String>, help: String) -> Self {
        Self { reason, span: place.span, line: place.line, message: message.into(), help }
    }
}

/// What a document says of its last validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No entry, or one that says so: `never`, `TBD`, nothing.
    Never,
    /// On that day.
    On(Date),
    /// Something that is no date, that may be two, or that stands there twice: why.
    Unreadable(StampError),
}

/// What the header says of the last validation, and where that stands.
pub fn standing(document: &Document) -> (Standing, Option<Span>) {
    match header::find(document, Field::Date) {
        Err(error) if error.reason == Reason::Missing => (Standing::Never, None),
        Err(error) => {
            let span = error.span;
            (Standing::Unreadable(error), Some(span))
        }
        Ok(place) => {
            let standing = match dates::read(document.source.slice(place.span)) {
                Reading::Nothing { .. } => Standing::Never,
                // Words beside it are no lie while nobody writes another date.
                Reading::Date(written) | Reading::Words(written, _) => Standing::On(written.date),
                other => Standing::Unreadable(values::refuse_date(&other, &place, document, None)),
            };
            (standing, Some(place.span))
        }
    }
}

/// The method that the header names, where it is one that is known.
pub fn method(document: &Document) -> Option<Method> {
    let place = header::find(document, Field::Method).ok()?;
    method::recognise(document.source.slice(place.span)).map(|(method, _)| method)
}

/// Rewrites the values that the stamp is about, and nothing else. Where date and method stand there
/// already, nothing is changed. A method that says more than the stamp's is not taken away.
pub fn edit(document: &Document, stamp: &Stamp) -> Result<Edited, StampError> {
    let place =
        |field| header::find(document, field).map_err(|error| error.adding(document, field));
    let date = place(Field::Date)?;
    let method = place(Field::Method)?;
    let mut changes = values::method(document, &method, stamp)?;
    // A time beside today's date may stand while the whole stamp stands.
    let time = if changes.is_empty() { Time::Stands } else { Time::Goes };
    changes.extend(values::date(document, &date, stamp, time)?);
    if let Some(duration) = stamp.duration {
        changes.extend(values::duration(document, &place(Field::Duration)?, duration)?);
    }
    changes.sort_by_key(|change| change.span);
    let edited = Edited { text: apply(document.source.text(), &changes), changes };
    read_back(document, stamp, &edited, &date)?;
    Ok(edited)
}

fn apply(text: &str, changes: &[Change]) -> String {
    let mut edited = String::with_capacity(text.len() + 32);
    let mut at = 0;
    for change in changes {
        edited.push_str(&text[at..change.span.start]);
        edited.push_str(&change.new);
        at = change.span.end;
    }
    edited + &text[at..]
}

/// The reader has the last word: what it does not read as the stamp is not written.
fn read_back(
    document: &Document,
    stamp: &Stamp,
    edited: &Edited,
    place: &Place,
) -> Result<(), StampError> {
    if edited.is_unchanged() {
        return Ok(());
    }
    let after = Document::read(Source::new(document.source.path(), edited.text.clone()));
    if standing(&after).0 == Standing::On(stamp.date) && method(&after) == Some(stamp.method) {
        return Ok(());
    }
    let help = format!("write `{}` as its value by hand", stamp.date);
    let message = format!("`{}` would not be read back as it was stamped", place.label);
    Err(StampError::new(Reason::NotReadBack, place, message, help))
}
