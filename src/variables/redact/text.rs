//! A stream of bytes as redacted text: for events, which are made of strings.
//!
//! Comes in: bytes in any chunking. Goes out: [`Redacted`] pieces that split no character. Bytes
//! that are no UTF-8 are written as `\xNN`.

use zeroize::Zeroize;

use super::{RedactStream, Redacted};

/// One stream on its way to events.
pub struct RedactText {
    stream: RedactStream,
    bytes: Vec<u8>,
}

impl RedactText {
    pub(super) const fn new(stream: RedactStream) -> Self {
        Self { stream, bytes: Vec::new() }
    }

    /// Takes the next bytes and lets go what is decided.
    pub fn push(&mut self, chunk: &[u8]) -> Redacted {
        self.stream.push(chunk, &mut self.bytes);
        self.text(Rest::Held)
    }

    /// Lets go what is left; what follows is taken as a new stream.
    pub fn finish(&mut self) -> Redacted {
        self.stream.finish(&mut self.bytes);
        self.text(Rest::Shown)
    }

    fn text(&mut self, rest: Rest) -> Redacted {
        let mut text = String::with_capacity(self.bytes.len());
        let mut kept = 0;
        for chunk in self.bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            kept += chunk.valid().len() + chunk.invalid().len();
            let open = kept == self.bytes.len() && chunk.invalid().len() < 4;
            if open && rest == Rest::Held && may_continue(chunk.invalid()) {
                kept -= chunk.invalid().len();
                break;
            }
            for byte in chunk.invalid() {
                text.push_str(&format!("\\x{byte:02x}"));
            }
        }
        self.bytes[..kept].zeroize();
        self.bytes.drain(..kept);
        Redacted::made(text)
    }
}

/// What becomes of the beginning of a character at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Held,
    Shown,
}

/// Whether more bytes could make a character of these.
fn may_continue(bytes: &[u8]) -> bool {
    let needed = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return false,
    };
    bytes.len() < needed
}

#[cfg(test)]
mod tests {
    use super::super::super::{Redactor, Secret};

    #[test]
    fn no_character_is_split_and_no_byte_lost() {
        let redactor = Redactor::new();
        redactor.add("TOKEN", &Secret::new("s3cr3t-välue".into()));
        let given = b"a\xc3\xa4\xf0\x9f\x98\x80 s3cr3t-v\xc3\xa4lue \xff \xe2\x82".as_slice();
        for size in 1..given.len() {
            let mut text = redactor.text();
            let mut all = String::new();
            for chunk in given.chunks(size) {
                all.push_str(text.push(chunk).as_str());
            }
            all.push_str(text.finish().as_str());
            assert_eq!(all, "aä😀 [redacted TOKEN] \\xff \\xe2\\x82", "{size}");
        }
    }
}
