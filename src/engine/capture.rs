//! A segment's output in constant memory: its head, its tail, its size.
//!
//! Comes in: bytes as they come. Goes out: an [`Output`] that expectations may look at.

use std::collections::VecDeque;

use zeroize::{Zeroize, Zeroizing};

use crate::expect::Output;

/// How much is kept of the beginning, and again of the end.
const KEPT: usize = 1 << 20;

/// One output as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Capture {
    head: Zeroizing<Vec<u8>>,
    tail: VecDeque<u8>,
    total: u64,
    lines: u64,
    line_has_text: bool,
}

impl Capture {
    /// Takes what came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        self.count_lines(bytes);
        let room = KEPT - self.head.len();
        let (head, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(KEPT)..];
        let excess = (self.tail.len() + rest.len()).saturating_sub(KEPT);
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    /// All bytes that came, kept or not.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// What was kept.
    pub fn output(&self) -> Output {
        let kept = (self.head.len() + self.tail.len()) as u64;
        Output {
            head: self.head.to_vec(),
            tail: self.tail.iter().copied().collect(),
            omitted: self.total - kept,
            lines: self.lines + u64::from(self.line_has_text),
        }
    }

    fn count_lines(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let text = self.line_has_text || has_text(&rest[..end]);
            self.lines += u64::from(text);
            self.line_has_text = false;
            rest = &rest[end + 1..];
        }
        self.line_has_text |= has_text(rest);
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let (front, back) = self.tail.as_mut_slices();
        front.zeroize();
        back.zeroize();
    }
}

fn has_text(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| !byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_tail_are_kept_and_lines_counted_over_any_chunking() {
        let mut capture = Capture::default();
        for _ in 0..300_000 {
            capture.push(b"0123456");
            capture.push(b"789\n\n ");
            capture.push(b"\n");
        }
        capture.push(b"end");
        let output = capture.output();
        assert_eq!(output.lines, 300_001);
        assert_eq!(output.head.len() + output.tail.len(), 2 * KEPT);
        assert_eq!(output.omitted, 300_000 * 14 + 3 - 2 * KEPT as u64);
        assert!(output.head.starts_with(b"0123456789\n") && output.tail.ends_with(b"\n \nend"));
    }
}
