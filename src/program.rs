//! A program that a team's settings name, run to its end and within bounds.
//!
//! Comes in: its words, what it gets, how long it may take. Goes out: how it ended, and the end of
//! what it said. Whatever it has started is ended with it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often it is looked for its end.
const LOOK: Duration = Duration::from_millis(10);

/// What is run.
#[derive(Debug)]
pub struct Program<'p> {
    /// Its name and its arguments. A name with a `/` starts from `folder`.
    pub words: &'p [String],
    /// Where it runs.
    pub folder: &'p Path,
    /// All of its environment; nothing where it has that of this program.
    pub environment: Option<&'p [(OsString, OsString)]>,
    /// What it reads.
    pub input: Vec<u8>,
    /// Which of its outputs is listened to.
    pub listen: Listen,
    /// How many bytes of the end of that are kept.
    pub keeps: usize,
    /// How long it may take.
    pub patience: Duration,
}

/// Which of a program's outputs is listened to; of both, the standard one alone is the default of
/// whoever needs its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// Both of them.
    Everything,
    /// The standard one; what it complains of goes where this program's complaints go.
    Output,
    /// The standard one; what it complains of is dropped.
    OutputAlone,
}

/// What a program came to.
#[derive(Debug)]
pub struct Ran {
    /// Its status, 128 where a signal ended it; nothing where it was stopped.
    pub code: Option<i32>,
    /// The end of what it said.
    pub said: Vec<u8>,
}

impl Program<'_> {
    /// Runs it, until it has ended, its time is up, or `enough` says so of the bytes that it has said.
    ///
    /// # Errors
    /// It has no name, or cannot be started.
    pub fn run(self, enough: impl Fn(u64) -> bool) -> io::Result<Ran> {
        let reader = self.command()?.reader()?;
        let deadline = Instant::now() + self.patience;
        let heard = AtomicU64::new(0);
        thread::scope(|scope| {
            let listening = scope.spawn(|| tail(&reader, self.keeps, &heard));
            let code = loop {
                match reader.try_wait() {
                    Ok(Some(output)) => break output.status.code().or(Some(128)),
                    _ if enough(heard.load(Ordering::Relaxed)) => break None,
                    _ if Instant::now() >= deadline => break None,
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

    fn command(&self) -> io::Result<duct::Expression> {
        let (name, rest) =
            self.words.split_first().ok_or_else(|| io::Error::other("it has no name"))?;
        // Named by a path it stands where the settings do, not where the run was started.
        let name: OsString =
            if name.contains('/') { self.folder.join(name).into() } else { name.into() };
        let mut command = duct::cmd(name, rest)
            .dir(self.folder)
            .stdin_bytes(self.input.clone())
            .before_spawn(|command| {
                std::os::unix::process::CommandExt::process_group(command, 0);
                Ok(())
            });
        if let Some(environment) = self.environment {
            command = command.full_env(environment.iter().cloned());
        }
        let command = match self.listen {
            Listen::Everything => command.stderr_to_stdout(),
            Listen::Output => command,
            Listen::OutputAlone => command.stderr_null(),
        };
        Ok(command.unchecked())
    }
}

/// The last bytes of what is said, however much it is.
fn tail(mut reader: impl Read, most: usize, heard: &AtomicU64) -> Vec<u8> {
    let mut kept = VecDeque::new();
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = reader.read(&mut piece) {
        heard.fetch_add(read as u64, Ordering::Relaxed);
        kept.extend(&piece[..read]);
        kept.drain(..kept.len().saturating_sub(most));
    }
    kept.into()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::{Listen, Program, Ran};

    fn run(script: &str, enough: impl Fn(u64) -> bool) -> Ran {
        let words = ["sh", "-c", script].map(str::to_owned);
        let program = Program {
            words: &words,
            folder: Path::new("/"),
            environment: None,
            input: b"given\n".to_vec(),
            listen: Listen::OutputAlone,
            keeps: 6,
            patience: Duration::from_millis(500),
        };
        program.run(enough).expect("it starts")
    }

    #[test]
    fn it_says_how_it_ended_and_the_end_of_what_it_said() {
        let ran = run("cat; echo more; echo no >&2; exit 3", |_| false);
        assert_eq!((ran.code, ran.said.as_slice()), (Some(3), b"\nmore\n".as_slice()));
        assert_eq!(run("kill -9 $$", |_| false).code, Some(128));
    }

    #[test]
    fn it_and_what_it_started_are_ended_when_time_is_up_or_enough_was_heard() {
        let begun = Instant::now();
        assert_eq!(run("sleep 100 & sleep 100", |_| false).code, None);
        assert_eq!(run("yes", |heard| heard > 10_000).code, None);
        // What it leaves behind does not hold its output open.
        assert_eq!(run("sleep 100 & exit 0", |_| false).code, Some(0));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
