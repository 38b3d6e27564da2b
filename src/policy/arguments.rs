//! An argument of a command, as far as it is known before it runs.
//!
//! Comes in: a word of the tree. Goes out: an [`Argument`]: its text, or what is known of it.

use crate::shell::{Piece, Word, has_pattern};
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

/// What is not known of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rest {
    /// Nothing.
    None,
    /// More text of the same argument.
    Quoted,
    /// Text that may become several arguments, or none.
    Split,
}

impl Argument {
    pub fn new(word: &Word) -> Self {
        let mut argument = Self::literal(String::new(), word.span);
        for piece in &word.pieces {
            let rest = match piece {
                Piece::Text { text, quoted } if *quoted || !has_pattern(text) => {
                    if argument.rest == Rest::None {
                        argument.known.push_str(text);
                    }
                    continue;
                }
                // A home folder is one path, and no path starts with a dash.
                Piece::Tilde => {
                    if argument.rest == Rest::None {
                        argument.known.push('~');
                    }
                    continue;
                }
                Piece::Text { text, .. } => {
                    if argument.rest == Rest::None {
                        let plain = text.find(['*', '?', '[', '{', '@', '!', '+']);
                        argument.known.push_str(&text[..plain.unwrap_or(0)]);
                    }
                    Rest::Split
                }
                Piece::Parameter(parameter) if parameter.quoted && parameter.name != "@" => {
                    Rest::Quoted
                }
                // They hold numbers.
                Piece::Parameter(parameter)
                    if matches!(parameter.name.as_str(), "?" | "#" | "$" | "!") =>
                {
                    Rest::Quoted
                }
                Piece::Substitution { quoted: true, .. }
                | Piece::Process { .. }
                | Piece::Arithmetic { .. } => Rest::Quoted,
                Piece::Parameter(_) | Piece::Substitution { .. } | Piece::Opaque(_) => Rest::Split,
            };
            // `/dev/fd/N`
            if matches!(piece, Piece::Process { .. }) && argument.rest == Rest::None {
                argument.known.push_str("/dev/fd/");
            }
            argument.rest = argument.rest.max(rest);
        }
        argument
    }

    /// An argument that is known.
    pub fn literal(text: String, span: Span) -> Self {
        Self {
            span,
            known: text,
            rest: Rest::None,
        }
    }

    /// An argument of which nothing is known.
    pub fn unseen(span: Span) -> Self {
        Self {
            span,
            known: String::new(),
            rest: Rest::Split,
        }
    }

    /// All of it, if it is known.
    pub fn text(&self) -> Option<&str> {
        (self.rest == Rest::None).then_some(self.known.as_str())
    }

    /// Whether it may turn out to be an option, or several arguments.
    pub fn may_be_option(&self) -> bool {
        match self.rest {
            Rest::None => false,
            Rest::Quoted => self.known.is_empty() || self.known.starts_with('-'),
            Rest::Split => true,
        }
    }
}
