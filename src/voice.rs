//! Who speaks on a screen: the signs behind which the words of others stand, and the words that the
//! program's own lines begin with.
//!
//! A view draws with them, and a check finds the texts of a runbook that imitate them. Refuses to know
//! what a line is about.

/// Stands before each line of a runbook's own text.
pub const RUNBOOK: &str = "▌";
/// Stands before each line of what a command printed.
pub const STDOUT: &str = "│";
/// The same of its standard error.
pub const STDERR: &str = "┆";
/// Stands before a command.
pub const COMMAND: &str = "$";
/// Stands before each further line of a command, or of another text that a line of the program
/// quotes.
pub const GOES_ON: &str = "»";
/// Begins the heading of a step.
pub const STEP: &str = "──";

/// What became of an action, in the words that a line about it begins with.
pub const JUDGEMENTS: &[&str] = &[
    "met",
    "status only",
    "confirmed",
    "judged to hold",
    "NOT MET",
    "FAILED",
    "unverified",
    "skipped",
    "overruled",
    "REFUSED",
    "stopped",
];

/// What became of a run, in the words that its last lines begin with.
pub const ENDINGS: &[&str] = &[
    "complete",
    "complete, with doubts",
    "FAILED",
    "paused",
    "REFUSED",
    "INTERRUPTED",
    "BROKEN OFF",
];
