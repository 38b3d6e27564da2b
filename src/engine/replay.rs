//! Goes on with a run: what was done before is passed over, what it yielded holds.
//!
//! Comes in: a [`Past`](crate::resume::Past). The same walk that begins a run goes on with it: it
//! asks of every action whether it was done. Nothing that was settled runs again, and nothing is
//! taken for settled that was only begun.

use crate::document::{self, ActionKind, Block};
use crate::event::Place;
use crate::plan;
use crate::resume::Standing;
use crate::session::ORDER;
use crate::shell::quote;
use crate::variables::{MarkKey, Secret, Value};

use super::capture::Capture;
use super::job::Binding;
use super::operator::{Answer, AskInput, Given};
use super::trial::Recorded;
use super::{Break, Engine, Flow, What, given};

impl Engine<'_> {
    /// The values and choices that hold from before.
    pub(super) fn recall(&mut self) {
        for (name, texts) in self.past.inputs.clone() {
            if self.plan.inputs.iter().any(|input| input.name == name && !input.secret) {
                self.values.set(name, Value::List(texts));
            }
        }
        for (labels, chosen) in &self.past.choices {
            let place = labels.iter().position(|label| label == chosen);
            self.choices.extend(place.map(|place| (labels.clone(), place)));
        }
        self.recall_outputs();
    }

    /// What steps have printed, as far as the record has it whole.
    fn recall_outputs(&mut self) {
        let steps = &self.plan.document.steps;
        for (place, known) in self.past.last_of_steps() {
            let Some(id) = steps.get(place).map(|step| step.id.clone()) else { continue };
            match known.printed() {
                Ok(text) => {
                    let mut stdout = Capture::default();
                    stdout.push(text.as_bytes());
                    let command = known.statements.last().map(ToString::to_string);
                    let recorded = Recorded::new(stdout.output(), command.unwrap_or_default());
                    self.outputs.insert(id, recorded);
                }
                Err(why) => drop(self.unprinted.insert(id, why)),
            }
        }
    }

    /// Puts a new shell into the state that the run had come to.
    pub(super) async fn remember(&mut self) -> Flow<()> {
        if self.setup.keeping.is_none() {
            return Ok(());
        }
        let session = self.session.as_mut().expect("it has just been started");
        let fresh = session.snapshot().await?;
        self.kept = Some(fresh);
        if self.past.knows.is_empty() {
            return Ok(());
        }
        let knows = self.past.knows.clone();
        let mut variables: String =
            knows.variables.values().map(|text| format!("{text}\n")).collect();
        for name in &knows.unset {
            variables.push_str(&format!("unset -v {name}\n"));
        }
        let texts = ORDER.iter().filter_map(|what| match *what {
            "variables" => Some(variables.as_str()),
            what => knows.texts.get(what).map(String::as_str),
        });
        session.restore(texts).await?;
        let restored = session.snapshot().await?;
        self.kept = Some(restored);
        Ok(())
    }

    /// Whether everything of an action was settled before.
    pub(super) fn was_done(
        &self,
        action: &document::Action,
        decided: &plan::Action,
        place: &Place,
    ) -> bool {
        if self.past.events == 0 {
            return false;
        }
        if action.when.is_some_and(|question| self.denied.contains(&question)) {
            return true;
        }
        match (&action.kind, decided) {
            (ActionKind::Command(block), plan::Action::Command(decided)) => {
                let mut pairs = decided.iter().enumerate();
                !decided.is_empty()
                    && pairs.all(|(at, decided)| {
                        let place = Place { segment: Some(at), ..place.clone() };
                        self.open(block, decided, &place).is_empty()
                    })
            }
            (ActionKind::Manual(_), _) => self.past.manual(place).is_some(),
            (ActionKind::Record(_), _) => self.past.recorded(place),
            (ActionKind::Choice(choice), plan::Action::Choice(decided)) => {
                let labels: Vec<_> =
                    choice.alternatives.iter().map(|it| it.label.clone()).collect();
                let chosen = self.choices.get(&labels).filter(|_| self.past.chose(place));
                chosen.is_some_and(|chosen| {
                    let mut place = place.clone();
                    place.action.push(*chosen);
                    let actions = choice.alternatives[*chosen].actions.iter();
                    actions.zip(&decided[*chosen]).enumerate().all(|(at, (action, decided))| {
                        let mut place = place.clone();
                        place.action.push(at);
                        self.was_done(action, decided, &place)
                    })
                })
            }
            _ => false,
        }
    }

    /// What follows from an action that was done before.
    pub(super) fn pass(&mut self, action: &document::Action, place: &Place) {
        if action.when.is_some_and(|question| self.denied.contains(&question)) {
            self.denied.push(action.span);
        }
        if let ActionKind::Manual(manual) = &action.kind
            && self.past.manual(place).is_some_and(|manual| manual.denied)
        {
            self.deny(manual);
        }
    }

    /// The values of its list inputs for which a segment is not settled.
    pub(super) fn open(
        &self,
        block: &Block,
        decided: &plan::Segment,
        place: &Place,
    ) -> Vec<Binding> {
        let mut bindings = self.bindings(block, decided);
        bindings.retain(|binding| {
            let standing = self.past.standing(place, &self.shown_values(binding));
            !matches!(standing, Standing::Settled(_))
        });
        bindings
    }

    /// Asks for the variables that the segment needs and that were secret: they were not kept.
    pub(super) async fn find_what_was_lost(
        &mut self,
        block: &Block,
        written: &document::Segment,
    ) -> Flow<()> {
        let statements = &block.script.statements[written.statements.clone()];
        let reads = statements.iter().flat_map(|statement| &statement.reads);
        let mut lost: Vec<(String, String)> = reads
            .filter_map(|mention| self.past.knows.lost.get_key_value(&mention.name))
            .map(|(name, step)| (name.clone(), step.clone()))
            .collect();
        lost.dedup();
        lost.retain(|(name, _)| {
            !self.plan.inputs.iter().any(|input| input.variables.iter().any(|it| it == name))
        });
        for (name, step) in lost {
            self.find(&name, &step).await?;
        }
        Ok(())
    }

    async fn find(&mut self, name: &str, step: &str) -> Flow<()> {
        let what = match self.undoes() {
            Some(of) => format!(
                "run {of} set it in step {step}, and it was not kept, since it may be secret"
            ),
            None => format!(
                "step {step} set it, and it was not kept, since it may be secret; Ctrl-C pauses, and \
                 `runbook resume --redo {step}` obtains it anew"
            ),
        };
        self.say_what_cannot_be_compared(name)?;
        let mut refused: Option<String> = None;
        loop {
            let ask = AskInput {
                name,
                description: Some(&what),
                secret: true,
                list: false,
                offer: None,
                fetched: None,
                refused: refused.as_deref(),
            };
            let answer = self.waiting(|operator| operator.input(&ask));
            if let Answer::Nobody(missing) = &answer {
                return Err(Break::Paused(format!("{missing}: {what}")));
            }
            let (Given::Secret(secret, _), from) = given(answer)? else { continue };
            if let Some(weakness) = secret.weakness() {
                refused = Some(format!("{name} is refused: {weakness}"));
                continue;
            }
            if self.is_another(name, &secret) {
                refused = Some(format!("{name} is refused: it is not the value that it had"));
                continue;
            }
            self.redactor.add(name, &secret);
            let text = format!("{name}={}", quote(secret.expose()));
            self.session().await?.quietly(text.as_bytes()).await?;
            self.past.knows.lost.remove(name);
            let value = self.redactor.redact(&format!("{} characters, not shown", secret.len()));
            let mark = self.mark(&Value::Secret(secret));
            let (name, values, from) = (name.to_owned(), Vec::new(), from.word().into());
            self.recorder.emit(What::InputGiven {
                name,
                value,
                secret: true,
                values,
                mark,
                from,
                reference: None,
            })?;
            return Ok(());
        }
    }

    /// The run that this one undoes.
    pub(super) fn undoes(&self) -> Option<&str> {
        self.setup.keeping.as_ref()?.of.as_deref()
    }

    /// Whether a secret is another one than the run was begun with, as far as that is known.
    pub(super) fn is_another(&self, name: &str, secret: &Secret) -> bool {
        let marked = self.marked(name);
        marked.is_some_and(|(mark, key)| key.is_another(mark, secret))
    }

    /// Whether another secret than the run was begun with would be noticed.
    pub(super) fn can_compare(&self, name: &str) -> bool {
        self.marked(name).is_some_and(|(mark, key)| key.made(mark))
    }

    /// Says so, before a secret is asked for that nothing here can be compared with.
    pub(super) fn say_what_cannot_be_compared(&mut self, name: &str) -> Flow<()> {
        if self.marked(name).is_none() || self.can_compare(name) {
            return Ok(());
        }
        let had = match self.undoes() {
            Some(of) => format!("run {of} had"),
            None => "the run was begun with".into(),
        };
        let text = format!(
            "{name} cannot be compared with the value that {had}: that was on another machine, or \
             the key that stood beside the journal is gone. What is given now is taken: make sure \
             that it is the same"
        );
        self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        Ok(())
    }

    fn marked(&self, name: &str) -> Option<(&str, &MarkKey)> {
        let mark = self.past.marks.get(name)?;
        Some((mark, &self.setup.keeping.as_ref()?.key))
    }
}
