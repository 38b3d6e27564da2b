//! A plan as one row of things to look at, in the order in which they would be carried out.
//!
//! Comes in: a plan, and which alternatives were chosen. Goes out: [`Spot`]s. For those who go
//! through a plan without a person: what a person would decide shows up as left out.

use crate::document::{self, ActionKind, Block, Choice};

use super::{Action, Plan, Segment};

/// One thing to look at.
#[derive(Debug, Clone, Copy)]
pub enum Spot<'p> {
    /// A segment, and what was decided about it.
    Segment(Place<'p>, &'p Segment),
    /// A segment that is not reached, and why.
    LeftOut(Place<'p>, &'static str),
    /// A block that may not run at all.
    NotRunnable(&'p document::Step, &'p document::Action, &'p Block),
    /// Something for a person to do.
    Manual(&'p document::Step, &'p document::Action),
    /// A choice that nobody made.
    Undecided(&'p document::Step, &'p document::Action, &'p [Vec<Action>]),
}

/// Where a segment stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// Its step.
    pub step: &'p document::Step,
    /// Its block.
    pub block: &'p Block,
    /// The segment as written.
    pub written: &'p document::Segment,
}

/// Tells which alternative of a step's choice was chosen, by its place.
pub type Chosen<'a> = &'a dyn Fn(&document::Step, &Choice) -> Option<usize>;

const UNANSWERED: &str = "it depends on a question (\"If ...\") that nobody answered";
const NOT_CHOSEN: &str = "it stands in an alternative that was not chosen";
const NOBODY_CHOSE: &str =
    "it stands in an alternative, and nobody chose: name one under [choices] in --answers";

/// Goes through a plan.
pub fn walk<'p>(plan: &'p Plan, chosen: Chosen<'_>) -> Vec<Spot<'p>> {
    let mut walker = Walker { chosen, spots: Vec::new() };
    for step in &plan.steps {
        let written = plan.step(step);
        walker.actions(written, &written.actions, &step.actions);
    }
    walker.spots
}

struct Walker<'p, 'a> {
    chosen: Chosen<'a>,
    spots: Vec<Spot<'p>>,
}

impl<'p> Walker<'p, '_> {
    fn actions(
        &mut self,
        step: &'p document::Step,
        written: &'p [document::Action],
        decided: &'p [Action],
    ) {
        for (action, decision) in written.iter().zip(decided) {
            match (&action.kind, decision) {
                _ if action.when.is_some() => self.left_out(step, action, UNANSWERED),
                (ActionKind::Command(block), _) if !block.runnable => {
                    self.spots.push(Spot::NotRunnable(step, action, block));
                }
                (ActionKind::Command(block), Action::Command(segments)) => {
                    let pairs = block.segments.iter().zip(segments);
                    let spots = pairs.map(|(written, decided)| {
                        Spot::Segment(Place { step, block, written }, decided)
                    });
                    self.spots.extend(spots);
                }
                (ActionKind::Manual(_), _) => self.spots.push(Spot::Manual(step, action)),
                (ActionKind::Choice(choice), Action::Choice(alternatives)) => {
                    self.choice(step, action, choice, alternatives);
                }
                _ => {}
            }
        }
    }

    fn choice(
        &mut self,
        step: &'p document::Step,
        action: &'p document::Action,
        choice: &'p Choice,
        alternatives: &'p [Vec<Action>],
    ) {
        let chosen = (self.chosen)(step, choice);
        let why = if chosen.is_some() { NOT_CHOSEN } else { NOBODY_CHOSE };
        for (at, one) in choice.alternatives.iter().enumerate() {
            if chosen == Some(at) {
                self.actions(step, &one.actions, &alternatives[at]);
            } else {
                one.actions.iter().for_each(|action| self.left_out(step, action, why));
            }
        }
        if chosen.is_none() {
            self.spots.push(Spot::Undecided(step, action, alternatives));
        }
    }

    /// The segments of an action that is not reached.
    fn left_out(
        &mut self,
        step: &'p document::Step,
        action: &'p document::Action,
        why: &'static str,
    ) {
        match &action.kind {
            ActionKind::Command(block) => {
                let places = block.segments.iter().map(|written| Place { step, block, written });
                self.spots.extend(places.map(|place| Spot::LeftOut(place, why)));
            }
            ActionKind::Choice(choice) => {
                let actions = choice.alternatives.iter().flat_map(|one| &one.actions);
                actions.for_each(|action| self.left_out(step, action, why));
            }
            ActionKind::Manual(_) | ActionKind::Record(_) => {}
        }
    }
}
