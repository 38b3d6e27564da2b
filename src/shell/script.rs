//! A text as the statements that are run one by one.
//!
//! Comes in: a block's text. Goes out: a [`Script`]. A statement's span alone is a complete
//! script; its tree is made from exactly those bytes, so that what is judged is what is run.

use std::collections::HashSet;
use std::ops::Range;

use crate::source::Span;

use super::bash;
use super::guard;
use super::lexer::{Angles, Lexed, lex};
use super::names;
use super::tree::{Command, Compound, Item, List, Redirect};
use super::trial;
use super::words::Place;
use super::{Comment, Mention, SyntaxError};

/// A text, parsed.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// In order.
    pub statements: Vec<Statement>,
}

impl Script {
    /// The statement that holds the byte at `offset`.
    pub fn statement_at(&self, offset: usize) -> Option<&Statement> {
        let at = self.statements.partition_point(|statement| statement.span.end <= offset);
        self.statements.get(at).filter(|statement| statement.span.contains(offset))
    }
}

/// What is run in one go: an and-or list with its here-documents.
#[derive(Debug, Clone)]
pub struct Statement {
    /// From the first word to the end, with the bodies of here-documents, without the `;` or
    /// comment after it. The text of the span alone is a complete script.
    pub span: Span,
    /// The variables whose values it needs from before, also in quotes, substitutions,
    /// here-documents and arithmetic. Without positional and special parameters, without those
    /// that bash sets, and without those that the statement itself has set by then.
    pub reads: Vec<Mention>,
    /// The variables that it sets in this shell.
    pub assigns: Vec<Mention>,
    /// `A=1 command`: set for that command only.
    pub prefixes: Vec<Mention>,
    /// Names that are read only where a default stands beside them (`${X:-d}`).
    pub defaulted: Vec<String>,
    /// The variables that it unsets.
    pub unsets: Vec<String>,
    /// The functions that it defines.
    pub functions: Vec<String>,
    /// The variables that it sets in a loop, a subshell or a function of its own, and reads there.
    pub inner: Vec<String>,
    /// The arrays with words for subscripts (`declare -A`), of it and of those before it.
    pub word_arrays: HashSet<String>,
    /// Whether it asks for the status of the statement before (`$?`, `PIPESTATUS`).
    pub reads_status: bool,
    /// Whether a part of it goes on in the background.
    pub background: bool,
    /// Its tree: one item, or several where a here-document's line holds several statements.
    pub node: List,
}

/// Parses a text whose placeholders were blanked.
///
/// Lines may end with CRLF; bash must be given the text with plain newlines then, and the spans
/// inside a statement are that of the whole statement.
pub fn parse(text: &str) -> Result<Script, SyntaxError> {
    if !text.contains('\r') {
        return parse_lines(text, |offset| offset);
    }
    let plain = text.replace("\r\n", "\n");
    // Each carriage return that was dropped, by the place of its newline: lines may end both ways.
    let dropped = text.match_indices("\r\n").enumerate().map(|(count, (at, _))| at - count);
    let dropped: Vec<_> = dropped.collect();
    parse_lines(&plain, |offset| offset + dropped.partition_point(|at| *at < offset))
}

/// Parses a text of plain lines; `original` maps its offsets to those of the text as given.
fn parse_lines(text: &str, original: impl Fn(usize) -> usize) -> Result<Script, SyntaxError> {
    let map = |span: Span| Span::new(original(span.start), original(span.end));
    let fail = |error: SyntaxError| SyntaxError { span: map(error.span), ..error };
    let lexed = guard::look(text).map_err(fail)?;
    if !trial::permits(text) {
        let message = "the parser did not come to an end within its limits".to_owned();
        return Err(fail(SyntaxError { message, span: Span::new(0, text.len()) }));
    }
    let list = bash::parse(text).map_err(fail)?;
    let plain = original(text.len()) == text.len();
    let mut statements = cut(text, &list, &lexed).map_err(fail)?;
    for statement in statements.iter_mut().filter(|_| !plain) {
        let span = map(statement.span);
        let node = bash::parse_at(&text[statement.span.range()], Place::Around(span), 0);
        *statement = Statement::new(span, node.map_err(fail)?);
    }
    know_word_arrays(&mut statements);
    Ok(Script { statements })
}

/// Tells statements of the arrays with words for subscripts that others before them declare.
fn know_word_arrays(statements: &mut [Statement]) {
    let mut known = HashSet::new();
    for statement in statements {
        if !known.is_empty() {
            let background = statement.background;
            let node = std::mem::take(&mut statement.node);
            *statement =
                Statement { background, ..Statement::knowing(statement.span, node, &known) };
        }
        known.extend(statement.word_arrays.iter().cloned());
    }
}

/// The comments of a text, as bash finds them. Placeholders need not be blanked.
pub fn comments(text: &str) -> Vec<Comment> {
    if !text.contains('#') {
        return Vec::new();
    }
    lex(text, Angles::Placeholders).comments
}

/// The statements of a range as the spans to run: a statement that reads `$?` or `PIPESTATUS`
/// stands in one with the statement before it.
pub fn units(script: &Script, range: Range<usize>) -> Vec<Span> {
    let mut units: Vec<Span> = Vec::new();
    for statement in &script.statements[range] {
        match units.last_mut() {
            Some(last) if statement.reads_status => *last = last.join(statement.span),
            _ => units.push(statement.span),
        }
    }
    units
}

impl Statement {
    fn new(span: Span, node: List) -> Self {
        Self::knowing(span, node, &HashSet::new())
    }

    fn knowing(span: Span, node: List, word_arrays: &HashSet<String>) -> Self {
        let names = names::of(&node, word_arrays);
        Self {
            span,
            reads: names.reads,
            assigns: names.assigns,
            prefixes: names.prefixes,
            defaulted: names.defaulted,
            unsets: names.unsets,
            functions: names.functions,
            inner: names.inner,
            word_arrays: names.word_arrays,
            reads_status: names.reads_status,
            background: node.items.iter().any(|item| item.background),
            node,
        }
    }
}

fn not_apart(start: usize, end: usize) -> SyntaxError {
    SyntaxError {
        message: "its statements cannot be told apart; write one on a line".to_owned(),
        span: Span::new(start, end),
    }
}

/// Cuts the text at the separators that lie between the items of the tree.
fn cut(text: &str, list: &List, lexed: &Lexed) -> Result<Vec<Statement>, SyntaxError> {
    let mut start = next_start(text, 0, lexed);
    let mut items = list.items.as_slice();
    let mut statements: Vec<Statement> = Vec::with_capacity(items.len());
    while let Some(item) = items.first() {
        let known = last_byte(item).max(start);
        let (statement, next) =
            cut_one(text, start, known, lexed).ok_or_else(|| not_apart(start, text.len()))?;
        items =
            items.get(statement.node.items.len()..).ok_or_else(|| not_apart(start, text.len()))?;
        statements.push(statement);
        start = next_start(text, next, lexed);
    }
    if start < text.len() {
        return Err(not_apart(start, text.len()));
    }
    Ok(statements)
}

/// The shortest statement from `start` on that reaches `known` and is a script by itself.
///
/// The parser says where a word ends, but not where an `fi` or a here-document does.
fn cut_one(text: &str, start: usize, known: usize, lexed: &Lexed) -> Option<(Statement, usize)> {
    let first = lexed.separators.partition_point(|at| *at < known);
    let separators = lexed.separators[first..].iter().copied();
    for separator in separators.chain([text.len()]) {
        let cut = Cut::find(text, start, known, separator, lexed);
        if cut.open_here_document || cut.end <= start {
            continue;
        }
        let span = Span::new(start, cut.end);
        if let Ok(node) = bash::parse_at(&text[span.range()], Place::Exact(start), 0) {
            return Some((Statement::new(span, node), cut.next));
        }
    }
    None
}

/// Where a statement ends and where to look for the next one.
struct Cut {
    end: usize,
    next: usize,
    /// The body of a here-document of this statement begins after other statements.
    open_here_document: bool,
}

impl Cut {
    fn find(text: &str, start: usize, known: usize, separator: usize, lexed: &Lexed) -> Self {
        let documents = &lexed.here_documents;
        let first = documents.partition_point(|document| document.operator < start);
        let bodies = documents[first..].iter().take_while(|it| it.operator < separator);
        let body_end = bodies.map(|document| document.end).max().unwrap_or(0);
        let byte = text.as_bytes().get(separator).copied().unwrap_or(b'\n');
        if body_end > separator {
            return Self { end: body_end, next: body_end, open_here_document: byte != b'\n' };
        }
        let first = lexed.comments.partition_point(|comment| comment.span.start < known);
        let comment = lexed.comments.get(first).map(|comment| comment.span.start);
        let end = comment.filter(|at| *at < separator).unwrap_or(separator);
        let end = trimmed_end(text, start, end.max(start));
        Self {
            end: if byte == b'&' { separator + 1 } else { end },
            next: separator + 1,
            open_here_document: false,
        }
    }
}

/// The end of `start..end` without blanks and line continuations; an escaped blank is a word.
fn trimmed_end(text: &str, start: usize, mut end: usize) -> usize {
    loop {
        let kept = &text[start..end];
        let trimmed = kept.trim_end();
        let dropped = &kept[trimmed.len()..];
        let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
        end = start + trimmed.len();
        if backslashes.is_multiple_of(2) || dropped.is_empty() {
            return end;
        }
        if !dropped.starts_with('\n') {
            return end + 1;
        }
        end -= 1;
    }
}

/// The first byte from `at` on that is no blank, line ending, continuation or comment.
fn next_start(text: &str, mut at: usize, lexed: &Lexed) -> usize {
    while at < text.len() {
        let rest = &text[at..];
        if let Ok(index) = lexed.comments.binary_search_by_key(&at, |comment| comment.span.start) {
            at = lexed.comments[index].span.end;
        } else if rest.starts_with("\\\n") {
            at += 2;
        } else if rest.starts_with([' ', '\t', '\n', '\r']) {
            at += 1;
        } else {
            return at;
        }
    }
    text.len()
}

/// The last byte of an item that the parser gives a position for, here-documents aside.
fn last_byte(item: &Item) -> usize {
    let commands = item.and_or.pipelines().flat_map(|pipeline| &pipeline.stages);
    commands.map(last_byte_of_command).max().unwrap_or(0)
}

fn last_byte_of_command(command: &Command) -> usize {
    let inner = match command {
        Command::Compound(compound) => last_byte_of_compound(compound),
        Command::Function(function) => last_byte_of_compound(&function.body),
        Command::Test(test) => last_byte_of_redirects(&test.redirects),
        Command::Simple(_) | Command::Unsupported { .. } => 0,
    };
    inner.max(command.span().end)
}

fn last_byte_of_compound(compound: &Compound) -> usize {
    let bodies = compound.bodies.iter().flat_map(|body| &body.items);
    let words = compound.words.iter().map(|word| word.span.end);
    bodies
        .map(last_byte)
        .chain(words)
        .chain([last_byte_of_redirects(&compound.redirects)])
        .max()
        .unwrap_or(0)
}

fn last_byte_of_redirects(redirects: &[Redirect]) -> usize {
    let spans = redirects.iter().filter_map(|redirect| redirect.span);
    spans.map(|span| span.end).max().unwrap_or(0)
}
