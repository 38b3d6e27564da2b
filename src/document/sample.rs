//! What is said of a command after its block: a block that shows what it prints, or a sentence.
//!
//! Comes in: a block after "Expected output:" or the like, a paragraph such as "Expected output:
//! `true`". Goes out: an expectation of the command before it. "For example" and "similar to" promise
//! nothing and are shown.

use crate::diagnostic::{Diagnostic, Severity};
use crate::expect::{self, Expectation};

use super::actions::{Reader, Sheet};
use super::fence::{self, Tongue};
use super::transcript;
use super::tree::{Code, Prose};
use super::{Action, ActionKind, Annotation, words};

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

    /// A paragraph that says what the block before it promises: `Expect: "ok"`. Returns whether it
    /// is taken.
    pub(super) fn promise(&mut self, prose: &Prose, sheet: &mut Sheet) -> bool {
        let text = written(&self.source.text()[prose.span.range()]);
        let leads = expect::annotation_lead(&text).is_some_and(|lead| lead.start < text.len());
        // What asks for something, too, is done by the operator.
        if !leads || words::asks(&prose.text).is_some() {
            return false;
        }
        let directly = sheet.lead.is_empty();
        let segment = match sheet.actions.last_mut().filter(|_| directly) {
            Some(Action { kind: ActionKind::Command(block), .. }) => block.segments.last_mut(),
            _ => None,
        };
        let Some(segment) = segment else {
            if directly && sheet.actions.last().is_some_and(is_manual) {
                // Who has carried that out reads this next.
                return false;
            }
            let message = "there is no command before it that this could be expected of";
            self.diagnostics.push(
                Diagnostic::new(Severity::Warning, "unbound-expect", prose.span, message)
                    .help("put it directly after the block of commands, or after a command in it"),
            );
            return false;
        };
        match Expectation::parse(&text, self.kinds) {
            Ok(expectation) => {
                let line = self.source.line(prose.span.start);
                segment.expectations.push(Annotation { expectation, span: prose.span, line });
                true
            }
            Err(error) => {
                let message = error.to_string();
                self.diagnostics.push(
                    Diagnostic::new(Severity::Error, "malformed-expect", prose.span, message)
                        .help("see `runbook expect --help` for the typed forms"),
                );
                false
            }
        }
    }
}

const fn is_manual(action: &Action) -> bool {
    matches!(action.kind, ActionKind::Manual(_))
}

/// A paragraph as it is written, in one line, without the marks of a quotation and of what is bold.
fn written(raw: &str) -> String {
    let lines = raw.lines().map(|line| line.trim_start_matches(['>', ' ', '\t']).trim_end());
    lines.collect::<Vec<_>>().join(" ").replace("**", "").replace("__", "")
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
