//! Commands whose failure bash tells nobody: those in `$( )`, `<( )` and backquotes.
//!
//! Comes in: a statement. Goes out: every [`Unseen`] command in it. `X=$(command)` keeps the
//! command's status and is not among them; everywhere else a substitution's status is dropped, and
//! what is made of its output is made of nothing, too. Refuses to know what the statement promises.

use crate::shell::{
    AndOr, Command, Compound, Connector, List, Piece, Pipeline, Redirect, Simple, Statement, Word,
};
use crate::source::Span;

use super::arguments::arguments;
use super::catalogue::Catalogue;
use super::classify::objections;
use super::found::Found;
use super::stages::unwrap;
use super::values::Values;

/// A command that may fail without anybody's notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Its name and sub-command; empty where that is known only when it runs.
    pub name: String,
    /// Where it is.
    pub span: Span,
}

/// Whether the stages of a pipe before the last one count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipes {
    /// Only the last one does.
    Last,
    /// All of them: `set -o pipefail`.
    All,
}

/// Commands that have no failure worth to know of.
pub const UNFAILING: &[&str] = &[
    "echo", "printf", "true", ":", "yes", "seq", "date", "pwd", "history", "env", "uname",
    "hostname", "whoami", "id", "basename", "dirname", "nproc",
];

/// Every command of a statement whose failure nobody would know of, in order.
pub fn unseen(statement: &Statement, catalogue: &Catalogue, pipes: Pipes) -> Vec<Unseen> {
    let mut walker = Walker { catalogue, pipes, found: Vec::new() };
    walker.list(&statement.node, Sight::Own);
    walker.found
}

/// Who gets to know of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// The shell of the statement.
    Own,
    /// The assignment around it, of the last status.
    Assigned,
    Nobody,
}

/// Where a command's input comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Own,
    Piped,
}

struct Walker<'a> {
    catalogue: &'a Catalogue,
    pipes: Pipes,
    found: Vec<Unseen>,
}

impl Walker<'_> {
    fn list(&mut self, list: &List, sight: Sight) {
        let last = list.items.len().saturating_sub(1);
        for (at, item) in list.items.iter().enumerate() {
            let dropped = sight == Sight::Assigned && at < last;
            self.and_or(&item.and_or, if dropped { Sight::Nobody } else { sight });
        }
    }

    /// What stands before `||` is made up for.
    fn and_or(&mut self, and_or: &AndOr, sight: Sight) {
        let followers = and_or.rest.iter().map(|(connector, _)| Some(*connector)).chain([None]);
        for (pipeline, follower) in and_or.pipelines().zip(followers) {
            let dropped = sight == Sight::Assigned && follower == Some(Connector::Or);
            self.pipeline(pipeline, if dropped { Sight::Nobody } else { sight });
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, sight: Sight) {
        let last = pipeline.stages.len().saturating_sub(1);
        for (at, stage) in pipeline.stages.iter().enumerate() {
            let dropped = sight == Sight::Assigned && at < last && self.pipes == Pipes::Last;
            let sight = if dropped { Sight::Nobody } else { sight };
            if sight == Sight::Nobody
                && let Command::Simple(simple) = stage
            {
                self.note(simple, if at > 0 { Input::Piped } else { Input::Own });
            }
            self.command(stage, sight);
        }
    }

    fn command(&mut self, command: &Command, sight: Sight) {
        match command {
            Command::Simple(simple) => self.simple(simple, sight),
            Command::Compound(compound) => self.compound(compound, sight),
            Command::Function(function) => self.compound(&function.body, sight),
            Command::Test(test) => {
                self.words(&test.words);
                self.redirects(&test.redirects);
            }
            Command::Unsupported { .. } => {}
        }
    }

    /// A command that is nothing but assignments has the status of its last substitution.
    fn simple(&mut self, simple: &Simple, sight: Sight) {
        let assigned = simple.assignments.iter().flat_map(|one| &one.words);
        let pieces: Vec<_> = assigned.flat_map(|word| &word.pieces).collect();
        let last = pieces.iter().rposition(|it| matches!(it, Piece::Substitution { .. }));
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Substitution { body, .. }
                    if simple.words.is_empty() && last == Some(at) && sight != Sight::Nobody =>
                {
                    self.list(body, Sight::Assigned);
                }
                other => self.piece(other),
            }
        }
        self.words(&simple.words);
        self.redirects(&simple.redirects);
    }

    fn compound(&mut self, compound: &Compound, sight: Sight) {
        self.words(&compound.words);
        compound.bodies.iter().for_each(|body| self.list(body, sight));
        self.redirects(&compound.redirects);
    }

    fn redirects(&mut self, redirects: &[Redirect]) {
        redirects.iter().flat_map(|one| &one.target.pieces).for_each(|piece| self.piece(piece));
    }

    fn words(&mut self, words: &[Word]) {
        words.iter().flat_map(|word| &word.pieces).for_each(|piece| self.piece(piece));
    }

    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Substitution { body, .. } | Piece::Process { body, .. } => {
                self.list(body, Sight::Nobody);
            }
            Piece::Parameter(parameter) => {
                parameter.pieces.iter().for_each(|piece| self.piece(piece));
            }
            Piece::Arithmetic { pieces, .. } => pieces.iter().for_each(|piece| self.piece(piece)),
            Piece::Text { .. } | Piece::Tilde | Piece::Opaque(_) => {}
        }
    }

    /// A filter that is fed has nothing of its own to fail at.
    fn note(&mut self, simple: &Simple, input: Input) {
        if simple.words.is_empty() {
            return;
        }
        let layers = unwrap(arguments(simple, &Values::default()), self.catalogue);
        let found = layers.last().and_then(|words| Found::look_up(words, self.catalogue));
        let named = simple.words[0].literal().unwrap_or_default();
        let name = found.as_ref().map_or(named, |found| found.name.clone());
        let pure =
            |found: &Found<'_>| found.rule().pure && objections(found, &found.parsed()).is_empty();
        let filters = input == Input::Piped && found.as_ref().is_some_and(pure);
        if !filters && !UNFAILING.contains(&name.as_str()) {
            self.found.push(Unseen { name, span: simple.span });
        }
    }
}
