//! Where a secret becomes visible although nobody prints it.
//!
//! Comes in: the statements of a segment. Goes out: an [`Exposure`] for each secret input that stands on
//! the argument list of a program, which everybody on the machine can read (`ps`, proc(5)). A
//! builtin or a function has no argument list of its own, and neither has an assignment before a
//! command, a here-string or a pipe.

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
    let mut finder = Finder { block, context, found: Vec::new() };
    for statement in statements {
        finder.list(&statement.node);
    }
    finder.found
}

struct Finder<'a> {
    block: &'a Block,
    context: &'a Context<'a>,
    found: Vec<Exposure>,
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
        let functions: Vec<_> = self.context.functions.iter().map(String::as_str).collect();
        if let Some(name) =
            named.filter(|one| !is_one_of(one, BUILTINS) && !is_one_of(one, &functions))
        {
            simple.words.iter().for_each(|word| self.argument(&name.text, word));
        }
        simple.assignments.iter().for_each(|one| self.words(&one.words, &[]));
        self.words(&simple.words, &simple.redirects);
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
        let placeholders = block
            .placeholders
            .iter()
            .filter(|one| one.context != Quoting::Comment && word.span.contains(one.span.start));
        placeholders.for_each(|one| self.expose(program, &one.name, one.span));
    }

    fn expose(&mut self, program: &str, name: &str, span: Span) {
        let input = self.context.inputs.iter().find(|input| input.is(name));
        let Some(input) = input.filter(|input| input.secret) else {
            return;
        };
        let known = |one: &Exposure| one.input == input.name && one.program == program;
        if !self.found.iter().any(known) {
            let (input, program) = (input.name.clone(), program.to_owned());
            self.found.push(Exposure { input, program, span });
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
