//! `no errors`, `0 failed`, `no warnings`: words whose absence is promised.
//!
//! Comes in: the author's noun and lines of output. Goes out: a hit where a line reports one, a
//! doubt where the word merely occurs (`src/error.rs`), nothing where the line says that there is
//! none (`0 errors`, `error=nil`).

use std::sync::LazyLock;

use regex::Regex;

use super::watch::{Line, Sight};
use super::words::{after, before};

/// A kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Errors,
    Warnings,
    Failures,
}

const SAID: &str = "\
     reported|shown|printed|logged|found|in output|in the output|messages|lines|in logs|\
     in the logs";

impl Trouble {
    /// `no errors`, `zero warnings`, `0 failed`, `without errors`.
    pub(super) fn parse(text: &str) -> Option<Vec<Trouble>> {
        let rest = after(text, "no|zero|0|without|without any|never any")?;
        let rest = after(rest, "any").unwrap_or(rest);
        let rest = before(rest, SAID).unwrap_or(rest);
        let pieces = super::words::split(rest, &[" or ", " and ", "/"]);
        pieces.into_iter().map(Trouble::named).collect()
    }

    fn named(noun: &str) -> Option<Trouble> {
        match noun.to_lowercase().as_str() {
            "error" | "errors" => Some(Trouble::Errors),
            "warning" | "warnings" => Some(Trouble::Warnings),
            "failure" | "failures" | "failed" | "fail" | "failed tests" | "test failures"
            | "failing tests" => Some(Trouble::Failures),
            _ => None,
        }
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Trouble::Errors => "no line reports an error",
            Trouble::Warnings => "no line reports a warning",
            Trouble::Failures => "no line reports a failure",
        }
    }

    pub(super) fn sight(self, line: &Line<'_>) -> Sight {
        let (word, report) = self.patterns();
        let kin = |text: &str| self != Trouble::Warnings && KIN.is_match(text);
        if !word.is_match(line.text) && !kin(line.text) {
            return Sight::None;
        }
        let rest = NONE.replace_all(line.text, "");
        if !word.is_match(&rest) {
            return if kin(&rest) { Sight::Doubt } else { Sight::None };
        }
        if report.is_match(&rest) { Sight::Hit } else { Sight::Doubt }
    }

    fn patterns(self) -> &'static (Regex, Regex) {
        match self {
            Trouble::Errors => &ERRORS,
            Trouble::Warnings => &WARNINGS,
            Trouble::Failures => &FAILURES,
        }
    }
}

/// Other words for trouble: a line that has one may well report an error.
static KIN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i-u:\b(?:fatal|panic|panicked|failed|failure|failures|critical|traceback|aborted|",
        r"segmentation fault|segfault|core dumped|unable to|could not|couldn't|command not found|",
        r"no such file|connection refused|permission denied|access denied)\b",
        r"|[a-z]exception\b|\bexception\b|\b[a-z]+error\b)"
    ))
});

/// Ways to say that there is none.
static NONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i-u:\b(?:no|zero|0|without)(?: any)? (?:\w+ )?(?:errors?|warnings?|failures?|failed|fail)\b",
        "|\\b(?:errors?|warnings?|failures?|failed|err|fatal|exception)[\"']?\\s*[=:]\\s*[\"']?(?:(?:0|nil|none|null|false)\\b|no$|\\[\\]))"
    ))
});

static ERRORS: LazyLock<(Regex, Regex)> = LazyLock::new(|| trouble("errors?|err"));
static WARNINGS: LazyLock<(Regex, Regex)> = LazyLock::new(|| trouble("warnings?|warn"));
static FAILURES: LazyLock<(Regex, Regex)> =
    LazyLock::new(|| trouble("failures?|failed|fail|fails|failing"));

/// The word at all; and the word as tools report it: in capitals, at the start of the line, as a
/// label, as a level, or counted.
fn trouble(words: &str) -> (Regex, Regex) {
    let word = pattern(&format!(r"(?i-u:\b(?:{words})\b)"));
    let capitals = words.to_uppercase();
    let report = pattern(&format!(
        concat!(
            r"(?:^\s*(?i:{words})\b|\b(?i:{words})[\x22']?\s*[:=!\[]|[\[<(](?i:{words})[\])>]",
            r"|(?i:level|lvl|severity|status)[\x22']?\s*[=:]\s*[\x22']?(?i:{words})\b",
            r"|\b[1-9][0-9]* (?i:{words})(?:[^-a-zA-Z0-9]|$)|\b(?:{capitals})\b)"
        ),
        words = words,
        capitals = capitals
    ));
    (word, report)
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

#[cfg(test)]
mod tests {
    use super::Trouble;
    use crate::expect::Stream;
    use crate::expect::watch::{Line, Sight};

    #[test]
    fn reports_are_told_from_mentions_and_from_none() {
        let case = |line: &str, expected: Sight| {
            let trouble = Trouble::parse("no errors").expect("errors")[0];
            assert_eq!(trouble.sight(&Line::of(line, Stream::Stdout)), expected, "{line}");
        };
        case("error: no token", Sight::Hit);
        case("ERROR something", Sight::Hit);
        case("[error] x", Sight::Hit);
        case("level=error msg=x", Sight::Hit);
        case("7 of 10 error-free", Sight::Doubt);
        case("found 3 errors", Sight::Hit);
        case("10 errors", Sight::Hit);
        case("0 errors", Sight::None);
        case("No errors found", Sight::None);
        case("errors: 0, done", Sight::None);
        case("error=nil", Sight::None);
        case("0 errors, but error: x", Sight::Hit);
        case("compiling src/error.rs", Sight::Doubt);
        case("terrors", Sight::None);
    }

    #[test]
    fn only_known_troubles_compile() {
        assert_eq!(Trouble::parse("no errors or warnings").map(|t| t.len()), Some(2));
        assert_eq!(Trouble::parse("0 failed"), Some(vec![Trouble::Failures]));
        for text in ["no import errors", "no new failures vs main", "errors", "no errors in 5 runs"]
        {
            assert_eq!(Trouble::parse(text), None, "{text}");
        }
    }
}
