//! What the author left to fill in: `<app>`, `YOUR_TOKEN`, `NAME="..."`, `xxx`, `[pod-name]`,
//! `https://host/{id}`, `{{ name }}`.
//!
//! Comes in: a text as written. Goes out: [`Placeholder`]s, and the text with them blanked or
//! filled. They are found before the shell parses, because bash reads `-a <app>` as a redirection.
//! Doubtful words (`HEROKU_API_KEY` as an argument, `{{.Names}}`, `{a,b}`) are left alone: a name
//! that is taken for a placeholder stops a block that was fine.

use std::collections::HashSet;

use crate::source::Span;

use super::lexer::{Angles, Lexed, Mode, lex};
use super::quote::quote_within;
use super::{Placeholder, Quoting};

/// The longest text between angle brackets.
const LONGEST: usize = 120;

/// How far back an address is looked for.
const FARTHEST: usize = 2_000;

/// Elements that stand in quoted HTML without a closing tag.
const HTML: &[&str] = &[
    "a", "b", "body", "br", "code", "div", "em", "head", "hr", "html", "i", "img", "li", "p",
    "pre", "span", "strong", "table", "td", "th", "title", "tr", "ul",
];

/// Words in square brackets that say what is there, or that something may be.
const VALUES: &[&str] = &["none", "not set", "Enter", "options", "OPTIONS", "flags", "args"];

/// Words that stand for "fill this in" wherever they are.
const REPLACE: &[&str] = &[
    "CHANGEME",
    "CHANGE_ME",
    "CHANGE-ME",
    "REPLACEME",
    "REPLACE_ME",
    "REPLACE-ME",
    "FIXME",
    "TODO",
    "changeme",
    "change_me",
    "change-me",
    "replaceme",
    "replace_me",
    "replace-me",
];

/// All placeholders of a text, in order, without overlaps.
pub fn placeholders(text: &str) -> Vec<Placeholder> {
    let lexed = lex(text, Angles::Placeholders);
    let mut found: Vec<_> = lexed
        .angles
        .iter()
        .map(|(span, mode)| placeholder(text, *span, *mode, &name_of(&text[span.range()])))
        .collect();
    let named: HashSet<String> = found.iter().map(|angle| angle.name.clone()).collect();
    let mut at = 0;
    while let Some(word) = next_word(text, at) {
        at = word.end;
        if let Some(name) = name_of_word(text, word, &lexed, &named) {
            found.push(placeholder(text, word, lexed.mode(word.start), &name));
        }
    }
    found.extend(brackets(text, &lexed));
    found.extend(braces(text, &lexed));
    found.extend(addressed(text, &lexed));
    found.sort_by_key(|placeholder| placeholder.span);
    let mut end = 0;
    found.retain(|placeholder| {
        let apart = placeholder.span.start >= end;
        end = end.max(placeholder.span.end);
        apart
    });
    found
}

/// `{{ name }}` for the known names: templates that stand for one word each, in order. Others are
/// another program's and are left alone.
pub fn templates(text: &str, names: &[String]) -> Vec<Placeholder> {
    // Most texts have none.
    let mut lexed = None;
    let mut found = Vec::new();
    for (start, _) in text.match_indices("{{") {
        let Some(length) = text[start..].find("}}") else { break };
        let name = text[start + 2..start + length].trim();
        if names.iter().any(|known| known == name) {
            let span = Span::new(start, start + length + 2);
            let lexed = lexed.get_or_insert_with(|| lex(text, Angles::Placeholders));
            found.push(placeholder(text, span, lexed.mode(start), name));
        }
    }
    found
}

/// The text with each placeholder replaced by as many bytes of a plain word, so that it parses.
/// Those in comments stay.
pub fn blank(text: &str, placeholders: &[Placeholder]) -> String {
    replace(text, placeholders, |placeholder| {
        let blank = "_".repeat(placeholder.span.end - placeholder.span.start);
        (placeholder.context != Quoting::Comment).then_some(blank)
    })
}

/// The text with each placeholder replaced by its value, quoted for its place; what has no value
/// stays.
pub fn fill(
    text: &str,
    placeholders: &[Placeholder],
    value: impl Fn(&Placeholder) -> Option<String>,
) -> String {
    let lexed = lex(text, Angles::Placeholders);
    replace(text, placeholders, |placeholder| {
        let value = value(placeholder)?;
        Some(quote_within(&value, lexed.mode(placeholder.span.start)))
    })
}

/// The backquotes of a statement's text, which are read twice, so that no quoting for one reading
/// is safe in them.
#[derive(Debug)]
pub struct Backquotes(Vec<(usize, Mode)>);

impl Backquotes {
    /// Those of a text.
    pub fn of(statement: &str) -> Self {
        if !statement.contains('`') {
            return Self(Vec::new());
        }
        let lexed = lex(statement, Angles::Placeholders);
        let found = unescaped_backquotes(statement).map(|at| (at, lexed.mode(at)));
        Self(found.filter(|(_, mode)| *mode != Mode::HereLiteral).collect())
    }

    /// Whether a place may lie inside some. In doubt it does.
    pub fn hold(&self, place: usize) -> bool {
        let before = &self.0[..self.0.partition_point(|(at, _)| *at < place)];
        let odd = |ignored: &[Mode]| {
            let counted = before.iter().filter(|(_, mode)| !ignored.contains(mode));
            !counted.count().is_multiple_of(2)
        };
        odd(&[]) || odd(&[Mode::Comment]) || odd(&[Mode::Comment, Mode::Single, Mode::Ansi])
    }
}

fn unescaped_backquotes(text: &str) -> impl Iterator<Item = usize> {
    let escaped = |at: usize| {
        let before = &text[..at];
        !(before.len() - before.trim_end_matches('\\').len()).is_multiple_of(2)
    };
    text.match_indices('`').map(|(at, _)| at).filter(move |at| !escaped(*at))
}

fn replace(
    text: &str,
    placeholders: &[Placeholder],
    by: impl Fn(&Placeholder) -> Option<String>,
) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut at = 0;
    for placeholder in placeholders {
        let span = placeholder.span;
        replaced.push_str(&text[at..span.start]);
        match by(placeholder) {
            Some(new) => replaced.push_str(&new),
            None => replaced.push_str(&text[span.range()]),
        }
        at = span.end;
    }
    replaced.push_str(&text[at..]);
    replaced
}

fn placeholder(text: &str, span: Span, mode: Mode, name: &str) -> Placeholder {
    Placeholder {
        span,
        spelling: text[span.range()].to_owned(),
        name: name.to_owned(),
        context: match mode {
            Mode::Code | Mode::Test | Mode::Parameter | Mode::Arithmetic => Quoting::None,
            Mode::Single | Mode::Ansi => Quoting::Single,
            Mode::Double | Mode::Here | Mode::QuotedParameter => Quoting::Double,
            Mode::HereLiteral => Quoting::Literal,
            Mode::Comment => Quoting::Comment,
        },
    }
}

/// What a text holds that makes something in angle brackets no placeholder.
#[derive(Debug, Default)]
pub(super) struct Tags<'a> {
    /// The names of `</name>`.
    closed: HashSet<&'a str>,
    /// Where `#include` stands.
    includes: Vec<usize>,
}

impl<'a> Tags<'a> {
    pub fn of(text: &'a str) -> Self {
        let near = |at: usize| {
            let near = &text.as_bytes()[at..text.len().min(at + 1 + LONGEST)];
            near.iter().position(|byte| *byte == b'>').map(|length| &text[at..at + length])
        };
        Self {
            closed: text.match_indices("</").filter_map(|(at, _)| near(at + 2)).collect(),
            includes: text.match_indices("#include").map(|(at, _)| at).collect(),
        }
    }

    /// Whether the last line of `before` holds `#include`.
    fn included(&self, before: &str) -> bool {
        let count = self.includes.partition_point(|at| at + "#include".len() <= before.len());
        let last = count.checked_sub(1).map(|index| self.includes[index]);
        last.is_some_and(|at| !before[at..].contains('\n'))
    }
}

/// The end of the `<name>` that starts at `at`, if it is one and no redirection or comparison.
pub(super) fn angle_at(text: &str, at: usize, mode: Mode, tags: &Tags<'_>) -> Option<usize> {
    let near = &text.as_bytes()[at..text.len().min(at + 2 + LONGEST)];
    let length = near.iter().position(|byte| matches!(byte, b'>' | b'\n'))?;
    if near[length] == b'\n' {
        return None;
    }
    let content = &text[at + 1..at + length];
    let first = content.chars().next()?;
    let refused = |c: char| matches!(c, '<' | ';' | '&' | '"' | '`' | '$' | '\\' | '{' | '}');
    if !(first.is_alphabetic() || first == '_') || content.contains(refused) {
        return None;
    }
    let last = content.chars().last()?;
    if last.is_whitespace() || "-=/".contains(last) {
        return None;
    }
    let before = &text[..at];
    let fits = if mode == Mode::Code {
        fits_code(content, before)
    } else {
        fits_quotes(content, before, tags)
    };
    (fits && apostrophes_join_letters(content)).then_some(at + length + 1)
}

/// Outside quotes `<a 2>` and `<a|b c>` are redirections and pipes.
fn fits_code(content: &str, before: &str) -> bool {
    let numbered = content
        .rsplit_once(' ')
        .is_some_and(|(_, last)| !last.is_empty() && last.chars().all(|c| c.is_ascii_digit()));
    let piped = content.contains('|') && content.contains(char::is_whitespace);
    let descriptor = before
        .strip_suffix(|c: char| c.is_ascii_digit())
        .is_some_and(|rest| rest.is_empty() || rest.ends_with(char::is_whitespace));
    !numbered && !piped && !descriptor
}

/// Inside quotes there are comparisons, markup, addresses and groups of regular expressions.
fn fits_quotes(content: &str, before: &str, tags: &Tags<'_>) -> bool {
    let word = content.split([' ', '\t']).next().unwrap_or(content);
    let compared = before.ends_with(char::is_alphanumeric) && content.contains(' ');
    let markup = HTML.contains(&word.to_ascii_lowercase().as_str())
        || tags.closed.contains(word)
        || content.contains('=');
    let address = content.contains('@') && content.contains('.');
    let group = before.ends_with("(?") || before.ends_with("?P") || before.ends_with('\\');
    !(compared || markup || address || group || tags.included(before))
}

fn apostrophes_join_letters(content: &str) -> bool {
    content.match_indices('\'').all(|(at, _)| {
        let before = content[..at].chars().next_back();
        let after = content[at + 1..].chars().next();
        before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
    })
}

/// The name that several spellings of one input share: `<your-App>` and `<APP>` are `app`.
fn name_of(spelling: &str) -> String {
    let mut name = String::new();
    let mut lower = false;
    for character in spelling.chars().filter(|c| *c != '\'') {
        if character.is_alphanumeric() {
            if lower && character.is_uppercase() {
                name.push('_');
            }
            lower = character.is_lowercase();
            name.extend(character.to_lowercase());
        } else {
            lower = false;
            if !name.ends_with('_') {
                name.push('_');
            }
        }
    }
    let mut name = name.trim_matches('_');
    for filler in ["your_", "my_", "the_", "insert_", "enter_"] {
        name = name.strip_prefix(filler).unwrap_or(name);
    }
    name.to_owned()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '-'
}

/// The next run of word characters, or of dots, from `at` on.
fn next_word(text: &str, at: usize) -> Option<Span> {
    let is_dot = |c: char| c == '.' || c == '…';
    let start = at + text[at..].find(|c| is_word(c) || is_dot(c))?;
    let dots = text[start..].starts_with(is_dot);
    let end = text[start..]
        .find(|c| if dots { !is_dot(c) } else { !is_word(c) })
        .map_or(text.len(), |length| start + length);
    Some(Span::new(start, end))
}

fn name_of_word(text: &str, span: Span, lexed: &Lexed, named: &HashSet<String>) -> Option<String> {
    let mode = lexed.mode(span.start);
    if matches!(mode, Mode::Comment | Mode::Arithmetic) {
        return None;
    }
    let word = &text[span.range()];
    let (before, after) = (&text[..span.start], &text[span.end..]);
    if word == "..." || word == "…" {
        let path = is_cut_path(before, after);
        return (path || is_ellipsis(before, after, mode)).then(|| name_from_before(before));
    }
    let assigned = after.starts_with('=') && !before.ends_with('-');
    if assigned || before.ends_with(['$', '\\']) || before.ends_with("${") {
        return None;
    }
    if word.starts_with("YOUR_") || word.starts_with("YOUR-") {
        return Some(name_of(word));
    }
    if (word.starts_with("your-") || word.starts_with("your_")) && word.len() > 6 {
        return Some(name_of(word));
    }
    if word.starts_with("INSERT_") && word.ends_with("_HERE") {
        return Some(name_of(word.trim_end_matches("_HERE")));
    }
    if REPLACE.contains(&word) || word.starts_with("REPLACE_WITH_") {
        let part = before.ends_with('/') && is_part_end(after) && address(before).is_some();
        let alone = is_start(before) && is_end(after);
        return (part || alone).then(|| name_from_before(before));
    }
    if has_x_run(word) && !on_line_of(before, "mktemp") {
        let whole = word.chars().all(|c| matches!(c, 'x' | 'X' | '-' | '_'));
        return Some(if whole { name_from_before(before) } else { name_of(word) });
    }
    // A bare UPPER_CASE argument means an input only where the text says so elsewhere.
    let upper = word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let argument = mode == Mode::Code && before.ends_with(' ') && is_end(after);
    let name = name_of(word);
    (upper && argument && named.contains(&name)).then_some(name)
}

/// Whether dots stand for a value: a word of their own, or all that a pair of quotes holds.
fn is_ellipsis(before: &str, after: &str, mode: Mode) -> bool {
    let quoted =
        ['"', '\''].iter().any(|quote| before.ends_with(*quote) && after.starts_with(*quote));
    let token = ["Bearer ", "Basic ", "token "].iter().any(|start| before.ends_with(start));
    match mode {
        Mode::Code => quoted || (is_start(before) && is_end(after)),
        _ => quoted || token || (before.ends_with('=') && is_end(after)),
    }
}

/// Whether dots end a path of which the rest was left out: `https://host/items/...`, `/srv/...`.
/// `./...` and `//...` are patterns of build tools.
fn is_cut_path(before: &str, after: &str) -> bool {
    let word = last_argument(before);
    let absolute = word.starts_with('/') && !word.starts_with("//") && word.len() > 1;
    before.ends_with('/') && is_part_end(after) && (absolute || address(before).is_some())
}

/// The address that a text ends in.
fn address(before: &str) -> Option<&str> {
    let word = last_argument(before);
    let start = word.find("://")?;
    Some(&word[start + 3..])
}

/// The argument that a text ends in, or the last [`FARTHEST`] bytes of it.
fn last_argument(before: &str) -> &str {
    let from = before.len().saturating_sub(FARTHEST);
    let from = (from..before.len()).find(|at| before.is_char_boundary(*at));
    let from = from.unwrap_or(before.len());
    let near = &before[from..];
    let start = near.rfind([' ', '\t', '\n', '"', '\'', '(', '`']).map_or(0, |at| at + 1);
    &near[start..]
}

/// Where a part of an address ends.
fn is_part_end(after: &str) -> bool {
    is_end(after) || after.starts_with(['/', '?', '#', '&'])
}

fn is_start(before: &str) -> bool {
    before.is_empty() || before.ends_with([' ', '\t', '\n', '=', '"', '\'', '('])
}

fn is_end(after: &str) -> bool {
    after.is_empty() || after.starts_with([' ', '\t', '\n', '\r', '"', '\'', ')', ';', '|', '&'])
}

/// Three or more `x` of one case as a whole part of the word: `xxx`, `web-xxxxx`.
fn has_x_run(word: &str) -> bool {
    word.split(['-', '_']).any(|part| {
        part.len() > 2 && (part.chars().all(|c| c == 'x') || part.chars().all(|c| c == 'X'))
    })
}

fn on_line_of(before: &str, command: &str) -> bool {
    before.rsplit('\n').next().is_some_and(|line| line.contains(command))
}

/// A name for a value that has none, from what stands before it: `NAME="`, `--name `, `"name": "`.
fn name_from_before(before: &str) -> String {
    let before = before.trim_end_matches(['"', '\'']);
    if let Some(start) = before.strip_suffix('=') {
        let name: String = last_word(start).to_owned();
        return if name.starts_with('-') { name_of(&name) } else { name };
    }
    let start = before.trim_end_matches([' ', '\t']);
    let word = last_word(start);
    if start.len() < before.len() && word.starts_with("--") {
        return name_of(word);
    }
    match start.strip_suffix(':').and_then(|key| key.strip_suffix('"')) {
        Some(key) => name_of(last_word(key)),
        None => String::new(),
    }
}

fn last_word(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_word(*c))
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

/// Words in double braces that Go's templates know.
const GO: &[&str] = &["end", "else", "break", "continue", "nil", "true", "false", "tablerender"];

/// `{{ name }}`, and `{name}` in an address or as a whole argument; what else stands in braces is
/// another program's, or bash's own.
fn braces(text: &str, lexed: &Lexed) -> Vec<Placeholder> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices('{') {
        let twice = text[start..].starts_with("{{");
        let (before, inner) = (&text[..start], &text[start + if twice { 2 } else { 1 }..]);
        let near = &inner.as_bytes()[..inner.len().min(LONGEST)];
        let Some(length) = near.iter().position(|byte| matches!(byte, b'}' | b'\n')) else {
            continue;
        };
        let (content, after) = inner.split_at(length);
        let name = content.trim();
        let closed = after.starts_with(if twice { "}}" } else { "}" });
        let mode = lexed.mode(start);
        if !closed
            || !is_brace_name(name)
            || before.ends_with(['$', '{', '%', '@', '\\', '#', '^'])
            || matches!(mode, Mode::Comment | Mode::Arithmetic | Mode::Parameter)
        {
            continue;
        }
        let end = start + if twice { 4 } else { 2 } + length;
        let fits = if twice {
            name.len() > 1 && !GO.contains(&name) && mode != Mode::Single
        } else {
            let alone = mode == Mode::Code && before.ends_with(' ') && is_end(&text[end..]);
            name == content && (alone || address(before).is_some_and(|it| !it.contains('{')))
        };
        if fits {
            found.push(placeholder(text, Span::new(start, end), mode, &name_of(name)));
        }
    }
    found
}

fn is_brace_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_word)
}

/// `/:id` and `%ID%` as parts of an address.
fn addressed(text: &str, lexed: &Lexed) -> Vec<Placeholder> {
    let mut found = Vec::new();
    for (at, mark) in text.match_indices([':', '%']) {
        let (before, rest) = (&text[..at], &text[at + 1..]);
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let shouted = name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let (fits, end) = match mark {
            ":" => (is_brace_name(name) && before.ends_with('/') && is_part_end(after), 0),
            _ => (shouted && after.starts_with('%') && before.ends_with(['/', '=']), 1),
        };
        let mode = lexed.mode(at);
        if fits && mode != Mode::Comment && address(before).is_some() {
            let span = Span::new(at, at + 1 + length + end);
            found.push(placeholder(text, span, mode, &name_of(name)));
        }
    }
    found
}

/// `[pod-name]`, `[pod name]` as an argument; neither a test, a glob nor an index.
fn brackets(text: &str, lexed: &Lexed) -> Vec<Placeholder> {
    let mut found = Vec::new();
    let mut end = 0;
    for (start, _) in text.match_indices(" [") {
        let start = start + 1;
        if end <= start {
            let Some(length) = text[start..].find(']') else { break };
            end = start + length;
        }
        let (content, after) = (&text[start + 1..end], &text[end + 1..]);
        if lexed.mode(start) == Mode::Code && is_bracketed_name(content) && is_end(after) {
            let span = Span::new(start, end + 1);
            found.push(placeholder(text, span, Mode::Code, &name_of(content)));
        }
    }
    found
}

fn is_bracketed_name(content: &str) -> bool {
    content.len() > 3
        && !VALUES.contains(&content)
        && content.starts_with(|c: char| c.is_ascii_alphabetic())
        && content.ends_with(|c: char| c.is_ascii_alphanumeric())
        && content.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_'))
}
