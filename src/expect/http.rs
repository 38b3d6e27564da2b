//! HTTP answers: a status code in a status context, or its reason in words.
//!
//! Comes in: `401`, `HTTP/2 200`, `404 not found`, `5xx`, and lines of output. Goes out: whether a
//! line carries that status. `401` in `14012`, in `port 401` or in `401ms` is no status. A bare
//! number without context is a doubt, which a person resolves.

use std::sync::LazyLock;

use regex::Regex;

use super::text::bounded;
use super::watch::{Line, Sight};
use super::words::{after, before, is};

/// A status code, or a class of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    /// As written: `401`, `5xx`.
    code: String,
}

/// Whether a line is read for evidence that a status came, or that it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Evidence for: only a clear context counts.
    For,
    /// Evidence against: what a person would call "a 401" counts too.
    Against,
}

/// The reason phrases of RFC 9110 and their usual paraphrases.
const REASONS: &[(&str, &str)] = &[
    ("101", "switching protocols"),
    ("200", "ok"),
    ("201", "created"),
    ("202", "accepted"),
    ("204", "no content"),
    ("206", "partial content"),
    ("301", "moved permanently"),
    ("302", "found"),
    ("303", "see other"),
    ("304", "not modified"),
    ("307", "temporary redirect"),
    ("308", "permanent redirect"),
    ("400", "bad request"),
    ("401", "unauthorized|unauthorised|unauthenticated|not authorized"),
    ("403", "forbidden|access denied|permission denied"),
    ("404", "not found"),
    ("405", "method not allowed"),
    ("409", "conflict"),
    ("410", "gone"),
    ("413", "payload too large|content too large"),
    ("422", "unprocessable entity|unprocessable content"),
    ("429", "too many requests"),
    ("500", "internal server error"),
    ("501", "not implemented"),
    ("502", "bad gateway"),
    ("503", "service unavailable"),
    ("504", "gateway timeout|gateway time-out"),
];

impl Status {
    /// `401`, `HTTP 401`, `HTTP/1.1 101 Switching Protocols`, `status code 404`, `5xx errors`.
    pub(super) fn parse(text: &str) -> Option<Status> {
        static LEAD: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(?i)^(?:https?(?:/[0-9.]+)?|(?:http )?status(?: code)?|(?:http )?response(?: code| status)?|http code|error(?: code)?)[ :=]+").expect("a valid pattern")
        });
        let text = after(text, "an|a").unwrap_or(text);
        let text = LEAD.find(text).map_or(text, |lead| text[lead.end()..].trim_start());
        let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        let (code, rest) = (text[..end].to_lowercase(), text[end..].trim());
        let rest = before(rest, "response|status|error|answer|response code|status code")
            .unwrap_or(rest)
            .trim();
        let rest = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')).unwrap_or(rest);
        let status = Status { code };
        (status.is_code() && (rest.is_empty() || status.is_reason(rest))).then_some(status)
    }

    /// The plural that negations use: `401s`, `5xx`, `HTTP 500s`.
    pub(super) fn parse_plural(text: &str) -> Option<Status> {
        Status::parse(text.strip_suffix('s').unwrap_or(text))
            .or_else(|| Status::parse(before(text, "errors|responses|statuses|answers")?))
    }

    fn is_code(&self) -> bool {
        let code = self.code.as_bytes();
        code.len() == 3
            && (b'1'..=b'5').contains(&code[0])
            && (code[1..].iter().all(u8::is_ascii_digit) || &code[1..] == b"xx")
    }

    fn is_reason(&self, text: &str) -> bool {
        let text = text.trim_matches(['"', '\'', '`']);
        REASONS.iter().any(|(code, reasons)| *code == self.code && is(text, reasons))
    }

    /// The words that mean this status.
    pub(super) fn reasons(&self) -> &'static str {
        REASONS.iter().find(|(code, _)| *code == self.code).map_or("", |(_, reasons)| reasons)
    }

    /// Whether it is a status that servers really send.
    pub(super) fn is_known(&self) -> bool {
        !self.reasons().is_empty()
    }

    /// Whether it tells of a failure, so that the command may fail in saying it.
    pub(super) fn is_failure(&self) -> bool {
        self.code.starts_with(['4', '5'])
    }

    pub(super) fn describe(&self) -> String {
        format!("HTTP status {}", self.code)
    }

    /// What `line` says of this status.
    pub(super) fn sight(&self, line: &Line<'_>, reading: Reading) -> Sight {
        let mut sight = Sight::None;
        for (start, end, joint) in codes(line.text) {
            if !self.covers(&line.text[start..end]) {
                continue;
            }
            let clear = joint == Joint::Free && whole(line.text, start, end);
            if clear || in_context(line.text, start, end, reading) {
                match self.weigh(line.text, start, end, reading) {
                    Sight::Doubt => sight = Sight::Doubt,
                    decided => return decided,
                }
            } else if joint == Joint::Free {
                sight = Sight::Doubt;
            }
        }
        sight
    }

    /// What a status in its context is worth: beside another one, or where it is only wanted, little.
    fn weigh(&self, text: &str, start: usize, end: usize, reading: Reading) -> Sight {
        if reading == Reading::Against {
            return Sight::Hit;
        }
        if statuses(text, Reading::Against).any(|code| !self.covers(code)) {
            return Sight::Torn;
        }
        if only_wanted(&text[..start], &text[end..]) { Sight::Doubt } else { Sight::Hit }
    }

    fn covers(&self, code: &str) -> bool {
        code == self.code || (self.code.ends_with("xx") && code[..1] == self.code[..1])
    }
}

/// Whether the line gives any final status at all.
pub(super) fn any_status(line: &Line<'_>) -> bool {
    statuses(line.text, Reading::For).next().is_some()
}

/// The final statuses of a line: neither interim nor a redirection, which a client may follow.
fn statuses(text: &str, reading: Reading) -> impl Iterator<Item = &str> {
    codes(text).filter_map(move |(start, end, joint)| {
        let last = !matches!(text.as_bytes()[start], b'1' | b'3');
        let clear = joint == Joint::Free && whole(text, start, end);
        let given = last && (clear || in_context(text, start, end, reading));
        given.then(|| &text[start..end])
    })
}

/// Whether the words around a status say that it is wanted, not that it came: `expected 200`.
fn only_wanted(before: &str, after: &str) -> bool {
    static WANTED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:expect(?:ed|s|ing)?|want(?:ed|s)?|should|instead of|rather than)\b")
            .expect("a valid pattern")
    });
    static CAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)[,;]|\b(?:but|got|have|received|was|actual(?:ly)?|returned)\b")
            .expect("a valid pattern")
    });
    let led = WANTED.find_iter(before).last();
    let following = after.trim_start();
    led.is_some_and(|wanted| !CAME.is_match(&before[wanted.end()..]))
        || WANTED.find(following).is_some_and(|wanted| !CAME.is_match(&following[..wanted.start()]))
            && !following.starts_with(['(', '-', ':'])
            && following.split_whitespace().next() != Some("as")
}

/// Whether a number stands free, or is joined to what is before it: `host:401`, `status-401`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    Free,
    /// It is a status only if what it is joined to says so.
    Joined,
}

/// The three-digit numbers of a line that are no part of a longer word or number.
fn codes(text: &str) -> impl Iterator<Item = (usize, usize, Joint)> + '_ {
    digit_runs(text.as_bytes()).filter(|(start, end)| end - start == 3).filter_map(
        |(start, end)| {
            let code = matches!(text.as_bytes()[start], b'1'..=b'5');
            let joint = if bounded(text, start, end) { Joint::Free } else { Joint::Joined };
            let fits = joint == Joint::Free || text[..start].ends_with([':', '-', '_', '/', '#']);
            let ends = bounded(&text[start..], 0, end - start);
            (code && fits && ends).then_some((start, end, joint))
        },
    )
}

/// Where runs of digits start and end.
fn digit_runs(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(u8::is_ascii_digit)?;
        let length = bytes[start..].iter().position(|byte| !byte.is_ascii_digit());
        at = length.map_or(bytes.len(), |length| start + length);
        Some((start, at))
    })
}

fn whole(text: &str, start: usize, end: usize) -> bool {
    let quotes = |c: char| c.is_whitespace() || c == '"' || c == '\'';
    text[..start].trim_matches(quotes).is_empty() && text[end..].trim_matches(quotes).is_empty()
}

fn in_context(text: &str, start: usize, end: usize, reading: Reading) -> bool {
    (led_by_status(&text[..start], reading) && !counts_things(&text[end..]))
        || followed_by_reason(&text[start..end], &text[end..])
}

/// `HTTP/2 401`, `Response Code: 401`, `[status-code=401]`, `"statusCode": 401`, `error: 401`.
fn led_by_status(before: &str, reading: Reading) -> bool {
    static FOR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?i:(?:^|[^a-z0-9])(?:https?/[0-9.]+|https?|[a-z]*[_-]?status(?:[ _-]?code)?|",
            r"[a-z]*[_-]?code|response|returned(?: an?)?|returns|respond(?:ed|s) with(?: an?)?|error|err)",
            "[\"'`]?\\s*(?:code\\s*)?[:=(\\[_-]*\\s*[\"'`(]?$)"
        ))
        .expect("a valid pattern")
    });
    static AGAINST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?i:(?:^|[^a-z0-9])(?:failed|failure|fail|failing|failed with|got|received|with|",
            r"rejected|denied|refused|errors?|→|->|=>)",
            "[\"'`]?\\s*(?:an? )?[:=(\\[_-]*\\s*[\"'`(]?$)"
        ))
        .expect("a valid pattern")
    });
    static EXIT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i:\b(?:exit(?:ed|s|ing)?|return)(?: with)?(?: an?| the)?[ _-]?(?:status|code)(?: code)?[^a-z0-9]*(?:is |of )?$)")
            .expect("a valid pattern")
    });
    // The context ends right before the code: the last words decide, whatever the line's length.
    let near = tail(before, 48);
    if EXIT.is_match(near) {
        return false;
    }
    FOR.is_match(near) || (reading == Reading::Against && AGAINST.is_match(near))
}

fn tail(text: &str, length: usize) -> &str {
    let mut from = text.len().saturating_sub(length);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

/// `returned 401 rows` counts rows.
fn counts_things(rest: &str) -> bool {
    const THINGS: &str = "\
     rows|items|records|results|bytes|lines|ms|keys|entries|errors|requests|tests|files|\
     times|seconds|secrets|objects|of|more|milliseconds|minutes|KB|MB|warnings|messages|\
     events|hits|matches";
    after(rest.trim_start(), THINGS).is_some()
}

/// `401 Unauthorized`, `404 Client Error`.
fn followed_by_reason(code: &str, rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', ':', '-', '"', '\'', '`', ',', '(']);
    let own = REASONS.iter().find(|(known, _)| *known == code).map_or("", |(_, reasons)| reasons);
    after(rest, own).or_else(|| after(rest, "client error|server error")).is_some()
}

/// A reason in words, as an alternative to the code: `401 / unauthorized`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    words: String,
}

impl Reason {
    /// `text` as a known reason phrase of a failure.
    pub(super) fn parse(text: &str) -> Option<Reason> {
        let text = text.trim_matches(['"', '\'', '`']);
        let known = REASONS
            .iter()
            .filter(|(code, _)| code.starts_with(['4', '5']))
            .any(|(_, reasons)| is(text, reasons));
        let more = is(text, "invalid token|token expired|token revoked|token has been revoked");
        (known || more).then(|| Reason { words: text.to_lowercase() })
    }

    pub(super) fn describe(&self) -> String {
        format!("the answer `{}`", self.words)
    }

    /// A hit where the line is an answer, a doubt where the words merely occur.
    pub(super) fn sight(&self, line: &Line<'_>) -> Sight {
        let lower = line.text.to_lowercase();
        let own = |code: &str| code.starts_with(['4', '5']);
        let Some(at) = self.find(&lower) else {
            // Another answer beside it, such as the 200 whose body holds the words.
            let another = statuses(&lower, Reading::Against).any(|code| !own(code));
            return if another { Sight::Against } else { Sight::None };
        };
        // The shell's own failures name a file or a command, whatever it is called.
        let shells = ["command not found", "no such file or directory", "is a directory"];
        if super::text::negated(&lower, at) || shells.iter().any(|words| lower.contains(words)) {
            return Sight::None;
        }
        let end = at + self.words.len();
        if only_wanted(&lower[..at], &lower[end..])
            || statuses(&lower, Reading::Against).any(|code| !own(code))
        {
            return Sight::Torn;
        }
        if is_answer(&lower, at, end) { Sight::Hit } else { Sight::Doubt }
    }

    fn find(&self, lower: &str) -> Option<usize> {
        lower
            .match_indices(&self.words)
            .map(|(at, _)| at)
            .find(|&at| super::text::bounded(lower, at, at + self.words.len()))
    }
}

/// The words are the whole line or a whole quoted value, or an error or status leads to them.
fn is_answer(line: &str, start: usize, end: usize) -> bool {
    static LEAD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?:error|err|message|msg|status|reason|code|detail|title|fatal|failed|denied|[45][0-9][0-9])["']?\s*[:=\-(]*\s*["'(]?(?:[a-z]+: ?)?$"#)
            .expect("a valid pattern")
    });
    let quiet = |c: char| c.is_whitespace() || "\"'.!()[]".contains(c);
    let alone = line[..start].chars().all(quiet) && line[end..].chars().all(quiet);
    alone || LEAD.is_match(tail(&line[..start], 48))
}

#[cfg(test)]
mod tests {
    use super::{Reading, Reason, Status};
    use crate::expect::Stream;
    use crate::expect::watch::{Line, Sight};

    fn sight(code: &str, line: &str, reading: Reading) -> Sight {
        let status = Status::parse(code).expect("a status");
        status.sight(&Line::of(line, Stream::Stderr), reading)
    }

    #[test]
    fn a_status_needs_its_context() {
        for line in [
            "401",
            "HTTP/2 401",
            "HTTP/1.1 401 Unauthorized",
            "Response Code: 401 Unauthorized",
            "error: x [err=CallX Unsuccessful response [status-code=401] [request-id=r]]",
            "{\"statusCode\": 401, \"message\":\"x\"}",
            "{\"status\":401}",
            "failed to fetch public key: HTTP 401: Bad credentials (https://x)",
            "curl: (22) The requested URL returned error: 401",
            "error (401)",
            "401 Client Error: Unauthorized for url",
            "http_code=401",
        ] {
            assert_eq!(sight("401", line, Reading::For), Sight::Hit, "{line}");
        }
        for line in ["14012", "id=4012", "1.401", "host:401", "took 401ms", "-401", "0.401"] {
            assert_eq!(sight("401", line, Reading::Against), Sight::None, "{line}");
        }
        for line in ["port 401", "returned 401 rows", "line 401", "Request ID 401"] {
            assert_eq!(sight("401", line, Reading::For), Sight::Doubt, "{line}");
        }
    }

    #[test]
    fn what_a_person_calls_a_401_counts_against() {
        for line in ["secret_fetch FAILED 401", "got 401", "failed with 401", "status=401"] {
            assert_eq!(sight("401", line, Reading::Against), Sight::Hit, "{line}");
        }
        assert_eq!(sight("401", "fetched 401 secrets", Reading::Against), Sight::Doubt);
    }

    #[test]
    fn statuses_are_written_in_many_ways() {
        for text in [
            "401",
            "HTTP 401",
            "HTTP/2 401",
            "status code 401",
            "401 Unauthorized",
            "a 401 error",
            "HTTP 401 response",
        ] {
            assert!(Status::parse(text).is_some(), "{text}");
        }
        for text in ["401 without cookie", "4011", "600", "40", "401 OK", "HTTP", "200 things"] {
            assert_eq!(Status::parse(text), None, "{text}");
        }
        assert!(Status::parse_plural("401s").is_some());
        assert!(Status::parse_plural("5xx errors").is_some());
    }

    #[test]
    fn a_reason_is_an_answer_only_where_something_answers() {
        let case = |line: &str, expected: Sight| {
            let reason = Reason::parse("unauthorized").expect("a reason");
            assert_eq!(reason.sight(&Line::of(line, Stream::Stdout)), expected, "{line}");
        };
        case("Unauthorized", Sight::Hit);
        case("{\"error\":\"Unauthorized\"}", Sight::Hit);
        case("error: unauthorized", Sight::Hit);
        case("Unauthorized access is prohibited", Sight::Doubt);
        case("UNAUTHORIZED_LOG_URL", Sight::None);
        case("not unauthorized", Sight::None);
    }
}
