//! A run's way to the sinks of its team: its audit entries are handed on while it goes on.
//!
//! Comes in: the settings, the run's record. Goes out: what the engine may ask, and at the end what
//! was not delivered and how it will be.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::audit::{Courier, Handed, Letter, Outbox, Sink, Teller, collect, facts_of};
use crate::config::Config;
use crate::engine::{Auditing, Setup};
use crate::event::{HandedTo, What};
use crate::report::{audit_words, neutral};
use crate::variables::{Redacted, Redactor};

use super::arguments::RunFormat;
use super::journal::{self, Record};
use super::{Exit, Failure, complain, environment, print};

/// How long a record waits for its sinks' first answers.
const MOMENT: Duration = Duration::from_secs(1);
/// How long the end of a run waits for what is not delivered yet.
const PATIENCE: Duration = Duration::from_secs(3);

/// A run's way to its sinks.
pub(super) struct Way {
    courier: Courier,
    sinks: Vec<Sink>,
    kept: Kept,
}

/// Whether what is not delivered is there for another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    InOutbox,
    Nowhere,
}

/// The sinks of the settings.
pub(super) fn sinks_of(config: &Config) -> Vec<Sink> {
    let folder = config.folder.as_deref().unwrap_or(Path::new("."));
    Sink::all(&config.audit, folder, &environment())
}

impl Way {
    /// Opens it, and begins to deliver what waits for the same sinks; nothing where there are none.
    /// From then on an entry of the run is not lost, whatever becomes of this process.
    pub fn open(
        config: &Config,
        setup: &Setup,
        record: Option<&Record>,
    ) -> Result<Option<(Self, Teller)>, Failure> {
        let sinks = sinks_of(config);
        if sinks.is_empty() {
            return Ok(None);
        }
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::Environment, format!("failed to {error}"))
        };
        let opened = journal::folder()
            .and_then(|folder| Outbox::open(&folder).map_err(|error| failed(&error)));
        let (mut outbox, kept) = match (opened, setup.unrecorded.reason()) {
            (Ok(outbox), _) => (outbox, Kept::InOutbox),
            (Err(failure), Some(_)) => {
                complain(&failure.message);
                (Outbox::in_memory().map_err(|error| failed(&error))?, Kept::Nowhere)
            }
            (Err(failure), None) => return Err(failure),
        };
        let (mut teller, mut reader) = (Teller::default(), None);
        if let Some(record) = record {
            let journal = record.journal();
            collect(&mut outbox, journal, &setup.host).map_err(|error| failed(&error))?;
            reader = Some(journal::open()?);
            if record.head().number > 0 {
                teller = facts_of(journal, &setup.run).map_err(journal::failed)?;
            }
        }
        let courier = Courier::start(outbox, reader, &setup.run, sinks.clone());
        Ok(Some((Self { courier, sinks, kept }, teller)))
    }

    /// What the engine may ask.
    pub fn on_the_way(&self) -> OnTheWay {
        OnTheWay(self.courier(), self.sinks.iter().map(Sink::recorded).collect())
    }

    pub fn courier(&self) -> Courier {
        self.courier.clone()
    }

    /// Waits a little for what is not delivered yet, then says what is not. `left` is what the
    /// outbox did not take.
    pub fn end(self, left: &[Handed], format: RunFormat) -> Result<(), Failure> {
        self.courier.end(PATIENCE);
        let news = self.courier.news();
        for what in &news {
            if let What::Remark { text } = what {
                complain(&format!("audit: {text}"));
            }
        }
        if format == RunFormat::Text {
            for words in news.iter().filter_map(audit_words) {
                print(&format!("  {}\n", neutral(&words).replace('\n', " ")))?;
            }
        }
        let waiting = match self.courier.waiting(&self.sinks) {
            Ok(waiting) => waiting,
            Err(error) => {
                complain(&format!("audit: failed to {error}"));
                return Ok(());
            }
        };
        match self.kept {
            Kept::InOutbox => say_what_waits(&waiting, left),
            Kept::Nowhere => {
                let waiting = waiting.iter().map(|letter| (letter.sink.as_str(), &letter.text));
                let left = left.iter().map(|entry| ("anybody", &entry.text));
                waiting.chain(left).for_each(|(sink, text)| {
                    complain(&format!(
                        "audit: an entry is neither delivered to {sink} nor kept; keep it yourself: \
                         {text}"
                    ));
                });
            }
        }
        Ok(())
    }
}

fn say_what_waits(waiting: &[Letter], left: &[Handed]) {
    let mut by_sink: BTreeMap<&str, Vec<&Letter>> = BTreeMap::new();
    for letter in waiting {
        by_sink.entry(&letter.sink).or_default().push(letter);
    }
    for (sink, letters) in by_sink {
        let said = letters.iter().find_map(|letter| letter.said.as_ref());
        let said = said.map_or("it has not answered", Redacted::as_str);
        complain(&format!(
            "audit: {} not delivered to {sink} ({}); kept: the next run here tries again, and so \
             does `runbook audit --send`",
            counted(letters.len()),
            neutral(said).replace('\n', " ")
        ));
    }
    if !left.is_empty() {
        complain(&format!(
            "audit: {} not in the outbox, which could not be written; `runbook audit` makes it from \
             the journal",
            counted(left.len())
        ));
    }
}

/// So many entries.
pub(super) fn counted(count: usize) -> String {
    if count == 1 { "1 entry is".to_owned() } else { format!("{count} entries are") }
}

/// What the engine asks of a run that is carried out.
#[derive(Debug)]
pub(super) struct OnTheWay(Courier, Vec<HandedTo>);

impl Auditing for OnTheWay {
    fn sinks(&self) -> Vec<HandedTo> {
        self.1.clone()
    }

    fn news(&mut self) -> Vec<What> {
        self.0.news()
    }

    fn recorded(&mut self) -> Vec<What> {
        self.0.answers(MOMENT)
    }
}

/// What the engine asks in a rehearsal: nothing is delivered.
#[derive(Debug)]
struct Rehearsed(Redacted);

impl Auditing for Rehearsed {
    fn sinks(&self) -> Vec<HandedTo> {
        Vec::new()
    }

    fn news(&mut self) -> Vec<What> {
        Vec::new()
    }

    fn recorded(&mut self) -> Vec<What> {
        vec![What::Remark { text: self.0.clone() }]
    }
}

/// What a rehearsal says at each record; nothing where there are no sinks.
pub(super) fn rehearsed(config: &Config) -> Option<Box<dyn Auditing>> {
    let sinks = sinks_of(config);
    let shown = |sink: &Sink| format!("{} ({})", sink.name, sink.shown());
    let shown: Vec<_> = sinks.iter().map(shown).collect();
    let text =
        format!("audit: not handed on in a rehearsal; a run hands it on to {}", shown.join(", "));
    (!sinks.is_empty())
        .then(|| Box::new(Rehearsed(Redactor::default().redact(&text))) as Box<dyn Auditing>)
}
