//! A shell's state as a value: options, variables, functions, the rest, the folder.
//!
//! Comes in: the texts by which bash describes itself. Goes out: the same texts, to be evaluated
//! by another bash. Variables may hold secrets: the memory is zeroed when it is dropped.

use std::rc::Rc;

use zeroize::Zeroizing;

use super::declaration::declared;

/// What each text is about, in the order in which they are evaluated.
pub const ORDER: [&str; 5] = ["shopt", "variables", "functions", "rest", "set"];
/// Which of them is about variables.
const VARIABLES: usize = 1;

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
        self.parts.iter().any(|part| sets_traps(part))
    }

    /// How the shell would go to its folder: it tells two folders apart that it went to itself.
    pub fn way(&self) -> &[u8] {
        self.parts.get(REST).map_or(&[], |rest| way(rest))
    }

    /// Its variables: each name, with the text that sets it.
    pub fn variables(&self) -> Vec<(&str, &str)> {
        let text = self.parts.get(VARIABLES).map_or(&[][..], |part| part.as_slice());
        declared(std::str::from_utf8(text).unwrap_or_default())
    }

    /// The texts of everything else, by what it is.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = ORDER.iter().zip(self.parts.iter()).filter(|(name, _)| **name != "variables");
        named.map(|(name, part)| (*name, std::str::from_utf8(part).unwrap_or_default()))
    }

    /// The text that declares a variable.
    fn declaration(&self, name: &str) -> Option<&str> {
        self.variables().into_iter().find(|(known, _)| *known == name).map(|(_, text)| text)
    }

    /// The value of a variable that is one text, as `declare -p` writes it between its quotes;
    /// nothing where there is no such variable, or where it stands for another one.
    pub fn text(&self, name: &str) -> Option<&[u8]> {
        let (flags, rest) = self.declaration(name)?.strip_prefix("declare -")?.split_once(' ')?;
        let value = rest.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"')?;
        (!flags.contains('n')).then_some(value.as_bytes())
    }

    /// Whether the shell ends words where it does unless it is told otherwise.
    pub fn has_usual_fields(&self) -> bool {
        let declared = self.declaration("IFS");
        declared.is_some_and(|text| text.ends_with(r"IFS=$' \t\n'"))
            || self.text("IFS") == Some(b" \t\n")
    }

    /// Whether the two shells would behave the same.
    pub fn same(&self, other: &Self) -> bool {
        self.parts.iter().eq(other.parts.iter())
    }
}

/// Which part holds aliases, traps, the mask, and last the folder.
const REST: usize = 3;

/// How the line begins that goes to the shell's folder.
const WAY: &[u8] = b"builtin cd -- ";

/// The way to the folder in the text of everything else.
pub fn way(rest: &[u8]) -> &[u8] {
    memchr::memmem::rfind(rest, WAY).map_or(&[], |at| &rest[at..])
}

/// Whether a part of a state sets a trap.
pub(super) fn sets_traps(part: &[u8]) -> bool {
    part.starts_with(b"trap -- ") || memchr::memmem::find(part, b"\ntrap -- ").is_some()
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
    use zeroize::Zeroizing;

    use super::State;

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
    }
}
