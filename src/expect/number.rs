//! Numbers and their bounds: `12`, `> 0`, `at least 3`, `30-50`, `10 or more`, `non-zero`.
//!
//! Comes in: a phrase of the author's, or a command's whole output. Goes out: a [`Bound`] and
//! whether a number keeps it. A number is the whole output, never a part of it.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::rows::Table;
use super::words::{after, before, is, number_word};

/// What a number must keep to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
    Is(f64),
    IsNot(f64),
    Above(f64),
    Below(f64),
    AtLeast(f64),
    AtMost(f64),
    Between(f64, f64),
}

const AT_LEAST: &str = "at least|no less than|not less than|no fewer than|minimum|>=|≥|=>";
const AT_MOST: &str = "at most|no more than|not more than|up to|maximum|<=|≤";
const ABOVE: &str = "more than|greater than|higher than|above|over|>";
const BELOW: &str = "less than|fewer than|lower than|below|under|<";
const IS: &str = "exactly|equal to|equals|==|=";
const IS_NOT: &str = "!=|≠";
const OR_MORE: &str = "or more|or higher|or greater|or above";
const OR_LESS: &str = "or less|or fewer|or lower|or below";

impl Bound {
    /// A bound at the start of `text`, and the rest: `at least 3 rows` is `(AtLeast(3), "rows")`.
    pub(super) fn lead(text: &str) -> Option<(Bound, &str)> {
        compared(text).or_else(|| between(text)).or_else(|| plain(text))
    }

    /// `text` as a bound and nothing else.
    pub(super) fn parse(text: &str) -> Option<Bound> {
        if is(text, "non-zero|nonzero|not zero|not 0") {
            return Some(Bound::IsNot(0.0));
        }
        if is(text, "positive|a positive number|positive number") {
            return Some(Bound::Above(0.0));
        }
        let text = after(text, "a number|a value|number").unwrap_or(text);
        Bound::lead(text).filter(|(_, rest)| rest.is_empty()).map(|(bound, _)| bound)
    }

    pub(super) fn holds(&self, number: f64) -> bool {
        match *self {
            Bound::Is(n) => same(number, n),
            Bound::IsNot(n) => !same(number, n),
            Bound::Above(n) => number > n,
            Bound::Below(n) => number < n,
            Bound::AtLeast(n) => number >= n,
            Bound::AtMost(n) => number <= n,
            Bound::Between(low, high) => (low..=high).contains(&number),
        }
    }

    /// Whether more of the same can never break it.
    pub(super) fn only_grows(&self) -> bool {
        matches!(self, Bound::Above(_) | Bound::AtLeast(_))
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Bound::Is(n) => format!("{n}"),
            Bound::IsNot(n) => format!("anything but {n}"),
            Bound::Above(n) => format!("more than {n}"),
            Bound::Below(n) => format!("less than {n}"),
            Bound::AtLeast(n) => format!("at least {n}"),
            Bound::AtMost(n) => format!("at most {n}"),
            Bound::Between(low, high) => format!("{low} to {high}"),
        }
    }
}

pub(super) fn same(one: f64, other: f64) -> bool {
    let whole = one.fract() == 0.0 && other.fract() == 0.0;
    if whole {
        return one.partial_cmp(&other).is_some_and(Ordering::is_eq);
    }
    (one - other).abs() <= f64::EPSILON * one.abs().max(other.abs())
}

fn compared(text: &str) -> Option<(Bound, &str)> {
    type Make = fn(f64) -> Bound;
    let table: [(&str, Make); 6] = [
        (AT_LEAST, Bound::AtLeast),
        (AT_MOST, Bound::AtMost),
        (ABOVE, Bound::Above),
        (BELOW, Bound::Below),
        (IS, Bound::Is),
        (IS_NOT, Bound::IsNot),
    ];
    table.iter().find_map(|(phrases, make)| {
        let (number, rest) = take(after(text, phrases)?)?;
        Some((make(number), rest))
    })
}

fn between(text: &str) -> Option<(Bound, &str)> {
    let (low, rest) = take(after(text, "between").unwrap_or(text))?;
    let rest = match after(text, "between") {
        Some(_) => after(rest, "and")?,
        None => after(rest, "-|–|to")?,
    };
    let (high, rest) = take(rest)?;
    (low < high).then_some((Bound::Between(low, high), rest))
}

fn plain(text: &str) -> Option<(Bound, &str)> {
    let (number, rest) = take(text)?;
    if let Some(rest) = after(rest, OR_MORE).or_else(|| rest.strip_prefix('+').map(str::trim_start))
    {
        return Some((Bound::AtLeast(number), rest));
    }
    if let Some(rest) = after(rest, OR_LESS) {
        return Some((Bound::AtMost(number), rest));
    }
    Some((Bound::Is(number), rest))
}

/// From here on neighbouring integers are no longer told apart as floats: such a number is no bound
/// but text.
const INEXACT: f64 = 9_007_199_254_740_992.0;

/// An integer so long that it can only be compared as it is written.
pub(super) fn is_long_integer(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && value(text).is_some_and(|number| number >= INEXACT)
}

/// `>= 1.20`: as a version it is later than 1.9, as a number it is less.
pub(super) fn may_be_version(text: &str) -> bool {
    static FRACTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[0-9]\.[0-9]+0(?:[^0-9]|$)").expect("a valid pattern"));
    FRACTION.is_match(text)
}

/// A number at the start of `text`, and the rest.
fn take(text: &str) -> Option<(f64, &str)> {
    let digits =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(text.len());
    let digits = text[..digits].trim_end_matches(['.', ',']).len();
    if digits == 0 {
        return take_word(text);
    }
    let rest = &text[digits..];
    let glued =
        rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '%' | '_' | '/' | '.' | ':'));
    let number = value(&text[..digits]).filter(|number| *number < INEXACT)?;
    (!glued).then(|| (number, rest.trim_start()))
}

fn take_word(text: &str) -> Option<(f64, &str)> {
    if let Some(rest) = after(text, "a single|single") {
        return Some((1.0, rest));
    }
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let number = number_word(&text[..end])?;
    let rest = &text[end..];
    (!rest.starts_with(['-', '_'])).then(|| (number, rest.trim_start()))
}

/// A number as written, thousands separators allowed.
pub(super) fn value(text: &str) -> Option<f64> {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?$")
            .expect("a valid pattern")
    });
    NUMBER.is_match(text).then(|| text.replace(',', "").parse().ok())?
}

/// The one number that an output is: the whole of it, or the only cell of a table.
pub(super) fn only_number(stdout: &str) -> Option<f64> {
    let text = stdout.trim();
    let unquoted = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    value(unquoted).or_else(|| match Table::read(text)?.rows.as_slice() {
        [row] => match row.as_slice() {
            [cell] => value(cell),
            _ => None,
        },
        _ => None,
    })
}

/// The number that the whole of `text` means as a bound with a leading word: `count > 0`.
pub(super) fn named(text: &str) -> Option<Bound> {
    let rest = after(text, "count|value|number|total|length|result")?;
    let rest = before(rest, "or so").map_or(rest, |_| "");
    let rest = after(rest, "is|of|should be|must be|:").unwrap_or(rest);
    Bound::parse(rest)
}

#[cfg(test)]
mod tests {
    use super::{Bound, named, only_number};

    #[test]
    fn bounds_read_as_english() {
        let case = |text: &str, expected: Option<Bound>| {
            assert_eq!(Bound::parse(text), expected, "{text}");
        };
        case("12", Some(Bound::Is(12.0)));
        case("1,234", Some(Bound::Is(1234.0)));
        case("> 0", Some(Bound::Above(0.0)));
        case(">0", Some(Bound::Above(0.0)));
        case(">= 117", Some(Bound::AtLeast(117.0)));
        case("≥ 3", Some(Bound::AtLeast(3.0)));
        case("at least one", Some(Bound::AtLeast(1.0)));
        case("10 or more", Some(Bound::AtLeast(10.0)));
        case("30-50", Some(Bound::Between(30.0, 50.0)));
        case("between 3 and 5", Some(Bound::Between(3.0, 5.0)));
        case("non-zero", Some(Bound::IsNot(0.0)));
        case("positive", Some(Bound::Above(0.0)));
        case("a number > 0", Some(Bound::Above(0.0)));
        case("= 0", Some(Bound::Is(0.0)));
        case("5%", None);
        case("5ms", None);
        case("12:30", None);
        case("20.10.1", None);
        case("one-off", None);
        case("3 apples", None);
        assert_eq!(named("count > 0"), Some(Bound::Above(0.0)));
    }

    #[test]
    fn only_a_whole_output_is_a_number() {
        let case = |stdout: &str, expected: Option<f64>| {
            assert_eq!(only_number(stdout), expected, "{stdout}");
        };
        case("  12\n", Some(12.0));
        case("1,234", Some(1234.0));
        case("\"3\"", Some(3.0));
        case("12 notes.txt", None);
        case("", None);
        case(" count \n-------\n     7\n(1 row)\n", Some(7.0));
        case("+----------+\n| COUNT(*) |\n+----------+\n|        3 |\n+----------+\n", Some(3.0));
    }
}
