//! Values: secrets, redaction, templates, quoting.
//!
//! Comes in: what the operator or an answers file gave. Goes out: text that may be shown, and
//! words that may enter a command. Refuses to know who asks and why.

mod mark;
mod redact;
mod secret;
pub mod template;
mod value;

pub use self::mark::{MarkKey, made_elsewhere};
pub use self::redact::{RedactStream, RedactText, Redacted, Redactor};
pub use self::secret::{SHORTEST, Secret, TrailingNewline, Weakness};
pub use self::value::{Value, Values};
