//! What every store of the journal must do, and what the one in a file must withstand.
#![allow(clippy::unwrap_used, reason = "a test")]

mod screen;
mod story;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread;

use proptest::prelude::*;

use runbook::event::Event;
use runbook::journal::{
    ExchangeError, Fault, Filter, Hash, Head, Hold, Holder, Journal, JournalError, Life, Line,
    Safe, Sqlite, export, import, verify,
};

use story::Story;

/// The first event of a run, and one that follows.
fn events(run: &str) -> (Event, Event) {
    let started = serde_json::json!({
        "version": 1, "run": run, "number": 1, "at": "2026-11-26T10:00:00Z",
        "event": "run_started", "kind": "run", "runbook": "a.md", "path": "/a.md",
        "title": "Rotate a token", "fingerprint": fingerprint(), "target": "vault",
        "program": "0", "sections": [], "of": null, "metadata": [], "validated_days_ago": null,
        "operator": "ada", "host": "here", "folder": "/", "steps": 1, "writing": [],
        "irreversible": [], "inputs": [], "warnings": []
    });
    let remark = serde_json::json!({
        "version": 1, "run": run, "number": 2, "at": "2026-11-26T10:00:01Z",
        "event": "remark", "text": "all is well"
    });
    (serde_json::from_value(started).unwrap(), serde_json::from_value(remark).unwrap())
}

const DOCUMENT: &str = "# Rotate a token\n";

fn fingerprint() -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(DOCUMENT).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line(run: &str) -> Line {
    Line::of(&events(run).0).unwrap()
}

fn text(event: &Event) -> String {
    serde_json::to_string(event).unwrap()
}

/// A run of `count` entries; its head.
fn fill(journal: &mut dyn Journal, run: &str, count: usize) -> Head {
    let (started, remark) = events(run);
    journal.keep_text(&fingerprint(), DOCUMENT).unwrap();
    let mut texts = vec![text(&started)];
    texts.extend((1..count).map(|_| text(&remark)));
    journal.append(run, Head::of_nothing(run), &texts, &line(run), Safe::FromPowerLoss).unwrap()
}

fn read(journal: &dyn Journal, run: &str) -> Vec<String> {
    let mut found = Vec::new();
    journal.read(run, 1, &mut |entry| found.push(entry.text)).unwrap();
    found
}

/// The suite: `open` opens the same store, empty at first, as often as it is called.
fn conformance(open: &dyn Fn() -> Box<dyn Journal>) {
    let mut journal = open();
    let run = "r1";
    let head = fill(journal.as_mut(), run, 3);
    assert_eq!(head.number, 3);
    // What was written is there for whoever opens it next.
    assert_eq!(read(open().as_ref(), run), read(journal.as_ref(), run));
    // Whoever is behind writes nothing.
    let behind =
        journal.append(run, Head::of_nothing(run), &["x".into()], &line(run), Safe::FromACrash);
    assert!(matches!(behind, Err(JournalError::Overtaken { .. })), "{behind:?}");
    assert_eq!(read(journal.as_ref(), run).len(), 3);
    // Reading from the middle.
    let mut numbers = Vec::new();
    let read_head = journal.read(run, 2, &mut |entry| numbers.push(entry.number)).unwrap();
    assert_eq!((numbers, read_head), (vec![2, 3], head));
    assert!(matches!(journal.read("r9", 1, &mut |_| {}), Err(JournalError::NoRun { .. })));
    // Lists, the newest first.
    fill(journal.as_mut(), "r2", 1);
    let ids = |filter: &Filter| -> Vec<String> {
        journal.runs(filter).unwrap().into_iter().map(|line| line.run).collect()
    };
    assert_eq!(ids(&Filter::default()), ["r2", "r1"]);
    assert_eq!(ids(&Filter { limit: Some(1), ..Filter::default() }), ["r2"]);
    assert_eq!(ids(&Filter { about: Some("ROTATE".into()), ..Filter::default() }), ["r2", "r1"]);
    assert_eq!(ids(&Filter { about: Some("other".into()), ..Filter::default() }).len(), 0);
    assert_eq!(ids(&Filter { operator: Some("bob".into()), ..Filter::default() }).len(), 0);
    assert_eq!(ids(&Filter { beginning: Some("r1".into()), ..Filter::default() }), ["r1"]);
    assert_eq!(
        ids(&Filter { target: Some("vault".into()), unfinished: true, ..Filter::default() }).len(),
        2
    );
    // Texts.
    assert_eq!(journal.text(&fingerprint()).unwrap().as_deref(), Some(DOCUMENT));
    assert_eq!(journal.text("none").unwrap(), None);
    // Targets.
    let mine = Holder::this("r1", "ada", "here");
    let theirs = Holder { run: "r2".into(), operator: "bob".into(), ..mine.clone() };
    assert_eq!(journal.hold("vault", &mine).unwrap(), Hold::Yours(None));
    assert_eq!(open().hold("vault", &theirs).unwrap(), Hold::Others(mine.clone(), Life::Alive));
    let elsewhere = Holder { host: "there".into(), ..theirs.clone() };
    assert_eq!(
        open().hold("vault", &elsewhere).unwrap(),
        Hold::Others(mine.clone(), Life::Unknown)
    );
    assert_eq!(journal.hold("another", &theirs).unwrap(), Hold::Yours(None));
    journal.release("vault", "r2").unwrap();
    assert_eq!(journal.holder("vault").unwrap(), Some(mine.clone()), "only who holds it lets go");
    journal.release("vault", "r1").unwrap();
    assert_eq!(journal.hold("vault", &theirs).unwrap(), Hold::Yours(None));
    // One whose process is gone loses it.
    let gone = Holder { started: Some(1), ..mine };
    journal.release("vault", "r2").unwrap();
    journal.hold("vault", &gone).unwrap();
    assert_eq!(journal.hold("vault", &theirs).unwrap(), Hold::Yours(Some(gone)));
}

#[test]
fn the_store_in_a_file_does_what_every_store_must() {
    let folder = tempfile::tempdir().unwrap();
    conformance(&|| Box::new(Sqlite::open(&folder.path().join("j")).unwrap()));
}

#[test]
fn nobody_else_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state/runbook");
    let mut journal = Sqlite::open(&state).unwrap();
    fill(&mut journal, "r", 2);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    for entry in fs::read_dir(&state).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn it_reads_back_what_it_wrote_and_the_chain_is_right(
        texts in proptest::collection::vec(".{0,80}", 1..20),
        cut in 0_usize..20,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Sqlite::open(folder.path()).unwrap();
        let head = fill(&mut journal, "r", 1);
        let (a, b) = texts.split_at(cut.min(texts.len()));
        let head = journal.append("r", head, a, &line("r"), Safe::FromACrash).unwrap();
        let head = journal.append("r", head, b, &line("r"), Safe::FromPowerLoss).unwrap();
        prop_assert_eq!(&read(&journal, "r")[1..], &texts[..]);
        prop_assert_eq!(verify(&journal, "r", Some(head.hash)).unwrap(), (head, vec![]));
    }
}

/// Changes the file behind the program's back.
fn tamper(folder: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(folder.join("journal.sqlite")).unwrap();
    connection.execute_batch("DROP TRIGGER entries_stay; DROP TRIGGER entries_are_kept").unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn every_kind_of_change_is_found() {
    let cases: &[(&str, &str)] = &[
        ("UPDATE entries SET text = replace(text, 'well', 'ill') WHERE number = 3", "Changed(3)"),
        ("DELETE FROM entries WHERE number = 3", "Missing"),
        ("DELETE FROM entries WHERE number = 5", "End"),
        ("UPDATE entries SET number = 9 WHERE number = 5", "Missing"),
        (
            "INSERT INTO entries SELECT run, 6, text, hash FROM entries WHERE number = 5",
            "Changed(6)",
        ),
        ("UPDATE texts SET text = 'another'", "Text"),
        ("DELETE FROM texts", "Text"),
        ("UPDATE runs SET number = 4", "End"),
        ("UPDATE runs SET hash = zeroblob(32)", "Changed(5)"),
        // The end is cut off, and the index made to fit: only a head noted elsewhere shows it.
        (
            "DELETE FROM entries WHERE number = 5; UPDATE runs SET number = 4, \
             hash = (SELECT hash FROM entries WHERE number = 4)",
            "NoSuchHead",
        ),
    ];
    for (sql, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let head = fill(&mut Sqlite::open(folder.path()).unwrap(), "r", 5);
        tamper(folder.path(), sql);
        let journal = Sqlite::open(folder.path()).unwrap();
        let (_, faults) = verify(&journal, "r", Some(head.hash)).unwrap();
        let told = format!("{faults:?}");
        assert!(told.contains(expected), "{sql}: {told}");
    }
}

#[test]
fn an_entry_cannot_be_changed_or_removed_by_accident() {
    let folder = tempfile::tempdir().unwrap();
    fill(&mut Sqlite::open(folder.path()).unwrap(), "r", 2);
    let connection = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    for sql in ["UPDATE entries SET text = ''", "DELETE FROM entries"] {
        let error = connection.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains("an entry is never"), "{error}");
    }
}

#[test]
fn a_run_moves_to_another_machine_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| Sqlite::open(&folder.path().join(name)).unwrap();
    let (mut here, mut there) = (at("here"), at("there"));
    let head = fill(&mut here, "r", 3);
    let mut file = Vec::new();
    assert_eq!(export(&here, "r", &mut file).unwrap(), head);
    let taken = import(&mut there, &mut file.as_slice()).unwrap();
    assert_eq!((taken.run.as_str(), taken.new, taken.head), ("r", 3, head));
    assert_eq!(read(&there, "r"), read(&here, "r"));
    assert_eq!(verify(&there, "r", Some(head.hash)).unwrap().1, Vec::<Fault>::new());
    // Again: nothing new.
    assert_eq!(import(&mut there, &mut file.as_slice()).unwrap().new, 0);
    // It goes on there, and comes back.
    let more = [text(&events("r").1)];
    let head = there.append("r", head, &more, &line("r"), Safe::FromPowerLoss).unwrap();
    let mut back = Vec::new();
    export(&there, "r", &mut back).unwrap();
    assert_eq!(import(&mut here, &mut back.as_slice()).unwrap().new, 1);
    assert_eq!(here.read("r", 1, &mut |_| {}).unwrap(), head);
    // Both go on: neither is lost.
    let other = ["{\"other\":1}".to_owned()];
    here.append("r", head, &other, &line("r"), Safe::FromPowerLoss).unwrap();
    there.append("r", head, &more, &line("r"), Safe::FromPowerLoss).unwrap();
    let mut file = Vec::new();
    export(&there, "r", &mut file).unwrap();
    let before = read(&here, "r");
    let refused = import(&mut here, &mut file.as_slice());
    assert!(matches!(refused, Err(ExchangeError::Differs { number: 5, .. })), "{refused:?}");
    assert_eq!(read(&here, "r"), before);
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_taken_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut here = Sqlite::open(&folder.path().join("here")).unwrap();
    fill(&mut here, "r", 4);
    let mut file = Vec::new();
    export(&here, "r", &mut file).unwrap();
    let file = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    let without_end = lines[..lines.len() - 1].join("\n");
    let without_middle = [&lines[..3], &lines[4..]].concat().join("\n");
    for wrong in [
        file.replace("all is well", "all is ill"),
        without_end,
        without_middle,
        file[..file.len() / 2].to_owned(),
        "{}".to_owned(),
        String::new(),
        file.replacen("\"run\":\"r\"", "\"run\":\"s\"", 1),
    ] {
        let mut there = Sqlite::open(&folder.path().join("there")).unwrap();
        let refused = import(&mut there, &mut wrong.as_bytes());
        assert!(matches!(refused, Err(ExchangeError::Line { .. })), "{refused:?}");
        assert_eq!(there.runs(&Filter::default()).unwrap(), []);
    }
}

#[test]
fn of_many_that_ask_at_once_exactly_one_holds_a_target() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    drop(Sqlite::open(&path).unwrap());
    for round in 0..100 {
        let start = Arc::new(Barrier::new(2));
        let ask = |run: String| {
            let (start, path) = (Arc::clone(&start), path.clone());
            thread::spawn(move || {
                let mut journal = Sqlite::open(&path).unwrap();
                let holder = Holder::this(&run, "ada", "here");
                start.wait();
                matches!(journal.hold(&format!("t{round}"), &holder).unwrap(), Hold::Yours(_))
            })
        };
        let both = [ask("a".into()), ask("b".into())];
        let held: usize = both.map(|one| usize::from(one.join().unwrap())).iter().sum();
        assert_eq!(held, 1, "round {round}");
    }
}

#[test]
fn a_damaged_file_is_named_and_left_alone_and_what_is_whole_can_be_read() {
    let story = Story::new();
    let state = story.folder().join("home/.local/state/runbook");
    {
        let mut journal = Sqlite::open(&state).unwrap();
        for run in 0..40 {
            fill(&mut journal, &format!("r{run:02}"), 50);
        }
    }
    let path = state.join("journal.sqlite");
    let good = fs::read(&path).unwrap();
    // A page in the middle.
    let mut bad = good.clone();
    let middle = bad.len() / 2 / 4096 * 4096;
    bad[middle..middle + 4096].fill(0xa5);
    fs::write(&path, &bad).unwrap();
    let mut whole = 0;
    for run in 0..40 {
        let run = format!("r{run:02}");
        let told = story.run(&["show", &run, "--verify"]);
        if told.code == Some(0) {
            whole += 1;
        } else {
            told.is(if told.code == Some(1) { 1 } else { 5 }, &["journal"]);
        }
    }
    assert!((20..40).contains(&whole), "{whole} runs could be read");
    // The head of the file: nothing can be read, and nothing is written.
    bad[..100].fill(0xa5);
    fs::write(&path, &bad).unwrap();
    story.write("a.md", "# A\n\n## Step 1 — Look\n\n```bash\ntrue\n```\n");
    for words in [&["runs"][..], &["run", "a.md"], &["resume"]] {
        story.run(words).is(5, &["damaged", "journal.sqlite"]);
    }
    assert_eq!(fs::read(&path).unwrap(), bad);
}

#[test]
fn a_locked_store_ends_a_run_before_it_begins() {
    let story = Story::new();
    let state = story.folder().join("home/.local/state/runbook");
    drop(Sqlite::open(&state).unwrap());
    let other = rusqlite::Connection::open(state.join("journal.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    story.write("a.md", "# A\n\n## Step 1 — Do\n\n```bash\ntouch reached\n```\n");
    story.run(&["run", "a.md"]).is(5, &["another process keeps it locked"]);
    assert!(!story.folder().join("reached").exists());
    // Reading is possible all the same.
    story.run(&["runs"]).is(0, &["no runs"]);
}

#[test]
fn a_head_is_64_hexadecimal_digits() {
    for wrong in ["", "ab", &"g".repeat(64), &"ä".repeat(32)] {
        assert!(wrong.parse::<Hash>().is_err(), "{wrong}");
    }
    let hash = Hash::before("r");
    assert_eq!(hash.to_string().parse(), Ok(hash));
}

#[test]
fn old_runs_are_pruned_whole_and_their_heads_stay() {
    let story = Story::new();
    story.write("look.md", "# Look\n\n## Step 1\n\n```bash\necho hello\n```\n");
    story.write("other.md", "# Other\n\n## Step 1\n\n```bash\necho hello\n```\n");
    story.write("half.md", "# Half\n\n**Target:** look\n\n## Step 1\n\n```bash\nfalse\n```\n");
    let id = |text: &str| text.split("recorded as ").nth(1).unwrap()[..20].to_owned();
    let head = |text: &str| text.trim_end().rsplit(' ').next().unwrap().to_owned();
    let first = story.run(&["run", "look.md"]).stdout;
    let half = story.run(&["run", "half.md"]).stdout;
    let other = story.run(&["run", "other.md"]).stdout;
    // A month passes.
    let journal = story.home().join(".local/state/runbook/journal.sqlite");
    let store = rusqlite::Connection::open(&journal).unwrap();
    let earlier = "UPDATE runs SET line = json_set(line, '$.changed', '2025-01-01T00:00:00Z')";
    assert_eq!(store.execute(earlier, []).unwrap(), 3);
    // Nothing is pruned that nobody asked for.
    let second = story.run(&["run", "look.md"]).stdout;
    story.run(&["show", &id(&first)]).is(0, &["hello"]);
    story.write("runbook.toml", "[journal]\nkeep-days = 30\n");
    // Somebody must have read that.
    story.run(&["run", "look.md"]).is(0, &["how long runs are kept, and is not trusted"]);
    story.run(&["show", &id(&first)]).is(0, &["hello"]);
    story.run(&["trust"]).is(0, &[]);
    story.run(&["run", "look.md"]).is(0, &["older runs were pruned"]);
    let gone = format!("run {} was pruned at", id(&first));
    story.run(&["show", &id(&first)]).is(2, &[&gone, &head(&first)]);
    // A younger one stays, one that is not at its end, and one of another target.
    for kept in [&second, &half, &other] {
        story.run(&["show", "--verify", &id(kept)]).is(0, &["none changed or missing"]);
    }
    let entries = |run: &str| -> i64 {
        let count = "SELECT count(*) FROM entries WHERE run = ?1";
        store.query_row(count, [run], |row| row.get(0)).unwrap()
    };
    assert_eq!(entries(&id(&first)), 0);
    // One entry by itself is still never removed.
    assert!(store.execute("DELETE FROM entries WHERE run = ?1", [id(&second)]).is_err());
    story.write("runbook.toml", "[journal]\nkeep-days = 0\n");
    story.run(&["run", "look.md"]).is(2, &["keep-days = 0"]);
}

#[test]
fn a_file_without_an_end_is_not_taken() {
    let story = Story::new();
    let words = ["runs", "--import", "/dev/zero"];
    story.run(&words).is(2, &["/dev/zero: failed to read", "a line of it is longer than 16 MiB"]);
    story.run(&["runs", "--import", "/dev/null"]).is(2, &["it is empty"]);
}

#[test]
fn a_row_that_says_something_else_and_a_text_of_another_runbook_are_found() {
    let story = Story::new();
    story.write("look.md", "# Look\n\n## Step 1\n\n```bash\necho hello\n```\n");
    story.run(&["run", "look.md"]).is(0, &["complete"]);
    story.run(&["show", "--export", "out"]).is(0, &[]);
    story.run(&["show", "--verify"]).is(0, &["none changed or missing"]);
    let journal = story.home().join(".local/state/runbook/journal.sqlite");
    let store = rusqlite::Connection::open(&journal).unwrap();
    let other = "UPDATE runs SET line = json_set(line, '$.state', json('{\"ended\":\"failed\"}'))";
    store.execute(other, []).unwrap();
    story.run(&["show", "--verify"]).is(1, &["it is listed as something else"]);
    let text = fs::read_to_string(story.folder().join("out")).unwrap();
    story.write("changed", &text.replacen("echo hello", "echo bye", 1));
    let elsewhere = Story::new();
    let changed = story.folder().join("changed").display().to_string();
    elsewhere
        .run(&["runs", "--import", &changed])
        .is(2, &["it is not the text of what was carried"]);
    elsewhere.run(&["runs"]).is(0, &["no runs"]);
}

#[test]
fn what_ends_before_it_begins_leaves_the_target_free() {
    let story = Story::new();
    story.write("look.md", "# Look\n\n## Step 1\n\n```bash\necho hello\n```\n");
    story.write("wrong.toml", "[inputs]\nNOPE = \"x\"\n");
    story.run(&["run", "look.md", "--answers", "wrong.toml"]).is(2, &["NOPE"]);
    let next = story.run(&["run", "look.md"]);
    next.is(0, &["complete"]);
    assert!(!next.stderr.contains("held"), "{}", next.stderr);
    story.run(&["run", "look.md", "--break-glass", " "]).is(2, &["say why"]);
}

/// Ways in which what a run is listed by may be damaged; `?` stands for its id.
const DAMAGES: &[&str] = &[
    "UPDATE runs SET line = 'x' || line WHERE id = '?'",
    "UPDATE runs SET line = line || char(10) || '{\"run\":\"other\"}' WHERE id = '?'",
    "UPDATE runs SET line = json_set(line, '$.standing', 'complete') WHERE id = '?'",
    "UPDATE runs SET line = json_remove(line, '$.step', '$.of') WHERE id = '?'",
    "UPDATE runs SET line = json_set(line, '$.run', 'another') WHERE id = '?'",
    "UPDATE runs SET line = zeroblob(10) WHERE id = '?'",
    "UPDATE runs SET hash = x'00' WHERE id = '?'",
    "UPDATE runs SET number = 'many' WHERE id = '?'",
];

fn id(ended: &story::Ended) -> String {
    ended.stdout.split("recorded as ").nth(1).unwrap()[..20].to_owned()
}

/// A run that is paused, and a younger one that is complete; their ids.
fn two_runs(story: &Story) -> (String, String) {
    story.write("half.md", "# \"Half\"\n\n## Step 1\n\n```bash\ntouch \"r$((1))\"\n```\n");
    story.write("look.md", "# Look\n\n## Step 1\n\n```bash\necho hello\n```\n");
    let half = story.run(&["run", "half.md", "--non-interactive"]);
    half.is(3, &["paused in step 1"]);
    let whole = story.run(&["run", "look.md"]);
    whole.is(0, &["complete"]);
    (id(&half), id(&whole))
}

fn store(story: &Story) -> rusqlite::Connection {
    rusqlite::Connection::open(story.home().join(".local/state/runbook/journal.sqlite")).unwrap()
}

/// The runs as a program reads them: one JSON object in one line.
fn listed(story: &Story) -> Vec<serde_json::Value> {
    let listed = story.run(&["runs", "--all", "--format", "json"]).stdout;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    listed["runs"].as_array().unwrap().clone()
}

#[test]
fn a_run_whose_row_is_damaged_is_listed_told_and_gone_on_with_from_its_entries() {
    let story = Story::new();
    let (half, whole) = two_runs(&story);
    let row = || -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let select =
            "SELECT CAST(line AS BLOB), hash, CAST(number AS BLOB) FROM runs WHERE id = ?1";
        let get = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        store(&story).query_row(select, [&half], get).unwrap()
    };
    let complaint = format!("what run {half} is listed by is damaged");
    for damage in DAMAGES {
        let before = listed(&story);
        let good = row();
        store(&story).execute_batch(&damage.replace('?', &half)).unwrap();
        let bad = row();
        assert_ne!(good, bad, "{damage}");
        assert_eq!(listed(&story), before, "{damage}");
        story.run(&["runs"]).is(0, &[&half, "paused in step 1", "\"Half\"", &whole, &complaint]);
        story.run(&["show", &half]).is(0, &["\"Half\"", "paused", &complaint]);
        story.run(&["show", &half, "--verify"]).is(1, &["is listed by is missing or damaged"]);
        // Reading has changed nothing. To go on with it writes it anew.
        assert_eq!(row(), bad, "{damage}");
        story.run(&["resume", "--non-interactive"]).is(3, &["paused in step 1", &complaint]);
        story.run(&["show", &half, "--verify"]).is(0, &["none changed or missing"]);
        assert!(!story.run(&["runs"]).stderr.contains("damaged"), "{damage}");
    }
    // One that says the same in several lines is listed in one.
    let before = listed(&story);
    let spread = "UPDATE runs SET line = replace(line, ',', ',' || char(10))";
    store(&story).execute_batch(spread).unwrap();
    assert_eq!(listed(&story), before);
    assert!(!story.run(&["runs"]).stderr.contains("damaged"));
}

#[test]
fn a_run_without_a_row_is_found_by_its_id_and_an_export_lists_it_again() {
    let story = Story::new();
    let (half, whole) = two_runs(&story);
    store(&story).execute("DELETE FROM runs", []).unwrap();
    let complaint = |run: &str| format!("what run {run} is listed by is damaged or missing");
    story.run(&["runs"]).is(0, &["no runs"]);
    story.run(&["show", &whole]).is(0, &["Look", "complete", &complaint(&whole)]);
    story.run(&["show", &whole, "--verify"]).is(1, &["is listed by is missing or damaged"]);
    story.run(&["show", "20", "--verify"]).is(2, &["several runs begin so"]);
    story.run(&["resume", &half, "--non-interactive"]).is(3, &["paused in", &complaint(&half)]);
    story.run(&["runs"]).is(0, &["paused in step 1"]);
    story.run(&["show", &whole, "--export", "whole"]).is(0, &[]);
    story.run(&["runs", "--import", "whole"]).is(0, &["0 entries taken"]);
    story.run(&["show", &whole, "--verify"]).is(0, &["none changed or missing"]);
    assert_eq!(listed(&story).len(), 2);
}

#[test]
fn a_run_of_which_nothing_can_be_told_is_named_and_hides_no_other() {
    let story = Story::new();
    let (half, whole) = two_runs(&story);
    let folder = story.home().join(".local/state/runbook");
    tamper(
        &folder,
        &format!("UPDATE entries SET text = '{{}}' WHERE run = '{half}' AND number = 1"),
    );
    // Its row is whole: nothing is missed.
    assert_eq!(listed(&story).len(), 2);
    store(&story).execute("UPDATE runs SET line = '' WHERE id = ?1", [&half]).unwrap();
    let nothing = format!("what run {half} is listed by is damaged, and its entries do not tell");
    let told = story.run(&["runs", "--format", "json"]);
    told.is(5, &[&nothing, "--verify"]);
    let runs: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(runs["runs"][0]["run"], *whole);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    story.run(&["runs"]).is(5, &[&whole, &nothing]);
    story.run(&["show", &half]).is(5, &[&nothing]);
    story.run(&["resume", &half]).is(5, &[&nothing]);
    story.run(&["show", &half, "--verify"]).is(1, &["entry 1 is not what was written"]);
    story.run(&["show", &half, "--format", "json"]).is(0, &["{}\n", "context_pinned"]);
}

#[test]
fn an_entry_that_is_no_json_in_one_line_is_named_and_not_taken_for_another() {
    let story = Story::new();
    let (_, whole) = two_runs(&story);
    let good = story.run(&["show", &whole, "--format", "json"]).stdout;
    let folder = story.home().join(".local/state/runbook");
    let two = "text || char(10) || '{\"event\":\"run_ended\"}'";
    tamper(
        &folder,
        &format!("UPDATE entries SET text = {two} WHERE run = '{whole}' AND number = 2"),
    );
    let told = story.run(&["show", &whole, "--format", "json"]);
    told.is(5, &["failed to read entry 2"]);
    let rest: Vec<_> = good.lines().filter(|line| !line.contains("\"number\":2,")).collect();
    assert_eq!(told.stdout.lines().collect::<Vec<_>>(), rest);
}

#[test]
fn a_damaged_row_keeps_no_other_run_from_its_end() {
    let story = Story::new();
    let (_, whole) = two_runs(&story);
    let damage = "UPDATE runs SET line = 'x' WHERE id = ?1";
    store(&story).execute(damage, [&whole]).unwrap();
    story.write("runbook.toml", "[journal]\nkeep-days = 30\n");
    story.run(&["trust"]).is(0, &[]);
    story.run(&["run", "look.md"]).is(0, &["complete"]);
    // Whether it is old enough to go is not known, so it stays.
    story.run(&["show", &whole]).is(0, &["Look"]);
}

#[test]
fn a_list_that_nobody_reads_to_its_end_is_no_failure() {
    let story = Story::new();
    two_runs(&story);
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
                INSERT INTO runs SELECT id || i, target, runbook, title, operator, unfinished, \
                json_set(line, '$.run', id || i), number, hash FROM runs, n";
    store(&story).execute_batch(fill).unwrap();
    let mut command = story.command(&["runs", "--all"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(listed(&story).len(), 6002);
}
