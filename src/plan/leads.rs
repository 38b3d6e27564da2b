//! Whether what a block runs can make another place of what a probe tells.
//!
//! Comes in: statements with their classifications, a probe. Goes out: [`Leads`]. What the shell has
//! become, by `export`, `cd` or `source`, is not asked here: that is seen in its state.

use crate::document::Block;
use crate::policy::{Classification, Effect, Known, Probe, Trait, argument_lists, written_files};
use crate::shell::Statement;
use crate::source::Span;

use super::{Plan, Segment};

/// Whether something that runs leads to another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leads {
    /// Nothing in it can.
    Nowhere,
    /// Nobody knows what it does.
    Perhaps,
    /// A command of it is there to do that.
    There,
}

impl Plan {
    /// Whether the statements of a segment lead to another answer of a probe; only those that stand
    /// before an offset of the block.
    pub fn leads(
        &self,
        (block, segment, before): (&Block, &Segment, usize),
        probe: &Probe,
    ) -> Leads {
        let is_in = |span: Span| segment.units.iter().any(|unit| unit.span.contains(span.start));
        let statements = block.script.statements.iter().filter(|one| is_in(one.span));
        let judged = statements.zip(&segment.classifications);
        let judged = judged.filter(|(statement, _)| statement.span.start < before);
        judged.map(|(one, how)| self.leads_of(one, how, probe)).max().unwrap_or(Leads::Nowhere)
    }

    fn leads_of(&self, statement: &Statement, how: &Classification, probe: &Probe) -> Leads {
        if probe.is_of_shell() {
            return Leads::Nowhere;
        }
        let lists = argument_lists(statement, self.catalogue);
        if lists.iter().any(|list| probe.is_moved_by(&words(list))) {
            return Leads::There;
        }
        let by_person = [Trait::Interactive, Trait::OpensSession];
        let unseen = how.effect == Effect::Unknown
            || how.traits.iter().any(|one| by_person.contains(one))
            || !written_files(statement).is_empty()
            || self.hides(statement);
        let mut writes = how.commands.iter().filter(|one| one.effect != Effect::Read);
        let is_own = |name: &str| {
            let program = name.split(' ').next().unwrap_or_default();
            probe.knows_what_moves() && !probe.is_for_all() && probe.is_for(program)
        };
        let is_clear = !unseen && writes.all(|one| is_own(&one.name));
        if is_clear { Leads::Nowhere } else { Leads::Perhaps }
    }
}

/// The arguments of a command without its options; what is not known is empty.
fn words(list: &[Known]) -> Vec<&str> {
    let known = list.iter().map(|one| match one {
        Known::Whole(text) => text.as_str(),
        Known::Beginning(_) | Known::Several(_) => "",
    });
    known.filter(|word| !word.starts_with('-')).collect()
}
