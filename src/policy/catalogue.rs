//! The catalogue: the rules of all known commands, and those that a team adds.
//!
//! Comes in: TOML, one file per tool or family. Goes out: the rules for a command's name. A file
//! is parsed when a name of it is first asked for, so that start-up costs nothing. A team's rules
//! come before ours; each must give a reason and examples, which are tried when it is loaded.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use crate::shell;

use super::Effect;
use super::classify::classify;
use super::hosts::{self, Host};
use super::probe::Probe;
#[cfg(test)]
use super::rule::lists;
use super::rule::{File, Rule};

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
    #[error("add the rule for `{names}`: its example `{line}` is judged {effect:?}")]
    Example {
        /// The rule's names.
        names: String,
        /// The example.
        line: String,
        /// How the rule judges it.
        effect: Effect,
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

/// Commands that run whatever they are given: no added rule may speak for them.
const LOCKED: &[&str] = &[
    "bash", "sh", "dash", "zsh", "ksh", "fish", "eval", "source", ".", "exec", "sudo", "su",
    "doas", "env", "xargs", "command", "builtin", "trap", "alias", "python", "python3", "perl",
    "ruby", "node", "ssh", "watch", "enable", "time", "timeout", "nohup", "find", "awk",
];

/// The built-in files, in no particular order.
const FILES: &[&str] = &[
    include_str!("catalogue/archives.toml"),
    include_str!("catalogue/argocd.toml"),
    include_str!("catalogue/awk.toml"),
    include_str!("catalogue/aws.toml"),
    include_str!("catalogue/az.toml"),
    include_str!("catalogue/bash.toml"),
    include_str!("catalogue/cf.toml"),
    include_str!("catalogue/coreutils.toml"),
    include_str!("catalogue/curl.toml"),
    include_str!("catalogue/databases.toml"),
    include_str!("catalogue/distributions.toml"),
    include_str!("catalogue/docker.toml"),
    include_str!("catalogue/etcd.toml"),
    include_str!("catalogue/find.toml"),
    include_str!("catalogue/flux.toml"),
    include_str!("catalogue/fly.toml"),
    include_str!("catalogue/gcloud.toml"),
    include_str!("catalogue/gh.toml"),
    include_str!("catalogue/git.toml"),
    include_str!("catalogue/grep.toml"),
    include_str!("catalogue/helm.toml"),
    include_str!("catalogue/heroku.toml"),
    include_str!("catalogue/infisical.toml"),
    include_str!("catalogue/jq.toml"),
    include_str!("catalogue/kubernetes.toml"),
    include_str!("catalogue/kustomize.toml"),
    include_str!("catalogue/mongo.toml"),
    include_str!("catalogue/mysql.toml"),
    include_str!("catalogue/network.toml"),
    include_str!("catalogue/op.toml"),
    include_str!("catalogue/openssl.toml"),
    include_str!("catalogue/packages.toml"),
    include_str!("catalogue/platforms.toml"),
    include_str!("catalogue/postgres.toml"),
    include_str!("catalogue/prometheus.toml"),
    include_str!("catalogue/redis.toml"),
    include_str!("catalogue/sed.toml"),
    include_str!("catalogue/sqlite.toml"),
    include_str!("catalogue/ssh.toml"),
    include_str!("catalogue/systemd.toml"),
    include_str!("catalogue/terraform.toml"),
    include_str!("catalogue/traits.toml"),
    include_str!("catalogue/vault.toml"),
    include_str!("catalogue/velero.toml"),
    include_str!("catalogue/wget.toml"),
    include_str!("catalogue/wrappers.toml"),
    include_str!("catalogue/yq.toml"),
];

/// One command of a built-in file: its text, and its rule once it was asked for.
struct Entry {
    text: &'static str,
    rules: OnceLock<Vec<Rule>>,
}

/// Every command of every file. An entry begins at a line `[[command]]`.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let commands = FILES.iter().filter_map(|file| file.split(PROBE).next());
    let texts = commands.flat_map(|file| file.split("\n[[command]]\n").skip(1));
    texts.map(|text| Entry { text, rules: OnceLock::new() }).collect()
});

/// Where a probe begins. Those of a file stand after its commands.
const PROBE: &str = "\n[[probe]]\n";

/// The texts of every probe of every file, each with the programs that it is for.
static PROBES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let texts = FILES.iter().flat_map(|file| file.split(PROBE).skip(1));
    texts.map(|text| (names_of(text), text)).collect()
});

/// The programs that an entry is for, found without parsing.
fn names_of(text: &'static str) -> &'static str {
    let line = text.lines().find_map(|line| line.strip_prefix("names = \""));
    line.unwrap_or("").trim_end_matches('"')
}

/// The built-in probes for some programs, in the order of the files.
fn builtin_probes(programs: &[String]) -> impl Iterator<Item = Probe> {
    let is_for = |names: &str| {
        let mut names = names.split_whitespace();
        names.any(|name| programs.iter().any(|program| program == name))
    };
    let texts = PROBES.iter().filter(move |(names, _)| is_for(names));
    texts.map(|(_, text)| toml::from_str(text).expect("every built-in file is tested"))
}

/// Which entries hold a name. Found without parsing: their names stand on a line `names = "a b"`.
static INDEX: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut index: HashMap<_, Vec<usize>> = HashMap::new();
    for (at, entry) in ENTRIES.iter().enumerate() {
        let names = names_of(entry.text).split_whitespace();
        names.for_each(|name| index.entry(name).or_default().push(at));
    }
    index
});

impl Entry {
    fn rules(&self) -> &[Rule] {
        self.rules.get_or_init(|| {
            let file = toml::from_str::<File>(&format!("[[command]]\n{}", self.text));
            file.expect("every built-in file is tested").command
        })
    }
}

/// The built-in rules for a name.
fn builtin_rules(name: &str) -> impl Iterator<Item = &'static Rule> + use<> {
    let entries = INDEX.get(name).into_iter().flatten();
    entries.flat_map(|at| ENTRIES[*at].rules())
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
            let effect = self.effect_of(&probe.command);
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
        let rules = self.added.iter().chain(builtin_rules(name).map(|rule| -> &'a Rule { rule }));
        let of_name = |rule: &&Rule| rule.names.split_whitespace().any(|listed| listed == name);
        rules.filter(of_name).collect::<Vec<_>>().into_iter()
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
            let effect = self.effect_of(line);
            if (effect == Effect::Read) != wanted {
                return Err(CatalogueError::Example {
                    names: rule.names.clone(),
                    line: line.clone(),
                    effect,
                });
            }
        }
        Ok(())
    }

    fn effect_of(&self, line: &str) -> Effect {
        let Ok(script) = shell::parse(line) else {
            return Effect::Unknown;
        };
        let effects = script.statements.iter();
        let effects = effects.map(|statement| classify(statement, self).effect);
        effects.max().unwrap_or(Effect::Unknown)
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
    let listed = builtin_rules(name).filter_map(|rule| {
        let network = rule.network.as_ref();
        let endpoints = network.map(|network| network.variables.as_str()).unwrap_or_default();
        let has_own = !rule.credentials.is_empty()
            || network.is_some_and(|it| it.configured || !it.variables.is_empty());
        has_own.then(|| format!("{} {} {endpoints}", rule.credentials, rule.variables))
    });
    let listed: Vec<_> = listed.collect();
    (!listed.is_empty()).then(|| listed.join(" "))
}

/// All built-in files, to be tested.
#[cfg(test)]
pub(super) fn builtin_files() -> impl Iterator<Item = (&'static str, Vec<Rule>)> {
    FILES.iter().map(|text| {
        let file: File = toml::from_str(text).expect("a catalogue in its form");
        (*text, file.command)
    })
}

/// All built-in probes, to be tested.
#[cfg(test)]
pub(super) fn all_builtin_probes() -> Vec<Probe> {
    let files = FILES.iter().map(|text| toml::from_str::<File>(text).expect("a catalogue"));
    files.flat_map(|file| file.probe).collect()
}

/// How many probes are found without parsing, to be tested.
#[cfg(test)]
pub(super) fn probes_found() -> usize {
    PROBES.iter().filter(|(names, _)| !names.is_empty()).count()
}

/// How many rules are found by their names, to be tested.
#[cfg(test)]
pub(super) fn found_by_name() -> usize {
    let names =
        INDEX.keys().flat_map(|name| builtin_rules(name).filter(|rule| lists(&rule.names, name)));
    names.map(|rule| rule.names.as_str()).collect::<std::collections::HashSet<_>>().len()
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
