//! What `sql` is told to do.
//!
//! Comes in: parsed arguments and their rules. Goes out: objections.

use super::super::options::{Objection, Parsed};
use super::super::rule::Rule;
use super::unknown;

/// What `sql` objects to.
pub(super) fn sql(parsed: &Parsed, _rules: &[&Rule]) -> Vec<Objection> {
    let values = parsed.values.iter().map(|(_, value)| value);
    let first = values.chain(&parsed.operands).next();
    first.map(|it| unknown("is not read yet", it.span)).into_iter().collect()
}
