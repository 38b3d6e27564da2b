//! What an operator does that no runbook says: another text in a command's place, and a shell in the
//! state of the run.
#![allow(clippy::unwrap_used, reason = "a test")]

mod screen;
mod story;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use screen::Screen;
use story::Story;

const CHANGE: &str = "c change the command";
const DIFFERENCE: &str = "put it in the command's place, for this run?";
const WHY: &str = "why (it is recorded):";

/// A runbook with these blocks, a step each.
fn runbook(blocks: &[&str]) -> String {
    let mut text = "# Try\n".to_owned();
    for (number, block) in (1..).zip(blocks) {
        text.push_str(&format!("\n## Step {number} — Do {number}\n\n```bash\n{block}\n```\n"));
    }
    text
}

/// A repository with one runbook, and an operator whose editor puts prepared texts in place, one
/// after the other.
struct Desk {
    story: Story,
}

impl Desk {
    fn of(text: &str) -> Self {
        let story = Story::new();
        let script = "#!/bin/sh\ncp \"$1\" was\nls -ld \"$1\" \"${1%/*}\" | cut -c1-10 > modes\n\
                      echo \"$1\" > where\nnext=$(ls typed.* | head -n 1)\ncat \"$next\" > \"$1\"\n\
                      rm \"$next\"\n";
        let editor = story.write("editor", script);
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
        let folder = story.folder().join("repository");
        fs::create_dir(&folder).unwrap();
        let git = Command::new("git").args(["init", "--quiet"]).arg(&folder).status();
        assert!(git.unwrap().success());
        story.write("repository/a.md", text);
        Self { story: story.with("EDITOR", &editor) }
    }

    fn steps(blocks: &[&str]) -> Self {
        Self::of(&runbook(blocks))
    }

    /// What the operator will type into their editor.
    fn types(self, texts: &[&str]) -> Self {
        for (number, text) in texts.iter().enumerate() {
            self.story.write(&format!("typed.{number}"), text);
        }
        self
    }

    fn run(&self) -> Screen {
        self.story.screen(&["run", "repository/a.md"])
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.story.folder().join(name)).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.story.folder().join(name)
    }

    /// Everything that is kept of runs, as bytes.
    fn kept(&self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut folders = vec![self.story.home()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    all.extend(fs::read(entry.path()).unwrap());
                }
            }
        }
        all
    }

    /// Applies the run's patch to the runbook with `git apply`, and with `patch` to a copy; both
    /// must come to the same.
    #[track_caller]
    fn applied(&self) -> String {
        let patch = self.story.run(&["show", "--patch"]);
        patch.is(0, &["--- a/a.md", "+++ b/a.md"]);
        let file = self.story.write("run.patch", &patch.stdout);
        let before = self.file("repository/a.md");
        let with = |program: &str, words: &[&str]| {
            self.story.write("repository/a.md", &before);
            let output = Command::new(program)
                .args(words)
                .arg(&file)
                .current_dir(self.path("repository"))
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            self.file("repository/a.md")
        };
        let by_git = with("git", &["apply"]);
        let by_patch = with("patch", &["-p1", "--no-backup-if-mismatch", "-i"]);
        assert_eq!(by_git, by_patch);
        by_git
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

/// Edits the command at hand: waits for the question, asks for the editor, takes what it left.
fn edit(screen: &mut Screen, question: &str, reason: &str) {
    screen.answer(question, "c");
    screen.answer(DIFFERENCE, "y");
    screen.answer(WHY, reason);
}

#[test]
fn an_edited_command_runs_in_place_of_the_written_one_and_becomes_a_patch() {
    let text = runbook(&["touch one", "touch two"]);
    let desk = Desk::of(&text).types(&["touch other\ntouch more\n"]);
    let mut screen = desk.run();
    edit(&mut screen, CHANGE, "the file is called otherwise");
    screen.wait_for("edited the command of line 6");
    screen.wait_for("$ touch other");
    screen.answer("run it?", "y");
    screen.answer("run it?", "y");
    screen.wait_for("with an edited command in step 1");
    screen.wait_for("+touch other");
    screen.wait_for("git -C");
    assert_eq!(screen.exit().code(), Some(0));
    // What the editor got: the text as written, in a place of its own that is gone.
    assert_eq!(desk.file("was"), "touch one\n");
    assert_eq!(desk.file("modes"), "drwx------\n-rw-------\n");
    assert!(!PathBuf::from(desk.file("where").trim()).exists());
    assert_eq!(fs::read_dir(desk.path("tmp")).unwrap().count(), 0);
    let made = |name: &str| desk.path("repository").join(name).exists();
    assert!(made("other") && made("more") && made("two") && !made("one"));
    assert_eq!(desk.file("repository/a.md"), text, "the runbook is never changed");
    assert_eq!(desk.applied(), text.replace("touch one", "touch other\ntouch more"));
    for format in ["text", "markdown", "json", "junit"] {
        desk.story.run(&["show", "--format", format]).is(0, &["touch other", "touch one"]);
    }
    desk.story.run(&["show"]).is(0, &["+ touch other", "operator edited the command"]);
    let cases = desk.story.run(&["show", "--format", "junit"]).stdout;
    assert!(cases.contains("failures=\"0\" errors=\"0\""), "{cases}");
    desk.story.run(&["show", "--verify"]).is(0, &["none changed or missing"]);
}

#[test]
fn a_read_that_becomes_a_write_asks_as_one_and_its_promise_stays() {
    let block = "ls /nowhere/at/all\n# Expect: contains \"done\"";
    let desk = Desk::steps(&[block]).types(&["touch made; echo done"]);
    let mut screen = desk.run();
    screen.answer("what now?", "c");
    screen.wait_for("it reads until now, and WRITES then");
    screen.wait_for("what it promises stays");
    screen.answer(DIFFERENCE, "y");
    screen.answer(WHY, "the folder moved");
    screen.wait_for("WRITES");
    screen.wait_for("expects: contains \"done\"");
    screen.wait_for("run it?");
    assert!(!desk.path("repository/made").exists(), "nothing ran without leave");
    screen.line("y");
    screen.wait_for("met");
    assert_eq!(screen.exit().code(), Some(0));
    assert!(desk.path("repository/made").exists());
}

#[test]
fn a_write_that_becomes_irreversible_asks_for_the_name_of_its_target() {
    let desk = Desk::steps(&["touch made"]).types(&["rm -rf nothing"]);
    let mut screen = desk.run();
    edit(&mut screen, CHANGE, "away with it");
    screen.wait_for("CANNOT BE UNDONE");
    screen.answer("run it?", "y");
    screen.answer("To go on type a :", "a");
    assert_eq!(screen.exit().code(), Some(0));
    // There is no way back from what was made of it.
    let rollback = "\n## Rollback\n\n```bash\ntouch back\n```\n";
    let text = desk.file("repository/a.md") + rollback;
    desk.story.write("repository/a.md", &text);
    desk.story.run(&["rollback", "--non-interactive"]).is(4, &["cannot be undone"]);
}

#[test]
fn what_could_not_run_or_would_be_empty_is_refused_and_put_again() {
    let desk = Desk::steps(&["echo $TARGET > one", "cat one"]).types(&[
        "if true",
        "echo <app> > one",
        "echo \"$NOWHERE\" > one",
        "echo hello ... > one",
        "echo one > one\n# Expect: contains \"two\"\necho",
        "echo \"a\" > one",
    ]);
    let mut screen = desk.run();
    screen.answer("TARGET:", "x");
    screen.answer(CHANGE, "c");
    for says in [
        "line 1, column",
        "the placeholder app is no input of this runbook",
        "nothing of this run has set $NOWHERE",
        "stands for something that is left out",
        "`Expect:`, without comments",
    ] {
        screen.wait_for(says);
        screen.answer("edit it again?", "y");
    }
    screen.answer(DIFFERENCE, "y");
    screen.answer(WHY, "at last");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(0));
    assert_eq!(desk.file("repository/one"), "a\n");
}

#[test]
fn what_a_later_step_needs_cannot_be_edited_away() {
    let desk = Desk::steps(&["POD=web; touch \"$POD\"", "echo \"$POD\" > pod"])
        .types(&["touch web", "POD=api; touch \"$POD\""]);
    let mut screen = desk.run();
    screen.answer(CHANGE, "c");
    screen.wait_for("a later command reads $POD, which nothing would set any more");
    screen.answer("edit it again?", "y");
    screen.answer(DIFFERENCE, "y");
    screen.answer(WHY, "the other one");
    screen.answer("run it?", "y");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(0));
    assert_eq!(desk.file("repository/pod"), "api\n");
}

#[test]
fn an_edit_of_a_fence_in_a_list_or_with_windows_line_ends_is_written_as_its_neighbours_are() {
    let nested = "# Try\n\n## Procedure\n\n1. Do this:\n\n   ```bash\n   touch one\n   echo b\n   ```\n\n2. Then:\n\n   ```bash\n   touch two\n   ```\n";
    let windows = runbook(&["touch one\necho b", "touch two"]).replace('\n', "\r\n");
    let no_end = runbook(&["touch one\necho b", "touch two"]).trim_end().to_owned();
    for text in [nested, windows.as_str(), no_end.as_str()] {
        let desk = Desk::of(text).types(&["touch uno\n\necho c\n"]);
        let mut screen = desk.run();
        edit(&mut screen, CHANGE, "spelled otherwise");
        screen.answer("run it?", "y");
        screen.answer("run it?", "y");
        assert_eq!(screen.exit().code(), Some(0));
        assert!(desk.path("repository/uno").exists());
        let end = if text == windows { "\r\n" } else { "\n" };
        let lead = if text == nested { "   " } else { "" };
        let old = format!("{lead}touch one{end}{lead}echo b{end}");
        let new = format!("{lead}touch uno{end}{end}{lead}echo c{end}");
        assert_eq!(desk.applied(), text.replace(&old, &new));
    }
}

#[test]
fn an_edit_holds_for_the_values_that_are_still_to_come() {
    let desk =
        Desk::steps(&["echo <app> >> one"]).types(&["echo raxx >> one", "echo \"<app>!\" >> one"]);
    let mut screen = desk.run();
    screen.answer("app (several", "a, b, c");
    screen.answer("run it?", "y");
    screen.wait_for("with app = b");
    screen.answer("run it?", "c");
    screen.wait_for("it would run for other values than the runbook's own");
    screen.answer("edit it again?", "y");
    screen.wait_for("it holds for this value and for those that are still to come");
    screen.answer(DIFFERENCE, "y");
    screen.answer(WHY, "louder");
    screen.answer("run it?", "y");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(0));
    assert_eq!(desk.file("repository/one"), "a\nb!\nc!\n");
}

#[test]
fn an_edited_write_that_was_cut_off_is_unknown_with_its_own_text_and_stays_edited() {
    let edited = "[ -e go ] || { touch reached; sleep 60; }; echo done >> world";
    let desk = Desk::steps(&["touch one", "echo written >> world", "touch three"]).types(&[edited]);
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    screen.wait_for("echo written");
    edit(&mut screen, CHANGE, "with care");
    screen.answer("run it?", "y");
    wait_until("it is under way", || desk.path("repository/reached").exists());
    drop(screen);
    desk.story.write("repository/go", "");
    let mut screen = desk.story.screen(&["resume"]);
    screen.wait_for("$ [ -e go ] ||");
    screen.wait_for("whether it did its work is not known");
    screen.answer("did it happen?", "n");
    screen.answer(WHY, "it slept");
    screen.wait_for("$ [ -e go ] ||");
    screen.answer("run it?", "y");
    screen.wait_for("touch three");
    // What was done with another text is done, and the runbook may say the same by now.
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    assert_eq!(desk.file("repository/world"), "done\n");
    let text = desk.applied();
    assert!(text.contains(edited));
    let mut screen = desk.story.screen(&["resume"]);
    screen.wait_for("touch three");
    screen.answer("run it?", "y");
    screen.wait_for("with an edited command in step 2");
    assert_eq!(screen.exit().code(), Some(0));
    assert_eq!(desk.file("repository/world"), "done\n");
}

#[test]
fn a_runbook_that_was_changed_otherwise_is_noticed_after_an_edit() {
    let desk = Desk::steps(&["touch one", "touch two"]).types(&["touch other"]);
    let mut screen = desk.run();
    edit(&mut screen, CHANGE, "otherwise");
    screen.answer("run it?", "y");
    screen.wait_for("touch two");
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    let text = desk.file("repository/a.md").replace("touch one", "touch third");
    desk.story.write("repository/a.md", &text);
    desk.story.run(&["resume", "--non-interactive"]).is(4, &["has changed since", "it was done"]);
}

#[test]
fn an_edited_verification_holds_back_what_cannot_be_undone() {
    let desk = Desk::steps(&["ls /nowhere/at/all\n# Expect: contains \"ok\"", "rm -rf old"])
        .types(&["echo ok"]);
    let mut screen = desk.run();
    edit(&mut screen, "what now?", "it is elsewhere");
    screen.wait_for("the verification of step 1, line 6 was made with an edited command");
    screen.answer(WHY, "I looked");
    screen.answer("run it?", "y");
    screen.answer("To go on type a :", "a");
    assert_eq!(screen.exit().code(), Some(0));
}

const TOKEN: &str = "tok-1f8a9c3b5d7e2a4c6e8f";

#[test]
fn no_secret_comes_into_an_edit() {
    let desk = Desk::steps(&["echo \"$NEW_TOKEN\" > one", "touch two"]).types(&[
        &format!("echo {TOKEN} > one"),
        "curl --password=hunter2hunter2 localhost",
        "printf '%s' \"$NEW_TOKEN\" > one",
    ]);
    let mut screen = desk.run();
    screen.answer("NEW_TOKEN, hidden:", TOKEN);
    screen.answer(CHANGE, "c");
    screen.wait_for("it holds the value of a secret");
    assert_eq!(desk.file("was"), "echo \"$NEW_TOKEN\" > one\n");
    screen.answer("edit it again?", "y");
    screen.wait_for("a secret is written out in it, and it would be recorded");
    screen.answer("edit it again?", "y");
    screen.answer(DIFFERENCE, "y");
    screen.answer(WHY, "without a newline");
    screen.answer("run it?", "y");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(0));
    assert_eq!(desk.file("repository/one"), TOKEN);
    assert!(desk.applied().contains("printf '%s' \"$NEW_TOKEN\""));
    let kept = desk.kept();
    assert!(memchr::memmem::find(&kept, b"printf").is_some());
    assert!(memchr::memmem::find(&kept, TOKEN.as_bytes()).is_none());
    assert!(!screen.text().contains(TOKEN));
}

#[test]
fn who_has_no_editor_types_the_lines_and_a_failing_editor_changes_nothing() {
    let desk = Desk::steps(&["touch one"]);
    let story = desk.story.with("EDITOR", "false");
    let mut screen = story.screen(&["run", "repository/a.md"]);
    screen.answer(CHANGE, "c");
    screen.wait_for("nothing was changed");
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    let bin = story.folder().join("bin");
    fs::create_dir(&bin).unwrap();
    for name in ["bash", "git", "touch", "setsid"] {
        let found = Command::new("which").arg(name).output().unwrap();
        let path = String::from_utf8(found.stdout).unwrap();
        std::os::unix::fs::symlink(path.trim(), bin.join(name)).unwrap();
    }
    let story = story.with("EDITOR", "").with("PATH", &bin.display().to_string());
    let mut screen = story.screen(&["resume"]);
    screen.answer(CHANGE, "c");
    screen.wait_for("nothing before that keeps the command");
    screen.answer("> ", "touch uno");
    screen.answer("> ", ".");
    screen.answer(DIFFERENCE, "y");
    screen.answer(WHY, "by hand");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(0));
    assert!(story.folder().join("repository/uno").exists());
}

const SHELL: &str = "! open a shell";
const TAKE: &str = "does the run go on with that?";

/// Opens a shell and waits for its prompt.
fn open(screen: &mut Screen, question: &str, step: &str) {
    screen.answer(question, "!");
    screen.wait_for(&format!(" step {step} $ "));
}

/// Types a line in the shell and waits until its prompt is there again.
fn types(screen: &mut Screen, step: &str, line: &str) {
    screen.line(line);
    screen.wait_for(&format!(" step {step} $ "));
}

#[test]
fn a_shell_begins_with_the_state_of_the_run_and_what_it_changed_is_taken() {
    let desk = Desk::steps(&[
        "X='a b'; Y=; f() { echo \"f: $X\"; }; shopt -s nullglob; mkdir -p sub; cd sub",
        "touch two",
        "echo \"$X $Y $(f) ${PWD##*/} $(type -t g)\" > three; shopt nullglob >> three || true",
    ]);
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    screen.wait_for("touch two");
    open(&mut screen, SHELL, "2");
    screen.line("f; shopt nullglob; pwd");
    screen.wait_for("f: a b");
    screen.wait_for("on");
    screen.wait_for("/sub");
    types(&mut screen, "2", "X=c Y=d; g() { echo g; }; mkdir -p deep; cd deep; shopt -u nullglob");
    screen.line("exit 3");
    screen.wait_for("variable X is \"c\"");
    screen.wait_for("variable Y is \"d\"");
    screen.wait_for("function g is defined");
    screen.wait_for("option: shopt -u nullglob");
    screen.wait_for("the folder is ");
    screen.answer(TAKE, "y");
    screen.wait_for("the run goes on with what it changed");
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    // It is kept: another process goes on with it.
    let mut screen = desk.story.screen(&["resume"]);
    screen.wait_for("touch two");
    screen.answer("run it?", "y");
    let deep = desk.path("repository/sub/deep").canonicalize().unwrap().display().to_string();
    screen.answer("to write there type", &deep);
    screen.answer("run it?", "y");
    screen.wait_for("complete, with doubts");
    screen.wait_for("a shell was opened at step 2; what was done in it was not checked");
    assert_eq!(screen.exit().code(), Some(3));
    let told = desk.file("repository/sub/deep/three");
    assert_eq!(told, "c d f: c deep function\nnullglob       \toff\n");
    desk.story.run(&["show"]).is(0, &["opened a shell", "exited 3", "f: a b", "not checked"]);
    for (format, told) in [("json", "f: a b"), ("markdown", "f: a b"), ("junit", "opened a shell")]
    {
        desk.story.run(&["show", "--format", format]).is(0, &[told]);
    }
}

/// A run that has taken over from a shell that it is in another folder.
fn gone_deep(desk: &Desk) -> Screen {
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    screen.wait_for("touch two");
    open(&mut screen, SHELL, "2");
    types(&mut screen, "2", "cd deep");
    screen.line("exit");
    screen.answer(TAKE, "y");
    screen.wait_for("the run goes on with what it changed");
    screen
}

#[test]
fn where_a_shell_has_gone_is_confirmed_before_something_is_written_there() {
    let desk = Desk::steps(&["mkdir deep", "touch two", "touch three"]);
    let mut screen = gone_deep(&desk);
    screen.answer("run it?", "y");
    // No author has written that; it is typed, and asked once.
    let deep = desk.path("repository/deep").canonicalize().unwrap().display().to_string();
    screen.wait_for("has led shell to another place");
    screen.answer("to write there type", &deep);
    screen.wait_for("touch three");
    screen.answer("run it?", "y");
    screen.wait_for("complete, with doubts");
    assert!(desk.path("repository/deep/three").exists());
}

#[test]
fn where_a_shell_has_gone_is_still_to_be_confirmed_after_a_pause() {
    let desk = Desk::steps(&["mkdir deep", "touch two", "touch three"]);
    let mut screen = gone_deep(&desk);
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    let deep = desk.path("repository/deep").canonicalize().unwrap().display().to_string();
    // Nor is it forgotten when it is paused there once more.
    for _ in 0..2 {
        let mut screen = desk.story.screen(&["resume"]);
        screen.answer("run it?", "y");
        screen.wait_for("has led shell to another place");
        screen.wait_for("to write there type");
        screen.keys("\x03");
        assert_eq!(screen.exit().code(), Some(3));
    }
    let mut screen = desk.story.screen(&["resume"]);
    screen.answer("run it?", "y");
    screen.answer("to write there type", &deep);
    screen.wait_for("touch three");
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    // What was confirmed is not asked again.
    let mut screen = desk.story.screen(&["resume"]);
    screen.answer("run it?", "y");
    screen.wait_for("complete, with doubts");
    assert!(desk.path("repository/deep/two").exists());
    assert!(desk.path("repository/deep/three").exists());
}

#[test]
fn what_a_shell_changed_is_dropped_unless_it_is_taken() {
    let desk = Desk::steps(&["X=a; touch one", "echo \"$X$(type -t f)\" > two"]);
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    screen.wait_for("echo");
    open(&mut screen, SHELL, "2");
    types(&mut screen, "2", "X=b; f() { :; }");
    screen.keys("\x04");
    screen.answer(TAKE, "");
    screen.wait_for("what it changed is dropped");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(3));
    assert_eq!(desk.file("repository/two"), "a\n");
    desk.story.run(&["show"]).is(0, &["dropped: variable X is \"b\""]);
}

#[test]
fn keys_that_stop_and_suspend_are_for_what_runs_in_the_shell() {
    let desk = Desk::steps(&["touch one"]);
    let mut screen = desk.run();
    open(&mut screen, SHELL, "1");
    screen.line("sh -c 'touch under-way; exec sleep 60'");
    wait_until("it sleeps", || desk.path("repository/under-way").exists());
    screen.keys("\x03");
    screen.wait_for(" step 1 $ ");
    screen.line("sh -c 'touch again; exec sleep 61'");
    wait_until("it sleeps", || desk.path("repository/again").exists());
    screen.keys("\x1a");
    screen.wait_for("Stopped");
    screen.wait_for(" step 1 $ ");
    types(&mut screen, "1", "false");
    screen.line("exit");
    screen.wait_for("There are stopped jobs.");
    screen.wait_for(" step 1 $ ");
    screen.line("exit");
    screen.wait_for("it changed nothing that the run knows");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(3));
    assert!(desk.path("repository/one").exists());
}

#[test]
fn a_secret_is_masked_in_a_shell_and_in_its_record() {
    let desk = Desk::steps(&[
        "COPY=; PLAIN=; echo \"${#NEW_TOKEN}\" > one",
        "echo \"${#COPY}$PLAIN\" > two",
    ]);
    let mut screen = desk.run();
    screen.answer("NEW_TOKEN, hidden:", TOKEN);
    screen.answer("run it?", "y");
    screen.wait_for("step 2");
    open(&mut screen, SHELL, "2");
    screen.line("echo \"it: $NEW_TOKEN\"; printf %s \"$NEW_TOKEN\" | base64");
    screen.wait_for("it: [redacted NEW_TOKEN]");
    screen.wait_for(" step 2 $ ");
    types(&mut screen, "2", "COPY=$NEW_TOKEN PLAIN=p NEW_TOKEN=other");
    screen.line("exit");
    screen.wait_for("variable COPY is set, not shown");
    screen.wait_for("variable NEW_TOKEN is an input, and stays as it was given");
    screen.answer(TAKE, "y");
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    let first = screen.written();
    // What is no secret is kept.
    let mut screen = desk.story.screen(&["resume"]);
    screen.wait_for("COPY (step 2 set it, and it was not kept");
    screen.answer("hidden:", TOKEN);
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(3));
    assert_eq!(desk.file("repository/two"), format!("{}p\n", TOKEN.len()));
    let base64 = "dG9rLTFmOGE5YzNiNWQ3ZTJhNGM2ZThm";
    for (place, bytes) in [
        ("the screen", first),
        ("the other screen", screen.written()),
        ("the journal", desk.kept()),
    ] {
        for form in [TOKEN, base64] {
            let found = memchr::memmem::find(&bytes, form.as_bytes());
            assert!(found.is_none(), "{form} in {place}");
        }
    }
    assert!(memchr::memmem::find(&desk.kept(), b"it: [redacted NEW_TOKEN]").is_some());
    assert!(!desk.story.home().join(".bash_history").exists());
}

#[test]
fn a_run_that_was_killed_while_a_shell_was_open_goes_on_without_what_it_knew() {
    let desk = Desk::steps(&["X=a; touch one", "echo \"$X\" > two", "rm -rf old"]);
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    screen.wait_for("echo");
    open(&mut screen, SHELL, "2");
    types(&mut screen, "2", "X=b; echo $$ > shell");
    let shell = desk.file("repository/shell").trim().to_owned();
    drop(screen);
    wait_until("the shell is gone", || !PathBuf::from(format!("/proc/{shell}")).exists());
    desk.story.run(&["show"]).is(0, &["opened a shell", "its end was not recorded"]);
    let mut screen = desk.story.screen(&["resume"]);
    screen.wait_for("a shell was open at step 2, line 12 when this run broke off");
    screen.answer("run it?", "y");
    // What was done in it is a doubt that outlives the process.
    screen
        .wait_for("a shell was opened at step 2, line 12, and what was done in it was not checked");
    screen.answer(WHY, "I only looked");
    screen.answer("run it?", "y");
    screen.answer("To go on type a :", "a");
    screen.wait_for("complete, with doubts");
    assert_eq!(screen.exit().code(), Some(3));
    assert_eq!(desk.file("repository/two"), "a\n");
}

#[test]
fn a_terminal_that_is_closed_ends_the_shell_and_pauses_the_run() {
    let desk = Desk::steps(&["touch one"]);
    let mut screen = desk.run();
    open(&mut screen, SHELL, "1");
    types(&mut screen, "1", "echo $$ > shell; sleep 600 &");
    screen.close();
    assert_eq!(screen.exit().code(), Some(5));
    let shell = desk.file("repository/shell").trim().to_owned();
    assert!(!PathBuf::from(format!("/proc/{shell}")).exists());
    desk.story.run(&["show"]).is(0, &["opened a shell", "it showed"]);
    let mut screen = desk.story.screen(&["resume"]);
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(3));
}

#[test]
fn a_shell_can_be_opened_after_a_failure_and_the_next_attempt_begins_with_what_was_taken() {
    let desk = Desk::steps(&["[ -n \"$(type -t tool)\" ] && touch made"]);
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    open(&mut screen, "what now?", "1");
    types(&mut screen, "1", "tool() { :; }");
    screen.line("exit");
    screen.answer(TAKE, "y");
    screen.answer("what now?", "r");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(3));
    assert!(desk.path("repository/made").exists());
}

#[test]
fn a_shell_that_is_killed_or_becomes_another_program_is_dropped() {
    let desk = Desk::steps(&["X=a; touch one", "echo \"$X\" > two"]);
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    screen.wait_for("echo");
    open(&mut screen, SHELL, "2");
    screen.line("X=b; kill -9 $$");
    screen.wait_for("nothing of it can be taken");
    open(&mut screen, SHELL, "2");
    screen.line("X=c; exec sleep 0");
    screen.wait_for("nothing of it can be taken");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(3));
    assert_eq!(desk.file("repository/two"), "a\n");
}

#[test]
fn a_shell_of_a_rehearsal_is_held_to_the_rehearsal() {
    let desk = Desk::steps(&["touch one"]);
    fs::create_dir(desk.path("stand-ins")).unwrap();
    let stand_in = desk.story.write("stand-ins/touch", "#!/bin/sh\necho \"touched $1\"\n");
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
    let outside = desk.path("outside").display().to_string();
    let words = ["rehearse", "repository/a.md", "--stand-ins", "stand-ins"];
    let mut screen = desk.story.screen(&words);
    open(&mut screen, SHELL, "1");
    screen.line(&format!("echo x > {outside}"));
    screen.wait_for("denied");
    screen.wait_for(" step 1 $ ");
    types(&mut screen, "1", "echo x > inside; touch it; sleep 600 &");
    screen.line("exit");
    screen.wait_for("ended what was left running in the shell: sleep");
    screen.answer("run it?", "y");
    screen.wait_for("touched one");
    assert_eq!(screen.exit().code(), Some(3));
    assert!(!desk.path("outside").exists());
}

#[test]
fn a_shell_can_be_opened_where_something_is_to_be_said_about_a_command() {
    let desk = Desk::steps(&[
        "[ -e go ] || { touch reached; sleep 60; }; echo done >> world",
        "cat world\n# Expect: a friendly greeting",
    ]);
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    wait_until("it is under way", || desk.path("repository/reached").exists());
    drop(screen);
    let mut screen = desk.story.screen(&["resume"]);
    open(&mut screen, "did it happen?", "1");
    types(&mut screen, "1", "ls world; echo by hand > world; Z=1");
    screen.line("exit");
    screen.answer(TAKE, "y");
    screen.answer("did it happen?", "y");
    screen.answer(WHY, "I did it myself");
    screen.wait_for("by hand");
    open(&mut screen, "does it hold?", "2");
    screen.line("echo \"Z is $Z\"");
    screen.wait_for("Z is 1");
    screen.wait_for(" step 2 $ ");
    screen.line("exit");
    screen.answer("does it hold?", "y");
    screen.wait_for("a shell was opened at step 1; what was done in it was not checked");
    assert_eq!(screen.exit().code(), Some(3));
    assert_eq!(desk.file("repository/world"), "by hand\n");
}

#[test]
fn a_line_of_a_value_that_a_shell_leaves_is_never_a_command() {
    let desk = Desk::steps(&["touch one", "touch two"]);
    let mut screen = desk.run();
    screen.answer("run it?", "y");
    screen.wait_for("touch two");
    open(&mut screen, SHELL, "2");
    types(&mut screen, "2", "alias x=$'a\\ntouch evil\\nb'; trap $'c\\ntouch worse\\nd' USR1");
    screen.line("exit");
    screen.wait_for("alias x='a");
    screen.answer(TAKE, "y");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(3));
    let made = |name: &str| desk.path("repository").join(name).exists();
    assert!(made("two") && !made("evil") && !made("worse"));
}

#[test]
fn what_a_failed_attempt_has_set_is_nothing_to_the_next_one() {
    let desk = Desk::steps(&["LOST=x; ls /nowhere/at/all"])
        .types(&["echo \"$LOST\" > one", "echo found > one"]);
    let mut screen = desk.run();
    screen.answer("what now?", "c");
    screen.wait_for("nothing of this run has set $LOST");
    screen.answer("edit it again?", "n");
    // What was wrong is still the question.
    edit(&mut screen, "what now?", "it is here");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(0));
    assert_eq!(desk.file("repository/one"), "found\n");
}

#[test]
fn an_interrupt_in_the_editor_is_no_interrupt_of_the_run() {
    let desk = Desk::steps(&["touch one"]);
    let script = "#!/bin/bash\ntrap 'echo got >> got' INT\nkill -INT 0\nkill -INT 0\n\
                  echo 'sleep 0.3; touch other' > \"$1\"\n";
    let editor = desk.story.write("editor", script);
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let mut screen = desk.run();
    edit(&mut screen, CHANGE, "slowly");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(0), "{}", screen.text());
    assert!(desk.path("got").exists() && desk.path("repository/other").exists());
}

#[test]
fn an_edited_command_is_held_to_the_place_of_its_own_tools() {
    let desk = Desk::steps(&["touch one"]).types(&["git tag here"]);
    let git = |words: &[&str]| {
        let folder = desk.path("repository");
        let status = Command::new("git").args(words).current_dir(folder).status();
        assert!(status.unwrap().success());
    };
    git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "a"]);
    git(&["branch", "-M", "main"]);
    let mut screen = desk.run();
    edit(&mut screen, CHANGE, "a mark");
    screen.wait_for("git branch");
    screen.wait_for("run it?");
    git(&["switch", "-q", "-c", "other"]);
    screen.line("y");
    screen.wait_for("git branch was main and is other");
    assert_eq!(screen.exit().code(), Some(4));
}

#[test]
fn an_edit_holds_when_its_step_is_done_again() {
    let desk = Desk::steps(&["echo written >> one", "touch two"]).types(&["echo edited >> one"]);
    let mut screen = desk.run();
    edit(&mut screen, CHANGE, "other words");
    screen.answer("run it?", "y");
    screen.wait_for("touch two");
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    let mut screen = desk.story.screen(&["resume", "--redo", "1", "--reason", "once more"]);
    screen.wait_for("$ echo edited");
    screen.answer("run it?", "y");
    screen.answer("run it?", "y");
    assert_eq!(screen.exit().code(), Some(0));
    assert_eq!(desk.file("repository/one"), "edited\nedited\n");
}

#[test]
fn a_patch_names_the_file_from_the_root_of_the_repository() {
    let desk = Desk::steps(&["touch one"]).types(&["touch other"]);
    let text = desk.file("repository/a.md");
    fs::create_dir(desk.path("repository/the docs")).unwrap();
    desk.story.write("repository/the docs/a b.md", &text);
    let mut screen = desk.story.screen(&["run", "repository/the docs/a b.md"]);
    edit(&mut screen, CHANGE, "otherwise");
    screen.answer("run it?", "y");
    screen.wait_for("git -C ");
    assert_eq!(screen.exit().code(), Some(0));
    let kept = desk.path("home/.local/state/runbook/patches");
    let mode = fs::metadata(&kept).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let patch = fs::read_dir(kept).unwrap().next().unwrap().unwrap().path();
    let told = desk.story.run(&["show", "--patch"]).stdout;
    assert_eq!(fs::read_to_string(&patch).unwrap(), told);
    for (program, words) in [("git", vec!["apply"]), ("patch", vec!["-p1", "-i"])] {
        desk.story.write("repository/the docs/a b.md", &text);
        let mut command = Command::new(program);
        command.args(words).arg(&patch).current_dir(desk.path("repository"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let after = desk.file("repository/the docs/a b.md");
        assert_eq!(after, text.replace("touch one", "touch other"));
    }
}

#[test]
fn an_edit_stays_with_its_command_when_a_step_is_inserted_before_it() {
    let text = runbook(&["touch one", "touch two"]);
    let desk = Desk::of(&text).types(&["touch other"]);
    let mut screen = desk.run();
    edit(&mut screen, CHANGE, "otherwise");
    screen.answer("run it?", "y");
    screen.wait_for("touch two");
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    let new = "## Step 0 — Look\n\n```bash\nls\n```\n\n## Step 1";
    let text = text.replace("## Step 1", new);
    desk.story.write("repository/a.md", &text);
    let mut screen = desk.story.screen(&["resume"]);
    screen.wait_for("touch two");
    screen.answer("run it?", "y");
    screen.wait_for("-touch one");
    screen.wait_for("+touch other");
    assert_eq!(screen.exit().code(), Some(0));
    assert!(!desk.path("repository/one").exists());
    assert_eq!(desk.applied(), text.replace("touch one", "touch other"));
}

#[test]
fn an_edit_that_was_not_begun_is_dropped_where_the_runbook_says_otherwise_now() {
    let text = runbook(&["touch one", "touch two"]);
    let desk = Desk::of(&text).types(&["touch other"]);
    let mut screen = desk.run();
    edit(&mut screen, CHANGE, "otherwise");
    screen.wait_for("touch other");
    screen.answer("run it?", "p");
    assert_eq!(screen.exit().code(), Some(3));
    desk.story.write("repository/a.md", &text.replace("touch one", "touch third"));
    let mut screen = desk.story.screen(&["resume"]);
    screen.wait_for("what was put in the place of step 1, line 6 holds no longer");
    screen.wait_for("touch third");
    screen.answer("run it?", "y");
    screen.answer("run it?", "y");
    screen.wait_for("every step was carried out");
    assert_eq!(screen.exit().code(), Some(0));
    assert_eq!(desk.story.run(&["show", "--patch"]).stdout, "");
}

#[test]
fn a_secret_that_is_set_in_a_shell_is_one_from_then_on() {
    let desk = Desk::steps(&["touch one"]).types(&["echo \"it: $API_TOKEN\" > one; cat one"]);
    let mut screen = desk.run();
    open(&mut screen, SHELL, "1");
    types(&mut screen, "1", &format!("API_TOKEN='{TOKEN}'"));
    screen.line("exit");
    screen.wait_for("variable API_TOKEN is set, not shown");
    screen.answer(TAKE, "y");
    edit(&mut screen, CHANGE, "with it");
    screen.answer("run it?", "y");
    screen.wait_for("it: [redacted API_TOKEN]");
    assert_eq!(screen.exit().code(), Some(3));
    assert_eq!(desk.file("repository/one"), format!("it: {TOKEN}\n"));
    assert!(memchr::memmem::find(&desk.kept(), TOKEN.as_bytes()).is_none());
}
