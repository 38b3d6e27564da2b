//! Traps: what makes a careless reader of a shell's output say "passed" where it is wrong, or hang.
//!
//! Each story is a small runbook that falls for one; the verdict, the exit code and the events must
//! tell the truth.

mod scene;
mod screen;

use std::time::{Duration, Instant};

use scene::Scene;
use screen::Screen;

const OLD: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbiI6InJlaGVhcnNhbC1vbGQifQ.c3RhbmQtaW4tb2xk";
const NEW: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbiI6InJlaGVhcnNhbC1uZXcifQ.c3RhbmQtaW4tbmV3";
const PROJECT: &str = "3f9d2c74-5a1b-4e0e-9c55-0d6a7b8e1f20";
const VAULT: &str =
    "--domain=https://vault.raxx.app --projectId=3f9d2c74-5a1b-4e0e-9c55-0d6a7b8e1f20 --env=prod";

/// Rehearses one block whose `VAULT` is the vault's address, with the old token.
fn vault(block: &str) -> scene::Told {
    let block = block.replace("VAULT", VAULT);
    let story = Scene::steps(&[&block]);
    let story =
        if block.contains("$CURRENT_TOKEN") { story.input("CURRENT_TOKEN", OLD) } else { story };
    story.rehearse()
}

/// Runs one block with what `answer` prints, and what status it has.
fn answered(script: &str, block: &str, code: i32, outcome: &str) -> scene::Told {
    let story = Scene::steps(&[block]).command("answer", &format!("#!/bin/bash\n{script}\n"));
    let told = story.run();
    told.exit(code).outcomes(&[outcome]);
    told
}

#[test]
fn a_command_that_fails_left_of_a_pipe_is_not_met_although_the_shell_says_0() {
    let told = vault(
        "INFISICAL_TOKEN=\"$CURRENT_TOKEN\" infisical secrets list VAULT | head -3\n# Expect: some output",
    );
    told.exit(1).outcomes(&["not_met"]).because("hidden by the pipe");
}

#[test]
fn nothing_counted_equals_nothing_printed_and_is_still_no_pass() {
    let story =
        Scene::steps(&["false | head -3", "false | wc -l\n# Expect: a count matching step 1"]);
    story.run().exit(1).outcomes(&["failed"]);
    // Also where the failure is not to be seen: a count of nothing matches nothing.
    let story =
        Scene::steps(&["true | head -3", "printf '' | wc -l\n# Expect: a count matching step 1"]);
    let told = story.run();
    assert_ne!(told.code, Some(0), "{told}");
}

#[test]
fn an_unknown_command_is_no_401() {
    let told = vault(
        "INFISICAL_TOKEN=\"$CURRENT_TOKEN\" infisical secrets list VAULT\n# Expect: 401 / unauthorized",
    );
    told.exit(1).outcomes(&["not_met"]);
}

#[test]
fn a_token_that_still_works_is_no_401() {
    let told = vault(
        "INFISICAL_TOKEN=\"$CURRENT_TOKEN\" infisical secrets VAULT | wc -l\n# Expect: 401 / unauthorized",
    );
    told.exit(1).outcomes(&["not_met"]);
}

#[test]
fn a_404_is_accepted_only_where_the_annotation_says_so() {
    let gone = "echo \"Response Code: 404 Not Found\" >&2; echo \"Message: Service token with ID '6f1d' not found\" >&2; exit 1";
    answered(gone, "answer\n# Expect: 401 / unauthorized", 1, "not_met");
    let both = "answer\n# Expect: 401 / unauthorized, or HTTP 404 and \"Service token with ID\"";
    answered(gone, both, 0, "met");
    answered("echo 'Response Code: 404 Not Found: project' >&2; exit 1", both, 1, "not_met");
    answered("echo 'Response Code: 401 Unauthorized' >&2; exit 1", both, 0, "met");
}

#[test]
fn a_value_written_as_dots_is_an_input_and_never_runs_as_dots() {
    let story =
        Scene::steps(&["NEW_TOKEN=\"...\"\nprintf %s \"$NEW_TOKEN\" | wc -c\n# Expect: 72"]);
    let told = story.run();
    told.exit(3).outcomes(&[]).says("NEW_TOKEN has no value");
    let story =
        Scene::steps(&["NEW_TOKEN=\"...\"\nprintf %s \"$NEW_TOKEN\" | wc -c\n# Expect: 72"]);
    story.input("NEW_TOKEN", NEW).run().exit(0).outcomes(&["met"]).never_says(NEW);
}

#[test]
fn unset_or_empty_inputs_never_reach_a_command() {
    let block = "touch reached\nINFISICAL_TOKEN=\"$CURRENT_TOKEN\" infisical secrets --domain=\"$INFISICAL_DOMAIN\" --projectId=\"$INFISICAL_PROJECT_ID\"";
    let all = [
        ("CURRENT_TOKEN", OLD),
        ("INFISICAL_DOMAIN", "https://vault.raxx.app"),
        ("INFISICAL_PROJECT_ID", PROJECT),
    ];
    for missing in all {
        for empty in [None, Some(""), Some("  "), Some("...")] {
            let given = all.iter().filter(|one| **one != missing);
            let story =
                given.fold(Scene::steps(&[block]), |story, (name, value)| story.input(name, value));
            // An empty variable of the operator's environment is no value either.
            let story = story.variable(missing.0, "");
            let story = empty.into_iter().fold(story, |story, value| story.input(missing.0, value));
            let told = story.command("infisical", "#!/bin/bash\ntouch \"$STORY/reached\"\n").run();
            told.exit(3).outcomes(&[]).says(missing.0);
            assert!(!story_reached(&told), "{told}");
        }
    }
}

fn story_reached(told: &scene::Told) -> bool {
    !told.named("segment_intended").is_empty()
}

#[test]
fn a_token_in_the_operators_environment_does_not_stand_in_for_the_one_that_is_tested() {
    let book = include_str!("../runbooks/rotate-infisical-service-token.md");
    let story = Scene::of(book).with_stand_ins().confirm("prerequisites");
    let story = story.variable("INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN", "a-token-of-somebody-else");
    let story = story
        .input("CURRENT_TOKEN", OLD)
        .input("INFISICAL_DOMAIN", "https://vault.raxx.app")
        .input("INFISICAL_PROJECT_ID", PROJECT);
    let told = story.run();
    told.exit(3).outcomes(&["met"]);
    // The trap is there: without the runbook's `unset` the other token is the one that is used.
    let block = format!(
        "INFISICAL_TOKEN=\"$CURRENT_TOKEN\" infisical secrets {VAULT} | wc -l\n# Expect: > 0"
    );
    let story = Scene::steps(&[&block]).with_stand_ins().input("CURRENT_TOKEN", OLD);
    let story = story.variable("INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN", "a-token-of-somebody-else");
    story.run().exit(1).outcomes(&["not_met"]);
}

#[test]
fn the_first_characters_of_a_missing_secret_are_not_met() {
    let told = vault(
        "INFISICAL_TOKEN=\"$CURRENT_TOKEN\" infisical secrets get NO_SUCH_KEY VAULT --plain | head -c 8\n\
         # Expect: the first 8 chars of the secret value (sanity that the token can read).",
    );
    told.exit(1).outcomes(&["not_met"]);
}

#[test]
fn the_first_characters_of_a_secret_are_checked_and_never_shown() {
    let told = vault(
        "INFISICAL_TOKEN=\"$CURRENT_TOKEN\" infisical secrets get HEROKU_API_KEY VAULT --plain | head -c 8\n\
         # Expect: the first 8 chars of the secret value (sanity that the token can read).",
    );
    told.exit(3).outcomes(&["unverified"]);
    told.never_says("HRKU-000").never_says("HRKU-").never_says("SFJLVS0wMDA");
    assert_eq!(told.output(), "");
}

#[test]
fn a_health_answer_is_compared_as_json_and_only_the_healthy_one_is_met() {
    let block = "answer | jq '.infisical'\n# Expect: {\"ok\": true}";
    answered("printf '{\"infisical\": {\\n \"ok\": true\\n}}'", block, 0, "met");
    for sick in [
        "echo '{\"infisical\": {\"ok\": false}}'",
        "echo '{\"infisical\": {\"ok\": \"true\"}}'",
        "echo '{\"infisical\": null}'",
        "echo '{\"other\": {\"ok\": true}}'",
        "echo '{\"error\": \"500 Internal Server Error\", \"status\": 500}'",
        "true",
        "exit 7",
        "echo '{\"infisical\": {\"ok\": true}}'; exit 22",
        "echo '<html>500 Internal Server Error</html>'",
    ] {
        answered(sick, block, 1, "not_met");
    }
}

#[test]
fn a_refused_connection_and_an_unknown_host_are_not_met() {
    for url in ["http://127.0.0.1:1/health", "http://vault.invalid/health"] {
        for expected in ["{\"ok\": true}", "401 / unauthorized", "no errors", "HTTP 200"] {
            let block = format!(
                "curl -sS --noproxy '*' --max-time 20 {url} | jq .infisical\n# Expect: {expected}"
            );
            let told = Scene::steps(&[&block]).run();
            assert!(matches!(told.code, Some(1 | 3)), "{url} {expected}: {told}");
            if expected.starts_with("401")
                || expected.starts_with('{')
                || expected.starts_with("no")
            {
                told.exit(1).outcomes(&["not_met"]);
            }
        }
    }
}

#[test]
fn a_log_of_a_failed_fetch_is_no_successful_fetch() {
    let block = "answer | grep --line-buffered -iE 'infisical|secret_fetch'\n# Expect: \"secret_fetch ok\", no 401s";
    answered("echo 'secret_fetch FAILED 401 Unauthorized from infisical'", block, 1, "not_met");
    answered(
        "echo 'secret_fetch ok: 5'; echo 'secret_fetch FAILED 401 Unauthorized'",
        block,
        1,
        "not_met",
    );
    answered("echo 'secret_fetch ok: 5 secrets from infisical'", block, 0, "met");
    let loose = "answer | grep -iE 'infisical|secret_fetch'\n# Expect: successful secret fetch logs, no 401s";
    answered("echo 'secret_fetch FAILED 401 Unauthorized from infisical'", loose, 1, "not_met");
}

#[test]
fn an_endless_log_behind_a_buffering_grep_is_seen_live_stopped_and_leaves_nothing_running() {
    let heroku = "#!/bin/bash\necho 'app[web.1]: secret_fetch ok: 5'\nwhile :; do echo noise; read -rt 0.05 <> <(:); done\n";
    let story = Scene::steps(&[
        "heroku logs --tail -a web | grep -iE 'infisical|secret_fetch'\n# Expect: \"secret_fetch ok\"",
    ]);
    let start = Instant::now();
    let story = story.command("heroku", heroku);
    let told = story.run();
    told.exit(0).outcomes(&["met"]);
    assert!(told.output().contains("secret_fetch ok: 5"), "{told}");
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "it was not seen live: {:?}",
        start.elapsed()
    );
}

#[test]
fn an_endless_log_that_shows_a_401_is_stopped_at_once() {
    let heroku = "#!/bin/bash\necho 'app[web.1]: secret_fetch FAILED 401 Unauthorized'\nwhile :; do echo noise; read -rt 0.05 <> <(:); done\n";
    let story = Scene::steps(&[
        "heroku logs --tail -a web | grep -iE 'infisical|secret_fetch'\n# Expect: \"secret_fetch ok\", no 401s",
    ]);
    let start = Instant::now();
    story.command("heroku", heroku).run().exit(1).outcomes(&["not_met"]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_reader_that_leaves_early_fails_nobody() {
    let block = "seq 1 3000 | sed 's/^/NAME_OF_A_SECRET_/' | head -3\n# Expect: 3 lines";
    let told = Scene::steps(&[block; 20]).run();
    told.exit(0).outcomes(&["met"; 20]);
}

#[test]
fn a_placeholder_is_never_a_redirection() {
    let story = Scene::steps(&["heroku config:set A=1 -a <app> out.txt"])
        .command("heroku", "#!/bin/bash\nprintf '%s\\n' \"$@\"\n");
    std::fs::write(story.path("app"), "not to be read").expect("a file");
    let story = story.input("app", "web; touch hacked");
    let told = story.run();
    told.exit(0);
    assert_eq!(told.output(), "config:set\nA=1\n-a\nweb; touch hacked\nout.txt\n");
    assert!(!story.path("out.txt").exists() && !story.path("hacked").exists());
}

#[test]
fn a_placeholder_without_a_value_runs_nothing() {
    let story = Scene::steps(&["touch reached -a <app>"]);
    story.run().exit(3).outcomes(&[]).says("input app has no value");
    assert!(!story.path("reached").exists());
}

#[test]
fn a_list_of_values_runs_one_by_one_and_stops_at_the_one_that_fails() {
    let heroku = "#!/bin/bash\necho \"$4\" >> \"$STORY/seen\"\n[[ $4 != console ]]\n";
    let story = Scene::steps(&["heroku config:set A=1 -a <app>"]).command("heroku", heroku);
    let told = story.inputs("app", &["web", "console", "worker"]).run();
    told.exit(1).outcomes(&["status_only", "failed"]);
    let values: Vec<_> =
        told.named("segment_intended").iter().map(|one| one["values"][0].to_string()).collect();
    assert_eq!(values, ["\"app = web\"", "\"app = console\""]);
}

#[test]
fn of_a_list_of_values_the_one_that_failed_is_tried_again_alone() {
    let heroku = "#!/bin/bash\n[[ $1 == config:set ]] || exit 0\n\
                  echo \"$4\" >> \"$STORY/seen\"\n[[ $4 != console || -e $STORY/again ]] || { touch \"$STORY/again\"; exit 1; }\n";
    let story = Scene::steps(&["heroku config:set A=1 -a <app>"]).command("heroku", heroku);
    let environment: Vec<_> = story.environment().collect();
    let book = story.path("book.md").display().to_string();
    let mut screen =
        Screen::start(scene::RUNBOOK.as_ref(), &["run", &book], &environment, &story.path(""));
    screen.answer("(several: separate them with commas): ", "web, console, worker");
    screen.answer("p pause]: ", "y");
    screen.answer("p pause]: ", "y");
    screen.answer("retry, ! open a shell, p pause]: ", "r");
    screen.answer("p pause]: ", "y");
    screen.answer("p pause]: ", "y");
    assert_eq!(screen.exit().code(), Some(0), "{}", screen.shown());
    let seen = std::fs::read_to_string(story.path("seen")).expect("it ran");
    assert_eq!(seen, "web\nconsole\nconsole\nworker\n");
}

#[test]
fn a_tool_that_asks_the_terminal_a_question_does_not_stall() {
    // Some tools ask a terminal where its cursor is and wait for the answer.
    let heroku = "#!/bin/bash\nif [[ -t 1 && $TERM != dumb ]]; then printf '\\e[6n' > /dev/tty; read -rsd R -t 5 _ < /dev/tty; fi\n\
                  echo 'secret_fetch ok'\nwhile :; do read -rt 0.05 <> <(:); done\n";
    let story = Scene::steps(&["heroku logs --tail -a web\n# Expect: \"secret_fetch ok\""]);
    let story = story.command("heroku", heroku).variable("TERM", "xterm-256color");
    let start = Instant::now();
    story.run().exit(0).outcomes(&["met"]);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[test]
fn a_variable_a_function_and_the_folder_live_on_in_later_blocks() {
    let told = Scene::steps(&[
        "NOTED=$(echo kept); greet() { echo \"hello $1\"; }; mkdir -p sub && cd sub",
        "greet \"$NOTED\"; basename \"$PWD\"\n# Expect: \"hello kept\" and \"sub\"",
    ])
    .run();
    told.exit(0).outcomes(&["status_only", "met"]);
}

#[test]
fn what_config_set_prints_is_redacted() {
    let block = "heroku config:set INFISICAL_SERVICE_TOKEN=\"$NEW_TOKEN\" -a <app>";
    let told =
        Scene::steps(&[block]).input("NEW_TOKEN", NEW).input("app", "raxx-api-prod").rehearse();
    told.exit(0).never_says(NEW).says("INFISICAL_SERVICE_TOKEN: [redacted NEW_TOKEN]");
}

#[test]
fn a_secret_that_comes_in_pieces_is_redacted() {
    let script = "#!/bin/bash\nfor ((at = 0; at < ${#1}; at++)); do printf %s \"${1:at:1}\"; read -rt 0.002 <> <(:); done; echo\n";
    let told = Scene::steps(&["spell \"$NEW_TOKEN\""])
        .command("spell", script)
        .input("NEW_TOKEN", NEW)
        .run();
    told.exit(0).never_says(NEW).says("[redacted NEW_TOKEN]");
}

#[test]
fn explain_says_which_secret_stands_on_an_argument_list() {
    let remarks = |block: &str| {
        let told = Scene::steps(&[block]).explain();
        let json: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
        json["steps"][0]["actions"][0]["remarks"].clone()
    };
    let told =
        "the value of NEW_TOKEN stands on the argument list of `heroku`, where `ps` shows it";
    assert_eq!(remarks("heroku config:set A=\"$NEW_TOKEN\" -a web"), serde_json::json!([told]));
    for quiet in [
        "INFISICAL_TOKEN=\"$NEW_TOKEN\" infisical secrets",
        "printf %s \"$NEW_TOKEN\" | gh secret set A -R a/b",
        "echo \"$NEW_TOKEN\" | wc -c",
        "COPY=\"$NEW_TOKEN\"",
        "heroku config -a \"$APP\"",
        "cat <<< \"$NEW_TOKEN\"",
    ] {
        assert_eq!(remarks(quiet), serde_json::json!([]), "{quiet}");
    }
}

#[test]
fn a_word_without_quotes_is_judged_by_what_it_holds_before_it_runs() {
    // Nobody confirms what writes, or may.
    let story = |value: &str, block: &str| {
        let steps = format!(
            "# Try\n\n## Step 1 — Set\n\n```bash\n{value}\n```\n\n## Step 2 — Use\n\n```bash\n{block}\n```\n"
        );
        Scene::of(&steps)
    };
    let asked = |value: &str, block: &str| {
        let story = story(value, block);
        story.run().exit(3).outcomes(&["status_only"]).says("it needs quotes");
        assert!(!story.path("pwned").exists(), "{value}; {block}");
    };
    asked("F='5 touch pwned'", "nice -n $F");
    asked("F='1 -o pwned'", "sort -k $F /dev/null");
    asked("F=", "nice -n $F ls");
    asked("F=-5", "nice -n $F ls");
    asked("F=(1 2)", "nice -n $F ls");
    asked("F=5", "for F in $(cat /dev/null); do nice -n $F true; done");
    asked("F=5", "nice -n $(echo $F) true");
    let runs = |value: &str, block: &str| {
        story(value, block).run().exit(0).outcomes(&["status_only", "status_only"]);
    };
    runs("F=5", "nice -n $F true");
    runs("F='5 touch pwned'", "nice -n 5 echo \"$F\"");
}
