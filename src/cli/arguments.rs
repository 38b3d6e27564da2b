//! What may be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Carries out the operations runbooks that a team already keeps as markdown.
#[derive(Debug, Parser)]
#[command(name = "runbook", version, about, propagate_version = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Carry a runbook out, pausing at manual actions and before writes
    Run(Run),
    /// Go on with a run that was paused, or broke off
    Resume(Resume),
    /// Undo what a run has done, as the runbook's rollback section says
    Rollback(Rollback),
    /// The runs of the journal, the newest first
    Runs(Runs),
    /// What happened in a run
    Show(Show),
    /// The audit entries that wait for their sinks
    Audit(Audit),
    /// The whole run against stand-ins, touching nothing real
    Rehearse(Rehearse),
    /// How every line is understood: steps, inputs, effects, expectations
    Explain(Explain),
    /// Static findings of runbooks; runs nothing
    Check(Check),
    /// How fresh every runbook is: age, what changed since, coverage
    Status(Status),
    /// Try an expectation against standard input
    Expect(Expect),
    /// Check, then run what is read-only, confined by the kernel
    Validate(Validate),
    /// Note that you have read a runbook.toml, and let it decide
    Trust(Trust),
    /// The effect of a command line, with reasons
    Classify(Classify),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page, or write one for every command into a folder
    Man(Man),
    /// Parse the texts that come in, under limits
    #[command(name = "__try", hide = true)]
    Try,
    /// Enter the sandbox and become a program
    #[command(name = crate::sandbox::COMMAND, hide = true)]
    Sandbox(Sandbox),
}

/// Who answers, and how a run is told.
#[derive(Debug, Args)]
pub(super) struct Manner {
    /// Answers to inputs, choices and confirmations (TOML); nothing else is answered
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Never ask: what needs a person ends the run as paused (exit 3)
    #[arg(long)]
    pub non_interactive: bool,
    /// How the run is told
    #[arg(long, value_enum, default_value_t = RunFormat::Text)]
    pub format: RunFormat,
}

/// What is carried out, and how.
#[derive(Debug, Args)]
pub(super) struct Attended {
    /// The runbook
    pub file: PathBuf,
    #[command(flatten)]
    pub manner: Manner,
    /// Carry out a section that runs on demand, such as rollback, instead of the procedure
    #[arg(long, value_name = "NAME")]
    pub section: Vec<String>,
    #[command(flatten)]
    pub jump: Jump,
}

/// The part of a runbook that is carried out.
#[derive(Debug, Args)]
pub(super) struct Jump {
    /// Start at this step (`3`, `3.2`, a heading's slug); those before it are left out
    #[arg(long, value_name = "STEP", conflicts_with = "step")]
    pub from: Option<String>,
    /// Carry out only this step, and others that are named so; the rest is left out
    #[arg(long, value_name = "STEP")]
    pub step: Vec<String>,
    /// Why steps are left out: it is recorded
    #[arg(long, value_name = "TEXT", value_parser = words)]
    pub reason: Option<String>,
}

/// By what right a run is carried out.
#[derive(Debug, Args)]
pub(super) struct Authority {
    /// Claim a role that the runbook requires (or `RUNBOOK_ROLE`); it is recorded as claimed
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// In an emergency: go ahead without the role, or without a journal; with the reason
    #[arg(long, value_name = "REASON", value_parser = words)]
    pub break_glass: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub attended: Attended,
    #[command(flatten)]
    pub authority: Authority,
    /// Where commands start; the root of the runbook's repository by default
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The run, or how its id begins; the newest one that can be gone on with by default
    pub run: Option<String>,
    #[command(flatten)]
    pub manner: Manner,
    /// Take a run that is somebody else's; with a reason
    #[arg(long, requires = "reason")]
    pub take: bool,
    /// Go on although steps that were done have changed; with a reason
    #[arg(long, requires = "reason")]
    pub accept_changes: bool,
    /// Why it is taken, changed or done again: it is recorded
    #[arg(long, value_name = "TEXT", value_parser = words)]
    pub reason: Option<String>,
    #[command(flatten)]
    pub authority: Authority,
    /// Do a step again, with all that follows from it; with a reason
    #[arg(long, value_name = "STEP", requires = "reason")]
    pub redo: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Rollback {
    /// The run, or how its id begins; the newest one by default
    pub run: Option<String>,
    /// Undo a run that is somebody else's; with a reason
    #[arg(long, requires = "reason")]
    pub take: bool,
    /// Carry out a step of the rollback although what it undoes was never begun
    #[arg(long, value_name = "STEP")]
    pub with: Vec<String>,
    /// Why it is taken: it is recorded
    #[arg(long, value_name = "TEXT", value_parser = words, requires = "take")]
    pub reason: Option<String>,
    #[command(flatten)]
    pub authority: Authority,
    #[command(flatten)]
    pub manner: Manner,
}

#[derive(Debug, Args)]
pub(super) struct Runs {
    /// Only those of a runbook with this in its path or title
    pub about: Option<String>,
    /// Only those that can be gone on with
    #[arg(long)]
    pub unfinished: bool,
    /// Only those of this operator
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    /// Only those of this target
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// The most that are listed
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// List all
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
    /// Take a run from a file that `show --export` wrote
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub import: Option<PathBuf>,
    /// How they are told
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    pub format: StatusFormat,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The run, or how its id begins; the newest by default
    pub run: Option<String>,
    /// Check that nothing in its record was changed, and say its head
    #[arg(long)]
    pub verify: bool,
    /// Check also that the record holds this head, noted elsewhere: then its end is not cut off
    #[arg(long, value_name = "HASH", requires = "verify")]
    pub head: Option<crate::journal::Hash>,
    /// Write it into a file, to be taken elsewhere with `runs --import`
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    pub export: Option<PathBuf>,
    /// What was carried out in the place of its commands, as a patch to the runbook
    #[arg(long, conflicts_with_all = ["verify", "export"])]
    pub patch: bool,
    /// How it is told
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub format: ShowFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowFormat {
    /// The story for a person
    Text,
    /// Every event, one JSON object a line, as the journal has it
    Json,
    /// A test case for each segment
    Junit,
    /// For a ticket
    Markdown,
}

#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Try to deliver them now
    #[arg(long)]
    pub send: bool,
    /// Deliver also to a sink that is another file, address or program than when an entry was made
    #[arg(long, requires = "send")]
    pub changed: bool,
    /// Give up what waits for this sink, because it is gone for good; it stays in the journal
    #[arg(long, value_name = "SINK", requires = "reason", conflicts_with = "send")]
    pub give_up: Option<String>,
    /// Why; it is noted with who gave it up and when
    #[arg(long, value_name = "TEXT", value_parser = words, requires = "give_up")]
    pub reason: Option<String>,
    /// How they are told
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    pub format: StatusFormat,
}

#[derive(Debug, Args)]
pub(super) struct Rehearse {
    #[command(flatten)]
    pub attended: Attended,
    /// The folder of stand-ins; `stand-ins` in runbook.toml by default
    #[arg(long, value_name = "DIR")]
    pub stand_ins: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RunFormat {
    /// For a person
    Text,
    /// Events as JSON lines
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The runbook
    pub file: PathBuf,
    /// How it is told
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub format: ExplainFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// For a reviewer
    Text,
    /// The versioned contract of the README
    Json,
    /// An answers file to fill in, bound to this plan
    Answers,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Runbooks, and folders of runbooks
    #[arg(required_unless_present = "list", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Fail for these too
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// How long a validation counts: 90d, 12w
    #[arg(long, value_name = "AGE", default_value = "90d", value_parser = days)]
    pub max_age: u32,
    /// How it is told
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// Print all codes, each with what it is about, and check nothing
    #[arg(long, conflicts_with_all = ["paths", "deny"])]
    pub list: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Deny {
    /// Warnings, as if they were errors
    Warnings,
}

/// How `check` and `validate` report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For a person
    Text,
    /// The versioned contract of the README
    Json,
    /// For CI: a test case for each segment
    Junit,
    /// For code scanning
    Sarif,
    /// Annotations in the log of GitHub Actions, and a step summary
    Github,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Validate {
    /// Runbooks, and folders of runbooks
    #[arg(required_unless_present = "explain_sandbox", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub stamping: Stamping,
    /// Check only, and run nothing: the method is read-only-docs
    #[arg(long)]
    pub docs: bool,
    /// The commit whose runbook.toml holds, such as a pull request's base
    #[arg(long, value_name = "COMMIT")]
    pub config_ref: Option<String>,
    /// Inputs and choices (TOML), for one runbook
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Whether the kernel confines what is run; the report and the stamp say so where it does not
    #[arg(long, value_enum, default_value_t = SandboxUse::On, value_name = "USE")]
    pub sandbox: SandboxUse,
    /// How many runbooks at once
    #[arg(long, value_name = "N")]
    pub jobs: Option<std::num::NonZero<usize>>,
    /// How it is told
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// Print what the sandbox stops on this machine and what it cannot stop, and validate nothing
    #[arg(long)]
    pub explain_sandbox: bool,
}

/// What is written into runbooks.
#[derive(Debug, Clone, Args)]
pub(super) struct Stamping {
    /// Refresh `Last validated` and `Validation method` where everything held
    #[arg(long)]
    pub stamp: bool,
    /// Refresh `Average duration`, too: the mean of the last complete runs in your journal, without
    /// the time spent waiting for people
    #[arg(long, requires = "stamp")]
    pub duration: bool,
}

/// Whether the kernel confines what is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SandboxUse {
    /// It does, or nothing is run
    On,
    /// It does not
    Off,
}

#[derive(Debug, Args)]
pub(super) struct Trust {
    /// The file of settings; the nearest one here by default
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Trust it no longer
    #[arg(long)]
    pub revoke: bool,
}

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Runbooks, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Fail where one is older, was never validated, or does something else by now: 90d, 12w
    #[arg(long, value_name = "AGE", value_parser = days)]
    pub max_age: Option<u32>,
    /// What changed in each of them; said anyway where there is one
    #[arg(long, short)]
    pub verbose: bool,
    /// How it is told
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    pub format: StatusFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StatusFormat {
    /// A table for a person
    Text,
    /// The versioned contract of the README
    Json,
}

/// A reason that says something.
fn words(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("say why".into()) } else { Ok(text.to_owned()) }
}

/// Days, from `90d`, `12w` or `90`.
fn days(text: &str) -> Result<u32, String> {
    let (number, each) = match text.strip_suffix('w') {
        Some(number) => (number, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    let days = number.parse::<u32>().ok().and_then(|number| number.checked_mul(each));
    days.ok_or_else(|| "write days or weeks, such as 90d or 12w".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct Expect {
    /// The expectation, with or without its `Expect:`
    pub text: String,
    /// The exit status that the command had
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub status: i32,
    /// A file with what the command wrote on standard error
    #[arg(long, value_name = "FILE")]
    pub stderr: Option<PathBuf>,
    /// The command, for context
    #[arg(long, default_value = "", value_name = "CMD")]
    pub command: String,
    /// How it is told
    #[arg(long, value_enum, default_value_t = ExpectFormat::Text)]
    pub format: ExpectFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExpectFormat {
    /// For a person
    Text,
    /// `{verdict, checks, residual}`
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Classify {
    /// The command line
    #[arg(value_name = "CMD", conflicts_with = "jsonl")]
    pub command: Option<String>,
    /// Read one `{"command": "..."}` a line from standard input, and answer each on a line
    #[arg(long)]
    pub jsonl: bool,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write one page per command into this folder
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// What the sandbox stops on this machine, and what it cannot stop
    #[arg(long, exclusive = true)]
    pub explain: bool,
    /// The rules, as JSON
    #[arg(required_unless_present = "explain")]
    pub rules: Option<String>,
    /// The program and its arguments
    #[arg(last = true, value_name = "PROGRAM")]
    pub program: Vec<OsString>,
}
