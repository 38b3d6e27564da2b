//! A command at the moment when it is about to start in read-only mode: every argument is known.
//!
//! Comes in: its argument list and environment, the catalogue and the hosts that are listed. Goes
//! out: a [`Permit`] that says what it gets, or a [`Refusal`]. What the shell made of a text counts
//! here, not what our parser made of it.

use super::arguments::Argument;
use super::catalogue::Catalogue;
use super::classify::as_started;
use super::environment::{is_obeyed, is_shown_only};
use super::found::Found;
use super::{Effect, Listed};
use crate::source::Span;

/// What a command gets that may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// Whether it connects to a network.
    pub network: bool,
    /// Whether it starts other commands, which are judged when they start.
    pub starts_another: bool,
    /// The only programs that it may start beside its own; any, where it says none.
    pub starts: Option<Vec<String>>,
    /// Variables to set for it; `$SCRATCH` stands for the scratch folder.
    pub guards: Vec<(String, String)>,
    /// The variables that its rules list.
    variables: Vec<String>,
}

/// Why a command does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The command's name.
    pub name: String,
    /// In one sentence.
    pub why: String,
    /// Whether it is about a host that is not listed.
    pub host: bool,
}

/// Judges a command that is about to start.
pub fn permit(
    arguments: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
    catalogue: &Catalogue,
    listed: &Listed,
) -> Result<Permit, Refusal> {
    let refuse = |why: String, host| {
        Err(Refusal { name: arguments.first().cloned().unwrap_or_default(), why, host })
    };
    let judged = as_started(arguments, environment, catalogue);
    if judged.effect != Effect::Read {
        let first = judged.reasons.first();
        return refuse(first.map(|reason| reason.text.clone()).unwrap_or_default(), false);
    }
    let missing = listed.missing_at_last(&judged.reach);
    if !missing.is_empty() {
        return refuse(format!("{} is not among the listed hosts", missing.join(", ")), true);
    }
    let words = arguments.iter().map(|text| Argument::literal(text.clone(), Span::new(0, 0)));
    let words: Vec<_> = words.collect();
    let Some(found) = Found::look_up(&words, catalogue) else {
        return refuse("it is not in the catalogue".into(), false);
    };
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(Permit {
        network: !judged.reach.is_empty(),
        starts_another: found.starts_another(),
        starts: found.starts().map(|names| names.split_whitespace().map(str::to_owned).collect()),
        guards: found.guards().map(own).collect(),
        variables: found.variables().map(str::to_owned).collect(),
    })
}

impl Permit {
    /// Whether a variable of the shell reaches the command. One that starts others gets all, and
    /// they get less; one without a network gets what no program obeys; one with a network gets
    /// what its rules list, and what changes only how things are shown.
    pub fn passes(&self, variable: &str) -> bool {
        self.starts_another
            || self.variables.iter().any(|listed| listed == variable)
            || is_shown_only(variable)
            || (!self.network && !is_obeyed(variable))
    }
}
