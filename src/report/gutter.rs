//! Puts a gutter before every line of a command's output.
//!
//! Only the program writes at the left edge of the screen: lines are broken before the terminal
//! would wrap them, so that no output can pose as a line of the program.

use super::invisible::columns;
use super::neutral::Neutralizer;

/// Turns a command's bytes into harmless lines, each behind the gutter.
#[derive(Debug)]
pub struct Gutter {
    prefix: String,
    neutralizer: Neutralizer,
    /// Text of a line that has not ended, as far as it was not shown.
    line: String,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    Inside,
}

impl Gutter {
    /// A gutter, such as `  │ `, on a terminal of so many columns.
    pub fn new(prefix: &str, terminal: usize) -> Self {
        // One column is left for the mark of a broken line, one for terminals that wrap early.
        let taken = prefix.chars().map(columns).sum::<usize>() + 2;
        Self {
            prefix: prefix.to_owned(),
            neutralizer: Neutralizer::new(terminal.saturating_sub(taken)),
            line: String::new(),
            place: Place::LineStart,
        }
    }

    /// Takes the next bytes and gives out the lines that are complete.
    pub fn push(&mut self, bytes: &[u8], out: &mut String) {
        self.neutralizer.push(bytes, &mut self.line);
        self.complete_lines(out);
    }

    /// Gives out what there is of a line that has not ended, such as a question.
    pub fn flush(&mut self, out: &mut String) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.write(&line, out);
        }
    }

    /// Whether a line was given out that has not ended.
    pub fn is_inside(&self) -> bool {
        self.place == Place::Inside
    }

    /// Ends the line that was given out, for somebody else to write; what comes of it begins another.
    pub fn end_line(&mut self, out: &mut String) {
        if self.is_inside() {
            out.push('\n');
            self.place = Place::LineStart;
        }
    }

    /// Gives out the rest and ends the line.
    pub fn finish(&mut self, out: &mut String) {
        self.neutralizer.finish(&mut self.line);
        self.complete_lines(out);
        self.flush(out);
        self.end_line(out);
    }

    fn complete_lines(&mut self, out: &mut String) {
        let Some(end) = self.line.rfind('\n') else {
            return;
        };
        let rest = self.line.split_off(end + 1);
        let lines = std::mem::replace(&mut self.line, rest);
        for line in lines.split_inclusive('\n') {
            self.write(line, out);
        }
    }

    fn write(&mut self, text: &str, out: &mut String) {
        if self.place == Place::LineStart {
            out.push_str(&self.prefix);
        }
        out.push_str(text);
        self.place = if text.ends_with('\n') { Place::LineStart } else { Place::Inside };
    }
}

#[cfg(test)]
mod tests {
    use super::Gutter;

    #[test]
    fn every_line_stands_behind_the_gutter() {
        let (mut gutter, mut out) = (Gutter::new("  │ ", 80), String::new());
        gutter.push(b"one\ntw", &mut out);
        assert_eq!(out, "  │ one\n");
        gutter.push(b"o\r\n\nPassword: ", &mut out);
        assert_eq!(out, "  │ one\n  │ two\n  │ \n");
        gutter.flush(&mut out);
        gutter.push(b"ok\nend", &mut out);
        gutter.finish(&mut out);
        assert_eq!(out, "  │ one\n  │ two\n  │ \n  │ Password: ok\n  │ end\n");
        out.clear();
        gutter.push(b"Go on?", &mut out);
        gutter.flush(&mut out);
        assert!(gutter.is_inside());
        gutter.end_line(&mut out);
        gutter.push(b" y\n", &mut out);
        assert_eq!(out, "  │ Go on?\n  │  y\n");
    }

    #[test]
    fn no_output_reaches_the_left_edge() {
        let (mut gutter, mut out) = (Gutter::new("  │ ", 20), String::new());
        gutter.push("x".repeat(14).as_bytes(), &mut out);
        gutter.push("✔ met\n漢字漢字漢字漢字漢字\r\x1b[2A✔ met".as_bytes(), &mut out);
        gutter.finish(&mut out);
        assert!(out.lines().all(|line| line.starts_with("  │ ")), "{out}");
        assert_eq!(out.lines().next(), Some("  │ xxxxxxxxxxxxxx…"));
    }
}
