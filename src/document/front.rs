//! Front matter: the YAML between two `---` at the very start of the file.
//!
//! Comes in: the file's text. Goes out: header entries with their places, declared inputs and
//! kinds, and where the markdown begins. A `---` further down is a rule, never metadata: nothing
//! in the body may hide that way.

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

use super::metadata::{canonical, unquoted};
use super::{Declared, Entry};

/// What the front matter says.
#[derive(Debug, Default)]
pub(super) struct Front {
    /// Where the markdown begins.
    pub body: usize,
    pub title: Option<String>,
    pub entries: Vec<Entry>,
    pub declared: Vec<Declared>,
    /// Nouns, their patterns, and where they stand.
    pub kinds: Vec<(String, String, Span)>,
}

/// How many inputs and kinds are read; a person would not answer a tenth of it.
pub(super) const MOST_INPUTS: usize = 1000;
const MOST_KINDS: usize = 200;

/// Reads the front matter of a text, if it has one.
pub(super) fn read(text: &str, diagnostics: &mut Vec<Diagnostic>) -> Front {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let Some((span, body)) = find(text, start) else {
        return Front { body: start, ..Front::default() };
    };
    let mut front = Front { body, entries: entries(text, span), ..Front::default() };
    let title = front.entries.iter().position(|entry| entry.key == "title");
    front.title = title.map(|index| front.entries.remove(index).value);
    match serde_saphyr::from_str::<Value>(&text[span.range()]) {
        Ok(Value::Object(map)) => front.declarations(&map, text, span, diagnostics),
        Ok(_) => {}
        Err(error) => diagnostics.push(not_yaml(&error.to_string(), text, span)),
    }
    front
}

/// The span between the dashes, and the offset after them.
fn find(text: &str, start: usize) -> Option<(Span, usize)> {
    let mut lines = text[start..].split_inclusive('\n');
    let first = lines.next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let from = start + first.len();
    let mut at = from;
    for line in lines {
        if matches!(line.trim_end(), "---" | "...") {
            return Some((Span::new(from, at), at + line.len()));
        }
        at += line.len();
    }
    None
}

/// The scalars of its top level.
fn entries(text: &str, span: Span) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = span.start;
    for line in text[span.range()].split_inclusive('\n') {
        entries.extend(entry(line, at));
        at += line.len();
    }
    entries
}

fn entry(line: &str, at: usize) -> Option<Entry> {
    let (label, rest) = line.split_once(':')?;
    let named = label.starts_with(char::is_alphabetic) && rest.starts_with([' ', '\t']);
    let value = without_comment(rest.trim_end());
    let scalar = !value.trim_start().starts_with(['|', '>', '[', '{', '&', '*', '!', '#']);
    if !named || !scalar || value.trim().is_empty() {
        return None;
    }
    let start = at + label.len() + 1 + (value.len() - value.trim_start().len());
    let span = unquoted(value.trim(), start, &['"', '\'']);
    let value = &line[span.start - at..span.end - at];
    Some(Entry { key: canonical(label), label: label.to_owned(), value: value.to_owned(), span })
}

fn without_comment(value: &str) -> &str {
    let quoted = value.trim_start().starts_with(['"', '\'']);
    match value.find(" #") {
        Some(end) if !quoted => &value[..end],
        _ => value,
    }
}

impl Front {
    fn declarations(
        &mut self,
        map: &Map<String, Value>,
        text: &str,
        span: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for (count, (name, details)) in inputs(map.get("inputs")).into_iter().enumerate() {
            let place = place_of(&name, text, span);
            if count == MOST_INPUTS {
                let message = format!("more than {MOST_INPUTS} inputs, from `{name}` on");
                diagnostics.push(Diagnostic::new(Severity::Error, "front-matter", place, message));
                break;
            }
            self.declared.push(declared(name, details, place, diagnostics));
        }
        let Some(Value::Object(kinds)) = map.get("kinds") else {
            return;
        };
        for (count, (noun, pattern)) in kinds.iter().enumerate() {
            let place = place_of(noun, text, span);
            if count == MOST_KINDS {
                let message = format!("there are more than {MOST_KINDS} kinds, from `{noun}` on");
                diagnostics.push(Diagnostic::new(Severity::Error, "front-matter", place, message));
                return;
            }
            match pattern {
                Value::String(pattern) => {
                    self.kinds.push((noun.clone(), pattern.clone(), place));
                }
                _ => diagnostics.push(
                    Diagnostic::new(
                        Severity::Error,
                        "front-matter",
                        place,
                        format!("the kind `{noun}` has no pattern"),
                    )
                    .help("write a regular expression in quotes after the noun"),
                ),
            }
        }
    }
}

/// `inputs:` as a map from names to details, or as a list of names or of maps with a `name`.
fn inputs(value: Option<&Value>) -> Vec<(String, Value)> {
    match value {
        Some(Value::Object(map)) => {
            map.iter().map(|(name, details)| (name.clone(), details.clone())).collect()
        }
        Some(Value::Array(list)) => list.iter().filter_map(listed).collect(),
        _ => Vec::new(),
    }
}

fn listed(value: &Value) -> Option<(String, Value)> {
    match value {
        Value::String(name) => Some((name.clone(), Value::Null)),
        Value::Object(map) if map.contains_key("name") => {
            let mut details = map.clone();
            let name = details.shift_remove("name")?;
            Some((scalar(&name)?, Value::Object(details)))
        }
        Value::Object(map) => {
            map.iter().next().map(|(name, details)| (name.clone(), details.clone()))
        }
        _ => None,
    }
}

fn declared(
    name: String,
    details: Value,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Declared {
    let mut declared =
        Declared { name, description: None, secret: None, default: None, pattern: None, span };
    let Value::Object(details) = details else {
        declared.description = scalar(&details);
        return declared;
    };
    for (key, value) in details {
        match key.as_str() {
            "description" => declared.description = scalar(&value),
            "secret" => declared.secret = value.as_bool(),
            "default" => declared.default = scalar(&value),
            "pattern" => declared.pattern = scalar(&value),
            _ => {
                let message = format!("the input `{}` has an unknown key `{key}`", declared.name);
                diagnostics.push(
                    Diagnostic::new(Severity::Warning, "front-matter", span, message)
                        .help("known are `description`, `secret`, `default` and `pattern`"),
                );
            }
        }
    }
    declared
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The first line that has the name as a key or a value; else the whole front matter.
fn place_of(name: &str, text: &str, span: Span) -> Span {
    let mut at = span.start;
    for line in text[span.range()].split_inclusive('\n') {
        let bare = line.trim_start_matches([' ', '-', '\t']);
        let bare = bare.strip_prefix("name:").unwrap_or(bare).trim_start();
        if bare.trim_start_matches(['"', '\'']).starts_with(name)
            && let Some(column) = line.find(name)
        {
            return Span::new(at + column, at + column + name.len());
        }
        at += line.len();
    }
    span
}

/// Only where it declares something does it matter that the rest cannot be read.
fn not_yaml(error: &str, text: &str, span: Span) -> Diagnostic {
    let declares = text[span.range()]
        .lines()
        .any(|line| line.starts_with("inputs:") || line.starts_with("kinds:"));
    let severity = if declares { Severity::Error } else { Severity::Note };
    let first = error.lines().next().unwrap_or(error);
    let message = format!("the front matter is not YAML: {first}");
    Diagnostic::new(severity, "front-matter", span, message)
        .help("quote values that hold `: ` or begin with a special character")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front(text: &str) -> (Front, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        (read(text, &mut diagnostics), diagnostics)
    }

    #[test]
    fn inputs_may_be_a_map_or_a_list() {
        let case = |yaml: &str| {
            let (front, diagnostics) = front(&format!("---\n{yaml}\n---\n"));
            assert_eq!(diagnostics, [], "{yaml}");
            assert_eq!(front.declared.len(), 1, "{yaml}");
            assert_eq!(front.declared[0].name, "app", "{yaml}");
            assert_eq!(front.declared[0].secret, Some(true), "{yaml}");
        };
        case("inputs:\n  app: {secret: true}");
        case("inputs:\n  - name: app\n    secret: true");
        case("inputs:\n  - app: {secret: true}");
    }

    #[test]
    fn entries_keep_the_bytes_of_their_values() {
        let text =
            "\u{feff}---\r\nowner: \"me\"  \r\nlast_reviewed_on: 2024-01-02 # old\r\n---\r\n# T";
        let (front, _) = front(text);
        let found: Vec<_> = front
            .entries
            .iter()
            .map(|entry| (entry.key.as_str(), &text[entry.span.range()]))
            .collect();
        assert_eq!(found, [("owner", "me"), ("last_validated", "2024-01-02")]);
        assert_eq!(&text[front.body..], "# T");
    }

    #[test]
    fn a_rule_further_down_is_no_front_matter() {
        let (front, _) = front("# T\n\n---\na: b\n---\n");
        assert_eq!(front.body, 0);
        assert!(front.entries.is_empty());
    }

    #[test]
    fn what_is_not_yaml_is_an_error_only_where_it_declares() {
        let case = |yaml: &str, severity| {
            let (_, diagnostics) = front(&format!("---\n{yaml}\n---\n"));
            assert_eq!(diagnostics[0].severity, severity, "{yaml}");
        };
        case("title: a: b", Severity::Note);
        case("title: a: b\ninputs: [x]", Severity::Error);
    }
}
