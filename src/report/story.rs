//! A run as it is read afterwards: what became of every action, who said so, what is not known.
//!
//! Comes in: the events of a run, in order. Goes out: a story for a person, the same as markdown for
//! a ticket, or test cases. What needs attention comes first: what was begun and never ended, what
//! failed, what was left out or overruled, who took it from whom.

mod beside;

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::event::{
    Beginning, Event, Intent, LeftOut, LeftOutStep, Mover, Outcome, Placed, Resumption, Role,
    RoleStanding, Summary, Tool, What,
};
use crate::policy::Effect;
use crate::variables::Redacted;

use super::audit::audit_words;
use super::neutral;
use super::terminal::{format_duration, from_words, outcome_word, result_word, role_words};

/// The most lines of an output that a story tells.
const LINES: usize = 12;

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
    title: String,
    deeds: Vec<Deed>,
}

/// Something that was done, or begun.
#[derive(Debug)]
struct Deed {
    at: String,
    step: String,
    line: usize,
    /// The segment's number and attempt, for a command.
    segment: Option<(u64, u32)>,
    what: Vec<String>,
    writes: bool,
    begun: bool,
    /// Whether it is a shell that was opened.
    visit: Visiting,
    outcome: Option<Outcome>,
    /// Who allowed, judged or did it, and why.
    said: Vec<String>,
    output: String,
    duration_ms: u64,
}

/// A shell that an operator opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visiting {
    /// It is none.
    None,
    /// Its end has not been heard of.
    Open,
    Ended,
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
            What::RunStarted(beginning) => {
                self.role(&beginning.operator, beginning.role.as_ref());
                let taken = beginning.taken_from.as_ref().zip(beginning.reason.as_ref());
                self.attention.extend(taken.map(|(from, reason)| {
                    format!("{} undoes a run of {from}: {reason}", beginning.operator)
                }));
                self.run.clone_from(&event.run);
                self.began.clone_from(&event.at);
                self.beginning = Some(beginning.clone());
            }
            What::RunResumed(resumption) => self.resumed(&event.at, resumption),
            What::TakenOver(taken) => {
                let of = format!("taken over from run {}", taken.of);
                self.deed(event, "", 0).what = [vec![of], taken.words()].concat();
            }
            What::StepsLeftOut(left_out) => self.left_out(event, left_out),
            What::StepStarted { step, title, .. } => {
                let numbered = step.starts_with(|c: char| c.is_ascii_digit());
                let id = if numbered { format!("Step {step} — ") } else { String::new() };
                self.chapters.push(Chapter { title: format!("{id}{title}"), deeds: Vec::new() });
            }
            What::InputGiven { name, value, from, reference, .. } => {
                let from = from_words(from, reference.as_ref());
                self.deed(event, "", 0).what = vec![format!("{name} = {value} (from {from})")];
            }
            What::ChoiceMade { step, chosen, from, .. } => {
                self.deed(event, step, 0).what = vec![format!("chosen: {chosen} (by {from})")];
            }
            What::ManualAsked { step, line, items, .. } => {
                let what = items.iter().map(|item| item.as_str().to_owned()).collect();
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
                let what = known.iter().map(|one| one.as_str().to_owned()).collect();
                let deed = self.deed(event, step, *line);
                (deed.what, deed.said) = (what, vec!["put to the operator".into()]);
            }
            What::DoubtAccepted { step, line, doubts, reason, by } => {
                let how = format!("{by} let step {step} go ahead all the same: {reason}");
                self.accepted(event, (step, *line), doubts, how);
            }
            What::RecordMade { step, line, text, .. } => {
                let deed = self.deed(event, step, *line);
                deed.what = vec!["audit record".into()];
                deed.output.push_str(text.as_str());
            }
            What::AuditDelivered { .. } | What::AuditWaits { .. } => self.handed_on(event),
            What::Remark { text } => {
                self.deed(event, "", 0).what = vec![format!("note: {text}")];
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

    /// Where the run is, and what it works with.
    fn around(&mut self, event: &Event) {
        match &event.what {
            What::ContextPinned { entries } => {
                let told = |fact: &Placed| {
                    let value = fact.value.as_ref().map_or("unknown", Redacted::as_str);
                    format!("{} {}: {value}", fact.tool, fact.what)
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
        self.deed(event, "", 0).what = vec![format!("tools: {}", known.join(", "))];
    }

    /// What became of an audit entry.
    fn handed_on(&mut self, event: &Event) {
        self.deed(event, "", 0).what = audit_words(&event.what).into_iter().collect();
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

    fn accepted(
        &mut self,
        event: &Event,
        (step, line): (&str, usize),
        doubts: &[Redacted],
        how: String,
    ) {
        let what = doubts.iter().map(|one| one.as_str().to_owned()).collect();
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
        self.deed(event, "", 0).what = vec![told];
    }

    /// A deed for each step that was left out, and a line among what needs attention for all.
    fn left_out(&mut self, event: &Event, left_out: &LeftOut) {
        let by = &left_out.by;
        let reason = left_out.reason.as_ref().map(|reason| format!("{by} said: {reason}"));
        self.chapters.push(Chapter { title: "Left out".into(), deeds: vec![] });
        for step in &left_out.steps {
            let deed = self.deed(event, &step.step, step.line);
            deed.what = vec![step.words()];
            deed.writes = step.writes;
            deed.outcome = Some(Outcome::Skipped);
            deed.said = vec![reason.clone().unwrap_or_else(|| left_out.wish.clone())];
        }
        for lack in &left_out.lacks {
            self.deed(event, "", 0).what = vec![format!("note: {lack}")];
        }
        let steps: Vec<_> = left_out.steps.iter().map(LeftOutStep::words).collect();
        let why = left_out.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let text = format!("{by} left out {} ({}){why}", steps.join(", "), left_out.wish);
        self.attention.push(text);
    }

    fn role(&mut self, operator: &str, role: Option<&Role>) {
        let broken = role.filter(|role| role.standing == RoleStanding::BreakGlass);
        self.attention.extend(broken.map(|role| format!("{operator}: {}", role_words(role))));
    }

    fn resumed(&mut self, at: &str, resumption: &Resumption) {
        self.summary = None;
        self.role(&resumption.operator, resumption.role.as_ref());
        let by = &resumption.operator;
        self.chapters.push(Chapter { title: format!("Resumed at {at} by {by}"), deeds: vec![] });
        let reason = resumption.reason.as_ref().map(|reason| format!(": {reason}"));
        let reason = reason.unwrap_or_default();
        if let Some(from) = &resumption.taken_from {
            self.attention.push(format!("{by} took it from {from}{reason}"));
        }
        let differences = resumption.differences.iter();
        let changed = differences.map(|one| format!("the runbook had changed: {one}{reason}"));
        self.attention.extend(changed);
        if !resumption.redone.is_empty() {
            self.attention.push(format!("{by} did steps again{reason}"));
        }
    }

    fn intended(&mut self, event: &Event, intent: &Intent) {
        let values = intent.values.iter().map(|value| format!("with {value}"));
        let statements = intent.statements.iter().map(|text| format!("$ {text}"));
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

    fn deed(&mut self, event: &Event, step: &str, line: usize) -> &mut Deed {
        if self.chapters.is_empty() {
            self.chapters.push(Chapter { title: "Before the first step".into(), deeds: vec![] });
        }
        let chapter = self.chapters.last_mut().expect("there is one by now");
        chapter.deeds.push(Deed {
            at: event.at.clone(),
            step: step.to_owned(),
            line,
            segment: None,
            what: Vec::new(),
            writes: false,
            begun: false,
            visit: Visiting::None,
            outcome: None,
            said: Vec::new(),
            output: String::new(),
            duration_ms: 0,
        });
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

    /// For a person at a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |said: &str| {
            text.push_str(&neutral(said).replace('\n', "\n      "));
            text.push('\n');
        };
        line(self.title());
        for (label, value) in self.facts() {
            line(&format!("  {label:<12} {value}"));
        }
        for one in self.needs_attention() {
            line(&format!("  ! {one}"));
        }
        for chapter in &self.chapters {
            line("");
            line(&chapter.title);
            for deed in &chapter.deeds {
                let time = clock(&deed.at);
                let mut what = deed.what.iter();
                line(&format!("  {time} {}", what.next().map_or("", String::as_str)));
                what.for_each(|more| line(&format!("           {more}")));
                deed.printed().for_each(|printed| line(&format!("           │ {printed}")));
                if let Some(became) = deed.became() {
                    line(&format!("           {became}"));
                }
            }
        }
        text
    }

    /// For a ticket.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n\n", inline(self.title()));
        for (label, value) in self.facts() {
            text.push_str(&format!("- **{label}:** {}\n", inline(&value)));
        }
        let attention = self.needs_attention();
        if !attention.is_empty() {
            text.push_str("\n## Needs attention\n\n");
            text.extend(attention.iter().map(|one| format!("- {}\n", inline(one))));
        }
        for chapter in &self.chapters {
            text.push_str(&format!("\n## {}\n", inline(&chapter.title)));
            for deed in &chapter.deeds {
                text.push_str(&format!("\n{}", clock(&deed.at)));
                if let Some(became) = deed.became() {
                    text.push_str(&format!(" — {}", inline(&became)));
                }
                text.push('\n');
                let printed = deed.printed().map(|line| format!("│ {line}"));
                let lines: Vec<_> = deed.what.iter().cloned().chain(printed).collect();
                let block = neutral(&lines.join("\n"));
                let fence = "`".repeat(longest_run(&block).max(2) + 1);
                text.push_str(&format!("\n{fence}text\n{block}\n{fence}\n"));
            }
        }
        text
    }

    /// For CI: a test case for each segment and manual action.
    ///
    /// # Panics
    /// Never: a string takes everything.
    pub fn junit(&self) -> String {
        let mut report = Report::new("runbook show");
        let mut suite = TestSuite::new(plain(self.title()));
        for (label, value) in self.facts() {
            suite.add_property((label, plain(&value).as_str()));
        }
        for chapter in &self.chapters {
            for deed in chapter.deeds.iter().filter(|deed| deed.line > 0) {
                let name = format!("line {}: {}", deed.line, deed.what.join("; "));
                let mut case = TestCase::new(plain(&name), deed.status());
                case.set_classname(plain(&chapter.title));
                case.set_time(Duration::from_millis(deed.duration_ms));
                suite.add_test_case(case);
            }
        }
        report.add_test_suite(suite);
        report.to_string().expect("a string takes everything")
    }

    fn title(&self) -> &str {
        self.beginning.as_ref().map_or("a run", |beginning| beginning.title.as_str())
    }
}

impl Deed {
    /// What became of it, in one line.
    fn became(&self) -> Option<String> {
        if self.segment.is_none() && self.outcome.is_none() && !self.said.is_empty() {
            return Some(format!("→ {}", self.said.join("; ")));
        }
        if self.visit == Visiting::Open {
            return Some("→ its end was not recorded".into());
        }
        let word = match (self.outcome, self.begun, self.segment) {
            (Some(outcome), ..) => outcome_word(outcome),
            (None, true, _) => "NOT KNOWN: it was begun, and no end was recorded",
            (None, false, Some(_)) => "not begun",
            (None, ..) => return None,
        };
        let kind = if self.writes { "writes, " } else { "" };
        let said: Vec<_> = self.said.iter().filter(|one| !one.is_empty()).cloned().collect();
        let said = if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
        Some(format!("→ {kind}{word} ({}){said}", format_duration(self.duration_ms)))
    }

    /// The end of what it printed.
    fn printed(&self) -> impl Iterator<Item = &str> {
        let lines: Vec<_> = self.output.lines().collect();
        let skipped = lines.len().saturating_sub(LINES);
        let cut = (skipped > 0).then_some("[...]");
        cut.into_iter().chain(lines.into_iter().skip(skipped))
    }

    fn status(&self) -> TestCaseStatus {
        let failed = |kind: NonSuccessKind, word: &str, why: &str| {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(word).set_message(plain(why));
            status
        };
        let why = self.said.join("; ");
        match self.outcome {
            Some(Outcome::Met | Outcome::StatusOnly | Outcome::Confirmed | Outcome::Judged) => {
                TestCaseStatus::success()
            }
            Some(Outcome::Skipped) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(plain(&why));
                status
            }
            Some(outcome) => failed(NonSuccessKind::Failure, outcome_word(outcome), &why),
            None if self.visit != Visiting::None => {
                let mut status = TestCaseStatus::skipped();
                status.set_message("what was done in it was not checked");
                status
            }
            None if self.segment.is_none() && !self.said.is_empty() => TestCaseStatus::success(),
            None if self.begun => {
                failed(NonSuccessKind::Error, "unknown", "it was begun, and no end was recorded")
            }
            None => failed(NonSuccessKind::Error, "not begun", "the run ended before it"),
        }
    }
}

/// The time of day of an event, in UTC.
fn clock(at: &str) -> &str {
    at.get(11..19).unwrap_or(at)
}

/// Text for a line of markdown: nothing in it is markup.
fn inline(text: &str) -> String {
    let mut plain = String::new();
    for c in neutral(text).replace('\n', " ").chars() {
        if "\\`*_{}[]<>()#+!|~&@".contains(c) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Text for XML, on one line.
fn plain(text: &str) -> String {
    neutral(text).replace('\n', " ").replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
