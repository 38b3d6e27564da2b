//! `runbook runs`: the runs of the journal, by what they are found again; and a run taken from
//! another machine.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, StdoutLock, Write};
use std::ops::ControlFlow;
use std::path::Path;

use crate::event::RunResult;
use crate::journal::{
    ExchangeError, Filter, Glance, Holder, Journal, Life, Listed, Row, Sqlite, State, import,
};
use crate::report::neutral;
use crate::report::terminal::{format_duration, result_word};

use super::arguments::{Runs, StatusFormat};
use super::carry_out::host;
use super::journal::{failed, life, open};
use super::pick::{nothing_lists, say_what_is_damaged};
use super::{Exit, Failure, complain, is_read_no_more, print, unwritten};

/// How much of a list is written at once.
const BUFFER: usize = 64 * 1024;

pub(super) fn runs(arguments: &Runs) -> Result<Exit, Failure> {
    let mut journal = open()?;
    if let Some(path) = &arguments.import {
        return take(&mut journal, path);
    }
    let filter = Filter {
        about: arguments.about.clone(),
        target: arguments.target.clone(),
        operator: arguments.operator.clone(),
        unfinished: arguments.unfinished,
        beginning: None,
        // One more than is told, to know whether there are more.
        limit: (!arguments.all).then_some(arguments.limit + 1),
    };
    let most = if arguments.all { usize::MAX } else { arguments.limit };
    let mut list = List::of(&journal, arguments.format, most);
    let mut told = list.begin();
    let listed = journal.list(&filter, &mut |row| {
        told = list.add(&row);
        let goes_on = told.is_ok() && !list.has_no_reader;
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    listed.map_err(failed)?;
    told?;
    list.end()
}

fn take(journal: &mut Sqlite, path: &Path) -> Result<Exit, Failure> {
    let wrong = |error: &ExchangeError| {
        let exit = match error {
            ExchangeError::Differs { .. } => Exit::Refused,
            ExchangeError::Line { .. } | ExchangeError::File(_) => Exit::Usage,
            ExchangeError::Journal(_) => Exit::Environment,
        };
        Failure::new(exit, format!("{}: failed to {error}", path.display()))
    };
    let file = File::open(path).map_err(|error| wrong(&ExchangeError::File(error)))?;
    let taken = import(journal, &mut BufReader::new(file)).map_err(|error| wrong(&error))?;
    print(&format!(
        "run {}: {} entries taken, head {}\n",
        neutral(&taken.run),
        taken.new,
        taken.head.hash
    ))?;
    Ok(Exit::Done)
}

/// How a run stands, in a word. One whose process is gone has broken off.
fn word(
    state: State,
    life: impl FnOnce() -> Result<Life, Failure>,
) -> Result<&'static str, Failure> {
    Ok(match state {
        State::Ended(result) => result_word(result),
        State::UnderWay => match life()? {
            Life::Alive => "under way",
            Life::Unknown => "under way, elsewhere",
            Life::Gone => result_word(RunResult::Broken),
        },
    })
}

/// Whether the processes of runs live; who holds a target is asked once.
struct Lives<'j> {
    journal: &'j Sqlite,
    holders: HashMap<String, Option<Holder>>,
    here: String,
}

impl Lives<'_> {
    fn of(&mut self, line: &Glance<'_>) -> Result<Life, Failure> {
        if !self.holders.contains_key(line.target) {
            let holder = self.journal.holder(line.target).map_err(failed)?;
            self.holders.insert(line.target.to_owned(), holder);
        }
        let holder = self.holders.get(line.target).and_then(Option::as_ref);
        Ok(life(line, holder, &self.here))
    }
}

/// A list of runs while it is written.
struct List<'j> {
    journal: &'j Sqlite,
    lives: Lives<'j>,
    format: StatusFormat,
    out: BufWriter<StdoutLock<'static>>,
    /// How many runs it has, and may have.
    count: usize,
    most: usize,
    /// Whether there are more.
    more: bool,
    /// The runs whose rows are damaged, and those of them of which nothing can be told.
    damaged: Vec<String>,
    lost: Vec<String>,
    /// Whoever read it has left, which is no failure.
    has_no_reader: bool,
}

impl<'j> List<'j> {
    fn of(journal: &'j Sqlite, format: StatusFormat, most: usize) -> Self {
        let lives = Lives { journal, holders: HashMap::new(), here: host() };
        let out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
        let (count, more, has_no_reader) = (0, false, false);
        let (damaged, lost) = (Vec::new(), Vec::new());
        Self { journal, lives, format, out, count, most, more, damaged, lost, has_no_reader }
    }

    fn write(&mut self, parts: &[&str]) -> Result<(), Failure> {
        let written = parts.iter().try_for_each(|part| self.out.write_all(part.as_bytes()));
        self.wrote(written)
    }

    fn wrote(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        self.has_no_reader |= is_read_no_more(&written);
        if self.has_no_reader { Ok(()) } else { written.map_err(|error| unwritten(&error)) }
    }

    fn begin(&mut self) -> Result<(), Failure> {
        match self.format {
            StatusFormat::Json => self.write(&["{\"version\":1,\"runs\":["]),
            StatusFormat::Text => Ok(()),
        }
    }

    /// One row more. What is stored as it was written is not read as a whole.
    fn add(&mut self, row: &Row<'_>) -> Result<(), Failure> {
        if self.count == self.most {
            self.more = true;
            return Ok(());
        }
        if let Some((line, stored)) = row.glance() {
            return self.put(&line, stored);
        }
        let line = match row.listed(self.journal) {
            Listed::Whole(line) => line,
            Listed::Mended(line) => {
                self.damaged.push(row.run.to_owned());
                line
            }
            Listed::Lost => {
                self.lost.push(row.run.to_owned());
                return Ok(());
            }
        };
        let text = serde_json::to_string(&line).expect("plain data has a form in JSON");
        self.put(&Glance::of(&line), &text)
    }

    /// `json` is the line as JSON.
    fn put(&mut self, line: &Glance<'_>, json: &str) -> Result<(), Failure> {
        let word = word(line.state, || self.lives.of(line))?;
        let separator = if self.count == 0 { "" } else { "," };
        self.count += 1;
        match self.format {
            StatusFormat::Json => {
                // One more member before the brace that ends it.
                let members = &json[..json.len() - 1];
                let standing = word.to_lowercase();
                self.write(&[separator, members, ",\"standing\":\"", &standing, "\"}"])
            }
            StatusFormat::Text => self.write(&[&told(line, word), "\n"]),
        }
    }

    fn end(mut self) -> Result<Exit, Failure> {
        let last = match self.format {
            StatusFormat::Json => "]}\n",
            StatusFormat::Text if self.more => "and more: --all lists all, --limit N more\n",
            StatusFormat::Text if self.count == 0 => "no runs\n",
            StatusFormat::Text => "",
        };
        self.write(&[last])?;
        let written = self.out.flush();
        self.wrote(written)?;
        say_what_is_damaged(&self.damaged);
        self.lost.iter().for_each(|run| complain(&nothing_lists(run)));
        Ok(if self.lost.is_empty() { Exit::Done } else { Exit::Environment })
    }
}

/// A run in a line for a person.
fn told(line: &Glance<'_>, word: &str) -> String {
    let step = line.step.map(|step| format!(" in step {step}")).unwrap_or_default();
    let state = format!("{word}{step}");
    let began = line.began.get(..16).unwrap_or(line.began).replace('T', " ");
    let row = format!(
        "{}  {began}Z  {state:<28} {:>9}  {}  {}",
        line.run,
        format_duration(line.duration_ms.saturating_sub(line.waited_ms)),
        line.operator,
        line.title
    );
    neutral(&row).replace('\n', " ")
}
