//! A plan as a reviewer reads it.

use crate::document::{self, ActionKind, Block};
use crate::expect::Best;
use crate::plan::{self, Plan};
use crate::report::{named, neutral};
use crate::voice;

use super::{block_place, undoes};

/// The explanation as a reviewer reads it.
pub fn text(plan: &Plan) -> String {
    let document = &plan.document;
    let mut out = Lines::default();
    match &document.title {
        Some(title) => out.runbook(0, title),
        None => out.line(0, "(no title)"),
    }
    for entry in &document.metadata.entries {
        out.runbook(1, &format!("{}: {}", entry.label, entry.value));
    }
    out.line(1, &format!("plan: {}", plan.fingerprint));
    if !plan.inputs.is_empty() {
        out.line(0, "");
        out.line(0, "Inputs");
        plan.inputs.iter().for_each(|input| out.line(1, &input_text(input)));
    }
    for step in &plan.steps {
        let written = plan.step(step);
        out.line(0, "");
        let section = if written.section.title.is_empty() {
            String::new()
        } else {
            format!(" [{}]", written.section.title)
        };
        out.line(
            0,
            &format!("Step {} — {}{section} (line {})", written.id, written.title, written.line),
        );
        if let Some(one) = plan.no_return(step.place) {
            out.line(1, &format!("no way back after it (line {}): {}", one.line, one.words));
        }
        let undoes = undoes(plan, step);
        if !undoes.is_empty() {
            let undoes = undoes.join(", ");
            out.line(1, &format!("undoes step {undoes}: left out where that was never begun"));
        }
        action_lines(plan, &written.actions, &step.actions, 1, &mut out);
    }
    out.text
}

/// Indented lines, neutralised.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    /// Words of ours; what they quote goes on behind a sign.
    fn line(&mut self, depth: usize, text: &str) {
        self.lines(depth, ["", voice::GOES_ON], text);
    }

    /// Words of the runbook.
    fn runbook(&mut self, depth: usize, text: &str) {
        self.lines(depth, [voice::RUNBOOK; 2], text);
    }

    fn lines(&mut self, depth: usize, [first, rest]: [&str; 2], text: &str) {
        let signs = std::iter::once(first).chain(std::iter::repeat(rest));
        let lines = neutral(text);
        for (sign, line) in signs.zip(lines.lines().chain(text.is_empty().then_some(""))) {
            let blank = if sign.is_empty() { "" } else { " " };
            let line = format!("{}{sign}{blank}{line}", "  ".repeat(depth));
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }
}

fn input_text(input: &plan::Input) -> String {
    let mut text = named(&input.name);
    for (said, word) in [(input.secret, "secret"), (input.list, "may be several")] {
        if said {
            text.push_str(&format!(", {word}"));
        }
    }
    let lines: Vec<_> = input.lines.iter().map(ToString::to_string).collect();
    text.push_str(&format!(" (line {})", lines.join(", ")));
    if let Some(description) = &input.description {
        text.push_str(&format!(": {description}"));
    }
    if let Some(default) = &input.default {
        text.push_str(&format!(" [{default}]"));
    }
    text
}

fn action_lines(
    plan: &Plan,
    written: &[document::Action],
    decided: &[plan::Action],
    depth: usize,
    out: &mut Lines,
) {
    for (action, decision) in written.iter().zip(decided) {
        match (&action.kind, decision) {
            (ActionKind::Command(block), plan::Action::Command(segments)) => {
                block_lines(plan, action.line, block, segments, depth, out);
            }
            (ActionKind::Choice(choice), plan::Action::Choice(decided)) => {
                out.line(depth, &format!("line {}: choose one", action.line));
                for (one, decided) in choice.alternatives.iter().zip(decided) {
                    let mark = if one.preferred { " (preferred)" } else { "" };
                    out.line(depth + 1, &format!("\"{}\"{mark}", one.label));
                    action_lines(plan, &one.actions, decided, depth + 2, out);
                }
            }
            (ActionKind::Manual(manual), plan::Action::Manual { irreversible }) => {
                let mark = if *irreversible { ", cannot be undone" } else { "" };
                out.line(depth, &format!("line {}: you do this{mark}", action.line));
                manual
                    .items
                    .iter()
                    .for_each(|item| out.runbook(depth + 1, &format!("- {}", item.text)));
                if !manual.yields.is_empty() {
                    out.line(depth + 1, &format!("yields {}", manual.yields.join(", ")));
                }
            }
            (ActionKind::Record(record), _) => {
                let language = &record.language;
                let language = if language.is_empty() { "" } else { &format!(" ({language})") };
                out.line(depth, &format!("line {}: record{language}", action.line));
            }
            _ => {}
        }
    }
}

fn block_lines(
    plan: &Plan,
    line: usize,
    block: &Block,
    segments: &[plan::Segment],
    depth: usize,
    out: &mut Lines,
) {
    let label = block.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
    if !block.runnable {
        out.line(depth, &format!("line {line}: does not run{label}"));
        block.reasons.iter().for_each(|reason| out.line(depth + 1, &reason.text));
        return;
    }
    out.line(
        depth,
        &format!(
            "line {line}: {}{label}",
            if block.language.is_empty() { "command" } else { &block.language }
        ),
    );
    for (written, decided) in block.segments.iter().zip(segments) {
        let statements = block.script.statements[written.statements.clone()].iter();
        for (statement, one) in statements.zip(&decided.classifications) {
            let place = block_place(plan, block, statement.span.start);
            out.line(depth + 1, &format!("{} $ {}", place.0, &block.text[statement.span.range()]));
            let mut traits = String::new();
            for one in &one.traits {
                traits.push_str(&format!(
                    ", {}",
                    serde_json::to_value(one).expect("a word").as_str().unwrap_or_default()
                ));
            }
            let effect = format!("{:?}", one.effect).to_lowercase();
            out.line(depth + 2, &format!("{effect}{traits}"));
            one.reasons.iter().for_each(|reason| out.line(depth + 3, &reason.text));
        }
        decided.remarks.iter().for_each(|remark| out.line(depth + 2, &format!("note: {remark}")));
        for annotation in &written.expectations {
            expectation_lines(annotation, depth + 1, out);
        }
        if written.expectations.is_empty() {
            out.line(depth + 2, "promises nothing: passes on its exit status");
        }
    }
}

fn expectation_lines(annotation: &document::Annotation, depth: usize, out: &mut Lines) {
    let expectation = &annotation.expectation;
    out.line(depth, &format!("{} expects: {}", annotation.line, expectation.text()));
    expectation.checks().iter().for_each(|check| out.line(depth + 1, &format!("checked: {check}")));
    if let Some(residual) = expectation.residual() {
        out.line(depth + 1, &format!("you judge: {residual}"));
    }
    expectation
        .notes()
        .iter()
        .for_each(|note| out.line(depth + 1, &format!("not checked: {note}")));
    if expectation.best() == Best::Unverified {
        out.line(depth + 1, "without a person it stays unverified");
    }
}
