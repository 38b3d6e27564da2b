//! What read-only mode takes out of a command's sight.
//!
//! Comes in: a command with its rules. Goes out: every [`Hidden`]: what it would look at and does
//! not find there, so that its "nothing" and its failure say nothing of the real system. Refuses to
//! know what a runbook makes of it.

use std::collections::BTreeMap;

use super::found::Found;
use super::options::Parsed;
use super::rule::Rule;
use super::stages::Known;

/// Why something that a statement looks at is not what it is outside of read-only mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// In one sentence.
    pub why: String,
    /// What hides it.
    pub by: Hider,
    /// Variables of which any leads to it nevertheless.
    pub unless: Vec<String>,
}

/// What hides something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hider {
    /// The environment, the home folder and the gate, which every validation has.
    Surroundings,
    /// The kernel's layers, which `--sandbox=off` leaves out.
    Sandbox,
}

/// Builtins that look for programs on PATH, which holds only those that the text names.
const LOOKING: &[&str] = &["command", "type", "hash"];

/// What is hidden from a lookup of programs: those whose names the gate cannot know before.
pub(super) fn lookup(found: &Found<'_>, parsed: &Parsed, inside: Inside) -> Option<Hidden> {
    let named = inside == Inside::Text && parsed.operands.iter().all(|it| it.text().is_some());
    let hidden = LOOKING.contains(&found.tool()) && !parsed.operands.is_empty() && !named;
    let why = format!(
        "`{}` looks for a program that read-only mode may leave out of PATH: name it literally, \
         outside of `sh -c`",
        found.tool()
    );
    hidden.then(|| Hidden::from_surroundings(why))
}

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    /// In the text itself.
    Text,
    /// In a text that a wrapper hands to a shell.
    Script,
}

/// The names of programs that an argument list looks for.
pub fn looked_up(words: &[Known]) -> impl Iterator<Item = &str> {
    let looks = |word: &Known| literal(word).is_some_and(|name| LOOKING.contains(&name));
    let rest = words.split_first().filter(|(first, _)| looks(first)).map(|(_, rest)| rest);
    rest.into_iter().flatten().filter_map(literal).filter(|word| !word.starts_with('-'))
}

fn literal(word: &Known) -> Option<&str> {
    match word {
        Known::Whole(text) => Some(text),
        Known::Beginning(_) | Known::Several(_) => None,
    }
}

/// What is hidden from a command.
pub(super) fn hidden(found: &Found<'_>, parsed: &Parsed) -> Vec<Hidden> {
    if found.rules.iter().any(|rule| parsed.has(&rule.visible)) {
        return Vec::new();
    }
    let of = |by: Hider, list: fn(&Rule) -> &BTreeMap<String, String>| {
        let rules = found.rules.iter().flat_map(move |rule| list(rule));
        let holding = rules.filter(|(when, _)| holds(when, parsed));
        holding.map(move |(_, why)| Hidden {
            why: format!("`{}` {why}", found.name),
            by,
            unless: Vec::new(),
        })
    };
    let surroundings = of(Hider::Surroundings, |rule| &rule.hidden);
    let settings = found.rules.iter().map(|rule| rule.settings.as_str()).find(|it| !it.is_empty());
    let settings = settings.map(|variables| by_settings(found.tool(), variables));
    surroundings.chain(of(Hider::Sandbox, |rule| &rule.confined)).chain(settings).collect()
}

/// What a tool does not find without a variable that leads to its settings.
fn by_settings(tool: &str, variables: &str) -> Hidden {
    let unless: Vec<String> = variables.split_whitespace().map(str::to_owned).collect();
    let why = format!(
        "`{tool}` looks for its settings in the home folder, which read-only mode replaces by an \
         empty one: set {}",
        unless.join(" or ")
    );
    Hidden { unless, ..Hidden::from_surroundings(why) }
}

impl Hidden {
    /// By what every validation has.
    pub(super) fn from_surroundings(why: impl Into<String>) -> Self {
        Self { why: why.into(), by: Hider::Surroundings, unless: Vec::new() }
    }
}

/// Whether a key of `hidden` is about these arguments.
fn holds(when: &str, parsed: &Parsed) -> bool {
    match when {
        "*" => true,
        "alone" => parsed.operands.is_empty(),
        "named" => !parsed.operands.is_empty(),
        options => parsed.has(options),
    }
}
