//! What `sql` is told to do.
//!
//! Comes in: parsed arguments and their rules. Goes out: objections.

use super::super::options::{Objection, Parsed};
use super::super::rule::Rule;
use super::unknown;

/// What `sql` objects to.
pub(super) fn sql(parsed: &Parsed, _rules: &[&Rule]) -> Vec<Objection> {
    let first = parsed.operands.first();
    first.map(|it| unknown("is not read yet", it.span)).into_iter().collect()
}
