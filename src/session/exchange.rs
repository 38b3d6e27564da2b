//! The session itself: requests, outputs, reports, stops.
//!
//! Theory of operation. One bash loops over requests (`driver.bash`). While a statement runs, four
//! things can happen: output comes, the report comes, the shell ends, or a time is up. A stop
//! escalates: the pipeline's producer gets SIGINT first (where its readers are to drain), then the
//! whole group SIGINT, SIGTERM, SIGKILL. What was written before the report is in the pipes when
//! the report arrives, so they are drained then, without waiting for an end that a background
//! child could withhold.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use rustix::process::Signal;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use zeroize::{Zeroize, Zeroizing};

use crate::expect::Stream;
use crate::sandbox::{self, SandboxError};

use super::control::{Control, Field};
use super::processes::{self, Process};
use super::pty::Pty;
use super::state::{self, State};
use super::{Heard, Limits, Listener, Mode, Report, SessionError, Settings, Stop, audited};

const DRIVER: &str = include_str!("driver.bash");
/// bash's texts of its own state: which options are set, variables, functions, the rest.
const STATE_FIELDS: usize = 4;
/// The texts that set its options: those of `shopt`, those of `set`.
const OPTION_FIELDS: usize = 2;
/// How long each step of a stop may take before the next.
const PATIENCE: Duration = Duration::from_secs(2);
const CHUNK: usize = 64 * 1024;

/// Lets somebody else stop the running statement.
///
/// It counts, so that no interrupt is lost that comes while a statement's output is being handled.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<watch::Sender<u64>>);

impl Interrupt {
    /// Stops the statement that runs now; nothing where none does.
    pub fn interrupt(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// Hears of those that come from now on.
    pub(super) fn heard(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

/// One bash and the ways to it.
pub struct Session {
    pub(super) settings: Settings,
    pub(super) interrupt: Interrupt,
    /// What was heard of it before the statement at hand.
    interrupts: watch::Receiver<u64>,
    child: Child,
    shell: i32,
    control: Control,
    stdout: Receiver,
    stderr: Receiver,
    pty: Option<Pty>,
    chunk: Zeroizing<Vec<u8>>,
    /// How much of `chunk` may hold output.
    used: usize,
    described: Described,
    /// The texts that set the options, by what bash calls them together.
    options: Option<(Field, Vec<Field>)>,
}

/// What is known of the shell's state since its last statement.
enum Described {
    /// Nothing: it was not asked, or has been told something since.
    Unknown,
    /// The shell is about to say it.
    Awaited,
    /// This is it.
    Known(State),
}

impl Session {
    /// Starts bash and waits until it answers.
    pub async fn start(settings: Settings, interrupt: Interrupt) -> Result<Self, SessionError> {
        if !settings.folder.is_dir() {
            return Err(SessionError::Folder { folder: settings.folder });
        }
        processes::adopt_orphans();
        // Inside a sandbox no terminal can be opened that was not there before.
        let pty = settings.within.as_ref().map(|_| Pty::open(settings.size)).transpose()?;
        let terminal = pty.as_ref().map(Pty::path);
        let (child, control, stdout, stderr) =
            processes::start(|| launch(&settings, terminal), |launched| id(&launched.0))?;
        let shell = id(&child).ok_or(SessionError::Ended)?;
        let chunk = Zeroizing::new(vec![0; CHUNK]);
        let mut session = Self {
            settings,
            interrupts: interrupt.0.subscribe(),
            interrupt,
            child,
            shell,
            control,
            stdout,
            stderr,
            pty,
            chunk,
            used: 0,
            described: Described::Unknown,
            options: None,
        };
        session.require_version().await?;
        Ok(session)
    }

    /// What was interrupted before no longer counts: something else begins.
    pub fn forget_interrupts(&mut self) {
        self.interrupts.mark_unchanged();
    }

    /// Runs one statement, or several that belong together, and reports. An interrupt that came
    /// since the last [`Session::forget_interrupts`] stops it at once: between two statements of a
    /// block there is time for one.
    pub async fn run(
        &mut self,
        text: &[u8],
        mode: Mode<'_>,
        limits: Limits,
        listener: &mut dyn Listener,
    ) -> Result<Report, SessionError> {
        let how = self.lay(&mode)?;
        self.send(&how, text).await?;
        let report = self.attend(&mode, limits, listener).await?;
        if matches!(mode, Mode::Plain) {
            self.drain(listener)?;
        } else {
            self.drain_terminal(listener).await?;
        }
        Ok(report)
    }

    /// Evaluates text of our own: its output is thrown away.
    pub async fn quietly(&mut self, text: &[u8]) -> Result<(), SessionError> {
        self.send("quiet", text).await?;
        self.report_field().await.map(drop)
    }

    /// What the shell is like now.
    ///
    /// It says so after every statement; where a trap could have changed it since, it is asked.
    pub async fn snapshot(&mut self) -> Result<State, SessionError> {
        self.hear_state().await?;
        if let Described::Known(state) = &self.described
            && !state.has_traps()
        {
            return Ok(state.clone());
        }
        self.quietly(b"").await?;
        self.hear_state().await?;
        match &self.described {
            Described::Known(state) => Ok(state.clone()),
            Described::Unknown | Described::Awaited => Err(SessionError::Ended),
        }
    }

    /// Sends a request, after what the shell has still to say of the one before.
    async fn send(&mut self, how: &str, text: &[u8]) -> Result<(), SessionError> {
        self.hear_state().await?;
        self.described = Described::Awaited;
        Ok(self.control.send(how, text).await?)
    }

    async fn hear_state(&mut self) -> Result<(), SessionError> {
        if !matches!(self.described, Described::Awaited) {
            return Ok(());
        }
        self.described = Described::Unknown;
        let said = self.control.described(STATE_FIELDS).await?.ok_or(SessionError::Ended)?;
        let [options, variables, functions, rest]: [Field; STATE_FIELDS] =
            said.try_into().map_err(|_| SessionError::Ended)?;
        let [shopt, set] = self.options(options).await?;
        let state = State::new(vec![shopt, variables, functions, rest, set]);
        self.described = Described::Known(state);
        Ok(())
    }

    /// The texts that set the options that are set now; asked for when others are.
    async fn options(&mut self, set: Field) -> Result<[Field; OPTION_FIELDS], SessionError> {
        if self.options.as_ref().is_none_or(|(known, _)| *known != set) {
            self.control.send("options", b"").await?;
            let texts = self.control.described(OPTION_FIELDS).await?.ok_or(SessionError::Ended)?;
            self.options = Some((set, texts));
        }
        let texts = self.options.as_ref().map(|(_, texts)| texts.clone()).unwrap_or_default();
        texts.try_into().map_err(|_| SessionError::Ended)
    }

    /// Replaces the shell by a new one in `state`; what ran in the old one is ended.
    pub async fn restart(&mut self, state: &State) -> Result<(), SessionError> {
        self.end_processes().await;
        let mut new = Self::start(self.settings.clone(), self.interrupt.clone()).await?;
        for part in state.parts() {
            new.quietly(part).await?;
        }
        new.quietly(b"RUNBOOK_SHELL=$$").await?;
        *self = new;
        Ok(())
    }

    /// Evaluates the texts of a state that was kept, in their order.
    pub async fn restore<'t>(
        &mut self,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<(), SessionError> {
        for text in texts {
            self.quietly(text.as_bytes()).await?;
        }
        self.quietly(b"RUNBOOK_SHELL=$$").await
    }

    /// What a text of our own prints.
    pub async fn ask(&mut self, text: &[u8]) -> Result<String, SessionError> {
        let mut heard = Heap::default();
        let limits = Limits { deadline: Some(PATIENCE * 5), window: None };
        self.forget_interrupts();
        self.run(text, Mode::Plain, limits, &mut heard).await?;
        Ok(String::from_utf8_lossy(&heard.0).into_owned())
    }

    /// What a text of our own prints in a copy of the shell that was in `state`, as far as it comes
    /// within `patience`.
    ///
    /// The copy is killed then, with what it started: nothing that the text does can reach the shell
    /// itself, nor can what runs behind it get among the answers.
    pub async fn aside(
        &self,
        state: &State,
        text: &[u8],
        patience: Duration,
    ) -> Result<Zeroizing<Vec<u8>>, SessionError> {
        let mut copy = self.copy(state).await?;
        let mut heard = Heap::default();
        let limits = Limits { deadline: None, window: None };
        let answer = copy.run(text, Mode::Plain, limits, &mut heard);
        let answer = tokio::time::timeout(patience, answer).await;
        processes::signal_all(copy.shell, Signal::KILL);
        copy.child.wait().await.ok();
        if let Ok(Err(error)) = answer {
            return Err(error);
        }
        Ok(Zeroizing::new(heard.0))
    }

    /// Another shell in `state`, but for its traps: what they do was meant to happen once. It gets
    /// its whole environment from the state, so that what was unset stays so.
    async fn copy(&self, state: &State) -> Result<Self, SessionError> {
        let mut settings = self.settings.clone();
        settings.environment.retain(|(name, _)| name == "PATH");
        let mut copy = Self::start(settings, self.interrupt.clone()).await?;
        for part in state.parts() {
            if state::sets_traps(part) {
                copy.quietly(b"trap() { :; }").await?;
                copy.quietly(part).await?;
                copy.quietly(b"unset -f trap").await?;
            } else {
                copy.quietly(part).await?;
            }
        }
        copy.quietly(b"RUNBOOK_SHELL=$$").await?;
        Ok(copy)
    }

    /// The folder that the shell is in; `None` where the system does not tell.
    pub fn folder(&self) -> Option<std::path::PathBuf> {
        std::fs::read_link(format!("/proc/{}/cwd", self.shell)).ok()
    }

    /// What runs below the shell now: background children of earlier statements.
    pub fn background(&self) -> Vec<Process> {
        processes::below(self.shell)
    }

    /// Ends the shell in order, so that its EXIT trap runs, and everything below it by force.
    pub async fn end(mut self, listener: &mut dyn Listener) {
        self.send("run", b"exit 0").await.ok();
        let limits = Limits { deadline: Some(PATIENCE * 5), window: None };
        self.attend(&Mode::Plain, limits, listener).await.ok();
        self.drain(listener).ok();
        self.end_processes().await;
    }

    async fn end_processes(&mut self) {
        let all = processes::below(self.shell);
        if all.is_empty() && self.child.id().is_none() {
            // The shell has ended and left nothing behind: the usual end.
            return processes::forget(self.shell);
        }
        if !all.is_empty() {
            processes::signal_all(self.shell, Signal::TERM);
            let patience = Instant::now() + PATIENCE / 4;
            while Instant::now() < patience && !processes::below(self.shell).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        processes::signal_all(self.shell, Signal::KILL);
        self.child.wait().await.ok();
        processes::below(self.shell);
        processes::forget(self.shell);
    }

    async fn require_version(&mut self) -> Result<(), SessionError> {
        let mut heard = Heap::default();
        let text = b"builtin printf '%s %s' \"${BASH_VERSINFO[0]}\" \"${BASH_VERSINFO[1]}\"";
        let limits = Limits { deadline: Some(PATIENCE * 5), window: None };
        self.run(text, Mode::Plain, limits, &mut heard).await?;
        let found = String::from_utf8_lossy(&heard.0).replace(' ', ".");
        let mut numbers = found.split('.').filter_map(|number| number.parse::<u32>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(major), Some(minor)) if (major, minor) >= (4, 4) => Ok(()),
            (None, _) => Err(SessionError::Silent),
            _ => Err(SessionError::Old { found }),
        }
    }

    /// How the driver is to redirect, and the pseudo-terminal made ready for it.
    fn lay(&mut self, mode: &Mode<'_>) -> Result<String, SessionError> {
        if matches!(mode, Mode::Plain) {
            return Ok("run".into());
        }
        if self.pty.is_none() {
            self.pty = Some(Pty::open(self.settings.size)?);
        }
        let pty = self.pty.as_ref().expect("opened above");
        if matches!(mode, Mode::Streaming) {
            pty.plain()?;
            return Ok(format!("pty:{}", pty.path()));
        }
        pty.ordinary()?;
        Ok(format!("tty:{}:{}", self.settings.terminal, pty.path()))
    }

    /// Waits for the end of the statement while its output is heard and its times are kept.
    async fn attend(
        &mut self,
        mode: &Mode<'_>,
        limits: Limits,
        listener: &mut dyn Listener,
    ) -> Result<Report, SessionError> {
        let started = Instant::now();
        let mut stopping = Stopping::new(limits, started);
        let keys = keys(mode)?;
        let terminal = !matches!(mode, Mode::Plain);
        let mut interrupts = self.interrupts.clone();
        let (mut stdout, mut stderr, mut control) = (true, true, true);
        loop {
            // Also where there is always something to hear: a flood must not hold its end up.
            stopping.tick(self.shell);
            let due = stopping.due().min(Instant::now() + Duration::from_secs(1));
            let heard = tokio::select! {
                biased;
                Ok(()) = interrupts.changed() => {
                    stopping.begin(Stop::Interrupt, self.shell);
                    Heard::Continue
                }
                ready = self.stdout.readable(), if stdout => {
                    ready?;
                    self.take(Stream::Stdout, &mut stdout, listener)?
                }
                ready = self.stderr.readable(), if stderr => {
                    ready?;
                    self.take(Stream::Stderr, &mut stderr, listener)?
                }
                ready = readable(self.pty.as_ref()), if terminal => {
                    ready?;
                    self.take_terminal(listener)?
                }
                // Closed when the shell ended, or became another program (`exec`).
                field = self.control.field(), if control => {
                    if let Some(field) = field? {
                        return Ok(stopping.report(&field));
                    }
                    control = false;
                    Heard::Continue
                }
                status = self.child.wait() => return Ok(stopping.shell_ended(status?)),
                bytes = read_keys(keys.as_ref()), if keys.is_some() => {
                    if let Some(pty) = &self.pty { pty.write(&bytes?).await?; }
                    Heard::Continue
                }
                () = tokio::time::sleep_until(due.into()) => {
                    stopping.tick(self.shell);
                    listener.wait(started.elapsed())
                }
            };
            if heard == Heard::Enough {
                stopping.begin(Stop::Enough, self.shell);
            }
        }
    }

    /// Reads once from a pipe that is ready; `open` becomes false at its end.
    fn take(
        &mut self,
        stream: Stream,
        open: &mut bool,
        listener: &mut dyn Listener,
    ) -> Result<Heard, SessionError> {
        let pipe = if stream == Stream::Stdout { &self.stdout } else { &self.stderr };
        match pipe.try_read(&mut self.chunk) {
            Ok(0) => *open = false,
            Ok(count) => {
                self.used = self.used.max(count);
                return Ok(listener.hear(stream, &self.chunk[..count]));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Heard::Continue)
    }

    fn take_terminal(&mut self, listener: &mut dyn Listener) -> Result<Heard, SessionError> {
        let pty = self.pty.as_ref().expect("a terminal mode opened it");
        Ok(match pty.try_read(&mut self.chunk)? {
            0 => Heard::Continue,
            count => {
                self.used = self.used.max(count);
                listener.hear(Stream::Stdout, &self.chunk[..count])
            }
        })
    }

    /// Reads past tokio, which believes a pipe empty until it has asked the kernel again.
    fn drain(&mut self, listener: &mut dyn Listener) -> Result<(), SessionError> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let pipe = if stream == Stream::Stdout { &self.stdout } else { &self.stderr };
            loop {
                match rustix::io::read(pipe, &mut self.chunk[..]) {
                    Ok(0) | Err(Errno::AGAIN) => break,
                    Ok(count) => {
                        self.used = self.used.max(count);
                        let _ = listener.hear(stream, &self.chunk[..count]);
                    }
                    Err(error) => return Err(io::Error::from(error).into()),
                }
            }
        }
        self.chunk[..self.used].zeroize();
        self.used = 0;
        Ok(())
    }

    /// The kernel hands a pseudo-terminal's bytes over a moment later.
    async fn drain_terminal(&mut self, listener: &mut dyn Listener) -> Result<(), SessionError> {
        let moment = Duration::from_millis(30);
        while let Ok(ready) = tokio::time::timeout(moment, readable(self.pty.as_ref())).await {
            ready?;
            self.take_terminal(listener)?;
        }
        self.drain(listener)
    }

    async fn report_field(&mut self) -> Result<Zeroizing<Vec<u8>>, SessionError> {
        self.control.field().await?.ok_or(SessionError::Ended)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.child.id().is_some() {
            processes::signal_all(self.shell, Signal::KILL);
        }
        processes::forget(self.shell);
    }
}

/// How far the stopping of a statement has come.
struct Stopping {
    limits: Limits,
    started: Instant,
    stop: Stop,
    step: usize,
    next: Instant,
}

impl Stopping {
    fn new(limits: Limits, started: Instant) -> Self {
        Self { limits, started, stop: Stop::None, step: 0, next: started }
    }

    /// When something is to be done next.
    fn due(&self) -> Instant {
        if self.stop != Stop::None {
            return self.next;
        }
        let first = [self.limits.deadline, self.limits.window].into_iter().flatten().min();
        first.map_or_else(
            || Instant::now() + Duration::from_secs(3600),
            |after| self.started + after,
        )
    }

    /// Does what is due, if anything is.
    fn tick(&mut self, shell: i32) {
        if self.due() > Instant::now() {
            return;
        }
        if self.stop != Stop::None {
            return self.advance(shell);
        }
        let deadline = self.limits.deadline.unwrap_or(Duration::MAX);
        let window = self.limits.window.is_some_and(|window| window <= deadline);
        self.begin(if window { Stop::Window } else { Stop::Deadline }, shell);
    }

    /// Begins to stop; a second reason changes nothing.
    fn begin(&mut self, stop: Stop, shell: i32) {
        if self.stop != Stop::None {
            if stop == Stop::Interrupt {
                self.advance(shell);
            }
            return;
        }
        self.stop = stop;
        self.step = usize::from(matches!(stop, Stop::Deadline | Stop::Interrupt));
        self.advance(shell);
    }

    /// Whether the shell may go with what it runs: it was asked to stop, or ran too long. What was
    /// only watched long enough is stopped below the shell, which goes on.
    fn blames(&self) -> bool {
        matches!(self.stop, Stop::Deadline | Stop::Interrupt)
    }

    fn advance(&mut self, shell: i32) {
        match self.step {
            0 => processes::signal_producer(shell, Signal::INT),
            1 if self.blames() => processes::signal_all(shell, Signal::INT),
            1 => processes::signal_below(shell, Signal::INT),
            2 if self.blames() => processes::signal_all(shell, Signal::TERM),
            2 => processes::signal_below(shell, Signal::KILL),
            _ => processes::signal_all(shell, Signal::KILL),
        }
        self.step += 1;
        self.next = Instant::now() + PATIENCE;
    }

    fn report(&self, field: &[u8]) -> Report {
        let text = String::from_utf8_lossy(field);
        let mut numbers = text.split(' ').skip(1).filter_map(|number| number.parse().ok());
        // A text that never came to its end (a syntax error) reports no status: bash's own is 2.
        let status = numbers.next().unwrap_or(2);
        let stages = numbers.collect();
        Report {
            status,
            stages,
            stop: self.stop,
            shell_ended: false,
            elapsed: self.started.elapsed(),
        }
    }

    fn shell_ended(&self, status: std::process::ExitStatus) -> Report {
        use std::os::unix::process::ExitStatusExt;
        let status = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1);
        let stages = Vec::new();
        Report {
            status,
            stages,
            stop: self.stop,
            shell_ended: true,
            elapsed: self.started.elapsed(),
        }
    }
}

async fn readable(pty: Option<&Pty>) -> io::Result<()> {
    match pty {
        Some(pty) => pty.readable().await,
        None => std::future::pending().await,
    }
}

/// The operator's keys while a command has the terminal.
fn keys(mode: &Mode<'_>) -> io::Result<Option<AsyncFd<OwnedFd>>> {
    match mode {
        Mode::Interactive { keys } => Ok(Some(audited::watched(keys.try_clone()?)?)),
        _ => Ok(None),
    }
}

pub(super) async fn read_keys(keys: Option<&AsyncFd<OwnedFd>>) -> io::Result<Zeroizing<Vec<u8>>> {
    let Some(keys) = keys else {
        return std::future::pending().await;
    };
    loop {
        let mut ready = keys.readable().await?;
        let mut bytes = Zeroizing::new(vec![0; 1024]);
        match rustix::io::read(keys.get_ref(), &mut bytes[..]) {
            Ok(0) => return std::future::pending().await,
            Ok(count) => {
                bytes.truncate(count);
                return Ok(bytes);
            }
            Err(Errno::AGAIN) => ready.clear_ready(),
            Err(error) => return Err(error.into()),
        }
    }
}

pub(super) fn id(child: &Child) -> Option<i32> {
    child.id().and_then(|id| i32::try_from(id).ok())
}

fn launch(
    settings: &Settings,
    terminal: Option<&str>,
) -> Result<(Child, Control, Receiver, Receiver), SessionError> {
    let (stdout_out, stdout_in) = pipe()?;
    let (stderr_out, stderr_in) = pipe()?;
    let mut command = shell(settings, terminal, sandbox::prefix_of_shell)?;
    command.args(["--noprofile", "--norc", "-c", DRIVER, "runbook"]).kill_on_drop(true);
    command.current_dir(&settings.folder).env_clear();
    command.envs(settings.environment.iter().map(|(name, value)| (name, value)));
    command.stdout(stdout_in).stderr(stderr_in);
    let (ends, control) = channels()?;
    let started = match &settings.within {
        None => audited::spawn(command, ends, audited::Terminal::None),
        Some(_) => sandbox::hand_over(&ends.descriptors())
            .and_then(|descriptors| command.stdin(descriptors).spawn()),
    };
    let child = started.map_err(|error| SessionError::Start {
        program: settings.bash.to_string_lossy().into_owned(),
        error,
    })?;
    Ok((child, control, receiver(stdout_out)?, receiver(stderr_out)?))
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?)
}

/// The ways to a shell: its ends and ours.
pub(super) fn channels() -> Result<(audited::Control, Control), SessionError> {
    let (requests_out, requests_in) = pipe()?;
    let (reports_out, reports_in) = pipe()?;
    #[cfg(target_os = "linux")]
    let states_out = rustix::fs::memfd_create("state", rustix::fs::MemfdFlags::CLOEXEC)
        .map_err(io::Error::from)?;
    #[cfg(target_os = "linux")]
    let states_in = states_out.try_clone()?;
    #[cfg(not(target_os = "linux"))]
    let states_in = reports_in.try_clone()?;
    let ends = audited::Control { requests: requests_out, reports: reports_in, states: states_in };
    let control = Control::new(
        sender(requests_in)?,
        receiver(reports_out)?,
        #[cfg(target_os = "linux")]
        states_out,
    );
    Ok((ends, control))
}

/// bash, or what becomes bash once the kernel holds it; `prefix` gives the words before it then.
pub(super) fn shell(
    settings: &Settings,
    terminal: Option<&str>,
    prefix: fn(&sandbox::Rules) -> Result<Vec<OsString>, SandboxError>,
) -> Result<Command, SessionError> {
    let Some(rules) = &settings.within else {
        return Ok(Command::new(&settings.bash));
    };
    let mut rules = rules.clone();
    rules.files.extend(terminal.map(PathBuf::from));
    let words = prefix(&rules)?;
    let (program, words) = words.split_first().ok_or(SessionError::Ended)?;
    let mut command = Command::new(program);
    command.args(words).arg(&settings.bash);
    Ok(command)
}

fn sender(end: OwnedFd) -> io::Result<Sender> {
    rustix::io::ioctl_fionbio(&end, true)?;
    Sender::from_owned_fd(end)
}

fn receiver(end: OwnedFd) -> io::Result<Receiver> {
    rustix::io::ioctl_fionbio(&end, true)?;
    Receiver::from_owned_fd(end)
}

/// Keeps all of a short output of our own.
#[derive(Default)]
struct Heap(Vec<u8>);

impl Listener for Heap {
    fn hear(&mut self, _: Stream, bytes: &[u8]) -> Heard {
        self.0.extend_from_slice(bytes);
        Heard::Continue
    }
}
