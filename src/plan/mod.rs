//! Everything that is decided before anything runs.
//!
//! Comes in: a [`Document`], the catalogue, a selection. Goes out: a [`Plan`]: the document with an
//! effect and needed inputs for every segment. Pure: the same text gives the same plan, and the
//! same fingerprint.

pub mod coverage;
mod inputs;
mod leads;
mod left_out;
mod names;
mod remarks;
mod secrecy;
mod segment;
mod selection;
mod tools;
pub mod walk;

use std::collections::HashSet;
use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::document::{self, ActionKind, Asks, Document, NoReturn};
use crate::policy::{Catalogue, Effect, Trait};

pub use coverage::GapKind;
pub use inputs::{Input, InputKind, Inputs, InsteadOf, collect};
pub use leads::Leads;
pub use left_out::{Lack, Lacks};
pub use names::{key, sounds_secret};
pub use remarks::Exposure;
pub use segment::{Segment, Unit};
pub use selection::{Part, PartError, Selection, Turn};
pub use tools::Uses;

/// What a run will do.
#[derive(Debug)]
pub struct Plan {
    /// The catalogue that it was decided with.
    pub catalogue: &'static Catalogue,
    /// The runbook.
    pub document: Document,
    /// How much of it this plan is of.
    selection: Selection,
    /// The values that it needs and does not produce.
    pub inputs: Inputs,
    /// The selected steps, in order.
    pub steps: Vec<Step>,
    /// Those that the operator leaves out of the selected sections, in order.
    pub left_out: Vec<Step>,
    /// What is missing because steps are left out.
    pub lacks: Lacks,
    /// SHA-256 of the runbook's text, in hex.
    pub fingerprint: String,
    mentioned: OnceLock<tools::Mentioned>,
}

/// A selected step.
#[derive(Debug)]
pub struct Step {
    /// Its place in the document's steps.
    pub place: usize,
    /// Its actions, in step with the document's.
    pub actions: Vec<Action>,
    /// Whether the runbook says that there is no way back after it.
    pub no_return: bool,
}

/// What was decided about an action; the document's action at the same place says what it is.
#[derive(Debug)]
pub enum Action {
    /// A block's segments, in step with the document's; empty where the block may not run.
    Command(Vec<Segment>),
    /// Prose to do or confirm.
    Manual {
        /// Whether it is about something that cannot be undone.
        irreversible: bool,
    },
    /// The alternatives' actions.
    Choice(Vec<Vec<Action>>),
    /// An audit entry.
    Record,
}

impl Plan {
    /// Decides about a document.
    pub fn new(document: Document, catalogue: &'static Catalogue, selection: &Selection) -> Self {
        let mut inputs = collect(&document, selection);
        let secrets = left_out::secrets(&document, catalogue, selection, &inputs);
        inputs.hide(&secrets);
        Self::decided(document, catalogue, selection, inputs)
    }

    /// Decides about a document in which an operator has put another text in a command's place,
    /// as much of it as this plan is of. What it needs is known by the names that this plan has for
    /// it.
    #[must_use]
    pub fn amended(&self, document: Document) -> Self {
        Self::decided(document, self.catalogue, &self.selection, self.inputs.clone())
    }

    /// What such a document needs that this plan knows nothing of.
    pub fn needs_beyond(&self, amended: &Document) -> Vec<(InputKind, String)> {
        collect(amended, &self.selection).beyond(&self.inputs)
    }

    fn decided(
        document: Document,
        catalogue: &'static Catalogue,
        selection: &Selection,
        inputs: Inputs,
    ) -> Self {
        let mut functions = HashSet::new();
        document.steps.iter().for_each(|step| functions_of(&step.actions, &mut functions));
        let mut context =
            segment::Context { catalogue, inputs: &inputs, functions, exported: Vec::new() };
        let (mut steps, mut left_out) = (Vec::new(), Vec::new());
        for (place, step) in document.steps.iter().enumerate() {
            let decided = || {
                let no_return = document.no_returns.iter().any(|one| one.step == place);
                Step { place, actions: actions(&step.actions, &context), no_return }
            };
            match selection.turn(place, step) {
                Turn::CarriedOut => steps.push(decided()),
                Turn::LeftOut => {
                    left_out.extend(selection.leaves_out(place).then(decided));
                    context.exported.extend(inputs.exported_by(&step.id));
                }
                Turn::Aside => {}
            }
        }
        let lacks = left_out::lacks(&document, catalogue, selection);
        let fingerprint = HEXLOWER.encode(&Sha256::digest(document.source.text()));
        let (selection, mentioned) = (selection.clone(), OnceLock::new());
        Self {
            catalogue,
            document,
            selection,
            inputs,
            steps,
            left_out,
            lacks,
            fingerprint,
            mentioned,
        }
    }

    /// What the runbook says of the way back after a step.
    pub fn no_return(&self, place: usize) -> Option<&NoReturn> {
        self.document.no_returns.iter().find(|one| one.step == place)
    }

    /// What answers are bound to: the runbook's text, and what of it is left out. Who confirmed
    /// steps of the whole has not confirmed them without those before; without those that would have
    /// undone what was never done, they have.
    pub fn binding(&self) -> String {
        if self.left_out.is_empty() || self.leaves_out_in_vain() {
            return self.fingerprint.clone();
        }
        let left_out: Vec<_> = self.left_out.iter().map(|step| step.place.to_string()).collect();
        let text = format!("{} without {}", self.fingerprint, left_out.join(" "));
        HEXLOWER.encode(&Sha256::digest(text))
    }

    /// Whether what is left out would have undone what was never done: nothing is missing without it.
    pub const fn leaves_out_in_vain(&self) -> bool {
        self.selection.is_in_vain()
    }

    /// The lines of a step's segments that promise something.
    pub fn promises(&self, step: &Step) -> Vec<usize> {
        let segments = left_out::blocks(&self.step(step).actions).flat_map(|one| &one.segments);
        segments.filter(|one| !one.expectations.is_empty()).map(|one| one.line).collect()
    }

    /// What was decided about the segments of the block at a place: the step's in the document,
    /// and the action's in it.
    pub fn segments_at(&self, step: usize, action: &[usize]) -> Option<&[Segment]> {
        let step = self.steps.iter().find(|one| one.place == step)?;
        let mut actions = &step.actions;
        let mut path = action;
        loop {
            match (actions.get(*path.first()?)?, &path[1..]) {
                (Action::Command(segments), []) => return Some(segments),
                (Action::Choice(alternatives), [alternative, rest @ ..]) => {
                    actions = alternatives.get(*alternative)?;
                    path = rest;
                }
                _ => return None,
            }
        }
    }

    /// The document's step of a selected one.
    pub fn step(&self, step: &Step) -> &document::Step {
        &self.document.steps[step.place]
    }

    /// The names of the inputs that its steps mention, or obtain.
    pub fn needs(&self) -> Vec<String> {
        let segments = self.steps.iter().flat_map(|step| segments(&step.actions));
        let mut names: Vec<_> = segments.flat_map(|segment| segment.inputs.clone()).collect();
        self.steps.iter().for_each(|step| yields(&self.step(step).actions, &mut names));
        let inputs = names.iter().filter_map(|name| self.inputs.named(name));
        inputs.map(|input| input.name.clone()).collect()
    }

    /// What it is about: the metadata's target, or the runbook's name. It is typed before what
    /// cannot be undone, and one run at a time is at work on it.
    pub fn target(&self) -> String {
        let document = &self.document;
        let stem = document.source.path().file_stem().map(|stem| stem.to_string_lossy().into());
        let target = document.metadata.get("target").map(|entry| entry.value.clone());
        target.or(stem).unwrap_or_else(|| "yes".into())
    }

    /// Whether there is anything to do.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.actions.is_empty())
    }
}

impl Step {
    /// The worst effect of its commands, in any alternative.
    pub fn effect(&self) -> Effect {
        segments(&self.actions).map(|segment| segment.effect).max().unwrap_or(Effect::Read)
    }

    /// Whether something in it cannot be undone, or the runbook says so of the step.
    pub fn is_irreversible(&self) -> bool {
        self.no_return || any_irreversible(&self.actions)
    }
}

fn actions(written: &[document::Action], context: &segment::Context<'_>) -> Vec<Action> {
    written.iter().map(|action| decide(action, context)).collect()
}

fn decide(action: &document::Action, context: &segment::Context<'_>) -> Action {
    match &action.kind {
        ActionKind::Command(block) => Action::Command(segment::segments(block, context)),
        ActionKind::Manual(manual) => Action::Manual { irreversible: cannot_be_undone(manual) },
        ActionKind::Choice(choice) => Action::Choice(
            choice.alternatives.iter().map(|one| actions(&one.actions, context)).collect(),
        ),
        ActionKind::Record(_) => Action::Record,
    }
}

/// Whether the words ask for something that cannot be undone.
fn cannot_be_undone(manual: &document::Manual) -> bool {
    const WORDS: &[&str] = &["revoke", "delete", "destroy", "purge", "drop", "terminate", "wipe"];
    manual.items.iter().filter(|item| item.asks != Asks::Wait).any(|item| {
        let text = item.text.to_lowercase();
        text.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
    })
}

/// Adds the names of the functions that some actions define, also in their alternatives.
fn functions_of(written: &[document::Action], names: &mut HashSet<String>) {
    for action in written {
        match &action.kind {
            ActionKind::Command(block) => {
                let defined = block.script.statements.iter().flat_map(|one| &one.functions);
                names.extend(defined.cloned());
            }
            ActionKind::Choice(choice) => {
                choice.alternatives.iter().for_each(|one| functions_of(&one.actions, names));
            }
            ActionKind::Manual(_) | ActionKind::Record(_) => {}
        }
    }
}

/// Adds the names of what doing some actions by hand yields, also in their alternatives.
fn yields(written: &[document::Action], names: &mut Vec<String>) {
    for action in written {
        match &action.kind {
            ActionKind::Manual(manual) => names.extend(manual.yields.iter().cloned()),
            ActionKind::Choice(choice) => {
                choice.alternatives.iter().for_each(|one| yields(&one.actions, names));
            }
            ActionKind::Command(_) | ActionKind::Record(_) => {}
        }
    }
}

/// All segments of some actions, also of their alternatives.
fn segments(actions: &[Action]) -> Box<dyn Iterator<Item = &Segment> + '_> {
    Box::new(actions.iter().flat_map(|action| match action {
        Action::Command(segments) => Box::new(segments.iter()) as Box<dyn Iterator<Item = _>>,
        Action::Choice(alternatives) => {
            Box::new(alternatives.iter().flat_map(|actions| segments(actions)))
        }
        Action::Manual { .. } | Action::Record => Box::new(std::iter::empty()),
    }))
}

fn any_irreversible(actions: &[Action]) -> bool {
    actions.iter().any(|action| match action {
        Action::Manual { irreversible } => *irreversible,
        Action::Command(segments) => {
            segments.iter().any(|segment| segment.traits.contains(&Trait::Irreversible))
        }
        Action::Choice(alternatives) => alternatives.iter().any(|one| any_irreversible(one)),
        Action::Record => false,
    })
}
