//! How long things usually take: the mean of the last runs that were complete.
//!
//! Comes in: lines of runs, and their entries. Goes out: how long a whole run takes, waiting for
//! people counted apart, and how long each of its segments takes. A run that left something out, or
//! broke off, tells nothing of how long it takes.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf, absolute};

use crate::event::{Event, Outcome, RunResult, Usual, What};
use crate::variables::Redacted;

use super::{Filter, Journal, JournalError, Line, State};

/// How many runs the mean is of, at most: how long something took a year ago is no use.
const RUNS: usize = 10;

/// The last complete runs of the whole of a runbook on a target, the newest first: of the file at
/// this path, since another one of that name may be another runbook.
pub fn complete(
    journal: &dyn Journal,
    target: &str,
    runbook: &Path,
) -> Result<Vec<Line>, JournalError> {
    let filter = Filter { target: Some(target.into()), ..Filter::default() };
    // A target may be that of several runbooks.
    let runbook = from_root(runbook);
    let same = |line: &Line| !line.path.is_empty() && from_root(Path::new(&line.path)) == runbook;
    let is_whole = |line: &Line| line.state == State::Ended(RunResult::Complete);
    let mut lines = Vec::new();
    journal.list(&filter, &mut |row| {
        // A row that is damaged tells nothing of how long its run took.
        let line = row.line();
        lines.extend(line.filter(|line| line.kind == "run" && same(line) && is_whole(line)));
        if lines.len() < RUNS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(lines)
}

/// A path from the root, without links where there still is something.
fn from_root(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// How long such runs took; nothing where there are none.
pub fn mean(lines: &[Line]) -> Option<Usual> {
    let runs = u64::try_from(lines.len()).ok().filter(|runs| *runs > 0)?;
    let waited: u64 = lines.iter().map(|line| line.waited_ms).sum();
    let all: u64 = lines.iter().map(|line| line.duration_ms).sum();
    let worked_ms = all.saturating_sub(waited) / runs;
    Some(Usual { runs, worked_ms, waited_ms: waited / runs })
}

/// How long the segments of some runs took.
#[derive(Debug, Default)]
pub struct Segments {
    /// By step and statements: milliseconds in all, and how many they are of.
    took: HashMap<(String, Vec<Redacted>), (u64, u64)>,
}

impl Segments {
    /// Reads the entries of these runs.
    pub fn read(journal: &dyn Journal, lines: &[Line]) -> Result<Self, JournalError> {
        let mut segments = Self::default();
        for line in lines {
            let mut intended = HashMap::new();
            journal.read(&line.run, 1, &mut |entry| {
                // An entry that this program cannot read tells nothing here; `show` names it.
                if let Ok(event) = serde_json::from_str::<Event>(&entry.text) {
                    segments.take(event.what, &mut intended);
                }
            })?;
        }
        Ok(segments)
    }

    /// The mean of a segment, in milliseconds; nothing where it is not known.
    pub fn mean(&self, step: &str, statements: &[Redacted]) -> Option<u64> {
        let (took, count) = self.took.get(&(step.to_owned(), statements.to_vec()))?;
        Some(took / count)
    }

    fn take(&mut self, what: What, intended: &mut HashMap<u64, (String, Vec<Redacted>)>) {
        match what {
            What::SegmentIntended(intent) => {
                intended.insert(intent.segment, (intent.step, intent.statements));
            }
            What::SegmentEnded(ending) if came_through(ending.outcome) => {
                let Some(key) = intended.get(&ending.segment) else { return };
                let (took, count) = self.took.entry(key.clone()).or_default();
                *took += ending.duration_ms;
                *count += 1;
            }
            _ => {}
        }
    }
}

/// Whether a segment took its whole time.
const fn came_through(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Met | Outcome::StatusOnly | Outcome::Judged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_counts_waiting_apart_and_of_no_run_there_is_none() {
        let line = |duration_ms, waited_ms| Line {
            run: "r".into(),
            of: None,
            kind: "run".into(),
            target: "t".into(),
            runbook: "t.md".into(),
            path: "/t.md".into(),
            title: Redacted::default(),
            operator: "o".into(),
            host: "h".into(),
            began: String::new(),
            changed: String::new(),
            state: State::Ended(RunResult::Complete),
            step: None,
            duration_ms,
            waited_ms,
        };
        assert_eq!(mean(&[]), None);
        let usual = mean(&[line(10_000, 4000), line(20_000, 16_000)]).expect("two runs");
        assert_eq!(usual, Usual { runs: 2, worked_ms: 5000, waited_ms: 10_000 });
    }
}
