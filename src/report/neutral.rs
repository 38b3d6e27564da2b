//! Makes text that somebody else wrote harmless for a terminal.
//!
//! Comes in: bytes of a command, cut anywhere. Goes out: text without a single control character
//! but `\n` and `\t`. Colours are dropped; every other control sequence is shown instead of
//! obeyed, so that nothing moves the cursor, sets a title or the clipboard, and nothing is hidden
//! either. A carriage return becomes a line end: what it would have overwritten stays readable.

use std::fmt::Write;

use super::invisible::{Sight, columns, sight};

/// The longest line, in columns, where the terminal sets no limit.
const LONGEST_LINE: usize = 4096;
/// Stands at the end of a line that was broken.
const BROKEN: char = '…';
/// The longest control sequence that is recognised, in characters.
const LONGEST_SEQUENCE: usize = 64;

/// The whole text made harmless.
pub fn neutral(text: &str) -> String {
    if text.len() <= LONGEST_LINE && is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut neutralizer = Neutralizer::default();
    neutralizer.push(text.as_bytes(), &mut out);
    neutralizer.finish(&mut out);
    out
}

/// Whether a text is ordinary ASCII in one line, which is harmless as it is.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Makes a stream of bytes harmless. What comes out does not depend on how the bytes are cut.
#[derive(Debug)]
pub struct Neutralizer {
    state: State,
    /// The beginning of a character that is cut.
    partial: Vec<u8>,
    column: usize,
    limit: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Text,
    /// A carriage return, which a line feed may follow.
    Return,
    /// `ESC`, and what came after it.
    Sequence(String),
}

impl Default for Neutralizer {
    fn default() -> Self {
        Self::new(LONGEST_LINE)
    }
}

impl Neutralizer {
    /// Breaks lines that take more than `limit` columns.
    pub fn new(limit: usize) -> Self {
        Self { state: State::Text, partial: Vec::new(), column: 0, limit: limit.max(2) }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8], out: &mut String) {
        if self.partial.is_empty() {
            return self.decode(bytes, out);
        }
        let mut joined = std::mem::take(&mut self.partial);
        joined.extend_from_slice(bytes);
        self.decode(&joined, out);
    }

    /// Shows what was waiting for more.
    pub fn finish(&mut self, out: &mut String) {
        for byte in std::mem::take(&mut self.partial) {
            self.byte(byte, out);
        }
        match std::mem::replace(&mut self.state, State::Text) {
            State::Text => {}
            State::Return => self.line_end(out),
            State::Sequence(sequence) => self.show_sequence(&sequence, out),
        }
    }

    fn decode(&mut self, mut bytes: &[u8], out: &mut String) {
        for chunk in bytes.utf8_chunks() {
            self.text(chunk.valid(), out);
            bytes = &bytes[chunk.valid().len()..];
            let is_cut = bytes.len() < 4
                && std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
            if is_cut {
                self.partial.extend_from_slice(bytes);
                return;
            }
            for byte in chunk.invalid() {
                self.byte(*byte, out);
            }
            bytes = &bytes[chunk.invalid().len()..];
        }
    }

    /// A byte that is part of no character.
    fn byte(&mut self, byte: u8, out: &mut String) {
        self.settle(out);
        self.show(&format!("\\x{byte:02x}"), out);
    }

    fn text(&mut self, mut text: &str, out: &mut String) {
        while let Some(c) = text.chars().next() {
            let plain = self.plain_run(text.as_bytes());
            if plain > 0 {
                out.push_str(&text[..plain]);
                self.column += plain;
                text = &text[plain..];
            } else {
                self.character(c, out);
                text = &text[c.len_utf8()..];
            }
        }
    }

    /// How many of the first bytes are ordinary ASCII that fits on the line.
    fn plain_run(&self, bytes: &[u8]) -> usize {
        if self.state != State::Text {
            return 0;
        }
        let room = self.limit.saturating_sub(self.column);
        let bytes = &bytes[..bytes.len().min(room)];
        bytes.iter().take_while(|byte| matches!(byte, b' '..=b'~')).count()
    }

    fn character(&mut self, c: char, out: &mut String) {
        match (&mut self.state, c) {
            (State::Sequence(_), _) => self.sequence(c, out),
            (State::Return, '\r') => {}
            (State::Return, '\n') => {
                self.state = State::Text;
                self.line_end(out);
            }
            (State::Return, _) => {
                self.settle(out);
                self.character(c, out);
            }
            (State::Text, '\r') => self.state = State::Return,
            (State::Text, '\u{1b}') => self.state = State::Sequence(String::new()),
            (State::Text, '\n') => self.line_end(out),
            (State::Text, c) => self.visible(c, out),
        }
    }

    fn visible(&mut self, c: char, out: &mut String) {
        match sight(c) {
            Sight::Dropped => {}
            Sight::Named if c != '\t' => self.show(&name(c), out),
            Sight::Named | Sight::Seen => self.put(c, out),
        }
    }

    /// Ends what is open, because what comes does not belong to it.
    fn settle(&mut self, out: &mut String) {
        match std::mem::replace(&mut self.state, State::Text) {
            State::Text => {}
            State::Return => self.line_end(out),
            State::Sequence(sequence) => self.show_sequence(&sequence, out),
        }
    }

    /// One more character after `ESC`.
    fn sequence(&mut self, c: char, out: &mut String) {
        let State::Sequence(sequence) = &mut self.state else {
            return;
        };
        if !goes_on(sequence, c) {
            self.settle(out);
            return self.character(c, out);
        }
        sequence.push(c);
        if !is_whole(sequence) {
            return;
        }
        if is_harmless(sequence) {
            self.state = State::Text;
        } else {
            self.settle(out);
        }
    }

    fn show_sequence(&mut self, sequence: &str, out: &mut String) {
        self.show("<ESC>", out);
        self.show(sequence, out);
    }

    fn show(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            self.put(c, out);
        }
    }

    fn put(&mut self, c: char, out: &mut String) {
        let wide = columns(c);
        if self.column + wide > self.limit && self.column > 0 {
            out.push(BROKEN);
            self.line_end(out);
        }
        out.push(c);
        self.column += wide;
    }

    fn line_end(&mut self, out: &mut String) {
        out.push('\n');
        self.column = 0;
    }
}

fn name(c: char) -> String {
    let mut name = String::new();
    match c {
        '\0' => name.push_str("<NUL>"),
        '\u{7}' => name.push_str("<BEL>"),
        '\u{8}' => name.push_str("<BS>"),
        c => write!(name, "<U+{:04X}>", u32::from(c)).expect("a string takes everything"),
    }
    name
}

/// Whether `c` may follow in a sequence of ECMA-48: `[` with parameters and a final letter, `(`
/// with a letter, or a single sign.
fn goes_on(sequence: &str, c: char) -> bool {
    match sequence.chars().next() {
        None => matches!(c, '[' | '(' | '=' | '>'),
        Some('[') => matches!(c, ' '..='~') && sequence.len() < LONGEST_SEQUENCE,
        _ => matches!(c, ' '..='~'),
    }
}

fn is_whole(sequence: &str) -> bool {
    let last = sequence.chars().next_back();
    match sequence.chars().next() {
        Some('[') => sequence.len() > 1 && last.is_some_and(|c| matches!(c, '@'..='~')),
        Some('(') => sequence.len() == 2,
        _ => true,
    }
}

/// Colours; erasing to the end of the line; showing the cursor, keypad and paste modes: without
/// them the text reads the same.
fn is_harmless(sequence: &str) -> bool {
    const MODES: &[&str] =
        &["[?25l", "[?25h", "[?2004l", "[?2004h", "[?1l", "[?1h", "=", ">", "(B"];
    let parameters = sequence.strip_prefix('[').and_then(|rest| rest.strip_suffix(['m', 'K']));
    let numbers = |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, ';' | ':'));
    MODES.contains(&sequence) || parameters.is_some_and(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Neutralizer, neutral};

    fn in_pieces(bytes: &[u8], size: usize, limit: usize) -> String {
        let mut out = String::new();
        let mut neutralizer = Neutralizer::new(limit);
        for piece in bytes.chunks(size) {
            neutralizer.push(piece, &mut out);
        }
        neutralizer.finish(&mut out);
        out
    }

    fn case(bytes: &[u8], expected: &str) {
        for size in 1..8 {
            assert_eq!(in_pieces(bytes, size, 4096), expected, "{bytes:?} by {size}");
        }
    }

    #[test]
    fn ordinary_text_passes() {
        case("a\tb ä €😀 │\n".as_bytes(), "a\tb ä €😀 │\n");
    }

    #[test]
    fn colours_are_dropped() {
        case(b"\x1b[1;32mok\x1b[0m\x1b[K \x1b(B\x1b[?25l\x1b[38:5:1mz", "ok z");
    }

    #[test]
    fn what_would_act_on_the_terminal_is_shown() {
        case(b"\x1b[2J\x1b[H\x1b[1A", "<ESC>[2J<ESC>[H<ESC>[1A");
        case(b"\x1b]0;title\x07", "<ESC>]0;title<BEL>");
        case(b"\x1b]52;c;aGk=\x1b\\", "<ESC>]52;c;aGk=<ESC>\\");
        case(b"\x1bP1$r\x1b\\", "<ESC>P1$r<ESC>\\");
        case(b"\x1b[?1049h", "<ESC>[?1049h");
        case(b"\x1bc\x1b", "<ESC>c<ESC>");
        case(b"\x1b[12", "<ESC>[12");
        case(b"\x1b[\x1b[31mx", "<ESC>[x");
        case("\u{9b}2J".as_bytes(), "<U+009B>2J");
        case(b"a\x08b\x00\x7f\x0c", "a<BS>b<NUL><U+007F><U+000C>");
    }

    #[test]
    fn nothing_after_an_endless_sequence_is_hidden() {
        let text = format!("\u{1b}[{}m", "1;".repeat(100));
        assert_eq!(neutral(&text), format!("<ESC>[{}m", "1;".repeat(100)));
        assert_eq!(neutral("\u{1b}]0;met\nrest\n"), "<ESC>]0;met\nrest\n");
    }

    #[test]
    fn a_carriage_return_ends_a_line() {
        case(b"10%\r20%\r\n30%\r\r\nx\r", "10%\n20%\n30%\nx\n");
        case(b"real\rfake", "real\nfake");
    }

    #[test]
    fn what_is_not_seen_is_named() {
        case(
            "a\u{202e}b\u{200b}c\u{feff}\u{2066}".as_bytes(),
            "a<U+202E>b<U+200B>c<U+FEFF><U+2066>",
        );
        case("✔\u{fe0f}".as_bytes(), "✔");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        case(b"\xff\xc3(\xe2\x82", "\\xff\\xc3(\\xe2\\x82");
        case(b"\xed\xa0\x80", "\\xed\\xa0\\x80");
    }

    #[test]
    fn long_lines_are_broken_with_a_mark() {
        assert_eq!(in_pieces(b"abcdefgh\nij", 3, 4), "abcd…\nefgh\nij");
        assert_eq!(in_pieces("äöü漢字".as_bytes(), 1, 4), "äöü…\n漢字");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_or_hides_comes_out(bytes in proptest::collection::vec(any::<u8>(), 0..300), size in 1_usize..40) {
            let whole = in_pieces(&bytes, 1000, 80);
            prop_assert_eq!(&in_pieces(&bytes, size, 80), &whole);
            let allowed = |c: char| matches!(c, '\n' | '\t' | ' '..='~') || c >= '\u{a0}';
            prop_assert!(whole.chars().all(allowed), "{whole:?}");
        }

        #[test]
        fn no_invisible_character_comes_out(text in "[\\PC\\p{Cf}\\x1b\\[\\]0-9;mHJ\\r\\n]{0,200}") {
            let out = neutral(&text);
            let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{1b}' | '\r');
            prop_assert!(!out.contains(hidden), "{out:?}");
        }
    }
}
