//! Where a secret becomes visible although nobody prints it.
//!
//! Comes in: the statements of a segment. Goes out: an [`Exposure`] for each secret input that stands on
//! the argument list of a program, which everybody on the machine can read (`ps`, proc(5)). A
//! builtin or a function has no argument list of its own, and neither has an assignment before a
//! command, a here-string or a pipe.

use std::collections::HashSet;

use crate::document::Block;
use crate::shell::{Command, Compound, List, Piece, Quoting, Redirect, Simple, Statement, Word};
use crate::source::Span;

use super::segment::Context;

/// Commands that bash runs itself (bash(1), "Shell Builtin Commands").
const BUILTINS: &[&str] = &[
    ":",
    ".",
    "[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "compgen",
    "complete",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "test",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

/// Builtins that run what follows them.
const TRANSPARENT: &[&str] = &["command", "exec"];

/// A secret on the argument list of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The secret input's name.
    pub input: String,
    /// The program, as it is named.
    pub program: String,
    /// Where in the block's text.
    pub span: Span,
}

impl Exposure {
    /// It as a sentence.
    pub(super) fn remark(&self) -> String {
        format!(
            "the value of {} stands on the argument list of `{}`, where `ps` shows it",
            self.input, self.program
        )
    }
}

/// The secrets that the statements of a block expose, each once for a program.
pub(super) fn exposures(
    block: &Block,
    statements: &[Statement],
    context: &Context<'_>,
) -> Vec<Exposure> {
    let mut finder = Finder { block, context, found: Vec::new(), known: HashSet::new() };
    for statement in statements {
        finder.list(&statement.node);
    }
    finder.found
}

struct Finder<'a> {
    block: &'a Block,
    context: &'a Context<'a>,
    found: Vec<Exposure>,
    /// Each input that was found, by its place, with the program.
    known: HashSet<(usize, String)>,
}

impl Finder<'_> {
    fn list(&mut self, list: &List) {
        let pipelines = list.items.iter().flat_map(|item| item.and_or.pipelines());
        pipelines.flat_map(|pipeline| &pipeline.stages).for_each(|stage| self.command(stage));
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound) => self.compound(compound),
            Command::Function(function) => self.compound(&function.body),
            Command::Test(test) => self.words(&test.words, &test.redirects),
            Command::Unsupported { .. } => {}
        }
    }

    fn compound(&mut self, compound: &Compound) {
        self.words(&compound.words, &compound.redirects);
        compound.bodies.iter().for_each(|body| self.list(body));
    }

    fn simple(&mut self, simple: &Simple) {
        let named = simple.words.iter().find(|word| !is_one_of(word, TRANSPARENT));
        if let Some(name) = named.filter(|one| !is_one_of(one, BUILTINS) && !self.is_function(one))
        {
            simple.words.iter().for_each(|word| self.argument(&name.text, word));
        }
        simple.assignments.iter().for_each(|one| self.words(&one.words, &[]));
        self.words(&simple.words, &simple.redirects);
    }

    fn is_function(&self, word: &Word) -> bool {
        word.literal().is_some_and(|name| self.context.functions.contains(&name))
    }

    /// What runs inside of words.
    fn words(&mut self, words: &[Word], redirects: &[Redirect]) {
        let targets = redirects.iter().map(|redirect| &redirect.target);
        words.iter().chain(targets).for_each(|word| self.inside(&word.pieces));
    }

    fn inside(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Substitution { body, .. } | Piece::Process { body, .. } => self.list(body),
                Piece::Parameter(parameter) => self.inside(&parameter.pieces),
                Piece::Arithmetic { pieces, .. } => self.inside(pieces),
                Piece::Text { .. } | Piece::Tilde | Piece::Opaque(_) => {}
            }
        }
    }

    fn argument(&mut self, program: &str, word: &Word) {
        for piece in &word.pieces {
            if let Piece::Parameter(parameter) = piece
                && !hides_its_value(&self.block.text[parameter.span.range()])
            {
                self.expose(program, &parameter.name, parameter.span);
            }
        }
        let block = self.block;
        let placeholders = block.placeholders_in(word.span).iter();
        let placeholders = placeholders.filter(|one| one.context != Quoting::Comment);
        placeholders.for_each(|one| self.expose(program, &one.name, one.span));
    }

    fn expose(&mut self, program: &str, name: &str, span: Span) {
        let inputs = self.context.inputs;
        let Some(place) = inputs.place(name).filter(|place| inputs[*place].secret) else {
            return;
        };
        let program = program.to_owned();
        if self.known.insert((place, program.clone())) {
            self.found.push(Exposure { input: inputs[place].name.clone(), program, span });
        }
    }
}

fn is_one_of(word: &Word, names: &[&str]) -> bool {
    word.literal().is_some_and(|name| names.contains(&name.as_str()))
}

/// `${#X}` is a length, `${X:+word}` a word.
fn hides_its_value(expansion: &str) -> bool {
    expansion.starts_with("${#") || expansion.contains(":+")
}
