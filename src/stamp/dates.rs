//! Dates as authors write them, and written again in the same form.
//!
//! Comes in: a value of the header. Goes out: what it says, and a template that gives another date
//! in the same notation: `24 April 2026`, `04/24/2026`, `2026-04-24 UTC`. A time of the day is
//! never carried over: nobody knows the new one. What may be two dates is said to be two.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::{Captures, Regex};

use super::method::in_case;
use super::values::{is_placeholder, peel};

/// What a value says about a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// That there was none yet: `never`, `TBD`, nothing; where.
    Nothing { at: Range<usize> },
    /// One day.
    Date(Written),
    /// One of two days.
    Ambiguous(Date, Date),
    /// A day, and words that the stamp cannot vouch for.
    Words(Written, String),
    /// No day.
    Unreadable,
}

/// A date and the notation that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub date: Date,
    /// The bytes of the date, its time and its zone in the value.
    pub at: Range<usize>,
    parts: Vec<Part>,
    zone: String,
    /// Whether a time of the day stands behind it.
    pub timed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Year,
    Month(Digits),
    Day(Digits),
    /// The month's name, like this one.
    Name(String),
    Ordinal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    Two,
    Few,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The notations; groups: `y`ear, `m`onth, `d`ay, `n`ame, `o`rdinal, and `a`, `b` where day and
/// month may stand either way.
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"^(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"^(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})",
        r"^(?P<y>\d{4})\.(?P<m>\d{1,2})\.(?P<d>\d{1,2})",
        r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"^(?P<d>\d{1,2})(?P<o>st|nd|rd|th)?(?:\. ?| |-| of )(?P<n>[A-Za-z]{3,9})\.?,?[ -](?P<y>\d{4})",
        r"^(?P<n>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?P<o>st|nd|rd|th)?,? (?P<y>\d{4})",
        r"^(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
        r"^(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4})",
        r"^(?P<a>\d{1,2})-(?P<b>\d{1,2})-(?P<y>\d{4})",
    ]
    .map(|form| Regex::new(form).expect("a valid pattern"))
    .into()
});

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:T|,? +(?:at +)?)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m\b)?(?:Z\b|[+-]\d{2}:?\d{2}\b)?",
    )
    .expect("a valid pattern")
});

static ZONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^,? +(?:\((?P<b>UTC|GMT)\)|(?P<u>UTC|GMT)\b|Z\b|[+-]\d{2}:?\d{2}\b|UTC[+-]\d{1,2}\b|",
        r"(?:C|E|W|P|M|A|B|I|J|K|AE|AC|AW|NZ|MS|SA)(?:S|D|E|ES)?T\b)"
    ))
    .expect("a valid pattern")
});

/// Reads a value, less the emphasis, quotes and remarks around it.
pub(super) fn read(value: &str) -> Reading {
    let at = peel(value);
    let bare = &value[at.clone()];
    if is_placeholder(bare) {
        return Reading::Nothing { at };
    }
    FORMS.iter().find_map(|form| of_form(form, bare, at.start)).unwrap_or(Reading::Unreadable)
}

fn of_form(form: &Regex, bare: &str, offset: usize) -> Option<Reading> {
    let found = form.captures(bare)?;
    let end = found.get(0)?.end();
    // `2026-04-241` is no date; `2026-04-24T10:00` is one with a time.
    if bare[end..].starts_with(char::is_alphanumeric) && !TIME.is_match(&bare[end..]) {
        return None;
    }
    let (date, parts) = match (found.name("a"), found.name("b")) {
        (Some(_), Some(_)) => match either_way(&found)? {
            Ok(one) => one,
            Err((first, second)) => return Some(Reading::Ambiguous(first, second)),
        },
        _ => one_way(&found)?,
    };
    let mut rest = &bare[end..];
    let time = TIME.find(rest).map_or(0, |time| time.end());
    rest = &rest[time..];
    let (zone, zone_end) = zone(rest);
    rest = &rest[zone_end..];
    let at = offset..offset + bare.len() - rest.len();
    let written = Written { date, at, parts, zone, timed: time > 0 };
    let rest = rest.trim().trim_end_matches(['.', ',', ';']);
    Some(match rest {
        "" => Reading::Date(written),
        words => Reading::Words(written, words.to_owned()),
    })
}

/// The zone as it is to be written, and its length. The stamp's day is one of UTC, so that every
/// other zone becomes that.
fn zone(rest: &str) -> (String, usize) {
    let Some(found) = ZONE.captures(rest) else {
        return (String::new(), 0);
    };
    let whole = found.get(0).map_or("", |whole| whole.as_str());
    // `UTC+2` is read as `UTC` and a rest that would be left as words.
    if rest[whole.len()..].starts_with(['+', '-']) {
        return (String::new(), 0);
    }
    let universal = found.name("b").is_some() || found.name("u").is_some();
    (if universal { whole.to_owned() } else { " UTC".to_owned() }, whole.len())
}

fn one_way(found: &Captures<'_>) -> Option<(Date, Vec<Part>)> {
    let month = match found.name("n") {
        Some(name) => month_named(name.as_str())?,
        None => number(&found["m"])?,
    };
    let date = date(&found["y"], month, number(&found["d"])?)?;
    Some((date, parts(found, |name| name)))
}

/// Day and month in the order that gives a date; both dates where either does.
#[allow(clippy::type_complexity)] // Named nowhere else.
fn either_way(found: &Captures<'_>) -> Option<Result<(Date, Vec<Part>), (Date, Date)>> {
    let (a, b) = (number(&found["a"])?, number(&found["b"])?);
    let day_first = || parts(found, |name| if name == "a" { "d" } else { "m" });
    let month_first = || parts(found, |name| if name == "a" { "m" } else { "d" });
    match (date(&found["y"], b, a), date(&found["y"], a, b)) {
        (Some(first), Some(second)) => Some(Err((first, second))),
        (Some(date), None) => Some(Ok((date, day_first()))),
        (None, Some(date)) => Some(Ok((date, month_first()))),
        (None, None) => None,
    }
}

fn number(digits: &str) -> Option<i8> {
    digits.parse().ok()
}

fn date(year: &str, month: i8, day: i8) -> Option<Date> {
    Date::new(year.parse().ok()?, month, day).ok()
}

fn month_named(name: &str) -> Option<i8> {
    let name = name.to_lowercase();
    let short = |month: &str| name == month[..3] || (name == "sept" && month == "september");
    let place = MONTHS.iter().position(|month| *month == name || short(month))?;
    i8::try_from(place + 1).ok()
}

/// The template: the matched text with its groups as parts; `role` says what an `a` or `b` is.
fn parts(found: &Captures<'_>, role: impl Fn(&str) -> &str) -> Vec<Part> {
    let whole = found.get(0).map_or("", |whole| whole.as_str());
    let names = ["y", "m", "d", "n", "o", "a", "b"];
    let groups = names.iter().filter_map(|name| Some((*name, found.name(name)?)));
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_key(|(_, group)| group.start());
    let digits =
        digits(&groups.iter().map(|(name, group)| (*name, group.as_str())).collect::<Vec<_>>());
    let mut parts = Vec::new();
    let mut at = 0;
    for (name, group) in groups {
        parts.push(Part::Text(whole[at..group.start()].to_owned()));
        parts.push(match if matches!(name, "a" | "b") { role(name) } else { name } {
            "y" => Part::Year,
            "m" => Part::Month(digits),
            "d" => Part::Day(digits),
            "n" => Part::Name(group.as_str().to_owned()),
            _ => Part::Ordinal,
        });
        at = group.end();
    }
    parts.push(Part::Text(whole[at..].to_owned()));
    parts
}

/// Two digits where one is padded; where that cannot be seen, as is usual: beside a name as few as
/// it takes.
fn digits(groups: &[(&str, &str)]) -> Digits {
    let numbers = || groups.iter().filter(|(name, _)| matches!(*name, "m" | "d" | "a" | "b"));
    let named = groups.iter().any(|(name, _)| *name == "n");
    if numbers().any(|(_, digits)| digits.starts_with('0')) {
        Digits::Two
    } else if named || numbers().any(|(_, digits)| digits.len() == 1) {
        Digits::Few
    } else {
        Digits::Two
    }
}

impl Written {
    /// Another date in the same notation, without the time of the day.
    pub(super) fn with(&self, date: Date) -> String {
        let parts = self.parts.iter().map(|part| part.write(date));
        parts.collect::<String>() + &self.zone
    }
}

impl Part {
    fn write(&self, date: Date) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Year => format!("{:04}", date.year()),
            Self::Month(digits) => digits.write(date.month()),
            Self::Day(digits) => digits.write(date.day()),
            Self::Name(model) => name(model, date.month()),
            Self::Ordinal => ordinal(date.day()).to_owned(),
        }
    }
}

impl Digits {
    fn write(self, number: i8) -> String {
        match self {
            Self::Two => format!("{number:02}"),
            Self::Few => number.to_string(),
        }
    }
}

/// A month's name as long as the model, and in its case. `May` is taken for a whole name.
fn name(model: &str, month: i8) -> String {
    let full = MONTHS[usize::try_from(month - 1).unwrap_or_default()];
    let whole = MONTHS.contains(&model.to_lowercase().as_str());
    in_case(model, if whole { full } else { &full[..3] })
}

const fn ordinal(day: i8) -> &'static str {
    match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    }
}
