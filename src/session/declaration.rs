//! What `declare -p` prints: variables with their values, quoted.
//!
//! Comes in: its text. Goes out: each variable's name with the text that declares it, and values as
//! they are meant.

/// What `declare -p` prints, a variable at a time: its name, and the text that declares it. A value
/// may hold newlines, in quotes.
pub(super) fn declared(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(end) = end_of_declaration(rest.as_bytes()) {
        let (one, more) = rest.split_at(end);
        // `declare -x NAME="value"`; the flags are one word.
        let name = one.splitn(3, ' ').nth(2).unwrap_or_default();
        let name = name.split('=').next().unwrap_or_default().trim_end();
        found.push((name, one.trim_end_matches('\n')));
        rest = more;
    }
    found
}

/// Where the first declaration ends: after the first newline outside of quotes.
fn end_of_declaration(text: &[u8]) -> Option<usize> {
    let mut quote = None;
    let mut at = 0;
    while at < text.len() {
        match (text[at], quote) {
            (b'\n', None) => return Some(at + 1),
            (b'\\', _) => at += 1,
            (b'"', None) => quote = Some(b'"'),
            (b'\'', None) => quote = Some(b'\''),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
        at += 1;
    }
    (!text.is_empty()).then_some(text.len())
}

/// The values in the text that declares a variable, as the shell means them: one, or each of an
/// array; none of one that stands for another.
pub fn values(text: &str) -> Vec<String> {
    let mut parts = text.splitn(3, ' ');
    let (_, flags, rest) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    if flags.is_some_and(|flags| flags.contains('n')) {
        return Vec::new();
    }
    let given = rest.split_once('=').map_or("", |(_, given)| given);
    let Some(elements) = given.strip_prefix('(') else {
        return vec![meant(word(given))];
    };
    let mut values = Vec::new();
    let mut rest = elements;
    // `[key]="value" [other]=$'value'`; a key may be quoted.
    while let Some(begin) = rest.strip_prefix('[') {
        let after = begin.get(word(begin).len()..).unwrap_or_default();
        let key_end = after.find("]=").map_or(after.len(), |at| at + 2);
        let value = word(&after[key_end..]);
        values.push(meant(value));
        rest = after[key_end + value.len()..].trim_start();
    }
    values
}

/// The quoted word at the beginning of a text, with its quotes; empty where none is there.
fn word(text: &str) -> &str {
    let (opening, quote) = match text.as_bytes() {
        [b'"', ..] => (1, b'"'),
        [b'$', b'\'', ..] => (2, b'\''),
        _ => return "",
    };
    let mut escaped = false;
    let closes = |byte: u8| {
        let closing = byte == quote && !escaped;
        escaped = byte == b'\\' && !escaped;
        closing
    };
    let end = text.bytes().skip(opening).position(closes);
    &text[..end.map_or(text.len(), |at| opening + at + 1)]
}

/// A quoted word as it is meant.
fn meant(word: &str) -> String {
    let inner = word.strip_prefix('$').unwrap_or(word);
    unescaped(inner.get(1..inner.len().saturating_sub(1)).unwrap_or_default())
}

/// A text as it is meant in which bash has put backslashes: `\"`, `\$`, and those of `$'...'`.
pub fn unescaped(text: &str) -> String {
    let mut meant = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escaped)) = rest.split_once('\\') {
        meant.push_str(before);
        let digits = escaped.bytes().take(3).take_while(|byte| (b'0'..b'8').contains(byte)).count();
        if let Ok(code) = u8::from_str_radix(&escaped[..digits], 8) {
            meant.push(char::from(code));
            rest = &escaped[digits..];
            continue;
        }
        let mut chars = escaped.chars();
        match chars.next() {
            Some('n') => meant.push('\n'),
            Some('t') => meant.push('\t'),
            Some('r') => meant.push('\r'),
            Some('E') => meant.push('\x1b'),
            other => meant.push(other.unwrap_or('\\')),
        }
        rest = chars.as_str();
    }
    meant + rest
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{declared, values};

    #[test]
    fn every_variable_is_found_whatever_its_value_holds() {
        let script = r#"A='a "b" $c `d` \ e'; B=$'x\ny\001'; declare -A M=(['k 1']='v
w' [b]="]"); L=(1 $'2\n' '"'); declare -x E; F='declare -- G="1"
declare -- H="2"'; N="it's"; declare -p"#;
        let output = Command::new("bash").args(["--norc", "-c", script]).output().expect("bash");
        let text = String::from_utf8(output.stdout).expect("text");
        let found = declared(&text);
        let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
        for name in ["A", "B", "M", "L", "E", "F", "N", "BASHOPTS", "UID"] {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
        assert!(!names.contains(&"G") && !names.contains(&"H"));
        // Each alone says the same to another bash.
        for name in ["A", "B", "M", "L", "F", "N"] {
            let (_, text) = found.iter().find(|(known, _)| *known == name).expect("found");
            let again = format!("{text}\ndeclare -p {name}");
            let output = Command::new("bash").args(["--norc", "-c", &again]).output();
            let said = String::from_utf8(output.expect("bash").stdout).expect("text");
            assert_eq!(said.trim_end_matches('\n'), *text);
        }
    }

    #[test]
    fn values_are_what_the_shell_means_by_them() {
        let case = |script: &str, expected: &[&str]| {
            let script = format!("{script}; declare -p X");
            let output = Command::new("bash").args(["--norc", "-c", &script]).output();
            let text = String::from_utf8(output.expect("bash").stdout).expect("text");
            assert_eq!(values(text.trim_end_matches('\n')), expected, "{script}");
        };
        case(r#"X='a "b" $c `d` \ e\n'"#, &[r#"a "b" $c `d` \ e\n"#]);
        case(r"X=$'x\ny\001\t\E\'z'", &["x\ny\u{1}\t\u{1b}'z"]);
        case("declare -i X=5", &["5"]);
        case("X=(1 $'2\n' 'b c')", &["1", "2\n", "b c"]);
        case("declare -A X=(['k ]=\"1']='v w')", &["v w"]);
        case("declare -a X=()", &[]);
        case("declare -ax X; X[3]=a", &["a"]);
        case("declare -n X=Y", &[]);
    }
}
