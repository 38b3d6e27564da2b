//! Which inputs a manual action yields: "Copy the token value".
//!
//! Comes in: an item's text, then all steps. Goes out: names in [`Manual::yields`]. An item may
//! name the input in code; else it is the first secret that a later command needs and that no
//! earlier one did.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::names::{Use, looks_secret, uses};
use super::tree::Prose;
use super::{Action, ActionKind, Item, Manual, Step};

/// Stands for "something that a later command needs", until it is known what.
const SOMETHING: &str = "";

static TAKES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:copy|write down|note (?:down )?(?:the|its|this|your)|save (?:the|its)|",
        r"record (?:the|its))\b"
    ))
    .expect("a valid pattern")
});

/// A secret by its noun, or nothing named at all.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:copy|write down|note|save|record)\b[^.]*",
        r"\b(?:token|key|secret|password|passphrase|credential|credentials|value)\b|",
        r"(?i)(?:^|[.\s])copy(?: it)?\s*[.!]?\s*$"
    ))
    .expect("a valid pattern")
});

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\$?\{?([A-Z][A-Z0-9_]+)\}?$|^<([^<>]+)>$").expect("a valid pattern")
});

/// What an item may yield: names that it mentions, or something.
pub(super) fn candidates(item: &Item, proses: &[Prose]) -> Vec<String> {
    if !TAKES.is_match(&item.text) {
        return Vec::new();
    }
    let codes = proses.iter().flat_map(|prose| &prose.codes);
    let mut names: Vec<String> = codes
        .filter_map(|(code, _)| {
            let found = NAME.captures(code)?;
            let name = found.get(1).or_else(|| found.get(2))?.as_str();
            Some(name.to_owned())
        })
        .collect();
    if SECRET.is_match(&item.text) {
        names.push(SOMETHING.to_owned());
    }
    names
}

/// Settles what each manual action yields.
pub(super) fn resolve(steps: &mut [Step]) {
    let uses = uses(steps);
    for (index, step) in steps.iter_mut().enumerate() {
        for (at, action) in step.actions.iter_mut().enumerate() {
            resolve_action(action, &uses, (index, at));
        }
    }
}

fn resolve_action(action: &mut Action, uses: &[Use], place: (usize, usize)) {
    match &mut action.kind {
        ActionKind::Manual(manual) => resolve_manual(manual, uses, place),
        ActionKind::Choice(choice) => {
            let actions = choice.alternatives.iter_mut().flat_map(|one| &mut one.actions);
            actions.for_each(|action| resolve_action(action, uses, place));
        }
        ActionKind::Command(_) | ActionKind::Record(_) => {}
    }
}

fn resolve_manual(manual: &mut Manual, uses: &[Use], place: (usize, usize)) {
    let candidates = std::mem::take(&mut manual.yields);
    let used = |name: &str| {
        let lower = name.to_lowercase().replace([' ', '-'], "_");
        let mention = uses.iter().find(|one| one.name == name || one.name == lower);
        mention.map(|one| one.name.clone())
    };
    manual.yields = candidates.iter().filter_map(|name| used(name)).collect();
    if manual.yields.is_empty() && candidates.iter().any(|name| name == SOMETHING) {
        manual.yields.extend(first_unknown(uses, place));
    }
    manual.yields.dedup();
}

/// The first secret that is needed after `place` and not before.
fn first_unknown(uses: &[Use], place: (usize, usize)) -> Option<String> {
    let known: HashSet<&str> =
        uses.iter().filter(|one| one.place <= place).map(|one| one.name.as_str()).collect();
    uses.iter()
        .filter(|one| one.place > place && looks_secret(&one.name))
        .find(|one| !known.contains(one.name.as_str()))
        .map(|one| one.name.clone())
}
