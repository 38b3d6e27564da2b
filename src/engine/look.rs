//! Looks where the run is: its folder, and what probes tell.
//!
//! Comes in: probes, and the state of the shell to ask them in. Goes out: facts, redacted. Decides
//! nothing. In a rehearsal only stand-ins are asked.

use std::path::Path;

use crate::event::Placed;
use crate::policy::{Fact, Probe, programs};
use crate::session::State;
use crate::shell::parse;
use crate::variables::{Redacted, Redactor};

use super::probing::{self, Known};
use super::{Break, END_RUN, Engine, Flow, HUNG_UP, StandIns, TERMINAL_GONE};

/// What the folder is listed under.
pub(super) const SHELL: &str = "shell";
pub(super) const FOLDER: &str = "folder";

impl Engine<'_> {
    /// The folder, and what probes tell in a state of the shell, or in that state in the folder of
    /// another.
    pub(super) async fn look(
        &mut self,
        probes: &[Probe],
        state: Option<&State>,
        folder: Option<&State>,
    ) -> Flow<Vec<Placed>> {
        let mut found = vec![self.here().await?];
        let lacks = |probe: &Probe| {
            let stand_ins = self.setup.stand_ins.as_ref()?;
            self.lacking(stand_ins, probe)
        };
        let lacking: Vec<_> = probes.iter().map(lacks).collect();
        let pairs = probes.iter().zip(&lacking);
        let asked: Vec<_> = pairs.filter(|(_, lacks)| lacks.is_none()).map(|one| one.0).collect();
        let mut answers = self.ask(&asked, state, folder).await?.into_iter();
        for (probe, lacks) in probes.iter().zip(lacking) {
            let known = match lacks {
                Some(why) => probing::unknown(probe, &why),
                None => answers.next().unwrap_or_default(),
            };
            found.extend(placed(probe, known, &self.redactor));
        }
        Ok(found)
    }

    /// Asks probes. An operator who interrupts that wants to stop here.
    async fn ask(
        &mut self,
        probes: &[&Probe],
        state: Option<&State>,
        folder: Option<&State>,
    ) -> Flow<Vec<Vec<Known>>> {
        let (Some(state), false) = (state, probes.is_empty()) else { return Ok(Vec::new()) };
        let mut text = folder.map(State::way).unwrap_or_default().to_vec();
        text.extend_from_slice(probing::script(probes).as_bytes());
        let patience = if self.step.is_none() { probing::AT_START } else { probing::AT_WRITE };
        let session = self.session().await?;
        let heard = session.aside(state, &text, patience).await?;
        match self.wishes.take() {
            0 => Ok(probing::answers(probes, &heard)),
            END_RUN => Err(Break::Interrupted),
            TERMINAL_GONE => Err(Break::Broken(HUNG_UP.into())),
            _ => Err(Break::Paused("you interrupted it while it looked where it is".into())),
        }
    }

    /// What a rehearsal lacks to ask a probe: nothing real is asked.
    fn lacking(&self, stand_ins: &StandIns, probe: &Probe) -> Option<String> {
        let script = parse(&probe.command).ok()?;
        let mut named = script.statements.iter().flat_map(|one| programs(one, self.plan.catalogue));
        let real = named.find(|one| !one.pure_filter && !stand_ins.has(&one.name))?;
        Some(format!("the rehearsal has no stand-in for `{}`", real.name))
    }

    /// The folder that the shell is in, or will start in, without the links on the way to it.
    async fn here(&mut self) -> Flow<Placed> {
        let path = match &mut self.session {
            None => std::fs::canonicalize(&self.setup.folder).ok(),
            Some(session) => match session.folder() {
                Some(path) => Some(path),
                None => Some(session.ask(b"builtin pwd -P").await?.trim_end().into()),
            },
        };
        let path = path.filter(|path| path.is_dir());
        let redact = |path: &Path| self.redactor.redact(&path.display().to_string());
        let why = path.is_none().then(|| Redacted::literal("it is gone"));
        let value = path.as_deref().map(redact);
        Ok(Placed { tool: SHELL.into(), what: FOLDER.into(), value, why })
    }
}

/// The answers of a probe as facts.
pub(super) fn placed(probe: &Probe, known: Vec<Known>, redactor: &Redactor) -> Vec<Placed> {
    let redact = |text: &String| redactor.redact(text);
    let placed = |(fact, known): (&Fact, Known)| Placed {
        tool: probe.tool().to_owned(),
        what: fact.what.clone(),
        value: known.as_ref().ok().map(redact),
        why: known.as_ref().err().map(redact),
    };
    probe.tells.iter().zip(known).map(placed).collect()
}
