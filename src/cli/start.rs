//! A run's way through the engine: who answers, where its events go, and what it ends as.
//!
//! Comes in: a plan, what is laid out for it, its record. Goes out: an exit code. What happened is
//! kept before it is shown; whatever comes of the end, the target is given back.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal};
use std::path::Path;

use crate::audit::Handing;
use crate::config::Config;
use crate::engine::{Operator, Setup, Wishes, carry_out};
use crate::event::{RunResult, Sink};
use crate::journal::{Emergency, Head};
use crate::plan::Plan;
use crate::report::Colour;
use crate::report::json_lines::JsonLines;
use crate::report::terminal::Terminal as View;

use super::answers::{Answers, AnswersError};
use super::arguments::{Manner, RunFormat};
use super::deviations::Deviations;
use super::hand_on::Way;
use super::journal::Record;
use super::jump::refuse_answers_for_the_whole;
use super::terminal::Terminal;
use super::{Exit, Failure, complain, environment_variable, signals};

/// Who answers, how the run is told, and what the team has set.
pub(super) struct How<'a> {
    pub config: &'a Config,
    pub manner: &'a Manner,
    /// Why it goes on even where it can be recorded no longer.
    pub break_glass: Option<&'a str>,
}

pub(super) fn start(
    plan: &Plan,
    mut setup: Setup,
    how: &How<'_>,
    name: String,
    mut record: Option<Record>,
) -> Result<Exit, Failure> {
    let broken =
        |error: io::Error| Failure::new(Exit::Environment, format!("failed to start: {error}"));
    leave_no_core();
    let wishes = Wishes::default();
    signals::listen(wishes.clone()).map_err(broken)?;
    let rehearsed = setup.stand_ins.is_some();
    let binding = if rehearsed { Binding::Optional } else { Binding::Required };
    let mut operator = operator(plan, how, name, wishes.clone(), binding)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let out =
        File::from(std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned().map_err(broken)?);
    let mut sink: Box<dyn Sink> = match how.manner.format {
        RunFormat::Json => Box::new(JsonLines::new(BufWriter::new(out))),
        RunFormat::Text => {
            let plain = environment_variable("NO_COLOR").is_some() || !io::stdout().is_terminal();
            let colour = if plain { Colour::Off } else { Colour::On };
            let columns = if io::stdout().is_terminal() { setup.size.0.into() } else { 4096 };
            Box::new(View::new(BufWriter::new(out), colour, columns))
        }
    };
    let way = if rehearsed { None } else { Way::open(how.config, &setup, record.as_ref())? };
    let (way, teller) = way.unzip();
    let courier = way.as_ref().map(Way::courier);
    if let Some(way) = &way {
        setup.audit = Some(Box::new(way.on_the_way()));
    }
    let head = record.as_ref().map_or_else(|| Head::of_nothing(&setup.run), Record::head);
    let emergency = emergency(how, &setup);
    let recording = record.as_mut().map(|record| record.recording().or(emergency));
    let mut kept = Handing::after(recording, head, teller.unwrap_or_default(), courier);
    // What happened is kept before it is shown.
    let past = setup.keeping.as_ref().map(|keeping| &keeping.past);
    let mut deviations = Deviations::after(past);
    let run_id = setup.run.clone();
    let sinks: Vec<&mut dyn Sink> = vec![&mut kept, sink.as_mut(), &mut deviations];
    let run = carry_out(plan, setup, operator.as_mut(), sinks, wishes);
    let summary = runtime.block_on(run);
    let (head, broke_off, left) = (kept.recorded(), kept.broke_off(), kept.left().to_vec());
    drop((kept, sink));
    // What broke it may break its end, too.
    if summary.result == RunResult::Broken {
        complain(summary.why.as_str());
    }
    let is_over = !matches!(summary.result, RunResult::Paused | RunResult::Broken);
    let in_journal = record.as_ref().map(|_| run_id.as_str());
    let offered = is_over.then(|| deviations.offer(&plan.document, in_journal, how.manner.format));
    // Whatever comes of that, the target is given back.
    match (record, broke_off.or(head)) {
        (Some(record), Some(head)) if broke_off.is_some() => record.abandon(head),
        (Some(record), Some(head)) => record.end(head, how.manner.format, &how.config.journal)?,
        _ => {}
    }
    way.map_or(Ok(()), |way| way.end(&left, how.manner.format))?;
    offered.transpose()?;
    Ok(exit(summary.result))
}

/// A run knows secrets: its memory is written down nowhere should it crash, and read by no other
/// process of the operator. What it starts is not held to that.
fn leave_no_core() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// What is said where a run can be recorded no longer and goes on all the same.
fn emergency(how: &How<'_>, setup: &Setup) -> Option<Emergency<'static>> {
    let reason = how.break_glass?.to_owned();
    let unrecorded = setup.unrecorded.clone();
    Some(Box::new(move |error| {
        complain(&format!("failed to {error}; going on without a record ({reason})"));
        unrecorded.because(format!("{reason}; failed to {error}"));
    }))
}

const fn exit(result: RunResult) -> Exit {
    match result {
        RunResult::Complete => Exit::Done,
        RunResult::CompleteWithDoubts | RunResult::Paused => Exit::NeedsPerson,
        RunResult::Failed => Exit::Failed,
        RunResult::Refused => Exit::Refused,
        RunResult::Interrupted => Exit::Interrupted,
        RunResult::Broken => Exit::Environment,
    }
}

/// Who answers: an answers file where one is given, else the person at the terminal, if there is
/// one.
fn operator(
    plan: &Plan,
    how: &How<'_>,
    name: String,
    wishes: Wishes,
    binding: Binding,
) -> Result<Box<dyn Operator>, Failure> {
    if let Some(path) = &how.manner.answers {
        return Ok(Box::new(answers(plan, path, name, binding)?));
    }
    let attended = io::stdin().is_terminal() && io::stdout().is_terminal();
    if how.manner.non_interactive || !attended || how.manner.format == RunFormat::Json {
        return Ok(Box::new(Answers::none(name)));
    }
    let terminal = Terminal::open(name, wishes);
    let opened = terminal.map_err(|error| {
        Failure::new(Exit::Environment, format!("failed to open the terminal: {error}"))
    })?;
    Ok(Box::new(opened))
}

/// Whether confirmations must say which plan they are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Binding {
    /// What is confirmed is done for real.
    Required,
    /// It is a rehearsal.
    Optional,
}

fn answers(plan: &Plan, path: &Path, name: String, binding: Binding) -> Result<Answers, Failure> {
    let usage =
        |error: &dyn std::fmt::Display| Failure::new(Exit::Usage, format!("failed to {error}"));
    let answers = Answers::read(path, name).map_err(|error| usage(&error))?;
    let binding_of_plan = plan.binding();
    if answers.plan.as_ref() == Some(&plan.fingerprint) {
        refuse_answers_for_the_whole(plan, path)?;
    }
    if let Some(bound) = &answers.plan
        && *bound != binding_of_plan
    {
        let message = format!(
            "{} was written for another version of this runbook (plan {bound}, now \
             {binding_of_plan}), or for another part of it: look at what changed, then write it anew \
             with `runbook explain --format answers {}`",
            path.display(),
            plan.document.source.path().display(),
        );
        return Err(Failure::new(Exit::Refused, message));
    }
    if answers.plan.is_none() && answers.confirms_something() && binding == Binding::Required {
        let message = format!(
            "{} confirms steps, but of no plan in particular: read `runbook explain {}`, then put \
             plan = \"{}\" into its first line",
            path.display(),
            plan.document.source.path().display(),
            binding_of_plan,
        );
        return Err(Failure::new(Exit::Refused, message));
    }
    fit(&answers, plan).map_err(|error| usage(&error))?;
    Ok(answers)
}

/// Refuses answers to what a plan does not ask; those to what is left out of it are never used.
pub(super) fn fit(answers: &Answers, plan: &Plan) -> Result<(), AnswersError> {
    let inputs: Vec<_> = plan.inputs.iter().map(|input| input.name.clone()).collect();
    let all = || plan.steps.iter().chain(&plan.left_out).map(|step| plan.step(step));
    let steps: Vec<_> = all().map(|step| step.id.clone()).collect();
    let choices = all().filter_map(|step| {
        let asked = step.actions.iter().flat_map(|action| action.kind.choices());
        let labels: Vec<_> = asked.flatten().map(str::to_owned).collect();
        (!labels.is_empty()).then(|| (step.id.clone(), labels))
    });
    answers.check(&inputs, &choices.collect::<Vec<_>>(), &steps)
}
