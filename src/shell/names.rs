//! Which variables a statement reads, assigns and unsets.
//!
//! Comes in: a statement's tree. Goes out: [`Names`], in the order in which bash would come
//! across them: what the statement itself has assigned by then is not read from before.

use std::collections::{HashMap, HashSet};

use super::Mention;
use super::tree::{
    Command, Compound, Function, Kind, List, Parameter, Piece, Pipeline, Redirect, Simple, Use,
    Word,
};

/// What a statement does to variables.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub reads: Vec<Mention>,
    pub assigns: Vec<Mention>,
    pub prefixes: Vec<Mention>,
    pub defaulted: Vec<String>,
    pub unsets: Vec<String>,
    pub functions: Vec<String>,
    /// Arrays whose subscripts are words, as `declare -A` makes them.
    pub word_arrays: HashSet<String>,
    pub reads_status: bool,
    /// Names that are set in a loop, a subshell or a function, and read there.
    pub inner: Vec<String>,
    /// Names that are set in such.
    set_inside: HashSet<String>,
    /// How deep in such it is.
    depth: usize,
    /// Names that have a value by now, here or in a subshell or function.
    known: Scope,
    /// The names of `assigns`.
    assigned: Scope,
    /// What is in `reads` and `defaulted`.
    seen: Seen,
}

/// Names in the order in which they came, of which the last can be taken away again.
#[derive(Debug, Default)]
struct Scope {
    order: Vec<String>,
    counts: HashMap<String, usize>,
}

impl Scope {
    fn push(&mut self, name: &str) {
        self.order.push(name.to_owned());
        *self.counts.entry(name.to_owned()).or_default() += 1;
    }

    fn contains(&self, name: &str) -> bool {
        self.counts.contains_key(name)
    }

    fn truncate(&mut self, length: usize) {
        for name in self.order.drain(length.min(self.order.len())..) {
            if let Some(count) = self.counts.get_mut(&name) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&name);
                }
            }
        }
    }
}

/// What was noted, so that nothing is noted twice.
#[derive(Debug, Default)]
struct Seen {
    reads: HashSet<Mention>,
    defaulted: HashSet<String>,
}

/// Variables to which bash gives a value by itself, whatever a script does with them.
const OF_BASH: &[&str] = &[
    "BASHOPTS",
    "BASHPID",
    "COLUMNS",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "HOSTNAME",
    "HOSTTYPE",
    "LINENO",
    "LINES",
    "MACHTYPE",
    "OLDPWD",
    "OSTYPE",
    "PIPESTATUS",
    "PPID",
    "PWD",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "UID",
];

/// Those that it sets as it comes to them, or as its builtins do what they are told.
const SET_BY_BASH: &[&str] = &[
    "BASH",
    "BASH_REMATCH",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSION",
    "BASH_VERSINFO",
    "IFS",
    "MAPFILE",
    "OPTARG",
    "OPTIND",
    "REPLY",
];

/// Whether bash gives this variable a value by itself, so that it says nothing of what a script did.
pub fn is_of_bash(name: &str) -> bool {
    name == "_" || name.starts_with("BASH_") || OF_BASH.contains(&name)
}

/// Builtins whose arguments declare variables.
const DECLARE: &[&str] = &["export", "declare", "local", "readonly", "typeset"];

/// Options of `read`, and of `mapfile`, that take a value.
const READ_VALUES: &str = "adinNptu";
const MAPFILE_VALUES: &str = "dnOsucC";

/// The names of a list, where some arrays are known to have words for subscripts.
pub(super) fn of(list: &List, word_arrays: &HashSet<String>) -> Names {
    let mut names = Names { word_arrays: word_arrays.clone(), ..Names::default() };
    names.list(list);
    let read: HashSet<_> = names.reads.iter().map(|read| read.name.as_str()).collect();
    names.defaulted.retain(|name| !read.contains(name.as_str()));
    names
}

impl Names {
    fn list(&mut self, list: &List) {
        for item in &list.items {
            for pipeline in item.and_or.pipelines() {
                self.pipeline(pipeline);
            }
        }
    }

    /// Each stage of a real pipeline is a subshell.
    fn pipeline(&mut self, pipeline: &Pipeline) {
        if let [stage] = pipeline.stages.as_slice() {
            self.command(stage);
        } else {
            for stage in &pipeline.stages {
                self.apart(|names| names.command(stage));
            }
        }
    }

    /// What is assigned in there does not outlive it.
    fn apart(&mut self, visit: impl FnOnce(&mut Self)) {
        let known = self.known.order.len();
        let (assigns, unsets) = (self.assigns.len(), self.unsets.len());
        let functions = self.functions.len();
        self.depth += 1;
        visit(self);
        self.depth -= 1;
        self.known.truncate(known);
        self.assigns.truncate(assigns);
        self.assigned.truncate(assigns);
        self.unsets.truncate(unsets);
        self.functions.truncate(functions);
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound) if compound.kind == Kind::Subshell => {
                self.apart(|names| names.compound(compound));
            }
            Command::Compound(compound) => self.compound(compound),
            Command::Function(function) => self.function(function),
            Command::Test(test) => {
                self.words(&test.words);
                self.redirects(&test.redirects);
            }
            Command::Unsupported { .. } => {}
        }
    }

    /// What a function reads it needs when it is called; what it sets stays, unless it is local.
    fn function(&mut self, function: &Function) {
        self.functions.push(function.name.clone());
        let known = self.known.order.len();
        self.compound(&function.body);
        self.known.truncate(known);
    }

    fn compound(&mut self, compound: &Compound) {
        self.words(&compound.words);
        self.depth += 1;
        if let Some(variable) = &compound.variable {
            self.assign(&Mention { name: variable.clone(), span: compound.span });
        }
        for body in &compound.bodies {
            self.list(body);
        }
        self.depth -= 1;
        self.redirects(&compound.redirects);
    }

    fn redirects(&mut self, redirects: &[Redirect]) {
        for redirect in redirects {
            self.word(&redirect.target);
        }
    }

    fn simple(&mut self, simple: &Simple) {
        self.words(&simple.words);
        self.redirects(&simple.redirects);
        for assignment in &simple.assignments {
            self.words(&assignment.words);
            let mention = Mention { name: assignment.name.clone(), span: assignment.span };
            if simple.words.is_empty() {
                self.assign(&mention);
            } else {
                self.prefixes.push(mention);
            }
        }
        let Some((name, arguments)) = simple.words.split_first() else {
            return;
        };
        match name.literal().as_deref() {
            Some("command" | "builtin") => {
                if let Some((name, arguments)) = arguments.split_first() {
                    self.builtin(name.literal().as_deref().unwrap_or(""), arguments);
                }
            }
            Some(name) => self.builtin(name, arguments),
            None => {}
        }
    }

    fn builtin(&mut self, name: &str, arguments: &[Word]) {
        match name {
            _ if DECLARE.contains(&name) => self.declare(name, arguments),
            "read" => self.read(arguments, READ_VALUES),
            "mapfile" | "readarray" => self.read(arguments, MAPFILE_VALUES),
            "printf" => {
                if let [flag, target, ..] = arguments
                    && flag.text == "-v"
                {
                    self.assign_word(target);
                }
            }
            "getopts" => {
                if let Some(word) = arguments.get(1) {
                    self.assign_word(word);
                }
            }
            "unset" => {
                let words = arguments.iter().filter_map(Word::literal);
                self.unsets.extend(words.filter(|word| !word.starts_with('-')));
            }
            "let" => {
                for argument in arguments {
                    self.evaluate(&argument.text, argument);
                }
            }
            _ => {}
        }
    }

    fn declare(&mut self, builtin: &str, arguments: &[Word]) {
        let options = arguments.iter().take_while(|word| word.text.starts_with('-'));
        let with_words = options.into_iter().any(|word| word.text.contains('A'));
        for word in arguments {
            let end = word.text.find(['=', '[', '+']).unwrap_or(word.text.len());
            let name = &word.text[..end];
            if !is_name(name) {
                continue;
            }
            if with_words {
                self.word_arrays.insert(name.to_owned());
            }
            let mention = Mention { name: name.to_owned(), span: word.span };
            if builtin == "local" {
                self.known.push(&mention.name);
                self.set_inside.insert(mention.name);
            } else if end < word.text.len() || !matches!(builtin, "export" | "readonly") {
                self.assign(&mention);
            } else {
                self.read_name(&mention, Use::Value);
            }
        }
    }

    fn read(&mut self, arguments: &[Word], valued: &str) {
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if let Some(flags) = word.text.strip_prefix('-') {
                let last = flags.chars().last().unwrap_or(' ');
                if valued.contains(last)
                    && let Some(value) = words.next()
                    && last == 'a'
                {
                    self.assign_word(value);
                }
            } else {
                self.assign_word(word);
            }
        }
    }

    fn assign_word(&mut self, word: &Word) {
        let end = word.text.find('[').unwrap_or(word.text.len());
        if is_name(&word.text[..end]) {
            self.assign(&Mention { name: word.text[..end].to_owned(), span: word.span });
        }
    }

    fn assign(&mut self, mention: &Mention) {
        if self.depth > 0 {
            self.set_inside.insert(mention.name.clone());
        }
        if self.known.contains(&mention.name) && !self.assigned.contains(&mention.name) {
            // A local of a function.
            return;
        }
        self.known.push(&mention.name);
        self.assigned.push(&mention.name);
        self.assigns.push(mention.clone());
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            self.word(word);
        }
    }

    fn word(&mut self, word: &Word) {
        self.pieces(&word.pieces, word);
    }

    fn pieces(&mut self, pieces: &[Piece], word: &Word) {
        for piece in pieces {
            match piece {
                Piece::Parameter(parameter) => self.parameter(parameter, word),
                Piece::Substitution { body, .. } | Piece::Process { body, .. } => {
                    self.apart(|names| names.list(body));
                }
                Piece::Arithmetic { pieces, .. } => self.arithmetic(pieces, word),
                Piece::Text { .. } | Piece::Tilde | Piece::Opaque(_) => {}
            }
        }
    }

    fn parameter(&mut self, parameter: &Parameter, word: &Word) {
        // A bare word is no variable there.
        let is_bare = |piece: &Piece| matches!(piece, Piece::Text { .. });
        let words = self.word_arrays.contains(&parameter.name);
        for piece in &parameter.pieces {
            match piece {
                Piece::Arithmetic { pieces, .. } if words => {
                    let pieces = pieces.iter().filter(|piece| !is_bare(piece));
                    pieces.for_each(|piece| self.pieces(std::slice::from_ref(piece), word));
                }
                _ => self.pieces(std::slice::from_ref(piece), word),
            }
        }
        let mention = Mention { name: parameter.name.clone(), span: parameter.span };
        self.reads_status |= matches!(parameter.name.as_str(), "?" | "PIPESTATUS");
        self.read_name(&mention, parameter.used);
        if parameter.used == Use::Assign {
            self.assign(&mention);
        }
    }

    fn read_name(&mut self, mention: &Mention, used: Use) {
        let name = mention.name.as_str();
        if self.set_inside.contains(name) && !self.inner.iter().any(|known| known == name) {
            self.inner.push(name.to_owned());
        }
        let of_bash = SET_BY_BASH.contains(&name) || OF_BASH.contains(&name);
        if !is_name(name) || of_bash || self.known.contains(name) {
            return;
        }
        if matches!(used, Use::Default | Use::Assign) {
            if self.seen.defaulted.insert(mention.name.clone()) {
                self.defaulted.push(mention.name.clone());
            }
        } else if self.seen.reads.insert(mention.clone()) {
            self.reads.push(mention.clone());
        }
    }

    fn arithmetic(&mut self, pieces: &[Piece], word: &Word) {
        for piece in pieces {
            if let Piece::Text { text, .. } = piece {
                self.evaluate(text, word);
            } else {
                self.pieces(std::slice::from_ref(piece), word);
            }
        }
    }

    /// Bare names in arithmetic are variables.
    fn evaluate(&mut self, text: &str, word: &Word) {
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            let end = rest[start..]
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '#')
                .map_or(rest.len(), |length| start + length);
            let (before, name, after) = (&rest[..start], &rest[start..end], &rest[end..]);
            if is_name(name) {
                self.arithmetic_name(before, name, after, word);
            }
            rest = after;
        }
    }

    fn arithmetic_name(&mut self, before: &str, name: &str, after: &str, word: &Word) {
        let mention = Mention { name: name.to_owned(), span: word.span };
        let after = after.trim_start();
        let plain = after.starts_with('=') && !after.starts_with("==");
        let operators = ["+=", "-=", "*=", "/=", "%=", "++", "--", "<<=", ">>=", "&=", "|=", "^="];
        let updated = operators.iter().any(|operator| after.starts_with(operator))
            || before.trim_end().ends_with("++")
            || before.trim_end().ends_with("--");
        if !plain {
            self.read_name(&mention, Use::Value);
        }
        if plain || updated {
            self.assign(&mention);
        }
    }
}

/// Whether a text is a variable's name.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
