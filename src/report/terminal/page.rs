//! The page that a run is drawn on: every line begins with words of ours, or with the margin of whoever
//! speaks.
//!
//! Comes in: what is to be said, and whose words it is. Goes out: lines that fit the terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Effects, Style};

use crate::report::Colour;
use crate::report::wrap::{said, told, verbatim, wrapped};
use crate::voice;

pub(super) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(super) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(super) const GREEN: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
pub(super) const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);

/// Where the value of a fact begins.
const LABEL: usize = 21;

/// Writes lines.
pub(super) struct Page<W> {
    out: W,
    colour: Colour,
    columns: usize,
}

impl<W: Write> Page<W> {
    pub fn new(out: W, colour: Colour, columns: usize) -> Self {
        Self { out, colour, columns }
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Lines that a gutter has made.
    pub fn behind_gutter(&mut self, lines: &str) -> io::Result<()> {
        self.out.write_all(lines.as_bytes())
    }

    pub fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Words of ours, which may quote others; `first` stands before them.
    pub fn says(&mut self, first: &str, text: &str) -> io::Result<()> {
        let lines = said(first, text, self.columns);
        lines.iter().try_for_each(|line| writeln!(self.out, "{line}"))
    }

    /// The same; a mark in a style stands before them, behind some blanks.
    pub fn marks(&mut self, blanks: &str, mark: (Style, &str), text: &str) -> io::Result<()> {
        let lines = said(blanks, &format!("{}{text}", mark.1), self.columns);
        self.lines(&lines, blanks.len(), mark)
    }

    /// Words of ours that are all in a style.
    pub fn says_in(&mut self, style: Style, first: &str, text: &str) -> io::Result<()> {
        for line in said(first, text, self.columns) {
            let bare = line.trim_start();
            self.write(&line[..line.len() - bare.len()], style, bare)?;
        }
        Ok(())
    }

    /// Words of ours that quote a text of several lines.
    pub fn quotes(&mut self, before: &str, text: &str) -> io::Result<()> {
        let rest = format!("{}{} ", " ".repeat(before.len()), voice::GOES_ON);
        verbatim(before, &rest, text, self.columns)
            .iter()
            .try_for_each(|line| writeln!(self.out, "{line}"))
    }

    /// A label and its value.
    pub fn fact(&mut self, label: &str, value: &str) -> io::Result<()> {
        let first = format!("  {:<room$} ", told(label), room = LABEL - 3);
        self.lines(&said(&first, value, self.columns), 2, (DIM, told(label).trim_end()))
    }

    /// A label and its value that the runbook gives.
    pub fn written_fact(&mut self, label: &str, value: &str) -> io::Result<()> {
        let (margin, label) = (margin(), told(label));
        let room = LABEL - 1 - margin.chars().count();
        let first = format!("{margin}{label:<room$} ");
        let rest = format!("{margin}{}", " ".repeat(room + 1));
        self.behind_margin(None, &wrapped(&first, &rest, &told(value), self.columns))
    }

    /// Words of the runbook; `style` is theirs.
    pub fn runbook(&mut self, style: Option<Style>, text: &str) -> io::Result<()> {
        let margin = margin();
        self.behind_margin(style, &wrapped(&margin, &margin, text.trim_end(), self.columns))
    }

    /// A point of a list that the runbook gives.
    pub fn point(&mut self, sign: &str, text: &str) -> io::Result<()> {
        let margin = margin();
        let rest = format!("{margin}{}", " ".repeat(sign.chars().count()));
        self.behind_margin(None, &wrapped(&format!("{margin}{sign}"), &rest, text, self.columns))
    }

    /// A text of the runbook that is to be copied, or that is made from it, as it is.
    pub fn runbook_text(&mut self, text: &str) -> io::Result<()> {
        let margin = margin() + "    ";
        self.behind_margin(None, &verbatim(&margin, &margin, text, self.columns))
    }

    fn behind_margin(&mut self, style: Option<Style>, lines: &[String]) -> io::Result<()> {
        for line in lines {
            let (blanks, rest) = line.split_at(2);
            let (sign, text) = rest.split_at(voice::RUNBOOK.len());
            let sign = self.styled(DIM, sign);
            let text = style.map_or(text.to_owned(), |style| self.styled(style, text));
            writeln!(self.out, "{blanks}{sign}{text}")?;
        }
        Ok(())
    }

    /// A command.
    pub fn command(&mut self, text: &str) -> io::Result<()> {
        let [first, rest] = [voice::COMMAND, voice::GOES_ON].map(|sign| format!("  {sign} "));
        for line in verbatim(&first, &rest, text, self.columns) {
            let text = line.char_indices().nth(4).map_or(line.len(), |(at, _)| at);
            self.write(&line[..text], BOLD, &line[text..])?;
        }
        Ok(())
    }

    /// The heading of a step: words of ours, then the runbook's.
    pub fn heading(&mut self, ours: &str, title: &str) -> io::Result<()> {
        let first = format!("{} {ours}", voice::STEP);
        let lines = wrapped(&first, &margin(), &told(title), self.columns);
        let [line] = &lines[..] else {
            let mut lines = lines.iter();
            let head = self.styled(BOLD, lines.next().map_or(first.as_str(), String::as_str));
            writeln!(self.out, "{head}")?;
            let rest: Vec<_> = lines.cloned().collect();
            return self.behind_margin(Some(BOLD), &rest);
        };
        let width = 78_usize.saturating_sub(line.chars().count() + 1);
        self.write("", BOLD, &format!("{line} {}", "─".repeat(width)))
    }

    /// Lines of which the first has a part in a style, after so many bytes.
    fn lines(&mut self, lines: &[String], at: usize, part: (Style, &str)) -> io::Result<()> {
        let (style, styled) = part;
        for (number, line) in lines.iter().enumerate() {
            match line.get(at..).and_then(|rest| rest.strip_prefix(styled)) {
                // The style comes after the breaking, which would count its escape sequences.
                Some(rest) if number == 0 && !styled.is_empty() => {
                    let styled = self.styled(style, styled);
                    writeln!(self.out, "{}{styled}{rest}", &line[..at])?;
                }
                _ => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    fn write(&mut self, before: &str, style: Style, text: &str) -> io::Result<()> {
        let text = self.styled(style, text);
        writeln!(self.out, "{before}{text}")
    }

    fn styled(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::On if !text.is_empty() => format!("{style}{text}{style:#}"),
            _ => text.to_owned(),
        }
    }
}

/// What stands before each line of the runbook's words.
fn margin() -> String {
    format!("  {} ", voice::RUNBOOK)
}
