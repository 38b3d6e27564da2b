//! Views of events and diagnostics.
//!
//! Comes in: what earlier stages found and did, as data. Goes out: text for a terminal. Refuses to
//! decide anything, and to let text of a command or a document act on the terminal.

mod gutter;
mod invisible;
mod neutral;

pub use self::gutter::Gutter;
pub use self::neutral::{Neutralizer, neutral};
