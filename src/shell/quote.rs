//! A value as one word that bash reads as exactly that value.
//!
//! Comes in: any text. Goes out: shell source for a place outside or inside quotes. Plain words
//! stay bare, since people read the result.

use super::lexer::Mode;

/// One safely quoted word for a place outside quotes.
pub fn quote(value: &str) -> String {
    if is_plain(value) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A value for a place that is read as `mode` says.
pub(super) fn quote_within(value: &str, mode: Mode) -> String {
    match mode {
        Mode::Code | Mode::Test | Mode::Parameter | Mode::Arithmetic => quote(value),
        Mode::Single => value.replace('\'', r"'\''"),
        Mode::Ansi => value.replace('\\', r"\\").replace('\'', r"\'"),
        Mode::Double => escape(value, &['"', '\\', '$', '`']),
        // Bash matches a lone `'` there, but reads quotes inside the quotes.
        Mode::QuotedParameter => format!("\"{}\"", quote_within(value, Mode::Double)),
        // A quote is an ordinary character there, and a backslash before it would stay.
        Mode::Here => escape(value, &['\\', '$', '`']),
        Mode::HereLiteral | Mode::Comment => value.to_owned(),
    }
}

/// Whether bash takes the word as it is, wherever it stands as an argument.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c))
}

fn escape(value: &str, special: &[char]) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if special.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
