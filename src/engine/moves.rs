//! What differs from the place that a run is held to: who made the difference, and who answers for it.
//!
//! Comes in: facts that moved. Goes out: their cause, and a confirmation or why there is none. The
//! cause is found by asking again in a copy of the shell as it was: what is still there as it was
//! pinned, only the run itself can have left.

use crate::document;
use crate::event::{Mover, Placed, What};
use crate::plan::Leads;
use crate::session::State;
use crate::variables::{Redacted, Value};

use super::context::is_same;
use super::gather::texts;
use super::job::Job;
use super::look::{FOLDER, SHELL};
use super::operator::{Answer, AskContext, Change, From};
use super::probing::LATE;
use super::{Engine, Flow, given};

/// A fact that is not what was pinned.
pub(super) struct Move {
    pub from: Placed,
    pub to: Placed,
    pub cause: Cause,
}

/// Who made a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody else, as far as can be told.
    Strange,
    /// The run: a segment that wrote, or what the shell has become.
    Run,
    /// The run, by going to another folder.
    Folder,
    /// Nobody: at the start there was no time to tell.
    Late,
}

impl Move {
    pub fn new(from: &Placed, to: Placed) -> Self {
        Self { from: from.clone(), to, cause: Cause::Strange }
    }

    /// Whether somebody has to confirm it. The runbook's own `cd` stands in what was read before it
    /// ran, and nobody else can move a shell; what was late is only told later than the rest.
    fn needs_answer(&self) -> bool {
        !matches!(self.cause, Cause::Folder | Cause::Late)
    }
}

impl Engine<'_> {
    /// Who made a difference. A segment that wrote was seen to do it. What the shell has become did it
    /// where in the state in which it was pinned it still is what it was. What was not known and now
    /// is has to be confirmed, whoever did it.
    pub(super) async fn cause(&mut self, one: &Move, before: &State) -> Flow<Cause> {
        let Move { from, to, .. } = one;
        let Some(then) = self.context.state_of(from) else { return Ok(Cause::Strange) };
        let went = then.way() != before.way();
        if is_folder(to) {
            // Nobody else can move a shell. Its folder itself can be moved, though.
            let by_hand = self.way_by_hand.as_deref() == Some(before.way());
            let went = went || (by_hand && self.context.was_left_by_hand(from));
            return Ok(match went && to.value.is_some() {
                // Where an operator's shell has gone, no author has written.
                true if by_hand => Cause::Run,
                true => Cause::Folder,
                false => Cause::Strange,
            });
        }
        let moved = self.context.moved.iter().find(|moved| is_same(moved, to));
        let expected = moved.map_or(&from.value, |moved| &moved.value).clone();
        let appeared = from.value.is_none() && to.value.is_some();
        if appeared && from.why.as_ref().is_some_and(|why| why.as_str() == LATE) {
            return Ok(Cause::Late);
        }
        if appeared || (moved.is_some() && expected == to.value) {
            return Ok(Cause::Run);
        }
        if expected.is_none()
            || then.same(before)
            || self.value_in(to, &then, None).await? != expected
        {
            return Ok(Cause::Strange);
        }
        let goes = went && self.value_in(to, &then, Some(before)).await? == to.value;
        Ok(if goes { Cause::Folder } else { Cause::Run })
    }

    /// Who made a difference while a segment ran: what the shell has become since `before`, a command
    /// that may lead there, or somebody else.
    pub(super) async fn mover(
        &mut self,
        job: &Job<'_>,
        one: &Move,
        before: &State,
        now: &State,
    ) -> Flow<Mover> {
        let probe = self.context.probe_of(&one.to);
        let part = (job.block, job.decided, usize::MAX);
        let leads = probe.map_or(Leads::Perhaps, |probe| self.plan.leads(part, probe));
        if leads == Leads::There {
            return Ok(Mover::Step);
        }
        if !before.same(now) && self.value_in(&one.to, before, None).await? != one.to.value {
            return Ok(Mover::Step);
        }
        let unclear = leads == Leads::Perhaps || self.may_have_others;
        Ok(if unclear { Mover::Unclear } else { Mover::Others })
    }

    /// What a fact is in another state of the shell, or in that state in the folder of another.
    async fn value_in(
        &mut self,
        fact: &Placed,
        state: &State,
        folder: Option<&State>,
    ) -> Flow<Option<Redacted>> {
        let probe = self.context.probe_of(fact).cloned();
        let probes: Vec<_> = probe.into_iter().collect();
        let found = self.look(&probes, Some(state), folder).await?;
        Ok(found.into_iter().find(|one| is_same(one, fact)).and_then(|one| one.value))
    }

    /// Lets who answers for the run confirm what it has made of the place, and pins that. An error
    /// is why they cannot.
    pub(super) fn accept_moves(
        &mut self,
        step: &document::Step,
        moves: &[Move],
        state: &State,
    ) -> Flow<Result<(), String>> {
        let mut tools: Vec<&str> = moves.iter().map(|one| one.to.tool.as_str()).collect();
        tools.dedup();
        for tool in tools {
            let moves: Vec<_> = moves.iter().filter(|one| one.to.tool == tool).collect();
            let by = match self.confirm(step, tool, &moves)? {
                Ok(by) => by,
                Err(why) => return Ok(Err(why)),
            };
            for Move { from, to, .. } in moves {
                self.context.repin(to, state);
                self.recorder.emit(What::ContextChanged {
                    step: step.id.clone(),
                    tool: to.tool.clone(),
                    what: to.what.clone(),
                    from: from.value.clone(),
                    to: to.value.clone(),
                    by: by.clone(),
                })?;
            }
        }
        Ok(Ok(()))
    }

    /// Who confirms a tool's new place, or why nobody does. What was given as an input needs no other
    /// answer.
    fn confirm(
        &mut self,
        step: &document::Step,
        tool: &str,
        moves: &[&Move],
    ) -> Flow<Result<String, String>> {
        let asked: Vec<_> = moves
            .iter()
            .filter(|one| one.needs_answer() && !self.is_input(&one.to))
            .map(|one| Change {
                what: &one.to.what,
                from: one.from.value.as_ref(),
                to: one.to.value.as_ref(),
            })
            .collect();
        if asked.is_empty() {
            return Ok(Ok("runbook".into()));
        }
        let ask = AskContext { step: &step.id, tool, changes: &asked };
        match self.waiting(|operator| operator.context(&ask)) {
            Answer::Nobody(why) => Ok(Err(why)),
            answer => match given(answer)?.1 {
                From::Operator => Ok(Ok(self.operator.name().to_owned())),
                from => Ok(Ok(from.word().to_owned())),
            },
        }
    }

    /// Whether a value is that of an input which sets a variable that tells it: who gave the input
    /// has named it.
    fn is_input(&self, to: &Placed) -> bool {
        let Some(probe) = self.context.probe_of(to) else { return false };
        let tells = |name: &String| probe.variables.split_whitespace().any(|one| one == name);
        let is_value = |value: &Value| {
            !value.is_secret()
                && texts(value)
                    .iter()
                    .any(|text| to.value.as_ref() == Some(&self.redactor.redact(text)))
        };
        let mut inputs = self.plan.inputs.iter().filter(|input| input.variables.iter().any(tells));
        inputs.any(|input| self.values.get(&input.name).is_some_and(is_value))
    }
}

/// Whether a fact is the folder.
pub(super) fn is_folder(fact: &Placed) -> bool {
    fact.tool == SHELL && fact.what == FOLDER
}

/// Differences in words: `kubectl context was staging and is production`.
pub(super) fn told(moves: &[Move]) -> String {
    let one = |Move { from, to, .. }: &Move| {
        let name =
            if is_folder(to) { FOLDER.to_owned() } else { format!("{} {}", to.tool, to.what) };
        format!("{name} was {} and is {}", known(from), known(to))
    };
    moves.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn known(fact: &Placed) -> String {
    match (&fact.value, &fact.why) {
        (Some(value), _) => value.as_str().to_owned(),
        (None, Some(why)) => format!("unknown ({})", why.as_str()),
        (None, None) => "unknown".to_owned(),
    }
}
