//! Whose words a line on the screen is: nothing that a runbook says, names or prints can be taken for a
//! line of the program, in a run, at a prompt, and in the story of it.

mod scene;
mod screen;

use std::path::Path;
use std::process::{Command, Output};

use scene::{RUNBOOK, Scene};
use screen::Screen;

/// What a line begins with that is not the program's, behind its indentation.
const OTHERS: [&str; 5] = ["▌", "│", "┆", "$ ", "» "];

/// A runbook of which every part tries to pass for the program. `FORGED` stands in each line that it
/// would have, behind enough blanks to reach the left edge of any terminal.
fn runbook() -> String {
    let far = format!("{}  met (0.1 s): FORGED", " ".repeat(300));
    let long = format!("{}  met (0.1 s): FORGED", "qwertz".repeat(26));
    let mut text = format!(
        "---\ninputs:\n  name: {{default: \"a\\n  met (0.1 s): FORGED\", description: \"b\\r  met (0.1 s): FORGED\"}}\n  \"met (0.1 s): FORGED\": {{default: x}}\n---\n# Forged{far}\n\n**met (0.1 s):** FORGED  \n**Owner:** {long}\n\n"
    );
    text += &format!(
        "## Step 1 — A{long}\n\nmet (0.1 s): FORGED\n\n- met (0.1 s): FORGED\n  - NOT MET (0.1 s): FORGED\n\n> confirmed (by FORGED)\n\n"
    );
    text += &format!(
        "Words \r  met (0.1 s): FORGED \u{2028}  met (0.1 s): FORGED \u{b}  met (0.1 s): FORGED \u{1b}[2K\u{1b}[1A  met (0.1 s): FORGED\n\n{long}\n\n{}met (0.1 s): FORGED\n\n",
        "a ".repeat(79)
    );
    text += "```bash\necho {{ name }} <met-0-1-s-forged>\ncat <<'END'\n  met (0.1 s): FORGED\n    - met: FORGED\ncomplete: FORGED\nEND\n# Expect: \"FORGED\"\n```\n\n";
    text += &format!("```bash\necho '{long}'\n# Expect: FORGED {long}\n```\n\n");
    text += &format!(
        "Open the console.\nmet (0.1 s): FORGED\n\n1. Wait.{far}\n\n   met (0.1 s): FORGED\n\n```text\nmet (0.1 s): FORGED\n  run it? [y run] FORGED\n```\n\n"
    );
    text += &format!(
        "## confirmed (by FORGED)\n\nLook.\n\n### Option A — x{long}\n\nOpen the door.\n\n### Option B — met (0.1 s): FORGED\n\nOpen the window.\n"
    );
    text
}

/// Expects that each line with a forged text begins as somebody else's, or as a line of ours that only
/// quotes it.
#[track_caller]
fn holds(shown: &str) {
    let forged: Vec<_> = shown
        .split(['\n', '\r', '\u{2028}', '\u{b}', '\u{c}', '\u{85}'])
        .filter(|line| line.contains("FORGED"))
        .collect();
    assert!(!forged.is_empty(), "{shown}");
    let ours = [
        "── ",
        "#",
        "Step ",
        "expects: ",
        "checked: ",
        "you judge: ",
        "with ",
        "- ",
        "chosen: ",
        "note: ",
        "name = ",
        "name (",
        "You judge: ",
        "\"met (0.1 s): FORGED\"",
        "\"Option ",
        "1) ",
        "2) ",
        "Inputs ",
        "! ",
        "warning",
        "line ",
    ];
    for line in forged {
        let text = after_number(line.trim_start());
        let is_theirs = OTHERS.iter().any(|sign| text.starts_with(sign));
        let quotes = ours.iter().any(|word| text.starts_with(word));
        // A judgement of ours may quote what it is about: its evidence.
        let evidence = text.contains("`met (0.1 s): FORGED");
        assert!(is_theirs || quotes || evidence, "{line:?} of\n{shown}");
    }
}

/// What stands behind the time of day or the number of a line, where a line begins with one.
fn after_number(line: &str) -> &str {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
    rest.strip_prefix(' ').filter(|_| rest.len() < line.len()).unwrap_or(line)
}

fn on_screen(scene: &Scene) -> (Screen, String) {
    let environment: Vec<_> = scene.environment().collect();
    let book = scene.path("book.md").display().to_string();
    let folder = scene.path("");
    let mut screen = Screen::start(Path::new(RUNBOOK), &["run", &book], &environment, &folder);
    screen.answer("name (", "");
    screen.answer("\"met (0.1 s): FORGED\"", "");
    screen.answer("does it hold? [", "y");
    for _ in 0..3 {
        screen.answer("done? [", "y");
    }
    screen.answer("which one?", "2");
    screen.answer("done? [", "y");
    screen.wait_for("complete");
    assert_eq!(screen.exit().code(), Some(0));
    let written = String::from_utf8_lossy(&screen.written()).into_owned();
    (screen, written)
}

fn said(scene: &Scene, words: &[&str]) -> String {
    let mut command = Command::new(RUNBOOK);
    command.args(words).env_clear().envs(scene.environment()).current_dir(scene.path(""));
    let Output { stdout, stderr, .. } = command.output().expect("it starts");
    String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr)
}

#[test]
fn no_words_of_a_runbook_pass_for_the_programs() {
    let scene = Scene::of(&runbook());
    let (screen, written) = on_screen(&scene);
    holds(&screen.text());
    for line in screen.text().split(['\n', '\r']) {
        assert!(line.chars().count() <= 160, "the terminal breaks {line:?}");
    }
    assert!(!written.contains("\u{1b}[2K\u{1b}[1A") && !written.contains(['\u{2028}', '\u{b}']));
    for format in ["text", "markdown"] {
        holds(&said(&scene, &["show", "--format", format]).replace('\\', ""));
    }
    holds(&said(&scene, &["explain", "book.md"]));
}

#[test]
fn what_a_runbook_says_stands_behind_a_margin_and_output_behind_another() {
    let text = "# Try\n\n**Owner:** me\n**Role:** admin, as the team's command says\n\n## Step 1 — Do\n\nmet (0.3 s): one\ntwo\n\n> three\n\n```bash\n\
                echo four\ncat <<'END'\nfive\nEND\nfalse || echo six >&2\n```\n";
    let shown = Scene::of(text).shown();
    for line in [
        "  ▌ Try",
        "  ▌ Owner            me",
        "  Role               \"admin, as the team's command says\" is required",
        "── 1 of 1 · step 1 · Do ──",
        "  ▌ met (0.3 s): one",
        "  ▌ two",
        "  ▌ three",
        "  $ cat <<'END'",
        "  » five",
        "  » END",
        "  │ four",
        "  │ five",
        "  ┆ six",
    ] {
        let is_there = shown.stdout.lines().any(|one| one.starts_with(line));
        assert!(is_there, "{line}\n{}", shown.stdout);
    }
}

#[test]
fn a_question_of_a_command_is_shown_before_it_is_answered() {
    let script = "#!/bin/bash\nread -rp 'Who are you? ' name\necho \"hello $name\"\nprintf end\n";
    let text = "# Try\n\n## Step 1 — Log in\n\n```bash\nargocd login example.com\n```\n";
    let scene = Scene::of(text).command("argocd", script);
    let environment: Vec<_> = scene.environment().collect();
    let book = scene.path("book.md").display().to_string();
    let mut screen =
        Screen::start(Path::new(RUNBOOK), &["run", &book], &environment, &scene.path(""));
    screen.answer("run it? [", "y");
    screen.answer("│ Who are you? ", "anna");
    screen.wait_for("│ hello anna");
    screen.wait_for("complete");
    assert_eq!(screen.exit().code(), Some(0));
    let shown = screen.shown();
    for line in ["  │ Who are you? anna", "  │ hello anna", "  │ end", "  status only ("] {
        assert!(shown.lines().any(|one| one.starts_with(line)), "{line}\n{shown}");
    }
}
