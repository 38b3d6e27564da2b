//! Passes over the bytes in which no form of a secret can be, at the speed of memory.
//!
//! Every form contains, at one of its first places, a stretch of `reach` bytes in one piece. A
//! sample of `gram` bytes is taken every `stride` bytes, so that at least one sample lies inside
//! the stretch wherever it begins; the samples that can occur are marked in a Bloom filter. Where
//! no sample is marked there is no form; a marked one makes the caller look closely. The samples
//! do not depend on each other, which is what makes this faster than an automaton.

use zeroize::Zeroize;

use super::forms::{Shape, Spelling};

/// The most bytes in one piece that are asked of a form; lines of folded base64 are longer than
/// twice this.
const LONGEST_REACH: usize = 16;
/// The most bytes that a fold inserts into a form: line end and indentation.
pub(super) const LONGEST_GAP: usize = 24;
const LOAD: usize = size_of::<u64>();

/// The filter.
pub(super) struct Sieve {
    marks: Vec<u64>,
    shift: u32,
    mask: u64,
    gram: usize,
    stride: usize,
    reach: usize,
}

impl Sieve {
    /// A filter that lets through every text with one of these spellings in it.
    pub(super) fn new(spellings: &[&Spelling]) -> Self {
        let reach = spellings
            .iter()
            .map(|spelling| reach(spelling))
            .min()
            .unwrap_or(LONGEST_REACH);
        let reach = reach.clamp(1, LONGEST_REACH);
        let gram = gram(reach);
        let stride = reach - gram + 1;
        let samples = spellings.len() * stride * 2;
        let bits = (samples * 32).next_power_of_two().clamp(1 << 13, 1 << 21);
        let mut sieve = Self {
            marks: vec![0; bits / 64],
            shift: 64 - bits.trailing_zeros(),
            mask: u64::MAX >> (64 - 8 * gram),
            gram,
            stride,
            reach,
        };
        for spelling in spellings {
            sieve.mark(spelling);
        }
        sieve
    }

    fn mark(&mut self, spelling: &Spelling) {
        let text = &spelling.text;
        let mut starts: Vec<usize> = (0..self.stride).collect();
        if spelling.shape != Shape::Solid {
            let second = self.reach.min(text.len() - self.reach);
            starts.extend(second..second + self.stride);
        }
        for start in starts {
            let mut load = [0; LOAD];
            load[..self.gram].copy_from_slice(&text[start..start + self.gram]);
            for place in self.places(u64::from_le_bytes(load)) {
                self.marks[place / 64] |= 1 << (place % 64);
            }
            load.zeroize();
        }
    }

    /// How far before a marked sample a form may begin.
    pub(super) fn back(&self) -> usize {
        2 * self.reach + LONGEST_GAP
    }

    /// The first marked sample of those that cover the forms beginning at `from` or later.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut at = from + self.stride - 1;
        while let Some(load) = bytes.get(at..at + LOAD) {
            let load = load.try_into().expect("as many bytes as were asked for");
            if self.is_marked(u64::from_le_bytes(load) & self.mask) {
                return Some(at);
            }
            at += self.stride;
        }
        None
    }

    /// Samples before the end that `find` has not seen, and what must be looked at with them.
    pub(super) fn unseen(&self) -> usize {
        self.back() + self.stride + LOAD
    }

    #[inline]
    fn is_marked(&self, sample: u64) -> bool {
        let [first, second] = self.places(sample);
        self.has(first) && self.has(second)
    }

    #[inline]
    fn has(&self, place: usize) -> bool {
        self.marks[place / 64] >> (place % 64) & 1 == 1
    }

    /// Two places, by multiplicative hashing with odd constants close to the golden ratio's and
    /// the square root of two's bits.
    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "at most 21 bits are left after the shift"
    )]
    fn places(&self, sample: u64) -> [usize; 2] {
        [0x9E37_79B9_7F4A_7C15_u64, 0xB504_F333_F9DE_6485]
            .map(|odd| (sample.wrapping_mul(odd) >> self.shift) as usize)
    }
}

impl Drop for Sieve {
    fn drop(&mut self) {
        self.marks.zeroize();
    }
}

/// How many bytes of a spelling are sure to stand in one piece, at one of its first two places.
fn reach(spelling: &Spelling) -> usize {
    match spelling.shape {
        Shape::Solid => spelling.text.len(),
        Shape::Folded => spelling.text.len().div_ceil(2),
        Shape::Spaced => spelling.text.len() / 2,
    }
}

/// Longer samples are rarer in ordinary text, shorter ones let the stride be longer.
fn gram(reach: usize) -> usize {
    (reach * 2 / 3).max(reach.min(4)).min(LOAD)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::forms::{Shape, Spelling};
    use super::Sieve;

    #[test]
    fn a_form_is_noticed_wherever_it_begins() {
        for length in 1..40 {
            let form: Vec<u8> = (0..length).map(|i| b'A' + i).collect();
            let spelling = Spelling {
                text: Zeroizing::new(form.clone()),
                shape: Shape::Solid,
            };
            let sieve = Sieve::new(&[&spelling]);
            for lead in 0..40 {
                let mut text = vec![b' '; lead];
                text.extend(&form);
                text.extend([b' '; 16]);
                let at = sieve.find(&text, 0).expect("noticed");
                assert!(lead + sieve.back() >= at, "{length} {lead}");
            }
        }
    }

    #[test]
    fn ordinary_text_is_passed_over() {
        let spelling = Spelling {
            text: Zeroizing::new(b"st.64f1a2b3c4d5e6f7".to_vec()),
            shape: Shape::Solid,
        };
        let sieve = Sieve::new(&[&spelling]);
        let text = "2026-01-02T03:04:05Z app[web.1]: GET /health 200 12ms\n".repeat(100);
        assert_eq!(sieve.find(text.as_bytes(), 0), None);
    }
}
