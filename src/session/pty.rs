//! A pseudo-terminal for commands that behave otherwise in a pipe.
//!
//! Comes in: the size of the operator's terminal. Goes out: the path that a command's streams are
//! redirected to, and the bytes that came out. One for a session's whole life: closing it would
//! hang up the shell.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::{PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, OutputModes, Termios, Winsize};
use tokio::io::unix::AsyncFd;

use super::audited;

const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// A pseudo-terminal's controlling side.
#[derive(Debug)]
pub(super) struct Pty {
    master: AsyncFd<OwnedFd>,
    /// Held open, so that reading does not end when a command closes its side.
    slave: OwnedFd,
    path: String,
    cooked: Termios,
}

impl Pty {
    /// A new one, of the given size in columns and rows.
    pub fn open(size: (u16, u16)) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname(&master, Vec::new())?.to_string_lossy().into_owned();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(path.as_str(), flags, Mode::empty())?;
        rustix::io::ioctl_fionbio(&master, true)?;
        let cooked = rustix::termios::tcgetattr(&slave)?;
        let pty = Self { master: audited::watched(master)?, slave, path, cooked };
        pty.resize(size)?;
        Ok(pty)
    }

    /// Where a command's streams are redirected to.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The side that a program is on, as one of its streams.
    pub fn end(&self) -> io::Result<OwnedFd> {
        self.slave.try_clone()
    }

    /// Makes it a plain channel: no echo, no rewriting of line ends.
    pub fn plain(&self) -> io::Result<()> {
        let mut settings = self.cooked.clone();
        settings.output_modes.remove(OutputModes::OPOST);
        settings.local_modes.remove(LocalModes::ECHO);
        Ok(rustix::termios::tcsetattr(&self.slave, OptionalActions::Now, &settings)?)
    }

    /// Makes it an ordinary terminal again.
    pub fn ordinary(&self) -> io::Result<()> {
        Ok(rustix::termios::tcsetattr(&self.slave, OptionalActions::Now, &self.cooked)?)
    }

    /// Tells the programs on it how large it is.
    pub fn resize(&self, (columns, rows): (u16, u16)) -> io::Result<()> {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(rustix::termios::tcsetwinsize(&self.slave, size)?)
    }

    /// Waits until something came out.
    pub async fn readable(&self) -> io::Result<()> {
        loop {
            let mut ready = self.master.readable().await?;
            let mut polled = [rustix::event::PollFd::new(self.master.get_ref(), PollFlags::IN)];
            if rustix::event::poll(&mut polled, Some(&NOW))? > 0 {
                return Ok(());
            }
            ready.clear_ready();
        }
    }

    /// Reads what came out; 0 where nothing has.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match rustix::io::read(self.master.get_ref(), buffer) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Types `bytes` at it.
    pub async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.master.writable().await?;
            match rustix::io::write(self.master.get_ref(), bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
