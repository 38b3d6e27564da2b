//! Whether an entry that waits is what the journal says.
//!
//! What is kept in the outbox is only on its way: under the key of an event that the journal has,
//! nothing else than the journal's own goes out, and to nobody else.

use serde_json::Value;

use crate::event::HandedTo;
use crate::journal::{Journal, JournalError};
use crate::variables::{Redacted, Redactor};

use super::Letter;
use super::collect::read;
use super::entry::Handed;

/// What becomes of an entry that is about to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// It goes out as it is kept.
    AsKept,
    /// It was another one than the journal has; this is the journal's. With the words for it.
    MadeAnew(Box<Letter>, Redacted),
    /// It does not go out. Why.
    Withheld(Redacted),
}

/// Looks whether an entry is what the journal says, before it is delivered.
pub fn check(letter: &Letter, journal: Option<&dyn Journal>) -> Checked {
    let Some(journal) = journal else { return Checked::AsKept };
    let redact = |text: &str| Redactor::default().redact(text);
    match prove(journal, letter) {
        Ok(Proof::Same | Proof::Nothing) => Checked::AsKept,
        Ok(Proof::Altered(genuine)) => {
            let words = format!(
                "AN AUDIT ENTRY IN THE OUTBOX IS NOT THE JOURNAL'S: {} for {}; somebody has changed \
                 it, or another version of runbook made it. It was made anew from the journal",
                letter.key, letter.sink
            );
            let mut anew = letter.clone();
            (anew.step, anew.text) = (genuine.step, genuine.text);
            Checked::MadeAnew(Box::new(anew), redact(&words))
        }
        Ok(Proof::Strange(why)) => Checked::Withheld(redact(&format!(
            "AN AUDIT ENTRY IN THE OUTBOX IS NOT THE JOURNAL'S: {why}; somebody has changed the outbox"
        ))),
        Err(error) => {
            Checked::Withheld(redact(&format!("it is not compared yet: failed to {error}")))
        }
    }
}

/// What the journal says of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Proof {
    /// The same.
    Same,
    /// Nothing: nothing was recorded of it, or no longer.
    Nothing,
    /// Something else, under the same key.
    Altered(Handed),
    /// It knows of no such entry, or of none for this sink.
    Strange(&'static str),
}

/// Compares an entry with the journal.
fn prove(journal: &dyn Journal, letter: &Letter) -> Result<Proof, JournalError> {
    if !letter.key.starts_with(&format!("{}-{}-", letter.run, letter.number)) {
        return Ok(Proof::Strange("its key is not of its run"));
    }
    let told = match read(journal, &letter.run, letter.number.saturating_sub(1), None) {
        Err(JournalError::NoRun { .. }) => None,
        told => Some(told?),
    };
    let Some(told) = told.filter(|told| told.head.number >= letter.number) else {
        return Ok(without_a_record(letter));
    };
    let genuine = told.entries.into_iter().find(|entry| entry.key == letter.key);
    let Some(genuine) = genuine else {
        return Ok(Proof::Strange("the journal has no entry of this key"));
    };
    let is_for = |sink: &HandedTo| {
        (&sink.settings, &sink.sink, &sink.definition)
            == (&letter.settings, &letter.sink, &letter.definition)
    };
    Ok(match genuine.sinks.iter().any(is_for) {
        false => Proof::Strange("as the journal has it, it is not for this sink"),
        true if genuine.text == letter.text => Proof::Same,
        true => Proof::Altered(genuine),
    })
}

/// Where no journal tells, an entry is at least one of its own key.
fn without_a_record(letter: &Letter) -> Proof {
    let text: Option<Value> = serde_json::from_str(&letter.text).ok();
    let is_own = text.is_some_and(|text| {
        text["key"] == letter.key.as_str() && text["run"] == letter.run.as_str()
    });
    if is_own { Proof::Nothing } else { Proof::Strange("its text has another key") }
}
