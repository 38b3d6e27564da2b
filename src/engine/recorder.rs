//! Numbers events, stamps them with the time and hands them to every sink.

use std::time::Instant;

use crate::event::{Event, Outcome, Sink, VERSION, What};

use super::Broken;

/// The way from the engine to the sinks.
pub(super) struct Recorder<'a> {
    run: String,
    number: u64,
    sinks: Vec<&'a mut dyn Sink>,
    counts: Vec<(Outcome, usize)>,
    /// When the run began.
    pub started: Instant,
    /// Milliseconds spent waiting for a person.
    pub waited_ms: u64,
}

impl<'a> Recorder<'a> {
    pub fn new(run: String, sinks: Vec<&'a mut dyn Sink>) -> Self {
        Self { run, number: 0, sinks, counts: Vec::new(), started: Instant::now(), waited_ms: 0 }
    }

    /// Hands `what` to every sink.
    pub fn emit(&mut self, what: What) -> Result<(), Broken> {
        self.count(&what);
        self.number += 1;
        let at = jiff::Timestamp::now().to_string();
        let event =
            Event { version: VERSION, run: self.run.clone(), number: self.number, at, what };
        for sink in &mut self.sinks {
            sink.take(&event)
                .map_err(|error| Broken(format!("write the run's events: {error}")))?;
        }
        Ok(())
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
