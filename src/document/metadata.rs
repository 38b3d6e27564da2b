//! The header: `**Key:** value` and `Key: value` lines before the first section.
//!
//! Comes in: the text and the blocks before the first section. Goes out: entries, each value with
//! its exact bytes, because a stamp rewrites those bytes and no others. A line may hold several
//! keys; unknown keys are kept. A key that is left empty is no entry, and ends the value before it.

use std::sync::LazyLock;

use regex::Regex;

use crate::source::Span;

use super::Entry;
use super::tree::{List, Node, Prose, Table};
use super::words::{Words, is_in};

/// Each canonical key and what authors call it, in snake case.
const KEYS: &[(&str, &str)] = &[
    ("mode", "mode execution_mode"),
    (
        "last_validated",
        "last_validated last_verified last_reviewed last_tested last_updated last_validated_on \
         last_verified_on last_reviewed_on last_tested_on last_updated_on last_verified_at \
         last_reviewed_at last_tested_at last_review_date last_update last_review reviewed_on \
         verified_on validated_on tested_on",
    ),
    ("validation_method", "validation_method validation validated_by_method"),
    (
        "average_duration",
        "average_duration duration estimated_duration estimated_time expected_duration \
         time_required average_time time_estimate eta time_to_complete \
         estimated_time_to_complete",
    ),
    (
        "required_role",
        "required_role required_roles role roles required_access required_permissions \
         access_required permissions",
    ),
    ("owner", "owner owners team owning_team maintainer maintainers runbook_owner"),
    (
        "applies_to",
        "applies_to scope service services system systems affected_services affected_systems \
         component",
    ),
    ("severity", "severity sev alert_severity"),
    ("status", "status"),
    ("target", "target target_environment environment"),
];

/// Words that begin a sentence, not a key; and keys of remarks.
static NO_KEY: Words = Words::new(
    "\
     this the to for if when in you we it see note notes warning important example tip caution \
     danger info attention todo a an there on then option method step steps usage expected \
     verify http https these run use please links tl;dr",
);

/// The canonical key of a label, or the label in snake case.
pub(super) fn canonical(label: &str) -> String {
    known(label).map_or_else(|| snake_case(label), str::to_owned)
}

/// The canonical key of a label that is one of ours; `lastValidated` is `last_validated`.
fn known(label: &str) -> Option<&'static str> {
    let key = |snake: String| {
        KEYS.iter().find(|(_, names)| is_in(names, &snake)).map(|(canonical, _)| *canonical)
    };
    key(snake_case(label)).or_else(|| key(snake_case(&apart(label))))
}

fn is_known(label: &str) -> bool {
    known(label).is_some()
}

/// A label with a blank before every capital inside a word.
fn apart(label: &str) -> String {
    let mut apart = String::with_capacity(label.len() + 4);
    for c in label.chars() {
        if c.is_uppercase() && apart.ends_with(char::is_lowercase) {
            apart.push(' ');
        }
        apart.push(c);
    }
    apart
}

fn snake_case(label: &str) -> String {
    let words = label.split(|c: char| !c.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("_").to_lowercase()
}

/// The entries of a block of the header; empty when it is none.
pub(super) fn entries(text: &str, node: &Node) -> Vec<Entry> {
    let mut entries = match node {
        Node::Paragraph(prose) => paragraph(text, prose.span),
        Node::List(list) => bullets(text, list),
        Node::Quote(nodes) => nodes.iter().flat_map(|node| entries(text, node)).collect(),
        Node::Table(table) => rows(text, table),
        _ => Vec::new(),
    };
    entries.retain(Entry::is_filled);
    entries
}

/// The known keys of a table of two columns, whose head may be one; a table that says nothing of a
/// validation is an ordinary one.
fn rows(text: &str, table: &Table) -> Vec<Entry> {
    let body = table.rows.iter().map(|row| row.cells.as_slice());
    let rows = std::iter::once(table.head.as_slice()).chain(body);
    let entries: Vec<_> = rows.filter_map(|cells| row(text, cells)).collect();
    let is_header = |entry: &Entry| matches!(&*entry.key, "last_validated" | "validation_method");
    if entries.iter().any(is_header) { entries } else { Vec::new() }
}

fn row(text: &str, cells: &[Prose]) -> Option<Entry> {
    let [label, cell] = cells else { return None };
    let key = known(&label.text).filter(|_| !is_known(&cell.text))?;
    let raw = &text[cell.span.range()];
    let start = cell.span.start + raw.len() - raw.trim_start().len();
    let span = unquoted(raw.trim(), start, &['`']);
    let (key, label, value) = (key.to_owned(), label.text.clone(), text[span.range()].to_owned());
    Some(Entry { key, label, value, span })
}

/// Every item of the list must be an entry: else it is an ordinary list.
fn bullets(text: &str, list: &List) -> Vec<Entry> {
    if list.start.is_some() || list.items.iter().any(|item| item.boxed) {
        return Vec::new();
    }
    let items = list.items.iter().map(|item| match item.nodes.as_slice() {
        [Node::Paragraph(prose)] => paragraph(text, prose.span),
        _ => Vec::new(),
    });
    let items: Vec<_> = items.collect();
    if items.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    items.into_iter().flatten().collect()
}

/// What a line of the header is.
enum Line {
    /// Keys, some of which may be left empty.
    Keys(Vec<Entry>),
    /// A remark, which belongs to no key.
    Remark,
    Text,
}

/// A line without a key goes on with the value before it, or is the value of a key that was left
/// empty. Only under one of our keys does a paragraph begin with such a value.
fn paragraph(text: &str, span: Span) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut in_remark = false;
    let mut at = span.start;
    for line in text[span.range()].split_inclusive('\n') {
        let found = of_line(line, at);
        let begun = entries.iter().any(|entry| entry.is_filled() || is_known(&entry.label));
        match found {
            Line::Keys(found) => {
                entries.extend(found);
                in_remark = false;
            }
            _ if !begun => return Vec::new(),
            Line::Text if in_remark => {}
            Line::Text => entries.last_mut().expect("it has begun").extend(line, at),
            Line::Remark => in_remark = true,
        }
        at += line.len();
    }
    entries
}

impl Entry {
    fn is_filled(&self) -> bool {
        !self.value.is_empty()
    }

    fn extend(&mut self, line: &str, at: usize) {
        let content = line.trim_start_matches([' ', '\t', '>']);
        let start = at + line.len() - content.len();
        let content = without_break(content);
        if content.is_empty() {
            return;
        }
        if self.is_filled() {
            self.value = format!("{} {content}", self.value);
            self.span.end = start + content.len();
        } else {
            self.span = unquoted(content, start, &['`']);
            let value = &content[self.span.start - start..self.span.end - start];
            value.clone_into(&mut self.value);
        }
    }
}

/// What one line of the file is; `at` is where it begins.
fn of_line(line: &str, at: usize) -> Line {
    let content = line.trim_start_matches([' ', '\t', '>']);
    let at = at + line.len() - content.len();
    let content = content.trim_end();
    if let Some(label) = BOLD.captures(content).and_then(|found| found.name("key"))
        && label.start() <= 2
    {
        let bold = keys(&BOLD, content);
        let is_key = bold.first().is_some_and(|(first, _)| first.start == label.start());
        let is_key = is_key && may_be_key(label.as_str().trim());
        return if is_key { Line::Keys(cut(content, at, &bold)) } else { Line::Remark };
    }
    let (inner, start) = plain(content, at);
    let Some(first) = PLAIN.captures(inner).and_then(|found| found.get(1)) else {
        return Line::Text;
    };
    if !may_be_key(first.as_str()) {
        return Line::Remark;
    }
    // What is bold as a whole is a sentence that is stressed, unless its key is one of ours.
    if start > at + 1 && !is_known(first.as_str()) {
        return Line::Text;
    }
    let after = first.end() + 1;
    let mut found = vec![(Span::new(0, first.end()), after)];
    if is_known(first.as_str()) {
        let further = keys(&KNOWN, &inner[after..]).into_iter();
        let further = further.map(|(key, end)| (key.shift(after), end + after));
        found.extend(further.filter(|(_, end)| is_apart(&inner[*end..])));
    }
    Line::Keys(cut(inner, start, &found))
}

/// Whether what comes after a colon is apart from it.
fn is_apart(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(char::is_whitespace)
}

/// A line without the emphasis around all of it, and where it begins then.
fn plain(content: &str, at: usize) -> (&str, usize) {
    let inner = ["**", "__", "_", "*"].iter().find_map(|mark| {
        let inner = content.strip_prefix(mark)?.strip_suffix(mark)?;
        (!inner.contains(&mark[..1])).then_some((inner, at + mark.len()))
    });
    inner.unwrap_or((content, at))
}

/// Text without the hard break at its end.
fn without_break(text: &str) -> &str {
    let text = text.trim_end();
    let breaks = ["\\", "<br>", "<br/>", "<br />"];
    breaks.iter().find_map(|one| text.strip_suffix(one)).unwrap_or(text).trim_end()
}

static BOLD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:\*\*|__|(?P<single>[*_]))(?P<key>(?:[^*_:\n]|[A-Za-z0-9]_){1,60}?)",
        r"(?:\s*:\s*(?:\*\*?|__?)|(?:\*\*?|__?)\s*:|(?:\*\*|__)\s+(?P<dash>[—–])\s)"
    ))
    .expect("a valid pattern")
});

static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^([A-Z][A-Za-z0-9 /_-]{0,40}):(?:\s|$)").expect("a valid pattern")
});

/// Known keys inside a line; with a capital, so that prose does not end a value.
static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:^|\s)(?P<key>Mode|Last (?:validated|verified|reviewed|tested|updated)|Validation method|",
        r"Average duration|Estimated (?:duration|time)|Expected duration|Duration|Required role|",
        r"Required access|Role|Owner|Team|Applies to|Severity|Status|Target|Scope|Service):"
    ))
    .expect("a valid pattern")
});

/// The spans of the labels that a pattern finds, and where each one's value begins. Before a dash,
/// and in the lesser emphasis, stands a key only where it is one of ours.
fn keys(pattern: &Regex, content: &str) -> Vec<(Span, usize)> {
    pattern
        .captures_iter(content)
        .filter(|found| {
            !["dash", "single"].iter().any(|name| found.name(name).is_some())
                || is_known(&found["key"])
        })
        .filter_map(|found| Some((found.name("key")?, found.get(0)?.end())))
        .map(|(label, end)| (Span::from(label.range()), end))
        .collect()
}

fn may_be_key(label: &str) -> bool {
    let first = label.split(' ').next().unwrap_or("").to_lowercase();
    label.split(' ').count() <= 4 && !NO_KEY.have(&first)
}

fn cut(content: &str, at: usize, keys: &[(Span, usize)]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, (label, start)) in keys.iter().enumerate() {
        let end = keys.get(index + 1).map_or(content.len(), |(next, _)| next.start);
        let mut raw = &content[*start..end.max(*start)];
        if index + 1 < keys.len() {
            raw = raw.trim_end_matches(['*', '_']);
            raw = raw.trim_end_matches([' ', '|', '·', '•', ',', ';']);
        }
        let value = without_break(raw).trim_start();
        let start = start + raw.len() - raw.trim_start().len();
        let span = unquoted(value, at + start, &['`']);
        let value = &content[span.start - at..span.end - at];
        let label = content[label.range()].trim();
        if !label.is_empty() {
            entries.push(Entry {
                key: canonical(label),
                label: label.to_owned(),
                value: value.to_owned(),
                span,
            });
        }
    }
    entries
}

/// The span of a value at `at`, without the quotes around all of it.
pub(super) fn unquoted(value: &str, at: usize, quotes: &[char]) -> Span {
    for quote in quotes {
        let inner = value.strip_prefix(*quote).and_then(|value| value.strip_suffix(*quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(*quote)) {
            return Span::new(at + 1, at + 1 + inner.len());
        }
    }
    Span::new(at, at + value.len())
}

#[cfg(test)]
mod tests {
    use crate::document::Document;
    use crate::source::Source;

    use super::*;

    #[test]
    fn a_header_line_gives_keys_and_the_exact_bytes_of_their_values() {
        let case = |line: &str, expected: &[(&str, &str)]| {
            let mut entries = match of_line(line, 0) {
                Line::Keys(entries) => entries,
                Line::Remark | Line::Text => Vec::new(),
            };
            entries.retain(Entry::is_filled);
            let found: Vec<_> =
                entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
            assert_eq!(found, expected, "{line}");
            for entry in &entries {
                assert_eq!(&line[entry.span.range()], entry.value, "{line}");
            }
        };
        case("**Mode:** operator-assisted  ", &[("mode", "operator-assisted")]);
        case("**Mode**: a", &[("mode", "a")]);
        case("__Last tested:__ `2024-01-02`", &[("last_validated", "2024-01-02")]);
        case(
            "Mode: operator-assisted Last validated: 2026-04-24 UTC Validation method: \
             read-only-docs Average duration: 6m Required role: superadmin",
            &[
                ("mode", "operator-assisted"),
                ("last_validated", "2026-04-24 UTC"),
                ("validation_method", "read-only-docs"),
                ("average_duration", "6m"),
                ("required_role", "superadmin"),
            ],
        );
        case("**Owner:** me | **Status:** old", &[("owner", "me"), ("status", "old")]);
        case("_Last validated: 2026-04-24_", &[("last_validated", "2026-04-24")]);
        case("*Last validated: 2026-04-24*  ", &[("last_validated", "2026-04-24")]);
        case("**Last validated** — 2026-04-24", &[("last_validated", "2026-04-24")]);
        case("**Careful** — it is hot", &[]);
        case("Migration in progress: x", &[("migration_in_progress", "x")]);
        case("> **Severity:** high\\", &[("severity", "high")]);
        case("**Note:** mind the gap", &[]);
        case("See also: the other one", &[]);
        case("https://vault.raxx.app/login via SSO", &[]);
        case("This runbook covers: all", &[]);
        case("**Last_validated:** 2024-01-02", &[("last_validated", "2024-01-02")]);
        case("*Owner:* me | *Status*: old", &[("owner", "me"), ("status", "old")]);
        case("*Sometimes:* it rains", &[]);
        case("**Target: prod**", &[("target", "prod")]);
        case("**Careful now: hot**", &[]);
        case("**Target:** prod<br/>", &[("target", "prod")]);
        case("Target: Average duration: Owner: me Role:", &[("owner", "me")]);
        case("**Target:** **Owner:** me | **Status:**", &[("owner", "me")]);
        case("Owner:", &[]);
    }

    #[test]
    fn a_key_that_is_left_empty_takes_nothing_and_gives_nothing_to_the_one_before() {
        let case = |text: &str, expected: &[(&str, &str)]| {
            let document = Document::read(Source::new("a.md", text.to_owned()));
            let entries = &document.metadata.entries;
            let found: Vec<_> =
                entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        };
        let found = [("target", "prod"), ("mode", "x")];
        for (before, label, after) in [
            ("", "**Target:**", ""),
            ("", "**Target**:", "  "),
            ("", "__Target:__", "\\"),
            ("", "*Target:*", "<br>"),
            ("", "Target:", ""),
            ("> ", "**Target:**", ""),
            ("- ", "**Target:**", ""),
            ("- ", "Target:", ""),
            ("* ", "Target:", ""),
            ("> - ", "**Target**:", ""),
        ] {
            let line = |key: &str, value: &str| {
                format!("{before}{}{value}{after}\n", label.replace("Target", key))
            };
            for empty in ["Owner", "Average duration", "Last validated", "Ticket"] {
                let given = [line("Target", " prod"), line(empty, ""), line("Mode", " x")];
                case(&format!("# T\n\n{}", given.concat()), &found);
                // In the lesser emphasis a label is a key only where it is one of ours.
                if label != "*Target:*" || empty != "Ticket" {
                    case(&format!("# T\n\n{}{}", line(empty, ""), given.concat()), &found);
                }
                case(&format!("# T\n\n{}{}", given.concat(), line(empty, "")), &found);
            }
        }
        case(
            "# T\n\n| Last validated | |\n|--|--|\n| Owner | |\n| Target | a |\n",
            &[("target", "a")],
        );
        case("---\ntarget: prod\nowner:\nmode: x\n---\n# T\n", &found);
        case("# T\n\n**Target:**\nprod\n**Mode:**\n`x`\n", &found);
        case("# T\n\n**Target:** prod\n**Note:** mind\nthe gap\n**Mode:** x\n", &found);
        case("# T\n\nTarget: prod\nSee also: b\nMode: x\n", &found);
        case("# T\n\n**Target:** prod\nand\\\nmore\n", &[("target", "prod and more")]);
        case("# T\n\n**Symptoms:**\nUsers see errors.\n", &[]);
        case("# T\n\nDo the following:\nrun it.\n", &[]);
    }
}
