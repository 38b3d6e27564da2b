//! What a command does to the world: the catalogue and the classification against it.
//!
//! Comes in: a parsed statement and the catalogue (TOML data, one file per tool). Goes out: an
//! [`Effect`] with traits, reasons and the span that decided. Deny by default: what is not in the
//! catalogue is unknown.

mod arguments;
mod catalogue;
mod classify;
mod entry;
mod environment;
mod found;
mod hosts;
mod languages;
mod options;
mod probe;
mod rule;
mod stages;
mod start;
#[cfg(test)]
mod tests;
mod unseen;
mod values;
mod view;

use serde::{Deserialize, Serialize};

pub use catalogue::{Catalogue, CatalogueError, runs_anything};
pub use classify::{classify, classify_text};
pub use entry::{Entry, entry};
pub use hosts::{Host, HostError, Listed, Reach};
pub use probe::{Fact, Probe};
pub use stages::{
    Benign, Known, Program, Stage, argument_lists, programs, stages, status_is_benign,
    written_files,
};
pub use start::{Permit, Refusal, permit};
pub use unseen::{Pipes, UNFAILING, Unseen, unseen};
pub use values::{is_plain, may_change};
pub use view::{Hidden, Hider, looked_up};

/// What a command does to the world. The worst of several is the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// No known way to change anything.
    Read,
    /// Not in the catalogue, or in a form that it does not know.
    Unknown,
    /// Changes something.
    Write,
}

/// What else is to be known of a command, beside its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trait {
    /// Talks to a person at a terminal.
    Interactive,
    /// Does not end by itself.
    Streaming,
    /// Opens a shell, REPL or editor inside which what follows is meant to run.
    OpensSession,
    /// Prints secret values.
    PrintsSecret,
    /// Cannot be undone: revoke, delete, destroy.
    Irreversible,
}

impl Trait {
    /// The word for it, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Streaming => "streaming",
            Self::OpensSession => "opens-session",
            Self::PrintsSecret => "prints-secret",
            Self::Irreversible => "irreversible",
        }
    }
}

/// Why an effect was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Reason {
    /// In one sentence.
    pub text: String,
    /// The bytes of the statement's block that decided.
    pub span: crate::source::Span,
}

/// One command of a statement, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The command's name and sub-command, such as `heroku config:set`.
    pub name: String,
    /// Its effect.
    pub effect: Effect,
    /// Why.
    pub reason: String,
}

/// A statement, judged: the worst of its commands and of its redirections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// The worst effect.
    pub effect: Effect,
    /// Sorted, without doubles.
    pub traits: Vec<Trait>,
    /// Why, with the spans that decided.
    pub reasons: Vec<Reason>,
    /// Each command in order of appearance, also inside substitutions and wrappers.
    pub commands: Vec<Judged>,
    /// Where its commands connect to.
    pub reach: Reach,
    /// What it reads only if each of these words becomes one argument when it runs.
    pub words: Vec<OneWord>,
    /// What its commands look at and read-only mode hides from them.
    pub hidden: Vec<Hidden>,
}

/// A word without quotes that is taken for one argument, and may become several, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneWord {
    /// As it is written.
    pub text: String,
    /// The variables on which it depends; nothing where it depends on more than variables.
    pub variables: Option<Vec<String>>,
}
