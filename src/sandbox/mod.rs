//! A process that can read and cannot write.
//!
//! Comes in: the rules (the one folder that may be written, the ports that may be reached). Goes
//! out: a process that is held to them by the kernel, with everything that it starts, and a list of
//! the layers that hold it, as data. [`probe`] tells beforehand what the running kernel can do,
//! [`explain()`] tells a person, [`prefix`] gives the words that start a command inside.
//!
//! It refuses to know what a command means: whoever judges commands is elsewhere, and may be wrong;
//! this is what holds then. It denies by default: a file that no rule names, a device request, a
//! kind of socket or a system call that it does not know. Where the kernel cannot do what is
//! needed, it refuses, and never enters by half.

#[cfg(target_os = "linux")]
mod calls;
mod descriptors;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod explain;
#[cfg(target_os = "linux")]
mod filter;
mod layers;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod privileges;
#[cfg(target_os = "linux")]
mod ruleset;
mod scratch;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use descriptors::{hand_over, take};
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{end_with_the_parent, enter, only_start, probe, without_network};
pub use explain::explain;
pub use layers::{Layer, Layers};
#[cfg(target_os = "linux")]
pub use linux::{end_with_the_parent, enter, only_start, probe, without_network};
pub use scratch::{environment, of_shell, prepare};

/// The hidden command that enters and becomes a program.
pub const COMMAND: &str = "__sandbox";
/// What stands between the rules and the program.
pub const PROGRAM: &str = "--";
/// What stands there where the program is a shell of ours: it gets a session of its own, without a
/// terminal, and the descriptors that are [handed over](hand_over), whose numbers are its last
/// arguments.
pub const SHELL: &str = "--shell";

/// What a process inside may do; everything else that changes something is denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The only folder in which files may be made, changed and removed.
    pub scratch: PathBuf,
    /// Further files, fifos and terminals that exist and may be opened for writing.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// The TCP ports that may be connected to, on any host; none where it is empty.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Whether a UNIX socket may be made.
    #[serde(default)]
    pub unix_sockets: UnixSockets,
    /// Which terminals may be opened by name.
    #[serde(default)]
    pub terminals: Terminals,
}

impl Rules {
    /// The strictest rules: `scratch` may be written, nothing may be reached.
    pub fn new(scratch: impl Into<PathBuf>) -> Self {
        Self {
            scratch: scratch.into(),
            files: Vec::new(),
            ports: Vec::new(),
            unix_sockets: UnixSockets::Forbidden,
            terminals: Terminals::Own,
        }
    }
}

/// Whether a UNIX socket may be made: it is the way to every daemon of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnixSockets {
    /// No; a connected pair of stream sockets still may.
    #[default]
    Forbidden,
    /// Yes: any local daemon that lets this user in can be told to write.
    Allowed,
}

/// Which terminals may be opened by name for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terminals {
    /// The controlling one, `/dev/tty`, and those that the rules list as files.
    #[default]
    Own,
    /// All of `/dev/pts` and `/dev/ptmx`: those of other sessions of this user as well.
    Any,
}

/// Why a process is not inside.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// This kernel cannot hold a process to the rules.
    #[error("this machine cannot enforce read-only mode: {reason}")]
    Insufficient {
        /// What is missing.
        reason: String,
    },
    /// A path of the rules cannot be opened.
    #[error("the sandbox cannot open {}: {source}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The scratch folder is something else.
    #[error("the scratch of the sandbox is no folder: {}", .0.display())]
    NoFolder(PathBuf),
    /// The kernel did not take one of the layers, although it says that it can.
    #[error("the kernel did not take the sandbox: {layer}: {reason}")]
    NotTaken {
        /// Which.
        layer: &'static str,
        /// What it said.
        reason: String,
    },
    /// The rules cannot be handed over.
    #[error("the rules of the sandbox cannot be written down: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// The running program is not to be found.
    #[error("the running program is not to be found: {0}")]
    Program(io::Error),
}

/// The words to put before a command, so that it starts inside.
pub fn prefix(rules: &Rules) -> Result<Vec<OsString>, SandboxError> {
    prefix_by(&own()?, rules)
}

/// As [`prefix`], with `program` as the `runbook` that enters.
pub fn prefix_by(program: &Path, rules: &Rules) -> Result<Vec<OsString>, SandboxError> {
    words(program, rules, PROGRAM)
}

/// The words to put before a shell of ours, see [`SHELL`].
pub fn prefix_of_shell(rules: &Rules) -> Result<Vec<OsString>, SandboxError> {
    words(&own()?, rules, SHELL)
}

fn own() -> Result<PathBuf, SandboxError> {
    std::env::current_exe().map_err(SandboxError::Program)
}

fn words(program: &Path, rules: &Rules, what: &str) -> Result<Vec<OsString>, SandboxError> {
    let rules = serde_json::to_string(rules)?;
    Ok(vec![program.into(), COMMAND.into(), rules.into(), what.into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_say_only_the_scratch_allow_nothing_else() {
        let rules: Rules = serde_json::from_str(r#"{"scratch":"/s"}"#).expect("rules");
        assert_eq!(rules, Rules::new("/s"));
    }

    #[test]
    fn a_rule_that_is_not_known_is_an_error_and_not_ignored() {
        assert!(serde_json::from_str::<Rules>(r#"{"scratch":"/s","port":[1]}"#).is_err());
    }

    #[test]
    fn the_prefix_hands_the_rules_over() {
        let rules = Rules { ports: vec![443], ..Rules::new("/s") };
        let words = prefix_by(Path::new("/bin/runbook"), &rules).expect("words");
        assert_eq!(words[0], "/bin/runbook");
        assert_eq!(words[1], COMMAND);
        assert_eq!(
            serde_json::from_str::<Rules>(words[2].to_str().unwrap()).expect("rules"),
            rules
        );
        assert_eq!(words[3], PROGRAM);
    }
}
