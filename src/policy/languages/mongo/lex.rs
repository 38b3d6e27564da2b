//! A little JavaScript as tokens.
//!
//! Comes in: a script. Goes out: its tokens, or nothing: for escapes, comments, templates, regular
//! expressions, assignments and whatever else the reader of them has no use for.

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or keyword.
    Name(String),
    /// What stands in quotes.
    Text(String),
    /// A number.
    Number,
    /// `+`, `*`, `===`, `&&`: what stands between two operands.
    Operator,
    /// `=>`.
    Arrow,
    /// Any other sign; `-` and `!` among them.
    Sign(char),
}

/// Operators, the longer before those that they begin with.
const OPERATORS: &[&str] =
    &["===", "!==", "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "*", "/", "%"];

/// The tokens of a script.
pub(super) fn tokens(script: &str) -> Option<Vec<Token>> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            ' ' | '\t' | '\n' | '\r' => {
                rest = &rest[1..];
                continue;
            }
            'a'..='z' | 'A'..='Z' | '_' | '$' => {
                let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
                (Token::Name(rest[..end].to_owned()), &rest[end..])
            }
            '0'..='9' => (Token::Number, after_number(rest)?),
            '\'' | '"' => {
                let end = rest[1..].find([first, '\\', '\n'])? + 1;
                if !rest[end..].starts_with(first) {
                    return None;
                }
                (Token::Text(rest[1..end].to_owned()), &rest[end + 1..])
            }
            _ => sign(first, rest, found.last())?,
        };
        found.push(token);
        rest = after;
    }
    Some(found)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

fn after_number(rest: &str) -> Option<&str> {
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    (!rest[end..].starts_with(is_of_name)).then_some(&rest[end..])
}

fn sign<'a>(first: char, rest: &'a str, before: Option<&Token>) -> Option<(Token, &'a str)> {
    if ["//", "/*", "++", "--", "...", "**", "??", "?.", "<<", ">>", "<!--"]
        .iter()
        .any(|other| rest.starts_with(other))
    {
        return None;
    }
    if let Some(after) = rest.strip_prefix("=>") {
        return Some((Token::Arrow, after));
    }
    if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
        let after = &rest[operator.len()..];
        // `+=` assigns.
        return (!after.starts_with('=')).then_some((Token::Operator, after));
    }
    let operand = matches!(
        before,
        Some(Token::Name(_) | Token::Text(_) | Token::Number | Token::Sign(')' | ']' | '}'))
    );
    match first {
        '-' if rest[1..].starts_with('=') => None,
        '-' if operand => Some((Token::Operator, &rest[1..])),
        '-' | '!' | '(' | ')' | '[' | ']' | '{' | '}' | '.' | ',' | ';' | ':' => {
            Some((Token::Sign(first), &rest[1..]))
        }
        _ => None,
    }
}
