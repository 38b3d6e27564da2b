//! Replaces every form of every secret in text and in streams of bytes.
//!
//! Comes in: secrets with their names, and whatever a command wrote. Goes out: the same bytes with
//! `[redacted NAME]` where a form of a secret was. Refuses to know where the text goes.
//!
//! [`forms`] says what is looked for, [`sieve`] passes over what cannot be it, [`automaton`] and
//! [`lane`] look closely, [`stream`] holds back what is not decided yet.

mod automaton;
mod encode;
mod forms;
mod lane;
mod redacted;
mod sieve;
mod stream;
mod text;

use std::fmt::{self, Debug, Formatter};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use self::automaton::{Automaton, LeftBits};
use self::forms::{Forms, STANDARD, Term};
use self::lane::{Alphabet, Colours, ESCAPE, Lane, value};
pub use self::redacted::Redacted;
use self::sieve::Sieve;
pub use self::stream::RedactStream;
pub use self::text::RedactText;
use super::secret::Secret;

/// Knows the secrets of a run. Clones know the same ones, also those that are added later.
#[derive(Clone, Default)]
pub struct Redactor {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    secrets: Mutex<Vec<(String, Secret)>>,
    matcher: RwLock<Arc<Matcher>>,
    /// Goes up with every secret, so that an open stream notices it without a lock.
    generation: AtomicU64,
}

/// All that a search needs; made anew whenever a secret is added.
#[derive(Default)]
struct Matcher {
    replacements: Vec<String>,
    search: Option<(Sieve, [Lane; 3])>,
}

impl Redactor {
    /// A redactor that knows no secret.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a secret known under a name. Streams that are open redact it from now on. An empty
    /// one is passed over.
    pub fn add(&self, name: &str, secret: &Secret) {
        let mut secrets = self.shared.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let known = secrets.iter().any(|(other, value)| other == name && value == secret);
        if secret.is_empty() || known {
            return;
        }
        secrets.push((name.to_owned(), secret.clone()));
        let matcher = Arc::new(Matcher::new(&secrets));
        *self.shared.matcher.write().unwrap_or_else(PoisonError::into_inner) = matcher;
        self.shared.generation.fetch_add(1, Ordering::Release);
    }

    /// Whether it knows any secret.
    pub fn knows_any(&self) -> bool {
        self.generation() > 0
    }

    /// Whether so many bytes in a row of any secret are in a text.
    pub fn finds_part(&self, text: &str, length: usize) -> bool {
        let secrets = self.shared.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = secrets.iter().map(|(_, secret)| secret.expose().as_bytes());
        let mut parts = whole.flat_map(|secret| secret.windows(length));
        parts.any(|part| memchr::memmem::find(text.as_bytes(), part).is_some())
    }

    /// The text without secrets.
    pub fn redact(&self, text: &str) -> Redacted {
        let mut out = Vec::with_capacity(text.len());
        let mut stream = self.stream();
        stream.push(text.as_bytes(), &mut out);
        stream.finish(&mut out);
        // Forms begin and end at characters, so that what is left is UTF-8; should it not be, the
        // text is still safe to show.
        let text = String::from_utf8(out);
        Redacted::made(text.unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    /// The same for bytes that come in pieces.
    pub fn stream(&self) -> RedactStream {
        RedactStream::new(self.clone())
    }

    /// The same, in pieces of text.
    pub fn text(&self) -> RedactText {
        RedactText::new(self.stream())
    }

    fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    fn matcher(&self) -> Arc<Matcher> {
        let matcher = self.shared.matcher.read();
        Arc::clone(&matcher.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Debug for Redactor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("secrets", &self.generation()).finish()
    }
}

impl Matcher {
    fn new(secrets: &[(String, Secret)]) -> Self {
        let forms: Vec<Forms> =
            secrets.iter().map(|(_, secret)| Forms::of(secret.expose())).collect();
        let spellings: Vec<_> = forms.iter().flat_map(|forms| &forms.spellings).collect();
        let lanes = [
            lane(Alphabet::Literal, &forms, |forms| &forms.literal),
            lane(Alphabet::Base64, &forms, |forms| &forms.base64),
            lane(Alphabet::Hex, &forms, |forms| &forms.hex),
        ];
        Self {
            replacements: secrets.iter().map(|(name, _)| format!("[redacted {name}]")).collect(),
            search: Some((Sieve::new(&spellings), lanes)),
        }
    }
}

fn lane(alphabet: Alphabet, forms: &[Forms], of: fn(&Forms) -> &Vec<Term>) -> Lane {
    let bytes = forms.iter().flat_map(of).map(|term| term.text.len()).sum();
    let mut automaton = Automaton::with_room(bytes);
    let mut left = [false; 256];
    let mut colours = Colours::Ignored;
    for (owner, forms) in forms.iter().enumerate() {
        for term in of(forms) {
            automaton.add(&term.text, owner, term.left);
            mark_left(&mut left, term.left);
            if term.text.contains(&ESCAPE) {
                colours = Colours::Count;
            }
        }
    }
    automaton.link();
    Lane { alphabet, automaton, left, colours }
}

fn mark_left(left: &mut [bool; 256], bits: LeftBits) {
    for digit in STANDARD.iter().chain(b"-_") {
        left[usize::from(*digit)] |= bits.fit(value(*digit));
    }
}

#[cfg(test)]
mod tests;
