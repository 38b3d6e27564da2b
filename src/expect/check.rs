//! The tree that an annotation compiles to: checks, what is left to a person, and how they join.
//!
//! Comes in: what the parser recognised. Goes out: each check in English, what one line says of
//! it, and what it demands of the exit statuses. Whole outputs are judged in `judge`.

use regex::Regex;

use super::Stream;
use super::absence::Trouble;
use super::http::{Reading, Reason, Status, any_status};
use super::json::Json;
use super::literal::Literal;
use super::number::Bound;
use super::pairs::Pair;
use super::rows::Rows;
use super::status::Demand;
use super::step::StepReference;
use super::version::Version;
use super::watch::{Line, Sight};
use super::words::plural;

/// Everything that an annotation says.
#[derive(Debug, Clone)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Check(Box<Leaf>),
    Residual(Residual),
}

/// Words that a person must judge.
#[derive(Debug, Clone)]
pub(super) struct Residual {
    pub(super) words: String,
    /// The words as literal text: where the output has them as they stand, they are met.
    pub(super) verbatim: Option<Box<Leaf>>,
}

/// A check and the streams that it reads.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) check: Check,
    pub(super) source: Source,
}

/// Which streams a line-wise check reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Both,
    Stdout,
    Stderr,
}

/// What is left of an output for it to be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vacancy {
    /// Nothing at all.
    Output,
    /// No rows: a header, `(0 rows)`, `0` or `[]` may stand there.
    Rows,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) noun: String,
    pub(super) counting: Counting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// Lines, rows, matches: what a line is.
    Lines,
    /// Pods, files, keys: things that usually take a line each.
    Things,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LengthUnit {
    Characters,
    Bytes,
}

/// How many lines must be of a kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Extent {
    Every,
    Any,
    One,
    Count(Bound),
}

/// One thing that can be checked.
#[derive(Debug, Clone)]
pub(super) enum Check {
    Empty(Vacancy),
    NonEmpty,
    Number(Bound),
    /// `count > 0`: the output as a number, or the pair of that name in it.
    Named(Bound, Pair),
    Count(Bound, Unit),
    Length(u64, LengthUnit),
    Exit(Demand),
    Http(Status),
    NoHttp(Status),
    Reason(Reason),
    Json(Json),
    Text(Literal),
    /// `active (running)`: the whole, and the base that alone proves nothing.
    TextWithNote(Literal, Literal),
    NoText(Literal),
    TextCount(Literal, Bound),
    NoTrouble(Trouble),
    Pair(Pair),
    NoPair(Pair),
    Rows(Rows),
    Step(StepReference),
    Version(Version),
    Pattern(Regex),
    Kind(String, Regex, Extent),
    Exact(String),
}

impl Node {
    pub(super) fn check(check: Check) -> Node {
        let source = check.source();
        Node::Check(Box::new(Leaf { check, source }))
    }

    pub(super) fn residual(words: &str) -> Node {
        Node::Residual(Residual { words: words.to_owned(), verbatim: None })
    }

    /// `nodes` joined by AND, without needless nesting.
    pub(super) fn all(nodes: Vec<Node>) -> Node {
        let mut flat = Vec::new();
        for node in nodes {
            match node {
                Node::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Node::All(flat) }
    }

    /// `nodes` joined by OR, without needless nesting.
    pub(super) fn any(nodes: Vec<Node>) -> Node {
        let mut flat = Vec::new();
        for node in nodes {
            match node {
                Node::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Node::Any(flat) }
    }

    /// Every leaf, in order; a residual's verbatim leaf is one.
    pub(super) fn leaves(&self) -> Vec<&Leaf> {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().flat_map(Node::leaves).collect(),
            Node::Check(leaf) => vec![leaf.as_ref()],
            Node::Residual(residual) => residual.verbatim.as_deref().into_iter().collect(),
        }
    }

    /// Number of leaves.
    pub(super) fn size(&self) -> usize {
        self.leaves().len()
    }

    /// Whether nothing in it can be checked.
    pub(super) fn is_prose(&self) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().all(Node::is_prose),
            Node::Check(_) => false,
            Node::Residual(_) => true,
        }
    }

    /// Whether it can hold without a person.
    pub(super) fn can_be_met(&self) -> bool {
        match self {
            Node::All(nodes) => nodes.iter().all(Node::can_be_met),
            Node::Any(nodes) => nodes.iter().any(Node::can_be_met),
            Node::Check(_) => true,
            Node::Residual(_) => false,
        }
    }

    /// Whether every check of it is of an HTTP answer.
    pub(super) fn is_answer(&self) -> bool {
        let answer = |leaf: &Leaf| matches!(leaf.check, Check::Http(_) | Check::Reason(_));
        self.leaves().into_iter().all(answer)
    }

    /// The words left to a person, in order.
    pub(super) fn words(&self) -> Vec<&str> {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().flat_map(Node::words).collect(),
            Node::Check(_) => Vec::new(),
            Node::Residual(residual) => vec![&residual.words],
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Node::All(nodes) => join(nodes, " and "),
            Node::Any(nodes) => join(nodes, ", or "),
            Node::Check(leaf) => leaf.describe(),
            Node::Residual(residual) => format!("“{}” (a person judges)", residual.words),
        }
    }

    /// Reads `source` from here on, where a check has a choice.
    pub(super) fn read_from(&mut self, source: Source) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => {
                for node in nodes {
                    node.read_from(source);
                }
            }
            Node::Check(leaf) => leaf.source = source,
            Node::Residual(residual) => {
                if let Some(leaf) = &mut residual.verbatim {
                    leaf.source = source;
                }
            }
        }
    }

    /// What it demands of the exit statuses; `None` where it says nothing of them.
    pub(super) fn demand(&self) -> Option<Demand> {
        match self {
            Node::All(nodes) => strongest(nodes),
            Node::Any(nodes) => {
                let mut demands = nodes.iter().map(Node::demand);
                let first = demands.next()?;
                if demands.all(|demand| demand == first) { first } else { Some(Demand::PerBranch) }
            }
            Node::Check(leaf) => leaf.check.demand(),
            Node::Residual(residual) => {
                speaks_of_failure(&residual.words).then_some(Demand::Unclear)
            }
        }
    }
}

fn join(nodes: &[Node], word: &str) -> String {
    nodes.iter().map(Node::describe).collect::<Vec<_>>().join(word)
}

/// Prose that speaks of a failure, in words or by a status.
fn speaks_of_failure(words: &str) -> bool {
    let status = super::words::plain_words(words, super::words::Protected::Quotes)
        .iter()
        .any(|word| Status::parse(word).is_some_and(|status| status.is_failure()));
    status || super::literal::speaks_of_failure(words)
}

/// What all of `nodes` together demand: what was said aloud wins, silence of all of them or
/// nothing but prose beside them keeps `Quiet`.
fn strongest(nodes: &[Node]) -> Option<Demand> {
    let demands: Vec<Option<Demand>> = nodes.iter().map(Node::demand).collect();
    let rank = |demand: &Demand| match demand {
        Demand::Exactly(_) | Demand::NonZero => 4,
        Demand::Any => 3,
        Demand::PerBranch => 2,
        Demand::Unclear => 1,
        Demand::Quiet | Demand::Success => 0,
    };
    let loudest = demands.iter().flatten().max_by_key(|demand| rank(demand)).cloned()?;
    let expects_something =
        nodes.iter().zip(&demands).any(|(node, demand)| demand.is_none() && !node.is_prose());
    (loudest != Demand::Quiet || !expects_something).then_some(loudest)
}

/// Whether a command prints words of its own.
fn prints_words(command: &str) -> bool {
    ["echo ", "printf "].iter().any(|name| {
        let printed = command.split(name).skip(1);
        let mut first =
            printed.filter_map(|rest| rest.trim_start_matches(['"', '\'']).chars().next());
        first.any(|c| c != '$' && c != '`')
    })
}

impl Leaf {
    /// Whether this line is for it.
    pub(super) fn reads(&self, line: &Line<'_>) -> bool {
        match self.source {
            Source::Both => true,
            Source::Stdout => line.stream == Stream::Stdout,
            Source::Stderr => line.stream == Stream::Stderr,
        }
    }

    pub(super) fn describe(&self) -> String {
        let text = self.check.describe();
        match self.source {
            Source::Stderr if text.contains("stdout") => text.replace("stdout", "stderr"),
            Source::Stderr => format!("{text} (on stderr)"),
            Source::Both | Source::Stdout => text,
        }
    }
}

impl Check {
    fn source(&self) -> Source {
        match self {
            Check::Http(_)
            | Check::NoHttp(_)
            | Check::Reason(_)
            | Check::Text(_)
            | Check::TextWithNote(..)
            | Check::NoText(_)
            | Check::TextCount(..)
            | Check::NoTrouble(_)
            | Check::Pair(_)
            | Check::NoPair(_)
            | Check::Version(_) => Source::Both,
            _ => Source::Stdout,
        }
    }

    /// What one line says; whole-output checks look at no lines.
    pub(super) fn sight(&self, line: &Line<'_>) -> Sight {
        if line.is_echo() && !matches!(self, Check::Kind(..)) {
            return Sight::None;
        }
        match self {
            Check::Http(status) => match status.sight(line, Reading::For) {
                Sight::None if any_status(line) => Sight::Against,
                sight => sight,
            },
            Check::NoHttp(status) => status.sight(line, Reading::Against),
            Check::Reason(reason) => reason.sight(line),
            Check::Text(literal) | Check::TextCount(literal, _) => literal.sight(line),
            Check::TextWithNote(whole, base) => match (whole.sight(line), base.occurs(line.text)) {
                (Sight::Hit, _) => Sight::Hit,
                (_, true) => Sight::Doubt,
                _ => Sight::None,
            },
            Check::NoText(literal) if literal.occurs(line.text) => Sight::Hit,
            Check::NoTrouble(trouble) => trouble.sight(line),
            Check::Pattern(pattern) if pattern.is_match(line.text) => Sight::Hit,
            Check::Kind(_, pattern, _) if pattern.is_match(line.text.trim()) => Sight::Hit,
            Check::Kind(..) => Sight::Against,
            _ => Sight::None,
        }
    }

    /// Whether it is met by the absence of something.
    pub(super) fn is_negative(&self) -> bool {
        matches!(self, Check::NoHttp(_) | Check::NoText(_) | Check::NoTrouble(_) | Check::NoPair(_))
    }

    /// Whether it may hold although what the command was given printed nothing: for being about an
    /// absence or a status, for allowing for none, or because the command's own words fulfil it.
    pub(super) fn holds_without_output(&self, command: &str) -> bool {
        match self {
            Check::Empty(_) | Check::Exit(_) => true,
            check if check.is_negative() => true,
            Check::Number(bound)
            | Check::Named(bound, _)
            | Check::Count(bound, _)
            | Check::TextCount(_, bound)
            | Check::Kind(_, _, Extent::Count(bound))
                if bound.holds(0.0) =>
            {
                true
            }
            Check::Exact(text) => command.contains(text.trim()),
            Check::NonEmpty => prints_words(command),
            check => command.lines().any(|line| {
                let sight = check.sight(&Line::of(line, Stream::Stdout));
                matches!(sight, Sight::Hit | Sight::Torn)
            }),
        }
    }

    fn demand(&self) -> Option<Demand> {
        match self {
            Check::Exit(demand) => Some(demand.clone()),
            Check::Http(status) => status.is_failure().then_some(Demand::Any),
            Check::Reason(_) => Some(Demand::Any),
            Check::Text(literal) | Check::TextWithNote(literal, _) => {
                literal.speaks_of_failure().then_some(Demand::Any)
            }
            Check::Pattern(pattern) => {
                super::literal::speaks_of_failure(pattern.as_str()).then_some(Demand::Any)
            }
            Check::Exact(text) => super::literal::speaks_of_failure(text).then_some(Demand::Any),
            Check::Empty(_) => Some(Demand::Quiet),
            Check::Number(bound) | Check::Named(bound, _) | Check::Count(bound, _)
                if bound.holds(0.0) =>
            {
                Some(Demand::Quiet)
            }
            check if check.is_negative() => Some(Demand::Quiet),
            _ => None,
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Check::Empty(Vacancy::Output) => "stdout is empty".to_owned(),
            Check::Empty(Vacancy::Rows) => "stdout has no rows".to_owned(),
            Check::NonEmpty => "stdout is not empty".to_owned(),
            Check::Number(bound) => format!("stdout is one number: {}", bound.describe()),
            Check::Named(bound, pair) => {
                format!("stdout is one number: {}; or {}", bound.describe(), pair.describe())
            }
            Check::Count(bound, unit) => {
                format!("the count of {} on stdout is {}", plural(&unit.noun), bound.describe())
            }
            Check::Length(length, LengthUnit::Characters) => {
                format!("stdout is {length} characters long")
            }
            Check::Length(length, LengthUnit::Bytes) => format!("stdout is {length} bytes long"),
            Check::Exit(demand) => demand.describe(),
            Check::Http(status) => format!("the output shows {}", status.describe()),
            Check::NoHttp(status) => format!("no line shows {}", status.describe()),
            Check::Reason(reason) => format!("the output gives {}", reason.describe()),
            Check::Json(json) => json.describe(),
            Check::Text(literal) | Check::TextWithNote(literal, _) => {
                format!("the output has {}", literal.describe())
            }
            Check::NoText(literal) => format!("no line has {}", literal.describe()),
            Check::TextCount(literal, bound) => {
                format!("the count of lines with {} is {}", literal.describe(), bound.describe())
            }
            Check::NoTrouble(trouble) => trouble.describe().to_owned(),
            Check::Pair(pair) => format!("{} in the output", pair.describe()),
            Check::NoPair(pair) => format!("it is not so that {}", pair.describe()),
            Check::Rows(rows) => rows.describe(),
            Check::Step(step) => step.describe(),
            Check::Version(version) => version.describe(),
            Check::Pattern(pattern) => format!("a line matches /{}/", pattern.as_str()),
            Check::Kind(noun, pattern, extent) => extent.describe(noun, pattern),
            Check::Exact(text) => format!("stdout is exactly `{}`", super::text::brief(text)),
        }
    }
}

impl Extent {
    fn describe(&self, noun: &str, pattern: &Regex) -> String {
        let kind = format!("a {noun} (/{}/)", pattern.as_str());
        match self {
            Extent::Every => format!("every line of stdout is {kind}"),
            Extent::Any => format!("a line of stdout is {kind}"),
            Extent::One => format!("stdout is one line, {kind}"),
            Extent::Count(bound) => format!("{} lines of stdout are {kind}", bound.describe()),
        }
    }
}
