//! Carries out a plan: asks, runs, judges, and says what happened.
//!
//! Comes in: a [`Plan`], an [`Operator`], sinks for events. Goes out: events, and a [`Summary`].
//! Refuses to know what a terminal is, and exit codes. It is the only stage, with the session, that
//! waits for several things at once.

mod attempt;
mod audit;
mod between;
mod by_hand;
mod capture;
mod confined;
mod context;
mod discretion;
mod doubt;
mod edit;
mod entry;
mod gather;
mod job;
mod keep;
mod learn;
mod left_out;
mod listen;
mod look;
mod moves;
mod no_return;
mod operator;
mod probing;
mod recorder;
mod rehearsal;
mod rejudge;
mod remains;
mod replay;
mod settle;
mod setup;
mod together;
mod tools;
mod trial;
mod unknown;
mod usual;
mod validate;
mod verdict;
mod visit;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

use crate::document::{self, ActionKind, Asks, Document};
use crate::event::{Beginning, Place, Role, RoleStanding, RunResult, Sink, Summary, What};
use crate::plan::{self, Plan};
use crate::resume::Past;
use crate::sandbox;
use crate::session::{Session, SessionError, Settings, State, way};
use crate::source::Span;
use crate::stamp::{Standing, standing};
use crate::variables::template::{Style, expand};
use crate::variables::{Redacted, Redactor, Values};

pub use audit::Auditing;
pub use confined::{ConfineError, Confined, Means, Tools, decides_where};
pub use operator::{
    Answer, AskChanges, AskChoice, AskContext, AskDifference, AskDoubt, AskEdit, AskFailure,
    AskInput, AskJudgement, AskLeftOut, AskManual, AskRun, AskUnknown, Change, Changes, Difference,
    Edit, From, Given, Go, Happened, Insisted, Judged, Manual, Offer, OnFailure, Operator,
};
pub use rehearsal::{RehearsalError, StandIns};
pub use setup::{Jump, Keeping, Setup, Unrecorded};
pub use together::together;
pub use tools::is_builtin;
pub use usual::Usual;
pub use validate::{Courtesy, INTERRUPTED, Provided, validate, without_running};
pub use wishes::Wishes;

use learn::Learner;
use recorder::Recorder;
use wishes::{END_RUN, HUNG_UP, TERMINAL_GONE};

/// What a paused run has to be told where nothing is kept of it.
const NO_JOURNAL: &str = "it is not recorded, so it cannot be gone on with, only started anew";

/// The machine failed the run; what could not be done.
#[derive(Debug)]
pub(crate) struct Broken(String);

/// Why a run does not go on.
#[derive(Debug)]
enum Break {
    Paused(String),
    Stopped(String),
    Refused(String),
    Interrupted,
    Broken(String),
}

impl std::convert::From<Broken> for Break {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken.0)
    }
}

impl std::convert::From<SessionError> for Break {
    fn from(error: SessionError) -> Self {
        Self::Broken(format!("failed to {error}"))
    }
}

type Flow<T> = Result<T, Break>;

/// A plan, being carried out.
struct Engine<'a> {
    plan: &'a Plan,
    setup: Setup,
    operator: &'a mut dyn Operator,
    recorder: Recorder<'a>,
    wishes: Wishes,
    redactor: Redactor,
    values: Values,
    session: Option<Session>,
    choices: BTreeMap<Vec<String>, usize>,
    outputs: BTreeMap<String, trial::Recorded>,
    /// Why it is not known what a step printed before the run was gone on with.
    unprinted: BTreeMap<String, &'static str>,
    segments: u64,
    step: Option<String>,
    /// The questions ("If X, ...") that were answered no, or left out: what depends on them is
    /// left out, too.
    denied: Vec<Span>,
    /// Whether a statement was run that may have left something running in the background.
    may_have_others: bool,
    /// The variables of inputs that the run itself has set since they were given.
    set_since: BTreeSet<String>,
    /// What the run has come to before; nothing of one that begins.
    past: Past,
    /// The plan with what operators have put in the place of commands, where they have.
    amended: Option<Rc<Plan>>,
    /// Verifications that were left out or overruled, and that nobody has accepted yet.
    doubts: Vec<Redacted>,
    /// Those of the steps that are left out, each with its step's place, until the run comes past it.
    doubts_ahead: Vec<(usize, Redacted)>,
    /// The steps after which there is no way back, and whose first change was confirmed.
    gone_on: BTreeSet<usize>,
    /// The step that was announced last.
    announced: Option<usize>,
    /// The folder that was taken from a shell that an operator had opened, as the state has it.
    way_by_hand: Option<Vec<u8>>,
    /// What the shell knew when that was last kept.
    kept: Option<State>,
    /// What it knew before the attempt at hand, from which another one begins.
    before: Option<State>,
    context: context::Context,
    tools: Option<tools::Search>,
}

/// Carries `plan` out and returns how it ended.
pub async fn carry_out<'a>(
    plan: &'a Plan,
    setup: Setup,
    operator: &'a mut dyn Operator,
    sinks: Vec<&'a mut dyn Sink>,
    wishes: Wishes,
) -> Summary {
    let mut engine = Engine::new(plan, setup, operator, sinks, wishes);
    let flow = engine.run().await;
    engine.finish(flow).await
}

impl<'a> Engine<'a> {
    fn new(
        plan: &'a Plan,
        mut setup: Setup,
        operator: &'a mut dyn Operator,
        sinks: Vec<&'a mut dyn Sink>,
        wishes: Wishes,
    ) -> Self {
        let keeping = setup.keeping.as_mut();
        let past = keeping.map(|kept| std::mem::take(&mut kept.past)).unwrap_or_default();
        let gone_on = past.acted();
        let doubts = past.doubts_of(operator.name());
        let way_by_hand = past.by_hand.as_ref().map(|rest| way(rest.as_bytes()).to_vec());
        let usual = setup.usual.take();
        let recorder = Recorder::after(&past, setup.run.clone(), sinks, usual);
        let redactor = Redactor::default();
        let environment = &setup.environment;
        Learner { redactor: &redactor, inputs: &plan.inputs, environment }.learn_environment();
        Self {
            plan,
            setup,
            operator,
            recorder,
            wishes,
            redactor,
            values: Values::default(),
            session: None,
            choices: BTreeMap::new(),
            outputs: BTreeMap::new(),
            unprinted: BTreeMap::new(),
            segments: past.segments,
            step: None,
            denied: Vec::new(),
            may_have_others: false,
            set_since: past.knows.variables.keys().cloned().collect(),
            amended: None,
            doubts,
            past,
            doubts_ahead: Vec::new(),
            gone_on,
            announced: None,
            way_by_hand,
            kept: None,
            before: None,
            context: context::Context::default(),
            tools: None,
        }
    }
}

impl<'a> Engine<'a> {
    async fn run(&mut self) -> Flow<()> {
        self.begin()?;
        self.leave_out()?;
        self.seek_tools();
        if !self.past.knows.is_empty() {
            // Where it is shows only once it is put back there.
            self.session().await?;
        }
        self.pin().await?;
        let plan = self.plan;
        for step in &plan.steps {
            let written = plan.step(step);
            self.step = Some(written.id.clone());
            self.come_to(step.place);
            let at = Place { step: step.place, ..Place::default() };
            if written.actions.is_empty() && self.past.events == 0 {
                self.announce(&at)?;
            }
            self.actions(written, &written.actions, &step.actions, &at, None).await?;
            if self.announced == Some(step.place) {
                self.show(&written.trailing)?;
            }
        }
        self.step = None;
        Ok(())
    }

    fn begin(&mut self) -> Flow<()> {
        self.recall();
        let resumption = self.setup.keeping.as_mut().and_then(|kept| kept.resumption.take());
        if let Some(mut resumption) = resumption {
            resumption.role = self.role();
            resumption.sinks = self.sinks();
            self.recorder.emit(What::RunResumed(resumption))?;
        } else {
            let beginning = self.beginning();
            self.recorder.emit(What::RunStarted(Box::new(beginning)))?;
            self.tell_what_is_undone()?;
        }
        self.say_what_was_accepted()?;
        self.say_what_is_not_recorded()?;
        self.recall_edits()?;
        match &self.setup.role {
            Some(Role { required, standing: RoleStanding::Missing, .. }) => {
                Err(Break::Refused(format!(
                    "it requires the role {required}, which you do not have or do not claim; in an \
                     emergency --break-glass \"REASON\" goes ahead without it, which is recorded"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Says it all along, so that nobody takes the run for one that can be proved or resumed.
    fn say_what_is_not_recorded(&mut self) -> Flow<()> {
        let Some(reason) = self.setup.unrecorded.reason() else { return Ok(()) };
        let text = format!("THIS RUN IS NOT RECORDED and cannot be resumed ({reason})");
        self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        Ok(())
    }

    /// Says which step it is, before the first of its actions that is carried out.
    fn announce(&mut self, at: &Place) -> Flow<()> {
        if self.announced == Some(at.step) {
            return Ok(());
        }
        self.announced = Some(at.step);
        let plan = self.plan;
        let number = plan.steps.iter().position(|step| step.place == at.step).unwrap_or_default();
        let written = &plan.document.steps[at.step];
        self.recorder.emit(What::StepStarted {
            step: written.id.clone(),
            title: self.redactor.redact(&written.title),
            section: written.section.title.clone(),
            line: written.line,
            place: (number + 1, plan.steps.len()),
        })?;
        self.say_what_is_not_recorded()
    }

    fn beginning(&self) -> Beginning {
        let document = &self.plan.document;
        let keeping = self.setup.keeping.as_ref();
        let taken = keeping.and_then(|keeping| keeping.taken_from.as_ref());
        let redact = |text: &str| self.redactor.redact(text);
        let ids = |has: &dyn Fn(&plan::Step) -> bool| {
            let steps = self.plan.steps.iter().filter(|step| has(step));
            steps.map(|step| self.plan.step(step).id.clone()).collect()
        };
        Beginning {
            kind: self.kind().into(),
            runbook: document.source.path().display().to_string(),
            path: keeping.map_or_else(String::new, |keeping| keeping.path.clone()),
            title: redact(&title(document)),
            fingerprint: self.plan.fingerprint.clone(),
            target: self.plan.target(),
            break_glass: self.setup.break_glass.as_deref().map(redact),
            program: env!("CARGO_PKG_VERSION").into(),
            sections: keeping.map_or_else(Vec::new, |keeping| keeping.sections.clone()),
            part: self.setup.jump.as_ref().map(|jump| jump.part.clone()).unwrap_or_default(),
            of: keeping.and_then(|keeping| keeping.of.clone()),
            taken_from: taken.map(|(from, _)| from.clone()),
            reason: taken.map(|(_, reason)| redact(reason)),
            role: self.role(),
            unrecorded: self.setup.unrecorded.reason().map(redact),
            metadata: document
                .metadata
                .entries
                .iter()
                .map(|entry| (entry.label.clone(), redact(&entry.value)))
                .collect(),
            validated_days_ago: validated_days_ago(document, &self.setup.today),
            usual: self.recorder.usual(),
            operator: self.operator.name().to_owned(),
            host: self.setup.host.clone(),
            folder: self.setup.folder.display().to_string(),
            steps: self.plan.steps.len(),
            writing: ids(&|step| step.effect() != crate::policy::Effect::Read),
            irreversible: ids(&plan::Step::is_irreversible),
            no_return: self.no_returns(),
            inputs: self.needed_inputs().map(|input| (input.name.clone(), input.secret)).collect(),
            warnings: warnings(document).iter().map(|text| redact(text)).collect(),
            sinks: self.sinks(),
        }
    }

    /// The actions of a step, or of an alternative of its choice; `above` is where they stand.
    async fn actions(
        &mut self,
        step: &'a document::Step,
        written: &'a [document::Action],
        decided: &'a [plan::Action],
        above: &Place,
        choice: Option<&str>,
    ) -> Flow<()> {
        for (number, (action, decision)) in written.iter().zip(decided).enumerate() {
            let mut place = above.clone();
            place.action.push(number);
            if self.was_done(action, decision, &place) {
                self.pass(action, &place);
                continue;
            }
            self.tell_of_entries()?;
            self.announce(&place)?;
            self.show(&action.lead)?;
            if self.does_not_apply(action)? {
                continue;
            }
            match (&action.kind, decision) {
                (ActionKind::Command(block), plan::Action::Command(segments)) => {
                    self.block(step, action, block, segments, &place).await?;
                }
                (ActionKind::Manual(manual), plan::Action::Manual { irreversible }) => {
                    let changes = manual.items.iter().any(|item| item.asks == Asks::Do);
                    let irreversible =
                        *irreversible | (changes && self.takes_the_way_back(place.step)?);
                    if irreversible {
                        self.settle_doubts(&step.id, action.line)?;
                    }
                    let target = irreversible.then(|| self.plan.target());
                    let done = self.manual(step, action, manual, &place, target.as_deref())?;
                    if done == Manual::Done {
                        self.gone_on.extend(changes.then_some(place.step));
                        self.after_manual(step, manual, choice)?;
                    }
                }
                (ActionKind::Choice(alternatives), plan::Action::Choice(decided)) => {
                    let chosen = self.choose(step, alternatives, &place)?;
                    let one = &alternatives.alternatives[chosen];
                    place.action.push(chosen);
                    let (actions, label) = (&decided[chosen], Some(one.label.as_str()));
                    Box::pin(self.actions(step, &one.actions, actions, &place, label)).await?;
                }
                (ActionKind::Record(record), plan::Action::Record) => {
                    self.record(step, action, record, &place)?;
                }
                _ => unreachable!("a plan's actions are in step with its document's"),
            }
        }
        Ok(())
    }

    /// Shows the runbook's own words, with its templates filled in.
    fn show(&mut self, spans: &[Span]) -> Flow<()> {
        for span in spans {
            let text = self.plan.document.source.slice(*span);
            let text = self.redactor.redact(&expand(text, &self.facts(), Style::Plain));
            self.recorder.emit(What::Shown { text })?;
        }
        Ok(())
    }

    /// What templates may name: run facts, and inputs that are no secret.
    fn facts(&self) -> BTreeMap<String, String> {
        let mut facts = gather::shown(&self.values);
        facts.insert("operator".into(), self.operator.name().to_owned());
        facts.insert("run_id".into(), self.setup.run.clone());
        facts.insert("today".into(), self.setup.today.clone());
        facts
    }

    /// Asks the operator; the time counts as a person's.
    fn waiting<T>(&mut self, ask: impl FnOnce(&mut dyn Operator) -> T) -> T {
        let started = Instant::now();
        let answer = ask(self.operator);
        let waited = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.recorder.waited_ms += waited;
        answer
    }

    /// The shell, started when it is first needed.
    async fn session(&mut self) -> Flow<&mut Session> {
        if self.session.is_none() {
            let settings = Settings {
                bash: self.setup.bash.clone(),
                folder: self.setup.folder.clone(),
                environment: self.setup.environment.clone(),
                terminal: self.setup.terminal.clone(),
                size: self.setup.size,
                within: self.within(),
            };
            self.session = Some(Session::start(settings, self.wishes.interrupt.clone()).await?);
            self.remember().await?;
        }
        Ok(self.session.as_mut().expect("started above"))
    }

    fn learner(&self) -> Learner<'_> {
        let (inputs, environment) = (&self.plan.inputs, &self.setup.environment);
        Learner { redactor: &self.redactor, inputs, environment }
    }

    /// What the kernel is to hold the shell to: in a validation and in a rehearsal.
    fn within(&self) -> Option<sandbox::Rules> {
        let confined = self.setup.confined.as_ref().and_then(Confined::rules);
        confined.or_else(|| self.setup.stand_ins.as_ref().and_then(StandIns::within))
    }

    async fn snapshot(&mut self) -> Flow<State> {
        let state = self.session().await?.snapshot().await?;
        self.context.note(&state);
        self.learner().learn_state(&state, &[]);
        Ok(state)
    }

    async fn finish(mut self, flow: Flow<()>) -> Summary {
        let left = self.left_running();
        self.end_session().await;
        let (result, why) = match flow {
            Ok(()) => self.end_of_all(),
            Err(Break::Paused(why)) => (RunResult::Paused, format!("{why}; {}", self.way_on())),
            Err(Break::Stopped(why)) => (RunResult::Failed, why),
            Err(Break::Refused(why)) => (RunResult::Refused, why),
            Err(Break::Interrupted) => (RunResult::Interrupted, "you interrupted it".into()),
            Err(Break::Broken(why)) => (RunResult::Broken, self.broken_off(why)),
        };
        let why = match self.setup.unrecorded.reason() {
            Some(reason) => format!("{why}; NOT RECORDED ({reason})"),
            None => why,
        };
        let summary = Summary {
            result,
            why: self.redactor.redact(&why),
            counts: self.recorder.counts(),
            duration_ms: u64::try_from(self.recorder.started.elapsed().as_millis()).unwrap_or(0),
            waited_ms: self.recorder.waited_ms,
            step: self.step.clone(),
        };
        // Where the sinks are what broke, the summary still reaches the caller.
        let _ = left.map(|text| self.recorder.emit(What::Remark { text }));
        let _ = self.tell_tools(tools::Wait::Briefly);
        let _ = self.tell_of_entries();
        let _ = self.recorder.emit(What::RunEnded(Box::new(summary.clone())));
        summary
    }

    /// What a run came to that came to its end.
    fn end_of_all(&self) -> (RunResult, String) {
        let mut doubts: Vec<_> = self.what_was_left_out().into_iter().collect();
        if self.recorder.has_doubts() {
            doubts.push("something was skipped or overruled".to_owned());
        }
        let mut shells = self.past.shells.clone();
        shells.dedup();
        doubts.extend(shells.iter().map(|step| {
            format!("a shell was opened at step {step}; what was done in it was not checked")
        }));
        let mut edited: Vec<_> = self.past.deviations.iter().filter(|one| one.begun).collect();
        edited.dedup_by(|one, other| one.deviation.place == other.deviation.place);
        let edited = edited.iter().map(|one| one.deviation.step.as_str()).collect::<Vec<_>>();
        let edited = match edited.as_slice() {
            [] => String::new(),
            [step] => format!("; with an edited command in step {step}"),
            steps => format!("; with edited commands in steps {}", steps.join(", ")),
        };
        if doubts.is_empty() {
            let in_vain = self.what_was_in_vain();
            return (RunResult::Complete, format!("every step was carried out{in_vain}{edited}"));
        }
        (RunResult::CompleteWithDoubts, format!("{}{edited}", doubts.join("; ")))
    }

    /// How a paused run is gone on with.
    fn way_on(&self) -> String {
        match self.setup.keeping {
            Some(_) => format!("go on with `runbook resume {}`", self.setup.run),
            None => NO_JOURNAL.into(),
        }
    }

    /// Where a run broke off, and how it is gone on with. Without a record it is not, and one that may
    /// have gone on without is looked at first.
    fn broken_off(&self, why: String) -> String {
        let recorded = self.setup.keeping.is_some() && self.recorder.has_begun();
        if !recorded || self.setup.unrecorded.reason().is_some() {
            return why;
        }
        let step = self.step.as_ref().map(|step| format!(" in step {step}")).unwrap_or_default();
        let run = &self.setup.run;
        format!("{why}; run {run} broke off{step}: {}", self.way_on())
    }

    fn kind(&self) -> &'static str {
        match &self.setup {
            Setup { stand_ins: Some(_), .. } => "rehearse",
            Setup { keeping: Some(Keeping { of: Some(_), .. }), .. } => "rollback",
            _ => "run",
        }
    }

    /// What still runs in the background, in a sentence; it ends with the session.
    fn left_running(&self) -> Option<Redacted> {
        let left = self.session.as_ref()?.background();
        let names: Vec<_> = left.iter().map(|one| format!("{} ({})", one.name, one.id)).collect();
        if names.is_empty() {
            return None;
        }
        let text = format!("ended what was left running in the background: {}", names.join(", "));
        Some(self.redactor.redact(&text))
    }

    async fn end_session(&mut self) {
        let Some(session) = self.session.take() else { return };
        let showing = listen::Showing::Shown;
        let mut ear = listen::Ear::new(&mut self.recorder, &self.redactor, 0, showing, Vec::new());
        session.end(&mut ear).await;
        let _ = ear.flush();
    }
}

fn title(document: &Document) -> String {
    let path = document.source.path();
    document.title.clone().unwrap_or_else(|| path.display().to_string())
}

/// Days from the header's last validation to `today`.
fn validated_days_ago(document: &Document, today: &str) -> Option<i64> {
    let Standing::On(validated) = standing(document).0 else { return None };
    let today: jiff::civil::Date = today.parse().ok()?;
    Some(i64::from(validated.until(today).ok()?.get_days()))
}

/// The document's findings as lines to read before a run.
fn warnings(document: &Document) -> Vec<String> {
    let found = document.diagnostics.iter();
    found
        .map(|finding| {
            let line =
                finding.labels.first().map_or(1, |label| document.source.line(label.span.start));
            let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("line {line}: {}{help}", finding.message)
        })
        .collect()
}

/// The value of an answer, or why the run does not go on.
fn given<T>(answer: Answer<T>) -> Flow<(T, From)> {
    match answer {
        Answer::Given(value, from) => Ok((value, from)),
        Answer::Pause => Err(Break::Paused("you paused it".into())),
        Answer::Nobody(what) => Err(Break::Paused(what)),
        Answer::Gone => Err(Break::Broken(HUNG_UP.into())),
    }
}
