//! Output as text: what an operator would have read, and words found in it as words.
//!
//! Comes in: the bytes that a command printed. Goes out: lines without control sequences and
//! line-ending noise, and token-bounded matches: `401` is not in `14012`, `healthy` not in
//! `unhealthy`, `OK` not in `NOT OK`.

use std::sync::LazyLock;

use regex::Regex;

use super::Output;

/// The whole output, or `None` where a part of it was not kept.
pub(super) fn whole(output: &Output) -> Option<String> {
    (output.omitted == 0).then(|| {
        let mut bytes = output.head.clone();
        bytes.extend_from_slice(&output.tail);
        clean(&bytes)
    })
}

/// Number of bytes that the command printed, kept or not.
pub(super) fn size(output: &Output) -> u64 {
    (output.head.len() + output.tail.len()) as u64 + output.omitted
}

/// Bytes as lines of text: no control sequences, `\n` as the only line ending, no trailing blanks.
pub(super) fn clean(bytes: &[u8]) -> String {
    let text = strip_escapes(&String::from_utf8_lossy(bytes));
    let mut cleaned = String::with_capacity(text.len());
    for line in text.split('\n') {
        for part in line.trim_end().split('\r') {
            cleaned.push_str(part.trim_end());
            cleaned.push('\n');
        }
    }
    cleaned.truncate(cleaned.len() - 1);
    cleaned
}

/// Removes the escape sequences that a terminal would have obeyed. One that is not well formed
/// loses only its ESC, so that nothing can be hidden behind it.
fn strip_escapes(text: &str) -> String {
    static ESCAPE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?s-u:\x1b\[[0-?]*[ -/]*[@-~]",
            r"|\x1b[PX^_\]][\x20-\x7e]*?(?:\x07|\x1b\\)",
            r"|\x1b[ -/]+[0-~]|\x1b)"
        ))
        .expect("a valid pattern")
    });
    if !text.contains('\x1b') {
        return text.to_owned();
    }
    ESCAPE.replace_all(text, "").into_owned()
}

/// The lines that are not blank.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

/// Check marks at either end say nothing.
pub(super) fn without_marks(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "✅✓✔☑\u{fe0f}".contains(c))
}

/// The places where `pattern` occurs in `line` as words of their own.
pub(super) fn occurrences<'a>(
    pattern: &'a Regex,
    line: &'a str,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        while from <= line.len() {
            let found = pattern.find_at(line, from)?;
            let step = line[found.start()..].chars().next().map_or(1, char::len_utf8);
            from = found.start() + step;
            if bounded(line, found.start(), found.end()) {
                return Some((found.start(), found.end()));
            }
        }
        None
    })
}

/// Whether `line[start..end]` is not a part of a longer word or number.
pub(super) fn bounded(line: &str, start: usize, end: usize) -> bool {
    let inside = &line[start..end];
    let (Some(first), Some(last)) = (inside.chars().next(), inside.chars().next_back()) else {
        return false;
    };
    begins(&line[..start], first) && ends(&line[end..], last)
}

fn begins(before: &str, first: char) -> bool {
    let mut back = before.chars().rev();
    let Some(previous) = back.next() else {
        return true;
    };
    if !is_word(first) {
        return true;
    }
    if is_word(previous) {
        return false;
    }
    let number = first.is_ascii_digit();
    let joined = previous == ',' && back.next().is_some_and(|c| c.is_ascii_digit());
    !(number && (matches!(previous, '.' | '-' | ':' | '/' | '#' | '$' | '+') || joined))
}

fn ends(after: &str, last: char) -> bool {
    let mut forward = after.chars();
    let Some(next) = forward.next() else {
        return true;
    };
    if !is_word(last) {
        return true;
    }
    if is_word(next) {
        return false;
    }
    let digit_follows = forward.next().is_some_and(|c| c.is_ascii_digit());
    let number = last.is_ascii_digit();
    !(number && (next == '%' || (matches!(next, '.' | ',' | '-' | '/' | ':') && digit_follows)))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether what stands at `start` is denied by the words before it: `not ok`, `failed to connect`.
pub(super) fn negated(line: &str, start: usize) -> bool {
    const DENIALS: [&str; 19] = [
        "not", "no", "never", "non", "un", "isn't", "wasn't", "aren't", "weren't", "don't",
        "doesn't", "didn't", "won't", "can't", "cannot", "without", "neither", "nor", "couldn't",
    ];
    const BETWEEN: [&str; 9] =
        ["yet", "been", "fully", "be", "a", "an", "the", "currently", "longer"];
    let mut words = line[..start]
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase);
    let touching = line[..start].trim_end_matches([' ', '"', '\'', '`', '-', '\t', '*', '_']);
    if touching.ends_with(['.', ';', ':', '!', ')', ',', '|', '│', '=']) {
        return false;
    }
    let Some(last) = words.next() else {
        return false;
    };
    let earlier = words.next().unwrap_or_default();
    DENIALS.contains(&last.as_str())
        || (BETWEEN.contains(&last.as_str()) && DENIALS.contains(&earlier.as_str()))
        || (last == "to" && ["failed", "unable", "refused"].contains(&earlier.as_str()))
}

/// `not`, `no`, `none`, `0`, `aren't`: a word that says that there is less than was promised.
pub(super) fn denies(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'");
    word.ends_with("n't")
        || super::words::is(
            &word,
            "not|no|none|0|zero|never|neither|nor|without|cannot|nothing|null|nil",
        )
}

/// Whether what ends at `end` is taken back by what follows: `connected: false`.
pub(super) fn taken_back(line: &str, end: usize) -> bool {
    static BACK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?i)^["'`]?\s*[:=]\s*["']?(?:false|no|none|0|off|null|failed|failure|disabled|never)(?:[^a-z0-9.]|$)"#,
        )
        .expect("a valid pattern")
    });
    BACK.is_match(&line[end..])
}

/// A piece of output or of an annotation, short enough for one sentence.
pub(super) fn brief(text: &str) -> String {
    const LONGEST: usize = 100;
    let line = text.trim();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::{clean, negated, occurrences, taken_back};

    fn finds(needle: &str, line: &str) -> bool {
        let pattern = Regex::new(&regex::escape(needle)).unwrap();
        occurrences(&pattern, line).next().is_some()
    }

    #[test]
    fn a_word_is_found_only_as_a_word() {
        for (needle, line) in [
            ("401", "14012"),
            ("401", "id=4012"),
            ("401", "1.401"),
            ("401", "host:401"),
            ("401", "-401"),
            ("401", "401ms"),
            ("401", "12,401"),
            ("healthy", "unhealthy"),
            ("one", "onepassword-connect pod"),
            ("err", "err_count"),
        ] {
            assert!(!finds(needle, line), "{needle} in {line}");
        }
        for (needle, line) in [
            ("401", "got 401."),
            ("401", "(401)"),
            ("401", "status=401, then"),
            ("healthy", "unhealthy, then healthy"),
            ("größe", "die größe"),
            ("/path", "a/path"),
        ] {
            assert!(finds(needle, line), "{needle} in {line}");
        }
    }

    #[test]
    fn escapes_go_and_nothing_hides_behind_a_broken_one() {
        let case = |raw: &str, expected: &str| assert_eq!(clean(raw.as_bytes()), expected);
        case("\x1b[1;31mred\x1b[0m  \r\nnext", "red\nnext");
        case("\x1b]0;title\x07text", "text");
        case("\x1b]0;never closed 401\nmore", "]0;never closed 401\nmore");
        case("10%\r100%\n", "10%\n100%\n");
    }

    #[test]
    fn a_denied_word_is_noticed() {
        let case = |line: &str, word: &str, expected: bool| {
            assert_eq!(negated(line, line.find(word).unwrap()), expected, "{line}");
        };
        case("NOT OK", "OK", true);
        case("not yet ready", "ready", true);
        case("non-healthy", "healthy", true);
        case("failed to connect", "connect", true);
        case("is ready", "ready", false);
        case("no: ready", "ready", false);
        assert!(taken_back("connected: false", 9));
        assert!(!taken_back("connected: falsehood", 9));
    }
}
