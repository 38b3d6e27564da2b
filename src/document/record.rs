//! Audit entries: what to send to the audit log rather than to run.
//!
//! Comes in: the text of a block that is no shell. Goes out: whether it is a record, and what is
//! filled in when it is made.

use std::sync::LazyLock;

use regex::Regex;

use crate::shell::{Quoting, placeholders};
use crate::source::Span;

use super::{Fill, Hole, SectionKind};

/// Keys that an audit entry has.
const KEYS: &[&str] = &["action", "actor", "context", "event", "operator", "timestamp", "outcome"];

/// Whether a block is an audit entry: data in an audit section, or with the keys of one.
pub(super) fn is_record(text: &str, kind: SectionKind) -> bool {
    let keys: Vec<_> = text.lines().filter_map(key).collect();
    let known = KEYS.iter().filter(|known| keys.contains(known)).count();
    let named = keys.contains(&"action") && known >= 2;
    let data = text.trim_start().starts_with('{') || !keys.is_empty();
    named || kind == SectionKind::Audit && data && known >= 1
}

/// What is filled in: `<ticket>`, `{{ ticket }}`, and `"this" or "that"`. A placeholder that says who
/// acts is the operator.
pub(super) fn holes(text: &str) -> Vec<Hole> {
    static ONE_OF: LazyLock<Regex> = LazyLock::new(|| {
        let one = r#"(?:"[^"\n]+"|'[^'\n]+'|`[^`\n]+`)"#;
        Regex::new(&format!("{one}(?:,? or {one})+")).expect("a valid pattern")
    });
    static TEMPLATE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}").expect("a valid pattern")
    });
    let marked = placeholders(text).into_iter().filter(|one| {
        one.spelling.starts_with('<') && !one.name.is_empty() && one.context != Quoting::Comment
    });
    let mut holes: Vec<_> = marked
        .map(|one| {
            let before = &text[..one.span.start];
            let entry = before.rfind(['\n', ',', '{']).map_or(before, |at| &before[at + 1..]);
            let acts = matches!(key(entry), Some("actor" | "operator"));
            let name = if acts { "operator".to_owned() } else { one.name };
            Hole { span: one.span, fill: Fill::Value(name) }
        })
        .collect();
    for found in TEMPLATE.captures_iter(text) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
        let fill = Fill::Value(name.as_str().to_owned());
        holes.push(Hole { span: Span::new(whole.start(), whole.end()), fill });
    }
    for found in ONE_OF.find_iter(text) {
        let quotes = ['"', '\'', '`'];
        let parts = found.as_str().split(" or ").map(|part| part.trim_end_matches(','));
        let labels = parts.map(|part| part.trim_matches(quotes).to_owned()).collect();
        holes.push(Hole { span: Span::new(found.start(), found.end()), fill: Fill::OneOf(labels) });
    }
    holes.sort_by_key(|hole| hole.span.start);
    // `"<a>" or "<b>"` is left to the operator as it stands.
    holes.dedup_by(|later, earlier| later.span.start < earlier.span.end);
    holes
}

/// The key of a line of YAML or JSON.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(':')?;
    let key = key.trim_start_matches([' ', '{', '-', ',']).trim().trim_matches('"');
    let name = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    name.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_known_by_its_keys() {
        let case =
            |text: &str, kind, expected| assert_eq!(is_record(text, kind), expected, "{text}");
        case("action: a\nactor: <id>", SectionKind::Procedure, true);
        case("{\"action\": \"a\", \n\"actor\": 1}", SectionKind::Procedure, true);
        case("kind: Pod\nname: a", SectionKind::Procedure, false);
        case("event: x", SectionKind::Audit, true);
        case("event: x", SectionKind::Procedure, false);
    }

    #[test]
    fn what_is_filled_in_is_found_with_what_fills_it() {
        let case = |text: &str, expected: &[(&str, &str)]| {
            let holes = holes(text);
            let found: Vec<_> = holes
                .iter()
                .map(|hole| {
                    let fill = match &hole.fill {
                        Fill::Value(name) => name.clone(),
                        Fill::OneOf(labels) => labels.join("|"),
                    };
                    (&text[hole.span.range()], fill)
                })
                .collect();
            let found: Vec<_> = found.iter().map(|(text, fill)| (*text, fill.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        };
        case(
            "actor: <admin_id>\nnote: it's <note>",
            &[("<admin_id>", "operator"), ("<note>", "note")],
        );
        case(
            "{\"actor\": \"<you>\", \"ticket\": \"<TICKET>\"}",
            &[("<you>", "operator"), ("<TICKET>", "ticket")],
        );
        case("kind: \"a-b\" or \"c\",\n", &[("\"a-b\" or \"c\"", "a-b|c")]);
        case("kind: 'a', or 'b' or 'c'", &[("'a', or 'b' or 'c'", "a|b|c")]);
        case("note: \"this or that\" # <x>", &[]);
        case("a: \"{{ today }} {{ a | upper }}\" {{.Name}}", &[("{{ today }}", "today")]);
    }
}
