//! A rollback undoes what was done, and nothing else, with what the run knew.
#![allow(clippy::unwrap_used, reason = "a test")]

mod screen;
mod story;

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use story::{Ended, Story};

/// A runbook, `a.md`, and ways to carry it out and to undo it.
struct Tale {
    story: Story,
    text: String,
}

impl Tale {
    fn of(steps: &[(&str, &str)]) -> Self {
        let story = Story::new();
        let mut text = "# Try\n".to_owned();
        for (heading, block) in steps {
            text.push_str(&format!("\n{heading}\n\n```bash\n{block}\n```\n"));
        }
        let tale = Self { story, text };
        tale.story.write("a.md", &tale.text);
        tale
    }

    fn answers(&self, text: &str) {
        let plan: String =
            Sha256::digest(&self.text).iter().map(|byte| format!("{byte:02x}")).collect();
        self.story.write("answers.toml", &format!("plan = \"{plan}\"\n{text}\n"));
    }

    /// Confirms the writes of these steps.
    fn confirm(&self, before: &str, steps: &[&str]) {
        let steps = steps.iter().map(|step| format!("{step} = [\"writes\"]\n"));
        self.answers(&format!("{before}\n[confirm]\n{}", steps.collect::<String>()));
    }

    fn with(&self, command: &str, words: &[&str]) -> Ended {
        self.story.run(&[&[command, "--answers", "answers.toml"], words].concat())
    }

    fn run(&self) -> Ended {
        self.with("run", &["a.md"])
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.story.folder().join(name)).unwrap_or_default()
    }

    /// Starts it, and kills it with SIGKILL once `name` is there.
    fn killed_when(&self, name: &str) {
        let mut command = self.story.command(&["run", "a.md", "--answers", "answers.toml"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let path = self.story.folder().join(name);
        let deadline = Instant::now() + Duration::from_secs(30);
        while !path.exists() {
            assert!(Instant::now() < deadline, "never: {name}");
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

const UNDO: [(&str, &str); 4] = [
    ("## Rollback\n\n### Undo step 3", "echo undone 3 >> world"),
    ("### Undo step 2", "echo undone 2 >> world"),
    ("### Undo step 1", "echo undone 1 >> world"),
    ("### Check the world", "echo checked >> world"),
];

/// Three steps that write, and a rollback for each.
fn three() -> Tale {
    let steps = [
        ("## Step 1 — Set", "echo 1 >> world"),
        ("## Step 2 — Switch", "echo 2 >> world; touch reached; [ ! -e wait ] || sleep 30"),
        ("## Step 3 — Clean", "echo 3 >> world"),
    ];
    Tale::of(&[&steps[..], &UNDO[..]].concat())
}

const ALL: [&str; 4] = ["undo-step-3", "undo-step-2", "undo-step-1", "check-the-world"];

#[test]
fn what_was_never_begun_is_not_undone() {
    let tale = three();
    tale.confirm("", &["1"]);
    tale.run().is(3, &["paused in step 2"]);
    tale.confirm("", &ALL);
    let ended = tale.with("rollback", &[]);
    ended.is(
        0,
        &[
            "left out (nothing to undo, by runbook)",
            "step undo-step-3 \"Undo step 3\" (writes): step 3 was never begun",
            "step undo-step-2 \"Undo step 2\" (writes): step 2 was never begun",
            "as there was nothing to undo",
        ],
    );
    assert_eq!(tale.file("world"), "1\nundone 1\nchecked\n");
    tale.story
        .run(&["show"])
        .is(0, &["step 2 was never begun", "runbook left out step undo-step-3"]);
    let events = tale.story.run(&["show", "--format", "json"]).stdout;
    let told = events.lines().find(|line| line.contains("\"steps_left_out\"")).unwrap();
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    assert_eq!(told["by"], "runbook");
    assert_eq!(told["steps"][1]["step"], "undo-step-2");
    assert_eq!(told["steps"][1]["because"], "step 2 was never begun");
}

#[test]
fn a_rollback_that_is_gone_on_with_leaves_out_the_same() {
    let tale = three();
    tale.confirm("", &["1"]);
    tale.run().is(3, &[]);
    tale.confirm("", &["undo-step-1"]);
    tale.with("rollback", &[]).is(3, &["paused in step check-the-world"]);
    // A step comes in before those that are left out, and one of them is gone.
    let text =
        tale.text.replace("### Undo step 3", "### Look\n\n```bash\ntrue\n```\n\n### Undo step 3");
    let text = text.replace("### Undo step 2\n\n```bash\necho undone 2 >> world\n```\n", "");
    tale.story.write("a.md", &text);
    let tale = Tale { text, ..tale };
    tale.confirm("", &["check-the-world"]);
    let ended = tale.with("resume", &[]);
    ended.is(0, &["left out (nothing to undo, by runbook)", "step 3 was never begun", "complete"]);
    assert_eq!(tale.file("world"), "1\nundone 1\nchecked\n");
}

#[test]
fn what_may_have_happened_is_undone() {
    let tale = three();
    tale.story.write("wait", "");
    tale.confirm("", &["1", "2"]);
    tale.killed_when("reached");
    tale.confirm("", &ALL);
    let unknown = "the write of step 2, line 12, is NOT KNOWN to have happened";
    tale.with("rollback", &[]).is(0, &[unknown, "step 3 was never begun"]);
    assert_eq!(tale.file("world"), "1\n2\nundone 2\nundone 1\nchecked\n");
    tale.story.run(&["show"]).is(0, &[unknown]);
}

/// The id of the newest run.
fn id(tale: &Tale) -> String {
    let runs = tale.story.run(&["runs", "--format", "json"]).stdout;
    let runs: serde_json::Value = serde_json::from_str(&runs).unwrap();
    runs["runs"][0]["run"].as_str().unwrap().to_owned()
}

#[test]
fn a_rollback_that_has_done_nothing_is_given_up_where_the_run_goes_on() {
    let tale = three();
    tale.confirm("", &["1"]);
    tale.run().is(3, &["paused in step 2"]);
    let first = id(&tale);
    tale.confirm("", &[]);
    tale.with("rollback", &[]).is(3, &["paused in step undo-step-1"]);
    let rollback = id(&tale);
    tale.confirm("", &["2", "3"]);
    tale.with("resume", &[&first]).is(0, &["has done nothing and is given up", "complete"]);
    assert_eq!(tale.file("world"), "1\n2\n3\n");
    tale.story.run(&["show", &first]).is(0, &[&format!("gave up its rollback, run {rollback}")]);
    tale.confirm("", &ALL);
    let again = format!("`runbook rollback {first}` begins another one");
    tale.with("resume", &[&rollback]).is(4, &["was given up", &again]);
    assert_eq!(tale.file("world"), "1\n2\n3\n");
    tale.with("rollback", &[&first]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "1\n2\n3\nundone 3\nundone 2\nundone 1\nchecked\n");
}

#[test]
fn a_rollback_that_has_begun_is_what_goes_on() {
    let tale = three();
    tale.confirm("", &["1"]);
    tale.run().is(3, &[]);
    let first = id(&tale);
    tale.confirm("", &["undo-step-1"]);
    tale.with("rollback", &[]).is(3, &["paused in step check-the-world"]);
    let on = format!("`runbook resume {}` goes on with that", id(&tale));
    tale.confirm("", &["2", "3"]);
    let refused = tale.with("resume", &[&first]);
    refused.is(4, &["is being rolled back by run", &on]);
    assert!(!refused.stderr.contains("runbook run"), "{}", refused.stderr);
    assert_eq!(tale.file("world"), "1\nundone 1\n");
}

#[test]
fn what_is_left_out_is_carried_out_where_it_is_wanted_or_needed() {
    let tale = three();
    tale.confirm("", &["1"]);
    tale.run().is(3, &[]);
    tale.confirm("", &ALL);
    tale.with("rollback", &["--with", "undo-step-4"]).is(2, &["there is no step undo-step-4"]);
    let ended = tale.with("rollback", &["--with", "undo-step-2"]);
    ended.is(
        0,
        &["undo-step-2 is carried out, because you want it, although step 2 was never begun"],
    );
    assert_eq!(tale.file("world"), "1\nundone 2\nundone 1\nchecked\n");
    // One whose work another one builds upon stays, whatever the run knew of that name.
    let steps = [
        ("## Step 1 — Set", "OLD=older; echo 1 >> world"),
        ("## Step 2 — Switch", "echo 2 >> world"),
        ("## Rollback\n\n### Undo step 2", "OLD=$(echo old)"),
        ("### Undo step 1", "echo \"$OLD\" >> world"),
    ];
    let tale = Tale::of(&steps);
    tale.confirm("", &["1"]);
    tale.run().is(3, &[]);
    tale.confirm("", &["undo-step-1", "undo-step-2"]);
    tale.with("rollback", &[]).is(0, &["because another step works with what it does"]);
    assert_eq!(tale.file("world"), "1\nold\n");
}

#[test]
fn a_rollback_in_vain_is_none() {
    let steps = [
        ("## Step 1 — Set", "echo 1 >> world"),
        ("## Step 2 — Switch", "echo 2 >> world"),
        ("## Rollback\n\n### Undo step 2", "echo undone 2 >> world"),
    ];
    let tale = Tale::of(&steps);
    tale.confirm("", &["1"]);
    tale.run().is(3, &[]);
    tale.confirm("", &["undo-step-2"]);
    tale.with("rollback", &[]).is(2, &["nothing of run", "step 2 was never begun", "--with STEP"]);
    tale.with("rollback", &["--with", "undo-step-2"]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "1\nundone 2\n");
}

#[test]
fn where_it_is_not_certain_a_step_is_kept_and_that_is_told() {
    // The step has another text by now.
    let tale = three();
    tale.confirm("", &["1"]);
    tale.run().is(3, &[]);
    let text = tale.text.replace("echo 3 >>", "echo three >>");
    tale.story.write("a.md", &text);
    let tale = Tale { text, ..tale };
    tale.confirm("", &ALL);
    let ended = tale.with("rollback", &[]);
    ended.is(
        0,
        &[
            "step 2 was never begun",
            "the runbook has changed",
            "step 3 was never begun, and no step",
        ],
    );
    assert_eq!(tale.file("world"), "1\nundone 3\nundone 1\nchecked\n");
    // It was left out of the run.
    let tale = three();
    let mut screen = tale.story.screen(&["run", "a.md", "--from", "2"]);
    screen.answer("why (it is recorded)", "done yesterday");
    screen.answer("run it?", "y");
    screen.answer("run it?", "p");
    screen.wait_for("paused in step 3");
    tale.confirm("", &ALL);
    tale.with("rollback", &[]).is(0, &["left out of that run (step 1) may have been done"]);
    assert_eq!(tale.file("world"), "2\nundone 2\nundone 1\nchecked\n");
    // It was skipped.
    let tale = three();
    let mut screen = tale.story.screen(&["run", "a.md"]);
    screen.answer("run it?", "y");
    screen.answer("run it?", "s");
    screen.answer("why (it is recorded)", "it was done already");
    screen.answer("run it?", "p");
    screen.wait_for("paused in step 3");
    tale.confirm("", &ALL);
    tale.with("rollback", &[]).is(0, &["whether step 2 was done is not certain: it was skipped"]);
    assert_eq!(tale.file("world"), "1\nundone 2\nundone 1\nchecked\n");
}

#[test]
fn what_was_put_to_a_person_may_have_been_done() {
    let text = "# Try\n\n## Step 1 — Ask\n\nAsk the owner to agree.\n\n## Step 2 — Do\n\n\
                Tell the owner to switch.\n\n## Rollback\n\n### Undo step 1\n\n\
                ```bash\necho undone 1 >> world\n```\n\n### Undo step 2\n\n```bash\necho undone 2 >> world\n```\n";
    let tale = Tale { story: Story::new(), text: text.into() };
    tale.story.write("a.md", text);
    tale.answers("");
    tale.run().is(3, &["paused in step 1"]);
    tale.confirm("", &["undo-step-1", "undo-step-2"]);
    let ended = tale.with("rollback", &[]);
    ended.is(
        0,
        &[
            "whether step 1 was done is not certain: it was put to a person",
            "step 2 was never begun",
        ],
    );
    assert_eq!(tale.file("world"), "undone 1\n");
}

#[test]
fn a_rollback_knows_what_the_run_knew() {
    let steps = [
        (
            "## Step 1 — Set",
            "ID=$(echo 7); LIST=(a 'b c'); undo() { echo \"undo $1 of <app>\"; }; cd home; echo \"$ZONE\" > ../zone",
        ),
        ("## Step 2 — Switch", "echo 2 >> ../world"),
        (
            "## Rollback\n\n### Undo step 1",
            "undo \"$ID\" >> ../world; echo \"${LIST[1]} $ZONE <app>\" >> ../world",
        ),
        ("### Go on", "undo \"$ID\" >> ../world"),
    ];
    let tale = Tale::of(&steps);
    let inputs = "[inputs]\nZONE = \"north\"\napp = \"raptor\"";
    tale.confirm(inputs, &["1"]);
    tale.run().is(3, &["paused in step 2"]);
    // No input is given.
    tale.confirm("", &["undo-step-1"]);
    let ended = tale.with("rollback", &[]);
    ended.is(
        3,
        &[
            "Taken over",
            "ZONE = north",
            "app = raptor",
            "variables of the shell: ",
            "ID",
            "paused in step go-on",
        ],
    );
    let world = "undo 7 of raptor\nb c north raptor\n";
    assert_eq!(tale.file("world"), world);
    // Nor is it forgotten when the rollback itself is gone on with.
    tale.confirm("", &["go-on"]);
    tale.with("resume", &[]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), format!("{world}undo 7 of raptor\n"));
    tale.story.run(&["show"]).is(0, &["taken over from run"]);
}

#[test]
fn a_secret_is_asked_again_for_a_rollback_and_another_one_is_noticed() {
    let steps = [
        ("## Step 1 — Set", "PART=\"${CURRENT_TOKEN:0:9}\"; echo \"${#CURRENT_TOKEN}\" > one"),
        ("## Step 2 — Switch", "echo 2 >> world"),
        ("## Rollback", "echo \"${#CURRENT_TOKEN} ${#PART}\" > undone"),
    ];
    let tale = Tale::of(&steps);
    let token = |value: &str| format!("[inputs]\nCURRENT_TOKEN = \"{value}\"");
    tale.confirm(&token("tok-abcdef-123456"), &["1"]);
    tale.run().is(3, &["paused in step 2"]);
    tale.confirm(&token("tok-abcdef-654321"), &["rollback"]);
    let ended = tale.with("rollback", &[]);
    ended.is(
        3,
        &["known again when it is asked for: CURRENT_TOKEN", "it is not the value that run "],
    );
    assert_eq!(tale.file("undone"), "");
    tale.confirm(&token("tok-abcdef-123456"), &["rollback"]);
    tale.with("resume", &[]).is(3, &["input PART has no value"]);
    tale.confirm(&format!("{}\nPART = \"tok-abcde\"", token("tok-abcdef-123456")), &["rollback"]);
    tale.with("resume", &[]).is(0, &["complete"]);
    assert_eq!(tale.file("undone"), "17 9\n");
    for entry in fs::read_dir(tale.story.folder().join("home/.local/state/runbook")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for needle in [&b"tok-abcdef"[..], b"dG9rLWFiY2RlZi0x", b"746f6b2d616263646566"] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
    }
}

#[test]
fn somebody_elses_run_is_undone_only_with_a_reason() {
    let tale = three();
    tale.confirm("", &["1"]);
    tale.run().is(3, &[]);
    let tale = Tale { story: tale.story.with("USER", "bob"), ..tale };
    tale.confirm("", &ALL);
    let ended = tale.with("rollback", &[]);
    ended.is(4, &["is operator's, and you are bob", "runbook rollback", "--take --reason"]);
    tale.with("rollback", &["--take"]).is(2, &["--reason"]);
    assert_eq!(tale.file("world"), "1\n");
    tale.with("rollback", &["--take", "--reason", "their shift is over"])
        .is(0, &["Taken from", "operator", "their shift is over"]);
    tale.story.run(&["show"]).is(0, &["bob undoes a run of operator: their shift is over"]);
    let events = tale.story.run(&["show", "--format", "json"]).stdout;
    assert!(events.lines().next().unwrap().contains("\"taken_from\":\"operator\""), "{events}");
}

#[test]
fn a_run_is_undone_only_where_it_was() {
    let steps = [
        ("## Step 1 — Do", "aws s3 cp x s3://bucket/x"),
        ("## Step 2 — More", "aws s3 cp y s3://bucket/y"),
        ("## Rollback", "aws s3 rm s3://bucket/x"),
    ];
    let tale = Tale::of(&steps);
    let bin = tale.story.folder().join("bin");
    fs::create_dir(&bin).unwrap();
    let script =
        "#!/bin/sh\ncase \"$*\" in *s3*) echo \"$2 $AWS_PROFILE\" >> world;; *) echo ok;; esac\n";
    fs::write(bin.join("aws"), script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(bin.join("aws"), executable).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let story = tale.story.with("PATH", &path).with("AWS_PROFILE", "staging");
    let tale = Tale { story, ..tale };
    tale.confirm("", &["1"]);
    tale.run().is(3, &["paused in step 2"]);
    let tale = Tale { story: tale.story.with("AWS_PROFILE", "production"), ..tale };
    tale.confirm("", &["rollback"]);
    tale.with("rollback", &[]).is(
        4,
        &["is production", "Go back there (`export AWS_PROFILE=staging`)", "runbook resume"],
    );
    assert_eq!(tale.file("world"), "cp staging\n");
    let tale = Tale { story: tale.story.with("AWS_PROFILE", "staging"), ..tale };
    tale.with("resume", &[]).is(0, &["complete"]);
    assert_eq!(tale.file("world"), "cp staging\nrm staging\n");
}

#[test]
fn what_a_step_undoes_is_explained() {
    let tale = three();
    tale.story.run(&["explain", "a.md"]).is(0, &["undoes step 2: left out where that was never"]);
    let explained = tale.story.run(&["explain", "a.md", "--format", "json"]).stdout;
    let explained: serde_json::Value = serde_json::from_str(&explained).unwrap();
    assert_eq!(explained["steps"][3]["undoes"], serde_json::json!(["3"]));
    assert_eq!(explained["steps"][6]["undoes"], serde_json::json!([]));
}

#[test]
fn a_step_that_has_only_looked_is_not_undone_and_a_value_that_was_never_begun_is_told() {
    let steps = [
        ("## Step 1 — Set", "echo 1 <app> >> world; [ <app> != two ] || touch reached"),
        ("## Step 2 — Switch", "cat world\n# Expect: some output\necho 2 >> world"),
        ("## Rollback\n\n### Undo step 2", "echo undone 2 >> world"),
        ("### Undo step 1", "echo undone 1 <app> >> world"),
    ];
    let tale = Tale::of(&steps);
    tale.confirm("[inputs]\napp = [\"one\"]", &["1"]);
    tale.run().is(3, &["paused in step 2"]);
    tale.confirm("", &["undo-step-1"]);
    tale.with("rollback", &[])
        .is(0, &["step undo-step-2 \"Undo step 2\" (writes): step 2 has only looked"]);
    assert_eq!(tale.file("world"), "1 one\nundone 1 one\n");
    let text = tale.text.replace("touch reached", "{ touch reached; sleep 30; }");
    tale.story.write("a.md", &text);
    let tale = Tale { text, ..tale };
    tale.confirm("[inputs]\napp = [\"one\", \"two\", \"three\"]", &["1"]);
    tale.killed_when("reached");
    tale.confirm("", &["undo-step-1"]);
    tale.with("rollback", &[]).is(0, &["step 1 was never begun with app = three"]);
}
