//! What `resume` and `rollback` have in common: a run is carried out that another record speaks of,
//! in its folder and its place, by whoever it belongs to.
//!
//! Comes in: a plan, what the journal has of the run. Goes out: a run that holds its target and can
//! start, or why it may not.

use crate::config::Config;
use crate::engine::Setup;
use crate::journal::{Holder, Journaled, Line, Sqlite};
use crate::plan::Plan;
use crate::report::neutral;
use crate::session::for_shell;

use super::arguments::{Authority, Manner};
use super::carry_out::{require_tools, setup};
use super::journal::{Record, hold};
use super::jump::refuse_lacks;
use super::recorded::Recorded;
use super::role::role;
use super::start::{How, start};
use super::{Exit, Failure, environment};

/// A run that goes on with another one, or undoes it.
pub(super) struct GoingOn<'a> {
    pub plan: &'a Plan,
    pub config: &'a Config,
    pub authority: &'a Authority,
    pub manner: &'a Manner,
    /// Who carries it out.
    pub name: String,
}

impl GoingOn<'_> {
    /// What is laid out for it, in the place where the other one was; it holds its target by then.
    /// It is the run of this id, or a new one.
    pub fn lay_out(
        &self,
        store: &mut Sqlite,
        recorded: &Recorded,
        line: &Line,
        run: Option<&str>,
    ) -> Result<Setup, Failure> {
        refuse_lacks(self.plan, &recorded.past.knows)?;
        let mut setup = setup(self.config, recorded.folder.clone());
        setup.run = run.map_or(setup.run, str::to_owned);
        setup.environment = for_shell(environment());
        setup.role = role(self.plan, self.config, self.authority)?;
        setup.break_glass.clone_from(&self.authority.break_glass);
        // The folder is the shell's, which is put back where it was.
        let place = recorded.past.place.iter().filter(|one| one.what != "folder");
        setup.pins = Some(place.cloned().collect());
        require_tools(self.plan, &setup, &recorded.past.knows)?;
        let holder = Holder::this(&setup.run, &self.name, &setup.host);
        hold(store, &line.target, &holder)?;
        Ok(setup)
    }

    /// Starts it, with its way into the journal.
    pub fn start(
        self,
        store: Sqlite,
        setup: Setup,
        target: String,
        journaled: Journaled,
    ) -> Result<Exit, Failure> {
        let record = Record::of(store, self.plan, setup.run.clone(), target, journaled)?;
        let how = How {
            config: self.config,
            manner: self.manner,
            break_glass: self.authority.break_glass.as_deref(),
        };
        start(self.plan, setup, &how, self.name, Some(record))
    }
}

/// Whose run it is, where it is not `name`'s; then it is taken, with a reason, or left alone.
/// `command` takes it.
pub(super) fn taken_from(
    line: &Line,
    name: &str,
    taken: Option<&str>,
    command: &str,
) -> Result<Option<(String, String)>, Failure> {
    if line.operator == name {
        return Ok(None);
    }
    if let Some(reason) = taken {
        return Ok(Some((line.operator.clone(), reason.to_owned())));
    }
    let message = format!(
        "run {} is {}'s, and you are {}; take it with `runbook {command} {} --take --reason \
         \"...\"`, which is recorded",
        line.run,
        neutral(&line.operator),
        neutral(name),
        line.run
    );
    Err(Failure::new(Exit::Refused, message))
}
