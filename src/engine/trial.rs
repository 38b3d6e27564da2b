//! One trial of a segment: its statements run, and what they did is ruled on.
//!
//! Comes in: a [`Job`]. Goes out: a [`Trial`]. A read that is to hold within a time is tried again
//! until then, from the same state.

use std::time::{Duration, Instant};

use crate::event::{Outcome, OutputRecord, What};
use crate::expect::{Ended, Judgement, Observed, Output, Record, Watch};
use crate::plan;
use crate::policy::{Effect, Trait};
use crate::session::{Limits, Mode, Report, State, Stop};
use crate::variables::Redacted;

use super::between::Between;
use super::discretion;
use super::job::Job;
use super::learn::Learner;
use super::listen::{Ear, Held, Showing};
use super::verdict::{self, Ruling, Status};
use super::{Break, END_RUN, Engine, Flow, HUNG_UP, Setup, TERMINAL_GONE};

/// What a step's last segment printed, for `matching step N`.
pub(super) struct Recorded {
    stdout: Output,
    command: String,
}

impl Recorded {
    pub const fn new(stdout: Output, command: String) -> Self {
        Self { stdout, command }
    }
}

/// What one trial came to.
pub(super) struct Trial {
    pub ruling: Ruling,
    /// The exit statuses of the last statement's stages.
    pub statuses: Vec<i32>,
    pub outputs: Vec<OutputRecord>,
    pub elapsed: Duration,
    pub shell_ended: bool,
    /// How often it was run.
    pub tries: u32,
}

impl Trial {
    /// The last one of several, which took so long together.
    fn after(mut self, tries: u32, elapsed: Duration) -> Self {
        if tries > 1 {
            let told = format!(" (tried {tries} times in {:.1} s)", elapsed.as_secs_f64());
            self.ruling.why.push_str(&told);
            (self.tries, self.elapsed) = (tries, elapsed);
        }
        self
    }

    /// What is ruled of a segment that was not run.
    pub fn without_running(ruling: Ruling) -> Self {
        Self {
            ruling,
            statuses: Vec::new(),
            outputs: Vec::new(),
            elapsed: Duration::ZERO,
            shell_ended: false,
            tries: 1,
        }
    }
}

/// What was heard of a segment.
struct Heard {
    stdout: Output,
    stderr: Output,
    watches: Vec<Watch>,
    held: Held,
}

/// Whether a segment came to its last statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    ToItsEnd,
    ToAFailure,
}

impl Engine<'_> {
    /// Attempts it once, or again and again while a read is to hold within a time.
    pub(super) async fn poll(&mut self, job: &Job<'_>, number: u32, before: &State) -> Flow<Trial> {
        let within = job.written.expectations.iter().find_map(|one| one.expectation.within());
        let streaming = job.decided.traits.contains(&Trait::Streaming);
        let polls = job.decided.effect == Effect::Read && !streaming;
        let started = Instant::now();
        let until = within.filter(|_| polls).map(|within| started + within.duration);
        let mut tries = 0;
        let mut pause = within.and_then(|one| one.every).unwrap_or(Duration::from_secs(1));
        loop {
            let trial = self.attempt(job, number).await?;
            tries += 1;
            let settled = matches!(trial.ruling.outcome, Outcome::Met | Outcome::Stopped);
            let left = until.map_or(Duration::ZERO, |until| until.duration_since(Instant::now()));
            if settled || left.is_zero() {
                return Ok(trial.after(tries, started.elapsed()));
            }
            // The last attempt is made as the time ends.
            let wait = pause.min(left);
            let seconds = wait.as_secs_f64();
            let text = format!("not yet ({}); again in {seconds:.0} s", trial.ruling.why);
            self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
            self.pause(wait).await?;
            if within.is_some_and(|within| within.every.is_none()) {
                pause = (pause * 2).min(Duration::from_secs(15));
            }
            let same = !trial.shell_ended && self.snapshot().await?.same(before);
            if !same {
                self.session().await?.restart(before).await?;
            }
        }
    }

    /// Waits before another attempt; less long once everything is to end.
    async fn pause(&self, pause: Duration) -> Flow<()> {
        const STEP: Duration = Duration::from_millis(100);
        let until = Instant::now() + pause;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if self.wishes.is_over() {
                return Err(Break::Interrupted);
            }
            tokio::time::sleep(left.min(STEP)).await;
        }
        Ok(())
    }

    /// Runs the segment's statements once and rules on what they did.
    pub(super) async fn attempt(&mut self, job: &Job<'_>, number: u32) -> Flow<Trial> {
        let started = Instant::now();
        let others = match (self.may_have_others, &self.session) {
            (true, Some(session)) => session.background(),
            _ => Vec::new(),
        };
        self.may_have_others |= job.decided.background;
        let (report, unit, came, heard, outputs) = self.run_units(job, number).await?;
        let wish = self.wishes.take();
        if wish >= END_RUN {
            let why = "cut off: the run was ended while it ran; how far it came is not known";
            self.cut_off(job, number, (&report, unit), outputs, why)?;
            let gone = wish == TERMINAL_GONE;
            return Err(if gone { Break::Broken(HUNG_UP.into()) } else { Break::Interrupted });
        }
        let stdout = heard.stdout.clone();
        let mut ruling = self.rule(job, &report, unit, came, heard);
        if let (Some(other), Outcome::Met) = (others.first(), ruling.outcome) {
            ruling.outcome = Outcome::Unverified;
            ruling.why = format!(
                "`{}` was running in the background and may have printed what was looked for",
                other.name
            );
        }
        let command = job.block.text[unit.span.range()].to_owned();
        self.outputs.insert(job.step.id.clone(), Recorded { stdout, command });
        let statuses = verdict::statuses(&report, &unit.stages);
        let shell_ended = report.shell_ended;
        let elapsed = started.elapsed();
        Ok(Trial { ruling, statuses, outputs, elapsed, shell_ended, tries: 1 })
    }

    /// Says of a segment that the run ended with it, before it came to its end.
    fn cut_off(
        &mut self,
        job: &Job<'_>,
        attempt: u32,
        (report, unit): (&Report, &plan::Unit),
        outputs: Vec<OutputRecord>,
        why: &str,
    ) -> Flow<()> {
        let trial = Trial {
            ruling: Ruling::new(Outcome::Stopped, why),
            statuses: verdict::statuses(report, &unit.stages),
            outputs,
            elapsed: report.elapsed,
            shell_ended: report.shell_ended,
            tries: 1,
        };
        self.end(job, attempt, &trial, Outcome::Stopped, None)
    }

    /// Runs the segment's units up to the first that fails; the report is the last one's.
    async fn run_units<'j>(
        &mut self,
        job: &'j Job<'_>,
        attempt: u32,
    ) -> Flow<(Report, &'j plan::Unit, Came, Heard, Vec<OutputRecord>)> {
        let units = &job.decided.units;
        let texts: Vec<_> = units.iter().map(|unit| self.text(job, unit.span)).collect();
        let asked = self.asked_between(job);
        self.session().await?.forget_interrupts();
        let session = self.session.as_mut().expect("started above");
        let expectations = job.written.expectations.iter();
        let watches: Vec<Watch> = expectations.map(|one| one.expectation.watch()).collect();
        let showing = match (job.block.attributes.secret, job.decided.sensitive) {
            (true, _) => Showing::AllWithheld,
            (false, true) => Showing::Withheld,
            (false, false) => Showing::Shown,
        };
        let (inputs, environment) = (&self.plan.inputs, &self.setup.environment);
        let learner = Learner { redactor: &self.redactor, inputs, environment };
        let mut ear = Ear::new(&mut self.recorder, &self.redactor, job.number, showing, watches);
        let mut last_one: Option<(Report, _, _)> = None;
        let mut elsewhere = None;
        for (place, (unit, text)) in units.iter().zip(&texts).enumerate() {
            if let Some((report, _, came)) = last_one.as_mut()
                && let Some(before) = self.before.as_ref().filter(|_| !asked[place].is_empty())
            {
                let redactor = &self.redactor;
                let mut between = Between { session, redactor, before };
                let moves = Box::pin(between.strange(&mut self.context, &asked[place])).await?;
                if self.wishes.is_any() {
                    (report.stop, *came) = (Stop::Interrupt, Came::ToAFailure);
                    break;
                }
                if !moves.is_empty() {
                    elsewhere = Some((moves, unit.span));
                    break;
                }
            }
            let streaming = unit.traits.contains(&Trait::Streaming);
            if streaming {
                ear.stop_on_decision();
            }
            let interactive = unit.traits.contains(&Trait::Interactive);
            let keys = if interactive { self.operator.lend_terminal() } else { None };
            let mode = match &keys {
                Some(keys) => Mode::Interactive { keys },
                None if interactive => {
                    return Err(Break::Paused("a command needs a terminal to talk to you".into()));
                }
                None if streaming => Mode::Streaming,
                None => Mode::Plain,
            };
            if !unit.captures.is_empty() && !interactive {
                ear.hold();
            }
            let limits = limits(job, &self.setup, &unit.traits);
            let report = session.run(text.as_bytes(), mode, limits, &mut ear).await;
            self.operator.take_terminal_back();
            let report = report?;
            // What it has made is known before another statement can print it, and before what a
            // trace has printed of it is shown. A shell that is gone has nothing to tell.
            if !unit.captures.is_empty()
                && !report.shell_ended
                && let Ok(state) = session.snapshot().await
            {
                learner.learn_state(&state, &unit.captures);
            }
            ear.let_go();
            let ended = What::StatementEnded {
                segment: job.number,
                attempt,
                statement: place + 1,
                status: report.status,
            };
            ear.note(ended)?;
            let failed = matches!(verdict::status(&report, &unit.stages), Status::Failure(_));
            let last = place + 1 == units.len();
            let came = if last { Came::ToItsEnd } else { Came::ToAFailure };
            last_one = Some((report, unit, came));
            if failed {
                break;
            }
        }
        ear.flush()?;
        let (stdout, stderr, watches, outputs, held) = ear.heard();
        let (report, unit, came) = last_one.expect("a segment has a statement");
        if let Some((moves, span)) = elsewhere {
            let why = self.strange_between(job, span, &moves);
            self.cut_off(job, attempt, (&report, unit), outputs, &why)?;
            return Err(Break::Refused(why));
        }
        Ok((report, unit, came, Heard { stdout, stderr, watches, held }, outputs))
    }

    fn rule(
        &self,
        job: &Job<'_>,
        report: &Report,
        unit: &plan::Unit,
        came: Came,
        heard: Heard,
    ) -> Ruling {
        if report.stop == Stop::Interrupt {
            return Ruling::new(Outcome::Stopped, "you stopped it");
        }
        // Redacted as a whole: nothing could be found any more in a part of it.
        let discreet = self.is_discreet();
        let redact = |text: &str| self.redactor.redact(text);
        let said = String::from_utf8_lossy(&heard.stderr.head);
        let said = match (job.block.attributes.secret, discreet) {
            (true, _) => Redacted::default(),
            (false, true) => discretion::discreet(&said, redact),
            (false, false) => redact(&said),
        };
        let unfinished = came == Came::ToAFailure || report.stop != Stop::None;
        if report.shell_ended && unfinished {
            return self.ended_shell(job, report, unit, &said);
        }
        if came == Came::ToAFailure || heard.watches.is_empty() {
            if report.stop == Stop::Window {
                return Ruling::new(Outcome::StatusOnly, watched(report));
            }
            return by_status(verdict::status(report, &unit.stages), &said);
        }
        let Heard { stdout, stderr, watches, held } = heard;
        let observed = Observed {
            stdout,
            stderr,
            statuses: verdict::statuses(report, &unit.stages),
            ended: match report.stop {
                Stop::Deadline => Ended::TimedOut,
                Stop::Enough | Stop::Window => Ended::Stopped,
                Stop::None | Stop::Interrupt => Ended::Exited,
            },
            command: job.block.text[unit.span.range()].to_owned(),
            unseen: job.decided.unseen.clone(),
            sensitive: job.decided.sensitive || held == Held::Secrets || discreet,
            elapsed: report.elapsed,
        };
        let record = Records { engine: self };
        let judged: Vec<Judgement> =
            watches.into_iter().map(|watch| watch.judge(&observed, &record)).collect();
        let mut ruling = verdict::sum(judged);
        if report.shell_ended && ruling.outcome == Outcome::Met {
            return self.ended_shell(job, report, unit, &said);
        }
        if ruling.outcome == Outcome::NotMet {
            ruling.why = with_last_words(ruling.why, &said);
        }
        ruling
    }

    /// Whether an output is quoted only in words that no secret can be made of: where nobody is
    /// there, and the shell holds a secret.
    fn is_discreet(&self) -> bool {
        self.setup.confined.is_some() && self.redactor.knows_any()
    }

    fn ended_shell(
        &self,
        job: &Job<'_>,
        report: &Report,
        unit: &plan::Unit,
        said: &Redacted,
    ) -> Ruling {
        let deadline = limits(job, &self.setup, &unit.traits).deadline;
        let why = match deadline.filter(|_| report.stop == Stop::Deadline) {
            Some(deadline) => {
                format!("its deadline of {} s passed; it was killed", deadline.as_secs())
            }
            None => format!("it ended the shell (status {})", report.status),
        };
        Ruling::new(Outcome::Failed, with_last_words(why, said))
    }

    /// A shell that ended is replaced by a copy of its state before the segment.
    pub(super) async fn revive(&mut self, before: &State) -> Flow<()> {
        let left = self.session().await?.background().len();
        self.session().await?.restart(before).await?;
        let lost = if left > 0 { "; what it had running in the background is gone" } else { "" };
        let text = format!("the shell ended; a new one goes on from the state before it{lost}");
        self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        Ok(())
    }
}

/// What earlier steps printed.
struct Records<'e, 'a> {
    engine: &'e Engine<'a>,
}

impl Record for Records<'_, '_> {
    fn step(&self, id: &str) -> Option<(&Output, &str)> {
        let recorded = self.engine.outputs.get(id)?;
        Some((&recorded.stdout, &recorded.command))
    }

    fn missing(&self, id: &str) -> String {
        match self.engine.unprinted.get(id) {
            Some(why) => {
                format!("ran before this run was gone on with, and what it printed {why}")
            }
            None => "has not run in this run".into(),
        }
    }
}

/// How long a unit may run. A person's time counts against no deadline.
fn limits(job: &Job<'_>, setup: &Setup, traits: &[Trait]) -> Limits {
    let named = job.block.attributes.timeout;
    if traits.contains(&Trait::Streaming) {
        let mut expectations = job.written.expectations.iter();
        let within = expectations.find_map(|one| one.expectation.within());
        let window = within.map(|one| one.duration).or(named).unwrap_or(setup.window);
        return Limits { deadline: None, window: Some(window) };
    }
    let deadline = named.unwrap_or(setup.deadline);
    let interactive = traits.contains(&Trait::Interactive);
    Limits { deadline: (!interactive).then_some(deadline), window: None }
}

fn by_status(status: Status, said: &Redacted) -> Ruling {
    match status {
        Status::Failure(why) => Ruling::new(Outcome::Failed, with_last_words(why, said)),
        Status::Benign(why) => Ruling::new(Outcome::StatusOnly, why),
        Status::Success => Ruling::new(Outcome::StatusOnly, "exited 0; it promises nothing"),
    }
}

fn watched(report: &Report) -> String {
    format!("watched for {} s and stopped; it promises nothing", report.elapsed.as_secs())
}

/// The reason, with what the command said on standard error: the first line that speaks of a
/// failure, else the first.
fn with_last_words(why: String, said: &Redacted) -> String {
    const TELLING: &[&str] = &[
        "error",
        "fail",
        "denied",
        "refused",
        "unknown",
        "not found",
        "unauthorized",
        "forbidden",
        "invalid",
        "cannot",
        "no such",
        "response code",
        "unable",
        "timed out",
        "timeout",
    ];
    let tells = |line: &&str| {
        let line = line.to_lowercase();
        TELLING.iter().any(|word| line.contains(word))
    };
    let mut lines = said.as_str().lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.clone().next();
    match lines.find(tells).or(first) {
        Some(line) if !why.contains(line) => format!("{why}: {}", shortened(line)),
        _ => why,
    }
}

/// A long line without its middle: what went wrong often stands at its end.
fn shortened(line: &str) -> String {
    const KEPT: usize = 120;
    let count = line.chars().count();
    if count <= 2 * KEPT {
        return line.to_owned();
    }
    let head: String = line.chars().take(KEPT).collect();
    let tail: String = line.chars().skip(count - KEPT).collect();
    format!("{head} […] {tail}")
}
