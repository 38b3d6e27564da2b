//! The examples for CI: what they promise, and that they do it. The workflow's own scripts are run,
//! against a bare repository and a loopback server.

#[path = "ci/runner.rs"]
mod runner;

mod lab;
mod screen;
mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use lab::{Answer, Server};
use runner::Runner;

const PROPOSAL: &str = "runbooks/last-validated";

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(path).expect("a file");
    serde_saphyr::from_str(&text).expect("YAML")
}

fn workflow() -> Value {
    yaml("fixtures/ci/validate.yml")
}

fn steps(workflow: &Value) -> Vec<(String, Value)> {
    let jobs = workflow["jobs"].as_object().expect("jobs").iter();
    jobs.flat_map(|(job, content)| {
        let steps = content["steps"].as_array().expect("steps").clone();
        steps.into_iter().map(|step| (job.clone(), step))
    })
    .collect()
}

fn scripts() -> Vec<String> {
    let steps = steps(&workflow());
    steps.iter().filter_map(|(_, step)| step["run"].as_str().map(str::to_owned)).collect()
}

/// What a program says of a text on its standard input, where it complains.
fn complaint(program: &Path, words: &[&str], text: &str) -> Option<String> {
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    (!output.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn every_script_is_bash() {
    let scripts = scripts();
    assert!(scripts.len() > 5);
    for script in scripts {
        assert_eq!(complaint(Path::new("bash"), &["-n"], &script), None, "{script}");
        assert!(!script.contains("${{"), "an expression would be pasted into the script: {script}");
    }
}

#[test]
#[ignore = "needs what tests/install installs"]
fn shellcheck_finds_nothing_in_the_scripts() {
    let shellcheck = tool("shellcheck");
    for script in scripts() {
        assert_eq!(complaint(&shellcheck, &["--shell=bash", "-"], &script), None, "{script}");
    }
}

#[test]
fn the_workflow_gives_a_job_no_more_than_it_needs() {
    let workflow = workflow();
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    let permissions = |job: &str| workflow["jobs"][job]["permissions"].to_string();
    assert_eq!(permissions("nightly"), r#"{"contents":"read"}"#);
    assert_eq!(permissions("change"), r#"{"contents":"read"}"#);
    assert_eq!(permissions("propose"), r#"{"contents":"write","pull-requests":"write"}"#);
    assert!(workflow["on"].get("pull_request").is_some(), "{}", workflow["on"]);
    assert!(workflow["on"].get("pull_request_target").is_none());
    let change = workflow["jobs"]["change"].to_string();
    assert!(!change.contains("secrets.") && !change.contains("github.token"), "{change}");
    let propose = workflow["jobs"]["propose"].to_string();
    assert!(!propose.contains("secrets.") && !propose.contains("runbook validate"), "{propose}");
}

#[test]
fn a_checkout_is_pinned_and_leaves_no_token_where_commands_run() {
    let steps = steps(&workflow());
    let checkouts: Vec<_> = steps.iter().filter(|(_, step)| step["uses"].is_string()).collect();
    assert_eq!(checkouts.len(), 3);
    for (job, step) in checkouts {
        let (action, commit) = step["uses"].as_str().expect("text").split_once('@').expect("@");
        assert_eq!(action, "actions/checkout");
        assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{commit}");
        if job != "propose" {
            assert_eq!(step["with"]["persist-credentials"], false, "{job}");
            assert_eq!(step["with"]["fetch-depth"], 0, "{job}");
        }
    }
}

fn book(address: &str, path: &str) -> String {
    format!(
        "# Look\n\n**Last validated:** 2025-01-02  \n**Validation method:** read-only-docs  \n**Owner:** team\n\n## Step 1 — Look\n\n```bash\ncurl -sS -H \"Authorization: Bearer $INFISICAL_TOKEN\" {address}/{path}\n# Expect: \"ok\"\n```\n"
    )
}

/// A team with two runbooks, of which one holds.
fn team() -> (Server, Runner) {
    let server = Server::start(|request| match request.path.as_str() {
        "/good" if request.credential() == "read-only-token" => Answer::text("ok\n"),
        "/bad" => Answer::text("broken\n"),
        _ => Answer::status(401, "unauthorized\n"),
    });
    let mut runner = Runner::new(workflow());
    runner.known.insert("secrets.RUNBOOKS_INFISICAL_TOKEN".into(), "read-only-token".into());
    runner.write("runbooks/good.md", &book(&server.address(), "good"));
    runner.write("runbook.toml", &format!("[read-only]\nhosts = [\"{}\"]\n", server.host()));
    runner.push("main");
    (server, runner)
}

impl Runner {
    /// A night: the job that validates, and the one that proposes, where there is something.
    fn night(&mut self) -> runner::Came {
        let nightly = self.job("nightly", "main");
        let dates = nightly.outputs["dates"].clone();
        self.known.insert("needs.nightly.outputs.dates".into(), dates.clone());
        if !dates.is_empty() {
            let proposed = self.job("propose", "main");
            assert!(proposed.well, "{}", proposed.log);
        }
        nightly
    }

    fn proposed(&self) -> String {
        self.git("origin.git", &["diff", "--unified=0", "main", PROPOSAL])
    }
}

#[test]
fn a_night_proposes_the_dates_of_what_holds_in_one_pull_request() {
    let (_server, mut runner) = team();
    let night = runner.night();
    assert!(night.well, "{}", night.log);
    let proposed = runner.proposed();
    let lines: Vec<_> = proposed.lines().filter(|line| line.starts_with(['+', '-'])).collect();
    assert_eq!(lines.len(), 6, "{proposed}");
    assert!(lines[4].starts_with("+**Last validated:** 20"), "{proposed}");
    assert_eq!(lines[5].trim_end(), "+**Validation method:** read-only-live");
    let calls = runner.calls();
    assert!(
        calls[1].starts_with("pr|create|--base|main|--head|runbooks/last-validated|"),
        "{calls:?}"
    );
    assert!(calls[1].contains("- `runbooks/good.md`"), "{calls:?}");
    // The next night finds it open.
    assert!(runner.night().well);
    let calls = runner.calls();
    assert!(calls[1].starts_with("pr|edit|7|"), "{calls:?}");
    // Once it is merged there is nothing to propose.
    runner.git("origin.git", &["update-ref", "refs/heads/main", PROPOSAL]);
    let night = runner.night();
    assert_eq!((night.well, night.outputs["dates"].as_str()), (true, ""), "{}", night.log);
    assert_eq!(runner.calls(), [] as [String; 0]);
}

#[test]
fn a_runbook_that_fails_fails_the_night_and_keeps_no_other_from_being_proposed() {
    let (server, mut runner) = team();
    runner.write("runbooks/bad.md", &book(&server.address(), "bad"));
    runner.push("main");
    let night = runner.night();
    assert!(!night.well, "{}", night.log);
    assert!(night.log.contains("::error file=runbooks/bad.md"), "{}", night.log);
    let proposed = runner.proposed();
    assert!(proposed.contains("runbooks/good.md") && !proposed.contains("bad.md"), "{proposed}");
    // A token that was revoked stamps nothing.
    let (_server, mut runner) = team();
    runner.known.insert("secrets.RUNBOOKS_INFISICAL_TOKEN".into(), "revoked-token".into());
    let night = runner.night();
    assert_eq!((night.well, night.outputs["dates"].as_str()), (false, ""), "{}", night.log);
    assert!(!night.log.contains("revoked-token"), "{}", night.log);
}

#[test]
fn only_runbooks_are_proposed_whatever_the_dates_say() {
    let (_server, mut runner) = team();
    runner.write("README.md", "more\n");
    runner.git("team", &["add", "--all"]);
    let patch = runner.git("team", &["diff", "--cached"]) + "\n";
    let command = "base64 -w 0";
    let mut child = Command::new("bash")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash starts");
    child.stdin.take().expect("a pipe").write_all(patch.as_bytes()).expect("written");
    let dates = child.wait_with_output().expect("it ends").stdout;
    let dates = String::from_utf8(dates).expect("text");
    runner.known.insert("needs.nightly.outputs.dates".into(), dates);
    let came = runner.job("propose", "main");
    assert!(!came.well, "nothing is left to commit: {}", came.log);
    assert_eq!(runner.git("origin.git", &["branch", "--list", PROPOSAL]), "");
}

#[test]
fn a_pull_request_is_validated_with_the_settings_of_its_base_and_without_a_credential() {
    let (server, mut runner) = team();
    let base = runner.git("team", &["rev-parse", "HEAD"]);
    runner.known.insert("github.event.pull_request.base.sha".into(), base);
    // What needs a credential is unverified, and no reason to stop a change.
    let words = book(&server.address(), "good").replace("# Look", "# Look closely");
    runner.write("runbooks/good.md", &words);
    runner.push("change");
    let came = runner.job("change", "change");
    assert!(came.well, "{}", came.log);
    assert!(came.log.contains("nobody gave `INFISICAL_TOKEN`"), "{}", came.log);
    assert_eq!(server.journal(), [] as [&str; 0]);
    // What is wrong is one.
    runner.write("runbooks/good.md", &words.replace(server.host(), "attacker.example"));
    runner.write("runbook.toml", "[read-only]\nhosts = [\"attacker.example:80\"]\n");
    runner.push("change");
    let came = runner.job("change", "change");
    assert!(!came.well, "{}", came.log);
    assert!(came.log.contains("goes to attacker.example:80, which is not listed"), "{}", came.log);
}

// The hook of pre-commit.

#[test]
fn the_example_for_pre_commit_names_a_hook_that_is_there() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let ids: Vec<_> = hooks.as_array().expect("hooks").iter().map(|hook| &hook["id"]).collect();
    let example = yaml("fixtures/ci/pre-commit-config.yaml");
    let used = example["repos"][0]["hooks"].as_array().expect("hooks").iter();
    for hook in used {
        assert!(ids.contains(&&hook["id"]), "{hook}");
    }
}

/// The hook as pre-commit runs it, but for what it builds: the program is there already.
#[test]
#[ignore = "needs what tests/install installs"]
fn pre_commit_checks_the_runbooks_of_a_commit_and_nothing_else() {
    let (server, runner) = team();
    let mut hook = yaml(".pre-commit-hooks.yaml")[0].clone();
    hook["language"] = "system".into();
    hook["entry"] =
        hook["entry"].as_str().expect("a command").replace("runbook", lab::RUNBOOK).into();
    let config = serde_json::json!({"repos": [{"repo": "local", "hooks": [hook]}]});
    // JSON is YAML.
    runner.write(".pre-commit-config.yaml", &config.to_string());
    runner.write("docs/note.md", "```bash\necho <<<\n```\n");
    runner.git("team", &["add", "--all"]);
    let run = |runner: &Runner| {
        let mut command = Command::new(tool("pre-commit"));
        command.args(["run", "--all-files"]).current_dir(runner.at("team"));
        let output = command.env("HOME", runner.at("home")).output().expect("it starts");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (well, said) = run(&runner);
    assert!(well && said.contains("Passed"), "{said}");
    let hidden = book(&server.address(), "good").replace("/good", "/good \u{202e}");
    runner.write("runbooks/good.md", &hidden);
    runner.git("team", &["add", "--all"]);
    let (well, said) = run(&runner);
    assert!(!well && said.contains("hidden-character"), "{said}");
}

fn tool(name: &str) -> std::path::PathBuf {
    let folder = std::env::var_os("RUNBOOK_TEST_TOOLS").expect("RUNBOOK_TEST_TOOLS");
    Path::new(&folder).join("python/bin").join(name)
}
