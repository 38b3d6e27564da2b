//! What `redis` is told to do.
//!
//! Comes in: parsed arguments. Goes out: objections.

use super::super::options::{Objection, Parsed};
use super::unknown;

/// What `redis` objects to.
pub(super) fn redis(parsed: &Parsed) -> Vec<Objection> {
    let first = parsed.operands.first();
    first.map(|it| unknown("is not read yet", it.span)).into_iter().collect()
}
