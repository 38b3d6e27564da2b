//! The values that a runbook needs and does not produce.
//!
//! Comes in: a [`Document`]. Goes out: its inputs, each once, in order of their first mention:
//! declared ones, placeholders, and variables that no earlier statement sets. Several spellings of
//! one name are one input.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Deref;
use std::slice;

use serde::Serialize;

use crate::document::{
    Action, ActionKind, Block, Declared, Document, Fill, Manual, RUN_FACTS, Record,
};
use crate::shell::{Mention, Quoting, Statement};

use super::left_out::exports;
use super::names::{is_standard, key, sounds_secret};
use super::selection::{Selection, Turn};

/// How an input came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// A shell variable that nothing sets.
    Variable,
    /// A placeholder such as `<app>`.
    Placeholder,
    /// Declared by the author.
    Declared,
}

/// A value to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// How it came to be known.
    pub kind: InputKind,
    /// Its name, as it was first written.
    pub name: String,
    /// Whether it is secret: by declaration, by its name, or by the step that obtains it.
    pub secret: bool,
    /// Whether it may be several values: the segment then runs once for each.
    pub list: bool,
    /// What it is, for the prompt.
    pub description: Option<String>,
    /// The value offered.
    pub default: Option<String>,
    /// A regular expression that the whole value must match.
    pub pattern: Option<String>,
    /// All ways in which it is written: `$APP`, `<app>`.
    pub spellings: Vec<String>,
    /// The lines that mention it, from 1.
    pub lines: Vec<usize>,
    /// The shell variables by which blocks read it.
    pub variables: Vec<String>,
    /// The step that would have set it, where that is left out.
    pub instead_of: Option<InsteadOf>,
}

/// A step that would have set a variable, and is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsteadOf {
    /// The step's id.
    pub step: String,
    /// Whether the step would have exported it.
    pub exported: bool,
}

impl Input {
    /// Whether `name` is a name of this input, in any spelling.
    pub fn is(&self, name: &str) -> bool {
        key(&self.name) == key(name)
    }

    /// It is asked for because the step that sets it is left out; a default is for what comes before.
    fn stand_in_for(&mut self, missing: InsteadOf) {
        self.default = None;
        self.instead_of = Some(missing);
    }

    /// What it is, for the prompt: in the author's words, and why it is asked for.
    pub fn described(&self) -> Option<String> {
        let missing = self.instead_of.as_ref();
        let why = missing.map(|it| format!("step {} sets it, which is left out", it.step));
        let said: Vec<String> = self.description.clone().into_iter().chain(why).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// What all spellings of its name have in common.
    pub fn key(&self) -> String {
        key(&self.name)
    }
}

/// The inputs of a document, in order of their first mention, to be found by any spelling.
#[derive(Debug, Clone)]
pub struct Inputs {
    all: Vec<Input>,
    /// Where each name stands among them.
    places: HashMap<String, usize>,
}

impl Inputs {
    /// The input that has this name, in any spelling.
    pub fn named(&self, name: &str) -> Option<&Input> {
        self.place(name).map(|place| &self.all[place])
    }

    /// Makes secrets of those that stand for one of these variables, which a step would have set
    /// that is left out.
    pub(super) fn hide(&mut self, secrets: &HashSet<String>) {
        for input in self.all.iter_mut().filter(|one| one.instead_of.is_some()) {
            input.secret |= input.variables.iter().any(|name| secrets.contains(name));
            input.list &= !input.secret;
        }
    }

    /// Those that this step would have exported.
    pub(super) fn exported_by(&self, step: &str) -> Vec<String> {
        let of = |input: &&Input| {
            input.instead_of.as_ref().is_some_and(|it| it.exported && it.step == step)
        };
        self.all.iter().filter(of).map(|input| input.name.clone()).collect()
    }

    /// What is needed here and not there: each name that is no input there, or no variable of one.
    pub fn beyond(&self, others: &Self) -> Vec<(InputKind, String)> {
        let mut found = Vec::new();
        for input in &self.all {
            let known = others.named(&input.name);
            if known.is_none() && input.variables.is_empty() {
                found.push((InputKind::Placeholder, input.name.clone()));
            }
            let is_known =
                |name: &String| known.is_some_and(|known| known.variables.contains(name));
            let variables = input.variables.iter().filter(|name| !is_known(name));
            found.extend(variables.map(|name| (InputKind::Variable, name.clone())));
        }
        found
    }

    /// Where the input of this name stands among the others.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(&key(name)).copied()
    }
}

impl Deref for Inputs {
    type Target = [Input];

    fn deref(&self) -> &[Input] {
        &self.all
    }
}

impl<'a> IntoIterator for &'a Inputs {
    type Item = &'a Input;
    type IntoIter = slice::Iter<'a, Input>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

/// Collects the inputs of a document. What a step sets that is left out is an input of those that
/// are carried out.
pub fn collect(document: &Document, selection: &Selection) -> Inputs {
    let mut collector = Collector {
        document,
        inputs: Inputs { all: Vec::new(), places: HashMap::new() },
        seen: HashSet::new(),
        assigned: BTreeSet::new(),
        missing: BTreeMap::new(),
        without: None,
    };
    document.declared.iter().for_each(|declared| collector.declare(declared));
    for (place, step) in document.steps.iter().enumerate() {
        let left_out = selection.turn(place, step) == Turn::LeftOut;
        collector.without = left_out.then(|| step.id.clone());
        collector.actions(&step.actions);
    }
    collector.inputs
}

struct Collector<'d> {
    document: &'d Document,
    inputs: Inputs,
    /// What was noted of each input, by its place.
    seen: HashSet<(usize, Noted)>,
    /// What an earlier statement has set.
    assigned: BTreeSet<String>,
    /// What an earlier statement would have set that is left out.
    missing: BTreeMap<String, InsteadOf>,
    /// The step that is looked at, where it is left out.
    without: Option<String>,
}

/// What is noted of an input once.
#[derive(PartialEq, Eq, Hash)]
enum Noted {
    Spelling(String),
    Line(usize),
    Variable(String),
}

impl Collector<'_> {
    fn declare(&mut self, declared: &Declared) {
        let input = Input {
            kind: InputKind::Declared,
            name: declared.name.clone(),
            secret: declared.secret.unwrap_or_else(|| sounds_secret(&declared.name)),
            list: false,
            description: declared.description.clone(),
            default: declared.default.clone(),
            pattern: declared.pattern.clone(),
            spellings: vec![declared.name.clone()],
            lines: vec![self.document.source.line(declared.span.start)],
            variables: Vec::new(),
            instead_of: None,
        };
        let place = self.inputs.len();
        if *self.inputs.places.entry(key(&input.name)).or_insert(place) == place {
            self.seen.insert((place, Noted::Spelling(declared.name.clone())));
            self.seen.extend(input.lines.iter().map(|line| (place, Noted::Line(*line))));
            self.inputs.all.push(input);
        }
    }

    fn actions(&mut self, actions: &[Action]) {
        for action in actions {
            match &action.kind {
                ActionKind::Command(block) => self.block(block),
                ActionKind::Manual(manual) => self.manual(manual, action.line),
                ActionKind::Choice(choice) => {
                    choice.alternatives.iter().for_each(|one| self.actions(&one.actions));
                }
                ActionKind::Record(record) => self.record(record, action.line),
            }
        }
    }

    /// What an audit entry is filled in with.
    fn record(&mut self, record: &Record, line: usize) {
        for hole in &record.holes {
            let Fill::Value(name) = &hole.fill else { continue };
            if RUN_FACTS.contains(&name.as_str()) {
                continue;
            }
            let place = self.input(InputKind::Placeholder, name);
            self.note(place, Noted::Spelling(record.text[hole.span.range()].to_owned()));
            self.note(place, Noted::Line(line));
        }
    }

    fn block(&mut self, block: &Block) {
        for placeholder in &block.placeholders {
            let fact = RUN_FACTS.contains(&placeholder.name.as_str());
            if placeholder.context != Quoting::Comment && !placeholder.name.is_empty() && !fact {
                let line = self.line(block, placeholder.span.start);
                let place = self.input(InputKind::Placeholder, &placeholder.name);
                let input = &mut self.inputs.all[place];
                input.list = input.variables.is_empty() && !input.secret;
                self.note(place, Noted::Spelling(placeholder.spelling.clone()));
                self.note(place, Noted::Line(line));
            }
        }
        for statement in &block.script.statements {
            for read in &statement.reads {
                if self.is_free(&read.name) {
                    self.variable(block, read);
                }
            }
            match self.without.clone() {
                Some(step) => self.miss(block, statement, &step),
                None => self.assigned.extend(statement.assigns.iter().map(|one| one.name.clone())),
            }
        }
    }

    /// A variable that a block reads, or would have set.
    fn variable(&mut self, block: &Block, mention: &Mention) {
        let name = &mention.name;
        let line = self.line(block, mention.span.start);
        let place = self.input(InputKind::Variable, name);
        self.inputs.all[place].list = false;
        self.note(place, Noted::Variable(name.clone()));
        self.note(place, Noted::Spelling(format!("${name}")));
        self.note(place, Noted::Line(line));
        if let Some(missing) = self.missing.get(name).filter(|_| self.without.is_none()) {
            self.inputs.all[place].stand_in_for(missing.clone());
        }
    }

    /// What a statement would have set that is left out. What it exports is needed by whatever
    /// program comes after it.
    fn miss(&mut self, block: &Block, statement: &Statement, step: &str) {
        let exported = exports(&block.text[statement.span.range()]);
        for mention in &statement.assigns {
            let exported =
                exported || self.missing.get(&mention.name).is_some_and(|it| it.exported);
            let missing = InsteadOf { step: step.to_owned(), exported };
            if exported && !is_standard(&mention.name) {
                self.variable(block, mention);
                let place = self.inputs.place(&mention.name).expect("it has just been put there");
                self.inputs.all[place].stand_in_for(missing.clone());
            }
            self.missing.insert(mention.name.clone(), missing);
        }
    }

    /// What doing something by hand yields is secret where the words say so.
    fn manual(&mut self, manual: &Manual, line: usize) {
        let words: Vec<_> = manual.items.iter().map(|item| item.text.to_lowercase()).collect();
        let secret = words.iter().any(|text| {
            ["token", "secret", "password", "key", "credential"]
                .iter()
                .any(|word| text.contains(word))
        });
        for name in &manual.yields {
            let place = self.input(InputKind::Variable, name);
            let input = &mut self.inputs.all[place];
            input.secret |= secret;
            input.list &= !input.secret;
            self.note(place, Noted::Line(line));
        }
    }

    fn note(&mut self, place: usize, noted: Noted) {
        let input = &mut self.inputs.all[place];
        let noted = (place, noted);
        if self.seen.contains(&noted) {
            return;
        }
        match &noted.1 {
            Noted::Spelling(spelling) => input.spellings.push(spelling.clone()),
            Noted::Line(line) => input.lines.push(*line),
            Noted::Variable(name) => input.variables.push(name.clone()),
        }
        self.seen.insert(noted);
    }

    fn is_free(&self, name: &str) -> bool {
        let missing = self.without.is_some() && self.missing.contains_key(name);
        !is_standard(name) && !self.assigned.contains(name) && !missing
    }

    /// The place of the input of this name, new where there was none.
    fn input(&mut self, kind: InputKind, name: &str) -> usize {
        let next = self.inputs.len();
        let place = *self.inputs.places.entry(key(name)).or_insert(next);
        if place == next {
            self.inputs.all.push(Input {
                kind,
                name: name.to_owned(),
                secret: sounds_secret(name),
                list: false,
                description: None,
                default: None,
                pattern: None,
                spellings: Vec::new(),
                lines: Vec::new(),
                variables: Vec::new(),
                instead_of: None,
            });
        }
        place
    }

    fn line(&self, block: &Block, offset: usize) -> usize {
        let before = memchr::memchr_iter(b'\n', &block.text.as_bytes()[..offset]).count();
        let span = block.lines.get(before).or(block.lines.last());
        span.map_or(1, |span| self.document.source.line(span.start))
    }
}
