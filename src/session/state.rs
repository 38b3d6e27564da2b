//! A shell's state as a value: options, variables, functions, the rest, the folder.
//!
//! Comes in: the texts by which bash describes itself. Goes out: the same texts, to be evaluated
//! by another bash. Variables may hold secrets: the memory is zeroed when it is dropped.

use std::rc::Rc;

use zeroize::Zeroizing;

/// A snapshot of a shell; cheap to clone.
#[derive(Clone)]
pub struct State {
    parts: Rc<Vec<Zeroizing<Vec<u8>>>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size: usize = self.parts.iter().map(|part| part.len()).sum();
        write!(formatter, "State({size} bytes)")
    }
}

impl State {
    pub(super) fn new(parts: Vec<Zeroizing<Vec<u8>>>) -> Self {
        Self { parts: Rc::new(parts) }
    }

    /// The texts to evaluate, in this order.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| part.as_slice())
    }

    /// Whether a signal can make the shell run something, and so change it, at any time.
    pub(super) fn has_traps(&self) -> bool {
        self.parts.iter().any(|part| memchr::memmem::find(part, b"\ntrap -- ").is_some())
            || self.parts.iter().any(|part| part.starts_with(b"trap -- "))
    }

    /// The value of a variable that is one text, as `declare -p` writes it between its quotes;
    /// nothing where there is no such variable, or where the description is not understood.
    pub fn text(&self, name: &str) -> Option<&[u8]> {
        let mut rest = self.parts().nth(VARIABLES)?;
        while !rest.is_empty() {
            let (entry, after) = Entry::first(rest)?;
            if entry.name == name.as_bytes() {
                return (!entry.refers).then_some(entry.value)?;
            }
            rest = after;
        }
        None
    }

    /// Whether the shell ends words where it does unless it is told otherwise.
    pub fn has_usual_fields(&self) -> bool {
        let usual = b"\ndeclare -- IFS=$' \\t\\n'\n";
        self.text("IFS") == Some(b" \t\n")
            || self
                .parts()
                .nth(VARIABLES)
                .is_some_and(|it| memchr::memmem::find(it, usual).is_some())
    }

    /// Whether the two shells would behave the same.
    pub fn same(&self, other: &Self) -> bool {
        self.parts.iter().eq(other.parts.iter())
    }
}

/// Which of the parts describes the variables.
const VARIABLES: usize = 1;

/// A line of `declare -p`, or several if its value has several.
struct Entry<'a> {
    name: &'a [u8],
    /// What stands between double quotes.
    value: Option<&'a [u8]>,
    /// Whether it stands for another variable.
    refers: bool,
}

impl<'a> Entry<'a> {
    /// The first of a description, and what follows it.
    fn first(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let text = text.strip_prefix(b"declare -")?;
        let space = memchr::memchr(b' ', text)?;
        let (flags, text) = (&text[..space], &text[space + 1..]);
        let end = memchr::memchr2(b'=', b'\n', text)?;
        let (name, refers) = (&text[..end], flags.contains(&b'n'));
        let (value, rest) = match text[end] {
            b'\n' => (None, &text[end..]),
            _ => quoted(&text[end + 1..])?,
        };
        Some((Self { name, value, refers }, rest.strip_prefix(b"\n")?))
    }
}

/// What a text of double quotes at the beginning holds, and what follows it; for other kinds of
/// values only what follows.
fn quoted(text: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    if let Some(inner) = text.strip_prefix(b"\"") {
        let end = closing(inner, b'"')?;
        return Some((Some(&inner[..end]), &inner[end + 1..]));
    }
    if let Some(inner) = text.strip_prefix(b"$'") {
        return Some((None, &inner[closing(inner, b'\'')? + 1..]));
    }
    let mut rest = text.strip_prefix(b"(")?;
    loop {
        let at = memchr::memchr3(b'"', b'\'', b')', rest)?;
        match rest[at] {
            b')' => return Some((None, &rest[at + 1..])),
            quote => {
                let inner = &rest[at + 1..];
                rest = &inner[closing(inner, quote)? + 1..];
            }
        }
    }
}

/// Where the quotes end that a text begins within.
fn closing(text: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// A buffer that leaves no copy of what it held behind when it grows.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Zeroizing<Vec<u8>>,
}

impl Buffer {
    /// Appends, moving to a larger place first where it is needed; the old place is zeroed.
    pub fn push(&mut self, more: &[u8]) {
        let needed = self.bytes.len() + more.len();
        if needed > self.bytes.capacity() {
            let mut larger =
                Zeroizing::new(Vec::with_capacity(needed.next_power_of_two().max(16384)));
            larger.extend_from_slice(&self.bytes);
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(more);
    }

    /// Takes out what stands before the first NUL, and the NUL.
    pub fn take_field(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let end = memchr::memchr(0, &self.bytes)?;
        let field = Zeroizing::new(self.bytes[..end].to_vec());
        let rest = Zeroizing::new(self.bytes[end + 1..].to_vec());
        self.bytes = rest;
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_among_others_that_look_like_it() {
        let text = b"declare -a A=([0]=\"x)\" [1]=$'\\'declare -- NS=')\ndeclare -- B=\"1\ndeclare -- NS=\\\"bad\\\"\n\"\ndeclare -x NS=\"prod\"\ndeclare -r E\ndeclare -- I=$' \\t\\n'\ndeclare -n R=\"NS\"\ndeclare -A M=()\ndeclare -- Z=\"z\"\n";
        let part = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        let state = State::new(vec![part(b""), part(text)]);
        assert_eq!(state.text("NS"), Some(&b"prod"[..]));
        assert_eq!(state.text("Z"), Some(&b"z"[..]));
        for other in ["A", "E", "I", "R", "M", "NONE"] {
            assert_eq!(state.text(other), None, "{other}");
        }
        let broken = State::new(vec![part(b""), part(b"declare -- A=x\ndeclare -- Z=\"z\"\n")]);
        assert_eq!(broken.text("Z"), None);
    }
}
