//! A shell that remembers: one bash per run, whose state is a value.
//!
//! Comes in: statements as text. Goes out: their bytes, as they come, to a
//! [`Listener`], and a [`Report`] of every statement. Standard output, standard error and the
//! control channel are separate; the shell has no terminal of its own. Refuses to know runbooks,
//! expectations and who is looking.

mod audited;
mod change;
mod control;
mod declaration;
mod environment;
mod exchange;
mod processes;
mod pty;
mod state;
mod visit;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::expect::Stream;
use crate::sandbox;

pub use change::{Change, is_its_own};
pub use declaration::{unescaped, values};
pub use environment::for_shell;
pub use exchange::{Interrupt, Session};
pub use processes::Process;
pub use state::{ORDER, State, way};
pub use visit::Visited;

/// How a session is started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bash to use: a name to be looked up on PATH, or a path.
    pub bash: OsString,
    /// Where it starts.
    pub folder: PathBuf,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The operator's `TERM`, for commands that get the terminal.
    pub terminal: String,
    /// Columns and rows of the operator's terminal.
    pub size: (u16, u16),
    /// What the kernel is to hold it to, with everything that it starts; nothing for an ordinary
    /// session.
    pub within: Option<sandbox::Rules>,
}

/// How a statement's streams are laid.
#[derive(Debug)]
pub enum Mode<'a> {
    /// No input; outputs through pipes.
    Plain,
    /// No input; standard output through a pseudo-terminal, so that filters do not sit on it.
    Streaming,
    /// All three through a pseudo-terminal; what is read from `keys` is typed at it.
    Interactive {
        /// The operator's terminal, already in raw mode and non-blocking.
        keys: &'a std::os::fd::OwnedFd,
    },
}

/// When a statement is stopped.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long it may run before it is killed; `None` for as long as it takes.
    pub deadline: Option<Duration>,
    /// How long it is watched before it is stopped without blame; for streaming commands.
    pub window: Option<Duration>,
}

/// What a listener wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// More.
    Continue,
    /// Nothing more: stop the producer.
    Enough,
}

/// Receives a statement's output as it comes.
pub trait Listener {
    /// Takes `bytes`; they are not kept by the session.
    fn hear(&mut self, stream: Stream, bytes: &[u8]) -> Heard;
    /// Is called about once a second while nothing comes.
    fn wait(&mut self, elapsed: Duration) -> Heard {
        let _ = elapsed;
        Heard::Continue
    }
}

/// Why a statement came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It ended by itself.
    None,
    /// The listener had heard enough.
    Enough,
    /// Its window was over.
    Window,
    /// Its deadline had passed.
    Deadline,
    /// The operator interrupted it.
    Interrupt,
}

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// bash's own status of it, `$?`; where the shell ended, the shell's.
    pub status: i32,
    /// `PIPESTATUS` after it; empty where the shell ended.
    pub stages: Vec<i32>,
    /// Who ended it.
    pub stop: Stop,
    /// Whether the shell itself ended (`exit`, `exec`, `set -e`, a signal).
    pub shell_ended: bool,
    /// From its start to its report.
    pub elapsed: Duration,
}

/// Why a session cannot go on. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// bash could not be started.
    #[error("start {program}: {error}")]
    Start {
        /// What was to be started.
        program: String,
        /// What the system said.
        error: io::Error,
    },
    /// bash said nothing, or the program is to end.
    #[error("start bash: it did not answer when it was asked for its version")]
    Silent,
    /// bash is too old to be relied on.
    #[error("use bash {found}: 4.4 or newer is needed; put one first on PATH")]
    Old {
        /// Its version.
        found: String,
    },
    /// The folder to start in is not there.
    #[error("start in {folder}: it is not a folder that can be entered")]
    Folder {
        /// The folder.
        folder: PathBuf,
    },
    /// A channel to the shell broke.
    #[error("talk to the shell: {0}")]
    Channel(#[from] io::Error),
    /// It cannot be held to what it may do.
    #[error("start the shell in a sandbox: {0}")]
    Sandbox(#[from] sandbox::SandboxError),
    /// The shell is gone.
    #[error("talk to the shell: it has ended")]
    Ended,
}

#[cfg(test)]
mod tests;
