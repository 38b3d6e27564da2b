//! Blocks that show what a command prints.
//!
//! Comes in: a block after "Expected output:" or the like. Goes out: an expectation of the command
//! before it. "For example" and "similar to" promise nothing and are shown.

use crate::expect::Expectation;

use super::actions::{Reader, Sheet};
use super::fence::{self, Tongue};
use super::transcript;
use super::tree::{Code, Prose};
use super::{Action, ActionKind, Annotation};

impl Reader<'_> {
    /// A block that shows what is printed: "Expected output:" is a promise, "for example" is not.
    pub(super) fn sample(&mut self, prose: &Prose, code: &Code, told: Told, sheet: &mut Sheet) {
        sheet.lead.extend([prose.span, code.span]);
        let Some(Action { kind: ActionKind::Command(block), .. }) = sheet.actions.last_mut() else {
            return;
        };
        let Some(segment) = block.segments.last_mut() else {
            return;
        };
        let lines: Vec<_> = code
            .lines
            .iter()
            .map(|line| line.text.trim())
            .filter(|line| !line.is_empty())
            .collect();
        if told == Told::Example || lines.is_empty() {
            return;
        }
        let text = format!("Expected output:\n{}", lines.join("\n"));
        if let Ok(expectation) = Expectation::parse(&text, self.kinds) {
            let span = prose.span.join(code.span);
            let line = self.source.line(span.start);
            segment.expectations.push(Annotation { expectation, span, line });
            let kept = sheet.lead.len() - 2;
            sheet.lead.truncate(kept);
        }
    }
}

/// What a paragraph says of the output shown after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Expected,
    Example,
}

pub(super) fn told_output(text: &str) -> Option<Told> {
    let lower = text.to_lowercase();
    let last = lower.rsplit(['.', '\n']).find(|part| !part.trim().is_empty())?.trim();
    let expected = ["expected output", "expected result", "expected response", "expected:"];
    if last.ends_with(':') && expected.iter().any(|phrase| last.contains(phrase)) {
        return Some(Told::Expected);
    }
    let example = [
        "example output",
        "sample output",
        "example response",
        "example:",
        "output:",
        "similar to",
        "looks like",
        "look like",
        "something like",
        "should see",
        "will see",
        "returns",
        "outputs",
        "prints",
        "output is",
        "output should",
        "result:",
        "response:",
        "see the following",
    ];
    (last.ends_with([':', 's']) || last.ends_with("this"))
        .then(|| example.iter().any(|phrase| last.contains(phrase)).then_some(Told::Example))
        .flatten()
}

/// A block that shows output rather than commands.
pub(super) fn is_sample(code: &Code) -> bool {
    let info = fence::info(code.info.as_deref(), code.span, &mut Vec::new());
    match info.tongue {
        Tongue::Shell => !transcript::looks_like_shell(&code.lines),
        Tongue::Untold => !transcript::looks_like_shell(&code.lines) && code.info.is_some(),
        Tongue::Shown | Tongue::Data | Tongue::Other => true,
    }
}
