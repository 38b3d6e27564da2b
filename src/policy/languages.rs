//! Small languages inside arguments: `sed` scripts, `printf` formats, the operators of `test`.
//!
//! Comes in: parsed arguments. Goes out: objections. Each analyser knows what is harmless and
//! refuses the rest; none tries to understand everything.

use crate::source::Span;

use super::Effect;
use super::arguments::{Argument, Rest};
use super::environment::{is_name, is_obeyed};
use super::options::{Objection, Parsed};
use super::rule::{Language, Rule};

/// What the language of a rule objects to.
pub(super) fn objections(language: Language, parsed: &Parsed, rules: &[&Rule]) -> Vec<Objection> {
    match language {
        Language::Sed => sed(parsed),
        Language::Printf => printf(parsed),
        Language::Test => test(&parsed.operands),
        Language::Set => set(&parsed.operands),
        Language::Date => date(&parsed.operands),
        Language::Export => parsed.operands.iter().filter_map(export).collect(),
        Language::Http => http(parsed, rules),
    }
}

fn unknown(text: &str, span: Span) -> Objection {
    Objection { effect: Effect::Unknown, text: text.to_owned(), span }
}

fn write(text: &str, span: Span) -> Objection {
    Objection { effect: Effect::Write, text: text.to_owned(), span }
}

/// The scripts are the values of `-e`, or the first operand.
fn sed(parsed: &Parsed) -> Vec<Objection> {
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
        let Some(pattern) = rest.strip_prefix('/') else {
            return rest;
        };
        match after_delimiter(pattern, '/') {
            Some(after) => rest = after.trim_start_matches(['I', 'M']),
            None => return rest,
        }
    }
}

/// What follows one command, or the letter of the command that is refused.
fn sed_command(rest: &str) -> Result<&str, char> {
    let Some(command) = rest.chars().next() else {
        return Ok(rest);
    };
    let after = &rest[command.len_utf8()..];
    let end = match command {
        'p' | 'd' | '=' | 'l' | 'n' | 'N' | 'D' | 'P' | 'h' | 'H' | 'g' | 'G' | 'x' => after,
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

/// `%n` assigns a variable whose name, as an array's element, is evaluated.
fn printf(parsed: &Parsed) -> Vec<Objection> {
    let Some(format) = parsed.operands.first() else {
        return Vec::new();
    };
    let alone = parsed.operands.len() == 1;
    match format.text() {
        Some(text) if !assigns(text) || alone => Vec::new(),
        None if alone && format.rest == Rest::Quoted => Vec::new(),
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
fn test(operands: &[Argument]) -> Vec<Objection> {
    let mut found = Vec::new();
    for (at, operand) in operands.iter().enumerate() {
        if matches!(operand.text(), Some("-v" | "-R")) {
            found.push(unknown("evaluates a name with `-v`", operand.span));
        }
        let next = operands.get(at + 1).map(|next| next.text().unwrap_or(""));
        let last = next.is_none_or(|next| BINARY.contains(&next));
        let doubtful = operand.may_be_option() && !last;
        if operand.rest == Rest::Split || doubtful {
            let text = "gets an unquoted or doubtful operand that may turn out to be `-v`";
            found.push(unknown(text, operand.span));
        }
    }
    found
}

/// `set -euo pipefail` and the like.
fn set(operands: &[Argument]) -> Vec<Objection> {
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
fn date(operands: &[Argument]) -> Vec<Objection> {
    operands
        .iter()
        .filter(|operand| !operand.known.starts_with('+'))
        .map(|operand| write("sets the clock", operand.span))
        .collect()
}

fn export(operand: &Argument) -> Option<Objection> {
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

/// Methods, data, headers and output formats.
fn http(parsed: &Parsed, rules: &[&Rule]) -> Vec<Objection> {
    let lists = |pick: fn(&Rule) -> &String| {
        let lists: Vec<_> = rules.iter().map(|rule| pick(rule).as_str()).collect();
        lists.join(" ")
    };
    let methods: Vec<_> = parsed.values_of(&lists(|rule| &rule.method)).collect();
    let mut found: Vec<_> = methods.iter().filter_map(|method| other_method(method)).collect();
    let sent = parsed.values_of(&lists(|rule| &rule.data)).next();
    if let Some(sent) = sent
        && methods.is_empty()
        && !parsed.has(&lists(|rule| &rule.get))
    {
        found.push(write("sends data, which makes it a POST", sent.span));
    }
    found.extend(parsed.values_of("-H --header").filter_map(header));
    found.extend(parsed.values_of("-w --write-out").filter_map(format));
    // `--proto =https` leaves curl no other protocol, whatever the address turns out to be.
    let only_web = parsed.values_of("--proto").last().is_some_and(is_web_only);
    let address = |url: &&Argument| !is_web(url) && (!only_web || url.rest == Rest::Split);
    let text = "gets an address that is no plain web page";
    let urls = parsed.values_of("--url").filter(address);
    found.extend(urls.map(|url| unknown(text, url.span)));
    found
}

/// Whether a value of `--proto` allows nothing but the web: it begins with `=`, which forbids all
/// that is not named (curl(1)).
fn is_web_only(protocols: &Argument) -> bool {
    let named = protocols.text().and_then(|text| text.strip_prefix('='));
    named.is_some_and(|named| named.split(',').all(|one| matches!(one, "http" | "https")))
}

fn other_method(method: &Argument) -> Option<Objection> {
    match method.text().map(str::to_ascii_uppercase).as_deref() {
        Some("GET" | "HEAD" | "OPTIONS") => None,
        Some(other) => Some(write(&format!("sends a {other} request"), method.span)),
        None => Some(unknown("gets a method that is known only when it runs", method.span)),
    }
}

fn header(header: &Argument) -> Option<Objection> {
    let name = header.known.trim_start().to_ascii_lowercase();
    if name.starts_with("x-http-method") || name.starts_with("x-method-override") {
        return Some(write("overrides the method in a header", header.span));
    }
    let named = header.rest == Rest::None || header.known.contains(':');
    let file = header.known.starts_with('@');
    (!named || file).then(|| unknown("gets a header that is known only when it runs", header.span))
}

fn format(format: &Argument) -> Option<Objection> {
    let text = format.text().unwrap_or("@");
    let doubtful = text.starts_with('@') || text.contains("%output{");
    doubtful.then(|| unknown("gets a format that may write a file", format.span))
}

/// Whether an operand is an address that is only fetched. Without a scheme curl guesses one from
/// the host's name (`dict.example.com`).
pub(super) fn is_web(address: &Argument) -> bool {
    let known = address.known.to_ascii_lowercase();
    if known.starts_with("http://") || known.starts_with("https://") {
        return true;
    }
    let guessed = ["ftp", "dict", "ldap", "imap", "smtp", "pop3"];
    address.rest == Rest::None
        && !known.contains("://")
        && !known.starts_with(['{', '['])
        && !guessed.iter().any(|host| known.starts_with(host))
}
