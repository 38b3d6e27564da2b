//! A shell for the operator, beside the session's own and with a copy of what that knows.
//!
//! Comes in: a state, the operator's keys. Goes out: what the shell shows, to a [`Listener`], and how
//! it ended, with its state at the beginning and at the end. It has a terminal of its own, which
//! controls it: Ctrl-C and Ctrl-Z are for what runs in it, and nothing of it outlives it. Nothing of
//! it reaches the session unless somebody evaluates it there.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::expect::Stream;
use crate::sandbox;

use super::control::Control;
use super::exchange::{self, Session};
use super::processes::{self, Process};
use super::pty::Pty;
use super::state::{ORDER, State};
use super::{Listener, SessionError, audited};

const BEGINNING: &str = include_str!("visit.bash");
/// How long a shell that is to end may take to do so.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long what was said before the end is waited for.
const MOMENT: Duration = Duration::from_millis(300);

/// A shell that has ended.
#[derive(Debug)]
pub struct Visited {
    /// Its exit status; 128 and the signal's number where it was killed.
    pub status: i32,
    /// What it knew when the operator began, and when they left it in order.
    pub states: Option<(State, State)>,
    /// What was left running in it, and was ended with it.
    pub left: Vec<Process>,
    /// Whether it ended because the operator's terminal is gone.
    pub gone: bool,
    /// How long it was open.
    pub elapsed: Duration,
}

impl Session {
    /// Opens a shell in `state` for the one whose terminal `keys` is, and waits for its end. An
    /// interrupt of the session ends it.
    pub async fn visit(
        &self,
        state: &State,
        prompt: &str,
        keys: &OwnedFd,
        listener: &mut dyn Listener,
    ) -> Result<Visited, SessionError> {
        let started = Instant::now();
        let size = rustix::termios::tcgetwinsize(keys);
        let size = size.map_or(self.settings.size, |size| (size.ws_col, size.ws_row));
        let pty = Pty::open(size)?;
        let (child, control) = processes::start(
            || self.launch_visit(&pty, prompt),
            |launched| exchange::id(&launched.0),
        )?;
        let shell = exchange::id(&child).ok_or(SessionError::Ended)?;
        let mut visit = Visit { child, shell, pty, size, states: Vec::new() };
        let ended = visit.attend(self, control, state, (keys, listener)).await;
        let left = visit.end().await;
        let (status, gone) = ended?;
        let mut states = std::mem::take(&mut visit.states).into_iter();
        let states = states.next().zip(states.next());
        Ok(Visited { status, states, left, gone, elapsed: started.elapsed() })
    }

    fn launch_visit(&self, pty: &Pty, prompt: &str) -> Result<(Child, Control), SessionError> {
        let settings = &self.settings;
        let mut command: Command = exchange::shell(settings, Some(pty.path()), sandbox::prefix)?;
        command.args(["--noprofile", "--norc", "-i", "-s"]).kill_on_drop(true);
        command.current_dir(&settings.folder).env_clear();
        let path = settings.environment.iter().filter(|(name, _)| name == "PATH");
        command.envs(path.map(|(name, value)| (name, value)));
        command.env("PROMPT_COMMAND", BEGINNING);
        command.env("__runbook_prompt", prompt);
        command.env("__runbook_terminal", &settings.terminal);
        command.env("TERM", &settings.terminal).env::<_, OsString>("HISTFILE", OsString::new());
        let end = || pty.end().map(Stdio::from);
        command.stdin(end()?).stdout(end()?).stderr(end()?);
        let (ends, control) = exchange::channels()?;
        let child = audited::spawn(command, ends, audited::Terminal::Its).map_err(|error| {
            SessionError::Start { program: settings.bash.to_string_lossy().into_owned(), error }
        })?;
        Ok((child, control))
    }
}

/// A shell that is open.
struct Visit {
    child: Child,
    shell: i32,
    pty: Pty,
    /// Columns and rows.
    size: (u16, u16),
    /// What it has told of itself.
    states: Vec<State>,
}

impl Visit {
    /// Waits for its end while keys go in and what it shows comes out.
    async fn attend(
        &mut self,
        session: &Session,
        mut control: Control,
        state: &State,
        (keys, listener): (&OwnedFd, &mut dyn Listener),
    ) -> Result<(i32, bool), SessionError> {
        let watched = audited::watched(keys.try_clone()?)?;
        let mut interrupts = session.interrupt.heard();
        let mut chunk = Zeroizing::new(vec![0; 16 * 1024]);
        let mut patience: Option<Instant> = None;
        let mut gone = false;
        let states = &mut self.states;
        let said = async {
            begin(&mut control, state).await?;
            for _ in 0..2 {
                match control.described(ORDER.len()).await? {
                    Some(parts) if parts.len() == ORDER.len() => states.push(State::new(parts)),
                    _ => break,
                }
            }
            Ok::<(), SessionError>(())
        };
        tokio::pin!(said);
        let mut is_said = false;
        let status = loop {
            let tick = tokio::time::sleep(Duration::from_millis(500));
            tokio::select! {
                biased;
                Ok(()) = interrupts.changed(), if patience.is_none() => {
                    processes::signal_all(self.shell, Signal::HUP);
                    patience = Some(Instant::now() + PATIENCE);
                }
                ready = self.pty.readable() => {
                    ready?;
                    let count = self.pty.try_read(&mut chunk)?;
                    let _ = listener.hear(Stream::Stdout, &chunk[..count]);
                }
                ended = &mut said, if !is_said => {
                    ended?;
                    is_said = true;
                }
                status = self.child.wait() => break status?,
                bytes = exchange::read_keys(Some(&watched)), if !gone => {
                    if let Ok(bytes) = bytes {
                        self.pty.write(&bytes).await?;
                    } else {
                        gone = true;
                        processes::signal_all(self.shell, Signal::HUP);
                        patience = Some(Instant::now() + PATIENCE);
                    }
                }
                () = tick => {
                    if patience.is_some_and(|until| Instant::now() > until) {
                        processes::signal_all(self.shell, Signal::KILL);
                    }
                    follow(&self.pty, keys, &mut self.size)?;
                }
            }
        };
        if !is_said {
            let _ = tokio::time::timeout(MOMENT, &mut said).await;
        }
        // The kernel hands the last bytes over a moment later.
        let last = Duration::from_millis(30);
        while let Ok(ready) = tokio::time::timeout(last, self.pty.readable()).await {
            ready?;
            let count = self.pty.try_read(&mut chunk)?;
            if listener.hear(Stream::Stdout, &chunk[..count]) == super::Heard::Enough {
                break;
            }
        }
        Ok((code(status), gone))
    }

    /// Ends what is left of it; what was running in it is told.
    async fn end(&mut self) -> Vec<Process> {
        let left = processes::below(self.shell);
        processes::signal_all(self.shell, Signal::HUP);
        let until = Instant::now() + PATIENCE / 4;
        while Instant::now() < until && !processes::below(self.shell).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        processes::signal_all(self.shell, Signal::KILL);
        self.child.wait().await.ok();
        processes::below(self.shell);
        processes::forget(self.shell);
        left
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if self.child.id().is_some() {
            processes::signal_all(self.shell, Signal::KILL);
        }
        processes::forget(self.shell);
    }
}

/// Tells the shell what it is to know.
async fn begin(control: &mut Control, state: &State) -> Result<(), SessionError> {
    for part in state.parts() {
        control.say(part).await?;
    }
    Ok(())
}

/// Makes the shell's terminal as large as the operator's is by now.
fn follow(pty: &Pty, keys: &OwnedFd, size: &mut (u16, u16)) -> Result<(), SessionError> {
    let Ok(now) = rustix::termios::tcgetwinsize(keys) else { return Ok(()) };
    let now = (now.ws_col, now.ws_row);
    if now != *size {
        *size = now;
        pty.resize(now)?;
    }
    Ok(())
}

fn code(status: ExitStatus) -> i32 {
    status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}
