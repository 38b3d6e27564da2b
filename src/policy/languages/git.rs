//! What the operands of `git` are.
//!
//! Comes in: parsed arguments and their rules. Goes out: objections to what creates a branch or
//! tag, and to remotes that name the program which talks to them.

use super::super::arguments::{Argument, Rest};
use super::super::options::{Objection, Parsed};
use super::super::rule::Rule;
use super::{unknown, write};

/// With these `git branch` and `git tag` list; without, an operand is the name of a new one.
/// Versions of git before 2.19 took `git branch -l` for something else.
const LISTING: &str = "--list --contains --no-contains --merged --no-merged --points-at";

/// What names something new, or a program.
pub(super) fn git(parsed: &Parsed, rules: &[&Rule]) -> Vec<Objection> {
    let path = rules.first().map(|rule| rule.path.as_str());
    let lists = match path {
        Some("branch") => parsed.has(LISTING),
        Some("tag") => parsed.has(LISTING) || parsed.has("-l -n"),
        _ => return parsed.operands.iter().filter_map(helper).collect(),
    };
    let created = parsed.operands.iter().filter(|_| !lists);
    created.map(|it| write("creates what it is given the name of", it.span)).collect()
}

/// `NAME::ADDRESS` is handled by the program `git-remote-NAME` (gitremote-helpers).
fn helper(operand: &Argument) -> Option<Objection> {
    let known = &operand.known;
    if known.is_empty() && !matches!(operand.rest, Rest::None | Rest::Address) {
        return Some(unknown("names a remote that is known only when it runs", operand.span));
    }
    let named = known.contains("::") || known.starts_with(':') || known.contains("//-");
    named.then(|| unknown("names a program that talks to the remote", operand.span))
}
