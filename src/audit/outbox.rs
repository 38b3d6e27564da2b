//! What is to be delivered and is not yet: a file beside the journal, in the same way durable.
//!
//! It holds every entry that a sink has not taken, with what the sink said last; which were delivered
//! of runs that still owe some; and of every other run up to which event it owes none. So what is
//! missing here, the journal tells.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, Transaction, TransactionBehavior, params};

use crate::event::HandedTo;
use crate::journal::{JournalError, prepare};
use crate::variables::Redacted;

use super::claim::Claim;
use super::collect::Told;
use super::entry::Handed;
use super::sink::Sink;

/// The form of the tables.
const FORM: i64 = 2;
/// How long another process is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

const TABLES: &str = "
CREATE TABLE letters (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    settings TEXT NOT NULL,
    sink TEXT NOT NULL,
    definition TEXT NOT NULL,
    shown TEXT NOT NULL,
    key TEXT NOT NULL,
    step TEXT,
    text TEXT NOT NULL,
    since TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    said TEXT,
    not_before TEXT,
    UNIQUE (key, settings, sink)
);
CREATE TABLE delivered (
    key TEXT NOT NULL,
    settings TEXT NOT NULL,
    sink TEXT NOT NULL,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (key, settings, sink)
) WITHOUT ROWID;
CREATE TABLE given_up (
    key TEXT NOT NULL,
    settings TEXT NOT NULL,
    sink TEXT NOT NULL,
    run TEXT NOT NULL,
    operator TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (key, settings, sink)
) WITHOUT ROWID;
CREATE TABLE settled (run TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
";

const LETTER: &str = "SELECT id, run, number, settings, sink, definition, key, step, text, since, \
                      tries, said, not_before, shown FROM letters";
/// What is settled, was delivered or given up, or is there, is not put in again.
const PUT: &str = "INSERT OR IGNORE INTO letters \
    (run, number, settings, sink, definition, shown, key, step, text, since) \
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 \
    WHERE NOT EXISTS (SELECT 1 FROM settled WHERE run = ?1 AND number >= ?2) \
    AND NOT EXISTS (SELECT 1 FROM delivered WHERE key = ?7 AND settings = ?3 AND sink = ?4) \
    AND NOT EXISTS (SELECT 1 FROM given_up WHERE key = ?7 AND settings = ?3 AND sink = ?4)";

/// What waits to be delivered.
#[derive(Debug)]
pub struct Outbox {
    connection: Connection,
    path: PathBuf,
}

/// An entry on its way to one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub(super) id: i64,
    /// The run.
    pub run: String,
    /// The number of its event in the run's journal.
    pub number: u64,
    /// The file of settings that named the sink.
    pub settings: String,
    /// The sink's name.
    pub sink: String,
    /// What the sink was when the entry was made, as its SHA-256.
    pub definition: String,
    /// The same for everybody's eyes.
    pub shown: String,
    /// What the entry is known by.
    pub key: String,
    /// The step that made it, where one did.
    pub step: Option<String>,
    /// The entry.
    pub text: String,
    /// Since when it waits, in UTC, as RFC 3339.
    pub since: String,
    /// How often it was tried.
    pub tries: u64,
    /// What came of the last attempt.
    pub said: Option<Redacted>,
    /// Until when the sink wants to be left alone.
    pub not_before: Option<Timestamp>,
}

impl Letter {
    /// How long the sink still wants to be left alone.
    pub fn leave(&self) -> Option<Duration> {
        let left = self.not_before?.duration_since(Timestamp::now());
        Duration::try_from(left).ok().filter(|left| !left.is_zero())
    }
}

/// Why the outbox cannot be used. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// It cannot be made or opened.
    #[error("open the outbox of audit entries {path}: {error}")]
    Open {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A newer program made it.
    #[error("use the outbox of audit entries {path}: a newer runbook made it; use that one")]
    Newer {
        /// Which.
        path: PathBuf,
    },
    /// One made it that did not know yet what of it the journal tells.
    #[error(
        "use the outbox of audit entries {path}: an older runbook made it; deliver what is in it with \
         that one (`runbook audit --send`), then remove it"
    )]
    Older {
        /// Which.
        path: PathBuf,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Anything that the store says.
    #[error("use the outbox of audit entries {path}: {said}")]
    Store {
        /// Which.
        path: PathBuf,
        /// What it said.
        said: String,
    },
}

impl Outbox {
    /// Opens the one in a folder that is the journal's, and makes it where it is not there; nobody
    /// else may read it.
    pub fn open(folder: &Path) -> Result<Self, OutboxError> {
        let path = Self::path(folder);
        let made = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        made.map_err(|error| OutboxError::Open { path: path.clone(), error })?;
        Self::prepare(Connection::open(&path), path)
    }

    /// One that is gone with this process: for a run of which nothing can be kept.
    pub fn in_memory() -> Result<Self, OutboxError> {
        Self::prepare(Connection::open_in_memory(), PathBuf::from("in memory"))
    }

    /// Whether there is one.
    pub fn is_there(folder: &Path) -> bool {
        Self::path(folder).exists()
    }

    /// Asks for the right to deliver to a sink; nothing where another process has it.
    pub fn claim(&self, sink: &Sink) -> Result<Option<Claim>, OutboxError> {
        if self.connection.path().is_none_or(str::is_empty) {
            return Ok(Some(Claim::of_one_alone()));
        }
        let asked = Claim::ask(&self.path, sink);
        asked.map_err(|error| OutboxError::Open { path: self.path.clone(), error })
    }

    fn path(folder: &Path) -> PathBuf {
        folder.join("outbox.sqlite")
    }

    fn prepare(opened: rusqlite::Result<Connection>, path: PathBuf) -> Result<Self, OutboxError> {
        let prepared = opened.and_then(|mut connection| {
            connection.busy_timeout(PATIENCE)?;
            let form = prepare(&mut connection, TABLES, FORM)?;
            Ok((connection, form))
        });
        match prepared {
            Ok((_, found)) if found > FORM => Err(OutboxError::Newer { path }),
            Ok((_, found)) if found < FORM => Err(OutboxError::Older { path }),
            Ok((connection, _)) => Ok(Self { connection, path }),
            Err(error) => Err(OutboxError::Store { path, said: error.to_string() }),
        }
    }

    fn fault(&self, error: rusqlite::Error) -> OutboxError {
        OutboxError::Store { path: self.path.clone(), said: error.to_string() }
    }

    /// Does something all or not at all; it is on the disk before the call returns.
    pub(super) fn at_once<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, OutboxError> {
        let done = (|| {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })();
        done.map_err(|error| self.fault(error))
    }

    /// Puts entries of a run in, for every sink that is to have them. What is there already, or was
    /// delivered, is not put in again.
    pub fn put(&mut self, run: &str, entries: &[Handed]) -> Result<(), OutboxError> {
        self.at_once(|transaction| {
            for entry in entries {
                for sink in &entry.sinks {
                    put(transaction, run, entry, sink)?;
                }
            }
            Ok(())
        })
    }

    /// Puts in what is missing of runs, and notes of which nothing is owed; how many were put in.
    pub(super) fn make_up(&mut self, runs: &[Told]) -> Result<usize, OutboxError> {
        self.at_once(|transaction| {
            let mut made = 0;
            for told in runs {
                let has = |sink: &HandedTo, entry: &Handed| {
                    told.delivered.contains(&(sink.sink.clone(), entry.key.clone()))
                };
                for entry in &told.entries {
                    for sink in entry.sinks.iter().filter(|sink| !has(sink, entry)) {
                        made += put(transaction, &told.run, entry, sink)?;
                    }
                }
                transaction.execute(
                    "INSERT OR REPLACE INTO settled SELECT ?1, ?2 \
                     WHERE NOT EXISTS (SELECT 1 FROM letters WHERE run = ?1)",
                    params![told.run, told.head.number.cast_signed()],
                )?;
                transaction.execute(
                    "DELETE FROM delivered WHERE run = ?1 \
                     AND number <= (SELECT number FROM settled WHERE run = ?1)",
                    params![told.run],
                )?;
            }
            Ok(made)
        })
    }

    /// What a query finds.
    pub(super) fn list<T>(
        &self,
        select: &str,
        by: &[&dyn ToSql],
        each: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, OutboxError> {
        let listed = (|| {
            let mut select = self.connection.prepare_cached(select)?;
            select.query_map(by, each)?.collect::<rusqlite::Result<Vec<_>>>()
        })();
        listed.map_err(|error| self.fault(error))
    }

    /// Up to which event each run owes nothing.
    pub(super) fn settled(&self) -> Result<BTreeMap<String, u64>, OutboxError> {
        let each = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()));
        let listed = self.list("SELECT run, number FROM settled", params![], each)?;
        Ok(listed.into_iter().collect())
    }

    /// Everything that waits, in the order in which it came.
    pub fn waiting(&self) -> Result<Vec<Letter>, OutboxError> {
        self.list(&format!("{LETTER} ORDER BY id"), params![], letter)
    }

    /// What waits for a sink of a file of settings.
    pub(super) fn waiting_for(&self, sink: &Sink) -> Result<Vec<Letter>, OutboxError> {
        let select = format!("{LETTER} WHERE settings = ?1 AND sink = ?2 ORDER BY id");
        self.list(&select, params![sink.settings, sink.name], letter)
    }

    /// Whether an entry still waits.
    pub fn waits(&self, letter: &Letter) -> Result<bool, OutboxError> {
        let found = self.connection.prepare_cached("SELECT 1 FROM letters WHERE id = ?1");
        let found = found.and_then(|mut select| select.exists([letter.id]));
        found.map_err(|error| self.fault(error))
    }

    /// Removes what was delivered, and remembers that it was.
    pub fn delivered(&mut self, letter: &Letter) -> Result<(), OutboxError> {
        self.at_once(|transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO delivered SELECT key, settings, sink, run, number \
                 FROM letters WHERE id = ?1",
                [letter.id],
            )?;
            transaction.execute("DELETE FROM letters WHERE id = ?1", [letter.id]).map(drop)
        })
    }

    /// Keeps an entry as it was made anew from the journal.
    pub fn keep_anew(&mut self, letter: &Letter) -> Result<(), OutboxError> {
        let kept = self.connection.execute(
            "UPDATE letters SET step = ?2, text = ?3 WHERE id = ?1",
            params![letter.id, letter.step, letter.text],
        );
        kept.map(drop).map_err(|error| self.fault(error))
    }

    /// Notes an attempt that came to nothing.
    pub fn tried(
        &mut self,
        letter: &Letter,
        said: &Redacted,
        leave: Option<Duration>,
    ) -> Result<(), OutboxError> {
        let not_before = leave.map(|leave| (Timestamp::now() + leave).to_string());
        let noted = self.connection.execute(
            "UPDATE letters SET tries = tries + 1, said = ?2, not_before = ?3 WHERE id = ?1",
            params![letter.id, said.as_str(), not_before],
        );
        noted.map(drop).map_err(|error| self.fault(error))
    }
}

fn put(
    connection: &Connection,
    run: &str,
    entry: &Handed,
    sink: &HandedTo,
) -> rusqlite::Result<usize> {
    connection.prepare_cached(PUT)?.execute(params![
        run,
        entry.number.cast_signed(),
        sink.settings,
        sink.sink,
        sink.definition,
        sink.shown,
        entry.key,
        entry.step,
        entry.text,
        Timestamp::now().to_string(),
    ])
}

fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    let said: Option<String> = row.get(11)?;
    let not_before: Option<String> = row.get(12)?;
    Ok(Letter {
        id: row.get(0)?,
        run: row.get(1)?,
        number: row.get::<_, i64>(2)?.cast_unsigned(),
        settings: row.get(3)?,
        sink: row.get(4)?,
        definition: row.get(5)?,
        key: row.get(6)?,
        step: row.get(7)?,
        text: row.get(8)?,
        since: row.get(9)?,
        tries: row.get::<_, i64>(10)?.cast_unsigned(),
        said: said.as_deref().map(Redacted::stored),
        not_before: not_before.and_then(|text| text.parse().ok()),
        shown: row.get(13)?,
    })
}
