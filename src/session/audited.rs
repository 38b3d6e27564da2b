//! The two calls of this crate that are unsafe by signature, and nothing else.
//!
//! `spawn` starts bash in a session of its own: without a controlling terminal, or with one of its
//! own (so that nothing can write to the operator's screen past the redactor), dying with the interpreter, and with its
//! control descriptors and nothing else inherited. `watched` lets tokio wait for a descriptor.
#![allow(unsafe_code)] // See the safety notes.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::Stdio;

use rustix::io::FdFlags;
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};

/// The descriptors that the shell keeps.
pub(super) struct Control {
    /// It reads requests from it.
    pub requests: OwnedFd,
    /// It writes reports to it.
    pub reports: OwnedFd,
    /// It describes its state to it.
    pub states: OwnedFd,
}

impl Control {
    /// In the order in which the driver is told their numbers.
    pub fn descriptors(&self) -> [BorrowedFd<'_>; 3] {
        [self.requests.as_fd(), self.reports.as_fd(), self.states.as_fd()]
    }
}

/// Whether a shell has a controlling terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminal {
    /// It has none, and reads nothing.
    None,
    /// The one that its standard input is: keys there are signals to what runs in front.
    Its,
}

/// Spawns `command`, which gets the numbers of the control descriptors as its last three arguments.
pub(super) fn spawn(
    mut command: Command,
    control: Control,
    terminal: Terminal,
) -> io::Result<Child> {
    command.args(control.descriptors().map(|descriptor| descriptor.as_raw_fd().to_string()));
    if terminal == Terminal::None {
        command.stdin(Stdio::null());
    }
    let prepare = move || {
        rustix::process::setsid()?;
        if terminal == Terminal::Its {
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        }
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        for descriptor in control.descriptors() {
            rustix::io::fcntl_setfd(descriptor, FdFlags::empty())?;
        }
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec and makes six system calls; it allocates
    // nothing, takes no lock and touches no memory that another thread could be changing.
    unsafe { command.pre_exec(prepare) };
    command.spawn()
}

/// A descriptor that tokio can wait for.
pub(super) fn watched(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor is owned by what it is wrapped in, which never replaces it, so it
    // stays open and the same as long as it is registered.
    Ok(unsafe { AsyncFd::register(descriptor) }?)
}
