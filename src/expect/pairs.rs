//! Pairs: `status: Up`, `STATUS=Bound`, `lag < 5`, `phase is "Running"`.
//!
//! Comes in: a key, a comparison and a value. Goes out: what the output says of that key, looked
//! for as a JSON key, as `key: value` or `key=value` text, and as a column of a table. Another
//! value is a contradiction; a key that is nowhere proves nothing.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::json::{find, read, said_twice};
use super::literal::unquoted;
use super::number::{self, Bound};
use super::rows::Table;
use super::words::is;
use super::{Finding, Verdict};

/// What the value must be.
#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Text(String),
    Number(Bound),
    /// A placeholder: the key must have some value.
    Something,
}

/// A key and what it must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    key: String,
    wanted: Wanted,
}

/// How one value that was found compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Same,
    /// It begins like it, or differs in case only.
    Near,
    Other,
}

impl Pair {
    /// `key: value`, `key = value`, `key > 3`, `key is "Value"`, `"key": "value"`.
    pub(super) fn parse(text: &str) -> Option<Pair> {
        static PAIR: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"^["'`]?([A-Za-z_][A-Za-z0-9_.-]*)["'`]?(\s*(?:==?|>=|<=|≥|≤|!=|>|<)\s*|:\s+|\s+(?:is|should be|must be|as|shows|equals)\s+)(\S.*)$"#)
                .expect("a valid pattern")
        });
        if unquoted(text).is_some() {
            return None;
        }
        let found = PAIR.captures(text)?;
        let (key, sign, value) = (&found[1], found[2].trim(), found[3].trim());
        if is(
            key,
            "\
     it|this|that|which|there|http|https|output|result|stdout|stderr|exit|rc|note|\
     expected|status_code|and|or|all|everything",
        ) {
            return None;
        }
        let wanted = wanted(sign, value)?;
        Some(Pair { key: key.to_owned(), wanted })
    }

    pub(super) fn describe(&self) -> String {
        match &self.wanted {
            Wanted::Text(value) => format!("`{}` is `{value}`", self.key),
            Wanted::Number(bound) => format!("`{}` is {}", self.key, bound.describe()),
            Wanted::Something => format!("`{}` has a value", self.key),
        }
    }

    /// What the whole of an output says of the key.
    pub(super) fn judge(&self, output: &str) -> Finding {
        if let Some(key) = said_twice(output) {
            let why = format!("an object of the JSON has `{key}` twice");
            return Finding::new(Verdict::Unverified, why);
        }
        let matches = self.in_json(output).unwrap_or_else(|| self.in_text_or_table(output));
        let same = matches.iter().filter(|m| **m == Match::Same).count();
        let other = matches.iter().filter(|m| **m == Match::Other).count();
        let verdict = match (same, other, matches.len()) {
            (_, _, 0) => {
                return Finding::new(
                    Verdict::Unverified,
                    format!("`{}` is nowhere in the output", self.key),
                );
            }
            (same, _, all) if same == all => Verdict::Met,
            (_, other, all) if other == all => Verdict::NotMet,
            _ => Verdict::Unverified,
        };
        let why = match verdict {
            Verdict::Met => format!("`{}` has that value", self.key),
            Verdict::NotMet => format!("`{}` has another value", self.key),
            Verdict::Unverified => {
                format!("`{}`: {same} of {} values are clearly that", self.key, matches.len())
            }
        };
        Finding::new(verdict, why)
    }

    fn in_json(&self, output: &str) -> Option<Vec<Match>> {
        let value = read(output)?;
        if !(value.is_object() || value.is_array()) {
            return None;
        }
        let found = find(&value, &self.key).into_iter().map(|value| match value {
            Value::String(text) => self.compare(text),
            other => self.compare(&other.to_string()),
        });
        Some(found.collect())
    }

    fn in_text_or_table(&self, output: &str) -> Vec<Match> {
        if let Some(cells) = Table::read(output).and_then(|table| {
            let cells = table.column(&self.key)?;
            Some(cells.into_iter().map(|cell| self.compare(cell)).collect::<Vec<_>>())
        }) {
            return cells;
        }
        output.lines().flat_map(|line| self.in_line(line)).collect()
    }

    fn in_line(&self, line: &str) -> Vec<Match> {
        let lower = line.to_ascii_lowercase();
        let key = self.key.to_ascii_lowercase();
        let found = lower.match_indices(&key).filter_map(|(at, _)| {
            let free = !lower[..at].ends_with(|c: char| c.is_alphanumeric() || "_.-/".contains(c));
            let rest = line[at + key.len()..].trim_start_matches(['"', '\'', '`']).trim_start();
            let (sign, value) = rest.split_at_checked(1)?;
            let value = value.strip_prefix('=').unwrap_or(value);
            (free && matches!(sign, ":" | "=")).then(|| self.compare_rest(sign, value.trim()))
        });
        found.collect()
    }

    /// Compares with the rest of a line, in which the value may be followed by more.
    fn compare_rest(&self, sign: &str, rest: &str) -> Match {
        if let Some(end) = super::words::quote_end(rest, 0) {
            return self.compare(&rest[..end]);
        }
        let ends: &[char] =
            if sign == "=" { &[' ', '\t', ',', ';', '&', ')', ']', '}'] } else { &[',', ';', '}'] };
        let first = rest.split(ends).next().unwrap_or(rest);
        match (self.compare(rest), self.compare(first.trim())) {
            (Match::Same, _) | (_, Match::Same) => Match::Same,
            (Match::Near, _) | (_, Match::Near) => Match::Near,
            _ => Match::Other,
        }
    }

    fn compare(&self, found: &str) -> Match {
        let found = unquoted(found.trim()).unwrap_or(found.trim());
        match &self.wanted {
            Wanted::Something if found.is_empty() => Match::Other,
            Wanted::Something => Match::Same,
            Wanted::Number(bound) => match number::value(found) {
                Some(number) if bound.holds(number) => Match::Same,
                Some(_) => Match::Other,
                None => Match::Near,
            },
            Wanted::Text(wanted) => compare_text(wanted, found),
        }
    }
}

fn compare_text(wanted: &str, found: &str) -> Match {
    let smart = !wanted.contains(char::is_uppercase);
    if found == wanted || (smart && found.eq_ignore_ascii_case(wanted)) {
        return Match::Same;
    }
    let continued = found.get(..wanted.len()).is_some_and(|head| head.eq_ignore_ascii_case(wanted))
        && !found[wanted.len()..].starts_with(char::is_alphanumeric);
    if continued || found.eq_ignore_ascii_case(wanted) { Match::Near } else { Match::Other }
}

fn wanted(sign: &str, value: &str) -> Option<Wanted> {
    let quoted = unquoted(value);
    let text = quoted.unwrap_or(value);
    if matches!(sign, ">" | "<" | ">=" | "<=" | "≥" | "≤" | "!=") {
        let clear = !number::may_be_version(value);
        return Bound::parse(&format!("{sign} {value}")).filter(|_| clear).map(Wanted::Number);
    }
    if let Some(bound) = Bound::parse(text).filter(|_| quoted.is_none()) {
        return Some(Wanted::Number(bound));
    }
    let placeholder = text.contains("...")
        || text.contains('…')
        || is(text, "N|M|X")
        || (text.starts_with(['<', '{']) && text.ends_with(['>', '}']));
    if placeholder {
        let whole = matches!(text, "..." | "…") || !text.contains("..");
        return whole.then_some(Wanted::Something);
    }
    let named_in_words = matches!(sign, "is" | "should be" | "must be" | "as" | "shows" | "equals");
    let single = !text.contains(char::is_whitespace) && !text.ends_with([',', ';', ':']);
    let clear = quoted.is_some()
        || !named_in_words
        || text.starts_with(char::is_uppercase)
        || is(text, "true|false|null");
    (single && clear && !text.starts_with(['{', '[', '(', '/', '*']))
        .then(|| Wanted::Text(text.to_owned()))
        .or_else(|| quoted.map(|text| Wanted::Text(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::Pair;
    use crate::expect::Verdict::{self, Met, NotMet, Unverified};

    fn case(text: &str, output: &str, expected: Verdict) {
        let pair = Pair::parse(text).unwrap_or_else(|| panic!("{text} is a pair"));
        assert_eq!(pair.judge(output).verdict, expected, "{text} in {output}");
    }

    #[test]
    fn pairs_are_found_in_text_json_and_tables() {
        case("status: Up", "status: Up\n", Met);
        case("status: Up", "STATUS=Up", Met);
        case("status: Up", "status: Down", NotMet);
        case("status: Up", "status: Up 3 minutes", Unverified);
        case("status: Up", "nothing of it", Unverified);
        case("isComplete=false", "{\"isComplete\": false}", Met);
        case("isComplete=false", "{\"isComplete\": true}", NotMet);
        case("STATUS=Bound", "NAME  STATUS\npv    Bound\n", Met);
        case("STATUS=Bound", "NAME  STATUS\npv    Bound\npw    Lost\n", Unverified);
        case("failed > 0", "failed=3 of=4", Met);
        case("failed > 0", "failed=0", NotMet);
        case("done=N", "done=12, total=40", Met);
        case(
            "content-type: application/javascript",
            "content-type: application/javascript; charset=utf-8",
            Met,
        );
        case("Active: active", "   Active: active (exited)", Unverified);
        case("hook.name=\"SessionStart\"", "{\"hook\":{\"name\":\"SessionStart\"}}", Met);
        case("Phase should be \"Running\"", "phase: Pending", NotMet);
    }

    #[test]
    fn prose_is_no_pair() {
        for text in [
            "https://a.b/c",
            "status: all is well",
            "It is Ready",
            "token is valid",
            "latency < 500ms",
            "a b = c",
        ] {
            assert_eq!(Pair::parse(text), None, "{text}");
        }
    }
}
