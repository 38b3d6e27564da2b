//! List items and prose as manual actions.
//!
//! Comes in: what asks the operator for something. Goes out: checklists: neighbouring items are
//! confirmed together, because people who must confirm every sentence stop reading. An item that
//! waits or asks stands alone; one that yields an input ends its list.

use crate::source::{Source, Span};

use super::actions::{Reader, Sheet};
use super::fence;
use super::outline::holds_code;
use super::table;
use super::tree::{List, ListItem, Node, Prose};
use super::words;
use super::yields;
use super::{ActionKind, Asks, Item, Manual, SectionKind};

impl Reader<'_> {
    pub(super) fn list(&mut self, list: &List, sheet: &mut Sheet) {
        if let Some(choice) = self.list_choice(list) {
            sheet.push(self.source, ActionKind::Choice(choice), list.span);
            return;
        }
        let otherwise = asks_in_all(list, self.section).then_some(Asks::Do);
        for item in &list.items {
            self.list_item(item, otherwise, sheet);
        }
    }

    fn list_item(&mut self, item: &ListItem, otherwise: Option<Asks>, sheet: &mut Sheet) {
        let nodes: Vec<_> = item.nodes.iter().collect();
        let works = item.nodes.iter().any(|node| {
            holds_code(node) || matches!(node, Node::Table(table) if table::holds_commands(table))
        });
        if works || item.nodes.iter().any(|node| matches!(node, Node::Code(_))) {
            self.within_item(&nodes, sheet);
            return;
        }
        let asked = if self.section == SectionKind::References {
            None
        } else {
            match item_asks(item) {
                Some(Asks::Decide) if !begins_with_question(item) => {
                    otherwise.or(Some(Asks::Decide))
                }
                asked => asked.or(otherwise),
            }
        };
        match asked {
            Some(asks) => {
                let span = self.item_span(item);
                let manual = self.item(span, asks);
                let proses = proses(&item.nodes);
                self.manual(manual, &proses, sheet);
            }
            None => sheet.lead.push(item.span),
        }
    }

    /// From the item's text on, without its marker and check box.
    pub(super) fn item_span(&self, item: &ListItem) -> Span {
        let start = item.nodes.first().map_or(item.span.start, |node| node.span().start);
        let text = &self.source.text()[start..item.span.end];
        Span::new(start, start + text.trim_end().len())
    }

    pub(super) fn item(&self, span: Span, asks: Asks) -> Item {
        Item { text: dedent(self.source, span), span, asks }
    }

    /// Adds an item to the checklist before it, or begins a new one.
    pub(super) fn manual(&mut self, item: Item, proses: &[Prose], sheet: &mut Sheet) {
        let copy = copied(proses);
        let yields = yields::candidates(&item, proses);
        let alone = item.asks != Asks::Do;
        let when = sheet.when;
        if !alone
            && sheet.lead.is_empty()
            && let Some(last) = sheet.actions.last_mut()
            && last.when == when
            && let ActionKind::Manual(manual) = &mut last.kind
            && manual.yields.is_empty()
            // Only what is to be done joins a list, so that the first tells of all.
            && manual.items.first().is_none_or(|first| first.asks == Asks::Do)
        {
            last.span = last.span.join(item.span);
            manual.items.push(item);
            manual.yields = yields;
            match (&mut manual.copy, copy) {
                (Some(before), Some(copy)) => {
                    before.push('\n');
                    before.push_str(&copy);
                }
                (before, copy) => *before = before.take().or(copy),
            }
            return;
        }
        let span = item.span;
        let manual = Manual { items: vec![item], yields, copy };
        sheet.push(self.source, ActionKind::Manual(manual), span);
    }
}

/// A prerequisite is to be confirmed also where it is only named.
pub(super) fn required(prose: &Prose, next: Option<&Node>, kind: SectionKind) -> Option<Asks> {
    let named = kind == SectionKind::Prerequisites
        && !prose.text.ends_with(':')
        && next.is_none_or(|node| matches!(node, Node::Paragraph(_) | Node::Heading(_)))
        && words::sentences(&prose.text).len() == 1
        && prose.text.split_whitespace().count() <= 12
        && !prose.text.starts_with(['(', '[']);
    named.then_some(Asks::Do)
}

/// Whether every item of a list is something to do: prerequisites, check boxes, and ordered lists
/// of which one item is, or which are ways through a user interface.
fn asks_in_all(list: &List, kind: SectionKind) -> bool {
    kind == SectionKind::Prerequisites
        || list.items.iter().any(|item| item.boxed)
        || list.start.is_some()
            && list.items.iter().any(|item| {
                item_asks(item).is_some()
                    || matches!(item.nodes.first(), Some(Node::Paragraph(prose))
                        if prose.text.contains(['→', '»']) || prose.text.contains(" > "))
            })
}

/// What an item asks by its first paragraph, or by what stands below it.
fn item_asks(item: &ListItem) -> Option<Asks> {
    let own = match item.nodes.first() {
        Some(Node::Paragraph(prose)) => words::asks(&prose.text).or_else(|| {
            let first = prose.codes.first();
            let begins = first
                .is_some_and(|(code, _)| prose.text.starts_with(code.as_str()) && is_command(code));
            begins.then_some(Asks::Do)
        }),
        _ => None,
    };
    own.or_else(|| {
        let lists = item.nodes.iter().filter_map(|node| match node {
            Node::List(list) => Some(list),
            _ => None,
        });
        let asked = lists.flat_map(|list| &list.items).find_map(item_asks);
        asked.map(|_| Asks::Do)
    })
    .or(item.boxed.then_some(Asks::Do))
}

/// `Open the page. If it is empty, reload it.` is something to do first.
fn begins_with_question(item: &ListItem) -> bool {
    let Some(Node::Paragraph(prose)) = item.nodes.first() else {
        return false;
    };
    let sentences = words::sentences(&prose.text);
    sentences.first().is_some_and(|first| words::asks(first) == Some(Asks::Decide))
}

/// Inline code with at least two words that begins with a known command.
fn is_command(code: &str) -> bool {
    code.contains(' ') && fence::looks_like_command(code)
}

fn copied(proses: &[Prose]) -> Option<String> {
    let commands: Vec<_> = proses
        .iter()
        .flat_map(|prose| &prose.codes)
        .map(|(code, _)| code.as_str())
        .filter(|code| is_command(code))
        .collect();
    (!commands.is_empty()).then(|| commands.join("\n"))
}

fn proses(nodes: &[Node]) -> Vec<Prose> {
    nodes
        .iter()
        .flat_map(|node| match node {
            Node::Paragraph(prose) => vec![prose.clone()],
            Node::List(list) => list.items.iter().flat_map(|item| proses(&item.nodes)).collect(),
            _ => Vec::new(),
        })
        .collect()
}

/// A span's markdown, its lines after the first without the blanks that indent all of them.
fn dedent(source: &Source, span: Span) -> String {
    let text = source.slice(span).trim_end();
    let indent = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let lines = text.lines().enumerate().map(|(index, line)| {
        let line = line.trim_end();
        if index == 0 { line } else { line.get(indent..).unwrap_or("") }
    });
    lines.collect::<Vec<_>>().join("\n")
}
