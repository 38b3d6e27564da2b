//! Watching output as it comes, in constant memory.
//!
//! Comes in: chunks of both streams, cut anywhere. Goes out: what each line-wise check has seen so
//! far ([`Progress`]), and at the end a [`Judgement`]. A check that looks at lines keeps a tally
//! and the first line that decided; nothing else of the output is kept here.

use super::check::Leaf;
use super::judge::{Scene, judge};
use super::text::{self, brief, clean};
use super::{Expectation, Judgement, Observed, Record, Stream, Verdict};

/// One line of output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) stream: Stream,
    origin: Origin,
}

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The command.
    Command,
    /// The shell, that was told to echo what it reads (`set -v`, `set -x`).
    Echo,
}

impl<'a> Line<'a> {
    pub(super) fn of(text: &'a str, stream: Stream) -> Line<'a> {
        let trimmed = text.trim_start();
        let traced = stream == Stream::Stderr && trimmed.starts_with("+ ");
        let commented = trimmed
            .strip_prefix('#')
            .is_some_and(|comment| super::lead::annotation_lead(comment).is_some());
        let origin = if traced || commented { Origin::Echo } else { Origin::Command };
        Line { text, stream, origin }
    }

    pub(super) fn is_echo(&self) -> bool {
        self.origin == Origin::Echo
    }
}

/// What one line says of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    None,
    /// Clearly something else in its place: another status, a line of another kind.
    Against,
    /// Something like it, which a person must tell.
    Doubt,
    Hit,
    /// It and its contrary at once: `expected 200, got 500`.
    Torn,
}

/// What the lines so far said of one check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) lines: u64,
    pub(super) hits: u64,
    pub(super) doubts: u64,
    pub(super) against: u64,
    pub(super) first_hit: Option<String>,
    pub(super) first_doubt: Option<String>,
    pub(super) first_against: Option<String>,
}

impl Tally {
    fn add(&mut self, sight: Sight, line: &Line<'_>) {
        self.lines += 1;
        let (count, first) = match sight {
            Sight::None => return,
            Sight::Torn => {
                self.against += 1;
                self.first_against.get_or_insert_with(|| brief(line.text));
                (&mut self.hits, &mut self.first_hit)
            }
            Sight::Hit => (&mut self.hits, &mut self.first_hit),
            Sight::Doubt => (&mut self.doubts, &mut self.first_doubt),
            Sight::Against => (&mut self.against, &mut self.first_against),
        };
        *count += 1;
        first.get_or_insert_with(|| brief(line.text));
    }
}

/// The tallies of an expectation's checks, in their order.
pub(super) fn tally(leaves: &[&Leaf], tallies: &mut [Tally], line: &Line<'_>) {
    if line.text.trim().is_empty() {
        return;
    }
    for (leaf, tally) in leaves.iter().zip(tallies) {
        if leaf.reads(line) {
            tally.add(leaf.check.sight(line), line);
        }
    }
}

/// How far an expectation is decided while its command still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More output may decide it.
    Undecided,
    /// Everything that can be checked is there, and nothing that may still come can undo it.
    Met,
    /// Everything that must come has come; what must not come could still.
    Holding,
    /// Something that must not come has come.
    NotMet,
}

/// Evaluates an expectation while the output comes.
#[derive(Debug, Clone)]
pub struct Watch {
    expectation: Expectation,
    tallies: Vec<Tally>,
    stdout: Assembly,
    stderr: Assembly,
}

impl Watch {
    pub(super) fn new(expectation: Expectation) -> Watch {
        let tallies = vec![Tally::default(); expectation.tree.leaves().len()];
        Watch { expectation, tallies, stdout: Assembly::default(), stderr: Assembly::default() }
    }

    /// Takes the next bytes of a stream, cut anywhere.
    pub fn push(&mut self, stream: Stream, chunk: &[u8]) {
        let assembly = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let leaves = self.expectation.tree.leaves();
        let tallies = &mut self.tallies;
        assembly.push(chunk, &mut |piece| {
            count_piece(&leaves, tallies, piece, stream);
        });
    }

    /// How far the expectation is decided by the whole lines so far.
    pub fn progress(&self) -> Progress {
        super::judge::progress(&self.expectation.tree, &self.tallies)
    }

    /// What the expectation says of what was observed in the end.
    ///
    /// What was kept whole is judged from `observed`; where output was left out of it, what this
    /// watch saw as it came counts.
    pub fn judge(mut self, observed: &Observed, record: &dyn Record) -> Judgement {
        let stdout = text::whole(&observed.stdout);
        let stderr = text::whole(&observed.stderr);
        let complete = if let (Some(stdout), Some(stderr)) = (&stdout, &stderr) {
            self.recount(stdout, stderr);
            Seen::Everything
        } else {
            self.catch_up(observed)
        };
        let scene = Scene::new(observed, record, (stdout, stderr), complete, &self.expectation);
        judge(&self.expectation, &self.tallies, &scene)
    }

    /// Everything was kept: what was seen live is found again in it.
    fn recount(&mut self, stdout: &str, stderr: &str) {
        let leaves = self.expectation.tree.leaves();
        self.tallies = vec![Tally::default(); leaves.len()];
        for (text, stream) in [(stdout, Stream::Stdout), (stderr, Stream::Stderr)] {
            for line in text.lines() {
                tally(&leaves, &mut self.tallies, &Line::of(line, stream));
            }
        }
    }

    /// Takes what is left of the last lines, and the kept parts of a stream that was not watched.
    fn catch_up(&mut self, observed: &Observed) -> Seen {
        let mut seen = Seen::Everything;
        for (stream, output) in
            [(Stream::Stdout, &observed.stdout), (Stream::Stderr, &observed.stderr)]
        {
            if self.assembly(stream).bytes == 0 {
                self.push(stream, &output.head);
                self.finish(stream);
                self.push(stream, &output.tail);
            }
            self.finish(stream);
            let assembly = self.assembly(stream);
            if assembly.bytes < text::size(output) || assembly.cut {
                seen = Seen::Parts;
            }
        }
        seen
    }

    fn assembly(&self, stream: Stream) -> &Assembly {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    fn finish(&mut self, stream: Stream) {
        let assembly = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let rest = std::mem::take(&mut assembly.pending);
        count_piece(&self.expectation.tree.leaves(), &mut self.tallies, &rest, stream);
    }
}

fn count_piece(leaves: &[&Leaf], tallies: &mut [Tally], piece: &[u8], stream: Stream) {
    let mut count = |text: &str| {
        for line in text.lines() {
            tally(leaves, tallies, &Line::of(line, stream));
        }
    };
    // Almost all lines are clean: they are looked at where they are.
    match std::str::from_utf8(piece) {
        Ok(text) if memchr::memchr2(b'\x1b', b'\r', piece).is_none() => count(text.trim_end()),
        _ => count(&clean(piece)),
    }
}

/// Whether every byte of the output was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Everything,
    Parts,
}

impl Seen {
    pub(super) fn unless_met(self, verdict: Verdict) -> Verdict {
        if self == Seen::Parts { Verdict::Unverified } else { verdict }
    }
}

/// Puts chunks together to lines.
#[derive(Debug, Clone, Default)]
struct Assembly {
    pending: Vec<u8>,
    bytes: u64,
    /// Whether a line was too long and was looked at in pieces.
    cut: bool,
}

/// The longest line that is looked at whole.
const LONGEST_LINE: usize = 64 * 1024;

impl Assembly {
    fn push(&mut self, mut chunk: &[u8], line: &mut dyn FnMut(&[u8])) {
        self.bytes += chunk.len() as u64;
        while !chunk.is_empty() {
            let room = LONGEST_LINE - self.pending.len();
            let end = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |at| at + 1);
            let taken = end.min(room);
            if self.pending.is_empty() && chunk[..taken].ends_with(b"\n") {
                line(&chunk[..taken - 1]);
            } else {
                self.take(&chunk[..taken], line);
            }
            chunk = &chunk[taken..];
        }
    }

    fn take(&mut self, part: &[u8], line: &mut dyn FnMut(&[u8])) {
        self.pending.extend_from_slice(part);
        if self.pending.ends_with(b"\n") {
            self.pending.pop();
            line(&self.pending);
            self.pending.clear();
        } else if self.pending.len() == LONGEST_LINE {
            self.cut = true;
            let blank = self.pending.iter().rposition(u8::is_ascii_whitespace).filter(|at| *at > 0);
            let rest = self.pending.split_off(blank.unwrap_or(LONGEST_LINE));
            line(&self.pending);
            self.pending = rest;
        }
    }
}
