//! The chain: each entry's hash covers the one before, so that no entry can be changed, left out,
//! added or moved without every later hash being another.
//!
//! Comes in: a run's id and its entries. Goes out: hashes, and what does not fit. A chain shows
//! nothing about its own end: a head that was noted elsewhere does.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::line::listed;
use super::{Entry, Head, Journal, JournalError, Line};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first entry of a run follows.
    pub fn before(run: &str) -> Self {
        let digest = Sha256::new().chain_update(b"runbook journal 1\0").chain_update(run);
        Self(digest.finalize().into())
    }

    /// The hash of the entry that follows.
    #[must_use]
    pub fn then(&self, number: u64, text: &str) -> Self {
        let digest = Sha256::new().chain_update(self.0).chain_update(number.to_be_bytes());
        Self(digest.chain_update(text).finalize().into())
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From its bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl Display for Hash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl Debug for Hash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a head is 64 hexadecimal digits";
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong);
        }
        let digits = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16);
        let bytes: Result<Vec<u8>, _> = (0..32).map(digits).collect();
        bytes.ok().and_then(|bytes| Self::from_bytes(&bytes)).ok_or(wrong)
    }
}

impl Head {
    /// Of a run that has no entries yet.
    pub fn of_nothing(run: &str) -> Self {
        Self { number: 0, hash: Hash::before(run) }
    }

    /// With one entry more.
    #[must_use]
    pub fn then(&self, text: &str) -> Self {
        let number = self.number + 1;
        Self { number, hash: self.hash.then(number, text) }
    }
}

/// What does not fit in a run's record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An entry was changed, or another one before it.
    #[error("entry {0} is not what was written: its hash does not follow from what is there")]
    Changed(u64),
    /// Entries are missing.
    #[error("entry {expected} is missing; entry {found} follows")]
    Missing {
        /// Which should come.
        expected: u64,
        /// Which comes.
        found: u64,
    },
    /// The end was cut off, or added to: the index says otherwise.
    #[error("the record ends with entry {found}; it had {expected}")]
    End {
        /// How many there were.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// No entry has the hash that was noted elsewhere.
    #[error("no entry has the head {0} that you named: it was cut off or written anew")]
    NoSuchHead(Hash),
    /// What the run is listed by says something else.
    #[error("it is listed as something else than its entries say; trust `runbook show`")]
    Listed,
    /// What the run is listed by is missing, or cannot be read.
    #[error(
        "what it is listed by is missing or damaged, so that only a head that was noted elsewhere \
         shows whether its end was cut off (--head); `runbook show --export` takes the entries out"
    )]
    Row,
    /// The text of the runbook is not the one that was carried out.
    #[error("the runbook's text {0} is not what was carried out, or is missing")]
    Text(String),
}

/// Checks a run's chain; `noted` is a head that was kept elsewhere. Returns the head and every
/// fault: the first changed entry is named, and all that follow it are.
pub fn verify(
    journal: &dyn Journal,
    run: &str,
    noted: Option<Hash>,
) -> Result<(Head, Vec<Fault>), JournalError> {
    let (head, line) = (Head::of_nothing(run), None);
    let mut check = Check { head, line, noted, faults: Vec::new(), texts: vec![] };
    let stored = journal.read(run, 1, &mut |entry| check.entry(&entry))?;
    if stored.number != check.head.number {
        let (expected, found) = (stored.number, check.head.number);
        check.faults.push(Fault::End { expected, found });
    } else if stored.hash != check.head.hash && check.faults.is_empty() {
        check.faults.push(Fault::Changed(stored.number));
    }
    check.faults.extend(check.noted.map(Fault::NoSuchHead));
    let is_other = |listed: &Line| check.line.as_ref().is_none_or(|line| !same(listed, line));
    match listed(journal, run)? {
        None => check.faults.push(Fault::Row),
        Some(listed) if check.faults.is_empty() && is_other(&listed) => {
            check.faults.push(Fault::Listed);
        }
        Some(_) => {}
    }
    for fingerprint in check.texts {
        let text = journal.text(&fingerprint)?;
        if text.map(|text| super::fingerprint(&text)).as_ref() != Some(&fingerprint) {
            check.faults.push(Fault::Text(fingerprint));
        }
    }
    Ok((stored, check.faults))
}

/// Whether two lines say the same of a run: whose it is, what it is about, and how it stands.
fn same(one: &Line, other: &Line) -> bool {
    let facts = |line: &Line| {
        let Line { of, kind, target, runbook, operator, state, .. } = line.clone();
        (of, kind, target, runbook, operator, state)
    };
    facts(one) == facts(other)
}

/// A chain, being checked.
struct Check {
    head: Head,
    /// What the entries say that it is listed by.
    line: Option<Line>,
    /// What was noted elsewhere, as long as no entry has it.
    noted: Option<Hash>,
    faults: Vec<Fault>,
    /// The fingerprints of the texts that the run is about.
    texts: Vec<String>,
}

impl Check {
    fn entry(&mut self, entry: &Entry) {
        let expected = self.head.number + 1;
        if entry.number != expected {
            self.faults.push(Fault::Missing { expected, found: entry.number });
        }
        if self.head.hash.then(entry.number, &entry.text) != entry.hash {
            self.faults.push(Fault::Changed(entry.number));
        }
        // What follows is held against what is stored, so that one change is one fault.
        self.head = Head { number: entry.number, hash: entry.hash };
        self.noted = self.noted.filter(|noted| *noted != entry.hash);
        if let Ok(event) = serde_json::from_str(&entry.text) {
            match &mut self.line {
                Some(line) => line.take(&event),
                None => self.line = Line::of(&event),
            }
        }
        let named = serde_json::from_str::<Named>(&entry.text).ok();
        if let Some(fingerprint) = named.and_then(|named| named.fingerprint)
            && !self.texts.contains(&fingerprint)
        {
            self.texts.push(fingerprint);
        }
    }
}

/// The text that an event is about.
#[derive(serde::Deserialize)]
struct Named {
    fingerprint: Option<String>,
}
