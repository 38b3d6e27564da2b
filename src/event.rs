//! What happened in a run, as data that a journal can store and views can draw.
//!
//! Made by the engine; taken by every [`Sink`]. Text reaches an event only as
//! [`Redacted`]. Refuses to know who looks at it.

mod handed_over;
mod part;
mod place;
mod reference;
mod run;
mod segment;
mod shell;
mod taken_over;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::expect::Stream;
use crate::variables::Redacted;

pub use handed_over::HandedOver;
pub use part::{LeftOut, LeftOutStep, Part};
pub use place::{Mover, Place, Placed, Tool, move_place, place_after};
pub use reference::Reference;
pub use run::{
    Beginning, HandedTo, NoWayBack, Resumption, Role, RoleStanding, RunResult, Summary, Usual,
};
pub use segment::{CheckedEvidence, Ending, Intent, Outcome, OutputRecord};
pub use shell::{Deviation, Kept, Visit};
pub use taken_over::TakenOver;

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

/// What happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The run begins.
    RunStarted(Box<Beginning>),
    /// A run that was paused, or broke off, goes on.
    RunResumed(Box<Resumption>),
    /// A rollback takes over what the run knew that it undoes.
    TakenOver(Box<TakenOver>),
    /// Steps are left out, by the operator's wish or since what they undo was never done; before the
    /// first step, and again where the runbook has changed since.
    StepsLeftOut(Box<LeftOut>),
    /// The place that the run happens in was looked at, before the first step.
    ContextPinned {
        /// What was found, tool by tool.
        entries: Vec<Placed>,
    },
    /// The place has become another one while a segment of the run wrote; where the segment did
    /// that, or may have, it is to be accepted before the next write there.
    ContextMoved {
        /// The step that ran.
        step: String,
        /// The tool that acts there.
        tool: String,
        /// What has changed.
        what: String,
        /// What it was; nothing where that was not known.
        from: Option<Redacted>,
        /// What it is.
        to: Option<Redacted>,
        /// Who did it.
        #[serde(default)]
        by: Mover,
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
        /// From whom: `operator`, `environment`, `answers`, `default`; `reference` where a secret was
        /// fetched from where it was fetched before.
        from: Cow<'static, str>,
        /// Of a secret one: where it was fetched from, where that is no secret itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Reference>,
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
    /// The run is handed over with a file: it goes on where that is taken.
    HandedOver(HandedOver),
    /// Something worth knowing that is no failure.
    Remark {
        /// One sentence.
        text: Redacted,
    },
    /// The run has ended.
    RunEnded(Box<Summary>),
}

/// Takes events as they happen.
pub trait Sink {
    /// Takes one; an error ends the run.
    fn take(&mut self, event: &Event) -> std::io::Result<()>;
}
