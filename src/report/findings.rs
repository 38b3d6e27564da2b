//! Findings as data that every format for programs is made from: JSON, JUnit, SARIF, annotations.
//!
//! Comes in: a [`Source`] with its diagnostics, or a file that is no source. Goes out: [`Findings`]
//! with places as an editor counts them, and with texts that are harmless wherever they are shown:
//! a message may quote the document, which anybody may have written. Refuses to know the formats;
//! each has to escape what is special in it (`::`, `<`, `"`).

use std::path::Path;

use serde::Serialize;

use super::neutral::neutral;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{Position, Source, Span};

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// The file as it was named.
    pub file: String,
    /// In the order in which they were handed in.
    pub diagnostics: Vec<Finding>,
}

/// One finding, with everything that a format needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where it begins and ends.
    #[serde(flatten)]
    pub place: Place,
    /// What to type instead.
    pub help: Option<String>,
    /// Further places, with what is to be seen there.
    pub labels: Vec<Marked>,
}

/// A place and what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Marked {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is to be seen there.
    pub text: String,
}

/// A range of a file: lines and columns from 1, columns in characters, the end column after the
/// last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line of the first character.
    pub line: usize,
    /// Its column.
    pub column: usize,
    /// The line of the last character.
    pub end_line: usize,
    /// The column after it.
    pub end_column: usize,
}

impl Findings {
    /// What was found in a source.
    pub fn new(source: &Source, diagnostics: &[Diagnostic]) -> Self {
        let diagnostics = diagnostics.iter().map(|one| Finding::new(source, one)).collect();
        Self { file: name(source.path()), diagnostics }
    }

    /// A file that is no source at all: one error at its first character.
    pub fn unreadable(path: &Path, message: &str) -> Self {
        let place = Place { line: 1, column: 1, end_line: 1, end_column: 1 };
        let finding = Finding {
            code: "unreadable",
            severity: Severity::Error,
            message: neutral(message),
            place,
            help: None,
            labels: Vec::new(),
        };
        Self { file: name(path), diagnostics: vec![finding] }
    }

    /// How many of them have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|one| one.severity == severity).count()
    }
}

impl Finding {
    fn new(source: &Source, diagnostic: &Diagnostic) -> Self {
        let mut labels = diagnostic.labels.iter();
        let main = labels.next().map_or(Span::new(0, 0), |label| label.span);
        Self {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: neutral(&diagnostic.message),
            place: Place::of(main, source),
            help: diagnostic.help.as_deref().map(neutral),
            labels: labels.map(|label| Marked::new(label, source)).collect(),
        }
    }
}

impl Marked {
    fn new(label: &Label, source: &Source) -> Self {
        Self { place: Place::of(label.span, source), text: neutral(&label.text) }
    }
}

impl Place {
    /// The place of a span, without line endings at its end.
    fn of(span: Span, source: &Source) -> Self {
        let Position { line, column } = source.position(span.start);
        let length = source.slice(span).trim_end_matches(['\n', '\r']).len();
        let end = source.position(span.start + length);
        Self { line, column, end_line: end.line, end_column: end.column }
    }
}

fn name(path: &Path) -> String {
    neutral(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_as_an_editor_counts_them() {
        let source = Source::new("a.md", "ä b\nc\n");
        let case = |start, end, expected: [usize; 4]| {
            let place = Place::of(Span::new(start, end), &source);
            let Place { line, column, end_line, end_column } = place;
            assert_eq!([line, column, end_line, end_column], expected);
        };
        case(3, 4, [1, 3, 1, 4]);
        case(0, 5, [1, 1, 1, 4]);
        case(3, 7, [1, 3, 2, 2]);
        case(6, 6, [2, 2, 2, 2]);
    }

    #[test]
    fn what_a_message_quotes_is_harmless() {
        let source = Source::new("a\u{1b}]0;x.md", "text");
        let mut wrong =
            Diagnostic::new(Severity::Error, "code", Span::new(0, 4), "no \u{1b}[2J\u{202e}")
                .help("write \u{9b}1m");
        wrong.labels.push(Label { span: Span::new(1, 2), text: "\u{200b}".to_owned() });
        let json = serde_json::to_string(&Findings::new(&source, &[wrong])).expect("strings");
        assert!(json.contains(r#""line":1,"column":1,"end_line":1,"end_column":5"#), "{json}");
        for hidden in ["\\u001b", "\u{202e}", "\u{9b}", "\u{200b}"] {
            assert!(!json.contains(hidden), "{json}");
        }
    }
}
