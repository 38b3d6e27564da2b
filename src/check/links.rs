//! Links to runbooks and sections that are not there.
//!
//! Comes in: the document's links and prose. Goes out: a warning for each target that is missing.
//! Whether a file exists is asked of the caller. Addresses, paths from a site's root and templates
//! of other programs are not looked at, nor are the labels of a documentation generator (`(label)=`,
//! `[](#label)`), which reach over all documents; and an anchor counts as there when its letters are those of
//! a heading: every host makes anchors in its own way.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::{Match, Regex};

use crate::diagnostic::Diagnostic;
use crate::source::Span;

use super::Subject;
use super::markup::Link;
use super::rules::found;

/// Finds links to runbooks beside this one that do not exist.
pub(super) fn runbooks(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let source = &subject.plan.document.source;
    let folder = source.path().parent().unwrap_or(Path::new(""));
    let missing = subject.markup.links.iter().filter_map(|link| {
        let file = markdown_file(&link.target)?;
        (!(subject.circumstances.exists)(&folder.join(&file))).then(|| {
            let message = format!("there is no file `{}` beside this runbook", file.display());
            found("missing-runbook", link.span, message)
                .help("correct the path, or write the runbook that is meant")
        })
    });
    missing.collect()
}

/// The relative path of a markdown file that a link leads to.
fn markdown_file(target: &str) -> Option<PathBuf> {
    let path = target.split(['#', '?']).next().unwrap_or("");
    let path = path.replace("%20", " ");
    let scheme = path.split('/').next().is_some_and(|first| first.contains(':'));
    let foreign = scheme || path.starts_with('/') || path.contains(['{', '<', '$', '%', '\\', '~']);
    let path = PathBuf::from(path);
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let markdown = extension.is_some_and(|it| it == "md" || it == "markdown");
    (markdown && !foreign).then_some(path)
}

/// A section that prose names: by its number, or by its name in quotes.
static SECTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"\b[Ss]ection (?:(\d{1,2}(?:\.\d{1,2}){0,2})\b|["“]([^"”\n]{2,60})["”])([^\n]{0,12})"#,
    )
    .expect("a valid pattern")
});

/// Words after it that say it is another document's.
const ELSEWHERE: &[&str] = &[" of ", " in ", " from "];

/// What sections a document has.
struct Sections {
    /// The letters of each heading and anchor.
    names: Vec<String>,
    known: HashSet<String>,
    /// The numbers that headings have.
    numbers: HashSet<String>,
    /// Whether labels of a documentation generator stand in it.
    labelled: bool,
}

impl Sections {
    fn of(subject: &Subject<'_>) -> Self {
        let markup = &subject.markup;
        let names: Vec<_> = markup.headings.iter().map(|heading| letters(heading)).collect();
        let anchors = markup.anchors.iter().map(|anchor| letters(anchor));
        let known = names.iter().cloned().chain(anchors).collect();
        let numbers = markup.headings.iter().flat_map(|heading| numbers(heading)).collect();
        let labelled = subject.plan.document.source.text().contains(")=\n");
        Self { names, known, numbers, labelled }
    }

    /// Which of the sections that are named are there; a number counts only where headings have
    /// numbers.
    fn have(&self, names: &[&str]) -> Vec<bool> {
        let wanted: Vec<_> = names.iter().map(|name| letters(name)).collect();
        let held = held(&self.names, wanted.iter().map(String::as_str).collect());
        let both = names.iter().zip(&wanted);
        both.map(|(name, letters)| {
            if name.starts_with(|c: char| c.is_ascii_digit()) {
                return self.numbers.is_empty() || self.numbers.contains(*name);
            }
            held[letters.as_str()]
        })
        .collect()
    }

    /// Whether an anchor is there. The second heading of a name gets a number behind it.
    fn has_anchor(&self, name: &str) -> bool {
        let wanted = letters(name);
        let first = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
        first.is_empty() || self.known.contains(&wanted) || self.known.contains(first)
    }
}

/// For each of some texts whether one of the names holds it, in one pass over the names.
fn held<'a>(names: &[String], wanted: HashSet<&'a str>) -> HashMap<&'a str, bool> {
    let wanted = Vec::from_iter(wanted);
    let mut held = vec![false; wanted.len()];
    match AhoCorasick::new(&wanted) {
        Ok(finder) => {
            let found = names.iter().flat_map(|name| finder.find_overlapping_iter(name));
            found.for_each(|one| held[one.pattern().as_usize()] = true);
        }
        // Too many to look for.
        Err(_) => held.fill(true),
    }
    wanted.into_iter().zip(held).collect()
}

/// Finds anchors and names of sections that the document does not have.
pub(super) fn sections(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let sections = Sections::of(subject);
    let text = subject.plan.document.source.text();
    let anchors = subject.markup.links.iter().filter_map(|link| anchor(&sections, text, link));
    let mut missing: Vec<_> = anchors.collect();
    let mut named = Vec::new();
    for one in SECTION.captures_iter(text) {
        let Some(name) = one.get(1).or(one.get(2)) else {
            continue;
        };
        let rest = one.get(3).map_or("", |rest| rest.as_str());
        let elsewhere = ELSEWHERE.iter().any(|word| rest.starts_with(word));
        let code = subject.markup.is_code(name.start()) || subject.markup.is_comment(name.start());
        if !elsewhere && !code {
            named.push(name);
        }
    }
    let names: Vec<_> = named.iter().map(Match::as_str).collect();
    let lacking = named.iter().zip(sections.have(&names)).filter(|(_, there)| !there);
    missing.extend(lacking.map(|(name, _)| no_section(name.as_str(), name.range().into())));
    missing
}

fn no_section(name: &str, span: Span) -> Diagnostic {
    let message = format!("there is no section `{name}` in this runbook");
    found("missing-section", span, message).help("name a heading as it is written")
}

fn anchor(sections: &Sections, text: &str, link: &Link) -> Option<Diagnostic> {
    let name = link.target.strip_prefix('#').filter(|name| !name.is_empty())?;
    let labelled = sections.labelled || text[..link.span.start].ends_with("[](");
    let foreign = labelled || name.contains(['{', '%', '=', '/', ':']) || name == "top";
    (!foreign && !sections.has_anchor(name)).then(|| no_section(name, link.span))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The first number of a heading, and those that it belongs to: `4.2.1`, `4.2`, `4`.
fn numbers(heading: &str) -> Vec<String> {
    let from = heading.find(|c: char| c.is_ascii_digit()).unwrap_or(heading.len());
    let number = heading[from..].chars().take_while(|c| c.is_ascii_digit() || *c == '.');
    let number: String = number.collect();
    let parts: Vec<_> = number.split('.').filter(|part| !part.is_empty()).take(4).collect();
    (1..=parts.len()).map(|count| parts[..count].join(".")).collect()
}

#[cfg(test)]
mod tests {
    use super::markdown_file;
    use crate::check::tests::codes;

    #[test]
    fn only_files_beside_the_runbook_are_looked_for() {
        let case = |target: &str, expected: Option<&str>| {
            assert_eq!(markdown_file(target), expected.map(Into::into), "{target}");
        };
        case("vault.md", Some("vault.md"));
        case("../a%20b.md#x", Some("../a b.md"));
        case("https://a.example/b.md", None);
        case("/docs/a.md", None);
        case("{{ site }}/a.md", None);
        case("a.png", None);
        case("#a", None);
    }

    #[test]
    fn an_anchor_is_there_when_its_letters_are_a_heading_s() {
        let missing = |text: &str| codes(text).contains(&"missing-section");
        assert!(missing("# T\n\n[x](#rollback)\n"));
        assert!(missing("# T\n\nSee section \"Undo\".\n"));
        assert!(missing("# T\n\n## 2. A\n\nSee section 4.1.\n"));
        assert!(!missing("# T\n\n## Roll-back!\n\n[x](#roll-back)\n"));
        assert!(!missing("# T\n\n## A\n\n## A\n\n[x](#a-1)\n"));
        assert!(!missing("<a name=\"x1\"></a>\n\n[x](#x1)\n"));
        assert!(!missing("# T\n\nSee section 4.1 of the manual.\n"));
        assert!(!missing("# T\n\n## 4.1 A\n\nSee section 4.1 and section \"A\".\n"));
    }
}
