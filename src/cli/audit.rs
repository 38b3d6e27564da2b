//! `runbook audit`: the audit entries that wait for their sinks, and another attempt to deliver them.
//!
//! Comes in: the outbox, the settings that each sink is of. Goes out: what waits and why. Nothing goes
//! to a sink that the operator does not trust any more, or that is another one than it was, unless
//! that is asked for.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::audit::{
    Attempt, Checked, Claim, GivenUp, Letter, Outbox, OutboxError, Sink, Stop, check, collect,
};
use crate::journal::{Journal, Sqlite};
use crate::report::neutral;
use crate::variables::Redacted;

use super::arguments::{Audit, StatusFormat};
use super::carry_out::host;
use super::give_up::{give_up, told};
use super::hand_on::{counted, sinks_of};
use super::{Exit, Failure, complain, journal, print, settings};

/// How long another process is waited for that delivers to the same sink: longer than an attempt.
const PATIENCE: Duration = Duration::from_secs(45);
/// How soon it is asked again for the sink.
const LOOK: Duration = Duration::from_millis(40);

pub(super) fn audit(arguments: &Audit) -> Result<Exit, Failure> {
    let folder = journal::folder()?;
    if !Outbox::is_there(&folder) && !Sqlite::is_there(&folder) {
        print(&listed(&[], &[], arguments.format))?;
        return Ok(Exit::Done);
    }
    let mut outbox = Outbox::open(&folder).map_err(failed)?;
    let journal = match journal::open() {
        Ok(journal) => Some(journal),
        // What is in the outbox already does not depend on it.
        Err(failure) => {
            complain(&failure.message);
            complain(
                "audit: without the journal no entry can be compared with it, or made from it",
            );
            None
        }
    };
    if let Some(journal) = &journal {
        let made = collect(&mut outbox, journal, &host()).map_err(failed)?;
        if made > 0 {
            complain(&format!(
                "audit: {} made from the journal that the outbox had not; a sink that has it already \
                 knows it by its key",
                counted(made)
            ));
        }
    }
    let journal = journal.as_ref().map(|journal| journal as &dyn Journal);
    if let (Some(sink), Some(reason)) = (&arguments.give_up, &arguments.reason) {
        give_up(&mut outbox, sink, reason, arguments.format)?;
    }
    let mut groups = grouped(outbox.waiting().map_err(failed)?);
    if arguments.send {
        for group in &mut groups {
            group.send(&mut outbox, journal, arguments)?;
        }
        groups.retain(|group| !group.letters.is_empty());
    }
    print(&listed(&groups, &outbox.given_up().map_err(failed)?, arguments.format))?;
    let waits = arguments.send && !groups.is_empty();
    Ok(if waits { Exit::Environment } else { Exit::Done })
}

pub(super) fn failed(error: OutboxError) -> Failure {
    Failure::new(Exit::Environment, format!("failed to {error}"))
}

/// What waits for one sink.
struct Group {
    /// The sink as it is now, or why nothing can go there.
    sink: Result<Sink, String>,
    letters: Vec<Letter>,
}

fn grouped(letters: Vec<Letter>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for letter in letters {
        let is_same = |group: &&mut Group| {
            let first = &group.letters[0];
            (&first.settings, &first.sink) == (&letter.settings, &letter.sink)
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.letters.push(letter),
            None => groups.push(Group { sink: sink_of(&letter), letters: vec![letter] }),
        }
    }
    groups
}

/// The sink of an entry, as its file of settings has it now.
fn sink_of(letter: &Letter) -> Result<Sink, String> {
    let config = settings::trusted(Path::new(&letter.settings))?;
    let sink = sinks_of(&config).into_iter().find(|sink| sink.name == letter.sink);
    sink.ok_or_else(|| format!("{} has no [[audit]] of this name any more", letter.settings))
}

impl Group {
    /// Tries now; what is delivered is gone from it.
    fn send(
        &mut self,
        outbox: &mut Outbox,
        journal: Option<&dyn Journal>,
        arguments: &Audit,
    ) -> Result<(), Failure> {
        let Ok(sink) = &self.sink else { return Ok(()) };
        let mut left = Vec::new();
        let mut letters = std::mem::take(&mut self.letters).into_iter();
        let all = letters.len();
        for mut letter in letters.by_ref() {
            if let Some(change) = change(&letter, sink) {
                if !arguments.changed {
                    left.push(letter);
                    continue;
                }
                complain(&format!("audit: {}: {change}", letter.key));
            }
            let Some(_claim) = claim(outbox, sink).map_err(failed)? else {
                letter.said =
                    Some(Redacted::literal("another process delivers to it all the time"));
                left.push(letter);
                break;
            };
            // Another process may have delivered it meanwhile.
            if !outbox.waits(&letter).map_err(failed)? {
                continue;
            }
            let checked = match check(&letter, journal) {
                Checked::AsKept => None,
                Checked::MadeAnew(anew, said) => {
                    complain(&format!("audit: {said}"));
                    outbox.keep_anew(&anew).map_err(failed)?;
                    letter = *anew;
                    None
                }
                Checked::Withheld(why) => {
                    complain(&format!("audit: {}: {why}", letter.key));
                    Some(Attempt::Refused { why })
                }
            };
            let attempt = checked.unwrap_or_else(|| sink.deliver(&letter, &Stop::default()));
            let (why, leave, goes_on) = match attempt {
                Attempt::Delivered => {
                    outbox.delivered(&letter).map_err(failed)?;
                    continue;
                }
                Attempt::Refused { why } => (why, None, true),
                Attempt::Down { why, leave } => (why, leave, false),
            };
            outbox.tried(&letter, &why, leave).map_err(failed)?;
            letter.tries += 1;
            letter.said = Some(why);
            left.push(letter);
            if !goes_on {
                break;
            }
        }
        left.extend(letters);
        let delivered = all - left.len();
        self.letters = left;
        if delivered > 0 && arguments.format == StatusFormat::Text {
            let noun = if delivered == 1 { "entry" } else { "entries" };
            print(&format!("{delivered} {noun} delivered to {}\n", sink.name))?;
        }
        Ok(())
    }
}

/// The right to deliver to a sink, for one entry; nothing where others have it all the time.
fn claim(outbox: &Outbox, sink: &Sink) -> Result<Option<Claim>, OutboxError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match outbox.claim(sink)? {
            None if Instant::now() < deadline => thread::sleep(LOOK),
            claim => return Ok(claim),
        }
    }
}

/// What the sink is now that it was not when the entry was made.
fn change(letter: &Letter, sink: &Sink) -> Option<String> {
    (letter.definition != sink.definition()).then(|| {
        format!(
            "{} was {} when the entry was made, and is {} now (--changed sends it there)",
            sink.name,
            letter.shown,
            sink.shown()
        )
    })
}

/// Why an entry waits.
fn why(group: &Group, letter: &Letter) -> String {
    let is_first = group.letters.first() == Some(letter);
    let untried = if is_first { "not tried yet" } else { "it waits behind the one before it" };
    let said = letter.said.as_ref().map_or(untried, Redacted::as_str);
    match &group.sink {
        Err(why) => why.clone(),
        Ok(sink) => change(letter, sink).unwrap_or_else(|| said.to_owned()),
    }
}

/// An entry that waits, as it is told to other tools.
#[derive(Serialize)]
struct Waiting<'a> {
    key: &'a str,
    run: &'a str,
    step: Option<&'a str>,
    sink: &'a str,
    settings: &'a str,
    since: &'a str,
    tries: u64,
    why: String,
}

fn listed(groups: &[Group], given_up: &[GivenUp], format: StatusFormat) -> String {
    if format == StatusFormat::Json {
        return json(groups, given_up);
    }
    let count: usize = groups.iter().map(|group| group.letters.len()).sum();
    if count == 0 {
        return told(given_up) + "no audit entry waits\n";
    }
    let mut text = told(given_up);
    for group in groups {
        let first = &group.letters[0];
        text.push_str(&line(&format!("{}, {} (of {})", first.sink, first.shown, first.settings)));
        for letter in &group.letters {
            let step = letter.step.as_ref().map(|step| format!(", step {step}"));
            text.push_str(&line(&format!(
                "  {}{}, since {}, tried {}: {}",
                letter.key,
                step.unwrap_or_default(),
                letter
                    .since
                    .get(..19)
                    .map_or_else(|| letter.since.clone(), |time| format!("{time}Z")),
                if letter.tries == 1 {
                    "once".to_owned()
                } else {
                    format!("{} times", letter.tries)
                },
                why(group, letter)
            )));
        }
    }
    let noun = if count == 1 { "entry waits" } else { "entries wait" };
    text + &format!("{count} {noun}; `runbook audit --send` tries now\n")
}

fn line(text: &str) -> String {
    neutral(text).replace('\n', " ") + "\n"
}

fn json(groups: &[Group], given_up: &[GivenUp]) -> String {
    let waiting = groups.iter().flat_map(|group| {
        group.letters.iter().map(|letter| Waiting {
            key: &letter.key,
            run: &letter.run,
            step: letter.step.as_deref(),
            sink: &letter.sink,
            settings: &letter.settings,
            since: &letter.since,
            tries: letter.tries,
            why: why(group, letter),
        })
    });
    let waiting: Vec<_> = waiting.collect();
    serde_json::json!({ "version": 1, "waiting": waiting, "given_up": given_up }).to_string() + "\n"
}
