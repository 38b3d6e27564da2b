//! What is decided about a segment: its effect, its inputs, how its statements are run.

use std::collections::{BTreeSet, HashSet};

use crate::document::{self, Block};
use crate::policy::{
    Catalogue, Classification, Effect, Pipes, Stage, Trait, classify, stages, unseen,
};
use crate::shell::{Command, Pipeline, Quoting, Statement};
use crate::source::Span;

use super::Inputs;
use super::names::sounds_secret;
use super::remarks::{Exposure, exposures};
use super::secrecy::is_secret;

/// What deciding needs to know.
pub(super) struct Context<'a> {
    pub catalogue: &'a Catalogue,
    pub inputs: &'a Inputs,
    /// The functions that the runbook defines.
    pub functions: HashSet<String>,
    /// The inputs that programs read without being told so, since a step would have exported them
    /// that is left out.
    pub exported: Vec<String>,
}

/// A segment, decided.
#[derive(Debug)]
pub struct Segment {
    /// The worst effect of its statements.
    pub effect: Effect,
    /// What else is known of it.
    pub traits: Vec<Trait>,
    /// Why it has that effect, a sentence each.
    pub reasons: Vec<String>,
    /// Each statement's classification, in order.
    pub classifications: Vec<Classification>,
    /// What is run in one go, in order.
    pub units: Vec<Unit>,
    /// The names of the inputs that it needs.
    pub inputs: Vec<String>,
    /// Whether its output is itself secret.
    pub sensitive: bool,
    /// Whether it leaves something running.
    pub background: bool,
    /// A command in it whose failure nobody would know of, if there is one.
    pub unseen: Option<String>,
    /// What is worth knowing before it runs, a sentence each.
    pub remarks: Vec<String>,
    /// The secrets that stand on the argument list of a program.
    pub exposures: Vec<Exposure>,
}

/// Statements that are run in one go: one, or several of which the later read the status of the
/// earlier.
#[derive(Debug)]
pub struct Unit {
    /// Where in the block's text.
    pub span: Span,
    /// The worst effect of its statements.
    pub effect: Effect,
    /// The stages of the pipeline whose statuses all count; none where bash's own status counts.
    pub stages: Vec<Stage>,
    /// The traits of its statements.
    pub traits: Vec<Trait>,
    /// The variables that it sets to what may be secret: from what prints secrets, or by their names.
    pub captures: Vec<String>,
}

/// Decides about all segments of a block.
pub(super) fn segments(block: &Block, context: &Context<'_>) -> Vec<Segment> {
    if !block.runnable {
        return Vec::new();
    }
    block.segments.iter().map(|segment| decide(block, segment, context)).collect()
}

fn decide(block: &Block, segment: &document::Segment, context: &Context<'_>) -> Segment {
    let statements = &block.script.statements[segment.statements.clone()];
    let classifications: Vec<_> =
        statements.iter().map(|statement| classify(statement, context.catalogue)).collect();
    let effect = classifications.iter().map(|one| one.effect).max().unwrap_or(Effect::Read);
    let traits: BTreeSet<_> = classifications.iter().flat_map(|one| one.traits.clone()).collect();
    let reasons = classifications
        .iter()
        .filter(|one| one.effect == effect)
        .flat_map(|one| one.reasons.iter().map(|reason| reason.text.clone()))
        .collect();
    let promised = segment.expectations.iter().any(|one| one.expectation.is_sensitive());
    let printed = statements.iter().zip(&classifications).any(|(one, how)| is_secret(one, how));
    let exposures = exposures(block, statements, context);
    Segment {
        effect,
        reasons,
        units: units(statements, &classifications, context.catalogue),
        inputs: needed(block, statements, context),
        unseen: first_unseen(block, statements, context.catalogue),
        background: statements.iter().any(|statement| statement.background),
        remarks: exposures.iter().map(Exposure::remark).collect(),
        exposures,
        sensitive: block.attributes.secret || promised || printed,
        traits: traits.into_iter().collect(),
        classifications,
    }
}

fn first_unseen(block: &Block, statements: &[Statement], catalogue: &Catalogue) -> Option<String> {
    let pipes = if block.text.contains("pipefail") { Pipes::All } else { Pipes::Last };
    let mut unseen = statements.iter().flat_map(|one| unseen(one, catalogue, pipes));
    unseen.next().map(|one| one.name)
}

fn units(
    statements: &[Statement],
    classifications: &[Classification],
    catalogue: &Catalogue,
) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for (statement, classification) in statements.iter().zip(classifications) {
        let (traits, captures) =
            (classification.traits.clone(), captures(statement, classification));
        match units.last_mut() {
            Some(last) if statement.reads_status => {
                last.span = last.span.join(statement.span);
                last.stages = Vec::new();
                last.effect = last.effect.max(classification.effect);
                last.traits.extend(traits);
                last.captures.extend(captures);
            }
            _ => {
                let stages = pipeline(statement).map(|one| stages(one, catalogue));
                let stages = stages.unwrap_or_default();
                let (span, effect) = (statement.span, classification.effect);
                units.push(Unit { span, effect, stages, traits, captures });
            }
        }
    }
    units
}

/// The pipeline of a statement that is nothing else.
fn pipeline(statement: &Statement) -> Option<&Pipeline> {
    let [item] = statement.node.items.as_slice() else {
        return None;
    };
    let pipeline = &item.and_or.first;
    let compound = matches!(pipeline.stages.as_slice(), [Command::Compound(_)]);
    let plain = item.and_or.rest.is_empty() && !item.background && !pipeline.negated && !compound;
    plain.then_some(pipeline)
}

fn captures(statement: &Statement, classification: &Classification) -> Vec<String> {
    let prints_secret = classification.traits.contains(&Trait::PrintsSecret);
    let names = statement.assigns.iter().map(|mention| &mention.name);
    names.filter(|name| prints_secret || sounds_secret(name)).cloned().collect()
}

/// The inputs that the statements mention, in order of their first mention.
fn needed(block: &Block, statements: &[Statement], context: &Context<'_>) -> Vec<String> {
    let inputs = context.inputs;
    let placeholders = statements
        .iter()
        .flat_map(|one| block.placeholders_in(one.span))
        .filter(|placeholder| placeholder.context != Quoting::Comment);
    let read = statements.iter().flat_map(|statement| &statement.reads);
    let mentioned = placeholders
        .map(|placeholder| (placeholder.span.start, &placeholder.name))
        .chain(read.map(|mention| (mention.span.start, &mention.name)));
    let mut mentioned: Vec<_> = mentioned.collect();
    mentioned.sort();
    let mut seen = HashSet::new();
    let named = mentioned.into_iter().map(|(_, name)| name).chain(&context.exported);
    let places = named.filter_map(|name| inputs.place(name));
    places.filter(|place| seen.insert(*place)).map(|place| inputs[place].name.clone()).collect()
}
