//! The forms in which a secret leaves a command: as it is, and as common tools encode it.
//!
//! Comes in: a value. Goes out: for each lane of the search the words to look for, and for the
//! sieve the bytes that they are seen as. Derived forms shorter than six bytes are left out: they
//! would match ordinary text.

use zeroize::Zeroizing;

use super::automaton::LeftBits;
use super::encode;

/// Bytes of a secret or of one of its forms.
pub(super) type Bytes = Zeroizing<Vec<u8>>;

/// The shortest derived form that is looked for, in bytes.
const SHORTEST: usize = 6;
/// The shortest line of a secret that is a secret of its own, in bytes.
const SHORTEST_LINE: usize = 8;

/// Base64 digits of RFC 4648, the standard alphabet and the one that is safe in URLs.
pub(super) const STANDARD: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What may come between two bytes of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing.
    Solid,
    /// Line ends.
    Folded,
    /// Line ends, instead of a separator that it has anyway.
    Spaced,
}

/// A form as the bytes that are seen in an output.
pub(super) struct Spelling {
    pub(super) text: Bytes,
    pub(super) shape: Shape,
}

/// A form as the digits or bytes that are looked for in its lane.
pub(super) struct Term {
    pub(super) text: Bytes,
    pub(super) left: LeftBits,
}

/// All forms of one secret.
#[derive(Default)]
pub(super) struct Forms {
    pub(super) literal: Vec<Term>,
    pub(super) base64: Vec<Term>,
    pub(super) hex: Vec<Term>,
    pub(super) spellings: Vec<Spelling>,
}

impl Forms {
    /// The forms of a value, of the value without white space around it, and of each of its lines
    /// that is long enough.
    pub(super) fn of(value: &str) -> Self {
        let mut forms = Self::default();
        forms.literal_form(value.as_bytes());
        for part in parts(value) {
            for text in encode::texts(part) {
                forms.derived_literal(&text);
            }
            forms.base64_forms(part.as_bytes());
            forms.hex_forms(part.as_bytes());
            // What PowerShell makes base64 of.
            let [little, _] = encode::utf16(part);
            forms.base64_forms(&little);
        }
        forms
    }

    fn derived_literal(&mut self, text: &[u8]) {
        if text.len() >= SHORTEST {
            self.literal_form(text);
        }
    }

    fn literal_form(&mut self, text: &[u8]) {
        if text.is_empty() || self.literal.iter().any(|term| *term.text == text) {
            return;
        }
        self.literal.push(Term::whole(text));
        self.spell(text, Shape::Solid);
    }

    fn base64_forms(&mut self, secret: &[u8]) {
        for lead in 0..3 {
            self.base64_form(secret, lead, STANDARD);
            self.base64_form(secret, lead, URL_SAFE);
        }
    }

    /// The digits that depend on the secret alone when `lead` bytes of a group of three come
    /// before it, and those digits with each digit that may follow and holds bits of it too.
    fn base64_form(&mut self, secret: &[u8], lead: usize, alphabet: &[u8; 64]) {
        let before = [0, 4, 2][lead];
        let bits = secret.len() * 8 - before.min(secret.len() * 8);
        let (whole, rest) = (bits / 6, bits % 6);
        if whole < SHORTEST {
            return;
        }
        let mut digits = Bytes::new(Vec::with_capacity(whole + 1));
        digits.extend((0..whole).map(|i| alphabet[six_bits(secret, before + i * 6)]));
        if self.base64.iter().any(|term| term.text == digits) {
            return;
        }
        self.escaped_base64(&digits);
        self.spell(&digits, Shape::Folded);
        let left = left_bits(secret, before);
        if rest > 0 {
            let first = six_bits(secret, before + whole * 6);
            for last in &alphabet[first..first + (1 << (6 - rest))] {
                let mut longer = Bytes::new(Vec::with_capacity(whole + 1));
                longer.extend(digits.iter().chain([last]));
                self.base64.push(Term { text: longer, left });
            }
        }
        self.base64.push(Term { text: digits, left });
    }

    /// Base64 inside a URL or inside JSON that escapes slashes.
    fn escaped_base64(&mut self, digits: &[u8]) {
        for text in encode::escaped_base64(digits) {
            self.literal_form(&text);
        }
    }

    fn hex_forms(&mut self, secret: &[u8]) {
        if secret.len() * 2 < SHORTEST {
            return;
        }
        for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
            let text = encode::hex(secret, digits, b"");
            if self.hex.iter().any(|term| term.text == text) {
                continue;
            }
            self.spell(&text, Shape::Folded);
            for separator in HEX_SEPARATORS {
                let spaced = encode::hex(secret, digits, separator);
                let folds = matches!(separator, b" " | b":");
                self.spell(&spaced, if folds { Shape::Spaced } else { Shape::Solid });
            }
            self.hex.push(Term { text, left: LeftBits::NONE });
        }
    }

    fn spell(&mut self, text: &[u8], shape: Shape) {
        self.spellings.push(Spelling { text: copy(text), shape });
    }
}

/// What tools write between two bytes in hex: `od`, certificates, URLs, `\x61` of C and Python.
pub(super) const HEX_SEPARATORS: [&[u8]; 4] = [b" ", b":", b"%", b"\\x"];

impl Term {
    fn whole(text: &[u8]) -> Self {
        Self { text: copy(text), left: LeftBits::NONE }
    }
}

/// The value; what is left of it when a shell has stripped it; its lines. The first line of a PEM
/// block is no secret.
fn parts(value: &str) -> Vec<&str> {
    let mut parts = vec![value];
    let offer = |part: &str, shortest: usize| part.len() >= shortest && part.len() < value.len();
    let trimmed = value.trim();
    if offer(trimmed, SHORTEST) {
        parts.push(trimmed);
    }
    if trimmed.contains('\n') {
        let lines = trimmed.lines().map(str::trim);
        parts.extend(lines.filter(|line| offer(line, SHORTEST_LINE) && !line.starts_with("-----")));
    }
    parts
}

/// One allocation, zeroed on drop.
pub(super) fn copy(text: &[u8]) -> Bytes {
    Bytes::new(text.to_vec())
}

/// The base64 digit that begins at a bit; bits after the end are zero.
fn six_bits(bytes: &[u8], bit: usize) -> usize {
    let byte = |i: usize| u16::from(bytes.get(i).copied().unwrap_or(0));
    let pair = byte(bit / 8) << 8 | byte(bit / 8 + 1);
    usize::from(pair >> (10 - bit % 8) & 63)
}

fn left_bits(secret: &[u8], bits: usize) -> LeftBits {
    match bits {
        0 => LeftBits::NONE,
        bits => LeftBits { mask: (1 << bits) - 1, value: secret[0] >> (8 - bits) },
    }
}
