//! What a shell block mentions: statements, commands, names, placeholders, redirections.
//!
//! Comes in: a block's text. Goes out: a [`Script`] of statements with byte spans into that text.
//! Refuses to know what a command does (`policy`), values (`variables`) and markdown (`document`).

mod bash;
mod guard;
mod lexer;
mod names;
mod placeholders;
mod quote;
mod script;
mod tree;
mod trial;
mod words;

#[cfg(test)]
mod tests;

use crate::source::Span;

pub use names::is_of_bash;
pub use placeholders::{Backquotes, blank, fill, placeholders, templates};
pub use quote::quote;
pub use script::{Script, Statement, comments, parse, units};
pub use tree::{
    AndOr, Assignment, Command, Compound, Connector, Function, Item, Kind, List, Parameter, Piece,
    Pipeline, Redirect, RedirectKind, Simple, Test, Use, Word,
};
pub use trial::{Trial, begin, try_first};

/// A name that a text reads or assigns, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mention {
    /// The variable's name.
    pub name: String,
    /// Where in the block's text.
    pub span: Span,
}

/// Something that the author left for the operator to fill in: `<app>`, `"..."`, `YOUR_TOKEN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// Where in the block's text, with its brackets, without quotes around it.
    pub span: Span,
    /// As written, with its brackets.
    pub spelling: String,
    /// The input's name: lowercase words joined by `_`; several spellings of one name are one
    /// input. For `VAR="..."` it is `VAR`. Empty for an ellipsis that stands for nothing in particular.
    pub name: String,
    /// How the shell would read it there, so that a value can be quoted for that place.
    pub context: Quoting,
}

/// How the shell reads a place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// Outside quotes.
    None,
    /// Inside `'...'`.
    Single,
    /// Inside `"..."` or an unquoted here-document.
    Double,
    /// Inside a here-document with a quoted delimiter: taken as it is.
    Literal,
    /// Inside a comment: never run.
    Comment,
}

/// A comment of a shell text, found as bash finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From its `#` to the end of the line, without the line ending.
    pub span: Span,
    /// Whether nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// Why a text is no shell script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parse the block: {message}")]
pub struct SyntaxError {
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where in the block's text.
    pub span: Span,
}
