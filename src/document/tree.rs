//! The blocks that a document is made of, each with its place in the file.
//!
//! Made by `markdown`. Refuses to know what any of it means to an operator.

use crate::source::Span;

/// A block of the document.
#[derive(Debug)]
pub(super) enum Node {
    Heading(Heading),
    Paragraph(Prose),
    Code(Code),
    List(List),
    Quote(Vec<Node>),
    Table(Table),
    /// Raw HTML; what it hides stays hidden and is never run.
    Html(Span),
}

#[derive(Debug)]
pub(super) struct Heading {
    pub level: usize,
    pub prose: Prose,
    pub span: Span,
}

/// Running text.
#[derive(Debug, Clone)]
pub(super) struct Prose {
    /// As it reads, without markup, in one line.
    pub text: String,
    pub span: Span,
    /// The text in bold that it begins with, and where in the file that ends.
    pub bold: Option<(String, usize)>,
    /// Its code, with its place in the file, backticks included.
    pub codes: Vec<(String, Span)>,
    /// Whether nothing but one piece of code is in it.
    pub only_code: bool,
}

/// A fenced or indented block.
#[derive(Debug)]
pub(super) struct Code {
    /// The info string; `None` for an indented block.
    pub info: Option<String>,
    pub lines: Vec<Line>,
    /// From the fence to the fence.
    pub span: Span,
}

/// A line of code, without its line ending.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub text: String,
    pub span: Span,
}

#[derive(Debug)]
pub(super) struct List {
    /// The first number of an ordered list.
    pub start: Option<u64>,
    pub items: Vec<ListItem>,
    pub span: Span,
}

#[derive(Debug)]
pub(super) struct ListItem {
    /// Whether it has a check box.
    pub boxed: bool,
    pub nodes: Vec<Node>,
    pub span: Span,
}

#[derive(Debug)]
pub(super) struct Table {
    pub head: Vec<Prose>,
    pub rows: Vec<Row>,
    pub span: Span,
}

#[derive(Debug)]
pub(super) struct Row {
    pub cells: Vec<Prose>,
    pub span: Span,
}

impl Node {
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Heading(heading) => heading.span,
            Self::Paragraph(prose) => prose.span,
            Self::Code(code) => code.span,
            Self::List(list) => list.span,
            Self::Quote(nodes) => {
                nodes.iter().map(Self::span).reduce(Span::join).unwrap_or(Span::new(0, 0))
            }
            Self::Table(table) => table.span,
            Self::Html(span) => *span,
        }
    }
}
