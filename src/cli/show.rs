//! `runbook show`: what happened in a run, whether its record is whole, and the run as a file.

use std::fs::OpenOptions;
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::audit::Outbox;
use crate::event::Event;
use crate::journal::{ExchangeError, Filter, Journal, JournalError, Line, Sqlite, export, verify};
use crate::report::neutral;
use crate::report::story::Story;

use super::arguments::{Show, ShowFormat};
use super::carry_out::host;
use super::journal::{failed, folder, open, pick};
use super::resume::Recorded;
use super::{Exit, Failure, columns, deviations, print};

pub(super) fn show(arguments: &Show) -> Result<Exit, Failure> {
    let journal = open()?;
    let line = pick(&journal, arguments.run.as_deref(), Filter::default())?;
    if arguments.verify {
        return check(&journal, &line, arguments);
    }
    if let Some(path) = &arguments.export {
        return give(&journal, &line, path);
    }
    if arguments.patch {
        let recorded = Recorded::read(&journal, &line)?;
        let text = journal.text(&recorded.past.fingerprint).map_err(failed)?;
        return deviations::show(&recorded.past, &recorded.path, text.unwrap_or_default());
    }
    print(&told(&journal, &line, arguments.format)?)?;
    Ok(Exit::Done)
}

fn told(journal: &Sqlite, line: &Line, format: ShowFormat) -> Result<String, Failure> {
    let mut story = Story::default();
    let mut texts = String::new();
    let mut wrong = None;
    let read = journal.read(&line.run, 1, &mut |entry| {
        if format == ShowFormat::Json {
            texts.push_str(&entry.text);
            texts.push('\n');
            return;
        }
        match serde_json::from_str::<Event>(&entry.text) {
            Ok(event) => story.take(&event),
            Err(error) => {
                wrong.get_or_insert((entry.number, error.to_string()));
            }
        }
    });
    read.map_err(failed)?;
    if let Some((number, said)) = wrong {
        let run = line.run.clone();
        return Err(failed(JournalError::Entry { run, number, said }));
    }
    settle_entries(&mut story, line);
    Ok(match format {
        ShowFormat::Json => texts,
        ShowFormat::Text => story.text(columns()),
        ShowFormat::Junit => story.junit(),
        ShowFormat::Markdown => story.markdown(),
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

fn check(journal: &Sqlite, line: &Line, arguments: &Show) -> Result<Exit, Failure> {
    let (head, faults) = verify(journal, &line.run, arguments.head).map_err(failed)?;
    if faults.is_empty() {
        let noted = match arguments.head {
            Some(_) => "; the head that you named is in it",
            None => {
                "; only a head that was noted elsewhere shows whether its end was cut off (--head)"
            }
        };
        print(&format!(
            "run {}: {} entries, none changed or missing{noted}\nhead {}\n",
            line.run, head.number, head.hash
        ))?;
        return Ok(Exit::Done);
    }
    let lines: Vec<_> =
        faults.iter().map(|fault| format!("  {}", neutral(&fault.to_string()))).collect();
    let message =
        format!("the record of run {} is not as it was written:\n{}", line.run, lines.join("\n"));
    Err(Failure::new(Exit::Failed, message))
}

fn give(journal: &Sqlite, line: &Line, path: &Path) -> Result<Exit, Failure> {
    let wrong = |error: ExchangeError| {
        Failure::new(Exit::Environment, format!("{}: failed to {error}", path.display()))
    };
    // Nothing is overwritten: it could be the only copy of another run.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| wrong(error.into()))?;
    let head = export(journal, &line.run, &mut BufWriter::new(&file)).map_err(wrong)?;
    file.sync_all().map_err(|error| wrong(error.into()))?;
    print(&format!("run {}: {} entries, head {}\n", line.run, head.number, head.hash))?;
    Ok(Exit::Done)
}
