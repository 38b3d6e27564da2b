//! As much of a runner of GitHub Actions as the example workflow needs: a checkout, the environment
//! of a step with its expressions filled in, bash as the runner starts it, outputs.
//!
//! `gh` is replaced by a program that keeps one pull request in a file and notes how it was called.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::lab::RUNBOOK;

const GH: &str = r#"#!/bin/bash
printf '%s|' "$@" | tr '\n' ' ' >>"$CALLS"
echo >>"$CALLS"
case "$1 $2" in
  'pr list') [[ ! -e $CALLS.open ]] || echo 7 ;;
  'pr create') touch "$CALLS.open" ;;
  'pr edit') [[ -e $CALLS.open ]] ;;
  *) exit 1 ;;
esac
"#;

/// What a job came to.
pub struct Came {
    /// Whether every step held.
    pub well: bool,
    pub outputs: BTreeMap<String, String>,
    pub log: String,
}

/// A workflow, a bare repository, and what is known to expressions.
pub struct Runner {
    folder: TempDir,
    workflow: Value,
    pub known: BTreeMap<String, String>,
}

impl Runner {
    pub fn new(workflow: Value) -> Self {
        let folder = tempfile::Builder::new().prefix("ci-").tempdir().expect("a folder");
        for name in ["home", "bin", "team"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let runner = Self { folder, workflow, known: BTreeMap::new() };
        symlink(RUNBOOK, runner.at("bin/runbook")).expect("a link");
        fs::write(runner.at("bin/gh"), GH).expect("a program");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(runner.at("bin/gh"), mode).expect("executable");
        runner.git("", &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"]);
        runner.git("team", &["init", "--quiet", "--initial-branch=main"]);
        runner.git("team", &["remote", "add", "origin", "../origin.git"]);
        runner
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the team's clone.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.at("team").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Commits everything of the team's clone to a branch.
    pub fn push(&self, branch: &str) {
        self.git("team", &["add", "--all"]);
        self.git("team", &["commit", "--quiet", "-m", "Change"]);
        self.git("team", &["push", "--quiet", "--force", "origin", &format!("HEAD:{branch}")]);
    }

    pub fn git(&self, folder: &str, words: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Team", "-c", "user.email=team@example.com"]).args(words);
        command.current_dir(self.at(folder)).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = command.output().expect("git starts");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }

    /// How `gh` was called since the last time, a call a line.
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.at("calls")).unwrap_or_default();
        let _ = fs::remove_file(self.at("calls"));
        calls.lines().map(str::to_owned).collect()
    }

    /// Runs a job on a branch.
    pub fn job(&self, name: &str, branch: &str) -> Came {
        let mut came = Came { well: true, outputs: BTreeMap::new(), log: String::new() };
        let job = self.workflow["jobs"][name].clone();
        for step in job["steps"].as_array().expect("steps") {
            if !came.well && step["if"] != "${{ !cancelled() }}" {
                continue;
            }
            if step["uses"].is_string() {
                self.check_out(step, branch);
            } else if step["name"] != "Install runbook" {
                self.step(step, &mut came);
            }
        }
        came
    }

    fn check_out(&self, step: &Value, branch: &str) {
        let _ = fs::remove_dir_all(self.at("work"));
        let branch = step["with"]["ref"].as_str().unwrap_or(branch);
        self.git("", &["clone", "--quiet", "--branch", branch, "origin.git", "work"]);
    }

    fn step(&self, step: &Value, came: &mut Came) {
        let output = self.at("output");
        fs::write(&output, "").expect("a file");
        let script = self.at("script");
        fs::write(&script, step["run"].as_str().expect("a script")).expect("a file");
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script);
        command.env_clear().envs(self.environment(step)).env("GITHUB_OUTPUT", &output);
        command.current_dir(self.at("work")).stdin(Stdio::null());
        let ran = command.output().expect("bash starts");
        came.well &= ran.status.success();
        came.log += &String::from_utf8_lossy(&ran.stdout);
        came.log += &String::from_utf8_lossy(&ran.stderr);
        let written = fs::read_to_string(&output).expect("a file");
        let pairs = written.lines().filter_map(|line| line.split_once('='));
        came.outputs.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    fn environment(&self, step: &Value) -> BTreeMap<String, String> {
        let at = |name: &str| self.at(name).display().to_string();
        let path = std::env::var("PATH").expect("a PATH");
        let own = [
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
            ("GITHUB_REPOSITORY", "team/runbooks".to_owned()),
            ("GITHUB_RUN_ID", "1".to_owned()),
            ("GITHUB_STEP_SUMMARY", at("summary.md")),
            ("HOME", at("home")),
            ("CALLS", at("calls")),
            ("PATH", format!("{}:{path}", at("bin"))),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let given = [&self.workflow["env"], &step["env"]];
        let given = given.into_iter().filter_map(Value::as_object).flatten();
        let given = given.map(|(name, value)| (name.clone(), self.filled(value)));
        own.into_iter().chain(given).collect()
    }

    /// A value with its expression filled in; one that nobody gave is empty, as in GitHub Actions.
    fn filled(&self, value: &Value) -> String {
        let text = value.as_str().expect("a text");
        match text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")) {
            Some(name) => self.known.get(name.trim()).cloned().unwrap_or_default(),
            None => text.to_owned(),
        }
    }
}
