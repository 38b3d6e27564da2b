//! Lets the operator put another text in a command's place, for this run.
//!
//! Comes in: a segment that was put to them. Goes out: the runbook as it would be with their text in
//! the file, read, decided and judged on the road that an authored one takes. What it promises stays;
//! what the run could not carry out, or would fill with nothing, is refused and put to them again.

use std::rc::Rc;

use crate::check::secrets_written_out;
use crate::document::{self, Block, Document};
use crate::event::{Deviation, Place, What};
use crate::plan::{self, InputKind, Plan};
use crate::policy::programs;
use crate::resume::{amended, at, unified};

use super::job::{Binding, Job};
use super::operator::{AskDifference, AskEdit, Difference, Edit};
use super::rejudge::Judged;
use super::{Break, Engine, Flow, given};

/// A block as this run carries it out, and what was decided about it.
#[derive(Clone, Copy)]
pub(super) struct Here<'h> {
    pub block: &'h Block,
    pub decided: &'h [plan::Segment],
}

/// Whether another text stands in a command's place now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edited {
    Yes,
    No,
}

impl Engine<'_> {
    /// The plan with what operators have put in the place of the runbook's commands; where none of
    /// it stands in the block at this place, nothing.
    pub(super) fn amended_at(&self, place: &Place) -> Option<Rc<Plan>> {
        let mut own = self.past.deviations.iter().map(|one| &one.deviation.place);
        let here = own.any(|one| one.step == place.step && one.action == place.action);
        self.amended.clone().filter(|_| here)
    }

    /// Puts back what operators had put in the place of commands before the run was resumed.
    pub(super) fn recall_edits(&mut self) -> Flow<()> {
        let (document, left) = amended(&self.plan.document, &self.past.deviations);
        let left: Vec<_> = left.into_iter().cloned().collect();
        self.amended = document.map(|document| Rc::new(self.plan.amended(document)));
        for Deviation { step, line, place, .. } in left {
            self.past.deviations.retain(|one| one.deviation.place != place);
            let text = format!(
                "the edited command of step {step}, line {line} does not fit the runbook as it is \
                 now; its own text holds"
            );
            self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        }
        if let Some((step, line)) = self.past.open_shell.take() {
            let text = format!(
                "a shell was open at step {step}, line {line} when this run broke off; nothing of \
                 what it knew was taken, and what was done in it was not checked"
            );
            self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        }
        Ok(())
    }

    /// Asks for another text until there is one that can run, or the operator drops it.
    pub(super) async fn edit(&mut self, job: &Job<'_>) -> Flow<Edited> {
        let judged = self.judge_as_filled(job)?;
        let old = job.block.segment_text(job.written).to_owned();
        let mut text = old.clone();
        let mut refused: Option<String> = None;
        loop {
            let (step, line) = (job.step.id.as_str(), job.written.line);
            let ask = AskEdit { step, line, text: &text, refused: refused.as_deref() };
            let answer = self.waiting(|operator| operator.edit(&ask));
            let Edit::To(typed) = given(answer)?.0 else { return Ok(Edited::No) };
            text = tidied(&typed);
            if text == old {
                return Ok(Edited::No);
            }
            let (plan, found) = match self.consider(job, &text).await? {
                Ok(considered) => considered,
                Err(why) => {
                    refused = Some(why);
                    continue;
                }
            };
            refused = None;
            let shown = self.redactor.redact(&unified(&old, &text));
            let ask = AskDifference {
                difference: &shown,
                effects: (judged.effect, found.effect),
                promises: !job.written.expectations.is_empty(),
                several: !job.binding.is_empty(),
            };
            let answer = self.waiting(|operator| operator.difference(&ask));
            match given(answer)?.0 {
                Difference::Again => {}
                Difference::Drop => return Ok(Edited::No),
                Difference::Take(reason) => {
                    self.put_in_place(job, plan, (&old, &text), &reason).await?;
                    return Ok(Edited::Yes);
                }
            }
        }
    }

    async fn put_in_place(
        &mut self,
        job: &Job<'_>,
        plan: Plan,
        (old, new): (&str, &str),
        reason: &str,
    ) -> Flow<()> {
        let redact = |text: &str| self.redactor.redact(text);
        let deviation = Deviation {
            step: job.step.id.clone(),
            line: job.written.line,
            place: job.place.clone(),
            old: redact(old),
            new: redact(new),
            reason: redact(reason),
            by: self.operator.name().to_owned(),
        };
        self.past.deviate(&deviation);
        self.recorder.emit(What::CommandEdited(Box::new(deviation)))?;
        let tools = command_at(&plan, &job.place).map(|here| {
            let (written, _) = here.segment(&job.place);
            let statements = here.block.script.statements[written.statements.clone()].iter();
            let named = statements.flat_map(|one| programs(one, plan.catalogue));
            named.map(|program| program.name).collect()
        });
        self.amended = Some(Rc::new(plan));
        self.pin_more(tools.unwrap_or_default()).await
    }

    /// The plan with another text in a segment's place, and what the segment does then; or why it
    /// cannot stand there, for the operator to read.
    async fn consider(
        &mut self,
        job: &Job<'_>,
        text: &str,
    ) -> Flow<Result<(Plan, Judged), String>> {
        if self.redactor.redact(text).as_str() != text {
            let why = "it holds the value of a secret; write the variable that has it, as in \
                       \"$NAME\"";
            return Ok(Err(why.into()));
        }
        let document = match self.document().amended(at(&job.place), text) {
            Ok(document) => document,
            Err(error) => return Ok(Err(error.to_string())),
        };
        if let Some(why) = self.needs_more(job, &document).await? {
            return Ok(Err(why));
        }
        let plan = self.plan.amended(document);
        let here = command_at(&plan, &job.place)
            .ok_or_else(|| Break::Broken("an edited command is not where it was put".into()))?;
        let (written, _) = here.segment(&job.place);
        let until_now = self.amended.as_deref().unwrap_or(self.plan);
        let before = secrets_in(until_now, job.block, job.written);
        if secrets_in(&plan, here.block, written) > before {
            let why = "a secret is written out in it, and it would be recorded: set a variable to \
                       it in a shell (!), and write \"$NAME\"";
            return Ok(Err(why.into()));
        }
        match self.would_do(job, here) {
            Ok(judged) => Ok(Ok((plan, judged))),
            Err(Break::Refused(why)) => Ok(Err(why)),
            Err(other) => Err(other),
        }
    }

    /// The runbook as this run carries it out.
    fn document(&self) -> &Document {
        self.amended.as_ref().map_or(&self.plan.document, |plan| &plan.document)
    }

    /// What the text would need that nobody has given, where it needs such a thing. Nothing empty
    /// reaches a command by accident, neither here nor later.
    async fn needs_more(&mut self, job: &Job<'_>, document: &Document) -> Flow<Option<String>> {
        let missing = self.plan.needs_beyond(document);
        if missing.is_empty() {
            return Ok(None);
        }
        // An attempt that failed leaves nothing to the next one.
        let state = match &self.before {
            Some(before) => before.clone(),
            None => self.snapshot().await?,
        };
        let block = document.block(job.place.step, &job.place.action);
        let reads = |name: &String| {
            let statements = block.into_iter().flat_map(|block| &block.script.statements);
            statements.flat_map(|one| &one.reads).any(|mention| mention.name == *name)
        };
        let has = |name: &String| state.text(name).is_some_and(|value| !value.is_empty());
        Ok(missing.iter().find_map(|(kind, name)| match kind {
            InputKind::Variable if has(name) => None,
            InputKind::Variable if reads(name) => Some(format!(
                "nothing of this run has set ${name}: write its value, or a variable that is set"
            )),
            InputKind::Variable => {
                Some(format!("a later command reads ${name}, which nothing would set any more"))
            }
            InputKind::Placeholder | InputKind::Declared => Some(format!(
                "the placeholder {name} is no input of this runbook, so nothing fills it in: write \
                 its value"
            )),
        }))
    }

    /// What a segment would do with another text, for the value at hand.
    fn would_do(&self, job: &Job<'_>, here: Here<'_>) -> Flow<Judged> {
        let (written, decided) = here.segment(&job.place);
        if self.list_inputs(here.block, decided) != self.list_inputs(job.block, job.decided) {
            let why = "it would run for other values than the runbook's own: the same inputs with \
                       several values must stand in it";
            return Err(Break::Refused(why.into()));
        }
        self.rehearsal_allows(here.block, written)?;
        let job = Job {
            number: job.number,
            probes: job.probes,
            place: job.place.clone(),
            step: job.step,
            block: here.block,
            written,
            decided,
            binding: job.binding.clone(),
        };
        self.judge_as_filled(&job)
    }

    fn list_inputs(&self, block: &Block, decided: &plan::Segment) -> Vec<String> {
        let bindings = self.bindings(block, decided);
        let several = |binding: &Binding| binding.iter().map(|(name, _)| name.clone()).collect();
        let mut names: Vec<String> = bindings.first().map(several).unwrap_or_default();
        names.sort();
        names
    }
}

impl<'h> Here<'h> {
    /// The segment at a place of this block.
    pub fn segment(self, place: &Place) -> (&'h document::Segment, &'h plan::Segment) {
        let at = place.segment.unwrap_or_default();
        (&self.block.segments[at], &self.decided[at])
    }
}

/// The block at a place of a plan with all of its steps.
pub(super) fn command_at<'p>(plan: &'p Plan, place: &Place) -> Option<Here<'p>> {
    let block = plan.document.block(place.step, &place.action)?;
    Some(Here { block, decided: plan.segments_at(place.step, &place.action)? })
}

/// How many secrets are written out in a segment of a plan.
fn secrets_in(plan: &Plan, block: &Block, segment: &document::Segment) -> usize {
    let place = block.segment_place(segment);
    secrets_written_out(plan).iter().filter(|span| place.contains(span.start)).count()
}

/// A text as it was typed, without the empty lines and blanks that an editor leaves around it.
fn tidied(typed: &str) -> String {
    typed.replace("\r\n", "\n").trim().to_owned()
}
