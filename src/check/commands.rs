//! Commands that show a secret, cannot be told from others, or carry values elsewhere.
//!
//! Comes in: the segments as decided. Goes out: findings at the words that matter.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::policy::{Effect, programs};
use crate::shell::{Command, List, Piece as WordPiece, Simple, Statement, Word};
use crate::source::Span;

use super::Subject;
use super::pieces::{Part, Piece, first_line};
use super::rules::found;

/// Commands that take a value in no other way; an author can only warn of it.
const NO_OTHER_WAY: &[&str] = &["heroku config:set", "heroku config:add"];

/// Finds secrets on argument lists.
pub(super) fn secret_arguments(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let parts = subject.pieces.iter().flat_map(Piece::parts);
    parts.flat_map(exposed).collect()
}

fn exposed(part: Part<'_>) -> Vec<Diagnostic> {
    let told = part.decided.exposures.iter().map(|exposure| {
        let message = format!(
            "the value of `{}` stands on the argument list of `{}`, where `ps` shows it",
            exposure.input, exposure.program
        );
        let place = part.block.place(exposure.span);
        let mut diagnostic = found("secret-argument", place, message);
        let mut way = way(&exposure.program);
        if has_no_other_way(part, exposure.span) {
            diagnostic.severity = Severity::Note;
            way = "this command takes it in no other way: run it where nobody else can look";
        }
        diagnostic.help(way)
    });
    told.collect()
}

/// How else a program takes a secret.
fn way(program: &str) -> &'static str {
    match program {
        "curl" => {
            "let it read the header: `printf 'Authorization: Bearer %s' \"$TOKEN\" | curl -H @- ...`"
        }
        "gh" => "let it read from a pipe: `printf %s \"$TOKEN\" | gh secret set NAME`",
        _ => "hand it over through a variable before the command, a file or a pipe",
    }
}

fn has_no_other_way(part: Part<'_>, span: Span) -> bool {
    let around = part.statements().partition_point(|statement| statement.span.end <= span.start);
    part.decided.classifications.get(around).is_some_and(|one| {
        one.commands.iter().any(|command| NO_OTHER_WAY.contains(&command.name.as_str()))
    })
}

/// Finds programs that are named by their path: the catalogue knows names, and what lies there may
/// be anything. Each is told once.
pub(super) fn by_path(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut known = HashSet::new();
    let mut told = Vec::new();
    for piece in &subject.pieces {
        for statement in &piece.block.script.statements {
            for program in programs(statement, subject.plan.catalogue) {
                let path = program.name.contains('/') && !program.name.contains("__");
                if path && known.insert(program.name.clone()) {
                    let message =
                        format!("`{}` is named by its path, and could be anything", program.name);
                    let place = first_line(piece.block, program.span);
                    told.push(found("command-by-path", place, message).help(
                        "validation never runs it; name a program on PATH, or expect nothing of validation here",
                    ));
                }
            }
        }
    }
    told
}

/// Clients that are given a whole address.
const CLIENTS: &[&str] = &["curl", "wget", "http", "https", "xh"];
/// Options of other tools that say whom to talk to.
const HOSTS: &[&str] = &[
    "--domain",
    "--host",
    "--server",
    "--endpoint",
    "--endpoint-url",
    "--api-url",
    "--address",
    "--url",
];

/// Finds reads that send a value to a host that is known only when they run.
pub(super) fn sending(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let parts = subject.pieces.iter().flat_map(Piece::parts);
    // The same value for the same host is told once.
    let mut known = HashSet::new();
    let all = parts.flat_map(|part| sends(subject, part));
    all.filter(|one| known.insert(one.message.clone())).collect()
}

fn sends(subject: &Subject<'_>, part: Part<'_>) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let both = part.statements().iter().zip(&part.decided.classifications);
    // A write is shown before it runs, and asked for.
    for (statement, _) in both.filter(|(_, how)| how.effect != Effect::Write) {
        for (host, span) in simples(statement).into_iter().filter_map(open_host) {
            if let Some(sent) = sent(subject, statement, &host) {
                let message = format!("this sends `{sent}` to whatever `{host}` names");
                told.push(found("sends-value", part.block.place(span), message).help(
                    "write the host out, so that a reader sees where the value goes; validation \
                     sends credentials to listed hosts only",
                ));
            }
        }
    }
    told
}

/// The variable that stands where a host is named, and where.
fn open_host(simple: &Simple) -> Option<(String, Span)> {
    let name = simple.words.first()?.literal()?;
    let client = CLIENTS.contains(&name.as_str());
    let mut before = "";
    for word in &simple.words[1..] {
        let option = word.text.split('=').next().unwrap_or("");
        let given = HOSTS.contains(&before) || word.text.contains('=') && HOSTS.contains(&option);
        let address = client && !before.starts_with('-') || given;
        if let Some(host) = host_variable(word).filter(|_| address) {
            return Some((host, word.span));
        }
        before = &word.text;
    }
    None
}

/// The variable that an address begins with, or that is its host.
fn host_variable(word: &Word) -> Option<String> {
    let mut before = String::new();
    for piece in &word.pieces {
        match piece {
            WordPiece::Text { text, .. } => before.push_str(text),
            WordPiece::Parameter(parameter) => {
                let start = before.rsplit('=').next().unwrap_or("");
                let host = start.split_once("://").map_or(start, |(_, rest)| rest);
                return (!host.contains(['/', '?'])).then(|| parameter.name.clone());
            }
            _ => return None,
        }
    }
    None
}

/// A secret that the statement reads, other than the host itself: as an argument, from a pipe, or
/// in a variable before the command.
fn sent(subject: &Subject<'_>, statement: &Statement, host: &str) -> Option<String> {
    let mut secrets = statement.reads.iter().map(|read| &read.name).filter(|name| {
        *name != host && subject.plan.inputs.named(name).is_some_and(|input| input.secret)
    });
    secrets.next().cloned()
}

/// Every simple command of a statement.
pub(super) fn simples(statement: &Statement) -> Vec<&Simple> {
    let mut simples = Vec::new();
    in_list(&statement.node, &mut simples);
    simples
}

fn in_list<'a>(list: &'a List, simples: &mut Vec<&'a Simple>) {
    let pipelines = list.items.iter().flat_map(|item| item.and_or.pipelines());
    for stage in pipelines.flat_map(|pipeline| &pipeline.stages) {
        match stage {
            Command::Simple(simple) => {
                simples.push(simple);
                let assigned = simple.assignments.iter().flat_map(|one| &one.words);
                for piece in simple.words.iter().chain(assigned).flat_map(|word| &word.pieces) {
                    if let WordPiece::Substitution { body, .. } = piece {
                        in_list(body, simples);
                    }
                }
            }
            Command::Compound(compound) => {
                compound.bodies.iter().for_each(|body| in_list(body, simples));
            }
            _ => {}
        }
    }
}
