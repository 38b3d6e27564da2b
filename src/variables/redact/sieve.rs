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
/// Bits of the filter, as a power of two: 32 KiB, which a processor's first cache holds.
const SIZE: u32 = 18;
/// The filter's words.
const WORDS: usize = 1 << (SIZE - 6);
/// Samples that are taken before one branch.
const BATCH: usize = 4;

/// The filter.
pub(super) struct Sieve {
    marks: Box<[u64; WORDS]>,
    mask: u64,
    gram: usize,
    stride: usize,
    reach: usize,
}

impl Sieve {
    /// A filter that lets through every text with one of these spellings in it.
    pub(super) fn new(spellings: &[&Spelling]) -> Self {
        let reach = spellings.iter().map(|spelling| reach(spelling)).min().unwrap_or(LONGEST_REACH);
        let reach = reach.clamp(1, LONGEST_REACH);
        let gram = gram(reach);
        let stride = reach - gram + 1;
        let mut sieve =
            Self { marks: no_marks(), mask: u64::MAX >> (64 - 8 * gram), gram, stride, reach };
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
            for odd in ODD {
                let place = place(u64::from_le_bytes(load), odd);
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
        let stride = self.stride;
        let mut at = from + stride - 1;
        while let Some(batch) = bytes.get(at..at + (BATCH - 1) * stride + LOAD) {
            let bit = |i: usize| self.bit(self.sample(batch, i * stride), ODD[0]);
            if bit(0) | bit(1) | bit(2) | bit(3) != 0
                && let Some(start) = self.marked_in(batch)
            {
                return Some(at + start);
            }
            at += BATCH * stride;
        }
        while at + LOAD <= bytes.len() {
            if self.is_marked(self.sample(bytes, at)) {
                return Some(at);
            }
            at += stride;
        }
        None
    }

    /// Samples before the end that `find` has not seen, and what must be looked at with them.
    pub(super) fn unseen(&self) -> usize {
        self.back() + self.stride + LOAD
    }

    #[cold]
    fn marked_in(&self, batch: &[u8]) -> Option<usize> {
        let mut starts = (0..BATCH).map(|i| i * self.stride);
        starts.find(|start| self.is_marked(self.sample(batch, *start)))
    }

    #[inline]
    fn sample(&self, bytes: &[u8], at: usize) -> u64 {
        let load = bytes[at..at + LOAD].try_into().expect("as many bytes as were asked for");
        u64::from_le_bytes(load) & self.mask
    }

    #[inline]
    fn is_marked(&self, sample: u64) -> bool {
        ODD.into_iter().all(|odd| self.bit(sample, odd) != 0)
    }

    #[inline]
    fn bit(&self, sample: u64, odd: u64) -> u64 {
        let place = place(sample, odd);
        self.marks[place / 64] >> (place % 64) & 1
    }
}

/// For multiplicative hashing: bits of the golden ratio and of the square root of two.
const ODD: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xB504_F333_F9DE_6485];

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "only `SIZE` bits are left after the shift")]
fn place(sample: u64, odd: u64) -> usize {
    (sample.wrapping_mul(odd) >> (u64::BITS - SIZE)) as usize
}

impl Drop for Sieve {
    fn drop(&mut self) {
        self.marks.zeroize();
    }
}

fn no_marks() -> Box<[u64; WORDS]> {
    let marks = vec![0; WORDS].into_boxed_slice();
    marks.try_into().expect("it has this length")
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
            let spelling = Spelling { text: Zeroizing::new(form.clone()), shape: Shape::Solid };
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
        let spelling =
            Spelling { text: Zeroizing::new(b"st.64f1a2b3c4d5e6f7".to_vec()), shape: Shape::Solid };
        let sieve = Sieve::new(&[&spelling]);
        let text = "2026-01-02T03:04:05Z app[web.1]: GET /health 200 12ms\n".repeat(100);
        assert_eq!(sieve.find(text.as_bytes(), 0), None);
    }
}
