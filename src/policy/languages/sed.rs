//! The scripts of `sed`.
//!
//! Comes in: parsed arguments. Goes out: objections. It knows `p d q Q = l n N D P h H g G x z F y`,
//! labels, `a i c` with a text of one line, and `s` without `w` and `e`, and refuses the rest.

use crate::source::Span;

use super::super::arguments::Argument;
use super::super::options::{Objection, Parsed};
use super::{unknown, write};

/// The scripts are the values of `-e`, or the first operand.
pub(super) fn sed(parsed: &Parsed) -> Vec<Objection> {
    let mut scripts: Vec<_> = parsed.values_of("-e --expression").collect();
    if scripts.is_empty() {
        scripts.extend(parsed.operands.first());
    }
    let objection = |script: &&Argument| match script.text() {
        None => Some(unknown("gets a script that is known only when it runs", script.span)),
        Some(text) => sed_objection(text, script.span),
    };
    scripts.iter().filter_map(objection).collect()
}

fn sed_objection(script: &str, span: Span) -> Option<Objection> {
    let mut rest = script;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', ';', '{', '}']);
        if rest.is_empty() {
            return None;
        }
        rest = match sed_command(sed_address(rest)) {
            Ok(rest) => rest,
            Err('w' | 'W') => return Some(write("writes a file with `w`", span)),
            Err('e') => return Some(unknown("runs commands with `e`", span)),
            Err(command) => {
                let text = format!("uses `{command}` in its script, which the catalogue lacks");
                return Some(unknown(&text, span));
            }
        };
    }
}

/// Steps over `1,5`, `/a/`, `$!`.
fn sed_address(mut rest: &str) -> &str {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || " \t,~+$!".contains(c));
        let Some((pattern, delimiter)) = pattern_of(rest) else {
            return rest;
        };
        match after_delimiter(pattern, delimiter) {
            Some(after) => rest = after.trim_start_matches(['I', 'M']),
            None => return rest,
        }
    }
}

/// The pattern that an address begins with, and what ends it: `/a/`, `\|a|`.
fn pattern_of(address: &str) -> Option<(&str, char)> {
    if let Some(pattern) = address.strip_prefix('/') {
        return Some((pattern, '/'));
    }
    let custom = address.strip_prefix('\\')?;
    let delimiter = custom.chars().next().filter(|c| c.is_ascii_punctuation() && *c != '\\')?;
    Some((&custom[1..], delimiter)).filter(|_| delimiter != '[' && delimiter != ']')
}

/// What follows a label. Some seds end it only at a newline, so no line may follow another command.
fn after_label(text: &str) -> Option<&str> {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let after = text.trim_start_matches(' ').trim_start_matches(name);
    (after.starts_with('\n') || !after.contains('\n')).then_some(after)
}

/// What follows one command, or the letter of the command that is refused.
fn sed_command(rest: &str) -> Result<&str, char> {
    let Some(command) = rest.chars().next() else {
        return Ok(rest);
    };
    let after = &rest[command.len_utf8()..];
    let end = match command {
        // What is in the block follows at once.
        '{' => return Ok(after),
        'p' | 'd' | '=' | 'l' | 'n' | 'N' | 'D' | 'P' | 'h' | 'H' | 'g' | 'G' | 'x' | 'z' | 'F' => {
            after
        }
        ':' | 'b' | 't' | 'T' => after_label(after).ok_or(command)?,
        'a' | 'i' | 'c' if !after.contains(['\n', '\\']) => "",
        'q' | 'Q' => after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' '),
        's' | 'y' => {
            let delimiter = after.chars().next().ok_or(command)?;
            if delimiter == '\\' || delimiter == '\n' {
                return Err(command);
            }
            let body = &after[delimiter.len_utf8()..];
            let flags = after_delimiter(body, delimiter)
                .and_then(|rest| after_delimiter(rest, delimiter))
                .ok_or(command)?;
            if command == 's' {
                flags.trim_start_matches(|c: char| c.is_ascii_digit() || "gpiIMm".contains(c))
            } else {
                flags
            }
        }
        _ => return Err(command),
    };
    let end = end.trim_start_matches([' ', '\t']);
    match end.chars().next() {
        None | Some(';' | '\n' | '}' | '{') => Ok(end),
        Some('#') => Err('#'),
        Some(next) => Err(next),
    }
}

/// What follows the next `delimiter`; after a backslash it does not count. Versions of sed differ
/// on whether it does inside `[...]`, so there it has no end.
fn after_delimiter(text: &str, delimiter: char) -> Option<&str> {
    let mut characters = text.char_indices().peekable();
    let mut bracket = false;
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '[' if !bracket => {
                bracket = true;
                // `[]a]` and `[^]a]` hold a `]`.
                characters.next_if(|(_, next)| *next == '^');
                characters.next_if(|(_, next)| *next == ']');
            }
            ']' => bracket = false,
            _ if character == delimiter => {
                return (!bracket).then(|| &text[at + delimiter.len_utf8()..]);
            }
            _ => {}
        }
    }
    None
}
