//! What a heading is: a step, a section of a known kind, or just a title.
//!
//! Comes in: a heading's text. Goes out: [`Titled`]. The names are those that real runbooks use.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::SectionKind;

/// A heading, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Titled {
    /// The number of a step heading.
    pub number: Option<String>,
    /// The text without the number.
    pub title: String,
    pub named: Named,
}

/// What the title says by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// A kind of section that we know.
    Kind(SectionKind),
    /// Overview, purpose, impact: read, not carried out, unless commands stand in it.
    Background,
    /// A table of inputs.
    Inputs,
    /// Anything else.
    Unknown,
}

/// Names by their first words or as a whole, lowercase.
const NAMES: &[(Named, &str)] = &[
    (
        Named::Kind(SectionKind::Prerequisites),
        "prerequisite|pre-requisite|prereq|before you begin|before you start|before starting|\
         requirements|preconditions|what you need|you will need|access required|required access|\
         pre-flight|preflight|pre-checks|prechecks|assumptions",
    ),
    (
        Named::Kind(SectionKind::Rollback),
        "rollback|roll back|rolling back|back out|backout|back-out|undo|undoing|revert|reverting",
    ),
    (
        Named::Kind(SectionKind::Troubleshooting),
        "troubleshoot|trouble shooting|common issues|common problems|common errors|known issues|\
         known problems|faq|frequently asked|if something goes wrong|if it fails|failure modes|\
         when things go wrong|gotchas|possible problems",
    ),
    (
        Named::Kind(SectionKind::Audit),
        "audit|post-incident|post incident|record keeping|recordkeeping|audit log|audit record|\
         after action",
    ),
    (
        Named::Kind(SectionKind::References),
        "reference|related|see also|links|useful links|further reading|external links|resources|\
         additional resources|additional reading|change log|changelog|revision history|\
         change history|document history|version history|contacts|glossary|table of contents|\
         contents|toc",
    ),
    (
        Named::Background,
        "overview|purpose|background|introduction|meaning|impact|summary|scope|description|\
         context|about|when to use|symptoms|trigger|definitions|architecture|how it works|why|\
         metadata|audience|alert description|what is|concepts|notes",
    ),
    (Named::Inputs, "inputs|input|variables|parameters|input parameters|required inputs"),
];

/// Names that are a verification only as a whole: "Verify" may begin the title of any step.
const VERIFICATIONS: &str = "\
     verification|verify|validation|validate|post-checks|postchecks|smoke test|smoke tests|\
     health check|health checks|verification steps|post-deployment checks|final checks|\
     final verification|confirmation|post-rotation verification|checks|testing|\
     post-deployment verification|verify the fix|success criteria";

/// Whole names that are ordinary words at the start of other titles.
const ONLY_WHOLE: &str = "\
     audit|links|why|related|about|input|revert|impact|trigger|scope|context|notes|resources|\
     contents|contacts|undo|summary|reference|description|variables|parameters|inputs|\
     requirements|architecture|symptoms|concepts|audience|background";

/// Reads a heading's text.
pub(super) fn titled(text: &str) -> Titled {
    let (number, title) = numbered(text);
    Titled { number, named: named(&title), title }
}

/// Whether the heading is `Phase 2` rather than `Step 2`: it holds steps more often than it is one.
pub(super) fn numbered(text: &str) -> (Option<String>, String) {
    static WORD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?i)^(?:step|phase|stage|part)\s*#?([0-9]{1,3}(?:\.[0-9]{1,3}){0,2}[a-z]?)\b",
            r"(?:\s*[-–—:.)]+\s*|\s+|$)(.*)$"
        ))
        .expect("a valid pattern")
    });
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:([0-9]{1,3}(?:\.[0-9]{1,3}){0,2}[a-z]?)(?:\s*[.):]|\s+[-–—])\s+|",
            r"([0-9]{1,2}(?:\.[0-9]{1,2}){1,2})\s+)(\S.*)$"
        ))
        .expect("a valid pattern")
    });
    let text = text.trim().trim_start_matches(|c: char| !c.is_alphanumeric() && !c.is_whitespace());
    let text = text.trim();
    if let Some(found) = WORD.captures(text) {
        let title = found[2].trim();
        let title = if title.is_empty() { text } else { title };
        return (Some(found[1].to_owned()), title.to_owned());
    }
    if let Some(found) = NUMBER.captures(text) {
        let number = found.get(1).or_else(|| found.get(2));
        let number = number.map(|number| number.as_str().to_owned());
        return (number, found[3].trim().to_owned());
    }
    (None, text.to_owned())
}

/// A name that is known, and what a title of that name is.
struct Known {
    name: &'static str,
    named: Named,
    only_whole: bool,
}

/// The names by their first letter, each letter's in the order of [`NAMES`].
static KNOWN: LazyLock<HashMap<char, Vec<Known>>> = LazyLock::new(|| {
    let mut known: HashMap<char, Vec<Known>> = HashMap::new();
    for &(named, names) in NAMES {
        for name in names.split('|') {
            let only_whole = ONLY_WHOLE.split('|').any(|whole| whole == name);
            let letter = name.chars().next().expect("no name is empty");
            known.entry(letter).or_default().push(Known { name, named, only_whole });
        }
    }
    known
});

impl Known {
    fn names(&self, title: &str) -> bool {
        let Some(rest) = title.strip_prefix(self.name) else {
            return false;
        };
        let longer = rest.starts_with(char::is_alphanumeric)
            || rest.starts_with([' ', '/', '(', '-', ',', '&', '?']);
        matches!(rest, "" | "s") || longer && !self.only_whole && rest_fits(self.name, rest)
    }
}

fn named(title: &str) -> Named {
    let name = title.to_lowercase();
    let name = name.trim_end_matches(':').trim();
    if VERIFICATIONS.split('|').any(|known| known == name) {
        return Named::Kind(SectionKind::Verification);
    }
    let alike = name.chars().next().and_then(|letter| KNOWN.get(&letter));
    let found = alike.and_then(|alike| alike.iter().find(|known| known.names(name)));
    found.map_or(Named::Unknown, |known| known.named)
}

/// `prerequisite` begins `prerequisites`, but `faq` does not begin `faqx`.
fn rest_fits(known: &str, rest: &str) -> bool {
    let stem =
        matches!(known, "prerequisite" | "pre-requisite" | "prereq" | "troubleshoot" | "reference");
    stem || rest.starts_with([' ', '/', '(', '-', ',', '&', '?', 's'])
}

/// A title as an id: lowercase words joined by hyphens.
pub(super) fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_heading_has_a_number_and_a_title() {
        let case = |text: &str, number: Option<&str>, title: &str| {
            let (found, rest) = numbered(text);
            assert_eq!((found.as_deref(), rest.as_str()), (number, title), "{text}");
        };
        case("Step 3 — Verify the new token", Some("3"), "Verify the new token");
        case("Step 3", Some("3"), "Step 3");
        case("STEP 3: x", Some("3"), "x");
        case("3. x", Some("3"), "x");
        case("3 - x", Some("3"), "x");
        case("3) x", Some("3"), "x");
        case("3.2 x", Some("3.2"), "x");
        case("3.2. x", Some("3.2"), "x");
        case("Phase 2 – x", Some("2"), "x");
        case("2024 review", None, "2024 review");
        case("1Password setup", None, "1Password setup");
        case("🚀 Step 1: go", Some("1"), "go");
        case("Steps", None, "Steps");
    }

    #[test]
    fn a_section_is_known_by_its_name() {
        let case = |text: &str, expected| assert_eq!(named(text), expected, "{text}");
        case("Prerequisites", Named::Kind(SectionKind::Prerequisites));
        case("Rollback procedure", Named::Kind(SectionKind::Rollback));
        case("Troubleshooting", Named::Kind(SectionKind::Troubleshooting));
        case("Verification", Named::Kind(SectionKind::Verification));
        case("Verify the new token", Named::Unknown);
        case("Audit", Named::Kind(SectionKind::Audit));
        case("Audit the users", Named::Unknown);
        case("References", Named::Kind(SectionKind::References));
        case("Impact", Named::Background);
        case("Inputs", Named::Inputs);
        case("Record the rotation", Named::Unknown);
        case("Restart the pods", Named::Unknown);
    }
}
