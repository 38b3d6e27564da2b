//! The sink of events that hands on what is to be handed on, once it is in the journal.

use std::io;

use crate::event::{Event, Sink};
use crate::journal::{Head, Recording};

use super::Courier;
use super::entry::{Handed, Teller};

/// Records a run's events, and hands on what is to be handed on.
pub struct Handing<'j> {
    recording: Option<Recording<'j>>,
    /// The chain, where nothing is recorded: by it an entry's key is made.
    head: Head,
    teller: Teller,
    courier: Option<Courier>,
    /// Entries that the outbox did not take; they are in the journal.
    left: Vec<Handed>,
}

impl<'j> Handing<'j> {
    /// Of a run that goes on after `head`; `teller` knows what was before.
    pub fn after(
        recording: Option<Recording<'j>>,
        head: Head,
        teller: Teller,
        courier: Option<Courier>,
    ) -> Self {
        Self { recording, head, teller, courier, left: Vec::new() }
    }

    /// The run's last entry in the journal; nothing where nothing is recorded.
    pub fn recorded(&self) -> Option<Head> {
        self.recording.as_ref().map(Recording::head)
    }

    /// The last entry that is stored, where the record has broken off.
    pub fn broke_off(&self) -> Option<Head> {
        self.recording.as_ref().and_then(Recording::broke_off)
    }

    /// Entries that the outbox did not take.
    pub fn left(&self) -> &[Handed] {
        &self.left
    }

    /// Hands an event on. That it cannot be now is no reason for the run to end.
    fn hand_on(&mut self, event: &Event) {
        let (Some(courier), Some(handed)) = (&self.courier, self.teller.take(event, self.head))
        else {
            return;
        };
        self.left.push(handed);
        if courier.take(&self.left).is_ok() {
            self.left.clear();
        }
    }
}

impl Sink for Handing<'_> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match &mut self.recording {
            Some(recording) => {
                recording.take(event)?;
                self.head = recording.head();
            }
            None if self.courier.is_some() => {
                self.head = self.head.then(&serde_json::to_string(event)?);
            }
            None => {}
        }
        self.hand_on(event);
        Ok(())
    }
}
