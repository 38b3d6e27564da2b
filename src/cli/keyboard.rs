//! One line from the operator, typed at a prompt.
//!
//! Comes in: a question, keys. Goes out: a line in memory that is zeroed when it is dropped. What was typed
//! before the prompt appeared is thrown away: typing ahead must never answer a question that was
//! not yet read.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
    tcgetpgrp, tcsetattr,
};
use zeroize::{Zeroize, Zeroizing};

/// Whether what is typed can be read on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// It can.
    Shown,
    /// Nothing is shown, not even its length.
    Hidden,
}

/// What came of asking for a line.
#[derive(Debug)]
pub enum Typed {
    /// A line, without its end.
    Line(Zeroizing<String>),
    /// Ctrl-C, or Ctrl-D on an empty line.
    Interrupt,
    /// The terminal is gone.
    End,
}

/// The longest line that is taken; one allocation, so that no copy is left behind.
const LONGEST: usize = 16 * 1024;

/// How often is looked whether the run is over.
const GLANCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Puts `question` on `screen` and reads a line from `input`, a terminal, echoing to `screen`, until the run is `over`.
pub fn read_line(
    input: &mut (impl Read + AsFd),
    screen: &mut impl Write,
    question: &str,
    echo: Echo,
    over: &dyn Fn() -> bool,
) -> io::Result<Typed> {
    // Before the question is there: what is typed from then on counts.
    let _raw = raw(input)?;
    screen.write_all(question.as_bytes())?;
    screen.flush()?;
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    loop {
        let Some(byte) = next(input, over)? else {
            return Ok(Typed::End);
        };
        match byte {
            b'\r' | b'\n' => return finish(line, screen),
            3 => return leave(screen, Typed::Interrupt),
            4 if line.is_empty() => return leave(screen, Typed::Interrupt),
            8 | 0x7f => erase(&mut line, screen, echo, 1)?,
            0x15 => erase(&mut line, screen, echo, usize::MAX)?,
            0x1b => skip_sequence(input, over)?,
            byte if byte >= b' ' && line.len() < LONGEST => {
                line.push(byte);
                if echo == Echo::Shown {
                    screen.write_all(&[byte])?;
                    screen.flush()?;
                }
            }
            _ => {}
        }
    }
}

fn finish(line: Zeroizing<Vec<u8>>, screen: &mut impl Write) -> io::Result<Typed> {
    let text = std::str::from_utf8(&line).map(ToOwned::to_owned).map(Zeroizing::new);
    match text {
        Ok(text) => leave(screen, Typed::Line(text)),
        Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    }
}

fn leave(screen: &mut impl Write, typed: Typed) -> io::Result<Typed> {
    screen.write_all(b"\r\n")?;
    screen.flush()?;
    Ok(typed)
}

/// Takes `count` characters back, and from the screen where they are shown.
fn erase(line: &mut Vec<u8>, screen: &mut impl Write, echo: Echo, count: usize) -> io::Result<()> {
    for _ in 0..count {
        if line.is_empty() {
            break;
        }
        while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
        if echo == Echo::Shown {
            screen.write_all(b"\x08 \x08")?;
        }
    }
    screen.flush()
}

/// Arrow keys and the like send ESC, `[` or `O`, and end with a letter or `~`.
fn skip_sequence(input: &mut (impl Read + AsFd), over: &dyn Fn() -> bool) -> io::Result<()> {
    let Some(b'[' | b'O') = next(input, over)? else {
        return Ok(());
    };
    while let Some(byte) = next(input, over)? {
        if byte.is_ascii_alphabetic() || byte == b'~' {
            break;
        }
    }
    Ok(())
}

/// The next byte; `None` at the end, also when the terminal was closed or the run is `over`.
fn next(input: &mut (impl Read + AsFd), over: &dyn Fn() -> bool) -> io::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        if over() {
            return Ok(None);
        }
        let mut ready = [PollFd::new(input, PollFlags::IN)];
        match poll(&mut ready, Some(&GLANCE)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        match input.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => {
                let read = byte[0];
                byte.zeroize();
                return Ok(Some(read));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
}

/// A terminal that is set otherwise until this is dropped.
pub(super) struct Set {
    terminal: OwnedFd,
    before: Termios,
}

impl Set {
    fn new(terminal: &impl AsFd, change: impl FnOnce(&mut Termios)) -> io::Result<Self> {
        let terminal = terminal.as_fd().try_clone_to_owned()?;
        let before = tcgetattr(&terminal)?;
        let mut changed = before.clone();
        change(&mut changed);
        tcsetattr(&terminal, OptionalActions::Now, &changed)?;
        Ok(Self { terminal, before })
    }
}

/// Without line editing, echo and signals of its own.
fn raw(input: &impl AsFd) -> io::Result<Set> {
    let set = Set::new(input, |modes| {
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    })?;
    tcflush(input, QueueSelector::IFlush)?;
    Ok(set)
}

/// Without a `^C` on the screen, which would move away what is to be cleared there; nothing where
/// somebody else has the terminal: to set it from the background would stop us.
pub(super) fn without_marks(terminal: &impl AsFd) -> Option<Set> {
    let ours = tcgetpgrp(terminal).ok()? == getpgrp();
    ours.then(|| Set::new(terminal, |modes| modes.local_modes.remove(LocalModes::ECHOCTL)).ok())?
}

impl Drop for Set {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}
