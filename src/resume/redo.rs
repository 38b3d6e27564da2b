//! What is done again with a step: the step, and all that follows from what it yields.
//!
//! Comes in: a document and the ids of steps. Goes out: places, and the names of what is obtained
//! anew. What does not work with it stays as it is.

use std::collections::BTreeSet;

use crate::document::{Action, ActionKind, Block, Document};
use crate::event::Place;

/// What is done again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redo {
    /// Where.
    pub places: Vec<Place>,
    /// The inputs and variables that are obtained anew.
    pub names: Vec<String>,
}

/// What is done again with the steps of these ids; nothing where there is no such step.
pub fn redo(document: &Document, ids: &[String]) -> Option<Redo> {
    let known = |id: &String| document.steps.iter().any(|step| step.id == *id);
    if !ids.iter().all(known) {
        return None;
    }
    let mut search = Search::default();
    for (at, step) in document.steps.iter().enumerate() {
        let what = if ids.contains(&step.id) { What::Everything } else { What::Follows };
        search.actions(&step.actions, &Place { step: at, ..Place::default() }, what);
    }
    Some(Redo { places: search.places, names: search.names.into_iter().collect() })
}

/// What of a step is done again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// All of it.
    Everything,
    /// What works with something that is obtained anew.
    Follows,
}

#[derive(Default)]
struct Search {
    names: BTreeSet<String>,
    places: Vec<Place>,
}

impl Search {
    fn actions(&mut self, all: &[Action], above: &Place, what: What) {
        for (at, action) in all.iter().enumerate() {
            let mut place = above.clone();
            place.action.push(at);
            match &action.kind {
                ActionKind::Command(block) => self.block(block, &place, what),
                ActionKind::Choice(choice) => {
                    if what == What::Everything {
                        self.places.push(place.clone());
                    }
                    for (at, one) in choice.alternatives.iter().enumerate() {
                        let mut place = place.clone();
                        place.action.push(at);
                        self.actions(&one.actions, &place, what);
                    }
                }
                ActionKind::Manual(manual) if what == What::Everything => {
                    self.names.extend(manual.yields.iter().cloned());
                    self.places.push(place);
                }
                ActionKind::Record(_) if what == What::Everything => self.places.push(place),
                ActionKind::Manual(_) | ActionKind::Record(_) => {}
            }
        }
    }

    fn block(&mut self, block: &Block, place: &Place, what: What) {
        for (at, segment) in block.segments.iter().enumerate() {
            let statements = &block.script.statements[segment.statements.clone()];
            let mut reads = statements.iter().flat_map(|one| &one.reads);
            let follows = reads.any(|mention| self.names.contains(&mention.name));
            if what == What::Everything || follows {
                let assigns = statements.iter().flat_map(|one| &one.assigns);
                self.names.extend(assigns.map(|mention| mention.name.clone()));
                self.places.push(Place { segment: Some(at), ..place.clone() });
            }
        }
    }
}
