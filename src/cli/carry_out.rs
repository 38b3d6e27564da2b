//! `runbook run` and `runbook rehearse`: from arguments to a run that can start.

use std::fs;
use std::io;
use std::path::PathBuf;

use duct::Handle;
use jiff::tz::TimeZone;
use rustix::fs::{Access, access};

use crate::config::{Config, repository};
use crate::diagnostic::Severity;
use crate::document::Document;
use crate::engine::{Setup, StandIns, Unrecorded, is_builtin};
use crate::event;
use crate::plan::{Plan, Selection};
use crate::report::{Colour, draw, neutral};
use crate::resume::Knows;
use crate::session::for_shell;
use crate::source::Source;

use super::arguments::{Attended, Rehearse, Run};
use super::journal::{self, Record};
use super::jump::{jump, part, refuse_lacks, wanted};
use super::role::role;
use super::start::{How, start};
use super::{Exit, Failure, complain, environment, environment_variable, hand_on, settings};

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
    require_tools(&plan, &setup, &Knows::default())?;
    let name = operator_name(name);
    setup.role = role(&plan, &config, &arguments.authority)?;
    setup.break_glass.clone_from(&arguments.authority.break_glass);
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
    let break_glass = arguments.authority.break_glass.as_deref();
    let how = How { config: &config, manner: &arguments.attended.manner, break_glass };
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
    let how = How { config: &config, manner: &arguments.attended.manner, break_glass: None };
    start(&plan, setup, &how, operator_name(name), None)
}

fn read(arguments: &Attended) -> Result<(Plan, Config), Failure> {
    let source = Source::read(&arguments.file)
        .map_err(|error| Failure::new(Exit::Usage, format!("failed to {error}")))?;
    let (plan, config) = decide(source, &arguments.section, &part(&arguments.jump))?;
    refuse_lacks(&plan, &Knows::default())?;
    Ok((plan, config))
}

/// Reads a runbook and decides about it.
pub(super) fn decide(
    source: Source,
    sections: &[String],
    part: &event::Part,
) -> Result<(Plan, Config), Failure> {
    decide_about(Document::read(source), sections, part)
}

/// Decides about a runbook; what is wrong with it is said before anything runs.
pub(super) fn decide_about(
    document: Document,
    sections: &[String],
    part: &event::Part,
) -> Result<(Plan, Config), Failure> {
    let config = configured(&document.source)?;
    let plan = decide_with(&config, document, sections, part)?;
    Ok((plan, config))
}

/// What the team has set for a runbook.
pub(super) fn configured(source: &Source) -> Result<Config, Failure> {
    let settings::InForce { config, notes, .. } = settings::of_operator(source.path())?;
    for note in &notes {
        complain(note);
    }
    Ok(config)
}

/// The same with what the team has set.
pub(super) fn decide_with(
    config: &Config,
    document: Document,
    sections: &[String],
    part: &event::Part,
) -> Result<Plan, Failure> {
    let file = document.source.path().to_path_buf();
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
    Ok(plan)
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
        break_glass: None,
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
/// so that its builtins, its keywords and its PATH count; what the shell is to know is there.
pub(super) fn require_tools(plan: &Plan, setup: &Setup, knows: &Knows) -> Result<(), Failure> {
    const ASK: &str =
        r#"for name; do type -t -- "$name" >/dev/null || printf '%s\n' "$name"; done"#;
    let mut mentioned = plan.tools();
    mentioned.retain(|(name, _)| !knows.has_function(name) && !is_there(name, setup));
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
