//! Draws a diagnostic into the text that it is about, as rustc and ruff do.
//!
//! Comes in: a [`Diagnostic`] and its [`Source`]. Goes out: text for a terminal. What the document
//! says is made harmless, since anybody may have written it.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::invisible::columns;
use super::neutral::{Neutralizer, is_plain, neutral};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{Position, Source};

/// Whether a drawing has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Text alone.
    Off,
    /// With the escape sequences of a terminal.
    On,
}

/// The most characters of a line that are shown on either side of what is marked.
const CONTEXT: usize = 80;
/// The most characters that are marked.
const LONGEST_MARK: usize = 120;

/// The diagnostic as text, with a line end after its last line.
pub fn draw(diagnostic: &Diagnostic, source: &Source, colour: Colour) -> String {
    let mut labels: Vec<(usize, &Label)> = diagnostic.labels.iter().enumerate().collect();
    labels.sort_by_key(|(_, label)| label.span.start);
    let last = labels.iter().map(|(_, label)| source.line(label.span.start)).max();
    let mut drawing = Drawing {
        out: String::new(),
        source,
        severity: diagnostic.severity,
        margin: last.unwrap_or(1).to_string().len(),
        colour,
    };
    drawing.title(diagnostic);
    if let Some(main) = diagnostic.labels.first() {
        drawing.place(source.position(main.span.start));
        drawing.labels(&labels);
    }
    if let Some(help) = &diagnostic.help {
        drawing.help(help);
    }
    drawing.out
}

struct Drawing<'a> {
    out: String,
    source: &'a Source,
    severity: Severity,
    margin: usize,
    colour: Colour,
}

impl Drawing<'_> {
    fn title(&mut self, diagnostic: &Diagnostic) {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        self.styled(self.main_style(), &format!("{word}[{}]", diagnostic.code));
        self.styled(Style::new().bold(), &format!(": {}", one_line(&diagnostic.message)));
        self.out.push('\n');
    }

    fn place(&mut self, at: Position) {
        let path = one_line(&self.source.path().to_string_lossy());
        let margin = " ".repeat(self.margin);
        self.styled(BAR, &format!("{margin}-->"));
        self.write(&format!(" {path}:{}:{}\n", at.line, at.column));
    }

    fn labels(&mut self, labels: &[(usize, &Label)]) {
        self.bar("");
        let mut shown = 0;
        for (rank, label) in labels {
            let line = self.source.line(label.span.start);
            if shown > 0 && line > shown + 1 {
                self.styled(BAR, "...");
                self.out.push('\n');
            }
            let pieces = pieces(self.source, label, line);
            if line != shown {
                self.numbered(line, &pieces.concat());
                shown = line;
            }
            let main = *rank == 0;
            let (sign, style) = if main { ("^", self.main_style()) } else { ("-", BAR) };
            self.mark(&pieces, sign, style, &label.text);
        }
    }

    fn mark(&mut self, [before, marked, _]: &[String; 3], sign: &str, style: Style, text: &str) {
        let wide = |text: &str| text.chars().map(columns).sum::<usize>();
        let marks = format!("{} {}", sign.repeat(wide(marked).max(1)), one_line(text));
        self.bar_start("");
        self.write(&" ".repeat(1 + wide(before)));
        self.styled(style, marks.trim_end());
        self.out.push('\n');
    }

    fn help(&mut self, help: &str) {
        let margin = " ".repeat(self.margin + 1);
        if self.out.lines().count() > 1 {
            self.bar("");
        }
        for (i, line) in neutral(help).lines().enumerate() {
            if i == 0 {
                self.styled(BAR, &format!("{margin}= "));
                self.styled(Style::new().bold(), "help");
                self.write(&format!(": {line}\n"));
            } else {
                self.write(&format!("{margin}        {line}\n"));
            }
        }
    }

    fn numbered(&mut self, line: usize, text: &str) {
        self.bar_start(&line.to_string());
        self.write(format!(" {text}").trim_end());
        self.out.push('\n');
    }

    fn bar(&mut self, number: &str) {
        self.bar_start(number);
        self.out.push('\n');
    }

    fn bar_start(&mut self, number: &str) {
        self.styled(BAR, &format!("{number:>width$} |", width = self.margin));
    }

    fn main_style(&self) -> Style {
        let colour = match self.severity {
            Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Note => AnsiColor::Cyan,
        };
        colour.on_default().bold()
    }

    fn styled(&mut self, style: Style, text: &str) {
        match self.colour {
            Colour::Off => self.write(text),
            Colour::On => self.write(&format!("{style}{text}{style:#}")),
        }
    }

    fn write(&mut self, text: &str) {
        self.out.write_str(text).expect("a string takes everything");
    }
}

const BAR: Style = AnsiColor::Blue.on_default().bold();

/// What stands before the mark, under it and after it, as it is shown.
fn pieces(source: &Source, label: &Label, line: usize) -> [String; 3] {
    let text = source.line_text(line);
    let start = source.line_start(line);
    let from = floor(text, label.span.start - start);
    let to = floor(text, label.span.end.saturating_sub(start)).max(from);
    let before = text[..from].chars().rev().take(CONTEXT).collect::<Vec<_>>();
    let skipped = if text[..from].chars().rev().nth(CONTEXT).is_some() { "…" } else { "" };
    let before: String = skipped.chars().chain(before.into_iter().rev()).collect();
    [
        one_line(&before),
        one_line(&start_of(&text[from..to], LONGEST_MARK)),
        one_line(&start_of(&text[to..], CONTEXT)),
    ]
}

fn start_of(text: &str, length: usize) -> String {
    let mut start: String = text.chars().take(length).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// The nearest offset at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Harmless, without line ends, and with tabs of one width wherever they stand.
pub(super) fn one_line(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut neutralizer = Neutralizer::new(usize::MAX);
    neutralizer.push(text.replace('\t', "    ").as_bytes(), &mut out);
    neutralizer.finish(&mut out);
    out.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::{Colour, draw};
    use crate::diagnostic::{Diagnostic, Label, Severity};
    use crate::source::{Source, Span};

    fn source() -> Source {
        let text = "# Restart\n\n```bash\nheroku restart -a <app>\n\techo ä <app>\n```\n\n\nSet `<app>`.\n";
        Source::new("runbooks/a.md", text)
    }

    fn span(needle: &str, nth: usize) -> Span {
        let source = source();
        let (start, found) = source.text().match_indices(needle).nth(nth).expect("it is there");
        Span::new(start, start + found.len())
    }

    #[test]
    fn a_finding_is_drawn_into_its_line() {
        let finding = Diagnostic::new(
            Severity::Error,
            "placeholder",
            span("<app>", 0),
            "`<app>` has no value",
        )
        .help("give it with `--input app=...`\nor in an answers file");
        let expected = "\
error[placeholder]: `<app>` has no value
 --> runbooks/a.md:4:19
  |
4 | heroku restart -a <app>
  |                   ^^^^^
  |
  = help: give it with `--input app=...`
          or in an answers file
";
        assert_eq!(draw(&finding, &source(), Colour::Off), expected);
    }

    #[test]
    fn other_places_are_drawn_in_the_order_of_the_text() {
        let mut finding =
            Diagnostic::new(Severity::Warning, "spelling", span("<app>", 1), "two spellings");
        finding.labels[0].text = "asked here".into();
        finding.labels.push(Label { span: span("<app>", 2), text: "explained here".into() });
        finding.labels.push(Label { span: span("heroku", 0), text: String::new() });
        let expected = "\
warning[spelling]: two spellings
 --> runbooks/a.md:5:9
  |
4 | heroku restart -a <app>
  | ------
5 |     echo ä <app>
  |            ^^^^^ asked here
...
9 | Set `<app>`.
  |      ----- explained here
";
        assert_eq!(draw(&finding, &source(), Colour::Off), expected);
    }

    #[test]
    fn a_place_of_several_lines_is_marked_on_its_first() {
        let place = span("heroku", 0).join(span("echo", 0));
        let drawing =
            draw(&Diagnostic::new(Severity::Note, "n", place, "m"), &source(), Colour::Off);
        assert!(drawing.ends_with("  | ^^^^^^^^^^^^^^^^^^^^^^^\n"), "{drawing}");
        let nowhere = Span::new(source().text().len(), source().text().len());
        let drawing =
            draw(&Diagnostic::new(Severity::Note, "n", nowhere, "m"), &source(), Colour::Off);
        assert!(drawing.ends_with("10 |\n   | ^\n"), "{drawing}");
    }

    #[test]
    fn a_document_cannot_act_on_the_terminal() {
        let source =
            Source::new("a\u{1b}[2J.md", format!("{}\u{1b}]0;x\u{7}\u{202e}y", "z".repeat(300)));
        let finding = Diagnostic::new(Severity::Error, "c", Span::new(300, 305), "\u{1b}[31mmet")
            .help("\u{7}");
        let drawing = draw(&finding, &source, Colour::Off);
        assert!(!drawing.contains(|c: char| c.is_control() && c != '\n'), "{drawing:?}");
        assert!(drawing.contains("zz<ESC>]0;x<BEL><U+202E>y\n"), "{drawing}");
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let finding = Diagnostic::new(Severity::Error, "c", span("<app>", 0), "m").help("h");
        let drawing = draw(&finding, &source(), Colour::On);
        assert!(drawing.contains("\u{1b}[1m\u{1b}[31merror[c]\u{1b}[0m"), "{drawing:?}");
        assert_eq!(super::neutral(&drawing), draw(&finding, &source(), Colour::Off));
    }
}
