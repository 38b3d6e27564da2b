//! How an annotation's words are taken apart: quotes and brackets, phrases, separators.
//!
//! Comes in: a piece of the author's text. Goes out: slices of it, in the author's spelling.
//! Nothing here knows what a phrase means. Keywords and separators are looked for only outside
//! quotes (and, for separators, outside brackets), so that quoted text is never read as English.

/// What [`mask`] blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protected {
    /// Quoted text and code spans.
    Quotes,
    /// Quoted text, code spans and whatever stands in brackets.
    Brackets,
}

/// `text` in lower case with its protected parts blanked, byte for byte.
pub(super) fn mask(text: &str, protected: Protected) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = protected_end(text, at, protected).unwrap_or(at);
        if end > at {
            masked.extend(std::iter::repeat_n('\u{1}', end - at));
            at = end;
        } else {
            masked.push(c.to_ascii_lowercase());
            at += c.len_utf8();
        }
    }
    masked
}

/// Where the protected part that starts at `at` ends.
fn protected_end(text: &str, at: usize, protected: Protected) -> Option<usize> {
    if let Some(end) = quote_end(text, at) {
        return Some(end);
    }
    match protected {
        Protected::Quotes => None,
        Protected::Brackets => bracket_end(text, at),
    }
}

/// Where the quoted text that starts at `at` ends, its quotes included.
pub(super) fn quote_end(text: &str, at: usize) -> Option<usize> {
    let open = text[at..].chars().next()?;
    let close = closing_quote(open)?;
    let before = text[..at].chars().next_back();
    if open != '“' && before.is_some_and(|c| c.is_alphanumeric() || c == '\\') {
        return None;
    }
    let from = at + open.len_utf8();
    text[from..]
        .char_indices()
        .filter(|(_, c)| *c == close)
        .map(|(offset, c)| (from + offset, from + offset + c.len_utf8()))
        .find(|(start, end)| closes(text, *start, *end, open))
        .map(|(_, end)| end)
}

fn closing_quote(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '\'' => Some('\''),
        '`' => Some('`'),
        '“' => Some('”'),
        _ => None,
    }
}

/// An apostrophe inside a word closes nothing; neither does an escaped quote.
fn closes(text: &str, start: usize, end: usize, open: char) -> bool {
    let escaped = text[..start].ends_with('\\');
    let inside_word = open == '\'' && text[end..].starts_with(char::is_alphanumeric);
    !escaped && !inside_word
}

/// Where the bracket that opens at `at` is closed, if it is.
fn bracket_end(text: &str, at: usize) -> Option<usize> {
    let first = text[at..].chars().next()?;
    if !matches!(first, '(' | '[' | '{') {
        return None;
    }
    let mut depth = 0_usize;
    let mut here = at;
    while let Some(c) = text[here..].chars().next() {
        if let Some(end) = quote_end(text, here) {
            here = end;
            continue;
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        here += c.len_utf8();
        if depth == 0 {
            return Some(here);
        }
    }
    None
}

/// The pieces of `text` between the separators that stand outside quotes and brackets.
pub(super) fn split<'a>(text: &'a str, separators: &[&str]) -> Vec<&'a str> {
    let masked = mask(text, Protected::Brackets);
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < masked.len() {
        match separators.iter().find(|s| starts_at(&masked, at, s)) {
            Some(separator) => {
                pieces.push(text[from..at].trim());
                at += separator.len();
                from = at;
            }
            None => at += 1,
        }
    }
    pieces.push(text[from..].trim());
    pieces
}

/// Whether any of the separators stands outside quotes and brackets.
pub(super) fn has(text: &str, separators: &[&str]) -> bool {
    let masked = mask(text, Protected::Brackets);
    separators.iter().any(|separator| masked.contains(separator))
}

fn starts_at(masked: &str, at: usize, separator: &str) -> bool {
    masked.as_bytes()[at..].starts_with(separator.as_bytes())
}

/// The phrases of such a string; they are short, and are asked for by the thousand.
fn alternatives(phrases: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(phrases);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == b'|');
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// What follows the first of `phrases` that `text` starts with, as whole words in any case.
///
/// Phrases are written in one string, with bars between them.
pub(super) fn after<'a>(text: &'a str, phrases: &str) -> Option<&'a str> {
    alternatives(phrases).find_map(|phrase| {
        let head = text.get(..phrase.len()).filter(|head| head.eq_ignore_ascii_case(phrase))?;
        let rest = &text[head.len()..];
        let whole = !phrase.ends_with(char::is_alphanumeric)
            || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        whole.then(|| rest.trim_start())
    })
}

/// What precedes the first of `phrases` that `text` ends with, as whole words in any case.
pub(super) fn before<'a>(text: &'a str, phrases: &str) -> Option<&'a str> {
    alternatives(phrases).find_map(|phrase| {
        let at = text.len().checked_sub(phrase.len())?;
        text.get(at..).filter(|tail| tail.eq_ignore_ascii_case(phrase))?;
        let rest = &text[..at];
        let whole = rest.is_empty() || rest.ends_with(char::is_whitespace);
        whole.then(|| rest.trim_end())
    })
}

/// Whether `text` is one of `phrases`, in any case.
pub(super) fn is(text: &str, phrases: &str) -> bool {
    alternatives(phrases).any(|phrase| text.eq_ignore_ascii_case(phrase))
}

/// `text` without the articles in front.
pub(super) fn bare(text: &str) -> &str {
    after(text, "a|an|the").unwrap_or(text)
}

/// The words of `text` outside its quotes, in lower case.
pub(super) fn plain_words(text: &str, protected: Protected) -> Vec<String> {
    mask(text, protected)
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '.' | '~' | '≈' | '_' | '-')))
        .map(|word| word.trim_end_matches('.').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The singular of an English noun phrase, in lower case.
pub(super) fn singular(phrase: &str) -> String {
    let lower = phrase.trim().to_lowercase();
    for (plural, single) in [("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss")] {
        if let Some(stem) = lower.strip_suffix(plural) {
            return format!("{stem}{single}");
        }
    }
    match lower.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && !stem.ends_with("statu") => stem.to_owned(),
        _ => lower,
    }
}

/// The plural of a singular noun phrase.
pub(super) fn plural(noun: &str) -> String {
    match noun {
        _ if noun.ends_with('y') && !noun.ends_with("ey") => {
            format!("{}ies", &noun[..noun.len() - 1])
        }
        _ if noun.ends_with(['s', 'x']) || noun.ends_with("ch") => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// A whole number written as a word, `one` to `twelve`.
pub(super) fn number_word(word: &str) -> Option<f64> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let at = WORDS.iter().position(|w| w.eq_ignore_ascii_case(word))?;
    u32::try_from(at).ok().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::{Protected, after, before, mask, singular, split};

    #[test]
    fn quotes_and_brackets_hide_separators() {
        let case = |text: &str, expected: &[&str]| assert_eq!(split(text, &[", "]), expected);
        case("a, b", &["a", "b"]);
        case("\"a, b\", c", &["\"a, b\"", "c"]);
        case("x (a, b), c", &["x (a, b)", "c"]);
        case("the token's prefix, the app's log", &["the token's prefix", "the app's log"]);
        case("unclosed (a, b", &["unclosed (a", "b"]);
        case("größe \"ä, ö\", ü", &["größe \"ä, ö\"", "ü"]);
    }

    #[test]
    fn a_mask_keeps_every_byte_in_its_place() {
        for text in ["a `b` c", "“ä” ö", "x (y [z]) w", "it's 'so'", "\"", "`", "(("] {
            assert_eq!(mask(text, Protected::Brackets).len(), text.len(), "{text}");
        }
    }

    #[test]
    fn phrases_are_whole_words() {
        assert_eq!(after("At least 3", "at least"), Some("3"));
        assert_eq!(after("nothing", "no"), None);
        assert_eq!(after("no-op", "no"), None);
        assert_eq!(before("10 or more", "or less|or more"), Some("10"));
        assert_eq!(before("anymore", "more"), None);
    }

    #[test]
    fn nouns_lose_their_plural() {
        let case = |plural: &str, expected: &str| assert_eq!(singular(plural), expected);
        case("secret names", "secret name");
        case("Entries", "entry");
        case("matches", "match");
        case("processes", "process");
        case("status", "status");
    }
}
