//! `runbook rollback`: carries out the runbook's rollback for what a run has done, as a run of its
//! own.
//!
//! Comes in: a run of the journal. Goes out: another one that belongs to it, with its values; or why
//! there is no way back.

use crate::document::SectionKind;
use crate::engine::Keeping;
use crate::journal::{Filter, Head, Holder, Journaled, Line};
use crate::plan::{Plan, Selection};
use crate::report::neutral;
use crate::resume::Past;
use crate::session::for_shell;

use super::arguments::Rollback;
use super::carry_out::{How, ask_git, decide, operator_name, require_tools, setup, start};
use super::journal::{self, Record, hold, pick};
use super::resume::Recorded;
use super::role::role;
use super::{Exit, Failure, complain, environment};

pub(super) fn rollback(arguments: &Rollback) -> Result<Exit, Failure> {
    let name = operator_name(ask_git());
    let mut store = journal::open()?;
    let line = pick(&store, arguments.run.as_deref(), Filter::default())?;
    refuse_what_is_none(&line)?;
    let recorded = Recorded::read(&store, &line)?;
    let whole = recorded.source(&store)?;
    let sections = rollback_sections(&whole)?;
    let (plan, config) = decide(whole, &sections)?;
    refuse_after_the_point(&plan, &recorded.past, &line)?;
    if plan.fingerprint != recorded.past.fingerprint {
        complain("the runbook has changed since that run; this is the rollback as it is now");
    }
    let mut setup = setup(&config, recorded.folder.clone());
    setup.environment = for_shell(environment());
    setup.role = role(&plan, &config, &arguments.authority)?;
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
        answers: arguments.answers.as_deref(),
        non_interactive: arguments.non_interactive,
        format: arguments.format,
    };
    start(&plan, setup, &how, name, Some(record))
}

fn refuse_what_is_none(line: &Line) -> Result<(), Failure> {
    match &line.of {
        Some(of) => {
            let message = format!(
                "run {} is itself the rollback of {of}; `runbook resume {}` goes on with it",
                line.run, line.run
            );
            Err(Failure::new(Exit::Usage, message))
        }
        None => Ok(()),
    }
}

/// The titles of the document's sections that say how to undo it.
fn rollback_sections(source: &crate::source::Source) -> Result<Vec<String>, Failure> {
    let document = crate::document::Document::read(source.clone());
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

/// After what cannot be undone there is no way back, only forward.
fn refuse_after_the_point(plan: &Plan, past: &Past, line: &Line) -> Result<(), Failure> {
    let document = crate::document::Document::read(plan.document.source.clone());
    let whole = Plan::new(document, plan.catalogue, &Selection::default());
    let touched = past.touched();
    let passed = whole.steps.iter().find(|step| {
        step.is_irreversible() && touched.iter().any(|place| place.step == step.place)
    });
    // An operator may have made a command such a one, for that run.
    let step = match (passed.map(|step| whole.step(step)), past.irreversible()) {
        (Some(step), _) => format!("{} \"{}\"", step.id, step.title),
        (None, Some(known)) => known.step.clone(),
        (None, None) => return Ok(()),
    };
    let message = format!(
        "run {} has begun step {}, which cannot be undone: there is no way back, only forward \
         (`runbook resume {}`)",
        line.run,
        neutral(&step),
        line.run
    );
    Err(Failure::new(Exit::Refused, message))
}
