//! Lines that a terminal need not break, so that nobody's words reach its left edge but ours.
//!
//! Comes in: text that somebody else wrote, the margin that is to stand before it. Goes out: harmless
//! lines that fit. Characters count as wide as any terminal draws them.

use super::invisible::columns as wide;
use super::neutral;
use super::neutral::Neutralizer;
use crate::voice;

/// The fewest columns that lines are made for.
const NARROWEST: usize = 24;

/// Text for one line.
pub fn told(text: &str) -> String {
    neutral(text).replace('\n', " ")
}

/// A name that a line of ours begins with: in quotes where it is more than one word, so that it is no
/// sentence.
pub fn named(name: &str) -> String {
    let usual = |c: char| c.is_alphanumeric() || "_-./".contains(c);
    if name.chars().all(usual) { name.to_owned() } else { format!("\"{}\"", told(name)) }
}

/// Words of ours, which may quote others, as one line; `first` stands before them. Where it does not
/// fit, a sign stands before what is left of it: no line begins with what is only quoted.
pub fn said(first: &str, text: &str, columns: usize) -> Vec<String> {
    let blanks = first.len() - first.trim_start().len();
    let sign = format!("{}{} ", &first[..blanks], voice::GOES_ON);
    let rest = format!("{sign:<width$}", width = first.chars().count());
    wrapped(first, &rest, &told(text), columns)
}

/// The lines of a text, each broken between words; `first` stands before the first of all, `rest`
/// before the others. What begins deeper goes on deeper.
pub fn wrapped(first: &str, rest: &str, text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, line) in neutral(text).lines().enumerate() {
        let lead = if number == 0 { first } else { rest };
        let depth = line.len() - line.trim_start_matches(' ').len();
        let deeper = format!("{rest}{}", " ".repeat(depth.min(NARROWEST / 2)));
        broken(lead, &deeper, line, columns, &mut lines);
    }
    if lines.is_empty() {
        lines.push(first.trim_end().to_owned());
    }
    lines
}

/// The lines of a text as they are, those that do not fit broken with a mark.
pub fn verbatim(first: &str, rest: &str, text: &str, columns: usize) -> Vec<String> {
    // One column is left for the mark of a broken line, one for terminals that wrap early.
    let room = columns.max(NARROWEST) - 2 - width(first).max(width(rest)).min(NARROWEST / 2);
    let mut broken = String::new();
    let mut neutralizer = Neutralizer::new(room);
    neutralizer.push(text.as_bytes(), &mut broken);
    neutralizer.finish(&mut broken);
    let leads = std::iter::once(first).chain(std::iter::repeat(rest));
    leads.zip(broken.lines()).map(|(lead, line)| format!("{lead}{line}")).collect()
}

/// How many columns a text takes at most.
fn width(text: &str) -> usize {
    text.chars().map(wide).sum()
}

/// One line, broken where it does not fit.
fn broken(first: &str, rest: &str, text: &str, columns: usize, lines: &mut Vec<String>) {
    let limit = columns.max(NARROWEST) - 1;
    let (mut line, mut used, mut lead) = (first.to_owned(), width(first), first.len());
    let mut next = |line: &mut String, used: &mut usize, lead: &mut usize| {
        lines.push(line.trim_end().to_owned());
        (*line, *used, *lead) = (rest.to_owned(), width(rest), rest.len());
    };
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        if used + width(bare) > limit && line.len() > lead {
            next(&mut line, &mut used, &mut lead);
        }
        for c in word.chars() {
            if c != ' ' && used + wide(c) > limit && line.len() > lead {
                next(&mut line, &mut used, &mut lead);
            }
            line.push(c);
            used += wide(c);
        }
    }
    lines.push(line.trim_end().to_owned());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{named, said, told, verbatim, width, wrapped};

    #[test]
    fn a_line_is_broken_between_words() {
        let lines = said("  note: ", "one two\nthree four five six", 24);
        assert_eq!(lines, ["  note: one two three", "  »     four five six"]);
        assert_eq!(said("", "one two three four five six", 24)[1], "» six");
        assert_eq!(wrapped("- ", "  ", "a\nb", 40), ["- a", "  b"]);
        assert_eq!(wrapped("- ", "  ", "", 40), ["-"]);
    }

    #[test]
    fn what_begins_deeper_goes_on_deeper() {
        let lines = wrapped("| ", "| ", "- a\n  - one two three four five", 24);
        assert_eq!(lines, ["| - a", "|   - one two three", "|   four five"]);
    }

    #[test]
    fn a_word_that_does_not_fit_is_broken_inside() {
        let lines = wrapped("| ", "| ", &"漢".repeat(15), 24);
        assert_eq!(lines, ["| ".to_owned() + &"漢".repeat(10), "| ".to_owned() + &"漢".repeat(5)]);
    }

    #[test]
    fn a_text_is_kept_as_it_is_and_broken_with_a_mark() {
        let lines = verbatim("  $ ", "  » ", "a  \\\n\t b\r\nc", 40);
        assert_eq!(lines, ["  $ a  \\", "  » \t b", "  » c"]);
        let lines = verbatim("  $ ", "  » ", &"x".repeat(30), 24);
        assert_eq!(lines, ["  $ xxxxxxxxxxxxxxxxxx…", "  » xxxxxxxxxxxx"]);
    }

    #[test]
    fn a_name_is_no_sentence() {
        assert_eq!(named("new-API_token"), "new-API_token");
        assert_eq!(named("status only"), "\"status only\"");
        assert_eq!(named("met (0.3 s): exited 0"), "\"met (0.3 s): exited 0\"");
        assert_eq!(named("a\nb"), "\"a b\"");
    }

    proptest! {
        #[test]
        fn every_line_fits_and_stands_behind_its_margin(text in "[\\PC\\p{Cf}\u{301}\\x1b\\[\\]0-9;mHJ\\r\\n\t ]{0,300}", columns in 0_usize..60) {
            for lines in [wrapped("  ▌ ", "  ▌ ", &text, columns), verbatim("  ▌ ", "  ▌ ", &text, columns)] {
                for line in &lines {
                    prop_assert!(line.starts_with("  ▌"), "{line:?}");
                    prop_assert!(width(line) <= columns.max(24), "{line:?}");
                    prop_assert!(!line.contains(['\n', '\r', '\u{2028}', '\u{85}']), "{line:?}");
                }
            }
            let letters = |text: &str| text.replace(char::is_whitespace, "");
            prop_assert_eq!(letters(&wrapped("", "", &text, columns).concat()), letters(&told(&text)));
        }
    }
}
