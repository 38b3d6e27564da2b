//! JSON compared as JSON: `{"ok": true}` is met by any object that has it.
//!
//! Comes in: the author's JSON, with `...`, `"..."` and `<x>` for "whatever stands there", and a
//! command's whole stdout. Goes out: whether the one contains the other. Objects may have more
//! keys, arrays must be the same unless they hold `...`, types are strict, 1 equals 1.0.

use serde_json::{Map, Value};

use super::json_twice::repeated_key;
use super::number::{is_long_integer, same};
use super::{Finding, Verdict};

/// The author's JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Whatever stands there.
    Any,
    /// A string with wildcards in it.
    Like(String),
    Exactly(Value),
    Object(Vec<(String, Shape)>),
    /// The elements; with a gap the others need only occur, in order.
    Array(Vec<Shape>, Gap),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    Somewhere,
}

/// A check on stdout as JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Json {
    pub(super) demand: Demand,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Demand {
    /// It parses, and has these keys at any depth.
    Keys(Kind, Vec<String>),
    Contains(Shape, String),
    Equals(Value, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Any,
    Object,
    Array,
    /// An array with at least one element.
    FullArray,
}

/// The deepest nesting that is read: an annotation is written by hand.
const DEEPEST: usize = 64;

impl Json {
    /// `text` as an object or array of the author's.
    pub(super) fn parse(text: &str) -> Option<Json> {
        if !text.starts_with(['{', '[']) {
            return None;
        }
        Json::contains(text)
    }

    /// `text` as any JSON that must be contained.
    pub(super) fn contains(text: &str) -> Option<Json> {
        let shape = Reader { rest: text }.whole()?;
        Some(Json { demand: Demand::Contains(shape, text.to_owned()) })
    }

    /// `text` as JSON that must be all there is.
    pub(super) fn equals(text: &str) -> Option<Json> {
        let value = serde_json::from_str(text).ok()?;
        Some(Json { demand: Demand::Equals(value, text.to_owned()) })
    }

    pub(super) fn describe(&self) -> String {
        match &self.demand {
            Demand::Keys(kind, keys) if keys.is_empty() => format!("stdout is {}", kind.describe()),
            Demand::Keys(kind, keys) => {
                format!("stdout is {} with {}", kind.describe(), keys.join(", "))
            }
            Demand::Contains(_, text) => format!("stdout is JSON with {text}"),
            Demand::Equals(_, text) => format!("stdout is the JSON {text}"),
        }
    }

    /// What can be said of the whole stdout.
    pub(super) fn judge(&self, stdout: &str) -> Finding {
        let Some(value) = read(stdout) else {
            let why = if stdout.trim().is_empty() {
                "stdout is empty"
            } else {
                "stdout is not one JSON value"
            };
            return Finding::new(Verdict::NotMet, why);
        };
        let mismatch = match &self.demand {
            Demand::Keys(kind, keys) => kind.mismatch(&value).or_else(|| missing(keys, &value)),
            Demand::Contains(shape, _) => shape.mismatch(&value, "$"),
            Demand::Equals(expected, _) => {
                (!equal(expected, &value)).then(|| "the JSON differs".to_owned())
            }
        };
        if let Some(key) = said_twice(stdout) {
            let why = format!("an object of the JSON has `{key}` twice");
            return Finding::new(Verdict::Unverified, why);
        }
        match mismatch {
            None if self.has_long_number_without(stdout) => Finding::new(
                Verdict::Unverified,
                "a number is too long to be compared, and is not there as it is written",
            ),
            None => Finding::new(Verdict::Met, "the JSON has it"),
            Some(why) => Finding::new(Verdict::NotMet, why),
        }
    }
}

impl Json {
    /// Whether the author wrote an integer that no number type holds, and stdout has no such digits.
    fn has_long_number_without(&self, stdout: &str) -> bool {
        let (Demand::Contains(_, text) | Demand::Equals(_, text)) = &self.demand else {
            return false;
        };
        let runs = |text: &'_ str| -> Vec<String> {
            text.split(|c: char| !c.is_ascii_digit()).map(str::to_owned).collect()
        };
        let there = runs(stdout);
        runs(text).iter().any(|run| is_long_integer(run) && !there.contains(run))
    }
}

impl Kind {
    fn describe(self) -> &'static str {
        match self {
            Kind::Any => "JSON",
            Kind::Object => "a JSON object",
            Kind::Array => "a JSON array",
            Kind::FullArray => "a JSON array with at least one element",
        }
    }

    fn mismatch(self, value: &Value) -> Option<String> {
        let fits = match self {
            Kind::Any => value.is_object() || value.is_array(),
            Kind::Object => value.is_object(),
            Kind::Array => value.is_array(),
            Kind::FullArray => value.as_array().is_some_and(|items| !items.is_empty()),
        };
        (!fits).then(|| format!("stdout is {}", kind_of(value)))
    }
}

fn missing(keys: &[String], value: &Value) -> Option<String> {
    let absent = keys.iter().find(|key| find(value, key).is_empty())?;
    Some(format!("the JSON has no `{absent}`"))
}

/// The values of `key` at any depth; a dotted key is a path.
pub(super) fn find<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut waiting = vec![value];
    while let Some(next) = waiting.pop() {
        found.extend(next.get(key).or_else(|| along(next, key)));
        match next {
            Value::Object(map) => waiting.extend(map.values()),
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    found
}

fn along<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.contains('.').then(|| path.split('.').try_fold(value, |at, key| at.get(key)))?
}

/// The one JSON value that an output is, or its body after the header lines of `curl -i`.
pub(super) fn read(stdout: &str) -> Option<Value> {
    serde_json::from_str(body(stdout)?).ok()
}

/// What may be JSON of an output: all of it, or what follows its header lines.
fn body(stdout: &str) -> Option<&str> {
    let text = stdout.trim();
    if !text.starts_with("HTTP/") {
        return Some(text);
    }
    text.rsplit_once("\n\n").map(|(_, body)| body.trim())
}

/// A key that an object of an output that is JSON has twice.
pub(super) fn said_twice(stdout: &str) -> Option<String> {
    body(stdout).and_then(repeated_key)
}

impl Shape {
    /// Where `value` is not what was expected; names places and kinds, never values.
    fn mismatch(&self, value: &Value, at: &str) -> Option<String> {
        match self {
            Shape::Any => None,
            Shape::Like(text) => (!like(text, value)).then(|| format!("`{at}` is another value")),
            Shape::Exactly(expected) if equal(expected, value) => None,
            Shape::Exactly(expected) if kind_of(expected) == kind_of(value) => {
                Some(format!("`{at}` is another value"))
            }
            Shape::Exactly(_) => Some(format!("`{at}` is {}", kind_of(value))),
            Shape::Object(fields) => object_mismatch(fields, value, at),
            Shape::Array(items, gap) => array_mismatch(items, *gap, value, at),
        }
    }
}

fn object_mismatch(fields: &[(String, Shape)], value: &Value, at: &str) -> Option<String> {
    let Some(map) = value.as_object() else {
        return Some(format!("`{at}` is {}", kind_of(value)));
    };
    fields.iter().find_map(|(key, shape)| match map.get(key) {
        Some(inner) => shape.mismatch(inner, &format!("{at}.{key}")),
        None => Some(format!("`{at}` has no `{key}`")),
    })
}

fn array_mismatch(items: &[Shape], gap: Gap, value: &Value, at: &str) -> Option<String> {
    let Some(values) = value.as_array() else {
        return Some(format!("`{at}` is {}", kind_of(value)));
    };
    if gap == Gap::None && items.len() != values.len() {
        return Some(format!("`{at}` has {} elements, not {}", values.len(), items.len()));
    }
    if gap == Gap::None {
        return items
            .iter()
            .zip(values)
            .enumerate()
            .find_map(|(index, (shape, inner))| shape.mismatch(inner, &format!("{at}[{index}]")));
    }
    let mut left = values.iter();
    items
        .iter()
        .position(|shape| !left.any(|inner| shape.mismatch(inner, at).is_none()))
        .map(|index| format!("`{at}` lacks element {index}"))
}

fn like(text: &str, value: &Value) -> bool {
    let Some(found) = value.as_str() else {
        return false;
    };
    let mut rest = found;
    let pieces: Vec<&str> = text.split("...").collect();
    let (first, last) = (pieces[0], pieces[pieces.len() - 1]);
    if !rest.starts_with(first) || !rest.ends_with(last) || rest.len() < first.len() + last.len() {
        return false;
    }
    rest = &rest[first.len()..rest.len() - last.len()];
    pieces[1..pieces.len() - 1].iter().all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let whole = !one.is_f64() && !other.is_f64();
            let close = || one.as_f64().zip(other.as_f64()).is_some_and(|(a, b)| same(a, b));
            one == other || (!whole && close())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| equal(a, b))
        }
        (Value::Object(one), Value::Object(other)) => same_object(one, other),
        _ => one == other,
    }
}

fn same_object(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.len() == other.len()
        && one.iter().all(|(key, value)| other.get(key).is_some_and(|found| equal(value, found)))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Reads the author's JSON, which may hold placeholders where JSON has none.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn whole(mut self) -> Option<Shape> {
        let shape = self.value(0)?;
        self.rest.trim().is_empty().then_some(shape)
    }

    fn value(&mut self, depth: usize) -> Option<Shape> {
        self.rest = self.rest.trim_start();
        if depth > DEEPEST {
            return None;
        }
        if self.takes("...") || self.takes("…") {
            return Some(Shape::Any);
        }
        match self.rest.chars().next()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '<' => {
                let end = self.rest.find('>')?;
                self.rest = &self.rest[end + 1..];
                Some(Shape::Any)
            }
            '"' => self.string().map(|text| string_shape(&text)),
            _ => self.plain(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Shape> {
        self.rest = &self.rest[1..];
        let mut fields = Vec::new();
        while !self.takes("}") {
            if self.takes("...") || self.takes("…") {
                self.separated('}')?;
                continue;
            }
            self.rest = self.rest.trim_start();
            let key = self.string()?;
            if !self.takes(":") {
                return None;
            }
            fields.push((key, self.value(depth + 1)?));
            self.separated('}')?;
        }
        Some(Shape::Object(fields))
    }

    fn array(&mut self, depth: usize) -> Option<Shape> {
        self.rest = &self.rest[1..];
        let (mut items, mut gap) = (Vec::new(), Gap::None);
        while !self.takes("]") {
            if self.takes("...") || self.takes("…") {
                gap = Gap::Somewhere;
            } else {
                items.push(self.value(depth + 1)?);
            }
            self.separated(']')?;
        }
        Some(Shape::Array(items, gap))
    }

    /// A comma, or the closing bracket that is still to be taken.
    fn separated(&mut self, close: char) -> Option<()> {
        if self.takes(",") {
            return Some(());
        }
        self.rest.trim_start().starts_with(close).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        if !self.rest.starts_with('"') {
            return None;
        }
        let mut read = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        let text = read.next()?.ok()?;
        let length = read.byte_offset();
        self.rest = &self.rest[length..];
        Some(text)
    }

    /// A number, `true`, `false` or `null`.
    fn plain(&mut self) -> Option<Shape> {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']'))
            .unwrap_or(self.rest.len());
        let value = serde_json::from_str(&self.rest[..end]).ok()?;
        self.rest = &self.rest[end..];
        Some(Shape::Exactly(value))
    }

    fn takes(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}

fn string_shape(text: &str) -> Shape {
    let text = text.replace('…', "...");
    let placeholder = text.starts_with('<') && text.ends_with('>') && text.len() > 2;
    if text == "..." || placeholder {
        return Shape::Any;
    }
    if text.contains("...") { Shape::Like(text) } else { Shape::Exactly(Value::String(text)) }
}

#[cfg(test)]
mod tests {
    use super::{Json, find, read};
    use crate::expect::Verdict::{self, Met, NotMet};

    fn case(expected: &str, stdout: &str, verdict: Verdict) {
        let json = Json::parse(expected).expect("JSON");
        assert_eq!(json.judge(stdout).verdict, verdict, "{expected} in {stdout}");
    }

    #[test]
    fn an_object_is_met_by_one_that_has_it() {
        case("{\"ok\": true}", "{\n  \"ok\": true\n}\n", Met);
        case("{\"ok\": true}", "{\"ok\":true,\"more\":1}", Met);
        case("{\"ok\": true}", "{\"ok\":false}", NotMet);
        case("{\"ok\": true}", "{\"ok\":\"true\"}", NotMet);
        case("{\"ok\": true}", "null", NotMet);
        case("{\"ok\": true}", "", NotMet);
        case("{\"ok\": true}", "{\"ok\": true} trailing", NotMet);
        case("{\"ok\": true}", "{\"nested\":{\"ok\":true}}", NotMet);
        case("{\"n\": 1}", "{\"n\": 1.0}", Met);
        case("{\"status\":\"ok\",\"at\":\"...\"}", "{\"status\":\"ok\",\"at\":\"now\"}", Met);
        case("{\"status\":\"x\",...}", "{\"status\":\"x\"}", Met);
        case("{\"pid\": ..., \"at\": ...}", "{\"pid\": 3}", NotMet);
        case("[]", "[]", Met);
        case("[]", "[1]", NotMet);
        case("[1, 2]", "[2, 1]", NotMet);
        case("[1, ..., 3]", "[1, 2, 3]", Met);
        case("{\"u\":\"https://...\"}", "{\"u\":\"https://a\"}", Met);
    }

    #[test]
    fn the_body_after_headers_is_json_too() {
        case("{\"ok\": true}", "HTTP/2 200\ncontent-type: application/json\n\n{\"ok\":true}", Met);
    }

    #[test]
    fn keys_are_found_at_any_depth_and_along_paths() {
        let value = read("{\"a\":{\"b\":{\"c\":1}},\"c\":2}").unwrap();
        assert_eq!(find(&value, "c").len(), 2);
        assert_eq!(find(&value, "a.b.c").len(), 1);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["{a}", "[new tag]", "{\"a\":}", "{\"a\" 1}", "{", "[1,", &"[".repeat(5000)] {
            assert!(Json::parse(text).is_none(), "{text}");
        }
    }
}
