//! What an operator put in the place of the runbook's commands, and the runbook as it would be with
//! it.
//!
//! Comes in: a document, and the deviations of a run. Goes out: the document with them, to go on
//! with, or their difference as a patch that `git apply` and `patch -p1` take. A deviation holds
//! only where the document still says what it was put in the place of.

use similar::TextDiff;

use crate::document::{At, Document};
use crate::event::{Deviation, Place};

/// A deviation, and whether anything was carried out with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviated {
    /// What was put in place of what.
    pub deviation: Deviation,
    /// Whether its text was begun.
    pub begun: bool,
}

impl Deviated {
    /// One of which nothing was carried out yet.
    pub fn of(deviation: &Deviation) -> Self {
        Self { deviation: deviation.clone(), begun: false }
    }
}

/// Notes that the segment at this place was begun, with the text that it has by now.
pub fn begin(all: &mut [Deviated], place: &Place) {
    let own = all.iter_mut().filter(|one| one.deviation.place == *place);
    own.for_each(|one| one.begun = true);
}

/// The last deviation of each place that is to be kept, in the order of the places.
fn last_of(all: &[Deviated], kept: impl Fn(&Deviated) -> bool) -> Vec<(&Deviated, Vec<&str>)> {
    let mut found: Vec<(&Deviated, Vec<&str>)> = Vec::new();
    for one in all {
        let place = &one.deviation.place;
        let at = found.iter().position(|(other, _)| other.deviation.place == *place);
        let old = one.deviation.old.as_str();
        match at {
            Some(at) => {
                found[at].1.push(old);
                if kept(one) || !kept(found[at].0) {
                    found[at].0 = one;
                }
            }
            None => found.push((one, vec![old])),
        }
    }
    found.retain(|(one, _)| kept(one));
    found.sort_by(|(one, _), (other, _)| one.deviation.place.cmp(&other.deviation.place));
    found
}

/// Where a place's segment stands in a document.
pub fn at(place: &Place) -> At<'_> {
    At { step: place.step, action: &place.action, segment: place.segment.unwrap_or_default() }
}

/// The document with what `all` of a run's deviations have come to, and those that do not fit it
/// any more. Nothing where there is nothing that differs.
pub fn amended<'d>(
    document: &Document,
    all: &'d [Deviated],
) -> (Option<Document>, Vec<&'d Deviation>) {
    with(document, last_of(all, |_| true))
}

fn with<'d>(
    document: &Document,
    deviations: Vec<(&'d Deviated, Vec<&'d str>)>,
) -> (Option<Document>, Vec<&'d Deviation>) {
    let mut current: Option<Document> = None;
    let mut left = Vec::new();
    for (Deviated { deviation, .. }, before) in deviations {
        let base = current.as_ref().unwrap_or(document);
        let new = deviation.new.as_str();
        let fits = match base.segment_text(at(&deviation.place)) {
            // It was written into the runbook meanwhile.
            Some(text) if text == new => continue,
            Some(text) => before.contains(&text),
            None => false,
        };
        match base.amended(at(&deviation.place), new) {
            Ok(amended) if fits => current = Some(amended),
            _ => left.push(deviation),
        }
    }
    (current, left)
}

/// What was carried out in the place of the runbook's own commands, as a patch to the file `name`;
/// empty where there is no difference.
pub fn patch(document: &Document, name: &str, all: &[Deviated]) -> String {
    let (amended, _) = with(document, last_of(all, |one| one.begun));
    let Some(amended) = amended else { return String::new() };
    let (old, new) = (document.source.text(), amended.source.text());
    let name = quoted(name);
    TextDiff::from_lines(old, new)
        .unified_diff()
        .header(&in_folder("a", &name), &in_folder("b", &name))
        .to_string()
}

/// The lines that differ between two texts of a command, with what stands around them.
pub fn unified(old: &str, new: &str) -> String {
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let difference = TextDiff::from_lines(&old, &new).unified_diff().to_string();
    difference
        .lines()
        .filter(|line| !line.starts_with("@@"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A name as git writes it in a patch: between quotes where it holds what would end it.
fn quoted(name: &str) -> String {
    let plain = !name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\'));
    if plain {
        return name.to_owned();
    }
    let escape = |c: char| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_ascii_control() => format!("\\{:03o}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", name.chars().map(escape).collect::<String>())
}

/// The file below one of the two folders that a patch compares. A tab ends a name with blanks.
fn in_folder(folder: &str, name: &str) -> String {
    match name.strip_prefix('"') {
        Some(rest) => format!("\"{folder}/{rest}"),
        None if name.contains(' ') => format!("{folder}/{name}\t"),
        None => format!("{folder}/{name}"),
    }
}
