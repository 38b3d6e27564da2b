//! Runs that were paused, cut off or handed over go on exactly where they were.
#![allow(clippy::unwrap_used, reason = "a test")]

mod screen;
mod story;

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use screen::Screen;
use story::{Ended, Story};

/// A runbook with these blocks, a step each.
fn runbook(blocks: &[&str]) -> String {
    let mut text = "# Try\n".to_owned();
    for (number, block) in (1..).zip(blocks) {
        text.push_str(&format!("\n## Step {number} — Do {number}\n\n```bash\n{block}\n```\n"));
    }
    text
}

fn plan(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A story with one runbook, `a.md`, and ways to carry it out.
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

    /// Writes the answers for the runbook as it is.
    fn answers(&self, text: &str) {
        let bound = format!("plan = \"{}\"\n{text}\n", plan(&self.text));
        self.story.write("answers.toml", &bound);
    }

    fn run(&self, words: &[&str]) -> Ended {
        self.story.run(&[&["run", "a.md", "--answers", "answers.toml"], words].concat())
    }

    fn resume(&self, words: &[&str]) -> Ended {
        self.story.run(&[&["resume", "--answers", "answers.toml"], words].concat())
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.story.folder().join(name)).unwrap_or_default()
    }

    /// Starts it, and kills it with SIGKILL once `name` is there.
    fn killed_when(&self, name: &str) {
        let mut child = self.start();
        let path = self.story.folder().join(name);
        wait_until(name, || path.exists());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn start(&self) -> Child {
        let words = ["run", "a.md", "--answers", "answers.toml"];
        let mut command = self.story.command(&words);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

#[track_caller]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

const WRITES: &str = "[confirm]\n1 = [\"writes\"]\n2 = [\"writes\"]\n3 = [\"writes\"]";

#[test]
fn a_paused_run_goes_on_with_the_next_step_and_the_same_shell() {
    let tale = Tale::steps(&[
        "echo done >> one; X='a \"b\" $c'; f() { echo \"f says $X\"; }; cd \"$HOME\"; shopt -s nullglob; declare -A M=([k]='v w')",
        "echo done >> ../two",
        "f; pwd; shopt nullglob; declare -p M\n# Expect: contains \"f says a\"",
    ]);
    tale.answers("[confirm]\n1 = [\"writes\"]");
    tale.run(&[]).is(3, &["paused in step 2", "go on with `runbook resume"]);
    tale.answers(WRITES);
    let ended = tale.resume(&[]);
    ended.is(0, &["f says a \"b\" $c", "/home", "v w", "complete"]);
    assert!(!ended.stdout.contains("Do 1 ─"), "a step that was done is not shown again");
    assert_eq!((tale.file("one"), tale.file("two")), ("done\n".into(), "done\n".into()));
    // It is at its end.
    tale.resume(&[]).is(2, &["there is no such run"]);
    tale.story.run(&["show", "--verify"]).is(0, &["none changed or missing"]);
    tale.story.run(&["show"]).is(0, &["by operator (paused in step 2: "]);
}

#[test]
fn a_write_that_was_cut_off_is_put_to_the_operator_with_what_is_known() {
    let tale = Tale::steps(&[
        "true",
        "echo half >> world; touch reached; sleep 30; echo more >> world",
        "echo end",
    ]);
    tale.answers(WRITES);
    tale.killed_when("reached");
    // Nobody says what became of it: nothing runs.
    let ended = tale.resume(&[]);
    ended.is(3, &["whether step 2, line 12 happened is not known"]);
    assert_eq!(tale.file("world"), "half\n");
    tale.story.run(&["show"]).is(0, &["NOT KNOWN to have ended"]);
    tale.story.run(&["runs", "--unfinished"]).is(0, &["paused in step 2"]);
    // It is said that it happened.
    tale.answers(&format!("{WRITES}\n[unknown]\n2 = \"happened\""));
    tale.resume(&[]).is(0, &["it is said that it happened", "judged to hold"]);
    assert_eq!(tale.file("world"), "half\n", "it was not run again");
}

#[test]
fn a_write_that_did_not_happen_runs_once_more_and_one_that_its_check_shows_does_not() {
    let block = "[ -e go ] || { touch reached; sleep 30; }; echo done >> world\n\
                 # Expect: no output\ncat world\n# Expect: contains \"done\"";
    for (before, runs) in [("", 1), ("done\n", 0)] {
        let tale = Tale::steps(&["true", block, "true"]);
        tale.story.write("world", before);
        tale.answers(WRITES);
        tale.killed_when("reached");
        tale.story.write("go", "");
        tale.answers(&format!("{WRITES}\n[unknown]\n2 = \"check\""));
        tale.resume(&[]).is(0, &["its check is"]);
        assert_eq!(tale.file("world"), format!("{before}{}", "done\n".repeat(runs)));
    }
}

#[test]
fn what_was_begun_and_is_not_known_is_not_forgotten_when_its_text_changes() {
    let tale = Tale::steps(&["true", "touch reached; sleep 30; echo done >> world", "true"]);
    tale.answers(WRITES);
    tale.killed_when("reached");
    let text = tale.text.replace("sleep 30; ", "");
    tale.story.write("a.md", &text);
    let tale = Tale { text, ..tale };
    tale.answers(WRITES);
    let accept = ["--accept-changes", "--reason", "it waits no more"];
    tale.resume(&accept).is(4, &["nobody has said what became of it", "--redo 2"]);
    assert_eq!(tale.file("world"), "");
    tale.resume(&[&accept[..], &["--redo", "2"]].concat()).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "done\n");
}

#[test]
fn a_read_that_was_cut_off_runs_again() {
    let tale = Tale::steps(&[
        "touch reached",
        "[ -e go ] || sleep 30; echo read\n# Expect: contains \"read\"",
    ]);
    tale.answers("[confirm]\n1 = [\"writes\"]");
    let mut child = tale.start();
    wait_until("the second step begins", || tale.story.run(&["show"]).stdout.contains("sleep 30"));
    child.kill().unwrap();
    child.wait().unwrap();
    tale.story.write("go", "");
    tale.resume(&[]).is(0, &["1 met"]);
}

#[test]
fn a_secret_is_asked_again_and_another_one_is_noticed() {
    let tale =
        Tale::steps(&["echo \"${#CURRENT_TOKEN}\" > one", "echo \"${#CURRENT_TOKEN}\" > two"]);
    let token = |value: &str| format!("[inputs]\nCURRENT_TOKEN = \"{value}\"\n");
    tale.answers(&format!("{}[confirm]\n1 = [\"writes\"]", token("tok-abcdef-123456")));
    tale.run(&[]).is(3, &["paused in step 2"]);
    let two = WRITES.replace("\n3 = [\"writes\"]", "");
    tale.answers(&format!("{}{two}", token("tok-abcdef-654321")));
    tale.resume(&[]).is(3, &["it is not the value that this run was begun with"]);
    assert_eq!(tale.file("two"), "");
    tale.answers(&format!("{}{two}", token("tok-abcdef-123456")));
    tale.resume(&[]).is(0, &["complete"]);
    assert_eq!(tale.file("two"), "17\n");
    // Nothing of it is in any file of the state folder, in any encoding that is easily looked for.
    for entry in fs::read_dir(tale.story.folder().join("home/.local/state/runbook")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for needle in
            [&b"tok-abcdef-123456"[..], b"dG9rLWFiY2RlZi0xMjM0NTY", b"746f6b2d616263646566"]
        {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
    }
}

#[test]
fn on_another_machine_a_secret_cannot_be_compared_which_is_said_and_it_is_taken() {
    let uses = "echo \"${#CURRENT_TOKEN}\" >> used";
    let tale = Tale::steps(&[uses, uses, uses]);
    let token = |value: &str| format!("[inputs]\nCURRENT_TOKEN = \"{value}\"\n[confirm]\n");
    let answers = |value: &str, step: u8| {
        tale.answers(&format!("{}{step} = [\"writes\"]", token(value)));
    };
    answers("tok-abcdef-123456", 1);
    tale.run(&[]).is(3, &["paused in step 2"]);
    // The key is not in the journal: what is moved, or left without it, can be compared no more.
    fs::remove_file(tale.story.folder().join("home/.local/state/runbook/key")).unwrap();
    answers("tok-abcdef-1234567", 2);
    let said = "CURRENT_TOKEN cannot be compared with the value that the run was begun with";
    tale.resume(&[]).is(3, &[said, "paused in step 3"]);
    assert_eq!(tale.file("used"), "17\n18\n");
    // From here on it can be compared again.
    answers("tok-abcdef-123456", 3);
    let refused = tale.resume(&[]);
    refused.is(3, &["it is not the value that this run was begun with"]);
    assert!(!refused.stdout.contains(said), "{}", refused.stdout);
    answers("tok-abcdef-1234567", 3);
    tale.resume(&[]).is(0, &["complete"]);
    assert_eq!(tale.file("used"), "17\n18\n18\n");
    tale.story.run(&["show"]).is(0, &[said]);
}

#[test]
fn a_step_that_is_done_again_takes_another_secret_where_it_is_asked_for_in_it() {
    let uses = "echo \"${#CURRENT_TOKEN}\" >> used";
    let tale = Tale::steps(&[uses, uses]);
    let answers = |value: &str, steps: &str| {
        tale.answers(&format!("[inputs]\nCURRENT_TOKEN = \"{value}\"\n[confirm]\n{steps}"));
    };
    answers("tok-abcdef-123456", "1 = [\"writes\"]");
    tale.run(&[]).is(3, &["paused in step 2"]);
    answers("tok-abcdef-1234567", "1 = [\"writes\"]\n2 = [\"writes\"]");
    let redo = |step| tale.resume(&["--redo", step, "--reason", "it was rotated"]);
    redo("2").is(3, &["it is not the value that this run was begun with"]);
    redo("1").is(0, &["complete"]);
    assert_eq!(tale.file("used"), "17\n18\n18\n");
}

#[test]
fn what_was_captured_from_a_secret_is_not_kept_and_asked_for() {
    let tale = Tale::steps(&[
        "PART=\"${CURRENT_TOKEN:0:9}\"; echo x > one",
        "echo x > two",
        "echo \"$PART\" | wc -c\n# Expect: 10",
    ]);
    let inputs = "[inputs]\nCURRENT_TOKEN = \"tok-abcdef-123456\"\n";
    tale.answers(&format!("{inputs}[confirm]\n1 = [\"writes\"]"));
    tale.run(&[]).is(3, &["paused in step 2"]);
    tale.answers(&format!("{inputs}{WRITES}"));
    tale.resume(&[]).is(3, &["PART", "step 1 set it", "--redo 1"]);
    // Redoing the step obtains it anew.
    tale.resume(&["--redo", "1", "--reason", "its value is needed"]).is(0, &["complete"]);
    assert_eq!((tale.file("one"), tale.file("two")), ("x\n".into(), "x\n".into()));
}

#[test]
fn what_the_run_itself_has_set_is_not_overwritten_by_what_was_given() {
    let tale = Tale::steps(&["echo \"$X\" >> world", "X=new", "echo \"$X\" >> world"]);
    let inputs = "[inputs]\nX = \"old\"\n";
    tale.answers(&format!("{inputs}[confirm]\n1 = [\"writes\"]"));
    tale.run(&[]).is(3, &["paused in step 3"]);
    tale.answers(&format!("{inputs}{WRITES}"));
    tale.resume(&[]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "old\nnew\n");
    // Nor in one go.
    tale.run(&[]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "old\nnew\nold\nnew\n");
}

#[test]
fn a_list_goes_on_with_the_values_that_are_left() {
    let text = "# Apps\n\n## Step 1 — Set\n\n```bash\necho <app> >> world; [ <app> != three ] || { touch reached; sleep 30; }\n```\n";
    let tale = Tale::of(text);
    let inputs = "[inputs]\napp = [\"one\", \"two\", \"three\", \"four\"]\n";
    tale.answers(&format!("{inputs}{WRITES}").replace("\n2 = [\"writes\"]\n3 = [\"writes\"]", ""));
    tale.killed_when("reached");
    let confirm = "[confirm]\n1 = [\"writes\"]\n";
    tale.answers(&format!("{inputs}{confirm}"));
    tale.resume(&[]).is(3, &["with app = three", "not known"]);
    tale.answers(&format!("{inputs}{confirm}[unknown]\n1 = \"happened\""));
    tale.resume(&[]).is(0, &["with app = four"]);
    assert_eq!(tale.file("world"), "one\ntwo\nthree\nfour\n");
}

#[test]
fn an_inserted_step_does_not_move_the_run() {
    let tale = Tale::steps(&["echo a >> one", "echo b >> two", "echo c >> three"]);
    tale.answers("[confirm]\n1 = [\"writes\"]");
    tale.run(&[]).is(3, &["paused in step 2"]);
    // A step comes in before the one that was done, and every number shifts.
    let text = tale
        .text
        .replace("Step 3 — Do 3", "Step 4 — Do 3")
        .replace("Step 2 — Do 2", "Step 3 — Do 2")
        .replace(
            "## Step 1 — Do 1",
            "## Step 1 — Look first\n\n```bash\necho look\n```\n\n## Step 2 — Do 1",
        );
    tale.story.write("a.md", &text);
    let tale = Tale { text, ..tale };
    tale.answers("[confirm]\n3 = [\"writes\"]\n4 = [\"writes\"]");
    let ended = tale.resume(&[]);
    ended.is(4, &["has changed since", "--accept-changes"]);
    let ended = tale.resume(&["--accept-changes", "--reason", "only a look was added"]);
    ended.is(0, &["\"Look first\"", "is new", "complete"]);
    let files = ["one", "two", "three"].map(|name| tale.file(name));
    assert_eq!(files, ["a\n", "b\n", "c\n"], "each was done once");
}

#[test]
fn a_change_of_what_is_still_to_be_done_needs_no_word_and_is_told() {
    let tale = Tale::steps(&["echo a >> one", "echo b >> two"]);
    tale.answers("[confirm]\n1 = [\"writes\"]");
    tale.run(&[]).is(3, &[]);
    let text = tale.text.replace("echo b", "echo B");
    tale.story.write("a.md", &text);
    let tale = Tale { text, ..tale };
    tale.answers(WRITES.replace("\n3 = [\"writes\"]", "").as_str());
    tale.resume(&[]).is(0, &["step 2 \"Do 2\" has changed"]);
    assert_eq!((tale.file("one"), tale.file("two")), ("a\n".into(), "B\n".into()));
}

#[test]
fn two_steps_of_the_same_name_are_told_apart() {
    let step = |text: &str| format!("## Store it\n\n```bash\n{text}\n```\n\n");
    let text = format!(
        "# T\n\n{}{}{}",
        step("echo a >> one"),
        step("echo b >> two"),
        step("echo c >> three")
    );
    let tale = Tale::of(&text);
    tale.answers("[confirm]\nstore-it = [\"writes\"]");
    let ended = tale.run(&[]);
    ended.is(3, &[]);
    assert_eq!(tale.file("one"), "a\n");
    let ids = ["store-it", "store-it-2", "store-it-3"];
    let confirm: String = ids.iter().map(|id| format!("{id} = [\"writes\"]\n")).collect();
    tale.answers(&format!("[confirm]\n{confirm}"));
    tale.resume(&[]).is(0, &[]);
    let files = ["one", "two", "three"].map(|name| tale.file(name));
    assert_eq!(files, ["a\n", "b\n", "c\n"]);
}

#[test]
fn somebody_elses_run_is_taken_only_with_a_reason() {
    let tale = Tale::steps(&["echo a >> one", "echo b >> two"]);
    tale.answers("[confirm]\n1 = [\"writes\"]");
    tale.run(&[]).is(3, &[]);
    let tale = Tale { story: tale.story.with("USER", "bob"), ..tale };
    tale.answers(WRITES.replace("\n3 = [\"writes\"]", "").as_str());
    tale.resume(&[]).is(4, &["is operator's, and you are bob", "--take --reason"]);
    tale.resume(&["--take"]).is(2, &["--reason"]);
    tale.resume(&["--take", "--reason", "their shift is over"])
        .is(0, &["Taken from", "their shift is over"]);
    tale.story.run(&["show"]).is(0, &["bob took it from operator: their shift is over"]);
}

#[test]
fn one_run_at_a_time_is_at_work_on_a_target() {
    let tale =
        Tale::steps(&["true", "touch reached; while [ ! -e go ]; do sleep 0.05; done", "true"]);
    tale.answers(WRITES);
    let mut child = tale.start();
    wait_until("reached", || tale.story.folder().join("reached").exists());
    tale.run(&[]).is(4, &["operator holds a since", "it is alive"]);
    tale.resume(&[]).is(4, &["it is alive"]);
    tale.story.run(&["runs"]).is(0, &["under way in step 2"]);
    tale.story.run(&["show"]).is(0, &["no: it is under way (process "]);
    tale.story.write("go", "");
    assert!(child.wait().unwrap().success());
    // A holder that was killed is told of, and the next one gets it.
    fs::remove_file(tale.story.folder().join("go")).unwrap();
    fs::remove_file(tale.story.folder().join("reached")).unwrap();
    tale.killed_when("reached");
    let goes_on = "); `runbook resume 20";
    tale.story.run(&["show"]).is(0, &["no: its process was killed (process ", goes_on]);
    tale.story.write("go", "");
    tale.run(&[]).is(0, &["that process is gone", "is not at its end in step 2"]);
}

#[test]
fn three_paused_runs_are_each_gone_on_with_by_name() {
    let tale = Tale::steps(&["true", "echo \"$APP\" >> world"]);
    tale.answers("");
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let text = tale.text.replace("# Try", &format!("# Try\n\n**Target:** {name}"));
        tale.story.write(&format!("{name}.md"), &text);
        let ended = tale.story.run(&["run", &format!("{name}.md"), "--non-interactive"]);
        ended.is(3, &[]);
        let at = ended.stdout.find("runbook resume ").unwrap() + "runbook resume ".len();
        ids.push(ended.stdout[at..].split(['`', '\n', ' ']).next().unwrap().to_owned());
    }
    for (id, name) in ids.iter().zip(["a", "b", "c"]) {
        let text = fs::read_to_string(tale.story.folder().join(format!("{name}.md"))).unwrap();
        let bound = format!(
            "plan = \"{}\"\n[inputs]\nAPP = \"{name}\"\n[confirm]\n2 = [\"writes\"]\n",
            plan(&text)
        );
        tale.story.write("answers.toml", &bound);
        tale.story.run(&["resume", id, "--answers", "answers.toml"]).is(0, &[]);
    }
    assert_eq!(tale.file("world"), "a\nb\nc\n");
}

#[test]
fn a_resumed_run_asks_a_second_question_and_is_resumed_again() {
    let text = "# Try\n\n## Step 1 — Do\n\nAsk the owner to agree.\n\n## Step 2 — Do\n\nAsk the owner again to agree.\n\n## Step 3 — End\n\n```bash\necho end > world\n```\n";
    let tale = Tale::of(text);
    tale.answers("");
    tale.run(&[]).is(3, &["paused in step 1"]);
    tale.answers("[confirm]\n1 = [\"manual\"]");
    tale.resume(&[]).is(3, &["paused in step 2"]);
    tale.answers("[confirm]\n2 = [\"manual\"]");
    tale.resume(&[]).is(3, &["paused in step 3"]);
    tale.answers("[confirm]\n3 = [\"writes\"]");
    tale.resume(&[]).is(0, &["2 confirmed"]);
    assert_eq!(tale.file("world"), "end\n");
}

#[test]
fn a_run_is_moved_to_another_machine_and_goes_on_there() {
    let tale = Tale::steps(&["echo a >> one; X=kept", "echo \"$X\" >> two"]);
    tale.answers("[confirm]\n1 = [\"writes\"]");
    tale.run(&[]).is(3, &[]);
    tale.story.run(&["show", "--export", "run.jsonl"]).is(0, &["head"]);
    tale.story.run(&["show", "--export", "run.jsonl"]).is(5, &["exists"]);
    let there = tale.story.folder().join("elsewhere").display().to_string();
    let tale = Tale { story: tale.story.with("XDG_STATE_HOME", &there), ..tale };
    tale.story.run(&["runs", "--import", "run.jsonl"]).is(0, &["entries taken"]);
    tale.answers(WRITES.replace("\n3 = [\"writes\"]", "").as_str());
    // It says whose it was, and is taken only with a reason.
    let handed = "operator has handed it over on";
    tale.resume(&[]).is(4, &[handed, "run.jsonl", "--take --reason"]);
    let taken = ["--take", "--reason", "it goes on here"];
    tale.resume(&taken).is(0, &["Taken from", "operator on", "complete"]);
    assert_eq!(tale.file("two"), "kept\n");
    tale.story.run(&["show", "--verify"]).is(0, &[]);
    tale.story.run(&["show"]).is(0, &[handed, "operator took it from operator on"]);
}

#[test]
fn a_run_that_was_handed_over_is_gone_on_with_here_only_with_a_reason() {
    let tale = Tale::steps(&["echo a >> one", "echo b >> two"]);
    tale.answers("[confirm]\n1 = [\"writes\"]");
    tale.run(&[]).is(3, &[]);
    let exported = tale.story.run(&["show", "--export", "run.jsonl"]);
    exported.is(0, &["it is handed over with that file"]);
    tale.answers(WRITES.replace("\n3 = [\"writes\"]", "").as_str());
    let refused = "it may have gone on wherever that was taken";
    tale.resume(&[]).is(4, &["was handed over", "run.jsonl", refused, "--take --reason"]);
    tale.story.run(&["rollback"]).is(4, &["was handed over", refused]);
    assert_eq!(tale.file("two"), "");
    // The file itself tells nothing new, and to write it once more hands it over no second time.
    tale.story.run(&["runs", "--import", "run.jsonl"]).is(0, &["0 entries taken"]);
    tale.story.run(&["show", "--export", "again.jsonl"]).is(0, &[]);
    assert_eq!(tale.file("run.jsonl"), tale.file("again.jsonl"));
    // What has gone on there comes back with its end.
    let there = tale.story.folder().join("elsewhere").display().to_string();
    let elsewhere = |words: &[&str]| {
        let output = tale.story.command(words).env("XDG_STATE_HOME", &there).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    elsewhere(&["runs", "--import", "run.jsonl"]);
    let taken = ["--take", "--reason", "it goes on there"];
    elsewhere(&[&["resume", "--answers", "answers.toml"], &taken[..]].concat());
    elsewhere(&["show", "--export", "back.jsonl"]);
    tale.story.run(&["runs", "--import", "back.jsonl"]).is(0, &["entries taken"]);
    let run = id(&tale);
    tale.story.run(&["resume", &run]).is(2, &["came to its end"]);
    assert_eq!(tale.file("two"), "b\n");
    // What has ended is an archive: nothing is added to it.
    let file = tale.file("back.jsonl");
    assert!(file.lines().last().unwrap().contains("run_ended"), "{file}");
}

#[test]
fn a_run_that_is_under_way_is_not_handed_over() {
    let tale = Tale::steps(&["echo a >> one", "echo b >> two"]);
    let mut screen = tale.story.screen(&["run", "a.md"]);
    screen.wait_for("run it?");
    let refused = tale.story.run(&["show", "--export", "run.jsonl"]);
    refused.is(4, &["is under way (process", "pause it there"]);
    assert!(!tale.story.folder().join("run.jsonl").exists());
    screen.keys("\x03");
    assert_eq!(screen.exit().code(), Some(3));
    tale.story.run(&["show", "--export", "run.jsonl"]).is(0, &["handed over"]);
}

/// The id of the newest run.
fn id(tale: &Tale) -> String {
    let runs = tale.story.run(&["runs", "--format", "json"]).stdout;
    let runs: serde_json::Value = serde_json::from_str(&runs).unwrap();
    runs["runs"][0]["run"].as_str().unwrap().to_owned()
}

#[test]
fn at_a_terminal_what_is_known_of_a_write_is_told_and_asked() {
    let tale = Tale::steps(&[
        "true",
        "echo half; echo half >> world; touch reached; sleep 30",
        "echo end",
    ]);
    tale.answers(WRITES);
    tale.killed_when("reached");
    let mut screen = tale.story.screen(&["resume"]);
    screen.wait_for("did it happen?");
    let text = screen.text();
    for told in ["Step 2, line 12 was begun before", "$ echo half >> world", "it printed: half"] {
        assert!(text.contains(told), "{told:?} in\n{text}");
    }
    screen.line("y");
    screen.wait_for("why (it is recorded)");
    screen.line("world has it");
    screen.wait_for("complete");
    tale.story.run(&["show"]).is(0, &["it happened: world has it (operator)"]);
    assert_eq!(tale.file("world"), "half\n");
}

const REVOCABLE: &str = "# Rotate\n\n## Step 1 — Set\n\n```bash\necho new >> world\n```\n\n\
    ## Step 2 — Verify\n\n```bash\ntail -n 1 world\n# Expect: contains \"good\"\n```\n\n\
    ## Step 3 — Revoke\n\nRevoke the old token in the vault.\n\n\
    ## Rollback\n\n```bash\necho \"old $APP\" >> world\n```\n\n```bash\ntail -n 1 world\n# Expect: contains \"old\"\n```\n";

#[test]
fn a_rollback_is_a_run_of_its_own_until_the_point_of_no_return() {
    let tale = Tale::of(REVOCABLE);
    tale.answers("[confirm]\n1 = [\"writes\"]");
    tale.run(&[]).is(1, &["FAILED in step 2"]);
    tale.answers("[inputs]\nAPP = \"raptor\"\n[confirm]\nrollback = [\"writes\"]");
    let rollback = ["rollback", "--answers", "answers.toml"];
    tale.story.run(&rollback).is(0, &["Rolls back", "complete"]);
    assert_eq!(tale.file("world"), "new\nold raptor\n");
    tale.story.run(&["show"]).is(0, &["Belongs to"]);
    // The newest run is the rollback itself now.
    tale.story.run(&rollback).is(2, &["is itself the rollback of"]);
    // What was undone is neither gone on with nor undone again.
    let runs = tale.story.run(&["runs", "--unfinished"]).stdout;
    let undone = runs.split_whitespace().next().unwrap().to_owned();
    tale.story.run(&["resume", &undone]).is(4, &["was rolled back by run"]);
    tale.story.run(&["rollback", &undone]).is(4, &["has a rollback already"]);
    assert_eq!(tale.file("world"), "new\nold raptor\n");
    // Forward only, once the old token may be dead.
    tale.story.write("world", "");
    let text = REVOCABLE.replace("echo new", "echo good");
    tale.story.write("a.md", &text);
    let tale = Tale { text, ..tale };
    tale.answers("[confirm]\n1 = [\"writes\"]\n3 = [\"manual\", \"irreversible\"]");
    tale.run(&[]).is(0, &[]);
    tale.answers("[inputs]\nAPP = \"raptor\"\n[confirm]\nrollback = [\"writes\"]");
    tale.story.run(&rollback).is(4, &["step 3 \"Revoke\"", "no way back"]);
    assert_eq!(tale.file("world"), "good\n");
}

/// A run whose verification was overruled, at what cannot be undone.
fn overruled(tale: &Tale) -> Screen {
    let mut screen = tale.story.screen(&["run", "a.md"]);
    screen.answer("run it?", "y");
    screen.answer("what now?", "o");
    screen.answer("why (it is recorded)", "it looked right to me");
    screen.wait_for("step 3 cannot be undone, and");
    screen
}

#[test]
fn what_cannot_be_undone_is_held_back_by_a_verification_that_was_overruled() {
    let tale = Tale::of(REVOCABLE);
    let mut screen = overruled(&tale);
    screen.wait_for("the verification of step 2, line 12 was overruled");
    // Not even a resumed run forgets it. What is typed before the question is there answers nothing.
    screen.wait_for("why (it is recorded)");
    screen.keys("\x03");
    screen.wait_for("paused in step 3");
    assert_eq!(screen.exit().code(), Some(3));
    tale.answers("[confirm]\n3 = [\"manual\", \"irreversible\"]");
    tale.resume(&[]).is(3, &["only a person at a terminal lets it go ahead"]);
    let mut screen = tale.story.screen(&["resume"]);
    screen.wait_for("the verification of step 2, line 12 was overruled");
    screen.answer("why (it is recorded)", "the owner looked, too");
    screen.wait_for("the owner looked, too");
    screen.answer("To go on type a", "a");
    screen.answer("done?", "y");
    screen.wait_for("complete, with doubts");
    tale.story.run(&["show"]).is(0, &["let step 3 go ahead all the same: the owner looked, too"]);
}

#[test]
fn what_one_person_has_accepted_is_told_and_asked_anew_of_another() {
    let tale = Tale::of(REVOCABLE);
    let mut screen = overruled(&tale);
    screen.answer("why (it is recorded)", "the vault is locked");
    screen.wait_for("To go on type a");
    screen.keys("\x03");
    assert_eq!(screen.exit().code(), Some(3));
    // Whose word it was is not asked again, and is reminded of it.
    let told = "operator let step 3 go ahead although the verification of step 2, line 12 was";
    let mut screen = tale.story.screen(&["resume"]);
    screen.wait_for("To go on type a");
    let shown = screen.shown().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains(told) && shown.contains("the vault is locked"), "{shown}");
    assert!(!shown.contains("your own word"), "{shown}");
    screen.keys("\x03");
    assert_eq!(screen.exit().code(), Some(3));
    let tale = Tale { story: tale.story.with("USER", "bob"), ..tale };
    let mut screen = tale.story.screen(&["resume", "--take", "--reason", "their shift is over"]);
    screen.wait_for("you are asked for your own word");
    screen.wait_for("step 3 cannot be undone, and");
    screen.wait_for("the verification of step 2, line 12 was overruled");
    screen.answer("why (it is recorded)", "I have looked, too");
    screen.wait_for("To go on type a");
    screen.keys("\x03");
    assert_eq!(screen.exit().code(), Some(3));
    // Their word counts, and no one else's is asked for.
    let mut screen = tale.story.screen(&["resume"]);
    screen.answer("To go on type a", "a");
    screen.answer("done?", "y");
    screen.wait_for("complete, with doubts");
    let shown = tale.story.run(&["show"]);
    let bob = "bob let step 3 go ahead all the same: I have looked, too";
    shown.is(0, &["operator let step 3 go ahead all the same: the vault is locked", bob]);
}

/// A runbook that requires a role.
fn with_role() -> Tale {
    Tale::of(
        "# Try\n\n**Required role:** superadmin\n\n## Step 1 — Do\n\n```bash\necho a >> world\n```\n",
    )
}

#[test]
fn a_role_that_is_missing_is_refused_and_recorded_and_glass_is_broken_loudly() {
    let tale = with_role();
    tale.answers("[confirm]\n1 = [\"writes\"]");
    tale.run(&["--role", "viewer"]).is(4, &["requires the role superadmin", "--break-glass"]);
    assert_eq!(tale.file("world"), "");
    tale.story.run(&["runs"]).is(0, &["REFUSED"]);
    tale.run(&["--role", "superadmin"]).is(0, &["superadmin, claimed by the operator"]);
    tale.run(&["--role", "viewer", "--break-glass", "the vault burns"])
        .is(0, &["BREAKING GLASS", "GLASS WAS BROKEN: the vault burns"]);
    tale.story.run(&["show"]).is(0, &["! operator: superadmin is required: GLASS WAS BROKEN"]);
    tale.run(&[]).is(0, &["neither verified nor claimed"]);
}

#[test]
fn a_team_s_command_says_who_has_a_role() {
    for (says, code) in [("viewer\nsuperadmin", 0), ("viewer", 4)] {
        let tale = with_role();
        tale.answers("[confirm]\n1 = [\"writes\"]");
        let command =
            format!("[roles]\ncommand = [\"printf\", \"{}\"]\n", says.replace('\n', "\\n"));
        tale.story.write("runbook.toml", &command);
        tale.story.run(&["trust", "runbook.toml"]).is(0, &[]);
        // A claim is worth nothing where somebody knows.
        tale.run(&["--role", "superadmin"]).is(code, &["superadmin"]);
        // Who touches the settings does not switch the question off.
        tale.story.write("runbook.toml", &format!("{command}\n"));
        tale.run(&["--role", "superadmin"]).is(4, &["is not trusted", "superadmin"]);
    }
}

#[test]
fn a_team_s_command_that_does_not_end_well_is_no_answer() {
    let cases = [
        ("echo superadmin; exit 3", "it ended with 3"),
        ("yes superadmin", "it prints more than 64 KiB"),
        ("echo superadmin; kill -9 $$", "it ended with 128"),
    ];
    for (script, why) in cases {
        let tale = with_role();
        tale.answers("[confirm]\n1 = [\"writes\"]");
        let settings = format!("[roles]\ncommand = [\"sh\", \"-c\", \"{script}\"]\n");
        tale.story.write("runbook.toml", &settings);
        tale.story.run(&["trust", "runbook.toml"]).is(0, &[]);
        tale.run(&["--role", "superadmin"]).is(5, &["failed to ask for your roles", why]);
        assert_eq!(tale.file("world"), "");
    }
}

#[test]
fn without_a_journal_a_run_goes_ahead_only_in_an_emergency_and_says_so_all_along() {
    let tale = Tale::steps(&["echo a >> one", "echo b >> two"]);
    tale.answers(&WRITES.replace("\n3 = [\"writes\"]", ""));
    let tale = Tale { story: tale.story.with("XDG_STATE_HOME", "/proc/nowhere"), ..tale };
    tale.run(&[]).is(5, &["failed to open the journal"]);
    assert_eq!(tale.file("one"), "");
    let ended = tale.run(&["--break-glass", "the disk is gone"]);
    ended.is(0, &["complete"]);
    let said = ended.stdout.matches("THIS RUN IS NOT RECORDED").count();
    assert_eq!(said, 3, "at the start and at each step: {}", ended.stdout);
}

#[test]
fn a_run_is_resumed_only_where_it_was() {
    let text = "# Try\n\n## Step 1 — Look\n\n```bash\naws s3 ls\n```\n\n\
                ## Step 2 — Do\n\n```bash\naws s3 rm s3://bucket/x\n```\n";
    let tale = Tale::of(text);
    let bin = tale.story.folder().join("bin");
    fs::create_dir(&bin).unwrap();
    let script =
        "#!/bin/sh\ncase \"$*\" in *rm*) echo \"$AWS_PROFILE\" >> world;; *) echo ok;; esac\n";
    fs::write(bin.join("aws"), script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(bin.join("aws"), executable).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let story = tale.story.with("PATH", &path).with("AWS_PROFILE", "staging");
    let tale = Tale { story, ..tale };
    tale.answers("");
    tale.run(&[]).is(3, &["paused in step 2"]);
    let tale = Tale { story: tale.story.with("AWS_PROFILE", "production"), ..tale };
    tale.answers("[confirm]\n2 = [\"writes\"]");
    tale.resume(&[]).is(
        4,
        &[
            "aws profile was staging and is production",
            "Go back there (`export AWS_PROFILE=staging`)",
        ],
    );
    assert_eq!(tale.file("world"), "", "nothing was written in the wrong place");
    let tale = Tale { story: tale.story.with("AWS_PROFILE", "staging"), ..tale };
    tale.resume(&[]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "staging\n");
}

/// A run whose secret came from where `from` says, paused before its second step.
fn fetched(from: &str) -> Tale {
    let tale =
        Tale::steps(&["echo \"${#CURRENT_TOKEN}\" > one", "echo \"${#CURRENT_TOKEN}\" > two"]);
    let tale = Tale { story: tale.story.with("MY_TOKEN", "tok-abcdef-123456"), ..tale };
    tale.story.write("secrets", "");
    fs::create_dir(tale.story.folder().join("vault")).unwrap();
    tale.story.write("vault/token", "tok-abcdef-123456\n");
    tale.answers(&format!("[inputs]\nCURRENT_TOKEN = {from}\n[confirm]\n1 = [\"writes\"]"));
    tale.run(&[]).is(3, &["paused in step 2"]);
    tale.answers("[confirm]\n2 = [\"writes\"]");
    tale
}

/// Whether something of the state folder holds the token, in an encoding that is easily looked for.
fn state_holds(tale: &Tale, needles: &[&str]) -> bool {
    let folder = fs::read_dir(tale.story.folder().join("home/.local/state/runbook")).unwrap();
    folder.map(|entry| fs::read(entry.unwrap().path()).unwrap()).any(|bytes| {
        needles.iter().any(|one| bytes.windows(one.len()).any(|window| window == one.as_bytes()))
    })
}

const TOKEN: [&str; 3] = ["tok-abcdef-123456", "dG9rLWFiY2RlZi0xMjM0NTY", "746f6b2d616263646566"];

#[test]
fn a_secret_is_fetched_again_from_where_it_was_fetched() {
    for (from, told) in [
        ("{ file = \"vault/token\" }", "(from reference: the file /"),
        ("{ env = \"MY_TOKEN\" }", "(from reference: the variable MY_TOKEN)"),
    ] {
        let tale = fetched(from);
        tale.resume(&[]).is(0, &[told, "complete"]);
        assert_eq!(tale.file("two"), "17\n");
        tale.story.run(&["show"]).is(0, &[told]);
        assert!(!state_holds(&tale, &TOKEN), "{from}");
    }
    // Another value there is noticed.
    let tale = fetched("{ file = \"vault/token\" }");
    tale.story.write("vault/token", "tok-abcdef-654321\n");
    tale.resume(&[]).is(3, &["it is not the value that this run was begun with"]);
    fs::remove_file(tale.story.folder().join("vault/token")).unwrap();
    tale.resume(&[]).is(3, &["which was fetched from the file /", "vault/token: No such file"]);
    assert_eq!(tale.file("two"), "");
    let mut screen = tale.story.screen(&["resume"]);
    screen.wait_for("No such file");
    screen.answer("CURRENT_TOKEN, hidden:", "tok-abcdef-123456");
    screen.answer("run it?", "y");
    screen.wait_for("complete");
}

#[test]
fn a_command_that_fetched_a_secret_runs_again_only_with_somebodys_word() {
    let tale = fetched("{ command = [\"cat\", \"vault/token\"] }");
    let told = "the command `cat vault/token`";
    tale.resume(&[]).is(3, &[told, "runs again only where answers name it"]);
    let mut screen = tale.story.screen(&["resume"]);
    screen.wait_for("CURRENT_TOKEN was fetched by the command `cat vault/token`, in /");
    screen.answer("run it again?", "y");
    screen.answer("run it?", "y");
    screen.wait_for("complete");
    assert_eq!(tale.file("two"), "17\n");
    tale.story.run(&["show"]).is(0, &["(from reference: the command `cat vault/token`)"]);
    assert!(!state_holds(&tale, &TOKEN));
}

#[test]
fn a_reference_that_holds_a_secret_is_not_kept() {
    for from in [
        "{ command = [\"echo\", \"tok-abcdef-123456\"] }",
        "{ command = [\"sh\", \"-c\", \"cat vault/token # tok-abcdef-123456\"] }",
        "{ command = [\"env\", \"VAULT_TOKEN=hunter2hunter2\", \"cat\", \"vault/token\"] }",
        "{ command = [\"sh\", \"-c\", \"cat vault/token\", \"--password\", \"hunter2hunter2\"] }",
    ] {
        let tale = fetched(from);
        tale.resume(&[]).is(3, &["input CURRENT_TOKEN has no value"]);
        assert!(!state_holds(&tale, &[&TOKEN[..], &["hunter2"]].concat()), "{from}");
    }
}

#[test]
fn what_a_step_printed_before_is_compared_with() {
    let tale = Tale::steps(&[
        "printf 'a\\nb\\n'\n# Expect: some output",
        "touch two",
        "printf 'c\\nd\\n'\n# Expect: a count matching step 1",
        "printf 'c\\n'\n# Expect: a count matching step 1",
    ]);
    tale.answers("");
    tale.run(&[]).is(3, &["paused in step 2"]);
    tale.answers("[confirm]\n2 = [\"writes\"]");
    let ended = tale.resume(&[]);
    ended.is(1, &["2 here, 2 in step 1", "1 here, 2 in step 1", "FAILED in step 4"]);
    // What was redacted is not what it printed.
    let tale = Tale::steps(&[
        "echo \"is $CURRENT_TOKEN\"\n# Expect: some output",
        "touch two",
        "echo 'is [redacted CURRENT_TOKEN]'\n# Expect: same as step 1",
    ]);
    let inputs = "[inputs]\nCURRENT_TOKEN = \"tok-abcdef-123456\"\n";
    tale.answers(inputs);
    tale.run(&[]).is(3, &["paused in step 2"]);
    tale.answers(&format!("{inputs}[confirm]\n2 = [\"writes\"]"));
    tale.resume(&[]).is(3, &["step 1 ran before", "had a secret in it, which was not kept"]);
}
