//! What builtins of bash and small programs beside them make of their arguments: `printf` formats,
//! the operators of `test`, what follows `set`, `date` and `export`.
//!
//! Comes in: parsed arguments. Goes out: objections.

use super::super::arguments::{Argument, Rest};
use super::super::environment::{is_name, is_obeyed};
use super::super::options::{Objection, Parsed};
use super::{unknown, write};

/// `%n` assigns a variable whose name, as an array's element, is evaluated.
pub(super) fn printf(parsed: &Parsed) -> Vec<Objection> {
    let Some(format) = parsed.operands.first() else {
        return Vec::new();
    };
    let alone = parsed.operands.len() == 1;
    match format.text() {
        Some(text) if !assigns(text) || alone => Vec::new(),
        None if alone && format.rest < Rest::Split => Vec::new(),
        _ => vec![unknown("gets a format that may assign a variable (`%n`)", format.span)],
    }
}

/// Whether a format holds a `%n`, or something that this does not read.
fn assigns(format: &str) -> bool {
    format.split('%').skip(1).any(|part| {
        let flags = |c: char| c.is_ascii_digit() || "-+ #0.*'hlLjzt".contains(c);
        part.trim_start_matches(flags).starts_with('n')
    })
}

/// Operators of `test` that stand between two operands.
const BINARY: &[&str] = &[
    "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "-a",
    "-o", "]", ")",
];

/// `-v` evaluates the index of an array's element, so no operand may turn out to be `-v`.
pub(super) fn test(operands: &[Argument]) -> Vec<Objection> {
    let mut found = Vec::new();
    for (at, operand) in operands.iter().enumerate() {
        if matches!(operand.text(), Some("-v" | "-R")) {
            found.push(unknown("evaluates a name with `-v`", operand.span));
        }
        let next = operands.get(at + 1).map(|next| next.text().unwrap_or(""));
        let last = next.is_none_or(|next| BINARY.contains(&next));
        let doubtful = operand.may_be_option() && !last;
        if operand.may_be_several() || doubtful {
            let text = "gets an unquoted or doubtful operand that may turn out to be `-v`";
            found.push(unknown(text, operand.span));
        }
    }
    found
}

/// `set -euo pipefail` and the like.
pub(super) fn set(operands: &[Argument]) -> Vec<Objection> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(operand) = operands.get(at) {
        at += 1;
        let text = operand.text().unwrap_or("");
        if text == "--" {
            break;
        }
        let letters = text.strip_prefix(['-', '+']).unwrap_or("?");
        let option = letters.ends_with('o').then(|| operands.get(at));
        at += usize::from(option.is_some());
        let known = ["pipefail", "errexit", "nounset", "xtrace", "verbose"];
        let named = option.is_none_or(|option| {
            option.is_some_and(|option| option.text().is_some_and(|text| known.contains(&text)))
        });
        if !named || !letters.chars().all(|c| "euxvo".contains(c)) {
            found.push(unknown("sets an option that the catalogue lacks", operand.span));
        }
    }
    found
}

/// Without a `+` an operand is a new date.
pub(super) fn date(operands: &[Argument]) -> Vec<Objection> {
    operands
        .iter()
        .filter(|operand| !operand.known.starts_with('+'))
        .map(|operand| write("sets the clock", operand.span))
        .collect()
}

/// What follows `export`, `readonly` and `declare`. `declare` takes a text that begins with `(` for
/// an array's elements, if the variable is an array.
pub(super) fn export(operands: &[Argument], evaluates: Declares) -> Vec<Objection> {
    let objections = operands.iter().filter_map(|operand| {
        let value = operand.known.split_once('=').map(|(_, value)| value);
        if evaluates == Declares::Arrays && value == Some("") && operand.rest != Rest::None {
            let text = "gets a value that may be an array, whose subscripts are evaluated";
            return Some(unknown(text, operand.span));
        }
        exported(operand)
    });
    objections.collect()
}

/// What a builtin that declares variables makes of `NAME=(...)` in quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Declares {
    /// A text: `export`, `readonly`.
    Texts,
    /// Perhaps an array: `declare`, `local`, `typeset`.
    Arrays,
}

fn exported(operand: &Argument) -> Option<Objection> {
    if operand.may_be_several() {
        return Some(unknown("gets what may become several arguments", operand.span));
    }
    let name = operand.known.split('=').next().unwrap_or("");
    let name = name.strip_suffix('+').unwrap_or(name);
    if operand.known.split_once('=').is_some_and(|(_, value)| value.starts_with('(')) {
        return Some(unknown("gets an array, whose subscripts may be evaluated", operand.span));
    }
    let complete = operand.known.contains('=') || operand.rest == Rest::None;
    if !complete || !is_name(name) {
        return Some(unknown("gets a name that is known only when it runs", operand.span));
    }
    is_obeyed(name).then(|| {
        let text = format!("gives `{name}` a value, which changes what programs do");
        unknown(&text, operand.span)
    })
}
