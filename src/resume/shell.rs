//! What the shell knew: variables, functions, options, the folder; and what of it was not kept.

use std::collections::BTreeMap;

use crate::event::Kept;

/// What a shell knew beyond what it began with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Knows {
    /// The texts that set its variables, by name.
    pub variables: BTreeMap<String, String>,
    /// Variables that it began with and that were unset.
    pub unset: Vec<String>,
    /// The texts of everything else, by what it is.
    pub texts: BTreeMap<String, String>,
    /// Variables that it knew and that were not kept, since they are secret or may be; and the step
    /// that set each.
    pub lost: BTreeMap<String, String>,
}

impl Knows {
    /// Takes in what changed after a segment of `step`.
    pub(super) fn take(&mut self, kept: &Kept, step: &str) {
        for (name, text) in &kept.variables {
            self.variables.insert(name.clone(), text.as_str().to_owned());
            self.unset.retain(|unset| unset != name);
            self.lost.remove(name);
        }
        for name in &kept.unset {
            self.variables.remove(name);
            self.lost.remove(name);
            self.unset.push(name.clone());
        }
        for name in &kept.withheld {
            self.variables.remove(name);
            self.lost.insert(name.clone(), step.to_owned());
        }
        let texts = kept.texts.iter();
        self.texts.extend(texts.map(|(what, text)| (what.to_string(), text.as_str().to_owned())));
    }

    /// Whether it knows a function or a variable of this name.
    pub fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name) || self.has_function(name)
    }

    /// Whether it knows a function of this name.
    pub fn has_function(&self, name: &str) -> bool {
        let function = format!("{name} ()");
        let functions = self.texts.get("functions").map(String::as_str).unwrap_or_default();
        functions.lines().any(|line| line.trim_end() == function)
    }

    /// A variable that was not kept has a value again.
    pub(super) fn found(&mut self, name: &str) {
        self.lost.remove(name);
    }

    /// Whether there is anything to restore.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.unset.is_empty() && self.texts.is_empty()
    }
}
