//! English to a tree of checks: the whole first, then its parts.
//!
//! Comes in: the author's words. Goes out: a [`Node`] and the notes that are not checked. A clause
//! compiles only if one rule takes all of it; what no rule takes stays, word for word, with a
//! person. Keywords are never picked out of prose, and what is ambiguous is not guessed.

use super::atoms::{Atoms, Origin};
use super::check::{Check, Leaf, Node, Residual, Source};
use super::http::Status;
use super::kinds::Kinds;
use super::literal::{Case, Literal, Place, Spelling};
use super::number::Bound;
use super::status::Demand;
use super::words::{Protected, after, before, has, is, mask, plain_words, split};
use super::{answers, json_words};

/// Compiles one annotation.
pub(super) struct Parser<'k> {
    pub(super) atoms: Atoms<'k>,
    /// What the author added as an explanation.
    pub(super) notes: Vec<String>,
    depth: usize,
}

/// The deepest nesting of notes and parts that is read as English.
const DEEPEST: usize = 8;

/// The longest text that is read as English; nobody promises more in one sentence.
pub(super) const LONGEST: usize = 4096;

impl<'k> Parser<'k> {
    pub(super) fn new(kinds: &'k Kinds) -> Parser<'k> {
        Parser { atoms: Atoms { kinds }, notes: Vec::new(), depth: 0 }
    }

    /// The whole text, continuation lines included.
    pub(super) fn annotation(&mut self, text: &str) -> Node {
        let text = text.trim();
        if text.len() > LONGEST {
            return json_words::literally(text).unwrap_or_else(|| Node::residual(text));
        }
        let (first, following) = text.split_once('\n').unwrap_or((text, ""));
        if following.trim().is_empty() {
            return self.clause(first, Origin::Whole);
        }
        if let Some(node) = json_words::read(text.trim()) {
            return node;
        }
        let items: Vec<&str> = following.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        if first.trim().is_empty() || first.trim_end().ends_with(':') {
            let lines = items.iter().map(|line| contained_line(item(line).unwrap_or(line)));
            return Node::all(lines.collect());
        }
        if items.iter().all(|line| item(line).is_some()) {
            let clauses = std::iter::once(first).chain(items.iter().filter_map(|line| item(line)));
            return Node::all(clauses.map(|clause| self.clause(clause, Origin::Whole)).collect());
        }
        self.clause(&text.split_whitespace().collect::<Vec<_>>().join(" "), Origin::Whole)
    }

    /// One clause; what no rule takes is left to a person.
    pub(super) fn clause(&mut self, text: &str, origin: Origin) -> Node {
        let text = tidy(text);
        if text.is_empty() {
            return Node::All(Vec::new());
        }
        self.depth += 1;
        let readable = self.depth <= DEEPEST && text.len() <= LONGEST;
        let compiled = if readable { self.compiled(text, origin) } else { None };
        self.depth -= 1;
        compiled.unwrap_or_else(|| prose(text, origin))
    }

    fn compiled(&mut self, text: &str, origin: Origin) -> Option<Node> {
        if let Some(node) = self.atoms.read(text, origin) {
            return Some(node);
        }
        if let Some(node) = self.noted(text, origin) {
            return Some(node);
        }
        let sentences = split(text, &["; ", ". ", ";\n"]);
        if sentences.len() > 1 && !has(text, &["e.g. ", "etc. ", "i.e. ", "vs. "]) {
            return self.joined(&sentences, Node::all);
        }
        if is_conditional(text) {
            return None;
        }
        self.parted(text)
    }

    /// At the loosest separator that lets at least one part compile.
    fn parted(&mut self, text: &str) -> Option<Node> {
        if after(text, "either|one of|any of|neither|none of|some of|all of|not").is_some()
            || makes_exception(text)
        {
            return None;
        }
        let hedged = is_hedged(text);
        if let Some(node) = self.alternatives(text).filter(|_| !hedged) {
            return Some(node);
        }
        let either = split(text, &[", or ", " || "]);
        if either.len() > 1 {
            return self.joined(&either, Node::any);
        }
        let listed = split(text, &[", and ", ", but ", ", "]);
        if listed.len() > 1 {
            return self.joined(&listed, Node::all);
        }
        let mixed = has(text, &[" or "]) && has(text, &[" and ", " but ", " with ", " + "]);
        if mixed || hedged {
            return None;
        }
        let both = split(text, &[" and ", " but ", " with ", " + "]);
        if both.len() > 1 { self.joined(&both, Node::all) } else { None }
    }

    /// The parts joined, if at least one of them compiles.
    fn joined(&mut self, parts: &[&str], join: fn(Vec<Node>) -> Node) -> Option<Node> {
        let kept = self.notes.len();
        let numbers_only = parts.iter().all(|part| part.parse::<f64>().is_ok());
        let parts =
            parts.iter().filter(|part| !matches!(**part, "" | "..." | "…" | "etc" | "etc."));
        let nodes: Vec<Node> = parts
            .map(|part| {
                let status =
                    !numbers_only && Status::parse(part).is_some_and(|status| status.is_known());
                self.clause(part, if status { Origin::Whole } else { Origin::Split })
            })
            .collect();
        if nodes.iter().all(Node::is_prose) {
            self.notes.truncate(kept);
            return None;
        }
        Some(join(nodes))
    }

    /// `401 or 404`, `"a", "b" or "c"`, `401 / unauthorized`: things of one sort, one of which.
    fn alternatives(&mut self, text: &str) -> Option<Node> {
        let marked = split(text, &[" | ", " / ", "/", "|"]);
        if marked.len() > 1 {
            return quoted_alternatives(text);
        }
        let parts = split(text, &[", or ", " or "]);
        if parts.len() < 2 {
            return None;
        }
        let single = !has(text, &[", ", " and ", " with "]);
        single.then(|| self.atoms.all_or_none(&parts)).flatten().map(Node::any)
    }

    /// A clause with a trailing `(note)` or `— note`.
    fn noted(&mut self, text: &str, origin: Origin) -> Option<Node> {
        let (base, remark) = trailing_note(text)?;
        let kept = self.notes.len();
        let tree = self.clause(base, origin);
        if tree.is_prose() {
            self.notes.truncate(kept);
            return None;
        }
        Some(self.with_note(tree, base, remark.trim(), text))
    }

    /// A note that promises nothing is shown; one with a condition or a negation counts.
    fn with_note(&mut self, tree: Node, base: &str, remark: &str, text: &str) -> Node {
        if let Some(other) = after(remark, "or") {
            return Node::any(vec![tree, Node::residual(other)]);
        }
        if !binds(remark) {
            return literal_with_note(&tree, base, text).unwrap_or_else(|| {
                self.notes.push(remark.to_owned());
                tree
            });
        }
        let bound = self.atoms.read(tidy(remark), Origin::Split);
        Node::all(vec![tree, bound.unwrap_or_else(|| Node::residual(remark))])
    }
}

/// `"a" / "b"`
fn quoted_alternatives(text: &str) -> Option<Node> {
    let parts = split(text, &[" / ", " | "]);
    let quoted = parts.iter().all(|part| super::literal::unquoted(part).is_some());
    (parts.len() > 1 && quoted).then(|| answers::same_sort(&parts))?
}

/// `active (running)` is one literal, of which the base alone proves nothing.
fn literal_with_note(node: &Node, base: &str, text: &str) -> Option<Node> {
    let Node::Check(leaf) = node else { return None };
    let Check::Text(literal) = &leaf.check else {
        return None;
    };
    let simple = literal.spelling != Spelling::Quoted && text.ends_with(')') && !base.contains(' ');
    let whole = Literal::new(tidy(text), Spelling::Prose, Place::Anywhere, Case::Smart)?;
    let whole = whole.spelled(literal.spelling);
    simple.then(|| Node::check(Check::TextWithNote(whole, literal.clone())))
}

/// Whether a note takes something back or adds a promise of its own.
fn binds(note: &str) -> bool {
    const BINDING: &str = "\
     not|no|never|or|except|unless|if|when|only|must|should|otherwise|without|don't|\
     isn't|doesn't|cannot";
    let words = plain_words(note, Protected::Quotes);
    let needless = note.to_lowercase().starts_with("no ")
        && ["needed", "required", "necessary"].iter().any(|word| words.iter().any(|w| w == word));
    if needless {
        return false;
    }
    let compared = mask(note, Protected::Quotes).contains(['<', '>', '≥', '≤', '\u{1}']);
    compared || Demand::parse(note).is_some() || words.iter().any(|word| is(word, BINDING))
}

/// The clause and its trailing note.
pub(super) fn trailing_note(text: &str) -> Option<(&str, &str)> {
    let masked = mask(text, Protected::Brackets);
    for dash in [" — ", " – ", " -- ", " - "] {
        if let Some(at) = masked.find(dash) {
            return Some((text[..at].trim(), text[at + dash.len()..].trim()));
        }
    }
    if !text.ends_with(')') {
        return None;
    }
    let blanked = masked.trim_end_matches('\u{1}').len();
    let (base, note) = text.split_at(blanked);
    let note = note.strip_prefix('(')?.strip_suffix(')')?;
    (!base.trim().is_empty()).then_some((base.trim(), note))
}

/// A condition: what follows from it is a person's to say.
fn is_conditional(text: &str) -> bool {
    const WORDS: &str = "if|when|unless|otherwise|until|except|depending|while|once";
    let words = plain_words(text, Protected::Brackets);
    words.iter().any(|word| is(word, WORDS))
}

/// A hedge: the author means something near to what is written.
fn is_hedged(text: &str) -> bool {
    const WORDS: &str = "\
     may|might|maybe|e.g|i.e|like|about|around|approximately|roughly|possibly|usually|\
     probably|near|etc|similar|sometimes|whichever|optionally|after|before|perhaps|\
     ideally|at|during|unlike|vs";
    let words = plain_words(text, Protected::Brackets);
    let worded = words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).map_or("", String::as_str);
        is(word, WORDS) && !(word == "at" && matches!(next, "least" | "most"))
    });
    let masked = mask(text, Protected::Brackets);
    worded || masked.contains("such as") || masked.contains(['~', '≈'])
}

/// Text without what ends a sentence and says nothing.
fn tidy(text: &str) -> &str {
    let text = super::text::without_marks(text);
    let bare =
        text.strip_suffix(['.', ';', ',']).filter(|bare| !bare.ends_with('.') && !bare.is_empty());
    let said = bare.or_else(|| text.strip_suffix('!')).unwrap_or(text);
    super::text::without_marks(said)
}

/// `- item`
fn item(line: &str) -> Option<&str> {
    line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).map(str::trim)
}

fn contained_line(line: &str) -> Node {
    let text = super::literal::unquoted(line).unwrap_or(line);
    match Literal::new(text, Spelling::Quoted, Place::Anywhere, Case::Smart) {
        Some(literal) => Node::check(Check::Text(literal)),
        None => Node::residual(line),
    }
}

/// Prose is a person's; but output that has it word for word says so itself.
fn prose(text: &str, origin: Origin) -> Node {
    let (words, characters) = match origin {
        Origin::Whole => (2, 8),
        Origin::Split => (3, 12),
    };
    let long = text.split_whitespace().count() >= words && text.chars().count() >= characters;
    let plain = long && !is_conditional(text) && !is_hedged(text) && Bound::parse(text).is_none();
    let verbatim = plain
        .then(|| Literal::new(text, Spelling::Prose, Place::Anywhere, Case::Exact))
        .flatten()
        .map(|literal| Box::new(Leaf { check: Check::Text(literal), source: Source::Both }));
    Node::Residual(Residual { words: text.to_owned(), verbatim })
}

/// Phrases before a promise that promise nothing themselves.
pub(super) fn without_subject(text: &str) -> &str {
    let subject = "the output|output|the body|body|response body|the response body|the command|command|the result|result|stdout|the response|response|it|this|you";
    let verbs = "should|must|will|contains|includes|is|has|shows|returns|prints|mentions|lists|reports|equals";
    match after(text, subject) {
        Some(rest) if after(rest, verbs).is_some() => rest,
        _ => text,
    }
}

/// What follows a trailing qualifier that says only where: `in the output`.
pub(super) fn without_place(text: &str) -> &str {
    let place = "in the output|in output|in the response|in the list|in the logs|in logs";
    match before(text, place) {
        Some(rest) if !rest.is_empty() && !is(rest, "nothing") => rest,
        _ => text,
    }
}

/// `anything but 500`: what follows is what must not be there.
fn makes_exception(text: &str) -> bool {
    let parts = split(text, &[" but "]);
    let before: Vec<_> = parts[0].split_whitespace().rev().take(2).map(str::to_lowercase).collect();
    let all = |word: &String| {
        let whole = ["anything", "any", "everything", "every", "all", "nothing", "none"];
        whole.contains(&word.as_str())
    };
    parts.len() > 1 && before.iter().any(all)
}
