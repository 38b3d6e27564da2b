//! Everything that is decided before anything runs.
//!
//! Comes in: a [`Document`], the catalogue, a selection. Goes out: a [`Plan`]: the document with an
//! effect and needed inputs for every segment. Pure: the same text gives the same plan, and the
//! same fingerprint.

pub mod coverage;
mod inputs;
mod remarks;
mod secrecy;
mod segment;
mod tools;
pub mod walk;

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::document::{self, ActionKind, Asks, Document, SectionKind};
use crate::policy::{Catalogue, Effect, Trait};

pub use coverage::GapKind;
pub use inputs::{Input, InputKind, Inputs, collect, key, sounds_secret};
pub use remarks::Exposure;
pub use segment::{Segment, Unit};
pub use tools::Uses;

/// What a run will do.
#[derive(Debug)]
pub struct Plan {
    /// The catalogue that it was decided with.
    pub catalogue: &'static Catalogue,
    /// The runbook.
    pub document: Document,
    /// The values that it needs and does not produce.
    pub inputs: Inputs,
    /// The selected steps, in order.
    pub steps: Vec<Step>,
    /// SHA-256 of the runbook's text, in hex: what answers and approvals are bound to.
    pub fingerprint: String,
}

/// A selected step.
#[derive(Debug)]
pub struct Step {
    /// Its place in the document's steps.
    pub place: usize,
    /// Its actions, in step with the document's.
    pub actions: Vec<Action>,
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

/// Which steps are carried out.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Sections that run on demand, by name (`rollback`); the ordinary ones where none is named.
    sections: Vec<String>,
    /// All of them, also those that never run: to explain, not to carry out.
    everything: bool,
}

impl Plan {
    /// Decides about a document.
    pub fn new(document: Document, catalogue: &'static Catalogue, selection: &Selection) -> Self {
        let inputs = collect(&document);
        Self::decided(document, catalogue, selection, inputs)
    }

    /// Decides about a document in which an operator has put another text in a command's place,
    /// with all of its steps. What it needs is known by the names that this plan has for it.
    #[must_use]
    pub fn amended(&self, document: Document) -> Self {
        Self::decided(document, self.catalogue, &Selection::everything(), self.inputs.clone())
    }

    fn decided(
        document: Document,
        catalogue: &'static Catalogue,
        selection: &Selection,
        inputs: Inputs,
    ) -> Self {
        let mut functions = HashSet::new();
        document.steps.iter().for_each(|step| functions_of(&step.actions, &mut functions));
        let context = segment::Context { catalogue, inputs: &inputs, functions };
        let steps = document
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| selection.has(step))
            .map(|(place, step)| Step { place, actions: actions(&step.actions, &context) })
            .collect();
        let digest = Sha256::digest(document.source.text().as_bytes());
        let fingerprint = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { catalogue, document, inputs, steps, fingerprint }
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

impl Selection {
    /// Steps of the named sections.
    pub const fn sections(sections: Vec<String>) -> Self {
        Self { sections, everything: false }
    }

    /// Every step of the document.
    pub const fn everything() -> Self {
        Self { sections: Vec::new(), everything: true }
    }

    fn has(&self, step: &document::Step) -> bool {
        let section = &step.section;
        if self.everything {
            return true;
        }
        if self.sections.is_empty() {
            return runs_in_order(section.kind);
        }
        self.sections.iter().any(|name| {
            let kind = format!("{:?}", section.kind);
            section.title.eq_ignore_ascii_case(name) || kind.eq_ignore_ascii_case(name)
        })
    }
}

impl Step {
    /// The worst effect of its commands, in any alternative.
    pub fn effect(&self) -> Effect {
        segments(&self.actions).map(|segment| segment.effect).max().unwrap_or(Effect::Read)
    }

    /// Whether something in it cannot be undone.
    pub fn is_irreversible(&self) -> bool {
        any_irreversible(&self.actions)
    }
}

/// Rollback and troubleshooting run on demand, references never.
const fn runs_in_order(kind: SectionKind) -> bool {
    !matches!(kind, SectionKind::Rollback | SectionKind::Troubleshooting | SectionKind::References)
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
