//! Takes entries to their sinks while a run goes on, and says what came of it.
//!
//! One thread a sink: one that is down, or never answers, keeps no other from its entries, and never
//! the run. A sink gets its entries in order; while it is down it is tried again later and later.
//! What it refuses is set aside until somebody asks again.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::event::What;
use crate::journal::{Journal, Sqlite};
use crate::variables::{Redacted, Redactor};

use super::entry::Handed;
use super::outbox::{Letter, Outbox, OutboxError};
use super::proof::{Checked, check};
use super::{Attempt, Sink, Stop};

/// How long a sink is left alone after its first failure, and the most.
const FIRST: Duration = Duration::from_millis(250);
const MOST: Duration = Duration::from_secs(60);
/// How long threads are waited for that were told to end.
const GOODBYE: Duration = Duration::from_millis(300);
/// How soon it is asked again for a sink that another process delivers to.
const TAKEN: Duration = Duration::from_millis(40);
/// How long the outbox is left alone that cannot be read.
const UNREADABLE: Duration = Duration::from_secs(1);

/// Takes entries to their sinks. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Courier {
    run: String,
    shared: Arc<Shared>,
    stop: Stop,
}

#[derive(Debug)]
struct Shared {
    outbox: Mutex<Outbox>,
    /// By what entries are compared; nothing where nothing is recorded.
    journal: Mutex<Option<Sqlite>>,
    state: Mutex<State>,
    /// Wakes the sinks' threads: there is more to do, or nothing any more.
    wanted: Condvar,
    /// Wakes who waits for the threads. They wait on the other one: what one of them says of itself
    /// must not wake the others, which would say the same of themselves.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Goes up whenever an entry comes.
    came: u64,
    /// Nothing more is to be delivered.
    over: bool,
    /// What came of entries of this run, to be told.
    news: Vec<What>,
    /// Entries of this run that a sink has not got, as far as is known.
    owed: BTreeMap<(String, u64), Handed>,
    /// Those of them of which nothing has been heard.
    unheard: BTreeSet<(String, u64)>,
    /// Sinks that were waited for once, and have not been heard of since.
    silent: BTreeSet<String>,
    /// What each sink's thread does.
    at: BTreeMap<String, At>,
}

/// What a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Work,
    /// It tries again then.
    RestUntil(Instant),
    /// There is nothing that it could do.
    Leisure,
    /// It has ended.
    Gone,
}

impl Courier {
    /// Begins to deliver what waits in `outbox` for these sinks, and what comes of a run.
    pub fn start(outbox: Outbox, journal: Option<Sqlite>, run: &str, sinks: Vec<Sink>) -> Self {
        let at = sinks.iter().map(|sink| (sink.name.clone(), At::Work)).collect();
        let state = Mutex::new(State { at, ..State::default() });
        let (outbox, journal) = (Mutex::new(outbox), Mutex::new(journal));
        let (wanted, changed) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { outbox, journal, state, wanted, changed });
        let courier = Self { run: run.to_owned(), shared, stop: Stop::default() };
        for sink in sinks {
            let courier = courier.clone();
            let (told, aside) = (BTreeSet::new(), BTreeSet::new());
            let rounds = Rounds { sink, courier, told, aside, failures: 0 };
            thread::spawn(move || {
                let (sink, courier) = (rounds.sink.name.clone(), rounds.courier.clone());
                rounds.go();
                courier.state().at.insert(sink, At::Gone);
                courier.shared.changed.notify_all();
            });
        }
        courier
    }

    /// Takes entries of the run.
    pub(super) fn take(&self, entries: &[Handed]) -> Result<(), OutboxError> {
        // Nobody sees them in the outbox before it is known here that they are owed.
        let mut outbox = self.outbox();
        outbox.put(&self.run, entries)?;
        let mut state = self.state();
        state.came += 1;
        let sinks: Vec<_> = state.at.keys().cloned().collect();
        for sink in sinks {
            for entry in entries {
                state.owed.insert((sink.clone(), entry.number), entry.clone());
                state.unheard.insert((sink.clone(), entry.number));
            }
            state.at.insert(sink, At::Work);
        }
        self.shared.wanted.notify_all();
        Ok(())
    }

    /// What came of entries since it was asked last.
    pub fn news(&self) -> Vec<What> {
        std::mem::take(&mut self.state().news)
    }

    /// The same, once every sink was heard of every entry, or after a while. One that was waited for
    /// in vain is not waited for again before it is heard of.
    pub fn answers(&self, patience: Duration) -> Vec<What> {
        let awaited = |state: &mut State| {
            let State { unheard, silent, .. } = state;
            unheard.iter().any(|(sink, _)| !silent.contains(sink))
        };
        let waited = self.shared.changed.wait_timeout_while(self.state(), patience, awaited);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let unheard = std::mem::take(&mut state.unheard);
        state.silent.extend(unheard.iter().map(|(sink, _)| sink.clone()));
        let why = Redacted::literal("it has not answered yet");
        let mut news = std::mem::take(&mut state.news);
        let owed = unheard.iter().filter_map(|name| Some((&name.0, state.owed.get(name)?)));
        news.extend(owed.map(|(sink, entry)| What::AuditWaits {
            step: entry.step.clone(),
            sink: sink.clone(),
            key: entry.key.clone(),
            why: why.clone(),
            refused: false,
        }));
        news
    }

    /// Ends, after everything was delivered that can be for now, or after a while.
    pub fn end(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while state.at.values().any(|at| at.may_deliver_until(deadline)) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.over = true;
        self.stop.wish();
        self.shared.wanted.notify_all();
        // A program must not outlive the run that started it; an answer need not be waited for.
        let gone = |state: &mut State| state.at.values().any(|at| *at != At::Gone);
        drop(self.shared.changed.wait_timeout_while(state, GOODBYE, gone));
    }

    /// What waits for the sinks, of this run and of others.
    pub fn waiting(&self, sinks: &[Sink]) -> Result<Vec<Letter>, OutboxError> {
        let outbox = self.outbox();
        let lists: Result<Vec<_>, _> = sinks.iter().map(|sink| outbox.waiting_for(sink)).collect();
        Ok(lists?.concat())
    }

    /// Compares an entry with the journal.
    fn check(&self, letter: &Letter) -> Checked {
        let journal = self.shared.journal.lock().unwrap_or_else(PoisonError::into_inner);
        check(letter, journal.as_ref().map(|journal| journal as &dyn Journal))
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.shared.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of an entry, if it is of this run.
    fn tell(&self, letter: &Letter, what: What) {
        let mut state = self.state();
        state.silent.remove(&letter.sink);
        if letter.run == self.run {
            let name = (letter.sink.clone(), letter.number);
            if matches!(what, What::AuditDelivered { .. }) {
                state.owed.remove(&name);
            }
            state.unheard.remove(&name);
            state.news.push(what);
        }
        self.shared.changed.notify_all();
    }

    /// What waits for a sink. What is owed to it and waits no longer, another process has delivered.
    fn waiting_for(&self, sink: &Sink) -> Result<Vec<Letter>, OutboxError> {
        let outbox = self.outbox();
        let letters = outbox.waiting_for(sink)?;
        let own = letters.iter().filter(|letter| letter.run == self.run);
        let here: BTreeSet<_> = own.map(|letter| letter.number).collect();
        let mut state = self.state();
        let State { owed, unheard, silent, news, .. } = &mut *state;
        let is_gone = |(to, number): &(String, u64)| *to == sink.name && !here.contains(number);
        let gone: Vec<_> = owed.keys().filter(|name| is_gone(name)).cloned().collect();
        if !gone.is_empty() {
            silent.remove(&sink.name);
            self.shared.changed.notify_all();
        }
        for name in gone {
            unheard.remove(&name);
            let Some(entry) = owed.remove(&name) else { continue };
            let (step, sink, key) = (entry.step, name.0, entry.key);
            news.push(What::AuditDelivered { step, sink, key });
        }
        Ok(letters)
    }

    /// Waits until an entry has come, or until then; whether there is to be more.
    fn wait(&self, sink: &str, came: u64, until: Option<Instant>) -> bool {
        let mut state = self.state();
        while !state.over && state.came == came {
            let at = until.map_or(At::Leisure, At::RestUntil);
            state.at.insert(sink.to_owned(), at);
            self.shared.changed.notify_all();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            state = match left {
                Some(left) if left.is_zero() => break,
                Some(left) => {
                    let waited = self.shared.wanted.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.shared.wanted.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        state.at.insert(sink.to_owned(), At::Work);
        !state.over
    }
}

impl At {
    fn may_deliver_until(self, deadline: Instant) -> bool {
        match self {
            Self::Work => true,
            Self::RestUntil(until) => until < deadline,
            Self::Leisure | Self::Gone => false,
        }
    }
}

/// When a thread goes on.
enum Next {
    AtOnce,
    In(Duration),
    /// The same, and why the sink is left alone.
    Rest(Duration, Redacted),
    WhenSomethingComes,
}

/// The work of one sink's thread.
struct Rounds {
    sink: Sink,
    courier: Courier,
    /// Entries of which it was told that they wait.
    told: BTreeSet<(String, u64)>,
    /// Entries that are not tried again by this process.
    aside: BTreeSet<(String, u64)>,
    /// Failures in a row.
    failures: u32,
}

impl Rounds {
    fn go(mut self) {
        let sink = self.sink.name.clone();
        loop {
            let came = self.courier.state().came;
            let goes_on = match self.round().unwrap_or(Next::In(UNREADABLE)) {
                Next::AtOnce => !self.courier.state().over,
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
        letters.retain(|letter| !self.aside.contains(&name(letter)));
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
                self.courier.state().news.push(What::Remark { text: said });
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
                self.aside.insert(name(letter));
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
        self.aside.insert(name(letter));
        self.courier.tell(letter, waits(letter, why, Again::WhenAsked));
    }

    /// Leaves the sink alone for a while; whatever comes meanwhile waits for the same reason.
    fn rest(&mut self, pause: Duration, why: &Redacted) -> bool {
        let until = Instant::now() + pause;
        loop {
            let came = self.courier.state().came;
            for letter in self.waiting().unwrap_or_default() {
                if self.told.insert(name(&letter)) {
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

fn name(letter: &Letter) -> (String, u64) {
    (letter.run.clone(), letter.number)
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
