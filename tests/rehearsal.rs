//! The rotation on stand-ins, from start to end: with answers, and by hand at a terminal.
//!
//! The program runs as an operator runs it; what is asserted is what they see and the exit code.

mod screen;
mod story;

use screen::Screen;
use story::{ANSWERS, ROTATION, Story};

const TARGET: &str = "rotate-infisical-service-token";
const OLD: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbiI6InJlaGVhcnNhbC1vbGQifQ.c3RhbmQtaW4tb2xk";

#[test]
fn the_rotation_of_an_identity_token_is_complete_unattended() {
    let story = Story::new();
    let ended = story.run(&["rehearse", ROTATION, "--answers", ANSWERS]);
    ended.is(
        0,
        &[
            "complete: every step was carried out",
            "5 confirmed, 9 met, 4 status only",
            "Response Code: 401 Unauthorized",
            "INFISICAL_SERVICE_TOKEN: [redacted NEW_TOKEN]",
        ],
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn the_rotation_of_a_service_token_is_complete_unattended() {
    let story = Story::new();
    let answers = story.write(
        "answers.toml",
        r#"
        [inputs]
        CURRENT_TOKEN = "st.6f1d0a52-old.c3RhbmQtaW4tb2xk.cmVoZWFyc2Fs"
        [choices]
        2 = "Legacy service token"
        4 = "Option A: in Infisical"
        [confirm]
        prerequisites = ["manual"]
        2 = ["manual"]
        4 = ["writes"]
        5 = ["manual", "writes"]
        7 = ["manual", "irreversible"]
        "#,
    );
    let ended = story.run(&["rehearse", ROTATION, "--answers", &answers]);
    ended.is(
        0,
        &[
            "complete: every step was carried out",
            "SECRET VALUE MODIFIED",
            "Service token with ID '6f1d0a52-old' not found",
            "token_type: service-token-legacy",
        ],
    );
}

#[test]
fn the_rotation_is_complete_by_hand() {
    let story = Story::new();
    let mut screen = story.screen(&["rehearse", ROTATION]);
    screen.wait_for("rehearsal on stand-ins: nothing real is touched");
    screen.answer("done? [", "y");
    screen.answer("[Enter takes the 72 characters from the stand-ins]:", "");
    screen.answer("[https://vault.raxx.app]:", "");
    screen.answer("INFISICAL_PROJECT_ID", "");
    // While step 1 runs, keys come too early: they must not choose.
    screen.wait_for("expects: a list of secret names");
    screen.line("2");
    screen.answer("which one? [1-2, p pause]:", "");
    screen.wait_for("type its number");
    screen.answer("which one?", "1");
    screen.answer("done? [", "y");
    screen.answer("NEW_TOKEN (The token that step 2 creates), hidden", OLD);
    screen.wait_for("72 characters received, not shown");
    screen.wait_for("NEW_TOKEN is refused: it is the same as CURRENT_TOKEN");
    screen.answer("NEW_TOKEN", "");
    screen.answer("which one?", "2");
    screen.answer("done? [", "y");
    screen.answer("[raxx-api-prod", "");
    screen.wait_for("with app = raxx-api-prod");
    screen.answer("run it? [", "y");
    screen.wait_for("with app = raxx-console-prod");
    screen.answer("run it? [", "y");
    screen.answer("[raxx/platform]:", "");
    screen.answer("run it? [", "y");
    screen.answer("done? [", "y");
    screen.answer("[https://api.raxx.app/health/dependencies]:", "");
    screen.answer(&format!("To go on type {TARGET} :"), "yes");
    screen.wait_for(&format!("that is not {TARGET}"));
    screen.answer("To go on type", TARGET);
    screen.answer("done? [", "y");
    screen.wait_for("complete: every step was carried out");
    assert_eq!(screen.exit().code(), Some(0), "{}", screen.text());
    let text = screen.text();
    assert!(!text.contains("eyJ"), "a token is on the screen:\n{text}");
    assert!(!text.contains("FAILED") && !text.contains("NOT MET"), "{text}");
}

const PROMPTS: &str = r#"
# Prompts

## Inputs

| Name | Secret |
|---|---|
| `PLAIN` | no |
| `CURRENT_TOKEN` | yes |
| `NEW_TOKEN` | yes |

## Step 1 — Read

```bash
printf 'plain %s, hidden %s %s\n' "$PLAIN" "$CURRENT_TOKEN" "$NEW_TOKEN"
```
"#;

#[test]
fn a_value_that_can_be_none_is_refused_and_asked_for_again() {
    let story = Story::new();
    let runbook = story.write("prompts.md", PROMPTS);
    let mut screen = story.screen(&["run", &runbook]);
    screen.answer("PLAIN:", "  ");
    screen.wait_for("PLAIN must not be empty");
    screen.answer("PLAIN:", "...");
    screen.wait_for("\"...\" is a placeholder, not a value");
    screen.answer("PLAIN:", "visible");
    let hidden = "CURRENT_TOKEN, hidden:";
    screen.answer(hidden, "");
    screen.wait_for("CURRENT_TOKEN is refused");
    screen.answer(hidden, "...");
    screen.wait_for("CURRENT_TOKEN is refused");
    screen.answer(hidden, "abcd");
    screen.answer("use it all the same? [y/n]", "n");
    screen.wait_for("CURRENT_TOKEN is refused");
    screen.answer(hidden, "the-old-value");
    screen.wait_for("13 characters received, not shown");
    screen.answer("NEW_TOKEN, hidden:", "the-old-value");
    screen.wait_for("NEW_TOKEN is refused: it is the same as CURRENT_TOKEN");
    screen.answer("NEW_TOKEN, hidden:", "the-new-value");
    screen.wait_for("│ plain visible, hidden [redacted CURRENT_TOKEN] [redacted NEW_TOKEN]");
    assert_eq!(screen.exit().code(), Some(0));
    let text = screen.text();
    assert!(!text.contains("-value") && !text.contains("abcd"), "{text}");
}

/// A runbook of one step, driven up to `prompt`, where Ctrl-C is pressed.
#[track_caller]
fn ctrl_c(body: &str, answers: &[(&str, &str)], prompt: &str) {
    let story = Story::new();
    let runbook = story.write("runbook.md", &format!("# Pauses\n\n## Step 1 — Do it\n\n{body}\n"));
    let mut screen = story.screen(&["run", &runbook]);
    for (question, answer) in answers {
        screen.answer(question, answer);
    }
    screen.wait_for(prompt);
    screen.keys("\x03");
    screen.wait_for("paused in step 1: you paused it; go on with `runbook resume ");
    assert_eq!(screen.exit().code(), Some(3), "{}", screen.text());
}

fn bash(script: &str) -> String {
    format!("```bash\n{script}\n```")
}

#[test]
fn ctrl_c_pauses_at_an_input() {
    ctrl_c(&bash("echo \"$NAME\""), &[], "NAME:");
}

#[test]
fn ctrl_c_pauses_at_a_hidden_input() {
    ctrl_c(&bash("echo \"$API_TOKEN\""), &[], "API_TOKEN, hidden:");
}

#[test]
fn ctrl_c_pauses_at_a_choice() {
    let body = format!(
        "**Option A: one**\n\n{}\n\n**Option B: two**\n\n{}",
        bash("echo 1"),
        bash("echo 2")
    );
    ctrl_c(&body, &[], "which one? [1-2, p pause]:");
}

#[test]
fn ctrl_c_pauses_at_a_manual_action() {
    ctrl_c("1. Open the page.\n2. Click Create.", &[], "done? [");
}

#[test]
fn ctrl_c_pauses_at_the_approval_of_a_write() {
    ctrl_c(&bash("touch made"), &[], "run it? [");
}

#[test]
fn ctrl_c_pauses_at_a_reason() {
    ctrl_c(&bash("touch made"), &[("run it? [", "s")], "why (it is recorded):");
}

#[test]
fn ctrl_c_pauses_at_a_judgement() {
    ctrl_c(&bash("echo hello\n# Expect: a friendly greeting"), &[], "does it hold? [");
}

#[test]
fn ctrl_c_pauses_after_a_failure() {
    ctrl_c(&bash("ls /nowhere/at/all"), &[], "what now? [");
}

#[test]
fn ctrl_c_while_a_command_runs_stops_the_command_and_asks() {
    let story = Story::new();
    let runbook =
        story.write("runbook.md", &format!("# Long\n\n## Step 1\n\n{}\n", bash("sleep 300")));
    let mut screen = story.screen(&["run", &runbook]);
    screen.wait_for("… 5 s");
    screen.keys("\x03");
    screen.wait_for("stopped");
    screen.answer("what now? [", "q");
    assert_eq!(screen.exit().code(), Some(1), "{}", screen.text());
}

/// Waits until no process has `mark` on its command line.
fn nothing_is_left(mark: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let left = processes_with(mark);
        if left.is_empty() {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "still there: {left:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn processes_with(mark: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").expect("/proc");
    let lines = all.filter_map(|one| std::fs::read(one.ok()?.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(mark))
        .collect()
}

/// The terminal is closed when `seen` is on it; nothing whose command line holds `mark` is left.
#[track_caller]
fn closed(script: &str, answers: &[(&str, &str)], seen: &str, mark: &str) {
    let story = Story::new();
    let runbook = story.write("runbook.md", &format!("# Gone\n\n## Step 1\n\n{}\n", bash(script)));
    let mut screen = story.screen(&["run", &runbook]);
    for (question, answer) in answers {
        screen.answer(question, answer);
    }
    screen.wait_for(seen);
    screen.close();
    assert_eq!(screen.exit().code(), Some(5));
    nothing_is_left(mark);
    assert!(!story.folder().join("made").exists());
}

#[test]
fn a_terminal_that_closes_at_a_prompt_ends_the_run() {
    closed("touch made", &[], "run it? [", "nothing of this name");
}

#[test]
fn a_terminal_that_closes_while_a_command_runs_ends_both() {
    let mark = format!("300.{}", std::process::id());
    let script = format!("sleep {mark}1 & sleep {mark}2; touch made");
    closed(&script, &[("run it? [", "y")], "… 5 s", &mark);
}

#[test]
fn a_run_that_is_told_to_end_ends_also_at_a_prompt() {
    let story = Story::new();
    let runbook = story.write("prompts.md", PROMPTS);
    let mut screen = story.screen(&["run", &runbook]);
    screen.wait_for("PLAIN:");
    let id = i32::try_from(screen.id()).ok().and_then(rustix::process::Pid::from_raw);
    let sent = rustix::process::kill_process(id.expect("an id"), rustix::process::Signal::TERM);
    sent.expect("it is there");
    screen.wait_for("the terminal was closed, or the system wants it to end");
    assert_eq!(screen.exit().code(), Some(5));
}

#[test]
fn what_nobody_is_there_to_answer_is_named() {
    let story = Story::new();
    let ended = story.run(&["rehearse", ROTATION, "--non-interactive"]);
    ended.is(3, &["paused in step prerequisites: step prerequisites needs a person", "--answers"]);
    let runbook = story.write("prompts.md", PROMPTS);
    let ended = story.run(&["run", &runbook, "--non-interactive"]);
    ended.is(3, &["paused in step 1: input PLAIN has no value", "go on with `runbook resume"]);
}

/// Answers that are refused with this exit code, and why.
#[track_caller]
fn refused(answers: &str, code: i32, why: &str) {
    let story = Story::new();
    let answers = story.write("answers.toml", answers);
    let ended = story.run(&["rehearse", ROTATION, "--answers", &answers]);
    ended.is(code, &[why]);
    assert_eq!(ended.stdout, "", "nothing was begun");
}

#[test]
fn answers_to_what_is_not_asked_are_refused() {
    refused(
        "[inputs]\nCURENT_TOKEN = \"x\"",
        2,
        "there is no input CURENT_TOKEN; known here: CURRENT_TOKEN",
    );
    refused("[confirm]\n17 = [\"manual\"]", 2, "there is no step 17");
    refused("[choices]\n1 = \"x\"", 2, "step 1 has no choice");
    refused(
        "[choices]\n2 = \"Machine\"",
        2,
        "step 2 has no alternative \"Machine\"; known here: Machine identity, Legacy",
    );
    refused("[confirm]\n2 = [\"everything\"]", 2, "line 2");
    refused("password = \"hunter2\"", 2, "unknown field");
    refused("plan = \"0000\"", 4, "written for another version of this runbook (plan 0000");
}

#[test]
fn a_rehearsal_refuses_what_is_neither_a_stand_in_nor_a_filter() {
    let story = Story::new();
    let script = "touch \"$HOME/made\"";
    let runbook =
        story.write("runbook.md", &format!("# Refused\n\n## Step 1\n\n{}\n", bash(script)));
    let stand_ins = format!("{}/fixtures/stand-ins", story::ROOT);
    let ended = story.run(&["rehearse", &runbook, "--stand-ins", &stand_ins]);
    ended.is(4, &["no stand-in for `touch`", "REFUSED"]);
    let made: Vec<_> = std::fs::read_dir(story.home()).expect("a home").collect();
    assert!(made.is_empty(), "{made:?}");
}

#[test]
fn a_rehearsal_leaves_nothing_behind() {
    let story = Story::new();
    let answers = story.write("answers.toml", "[confirm]\nprerequisites = [\"manual\"]");
    let mut screen: Screen = story.screen(&["rehearse", ROTATION, "--answers", &answers]);
    screen.wait_for("the choice of step 2 is not made");
    assert_eq!(screen.exit().code(), Some(3));
    for folder in ["home", "tmp"] {
        let left: Vec<_> = std::fs::read_dir(story.folder().join(folder)).expect("it").collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
