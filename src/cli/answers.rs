//! Answers that were written down before: a TOML file, for a run that nobody attends.
//!
//! Comes in: a file and the fingerprint of the plan. Goes out: an [`Operator`] that gives inputs,
//! choices and confirmations by step, and that has no answer to anything else. It never judges an
//! output that nobody has seen, and never goes on after a failure.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::engine::{
    Answer, AskChanges, AskChoice, AskContext, AskDifference, AskDoubt, AskEdit, AskFailure,
    AskInput, AskJudgement, AskLeftOut, AskManual, AskRun, AskUnknown, Change, Changes, Difference,
    Edit, From, Given, Go, Happened, Insisted, Judged, Manual, OnFailure, Operator,
};
use crate::event::{self, Outcome};
use crate::path::find;
use crate::variables::{Redacted, Secret};

use super::fetch;

/// An answers file, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// The fingerprint of the plan that it was written for.
    pub plan: Option<String>,
    inputs: BTreeMap<String, Source>,
    choices: BTreeMap<String, String>,
    confirm: BTreeMap<String, Vec<Confirmed>>,
    /// By step: what became of a write that a run was cut off in.
    unknown: BTreeMap<String, Unknown>,
    /// The places that the run's own commands may lead to, by tool and by what it is.
    context: BTreeMap<String, BTreeMap<String, Several>>,
    #[serde(skip)]
    path: PathBuf,
    #[serde(skip)]
    name: String,
    /// The folders that programs are taken from; nothing where the operator's PATH holds.
    #[serde(skip)]
    folders: Option<Vec<PathBuf>>,
}

/// What may be confirmed for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Confirmed {
    /// Its manual actions are, or will have been, done.
    Manual,
    /// Its writes may run.
    Writes,
    /// So may what cannot be undone.
    Irreversible,
    /// Its questions ("If X, ...") are answered with yes, and done.
    Applies,
    /// Its questions are answered with no.
    NotApplicable,
}

/// What became of a write that was begun before a run was resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Unknown {
    /// It happened.
    Happened,
    /// It did not, and is to run.
    DidNotHappen,
    /// The step's own check says so.
    Check,
}

/// One text or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "write a text in quotes, or a list of texts")]
enum Several {
    One(String),
    Many(Vec<String>),
}

impl Several {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::One(one) => one == value,
            Self::Many(many) => many.iter().any(|one| one == value),
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "write a text in quotes, a list of texts, { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", \"WORD\"] }"
)]
enum Source {
    Literal(String),
    Several(Vec<String>),
    Reference(Reference),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reference {
    /// A variable of the environment.
    Env(String),
    /// A file, relative to the answers file.
    File(PathBuf),
    /// A program and its arguments; its standard output is the value.
    Command(Vec<String>),
}

/// Why an answers file cannot be used. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// It cannot be read.
    #[error("read {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// It is no TOML, or says something that is not known.
    #[error("read {path}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong and where; never the text, which may hold secrets.
        message: String,
    },
    /// It answers what the runbook does not ask.
    #[error("use {path}: {what}; known here: {known}")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What it answers.
        what: String,
        /// What could be answered.
        known: String,
    },
}

impl Answers {
    /// No answers: nobody is there.
    pub fn none(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Reads a file.
    pub fn read(path: &Path, name: String) -> Result<Self, AnswersError> {
        let text = fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| AnswersError::Read { path: path.into(), error })?;
        let mut answers: Self = toml::from_str(&text).map_err(|error| AnswersError::Parse {
            path: path.into(),
            message: located(&text, &error),
        })?;
        answers.path = path.into();
        answers.name = name;
        Ok(answers)
    }

    /// The same, with programs from these folders alone: whoever changes a repository must not
    /// choose what its answers run.
    #[must_use]
    pub fn pinned(self, folders: Vec<PathBuf>) -> Self {
        Self { folders: Some(folders), ..self }
    }

    /// The inputs that it gives values for.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.keys().map(String::as_str)
    }

    /// The labels that it chooses, by step.
    pub const fn choices(&self) -> &BTreeMap<String, String> {
        &self.choices
    }

    /// Refuses answers to what is not asked: a misspelt name would otherwise be missed at the
    /// moment when it is needed.
    pub fn check(
        &self,
        inputs: &[String],
        choices: &[(String, Vec<String>)],
        steps: &[String],
    ) -> Result<(), AnswersError> {
        let unknown = |what: String, known: &[String]| {
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            Err(AnswersError::Unknown { path: self.path.clone(), what, known })
        };
        if let Some(name) = self.inputs.keys().find(|name| !inputs.contains(name)) {
            return unknown(format!("there is no input {name}"), inputs);
        }
        for (step, label) in &self.choices {
            let Some((_, labels)) = choices.iter().find(|(id, _)| id == step) else {
                let known: Vec<_> = choices.iter().map(|(id, _)| id.clone()).collect();
                return unknown(format!("step {step} has no choice"), &known);
            };
            if !labels.contains(label) {
                return unknown(format!("step {step} has no alternative \"{label}\""), labels);
            }
        }
        let named = self.confirm.keys().chain(self.unknown.keys());
        match named.into_iter().find(|step| !steps.contains(step)) {
            Some(step) => unknown(format!("there is no step {step}"), steps),
            None => Ok(()),
        }
    }

    /// Whether it takes responsibility for anything.
    pub fn confirms_something(&self) -> bool {
        self.confirm.values().any(|confirmed| !confirmed.is_empty()) || !self.unknown.is_empty()
    }

    fn confirms(&self, step: &str, what: Confirmed) -> bool {
        self.confirm.get(step).is_some_and(|confirmed| confirmed.contains(&what))
    }

    fn missing<T>(&self, what: &str) -> Answer<T> {
        if self.path.as_os_str().is_empty() {
            return Answer::Nobody(format!("{what}; nobody is there to ask, and no --answers"));
        }
        Answer::Nobody(format!("{what} (answers file {})", self.path.display()))
    }

    /// A program of an answer, where it may be taken from.
    fn program(&self, name: &str) -> Result<OsString, String> {
        let Some(folders) = &self.folders else { return Ok(name.into()) };
        let found = (!name.contains('/')).then(|| find(name, folders)).flatten();
        found.map(PathBuf::into_os_string).ok_or_else(|| {
            format!(
                "{name}: it is not on PATH; a program is named without its folder, and one of the \
                 repository does not count"
            )
        })
    }

    fn resolve(&self, reference: &Reference) -> Result<Zeroizing<String>, String> {
        match reference {
            Reference::Env(name) => fetch::variable(name),
            Reference::File(file) => fetch::file(&self.beside(file)),
            Reference::Command(words) => {
                let (program, rest) = words.split_first().ok_or("command is empty")?;
                let found = self.program(program)?;
                fetch::command(program, &found, rest, Path::new("."))
            }
        }
    }

    /// A file that is named from the folder of the answers.
    fn beside(&self, file: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(file)
    }

    /// A secret from where it was fetched before; no command is run that nobody has named this time.
    fn again(&self, ask: &AskInput<'_>, reference: &event::Reference) -> Answer<Given> {
        let (name, words) = (ask.name, reference.words());
        if let event::Reference::Command { .. } = reference {
            return self.missing(&format!(
                "input {name} has no value; it was fetched by {words} before, which runs again only \
                 where answers name it, or a person at a terminal says so"
            ));
        }
        match fetch::again(reference) {
            Ok(value) => Answer::Given(one(ask, value), From::Reference),
            Err(why) => {
                self.missing(&format!("input {name}, which was fetched from {words}: {why}"))
            }
        }
    }
}

impl Operator for Answers {
    fn name(&self) -> &str {
        &self.name
    }

    fn input(&mut self, ask: &AskInput<'_>) -> Answer<Given> {
        if let Some(refused) = ask.refused {
            return self.missing(&format!("input {}: {refused}", ask.name));
        }
        let given = match self.inputs.get(ask.name) {
            None if ask.fetched.is_some() => {
                let reference = ask.fetched.expect("there is one");
                return self.again(ask, reference);
            }
            None if ask.offer.is_some() => return Answer::Given(Given::Offered, From::Answers),
            None => {
                let what = ask.description.map(|what| format!(" ({what})")).unwrap_or_default();
                return self.missing(&format!("input {} has no value{what}", ask.name));
            }
            Some(Source::Several(values)) => Given::Plain(values.clone()),
            Some(Source::Literal(value)) => one(ask, Zeroizing::new(value.clone())),
            Some(Source::Reference(reference)) => match self.resolve(reference) {
                Ok(value) => one(ask, value),
                Err(why) => return self.missing(&format!("input {}: {why}", ask.name)),
            },
        };
        Answer::Given(given, From::Answers)
    }

    fn reference(&self, name: &str) -> Option<event::Reference> {
        let absolute = |path: &Path| {
            let path = std::path::absolute(path).ok()?;
            Some(Redacted::stored(path.to_str()?))
        };
        match self.inputs.get(name)? {
            Source::Literal(_) | Source::Several(_) => None,
            Source::Reference(Reference::Env(name)) => {
                Some(event::Reference::Env(Redacted::stored(name)))
            }
            Source::Reference(Reference::File(file)) => {
                Some(event::Reference::File(absolute(&self.beside(file))?))
            }
            Source::Reference(Reference::Command(words)) => Some(event::Reference::Command {
                words: words.iter().map(|word| Redacted::stored(word)).collect(),
                folder: absolute(Path::new("."))?,
            }),
        }
    }

    fn choose(&mut self, ask: &AskChoice<'_>) -> Answer<usize> {
        let Some(label) = self.choices.get(ask.step) else {
            return self.missing(&format!("the choice of step {} is not made", ask.step));
        };
        let place = ask.alternatives.iter().position(|(one, ..)| one == label);
        match place {
            Some(place) => Answer::Given(place, From::Answers),
            None => self.missing(&format!("step {} has no alternative \"{label}\"", ask.step)),
        }
    }

    fn manual(&mut self, ask: &AskManual<'_>) -> Answer<Manual> {
        let irreversible = ask.irreversible.is_some();
        if ask.question {
            if self.confirms(ask.step, Confirmed::NotApplicable) {
                return Answer::Given(Manual::DoesNotApply, From::Answers);
            }
            if !self.confirms(ask.step, Confirmed::Applies) {
                let what = "asks whether something applies";
                let words = "\"applies\" or \"not-applicable\"";
                return self.missing(&format!(
                    "step {} {what}; [confirm] {} = [{words}] is not there",
                    ask.step, ask.step
                ));
            }
        }
        if self.confirms(ask.step, Confirmed::Manual)
            && (!irreversible || self.confirms(ask.step, Confirmed::Irreversible))
        {
            return Answer::Given(Manual::Done, From::Answers);
        }
        let what = if irreversible { "\"manual\" and \"irreversible\"" } else { "\"manual\"" };
        let step = ask.step;
        self.missing(&format!("step {step} needs a person; [confirm] {step} = {what} is not there"))
    }

    fn run(&mut self, ask: &AskRun<'_>) -> Answer<Go> {
        let irreversible = ask.irreversible.is_some();
        if self.confirms(ask.step, Confirmed::Writes)
            && (!irreversible || self.confirms(ask.step, Confirmed::Irreversible))
        {
            return Answer::Given(Go::Run, From::Answers);
        }
        let what = if irreversible { "\"writes\" and \"irreversible\"" } else { "\"writes\"" };
        let step = ask.step;
        self.missing(&format!("step {step} writes; [confirm] {step} = {what} is not there"))
    }

    fn judge(&mut self, ask: &AskJudgement<'_>) -> Answer<Judged> {
        Answer::Nobody(format!("a person must judge: {}", ask.residual.as_str()))
    }

    fn failed(&mut self, _: &AskFailure<'_>) -> Answer<OnFailure> {
        Answer::Given(OnFailure::Stop, From::Answers)
    }

    fn unknown(&mut self, ask: &AskUnknown<'_>) -> Answer<Happened> {
        let step = ask.step;
        let said = self.unknown.get(step);
        let happened = match (said, ask.shown, ask.probe) {
            (Some(Unknown::Happened), ..) => Happened::Yes("the answers say so".into()),
            (Some(Unknown::DidNotHappen), ..) => Happened::No("the answers say so".into()),
            (Some(Unknown::Check), None, Some(_)) => Happened::Probe,
            (Some(Unknown::Check), Some((Outcome::Met, why)), _) => {
                Happened::Yes(format!("its check is met: {why}"))
            }
            (Some(Unknown::Check), Some((Outcome::NotMet, why)), _) => {
                Happened::No(format!("its check is not met: {why}"))
            }
            (Some(Unknown::Check), None, None) => {
                let what = "it has no check of its own";
                return self
                    .missing(&format!("whether step {step} happened is not known, and {what}"));
            }
            (Some(Unknown::Check), Some((_, why)), _) => {
                let what = format!("its check does not show it: {why}");
                return self.missing(&format!("whether step {step} happened is not known: {what}"));
            }
            (None, ..) => {
                let what = r#""happened", "did-not-happen" or "check""#;
                let line = ask.line;
                return self.missing(&format!(
                    "whether step {step}, line {line} happened is not known; [unknown] {step} = \
                     {what} is not there"
                ));
            }
        };
        Answer::Given(happened, From::Answers)
    }

    fn leave_out(&mut self, _: &AskLeftOut<'_>) -> Answer<Option<String>> {
        Answer::Given(None, From::Answers)
    }

    fn accept(&mut self, ask: &AskDoubt<'_>) -> Answer<String> {
        let doubts: Vec<_> = ask.doubts.iter().map(Redacted::as_str).collect();
        Answer::Nobody(format!(
            "step {} cannot be undone, and {}: only a person at a terminal lets it go ahead",
            ask.step,
            doubts.join(", ")
        ))
    }

    fn context(&mut self, ask: &AskContext<'_>) -> Answer<()> {
        let named = |change: &Change<'_>| {
            let values = self.context.get(ask.tool).and_then(|facts| facts.get(change.what));
            values.is_some_and(|values| values.holds(change.new_value()))
        };
        let Some(change) = ask.changes.iter().find(|change| !named(change)) else {
            return Answer::Given((), From::Answers);
        };
        let (step, tool, what, value) = (ask.step, ask.tool, change.what, change.new_value());
        self.missing(&format!(
            "step {step} would write in another place: {tool} {what} was {} and is {value}; [context] \
             {tool}.{what} = \"{value}\" is not there",
            change.from.map_or("unknown", Redacted::as_str)
        ))
    }

    fn edit(&mut self, ask: &AskEdit<'_>) -> Answer<Edit> {
        Answer::Nobody(format!(
            "only a person at a terminal edits the command of step {}",
            ask.step
        ))
    }

    fn difference(&mut self, _: &AskDifference<'_>) -> Answer<Difference> {
        Answer::Nobody("only a person at a terminal edits a command".into())
    }

    fn changes(&mut self, _: &AskChanges<'_>) -> Answer<Changes> {
        Answer::Nobody("only a person at a terminal takes what a shell has changed".into())
    }

    fn lend_terminal(&mut self) -> Option<OwnedFd> {
        None
    }

    fn take_terminal_back(&mut self) {}
}

fn one(ask: &AskInput<'_>, value: Zeroizing<String>) -> Given {
    if ask.secret {
        return Given::Secret(Secret::from_input(value.to_string()).0, Insisted::No);
    }
    Given::Plain(vec![value.trim_end_matches(['\n', '\r']).to_owned()])
}

/// Where a TOML error is, without the text of the line.
fn located(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
    format!("line {line}: {}", error.message())
}
