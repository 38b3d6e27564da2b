//! Something that was done, or begun: what, whose words tell it, and what became of it.

use crate::event::Outcome;
use crate::report::terminal::{format_duration, outcome_word};
use crate::report::{told, verbatim, wrapped};
use crate::voice;

/// The most lines of an output that a story tells.
const LINES: usize = 12;

/// A text, and whose it is.
#[derive(Debug)]
pub(super) enum Words {
    Ours(String),
    /// Ours, with a text of several lines at the end that is quoted.
    Quoting(String),
    Runbook(String),
    Command(String),
}

impl Words {
    /// The lines of it for so many columns; `first` and `rest` are blanks and the like of ours.
    pub fn lines(&self, first: &str, rest: &str, columns: usize) -> Vec<String> {
        let behind = |lead: &str, sign: &str| format!("{lead}{sign} ");
        match self {
            Self::Ours(text) => wrapped(first, &behind(rest, voice::GOES_ON), &told(text), columns),
            Self::Quoting(text) => verbatim(first, &behind(rest, voice::GOES_ON), text, columns),
            Self::Runbook(text) => {
                let [first, rest] = [first, rest].map(|lead| behind(lead, voice::RUNBOOK));
                wrapped(&first, &rest, text, columns)
            }
            Self::Command(text) => {
                let (first, rest) = (behind(first, voice::COMMAND), behind(rest, voice::GOES_ON));
                verbatim(&first, &rest, text, columns)
            }
        }
    }

    /// It in a format that says itself whose words they are.
    pub fn bare(&self) -> String {
        match self {
            Self::Ours(text) | Self::Quoting(text) | Self::Runbook(text) => text.clone(),
            Self::Command(text) => format!("{} {text}", voice::COMMAND),
        }
    }
}

/// Something that was done, or begun.
#[derive(Debug)]
pub(super) struct Deed {
    pub at: String,
    pub step: String,
    pub line: usize,
    /// The segment's number and attempt, for a command.
    pub segment: Option<(u64, u32)>,
    pub what: Vec<Words>,
    pub writes: bool,
    pub begun: bool,
    /// Whether it is a shell that was opened.
    pub visit: Visiting,
    pub outcome: Option<Outcome>,
    /// Who allowed, judged or did it, and why.
    pub said: Vec<String>,
    pub output: String,
    pub duration_ms: u64,
}

/// A shell that an operator opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visiting {
    /// It is none.
    None,
    /// Its end has not been heard of.
    Open,
    Ended,
}

impl Deed {
    pub fn new(at: String, step: &str, line: usize) -> Self {
        Self {
            at,
            step: step.to_owned(),
            line,
            segment: None,
            what: Vec::new(),
            writes: false,
            begun: false,
            visit: Visiting::None,
            outcome: None,
            said: Vec::new(),
            output: String::new(),
            duration_ms: 0,
        }
    }

    /// What became of it, in one line.
    pub fn became(&self) -> Option<String> {
        if self.segment.is_none() && self.outcome.is_none() && !self.said.is_empty() {
            return Some(format!("→ {}", self.said.join("; ")));
        }
        if self.visit == Visiting::Open {
            return Some("→ its end was not recorded".into());
        }
        let word = match (self.outcome, self.begun, self.segment) {
            (Some(outcome), ..) => outcome_word(outcome),
            (None, true, _) => "NOT KNOWN: it was begun, and no end was recorded",
            (None, false, Some(_)) => "not begun",
            (None, ..) => return None,
        };
        let kind = if self.writes { "writes, " } else { "" };
        let said: Vec<_> = self.said.iter().filter(|one| !one.is_empty()).cloned().collect();
        let said = if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
        Some(format!("→ {kind}{word} ({}){said}", format_duration(self.duration_ms)))
    }

    /// The end of what it printed.
    pub fn printed(&self) -> impl Iterator<Item = &str> {
        let lines: Vec<_> = self.output.lines().collect();
        let skipped = lines.len().saturating_sub(LINES);
        let cut = (skipped > 0).then_some("[...]");
        cut.into_iter().chain(lines.into_iter().skip(skipped))
    }
}

/// The time of day of an event, in UTC.
pub(super) fn clock(at: &str) -> &str {
    at.get(11..19).unwrap_or(at)
}
