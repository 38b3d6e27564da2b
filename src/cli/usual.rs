//! How long things usually take, as the operator's journal tells.

use std::path::{Path, PathBuf};

use crate::engine::Usual;
use crate::event;
use crate::journal::{Journal, JournalError, Line, Segments, Sqlite, complete, mean};
use crate::variables::Redacted;

/// The journal, asked about earlier runs of a runbook.
#[derive(Debug)]
pub(super) struct Earlier {
    folder: PathBuf,
    lines: Vec<Line>,
    /// Read when the first segment takes long.
    segments: Option<Segments>,
}

impl Earlier {
    /// Of a runbook on a target; `folder` is the journal's.
    pub fn of(
        journal: &dyn Journal,
        folder: PathBuf,
        target: &str,
        runbook: &Path,
    ) -> Result<Self, JournalError> {
        let lines = complete(journal, target, runbook)?;
        Ok(Self { folder, lines, segments: None })
    }

    fn read(&self) -> Segments {
        // It only helps to be patient: a journal that cannot be read is no reason to stop.
        let journal = (!self.lines.is_empty()).then(|| Sqlite::open(&self.folder).ok()).flatten();
        let read = journal.and_then(|journal| Segments::read(&journal, &self.lines).ok());
        read.unwrap_or_default()
    }
}

impl Usual for Earlier {
    fn run(&self) -> Option<event::Usual> {
        mean(&self.lines)
    }

    fn segment(&mut self, step: &str, statements: &[Redacted]) -> Option<u64> {
        let segments = self.segments.take().unwrap_or_else(|| self.read());
        self.segments.insert(segments).mean(step, statements)
    }
}
