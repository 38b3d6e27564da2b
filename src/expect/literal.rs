//! Literal text: quoted, in backticks, or one word that looks like output.
//!
//! Comes in: the author's spelling, with `<x>`, `{x}` and `...` as wildcards within a line. Goes
//! out: a [`Literal`] that finds itself in a line as words of their own. Quoted and mixed-case
//! text is matched as written, a lower-case bare word in any case.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use super::ExpectError;
use super::text::{negated, occurrences, taken_back, without_marks};
use super::watch::{Line, Sight};
use super::words::{after, is, quote_end};

/// How the author wrote a literal; decides what its absence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// In quotes or backticks.
    Quoted,
    /// Bare, but it looks like output: `vless_haproxy`, `PONG`, `Running`.
    Explicit,
    /// A bare lower-case word, which may as well be English.
    Word,
    /// Several bare words.
    Prose,
}

/// Where in a line a literal must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere; a very short one only as the whole line.
    Ladder,
    /// Anywhere, however short: the author said "contains".
    Anywhere,
}

/// How letters compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// As written where quoted or mixed, else in any case.
    Smart,
    Exact,
    Ignored,
}

/// A text to be found in output.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) spelling: Spelling,
    pub(super) place: Place,
    pattern: Pattern,
    contrary: Option<Pattern>,
}

/// A pattern of ours that is compiled when it is first looked for. A copy is compiled anew, so that
/// what a plan holds stays small: it is the copy in a watch that looks, and that goes with it.
#[derive(Debug)]
struct Pattern {
    text: String,
    any_case: bool,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// So long a text compiles to much less than the size that is allowed below.
    const LONGEST: usize = 16 * 1024;

    fn new(text: String, case: Case) -> Option<Self> {
        let any_case = case == Case::Ignored;
        (text.len() <= Self::LONGEST).then(|| Self { text, any_case, compiled: OnceLock::new() })
    }

    fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            RegexBuilder::new(&self.text)
                .case_insensitive(self.any_case)
                .size_limit(1 << 26)
                .build()
                .expect("escaped text with our own wildcards is a short pattern")
        })
    }
}

impl Clone for Pattern {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), any_case: self.any_case, compiled: OnceLock::new() }
    }
}

impl Literal {
    /// `text` as the author meant it, without its quotes.
    pub(super) fn new(text: &str, spelling: Spelling, place: Place, case: Case) -> Option<Literal> {
        let text = without_marks(text);
        let pattern = pattern_of(text, spelling)?;
        let any_case = spelling != Spelling::Quoted && !text.contains(char::is_uppercase);
        let case = match case {
            Case::Smart if any_case => Case::Ignored,
            Case::Smart => Case::Exact,
            asked => asked,
        };
        let pattern = Pattern::new(pattern, case)?;
        Some(Literal {
            text: text.to_owned(),
            spelling,
            place,
            pattern,
            contrary: contrary_of(text),
        })
    }

    /// `text` as one literal and nothing else: quoted, code, or a single word.
    pub(super) fn parse(text: &str) -> Option<Literal> {
        let text = without_marks(text);
        if let Some(inner) = unquoted(text) {
            return Literal::new(inner, Spelling::Quoted, Place::Ladder, Case::Smart);
        }
        let single = !text.is_empty() && !text.contains(char::is_whitespace);
        let spelling = if looks_like_output(text) { Spelling::Explicit } else { Spelling::Word };
        (single && !text.starts_with(['"', '`', '“', '(', '[']))
            .then(|| Literal::new(text, spelling, Place::Ladder, Case::Smart))?
    }

    pub(super) fn placed(mut self, place: Place) -> Literal {
        self.place = place;
        self
    }

    pub(super) fn spelled(mut self, spelling: Spelling) -> Literal {
        self.spelling = spelling;
        self
    }

    /// Whether its absence is the absence of something explicit.
    pub(super) fn is_explicit(&self) -> bool {
        matches!(self.spelling, Spelling::Quoted | Spelling::Explicit)
    }

    /// Whether it stands in this line, and beyond doubt.
    pub(super) fn sight(&self, line: &Line<'_>) -> Sight {
        // Most often it is the very text, and no pattern has to be compiled to see that.
        if without_marks(line.text) == self.text {
            return Sight::Hit;
        }
        if !self.pattern.regex().is_match(line.text) {
            return if self.is_turned_round(line.text) { Sight::Against } else { Sight::None };
        }
        if self.is_whole(line.text) {
            return Sight::Hit;
        }
        match self.place {
            Place::Ladder if self.needs_whole_line() => self.sight_in_quotes(line.text),
            Place::Ladder | Place::Anywhere => self.sight_within(line.text),
        }
    }

    /// A very short word counts inside a line only as the author wrote it, with its quotes.
    fn sight_in_quotes(&self, line: &str) -> Sight {
        let quoted = format!("\"{}\"", self.text);
        let found = self.spelling == Spelling::Quoted && line.contains(&quoted);
        if found { Sight::Hit } else { Sight::None }
    }

    fn is_whole(&self, line: &str) -> bool {
        let line = without_marks(line);
        let inner = unquoted(line).unwrap_or(line);
        [line, inner].iter().any(|text| {
            let found = self.pattern.regex().find(text);
            found.is_some_and(|m| m.start() == 0 && m.end() == text.len())
        })
    }

    fn sight_within(&self, line: &str) -> Sight {
        let denies_itself = after(&self.text, "not|no|never").is_some();
        let mut sight = if self.is_turned_round(line) { Sight::Against } else { Sight::None };
        for (start, end) in occurrences(self.pattern.regex(), line) {
            if !denies_itself && negated(line, start) {
                sight = Sight::Against;
            } else if taken_back(line, end) || self.is_continued(&line[end..]) {
                sight = Sight::Doubt;
            } else if sight != Sight::Against {
                return Sight::Hit;
            }
        }
        sight
    }

    /// A path, a host or a version that goes on is another one: `/srv/app.old`, `app.log.1`.
    fn is_continued(&self, rest: &str) -> bool {
        let word = self.text.split_whitespace().next_back().unwrap_or_default();
        let named = word.contains(['/', '.', '-']) && word.ends_with(char::is_alphanumeric);
        let mut rest = rest.chars();
        named
            && rest.next().is_some_and(|c| matches!(c, '/' | '.' | '-'))
            && rest.next().is_some_and(char::is_alphanumeric)
    }

    /// Whether the line has the word's own contrary: `unhealthy`, `NotReady`, `inactive`.
    fn is_turned_round(&self, line: &str) -> bool {
        let contrary = self.contrary.as_ref().filter(|_| self.place == Place::Ladder);
        contrary.is_some_and(|contrary| occurrences(contrary.regex(), line).next().is_some())
    }

    /// Whether it stands in `line` at all, denied or not: the strict reading for `no "x"`.
    pub(super) fn occurs(&self, line: &str) -> bool {
        occurrences(self.pattern.regex(), line).next().is_some()
    }

    /// `true`, `false` and their kin without quotes: a value, which is all that is printed.
    pub(super) fn is_bare_value(&self) -> bool {
        self.spelling != Spelling::Quoted
            && self.place == Place::Ladder
            && is(&self.text, "true|false|yes|no|null")
    }

    /// Whether `line` is this word and nothing else, but for marks and quotes.
    pub(super) fn is_all_of(&self, line: &str) -> bool {
        let line = without_marks(line);
        unquoted(line).unwrap_or(line).eq_ignore_ascii_case(&self.text)
    }

    /// Whether it counts only as a whole line, since it is so short.
    pub(super) fn needs_whole_line(&self) -> bool {
        self.place == Place::Ladder && self.is_short()
    }

    fn is_short(&self) -> bool {
        let fraction = self.spelling == Spelling::Quoted && self.text.contains('/');
        !fraction && self.text.chars().count() <= 3
    }

    pub(super) fn describe(&self) -> String {
        format!("`{}`", self.text)
    }

    /// Whether it speaks of a failure, so that the command may fail in saying it.
    pub(super) fn speaks_of_failure(&self) -> bool {
        speaks_of_failure(&self.text)
    }
}

/// The word with a prefix that turns it round, for words long enough to have one.
fn contrary_of(word: &str) -> Option<Pattern> {
    let plain = word.len() > 3 && word.chars().all(|c| c.is_ascii_alphabetic());
    plain.then(|| Pattern::new(format!("(?:un|not|in|dis|non-?){word}"), Case::Ignored))?
}

/// Whether `text` speaks of a failure, other than to say that there is none.
pub(super) fn speaks_of_failure(text: &str) -> bool {
    const SIGNS: &str = "\
     error|fail|denied|denial|reject|refus|forbid|unauthor|invalid|not found|no such|\
     cannot|can't|unable|fatal|exception|violat|disallow|blocked|timed out|timeout|\
     not authorized|missing|abort|expired|revoked|unknown|malformed";
    const NONE: &str = "no |not |zero |0 |without |never ";
    let lower = text.to_lowercase();
    let denied = |before: &str| {
        NONE.split('|').any(|none| {
            before.strip_suffix(none).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
        })
    };
    let nothing_at_all =
        after(&lower, "no|zero|0|without|never").is_some() && !lower.starts_with("no such");
    let said = |sign: &str| lower.match_indices(sign).any(|(at, _)| !denied(&lower[..at]));
    !nothing_at_all && SIGNS.split('|').any(said)
}

/// The inside of text that is wholly in quotes or backticks.
pub(super) fn unquoted(text: &str) -> Option<&str> {
    let end = quote_end(text, 0)?;
    let open = text.chars().next()?.len_utf8();
    let close = text.chars().next_back()?.len_utf8();
    (end == text.len() && open + close < text.len()).then(|| &text[open..text.len() - close])
}

/// Digits, punctuation inside, camelCase, capitals: what English words do not have.
pub(super) fn is_code_like(word: &str) -> bool {
    let inner = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    let hyphen_only =
        inner.contains('-') && inner.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let marked = inner.contains(|c: char| c.is_ascii_digit() || "_./=:@\\$#~".contains(c))
        || (inner.contains('-') && !hyphen_only);
    let letters: Vec<char> = inner.chars().filter(|c| c.is_alphabetic()).collect();
    let capitals = letters.len() >= 2 && letters.iter().all(|c| c.is_uppercase());
    let camel = inner
        .chars()
        .zip(inner.chars().skip(1))
        .any(|(one, next)| one.is_lowercase() && next.is_uppercase());
    !letters.is_empty() && (marked || capitals || camel)
}

fn looks_like_output(word: &str) -> bool {
    is_code_like(word)
        || word.starts_with(char::is_uppercase)
        || !word.contains(char::is_alphabetic)
}

/// A pattern that folds blanks and lets the wildcards match within a line.
fn pattern_of(text: &str, spelling: Spelling) -> Option<String> {
    let mut pattern = String::new();
    let mut fixed = 0;
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            pattern.push_str(r"\s+");
        }
        fixed += push_word(&mut pattern, word, spelling);
    }
    (fixed > 0).then_some(pattern)
}

/// Appends one word; gives the number of characters that were not wildcards.
fn push_word(pattern: &mut String, word: &str, spelling: Spelling) -> usize {
    if spelling == Spelling::Prose && matches!(word, "N" | "X" | "M" | "NN" | "XX") {
        pattern.push_str(r"\S+");
        return 0;
    }
    let mut fixed = 0;
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = wildcard(rest) {
            pattern.push_str(".*?");
            rest = &rest[length..];
        } else {
            pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
            fixed += 1;
            rest = &rest[c.len_utf8()..];
        }
    }
    if pattern.ends_with(".*?") {
        pattern.truncate(pattern.len() - 3);
        pattern.push_str(r"\S*");
    }
    fixed
}

/// The length of the placeholder that `text` starts with.
fn wildcard(text: &str) -> Option<usize> {
    if text.starts_with("...") {
        return Some(3);
    }
    if text.starts_with('…') {
        return Some('…'.len_utf8());
    }
    let (open, close) =
        [('<', '>'), ('{', '}')].into_iter().find(|(open, _)| text.starts_with(*open))?;
    let end = text.find(close)?;
    let inner = &text[open.len_utf8()..end];
    let name = inner.starts_with(char::is_alphabetic)
        && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    name.then_some(end + close.len_utf8())
}

/// A regular expression of the author's, refused with what to type instead.
pub(super) fn author_pattern(text: &str) -> Result<Regex, ExpectError> {
    let (body, any_case) = match text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((body, "i")) => (body, Case::Ignored),
        Some((body, "")) => (body, Case::Exact),
        _ => (unquoted(text).unwrap_or(text), Case::Exact),
    };
    if body.is_empty() {
        return Err(ExpectError::new("the regular expression is empty: write `/pattern/`"));
    }
    RegexBuilder::new(body)
        .case_insensitive(any_case == Case::Ignored)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| ExpectError::new(format!("not a regular expression: {}", reason(&error))))
}

/// The last line of a regex error is its reason; the rest draws the pattern.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Literal, is_code_like, speaks_of_failure};
    use crate::expect::Stream;
    use crate::expect::watch::{Line, Sight};

    fn sight(literal: &str, line: &str) -> Sight {
        Literal::parse(literal).expect("a literal").sight(&Line::of(line, Stream::Stdout))
    }

    #[test]
    fn literals_climb_the_ladder() {
        let case = |literal: &str, line: &str, expected: Sight| {
            assert_eq!(sight(literal, line), expected, "{literal} in {line}");
        };
        case("OK", "OK", Sight::Hit);
        case("OK", "✅ OK", Sight::Hit);
        case("OK", "NOT OK", Sight::None);
        case("ok", "lookup ok", Sight::None);
        case("\"ok\"", "{\"status\":\"ok\"}", Sight::Hit);
        case("healthy", "unhealthy", Sight::Against);
        case("healthy", "Status: Healthy", Sight::Hit);
        case("\"healthy\"", "Status: Healthy", Sight::None);
        case("healthy", "not healthy", Sight::Against);
        case("healthy", "a: healthy, b: unhealthy", Sight::Against);
        case("Connected", "Connected: false", Sight::Doubt);
        case("worktree-{task_id}", "worktree-T12", Sight::Hit);
        case("worktree-{task_id}", "main", Sight::None);
        case("\"[new tag] <tag> -> <tag>\"", " * [new tag]  v1 -> v1", Sight::Hit);
        case("docs/a.md", "see docs/a.md.", Sight::Hit);
    }

    #[test]
    fn only_wildcards_are_no_literal() {
        for text in ["\"...\"", "<x>", "…", "two words", "\"\""] {
            assert!(Literal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn words_that_look_like_output_are_told_from_english() {
        for word in ["serverId", "vless_haproxy", "PASS", "a.rs", "v2", "k=v"] {
            assert!(is_code_like(word), "{word}");
        }
        for word in ["clean", "higher", "up-to-date", "Directory", "A", "12"] {
            assert!(!is_code_like(word), "{word}");
        }
    }

    #[test]
    fn the_absence_of_failure_is_no_failure() {
        for text in ["Error: x", "permission denied", "No such file", "RequestDisallowedByPolicy"] {
            assert!(speaks_of_failure(text), "{text}");
        }
        for text in ["0 failed", "no errors", "zero failures", "12 passed, 0 failed"] {
            assert!(!speaks_of_failure(text), "{text}");
        }
        assert!(speaks_of_failure("10 failed"));
    }
}
