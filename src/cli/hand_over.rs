//! `runbook show --export` of a run that is not at its end hands it over: its record says so, here
//! and wherever the file is taken, so that nobody goes on with it on two machines unawares.
//!
//! Comes in: a run of the journal. Goes out: its record with one entry more; and, for who would go on
//! with such a run, whose word that needs.

use std::path::Path;

use crate::event::{Event, HandedOver, VERSION, What};
use crate::journal::{Head, Journal, JournalError, Life, Line, Safe, Sqlite};
use crate::report::neutral;
use crate::resume::Past;
use crate::variables::Redactor;

use super::carry_out::{ask_git, host, operator_name};
use super::journal::{failed, key};
use super::{Exit, Failure};

/// Notes in the record of a run that it is handed over with this file, unless it is already. A run
/// that is under way is not: its record grows.
pub(super) fn hand_over(journal: &mut Sqlite, line: &Line, file: &Path) -> Result<(), Failure> {
    let (head, last) = last(journal, line)?;
    // Whoever goes on with it from here on does not find the head that this one has seen.
    refuse_what_is_under_way(journal, line)?;
    if matches!(last.what, What::HandedOver(_)) {
        return Ok(());
    }
    let what = What::HandedOver(HandedOver {
        by: operator_name(ask_git()),
        host: host(),
        journal: key()?.name(),
        file: Redactor::default().redact(&file.display().to_string()),
    });
    let (run, number) = (line.run.clone(), last.number + 1);
    let at = jiff::Timestamp::now().to_string();
    let event = Event { version: VERSION, run, number, at, what };
    let text = serde_json::to_string(&event).expect("an event has a form");
    let mut line = line.clone();
    line.take(&event);
    let added = journal.append(&line.run, head, &[text], &line, Safe::FromPowerLoss);
    added.map(drop).map_err(failed)
}

fn last(journal: &Sqlite, line: &Line) -> Result<(Head, Event), Failure> {
    let head = journal.read(&line.run, u64::MAX >> 1, &mut |_| {}).map_err(failed)?;
    let mut text = String::new();
    journal.read(&line.run, head.number, &mut |entry| text = entry.text).map_err(failed)?;
    let event = serde_json::from_str(&text).map_err(|error| {
        let (run, number, said) = (line.run.clone(), head.number, error.to_string());
        failed(JournalError::Entry { run, number, said })
    })?;
    Ok((head, event))
}

fn refuse_what_is_under_way(journal: &Sqlite, line: &Line) -> Result<(), Failure> {
    let holder = journal.holder(&line.target).map_err(failed)?;
    let own = holder.as_ref().filter(|holder| holder.run == line.run);
    let Some(own) = own.filter(|own| own.life(&host()) == Life::Alive) else { return Ok(()) };
    let message = format!(
        "run {} is under way (process {} of {}), and would go on after it was handed over: pause it \
         there (Ctrl-C at a question), then export it",
        line.run,
        own.process,
        neutral(&own.operator)
    );
    Err(Failure::new(Exit::Refused, message))
}

/// From whom a run is taken that was handed over, and why; or it is left alone. `command` takes it.
pub(super) fn taken_back(
    past: &Past,
    line: &Line,
    taken: Option<&str>,
    command: &str,
) -> Result<Option<(String, String)>, Failure> {
    let Some((at, handed)) = &past.handed_over else { return Ok(None) };
    if let Some(reason) = taken {
        return Ok(Some((format!("{} on {}", handed.by, handed.host), reason.to_owned())));
    }
    let run = &line.run;
    let lead = if handed.journal == key()?.name() {
        "it may have gone on wherever that was taken, and no write may happen twice: bring back what \
         has gone on there (`runbook runs --import`), or, if nobody has gone on with it,"
    } else {
        "make sure that nobody goes on with it there, then"
    };
    let message = format!(
        "run {run} was handed over ({}); {lead} take it with `runbook {command} {run} --take --reason \
         \"...\"`, which is recorded",
        handed.words(at)
    );
    Err(Failure::new(Exit::Refused, neutral(&message)))
}
