//! What of a rollback is in vain, since what it undoes was never done.
//!
//! Comes in: the plan that a run carried out, what it has come to, the runbook as it is now. Goes
//! out: the steps of the rollback that are left out, and what is to be known of the others. Only
//! what was certainly never begun need not be undone: whoever cannot tell keeps the step.

use std::collections::BTreeSet;

use crate::document::{ActionKind, Asks, Document};
use crate::plan::{Plan, Step};
use crate::policy::Effect;
use crate::variables::Redacted;

use super::{Past, Standing, steps_now};

/// How sure it is that a step has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing in it that changes something was begun.
    Never,
    /// Something was begun that changes something; whether it came to its end does not matter.
    Yes,
    /// That is not known; why.
    Perhaps(String),
}

/// What of a rollback is in vain.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Undoing {
    /// The steps that undo only what was never begun, in order.
    pub in_vain: Vec<InVain>,
    /// What is to be known of what else was not done, or perhaps not, a sentence each.
    pub told: Vec<String>,
}

/// A step of a rollback that undoes only what was never begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InVain {
    /// Its place in the document.
    pub place: usize,
    /// Its id.
    pub step: String,
    /// What was never begun, in one sentence.
    pub because: String,
    /// The places of the steps that it would undo, in the text that the run was done by.
    undoes: Vec<usize>,
}

impl Past {
    /// Whether the step at this place has changed something.
    pub fn begun(&self, place: usize) -> Begun {
        if self.acted().contains(&place) {
            return Begun::Yes;
        }
        let here = |at: &&super::Place| at.step == place;
        let put = self.asked.iter().any(|at| here(&at));
        let mut skipped = self.segments_at.iter().filter(|((at, _), _)| here(&at));
        let skipped = skipped.any(|(_, known)| known.was_skipped())
            || self.manual.iter().any(|(at, manual)| here(&at) && manual.skipped);
        let why = match (&self.may_have_gone_on, self.shells.first()) {
            _ if put => "it was put to a person, and nobody said whether it was done".to_owned(),
            _ if skipped => "it was skipped, perhaps since it had been done otherwise".to_owned(),
            (Some(_), _) => "the run may have gone on without a record".to_owned(),
            (None, Some(step)) => {
                format!("a shell was opened at step {step}, and what was done in it is not known")
            }
            (None, None) => return Begun::Never,
        };
        Begun::Perhaps(why)
    }

    /// Whether a command of the step at this place was begun.
    fn has_run(&self, place: usize) -> bool {
        let mut here = self.segments_at.iter().filter(|((at, _), _)| at.step == place);
        here.any(|(_, known)| known.began.is_some())
    }

    /// Whether nothing was begun in it that changes something, here or where it was handed over to.
    pub fn is_untouched(&self) -> bool {
        !self.may_have_changed_something() && self.handed_over.is_none()
    }

    /// The writes of which it is not known whether they happened, a sentence each.
    fn not_known_to_have_happened(&self) -> impl Iterator<Item = String> {
        let unknown =
            self.undecided().filter(|known| matches!(known.standing(), Standing::Unknown(_)));
        unknown.map(|known| {
            let values: Vec<_> = known.values.iter().map(Redacted::as_str).collect();
            let with = if values.is_empty() { "" } else { " with " };
            let began = known.began.as_deref().unwrap_or("an unknown time");
            let (step, line, values) = (&known.step, known.line, values.join(", "));
            format!(
                "the write of step {step}, line {line}{with}{values}, is NOT KNOWN to have happened: it \
                 was begun at {began}, and nobody has said what became of it"
            )
        })
    }

    /// Whether it has changed something, or may have.
    pub fn may_have_changed_something(&self) -> bool {
        let unseen = !self.shells.is_empty() || self.may_have_gone_on.is_some();
        unseen || !self.asked.is_empty() || !self.acted().is_empty()
    }
}

/// What is in vain of the rollback in `now`, of a run that carried out `done`.
pub fn undoing(done: &Plan, past: &Past, now: &Document) -> Undoing {
    let places: Vec<usize> = (0..done.document.steps.len()).collect();
    let gone_to = steps_now(&done.document, now, &places);
    let before = |at: usize| {
        let from = gone_to.iter().position(|to| *to == Some(at))?;
        let text = |document: &Document, at: usize| {
            document.source.slice(document.steps[at].span).trim_end().to_owned()
        };
        (text(&done.document, from) == text(now, at)).then_some(from)
    };
    // What the run was not to do may have been done without it.
    let was_to_do = |from: usize| done.steps.iter().any(|step| step.place == from);
    // Who writes how to undo what only reads, for all we know, knows better.
    let changes =
        |from: usize| done.steps.iter().any(|one| one.place == from && changes(done, one));
    let never = |from: &usize| {
        let untouched = changes(*from) || !past.has_run(*from);
        was_to_do(*from) && untouched && past.begun(*from) == Begun::Never
    };
    let mut result = Undoing::default();
    for place in 0..now.steps.len() {
        let undoes = now.undone_by(place).into_iter().map(before);
        let undoes: Option<Vec<usize>> = undoes.collect();
        let undoes = undoes.filter(|all| !all.is_empty() && all.iter().all(never));
        result.in_vain.extend(undoes.map(|undoes| InVain {
            place,
            step: now.steps[place].id.clone(),
            because: never_begun(done, past, &undoes),
            undoes,
        }));
    }
    result.told = told(done, past, &result.in_vain);
    result
}

impl Undoing {
    /// The same, where these steps are carried out all the same; why is said.
    #[must_use]
    pub fn with(mut self, steps: &[String], why: &str) -> Self {
        let back = self.in_vain.extract_if(.., |one| steps.contains(&one.step));
        let back: Vec<_> = back.collect();
        let told = back.iter().map(|one| {
            format!("step {} is carried out, {why}, although {}", one.step, one.because)
        });
        self.told.extend(told);
        self
    }
}

fn never_begun(done: &Plan, past: &Past, places: &[usize]) -> String {
    let ids: Vec<_> = places.iter().map(|at| done.document.steps[*at].id.as_str()).collect();
    let looked = places.iter().any(|at| past.has_run(*at));
    match (ids.as_slice(), looked) {
        ([one], false) => format!("step {one} was never begun"),
        ([one], true) => format!("step {one} has only looked"),
        (all, false) => format!("steps {} were never begun", all.join(", ")),
        (all, true) => format!("steps {} have changed nothing", all.join(", ")),
    }
}

/// What is to be known of the steps that change something, and of which not everything is left out
/// that may undo them.
fn told(done: &Plan, past: &Past, in_vain: &[InVain]) -> Vec<String> {
    let settled: BTreeSet<usize> = in_vain.iter().flat_map(|one| one.undoes.clone()).collect();
    let id = |step: &Step| done.step(step).id.clone();
    let mut never = Vec::new();
    let mut told: Vec<_> = past.not_known_to_have_happened().collect();
    let all = done.steps.iter().filter(|step| changes(done, step));
    for step in all.filter(|step| !settled.contains(&step.place)) {
        match past.begun(step.place) {
            Begun::Yes => told.extend(values_never_begun(done, past, step)),
            Begun::Never => never.push(id(step)),
            Begun::Perhaps(why) => {
                let final_one = if step.is_irreversible() { "; it cannot be undone" } else { "" };
                let id = id(step);
                told.push(format!("whether step {id} was done is not certain: {why}{final_one}"));
            }
        }
    }
    if !never.is_empty() {
        let (noun, verb) = if never.len() == 1 { ("step", "was") } else { ("steps", "were") };
        told.push(format!(
            "{noun} {} {verb} never begun, and no step of the rollback is left out for that: skip (s) \
             what would undo it",
            never.join(", ")
        ));
    }
    let left_out = done.left_out.iter().filter(|step| changes(done, step)).map(id);
    let left_out: Vec<_> = left_out.collect();
    if !left_out.is_empty() {
        let steps = left_out.join(", ");
        told.push(format!(
            "what was left out of that run (step {steps}) may have been done without it"
        ));
    }
    told
}

/// The values of a list for which a step was never begun that was begun for others.
fn values_never_begun(done: &Plan, past: &Past, step: &Step) -> Option<String> {
    let values = past.by_value(step.place).into_iter();
    let never = values.filter(|(_, word)| *word == "not begun").map(|(value, _)| value);
    let never: Vec<_> = never.collect();
    let (id, values) = (&done.step(step).id, never.join(", "));
    let text = format!("step {id} was never begun with {values}: skip (s) what would undo it");
    (!never.is_empty()).then_some(text)
}

fn changes(plan: &Plan, step: &Step) -> bool {
    let by_hand = plan.step(step).actions.iter().any(|action| match &action.kind {
        ActionKind::Manual(manual) => manual.items.iter().any(|item| item.asks == Asks::Do),
        ActionKind::Choice(_) => true,
        ActionKind::Command(_) | ActionKind::Record(_) => false,
    });
    by_hand || step.effect() != Effect::Read
}
