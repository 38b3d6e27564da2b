//! SQL as tokens, as far as the dialects agree on where they end.
//!
//! Comes in: a text. Goes out: [`Token`]s, or a [`Refusal`] where a dialect, or a setting of its
//! server, would see other tokens: backslashes in quotes, dollar quotes, nested comments, comments
//! that `MySQL` executes, numbers that run into words.

use super::{Dialect, Refusal};

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, in lower case.
    Word(String),
    /// What stands in quotes of any kind.
    Quoted,
    /// A number.
    Number,
    /// A sign.
    Sign(char),
    /// The end of a statement.
    End,
}

impl Token {
    /// Whether it is that word.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }

    /// The word, if it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The tokens of a text.
pub(super) fn tokens(text: &str, dialect: Dialect) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, after) = next(first, rest, dialect)?;
        found.extend(token);
        rest = after;
    }
    Ok(found)
}

type Next<'a> = Result<(Option<Token>, &'a str), Refusal>;

fn next(first: char, rest: &str, dialect: Dialect) -> Next<'_> {
    let after = &rest[first.len_utf8()..];
    let token = |token, after| Ok((Some(token), after));
    match first {
        ' ' | '\t' | '\n' | '\r' => Ok((None, after)),
        'a'..='z' | 'A'..='Z' | '_' => {
            let end = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
            token(Token::Word(rest[..end].to_ascii_lowercase()), &rest[end..])
        }
        '0'..='9' => token(Token::Number, after_number(rest)?),
        '\'' | '"' => token(Token::Quoted, after_quote(after, first)?),
        '`' if dialect != Dialect::Postgres => token(Token::Quoted, after_quote(after, '`')?),
        '-' if after.starts_with('-') => Ok((None, after_line(&after[1..])?)),
        '/' if after.starts_with('*') => Ok((None, after_comment(&after[1..])?)),
        ';' => token(Token::End, after),
        '\\' if dialect == Dialect::MySql => token(Token::End, after_vertical(after)?),
        ':' if dialect == Dialect::Postgres && after.starts_with(':') => {
            token(Token::Sign(':'), &after[1..])
        }
        '#' if dialect == Dialect::Postgres && after.starts_with('>') => {
            token(Token::Sign('#'), after)
        }
        '[' | ']' if dialect == Dialect::Postgres => token(Token::Sign(first), after),
        _ if ",.()+-*/<>=%~!|&^?@".contains(first) => token(Token::Sign(first), after),
        _ => Err(Refusal::Unknown(format!("has `{}` in its SQL", first.escape_debug()))),
    }
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// `12`, `1.5`, `1e-3`; a word right after it is another token to some.
fn after_number(rest: &str) -> Result<&str, Refusal> {
    let digits = |text: &'_ str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut end = digits(rest);
    if rest[end..].starts_with('.') {
        end += 1 + digits(&rest[end + 1..]);
    }
    if let Some(exponent) = rest[end..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let length = digits(&exponent[sign..]);
        end += if length == 0 { 0 } else { 1 + sign + length };
    }
    match rest[end..].chars().next() {
        Some(c) if is_of_word(c) => Err(Refusal::because("has a number that runs into a word")),
        _ => Ok(&rest[end..]),
    }
}

/// What follows the closing quote; a doubled one stands for itself.
fn after_quote(rest: &str, quote: char) -> Result<&str, Refusal> {
    let mut rest = rest;
    loop {
        let end = rest.find([quote, '\\', '\0']);
        let end = end.ok_or_else(|| Refusal::because("has a quote without an end"))?;
        if !rest[end..].starts_with(quote) {
            return Err(Refusal::because("has a backslash in quotes, which servers differ on"));
        }
        rest = &rest[end + 1..];
        match rest.strip_prefix(quote) {
            Some(more) => rest = more,
            None => return Ok(rest),
        }
    }
}

/// What follows a comment's line. To `MySQL`, `--` begins one only before a blank.
fn after_line(rest: &str) -> Result<&str, Refusal> {
    if !rest.is_empty() && !rest.starts_with([' ', '\t', '\n']) {
        return Err(Refusal::because("has `--` before what is no blank"));
    }
    // Some servers end it at a carriage return, others do not.
    let end = rest.find(['\n', '\r', '\0']).unwrap_or(rest.len());
    if rest[end..].starts_with(['\r', '\0']) {
        return Err(Refusal::because("has a control character in a comment"));
    }
    Ok(&rest[end..])
}

/// What follows `*/`. `MySQL` executes `/*!` and obeys `/*+`; to Postgres comments nest.
fn after_comment(rest: &str) -> Result<&str, Refusal> {
    let refusal = || Refusal::because("has a comment that servers differ on");
    let end = rest.find("*/").ok_or_else(refusal)?;
    let comment = &rest[..end];
    if !comment.starts_with([' ', '\n']) || comment.contains("/*") || comment.contains('\0') {
        return Err(refusal());
    }
    Ok(&rest[end + 2..])
}

/// What follows the backslash of `\G`, which ends a statement in `MySQL`'s client.
fn after_vertical(rest: &str) -> Result<&str, Refusal> {
    let after = rest.strip_prefix(['G', 'g']);
    let after = after.filter(|after| after.is_empty() || after.starts_with([' ', ';', '\n']));
    after.ok_or_else(|| Refusal::because("has a command of the client in its SQL"))
}
