//! The search runs in three lanes over the same bytes: text as it is, base64 digits, hex digits.
//!
//! In the lanes of digits, line ends of folded text do not count, nor do the separators of hex.
//! What does not count is decided from the bytes around a place alone, never from what the lane
//! did before; so it does not matter where a search begins or how the bytes arrive.

use memchr::memchr;

use super::automaton::{Automaton, ROOT, State, Word};
use super::forms::{HEX_SEPARATORS, STANDARD};
use super::sieve::LONGEST_GAP;

/// A line is taken for folded if so many bytes before its end are digits.
const FOLDED: usize = 40;
/// The byte that begins a control sequence.
pub(super) const ESCAPE: u8 = 0x1b;
/// The longest control sequence that is passed over; the longest that programs write for colours
/// has a foreground and a background in 24 bits.
const LONGEST_COLOUR: usize = 48;

/// What a lane reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    Literal,
    Base64,
    Hex,
}

/// Words in one alphabet.
pub(super) struct Lane {
    pub(super) alphabet: Alphabet,
    pub(super) automaton: Automaton,
    /// Base64 digits of which bits may belong to a word that follows.
    pub(super) left: [bool; 256],
    pub(super) colours: Colours,
}

/// Whether control sequences count as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    /// They do: a secret has an escape character in it.
    Count,
    /// They do not: `grep --color` writes them into the middle of what it found.
    Ignored,
}

impl Lane {
    /// The state after the byte at `at`.
    #[inline]
    pub(super) fn step(&self, state: State, bytes: &[u8], at: usize) -> State {
        let byte = bytes[at];
        match self.alphabet {
            _ if self.is_digit(bytes, at) => self.automaton.next(state, byte),
            Alphabet::Literal => state,
            _ if state == ROOT || !self.does_not_count(bytes, at) => ROOT,
            _ => state,
        }
    }

    /// Where the longest form that ends at `end` begins, and which it is.
    pub(super) fn found(&self, state: State, bytes: &[u8], end: usize) -> Option<(usize, &Word)> {
        self.automaton.words(state).find_map(|word| {
            let start = self.start(bytes, end, word.length);
            if !self.is_regular(&bytes[start..end]) {
                return None;
            }
            let digit = self.digit_before(bytes, start);
            let taken = digit.filter(|at| word.left.fit(value(bytes[*at])));
            Some((taken.unwrap_or(start), word))
        })
    }

    /// Where the earliest form that may still be going on at `end` begins.
    pub(super) fn open(&self, state: State, bytes: &[u8], end: usize) -> usize {
        let start = self.start(bytes, end, self.automaton.open_depth(state));
        let digit = self.digit_before(bytes, start);
        digit.filter(|at| self.left[usize::from(bytes[*at])]).unwrap_or(start)
    }

    fn start(&self, bytes: &[u8], end: usize, length: usize) -> usize {
        // A control sequence that began earlier may reach into these bytes.
        let near = end.saturating_sub(length + LONGEST_COLOUR);
        let is_whole = || memchr(ESCAPE, &bytes[near..end]).is_none();
        if length == 0 || (self.alphabet == Alphabet::Literal && is_whole()) {
            return end - length;
        }
        let mut at = end;
        let mut left = length;
        while left > 0 {
            at -= 1;
            left -= usize::from(self.is_digit(bytes, at));
        }
        at
    }

    #[inline]
    pub(super) fn is_digit(&self, bytes: &[u8], at: usize) -> bool {
        let byte = bytes[at];
        match self.alphabet {
            Alphabet::Literal => self.colours == Colours::Count || !is_colour(bytes, at),
            Alphabet::Hex => byte.is_ascii_hexdigit(),
            Alphabet::Base64 => is_base64(byte) && !is_escape(bytes, at),
        }
    }

    fn is_between(&self, bytes: &[u8], at: usize) -> bool {
        match self.alphabet {
            Alphabet::Literal => is_colour(bytes, at),
            Alphabet::Hex => b" \t\r\n:%\\x".contains(&bytes[at]),
            Alphabet::Base64 => b" \t\r\n\\".contains(&bytes[at]) || is_escape(bytes, at),
        }
    }

    /// Whether the byte may stand between two digits of one form.
    fn does_not_count(&self, bytes: &[u8], at: usize) -> bool {
        let Some(start) = self.gap_start(bytes, at + 1) else {
            return false;
        };
        let gap = &bytes[start..=at];
        match self.alphabet {
            _ if gap.is_empty() => false,
            Alphabet::Literal => false,
            Alphabet::Base64 => begins_fold(gap) && is_folded(&bytes[..start], is_base64),
            Alphabet::Hex if gap.contains(&b'\n') || gap.contains(&b'\r') => {
                is_hex_fold(gap) && is_folded(&bytes[..start], is_hex_line)
            }
            Alphabet::Hex => HEX_SEPARATORS.iter().any(|separator| separator.starts_with(gap)),
        }
    }

    /// Where the bytes between digits begin that end at `end`.
    fn gap_start(&self, bytes: &[u8], end: usize) -> Option<usize> {
        let least = end.saturating_sub(LONGEST_GAP + 1);
        let mut start = end;
        while start > least && self.is_between(bytes, start - 1) {
            start -= 1;
        }
        (start > least || start == 0).then_some(start)
    }

    /// The base64 digit before `start`, in the same line or at the end of a folded one.
    fn digit_before(&self, bytes: &[u8], start: usize) -> Option<usize> {
        if self.alphabet != Alphabet::Base64 || start == 0 {
            return None;
        }
        if self.is_digit(bytes, start - 1) {
            return Some(start - 1);
        }
        let gap = self.gap_start(bytes, start)?;
        let folded = self.does_not_count(bytes, start - 1);
        (folded && gap > 0 && self.is_digit(bytes, gap - 1)).then(|| gap - 1)
    }

    /// Whether the bytes between the digits are the same everywhere, except at line ends.
    fn is_regular(&self, form: &[u8]) -> bool {
        match self.alphabet {
            Alphabet::Literal => true,
            Alphabet::Base64 => self.gaps(form).all(|(_, gap)| gap.is_empty() || is_fold(gap)),
            Alphabet::Hex => self.is_regular_hex(form),
        }
    }

    fn is_regular_hex(&self, form: &[u8]) -> bool {
        let mut folded = false;
        let mut separator = None;
        for (digits, gap) in self.gaps(form) {
            if is_hex_fold(gap) {
                folded = true;
            } else if digits % 2 == 1 {
                if !gap.is_empty() {
                    return false;
                }
            } else if *separator.get_or_insert(gap) != gap {
                return false;
            }
        }
        !folded || FOLDED_SEPARATORS.contains(&separator.unwrap_or_default())
    }

    /// What stands before each digit but the first, with the number of digits before it.
    fn gaps<'a>(&'a self, form: &'a [u8]) -> impl Iterator<Item = (usize, &'a [u8])> + 'a {
        let mut end = 0;
        let digits = (0..form.len()).filter(|at| self.is_digit(form, *at)).enumerate();
        digits
            .map(move |(count, at)| {
                let gap = &form[end..at];
                end = at + 1;
                (count, gap)
            })
            .skip(1)
    }
}

/// What stands between bytes in hex that is folded at the end of a line.
const FOLDED_SEPARATORS: [&[u8]; 3] = [b"", b" ", b":"];

/// Whether the byte belongs to a control sequence such as `ESC [ 0 1 ; 3 1 m`.
#[inline]
fn is_colour(bytes: &[u8], at: usize) -> bool {
    if bytes[at] == ESCAPE {
        return true;
    }
    let before = &bytes[at.saturating_sub(LONGEST_COLOUR)..at];
    match before.last() {
        Some(&ESCAPE) => bytes[at] == b'[',
        Some(b'[' | b'0'..=b'9' | b';' | b':' | b'?') => {
            let parameters = before
                .iter()
                .rev()
                .take_while(|byte| matches!(byte, b'0'..=b'9' | b';' | b':' | b'?'));
            let start = &before[..before.len() - parameters.count()];
            start.ends_with(&[ESCAPE, b'['])
                && matches!(bytes[at], b'0'..=b'9' | b';' | b':' | b'?' | b'@'..=b'~')
        }
        _ => false,
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The value of a base64 digit of either alphabet.
pub(super) fn value(digit: u8) -> u8 {
    let standard = match digit {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    let place = STANDARD.iter().position(|other| *other == standard);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

/// The letter of `\n` or `\r` in JSON or in a shell word.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at], b'n' | b'r') && at > 0 && bytes[at - 1] == b'\\'
}

fn is_hex_line(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || b" :%\\x".contains(&byte)
}

fn is_folded(before: &[u8], of_line: fn(u8) -> bool) -> bool {
    before.len() >= FOLDED && before.iter().rev().take(FOLDED).all(|byte| of_line(*byte))
}

/// A line end and the indentation after it.
fn is_fold(gap: &[u8]) -> bool {
    let ends: [&[u8]; 5] = [b"\r\n", b"\n", b"\r", b"\\r\\n", b"\\n"];
    let rest = ends.iter().find_map(|end| gap.strip_prefix(*end));
    rest.is_some_and(|rest| rest.iter().all(|byte| matches!(byte, b' ' | b'\t')))
}

fn begins_fold(gap: &[u8]) -> bool {
    is_fold(gap) || b"\\r\\n".starts_with(gap)
}

/// A line end with a separator before it and indentation after it.
fn is_hex_fold(gap: &[u8]) -> bool {
    let gap = gap.strip_prefix(b":").or(gap.strip_prefix(b" ")).unwrap_or(gap);
    let ends: [&[u8]; 3] = [b"\r\n", b"\n", b"\r"];
    let Some(rest) = ends.iter().find_map(|end| gap.strip_prefix(*end)) else {
        return false;
    };
    rest.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}
