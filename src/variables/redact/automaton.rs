//! Finds many words in one pass over bytes (Aho and Corasick, 1975).
//!
//! Our own, because redaction needs what the libraries keep to themselves: how many of the last
//! bytes are the beginning of a word, so that only those are held back; and every byte of a word
//! zeroed on drop. Sparse on purpose: encodings of a secret are long chains without branches.

use std::collections::VecDeque;

use zeroize::Zeroize;

/// A place in the automaton: which beginning of a word the last bytes are.
pub(super) type State = u32;

/// No byte of any word has been seen.
pub(super) const ROOT: State = 0;

/// What is known about a word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    /// Its length in bytes.
    pub(super) length: usize,
    /// Which secret it spells.
    pub(super) owner: usize,
    /// Bits of a base64 digit before the word that belong to the secret.
    pub(super) left: LeftBits,
}

/// The low bits of the base64 digit before a word, as far as the secret decides them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftBits {
    /// Which bits are decided; 0 for none.
    pub(super) mask: u8,
    /// Their value.
    pub(super) value: u8,
}

impl LeftBits {
    /// Nothing before the word belongs to the secret.
    pub(super) const NONE: Self = Self { mask: 0, value: 0 };

    /// Whether this digit may hold the bits.
    pub(super) const fn fit(self, digit: u8) -> bool {
        self.mask != 0 && digit & self.mask == self.value
    }
}

struct Node {
    byte: u8,
    child: State,
    sibling: State,
    /// The longest shorter beginning of a word that the last bytes are as well.
    fall: State,
    /// The nearest node down the `fall` links at which a word ends, or `ROOT`.
    shorter: State,
    depth: u32,
    /// Its place in `words`, from 1; 0 where no word ends.
    word: u32,
}

/// The words, ready to be searched for.
pub(super) struct Automaton {
    nodes: Vec<Node>,
    first: Box<[State; 256]>,
    words: Vec<Word>,
}

impl Automaton {
    /// An automaton without words that has room for words of so many bytes in all. The room is
    /// taken at once, so that no copy is left behind by growing.
    pub(super) fn with_room(bytes: usize) -> Self {
        let mut nodes = Vec::with_capacity(bytes + 1);
        nodes.push(Node::new(0, 0));
        Self { nodes, first: Box::new([ROOT; 256]), words: Vec::new() }
    }

    /// Adds a word. The first owner of a word keeps it.
    pub(super) fn add(&mut self, bytes: &[u8], owner: usize, left: LeftBits) {
        let mut at = ROOT;
        for byte in bytes {
            at = match self.child(at, *byte) {
                Some(next) => next,
                None => self.grow(at, *byte),
            };
        }
        if at == ROOT || self.nodes[at as usize].word != 0 {
            return;
        }
        self.words.push(Word { length: bytes.len(), owner, left });
        self.nodes[at as usize].word =
            u32::try_from(self.words.len()).expect("fewer than four billion words");
    }

    fn grow(&mut self, parent: State, byte: u8) -> State {
        let new = State::try_from(self.nodes.len()).expect("fewer than four billion bytes");
        let mut node = Node::new(byte, self.nodes[parent as usize].depth + 1);
        node.sibling = self.nodes[parent as usize].child;
        self.nodes.push(node);
        self.nodes[parent as usize].child = new;
        if parent == ROOT {
            self.first[usize::from(byte)] = new;
        }
        new
    }

    /// Links every node to the next best one. To be called once, after the last word.
    pub(super) fn link(&mut self) {
        let mut queue = VecDeque::from([ROOT]);
        while let Some(parent) = queue.pop_front() {
            let mut at = self.nodes[parent as usize].child;
            while at != ROOT {
                let byte = self.nodes[at as usize].byte;
                let fall = match parent {
                    ROOT => ROOT,
                    _ => self.next(self.nodes[parent as usize].fall, byte),
                };
                let target = &self.nodes[fall as usize];
                let shorter = if target.word == 0 { target.shorter } else { fall };
                let node = &mut self.nodes[at as usize];
                (node.fall, node.shorter) = (fall, shorter);
                queue.push_back(at);
                at = node.sibling;
            }
        }
    }

    fn child(&self, state: State, byte: u8) -> Option<State> {
        if state == ROOT {
            let next = self.first[usize::from(byte)];
            return (next != ROOT).then_some(next);
        }
        let mut at = self.nodes[state as usize].child;
        while at != ROOT {
            let node = &self.nodes[at as usize];
            if node.byte == byte {
                return Some(at);
            }
            at = node.sibling;
        }
        None
    }

    /// The state after one more byte.
    #[inline]
    pub(super) fn next(&self, mut state: State, byte: u8) -> State {
        while state != ROOT {
            if let Some(next) = self.child(state, byte) {
                return next;
            }
            state = self.nodes[state as usize].fall;
        }
        self.first[usize::from(byte)]
    }

    /// How many of the last bytes are the beginning of a word (or a whole one).
    pub(super) fn depth(&self, state: State) -> usize {
        self.nodes[state as usize].depth as usize
    }

    /// Whether no word goes on from here: what was seen is decided.
    pub(super) fn is_end(&self, state: State) -> bool {
        self.nodes[state as usize].child == ROOT
    }

    /// The words that end here, the longest first.
    pub(super) fn words(&self, state: State) -> impl Iterator<Item = &Word> + '_ {
        let here = &self.nodes[state as usize];
        let mut at = if here.word == 0 { here.shorter } else { state };
        std::iter::from_fn(move || {
            let node = &self.nodes[at as usize];
            at = node.shorter;
            self.words.get((node.word as usize).wrapping_sub(1))
        })
    }

    /// The longest prefix of a word that the state stands for and that can still go on; smaller
    /// than [`Automaton::depth`] where the state is a whole word that nothing follows.
    pub(super) fn open_depth(&self, mut state: State) -> usize {
        while state != ROOT && self.is_end(state) {
            state = self.nodes[state as usize].fall;
        }
        self.depth(state)
    }
}

impl Node {
    fn new(byte: u8, depth: u32) -> Self {
        Self { byte, child: ROOT, sibling: ROOT, fall: ROOT, shorter: ROOT, depth, word: 0 }
    }
}

impl Drop for Automaton {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.byte.zeroize();
        }
        self.first.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::{Automaton, LeftBits, ROOT};

    fn of(words: &[&str]) -> Automaton {
        let mut automaton = Automaton::with_room(words.iter().map(|word| word.len()).sum());
        for (owner, word) in words.iter().enumerate() {
            automaton.add(word.as_bytes(), owner, LeftBits::NONE);
        }
        automaton.link();
        automaton
    }

    #[test]
    fn every_word_is_found_at_its_end() {
        let automaton = of(&["he", "she", "his", "hers"]);
        let mut state = ROOT;
        let mut seen = Vec::new();
        for (i, byte) in b"ushers".iter().enumerate() {
            state = automaton.next(state, *byte);
            seen.extend(automaton.words(state).map(|word| (i, word.owner)));
        }
        assert_eq!(seen, [(3, 1), (3, 0), (5, 3)]);
    }

    #[test]
    fn only_the_beginning_of_a_word_is_open() {
        let automaton = of(&["abcab", "bx"]);
        let case = |text: &str, expected: usize| {
            let state = text.bytes().fold(ROOT, |state, byte| automaton.next(state, byte));
            assert_eq!(automaton.open_depth(state), expected, "{text}");
        };
        case("zz", 0);
        case("zab", 2);
        case("abc", 3);
        case("abcab", 2);
        case("abx", 0);
    }
}
