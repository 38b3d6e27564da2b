//! What is laid out before a run begins.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::event::{Part, Placed, Resumption, Role, TakenOver};
use crate::resume::Past;
use crate::variables::MarkKey;

use super::{Auditing, Confined, StandIns, Usual};

/// How a run is carried out.
#[derive(Debug)]
pub struct Setup {
    /// The run's id.
    pub run: String,
    /// The machine's name.
    pub host: String,
    /// The bash to use.
    pub bash: OsString,
    /// Where commands start.
    pub folder: PathBuf,
    /// The environment of commands.
    pub environment: Vec<(OsString, OsString)>,
    /// The operator's `TERM`.
    pub terminal: String,
    /// Columns and rows of the operator's terminal.
    pub size: (u16, u16),
    /// How long a segment may run.
    pub deadline: Duration,
    /// How long an endless command is watched.
    pub window: Duration,
    /// Today's date, for templates: `2026-04-24`.
    pub today: String,
    /// The stand-ins, in a rehearsal.
    pub stand_ins: Option<StandIns>,
    /// The environment that values for inputs are taken from.
    pub offers: Vec<(OsString, OsString)>,
    /// What a validation is carried out in.
    pub confined: Option<Confined>,
    /// How it is kept; nothing where no journal is.
    pub keeping: Option<Keeping>,
    /// The role that the runbook requires.
    pub role: Option<Role>,
    /// Why it may go on even where it can be recorded no longer.
    pub break_glass: Option<String>,
    /// Whether it goes ahead although nothing of it can be recorded.
    pub unrecorded: Unrecorded,
    /// The wish that steps are left out.
    pub jump: Option<Jump>,
    /// The place that the run was in before, where it goes on.
    pub pins: Option<Vec<Placed>>,
    /// What earlier runs tell of how long things take.
    pub usual: Option<Box<dyn Usual>>,
    /// Who hands audit entries on; nobody where a team has no sinks.
    pub audit: Option<Box<dyn Auditing>>,
}

/// Why a run goes ahead although nothing of it is recorded, or nothing more. Whoever records it may
/// find that out while it is under way.
#[derive(Debug, Clone, Default)]
pub struct Unrecorded(Arc<OnceLock<String>>);

impl Unrecorded {
    /// From now on nothing is recorded; the first reason stays.
    pub fn because(&self, reason: String) {
        let _ = self.0.set(reason);
    }

    /// The reason; nothing where the run is recorded.
    pub fn reason(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// The wish that only a part of a runbook is carried out.
#[derive(Debug, Clone, Default)]
pub struct Jump {
    /// The part.
    pub part: Part,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// Of what would undo what was never done: why each step is left out, by its id.
    pub because: Vec<(String, String)>,
}

/// How a run is kept, so that it can be gone on with.
#[derive(Debug, Default)]
pub struct Keeping {
    /// The key of the marks by which secrets are known again.
    pub key: MarkKey,
    /// The runbook's path, from the root.
    pub path: String,
    /// The sections that run on demand, where such are carried out.
    pub sections: Vec<String>,
    /// The run that this one belongs to.
    pub of: Option<String>,
    /// What it takes over from that run, where it begins.
    pub taken_over: Option<Box<TakenOver>>,
    /// Whose run that is, where somebody else undoes it, and why.
    pub taken_from: Option<(String, String)>,
    /// What is to be known before its first step, where it begins, a sentence each.
    pub told: Vec<String>,
    /// What it knows from before: from itself, where it goes on, or from the run that it undoes.
    pub past: Past,
    /// How it goes on, where it does.
    pub resumption: Option<Box<Resumption>>,
}
