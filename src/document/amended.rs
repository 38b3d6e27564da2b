//! A document with another text in the place of one segment: what an operator puts there for a run.
//!
//! Comes in: a document, where the segment stands, and the other text. Goes out: the document as it
//! would be read if the file held that text, written as the author would have: behind the same
//! prompt, as deep in its list, with the same line ends. Every other byte is the same, and
//! everything else in it must be understood as before. Refuses to know who wants it, and why.

use crate::diagnostic::Severity;
use crate::source::{Source, Span};

use super::shape::shape;
use super::{ActionKind, Block, Document, Segment};

/// Where a segment stands.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The step's place among the document's steps, from 0.
    pub step: usize,
    /// The action's place in its step; in an alternative: the choice's, the alternative's, the
    /// action's.
    pub action: &'a [usize],
    /// The segment's place in its block.
    pub segment: usize,
}

/// Why another text cannot stand there. Each says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// There is no segment at that place.
    #[error("there is no command of the runbook at this place")]
    Nowhere,
    /// It holds no command.
    #[error("there is no command in it; to leave the command out, skip it")]
    Empty,
    /// It is no script, or none that may run.
    #[error("line {line}, column {column} of it: {message}{help}")]
    Wrong {
        /// The line of the text, from 1.
        line: usize,
        /// The column in the file's line, from 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// What to type, in brackets.
        help: String,
    },
    /// The fence, the table or the transcript would be read otherwise.
    #[error(
        "it cannot be written there so that it is read as typed: keep to commands of one block, \
         without a comment before the first or behind the last, without `Expect:`, without comments \
         that ask for something and without a line that ends the fence"
    )]
    Unreadable,
    /// What was one statement with its expectation is several.
    #[error("the `Expect:` behind it is about one statement: join several with `&&`, or edit less")]
    Several,
    /// Another part of the runbook would be understood otherwise.
    #[error("with it, step {step} would be understood otherwise: {what}")]
    Elsewhere {
        /// The step.
        step: String,
        /// What of it.
        what: String,
    },
}

impl Document {
    /// The command block at a place.
    pub fn block(&self, step: usize, action: &[usize]) -> Option<&Block> {
        let mut actions = &self.steps.get(step)?.actions;
        let mut path = action;
        loop {
            match (&actions.get(*path.first()?)?.kind, &path[1..]) {
                (ActionKind::Command(block), []) => return Some(block),
                (ActionKind::Choice(choice), [alternative, rest @ ..]) => {
                    actions = &choice.alternatives.get(*alternative)?.actions;
                    path = rest;
                }
                _ => return None,
            }
        }
    }

    /// The text of a segment as it is written, from its first command to its last.
    pub fn segment_text(&self, at: At<'_>) -> Option<&str> {
        let block = self.block(at.step, at.action)?;
        Some(block.segment_text(block.segments.get(at.segment)?))
    }

    /// The document with `text` in the place of a segment's. The lines that its commands are known
    /// by stay those of the file.
    pub fn amended(&self, at: At<'_>, text: &str) -> Result<Self, AmendError> {
        let block = self.block(at.step, at.action).ok_or(AmendError::Nowhere)?;
        let segment = block.segments.get(at.segment).ok_or(AmendError::Nowhere)?;
        let span = block.span_of(segment);
        let mut first = None;
        for way in WAYS {
            let written = written(self.source.text(), block, span, text, *way);
            let read = Self::read(Source::new(self.source.path(), written));
            match self.accept(read, at, text) {
                Ok(document) => return Ok(document),
                Err(error) => drop(first.get_or_insert(error)),
            }
        }
        Err(first.unwrap_or(AmendError::Unreadable))
    }

    fn accept(&self, mut read: Self, at: At<'_>, text: &str) -> Result<Self, AmendError> {
        let block = self.block(at.step, at.action).ok_or(AmendError::Nowhere)?;
        let Some(new) = read.block(at.step, at.action) else { return Err(AmendError::Unreadable) };
        if !new.runnable {
            return Err(self.wrong(&read, new, at, text));
        }
        if new.script.statements.is_empty() {
            return Err(AmendError::Empty);
        }
        if read.segment_text(at) != Some(text) {
            let behind = block.text[block.span_of(&block.segments[at.segment]).end..].trim_start();
            let several = new.segments.len() > block.segments.len() && behind.starts_with('#');
            return Err(if several { AmendError::Several } else { AmendError::Unreadable });
        }
        let (before, after) = (shape(self, at), shape(&read, at));
        let differs = before.iter().zip(&after).find(|(before, after)| before != after);
        if let Some(((step, what), _)) = differs {
            return Err(AmendError::Elsewhere { step: step.clone(), what: what.clone() });
        }
        if before.len() != after.len() {
            return Err(AmendError::Unreadable);
        }
        let lines: Vec<_> = block.segments.iter().map(lines_of).collect();
        if let Some(block) = block_mut(&mut read, at) {
            block.segments.iter_mut().zip(lines).for_each(|(one, lines)| set_lines(one, &lines));
        }
        Ok(read)
    }

    /// What stops a block, by its place in the text that was typed.
    fn wrong(&self, read: &Self, new: &Block, at: At<'_>, text: &str) -> AmendError {
        let Some(block) = self.block(at.step, at.action) else { return AmendError::Nowhere };
        let start = block.place(block.span_of(&block.segments[at.segment])).start;
        let all = new.lines.iter().copied().reduce(Span::join).unwrap_or(Span::new(0, 0));
        let found = read.diagnostics.iter().find_map(|one| {
            let at = one.labels.first()?.span.start;
            (one.severity == Severity::Error && (all.start..=all.end).contains(&at))
                .then_some((at, one))
        });
        let Some((place, found)) = found else { return AmendError::Unreadable };
        let position = read.source.position(place);
        // What is missing at its end is found missing later.
        let line = (position.line + 1).saturating_sub(self.source.line(start));
        let line = line.clamp(1, text.split('\n').count());
        // Who types here has no fence to tag.
        let help = found.help.as_ref().filter(|_| found.code != "syntax");
        let help = help.map(|help| format!(" ({help})")).unwrap_or_default();
        AmendError::Wrong { line, column: position.column, message: found.message.clone(), help }
    }
}

impl Block {
    /// A segment's place in the block's text.
    fn span_of(&self, segment: &Segment) -> Span {
        let statements = &self.script.statements[segment.statements.clone()];
        statements.iter().map(|one| one.span).reduce(Span::join).unwrap_or(Span::new(0, 0))
    }

    /// A segment's place in the source, from its first command to its last.
    pub fn segment_place(&self, segment: &Segment) -> Span {
        self.place(self.span_of(segment))
    }

    /// A segment's text as it is written, from its first command to its last.
    pub fn segment_text(&self, segment: &Segment) -> &str {
        &self.text[self.span_of(segment).range()]
    }
}

/// How a text is written into a file.
#[derive(Clone, Copy)]
struct Way {
    /// What lines that are more than before begin with.
    more: More,
    cell: Cell,
}

/// How a line goes on that is one more than before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum More {
    /// As the one before it.
    Same,
    /// As what was typed at the second prompt.
    Continued,
}

/// How a table's cell holds a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// It is in no table, or holds no `|`.
    Plain,
    /// Each `|` is escaped.
    Escaped,
    /// And the backquotes are part of what is replaced.
    Quoted,
}

/// All of them, the usual one first; which one is right shows when the file is read again.
const WAYS: &[Way] = &[
    Way { more: More::Same, cell: Cell::Plain },
    Way { more: More::Continued, cell: Cell::Plain },
    Way { more: More::Same, cell: Cell::Escaped },
    Way { more: More::Same, cell: Cell::Quoted },
];

/// The file's text with `text` in the place of a span of the block's text.
fn written(file: &str, block: &Block, span: Span, text: &str, way: Way) -> String {
    let count = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let first = count(&block.text[..span.start]);
    let last = first + count(&block.text[span.range()]);
    let start = block.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = block.text[span.end..].find('\n').map_or(block.text.len(), |at| span.end + at);
    let (before, after) = (&block.text[start..span.start], &block.text[span.end..end]);
    let whole = format!("{before}{text}{after}");
    let whole = match way.cell {
        Cell::Plain => whole,
        Cell::Escaped => whole.replace('|', "\\|"),
        Cell::Quoted => format!("`{}`", whole.replace('|', "\\|")),
    };
    let old: Vec<_> = block.lines[first..=last].iter().map(|line| Row::of(file, *line)).collect();
    let new: Vec<_> = whole.split('\n').collect();
    let mut out = file[..old.first().map_or(0, |row| row.start)].to_owned();
    // A line without text may stand less deep than the others.
    let filled = old.iter().find(|row| !row.span_is_empty()).map_or("", |row| row.lead);
    let mut at = out.len();
    for place in 0..old.len().max(new.len()) {
        match (old.get(place), new.get(place)) {
            (Some(row), Some(line)) => {
                out.push_str(&file[at..row.start]);
                let lead = if row.span_is_empty() { filled } else { row.lead };
                out.push_str(if line.is_empty() { lead.trim_end() } else { lead });
                out.push_str(line);
                at = row.end;
            }
            (Some(row), None) => {
                out.push_str(&file[at..row.start]);
                at = row.next;
            }
            (None, Some(line)) => {
                let row = old.last().expect("a segment stands on a line");
                let lead = match way.more {
                    More::Same => filled.to_owned(),
                    More::Continued => {
                        format!("{}> ", &filled[..filled.len() - filled.trim_start().len()])
                    }
                };
                // Before what stands between the last line's text and its end.
                out.push_str(row.line_end);
                out.push_str(if line.is_empty() { lead.trim_end() } else { &lead });
                out.push_str(line);
            }
            (None, None) => {}
        }
    }
    out.push_str(&file[at..]);
    out
}

/// A line of the file that holds a line of the block.
struct Row<'f> {
    /// Where the line begins in the file.
    start: usize,
    /// What stands before the block's text: indentation, a quotation mark, a prompt.
    lead: &'f str,
    /// Where the block's text ends.
    end: usize,
    /// Where the next line begins.
    next: usize,
    line_end: &'static str,
}

impl<'f> Row<'f> {
    fn of(file: &'f str, span: Span) -> Self {
        let start = file[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let length = file[span.end..].find('\n');
        let next = length.map_or(file.len(), |length| span.end + length + 1);
        let line_end = if file[..next].ends_with("\r\n") { "\r\n" } else { "\n" };
        Self { start, lead: &file[start..span.start], end: span.end, next, line_end }
    }

    fn span_is_empty(&self) -> bool {
        self.start + self.lead.len() == self.end
    }
}

fn block_mut<'d>(document: &'d mut Document, at: At<'_>) -> Option<&'d mut Block> {
    let mut actions = &mut document.steps.get_mut(at.step)?.actions;
    let mut path = at.action;
    loop {
        match (&mut actions.get_mut(*path.first()?)?.kind, &path[1..]) {
            (ActionKind::Command(block), []) => return Some(block),
            (ActionKind::Choice(choice), [alternative, rest @ ..]) => {
                actions = &mut choice.alternatives.get_mut(*alternative)?.actions;
                path = rest;
            }
            _ => return None,
        }
    }
}

/// The line of a segment, and those of its expectations.
fn lines_of(segment: &Segment) -> Vec<usize> {
    let expectations = segment.expectations.iter().map(|one| one.line);
    std::iter::once(segment.line).chain(expectations).collect()
}

fn set_lines(segment: &mut Segment, lines: &[usize]) {
    let Some((own, rest)) = lines.split_first() else { return };
    segment.line = *own;
    segment.expectations.iter_mut().zip(rest).for_each(|(one, line)| one.line = *line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document {
        Document::read(Source::new("a.md", text))
    }

    const FIRST: At<'static> = At { step: 0, action: &[0], segment: 0 };

    /// The first segment of `before`, replaced by `text`, makes `after` of the file.
    #[track_caller]
    fn case(before: &str, text: &str, after: &str) {
        let head = "# T\n\n## Step 1\n\n";
        let amended = read(&format!("{head}{before}")).amended(FIRST, text).expect("it fits");
        assert_eq!(amended.source.text(), format!("{head}{after}"));
        assert_eq!(amended.segment_text(FIRST), Some(text));
    }

    #[track_caller]
    fn refused(before: &str, text: &str, says: &str) {
        let document = read(&format!("# T\n\n## Step 1\n\n{before}"));
        let error = document.amended(FIRST, text).expect_err("it does not fit").to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn a_text_is_written_as_its_neighbours_are() {
        case("```sh\nls\n```\n", "ls -l", "```sh\nls -l\n```\n");
        case("```sh\nls\n```\n", "ls -l\npwd", "```sh\nls -l\npwd\n```\n");
        case("```sh\nls\npwd\n```\n", "id", "```sh\nid\n```\n");
        case("```sh\nls # Expect: a\npwd\n```\n", "id", "```sh\nid # Expect: a\npwd\n```\n");
        case("```sh\r\nls\r\n```\r\n", "id\n\npwd", "```sh\r\nid\r\n\r\npwd\r\n```\r\n");
        case(
            "1. Do\n\n   ```sh\n   ls\n   ```\n",
            "id\npwd",
            "1. Do\n\n   ```sh\n   id\n   pwd\n   ```\n",
        );
        case("> ```sh\n> ls\n> ```\n", "id\n\npwd", "> ```sh\n> id\n>\n> pwd\n> ```\n");
        case("```sh\n$ ls\na b\n```\n", "id", "```sh\n$ id\na b\n```\n");
        case("```sh\n$ ls\na b\n```\n", "id\npwd", "```sh\n$ id\n$ pwd\na b\n```\n");
        case("```sh\n$ ls\na\n```\n", "id \\\n  -u", "```sh\n$ id \\\n>   -u\na\n```\n");
        case("|Who|How|\n|---|---|\n|a|`ls a`|\n", "ls b", "|Who|How|\n|---|---|\n|a|`ls b`|\n");
        case(
            "|Who|How|\n|---|---|\n|a|`ls a`|\n",
            "ls | wc",
            "|Who|How|\n|---|---|\n|a|`ls \\| wc`|\n",
        );
    }

    #[test]
    fn a_command_of_an_alternative_is_found_and_keeps_its_line() {
        let text = "# T\n\n## Step 1\n\n### Option A\n\n```sh\nls\n```\n\n### Option B\n\n\
                    ```sh\npwd # Expect: a\nid\n```\n";
        let at = At { step: 0, action: &[0, 1, 0], segment: 1 };
        let document = read(text);
        assert_eq!(document.segment_text(at), Some("id"));
        let amended = document.amended(at, "id -u\nid -g").expect("it fits");
        assert_eq!(amended.source.text(), text.replace("id\n", "id -u\nid -g\n"));
        let first = At { segment: 0, ..at };
        let amended = document.amended(first, "pwd && \\\n  pwd -P").expect("it fits");
        let segments = &amended.block(0, at.action).expect("a block").segments;
        assert_eq!(segments.iter().map(|one| one.line).collect::<Vec<_>>(), [14, 15]);
        let error = document.amended(first, "pwd\npwd -P").expect_err("one more");
        assert_eq!(error, AmendError::Several);
    }

    #[test]
    fn what_cannot_stand_there_is_refused_with_the_reason() {
        let fence = "```sh\nls\n# Expect: a\npwd\n```\n";
        refused(fence, "if true", "line 1, column");
        refused(fence, "ls\nfor x in", "line 2, column");
        refused(fence, "# nothing", "");
        refused(fence, "ls\n# Expect: b\nid", "");
        refused(fence, "ls\n```", "");
        refused(fence, "ls ...", "stands for something that is left out");
        refused(fence, "ssh host", "understood otherwise");
    }
}
