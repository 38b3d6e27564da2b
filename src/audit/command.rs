//! A program that takes an entry on its standard input. It has it if it ends with 0.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::variables::Redactor;

use super::{Attempt, Sink, Stop};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked for its end.
const LOOK: Duration = Duration::from_millis(10);
/// How much of what it said is told.
const SAID: usize = 300;

/// Which of its outputs is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listen {
    /// Both of them.
    Everything,
    /// The standard one alone.
    Output,
}

/// What a program came to.
pub(super) struct Ran {
    /// Its status; nothing where it was stopped.
    pub code: Option<i32>,
    /// The end of what it said.
    pub said: Vec<u8>,
}

/// Feeds an entry to a program.
pub(super) fn feed(sink: &Sink, words: &[String], text: &str, stop: &Stop) -> Attempt {
    let name = words.first().map_or("", String::as_str);
    let input = format!("{text}\n").into_bytes();
    let why = match run(sink, words, input, (Listen::Everything, SAID), stop) {
        Ok(Ran { code: Some(0), .. }) => return Attempt::Delivered,
        // What it said may hold what it got from its environment, which nobody here knows.
        Ok(Ran { code: Some(code), .. }) => format!("{name} ended with {code}"),
        Ok(Ran { code: None, .. }) => format!("{name} did not end in time, and was stopped"),
        Err(error) => format!("{name} cannot be started: {error}"),
    };
    Attempt::down(Redactor::default().redact(&why))
}

/// Runs a program to its end, and keeps the last bytes of what it said, at most so many.
pub(super) fn run(
    sink: &Sink,
    words: &[String],
    input: Vec<u8>,
    (listen, most): (Listen, usize),
    stop: &Stop,
) -> io::Result<Ran> {
    let (name, rest) = words.split_first().ok_or_else(|| io::Error::other("it has no name"))?;
    let command = duct::cmd(program(name, &sink.folder), rest)
        .dir(&sink.folder)
        .full_env(sink.environment.iter().cloned())
        .stdin_bytes(input)
        .before_spawn(|command| {
            std::os::unix::process::CommandExt::process_group(command, 0);
            Ok(())
        });
    let command = match listen {
        Listen::Everything => command.stderr_to_stdout(),
        Listen::Output => command.stderr_null(),
    };
    let reader = command.unchecked().reader()?;
    let deadline = Instant::now() + PATIENCE;
    thread::scope(|scope| {
        let listening = scope.spawn(|| tail(&reader, most));
        let code = loop {
            match reader.try_wait() {
                Ok(Some(output)) => break output.status.code().or(Some(128)),
                _ if Instant::now() >= deadline || stop.is_wished() => break None,
                _ => thread::sleep(LOOK),
            }
        };
        // What it started must not keep the pipe, and with it this thread.
        for id in reader.pids() {
            let group = i32::try_from(id).ok().and_then(Pid::from_raw);
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        }
        let said = listening.join().unwrap_or_default();
        Ok(Ran { code, said })
    })
}

/// A program that is named by a path stands where the settings do, not where the run was started.
fn program(name: &str, folder: &Path) -> OsString {
    if name.contains('/') { folder.join(name).into() } else { name.into() }
}

/// The last bytes of what is said, however much it is.
fn tail(mut reader: impl Read, most: usize) -> Vec<u8> {
    let mut kept = VecDeque::new();
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = reader.read(&mut piece) {
        kept.extend(&piece[..read]);
        kept.drain(..kept.len().saturating_sub(most));
    }
    kept.into()
}
