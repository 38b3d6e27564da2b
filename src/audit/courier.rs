//! Takes entries to their sinks while a run goes on, and says what came of it.
//!
//! One thread a sink: one that is down, or never answers, keeps no other from its entries, and never
//! the run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::event::What;
use crate::journal::{Journal, Sqlite};
use crate::variables::Redacted;

use super::entry::Handed;
use super::outbox::{Letter, Outbox, OutboxError};
use super::proof::{Checked, check};
use super::rounds::Rounds;
use super::{Sink, Stop};

/// How long threads are waited for that were told to end.
const GOODBYE: Duration = Duration::from_millis(300);

/// Takes entries to their sinks. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Courier {
    run: String,
    shared: Arc<Shared>,
    pub(super) stop: Stop,
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
            thread::spawn(move || {
                let name = sink.name.clone();
                Rounds::of(sink, courier.clone()).go();
                courier.state().at.insert(name, At::Gone);
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

    /// How many times entries have come.
    pub(super) fn came(&self) -> u64 {
        self.state().came
    }

    /// Whether nothing more is to be delivered.
    pub(super) fn is_over(&self) -> bool {
        self.state().over
    }

    /// Remarks something that is not about an entry of the run.
    pub(super) fn remark(&self, text: Redacted) {
        self.state().news.push(What::Remark { text });
    }

    /// Compares an entry with the journal.
    pub(super) fn check(&self, letter: &Letter) -> Checked {
        let journal = self.shared.journal.lock().unwrap_or_else(PoisonError::into_inner);
        check(letter, journal.as_ref().map(|journal| journal as &dyn Journal))
    }

    pub(super) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.shared.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of an entry, if it is of this run.
    pub(super) fn tell(&self, letter: &Letter, what: What) {
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

    /// What waits for a sink. What is owed to it and waits no longer, another process has
    /// delivered, unless somebody gave it up.
    pub(super) fn waiting_for(&self, sink: &Sink) -> Result<Vec<Letter>, OutboxError> {
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
            if outbox.is_given_up(&entry.key, sink).unwrap_or_default() {
                continue;
            }
            let (step, key) = (entry.step, entry.key);
            news.push(What::AuditDelivered { step, sink: name.0, key });
        }
        Ok(letters)
    }

    /// Waits until an entry has come, or until then; whether there is to be more.
    pub(super) fn wait(&self, sink: &str, came: u64, until: Option<Instant>) -> bool {
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
