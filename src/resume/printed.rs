//! What a segment printed, as far as its record has it whole.

use sha2::{Digest, Sha256};

use crate::event::OutputRecord;
use crate::expect::Stream;

/// How much is kept to be compared with.
const MOST: usize = 64 * 1024;

/// How a text begins that stands in the place of a secret.
const REDACTED: &str = "[redacted ";

/// What was printed on standard output, redacted.
#[derive(Debug, Clone, Default)]
pub(super) struct Printed {
    text: String,
    is_longer: bool,
    /// How many bytes came, and the hash of what may be shown of them.
    all: Option<(u64, Option<String>)>,
}

impl Printed {
    pub fn hear(&mut self, text: &str) {
        self.is_longer |= self.text.len() + text.len() > MOST;
        if !self.is_longer {
            self.text.push_str(text);
        }
    }

    pub fn end(&mut self, outputs: &[OutputRecord]) {
        let stdout = outputs.iter().find(|one| one.stream == Stream::Stdout);
        self.all = stdout.map(|one| (one.bytes, one.sha256.clone()));
    }

    /// All of it, as it was; or why that is not known.
    pub fn whole(&self) -> Result<&str, &'static str> {
        let Some((bytes, sha256)) = &self.all else { return Err("was not recorded") };
        let Some(sha256) = sha256 else { return Err("is secret and was not kept") };
        if self.is_longer {
            return Err("was too long to be kept whole");
        }
        if self.text.contains(REDACTED) {
            return Err("had a secret in it, which was not kept");
        }
        let hash = Sha256::digest(self.text.as_bytes());
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        if *bytes != self.text.len() as u64 || hash != *sha256 {
            return Err("was not kept as it came");
        }
        Ok(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(pieces: &[&str], bytes: u64, hashed: Option<&str>) -> Printed {
        let mut printed = Printed::default();
        for text in pieces {
            printed.hear(text);
        }
        let hash = |text: &str| {
            let hash = Sha256::digest(text.as_bytes());
            hash.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let sha256 = hashed.map(hash);
        printed.end(&[OutputRecord { stream: Stream::Stdout, bytes, sha256 }]);
        printed
    }

    #[test]
    fn only_what_is_whole_and_unredacted_is_compared_with() {
        assert_eq!(printed(&["a\n", "b\n"], 4, Some("a\nb\n")).whole(), Ok("a\nb\n"));
        let case = |printed: Printed, why: &str| {
            let found = printed.whole().expect_err("not whole");
            assert!(found.contains(why), "{found}");
        };
        case(printed(&["a\n"], 2, None), "is secret");
        case(printed(&["a\n"], 4, Some("a\nb\n")), "as it came");
        // As many bytes as the secret had.
        case(printed(&["[redacted T]"], 12, Some("[redacted T]")), "had a secret in it");
        case(printed(&[&"x".repeat(MOST), "x"], 65537, Some("x")), "too long");
        case(Printed::default(), "not recorded");
    }
}
