//! Entries that somebody has given up, because their sink is gone for good: who, when and why.
//!
//! They stay in the journal; here it is noted that nobody owes them any more.

use rusqlite::{Row, params};
use serde::Serialize;

use crate::variables::Redacted;

use super::outbox::{Outbox, OutboxError};
use super::{Letter, Sink};

/// An entry that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GivenUp {
    /// What it is known by.
    pub key: String,
    /// The run.
    pub run: String,
    /// The sink's name.
    pub sink: String,
    /// The file of settings that named the sink.
    pub settings: String,
    /// Who gave it up.
    pub operator: String,
    /// When, in UTC, as RFC 3339.
    pub at: String,
    /// Why.
    pub reason: Redacted,
}

impl Outbox {
    /// Gives entries up: all, or none.
    pub fn give_up(
        &mut self,
        letters: &[Letter],
        operator: &str,
        reason: &Redacted,
    ) -> Result<(), OutboxError> {
        let now = jiff::Timestamp::now().to_string();
        self.at_once(|transaction| {
            for letter in letters {
                transaction.execute(
                    "INSERT OR REPLACE INTO given_up \
                     (key, settings, sink, run, operator, at, reason) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        letter.key,
                        letter.settings,
                        letter.sink,
                        letter.run,
                        operator,
                        now,
                        reason.as_str()
                    ],
                )?;
                transaction.execute("DELETE FROM letters WHERE id = ?1", [letter.id])?;
            }
            Ok(())
        })
    }

    /// What was given up, the oldest first.
    pub fn given_up(&self) -> Result<Vec<GivenUp>, OutboxError> {
        let select = "SELECT key, run, sink, settings, operator, at, reason FROM given_up \
                      ORDER BY at, settings, sink, key";
        self.list(select, params![], given_up)
    }

    /// Whether an entry was given up for a sink.
    pub(super) fn is_given_up(&self, key: &str, sink: &Sink) -> Result<bool, OutboxError> {
        let select = "SELECT key, run, sink, settings, operator, at, reason FROM given_up \
                      WHERE key = ?1 AND settings = ?2 AND sink = ?3";
        let found = self.list(select, params![key, sink.settings, sink.name], given_up);
        found.map(|found| !found.is_empty())
    }
}

fn given_up(row: &Row<'_>) -> rusqlite::Result<GivenUp> {
    let reason: String = row.get(6)?;
    Ok(GivenUp {
        key: row.get(0)?,
        run: row.get(1)?,
        sink: row.get(2)?,
        settings: row.get(3)?,
        operator: row.get(4)?,
        at: row.get(5)?,
        reason: Redacted::stored(&reason),
    })
}
