//! Properties of all rules together.

use std::fs;
use std::path::Path;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::document::Document;
use crate::plan::Selection;
use crate::policy::Catalogue;
use crate::source::Source;

/// The date of all tests.
const TODAY: Date = date(2026, 5, 1);

fn plan(text: &str) -> Plan {
    let document = Document::read(Source::new("a.md", text));
    Plan::new(document, Catalogue::builtin(), &Selection::everything())
}

/// The codes that the rules find in a text.
pub(super) fn codes(text: &str) -> Vec<&'static str> {
    check(&plan(text), TODAY).iter().map(|found| found.code).collect()
}

fn fixtures() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/check");
    let files = fs::read_dir(folder).expect("the fixtures");
    let paths = files.map(|file| file.expect("an entry").path());
    let mut texts: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| fs::read_to_string(path).expect("a fixture"))
        .collect();
    texts.sort();
    texts
}

#[test]
fn the_rotation_of_this_repository_has_neither_errors_nor_warnings() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/rotate-infisical-service-token.md");
    let text = fs::read_to_string(path).expect("the runbook");
    let plan = plan(&text);
    let found = joined(&plan, check(&plan, TODAY));
    let bad: Vec<_> = found.iter().filter(|one| one.severity > Severity::Note).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(!found.is_empty(), "its notes are found");
}

#[test]
fn every_code_stands_once_in_the_table_and_is_a_plain_word() {
    let mut codes: Vec<_> = RULES.iter().map(|rule| rule.code).collect();
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
    for code in codes {
        assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{code}");
    }
}

#[test]
fn findings_are_sorted_and_said_once() {
    let text = "# T\n\n```bash\necho a\u{202e}b\n```\n\n[x](#y) and [x](#z)\n";
    let plan = plan(text);
    let found = joined(&plan, check(&plan, TODAY));
    let codes: Vec<_> = found.iter().map(|one| one.code).collect();
    assert_eq!(
        codes,
        ["missing-metadata", "hidden-character", "missing-section", "missing-section"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Whatever is cut out of a fixture, doubled, or put into it.
    #[test]
    fn no_text_makes_a_rule_panic_and_every_span_slices_the_source(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40), 0..6),
        puts in prop::collection::vec((any::<prop::sample::Index>(), "[\\PC\n\t\r`<>|$(){}#\u{202e}\u{200b}ä€]{0,12}"), 0..6),
    ) {
        let texts = fixtures();
        let mut text: Vec<char> = which.get(&texts).chars().collect();
        for (at, length) in cuts {
            if !text.is_empty() {
                let at = at.index(text.len());
                let end = (at + length).min(text.len());
                text.drain(at..end);
            }
        }
        for (at, put) in puts {
            let at = at.index(text.len() + 1);
            text.splice(at..at, put.chars());
        }
        let text: String = text.into_iter().collect();
        let plan = plan(&text);
        for found in joined(&plan, check(&plan, TODAY)) {
            for label in &found.labels {
                prop_assert!(text.get(label.span.range()).is_some(), "{found:?} in {text:?}");
            }
            prop_assert!(RULES.iter().any(|rule| rule.code == found.code && rule.severity >= found.severity), "{found:?}");
        }
    }
}
