//! What is done again with a step: the step, and all that follows from what it yields.
//!
//! Comes in: a plan and the ids of steps. Goes out: places, and the names of what is obtained anew.
//! What does not work with it stays as it is, and what works with a secret that is only asked for
//! there, too: the secret may be another one from then on.

use std::collections::BTreeSet;

use crate::document::{Action, ActionKind, Block};
use crate::event::Place;
use crate::plan::{Input, Plan};

/// What is done again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redo {
    /// Where.
    pub places: Vec<Place>,
    /// The inputs and variables that are obtained anew.
    pub names: Vec<String>,
}

/// What is done again with the steps of these ids; nothing where there is no such step.
pub fn redo(plan: &Plan, ids: &[String]) -> Option<Redo> {
    let document = &plan.document;
    let known = |id: &String| document.steps.iter().any(|step| step.id == *id);
    if !ids.iter().all(known) {
        return None;
    }
    let mut search = Search::default();
    for (at, step) in document.steps.iter().enumerate() {
        let what = if ids.contains(&step.id) { What::Everything } else { What::Follows };
        search.actions(&step.actions, &Place { step: at, ..Place::default() }, what);
    }
    let secrets = plan.inputs.iter().filter(|input| input.secret);
    let anew = secrets.filter(|input| {
        let named = |name: &String| input.is(name) || input.variables.contains(name);
        let yielded = search.yielded.iter().any(named);
        search.names.iter().any(named)
            || !yielded && ids.iter().any(|id| id == asked_in(plan, input))
    });
    let anew: Vec<String> = anew.map(|input| input.name.clone()).collect();
    search.names.extend(anew);
    Some(Redo { places: search.places, names: search.names.into_iter().collect() })
}

/// The id of the step in which an input is asked for: the first that is carried out and mentions it.
fn asked_in<'p>(plan: &'p Plan, input: &Input) -> &'p str {
    let steps = &plan.document.steps;
    let step = |line: &usize| steps.iter().rposition(|step| step.line <= *line);
    let places = input.lines.iter().filter_map(step);
    let carried_out = |place: &usize| plan.steps.iter().any(|step| step.place == *place);
    places.filter(carried_out).min().map_or("", |place| steps[place].id.as_str())
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
    /// What a person obtains in any of the steps.
    yielded: BTreeSet<String>,
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
                ActionKind::Manual(manual) => {
                    self.yielded.extend(manual.yields.iter().cloned());
                    if what == What::Everything {
                        self.names.extend(manual.yields.iter().cloned());
                        self.places.push(place);
                    }
                }
                ActionKind::Record(_) if what == What::Everything => self.places.push(place),
                ActionKind::Record(_) => {}
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
