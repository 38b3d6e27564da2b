//! The programs that a plan names outright.
//!
//! Comes in: a plan. Goes out: names, each with its first line, for those who look for the tools
//! before the first step, and what a segment uses, for those who ask where it would act.

use crate::document::{self, Action, ActionKind, Block};
use crate::policy::{Catalogue, programs, runs_anything};
use crate::shell::Statement;

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
        let Mentioned { programs, functions } = self.mentioned();
        programs.iter().filter(|(name, _)| !functions.contains(name)).cloned().collect()
    }

    /// The programs that a segment uses, as far as that can be told without running it.
    pub fn uses(&self, block: &Block, segment: &document::Segment) -> Uses {
        let statements = &block.script.statements[segment.statements.clone()];
        self.uses_of(statements)
    }

    /// Whether what a statement starts is known only to a function, a script or another shell.
    pub(super) fn hides(&self, statement: &Statement) -> bool {
        self.uses_of(std::slice::from_ref(statement)) == Uses::Anything
    }

    fn uses_of(&self, statements: &[Statement]) -> Uses {
        let functions = &self.mentioned().functions;
        let programs = statements.iter().flat_map(|statement| programs(statement, self.catalogue));
        let mut names: Vec<String> = programs.map(|program| program.name).collect();
        names.sort();
        names.dedup();
        let hides = |name: &String| {
            !self.catalogue.knows(name) || functions.contains(name) || runs_anything(name)
        };
        if names.iter().any(hides) { Uses::Anything } else { Uses::Only(names) }
    }

    /// What its steps mention, which is looked for once.
    fn mentioned(&self) -> &Mentioned {
        self.mentioned.get_or_init(|| {
            let mut found = Mentioned::default();
            let steps = self.steps.iter().map(|step| self.step(step));
            steps.for_each(|step| found.actions(&step.actions, self.catalogue));
            found
        })
    }
}

/// What the selected steps of a plan mention.
#[derive(Debug, Default)]
pub(super) struct Mentioned {
    programs: Vec<(String, usize)>,
    functions: Vec<String>,
}

impl Mentioned {
    fn actions(&mut self, actions: &[Action], catalogue: &Catalogue) {
        for action in actions {
            match &action.kind {
                ActionKind::Command(block) if block.runnable => self.block(block, catalogue),
                ActionKind::Choice(choice) => {
                    let alternatives = choice.alternatives.iter();
                    alternatives.for_each(|one| self.actions(&one.actions, catalogue));
                }
                _ => {}
            }
        }
    }

    fn block(&mut self, block: &Block, catalogue: &Catalogue) {
        for segment in &block.segments {
            for statement in &block.script.statements[segment.statements.clone()] {
                self.functions.extend(statement.functions.iter().cloned());
                for program in programs(statement, catalogue) {
                    let known = self.programs.iter().any(|(name, _)| *name == program.name);
                    if !known && !program.name.is_empty() {
                        self.programs.push((program.name, segment.line));
                    }
                }
            }
        }
    }
}
