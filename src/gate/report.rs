//! The channel on which refusals are told: a FIFO, so that nothing that was said can be taken back.
//!
//! A line is one refusal, shorter than what a FIFO takes in one piece (pipe(7)).

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, mkfifoat, open};
use serde::{Deserialize, Serialize};

/// The longest line.
const LONGEST: usize = 4096;

/// A program that was not started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// In one sentence. It may quote arguments, and so secrets.
    pub why: String,
    /// Whether it is about a host that is not listed.
    pub host: bool,
}

/// The listening end.
#[derive(Debug)]
pub struct Reports {
    channel: File,
}

pub(super) fn make(path: &Path) -> io::Result<()> {
    Ok(mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR)?)
}

impl Reports {
    /// Opens it for reading and writing, so that it neither waits for a writer nor ends with one.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let channel: OwnedFd = open(path, flags, Mode::empty())?;
        Ok(Self { channel: File::from(channel) })
    }

    /// What was refused since the last time.
    pub fn take(&mut self) -> Vec<Refused> {
        let mut text = Vec::new();
        let mut chunk = [0; LONGEST];
        while let Ok(count @ 1..) = self.channel.read(&mut chunk) {
            text.extend_from_slice(&chunk[..count]);
        }
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines
            .map(|line| {
                // What is no line of ours was written by what the gate let pass: worth an alarm.
                serde_json::from_slice(line).unwrap_or_else(|_| Refused {
                    name: "a program".into(),
                    why: "It wrote to the channel of the gate".into(),
                    host: false,
                })
            })
            .collect()
    }
}

/// Tells one refusal.
pub(super) fn tell(path: &Path, refused: &Refused) -> io::Result<()> {
    let mut refused = refused.clone();
    truncate(&mut refused.why, LONGEST / 4);
    truncate(&mut refused.name, LONGEST / 16);
    let mut line = serde_json::to_vec(&refused)?;
    line.push(b'\n');
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let channel: OwnedFd = open(path, flags, Mode::empty())?;
    File::from(channel).write_all(&line)
}

fn truncate(text: &mut String, most: usize) {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
}
