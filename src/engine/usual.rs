//! What is known of how long things take.

use crate::event;
use crate::variables::Redacted;

/// Tells how long things took in earlier runs.
pub trait Usual: std::fmt::Debug {
    /// The whole run; asked once, as it begins.
    fn run(&self) -> Option<event::Usual>;

    /// A segment, in milliseconds; asked only of one that takes long.
    fn segment(&mut self, step: &str, statements: &[Redacted]) -> Option<u64>;
}
