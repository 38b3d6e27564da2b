//! The operator's journal: where it is, and a run's way into it.
//!
//! Comes in: the environment, a plan. Goes out: a run that is recorded and holds its target, or why
//! it may not begin.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use jiff::SignedDuration;

use crate::config::Keep;
use crate::engine::{Keeping, Setup};
use crate::journal::{
    Filter, Glance, Head, Hold, Holder, Journal, JournalError, Journaled, Life, Line, Recording,
    Sqlite,
};
use crate::plan::Plan;
use crate::report::neutral;
use crate::variables::MarkKey;

use super::arguments::{Attended, RunFormat};
use super::usual::Earlier;
use super::{Exit, Failure, complain, environment_variable};

/// A run on its way into the journal; it holds its target.
pub(super) struct Record {
    journal: Sqlite,
    /// Whether its target is still to be given back.
    holds: bool,
    run: String,
    target: String,
    journaled: Journaled,
}

impl Record {
    /// For a run that begins; says who else is, or was, at work on the same target.
    pub fn begin(
        plan: &Plan,
        setup: &mut Setup,
        arguments: &Attended,
        name: &str,
    ) -> Result<Self, Failure> {
        let mut journal = open()?;
        let target = plan.target();
        let holder = Holder::this(&setup.run, name, &setup.host);
        let before = hold(&mut journal, &target, &holder)?;
        say_what_is_unfinished(&journal, &target, before.as_ref())?;
        let earlier = Earlier::of(&journal, folder()?, &target, &arguments.file);
        // How long all of it takes says nothing of a part.
        let is_part = setup.jump.is_some() || !arguments.section.is_empty();
        setup.usual = (!is_part).then_some(Box::new(earlier.map_err(failed)?) as _);
        let path = std::path::absolute(&arguments.file).unwrap_or_else(|_| arguments.file.clone());
        setup.keeping = Some(Keeping {
            key: key()?,
            path: path.display().to_string(),
            sections: arguments.section.clone(),
            ..Keeping::default()
        });
        let journaled = Journaled { head: Head::of_nothing(&setup.run), line: None };
        Self::of(journal, plan, setup.run.clone(), target, journaled)
    }

    /// For a run whose record is there, or begins.
    pub fn of(
        mut journal: Sqlite,
        plan: &Plan,
        run: String,
        target: String,
        journaled: Journaled,
    ) -> Result<Self, Failure> {
        journal.keep_text(&plan.fingerprint, plan.document.source.text()).map_err(failed)?;
        Ok(Self { journal, holds: true, run, target, journaled })
    }

    /// The journal that it is in.
    pub const fn journal(&self) -> &Sqlite {
        &self.journal
    }

    /// Its last entry there.
    pub const fn head(&self) -> Head {
        self.journaled.head
    }

    /// The sink for its events.
    pub fn recording(&mut self) -> Recording<'_> {
        Recording::after(&mut self.journal, self.journaled.clone())
    }

    /// Gives the target back as far as that is possible, and says where the record has broken off.
    pub fn abandon(mut self, head: Head) {
        complain(&format!(
            "run {} is recorded up to its entry {}, and no further: note elsewhere what was done \
             after that",
            self.run, head.number
        ));
        self.holds = false;
        if let Err(error) = self.journal.release(&self.target, &self.run) {
            complain(&format!("failed to {error}"));
        }
    }

    /// Gives the target back, and says the head: noted elsewhere, it shows that nothing was cut off.
    /// Older runs of the same target go, as `keep` says.
    pub fn end(mut self, head: Head, format: RunFormat, keep: &Keep) -> Result<(), Failure> {
        self.holds = false;
        self.journal.release(&self.target, &self.run).map_err(failed)?;
        let now = jiff::Timestamp::now();
        let age = keep.keep_days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
        if let Some(before) = age.and_then(|age| now.checked_sub(age).ok()) {
            let pruned = self.journal.prune(&self.target, &before.to_string(), &now.to_string());
            if pruned.map_err(failed)? > 0 && format == RunFormat::Text {
                super::print("  older runs were pruned, as runbook.toml says\n")?;
            }
        }
        if format == RunFormat::Text {
            super::print(&format!(
                "  recorded as {}: {} entries, head {}\n",
                self.run, head.number, head.hash
            ))?;
        }
        Ok(())
    }
}

/// A run that did not come to begin leaves its target free.
impl Drop for Record {
    fn drop(&mut self) {
        if self.holds {
            let _ = self.journal.release(&self.target, &self.run);
        }
    }
}

/// Asks for a target; who lives and holds it keeps it.
pub(super) fn hold(
    journal: &mut Sqlite,
    target: &str,
    holder: &Holder,
) -> Result<Option<Holder>, Failure> {
    match journal.hold(target, holder).map_err(failed)? {
        Hold::Yours(before) => Ok(before),
        Hold::Others(other, life) => {
            let lives = match life {
                Life::Unknown => {
                    "whether it still lives cannot be seen from here; `runbook resume --take` takes it"
                }
                _ => "it is alive: wait for it, or pause it there",
            };
            let message = format!(
                "{} holds {target} since {}, with run {} (process {} on {}); {lives}",
                neutral(&other.operator),
                other.since,
                other.run,
                other.process,
                neutral(&other.host)
            );
            Err(Failure::new(Exit::Refused, message))
        }
    }
}

/// A run of the same target that was not brought to its end is worth knowing about.
fn say_what_is_unfinished(
    journal: &Sqlite,
    target: &str,
    before: Option<&Holder>,
) -> Result<(), Failure> {
    if let Some(before) = before {
        complain(&format!(
            "{} held {target} since {} with run {}; that process is gone, and this one takes it",
            neutral(&before.operator),
            before.since,
            before.run
        ));
    }
    let filter = Filter { limit: Some(1), ..unfinished(target) };
    for line in journal.runs(&filter).map_err(failed)? {
        let what = how_far(&line);
        complain(&format!(
            "{what}, `runbook resume {}` goes on with it; this run begins anew",
            line.run
        ));
    }
    Ok(())
}

/// The other runs of a run's target that are not at their end, a sentence each.
pub(super) fn unfinished_beside(journal: &Sqlite, line: &Line) -> Result<Vec<String>, Failure> {
    let all = journal.runs(&unfinished(&line.target)).map_err(failed)?;
    let others = all.iter().filter(|other| other.run != line.run);
    Ok(others.map(|other| format!("of the same target, {}", how_far(other))).collect())
}

fn unfinished(target: &str) -> Filter {
    Filter { target: Some(target.into()), unfinished: true, ..Filter::default() }
}

/// How far a run came that is not at its end.
fn how_far(line: &Line) -> String {
    let step = line.step.as_ref().map(|step| format!(" in step {step}")).unwrap_or_default();
    let (run, operator) = (&line.run, neutral(&line.operator));
    format!("run {run} of {operator} is not at its end{step}: `runbook show {run}` tells of it")
}

/// The journal of this operator.
pub(super) fn open() -> Result<Sqlite, Failure> {
    Sqlite::open(&folder()?).map_err(failed)
}

pub(super) fn failed(error: JournalError) -> Failure {
    let exit = match error {
        JournalError::NoRun { .. } => Exit::Usage,
        _ => Exit::Environment,
    };
    Failure::new(exit, format!("failed to {error}"))
}

/// Whether the process of a run that has not ended lives, as seen from the machine `here`. One that
/// holds its target no longer has died; of another machine that cannot be told.
pub(super) fn life(line: &Glance<'_>, holder: Option<&Holder>, here: &str) -> Life {
    match holder.filter(|holder| holder.run == line.run) {
        Some(holder) => holder.life(here),
        None if line.host == here => Life::Gone,
        None => Life::Unknown,
    }
}

/// Where what the operator keeps is.
pub(super) fn folder() -> Result<PathBuf, Failure> {
    let state = environment_variable("XDG_STATE_HOME").map(PathBuf::from);
    let state =
        state.filter(|path| path.is_absolute()).or_else(|| Some(home()?.join(".local/state")));
    let nowhere = "there is no place for the journal: neither XDG_STATE_HOME nor HOME is set";
    Ok(state.ok_or_else(|| Failure::new(Exit::Environment, nowhere))?.join("runbook"))
}

/// The operator's home folder.
fn home() -> Option<PathBuf> {
    environment_variable("HOME").map(PathBuf::from).or_else(home_of_the_account)
}

/// The one that the account has, for a caller that clears the environment (passwd(5)).
fn home_of_the_account() -> Option<PathBuf> {
    let own = rustix::process::geteuid().as_raw().to_string();
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let mut accounts = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let account = accounts.find(|fields| fields.get(2) == Some(&own.as_str()))?;
    account.get(5).filter(|home| home.starts_with('/')).map(PathBuf::from)
}

/// The key of the marks by which secrets are known again; made when it is first needed. It stands
/// beside the journal, not in it: who gets an export has no key.
pub(super) fn key() -> Result<MarkKey, Failure> {
    let path = folder()?.join("key");
    let failed = |error: io::Error| {
        Failure::new(Exit::Environment, format!("failed to open {}: {error}", path.display()))
    };
    let mut new = [0_u8; 32];
    fs::File::open("/dev/urandom")
        .and_then(|mut from| from.read_exact(&mut new))
        .map_err(failed)?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(mut file) => {
            file.write_all(&new).and_then(|()| file.sync_all()).map_err(failed)?;
            Ok(MarkKey::new(new.to_vec()))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::read(&path).map(MarkKey::new).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Tells runs apart that begin in the same second.
pub(super) fn any_four_digits() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:04x}", RandomState::new().hash_one(std::process::id()) & 0xffff)
}
