//! Redacts bytes as they come, in constant memory.
//!
//! All forms that overlap become one replacement, named after the longest of them, so that no tail
//! of one is left behind by another. Only what is the beginning of a form is held back, and only
//! until the next bytes decide it. The result does not depend on how the bytes are cut.

use std::ops::Range;
use std::sync::Arc;

use memchr::memchr_iter;
use zeroize::Zeroize;

use super::automaton::{ROOT, State};
use super::lane::{ESCAPE, Lane};
use super::sieve::Sieve;
use super::{Matcher, Redactor};

/// So much is taken in at once; stays in the processor's cache.
const PIECE: usize = 32 * 1024;
/// Bytes kept after they were let go: what comes before a place decides about line ends.
const HISTORY: usize = 96;

/// One stream of bytes on its way out.
pub struct RedactStream {
    redactor: Redactor,
    matcher: Arc<Matcher>,
    generation: u64,
    /// History, what is held back, and what has just come.
    bytes: Vec<u8>,
    /// Up to here the bytes were let go or replaced.
    done: usize,
    /// Up to here the lanes have read.
    read: usize,
    states: [State; 3],
    found: Vec<Found>,
}

/// Forms that overlap, and the longest of them.
#[derive(Debug)]
struct Found {
    place: Range<usize>,
    longest: usize,
    owner: usize,
}

impl RedactStream {
    pub(super) fn new(redactor: Redactor) -> Self {
        Self {
            generation: redactor.generation(),
            matcher: redactor.matcher(),
            redactor,
            bytes: Vec::new(),
            done: 0,
            read: 0,
            states: [ROOT; 3],
            found: Vec::new(),
        }
    }

    /// Takes the next bytes and lets go, into `out`, what is decided.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.learn();
        for piece in chunk.chunks(PIECE) {
            append(&mut self.bytes, piece);
            let matcher = Arc::clone(&self.matcher);
            let Some((sieve, lanes)) = &matcher.search else {
                self.release(self.bytes.len(), out);
                continue;
            };
            self.search(sieve, lanes);
            let end = self.bytes.len();
            let open = lanes.iter().zip(self.states);
            let held = open.map(|(lane, state)| lane.open(state, &self.bytes, end)).min();
            self.release(held.unwrap_or(end).max(self.done), out);
        }
    }

    /// Lets go what is left: nothing more will come.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.push(b"", out);
        self.release(self.bytes.len(), out);
        self.bytes.zeroize();
        self.states = [ROOT; 3];
        (self.done, self.read) = (0, 0);
    }

    /// How many bytes are held back.
    pub fn held(&self) -> usize {
        self.bytes.len() - self.done
    }

    /// Looks again at what is held back if a secret has been added.
    fn learn(&mut self) {
        let generation = self.redactor.generation();
        if generation == self.generation {
            return;
        }
        self.matcher = self.redactor.matcher();
        self.generation = generation;
        self.states = [ROOT; 3];
        self.read = self.done;
        // What begins before `done` is partly replaced already; the rest is found again.
        self.found.retain(|found| found.place.start <= self.done);
        if let Some((sieve, lanes)) = &Arc::clone(&self.matcher).search {
            self.search(sieve, lanes);
        }
    }

    fn search(&mut self, sieve: &Sieve, lanes: &[Lane; 3]) {
        let end = self.bytes.len();
        let mut colour = self.split_by_colour(lanes, sieve);
        while self.read < end {
            let mut until = self.read;
            if self.states == [ROOT; 3] {
                if colour.is_some_and(|at| at < self.read) {
                    colour = self.split_by_colour(lanes, sieve);
                }
                let before = colour.unwrap_or(end);
                let seen = sieve.find(&self.bytes[..end.min(before + sieve.back())], self.read);
                let seen = seen.filter(|at| *at < before).or(colour);
                until = seen.unwrap_or(end);
                let back = if seen.is_some() { sieve.back() } else { sieve.unseen() };
                self.read = self.read.max(until.saturating_sub(back));
            }
            self.look_closely(lanes, until);
        }
    }

    /// The next control sequence before which a form may have begun: there the sieve may be blind,
    /// because the form is not in one piece.
    fn split_by_colour(&self, lanes: &[Lane; 3], sieve: &Sieve) -> Option<usize> {
        let literal = &lanes[0];
        memchr_iter(ESCAPE, &self.bytes[self.read..]).map(|at| self.read + at).find(|at| {
            let start = at.saturating_sub(sieve.back());
            let before = start..*at;
            before.fold(ROOT, |state, at| literal.step(state, &self.bytes, at)) != ROOT
        })
    }

    /// Reads up to `until`, and on until nothing is open.
    fn look_closely(&mut self, lanes: &[Lane; 3], until: usize) {
        while self.read < self.bytes.len() {
            let at = self.read;
            self.read += 1;
            for (lane, state) in lanes.iter().zip(&mut self.states) {
                let next = lane.step(*state, &self.bytes, at);
                let fed = lane.is_digit(&self.bytes, at);
                *state = next;
                if next == ROOT || !fed {
                    continue;
                }
                if let Some((start, word)) = lane.found(next, &self.bytes, at + 1) {
                    note(&mut self.found, start..at + 1, word.owner);
                }
            }
            if at >= until && self.states == [ROOT; 3] {
                return;
            }
        }
    }

    /// Writes everything before `held`, with replacements, and forgets it but for the history.
    fn release(&mut self, held: usize, out: &mut Vec<u8>) {
        let mut closed = 0;
        for found in &mut self.found {
            let start = found.place.start.max(self.done);
            if start > held {
                break;
            }
            out.extend_from_slice(&self.bytes[self.done..start]);
            self.done = start;
            if found.place.end > held {
                (found.place.start, self.done) = (held, held);
                break;
            }
            out.extend_from_slice(self.matcher.replacements[found.owner].as_bytes());
            self.done = found.place.end;
            closed += 1;
        }
        self.found.drain(..closed);
        if self.done < held {
            out.extend_from_slice(&self.bytes[self.done..held]);
            self.done = held;
        }
        self.forget();
    }

    fn forget(&mut self) {
        let gone = self.done.saturating_sub(HISTORY);
        self.bytes.drain(..gone);
        self.done -= gone;
        self.read = self.read.max(self.done + gone) - gone;
        for found in &mut self.found {
            found.place = found.place.start.saturating_sub(gone)..found.place.end - gone;
        }
    }
}

impl Drop for RedactStream {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

/// Adds a form that was found, to those that it overlaps if there are any.
fn note(all: &mut Vec<Found>, place: Range<usize>, owner: usize) {
    let mut new = Found { longest: place.len(), place, owner };
    while let Some(last) = all.pop_if(|last| last.place.end > new.place.start) {
        new.place = last.place.start.min(new.place.start)..last.place.end.max(new.place.end);
        if last.longest >= new.longest {
            (new.longest, new.owner) = (last.longest, last.owner);
        }
    }
    all.push(new);
}

/// Adds bytes; a buffer that is outgrown is zeroed.
fn append(bytes: &mut Vec<u8>, more: &[u8]) {
    if bytes.capacity() - bytes.len() < more.len() {
        let room = (bytes.len() + more.len() + HISTORY).next_power_of_two();
        let mut larger = Vec::with_capacity(room);
        larger.extend_from_slice(bytes);
        bytes.zeroize();
        *bytes = larger;
    }
    bytes.extend_from_slice(more);
}
