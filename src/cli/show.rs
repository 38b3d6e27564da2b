//! `runbook show`: what happened in a run, whether its record is whole, and the run as a file.

use std::fs::{self, OpenOptions};
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::audit::Outbox;
use crate::event::Event;
use crate::journal::{
    ExchangeError, Filter, Glance, Journal, JournalError, Life, Line, Sqlite, export, verify,
};
use crate::report::neutral;
use crate::report::story::Story;

use super::arguments::{Show, ShowFormat};
use super::carry_out::host;
use super::hand_over::hand_over;
use super::journal::{failed, folder, life, open};
use super::pick::{find, nothing_lists};
use super::recorded::Recorded;
use super::{Exit, Failure, columns, deviations, print};

pub(super) fn show(arguments: &Show) -> Result<Exit, Failure> {
    let mut journal = open()?;
    let (run, line) = find(&journal, arguments.run.as_deref(), Filter::default())?;
    if arguments.verify {
        return check(&journal, &run, arguments);
    }
    if let Some(path) = &arguments.export {
        return give(&mut journal, &run, line.as_ref(), path);
    }
    if arguments.format == ShowFormat::Json && !arguments.patch {
        return entries(&journal, &run);
    }
    let line = line.ok_or_else(|| Failure::new(Exit::Environment, nothing_lists(&run)))?;
    if arguments.patch {
        let recorded = Recorded::read(&journal, &line)?;
        let text = journal.text(&recorded.past.fingerprint).map_err(failed)?;
        return deviations::show(&recorded.past, &recorded.path, text.unwrap_or_default());
    }
    print(&told(&journal, &line, arguments.format)?)?;
    Ok(Exit::Done)
}

/// The entries as they are stored, one a line. One that is no JSON object in one line is named, not
/// shown: whoever reads lines would take it for something else.
fn entries(journal: &Sqlite, run: &str) -> Result<Exit, Failure> {
    let mut texts = String::new();
    let mut wrong = None;
    let read = journal.read(run, 1, &mut |entry| match object(&entry.text) {
        Ok(()) => {
            texts.push_str(&entry.text);
            texts.push('\n');
        }
        Err(said) => drop(wrong.get_or_insert((entry.number, said))),
    });
    read.map_err(failed)?;
    print(&texts)?;
    let Some((number, said)) = wrong else { return Ok(Exit::Done) };
    let run = run.to_owned();
    Err(failed(JournalError::Entry { run, number, said }))
}

fn object(text: &str) -> Result<(), String> {
    if text.contains(['\n', '\r']) || !text.starts_with('{') {
        return Err("it is no JSON object in one line".into());
    }
    let read = serde_json::from_str::<serde::de::IgnoredAny>(text);
    read.map(drop).map_err(|error| error.to_string())
}

fn told(journal: &Sqlite, line: &Line, format: ShowFormat) -> Result<String, Failure> {
    let mut story = Story::open(standing(journal, line)?);
    let mut wrong = None;
    let read =
        journal.read(&line.run, 1, &mut |entry| match serde_json::from_str::<Event>(&entry.text) {
            Ok(event) => story.take(&event),
            Err(error) => {
                wrong.get_or_insert((entry.number, error.to_string()));
            }
        });
    read.map_err(failed)?;
    if let Some((number, said)) = wrong {
        let run = line.run.clone();
        return Err(failed(JournalError::Entry { run, number, said }));
    }
    settle_entries(&mut story, line);
    Ok(match format {
        ShowFormat::Junit => story.junit(),
        ShowFormat::Markdown => story.markdown(),
        ShowFormat::Text | ShowFormat::Json => story.text(columns()),
    })
}

/// How a run stands that has not ended, and what goes on with it.
fn standing(journal: &Sqlite, line: &Line) -> Result<String, Failure> {
    let holder = journal.holder(&line.target).map_err(failed)?;
    let on = holder.as_ref().filter(|holder| holder.run == line.run);
    let process = on.map(|on| format!(" (process {})", on.process)).unwrap_or_default();
    let goes_on = format!("`runbook resume {}` goes on", line.run);
    Ok(match life(&Glance::of(line), holder.as_ref(), &host()) {
        Life::Alive => format!("it is under way{process}"),
        Life::Gone => format!("its process was killed{process}; {goes_on}"),
        Life::Unknown => format!(
            "it is under way on {}{process}, or its process was killed: that cannot be seen from \
             here; once it has ended, {goes_on}",
            line.host
        ),
    })
}

/// What the outbox has no more was delivered after the run had ended. Of another machine's run only
/// its own words are known.
fn settle_entries(story: &mut Story, line: &Line) {
    if line.host != host() {
        return;
    }
    let Ok(folder) = folder() else { return };
    let outbox = Outbox::is_there(&folder).then(|| Outbox::open(&folder));
    let Some(Ok(outbox)) = outbox else { return };
    let Ok(waiting) = outbox.waiting() else { return };
    let waits = |key: &str, sink: &str| {
        waiting.iter().any(|letter| letter.key == key && letter.sink == sink)
    };
    story.settle_entries(waits);
}

fn check(journal: &Sqlite, run: &str, arguments: &Show) -> Result<Exit, Failure> {
    let (head, faults) = verify(journal, run, arguments.head).map_err(failed)?;
    if faults.is_empty() {
        let noted = match arguments.head {
            Some(_) => "; the head that you named is in it",
            None => {
                "; only a head that was noted elsewhere shows whether its end was cut off (--head)"
            }
        };
        print(&format!(
            "run {run}: {} entries, none changed or missing{noted}\nhead {}\n",
            head.number, head.hash
        ))?;
        return Ok(Exit::Done);
    }
    let lines: Vec<_> =
        faults.iter().map(|fault| format!("  {}", neutral(&fault.to_string()))).collect();
    let message =
        format!("the record of run {run} is not as it was written:\n{}", lines.join("\n"));
    Err(Failure::new(Exit::Failed, message))
}

/// Writes a run to a file. One that can be gone on with is handed over with it.
fn give(
    journal: &mut Sqlite,
    run: &str,
    line: Option<&Line>,
    path: &Path,
) -> Result<Exit, Failure> {
    let wrong = |error: ExchangeError| {
        Failure::new(Exit::Environment, format!("{}: failed to {error}", path.display()))
    };
    let goes_on = line.filter(|line| line.state.is_unfinished());
    // Nothing is overwritten: it could be the only copy of another run.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| wrong(error.into()))?;
    if let Some(line) = goes_on {
        hand_over(journal, line, path).inspect_err(|_| drop(fs::remove_file(path)))?;
    }
    let head = export(journal, run, &mut BufWriter::new(&file)).map_err(wrong)?;
    file.sync_all().map_err(|error| wrong(error.into()))?;
    print(&format!("run {run}: {} entries, head {}\n", head.number, head.hash))?;
    if goes_on.is_some() {
        print(&format!(
            "it is handed over with that file: take it with `runbook runs --import` where it goes on; \
             here `runbook resume {run}` needs --take --reason from now on\n"
        ))?;
    }
    Ok(Exit::Done)
}
