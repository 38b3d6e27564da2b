//! Runs that begin at a step, carry out only some, or come to a point of no return that the runbook
//! names: what is left out is told, recorded and counts.
#![allow(clippy::unwrap_used, reason = "a test")]

mod screen;
mod story;

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use story::{Ended, Story};

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A runbook with these blocks, a step each.
fn runbook(blocks: &[&str]) -> String {
    let mut text = "# Try\n".to_owned();
    for (number, block) in (1..).zip(blocks) {
        text.push_str(&format!("\n## Step {number} — Do {number}\n\n```bash\n{block}\n```\n"));
    }
    text
}

/// A story with one runbook, `a.md`.
struct Tale {
    story: Story,
    text: String,
}

impl Tale {
    fn of(text: &str) -> Self {
        let story = Story::new();
        story.write("a.md", text);
        Self { story, text: text.to_owned() }
    }

    fn steps(blocks: &[&str]) -> Self {
        Self::of(&runbook(blocks))
    }

    /// Puts another text in its place.
    fn rewrite(&mut self, text: &str) {
        self.story.write("a.md", text);
        text.clone_into(&mut self.text);
    }

    /// Writes the answers for the whole runbook as it is.
    fn answers(&self, text: &str) {
        let bound = format!("plan = \"{}\"\n{text}\n", digest(&self.text));
        self.story.write("answers.toml", &bound);
    }

    /// Writes the answers for the runbook without the steps at these places.
    fn answers_without(&self, places: &str, text: &str) {
        let part = digest(&format!("{} without {places}", digest(&self.text)));
        self.story.write("answers.toml", &format!("plan = \"{part}\"\n{text}\n"));
    }

    fn run(&self, words: &[&str]) -> Ended {
        self.story.run(&[&["run", "a.md", "--answers", "answers.toml"], words].concat())
    }

    fn resume(&self, words: &[&str]) -> Ended {
        self.story.run(&[&["resume", "--answers", "answers.toml"], words].concat())
    }

    /// Starts it, and kills it with SIGKILL once `name` is there.
    fn killed_when(&self, name: &str, words: &[&str]) {
        let mut command = self.story.command(words);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.story.folder().join(name).exists() {
            assert!(Instant::now() < deadline, "never: {name}");
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.story.folder().join(name)).unwrap_or_default()
    }
}

#[test]
fn a_run_begins_at_a_step_and_says_what_it_leaves_out() {
    let tale = Tale::steps(&["echo a >> world", "echo ok\n# Expect: \"ok\"", "echo c >> world"]);
    tale.answers_without("0 1", "[confirm]\n3 = [\"writes\"]");
    let ended = tale.run(&["--from", "3", "--reason", "done by hand"]);
    ended.is(
        3,
        &[
            "left out (--from 3, by operator): done by hand",
            "step 1 \"Do 1\" (writes)",
            "step 2 \"Do 2\" (verifies)",
            "1 of 1 · step 3",
            "complete, with doubts: steps 1, 2 left out",
        ],
    );
    assert_eq!(tale.file("world"), "c\n");
    let told = "operator left out step 1 \"Do 1\" (writes), step 2 \"Do 2\" (verifies) (--from 3): done by hand";
    tale.story.run(&["show"]).is(0, &[told, "→ writes, skipped"]);
    tale.story.run(&["show", "--format", "json"]).is(0, &["\"event\":\"steps_left_out\""]);
    tale.story.run(&["show", "--format", "junit"]).is(0, &["tests=\"3\"", "<skipped"]);
    tale.story.run(&["show", "--format", "markdown"]).is(0, &["left out step 1", "## Left out"]);
    tale.story.run(&["show", "--verify"]).is(0, &[]);
}

#[test]
fn only_the_steps_that_are_named_are_carried_out() {
    let tale = Tale::steps(&["echo a >> world", "echo b >> world", "echo c >> world"]);
    let writes = "[confirm]\n1 = [\"writes\"]\n2 = [\"writes\"]\n3 = [\"writes\"]";
    tale.answers_without("1", writes);
    tale.run(&["--step", "3", "--step", "1"]).is(3, &["step 2 left out"]);
    assert_eq!(tale.file("world"), "a\nc\n");
    // Nothing is left out where all are named.
    tale.answers(writes);
    tale.run(&["--from", "1"]).is(0, &["complete"]);
    assert!(!tale.run(&[]).stdout.contains("left out"));
    // The record of a whole run has nothing that older ones lack.
    let told = tale.story.run(&["show", "--format", "json"]);
    assert!(!told.stdout.contains("\"part\"") && !told.stdout.contains("no_return"));
}

#[test]
fn a_step_that_is_not_there_is_named_with_those_that_are() {
    let tale = Tale::steps(&["true", "true"]);
    tale.answers("");
    tale.run(&["--from", "7"]).is(2, &["a.md: there is no step 7; known here: 1, 2"]);
    tale.run(&["--step", "x"]).is(2, &["there is no step x; known here: 1, 2"]);
    tale.run(&["--from", "1", "--step", "2"]).is(2, &["cannot be used with"]);
    tale.run(&["--reason", "x"]).is(2, &["--from STEP or --step STEP"]);
}

#[test]
fn answers_for_the_whole_runbook_confirm_nothing_of_a_part() {
    let tale = Tale::steps(&["echo a >> world", "echo b >> world"]);
    let writes = "[confirm]\n1 = [\"writes\"]\n2 = [\"writes\"]";
    tale.answers(writes);
    let ended = tale.run(&["--from", "2"]);
    ended.is(4, &["written for the whole runbook, and this run leaves out step 1"]);
    assert_eq!(tale.file("world"), "");
    // What is to be typed is said; it may still answer for what is left out.
    let at = ended.stderr.find("put plan = \"").unwrap() + "put plan = \"".len();
    let bound = ended.stderr[at..].split('"').next().unwrap();
    tale.story.write("answers.toml", &format!("plan = \"{bound}\"\n{writes}\n"));
    tale.run(&["--from", "2"]).is(3, &["step 1 left out"]);
    // For the whole they do not hold any more.
    tale.run(&[]).is(4, &["another part of it"]);
    assert_eq!(tale.file("world"), "b\n");
}

#[test]
fn what_a_left_out_step_would_have_set_is_asked_for_and_never_empty() {
    let tale = Tale::steps(&["ID=$(echo 7)", "echo \"id $ID\" >> world", "echo \"$ID\" >> world"]);
    tale.answers_without("0", "[confirm]\n2 = [\"writes\"]\n3 = [\"writes\"]");
    tale.run(&["--from", "2"])
        .is(3, &["input ID has no value (step 1 sets it, which is left out)"]);
    assert_eq!(tale.file("world"), "");
    let inputs = "[inputs]\nID = \"9\"\n[confirm]\n2 = [\"writes\"]\n";
    tale.answers_without("0", inputs);
    tale.resume(&[]).is(3, &["paused in step 3", "operator left out step 1"]);
    tale.answers_without("0", &format!("{inputs}3 = [\"writes\"]"));
    tale.resume(&[]).is(3, &["complete, with doubts: step 1 left out"]);
    assert_eq!(tale.file("world"), "id 9\n9\n");
}

#[test]
fn what_a_left_out_step_would_have_exported_reaches_programs_that_do_not_name_it() {
    let tale = Tale::steps(&["export ZONE=north", "sh -c 'echo zone $ZONE' >> world"]);
    tale.answers_without("0", "[confirm]\n2 = [\"writes\"]");
    tale.run(&["--from", "2"]).is(3, &["input ZONE has no value (step 1 sets it"]);
    tale.answers_without("0", "[inputs]\nZONE = \"south\"\n[confirm]\n2 = [\"writes\"]");
    tale.resume(&[]).is(3, &["step 1 left out"]);
    assert_eq!(tale.file("world"), "zone south\n");
}

#[test]
fn a_section_by_itself_asks_for_what_the_procedure_would_have_set() {
    let rollback = "\n## Rollback\n\n```bash\necho \"undo $ID\" >> world\n```\n";
    let tale = Tale::of(&(runbook(&["ID=$(echo 7)"]) + rollback));
    tale.answers("[confirm]\nrollback = [\"writes\"]");
    tale.run(&["--section", "rollback"])
        .is(3, &["input ID has no value (step 1 sets it, which is left out)"]);
    tale.answers("[inputs]\nID = \"8\"\n[confirm]\nrollback = [\"writes\"]");
    // No step of the section is left out.
    tale.resume(&[]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "undo 8\n");
}

#[test]
fn what_a_left_out_step_would_have_taken_from_a_secret_is_asked_for_as_one() {
    let tale = Tale::steps(&["PART=\"${CURRENT_TOKEN:0:9}\"", "echo \"$PART\""]);
    tale.answers_without("0", "[inputs]\nPART = \"part-of-it\"");
    let ended = tale.run(&["--from", "2"]);
    ended.is(3, &["PART = 10 characters, not shown", "[redacted PART]"]);
    assert!(!ended.stdout.contains("part-of-it"), "{}", ended.stdout);
}

#[test]
fn what_cannot_be_asked_for_is_refused_with_the_step_that_it_needs() {
    let tale = Tale::steps(&["f() { echo hi; }; A=(1 2)", "f", "echo \"${A[1]}\""]);
    tale.answers_without("0", "");
    tale.run(&["--from", "2"]).is(
        4,
        &[
            "step 2, line 12 calls `f`, which step 1 defines; carry out step 1, too",
            "step 3, line 18 reads `A`, which step 1 sets to more than one text",
        ],
    );
    tale.answers_without("2", "[confirm]\n1 = [\"writes\"]\n2 = [\"writes\"]");
    tale.run(&["--step", "1", "--step", "2"]).is(3, &["hi", "step 3 left out"]);
}

#[test]
fn what_else_is_missing_in_the_shell_is_told() {
    let first = "cd home\nls | wc -l\numask 077\nunset PROXY\nsource ./env";
    let tale = Tale::steps(&[first, "echo 0\n# Expect: a count matching step 1"]);
    tale.answers_without("0", "");
    tale.run(&["--from", "2"]).is(
        3,
        &[
            "step 1, line 6 changes the folder, and is left out",
            "says who may read new files, and is left out",
            "unsets `PROXY`, and is left out",
            "may set anything in the shell, and is left out",
            "step 2, line 17 compares with step 1, which is left out: a person judges it",
            "step 1 has not run in this run",
        ],
    );
}

const REVOCABLE: &str = "# Rotate\n\n## Step 1 — Set\n\n```bash\necho new >> world\n```\n\n\
    ## Step 2 — Verify\n\n```bash\ntail -n 1 world\n# Expect: contains \"new\"\n```\n\n\
    ## Step 3 — Revoke\n\nRevoke the old token in the vault.\n\n\
    ## Step 4 — Verify the end\n\n```bash\necho end\n# Expect: \"end\"\n```\n";

#[test]
fn a_verification_that_is_left_out_holds_back_what_cannot_be_undone_after_it() {
    let tale = Tale::of(REVOCABLE);
    let doubt = "the verification of step 2, line 12 was left out";
    let mut screen = tale.story.screen(&["run", "a.md", "--from", "3"]);
    screen.wait_for("step 2 \"Verify\" (verifies)");
    screen.answer("why (it is recorded)", "I looked myself");
    screen.wait_for("left out (--from 3, by operator): I looked myself");
    screen.wait_for("step 3 cannot be undone, and");
    screen.wait_for(doubt);
    screen.wait_for("why (it is recorded)");
    screen.keys("\x03");
    assert_eq!(screen.exit().code(), Some(3));
    // A resumed run knows it, and no answers let it go ahead.
    tale.answers_without("0 1", "[confirm]\n3 = [\"manual\", \"irreversible\"]");
    tale.resume(&[]).is(3, &[doubt, "only a person at a terminal lets it go ahead"]);
    let mut screen = tale.story.screen(&["resume"]);
    screen.wait_for(doubt);
    screen.answer("why (it is recorded)", "the owner looked, too");
    screen.answer("To go on type a", "a");
    screen.wait_for("done?");
    screen.keys("\x03");
    assert_eq!(screen.exit().code(), Some(3));
    // What was accepted is not asked again.
    tale.resume(&[]).is(3, &["complete, with doubts: steps 1, 2 left out"]);
}

#[test]
fn a_run_that_is_paused_at_the_reason_asks_for_it_again() {
    let tale = Tale::of(REVOCABLE);
    let mut screen = tale.story.screen(&["run", "a.md", "--step", "1"]);
    screen.wait_for("step 3 \"Revoke\" (cannot be undone)");
    screen.wait_for("why (it is recorded)");
    screen.keys("\x03");
    assert_eq!(screen.exit().code(), Some(3));
    let mut screen = tale.story.screen(&["resume"]);
    screen.answer("why (it is recorded)", "only a test");
    screen.wait_for("left out (--step 1, by operator): only a test");
    screen.answer("run it?", "y");
    screen.wait_for("complete, with doubts: steps 2, 3, 4 left out");
    assert_eq!(tale.file("world"), "new\n");
}

#[test]
fn a_verification_that_is_left_out_behind_it_holds_nothing_back() {
    let tale = Tale::of(REVOCABLE);
    tale.answers_without("0 1 3", "[confirm]\n3 = [\"manual\", \"irreversible\"]");
    tale.run(&["--step", "3"]).is(3, &["the verification of step 2, line 12 was left out"]);
    tale.answers_without("3", "[confirm]\n1 = [\"writes\"]\n3 = [\"manual\", \"irreversible\"]");
    tale.run(&["--step", "1", "--step", "2", "--step", "3"]).is(3, &["step 4 left out"]);
}

#[test]
fn a_part_goes_on_after_a_crash_with_the_same_part() {
    let tale = Tale::steps(&[
        "echo a >> world",
        "echo b >> world",
        "touch reached; sleep 30; echo c >> world",
        "echo d >> world",
    ]);
    let confirm = "[confirm]\n2 = [\"writes\"]\n3 = [\"writes\"]\n4 = [\"writes\"]\n";
    tale.answers_without("0", confirm);
    tale.killed_when("reached", &["run", "a.md", "--answers", "answers.toml", "--from", "2"]);
    tale.answers_without("0", &format!("{confirm}[unknown]\n3 = \"happened\""));
    tale.resume(&["--redo", "1", "--reason", "x"]).is(2, &["step 1 is left out of this run"]);
    tale.resume(&[]).is(3, &["operator left out step 1", "step 1 left out"]);
    assert_eq!(tale.file("world"), "b\nd\n");
}

#[test]
fn a_step_that_is_inserted_while_it_is_paused_does_not_move_the_part() {
    let mut tale = Tale::steps(&["echo a >> world", "echo b >> world", "echo c >> world"]);
    tale.answers_without("0", "[confirm]\n2 = [\"writes\"]");
    tale.run(&["--from", "2"]).is(3, &["paused in step 3"]);
    // What was step 2 is step 3 now; the new one before it belongs to what is left out.
    let text = tale
        .text
        .replace("Step 3 — Do 3", "Step 4 — Do 3")
        .replace("Step 2 — Do 2", "Step 3 — Do 2")
        .replace("## Step 3", "## Step 2 — New\n\n```bash\necho new >> world\n```\n\n## Step 3");
    tale.rewrite(&text);
    tale.answers_without("0 1", "[confirm]\n2 = [\"writes\"]\n4 = [\"writes\"]");
    let ended = tale.resume(&["--accept-changes", "--reason", "a step was added"]);
    ended.is(3, &["left out (--from 3", "step 2 \"New\" (writes)", "steps 1, 2 left out"]);
    assert_eq!(tale.file("world"), "b\nc\n");
}

#[test]
fn a_part_whose_first_step_is_gone_is_not_guessed_at() {
    let mut tale = Tale::steps(&["echo a >> world", "true", "echo c >> world"]);
    tale.answers_without("0", "");
    tale.run(&["--from", "2"]).is(3, &["paused in step 3"]);
    let at = tale.text.find("## Step 2").unwrap()..tale.text.find("## Step 3").unwrap();
    let text = tale.text.replace(&tale.text[at], "");
    tale.rewrite(&text);
    let gone = "this run was begun with --from 2, and step 2 is not in the runbook any more";
    tale.resume(&["--accept-changes", "--reason", "x"]).is(4, &[gone]);
    assert_eq!(tale.file("world"), "");
}

#[test]
fn a_step_that_has_passed_is_done_again_while_a_later_one_waits() {
    let tale = Tale::steps(&["echo a >> world", "echo b >> world", "echo c >> world"]);
    let mut screen = tale.story.screen(&["run", "a.md"]);
    screen.answer("run it?", "y");
    screen.answer("run it?", "y");
    screen.wait_for("step 3 · Do 3");
    screen.answer("run it?", "p");
    screen.wait_for("paused in step 3");
    assert_eq!(screen.exit().code(), Some(3));
    let mut screen = tale.story.screen(&["resume", "--redo", "1", "--reason", "it was wrong"]);
    screen.wait_for("step 1 · Do 1");
    screen.answer("run it?", "y");
    screen.wait_for("step 3 · Do 3");
    screen.answer("run it?", "y");
    screen.wait_for("complete");
    assert_eq!(tale.file("world"), "a\nb\na\nc\n");
    tale.story.run(&["show"]).is(0, &["operator did steps again: it was wrong"]);
}

#[test]
fn a_rehearsal_leaves_out_the_same() {
    let tale = Tale::steps(&["ID=$(echo 7)", "echo \"id $ID\""]);
    fs::create_dir(tale.story.folder().join("stand-ins")).unwrap();
    tale.story.write("answers.toml", "[inputs]\nID = \"9\"\n");
    let words = ["rehearse", "a.md", "--stand-ins", "stand-ins", "--answers", "answers.toml"];
    let ended = tale.story.run(&[&words[..], &["--from", "2", "--reason", "x"]].concat());
    ended.is(3, &["left out (--from 2, by operator): x", "id 9", "step 1 left out"]);
}

/// Its step 2 is named as the point of no return; no command in it is known to be one.
const NO_RETURN: &str = "# Move\n\n## Step 1 — Copy\n\n```bash\necho a >> world\n```\n\n\
    ## Step 2 — Switch\n\n```bash\necho look\n```\n\n```bash\necho b >> world\n```\n\n\
    ```bash\necho c >> world\n```\n\n## Step 3 — End\n\n```bash\necho d >> world\n```\n\n\
    ## Rollback\n\nUntil step 2, both are valid.\n\n```bash\necho undone >> world\n```\n";

#[test]
fn the_first_change_of_a_step_that_the_runbook_names_is_confirmed_by_the_target() {
    let tale = Tale::of(NO_RETURN);
    let mut screen = tale.story.screen(&["run", "a.md"]);
    screen.wait_for("Cannot be undone   from step 2");
    screen.wait_for("No way back        after step 2 (line 31): Until step 2, both are valid.");
    screen.answer("run it?", "y");
    screen.wait_for("look");
    screen.wait_for(
        "after step 2 there is no way back, as line 31 says: Until step 2, both are valid.",
    );
    screen.answer("run it?", "y");
    screen.answer("To go on type a", "b");
    screen.wait_for("that is not a");
    assert_eq!(tale.file("world"), "a\n");
    screen.answer("To go on type a", "a");
    // Once is enough: the way back is gone.
    screen.answer("run it?", "y");
    screen.answer("run it?", "y");
    screen.wait_for("complete");
    assert_eq!(screen.text().matches("To go on type a").count(), 2, "{}", screen.text());
    assert_eq!(tale.file("world"), "a\nb\nc\nd\n");
}

#[test]
fn there_is_a_way_back_until_the_first_change_of_that_step() {
    let tale = Tale::of(NO_RETURN);
    let writes = "[confirm]\n1 = [\"writes\"]\n2 = [\"writes\"]";
    let undo = ["rollback", "--answers", "answers.toml"];
    tale.answers(writes);
    tale.run(&[]).is(3, &["paused in step 2", "[confirm] 2 = \"writes\" and \"irreversible\""]);
    // That it looked is no change.
    tale.answers("[confirm]\nrollback = [\"writes\"]");
    tale.story.run(&undo).is(0, &["Rolls back"]);
    assert_eq!(tale.file("world"), "a\nundone\n");
    tale.answers("[confirm]\n1 = [\"writes\"]\n2 = [\"writes\", \"irreversible\"]");
    tale.run(&[]).is(3, &["paused in step 3"]);
    tale.answers("[confirm]\nrollback = [\"writes\"]");
    tale.story.run(&undo).is(4, &["has begun step 2 \"Switch\"", "only forward"]);
    assert_eq!(tale.file("world"), "a\nundone\na\nb\nc\n");
}

#[test]
fn after_a_crash_behind_the_point_it_is_not_confirmed_again() {
    let text = NO_RETURN.replace("echo c >>", "touch reached; sleep 30; echo c >>");
    let tale = Tale::of(&text);
    tale.answers("[confirm]\n1 = [\"writes\"]\n2 = [\"writes\", \"irreversible\"]");
    tale.killed_when("reached", &["run", "a.md", "--answers", "answers.toml"]);
    tale.answers("[confirm]\n2 = [\"writes\"]\n3 = [\"writes\"]\n[unknown]\n2 = \"happened\"");
    tale.resume(&[]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "a\nb\nd\n");
}

#[test]
fn what_is_done_by_hand_takes_the_way_back_too() {
    let text = NO_RETURN.replace("```bash\necho b >> world\n```", "Tell the owner to switch.");
    let tale = Tale::of(&text);
    tale.answers("[confirm]\n1 = [\"writes\"]\n2 = [\"manual\", \"writes\"]");
    tale.run(&[]).is(3, &["[confirm] 2 = \"manual\" and \"irreversible\""]);
}

#[test]
fn a_doubt_holds_back_the_step_that_the_runbook_names() {
    let text = NO_RETURN.replace("echo a >> world", "echo a\n# Expect: \"a\"");
    let tale = Tale::of(&text);
    tale.answers_without("0", "[confirm]\n2 = [\"writes\", \"irreversible\"]");
    tale.run(&["--from", "2"])
        .is(3, &["the verification of step 1, line 6 was left out: only a person at a terminal"]);
}

#[test]
fn who_went_on_behind_the_point_has_no_way_back_either() {
    let tale = Tale::of(NO_RETURN);
    tale.answers_without("0 1", "[confirm]\n3 = [\"writes\"]");
    let ended = tale.run(&["--from", "3"]);
    ended.is(3, &["step 2 \"Switch\" (writes, cannot be undone)"]);
    tale.answers("[confirm]\nrollback = [\"writes\"]");
    tale.story
        .run(&["rollback", "--answers", "answers.toml"])
        .is(4, &["has gone on behind step 2 \"Switch\", which cannot be undone", "only forward"]);
    assert_eq!(tale.file("world"), "d\n");
}

#[test]
fn the_point_is_explained_and_what_it_names_is_checked() {
    let tale = Tale::of(NO_RETURN);
    let said = "no way back after it (line 31): Until step 2, both are valid.";
    tale.story.run(&["explain", "a.md"]).is(0, &[said]);
    let ended = tale.story.run(&["explain", "a.md", "--format", "json"]);
    let explained: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(explained["steps"][1]["no_return"]["line"], 31);
    assert!(explained["steps"][0]["no_return"].is_null());
    let answers = tale.story.run(&["explain", "a.md", "--format", "answers"]);
    answers.is(0, &["# 2 = [\"writes\", \"irreversible\"]"]);
    tale.story.write("b.md", &NO_RETURN.replace("Until step 2", "Until step 9"));
    tale.story.run(&["check", "b.md"]).is(0, &["there is no step 9"]);
}
