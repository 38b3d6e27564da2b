//! What is refused before the parser sees it.
//!
//! Comes in: a text that a stranger may have written. Goes out: its lexing, or the reason why it
//! is not parsed. brush-parser 0.4 allocates without bound on an empty here-document delimiter and
//! overflows its stack on deep nesting; invisible characters make a reader see another text than
//! bash does.

use crate::source::Span;

use super::SyntaxError;
use super::lexer::{Angles, DEEPEST, Lexed, lex};

/// The longest text that is parsed, in bytes.
const LONGEST: usize = 64 * 1024;

/// Lexes a text that is harmless to parse.
pub(super) fn look(text: &str) -> Result<Lexed, SyntaxError> {
    if text.len() > LONGEST {
        let message = "it is longer than 64 KiB; split the block".to_owned();
        return Err(error(message, LONGEST, text.len()));
    }
    characters(text)?;
    let lexed = lex(text, Angles::Redirections);
    if let Some(at) = lexed.too_deep {
        let message = format!("it nests more than {DEEPEST} levels deep; take it apart");
        return Err(error(message, at, text.len()));
    }
    let empty = lexed.here_documents.iter().find(|document| document.empty_delimiter);
    if let Some(document) = empty {
        let message = "a here-document needs a word to end it, such as `<<EOF`".to_owned();
        return Err(error(message, document.operator, document.operator + 2));
    }
    let odd = lexed.here_documents.iter().find(|document| document.odd_delimiter);
    if let Some(document) = odd {
        let message = "the word that ends a here-document is quoted oddly; write `<<'EOF'`";
        return Err(error(message.to_owned(), document.operator, document.operator + 2));
    }
    if let Some(at) = lexed.glued.first() {
        let message = "a `#` right after `)` is read in different ways; quote it".to_owned();
        return Err(error(message, *at, at + 1));
    }
    Ok(lexed)
}

fn error(message: String, start: usize, end: usize) -> SyntaxError {
    SyntaxError { message, span: Span::new(start, end) }
}

fn characters(text: &str) -> Result<(), SyntaxError> {
    for (at, character) in text.char_indices() {
        if matches!(character, '\n' | '\t') {
            continue;
        }
        if let Some(what) = refused(character) {
            let number = u32::from(character);
            let message = format!("it holds {what} (U+{number:04X}); remove it");
            return Err(error(message, at, at + character.len_utf8()));
        }
    }
    Ok(())
}

/// What is wrong with a character. The sets are those of Unicode TR 36 and "Trojan Source".
fn refused(character: char) -> Option<&'static str> {
    match character {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Some("a blank that is no space to bash")
        }
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            Some("a character that turns the reading direction around")
        }
        '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{180e}' => {
            Some("an invisible character")
        }
        '\u{2028}' | '\u{2029}' | '\u{85}' => Some("a line ending that is none to bash"),
        '\0' => Some("a NUL character"),
        _ if character.is_control() => Some("a control character"),
        _ => None,
    }
}
