//! Views of events and diagnostics.
//!
//! Comes in: what earlier stages found and did, as data. Goes out: text for a terminal, JSON, and the formats of CI.
//! Refuses to decide anything, and to let text of a command or a document act on the terminal.

mod advice;
mod audit;
pub mod classification;
mod diagnostic;
pub mod explain;
pub mod findings;
mod gutter;
mod invisible;
pub mod json_lines;
mod markdown;
mod neutral;
pub mod progress;
pub mod story;
pub mod terminal;
pub mod whole;
mod workflow;
mod wrap;

pub use self::audit::audit_words;
use self::diagnostic::one_line;
pub use self::diagnostic::{Colour, draw};
pub use self::gutter::Gutter;
pub use self::neutral::{Neutralizer, neutral};
pub use self::wrap::{named, said, told, verbatim, wrapped};
