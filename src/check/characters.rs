//! Characters that make a reader see another text than a program does.
//!
//! Comes in: the whole text: commands, prose, headings, links, info strings, comments. Goes out: a
//! finding for each line that holds such characters, which names them. The sets are those of
//! "Trojan Source" (CVE-2021-42574), Unicode TR 36 and `Default_Ignorable_Code_Point` of Unicode 16.
//! What scripts and emoji need in prose is left alone there.

use std::collections::HashSet;
use std::fmt::Write;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

use super::Subject;
use super::rules::found;

/// What a character does to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// Turns the order of what follows around.
    Turns,
    /// Acts on a terminal.
    Acts,
    /// Spells a text that nobody sees.
    Spells,
    /// Is not seen.
    Hides,
}

/// Names that are better known than their numbers.
const NAMES: &[(char, &str)] = &[
    ('\0', "NUL"),
    ('\u{8}', "BACKSPACE"),
    ('\u{b}', "VERTICAL TAB"),
    ('\u{c}', "FORM FEED"),
    ('\r', "CARRIAGE RETURN"),
    ('\u{1b}', "ESCAPE"),
    ('\u{7f}', "DELETE"),
    ('\u{ad}', "SOFT HYPHEN"),
    ('\u{61c}', "ARABIC LETTER MARK"),
    ('\u{180e}', "MONGOLIAN VOWEL SEPARATOR"),
    ('\u{200b}', "ZERO WIDTH SPACE"),
    ('\u{200c}', "ZERO WIDTH NON-JOINER"),
    ('\u{200d}', "ZERO WIDTH JOINER"),
    ('\u{200e}', "LEFT-TO-RIGHT MARK"),
    ('\u{200f}', "RIGHT-TO-LEFT MARK"),
    ('\u{2028}', "LINE SEPARATOR"),
    ('\u{2029}', "PARAGRAPH SEPARATOR"),
    ('\u{202a}', "LEFT-TO-RIGHT EMBEDDING"),
    ('\u{202b}', "RIGHT-TO-LEFT EMBEDDING"),
    ('\u{202c}', "POP DIRECTIONAL FORMATTING"),
    ('\u{202d}', "LEFT-TO-RIGHT OVERRIDE"),
    ('\u{202e}', "RIGHT-TO-LEFT OVERRIDE"),
    ('\u{2060}', "WORD JOINER"),
    ('\u{2066}', "LEFT-TO-RIGHT ISOLATE"),
    ('\u{2067}', "RIGHT-TO-LEFT ISOLATE"),
    ('\u{2068}', "FIRST STRONG ISOLATE"),
    ('\u{2069}', "POP DIRECTIONAL ISOLATE"),
    ('\u{3164}', "HANGUL FILLER"),
    ('\u{feff}', "ZERO WIDTH NO-BREAK SPACE"),
];

/// A character that was found.
struct Hidden {
    at: usize,
    character: char,
    harm: Harm,
    place: Place,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    Link,
    Comment,
    Prose,
}

/// Finds hidden characters.
pub(super) fn hidden(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let text = subject.plan.document.source.text();
    let mut lines: Vec<Vec<Hidden>> = Vec::new();
    let mut line = usize::MAX;
    for (at, character) in text.char_indices().filter(|(_, c)| !c.is_ascii() || c.is_control()) {
        let Some(harm) = harm(text, at, character) else {
            continue;
        };
        let place = place(subject, at);
        if place == Place::Prose && is_needed(text, at, character) {
            continue;
        }
        let own = subject.plan.document.source.line(at);
        if own != line {
            lines.push(Vec::new());
            line = own;
        }
        if let Some(last) = lines.last_mut() {
            last.push(Hidden { at, character, harm, place });
        }
    }
    lines.iter().filter_map(|line| told(line)).collect()
}

fn harm(text: &str, at: usize, character: char) -> Option<Harm> {
    match character {
        '\n' | '\t' => None,
        '\r' if text[at..].starts_with("\r\n") => None,
        '\u{feff}' if at == 0 => None,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Harm::Turns),
        '\u{e0000}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}' => Some(Harm::Spells),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{2029}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0080}'..='\u{e0fff}' => Some(Harm::Hides),
        _ if character.is_control() => Some(Harm::Acts),
        _ => None,
    }
}

fn place(subject: &Subject<'_>, at: usize) -> Place {
    let markup = &subject.markup;
    if markup.is_code(at) {
        Place::Code
    } else if markup.is_comment(at) {
        Place::Comment
    } else if markup.is_target(at) {
        Place::Link
    } else {
        Place::Prose
    }
}

/// Joiners of emoji and of scripts that write with them, marks beside right-to-left letters, and
/// the tags of a flag.
fn is_needed(text: &str, at: usize, character: char) -> bool {
    let before = text[..at].chars().next_back().unwrap_or(' ');
    let after = text[at + character.len_utf8()..].chars().next().unwrap_or(' ');
    let emoji =
        |c: char| matches!(c, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}');
    let joining = |c: char| matches!(c, '\u{600}'..='\u{dff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}');
    let right = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}');
    match character {
        '\u{200d}' => emoji(before) && emoji(after) || joining(before),
        '\u{200c}' => joining(before),
        '\u{200e}' | '\u{200f}' | '\u{61c}' => right(before) || right(after),
        '\u{e0020}'..='\u{e007f}' => is_flag(&text[..at]),
        _ => false,
    }
}

/// Whether a text ends within a flag, which has at most seven tags.
fn is_flag(before: &str) -> bool {
    let tag = |c: &char| matches!(c, '\u{e0020}'..='\u{e007e}');
    before.chars().rev().take(7).find(|c| !tag(c)) == Some('\u{1f3f4}')
}

/// What is said of the hidden characters of a line.
fn told(line: &[Hidden]) -> Option<Diagnostic> {
    let (first, last) = (line.first()?, line.last()?);
    let span = Span::new(first.at, last.at + last.character.len_utf8());
    let mut seen = HashSet::new();
    let new = line.iter().map(|hidden| hidden.character).filter(|one| seen.insert(*one));
    let different: Vec<_> = new.collect();
    let names: Vec<_> = different.iter().take(4).map(|one| name(*one)).collect();
    let more = different.len() - names.len();
    let mut message = format!("{} {}: {}", of_place(line), what(line), names.join(", "));
    if more > 0 {
        let _ = write!(message, " and {more} more");
    }
    let mild = |one: &Hidden| one.harm == Harm::Hides && one.place == Place::Prose;
    let mut diagnostic = found("hidden-character", span, message)
        .help("delete it, or type the line again: what a reader sees is not what is there");
    if line.iter().all(mild) {
        diagnostic.severity = Severity::Warning;
    }
    Some(diagnostic)
}

fn what(line: &[Hidden]) -> &'static str {
    let has = |harm: Harm| line.iter().any(|one| one.harm == harm);
    if has(Harm::Turns) {
        "turns its reading direction around"
    } else if has(Harm::Acts) {
        "holds a control character"
    } else if has(Harm::Spells) {
        "holds a text in characters that nobody sees"
    } else {
        "holds what nobody sees"
    }
}

fn of_place(line: &[Hidden]) -> &'static str {
    let has = |place: Place| line.iter().any(|one| one.place == place);
    if has(Place::Code) {
        "this code"
    } else if has(Place::Link) {
        "this link's target"
    } else if has(Place::Comment) {
        "this comment"
    } else {
        "this text"
    }
}

fn name(character: char) -> String {
    let number = u32::from(character);
    let known = NAMES.iter().find(|(known, _)| *known == character);
    known.map_or_else(|| format!("U+{number:04X}"), |(_, name)| format!("U+{number:04X} {name}"))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::codes;

    #[test]
    fn a_hidden_character_is_found_wherever_it_stands() {
        for text in [
            "# T\u{202e}\n",
            "a \u{2066}b\n",
            "[a](b\u{200b}.md)\n",
            "<!-- \u{202e} -->\n",
            "```bash title=\"\u{200b}\"\nls\n```\n",
            "```bash\nls # Expect: \"\u{200d}a\"\n```\n",
            "```bash\nls \u{202e}\n```\n",
            "`a\u{ad}b`\n",
            "a\rb\n",
            "a \u{1b}[31m\n",
            "a\u{e0041}\u{e0042}\n",
            "| a\u{200b} |\n|---|\n",
            "---\ntitle: a\u{202e}\n---\n# T\n",
        ] {
            assert!(codes(text).contains(&"hidden-character"), "{text:?}");
        }
    }

    #[test]
    fn what_scripts_and_emoji_need_is_left_alone() {
        for text in [
            "\u{feff}# T\r\n\r\na\r\n",
            "## \u{26a0}\u{fe0f} Careful\n",
            "by \u{1f469}\u{200d}\u{1f4bb}\n",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}\n",
            "\u{5d0}\u{200f}.\n",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}\n",
            "a\u{a0}b\tc\n",
        ] {
            assert!(!codes(text).contains(&"hidden-character"), "{text:?}");
        }
    }
}
