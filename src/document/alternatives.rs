//! Alternatives as a choice.
//!
//! Comes in: a group of labels, or a list whose items are labels. Goes out: a [`Choice`] with the
//! actions of each alternative. One that only says something has that to confirm.

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

use super::actions::{Reader, Sheet};
use super::choice::{self, Group, Label};
use super::markdown::{List, Node};
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
        let mut alternatives = Vec::new();
        for (label, range) in &group.alternatives {
            alternatives.push(self.alternative(label, &nodes[range.clone()]));
        }
        let span = alternatives
            .iter()
            .map(|alternative: &Alternative| alternative.span)
            .reduce(Span::join)
            .unwrap_or(Span::new(0, 0));
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
