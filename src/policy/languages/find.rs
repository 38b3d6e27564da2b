//! The expressions of `find`.
//!
//! Comes in: parsed arguments. Goes out: objections, and the commands that `-exec` starts.

use super::super::arguments::Argument;
use super::super::options::{Objection, Parsed};
use super::unknown;

/// What `find` objects to.
pub(super) fn find(parsed: &Parsed) -> Vec<Objection> {
    let first = parsed.operands.first();
    first.map(|it| unknown("is not read yet", it.span)).into_iter().collect()
}

/// The commands that `-exec` and its like start.
pub(super) fn commands(_parsed: &Parsed) -> Vec<Vec<Argument>> {
    Vec::new()
}
