//! Audit entries on their way out: the engine asks what became of them, and never waits long.

use std::fmt::Debug;

use crate::event::{HandedTo, Role, What};

use super::{Engine, Flow};

/// Who hands audit entries on.
pub trait Auditing: Debug {
    /// To whom; nobody where that is only said.
    fn sinks(&self) -> Vec<HandedTo>;
    /// What came of entries since it was asked last.
    fn news(&mut self) -> Vec<What>;
    /// The same, after a record was made; it may wait a moment for the sinks' answers.
    fn recorded(&mut self) -> Vec<What>;
}

impl Engine<'_> {
    /// To whom its entries are handed on: by that they can be made anew from the journal.
    pub(super) fn sinks(&self) -> Vec<HandedTo> {
        self.setup.audit.as_ref().map(|audit| audit.sinks()).unwrap_or_default()
    }

    /// Tells what came of audit entries meanwhile.
    pub(super) fn tell_of_entries(&mut self) -> Flow<()> {
        let news = self.setup.audit.as_mut().map(|audit| audit.news());
        self.tell_all(news)
    }

    /// Tells what came of a record that was just made.
    pub(super) fn tell_of_record(&mut self) -> Flow<()> {
        let news = self.setup.audit.as_mut().map(|audit| audit.recorded());
        self.tell_all(news)
    }

    fn tell_all(&mut self, news: Option<Vec<What>>) -> Flow<()> {
        for what in news.into_iter().flatten() {
            self.recorder.emit(what)?;
        }
        Ok(())
    }

    /// The role, with a reason that is told to others.
    pub(super) fn role(&self) -> Option<Role> {
        let role = self.setup.role.clone()?;
        let reason = role.reason.as_ref().map(|reason| self.redactor.redact(reason.as_str()));
        Some(Role { reason, ..role })
    }
}
