//! A command as the catalogue names it: its rules, from the nearest sub-command's outwards.
//!
//! Comes in: the words of a command. Goes out: [`Found`], or nothing if the catalogue lacks it.

use crate::source::Span;

use super::Effect;
use super::arguments::Argument;
use super::catalogue::Catalogue;
use super::options::{self, Objection, Parsed};
use super::rule::{Language, Network, Rule, lists};

/// A command as the catalogue names it.
#[derive(Debug, Clone)]
pub(super) struct Found<'a> {
    /// Its name and sub-command.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// The rules that hold: the sub-command's, if there is one, before the command's.
    pub rules: Vec<&'a Rule>,
    /// Its arguments without the sub-command.
    pub arguments: Vec<Argument>,
    /// What is objected to in the options before the sub-command of a rule that is `scoped`.
    leading: Vec<Objection>,
    /// The values there that may become several arguments.
    leading_splits: Vec<Span>,
}

/// How many arguments a command may have, so that what a stranger writes is judged in no time.
pub(super) const MOST_ARGUMENTS: usize = 2048;

impl<'a> Found<'a> {
    /// Looks a command up; nothing if the catalogue lacks it.
    pub fn look_up(words: &[Argument], catalogue: &'a Catalogue) -> Option<Self> {
        let (first, arguments) = words.split_first()?;
        if arguments.len() > MOST_ARGUMENTS {
            return None;
        }
        let name = first.text()?;
        let mut found = None;
        for rule in catalogue.rules(name) {
            let candidate = Self::of_rule(name, first.span, rule, arguments);
            if rule.sub.is_empty() || candidate.rules.len() > 1 {
                return Some(candidate);
            }
            found.get_or_insert(candidate);
        }
        found
    }

    fn of_rule(name: &str, span: Span, rule: &'a Rule, arguments: &[Argument]) -> Self {
        let mut found = Self {
            name: name.to_owned(),
            span,
            rules: vec![rule],
            arguments: arguments.to_vec(),
            leading: Vec::new(),
            leading_splits: Vec::new(),
        };
        while found.descend() {}
        found
    }

    /// Goes on to the sub-command that comes next, if there is one.
    fn descend(&mut self) -> bool {
        let start = options::before_operands(&self.arguments, self.in_scope());
        let tokens: Vec<_> = self.arguments[start..]
            .iter()
            .map_while(Argument::text)
            .take_while(|token| !token.starts_with('-'))
            .collect();
        let track = tokens.first().filter(|token| lists(&self.rules[0].tracks, token));
        let tokens = &tokens[usize::from(track.is_some())..];
        let matching = self.rules[0].sub.iter().filter_map(|sub| {
            let length = matching_path(&sub.path, tokens)?;
            Some((length, sub))
        });
        let strictness = |sub: &Rule| sub.effect.unwrap_or(Effect::Unknown);
        let best = matching.max_by_key(|(length, sub)| (*length, strictness(sub)));
        let Some((length, sub)) = best else {
            return false;
        };
        let name = format!("{} {}", self.name, tokens[..length].join(" "));
        name.trim_end().clone_into(&mut self.name);
        let before = if self.rules[0].scoped { 0 } else { start };
        let leading = options::parse(&self.arguments[before..start], self.in_scope());
        self.leading.extend(leading.objections);
        self.leading_splits.extend(leading.splits);
        let track = usize::from(track.is_some());
        self.arguments.drain(before..start + track + length);
        self.rules.insert(0, sub);
        !sub.sub.is_empty()
    }

    /// The rules whose options may stand among the arguments that are left.
    fn in_scope(&self) -> &[&'a Rule] {
        let outer = self.rules.iter().skip(1).position(|rule| rule.scoped);
        &self.rules[..outer.map_or(self.rules.len(), |at| at + 1)]
    }

    /// Whether a variable may be set for it: its rules list it, or it looks at none.
    pub fn may_be_given(&self, variable: &str) -> bool {
        let ignores = self.rules.iter().any(|rule| rule.inert || rule.pure);
        ignores || self.variables().any(|listed| listed == variable)
    }

    /// The variables that its rules list.
    pub fn variables(&self) -> impl Iterator<Item = &'a str> {
        self.rules.iter().flat_map(|rule| rule.variables())
    }

    /// The program's name, without its sub-command.
    pub fn tool(&self) -> &str {
        self.name.split(' ').next().unwrap_or("")
    }

    /// Where it connects to, if it needs a network.
    pub fn network(&self) -> Option<&'a Network> {
        self.rules.iter().find_map(|rule| rule.network.as_ref())
    }

    /// Whether it starts, on this machine, the command that its arguments name.
    pub fn starts_another(&self) -> bool {
        let here = |rule: &Rule| rule.wraps.as_ref().is_some_and(|wraps| !wraps.remote);
        self.rules.iter().any(|rule| here(rule) || rule.language == Some(Language::Find))
    }

    /// The only programs that it may start beside its own, if its rules limit them.
    pub fn starts(&self) -> Option<&'a str> {
        self.rules.iter().find_map(|rule| rule.starts.as_deref())
    }

    /// The variables that hold when it runs in read-only mode.
    pub fn guards(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let guards = self.rules.iter().rev().flat_map(|rule| &rule.guards);
        guards.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The rule that decides.
    pub fn rule(&self) -> &'a Rule {
        self.rules[0]
    }

    /// The arguments, taken apart.
    pub fn parsed(&self) -> Parsed {
        let mut parsed = options::parse(&self.arguments, self.in_scope());
        parsed.objections.extend_from_slice(&self.leading);
        parsed.splits.extend_from_slice(&self.leading_splits);
        parsed
    }
}

/// How many tokens of a path like `a b, c|d e` match; the most of its alternatives.
fn matching_path(paths: &str, tokens: &[&str]) -> Option<usize> {
    let lengths = paths.split(',').filter_map(|path| {
        let mut length = 0;
        for part in path.split_ascii_whitespace() {
            let token = tokens.get(length)?;
            part.split('|').find(|one| is_like(one, token))?;
            length += 1;
        }
        Some(length)
    });
    lengths.max()
}

/// Whether a token is `pattern`; `get-*` is every one that begins so.
fn is_like(pattern: &str, token: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => token.starts_with(beginning),
        None => pattern == token,
    }
}
