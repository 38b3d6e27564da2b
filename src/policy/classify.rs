//! A statement against the catalogue: the worst of its commands and redirections.
//!
//! Comes in: a statement's tree. Goes out: a [`Classification`]. Every part of the tree that could
//! run something is visited: substitutions, wrappers' commands, conditions, here-documents. What
//! is not known to be harmless is unknown.

use std::collections::{BTreeSet, HashSet};

use crate::shell::{
    self, Assignment, Command, Compound, Item, Kind, List, Parameter, Piece, Pipeline, Quoting,
    Redirect, RedirectKind, Simple, Statement, Use, Word,
};
use crate::source::Span;

use super::arguments::{Argument, Rest, arguments};
use super::catalogue::Catalogue;
use super::environment::{is_harmless, is_name, is_obeyed};
use super::found::{Found, MOST_ARGUMENTS};
use super::hosts::{self, Reach};
use super::languages::{self, is_web};
use super::options::{Objection, Parsed, is_sink};
use super::rule::{Dashes, Language, Operands, Rule, Session, Wraps, lists};
use super::values::{Value, Values};
use super::view::{Hidden, Inside, hidden, lookup};
use super::{Classification, Effect, Judged, OneWord, Reason, Trait};

/// Options of `xargs` with which it may begin an argument anywhere in what it reads.
const CUTTING: &str = "-d --delimiter -E -e -s";

/// How deep wrappers and shells may stand in each other.
const DEEPEST: usize = 8;

/// What a statement does to the world, as far as its text tells.
///
/// An argument whose value is not known counts as harmless where an option's value is expected;
/// what the shell makes of it is to be judged again when the command is about to start.
pub fn classify(statement: &Statement, catalogue: &Catalogue) -> Classification {
    let mut judge = Judge::new(catalogue);
    judge.values = Values::of(std::iter::once(&statement.node));
    judge.list(&statement.node);
    judge.finish()
}

/// What a whole text does to the world: the worst of its statements. A text that does not parse, or
/// in which a placeholder is left, is unknown.
pub fn classify_text(text: &str, catalogue: &Catalogue) -> Classification {
    let unknown = |text: String, span| Classification {
        effect: Effect::Unknown,
        traits: Vec::new(),
        reasons: vec![Reason { text, span }],
        commands: Vec::new(),
        reach: Reach::default(),
        words: Vec::new(),
        hidden: Vec::new(),
    };
    shell::begin();
    let placeholders = shell::placeholders(text);
    let mut angled = placeholders.iter().filter(|it| {
        it.spelling.starts_with('<') && !matches!(it.context, Quoting::Comment | Quoting::Single)
    });
    if let Some(left) = angled.next() {
        let text = format!(
            "The placeholder `{}` is not filled in; bash would take it for redirections",
            left.spelling
        );
        return unknown(text, left.span);
    }
    match shell::parse(text) {
        Ok(script) => {
            let mut judge = Judge::new(catalogue);
            judge.values = Values::of(script.statements.iter().map(|statement| &statement.node));
            script.statements.iter().for_each(|statement| judge.list(&statement.node));
            judge.finish()
        }
        Err(error) => unknown(format!("As a script, {}", error.message), error.span),
    }
}

/// Whether a command's input comes from the operator's side or from elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Own,
    /// From elsewhere, but nothing is in it.
    Empty,
    Fed,
}

struct Judge<'a> {
    catalogue: &'a Catalogue,
    effect: Effect,
    traits: BTreeSet<Trait>,
    reasons: Vec<(Effect, Reason)>,
    commands: Vec<Judged>,
    input: Input,
    depth: usize,
    /// Set inside a text that a wrapper hands to a shell: the span to report.
    around: Option<Span>,
    reach: Reach,
    hidden: Vec<Hidden>,
    /// What is set for the command at hand: names with their values, where those are known.
    given: Vec<(String, Option<String>)>,
    /// What is known of the variables of the shell at hand.
    values: Values,
    /// Whether what the command at hand is fed are words that begin with no dash.
    fed_names: bool,
    /// The words that must become one argument each.
    words: Vec<OneWord>,
    /// Where those of the command at hand are.
    splits: Vec<Span>,
}

impl<'a> Judge<'a> {
    fn new(catalogue: &'a Catalogue) -> Self {
        Self {
            catalogue,
            effect: Effect::Read,
            traits: BTreeSet::new(),
            reasons: Vec::new(),
            commands: Vec::new(),
            input: Input::Own,
            depth: 0,
            around: None,
            reach: Reach::default(),
            hidden: Vec::new(),
            given: Vec::new(),
            values: Values::default(),
            fed_names: false,
            words: Vec::new(),
            splits: Vec::new(),
        }
    }

    fn finish(self) -> Classification {
        let worst = self.effect;
        let mut told = HashSet::new();
        let deciding = self.reasons.into_iter().filter(|(effect, _)| *effect == worst);
        let reasons = deciding.map(|(_, reason)| reason).filter(|it| told.insert(it.clone()));
        let reasons = reasons.collect();
        Classification {
            effect: worst,
            traits: self.traits.into_iter().collect(),
            reasons,
            commands: self.commands,
            reach: self.reach,
            words: self.words,
            hidden: self.hidden,
        }
    }

    fn because(&mut self, effect: Effect, text: String, span: Span) {
        self.effect = self.effect.max(effect);
        let span = self.around.unwrap_or(span);
        self.reasons.push((effect, Reason { text, span }));
    }

    fn unknown(&mut self, text: &str, span: Span) {
        self.because(Effect::Unknown, text.to_owned(), span);
    }

    fn list(&mut self, list: &List) {
        for item in &list.items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        for pipeline in item.and_or.pipelines() {
            self.pipeline(pipeline);
            if item.background {
                self.unknown("It goes on in the background", pipeline.span);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        let input = self.input;
        for (at, stage) in pipeline.stages.iter().enumerate() {
            self.fed_names = at > 0 && Values::piped(&pipeline.stages[..at]).is_some();
            self.command(stage);
            self.fed_names = false;
            self.input = if is_silent(stage) { Input::Empty } else { Input::Fed };
        }
        self.input = input;
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound) => self.compound(compound),
            Command::Function(function) => {
                let text = format!("It defines the function `{}`", function.name);
                self.unknown(&text, function.span);
                self.compound(&function.body);
            }
            Command::Test(test) => {
                self.words(&test.words);
                self.redirects(&test.redirects);
                let numbers = |word: &Word| {
                    let number = word.literal().unwrap_or_default();
                    !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '-')
                };
                if test.evaluates
                    && !test.words.iter().all(|word| numbers(word) || self.is_numeric(word))
                {
                    self.unknown("`[[ ]]` evaluates an operand as arithmetic", test.span);
                }
            }
            Command::Unsupported { span, reason } => {
                self.unknown(&format!("It is {reason}"), *span);
            }
        }
    }

    fn compound(&mut self, compound: &Compound) {
        let input = self.input;
        self.input = fed(&compound.redirects).unwrap_or(input);
        if let Some(name) = &compound.variable {
            self.name(name, compound.span);
        }
        if is_endless(compound) {
            self.traits.insert(Trait::Streaming);
        }
        self.words(&compound.words);
        for body in &compound.bodies {
            self.list(body);
        }
        self.redirects(&compound.redirects);
        self.input = input;
    }

    fn name(&mut self, name: &str, span: Span) {
        if is_obeyed(name) {
            let text = format!("It gives `{name}` a value, which changes what programs do");
            self.unknown(&text, span);
        }
    }

    fn simple(&mut self, simple: &Simple) {
        for assignment in &simple.assignments {
            self.assignment(assignment);
        }
        self.words(&simple.words);
        self.redirects(&simple.redirects);
        self.named_descriptors(simple);
        if simple.words.is_empty() {
            return;
        }
        let input = self.input;
        self.input = fed(&simple.redirects).unwrap_or(input);
        let arguments = arguments(simple, &self.values);
        self.prefixes(simple, &arguments);
        self.given = simple.assignments.iter().map(given).collect();
        self.run(&arguments, simple.span);
        self.given.clear();
        self.input = input;
        let splits = std::mem::take(&mut self.splits);
        let split = simple.words.iter().filter(|word| splits.contains(&word.span));
        self.words.extend(split.map(one_word));
    }

    /// What is set for one command alone must be a variable of which it is known what it does there.
    fn prefixes(&mut self, simple: &Simple, arguments: &[Argument]) {
        let found = Found::look_up(arguments, self.catalogue);
        for assignment in &simple.assignments {
            self.give(&assignment.name, found.as_ref(), assignment.span);
        }
    }

    fn give(&mut self, name: &str, found: Option<&Found<'_>>, span: Span) {
        let known = found.is_none_or(|found| found.may_be_given(name));
        if !known && !is_harmless(name) && !is_obeyed(name) {
            let text = format!(
                "It gives `{name}` to a command that the catalogue does not know to ignore it"
            );
            self.unknown(&text, span);
        }
    }

    fn assignment(&mut self, assignment: &Assignment) {
        self.name(&assignment.name, assignment.span);
        self.words(&assignment.words);
        self.indices(assignment);
        // What looks like a key in `a=([key]=value)` is arithmetic.
        let doubtful = |word: &Word| {
            let text = word.literal();
            text.is_none_or(|text| text.contains(['[', '$', '`']))
        };
        if assignment.array && assignment.words.iter().any(doubtful) {
            let text =
                format!("It gives the array `{}` a value that may be evaluated", assignment.name);
            self.unknown(&text, assignment.span);
        }
    }

    /// Subscripts are arithmetic, which evaluates names and what they hold again.
    fn indices(&mut self, assignment: &Assignment) {
        if !assignment.indices.iter().all(|index| is_decimal(index)) {
            let text = format!("It evaluates a subscript of `{}` as arithmetic", assignment.name);
            self.unknown(&text, assignment.span);
        }
    }

    /// `{NAME}<f` gives `NAME` the number of a descriptor.
    fn named_descriptors(&mut self, simple: &Simple) {
        if simple.redirects.is_empty() {
            return;
        }
        for word in simple.words.iter().filter(|word| is_in_braces(&word.text)) {
            let text = format!("`{}` before a redirection gives that variable a value", word.text);
            self.unknown(&text, word.span);
        }
    }

    fn redirects(&mut self, redirects: &[Redirect]) {
        for redirect in redirects {
            self.words(std::slice::from_ref(&redirect.target));
            let target = Argument::new(&redirect.target);
            let span = redirect.span.unwrap_or(redirect.target.span);
            let named = target.text().unwrap_or(&redirect.target.text);
            let descriptor = named.trim_end_matches('-').chars().all(|c| c.is_ascii_digit());
            match redirect.kind {
                RedirectKind::Duplicate if descriptor && target.rest == Rest::None => {}
                RedirectKind::Write | RedirectKind::Duplicate
                    if !is_sink(&target) || named == "-" =>
                {
                    self.because(Effect::Write, format!("It writes to the file `{named}`"), span);
                }
                // bash opens `/dev/tcp/HOST/PORT` itself: no program starts that could be judged.
                RedirectKind::Read if may_connect(&target) => {
                    let text = "It may open a network connection: bash takes some names of files \
                                for one (`/dev/tcp`), and this one is known only when it runs; \
                                begin it with `./` or its folder";
                    self.unknown(text, span);
                }
                _ => {}
            }
        }
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            self.pieces(&word.pieces, word.span);
        }
    }

    fn pieces(&mut self, pieces: &[Piece], span: Span) {
        for piece in pieces {
            match piece {
                Piece::Text { .. } => {}
                Piece::Tilde => self.hidden.push(Hidden::from_surroundings(
                    "it reads `~`, which read-only mode replaces by an empty folder",
                )),
                Piece::Substitution { body, .. } | Piece::Process { body, .. } => self.list(body),
                Piece::Parameter(parameter) => self.parameter(parameter),
                Piece::Arithmetic { span, text, pieces } => self.arithmetic(text, pieces, *span),
                Piece::Opaque(reason) => self.unknown(&format!("It holds {reason}"), span),
            }
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        match parameter.used {
            Use::Evaluate => {
                self.unknown("It evaluates what a variable holds", parameter.span);
            }
            Use::Assign => self.name(&parameter.name, parameter.span),
            Use::Value | Use::Default => {}
        }
        self.pieces(&parameter.pieces, parameter.span);
    }

    /// Names in arithmetic are evaluated, and what they hold again.
    fn arithmetic(&mut self, text: &str, pieces: &[Piece], span: Span) {
        self.pieces(pieces, span);
        let numbers = pieces.iter().all(|piece| self.is_calculated(piece, span));
        if numbers && !text.contains("++") && !text.contains("--") {
            return;
        }
        let harmless = |c: char| c.is_ascii_digit() || " \t\n+-*/%()<>=!&|^~?:,#@".contains(c);
        if !text.chars().all(harmless) {
            self.unknown("It evaluates names in arithmetic", span);
        }
    }

    /// Whether a piece of an expression is nothing but signs, numbers, and what holds a number.
    fn is_calculated(&self, piece: &Piece, span: Span) -> bool {
        match piece {
            Piece::Text { text, .. } => {
                let signs = |c: char| c.is_ascii_alphanumeric() || " _+-*/%()<>".contains(c);
                let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let mut words = words.filter(|word| !word.is_empty());
                let known = |it: &str| is_decimal(it) || self.values.is_number(it, span.start);
                text.chars().all(signs) && words.all(known)
            }
            Piece::Parameter(it) => self.values.at(it).is_some_and(Value::is_number),
            Piece::Substitution { body, .. } => Values::printed(body) == Some(Value::Number),
            _ => false,
        }
    }

    /// Whether an operand that `[[ ]]` evaluates is a number.
    fn is_numeric(&self, word: &Word) -> bool {
        match word.solid().collect::<Vec<_>>().as_slice() {
            [Piece::Parameter(it)] => self.values.at(it).is_some_and(Value::is_number),
            [Piece::Substitution { body, .. }] => Values::printed(body) == Some(Value::Number),
            _ => false,
        }
    }

    /// A command with its arguments, wrapped or not.
    fn run(&mut self, words: &[Argument], span: Span) {
        let Some(name) = words.first() else {
            return;
        };
        if words.len() > MOST_ARGUMENTS {
            self.refuse("a command", "A command has too many arguments to be judged", span);
            return;
        }
        let Some(text) = name.text() else {
            self.refuse("a command", "A command's name is known only when it runs", span);
            return;
        };
        if text.contains('/') {
            let reason = format!("`{text}` is named by its path, and could be anything");
            self.refuse(text, &reason, name.span);
            return;
        }
        let Some(found) = Found::look_up(words, self.catalogue) else {
            self.refuse(text, &format!("`{text}` is not in the catalogue"), name.span);
            return;
        };
        // `let --version` is arithmetic: it evaluates what the variable `version` holds.
        if let [only] = &words[1..]
            && only.text().is_some_and(|it| tells_about_itself(it, &found))
            && text != "let"
        {
            self.judged(&found.name, Effect::Read, format!("`{text}` tells about itself"), span);
            return;
        }
        self.known(&found, span);
        if self.catalogue.adds_to(text) {
            self.veto(words, span);
        }
    }

    /// What the built-in rules know to write, or refuse, no added rule makes a read.
    fn veto(&mut self, words: &[Argument], span: Span) {
        let Some(found) = Found::look_up(words, Catalogue::builtin()) else {
            return;
        };
        let mut builtin = Judge::new(Catalogue::builtin());
        (builtin.input, builtin.depth, builtin.fed_names) =
            (self.input, self.depth, self.fed_names);
        std::mem::swap(&mut builtin.values, &mut self.values);
        builtin.run(words, span);
        std::mem::swap(&mut builtin.values, &mut self.values);
        let counts = |effect: Effect| {
            effect == Effect::Write || effect == Effect::Unknown && is_refused(&found)
        };
        for (effect, reason) in builtin.reasons.into_iter().filter(|(effect, _)| counts(*effect)) {
            self.because(effect, reason.text, reason.span);
        }
        self.traits.extend(builtin.traits);
        self.hidden.extend(builtin.hidden);
    }

    fn refuse(&mut self, name: &str, reason: &str, span: Span) {
        self.judged(name, Effect::Unknown, reason.to_owned(), span);
    }

    fn judged(&mut self, name: &str, effect: Effect, reason: String, span: Span) {
        self.commands.push(Judged { name: name.to_owned(), effect, reason: reason.clone() });
        self.because(effect, reason, span);
    }

    fn known(&mut self, found: &Found<'_>, span: Span) {
        let rule = found.rule();
        let parsed = found.parsed();
        let effect = rule.effect.unwrap_or(Effect::Unknown);
        let objections = objections(found, &parsed);
        let worst = objections.iter().rev().max_by_key(|objection| objection.effect);
        let (effect, reason, at) = match worst {
            Some(Objection { effect: other, text, span }) if *other > effect => {
                (*other, format!("`{}` {text}", found.name), *span)
            }
            _ => (effect, sentence(found, effect), span),
        };
        self.judged(&found.name, effect, reason, at);
        self.splits.extend_from_slice(&parsed.splits);
        self.add_traits(found, &parsed);
        self.connect(found, &parsed);
        self.hidden.extend(hidden(found, &parsed));
        let inside = self.around.map_or(Inside::Text, |_| Inside::Script);
        self.hidden.extend(lookup(found, &parsed, inside));
        if rule.sends_input && self.input != Input::Empty {
            let text = format!("`{}` sends its input elsewhere; give it `</dev/null`", found.name);
            self.unknown(&text, span);
        }
        if self.depth >= DEEPEST && (rule.language.is_some() || rule.wraps.is_some()) {
            self.unknown("Its commands stand too deep in each other to be read", span);
            return;
        }
        let inner = rule.language.map(|it| languages::commands(it, &parsed)).unwrap_or_default();
        self.depth += 1;
        for words in &inner {
            self.run(words, span);
        }
        self.depth -= 1;
        if let Some(wraps) = &rule.wraps {
            self.wrapped(&found.name, wraps, &parsed, span);
        }
    }

    /// Notes where it connects to.
    fn connect(&mut self, found: &Found<'_>, parsed: &Parsed) {
        let Some(network) = found.network() else {
            return;
        };
        let (tool, given) = (found.tool(), &self.given);
        let unknown = given.iter().any(|(name, value)| value.is_none() && network.obeys(name));
        let value = |name: &str| given.iter().rfind(|(known, _)| known == name)?.1.clone();
        let reach = hosts::reach(tool, network, parsed, value);
        self.reach.hosts.extend(reach.hosts);
        self.reach.configured.extend(reach.configured);
        self.reach.unseen.extend(reach.unseen);
        if unknown {
            self.reach.unseen.insert(tool.to_owned());
        }
    }

    fn add_traits(&mut self, found: &Found<'_>, parsed: &Parsed) {
        let rule = found.rule();
        let fed = rule.fed && self.input != Input::Own;
        let talks = |it: &Trait| matches!(it, Trait::Interactive | Trait::OpensSession);
        let ends = parsed.has(&rule.ends);
        for each in &rule.traits {
            if !(fed && talks(each) || ends && *each == Trait::Streaming) {
                self.traits.insert(*each);
            }
        }
        for rule in &found.rules {
            if parsed.has(&rule.stream) {
                self.traits.insert(Trait::Streaming);
            }
            if parsed.has(&rule.tty) {
                self.traits.insert(Trait::Interactive);
            }
            if parsed.has(&rule.secret) || reveals(rule, parsed) {
                self.traits.insert(Trait::PrintsSecret);
            }
        }
        if !fed && rule.session.as_ref().is_some_and(|it| opens(it, parsed)) {
            self.traits.insert(Trait::OpensSession);
        }
    }

    /// The command that a command runs.
    fn wrapped(&mut self, name: &str, wraps: &Wraps, parsed: &Parsed, span: Span) {
        if parsed.has(&wraps.lookup) {
            return;
        }
        self.depth += 1;
        let scripts: Vec<_> = parsed.values_of(&wraps.script).collect();
        if !scripts.is_empty() {
            for script in scripts {
                self.script(name, script);
            }
        } else if wraps.joined {
            self.joined(name, wraps, parsed, span);
        } else {
            let words = self.inner(name, wraps, parsed, span);
            let inner = Found::look_up(&words, self.catalogue).filter(|_| wraps.remote);
            if inner.is_some_and(|it| it.rule().language == Some(Language::Shell)) {
                let text = format!("`{name}` starts a shell that nobody has looked at");
                self.unknown(&text, span);
            }
            if !words.is_empty() {
                self.run(&words, span);
            }
        }
        self.depth -= 1;
    }

    /// A command whose words are joined to a text, which a shell of its own choice reads.
    fn joined(&mut self, name: &str, wraps: &Wraps, parsed: &Parsed, span: Span) {
        let words = after_skipped(wraps, parsed).iter().map(Argument::text);
        let Some(words) = words.collect::<Option<Vec<_>>>() else {
            self.unknown(&format!("`{name}` hands a shell what is known only then"), span);
            return;
        };
        let text = words.join(" ");
        if !is_read_alike(&text) {
            self.unknown(&format!("`{name}` hands a shell a text that only bash reads so"), span);
        }
        self.script(name, &Argument::literal(text, span));
    }

    fn inner(&mut self, name: &str, wraps: &Wraps, parsed: &Parsed, span: Span) -> Vec<Argument> {
        let mut words = after_skipped(wraps, parsed);
        let skipped = parsed.operands.iter().take(wraps.skip);
        if let Some(split) = skipped.rev().find(|it| it.may_be_several()) {
            let text = format!("`{name}` gets a value that may become several arguments");
            self.unknown(&text, split.span);
        }
        for unset in parsed.values_of(&wraps.unsets) {
            if unset.text().is_none_or(is_obeyed) {
                let text = format!("`{name}` takes a variable away that programs obey");
                self.unknown(&text, unset.span);
            }
        }
        let mut given = Vec::new();
        while let [first, rest @ ..] = words
            && wraps.assignments
            && first.known.contains('=')
        {
            let variable = first.known.split('=').next().unwrap_or("");
            self.name(variable, first.span);
            given.push((variable, first.span));
            if first.may_be_several() {
                let text = format!("`{name}` gets a value that may become several arguments");
                self.unknown(&text, first.span);
            }
            words = rest;
        }
        let found = Found::look_up(words, self.catalogue);
        for (variable, span) in given {
            self.give(variable, found.as_ref(), span);
        }
        let mut words = words.to_vec();
        let replaced = parsed.values_of(&wraps.replaces).next();
        if let Some(mark) = replaced.and_then(Argument::text).filter(|mark| !mark.is_empty()) {
            for word in &mut words {
                if let Some(at) = word.known.find(mark) {
                    word.known.truncate(at);
                    let names = self.fed_names && !parsed.has(CUTTING) && word.rest == Rest::None;
                    let whole = names && !word.known.contains(mark);
                    word.rest = if whole { Rest::Name } else { word.rest.max(Rest::Quoted) };
                }
            }
        } else if replaced.is_some() {
            self.unknown(&format!("`{name}` replaces what is known only when it runs"), span);
        }
        let appends = replaced.is_none() || parsed.has(&wraps.counts);
        if wraps.appends && appends && !words.is_empty() {
            let mut unseen = Argument::unseen(span);
            if self.fed_names && !parsed.has(CUTTING) {
                unseen.rest = Rest::Names;
            }
            words.push(unseen);
        }
        words
    }

    /// A text that a shell reads.
    fn script(&mut self, name: &str, script: &Argument) {
        let Some(text) = script.text() else {
            self.unknown(&format!("`{name}` hands a shell what is known only then"), script.span);
            return;
        };
        match shell::parse(text) {
            Ok(parsed) => {
                let around = self.around;
                self.around = Some(around.unwrap_or(script.span));
                let inside = Values::of(parsed.statements.iter().map(|statement| &statement.node));
                let outside = std::mem::replace(&mut self.values, inside);
                for statement in &parsed.statements {
                    self.list(&statement.node);
                }
                self.values = outside;
                self.around = around;
            }
            Err(error) => {
                let text = format!("`{name}` hands a shell a text of which {}", error.message);
                self.unknown(&text, script.span);
            }
        }
    }
}

/// A word that must become one argument.
fn one_word(word: &Word) -> OneWord {
    let variables = word.solid().filter_map(|piece| match piece {
        Piece::Text { text, quoted } if *quoted || !text.contains(['*', '?', '[', '{']) => None,
        Piece::Parameter(it) if it.used == Use::Value && !it.many && it.pieces.is_empty() => {
            let length = it.span.end - it.span.start;
            let plain = length == it.name.len() + 1 || length == it.name.len() + 3;
            Some(plain.then(|| it.name.clone()))
        }
        _ => Some(None),
    });
    OneWord { text: word.text.clone(), variables: variables.collect() }
}

/// Whether a built-in rule that does not know a command only to read refuses it, rather than lacks
/// it: by its sub-command, by an option, or because of what the command is given to run.
fn is_refused(found: &Found<'_>) -> bool {
    let parsed = found.parsed();
    let named = found.rules.len() > 1 && found.rule().effect == Some(Effect::Unknown);
    let option = |rule: &&Rule| rule.refused.keys().any(|list| parsed.has(list));
    let runs = |rule: &&Rule| rule.wraps.is_some() || rule.language.is_some();
    named || found.rules.iter().any(option) || found.rules.iter().any(runs)
}

/// `--version`, `--help`, and `-version` of a tool whose long options have one dash.
fn tells_about_itself(option: &str, found: &Found<'_>) -> bool {
    let one = found.rule().dashes == Dashes::One;
    matches!(option, "--version" | "--help") || one && option == "-version"
}

/// A command as it is about to start, judged: every argument is known.
pub(super) fn as_started(
    arguments: &[String],
    environment: &dyn Fn(&str) -> Option<String>,
    catalogue: &Catalogue,
) -> Classification {
    let span = Span::new(0, 0);
    let words: Vec<_> =
        arguments.iter().map(|text| Argument::literal(text.clone(), span)).collect();
    let mut judge = Judge::new(catalogue);
    // What it is fed was judged with the text.
    judge.input = Input::Empty;
    if let Some(network) = Found::look_up(&words, catalogue).as_ref().and_then(Found::network) {
        let names = [&network.variables, &network.repository_variables];
        let names = names.into_iter().flat_map(|list| list.split_whitespace());
        judge.given =
            names.filter_map(|name| Some((name.into(), Some(environment(name)?)))).collect();
    }
    judge.run(&words, span);
    judge.finish()
}

/// A variable that is set for one command, and its value, where that is known.
fn given(assignment: &Assignment) -> (String, Option<String>) {
    let value = match assignment.words.as_slice() {
        [] => Some(String::new()),
        [word] if !assignment.array => word.literal(),
        _ => None,
    };
    (assignment.name.clone(), value)
}

/// Whether every shell takes a text for what bash takes it for: it holds nothing that dash, say,
/// would read as a redirection, the end of a quotation or a command in the background.
pub(super) fn is_read_alike(text: &str) -> bool {
    let only_in_bash =
        ["[[", "$'", "$\"", "((", "<(", ">(", "<<<", "&>", ">&", "|&", ";&", "function"];
    let descriptors = text.replace("2>&1", "").replace(">&2", "");
    !only_in_bash.iter().any(|mark| descriptors.contains(mark))
}

/// The operands from the wrapped command on.
pub(super) fn after_skipped<'a>(wraps: &Wraps, parsed: &'a Parsed) -> &'a [Argument] {
    match parsed.operands.get(wraps.skip..).unwrap_or(&[]) {
        [dashes, rest @ ..] if dashes.text() == Some("--") => rest,
        words => words,
    }
}

/// Everything that the rules of a command object to in its arguments.
pub(super) fn objections(found: &Found<'_>, parsed: &Parsed) -> Vec<Objection> {
    let rule = found.rule();
    let mut objections = parsed.objections.clone();
    let needed =
        found.rules.iter().filter(|rule| !rule.needs.is_empty() && !parsed.has(&rule.needs));
    let session = rule.session.as_ref().filter(|it| opens(it, parsed));
    objections.extend(session.map(|_| Objection {
        effect: Effect::Unknown,
        text: "opens a session in which anything may be done".to_owned(),
        span: found.span,
    }));
    objections.extend(needed.map(|rule| {
        let (effect, text) = match rule.otherwise.as_str() {
            "" => (Effect::Unknown, format!("only reads with {}", rule.needs.replace(' ', " or "))),
            otherwise => (Effect::Write, otherwise.to_owned()),
        };
        Objection { effect, text, span: found.span }
    }));
    if rule.effect == Some(Effect::Read) {
        objections.extend(operand_objections(&rule.operands, parsed));
        let language = rule.language.iter();
        objections.extend(language.flat_map(|it| languages::objections(*it, parsed, &found.rules)));
    }
    objections
}

/// Why a rule judges as it does.
fn sentence(found: &Found<'_>, effect: Effect) -> String {
    let (name, rule) = (&found.name, found.rule());
    if !rule.reason.is_empty() {
        return format!("`{name}` {}", rule.reason);
    }
    match effect {
        Effect::Read => format!("`{name}` only reads"),
        Effect::Write => format!("`{name}` changes something"),
        Effect::Unknown => {
            let next = found.arguments.first().and_then(Argument::text);
            let next = next.filter(|_| found.rules.len() == 1);
            // The value of an option is none of its name.
            let next = next.map(|next| match next.split_once('=') {
                Some((option, _)) if next.starts_with('-') => format!(" {option}"),
                _ => format!(" {next}"),
            });
            let next = next.unwrap_or_default();
            format!("`{name}{next}` is not in the catalogue")
        }
    }
}

fn operand_objections(operands: &Operands, parsed: &Parsed) -> Vec<Objection> {
    let found = &parsed.operands;
    let object = |argument: &Argument, effect, text: &str| Objection {
        effect,
        text: text.to_owned(),
        span: argument.span,
    };
    let each = |fits: fn(&Argument) -> bool, effect, text: &str| {
        let wrong = found.iter().filter(|argument| !fits(argument));
        wrong.map(|argument| object(argument, effect, text)).collect()
    };
    match operands {
        Operands::Any => Vec::new(),
        Operands::None => each(|_| false, Effect::Unknown, "takes no such argument"),
        Operands::Max(most) => {
            let extra = found.get(*most..).unwrap_or(&[]).iter();
            let split = found.iter().filter(|argument| argument.may_be_several());
            let text = "may get more arguments than it only reads";
            extra.chain(split).map(|it| object(it, Effect::Unknown, text)).collect()
        }
        Operands::Out => each(is_sink, Effect::Write, "writes to a file"),
        Operands::Below => {
            let text = "gets a path that leads elsewhere";
            each(|path| !path.known.contains(".."), Effect::Unknown, text)
        }
        Operands::Url => each(is_web, Effect::Unknown, "gets an address that is no plain web page"),
        Operands::Keys => {
            let text = "gets what may set a value";
            each(|key| key.text().is_some_and(|key| !key.contains('=')), Effect::Unknown, text)
        }
        Operands::Names => {
            let text = "gets what is no name of an ordinary variable";
            let split = parsed.values.iter().map(|(_, value)| value);
            let split = split.filter(|value| value.may_be_several());
            let split = split.map(|value| object(value, Effect::Unknown, text));
            let names: Vec<_> = each(is_plain_name, Effect::Unknown, text);
            names.into_iter().chain(split).collect()
        }
    }
}

/// Whether a file may turn out to be one of those for which bash opens a connection.
fn may_connect(file: &Argument) -> bool {
    ["/dev/tcp/", "/dev/udp/"].iter().any(|special| {
        file.known.starts_with(special)
            || file.rest != Rest::None && special.starts_with(&file.known)
    })
}

fn is_decimal(index: &str) -> bool {
    !index.is_empty() && index.chars().all(|c| c.is_ascii_digit())
}

/// Whether a word is written `{NAME}` or `{NAME[i]}`.
fn is_in_braces(word: &str) -> bool {
    let word = word.replace("\\\n", "");
    let inner = word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|inner| is_name(inner.split('[').next().unwrap_or("")))
}

fn is_plain_name(argument: &Argument) -> bool {
    let name = argument.text().unwrap_or("");
    is_name(name) && !is_obeyed(name)
}

/// Whether an operand makes a command print secret values.
fn reveals(rule: &Rule, parsed: &Parsed) -> bool {
    let holds = |words: &String| {
        parsed.operands.iter().enumerate().any(|(at, operand)| {
            let known = operand.known.to_ascii_lowercase();
            let late = at == 0 && known.is_empty() && operand.rest != Rest::None;
            late || words.split_whitespace().any(|word| known.contains(word))
        })
    };
    let mut found = rule.reveals.iter().filter(|(words, _)| holds(words));
    found.any(|(_, options)| options.is_empty() || parsed.has(options))
}

fn opens(session: &Session, parsed: &Parsed) -> bool {
    let few = session.operands.is_none_or(|most| parsed.operands.len() <= most);
    few && !parsed.has(&session.unless)
}

/// What redirections give a command as its input, if they do.
fn fed(redirects: &[Redirect]) -> Option<Input> {
    let reads = |it: &&Redirect| matches!(it.kind, RedirectKind::Read | RedirectKind::Text);
    let last = redirects.iter().rfind(reads)?;
    let text = last.target.literal();
    let empty = match last.kind {
        RedirectKind::Read => text.as_deref() == Some("/dev/null"),
        // `Q` ends openssl's s_client.
        _ => matches!(text.as_deref(), Some("" | "Q")),
    };
    Some(if empty { Input::Empty } else { Input::Fed })
}

/// Whether a command prints nothing, or one empty line: `echo |`, `true |`.
fn is_silent(command: &Command) -> bool {
    let Command::Simple(simple) = command else {
        return false;
    };
    let words: Option<Vec<_>> = simple.words.iter().map(Word::literal).collect();
    let words = words.unwrap_or_default();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let silent = matches!(words[..], ["echo" | "true" | ":"] | ["echo", "" | "Q"] | ["sleep", _]);
    silent && simple.redirects.is_empty()
}

/// `while true` and `while :` without a way out.
fn is_endless(compound: &Compound) -> bool {
    let [condition, body] = compound.bodies.as_slice() else {
        return false;
    };
    let always = condition.items.iter().all(|item| {
        item.and_or.pipelines().flat_map(|pipeline| &pipeline.stages).all(|stage| {
            matches!(stage, Command::Simple(simple)
                if matches!(simple.words.first().map(|word| word.text.as_str()), Some("true" | ":")))
        })
    });
    let text = format!("{body:?}");
    compound.kind == Kind::Loop && always && !lists_way_out(&text)
}

fn lists_way_out(body: &str) -> bool {
    ["\"break\"", "\"exit\"", "\"return\""].iter().any(|word| body.contains(word))
}

/// Whether a command leaves before its input ends.
pub(super) fn leaves_early(found: &Found<'_>) -> bool {
    let parsed = found.parsed();
    found.rules.iter().any(|rule| lists(&rule.early, "*") || parsed.has(&rule.early))
}
