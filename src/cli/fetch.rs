//! Fetches a secret from where it is kept: a variable, a file, a command such as a password manager's.
//!
//! Comes in: a reference. Goes out: the value, or why there is none. What it says is never shown.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use crate::event::Reference;

use super::environment_variable;

/// The value, as it came; or why there is none.
pub(super) type Fetched = Result<Zeroizing<String>, String>;

pub(super) fn variable(name: &str) -> Fetched {
    let value = environment_variable(name).map(Zeroizing::new);
    value.ok_or_else(|| format!("variable {name} is not set"))
}

pub(super) fn file(path: &Path) -> Fetched {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    text.map_err(|error| format!("{}: {error}", path.display()))
}

/// What a program prints that is named `name`.
pub(super) fn command(name: &str, program: &OsStr, rest: &[String], folder: &Path) -> Fetched {
    let output = duct::cmd(program, rest).dir(folder).stdin_null().read().map(Zeroizing::new);
    output.map_err(|error| format!("{name}: {error}"))
}

/// Fetches from where a run has fetched before. A command is started: somebody must have allowed it.
pub(super) fn again(reference: &Reference) -> Fetched {
    match reference {
        Reference::Env(name) => variable(name.as_str()),
        Reference::File(path) => file(Path::new(path.as_str())),
        Reference::Command { words, folder } => {
            let words: Vec<_> = words.iter().map(ToString::to_string).collect();
            let (program, rest) = words.split_first().ok_or("command is empty")?;
            command(program, program.as_ref(), rest, Path::new(folder.as_str()))
        }
    }
}
