//! What `awk` is told to do.
//!
//! Comes in: parsed arguments. Goes out: objections. A program is cut into tokens and every token
//! is looked at; it is not parsed, so everything that could run, open or write something is refused
//! by its spelling alone: `system`, `getline`, pipes, `@`, functions that nobody defined, and any
//! `>` of a `print` outside of parentheses. The dialects (gawk, mawk, BWK's, busybox) must agree on
//! where a token ends; where they might not, the program is refused.

use crate::source::Span;

use super::super::arguments::Argument;
use super::super::options::{Objection, Parsed};
use super::super::rule::lists;
use super::{unknown, write};

/// What may be called beside the program's own functions: POSIX's and gawk's functions that only
/// compute, and those that end output that a program here cannot have begun.
const FUNCTIONS: &str = "length substr index split sub gsub gensub match sprintf sin cos atan2 exp \
    log sqrt int rand srand tolower toupper strftime systime mktime asort asorti and or xor lshift \
    rshift compl strtonum patsplit isarray typeof fflush close";

/// Words of the language after which an expression begins.
const BEFORE_EXPRESSION: &str = "in print printf return exit else do case";

/// Words of the language that may stand before a parenthesis.
const STATEMENTS: &str = "BEGIN END BEGINFILE ENDFILE if else while for do in print printf return \
    exit delete switch case default break continue next nextfile function func";

/// Names that are refused wherever they stand, and why.
const REFUSED: &[(&str, &str)] = &[
    ("system", "runs commands with `system`"),
    ("getline", "reads with `getline`, which may run a command"),
    ("ARGV", "chooses its own files with `ARGV`"),
    ("ARGC", "chooses its own files with `ARGC`"),
];

/// Where a program may print beside its output.
const SINKS: &[&str] = &["/dev/stderr", "/dev/stdout", "/dev/null"];

/// What `awk` objects to.
pub(super) fn awk(parsed: &Parsed) -> Vec<Objection> {
    let Some((program, files)) = parsed.operands.split_first() else {
        return Vec::new();
    };
    let mut found: Vec<_> = program_objection(program).into_iter().collect();
    found.extend(files.iter().filter_map(file_objection));
    found
}

/// gawk takes a file below `/inet` for a connection.
fn file_objection(file: &Argument) -> Option<Objection> {
    let known = file.known.as_str();
    let late = known.starts_with('-') && file.text() != Some("-");
    let objection = |text| Some(unknown(text, file.span));
    match known {
        _ if late => objection("gets an option after its program"),
        _ if known.starts_with("/inet") => objection("opens a network connection"),
        _ => None,
    }
}

/// The longest program that is read, in bytes.
const LONGEST: usize = 16 * 1024;

fn program_objection(program: &Argument) -> Option<Objection> {
    if program.known.len() > LONGEST {
        return Some(unknown("runs a program that is too long to be read", program.span));
    }
    let Some(text) = program.text() else {
        return Some(unknown("gets a program that is known only when it runs", program.span));
    };
    match tokens(text) {
        Ok(tokens) => Checker { tokens: &tokens, span: program.span }.objection(),
        Err(reason) => Some(unknown(&reason, program.span)),
    }
}

/// A token of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a str),
    Number,
    Text(&'a str),
    Regex,
    Newline,
    Mark(&'a str),
}

/// Marks of two characters or more; the longest is tried first.
const LONG_MARKS: &[&str] = &[
    "**=", "&&", "||", "++", "--", "+=", "-=", "*=", "%=", "^=", "==", "!=", "<=", ">=", ">>",
    "**", "!~",
];

/// Marks of one character.
const SHORT_MARKS: &str = "{}()[];,+-*%^!<>|?:~$=";

fn tokens(program: &str) -> Result<Vec<Token<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = program;
    while !rest.is_empty() {
        let (token, length) = token(rest, found.last())?;
        found.extend(token);
        rest = &rest[length..];
    }
    Ok(found)
}

/// The token that a text begins with, if it is no blank, and its length.
fn token<'a>(
    text: &'a str,
    before: Option<&Token<'_>>,
) -> Result<(Option<Token<'a>>, usize), String> {
    let first = text.chars().next().unwrap_or(' ');
    match first {
        ' ' | '\t' => Ok((None, 1)),
        '\n' => Ok((Some(Token::Newline), 1)),
        '\\' if text.starts_with("\\\n") => Ok((None, 2)),
        '#' => comment(text),
        '"' => string(text),
        '/' => slash(text, before),
        'A'..='Z' | 'a'..='z' | '_' => {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let length = text.find(|c| !word(c)).unwrap_or(text.len());
            Ok((Some(Token::Name(&text[..length])), length))
        }
        '0'..='9' | '.' => Ok((Some(Token::Number), number(text))),
        _ => mark(text),
    }
}

fn mark(text: &str) -> Result<(Option<Token<'_>>, usize), String> {
    let long = LONG_MARKS.iter().find(|mark| text.starts_with(**mark)).map(|mark| mark.len());
    let short = text.starts_with(|c| SHORT_MARKS.contains(c)).then_some(1);
    // gawk calls functions of another namespace with `::`.
    if text.starts_with("::") {
        return Err("uses a namespace in its program".to_owned());
    }
    let Some(length) = long.or(short) else {
        let first = text.chars().next().unwrap_or(' ');
        return Err(format!("uses `{first}` in its program, which the catalogue lacks"));
    };
    Ok((Some(Token::Mark(&text[..length])), length))
}

fn number(text: &str) -> usize {
    let digits = |text: &str, from: usize, more: &str| {
        let end = text[from..].find(|c: char| !c.is_ascii_digit() && !more.contains(c));
        end.map_or(text.len(), |end| from + end)
    };
    let whole = digits(text, 0, ".");
    let exponent = text[whole..].strip_prefix(['e', 'E']);
    let exponent = exponent.map(|it| it.strip_prefix(['+', '-']).unwrap_or(it));
    match exponent.filter(|it| it.starts_with(|c: char| c.is_ascii_digit())) {
        Some(it) => digits(text, text.len() - it.len(), ""),
        None => whole,
    }
}

fn comment(text: &str) -> Result<(Option<Token<'_>>, usize), String> {
    let end = text.find('\n').unwrap_or(text.len());
    if text[..end].ends_with('\\') {
        return Err("ends a comment of its program with a backslash".to_owned());
    }
    Ok((None, end))
}

fn string(text: &str) -> Result<(Option<Token<'_>>, usize), String> {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((Some(Token::Text(&text[1..at])), at + 1)),
            '\\' => {
                characters.next();
            }
            '\n' => break,
            _ => {}
        }
    }
    Err("has a text in its program that does not end".to_owned())
}

/// A `/` divides, or begins a pattern.
fn slash<'a>(
    text: &'a str,
    before: Option<&Token<'_>>,
) -> Result<(Option<Token<'a>>, usize), String> {
    match before {
        Some(Token::Name(name)) if !lists(FUNCTIONS, name) && !lists(STATEMENTS, name) => {
            Ok(divides(text))
        }
        Some(Token::Number) => Ok(divides(text)),
        Some(before) if may_end_operand(before) => {
            // A pattern that does not end is an error in every awk, so alone it can only divide.
            if text[1..].contains('/') {
                return Err("has a `/` that may divide or begin a pattern".to_owned());
            }
            Ok(divides(text))
        }
        _ => regex(text),
    }
}

fn divides(text: &str) -> (Option<Token<'_>>, usize) {
    let length = if text.starts_with("/=") { 2 } else { 1 };
    (Some(Token::Mark(&text[..length])), length)
}

fn may_end_operand(token: &Token<'_>) -> bool {
    match token {
        Token::Name(name) => !lists(BEFORE_EXPRESSION, name),
        Token::Number | Token::Text(_) | Token::Regex => true,
        Token::Mark(mark) => matches!(*mark, ")" | "]" | "++" | "--"),
        Token::Newline => false,
    }
}

/// A pattern between slashes. Some awks end it at a `/` in brackets, others do not.
fn regex(text: &str) -> Result<(Option<Token<'_>>, usize), String> {
    let mut rest = &text[1..];
    loop {
        let end = rest.find(['/', '[', '\\', '\n']);
        let Some((end, character)) = end.and_then(|at| Some((at, rest[at..].chars().next()?)))
        else {
            break;
        };
        rest = &rest[end + 1..];
        match character {
            '/' => return Ok((Some(Token::Regex), text.len() - rest.len())),
            '\\' => rest = escaped(rest)?,
            '[' => rest = bracket(rest)?,
            _ => break,
        }
    }
    Err("has a pattern in its program that does not end".to_owned())
}

fn escaped(text: &str) -> Result<&str, String> {
    let mut characters = text.chars();
    match characters.next() {
        Some('\n') | None => Err("has a pattern in its program that does not end".to_owned()),
        Some(_) => Ok(characters.as_str()),
    }
}

/// What follows `[a-z]`, `[^"]`, `[[:space:]]`.
fn bracket(text: &str) -> Result<&str, String> {
    let doubtful = || Err("has brackets in a pattern that awks read differently".to_owned());
    let mut rest = text.strip_prefix('^').unwrap_or(text);
    if rest.starts_with(']') {
        return doubtful();
    }
    loop {
        let Some(at) = rest.find([']', '[', '/', '\\', '\n']) else {
            return doubtful();
        };
        let (found, after) = rest[at..].split_at(1);
        rest = match found {
            "]" => return Ok(after),
            "\\" => escaped(after)?,
            "[" => match class(after) {
                Some(after) => after,
                None => return doubtful(),
            },
            _ => return doubtful(),
        };
    }
}

/// What follows the `:space:]` of a class.
fn class(text: &str) -> Option<&str> {
    let (name, after) = text.strip_prefix(':')?.split_once(":]")?;
    name.chars().all(|c| c.is_ascii_lowercase()).then_some(after)
}

/// A program's tokens, to be looked at one after the other.
struct Checker<'a> {
    tokens: &'a [Token<'a>],
    span: Span,
}

impl Checker<'_> {
    fn objection(&self) -> Option<Objection> {
        let names = (0..self.tokens.len()).find_map(|at| self.name(at));
        let marks = self.tokens.iter().find_map(|token| match token {
            Token::Mark("|") => Some(unknown("runs a command with `|`", self.span)),
            Token::Mark(">>") => Some(write("writes a file with `>>`", self.span)),
            _ => None,
        });
        let prints = (0..self.tokens.len()).find_map(|at| self.print(at));
        [prints, marks, names].into_iter().flatten().max_by_key(|objection| objection.effect)
    }

    /// A name that is refused, or called though nobody knows what it does.
    fn name(&self, at: usize) -> Option<Objection> {
        let Token::Name(name) = self.tokens[at] else {
            return None;
        };
        if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return Some(unknown(reason, self.span));
        }
        let called = self.tokens.get(at + 1) == Some(&Token::Mark("("));
        let known = lists(FUNCTIONS, name) || lists(STATEMENTS, name) || self.defines(name);
        (called && !known).then(|| {
            let text = format!("may call `{name}` in its program, which the catalogue lacks");
            unknown(&text, self.span)
        })
    }

    fn defines(&self, name: &str) -> bool {
        self.tokens.windows(2).any(|pair| {
            matches!(pair[0], Token::Name("function" | "func")) && pair[1] == Token::Name(name)
        })
    }

    /// A `print` or `printf` that writes a file. A newline ends it only where nothing can follow.
    fn print(&self, at: usize) -> Option<Objection> {
        if !matches!(self.tokens[at], Token::Name("print" | "printf")) {
            return None;
        }
        let mut open = 0_usize;
        for next in at + 1..self.tokens.len() {
            match self.tokens[next] {
                Token::Mark("(") => open += 1,
                Token::Mark(")") => open = open.saturating_sub(1),
                Token::Mark(";" | "{" | "}") => return None,
                Token::Newline if may_end_operand(&self.tokens[next - 1]) => return None,
                Token::Mark(">" | ">>") if open == 0 && !self.is_sink(next + 1) => {
                    return Some(write("writes a file with `>`", self.span));
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a file is written as one text, and is none.
    fn is_sink(&self, at: usize) -> bool {
        let ends =
            matches!(self.tokens.get(at + 1), None | Some(Token::Newline | Token::Mark(";" | "}")));
        ends && matches!(self.tokens.get(at), Some(Token::Text(text)) if SINKS.contains(text))
    }
}
