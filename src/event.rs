//! What happened in a run, as data that a journal can store and views can draw.
//!
//! Made by the engine; taken by every [`Sink`]. Text reaches an event only as
//! [`Redacted`]. Refuses to know who looks at it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::expect::{CheckResult, Stream, Verdict};
use crate::policy::{Effect, Trait};
use crate::variables::Redacted;

/// The version of the events' form; it grows when a field changes its meaning.
pub const VERSION: u32 = 1;

/// One thing that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// The form's version.
    pub version: u32,
    /// The run that it belongs to.
    pub run: String,
    /// Its number in the run, from 1, without gaps.
    pub number: u64,
    /// When, in UTC, as RFC 3339.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// Where something to do stands in a document.
///
/// It holds for one text only; who goes on with another text translates it first.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The step's place among the document's steps, from 0.
    pub step: usize,
    /// The action's place in its step; in an alternative: the choice's, the alternative's, the
    /// action's.
    pub action: Vec<usize>,
    /// The segment's place in its block; none for what is no command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<usize>,
}

/// What happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The run begins.
    RunStarted(Box<Beginning>),
    /// A run that was paused, or broke off, goes on.
    RunResumed(Box<Resumption>),
    /// Steps are left out by the operator's wish; before the first step, and again where the
    /// runbook has changed since.
    StepsLeftOut(Box<LeftOut>),
    /// The place that the run happens in was looked at, before the first step.
    ContextPinned {
        /// What was found, tool by tool.
        entries: Vec<Placed>,
    },
    /// A segment of the run has made another place of it; before the next write there, that is to
    /// be accepted.
    ContextMoved {
        /// The step that did it.
        step: String,
        /// The tool that acts there.
        tool: String,
        /// What has changed.
        what: String,
        /// What it was; nothing where that was not known.
        from: Option<Redacted>,
        /// What it is.
        to: Option<Redacted>,
    },
    /// What the run's own commands made of the place was accepted; it is the run's place now.
    ContextChanged {
        /// The step that goes on there.
        step: String,
        /// The tool that acts there; `shell` for the folder.
        tool: String,
        /// What has changed: `cluster`, `account`, `folder`.
        what: String,
        /// What it was; nothing where that was not known.
        from: Option<Redacted>,
        /// What it is.
        to: Option<Redacted>,
        /// Who accepted it: the operator's name, `answers`, or `runbook` for what needs no answer.
        by: String,
    },
    /// The tools of the whole plan, with their versions; before the first write, or at the end.
    ToolsFound {
        /// Each, in the order in which the plan names them.
        tools: Vec<Tool>,
    },
    /// A step begins.
    StepStarted {
        /// Its id.
        step: String,
        /// Its title.
        title: Redacted,
        /// The heading of its section.
        section: String,
        /// Its line in the runbook.
        line: usize,
        /// Its number in this run, from 1, and how many there are.
        place: (usize, usize),
    },
    /// The runbook's own words were shown.
    Shown {
        /// Markdown.
        text: Redacted,
    },
    /// A value for an input came in.
    InputGiven {
        /// The input.
        name: String,
        /// The value, or what may be said of a secret one.
        value: Redacted,
        /// Whether it is secret.
        secret: bool,
        /// Each of its values, to go on with; none of a secret one, and none where a part of them
        /// was redacted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        values: Vec<Redacted>,
        /// Of a secret one: what tells whether it is the same when it is asked again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<String>,
        /// From whom: `operator`, `environment`, `answers`, `default`.
        from: Cow<'static, str>,
    },
    /// One of several alternatives was chosen.
    ChoiceMade {
        /// The step.
        step: String,
        /// Where it stands.
        place: Place,
        /// The alternatives' labels.
        labels: Vec<String>,
        /// The label that was chosen.
        chosen: String,
        /// By whom.
        from: Cow<'static, str>,
    },
    /// A person is asked to act.
    ManualAsked {
        /// The step.
        step: String,
        /// Its line.
        line: usize,
        /// Where it stands.
        place: Place,
        /// What is to be done, in order.
        items: Vec<Redacted>,
        /// Text to copy.
        copy: Option<Redacted>,
    },
    /// A manual action came to its end.
    ManualEnded {
        /// The step.
        step: String,
        /// Its line.
        line: usize,
        /// Where it stands.
        place: Place,
        /// What became of it.
        outcome: Outcome,
        /// Whether it was a question that was answered no.
        #[serde(default)]
        denied: bool,
        /// The reason that a person gave, where it was left out.
        reason: Option<Redacted>,
        /// By whom.
        from: Cow<'static, str>,
    },
    /// A segment is put: what would run.
    SegmentIntended(Box<Intent>),
    /// An operator has put another text in the place of a segment's, for this run.
    CommandEdited(Box<Deviation>),
    /// An operator opens a shell that begins with a copy of what the run's shell knows. What is done
    /// in it is not checked.
    ShellOpened {
        /// The step.
        step: String,
        /// The line of the command at which it was opened.
        line: usize,
        /// Who opened it.
        by: String,
    },
    /// That shell has ended.
    ShellEnded(Box<Visit>),
    /// A segment begins: what follows may have happened, even if nothing more is heard of it.
    SegmentStarted {
        /// The segment's number in this run.
        segment: u64,
        /// The attempt, from 1.
        attempt: u32,
        /// Who let it run; nobody had to be asked for a read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        allowed_by: Option<String>,
    },
    /// A statement of a segment has ended, and others follow.
    StatementEnded {
        /// The segment's number in this run.
        segment: u64,
        /// The attempt.
        attempt: u32,
        /// Its place in the segment, from 1.
        statement: usize,
        /// Its status.
        status: i32,
    },
    /// A segment's output, as it came.
    Output {
        /// The segment's number in this run.
        segment: u64,
        /// Which output.
        stream: Stream,
        /// The text.
        text: Redacted,
    },
    /// A segment has run for a while.
    Running {
        /// The segment's number in this run.
        segment: u64,
        /// For how long, in seconds.
        seconds: u64,
        /// How long it took in earlier runs, in milliseconds; nothing where that is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usual_ms: Option<u64>,
    },
    /// A segment has ended.
    SegmentEnded(Box<Ending>),
    /// What the shell knows, to go on with; only what changed.
    StateKept(Box<Kept>),
    /// A write that was begun before is put to a person: what became of it is not known.
    UnknownPut {
        /// The step.
        step: String,
        /// Its line.
        line: usize,
        /// All that is known of it, a sentence each.
        known: Vec<Redacted>,
    },
    /// What cannot be undone goes ahead although a verification before it was left out or overruled.
    DoubtAccepted {
        /// The step that cannot be undone.
        step: String,
        /// Its line.
        line: usize,
        /// What was left out or overruled, a sentence each.
        doubts: Vec<Redacted>,
        /// Why it goes ahead, in a person's words.
        reason: Redacted,
        /// By whom.
        by: String,
    },
    /// An audit record was made.
    RecordMade {
        /// The step.
        step: String,
        /// Its line.
        line: usize,
        /// Where it stands.
        place: Place,
        /// The fence's language.
        language: String,
        /// The rendered entry.
        text: Redacted,
    },
    /// A sink of the team has an audit entry.
    AuditDelivered {
        /// The step that made it, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        /// The sink.
        sink: String,
        /// By what the entry is known.
        key: String,
    },
    /// A sink of the team has an audit entry not yet; it is kept.
    AuditWaits {
        /// The step that made it, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        /// The sink.
        sink: String,
        /// By what the entry is known.
        key: String,
        /// Why.
        why: Redacted,
        /// Whether it is not tried again by itself: the sink will not take it as it is.
        refused: bool,
    },
    /// Something worth knowing that is no failure.
    Remark {
        /// One sentence.
        text: Redacted,
    },
    /// The run has ended.
    RunEnded(Box<Summary>),
}

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
    /// The version of the program.
    pub program: String,
    /// The sections that run on demand, where such are carried out.
    pub sections: Vec<String>,
    /// The part of those sections that is carried out, or of the ordinary ones.
    #[serde(default, skip_serializing_if = "Part::is_whole")]
    pub part: Part,
    /// The run that this one belongs to, as a rollback to what it undoes.
    pub of: Option<String>,
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

/// The part of a runbook that a run carries out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// The id of the step that it begins with, where it is not the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The ids of the only steps that are carried out; all of them where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
}

impl Part {
    /// Whether it is all of it.
    pub fn is_whole(&self) -> bool {
        self.from.is_none() && self.only.is_empty()
    }

    /// The wish as it is typed: `--from 3`.
    pub fn words(&self) -> String {
        let from = self.from.iter().map(|id| format!("--from {id}"));
        let only = self.only.iter().map(|id| format!("--step {id}"));
        from.chain(only).collect::<Vec<_>>().join(" ")
    }
}

/// Steps that are left out by the operator's wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which, in order.
    pub steps: Vec<LeftOutStep>,
    /// The wish as it was typed: `--from 3`.
    pub wish: String,
    /// Whose wish it is.
    pub by: String,
    /// Why, where a reason was given.
    pub reason: Option<Redacted>,
    /// What is to be known because of it, a sentence each.
    pub lacks: Vec<Redacted>,
}

/// A step that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutStep {
    /// Its id.
    pub step: String,
    /// Its title.
    pub title: Redacted,
    /// The heading of its section.
    pub section: String,
    /// Its line in the runbook.
    pub line: usize,
    /// Whether it writes, or may.
    pub writes: bool,
    /// The lines of its verifications.
    pub verifies: Vec<usize>,
    /// Whether something in it cannot be undone.
    pub irreversible: bool,
}

impl LeftOutStep {
    /// It in words: `step 3 "Verify", with its verification`.
    pub fn words(&self) -> String {
        let what = [
            (self.writes, "writes"),
            (!self.verifies.is_empty(), "verifies"),
            (self.irreversible, "cannot be undone"),
        ];
        let what: Vec<_> = what.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        let what = if what.is_empty() { String::new() } else { format!(" ({})", what.join(", ")) };
        format!("step {} \"{}\"{what}", self.step, self.title)
    }
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
    /// Whose run it was, where somebody else takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// Why it was taken, why a difference in what was done was accepted, or why something is done
    /// again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Redacted>,
    /// What is done already, a sentence each.
    pub done: Vec<Redacted>,
}

/// What a shell knows beyond what it began with, as bash tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The segment after which it is so.
    pub segment: u64,
    /// Variables that are new or changed: name, and the text that sets it.
    pub variables: Vec<(String, Redacted)>,
    /// Variables that are gone.
    pub unset: Vec<String>,
    /// Variables that are new or changed and are not kept: they are secret, or may be.
    pub withheld: Vec<String>,
    /// The texts of everything else, by what it is: `options`, `functions`, `rest`.
    pub texts: Vec<(Cow<'static, str>, Redacted)>,
}

/// One fact about the place that a run happens in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The tool that acts there; `shell` for the folder.
    pub tool: String,
    /// What it is: `cluster`, `account`, `folder`.
    pub what: String,
    /// What was found; nothing where it is not known.
    pub value: Option<Redacted>,
    /// Why it is not known.
    pub why: Option<Redacted>,
}

/// The place that events end in: what was pinned at the start, with what the run made of it since.
pub fn place_after<'a>(events: impl IntoIterator<Item = &'a What>) -> Vec<Placed> {
    let mut place = Vec::new();
    events.into_iter().for_each(|what| move_place(&mut place, what));
    place
}

/// Takes into a place what an event says of it.
pub fn move_place(place: &mut Vec<Placed>, what: &What) {
    match what {
        What::ContextPinned { entries } => place.clone_from(entries),
        What::ContextMoved { tool, what, to, .. } | What::ContextChanged { tool, what, to, .. } => {
            place.retain(|known| known.tool != *tool || known.what != *what);
            let (tool, what) = (tool.clone(), what.clone());
            place.push(Placed { tool, what, value: to.clone(), why: None });
        }
        _ => {}
    }
}

/// A tool that the plan uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// As the plan names it.
    pub name: String,
    /// Where it is; nothing where it is a builtin or a function, or was not found.
    pub path: Option<Redacted>,
    /// What it calls its version; nothing where it was not asked, or did not tell in time.
    pub version: Option<Redacted>,
}

/// What is about to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Intent {
    /// Its number in this run, from 1; the same for every attempt.
    pub segment: u64,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The step.
    pub step: String,
    /// Its line.
    pub line: usize,
    /// Where it stands.
    pub place: Place,
    /// Whether it only looks what another segment did; its own turn comes, or was.
    #[serde(default)]
    pub probe: bool,
    /// The commands as they will run, one statement an entry.
    pub statements: Vec<Redacted>,
    /// The worst effect.
    pub effect: Effect,
    /// What else is known of it.
    pub traits: Vec<Trait>,
    /// Why it has that effect.
    pub reasons: Vec<String>,
    /// The values that a list input has this time: `app = raxx-api-prod`.
    pub values: Vec<Redacted>,
    /// What it promises, in the author's words.
    pub expectations: Vec<Redacted>,
    /// How it is understood: its checks and what is left to a person.
    pub checks: Vec<Redacted>,
}

/// Another text in the place of a segment's. What the segment promises is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// The step.
    pub step: String,
    /// The segment's line in the runbook.
    pub line: usize,
    /// Where it stands.
    pub place: Place,
    /// The text until then, with its placeholders: the runbook's, or an earlier one of an operator.
    pub old: Redacted,
    /// The text from then on.
    pub new: Redacted,
    /// Why, in the operator's words.
    pub reason: Redacted,
    /// By whom.
    pub by: String,
}

/// What is known of a shell that an operator opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Visit {
    /// The step.
    pub step: String,
    /// The line of the command at which it was opened.
    pub line: usize,
    /// Its exit status; 128 and the signal's number where it was killed.
    pub status: i32,
    /// The beginning and the end of what it showed.
    pub output: Redacted,
    /// Total size and hash of all that it showed.
    pub shown: OutputRecord,
    /// Milliseconds.
    pub duration_ms: u64,
    /// What it changed of what it began with, a sentence each.
    pub changes: Vec<Redacted>,
    /// Whether the run goes on with these changes.
    pub taken: bool,
}

/// How a segment ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ending {
    /// Its number in this run.
    pub segment: u64,
    /// The attempt.
    pub attempt: u32,
    /// The step.
    pub step: String,
    /// Its line.
    pub line: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// In one sentence.
    pub why: Redacted,
    /// The exit statuses of the last statement's stages.
    pub statuses: Vec<i32>,
    /// Each check with its evidence.
    pub checks: Vec<CheckedEvidence>,
    /// Words left to a person.
    pub residual: Option<Redacted>,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Total size and hash of the outputs.
    pub outputs: Vec<OutputRecord>,
    /// The reason that a person gave, where one judged, skipped or overruled.
    pub reason: Option<Redacted>,
    /// Who decided: `runbook` or the operator's name.
    pub judged_by: String,
}

/// A check, and why it holds or does not; redacted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckedEvidence {
    /// The check in English.
    pub text: Redacted,
    /// Whether it holds.
    pub verdict: Verdict,
    /// The evidence.
    pub why: Redacted,
}

impl CheckedEvidence {
    /// A check's result, redacted by `redact`.
    pub fn new(result: &CheckResult, redact: impl Fn(&str) -> Redacted) -> Self {
        Self { text: redact(&result.text), verdict: result.verdict, why: redact(&result.why) }
    }
}

/// An output by its size and hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutputRecord {
    /// Which.
    pub stream: Stream,
    /// All of its bytes, kept or not.
    pub bytes: u64,
    /// SHA-256 of the redacted bytes, in hex; absent for an output that is itself secret.
    pub sha256: Option<String>,
}

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that it promises was met.
    Met,
    /// It promises nothing; its exit statuses say that it succeeded.
    StatusOnly,
    /// A person confirmed that it was done.
    Confirmed,
    /// A person judged that it holds.
    Judged,
    /// A promise is not met.
    NotMet,
    /// A command failed.
    Failed,
    /// Something could not be checked, and nobody judged it.
    Unverified,
    /// A person left it out.
    Skipped,
    /// A person went on although it was not met.
    Overruled,
    /// It was not allowed to run.
    Refused,
    /// It was stopped by the operator.
    Stopped,
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

/// Takes events as they happen.
pub trait Sink {
    /// Takes one; an error ends the run.
    fn take(&mut self, event: &Event) -> std::io::Result<()>;
}
