//! How a run begins, goes on and ends.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::variables::Redacted;

use super::{Outcome, Part, Place};

/// How a run begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Beginning {
    /// `run` or `rehearse`.
    pub kind: Cow<'static, str>,
    /// The runbook's path as it was named.
    pub runbook: String,
    /// The same from the root; empty where nothing is kept.
    pub path: String,
    /// Its title.
    pub title: Redacted,
    /// SHA-256 of its text, in hex.
    pub fingerprint: String,
    /// What no other run may be at work on at the same time: what `target` in the metadata names,
    /// or the runbook.
    pub target: String,
    /// Why it may go on even where it can be recorded no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<Redacted>,
    /// The version of the program.
    pub program: String,
    /// The sections that run on demand, where such are carried out.
    pub sections: Vec<String>,
    /// The part of those sections that is carried out, or of the ordinary ones.
    #[serde(default, skip_serializing_if = "Part::is_whole")]
    pub part: Part,
    /// The run that this one belongs to, as a rollback to what it undoes.
    pub of: Option<String>,
    /// Whose run that is, where somebody else undoes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// Why they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Redacted>,
    /// The role that the runbook requires, and who says that the operator has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Why it goes ahead although nothing of it can be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrecorded: Option<Redacted>,
    /// Its header, labels as written.
    pub metadata: Vec<(String, Redacted)>,
    /// Days since it was last validated, where its header has such a date; negative for a date in
    /// the future.
    pub validated_days_ago: Option<i64>,
    /// How long it usually takes; nothing where no earlier run tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Usual>,
    /// Who carries it out.
    pub operator: String,
    /// Where.
    pub host: String,
    /// The folder that commands start in.
    pub folder: String,
    /// Steps of this run.
    pub steps: usize,
    /// The ids of the steps that write, or may.
    pub writing: Vec<String>,
    /// The ids of the steps with what cannot be undone.
    pub irreversible: Vec<String>,
    /// Those after which there is no way back, as the runbook says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_return: Vec<NoWayBack>,
    /// The inputs that it needs; secret ones marked with `true`.
    pub inputs: Vec<(String, bool)>,
    /// What is doubtful in the document.
    pub warnings: Vec<Redacted>,
    /// The sinks of the team that get its audit entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sinks: Vec<HandedTo>,
}

/// A sink of the team that gets a run's audit entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedTo {
    /// The file of settings that names it, from the root.
    pub settings: String,
    /// Its name there.
    pub sink: String,
    /// What it is, for everybody's eyes.
    pub shown: String,
    /// The SHA-256 of what it is, in hex: an address may be all that lets somebody in.
    pub definition: String,
}

/// How long earlier runs took: the mean of those that were complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    /// How many they are.
    pub runs: u64,
    /// Milliseconds without those spent waiting for a person.
    pub worked_ms: u64,
    /// Milliseconds spent waiting for a person.
    pub waited_ms: u64,
}

/// A step after which there is no way back, as the runbook says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoWayBack {
    /// The step's id.
    pub step: String,
    /// The line that says so.
    pub line: usize,
    /// The author's words.
    pub words: Redacted,
}

/// A role that a runbook requires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The one that is required.
    pub required: String,
    /// How it is known.
    pub standing: RoleStanding,
    /// Why it goes ahead without the role, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Redacted>,
}

/// Whether an operator has the role that is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleStanding {
    /// The team's command says so.
    Verified,
    /// The operator says so, and nobody else was asked.
    Claimed,
    /// Nobody said so, and nobody could be asked.
    Unclaimed,
    /// They have it not, or claim another one, and the run goes ahead in an emergency.
    BreakGlass,
    /// They have it not, or claim another one.
    Missing,
}

/// How a run goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Resumption {
    /// Who goes on with it.
    pub operator: String,
    /// Where.
    pub host: String,
    /// The folder that commands start in.
    pub folder: String,
    /// The version of the program.
    pub program: String,
    /// SHA-256 of the runbook's text now.
    pub fingerprint: String,
    /// The part that is carried out, where the text now names it otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// What became of the places of the text before, where it is another text now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<(Place, Option<Place>)>,
    /// What differs, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Redacted>,
    /// What is done again, and what followed from it, which holds no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redone: Vec<Place>,
    /// The inputs and variables that it yields anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forgotten: Vec<String>,
    /// The role that the runbook requires, and who says that the operator has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Why it may go on even where it can be recorded no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<Redacted>,
    /// Whose run it was, where somebody else takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// The rollback of it that had done nothing, and is gone on with no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives_up: Option<String>,
    /// Why it was taken, why a difference in what was done was accepted, or why something is done
    /// again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Redacted>,
    /// What is done already, a sentence each.
    pub done: Vec<Redacted>,
    /// The sinks of the team that get its audit entries from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sinks: Vec<HandedTo>,
}

/// How a run ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// What became of it.
    pub result: RunResult,
    /// In one sentence.
    pub why: Redacted,
    /// How often each outcome occurred, in order of the first occurrence.
    pub counts: Vec<(Outcome, usize)>,
    /// Milliseconds in all.
    pub duration_ms: u64,
    /// Milliseconds of them that were spent waiting for a person.
    pub waited_ms: u64,
    /// The step that it ended in, where it did not come to its end.
    pub step: Option<String>,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// Everything was met, passed on status, was confirmed or judged to hold.
    Complete,
    /// It came to its end, but something was skipped or overruled.
    CompleteWithDoubts,
    /// A command or an expectation failed.
    Failed,
    /// It waits for a person or an input.
    Paused,
    /// Something was not allowed.
    Refused,
    /// The operator ended it by interrupting twice.
    Interrupted,
    /// The machine failed it: the shell, the terminal, the disk, a tool that is missing.
    Broken,
}
