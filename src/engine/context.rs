//! The right place: where the run's tools would act, pinned at its start and asked again before
//! every write.
//!
//! Comes in: the plan's probes, a segment that is about to write. Goes out: leave to run it, or the
//! end of the run. A difference that no command of the run made ends it; one that the run itself
//! made is confirmed by who answers for it, by typing the new value. What is not known is equal to
//! nothing that is: what cannot be told any more ends the run, and what is told for the first time
//! is confirmed. Where nothing was known and nothing is, there is nothing to hold on to.

use crate::event::{Mover, Outcome, Placed, What};
use crate::plan::Uses;
use crate::policy::{Effect, Probe};
use crate::session::State;
use crate::source::Span;
use crate::variables::Redactor;

use super::job::Job;
use super::moves::{Cause, Move, is_folder, told};
use super::trial::Trial;
use super::verdict::Ruling;
use super::{Break, Engine, Flow};

/// Where the run's tools act.
#[derive(Default)]
pub(super) struct Context {
    probes: Vec<Probe>,
    pins: Vec<Pin>,
    /// What the run's own segments have made of it, until it is confirmed.
    pub moved: Vec<Placed>,
}

/// A fact that holds for the run.
struct Pin {
    fact: Placed,
    /// The shell's state in which it was found; nothing before the shell is first looked at.
    state: Option<State>,
    /// Whether an operator's own shell has led elsewhere since, which is still to be confirmed.
    left_by_hand: bool,
}

impl Context {
    /// Notes the shell's state for what was pinned before there was a shell.
    pub fn note(&mut self, state: &State) {
        for pin in self.pins.iter_mut().filter(|pin| pin.state.is_none()) {
            pin.state = Some(state.clone());
        }
    }

    /// The probes that a segment is held to: of the programs that it uses, and those of the whole
    /// plan that cost little, since any write may change what they tell.
    pub fn asked_for(&self, uses: &Uses) -> Vec<Probe> {
        let is_used = |probe: &Probe| match uses {
            Uses::Anything => true,
            Uses::Only(names) => probe.is_for_all() || names.iter().any(|name| probe.is_for(name)),
        };
        let asked = self.probes.iter().filter(|probe| !probe.costly || is_used(probe));
        asked.cloned().collect()
    }

    /// Those that had an answer: of what was not known nothing can be told apart, and it is confirmed
    /// in any case once it is.
    pub fn known_of(&self, mut probes: Vec<Probe>) -> Vec<Probe> {
        let is_known = |pin: &Pin| pin.fact.value.is_some();
        probes.retain(|probe| {
            let mut pins = self.pins.iter().filter(|pin| pin.fact.tool == probe.tool());
            pins.any(|pin| is_known(pin) && probe.tells.iter().any(|one| one.what == pin.fact.what))
        });
        probes
    }

    /// What differs from the pins; what was not pinned is pinned as it is.
    pub fn moves(&mut self, now: Vec<Placed>, redactor: &Redactor) -> Vec<Move> {
        let mut moves = Vec::new();
        for to in now {
            match self.pins.iter().find(|pin| is_same(&pin.fact, &to)) {
                Some(pin) if holds(&pin.fact, &to, redactor) => {}
                Some(pin) => moves.push(Move::new(&pin.fact, to)),
                None => self.pins.push(Pin { fact: to, state: None, left_by_hand: false }),
            }
        }
        moves
    }

    /// Pins a new value, as it is in `state`.
    pub fn repin(&mut self, to: &Placed, state: &State) {
        self.moved.retain(|moved| !is_same(moved, to));
        if let Some(pin) = self.pins.iter_mut().find(|pin| is_same(&pin.fact, to)) {
            pin.fact = to.clone();
            pin.state = Some(state.clone());
            pin.left_by_hand = false;
        }
    }

    /// Whether an operator's own shell has left what was pinned before the run was gone on with.
    pub fn was_left_by_hand(&self, fact: &Placed) -> bool {
        self.pins.iter().any(|pin| is_same(&pin.fact, fact) && pin.left_by_hand)
    }

    pub fn state_of(&self, fact: &Placed) -> Option<State> {
        self.pins.iter().find(|pin| is_same(&pin.fact, fact))?.state.clone()
    }

    /// What is typed to go back to a fact; `is_set` knows the variables that are set.
    fn way_back(&self, fact: &Placed, is_set: impl Fn(&str) -> bool) -> Option<String> {
        let value = fact.value.as_ref()?;
        self.probe_of(fact)?.way_back(&fact.what, value.as_str(), is_set)
    }

    pub fn probe_of(&self, fact: &Placed) -> Option<&Probe> {
        let tells = |probe: &&Probe| probe.tells.iter().any(|one| one.what == fact.what);
        self.probes.iter().filter(|probe| probe.tool() == fact.tool).find(tells)
    }
}

/// Whether two facts are about the same thing.
pub(super) fn is_same(one: &Placed, other: &Placed) -> bool {
    one.tool == other.tool && one.what == other.what
}

/// Whether a pin holds. A secret may have become known since it was pinned.
fn holds(pin: &Placed, now: &Placed, redactor: &Redactor) -> bool {
    let redacted = pin.value.as_ref().map(|value| redactor.redact(value.as_str()));
    redacted == now.value || pin.value == now.value
}

impl Engine<'_> {
    /// Looks where the run is, before its first step, and holds it to that. Where a run goes on that
    /// began elsewhere, it does not.
    pub(super) async fn pin(&mut self) -> Flow<()> {
        let tools: Vec<_> = self.plan.tools().into_iter().map(|(name, _)| name).collect();
        self.context.probes = self.plan.catalogue.probes(&tools);
        // What only reads is nowhere held back, and need not wait for services and slow tools.
        let writes = self.plan.steps.iter().any(|step| step.effect() != Effect::Read);
        self.context.probes.retain(|probe| writes || !probe.costly);
        let probes = self.context.probes.clone();
        let state = if probes.is_empty() { None } else { Some(self.snapshot().await?) };
        let mut entries = self.look(&probes, state.as_ref(), None).await?;
        self.compare_with_earlier(&entries)?;
        let left = self.left_by_hand(&mut entries).await?;
        let pin = |fact: &Placed| {
            let left_by_hand = left && is_folder(fact);
            Pin { fact: fact.clone(), state: state.clone(), left_by_hand }
        };
        self.context.pins = entries.iter().map(pin).collect();
        self.recorder.emit(What::ContextPinned { entries })?;
        Ok(())
    }

    /// Looks where tools would act that the runbook did not name, and holds the run to that, too.
    pub(super) async fn pin_more(&mut self, tools: Vec<String>) -> Flow<()> {
        let is_known = |probe: &Probe| self.context.probes.contains(probe);
        let mut probes = self.plan.catalogue.probes(&tools);
        probes.retain(|probe| !is_known(probe));
        if probes.is_empty() {
            return Ok(());
        }
        let state = self.snapshot().await?;
        let found = self.look(&probes, Some(&state), None).await?;
        self.context.probes.extend(probes);
        let known = &self.context.pins;
        let new =
            found.into_iter().filter(|fact| !known.iter().any(|pin| is_same(&pin.fact, fact)));
        let new: Vec<_> = new.collect();
        let pin = |fact: &Placed| Pin {
            fact: fact.clone(),
            state: Some(state.clone()),
            left_by_hand: false,
        };
        let pins = new.iter().map(pin);
        let pins: Vec<_> = pins.collect();
        self.context.pins.extend(pins);
        let entries = self.context.pins.iter().map(|pin| pin.fact.clone()).collect();
        self.recorder.emit(What::ContextPinned { entries })?;
        Ok(())
    }

    /// Holds the run to the folder that an operator's own shell has left, where nobody has confirmed
    /// yet to write in the other one. Goes out: whether it is so.
    async fn left_by_hand(&mut self, entries: &mut [Placed]) -> Flow<bool> {
        let folder = self.past.place.iter().find(|fact| is_folder(fact)).cloned();
        let Some((by_hand, folder)) = self.way_by_hand.clone().zip(folder) else {
            return Ok(false);
        };
        let is_there = self.snapshot().await?.way() == by_hand;
        let here = entries.iter_mut().find(|fact| is_folder(fact));
        let here = here.filter(|fact| is_there && fact.value != folder.value);
        Ok(here.map(|here| *here = folder).is_some())
    }

    /// Refuses to go on in another place than the one that the run was in before.
    fn compare_with_earlier(&self, now: &[Placed]) -> Flow<()> {
        let earlier = self.setup.pins.iter().flatten().filter(|pin| pin.value.is_some());
        let moves = earlier.filter_map(|from| {
            let to = now.iter().find(|fact| is_same(from, fact))?;
            let differs = !holds(from, to, &self.redactor);
            differs.then(|| Move::new(from, to.clone()))
        });
        let moves: Vec<_> = moves.collect();
        if moves.is_empty() {
            return Ok(());
        }
        let ways = moves
            .iter()
            .filter_map(|one| self.context.way_back(&one.from, |name| self.is_set(name)));
        let ways: Vec<_> = ways.map(|way| format!("`{way}`")).collect();
        let way = if ways.is_empty() { String::new() } else { format!(" ({})", ways.join(", ")) };
        let (which, else_way) = match self.undoes() {
            Some(of) => (format!("run {of}"), "undo it by hand"),
            None => ("this run".to_owned(), "start a new run here"),
        };
        Err(Break::Refused(format!(
            "{which} was in another place: {}; nothing was run. Go back there{way} and go on with \
             `runbook resume {}`, or {else_way}",
            told(&moves),
            self.setup.run
        )))
    }

    /// Whether the run begins with a variable that is not empty.
    fn is_set(&self, name: &str) -> bool {
        self.setup.environment.iter().any(|(known, value)| known == name && !value.is_empty())
    }

    /// Asks again where a segment would act, directly before it writes.
    pub(super) async fn require_place(
        &mut self,
        job: &Job<'_>,
        attempt: u32,
        before: &State,
    ) -> Flow<()> {
        let uses = self.plan.uses(job.block, job.written);
        loop {
            let probes = self.context.asked_for(&uses);
            let now = self.look(&probes, Some(before), None).await?;
            let mut moves = self.context.moves(now, &self.redactor);
            if moves.is_empty() {
                return Ok(());
            }
            for one in &mut moves {
                one.cause = self.cause(one, before).await?;
            }
            moves.sort_by_key(|one| one.cause != Cause::Strange);
            if moves[0].cause == Cause::Strange {
                return self.refuse_place(job, attempt, &self.strange(job, &moves));
            }
            if let Err(why) = self.accept_moves(job.step, &moves, before)? {
                return self.refuse_place(job, attempt, &why);
            }
        }
    }

    /// Notes what has become of the place while a segment wrote that began in a state. Goes out: why
    /// the run ends, where somebody else has changed it.
    pub(super) async fn note_moves(
        &mut self,
        job: &Job<'_>,
        before: &State,
    ) -> Flow<Option<String>> {
        let uses = self.plan.uses(job.block, job.written);
        let probes = self.context.known_of(self.context.asked_for(&uses));
        if probes.is_empty() {
            return Ok(None);
        }
        let state = self.snapshot().await?;
        let now = self.look(&probes, Some(&state), None).await?;
        self.context.moved.retain(|moved| !now.iter().any(|fact| is_same(moved, fact)));
        let moves = self.context.moves(now, &self.redactor);
        let mut strange = Vec::new();
        for one in moves.into_iter().filter(|one| !is_folder(&one.to)) {
            let by = self.mover(job, &one, before, &state).await?;
            let Move { from, to, .. } = &one;
            if by == Mover::Others && to.value.is_none() {
                // It is asked again before the next write.
                continue;
            }
            self.recorder.emit(What::ContextMoved {
                step: job.step.id.clone(),
                tool: to.tool.clone(),
                what: to.what.clone(),
                from: from.value.clone(),
                to: to.value.clone(),
                by,
            })?;
            match by {
                Mover::Others => strange.push(one),
                Mover::Step | Mover::Unclear => self.context.moved.push(one.to),
            }
        }
        Ok((!strange.is_empty()).then(|| self.strange_meanwhile(job, &strange)))
    }

    /// Why the run ends where somebody else has changed the place while a segment ran.
    fn strange_meanwhile(&self, job: &Job<'_>, moves: &[Move]) -> String {
        let (step, line) = (&job.step.id, job.written.line);
        format!(
            "while step {step}, line {line} ran, this became another place, and no command of it led \
             there: {}; see where it has written; {}",
            told(moves),
            self.ways_on(moves)
        )
    }

    /// Why a segment does not run where no command of the run has led.
    fn strange(&self, job: &Job<'_>, moves: &[Move]) -> String {
        let (step, line) = (&job.step.id, job.written.line);
        format!(
            "step {step}, line {line} was not run, because this is another place, and no command of \
             this run led to it: {}; {}",
            told(moves),
            self.ways_on(moves)
        )
    }

    /// Why a segment does not go on where no command of it has led.
    pub(super) fn strange_between(&self, job: &Job<'_>, span: Span, moves: &[Move]) -> String {
        let (step, line) = (&job.step.id, job.written.line);
        format!(
            "step {step}, line {line} was stopped before `{}`, because this became another place \
             while it ran, and no command of it led there: {}; {}",
            self.shown_text(job, span).as_str(),
            told(moves),
            self.ways_on(moves)
        )
    }

    fn ways_on(&self, moves: &[Move]) -> String {
        let back = moves.iter().find_map(|one| self.context.way_back(&one.from, |_| false));
        let back = back.map_or("go back there".to_owned(), |back| format!("type `{back}`"));
        format!("to go on with this run {back} first, to work here start a new one")
    }

    fn refuse_place(&mut self, job: &Job<'_>, attempt: u32, why: &str) -> Flow<()> {
        let trial = Trial::without_running(Ruling::new(Outcome::Refused, why));
        self.end(job, attempt, &trial, Outcome::Refused, None)?;
        Err(Break::Refused(why.to_owned()))
    }
}
