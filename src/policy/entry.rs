//! What the catalogue knows of a command, to tell a person who wrote another form of it.
//!
//! Comes in: a command's name and sub-command, as a judgement names it. Goes out: an [`Entry`].

use crate::source::Span;

use super::arguments::Argument;
use super::catalogue::{Catalogue, is_locked};
use super::found::Found;
use super::rule::Rule;

/// What the catalogue knows of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Nothing; a team may add a rule.
    Missing,
    /// It runs whatever it is given, or is named by its path: no rule may vouch for it.
    Locked,
    /// A rule.
    Forms {
        /// The sub-commands that only read, as they are written.
        sub_commands: Vec<String>,
        /// The options that the rule lists as harmless.
        options: Vec<String>,
    },
}

/// What the catalogue knows of a command with this name.
pub fn entry(name: &str, catalogue: &Catalogue) -> Entry {
    let words = name.split_whitespace();
    let words: Vec<_> =
        words.map(|word| Argument::literal(word.to_owned(), Span::new(0, 0))).collect();
    let tool = name.split(' ').next().unwrap_or("");
    match Found::look_up(&words, catalogue) {
        Some(found) => Entry::Forms {
            sub_commands: found.rules.last().map(|rule| reading(rule)).unwrap_or_default(),
            options: found.rules.iter().flat_map(|rule| options(rule)).collect(),
        },
        None if is_locked(tool) || tool.contains('/') => Entry::Locked,
        None => Entry::Missing,
    }
}

/// The sub-commands of a rule that only read; those with a pattern are left out.
fn reading(rule: &Rule) -> Vec<String> {
    let subs = rule.sub.iter().filter(|sub| sub.effect == Some(super::Effect::Read));
    let paths = subs.flat_map(|sub| sub.path.split(',')).flat_map(spelled_out);
    paths.filter(|path| !path.contains('*')).collect()
}

/// `a b|c` as `a b` and `a c`.
fn spelled_out(path: &str) -> Vec<String> {
    path.split_whitespace().fold(vec![String::new()], |before, part| {
        let with = |next: &str| {
            let joined = before.iter().map(|it| format!("{it} {next}").trim().to_owned());
            joined.collect::<Vec<_>>()
        };
        part.split('|').flat_map(with).collect()
    })
}

fn options(rule: &Rule) -> Vec<String> {
    let lists = [&rule.bool, &rule.value, &rule.optional, &rule.script, &rule.stream, &rule.get];
    let plain = lists.into_iter().chain(rule.only.keys());
    plain.flat_map(|list| list.split_whitespace()).map(str::to_owned).collect()
}
