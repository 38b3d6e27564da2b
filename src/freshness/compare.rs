//! Two states of a runbook, part by part.
//!
//! Comes in: the old document and the new one. Goes out: what was added, removed, changed and
//! moved. Steps are the same when title and number agree, else the title, else the number. Where
//! the texts differ and no part does, that is said too: a change is never passed over.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::document::Document;

use super::parts::{Part, Piece, pieces};
use super::{Change, ChangeKind, Subject, Weight};

/// What changed from the old document to the new one, in the order of the new one.
pub fn compare(old: &Document, new: &Document) -> Vec<Change> {
    let (was, is) = (pieces(old), pieces(new));
    let pairs = pairs(&was, &is);
    let mut changes: Vec<_> =
        pairs.iter().flat_map(|(a, b)| same_step(&was[*a], &is[*b])).collect();
    changes.extend(moved(&pairs).into_iter().map(|place| {
        let what = format!("step {} stands elsewhere in the order", name(&is[place]));
        step(&is[place], ChangeKind::Moved, what)
    }));
    let gone = (0..was.len()).filter(|place| pairs.iter().all(|(a, _)| a != place));
    changes.extend(gone.map(|place| whole(&was[place], ChangeKind::Removed)));
    let come = (0..is.len()).filter(|place| pairs.iter().all(|(_, b)| b != place));
    changes.extend(come.map(|place| whole(&is[place], ChangeKind::Added)));
    changes.sort_by_key(|change| change.line);
    if changes.is_empty() && words(old) != words(new) {
        changes.push(Change {
            step: String::new(),
            line: 1,
            kind: ChangeKind::Changed,
            subject: Subject::Prose,
            what: "words that belong to no step, or comments".into(),
            weight: Weight::Words,
        });
    }
    changes
}

/// The words of a document without those that a stamp writes.
fn words(document: &Document) -> Vec<String> {
    let text = document.source.text();
    let mut kept = String::new();
    let mut at = 0;
    let keys = ["last_validated", "validation_method", "average_duration"];
    for entry in &document.metadata.entries {
        if keys.contains(&entry.key.as_str()) && entry.span.start >= at {
            kept.push_str(&text[at..entry.span.start]);
            at = entry.span.end;
        }
    }
    kept.push_str(&text[at..]);
    kept.split_whitespace().map(ToOwned::to_owned).collect()
}

/// The places of the steps that are the same, in the order of the new document.
pub(super) fn pairs(was: &[Piece], is: &[Piece]) -> Vec<(usize, usize)> {
    type Same = fn(&Piece, &Piece) -> bool;
    const SAME: [Same; 4] = [
        |a, b| a.section == b.section && a.title == b.title && a.id == b.id,
        |a, b| a.section == b.section && a.title == b.title && !a.title.is_empty(),
        |a, b| a.section == b.section && a.id == b.id,
        |a, b| {
            a.section.is_some() == b.section.is_some() && a.title == b.title && !a.title.is_empty()
        },
    ];
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for same in SAME {
        for (b, new) in is.iter().enumerate() {
            let free = |pairs: &[(usize, usize)], a: usize| pairs.iter().all(|pair| pair.0 != a);
            if pairs.iter().any(|pair| pair.1 == b) {
                continue;
            }
            let found = (0..was.len()).find(|a| free(&pairs, *a) && same(&was[*a], new));
            pairs.extend(found.map(|a| (a, b)));
        }
    }
    pairs.sort_by_key(|(_, b)| *b);
    pairs
}

/// The new places of the steps whose order changed: as few as explain it.
fn moved(pairs: &[(usize, usize)]) -> Vec<usize> {
    let new: Vec<_> = pairs.iter().map(|(a, _)| *a).collect();
    let mut old = new.clone();
    old.sort_unstable();
    let kept: Vec<_> = capture_diff_slices(Algorithm::Myers, &old, &new)
        .iter()
        .filter(|op| matches!(op, DiffOp::Equal { .. }))
        .flat_map(DiffOp::new_range)
        .collect();
    let places = pairs.iter().enumerate();
    places.filter(|(place, _)| !kept.contains(place)).map(|(_, (_, b))| *b).collect()
}

fn name(piece: &Piece) -> String {
    format!("{} `{}`", piece.id, short(&piece.title))
}

fn step(piece: &Piece, kind: ChangeKind, what: String) -> Change {
    Change {
        step: piece.id.clone(),
        line: piece.line,
        kind,
        subject: Subject::Step,
        what,
        weight: Weight::Work,
    }
}

fn whole(piece: &Piece, kind: ChangeKind) -> Change {
    let words = piece.parts.iter().all(|part| part.subject.weight() == Weight::Words);
    let weight = if words { Weight::Words } else { Weight::Work };
    Change { weight, ..step(piece, kind, format!("step {}", name(piece))) }
}

fn same_step(was: &Piece, is: &Piece) -> Vec<Change> {
    let mut changes = Vec::new();
    if was.title != is.title {
        let what = format!("title `{}`, now `{}`", short(&was.title), short(&is.title));
        changes.push(Change { weight: Weight::Words, ..step(is, ChangeKind::Changed, what) });
    }
    if was.section != is.section {
        let what = format!("step {} is in another kind of section", name(is));
        changes.push(step(is, ChangeKind::Moved, what));
    }
    let key = |part: &Part| (part.subject, part.text.clone());
    let (a, b): (Vec<_>, Vec<_>) =
        (was.parts.iter().map(key).collect(), is.parts.iter().map(key).collect());
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        if !matches!(op, DiffOp::Equal { .. }) {
            gone.extend(was.parts[op.old_range()].iter());
            come.extend(is.parts[op.new_range()].iter());
        }
    }
    for new in come {
        let same = gone.iter().position(|old| key(old) == key(new));
        let like = || gone.iter().position(|old| old.subject == new.subject);
        let word = new.subject.word();
        let (kind, what) = match (same, like()) {
            (Some(old), _) => {
                gone.remove(old);
                (ChangeKind::Moved, format!("{word} `{}`", short(&new.text)))
            }
            (None, Some(old)) => {
                let old = gone.remove(old);
                let what = format!("{word} `{}`, now `{}`", short(&old.text), short(&new.text));
                (ChangeKind::Changed, what)
            }
            (None, None) => (ChangeKind::Added, format!("{word} `{}`", short(&new.text))),
        };
        changes.push(of_part(is, new, kind, what));
    }
    changes.extend(gone.into_iter().map(|old| {
        let what = format!("{} `{}`", old.subject.word(), short(&old.text));
        of_part(is, old, ChangeKind::Removed, what)
    }));
    changes
}

fn of_part(piece: &Piece, part: &Part, kind: ChangeKind, what: String) -> Change {
    Change {
        step: piece.id.clone(),
        line: part.line,
        kind,
        subject: part.subject,
        what,
        weight: part.subject.weight(),
    }
}

/// The first line of a text, as far as a line goes.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 100;
    let line = text.lines().next().unwrap_or_default();
    let cut = line.chars().count() > LONGEST || text.lines().count() > 1;
    let kept: String = line.chars().take(LONGEST).collect();
    if cut { kept + "…" } else { kept }
}
