//! A run as it is read afterwards: what became of every action, who said so, what is not known.
//!
//! Comes in: the events of a run, in order. Goes out: a story for a person, the same as markdown for
//! a ticket, or test cases. What needs attention comes first: what was begun and never ended, what
//! failed, what was left out or overruled, who took it from whom.

mod around;
mod beside;
mod deed;
mod junit;
mod markdown;
mod text;

use std::collections::BTreeMap;

use crate::event::{Beginning, Event, Intent, Outcome, Summary, What};
use crate::policy::Effect;

use super::named;
use super::terminal::{format_duration, from_words, outcome_word, result_word, role_words};

use deed::{Deed, Words};

/// A run, told.
#[derive(Debug, Default)]
pub struct Story {
    run: String,
    beginning: Option<Box<Beginning>>,
    began: String,
    ended: String,
    summary: Option<Box<Summary>>,
    /// How it stands as long as it has not ended.
    open: String,
    /// Milliseconds of all its parts, and those of them that were spent waiting for a person.
    took: (u64, u64),
    chapters: Vec<Chapter>,
    /// What needs attention, in the order in which it happened.
    attention: Vec<String>,
    /// Audit entries that sinks have not got, by key and sink.
    undelivered: BTreeMap<(String, String), String>,
}

/// A step, or a part of one.
#[derive(Debug)]
struct Chapter {
    title: Words,
    deeds: Vec<Deed>,
}

impl Story {
    /// Of a run which, as long as its events have no end, stands so: "it is under way".
    pub fn open(how_it_stands: String) -> Self {
        Self { open: how_it_stands, ..Self::default() }
    }

    /// Takes in what happened next.
    pub fn take(&mut self, event: &Event) {
        self.ended.clone_from(&event.at);
        match &event.what {
            What::RunStarted(beginning) => self.began(event, beginning),
            What::RunResumed(resumption) => self.resumed(&event.at, resumption),
            What::TakenOver(taken) => {
                let of = format!("taken over from run {}", taken.of);
                let words = [vec![of], taken.words()].concat();
                self.deed(event, "", 0).what = words.into_iter().map(Words::Ours).collect();
            }
            What::StepsLeftOut(left_out) => self.left_out(event, left_out),
            What::StepStarted { step, title, .. } => {
                let title = if step.starts_with(|c: char| c.is_ascii_digit()) {
                    Words::Ours(format!("Step {step} — {title}"))
                } else {
                    Words::Runbook(title.to_string())
                };
                self.chapters.push(Chapter { title, deeds: Vec::new() });
            }
            What::InputGiven { name, value, from, reference, .. } => {
                let from = from_words(from, reference.as_ref());
                self.deed(event, "", 0).what =
                    vec![Words::Ours(format!("{} = {value} (from {from})", named(name)))];
            }
            What::ChoiceMade { step, chosen, from, .. } => {
                self.deed(event, step, 0).what =
                    vec![Words::Ours(format!("chosen: {chosen} (by {from})"))];
            }
            What::ManualAsked { step, line, items, .. } => {
                let what = items.iter().map(|item| Words::Runbook(item.to_string())).collect();
                self.deed(event, step, *line).what = what;
            }
            What::ManualEnded { outcome, reason, from, .. } => {
                let said = reason.as_ref().map(|reason| format!("{from} said: {reason}"));
                self.end(*outcome, said, None);
            }
            What::SegmentIntended(intent) => self.intended(event, intent),
            What::CommandEdited(_) | What::ShellOpened { .. } | What::ShellEnded(_) => {
                self.beside(event);
            }
            What::SegmentStarted { segment, allowed_by, .. } => {
                let said = allowed_by.as_ref().map(|by| format!("allowed by {by}"));
                if let Some(deed) = self.segment(*segment) {
                    deed.begun = true;
                    deed.said.extend(said);
                }
            }
            What::Output { segment, text, .. } => {
                if let Some(deed) = self.segment(*segment) {
                    deed.output.push_str(text.as_str());
                }
            }
            What::SegmentEnded(ending) => {
                let by = &ending.judged_by;
                let reason = ending.reason.as_ref().map(|reason| format!("{by} said: {reason}"));
                let why = ending.why.as_str().to_owned();
                if let Some(deed) = self.segment(ending.segment) {
                    deed.said.push(why);
                    deed.duration_ms = ending.duration_ms;
                }
                self.end(ending.outcome, reason, Some(ending.segment));
            }
            What::UnknownPut { step, line, known } => {
                let what = known.iter().map(|one| Words::Quoting(one.to_string())).collect();
                let deed = self.deed(event, step, *line);
                (deed.what, deed.said) = (what, vec!["put to the operator".into()]);
            }
            What::DoubtAccepted { step, line, doubts, reason, by } => {
                let how = format!("{by} let step {step} go ahead all the same: {reason}");
                self.accepted(event, (step, *line), doubts, how);
            }
            What::RecordMade { step, line, text, .. } => {
                let deed = self.deed(event, step, *line);
                deed.what =
                    vec![Words::Ours("audit record".into()), Words::Runbook(text.to_string())];
            }
            What::AuditDelivered { .. } | What::AuditWaits { .. } => self.handed_on(event),
            What::HandedOver(handed) => self.attention.push(handed.words(&event.at)),
            What::Remark { text } => {
                self.deed(event, "", 0).what = vec![Words::Ours(format!("note: {text}"))];
            }
            What::RunEnded(summary) => {
                self.took.0 += summary.duration_ms;
                self.took.1 += summary.waited_ms;
                self.summary = Some(summary.clone());
            }
            What::ContextPinned { .. }
            | What::ContextMoved { .. }
            | What::ContextChanged { .. }
            | What::ToolsFound { .. } => self.around(event),
            What::Shown { .. }
            | What::Running { .. }
            | What::StatementEnded { .. }
            | What::StateKept(_) => {}
        }
    }

    fn began(&mut self, event: &Event, beginning: &Beginning) {
        self.role(&beginning.operator, beginning.role.as_ref());
        let taken = beginning.taken_from.as_ref().zip(beginning.reason.as_ref());
        self.attention.extend(taken.map(|(from, reason)| {
            format!("{} undoes a run of {from}: {reason}", beginning.operator)
        }));
        self.run.clone_from(&event.run);
        self.began.clone_from(&event.at);
        self.beginning = Some(Box::new(beginning.clone()));
    }

    fn intended(&mut self, event: &Event, intent: &Intent) {
        let values = intent.values.iter().map(|value| Words::Ours(format!("with {value}")));
        let statements = intent.statements.iter().map(|text| Words::Command(text.to_string()));
        let what = values.chain(statements).collect();
        // What was put before, and did not begin, is put once more.
        let again = |deed: &Deed| {
            deed.segment.is_some()
                && !deed.begun
                && deed.outcome.is_none()
                && (deed.step.as_str(), deed.line) == (intent.step.as_str(), intent.line)
        };
        self.chapters.iter_mut().for_each(|chapter| chapter.deeds.retain(|deed| !again(deed)));
        let deed = self.deed(event, &intent.step, intent.line);
        deed.segment = Some((intent.segment, intent.attempt));
        deed.writes = intent.effect != Effect::Read;
        deed.what = what;
    }

    /// A chapter with a title of ours.
    fn chapter(&mut self, title: String) {
        self.chapters.push(Chapter { title: Words::Ours(title), deeds: Vec::new() });
    }

    fn deed(&mut self, event: &Event, step: &str, line: usize) -> &mut Deed {
        if self.chapters.is_empty() {
            self.chapter("Before the first step".into());
        }
        let chapter = self.chapters.last_mut().expect("there is one by now");
        chapter.deeds.push(Deed::new(event.at.clone(), step, line));
        chapter.deeds.last_mut().expect("it has just been put there")
    }

    fn segment(&mut self, segment: u64) -> Option<&mut Deed> {
        let deeds = self.chapters.iter_mut().rev().flat_map(|one| one.deeds.iter_mut().rev());
        deeds.into_iter().find(|deed| deed.segment.is_some_and(|(number, _)| number == segment))
    }

    fn end(&mut self, outcome: Outcome, said: Option<String>, segment: Option<u64>) {
        let deed = match segment {
            Some(segment) => self.segment(segment),
            None => self.chapters.last_mut().and_then(|chapter| chapter.deeds.last_mut()),
        };
        let Some(deed) = deed else { return };
        deed.outcome = Some(outcome);
        deed.said.extend(said.clone());
        let fine = matches!(
            outcome,
            Outcome::Met | Outcome::StatusOnly | Outcome::Confirmed | Outcome::Unverified
        );
        if !fine {
            let place = format!("step {}, line {}", deed.step, deed.line);
            let why = said.or_else(|| deed.said.last().cloned()).unwrap_or_default();
            self.attention.push(format!("{place}: {}: {why}", outcome_word(outcome)));
        }
    }

    /// Segments that were begun and never ended.
    fn unknown(&self) -> impl Iterator<Item = &Deed> {
        let deeds = self.chapters.iter().flat_map(|chapter| &chapter.deeds);
        deeds.filter(|deed| deed.begun && deed.outcome.is_none())
    }

    /// The facts at the head of the story: label and value.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("Run", self.run.clone())];
        if let Some(beginning) = &self.beginning {
            facts.push(("Runbook", beginning.runbook.clone()));
            facts.push(("Target", beginning.target.clone()));
            let of = beginning.of.as_ref().map(|of| ("Belongs to", of.clone()));
            facts.extend(of);
            let place = format!("{} on {}", beginning.operator, beginning.host);
            facts.push(("Begun by", format!("{place}, in {}", beginning.folder)));
            let role = beginning.role.as_ref();
            facts.extend(role.map(|role| ("Role", role_words(role))));
            facts.push(("Text", beginning.fingerprint.clone()));
        }
        facts.push(("Begun at", self.began.clone()));
        facts.push(("Last event", self.ended.clone()));
        match &self.summary {
            Some(summary) => {
                let word = result_word(summary.result);
                facts.push(("Ended", format!("{word}: {}", summary.why)));
                let (time, waited) = (format_duration(self.took.0), format_duration(self.took.1));
                let time = format!("{time}, {waited} of it waiting for a person");
                facts.push(("Took", time));
            }
            None => facts.push(("Ended", format!("no: {}", self.open))),
        }
        facts
    }

    fn needs_attention(&self) -> Vec<String> {
        let unknown = self.unknown().map(|deed| {
            format!(
                "step {}, line {}: begun at {} and NOT KNOWN to have ended",
                deed.step, deed.line, deed.at
            )
        });
        let attention = self.attention.iter().chain(self.undelivered.values()).cloned();
        unknown.chain(attention).collect()
    }

    fn title(&self) -> Words {
        let beginning = self.beginning.as_ref();
        beginning.map_or(Words::Ours("a run".into()), |beginning| {
            Words::Runbook(beginning.title.to_string())
        })
    }
}
