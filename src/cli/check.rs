//! `runbook check`: what can be said against runbooks without running anything.

use std::io::IsTerminal;
use std::path::Path;

use serde::Serialize;

use crate::check::{Circumstances, RULES, check_in, joined};
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::Document;
use crate::plan::{Plan, Selection};
use crate::policy::Catalogue;
use crate::report::findings::Findings;
use crate::report::whole::{Examined, Task};
use crate::report::{Colour, draw, neutral};
use crate::source::Source;

use super::arguments::{Check, Deny, ReportFormat};
use super::validate::tell;
use super::{Exit, Failure, carry_out, environment_variable, paths, print};

/// A file and what was found in it.
enum Checked {
    Runbook(Source, Vec<Diagnostic>),
    /// What leads to no runbook, and why.
    Unreadable(Findings),
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Told<'a> {
    version: u32,
    files: &'a [Findings],
}

pub(super) fn check(arguments: &Check) -> Result<Exit, Failure> {
    if arguments.list {
        print(&list())?;
        return Ok(Exit::Done);
    }
    let today = carry_out::now().date();
    let circumstances = Circumstances {
        today,
        stale_after: arguments.max_age,
        exists: &|path: &Path| path.exists(),
    };
    let found = paths::runbooks(&arguments.paths);
    let unread = found.missing.iter().map(|error| unreadable(error.path(), error));
    let read = found.files.iter().map(|file| look(file, &circumstances));
    let checked: Vec<_> = unread.chain(read).collect();
    let findings: Vec<_> = checked.iter().map(Checked::findings).collect();
    let exit = exit(&checked, &findings, arguments.deny);
    match arguments.format {
        ReportFormat::Text => print(&text(&checked, &findings))?,
        ReportFormat::Json => {
            let text = serde_json::to_string_pretty(&Told { version: 1, files: &findings });
            print(&(text.expect("findings are made of strings") + "\n"))?;
        }
        format @ (ReportFormat::Junit | ReportFormat::Sarif | ReportFormat::Github) => {
            let examined = checked.into_iter().map(Checked::examined).collect();
            tell(examined, Task::Check, format, exit)?;
        }
    }
    Ok(exit)
}

fn list() -> String {
    let rows = RULES
        .iter()
        .map(|rule| format!("{:<26} {:<8} {}\n", rule.code, word(rule.severity), rule.summary));
    rows.collect()
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn look(file: &Path, circumstances: &Circumstances<'_>) -> Checked {
    let source = match Source::read(file) {
        Ok(source) => source,
        Err(error) => return unreadable(file, &error),
    };
    let plan = Plan::new(Document::read(source), Catalogue::builtin(), &Selection::everything());
    let found = joined(&plan, check_in(&plan, circumstances));
    Checked::Runbook(plan.document.source, found)
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Checked {
    Checked::Unreadable(Findings::unreadable(path, &format!("failed to {error}")))
}

impl Checked {
    fn findings(&self) -> Findings {
        match self {
            Self::Runbook(source, found) => Findings::new(source, found),
            Self::Unreadable(findings) => findings.clone(),
        }
    }

    fn examined(self) -> Examined {
        match self {
            Self::Runbook(source, found) => Examined::new(source, found),
            Self::Unreadable(findings) => {
                let message = findings.diagnostics.first().map_or("", |one| one.message.as_str());
                Examined::unreadable(Path::new(&findings.file), message)
            }
        }
    }

    fn drawn(&self, colour: Colour) -> String {
        match self {
            Self::Runbook(source, found) => {
                found.iter().map(|one| draw(one, source, colour) + "\n").collect()
            }
            Self::Unreadable(findings) => {
                let messages = findings.diagnostics.iter().map(|one| &one.message);
                messages.map(|message| format!("error: {}\n\n", neutral(message))).collect()
            }
        }
    }
}

fn text(checked: &[Checked], findings: &[Findings]) -> String {
    let plain = environment_variable("NO_COLOR").is_some() || !std::io::stdout().is_terminal();
    let colour = if plain { Colour::Off } else { Colour::On };
    let drawn: String = checked.iter().map(|one| one.drawn(colour)).collect();
    drawn + &summary(findings) + "\n"
}

/// `3 files: 1 error, 4 warnings, 2 notes`
fn summary(findings: &[Findings]) -> String {
    let severities = [Severity::Error, Severity::Warning, Severity::Note];
    let counts = severities.map(|severity| {
        (findings.iter().map(|one| one.count(severity)).sum::<usize>(), word(severity))
    });
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<_> = told.map(|(count, word)| counted(count, word)).collect();
    let told = if told.is_empty() { "nothing found".to_owned() } else { told.join(", ") };
    format!("{}: {told}", counted(findings.len(), "file"))
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn exit(checked: &[Checked], findings: &[Findings], deny: Option<Deny>) -> Exit {
    let least = if deny == Some(Deny::Warnings) { Severity::Warning } else { Severity::Error };
    let all = findings.iter().flat_map(|one| &one.diagnostics);
    if checked.iter().any(|one| matches!(one, Checked::Unreadable(_))) {
        Exit::Usage
    } else if all.into_iter().any(|one| one.severity >= least) {
        Exit::Failed
    } else {
        Exit::Done
    }
}
