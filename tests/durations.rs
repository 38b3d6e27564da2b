//! How long runs take, as the journal tells: waiting for people counted apart.

mod screen;
mod story;

use std::fs;
use std::time::Duration;

use story::{Ended, Story};

const QUICK: &str = "# Look\n\n**Last validated:** 2026-01-02\n**Validation method:** \
                     read-only-docs\n**Average duration:** ~20 min\n\n## Step 1\n\n```bash\necho \
                     hello\n# Expect: hello\n```\n";

fn run(story: &Story, words: &[&str]) -> Ended {
    let ended = story.run(words);
    ended.is(0, &[]);
    ended
}

#[test]
fn a_run_says_how_long_it_usually_takes_and_only_complete_runs_tell() {
    let story = Story::new();
    story.write("look.md", QUICK);
    let first = run(&story, &["run", "look.md"]);
    assert!(!first.stdout.contains("sually"), "{}", first.stdout);
    // One that fails tells nothing.
    story.write("look.md", &QUICK.replace("echo hello", "false"));
    story.run(&["run", "--non-interactive", "look.md"]).is(1, &[]);
    story.write("look.md", QUICK);
    run(&story, &["run", "look.md"]).is(0, &["Usually takes", "(as one run did)", "(usually 0."]);
    run(&story, &["run", "look.md"]).is(0, &["(the mean of 2 runs)"]);
    // Another runbook on the same target is another story.
    let other = QUICK.replacen("**Last", "**Target:** look\n**Last", 1);
    story.write("other.md", &other);
    let other = run(&story, &["run", "other.md"]);
    assert!(!other.stdout.contains("sually"), "{}", other.stdout);
}

#[test]
fn another_runbook_of_the_same_name_and_a_part_of_it_are_other_stories() {
    let story = Story::new();
    let text = QUICK.replacen("**Last", "**Target:** prod\n**Last", 1)
        + "\n## Step 2\n\n```bash\necho two\n```\n";
    for folder in ["a/docs", "b/docs"] {
        fs::create_dir_all(story.folder().join(folder)).expect("a folder");
        story.write(&format!("{folder}/deploy.md"), &text);
    }
    run(&story, &["run", "a/docs/deploy.md"]);
    let other = run(&story, &["run", "b/docs/deploy.md"]);
    assert!(!other.stdout.contains("sually"), "{}", other.stdout);
    let again = run(&story, &["run", "a/docs/../docs/deploy.md"]);
    again.is(0, &["Usually takes", "(as one run did)"]);
    let part = story.run(&["run", "--step", "1", "a/docs/deploy.md"]);
    assert!(!part.stdout.contains("sually"), "{}", part.stdout);
}

#[test]
fn a_segment_that_takes_long_says_how_long_it_usually_does() {
    let story = Story::new();
    story.write("slow.md", "# Slow\n\n## Step 1\n\n```bash\nsleep 5.4\n```\n");
    let first = run(&story, &["run", "slow.md"]);
    assert!(first.stdout.contains("… 5 s\n"), "{}", first.stdout);
    let second = run(&story, &["run", "slow.md"]);
    assert!(second.stdout.contains("… 5 s (usually 5."), "{}", second.stdout);
    let third = run(&story, &["run", "--format", "json", "slow.md"]);
    let running = third.stdout.lines().find(|line| line.contains(r#""event":"running""#));
    let running: serde_json::Value = serde_json::from_str(running.expect("it ran")).expect("JSON");
    let usual = running["usual_ms"].as_u64().expect("a number");
    assert!((5400..8000).contains(&usual), "{usual}");
}

#[test]
fn the_stamp_takes_the_mean_from_the_journal_and_changes_nothing_else() {
    let story = Story::new();
    story.write("look.md", QUICK);
    let stamp = ["validate", "--docs", "--stamp", "--duration", "look.md"];
    story.run(&stamp).is(0, &["no complete run of it is in your journal"]);
    let text = |story: &Story| fs::read_to_string(story.folder().join("look.md")).expect("a file");
    let stamped = text(&story);
    assert!(stamped.contains("~20 min"), "{stamped}");
    run(&story, &["run", "look.md"]);
    story.run(&stamp).is(0, &[]);
    assert_eq!(text(&story), stamped.replace("~20 min", "~1 s"));
    story.run(&["validate", "--duration", "look.md"]).is(2, &["--stamp"]);
}

#[test]
fn waiting_for_a_person_is_counted_apart() {
    let story = Story::new();
    story.write("ask.md", &format!("{QUICK}\n## Step 2\n\nRotate the key in the dashboard.\n"));
    let mut screen = story.screen(&["run", "ask.md"]);
    screen.wait_for("done? [y done");
    std::thread::sleep(Duration::from_millis(2500));
    screen.line("y");
    assert!(screen.exit().success(), "{}", screen.text());
    let lines = run(&story, &["runs", "--format", "json"]).stdout;
    let lines: serde_json::Value = serde_json::from_str(&lines).expect("JSON");
    let waited = lines["runs"][0]["waited_ms"].as_u64().expect("a number");
    assert!(waited >= 2400, "{lines}");
    run(&story, &["validate", "--docs", "--stamp", "--duration", "ask.md"]);
    let text = fs::read_to_string(story.folder().join("ask.md")).expect("a file");
    assert!(text.contains("~1 s"), "{text}");
}
