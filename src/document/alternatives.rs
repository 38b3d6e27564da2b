//! Alternatives as a choice.
//!
//! Comes in: a group of labels, or a list whose items are labels. Goes out: a [`Choice`] with the
//! actions of each alternative. One that only says something has that to confirm.

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

use super::actions::{Reader, Sheet, joined};
use super::choice::{self, Group, Label};
use super::tree::{List, Node};
use super::words;
use super::{ActionKind, Alternative, Asks, Choice};

impl Reader<'_> {
    /// `- **Option A**: ...` as items of one list.
    pub(super) fn list_choice(&mut self, list: &List) -> Option<Choice> {
        let labels: Option<Vec<Label>> = list
            .items
            .iter()
            .map(|item| choice::label(item.nodes.first()?, self.source.text()))
            .collect();
        let labels = labels.filter(|labels| choice::is_choice(labels, &self.known))?;
        let mut alternatives = Vec::new();
        for (label, item) in labels.into_iter().zip(&list.items) {
            let nodes: Vec<_> = item.nodes.iter().skip(1).collect();
            alternatives.push(self.alternative(&label, &nodes));
        }
        Some(Choice { alternatives })
    }

    pub(super) fn choice(&mut self, nodes: &[&Node], group: &Group, sheet: &mut Sheet) {
        self.known.push(choice::set(group));
        let before = self.inside.clone();
        let mut left_inside = None;
        let mut alternatives = Vec::new();
        for (label, range) in &group.alternatives {
            self.inside.clone_from(&before);
            alternatives.push(self.alternative(label, &nodes[range.clone()]));
            left_inside = left_inside.or(self.inside.take());
        }
        self.inside = left_inside;
        let span = whole(&alternatives);
        if !group.clear
            && let Some(after) = nodes.get(group.end)
        {
            let message = "what follows is read as common to all alternatives above";
            self.diagnostics.push(
                Diagnostic::new(Severity::Note, "choice-end", after.span(), message).help(
                    "if it belongs to the last alternative only, give the alternatives headings",
                ),
            );
        }
        sheet.push(self.source, ActionKind::Choice(Choice { alternatives }), span);
    }

    /// Blocks with an "Or:" between them: one of them is meant, not all.
    pub(super) fn or_blocks(&mut self, nodes: &[&Node], sheet: &mut Sheet) {
        let mut alternatives = Vec::new();
        for pair in nodes.rchunks(2).rev() {
            let mut own = Sheet::default();
            let (label, block) = match pair {
                [Node::Paragraph(prose), Node::Code(code)] => {
                    own.lead.push(prose.span);
                    (choice::or_label(&prose.text, code), code)
                }
                [Node::Code(code)] => (choice::or_label("", code), code),
                _ => continue,
            };
            self.code(block, &mut own);
            if own.actions.is_empty() {
                self.copy(block, joined(&block.lines), &mut own);
            }
            let span = own.actions.iter().map(|action| action.span).reduce(Span::join);
            alternatives.push(Alternative {
                label,
                preferred: false,
                remark: None,
                actions: own.actions,
                span: span.unwrap_or(block.span),
            });
        }
        let span = whole(&alternatives);
        sheet.push(self.source, ActionKind::Choice(Choice { alternatives }), span);
    }

    pub(super) fn alternative(&mut self, label: &Label, nodes: &[&Node]) -> Alternative {
        let mut sheet = Sheet::default();
        if let Some(after) = label.after {
            self.after_label(after, nodes, &mut sheet);
        }
        self.walk(nodes, &mut sheet);
        let span = nodes.iter().map(|node| node.span()).fold(label.span, Span::join);
        if sheet.actions.is_empty() {
            let item = self.item(span, Asks::Do);
            sheet.lead.clear();
            self.manual(item, &[], &mut sheet);
        }
        Alternative {
            label: label.text.clone(),
            preferred: label.is_preferred(),
            remark: label.remark.clone(),
            actions: sheet.actions,
            span,
        }
    }

    /// What stands after the label in its own paragraph.
    pub(super) fn after_label(&mut self, after: Span, rest: &[&Node], sheet: &mut Sheet) {
        let alone = rest.is_empty();
        let text = self.source.slice(after);
        let asked = words::asks(text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
        match asked {
            Some(asks) if alone || asks != Asks::Do => {
                let item = self.item(after, asks);
                self.manual(item, &[], sheet);
            }
            None if alone => {
                let item = self.item(after, Asks::Do);
                self.manual(item, &[], sheet);
            }
            _ => sheet.lead.push(after),
        }
    }
}

fn whole(alternatives: &[Alternative]) -> Span {
    let spans = alternatives.iter().map(|alternative| alternative.span);
    spans.reduce(Span::join).unwrap_or(Span::new(0, 0))
}
