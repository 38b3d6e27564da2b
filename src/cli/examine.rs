//! One runbook of a validation: check, run what is read-only, weigh, stamp.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use jiff::civil::Date;

use crate::check::{Circumstances, check_in, joined};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::{self, Choice, Document};
use crate::engine::{
    Confined, Courtesy, INTERRUPTED, Means, Provided, Setup, Wishes, decides_where, validate,
    without_running,
};
use crate::freshness::weakened_since;
use crate::journal::{complete, mean};
use crate::path::{checkout, pinned, repository};
use crate::plan::{Input, Plan, Selection, coverage};
use crate::policy::Listed;
use crate::report::progress::Progress;
use crate::report::whole::{Examined, Stamp, Task, Weakened};
use crate::sandbox::Layers;
use crate::source::{Source, Span};
use crate::stamp::{self, Edited, Evidence, Method, WriteError};
use crate::validation::{Coverage, GapKind, Segment, Validation, Verdict};
use crate::variables::Redactor;

use super::answers::Answers;
use super::arguments::{SandboxUse, Validate};
use super::settings::{self, InForce};
use super::{Exit, Failure, carry_out, environment, environment_variable, journal, start};

/// What is said of a text that is no runbook.
const NOTHING_TO_DO: &str = "holds nothing to do: no command block and no manual step";

/// What all runbooks of a call share.
pub(super) struct Call {
    pub arguments: Validate,
    pub layers: Option<Layers>,
    pub today: Date,
    pub wishes: Wishes,
    pub courtesy: Courtesy,
    pub progress: Progress,
}

/// What is given beforehand for one runbook.
struct Supply {
    inputs: BTreeSet<String>,
    choices: BTreeMap<String, String>,
    offers: Vec<(OsString, OsString)>,
    listed: Listed,
}

impl Call {
    /// Everything about one runbook.
    pub async fn examine(&self, path: &Path) -> Examined {
        let flight = self.progress.begin(&path.display().to_string());
        let examined = match Source::read(path) {
            Ok(source) => Box::pin(self.read(source)).await,
            Err(error) => Examined::unreadable(path, &format!("failed to {error}")),
        };
        flight.end(examined.standing(Task::Validate), &examined.covered());
        examined
    }

    async fn read(&self, source: Source) -> Examined {
        let path = source.path().to_owned();
        let prepared = self.settings(&path).and_then(|mut in_force| {
            let refused = self.refused_answers(&path)?;
            let used = self.arguments.answers.as_deref().filter(|_| refused.is_none());
            let (supply, answers) = supply(&in_force.config, used, &path)?;
            in_force.refused.extend(refused);
            Ok((in_force, supply, answers))
        });
        let (in_force, supply, answers) = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => return Examined::unreadable(&path, &failure.message),
        };
        let catalogue = in_force.config.catalogue();
        let whole = Plan::new(Document::read(source), catalogue, &Selection::everything());
        let mut diagnostics = self.check(&whole);
        let holds_nothing = whole.is_empty();
        let plan = Plan::new(whole.document, catalogue, &Selection::default());
        if let Err(error) = start::fit(&answers, &plan) {
            return Examined::unreadable(&path, &format!("failed to {error}"));
        }
        let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error).count();
        let empty = errors == 0 && holds_nothing;
        if empty && self.arguments.paths.contains(&path) {
            let why = format!("{} {NOTHING_TO_DO}", path.display());
            return Examined::unreadable(&path, &why);
        }
        let mut validation = match errors {
            0 if empty => not_run(&plan, Verdict::Checked, NOTHING_TO_DO, Vec::new()),
            0 if !self.arguments.docs => self.run(&plan, &in_force.config, &supply, answers).await,
            _ => look(&plan, &supply, errors),
        };
        if errors == 0 && !empty && !self.arguments.docs {
            require_coverage(&mut validation, in_force.config.read_only.coverage);
        }
        explain_unlisted(&mut validation, &in_force);
        refuse_settings(&mut validation, &in_force);
        let method = self.method(&validation, errors);
        diagnostics.extend(about_settings(&in_force));
        let usual = if self.arguments.stamping.duration { usual(&plan) } else { Ok(None) };
        let unknown = usual.as_ref().err();
        diagnostics.extend(unknown.map(|why| finding("duration", Severity::Note, why)));
        let unused = in_force.unused.filter(|_| !self.arguments.docs);
        let stamp = self.arguments.stamping.stamp.then(|| match (method, unused) {
            (None, _) => Stamp::Withheld(validation.why.as_str().to_owned()),
            (Some(_), Some(why)) => withhold(&mut validation, Verdict::Unverified, why),
            (Some(method), None) => {
                let usual = usual.unwrap_or_default();
                self.stamp(&plan.document, &mut validation, method, usual)
            }
        });
        let stands = matches!(stamp, Some(Stamp::Written(_) | Stamp::Unchanged));
        if stands {
            diagnostics.retain(|one| one.code != "stale");
        }
        let mut examined = Examined::new(plan.document.source.clone(), diagnostics);
        if let (stamp::Standing::On(date), _) = stamp::standing(&plan.document) {
            examined.age_days = date.until(self.today).ok().map(|span| i64::from(span.get_days()));
        }
        if stands {
            examined.age_days = Some(0);
        }
        examined.method = method.map(|method| stamp::in_words(method, self.sandbox(method)));
        examined.weakened = weakened(&plan.document);
        examined.stamp = stamp;
        examined.validation = Some(validation);
        examined
    }

    fn settings(&self, path: &Path) -> Result<InForce, Failure> {
        match &self.arguments.config_ref {
            Some(base) => settings::of_base(path, base),
            None if environment_variable("CI").is_some() => Ok(settings::builtin(path)),
            None => settings::of_operator(path),
        }
    }

    /// Why the answers that were named do not count; an operator's own do.
    fn refused_answers(&self, runbook: &Path) -> Result<Option<String>, Failure> {
        let base = self.arguments.config_ref.as_deref();
        let attended = base.is_none() && environment_variable("CI").is_none();
        match &self.arguments.answers {
            Some(answers) if !attended => settings::refused_answers(answers, runbook, base),
            _ => Ok(None),
        }
    }

    fn check(&self, plan: &Plan) -> Vec<Diagnostic> {
        let folder = plan.document.source.path().parent().map(Path::to_owned).unwrap_or_default();
        let circumstances = Circumstances {
            exists: &|linked: &Path| folder.join(linked).exists(),
            ..Circumstances::on(self.today)
        };
        joined(plan, check_in(plan, &circumstances))
    }

    /// Runs what is read-only.
    async fn run(
        &self,
        plan: &Plan,
        config: &Config,
        supply: &Supply,
        mut answers: Answers,
    ) -> Validation {
        if self.wishes.is_over() {
            return not_run(plan, Verdict::Broken, INTERRUPTED, supply.look(plan));
        }
        let operators = environment();
        let path = plan.document.source.path();
        let (root, checkout) = (repository(path), checkout(path));
        let means = Means {
            hosts: config.read_only.hosts.clone(),
            tools: config.read_only.tools.clone(),
            rules: config.rules(),
            listed: supply.listed.clone(),
        };
        let confined = Confined::lay(plan, &means, &checkout, &operators, self.layers.clone());
        let confined = match confined {
            Ok(confined) => confined,
            Err(error) => {
                return not_run(
                    plan,
                    Verdict::Broken,
                    &format!("failed to {error}"),
                    supply.look(plan),
                );
            }
        };
        let setup = Setup {
            bash: confined.bash(),
            environment: confined.environment(),
            confined: Some(confined),
            offers: supply.offers.clone(),
            ..carry_out::setup(config, root)
        };
        let has = |input: &Input| supply.has(input);
        let chosen = |step: &document::Step, choice: &Choice| supply.chosen(step, choice);
        let is_set = |name: &str| supply.is_set(name);
        let sets = |name: &str| supply.sets(name);
        let provided = Provided {
            has: &has,
            is_set: &is_set,
            sets: &sets,
            chosen: &chosen,
            courtesy: self.courtesy.clone(),
        };
        validate(plan, setup, &mut answers, &provided, self.wishes.clone()).await
    }

    /// The method that was reached: live only where everything that could be run was, and met.
    fn method(&self, validation: &Validation, errors: usize) -> Option<Method> {
        if errors > 0 || validation.result != Verdict::Validated {
            return None;
        }
        let live = !self.arguments.docs && validation.is_live();
        Some(if live { Method::ReadOnlyLive } else { Method::ReadOnlyDocs })
    }

    /// Stamps what held.
    fn stamp(
        &self,
        document: &Document,
        validation: &mut Validation,
        method: Method,
        usual: Option<Duration>,
    ) -> Stamp {
        let edited = self.edited(document, method, usual);
        let stamped = edited.and_then(|edited| self.write(document, &edited, method));
        stamped.unwrap_or_else(|(verdict, why)| withhold(validation, verdict, why))
    }

    /// Whether the kernel confined what such a method ran.
    fn sandbox(&self, method: Method) -> stamp::Sandbox {
        match (method, self.arguments.sandbox) {
            (Method::ReadOnlyLive, SandboxUse::Off) => stamp::Sandbox::Off,
            _ => stamp::Sandbox::On,
        }
    }

    fn edited(
        &self,
        document: &Document,
        method: Method,
        usual: Option<Duration>,
    ) -> Result<Edited, (Verdict, String)> {
        let evidence = Evidence { today: self.today, reached: Some(method) };
        let stamped = stamp::Stamp::new(self.today, method, &evidence);
        let stamped = stamped.map_err(|error| format!("failed to {error}"));
        let edited = stamped.and_then(|stamped| {
            let stamped = stamped.sandbox(self.sandbox(method));
            let stamped = usual.map_or(stamped.clone(), |usual| stamped.duration(usual));
            stamp::edit(document, &stamped).map_err(|error| error.to_string())
        });
        // Only a person can write what the header lacks.
        edited.map_err(|why| (Verdict::Unverified, why))
    }

    fn write(
        &self,
        document: &Document,
        edited: &Edited,
        method: Method,
    ) -> Result<Stamp, (Verdict, String)> {
        if edited.is_unchanged() {
            return Ok(Stamp::Unchanged);
        }
        let source = &document.source;
        let written = stamp::write(source.path(), source.text().as_bytes(), edited.text.as_bytes());
        let error = match written {
            Ok(()) => {
                let method = stamp::in_words(method, self.sandbox(method));
                return Ok(Stamp::Written(format!("{} {method}", self.today)));
            }
            Err(error) => error,
        };
        // Another validation of the same text came first, and wrote the same.
        let says_so =
            || std::fs::read(source.path()).is_ok_and(|now| now == edited.text.as_bytes());
        let verdict = match &error {
            WriteError::Changed { .. } if says_so() => return Ok(Stamp::Unchanged),
            WriteError::Changed { .. } => Verdict::Unverified,
            _ => Verdict::Broken,
        };
        Err((verdict, format!("failed to {error}")))
    }
}

/// How long the runbook usually takes without waiting for people, by the operator's journal; or
/// why that is not known.
fn usual(plan: &Plan) -> Result<Option<Duration>, String> {
    let journal = journal::open().map_err(|failure| failure.message)?;
    let runs = complete(&journal, &plan.target(), plan.document.source.path());
    let runs = runs.map_err(|error| format!("failed to {error}"))?;
    let usual = mean(&runs).ok_or_else(|| {
        "no complete run of it is in your journal, so its average duration stays as it is; \
         `runbook runs --all` lists what there is"
            .to_owned()
    })?;
    Ok(Some(Duration::from_millis(usual.worked_ms)))
}

/// A stamp that was asked for and could not be given counts, too.
fn withhold(validation: &mut Validation, verdict: Verdict, why: String) -> Stamp {
    validation.result = validation.result.max(verdict);
    validation.why = Redactor::default().redact(&format!("not stamped: {why}"));
    Stamp::Withheld(why)
}

fn supply(
    config: &Config,
    answers: Option<&Path>,
    runbook: &Path,
) -> Result<(Supply, Answers), Failure> {
    let usage =
        |error: &dyn std::fmt::Display| Failure::new(Exit::Usage, format!("failed to {error}"));
    let name = "runbook validate".to_owned();
    let answers = match answers {
        Some(path) => {
            let search = OsString::from(environment_variable("PATH").unwrap_or_default());
            let answers = Answers::read(path, name).map_err(|error| usage(&error))?;
            answers.pinned(pinned(&search, &checkout(runbook)))
        }
        None => Answers::none(name),
    };
    let listed = config.listed().map_err(|error| usage(&error))?;
    let inputs = answers.inputs().map(str::to_owned).collect();
    let choices = answers.choices().clone();
    Ok((Supply { inputs, choices, offers: environment(), listed }, answers))
}

impl Supply {
    /// The segments, of which nothing is run.
    fn look(&self, plan: &Plan) -> Vec<Segment> {
        let means = coverage::Means {
            listed: &self.listed,
            has: &|input| self.has(input),
            is_set: &|name| self.is_set(name),
            lacks: &|_| false,
            hides: &|_| None,
            sandboxed: true,
        };
        without_running(plan, &means, &|step, choice| self.chosen(step, choice))
    }

    fn has(&self, input: &Input) -> bool {
        let set = |(name, value): &(OsString, OsString)| {
            name.to_str() == Some(&input.name) && !value.is_empty()
        };
        self.inputs.contains(&input.name) || input.default.is_some() || self.offers.iter().any(set)
    }

    /// Whether the environment decides by this variable where a tool goes.
    fn is_set(&self, variable: &str) -> bool {
        decides_where(variable) && self.sets(variable)
    }

    /// Whether the environment sets a variable.
    fn sets(&self, variable: &str) -> bool {
        let set = |(name, value): &(OsString, OsString)| {
            name.to_str() == Some(variable) && !value.is_empty()
        };
        self.offers.iter().any(set)
    }

    /// The alternative that the answers name, else the one that the author prefers.
    fn chosen(&self, step: &document::Step, choice: &Choice) -> Option<usize> {
        let alternatives = &choice.alternatives;
        let named = self.choices.get(&step.id);
        let named = named.and_then(|label| alternatives.iter().position(|one| one.label == *label));
        named.or_else(|| alternatives.iter().position(|one| one.preferred))
    }
}

/// Expectations that demand less than at the last stamp, as git tells.
fn weakened(document: &Document) -> Vec<Weakened> {
    let root = repository(document.source.path());
    if !root.join(".git").exists() {
        return Vec::new();
    }
    let search = OsString::from(environment_variable("PATH").unwrap_or_default());
    let redact = |text: &str| Redactor::default().redact(text);
    let found = weakened_since(document, &search).into_iter();
    found
        .map(|one| Weakened {
            line: one.line,
            before: redact(&one.was),
            now: one.now.as_deref().map(redact),
        })
        .collect()
}

/// Where less was run than the settings ask for, it is not verified.
fn require_coverage(validation: &mut Validation, floor: f64) {
    let (run, all) = validation.coverage();
    #[expect(clippy::cast_precision_loss, reason = "no runbook has so many segments")]
    let part = if all == 0 { 1.0 } else { run as f64 / all as f64 };
    if part < floor && validation.result < Verdict::Unverified {
        validation.result = Verdict::Unverified;
        validation.why = Redactor::default().redact(&format!(
            "{run} of {all} segments were run, and the settings ask for {:.0} %",
            100.0 * floor
        ));
    }
}

/// Where the settings are not in force, that is why a host is not listed.
fn explain_unlisted(validation: &mut Validation, in_force: &InForce) {
    let Some(note) = in_force.notes.first() else { return };
    let explained =
        |why: &str| Redactor::default().redact(&format!("{why} that is in force; {note}"));
    for segment in &mut validation.segments {
        if let Coverage::NotCovered(gap) = &mut segment.coverage
            && gap.kind == GapKind::Host
        {
            if validation.why.as_str().ends_with(gap.why.as_str()) {
                validation.why = explained(validation.why.as_str());
            }
            gap.why = explained(gap.why.as_str());
        }
    }
}

/// What is refused about the settings counts, too.
fn refuse_settings(validation: &mut Validation, in_force: &InForce) {
    if let Some(refused) = in_force.refused.first()
        && validation.result < Verdict::Refused
    {
        validation.result = Verdict::Refused;
        validation.why = Redactor::default().redact(refused);
    }
}

/// What is to be said of the settings, as findings.
fn about_settings(in_force: &InForce) -> Vec<Diagnostic> {
    let refused = in_force.refused.iter().map(|text| finding("settings", Severity::Error, text));
    let notes = in_force.notes.iter().map(|text| finding("settings", Severity::Note, text));
    refused.chain(notes).collect()
}

/// What is to be said of the whole runbook.
fn finding(code: &'static str, severity: Severity, text: &str) -> Diagnostic {
    Diagnostic::new(severity, code, Span::new(0, 0), text)
}

/// What would be left out; nothing is run.
fn look(plan: &Plan, supply: &Supply, errors: usize) -> Validation {
    let segments = supply.look(plan);
    match errors {
        0 => not_run(plan, Verdict::Validated, "nothing was run", segments),
        _ => {
            without_run(plan, Verdict::Failed, "the check found errors; nothing was run", segments)
        }
    }
}

/// A validation in which nothing was run because of errors; what would have been refused is, too.
fn without_run(plan: &Plan, verdict: Verdict, why: &str, segments: Vec<Segment>) -> Validation {
    let refused = segments.iter().find_map(Segment::refused).cloned();
    let mut validation = not_run(plan, verdict, why, segments);
    if let Some(refused) = refused {
        validation.result = Verdict::Refused.max(verdict);
        validation.why = refused;
    }
    validation
}

/// A validation in which nothing was run.
fn not_run(plan: &Plan, verdict: Verdict, why: &str, segments: Vec<Segment>) -> Validation {
    let redact = |text: &str| Redactor::default().redact(text);
    let document = &plan.document;
    Validation {
        file: document.source.path().into(),
        title: redact(document.title.as_deref().unwrap_or_default()),
        result: verdict,
        why: redact(why),
        segments,
        confinement: None,
        duration_ms: 0,
    }
}
