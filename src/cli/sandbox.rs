//! `runbook __sandbox`: enters the sandbox and becomes a program.
//!
//! Not for people: [`prefix`](sandbox::prefix) makes the words. Descriptors that are open
//! stay open. On success there is no way back here.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::sandbox::{self, Rules};

use super::arguments::Sandbox;
use super::{Exit, Failure, print};

/// Does so, if the words of this process are those that [`prefix`](sandbox::prefix) makes;
/// otherwise returns nothing. Every shell of a validation comes this way, and the parser of
/// arguments would first learn every command and option of this program.
pub(super) fn at_once(words: &[OsString]) -> Option<Result<Exit, Failure>> {
    match words {
        [_, command, rules, what, program @ ..] if command == sandbox::COMMAND => {
            let rules = rules.to_str()?;
            match what.to_str()? {
                sandbox::PROGRAM => Some(become_confined(rules, program)),
                sandbox::SHELL => Some(become_shell(rules, program)),
                _ => None,
            }
        }
        _ => None,
    }
}

pub(super) fn sandbox(arguments: &Sandbox) -> Result<Exit, Failure> {
    if arguments.explain {
        print(&sandbox::explain(&sandbox::probe()))?;
        return Ok(Exit::Done);
    }
    become_confined(arguments.rules.as_deref().unwrap_or_default(), &arguments.program)
}

/// Returns only where it fails.
fn become_shell(rules: &str, program: &[OsString]) -> Result<Exit, Failure> {
    let broken = |error: io::Error| Failure::new(Exit::Environment, error);
    rustix::process::setsid().map_err(|error| broken(error.into()))?;
    let numbers = sandbox::take().map_err(broken)?;
    let numbers = numbers.iter().map(|number| number.to_string().into());
    become_confined(rules, &program.iter().cloned().chain(numbers).collect::<Vec<_>>())
}

/// Returns only where it fails.
fn become_confined(rules: &str, program: &[OsString]) -> Result<Exit, Failure> {
    let rules: Rules = serde_json::from_str(rules)
        .map_err(|error| Failure::new(Exit::Usage, format!("no rules of a sandbox: {error}")))?;
    sandbox::enter(&rules).map_err(|error| Failure::new(Exit::Refused, error))?;
    Err(become_program(program))
}

/// Returns only where it fails.
fn become_program(words: &[OsString]) -> Failure {
    let Some((program, arguments)) = words.split_first() else {
        return Failure::new(Exit::Usage, "no program to start in the sandbox");
    };
    let error = Command::new(program).args(arguments).exec();
    Failure::new(Exit::Refused, format!("failed to start {}: {error}", program.display()))
}
