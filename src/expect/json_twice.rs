//! Keys that one JSON object has twice: what such a key says, nobody can tell.
//!
//! Comes in: the text of one JSON value. Goes out: the first key that an object repeats. A parser
//! keeps one of the two values and drops the other without a word.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The first key that an object of `text` has more than once.
pub(super) fn repeated_key(text: &str) -> Option<String> {
    let mut repeated = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    Search(&mut repeated).deserialize(&mut reader).ok()?;
    repeated
}

struct Search<'s>(&'s mut Option<String>);

impl Search<'_> {
    fn again(&mut self) -> Search<'_> {
        Search(self.0)
    }
}

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value_seed(self.again())?;
            if let Some(key) = seen.replace(key) {
                self.0.get_or_insert(key);
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.again())?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::repeated_key;

    #[test]
    fn a_key_is_repeated_only_within_one_object() {
        let case = |text: &str, expected: Option<&str>| {
            assert_eq!(repeated_key(text).as_deref(), expected, "{text}");
        };
        case("{\"ok\": false, \"ok\": true}", Some("ok"));
        case("[1, {\"a\": {\"b\": null, \"b\": 1.5}}]", Some("b"));
        case("[{\"a\": \"x\"}, {\"a\": -1}]", None);
        case("{\"a\": {\"a\": true}}", None);
        case("no JSON", None);
    }
}
