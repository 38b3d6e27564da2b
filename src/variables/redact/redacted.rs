//! Text that has been through the redactor.
//!
//! A `String` becomes [`Redacted`] only in the redactor; words of the program itself come in as
//! literals. What is put together from redacted parts stays redacted.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

/// Text that may be shown and stored.
///
/// It is read back from where it was stored: it was redacted before it got there.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Redacted(String);

impl Redacted {
    /// Words of the program itself, in which no value can be.
    pub fn literal(words: &'static str) -> Self {
        Self(words.to_owned())
    }

    /// A word that stands in an event beside redacted text: an id of a step, a name.
    pub fn stored(word: &str) -> Self {
        Self(word.to_owned())
    }

    /// A number, which is no text of anybody's.
    pub fn number(number: impl Into<i128>) -> Self {
        Self(number.into().to_string())
    }

    /// Only the redactor calls this.
    pub(super) fn made(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds another at the end.
    pub fn push(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Puts the parts into the program's own words: each `{}` takes the next part, `{{` and `}}`
    /// are not special.
    ///
    /// # Panics
    /// When the number of `{}` is not the number of parts.
    pub fn fill(words: &'static str, parts: &[&Self]) -> Self {
        let mut pieces = words.split("{}");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        let mut filled = 0;
        for (piece, part) in pieces.zip(parts) {
            text.push_str(&part.0);
            text.push_str(piece);
            filled += 1;
        }
        assert_eq!(
            (filled, words.matches("{}").count()),
            (parts.len(), parts.len()),
            "one part for each {{}} in {words:?}"
        );
        Self(text)
    }

    /// The parts in a row, with the program's own words between them.
    pub fn join<'a>(parts: impl IntoIterator<Item = &'a Self>, between: &'static str) -> Self {
        let texts: Vec<&str> = parts.into_iter().map(Self::as_str).collect();
        Self(texts.join(between))
    }

    /// Its last bytes, at most `length`, from the beginning of a character.
    #[must_use]
    pub fn tail(&self, length: usize) -> Self {
        let from = self.0.len().saturating_sub(length);
        let cut = (from..=self.0.len()).find(|at| self.0.is_char_boundary(*at));
        Self(self.0[cut.unwrap_or(from)..].to_owned())
    }

    /// Its lines, each redacted still.
    pub fn lines(&self) -> impl Iterator<Item = Self> + '_ {
        self.0.lines().map(|line| Self(line.to_owned()))
    }
}

impl Display for Redacted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Redacted {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Redacted;

    #[test]
    fn parts_are_put_into_literal_words() {
        let app = Redacted::literal("hub");
        let text = Redacted::fill("{} exited {}", &[&app, &Redacted::number(2)]);
        assert_eq!(text.as_str(), "hub exited 2");
        assert_eq!(Redacted::join([&app, &text], ", ").as_str(), "hub, hub exited 2");
    }

    #[test]
    #[should_panic(expected = "one part for each")]
    fn a_missing_part_is_a_bug() {
        Redacted::fill("{} and {}", &[&Redacted::literal("a")]);
    }

    #[test]
    fn it_is_serialised_as_plain_text() {
        let json = serde_json::to_string(&Redacted::literal("a \"b\"")).expect("text");
        assert_eq!(json, r#""a \"b\"""#);
    }
}
