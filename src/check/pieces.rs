//! The plan's segments in a row, each with what was written and what was decided.
//!
//! Comes in: a [`Plan`]. Goes out: [`Piece`]s in document order, also those of all alternatives and
//! of blocks that do not run.

use crate::document::{self, ActionKind, Block, Step};
use crate::plan::{self, Plan};
use crate::shell::Statement;
use crate::source::Span;

/// A block, its step, and its segments.
pub(super) struct Piece<'a> {
    pub step: &'a Step,
    pub block: &'a Block,
    /// What was decided about each segment; none where the block does not run.
    pub decided: &'a [plan::Segment],
}

/// A segment of a block that runs.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub step: &'a Step,
    pub block: &'a Block,
    pub written: &'a document::Segment,
    pub decided: &'a plan::Segment,
}

/// All blocks of a plan.
pub(super) fn of(plan: &Plan) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for step in &plan.steps {
        let written = plan.step(step);
        collect(written, &written.actions, &step.actions, &mut pieces);
    }
    pieces
}

fn collect<'a>(
    step: &'a Step,
    written: &'a [document::Action],
    decided: &'a [plan::Action],
    pieces: &mut Vec<Piece<'a>>,
) {
    for (action, decision) in written.iter().zip(decided) {
        match (&action.kind, decision) {
            (ActionKind::Command(block), plan::Action::Command(decided)) => {
                pieces.push(Piece { step, block, decided });
            }
            (ActionKind::Choice(choice), plan::Action::Choice(alternatives)) => {
                for (one, decided) in choice.alternatives.iter().zip(alternatives) {
                    collect(step, &one.actions, decided, pieces);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Piece<'a> {
    /// Its segments.
    pub fn parts(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let (step, block) = (self.step, self.block);
        let both = block.segments.iter().zip(self.decided);
        both.map(move |(written, decided)| Part { step, block, written, decided })
    }
}

impl<'a> Part<'a> {
    /// Its statements.
    pub fn statements(&self) -> &'a [Statement] {
        &self.block.script.statements[self.written.statements.clone()]
    }

    /// The text of its last statement.
    pub fn command(&self) -> &'a str {
        self.statements().last().map_or("", |last| self.block.text_of(last.span))
    }

    /// Where a span of the block's text is in the source; only its first line, where it is long.
    pub fn place(&self, span: Span) -> Span {
        first_line(self.block, span)
    }

    /// Where its last statement is.
    pub fn last(&self) -> Span {
        let span = self.statements().last().map_or(Span::new(0, 0), |last| last.span);
        self.place(span)
    }
}

/// The place of the first line of a span of a block's text.
pub(super) fn first_line(block: &Block, span: Span) -> Span {
    let text = block.text_of(span);
    let length = text.find('\n').unwrap_or(text.len());
    block.place(Span::new(span.start, span.start + length))
}

impl Block {
    /// The text of a span; empty where it is none of this block's.
    pub(super) fn text_of(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}
