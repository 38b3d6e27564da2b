//! What a person does: choices and checklists.
//!
//! Comes in: an action that no command carries out. Goes out: events, and the values that doing it
//! yields.

use crate::document;
use crate::event::{Outcome, Place, What};
use crate::variables::template::{Style, expand};

use super::operator::{AskChoice, AskManual, Manual};
use super::{Break, Engine, Flow, given};

impl Engine<'_> {
    /// Which alternative is carried out; the same labels take the same choice again.
    pub(super) fn choose(
        &mut self,
        step: &document::Step,
        choice: &document::Choice,
        place: &Place,
    ) -> Flow<usize> {
        let labels: Vec<String> = choice.alternatives.iter().map(|one| one.label.clone()).collect();
        let alternatives = choice.alternatives.iter();
        let alternatives =
            alternatives.map(|one| (one.label.as_str(), one.remark.as_deref(), one.preferred));
        let asked = AskChoice { step: &step.id, alternatives: alternatives.collect() };
        self.choose_among(labels, &asked, place)
    }

    /// Which of several labels it is.
    pub(super) fn choose_among(
        &mut self,
        labels: Vec<String>,
        ask: &AskChoice<'_>,
        place: &Place,
    ) -> Flow<usize> {
        let again = self.choices.get(&labels).map(|chosen| (*chosen, "the same choice before"));
        let (chosen, from) = if let Some(again) = again {
            again
        } else {
            let (chosen, from) = given(self.waiting(|operator| operator.choose(ask)))?;
            (chosen, from.word())
        };
        self.choices.insert(labels.clone(), chosen);
        if self.past.chose(place) {
            return Ok(chosen);
        }
        let (step, place) = (ask.step.to_owned(), place.clone());
        let label = labels[chosen].clone();
        let from = from.into();
        self.recorder.emit(What::ChoiceMade { step, place, labels, chosen: label, from })?;
        Ok(chosen)
    }

    /// Puts a checklist to the operator; `target` is typed before what cannot be undone.
    pub(super) fn manual(
        &mut self,
        step: &document::Step,
        action: &document::Action,
        manual: &document::Manual,
        place: &Place,
        target: Option<&str>,
    ) -> Flow<Manual> {
        let facts = self.facts();
        let redact = |text: &str| self.redactor.redact(&expand(text, &facts, Style::Plain));
        let items = manual.items.iter().map(|item| redact(&item.text)).collect();
        let copy = manual.copy.as_deref().map(redact);
        let (id, line, place) = (step.id.clone(), action.line, place.clone());
        let asked = What::ManualAsked { step: id.clone(), line, place: place.clone(), items, copy };
        self.recorder.emit(asked)?;
        let question = manual.items.iter().any(|item| item.asks == document::Asks::Decide);
        let ask = AskManual { step: &id, line, question, irreversible: target };
        let answer = self.waiting(|operator| operator.manual(&ask));
        let (done, from) = given(answer)?;
        let outcome = match done {
            Manual::Done | Manual::DoesNotApply => Outcome::Confirmed,
            Manual::Skipped(_) => Outcome::Skipped,
        };
        let reason = match &done {
            Manual::Skipped(reason) => Some(self.redactor.redact(reason)),
            Manual::DoesNotApply => Some(self.redactor.redact("it does not apply")),
            Manual::Done => None,
        };
        let (step, denied, from) = (id, done == Manual::DoesNotApply, from.word().into());
        let ended = What::ManualEnded { step, line, place, outcome, denied, reason, from };
        self.recorder.emit(ended)?;
        if done != Manual::Done {
            self.deny(manual);
        }
        Ok(done)
    }

    /// What depends on the questions of a checklist does not apply.
    pub(super) fn deny(&mut self, manual: &document::Manual) {
        let questions = manual.items.iter().filter(|item| item.asks == document::Asks::Decide);
        self.denied.extend(questions.map(|item| item.span));
    }

    /// Whether an action depends on a question that was answered no; said where it is so.
    pub(super) fn does_not_apply(&mut self, action: &document::Action) -> Flow<bool> {
        let Some(question) = action.when.filter(|question| self.denied.contains(question)) else {
            return Ok(false);
        };
        // What depends on what is left out is left out with it.
        self.denied.push(action.span);
        let source = &self.plan.document.source;
        let text = format!(
            "line {} is left out: it depends on line {}, which does not apply",
            action.line,
            source.line(question.start)
        );
        self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        Ok(true)
    }

    /// What follows from something done by hand: the stand-ins' world, and the values it yields.
    pub(super) fn after_manual(
        &mut self,
        step: &document::Step,
        manual: &document::Manual,
        choice: Option<&str>,
    ) -> Flow<()> {
        self.tell_stand_ins(&step.id, choice)?;
        manual.yields.iter().try_for_each(|name| self.ask_anew(name))
    }

    /// In a rehearsal, what a person did in a web page happens in the stand-ins' world.
    fn tell_stand_ins(&mut self, step: &str, choice: Option<&str>) -> Flow<()> {
        let Some(stand_ins) = &self.setup.stand_ins else {
            return Ok(());
        };
        let said = stand_ins
            .manual(step, choice)
            .map_err(|error| Break::Broken(format!("failed to {error}")))?;
        if !said.trim().is_empty() {
            let text = self.redactor.redact(&format!("the stand-ins say: {}", said.trim_end()));
            self.recorder.emit(What::Remark { text })?;
        }
        Ok(())
    }
}
