//! What an expectation needs to see, to be told before a run whether its command can show it.
//!
//! Comes in: a compiled annotation. Goes out: [`Want`]s, one for each check that must hold. An
//! alternative among several wants nothing, because another one may hold. Refuses to know
//! commands, but for what the judge knows of them too: whether one keeps an HTTP status to itself,
//! and whether one cuts its output.

use super::check::{Check, Leaf, Node, Source};
use super::observable;
use super::status::stages;
use super::{Expectation, step};

/// One thing that must be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// What it is.
    pub sought: Sought,
    /// Where it may be seen.
    pub place: Place,
    /// The check in English.
    pub text: String,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// Some output of any kind: a list, a number, a table.
    Output,
    /// JSON with something in it.
    Json,
    /// So many lines.
    Lines,
    /// Something of every row of a table.
    EveryRow,
    /// An HTTP status.
    Status,
    /// A text.
    Text(String),
    /// That a text is not there.
    NoText(String),
    /// That nothing is reported as an error, a warning or a failure.
    NoTrouble,
    /// As many lines as an earlier step printed, or the same output.
    Step(String),
}

/// Which outputs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Standard output alone.
    Stdout,
    /// Standard error alone.
    Stderr,
    /// Both.
    Both,
}

impl Expectation {
    /// What must be seen for it to be met.
    pub fn wants(&self) -> Vec<Want> {
        let mut wants = Vec::new();
        collect(&self.tree, &mut wants);
        wants
    }
}

fn collect(node: &Node, wants: &mut Vec<Want>) {
    match node {
        Node::All(nodes) => nodes.iter().for_each(|node| collect(node, wants)),
        // `401 / unauthorized` is one answer in two forms.
        Node::Any(nodes) if node.is_answer() => {
            wants.extend(
                nodes.first().and_then(|first| first.leaves().first().copied()).and_then(want),
            );
        }
        Node::Check(leaf) => wants.extend(want(leaf)),
        Node::Any(_) | Node::Residual(_) => {}
    }
}

fn want(leaf: &Leaf) -> Option<Want> {
    let sought = match &leaf.check {
        Check::Http(_) => Sought::Status,
        Check::Json(_) => Sought::Json,
        Check::Count(..) => Sought::Lines,
        Check::Rows(rows) if rows.is_of_every() => Sought::EveryRow,
        Check::Step(step) => Sought::Step(step.id.clone()),
        Check::Text(literal) | Check::TextWithNote(literal, _) => {
            Sought::Text(literal.text.clone())
        }
        Check::NoText(literal) => Sought::NoText(literal.text.clone()),
        Check::NoTrouble(_) => Sought::NoTrouble,
        Check::NonEmpty
        | Check::Number(_)
        | Check::Length(..)
        | Check::Rows(_)
        | Check::Pair(_)
        | Check::Version(_)
        | Check::Pattern(_)
        | Check::Kind(..) => Sought::Output,
        Check::Exact(text) if !text.trim().is_empty() => Sought::Output,
        _ => return None,
    };
    let place = match leaf.source {
        Source::Both => Place::Both,
        Source::Stdout => Place::Stdout,
        Source::Stderr => Place::Stderr,
    };
    Some(Want { sought, place, text: leaf.describe() })
}

/// Why a command line does not show the HTTP status of its request, if it makes one.
pub fn keeps_status(command: &str) -> Option<&'static str> {
    observable::status_is_kept(&stages(command))
}

/// What in a command line shortens its output or lets it run on.
pub fn cuts_output(command: &str) -> Option<&str> {
    step::truncates(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::Kinds;

    #[test]
    fn what_must_be_seen_is_told_and_an_alternative_is_not() {
        let case = |text: &str, expected: &[Sought]| {
            let expectation = Expectation::parse(text, &Kinds::default()).expect("it compiles");
            let wants = expectation.wants();
            let sought: Vec<_> = wants.iter().map(|want| want.sought.clone()).collect();
            assert_eq!(sought, expected, "{text}");
        };
        case("401 / unauthorized", &[Sought::Status]);
        case("HTTP 200", &[Sought::Status]);
        case("3 lines", &[Sought::Lines]);
        case("some output", &[Sought::Output]);
        case("8", &[Sought::Output]);
        case("all pods Running", &[Sought::EveryRow]);
        case("READY 2/2", &[Sought::Output]);
        case("{\"ok\": true}", &[Sought::Json]);
        case("a count matching step 1", &[Sought::Step("1".to_owned())]);
        case("\"ready\", no errors", &[Sought::Text("ready".to_owned()), Sought::NoTrouble]);
        case("not \"failed\"", &[Sought::NoText("failed".to_owned())]);
        case("\"a\" or \"b\"", &[]);
        case("no output", &[]);
        case("a nice surprise", &[]);
    }
}
