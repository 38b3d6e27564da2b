//! `runbook rollback`: carries out the runbook's rollback for what a run has done, as a run of its
//! own.
//!
//! Comes in: a run of the journal. Goes out: another one that belongs to it, with its values; or why
//! there is no way back.

use crate::document::{Document, SectionKind};
use crate::engine::Keeping;
use crate::event::Part;
use crate::journal::{Filter, Head, Holder, Journal, Journaled, Line, Sqlite};
use crate::plan::{Plan, Step};
use crate::policy::Catalogue;
use crate::report::neutral;
use crate::session::for_shell;
use crate::source::Source;

use super::arguments::Rollback;
use super::carry_out::{ask_git, decide, operator_name, require_tools, setup};
use super::journal::{self, Record, failed, hold};
use super::pick::pick;
use super::resume::{Recorded, rollback_of};
use super::role::role;
use super::start::{How, start};
use super::{Exit, Failure, complain, environment};

pub(super) fn rollback(arguments: &Rollback) -> Result<Exit, Failure> {
    let name = operator_name(ask_git());
    let mut store = journal::open()?;
    let line = pick(&store, arguments.run.as_deref(), Filter::default())?;
    refuse_what_is_none(&line)?;
    refuse_a_second_one(&store, &line)?;
    let recorded = Recorded::read(&store, &line)?;
    if line.operator != name {
        complain(&format!("run {} is {}'s", line.run, neutral(&line.operator)));
    }
    let whole = recorded.source(&store)?;
    let sections = rollback_sections(&whole)?;
    let (plan, config) = decide(whole, &sections, &Part::default())?;
    refuse_after_the_point(&store, &recorded, plan.catalogue, &line)?;
    say_what_was_not_done(&plan, &recorded, &line)?;
    if plan.fingerprint != recorded.past.fingerprint {
        complain("the runbook has changed since that run; this is the rollback as it is now");
    }
    let mut setup = setup(&config, recorded.folder.clone());
    setup.environment = for_shell(environment());
    setup.role = role(&plan, &config, &arguments.authority)?;
    setup.break_glass.clone_from(&arguments.authority.break_glass);
    require_tools(&plan, &setup)?;
    let holder = Holder::this(&setup.run, &name, &setup.host);
    hold(&mut store, &line.target, &holder)?;
    setup.keeping = Some(Keeping {
        key: journal::key()?,
        path: recorded.path.display().to_string(),
        sections,
        of: Some(line.run.clone()),
        past: recorded.past.values(),
        resumption: None,
    });
    let journaled = Journaled { head: Head::of_nothing(&setup.run), line: None };
    let record = Record::of(store, &plan, setup.run.clone(), line.target, journaled)?;
    let how = How {
        config: &config,
        manner: &arguments.manner,
        break_glass: arguments.authority.break_glass.as_deref(),
    };
    start(&plan, setup, &how, name, Some(record))
}

/// What was undone is not undone again.
fn refuse_a_second_one(store: &Sqlite, line: &Line) -> Result<(), Failure> {
    let Some(rollback) = rollback_of(store, line)? else { return Ok(()) };
    let then = if rollback.state.is_unfinished() { "resume" } else { "show" };
    let message = format!(
        "run {} has a rollback already, run {}: `runbook {then} {}`",
        line.run, rollback.run, rollback.run
    );
    Err(Failure::new(Exit::Refused, message))
}

/// What the rollback would undo that was never done; a run that has done nothing has no rollback.
fn say_what_was_not_done(plan: &Plan, recorded: &Recorded, line: &Line) -> Result<(), Failure> {
    let acted = recorded.past.acted();
    if acted.is_empty() && plan.fingerprint == recorded.past.fingerprint {
        let message = format!(
            "run {} has changed nothing, so there is nothing to undo: `runbook show {}` tells of it",
            line.run, line.run
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    let done = |id: &str| acted.iter().any(|place| plan.document.steps[*place].id == id);
    let procedure = plan.document.steps.iter().enumerate();
    let undone: Vec<_> = procedure
        .filter(|(_, step)| step.section.kind != SectionKind::Rollback && !done(&step.id))
        .map(|(_, step)| step.id.as_str())
        .filter(|id| plan.steps.iter().any(|step| plan.step(step).id == *id))
        .collect();
    if !undone.is_empty() && plan.fingerprint == recorded.past.fingerprint {
        complain(&format!(
            "run {} has not done step {}: skip (s) what would undo it",
            line.run,
            undone.join(", ")
        ));
    }
    Ok(())
}

fn refuse_what_is_none(line: &Line) -> Result<(), Failure> {
    match &line.of {
        Some(of) => {
            let on = if line.state.is_unfinished() { "resume" } else { "show" };
            let message = format!(
                "run {} is itself the rollback of {of}: `runbook {on} {}`; name the run to undo",
                line.run, line.run
            );
            Err(Failure::new(Exit::Usage, message))
        }
        None => Ok(()),
    }
}

/// The titles of the document's sections that say how to undo it.
fn rollback_sections(source: &Source) -> Result<Vec<String>, Failure> {
    let document = Document::read(source.clone());
    let steps = document.steps.iter().filter(|step| step.section.kind == SectionKind::Rollback);
    let mut titles: Vec<String> = steps.map(|step| step.section.title.clone()).collect();
    titles.dedup();
    if titles.is_empty() {
        let message = format!(
            "{} has no rollback section with something to do: go on with `runbook resume`, or undo \
             it by hand",
            source.path().display()
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    Ok(titles)
}

/// After what cannot be undone there is no way back, only forward. What the run has done is looked up
/// in the text that it was done by.
fn refuse_after_the_point(
    store: &Sqlite,
    recorded: &Recorded,
    catalogue: &'static Catalogue,
    line: &Line,
) -> Result<(), Failure> {
    let text = store.text(&recorded.past.fingerprint).map_err(failed)?.unwrap_or_default();
    let document = Document::read(Source::new(&recorded.path, text));
    let selection = recorded.selection(&document);
    let whole = Plan::new(document, catalogue, &selection);
    let acted = recorded.past.acted();
    let last = acted.last().copied().unwrap_or_default();
    let mut begun = whole.steps.iter().filter(|step| acted.contains(&step.place));
    let mut behind = whole.left_out.iter().filter(|step| step.place < last);
    let irreversible = |step: &&Step| step.is_irreversible();
    let title = |step: &Step| {
        let step = whole.step(step);
        format!("{} \"{}\"", step.id, step.title)
    };
    let begun = begun.find(irreversible).map(title);
    // An operator may have made a command such a one, for that run.
    let begun = begun.or_else(|| recorded.past.irreversible().map(|known| known.step.clone()));
    let (step, how) = match (begun, behind.find(irreversible)) {
        (Some(step), _) => (step, "begun"),
        // It may have been done without this run.
        (None, Some(step)) => (title(step), "gone on behind"),
        (None, None) => return Ok(()),
    };
    let unfinished = line.state.is_unfinished();
    let on = if unfinished { format!(" (`runbook resume {}`)", line.run) } else { String::new() };
    let message = format!(
        "run {} has {how} step {}, which cannot be undone: there is no way back, only \
         forward{}",
        line.run,
        neutral(&step),
        on
    );
    Err(Failure::new(Exit::Refused, message))
}
