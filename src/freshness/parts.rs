//! A document as the parts that are compared.
//!
//! Comes in: a document. Goes out: its header and its steps, each as a list of parts with their
//! text, blanks evened out. What a stamp writes is no part: a new date is no change.

use crate::document::{Action, ActionKind, Block, Document, SectionKind, Segment, Step};
use crate::source::Span;

use super::{Subject, Weight};

/// A step, or the header, in parts.
#[derive(Debug)]
pub(super) struct Piece {
    pub id: String,
    pub title: String,
    pub section: Option<SectionKind>,
    pub line: usize,
    pub parts: Vec<Part>,
}

/// One thing that may change.
#[derive(Debug)]
pub(super) struct Part {
    pub subject: Subject,
    pub text: String,
    pub line: usize,
}

/// The entries that a stamp writes.
const STAMPED: &[&str] = &["last_validated", "validation_method", "average_duration"];

/// The header, then the steps in order.
pub(super) fn pieces(document: &Document) -> Vec<Piece> {
    let mut header = Piece {
        id: String::new(),
        title: document.title.clone().unwrap_or_default(),
        section: None,
        line: 1,
        parts: header(document),
    };
    let mut steps: Vec<_> = document.steps.iter().map(|step| piece(document, step)).collect();
    // What stands before a step is read with it, and is not the step's own.
    for step in &mut steps {
        let before = |part: &Part| part.subject == Subject::Prose && part.line < step.line;
        let (before, own) = step.parts.drain(..).partition(before);
        step.parts = own;
        header.parts.extend::<Vec<_>>(before);
    }
    steps.insert(0, header);
    steps
}

fn piece(document: &Document, step: &Step) -> Piece {
    let mut parts = Vec::new();
    actions(document, &step.actions, &mut parts);
    prose(document, &step.trailing, &mut parts);
    Piece {
        id: step.id.clone(),
        title: even(&step.title),
        section: Some(step.section.kind),
        line: step.line,
        parts,
    }
}

fn header(document: &Document) -> Vec<Part> {
    let line = |span: Span| document.source.line(span.start);
    let entries = document.metadata.entries.iter();
    let entries = entries.filter(|entry| !STAMPED.contains(&entry.key.as_str())).map(|entry| {
        let text = format!("{}: {}", entry.label, even(&entry.value));
        Part { subject: Subject::Header, text, line: line(entry.span) }
    });
    let front = front(document);
    let tables = document.declared.iter().filter(|declared| declared.span.start >= front.end);
    let tables = tables.map(|one| {
        let text = format!(
            "{} {:?} {:?} {:?} {:?}",
            one.name, one.description, one.secret, one.default, one.pattern
        );
        Part { subject: Subject::Declaration, text, line: line(one.span) }
    });
    entries.chain(declarations(document, front)).chain(tables).collect()
}

/// The span of the front matter; empty where there is none.
fn front(document: &Document) -> Span {
    let text = document.source.text();
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    let start = at;
    for (place, line) in text[start..].split_inclusive('\n').enumerate() {
        at += line.len();
        match (place, line.trim_end()) {
            (0, "---") => {}
            (0, _) => break,
            (_, "---" | "...") => return Span::new(start, at),
            _ => {}
        }
    }
    Span::new(start, start)
}

/// The lines of the front matter that are no entries: `inputs:`, `kinds:` and what is below them.
fn declarations(document: &Document, front: Span) -> Vec<Part> {
    let entries = &document.metadata.entries;
    let is_entry = |line: Span| entries.iter().any(|entry| line.contains(entry.span.start));
    let mut parts = Vec::new();
    let mut at = front.start;
    for text in document.source.slice(front).split_inclusive('\n') {
        let line = Span::new(at, at + text.len());
        at = line.end;
        let words = text.trim_end();
        if !is_entry(line) && !is_frame(words) {
            let line = document.source.line(line.start);
            parts.push(Part { subject: Subject::Declaration, text: words.to_owned(), line });
        }
    }
    parts
}

/// What of the front matter declares nothing: its dashes, the title, an entry that is empty.
fn is_frame(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}');
    let key = line.split(':').next().unwrap_or_default().to_lowercase().replace(['-', ' '], "_");
    matches!(line, "" | "---" | "...") || key == "title" || STAMPED.contains(&key.as_str())
}

fn actions(document: &Document, actions: &[Action], parts: &mut Vec<Part>) {
    for action in actions {
        prose(document, &action.lead, parts);
        let mut push = |subject, text| parts.push(Part { subject, text, line: action.line });
        match &action.kind {
            ActionKind::Command(block) => self::block(block, action.line, parts),
            ActionKind::Manual(manual) => {
                let items = manual.items.iter().map(|item| even(&item.text));
                let copied = manual.copy.iter().map(|copy| even(copy));
                push(Subject::Manual, items.chain(copied).collect::<Vec<_>>().join("; "));
            }
            ActionKind::Record(record) => push(Subject::Record, even(&record.text)),
            ActionKind::Choice(choice) => {
                let labels = choice.alternatives.iter().map(|one| {
                    let preferred = if one.preferred { " (preferred)" } else { "" };
                    format!("{}{preferred}", even(&one.label))
                });
                push(Subject::Choice, labels.collect::<Vec<_>>().join(" / "));
                for alternative in &choice.alternatives {
                    self::actions(document, &alternative.actions, parts);
                }
            }
        }
    }
}

/// A block's segments and what each promises; as a whole where it does not run.
fn block(block: &Block, line: usize, parts: &mut Vec<Part>) {
    if block.segments.is_empty() || !block.runnable {
        let text = format!("{}{}", block.text.trim_end(), attributes(block));
        parts.push(Part { subject: Subject::Command, text, line });
    }
    for segment in &block.segments {
        if block.runnable {
            let text = format!("{}{}", commands(block, segment), attributes(block));
            parts.push(Part { subject: Subject::Command, text, line: segment.line });
        }
        parts.extend(segment.expectations.iter().map(|one| Part {
            subject: Subject::Expectation,
            text: even(one.expectation.text()),
            line: one.line,
        }));
    }
}

/// The statements of a segment, a line each.
pub(super) fn commands(block: &Block, segment: &Segment) -> String {
    let statements = &block.script.statements[segment.statements.clone()];
    let texts = statements.iter().map(|statement| &block.text[statement.span.range()]);
    texts.collect::<Vec<_>>().join("\n").replace("\r\n", "\n")
}

/// What a block's info string says, where it says something.
fn attributes(block: &Block) -> String {
    let attributes = &block.attributes;
    let mut words = Vec::new();
    words.extend(attributes.timeout.map(|timeout| format!("timeout={}s", timeout.as_secs())));
    words.extend(attributes.standalone.then(|| "standalone".to_owned()));
    words.extend(attributes.secret.then(|| "secret".to_owned()));
    words.extend(attributes.manual.then(|| "manual".to_owned()));
    words.extend(block.inside.iter().map(|inside| format!("inside {inside}")));
    words.extend((!block.runnable).then(|| "not run".to_owned()));
    if words.is_empty() { String::new() } else { format!(" [{}]", words.join(" ")) }
}

fn prose(document: &Document, spans: &[Span], parts: &mut Vec<Part>) {
    parts.extend(spans.iter().map(|span| Part {
        subject: Subject::Prose,
        text: even(document.source.slice(*span)),
        line: document.source.line(span.start),
    }));
}

/// With single blanks between words.
fn even(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Subject {
    /// Whether a change of it touches what is done or promised.
    pub(super) const fn weight(self) -> Weight {
        match self {
            Self::Prose | Self::Header => Weight::Words,
            _ => Weight::Work,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Command => "command",
            Self::Expectation => "expectation",
            Self::Manual => "manual action",
            Self::Choice => "choice",
            Self::Record => "audit entry",
            Self::Declaration => "declaration",
            Self::Header => "header",
            Self::Prose => "prose",
        }
    }
}
