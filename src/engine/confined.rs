//! What a validation is carried out in: a scratch folder, a gate before every program, a sandbox.
//!
//! Comes in: a plan, the team's lists, the operator's environment. Goes out: the environment of a
//! shell that can read and cannot write. The folders go with the value.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use crate::document::{self, ActionKind, Block};
use crate::gate::{self, Confines, Gate, Reports};
use crate::path;
use crate::plan::Plan;
use crate::policy::{Listed, argument_lists, looked_up, programs};
use crate::sandbox::{self, Layers};
use crate::session::for_shell;

use super::remains::Workplace;

/// Variables of the operator's own that decide where a tool goes and whom it trusts. They reach the
/// tool past the shell, so that no runbook can set them.
const CONFIGURATION: &[&str] = &[
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "all_proxy",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "AWS_CA_BUNDLE",
    "KUBECONFIG",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "VAULT_ADDR",
    "VAULT_CACERT",
    "GH_HOST",
    "HEROKU_HOST",
    "HEROKU_API_URL",
    "INFISICAL_API_URL",
    "PGHOST",
    "PGPORT",
    "PGSSLMODE",
];

/// What bash does itself (bash(1), "SHELL BUILTIN COMMANDS").
const BUILTINS: &[&str] = &[
    ".",
    ":",
    "[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

/// Variables that say how things are shown, and who asks.
const SHOWN: &[&str] = &["LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "NO_COLOR"];

/// What a team lets a validation reach.
#[derive(Debug, Clone, Default)]
pub struct Means {
    /// Hosts, as the team writes them.
    pub hosts: Vec<String>,
    /// Tools that may go where their own configuration sends them.
    pub tools: Vec<String>,
    /// The team's rules, in the catalogue's form.
    pub rules: Option<String>,
    /// The same hosts and tools, read.
    pub listed: Listed,
}

/// What holds a validation.
#[derive(Debug)]
pub struct Confined {
    /// They go with the value.
    _folders: [Workplace; 2],
    scratch: PathBuf,
    gate: Gate,
    tools: Tools,
    /// The layers of the sandbox; nothing where it was switched off.
    layers: Option<Layers>,
    listed: Listed,
    bash: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

/// The folders that programs are taken from.
#[derive(Debug, Clone)]
pub struct Tools {
    folders: Vec<PathBuf>,
}

impl Tools {
    /// Whether a name is neither a builtin of bash nor a program in these folders. What is no plain
    /// name is judged elsewhere.
    pub fn lack(&self, name: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
        let is_plain = !name.is_empty() && name.chars().all(plain);
        is_plain && !BUILTINS.contains(&name) && path::find(name, &self.folders).is_none()
    }
}

/// Whether a variable is one that decides where a tool goes and whom it trusts.
pub fn decides_where(variable: &str) -> bool {
    CONFIGURATION.contains(&variable)
}

/// Why a validation cannot be confined. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// The scratch folder cannot be made.
    #[error("make a scratch folder in {}: {error}", folder.display())]
    Scratch {
        /// Where.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// There is no bash where programs are taken from.
    #[error("find bash in {0}")]
    NoBash(String),
}

impl Confined {
    /// Lays everything out for a plan. `layers` is what the sandbox enforces, or nothing.
    pub fn lay(
        plan: &Plan,
        means: &Means,
        repository: &Path,
        operators: &[(OsString, OsString)],
        layers: Option<Layers>,
    ) -> Result<Self, ConfineError> {
        let failed = |folder: &Path| {
            let folder = folder.to_path_buf();
            |error| ConfineError::Scratch { folder, error }
        };
        let (place_of_scratch, place_of_gate) = (std::env::temp_dir(), place(operators));
        let for_scratch = Workplace::new(&place_of_scratch).map_err(failed(&place_of_scratch))?;
        let for_gate = Workplace::new(&place_of_gate).map_err(failed(&place_of_gate))?;
        let scratch = fs::canonicalize(for_scratch.path());
        let scratch = scratch.map_err(failed(&place_of_scratch))?.join("scratch");
        sandbox::prepare(&scratch).map_err(failed(&place_of_scratch))?;
        let own_path = variable(operators, "PATH").unwrap_or_else(|| OsStr::new("/usr/bin:/bin"));
        let folders = path::pinned(own_path, repository);
        let bash = path::find("bash", &folders)
            .ok_or_else(|| ConfineError::NoBash(format!("{}", own_path.display())))?;
        let rules = gate::Rules {
            path: folders.clone(),
            scratch: scratch.clone(),
            hosts: means.hosts.clone(),
            tools: means.tools.clone(),
            catalogue: means.rules.clone(),
            configuration: texts(operators, |name| CONFIGURATION.contains(&name)),
            confines: if layers.is_some() { Confines::Network } else { Confines::Nothing },
        };
        let names = names(plan, &folders);
        let gate = fs::canonicalize(for_gate.path());
        let gate = gate.and_then(|folder| Gate::lay(folder.join("gate"), &rules, &names));
        let gate = gate.map_err(failed(&place_of_gate))?;
        let environment = environment(plan, &gate, &scratch, operators, &names);
        Ok(Self {
            _folders: [for_scratch, for_gate],
            scratch,
            gate,
            tools: Tools { folders },
            layers,
            listed: means.listed.clone(),
            bash,
            environment,
        })
    }

    /// The environment of the shell.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        self.environment.clone()
    }

    /// The bash to use.
    pub fn bash(&self) -> OsString {
        self.bash.clone().into()
    }

    /// The programs that may be started.
    pub fn tools(&self) -> Tools {
        self.tools.clone()
    }

    /// The hosts that may be reached.
    pub const fn listed(&self) -> &Listed {
        &self.listed
    }

    /// The layers of the sandbox; nothing where it was switched off.
    pub const fn layers(&self) -> Option<&Layers> {
        self.layers.as_ref()
    }

    /// What the kernel is to hold the shell to.
    pub fn rules(&self) -> Option<sandbox::Rules> {
        self.layers.as_ref()?;
        let mut rules = sandbox::Rules::new(&self.scratch);
        rules.files.push(self.gate.report());
        rules.ports = self.listed.ports().into_iter().collect();
        Some(rules)
    }

    /// Listens at the gate.
    pub fn listen(&self) -> io::Result<Reports> {
        self.gate.listen()
    }
}

/// The folder of memory that every process of a machine may use (`shm_open(3)`).
const MEMORY: &str = "/dev/shm";

/// Where the gate is laid, a dozen links that live for seconds: in memory, where there is some and
/// the operator names no place. A disk's file system takes longer to make and remove them than the
/// gate takes to judge. The scratch may become large and stays on the disk.
fn place(operators: &[(OsString, OsString)]) -> PathBuf {
    let memory = PathBuf::from(MEMORY);
    let named = variable(operators, "TMPDIR").is_some_and(|place| !place.is_empty());
    let usable = !named && rustix::fs::access(&memory, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    if usable { memory } else { std::env::temp_dir() }
}

/// The environment of the shell: what shows, the scratch folder's, and what belongs to the tools
/// of the plan. The gate gives every program the rest.
fn environment(
    plan: &Plan,
    gate: &Gate,
    scratch: &Path,
    operators: &[(OsString, OsString)],
    names: &[String],
) -> Vec<(OsString, OsString)> {
    let own = plan.catalogue.variables(names);
    let shown = |name: &str| SHOWN.contains(&name) || name.starts_with("LC_");
    let kept = texts(operators, |name| shown(name) || own.iter().any(|listed| listed == name));
    let kept = kept.into_iter().map(|(name, value)| (name.into(), value.into()));
    let mut environment: Vec<_> = kept.chain(sandbox::of_shell(scratch)).collect();
    environment.push(("PATH".into(), gate.path()));
    for_shell(environment)
}

fn variable<'e>(environment: &'e [(OsString, OsString)], wanted: &str) -> Option<&'e OsStr> {
    environment.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_os_str())
}

fn texts(
    environment: &[(OsString, OsString)],
    wanted: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let utf8 =
        environment.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
    let utf8 = utf8.filter(|(name, value)| wanted(name) && !value.is_empty());
    utf8.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The programs that a plan's blocks would start, and those that are there of the ones that they
/// look for, without doubles.
fn names(plan: &Plan, folders: &[PathBuf]) -> Vec<String> {
    let mut names = Vec::new();
    for step in &plan.steps {
        let actions = &plan.step(step).actions;
        each_block(actions, &mut |block| {
            names.extend(started(block, plan));
            names.extend(looked_for(block, plan).filter(|it| path::find(it, folders).is_some()));
        });
    }
    names.sort();
    names.dedup();
    names
}

fn each_block(actions: &[document::Action], visit: &mut impl FnMut(&Block)) {
    for action in actions {
        match &action.kind {
            ActionKind::Command(block) => visit(block),
            ActionKind::Choice(choice) => {
                choice.alternatives.iter().for_each(|one| each_block(&one.actions, visit));
            }
            ActionKind::Manual(_) | ActionKind::Record(_) => {}
        }
    }
}

fn looked_for(block: &Block, plan: &Plan) -> impl Iterator<Item = String> {
    let statements = block.script.statements.iter();
    let lists = statements.flat_map(|one| argument_lists(one, plan.catalogue));
    lists.flat_map(|list| looked_up(&list).map(str::to_owned).collect::<Vec<_>>())
}

fn started(block: &Block, plan: &Plan) -> impl Iterator<Item = String> {
    let statements = block.script.statements.iter();
    statements.flat_map(|one| programs(one, plan.catalogue)).map(|program| program.name)
}
