//! What is known of the variables of a text before it runs.
//!
//! Comes in: the lists of a whole text. Goes out: [`Values`]: for a use of a variable, its value, or
//! what it looks like. Known is only what cannot be otherwise: a name that the whole text touches
//! once, by a plain assignment at its top level, which every later place therefore sees; and the
//! variable of a `for`, inside of it. Wherever something could touch any name at all, nothing is
//! known. What is said here is judged again when the command is about to start.

mod prints;
mod touches;

use std::collections::BTreeMap;

use crate::shell::{
    Assignment, Command, Compound, Kind, List, Parameter, Piece, Simple, Use, Word,
};

use self::touches::Touches;

/// What is known of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// All of it.
    Text(String),
    /// One word that is no option and that bash takes as it stands.
    One,
    /// Lines that hold one such word each, or nothing at all.
    Lines,
    /// One such word each, or nothing; all of them numbers.
    Number,
}

impl Value {
    /// Whether it is a number, or a text that is one.
    pub fn is_number(&self) -> bool {
        match self {
            Self::Number => true,
            Self::Text(text) => is_number(text),
            Self::One | Self::Lines => false,
        }
    }
}

/// What is known of the variables of a text.
#[derive(Debug, Default)]
pub(super) struct Values {
    known: BTreeMap<String, Vec<Known>>,
}

/// Where something is known of a variable.
#[derive(Debug)]
struct Known {
    from: usize,
    to: usize,
    value: Value,
}

impl Values {
    /// Of the lists that make up a text, in order.
    pub fn of<'a>(lists: impl Iterator<Item = &'a List> + Clone) -> Self {
        let touches = Touches::of(lists.clone());
        let mut values = Self::default();
        if touches.any_name {
            return values;
        }
        for item in lists.flat_map(|list| &list.items) {
            let alone = !item.background && item.and_or.first.stages.len() == 1;
            if let Some(Command::Simple(simple)) =
                item.and_or.first.stages.first().filter(|_| alone)
            {
                values.plain(simple, &touches);
            }
            for stage in item.and_or.pipelines().flat_map(|pipeline| &pipeline.stages) {
                values.loops(stage, &touches);
            }
        }
        values
    }

    /// What is known at a use of a variable: `$X` or `${X}`, and nothing that takes it apart.
    pub fn at(&self, parameter: &Parameter) -> Option<&Value> {
        let length = parameter.span.end - parameter.span.start;
        let plain = length == parameter.name.len() + 1 || length == parameter.name.len() + 3;
        let whole =
            plain && parameter.used == Use::Value && !parameter.many && parameter.pieces.is_empty();
        whole.then(|| self.named(&parameter.name, parameter.span.start))?
    }

    /// Whether a name holds a number wherever the text uses it from a place on.
    pub fn is_number(&self, name: &str, at: usize) -> bool {
        match self.named(name, at) {
            Some(value) => value.is_number(),
            None => false,
        }
    }

    /// What a substitution prints.
    pub fn printed(body: &List) -> Option<Value> {
        prints::printed(body)
    }

    /// What the stages of a pipeline print, the last of them.
    pub fn piped(stages: &[Command]) -> Option<Value> {
        prints::stages(stages)
    }

    fn named(&self, name: &str, at: usize) -> Option<&Value> {
        let places = self.known.get(name)?;
        let place = places.iter().rfind(|place| place.from <= at && at < place.to)?;
        Some(&place.value)
    }

    fn learn(&mut self, name: &str, from: usize, to: usize, value: Value) {
        self.known.entry(name.to_owned()).or_default().push(Known { from, to, value });
    }

    /// Assignments that are a command of their own.
    fn plain(&mut self, simple: &Simple, touches: &Touches) {
        if !simple.words.is_empty() || !simple.redirects.is_empty() {
            return;
        }
        for assignment in &simple.assignments {
            if !touches.is_only(&assignment.name) || is_the_shells_own(&assignment.name) {
                continue;
            }
            if let Some(value) = self.assigned(assignment) {
                let from = assignment.words.last().map_or(assignment.span.end, |it| it.span.end);
                self.learn(&assignment.name, from, usize::MAX, value);
            }
        }
    }

    fn assigned(&self, assignment: &Assignment) -> Option<Value> {
        let [word] = assignment.words.as_slice() else {
            return None;
        };
        if assignment.array || assignment.append || !assignment.indices.is_empty() {
            return None;
        }
        match word.solid().collect::<Vec<_>>().as_slice() {
            [Piece::Substitution { body, .. }] => Self::printed(body),
            _ => self.joined(&word.pieces).map(Value::Text),
        }
    }

    /// The text of pieces that are all known. Bash expands `~` in what is assigned, and no pattern.
    fn joined(&self, pieces: &[Piece]) -> Option<String> {
        pieces.iter().try_fold(String::new(), |sum, piece| match piece {
            Piece::Text { text, quoted } if *quoted || !text.contains('~') => Some(sum + text),
            Piece::Parameter(parameter) => match self.at(parameter)? {
                Value::Text(text) => Some(sum + text),
                _ => None,
            },
            _ => None,
        })
    }

    /// The variables of loops, in their bodies.
    fn loops(&mut self, command: &Command, touches: &Touches) {
        let Command::Compound(compound) = command else {
            return;
        };
        if let Some(name) = compound.variable.as_deref().filter(|_| compound.kind == Kind::For) {
            self.looped(name, compound, touches);
        }
        let items = compound.bodies.iter().flat_map(|body| &body.items);
        for stage in items.flat_map(|item| item.and_or.pipelines()).flat_map(|it| &it.stages) {
            self.loops(stage, touches);
        }
    }

    fn looped(&mut self, name: &str, compound: &Compound, touches: &Touches) {
        let all = !compound.words.is_empty() && compound.words.iter().all(|word| self.is_one(word));
        if all && touches.is_only(name) && !is_the_shells_own(name) {
            self.learn(name, compound.span.start, compound.span.end, Value::One);
        }
    }

    /// Whether a word of a `for` becomes such words as [`Value::One`] says.
    fn is_one(&self, word: &Word) -> bool {
        match word.pieces.as_slice() {
            [Piece::Substitution { body, quoted: false, .. }] => Self::printed(body).is_some(),
            [Piece::Parameter(it)] if !it.quoted => match self.at(it) {
                Some(Value::Text(text)) => text.split_whitespace().all(is_plain),
                other => other.is_some(),
            },
            _ => word.literal().is_some_and(|text| is_plain(&text)) || is_range(&word.text),
        }
    }
}

/// Whether bash takes an unquoted text for one word as it stands, and no program for an option.
pub(super) fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/:@%,-".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

fn is_number(text: &str) -> bool {
    let digits = !text.is_empty() && text.len() < 18 && text.chars().all(|c| c.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

/// `{1..5}`
fn is_range(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let bounds = inner.and_then(|inner| inner.split_once(".."));
    bounds.is_some_and(|(from, to)| is_number(from) && is_number(to))
}

/// Variables that bash itself gives values, or takes values from.
fn is_the_shells_own(name: &str) -> bool {
    const OWN: &[&str] = &[
        "_",
        "RANDOM",
        "SRANDOM",
        "SECONDS",
        "LINENO",
        "PWD",
        "OLDPWD",
        "REPLY",
        "OPTARG",
        "OPTIND",
        "OPTERR",
        "MAPFILE",
        "COPROC",
        "PIPESTATUS",
        "DIRSTACK",
        "GROUPS",
        "UID",
        "EUID",
        "PPID",
        "HOSTNAME",
        "HOSTTYPE",
        "MACHTYPE",
        "OSTYPE",
        "FUNCNAME",
        "SHLVL",
        "COLUMNS",
        "LINES",
        "EPOCHSECONDS",
        "EPOCHREALTIME",
        "HISTCMD",
        "TERM",
    ];
    let beginnings = ["BASH", "COMP", "READLINE", "HIST", "LC_"];
    OWN.contains(&name) || beginnings.iter().any(|beginning| name.starts_with(beginning))
}
