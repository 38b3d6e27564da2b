//! The durable, ordered, hash-chained record of runs.
//!
//! Comes in: events, one after the other, and the texts that they are about. Goes out: the same,
//! byte for byte, and who is at work on what. Every store of entries keeps to one trait, [`Journal`]:
//! append, read, hold a target. Refuses to know what an event means beyond [`Line`], by which runs
//! are found again.

mod chain;
mod exchange;
mod glance;
mod holder;
mod line;
mod recording;
mod sqlite;
mod tables;
mod usual;

use std::ops::ControlFlow;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub use chain::{Fault, Hash, verify};
pub use exchange::{ExchangeError, Taken, export, import};
pub use glance::Glance;
pub use holder::{Holder, Life};
pub use line::{Filter, Line, Listed, Row, State, mend};
pub use recording::{Emergency, Journaled, Recording};
pub use sqlite::Sqlite;
pub use tables::prepare;
pub use usual::{Segments, complete, mean};

/// One entry of a run: an event as it was written, and its link in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the run, from 1, without gaps.
    pub number: u64,
    /// The event as JSON; these bytes are what the chain is about.
    pub text: String,
    /// The hash of the entry before, this one's number and its text.
    pub hash: Hash,
}

/// The last entry of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 of a run without entries.
    pub number: u64,
    /// Its hash; of a run without entries the one that the first entry follows.
    pub hash: Hash,
}

/// By what a text is known: its SHA-256, in hex.
fn fingerprint(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

/// When an entry is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safe {
    /// When this process dies.
    FromACrash,
    /// When the power fails, too: it is on the disk before the call returns.
    FromPowerLoss,
}

/// What came of asking for a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// It is held now; by whom it was held that is gone, if anybody.
    Yours(Option<Holder>),
    /// Somebody else holds it.
    Others(Holder, Life),
}

/// A store of runs. Entries are never changed and never removed one by one.
pub trait Journal {
    /// Adds entries to a run after `head`, which must be its last, and keeps what it can be found
    /// by. The entries are stored all, or none.
    fn append(
        &mut self,
        run: &str,
        head: Head,
        texts: &[String],
        line: &Line,
        safe: Safe,
    ) -> Result<Head, JournalError>;

    /// Gives the entries of a run from `number` on, in order; returns its head.
    fn read(
        &self,
        run: &str,
        number: u64,
        each: &mut dyn FnMut(Entry),
    ) -> Result<Head, JournalError>;

    /// Gives the rows of the runs that fit, the newest first, until `each` has enough.
    fn list(
        &self,
        filter: &Filter,
        each: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), JournalError>;

    /// The runs that fit, the newest first; a damaged row is made anew from the run's entries.
    fn runs(&self, filter: &Filter) -> Result<Vec<Line>, JournalError> {
        let mut lines = Vec::new();
        self.list(filter, &mut |row| {
            if let Listed::Whole(line) | Listed::Mended(line) = row.listed(self) {
                lines.push(line);
            }
            ControlFlow::Continue(())
        })?;
        Ok(lines)
    }

    /// Keeps a document's text, by its fingerprint.
    fn keep_text(&mut self, fingerprint: &str, text: &str) -> Result<(), JournalError>;

    /// A document's text.
    fn text(&self, fingerprint: &str) -> Result<Option<String>, JournalError>;

    /// Asks for a target. Exactly one of several that ask at once gets it; one that is held by a
    /// process that lives is given to nobody else.
    fn hold(&mut self, target: &str, holder: &Holder) -> Result<Hold, JournalError>;

    /// Who holds a target.
    fn holder(&self, target: &str) -> Result<Option<Holder>, JournalError>;

    /// Gives a target back, if this run holds it.
    fn release(&mut self, target: &str, run: &str) -> Result<(), JournalError>;
}

/// Why the journal cannot be used. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Its folder or file cannot be made or opened.
    #[error("open the journal {path}: {error}")]
    Open {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Others may read it.
    #[error("use the journal {path}: it belongs to somebody else")]
    NotYours {
        /// Which.
        path: PathBuf,
    },
    /// It is damaged.
    #[error(
        "read the journal {path}: the file is damaged ({said}); nothing was written to it. Copy it \
         away, then see what is left with `sqlite3 {path} .recover`, or move it and begin a new one"
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What SQLite said.
        said: String,
    },
    /// A newer program made it.
    #[error("use the journal {path}: a newer runbook made it (form {found}); use that one")]
    Newer {
        /// Which.
        path: PathBuf,
        /// The form's version.
        found: i64,
    },
    /// Another process keeps it locked.
    #[error("write to the journal {path}: another process keeps it locked; wait for it, or end it")]
    Locked {
        /// Which.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("write to the journal {path}: the disk is full; make room and resume")]
    Full {
        /// Which.
        path: PathBuf,
    },
    /// Anything else that the store says.
    #[error("use the journal {path}: {said}")]
    Store {
        /// Which.
        path: PathBuf,
        /// What it said.
        said: String,
    },
    /// Another process went on with the run meanwhile.
    #[error("write to run {run}: another process has gone on with it")]
    Overtaken {
        /// The run.
        run: String,
    },
    /// There is no such run.
    #[error("find run {run}: `runbook runs` lists those that there are")]
    NoRun {
        /// As it was named.
        run: String,
    },
    /// An entry is no event of this program.
    #[error("read entry {number} of run {run}: {said}")]
    Entry {
        /// The run.
        run: String,
        /// The entry.
        number: u64,
        /// What is wrong.
        said: String,
    },
}
