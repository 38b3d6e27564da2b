//! `runbook rollback`: carries out the runbook's rollback for what a run has done, as a run of its
//! own.
//!
//! Comes in: a run of the journal. Goes out: another one that belongs to it, with its values; or why
//! there is no way back.

use crate::config::Config;
use crate::document::{Document, SectionKind};
use crate::engine::{Jump, Keeping};
use crate::event::Part;
use crate::journal::{Filter, Head, Journaled, Line, Sqlite};
use crate::plan::{Plan, Selection, Step};
use crate::report::neutral;
use crate::resume::{Past, Undoing, undoing};
use crate::source::Source;

use super::arguments::Rollback;
use super::carry_out::{ask_git, configured, decide_with, operator_name};
use super::going_on::{GoingOn, taken_from};
use super::hand_over::taken_back;
use super::journal::{self, unfinished_beside};
use super::pick::pick;
use super::recorded::{Recorded, rollback_of};
use super::{Exit, Failure, complain};

pub(super) fn rollback(arguments: &Rollback) -> Result<Exit, Failure> {
    let name = operator_name(ask_git());
    let mut store = journal::open()?;
    let line = pick(&store, arguments.run.as_deref(), Filter::default())?;
    refuse_what_is_none(&line)?;
    let mut recorded = Recorded::read(&store, &line)?;
    refuse_a_second_one(&store, &line, &recorded.past)?;
    let taken = arguments.reason.as_deref().filter(|_| arguments.take);
    let handed = taken_back(&recorded.past, &line, taken, "rollback")?;
    let taken_from = handed.or(taken_from(&line, &name, taken, "rollback")?);
    unfinished_beside(&store, &line)?.iter().for_each(|text| complain(text));
    let source = recorded.source(&store)?;
    let config = configured(&source)?;
    let done = recorded.plan(&store, config.catalogue())?;
    refuse_after_the_point(&done, &recorded.past, &line)?;
    refuse_what_has_changed_nothing(&recorded.past, &line)?;
    let whole = Whole::of(&config, source)?;
    let undoing = undoing(&done, &recorded.past, &whole.document);
    let undoing = whole.with(undoing, &arguments.with)?;
    let (plan, undoing) = whole.plan(undoing, &line)?;
    if plan.fingerprint != recorded.past.fingerprint {
        complain("the runbook has changed since that run; this is the rollback as it is now");
    }
    let (authority, manner) = (&arguments.authority, &arguments.manner);
    let going_on = GoingOn { plan: &plan, config: &config, authority, manner, name };
    let mut setup = going_on.lay_out(&mut store, &recorded, &line, None)?;
    setup.jump = jump(&undoing);
    recorded.past.come_to(&setup.host);
    let taken_over = recorded.past.for_another(&line.run);
    let mut past = Past::default();
    past.take_over(&taken_over);
    setup.keeping = Some(Keeping {
        key: journal::key()?,
        path: recorded.path.display().to_string(),
        sections: whole.sections,
        of: Some(line.run.clone()),
        taken_over: Some(Box::new(taken_over)),
        taken_from,
        told: undoing.told,
        past,
        resumption: None,
    });
    let journaled = Journaled { head: Head::of_nothing(&setup.run), line: None };
    going_on.start(store, setup, line.target, journaled)
}

/// The rollback of a runbook, with all of its steps.
struct Whole<'a> {
    config: &'a Config,
    source: Source,
    document: Document,
    /// The titles of the sections that say how to undo it.
    sections: Vec<String>,
}

impl<'a> Whole<'a> {
    fn of(config: &'a Config, source: Source) -> Result<Self, Failure> {
        let document = Document::read(source.clone());
        let sections = rollback_sections(&document)?;
        Ok(Self { config, source, document, sections })
    }

    /// What is in vain of it, but for what the operator wants all the same, and for steps that
    /// cannot be told from others by their ids.
    fn with(&self, undoing: Undoing, with: &[String]) -> Result<Undoing, Failure> {
        let selection = Selection::sections(self.sections.clone());
        for id in with {
            selection
                .places(id, &self.document)
                .map_err(|error| Failure::new(Exit::Usage, neutral(&error.to_string())))?;
        }
        let is_one = |id: &str, place: usize| {
            selection.places(id, &self.document).is_ok_and(|places| places == [place])
        };
        let several = undoing.in_vain.iter().filter(|one| !is_one(&one.step, one.place));
        let several: Vec<_> = several.map(|one| one.step.clone()).collect();
        let undoing = undoing.with(with, "because you want it");
        Ok(undoing.with(&several, "because its id is not its own"))
    }

    /// What is carried out of it: what another step cannot do without is not left out.
    fn plan(&self, mut undoing: Undoing, line: &Line) -> Result<(Plan, Undoing), Failure> {
        loop {
            let part = part(&undoing);
            self.refuse_what_is_all_in_vain(&undoing, line)?;
            let document = Document::read(self.source.clone());
            let plan = decide_with(self.config, document, &self.sections, &part)?;
            let needed = needed(&plan, &part.without);
            if needed.is_empty() {
                return Ok((plan, undoing));
            }
            undoing = undoing.with(&needed, "because another step works with what it does");
        }
    }

    /// Where every step would undo what was never begun, there is nothing to do.
    fn refuse_what_is_all_in_vain(&self, undoing: &Undoing, line: &Line) -> Result<(), Failure> {
        let steps = self.document.steps.iter().enumerate();
        let mut steps = steps.filter(|(_, step)| {
            self.sections.contains(&step.section.title) && !step.actions.is_empty()
        });
        let in_vain = |place: usize| undoing.in_vain.iter().any(|one| one.place == place);
        if steps.any(|(place, _)| !in_vain(place)) {
            return Ok(());
        }
        let because: Vec<_> = undoing.in_vain.iter().map(|one| one.because.as_str()).collect();
        let message = format!(
            "there is nothing of run {} to undo: {}; `runbook rollback {} --with STEP` carries a \
             step of the rollback out all the same",
            line.run,
            because.join(", "),
            line.run
        );
        Err(Failure::new(Exit::Usage, message))
    }
}

fn part(undoing: &Undoing) -> Part {
    let without = undoing.in_vain.iter().map(|one| one.step.clone()).collect();
    Part { without, ..Part::default() }
}

fn jump(undoing: &Undoing) -> Option<Jump> {
    let because = undoing.in_vain.iter().map(|one| (one.step.clone(), one.because.clone()));
    let (part, because) = (part(undoing), because.collect());
    (!part.is_whole()).then_some(Jump { part, reason: None, because })
}

/// The steps among those that are left out that the others cannot do without; what the run knew of
/// the same name is not what these would have made.
fn needed(plan: &Plan, left_out: &[String]) -> Vec<String> {
    let lacking = plan.lacks.refusing.iter().map(|lack| &lack.step);
    let needs = plan.needs();
    let inputs = plan.inputs.iter().filter(|input| needs.contains(&input.name));
    let instead_of = inputs.filter_map(|input| Some(&input.instead_of.as_ref()?.step));
    let all = lacking.chain(instead_of).chain(&plan.lacks.changing);
    left_out.iter().filter(|id| all.clone().any(|step| step == *id)).cloned().collect()
}

/// What was undone is not undone again.
fn refuse_a_second_one(store: &Sqlite, line: &Line, past: &Past) -> Result<(), Failure> {
    let Some(rollback) = rollback_of(store, line, past)? else { return Ok(()) };
    let then = if rollback.state.is_unfinished() { "resume" } else { "show" };
    let message = format!(
        "run {} has a rollback already, run {}: `runbook {then} {}`",
        line.run, rollback.run, rollback.run
    );
    Err(Failure::new(Exit::Refused, message))
}

/// A run that has done nothing has no rollback.
fn refuse_what_has_changed_nothing(past: &Past, line: &Line) -> Result<(), Failure> {
    if past.may_have_changed_something() {
        return Ok(());
    }
    let message = format!(
        "run {} has changed nothing, so there is nothing to undo: `runbook show {}` tells of it",
        line.run, line.run
    );
    Err(Failure::new(Exit::Usage, message))
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
fn rollback_sections(document: &Document) -> Result<Vec<String>, Failure> {
    let steps = document.steps.iter().filter(|step| step.section.kind == SectionKind::Rollback);
    let mut titles: Vec<String> = steps.map(|step| step.section.title.clone()).collect();
    titles.dedup();
    if titles.is_empty() {
        let message = format!(
            "{} has no rollback section with something to do: go on with `runbook resume`, or undo \
             it by hand",
            document.source.path().display()
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    Ok(titles)
}

/// After what cannot be undone there is no way back, only forward. What the run has done is looked up
/// in the text that it was done by.
fn refuse_after_the_point(whole: &Plan, past: &Past, line: &Line) -> Result<(), Failure> {
    let acted = past.acted();
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
    let begun = begun.or_else(|| past.irreversible().map(|known| known.step.clone()));
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
