//! The tools of the whole plan, looked for while the run begins.
//!
//! Comes in: the names that a plan mentions. Goes out: where each is, and its version where asking
//! for it is known only to read. The asking happens beside the run, and what has not answered when
//! it is needed is left open, so that no start waits for it.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use duct::Handle;
use regex::Regex;

use crate::event::{Tool, What};
use crate::policy::Catalogue;

use super::{Engine, Flow};

/// How long all of them together may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the end of a run waits for them.
const BRIEFLY: Duration = Duration::from_millis(200);
/// How often it is asked whether they have come to their end.
const MOMENT: Duration = Duration::from_millis(2);

/// What a version looks like.
static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d+(\.\d+)+[-+.\w]*").expect("a pattern"));

/// Whether every bash has a builtin of this name.
pub fn is_builtin(name: &str) -> bool {
    const BUILTINS: &[&str] = &[
        ".", ":", "[", "cd", "command", "declare", "echo", "eval", "exec", "exit", "export",
        "false", "local", "printf", "pwd", "read", "return", "set", "shift", "source", "test",
        "trap", "true", "type", "unset", "wait",
    ];
    BUILTINS.contains(&name)
}

/// How long what has not answered is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// As long as it may take.
    Patiently,
    /// A moment: nothing more will be done.
    Briefly,
}

/// Tools that are being looked for.
pub(super) struct Search {
    begun: Instant,
    tools: JoinHandle<Vec<Sought>>,
}

/// Where tools are looked for, and with what.
struct Place {
    catalogue: &'static Catalogue,
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
    versions: Versions,
}

/// Whether tools are asked for their versions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Versions {
    Asked,
    /// In a rehearsal there is no version of anything real.
    Left,
}

struct Sought {
    name: String,
    path: Option<PathBuf>,
    asked: Option<Handle>,
}

impl Engine<'_> {
    /// Begins to look for the plan's tools.
    pub(super) fn seek_tools(&mut self) {
        let names = self.plan.tools().into_iter().map(|(name, _)| name);
        let names: Vec<_> = names.filter(|name| !is_builtin(name)).collect();
        if names.is_empty() {
            return;
        }
        let rehearsed = self.setup.stand_ins.is_some();
        let place = Place {
            catalogue: self.plan.catalogue,
            folder: self.setup.folder.clone(),
            environment: self.setup.environment.clone(),
            versions: if rehearsed { Versions::Left } else { Versions::Asked },
        };
        let tools = thread::spawn(move || names.into_iter().map(|name| place.seek(name)).collect());
        self.tools = Some(Search { begun: Instant::now(), tools });
    }

    /// Says what was found, once.
    pub(super) fn tell_tools(&mut self, wait: Wait) -> Flow<()> {
        let Some(search) = self.tools.take() else { return Ok(()) };
        let sought = search.ended(wait);
        let tools: Vec<_> = sought.iter().map(|tool| self.tool(tool)).collect();
        self.recorder.emit(What::ToolsFound { tools })?;
        Ok(())
    }

    fn tool(&self, sought: &Sought) -> Tool {
        let redact = |text: &str| self.redactor.redact(text);
        let path = sought.path.as_ref().map(|path| redact(&path.display().to_string()));
        let version = sought.asked.as_ref().and_then(version).map(|text| redact(&text));
        Tool { name: sought.name.clone(), path, version }
    }
}

impl Place {
    fn seek(&self, name: String) -> Sought {
        let path = self.find(&name);
        let asks = self.versions == Versions::Asked;
        let asked = path.as_deref().filter(|_| asks).and_then(|path| self.ask(&name, path));
        Sought { name, path, asked }
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        if name.contains('/') {
            return Some(self.folder.join(name)).filter(|path| is_program(path));
        }
        let (_, path) = self.environment.iter().find(|(known, _)| known == "PATH")?;
        let mut found =
            std::env::split_paths(path).map(|folder| self.folder.join(folder).join(name));
        found.find(|path| is_program(path))
    }

    fn ask(&self, name: &str, path: &Path) -> Option<Handle> {
        let (line, guards) = self.catalogue.version(name)?;
        let guards = guards.into_iter().map(|(name, value)| (name.into(), value.into()));
        let environment = self.environment.iter().cloned().chain(guards);
        let asked = duct::cmd(path, line.split_whitespace().skip(1))
            .full_env(environment.collect::<Vec<(OsString, OsString)>>())
            .dir(&self.folder)
            .stdin_null()
            .stderr_to_stdout()
            .stdout_capture()
            .unchecked();
        asked.start().ok()
    }
}

impl Search {
    /// Waits until all have answered, as long as there is time left, and ends the others.
    fn ended(self, wait: Wait) -> Vec<Sought> {
        let patiently = self.begun + PATIENCE;
        let until = match wait {
            Wait::Patiently => patiently,
            Wait::Briefly => patiently.min(Instant::now() + BRIEFLY),
        };
        // A bug in the search is no reason to end the run.
        let sought = self.tools.join().unwrap_or_default();
        for handle in sought.iter().filter_map(|tool| tool.asked.as_ref()) {
            while matches!(handle.try_wait(), Ok(None)) {
                if Instant::now() > until {
                    let _ = handle.kill();
                    break;
                }
                thread::sleep(MOMENT);
            }
        }
        sought
    }
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// What a program says of itself, as far as it looks like a version.
fn version(asked: &Handle) -> Option<String> {
    let output = asked.try_wait().ok()??;
    let said = String::from_utf8_lossy(&output.stdout);
    let found = VERSION.find(said.get(..2000).unwrap_or(&said))?;
    output.status.success().then(|| found.as_str().to_owned())
}
