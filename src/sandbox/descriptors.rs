//! Descriptors that a program inside keeps, handed over by whoever starts it.
//!
//! Comes in: open descriptors. Goes out: the same, under numbers of the process that becomes the
//! program. They travel through a socket that stands in for its standard input, and are there before
//! it starts. A child could inherit them only if it were forked: then all of this process's memory is
//! mapped anew, for every shell, only to be dropped.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// How many at most.
const MOST: usize = 4;

/// A standard input that hands `descriptors` over to a process that [`take`]s them.
pub fn hand_over(descriptors: &[BorrowedFd<'_>]) -> io::Result<OwnedFd> {
    let (ours, theirs) = UnixStream::pair()?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut along = SendAncillaryBuffer::new(&mut space);
    if !along.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    sendmsg(&ours, &[IoSlice::new(b"d")], &mut along, SendFlags::empty())?;
    Ok(theirs.into())
}

/// Takes what standard input hands over, which is empty afterwards, as every program finds it.
/// Returns the numbers; the descriptors stay open in whatever this process becomes.
pub fn take() -> io::Result<Vec<i32>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut along = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut into = [IoSliceMut::new(&mut byte)];
    recvmsg(rustix::stdio::stdin(), &mut into, &mut along, RecvFlags::empty())?;
    let taken = along.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let numbers = taken.flatten().map(IntoRawFd::into_raw_fd).collect();
    let nothing = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    Ok(numbers)
}
