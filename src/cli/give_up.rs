//! `runbook audit --give-up`: audit entries whose sink is gone for good wait no longer.
//!
//! Comes in: what waits, the name of a sink, a reason. Goes out: what was given up, noted with who, when
//! and why; and words for all that ever was.

use std::collections::BTreeMap;

use crate::audit::{GivenUp, Letter, Outbox};
use crate::report::neutral;
use crate::variables::Redactor;

use super::arguments::StatusFormat;
use super::audit::failed;
use super::carry_out::{ask_git, operator_name};
use super::{Exit, Failure, print};

/// Gives up what waits for a sink: by its name, or as `SETTINGS:NAME` where two have one name.
pub(super) fn give_up(
    outbox: &mut Outbox,
    sink: &str,
    reason: &str,
    format: StatusFormat,
) -> Result<(), Failure> {
    let mut letters = outbox.waiting().map_err(failed)?;
    let whole = |letter: &Letter| format!("{}:{}", letter.settings, letter.sink);
    letters.retain(|letter| letter.sink == sink || whole(letter) == sink);
    let Some(first) = letters.first().map(whole) else {
        return Err(Failure::new(Exit::Usage, format!("no audit entry waits for {sink}")));
    };
    if let Some(other) = letters.iter().map(whole).find(|other| *other != first) {
        let message = format!("more than one sink has this name: say {first}, or {other}");
        return Err(Failure::new(Exit::Usage, message));
    }
    let reason = Redactor::default().redact(reason);
    outbox.give_up(&letters, &operator_name(ask_git()), &reason).map_err(failed)?;
    if format == StatusFormat::Text {
        for letter in &letters {
            print(&neutral(&format!("given up for {}: {}\n", letter.sink, letter.key)))?;
        }
    }
    Ok(())
}

/// What was given up, a line for each time that somebody did so.
pub(super) fn told(given_up: &[GivenUp]) -> String {
    let mut times: BTreeMap<_, usize> = BTreeMap::new();
    for one in given_up {
        let time = (&one.at, &one.sink, &one.operator, one.reason.as_str());
        *times.entry(time).or_default() += 1;
    }
    let line = |((at, sink, operator, reason), count): (_, usize)| {
        let (at, sink, operator): (&String, &String, &String) = (at, sink, operator);
        let noun = if count == 1 { "entry" } else { "entries" };
        let at = at.get(..19).map_or_else(|| at.clone(), |time| format!("{time}Z"));
        let reason: &str = reason;
        let text = format!("{count} {noun} for {sink} given up by {operator}, {at}: {reason}");
        neutral(&text).replace('\n', " ") + "\n"
    };
    times.into_iter().map(line).collect()
}
