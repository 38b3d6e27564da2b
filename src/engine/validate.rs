//! Validates a plan: runs what only reads, in order, and says of the rest why it was not run.
//!
//! Comes in: a plan and what it is confined to. Goes out: a [`Validation`]. Nobody is asked: what
//! needs a person is not covered, and nothing that could not be checked counts as a pass. A failure
//! ends the segment, not the validation; what depends on it is not run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::event::{self, Ending, Outcome};
use crate::gate::{Refused, Reports};
use crate::plan::coverage::{self, Coverage, Means};
use crate::plan::walk::{Chosen, Place, Spot, walk};
use crate::plan::{self, GapKind, Input, Plan};
use crate::policy::{Effect, Reach};
use crate::sandbox::Layers;
use crate::validation::{self, Confinement, Segment, Validation, Verdict};
use crate::variables::Redacted;

use super::job::{Binding, Job};
use super::operator::Operator;
use super::trial::Trial;
use super::verdict::Ruling;
use super::{Break, Confined, Engine, Flow, Setup, Wishes};

/// How many segments may talk to one host at once.
const AT_ONCE: usize = 4;

/// Why a validation ended that somebody ended.
pub const INTERRUPTED: &str = "it was interrupted";

/// Keeps many validations at once from flooding one host.
#[derive(Debug, Clone, Default)]
pub struct Courtesy(Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>);

impl Courtesy {
    /// Waits until every host of a reach has room.
    async fn ask(&self, reach: impl Iterator<Item = &Reach>) -> Vec<OwnedSemaphorePermit> {
        let mut places: Vec<String> = Vec::new();
        for reach in reach {
            places.extend(reach.hosts.iter().map(|host| host.name.clone()));
            places.extend(reach.configured.iter().chain(&reach.unseen).cloned());
        }
        // Always in the same order, so that no two wait for each other.
        places.sort();
        places.dedup();
        let mut permits = Vec::new();
        for place in places {
            let semaphore = {
                let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(known.entry(place).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
            };
            permits.extend(semaphore.acquire_owned().await);
        }
        permits
    }
}

/// What is given before a validation begins.
pub struct Provided<'a> {
    /// Whether a value for an input is there.
    pub has: &'a dyn Fn(&Input) -> bool,
    /// Whether the environment sets a variable that decides where a tool goes.
    pub is_set: &'a dyn Fn(&str) -> bool,
    /// Whether the operator's environment sets a variable.
    pub sets: &'a dyn Fn(&str) -> bool,
    /// The alternative that was chosen in a step.
    pub chosen: Chosen<'a>,
    /// Keeps hosts from being flooded.
    pub courtesy: Courtesy,
}

/// Validates `plan` in what `setup.confined` lays out.
pub async fn validate(
    plan: &Plan,
    setup: Setup,
    operator: &mut dyn Operator,
    provided: &Provided<'_>,
    wishes: Wishes,
) -> Validation {
    let started = Instant::now();
    let mut engine = Engine::new(plan, setup, operator, Vec::new(), wishes);
    let mut segments = Vec::new();
    let wishes = engine.wishes.clone();
    let flow = tokio::select! {
        flow = engine.visit(provided, &mut segments) => flow,
        () = wishes.insist() => Err(Break::Interrupted),
    };
    engine.end_session().await;
    let ran = segments.iter().any(|one| matches!(one.coverage, validation::Coverage::Run(_)));
    let confined = engine.setup.confined.as_ref().filter(|_| ran);
    let (result, why) = match flow {
        Ok(()) => sum(&segments),
        Err(Break::Refused(why)) => (Verdict::Refused, why),
        Err(Break::Interrupted) => (Verdict::Broken, INTERRUPTED.into()),
        Err(Break::Paused(why) | Break::Stopped(why) | Break::Broken(why)) => {
            (Verdict::Broken, why)
        }
    };
    Validation {
        file: plan.document.source.path().into(),
        title: engine.redactor.redact(&super::title(&plan.document)),
        result,
        why: engine.redactor.redact(&why),
        segments,
        confinement: confined.map(confinement),
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

/// What a validation would leave out, found without running anything; the rest is not reached.
pub fn without_running(plan: &Plan, means: &Means<'_>, chosen: Chosen<'_>) -> Vec<Segment> {
    let mut coverage = Coverage::default();
    let redact = |text: &str| crate::variables::Redactor::default().redact(text);
    let mut segments = Vec::new();
    for spot in walk(plan, chosen) {
        let Some(look) = coverage.look(plan, means, &spot) else { continue };
        let gap = look.err().unwrap_or_else(|| coverage::Gap {
            kind: GapKind::NotReached,
            why: "nothing was run".into(),
        });
        segments.extend(segment(&spot, not_covered(&gap, redact), redact));
    }
    segments
}

fn confinement(confined: &Confined) -> Confinement {
    Confinement {
        enforced: confined.layers().is_some(),
        layers: confined.layers().map(words).unwrap_or_default(),
    }
}

/// The layers by name.
fn words(layers: &Layers) -> Vec<String> {
    let names = layers.enforced.iter().filter_map(|layer| serde_json::to_value(layer).ok());
    names.filter_map(|name| Some(name.as_str()?.replace('_', " "))).collect()
}

impl<'p> Engine<'p> {
    async fn visit(&mut self, provided: &Provided<'_>, segments: &mut Vec<Segment>) -> Flow<()> {
        let confined = self.setup.confined.as_ref();
        let confined = confined.ok_or_else(|| Break::Broken("nothing confines it".into()))?;
        let listed = confined.listed().clone();
        let mut reports = confined.listen().map_err(|error| Break::Broken(error.to_string()))?;
        let tools = confined.tools();
        let environment = confined.environment();
        let means = Means {
            listed: &listed,
            has: provided.has,
            is_set: provided.is_set,
            lacks: &|name| tools.lack(name),
            hides: &|name| hides(name, &environment, provided.sets),
            sandboxed: confined.layers().is_some(),
        };
        let plan = self.plan;
        let mut coverage = Coverage::default();
        let mut flow = Ok(());
        for spot in walk(plan, provided.chosen) {
            let covered = match (coverage.look(plan, &means, &spot), &spot) {
                (None, _) => continue,
                (Some(Err(gap)), _) => not_covered(&gap, |text| self.redactor.redact(text)),
                (Some(Ok(())), Spot::Segment(place, decided)) if flow.is_ok() => {
                    match self.run_all(place, decided, provided, &mut reports).await {
                        Ok(covered) => {
                            if !came_through(&covered) {
                                coverage.failed(place);
                            }
                            covered
                        }
                        Err(ended) => {
                            flow = Err(ended);
                            unreached("it did not come to its end")
                        }
                    }
                }
                (Some(Ok(())), _) => unreached("it was not reached"),
            };
            let redact = |text: &str| self.redactor.redact(text);
            segments.extend(segment(&spot, covered, redact));
        }
        flow
    }

    /// Runs a segment for every value of its list inputs.
    async fn run_all(
        &mut self,
        place: &Place<'p>,
        decided: &'p plan::Segment,
        provided: &Provided<'_>,
        reports: &mut Reports,
    ) -> Flow<validation::Coverage> {
        self.goes_on()?;
        match self.gather(&decided.inputs).await {
            Err(Break::Paused(why)) => {
                let gap = coverage::Gap { kind: GapKind::MissingInput, why };
                return Ok(not_covered(&gap, |text| self.redactor.redact(text)));
            }
            other => other?,
        }
        let reaches = decided.classifications.iter().map(|one| &one.reach);
        let _permits = provided.courtesy.ask(reaches).await;
        self.goes_on()?;
        let mut endings = Vec::new();
        let bindings = self.bindings(place.block, decided);
        let several = bindings.len() > 1;
        for binding in bindings {
            let values = told_values(&binding);
            let mut ending = self.run_one(place, decided, binding, reports).await?;
            if several {
                let why = format!("with {values}: {}", ending.why.as_str());
                ending.why = self.redactor.redact(&why);
            }
            endings.push(ending);
        }
        Ok(validation::Coverage::Run(endings))
    }

    /// Nothing begins any more once everything is to end.
    fn goes_on(&self) -> Flow<()> {
        if self.wishes.is_over() { Err(Break::Interrupted) } else { Ok(()) }
    }

    async fn run_one(
        &mut self,
        place: &Place<'p>,
        decided: &'p plan::Segment,
        binding: Binding,
        reports: &mut Reports,
    ) -> Flow<Ending> {
        self.segments += 1;
        let (step, block, written) = (place.step, place.block, place.written);
        let place = event::Place::default();
        let (number, probes) = (self.segments, false);
        let job = Job { number, probes, place, step, block, written, decided, binding };
        match self.judge_as_filled(&job) {
            Err(Break::Refused(why)) => return Ok(self.refused(&job, why)),
            Ok(judged) if judged.effect != Effect::Read => {
                return Ok(self.refused(&job, judged.reasons.join("; ")));
            }
            other => drop(other?),
        }
        let before = self.snapshot().await?;
        let mut trial = self.poll(&job, 1, &before).await?;
        if trial.shell_ended {
            self.revive(&before).await?;
        }
        let refused = reports.take();
        if !refused.is_empty() {
            trial.ruling = Ruling::new(Outcome::Refused, told(&refused));
        }
        if trial.ruling.outcome == Outcome::Stopped {
            return Err(Break::Interrupted);
        }
        Ok(self.ending(&job, trial.tries, &trial, trial.ruling.outcome, None))
    }

    fn refused(&self, job: &Job<'_>, why: String) -> Ending {
        let trial = Trial::without_running(Ruling::new(Outcome::Refused, why));
        self.ending(job, 1, &trial, Outcome::Refused, None)
    }
}

/// Why a variable is another one in a validation, or is not there, than the operator's own.
fn hides(
    name: &str,
    environment: &[(OsString, OsString)],
    sets: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let given = environment.iter().any(|(known, _)| known == name);
    match name {
        "HOME" | "TMPDIR" => true,
        name if name.starts_with("XDG_") => true,
        _ => false,
    }
    .then(|| format!("it reads `${name}`, which read-only mode replaces by an empty folder"))
    .or_else(|| {
        let why =
            format!("it reads `${name}`, which is set here and which read-only mode withholds");
        (!given && sets(name)).then_some(why)
    })
}

/// `app = web, region = north`
fn told_values(binding: &Binding) -> String {
    let values: Vec<_> = binding.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    values.join(", ")
}

fn told(refused: &[Refused]) -> String {
    let mut lines: Vec<_> =
        refused.iter().map(|one| format!("`{}` was not started: {}", one.name, one.why)).collect();
    lines.dedup();
    lines.join("; ")
}

fn unreached(why: &str) -> validation::Coverage {
    let gap = coverage::Gap { kind: GapKind::NotReached, why: why.into() };
    not_covered(&gap, |text| crate::variables::Redactor::default().redact(text))
}

fn not_covered(gap: &coverage::Gap, redact: impl Fn(&str) -> Redacted) -> validation::Coverage {
    validation::Coverage::NotCovered(validation::Gap { kind: gap.kind, why: redact(&gap.why) })
}

fn came_through(covered: &validation::Coverage) -> bool {
    let fine = |one: &Ending| {
        matches!(one.outcome, Outcome::Met | Outcome::StatusOnly | Outcome::Unverified)
    };
    matches!(covered, validation::Coverage::Run(endings) if endings.iter().all(fine))
}

/// A spot as a segment of the report; nothing where no segment is there.
fn segment(
    spot: &Spot<'_>,
    coverage: validation::Coverage,
    redact: impl Fn(&str) -> Redacted,
) -> Option<Segment> {
    let (step, line, statements, expectations) = match spot {
        Spot::Segment(at, _) | Spot::LeftOut(at, _) => {
            let texts = at.block.script.statements[at.written.statements.clone()].iter();
            let texts = texts.map(|one| redact(&at.block.text[one.span.range()]));
            let expectations = at.written.expectations.iter();
            let expectations = expectations.map(|one| (one.line, redact(one.expectation.text())));
            (at.step, at.written.line, texts.collect(), expectations.collect())
        }
        Spot::NotRunnable(step, action, block) => {
            (*step, action.line, vec![redact(&block.text)], Vec::new())
        }
        Spot::Manual(..) | Spot::Undecided(..) => return None,
    };
    let (step, title) = (step.id.clone(), redact(&step.title));
    Some(Segment { step, title, line, statements, expectations, coverage })
}

/// What the segments come to together, and why.
fn sum(segments: &[Segment]) -> (Verdict, String) {
    let ran = |one: &Segment| matches!(one.coverage, validation::Coverage::Run(_));
    let mut worst = if segments.iter().any(ran) {
        (Verdict::Validated, "everything that was run held".to_owned())
    } else {
        (Verdict::CheckedOnly, "nothing of it could be run, so nothing is validated".to_owned())
    };
    let mut note = |verdict: Verdict, segment: &Segment, why: &str| {
        if verdict > worst.0 {
            worst = (verdict, format!("{}: {why}", place(segment)));
        }
    };
    for segment in segments {
        match &segment.coverage {
            validation::Coverage::NotCovered(gap) => match gap.kind {
                GapKind::Host => note(Verdict::Refused, segment, gap.why.as_str()),
                GapKind::MissingTool => note(Verdict::Broken, segment, gap.why.as_str()),
                GapKind::MissingInput => note(Verdict::Unverified, segment, gap.why.as_str()),
                _ => {}
            },
            validation::Coverage::Run(endings) => endings.iter().for_each(|ending| {
                note(verdict_of(ending.outcome), segment, ending.why.as_str());
            }),
        }
    }
    worst
}

/// `step 3, line 12`, or the line alone where the step has no number.
fn place(segment: &Segment) -> String {
    let numbered = segment.step.starts_with(|c: char| c.is_ascii_digit());
    let step = if numbered { format!("step {}, ", segment.step) } else { String::new() };
    format!("{step}line {}", segment.line)
}

const fn verdict_of(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Met | Outcome::StatusOnly | Outcome::Confirmed | Outcome::Judged => {
            Verdict::Validated
        }
        Outcome::Unverified | Outcome::Skipped | Outcome::Overruled => Verdict::Unverified,
        Outcome::NotMet | Outcome::Failed | Outcome::Stopped => Verdict::Failed,
        Outcome::Refused => Verdict::Refused,
    }
}
