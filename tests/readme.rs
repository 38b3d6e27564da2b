//! The README's own commands: each is run, and where it shows an output, that output comes.

use std::process::Command;

const README: &str = include_str!("../README.md");

/// A command of the README, the output that is shown below it, and its exit code here.
struct Shown {
    command: String,
    output: String,
}

/// The lines of all fences with this language; a line with `$ ` begins a command.
fn commands() -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in README.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match (line.strip_prefix("$ "), found.last_mut()) {
                (Some(command), _) => {
                    found.push(Shown { command: command.into(), output: String::new() });
                }
                (None, Some(last)) => last.output += &format!("{line}\n"),
                (None, None) => panic!("output before a command: {line}"),
            },
        }
    }
    found
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let commands = commands();
    assert!(commands.len() >= 5, "the README shows {} commands", commands.len());
    for Shown { command, output } in commands {
        if command == "tests/run" {
            continue; // It is what runs this.
        }
        let (words, code) = if command.contains(" rehearse ") && !command.contains("--answers") {
            (format!("{command} --non-interactive"), 3)
        } else {
            (command.clone(), 0)
        };
        let built = words.replace("cargo run --quiet --release --", "\"$RUNBOOK\"");
        let built = built.replace("cargo run --release --", "\"$RUNBOOK\"");
        let ran = Command::new("bash")
            .args(["-c", &built])
            .env("RUNBOOK", env!("CARGO_BIN_EXE_runbook"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("bash runs");
        let (stdout, stderr) =
            (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert_eq!(ran.status.code(), Some(code), "{built}\n{stdout}\n{stderr}");
        if !output.is_empty() {
            assert_eq!(stdout, output, "{command}");
        }
    }
}

#[test]
fn the_picture_of_the_readme_is_what_a_rehearsal_shows() {
    let picture = README.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    let picture = picture.expect("a picture");
    let ran = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(["rehearse", "runbooks/rotate-infisical-service-token.md"])
        .args(["--answers", "fixtures/answers/rehearse.toml"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("it starts");
    let shown = timeless(&String::from_utf8_lossy(&ran.stdout));
    for line in timeless(picture).lines().filter(|line| !line.trim().is_empty() && *line != "…") {
        assert!(shown.lines().any(|one| one == line), "not shown: {line}\n{shown}");
    }
}

/// Without how long something took.
fn timeless(text: &str) -> String {
    let time = regex::Regex::new(r"\d+\.\d s").expect("a pattern");
    time.replace_all(text, "N s").into_owned()
}
