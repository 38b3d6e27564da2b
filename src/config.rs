//! Settings of a team, from the nearest `runbook.toml` above the runbook.
//!
//! Comes in: a file. Goes out: one plain struct. An unknown key is an error that names it: a
//! setting that is silently ignored is worse than none.

mod audit;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::policy::{Catalogue, Entry, HostError, Listed, Probe, entry};

pub use audit::{Audit, AuditWay, Header, Reference};

/// The file's name.
pub const FILE: &str = "runbook.toml";

/// What a team has set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// The folder of stand-ins for rehearsals, relative to the file.
    pub stand_ins: Option<PathBuf>,
    /// How long a segment may run, in seconds; ten minutes where nothing is said.
    pub deadline: Option<u64>,
    /// How long an endless command is watched, in seconds; thirty where nothing is said.
    pub window: Option<u64>,
    /// What read-only mode may reach, and how much it must cover.
    pub read_only: ReadOnly,
    /// Who has which role.
    pub roles: Roles,
    /// How long runs are kept.
    pub journal: Keep,
    /// Rules that the team adds to the catalogue.
    pub command: Vec<toml::Table>,
    /// What else tells where a run happens.
    pub context: Vec<Context>,
    /// Where audit entries are handed on to.
    pub audit: Vec<Audit>,
    /// Where the file was found; its folder is what relative paths start from.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
}

/// A fact about the place that a run happens in, and the command that tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// What it tells: `region`.
    pub name: String,
    /// The tools that act there; all where none is named.
    #[serde(default)]
    pub tools: Vec<String>,
    /// What prints it. It may only read.
    pub command: String,
    /// What is typed to go back to another answer; `{}` stands for it.
    #[serde(default)]
    pub back: Option<String>,
}

/// How long runs are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Keep {
    /// The days after which a run that came to its end is pruned; never where nothing is said.
    pub keep_days: Option<u32>,
}

/// Who has which role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Roles {
    /// The program that prints the operator's roles, one a line, and its arguments.
    pub command: Vec<String>,
    /// Whether there is one that does not count, since nobody has said that they trust it.
    #[serde(skip)]
    pub untrusted: bool,
}

/// What read-only mode may reach, and how much it must cover.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ReadOnly {
    /// Hosts: `NAME`, `NAME:PORT`, `*.NAME`; port 443 where none is named.
    pub hosts: Vec<String>,
    /// Tools that may go where their own configuration sends them (a kubeconfig, a profile).
    pub tools: Vec<String>,
    /// The part of a runbook's segments, from 0 to 1, that must be run before it counts as
    /// validated live.
    pub coverage: f64,
}

/// Why the settings cannot be used. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no TOML, or says something that is not known.
    #[error("read {path}: {error}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        error: Box<toml::de::Error>,
    },
    /// Something in it cannot be used.
    #[error("use {path}: failed to {error}")]
    Use {
        /// The file.
        path: PathBuf,
        /// What could not be done.
        error: String,
    },
}

/// Where a rule's example stands in its file.
fn line_of(text: &str, example: &str) -> Option<String> {
    // As it is, or as TOML escapes it.
    let escaped = example.replace('\\', "\\\\").replace('"', "\\\"");
    let holds = |line: &str| line.contains(example) || line.contains(&escaped);
    let line = text.lines().position(holds)?;
    Some(format!(" (line {})", line + 1))
}

/// Where a name is given last in a file.
fn last_line_of(text: &str, name: &str) -> Option<String> {
    let gives = |line: &str| {
        line.split_once('=').is_some_and(|(key, value)| {
            key.trim() == "name" && value.trim().trim_matches(['"', '\'']) == name
        })
    };
    let lines = text.lines().collect::<Vec<_>>();
    let line = lines.iter().rposition(|line| gives(line))?;
    Some(format!(" (line {})", line + 1))
}

impl Config {
    /// The settings that hold for a runbook: of the nearest file in its folder or above, up to the
    /// repository's root.
    pub fn for_runbook(runbook: &Path) -> Result<Self, ConfigError> {
        find(runbook).map_or_else(|| Ok(Self::default()), |path| Self::read(&path))
    }

    /// The settings of one file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::Read { path: path.into(), error })?;
        Self::parse(path, &text)
    }

    /// The settings that a text gives; `path` is where it stands, or would.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text)
            .map_err(|error| ConfigError::Parse { path: path.into(), error: Box::new(error) })?;
        config.folder = path.parent().map(Into::into);
        let unusable = |error: String| ConfigError::Use { path: path.into(), error };
        config.require_sense().map_err(unusable)?;
        audit::require_names_once(&config.audit).map_err(|(name, error)| {
            unusable(format!("{error}{}", last_line_of(text, &name).unwrap_or_default()))
        })?;
        config.listed().map_err(|error| unusable(error.to_string()))?;
        let mut catalogue = Catalogue::builtin().clone();
        if let Some(rules) = config.rules() {
            catalogue = catalogue.with(&rules).map_err(|error| {
                let line = error.example().and_then(|example| line_of(text, example));
                unusable(format!("{error}{}", line.unwrap_or_default()))
            })?;
        }
        let tried = catalogue.with_probes(config.probes());
        tried.map_err(|error| unusable(error.to_string()))?;
        config.require_known_tools().map_err(unusable)?;
        Ok(config)
    }

    /// Numbers outside of what they can mean are mistakes.
    fn require_sense(&self) -> Result<(), String> {
        let coverage = self.read_only.coverage;
        if !(0.0..=1.0).contains(&coverage) {
            return Err(format!("take coverage = {coverage}: it is a part, from 0 to 1"));
        }
        if self.journal.keep_days == Some(0) {
            return Err("take keep-days = 0: it is a number of days, from 1".into());
        }
        for (name, seconds) in [("deadline", self.deadline), ("window", self.window)] {
            if seconds == Some(0) {
                return Err(format!("take {name} = 0: it is a number of seconds, from 1"));
            }
        }
        Ok(())
    }

    /// A tool that no rule is about goes nowhere: its name is misspelt, or its rule is missing.
    fn require_known_tools(&self) -> Result<(), String> {
        let catalogue = self.catalogue();
        let tools = &self.read_only.tools;
        match tools.iter().find(|tool| entry(tool, catalogue) == Entry::Missing) {
            None => Ok(()),
            Some(tool) => Err(format!(
                "take `{tool}` in tools: the catalogue has no such command, and no [[command]] here \
                 is about it"
            )),
        }
    }

    /// The hosts and tools that read-only mode may reach.
    pub fn listed(&self) -> Result<Listed, HostError> {
        Listed::new(&self.read_only.hosts, &self.read_only.tools)
    }

    /// The team's rules, in the catalogue's form.
    pub fn rules(&self) -> Option<String> {
        let rules = toml::Table::from_iter([(
            "command".to_owned(),
            toml::Value::Array(self.command.iter().cloned().map(toml::Value::Table).collect()),
        )]);
        (!self.command.is_empty()).then(|| rules.to_string())
    }

    /// The team's own probes.
    fn probes(&self) -> Vec<Probe> {
        let contexts = self.context.iter();
        let probe = |one: &Context| {
            Probe::of_team(&one.name, &one.tools, &one.command, one.back.as_deref())
        };
        contexts.map(probe).collect()
    }

    /// The catalogue with the team's rules, which come first, and its probes.
    pub fn catalogue(&self) -> &'static Catalogue {
        let builtin = Catalogue::builtin();
        if self.command.is_empty() && self.context.is_empty() {
            return builtin;
        }
        let rules = self.rules().unwrap_or_else(|| "command = []".to_owned());
        let with = builtin.clone().with_tried(&rules).ok();
        let with = with.and_then(|with| with.with_probes(self.probes()).ok());
        // One for each file of settings, which a process reads once.
        with.map_or(builtin, |catalogue| Box::leak(Box::new(catalogue)))
    }

    /// Whether it decides what is run, allowed or kept, so that somebody must have read it.
    pub fn decides(&self) -> bool {
        !self.command.is_empty()
            || !self.context.is_empty()
            || !self.roles.command.is_empty()
            || !self.audit.is_empty()
            || self.journal.keep_days.is_some()
            || !self.read_only.hosts.is_empty()
            || !self.read_only.tools.is_empty()
    }

    /// The folder of stand-ins, resolved.
    pub fn stand_ins_folder(&self) -> Option<PathBuf> {
        let named = self.stand_ins.as_ref()?;
        Some(self.folder.as_ref().map_or_else(|| named.clone(), |folder| folder.join(named)))
    }

    /// How long a segment may run.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline.unwrap_or(600))
    }

    /// How long an endless command is watched.
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.window.unwrap_or(30))
    }
}

/// The nearest file of settings for a runbook: in its folder or above, up to the repository's root.
pub fn find(runbook: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(runbook).ok()?;
    for folder in absolute.ancestors().skip(1) {
        let path = folder.join(FILE);
        if path.is_file() {
            return Some(path);
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    None
}

pub use crate::path::repository;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_holds_and_an_unknown_key_is_named() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let below = root.path().join("docs/ops");
        fs::create_dir_all(&below).expect("creatable");
        fs::create_dir(root.path().join(".git")).expect("creatable");
        fs::write(root.path().join(FILE), "stand-ins = \"doubles\"\nwindow = 5\n")
            .expect("writable");
        let config = Config::for_runbook(&below.join("a.md")).expect("settings");
        assert_eq!(config.stand_ins_folder(), Some(root.path().join("doubles")));
        assert_eq!(
            (config.window(), config.deadline()),
            (Duration::from_secs(5), Duration::from_secs(600))
        );
        assert_eq!(repository(&below.join("a.md")), root.path());
        fs::write(root.path().join(FILE), "standins = 1\n").expect("writable");
        let error = Config::for_runbook(&below.join("a.md")).expect_err("an unknown key");
        assert!(error.to_string().contains("standins"), "{error}");
    }

    #[test]
    fn what_can_mean_nothing_is_refused() {
        let case = |text: &str, said: &str| {
            let error = Config::parse(Path::new("runbook.toml"), text).expect_err(text).to_string();
            assert!(error.contains(said), "{text}: {error}");
        };
        case("deadline = 0", "deadline = 0");
        case("window = 0", "window = 0");
        case("[read-only]\ncoverage = 2.0", "coverage = 2");
        case("[read-only]\ncoverage = -0.5", "coverage = -0.5");
        case("[read-only]\ncoverage = nan", "coverage = NaN");
        case("[read-only]\ntools = [\"kubectl\", \"nosuch\"]", "`nosuch` in tools");
        let fine = "deadline = 1\n[read-only]\ncoverage = 1.0\ntools = [\"kubectl\", \"aws\"]";
        Config::parse(Path::new("runbook.toml"), fine).expect("settings");
    }
}
