//! What a whole call of `check` or `validate` came to, and its views.
//!
//! Comes in: what was found and done in every runbook, as data. Goes out: one pure function per
//! format. Each medium has one place that makes foreign text harmless for it: `neutral` for
//! terminals, `workflow` for logs of CI, `markdown`, [`junit`] for XML, [`json`] and [`sarif`] for
//! JSON. Refuses to decide: a runbook is never better than the worst that is known of it, and that
//! is all that is concluded here.

pub mod github;
pub mod json;
pub mod junit;
pub mod sarif;
mod segments;
mod summary;
pub mod terminal;
mod troubles;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::findings::Findings;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Source;
use crate::validation::{Validation, Verdict};
use crate::variables::Redacted;

/// What a whole call came to.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Which command it was.
    pub command: Task,
    /// The version of this program.
    pub version: String,
    /// The folder that paths are made relative to in formats for programs: the repository's.
    pub root: PathBuf,
    /// Every runbook, in the order in which they were named or found.
    pub runbooks: Vec<Examined>,
    /// The exit code that the command line has chosen.
    pub exit: u8,
}

/// Which command was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Static diagnostics; nothing was run.
    Check,
    /// Check, then what is read-only.
    Validate,
}

/// One runbook, with all that is known of it.
#[derive(Debug, Clone)]
pub struct Examined {
    /// Its path as it was named.
    pub path: PathBuf,
    /// Its title, where it has one and was read.
    pub title: Option<Redacted>,
    /// Its text; nothing where it could not be read.
    pub source: Option<Source>,
    /// What the static check found, to be drawn.
    pub diagnostics: Vec<Diagnostic>,
    /// The same, for programs.
    pub findings: Findings,
    /// What running it came to.
    pub validation: Option<Validation>,
    /// The validation method that was reached: `read-only-docs`, `read-only-live`.
    pub method: Option<String>,
    /// Days since its header says that it was last validated; negative for a date in the future.
    pub age_days: Option<i64>,
    /// What became of the stamp; nothing where none was asked for.
    pub stamp: Option<Stamp>,
    /// Expectations that were removed or weakened since the last stamp.
    pub weakened: Vec<Weakened>,
}

/// What became of a stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stamp {
    /// The header was rewritten; what was changed, in a few words.
    Written(String),
    /// The header says it already.
    Unchanged,
    /// It was not stamped; why.
    Withheld(String),
}

/// An expectation that promises less than at the last stamp.
#[derive(Debug, Clone, Serialize)]
pub struct Weakened {
    /// The line where it stands, or stood, from 1.
    pub line: usize,
    /// What it said.
    pub before: Redacted,
    /// What it says; nothing where it was removed.
    pub now: Option<Redacted>,
}

/// How a runbook stands, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The static check found no error; nothing was to be run.
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
    /// The machine failed it.
    Broken,
}

/// Every standing, from the worst to the best.
const STANDINGS: [Standing; 7] = [
    Standing::Broken,
    Standing::Refused,
    Standing::Failed,
    Standing::Unverified,
    Standing::CheckedOnly,
    Standing::Validated,
    Standing::Checked,
];

impl Task {
    /// The word for it, as it is typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Validate => "validate",
        }
    }
}

impl Standing {
    /// The word for it; what went wrong is in capitals, so that it is seen without colours.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Validated => "validated",
            Self::CheckedOnly => "checked only",
            Self::Unverified => "unverified",
            Self::Failed => "FAILED",
            Self::Refused => "REFUSED",
            Self::Broken => "BROKEN OFF",
        }
    }

    /// Whether nothing is wrong or in doubt.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Checked | Self::Validated)
    }
}

impl From<Verdict> for Standing {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Checked => Self::Checked,
            Verdict::Validated => Self::Validated,
            Verdict::CheckedOnly => Self::CheckedOnly,
            Verdict::Unverified => Self::Unverified,
            Verdict::Failed => Self::Failed,
            Verdict::Refused => Self::Refused,
            Verdict::Broken => Self::Broken,
        }
    }
}

impl Stamp {
    /// In a line.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Written(changes) => format!("stamped: {changes}"),
            Self::Unchanged => "stamped already, unchanged".to_owned(),
            Self::Withheld(why) => format!("not stamped: {why}"),
        }
    }
}

impl Examined {
    /// A runbook and what the static check found in it. What else is known is set afterwards.
    pub fn new(source: Source, diagnostics: Vec<Diagnostic>) -> Self {
        let findings = Findings::new(&source, &diagnostics);
        let path = source.path().to_owned();
        Self { source: Some(source), diagnostics, ..Self::bare(path, findings) }
    }

    /// A file that is no runbook; `message` says why.
    pub fn unreadable(path: &Path, message: &str) -> Self {
        Self::bare(path.to_owned(), Findings::unreadable(path, message))
    }

    fn bare(path: PathBuf, findings: Findings) -> Self {
        Self {
            path,
            title: None,
            source: None,
            diagnostics: Vec::new(),
            findings,
            validation: None,
            method: None,
            age_days: None,
            stamp: None,
            weakened: Vec::new(),
        }
    }

    /// How it stands after `task`: as its worst part does.
    pub fn standing(&self, task: Task) -> Standing {
        let found = match self.findings.count(Severity::Error) {
            0 => Standing::Checked,
            _ => Standing::Failed,
        };
        let run = match (&self.validation, task) {
            (Some(validation), _) => segments::standing(validation),
            (None, Task::Check) => Standing::Checked,
            (None, Task::Validate) => Standing::Unverified,
        };
        found.max(run)
    }

    /// `9 of 14 segments run: 7 met, 2 unverified`; empty where nothing was to be run.
    pub fn covered(&self) -> String {
        self.coverage().unwrap_or_default()
    }

    /// Its title; empty where it is not known.
    pub(super) fn title(&self) -> &str {
        let validated = self.validation.as_ref().map(|validation| &validation.title);
        self.title.as_ref().or(validated).map_or("", Redacted::as_str)
    }

    /// `9 of 14 segments run: 7 met, 2 unverified; 5 not covered`.
    pub(super) fn coverage(&self) -> Option<String> {
        self.validation.as_ref().map(segments::coverage)
    }

    /// What running it came to, in a sentence.
    pub(super) fn why(&self) -> String {
        match &self.validation {
            Some(validation) => validation.why.as_str().to_owned(),
            None => format!("{}; nothing was run", self.check_why()),
        }
    }

    /// What the static check came to, in a sentence.
    fn check_why(&self) -> String {
        match self.findings.count(Severity::Error) {
            0 => "the check found no error".to_owned(),
            errors => format!("the check found {}", counted(errors, "error")),
        }
    }
}

impl Whole {
    /// How one of the runbooks stands: as its worst part does. What should have been validated and
    /// was not is unverified, whatever the reason.
    pub fn standing(&self, one: &Examined) -> Standing {
        one.standing(self.command)
    }

    /// Every runbook with its standing, worst first; equal ones in the order of the call.
    pub(super) fn worst_first(&self) -> Vec<(Standing, &Examined)> {
        let mut all: Vec<_> = self.runbooks.iter().map(|one| (self.standing(one), one)).collect();
        all.sort_by_key(|(standing, _)| std::cmp::Reverse(*standing));
        all
    }

    /// How many runbooks stand how, worst first, without those that do not occur.
    pub(super) fn counts(&self) -> Vec<(Standing, usize)> {
        let standings: Vec<_> = self.runbooks.iter().map(|one| self.standing(one)).collect();
        let count = |one| standings.iter().filter(|other| **other == one).count();
        STANDINGS.iter().map(|one| (*one, count(*one))).filter(|(_, count)| *count > 0).collect()
    }

    /// Why the call ended as it did: `3 runbooks: 1 FAILED, 2 validated`.
    pub(super) fn ending(&self) -> String {
        let counts = self.counts();
        let words: Vec<_> =
            counts.iter().map(|(standing, count)| format!("{count} {}", standing.word())).collect();
        match self.runbooks.len() {
            0 => "no runbook was found".to_owned(),
            all => format!("{}: {}", counted(all, "runbook"), words.join(", ")),
        }
    }

    /// Whether something was run that the kernel did not confine.
    pub(super) fn ran_unconfined(&self) -> bool {
        let validations = self.runbooks.iter().filter_map(|one| one.validation.as_ref());
        validations.filter_map(|one| one.confinement.as_ref()).any(|one| !one.enforced)
    }

    /// A path relative to the root, where it lies below it, wherever the call was made.
    pub(super) fn relative(&self, path: &Path) -> PathBuf {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let path = absolute.strip_prefix(&self.root).unwrap_or(path);
        path.strip_prefix(".").unwrap_or(path).to_path_buf()
    }
}

/// `1 error`, `2 errors`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Text for one line, harmless for a terminal.
fn told(text: &str) -> String {
    super::one_line(text)
}
