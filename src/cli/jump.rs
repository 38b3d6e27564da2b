//! The part of a runbook that is carried out: from arguments to what the plan and the events know of
//! it, and why a part is not begun.

use std::path::Path;

use crate::engine::Jump;
use crate::event;
use crate::plan::{Part, Plan};
use crate::report::neutral;
use crate::resume::Knows;

use super::arguments;
use super::{Exit, Failure};

/// The part that is meant.
pub(super) fn part(arguments: &arguments::Jump) -> event::Part {
    event::Part { from: arguments.from.clone(), only: arguments.step.clone(), without: Vec::new() }
}

/// What the operator leaves out, and why.
pub(super) fn jump(arguments: &arguments::Jump) -> Result<Option<Jump>, Failure> {
    let (part, reason) = (part(arguments), arguments.reason.clone());
    match (part.is_whole(), reason) {
        (false, reason) => Ok(Some(Jump { part, reason, ..Jump::default() })),
        (true, None) => Ok(None),
        (true, Some(_)) => {
            let message =
                "--reason says why steps are left out: name --from STEP or --step STEP, too";
            Err(Failure::new(Exit::Usage, message))
        }
    }
}

/// The part as the plan knows it.
pub(super) fn wanted(part: &event::Part) -> Part {
    match (&part.from, part.only.as_slice(), part.without.as_slice()) {
        (Some(id), ..) => Part::From(id.clone()),
        (None, [], []) => Part::Whole,
        (None, [], without) => Part::Without(without.to_vec()),
        (None, only, _) => Part::Only(only.to_vec()),
    }
}

/// A step that cannot do without another one is not begun without it, unless the shell knows already
/// what that would have made.
pub(super) fn refuse_lacks(plan: &Plan, knows: &Knows) -> Result<(), Failure> {
    let lacks = plan.lacks.refusing.iter().filter(|lack| !knows.has(&lack.name));
    let lacks: Vec<_> = lacks.map(|lack| lack.text.as_str()).collect();
    if lacks.is_empty() {
        return Ok(());
    }
    let lacks = lacks.join("\n  ");
    let message = format!("what is left out is needed:\n  {lacks}");
    Err(Failure::new(Exit::Refused, neutral(&message)))
}

/// Who confirmed steps of the whole runbook has not confirmed them without those before.
pub(super) fn refuse_answers_for_the_whole(plan: &Plan, answers: &Path) -> Result<(), Failure> {
    if plan.left_out.is_empty() || plan.leaves_out_in_vain() {
        return Ok(());
    }
    let ids: Vec<_> = plan.left_out.iter().map(|step| plan.step(step).id.as_str()).collect();
    let noun = if ids.len() == 1 { "step" } else { "steps" };
    let message = format!(
        "{} was written for the whole runbook, and this run leaves out {noun} {}: read what it \
         confirms, and whether that holds without them; then put plan = \"{}\" into its first line",
        answers.display(),
        ids.join(", "),
        plan.binding(),
    );
    Err(Failure::new(Exit::Refused, neutral(&message)))
}
