//! Which characters a terminal does not show, and how wide the others are.
//!
//! After Unicode 16: `Default_Ignorable_Code_Point`, the bidirectional controls, separators that a
//! terminal may take for a line end.

/// How a character goes to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// As it is.
    Seen,
    /// By its number: it would act on the terminal, or hide.
    Named,
    /// Not at all: it only chooses between two pictures of the character before it.
    Dropped,
}

/// How `c` goes to a terminal.
pub(super) fn sight(c: char) -> Sight {
    match c {
        '\u{fe00}'..='\u{fe0f}' => Sight::Dropped,
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Sight::Named,
        _ => Sight::Seen,
    }
}

/// How many columns a character takes at most. Counting too many breaks a line early; counting
/// too few would let text begin at the left edge, where only the program writes.
pub(super) fn columns(c: char) -> usize {
    match c {
        '\t' => 8,
        '\0'..='\u{10ff}' | '\u{2010}'..='\u{2027}' | '\u{2500}'..='\u{259f}' => 1,
        _ => 2,
    }
}
