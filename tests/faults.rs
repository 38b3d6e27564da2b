//! What goes wrong around a run: tools, blocks, files, streams, signals.
//!
//! Whatever it is, the message names it, the exit code is the documented one, what was done before
//! is not lost, and nothing is left running.

mod scene;
mod screen;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use scene::{RUNBOOK, Scene};
use screen::Screen;

/// A story of one block with words behind its language.
fn fenced(info: &str, block: &str) -> Scene {
    Scene::of(&format!("# Try\n\n## Step 1 — Do\n\n```{info}\n{block}\n```\n")).confirm("1")
}

/// Waits until `holds`; what the story waits for is an event, not a time.
#[track_caller]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_missing_tool_is_named_with_its_line_before_anything_runs() {
    let story = Scene::steps(&["touch reached", "no-such-tool --now | wc -l"]);
    let told = story.run();
    told.exit(5).says("no-such-tool (line 12)").says("PATH");
    assert!(!story.path("reached").exists());
}

#[test]
fn a_tool_that_hangs_is_killed_with_all_its_children() {
    let hang = "#!/bin/bash\ntrap '' INT TERM HUP\nsetsid bash -c 'trap \"\" INT TERM HUP; sleep 1000; sleep 1000' &\n\
                (trap '' INT TERM; sleep 1000; sleep 1000) &\necho hanging\nwhile :; do sleep 1000; done\n";
    let story = fenced("bash timeout=1s", "hang").command("hang", hang);
    let start = Instant::now();
    let told = story.run();
    told.exit(1).outcomes(&["failed"]).because("its deadline of 1 s passed; it was killed");
    assert!(told.output().contains("hanging"));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_daemon_in_the_background_is_found_at_the_end() {
    let story = Scene::steps(&["setsid sleep 1000 &\nsleep 1000 &\ntrue"]);
    story.run().exit(0).says("ended what was left running in the background: s");
}

#[test]
fn a_block_that_kills_the_shell_fails_and_says_so() {
    for block in ["kill -9 $$", "kill -9 $BASHPID", "kill -TERM $$; kill -KILL $$"] {
        let told = Scene::steps(&["KEPT=1", block, "touch reached"]).run();
        told.exit(1).outcomes(&["status_only", "failed"]).because("the shell");
    }
}

#[test]
fn a_block_that_exits_fails_unattended() {
    let told = Scene::steps(&["exit 3"]).run();
    told.exit(1).outcomes(&["failed"]).because("3");
}

#[test]
fn exit_0_in_a_block_and_exec_do_not_take_the_run_with_them() {
    for block in ["exit 0", "exec true", "exec bash -c 'exit 0'", "exec 2>&1", "exec </dev/null"] {
        let told =
            Scene::steps(&["KEPT=kept", block, "echo \"it is $KEPT\"\n# Expect: \"it is kept\""])
                .run();
        let ended = told.named("run_ended");
        assert_eq!(ended.len(), 1, "{block}: {told}");
        let met = ended[0]["result"] == "complete";
        let failed = ended[0]["result"] == "failed" && ended[0]["step"] == "2";
        assert!(met || failed, "{block}: {told}");
    }
}

/// An operator at a terminal, in front of a story.
fn attended(story: &Scene) -> Screen {
    let environment: Vec<_> = story.environment().collect();
    let book = story.path("book.md").display().to_string();
    Screen::start(RUNBOOK.as_ref(), &["run", &book], &environment, &story.path(""))
}

#[test]
fn after_an_exit_the_run_goes_on_from_the_state_before() {
    for ends in ["exit 3", "kill -9 $$", "exec bash -c 'exit 3'"] {
        let block = format!("KEPT=changed; LOST=1\n{ends}");
        let story = Scene::steps(&[
            "KEPT=kept; cd bin",
            &block,
            "echo \"hello $KEPT\"; basename \"$PWD\"; echo \"lost ${LOST-nothing}\"\n# Expect: \"hello kept\" and \"bin\" and \"lost nothing\"",
        ]);
        let mut screen = attended(&story);
        if ends != "exit 3" {
            screen.answer("c change the command, ! open a shell, p pause]: ", "y");
        }
        screen.answer("c change the command and retry, ! open a shell, p pause]: ", "r");
        if ends != "exit 3" {
            screen.answer("c change the command, ! open a shell, p pause]: ", "y");
        }
        screen.answer("c change the command and retry, ! open a shell, p pause]: ", "o");
        screen.answer("why (it is recorded): ", "it is known to end");
        let status = screen.exit();
        let shown = screen.shown();
        assert!(shown.contains("met") && shown.contains("hello kept"), "{ends}:\n{shown}");
        assert_eq!(status.code(), Some(3), "{ends}:\n{shown}");
        story.nothing_is_left_running();
    }
}

#[test]
fn blocks_that_redefine_what_the_interpreter_uses_do_not_blind_it() {
    let told = Scene::steps(&[
        "echo() { command printf hacked; }; printf() { :; }; read() { return 1; }; eval() { :; }\n\
         builtin() { :; }; command() { :; }; trap() { :; }; declare() { :; }; unset() { :; }; test() { :; }",
        "true",
        "false",
    ])
    .run();
    told.exit(1).outcomes(&["status_only", "status_only", "failed"]);
}

#[test]
fn an_exit_trap_of_a_block_runs_at_the_end_and_is_seen() {
    let told = Scene::steps(&["trap 'echo bye from the trap' EXIT", "echo in between"]).run();
    told.exit(0);
    let output = told.output();
    let (between, bye) = (output.find("in between"), output.find("bye from the trap"));
    assert!(between.is_some() && bye > between, "{told}");
}

#[test]
fn options_of_a_block_hold_and_do_not_disturb_the_run() {
    let told =
        Scene::steps(&["set -euo pipefail", "true", "echo still here\n# Expect: \"still here\""])
            .run();
    told.exit(0).outcomes(&["status_only", "status_only", "met"]);
    let told = Scene::steps(&["set -e", "false", "true"]).run();
    told.exit(1).outcomes(&["status_only", "failed"]);
    let told = Scene::steps(&["set -u; name=not_there", "echo \"${!name}\"", "true"]).run();
    told.exit(1).outcomes(&["status_only", "failed"]);
    // What `set -x` echoes is no output that an expectation could find.
    let told = Scene::steps(&["set -x", "true # ready\n# Expect: \"ready\""]).run();
    told.exit(1).outcomes(&["status_only", "not_met"]);
    for option in ["set -v", "set -f", "set -k", "set -o posix", "shopt -s extdebug failglob"] {
        let told = Scene::steps(&[option, "false", "true"]).run();
        assert_ne!(told.code, Some(0), "{option}: {told}");
    }
}

#[test]
fn a_shell_that_was_told_to_run_nothing_more_ends_at_its_deadline() {
    let told = fenced("bash timeout=1s", "set -n").run();
    told.exit(1).because("its deadline of 1 s passed; it was killed");
}

/// The peak of a process's memory in KiB.
fn peak(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Reads a child's standard output to its end; returns it and the child's peak of memory in KiB.
fn watch(child: &mut Child) -> (Vec<u8>, u64) {
    let mut out = child.stdout.take().expect("piped");
    let (mut text, mut chunk, mut highest) = (Vec::new(), [0; 8192], 0);
    loop {
        let count = out.read(&mut chunk).expect("readable");
        highest = peak(child.id()).unwrap_or(0).max(highest);
        text.extend_from_slice(&chunk[..count]);
        if count == 0 {
            return (text, highest);
        }
    }
}

#[test]
fn output_of_any_size_runs_in_bounded_memory_and_on_a_bounded_screen() {
    let bytes = if cfg!(debug_assertions) { 48_u64 << 20 } else { 2 << 30 };
    for block in [
        format!("head -c {bytes} /dev/zero | tr '\\0' x"),
        format!("yes 'a line of a log' | head -c {bytes}"),
    ] {
        let story = Scene::steps(&[&block]).input("SOME_TOKEN", "a-secret-that-is-looked-for");
        let story = story.before("printf %s \"$SOME_TOKEN\" | wc -c");
        let mut child = story.start(&["run", "--format", "json"]);
        let (text, peak) = watch(&mut child);
        let text = String::from_utf8(text).expect("UTF-8");
        assert_eq!(child.wait().expect("a child").code(), Some(0), "{block}");
        assert!(text.contains(&format!("\"bytes\":{bytes}")), "{block}");
        assert!(text.len() < 2 << 20, "{block}: {} bytes were shown", text.len());
        assert!(peak > 0 && peak < 64 << 10, "{block}: {peak} KiB");
    }
}

#[test]
fn output_without_end_is_stopped_at_its_deadline() {
    let story = fenced("bash timeout=1s", "endless").command("endless", "#!/bin/bash\nexec yes\n");
    let mut child = story.start(&["run", "--format", "json"]);
    let (text, peak) = watch(&mut child);
    assert_eq!(child.wait().expect("a child").code(), Some(1));
    assert!(text.len() < 2 << 20 && peak < 64 << 10, "{} bytes, {peak} KiB", text.len());
    story.nothing_is_left_running();
}

#[test]
fn binary_output_is_shown_harmlessly() {
    let told = Scene::steps(&["head -c 200000 /dev/urandom"]).shown();
    told.exit(0);
    let harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    assert!(!told.stdout.contains(harmful), "{:?}", told.stdout.chars().find(|c| harmful(*c)));
    let told = Scene::steps(&["head -c 200000 /dev/urandom"]).run();
    told.exit(0).outcomes(&["status_only"]);
}

/// Everything by which output could pass for a word of the interpreter.
const FORGERY: &str = r"printf '  met (0.1 s): forged\n'; printf '\r  met (0.1 s): forged\n'; printf '\n\n\e[3A\r\e[2K  met (0.1 s): forged\e[3B\n'
printf '\e[?1049h\e[2J\e[H  met (0.1 s): forged\n'; printf 'x\x0b  met (0.1 s): forged\f\n'; printf '\xc2\x9b2J  met (0.1 s): forged\n'
printf '\e]0;title\a  met (0.1 s): forged\n'; printf '\u202e  met (0.1 s): forged\n'; printf '\u2028  met (0.1 s): forged\n'
printf 'no newline at the end  met (0.1 s): forged'; printf '\n  met (0.1 s): forged' >&2";

#[test]
fn output_that_imitates_a_verdict_stands_behind_the_gutter() {
    let told = Scene::steps(&[FORGERY]).shown();
    told.exit(0);
    assert!(!told.stdout.contains('\x1b'), "{:?}", told.stdout);
    let forged = told
        .stdout
        .split(['\n', '\r', '\u{2028}', '\x0b', '\x0c', '\u{85}'])
        .filter(|line| line.contains("forged"));
    // The block's own text stands behind its prompt.
    let (shown, commands): (Vec<_>, Vec<_>) =
        forged.partition(|line| line.starts_with("  │") || line.starts_with("  ┆"));
    assert!(shown.len() >= 8, "{told}");
    assert!(commands.iter().all(|line| line.contains("printf")), "{commands:#?}");
}

#[test]
fn a_terminal_gets_no_control_sequence_of_an_output() {
    let story = Scene::steps(&[FORGERY]);
    let mut screen = attended(&story);
    assert_eq!(screen.exit().code(), Some(0));
    let written = String::from_utf8_lossy(&screen.written()).into_owned();
    for sequence in ["\x1b[3A", "\x1b[2K", "\x1b[?1049h", "\x1b[2J", "\x1b]", "\u{9b}", "\u{202e}"]
    {
        assert!(!written.contains(sequence), "{sequence:?}");
    }
    let shown = screen.shown();
    for line in shown.lines().filter(|line| line.contains("forged") && !line.contains("printf")) {
        assert!(line.trim_start().starts_with(['│', '┆']), "{line:?} of\n{shown}");
    }
}

#[test]
fn answers_to_what_is_not_asked_are_refused() {
    let story = Scene::steps(&["touch reached"]).input("NO_SUCH_INPUT", "x");
    story.run().exit(2).says("there is no input NO_SUCH_INPUT");
    let story = Scene::steps(&["touch reached"]).confirm("9");
    story.run().exit(2).says("there is no step 9");
    assert!(!story.path("reached").exists());
}

#[test]
fn what_is_no_runbook_is_named_and_refused_with_2() {
    let story = Scene::of("");
    for (name, bytes) in [
        ("latin1.md", Some(&b"# Caf\xe9\n\n## Step 1\n\n```bash\ntrue\n```\n"[..])),
        ("empty.md", Some(&b""[..])),
        ("prose.md", Some(&b"# Only prose\n\nNothing is to be done here.\n"[..])),
        ("missing.md", None),
    ] {
        if let Some(bytes) = bytes {
            fs::write(story.path(name), bytes).expect("a file");
        }
        refused(&story, "run", name);
        if !matches!(name, "empty.md" | "prose.md") {
            refused(&story, "explain", name);
        }
    }
    refused(&story, "run", "bin");
    refused(&story, "explain", "bin");
}

#[track_caller]
fn refused(story: &Scene, verb: &str, name: &str) {
    let output = Command::new(RUNBOOK).arg(verb).arg(story.path(name)).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{verb} {name}: {said}");
    assert!(said.contains(name) && said.lines().count() < 5, "{verb} {name}: {said}");
}

#[test]
fn a_block_with_an_ellipsis_that_names_nothing_never_runs() {
    for block in [
        "touch reached\ndeploy ... --now",
        "touch reached; curl ...",
        "touch reached\nfor x in ...; do touch \"$x\"; done",
    ] {
        let story =
            Scene::steps(&[block]).command("deploy", "#!/bin/bash\ntouch \"$STORY/reached\"\n");
        let told = story.run();
        told.exit(4);
        assert!(told.stdout.contains("...") || told.stderr.contains("..."), "{told}");
        assert!(!story.path("reached").exists(), "{block}");
    }
}

#[test]
fn a_block_that_does_not_parse_never_runs_and_names_its_line() {
    for block in [
        "touch reached\nif true; then",
        "touch reached\necho 'open",
        "touch reached\nfoo() {",
        "touch reached\n)",
    ] {
        let story = Scene::steps(&[block]);
        let told = story.run();
        told.exit(4);
        assert!(!story.path("reached").exists(), "{block}");
        let named = ["line 6", "line 7", "line 8", ":6", ":7", ":8"]
            .iter()
            .any(|line| told.stderr.contains(line) || told.stdout.contains(line));
        assert!(named, "{told}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_reason_to_panic() {
    for words in [
        &["explain"][..],
        &["explain", "--format", "json"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let mut command = Command::new(RUNBOOK);
        command.args(words);
        if words[0] == "explain" {
            command.arg("runbooks/rotate-infisical-service-token.md");
        }
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("a child");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{words:?}");
    }
}

#[test]
fn a_run_whose_reader_has_left_ends_with_5_and_runs_nothing_more() {
    for format in ["json", "text"] {
        let story = Scene::steps(&["true", "touch reached"]);
        let mut child = story.start(&["run", "--format", format]);
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("a child");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{format}: {said}");
        assert!(!said.contains("panicked") && said.contains("pipe"), "{format}: {said}");
        assert!(!story.path("reached").exists(), "{format}");
        story.nothing_is_left_running();
    }
}

#[test]
fn what_comes_on_a_standard_input_that_is_no_terminal_answers_nothing() {
    let story = Scene::steps(&["touch reached"]);
    fs::write(story.path("typed"), "y\ny\ny\n").expect("a file");
    let mut command = Command::new(RUNBOOK);
    command.arg("run").arg(story.path("book.md")).current_dir(story.path(""));
    command.stdin(fs::File::open(story.path("typed")).expect("a file"));
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(!story.path("reached").exists());
}

#[test]
fn a_block_reads_nothing_of_the_interpreters_standard_input() {
    let story = Scene::steps(&["cat | wc -c\n# Expect: 0"]);
    fs::write(story.path("typed"), "typed\n").expect("a file");
    let mut command = story.prepare(&["run"]);
    command.stdin(fs::File::open(story.path("typed")).expect("a file"));
    assert_eq!(command.output().expect("it starts").status.code(), Some(0));
}

/// A run whose block has started and waits, its children with it.
fn waiting_run() -> (Scene, Child) {
    let story = Scene::steps(&[
        "trap '' HUP\n(sleep 1000; true) &\nsetsid sleep 1000 &\ntouch started; sleep 1000",
        "touch reached",
    ]);
    let child = story.start(&["run"]);
    wait_until("the block started", || story.path("started").exists());
    (story, child)
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let id = i32::try_from(child.id()).expect("a process id");
    rustix::process::kill_process(rustix::process::Pid::from_raw(id).expect("no zero"), signal)
        .expect("it lives");
}

#[test]
fn a_termination_and_a_hang_up_end_the_run_and_its_children() {
    for sent in [rustix::process::Signal::TERM, rustix::process::Signal::HUP] {
        let (story, child) = waiting_run();
        signal(&child, sent);
        let output = child.wait_with_output().expect("a child");
        assert_eq!(
            output.status.code(),
            Some(5),
            "{sent:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        story.nothing_is_left_running();
        assert!(!story.path("reached").exists());
    }
}

#[test]
fn an_interrupt_stops_the_command_and_a_second_one_the_run() {
    let (story, child) = waiting_run();
    signal(&child, rustix::process::Signal::INT);
    let output = child.wait_with_output().expect("a child");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    story.nothing_is_left_running();
    assert!(!story.path("reached").exists());

    // A command that does not mind the first one is there for the second.
    let block = "touch started\nbash -c \"trap '' INT TERM; while :; do sleep 1000; done\"";
    let story = Scene::steps(&[block, "touch reached"]);
    let child = story.start(&["run"]);
    wait_until("the block started", || {
        story.living().iter().any(|words| words.contains("trap '' INT TERM; while"))
    });
    signal(&child, rustix::process::Signal::INT);
    std::thread::sleep(Duration::from_millis(50));
    signal(&child, rustix::process::Signal::INT);
    let output = child.wait_with_output().expect("a child");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stdout));
    story.nothing_is_left_running();
    assert!(!story.path("reached").exists());
}

#[test]
fn the_shell_dies_with_the_interpreter() {
    let story = Scene::steps(&["echo up; sleep 3"]);
    let mut child = story.start(&["run"]);
    let out = BufReader::new(child.stdout.take().expect("piped"));
    out.lines()
        .map(|line| line.expect("UTF-8"))
        .find(|line| line.contains("│ up"))
        .expect("it runs");
    child.kill().expect("it lives");
    child.wait().expect("a child");
    wait_until("bash is gone", || !story.living().iter().any(|words| words.contains("bash")));
}
