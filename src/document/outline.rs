//! The document's steps, before their content is read.
//!
//! Comes in: the blocks of the document. Goes out: the title, the header and [`Draft`]s: steps
//! with the blocks that belong to them. A step heading makes a step; where a document has none,
//! the items of a section's ordered list are the steps; a section with neither is one step.

use std::collections::{HashMap, HashSet};

use crate::source::{Source, Span};

use super::choice;
use super::fence;
use super::items::items_as_steps;
use super::metadata;
use super::sections::{Named, Titled, numbered, slug, titled};
use super::transcript;
use super::tree::{Code, Heading, Node};
use super::{Entry, Section, SectionKind};

/// The document, cut into steps.
#[derive(Debug, Default)]
pub(super) struct Outline<'a> {
    pub title: Option<String>,
    pub entries: Vec<Entry>,
    /// The tables of the Inputs sections.
    pub inputs: Vec<&'a Node>,
    pub drafts: Vec<Draft<'a>>,
}

/// A step and the blocks that belong to it.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub id: String,
    pub title: String,
    pub section: Section,
    /// From its heading or list item to its end.
    pub span: Span,
    pub nodes: Vec<&'a Node>,
    pub origin: Origin,
}

/// What made a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A step heading: it stays, also with nothing to do in it.
    Heading,
    /// A section: its ordered lists may be steps.
    Section,
    /// An item of an ordered list.
    Item,
}

impl Draft<'_> {
    /// Whether it is an item of an ordered list.
    pub(super) fn is_item(&self) -> bool {
        self.origin == Origin::Item
    }

    /// Whether it stays without anything to do in it: references may name it.
    pub(super) fn is_numbered(&self) -> bool {
        self.origin != Origin::Section
    }
}

/// Cuts a document into steps.
pub(super) fn outline<'a>(
    source: &Source,
    nodes: &'a [Node],
    front_title: Option<String>,
) -> Outline<'a> {
    let mut walk = Walk::new(source, nodes);
    walk.outline.title = front_title;
    for (index, node) in nodes.iter().enumerate() {
        walk.node(index, node);
    }
    walk.finish()
}

/// A heading under which the walk is.
struct Open {
    level: usize,
    title: String,
    kind: Option<SectionKind>,
    inputs: bool,
}

struct Walk<'a, 's> {
    source: &'s Source,
    nodes: &'a [Node],
    outline: Outline<'a>,
    open: Vec<Open>,
    /// Headings deeper than this belong to the current step.
    absorb: Option<usize>,
    /// Whether the header may still go on.
    in_header: bool,
    title_at: Option<usize>,
    has_step_headings: bool,
    /// Whether a draft is open that blocks go to.
    current: bool,
    /// For each heading, by its index, the first block that may be its sibling.
    siblings_from: HashMap<usize, usize>,
    /// What is known of siblings, by where they begin and their level.
    siblings: HashMap<(usize, usize), choice::Siblings>,
}

/// For each heading, by its index, the block after the nearest heading above its level.
fn siblings_from(nodes: &[Node]) -> HashMap<usize, usize> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut from = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        if let Node::Heading(heading) = node {
            while open.last().is_some_and(|(level, _)| *level >= heading.level) {
                open.pop();
            }
            from.insert(index, open.last().map_or(0, |(_, above)| above + 1));
            open.push((heading.level, index));
        }
    }
    from
}

impl<'a, 's> Walk<'a, 's> {
    fn new(source: &'s Source, nodes: &'a [Node]) -> Self {
        let title_at = nodes.iter().position(|node| {
            matches!(node, Node::Heading(heading) if heading.level == 1
                && numbered(&heading.prose.text).0.is_none())
        });
        let has_step_headings = headings(nodes).any(is_step);
        Self {
            source,
            nodes,
            outline: Outline::default(),
            open: Vec::new(),
            absorb: None,
            in_header: true,
            title_at,
            has_step_headings,
            current: false,
            siblings_from: siblings_from(nodes),
            siblings: HashMap::new(),
        }
    }

    fn node(&mut self, index: usize, node: &'a Node) {
        match node {
            Node::Heading(heading) if Some(index) == self.title_at => self.title(heading),
            Node::Heading(heading) => self.heading(index, heading),
            Node::Table(_) if self.open.iter().any(|open| open.inputs) => {
                self.outline.inputs.push(node);
            }
            _ => self.block(node),
        }
    }

    /// The document's title; a new section where it does not come first.
    fn title(&mut self, heading: &Heading) {
        let text = &heading.prose.text;
        // A title that another program fills in says less than the front matter's.
        let template = text.contains("<%") || text.contains("{{");
        if self.outline.title.is_none() || !template {
            self.outline.title = Some(text.clone());
        }
        self.open.clear();
        self.absorb = None;
        self.current = false;
    }

    fn block(&mut self, node: &'a Node) {
        if self.in_header {
            let entries = metadata::entries(self.source.text(), node);
            if !entries.is_empty() {
                self.outline.entries.extend(entries);
                return;
            }
            self.in_header = !ends_header(node);
        }
        if !self.current {
            self.open_section_draft(node);
        }
        if let Some(draft) = self.outline.drafts.last_mut() {
            draft.nodes.push(node);
            draft.span.end = draft.span.end.max(node.span().end);
        }
    }

    /// Content before the first heading, or after the title.
    fn open_section_draft(&mut self, node: &Node) {
        let title = self.outline.title.clone().unwrap_or_default();
        let section = Section { kind: SectionKind::Procedure, title: String::new() };
        self.push(Origin::Section, slug_or(&title, "start"), title, section, node.span());
    }

    fn heading(&mut self, index: usize, heading: &'a Heading) {
        self.in_header = false;
        let titled = titled(&heading.prose.text);
        if self.absorb.is_some_and(|level| heading.level > level) && !leaves_step(&titled) {
            self.block(&self.nodes[index]);
            return;
        }
        if titled.number.is_none() && self.is_alternative(index, heading) {
            if !self.current || self.absorb.is_none() {
                self.absorb = Some(heading.level);
            }
            self.block(&self.nodes[index]);
            self.absorb = Some(heading.level);
            return;
        }
        while self.open.last().is_some_and(|open| open.level >= heading.level) {
            self.open.pop();
        }
        self.absorb = None;
        self.open_heading(index, heading, &titled);
    }

    fn open_heading(&mut self, index: usize, heading: &Heading, titled: &Titled) {
        let kind = self.kind_of(index, heading, titled);
        let holds_steps = self.below(index, heading.level).any(is_step);
        let parent = self.open.last();
        let parent_title = parent.map(|open| open.title.clone()).unwrap_or_default();
        let inherited = self.open.iter().rev().find_map(|open| open.kind);
        let own_or_inherited = kind.or(inherited).unwrap_or(SectionKind::Procedure);
        self.open.push(Open {
            level: heading.level,
            title: heading.prose.text.clone(),
            kind,
            inputs: titled.named == Named::Inputs,
        });
        let section = |title| Section { kind: own_or_inherited, title };
        match &titled.number {
            Some(number) if !holds_steps => {
                self.absorb = Some(heading.level);
                let title = titled.title.clone();
                let section = section(parent_title);
                self.push(Origin::Heading, number.clone(), title, section, heading.span);
            }
            number => {
                let title = titled.title.clone();
                let slug = || slug_or(&heading.prose.text, "section");
                let id = number.clone().filter(|_| holds_steps).unwrap_or_else(slug);
                let section = section(heading.prose.text.clone());
                self.push(Origin::Section, id, title, section, heading.span);
            }
        }
    }

    /// Background stays background only while no commands stand in it.
    fn kind_of(&self, index: usize, heading: &Heading, titled: &Titled) -> Option<SectionKind> {
        match titled.named {
            Named::Kind(kind) => Some(kind),
            Named::Background | Named::Inputs => {
                let read_only = !self.holds_commands(index, heading.level);
                read_only.then_some(SectionKind::References)
            }
            Named::Unknown => None,
        }
    }

    fn holds_commands(&self, index: usize, level: usize) -> bool {
        self.nodes[index + 1..]
            .iter()
            .take_while(|node| !matches!(node, Node::Heading(heading) if heading.level <= level))
            .any(holds_code)
    }

    /// The headings under the one at `index`.
    fn below(&self, index: usize, level: usize) -> impl Iterator<Item = &'a Heading> {
        headings(&self.nodes[index + 1..]).take_while(move |heading| heading.level > level)
    }

    /// Whether the heading is one of at least two siblings that are alternatives.
    fn is_alternative(&mut self, index: usize, heading: &Heading) -> bool {
        let first = self.siblings_from.get(&index).copied().unwrap_or_default();
        let nodes = self.nodes;
        let siblings = self.siblings.entry((first, heading.level)).or_insert_with(|| {
            let all = headings(&nodes[first..]).take_while(|other| other.level >= heading.level);
            choice::Siblings::of(all.filter(|other| other.level == heading.level))
        });
        siblings.are_alternatives(heading)
    }

    fn push(&mut self, origin: Origin, id: String, title: String, section: Section, span: Span) {
        self.current = true;
        self.outline.drafts.push(Draft { id, title, section, span, nodes: Vec::new(), origin });
    }

    fn finish(self) -> Outline<'a> {
        let mut outline = self.outline;
        let mut drafts = Vec::new();
        for draft in std::mem::take(&mut outline.drafts) {
            if draft.origin == Origin::Section && !self.has_step_headings {
                drafts.extend(items_as_steps(self.source, draft));
            } else {
                drafts.push(draft);
            }
        }
        number_apart(&mut drafts);
        outline.drafts = drafts;
        outline
    }
}

fn headings(nodes: &[Node]) -> impl Iterator<Item = &Heading> {
    nodes.iter().filter_map(|node| match node {
        Node::Heading(heading) => Some(heading),
        _ => None,
    })
}

/// A numbered heading that is not one of the sections around the work.
fn is_step(heading: &Heading) -> bool {
    let titled = titled(&heading.prose.text);
    let explicit = heading.prose.text.to_lowercase().contains("step");
    titled.number.is_some()
        && (explicit
            || matches!(titled.named, Named::Unknown | Named::Kind(SectionKind::Verification)))
}

/// A heading in a step that begins something that does not run in order.
fn leaves_step(titled: &Titled) -> bool {
    let on_demand = [SectionKind::Rollback, SectionKind::Troubleshooting, SectionKind::References];
    matches!(titled.named, Named::Kind(kind) if on_demand.contains(&kind))
}

fn ends_header(node: &Node) -> bool {
    matches!(node, Node::Code(_) | Node::Table(_))
        || matches!(node, Node::List(list) if list.start.is_some())
}

/// Whether shell blocks stand in it.
pub(super) fn holds_code(node: &Node) -> bool {
    match node {
        Node::Code(code) => is_shell(code),
        Node::List(list) => list.items.iter().flat_map(|item| &item.nodes).any(holds_code),
        Node::Quote(nodes) => nodes.iter().any(holds_code),
        _ => false,
    }
}

/// Whether a fence is for a shell, or untagged and looks like it.
pub(super) fn is_shell(code: &Code) -> bool {
    let info = fence::info(code.info.as_deref(), code.span, &mut Vec::new());
    match info.tongue {
        fence::Tongue::Shell => true,
        fence::Tongue::Untold => transcript::looks_like_shell(&code.lines),
        fence::Tongue::Shown | fence::Tongue::Data | fence::Tongue::Other => false,
    }
}

/// Ids are unique within a section: what comes again gets a number.
fn number_apart(drafts: &mut [Draft<'_>]) {
    let mut seen: HashSet<(String, String)> = HashSet::new();
    // Numbers are only ever taken, so that the search goes on where it ended.
    let mut counts: HashMap<(String, String), usize> = HashMap::new();
    for draft in drafts {
        let section = draft.section.title.clone();
        let first = draft.id.clone();
        let count = counts.entry((section.clone(), first.clone())).or_insert(2);
        while !seen.insert((section.clone(), draft.id.clone())) {
            draft.id = format!("{first}-{count}");
            *count += 1;
        }
    }
}

fn slug_or(title: &str, otherwise: &str) -> String {
    let slug = slug(title);
    if slug.is_empty() { otherwise.to_owned() } else { slug }
}
