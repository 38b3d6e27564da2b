//! The command line's contracts: what other programs build on.

mod scene;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use scene::{RUNBOOK, Scene};
use serde_json::{Value, json};

const ROTATION: &str = "runbooks/rotate-infisical-service-token.md";
const SEED: &str = "fixtures/seed/rotate-infisical-service-token.md";

fn runbook(words: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(RUNBOOK);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // A program that wants no input may have ended already.
    let _ = child.stdin.take().expect("piped").write_all(stdin.as_bytes());
    child.wait_with_output().expect("a child")
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn expect_judges_standard_input() {
    let case = |words: &[&str], stdin: &str, code: i32, verdict: &str| {
        let words = [&["expect", "--format", "json"], words].concat();
        let output = runbook(&words, stdin);
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(keys(&told), ["verdict", "checks", "residual"], "{words:?}");
        assert_eq!(told["verdict"], verdict, "{words:?}: {told}");
        assert_eq!(output.status.code(), Some(code), "{words:?}");
        for check in told["checks"].as_array().expect("a list") {
            assert_eq!(keys(check), ["text", "verdict", "why"]);
        }
    };
    case(&["{\"ok\": true}"], "{\"ok\":\n true}", 0, "met");
    case(&["Expect: {\"ok\": true}"], "{\"ok\": true}", 0, "met");
    case(&["# Expect: {\"ok\": true}"], "{\"ok\": false}", 1, "not_met");
    case(&["a nice surprise"], "surprise", 3, "unverified");
    case(&["a list of pods"], "", 1, "not_met");
    case(&["some output"], "x", 0, "met");
    case(&["some output", "--status", "1"], "x", 1, "not_met");
    case(&["exit 2", "--status", "2"], "", 0, "met");
    case(&["fails", "--status", "1"], "", 0, "met");
    case(&["401 / unauthorized", "--status", "1"], "Response Code: 401 Unauthorized", 0, "met");
    case(&["no output", "--status", "1", "--command", "grep x"], "", 0, "met");
    case(&["no output", "--status", "1", "--command", "ps"], "", 1, "not_met");
    case(&["Expect(exit): 0", "--status", "0"], "", 0, "met");
}

#[test]
fn expect_reads_standard_error_from_a_file() {
    let story = Scene::of("");
    std::fs::write(story.path("err"), "Response Code: 401 Unauthorized\n").expect("a file");
    let err = story.path("err").display().to_string();
    let words = ["expect", "401 / unauthorized", "--status", "1", "--stderr", &err];
    assert_eq!(runbook(&words, "").status.code(), Some(0));
    let output = runbook(&["expect", "x", "--stderr", "no-such-file"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file"));
}

#[test]
fn a_malformed_expectation_is_wrong_usage() {
    for text in ["Expect(json): {", "Expect(regex): (", "Expect(number): many"] {
        let output = runbook(&["expect", text], "");
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{text}");
    }
}

fn explained(file: &str) -> Value {
    let output = runbook(&["explain", "--format", "json", file], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn commands(actions: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for action in actions.as_array().expect("a list") {
        match action["kind"].as_str() {
            Some("command") => found.push(action.clone()),
            Some("choice") => {
                let alternatives = action["alternatives"].as_array().expect("a list");
                for one in alternatives {
                    assert_eq!(keys(one), ["label", "preferred", "actions"]);
                    found.extend(commands(&one["actions"]));
                }
            }
            kind => assert!(matches!(kind, Some("manual" | "record")), "{action}"),
        }
    }
    found
}

#[test]
fn explain_keeps_its_contract() {
    for file in [ROTATION, SEED] {
        let told = explained(file);
        let top =
            ["version", "file", "title", "plan", "metadata", "inputs", "steps", "diagnostics"];
        assert_eq!(keys(&told), top);
        assert_eq!((&told["version"], &told["file"]), (&json!(1), &json!(file)));
        for input in told["inputs"].as_array().expect("a list") {
            let known = [
                "name",
                "kind",
                "secret",
                "spellings",
                "lines",
                "list",
                "description",
                "default",
                "pattern",
            ];
            assert_eq!(keys(input), known);
        }
        for step in told["steps"].as_array().expect("a list") {
            assert_eq!(
                keys(step),
                ["id", "title", "section", "line", "no_return", "undoes", "actions"]
            );
            commands(&step["actions"]).iter().for_each(command_keeps_its_contract);
        }
    }
}

fn command_keeps_its_contract(command: &Value) {
    let known = [
        "kind",
        "line",
        "language",
        "label",
        "runnable",
        "reasons",
        "effect",
        "traits",
        "reads",
        "assigns",
        "placeholders",
        "inside",
        "remarks",
        "segments",
    ];
    assert_eq!(keys(command), known);
    for segment in command["segments"].as_array().expect("a list") {
        assert_eq!(keys(segment), ["line", "statements", "expectations"]);
        for statement in segment["statements"].as_array().expect("a list") {
            assert_eq!(keys(statement), ["line", "text", "effect", "reasons", "commands"]);
            for one in statement["commands"].as_array().expect("a list") {
                assert_eq!(keys(one), ["name", "effect", "reason"]);
            }
        }
        for one in segment["expectations"].as_array().expect("a list") {
            assert_eq!(keys(one), ["line", "text", "checks", "residual", "notes", "best"]);
        }
    }
}

#[test]
fn both_rotations_have_the_steps_1_to_8() {
    for file in [ROTATION, SEED] {
        let told = explained(file);
        let steps = told["steps"].as_array().expect("a list").iter();
        let ids: Vec<_> = steps.filter_map(|step| step["id"].as_str()).collect();
        assert_eq!(
            ids,
            [
                "prerequisites",
                "1",
                "2",
                "3",
                "4",
                "5",
                "6",
                "7",
                "8",
                "rollback",
                "troubleshooting"
            ]
        );
    }
}

fn inputs(told: &Value) -> Vec<(String, bool)> {
    let inputs = told["inputs"].as_array().expect("a list").iter();
    let pair = |one: &Value| (one["name"].as_str()?.to_owned(), one["secret"].as_bool()?).into();
    inputs.filter_map(pair).collect()
}

#[test]
fn tokens_are_secret_inputs_and_what_is_no_token_is_none() {
    let case = |file: &str, expected: &[(&str, bool)]| {
        let mut found = inputs(&explained(file));
        found.sort();
        let expected: Vec<_> =
            expected.iter().map(|(name, secret)| ((*name).to_owned(), *secret)).collect();
        assert_eq!(found, expected, "{file}");
    };
    let project = ("INFISICAL_PROJECT_ID", false);
    let (current, new, old) = (("CURRENT_TOKEN", true), ("NEW_TOKEN", true), ("OLD_TOKEN", true));
    case(SEED, &[current, project, new, old, ("app", false)]);
    let declared = [("HEALTH_URL", false), ("INFISICAL_DOMAIN", false), project];
    case(
        ROTATION,
        &[current, declared[0], declared[1], declared[2], new, ("app", false), ("repo", false)],
    );
}

fn best(file: &str) -> Vec<(u64, String)> {
    let told = explained(file);
    let steps = told["steps"].as_array().expect("a list").iter();
    let commands: Vec<_> = steps.flat_map(|step| commands(&step["actions"])).collect();
    let segments = commands.iter().flat_map(|one| one["segments"].as_array().expect("a list"));
    let expectations = segments.flat_map(|one| one["expectations"].as_array().expect("a list"));
    expectations
        .filter_map(|one| Some((one["line"].as_u64()?, one["best"].as_str()?.to_owned())))
        .collect()
}

#[test]
fn every_expectation_of_the_rotation_can_be_met_without_a_person() {
    let found = best(ROTATION);
    assert!(found.len() >= 9 && found.iter().all(|(_, best)| best == "met"), "{found:?}");
    let seeds: Vec<_> = best(SEED).iter().map(|(line, best)| format!("{line} {best}")).collect();
    assert_eq!(
        seeds,
        ["22 unverified", "50 met", "58 unverified", "87 unverified", "91 met", "108 met"]
    );
}

#[test]
fn every_command_has_help_and_a_version() {
    for command in ["run", "rehearse", "explain", "status", "expect", "completions", "man"] {
        let output = runbook(&[command, "--help"], "");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(text.contains(&format!("Usage: runbook {command}")), "{text}");
    }
    let output = runbook(&["--version"], "");
    let version = format!("runbook {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), version);
    for wrong in [&["no-such-command"][..], &["run"], &["run", "x.md", "--no-such-option"], &[]] {
        assert_eq!(runbook(wrong, "").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn completions_are_read_by_their_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let text = runbook(&["completions", shell], "").stdout;
        let text = String::from_utf8(text).expect("UTF-8");
        assert!(text.contains("rehearse") && text.contains("non-interactive"), "{shell}");
    }
    let script = "eval \"$1\"; COMP_WORDS=(runbook re); COMP_CWORD=1; _runbook runbook re runbook; echo \"${COMPREPLY[@]}\"";
    let completions =
        String::from_utf8(runbook(&["completions", "bash"], "").stdout).expect("UTF-8");
    let output = Command::new("bash").args(["-c", script, "bash", &completions]).output();
    let output = output.expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "resume rehearse\n");
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let page = String::from_utf8(runbook(&["man"], "").stdout).expect("UTF-8");
    assert!(page.contains(".TH runbook 1"), "{page}");
    let story = Scene::of("");
    let folder = story.path("man").display().to_string();
    assert_eq!(runbook(&["man", "--folder", &folder], "").status.code(), Some(0));
    for command in ["", "-run", "-rehearse", "-explain", "-expect"] {
        assert!(story.path("man").join(format!("runbook{command}.1")).exists(), "{command}");
    }
}

#[test]
fn an_answers_file_is_written_to_be_filled_in_and_bound_to_its_plan() {
    let output = runbook(&["explain", "--format", "answers", ROTATION], "");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let plan = explained(ROTATION)["plan"].as_str().expect("a fingerprint").to_owned();
    assert!(text.starts_with(&format!("plan = \"{plan}\"\n")), "{text}");
    let parsed: toml::Table = text.parse().expect("TOML");
    assert_eq!(parsed["choices"]["2"].as_str(), Some("Machine identity"));
    let story = Scene::steps(&["touch reached"]);
    std::fs::write(story.path("other.toml"), text).expect("a file");
    let mut command = Command::new(RUNBOOK);
    command.env_clear().envs(story.environment());
    command.arg("run").arg(story.path("book.md")).arg("--answers").arg(story.path("other.toml"));
    assert_eq!(command.output().expect("it starts").status.code(), Some(4));
    assert!(!story.path("reached").exists());
}

#[test]
fn every_command_says_how_it_is_used() {
    trycmd::TestCases::new().case("tests/cmd/*.md");
}

#[test]
fn classify_knows_the_rules_of_settings_that_are_trusted() {
    let home = tempfile::tempdir().expect("a folder");
    let rule = "[[command]]\nnames = \"mycli\"\nreason = \"shows\"\n\
                sub = [{ path = \"status\", effect = \"read\", bool = \"--json\" }]\n\
                examples.read = [\"mycli status\"]\nexamples.refused = [\"mycli --x\"]\n";
    std::fs::write(home.path().join("runbook.toml"), rule).expect("a file");
    let run = |words: &[&str]| {
        let mut command = Command::new(RUNBOOK);
        command.args(words).current_dir(home.path()).env("HOME", home.path());
        let output = command.env_remove("XDG_STATE_HOME").output().expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let untrusted = run(&["classify", "mycli status --json"]);
    assert!(untrusted.contains("unknown: ") && untrusted.contains("is not trusted"), "{untrusted}");
    run(&["trust"]);
    let trusted = run(&["classify", "mycli status --json"]);
    assert!(trusted.starts_with("read: ") && !trusted.contains("trust"), "{trusted}");
    assert!(run(&["classify", "mycli status --jsn"]).contains("`--json`"));
}

#[test]
fn classify_says_what_would_help_and_what_validation_does() {
    let case = |command: &str, told: &str| {
        let output = runbook(&["classify", command], "");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(told), "{command}: {said}");
    };
    case("git -c a.b=c status", "`git -c` is not in the catalogue");
    case("git -c a.b=c status", "leave out `-c`");
    case("find . -name *.log", "`'*.log'`");
    case("echo \"unterminated", "complete it");
    case("wget https://example.com/a", "add `-O -`");
    case("sudo ls /root", "validation leaves it out");
}
