//! What an operator did beside the runbook: another text in a command's place, a shell.

use crate::event::{Deviation, Event, Visit, What};
use crate::variables::Redacted;

use super::Story;
use super::deed::{Visiting, Words};

impl Story {
    pub(super) fn beside(&mut self, event: &Event) {
        match &event.what {
            What::CommandEdited(deviation) => self.deviated(event, deviation),
            What::ShellOpened { step, line, by } => self.shell_opened(event, step, *line, by),
            What::ShellEnded(visit) => self.shell_ended(visit),
            _ => {}
        }
    }

    fn deviated(&mut self, event: &Event, deviation: &Deviation) {
        let Deviation { step, line, old, new, reason, by, .. } = deviation;
        let deed = self.deed(event, step, *line);
        let (old, new) = (old.as_str().lines(), new.as_str().lines());
        let told = "the command was edited for this run; what it promises is the same";
        deed.what = vec![Words::Ours(told.into())];
        deed.what.extend(old.map(|line| Words::Runbook(format!("- {line}"))));
        deed.what.extend(new.map(|line| Words::Runbook(format!("+ {line}"))));
        deed.said = vec![format!("{by} said: {reason}")];
        self.attention.push(format!("step {step}, line {line}: {by} edited the command: {reason}"));
    }

    fn shell_opened(&mut self, event: &Event, step: &str, line: usize, by: &str) {
        let deed = self.deed(event, step, line);
        deed.what = vec![Words::Ours(format!("{by} opened a shell"))];
        deed.visit = Visiting::Open;
        let told = "a shell was opened; what was done in it was not checked";
        self.attention.push(format!("step {step}, line {line}: {told}"));
    }

    fn shell_ended(&mut self, visit: &Visit) {
        let deeds = self.chapters.iter_mut().rev().flat_map(|one| one.deeds.iter_mut().rev());
        let Some(deed) = deeds.into_iter().find(|deed| deed.visit == Visiting::Open) else {
            return;
        };
        deed.visit = Visiting::Ended;
        deed.output.push_str(visit.output.as_str());
        deed.duration_ms = visit.duration_ms;
        let changes: Vec<_> = visit.changes.iter().map(Redacted::as_str).collect();
        deed.said.push(format!("exited {}; it showed {} bytes", visit.status, visit.shown.bytes));
        deed.said.push(match (changes.is_empty(), visit.taken) {
            (true, _) => "it changed nothing that the run knows".into(),
            (false, true) => format!("the run goes on with: {}", changes.join(", ")),
            (false, false) => format!("dropped: {}", changes.join(", ")),
        });
    }
}
