//! Which run is meant, by the beginning of its id or as the newest that fits; and what is said where
//! the journal's list of runs is damaged.

use std::ops::ControlFlow;

use crate::journal::{Filter, Journal, JournalError, Line, Listed, Sqlite, mend};
use crate::report::neutral;

use super::journal::failed;
use super::{Exit, Failure, complain};

/// The one run that is meant: whose id begins so, else the newest that fits.
pub(super) fn pick(journal: &Sqlite, named: Option<&str>, filter: Filter) -> Result<Line, Failure> {
    let (run, line) = find(journal, named, filter)?;
    line.ok_or_else(|| Failure::new(Exit::Environment, nothing_lists(&run)))
}

/// The same for who can do without what it is listed by.
pub(super) fn find(
    journal: &Sqlite,
    named: Option<&str>,
    filter: Filter,
) -> Result<(String, Option<Line>), Failure> {
    let mut found = match named {
        Some(named) => beginning(journal, named)?,
        None => listed(journal, &Filter { limit: Some(1), ..filter })?,
    };
    let exact = found.iter().position(|(run, _)| Some(run.as_str()) == named);
    if found.len() > 1 && exact.is_none() {
        let ids: Vec<_> = found.iter().map(|(run, _)| run.as_str()).collect();
        let message = format!("several runs begin so: {}, ...; name one whole", ids.join(", "));
        return Err(Failure::new(Exit::Usage, message));
    }
    if found.is_empty() {
        return Err(nothing_found(journal, named));
    }
    let (run, listed) = found.swap_remove(exact.unwrap_or_default());
    let line = match listed {
        Listed::Whole(line) => Some(line),
        Listed::Mended(line) => {
            say_what_is_damaged(std::slice::from_ref(&run));
            Some(line)
        }
        Listed::Lost => None,
    };
    Ok((run, line))
}

/// The runs that fit, by their ids.
fn listed(journal: &Sqlite, filter: &Filter) -> Result<Vec<(String, Listed)>, Failure> {
    let mut found = Vec::new();
    let list = journal.list(filter, &mut |row| {
        found.push((row.run.to_owned(), row.listed(journal)));
        ControlFlow::Continue(())
    });
    list.map_err(failed)?;
    Ok(found)
}

/// The runs whose ids begin so, two at most; where nothing lists one, those that have entries.
fn beginning(journal: &Sqlite, named: &str) -> Result<Vec<(String, Listed)>, Failure> {
    let filter = Filter { beginning: Some(named.into()), limit: Some(2), ..Filter::default() };
    let found = listed(journal, &filter)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let unlisted = journal.unlisted(named).map_err(failed)?.into_iter();
    let mended = |run: String| {
        let listed = mend(journal, &run).map_or(Listed::Lost, Listed::Mended);
        (run, listed)
    };
    Ok(unlisted.map(mended).collect())
}

fn nothing_found(journal: &Sqlite, named: Option<&str>) -> Failure {
    let Some(named) = named else {
        let message = "there is no such run; `runbook runs` lists those there are";
        return Failure::new(Exit::Usage, message);
    };
    match journal.pruned(named) {
        Ok(Some((run, head, at))) => Failure::new(
            Exit::Usage,
            format!(
                "run {run} was pruned at {at}; its head was entry {}, {}",
                head.number, head.hash
            ),
        ),
        Ok(None) => failed(JournalError::NoRun { run: named.into() }),
        Err(error) => failed(error),
    }
}

/// What some runs are listed by is damaged, and was made anew from their entries.
pub(super) fn say_what_is_damaged(runs: &[String]) {
    const NAMED: usize = 3;
    let Some(first) = runs.first() else { return };
    let more = runs.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names = runs.iter().take(NAMED).map(|run| neutral(run)).collect::<Vec<_>>().join(", ");
    let first = neutral(first);
    complain(&format!(
        "what run {names}{more} is listed by is damaged or missing; what is said here comes from the \
         entries. `runbook show {first} --verify` checks them; `runbook show {first} --export FILE`, \
         then `runbook runs --import FILE`, lists it as they say"
    ));
}

/// What is said of a run of which nothing can be told.
pub(super) fn nothing_lists(run: &str) -> String {
    let run = neutral(run);
    format!(
        "what run {run} is listed by is damaged, and its entries do not tell what it is: `runbook \
         show {run} --verify` names what is wrong with them, `runbook show {run} --format json` \
         gives those that can be read"
    )
}
