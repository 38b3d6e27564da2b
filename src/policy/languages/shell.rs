//! The text that follows `bash -c` or `sh -c`.
//!
//! Comes in: parsed arguments and their rules. Goes out: objections. What the text does is judged
//! where every wrapper's text is; here it only must be certain which argument the text is.

use super::super::arguments::Argument;
use super::super::classify::is_read_alike;
use super::super::options::{Objection, Parsed};
use super::super::rule::{Rule, lists};
use super::unknown;

/// A shell takes `-c` for an option without a value: what is glued to it are further options, and
/// the text is the first argument that is none. Other shells than bash must read it like bash.
pub(super) fn shell(parsed: &Parsed, rules: &[&Rule]) -> Vec<Objection> {
    let bash = rules.iter().any(|rule| lists(&rule.names, "bash"));
    let objection = |script: &Argument| {
        let text = script.text()?;
        if parsed.glued.iter().any(|option| option == "-c") || text.starts_with(['-', '+']) {
            return Some(unknown("has options behind its `-c`", script.span));
        }
        let alike = bash || is_read_alike(text);
        (!alike).then(|| unknown("gets a text that only bash reads so", script.span))
    };
    parsed.values_of("-c").filter_map(objection).collect()
}
