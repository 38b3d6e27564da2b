//! Which inputs a manual action yields: "Copy the token value".
//!
//! Comes in: an item's text, then all steps. Goes out: names in [`Manual::yields`]. An item may
//! name the input in code; else it is the first secret that a later command needs and that no
//! earlier one did.

use std::collections::HashMap;
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
    let uses = Uses::of(uses(steps));
    for (index, step) in steps.iter_mut().enumerate() {
        for (at, action) in step.actions.iter_mut().enumerate() {
            resolve_action(action, &uses, (index, at));
        }
    }
}

fn resolve_action(action: &mut Action, uses: &Uses, place: (usize, usize)) {
    match &mut action.kind {
        ActionKind::Manual(manual) => resolve_manual(manual, uses, place),
        ActionKind::Choice(choice) => {
            let actions = choice.alternatives.iter_mut().flat_map(|one| &mut one.actions);
            actions.for_each(|action| resolve_action(action, uses, place));
        }
        ActionKind::Command(_) | ActionKind::Record(_) => {}
    }
}

fn resolve_manual(manual: &mut Manual, uses: &Uses, place: (usize, usize)) {
    let candidates = std::mem::take(&mut manual.yields);
    manual.yields = candidates.iter().filter_map(|name| uses.named(name)).collect();
    if manual.yields.is_empty() && candidates.iter().any(|name| name == SOMETHING) {
        manual.yields.extend(uses.first_unknown(place));
    }
    manual.yields.dedup();
}

/// The first use of each name, in document order.
struct Uses {
    first: Vec<Use>,
    /// Where each name stands among them.
    ranks: HashMap<String, usize>,
    /// Those of secrets.
    secrets: Vec<Use>,
}

impl Uses {
    fn of(all: Vec<Use>) -> Self {
        let (mut first, mut ranks) = (Vec::new(), HashMap::new());
        for one in all {
            let next = first.len();
            if *ranks.entry(one.name.clone()).or_insert(next) == next {
                first.push(one);
            }
        }
        let secrets = first.iter().filter(|one: &&Use| looks_secret(&one.name)).cloned().collect();
        Self { first, ranks, secrets }
    }

    /// The name that is used as it is written, or in lowercase words; of both the earlier one.
    fn named(&self, name: &str) -> Option<String> {
        let lower = name.to_lowercase().replace([' ', '-'], "_");
        let ranks = [name, &lower].into_iter().filter_map(|name| self.ranks.get(name));
        ranks.min().map(|rank| self.first[*rank].name.clone())
    }

    /// The first secret that is needed after `place` and not before.
    fn first_unknown(&self, place: (usize, usize)) -> Option<String> {
        let next = self.secrets.partition_point(|one| one.place <= place);
        self.secrets.get(next).map(|one| one.name.clone())
    }
}
