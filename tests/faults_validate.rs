//! What goes wrong around a validation: hosts, tokens, files, disks, a second one at once.
//!
//! Whatever it is, the message names it, the exit code is the documented one, the runbook is whole
//! and is stamped only where everything held.

mod lab;
mod screen;
mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lab::{Answer, HEADER, Lab, RUNBOOK, Seen, Server, step, steps};

const READ: &str = "curl -fsS SERVER/health\n# Expect: \"ok\"";
const STAMP: [&str; 2] = ["--stamp", "book.md"];

/// Validates one runbook with a stamp that must not come, and expects the file as it was.
#[track_caller]
fn stamps_nothing(lab: &mut Lab, code: i32, texts: &[&str]) -> Seen {
    let before = lab.read("book.md");
    let seen = lab.validate(&STAMP);
    seen.exit(code).says("not stamped");
    for text in texts {
        seen.says(text);
    }
    assert_eq!(lab.read("book.md"), before);
    only_the_usual_files(&lab.path(""));
    seen
}

/// Expects that nothing half-written lies beside a runbook.
#[track_caller]
fn only_the_usual_files(folder: &Path) {
    let names = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> =
        names.map(|one| one.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, [".git", "book.md", "runbook.toml"]);
}

#[test]
fn a_host_that_nobody_answers_at_fails_the_segment_with_curls_words() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let host = port.to_string();
    let block = format!("curl -fsS http://{host}/health\n# Expect: \"ok\"");
    let mut lab = Lab::bare().listing(&[&host]).book("book.md", &steps(&[&block]));
    stamps_nothing(&mut lab, 1, &["curl: (7)"]);
}

#[test]
fn a_host_that_hangs_up_fails_the_segment() {
    let mut lab = Lab::new(Server::start(|_| Answer::hang_up())).book("book.md", &steps(&[READ]));
    stamps_nothing(&mut lab, 1, &["curl: (52)"]);
}

#[test]
fn a_slow_host_has_until_the_deadline() {
    let slow =
        || Lab::new(Server::start(|_| Answer::text("ok\n").after(Duration::from_millis(1500))));
    slow().book("book.md", &steps(&[READ])).validate(&STAMP).exit(0).says("stamped: ");
    let book = format!("{HEADER}{}", step(1, "bash timeout=1s", READ));
    stamps_nothing(&mut slow().book("book.md", &book), 1, &["its deadline of 1 s passed"]);
}

/// A server that lets a token read the one and not the other.
fn half_open(token: &'static str) -> Lab {
    let server = Server::start(move |request| match request.path.as_str() {
        "/public" => Answer::text("ok\n"),
        _ if request.credential() == token => Answer::text("ok\n"),
        _ => Answer::status(403, "forbidden\n"),
    });
    let read = |path: &str| {
        format!("curl -fsS -H \"Authorization: Bearer $API_TOKEN\" SERVER/{path}\n# Expect: \"ok\"")
    };
    let book = steps(&[&read("public"), &read("private"), &read("public")]);
    Lab::new(server).variable("API_TOKEN", "canary-of-the-caller").book("book.md", &book)
}

#[test]
fn a_token_that_works_for_some_commands_does_not_pass() {
    let mut lab = half_open("another-token");
    let seen = stamps_nothing(&mut lab, 1, &["403", "3 of 3 segments run: 2 met, 1 not met"]);
    seen.never_says("canary-of");
    half_open("canary-of-the-caller").validate(&STAMP).exit(0).says("stamped: ");
}

#[test]
fn a_runbook_that_changes_while_it_is_validated_is_not_stamped() {
    let place: Arc<OnceLock<std::path::PathBuf>> = Arc::default();
    let known = Arc::clone(&place);
    let mut lab = Lab::new(Server::start(move |_| {
        let path = known.get().expect("a path");
        let text = fs::read_to_string(path).expect("a runbook");
        fs::write(path, text + "\nA word more.\n").expect("a file");
        Answer::text("ok\n")
    }));
    place.set(lab.path("book.md")).expect("nobody set it");
    lab.write("book.md", &steps(&[READ]));
    let before = lab.read("book.md");
    let seen = lab.validate(&STAMP);
    seen.exit(3).says("it changed while it was being validated; validate it again");
    assert_eq!(lab.read("book.md"), before + "\nA word more.\n");
    only_the_usual_files(&lab.path(""));
}

#[test]
fn a_runbook_that_may_not_be_written_is_not() {
    let mut lab = Lab::answering("ok\n").book("book.md", &steps(&[READ]));
    fs::set_permissions(lab.path("book.md"), fs::Permissions::from_mode(0o444)).expect("a mode");
    stamps_nothing(&mut lab, 5, &["it is read-only; allow writing with `chmod u+w`"]);
}

#[test]
fn a_runbook_without_a_header_needs_a_person_to_write_one() {
    let mut lab = Lab::answering("ok\n");
    lab.write("book.md", &format!("# Try\n{}", step(1, "bash", READ)));
    stamps_nothing(&mut lab, 3, &["**Last validated:**"]);
}

/// Runs a script in a mount namespace of its own, in which `full` is a small disk.
fn with_small_disk(lab: &Lab, script: &str) -> Seen {
    let full = lab.beside("full");
    fs::create_dir(&full).expect("a folder");
    let whole = format!(
        "set -eu\nmount -t tmpfs -o size=64k small $FULL\n\
         fill() {{ cat /dev/zero >$FULL/fill 2>/dev/null || true; }}\n{script}"
    );
    let mut command = Command::new("unshare");
    let ours = lab.command(&[]);
    let environment = ours.get_envs().filter_map(|(name, value)| Some((name, value?)));
    command.args(["--map-root-user", "--mount", "bash", "-c", &whole]);
    command.env_clear().envs(environment).env("FULL", &full).env("RUNBOOK", RUNBOOK);
    command.current_dir(lab.path("")).stdin(Stdio::null());
    Seen::of(&command.output().expect("unshare starts"))
}

#[test]
fn on_a_full_disk_the_runbook_stays_whole() {
    let mut lab = Lab::answering("ok\n").book("book.md", &steps(&[READ]));
    lab.commit();
    let seen = with_small_disk(
        &lab,
        "cp book.md runbook.toml $FULL; ln -s $PWD/.git $FULL/.git; cd $FULL; fill\n\
         $RUNBOOK validate --config-ref HEAD --stamp book.md && code=0 || code=$?\n\
         cp book.md $HOME/after; ls -A >$HOME/files; exit $code",
    );
    seen.exit(5).says("not stamped").says("No space left on device").says("the file is as it was");
    let after = |name: &str| fs::read_to_string(lab.beside("home").join(name)).expect("a file");
    assert_eq!(after("after"), lab.read("book.md"));
    assert_eq!(after("files"), ".git\nbook.md\nfill\nrunbook.toml\n");
}

#[test]
fn without_room_for_a_scratch_folder_nothing_is_run() {
    let mut lab = Lab::answering("ok\n").book("book.md", &steps(&[READ]));
    lab.commit();
    let seen = with_small_disk(
        &lab,
        "fill; export TMPDIR=$FULL; exec $RUNBOOK validate --config-ref HEAD --stamp book.md",
    );
    seen.exit(5).says("make a scratch folder").says("No space left on device");
    assert_eq!(lab.server().journal(), [] as [&str; 0]);
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure_of_the_machine() {
    let mut lab = Lab::answering("ok\n").book("book.md", &steps(&[READ]));
    lab = lab.variable("GITHUB_STEP_SUMMARY", "/dev/full");
    lab.validate(&["--format", "github", "book.md"]).exit(5).says("failed to write /dev/full");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let mut command = lab.command(&["validate", "--config-ref", "HEAD", "book.md"]);
    let output = command.stdout(full).output().expect("it starts");
    Seen::of(&output).exit(5);
}

#[test]
fn two_validations_of_one_tree_at_once_stamp_each_runbook_once() {
    let mut lab =
        Lab::new(Server::start(|_| Answer::text("ok\n").after(Duration::from_millis(100))));
    let names: Vec<_> = (0..6).map(|number| format!("{number}.md")).collect();
    for name in &names {
        lab.write(name, &steps(&[READ]));
    }
    let children = [0, 1].map(|_| lab.start(&["--stamp", "."]));
    for child in children {
        Seen::of(&child.wait_with_output().expect("it ends")).exit(0);
    }
    for name in &names {
        let book = lab.read(name);
        let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        let expected =
            HEADER.replace("2025-01-02", &today).replace("read-only-docs", "read-only-live");
        assert!(book.starts_with(&expected), "{book}");
    }
    lab.nothing_is_left();
}
