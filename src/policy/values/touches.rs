//! Which variables a text touches, and how often.
//!
//! Comes in: lists. Goes out: [`Touches`]. It counts too much rather than too little: a builtin that
//! can set a variable counts as touching every name among its words, wherever it stands.

use std::collections::BTreeMap;

use crate::shell::{Command, Compound, Kind, List, Piece, Redirect, Simple, Use, Word};

/// Builtins that give variables values, or attributes.
const SETTING: &[&str] = &[
    "read",
    "export",
    "readonly",
    "declare",
    "typeset",
    "local",
    "unset",
    "mapfile",
    "readarray",
    "getopts",
    "wait",
    "let",
    "printf",
];

/// Builtins that run what they are given in this shell.
const RUNNING: &[&str] = &["eval", "source", ".", "trap", "fc", "enable", "alias", "complete"];

/// Which variables a text touches.
#[derive(Debug, Default)]
pub(super) struct Touches {
    /// How often each name is given a value by an assignment or a builtin.
    set: BTreeMap<String, usize>,
    /// How often each name is the variable of a `for`.
    looped: BTreeMap<String, usize>,
    /// Whether something in it may touch any name.
    pub any_name: bool,
}

impl Touches {
    /// Of lists and everything in them.
    pub fn of<'a>(lists: impl Iterator<Item = &'a List>) -> Self {
        let mut touches = Self::default();
        lists.for_each(|list| touches.list(list));
        touches
    }

    /// Whether a name may be touched.
    pub fn has(&self, name: &str) -> bool {
        self.any_name || self.set.contains_key(name) || self.looped.contains_key(name)
    }

    /// Whether a name is touched once.
    pub fn is_only(&self, name: &str) -> bool {
        let set = self.set.get(name).copied().unwrap_or(0);
        let looped = self.looped.get(name).copied().unwrap_or(0);
        set + looped == 1
    }

    fn touch(&mut self, name: &str) {
        *self.set.entry(name.to_owned()).or_default() += 1;
    }

    fn list(&mut self, list: &List) {
        let pipelines = list.items.iter().flat_map(|item| item.and_or.pipelines());
        for command in pipelines.flat_map(|pipeline| &pipeline.stages) {
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound) => self.compound(compound),
            Command::Test(test) => {
                self.words(&test.words);
                self.redirects(&test.redirects);
            }
            Command::Function(_) | Command::Unsupported { .. } => self.any_name = true,
        }
    }

    fn compound(&mut self, compound: &Compound) {
        if let Some(name) = &compound.variable {
            *self.looped.entry(name.clone()).or_default() += 1;
        }
        // What is calculated may give values to names.
        self.any_name |= matches!(compound.kind, Kind::ArithmeticFor | Kind::Arithmetic);
        self.words(&compound.words);
        compound.bodies.iter().for_each(|body| self.list(body));
        self.redirects(&compound.redirects);
    }

    fn simple(&mut self, simple: &Simple) {
        for assignment in &simple.assignments {
            self.touch(&assignment.name);
            self.words(&assignment.words);
        }
        self.words(&simple.words);
        self.redirects(&simple.redirects);
        let texts: Vec<_> = simple.words.iter().map(Word::literal).collect();
        let is_one_of =
            |list: &[&str]| texts.iter().flatten().any(|text| list.contains(&text.as_str()));
        // A name that is known only when it runs may be that of any builtin.
        let named = texts.first().is_none_or(Option::is_some);
        self.any_name |= is_one_of(RUNNING) || !named;
        if is_one_of(SETTING) {
            self.any_name |= texts.iter().any(Option::is_none) && !is_printed(&texts);
            texts.iter().flatten().for_each(|text| self.names_in(text));
        }
    }

    /// Every name that a word of a builtin may give a value: `X`, `X=1`, `X+=1`, `-aX`.
    fn names_in(&mut self, text: &str) {
        let separated = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        separated.for_each(|name| self.touch(name));
        if let Some(glued) = text.strip_prefix('-') {
            for (at, _) in glued.char_indices() {
                self.touch(&glued[at..]);
            }
        }
    }

    fn redirects(&mut self, redirects: &[Redirect]) {
        for redirect in redirects {
            self.words(std::slice::from_ref(&redirect.target));
        }
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            // `{X}<f` gives `X` the number of a descriptor.
            if let Some(name) = word.text.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                self.touch(name);
            }
            self.pieces(&word.pieces);
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Substitution { body, .. } | Piece::Process { body, .. } => self.list(body),
                Piece::Parameter(parameter) => {
                    match parameter.used {
                        Use::Assign => self.touch(&parameter.name),
                        Use::Evaluate => self.any_name = true,
                        Use::Value | Use::Default => {}
                    }
                    self.pieces(&parameter.pieces);
                }
                Piece::Arithmetic { text, pieces, .. } => {
                    self.any_name |=
                        text.contains('=') || text.contains("++") || text.contains("--");
                    self.pieces(pieces);
                }
                Piece::Opaque(_) => self.any_name = true,
                Piece::Text { .. } | Piece::Tilde => {}
            }
        }
    }
}

/// `printf FORMAT ...` without `-v`: its words are only printed.
fn is_printed(texts: &[Option<String>]) -> bool {
    let first = texts.first().and_then(Option::as_deref);
    let second = texts.get(1).and_then(Option::as_deref);
    first == Some("printf") && second.is_some_and(|format| !format.starts_with('-'))
}
