//! What goes wrong below a run that is recorded: the disk, its cache, the clock.
//!
//! Whatever it is: no write begins that is not on the disk, what was recorded stays readable, and
//! once the fault is gone the run goes on where it was.
#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod screen;
mod story;

use std::fs;
use std::process::Command;

use sha2::{Digest, Sha256};

use story::{Ended, RUNBOOK, Story};

/// A library that stands before libc: the disk's cache cannot be emptied any more once a file is
/// there, or the clock is an hour behind.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static int broken(void) {
    const char *name = getenv("BROKEN_WHEN");
    return name && access(name, F_OK) == 0;
}
int fsync(int file) {
    if (broken()) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}
int fdatasync(int file) {
    if (broken()) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
int clock_gettime(clockid_t clock, struct timespec *time) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    if (clock == CLOCK_REALTIME && getenv("CLOCK_BACK")) time->tv_sec -= 3600;
    return result;
}
"#;

const TEXT: &str = "# Try\n\n## Step 1 — One\n\n```bash\necho a >> one\n```\n\n\
                    ## Step 2 — Two\n\n```bash\necho b >> two\n```\n";

fn told() -> Story {
    let story = Story::new();
    story.write("a.md", TEXT);
    answers(&story, "1 = [\"writes\"]\n2 = [\"writes\"]");
    story
}

fn answers(story: &Story, confirm: &str) {
    let plan: String = Sha256::digest(TEXT).iter().map(|byte| format!("{byte:02x}")).collect();
    story.write("answers.toml", &format!("plan = \"{plan}\"\n[confirm]\n{confirm}\n"));
}

fn library(story: &Story) -> String {
    let source = story.write("fault.c", LIBRARY);
    let library = story.folder().join("fault.so").display().to_string();
    let words = ["-shared", "-fPIC", "-o", &library, &source, "-ldl"];
    assert!(Command::new("cc").args(words).status().unwrap().success());
    library
}

fn file(story: &Story, name: &str) -> String {
    fs::read_to_string(story.folder().join(name)).unwrap_or_default()
}

fn run(story: &Story, with: &[(&str, &str)], words: &[&str]) -> Ended {
    let words = [words, &["--answers", "answers.toml"]].concat();
    let mut command = story.command(&words);
    let output = command.envs(with.iter().copied()).output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_disk_that_does_not_keep_what_it_is_given_lets_no_write_begin() {
    let story = told();
    let library = library(&story);
    let broken = story.folder().join("one").display().to_string();
    let with = [("LD_PRELOAD", library.as_str()), ("BROKEN_WHEN", broken.as_str())];
    // From the moment when the first write is done, nothing reaches the disk any more.
    let broken_off = "broke off in step 1: go on with `runbook resume 20";
    run(&story, &with, &["run", "a.md"]).is(5, &["failed to write", "journal", broken_off]);
    assert_eq!((file(&story, "one"), file(&story, "two")), ("a\n".into(), String::new()));
    // The disk is well again. That the first write ended was not kept for certain.
    let ended = run(&story, &[], &["resume"]);
    if ended.code == Some(3) {
        ended.is(3, &["whether step 1, line 6 happened is not known"]);
        answers(&story, "1 = [\"writes\"]\n2 = [\"writes\"]\n[unknown]\n1 = \"happened\"");
        run(&story, &[], &["resume"]).is(0, &["complete"]);
    } else {
        ended.is(0, &["complete"]);
    }
    assert_eq!((file(&story, "one"), file(&story, "two")), ("a\n".into(), "b\n".into()));
    story.run(&["show", "--verify"]).is(0, &["none changed or missing"]);
}

#[test]
fn in_an_emergency_a_run_goes_on_when_its_record_breaks_off_and_says_so() {
    let story = told();
    let library = library(&story);
    let broken = story.folder().join("one").display().to_string();
    let with = [("LD_PRELOAD", library.as_str()), ("BROKEN_WHEN", broken.as_str())];
    let ended = run(&story, &with, &["run", "a.md", "--break-glass", "the disk is dying"]);
    ended.is(
        0,
        &[
            "going on without a record (the disk is dying)",
            "THIS RUN IS NOT RECORDED",
            "and no further: note elsewhere",
        ],
    );
    assert_eq!((file(&story, "one"), file(&story, "two")), ("a\n".into(), "b\n".into()));
    // What was recorded until then can be read, and is whole.
    story.run(&["show", "--verify"]).is(0, &["none changed or missing"]);
    story.run(&["runs"]).is(0, &["BROKEN OFF"]);
    // What was done after that is not known, so it is not gone on with.
    run(&story, &[], &["resume"]).is(4, &["was allowed to go on without a record"]);
    assert_eq!(file(&story, "two"), "b\n");
    // The target is free.
    run(&story, &[], &["run", "a.md"]).is(0, &["complete"]);
}

#[test]
fn a_clock_that_is_set_back_changes_no_order() {
    let story = told();
    answers(&story, "1 = [\"writes\"]");
    run(&story, &[], &["run", "a.md"]).is(3, &["paused in step 2"]);
    answers(&story, "1 = [\"writes\"]\n2 = [\"writes\"]");
    let library = library(&story);
    let with = [("LD_PRELOAD", library.as_str()), ("CLOCK_BACK", "1")];
    run(&story, &with, &["resume"]).is(0, &["complete"]);
    assert_eq!((file(&story, "one"), file(&story, "two")), ("a\n".into(), "b\n".into()));
    story.run(&["show", "--verify"]).is(0, &["none changed or missing"]);
    let told = story.run(&["show", "--format", "json"]).stdout;
    let at = |name: &str| {
        let line = told.lines().find(|line| line.contains(name)).unwrap();
        line.split("\"at\":\"").nth(1).unwrap()[..19].to_owned()
    };
    assert!(at("run_resumed") < at("run_started"), "the clock was back: {told}");
}

#[test]
fn on_a_full_disk_no_write_begins_and_with_room_the_run_goes_on() {
    let story = told();
    let small = story.folder().join("small");
    fs::create_dir(&small).unwrap();
    // A disk of 1 MiB; the first block fills it.
    let text = TEXT
        .replace("echo a >> one", "echo a >> one; cat /dev/zero > small/fill 2> /dev/null || true");
    story.write("a.md", &text);
    let plan: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    story.write(
        "answers.toml",
        &format!("plan = \"{plan}\"\n[confirm]\n1 = [\"writes\"]\n2 = [\"writes\"]\n[unknown]\n1 = \"happened\"\n"),
    );
    let script = format!(
        "set -eu\nmount -t tmpfs -o size=1m small small\nexport XDG_STATE_HOME=$PWD/small\n\
         {RUNBOOK} run a.md --answers answers.toml > first 2>&1 && code=0 || code=$?\n\
         echo $code > code; cp two two-before 2> /dev/null || true; rm small/fill\n\
         exec {RUNBOOK} resume --answers answers.toml"
    );
    let ours = story.command(&[]);
    let environment = ours.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "bash", "-c", &script])
        .env_clear()
        .envs(environment)
        .current_dir(story.folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = file(&story, "first");
    assert_eq!(file(&story, "code"), "5\n", "{first}");
    assert!(first.contains("the disk is full; make room and resume"), "{first}");
    assert!(first.contains("broke off in step 1: go on with `runbook resume 20"), "{first}");
    assert!(!story.folder().join("two-before").exists(), "a write began that was not recorded");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!((file(&story, "one"), file(&story, "two")), ("a\n".into(), "b\n".into()));
}
