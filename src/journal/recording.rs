//! The sink that writes a run into the journal as it happens.
//!
//! Comes in: events. Goes out: entries, each stored before the next event can happen; before a write
//! begins, and after it has ended, also on the disk. Output of a read that comes in drops is stored
//! by the piece; what a write said is stored as it comes, since it may be all that is ever known of
//! it.

use std::io;

use crate::event::{Event, Sink, What};
use crate::policy::Effect;

use super::{Head, Journal, JournalError, Line, Safe};

/// Output is stored in pieces of this size, at least, as long as nothing else happens.
const PIECE: usize = 4 * 1024;

/// A run in the journal, to be written to.
pub struct Recording<'j> {
    journal: &'j mut dyn Journal,
    head: Head,
    /// Absent before the first event.
    line: Option<Line>,
    /// Output that is not stored yet.
    pending: Option<Event>,
    /// Whether the segment at hand writes, or may.
    writes: bool,
    /// Told when nothing can be stored any more, where the run is to go on all the same.
    emergency: Option<Emergency<'j>>,
    /// The last entry that was stored, where nothing can be stored any more.
    broke_off: Option<Head>,
}

/// Is told why nothing can be stored any more.
pub type Emergency<'j> = Box<dyn FnMut(&JournalError) + 'j>;

/// What a run has in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journaled {
    /// Its last entry.
    pub head: Head,
    /// What it is found by; absent before the first event.
    pub line: Option<Line>,
}

impl<'j> Recording<'j> {
    /// Goes on after `journaled`.
    pub fn after(journal: &'j mut dyn Journal, journaled: Journaled) -> Self {
        let Journaled { head, line } = journaled;
        let (pending, emergency, broke_off) = (None, None, None);
        Self { journal, head, line, pending, writes: false, emergency, broke_off }
    }

    /// The same for a run that goes on even where it can be recorded no longer; `emergency` is told.
    #[must_use]
    pub fn or(mut self, emergency: Option<Emergency<'j>>) -> Self {
        self.emergency = emergency;
        self
    }

    /// The last entry that is stored, where the record has broken off.
    pub const fn broke_off(&self) -> Option<Head> {
        self.broke_off
    }

    /// What the run has in the journal by now.
    pub fn journaled(&self) -> Journaled {
        Journaled { head: self.head, line: self.line.clone() }
    }

    /// The last entry by now; where the record has broken off, what would be it.
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Adds to the output that waits, where it is more of the same.
    fn wait_with(&mut self, event: &Event) -> bool {
        let What::Output { segment, stream, text } = &event.what else { return false };
        if let Some(Event { what: What::Output { segment: of, stream: on, text: before }, .. }) =
            &mut self.pending
            && of == segment
            && on == stream
            && before.as_str().len() < PIECE
        {
            before.push(text);
            return true;
        }
        false
    }

    fn store(&mut self, events: &[&Event], safe: Safe) -> Result<(), JournalError> {
        let Some(first) = events.first() else { return Ok(()) };
        for event in events {
            match &mut self.line {
                Some(line) => line.take(event),
                None => self.line = Line::of(event),
            }
        }
        let text = |event: &&Event| serde_json::to_string(event).expect("an event has a form");
        let texts: Vec<String> = events.iter().map(text).collect();
        let line = self.line.as_ref().ok_or_else(|| JournalError::NoRun { run: first.run.clone() });
        let unstored = || texts.iter().fold(self.head, |head, text| head.then(text));
        if self.broke_off.is_some() {
            self.head = unstored();
            return Ok(());
        }
        self.head = match self.journal.append(&first.run, self.head, &texts, line?, safe) {
            Ok(head) => head,
            Err(error) => {
                let Some(emergency) = &mut self.emergency else { return Err(error) };
                emergency(&error);
                self.broke_off = Some(self.head);
                unstored()
            }
        };
        Ok(())
    }

    /// Notes what kind of segment is at hand, and says how safe an event must be.
    fn safe(&mut self, what: &What) -> Safe {
        if let What::SegmentIntended(intent) = what {
            self.writes = intent.effect != Effect::Read;
        }
        let harmless = match what {
            What::StepStarted { .. }
            | What::Shown { .. }
            | What::ManualAsked { .. }
            | What::SegmentIntended(_)
            | What::Output { .. }
            | What::Running { .. }
            | What::StatementEnded { .. }
            | What::StateKept(_)
            | What::UnknownPut { .. }
            | What::AuditDelivered { .. }
            | What::AuditWaits { .. }
            | What::Remark { .. } => true,
            What::SegmentStarted { .. } | What::SegmentEnded(_) => !self.writes,
            _ => false,
        };
        if harmless { Safe::FromACrash } else { Safe::FromPowerLoss }
    }
}

impl Sink for Recording<'_> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        if matches!(event.what, What::Running { .. }) || self.wait_with(event) {
            return Ok(());
        }
        let pending = self.pending.take();
        if matches!(event.what, What::Output { .. }) && !self.writes {
            self.pending = Some(event.clone());
            let before: Vec<_> = pending.iter().collect();
            return self.store(&before, Safe::FromACrash).map_err(io::Error::other);
        }
        let safe = self.safe(&event.what);
        let events: Vec<_> = pending.iter().chain([event]).collect();
        self.store(&events, safe).map_err(io::Error::other)
    }
}
