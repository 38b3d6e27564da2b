//! `runbook status` on real git repositories, some of them hostile.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use duct::cmd;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

/// A repository in a folder of its own.
struct Repository {
    root: tempfile::TempDir,
}

struct Said {
    stdout: String,
    stderr: String,
    exit: i32,
}

impl Repository {
    fn new() -> Self {
        let repository = Self::bare_folder();
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    fn bare_folder() -> Self {
        Self { root: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    fn git(&self, words: &[&str]) -> String {
        git(self.path(), words)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("creatable");
        fs::write(path, text).expect("writable");
        self
    }

    fn commit(&self) -> &Self {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
        self
    }

    fn status(&self, words: &[&str]) -> Said {
        status(self.path(), words)
    }

    /// The one runbook of a folder, as JSON.
    fn one(&self, name: &str) -> Value {
        let said = self.status(&["--format", "json", name]);
        let report: Value = serde_json::from_str(&said.stdout).expect(&said.stderr);
        assert_eq!(report["version"], 1);
        assert_eq!(report["runbooks"].as_array().map(Vec::len), Some(1));
        report["runbooks"][0].clone()
    }
}

fn git(folder: &Path, words: &[&str]) -> String {
    let fixed =
        ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgSign=false"];
    let command = cmd("git", fixed.iter().chain(words)).dir(folder).stderr_to_stdout();
    command.read().expect("git")
}

fn status(folder: &Path, words: &[&str]) -> Said {
    let program = env!("CARGO_BIN_EXE_runbook");
    let command = cmd(program, ["status"].iter().chain(words)).dir(folder);
    let output = command.stdout_capture().stderr_capture().unchecked().run().expect("runbook");
    Said {
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        exit: output.status.code().expect("no signal"),
    }
}

/// So many days before today.
fn ago(days: i32) -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date() - days.days()
}

fn text(date: &str) -> String {
    format!(
        "# T\n\n**Last validated:** {date}\n**Validation method:** read-only-docs\n\nWords.\n\n\
         ## Step 1 — Look\n\n```bash\nls -l\n# Expect: at least 3 lines\n```\n\n\
         ## Step 2 — Put\n\n```bash\nrm -r x\n```\n"
    )
}

fn dated(days: i32) -> String {
    text(&ago(days).to_string())
}

#[test]
fn what_changed_is_counted_from_the_commit_that_brought_the_date() {
    let repository = Repository::new();
    let (old, new) = (dated(60), dated(40));
    repository.write("a.md", &old).commit();
    repository.write("a.md", &old.replace("ls -l", "ls -la")).commit();
    let stamped = new.replace("ls -l", "ls -la");
    repository.write("a.md", &stamped).commit();
    assert_eq!(repository.one("a.md")["state"], "unchanged");
    let weaker = stamped.replace("at least 3 lines", "some lines");
    repository.write("a.md", &weaker).commit();
    repository.write("a.md", &weaker.replace("rm -r x", "rm -r y")).commit();
    let found = repository.one("a.md");
    assert_eq!(found["state"], "changed");
    assert_eq!(found["age_days"], 40);
    assert_eq!(found["last_validated"], ago(40).to_string());
    assert_eq!(found["method"], "read-only-docs");
    assert_eq!(found["coverage"], serde_json::json!({"readable": 1, "segments": 2}));
    let changes: Vec<_> = found["changes"].as_array().expect("changes").iter().collect();
    assert_eq!(changes.len(), 2, "{found:#}");
    assert_eq!(changes[0]["kind"], "changed");
    assert_eq!(changes[0]["what"], "expectation `at least 3 lines`, now `some lines`");
    assert_eq!((&changes[1]["step"], &changes[1]["line"]), (&"2".into(), &18.into()));
    assert_eq!(found["weakened"][0]["was"], "at least 3 lines");
    assert_eq!(found["weakened"][0]["kind"], "unverified");
}

#[test]
fn what_was_merged_after_the_stamp_counts() {
    // A change that was written before the stamp, committed after it, and merged.
    let repository = Repository::new();
    repository.write("a.md", &dated(60)).commit();
    repository.git(&["switch", "--quiet", "--create", "change"]);
    repository.write("a.md", &dated(60).replace("rm -r x", "rm -r y")).commit();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("a.md", &dated(4)).commit();
    repository.git(&["switch", "--quiet", "change"]);
    repository.write("b.txt", "x").commit();
    repository.git(&["switch", "--quiet", "main"]);
    repository.git(&["merge", "--quiet", "--no-edit", "--no-ff", "change"]);
    let found = repository.one("a.md");
    assert_eq!((&found["state"], &found["age_days"]), (&"changed".into(), &4.into()), "{found:#}");
}

#[test]
fn what_came_between_a_stamp_and_its_merge_counts() {
    let repository = Repository::new();
    repository.write("a.md", &dated(60)).commit();
    repository.git(&["switch", "--quiet", "--create", "stamp"]);
    repository.write("a.md", &dated(4)).commit();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("a.md", &dated(60).replace("rm -r x", "rm -r y")).commit();
    repository.git(&["merge", "--quiet", "--no-edit", "--no-ff", "stamp"]);
    let found = repository.one("a.md");
    assert_eq!((&found["state"], &found["age_days"]), (&"changed".into(), &4.into()), "{found:#}");
}

#[test]
fn another_word_on_the_dates_line_is_no_new_stamp() {
    let repository = Repository::new();
    let text = |owner: &str, command: &str| {
        format!(
            "# T\n\nMode: {owner} Last validated: {} Validation method: docs\n\n\
             ## Step 1\n\n```bash\n{command}\n```\n",
            ago(4)
        )
    };
    repository.write("a.md", &text("x", "ls").replace(&ago(4).to_string(), "never")).commit();
    repository.write("a.md", &text("x", "ls")).commit();
    repository.write("a.md", &text("x", "ls -l")).commit();
    repository.write("a.md", &text("y", "ls -l")).commit();
    let found = repository.one("a.md");
    assert_eq!(found["state"], "changed", "{found:#}");
}

#[test]
fn what_is_not_committed_counts() {
    let repository = Repository::new();
    repository.write("a.md", &dated(5)).commit();
    repository.write("a.md", &dated(5).replace("ls -l", "ls -la"));
    let found = repository.one("a.md");
    assert_eq!((&found["state"], &found["uncommitted"]), (&"changed".into(), &true.into()));
    // A date that only the working copy has covers nothing that differs from the last commit.
    repository.write("a.md", &dated(0).replace("ls -l", "ls -la"));
    assert_eq!(repository.one("a.md")["state"], "changed");
    repository.write("a.md", &dated(0));
    let found = repository.one("a.md");
    assert_eq!((&found["state"], &found["uncommitted"]), (&"unchanged".into(), &true.into()));
}

#[test]
fn a_file_that_was_renamed_keeps_its_history() {
    let repository = Repository::new();
    repository.write("a.md", &dated(5)).commit();
    repository.git(&["mv", "a.md", "b [1]*.md"]);
    repository.commit();
    repository.write("sub/c.md", &dated(9).replace("# T", "# Other")).commit();
    repository.write("b [1]*.md", &dated(5).replace("ls -l", "ls -la")).commit();
    let found = repository.one("b [1]*.md");
    assert_eq!(found["state"], "changed");
    assert_eq!(found["changes"].as_array().map(Vec::len), Some(1));
    let said = status(&repository.path().join("sub"), &["--format", "json", "c.md"]);
    assert!(said.stdout.contains("\"unchanged\""), "{}{}", said.stdout, said.stderr);
}

#[test]
fn where_there_is_no_history_nothing_is_called_unchanged() {
    let folder = Repository::bare_folder();
    folder.write("a.md", &dated(5));
    let found = folder.one("a.md");
    assert_eq!(found["state"], "unknown");
    assert_eq!(found["unknown"], "it is in no repository");
    let repository = Repository::new();
    repository.write("a.md", &dated(5));
    assert_eq!(repository.one("a.md")["unknown"], "nothing is committed yet");
    repository.write("b.md", "x").git(&["add", "b.md"]);
    repository.git(&["commit", "--quiet", "--message", "x"]);
    assert_eq!(repository.one("a.md")["unknown"], "it is not committed");
    for root in [&folder, &repository] {
        let said = root.status(&["--max-age", "9d", "a.md"]);
        assert_eq!(said.exit, 3, "{}", said.stderr);
        assert!(said.stderr.contains("what changed is not known: it is "), "{}", said.stderr);
        assert_eq!(root.status(&["a.md"]).exit, 0);
    }
}

#[test]
fn a_shallow_clone_does_not_know_and_does_not_pass() {
    let repository = Repository::new();
    repository.write("a.md", &dated(5)).commit();
    repository.write("a.md", &dated(5).replace("ls -l", "ls -la")).commit();
    let clone = Repository::bare_folder();
    let url = format!("file://{}", repository.path().display());
    clone.git(&["clone", "--quiet", "--depth=1", &url, "c"]);
    let said = status(&clone.path().join("c"), &["--max-age", "9d", "a.md"]);
    assert_eq!(said.exit, 3, "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("not known"), "{}", said.stdout);
    assert!(said.stderr.contains("shallow"), "{}", said.stderr);
    clone.git(&["clone", "--quiet", &url, "d"]);
    assert_eq!(status(&clone.path().join("d"), &["--max-age", "9d", "a.md"]).exit, 1);
}

#[test]
fn the_neediest_comes_first() {
    let repository = Repository::new();
    repository
        .write("changed.md", &dated(3))
        .write("old.md", &dated(60))
        .write("older.md", &dated(80))
        .write("fresh.md", &dated(0))
        .write("future.md", &dated(-3))
        .write("never.md", "# T\n\nWords.\n")
        .write("tbd.md", &text("TBD"))
        .write("two.md", &text("03/04/2026"))
        .commit();
    repository.write("changed.md", &dated(3).replace("ls -l", "ls -la")).commit();
    let said = repository.status(&["."]);
    let names = said.stdout.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    let names: Vec<_> = names.take(8).map(|name| name.trim_start_matches("./")).collect();
    let order = [
        "never.md",
        "tbd.md",
        "two.md",
        "future.md",
        "changed.md",
        "older.md",
        "old.md",
        "fresh.md",
    ];
    assert_eq!(names, order, "{}", said.stdout);
    assert_eq!(said.exit, 1);
    assert!(said.stderr.contains("two.md: line 3: `03/04/2026` may be 2026-04-03 or 2026-03-04"));
    assert!(said.stderr.contains("future.md: line 3: "), "{}", said.stderr);
}

#[test]
fn an_age_makes_it_a_gate_that_names_each() {
    let repository = Repository::new();
    repository.write("a.md", &dated(30)).write("b.md", &dated(3)).commit();
    assert_eq!(repository.status(&["."]).exit, 0);
    for (age, exit) in [("30d", 0), ("29", 1), ("4w", 1), ("5w", 0)] {
        assert_eq!(repository.status(&["--max-age", age, "."]).exit, exit, "{age}");
    }
    assert_eq!(repository.status(&["--max-age", "soon", "."]).exit, 2);
    let said = repository.status(&["--max-age", "29", "."]);
    assert!(
        said.stderr.contains("a.md: last validated 30 days ago, more than 29"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("b.md"), "{}", said.stderr);
    repository.write("c.md", "# T\n").commit();
    let said = repository.status(&["--max-age", "30d", "."]);
    assert_eq!(said.exit, 1);
    assert!(said.stderr.contains("c.md: it was never validated"), "{}", said.stderr);
    assert_eq!(repository.status(&["."]).exit, 0);
}

#[test]
fn words_alone_do_not_close_the_gate_and_a_command_does() {
    let repository = Repository::new();
    repository.write("a.md", &dated(3)).commit();
    repository.write("a.md", &dated(3).replace("Words.", "Better words.")).commit();
    let said = repository.status(&["--max-age", "9d", "a.md"]);
    assert_eq!(said.exit, 0, "{}", said.stderr);
    assert!(said.stdout.contains("words alone"), "{}", said.stdout);
    repository.write("a.md", &dated(3).replace("rm -r x", "rm -r y")).commit();
    let said = repository.status(&["--max-age", "9d", "a.md"]);
    assert_eq!(said.exit, 1);
    assert!(said.stderr.contains("a.md: changed since it was validated: command `rm -r x`"));
    assert!(said.stdout.contains("step 2 · changed: command `rm -r x`, now `rm -r y`"));
}

#[test]
fn a_file_that_is_no_runbook_is_named() {
    let repository = Repository::new();
    repository.write("a.md", &dated(3)).write("b.md", "\n").commit();
    let said = repository.status(&["a.md", "b.md", "none.md"]);
    assert_eq!(said.exit, 2);
    assert!(said.stdout.contains("a.md"), "{}", said.stdout);
    assert!(said.stderr.contains("failed to read b.md: it is empty"), "{}", said.stderr);
    assert!(said.stderr.contains("failed to read none.md"), "{}", said.stderr);
}

#[test]
fn a_documents_text_does_not_act_on_the_terminal() {
    let repository = Repository::new();
    repository.write("a.md", &dated(3)).commit();
    let evil =
        dated(3).replace("# T", "# T\u{1b}[2J").replace("ls -l", "ls $'\u{1b}]0;x\u{7}\u{202e}'");
    repository.write("a.md", &evil).write("b\u{1b}[1m.md", &dated(3)).commit();
    let said = repository.status(&["--verbose", "--max-age", "1d", "."]);
    assert_eq!(said.exit, 1);
    for stream in [said.stdout, said.stderr] {
        assert!(stream.contains("ls"), "{stream}");
        let bad = |c: char| c == '\u{1b}' || c == '\u{7}' || c == '\u{202e}';
        assert!(!stream.contains(bad), "{stream:?}");
    }
}

#[test]
fn a_hostile_configuration_runs_nothing() {
    let repository = Repository::new();
    repository.write("a.md", &dated(3)).commit();
    let touched = repository.path().join("touched");
    let script = repository.path().join(".git/evil");
    let words = format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat 2>/dev/null\n", touched.display());
    fs::write(&script, words).expect("writable");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("allowed");
    for hook in ["post-index-change", "reference-transaction", "post-checkout"] {
        fs::create_dir_all(repository.path().join(".git/hooks")).expect("creatable");
        fs::copy(&script, repository.path().join(".git/hooks").join(hook)).expect("copied");
    }
    repository.write(".gitattributes", "*.md diff=evil filter=evil merge=evil\n");
    repository.git(&["-c", "core.hooksPath=/dev/null", "add", "--all"]);
    repository.git(&["-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "x"]);
    let evil = script.display().to_string();
    let alias = format!("!{evil}");
    let settings = [
        ("core.fsmonitor", &evil),
        ("core.pager", &evil),
        ("pager.log", &evil),
        ("core.editor", &evil),
        ("core.askPass", &evil),
        ("core.sshCommand", &evil),
        ("core.gitProxy", &evil),
        ("core.alternateRefsCommand", &evil),
        ("diff.external", &evil),
        ("diff.evil.command", &evil),
        ("diff.evil.textconv", &evil),
        ("filter.evil.clean", &evil),
        ("filter.evil.smudge", &evil),
        ("filter.evil.process", &evil),
        ("merge.evil.driver", &evil),
        ("gpg.program", &evil),
        ("gpg.ssh.program", &evil),
        ("log.showSignature", &"true".to_owned()),
        ("interactive.diffFilter", &evil),
        ("credential.helper", &alias),
        ("alias.log", &alias),
        ("alias.cat-file", &alias),
        ("alias.rev-parse", &alias),
        ("remote.origin.url", &format!("ext::{evil}")),
        ("remote.origin.promisor", &"true".to_owned()),
        ("remote.origin.uploadpack", &evil),
        ("protocol.ext.allow", &"always".to_owned()),
        ("extensions.partialClone", &"origin".to_owned()),
    ];
    for (key, value) in settings {
        cmd!("git", "config", "--file", ".git/config", key, value)
            .dir(repository.path())
            .run()
            .expect("a setting");
    }
    fs::write(repository.path().join("a.md"), dated(3).replace("ls -l", "ls -la")).expect("ok");
    let found = repository.one("a.md");
    assert_eq!(found["state"], "changed", "{found:#}");
    // A missing object is not fetched.
    let blob = cmd!("git", "-c", "core.fsmonitor=false", "rev-parse", "HEAD:a.md")
        .dir(repository.path())
        .read()
        .expect("an object");
    let object: PathBuf = repository.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(object).expect("a loose object");
    assert_ne!(repository.one("a.md")["state"], "unchanged");
    assert!(!touched.exists(), "{}", fs::read_to_string(&touched).unwrap_or_default());
    // The trap itself works: git without guards springs it.
    let _ = cmd!("git", "status")
        .dir(repository.path())
        .unchecked()
        .stdout_capture()
        .stderr_capture()
        .run();
    assert!(touched.exists());
}

#[test]
fn the_environment_cannot_lead_git_elsewhere() {
    let (repository, other) = (Repository::new(), Repository::new());
    repository.write("a.md", &dated(3)).commit();
    repository.write("a.md", &dated(3).replace("ls -l", "ls -la")).commit();
    other.write("a.md", &dated(3).replace("ls -l", "ls -la")).commit();
    let said = cmd!(env!("CARGO_BIN_EXE_runbook"), "status", "--format", "json", "a.md")
        .dir(repository.path())
        .env("GIT_DIR", other.path().join(".git"))
        .env("GIT_WORK_TREE", repository.path())
        .read()
        .expect("runbook");
    assert!(said.contains("\"changed\""), "{said}");
}

#[test]
fn a_repository_of_somebody_else_is_told_with_gits_remedy() {
    let repository = Repository::new();
    repository.write("a.md", &dated(3)).commit();
    let command = cmd!(env!("CARGO_BIN_EXE_runbook"), "status", "--max-age", "9d", "a.md");
    // git asks itself in its own tests what it would do in another's repository.
    let command = command.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").dir(repository.path());
    let output = command.stdout_capture().stderr_capture().unchecked().run().expect("runbook");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("`git config --global --add safe.directory "), "{said}");
}

#[test]
fn a_table_fits_a_narrow_terminal() {
    let repository = Repository::new();
    let long = format!("{}.md", "a".repeat(60));
    repository.write(&long, &dated(3)).write("b.md", &dated(3)).commit();
    let words = ["-q", "-e", "-c"];
    let script = format!("stty cols 80; {} status .", env!("CARGO_BIN_EXE_runbook"));
    let command = cmd("script", words.iter().copied().chain([script.as_str(), "/dev/null"]));
    let said = command.dir(repository.path()).stdin_null().read().expect("script of util-linux");
    assert!(said.contains("nothing changed"), "{said}");
    assert!(said.lines().all(|line| line.trim_end().chars().count() <= 80), "{said}");
    let said = repository.status(&["."]).stdout;
    assert!(said.lines().any(|line| line.chars().count() > 80), "{said}");
}
