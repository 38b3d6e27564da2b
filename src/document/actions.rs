//! The blocks of a step as actions.
//!
//! Comes in: the blocks that belong to a step. Goes out: commands, manual actions, choices and
//! records in document order, with the prose that explains each. Prose that asks for something is
//! a manual action; neighbouring ones are one checklist, unless one waits, asks or yields.

use crate::diagnostic::{Diagnostic, Severity};
use crate::expect::{self, Kinds};
use crate::source::{Source, Span};

use super::block::Room;
use super::checklist::required;
use super::choice::{self, Known};
use super::fence::{self, Info, Tongue};
use super::outline::Draft;
use super::record;
use super::sample::{is_sample, told_output};
use super::table;
use super::transcript;
use super::tree::{Code, Line, Node, Prose};
use super::words;
use super::{Action, ActionKind, Asks, Manual, Record, SectionKind};

/// Reads the content of steps, one after the other.
pub(super) struct Reader<'a> {
    pub source: &'a Source,
    pub kinds: &'a Kinds,
    /// The names that `{{ name }}` may stand for in a command.
    pub names: &'a [String],
    pub room: &'a Room,
    pub diagnostics: Vec<Diagnostic>,
    /// The session that an earlier command opened.
    pub inside: Option<String>,
    /// Sets of labels that were a choice.
    pub known: Known,
    /// The kind of section that is being read.
    pub section: SectionKind,
}

/// The actions of a step while they are collected.
#[derive(Default)]
pub(super) struct Sheet {
    pub actions: Vec<Action>,
    /// Prose that belongs to the next action.
    pub lead: Vec<Span>,
    /// The question that the next actions depend on.
    pub when: Option<Span>,
    /// The question that all of the list item that is being read depends on.
    scope: Option<Span>,
}

impl Sheet {
    pub(super) fn push(&mut self, source: &Source, kind: ActionKind, span: Span) {
        self.actions.push(Action {
            lead: std::mem::take(&mut self.lead),
            kind,
            span,
            line: source.line(span.start),
            when: self.when,
        });
    }
}

impl Reader<'_> {
    /// The actions of a step's blocks, and the prose after the last one.
    pub(super) fn actions(&mut self, draft: &Draft<'_>) -> Sheet {
        let mut sheet = Sheet::default();
        self.section = draft.section.kind;
        if draft.is_item() {
            self.within_item(&draft.nodes, &mut sheet);
        } else {
            self.walk(&flat(&draft.nodes), &mut sheet);
        }
        sheet
    }

    /// The blocks of a list item: the question that it begins with governs all of it.
    pub(super) fn within_item(&mut self, nodes: &[&Node], sheet: &mut Sheet) {
        let outer = (sheet.scope, sheet.when);
        sheet.scope = question(nodes).or(sheet.when);
        self.walk(&flat(nodes), sheet);
        (sheet.scope, sheet.when) = outer;
    }

    pub(super) fn walk(&mut self, nodes: &[&Node], sheet: &mut Sheet) {
        let mut at = 0;
        while at < nodes.len() {
            if let Some(group) = choice::group(nodes, at, self.source.text(), &self.known) {
                at = group.end;
                self.choice(nodes, &group, sheet);
                sheet.when = sheet.scope;
                continue;
            }
            if let Some(end) = choice::or_blocks(&nodes[at..]) {
                self.or_blocks(&nodes[at..at + end], sheet);
                at += end;
                sheet.when = sheet.scope;
                continue;
            }
            let next = nodes.get(at + 1).copied();
            at += 1;
            match nodes[at - 1] {
                Node::Heading(heading) => sheet.lead.push(heading.span),
                Node::Paragraph(prose) => {
                    if self.paragraph(prose, next, sheet) == Taken::WithNext {
                        at += 1;
                    }
                }
                Node::Code(code) => self.code(code, sheet),
                Node::List(list) => self.list(list, sheet),
                Node::Table(table) => table::actions(self, table, sheet),
                Node::Quote(_) | Node::Html(_) => {}
            }
            if !matches!(nodes[at - 1], Node::Paragraph(_)) {
                sheet.when = sheet.scope;
            }
        }
    }

    fn paragraph(&mut self, prose: &Prose, next: Option<&Node>, sheet: &mut Sheet) -> Taken {
        if let Some(Node::Code(code)) = next
            && let Some(told) = told_output(&prose.text)
            && is_sample(code)
        {
            self.sample(prose, code, told, sheet);
            return Taken::WithNext;
        }
        if self.promise(prose, sheet) {
            return Taken::Alone;
        }
        let introduces = prose.text.ends_with(':');
        let asked = match next {
            _ if self.section == SectionKind::References => None,
            Some(Node::Code(_)) => words::asks_before_block(&prose.text),
            Some(Node::List(_) | Node::Table(_)) if introduces => {
                words::asks(&prose.text).filter(|asks| *asks != Asks::Do)
            }
            _ => words::asks(&prose.text).or_else(|| required(prose, next, self.section)),
        };
        let Some(asks) = asked else {
            sheet.lead.push(prose.span);
            return Taken::Alone;
        };
        let item = self.item(prose.span, asks);
        self.manual(item, std::slice::from_ref(prose), sheet);
        let governs = match next {
            Some(Node::Code(_)) => true,
            Some(Node::List(_) | Node::Table(_)) => introduces,
            _ => false,
        };
        if asks == Asks::Decide && governs {
            sheet.when = Some(prose.span);
        }
        Taken::Alone
    }

    pub(super) fn code(&mut self, code: &Code, sheet: &mut Sheet) {
        let info = fence::info(code.info.as_deref(), code.span, &mut self.diagnostics);
        let text = joined(&code.lines);
        match info.tongue {
            Tongue::Shell => self.shell(code, &info, sheet),
            Tongue::Shown => sheet.lead.push(code.span),
            _ if record::is_record(&text, self.section) => {
                let record = Record { language: info.language, holes: record::holes(&text), text };
                sheet.push(self.source, ActionKind::Record(record), code.span);
            }
            Tongue::Untold if transcript::looks_like_shell(&code.lines) => {
                if self.section != SectionKind::References {
                    self.untagged(code, &info);
                }
                self.copy(code, text, sheet);
            }
            Tongue::Untold => sheet.lead.push(code.span),
            _ if self.section == SectionKind::References || text.trim().is_empty() => {
                sheet.lead.push(code.span);
            }
            Tongue::Data if !self.is_asked_for(code, sheet) => sheet.lead.push(code.span),
            Tongue::Data | Tongue::Other => self.copy(code, text, sheet),
        }
    }

    fn untagged(&mut self, code: &Code, info: &Info) {
        let message = if info.language.is_empty() {
            "this looks like commands, but nothing says so: it is shown, not run".to_owned()
        } else {
            format!(
                "this looks like commands, but is tagged `{}`: it is shown, not run",
                info.language
            )
        };
        self.diagnostics.push(
            Diagnostic::new(Severity::Warning, "untagged-shell", code.span, message)
                .help("begin the block with ```bash"),
        );
    }

    /// The prose directly before a block.
    fn intro(&self, code: &Code, sheet: &Sheet) -> Option<Span> {
        sheet.lead.last().copied().filter(|lead| {
            let between = &self.source.text()[lead.end.min(code.span.start)..code.span.start];
            between.chars().all(|c| c.is_whitespace() || c == '>')
        })
    }

    fn is_asked_for(&self, code: &Code, sheet: &Sheet) -> bool {
        let intro = self.intro(code, sheet);
        intro.is_some_and(|intro| words::asks(self.source.slice(intro)).is_some())
    }

    /// A block that the operator carries out elsewhere.
    pub(super) fn copy(&mut self, code: &Code, text: String, sheet: &mut Sheet) {
        self.expects_nothing(code);
        let intro = self.intro(code, sheet);
        if intro.is_some() {
            sheet.lead.pop();
        }
        let item = self.item(intro.unwrap_or(code.span), Asks::Do);
        let manual = Manual { items: vec![item], yields: Vec::new(), copy: Some(text) };
        sheet.push(self.source, ActionKind::Manual(manual), code.span);
    }

    /// An expectation of what is not run here cannot be checked.
    fn expects_nothing(&mut self, code: &Code) {
        let comment = |line: &&Line| {
            let comment = line.text.trim_start().strip_prefix('#');
            comment.is_some_and(|comment| expect::annotation_lead(comment).is_some())
        };
        for line in code.lines.iter().filter(comment) {
            let message = "this is not checked, because the block is shown, not run";
            self.diagnostics.push(
                Diagnostic::new(Severity::Warning, "unbound-expect", line.span, message)
                    .help("put it after a command in a ```bash fence"),
            );
        }
    }
}

/// Whether a paragraph was read with the block after it.
#[derive(PartialEq, Eq)]
enum Taken {
    Alone,
    WithNext,
}

/// The question that a list item begins with, where more follows.
fn question(nodes: &[&Node]) -> Option<Span> {
    let [Node::Paragraph(prose), _, ..] = nodes else {
        return None;
    };
    let asks = words::asks_before_block(&prose.text) == Some(Asks::Decide);
    asks.then_some(prose.span)
}

/// Quotations as what stands in them.
pub(super) fn flat<'a>(nodes: &[&'a Node]) -> Vec<&'a Node> {
    let mut flattened = Vec::new();
    for node in nodes {
        match node {
            Node::Quote(inner) => flattened.extend(flat(&inner.iter().collect::<Vec<_>>())),
            node => flattened.push(*node),
        }
    }
    flattened
}

pub(super) fn joined(lines: &[Line]) -> String {
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    texts.join("\n")
}
