//! What is told of a run beside what its steps do: where it is, what is left out, who took it, which
//! doubts were passed over, what became of its audit entries.

use crate::event::{
    Event, LeftOut, LeftOutStep, Mover, Outcome, Placed, Resumption, Role, RoleStanding, Tool, What,
};
use crate::report::audit::audit_words;
use crate::report::terminal::{result_word, role_words};
use crate::variables::Redacted;

use super::{Story, Words};

impl Story {
    /// Where the run is, and what it works with.
    pub(super) fn around(&mut self, event: &Event) {
        match &event.what {
            What::ContextPinned { entries } => {
                let told = |fact: &Placed| {
                    let value = fact.value.as_ref().map_or("unknown", Redacted::as_str);
                    Words::Ours(format!("{} {}: {value}", fact.tool, fact.what))
                };
                let what = entries.iter().map(told).collect();
                self.deed(event, "", 0).what = what;
            }
            What::ContextMoved { tool, what, from, to, by, .. } => {
                let by = match by {
                    Mover::Step => "the run itself",
                    Mover::Unclear => "the run itself, or another process",
                    Mover::Others => "another process",
                };
                self.moved(event, tool, what, (from.as_ref(), to.as_ref()), by);
            }
            What::ContextChanged { tool, what, from, to, by, .. } => {
                self.moved(event, tool, what, (from.as_ref(), to.as_ref()), by);
            }
            What::ToolsFound { tools } => self.found(event, tools),
            _ => {}
        }
    }

    /// The tools whose version is known.
    fn found(&mut self, event: &Event, tools: &[Tool]) {
        let known = tools
            .iter()
            .filter_map(|tool| Some(format!("{} {}", tool.name, tool.version.as_ref()?.as_str())));
        let known: Vec<_> = known.collect();
        self.deed(event, "", 0).what = vec![Words::Ours(format!("tools: {}", known.join(", ")))];
    }

    /// What became of an audit entry.
    pub(super) fn handed_on(&mut self, event: &Event) {
        self.deed(event, "", 0).what =
            audit_words(&event.what).into_iter().map(Words::Ours).collect();
        match &event.what {
            What::AuditDelivered { sink, key, .. } => {
                self.undelivered.remove(&(key.clone(), sink.clone()));
            }
            What::AuditWaits { step, sink, key, .. } => {
                let of = step.as_ref().map(|step| format!("step {step}: ")).unwrap_or_default();
                let text = format!("{of}{sink} has not got the audit entry {key}");
                self.undelivered.insert((key.clone(), sink.clone()), text);
            }
            _ => {}
        }
    }

    /// Forgets the audit entries that a sink has got since; `waits` knows, by key and sink, which
    /// are still to be delivered.
    pub fn settle_entries(&mut self, waits: impl Fn(&str, &str) -> bool) {
        self.undelivered.retain(|(key, sink), _| waits(key, sink));
    }

    pub(super) fn accepted(
        &mut self,
        event: &Event,
        (step, line): (&str, usize),
        doubts: &[Redacted],
        how: String,
    ) {
        let what = doubts.iter().map(|one| Words::Ours(one.to_string())).collect();
        let deed = self.deed(event, step, line);
        (deed.what, deed.said) = (what, vec![how.clone()]);
        self.attention.push(how);
    }

    /// The run is elsewhere now.
    fn moved(
        &mut self,
        event: &Event,
        tool: &str,
        what: &str,
        (from, to): (Option<&Redacted>, Option<&Redacted>),
        by: &str,
    ) {
        let value = |value: Option<&Redacted>| value.map_or("unknown", Redacted::as_str).to_owned();
        let told = format!("{tool} {what} is {} now, was {} (by {by})", value(to), value(from));
        self.deed(event, "", 0).what = vec![Words::Ours(told)];
    }

    /// A deed for each step that was left out, and a line among what needs attention for all.
    pub(super) fn left_out(&mut self, event: &Event, left_out: &LeftOut) {
        let by = &left_out.by;
        let reason = left_out.reason.as_ref().map(|reason| format!("{by} said: {reason}"));
        self.chapter("Left out".into());
        for step in &left_out.steps {
            let deed = self.deed(event, &step.step, step.line);
            deed.what = vec![Words::Ours(step.words())];
            deed.writes = step.writes;
            deed.outcome = Some(Outcome::Skipped);
            deed.said = vec![reason.clone().unwrap_or_else(|| left_out.wish.clone())];
        }
        for lack in &left_out.lacks {
            self.deed(event, "", 0).what = vec![Words::Ours(format!("note: {lack}"))];
        }
        let steps: Vec<_> = left_out.steps.iter().map(LeftOutStep::words).collect();
        let why = left_out.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let text = format!("{by} left out {} ({}){why}", steps.join(", "), left_out.wish);
        self.attention.push(text);
    }

    pub(super) fn role(&mut self, operator: &str, role: Option<&Role>) {
        let broken = role.filter(|role| role.standing == RoleStanding::BreakGlass);
        self.attention.extend(broken.map(|role| format!("{operator}: {}", role_words(role))));
    }

    pub(super) fn resumed(&mut self, at: &str, resumption: &Resumption) {
        let before = self.summary.take().map(|one| {
            let step = one.step.map(|step| format!(" in step {step}")).unwrap_or_default();
            format!(" ({}{step}: {})", result_word(one.result), one.why)
        });
        self.role(&resumption.operator, resumption.role.as_ref());
        let by = &resumption.operator;
        self.chapter(format!("Resumed at {at} by {by}{}", before.unwrap_or_default()));
        let reason = resumption.reason.as_ref().map(|reason| format!(": {reason}"));
        let reason = reason.unwrap_or_default();
        if let Some(from) = &resumption.taken_from {
            self.attention.push(format!("{by} took it from {from}{reason}"));
        }
        let given_up = resumption.gives_up.iter();
        self.attention.extend(given_up.map(|run| format!("{by} gave up its rollback, run {run}")));
        let differences = resumption.differences.iter();
        let changed = differences.map(|one| format!("the runbook had changed: {one}{reason}"));
        self.attention.extend(changed);
        if !resumption.redone.is_empty() {
            self.attention.push(format!("{by} did steps again{reason}"));
        }
    }
}
