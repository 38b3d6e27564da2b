//! A rehearsal's world: stand-ins first on PATH, a scratch home and folder, nothing real.
//!
//! Comes in: a folder of stand-ins, which anyone can write. Goes out: the environment of a
//! rehearsal, and what the stand-ins do when a person acts. Two programs in the folder are special,
//! and may be missing: `manual STEP CHOICE` is called when a manual action was confirmed, and what
//! it prints is shown; `input NAME` prints a value to offer for an input, or fails.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::document::{self, Block};
use crate::policy::{Program, programs, written_files};
use crate::sandbox;
use crate::session::{Session, for_shell};
use crate::shell::Statement;

use super::{Break, Engine, Flow};

/// What a rehearsal needs of the operator's environment: language and time, nothing else.
const KEPT: &[&str] = &["LANG", "LC_ALL", "LC_CTYPE", "TZ"];

/// The stand-ins of a rehearsal, and its scratch folder.
#[derive(Debug)]
pub struct StandIns {
    folder: PathBuf,
    scratch: tempfile::TempDir,
    /// What the kernel holds the rehearsal to, where it can: the scratch folder, and no network.
    within: Option<sandbox::Rules>,
    environment: Vec<(OsString, OsString)>,
}

/// Why a rehearsal cannot be held. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The folder is not there.
    #[error("find stand-ins: {folder} is no folder; name one with --stand-ins or in runbook.toml")]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The scratch folder cannot be made.
    #[error("make a scratch folder: {0}")]
    Scratch(#[from] std::io::Error),
    /// A stand-in's own program failed.
    #[error("run the stand-ins' {program}: {message}")]
    Program {
        /// Which.
        program: String,
        /// What it said.
        message: String,
    },
}

impl StandIns {
    /// Lays out a rehearsal. `path` is the operator's PATH, on which pure filters are found.
    pub fn open(
        folder: &Path,
        operators: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, RehearsalError> {
        let folder = std::path::absolute(folder)?;
        if !folder.is_dir() {
            return Err(RehearsalError::NoFolder { folder });
        }
        let scratch = tempfile::Builder::new().prefix("runbook-rehearsal-").tempdir()?;
        for name in ["home", "work", "tmp", "state"] {
            std::fs::create_dir(scratch.path().join(name))?;
        }
        let environment = environment(&folder, scratch.path(), operators);
        let confines = sandbox::probe().suffices().is_ok();
        let within = confines.then(|| sandbox::Rules::new(scratch.path()));
        Ok(Self { folder, scratch, within, environment })
    }

    /// Where commands start.
    pub fn work_folder(&self) -> PathBuf {
        self.scratch.path().join("work")
    }

    /// The environment of commands.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        self.environment.clone()
    }

    /// What the kernel is to hold its shell to; nothing where it cannot.
    pub fn within(&self) -> Option<sandbox::Rules> {
        self.within.clone()
    }

    /// Whether there is a stand-in of this name.
    pub fn has(&self, name: &str) -> bool {
        let special = matches!(name, "manual" | "input");
        !special && !name.contains('/') && is_program(&self.folder.join(name))
    }

    /// Tells the stand-ins' world that a person did what `step` asks.
    pub fn manual(&self, step: &str, choice: Option<&str>) -> Result<String, RehearsalError> {
        let program = self.folder.join("manual");
        if !is_program(&program) {
            return Ok(String::new());
        }
        let output = self.run(&program, &[step, choice.unwrap_or_default()])?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(RehearsalError::Program { program: "manual".into(), message })
    }

    /// A value to offer for an input.
    pub fn input(&self, name: &str) -> Option<String> {
        let program = self.folder.join("input");
        let output = is_program(&program).then(|| self.run(&program, &[name]))?.ok()?;
        let value = String::from_utf8(output.stdout).ok()?;
        let value = value.trim_end_matches('\n').to_owned();
        (output.status.success() && !value.is_empty()).then_some(value)
    }

    fn run(&self, program: &Path, words: &[&str]) -> Result<std::process::Output, RehearsalError> {
        let failed = |message: String| RehearsalError::Program {
            program: program.display().to_string(),
            message,
        };
        let prefix = self.within.as_ref().map_or_else(|| Ok(Vec::new()), sandbox::prefix);
        let mut line = prefix.map_err(|error| failed(error.to_string()))?;
        line.push(program.into());
        line.extend(words.iter().map(OsString::from));
        let output = duct::cmd(&line[0], &line[1..])
            .dir(self.work_folder())
            .full_env(self.environment.clone())
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run();
        output.map_err(|error| failed(error.to_string()))
    }
}

impl Engine<'_> {
    /// In a rehearsal, refuses every program that is neither a stand-in nor a pure filter.
    pub(super) fn rehearsal_allows(&self, block: &Block, segment: &document::Segment) -> Flow<()> {
        let Some(stand_ins) = &self.setup.stand_ins else {
            return Ok(());
        };
        for statement in &block.script.statements[segment.statements.clone()] {
            self.rehearsal_allows_files(stand_ins, statement, segment.line)?;
            for program in programs(statement, self.plan.catalogue) {
                if program.pure_filter || stand_ins.has(&program.name) {
                    continue;
                }
                let (name, line) = (&program.name, segment.line);
                return Err(Break::Refused(format!(
                    "line {line}: a rehearsal has no stand-in for `{name}`, and it is no pure \
                     filter; put one named {name} into {}",
                    stand_ins.folder.display()
                )));
            }
        }
        Ok(())
    }

    /// A rehearsal writes files only into its scratch folder.
    fn rehearsal_allows_files(
        &self,
        stand_ins: &StandIns,
        statement: &Statement,
        line: usize,
    ) -> Flow<()> {
        let moves = |program: &Program| matches!(program.name.as_str(), "cd" | "pushd" | "popd");
        let moves = programs(statement, self.plan.catalogue).iter().any(moves);
        let here = self.session.as_ref().and_then(Session::folder);
        let at_home = here.is_none_or(|folder| folder.starts_with(stand_ins.scratch.path()));
        let inside = |path: &str| {
            let relative =
                !path.starts_with(['/', '~']) && !path.split('/').any(|part| part == "..");
            relative && at_home && !moves
        };
        for target in written_files(statement) {
            if !target.as_deref().is_some_and(inside) {
                let target = target
                    .map_or("a file that is known only then".into(), |path| format!("`{path}`"));
                return Err(Break::Refused(format!(
                    "line {line}: a rehearsal touches nothing real, and this writes {target}; \
                     write a plain name in the folder that the run starts in"
                )));
            }
        }
        Ok(())
    }
}

fn environment(
    folder: &Path,
    scratch: &Path,
    operators: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    let operators: Vec<_> = operators.into_iter().collect();
    let path = operators.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone());
    let path = path.unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let mut first = OsString::from(folder);
    first.push(":");
    first.push(&path);
    let at = |name: &str| scratch.join(name).into_os_string();
    let mut environment: Vec<(OsString, OsString)> =
        operators.into_iter().filter(|(name, _)| KEPT.iter().any(|kept| name == kept)).collect();
    environment.extend([
        ("PATH".into(), first),
        ("HOME".into(), at("home")),
        ("TMPDIR".into(), at("tmp")),
        ("XDG_CONFIG_HOME".into(), at("home")),
        ("XDG_CACHE_HOME".into(), at("tmp")),
        ("XDG_STATE_HOME".into(), at("tmp")),
        ("RUNBOOK_STAND_INS_STATE".into(), at("state")),
    ]);
    for_shell(environment)
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
