//! Makes entries from the journal that are not in the outbox, and were not delivered: of a process
//! that died, and of an outbox that was lost.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::event::{Event, What};
use crate::journal::{Filter, Head, Journal, JournalError};

use super::entry::{Handed, Teller};
use super::outbox::{Outbox, OutboxError};

/// So many runs are put into the outbox at once.
const AT_ONCE: usize = 200;

/// What a run's journal tells of its entries.
pub(super) struct Told {
    pub run: String,
    pub head: Head,
    /// Those that were made after the one that was asked for.
    pub entries: Vec<Handed>,
    /// Which sink has which, as far as the run knew: the sink's name and the entry's key.
    pub delivered: BTreeSet<(String, String)>,
    teller: Teller,
}

/// Puts in what is missing of every run that was at work on the machine `host`: what others owe, they
/// deliver. Returns how many were put in. A run that the journal cannot tell of is left as it is.
pub fn collect(
    outbox: &mut Outbox,
    journal: &dyn Journal,
    host: &str,
) -> Result<usize, OutboxError> {
    let settled = outbox.settled()?;
    let seen = |run: &str| settled.get(run).copied().unwrap_or_default();
    let mut runs = Vec::new();
    journal.list(&Filter::default(), &mut |row| {
        if row.head.is_none_or(|head| seen(row.run) < head.number) {
            runs.push(row.run.to_owned());
        }
        ControlFlow::Continue(())
    })?;
    runs.reverse();
    let mut made = 0;
    for runs in runs.chunks(AT_ONCE) {
        let told = runs.iter().filter_map(|run| read(journal, run, seen(run), Some(host)).ok());
        made += outbox.make_up(&told.collect::<Vec<_>>())?;
    }
    Ok(made)
}

/// What entries tell of a run that goes on.
pub fn facts_of(journal: &dyn Journal, run: &str) -> Result<Teller, JournalError> {
    Ok(read(journal, run, u64::MAX, None)?.teller)
}

/// Reads a run's entries after `seen`, and only those made on `host`, where that is asked for.
pub(super) fn read(
    journal: &dyn Journal,
    run: &str,
    seen: u64,
    host: Option<&str>,
) -> Result<Told, JournalError> {
    let (mut teller, mut entries) = (Teller::default(), Vec::new());
    let mut delivered = BTreeSet::new();
    let head = journal.read(run, 1, &mut |entry| {
        // What is no event of this program is told by who needs it.
        let Ok(event) = serde_json::from_str::<Event>(&entry.text) else { return };
        if let What::AuditDelivered { sink, key, .. } = &event.what {
            delivered.insert((sink.clone(), key.clone()));
        }
        let handed = teller.take(&event, Head { number: entry.number, hash: entry.hash });
        let here = host.is_none() || host == teller.host();
        entries.extend(handed.filter(|handed| here && handed.number > seen));
    })?;
    Ok(Told { run: run.to_owned(), head, entries, delivered, teller })
}
