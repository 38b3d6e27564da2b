//! The blocks of a step as actions.
//!
//! Comes in: the blocks that belong to a step. Goes out: commands, manual actions, choices and
//! records in document order, with the prose that explains each. Prose that asks for something is
//! a manual action; neighbouring ones are one checklist, unless one waits, asks or yields.

use crate::diagnostic::{Diagnostic, Severity};
use crate::expect::{Expectation, Kinds};
use crate::source::{Source, Span};

use super::block::{self, Fault, Part};
use super::choice::{self, Group, Known, Label};
use super::fence::{self, Info, Tongue};
use super::markdown::{Code, Line, List, ListItem, Node, Prose};
use super::outline::holds_code;
use super::record;
use super::table;
use super::yields;
use super::{
    Action, ActionKind, Alternative, Annotation, Asks, Choice, Item, Manual, Note, Record,
    SectionKind, nested, words,
};

/// Reads the content of steps, one after the other.
pub(super) struct Reader<'a> {
    pub source: &'a Source,
    pub kinds: &'a Kinds,
    pub diagnostics: Vec<Diagnostic>,
    /// The session that an earlier command opened.
    pub inside: Option<String>,
    /// Sets of labels that were a choice.
    pub known: Known,
}

/// The actions of a step while they are collected.
#[derive(Default)]
pub(super) struct Sheet {
    pub actions: Vec<Action>,
    /// Prose that belongs to the next action.
    pub lead: Vec<Span>,
    /// The question that the next actions depend on.
    when: Option<Span>,
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
    pub(super) fn actions(&mut self, nodes: &[&Node], kind: SectionKind) -> Sheet {
        let mut sheet = Sheet::default();
        self.walk(&flat(nodes), kind, &mut sheet);
        sheet
    }

    fn walk(&mut self, nodes: &[&Node], kind: SectionKind, sheet: &mut Sheet) {
        let mut at = 0;
        while at < nodes.len() {
            if let Some(group) = choice::group(nodes, at, self.source.text(), &self.known) {
                at = group.end;
                self.choice(nodes, group, kind, sheet);
                continue;
            }
            let next = nodes.get(at + 1).copied();
            at += 1;
            match nodes[at - 1] {
                Node::Heading(heading) => sheet.lead.push(heading.span),
                Node::Paragraph(prose) => {
                    if self.paragraph(prose, next, kind, sheet) == Taken::WithNext {
                        at += 1;
                    }
                }
                Node::Code(code) => self.code(code, kind, sheet),
                Node::List(list) => self.list(list, kind, sheet),
                Node::Table(table) => table::actions(self, table, kind, sheet),
                Node::Quote(_) | Node::Html(_) => {}
            }
            if !matches!(nodes[at - 1], Node::Paragraph(_)) {
                sheet.when = None;
            }
        }
    }

    fn paragraph(
        &mut self,
        prose: &Prose,
        next: Option<&Node>,
        kind: SectionKind,
        sheet: &mut Sheet,
    ) -> Taken {
        if let Some(Node::Code(code)) = next
            && let Some(told) = told_output(&prose.text)
            && is_sample(code)
        {
            self.sample(prose, code, told, sheet);
            return Taken::WithNext;
        }
        let introduces = prose.text.ends_with(':');
        let asked = match next {
            _ if kind == SectionKind::References => None,
            Some(Node::Code(_)) => words::asks_before_block(&prose.text),
            Some(Node::List(_) | Node::Table(_)) if introduces => {
                words::asks(&prose.text).filter(|asks| *asks != Asks::Do)
            }
            _ => words::asks(&prose.text).or_else(|| required(prose, next, kind)),
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

    /// A block that shows what is printed: "Expected output:" is a promise, "for example" is not.
    fn sample(&mut self, prose: &Prose, code: &Code, told: Told, sheet: &mut Sheet) {
        sheet.lead.extend([prose.span, code.span]);
        let Some(Action { kind: ActionKind::Command(block), .. }) = sheet.actions.last_mut() else {
            return;
        };
        let Some(segment) = block.segments.last_mut() else {
            return;
        };
        let lines: Vec<_> = code
            .lines
            .iter()
            .map(|line| line.text.trim())
            .filter(|line| !line.is_empty())
            .collect();
        if told == Told::Example || lines.is_empty() {
            return;
        }
        let text = format!("Expected output:\n{}", lines.join("\n"));
        if let Ok(expectation) = Expectation::parse(&text, self.kinds) {
            let span = prose.span.join(code.span);
            let line = self.source.line(span.start);
            segment.expectations.push(Annotation { expectation, span, line });
            let kept = sheet.lead.len() - 2;
            sheet.lead.truncate(kept);
        }
    }

    fn list(&mut self, list: &List, kind: SectionKind, sheet: &mut Sheet) {
        if let Some(choice) = self.list_choice(list, kind) {
            sheet.push(self.source, ActionKind::Choice(choice), list.span);
            return;
        }
        let all = kind != SectionKind::References && asks_in_all(list, kind);
        for item in &list.items {
            self.list_item(item, all, kind, sheet);
        }
    }

    fn list_item(&mut self, item: &ListItem, all: bool, kind: SectionKind, sheet: &mut Sheet) {
        let nodes: Vec<_> = item.nodes.iter().collect();
        let works = item.nodes.iter().any(|node| {
            holds_code(node) || matches!(node, Node::Table(table) if table::holds_commands(table))
        });
        if works || item.nodes.iter().any(|node| matches!(node, Node::Code(_))) {
            self.walk(&flat(&nodes), kind, sheet);
            return;
        }
        let asked = if kind == SectionKind::References {
            None
        } else {
            item_asks(item).or(all.then_some(Asks::Do))
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
    fn item_span(&self, item: &ListItem) -> Span {
        let start = item.nodes.first().map_or(item.span.start, |node| node.span().start);
        let text = &self.source.text()[start..item.span.end];
        Span::new(start, start + text.trim_end().len())
    }

    /// `- **Option A**: ...` as items of one list.
    fn list_choice(&mut self, list: &List, kind: SectionKind) -> Option<Choice> {
        let labels: Option<Vec<Label>> = list
            .items
            .iter()
            .map(|item| choice::label(item.nodes.first()?, self.source.text()))
            .collect();
        let labels = labels.filter(|labels| choice::is_choice(labels, &self.known))?;
        let mut alternatives = Vec::new();
        for (label, item) in labels.into_iter().zip(&list.items) {
            let nodes: Vec<_> = item.nodes.iter().skip(1).collect();
            alternatives.push(self.alternative(&label, &nodes, kind));
        }
        Some(Choice { alternatives })
    }

    fn choice(&mut self, nodes: &[&Node], group: Group, kind: SectionKind, sheet: &mut Sheet) {
        self.known.push(choice::set(&group));
        let mut alternatives = Vec::new();
        for (label, range) in &group.alternatives {
            alternatives.push(self.alternative(label, &nodes[range.clone()], kind));
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

    fn alternative(&mut self, label: &Label, nodes: &[&Node], kind: SectionKind) -> Alternative {
        let mut sheet = Sheet::default();
        if let Some(after) = label.after {
            self.after_label(after, nodes.is_empty(), &mut sheet);
        }
        self.walk(nodes, kind, &mut sheet);
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
    fn after_label(&mut self, after: Span, alone: bool, sheet: &mut Sheet) {
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

    fn item(&self, span: Span, asks: Asks) -> Item {
        Item { text: dedent(self.source, span), span, asks }
    }

    /// Adds an item to the checklist before it, or begins a new one.
    fn manual(&mut self, item: Item, proses: &[Prose], sheet: &mut Sheet) {
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
            && manual.items.iter().all(|item| item.asks == Asks::Do)
        {
            last.span = last.span.join(item.span);
            manual.items.push(item);
            manual.yields = yields;
            manual.copy = match (manual.copy.take(), copy) {
                (Some(before), Some(copy)) => Some(format!("{before}\n{copy}")),
                (before, copy) => before.or(copy),
            };
            return;
        }
        let span = item.span;
        let manual = Manual { items: vec![item], yields, copy };
        sheet.push(self.source, ActionKind::Manual(manual), span);
    }

    fn code(&mut self, code: &Code, kind: SectionKind, sheet: &mut Sheet) {
        let info = fence::info(code.info.as_deref(), code.span, &mut self.diagnostics);
        let text = joined(&code.lines);
        match info.tongue {
            Tongue::Shell => self.shell(code, &info, sheet),
            Tongue::Shown => sheet.lead.push(code.span),
            _ if record::is_record(&text, kind) => {
                let record = Record { language: info.language, text };
                sheet.push(self.source, ActionKind::Record(record), code.span);
            }
            Tongue::Untold if fence::looks_like_shell(&code.lines) => {
                if kind != SectionKind::References {
                    self.untagged(code, &info);
                }
                self.copy(code, text, sheet);
            }
            Tongue::Untold => sheet.lead.push(code.span),
            Tongue::Other if kind == SectionKind::References || text.trim().is_empty() => {
                sheet.lead.push(code.span);
            }
            Tongue::Other => self.copy(code, text, sheet),
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

    /// A block that the operator carries out elsewhere.
    fn copy(&mut self, code: &Code, text: String, sheet: &mut Sheet) {
        let intro = sheet.lead.last().copied().filter(|lead| {
            let between = &self.source.text()[lead.end.min(code.span.start)..code.span.start];
            between.chars().all(|c| c.is_whitespace() || c == '>')
        });
        if intro.is_some() {
            sheet.lead.pop();
        }
        let item = self.item(intro.unwrap_or(code.span), Asks::Do);
        let manual = Manual { items: vec![item], yields: Vec::new(), copy: Some(text) };
        sheet.push(self.source, ActionKind::Manual(manual), code.span);
    }

    fn shell(&mut self, code: &Code, info: &Info, sheet: &mut Sheet) {
        let mut reasons = Vec::new();
        let lines = match fence::lines(&code.lines) {
            fence::Lines::Plain(lines) => lines,
            fence::Lines::Transcript { commands, output } => {
                reasons.extend(not_run(&output));
                commands
            }
            fence::Lines::RootPrompt(line) => {
                let message = "every line begins with `#`: a root prompt, or commented out";
                self.elsewhere(
                    "root-prompt",
                    message,
                    &line,
                    "write the commands without the `# `",
                );
                return self.copy(code, joined(&code.lines), sheet);
            }
            fence::Lines::Foreign(line) => {
                let message = "this is typed at another program's prompt, not at a shell's";
                self.elsewhere(
                    "foreign-prompt",
                    message,
                    &line,
                    "tag the fence with that program's language",
                );
                return self.copy(code, joined(&code.lines), sheet);
            }
        };
        if info.attributes.manual || fence::is_windows(&info.language, &lines) {
            return self.copy(code, joined(&lines), sheet);
        }
        if lines.iter().all(|line| line.text.trim().is_empty()) {
            return sheet.lead.push(code.span);
        }
        let frame = block::Frame {
            language: info.language.clone(),
            attributes: info.attributes.clone(),
            label: None,
            reasons,
            kinds: self.kinds,
        };
        self.parts(&frame, lines, code.span, sheet);
    }

    fn elsewhere(&mut self, code: &'static str, message: &str, line: &Line, help: &str) {
        self.diagnostics
            .push(Diagnostic::new(Severity::Warning, code, line.span, message).help(help));
    }

    /// The parts of a block as actions: the first has the fence's place, the others their own.
    pub(super) fn parts(
        &mut self,
        frame: &block::Frame<'_>,
        lines: Vec<Line>,
        span: Span,
        sheet: &mut Sheet,
    ) {
        let mut faults = Vec::new();
        let parts = block::read(frame, lines, &mut faults);
        self.report(faults);
        let whole = parts.len() == 1;
        for part in parts {
            match part {
                Part::Manual(text, span, asks) => {
                    let item = Item { text, span, asks };
                    self.manual(item, &[], sheet);
                }
                Part::Block(block) if block.runnable && block.script.statements.is_empty() => {
                    sheet.lead.push(span);
                }
                Part::Block(block) => {
                    let own = block.lines.iter().copied().reduce(Span::join);
                    let place = if whole { span } else { own.unwrap_or(span) };
                    self.block(block, frame, place, sheet);
                }
            }
        }
    }

    fn report(&mut self, faults: Vec<Fault>) {
        self.diagnostics.extend(faults.into_iter().map(|fault| {
            Diagnostic::new(Severity::Error, fault.code, fault.note.span, fault.note.text)
                .help(fault.help)
        }));
    }

    /// A block, in one piece or cut after the command that opens a session.
    fn block(
        &mut self,
        mut block: super::Block,
        frame: &block::Frame<'_>,
        span: Span,
        sheet: &mut Sheet,
    ) {
        for segment in &mut block.segments {
            let statement = &block.script.statements[segment.statements.start];
            let place = segment_place(&block.text, &block.lines, statement.span.start);
            segment.line = self.source.line(place.unwrap_or(span.start));
            for annotation in &mut segment.expectations {
                annotation.line = self.source.line(annotation.span.start);
            }
        }
        if self.inside.is_some() {
            self.inside_block(block, span, sheet);
            return;
        }
        let opener = block.script.statements.iter().position(|s| nested::opens(s).is_some());
        let Some(index) = opener else {
            sheet.push(self.source, ActionKind::Command(Box::new(block)), span);
            return;
        };
        let opened = nested::opens(&block.script.statements[index])
            .map(|span| block.text[span.range()].trim().to_owned());
        if index + 1 == block.script.statements.len() {
            self.inside = opened;
            sheet.push(self.source, ActionKind::Command(Box::new(block)), span);
            return;
        }
        self.cut_after(&block, index, opened, frame, span, sheet);
    }

    /// What stands after the opener in the same block is meant for inside.
    fn cut_after(
        &mut self,
        block: &super::Block,
        index: usize,
        opened: Option<String>,
        frame: &block::Frame<'_>,
        span: Span,
        sheet: &mut Sheet,
    ) {
        let end = block.script.statements[index].span.end;
        let line = block.text[..end].matches('\n').count() + 1;
        let lines = block.text.split('\n').zip(&block.lines);
        let lines: Vec<_> =
            lines.map(|(text, span)| Line { text: text.to_owned(), span: *span }).collect();
        if line >= lines.len() {
            // On one line: `ssh host; ls` does run `ls` here, but only after the session.
            let mut whole = block::read(frame, lines, &mut Vec::new());
            self.inside = opened;
            if let Some(Part::Block(block)) = whole.pop() {
                self.inside_block(block, span, sheet);
            }
            return;
        }
        let (outside, within) = lines.split_at(line);
        let mut faults = Vec::new();
        for part in block::read(frame, outside.to_vec(), &mut faults) {
            if let Part::Block(part) = part {
                self.block(part, frame, span, sheet);
            }
        }
        self.inside = opened;
        let place = within.iter().map(|line| line.span).reduce(Span::join).unwrap_or(span);
        for part in block::read(frame, within.to_vec(), &mut faults) {
            if let Part::Block(part) = part {
                self.block(part, frame, place, sheet);
            }
        }
    }

    /// A block for another place: shown, never run here.
    fn inside_block(&mut self, mut block: super::Block, span: Span, sheet: &mut Sheet) {
        let Some(session) = self.inside.clone() else {
            return;
        };
        let text = format!("it is meant to run inside `{session}`, which was opened before");
        self.diagnostics.push(
            Diagnostic::new(Severity::Note, "inside-session", span, text.clone())
                .help("if that session is over by then, end its block with `exit`"),
        );
        block.reasons.push(Note { text, span });
        block.runnable = false;
        block.inside = Some(session);
        if block.script.statements.iter().any(nested::leaves) {
            self.inside = None;
        }
        sheet.push(self.source, ActionKind::Command(Box::new(block)), span);
    }
}

/// Whether a paragraph was read with the block after it.
#[derive(PartialEq, Eq)]
enum Taken {
    Alone,
    WithNext,
}

/// What a paragraph says of the output shown after it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Expected,
    Example,
}

fn told_output(text: &str) -> Option<Told> {
    let lower = text.to_lowercase();
    let last = lower.rsplit(['.', '\n']).find(|part| !part.trim().is_empty())?.trim();
    let expected = ["expected output", "expected result", "expected response", "expected:"];
    if last.ends_with(':') && expected.iter().any(|phrase| last.contains(phrase)) {
        return Some(Told::Expected);
    }
    let example = [
        "example output",
        "sample output",
        "example response",
        "example:",
        "output:",
        "similar to",
        "looks like",
        "look like",
        "something like",
        "should see",
        "will see",
        "returns",
        "outputs",
        "prints",
        "output is",
        "output should",
        "result:",
        "response:",
        "see the following",
    ];
    (last.ends_with([':', 's']) || last.ends_with("this"))
        .then(|| example.iter().any(|phrase| last.contains(phrase)).then_some(Told::Example))
        .flatten()
}

/// A block that shows output rather than commands.
fn is_sample(code: &Code) -> bool {
    let info = fence::info(code.info.as_deref(), code.span, &mut Vec::new());
    match info.tongue {
        Tongue::Shell => !fence::looks_like_shell(&code.lines),
        Tongue::Untold => !fence::looks_like_shell(&code.lines) && code.info.is_some(),
        Tongue::Shown | Tongue::Other => true,
    }
}

/// Quotations as what stands in them.
fn flat<'a>(nodes: &[&'a Node]) -> Vec<&'a Node> {
    let mut flattened = Vec::new();
    for node in nodes {
        match node {
            Node::Quote(inner) => flattened.extend(flat(&inner.iter().collect::<Vec<_>>())),
            node => flattened.push(*node),
        }
    }
    flattened
}

fn joined(lines: &[Line]) -> String {
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    texts.join("\n")
}

fn not_run(output: &[Line]) -> Option<Note> {
    let span = output.iter().map(|line| line.span).reduce(Span::join)?;
    Some(Note { text: "the lines without a prompt are output and do not run".to_owned(), span })
}

fn segment_place(text: &str, lines: &[Span], at: usize) -> Option<usize> {
    let index = text[..at].matches('\n').count();
    lines.get(index).map(|span| span.start)
}

/// A prerequisite is to be confirmed also where it is only named.
fn required(prose: &Prose, next: Option<&Node>, kind: SectionKind) -> Option<Asks> {
    let named = kind == SectionKind::Prerequisites
        && !prose.text.ends_with(':')
        && next.is_none_or(|node| matches!(node, Node::Paragraph(_) | Node::Heading(_)))
        && words::sentences(&prose.text).len() == 1;
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
