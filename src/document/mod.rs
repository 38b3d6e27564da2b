//! What the author wrote: markdown to a [`Document`].
//!
//! Comes in: a [`Source`]. Goes out: metadata, steps and their actions, each with its place in
//! the source. Refuses to know what a command does (`policy`) and what will be run (`plan`).

mod actions;
mod alternatives;
mod amended;
mod block;
mod checklist;
mod choice;
mod commands;
mod either;
mod fence;
mod front;
mod items;
mod markdown;
mod metadata;
mod names;
mod nested;
mod no_return;
mod outline;
mod read;
mod record;
mod references;
mod sample;
mod sections;
mod segments;
mod shape;
mod table;
mod transcript;
mod tree;
mod undoing;
mod way_back;
mod words;
mod yields;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::diagnostic::Diagnostic;
use crate::expect::Expectation;
use crate::shell::{Placeholder, Script};
use crate::source::{Source, Span};

pub use amended::{AmendError, At};

/// What every run knows, for templates: who carries it out, its id, and the date.
pub const RUN_FACTS: [&str; 3] = ["operator", "run_id", "today"];

/// One runbook, understood.
#[derive(Debug)]
pub struct Document {
    /// Its text.
    pub source: Source,
    /// The first heading of level 1, the front matter's title, or nothing.
    pub title: Option<String>,
    /// Its header.
    pub metadata: Metadata,
    /// Inputs that the author declared.
    pub declared: Vec<Declared>,
    /// Steps in document order, of all sections.
    pub steps: Vec<Step>,
    /// Where the way back ends, as the prose says; a step at most once, in order.
    pub no_returns: Vec<NoReturn>,
    /// What is wrong or doubtful in it.
    pub diagnostics: Vec<Diagnostic>,
}

/// A step after which there is only the way forward, as the author says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoReturn {
    /// The step's place in the document's steps.
    pub step: usize,
    /// The author's words.
    pub words: String,
    /// Their line, from 1.
    pub line: usize,
    /// Where the paragraph stands that they are of.
    pub span: Span,
}

/// A runbook's header, in document order; unknown keys are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Every entry as written.
    pub entries: Vec<Entry>,
}

impl Metadata {
    /// The entry with a canonical key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// One line of the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The canonical key, such as `last_validated`, or the author's key in snake case.
    pub key: String,
    /// The key as the author wrote it.
    pub label: String,
    /// The value, trimmed.
    pub value: String,
    /// Where the value stands.
    pub span: Span,
}

/// An input that the author declared in front matter or in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its name as written.
    pub name: String,
    /// What it is, for the prompt.
    pub description: Option<String>,
    /// Whether it is secret, where the author said so.
    pub secret: Option<bool>,
    /// The value offered.
    pub default: Option<String>,
    /// A regular expression that the whole value must match.
    pub pattern: Option<String>,
    /// Where it was declared.
    pub span: Span,
}

/// What kind of section a step stands in; by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SectionKind {
    /// What must hold before.
    Prerequisites,
    /// The work itself; also every section of an unrecognised name.
    Procedure,
    /// Checks after the work.
    Verification,
    /// How to undo it; runs on demand.
    Rollback,
    /// What to do when it fails; runs on demand.
    Troubleshooting,
    /// What is to be recorded.
    Audit,
    /// Background and links; never runs.
    References,
}

impl SectionKind {
    /// Whether its steps are carried out in the order of the document. Rollback and troubleshooting
    /// run on demand, references never.
    pub const fn runs_in_order(self) -> bool {
        !matches!(self, Self::Rollback | Self::Troubleshooting | Self::References)
    }
}

/// The section that a step belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What kind it is.
    pub kind: SectionKind,
    /// Its heading, or empty for what stands before the first one.
    pub title: String,
}

/// A titled unit of work.
#[derive(Debug)]
pub struct Step {
    /// `3`, `3.2` or a slug; what `step 3` resolves to. Unique within its section.
    pub id: String,
    /// Its title without the number.
    pub title: String,
    /// Where it belongs.
    pub section: Section,
    /// From its heading to its end.
    pub span: Span,
    /// The line of its heading or list item, from 1.
    pub line: usize,
    /// What is to be done, in document order.
    pub actions: Vec<Action>,
    /// Explanatory prose after the last action.
    pub trailing: Vec<Span>,
}

/// One thing to do.
#[derive(Debug)]
pub struct Action {
    /// Explanatory prose before it, to be shown, not confirmed: spans of the source.
    pub lead: Vec<Span>,
    /// What is to be done.
    pub kind: ActionKind,
    /// Where it stands.
    pub span: Span,
    /// The line of the opening fence, or of the first line of the prose; from 1.
    pub line: usize,
    /// The "If X, ...:" that it depends on: the place of a manual item that asks to decide. Where
    /// the operator says that it does not hold, or that item was itself skipped, this action is
    /// skipped with it.
    pub when: Option<Span>,
}

/// The four kinds of action.
#[derive(Debug)]
pub enum ActionKind {
    /// A shell block to run.
    Command(Box<Block>),
    /// Prose to do or confirm.
    Manual(Manual),
    /// Alternatives, one of which is carried out.
    Choice(Choice),
    /// An audit entry to emit.
    Record(Record),
}

/// A fenced block of commands, or a command in a table's cell.
#[derive(Debug)]
pub struct Block {
    /// The fence's language, lowercase; empty for an indented or untagged block.
    pub language: String,
    /// The rest of the fence's info string.
    pub attributes: Attributes,
    /// The block's text: dedented, without prompts and sample output.
    pub text: String,
    /// For each line of `text` its place in the source.
    pub lines: Vec<Span>,
    /// Its statements; empty where it does not parse.
    pub script: Script,
    /// Placeholders in `text`.
    pub placeholders: Vec<Placeholder>,
    /// The parts of it that are judged one by one.
    pub segments: Vec<Segment>,
    /// Whether it may run at all.
    pub runnable: bool,
    /// Why not, or what else is to be known.
    pub reasons: Vec<Note>,
    /// The outer session that it is meant to run in (`kubectl exec`, `psql`, ...).
    pub inside: Option<String>,
    /// A name for it where it stands in a table: the row's first cell.
    pub label: Option<String>,
}

/// A remark with its place in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// One sentence.
    pub text: String,
    /// Where in the source.
    pub span: Span,
}

/// What the fence's info string says after the language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `timeout=30s`
    pub timeout: Option<Duration>,
    /// `standalone`: may run although an earlier change was not made.
    pub standalone: bool,
    /// `secret`: the output is secret.
    pub secret: bool,
    /// `manual`: shown, never run.
    pub manual: bool,
}

/// The statements that one expectation, or none, binds to.
#[derive(Debug)]
pub struct Segment {
    /// Indexes into the block's `script.statements`, from..to.
    pub statements: std::ops::Range<usize>,
    /// What it promises; several are all to hold.
    pub expectations: Vec<Annotation>,
    /// The line of its first statement, from 1.
    pub line: usize,
}

/// An `Expect:` and where it stands.
#[derive(Debug)]
pub struct Annotation {
    /// What it says, compiled.
    pub expectation: Expectation,
    /// Where in the source.
    pub span: Span,
    /// Its line, from 1.
    pub line: usize,
}

/// Prose to do or confirm: a checklist with one confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manual {
    /// What is to be done, in order.
    pub items: Vec<Item>,
    /// The names of the inputs that doing it yields ("Copy the token value").
    pub yields: Vec<String>,
    /// Text to copy, for commands that are not run here.
    pub copy: Option<String>,
}

/// One line of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The markdown text of it, one paragraph or list item with its sub-items.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// What is asked of the operator.
    pub asks: Asks,
}

/// What a manual item asks of the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// To do or confirm it.
    Do,
    /// To wait for something.
    Wait,
    /// To decide ("If X, ..."): yes or skip.
    Decide,
}

/// Alternatives, one of which is carried out.
#[derive(Debug)]
pub struct Choice {
    /// At least two.
    pub alternatives: Vec<Alternative>,
}

/// One of them.
#[derive(Debug)]
pub struct Alternative {
    /// Its label without the remark in brackets.
    pub label: String,
    /// Whether the author marked it preferred or recommended.
    pub preferred: bool,
    /// The remark in brackets as written: "deprecated, only for ...".
    pub remark: Option<String>,
    /// What is to be done.
    pub actions: Vec<Action>,
    /// Where it stands.
    pub span: Span,
}

impl ActionKind {
    /// What is chosen in it: the labels of each choice, in order.
    pub fn choices(&self) -> Vec<Vec<&str>> {
        match self {
            Self::Choice(choice) => {
                vec![choice.alternatives.iter().map(|one| one.label.as_str()).collect()]
            }
            Self::Record(record) => {
                let labels = record.holes.iter().filter_map(|hole| match &hole.fill {
                    Fill::OneOf(labels) => Some(labels.iter().map(String::as_str).collect()),
                    Fill::Value(_) => None,
                });
                labels.collect()
            }
            Self::Command(_) | Self::Manual(_) => Vec::new(),
        }
    }
}

/// An audit entry to emit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The fence's language.
    pub language: String,
    /// Its text, dedented; may hold placeholders and templates.
    pub text: String,
    /// What is filled in when it is made, in the order of the text; templates with filters aside.
    pub holes: Vec<Hole>,
}

/// A part of an audit entry that is filled in when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Where in the entry's text.
    pub span: Span,
    /// What fills it.
    pub fill: Fill,
}

/// What fills a part of an audit entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fill {
    /// A fact of the run, or the value of an input: `<ticket>`, `{{ ticket }}`.
    Value(String),
    /// One of these, as what the run has chosen says: `"machine-identity" or "service-token"`.
    OneOf(Vec<String>),
}
