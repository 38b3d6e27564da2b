//! What a word is made of: text, parameters, substitutions.
//!
//! Comes in: a word as the bash grammar found it, and its place. Goes out: [`Word`]s with their
//! [`Piece`]s. Second half of the wrapping of brush-parser: its word parser counts bytes.

use std::ops::Range;

use brush_parser::ParserOptions;
use brush_parser::word::{
    Parameter as BrushParameter, ParameterExpr, SpecialParameter, WordPiece, WordPieceWithSource,
    parse as parse_word, parse_heredoc,
};

use crate::source::Span;

use super::bash;
use super::tree::{List, Parameter, Piece, Use, Word};

/// Where a text stands in the block.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Its first byte is that byte of the block, and so on.
    Exact(usize),
    /// Somewhere in there.
    Around(Span),
}

impl Place {
    /// The block's span of a range of the text.
    pub fn span(self, range: Range<usize>) -> Span {
        match self {
            Self::Exact(start) => Span::from(range).shift(start),
            Self::Around(span) => span,
        }
    }

    /// The place of what starts `offset` bytes into the text.
    pub fn inside(self, offset: usize) -> Self {
        match self {
            Self::Exact(start) => Self::Exact(start + offset),
            Self::Around(_) => self,
        }
    }
}

/// A word of a command. The tokenizer and the word parser of brush see quotes in different ways;
/// what would end a word for bash and stands in one all the same shows that they did.
pub(super) fn word(value: &str, place: Place, depth: usize) -> Word {
    let word = part(value, place, depth);
    undivided(word, " \t\n;&|()<>")
}

/// A word in `case` and `[[ ]]`, which may hold `(a|b)`.
pub(super) fn pattern(value: &str, place: Place, depth: usize) -> Word {
    let word = part(value, place, depth);
    undivided(word, " \t\n;&")
}

fn undivided(mut word: Word, ends: &str) -> Word {
    let ends = |c: char| ends.contains(c);
    let holds_end =
        |it: &Piece| matches!(it, Piece::Text { text, quoted: false } if text.contains(ends));
    let refused = word.pieces.iter().any(|it| matches!(it, Piece::Opaque(_)));
    if !refused && word.pieces.iter().any(holds_end) {
        word.pieces.push(opaque("quotes that bash reads in another way"));
    }
    word
}

/// A text that is expanded like a word.
fn part(value: &str, place: Place, depth: usize) -> Word {
    let reader = Reader { value, place, depth };
    let pieces = match parse_word(value, &options()) {
        Ok(pieces) => reader.pieces(&pieces, Quotes::Outside),
        Err(_) => vec![opaque("a word that the parser does not take apart")],
    };
    reader.word(pieces)
}

/// The body of a here-document that is expanded; bash joins lines that a backslash continues first.
pub(super) fn here_document(value: &str, place: Place, depth: usize) -> Word {
    let joined = joined(value);
    let place =
        if joined.len() == value.len() { place } else { Place::Around(place.span(0..value.len())) };
    quoted_part(&joined, place, depth)
}

/// A text without its line continuations.
fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            joined.push(character);
        } else if characters.next_if_eq(&'\n').is_none() {
            joined.push(character);
            joined.extend(characters.next());
        }
    }
    joined
}

/// A text in which quotes mean nothing, and expansions what they mean in double quotes.
fn quoted_part(value: &str, place: Place, depth: usize) -> Word {
    let reader = Reader { value, place, depth };
    let pieces = match parse_heredoc(value, &options()) {
        Ok(pieces) => reader.pieces(&pieces, Quotes::Inside),
        Err(_) => vec![opaque("a here-document that the parser does not take apart")],
    };
    reader.word(pieces)
}

/// A text that is taken as it is.
pub(super) fn literal(value: &str, place: Place) -> Word {
    Word {
        span: place.span(0..value.len()),
        text: value.to_owned(),
        pieces: vec![Piece::Text { text: value.to_owned(), quoted: true }],
    }
}

/// An arithmetic expression.
pub(super) fn arithmetic(value: &str, place: Place, depth: usize) -> Word {
    let reader = Reader { value, place, depth };
    let piece = reader.arithmetic(value, place.span(0..value.len()));
    reader.word(vec![piece])
}

/// `<(...)` as a word.
pub(super) fn process(span: Span, body: List) -> Word {
    Word { span, text: "<(...)".to_owned(), pieces: vec![Piece::Process { span, body }] }
}

/// Unquoted text.
pub(super) fn text(value: &str) -> Piece {
    Piece::Text { text: value.to_owned(), quoted: false }
}

/// What stands for `(a b)` as the value of an argument, whose subscripts are evaluated.
pub(super) fn array() -> Piece {
    opaque("an array, whose subscripts may be evaluated")
}

fn opaque(reason: &str) -> Piece {
    Piece::Opaque(reason.to_owned())
}

fn options() -> ParserOptions {
    ParserOptions::default()
}

/// Whether a piece stands in double quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Outside,
    Inside,
}

struct Reader<'a> {
    value: &'a str,
    place: Place,
    depth: usize,
}

impl Reader<'_> {
    fn word(&self, pieces: Vec<Piece>) -> Word {
        Word { span: self.place.span(0..self.value.len()), text: self.value.to_owned(), pieces }
    }

    fn pieces(&self, pieces: &[WordPieceWithSource], quotes: Quotes) -> Vec<Piece> {
        let mut found = Vec::with_capacity(pieces.len());
        if pieces.windows(2).any(|pair| is_newer(&pair[0], &pair[1])) {
            found.push(opaque("an expansion that the parser does not know"));
        }
        for piece in pieces {
            let range = piece.start_index..piece.end_index;
            match &piece.piece {
                WordPiece::DoubleQuotedSequence(inner)
                | WordPiece::GettextDoubleQuotedSequence(inner) => {
                    // An empty pair of quotes is still a word.
                    found.push(quoted(""));
                    found.extend(self.pieces(inner, Quotes::Inside));
                }
                other => found.push(self.piece(other, range, quotes)),
            }
        }
        found
    }

    fn piece(&self, piece: &WordPiece, range: Range<usize>, quotes: Quotes) -> Piece {
        match piece {
            WordPiece::Text(text) => plain(text, quotes),
            WordPiece::SingleQuotedText(text) => quoted(text),
            WordPiece::AnsiCQuotedText(text) if !text.contains('\\') => quoted(text),
            WordPiece::AnsiCQuotedText(_) => opaque("a `$'...'` with escapes"),
            WordPiece::EscapeSequence(text) => unescape(text),
            WordPiece::TildeExpansion(_) => Piece::Tilde,
            WordPiece::CommandSubstitution(text) => self.substitution(text, range, quotes),
            WordPiece::BackquotedCommandSubstitution(_) => self.backquoted(range, quotes),
            // brush takes a `#` in it for a comment.
            WordPiece::ArithmeticExpression(_) if self.value[range.clone()].starts_with("$[") => {
                opaque("arithmetic in the old form `$[...]`")
            }
            WordPiece::ArithmeticExpression(expression) => {
                self.arithmetic(&expression.value, self.place.span(range))
            }
            WordPiece::ParameterExpansion(expression) => self.parameter(expression, range, quotes),
            WordPiece::DoubleQuotedSequence(_) | WordPiece::GettextDoubleQuotedSequence(_) => {
                opaque("quotes inside quotes")
            }
        }
    }

    /// The place of a part of the value that should stand in `range`.
    fn place_of(&self, part: &str, range: &Range<usize>) -> Place {
        match self.value.get(range.clone()).and_then(|text| text.find(part)) {
            Some(found) if !part.is_empty() => self.place.inside(range.start + found),
            _ => Place::Around(self.place.span(range.clone())),
        }
    }

    fn substitution(&self, text: &str, range: Range<usize>, quotes: Quotes) -> Piece {
        let place = self.place_of(text, &range);
        match bash::parse_at(text, place, self.depth + 1) {
            Ok(body) => Piece::Substitution {
                span: self.place.span(range),
                quoted: quotes == Quotes::Inside,
                body,
            },
            Err(error) => Piece::Opaque(format!("a substitution of which {}", error.message)),
        }
    }

    /// In backquotes a backslash quotes `$`, backquotes and itself before anything else is read. In
    /// double quotes it also quotes those, in here-documents it does not: that is not taken apart.
    fn backquoted(&self, range: Range<usize>, quotes: Quotes) -> Piece {
        let raw = self.value.get(range.start + 1..range.end.saturating_sub(1)).unwrap_or("");
        if quotes == Quotes::Inside && raw.contains("\\\"") {
            return opaque("quotes in backquotes in quotes");
        }
        let mut text = String::with_capacity(raw.len());
        let mut characters = raw.chars().peekable();
        while let Some(character) = characters.next() {
            let escaped = characters.next_if(|next| character == '\\' && "$`\\".contains(*next));
            text.push(escaped.unwrap_or(character));
        }
        self.substitution(&text, range, quotes)
    }

    fn arithmetic(&self, text: &str, span: Span) -> Piece {
        let place = self.place_of(text, &(0..self.value.len()));
        let inner = Reader { value: text, place, depth: self.depth + 1 };
        let pieces = match parse_word(text, &options()) {
            Ok(pieces) if self.depth < 20 => inner.pieces(&pieces, Quotes::Inside),
            _ => vec![opaque("arithmetic that the parser does not take apart")],
        };
        Piece::Arithmetic { span, text: text.to_owned(), pieces }
    }

    fn parameter(&self, expression: &ParameterExpr, range: Range<usize>, quotes: Quotes) -> Piece {
        let read = read_parameter(expression);
        let as_quoted = quotes == Quotes::Inside && read.inherits;
        let mut pieces = Vec::new();
        for text in &read.parts {
            let place = self.place_of(text, &range);
            if self.depth >= 20 {
                pieces.push(opaque("an expansion that nests too deep"));
            } else if as_quoted {
                pieces.extend(quoted_part(text, place, self.depth + 1).pieces);
            } else {
                pieces.extend(part(text, place, self.depth + 1).pieces);
            }
            // `"${X:-'}"` ends at the brace for bash, which takes that `'` for text.
            if as_quoted && text.contains('\'') && text.contains(['}', '"', '\\']) {
                pieces.push(opaque("quotes that bash reads in another way"));
            }
        }
        let many = |it: &Piece| matches!(it, Piece::Parameter(inner) if inner.many);
        let many = read.many || read.inherits && pieces.iter().any(many);
        for text in &read.arithmetic {
            pieces.push(self.arithmetic(text, self.place.span(range.clone())));
        }
        Piece::Parameter(Parameter {
            name: read.name,
            span: self.place.span(range),
            quoted: quotes == Quotes::Inside,
            used: read.used,
            many,
            pieces,
        })
    }
}

/// A parameter expression, flattened.
struct Read {
    name: String,
    used: Use,
    many: bool,
    /// Whether the text after the operator stands in the quotes around the expansion.
    inherits: bool,
    /// Texts that are expanded as words.
    parts: Vec<String>,
    /// Texts that are evaluated as arithmetic.
    arithmetic: Vec<String>,
}

impl Read {
    fn new(parameter: &BrushParameter, used: Use, parts: impl IntoIterator<Item = String>) -> Self {
        let mut arithmetic = Vec::new();
        Self {
            name: name_of(parameter, &mut arithmetic),
            used,
            many: matches!(
                parameter,
                BrushParameter::NamedWithAllIndices { concatenate: false, .. }
                    | BrushParameter::Special(SpecialParameter::AllPositionalParameters {
                        concatenate: false
                    })
            ),
            inherits: false,
            parts: parts.into_iter().collect(),
            arithmetic,
        }
    }

    /// Of `${X:-word}` and its like; a pattern, as in `${X#word}`, has quotes of its own.
    fn inheriting(self) -> Self {
        Self { inherits: true, ..self }
    }
}

#[rustfmt::skip]
fn read_parameter(expression: &ParameterExpr) -> Read {
    use ParameterExpr as E;
    let used = |indirect: &bool, used| if *indirect { Use::Evaluate } else { used };
    match expression {
        E::VariableNames { .. } | E::MemberKeys { .. } => Read {
            name: String::new(),
            used: Use::Evaluate,
            many: true,
            inherits: false,
            parts: Vec::new(),
            arithmetic: Vec::new(),
        },
        E::Transform { parameter, .. } => Read::new(parameter, Use::Evaluate, None),
        E::Parameter { parameter, indirect }
        | E::ParameterLength { parameter, indirect } => {
            Read::new(parameter, used(indirect, Use::Value), None)
        }
        E::UseDefaultValues { parameter, indirect, default_value: value, .. }
        | E::UseAlternativeValue { parameter, indirect, alternative_value: value, .. } => {
            Read::new(parameter, used(indirect, Use::Default), value.clone()).inheriting()
        }
        E::AssignDefaultValues { parameter, indirect, default_value: value, .. } => {
            Read::new(parameter, used(indirect, Use::Assign), value.clone()).inheriting()
        }
        E::IndicateErrorIfNullOrUnset { parameter, indirect, error_message: value, .. } => {
            Read::new(parameter, used(indirect, Use::Value), value.clone()).inheriting()
        }
        E::RemoveSmallestSuffixPattern { parameter, indirect, pattern: value }
        | E::RemoveLargestSuffixPattern { parameter, indirect, pattern: value }
        | E::RemoveSmallestPrefixPattern { parameter, indirect, pattern: value }
        | E::RemoveLargestPrefixPattern { parameter, indirect, pattern: value }
        | E::UppercaseFirstChar { parameter, indirect, pattern: value }
        | E::UppercasePattern { parameter, indirect, pattern: value }
        | E::LowercaseFirstChar { parameter, indirect, pattern: value }
        | E::LowercasePattern { parameter, indirect, pattern: value } => {
            Read::new(parameter, used(indirect, Use::Value), value.clone())
        }
        E::ReplaceSubstring { parameter, indirect, pattern, replacement, .. } => {
            let parts = [Some(pattern.clone()), replacement.clone()];
            Read::new(parameter, used(indirect, Use::Value), parts.into_iter().flatten())
        }
        E::Substring { parameter, indirect, offset, length } => {
            let mut read = Read::new(parameter, used(indirect, Use::Value), None);
            let texts = [Some(offset), length.as_ref()].into_iter().flatten();
            read.arithmetic.extend(texts.map(|text| text.value.clone()));
            read
        }
    }
}

/// The variable's name, or the sign of a special parameter. An index is arithmetic.
fn name_of(parameter: &BrushParameter, arithmetic: &mut Vec<String>) -> String {
    match parameter {
        BrushParameter::Positional(number) => number.to_string(),
        BrushParameter::Special(special) => special_name(special).to_owned(),
        BrushParameter::Named(name) | BrushParameter::NamedWithAllIndices { name, .. } => {
            name.clone()
        }
        BrushParameter::NamedWithIndex { name, index } => {
            arithmetic.push(index.clone());
            name.clone()
        }
    }
}

fn special_name(special: &SpecialParameter) -> &'static str {
    match special {
        SpecialParameter::AllPositionalParameters { concatenate: true } => "*",
        SpecialParameter::AllPositionalParameters { concatenate: false } => "@",
        SpecialParameter::PositionalParameterCount => "#",
        SpecialParameter::LastExitStatus => "?",
        SpecialParameter::CurrentOptionFlags => "-",
        SpecialParameter::ProcessId => "$",
        SpecialParameter::LastBackgroundProcessId => "!",
        SpecialParameter::ShellName => "0",
    }
}

/// A lone `$` before a bracket is an expansion that is newer than the parser.
fn is_newer(first: &WordPieceWithSource, second: &WordPieceWithSource) -> bool {
    let (WordPiece::Text(first), WordPiece::Text(second)) = (&first.piece, &second.piece) else {
        return false;
    };
    first.ends_with('$') && second.starts_with(['{', '('])
}

/// Text that should hold no expansion; what still looks like one is newer than the parser
/// (bash 5.3 has `${ command; }`), or a process substitution in `${X:-<(command)}`.
fn plain(text: &str, quotes: Quotes) -> Piece {
    let process = quotes == Quotes::Outside && (text.contains("<(") || text.contains(">("));
    if process || text.contains("${") || text.contains("$(") || text.contains('`') {
        return opaque("an expansion that the parser does not know");
    }
    Piece::Text { text: text.to_owned(), quoted: quotes == Quotes::Inside }
}

fn quoted(text: &str) -> Piece {
    Piece::Text { text: text.to_owned(), quoted: true }
}

fn unescape(sequence: &str) -> Piece {
    let text = sequence.strip_prefix('\\').unwrap_or(sequence);
    quoted(text.strip_prefix('\n').unwrap_or(text))
}
