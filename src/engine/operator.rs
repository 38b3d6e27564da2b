//! The person who carries a run out, as the engine asks.
//!
//! The engine declares what it needs to know; a terminal, an answers file or a test answers. An
//! answer is never made up: who cannot answer says so, and the run pauses.

use std::os::fd::OwnedFd;

use crate::event::{Outcome, Reference};
use crate::policy::Effect;
use crate::variables::{Redacted, Secret};

/// An answer, or why there is none.
#[derive(Debug)]
pub enum Answer<T> {
    /// It is given, and by whom.
    Given(T, From),
    /// The operator wants to pause.
    Pause,
    /// Nobody is there to answer; what is missing, and where it could be given.
    Nobody(String),
    /// The terminal is gone.
    Gone,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// A person at the terminal.
    Operator,
    /// An answers file.
    Answers,
    /// A variable of the environment.
    Environment,
    /// The runbook's own default.
    Default,
    /// The stand-ins of a rehearsal.
    StandIns,
    /// Where it was fetched from before.
    Reference,
}

impl From {
    /// The word for it in events.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Answers => "answers",
            Self::Environment => "environment",
            Self::Default => "default",
            Self::StandIns => "stand-ins",
            Self::Reference => "reference",
        }
    }
}

/// A value is asked for.
#[derive(Debug)]
pub struct AskInput<'a> {
    /// The input's name as written in the runbook.
    pub name: &'a str,
    /// What it is.
    pub description: Option<&'a str>,
    /// Whether it is hidden while it is typed.
    pub secret: bool,
    /// Whether it may be several values.
    pub list: bool,
    /// What is taken when nothing is typed.
    pub offer: Option<Offer<'a>>,
    /// Where a secret was fetched from before, and can be fetched again.
    pub fetched: Option<&'a Reference>,
    /// Why the last answer was refused.
    pub refused: Option<&'a str>,
}

/// A value that needs only to be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The value; of a secret only the length is ever shown.
    pub value: &'a str,
    /// Where it comes from.
    pub from: From,
}

/// A value as it was given.
#[derive(Debug)]
pub enum Given {
    /// One value that is no secret, or several.
    Plain(Vec<String>),
    /// A secret one, and whether the operator insists on it although it is weak.
    Secret(Secret, Insisted),
    /// The offered value is taken.
    Offered,
}

/// Whether a weak secret is to be taken all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insisted {
    /// It is.
    Yes,
    /// Nobody said so.
    No,
}

/// Alternatives are put.
#[derive(Debug)]
pub struct AskChoice<'a> {
    /// The step.
    pub step: &'a str,
    /// Labels, the author's remarks, and which one is preferred.
    pub alternatives: Vec<(&'a str, Option<&'a str>, bool)>,
}

/// A manual action is put.
#[derive(Debug)]
pub struct AskManual<'a> {
    /// The step.
    pub step: &'a str,
    /// Its line in the runbook.
    pub line: usize,
    /// Whether it is a question ("If X, ...").
    pub question: bool,
    /// What must be typed before what cannot be undone.
    pub irreversible: Option<&'a str>,
}

/// What became of a manual action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manual {
    /// It was done.
    Done,
    /// It does not apply; only for a question.
    DoesNotApply,
    /// It was left out, with the reason.
    Skipped(String),
}

/// A segment that writes, or may, is about to run.
#[derive(Debug)]
pub struct AskRun<'a> {
    /// The step.
    pub step: &'a str,
    /// What it does, a sentence a reason.
    pub reasons: &'a [String],
    /// Whether it needs inputs that could be given anew.
    pub inputs: &'a [String],
    /// What must be typed before what cannot be undone.
    pub irreversible: Option<&'a str>,
}

/// Whether it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Go {
    /// It runs.
    Run,
    /// It is left out, with the reason.
    Skip(String),
    /// Its inputs are to be asked again first.
    EditInputs,
    /// Another text is to be put in its place first.
    EditCommand,
    /// A shell is to be opened first.
    OpenShell,
}

/// Another text for a command is asked for.
#[derive(Debug)]
pub struct AskEdit<'a> {
    /// The step.
    pub step: &'a str,
    /// The command's line in the runbook.
    pub line: usize,
    /// The text to begin with: as it is written, with its placeholders, or as it was typed last.
    pub text: &'a str,
    /// Why the last text was refused.
    pub refused: Option<&'a str>,
}

/// What the operator makes of a command's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// This text.
    To(String),
    /// It stays as it is.
    Dropped,
}

/// Another text for a command is put to who typed it, once more.
#[derive(Debug)]
pub struct AskDifference<'a> {
    /// The lines that differ, as a unified difference.
    pub difference: &'a Redacted,
    /// What the command does until now, and what it would do.
    pub effects: (Effect, Effect),
    /// Whether it promises something, which stays.
    pub promises: bool,
    /// Whether it runs once for each of several values.
    pub several: bool,
}

/// What becomes of the other text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// It stands in the command's place for this run, with the reason.
    Take(String),
    /// It is edited further.
    Again,
    /// The command stays as it is.
    Drop,
}

/// A shell has ended that the operator had opened, and something differs from before.
#[derive(Debug)]
pub struct AskChanges<'a> {
    /// What differs, a sentence each.
    pub changes: &'a [Redacted],
}

/// What becomes of what a shell has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// The run goes on with it.
    Take,
    /// The run goes on as before.
    Drop,
}

/// An output is put to a person.
#[derive(Debug)]
pub struct AskJudgement<'a> {
    /// What is left to judge, in the author's words.
    pub residual: &'a Redacted,
}

/// What the person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// It holds.
    Holds,
    /// It does not.
    DoesNotHold,
    /// A shell is to be opened first.
    OpenShell,
}

/// A segment failed, or is not met.
#[derive(Debug)]
pub struct AskFailure<'a> {
    /// The step.
    pub step: &'a str,
    /// What went wrong.
    pub outcome: Outcome,
    /// In one sentence.
    pub why: &'a Redacted,
    /// The inputs that could be given anew.
    pub inputs: &'a [String],
}

/// What is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnFailure {
    /// Again, from the state before.
    Retry,
    /// The same, after its inputs were given anew.
    EditInputs,
    /// Another text is to be put in its place.
    EditCommand,
    /// A shell is to be opened first.
    OpenShell,
    /// On, with the reason.
    GoOn(String),
    /// The run ends here.
    Stop,
}

/// A write was begun before the run was resumed, and what became of it is not known.
#[derive(Debug)]
pub struct AskUnknown<'a> {
    /// The step.
    pub step: &'a str,
    /// Its line.
    pub line: usize,
    /// The command that would show it, where the step has one that only reads.
    pub probe: Option<&'a str>,
    /// What that command showed, if it was run.
    pub shown: Option<&'a (Outcome, String)>,
}

/// Whether a write happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// It did, as the reason says.
    Yes(String),
    /// It did not, and is to run.
    No(String),
    /// The step's own check is to be run first.
    Probe,
    /// A shell is to be opened first.
    OpenShell,
}

/// What cannot be undone is next, and a verification before it was left out or overruled.
#[derive(Debug)]
pub struct AskDoubt<'a> {
    /// The step that cannot be undone.
    pub step: &'a str,
    /// What was left out or overruled, a sentence each.
    pub doubts: &'a [Redacted],
}

/// Steps are left out by the operator's wish, and some of them write or verify.
#[derive(Debug)]
pub struct AskLeftOut<'a> {
    /// Which, in words.
    pub steps: &'a [String],
}

/// The run's own commands have led a tool to another place, in which it is about to write.
#[derive(Debug)]
pub struct AskContext<'a> {
    /// The step that is about to write.
    pub step: &'a str,
    /// The tool.
    pub tool: &'a str,
    /// What has changed; the first is what is typed.
    pub changes: &'a [Change<'a>],
}

/// One fact of a place that has changed; nothing where it is not known.
#[derive(Debug)]
pub struct Change<'a> {
    /// What it is: `cluster`, `account`.
    pub what: &'a str,
    /// What it was.
    pub from: Option<&'a Redacted>,
    /// What it is now.
    pub to: Option<&'a Redacted>,
}

impl Change<'_> {
    /// What it is now, in a word that can be typed.
    pub fn new_value(&self) -> &str {
        self.to.map_or("unknown", Redacted::as_str)
    }
}

/// Somebody who answers.
pub trait Operator {
    /// The name by which the events know them.
    fn name(&self) -> &str;
    /// A value.
    fn input(&mut self, ask: &AskInput<'_>) -> Answer<Given>;
    /// Where the value that they gave for an input was fetched from.
    fn reference(&self, _name: &str) -> Option<Reference> {
        None
    }
    /// One of several alternatives, by its place.
    fn choose(&mut self, ask: &AskChoice<'_>) -> Answer<usize>;
    /// A manual action.
    fn manual(&mut self, ask: &AskManual<'_>) -> Answer<Manual>;
    /// Leave to run what writes.
    fn run(&mut self, ask: &AskRun<'_>) -> Answer<Go>;
    /// A judgement of an output that was just shown.
    fn judge(&mut self, ask: &AskJudgement<'_>) -> Answer<Judged>;
    /// What to do after a failure.
    fn failed(&mut self, ask: &AskFailure<'_>) -> Answer<OnFailure>;
    /// Whether a write happened that was begun before.
    fn unknown(&mut self, ask: &AskUnknown<'_>) -> Answer<Happened>;
    /// Why steps are left out; nothing where nobody is there to ask.
    fn leave_out(&mut self, ask: &AskLeftOut<'_>) -> Answer<Option<String>>;
    /// Why what cannot be undone goes ahead in spite of doubts.
    fn accept(&mut self, ask: &AskDoubt<'_>) -> Answer<String>;
    /// Leave to write in a place that the run's own commands have led to, by naming it.
    fn context(&mut self, ask: &AskContext<'_>) -> Answer<()>;
    /// Another text for a command.
    fn edit(&mut self, ask: &AskEdit<'_>) -> Answer<Edit>;
    /// Whether that text is meant, and why.
    fn difference(&mut self, ask: &AskDifference<'_>) -> Answer<Difference>;
    /// Whether the run goes on with what a shell has changed.
    fn changes(&mut self, ask: &AskChanges<'_>) -> Answer<Changes>;
    /// The terminal, for a command that talks to a person; `None` where there is none.
    fn lend_terminal(&mut self) -> Option<OwnedFd>;
    /// The terminal is given back.
    fn take_terminal_back(&mut self);
}
