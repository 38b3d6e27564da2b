//! Makes entries from the journal that a process which died did not put into the outbox.

use std::collections::BTreeSet;

use crate::event::{Event, What};
use crate::journal::{Head, Journal, JournalError};

use super::entry::{Handed, Teller};
use super::outbox::{Outbox, OutboxError, Settled};

/// What a run's journal tells of it, to go on with; the entries after `seen` on the way.
struct Read {
    teller: Teller,
    entries: Vec<Handed>,
    head: Head,
    settled: Settled,
}

/// Puts in what is missing of every run that is followed. A run that the journal cannot tell of is
/// left as it is.
pub fn collect(outbox: &mut Outbox, journal: &dyn Journal) -> Result<(), OutboxError> {
    let followed = outbox.followed()?;
    let runs: BTreeSet<_> = followed.iter().map(|one| one.run.as_str()).collect();
    for run in runs {
        let seen = followed.iter().filter(|one| one.run == run).map(|one| one.seen).min();
        let Ok(Some(found)) = read(journal, run, seen.unwrap_or_default()) else { continue };
        outbox.put(run, &found.entries, found.head.number, found.settled)?;
    }
    Ok(())
}

/// What entries tell of a run that goes on.
pub fn facts_of(journal: &dyn Journal, run: &str) -> Result<Teller, JournalError> {
    Ok(read(journal, run, 0)?.map(|read| read.teller).unwrap_or_default())
}

/// Reads a run's entries; nothing where there is none after `seen`.
fn read(journal: &dyn Journal, run: &str, seen: u64) -> Result<Option<Read>, JournalError> {
    let head = journal.read(run, u64::MAX >> 1, &mut |_| {})?;
    if head.number <= seen {
        return Ok(None);
    }
    let (mut teller, mut entries, mut settled) = (Teller::default(), Vec::new(), Settled::No);
    let head = journal.read(run, 1, &mut |entry| {
        // What is no event of this program is told by who needs it.
        let Ok(event) = serde_json::from_str::<Event>(&entry.text) else { return };
        let head = Head { number: entry.number, hash: entry.hash };
        let ended = matches!(event.what, What::RunEnded(_));
        settled = if ended { Settled::Yes } else { Settled::No };
        let handed = teller.take(&event, head);
        entries.extend(handed.filter(|handed| handed.number > seen));
    })?;
    Ok(Some(Read { teller, entries, head, settled }))
}
