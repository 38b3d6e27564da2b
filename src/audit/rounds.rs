//! The work of one sink's thread: which entry is next, and when.
//!
//! A sink gets its entries in order; while it is down it is tried again later and later. What it
//! refuses is set aside until somebody asks again.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use crate::event::What;
use crate::variables::{Redacted, Redactor};

use super::courier::Courier;
use super::outbox::{Letter, OutboxError};
use super::proof::Checked;
use super::{Attempt, Sink};

/// How long a sink is left alone after its first failure, and the most.
const FIRST: Duration = Duration::from_millis(250);
const MOST: Duration = Duration::from_secs(60);
/// How soon it is asked again for a sink that another process delivers to.
const TAKEN: Duration = Duration::from_millis(40);
/// How long the outbox is left alone that cannot be read.
const UNREADABLE: Duration = Duration::from_secs(1);

/// When a thread goes on.
enum Next {
    AtOnce,
    In(Duration),
    /// The same, and why the sink is left alone.
    Rest(Duration, Redacted),
    WhenSomethingComes,
}

/// The work of one sink's thread.
pub(super) struct Rounds {
    sink: Sink,
    courier: Courier,
    /// The keys of entries of which it was told that they wait.
    told: BTreeSet<String>,
    /// Those of entries that are not tried again by this process.
    aside: BTreeSet<String>,
    /// Failures in a row.
    failures: u32,
}

impl Rounds {
    /// For a sink.
    pub fn of(sink: Sink, courier: Courier) -> Self {
        Self { sink, courier, told: BTreeSet::new(), aside: BTreeSet::new(), failures: 0 }
    }

    /// Goes on until nothing more is to be delivered.
    pub fn go(mut self) {
        let sink = self.sink.name.clone();
        loop {
            let came = self.courier.came();
            let goes_on = match self.round().unwrap_or(Next::In(UNREADABLE)) {
                Next::AtOnce => !self.courier.is_over(),
                Next::In(pause) => self.courier.wait(&sink, came, Some(Instant::now() + pause)),
                Next::Rest(pause, why) => self.rest(pause, &why),
                Next::WhenSomethingComes => self.courier.wait(&sink, came, None),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Takes the first entry that waits to the sink, unless another process is about to.
    fn round(&mut self) -> Result<Next, OutboxError> {
        if self.waiting()?.is_empty() {
            return Ok(Next::WhenSomethingComes);
        }
        let claim = self.courier.outbox().claim(&self.sink)?;
        let Some(_claim) = claim else { return Ok(Next::In(TAKEN)) };
        // What the other one has delivered waits no longer.
        Ok(self.waiting()?.first().map_or(Next::AtOnce, |letter| self.carry(letter)))
    }

    fn waiting(&self) -> Result<Vec<Letter>, OutboxError> {
        let mut letters = self.courier.waiting_for(&self.sink)?;
        letters.retain(|letter| !self.aside.contains(&letter.key));
        Ok(letters)
    }

    /// Takes an entry to the sink.
    fn carry(&mut self, letter: &Letter) -> Next {
        let definition = self.sink.definition();
        if letter.definition != definition {
            let why = format!(
                "it was {} when the entry was made, and is {} now",
                letter.shown,
                self.sink.shown()
            );
            self.set_aside(letter, &Redactor::default().redact(&why));
            return Next::AtOnce;
        }
        if let Some(leave) = letter.leave() {
            let why = letter.said.clone();
            let why = why.unwrap_or_else(|| Redacted::literal("it wants to be left alone"));
            return Next::Rest(leave, why);
        }
        let anew = match self.courier.check(letter) {
            Checked::AsKept => None,
            Checked::MadeAnew(anew, said) => {
                let _ = self.courier.outbox().keep_anew(&anew);
                self.courier.remark(said);
                Some(anew)
            }
            Checked::Withheld(why) => {
                let _ = self.courier.outbox().tried(letter, &why, None);
                self.set_aside(letter, &why);
                return Next::AtOnce;
            }
        };
        let letter = anew.as_deref().unwrap_or(letter);
        match self.sink.deliver(letter, &self.courier.stop) {
            Attempt::Delivered => {
                self.failures = 0;
                // What cannot be removed is not sent again and again; the next process sends it
                // once more, with the same key.
                self.aside.insert(letter.key.clone());
                let _ = self.courier.outbox().delivered(letter);
                let (step, sink) = (letter.step.clone(), letter.sink.clone());
                let what = What::AuditDelivered { step, sink, key: letter.key.clone() };
                self.courier.tell(letter, what);
                Next::AtOnce
            }
            Attempt::Refused { why } => {
                let _ = self.courier.outbox().tried(letter, &why, None);
                self.set_aside(letter, &why);
                Next::AtOnce
            }
            Attempt::Down { why, leave } => {
                let _ = self.courier.outbox().tried(letter, &why, leave);
                let pause = leave.unwrap_or_else(|| pause_after(self.failures));
                self.failures += 1;
                Next::Rest(pause, why)
            }
        }
    }

    fn set_aside(&mut self, letter: &Letter, why: &Redacted) {
        self.aside.insert(letter.key.clone());
        self.courier.tell(letter, waits(letter, why, Again::WhenAsked));
    }

    /// Leaves the sink alone for a while; whatever comes meanwhile waits for the same reason.
    fn rest(&mut self, pause: Duration, why: &Redacted) -> bool {
        let until = Instant::now() + pause;
        loop {
            let came = self.courier.came();
            for letter in self.waiting().unwrap_or_default() {
                if self.told.insert(letter.key.clone()) {
                    self.courier.tell(&letter, waits(&letter, why, Again::Later));
                }
            }
            if !self.courier.wait(&self.sink.name, came, Some(until)) {
                return false;
            }
            if Instant::now() >= until {
                return true;
            }
        }
    }
}

/// When an entry is tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Later,
    WhenAsked,
}

fn waits(letter: &Letter, why: &Redacted, again: Again) -> What {
    What::AuditWaits {
        step: letter.step.clone(),
        sink: letter.sink.clone(),
        key: letter.key.clone(),
        why: why.clone(),
        refused: again == Again::WhenAsked,
    }
}

/// How long a sink is left alone after so many failures before: twice as long each time, and never
/// as long as others that failed at the same moment.
fn pause_after(failures: u32) -> Duration {
    let whole = FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(MOST);
    let chance = u32::try_from(RandomState::new().hash_one(failures) % 512).unwrap_or_default();
    whole / 2 + whole * chance / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_is_left_alone_longer_and_longer_and_never_for_ever() {
        for (failures, least, most) in [(0, 125, 250), (1, 250, 500), (4, 2000, 4000)] {
            let pause = pause_after(failures).as_millis();
            assert!((least..=most).contains(&pause), "{failures}: {pause}");
        }
        assert!(pause_after(1000) <= MOST);
    }
}
