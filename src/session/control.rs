//! The control channel: requests to the shell, and the fields that it answers with.
//!
//! Comes in: a request. Goes out: NUL-terminated fields. Refuses to know what they mean.

use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;

use tokio::net::unix::pipe::{Receiver, Sender};
use zeroize::{Zeroize, Zeroizing};

use super::state::Buffer;

/// One NUL-terminated text.
pub(super) type Field = Zeroizing<Vec<u8>>;

const CHUNK: usize = 16 * 1024;

/// The interpreter's ends.
pub(super) struct Control {
    requests: Sender,
    reports: Receiver,
    received: Buffer,
    chunk: Zeroizing<Vec<u8>>,
    /// Where the shell describes its state: memory, since bash writes line by line, and a pipe
    /// would wake the interpreter for every one. Elsewhere it is the channel of the reports.
    #[cfg(target_os = "linux")]
    states: OwnedFd,
}

impl Control {
    pub fn new(
        requests: Sender,
        reports: Receiver,
        #[cfg(target_os = "linux")] states: OwnedFd,
    ) -> Self {
        Self {
            requests,
            reports,
            received: Buffer::default(),
            chunk: Zeroizing::new(vec![0; CHUNK]),
            #[cfg(target_os = "linux")]
            states,
        }
    }

    /// Sends a request: how, and the text.
    pub async fn send(&mut self, how: &str, text: &[u8]) -> io::Result<()> {
        let mut request = Zeroizing::new(Vec::with_capacity(how.len() + text.len() + 2));
        request.extend_from_slice(how.as_bytes());
        request.push(0);
        request.extend_from_slice(text);
        request.push(0);
        self.write(&request).await
    }

    /// Sends one text.
    pub async fn say(&mut self, text: &[u8]) -> io::Result<()> {
        self.write(text).await?;
        self.write(&[0]).await
    }

    async fn write(&mut self, mut rest: &[u8]) -> io::Result<()> {
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
    pub async fn field(&mut self) -> io::Result<Option<Field>> {
        loop {
            if let Some(field) = self.received.take_field() {
                return Ok(Some(field));
            }
            self.reports.readable().await?;
            match self.reports.try_read(&mut self.chunk) {
                Ok(0) => return Ok(None),
                Ok(count) => {
                    self.received.push(&self.chunk[..count]);
                    self.chunk[..count].zeroize();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What the shell says of its state in so many fields; `None` at the end of the channel.
    #[cfg(target_os = "linux")]
    pub async fn described(&mut self, fields: usize) -> io::Result<Option<Vec<Field>>> {
        if self.field().await?.is_none() {
            return Ok(None);
        }
        let size = usize::try_from(rustix::fs::fstat(&self.states)?.st_size).unwrap_or(0);
        let mut text = Zeroizing::new(vec![0; size]);
        let mut filled = 0;
        while filled < size {
            match rustix::io::pread(&self.states, &mut text[filled..], filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        rustix::fs::ftruncate(&self.states, 0)?;
        rustix::fs::seek(&self.states, rustix::fs::SeekFrom::Start(0))?;
        let texts = text.split(|byte| *byte == 0).take(fields);
        Ok(Some(texts.map(|text| Zeroizing::new(text.to_vec())).collect()))
    }

    /// What the shell says of its state in so many fields; `None` at the end of the channel.
    #[cfg(not(target_os = "linux"))]
    pub async fn described(&mut self, fields: usize) -> io::Result<Option<Vec<Field>>> {
        let mut texts = Vec::with_capacity(fields);
        while texts.len() < fields {
            match self.field().await? {
                Some(text) => texts.push(text),
                None => return Ok(None),
            }
        }
        Ok(self.field().await?.map(|_| texts))
    }
}
