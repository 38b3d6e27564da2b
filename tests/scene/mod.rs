//! A run as a story: a runbook in a folder of its own, commands that stand in, answers, and then
//! what the program told: its exit code, its events, everything that it wrote.
//!
//! Every process of a story carries the story's folder in its environment, by which what was left
//! running is found.
#![allow(dead_code, reason = "every test file uses the parts that it needs")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// The program under test.
pub const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");
/// The stand-ins of this repository.
pub const STAND_INS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stand-ins");
/// The variable by which a story's processes are found.
const MARK: &str = "STORY";

/// A runbook, and what surrounds it.
pub struct Scene {
    folder: TempDir,
    inputs: String,
    confirms: String,
    contexts: String,
    words: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Scene {
    /// A story of a whole runbook.
    pub fn of(markdown: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("story-").tempdir().expect("a folder");
        fs::create_dir(folder.path().join("bin")).expect("a folder for commands");
        fs::write(folder.path().join("book.md"), markdown).expect("a runbook");
        let mark = folder.path().display().to_string();
        let path = std::env::var("PATH").expect("a PATH");
        let environment = vec![
            (MARK.to_owned(), mark.clone()),
            ("PATH".to_owned(), format!("{mark}/bin:{path}")),
            ("HOME".to_owned(), mark.clone()),
            ("TMPDIR".to_owned(), mark),
        ];
        let [inputs, confirms, contexts] = [const { String::new() }; 3];
        Self { folder, inputs, confirms, contexts, words: Vec::new(), environment }
    }

    /// A story of one block a step; everything that may be confirmed is.
    pub fn steps(blocks: &[&str]) -> Self {
        let mut markdown = String::from("# Try\n");
        let mut confirms = String::new();
        for (number, block) in (1..).zip(blocks) {
            markdown += &format!("\n## Step {number} — Do\n\n```bash\n{}\n```\n", block.trim());
            confirms += &format!("{number} = [\"manual\", \"writes\", \"irreversible\"]\n");
        }
        Self { confirms, ..Self::of(&markdown) }
    }

    /// A command of this name, first on `PATH`.
    pub fn command(self, name: &str, script: &str) -> Self {
        let path = self.path("bin").join(name);
        fs::write(&path, script).expect("a command");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        self
    }

    /// The value of an input.
    pub fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs += &format!("{name} = {value:?}\n");
        self
    }

    /// Several values of an input.
    pub fn inputs(mut self, name: &str, values: &[&str]) -> Self {
        self.inputs += &format!("{name} = {values:?}\n");
        self
    }

    /// A line of the answers' `[confirm]`.
    pub fn confirm(mut self, step: &str) -> Self {
        self.confirms += &format!("{step} = [\"manual\", \"writes\", \"irreversible\"]\n");
        self
    }

    /// A line of the answers' `[context]`.
    pub fn context(mut self, line: &str) -> Self {
        self.contexts += &format!("{line}\n");
        self
    }

    /// A variable of the operator's environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The stand-ins of this repository, first on an operator's `PATH`: a run that is no rehearsal.
    pub fn with_stand_ins(self) -> Self {
        let path = std::env::var("PATH").expect("a PATH");
        let bin = self.path("bin").display().to_string();
        let state = self.path("state");
        fs::create_dir_all(&state).expect("a folder for the world");
        self.variable("PATH", &format!("{bin}:{STAND_INS}:{path}"))
            .variable("RUNBOOK_STAND_INS_STATE", &state.display().to_string())
    }

    /// What the stand-ins' world is now; it is made where there is none.
    pub fn world(&self) -> String {
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        let mut command = Command::new("heroku");
        command.args(["config", "-a", "raxx-api-prod"]).env_clear().envs(environment);
        assert!(command.output().expect("the stand-in").status.success());
        fs::read_to_string(self.path("state/world.json")).expect("a world")
    }

    /// A word of the command line.
    pub fn word(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    /// The operator's environment.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A block more, in a step before the others.
    pub fn before(self, block: &str) -> Self {
        let book = fs::read_to_string(self.path("book.md")).expect("a runbook");
        let first = format!("# Try\n\n## Step 0 — First\n\n```bash\n{block}\n```\n");
        fs::write(self.path("book.md"), book.replacen("# Try\n", &first, 1)).expect("a runbook");
        self.confirm("0")
    }

    /// A path in the story's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Carries it out with the answers, told as events.
    pub fn run(&self) -> Told {
        self.tell(&["run", "--format", "json"])
    }

    /// The same, told to a person.
    pub fn shown(&self) -> Told {
        self.tell(&["run"])
    }

    /// Rehearses it on this repository's stand-ins, told as events.
    pub fn rehearse(&self) -> Told {
        self.tell(&["rehearse", "--format", "json", "--stand-ins", STAND_INS])
    }

    /// Explains it as JSON.
    pub fn explain(&self) -> Told {
        let mut command = Command::new(RUNBOOK);
        command.args(["explain", "--format", "json"]).arg(self.path("book.md"));
        told(&command.output().expect("it starts"))
    }

    /// The command line, ready to start.
    pub fn prepare(&self, words: &[&str]) -> Command {
        let answers = self.path("answers.toml");
        let (inputs, confirms, contexts) = (&self.inputs, &self.confirms, &self.contexts);
        let digest = Sha256::digest(fs::read(self.path("book.md")).unwrap_or_default());
        let plan: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!(
            "plan = \"{plan}\"\n[inputs]\n{inputs}\n[confirm]\n{confirms}\n[context]\n{contexts}"
        );
        fs::write(&answers, text).expect("answers");
        let mut command = Command::new(RUNBOOK);
        command.args(words).arg(self.path("book.md")).args(&self.words);
        command.arg("--answers").arg(answers);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Starts it and leaves it running.
    pub fn start(&self, words: &[&str]) -> Child {
        let mut command = self.prepare(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    }

    fn tell(&self, words: &[&str]) -> Told {
        let output = self.prepare(words).output().expect("it starts");
        self.nothing_is_left_running();
        told(&output)
    }

    /// Asserts that no process of this story lives. The kernel needs a moment to bury them.
    #[track_caller]
    pub fn nothing_is_left_running(&self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let left = self.living();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left running: {left:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The command lines of this story's living processes.
    pub fn living(&self) -> Vec<String> {
        let mark = self.folder.path().display().to_string();
        let processes = fs::read_dir("/proc").expect("a /proc").flatten();
        let of_story = processes.filter(|entry| {
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains(&mark)
        });
        let living = of_story.filter(|entry| is_living(&entry.path()));
        living.map(|entry| words_of(&entry.path())).collect()
    }
}

fn told(output: &Output) -> Told {
    Told {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn is_living(process: &Path) -> bool {
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn words_of(process: &Path) -> String {
    let words = fs::read(process.join("cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).replace('\0', " ")
}

/// What the program told.
pub struct Told {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Told {
    /// Asserts the exit code.
    #[track_caller]
    pub fn exit(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// All events.
    pub fn events(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines.map(|line| serde_json::from_str(line).expect("one JSON a line")).collect()
    }

    /// The events of this name.
    pub fn named(&self, name: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["event"] == name).collect()
    }

    /// Asserts the outcomes of all segments that ran, in order.
    #[track_caller]
    pub fn outcomes(&self, expected: &[&str]) -> &Self {
        let ended = self.named("segment_ended");
        let outcomes: Vec<_> = ended.iter().filter_map(|one| one["outcome"].as_str()).collect();
        assert_eq!(outcomes, expected, "{self}");
        self
    }

    /// Asserts that why the last segment ended so, or why the run did, holds `text`.
    #[track_caller]
    pub fn because(&self, text: &str) -> &Self {
        let mut ends = self.named("segment_ended");
        ends.extend(self.named("run_ended"));
        let why = |event: &Value| event["why"].as_str().unwrap_or_default().to_owned();
        let found = ends.iter().map(why).any(|why| why.contains(text));
        assert!(found, "no ending says {text:?}: {self}");
        self
    }

    /// What commands wrote, as it was shown.
    pub fn output(&self) -> String {
        let written = self.named("output");
        written.iter().filter_map(|one| one["text"].as_str()).collect()
    }

    /// Asserts that something that was written holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "no {text:?}: {self}");
        self
    }

    /// Asserts that nothing that was written holds `text`.
    #[track_caller]
    pub fn never_says(&self, text: &str) -> &Self {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "{text:?}: {self}");
        self
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stdout: String = self.stdout.chars().take(20_000).collect();
        write!(out, "exit {:?}\n{stdout}\n{}", self.code, self.stderr)
    }
}
