//! What a validation came to: which segments of a runbook were run, what each came to, and why the
//! others were not.
//!
//! Made by the engine when it validates; drawn by `report`. Text reaches it only as [`Redacted`].
//! Refuses to know who looks at it, and exit codes.

use std::path::PathBuf;

use serde::Serialize;

use crate::event::{Ending, Outcome};
pub use crate::plan::GapKind;
use crate::variables::Redacted;

/// One runbook, validated.
#[derive(Debug, Clone, Serialize)]
pub struct Validation {
    /// The runbook's path as it was named.
    pub file: PathBuf,
    /// Its title.
    pub title: Redacted,
    /// What became of it.
    pub result: Verdict,
    /// In one sentence.
    pub why: Redacted,
    /// Its segments, in document order.
    pub segments: Vec<Segment>,
    /// What the segments were run in; nothing where none was run.
    pub confinement: Option<Confinement>,
    /// Milliseconds.
    pub duration_ms: u64,
}

/// What became of a runbook's validation, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds nothing to do, so that there was nothing to validate.
    Checked,
    /// Everything that was to be validated held.
    Validated,
    /// Something was to be run, and nothing could be.
    CheckedOnly,
    /// Something could not be checked, or too little of it was covered.
    Unverified,
    /// A command failed, an expectation is not met, or the static check found an error.
    Failed,
    /// Something was not allowed.
    Refused,
    /// The machine failed it: the shell, the disk, a tool that is missing.
    Broken,
}

/// One segment of it.
#[derive(Debug, Clone, Serialize)]
pub struct Segment {
    /// The step's id.
    pub step: String,
    /// The step's title.
    pub title: Redacted,
    /// The line of its first statement, from 1.
    pub line: usize,
    /// Its statements as written.
    pub statements: Vec<Redacted>,
    /// What it promises, each with its line.
    pub expectations: Vec<(usize, Redacted)>,
    /// Whether it was run, and what came of it.
    pub coverage: Coverage,
}

/// Whether a segment was run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// It was; this is how it ended. A list input gives one for each value.
    Run(Vec<Ending>),
    /// It was not.
    NotCovered(Gap),
}

/// Why a segment was not run.
#[derive(Debug, Clone, Serialize)]
pub struct Gap {
    /// In a word, stable.
    pub kind: GapKind,
    /// In one sentence.
    pub why: Redacted,
}

/// What read-only segments are run in.
#[derive(Debug, Clone, Serialize)]
pub struct Confinement {
    /// Whether the kernel enforced it; `false` only after `--sandbox=off`.
    pub enforced: bool,
    /// The layers, a few words each.
    pub layers: Vec<String>,
}

impl Validation {
    /// How many segments were run, and how many there are.
    pub fn coverage(&self) -> (usize, usize) {
        (self.run().count(), self.segments.len())
    }

    /// How often each outcome occurred among the segments that were run, in order of appearance; a
    /// segment that was run for several values counts with its worst.
    pub fn outcomes(&self) -> Vec<(Outcome, usize)> {
        let mut counts: Vec<(Outcome, usize)> = Vec::new();
        for outcome in self.run().filter_map(Segment::outcome) {
            match counts.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, count)) => *count += 1,
                None => counts.push((outcome, 1)),
            }
        }
        counts
    }

    /// The segments that were not run, each with the reason.
    pub fn gaps(&self) -> impl Iterator<Item = (&Segment, &Gap)> {
        self.segments.iter().filter_map(|segment| match &segment.coverage {
            Coverage::NotCovered(gap) => Some((segment, gap)),
            Coverage::Run(_) => None,
        })
    }

    /// Whether everything that reads was run and came through, and something was met: not where an
    /// input was missing or a host not listed, and not by exit statuses alone.
    pub fn is_live(&self) -> bool {
        let lacking =
            [GapKind::MissingInput, GapKind::MissingTool, GapKind::Host, GapKind::NotReached];
        let passed = [Outcome::Met, Outcome::StatusOnly];
        let outcomes = self.outcomes();
        self.gaps().all(|(_, gap)| !lacking.contains(&gap.kind))
            && outcomes.iter().all(|(outcome, _)| passed.contains(outcome))
            && outcomes.iter().any(|(outcome, _)| *outcome == Outcome::Met)
    }

    fn run(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| matches!(segment.coverage, Coverage::Run(_)))
    }
}

impl Segment {
    /// Why it is refused, where that is why it was not run.
    pub fn refused(&self) -> Option<&Redacted> {
        match &self.coverage {
            Coverage::NotCovered(gap) if gap.kind == GapKind::Host => Some(&gap.why),
            _ => None,
        }
    }

    /// The worst of its endings: what is not met or failed before what is unverified before the
    /// rest. Nothing where it was not run.
    pub fn outcome(&self) -> Option<Outcome> {
        let Coverage::Run(endings) = &self.coverage else {
            return None;
        };
        endings.iter().map(|ending| ending.outcome).max_by_key(|outcome| badness(*outcome))
    }
}

const fn badness(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Met => 0,
        Outcome::StatusOnly => 1,
        Outcome::Confirmed | Outcome::Judged => 2,
        Outcome::Skipped | Outcome::Overruled => 3,
        Outcome::Unverified => 4,
        Outcome::Stopped => 5,
        Outcome::NotMet => 6,
        Outcome::Failed => 7,
        Outcome::Refused => 8,
    }
}
