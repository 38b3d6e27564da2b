//! Answers in words: a status, its reason, or one of several.
//!
//! Comes in: one clause, such as `401 / unauthorized` or `HTTP 401, or 404 "not found"`. Goes out:
//! the node that the whole of it means. Alternatives must be of one sort: where the author mixes,
//! what the slash or the "or" means is not guessed.

use super::atoms::Origin;
use super::check::{Check, Node};
use super::http::{Reason, Status};
use super::literal::{Case, Literal, Place, Spelling, unquoted};
use super::number::Bound;
use super::words::{after, before, is, split};

/// A status; a bare number only where the author wrote nothing else.
pub(super) fn status(text: &str, origin: Origin) -> Option<Node> {
    let bare_number = text.len() <= 3;
    let status = Status::parse(text).filter(|_| origin == Origin::Whole || !bare_number)?;
    Some(Node::check(Check::Http(status)))
}

/// `unauthorized` and its kin, which need no status to be an answer.
pub(super) fn refusal(text: &str) -> Option<Node> {
    const REFUSALS: &str = "unauthorized|unauthorised|unauthenticated|not authorized|forbidden|\
         access denied|permission denied";
    let reason = Reason::parse(text).filter(|_| is(text, REFUSALS))?;
    Some(Node::check(Check::Reason(reason)))
}

/// `401 or 404`, `"a", "b" or "c"`, `one of "a", "b"`: one of several things of one sort.
pub(super) fn either(text: &str) -> Option<Node> {
    let said = after(text, "either|one of|any of");
    let parts = split(said.unwrap_or(text), &[", or ", " or "]);
    let listed: Vec<&str> = parts.iter().flat_map(|part| split(part, &[", "])).collect();
    let alternatives = listed.len() > 1 && (said.is_some() || parts.len() > 1);
    alternatives.then(|| same_sort(&listed)).flatten()
}

/// Alternatives of one sort: answers (statuses, quoted text), numbers, or literals.
pub(super) fn same_sort(parts: &[&str]) -> Option<Node> {
    let answers: Option<Vec<Node>> = parts.iter().map(|part| answer(part)).collect();
    let numbers = || -> Option<Vec<Node>> {
        parts.iter().map(|part| Bound::parse(part).map(Check::Number).map(Node::check)).collect()
    };
    answers.or_else(numbers).map(Node::any).or_else(|| statuses_and_reasons(parts))
}

/// Statuses and reasons that the author set between slashes or bars: any of them.
pub(super) fn statuses_and_reasons(parts: &[&str]) -> Option<Node> {
    let statuses: Vec<Status> = parts.iter().filter_map(|part| Status::parse(part)).collect();
    if statuses.is_empty() || parts.len() < 2 {
        return None;
    }
    let nodes: Option<Vec<Node>> = parts
        .iter()
        .map(|part| {
            let own =
                statuses.iter().any(|status| is(part, status.reasons()) && !status.is_failure());
            answer(part)
                .or_else(|| Reason::parse(part).map(Check::Reason).map(Node::check))
                .or_else(|| own.then(|| Node::All(Vec::new())))
        })
        .collect();
    let nodes: Vec<Node> = nodes?.into_iter().filter(|node| node.size() > 0).collect();
    Some(Node::any(nodes))
}

/// A status, a status with what it says, or quoted text.
fn answer(part: &str) -> Option<Node> {
    if let Some(status) = Status::parse(part) {
        return Some(Node::check(Check::Http(status)));
    }
    if let Some(inner) = unquoted(part) {
        let literal = Literal::new(inner, Spelling::Quoted, Place::Ladder, Case::Smart)?;
        return Some(Node::check(Check::Text(literal)));
    }
    let quoted = part.find(['"', '`', '“', '\''])?;
    let status = Status::parse(
        before(part[..quoted].trim(), "with|and|:").unwrap_or(part[..quoted].trim()),
    )?;
    let text =
        Literal::new(unquoted(&part[quoted..])?, Spelling::Quoted, Place::Anywhere, Case::Smart)?;
    Some(Node::all(vec![Node::check(Check::Http(status)), Node::check(Check::Text(text))]))
}
