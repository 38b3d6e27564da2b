//! Changes that nothing checks, and commands that nothing ends.
//!
//! Comes in: the segments with their effects and traits. Goes out: notes for writes, a warning for
//! what streams without an expectation or a `timeout=`: it would only be watched until its window
//! is over, and prove nothing.

use crate::diagnostic::Diagnostic;
use crate::document::{SectionKind, Step};
use crate::policy::{Effect, Trait, programs};
use crate::shell::{Statement, Word};
use crate::source::Span;

use super::Subject;
use super::commands::simples;
use super::pieces::{Part, Piece};
use super::rules::found;

/// Finds endless commands that nothing ends.
pub(super) fn endless(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let parts = subject.pieces.iter().flat_map(Piece::parts);
    let endless = parts.filter(|part| {
        let runs_on = part.statements().iter().any(runs_on);
        (runs_on || part.decided.traits.contains(&Trait::Streaming))
            && part.written.expectations.is_empty()
            && part.block.attributes.timeout.is_none()
            && !part.decided.background
            && !is_ended(subject, *part)
    });
    let told = endless.map(|part| {
        found(
            "endless-command",
            streaming(part),
            "this does not end by itself, and nothing ends it",
        )
        .help("say what must be seen (`# Expect: ...`), or add `timeout=60s` to the fence")
    });
    told.collect()
}

/// The statement that does not end.
fn streaming(part: Part<'_>) -> Span {
    let both = part.statements().iter().zip(&part.decided.classifications);
    let mut streaming = both
        .filter(|(statement, one)| one.traits.contains(&Trait::Streaming) || runs_on(statement));
    streaming.next().map_or_else(|| part.last(), |(statement, _)| part.place(statement.span))
}

/// Whether `timeout` or a reader that leaves early ends it.
fn is_ended(subject: &Subject<'_>, part: Part<'_>) -> bool {
    let units = part.decided.units.iter();
    let left = units.into_iter().any(|unit| {
        let streams = unit.stages.iter().position(|stage| stage.streaming);
        streams.is_some_and(|at| unit.stages[at..].iter().any(|stage| stage.leaves_early))
    });
    let timed = part.statements().iter().any(|statement| {
        let programs = programs(statement, subject.plan.catalogue);
        programs.iter().any(|program| program.name == "timeout")
    });
    let counted = part.statements().iter().flat_map(simples).any(|simple| {
        let words: Vec<_> = simple.words.iter().filter_map(Word::literal).collect();
        words.iter().any(|word| word == "tcpdump")
            && words.iter().any(|word| word == "-c" || word == "-W")
    });
    left || timed || counted
}

/// Whether a form of a command does not end that others of it do not have.
fn runs_on(statement: &Statement) -> bool {
    simples(statement).into_iter().any(|simple| {
        let words: Vec<_> = simple.words.iter().filter_map(Word::literal).collect();
        let Some((name, rest)) = words.split_first() else { return false };
        let is_number = |word: &&String| word.chars().all(|c| c.is_ascii_digit());
        match name.as_str() {
            "sleep" => rest.iter().any(|word| matches!(word.as_str(), "inf" | "infinity")),
            "vmstat" | "iostat" | "mpstat" => rest.iter().filter(is_number).count() == 1,
            "python" | "python3" => {
                rest.windows(2).any(|two| two[0] == "-m" && two[1] == "http.server")
            }
            _ => false,
        }
    })
}

fn writes(part: &Part<'_>) -> bool {
    part.decided.effect == Effect::Write
}

/// Where a segment writes: the first statement with that effect.
fn written(part: Part<'_>) -> Span {
    let both = part.statements().iter().zip(&part.decided.classifications);
    let mut writing = both.filter(|(_, one)| one.effect == Effect::Write);
    writing.next().map_or_else(|| part.last(), |(statement, _)| part.place(statement.span))
}

/// Finds blocks that change something and expect nothing.
pub(super) fn unchecked(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let silent = subject
        .pieces
        .iter()
        .filter(|piece| piece.block.segments.iter().all(|segment| segment.expectations.is_empty()));
    let first = silent.filter_map(|piece| Some((piece, written(piece.parts().find(writes)?))));
    let last = last_unverified(subject);
    let told = first.filter(|(_, span)| !last.contains(span)).map(|(piece, span)| {
        let help = match piece.block.label {
            Some(_) => "a cell has no room for an expectation: let a block after the table look",
            None => "say in an `# Expect: ...` what it prints when it worked",
        };
        let message = "this changes something, and only its exit status is looked at";
        found("unchecked-write", span, message).help(help)
    });
    told.collect()
}

/// Finds the last change of a procedure, or of a rollback, that no check follows.
pub(super) fn unverified(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let told = last_unverified(subject).into_iter().map(|span| {
        found("unverified-write", span, "nothing after this change verifies it")
            .help("add a step that reads the new state and says what to expect")
    });
    told.collect()
}

fn last_unverified(subject: &Subject<'_>) -> Vec<Span> {
    let groups: [fn(SectionKind) -> bool; 2] =
        [runs_in_order, |kind| kind == SectionKind::Rollback];
    groups.iter().filter_map(|group| unverified_in(subject, *group)).collect()
}

const fn runs_in_order(kind: SectionKind) -> bool {
    !matches!(kind, SectionKind::Rollback | SectionKind::Troubleshooting | SectionKind::References)
}

fn unverified_in(subject: &Subject<'_>, group: fn(SectionKind) -> bool) -> Option<Span> {
    let pieces = subject.pieces.iter().filter(|piece| group(piece.step.section.kind));
    let parts: Vec<_> = pieces.flat_map(Piece::parts).collect();
    let at = parts.iter().rposition(writes)?;
    let expected = parts[at..].iter().any(|part| !part.written.expectations.is_empty());
    let verified = subject.plan.document.steps.iter().any(|step| verifies(step, parts[at].step));
    (!expected && !verified).then(|| written(parts[at]))
}

/// Whether a later step is there to look: by its section or by its title.
fn verifies(step: &Step, write: &Step) -> bool {
    const WORDS: &[&str] =
        &["verify", "verification", "validate", "check", "confirm", "test", "monitor"];
    let title = step.title.to_lowercase();
    let named = title.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word));
    let looks = step.section.kind == SectionKind::Verification || named;
    step.span.start > write.span.start && looks && !step.actions.is_empty()
}
