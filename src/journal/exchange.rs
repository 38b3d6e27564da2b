//! A run as one file, to be moved between machines: JSON lines, whose first says what it is.
//!
//! Comes in: a run of a journal, or such a file. Goes out: the file, or the run in another journal,
//! byte for byte. A file is taken whole or not at all, and only if its chain is right; a run that
//! both sides know is gone on with, never replaced.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use crate::event::Event;

use super::line::listed;
use super::{Entry, Hash, Head, Journal, JournalError, Line, Safe};

/// The form of the file.
const FORM: u32 = 1;
/// The longest line that is taken, in bytes: a runbook has a MiB at most, and an entry less.
const LONGEST: u64 = 16 << 20;

/// The file's first line.
#[derive(Debug, Serialize, Deserialize)]
struct Heading {
    /// The form of the file.
    runbook_journal: u32,
    run: String,
    entries: u64,
    head: String,
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    Text { text: String },
    Entry { entry: u64, hash: String, event: String },
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The run.
    pub run: String,
    /// The entries that were new here.
    pub new: u64,
    /// Its last entry here.
    pub head: Head,
}

/// Why a file cannot be taken, or a run not be given. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The file cannot be read or written.
    #[error("read or write the file: {0}")]
    File(#[from] io::Error),
    /// The journal cannot.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It is no run, or not as it was written.
    #[error("take line {line} of the file: {why}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// Both sides went on with the run, each by itself.
    #[error(
        "take run {run}: entry {number} is another one here; somebody went on with the run on both \
         machines. Nothing was changed; look at both with `runbook show`"
    )]
    Differs {
        /// The run.
        run: String,
        /// The first entry that is another one.
        number: u64,
    },
}

/// Writes a run with the texts that it is about.
pub fn export(
    journal: &dyn Journal,
    run: &str,
    out: &mut dyn Write,
) -> Result<Head, ExchangeError> {
    let head = journal.read(run, u64::MAX >> 1, &mut |_| {})?;
    let (entries, hash) = (head.number, head.hash.to_string());
    let heading = Heading { runbook_journal: FORM, run: run.into(), entries, head: hash };
    let mut written = row(out, &heading);
    let mut known = Vec::new();
    journal.read(run, 1, &mut |entry| {
        let fingerprint = event(&entry).ok().and_then(|event| named(&event));
        let entry =
            Row::Entry { entry: entry.number, hash: entry.hash.to_string(), event: entry.text };
        let new = fingerprint.filter(|fingerprint| !known.contains(fingerprint));
        if written.is_ok()
            && let Some(new) = new
        {
            if let Ok(Some(text)) = journal.text(&new) {
                written = row(out, &Row::Text { text });
            }
            known.push(new);
        }
        if written.is_ok() {
            written = row(out, &entry);
        }
    })?;
    written.and_then(|()| out.flush())?;
    Ok(head)
}

fn row<T: Serialize>(out: &mut dyn Write, row: &T) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

/// Takes a run from such a file.
pub fn import(journal: &mut dyn Journal, from: &mut dyn BufRead) -> Result<Taken, ExchangeError> {
    let file = File::read(from)?;
    let here = match journal.read(&file.run, 1, &mut |_| {}) {
        Ok(head) => head,
        Err(JournalError::NoRun { .. }) => Head::of_nothing(&file.run),
        Err(error) => return Err(error.into()),
    };
    let mut differs = None;
    if here.number > 0 {
        journal.read(&file.run, 1, &mut |entry| {
            let at = usize::try_from(entry.number - 1).unwrap_or(usize::MAX);
            let other = file.entries.get(at).is_some_and(|theirs| *theirs != entry);
            if other && differs.is_none() {
                differs = Some(entry.number);
            }
        })?;
    }
    if let Some(number) = differs {
        return Err(ExchangeError::Differs { run: file.run, number });
    }
    for text in &file.texts {
        journal.keep_text(&super::fingerprint(text), text)?;
    }
    let known = usize::try_from(here.number).unwrap_or(usize::MAX);
    let new: Vec<_> = file.entries.iter().skip(known).map(|entry| entry.text.clone()).collect();
    let head = match new.as_slice() {
        [] if listed(journal, &file.run)?.is_some() => here,
        // What it is listed by is written anew, where that was damaged.
        new => journal.append(&file.run, here, new, &file.line, Safe::FromPowerLoss)?,
    };
    Ok(Taken { run: file.run, new: new.len() as u64, head })
}

/// Such a file, checked.
struct File {
    run: String,
    line: Line,
    texts: Vec<String>,
    entries: Vec<Entry>,
}

impl File {
    fn read(from: &mut dyn BufRead) -> Result<Self, ExchangeError> {
        let wrong = |line: usize, why: &str| ExchangeError::Line { line, why: why.into() };
        let mut lines = (1..).zip(std::iter::from_fn(|| next_line(from).transpose()));
        let (_, first) = lines.next().ok_or_else(|| wrong(1, "it is empty"))?;
        let heading: Heading = serde_json::from_str(&first?)
            .map_err(|_| wrong(1, "it is no run that `runbook show --export` wrote"))?;
        if heading.runbook_journal > FORM {
            return Err(wrong(1, "a newer runbook wrote it; use that one"));
        }
        let mut head = Head::of_nothing(&heading.run);
        let (mut texts, mut entries, mut found) = (Vec::new(), Vec::new(), None::<Line>);
        let mut about = Vec::new();
        for (at, line) in lines {
            match serde_json::from_str(&line?).map_err(|_| wrong(at, "it is damaged"))? {
                Row::Text { text } => texts.push((at, text)),
                Row::Entry { entry, hash, event: text } => {
                    head = head.then(&text);
                    if entry != head.number || hash != head.hash.to_string() {
                        return Err(wrong(at, "it does not follow from the line before"));
                    }
                    let entry = Entry { number: entry, text, hash: head.hash };
                    let event = event(&entry).map_err(|said| wrong(at, &said))?;
                    about.extend(named(&event));
                    match &mut found {
                        Some(found) => found.take(&event),
                        None => found = Line::of(&event),
                    }
                    entries.push(entry);
                }
            }
        }
        let whole = head.number == heading.entries && heading.head.parse::<Hash>() == Ok(head.hash);
        let found = found.filter(|found| whole && found.run == heading.run);
        let end = 1 + texts.len() + entries.len();
        let line =
            found.ok_or_else(|| wrong(end, "the end is missing, or it is of another run"))?;
        let strange = texts.iter().find(|(_, text)| !about.contains(&super::fingerprint(text)));
        if let Some((at, _)) = strange {
            return Err(wrong(*at, "it is not the text of what was carried out"));
        }
        let texts = texts.into_iter().map(|(_, text)| text).collect();
        Ok(Self { run: heading.run, line, texts, entries })
    }
}

/// The next line, if it is not too long to be one of such a file.
fn next_line(from: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    from.take(LONGEST).read_until(b'\n', &mut line)?;
    if line.pop_if(|last| *last == b'\n').is_none() && line.len() as u64 == LONGEST {
        let why = format!("a line of it is longer than {} MiB", LONGEST >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let is_end = line.is_empty() && from.fill_buf()?.is_empty();
    let text = String::from_utf8(line).map_err(|error| io::Error::other(error.utf8_error()))?;
    Ok((!is_end).then_some(text))
}

fn event(entry: &Entry) -> Result<Event, String> {
    serde_json::from_str(&entry.text).map_err(|error| format!("it is no event: {error}"))
}

/// The text that an event is about.
fn named(event: &Event) -> Option<String> {
    match &event.what {
        crate::event::What::RunStarted(beginning) => Some(beginning.fingerprint.clone()),
        crate::event::What::RunResumed(resumption) => Some(resumption.fingerprint.clone()),
        _ => None,
    }
}
