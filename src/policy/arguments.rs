//! An argument of a command, as far as it is known before it runs.
//!
//! Comes in: a word of the tree. Goes out: an [`Argument`]: its text, or what is known of it.

use crate::shell::{Piece, Simple, Use, Word};
use crate::source::Span;

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

/// The name and the arguments of a command.
pub(super) fn arguments(simple: &Simple) -> Vec<Argument> {
    let declares = simple.words.first().is_some_and(|it| DECLARING.contains(&it.text.as_str()));
    let argument = |word: &Word| {
        let mut argument = Argument::new(word);
        let braces = word.has_pattern() && word.text.contains('{');
        let whole = declares && argument.known.contains('=') && !braces;
        if whole && argument.may_be_several() {
            argument.rest = Rest::Quoted;
        }
        argument
    };
    simple.words.iter().map(argument).collect()
}

/// What is not known of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rest {
    /// Nothing.
    None,
    /// More text of the same argument, from a variable that is called an address:
    /// `"$DATABASE_URL"`.
    Address,
    /// More text of the same argument.
    Quoted,
    /// The names of files that match: one argument or several, which all begin with the known text.
    Matches,
    /// Text that may become several arguments, or none.
    Split,
}

impl Argument {
    pub fn new(word: &Word) -> Self {
        let mut argument = Self::literal(String::new(), word.span);
        let unquoted = if word.has_pattern() { Unquoted::Pattern } else { Unquoted::Text };
        for piece in &word.pieces {
            let (text, rest) = known_of(piece, unquoted);
            if argument.rest == Rest::None {
                argument.known.push_str(&text);
            }
            argument.rest = argument.rest.max(rest);
        }
        argument
    }

    /// An argument that is known.
    pub fn literal(text: String, span: Span) -> Self {
        Self { span, known: text, rest: Rest::None }
    }

    /// An argument of which nothing is known.
    pub fn unseen(span: Span) -> Self {
        Self { span, known: String::new(), rest: Rest::Split }
    }

    /// All of it, if it is known.
    pub fn text(&self) -> Option<&str> {
        (self.rest == Rest::None).then_some(self.known.as_str())
    }

    /// Whether it may turn out to be an option, or several arguments.
    pub fn may_be_option(&self) -> bool {
        match self.rest {
            Rest::None => false,
            Rest::Address | Rest::Quoted | Rest::Matches => {
                self.known.is_empty() || self.known.starts_with('-')
            }
            Rest::Split => true,
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
