//! What the journal costs: an entry, beside a plain append to a file; a long run that goes on; a long
//! list.
//!
//! `cargo bench --bench journal`. Numbers and what they mean: benches/README.md.
#![allow(clippy::print_stdout)] // It is what a benchmark is for.

mod measure;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use measure::{Measured, Pairs, Targets};
use runbook::event::Event;
use runbook::journal::{Head, Journal, Line, Safe, Sqlite};

const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");
/// Entries that are appended one by one.
const ENTRIES: usize = 500;
/// Segments of the long run, five entries each.
const SEGMENTS: usize = 2000;
const RUNS: usize = 100_000;

fn main() -> ExitCode {
    // Beside the build, which is on a disk; a folder for temporary files may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let mut targets = Targets::default();
    entries(folder.path());
    resume(folder.path(), &mut targets);
    list(folder.path(), &mut targets);
    targets.exit()
}

fn event(run: &str, number: u64) -> Event {
    let text = serde_json::json!({
        "version": 1, "run": run, "number": number, "at": "2026-11-26T10:00:00Z",
        "event": "run_started", "kind": "run", "runbook": "docs/ops/runbooks/rotate.md",
        "path": "/srv/docs/ops/runbooks/rotate.md", "title": "Rotate the service token",
        "fingerprint": "00", "target": "vault", "program": "0", "sections": [], "of": null,
        "metadata": [], "validated_days_ago": 12, "operator": "ada", "host": "here",
        "folder": "/srv", "steps": 12, "writing": ["5"], "irreversible": ["7"], "inputs": [],
        "warnings": []
    });
    serde_json::from_value(text).expect("an event")
}

/// An entry at a time, on the disk or not, against the same bytes appended to a file.
fn entries(folder: &Path) {
    let event = event("r", 1);
    let line = Line::of(&event).expect("it begins a run");
    let text = serde_json::to_string(&event).expect("an event has a form");
    for (name, safe) in
        [("safe from a crash", Safe::FromACrash), ("safe from power loss", Safe::FromPowerLoss)]
    {
        let number = std::cell::Cell::new(0);
        let ours = || {
            number.set(number.get() + 1);
            let state = folder.join(format!("entries-{}-{}", name.len(), number.get()));
            let mut journal = Sqlite::open(&state).expect("a journal");
            let mut head = Head::of_nothing("r");
            let started = Instant::now();
            for _ in 0..ENTRIES {
                let texts = std::slice::from_ref(&text);
                head = journal.append("r", head, texts, &line, safe).expect("an entry");
            }
            started.elapsed()
        };
        let plain = || {
            let file = folder.join("plain");
            let _ = fs::remove_file(&file);
            let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a file");
            let started = Instant::now();
            for _ in 0..ENTRIES {
                file.write_all(text.as_bytes()).expect("room");
                if safe == Safe::FromPowerLoss {
                    file.sync_data().expect("a disk");
                }
            }
            started.elapsed()
        };
        let times = Pairs::measure(5, ours, plain);
        let each = times.alone().scaled(1_000_000.0 / 500.0);
        let ratio = times.ratio();
        println!(
            "an entry, {name}: {:.0} ± {:.0} µs, {:.1} times a plain append",
            each.middle, each.noise, ratio.middle
        );
    }
}

/// Goes on with a run of ten thousand entries, up to the next question.
fn resume(folder: &Path, targets: &mut Targets) {
    let mut text = String::from("# Long\n\n## Step 1 — Look\n\n");
    for number in 0..SEGMENTS {
        text.push_str(&format!("```bash\necho {number}\n# Expect: {number}\n```\n"));
    }
    text.push_str("\n## Step 2 — Write\n\n```bash\ntouch reached\n```\n");
    fs::write(folder.join("long.md"), text).expect("a runbook");
    let command = |words: &[&str]| {
        let mut command = Command::new(RUNBOOK);
        command.args(words).current_dir(folder).env("XDG_STATE_HOME", folder.join("state"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let status = command(&["run", "long.md", "--non-interactive"]).status().expect("it starts");
    assert_eq!(status.code(), Some(3), "it pauses before it writes");
    let output = command(&["show", "--verify"]).stdout(Stdio::piped()).output().expect("it starts");
    print!("{}", String::from_utf8_lossy(&output.stdout));
    let times: Vec<f64> = (0..15)
        .map(|_| {
            let started = Instant::now();
            let status = command(&["resume", "--non-interactive"]).status().expect("it starts");
            assert_eq!(status.code(), Some(3), "it asks the same question");
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    targets.hold("a run of ten thousand entries goes on, ms", Measured::of(times), 200.0, 100.0);
}

/// Lists a hundred thousand runs, whole.
fn list(folder: &Path, targets: &mut Targets) {
    let state = folder.join("many");
    drop(Sqlite::open(&state.join("runbook")).expect("a journal"));
    // Straight into the file: to append them one by one would only take longer.
    let file = state.join("runbook/journal.sqlite");
    let mut connection = rusqlite::Connection::open(file).expect("the journal");
    let transaction = connection.transaction().expect("a transaction");
    for number in 0..RUNS {
        let run = format!("20260101-000000-{number:06}");
        let line = Line::of(&event(&run, 1)).expect("it begins a run");
        let text = serde_json::to_string(&line).expect("plain data");
        transaction
            .execute(
                "INSERT INTO runs VALUES (?1, 'vault', ?2, ?3, 'ada', 0, ?4, 1, zeroblob(32))",
                rusqlite::params![run, line.runbook, line.title.as_str(), text],
            )
            .expect("a row");
    }
    transaction.commit().expect("room");
    drop(connection);
    let listed = || -> Duration {
        let out = File::create(folder.join("listed")).expect("a file");
        let mut command = Command::new(RUNBOOK);
        command.args(["runs", "--all", "--format", "json"]).env("XDG_STATE_HOME", &state);
        let started = Instant::now();
        assert!(command.stdout(out).status().expect("it starts").success());
        started.elapsed()
    };
    listed();
    let times: Vec<f64> = (0..9).map(|_| listed().as_secs_f64() * 1000.0).collect();
    targets.hold("a hundred thousand runs listed, ms", Measured::of(times), 200.0, 100.0);
}
