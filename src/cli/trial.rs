//! `runbook __try`: a process that parses what strangers wrote, and may die of it.
//!
//! Comes in: texts that may cost the parser too much (`shell::Trial`). Goes out: whether it comes
//! to an end on them. The process reads the same bytes with the same code as this one would, under
//! limits on memory and processor time; a text that it dies of, or does not answer in time, is
//! never parsed here. One process tries many texts, and none is started where all are harmless.
//! Time is its own processor time, so that a machine with much to do fails nobody.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest, Sha256};

use crate::shell::{self, Trial};

use super::{Exit, Failure};

/// Code without optimisation takes some twenty times as long; the limits of tests go with it.
const SLOWER: u32 = if cfg!(debug_assertions) { 10 } else { 1 };

/// What one text may take, in processor time; what is allowed is then parsed once more.
const TIME: Duration = Duration::from_millis(150).saturating_mul(SLOWER);

/// What all texts of one document may take that are tried; the others are refused untried.
const TIME_TOGETHER: Duration = TIME.saturating_mul(2);

/// How long an answer is waited for, whatever the machine has to do besides.
const PATIENCE: Duration = Duration::from_secs(20);

/// The address space of the process, in bytes: the program itself needs some 80 MiB of it where it
/// carries what a debugger wants, and a third of that otherwise.
const MEMORY: u64 = 256 << 20;

/// What is parsed without a trial: measured, the parser looks at some five million bytes a second,
/// so that this is a hundredth of one.
const HARMLESS: u64 = 1 << 16;

/// How much of that one document may hold; what comes after is tried as well.
const HARMLESS_TOGETHER: u64 = 1 << 22;

/// How many texts of one document may fail before the others are refused untried.
const FAILURES: u32 = 1;

/// How many verdicts are kept, and how long a text can be, in bytes.
const KEPT: usize = 4096;
const LONGEST: u32 = 1 << 20;

/// Has what strangers wrote tried from now on.
pub(super) fn install() {
    shell::try_first(Court::default());
}

/// Where texts are tried.
#[derive(Default)]
struct Court {
    bench: Mutex<Bench>,
}

/// The process that tries, if one is running, and what it found.
#[derive(Default)]
struct Bench {
    candidate: Option<Candidate>,
    verdicts: HashMap<[u8; 32], bool>,
}

/// What the document at hand has used up.
#[derive(Debug, Default)]
struct Spent {
    cost: u64,
    failures: u32,
    time: Duration,
}

thread_local! {
    // A document is read by one thread.
    static SPENT: RefCell<Spent> = RefCell::default();
}

impl Trial for Court {
    fn begin(&self) {
        SPENT.take();
    }

    fn permits(&self, text: &str, cost: u64) -> bool {
        let harmless = SPENT.with_borrow_mut(|spent| {
            let harmless = cost <= HARMLESS && spent.cost + cost <= HARMLESS_TOGETHER;
            spent.cost += if harmless { cost } else { 0 };
            harmless
        });
        harmless || self.tried(text)
    }
}

impl Court {
    fn tried(&self, text: &str) -> bool {
        let mut bench = self.bench.lock().unwrap_or_else(PoisonError::into_inner);
        let key: [u8; 32] = Sha256::digest(text).into();
        if let Some(verdict) = bench.verdicts.get(&key) {
            return *verdict;
        }
        let Some(allowed) = SPENT.with_borrow(Spent::allowed) else {
            return false;
        };
        let took = bench.ask(text, allowed);
        SPENT.with_borrow_mut(|spent| spent.add(took, allowed));
        let verdict = took.is_some();
        if bench.verdicts.len() >= KEPT {
            bench.verdicts.clear();
        }
        bench.verdicts.insert(key, verdict);
        verdict
    }
}

impl Spent {
    /// What the next text may take; nothing where it is not to be tried.
    fn allowed(&self) -> Option<Duration> {
        let left = TIME_TOGETHER.saturating_sub(self.time);
        (self.failures <= FAILURES && !left.is_zero()).then_some(left.min(TIME))
    }

    fn add(&mut self, took: Option<Duration>, allowed: Duration) {
        self.failures += u32::from(took.is_none());
        self.time += took.unwrap_or(allowed);
    }
}

impl Bench {
    /// What the parser took for a text. A process that is lost takes its text with it: nothing
    /// that was not answered is allowed.
    fn ask(&mut self, text: &str, allowed: Duration) -> Option<Duration> {
        let candidate = self.candidate.take().map_or_else(Candidate::start, Ok);
        let mut candidate = candidate.ok()?;
        let took = candidate.time(text, allowed).ok()?;
        self.candidate = Some(candidate);
        Some(took)
    }
}

/// A process that parses.
struct Candidate {
    child: Child,
    texts: ChildStdin,
    answers: ChildStdout,
}

impl Candidate {
    fn start() -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("__try")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(texts), Some(answers)) => Ok(Self { child, texts, answers }),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// What a text takes; an error where it was the end of the process, or may yet be.
    fn time(&mut self, text: &str, allowed: Duration) -> io::Result<Duration> {
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        self.texts.write_all(&length.to_be_bytes())?;
        self.texts.write_all(&in_bytes(allowed))?;
        self.texts.write_all(text.as_bytes())?;
        self.texts.flush()?;
        let timeout = Timespec::try_from(PATIENCE).map_err(io::Error::other)?;
        let mut waiting = [PollFd::new(&self.answers, PollFlags::IN)];
        if poll(&mut waiting, Some(&timeout))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        read_duration(&mut self.answers)
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A duration on its way from one process to the other, in microseconds.
fn in_bytes(duration: Duration) -> [u8; 4] {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX).to_be_bytes()
}

fn read_duration(from: &mut impl Read) -> io::Result<Duration> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(Duration::from_micros(u32::from_be_bytes(bytes).into()))
}

/// The process itself: parses each text that comes in, and says what that took when it came to an
/// end.
pub(super) fn sit() -> Result<Exit, Failure> {
    let broken = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Environment, format!("failed to try a text: {error}"))
    };
    confine().map_err(|error| broken(&error))?;
    let (tell, told) = mpsc::channel();
    // The stack is no larger than that of any thread that reads documents.
    let reader = std::thread::Builder::new().stack_size(2 << 20);
    let reader = reader.spawn(move || read(&tell)).map_err(|error| broken(&error))?;
    while let Ok(allowed) = told.recv() {
        watch(&told, allowed)?;
    }
    match reader.join() {
        Ok(Ok(())) => Ok(Exit::Done),
        Ok(Err(error)) => Err(broken(&error)),
        Err(_) => Err(broken(&"the parser gave up")),
    }
}

/// Waits until a text was parsed; an error where it takes too long.
fn watch(told: &mpsc::Receiver<Duration>, allowed: Duration) -> Result<(), Failure> {
    let end = used() + allowed;
    loop {
        match told.recv_timeout(Duration::from_millis(5)) {
            Ok(_) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) if used() > end => {
                return Err(Failure::new(Exit::Refused, "the parser took too long"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The processor time of this process.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or(Duration::MAX / 2)
}

/// Tells before each text what it may take, and after it what it took.
fn read(tell: &mpsc::Sender<Duration>) -> io::Result<()> {
    let (mut texts, mut answers) = (io::stdin().lock(), io::stdout().lock());
    loop {
        let mut length = [0; 4];
        if let Err(error) = texts.read_exact(&mut length) {
            let ended = error.kind() == io::ErrorKind::UnexpectedEof;
            return if ended { Ok(()) } else { Err(error) };
        }
        let length = u32::from_be_bytes(length).min(LONGEST);
        let allowed = read_duration(&mut texts)?;
        let mut text = vec![0; length as usize];
        texts.read_exact(&mut text)?;
        let text = String::from_utf8(text).map_err(io::Error::other)?;
        tell.send(allowed).map_err(io::Error::other)?;
        let before = used();
        // What the parser says is for the process that is left to find out.
        drop(shell::parse(&text));
        let took = used().saturating_sub(before);
        tell.send(took).map_err(io::Error::other)?;
        answers.write_all(&in_bytes(took))?;
        answers.flush()?;
    }
}

/// Takes from this process what a parser does not need. Where its input ends, it ends as well.
fn confine() -> rustix::io::Result<()> {
    let limit = |resource, most: u64| {
        let most = getrlimit(resource).maximum.map_or(most, |now| now.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
    };
    limit(Resource::As, MEMORY)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, 16)?;
    #[cfg(target_os = "linux")]
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}
