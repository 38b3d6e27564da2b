//! `runbook classify`: the effect of a command line, with reasons.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use serde::Deserialize;

use crate::policy::{Catalogue, classify_text};
use crate::report::{classification, neutral};

use super::arguments::Classify;
use super::{Exit, Failure, complain, print, settings};

/// The longest line that is read, in bytes: a command of 64 KiB with every character escaped.
const LONGEST: u64 = 1 << 20;

/// A line of `--jsonl`.
#[derive(Deserialize)]
struct Asked {
    command: String,
}

pub(super) fn classify(arguments: &Classify) -> Result<Exit, Failure> {
    match &arguments.command {
        _ if arguments.jsonl => answer_lines(catalogue()?),
        Some(command) => {
            let catalogue = catalogue()?;
            let judged = classify_text(command, catalogue);
            print(&classification::text(command, &judged, catalogue))?;
            Ok(Exit::Done)
        }
        None => {
            let message = "name a command, or give --jsonl and one {\"command\": \"...\"} a line";
            Err(Failure::new(Exit::Usage, message))
        }
    }
}

/// The catalogue with the rules of the settings that hold here, if the operator trusts them.
fn catalogue() -> Result<&'static Catalogue, Failure> {
    let in_force = settings::of_operator(Path::new("runbook.md"))?;
    in_force.notes.iter().for_each(|note| complain(&neutral(note)));
    Ok(in_force.config.catalogue())
}

/// Answers every line, in order; one that cannot be read is unknown.
fn answer_lines(catalogue: &Catalogue) -> Result<Exit, Failure> {
    let broken = |error: std::io::Error| {
        Failure::new(Exit::Environment, format!("failed to answer: {error}"))
    };
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(broken)?;
        if read == 0 {
            break;
        }
        let cut = read as u64 == LONGEST && !line.ends_with(b"\n");
        if cut {
            input.skip_until(b'\n').map_err(broken)?;
        }
        let said = if cut {
            classification::unread("the line is longer than 1 MiB")
        } else {
            answer(&line, catalogue)
        };
        writeln!(out, "{said}").map_err(broken)?;
        // Who asks for one answer at a time gets it.
        if input.buffer().is_empty() {
            out.flush().map_err(broken)?;
        }
    }
    out.flush().map_err(broken)?;
    Ok(Exit::Done)
}

fn answer(line: &[u8], catalogue: &Catalogue) -> serde_json::Value {
    match serde_json::from_slice::<Asked>(line) {
        Ok(asked) => {
            classification::json(&asked.command, &classify_text(&asked.command, catalogue))
        }
        Err(error) => {
            classification::unread(&format!("the line is not {{\"command\": \"...\"}}: {error}"))
        }
    }
}
