//! Keeps text from being taken for a command by whoever reads a log of CI.
//!
//! Comes in: lines that quote what others wrote. Goes out: the same lines, in which nothing is a
//! workflow command. After the parser of GitHub's runner (`ActionCommand.cs`): the newer form is
//! `::name …::data` at the beginning of a line, white space before it or not; the older one is
//! `##[name …]data` *anywhere* in a line. Azure (`##vso[`) and `TeamCity` (`##teamcity[`) are alike.
//! Refuses to know which formats are read in CI: every one may be.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// How the character is written that would have made a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disguise {
    colon: &'static str,
    bracket: &'static str,
}

impl Disguise {
    /// For people, and for formats of which some readers know no numeric references: a space in
    /// between.
    pub(super) const SPACED: Self = Self { colon: ": ", bracket: " [" };
    /// For JSON: the same text to a parser.
    pub(super) const JSON: Self = Self { colon: "\\u003a", bracket: "\\u005b" };
}

/// Only `##[` that a name follows: `${x##[0-9]}` is ordinary shell, and is left alone.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^(?<lead>[\s\p{C}]*):(?<rest>:)|(?<hashes>##\w*)\[(?<name>\pL)")
        .expect("a pattern of ours")
});

/// The text without a workflow command.
pub(super) fn disarm(text: &str, disguise: Disguise) -> Cow<'_, str> {
    COMMAND.replace_all(text, |found: &Captures<'_>| match found.name("lead") {
        Some(lead) => format!("{}{}:", lead.as_str(), disguise.colon),
        None => format!("{}{}{}", &found["hashes"], disguise.bracket, &found["name"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(text: &str, expected: &str) {
        assert_eq!(disarm(text, Disguise::SPACED), expected);
    }

    #[test]
    fn a_command_at_the_beginning_of_a_line_is_broken() {
        case("::error::x", ": :error::x");
        case("a\n \t\u{a0}::stop-commands::x\nb", "a\n \t\u{a0}: :stop-commands::x\nb");
        case("\u{200b}::debug::x", "\u{200b}: :debug::x");
        case("a\n\n::::", "a\n\n: :::");
    }

    #[test]
    fn the_older_form_is_broken_wherever_it_stands() {
        case("see ##[error]x and ###[add-mask]y", "see ## [error]x and ### [add-mask]y");
        case("##vso[task.setvariable]x ##teamcity[x]", "##vso [task.setvariable]x ##teamcity [x]");
    }

    #[test]
    fn what_is_no_command_stays() {
        for text in ["std::string::x", "a ::1", "${x##[0-9]}", "## [Unreleased]", "#[cfg]", ":"] {
            case(text, text);
        }
    }

    #[test]
    fn a_parser_reads_the_same_text() {
        assert_eq!(disarm("\"##[y]\"", Disguise::JSON), "\"##\\u005by]\"");
    }
}
