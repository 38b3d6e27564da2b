//! `runbook run` and `runbook rehearse`: from arguments to a run, and from its end to an exit code.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use duct::Handle;
use jiff::tz::TimeZone;
use rustix::fs::{Access, access};

use crate::audit::Handing;
use crate::config::{Config, repository};
use crate::diagnostic::Severity;
use crate::document::{ActionKind, Document};
use crate::engine::{Operator, Setup, StandIns, Unrecorded, Wishes, carry_out, is_builtin};
use crate::event::{self, RunResult, Sink};
use crate::journal::{Emergency, Head};
use crate::plan::{Plan, Selection};
use crate::report::json_lines::JsonLines;
use crate::report::terminal::Terminal as View;
use crate::report::{Colour, draw, neutral};
use crate::session::for_shell;
use crate::source::Source;

use super::answers::{Answers, AnswersError};
use super::arguments::{Attended, Rehearse, Run, RunFormat};
use super::deviations::Deviations;
use super::hand_on::{self, OnTheWay, Way};
use super::journal::{self, Record};
use super::jump::{jump, part, refuse_answers_for_the_whole, refuse_lacks, wanted};
use super::role::role;
use super::terminal::Terminal;
use super::{Exit, Failure, complain, environment, environment_variable, settings, signals};

pub(super) fn run(arguments: &Run) -> Result<Exit, Failure> {
    let name = ask_git();
    let (plan, config) = read(&arguments.attended)?;
    let folder = arguments.cwd.clone().unwrap_or_else(|| repository(plan.document.source.path()));
    if !folder.is_dir() {
        let message = format!("{} is no folder to start in", folder.display());
        return Err(Failure::new(Exit::Usage, message));
    }
    let mut setup = setup(&config, folder);
    setup.environment = for_shell(environment());
    setup.jump = jump(&arguments.attended.jump)?;
    require_tools(&plan, &setup)?;
    let name = operator_name(name);
    setup.role = role(&plan, &config, &arguments.authority)?;
    let record = Record::begin(&plan, &mut setup, &arguments.attended, &name);
    let record = match (record, &arguments.authority.break_glass) {
        (Ok(record), _) => Some(record),
        // Who holds the target is no emergency that a missing record could help.
        (Err(failure), Some(reason)) if failure.exit == Exit::Environment => {
            complain(&failure.message);
            setup.keeping = None;
            setup.unrecorded.because(reason.clone());
            None
        }
        (Err(failure), _) => return Err(failure),
    };
    let how = How::of(&arguments.attended, &config, arguments.authority.break_glass.as_deref());
    start(&plan, setup, &how, name, record)
}

pub(super) fn rehearse(arguments: &Rehearse) -> Result<Exit, Failure> {
    let name = ask_git();
    let (plan, config) = read(&arguments.attended)?;
    let named = arguments.stand_ins.clone().or_else(|| config.stand_ins_folder());
    let folder = named.ok_or_else(|| {
        let message = "there are no stand-ins: name their folder with --stand-ins DIR, or with \
                       stand-ins = \"DIR\" in runbook.toml";
        Failure::new(Exit::Usage, message)
    })?;
    let stand_ins = StandIns::open(&folder, environment())
        .map_err(|error| Failure::new(Exit::Usage, format!("failed to {error}")))?;
    let mut setup = setup(&config, stand_ins.work_folder());
    setup.environment = stand_ins.environment();
    setup.offers.clone_from(&setup.environment);
    setup.stand_ins = Some(stand_ins);
    setup.jump = jump(&arguments.attended.jump)?;
    setup.audit = hand_on::rehearsed(&config);
    let how = How::of(&arguments.attended, &config, None);
    start(&plan, setup, &how, operator_name(name), None)
}

/// Who answers, how the run is told, and what the team has set.
pub(super) struct How<'a> {
    pub config: &'a Config,
    pub answers: Option<&'a Path>,
    pub non_interactive: bool,
    pub format: RunFormat,
    /// Why it goes on even where it can be recorded no longer.
    pub break_glass: Option<&'a str>,
}

impl<'a> How<'a> {
    fn of(arguments: &'a Attended, config: &'a Config, break_glass: Option<&'a str>) -> Self {
        Self {
            config,
            answers: arguments.answers.as_deref(),
            non_interactive: arguments.non_interactive,
            format: arguments.format,
            break_glass,
        }
    }
}

fn read(arguments: &Attended) -> Result<(Plan, Config), Failure> {
    let source = Source::read(&arguments.file)
        .map_err(|error| Failure::new(Exit::Usage, format!("failed to {error}")))?;
    decide(source, &arguments.section, &part(&arguments.jump))
}

/// Decides about a runbook; what is wrong with it is said before anything runs.
pub(super) fn decide(
    source: Source,
    sections: &[String],
    part: &event::Part,
) -> Result<(Plan, Config), Failure> {
    let file = source.path().to_path_buf();
    let settings::InForce { config, notes, .. } = settings::of_operator(&file)?;
    for note in &notes {
        complain(note);
    }
    let document = Document::read(source);
    let selection = Selection::sections(sections.to_vec());
    let selection = selection.part(&wanted(part), &document).map_err(|error| {
        Failure::new(Exit::Usage, neutral(&format!("{}: {error}", file.display())))
    })?;
    let plan = Plan::new(document, config.catalogue(), &selection);
    if plan.is_empty() {
        let path = file.display();
        let message = match sections {
            _ if !part.is_whole() => format!("{path} holds nothing to do with {}", part.words()),
            [] => format!("{path} holds nothing to do: no command block and no manual step"),
            sections => {
                format!("{path} has no section {} with something to do", sections.join(", "))
            }
        };
        return Err(Failure::new(Exit::Usage, message));
    }
    refuse_errors(&plan)?;
    refuse_lacks(&plan)?;
    Ok((plan, config))
}

/// A runbook with an error in what is to be carried out does not start: it would stop half-way.
/// An error in a section that is not run is no reason to refuse the others.
fn refuse_errors(plan: &Plan) -> Result<(), Failure> {
    let document = &plan.document;
    let left_out = |at: usize| {
        let holds = |place: usize| document.steps[place].span.contains(at);
        let mut others = (0..document.steps.len())
            .filter(|place| plan.steps.iter().all(|step| step.place != *place));
        others.any(holds)
    };
    let errors = document.diagnostics.iter().filter(|one| {
        let at = one.labels.first().map_or(0, |label| label.span.start);
        one.severity == Severity::Error && !left_out(at)
    });
    let drawn: Vec<_> = errors.map(|one| draw(one, &document.source, Colour::Off)).collect();
    if drawn.is_empty() {
        return Ok(());
    }
    let count = drawn.len();
    let noun = if count == 1 { "error" } else { "errors" };
    Err(Failure::new(Exit::Refused, format!("{count} {noun} in the runbook\n{}", drawn.join("\n"))))
}

pub(super) fn setup(config: &Config, folder: PathBuf) -> Setup {
    let now = now();
    let host = host();
    let size = rustix::termios::tcgetwinsize(io::stdout());
    let size = size.map_or((80, 24), |size| (size.ws_col.max(40), size.ws_row.max(10)));
    Setup {
        run: format!("{}-{}", now.strftime("%Y%m%d-%H%M%S"), journal::any_four_digits()),
        host,
        bash: "bash".into(),
        folder,
        environment: Vec::new(),
        terminal: environment_variable("TERM").unwrap_or_else(|| "dumb".into()),
        size,
        deadline: config.deadline(),
        window: config.window(),
        today: now.strftime("%Y-%m-%d").to_string(),
        stand_ins: None,
        offers: environment(),
        confined: None,
        keeping: None,
        role: None,
        unrecorded: Unrecorded::default(),
        jump: None,
        pins: None,
        usual: None,
        audit: None,
    }
}

/// The machine's name.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The time here. The system's own file says enough where `TZ` says nothing; to look for a zone by
/// its name means to read the folders of all zones.
pub(super) fn now() -> jiff::ZonedDateTime {
    let zone = environment_variable("TZ").is_none().then(|| fs::read("/etc/localtime").ok());
    let zone = zone.flatten().and_then(|text| TimeZone::tzif("", &text).ok());
    zone.map_or_else(jiff::ZonedDateTime::now, |zone| {
        jiff::Timestamp::now().to_zoned_datetime(zone)
    })
}

/// Looks for every tool of the whole plan before the first step: to learn half-way through a
/// rotation that one is missing is too late. bash itself is asked about what is not plainly there,
/// so that its builtins, its keywords and its PATH count.
pub(super) fn require_tools(plan: &Plan, setup: &Setup) -> Result<(), Failure> {
    const ASK: &str =
        r#"for name; do type -t -- "$name" >/dev/null || printf '%s\n' "$name"; done"#;
    let mut mentioned = plan.tools();
    mentioned.retain(|(name, _)| !is_there(name, setup));
    if mentioned.is_empty() {
        return Ok(());
    }
    let mut words = vec!["--noprofile", "--norc", "-c", ASK, "runbook"];
    words.extend(mentioned.iter().map(|(name, _)| name.as_str()));
    let missing = duct::cmd(&setup.bash, &words)
        .full_env(setup.environment.clone())
        .dir(&setup.folder)
        .stdin_null()
        .stderr_null()
        .read()
        .map_err(|error| {
            Failure::new(Exit::Environment, format!("failed to start bash: {error}"))
        })?;
    let lines =
        |name: &str| mentioned.iter().find(|(known, _)| known == name).map_or(0, |one| one.1);
    let missing: Vec<_> =
        missing.lines().map(|name| format!("{name} (line {})", lines(name))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    let message = format!("not on PATH: {missing}; install it, or put its folder on PATH");
    Err(Failure::new(Exit::Environment, message))
}

/// Whether bash would find it for certain: as a builtin of every bash, or as a program on PATH.
fn is_there(name: &str, setup: &Setup) -> bool {
    if is_builtin(name) {
        return true;
    }
    let path = setup.environment.iter().find(|(variable, _)| variable == "PATH");
    let mut folders = path.map(|(_, path)| std::env::split_paths(path)).into_iter().flatten();
    !name.contains('/')
        && folders.any(|folder| {
            let program = setup.folder.join(folder).join(name);
            program.is_file() && access(&program, Access::EXEC_OK).is_ok()
        })
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
    let mut sink: Box<dyn Sink> = match how.format {
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
    if let Some(courier) = &courier {
        setup.audit = Some(Box::new(OnTheWay(courier.clone())));
    }
    let head = record.as_ref().map_or_else(|| Head::of_nothing(&setup.run), Record::head);
    let emergency = emergency(how, &setup);
    let recording = record.as_mut().map(|record| record.recording().or(emergency));
    let mut kept = Handing::after(recording, head, teller.unwrap_or_default(), courier);
    // What happened is kept before it is shown.
    let past = setup.keeping.as_ref().map(|keeping| keeping.past.clone());
    let mut deviations = Deviations::after(past.unwrap_or_default());
    let run_id = setup.run.clone();
    let sinks: Vec<&mut dyn Sink> = vec![&mut kept, sink.as_mut(), &mut deviations];
    let run = carry_out(plan, setup, operator.as_mut(), sinks, wishes);
    let summary = runtime.block_on(run);
    let (head, broke_off, left) = (kept.recorded(), kept.broke_off(), kept.left().to_vec());
    drop((kept, sink));
    let is_over = !matches!(summary.result, RunResult::Paused | RunResult::Broken);
    let in_journal = record.as_ref().map(|_| run_id.as_str());
    let offered = is_over.then(|| deviations.offer(&plan.document, in_journal, how.format));
    // Whatever comes of that, the target is given back.
    match (record, broke_off.or(head)) {
        (Some(record), Some(head)) if broke_off.is_some() => record.abandon(head),
        (Some(record), Some(head)) => record.end(head, how.format, &how.config.journal)?,
        _ => {}
    }
    way.map_or(Ok(()), |way| way.end(&left, how.format))?;
    offered.transpose()?;
    if summary.result == RunResult::Broken {
        let _ = writeln!(io::stderr(), "runbook: {}", summary.why.as_str());
    }
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
    if let Some(path) = how.answers {
        return Ok(Box::new(answers(plan, path, name, binding)?));
    }
    let attended = io::stdin().is_terminal() && io::stdout().is_terminal();
    if how.non_interactive || !attended || how.format == RunFormat::Json {
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
    let choices = all().flat_map(|step| {
        step.actions.iter().filter_map(|action| match &action.kind {
            ActionKind::Choice(choice) => Some((
                step.id.clone(),
                choice.alternatives.iter().map(|one| one.label.clone()).collect(),
            )),
            _ => None,
        })
    });
    answers.check(&inputs, &choices.collect::<Vec<_>>(), &steps)
}

/// Asks git for the operator's name. It answers while the runbook is read.
pub(super) fn ask_git() -> Option<Handle> {
    let git = duct::cmd!("git", "config", "user.name").stderr_null().stdin_null();
    git.stdout_capture().unchecked().start().ok()
}

/// git's name for the operator, else the login's.
pub(super) fn operator_name(git: Option<Handle>) -> String {
    let git = git.and_then(|handle| {
        let output = handle.wait().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    });
    let git = git.filter(|name| !name.is_empty());
    git.or_else(|| environment_variable("USER"))
        .or_else(|| environment_variable("LOGNAME"))
        .unwrap_or_else(|| "unknown".into())
}
