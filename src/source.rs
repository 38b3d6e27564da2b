//! The text of a runbook, with byte spans and line/column positions.
//!
//! Comes in: a path, or text with a name. Goes out: [`Source`], which every later stage refers to
//! by [`Span`]. Refuses to know what the text means.

use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A range of bytes in a [`Source`], or in a text cut out of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, and without, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The same as a range, to slice with.
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// The same span, `by` bytes later.
    #[must_use]
    pub const fn shift(self, by: usize) -> Self {
        Self::new(self.start + by, self.end + by)
    }

    /// Whether `offset` lies in it.
    pub const fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// Where a byte is, as a person counts: both from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// The longest runbook, in bytes: three hundred pages.
const LONGEST: usize = 1 << 20;

/// The most lines of a runbook: the longest that is known has some 1,400.
const MOST_LINES: usize = 10_000;

/// Why a file cannot be a runbook's source. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("read {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A directory was named.
    #[error("read {path}: it is a directory; name a markdown file in it")]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// It is too long to be read by a person, or to be checked in a moment.
    #[error("read {path}: line {line} is beyond the first MiB; split the runbook")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The line that reaches beyond, from 1.
        line: usize,
    },
    /// It has more lines than a person reads.
    #[error("read {path}: it has {lines} lines, and {MOST_LINES} are the most; split the runbook")]
    TooManyLines {
        /// The file.
        path: PathBuf,
        /// How many it has.
        lines: usize,
    },
    /// The bytes are no UTF-8.
    #[error("read {path}: line {line} is not UTF-8; convert it with `iconv -t UTF-8`")]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line with the first wrong byte, from 1.
        line: usize,
    },
    /// There is nothing in it.
    #[error("read {path}: it is empty")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// A runbook's text and where it came from.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    text: String,
    line_starts: Vec<usize>,
    /// How many characters begin before each [`STRIDE`] of bytes: a document may be one line.
    counts: Vec<usize>,
}

/// The distance of the places whose characters are counted, in bytes.
const STRIDE: usize = 1024;

impl Source {
    /// Reads a file. A byte order mark stays in the text, so that offsets are the file's own.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        if path.is_dir() {
            return Err(ReadError::Directory { path: path.into() });
        }
        let bytes = bytes(path).map_err(|error| ReadError::Io { path: path.into(), error })?;
        let source = Self::of(path, bytes)?;
        if source.text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Err(ReadError::Empty { path: path.into() });
        }
        Ok(source)
    }

    /// A source from the bytes of a file, of whatever age.
    pub fn of(path: &Path, bytes: Vec<u8>) -> Result<Self, ReadError> {
        if bytes.len() > LONGEST {
            return Err(ReadError::TooLong {
                path: path.into(),
                line: 1 + count_newlines(&bytes[..LONGEST]),
            });
        }
        let lines = count_newlines(bytes.trim_ascii_end()) + 1;
        if lines > MOST_LINES {
            return Err(ReadError::TooManyLines { path: path.into(), lines });
        }
        let text = String::from_utf8(bytes).map_err(|error| ReadError::NotUtf8 {
            path: path.into(),
            line: 1 + count_newlines(&error.as_bytes()[..error.utf8_error().valid_up_to()]),
        })?;
        Ok(Self::new(path, text))
    }

    /// A source from text that is at hand.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts =
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(i, _)| i + 1);
        let line_starts = std::iter::once(0).chain(starts).collect();
        let mut counts = vec![0];
        for stride in text.as_bytes().chunks(STRIDE) {
            counts.push(counts[counts.len() - 1] + count_characters(stride));
        }
        Self { path: path.into(), text, line_starts, counts }
    }

    /// The file's path as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span.
    ///
    /// # Panics
    /// When the span is not one of this source's.
    pub fn slice(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    /// The line (from 1) that holds the byte at `offset`.
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// Line and column of the byte at `offset`.
    pub fn position(&self, offset: usize) -> Position {
        let line = self.line(offset);
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let start = self.line_start(line);
        Position { line, column: 1 + self.characters_before(end) - self.characters_before(start) }
    }

    fn characters_before(&self, end: usize) -> usize {
        let stride = end / STRIDE;
        self.counts[stride] + count_characters(&self.text.as_bytes()[stride * STRIDE..end])
    }

    /// Where a line (from 1) begins.
    pub fn line_start(&self, line: usize) -> usize {
        self.line_starts[line - 1]
    }

    /// The text of a line (from 1), without its line ending.
    pub fn line_text(&self, line: usize) -> &str {
        let start = self.line_starts[line - 1];
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }
}

/// No more of a file than it takes to see that it is too long.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How many characters begin in some bytes of a text.
fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

fn count_newlines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let source = Source::new("a.md", "ä b\nc");
        assert_eq!(source.position(3), Position { line: 1, column: 3 });
        assert_eq!(source.position(5), Position { line: 2, column: 1 });
        assert_eq!(source.line_text(2), "c");
        let long = Source::new("a.md", "ä".repeat(STRIDE));
        for at in [0, 1, 511, 512, 513, 1023, 1024] {
            assert_eq!(long.position(2 * at), Position { line: 1, column: 1 + at });
        }
    }

    #[test]
    fn a_file_that_is_no_runbook_says_why() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.md");
        fs::write(&path, b"ok\n\xff").expect("writable");
        assert!(matches!(Source::read(&path), Err(ReadError::NotUtf8 { line: 2, .. })));
        fs::write(&path, " \n").expect("writable");
        assert!(matches!(Source::read(&path), Err(ReadError::Empty { .. })));
        assert!(matches!(Source::read(folder.path()), Err(ReadError::Directory { .. })));
        fs::write(&path, "12345678 1234567\n".repeat(1 << 16)).expect("writable");
        assert!(matches!(Source::read(&path), Err(ReadError::TooLong { line: 61_681, .. })));
        assert!(matches!(Source::read(Path::new("/dev/zero")), Err(ReadError::TooLong { .. })));
        fs::write(&path, "a\n".repeat(MOST_LINES + 1)).expect("writable");
        assert!(matches!(Source::read(&path), Err(ReadError::TooManyLines { lines: 10_001, .. })));
        fs::write(&path, "a\n".repeat(MOST_LINES)).expect("writable");
        assert!(Source::read(&path).is_ok());
    }
}
