//! An argument of a command, as far as it is known before it runs.
//!
//! Comes in: a word of the tree. Goes out: an [`Argument`]: its text, or what is known of it.

use crate::shell::{Piece, Simple, Use, Word};
use crate::source::Span;

use super::values::{Value, Values};

/// One argument, as bash will pass it on.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    /// Where it is.
    pub span: Span,
    /// Its text up to what is not known; all of it if nothing is unknown.
    pub known: String,
    /// What follows the known text.
    pub rest: Rest,
}

/// Builtins that take `NAME=value` for what it is: bash neither splits the value nor looks for files, provided that the
/// builtin is named without quotes and wrappers.
const DECLARING: &[&str] = &["export", "readonly", "declare", "local", "typeset"];

/// The name and the arguments of a command, with what is known of the variables in them.
pub(super) fn arguments(simple: &Simple, values: &Values) -> Vec<Argument> {
    let declares = simple.words.first().is_some_and(|it| DECLARING.contains(&it.text.as_str()));
    let argument = |word: &Word| {
        let words = Argument::all(word, values);
        let [mut argument] = <[_; 1]>::try_from(words)?;
        let braces = word.has_pattern() && word.text.contains('{');
        let whole = declares && argument.known.contains('=') && !braces;
        if whole && argument.may_be_several() {
            argument.rest = Rest::Quoted;
        }
        Ok(vec![argument])
    };
    let several = |words: Vec<_>| words;
    simple.words.iter().flat_map(|word| argument(word).unwrap_or_else(several)).collect()
}

/// What is not known of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rest {
    /// Nothing.
    None,
    /// More text of the same argument, from a variable that is called an address:
    /// `"$DATABASE_URL"`.
    Address,
    /// More text of the same argument, or all of it, which begins with no dash.
    Name,
    /// More text of the same argument.
    Quoted,
    /// The names of files that match: one argument or several, which all begin with the known text.
    Matches,
    /// One argument, several or none, none of which begins with a dash.
    Names,
    /// Text that may become several arguments, or none.
    Split,
    /// Any number of arguments that stand in no text: what `xargs` reads, what `find` finds.
    Unseen,
}

impl Rest {
    /// What is not known of two pieces of one word. What begins with no dash says so only while
    /// nothing else that is not known stands in the word.
    fn joined(self, next: Self) -> Self {
        match (self, next) {
            (Self::None, it) | (it, Self::None) => it,
            (Self::Names, _) | (_, Self::Names) => Self::Split,
            (one, other) => one.max(other).max(Self::Quoted),
        }
    }
}

impl Argument {
    pub fn new(word: &Word) -> Self {
        Self::seen(word, &Values::default())
    }

    /// What bash makes of a word: one argument, unless all of it is known to be split.
    pub fn all(word: &Word, values: &Values) -> Vec<Self> {
        if let [Piece::Parameter(parameter)] = word.pieces.as_slice()
            && !parameter.quoted
            && let Some(Value::Text(text)) = values.at(parameter)
            && text.split_whitespace().all(is_unsplit)
        {
            let literal = |text: &str| Self::literal(text.to_owned(), word.span);
            return text.split_whitespace().map(literal).collect();
        }
        vec![Self::seen(word, values)]
    }

    /// A word, with what is known of the variables in it.
    pub fn seen(word: &Word, values: &Values) -> Self {
        let mut argument = Self::literal(String::new(), word.span);
        let unquoted = if word.has_pattern() { Unquoted::Pattern } else { Unquoted::Text };
        let alone = if word.solid().count() == 1 { Alone::Yes } else { Alone::No };
        for piece in &word.pieces {
            let (text, rest) =
                valued(piece, alone, values).unwrap_or_else(|| known_of(piece, unquoted));
            if argument.rest == Rest::None {
                argument.known.push_str(&text);
            }
            argument.rest = argument.rest.joined(rest);
        }
        argument
    }

    /// An argument that is known.
    pub fn literal(text: String, span: Span) -> Self {
        Self { span, known: text, rest: Rest::None }
    }

    /// An argument of which nothing is known.
    pub fn unseen(span: Span) -> Self {
        Self { span, known: String::new(), rest: Rest::Unseen }
    }

    /// All of it, if it is known.
    pub fn text(&self) -> Option<&str> {
        (self.rest == Rest::None).then_some(self.known.as_str())
    }

    /// Whether it may turn out to be an option, or several arguments.
    pub fn may_be_option(&self) -> bool {
        match self.rest {
            Rest::None => false,
            Rest::Name | Rest::Names => self.known.starts_with('-'),
            Rest::Address | Rest::Quoted | Rest::Matches => {
                self.known.is_empty() || self.known.starts_with('-')
            }
            Rest::Split | Rest::Unseen => true,
        }
    }

    /// Whether it may turn out to be several arguments.
    pub fn may_be_several(&self) -> bool {
        self.rest >= Rest::Matches
    }
}

/// Whether the unquoted text of a word is a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unquoted {
    Text,
    Pattern,
}

/// Whether a piece is all of its word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alone {
    Yes,
    No,
}

/// What is known of a piece because of what the text does before.
fn valued(piece: &Piece, alone: Alone, values: &Values) -> Option<(String, Rest)> {
    let (value, quoted) = match piece {
        Piece::Parameter(parameter) => (values.at(parameter)?.clone(), parameter.quoted),
        Piece::Substitution { body, quoted, .. } => (Values::printed(body)?, *quoted),
        _ => return None,
    };
    match value {
        Value::Text(text) if quoted || is_unsplit(&text) => Some((text, Rest::None)),
        Value::Text(_) => None,
        Value::One => Some((String::new(), Rest::Name)),
        // Where nothing is printed, the word begins with what comes next.
        Value::Lines | Value::Number if alone == Alone::No => None,
        Value::Lines | Value::Number if quoted => Some((String::new(), Rest::Name)),
        Value::Lines | Value::Number => Some((String::new(), Rest::Names)),
    }
}

/// Whether bash leaves a text as it is where it is not quoted.
fn is_unsplit(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/:@%+,=-".contains(c);
    !text.is_empty() && text.chars().all(plain)
}

/// What is known of a piece, and what is not.
fn known_of(piece: &Piece, unquoted: Unquoted) -> (String, Rest) {
    let unknown = |rest| (String::new(), rest);
    match piece {
        Piece::Text { text, quoted } if *quoted || unquoted == Unquoted::Text => {
            (text.clone(), Rest::None)
        }
        Piece::Text { text, .. } => {
            let plain = text.find(['*', '?', '[', '{', '@', '!', '+', ',', '}']);
            // What braces make need not be a file's name.
            let rest = if text.contains(['{', '}']) { Rest::Split } else { Rest::Matches };
            match plain {
                Some(end) => (text[..end].to_owned(), rest),
                None => (text.clone(), Rest::None),
            }
        }
        // A home folder is one path, and no path starts with a dash.
        Piece::Tilde => ("~".to_owned(), Rest::None),
        Piece::Process { .. } => ("/dev/fd/".to_owned(), Rest::Quoted),
        Piece::Arithmetic { .. } | Piece::Substitution { quoted: true, .. } => {
            unknown(Rest::Quoted)
        }
        // These hold numbers.
        Piece::Parameter(it)
            if matches!(it.name.as_str(), "?" | "#" | "$" | "!") && it.used == Use::Value =>
        {
            unknown(Rest::Quoted)
        }
        Piece::Parameter(it) if it.quoted && !it.many => {
            let address = it.used == Use::Value && is_called_address(&it.name);
            unknown(if address { Rest::Address } else { Rest::Quoted })
        }
        Piece::Parameter(_) | Piece::Substitution { .. } | Piece::Opaque(_) => unknown(Rest::Split),
    }
}

/// Whether a variable's name says that it holds an address, which begins with no dash.
fn is_called_address(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or_default().to_ascii_uppercase();
    matches!(last.as_str(), "URL" | "URI" | "DSN")
}
