//! Marks: by which a secret is known again when it is asked for once more, and nothing else of it.
//!
//! Comes in: a secret, and a key that whoever reads the mark has not. Goes out: `KEY:MARK`, two
//! fingerprints in hex. Only who has the same key can compare; which key it was, anybody can see.

use std::fmt::{self, Debug, Formatter};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::secret::Secret;

/// A key of marks.
#[derive(Clone, Default)]
pub struct MarkKey(Zeroizing<Vec<u8>>);

impl MarkKey {
    /// From its bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// By what it is known; nothing else of it can be told from that.
    pub fn name(&self) -> String {
        let digest = Sha256::new().chain_update(b"runbook key of marks\0").chain_update(&*self.0);
        HEXLOWER.encode(&digest.finalize()[..4])
    }

    /// What tells, with this key, whether another value is the same.
    pub fn mark(&self, secret: &Secret) -> String {
        format!("{}:{}", self.name(), self.digits(secret))
    }

    /// Whether this key made a mark, so that a value can be compared with it. One that names no key
    /// is older than that, and of this one.
    pub fn made(&self, mark: &str) -> bool {
        mark.split_once(':').is_none_or(|(name, _)| name == self.name())
    }

    /// Whether a mark that this key made is of another value.
    pub fn is_another(&self, mark: &str, secret: &Secret) -> bool {
        let digits = mark.split_once(':').map_or(mark, |(_, digits)| digits);
        self.made(mark) && digits != self.digits(secret)
    }

    /// # Panics
    /// Never: a key of any length is taken.
    fn digits(&self, secret: &Secret) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length is taken");
        mac.update(secret.expose().as_bytes());
        HEXLOWER.encode(&mac.finalize().into_bytes()[..16])
    }
}

/// A mark that another machine made, and that does not say with which key: it fits none.
pub fn made_elsewhere(mark: &str) -> String {
    if mark.contains(':') { mark.to_owned() } else { format!(":{mark}") }
}

impl Debug for MarkKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "key of marks {}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{MarkKey, Secret, made_elsewhere};

    #[test]
    fn only_the_key_that_made_a_mark_can_compare() {
        let (here, there) = (MarkKey::new(vec![1; 32]), MarkKey::new(vec![2; 32]));
        let (right, wrong) = (Secret::new("right".into()), Secret::new("wrong".into()));
        let mark = here.mark(&right);
        assert!(here.made(&mark) && !here.is_another(&mark, &right));
        assert!(here.is_another(&mark, &wrong));
        assert!(!there.made(&mark) && !there.is_another(&mark, &wrong));
        // Equal values have nothing in common under two keys.
        let digits = |mark: &str| mark.split_once(':').unwrap().1.to_owned();
        assert_ne!(digits(&mark), digits(&there.mark(&right)));
    }

    #[test]
    fn a_mark_that_names_no_key_is_of_this_one_unless_it_came_from_elsewhere() {
        let key = MarkKey::new(vec![1; 32]);
        let (right, wrong) = (Secret::new("right".into()), Secret::new("wrong".into()));
        let old = key.mark(&right).split_once(':').unwrap().1.to_owned();
        assert!(key.made(&old) && !key.is_another(&old, &right) && key.is_another(&old, &wrong));
        assert!(!key.made(&made_elsewhere(&old)));
        assert_eq!(made_elsewhere(&key.mark(&right)), key.mark(&right));
    }
}
