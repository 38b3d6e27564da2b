//! `runbook resume`: goes on with a run where it was paused, or broke off.
//!
//! Comes in: a run of the journal, and the runbook as it is now. Goes out: the same run, carried on;
//! or why it is not: it is somebody else's, it is under way, or what was done has changed.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use crate::document::Document;
use crate::engine::{Jump, Keeping, Setup};
use crate::event::{Resumption, RunResult};
use crate::journal::{Filter, Journal, Journaled, Line, Sqlite, State};
use crate::plan::Plan;
use crate::report::neutral;
use crate::resume::{Past, difference, redo};
use crate::source::Source;
use crate::variables::{Redacted, Redactor};

use super::arguments::Resume;
use super::carry_out::{ask_git, decide_about, operator_name};
use super::going_on::{GoingOn, taken_from};
use super::hand_over::taken_back;
use super::journal::{self, failed, unfinished_beside};
use super::pick::pick;
use super::recorded::{Recorded, rollback_of};
use super::usual::Earlier;
use super::{Exit, Failure, complain};

pub(super) fn resume(arguments: &Resume) -> Result<Exit, Failure> {
    let name = operator_name(ask_git());
    let store = journal::open()?;
    let unfinished = Filter { unfinished: true, ..Filter::default() };
    let line = pick(&store, arguments.run.as_deref(), unfinished)?;
    refuse_what_has_ended(&line)?;
    let (mut store, recorded, document) = read(store, &line)?;
    let taken = arguments.reason.as_deref().filter(|_| arguments.take);
    let handed = taken_back(&recorded.past, &line, taken, "resume")?;
    let taken_from = handed.or(taken_from(&line, &name, taken, "resume")?).map(|(from, _)| from);
    refuse_what_may_have_gone_on(&recorded, &line, arguments)?;
    gives_up(&store, &line, &recorded.past)?;
    refuse_what_was_given_up(&store, &line)?;
    // The newest need not be the one that is meant.
    unfinished_beside(&store, &line)?.iter().for_each(|text| complain(text));
    let document = match document {
        Some(document) => document,
        None => Document::read(recorded.source(&store)?),
    };
    let part = recorded.part_of(&store, &document)?;
    let (plan, config) = decide_about(document, &recorded.sections, &part)?;
    let (authority, manner) = (&arguments.authority, &arguments.manner);
    let going_on = GoingOn { plan: &plan, config: &config, authority, manner, name };
    let mut setup = going_on.lay_out(&mut store, &recorded, &line, Some(&line.run))?;
    // Nobody else goes on with either from here on.
    let gives_up = gives_up(&store, &line, &recorded.past)?;
    setup.jump = (!part.is_whole()).then(|| Jump { part, ..Jump::default() });
    let operator = going_on.name.clone();
    let mut resumption =
        recorded.resumption(&store, &plan, &setup, arguments, operator, taken_from)?;
    if let Some(rollback) = &gives_up {
        complain(&format!(
            "run {rollback}, a rollback of this one, has done nothing and is given up: it cannot be \
             gone on with any more"
        ));
    }
    resumption.gives_up = gives_up;
    let mut past = recorded.past;
    past.resume(&resumption);
    let is_whole = setup.jump.is_none() && recorded.sections.is_empty();
    let path = recorded.path.clone();
    setup.keeping = Some(Keeping {
        key: journal::key()?,
        path: recorded.path.display().to_string(),
        sections: recorded.sections,
        of: line.of.clone(),
        past,
        resumption: Some(Box::new(resumption)),
        ..Keeping::default()
    });
    let earlier = Earlier::of(&store, journal::folder()?, &line.target, &path);
    // How long all of it takes says nothing of a part.
    setup.usual = is_whole.then_some(Box::new(earlier.map_err(failed)?) as _);
    let journaled = Journaled { head: recorded.head, line: Some(line.clone()) };
    let exit = going_on.start(store, setup, line.target, journaled);
    // It goes with the process: to take a long plan apart would only take time.
    std::mem::forget(plan);
    exit
}

/// Reads what the journal has of a run and, meanwhile, the runbook, if its file is there: the record
/// begins with its path.
fn read(store: Sqlite, line: &Line) -> Result<(Sqlite, Recorded, Option<Document>), Failure> {
    let (tell, path) = mpsc::channel();
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let recorded = Recorded::follow(&store, line, |beginning| {
                // Who has asked is there until this comes to its end.
                let _ = tell.send(PathBuf::from(&beginning.path));
            });
            recorded.map(|recorded| (store, recorded))
        });
        let source = path.recv().ok().and_then(|path| Source::read(&path).ok());
        let document = source.map(Document::read);
        let read = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
        read.map(|(store, recorded)| (store, recorded, document))
    })
}

fn refuse_what_has_ended(line: &Line) -> Result<(), Failure> {
    let State::Ended(RunResult::Complete | RunResult::CompleteWithDoubts) = line.state else {
        return Ok(());
    };
    let message =
        format!("run {} came to its end; `runbook show {}` tells of it", line.run, line.run);
    Err(Failure::new(Exit::Usage, message))
}

/// A run that was allowed to go on without a record may have done all of its steps.
fn refuse_what_may_have_gone_on(
    recorded: &Recorded,
    line: &Line,
    arguments: &Resume,
) -> Result<(), Failure> {
    let Some(reason) = &recorded.past.may_have_gone_on else { return Ok(()) };
    let what = format!(
        "run {} was allowed to go on without a record ({}), and its record has no end: what it did \
         after entry {} is not known",
        line.run,
        neutral(reason.as_str()),
        recorded.head.number
    );
    if arguments.authority.break_glass.is_some() {
        complain(&format!("{what}; going on all the same"));
        return Ok(());
    }
    let message = format!(
        "{what}. Look at every step after that, then begin anew with `runbook run --from STEP`; or, \
         if it went no further, `runbook resume {} --break-glass \"...\"`",
        line.run
    );
    Err(Failure::new(Exit::Refused, message))
}

/// A run that was undone is not gone on with. A rollback that has done nothing yet is given up for it.
fn gives_up(store: &Sqlite, line: &Line, past: &Past) -> Result<Option<String>, Failure> {
    let Some(rollback) = rollback_of(store, line, past)? else { return Ok(None) };
    let (run, by) = (&line.run, &rollback.run);
    let tells = format!("`runbook show {by}` tells of it");
    let message = if rollback.state.is_unfinished() {
        if Recorded::read(store, &rollback)?.past.is_untouched() {
            return Ok(Some(rollback.run));
        }
        format!(
            "run {run} is being rolled back by run {by}: `runbook resume {by}` goes on with that; \
             {tells}"
        )
    } else {
        format!("run {run} was rolled back by run {by}: {tells}; begin anew with `runbook run`")
    };
    Err(Failure::new(Exit::Refused, message))
}

/// A rollback that was given up is not gone on with: the run that it would undo is another one by
/// now.
fn refuse_what_was_given_up(store: &Sqlite, line: &Line) -> Result<(), Failure> {
    let Some(of) = &line.of else { return Ok(()) };
    let filter = Filter { beginning: Some(of.clone()), ..Filter::default() };
    let first = store.runs(&filter).map_err(failed)?.into_iter().find(|first| first.run == *of);
    let Some(first) = first else { return Ok(()) };
    if !Recorded::read(store, &first)?.past.given_up.contains(&line.run) {
        return Ok(());
    }
    let message = format!(
        "run {}, a rollback of run {of}, had done nothing when that was gone on with, and was given \
         up: `runbook rollback {of}` begins another one, `runbook resume {of}` goes on with the run",
        line.run
    );
    Err(Failure::new(Exit::Refused, message))
}

/// What is left out of a run is not done again.
fn refuse_what_is_left_out(plan: &Plan, redo: &[String]) -> Result<(), Failure> {
    let mut left_out = plan.left_out.iter().map(|step| &plan.step(step).id);
    match left_out.find(|id| redo.contains(id)) {
        Some(id) => {
            let message = format!(
                "step {id} is left out of this run, so that it cannot be done again in it; `runbook \
                 run --step {id}` carries it out as a run of its own"
            );
            Err(Failure::new(Exit::Usage, message))
        }
        None => Ok(()),
    }
}

impl Recorded {
    /// How the run goes on: with the same text, or with another one whose differences are told.
    fn resumption(
        &self,
        journal: &Sqlite,
        plan: &Plan,
        setup: &Setup,
        arguments: &Resume,
        operator: String,
        taken_from: Option<String>,
    ) -> Result<Resumption, Failure> {
        let redactor = Redactor::default();
        let redact = |text: &str| redactor.redact(text);
        let mut resumption = Resumption {
            operator,
            host: setup.host.clone(),
            folder: setup.folder.display().to_string(),
            program: env!("CARGO_PKG_VERSION").into(),
            fingerprint: plan.fingerprint.clone(),
            part: setup.jump.as_ref().map(|jump| jump.part.clone()),
            moved: Vec::new(),
            differences: Vec::new(),
            redone: Vec::new(),
            forgotten: Vec::new(),
            role: setup.role.clone(),
            break_glass: setup.break_glass.as_deref().map(redact),
            taken_from,
            gives_up: None,
            reason: arguments.reason.as_deref().map(redact),
            done: self.done(plan),
            sinks: Vec::new(),
        };
        if plan.fingerprint != self.past.fingerprint {
            self.compare(journal, plan, setup, arguments, &mut resumption)?;
        }
        if !arguments.redo.is_empty() {
            let known: Vec<_> = plan.document.steps.iter().map(|step| step.id.as_str()).collect();
            let found = redo(plan, &arguments.redo).ok_or_else(|| {
                let message = format!(
                    "there is no step {}; known here: {}",
                    arguments.redo.join(", "),
                    known.join(", ")
                );
                Failure::new(Exit::Usage, message)
            })?;
            refuse_what_is_left_out(plan, &arguments.redo)?;
            resumption.redone = found.places;
            resumption.forgotten = found.names;
        }
        Ok(resumption)
    }

    fn compare(
        &self,
        journal: &Sqlite,
        plan: &Plan,
        setup: &Setup,
        arguments: &Resume,
        resumption: &mut Resumption,
    ) -> Result<(), Failure> {
        let text = journal.text(&self.past.fingerprint).map_err(failed)?.unwrap_or_default();
        let old = Document::read(Source::new(&self.path, text));
        let found = difference(&old, &plan.document, &self.past);
        let mut sentences: Vec<_> =
            found.changes.iter().map(crate::resume::Change::sentence).collect();
        if found.concerns_what_was_done() && !arguments.accept_changes {
            let message = format!(
                "the runbook has changed since, also in what was done:\n  {}\nread it, then go on \
                 with `runbook resume {} --accept-changes --reason \"...\"`, or put the old text back",
                sentences.join("\n  "),
                setup.run,
            );
            return Err(Failure::new(Exit::Refused, neutral(&message)));
        }
        let undecided = self
            .past
            .undecided()
            .find(|known| found.is_gone(&known.place) && !arguments.redo.contains(&known.step));
        if let Some(known) = undecided {
            let (step, line, run) = (&known.step, known.line, &setup.run);
            let message = format!(
                "step {step} (line {line} of the text that the run was begun with) was begun, \
                 nobody has said what became of it, and its text has changed: put the old text \
                 back and resume, or do the whole step again with `runbook resume {run} --redo \
                 {step} --reason \"...\"`",
            );
            return Err(Failure::new(Exit::Refused, message));
        }
        let edited = self.past.deviations.iter().map(|one| &one.deviation);
        sentences.extend(edited.filter(|one| found.is_gone(&one.place)).map(|one| {
            let (step, line) = (&one.step, one.line);
            format!("what was put in the place of step {step}, line {line} holds no longer")
        }));
        let redactor = Redactor::default();
        resumption.differences = sentences.iter().map(|text| redactor.redact(text)).collect();
        resumption.moved = found.moved;
        Ok(())
    }

    /// The steps that were begun before.
    fn done(&self, plan: &Plan) -> Vec<Redacted> {
        let redactor = Redactor::default();
        let touched = self.past.touched();
        let mut sentences = Vec::new();
        for (at, step) in plan.document.steps.iter().enumerate() {
            let count = touched.iter().filter(|place| place.step == at).count();
            if count > 0 && plan.fingerprint == self.past.fingerprint {
                let values = self.past.by_value(at).into_iter();
                let values: Vec<_> =
                    values.map(|(value, word)| format!("{value}: {word}")).collect();
                let values = values.join("; ");
                let lead = if values.is_empty() { "" } else { " — " };
                let text = format!("step {} \"{}\"{lead}{values}", step.id, step.title);
                sentences.push(redactor.redact(&text));
            }
        }
        sentences
    }
}
