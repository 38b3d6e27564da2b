//! `runbook check`: one fixture for each code, and the command line's contract.
//!
//! `fixtures/check/CODE.md` is a runbook in which CODE is found, and `CODE.txt` beside it is
//! everything that is found there, as it is drawn. `OVERWRITE=1` writes the latter anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::civil::date;
use runbook::check::{Circumstances, RULES, STALE_AFTER, check_in, joined};
use runbook::document::Document;
use runbook::plan::{Plan, Selection};
use runbook::policy::Catalogue;
use runbook::report::{Colour, draw};
use runbook::source::Source;
use serde_json::Value;
use tempfile::TempDir;

const FOLDER: &str = "fixtures/check";

/// What is drawn of all findings in a fixture, and their codes.
fn look(path: &Path) -> (String, BTreeSet<&'static str>) {
    let plan = Plan::new(
        Document::read(Source::read(path).expect("a fixture")),
        Catalogue::builtin(),
        &Selection::everything(),
    );
    let circumstances = Circumstances {
        today: date(2026, 5, 1),
        stale_after: STALE_AFTER,
        exists: &|path: &Path| path.exists(),
    };
    let found = joined(&plan, check_in(&plan, &circumstances));
    let drawn = found.iter().map(|one| draw(one, &plan.document.source, Colour::Off) + "\n");
    (drawn.collect(), found.iter().map(|one| one.code).collect())
}

#[test]
fn every_code_has_a_fixture_with_exactly_these_findings() {
    #[allow(clippy::disallowed_methods, reason = "the wish to write them anew comes from outside")]
    let overwrite = std::env::var_os("OVERWRITE").is_some();
    let mut wrong = Vec::new();
    for rule in RULES {
        let path = Path::new(FOLDER).join(rule.code).with_extension("md");
        let (drawn, codes) = look(&path);
        if !codes.contains(rule.code) {
            wrong.push(format!("{}: its fixture has only {codes:?}", rule.code));
        }
        let expected = path.with_extension("txt");
        if overwrite {
            fs::write(&expected, &drawn).expect("writable");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        if drawn != expected {
            wrong.push(format!("{}:\n{drawn}\n--- instead of ---\n{expected}", rule.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fixture_is_that_of_a_code() {
    let codes: BTreeSet<_> = RULES.iter().map(|rule| rule.code.to_owned()).collect();
    let files = fs::read_dir(FOLDER).expect("the fixtures");
    let stems: BTreeSet<_> = files
        .map(|file| file.expect("an entry").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(stems, codes);
}

/// A folder of documents, and the command in it.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("creatable");
            fs::write(path, text).expect("writable");
        }
        Self(folder)
    }

    fn check(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command.arg("check").args(words).current_dir(self.0.path()).output().expect("it runs")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

const GOOD: &str = "# T\n\n```bash\nuptime # Expect: \"up\"\n```\n";
const WARNED: &str = "# T\n\n```bash\nuptime # Expect: a nice load\n```\n";
const WRONG: &str = "# T\n\n**Last validated:** soon\n\n```bash\nuptime\n```\n";

#[test]
fn a_document_full_of_findings_is_told_in_bounds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("many.md");
    fs::write(&path, format!("# T\n\n{}\n", "[a](#b) ".repeat(20_000))).expect("writable");
    for format in ["text", "json", "sarif", "github"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command.args(["check", "--format", format]).arg(&path).env_remove("GITHUB_STEP_SUMMARY");
        let output = command.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.len() < 1_000_000, "{format}: {} bytes", said.len());
        let more = ["more findings in this document", "more; all are above"];
        assert!(more.iter().any(|words| said.contains(words)), "{format}");
    }
}

#[test]
fn the_exit_code_is_that_of_the_worst() {
    let folder = Folder::new(&[
        ("good.md", GOOD),
        ("warned.md", WARNED),
        ("wrong.md", WRONG),
        ("empty.md", " \n"),
        ("none/a.txt", "a"),
    ]);
    fs::write(folder.path("latin.md"), b"# T\xe4\n").expect("writable");
    let case = |words: &[&str], code: i32, told: &str| {
        let output = folder.check(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", stdout(&output));
        assert!(stdout(&output).contains(told), "{words:?}: {}", stdout(&output));
    };
    case(&["good.md"], 0, "1 file: 1 note");
    case(&["warned.md"], 0, "1 file: 1 warning, 1 note");
    case(&["warned.md", "--deny", "warnings"], 1, "1 file: 1 warning, 1 note");
    case(&["good.md", "--deny", "warnings"], 0, "1 file: 1 note");
    case(&["good.md", "warned.md", "wrong.md"], 1, "3 files: 1 error, 1 warning, 3 notes");
    case(&["empty.md", "wrong.md"], 2, "read empty.md: it is empty");
    case(&["latin.md", "good.md"], 2, "latin.md: line 1 is not UTF-8");
    case(&["no-such.md", "wrong.md"], 2, "no-such.md");
    case(&["none"], 2, "find a runbook in none");
    case(&["empty.md", "wrong.md"], 2, "error[no-date]");
    assert_eq!(folder.check(&[]).status.code(), Some(2));
    assert_eq!(folder.check(&["good.md", "--max-age", "soon"]).status.code(), Some(2));
}

#[test]
fn a_folder_is_checked_with_all_that_lies_below() {
    let folder = Folder::new(&[
        ("ops/b.md", GOOD),
        ("ops/a/c.markdown", GOOD),
        ("ops/README.md", WRONG),
        ("ops/.git/x.md", WRONG),
        ("ops/node_modules/x.md", WRONG),
    ]);
    let output = folder.check(&["ops", "ops/b.md"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let told = stdout(&output);
    assert!(told.ends_with("2 files: 2 notes\n"), "{told}");
    assert!(told.find("ops/a/c.markdown") < told.find("ops/b.md"), "{told}");
}

#[test]
fn the_age_that_counts_is_given() {
    let text = "# T\n\n**Last validated:** 2001-01-01\n\n```bash\nuptime\n```\n";
    let folder = Folder::new(&[("a.md", text)]);
    let stale = |words: &[&str]| stdout(&folder.check(words)).contains("warning[stale]");
    assert!(stale(&["a.md"]));
    assert!(stale(&["a.md", "--max-age", "52w"]));
    assert!(!stale(&["a.md", "--max-age", "100000d"]));
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let folder = Folder::new(&[("a.md", WARNED), ("b.md", " ")]);
    let output = folder.check(&["--format", "json", "a.md", "b.md"]);
    assert_eq!(output.status.code(), Some(2));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let keys = |value: &Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(keys(&told), ["version", "files"]);
    assert_eq!(told["version"], 1);
    assert_eq!(keys(&told["files"][0]), ["file", "diagnostics"]);
    let one = &told["files"][0]["diagnostics"][1];
    assert_eq!(
        keys(one),
        [
            "code",
            "severity",
            "message",
            "line",
            "column",
            "end_line",
            "end_column",
            "help",
            "labels"
        ]
    );
    assert_eq!(
        (&one["code"], &one["severity"]),
        (&"unverifiable-expect".into(), &"warning".into())
    );
    assert_eq!((&one["line"], &one["column"]), (&4.into(), &8.into()));
    assert_eq!(told["files"][1]["diagnostics"][0]["code"], "unreadable");
}

#[test]
fn a_hostile_document_reaches_neither_terminal_nor_pipeline() {
    let text = "# T\u{1b}]0;owned\u{7}\n\n**Last validated:** \r::error::owned\u{202e}\n\n\
                [x](\u{1b}[2J.md)\n\n```bash\ncurl -H \"$A_TOKEN\n::error::$B_TOKEN\" https://a.example\n\
                ./x\u{9b}1m\n'/\n::error::owned/y'\n```\n";
    let folder = Folder::new(&[("a.md", text)]);
    for words in [["a.md", "--format=text"], ["a.md", "--format=json"]] {
        let output = folder.check(&words);
        let told = stdout(&output);
        assert!(told.contains("hidden-character"), "{told}");
        let acts = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{200b}');
        assert!(!told.contains(acts), "{told:?}");
        assert!(!told.lines().any(|line| line.trim_start().starts_with("::")), "{told}");
    }
}

#[test]
fn every_code_is_listed_with_what_it_is_about() {
    let output = Folder::new(&[]).check(&["--list"]);
    assert_eq!(output.status.code(), Some(0));
    let told = stdout(&output);
    assert_eq!(told.lines().count(), RULES.len());
    for (line, rule) in told.lines().zip(RULES) {
        assert!(line.starts_with(rule.code) && line.ends_with(rule.summary), "{line}");
    }
}

#[test]
fn a_date_is_read_as_the_stamp_reads_it() {
    let case = |value: &str, code: i32, told: &str| {
        let text = format!("# T\n\n**Last validated:** {value}\n\n```bash\nuptime\n```\n");
        let output = Folder::new(&[("a.md", &text)]).check(&["a.md", "--max-age", "100000d"]);
        let said = stdout(&output);
        assert_eq!(output.status.code(), Some(code), "{value}: {said}");
        assert!(said.contains(told), "{value}: {said}");
    };
    for value in ["24.04.2026", "04/24/2026", "24 April 2026", "2026-04-24 (by Anna)"] {
        case(value, 0, "1 file: 1 note");
    }
    for value in ["never", "TBD", "null", ""] {
        case(value, 0, "warning[stale]: it was never validated");
    }
    case("April 2026", 1, "error[no-date]");
    case("03/04/2026", 1, "may be 2026-04-03 or 2026-03-04");
}

#[test]
fn a_header_without_a_date_is_not_told_to_invent_one() {
    let output = Folder::new(&[("a.md", GOOD)]).check(&["a.md"]);
    let said = stdout(&output);
    assert!(said.contains("leave `**Last validated:**` empty"), "{said}");
}
