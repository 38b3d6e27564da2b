//! Numbers events, stamps them with the time and hands them to every sink.

use std::time::Instant;

use crate::event::{self, Event, Outcome, Sink, VERSION, What};
use crate::resume::Past;
use crate::variables::Redacted;

use super::{Broken, Usual};

/// The way from the engine to the sinks.
pub(super) struct Recorder<'a> {
    run: String,
    number: u64,
    sinks: Vec<&'a mut dyn Sink>,
    counts: Vec<(Outcome, usize)>,
    /// The segment that only looks what another one did: its ending is not the run's.
    probes: Option<u64>,
    /// When the run began.
    pub started: Instant,
    /// Milliseconds spent waiting for a person.
    pub waited_ms: u64,
    usual: Option<Box<dyn Usual>>,
    /// The step and the statements of the segment at hand.
    at_hand: (String, Vec<Redacted>),
}

impl<'a> Recorder<'a> {
    /// Goes on after what the run has come to.
    pub fn after(
        past: &Past,
        run: String,
        sinks: Vec<&'a mut dyn Sink>,
        usual: Option<Box<dyn Usual>>,
    ) -> Self {
        let (number, counts) = (past.events, past.counts.clone());
        let (probes, started, waited_ms) = (None, Instant::now(), 0);
        let at_hand = (String::new(), Vec::new());
        Self { run, number, sinks, counts, probes, started, waited_ms, usual, at_hand }
    }

    /// How long the whole run usually takes.
    pub fn usual(&self) -> Option<event::Usual> {
        self.usual.as_ref()?.run()
    }

    /// Says that a segment has run for a while, beside how long it usually does.
    pub fn emit_running(&mut self, segment: u64, seconds: u64) -> Result<(), Broken> {
        let (step, statements) = &self.at_hand;
        let usual = self.usual.as_mut();
        let usual_ms = usual.and_then(|usual| usual.segment(step, statements));
        self.emit(What::Running { segment, seconds, usual_ms })
    }

    /// Hands `what` to every sink.
    pub fn emit(&mut self, what: What) -> Result<(), Broken> {
        self.count(&what);
        if let What::SegmentIntended(intent) = &what {
            self.at_hand = (intent.step.clone(), intent.statements.clone());
        }
        self.number += 1;
        let at = jiff::Timestamp::now().to_string();
        let event =
            Event { version: VERSION, run: self.run.clone(), number: self.number, at, what };
        for sink in &mut self.sinks {
            sink.take(&event)
                .map_err(|error| Broken(format!("failed to write the run's events: {error}")))?;
        }
        Ok(())
    }

    /// Whether the run has an event that every sink has taken.
    pub fn has_begun(&self) -> bool {
        self.number > 1
    }

    /// How often each outcome occurred.
    pub fn counts(&self) -> Vec<(Outcome, usize)> {
        self.counts.clone()
    }

    /// Whether something was left out, or went on although it was not met.
    pub fn has_doubts(&self) -> bool {
        let doubtful = [Outcome::Skipped, Outcome::Overruled, Outcome::Unverified];
        self.counts.iter().any(|(outcome, _)| doubtful.contains(outcome))
    }

    fn count(&mut self, what: &What) {
        let outcome = match what {
            What::SegmentIntended(intent) => {
                self.probes = intent.probe.then_some(intent.segment);
                return;
            }
            What::SegmentEnded(ending) if self.probes == Some(ending.segment) => return,
            What::SegmentEnded(ending) => ending.outcome,
            What::ManualEnded { outcome, .. } => *outcome,
            _ => return,
        };
        match self.counts.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((outcome, 1)),
        }
    }
}
