//! The right to deliver to a sink: one process has it at a time, for one attempt.
//!
//! It is a lock of the kernel's on a file beside the outbox, so that who dies, of whatever, has it no
//! longer, and nobody has to judge whether a process that is noted somewhere still lives.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use data_encoding::HEXLOWER;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::Sink;

/// The right to deliver to a sink; it is given back when it is dropped.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "it is closed with the claim")] Option<File>);

impl Claim {
    /// Where nobody else could deliver.
    pub(super) const fn of_one_alone() -> Self {
        Self(None)
    }

    /// Asks for it beside the outbox at `path`; nothing where another process has it.
    pub(super) fn ask(path: &Path, sink: &Sink) -> io::Result<Option<Self>> {
        let who = format!("{}\0{}", sink.settings, sink.name);
        let who = HEXLOWER.encode(&Sha256::digest(who)[..8]);
        let path = path.with_file_name(format!("outbox-{who}.lock"));
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self(Some(file)))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
