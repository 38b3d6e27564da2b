//! The control channel: requests to the shell, and the fields that it answers with.
//!
//! Comes in: a request. Goes out: NUL-terminated fields. Refuses to know what they mean.

use std::io;

use tokio::net::unix::pipe::{Receiver, Sender};
use zeroize::Zeroizing;

use super::state::Buffer;

/// The interpreter's two ends.
pub(super) struct Control {
    requests: Sender,
    reports: Receiver,
    received: Buffer,
}

impl Control {
    pub fn new(requests: Sender, reports: Receiver) -> Self {
        Self { requests, reports, received: Buffer::default() }
    }

    /// Sends a request: how, and the text.
    pub async fn send(&mut self, how: &str, text: &[u8]) -> io::Result<()> {
        let mut request = Zeroizing::new(Vec::with_capacity(how.len() + text.len() + 2));
        request.extend_from_slice(how.as_bytes());
        request.push(0);
        request.extend_from_slice(text);
        request.push(0);
        let mut rest = request.as_slice();
        while !rest.is_empty() {
            self.requests.writable().await?;
            match self.requests.try_write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next field; `None` at the end of the channel. Safe to cancel.
    pub async fn field(&mut self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        loop {
            if let Some(field) = self.received.take_field() {
                return Ok(Some(field));
            }
            self.reports.readable().await?;
            let mut chunk = Zeroizing::new([0; 16384]);
            match self.reports.try_read(&mut *chunk) {
                Ok(0) => return Ok(None),
                Ok(count) => self.received.push(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}
