//! The rules of the vocabulary: each takes a whole clause or nothing.
//!
//! Comes in: one clause. Goes out: the node that it means. The rules are tried from the most
//! particular to the least; what is left at the end is a literal only if it is quoted or looks
//! like output. A word that a split has created must look like output to be more than English.

use super::check::{Check, Extent, Node, Source, Vacancy};
use super::http::Status;
use super::kinds::Kinds;
use super::number::Bound;
use super::pairs::Pair;
use super::parse::without_subject;
use super::rows::Rows;
use super::status::Demand;
use super::step::StepReference;
use super::words::{after, bare, before, is, singular, split};
use super::{amounts, answers, denial, json_words, presence};

/// Where a clause comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The author wrote just that.
    Whole,
    /// It is what a separator left of something longer.
    Split,
}

/// The rules, with the team's own nouns.
pub(super) struct Atoms<'k> {
    pub(super) kinds: &'k Kinds,
}

/// How many phrases around a promise are taken off: `stdout should show X` has two.
const DEEPEST: usize = 3;

impl Atoms<'_> {
    /// The node that the whole of `text` means.
    pub(super) fn read(&self, text: &str, origin: Origin) -> Option<Node> {
        self.read_inside(text, origin, 0)
    }

    fn read_inside(&self, text: &str, origin: Origin, depth: usize) -> Option<Node> {
        json_words::read(text)
            .or_else(|| self.kind(text))
            .or_else(|| amounts::exit(text))
            .or_else(|| amounts::vacancy(text, origin))
            .or_else(|| Rows::parse(text).map(Check::Rows).map(Node::check))
            .or_else(|| StepReference::parse(text).map(Check::Step).map(Node::check))
            .or_else(|| answers::status(text, origin))
            .or_else(|| answers::either(text))
            .or_else(|| answers::refusal(text))
            .or_else(|| answers::statuses_and_reasons(&split(text, &[" | ", " / ", "|", "/"])))
            .or_else(|| denial::negation(text))
            .or_else(|| amounts::number(text, origin))
            .or_else(|| amounts::count(text))
            .or_else(|| amounts::length(text))
            .or_else(|| presence::pattern(text))
            .or_else(|| Pair::parse(text).map(Check::Pair).map(Node::check))
            .or_else(|| presence::contains(text))
            .or_else(|| self.streamed(text, origin, depth))
            .or_else(|| self.spoken(text, origin, depth))
            .or_else(|| presence::listing(text))
            .or_else(|| presence::literal(text, origin))
    }

    /// How many, as a typed form says it.
    pub(super) fn counted(&self, text: &str) -> Option<Node> {
        self.kind(text)
            .or_else(|| amounts::vacancy(text, Origin::Whole))
            .or_else(|| amounts::count(text))
    }

    /// Every part, if all of them compile.
    pub(super) fn all_or_none(&self, parts: &[&str]) -> Option<Vec<Node>> {
        parts.iter().map(|part| self.read(part, Origin::Split)).collect()
    }

    /// A team's own noun.
    fn kind(&self, text: &str) -> Option<Node> {
        let list = after(bare(text), "list of|non-empty list of|only");
        let phrase = list.unwrap_or(text);
        if let Some((noun, pattern)) = self.kinds.get(phrase) {
            let lines = ["log", "line", "entry", "message", "event", "record"];
            let plural = singular(bare(phrase)) != bare(phrase).to_lowercase();
            let extent = match list {
                Some(_) => Extent::Every,
                None if lines.iter().any(|line| noun.ends_with(line)) => Extent::Any,
                None if plural => Extent::Every,
                None => Extent::One,
            };
            return Some(Node::check(Check::Kind(noun.to_owned(), pattern.clone(), extent)));
        }
        let (bound, phrase) = Bound::lead(text)?;
        let (noun, pattern) = self.kinds.get(phrase)?;
        let extent = Extent::Count(bound);
        Some(Node::check(Check::Kind(noun.to_owned(), pattern.clone(), extent)))
    }

    /// `stderr: X`, `X on stderr`.
    fn streamed(&self, text: &str, origin: Origin, depth: usize) -> Option<Node> {
        if is(text, NO_STDERR) {
            let mut node = Node::check(Check::Empty(Vacancy::Output));
            node.read_from(Source::Stderr);
            return Some(node);
        }
        let stderr = after(text, "stderr:|on stderr:|stderr contains|stderr has")
            .or_else(|| before(text, "on stderr|to stderr|in stderr"));
        let stdout = || {
            after(text, "stdout:|on stdout:|stdout contains|stdout has")
                .or_else(|| before(text, "on stdout|to stdout"))
        };
        let (rest, source) = match stderr {
            Some(rest) => (rest, Source::Stderr),
            None => (stdout()?, Source::Stdout),
        };
        let mut node = self.deeper(rest, origin, depth)?;
        node.read_from(source);
        Some(node)
    }

    fn deeper(&self, text: &str, origin: Origin, depth: usize) -> Option<Node> {
        (depth < DEEPEST).then(|| self.read_inside(text, origin, depth + 1))?
    }

    /// `should return X`, `prints X`: the rule for X.
    fn spoken(&self, text: &str, origin: Origin, depth: usize) -> Option<Node> {
        let text = without_subject(text);
        if let Some(rest) = after(text, SHOULD_NOT) {
            return spoken_denial(rest);
        }
        if let Some(rest) = after(text, FAILS_WITH) {
            let node = self.deeper(rest, Origin::Whole, depth)?;
            // A status or its reason is an answer, with which the client may well succeed.
            let decides = node.demand() == Some(Demand::Any) && node.is_answer();
            let fails = Node::check(Check::Exit(Demand::NonZero));
            return Some(if decides { node } else { Node::all(vec![fails, node]) });
        }
        let bid = after(text, "should now|should also|should|must|will");
        let verbs = if bid.is_some() { BARE_VERBS } else { VERBS };
        let object = after(bid.unwrap_or(text), verbs);
        let rest = object.or_else(|| bid.filter(|rest| after(rest, BARE_VERBS).is_none()))?;
        let rest = rest.trim_start_matches([':', ' ']);
        let whole = bid.is_some() || origin == Origin::Whole || Status::parse(rest).is_some();
        let whole = whole && !is_plain_word(rest);
        let meant = if whole { Origin::Whole } else { Origin::Split };
        (!rest.is_empty() && rest.len() < text.len()).then(|| self.deeper(rest, meant, depth))?
    }
}

const NO_STDERR: &str = "no stderr|empty stderr|stderr is empty|stderr empty|nothing on stderr|\
     no output on stderr";

const SHOULD_NOT: &str = "should not|should never|must not|must never|will not|shouldn't";

const FAILS_WITH: &str = "fails with|should fail with|fail with|rejected with|is rejected with";

const BARE_VERBS: &str = "\
     return|show|see|be|print|output|list|contain|include|display|report|have|say|\
     produce|give|read|equal|answer|respond with|answer with";

const VERBS: &str = "\
     returns|shows|prints|outputs|lists|displays|reports|says|produces|gives|reads|\
     equals|returned|responds with|answers with|answers|see|output is|result is|output:|\
     result:|value is|printed|is|has";

fn spoken_denial(rest: &str) -> Option<Node> {
    if is(rest, "be empty") {
        return Some(Node::check(Check::NonEmpty));
    }
    if is(rest, "fail") {
        return Some(Node::check(Check::Exit(Demand::Exactly(vec![0]))));
    }
    let object = after(rest, BARE_VERBS)?;
    let object = after(object, "any").unwrap_or(object);
    denial::negation(&format!("no {object}"))
}

fn is_plain_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase())
}
