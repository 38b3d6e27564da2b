//! The catalogue: the rules of all known commands, and those that a team adds.
//!
//! Comes in: TOML, one file per tool or family; ours as `build.rs` wrote it down. Goes out: the
//! rules for a command's name. A rule is read when its name is first asked for, so that start-up
//! costs nothing. A team's rules come before ours; each must give a reason and examples, which are
//! tried when it is loaded. What ours know to write, or refuse, stays so whatever a team's say.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::shell;

use super::Effect;
use super::classify::classify;
use super::hosts::{self, Host};
use super::probe::Probe;
use super::rule::{File, Network, Rule, lists};

/// The rules of all known commands.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    added: Vec<Rule>,
    /// A team's own, which are asked beside ours.
    probes: Vec<Probe>,
}

/// Why a team's catalogue is not used. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is not in the catalogue's form.
    #[error("read the catalogue: {0}")]
    Form(String),
    /// A rule may not be changed.
    #[error("add a rule for `{0}`: it runs whatever it is given, so no rule can vouch for it")]
    Locked(String),
    /// A rule says neither why it is right nor what it allows.
    #[error("add the rule for `{0}`: give it a `reason`, and `examples` with `read` and `refused`")]
    Unexplained(String),
    /// A rule does not judge its example as it says.
    #[error("add the rule for `{names}`: its example `{line}` is judged {effect:?}: {why}")]
    Example {
        /// The rule's names.
        names: String,
        /// The example.
        line: String,
        /// How it is judged.
        effect: Effect,
        /// Why.
        why: String,
    },
    /// What is to tell a context is not known only to read.
    #[error("ask for the context `{what}`: `{line}` is judged {effect:?}, and must only read")]
    Probe {
        /// What it tells.
        what: String,
        /// The command.
        line: String,
        /// How it is judged.
        effect: Effect,
    },
}

impl CatalogueError {
    /// The example that it is about.
    pub fn example(&self) -> Option<&str> {
        match self {
            Self::Example { line, .. } => Some(line),
            Self::Form(_) | Self::Locked(_) | Self::Unexplained(_) | Self::Probe { .. } => None,
        }
    }
}

/// Commands that run whatever they are given: no added rule may speak for them.
const LOCKED: &[&str] = &[
    "bash", "sh", "dash", "zsh", "ksh", "fish", "eval", "source", ".", "exec", "sudo", "su",
    "doas", "env", "xargs", "command", "builtin", "trap", "alias", "python", "python3", "perl",
    "ruby", "node", "ssh", "watch", "enable", "time", "timeout", "nohup", "find", "awk",
];

/// The built-in rules, one a line, as `build.rs` wrote them down.
const RULES: &str = include_str!(concat!(env!("OUT_DIR"), "/catalogue.jsonl"));

/// Where the rule of a name stands among them: `NAME FROM TO` a line, in the order of the names.
const INDEX: &str = include_str!(concat!(env!("OUT_DIR"), "/catalogue.index"));

/// The built-in probes: `NAMES`, a tabulator and the probe as JSON a line, as `build.rs` wrote them.
const PROBES: &str = include_str!(concat!(env!("OUT_DIR"), "/catalogue.probes"));

/// The built-in probes for some programs, in the order of the files.
fn builtin_probes(programs: &[String]) -> impl Iterator<Item = Probe> {
    let is_for = |names: &str| programs.iter().any(|program| lists(names, program));
    let lines = PROBES.lines().filter_map(|line| line.split_once('\t'));
    let texts = lines.filter(move |(names, _)| is_for(names));
    texts.map(|(_, text)| serde_json::from_str(text).expect("every built-in probe is tested"))
}

/// The rules that were asked for, by the name.
static KNOWN: Mutex<BTreeMap<&'static str, &'static Rule>> = Mutex::new(BTreeMap::new());

/// The built-in rule for a name; it is kept as long as the process lives.
fn builtin_rule(name: &str) -> Option<&'static Rule> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(rule) = known.get(name) {
        return Some(rule);
    }
    let (listed, place) = place(name)?;
    let rule = serde_json::from_str(&RULES[place]).expect("every built-in rule is tested");
    Some(known.entry(listed).or_insert(Box::leak(Box::new(rule))))
}

/// A name as the index lists it, and where its rule stands. Found by halving the index, of which
/// little is so looked at.
fn place(name: &str) -> Option<(&'static str, Range<usize>)> {
    let (mut from, mut to) = (0, INDEX.len());
    while from < to {
        let middle = from + (to - from) / 2;
        let start = INDEX[from..middle].rfind('\n').map_or(from, |at| from + at + 1);
        let line = INDEX[start..].lines().next()?;
        let (listed, place) = line.split_once(' ')?;
        match listed.cmp(name) {
            Ordering::Equal => return Some((listed, range(place)?)),
            Ordering::Less => from = start + line.len() + 1,
            Ordering::Greater => to = start,
        }
    }
    None
}

/// `FROM TO`.
fn range(place: &str) -> Option<Range<usize>> {
    let (from, to) = place.split_once(' ')?;
    Some(from.parse().ok()?..to.parse().ok()?)
}

impl Catalogue {
    /// The built-in rules.
    pub fn builtin() -> &'static Self {
        static BUILTIN: Catalogue = Catalogue { added: Vec::new(), probes: Vec::new() };
        &BUILTIN
    }

    /// These rules and those of a text in the catalogue's form, which come first.
    pub fn with(self, toml: &str) -> Result<Self, CatalogueError> {
        let before = self.added.len();
        let with = self.with_tried(toml)?;
        for rule in &with.added[..with.added.len() - before] {
            with.try_examples(rule)?;
        }
        Ok(with)
    }

    /// The same for a text whose examples were tried before.
    pub fn with_tried(mut self, toml: &str) -> Result<Self, CatalogueError> {
        let file: File =
            toml::from_str(toml).map_err(|error| CatalogueError::Form(error.to_string()))?;
        for rule in &file.command {
            admit(rule)?;
        }
        self.added.splice(0..0, file.command);
        Ok(self)
    }

    /// These and a team's probes; each must only read.
    pub fn with_probes(mut self, probes: Vec<Probe>) -> Result<Self, CatalogueError> {
        for probe in &probes {
            let (effect, _) = self.effect_of(&probe.command);
            if effect != Effect::Read {
                let what = probe.tells.iter().map(|fact| fact.what.clone()).collect();
                return Err(CatalogueError::Probe { what, line: probe.command.clone(), effect });
            }
        }
        self.probes.extend(probes);
        Ok(self)
    }

    /// Whether it has a rule for a program.
    pub fn knows(&self, name: &str) -> bool {
        self.rules(name).next().is_some()
    }

    /// What tells where some programs would act.
    pub fn probes(&self, programs: &[String]) -> Vec<Probe> {
        let added = self.probes.iter().filter(|probe| {
            probe.is_for_all() || programs.iter().any(|program| probe.is_for(program))
        });
        builtin_probes(programs).chain(added.cloned()).collect()
    }

    /// The command line that tells a program's version, and the variables that keep it from doing
    /// anything else; nothing where it is not known only to read.
    pub fn version(&self, name: &str) -> Option<(String, Vec<(String, String)>)> {
        let mut asked = self.rules(name).map(|rule| rule.version.as_str());
        let asked = asked.find(|words| !words.is_empty()).unwrap_or("--version");
        let line = format!("{name} {asked}");
        let script = shell::parse(&line).ok()?;
        let [statement] = script.statements.as_slice() else { return None };
        if classify(statement, self).effect != Effect::Read {
            return None;
        }
        let guards = self.rules(name).flat_map(|rule| &rule.guards);
        let guards = guards.filter(|(_, value)| !value.contains("$SCRATCH"));
        Some((line, guards.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }

    /// The rules for a command's name: those that a team added before ours.
    pub(super) fn rules<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Rule> {
        let of_name =
            move |rule: &&Rule| rule.names.split_whitespace().any(|listed| listed == name);
        self.added.iter().filter(of_name).chain(builtin_rule(name))
    }

    /// The variables that the rules for some commands list: their credentials and settings.
    pub fn variables(&self, names: &[String]) -> Vec<String> {
        let rules = names.iter().flat_map(|name| self.rules(name));
        let mut variables: Vec<String> =
            rules.flat_map(Rule::variables).map(str::to_owned).collect();
        variables.sort();
        variables.dedup();
        variables
    }

    /// The hosts that some commands talk to where nothing else names one, of those commands for which
    /// a variable that is set does.
    pub fn overruled(&self, names: &[String], is_set: &dyn Fn(&str) -> bool) -> Vec<Host> {
        let rules = names.iter().flat_map(|name| self.rules(name));
        let networks = rules.flat_map(Rule::networks);
        let set = networks.filter(|one| one.variables.split_whitespace().any(is_set));
        set.flat_map(|one| {
            one.hosts.split_whitespace().filter_map(|host| hosts::fixed(host, one.port))
        })
        .collect()
    }

    /// Tries the lines that a rule says it judges read or refuses.
    pub(super) fn try_examples(&self, rule: &Rule) -> Result<(), CatalogueError> {
        let read = rule.examples.read.iter().map(|line| (line, true));
        let refused = rule.examples.refused.iter().map(|line| (line, false));
        for (line, wanted) in read.chain(refused) {
            let (effect, why) = self.effect_of(line);
            if (effect == Effect::Read) != wanted {
                return Err(CatalogueError::Example {
                    names: rule.names.clone(),
                    line: line.clone(),
                    effect,
                    why,
                });
            }
        }
        Ok(())
    }

    fn effect_of(&self, line: &str) -> (Effect, String) {
        let script = match shell::parse(line) {
            Ok(script) => script,
            Err(error) => return (Effect::Unknown, error.message),
        };
        let judged = script.statements.iter().map(|statement| classify(statement, self));
        let worst = judged.max_by_key(|one| one.effect);
        worst.map_or((Effect::Unknown, "it holds no command".to_owned()), |worst| {
            let why = worst.reasons.into_iter().map(|reason| reason.text);
            (worst.effect, why.collect::<Vec<_>>().join("; "))
        })
    }

    /// Whether a team has a rule of its own for a command.
    pub(super) fn adds_to(&self, name: &str) -> bool {
        self.added.iter().any(|rule| lists(&rule.names, name))
    }
}

/// Whether a command runs whatever it is given, in ways that are not looked into.
pub fn runs_anything(name: &str) -> bool {
    is_locked(name) && !SEEN_THROUGH.contains(&name)
}

/// Locked ones that start nothing but the program that they name outright, which is seen.
const SEEN_THROUGH: &[&str] = &[
    "sudo", "doas", "env", "xargs", "command", "builtin", "exec", "time", "timeout", "nohup",
    "find", "watch", "awk",
];

/// Whether no added rule may speak for a command.
pub(super) fn is_locked(name: &str) -> bool {
    LOCKED.contains(&name)
}

/// The variables that the rules of a built-in tool list, if it has settings of its own in the
/// environment; nothing of a tool that has none.
pub(super) fn builtin_variables(name: &str) -> Option<String> {
    let rule = builtin_rule(name)?;
    let network = rule.network.as_ref();
    let of_network = |pick: fn(&Network) -> &str| network.map_or("", pick);
    let endpoints = of_network(|network| network.variables.as_str());
    let repositories = of_network(|network| network.repository_variables.as_str());
    let has_own = !rule.credentials.is_empty()
        || network.is_some_and(|it| it.configured || !it.variables.is_empty());
    has_own.then(|| format!("{} {} {endpoints} {repositories}", rule.credentials, rule.variables))
}

/// All built-in files as people write them, to be tested.
#[cfg(test)]
pub(super) fn builtin_files() -> impl Iterator<Item = (String, Vec<Rule>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy/catalogue");
    let entries = std::fs::read_dir(folder).expect("the catalogue's folder");
    entries.map(|entry| {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a text");
        let file: File = toml::from_str(&text).expect("a catalogue in its form");
        (text, file.command)
    })
}

/// All built-in probes, to be tested.
#[cfg(test)]
pub(super) fn all_builtin_probes() -> Vec<Probe> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy/catalogue");
    let entries = std::fs::read_dir(folder).expect("the catalogue's folder");
    let files = entries.map(|entry| {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a text");
        toml::from_str::<File>(&text).expect("a catalogue in its form")
    });
    files.flat_map(|file| file.probe).collect()
}

/// How many probes are found without parsing, to be tested.
#[cfg(test)]
pub(super) fn probes_found() -> usize {
    PROBES.lines().count()
}

/// The names of the rule that a name finds, to be tested.
#[cfg(test)]
pub(super) fn found_by(name: &str) -> Option<&'static str> {
    builtin_rule(name).map(|rule| rule.names.as_str())
}

fn admit(rule: &Rule) -> Result<(), CatalogueError> {
    let locked = rule.names.split_whitespace().find(|name| LOCKED.contains(name));
    if let Some(name) = locked {
        return Err(CatalogueError::Locked(name.to_owned()));
    }
    let examples = &rule.examples;
    let explained =
        !rule.reason.is_empty() && !examples.read.is_empty() && !examples.refused.is_empty();
    if rule.names.is_empty() || !explained || rule.wraps.is_some() {
        return Err(CatalogueError::Unexplained(rule.names.clone()));
    }
    Ok(())
}
