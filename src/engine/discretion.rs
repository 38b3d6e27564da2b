//! What may be quoted of an output in a validation whose shell holds secrets.
//!
//! A redactor finds a secret and its usual encodings, and nothing that a command made of it (`rev`,
//! `tr`, a cipher). Where nobody is there who may see it, only words are quoted in which failures
//! are commonly told, and statuses of HTTP; the rest is left out.

use crate::variables::Redacted;

/// The words.
const WORDS: &[&str] = &[
    "a",
    "access",
    "account",
    "address",
    "after",
    "all",
    "an",
    "and",
    "api",
    "app",
    "are",
    "at",
    "authenticate",
    "authentication",
    "authorization",
    "authorized",
    "bad",
    "be",
    "been",
    "by",
    "cannot",
    "certificate",
    "client",
    "code",
    "command",
    "connect",
    "connection",
    "could",
    "couldn't",
    "curl",
    "database",
    "denied",
    "directory",
    "does",
    "down",
    "error",
    "exceeded",
    "exist",
    "expired",
    "failed",
    "failure",
    "file",
    "for",
    "forbidden",
    "found",
    "from",
    "gateway",
    "get",
    "has",
    "have",
    "host",
    "http",
    "in",
    "internal",
    "invalid",
    "is",
    "it",
    "key",
    "limit",
    "login",
    "lookup",
    "message",
    "missing",
    "name",
    "network",
    "no",
    "not",
    "of",
    "on",
    "or",
    "permission",
    "please",
    "port",
    "project",
    "quota",
    "rate",
    "read",
    "refused",
    "rejected",
    "request",
    "requested",
    "required",
    "reset",
    "resolve",
    "resource",
    "response",
    "returned",
    "revoked",
    "secret",
    "secrets",
    "server",
    "service",
    "session",
    "status",
    "such",
    "temporary",
    "the",
    "this",
    "time",
    "timed",
    "timeout",
    "to",
    "token",
    "tls",
    "unable",
    "unauthorized",
    "unavailable",
    "unexpected",
    "unknown",
    "unreachable",
    "url",
    "usage",
    "user",
    "valid",
    "version",
    "was",
    "with",
    "wrong",
    "you",
    "your",
];

/// What stands in the place of the rest.
const LEFT_OUT: &str = "[…]";

/// The text with nothing but such words.
pub(super) fn discreet(text: &str, redact: impl Fn(&str) -> Redacted) -> Redacted {
    let lines: Vec<_> = text.lines().map(line).filter(|line| !line.is_empty()).collect();
    redact(&lines.join("\n"))
}

/// One line; empty where no such word stands in it.
fn line(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for token in text.split_whitespace() {
        let kept = if may_be_quoted(token) { token } else { LEFT_OUT };
        if kept != LEFT_OUT || out.last() != Some(&LEFT_OUT) {
            out.push(kept);
        }
    }
    if out.iter().all(|token| *token == LEFT_OUT) { String::new() } else { out.join(" ") }
}

fn may_be_quoted(token: &str) -> bool {
    let bare = token.trim_matches(|c: char| c.is_ascii_punctuation());
    let status =
        bare.len() == 3 && bare.parse().is_ok_and(|number: u16| (100..600).contains(&number));
    let plain = token.len() - bare.len() <= 3;
    plain && (status || WORDS.contains(&bare.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_failures_and_statuses_are_quoted() {
        let case = |text: &str, expected: &str| assert_eq!(line(text), expected, "{text}");
        case("  Response Code: 401 Unauthorized", "Response Code: 401 Unauthorized");
        case(
            "curl: (7) Failed to connect to h port 9",
            "curl: […] Failed to connect to […] port […]",
        );
        case("terces-a-si-siht", "");
        case("error: nekot-ym was rejected", "error: […] was rejected");
        case("12345", "");
    }
}
