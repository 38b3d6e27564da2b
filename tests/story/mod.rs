//! What the tests of whole runs share: a folder, an environment with nothing else in it, the program.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::screen::Screen;

/// The program under test.
pub const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");
/// The root of the repository.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The rotation.
pub const ROTATION: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/rotate-infisical-service-token.md");
/// Its answers in a rehearsal.
pub const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/answers/rehearse.toml");

/// A folder with a home and a place for temporary files, and the program in it.
pub struct Story {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a run came to.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Story {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["home", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let at = |name: &str| folder.path().join(name).display().to_string();
        let environment = [
            ("HOME", at("home")),
            ("TMPDIR", at("tmp")),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("USER", "operator".to_owned()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ];
        let environment =
            environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { folder, environment }
    }

    /// One more variable, or another value for one.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Writes a file into the folder; its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// The program, with nobody at it.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(RUNBOOK);
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("a PATH"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, words: &[&str]) -> Ended {
        let output = self.command(words).output().expect("it starts");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts it on a terminal.
    pub fn screen(&self, words: &[&str]) -> Screen {
        let environment: Vec<_> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Screen::start(Path::new(RUNBOOK), words, &environment, self.folder.path())
    }
}

impl Ended {
    /// Expects this exit code and each of these texts on one of the two outputs.
    #[track_caller]
    pub fn is(&self, code: i32, texts: &[&str]) -> &Self {
        let both = format!("{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.code, Some(code), "{both}");
        for text in texts {
            assert!(both.contains(text), "no {text:?} in\n{both}");
        }
        self
    }
}
