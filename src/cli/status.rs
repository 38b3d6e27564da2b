//! `runbook status`: how fresh every runbook is, the neediest first.
//!
//! Comes in: paths and the day. Goes out: a table or JSON, and, where an age was named, whether all
//! of them pass. A date that cannot be true fails always; what is not known never passes for
//! unchanged.

use std::ffi::OsString;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use textwrap::core::display_width;

use crate::document::Document;
use crate::freshness::{Change, Coverage, Freshness, Since, State, Weakening, Weight, freshness};
use crate::policy::Catalogue;
use crate::report::neutral;
use crate::source::Source;
use crate::stamp::Method;

use super::arguments::{Status, StatusFormat};
use super::{Exit, Failure, columns, complain, environment_variable, paths, print};

/// The age that is worth a warning where none was named, in days.
const OLD: i64 = 90;

pub(super) fn status(arguments: &Status) -> Result<Exit, Failure> {
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    let search = OsString::from(environment_variable("PATH").unwrap_or_default());
    let mut unread = Exit::Done;
    let mut runbooks = Vec::new();
    let found = paths::runbooks(&arguments.paths);
    for error in found.missing {
        complain(&neutral(&format!("failed to {error}")));
        unread = Exit::Usage;
    }
    for file in found.files {
        match Source::read(&file) {
            Ok(source) => {
                let document = Document::read(source);
                runbooks.push(freshness(document, today, Catalogue::builtin(), &search));
            }
            Err(error) => {
                complain(&neutral(&format!("failed to {error}")));
                unread = Exit::Usage;
            }
        }
    }
    runbooks.sort_by_key(Freshness::need);
    match arguments.format {
        StatusFormat::Json => print(&json(&runbooks))?,
        StatusFormat::Text => print(&text(&runbooks, arguments, today))?,
    }
    let verdicts = runbooks.iter().flat_map(|runbook| verdicts(runbook, arguments.max_age));
    let verdicts: Vec<_> = verdicts.collect();
    for (weight, message) in &verdicts {
        let word = if *weight == Finding::Warning { "warning: " } else { "" };
        complain(&neutral(&format!("{word}{message}")));
    }
    Ok(exit(unread, &verdicts))
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    Warning,
    /// It could not be found out.
    Unknown,
    Error,
}

fn exit(unread: Exit, verdicts: &[(Finding, String)]) -> Exit {
    let has = |weight| verdicts.iter().any(|(one, _)| *one == weight);
    match unread {
        Exit::Done if has(Finding::Error) => Exit::Failed,
        Exit::Done if has(Finding::Unknown) => Exit::NeedsPerson,
        exit => exit,
    }
}

/// What is wrong with a runbook; with an age named, whatever keeps it from passing.
fn verdicts(runbook: &Freshness, max_age: Option<u32>) -> Vec<(Finding, String)> {
    let gate = |weight| if max_age.is_some() { weight } else { Finding::Warning };
    let mut found = Vec::new();
    let mut say = |weight, message: String| {
        found.push((weight, format!("{}: {message}", runbook.file.display())));
    };
    match runbook.state {
        State::Never => say(gate(Finding::Error), "it was never validated".into()),
        State::Unreadable => {
            say(Finding::Error, runbook.why.clone().unwrap_or_else(|| "its date is none".into()));
        }
        State::Future => say(Finding::Error, future(runbook)),
        State::Changed if max_age.is_some() => {
            let changes = runbook.changes.iter().filter(|one| one.weight == Weight::Work);
            let first = changes.clone().next().map(|one| one.what.as_str()).unwrap_or_default();
            let others = match changes.count() - 1 {
                0 => String::new(),
                others => format!(", and {others} more"),
            };
            say(Finding::Error, format!("changed since it was validated: {first}{others}"));
        }
        State::Unknown => unknown(runbook, gate(Finding::Unknown), &mut say),
        State::Changed | State::Unchanged => {}
    }
    if let Some(age) = runbook.age_days.filter(|age| *age > max_age.map_or(OLD, i64::from)) {
        let limit = max_age.map_or(OLD, i64::from);
        let message = format!("last validated {age} days ago, more than {limit}");
        say(gate(Finding::Error), message);
    }
    found
}

fn future(runbook: &Freshness) -> String {
    let date = runbook.last_validated.map(|date| date.to_string()).unwrap_or_default();
    let line = runbook.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{line}{date} is still to come")
}

/// What is not known never passes for unchanged, whatever the reason.
fn unknown(runbook: &Freshness, weight: Finding, say: &mut impl FnMut(Finding, String)) {
    if let Since::None(why) | Since::Unknown(why) = &runbook.since {
        say(weight, format!("what changed is not known: {why}"));
    }
}

/// The versioned contract of the README.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    runbooks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    file: String,
    title: Option<&'a str>,
    last_validated: Option<String>,
    age_days: Option<i64>,
    method: Option<Method>,
    coverage: Coverage,
    state: State,
    since: Option<&'a str>,
    unknown: Option<&'a str>,
    uncommitted: bool,
    changes: &'a [Change],
    weakened: &'a [Weakening],
}

fn json(runbooks: &[Freshness]) -> String {
    let rows = runbooks.iter().map(|one| {
        let (since, unknown) = match &one.since {
            Since::Commit(id) | Since::Head(id) => (Some(id.as_str()), None),
            Since::None(why) | Since::Unknown(why) => (None, Some(why.as_str())),
            Since::Never => (None, None),
        };
        Row {
            file: one.file.display().to_string(),
            title: one.title.as_deref(),
            last_validated: one.last_validated.map(|date| date.to_string()),
            age_days: one.age_days,
            method: one.method,
            coverage: one.coverage,
            state: one.state,
            since,
            unknown: one.why.as_deref().or(unknown),
            uncommitted: one.uncommitted,
            changes: &one.changes,
            weakened: &one.weakened,
        }
    });
    let report = Report { version: 1, runbooks: rows.collect() };
    serde_json::to_string_pretty(&report).expect("a report is made of strings and numbers") + "\n"
}

fn text(runbooks: &[Freshness], arguments: &Status, today: Date) -> String {
    if runbooks.is_empty() {
        return "no runbooks there\n".to_owned();
    }
    let mut rows = vec![
        ["RUNBOOK", "VALIDATED", "AGE", "METHOD", "READABLE", "SINCE THEN"].map(str::to_owned),
    ];
    rows.extend(runbooks.iter().map(row));
    let mut out = table(&rows, columns());
    if arguments.verbose || runbooks.len() == 1 {
        for runbook in runbooks {
            out.push_str(&details(runbook));
        }
    }
    out + &summary(runbooks, today)
}

fn row(runbook: &Freshness) -> [String; 6] {
    let none = || "-".to_owned();
    let validated = match runbook.state {
        State::Never => "never".to_owned(),
        State::Unreadable => "unreadable".to_owned(),
        _ => runbook.last_validated.map_or_else(none, |date| date.to_string()),
    };
    let Coverage { readable, segments } = runbook.coverage;
    [
        neutral(&runbook.file.display().to_string()),
        validated,
        runbook
            .age_days
            .map_or_else(none, |age| if age < 0 { "future".into() } else { format!("{age} d") }),
        runbook.method.map_or_else(none, |method| method.to_string()),
        format!("{readable} of {segments}"),
        since(runbook),
    ]
}

/// What changed since, in a few words.
fn since(runbook: &Freshness) -> String {
    let work = runbook.changes.iter().filter(|one| one.weight == Weight::Work).count();
    let undated = runbook.last_validated.is_none();
    let mut words = match (&runbook.since, runbook.changes.len(), work) {
        _ if undated => vec!["-".to_owned()],
        (Since::Never | Since::None(_) | Since::Unknown(_), ..) => vec!["not known".to_owned()],
        (_, 0, _) => vec!["nothing changed".to_owned()],
        (_, _, 0) => vec!["words alone".to_owned()],
        (.., work) => vec![count(work, "change")],
    };
    if !runbook.weakened.is_empty() {
        words.push(format!("{} weaker", count(runbook.weakened.len(), "promise")));
    }
    if runbook.uncommitted {
        words.push("not committed".to_owned());
    }
    words.join(", ")
}

fn count(number: usize, noun: &str) -> String {
    let several = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{several}")
}

/// The rows in columns; where they do not fit, each name stands on a line above the rest.
fn table(rows: &[[String; 6]], columns: usize) -> String {
    let width = |column: usize| rows.iter().map(|row| display_width(&row[column])).max();
    let widths: Vec<_> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String], widths: &[usize]| {
        let cells = row.iter().zip(widths);
        let cells =
            cells.map(|(cell, width)| cell.clone() + &" ".repeat(width - display_width(cell)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    if widths.iter().sum::<usize>() + 2 * (widths.len() - 1) <= columns {
        return rows.iter().map(|row| line(row, &widths)).collect();
    }
    rows.iter().map(|row| format!("{}\n  {}", row[0], line(&row[1..], &widths[1..]))).collect()
}

/// What changed since, one by one.
fn details(runbook: &Freshness) -> String {
    let mut out = format!("\n{}", neutral(&runbook.file.display().to_string()));
    let title = runbook.title.as_deref().map(neutral).unwrap_or_default();
    out.push_str(&match &runbook.since {
        Since::Commit(id) => format!(": {title}, since {}\n", &id[..id.len().min(10)]),
        Since::Head(_) => {
            format!(": {title}, against the last commit; the date is not committed\n")
        }
        Since::Never => format!(": {title}\n"),
        Since::None(why) | Since::Unknown(why) => {
            format!(": {title}\n  what changed is not known: {}\n", neutral(why))
        }
    });
    for change in &runbook.changes {
        let step = if change.step.is_empty() {
            "header".to_owned()
        } else {
            format!("step {}", change.step)
        };
        let kind = format!("{:?}", change.kind).to_lowercase();
        let line = format!("  line {} · {step} · {kind}: {}", change.line, change.what);
        out.push_str(&(one_line(&line) + "\n"));
    }
    for one in &runbook.weakened {
        let now = one.now.as_ref().map(|now| format!(", now `{now}`")).unwrap_or_default();
        let kind = serde_json::to_string(&one.kind).unwrap_or_default().replace(['"'], "");
        let line = format!("  step {} · weaker ({kind}): `{}`{now}", one.step, one.was);
        out.push_str(&(one_line(&line) + "\n"));
    }
    out
}

fn one_line(text: &str) -> String {
    neutral(&text.replace('\n', " "))
}

fn summary(runbooks: &[Freshness], today: Date) -> String {
    let has = |state| runbooks.iter().filter(|one| one.state == state).count();
    let mut words = vec![count(runbooks.len(), "runbook")];
    let kinds = [
        (State::Never, "never validated"),
        (State::Unreadable, "with a date that cannot be read"),
        (State::Future, "with a date to come"),
        (State::Changed, "changed since"),
        (State::Unknown, "not known"),
        (State::Unchanged, "unchanged since"),
    ];
    let counts = kinds.map(|(state, what)| (has(state), what));
    words.extend(
        counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}")),
    );
    format!("\n{} · {today} UTC\n", words.join(", "))
}
