//! `runbook validate`: check, then run what is read-only, in parallel over runbooks; stamp; report.
//!
//! Comes in: paths and what was typed. Goes out: a report in one of the formats, stamps, an exit
//! code. What is wrong with one runbook does not keep the others from being validated.

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::rc::Rc;

use indicatif::ProgressDrawTarget;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::{Courtesy, Wishes, together};
use crate::path::repository;
use crate::report::Colour;
use crate::report::progress::{Progress, Show};
use crate::report::whole::{Examined, Standing, Task, Whole, github, json, junit, sarif, terminal};
use crate::sandbox::{self, Layers};

use super::arguments::{ReportFormat, SandboxUse, Validate};
use super::examine::Call;
use super::keyboard::without_marks;
use super::{Exit, Failure, environment_variable, paths, print, settings, signals};

/// The width of a report that goes to no terminal.
const COLUMNS: usize = 100;

pub(super) fn validate_all(arguments: &Validate) -> Result<Exit, Failure> {
    if arguments.explain_sandbox {
        print(&sandbox::explain(&sandbox::probe()))?;
        return Ok(Exit::Done);
    }
    let layers = layers(arguments)?;
    let found = paths::runbooks(&arguments.paths);
    if arguments.answers.is_some() && found.files.len() > 1 {
        return Err(Failure::new(Exit::Usage, "--answers is about one runbook: name it alone"));
    }
    if let (Some(base), Some(first)) = (&arguments.config_ref, found.files.first()) {
        settings::require_commit(first, base)?;
    }
    let broken = |error: std::io::Error| {
        Failure::new(Exit::Environment, format!("failed to start: {error}"))
    };
    let wishes = Wishes::unattended();
    signals::listen(wishes.clone()).map_err(broken)?;
    let show = show(arguments);
    let _unmarked = matches!(show, Show::Moving(_)).then(|| without_marks(&std::io::stderr()));
    let call = Rc::new(Call {
        arguments: arguments.clone(),
        layers,
        today: Timestamp::now().to_zoned_datetime(TimeZone::UTC).date(),
        wishes,
        courtesy: Courtesy::default(),
        progress: Progress::new(found.files.len(), show),
    });
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let one = |path: PathBuf| {
        let call = Rc::clone(&call);
        async move { Box::pin(call.examine(&path)).await }
    };
    let examined = runtime.block_on(together(found.files, jobs(arguments), one));
    call.progress.end();
    let missing = found.missing.iter();
    let missing =
        missing.map(|error| Examined::unreadable(error.path(), &format!("failed to {error}")));
    let runbooks: Vec<_> = missing.chain(examined).collect();
    let exits = runbooks.iter().map(|one| exit_of(one, Task::Validate));
    let exit = exits.max_by_key(|exit| weight(*exit)).unwrap_or(Exit::Usage);
    let exit = if call.wishes.is_over() { Exit::Interrupted } else { exit };
    tell(runbooks, Task::Validate, arguments.format, exit)?;
    Ok(exit)
}

/// What the kernel enforces; where it cannot, only `--sandbox=off` goes on.
fn layers(arguments: &Validate) -> Result<Option<Layers>, Failure> {
    if arguments.docs || arguments.sandbox == SandboxUse::Off {
        return Ok(None);
    }
    let layers = sandbox::probe();
    match layers.suffices() {
        Ok(()) => Ok(Some(layers)),
        Err(error) => {
            let message = format!(
                "{error}; --docs validates without running anything; --sandbox=off runs without \
                 this protection, and the report and the stamp then say so"
            );
            Err(Failure::new(Exit::Refused, message))
        }
    }
}

fn jobs(arguments: &Validate) -> usize {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    arguments.jobs.map_or(2 * cores, std::num::NonZero::get)
}

fn show(arguments: &Validate) -> Show {
    let quiet = environment_variable("CI").is_some() || !std::io::stderr().is_terminal();
    match arguments.format {
        _ if !quiet => Show::Moving(ProgressDrawTarget::stderr()),
        ReportFormat::Github => Show::Nothing,
        _ => Show::Lines(Box::new(std::io::stderr())),
    }
}

/// Reports what a whole call came to.
pub(super) fn tell(
    runbooks: Vec<Examined>,
    task: Task,
    format: ReportFormat,
    exit: Exit,
) -> Result<(), Failure> {
    let whole = Whole {
        command: task,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        root: runbooks.first().map(|one| repository(&one.path)).unwrap_or_default(),
        runbooks,
        exit: exit as u8,
    };
    let terminal = std::io::stdout().is_terminal();
    let plain = environment_variable("NO_COLOR").is_some() || !terminal;
    let colour = if plain { Colour::Off } else { Colour::On };
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    let columns = size.map_or(COLUMNS, |size| usize::from(size.ws_col).max(40));
    print(&match format {
        ReportFormat::Text => terminal::text(&whole, colour, columns),
        ReportFormat::Json => json::text(&whole),
        ReportFormat::Junit => junit::text(&whole),
        ReportFormat::Sarif => sarif::text(&whole),
        ReportFormat::Github => github::log(&whole, &github::Fence::random()),
    })?;
    if format == ReportFormat::Github {
        summarise(&whole)?;
    }
    Ok(())
}

/// Adds to the step's summary, where GitHub Actions offers one.
fn summarise(whole: &Whole) -> Result<(), Failure> {
    let Some(path) = environment_variable("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let file = OpenOptions::new().append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(github::summary(whole).as_bytes())).map_err(|error| {
        Failure::new(Exit::Environment, format!("failed to write {path}: {error}"))
    })
}

fn exit_of(one: &Examined, task: Task) -> Exit {
    if one.source.is_none() {
        return Exit::Usage;
    }
    match one.standing(task) {
        Standing::Checked | Standing::Validated => Exit::Done,
        Standing::CheckedOnly | Standing::Unverified => Exit::NeedsPerson,
        Standing::Failed => Exit::Failed,
        Standing::Refused => Exit::Refused,
        Standing::Broken => Exit::Environment,
    }
}

/// Which of several exit codes is told: the one that matters most.
const fn weight(exit: Exit) -> u8 {
    match exit {
        Exit::Done => 0,
        Exit::NeedsPerson => 1,
        Exit::Failed => 2,
        Exit::Usage => 3,
        Exit::Environment => 4,
        Exit::Refused => 5,
        Exit::Interrupted => 6,
    }
}
