//! `runbook runs`: the runs of the journal, by what they are found again; and a run taken from
//! another machine.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::event::RunResult;
use crate::journal::{ExchangeError, Filter, Holder, Journal, Life, Line, Sqlite, State, import};
use crate::report::neutral;
use crate::report::terminal::{format_duration, result_word};

use super::arguments::{Runs, StatusFormat};
use super::journal::{failed, open};
use super::{Exit, Failure, print};

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
    let mut lines = journal.runs(&filter).map_err(failed)?;
    let more = !arguments.all && lines.len() > arguments.limit;
    if more {
        lines.truncate(arguments.limit);
    }
    let text = match arguments.format {
        StatusFormat::Json => json(&journal, &lines)?,
        StatusFormat::Text => table(&journal, &lines)?,
    };
    print(&text)?;
    if more && arguments.format == StatusFormat::Text {
        print("and more: --all lists all, --limit N more\n")?;
    }
    Ok(Exit::Done)
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
fn word(line: &Line, holder: Option<&Holder>) -> &'static str {
    match line.state {
        State::Ended(result) => result_word(result),
        State::UnderWay => {
            let own = holder.filter(|holder| holder.run == line.run);
            match own.map(|holder| holder.life(&line.host)) {
                Some(Life::Alive) => "under way",
                Some(Life::Unknown) => "under way, elsewhere",
                Some(Life::Gone) | None => result_word(RunResult::Broken),
            }
        }
    }
}

/// How runs stand; who holds a target is asked once.
struct Standings<'j> {
    journal: &'j Sqlite,
    holders: HashMap<String, Option<Holder>>,
}

impl<'j> Standings<'j> {
    fn of(journal: &'j Sqlite) -> Self {
        Self { journal, holders: HashMap::new() }
    }

    fn word(&mut self, line: &Line) -> Result<&'static str, Failure> {
        if line.state != State::UnderWay {
            return Ok(word(line, None));
        }
        if !self.holders.contains_key(&line.target) {
            let holder = self.journal.holder(&line.target).map_err(failed)?;
            self.holders.insert(line.target.clone(), holder);
        }
        Ok(word(line, self.holders.get(&line.target).and_then(Option::as_ref)))
    }
}

fn table(journal: &Sqlite, lines: &[Line]) -> Result<String, Failure> {
    if lines.is_empty() {
        return Ok("no runs\n".into());
    }
    let mut standings = Standings::of(journal);
    let mut text = String::new();
    for line in lines {
        let step = line.step.as_ref().map(|step| format!(" in step {step}")).unwrap_or_default();
        let state = format!("{}{step}", standings.word(line)?);
        let began = line.began.get(..16).unwrap_or(&line.began).replace('T', " ");
        let row = format!(
            "{}  {began}Z  {state:<28} {:>9}  {}  {}",
            line.run,
            format_duration(line.duration_ms.saturating_sub(line.waited_ms)),
            line.operator,
            line.title
        );
        text.push_str(&neutral(&row).replace('\n', " "));
        text.push('\n');
    }
    Ok(text)
}

fn json(journal: &Sqlite, lines: &[Line]) -> Result<String, Failure> {
    let mut standings = Standings::of(journal);
    let mut text = b"{\"version\":1,\"runs\":[".to_vec();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, line).expect("plain data has a form in JSON");
        // One more member before the brace that ends it.
        text.pop();
        let standing = standings.word(line)?.to_lowercase();
        text.extend_from_slice(format!(",\"standing\":\"{standing}\"}}").as_bytes());
    }
    text.extend_from_slice(b"]}\n");
    Ok(String::from_utf8(text).expect("JSON is UTF-8"))
}
