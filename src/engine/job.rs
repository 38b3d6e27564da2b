//! A segment with everything that an attempt at it needs, and its text as it will run.
//!
//! Comes in: a block, what was decided about it, the values of its inputs. Goes out: text with its
//! placeholders filled in, each as one quoted word, or redacted for an event.

use zeroize::Zeroizing;

use crate::document::{self, Block};
use crate::event::Place;
use crate::plan;
use crate::shell::{Placeholder, Quoting, fill};
use crate::source::Span;
use crate::variables::{Redacted, Value};

use super::Engine;
use super::gather::texts;

/// One value for every list input that stands in a segment, by its name.
pub(super) type Binding = Vec<(String, String)>;

/// A segment, for one value of its list inputs.
pub(super) struct Job<'p> {
    /// Its number in this run, the same for every attempt.
    pub number: u64,
    /// Whether it only looks what another segment did.
    pub probes: bool,
    pub place: Place,
    pub step: &'p document::Step,
    pub block: &'p Block,
    pub written: &'p document::Segment,
    pub decided: &'p plan::Segment,
    pub binding: Binding,
}

impl Job<'_> {
    /// The statements' places in the block's text.
    pub fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        let statements = &self.block.script.statements[self.written.statements.clone()];
        statements.iter().map(|statement| statement.span)
    }
}

impl Engine<'_> {
    /// The value of each list input, as events and the journal have it.
    pub(super) fn shown_values(&self, binding: &Binding) -> Vec<Redacted> {
        let shown = |(name, value): &(String, String)| format!("{name} = {value}");
        binding.iter().map(|one| self.redactor.redact(&shown(one))).collect()
    }

    /// Every combination of values of the list inputs that stand as placeholders in the segment.
    pub(super) fn bindings(&self, block: &Block, decided: &plan::Segment) -> Vec<Binding> {
        let mut bindings: Vec<Binding> = vec![Vec::new()];
        for name in decided.inputs.iter().filter(|name| self.stands_in(name, block, decided)) {
            let Some(value) = self.values.get(name).filter(|value| !value.is_secret()) else {
                continue;
            };
            let extended = |binding: &Binding| {
                let with = |text: &String| [binding.clone(), vec![(name.clone(), text.clone())]];
                texts(value).iter().map(|text| with(text).concat()).collect::<Vec<_>>()
            };
            bindings = bindings.iter().flat_map(extended).collect();
        }
        bindings
    }

    fn stands_in(&self, name: &str, block: &Block, decided: &plan::Segment) -> bool {
        let input = self.plan.inputs.iter().find(|input| input.name == name);
        block.placeholders.iter().any(|placeholder| {
            placeholder.context != Quoting::Comment
                && input.is_some_and(|input| input.is(&placeholder.name))
                && decided.units.iter().any(|unit| unit.span.contains(placeholder.span.start))
        })
    }

    /// The text of a part of the block with its placeholders filled in, as bash is to read it.
    pub(super) fn text(&self, job: &Job<'_>, span: Span) -> Zeroizing<String> {
        let inside = job.block.placeholders.iter().filter(|one| span.contains(one.span.start));
        let inside: Vec<_> = inside
            .map(|one| Placeholder {
                span: Span::new(one.span.start - span.start, one.span.end - span.start),
                ..one.clone()
            })
            .collect();
        let text = &job.block.text[span.range()];
        let filled = Zeroizing::new(fill(text, &inside, |one| self.value_of(job, one)));
        Zeroizing::new(filled.replace("\r\n", "\n"))
    }

    /// The same, to be shown.
    pub(super) fn shown_text(&self, job: &Job<'_>, span: Span) -> Redacted {
        self.redactor.redact(&self.text(job, span))
    }

    fn value_of(&self, job: &Job<'_>, placeholder: &Placeholder) -> Option<String> {
        let Some(input) = self.plan.inputs.named(&placeholder.name) else {
            return self.facts().remove(&placeholder.name);
        };
        let bound = job.binding.iter().find(|(name, _)| *name == input.name);
        if let Some((_, value)) = bound {
            return Some(value.clone());
        }
        match self.values.get(&input.name)? {
            Value::Secret(secret) => Some(secret.expose().to_owned()),
            value => texts(value).first().cloned(),
        }
    }
}
