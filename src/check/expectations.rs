//! Expectations that a person has to judge.
//!
//! Comes in: the annotations, compiled. Goes out: a warning for each whose best verdict is
//! `unverified`, with the words that are left.

use crate::diagnostic::Diagnostic;
use crate::document::Annotation;
use crate::expect::Best;

use super::Subject;
use super::rules::found;

/// The longest quotation of an author's words, in characters.
const LONGEST: usize = 80;

/// Finds expectations that are left to a person.
pub(super) fn unverifiable(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let segments = subject.pieces.iter().flat_map(|piece| &piece.block.segments);
    let annotations = segments.flat_map(|segment| &segment.expectations);
    let open = annotations.filter(|one| one.expectation.best() == Best::Unverified);
    open.map(left_to_a_person).collect()
}

fn left_to_a_person(annotation: &Annotation) -> Diagnostic {
    let words = annotation.expectation.residual().unwrap_or(annotation.expectation.text());
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = words.chars().take(LONGEST).collect();
    let rest = if shown.len() < words.len() { "…" } else { "" };
    let message = format!("a person has to judge “{shown}{rest}”");
    found("unverifiable-expect", annotation.span, message).help(
        "quote the text that must be seen (\"ready\"), give a number or a kind, or put what \
         explains it in brackets",
    )
}
