//! One attempt to deliver an entry, and what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::config::AuditWay;
use crate::variables::Redacted;

use super::{Letter, Sink, command, file, http};

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The sink has it.
    Delivered,
    /// It may have it later.
    Down {
        /// Why it has it not, or may not have it.
        why: Redacted,
        /// How long it wants to be left alone.
        leave: Option<Duration>,
    },
    /// It will not take it as it is; a person must look.
    Refused {
        /// Why.
        why: Redacted,
    },
}

impl Attempt {
    pub(super) const fn down(why: Redacted) -> Self {
        Self::Down { why, leave: None }
    }
}

/// The wish that an attempt ends.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Wishes it.
    pub fn wish(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_wished(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Sink {
    /// Tries once.
    pub fn deliver(&self, letter: &Letter, stop: &Stop) -> Attempt {
        match &self.way {
            AuditWay::File(path) => file::append(path, &letter.text),
            AuditWay::Url(url, headers) => http::post(self, url, headers, letter, stop),
            AuditWay::Command(words) => command::feed(self, words, &letter.text, stop),
        }
    }
}
