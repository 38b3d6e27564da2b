//! A shell block: its text, statements, placeholders and whether it may run.
//!
//! Comes in: the lines of a block that are commands. Goes out: [`Part`]s, because a comment that
//! asks the operator for something ("# wait for the pods, then:") cuts the block in two with a
//! manual action between. A block that does not parse, or that is output rather than commands,
//! never runs, and says why.

use std::cell::Cell;

use crate::expect;
use crate::shell;
use crate::shell::{Backquotes, Comment, Placeholder, Quoting, Script, Statement};
use crate::source::Span;

use super::either::{self, Either};
use super::segments::segments;
use super::tree::Line;
use super::words;
use super::{Asks, Attributes, Block, Note};

/// A piece of a block, in order.
#[derive(Debug)]
pub(super) enum Part {
    Block(Box<Block>),
    /// Alternatives with their labels, the lines of each, and the place of all.
    Either(Vec<(String, Vec<Line>)>, Span),
    /// What a comment asks, its text and place.
    Manual(String, Span, Asks),
}

/// What all parts of a block share.
#[derive(Debug, Clone)]
pub(super) struct Frame<'a> {
    pub language: String,
    pub attributes: Attributes,
    pub label: Option<String>,
    pub reasons: Vec<Note>,
    pub kinds: &'a expect::Kinds,
    /// The names that `{{ name }}` may stand for.
    pub names: &'a [String],
    pub room: &'a Room,
}

/// How many bytes of commands are still read of a document. What is cut into parts is read again,
/// and counts again.
#[derive(Debug)]
pub(super) struct Room(Cell<usize>);

/// How many bytes of commands are read of one document: some three thousand lines.
const MOST: usize = 128 << 10;

impl Room {
    pub(super) const fn new() -> Self {
        Self(Cell::new(MOST))
    }

    /// Makes room for a text; what is beyond is refused, and so is all that comes after.
    fn take(&self, text: &str) -> Result<(), shell::SyntaxError> {
        let left = self.0.get().checked_sub(text.len());
        self.0.set(left.unwrap_or(0));
        left.map(drop).ok_or_else(|| {
            let message =
                format!("it is beyond the first {} KiB of commands; split the runbook", MOST >> 10);
            shell::SyntaxError { message, span: Span::new(0, text.len()) }
        })
    }
}

/// Something that is wrong with a block, with the code of its diagnostic.
#[derive(Debug)]
pub(super) struct Fault {
    pub code: &'static str,
    pub note: Note,
    pub help: &'static str,
}

/// Reads lines as one or several parts.
pub(super) fn read(frame: &Frame<'_>, lines: Vec<Line>, faults: &mut Vec<Fault>) -> Vec<Part> {
    let whole = Draft::new(lines, frame);
    let Ok(script) = &whole.script else {
        return vec![Part::Block(Box::new(finish(frame, whole, faults)))];
    };
    if let Some(either) = either::find(&whole.text, script) {
        return around(frame, &whole.lines, &either, faults);
    }
    let asking = asking_comments(&whole.text, script);
    let mut parts = Vec::new();
    let mut from = 0;
    for asked in asking {
        let before = &whole.lines[from..asked.lines.start];
        push_block(frame, before, faults, &mut parts);
        let place = join(&whole.lines[asked.lines.clone()]);
        parts.push(Part::Manual(asked.text, place, asked.asks));
        from = asked.lines.end;
    }
    if from == 0 {
        return vec![Part::Block(Box::new(finish(frame, whole, faults)))];
    }
    push_block(frame, &whole.lines[from..], faults, &mut parts);
    parts
}

/// What stands before the alternatives, the alternatives, and what stands after them.
fn around(
    frame: &Frame<'_>,
    lines: &[Line],
    either: &Either,
    faults: &mut Vec<Fault>,
) -> Vec<Part> {
    let all = either.lines();
    let alternatives =
        either.alternatives.iter().map(|(label, own)| (label.clone(), lines[own.clone()].to_vec()));
    let place = join(&lines[all.clone()]);
    let mut parts = Vec::new();
    push_lines(frame, &lines[..all.start], faults, &mut parts);
    parts.push(Part::Either(alternatives.collect(), place));
    push_lines(frame, &lines[all.end..], faults, &mut parts);
    parts
}

fn push_lines(frame: &Frame<'_>, lines: &[Line], faults: &mut Vec<Fault>, parts: &mut Vec<Part>) {
    if lines.iter().any(|line| !line.text.trim().is_empty()) {
        parts.extend(read(frame, lines.to_vec(), faults));
    }
}

/// Lines without a statement are no block of their own.
fn push_block(frame: &Frame<'_>, lines: &[Line], faults: &mut Vec<Fault>, parts: &mut Vec<Part>) {
    let draft = Draft::new(lines.to_vec(), frame);
    let empty = draft.script.as_ref().is_ok_and(|script| script.statements.is_empty());
    if !empty {
        parts.push(Part::Block(Box::new(finish(frame, draft, faults))));
    }
}

fn join(lines: &[Line]) -> Span {
    lines.iter().map(|line| line.span).reduce(Span::join).unwrap_or(Span::new(0, 0))
}

/// Lines and what the shell makes of them.
struct Draft {
    lines: Vec<Line>,
    text: String,
    placeholders: Vec<Placeholder>,
    script: Result<Script, shell::SyntaxError>,
}

impl Draft {
    fn new(lines: Vec<Line>, frame: &Frame<'_>) -> Self {
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        let text = texts.join("\n");
        if let Err(error) = frame.room.take(&text) {
            return Self { lines, text, placeholders: Vec::new(), script: Err(error) };
        }
        let mut placeholders = shell::templates(&text, frame.names);
        let others = shell::placeholders(&text).into_iter();
        let others: Vec<_> = others.filter(|one| !overlaps(one.span, &placeholders)).collect();
        placeholders.extend(others);
        placeholders.sort_by_key(|one| one.span);
        let script = shell::parse(&shell::blank(&text, &placeholders));
        Self { lines, text, placeholders, script }
    }
}

/// Whether a span shares bytes with one of the templates, which stand in the order of the text.
fn overlaps(span: Span, templates: &[Placeholder]) -> bool {
    let next = templates.partition_point(|template| template.span.end <= span.start);
    templates.get(next).is_some_and(|template| template.span.start < span.end)
}

fn finish(frame: &Frame<'_>, draft: Draft, faults: &mut Vec<Fault>) -> Block {
    let first = faults.len();
    let (script, error) = match draft.script {
        Ok(script) => (script, None),
        Err(error) => (Script::default(), Some(error)),
    };
    let mut block = Block {
        language: frame.language.clone(),
        attributes: frame.attributes.clone(),
        text: draft.text,
        lines: draft.lines.iter().map(|line| line.span).collect(),
        script,
        placeholders: draft.placeholders,
        segments: Vec::new(),
        runnable: true,
        reasons: frame.reasons.clone(),
        inside: None,
        label: frame.label.clone(),
    };
    if let Some(tag) = template_tag(&block) {
        faults.push(tag);
    } else if let Some(error) = error {
        let help = "correct it, or tag the fence `text` if it is no script";
        faults.push(fault(&block, "syntax", error.message, error.span, help));
    } else {
        look(&block, faults);
    }
    if faults.len() == first {
        block.segments = segments(&block, frame.kinds, faults);
    }
    let stopping = faults[first..].iter().filter(|fault| stops(fault.code));
    let notes: Vec<_> = stopping.map(|fault| fault.note.clone()).collect();
    block.runnable = notes.is_empty();
    block.reasons.extend(notes);
    block
}

fn stops(code: &str) -> bool {
    !matches!(code, "unbound-expect" | "unread-expect")
}

fn fault(block: &Block, code: &'static str, text: String, span: Span, help: &'static str) -> Fault {
    let note = Note { text, span: block.place(span) };
    Fault { code, note, help }
}

/// Text of another program, which makes something else of it before it is read.
fn template_tag(block: &Block) -> Option<Fault> {
    let tags = ["<%", "{{<", "{{%", "{% "];
    let (at, tag) = tags.iter().find_map(|tag| Some((block.text.find(tag)?, tag)))?;
    let text = format!("`{}` is filled in by another program first", tag.trim());
    let help = "run the rendered document, or write the value or a `<placeholder>` here";
    let span = Span::new(at, at + tag.len());
    Some(fault(block, "template-tag", text, span, help))
}

/// What must not run although it parses.
fn look(block: &Block, faults: &mut Vec<Fault>) {
    for placeholder in &block.placeholders {
        if placeholder.name.is_empty() && placeholder.context != Quoting::Comment {
            let text = format!("`{}` stands for something that is left out", placeholder.spelling);
            let help = "write it out, or name it as a placeholder: `<name>`";
            faults.push(fault(block, "ellipsis", text, placeholder.span, help));
            return;
        }
    }
    if let Some(placeholder) = placeholder_in_backquotes(block) {
        let text = format!("`{}` stands in backquotes, which read it twice", placeholder.spelling);
        let help = "write $( ) in place of the backquotes";
        faults.push(fault(block, "placeholder-in-backquotes", text, placeholder.span, help));
        return;
    }
    if let Some(span) = blank_after_backslash(&block.text) {
        let text = "a blank after the backslash ends the command here".to_owned();
        faults.push(fault(block, "syntax", text, span, "remove the blank at the end of the line"));
        return;
    }
    let output = block
        .script
        .statements
        .iter()
        .find(|statement| is_output(&block.text[statement.span.range()]));
    if let Some(statement) = output {
        let text = "this looks like output or data, not like a command".to_owned();
        let help = "put what a command prints in a fence of its own, tagged `text`";
        faults.push(fault(block, "output-in-shell", text, first_line(block, statement), help));
    }
}

/// A value that no quoting keeps from being run.
fn placeholder_in_backquotes(block: &Block) -> Option<&Placeholder> {
    let mut filled = block.placeholders.iter().filter(|it| it.context != Quoting::Comment);
    let mut known: Option<(Span, Backquotes)> = None;
    filled.find(|placeholder| {
        let at = placeholder.span.start;
        let around = block.script.statement_at(at);
        let span = around.map_or(Span::new(0, block.text.len()), |statement| statement.span);
        if known.as_ref().is_none_or(|(of, _)| *of != span) {
            known = Some((span, Backquotes::of(&block.text[span.range()])));
        }
        known.as_ref().is_some_and(|(_, backquotes)| backquotes.hold(at - span.start))
    })
}

/// What was meant as one command, and is two for bash.
fn blank_after_backslash(text: &str) -> Option<Span> {
    let mut at = 0;
    for line in text.split('\n') {
        let bare = line.trim_end_matches([' ', '\t']);
        let comment = line.trim_start().starts_with('#');
        if bare.len() < line.len() && bare.ends_with('\\') && !comment {
            return Some(Span::new(at + bare.len() - 1, at + line.len()));
        }
        at += line.len() + 1;
    }
    None
}

fn first_line(block: &Block, statement: &Statement) -> Span {
    let text = &block.text[statement.span.range()];
    let length = text.find('\n').unwrap_or(text.len());
    Span::new(statement.span.start, statement.span.start + length)
}

/// Output, YAML, JSON and logs that bash would take for commands.
fn is_output(statement: &str) -> bool {
    let line = statement.lines().next().unwrap_or("");
    let first = line.split_whitespace().next().unwrap_or("");
    let rest = line[first.len().min(line.len())..].trim_start();
    let assigned = first.contains('=');
    let yaml_key = first.len() > 1
        && first.ends_with(':')
        && !first.contains(['/', '$', '"', '='])
        && !assigned;
    let capitals = first.len() > 2
        && first.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c == '-')
        && (rest.split_whitespace().next().is_some_and(is_capitals) || line.contains("   "));
    let dated = first.len() >= 10
        && first.as_bytes()[4..].starts_with(b"-")
        && first.chars().take(4).all(|c| c.is_ascii_digit());
    let listed = first == "-" && !rest.is_empty();
    let ruled = first.len() > 2 && first.chars().all(|c| matches!(c, '-' | '=' | '+' | '|' | '.'));
    let json = first.starts_with('"') && (first.ends_with(':') || first.ends_with("\":"));
    let promql = first.contains('{') && line.contains("=~\"") || first.starts_with("sum(");
    yaml_key || capitals || dated || listed || ruled || json || promql
}

fn is_capitals(word: &str) -> bool {
    word.len() > 1
        && word.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '-' | '_' | '(' | ')'))
}

/// A comment that asks for something: its lines in the block.
struct Asking {
    lines: std::ops::Range<usize>,
    text: String,
    asks: Asks,
}

/// Comments on lines of their own, between statements, that ask the operator for something.
fn asking_comments(text: &str, script: &Script) -> Vec<Asking> {
    let mut asking: Vec<Asking> = Vec::new();
    let comments = shell::comments(text);
    let own = comments.iter().filter(|comment| comment.own_line);
    let numbered = comments.iter().filter(|one| starts_with_number(comment_text(text, one)));
    let numbered: Vec<_> = numbered.map(|one| one.span).collect();
    let (mut line, mut counted) = (0, 0);
    let mut expected = false;
    for comment in own {
        let between = &text.as_bytes()[counted..comment.span.start];
        line += memchr::memchr_iter(b'\n', between).count();
        counted = comment.span.start;
        let written = comment_text(text, comment);
        let inside = script.statement_at(comment.span.start).is_some();
        expected =
            expect::annotation_lead(written).is_some() || expected && written.starts_with("  ");
        if inside || expected {
            continue;
        }
        let next = next_statement(text, script, comment, &numbered);
        if let Some(asks) = words::comment_asks(written.trim(), next) {
            push_asking(&mut asking, line, written.trim(), asks);
        }
    }
    asking
}

/// Comments on neighbouring lines that ask for the same are one.
fn push_asking(asking: &mut Vec<Asking>, line: usize, text: &str, asks: Asks) {
    match asking.last_mut() {
        Some(last) if last.lines.end == line && last.asks == asks && asks == Asks::Do => {
            last.lines.end = line + 1;
            last.text.push('\n');
            last.text.push_str(text);
        }
        _ => asking.push(Asking { lines: line..line + 1, text: text.to_owned(), asks }),
    }
}

/// The statement that a comment introduces: the next one, unless another paragraph of comments, or
/// a numbered one, comes first.
fn next_statement<'a>(
    text: &'a str,
    script: &Script,
    comment: &Comment,
    numbered: &[Span],
) -> Option<&'a str> {
    let statements = &script.statements;
    let next = statements.partition_point(|statement| statement.span.start < comment.span.end);
    let statement = statements.get(next)?;
    let between = &text[comment.span.end..statement.span.start];
    let other = numbered.partition_point(|other| other.start <= comment.span.end);
    let apart = between.trim_start_matches([' ', '\t', '\r']).starts_with("\n\n")
        || numbered.get(other).is_some_and(|other| other.end <= statement.span.start);
    (!apart).then_some(&text[statement.span.range()])
}

fn starts_with_number(text: &str) -> bool {
    words::strip_number(text) != text.trim_start()
}

/// A comment's text without its `#`, with the blanks after it.
pub(super) fn comment_text<'a>(text: &'a str, comment: &Comment) -> &'a str {
    text[comment.span.range()].trim_start_matches('#')
}

impl Block {
    /// The placeholders that begin in a span of `text`.
    pub fn placeholders_in(&self, span: Span) -> &[Placeholder] {
        let from = self.placeholders.partition_point(|one| one.span.start < span.start);
        let rest = &self.placeholders[from..];
        &rest[..rest.partition_point(|one| one.span.start < span.end)]
    }

    /// The place in the source of a span of `text`; whole lines where bytes do not correspond (a
    /// tab that was split, an escaped `|` in a table).
    pub fn place(&self, span: Span) -> Span {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let skipped = memchr::memchr_iter(b'\n', before).count();
        let mut at = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let mut found: Option<Span> = None;
        let lines = self.lines.get(skipped..).unwrap_or_default();
        for (line, place) in self.text[at..].split('\n').zip(lines) {
            if span.end < at {
                break;
            }
            let end = at + line.len();
            if span.start <= end {
                let exact = place.end - place.start == line.len();
                let part = if exact {
                    let from = span.start.max(at) - at;
                    let to = span.end.min(end) - at;
                    Span::new(place.start + from, place.start + to.max(from))
                } else {
                    *place
                };
                // A span that ends with a line does not reach into the next.
                if span.start < end || found.is_none() {
                    found = Some(found.map_or(part, |found| found.join(part)));
                }
            }
            at = end + 1;
        }
        found.or_else(|| self.lines.last().copied()).unwrap_or(Span::new(0, 0))
    }
}

#[cfg(test)]
mod tests {
    use crate::document::{ActionKind, Document};
    use crate::source::Source;

    fn codes(block: &str) -> Vec<&'static str> {
        let text = format!("# T\n\n## Step 1\n\n```sh\n{block}\n```\n");
        let document = Document::read(Source::new("a.md", text.as_str()));
        let runs =
            document.steps.iter().flat_map(|step| &step.actions).all(
                |action| !matches!(&action.kind, ActionKind::Command(block) if !block.runnable),
            );
        let codes: Vec<_> = document.diagnostics.iter().map(|it| it.code).collect();
        assert_eq!(runs, !codes.contains(&"placeholder-in-backquotes"), "{block}");
        codes
    }

    #[test]
    fn a_placeholder_in_backquotes_stops_the_block() {
        let refused = |block: &str| {
            assert!(codes(block).contains(&"placeholder-in-backquotes"), "{block}");
        };
        refused("echo `echo \"<app>\"`");
        refused("echo `echo \\`echo <app>\\``");
        refused("echo \"`echo '<app>'`\"");
        refused("ls\necho '`' `echo <app>`");
        refused("if true; then\n  # a ` here\n  echo `echo <app>`\nfi");
        refused("cat <<E\n`echo <app>`\nE");
        let allowed = |block: &str| {
            assert!(!codes(block).contains(&"placeholder-in-backquotes"), "{block}");
        };
        allowed("echo `date` <app>");
        allowed("echo \"$(echo <app>)\"");
        allowed("# a ` here\necho <app>");
        allowed("ls # `<app>`");
        allowed("cat <<'E'\nname `<app>`\nE");
    }
}
