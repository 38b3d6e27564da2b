//! The programs that a plan names outright.
//!
//! Comes in: a plan. Goes out: names, each with its first line, for those who look for the tools
//! before the first step, and what a segment uses, for those who ask where it would act.

use crate::document::{self, Action, ActionKind, Block};
use crate::policy::{Catalogue, programs, runs_anything};

use super::Plan;

/// What a segment uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uses {
    /// These programs.
    Only(Vec<String>),
    /// What it starts is known only to a function, a script or another shell.
    Anything,
}

impl Plan {
    /// The programs of the selected steps that are named outright, each with its first line.
    pub fn tools(&self) -> Vec<(String, usize)> {
        let Mentioned { programs, functions, .. } = self.mentioned();
        programs.into_iter().filter(|(name, _)| !functions.contains(name)).collect()
    }

    /// The programs that a segment uses, as far as that can be told without running it.
    pub fn uses(&self, block: &Block, segment: &document::Segment) -> Uses {
        let functions = self.mentioned().functions;
        let statements = &block.script.statements[segment.statements.clone()];
        let programs = statements.iter().flat_map(|statement| programs(statement, self.catalogue));
        let mut names: Vec<String> = programs.map(|program| program.name).collect();
        names.sort();
        names.dedup();
        let hides = |name: &String| {
            !self.catalogue.knows(name) || functions.contains(name) || runs_anything(name)
        };
        if names.iter().any(hides) { Uses::Anything } else { Uses::Only(names) }
    }

    fn mentioned(&self) -> Mentioned {
        let catalogue = self.catalogue;
        let mut found = Mentioned { catalogue, programs: Vec::new(), functions: Vec::new() };
        self.steps.iter().for_each(|step| found.actions(&self.step(step).actions));
        found
    }
}

struct Mentioned {
    catalogue: &'static Catalogue,
    programs: Vec<(String, usize)>,
    functions: Vec<String>,
}

impl Mentioned {
    fn actions(&mut self, actions: &[Action]) {
        for action in actions {
            match &action.kind {
                ActionKind::Command(block) if block.runnable => self.block(block),
                ActionKind::Choice(choice) => {
                    choice.alternatives.iter().for_each(|one| self.actions(&one.actions));
                }
                _ => {}
            }
        }
    }

    fn block(&mut self, block: &Block) {
        for segment in &block.segments {
            for statement in &block.script.statements[segment.statements.clone()] {
                self.functions.extend(statement.functions.iter().cloned());
                for program in programs(statement, self.catalogue) {
                    let known = self.programs.iter().any(|(name, _)| *name == program.name);
                    if !known && !program.name.is_empty() {
                        self.programs.push((program.name, segment.line));
                    }
                }
            }
        }
    }
}
