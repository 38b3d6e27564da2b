//! Expectations that the command itself contradicts: what is looked for never reaches the output.
//!
//! Comes in: what an expectation wants to see, and the last statement of its segment. Goes out: a
//! finding where that statement drops it, filters it away, cuts it, or keeps it to itself. Looks
//! only at what is certain from the text: a segment of which another statement may print what is
//! looked for is left alone, and so is an expectation with another alternative.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Label};
use crate::document::Annotation;
use crate::expect::{self, Place, Sought, Want};
use crate::shell::{Command, Pipeline, Redirect, RedirectKind, Simple, Statement, Word};

use super::Subject;
use super::pieces::{Part, Piece};
use super::rules::found;

/// A want, where it was written, and the pipeline that should show it.
struct Shown<'a> {
    part: Part<'a>,
    annotation: &'a Annotation,
    want: Want,
    pipeline: &'a Pipeline,
}

/// Every want whose segment has one statement that prints.
fn shown<'a>(subject: &'a Subject<'a>) -> Vec<Shown<'a>> {
    let mut all = Vec::new();
    for part in subject.pieces.iter().flat_map(Piece::parts) {
        let Some(pipeline) = printing(part) else {
            continue;
        };
        for annotation in &part.written.expectations {
            for want in annotation.expectation.wants() {
                all.push(Shown { part, annotation, want, pipeline });
            }
        }
    }
    all
}

/// The last pipeline of a segment, if no other statement of it prints.
fn printing(part: Part<'_>) -> Option<&Pipeline> {
    let (last, before) = part.statements().split_last()?;
    if !before.iter().all(is_silent) {
        return None;
    }
    last.node.items.last()?.and_or.pipelines().last()
}

/// Assignments, and commands that print nothing.
fn is_silent(statement: &Statement) -> bool {
    const SILENT: &[&str] =
        &["cd", "export", "set", "unset", "sleep", "mkdir", "shopt", "umask", "local", "readonly"];
    let pipelines = statement.node.items.iter().flat_map(|item| item.and_or.pipelines());
    let mut stages = pipelines.flat_map(|pipeline| &pipeline.stages);
    stages.all(|stage| match stage {
        Command::Simple(simple) => simple
            .words
            .first()
            .is_none_or(|word| word.literal().is_some_and(|name| SILENT.contains(&name.as_str()))),
        _ => false,
    })
}

impl Shown<'_> {
    /// The command whose output is the segment's.
    fn last(&self) -> Option<&Simple> {
        match self.pipeline.stages.last() {
            Some(Command::Simple(simple)) => Some(simple),
            _ => None,
        }
    }

    fn found(&self, code: &'static str, message: String, help: &str) -> Diagnostic {
        let mut diagnostic = found(code, self.annotation.span, message).help(help);
        let text = String::from("of this command");
        let span = self.part.place(self.pipeline.span);
        diagnostic.labels.push(Label { span, text });
        diagnostic
    }
}

/// Finds HTTP statuses that are expected of a client that does not print them.
pub(super) fn http_status(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let all = shown(subject);
    let hidden = all.iter().filter(|one| one.want.sought == Sought::Status).filter_map(|one| {
        let why = expect::keeps_status(one.part.command())?;
        let message = format!("no status is seen here: {why}");
        Some(one.found("hidden-http-status", message, "let it print the status: `curl -i ...`"))
    });
    hidden.collect()
}

/// Finds output that is expected of a command that prints none.
pub(super) fn dropped(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let all = shown(subject);
    let told = all.iter().filter_map(|one| {
        let silence = Silence::of(one.last()?, &one.part.block.text)?;
        let hidden = match (one.want.place, silence.stderr) {
            _ if matches!(one.want.sought, Sought::NoText(_) | Sought::NoTrouble) => false,
            (Place::Stdout, _) | (Place::Both, Stderr::Dropped) => true,
            (Place::Both, Stderr::Shown) | (Place::Stderr, _) => false,
        };
        hidden.then(|| {
            let message = format!("{}, but {}", one.want.text, silence.why);
            one.found("dropped-output", message, "let the command print it, or expect `exit 0`")
        })
    });
    told.collect()
}

/// Whether a command's messages are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stderr {
    Shown,
    Dropped,
}

/// A command that prints nothing on standard output.
struct Silence {
    why: String,
    stderr: Stderr,
}

impl Silence {
    fn of(simple: &Simple, text: &str) -> Option<Self> {
        let words: Vec<_> = simple.words.iter().map(read).collect();
        let name = words.first()?.rsplit('/').next().unwrap_or("").to_owned();
        if let Some(target) = redirected(&simple.redirects, text) {
            let both = target.both || simple.redirects.iter().any(copies_stdout);
            let stderr = if both { Stderr::Dropped } else { Stderr::Shown };
            return Some(Self { why: format!("the output goes to `{}`", target.file), stderr });
        }
        match name.as_str() {
            "grep" | "egrep" | "fgrep" | "zgrep" | "rg" if has(&words, 'q', "--quiet --silent") => {
                Some(Self { why: format!("`{name} -q` prints nothing"), stderr: Stderr::Dropped })
            }
            "curl"
                if saves(&words)
                    && !has(&words, 'w', "--write-out")
                    && !has(&words, 'D', "--dump-header") =>
            {
                Some(Self {
                    why: "`curl -o` writes it to a file".to_owned(),
                    stderr: Stderr::Shown,
                })
            }
            _ => None,
        }
    }
}

fn read(word: &Word) -> String {
    word.literal().unwrap_or_else(|| word.text.clone())
}

/// Whether an option is among the words, by itself or in a cluster of short ones.
fn has(words: &[String], short: char, long: &str) -> bool {
    words.iter().any(|word| {
        let cluster = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        let plain = cluster.is_some_and(|rest| {
            let letters = rest.chars().take_while(char::is_ascii_alphabetic);
            letters.collect::<String>().contains(short)
        });
        plain || long.split(' ').any(|name| word.split('=').next() == Some(name))
    })
}

/// Whether curl writes the body to a file.
fn saves(words: &[String]) -> bool {
    let pairs = words.windows(2);
    let apart = pairs.filter(|pair| {
        let cluster = pair[0].strip_prefix('-').is_some_and(|rest| {
            !rest.starts_with('-')
                && rest.ends_with('o')
                && rest.chars().all(|c| c.is_ascii_alphabetic())
        });
        (cluster || pair[0] == "--output") && pair[1] != "-"
    });
    apart.count() > 0
}

/// Where standard output goes.
struct Target {
    file: String,
    both: bool,
}

fn redirected(redirects: &[Redirect], text: &str) -> Option<Target> {
    redirects.iter().filter(|redirect| redirect.kind == RedirectKind::Write).find_map(|redirect| {
        let span = redirect.span?;
        let before = text.get(..span.start)?.trim_end();
        let before = before.trim_end_matches(['>', '|']);
        let word = before.rsplit(char::is_whitespace).next().unwrap_or("");
        let both = before.ends_with('&');
        let number = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
        let shown =
            matches!(redirect.target.text.as_str(), "/dev/stdout" | "/dev/stderr" | "/dev/tty");
        let stdout = both || !number || word == "1";
        (stdout && !shown).then(|| Target { file: redirect.target.text.clone(), both })
    })
}

/// `2>&1`
fn copies_stdout(redirect: &Redirect) -> bool {
    redirect.kind == RedirectKind::Duplicate && redirect.target.text == "1"
}

/// Finds wants that a filter takes away.
pub(super) fn filtered(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let all = shown(subject);
    let told = all.iter().filter_map(|one| {
        let words: Vec<_> = one.last()?.words.iter().map(read).collect();
        let why = taken_away(&words, &one.want, one.pipeline.stages.len())?;
        let message = format!("{}: {why}", one.want.text);
        Some(one.found(
            "filtered-output",
            message,
            "leave the filter out, or expect what it lets through",
        ))
    });
    told.collect()
}

fn taken_away(words: &[String], want: &Want, stages: usize) -> Option<String> {
    let name = words.first()?.rsplit('/').next()?;
    let greps = matches!(name, "grep" | "egrep" | "fgrep" | "zgrep" | "rg");
    let counts = greps && has(words, 'c', "--count") || name == "wc";
    let text = matches!(&want.sought, Sought::Text(text) if !text.trim().chars().all(|c| c.is_ascii_digit()));
    if counts && want.place != Place::Stderr && (text || want.sought == Sought::Json) {
        return Some(format!("`{name}` prints a number, and nothing else"));
    }
    if !greps || stages < 2 {
        return None;
    }
    let pattern = words[1..].iter().find(|word| !word.starts_with('-'))?.to_lowercase();
    if has(words, 'v', "--invert-match") {
        return inverted(name, &pattern, &want.sought);
    }
    let plain = pattern.chars().all(|c| c.is_alphanumeric() || " _-:".contains(c));
    let status = ["http", "status", "code"].iter().any(|word| pattern.contains(word));
    let digits = pattern.chars().any(|c| c.is_ascii_digit());
    let away = want.sought == Sought::Status && plain && !status && !digits;
    away.then(|| format!("`{name}` lets only lines with `{pattern}` through"))
}

/// What `grep -v` takes out is absent whatever happens.
fn inverted(name: &str, pattern: &str, sought: &Sought) -> Option<String> {
    let alternatives: Vec<_> =
        pattern.split('|').map(|one| one.trim_matches(['\\', '(', ')', '^', '$', ' '])).collect();
    let out = match sought {
        Sought::NoText(text) => {
            alternatives.iter().any(|one| !one.is_empty() && text.to_lowercase().contains(one))
        }
        Sought::Text(text) => {
            alternatives.iter().any(|one| !one.is_empty() && text.to_lowercase().contains(one))
        }
        Sought::NoTrouble => alternatives.iter().any(|one| {
            ["error", "err", "warn", "warning", "fail", "failed", "failure"].contains(one)
        }),
        _ => false,
    };
    out.then(|| format!("`{name} -v` takes every such line out"))
}

/// Finds counts of output that was cut.
pub(super) fn cut(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let all = shown(subject);
    let last = last_of_steps(subject);
    let told = all.iter().filter_map(|one| match &one.want.sought {
        Sought::Lines | Sought::EveryRow => {
            let last = one.part.block.text_of(one.pipeline.stages.last()?.span());
            let cut = expect::cuts_output(last)?;
            let message = format!("{}, but the output is cut by `{cut}`", one.want.text);
            Some(one.found(
                "cut-output",
                message,
                "let the command print everything, or its count: `... | wc -l`",
            ))
        }
        Sought::Step(id) => {
            let (earlier, whose) = match expect::cuts_output(one.part.command()) {
                Some(cut) if one.want.text.starts_with("the count") => {
                    (cut.to_owned(), "this output".to_owned())
                }
                _ => {
                    let command = last.get(id.as_str())?.command();
                    let cut = expect::cuts_output(command)?.to_owned();
                    (cut, format!("the output of step {id}"))
                }
            };
            let message = format!("{}, but {whose} is cut by `{earlier}`", one.want.text);
            Some(one.found(
                "cut-output",
                message,
                "let the step print its whole output, or its count",
            ))
        }
        _ => None,
    });
    told.collect()
}

/// The last segment of each step, by the step's id: its output is what the step leaves behind.
fn last_of_steps<'a>(subject: &'a Subject<'a>) -> HashMap<&'a str, Part<'a>> {
    let parts = subject.pieces.iter().flat_map(Piece::parts);
    parts.map(|part| (part.step.id.as_str(), part)).collect()
}
