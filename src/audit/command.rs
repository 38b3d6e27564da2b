//! A program that takes an entry on its standard input. It has it if it ends with 0.

use std::io;
use std::time::Duration;

use crate::program::{Listen, Program, Ran};
use crate::variables::Redactor;

use super::{Attempt, Sink, Stop};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of what it said is told.
const SAID: usize = 300;

/// Feeds an entry to a program.
pub(super) fn feed(sink: &Sink, words: &[String], text: &str, stop: &Stop) -> Attempt {
    let name = words.first().map_or("", String::as_str);
    let input = format!("{text}\n").into_bytes();
    let why = match run(sink, words, input, (Listen::Everything, SAID), stop) {
        Ok(Ran { code: Some(0), .. }) => return Attempt::Delivered,
        // What it said may hold what it got from its environment, which nobody here knows.
        Ok(Ran { code: Some(code), .. }) => format!("{name} ended with {code}"),
        Ok(Ran { code: None, .. }) => format!("{name} did not end in time, and was stopped"),
        Err(error) => format!("{name} cannot be started: {error}"),
    };
    Attempt::down(Redactor::default().redact(&why))
}

/// Runs a program of a sink to its end, and keeps the last bytes of what it said, at most so many.
pub(super) fn run(
    sink: &Sink,
    words: &[String],
    input: Vec<u8>,
    (listen, keeps): (Listen, usize),
    stop: &Stop,
) -> io::Result<Ran> {
    let program = Program {
        words,
        folder: &sink.folder,
        environment: Some(&sink.environment),
        input,
        listen,
        keeps,
        patience: PATIENCE,
    };
    program.run(|_| stop.is_wished())
}
