//! Links to runbooks and sections that are not there.
//!
//! Comes in: the document's links and prose. Goes out: a warning for each target that is missing.
//! Whether a file exists is asked of the caller. Addresses, paths from a site's root and templates
//! of other programs are not looked at, nor are the labels of a documentation generator (`(label)=`,
//! `[](#label)`), which reach over all documents; and an anchor counts as there when its letters are those of
//! a heading: every host makes anchors in its own way.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

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
    let lower = path.to_lowercase();
    let markdown = lower.ends_with(".md") || lower.ends_with(".markdown");
    (markdown && !foreign).then(|| PathBuf::from(path))
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

/// Finds anchors and names of sections that the document does not have.
pub(super) fn sections(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let anchors = subject.markup.links.iter().filter_map(|link| anchor(subject, link));
    let mut missing: Vec<_> = anchors.collect();
    let source = &subject.plan.document.source;
    for prose in &subject.markup.proses {
        for one in SECTION.captures_iter(source.slice(*prose)) {
            let elsewhere = one.get(3).map_or("", |after| after.as_str());
            let Some(name) = one.get(1).or(one.get(2)) else {
                continue;
            };
            if !ELSEWHERE.iter().any(|word| elsewhere.starts_with(word))
                && !has_section(subject, name.as_str())
            {
                let span = Span::from(name.range()).shift(prose.start);
                missing.push(no_section(name.as_str(), span));
            }
        }
    }
    missing
}

fn no_section(name: &str, span: Span) -> Diagnostic {
    let message = format!("there is no section `{name}` in this runbook");
    found("missing-section", span, message).help("name a heading as it is written")
}

fn anchor(subject: &Subject<'_>, link: &Link) -> Option<Diagnostic> {
    let name = link.target.strip_prefix('#').filter(|name| !name.is_empty())?;
    let wanted = letters(name);
    // The second heading of a name gets a number behind it.
    let first = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
    let headings = subject.markup.headings.iter().map(|heading| letters(heading));
    let anchors = subject.markup.anchors.iter().map(|anchor| letters(anchor));
    let known = headings.chain(anchors).any(|one| one == wanted || one == first);
    let text = subject.plan.document.source.text();
    let labelled = text[..link.span.start].ends_with("[](") || text.contains(")=\n");
    let foreign = labelled || name.contains(['{', '%', '=', '/', ':']) || name == "top";
    (!known && !foreign && !first.is_empty()).then(|| no_section(name, link.span))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A number counts only where headings have numbers.
fn has_section(subject: &Subject<'_>, name: &str) -> bool {
    let headings = &subject.markup.headings;
    if !name.starts_with(|c: char| c.is_ascii_digit()) {
        let wanted = letters(name);
        return headings.iter().any(|heading| letters(heading).contains(&wanted));
    }
    let number = |heading: &str| -> String {
        let from = heading.find(|c: char| c.is_ascii_digit()).unwrap_or(heading.len());
        let number = heading[from..].chars().take_while(|c| c.is_ascii_digit() || *c == '.');
        number.collect::<String>().trim_end_matches('.').to_owned()
    };
    let numbers: Vec<_> = headings.iter().map(|heading| number(heading)).collect();
    numbers.iter().all(String::is_empty)
        || numbers.iter().any(|one| one == name || one.starts_with(&format!("{name}.")))
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
