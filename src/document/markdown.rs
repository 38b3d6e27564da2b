//! Markdown as a tree of blocks with their places in the file.
//!
//! Comes in: text. Goes out: [`Node`]s as CommonMark has them, by pulldown-cmark, with the tables,
//! check boxes and strike-through of GitHub. Code keeps a place in the file for each of its lines,
//! because code in a list or a quotation is not one run of bytes. Refuses to know what any of it
//! means to an operator.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::source::Span;

use super::tree::{Code, Heading, Line, List, ListItem, Node, Prose, Row, Table};

/// Containers deeper than this are read as part of the one around them.
const DEEPEST: usize = 48;

/// Elements that authors write between their words.
const ELEMENTS: &[&str] = &[
    "a", "b", "br", "code", "details", "div", "em", "i", "img", "kbd", "p", "s", "small", "span",
    "strong", "sub", "summary", "sup", "u",
];

/// Reads `text[from..]`; spans count from the start of `text`.
pub(super) fn nodes(text: &str, from: usize) -> Vec<Node> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut builder = Builder {
        text,
        frames: vec![Frame::Blocks(Vec::new(), Container::Root)],
        prose: None,
        code: None,
        ignored: 0,
    };
    for (event, range) in Parser::new_ext(&text[from..], options).into_offset_iter() {
        builder.event(event, (range.start + from)..(range.end + from));
    }
    builder.finish()
}

enum Container {
    Root,
    Quote,
    Item { boxed: bool, span: Span },
}

/// What is open while the events come in.
enum Frame {
    Blocks(Vec<Node>, Container),
    List(List),
    Table(Table, Vec<Prose>),
}

struct Builder<'a> {
    text: &'a str,
    frames: Vec<Frame>,
    prose: Option<Running>,
    code: Option<Running>,
    /// Containers that were opened beyond the deepest.
    ignored: usize,
}

/// Running text or code while its events come in.
struct Running {
    prose: Prose,
    heading: Option<usize>,
    /// The bold text that it begins with, while it is open.
    bold: Option<String>,
    info: Option<String>,
    lines: Vec<Line>,
    open: Option<Line>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let span = Span::from(range);
        match event {
            Event::Start(tag) => self.start(&tag, span),
            Event::End(tag) => self.end(tag, span),
            Event::Text(text) => self.text(&text, span),
            Event::Code(text) => self.inline(span, |prose| prose.code(&text, span)),
            Event::InlineHtml(html) => self.inline(span, |prose| prose.html(&html)),
            Event::SoftBreak | Event::HardBreak => self.inline(span, |prose| prose.push(" ")),
            Event::TaskListMarker(_) => self.tick(),
            Event::Html(_) => self.html(span),
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::Rule => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, span: Span) {
        match tag {
            Tag::Paragraph | Tag::TableCell => self.open_prose(span, None),
            Tag::Heading { level, .. } => self.open_prose(span, Some(*level as usize)),
            Tag::CodeBlock(kind) => self.open_code(kind, span),
            Tag::BlockQuote(_) => self.open(|| Frame::Blocks(Vec::new(), Container::Quote)),
            Tag::List(start) => {
                self.open(|| Frame::List(List { start: *start, items: Vec::new(), span }));
            }
            Tag::Item => self.open(|| {
                let container = Container::Item { boxed: false, span };
                Frame::Blocks(Vec::new(), container)
            }),
            Tag::Table(_) => {
                self.close_prose();
                self.frames.push(Frame::Table(empty_table(span), Vec::new()));
            }
            Tag::Strong => self.inline(span, Running::open_bold),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, span: Span) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableCell => self.close_prose(),
            TagEnd::CodeBlock => self.close_code(),
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => self.close(),
            TagEnd::Table => self.close_table(),
            TagEnd::TableHead => self.close_row(span, RowKind::Head),
            TagEnd::TableRow => self.close_row(span, RowKind::Body),
            TagEnd::Strong => self.inline(span, |prose| prose.close_bold(span.end)),
            _ => {}
        }
    }

    fn open(&mut self, frame: impl FnOnce() -> Frame) {
        self.close_prose();
        if self.ignored > 0 || self.frames.len() > DEEPEST {
            self.ignored += 1;
        } else {
            self.frames.push(frame());
        }
    }

    fn close(&mut self) {
        self.close_prose();
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        match self.frames.pop() {
            Some(Frame::Blocks(nodes, Container::Quote)) => self.push(Node::Quote(nodes)),
            Some(Frame::Blocks(nodes, Container::Item { boxed, span })) => {
                let item = ListItem { boxed, nodes, span };
                if let Some(Frame::List(list)) = self.frames.last_mut() {
                    list.items.push(item);
                }
            }
            Some(Frame::List(list)) => self.push(Node::List(list)),
            Some(other) => self.frames.push(other),
            None => {}
        }
    }

    fn close_table(&mut self) {
        if matches!(self.frames.last(), Some(Frame::Table(..)))
            && let Some(Frame::Table(table, _)) = self.frames.pop()
        {
            self.push(Node::Table(table));
        }
    }

    fn close_row(&mut self, span: Span, kind: RowKind) {
        if let Some(Frame::Table(table, cells)) = self.frames.last_mut() {
            let cells = std::mem::take(cells);
            match kind {
                RowKind::Head => table.head = cells,
                RowKind::Body => table.rows.push(Row { cells, span }),
            }
        }
    }

    fn open_prose(&mut self, span: Span, heading: Option<usize>) {
        self.close_prose();
        self.prose = Some(Running::new(span, heading));
    }

    /// Text of a tight list item comes without a paragraph around it.
    fn inline(&mut self, span: Span, write: impl FnOnce(&mut Running)) {
        let running = self.prose.get_or_insert_with(|| {
            let mut running = Running::new(span, None);
            running.prose.span.end = span.start;
            running
        });
        write(running);
        running.prose.span = running.prose.span.join(span);
    }

    fn close_prose(&mut self) {
        let Some(mut running) = self.prose.take() else {
            return;
        };
        let trimmed = self.text[running.prose.span.range()].trim_end().len();
        running.prose.span.end = running.prose.span.start + trimmed;
        let heading = running.heading;
        let prose = running.finish();
        match (heading, self.frames.last_mut()) {
            (_, Some(Frame::Table(_, cells))) => cells.push(prose),
            (Some(level), _) => {
                let span = prose.span;
                self.push(Node::Heading(Heading { level, prose, span }));
            }
            (None, _) if prose.text.trim().is_empty() => {}
            (None, _) => self.push(Node::Paragraph(prose)),
        }
    }

    fn open_code(&mut self, kind: &CodeBlockKind<'_>, span: Span) {
        self.close_prose();
        let mut running = Running::new(span, None);
        if let CodeBlockKind::Fenced(info) = kind {
            running.info = Some(info.trim().to_owned());
        }
        self.code = Some(running);
    }

    fn close_code(&mut self) {
        let Some(mut running) = self.code.take() else {
            return;
        };
        running.lines.extend(running.open.take());
        self.push(Node::Code(Code {
            info: running.info,
            lines: running.lines,
            span: running.prose.span,
        }));
    }

    fn text(&mut self, text: &str, span: Span) {
        match &mut self.code {
            Some(code) => code.code_text(text, span),
            None => self.inline(span, |prose| prose.push(text)),
        }
    }

    fn tick(&mut self) {
        if let Some(Frame::Blocks(_, Container::Item { boxed, .. })) = self.frames.last_mut() {
            *boxed = true;
        }
    }

    fn html(&mut self, span: Span) {
        self.close_prose();
        self.push(Node::Html(span));
    }

    fn push(&mut self, node: Node) {
        let blocks = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Blocks(nodes, _) => Some(nodes),
            Frame::List(_) | Frame::Table(..) => None,
        });
        if let Some(nodes) = blocks {
            nodes.push(node);
        }
    }

    fn finish(mut self) -> Vec<Node> {
        self.close_prose();
        while self.frames.len() > 1 {
            self.close();
        }
        match self.frames.pop() {
            Some(Frame::Blocks(nodes, _)) => nodes,
            _ => Vec::new(),
        }
    }
}

enum RowKind {
    Head,
    Body,
}

fn empty_table(span: Span) -> Table {
    Table { head: Vec::new(), rows: Vec::new(), span }
}

impl Running {
    fn new(span: Span, heading: Option<usize>) -> Self {
        Self {
            prose: Prose {
                text: String::new(),
                span,
                bold: None,
                codes: Vec::new(),
                only_code: true,
            },
            heading,
            bold: None,
            info: None,
            lines: Vec::new(),
            open: None,
        }
    }

    fn push(&mut self, text: &str) {
        self.prose.only_code &= text.trim().is_empty();
        self.prose.text.push_str(text);
        if let Some(bold) = &mut self.bold {
            bold.push_str(text);
        }
    }

    /// `<app>` in running text is a placeholder that CommonMark reads as HTML; real elements and
    /// comments are not shown.
    fn html(&mut self, html: &str) {
        self.prose.only_code = false;
        let name = html.trim_start_matches(['<', '/']);
        let element = ELEMENTS.iter().any(|element| {
            let rest = name.strip_prefix(element);
            rest.is_some_and(|rest| rest.starts_with([' ', '>', '/']))
        });
        if !element && !html.starts_with("<!") && !html.starts_with("<?") {
            self.push(html);
        }
    }

    fn code(&mut self, text: &str, span: Span) {
        let only = self.prose.only_code && self.prose.codes.is_empty();
        self.push(text);
        self.prose.only_code = only;
        self.prose.codes.push((text.to_owned(), span));
    }

    fn open_bold(&mut self) {
        if self.prose.text.trim().is_empty() && self.prose.bold.is_none() {
            self.bold = Some(String::new());
        }
    }

    fn close_bold(&mut self, end: usize) {
        if let Some(bold) = self.bold.take() {
            self.prose.bold = Some((bold, end));
        }
    }

    /// Where text and file differ in length (a tab that was split), the line maps as a whole.
    fn code_text(&mut self, text: &str, span: Span) {
        let exact = text.len() == span.end - span.start;
        let mut at = span.start;
        for part in text.split_inclusive('\n') {
            let content = part.trim_end_matches('\n');
            let end = if exact { at + content.len() } else { span.end };
            let line = self
                .open
                .get_or_insert_with(|| Line { text: String::new(), span: Span::new(at, at) });
            if !content.is_empty() {
                if line.text.is_empty() {
                    line.span = Span::new(at, end);
                }
                line.text.push_str(content);
                line.span = line.span.join(Span::new(at, end));
            }
            if part.ends_with('\n') {
                self.lines.extend(self.open.take());
            }
            if exact {
                at += part.len();
            }
        }
    }

    fn finish(self) -> Prose {
        let mut prose = self.prose;
        prose.text = prose.text.trim().to_owned();
        prose.only_code &= prose.codes.len() == 1;
        prose
    }
}
