//! What must not be there: `no "x"`, `not 403`, `never "OFFLINE"`, `X is not listed`.
//!
//! Comes in: one clause. Goes out: the node that the whole of it means. "No" before words that
//! are neither quoted, nor code, nor a known trouble is prose.

use super::absence::Trouble;
use super::check::{Check, Node};
use super::http::Status;
use super::literal::{is_code_like, unquoted};
use super::pairs::Pair;
use super::parse::{without_place, without_subject};
use super::presence::explicit;
use super::words::{after, before, is, split};

/// `no X`, `not X`, `never X`, `without X`, `does not contain X`, `X is not listed`.
pub(super) fn negation(text: &str) -> Option<Node> {
    if let Some(troubles) = Trouble::parse(text) {
        return Some(Node::all(
            troubles.into_iter().map(|t| Node::check(Check::NoTrouble(t))).collect(),
        ));
    }
    if let Some(rest) = before(text, ABSENT) {
        let literal = explicit(before(rest, "is|are").unwrap_or(rest))?;
        return Some(Node::check(Check::NoText(literal)));
    }
    let rest = after(without_subject(text), DENYING)?;
    let rest = after(rest, "any").unwrap_or(rest);
    let rest = without_place(rest);
    if is(rest, "empty|be empty") {
        return Some(Node::check(Check::NonEmpty));
    }
    let statuses = split(rest, &[", or ", " or ", " and ", ", ", "/"]);
    let statuses: Option<Vec<Status>> = statuses.into_iter().map(Status::parse_plural).collect();
    if let Some(statuses) = statuses {
        return Some(Node::all(statuses.into_iter().map(Check::NoHttp).map(Node::check).collect()));
    }
    if let Some(pair) = Pair::parse(rest) {
        return Some(Node::check(Check::NoPair(pair)));
    }
    let denied = before(rest, "lines|messages|entries|line|message|entry|anywhere").unwrap_or(rest);
    denied_literals(denied)
}

const ABSENT: &str = "\
     not listed|not present|not shown|not in output|not in the output|is gone|is absent|\
     absent|not in the list|never appears|does not appear|no longer listed|not visible";

const DENYING: &str = "\
     does not contain|doesn't contain|must not contain|should not contain|\
     does not include|does not mention|does not show|no longer contains|contains no|\
     shows no|no mention of|has no|not|no|never|without";

fn denied_literals(text: &str) -> Option<Node> {
    let parts = split(text, &[", or ", " or ", ", ", "/"]);
    let denied = |part: &&str| {
        let number = part.starts_with(|c: char| c.is_ascii_digit());
        let loud = unquoted(part).is_some() || (is_code_like(part) && !number);
        explicit(part).filter(|_| loud).map(|literal| Node::check(Check::NoText(literal)))
    };
    if let Some(node) = denied(&text) {
        return Some(node);
    }
    let nodes: Option<Vec<Node>> = parts.iter().map(|part| denied(&part.trim())).collect();
    nodes.map(Node::all)
}
