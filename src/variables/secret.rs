//! A secret value: kept in one allocation that is zeroed when the last holder lets go.
//!
//! Comes in: a `String` that the caller gives away. Goes out: the text, only through
//! [`Secret::expose`], which is easy to search for. Refuses to be shown, cloned into a second
//! allocation, or compared in a time that tells where two values differ.

use std::fmt::{self, Debug, Display, Formatter};
use std::sync::Arc;

use zeroize::Zeroizing;

/// The fewest characters that can be told from ordinary text in an output.
pub const SHORTEST: usize = 6;

/// A value that is never shown. Clones share one allocation.
#[derive(Clone)]
pub struct Secret {
    value: Arc<Zeroizing<String>>,
}

/// Whether a value ended with a newline that does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailingNewline {
    /// It ended without one.
    Absent,
    /// One was removed.
    Removed,
}

/// Why a value is a poor secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Nothing, or only white space.
    Empty,
    /// Text that stands for a value, such as `...` or `<token>`.
    Placeholder,
    /// Fewer than [`SHORTEST`] characters: redacting it would redact ordinary text.
    TooShort,
}

impl Weakness {
    /// Whether the operator may have it all the same.
    pub const fn can_be_insisted_on(self) -> bool {
        matches!(self, Self::TooShort)
    }
}

impl Display for Weakness {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::Placeholder => "it is a placeholder, not a value",
            Self::TooShort => "it is too short to be told from ordinary text",
        })
    }
}

impl Secret {
    /// Takes a value as it is.
    pub fn new(value: String) -> Self {
        Self { value: Arc::new(Zeroizing::new(value)) }
    }

    /// Takes a value that was typed, piped or read from a file: one newline at its end (`\n` or
    /// `\r\n`) is not part of it.
    pub fn from_input(mut value: String) -> (Self, TrailingNewline) {
        let kept =
            value.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).len());
        let Some(length) = kept else {
            return (Self::new(value), TrailingNewline::Absent);
        };
        value.truncate(length);
        (Self::new(value), TrailingNewline::Removed)
    }

    /// The value. Only the shell that runs the commands, and the redactor, may see it.
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// Its length in characters, which may be shown.
    pub fn len(&self) -> usize {
        self.value.chars().count()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Why it should not be accepted, if there is a reason.
    pub fn weakness(&self) -> Option<Weakness> {
        let text = self.value.trim();
        if text.is_empty() {
            Some(Weakness::Empty)
        } else if is_placeholder(text) {
            Some(Weakness::Placeholder)
        } else if self.len() < SHORTEST {
            Some(Weakness::TooShort)
        } else {
            None
        }
    }
}

/// Words that documents put where a value belongs. Compared without regard to case.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "changeit",
    "replaceme",
    "replace-me",
    "replace_me",
    "placeholder",
    "redacted",
    "[redacted]",
    "secret",
    "token",
    "password",
    "todo",
    "tbd",
    "fixme",
    "your-token",
    "your_token",
    "your-secret",
    "your_secret",
    "yourtoken",
    "null",
    "undefined",
    "none",
    "n/a",
];

fn is_placeholder(text: &str) -> bool {
    let bare = text.trim_matches(['"', '\'', '`']);
    let drawn = |mark: char| bare.chars().all(|c| c == mark);
    let enclosed = (bare.starts_with('<') && bare.ends_with('>'))
        || (bare.starts_with("{{") && bare.ends_with("}}"));
    bare.is_empty()
        || enclosed
        || drawn('.')
        || drawn('…')
        || drawn('*')
        || drawn('-')
        || drawn('_')
        || drawn('•')
        || drawn('x')
        || drawn('X')
        || PLACEHOLDERS.iter().any(|word| bare.eq_ignore_ascii_case(word))
}

impl Display for Secret {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.len() {
            1 => f.write_str("secret of 1 character"),
            length => write!(f, "secret of {length} characters"),
        }
    }
}

impl Debug for Secret {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl PartialEq for Secret {
    /// Takes the same time wherever two values of one length differ.
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.value.as_bytes(), other.value.as_bytes());
        let differing = a.iter().zip(b).fold(0, |seen, (x, y)| seen | (x ^ y));
        a.len() == b.len() && std::hint::black_box(differing) == 0
    }
}

impl Eq for Secret {}

#[cfg(test)]
mod tests {
    use super::{Secret, TrailingNewline, Weakness};

    #[test]
    fn a_secret_says_its_length_and_nothing_else() {
        let secret = Secret::new("st.abc.012345678901234".into());
        assert_eq!(
            format!("{secret} {secret:?}"),
            "secret of 22 characters secret of 22 characters"
        );
        assert_eq!(Secret::new("ä".into()).to_string(), "secret of 1 character");
    }

    #[test]
    fn one_newline_at_the_end_is_not_part_of_the_value() {
        let case = |input: &str, value: &str, newline: TrailingNewline| {
            let (secret, seen) = Secret::from_input(input.into());
            assert_eq!((secret.expose(), seen), (value, newline), "{input:?}");
        };
        case("abc", "abc", TrailingNewline::Absent);
        case("abc\n", "abc", TrailingNewline::Removed);
        case("abc\r\n", "abc", TrailingNewline::Removed);
        case("abc\n\n", "abc\n", TrailingNewline::Removed);
        case("abc\r", "abc\r", TrailingNewline::Absent);
        case("\n", "", TrailingNewline::Removed);
    }

    #[test]
    fn trimming_keeps_the_allocation() {
        let input = String::from("a long enough value\r\n");
        let place = input.as_ptr();
        assert_eq!(Secret::from_input(input).0.expose().as_ptr(), place);
    }

    #[test]
    fn a_value_that_stands_for_a_value_is_refused() {
        let case = |value: &str, expected: Option<Weakness>| {
            assert_eq!(Secret::new(value.into()).weakness(), expected, "{value:?}");
        };
        case("", Some(Weakness::Empty));
        case(" \t", Some(Weakness::Empty));
        case("...", Some(Weakness::Placeholder));
        case("\"...\"", Some(Weakness::Placeholder));
        case("…", Some(Weakness::Placeholder));
        case("<token>", Some(Weakness::Placeholder));
        case("xxxxxxxxxx", Some(Weakness::Placeholder));
        case("ChangeMe", Some(Weakness::Placeholder));
        case("{{ token }}", Some(Weakness::Placeholder));
        case("abcde", Some(Weakness::TooShort));
        case("ääääää", None);
        case("xerxes-token", None);
    }

    #[test]
    fn only_shortness_can_be_insisted_on() {
        assert!(Weakness::TooShort.can_be_insisted_on());
        assert!(!Weakness::Empty.can_be_insisted_on());
        assert!(!Weakness::Placeholder.can_be_insisted_on());
    }

    #[test]
    fn secrets_are_equal_by_value() {
        let a = Secret::new("one value".into());
        assert_eq!(a, Secret::new("one value".into()));
        assert_ne!(a, Secret::new("one valuf".into()));
        assert_ne!(a, Secret::new("one valu".into()));
    }
}
