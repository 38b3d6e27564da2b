//! What is missing because steps are left out, and what that means for the others.
//!
//! Comes in: a document, and what becomes of each step. Goes out: [`Lacks`]: what the steps that
//! are carried out cannot do without, and what is worth knowing. Variables are no lack: they are
//! asked for (`inputs`). Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use regex::Regex;

use crate::document::{Action, ActionKind, Block, Document, Segment, Step};
use crate::policy::{Catalogue, Trait, classify, programs};
use crate::shell::Statement;

use super::Inputs;
use super::names::sounds_secret;
use super::selection::{Selection, Turn};

/// What is missing because steps are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacks {
    /// What a step cannot do without: it cannot be carried out so.
    pub refusing: Vec<Lack>,
    /// What is to be known before the first step, a sentence each.
    pub told: Vec<String>,
    /// The ids of the steps that would have changed more than variables in the shell.
    pub changing: BTreeSet<String>,
}

/// Something that a step cannot do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// One sentence.
    pub text: String,
    /// The function, or the variable that holds more than one text.
    pub name: String,
    /// The id of the step that is left out, and would have defined or set it.
    pub step: String,
}

/// Looks for what is missing.
pub(super) fn lacks(
    document: &Document,
    catalogue: &'static Catalogue,
    selection: &Selection,
) -> Lacks {
    let mut search = Search {
        catalogue,
        functions: BTreeMap::new(),
        lists: BTreeMap::new(),
        set: BTreeSet::new(),
        stale: BTreeMap::new(),
        left: BTreeSet::new(),
        shell: Vec::new(),
        found: Lacks::default(),
    };
    let mut turns = document.steps.iter().enumerate().map(|(at, step)| selection.turn(at, step));
    if !turns.any(|turn| turn == Turn::LeftOut) {
        return Lacks::default();
    }
    for (place, step) in document.steps.iter().enumerate() {
        let blocks = blocks(&step.actions);
        match selection.turn(place, step) {
            Turn::CarriedOut => blocks.for_each(|block| search.needs(step, block)),
            Turn::LeftOut => {
                search.left.insert(step.id.clone());
                for block in blocks {
                    search.leave_out(step, block);
                    if selection.leaves_out(place) {
                        search.stay(step, block);
                    }
                }
            }
            Turn::Aside => {}
        }
    }
    search.found
}

struct Search {
    catalogue: &'static Catalogue,
    /// Functions that a step defines that is left out, with that step.
    functions: BTreeMap<String, String>,
    /// Variables that such a step sets, and that are more than one text.
    lists: BTreeMap<String, String>,
    /// Variables that a step sets that is carried out.
    set: BTreeSet<String>,
    /// Those of them that one would have set anew that is left out, with that step.
    stale: BTreeMap<String, String>,
    /// The ids of the steps that are left out.
    left: BTreeSet<String>,
    /// What would have changed in the shell, with the step; told once something is carried out after
    /// it.
    shell: Vec<(String, String)>,
    found: Lacks,
}

impl Search {
    fn leave_out(&mut self, step: &Step, block: &Block) {
        for (_, statement) in statements(block) {
            for name in &statement.functions {
                self.functions.insert(name.clone(), step.id.clone());
            }
            let text = &block.text[statement.span.range()];
            for mention in statement.assigns.iter().filter(|one| is_list(text, &one.name)) {
                self.lists.insert(mention.name.clone(), step.id.clone());
            }
            for mention in statement.assigns.iter().filter(|one| self.set.contains(&one.name)) {
                self.stale.insert(mention.name.clone(), step.id.clone());
            }
        }
    }

    /// Notes what a block that is left out would have changed in the shell besides variables.
    fn stay(&mut self, step: &Step, block: &Block) {
        for (segment, statement) in statements(block) {
            let started = programs(statement, self.catalogue).into_iter();
            let effects = started.filter_map(|one| effect_on_the_shell(&one.name));
            let unsets = statement.unsets.iter().map(|name| format!("unsets `{name}`"));
            for what in effects.map(str::to_owned).chain(unsets) {
                let (id, line) = (&step.id, segment.line);
                let told = format!("step {id}, line {line} {what}, and is left out");
                let told = (id.clone(), told);
                if !self.shell.contains(&told) {
                    self.shell.push(told);
                }
            }
        }
    }

    fn needs(&mut self, step: &Step, block: &Block) {
        if !block.runnable {
            return;
        }
        for (step, told) in self.shell.drain(..) {
            self.found.changing.insert(step);
            self.found.told.push(told);
        }
        for (segment, statement) in statements(block) {
            let place = format!("step {}, line {}", step.id, segment.line);
            for program in programs(statement, self.catalogue) {
                if let Some(other) = self.functions.get(&program.name) {
                    let text = format!(
                        "{place} calls `{}`, which step {other} defines; carry out step {other}, too",
                        program.name
                    );
                    let (name, step) = (program.name.clone(), other.clone());
                    self.found.refusing.push(Lack { text, name, step });
                }
            }
            for mention in &statement.reads {
                if let Some(other) = self.lists.get(&mention.name) {
                    let text = format!(
                        "{place} reads `{}`, which step {other} sets to more than one text, so that \
                         it cannot be asked for; carry out step {other}, too",
                        mention.name
                    );
                    let (name, step) = (mention.name.clone(), other.clone());
                    self.found.refusing.push(Lack { text, name, step });
                }
                if let Some(other) = self.stale.get(&mention.name) {
                    self.found.told.push(format!(
                        "{place} reads `{}` as it was set before step {other}, which would set it \
                         anew and is left out",
                        mention.name
                    ));
                }
            }
            statement.functions.iter().for_each(|name| drop(self.functions.remove(name)));
            for mention in &statement.assigns {
                self.lists.remove(&mention.name);
                self.stale.remove(&mention.name);
                self.set.insert(mention.name.clone());
            }
        }
        self.compares(step, block);
    }

    /// Expectations that compare with what a step printed that is left out.
    fn compares(&mut self, step: &Step, block: &Block) {
        let annotations = block.segments.iter().flat_map(|segment| &segment.expectations);
        for annotation in annotations {
            for other in annotation.expectation.step_references() {
                if self.left.contains(&other) {
                    self.found.told.push(format!(
                        "step {}, line {} compares with step {other}, which is left out: a person \
                         judges it",
                        step.id, annotation.line
                    ));
                }
            }
        }
    }
}

/// The variables that steps set which are left out, and that hold secrets or may: what prints
/// secrets set them, or what works with one.
pub(super) fn secrets(
    document: &Document,
    catalogue: &Catalogue,
    selection: &Selection,
    inputs: &Inputs,
) -> HashSet<String> {
    let known = inputs.iter().filter(|input| input.secret);
    let mut secret: HashSet<String> = known.flat_map(|input| input.variables.clone()).collect();
    let steps = document.steps.iter().enumerate();
    let left = steps.filter(|(place, step)| selection.turn(*place, step) == Turn::LeftOut);
    for (_, statement) in left.flat_map(|(_, step)| blocks(&step.actions)).flat_map(statements) {
        let prints = || classify(statement, catalogue).traits.contains(&Trait::PrintsSecret);
        let mut reads = statement.reads.iter().map(|one| &one.name);
        let sets = !statement.assigns.is_empty();
        if sets && (reads.any(|name| secret.contains(name) || sounds_secret(name)) || prints()) {
            secret.extend(statement.assigns.iter().map(|one| one.name.clone()));
        }
    }
    secret
}

/// What a builtin changes for all that comes after it.
fn effect_on_the_shell(name: &str) -> Option<&'static str> {
    Some(match name {
        "cd" | "pushd" | "popd" => "changes the folder",
        "set" | "shopt" => "sets options of the shell",
        "umask" => "says who may read new files",
        "source" | "." | "eval" => "may set anything in the shell",
        "trap" => "sets a trap",
        "alias" => "makes an alias",
        _ => return None,
    })
}

/// Whether a statement hands what it assigns to every program that is started after it.
pub(super) fn exports(text: &str) -> bool {
    let mut words = text.split_whitespace();
    match words.next() {
        Some("export") => !words.next().is_some_and(|word| word.starts_with("-n")),
        Some("declare" | "typeset") => words
            .take_while(|word| word.starts_with('-'))
            .any(|word| !word.starts_with("--") && word.contains('x')),
        _ => false,
    }
}

/// Whether a statement makes a variable hold more than one text.
fn is_list(text: &str, name: &str) -> bool {
    let name = regex::escape(name);
    let form = format!(
        r"\b{name}(?:\+?=\(|\[)|\b(?:declare|typeset|local|readonly|export)\b.*\s-\w*[aA]\w*\b.*\b{name}\b|\b(?:mapfile|readarray)\b.*\b{name}\b|\bread\b.*\s-\w*a\s+{name}\b"
    );
    Regex::new(&form).is_ok_and(|form| form.is_match(text))
}

/// The blocks of some actions, also of their alternatives.
pub(super) fn blocks(actions: &[Action]) -> Box<dyn Iterator<Item = &Block> + '_> {
    Box::new(actions.iter().flat_map(|action| match &action.kind {
        ActionKind::Command(block) => {
            Box::new(std::iter::once(block.as_ref())) as Box<dyn Iterator<Item = _>>
        }
        ActionKind::Choice(choice) => {
            Box::new(choice.alternatives.iter().flat_map(|one| blocks(&one.actions)))
        }
        ActionKind::Manual(_) | ActionKind::Record(_) => Box::new(std::iter::empty()),
    }))
}

fn statements(block: &Block) -> impl Iterator<Item = (&Segment, &Statement)> {
    block.segments.iter().flat_map(|segment| {
        let statements = &block.script.statements[segment.statements.clone()];
        statements.iter().map(move |statement| (segment, statement))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_more_than_one_text_cannot_be_asked_for() {
        for text in ["A=(1 2)", "A+=(3)", "A[2]=x", "declare -A A=([k]=v)", "mapfile -t A < f"] {
            assert!(is_list(text, "A"), "{text}");
        }
        for text in ["A=1", "A=\"$(date)\"", "declare -r A=1", "BA=(1)", "read -r A"] {
            assert!(!is_list(text, "A"), "{text}");
        }
    }

    #[test]
    fn what_is_exported_reaches_programs_that_do_not_name_it() {
        for text in ["export A=1", "declare -x A=1", "typeset -gx A", "export A"] {
            assert!(exports(text), "{text}");
        }
        for text in ["A=1", "export -n A", "declare -r A=x", "echo export"] {
            assert!(!exports(text), "{text}");
        }
    }
}
