//! What the inputs of a run have become.

use std::fmt::{self, Debug, Formatter};

use super::secret::Secret;

/// The value of an input.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Text that may be shown.
    Plain(String),
    /// Text that may not.
    Secret(Secret),
    /// Several values; what uses the input runs once for each.
    List(Vec<String>),
}

impl Value {
    /// Whether there is nothing in it: it must not reach a command.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Plain(text) => text.trim().is_empty(),
            Self::Secret(secret) => secret.expose().trim().is_empty(),
            Self::List(texts) => texts.iter().all(|text| text.trim().is_empty()),
        }
    }

    /// Whether it may not be shown.
    pub const fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }
}

impl Debug for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => Debug::fmt(text, f),
            Self::Secret(secret) => Debug::fmt(secret, f),
            Self::List(texts) => Debug::fmt(texts, f),
        }
    }
}

/// Values by name, in the order in which they were first set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    entries: Vec<(String, Value)>,
}

impl Values {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value and gives back the one that it replaces. A name keeps its place.
    pub fn set(&mut self, name: impl Into<String>, value: Value) -> Option<Value> {
        let name = name.into();
        if let Some((_, known)) = self.entries.iter_mut().find(|(other, _)| *other == name) {
            return Some(std::mem::replace(known, value));
        }
        self.entries.push((name, value));
        None
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Forgets a name.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let place = self.entries.iter().position(|(other, _)| other == name)?;
        Some(self.entries.remove(place).1)
    }

    /// Names and values, in the order of setting.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> + '_ {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The secrets among them.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Secret)> + '_ {
        self.iter().filter_map(|(name, value)| match value {
            Value::Secret(secret) => Some((name, secret)),
            Value::Plain(_) | Value::List(_) => None,
        })
    }

    /// How many names have a value.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing has been set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, Values};
    use crate::variables::Secret;

    #[test]
    fn names_keep_the_order_in_which_they_were_first_set() {
        let mut values = Values::new();
        let plain = |text: &str| Value::Plain(text.into());
        assert_eq!(values.set("b", plain("1")), None);
        values.set("a", Value::Secret(Secret::new("hidden-one".into())));
        assert_eq!(values.set("b", plain("2")), Some(plain("1")));
        let names: Vec<&str> = values.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(values.get("b"), Some(&plain("2")));
        assert_eq!(values.secrets().map(|(name, _)| name).collect::<Vec<_>>(), ["a"]);
        assert_eq!(values.remove("b"), Some(plain("2")));
        assert_eq!(values.len(), 1);
    }

    #[test]
    fn a_secret_value_is_not_shown() {
        let value = Value::Secret(Secret::new("hidden-one".into()));
        assert_eq!(format!("{value:?}"), "secret of 10 characters");
    }

    #[test]
    fn a_value_of_white_space_is_empty() {
        assert!(Value::Plain(" \n".into()).is_empty());
        assert!(Value::List(vec![]).is_empty());
        assert!(!Value::List(vec![String::new(), "a".into()]).is_empty());
    }
}
