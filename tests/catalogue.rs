//! The catalogue against lines as people type them: what reads is allowed, nothing else is.
//!
//! `fixtures/classify/reads.txt` and `refused.txt` hold one line each, for every tool of the
//! catalogue; a text of several lines is a JSON string. They are judged, never run.

use std::collections::BTreeSet;
use std::fs;

use runbook::policy::{Catalogue, Effect, classify_text};

fn lines(name: &str) -> Vec<String> {
    let path = format!("{}/fixtures/classify/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).expect("a list of lines");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines
        .map(|line| match line.strip_prefix('"') {
            Some(_) => serde_json::from_str(line).expect("a JSON string"),
            None => line.to_owned(),
        })
        .collect()
}

fn effect(line: &str) -> Effect {
    classify_text(line, Catalogue::builtin()).effect
}

/// The lines that are judged otherwise than they should be, each with its effect.
fn wrong(name: &str, right: fn(Effect) -> bool) -> String {
    let lines = lines(name);
    let wrong = lines.iter().map(|line| (line, effect(line))).filter(|(_, it)| !right(*it));
    wrong.map(|(line, it)| format!("{it:?}: {line}\n")).collect()
}

#[test]
fn lines_that_only_read_are_allowed() {
    assert_eq!(wrong("reads.txt", |effect| effect == Effect::Read), "");
}

#[test]
fn no_line_that_changes_something_or_is_unknown_is_called_read() {
    assert_eq!(wrong("refused.txt", |effect| effect != Effect::Read), "");
}

#[test]
fn no_line_is_in_both_lists_or_twice_in_one() {
    let all: Vec<_> = lines("reads.txt").into_iter().chain(lines("refused.txt")).collect();
    let different: BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
    assert!(all.len() > 6000, "the lists are {} lines long", all.len());
}

#[test]
fn what_a_line_only_reads_it_does_not_read_any_more_with_its_output_in_a_file() {
    let read = |line: &String| !line.contains('\n') && !line.contains('#');
    for line in lines("reads.txt").iter().filter(|line| read(line)).step_by(7) {
        assert_ne!(effect(&format!("{line} > f")), Effect::Read, "{line}");
        assert_ne!(effect(&format!("{line}; rm f")), Effect::Read, "{line}");
    }
}
