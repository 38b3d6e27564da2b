//! Whole annotations against whole outputs.

mod phrasings;
mod seeds;
mod undeserved;
mod undeserved_two;

use std::time::Duration;

use super::Verdict::{self, Met, NotMet, Unverified};
use super::{
    Ended, Expectation, Judgement, Kinds, Observed, Output, Progress, Record, Stream, evaluate,
};

fn output(text: &str) -> Output {
    Output {
        head: text.as_bytes().to_vec(),
        tail: Vec::new(),
        omitted: 0,
        lines: text.lines().filter(|line| !line.trim().is_empty()).count() as u64,
    }
}

/// What a command did that ended by itself.
pub(super) fn observed(command: &str, statuses: &[i32], stdout: &str, stderr: &str) -> Observed {
    Observed {
        stdout: output(stdout),
        stderr: output(stderr),
        statuses: statuses.to_vec(),
        ended: Ended::Exited,
        command: command.to_owned(),
        unseen: None,
        sensitive: false,
        elapsed: Duration::from_millis(1),
    }
}

/// A run in which no step has run.
struct Nothing;

impl Record for Nothing {
    fn step(&self, _: &str) -> Option<(&Output, &str)> {
        None
    }
}

/// A run in which one step printed something.
struct Ran(&'static str, Output, &'static str);

impl Record for Ran {
    fn step(&self, id: &str) -> Option<(&Output, &str)> {
        (id == self.0).then_some((&self.1, self.2))
    }
}

fn expect(text: &str) -> Expectation {
    Expectation::parse(text, &Kinds::default()).expect(text)
}

fn judge(text: &str, observed: &Observed) -> Judgement {
    evaluate(&expect(text), observed, &Nothing)
}

/// One command that ended by itself.
fn case(text: &str, command: &str, statuses: &[i32], out: (&str, &str), expected: Verdict) {
    let judgement = judge(text, &observed(command, statuses, out.0, out.1));
    assert_eq!(
        judgement.verdict, expected,
        "{text} on {command} {statuses:?} {out:?}: {judgement:#?}"
    );
}

#[test]
fn traps_that_other_tools_fell_into() {
    case("401", "x", &[0], ("id=14012\n", ""), NotMet);
    case("OK", "x", &[0], ("NOT OK\n", ""), NotMet);
    case("healthy", "x", &[0], ("unhealthy\n", ""), Unverified);
    case("\"healthy\"", "x", &[0], ("unhealthy\n", ""), NotMet);
    case("JSON", "curl x | head -5", &[0, 0], ("{\"a\":\n", ""), NotMet);
    case("clean", "git status", &[0], ("modified: x\n", ""), Unverified);
    case("no \"panic\"", "x", &[1], ("", ""), NotMet);
    case("no errors", "x || true", &[0], ("", ""), Unverified);
    let silent = Observed { ended: Ended::Stopped, ..observed("x -f", &[143], "", "") };
    assert_eq!(judge("no 401s", &silent).verdict, Unverified);
    let hung = Observed { ended: Ended::TimedOut, ..observed("x", &[137], "", "") };
    assert_eq!(judge("\"done\"", &hung).verdict, NotMet);
    let late = Observed { ended: Ended::TimedOut, ..observed("x", &[137], "done\n", "") };
    assert_eq!(judge("\"done\"", &late).verdict, Met);
    case("no \"panic\"", "x", &[0], ("", "# Expect: no \"panic\"\n"), Met);
    case("\"ready.now\"", "x", &[0], ("", "# Expect: \"ready.now\"\n+ echo ready.now\n"), NotMet);
    case("one or more", "x", &[0], ("onepassword-connect pod\n", ""), NotMet);
    case("on stderr", "x", &[0], ("", ""), Unverified);
    case("\"warn.x\" on stderr", "x", &[0], ("warn.x\n", ""), NotMet);
    case("\"warn.x\" on stderr", "x", &[0], ("", "warn.x\n"), Met);
    case("empty", "x", &[0], ("\x1b[0m\r\n", "noise"), Met);
}

#[test]
fn a_word_that_is_also_denied_proves_nothing() {
    case(
        "200",
        "for h in a b; do curl -w '%{http_code}\\n' $h; done",
        &[0],
        ("200\n500\n", ""),
        Unverified,
    );
    case("200", "curl -sLi x", &[0], ("HTTP/1.1 301 Moved\n\nHTTP/2 200\n", ""), Met);
    case("200", "curl -sI x", &[0], ("HTTP/1.1 301 Moved Permanently\n", ""), NotMet);
    case("healthy", "x", &[0], ("db: healthy\ncache: unhealthy\n", ""), Unverified);
    case(
        "Running",
        "kubectl get pods",
        &[0],
        ("NAME  STATUS\na     Running\nb     Pending\n", ""),
        Unverified,
    );
    case(
        "Running",
        "kubectl get pods",
        &[0],
        ("NAME  STATUS\na     Running\nb     Running\n", ""),
        Met,
    );
    case("Connected", "x", &[0], ("Connected: false\n", ""), Unverified);
}

#[test]
fn several_lines_are_several_promises() {
    let text = "Expected output should include:\n#   alpha 1\n#   - beta 2\n";
    case(text, "x", &[0], ("alpha 1\nbeta 2\n", ""), Met);
    case(text, "x", &[0], ("alpha 1\n", ""), NotMet);
    case("exit 0\n#  - \"a.b\"\n#  - no \"c.d\"", "x", &[0], ("a.b\nc.d\n", ""), NotMet);
    case("{\n  \"a\": 1\n}", "x", &[0], ("{\"a\":1}", ""), Met);
}

#[test]
fn what_was_not_kept_is_not_judged() {
    let cut = |lines: u64| Observed {
        stdout: Output { head: b"start\n".to_vec(), tail: b"end\n".to_vec(), omitted: 100, lines },
        ..observed("x", &[0], "", "")
    };
    assert_eq!(judge("\"start\"", &cut(9)).verdict, Met);
    assert_eq!(judge("\"middle\"", &cut(9)).verdict, Unverified);
    assert_eq!(judge("no \"panic\"", &cut(9)).verdict, Unverified);
    assert_eq!(judge("{\"a\": 1}", &cut(9)).verdict, Unverified);
    assert_eq!(judge("empty", &cut(9)).verdict, NotMet);
    let middle = [b"start\n".as_slice(), &b"x".repeat(92), b"\nmiddle\n", b"end\n"].concat();
    let live = |text: &str| {
        let mut watch = expect(text).watch();
        middle.chunks(7).for_each(|chunk| watch.push(Stream::Stdout, chunk));
        watch.judge(&cut(4), &Nothing).verdict
    };
    assert_eq!(live("\"middle\""), Met);
    assert_eq!(live("no \"panic\""), Met);
    assert_eq!(live("no \"middle\""), NotMet);
    assert_eq!(live("\"absent.here\""), NotMet);
}

#[test]
fn a_stream_is_decided_as_soon_as_it_can_be() {
    let progress = |text: &str, output: &str| {
        let mut watch = expect(text).watch();
        watch.push(Stream::Stdout, output.as_bytes());
        watch.progress()
    };
    assert_eq!(progress("\"listening\"", "now listening\n"), Progress::Met);
    assert_eq!(progress("\"listening\"", "booting\n"), Progress::Undecided);
    assert_eq!(progress("\"listening\", no errors", "listening\n"), Progress::Holding);
    assert_eq!(progress("\"listening\", no errors", "booting\n"), Progress::Undecided);
    assert_eq!(progress("no errors", "booting\n"), Progress::Undecided);
    assert_eq!(progress("\"listening\", no errors", "error: x\n"), Progress::NotMet);
    assert_eq!(progress("a list of names", "x\n"), Progress::Undecided);
    assert_eq!(progress("Listening on port N", "Listening on port 3000\n"), Progress::Met);
    assert_eq!(progress("\"a.b\" or \"c.d\"", "c.d\n"), Progress::Met);
    assert_eq!(progress("exit 0", "x\n"), Progress::Undecided);
}

#[test]
fn secret_output_is_told_by_its_class_only() {
    let secret = Observed { sensitive: true, ..observed("x", &[0], "hunter2-xyz\n", "") };
    for text in [
        "12",
        "\"absent.x\"",
        "no \"hunter2-xyz\"",
        "contains \"hunter2-xyz\"",
        "exactly 3 chars",
        "401",
        "3 rows",
        "matches /h/",
    ] {
        let why: Vec<String> =
            judge(text, &secret).checks.into_iter().map(|check| check.why).collect();
        assert!(!why.concat().contains("hunter2"), "{text}: {why:?}");
    }
}

#[test]
fn a_judgement_is_the_contract_s_json() {
    let judgement = judge("PONG", &observed("x", &[0], "PONG\n", ""));
    let value = serde_json::to_value(&judgement).unwrap();
    assert_eq!(value["verdict"], "met");
    assert_eq!(value["checks"][1]["text"], "the output has `PONG`");
    assert_eq!(value["checks"][1]["verdict"], "met");
    assert!(value["residual"].is_null());
}
