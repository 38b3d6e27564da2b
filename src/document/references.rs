//! References to steps in prose and expectations: `step 7` must be somewhere.
//!
//! Comes in: the markdown and the steps. Goes out: a diagnostic for each reference to a step that
//! the document does not have. A number of an ordered list counts in prose, because authors call
//! its items steps; an expectation needs a step that has output.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};

use super::tree::{List, Node, Prose};
use super::{Action, ActionKind, Step};

static STEP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\bsteps?\s+(\d{1,3}(?:\.\d{1,3}){0,2})\b",
        r"(?:\s*(?:-|–|and|to|or|through|&)\s*(\d{1,3}(?:\.\d{1,3}){0,2})\b)?"
    ))
    .expect("a valid pattern")
});

/// Words after a reference that say it is another document's.
const ELSEWHERE: &[&str] =
    &[" of the ", " in the ", " of our ", " in our ", " of [", " in [", " from "];

/// The references of a document that lead nowhere.
pub(super) fn unresolved(source: &Source, nodes: &[Node], steps: &[Step]) -> Vec<Diagnostic> {
    let mut ids: HashSet<String> = HashSet::new();
    for step in steps {
        // `step 3` may mean the steps 3.1 and 3.2 together.
        let parts: Vec<_> = step.id.split('.').collect();
        ids.extend((1..=parts.len()).map(|count| parts[..count].join(".")));
    }
    let mut diagnostics = Vec::new();
    expectations(steps, &ids, &mut diagnostics);
    let mut seen = Seen::default();
    seen.nodes(nodes);
    let known = |id: &str| ids.contains(id) || seen.numbers.contains(id);
    for span in seen.proses {
        prose(source, span, known, &mut diagnostics);
    }
    diagnostics
}

/// The running text of a document outside headings, and its list numbers.
#[derive(Default)]
struct Seen {
    proses: Vec<Span>,
    numbers: HashSet<String>,
}

impl Seen {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Heading(heading) => {
                    let (number, _) = super::sections::numbered(&heading.prose.text);
                    self.numbers.extend(number);
                }
                Node::Paragraph(prose) => self.prose(prose),
                Node::List(list) => self.list(list),
                Node::Quote(nodes) => self.nodes(nodes),
                Node::Table(table) => {
                    let cells = table.rows.iter().flat_map(|row| &row.cells);
                    cells.for_each(|cell| self.prose(cell));
                }
                Node::Code(_) | Node::Html(_) => {}
            }
        }
    }

    fn prose(&mut self, prose: &Prose) {
        self.proses.push(prose.span);
    }

    fn list(&mut self, list: &List) {
        if let Some(start) = list.start {
            let numbers = (start..).take(list.items.len()).map(|number| number.to_string());
            self.numbers.extend(numbers);
        }
        list.items.iter().for_each(|item| self.nodes(&item.nodes));
    }
}

fn prose(
    source: &Source,
    span: Span,
    known: impl Fn(&str) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let text = source.slice(span);
    for found in STEP.captures_iter(text) {
        let numbers = [found.get(1), found.get(2)];
        let after = found.get(0).map_or("", |all| &text[all.end()..]);
        if ELSEWHERE.iter().any(|word| after.starts_with(word)) {
            continue;
        }
        for number in numbers.into_iter().flatten() {
            if !known(number.as_str()) {
                let place = Span::from(number.range()).shift(span.start);
                diagnostics.push(unknown(number.as_str(), place));
            }
        }
    }
}

fn expectations(steps: &[Step], ids: &HashSet<String>, diagnostics: &mut Vec<Diagnostic>) {
    let actions = steps.iter().flat_map(|step| &step.actions);
    actions.for_each(|action| of_action(action, ids, diagnostics));
}

fn of_action(action: &Action, ids: &HashSet<String>, diagnostics: &mut Vec<Diagnostic>) {
    match &action.kind {
        ActionKind::Command(block) => {
            let annotations = block.segments.iter().flat_map(|segment| &segment.expectations);
            for annotation in annotations {
                for id in annotation.expectation.step_references() {
                    if !ids.contains(&id) {
                        diagnostics.push(unknown(&id, annotation.span));
                    }
                }
            }
        }
        ActionKind::Choice(choice) => {
            let actions = choice.alternatives.iter().flat_map(|one| &one.actions);
            actions.for_each(|action| of_action(action, ids, diagnostics));
        }
        ActionKind::Manual(_) | ActionKind::Record(_) => {}
    }
}

fn unknown(id: &str, span: Span) -> Diagnostic {
    let message = format!("there is no step {id} in this runbook");
    Diagnostic::new(Severity::Warning, "unresolved-reference", span, message)
        .help("name a step that has a heading or a list number of its own")
}
