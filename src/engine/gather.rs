//! Gets the values of inputs: asks at the right moment, refuses what can be no value.
//!
//! Comes in: the names that a segment needs. Goes out: values in the shell and in the redactor.
//! An empty value never gets further than here.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::check::is_written_out;
use crate::event::{Reference, What};
use crate::plan::Input;
use crate::session::State;
use crate::shell::quote;
use crate::variables::{Secret, TrailingNewline, Value, Values};

use super::job::Job;
use super::operator::{AskInput, From, Given, Insisted, Offer};
use super::{Break, Engine, Flow, given};

/// A value that was offered, and by whom.
struct Offered {
    value: String,
    from: From,
}

impl Engine<'_> {
    /// Makes sure that every named input has a value, and that the shell knows the variables.
    pub(super) async fn gather(&mut self, names: &[String]) -> Flow<()> {
        for name in names {
            if self.values.get(name).is_none() && !self.is_set_since(name) {
                self.ask_anew(name)?;
            }
            self.tell_shell(name).await?;
        }
        Ok(())
    }

    /// Whether the run itself has set what the input stands for, and only the shell needs it.
    pub(super) fn is_set_since(&self, name: &str) -> bool {
        self.plan.inputs.named(name).is_some_and(|input| {
            let mut spelled = input.spellings.iter();
            let by_name = spelled.all(|one| one.trim_start_matches('$') == input.name);
            let set = input.variables.iter().all(|one| self.set_since.contains(one));
            by_name && set && !input.variables.is_empty()
        })
    }

    /// Notes the inputs that a segment has set anew: what was given for them holds no longer.
    pub(super) async fn note_what_it_set(&mut self, job: &Job<'_>, before: &State) -> Flow<()> {
        let statements = &job.block.script.statements[job.written.statements.clone()];
        let assigned = statements.iter().flat_map(|one| &one.assigns).map(|one| &one.name);
        let inputs = self.plan.inputs.iter();
        let variables: BTreeSet<&String> = inputs.flat_map(|one| &one.variables).collect();
        let assigned: BTreeSet<&String> = assigned.filter(|one| variables.contains(one)).collect();
        if assigned.is_empty() {
            return Ok(());
        }
        let now = self.snapshot().await?;
        let known: BTreeMap<_, _> = before.variables().into_iter().collect();
        let changed = now.variables().into_iter().filter(|(name, text)| {
            assigned.iter().any(|one| one == name) && known.get(name) != Some(text)
        });
        self.set_since.extend(changed.map(|(name, _)| name.to_owned()));
        Ok(())
    }

    /// Asks for an input, whether or not it has a value.
    pub(super) fn ask_anew(&mut self, name: &str) -> Flow<()> {
        let plan = self.plan;
        let Some(input) = plan.inputs.named(name) else {
            return Err(Break::Broken(format!("there is no input {name}")));
        };
        let offered = self.offered(input);
        let described = input.described();
        let fetched = self.fetched_before(input);
        self.say_what_cannot_be_compared(&input.name)?;
        let mut refused: Option<String> = None;
        loop {
            let ask = AskInput {
                name: &input.name,
                description: described.as_deref(),
                secret: input.secret,
                list: input.list,
                offer: offered.as_ref().map(|one| Offer { value: &one.value, from: one.from }),
                fetched: fetched.as_ref().filter(|_| refused.is_none()),
                refused: refused.as_deref(),
            };
            let answer = self.waiting(|operator| operator.input(&ask));
            let (answer, from) = given(answer)?;
            let (answer, from) = match (answer, &offered) {
                (Given::Offered, Some(offered)) => (offered.as_given(input), offered.from),
                (answer, _) => (answer, from),
            };
            match self.accept(input, answer) {
                Ok(value) => return self.keep(input, value, from),
                Err(why) => refused = Some(why),
            }
        }
    }

    /// What needs only to be accepted: the stand-ins' in a rehearsal, the environment's, the
    /// runbook's default.
    fn offered(&self, input: &Input) -> Option<Offered> {
        if let Some(stand_ins) = &self.setup.stand_ins {
            let suggested = stand_ins.input(&input.name);
            if let Some(value) = suggested {
                return Some(Offered { value, from: From::StandIns });
            }
        }
        let mut environment = self.setup.offers.iter();
        let found =
            environment.find(|(name, _)| name.to_str().is_some_and(|name| name == input.name));
        if let Some(value) = found.and_then(|(_, value)| value.to_str()).filter(|it| !it.is_empty())
        {
            return Some(Offered { value: value.to_owned(), from: From::Environment });
        }
        let default = input.default.clone()?;
        Some(Offered { value: default, from: From::Default })
    }

    /// The value, or why it is refused.
    fn accept(&self, input: &Input, answer: Given) -> Result<Value, String> {
        match answer {
            Given::Offered => Err("there is nothing to take".into()),
            Given::Secret(secret, insisted) => self.accept_secret(input, secret, insisted),
            Given::Plain(values) => {
                if values.is_empty() || values.iter().any(|value| value.trim().is_empty()) {
                    return Err(format!("{} must not be empty", input.name));
                }
                if let Some(value) = values.iter().find(|value| is_ellipsis(value)) {
                    return Err(format!("\"{value}\" is a placeholder, not a value"));
                }
                if values.iter().any(|value| value.contains('\0')) {
                    return Err(format!("{} is refused: no variable can hold a NUL", input.name));
                }
                let twice = values.iter().enumerate().find(|(at, one)| values[..*at].contains(one));
                if let Some((_, value)) = twice {
                    return Err(format!("\"{value}\" stands there twice: name each once"));
                }
                values.iter().try_for_each(|value| matches(input, value))?;
                Ok(Value::List(values))
            }
        }
    }

    fn accept_secret(
        &self,
        input: &Input,
        secret: Secret,
        insisted: Insisted,
    ) -> Result<Value, String> {
        match secret.weakness() {
            Some(weakness) if weakness.can_be_insisted_on() && insisted == Insisted::Yes => {}
            Some(weakness) => return Err(format!("{} is refused: {weakness}", input.name)),
            None => {}
        }
        if secret.expose().contains('\0') {
            return Err(format!("{} is refused: no variable can hold a NUL", input.name));
        }
        if self.is_another(&input.name, &secret) && insisted == Insisted::No {
            let (name, run) = (&input.name, &self.setup.run);
            let refused = format!("{name} is refused: it is not the value that");
            return Err(match self.undoes() {
                Some(of) => format!("{refused} run {of} had"),
                None => format!(
                    "{refused} this run was begun with; if it is to be another one, redo the step \
                     that obtains it with `runbook resume {run} --redo STEP --reason \"...\"`"
                ),
            });
        }
        if let Some(other) = twin(&self.values, &input.name, &secret) {
            return Err(format!("{} is refused: it is the same as {other}", input.name));
        }
        if matches(input, secret.expose()).is_err() {
            let pattern = input.pattern.as_deref().unwrap_or_default();
            return Err(format!("{} is refused: it does not match {pattern}", input.name));
        }
        Ok(Value::Secret(secret))
    }

    /// Where a secret was fetched from before, while it has no value yet. Without a mark to compare
    /// it with nobody could tell that it is the same.
    fn fetched_before(&self, input: &Input) -> Option<Reference> {
        let open = input.secret && self.values.get(&input.name).is_none();
        let can_compare = self.can_compare(&input.name);
        self.past.references.get(&input.name).filter(|_| open && can_compare).cloned()
    }

    /// Where a secret was fetched from, where that is no secret itself.
    fn reference(&self, input: &Input, from: From) -> Option<Reference> {
        let reference = match from {
            From::Answers => self.operator.reference(&input.name),
            From::Reference => self.past.references.get(&input.name).cloned(),
            _ => None,
        };
        let is_clean = |reference: &Reference| {
            let texts = reference.texts();
            !is_written_out(&texts) && texts.iter().all(|text| self.is_clean(text))
        };
        reference.filter(|reference| input.secret && is_clean(reference))
    }

    fn keep(&mut self, input: &Input, value: Value, from: From) -> Flow<()> {
        let shown = match &value {
            Value::Secret(secret) => {
                self.redactor.add(&input.name, secret);
                format!("{} characters, not shown", secret.len())
            }
            Value::Plain(_) | Value::List(_) => texts(&value).join(", "),
        };
        self.recorder.emit(What::InputGiven {
            name: input.name.clone(),
            value: self.redactor.redact(&shown),
            secret: input.secret,
            values: self.to_keep(&value),
            mark: self.mark(&value),
            from: from.word().into(),
            reference: self.reference(input, from),
        })?;
        self.values.set(&input.name, value);
        self.set_since.retain(|name| !input.variables.contains(name));
        Ok(())
    }

    /// Sets the variables by which blocks read the input, but for those that the run has set since.
    async fn tell_shell(&mut self, name: &str) -> Flow<()> {
        let plan = self.plan;
        let Some(input) = plan.inputs.named(name) else {
            return Ok(());
        };
        if input.variables.iter().all(|one| self.set_since.contains(one)) {
            return Ok(());
        }
        let value = match self.values.get(&input.name) {
            Some(Value::Secret(secret)) => quote(secret.expose()),
            Some(value) => quote(&texts(value).join(" ")),
            None => return Ok(()),
        };
        let room = input.variables.iter().map(|one| one.len() + value.len() + 16).sum();
        let mut text = zeroize::Zeroizing::new(String::with_capacity(room));
        let value = zeroize::Zeroizing::new(value);
        let exported = input.instead_of.as_ref().is_some_and(|it| it.exported);
        for variable in input.variables.iter().filter(|one| !self.set_since.contains(*one)) {
            text.push_str(if exported { "export " } else { "" });
            text.push_str(variable);
            text.push('=');
            text.push_str(&value);
            text.push('\n');
        }
        self.session().await?.quietly(text.as_bytes()).await?;
        Ok(())
    }
}

impl Offered {
    fn as_given(&self, input: &Input) -> Given {
        if input.secret {
            let (secret, _): (Secret, TrailingNewline) = Secret::from_input(self.value.clone());
            return Given::Secret(secret, Insisted::No);
        }
        if input.list {
            let values = self.value.split([',', '\n']).map(|one| one.trim().to_owned());
            return Given::Plain(values.filter(|one| !one.is_empty()).collect());
        }
        Given::Plain(vec![self.value.clone()])
    }
}

/// The values that may be shown, lists joined by commas.
pub(super) fn shown(values: &Values) -> BTreeMap<String, String> {
    let plain = values.iter().filter(|(_, value)| !matches!(value, Value::Secret(_)));
    plain.map(|(name, value)| (name.to_owned(), texts(value).join(", "))).collect()
}

/// The values of an input that is no secret.
pub(super) fn texts(value: &Value) -> &[String] {
    match value {
        Value::Plain(text) => std::slice::from_ref(text),
        Value::List(values) => values,
        Value::Secret(_) => &[],
    }
}

/// The name of a secret that must not be the same as the one of `name`: one of the two is new.
fn twin<'v>(values: &'v Values, name: &str, secret: &Secret) -> Option<&'v str> {
    let mut others = values.secrets();
    let twin = others.find(|(other, value)| is_new(other) != is_new(name) && *value == secret);
    twin.map(|(other, _)| other)
}

fn matches(input: &Input, value: &str) -> Result<(), String> {
    let Some(pattern) = &input.pattern else {
        return Ok(());
    };
    let whole = Regex::new(&format!("^(?:{pattern})$"));
    match whole {
        Ok(whole) if whole.is_match(value) => Ok(()),
        Ok(_) => Err(format!("\"{value}\" does not match {pattern}")),
        Err(_) => Err(format!("{} has a pattern that is no regular expression", input.name)),
    }
}

/// What authors write where a value belongs, and operators type when they mean to fill it in later.
fn is_ellipsis(value: &str) -> bool {
    let value = value.trim();
    let marked = value.starts_with('<') && value.ends_with('>');
    marked || (!value.is_empty() && value.chars().all(|c| c == '.' || c == '…'))
}

/// Whether the name says that the value replaces another.
fn is_new(name: &str) -> bool {
    name.split(['_', '-', ' ']).any(|word| word.eq_ignore_ascii_case("new"))
}
