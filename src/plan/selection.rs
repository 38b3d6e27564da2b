//! Which steps of a document are carried out.
//!
//! Comes in: the names of sections, and the part of them that the operator wants: from a step on, or
//! only some. Goes out: for every step whether it is carried out, left out by that wish, or aside
//! because its section is not meant. A step is named by its id, and with it all its parts (`3` is
//! also `3.1`).

use std::collections::BTreeSet;

use crate::document::{Document, Step};

/// Which steps are carried out.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Sections that run on demand, by name (`rollback`); the ordinary ones where none is named.
    sections: Vec<String>,
    /// All of them, also those that never run: to explain, not to carry out.
    everything: bool,
    /// The places of the steps that the operator leaves out.
    left_out: BTreeSet<usize>,
    /// Whether these would have undone what was never done.
    in_vain: bool,
}

/// The part of the selected sections that is carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// From the step of this id to the end.
    From(String),
    /// Only the steps of these ids.
    Only(Vec<String>),
    /// All but the steps of these ids, which undo what was never done.
    Without(Vec<String>),
}

/// Why a part is not known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// No step has this id.
    #[error("there is no step {id}; known here: {known}")]
    Unknown {
        /// What was named.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// Steps of several sections have this id.
    #[error("step {id} is not one step: {those}; name the section, too, with --section")]
    Ambiguous {
        /// What was named.
        id: String,
        /// The steps that have it.
        those: String,
    },
}

/// What becomes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is carried out.
    CarriedOut,
    /// It is not, and what it would have yielded may be missing.
    LeftOut,
    /// Its section is not meant.
    Aside,
}

impl Selection {
    /// Steps of the named sections.
    pub const fn sections(sections: Vec<String>) -> Self {
        Self { sections, everything: false, left_out: BTreeSet::new(), in_vain: false }
    }

    /// Every step of the document.
    pub const fn everything() -> Self {
        let left_out = BTreeSet::new();
        Self { sections: Vec::new(), everything: true, left_out, in_vain: false }
    }

    /// The same, of which only a part is carried out.
    pub fn part(self, part: &Part, document: &Document) -> Result<Self, PartError> {
        let all = self.all(document);
        let wanted: BTreeSet<usize> = match part {
            Part::Whole => return Ok(self),
            Part::From(id) => {
                let first = named(&all, id)?.into_iter().min().unwrap_or_default();
                all.iter().map(|(place, _)| *place).filter(|place| *place >= first).collect()
            }
            Part::Only(ids) => {
                let found: Result<Vec<_>, _> = ids.iter().map(|id| named(&all, id)).collect();
                found?.into_iter().flatten().collect()
            }
            Part::Without(ids) => {
                let found: Result<Vec<_>, _> = ids.iter().map(|id| named(&all, id)).collect();
                let without: BTreeSet<_> = found?.into_iter().flatten().collect();
                let places = all.iter().map(|(place, _)| *place);
                places.filter(|place| !without.contains(place)).collect()
            }
        };
        let places = all.iter().map(|(place, _)| *place);
        let left_out = places.filter(|place| !wanted.contains(place)).collect();
        let in_vain = matches!(part, Part::Without(_));
        Ok(Self { left_out, in_vain, ..self })
    }

    /// Whether what is left out would have undone what was never done, and nobody wished it away.
    pub(super) const fn is_in_vain(&self) -> bool {
        self.in_vain
    }

    /// The places of the steps that an id names, in the selected sections.
    pub fn places(&self, id: &str, document: &Document) -> Result<Vec<usize>, PartError> {
        named(&self.all(document), id)
    }

    fn all<'d>(&self, document: &'d Document) -> Vec<(usize, &'d Step)> {
        document.steps.iter().enumerate().filter(|(_, step)| self.has(step)).collect()
    }

    /// Whether the step at this place is left out by the operator's wish.
    pub fn leaves_out(&self, place: usize) -> bool {
        self.left_out.contains(&place)
    }

    /// What becomes of the step at this place.
    pub fn turn(&self, place: usize, step: &Step) -> Turn {
        if self.leaves_out(place) {
            Turn::LeftOut
        } else if self.has(step) {
            Turn::CarriedOut
        } else if !self.sections.is_empty() && step.section.kind.runs_in_order() {
            Turn::LeftOut
        } else {
            Turn::Aside
        }
    }

    fn has(&self, step: &Step) -> bool {
        let section = &step.section;
        if self.everything {
            return true;
        }
        if self.sections.is_empty() {
            return section.kind.runs_in_order();
        }
        self.sections.iter().any(|name| {
            let kind = format!("{:?}", section.kind);
            section.title.eq_ignore_ascii_case(name) || kind.eq_ignore_ascii_case(name)
        })
    }
}

/// The places of the steps that an id names: the one that has it, and its parts.
fn named(all: &[(usize, &Step)], id: &str) -> Result<Vec<usize>, PartError> {
    let exact: Vec<_> = all.iter().filter(|(_, step)| step.id == id).collect();
    let inside = format!("{id}.");
    let parts = all.iter().filter(|(_, step)| {
        let near = exact.first().is_none_or(|(_, whole)| whole.section == step.section);
        step.id.starts_with(&inside) && near
    });
    let found: Vec<_> = exact.iter().copied().chain(parts).collect();
    let Some((_, first)) = found.first() else {
        let known: Vec<_> = all.iter().map(|(_, step)| step.id.as_str()).collect();
        return Err(PartError::Unknown { id: id.to_owned(), known: known.join(", ") });
    };
    if found.iter().any(|(_, step)| step.section != first.section) {
        let told = |(_, step): &&(usize, &Step)| {
            format!("\"{}\" in \"{}\" (line {})", step.title, step.section.title, step.line)
        };
        let those: Vec<_> = found.iter().map(told).collect();
        return Err(PartError::Ambiguous { id: id.to_owned(), those: those.join(", ") });
    }
    let mut places: Vec<_> = found.iter().map(|(place, _)| *place).collect();
    places.sort_unstable();
    Ok(places)
}

#[cfg(test)]
mod tests {
    use crate::source::Source;

    use super::*;

    fn document(text: &str) -> Document {
        Document::read(Source::new("a.md", text))
    }

    fn step(title: &str) -> String {
        format!("{title}\n\n```bash\ntrue\n```\n\n")
    }

    fn carried_out(text: &str, part: &Part) -> Result<Vec<String>, PartError> {
        let document = document(text);
        let selection = Selection::default().part(part, &document)?;
        let steps = document.steps.iter().enumerate();
        let there = steps.filter(|(at, step)| selection.turn(*at, step) == Turn::CarriedOut);
        Ok(there.map(|(_, step)| step.id.clone()).collect())
    }

    #[test]
    fn a_step_is_named_by_its_id_and_its_parts_come_with_it() {
        let titles = ["## Step 1 — A", "## Step 2.1 — B", "## Step 2.2 — C", "## Step 3 — D"];
        let text: String = titles.iter().map(|title| step(title)).collect();
        let case = |part: Part, expected: &[&str]| {
            assert_eq!(carried_out(&text, &part).expect("known"), expected, "{part:?}");
        };
        let only = |ids: &[&str]| Part::Only(ids.iter().map(|id| (*id).to_owned()).collect());
        case(Part::Whole, &["1", "2.1", "2.2", "3"]);
        case(Part::From("2.2".into()), &["2.2", "3"]);
        case(Part::From("2".into()), &["2.1", "2.2", "3"]);
        case(only(&["2"]), &["2.1", "2.2"]);
        case(only(&["3", "1"]), &["1", "3"]);
        let unknown = carried_out(&text, &Part::From("4".into())).expect_err("unknown");
        assert_eq!(unknown.to_string(), "there is no step 4; known here: 1, 2.1, 2.2, 3");
    }

    #[test]
    fn an_id_of_two_sections_needs_the_section() {
        let list = "1. Ask the owner to agree.\n2. Open the console.\n\n";
        let text = format!("# T\n\n## Store\n\n{list}## Revoke\n\n{list}");
        let part = Part::Only(vec!["2".into()]);
        let error = carried_out(&text, &part).expect_err("ambiguous").to_string();
        assert!(error.contains("in \"Store\" (line 6)") && error.contains("\"Revoke\""), "{error}");
        let document = document(&text);
        let selection = Selection::sections(vec!["Revoke".into()]);
        let selection = selection.part(&part, &document).expect("one step");
        let left: Vec<_> = (0..4).filter(|place| selection.leaves_out(*place)).collect();
        assert_eq!(left, [2]);
    }
}
