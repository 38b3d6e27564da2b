//! Failures that nobody gets to know of.
//!
//! Comes in: every statement. Goes out: a warning for each pipe whose earlier stages count only in
//! a plain statement, not where bash's own status counts: in conditions, loops, functions, lists
//! and `$( )`; and a note for what ignores a failure on purpose. `set -o pipefail` holds from there
//! on, because all blocks run in one shell.

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;
use crate::policy::{Pipes, UNFAILING, programs, stages, unseen};
use crate::shell::{
    self, Command, Compound, Connector, Item, Kind, List, Pipeline, Redirect, Statement, Word,
};
use crate::source::Span;

use super::Subject;
use super::pieces::{self, Piece};
use super::rules::found;

/// Commands whose failure is not worth a warning where they feed a pipe.
const FEEDING: &[&str] = &["cat", "ls"];

/// Where a status is bash's own business.
#[derive(Debug, Clone, Copy)]
enum Inside {
    /// A statement of its own: every stage counts.
    Statement,
    List,
    Condition,
    Loop,
    Group,
    Function,
    Substitution,
}

impl Inside {
    const fn name(self) -> &'static str {
        match self {
            Self::Statement => "a statement",
            Self::List => "`&&` and `||`",
            Self::Condition => "`if` and `case`",
            Self::Loop => "a loop",
            Self::Group => "a group",
            Self::Function => "a function",
            Self::Substitution => "`$( )`",
        }
    }
}

/// What was come across, each with its place in the block's text.
enum Come<'a> {
    Pipe(&'a Pipeline, Inside),
    Ignored(Span),
}

/// Finds failures that a pipe or a substitution hides.
pub(super) fn hidden(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut told = hidden_by_pipes(subject);
    let piped: Vec<_> = told.iter().flat_map(|one| &one.labels).map(|label| label.span).collect();
    let apart = |span: &Span| !piped.iter().any(|pipe| pipe.contains(span.start));
    let dropped = dropped(subject).into_iter().filter(|(_, span)| apart(span));
    told.extend(dropped.map(|(name, span)| {
        let who = if name.is_empty() { "a command".to_owned() } else { format!("`{name}`") };
        let message =
            format!("a failure of {who} is hidden: nobody sees a status in `$( )`, `<( )`");
        found("hidden-status", span, message)
            .help("give it a statement of its own before: `x=$(...)`, then use `\"$x\"`")
    }));
    told
}

/// What fails unseen in a substitution, where something is promised.
fn dropped(subject: &Subject<'_>) -> Vec<(String, Span)> {
    let catalogue = subject.plan.catalogue;
    let parts = subject.pieces.iter().flat_map(Piece::parts);
    let promising = parts.filter(|part| !part.written.expectations.is_empty());
    let dropped = promising.flat_map(|part| {
        let all = part.statements().iter();
        let first = all.filter_map(|one| unseen(one, catalogue, Pipes::All).into_iter().next());
        first.map(move |one| (one.name, pieces::first_line(part.block, one.span)))
    });
    dropped.collect()
}

fn hidden_by_pipes(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let mut pipefail = false;
    for piece in &subject.pieces {
        for statement in &piece.block.script.statements {
            let text = piece.block.text_of(statement.span);
            if text.starts_with("set ") && text.contains("pipefail") {
                pipefail = !text.contains("+o pipefail");
            }
            if pipefail {
                continue;
            }
            let pipes = walk(statement).into_iter().filter_map(|come| match come {
                Come::Pipe(pipeline, inside) => Some((pipeline, inside)),
                Come::Ignored(_) => None,
            });
            let mut pipes = pipes.peekable();
            let pure = pipes.peek().map(|_| pure_filters(subject, statement)).unwrap_or_default();
            for (pipeline, inside) in pipes {
                if let Some(name) = failing(subject, &pure, pipeline) {
                    let span = pieces::first_line(piece.block, pipeline.span);
                    told.push(hidden_in(&name, inside, span));
                }
            }
        }
    }
    told
}

fn hidden_in(name: &str, inside: Inside, span: Span) -> Diagnostic {
    let message = format!(
        "a failure of {name} is hidden: in {} only the last stage of a pipe counts",
        inside.name()
    );
    found("hidden-status", span, message)
        .help("write `set -o pipefail` before it, or run that command in a statement of its own")
}

/// Where a statement starts programs that only filter.
fn pure_filters(subject: &Subject<'_>, statement: &Statement) -> HashSet<Span> {
    let programs = programs(statement, subject.plan.catalogue).into_iter();
    programs.filter(|program| program.pure_filter).map(|program| program.span).collect()
}

/// The first stage before the last one whose failure is worth to know of.
fn failing(subject: &Subject<'_>, pure: &HashSet<Span>, pipeline: &Pipeline) -> Option<String> {
    let (_, earlier) = pipeline.stages.split_last()?;
    let names = stages(pipeline, subject.plan.catalogue);
    earlier.iter().zip(names).find_map(|(command, stage)| {
        let first = stage.name.split(' ').next().unwrap_or("");
        let pure = pure.contains(&command.span());
        let fails = !pure && !UNFAILING.contains(&first) && !FEEDING.contains(&first);
        let name =
            if stage.name.is_empty() { "a stage".to_owned() } else { format!("`{}`", stage.name) };
        fails.then_some(name)
    })
}

/// Finds failures that are ignored on purpose.
pub(super) fn ignored(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for piece in &subject.pieces {
        for statement in &piece.block.script.statements {
            let ignored = walk(statement).into_iter().filter_map(|come| match come {
                Come::Ignored(span) => Some(span),
                Come::Pipe(..) => None,
            });
            told.extend(ignored.map(|span| {
                let place = pieces::first_line(piece.block, span);
                found("ignored-status", place, "a failure of this command is ignored")
                    .help("leave `true` out, or say in an expectation what may happen")
            }));
        }
    }
    told
}

/// Everything in a statement that this module tells of.
fn walk(statement: &Statement) -> Vec<Come<'_>> {
    let mut walker = Walker { come: Vec::new() };
    walker.list(&statement.node, Inside::Statement);
    walker.come
}

struct Walker<'a> {
    come: Vec<Come<'a>>,
}

impl<'a> Walker<'a> {
    fn list(&mut self, list: &'a List, inside: Inside) {
        list.items.iter().for_each(|item| self.item(item, inside));
        // `; true` at the end; as a statement of its own it hides nothing.
        if let ([.., before, last], false) = (
            list.items.as_slice(),
            matches!(inside, Inside::Statement | Inside::Condition | Inside::Loop),
        ) && last.and_or.rest.is_empty()
            && is_true(&last.and_or.first)
        {
            self.come.push(Come::Ignored(before.and_or.first.span));
        }
    }

    fn item(&mut self, item: &'a Item, inside: Inside) {
        let alone = item.and_or.rest.is_empty() && !item.and_or.first.negated;
        let inside = match inside {
            Inside::Statement if !alone => Inside::List,
            inside => inside,
        };
        let pipelines: Vec<_> = item.and_or.pipelines().collect();
        let connectors = item.and_or.rest.iter().map(|(connector, _)| *connector);
        for (index, connector) in connectors.map(Some).chain([None]).enumerate() {
            let pipeline = pipelines[index];
            let ignored = connector == Some(Connector::Or) && is_true(pipelines[index + 1]);
            if ignored {
                self.come.push(Come::Ignored(pipeline.span.join(pipelines[index + 1].span)));
            } else {
                self.pipeline(pipeline, inside);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &'a Pipeline, inside: Inside) {
        if pipeline.stages.len() > 1 && !matches!(inside, Inside::Statement) {
            self.come.push(Come::Pipe(pipeline, inside));
        }
        pipeline.stages.iter().for_each(|stage| self.command(stage));
    }

    fn command(&mut self, command: &'a Command) {
        match command {
            Command::Simple(simple) => {
                simple.assignments.iter().for_each(|one| self.words(&one.words));
                self.words(&simple.words);
                self.redirects(&simple.redirects);
            }
            Command::Compound(compound) => self.compound(compound, inside_of(compound.kind)),
            Command::Function(function) => self.compound(&function.body, Inside::Function),
            Command::Test(test) => self.words(&test.words),
            Command::Unsupported { .. } => {}
        }
    }

    fn compound(&mut self, compound: &'a Compound, inside: Inside) {
        self.words(&compound.words);
        compound.bodies.iter().for_each(|body| self.list(body, inside));
        self.redirects(&compound.redirects);
    }

    fn redirects(&mut self, redirects: &'a [Redirect]) {
        for redirect in redirects {
            self.pieces(&redirect.target.pieces);
        }
    }

    fn words(&mut self, words: &'a [Word]) {
        for word in words {
            self.pieces(&word.pieces);
        }
    }

    fn pieces(&mut self, pieces: &'a [shell::Piece]) {
        for piece in pieces {
            match piece {
                shell::Piece::Substitution { body, .. } | shell::Piece::Process { body, .. } => {
                    self.list(body, Inside::Substitution);
                }
                shell::Piece::Parameter(parameter) => self.pieces(&parameter.pieces),
                shell::Piece::Arithmetic { pieces, .. } => self.pieces(pieces),
                shell::Piece::Text { .. } | shell::Piece::Tilde | shell::Piece::Opaque(_) => {}
            }
        }
    }
}

const fn inside_of(kind: Kind) -> Inside {
    match kind {
        Kind::If | Kind::Case => Inside::Condition,
        Kind::For | Kind::ArithmeticFor | Kind::Loop => Inside::Loop,
        Kind::Group | Kind::Subshell | Kind::Arithmetic => Inside::Group,
    }
}

/// `true` and `:` without anything else.
fn is_true(pipeline: &Pipeline) -> bool {
    let [Command::Simple(simple)] = pipeline.stages.as_slice() else {
        return false;
    };
    let [word] = simple.words.as_slice() else {
        return false;
    };
    matches!(word.literal().as_deref(), Some("true" | ":"))
}
