//! What differs between two states of a shell, and the texts that make the same of another one.
//!
//! Comes in: the state at the beginning and at the end. Goes out: names, and texts to evaluate. What
//! bash sets by itself, and what is ours, is no difference.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::shell::is_of_bash;

use super::state::State;

/// Whether bash sets a variable by itself, or it is ours.
pub fn is_its_own(name: &str) -> bool {
    is_of_bash(name) || name.starts_with("__runbook_") || name == "RUNBOOK_SHELL"
}

/// What differs.
#[derive(Default)]
pub struct Change<'s> {
    /// Variables that are new or changed: name, and the text that sets it.
    pub variables: Vec<(&'s str, &'s str)>,
    /// Variables that are gone.
    pub unset: Vec<&'s str>,
    /// Functions that are new or changed: name, and the text that defines it.
    pub functions: Vec<(&'s str, &'s str)>,
    /// Functions that are gone.
    pub undefined: Vec<&'s str>,
    /// Options that are set otherwise: the text that sets each.
    pub options: Vec<&'s str>,
    /// Aliases, traps and the mask that are new or changed: the text that sets each.
    pub others: Vec<&'s str>,
    /// The folder, where it is another one: the text that goes there.
    pub folder: Option<&'s str>,
}

impl<'s> Change<'s> {
    /// What differs between two states.
    pub fn between(before: &'s State, after: &'s State) -> Self {
        let mut change = Self::default();
        let known: BTreeMap<_, _> = before.variables().into_iter().collect();
        let now = after.variables();
        let foreign = |name: &str| !is_its_own(name);
        change.variables.extend(
            now.iter().filter(|(name, text)| foreign(name) && known.get(name) != Some(text)),
        );
        let is_there = |name: &str| now.iter().any(|(other, _)| *other == name);
        change.unset.extend(known.keys().filter(|name| foreign(name) && !is_there(name)));
        let before_texts: BTreeMap<_, _> = before.texts().collect();
        for (what, text) in after.texts() {
            let old = before_texts.get(what).copied().unwrap_or_default();
            match what {
                "functions" => change.of_functions(old, text),
                "rest" => change.of_the_rest(old, text),
                _ => change.options.extend(new_lines(old, text)),
            }
        }
        change
    }

    fn of_functions(&mut self, old: &'s str, new: &'s str) {
        let known: BTreeMap<_, _> = functions(old).into_iter().collect();
        let now = functions(new);
        let is_new = |(name, text): &(&str, &str)| known.get(name) != Some(text);
        self.functions.extend(now.iter().copied().filter(is_new));
        let is_there = |name: &str| now.iter().any(|(other, _)| *other == name);
        self.undefined.extend(known.keys().filter(|name| !is_there(name)));
    }

    fn of_the_rest(&mut self, old: &'s str, new: &'s str) {
        let known = whole_lines(old);
        for line in whole_lines(new).into_iter().filter(|line| !known.contains(line)) {
            if line.starts_with("builtin cd -- ") {
                self.folder = Some(line);
            } else {
                self.others.push(line);
            }
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
            && self.unset.is_empty()
            && self.functions.is_empty()
            && self.undefined.is_empty()
            && self.options.is_empty()
            && self.others.is_empty()
            && self.folder.is_none()
    }

    /// The texts that make another shell differ in the same way.
    pub fn texts(&self) -> Vec<Zeroizing<String>> {
        // A name that stands for another variable is unset itself.
        let unset = self.unset.iter().map(|name| format!("unset -n {name}"));
        // What is declared anew loses the properties that it had.
        let set = self.variables.iter().map(|(name, text)| format!("unset -n {name}\n{text}"));
        let undefined = self.undefined.iter().map(|name| format!("unset -f {name}"));
        let defined = self.functions.iter().map(|(_, text)| (*text).to_owned());
        let others = self.others.iter().chain(&self.folder).chain(&self.options);
        let others = others.map(|text| (*text).to_owned());
        let all = unset.chain(set).chain(undefined).chain(defined).chain(others);
        all.map(Zeroizing::new).collect()
    }
}

/// The lines of a text that another one has not.
fn new_lines<'s>(old: &'s str, new: &'s str) -> impl Iterator<Item = &'s str> {
    new.lines().filter(move |line| !old.lines().any(|other| other == *line))
}

/// The lines of what bash prints to be evaluated again. A value between quotes may hold newlines: a
/// line of it is no command.
fn whole_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut from, mut at) = (0, 0);
    let mut quote = Quote::None;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match (bytes[at], quote) {
            (b'\\', Quote::None | Quote::Escaping) => at += 1,
            (b'\'', Quote::None) if at > 0 && bytes[at - 1] == b'$' => quote = Quote::Escaping,
            (b'\'', Quote::None) => quote = Quote::Plain,
            (b'\'', _) => quote = Quote::None,
            (b'\n', Quote::None) => {
                lines.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    lines.extend(text.get(from..).filter(|rest| !rest.is_empty()));
    lines
}

/// How bash reads a place.
#[derive(Clone, Copy)]
enum Quote {
    /// Outside of quotes.
    None,
    /// In `'...'`.
    Plain,
    /// In `$'...'`.
    Escaping,
}

/// What `declare -f` and after it `declare -F` print, a function at a time: its name, and the text
/// that defines it.
fn functions(text: &str) -> Vec<(&str, &str)> {
    let named = text.lines().rev().map_while(|line| {
        let flags = line.strip_prefix("declare -f")?;
        flags.split_once(' ').map(|(_, name)| name)
    });
    let mut names: Vec<_> = named.collect();
    names.reverse();
    let mut starts = Vec::new();
    let mut from = 0;
    for name in &names {
        let head = format!("{name} () \n");
        let Some(found) = memchr::memmem::find_iter(&text.as_bytes()[from..], head.as_bytes())
            .map(|at| from + at)
            .find(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n')
        else {
            continue;
        };
        starts.push((*name, found));
        from = found + head.len();
    }
    let ends = starts.iter().skip(1).map(|(_, at)| *at).chain([names_at(text)]);
    starts.iter().zip(ends).map(|((name, from), to)| (*name, text[*from..to].trim_end())).collect()
}

/// Where the names begin, after the last function.
fn names_at(text: &str) -> usize {
    let names = text.lines().rev().take_while(|line| line.starts_with("declare -f"));
    text.len() - names.map(|line| line.len() + 1).sum::<usize>().min(text.len())
}

#[cfg(test)]
mod tests {
    use super::{functions, whole_lines};

    #[test]
    fn a_line_of_a_value_is_no_line_of_its_own() {
        let text = "alias a='b\\'\nalias c='it'\\''s\nrm x\n'\ntrap -- 'a\nb' INT\n\
                    umask 0022\nbuiltin cd -- $'a\\'\\n\nb'\n";
        let lines = whole_lines(text);
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert_eq!(lines[1], "alias c='it'\\''s\nrm x\n'");
        assert!(lines[4].starts_with("builtin cd -- "));
    }

    #[test]
    fn each_function_is_found_whatever_the_others_hold() {
        let text = "a () \n{ \n    echo 1;\n    cat <<E\ndeclare -f b\nE\n\n}\nb () \n{ \n    a\n}\ndeclare -f a\ndeclare -fx b\n";
        let found = functions(text);
        let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(found[0].1.ends_with("\n}") && found[0].1.contains("declare -f b"));
        assert_eq!(found[1].1, "b () \n{ \n    a\n}");
        assert!(functions("").is_empty());
    }
}
