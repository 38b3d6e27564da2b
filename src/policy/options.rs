//! A command's arguments against its rule: options, their values, operands.
//!
//! Comes in: arguments and a [`Rule`]. Goes out: [`Parsed`]: the operands, what was asked for,
//! and every objection. Spellings are exact: an abbreviated option is an unknown one.

use crate::source::Span;

use super::Effect;
use super::arguments::{Argument, Rest};
use super::rule::{Addresses, Dashes, Order, Rule, lists};

/// What an option or operand does that the rule does not allow for reading.
#[derive(Debug, Clone)]
pub(super) struct Objection {
    pub effect: Effect,
    /// A sentence without its subject.
    pub text: String,
    pub span: Span,
}

/// Arguments, taken apart.
#[derive(Debug, Default, Clone)]
pub(super) struct Parsed {
    /// What is no option, in order.
    pub operands: Vec<Argument>,
    /// The options met, by their exact spelling.
    pub options: Vec<String>,
    /// The value of each option that has one.
    pub values: Vec<(String, Argument)>,
    /// The options whose value was glued to them.
    pub glued: Vec<String>,
    /// Values that are harmless as one argument, and may become several.
    pub splits: Vec<Span>,
    pub objections: Vec<Objection>,
}

impl Parsed {
    /// Whether one of the listed options was met.
    pub fn has(&self, list: &str) -> bool {
        self.options.iter().any(|option| lists(list, option))
    }

    /// The values of the listed options, in order.
    pub fn values_of(&self, list: &str) -> impl Iterator<Item = &Argument> {
        let values = self.values.iter().filter(|(option, _)| lists(list, option));
        values.map(|(_, value)| value)
    }
}

/// Takes arguments apart by the options of several rules, the nearest first.
pub(super) fn parse(arguments: &[Argument], rules: &[&Rule]) -> Parsed {
    let mut parser = Parser { rules, arguments, at: 0, parsed: Parsed::default() };
    parser.all();
    parser.parsed
}

/// How many arguments, options among them, stand before the first operand.
pub(super) fn before_operands(arguments: &[Argument], rules: &[&Rule]) -> usize {
    let mut parser = Parser { rules, arguments, at: 0, parsed: Parsed::default() };
    parser.until_operand();
    parser.at.min(arguments.len())
}

/// What kind of option it is.
enum Kind {
    Bool,
    Value,
    Out,
    Write(String),
    Refused(String),
}

/// Why options end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Operand,
    Dashes,
}

struct Parser<'a> {
    rules: &'a [&'a Rule],
    arguments: &'a [Argument],
    at: usize,
    parsed: Parsed,
}

impl<'a> Parser<'a> {
    fn all(&mut self) {
        if self.rules.iter().any(|rule| rule.order == Order::Raw) {
            self.parsed.operands = self.arguments.to_vec();
            return;
        }
        loop {
            let end = self.until_operand();
            let Some(argument) = self.arguments.get(self.at) else {
                return;
            };
            let first = self.rules.iter().any(|rule| rule.order == Order::First);
            if end == End::Operand && first {
                self.operand(argument);
                self.at += 1;
            }
            if end == End::Dashes || first {
                let rest = &self.arguments[self.at..];
                self.parsed.operands.extend_from_slice(rest);
                return;
            }
            self.operand(argument);
            self.at += 1;
        }
    }

    fn operand(&mut self, argument: &Argument) {
        let inert = self.rules.iter().any(|rule| rule.inert);
        if argument.may_be_option() && !inert && !self.is_address(argument) {
            let text = "gets an argument that may turn out to be an option";
            self.object(Effect::Unknown, text.to_owned(), argument.span);
        }
        self.parsed.operands.push(argument.clone());
    }

    /// Whether a variable that is called an address stands where the rule expects one. That it
    /// holds no option is seen when the command is about to start.
    fn is_address(&self, argument: &Argument) -> bool {
        let expected = |rule: &&Rule| {
            rule.network.as_ref().is_some_and(|network| network.operands != Addresses::None)
        };
        argument.rest == Rest::Address
            && argument.known.is_empty()
            && self.rules.iter().any(expected)
    }

    fn object(&mut self, effect: Effect, text: String, span: Span) {
        self.parsed.objections.push(Objection { effect, text, span });
    }

    /// Reads options up to the next operand, or past a `--`.
    fn until_operand(&mut self) -> End {
        while let Some(argument) = self.arguments.get(self.at) {
            let text = argument.known.as_str();
            if argument.text() == Some("--") {
                self.at += 1;
                return End::Dashes;
            }
            if !text.starts_with('-') || text == "-" {
                return End::Operand;
            }
            self.at += 1;
            if text.starts_with("--") || self.is_single() {
                self.long(argument);
            } else {
                self.cluster(argument);
            }
        }
        End::Operand
    }

    fn is_single(&self) -> bool {
        self.rules.iter().any(|rule| rule.dashes == Dashes::One)
    }

    fn long(&mut self, argument: &'a Argument) {
        let Some((name, value)) = argument.known.split_once('=') else {
            if argument.rest == Rest::None {
                self.option(&argument.known, None, argument.span);
            } else {
                self.unknown(&argument.known, argument.span);
            }
            return;
        };
        let value = Argument { span: argument.span, known: value.to_owned(), rest: argument.rest };
        self.option(name, Some(value), argument.span);
    }

    /// `-abc`, `-n5`, `-5`.
    fn cluster(&mut self, argument: &'a Argument) {
        let letters = &argument.known[1..];
        let numeric = self.rules.iter().any(|rule| lists(&rule.bool, "-NUM"));
        if numeric && letters.chars().all(|c| c.is_ascii_digit()) {
            return;
        }
        for (at, letter) in letters.char_indices() {
            let name = format!("-{letter}");
            let rest = &letters[at + letter.len_utf8()..];
            let takes_value = matches!(self.kind(&name), Some(Kind::Value | Kind::Out))
                || self.is_optional(&name);
            if takes_value && (!rest.is_empty() || argument.rest != Rest::None) {
                let value =
                    Argument { span: argument.span, known: rest.to_owned(), rest: argument.rest };
                self.option(&name, Some(value), argument.span);
                return;
            }
            self.option(&name, None, argument.span);
        }
        if argument.rest != Rest::None {
            self.unknown(&argument.known, argument.span);
        }
    }

    fn is_optional(&self, name: &str) -> bool {
        self.rules.iter().any(|rule| lists(&rule.optional, name))
    }

    fn unknown(&mut self, name: &str, span: Span) {
        let lenient = self
            .rules
            .first()
            .is_some_and(|rule| rule.effect != Some(Effect::Read) || rule.inert || rule.lenient);
        let abbreviates = |rule: &&Rule| {
            let names = rule.write.keys().chain(rule.refused.keys()).chain([&rule.out]);
            let mut names = names.flat_map(|names| names.split_whitespace());
            names.any(|listed| name.starts_with("--") && listed.starts_with(name))
        };
        let writes = self.rules.first().is_some_and(|rule| rule.lenient) && may_name_output(name);
        if !lenient || writes || self.rules.iter().any(abbreviates) {
            let text = format!("has no option `{name}` in the catalogue");
            self.object(Effect::Unknown, text, span);
        }
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        for rule in self.rules {
            let write = rule.write.iter().find(|(names, _)| lists(names, name));
            if let Some((_, reason)) = write {
                return Some(Kind::Write(reason.clone()));
            }
            let refused = rule.refused.iter().find(|(names, _)| lists(names, name));
            if let Some((_, reason)) = refused {
                return Some(Kind::Refused(reason.clone()));
            }
            if lists(&rule.out, name) {
                return Some(Kind::Out);
            }
            let valued = [&rule.value, &rule.data, &rule.method, &rule.script];
            let mut valued = valued.into_iter().chain(rule.only.keys());
            if valued.any(|list| lists(list, name)) {
                return Some(Kind::Value);
            }
            let plain = [&rule.bool, &rule.optional, &rule.stream, &rule.tty, &rule.get];
            if plain.into_iter().any(|list| lists(list, name)) {
                return Some(Kind::Bool);
            }
        }
        None
    }

    /// A value of an option, which may be followed by what was no part of it.
    fn followed(&mut self, value: &Argument) {
        if self.rules.iter().any(|rule| rule.inert) {
            return;
        }
        let more = |rest| Argument { rest, ..value.clone() };
        match value.rest {
            Rest::Unseen => {
                let text = "may get further arguments behind the value of an option";
                self.object(Effect::Unknown, text.to_owned(), value.span);
                self.parsed.operands.push(more(Rest::Unseen));
            }
            Rest::Matches if !value.may_be_option() => self.parsed.splits.push(value.span),
            Rest::Split => self.parsed.splits.push(value.span),
            // Those that follow begin with no dash.
            Rest::Names => {
                self.parsed.splits.push(value.span);
                self.parsed.operands.push(more(Rest::Names));
            }
            Rest::Matches => self.operand(value),
            Rest::None | Rest::Address | Rest::Name | Rest::Quoted => {}
        }
    }

    fn option(&mut self, name: &str, value: Option<Argument>, span: Span) {
        self.parsed.options.push(name.to_owned());
        if let Some(value) = &value {
            self.followed(value);
        }
        match self.kind(name) {
            None => {
                self.unknown(name, span);
                if value.is_none() {
                    self.skip_value(name);
                }
            }
            Some(Kind::Write(reason)) => self.object(Effect::Write, reason, span),
            Some(Kind::Refused(reason)) => self.object(Effect::Unknown, reason, span),
            Some(Kind::Bool) if value.is_some() && !self.takes_glued(name) => {
                self.unknown(&format!("{name}="), span);
            }
            Some(Kind::Bool) => {}
            Some(kind) => self.valued(name, &kind, value, span),
        }
    }

    /// Takes what follows an option that is not listed for its value, where that does not matter.
    fn skip_value(&mut self, name: &str) {
        let lenient = self.rules.first().is_some_and(|rule| rule.lenient);
        let next = self.arguments.get(self.at);
        if lenient
            && name.starts_with("--")
            && let Some(value) = next.filter(|it| !it.known.starts_with('-'))
        {
            self.followed(value);
            self.at += 1;
        }
    }

    /// Options without a value that may be written `--follow=true`.
    fn takes_glued(&self, name: &str) -> bool {
        self.is_optional(name) || self.rules.iter().any(|rule| lists(&rule.stream, name))
    }

    fn valued(&mut self, name: &str, kind: &Kind, value: Option<Argument>, span: Span) {
        let glued = value.is_some();
        let value = value.or_else(|| {
            self.at += 1;
            self.arguments.get(self.at - 1).cloned()
        });
        match &value {
            Some(_) if glued => self.parsed.glued.push(name.to_owned()),
            Some(value) => self.followed(value),
            None => {}
        }
        let Some(value) = value else {
            let text = format!("lacks the value of `{name}`");
            self.object(Effect::Unknown, text, span);
            return;
        };
        if matches!(kind, Kind::Out) && !is_sink(&value) {
            let text = format!("writes a file with `{name}`");
            self.object(Effect::Write, text, value.span);
        }
        if !self.may_have(name, &value) {
            let text = format!("gets a value of `{name}` that the catalogue does not know");
            self.object(Effect::Unknown, text, value.span);
        }
        self.parsed.values.push((name.to_owned(), value));
    }

    /// Whether the nearest rule that lists the values of an option lists this one.
    fn may_have(&self, name: &str, value: &Argument) -> bool {
        let mut limits = self.rules.iter().flat_map(|rule| &rule.only);
        let limit = limits.find(|(names, _)| lists(names, name));
        limit.is_none_or(|(_, allowed)| {
            let mut allowed = allowed.split_whitespace();
            value.text().is_some_and(|text| allowed.any(|pattern| is_allowed(pattern, text)))
        })
    }
}

/// Whether an option that no rule lists may name a file to be written, as its name goes: what is
/// lenient to options is not so to these.
fn may_name_output(name: &str) -> bool {
    let ends = ["file", "-dir", "-path-out"].iter().any(|end| name.ends_with(end));
    let holds = ["outfile", "output-", "download", "destination", "export", "save-"];
    name.starts_with("--") && (ends || holds.iter().any(|part| name.contains(part)))
}

/// Whether a value is the one that is listed, or begins as listed and stays below it.
fn is_allowed(pattern: &str, value: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => {
            value.starts_with(beginning) && !value.contains("..") && !value.contains('%')
        }
        None => value == pattern,
    }
}

/// Whether what is written there is shown or dropped.
pub(super) fn is_sink(argument: &Argument) -> bool {
    let sinks = ["-", "/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"];
    argument.text().is_some_and(|text| sinks.contains(&text))
}
