//! Validation as a CI owner and an operator see it: what is run, what is left out and why, what is
//! told in every format, what is stamped.
//!
//! Each runbook stands in a repository of its own, its reads go to a loopback server, and what the
//! server saw counts as much as what the program says.

mod lab;
mod screen;
mod support;

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use lab::{Answer, HEADER, Lab, Server, step, steps, wait_until};

const READ: &str = "curl -sS SERVER/health\n# Expect: \"ok\"";

fn ok() -> Lab {
    Lab::answering("ok\n")
}

#[test]
fn what_reads_is_run_and_what_does_not_is_left_out_with_the_reason() {
    let blocks = [READ, "touch made", "frobnicate --now", "read -r -p 'go on? ' X"];
    let expected = ["met", "writes", "unknown", "needs-person"];
    let mut lab = ok();
    let seen = lab.comes_to(&steps(&blocks), 0, &expected);
    assert!(!lab.path("made").exists());
    assert_eq!(lab.server().journal(), ["GET /health"]);
    assert_eq!(seen.book(0).text("method"), "read-only-live");
}

#[test]
fn what_follows_a_change_that_was_not_made_is_left_out() {
    let seen = ok().comes_to(&steps(&["touch made", READ]), 3, &["writes", "follows-change"]);
    let why = "it follows step 1 (line 9), which changes something; put `standalone` on its fence";
    assert!(seen.book(0).why(1).contains(why), "{seen}");
}

#[test]
fn standalone_says_that_a_read_holds_without_the_change_before_it() {
    let book = steps(&["touch made"]) + &step(2, "bash standalone", READ);
    ok().comes_to(&book, 0, &["writes", "met"]);
}

#[test]
fn what_a_person_does_is_a_change_that_was_not_made() {
    let book = format!(
        "{HEADER}\n## Step 1 — Look\n\nOpen the console and restart the app.\n\n```bash\n{READ}\n```\n"
    );
    let seen = ok().comes_to(&book, 3, &["follows-change"]);
    assert!(seen.book(0).why(0).contains("which a person carries out"), "{seen}");
    assert_eq!(seen.report()["runbooks"][0]["method"], Value::Null, "nothing was run");
}

#[test]
fn what_reads_a_variable_of_a_left_out_segment_is_left_out() {
    let book = steps(&["ID=$(mktemp)"]) + &step(2, "bash standalone", "echo \"$ID\"");
    let seen = ok().comes_to(&book, 3, &["writes", "follows-change"]);
    assert!(seen.book(0).why(1).contains("it reads `ID`, which is set by step 1"), "{seen}");
}

#[test]
fn what_would_run_in_another_folder_is_left_out() {
    let seen =
        ok().comes_to(&steps(&["cd \"$(mktemp -d)\"", "ls"]), 3, &["writes", "follows-change"]);
    assert!(seen.book(0).why(1).contains("it follows step 1"), "{seen}");
}

#[test]
fn an_input_that_nobody_gave_leaves_the_runbook_unverified() {
    let book = steps(&["curl -sS \"SERVER/$TENANT\"\n# Expect: \"ok\"", READ]);
    let mut lab = ok();
    let seen = lab.comes_to(&book, 3, &["missing-input", "met"]);
    seen.says("nobody gave `TENANT`");
    assert_eq!(seen.book(0).text("result"), "unverified");
    ok().variable("TENANT", "acme").comes_to(&book, 0, &["met", "met"]);
}

#[test]
fn a_placeholder_takes_its_values_from_answers_and_runs_once_for_each() {
    let mut lab = ok();
    lab.write("book.md", &steps(&["curl -sS SERVER/<app>/health\n# Expect: \"ok\""]));
    let answers = lab.answers("[inputs]\napp = [\"web\", \"console\"]\n");
    let seen = lab.json(&["book.md", "--answers", &answers]);
    seen.exit(0);
    assert_eq!(lab.server().journal(), ["GET /web/health", "GET /console/health"]);
    assert_eq!(seen.report()["runbooks"][0]["segments"][0]["runs"], 2);
}

#[test]
fn an_answer_to_what_is_not_asked_is_wrong_usage() {
    let mut lab = ok().book("book.md", &steps(&["curl -sS SERVER/<app>/health\n# Expect: \"ok\""]));
    let answers = lab.answers("[inputs]\naap = \"web\"\n");
    let seen = lab.validate(&["book.md", "--answers", &answers]);
    seen.exit(2).says("there is no input aap; known here: app");
    let answers = lab.answers("[inputs]\napp = \"web\"\n");
    lab.validate(&["book.md", "--answers", &answers]).exit(0);
    lab.write("other.md", &steps(&[READ]));
    let seen = lab.validate(&["book.md", "other.md", "--answers", &answers]);
    seen.exit(2).says("--answers is about one runbook");
}

const CHOICE: &str = "
## Step 1 — Look

### Option A: by hand

```bash
curl -sS SERVER/a
# Expect: \"ok\"
```

### Option B: by machine

```bash
curl -sS SERVER/b
# Expect: \"ok\"
```
";

#[test]
fn a_choice_is_the_authors_preference_or_that_of_the_answers_or_nobodys() {
    let book = format!("{HEADER}{CHOICE}");
    let mut lab = ok();
    lab.comes_to(&book, 3, &["not-chosen", "not-chosen"]).says("nobody chose");
    assert_eq!(lab.server().journal(), [] as [&str; 0]);
    let mut lab = ok();
    let preferred = book.replace("by machine", "by machine (preferred)");
    lab.comes_to(&preferred, 0, &["not-chosen", "met"]);
    assert_eq!(lab.server().journal(), ["GET /b"]);
    let mut lab = ok();
    lab.write("book.md", &preferred);
    let answers = lab.answers("[choices]\n1 = \"Option A: by hand\"\n");
    let seen = lab.json(&["book.md", "--answers", &answers]);
    assert_eq!(seen.book(0).segments(), ["met", "not-chosen"], "{seen}");
    assert_eq!(lab.server().journal(), ["GET /a"]);
}

#[test]
fn a_question_and_a_rollback_are_not_run() {
    let book = format!(
        "{}\nIf the app is down, look here:\n\n```bash\ncurl -sS SERVER/if\n```\n\n## Rollback\n\n```bash\ncurl -sS SERVER/rollback\n```\n",
        steps(&[READ])
    );
    let mut lab = ok();
    lab.comes_to(&book, 0, &["met", "not-chosen"]);
    assert_eq!(lab.server().journal(), ["GET /health"]);
}

#[test]
fn a_failure_does_not_stop_what_does_not_depend_on_it() {
    let blocks = ["ID=$(curl -fsS SERVER/gone)", "echo \"$ID\"", READ];
    let mut lab = Lab::new(Server::start(|request| match request.path.as_str() {
        "/gone" => Answer::status(404, ""),
        _ => Answer::text("ok\n"),
    }));
    let seen = lab.comes_to(&steps(&blocks), 1, &["failed", "follows-change", "met"]);
    assert!(seen.book(0).why(1).contains("which failed"), "{seen}");
}

#[test]
fn what_refers_to_a_step_that_was_not_run_is_unverified() {
    let steps = "## Step 1 — Make\n\n```bash\ntouch made; printf 'a\\nb\\n'\n```\n\n## Step 2 — Look\n\n```bash standalone\nprintf 'a\\nb\\n' | wc -l\n# Expect: a count matching step 1\n```\n";
    let seen = ok().comes_to(&format!("{HEADER}\n{steps}"), 3, &["writes", "unverified"]);
    assert!(seen.book(0).why(1).contains("step 1"), "{seen}");
}

#[test]
fn a_read_is_polled_until_its_time_is_over() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let mut lab = Lab::new(Server::start(move |_| {
        let seen = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Answer::text(if seen < 2 { "starting\n" } else { "ready\n" })
    }));
    let block = "curl -sS SERVER/state\n# Expect: \"ready\" within 30s";
    lab.comes_to(&steps(&[block]), 0, &["met"]);
    assert_eq!(lab.server().journal().len(), 3);
}

#[test]
fn an_endless_read_is_watched_for_its_window() {
    let book =
        format!("{HEADER}{}", step(1, "bash timeout=1s", "tail -f log\n# Expect: \"ready\""));
    let mut lab = ok();
    fs::write(lab.path("log"), "starting\nready\n").expect("a log");
    lab.comes_to(&book, 0, &["met"]);
    fs::write(lab.path("log"), "starting\n").expect("a log");
    lab.comes_to(&book, 1, &["not-met"]);
}

#[test]
fn a_refusal_that_is_expected_is_met_by_that_answer_alone() {
    let block = "curl -sS -i SERVER/private\n# Expect: 401 / unauthorized";
    let answering = |status| Lab::new(Server::start(move |_| Answer::status(status, "no\n")));
    answering(401).comes_to(&steps(&[block]), 0, &["met"]);
    answering(500).comes_to(&steps(&[block]), 1, &["not-met"]);
}

#[test]
fn a_runbook_without_an_expectation_is_not_validated_live_by_saying_nothing() {
    let seen = ok().comes_to(&steps(&["curl -sS SERVER/health"]), 0, &["status-only"]);
    assert_eq!(seen.book(0).text("method"), "read-only-docs");
}

#[test]
fn too_little_coverage_is_unverified() {
    let book = steps(&[READ, "touch made", READ]);
    let floor = |part: &str| ok().settings(&format!("coverage = {part}\n"));
    floor("0.3").comes_to(&book, 0, &["met", "writes", "follows-change"]);
    let seen = floor("0.5").comes_to(&book, 3, &["met", "writes", "follows-change"]);
    seen.says("1 of 3 segments were run, and the settings ask for 50 %");
}

#[test]
fn what_the_check_finds_wrong_is_not_run() {
    let mut lab = ok().book("book.md", &steps(&[READ, "echo \"unclosed"]));
    let seen = lab.validate(&["--stamp", "book.md"]);
    seen.exit(1).says("the check found errors; nothing was run").says("not stamped");
    assert_eq!(lab.server().journal(), [] as [&str; 0]);
}

#[test]
fn where_nothing_could_be_run_nothing_is_validated_or_stamped() {
    let by_hand = format!("{HEADER}\n## Step 1 — Look\n\nOpen the console.\n");
    for (book, gaps) in [
        (steps(&["touch made"]), &["writes"][..]),
        (steps(&["frobnicate --now"]), &["unknown"]),
        (by_hand, &[]),
    ] {
        let mut lab = ok();
        let seen = lab.comes_to(&book, 3, gaps);
        assert_eq!(seen.book(0).text("result"), "checked_only");
        assert_eq!(seen.book(0).text("why"), "nothing of it could be run, so nothing is validated");
        assert_eq!(seen.report()["runbooks"][0]["confinement"], Value::Null);
        let seen = lab.validate(&["--stamp", "book.md"]);
        seen.exit(3).says("checked only book.md").says("not stamped").never_says("validated (");
        assert_eq!(lab.read("book.md"), book);
        lab.validate(&["--docs", "--stamp", "book.md"]).exit(0).says("read-only-docs");
    }
}

#[test]
fn a_text_with_nothing_to_do_is_no_runbook() {
    let mut lab = ok().book("text.md", "# Words\n\nOne sentence.\n");
    lab.write("book.md", &steps(&[READ]));
    for docs in [&[][..], &["--docs"]] {
        let seen = lab.validate(&[docs, &["--stamp", "text.md"]].concat());
        seen.exit(2).says("text.md holds nothing to do: no command block and no manual step");
        lab.validate(&[docs, &["runbook.toml"]].concat()).exit(2).says("holds nothing to do");
    }
    let seen = lab.validate(&["."]);
    seen.exit(0).says("1 validated, 1 checked").says("checked");
}

#[test]
fn a_stronger_method_is_never_stamped_over() {
    for (stands, words) in [
        ("executed", &["--docs"][..]),
        ("rehearsed", &[]),
        ("read-only-live", &["--docs"]),
        ("Full run", &[]),
    ] {
        let book = steps(&[READ]).replace("read-only-docs", stands);
        let mut lab = ok().book("book.md", &book);
        let seen = lab.validate(&[&["--stamp", "book.md"], words].concat());
        seen.exit(3).says("which says more than read-only-").says("line 4");
        assert!(lab.read("book.md").contains(&format!("** {stands}\n")), "{stands}");
        assert!(lab.read("book.md").contains("** 2025-01-02 UTC"), "{stands}");
    }
}

#[test]
fn settings_that_do_not_count_lower_no_floor_and_make_no_stamp() {
    let book = steps(&["echo ok\n# Expect: \"ok\"", "touch made"]);
    let mut lab = Lab::bare().only_settings("[read-only]\ntools = [\"gh\"]\ncoverage = 0.9\n");
    lab.write("book.md", &book);
    lab.commit();
    let floor = "1 of 2 segments were run, and the settings ask for 90 %";
    lab.run(&["validate", "--stamp", "book.md"]).exit(3).says(floor).says("is not trusted");
    lab.write("runbook.toml", "[read-only]\ntools = [\"gh\"]\n");
    let seen = lab.run(&["validate", "--stamp", "book.md"]);
    seen.exit(3).says("not stamped: ").says("is not trusted, so it is not used");
    lab.run(&["validate", "book.md"]).exit(0);
    let lab = lab.variable("CI", "true");
    lab.run(&["validate", "--stamp", "book.md"]).exit(3).says("with --config-ref");
    assert_eq!(lab.read("book.md"), book);
}

#[test]
fn docs_runs_nothing_and_reaches_no_more_than_that() {
    let mut lab = Lab::answering("ok\n").listing(&[]).book("book.md", &steps(&[READ]));
    lab.validate(&["--docs", "--stamp", "book.md"]).exit(0).says("read-only-docs");
    assert_eq!(lab.server().journal(), [] as [&str; 0]);
    assert!(lab.read("book.md").contains("**Validation method:** read-only-docs\n"));
    assert!(!lab.read("book.md").contains("2025-01-02"));
}

#[test]
fn a_host_that_is_not_listed_is_refused_before_anything_is_sent() {
    let mut lab = ok().listing(&["elsewhere.example.com"]).book("book.md", &steps(&[READ]));
    let seen = lab.validate(&["--stamp", "book.md"]);
    seen.exit(4).says("which is not listed").says("not stamped");
    assert_eq!(lab.server().journal(), [] as [&str; 0]);
}

#[test]
fn a_tool_that_goes_where_its_configuration_leads_has_to_be_listed() {
    let book = steps(&["kubectl get pods -n web\n# Expect: some output"]);
    let seen = ok().comes_to(&book, 4, &["host"]);
    seen.says(
        "it goes where the configuration of kubectl leads, and kubectl is not listed in `tools`",
    );
}

#[test]
fn a_host_that_shows_only_as_it_runs_is_refused_at_the_gate() {
    let book = steps(&["H=$(echo 127.0.0.2:9)\ncurl -sS --proto '=http' --url \"http://$H/\""]);
    let seen = ok().comes_to(&book, 4, &["refused"]);
    seen.says("`curl` was not started").says("is not among the listed hosts");
}

/// A team's own tool, which the catalogue does not know.
const RULE: &str = r#"
[[command]]
names = "teamctl"
effect = "unknown"
reason = "the team's tool"
sub = [{ path = "status", effect = "read", operands = "none", reason = "only shows" }]
examples = { read = ["teamctl status"], refused = ["teamctl restart"] }
"#;

#[test]
fn a_team_says_of_its_own_tool_what_reads() {
    let book = steps(&["teamctl status\n# Expect: \"well\"", "teamctl restart"]);
    let lab = ok().settings(RULE).program("teamctl", "#!/bin/sh\necho \"$1 is well\"\n");
    let seen = { lab }.comes_to(&book, 0, &["met", "unknown"]);
    assert_eq!(seen.book(0).text("method"), "read-only-live");
}

/// A rule that calls a write of the catalogue a read.
const CONTRADICTION: &str = r#"
[[command]]
names = "kubectl"
reason = "ours"
sub = [{ path = "delete", effect = "read", operands = { max = 3 } }, { path = "fetch", effect = "read" }]
examples.read = [
  "EXAMPLE",
]
examples.refused = ["kubectl --zz"]
"#;

#[test]
fn a_rule_of_a_team_makes_no_write_of_the_catalogue_a_read() {
    let settings = |example: &str| {
        format!("[read-only]\ntools = [\"kubectl\"]\n{}", CONTRADICTION.replace("EXAMPLE", example))
    };
    let lab = Lab::bare();
    lab.write("runbook.toml", &settings("kubectl delete pod x"));
    let seen = lab.run(&["trust", "runbook.toml"]);
    seen.exit(2).says("its example `kubectl delete pod x` is judged Write: `kubectl delete`");
    seen.says("runbook.toml").says("(line 9)");

    let stub = "#!/bin/sh\necho ran\n";
    let lab = Lab::bare().program("kubectl", stub).only_settings(&settings("kubectl fetch x"));
    let lab = lab.variable("KUBECONFIG", "/nowhere");
    let book =
        steps(&["kubectl fetch x\n# Expect: \"ran\"", "kubectl delete pod x\n# Expect: \"ran\""]);
    { lab }.comes_to(&book, 0, &["met", "writes"]);
}

#[test]
fn a_tool_that_is_missing_breaks_its_runbook_and_is_named() {
    let book = steps(&[READ, "teamctl status\n# Expect: \"well\"", READ]);
    let seen = ok().settings(RULE).comes_to(&book, 5, &["met", "missing-tool", "met"]);
    seen.says("step 2, line 16: `teamctl` is not on PATH: install it");
    assert_eq!(seen.book(0).text("result"), "broken");
}

#[test]
fn a_tool_of_the_repository_itself_is_none() {
    let lab = ok().settings(RULE).book("book.md", &steps(&["teamctl status\n# Expect: \"well\""]));
    let lab = lab.program("teamctl", "#!/bin/sh\necho well\n");
    let inside = lab.path("bin");
    fs::rename(lab.beside("bin"), &inside).expect("moved");
    let path = format!("{}:{}", inside.display(), std::env::var("PATH").expect("a PATH"));
    lab.variable("PATH", &path).validate(&["book.md"]).exit(5).says("does not count");
}

// Failures that nobody sees.

#[test]
fn a_failure_inside_a_substitution_makes_no_promise_come_true() {
    let blocks = [
        "diff <(curl -fsS SERVER/a) <(curl -fsS SERVER/b)\n# Expect: no output",
        "diff <(curl -fsS SERVER/a) <(curl -fsS SERVER/b) && echo same\n# Expect: \"same\"",
        "grep z <(curl -fsS SERVER/a) || true\n# Expect: no output",
        "wc -l < <(curl -fsS SERVER/a)\n# Expect: 0",
        "while read -r l; do echo \"$l\"; done < <(curl -fsS SERVER/a)\n# Expect: no output",
        "test \"$(curl -fsS SERVER/a)\" = \"$(curl -fsS SERVER/b)\" && echo equal\n# Expect: \"equal\"",
        "[[ -z $(curl -fsS SERVER/a) ]] && echo none\n# Expect: \"none\"",
        "for i in $(curl -fsS SERVER/a); do echo $i; done\n# Expect: no output",
        "N=$(curl -fsS SERVER/a | wc -l)\necho \"$N\"\n# Expect: 0",
        "[[ -n $(curl -fsS SERVER/a) ]]\n# Expect: exit 1",
        "echo \"found: $(curl -fsS SERVER/a)\"\n# Expect: some output",
    ];
    let book = steps(&blocks).replace("```bash\n", "```bash standalone\n");
    let mut lab = Lab::new(Server::start(|_| Answer::status(404, "")));
    let seen = lab.comes_to(&book, 3, &["unverified"; 11]);
    assert!(seen.book(0).why(0).contains("if `curl` had failed inside `$( )`"), "{seen}");
    let honest = [
        "echo \"state: $(curl -fsS SERVER/a)\"\n# Expect: state: ok",
        "X=$(curl -fsS SERVER/a)\necho \"$X\"\n# Expect: \"ok\"",
        "X=$(curl -fsS SERVER/a)\ntest \"$X\" = ok && echo same\n# Expect: \"same\"",
        "for i in $(curl -fsS SERVER/a); do echo $i; done\n# Expect: 1 line",
    ];
    ok().comes_to(&steps(&honest), 0, &["met"; 4]);
}

// Secrets.

const SECRET: &str = "canary-5f1e9c-token";

#[test]
fn a_secret_shows_up_in_no_output_format_or_file() {
    let block = "curl -sS -H \"Authorization: Bearer $API_TOKEN\" SERVER/me\n# Expect: \"no such user\"\n\necho \"$API_TOKEN\" | base64";
    let mut lab = Lab::new(Server::start(|request| {
        Answer::text(format!("you are {}\n", request.credential()))
    }));
    lab = lab.variable("API_TOKEN", SECRET).book("book.md", &steps(&[block]));
    let found = |text: &str| {
        let base64 = "Y2FuYXJ5LTVmMWU5Yy10b2tlbg";
        text.contains(SECRET) || text.contains(&base64[..20])
    };
    for format in ["text", "json", "junit", "sarif", "github"] {
        let seen = lab.validate(&["--format", format, "--stamp", "book.md"]);
        seen.exit(1);
        assert!(!found(&seen.to_string()), "{format}: {seen}");
    }
    assert_eq!(lab.server().requests()[0].credential(), SECRET, "the tool got it");
}

#[test]
fn what_a_command_makes_of_a_secret_is_not_quoted_either() {
    let blocks = [
        "echo \"$API_TOKEN\" | rev\n# Expect: 5",
        "ls \"/x/$(echo \"$API_TOKEN\" | rev)\"",
        "rev < /proc/self/environ\n# Expect: \"never\"",
    ];
    let mut lab = ok().variable("API_TOKEN", "tok-8f3kq2m9z7");
    let seen = lab.comes_to(&steps(&blocks), 1, &["not-met", "failed", "not-met"]);
    seen.never_says("7z9m2qk3f8-kot");
}

#[test]
fn a_secret_is_in_no_file_while_it_is_in_use() {
    let mut lab = Lab::new(Server::start(|_| Answer::never())).variable("API_TOKEN", SECRET);
    let block = "curl -sS -H \"Authorization: Bearer $API_TOKEN\" SERVER/me\n# Expect: \"ok\"";
    lab.write("book.md", &steps(&[block]));
    let child = lab.start(&["book.md"]);
    wait_until("the request", || !lab.server().journal().is_empty());
    let files = files_below(&lab.beside(""));
    assert!(files.iter().any(|(name, _)| name.ends_with("rules.json")), "it looks in the scratch");
    for (name, text) in files {
        assert!(!text.contains(SECRET), "{name}");
    }
    send(child.id(), Signal::INT);
    let _ = child.wait_with_output();
    lab.nothing_is_left();
}

fn files_below(folder: &std::path::Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files_below(&entry.path()),
            Ok(kind) if kind.is_file() => {
                let text = fs::read(entry.path()).unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                vec![(entry.path().display().to_string(), text)]
            }
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn a_weak_secret_is_refused_and_not_told() {
    let book =
        steps(&["curl -sS -H \"Authorization: Bearer $API_TOKEN\" SERVER/me\n# Expect: \"ok\""]);
    let mut lab = ok().variable("API_TOKEN", "qzx");
    let seen = lab.comes_to(&book, 3, &["missing-input"]);
    seen.never_says("qzx").says("API_TOKEN is refused");
    assert_eq!(lab.server().journal(), [] as [&str; 0]);
}

// What read-only mode hides.

#[test]
fn what_read_only_mode_hides_is_not_said_to_be_absent() {
    let hidden = [
        "if getent hosts old.example.com >/dev/null; then echo there; else echo gone; fi\n# Expect: \"gone\"",
        "getent hosts old.example.com\n# Expect: exit 2",
        "lsof -i :9190\n# Expect: no output",
        "ss -ltnp | grep -c python3\n# Expect: 0",
        "systemctl is-active old.service || echo gone\n# Expect: \"gone\"",
        "test -e ~/.old-credentials && echo there || echo gone\n# Expect: \"gone\"",
        "ls \"$HOME/.old\"\n# Expect: fails",
        "cat \"${XDG_CONFIG_HOME:-/x}/x\"\n# Expect: fails",
        "git config --global --get user.email\n# Expect: exit 1",
        "printenv OLD_VAR\n# Expect: exit 1",
        "env | grep -c OLD_VAR\n# Expect: 0",
        "echo ${OLD_VAR:-unset}\n# Expect: \"unset\"",
        "sh -c 'id app || echo gone'\n# Expect: \"gone\"",
        "crontab -l || echo none\n# Expect: \"none\"",
        "for it in tac; do command -v \"$it\" || echo none; done\n# Expect: \"none\"",
    ];
    let lab = ok().variable("OLD_VAR", "set");
    let seen = { lab }.comes_to(&steps(&hidden), 3, &["hidden"; 15]);
    assert!(seen.book(0).why(5).contains("it reads `~`, which read-only mode replaces"), "{seen}");
    let visible = [
        "echo ${NOWHERE:-unset}\n# Expect: \"unset\"",
        "OLD_VAR=new\necho ${OLD_VAR:-unset}\n# Expect: \"new\"",
        "env LC_ALL=C echo x\n# Expect: \"x\"",
        "set -u; id -u\n# Expect: some output",
        "command -v tac >/dev/null && type tsort >/dev/null && echo there || echo gone\n# Expect: \"there\"",
        "git config --local --get core.bare\n# Expect: \"false\"",
    ];
    ok().variable("OLD_VAR", "set").comes_to(&steps(&visible), 0, &["met"; 6]);
}

#[test]
fn a_tool_that_would_look_for_its_settings_at_home_is_told_where_they_are() {
    let book = steps(&["kubectl get ns old || echo gone\n# Expect: \"gone\""]);
    let stub = "#!/bin/sh\nexit 1\n";
    let lab = Lab::bare().only_settings("[read-only]\ntools = [\"kubectl\"]\n");
    let mut lab = lab.program("kubectl", stub);
    lab.comes_to(&book, 3, &["hidden"]).says("set KUBECONFIG");
    lab.variable("KUBECONFIG", "/srv/config").comes_to(&book, 0, &["met"]);
}

#[test]
fn root_sees_what_belongs_to_others() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("old.token"), "x\n").expect("a file");
    if std::os::unix::fs::chown(folder.path(), Some(1000), Some(1000)).is_err() {
        return; // Only root can try it.
    }
    let file = folder.path().join("old.token").display().to_string();
    let block = format!("[ -f {file} ] || echo removed; cat {file}\n# Expect: no \"removed\"");
    ok().comes_to(&steps(&[&block]), 0, &["met"]);
}

// Settings.

#[test]
fn answers_of_the_repository_count_as_the_base_commit_has_them() {
    let mut lab = ok().book("book.md", &steps(&["curl -sS SERVER/<app>\n# Expect: \"ok\""]));
    lab.write("answers.toml", "[inputs]\napp = \"web\"\n");
    lab.validate(&["book.md", "--answers", "answers.toml"]).exit(0);
    let marker = lab.beside("home").join("made");
    let hostile = format!("[inputs]\napp = {{ command = [\"touch\", {marker:?}] }}\n");
    lab.write("answers.toml", &hostile);
    let seen = lab.validate(&["book.md", "--answers", "answers.toml"]);
    seen.exit(4).says("answers.toml is not the one of HEAD, so it is not used");
    assert!(!marker.exists());
    assert_eq!(lab.server().journal(), ["GET /web"]);
    let lab = lab.variable("CI", "true");
    let seen = lab.run(&["validate", "book.md", "--answers", "answers.toml"]);
    seen.exit(4).says("name it with --config-ref");
    assert!(!marker.exists());
}

#[test]
fn an_operators_settings_count_once_they_are_trusted_and_until_they_change() {
    let mut lab = ok().book("book.md", &steps(&[READ]));
    lab.commit();
    let untrusted = lab.run(&["validate", "book.md"]);
    untrusted.exit(4).says("is not trusted, so it is not used: read it, then `runbook trust");
    lab.run(&["trust"]).exit(0).says("is trusted as it stands above");
    lab.run(&["validate", "book.md"]).exit(0);
    let more = format!("{}# more\n", lab.read("runbook.toml"));
    lab.write("runbook.toml", &more);
    lab.run(&["validate", "book.md"]).exit(4).says("is not trusted");
    lab.run(&["trust", "runbook.toml"]).exit(0);
    lab.run(&["validate", "book.md"]).exit(0);
    lab.run(&["trust", "--revoke"]).exit(0);
    lab.run(&["validate", "book.md"]).exit(4);
}

#[test]
fn ci_without_a_base_commit_uses_no_settings() {
    let mut lab = ok().variable("CI", "true").book("book.md", &steps(&[READ]));
    lab.commit();
    lab.run(&["trust"]).exit(0);
    let seen = lab.run(&["validate", "book.md"]);
    seen.exit(4).says("name the commit whose settings hold with --config-ref");
    assert_eq!(lab.server().journal(), [] as [&str; 0]);
}

#[test]
fn a_change_of_the_settings_counts_once_it_is_merged() {
    let mut lab = ok().book("book.md", &steps(&[READ]));
    lab.commit();
    let wider = lab.read("runbook.toml").replace("hosts = [", "hosts = [\"evil.example\", ");
    lab.write("runbook.toml", &wider);
    let seen = lab.validate(&["--stamp", "book.md"]);
    seen.exit(4).says("evil.example").says("holds once it is merged").says("not stamped");
    lab.commit_all();
    lab.validate(&["--stamp", "book.md"]).exit(0);
}

#[test]
fn a_base_commit_that_is_not_there_is_wrong_usage() {
    let mut lab = ok().book("book.md", &steps(&[READ]));
    lab.commit();
    let seen = lab.run(&["validate", "--config-ref", "no-such", "book.md"]);
    seen.exit(2).says("failed to read no-such: there is no such commit here");
    assert_eq!(seen.stdout, "", "it is said once, and nothing is reported");
    fs::remove_dir_all(lab.path(".git")).expect("a repository");
    lab.validate(&["book.md"]).exit(2).says("is in no git repository");
    assert_eq!(lab.server().journal(), [] as [&str; 0]);
}

// The sandbox.

#[test]
fn without_the_sandbox_every_format_and_the_stamp_say_so() {
    let mut lab = ok().book("book.md", &steps(&[READ]));
    for format in ["text", "json", "junit", "sarif", "github"] {
        let seen = lab.validate(&["--sandbox=off", "--format", format, "book.md"]);
        seen.exit(0);
        let said =
            seen.stdout.contains("sandbox=off") || seen.stdout.contains("\"enforced\": false");
        assert!(said, "{format}: {seen}");
    }
    lab.validate(&["--sandbox=off", "--stamp", "book.md"]).exit(0);
    let line = "**Validation method:** read-only-live";
    let book = lab.read("book.md");
    let stamped = book.lines().find(|found| found.starts_with(line)).expect("a method");
    assert!(stamped.contains("sandbox"), "{stamped}");
}

#[test]
fn what_the_sandbox_stops_is_explained() {
    let seen = ok().run(&["validate", "--explain-sandbox"]);
    seen.exit(0).says("Landlock");
}

// Many at once.

#[test]
fn one_that_fails_keeps_no_other_from_being_validated_and_decides_the_exit_code() {
    let mut lab = Lab::new(Server::start(|request| match request.path.as_str() {
        "/late" => Answer::text("ok\n").after(Duration::from_millis(500)),
        "/bad" => Answer::text("broken\n"),
        _ => Answer::text("ok\n"),
    }));
    for (name, path) in [("1.md", "late"), ("2.md", "bad"), ("3.md", "good")] {
        lab.write(name, &steps(&[&format!("curl -sS SERVER/{path}\n# Expect: \"ok\"")]));
    }
    let seen = lab.json(&["."]);
    seen.exit(1);
    let results: Vec<_> = (0..3).map(|one| seen.book(one).text("result")).collect();
    assert_eq!(results, ["validated", "failed", "validated"]);
    let files: Vec<_> = (0..3).map(|one| seen.book(one).text("file")).collect();
    assert!(files.iter().zip(["1.md", "2.md", "3.md"]).all(|(file, name)| file.ends_with(name)));
    let mut lab = lab;
    lab.write("4.md", &steps(&["curl -sS http://elsewhere.example/\n# Expect: \"ok\""]));
    lab.json(&["."]).exit(4);
}

/// How many requests a server had at once, of so many runbooks.
fn at_once(runbooks: usize, jobs: &str) -> usize {
    let mut lab =
        Lab::new(Server::start(|_| Answer::text("ok\n").after(Duration::from_millis(150))));
    for number in 0..runbooks {
        lab.write(&format!("{number}.md"), &steps(&[READ]));
    }
    let seen = lab.validate(&["--jobs", jobs, "."]);
    seen.exit(0);
    assert_eq!(lab.server().journal().len(), runbooks);
    lab.server().most_at_once()
}

#[test]
fn a_host_is_never_asked_for_more_than_four_segments_at_once() {
    let most = at_once(8, "8");
    assert!((2..=4).contains(&most), "{most}");
}

#[test]
fn one_job_is_one_at_a_time() {
    assert_eq!(at_once(3, "1"), 1);
}

#[test]
fn a_runbook_that_hangs_is_ended_by_its_deadline() {
    let mut lab = Lab::new(Server::start(|_| Answer::never()));
    let book = format!("{HEADER}{}", step(1, "bash timeout=1s", READ));
    let started = Instant::now();
    let seen = lab.comes_to(&book, 1, &["failed"]);
    seen.says("1 s");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(process.cast_signed()).expect("a process");
    kill_process(process, signal).expect("it lives");
}

/// Six runbooks, four of which wait for a server that says nothing when the signal comes.
#[track_caller]
fn ends_all(signal: Signal, says: &str) {
    let mut lab = Lab::new(Server::start(|_| Answer::never()));
    for number in 0..6 {
        lab.write(&format!("{number}.md"), &steps(&[READ, READ]));
    }
    let child = lab.start(&["--jobs", "4", "--format", "json", "."]);
    wait_until("four requests", || lab.server().journal().len() == 4);
    let started = Instant::now();
    send(child.id(), signal);
    let seen = lab::Seen::of(&child.wait_with_output().expect("it ends"));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    seen.exit(130).says(says);
    lab.nothing_is_left();
    assert_eq!(lab.server().journal().len(), 4, "nothing began afterwards");
    for book in 0..6 {
        assert_eq!(seen.book(book).text("result"), "broken");
        assert_eq!(seen.book(book).segments(), ["not-reached", "not-reached"], "{seen}");
    }
}

#[test]
fn an_interrupt_ends_all_quickly_and_leaves_nothing() {
    ends_all(Signal::INT, "it was interrupted");
}

#[test]
fn so_does_the_end_of_a_job_in_ci() {
    ends_all(Signal::TERM, "the system wants it to end");
}

#[test]
fn an_interrupt_ends_the_waiting_for_a_read_to_hold() {
    let mut lab = Lab::answering("starting\n");
    lab.write("book.md", &steps(&["curl -sS SERVER/state\n# Expect: \"ready\" within 600s"]));
    let child = lab.start(&["book.md"]);
    wait_until("a second request", || lab.server().journal().len() == 2);
    let started = Instant::now();
    send(child.id(), Signal::INT);
    lab::Seen::of(&child.wait_with_output().expect("it ends")).exit(130);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    lab.nothing_is_left();
}

#[test]
fn a_validation_that_is_killed_leaves_no_program_and_the_next_one_its_folder() {
    let mut lab = Lab::new(Server::start(|request| match request.path.as_str() {
        "/slow" => Answer::never(),
        _ => Answer::text("ok\n"),
    }));
    lab.write("book.md", &steps(&["curl -sS SERVER/slow | cat\n# Expect: \"ok\""]));
    let mut child = lab.start(&["book.md"]);
    wait_until("the request", || !lab.server().journal().is_empty());
    child.kill().expect("it lives");
    child.wait().expect("it ends");
    wait_until("the end of its programs", || lab.living().is_empty());
    assert_ne!(fs::read_dir(lab.beside("tmp")).expect("a folder").count(), 0);
    lab.write("book.md", &steps(&[READ]));
    lab.validate(&["book.md"]).exit(0); // This looks that nothing is left.
}

#[test]
fn a_read_that_was_tried_again_says_how_often_and_until_the_end() {
    let mut lab = Lab::answering("starting\n");
    let block = "curl -sS SERVER/state\n# Expect: \"ready\" within 2s";
    let seen = lab.comes_to(&steps(&[block]), 1, &["not-met"]);
    let tries = lab.server().journal().len();
    assert!(seen.book(0).why(0).contains(&format!("(tried {tries} times in 2.")), "{seen}");
    let segment = &seen.report()["runbooks"][0]["segments"][0];
    assert_eq!(segment["runs"], tries);
    assert!(segment["duration_ms"].as_u64() >= Some(2000), "{segment}");
}

#[test]
fn of_several_values_the_one_that_failed_is_named() {
    let mut lab = Lab::new(Server::start(|request| match request.path.as_str() {
        "/gone" => Answer::status(404, "no\n"),
        _ => Answer::text("ok\n"),
    }));
    lab.write("book.md", &steps(&["curl -fsS SERVER/<app>\n# Expect: \"ok\""]));
    let answers = lab.answers("[inputs]\napp = [\"here\", \"gone\"]\n");
    let seen = lab.json(&["book.md", "--answers", &answers]);
    seen.exit(1).says("with app = gone: ").never_says("with app = here: `");
    lab.validate(&["book.md", "--answers", &answers]).says("with app = gone: ");
}

// A terminal.

const AT_A_TERMINAL: [&str; 4] = ["validate", "--config-ref", "HEAD", "book.md"];

#[test]
fn at_a_terminal_the_progress_gives_way_to_the_report() {
    let server = Server::start(|_| Answer::text("ok\n").after(Duration::from_millis(700)));
    let mut lab = Lab::new(server).book("book.md", &steps(&[READ]));
    lab.commit();
    let mut screen = lab.screen(&AT_A_TERMINAL);
    screen.wait_for("0 of 1 runbooks");
    screen.wait_for("1 runbook: 1 validated");
    assert_eq!(screen.exit().code(), Some(0));
    let shown = screen.shown();
    assert!(!shown.contains("of 1 runbooks") && shown.contains("validated book.md"), "{shown}");
    assert!(screen.written().contains(&0x1b), "it has colours");
}

#[test]
fn ctrl_c_at_a_terminal_ends_it_at_once_with_a_report() {
    let mut lab = Lab::new(Server::start(|_| Answer::never())).book("book.md", &steps(&[READ]));
    lab.commit();
    let mut screen = lab.screen(&AT_A_TERMINAL);
    wait_until("the request", || !lab.server().journal().is_empty());
    let started = Instant::now();
    screen.keys("\u{3}");
    screen.wait_for("it was interrupted");
    assert_eq!(screen.exit().code(), Some(130));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    // The terminal's `^C` would have moved the display away from where it is cleared.
    let shown = screen.shown();
    assert!(shown.starts_with("BROKEN OFF book.md"), "{shown}");
    lab.nothing_is_left();
}

#[test]
fn the_time_of_the_whole_goes_on_while_a_command_runs() {
    let mut lab = Lab::new(Server::start(|_| Answer::never())).book("book.md", &steps(&[READ]));
    lab.commit();
    let mut screen = lab.screen(&AT_A_TERMINAL);
    screen.wait_for("0 of 1 runbooks 1s");
    screen.keys("\u{3}");
    assert_eq!(screen.exit().code(), Some(130));
}

// Settings.

#[test]
fn settings_that_are_no_toml_are_shown_as_they_stand() {
    let seen = ok().book("book.md", &steps(&[READ])).run_with("deadline = = 1\n");
    seen.exit(2).says("\n    1 | deadline = = 1\n").says("\n      |            ^\n");
}

#[test]
fn settings_that_can_mean_nothing_are_wrong_usage() {
    for (settings, said) in [
        ("deadline = 0\n", "take deadline = 0"),
        ("[read-only]\ncoverage = 2.0\n", "take coverage = 2"),
        ("[read-only]\ntools = [\"nosuch\"]\n", "take `nosuch` in tools"),
    ] {
        let seen = ok().book("book.md", &steps(&[READ])).run_with(settings);
        seen.exit(2).says(said);
    }
}

#[test]
fn a_host_that_untrusted_settings_list_is_said_to_wait_for_trust() {
    let mut lab = ok().book("book.md", &steps(&[READ]));
    lab.commit();
    let seen = lab.run(&["validate", "--format", "json", "book.md"]);
    seen.exit(4);
    for why in [seen.book(0).why(0), seen.book(0).text("why")] {
        assert!(why.contains("that is in force; ") && why.contains("is not trusted"), "{why}");
    }
}

#[test]
fn a_scratch_folder_that_cannot_be_made_is_named() {
    let mut lab = ok().book("book.md", &steps(&[READ])).variable("TMPDIR", "/proc/no-such");
    let seen = lab.validate(&["book.md"]);
    seen.exit(5).says("failed to make a scratch folder in /proc/no-such: ");
}

// Stamps and dates.

#[test]
fn what_was_never_validated_is_stamped_the_first_time() {
    for value in ["never", "TBD", "", "null"] {
        let header = HEADER.replace("2025-01-02 UTC", value);
        let mut lab = ok().book("book.md", &steps(&[READ]).replace(HEADER, &header));
        lab.validate(&["--stamp", "book.md"]).exit(0).says("stamped: ");
    }
}

#[test]
fn a_stamped_runbook_is_not_called_stale() {
    let mut lab = ok().book("book.md", &steps(&[READ]));
    lab.validate(&["book.md"]).exit(0).says("warning[stale]");
    lab.validate(&["--stamp", "book.md"]).exit(0).says("stamped: ").never_says("[stale]");
}

#[test]
fn a_report_says_with_the_method_that_nothing_confined_it() {
    let mut lab = ok().book("book.md", &steps(&[READ]));
    let seen = lab.validate(&["--sandbox=off", "--stamp", "book.md"]);
    seen.exit(0).says("method       read-only-live (sandbox off)");
}

// Formats.

#[test]
fn an_annotation_names_the_file_from_the_repositorys_root_and_the_line_that_was_refused() {
    let mut lab = ok();
    std::fs::create_dir(lab.path("docs")).expect("a folder");
    let elsewhere = "curl -sS http://192.0.2.1/\n# Expect: \"ok\"";
    lab.write("docs/bad.md", &steps(&[READ, elsewhere]));
    lab.commit();
    for (format, name, line) in [
        ("github", "file=docs/bad.md,line=16,", "title=refused"),
        ("sarif", "\"uri\": \"docs/bad.md\"", "\"startLine\": 16"),
    ] {
        let words = ["validate", "--config-ref", "HEAD", "--format", format, "bad.md"];
        let output = lab.command(&words).current_dir(lab.path("docs")).output();
        let seen = lab::Seen::of(&output.expect("it starts"));
        seen.exit(4).says(name).says(line).never_says("file=bad.md");
    }
}

/// A validation of one runbook that fails, with a note of everything that there is.
fn all_sorts() -> Lab {
    let blocks = [READ, "curl -sS SERVER/x\n# Expect: \"never\"", "touch made", READ];
    ok().book("book.md", &steps(&blocks))
}

#[test]
fn json_has_the_fields_of_its_contract() {
    let seen = all_sorts().json(&["--stamp", "book.md"]);
    seen.exit(1);
    let report = seen.report();
    let has = |value: &Value, fields: &[&str]| {
        for field in fields {
            assert!(value.get(field).is_some(), "no {field} in {value}");
        }
    };
    has(&report, &["version", "program", "command", "runbooks", "summary"]);
    has(
        &report["summary"],
        &["runbooks", "results", "segments", "findings", "unconfined", "exit", "why"],
    );
    let book = &report["runbooks"][0];
    has(
        book,
        &[
            "file",
            "title",
            "result",
            "why",
            "coverage",
            "method",
            "age_days",
            "stamped",
            "stamp",
            "confinement",
            "duration_ms",
            "segments",
            "findings",
            "weakened",
        ],
    );
    has(
        &book["segments"][1],
        &[
            "step",
            "title",
            "line",
            "statements",
            "expectations",
            "covered",
            "outcome",
            "why",
            "checks",
            "residual",
            "runs",
            "gap",
            "duration_ms",
        ],
    );
    assert_eq!(report["summary"]["exit"], 1);
    assert_eq!(book["stamped"], false);
    assert_eq!(book["confinement"]["enforced"], true);
    assert_eq!(book["coverage"]["run"], 2);
}

#[test]
fn junit_sarif_and_github_tell_the_same_failure() {
    let summary = tempfile::NamedTempFile::new().expect("a file");
    fs::write(summary.path(), "before\n").expect("a file");
    let path = summary.path().display().to_string();
    let mut lab = all_sorts().variable("GITHUB_STEP_SUMMARY", &path);
    let junit = lab.validate(&["--format", "junit", "book.md"]);
    junit.exit(1).says("<testsuites").says("<failure").says("<skipped");
    let sarif = lab.validate(&["--format", "sarif", "book.md"]);
    let run = sarif.exit(1).report()["runs"][0].clone();
    let rules = run["results"].as_array().expect("results").iter().map(|one| &one["ruleId"]);
    assert!(rules.into_iter().any(|rule| rule == "expectation-not-met"), "{sarif}");
    assert_eq!(fs::read_to_string(summary.path()).expect("a file"), "before\n");
    let github = lab.validate(&["--format", "github", "book.md"]);
    github.exit(1).says("::error file=book.md,line=16");
    let told = fs::read_to_string(summary.path()).expect("a file");
    assert!(told.starts_with("before\n") && told.contains("book.md"), "{told}");
}

#[test]
fn a_person_reads_what_failed_what_was_left_out_and_in_what_it_ran() {
    let seen = all_sorts().validate(&["book.md"]);
    seen.exit(1)
        .says("FAILED book.md")
        .says("NOT MET at line 16, step 2")
        .says("2 of 4 segments run: 1 met, 1 not met; 2 not covered")
        .says("no known way to change anything")
        .says("1 runbook: 1 FAILED (exit 1)");
}
