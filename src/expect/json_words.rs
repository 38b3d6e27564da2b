//! JSON in the author's words: `valid JSON`, `JSON with id, name`, `Empty array`, or JSON itself.
//!
//! Comes in: one clause. Goes out: the node that the whole of it means.

use super::check::{Check, Node};
use super::json::{self, Json};
use super::literal::{is_code_like, unquoted};
use super::words::{after, bare, before, is, split};

/// JSON as such, or in words: `valid JSON`, `JSON with id, name`, `Empty array`.
pub(super) fn read(text: &str) -> Option<Node> {
    let text = after(text, "body|json body|response|json")
        .map(|rest| rest.trim_start_matches([':', ' ']))
        .filter(|rest| rest.starts_with(['{', '[']))
        .unwrap_or(text);
    let text = if text.starts_with('`') { unquoted(text).unwrap_or(text) } else { text };
    Json::parse(text).or_else(|| json_in_words(text)).map(Check::Json).map(Node::check).or_else(
        || {
            let rest = after(text, "array of|json array of|an array of")?;
            Some(Node::all(vec![Node::check(full_array()), Node::residual(rest)]))
        },
    )
}

/// `text` as nothing but JSON.
pub(super) fn literally(text: &str) -> Option<Node> {
    Json::parse(text).map(Check::Json).map(Node::check)
}

/// `valid JSON`, `a JSON object with id, name`, `Empty array`.
fn json_in_words(text: &str) -> Option<Json> {
    if is(text, "empty array|an empty array|empty json array") {
        return Json::equals("[]");
    }
    if is(text, "empty object|an empty object|empty json object") {
        return Json::equals("{}");
    }
    if is(text, "non-empty array|a non-empty array|non-empty json array") {
        return Some(Json { demand: json::Demand::Keys(json::Kind::FullArray, Vec::new()) });
    }
    let rest = after(bare(text), "valid json|json|well-formed json")?;
    let (kind, rest) = match () {
        () if after(rest, "object").is_some() => (json::Kind::Object, after(rest, "object")?),
        () if after(rest, "array").is_some() => (json::Kind::Array, after(rest, "array")?),
        () => {
            (json::Kind::Any, after(rest, "response|body|output|document|result").unwrap_or(rest))
        }
    };
    if rest.is_empty() {
        return Some(Json { demand: json::Demand::Keys(kind, Vec::new()) });
    }
    let listed = after(
        rest,
        "\
     with keys|with fields|with|containing|that contains|including|having",
    )?;
    let listed = before(listed, "field|fields|key|keys").unwrap_or(listed);
    Some(Json { demand: json::Demand::Keys(kind, keys(listed)?) })
}

fn keys(listed: &str) -> Option<Vec<String>> {
    let parts = split(listed, &[", and ", " and ", ", "]);
    let parts: Vec<&str> =
        parts.into_iter().filter(|part| !matches!(*part, "..." | "…" | "etc" | "")).collect();
    let name = |part: &&str| -> Option<String> {
        let inner = unquoted(part).unwrap_or(part);
        let identifier = inner.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
        identifier.then(|| inner.to_owned())
    };
    let loud =
        parts.len() > 2 || parts.iter().any(|part| unquoted(part).is_some() || is_code_like(part));
    let names: Option<Vec<String>> = parts.iter().map(name).collect();
    names.filter(|names| loud && !names.is_empty())
}

fn full_array() -> Check {
    Check::Json(Json { demand: json::Demand::Keys(json::Kind::FullArray, Vec::new()) })
}
