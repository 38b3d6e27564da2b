//! A laboratory for `validate`: a git repository with runbooks whose settings are committed, a
//! loopback server with a journal, the program, and what it told.
//!
//! In a runbook `SERVER` stands for the server's address. Every process of a laboratory carries its
//! folder in its environment, by which what was left running is found.
#![allow(dead_code, reason = "every test binary uses a part of it")]

mod report;
mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use report::Seen;
pub use server::{Answer, Server};

use crate::screen::Screen;

/// The program under test.
pub const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");

/// A header that a stamp can refresh.
pub const HEADER: &str =
    "# Try\n\n**Last validated:** 2025-01-02 UTC  \n**Validation method:** read-only-docs\n";

/// A runbook of one block a step.
pub fn steps(blocks: &[&str]) -> String {
    let sections = (1..).zip(blocks).map(|(number, block)| step(number, "bash", block));
    sections.fold(HEADER.to_owned(), |all, section| all + &section)
}

/// A step with one fence.
pub fn step(number: usize, fence: &str, block: &str) -> String {
    format!("\n## Step {number} — Look\n\n```{fence}\n{block}\n```\n")
}

/// A repository, a server, an operator's or a CI's environment.
pub struct Lab {
    folder: TempDir,
    server: Option<Server>,
    environment: Vec<(String, String)>,
    settings: String,
    committed: bool,
}

impl Lab {
    /// A laboratory around a server whose host is listed.
    pub fn new(server: Server) -> Self {
        let lab = Self::bare().listing(&[server.host()]);
        Self { server: Some(server), ..lab }
    }

    /// A laboratory without a server and without settings.
    pub fn bare() -> Self {
        let folder = tempfile::Builder::new().prefix("lab-").tempdir().expect("a folder");
        for name in ["home", "tmp", "bin", "repository"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let at = |name: &str| folder.path().join(name).display().to_string();
        let path = format!("{}:{}", at("bin"), std::env::var("PATH").expect("a PATH"));
        let environment = [("HOME", at("home")), ("TMPDIR", at("tmp")), ("PATH", path)];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        let (server, settings) = (None, String::new());
        let lab = Self { folder, server, environment, settings, committed: false };
        lab.git(&["init", "--quiet", "--initial-branch=main"]);
        lab.variable("LC_ALL", "C.UTF-8").variable("GIT_CONFIG_NOSYSTEM", "1")
    }

    /// A laboratory whose server answers everything with this text.
    pub fn answering(text: &'static str) -> Self {
        Self::new(Server::start(move |_| Answer::text(text)))
    }

    /// One more variable, or another value for one.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The hosts that the settings list.
    #[must_use]
    pub fn listing(self, hosts: &[&str]) -> Self {
        self.only_settings(&format!("[read-only]\nhosts = {hosts:?}\n"))
    }

    /// A runbook in the repository.
    #[must_use]
    pub fn book(self, name: &str, markdown: &str) -> Self {
        self.write(name, markdown);
        self
    }

    /// Lines more in the `[read-only]` table of the settings, before they are committed.
    #[must_use]
    pub fn settings(mut self, lines: &str) -> Self {
        self.settings += lines;
        self
    }

    /// The settings as a whole, before they are committed.
    #[must_use]
    pub fn only_settings(mut self, text: &str) -> Self {
        text.clone_into(&mut self.settings);
        self
    }

    /// A program of this name, first on `PATH`.
    #[must_use]
    pub fn program(self, name: &str, script: &str) -> Self {
        let path = self.folder.path().join("bin").join(name);
        fs::write(&path, script).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        self
    }

    /// Writes a file of the repository.
    pub fn write(&self, name: &str, text: &str) {
        let address = self.server.as_ref().map(Server::address).unwrap_or_default();
        let text = text.replace("SERVER", &address);
        fs::write(self.path(name), text).expect("a file");
    }

    /// An answers file beside the repository; its path.
    pub fn answers(&self, text: &str) -> String {
        let path = self.beside("home").join("answers.toml");
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// Reads a file of the repository.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    /// A path in the repository.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("repository").join(name)
    }

    /// A folder beside the repository: `home`, `tmp`, `bin`.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The server.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a laboratory with a server")
    }

    /// Commits everything with the settings.
    pub fn commit(&mut self) {
        self.write("runbook.toml", &self.settings);
        self.commit_all();
    }

    /// Commits everything as it is.
    pub fn commit_all(&mut self) {
        self.git(&["add", "--all"]);
        let identity = ["-c", "user.name=Lab", "-c", "user.email=lab@example.com"];
        self.git(&[&identity[..], &["commit", "--quiet", "-m", "Lab", "--allow-empty"]].concat());
        self.committed = true;
    }

    fn git(&self, words: &[&str]) {
        let mut command = Command::new("git");
        command.args(words).current_dir(self.path("")).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = command.output().expect("git starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The program with these words, in the repository, with nobody at it.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(RUNBOOK);
        command
            .args(words)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, words: &[&str]) -> Seen {
        let seen = Seen::of(&self.command(words).output().expect("it starts"));
        self.nothing_is_left();
        seen
    }

    /// Validates with the committed settings in force.
    pub fn validate(&mut self, words: &[&str]) -> Seen {
        if !self.committed {
            self.commit();
        }
        self.run(&[&["validate", "--config-ref", "HEAD"], words].concat())
    }

    /// Validates everything in the repository with these settings alone.
    pub fn run_with(self, settings: &str) -> Seen {
        self.only_settings(settings).validate(&["book.md"])
    }

    /// The same, told as JSON.
    pub fn json(&mut self, words: &[&str]) -> Seen {
        self.validate(&[&["--format", "json"], words].concat())
    }

    /// Validates one runbook and expects an exit code, and of each segment its outcome or the kind
    /// of its gap.
    #[track_caller]
    pub fn comes_to(&mut self, markdown: &str, code: i32, segments: &[&str]) -> Seen {
        self.write("book.md", markdown);
        let seen = self.json(&["book.md"]);
        assert_eq!(seen.book(0).segments(), segments, "{seen}");
        seen.exit(code);
        seen
    }

    /// Starts a validation and leaves it running.
    pub fn start(&mut self, words: &[&str]) -> Child {
        if !self.committed {
            self.commit();
        }
        let words = [&["validate", "--config-ref", "HEAD"], words].concat();
        self.command(&words).spawn().expect("it starts")
    }

    /// Starts the program at a terminal.
    pub fn screen(&self, words: &[&str]) -> Screen {
        let environment =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Screen::start(RUNBOOK.as_ref(), words, &environment.collect::<Vec<_>>(), &self.path(""))
    }

    /// Expects that no process of this laboratory lives, and that nothing lies in `TMPDIR`. The
    /// kernel needs a moment to bury the dead.
    #[track_caller]
    pub fn nothing_is_left(&self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while !self.living().is_empty() {
            assert!(Instant::now() < deadline, "left running: {:?}", self.living());
            std::thread::sleep(Duration::from_millis(10));
        }
        let left = fs::read_dir(self.beside("tmp")).expect("a folder").flatten();
        let left: Vec<_> = left.map(|entry| entry.path()).collect();
        assert!(left.is_empty(), "left in TMPDIR: {left:?}");
    }

    /// The command lines of this laboratory's living processes.
    pub fn living(&self) -> Vec<String> {
        let mark = self.folder.path().display().to_string();
        let processes = fs::read_dir("/proc").expect("a /proc").flatten().map(|one| one.path());
        let ours = processes.filter(|process| text(&process.join("environ")).contains(&mark));
        let living = ours.filter(|process| is_living(process));
        living.map(|process| text(&process.join("cmdline")).replace('\0', " ")).collect()
    }
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

fn is_living(process: &Path) -> bool {
    let stat = text(&process.join("stat"));
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Waits until `holds`; what is waited for is an event, not a time.
#[track_caller]
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
