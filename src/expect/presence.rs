//! What must be there: literals, patterns, lists.
//!
//! Comes in: one clause. Goes out: the node that the whole of it means. A bare word is a literal
//! only where the author wrote nothing else, or where it looks like output.

use super::atoms::Origin;
use super::check::{Check, Node};
use super::literal::{Literal, Place, Spelling, author_pattern, is_code_like};
use super::parse::{trailing_note, without_place, without_subject};
use super::words::{after, bare, before, is, split};

/// `contains "x"`, `includes X_Y`, `"x" in output`, `"x" is listed`.
pub(super) fn contains(text: &str) -> Option<Node> {
    const VERBS: &str = "\
     contains|contain|includes|include|mentions|mention|containing|including|\
     should contain|should include|must contain|must include|should mention|shows|lists|\
     prints|a line containing|line containing|lines containing|with|has";
    const PRESENT: &str = "\
     messages|message|in output|in the output|lines|line|entries|entry|listed|is listed|\
     appears|is present|present|in the list|is shown|shown|exists|in the logs|in logs|\
     in log|is in the output|is in the list|printed|is printed|are listed|marker|\
     in the response";
    if let Some(rest) = after(without_subject(text), VERBS) {
        return literals(without_place(rest));
    }
    let rest = before(text, PRESENT)?;
    let rest = before(rest, "is|are").unwrap_or(rest);
    literals(rest)
}

/// One explicit literal, or several of them joined in one way.
fn literals(text: &str) -> Option<Node> {
    if let Some(literal) = explicit(text) {
        return Some(Node::check(Check::Text(literal.placed(Place::Anywhere))));
    }
    let both = split(text, &[", and ", " and ", ", "]);
    let either = split(text, &[", or ", " or "]);
    let (parts, join): (_, fn(Vec<Node>) -> Node) = match (both.len(), either.len()) {
        (2.., 1) => (both, Node::all),
        (1, 2..) => (either, Node::any),
        _ => return None,
    };
    let nodes: Option<Vec<Node>> = parts
        .iter()
        .map(|part| explicit(part).map(|l| Node::check(Check::Text(l.placed(Place::Anywhere)))))
        .collect();
    nodes.map(join)
}

/// Quoted or code-like text.
pub(super) fn explicit(text: &str) -> Option<Literal> {
    let literal = Literal::parse(text)?;
    (literal.spelling == Spelling::Quoted || is_code_like(text)).then_some(literal)
}

/// `a list of X`, `lines like X`, `X logs`: something must be there; what it is, a person says.
pub(super) fn listing(text: &str) -> Option<Node> {
    const DENIED: &str =
        "no|not|never|without|none|only|check|see|view|look|inspect|tail|follow|watch";
    let words = super::words::plain_words(text, super::words::Protected::Quotes);
    if words.iter().any(|word| is(word, DENIED)) || trailing_note(text).is_some() {
        return None;
    }
    let listed =
        after(bare(text), "list of|non-empty list of|nonempty list of|table of|non-empty table of");
    let lines = after(bare(text), "lines like|lines containing|lines of|output of|some");
    let logs = before(text, "logs|log lines|log entries|log messages|lines|entries");
    let rest = match (listed, lines, logs) {
        (Some(rest), ..) => rest,
        (_, Some(rest), _) if !rest.is_empty() => rest,
        (_, _, Some(adjectives)) if !adjectives.is_empty() && words.len() <= 8 => text,
        _ => return None,
    };
    if logs.is_some() && listed.is_none() && text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plain = split(rest, &[", ", " and ", " with ", "; ", " or ", " but "]).len() == 1
        || listed.is_some();
    (plain && !rest.is_empty())
        .then(|| Node::all(vec![Node::check(Check::NonEmpty), Node::residual(rest)]))
}

pub(super) fn literal(text: &str, origin: Origin) -> Option<Node> {
    let literal = Literal::parse(text)?;
    let quoted = literal.spelling == Spelling::Quoted;
    let approximate = text.contains(['~', '≈', '…']) && !text.contains('/') || text.ends_with('?');
    let word = super::text::without_marks(text);
    let usable = quoted
        || (!is(word, VAGUE) && !approximate && (origin == Origin::Whole || is_code_like(word)));
    let adjective = is(word, ADJECTIVES) && !quoted && word != word.to_uppercase();
    let literal = if adjective { literal.spelled(Spelling::Word) } else { literal };
    usable.then(|| Node::check(Check::Text(literal)))
}

const VAGUE: &str = "\
     same|unchanged|identical|varies|various|similar|different|anything|something|tbd|\
     n/a|optional|see|above|below|version|number|count|output|value|none|list|text|\
     string|table|yes|it|this|that|json|match|matches|nothing|everything|todo|unknown|\
     default|etc|and|or|expected|result|results|works|work|exists|present|listed";

/// Adjectives that a sentence may begin with.
const ADJECTIVES: &str = "\
     clean|done|green|good|fine|working|visible|accessible|reachable|valid|correct|\
     updated|installed|configured";

pub(super) fn pattern(text: &str) -> Option<Node> {
    if let Some(rest) = after(text, "regex:|regexp:") {
        return author_pattern(rest).ok().map(Check::Pattern).map(Node::check);
    }
    let alone =
        text.len() > 2 && text.starts_with('/') && (text.ends_with('/') || text.ends_with("/i"));
    if alone && text.contains(['^', '$', '\\', '[', '*', '+']) {
        return author_pattern(text).ok().map(Check::Pattern).map(Node::check);
    }
    let rest = after(
        text,
        "\
     matches|matching|should match|must match|output matches|a line matching",
    )?;
    let rest = after(rest, "regex|the regex|pattern|the pattern").unwrap_or(rest);
    let slashed =
        rest.len() > 2 && rest.starts_with('/') && (rest.ends_with('/') || rest.ends_with("/i"));
    slashed.then(|| author_pattern(rest).ok().map(Check::Pattern).map(Node::check))?
}
