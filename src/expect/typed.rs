//! Typed forms: `Expect(json, exact): {...}`, `Expect(within 60s): ...`.
//!
//! Comes in: the inside of the brackets and the text after the colon. Goes out: a tree that has no
//! residual, or an error that says what to type: a form that is spelled out is never guessed at.

use std::time::Duration;

use super::check::{Check, Counting, Node, Source, Unit};
use super::http::Status;
use super::json::Json;
use super::literal::{Case, Literal, Place, Spelling, author_pattern, unquoted};
use super::number::Bound;
use super::parse::Parser;
use super::rows::Rows;
use super::status::Demand;
use super::step::StepReference;
use super::words::{after, before, is, split};
use super::{ExpectError, Within, answers};

/// What stands in the brackets.
#[derive(Debug, Default)]
pub(super) struct Form {
    kind: Option<String>,
    pub(super) within: Option<Within>,
    pub(super) sensitive: Sensitivity,
    source: Option<Source>,
    case: Option<Case>,
    exactness: Exactness,
    until: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sensitivity {
    #[default]
    AsRead,
    Declared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Exactness {
    #[default]
    Contained,
    Whole,
}

const KINDS: &str = "exact|contains|regex|json|count|number|exit|http|rows|step|manual|none";

impl Form {
    pub(super) fn parse(inside: &str) -> Result<Form, ExpectError> {
        let mut form = Form::default();
        for word in split(inside, &[", ", ","]) {
            form.take(word)?;
        }
        Ok(form)
    }

    fn take(&mut self, word: &str) -> Result<(), ExpectError> {
        if let Some(duration) = after(word, "within") {
            self.within = Some(within(duration).ok_or_else(|| {
                ExpectError::new(format!(
                    "`{word}` names no time: write `within 60s` or `within 60s every 5s`"
                ))
            })?);
            return Ok(());
        }
        if let Some(text) = after(word, "until") {
            self.until = Some(text.to_owned());
            return Ok(());
        }
        match word.to_lowercase().as_str() {
            "stderr" => self.source = Some(Source::Stderr),
            "stdout" => self.source = Some(Source::Stdout),
            "both" => self.source = Some(Source::Both),
            "sensitive" => self.sensitive = Sensitivity::Declared,
            "ignore-case" => self.case = Some(Case::Ignored),
            "exact-case" => self.case = Some(Case::Exact),
            "retry" => {}
            "exact" if self.kind.is_some() => self.exactness = Exactness::Whole,
            kind if is(kind, KINDS) && self.kind.is_none() => self.kind = Some(kind.to_owned()),
            _ => return Err(unknown(word)),
        }
        Ok(())
    }

    /// The tree that the text means in this form.
    pub(super) fn compile(&self, text: &str, parser: &mut Parser<'_>) -> Result<Node, ExpectError> {
        let text = text.trim();
        let mut node = match self.kind.as_deref() {
            None => parser.annotation(text),
            Some(kind) => self.of_kind(kind, text, parser)?,
        };
        if let Some(source) = self.source {
            node.read_from(source);
        }
        match &self.until {
            Some(until) if !until.is_empty() => {
                let stop = self.literal(until, Place::Anywhere)?;
                Ok(Node::all(vec![node, Node::check(Check::Text(stop))]))
            }
            _ => Ok(node),
        }
    }

    fn of_kind(
        &self,
        kind: &str,
        text: &str,
        parser: &mut Parser<'_>,
    ) -> Result<Node, ExpectError> {
        if kind == "none" {
            if !text.is_empty() {
                parser.notes.push(text.to_owned());
            }
            return Ok(Node::check(Check::Exit(Demand::Success)));
        }
        if text.is_empty() {
            return Err(ExpectError::new(format!(
                "`Expect({kind}):` promises nothing: write it after the colon"
            )));
        }
        let check = match kind {
            "manual" => return Ok(Node::residual(text)),
            "rows" => return rows(text, parser),
            "http" => return http(text),
            "exact" => Check::Exact(unquoted(text).unwrap_or(text).to_owned()),
            "contains" => Check::Text(self.literal(text, Place::Anywhere)?),
            "regex" => Check::Pattern(author_pattern(&self.flagged(text))?),
            "json" => Check::Json(self.json(text)?),
            "exit" => Check::Exit(exit(text)?),
            "count" => return count(text, parser),
            "number" => Check::Number(
                Bound::parse(text)
                    .ok_or_else(|| form_error("number", text, "`12`, `> 0` or `3-5`"))?,
            ),
            _ => Check::Step(step(text)?),
        };
        Ok(Node::check(check))
    }

    fn flagged(&self, text: &str) -> String {
        match (self.case, text.starts_with('/') && text.ends_with('/')) {
            (Some(Case::Ignored), true) => format!("{text}i"),
            (Some(Case::Ignored), false) => format!("(?i){text}"),
            _ => text.to_owned(),
        }
    }

    fn literal(&self, text: &str, place: Place) -> Result<Literal, ExpectError> {
        let inner = unquoted(text).unwrap_or(text);
        let case = self.case.unwrap_or(Case::Smart);
        Literal::new(inner, Spelling::Quoted, place, case)
            .ok_or_else(|| form_error("contains", text, "some text, quoted or not"))
    }

    fn json(&self, text: &str) -> Result<Json, ExpectError> {
        let parsed = match self.exactness {
            Exactness::Whole => Json::equals(text),
            Exactness::Contained => Json::contains(text),
        };
        parsed.ok_or_else(|| form_error("json", text, "JSON, such as `{\"ok\": true}`"))
    }
}

fn unknown(word: &str) -> ExpectError {
    ExpectError::new(format!(
        "`{word}` is no form of Expect: use one of {}, stderr, stdout, within 60s, until \"x\", sensitive, ignore-case, exact-case",
        KINDS.replace('|', ", ")
    ))
}

fn form_error(kind: &str, text: &str, hint: &str) -> ExpectError {
    ExpectError::new(format!(
        "`{}` does not fit `Expect({kind}):`: write {hint}",
        super::text::brief(text)
    ))
}

fn exit(text: &str) -> Result<Demand, ExpectError> {
    Demand::parse(text)
        .or_else(|| Demand::parse(&format!("exit {text}")))
        .or_else(|| is(text, "non-zero|nonzero").then_some(Demand::NonZero))
        .ok_or_else(|| form_error("exit", text, "`0`, `0 or 1` or `non-zero`"))
}

fn step(text: &str) -> Result<StepReference, ExpectError> {
    StepReference::parse(text)
        .or_else(|| {
            let id = after(text, "step").unwrap_or(text);
            let plain =
                !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
            plain.then(|| StepReference::output(id))
        })
        .ok_or_else(|| form_error("step", text, "`1` or `same count as step 1`"))
}

fn count(text: &str, parser: &mut Parser<'_>) -> Result<Node, ExpectError> {
    if let Some(id) = after(text, "matching step|same as step|of step|as in step") {
        return Ok(Node::check(Check::Step(StepReference::count(id))));
    }
    if let Some(bound) = Bound::parse(text) {
        let unit = Unit { noun: "line".to_owned(), counting: Counting::Lines };
        return Ok(Node::check(Check::Count(bound, unit)));
    }
    parser
        .atoms
        .counted(text)
        .ok_or_else(|| form_error("count", text, "`3`, `at least 2 rows` or `matching step 1`"))
}

fn rows(text: &str, parser: &mut Parser<'_>) -> Result<Node, ExpectError> {
    if let Some(rows) = Rows::parse(text) {
        return Ok(Node::check(Check::Rows(rows)));
    }
    count(text, parser)
        .map_err(|_| form_error("rows", text, "`all pods Running`, `2/2 READY` or `at least 3`"))
}

fn http(text: &str) -> Result<Node, ExpectError> {
    if let Some(status) = Status::parse(text) {
        return Ok(Node::check(Check::Http(status)));
    }
    let parts = split(text, &[", or ", " or ", " | ", " / ", "|", ", "]);
    let statuses: Option<Vec<Node>> =
        parts.iter().map(|part| Status::parse(part).map(Check::Http).map(Node::check)).collect();
    statuses
        .map(Node::any)
        .or_else(|| answers::statuses_and_reasons(&parts))
        .ok_or_else(|| form_error("http", text, "`401`, `401 or 403` or `5xx`"))
}

/// A `within 60s [every 5s]` that ends the text or one of its clauses, and the text without it.
pub(super) fn trailing_within(text: &str) -> (String, Option<Within>) {
    let masked = super::words::mask(text, super::words::Protected::Brackets);
    for (at, word) in masked.rmatch_indices("within ") {
        let from = at + word.len();
        let end = masked[from..].find([',', ';']).map_or(text.len(), |length| from + length);
        let span = text[from..end].trim_end().trim_end_matches('.');
        let free = at == 0 || text[..at].ends_with([' ', ',', '(']);
        if let Some(within) = within(span).filter(|_| free) {
            let before = text[..at].trim_end_matches([' ', ',', ';']);
            return (format!("{before}{}", &text[end..]), Some(within));
        }
    }
    (text.to_owned(), None)
}

/// `60s`, `2 minutes every 5s`.
fn within(text: &str) -> Option<Within> {
    let (span, every) = match text.split_once("every") {
        Some((span, every)) => (span.trim(), Some(duration(every.trim())?)),
        None => (text.trim(), None),
    };
    Some(Within { duration: duration(span)?, every })
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = match text[..digits].parse() {
        Ok(number) => number,
        Err(_) => {
            u64::from(before(text, "minute|second|hour").is_some_and(|word| is(word, "a|one|an")))
        }
    };
    let unit = if digits == 0 { text.rsplit(' ').next()? } else { text[digits..].trim() };
    let seconds = match unit {
        "ms" if number >= 1000 => return Some(Duration::from_millis(number)),
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        _ => return None,
    };
    let span = number.checked_mul(seconds).filter(|span| (1..=86_400).contains(span))?;
    Some(Duration::from_secs(span))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::trailing_within;
    use crate::expect::{Expectation, Kinds, Within};

    #[test]
    fn a_trailing_time_is_a_modifier() {
        let case = |text: &str, rest: &str, expected: Option<(u64, Option<u64>)>| {
            let within = expected.map(|(duration, every)| Within {
                duration: Duration::from_secs(duration),
                every: every.map(Duration::from_secs),
            });
            assert_eq!(trailing_within(text), (rest.to_owned(), within), "{text}");
        };
        case("\"ready\" within 60s", "\"ready\"", Some((60, None)));
        case("ready, within 2 minutes every 5s.", "ready", Some((120, Some(5))));
        case("\"a.b\" within 60s, no 401s", "\"a.b\", no 401s", Some((60, None)));
        case("within several seconds", "within several seconds", None);
        case("within 35 min of now", "within 35 min of now", None);
        case("\"within 5s\"", "\"within 5s\"", None);
        case("ready within 0s", "ready within 0s", None);
    }

    #[test]
    fn a_malformed_form_says_what_to_type() {
        for text in [
            "Expect(regex): (",
            "Expect(json): {a",
            "Expect(json, exact): {\"a\": ...}",
            "Expect(count): many",
            "Expect(exit): soon",
            "Expect(http): 99",
            "Expect(within soon): x",
            "Expect(jsn): {}",
            "Expect(contains):",
            "Expect(rows): prose",
            "Expect(step): the first one",
            "Expect(number): about 5",
            "Expect(): x",
        ] {
            let error = Expectation::parse(text, &Kinds::default()).expect_err(text).to_string();
            assert!(error.len() > 20, "{text}: {error}");
        }
    }
}
