//! The store in a file: SQLite with a write-ahead log.
//!
//! Theory of operation. Every entry is committed when it comes, so that it survives this process.
//! What must survive the power, too, is committed with `synchronous=FULL`: the log reaches the disk,
//! with all that was committed before, before the call returns. Triggers refuse to change an entry,
//! and to remove one, but with its whole run, of which the head stays. Several processes may write; each waits for the others for a while.

use std::fs::{self, OpenOptions, Permissions};
use std::ops::ControlFlow;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use super::tables::prepare;
use super::{
    Entry, Filter, Hash, Head, Hold, Holder, Journal, JournalError, Life, Line, Row, Safe,
};

/// The form of the tables; what was made by a newer one is left alone.
const FORM: i64 = 1;
/// How long another process is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    runbook TEXT NOT NULL,
    title TEXT NOT NULL,
    operator TEXT NOT NULL,
    unfinished INTEGER NOT NULL,
    line TEXT NOT NULL,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX runs_unfinished ON runs (unfinished) WHERE unfinished;
CREATE INDEX runs_target ON runs (target);
CREATE TABLE entries (
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE TABLE texts (fingerprint TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE holds (target TEXT PRIMARY KEY, run TEXT NOT NULL, holder TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pruned (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
    WHEN NOT EXISTS (SELECT 1 FROM pruned WHERE id = OLD.run)
    BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END;
";

/// The journal in a file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
    safe: Safe,
}

impl Sqlite {
    /// Opens the journal in a folder, and makes both where they are not there; nobody else may read
    /// them.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join("journal.sqlite");
        make(folder, &path).map_err(|error| JournalError::Open { path: path.clone(), error })?;
        let here = rustix::process::geteuid().as_raw();
        let owner = fs::metadata(&path).map(|data| data.uid());
        if owner.is_ok_and(|owner| owner != here) {
            return Err(JournalError::NotYours { path });
        }
        let opened = Connection::open(&path).and_then(|mut connection| {
            connection.busy_timeout(PATIENCE)?;
            let form = prepare(&mut connection, TABLES, FORM)?;
            Ok((connection, form))
        });
        match opened {
            Ok((_, found)) if found > FORM => Err(JournalError::Newer { path, found }),
            Ok((connection, _)) => Ok(Self { connection, path, safe: Safe::FromPowerLoss }),
            Err(error) => Err(fault(&path, &error)),
        }
    }

    /// Whether there is one in a folder.
    pub fn is_there(folder: &Path) -> bool {
        folder.join("journal.sqlite").exists()
    }

    /// Removes the runs of a target that came to their end and were last changed before `before`
    /// (RFC 3339); of each the head stays. Returns how many they were.
    pub fn prune(&mut self, target: &str, before: &str, now: &str) -> Result<usize, JournalError> {
        self.be(Safe::FromPowerLoss)?;
        let path = self.path.clone();
        let pruned = (|| {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            let count = transaction.execute(
                "INSERT OR IGNORE INTO pruned (id, number, hash, at) \
                 SELECT id, number, hash, ?3 FROM runs WHERE target = ?1 AND NOT unfinished \
                 AND CASE WHEN json_valid(line) THEN json_extract(line, '$.changed') < ?2 END",
                params![target, before, now],
            )?;
            if count > 0 {
                let whole = "IN (SELECT id FROM pruned)";
                transaction.execute(&format!("DELETE FROM entries WHERE run {whole}"), [])?;
                transaction.execute(&format!("DELETE FROM runs WHERE id {whole}"), [])?;
            }
            transaction.commit()?;
            Ok(count)
        })();
        pruned.map_err(|error| fault(&path, &error))
    }

    /// The head of a run that was pruned, and when that was; `beginning` is how its id begins.
    pub fn pruned(&self, beginning: &str) -> Result<Option<(String, Head, String)>, JournalError> {
        let select = "SELECT id, number, hash, at FROM pruned WHERE substr(id, 1, length(?1)) = ?1";
        let found = self.connection.query_row(select, params![beginning], |row| {
            Ok((row.get(0)?, head(row, 1)?, row.get(3)?))
        });
        found.optional().map_err(|error| self.fault(&error))
    }

    /// The runs whose ids begin so and that have entries, although nothing lists them; two at most.
    pub fn unlisted(&self, beginning: &str) -> Result<Vec<String>, JournalError> {
        let found: rusqlite::Result<Vec<String>> = (|| {
            let mut select = self.connection.prepare(
                "SELECT DISTINCT run FROM entries WHERE run >= ?1 AND run < ?1 || char(1114111) \
                 AND NOT EXISTS (SELECT 1 FROM runs WHERE id = run) LIMIT 2",
            )?;
            select.query_map(params![beginning], |row| row.get(0))?.collect()
        })();
        found.map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &rusqlite::Error) -> JournalError {
        fault(&self.path, error)
    }

    /// Says how safe the next commit is to be.
    fn be(&mut self, safe: Safe) -> Result<(), JournalError> {
        if self.safe != safe {
            let word = if safe == Safe::FromPowerLoss { "FULL" } else { "NORMAL" };
            let set = self.connection.pragma_update(None, "synchronous", word);
            set.map_err(|error| self.fault(&error))?;
            self.safe = safe;
        }
        Ok(())
    }
}

/// The folder and the file, for this user alone.
fn make(folder: &Path, path: &Path) -> std::io::Result<()> {
    if !folder.is_dir() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    // SQLite gives its other files the permissions of this one.
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))
}

fn fault(path: &Path, error: &rusqlite::Error) -> JournalError {
    let path = path.to_path_buf();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            JournalError::Damaged { path, said: error.to_string() }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalError::Locked { path },
        Some(ErrorCode::DiskFull) => JournalError::Full { path },
        _ => JournalError::Store { path, said: error.to_string() },
    }
}

impl Journal for Sqlite {
    fn append(
        &mut self,
        run: &str,
        head: Head,
        texts: &[String],
        line: &Line,
        safe: Safe,
    ) -> Result<Head, JournalError> {
        self.be(safe)?;
        let mut last = head;
        let path = self.path.clone();
        let written = (|| {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            if head_of(&transaction, run)?.unwrap_or_else(|| Head::of_nothing(run)) != head {
                return Ok(false);
            }
            for text in texts {
                last = last.then(text);
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO entries (run, number, text, hash) VALUES (?1, ?2, ?3, ?4)",
                )?;
                insert.execute(params![run, last.number.cast_signed(), text, last.hash.bytes()])?;
            }
            put_line(&transaction, last, line)?;
            transaction.commit()?;
            Ok(true)
        })();
        match written {
            Ok(true) => Ok(last),
            Ok(false) => Err(JournalError::Overtaken { run: run.into() }),
            Err(error) => Err(fault(&path, &error)),
        }
    }

    fn read(
        &self,
        run: &str,
        number: u64,
        each: &mut dyn FnMut(Entry),
    ) -> Result<Head, JournalError> {
        let head = head_of(&self.connection, run).map_err(|error| self.fault(&error))?;
        let head = head.ok_or_else(|| JournalError::NoRun { run: run.into() })?;
        let read = (|| {
            let mut select = self.connection.prepare_cached(
                "SELECT number, text, hash FROM entries WHERE run = ?1 AND number >= ?2 \
                 ORDER BY number",
            )?;
            let mut rows = select.query(params![run, number.cast_signed()])?;
            while let Some(row) = rows.next()? {
                let number = row.get::<_, i64>(0)?.cast_unsigned();
                each(Entry { number, text: row.get(1)?, hash: hash(row, 2)? });
            }
            Ok(())
        })();
        read.map(|()| head).map_err(|error| self.fault(&error))
    }

    fn list(
        &self,
        filter: &Filter,
        each: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        const SELECT: &str = "SELECT id, line, number, hash FROM runs \
             WHERE (?1 IS NULL OR instr(lower(runbook), lower(?1)) OR instr(lower(title), lower(?1))) \
               AND (?2 IS NULL OR target = ?2) AND (?3 IS NULL OR operator = ?3) \
               AND (NOT ?4 OR unfinished) AND (?5 IS NULL OR substr(id, 1, length(?5)) = ?5) \
             ORDER BY rowid DESC LIMIT ?6";
        let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1));
        let listed = (|| {
            let mut select = self.connection.prepare_cached(SELECT)?;
            let mut rows = select.query(params![
                filter.about,
                filter.target,
                filter.operator,
                filter.unfinished,
                filter.beginning,
                limit
            ])?;
            while let Some(row) = rows.next()? {
                let run = row.get_ref(0)?.as_str().unwrap_or_default();
                let (text, head) = (row.get_ref(1)?.as_str().ok(), head(row, 2).ok());
                if each(Row { run, text, head }).is_break() {
                    break;
                }
            }
            Ok(())
        })();
        listed.map_err(|error: rusqlite::Error| self.fault(&error))
    }

    fn keep_text(&mut self, fingerprint: &str, text: &str) -> Result<(), JournalError> {
        let keep = "INSERT OR IGNORE INTO texts (fingerprint, text) VALUES (?1, ?2)";
        let kept = self.connection.execute(keep, params![fingerprint, text]);
        kept.map(drop).map_err(|error| self.fault(&error))
    }

    fn text(&self, fingerprint: &str) -> Result<Option<String>, JournalError> {
        let select = "SELECT text FROM texts WHERE fingerprint = ?1";
        let text = self.connection.query_row(select, params![fingerprint], |row| row.get(0));
        text.optional().map_err(|error| self.fault(&error))
    }

    fn hold(&mut self, target: &str, holder: &Holder) -> Result<Hold, JournalError> {
        self.be(Safe::FromPowerLoss)?;
        let path = self.path.clone();
        let held = (|| {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            let before = holder_of(&transaction, target)?;
            if let Some(before) = &before {
                let life = before.life(&holder.host);
                let own = before.run == holder.run && life == Life::Unknown;
                if life != Life::Gone && !own {
                    return Ok(Hold::Others(before.clone(), life));
                }
            }
            transaction.execute(
                "INSERT OR REPLACE INTO holds (target, run, holder) VALUES (?1, ?2, ?3)",
                params![target, holder.run, json(holder)],
            )?;
            transaction.commit()?;
            Ok(Hold::Yours(before))
        })();
        held.map_err(|error| fault(&path, &error))
    }

    fn holder(&self, target: &str) -> Result<Option<Holder>, JournalError> {
        holder_of(&self.connection, target).map_err(|error| self.fault(&error))
    }

    fn release(&mut self, target: &str, run: &str) -> Result<(), JournalError> {
        let release = "DELETE FROM holds WHERE target = ?1 AND run = ?2";
        let released = self.connection.execute(release, params![target, run]);
        released.map(drop).map_err(|error| self.fault(&error))
    }
}

/// The last entry of a run, as its row has it. Where the row is gone, or damaged, nobody is kept from
/// what was recorded.
fn head_of(connection: &Connection, run: &str) -> rusqlite::Result<Option<Head>> {
    const ROW: &str = "SELECT number, hash FROM runs WHERE id = ?1";
    const LAST: &str =
        "SELECT number, hash FROM entries WHERE run = ?1 ORDER BY number DESC LIMIT 1";
    let look = |select| {
        let mut select = connection.prepare_cached(select)?;
        select.query_row(params![run], |row| head(row, 0)).optional()
    };
    match look(ROW) {
        Ok(Some(head)) => Ok(Some(head)),
        Err(error @ rusqlite::Error::SqliteFailure(..)) => Err(error),
        Ok(None) | Err(_) => look(LAST),
    }
}

fn put_line(connection: &Connection, head: Head, line: &Line) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT INTO runs (id, target, runbook, title, operator, unfinished, line, number, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT (id) DO UPDATE SET target = ?2, runbook = ?3, title = ?4, operator = ?5, \
         unfinished = ?6, line = ?7, number = ?8, hash = ?9",
    )?;
    put.execute(params![
        line.run,
        line.target,
        line.runbook,
        line.title.as_str(),
        line.operator,
        line.state.is_unfinished(),
        json(line),
        head.number.cast_signed(),
        head.hash.bytes(),
    ])?;
    Ok(())
}

fn holder_of(connection: &Connection, target: &str) -> rusqlite::Result<Option<Holder>> {
    let mut select = connection.prepare_cached("SELECT holder FROM holds WHERE target = ?1")?;
    let text: Option<String> = select.query_row(params![target], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// A head in two columns, of which this is the first.
fn head(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Head> {
    let number = row.get::<_, i64>(column)?.cast_unsigned();
    Ok(Head { number, hash: hash(row, column + 1)? })
}

fn hash(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    let bytes = row.get_ref(column)?.as_bytes()?;
    let wrong = || rusqlite::Error::IntegralValueOutOfRange(column, 0);
    Hash::from_bytes(bytes).ok_or_else(wrong)
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data has a form in JSON")
}
