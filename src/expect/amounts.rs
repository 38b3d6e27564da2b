//! Amounts in words: nothing, something, numbers, counts, lengths, exit statuses.
//!
//! Comes in: one clause. Goes out: the node that the whole of it means.

use super::atoms::Origin;
use super::check::{Check, Counting, LengthUnit, Node, Unit, Vacancy};
use super::literal::{Case, Literal, Place, Spelling, unquoted};
use super::number::{Bound, is_long_integer, may_be_version, named};
use super::pairs::Pair;
use super::parse::{trailing_note, without_place};
use super::status::Demand;
use super::version::Version;
use super::words::{after, before, is, number_word, quote_end, singular};

pub(super) fn exit(text: &str) -> Option<Node> {
    if text == "FAIL" {
        let word = Literal::new(text, Spelling::Explicit, Place::Anywhere, Case::Exact)?;
        let alternatives =
            vec![Node::check(Check::Exit(Demand::NonZero)), Node::check(Check::Text(word))];
        return Some(Node::any(alternatives));
    }
    let demand = Demand::parse(text)?;
    if !text.contains(|c: char| c.is_lowercase() || c.is_ascii_digit()) {
        // `PASS` in capitals is what the tool prints.
        let word = Literal::new(text, Spelling::Word, Place::Anywhere, Case::Exact)?;
        return Some(Node::check(Check::Text(word)));
    }
    let exit = Node::check(Check::Exit(demand));
    if !text.contains('=') {
        return Some(exit);
    }
    let printed = Literal::new(text, Spelling::Explicit, Place::Anywhere, Case::Smart)?;
    Some(Node::any(vec![exit, Node::check(Check::Text(printed))]))
}

/// Nothing, or something.
pub(super) fn vacancy(text: &str, origin: Origin) -> Option<Node> {
    const EMPTY: &str = "\
     empty|silent|(nothing)|(no output)|nothing is printed|nothing printed|nothing is returned|empty output|empty diff|an empty diff|no output|nothing|an empty output|\
     empty stdout|no stdout|empty string|no diff|no output at all|blank|prints nothing|\
     outputs nothing|returns nothing|no stdout output|output is empty|(empty)|\
     empty response";
    const NO_ROWS: &str = "\
     no rows|no lines|no match|no matches|no results|no result|no hits|no entries|\
     no records|empty list|an empty list|empty result|empty results|empty result set|\
     no items|no matching lines|no rows returned|returns no rows|zero rows|zero lines";
    const SOME: &str = "\
     non-empty|nonempty|non empty|not empty|some output|any output|non-empty output|\
     non-empty string|non-empty line|non-empty list|non-empty value|a non-empty list|\
     a non-empty string|a non-empty value|at least some output|prints something";
    const SOME_ALONE: &str = "match|matches|a match|a list";
    let check = if is(text, EMPTY) {
        Check::Empty(Vacancy::Output)
    } else if is(text, NO_ROWS) {
        Check::Empty(Vacancy::Rows)
    } else if is(text, SOME) || (origin == Origin::Whole && is(text, SOME_ALONE)) {
        Check::NonEmpty
    } else {
        return None;
    };
    Some(Node::check(check))
}

pub(super) fn number(text: &str, origin: Origin) -> Option<Node> {
    if let Some(version) = Version::parse(text) {
        return Some(Node::check(Check::Version(version)));
    }
    let bound = named(text).or_else(|| Bound::parse(text));
    if bound.is_some_and(|bound| !matches!(bound, Bound::Is(_))) && may_be_version(text) {
        return Some(Node::residual(text));
    }
    if let (Some(bound), Some(pair)) = (named(text), Pair::parse(text)) {
        return Some(Node::check(Check::Named(bound, pair)));
    }
    if let Some(bound) = named(text) {
        return Some(Node::check(Check::Number(bound)));
    }
    if is_long_integer(text) {
        return (origin == Origin::Whole).then(|| Node::check(Check::Exact(text.to_owned())));
    }
    let bound = Bound::parse(text)?;
    let only_digits = matches!(bound, Bound::Is(_) | Bound::Between(..));
    (origin == Origin::Whole || !only_digits).then(|| Node::check(Check::Number(bound)))
}

/// `3 rows`, `at least 1 image listed`, `4 "X" messages`.
pub(super) fn count(text: &str) -> Option<Node> {
    let (bound, rest) = Bound::lead(text)?;
    let rest = without_place(rest);
    let rest = before(rest, COUNTED).unwrap_or(rest);
    if let Some(end) = quote_end(rest, 0) {
        let inner = unquoted(&rest[..end])?;
        let lines = "messages|message|lines|line|entries|entry|rows|times|matches";
        let literal = Literal::new(inner, Spelling::Quoted, Place::Anywhere, Case::Smart)?;
        return is(rest[end..].trim(), lines)
            .then(|| Node::check(Check::TextCount(literal, bound)));
    }
    let noun = singular(rest);
    let counting = match noun.as_str() {
        noun if is(noun, LINE_NOUNS) => Counting::Lines,
        noun if is(noun, THING_NOUNS) => Counting::Things,
        _ => return None,
    };
    if bound == Bound::Is(0.0) {
        return Some(Node::check(Check::Empty(Vacancy::Rows)));
    }
    Some(Node::check(Check::Count(bound, Unit { noun, counting })))
}

const COUNTED: &str = "\
     listed|found|returned|shown|printed|displayed|present|exist|exists|total|in total|\
     of output";

const LINE_NOUNS: &str = "line|row|match|hit|result|entry|record|occurrence|output line|log line";

const THING_NOUNS: &str = "\
     pod|node|container|file|key|image|process|service|job|secret|secret name|user|\
     commit|branch|tag|deployment|replica|volume|device|rule|item|object|table|index|\
     topic|queue|worker|app|instance|host|server|backup|snapshot|module|package|release|\
     certificate|namespace|cluster|database|column|name|directory|folder|dyno|release";

/// `the first 8 chars of X`, `exactly 40 characters`.
pub(super) fn length(text: &str) -> Option<Node> {
    let rest = after(text, "the first|first|exactly|a string of").unwrap_or(text);
    let end = rest.find(|c: char| !c.is_alphanumeric())?;
    let length: u64 = match rest[..end].parse() {
        Ok(length) => length,
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most twelve"
        )]
        Err(_) => number_word(&rest[..end])? as u64,
    };
    let rest = rest[end..].trim_start_matches([' ', '-']);
    let (unit, rest) = match after(rest, "characters|chars|character|char|letters") {
        Some(rest) => (LengthUnit::Characters, rest),
        None => (LengthUnit::Bytes, after(rest, "bytes|byte")?),
    };
    let check = Node::check(Check::Length(length, unit));
    if rest.is_empty() || is(rest, "long|in length") {
        return Some(check);
    }
    let noted = trailing_note(rest).is_some();
    after(rest, "of").filter(|_| !noted).map(|_| Node::all(vec![check, Node::residual(rest)]))
}
