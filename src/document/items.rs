//! The items of an ordered list as steps.
//!
//! Comes in: a section's draft. Goes out: a draft for each item, and for what stands around the
//! lists. A list that only describes what happens is left alone.

use crate::source::{Source, Span};

use super::outline::{Draft, Origin, holds_code};
use super::tree::{List, Node};
use super::words;
use super::{Section, SectionKind};

/// The items of a section's ordered lists as steps, where they ask for something.
pub(super) fn items_as_steps<'a>(source: &Source, draft: Draft<'a>) -> Vec<Draft<'a>> {
    let unfit = [SectionKind::Prerequisites, SectionKind::References];
    let lists: Vec<_> = (0..draft.nodes.len())
        .filter(|index| matches!(draft.nodes[*index], Node::List(list) if is_steps(list)))
        .collect();
    let Some(last) = lists.last().copied() else {
        return vec![draft];
    };
    let items: usize = lists
        .iter()
        .map(|index| match draft.nodes[*index] {
            Node::List(list) => list.items.len(),
            _ => 0,
        })
        .sum();
    if unfit.contains(&draft.section.kind) || items < 2 {
        return vec![draft];
    }
    split(source, &draft, &lists, last)
}

/// An ordered list that asks for something; a description of what happens does not.
fn is_steps(list: &List) -> bool {
    list.start.is_some()
        && list.items.iter().any(|item| {
            item.boxed
                || item.nodes.iter().any(holds_code)
                || matches!(item.nodes.first(), Some(Node::Paragraph(prose))
                    if words::asks(words::strip_number(&prose.text)).is_some())
        })
}

fn split<'a>(source: &Source, draft: &Draft<'a>, lists: &[usize], last: usize) -> Vec<Draft<'a>> {
    let part = |id: String, title: String, span: Span, origin| Draft {
        id,
        title,
        section: Section { kind: draft.section.kind, title: draft.section.title.clone() },
        span,
        nodes: Vec::new(),
        origin,
    };
    let whole = |span| part(draft.id.clone(), draft.title.clone(), span, Origin::Section);
    let mut drafts = vec![whole(draft.span)];
    let mut next = 1;
    for (index, node) in draft.nodes.iter().enumerate() {
        match node {
            Node::List(list) if lists.contains(&index) => {
                let start = list.start.unwrap_or(1);
                for (item, number) in list.items.iter().zip(start.max(next)..) {
                    let title = item_title(source, &item.nodes);
                    let mut step = part(number.to_string(), title, item.span, Origin::Item);
                    step.nodes = item.nodes.iter().collect();
                    drafts.push(step);
                    next = number.saturating_add(1);
                }
            }
            _ => {
                // Between two lists it belongs to the item before it: the author did not indent
                // it. So does a fence that the last item introduces.
                let item = drafts.last().filter(|draft| draft.origin == Origin::Item);
                if index > last && item.is_some_and(|item| !introduces(item, node)) {
                    drafts.push(whole(node.span()));
                }
                if let Some(draft) = drafts.last_mut() {
                    draft.nodes.push(node);
                    draft.span.end = draft.span.end.max(node.span().end);
                }
            }
        }
    }
    if drafts[0].nodes.is_empty() {
        drafts.remove(0);
    } else if let Some(end) = drafts[0].nodes.last().map(|node| node.span().end) {
        drafts[0].span.end = end;
    }
    drafts
}

fn introduces(item: &Draft<'_>, node: &Node) -> bool {
    matches!(item.nodes.last(), Some(Node::Paragraph(prose)) if prose.text.ends_with(':'))
        && matches!(node, Node::Code(_))
}

/// The item's bold lead or its first sentence.
fn item_title(source: &Source, nodes: &[Node]) -> String {
    match nodes.first() {
        Some(Node::Paragraph(prose)) => {
            let bold = prose.bold.as_ref().map(|(bold, _)| bold.trim_end_matches([':', '.']));
            let first = words::sentences(&prose.text).first().copied();
            let title = bold.filter(|bold| bold.len() > 3).or(first).unwrap_or("");
            title.trim_end_matches([':', '.']).to_owned()
        }
        Some(node) => source.slice(node.span()).lines().next().unwrap_or("").to_owned(),
        None => String::new(),
    }
}
