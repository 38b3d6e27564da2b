//! What the engine must know of a pipeline's stages, and which programs a statement starts.
//!
//! Comes in: a tree. Goes out: [`Stage`]s, to judge statuses by, and [`Program`]s, to decide in a
//! rehearsal what needs a stand-in.

use crate::shell::{
    Command, Compound, List, Piece, Pipeline, Redirect, RedirectKind, Simple, Statement, Word,
};
use crate::source::Span;

use super::Trait;
use super::arguments::{Argument, arguments};
use super::catalogue::Catalogue;
use super::classify::{after_skipped, leaves_early, objections};
use super::found::Found;
use super::values::Values;

/// One stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Where it is.
    pub span: Span,
    /// The command's name and sub-command; of the wrapped command, if it is a wrapper. Empty for
    /// compounds and names that are not known yet.
    pub name: String,
    /// Whether it does not end by itself.
    pub streaming: bool,
    /// Whether it may leave before its input ends, so that the stage before it gets SIGPIPE.
    pub leaves_early: bool,
    /// Statuses that are no failure.
    pub benign: Vec<Benign>,
}

/// A status other than 0 that is no failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Benign {
    /// The status.
    pub status: i32,
    /// What it means: "nothing matched".
    pub meaning: String,
}

/// A program, builtin or function that a statement would start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// As it is named; empty if that is known only when it runs.
    pub name: String,
    /// Where its command is.
    pub span: Span,
    /// The wrapper that starts it, if one does.
    pub via: Option<String>,
    /// Whether it touches no network, and files only to read them.
    pub pure_filter: bool,
}

/// An argument, as far as it is known before its command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// All of it.
    Whole(String),
    /// How it begins.
    Beginning(String),
    /// It may become several arguments, or none; how the first of them begins.
    Several(String),
}

/// The argument list, name first, of every command that a statement would start, as it was judged;
/// texts that a wrapper hands to a shell are not looked into.
pub fn argument_lists(statement: &Statement, catalogue: &Catalogue) -> Vec<Vec<Known>> {
    Finder::look(statement, catalogue).lists
}

fn known(argument: &Argument) -> Known {
    // What follows a `~` is known, but not what the shell puts in its place.
    let folder = argument.known.starts_with('~');
    let text = if folder { String::new() } else { argument.known.clone() };
    match argument.text() {
        Some(_) if !folder => Known::Whole(text),
        None if argument.may_be_several() => Known::Several(text),
        _ => Known::Beginning(text),
    }
}

/// The stages of a pipeline.
pub fn stages(pipeline: &Pipeline, catalogue: &Catalogue) -> Vec<Stage> {
    let stages = pipeline.stages.iter();
    stages.map(|command| stage(command, catalogue)).collect()
}

/// What a status other than 0 of a command means, if it is no failure.
pub fn status_is_benign(command: &Simple, status: i32, catalogue: &Catalogue) -> Option<String> {
    let stage = stage(&Command::Simple(command.clone()), catalogue);
    let benign = stage.benign.into_iter().find(|benign| benign.status == status);
    benign.map(|benign| benign.meaning)
}

/// Every program that a statement would start, also in substitutions, functions and wrappers.
pub fn programs(statement: &Statement, catalogue: &Catalogue) -> Vec<Program> {
    Finder::look(statement, catalogue).programs
}

/// The target of every redirection of a statement that writes, also in compounds, functions and
/// substitutions; nothing for one that is known only when it runs. What is shown or dropped, such
/// as `/dev/null`, is no file. Texts that a wrapper hands to a shell are not looked into.
pub fn written_files(statement: &Statement) -> Vec<Option<String>> {
    Finder::look(statement, Catalogue::builtin()).files
}

/// Whether a redirection writes a file.
fn writes_file(redirect: &Redirect) -> bool {
    let file = redirect.target.literal();
    let named = file.as_deref().unwrap_or("?");
    let writes = match redirect.kind {
        RedirectKind::Write => true,
        RedirectKind::Duplicate => !is_descriptor(named),
        RedirectKind::Read | RedirectKind::Text => false,
    };
    writes && !is_shown_or_dropped(named)
}

/// `1`, `1-`, `-`: what `>&` copies or closes.
fn is_descriptor(target: &str) -> bool {
    let number = target.strip_suffix('-').unwrap_or(target);
    !target.is_empty() && number.chars().all(|c| c.is_ascii_digit())
}

fn is_shown_or_dropped(file: &str) -> bool {
    let number = file.strip_prefix("/dev/fd/").unwrap_or("");
    let descriptor = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    descriptor || ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"].contains(&file)
}

fn stage(command: &Command, catalogue: &Catalogue) -> Stage {
    let mut stage = Stage {
        span: command.span(),
        name: String::new(),
        streaming: false,
        leaves_early: false,
        benign: Vec::new(),
    };
    let Command::Simple(simple) = command else {
        return stage;
    };
    let words = arguments(simple, &Values::default());
    for words in unwrap(words, catalogue) {
        let name = words.first().and_then(Argument::text);
        name.unwrap_or("").clone_into(&mut stage.name);
        let Some(found) = Found::look_up(&words, catalogue) else {
            return stage;
        };
        stage.name.clone_from(&found.name);
        stage.streaming |= streams(&found);
        stage.leaves_early |= leaves_early(&found);
        let benign = found.rules.iter().flat_map(|rule| &rule.benign);
        stage.benign = benign
            .filter_map(|(status, meaning)| {
                let (status, meaning) = (status.parse().ok()?, meaning.clone());
                Some(Benign { status, meaning })
            })
            .collect();
    }
    stage
}

fn streams(found: &Found<'_>) -> bool {
    let parsed = found.parsed();
    let rule = found.rule();
    let always = rule.traits.contains(&Trait::Streaming) && !parsed.has(&rule.ends);
    always || found.rules.iter().any(|rule| parsed.has(&rule.stream))
}

/// A command, and what it wraps, from the outside in.
pub(super) fn unwrap(words: Vec<Argument>, catalogue: &Catalogue) -> Vec<Vec<Argument>> {
    let mut layers = vec![words];
    while let Some(words) = layers.last()
        && layers.len() < 8
    {
        let inner = Found::look_up(words, catalogue).and_then(|found| {
            let wraps = found.rule().wraps.as_ref()?;
            let parsed = found.parsed();
            let script = wraps.remote || parsed.has(&wraps.script) || parsed.has(&wraps.lookup);
            let operands = after_skipped(wraps, &parsed).iter();
            let assigned = |word: &&Argument| wraps.assignments && word.known.contains('=');
            let words: Vec<_> = operands.skip_while(assigned).cloned().collect();
            (!script && !words.is_empty()).then_some(words)
        });
        match inner {
            Some(words) => layers.push(words),
            None => break,
        }
    }
    layers
}

struct Finder<'a> {
    catalogue: &'a Catalogue,
    programs: Vec<Program>,
    lists: Vec<Vec<Known>>,
    /// What redirections write.
    files: Vec<Option<String>>,
}

impl<'a> Finder<'a> {
    fn look(statement: &Statement, catalogue: &'a Catalogue) -> Self {
        let mut finder =
            Self { catalogue, programs: Vec::new(), lists: Vec::new(), files: Vec::new() };
        finder.list(&statement.node);
        finder
    }

    fn list(&mut self, list: &List) {
        let pipelines = list.items.iter().flat_map(|item| item.and_or.pipelines());
        for stage in pipelines.flat_map(|pipeline| &pipeline.stages) {
            self.command(stage);
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound) => self.compound(compound),
            Command::Function(function) => self.compound(&function.body),
            Command::Test(test) => {
                self.words(&test.words);
                self.redirects(&test.redirects);
            }
            Command::Unsupported { span, .. } => {
                self.add("", *span, None);
                self.files.push(None);
            }
        }
    }

    fn compound(&mut self, compound: &Compound) {
        self.words(&compound.words);
        for body in &compound.bodies {
            self.list(body);
        }
        self.redirects(&compound.redirects);
    }

    fn redirects(&mut self, redirects: &[Redirect]) {
        for redirect in redirects {
            self.words(std::slice::from_ref(&redirect.target));
            if writes_file(redirect) {
                self.files.push(redirect.target.literal());
            }
        }
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            self.pieces(&word.pieces);
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Substitution { body, .. } | Piece::Process { body, .. } => self.list(body),
                Piece::Parameter(parameter) => self.pieces(&parameter.pieces),
                Piece::Arithmetic { pieces, .. } => self.pieces(pieces),
                // What was not taken apart may run something, which may write.
                Piece::Opaque(_) => self.files.push(None),
                Piece::Text { .. } | Piece::Tilde => {}
            }
        }
    }

    fn simple(&mut self, simple: &Simple) {
        for assignment in &simple.assignments {
            self.words(&assignment.words);
        }
        self.words(&simple.words);
        self.redirects(&simple.redirects);
        let words = arguments(simple, &Values::default());
        let mut via = None;
        for layer in unwrap(words, self.catalogue) {
            let Some(first) = layer.first() else {
                continue;
            };
            let name = first.text().unwrap_or("").to_owned();
            self.lists.push(layer.iter().map(known).collect());
            self.add_command(&name, &layer, simple.span, via.replace(name.clone()));
        }
    }

    fn add_command(&mut self, name: &str, words: &[Argument], span: Span, via: Option<String>) {
        let found = Found::look_up(words, self.catalogue);
        let pure_filter = found.is_some_and(|found| {
            found.rule().pure && objections(&found, &found.parsed()).is_empty()
        });
        self.programs.push(Program { name: name.to_owned(), span, via, pure_filter });
    }

    fn add(&mut self, name: &str, span: Span, via: Option<String>) {
        self.programs.push(Program { name: name.to_owned(), span, via, pure_filter: false });
    }
}
