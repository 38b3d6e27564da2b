//! How every line of a runbook is understood: as JSON for programs, as text for a reviewer.
//!
//! Comes in: a [`Plan`] over all steps. Goes out: the versioned contract of the README, and a text
//! that says of each statement what it does and of each expectation what is checked.

mod text;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::document::{self, ActionKind, Block};
use crate::plan::{self, Plan};
use crate::policy::{Classification, Effect, Trait};
use crate::source::Span;

pub use text::text;

/// The contract's version; it grows when a field changes its meaning.
const VERSION: u32 = 1;

/// What `runbook explain --format json` prints.
#[derive(Debug, Serialize)]
pub struct Explanation {
    version: u32,
    file: String,
    title: Option<String>,
    plan: String,
    metadata: BTreeMap<String, String>,
    inputs: Vec<Value>,
    steps: Vec<Step>,
    diagnostics: Vec<Value>,
}

/// A step of it.
#[derive(Debug, Serialize)]
pub struct Step {
    id: String,
    title: String,
    section: String,
    line: usize,
    no_return: Option<Value>,
    undoes: Vec<String>,
    actions: Vec<Value>,
}

impl Explanation {
    /// Explains a plan.
    pub fn new(plan: &Plan) -> Self {
        let document = &plan.document;
        let entries = document.metadata.entries.iter();
        Self {
            version: VERSION,
            file: document.source.path().display().to_string(),
            title: document.title.clone(),
            plan: plan.fingerprint.clone(),
            metadata: entries.map(|entry| (entry.key.clone(), entry.value.clone())).collect(),
            inputs: plan.inputs.iter().map(input).collect(),
            steps: plan.steps.iter().map(|step| explain_step(plan, step)).collect(),
            diagnostics: document.diagnostics.iter().map(|one| diagnostic(plan, one)).collect(),
        }
    }
}

fn input(input: &plan::Input) -> Value {
    json!({
        "name": input.name,
        "kind": input.kind,
        "secret": input.secret,
        "spellings": input.spellings,
        "lines": input.lines,
        "list": input.list,
        "description": input.description,
        "default": input.default,
        "pattern": input.pattern,
    })
}

fn diagnostic(plan: &Plan, one: &crate::diagnostic::Diagnostic) -> Value {
    let start = one.labels.first().map_or(0, |label| label.span.start);
    let place = plan.document.source.position(start);
    json!({
        "code": one.code,
        "severity": one.severity,
        "message": one.message,
        "help": one.help,
        "line": place.line,
        "column": place.column,
    })
}

fn explain_step(plan: &Plan, step: &plan::Step) -> Step {
    let written = plan.step(step);
    Step {
        id: written.id.clone(),
        title: written.title.clone(),
        section: written.section.title.clone(),
        line: written.line,
        no_return: plan
            .no_return(step.place)
            .map(|one| json!({"line": one.line, "text": one.words})),
        undoes: undoes(plan, step),
        actions: actions(plan, &written.actions, &step.actions),
    }
}

/// The ids of the steps that a step of a rollback undoes.
fn undoes(plan: &Plan, step: &plan::Step) -> Vec<String> {
    let places = plan.document.undone_by(step.place).into_iter();
    places.map(|place| plan.document.steps[place].id.clone()).collect()
}

fn actions(plan: &Plan, written: &[document::Action], decided: &[plan::Action]) -> Vec<Value> {
    written
        .iter()
        .zip(decided)
        .map(|(action, decision)| explain_action(plan, action, decision))
        .collect()
}

fn explain_action(plan: &Plan, action: &document::Action, decision: &plan::Action) -> Value {
    let line = action.line;
    match (&action.kind, decision) {
        (ActionKind::Command(block), plan::Action::Command(segments)) => {
            command(plan, line, block, segments)
        }
        (ActionKind::Choice(choice), plan::Action::Choice(decided)) => {
            let alternatives = choice.alternatives.iter().zip(decided).map(|(one, decided)| {
                json!({
                    "label": one.label,
                    "preferred": one.preferred,
                    "actions": actions(plan, &one.actions, decided),
                })
            });
            json!({"kind": "choice", "line": line, "alternatives": alternatives.collect::<Vec<_>>()})
        }
        (ActionKind::Manual(manual), _) => {
            let items = manual.items.iter().map(|item| item.text.as_str());
            json!({
                "kind": "manual",
                "line": line,
                "text": items.collect::<Vec<_>>().join("\n"),
                "yields": manual.yields,
                "copy": manual.copy,
            })
        }
        (ActionKind::Record(record), _) => {
            json!({"kind": "record", "line": line, "language": record.language, "text": record.text})
        }
        _ => unreachable!("a plan's actions are in step with its document's"),
    }
}

fn command(plan: &Plan, line: usize, block: &Block, segments: &[plan::Segment]) -> Value {
    let source = &plan.document.source;
    let reasons = block.reasons.iter().map(|reason| {
        let place = source.position(reason.span.start);
        json!({"text": reason.text, "line": place.line, "column": place.column})
    });
    let effect = segments.iter().map(|one| one.effect).max();
    let effect = effect.unwrap_or(if block.runnable { Effect::Read } else { Effect::Unknown });
    let mut traits: Vec<Trait> = segments.iter().flat_map(|one| one.traits.clone()).collect();
    traits.sort_unstable();
    traits.dedup();
    let statements = &block.script.statements;
    json!({
        "kind": "command",
        "line": line,
        "language": block.language,
        "label": block.label,
        "runnable": block.runnable,
        "reasons": reasons.collect::<Vec<_>>(),
        "effect": effect,
        "traits": traits,
        "reads": names(statements.iter().flat_map(|one| one.reads.iter().map(|it| it.name.as_str()))),
        "assigns": names(statements.iter().flat_map(|one| one.assigns.iter().map(|it| it.name.as_str()))),
        "placeholders": names(block.placeholders.iter().map(|one| one.spelling.as_str())),
        "inside": block.inside,
        "remarks": names(segments.iter().flat_map(|one| one.remarks.iter().map(String::as_str))),
        "segments": block.segments.iter().zip(segments).map(|(written, decided)| {
            segment(plan, block, written, decided)
        }).collect::<Vec<_>>(),
    })
}

fn segment(
    plan: &Plan,
    block: &Block,
    written: &document::Segment,
    decided: &plan::Segment,
) -> Value {
    let statements = block.script.statements[written.statements.clone()].iter();
    json!({
        "line": written.line,
        "statements": statements.zip(&decided.classifications).map(|(statement, one)| {
            explain_statement(plan, block, statement.span, one)
        }).collect::<Vec<_>>(),
        "expectations": written.expectations.iter().map(expectation).collect::<Vec<_>>(),
    })
}

fn explain_statement(plan: &Plan, block: &Block, span: Span, one: &Classification) -> Value {
    let reasons = one.reasons.iter().map(|reason| {
        let (line, column) = block_place(plan, block, reason.span.start);
        json!({"text": reason.text, "line": line, "column": column})
    });
    json!({
        "line": block_place(plan, block, span.start).0,
        "text": &block.text[span.range()],
        "effect": one.effect,
        "reasons": reasons.collect::<Vec<_>>(),
        "commands": one.commands,
    })
}

fn expectation(annotation: &document::Annotation) -> Value {
    let expectation = &annotation.expectation;
    json!({
        "line": annotation.line,
        "text": expectation.text(),
        "checks": expectation.checks(),
        "residual": expectation.residual(),
        "notes": expectation.notes(),
        "best": expectation.best(),
    })
}

/// Line and column, from 1, of a byte of a block's text.
fn block_place(plan: &Plan, block: &Block, offset: usize) -> (usize, usize) {
    let before = &block.text[..offset];
    let number = before.matches('\n').count();
    let Some(span) = block.lines.get(number).or(block.lines.last()) else {
        return (1, 1);
    };
    let place = plan.document.source.position(span.start);
    let column = before[before.rfind('\n').map_or(0, |at| at + 1)..].chars().count();
    (place.line, place.column + column)
}

fn names<'a>(mentioned: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in mentioned {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}
