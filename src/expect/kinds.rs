//! A team's own nouns: what a "secret name" looks like.
//!
//! Comes in: `kinds:` of a runbook's front matter. Goes out: the pattern of a noun phrase, in
//! singular or plural, in any case. With it "a list of secret names" is checked in full.

use std::collections::BTreeMap;

use regex::Regex;

use super::ExpectError;
use super::literal::author_pattern;
use super::words::{bare, singular};

/// Nouns and what a line of that kind looks like.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    patterns: BTreeMap<String, Regex>,
}

impl Kinds {
    /// Gives `noun` a pattern, as a regular expression that may stand between slashes.
    pub fn insert(&mut self, noun: &str, pattern: &str) -> Result<(), ExpectError> {
        let pattern = author_pattern(pattern)
            .map_err(|error| ExpectError::new(format!("kind `{}`: {error}", noun.trim())))?;
        self.patterns.insert(singular(bare(noun)), pattern);
        Ok(())
    }

    pub(super) fn get(&self, phrase: &str) -> Option<(&str, &Regex)> {
        let (noun, pattern) = self.patterns.get_key_value(&singular(bare(phrase)))?;
        Some((noun, pattern))
    }
}

#[cfg(test)]
mod tests {
    use super::Kinds;

    #[test]
    fn a_noun_is_found_in_singular_and_plural() {
        let mut kinds = Kinds::default();
        kinds.insert("Secret names", "^[A-Z_]+$").unwrap();
        assert!(kinds.get("a secret name").is_some());
        assert!(kinds.get("secret names").is_some());
        assert!(kinds.get("secret").is_none());
        let error = kinds.insert("x", "(").unwrap_err().to_string();
        assert!(error.contains("kind `x`"), "{error}");
    }
}
