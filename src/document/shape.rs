//! What is understood of a document, as a row of words that can be compared.
//!
//! Comes in: a document, and the one place that may differ. Goes out: step by step what is to be done.
//! Where something stands in the file is no part of it.

use super::{Action, ActionKind, At, Document};

/// All that is understood of a document but the text at one place: step by step what is to be done.
pub(super) fn shape(document: &Document, but: At<'_>) -> Vec<(String, String)> {
    let mut shape = Vec::new();
    for (place, step) in document.steps.iter().enumerate() {
        shape.push((step.id.clone(), format!("its title {}", step.title)));
        let mut path = Vec::new();
        let but = (place == but.step).then_some(but);
        shape_of(&step.id, &step.actions, but, &mut path, &mut shape);
    }
    shape
}

fn shape_of(
    step: &str,
    actions: &[Action],
    but: Option<At<'_>>,
    path: &mut Vec<usize>,
    shape: &mut Vec<(String, String)>,
) {
    for (place, action) in actions.iter().enumerate() {
        path.push(place);
        let mut push = |what: String| shape.push((step.to_owned(), what));
        match &action.kind {
            ActionKind::Command(block) => {
                let but = but.filter(|but| but.action == path.as_slice()).map(|but| but.segment);
                let inside = block.inside.as_deref().unwrap_or("no other session");
                let runs = if block.runnable { "runs" } else { "does not run" };
                push(format!("a block that {runs}, in {inside}"));
                for (place, segment) in block.segments.iter().enumerate() {
                    let text = if but == Some(place) { "" } else { block.segment_text(segment) };
                    push(format!("the command {text}"));
                    for one in &segment.expectations {
                        push(format!("the expectation {}", one.expectation.text()));
                    }
                }
            }
            ActionKind::Manual(manual) => {
                let items: Vec<_> = manual.items.iter().map(|item| item.text.as_str()).collect();
                push(format!("what is done by hand: {}", items.join("; ")));
            }
            ActionKind::Record(record) => push(format!("the record {}", record.text)),
            ActionKind::Choice(choice) => {
                push(format!("a choice of {}", choice.alternatives.len()));
                for (place, one) in choice.alternatives.iter().enumerate() {
                    path.push(place);
                    shape_of(step, &one.actions, but, path, shape);
                    path.pop();
                }
            }
        }
        path.pop();
    }
}
