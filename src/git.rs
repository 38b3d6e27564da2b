//! git, asked by its command line.
//!
//! Comes in: a folder and a question. Goes out: what git says. The repository may be hostile, and
//! git runs what its configuration names: monitors, pagers, hooks, converters, signers, remotes. So
//! every question is plumbing or told to use none of them, nothing looks at the working tree, and
//! the environment cannot point elsewhere. The user's own configuration holds (`safe.directory`).

use std::path::{Path, PathBuf};

use duct::Expression;

use crate::path;

/// What is switched off, whatever the configuration says.
const GUARDS: &[&str] = &[
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    "--no-replace-objects",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "diff.external=",
    "-c",
    "log.showSignature=false",
    "-c",
    "protocol.allow=never",
    // A folder that looks like a repository is none.
    "-c",
    "safe.bareRepository=explicit",
];

/// Variables that would lead git elsewhere or add to its configuration.
const VARIABLES: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_EXTERNAL_DIFF",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_PAGER",
    "GIT_TRACE",
];

/// git, in a folder.
#[derive(Debug, Clone)]
pub struct Git {
    program: PathBuf,
    folder: PathBuf,
}

impl Git {
    /// The git of `search`, a PATH, that does not come out of the repository itself; or why there
    /// is none, in words.
    pub fn new(folder: &Path, search: &std::ffi::OsStr) -> Result<Self, String> {
        let checkout = path::checkout(&folder.join("x"));
        let program = path::find("git", &path::pinned(search, &checkout));
        let program = program.ok_or_else(|| "git is not installed".to_owned())?;
        Ok(Self { program, folder: folder.into() })
    }

    /// The same, in another folder of the repository.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        Self { folder: folder.into(), ..self }
    }

    /// The command for a question.
    pub fn command(&self, words: &[&str]) -> Expression {
        let words: Vec<_> = GUARDS.iter().chain(words).collect();
        let mut command = duct::cmd(&self.program, words)
            .dir(&self.folder)
            .stdin_null()
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "");
        for name in VARIABLES {
            command = command.env_remove(name);
        }
        command
    }

    /// What git says, or its first word of complaint, with the remedy that it names.
    pub fn ask(&self, words: &[&str]) -> Result<Vec<u8>, String> {
        let command = self.command(words).stdout_capture().stderr_capture().unchecked();
        let output = command.run().map_err(|error| format!("git cannot be run: {error}"))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
        let remedy = said.lines().map(str::trim).find(|line| line.starts_with("git config "));
        let remedy = remedy.map(|line| format!("; if you trust it: `{line}`")).unwrap_or_default();
        Err(format!("git says: {first}{remedy}"))
    }
}
