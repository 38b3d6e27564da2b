//! From a source to a document, stage by stage.
//!
//! Comes in: a [`Source`]. Goes out: a [`Document`]; what is wrong in it becomes a diagnostic.

use crate::diagnostic::{Diagnostic, Severity};
use crate::expect::Kinds;
use crate::shell;
use crate::source::{Source, Span};

use super::block::Room;
use super::{Document, Metadata, RUN_FACTS, SectionKind, Step};
use super::{actions, choice, front, markdown, no_return, outline, references, table, yields};

impl Document {
    /// Reads a runbook. Never fails: what is wrong becomes a diagnostic.
    pub fn read(source: Source) -> Self {
        shell::begin();
        let mut diagnostics = Vec::new();
        let front = front::read(source.text(), &mut diagnostics);
        let kinds = kinds(&front, &mut diagnostics);
        let nodes = markdown::nodes(source.text(), front.body);
        let outline = outline::outline(&source, &nodes, front.title);
        let mut declared = front.declared;
        declared.extend(table::declared(&outline.inputs, &source, &mut diagnostics));
        let named = declared.iter().map(|one| one.name.clone());
        let names: Vec<_> = named.chain(RUN_FACTS.map(ToOwned::to_owned)).collect();
        let mut entries = front.entries;
        entries.extend(outline.entries);
        let mut reader = actions::Reader {
            source: &source,
            kinds: &kinds,
            names: &names,
            room: &Room::new(),
            diagnostics,
            inside: None,
            known: choice::Known::new(),
            section: SectionKind::Procedure,
        };
        let mut steps = steps(&mut reader, outline.drafts);
        let mut diagnostics = reader.diagnostics;
        yields::resolve(&mut steps);
        diagnostics.extend(references::unresolved(&source, &nodes, &steps));
        let (no_returns, lost) = no_return::points(&source, &nodes, &steps, &diagnostics);
        diagnostics.extend(lost);
        diagnostics.sort_by_key(|found| found.labels.first().map(|label| label.span));
        Self {
            title: outline.title,
            metadata: Metadata { entries },
            declared,
            steps,
            no_returns,
            diagnostics,
            source,
        }
    }
}

fn kinds(front: &front::Front, diagnostics: &mut Vec<Diagnostic>) -> Kinds {
    let mut kinds = Kinds::default();
    for (noun, pattern, span) in &front.kinds {
        if let Err(error) = kinds.insert(noun, pattern) {
            let found = Diagnostic::new(Severity::Error, "front-matter", *span, error.to_string());
            diagnostics.push(found.help("write a regular expression that a whole line matches"));
        }
    }
    kinds
}

/// The steps that have something to do, and those that references may name. The prose of the
/// others goes to the step after them.
fn steps(reader: &mut actions::Reader<'_>, drafts: Vec<outline::Draft<'_>>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut carried: Vec<Span> = Vec::new();
    let mut section = None;
    for draft in drafts {
        if section.as_ref() != Some(&draft.section.kind) {
            reader.inside = None;
            section = Some(draft.section.kind);
        }
        let mut sheet = reader.actions(&draft);
        if sheet.actions.is_empty() && !draft.is_numbered() {
            if draft.section.kind != SectionKind::References {
                carried.append(&mut sheet.lead);
            }
            continue;
        }
        let mut actions = sheet.actions;
        let trailing = match actions.first_mut() {
            Some(first) => {
                first.lead.splice(0..0, carried.drain(..));
                sheet.lead
            }
            None => carried.drain(..).chain(sheet.lead).collect(),
        };
        steps.push(Step {
            line: reader.source.line(draft.span.start),
            id: draft.id,
            title: draft.title,
            section: draft.section,
            span: draft.span,
            actions,
            trailing,
        });
    }
    steps
}
