//! The values that a runbook needs and does not produce.
//!
//! Comes in: a [`Document`]. Goes out: its inputs, each once, in order of their first mention:
//! declared ones, placeholders, and variables that no earlier statement sets. Several spellings of
//! one name are one input.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Deref;
use std::slice;

use serde::Serialize;

use crate::document::{Action, ActionKind, Block, Declared, Document, Manual, RUN_FACTS};
use crate::shell::Quoting;

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
}

impl Input {
    /// Whether `name` is a name of this input, in any spelling.
    pub fn is(&self, name: &str) -> bool {
        key(&self.name) == key(name)
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

/// Variables that a login shell has, and that no runbook means as an input.
const STANDARD: &[&str] = &[
    "COLUMNS",
    "DISPLAY",
    "EDITOR",
    "EUID",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "LANG",
    "LANGUAGE",
    "LINES",
    "LOGNAME",
    "MACHTYPE",
    "MAIL",
    "OLDPWD",
    "OSTYPE",
    "PAGER",
    "PATH",
    "PPID",
    "PWD",
    "SHELL",
    "SHLVL",
    "SSH_AUTH_SOCK",
    "TERM",
    "TMPDIR",
    "TZ",
    "UID",
    "USER",
    "VISUAL",
];

/// Collects the inputs of a document.
pub fn collect(document: &Document) -> Inputs {
    let mut collector = Collector {
        document,
        inputs: Inputs { all: Vec::new(), places: HashMap::new() },
        seen: HashSet::new(),
        assigned: BTreeSet::new(),
    };
    document.declared.iter().for_each(|declared| collector.declare(declared));
    document.steps.iter().for_each(|step| collector.actions(&step.actions));
    collector.inputs
}

struct Collector<'d> {
    document: &'d Document,
    inputs: Inputs,
    /// What was noted of each input, by its place.
    seen: HashSet<(usize, Noted)>,
    /// What an earlier statement has set.
    assigned: BTreeSet<String>,
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
                ActionKind::Record(_) => {}
            }
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
                    let line = self.line(block, read.span.start);
                    let place = self.input(InputKind::Variable, &read.name);
                    self.inputs.all[place].list = false;
                    self.note(place, Noted::Variable(read.name.clone()));
                    self.note(place, Noted::Spelling(format!("${}", read.name)));
                    self.note(place, Noted::Line(line));
                }
            }
            self.assigned.extend(statement.assigns.iter().map(|one| one.name.clone()));
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
        let standard =
            STANDARD.contains(&name) || name.starts_with("LC_") || name.starts_with("BASH");
        !standard && !self.assigned.contains(name)
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

/// One name for all spellings: lowercase words joined by `_`.
pub fn key(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// Whether a value of this name is secret, as authors and tools name their variables.
pub fn sounds_secret(name: &str) -> bool {
    const SECRET: &[&str] = &[
        "token",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "credential",
        "credentials",
        "apikey",
        "pat",
    ];
    const KEYS: &[&str] = &["api", "private", "access", "secret", "signing", "encryption", "ssh"];
    // `SECRET_NAME` and `TOKEN_FILE` say where a secret is, not what it is.
    const ABOUT: &[&str] = &["name", "names", "path", "file", "dir", "type", "ttl", "url", "count"];
    let name = key(name);
    let words: Vec<_> = name.split('_').collect();
    let about = words.last().is_some_and(|last| ABOUT.contains(last));
    let key = words.windows(2).any(|pair| KEYS.contains(&pair[0]) && pair[1] == "key");
    !about && (key || words.iter().any(|word| SECRET.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names_are_told_from_names_of_secrets() {
        for name in ["NEW_TOKEN", "db-password", "AWS_SECRET_ACCESS_KEY", "api key", "GH_PAT"] {
            assert!(sounds_secret(name), "{name}");
        }
        for name in ["SECRET_NAME", "TOKEN_FILE", "KEY", "PROJECT_ID", "app", "monkey", "PATH"] {
            assert!(!sounds_secret(name), "{name}");
        }
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in ["App-Name", "APP_NAME", "app name", "<app.name>"] {
            assert_eq!(key(name), "app_name");
        }
    }
}
