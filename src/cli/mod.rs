//! The command line: one file per subcommand, prompts, exit codes.
//!
//! Comes in: arguments, the environment, the terminal. Goes out: an exit code. This is the only
//! place that reads the environment, prints, and knows what an exit code is.

mod answers;
mod arguments;
mod audit;
mod carry_out;
mod check;
mod classify;
mod deviations;
mod editor;
mod examine;
mod expect;
mod explain;
mod fetch;
mod give_up;
mod going_on;
mod hand_on;
mod hand_over;
mod journal;
mod jump;
mod keyboard;
mod paths;
mod pick;
mod recorded;
mod reference;
mod resume;
mod role;
mod rollback;
mod runs;
mod sandbox;
mod settings;
mod show;
mod signals;
mod start;
mod status;
mod terminal;
mod trial;
mod trust;
mod usual;
mod validate;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::gate;

use arguments::{Arguments, Command};

/// What the process tells its caller; the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, and everything met.
    Done = 0,
    /// A command or an expectation failed, or a finding of severity error.
    Failed = 1,
    /// Wrong usage, or input that is no runbook.
    Usage = 2,
    /// Something stayed unverified or needs a person.
    NeedsPerson = 3,
    /// Refused: policy, role, placeholder, sandbox, lock.
    Refused = 4,
    /// The environment failed: store, disk, terminal, a missing tool.
    Environment = 5,
    /// The operator interrupted it twice.
    Interrupted = 130,
}

/// What ended a command before it could do its work: a message and an exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl std::fmt::Display) -> Self {
        Self { exit, message: message.to_string() }
    }
}

/// Runs the command that the process was called with.
pub fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    if let Some(status) = through_a_gate(&words) {
        return ExitCode::from(status);
    }
    if let Some(result) = sandbox::at_once(&words) {
        return exit_code(result);
    }
    match Arguments::try_parse_from(words) {
        Ok(arguments) => exit_code(run(arguments.command)),
        Err(error) => {
            // Help and version are no failures; a closed pipe is nobody's business.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { 0 })
        }
    }
}

fn run(command: Command) -> Result<Exit, Failure> {
    if !matches!(command, Command::Try) {
        trial::install();
    }
    match command {
        Command::Run(run) => carry_out::run(&run),
        Command::Resume(arguments) => resume::resume(&arguments),
        Command::Rollback(arguments) => rollback::rollback(&arguments),
        Command::Runs(arguments) => runs::runs(&arguments),
        Command::Show(arguments) => show::show(&arguments),
        Command::Audit(arguments) => audit::audit(&arguments),
        Command::Rehearse(rehearse) => carry_out::rehearse(&rehearse),
        Command::Explain(explain) => explain::explain(&explain),
        Command::Check(check) => check::check(&check),
        Command::Status(status) => status::status(&status),
        Command::Expect(expect) => expect::expect(&expect),
        Command::Validate(validate) => validate::validate_all(&validate),
        Command::Trust(trust) => trust::trust(&trust),
        Command::Classify(classify) => classify::classify(&classify),
        Command::Completions(completions) => reference::completions(&completions),
        Command::Man(man) => reference::man(&man),
        Command::Try => trial::sit(),
        Command::Sandbox(arguments) => sandbox::sandbox(&arguments),
    }
}

/// What the process exits with; why it did nothing is said.
fn exit_code(result: Result<Exit, Failure>) -> ExitCode {
    let exit = result.unwrap_or_else(|failure| {
        complain(&failure.message);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

/// Becomes another program, if this process was started under its name through a gate.
fn through_a_gate(words: &[OsString]) -> Option<u8> {
    gate::enter(&gate::executed()?, words, &environment())
}

/// Says on standard error why nothing was done.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "runbook: {message}");
}

/// The width of the terminal; without one nothing has to fit.
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.map_or(usize::MAX, |size| usize::from(size.ws_col).max(1))
}

/// Writes a whole text to standard output; a reader that left early is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if is_read_no_more(&written) { Ok(()) } else { written.map_err(|error| unwritten(&error)) }
}

/// Whether what was to be written has no reader any more.
fn is_read_no_more(written: &std::io::Result<()>) -> bool {
    written.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn unwritten(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Environment, format!("failed to write the output: {error}"))
}

/// A variable of the environment that is set, not empty and UTF-8.
#[allow(clippy::disallowed_methods)] // The one place that reads the environment.
fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The whole environment.
#[allow(clippy::disallowed_methods)] // The one place that reads the environment.
fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}
