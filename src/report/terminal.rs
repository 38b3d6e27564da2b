//! A run as an operator sees it: a scroll that reads well over ssh, in tmux and in a ticket.
//!
//! Comes in: events. Goes out: lines. What a command printed stands behind a gutter, so that it can
//! never be taken for the interpreter's own words, and is neutralised.

use std::io::{self, Write};

use anstyle::{AnsiColor, Effects, Style};
use textwrap::Options;

use crate::event::{
    Beginning, Deviation, Ending, Event, Intent, LeftOut, Mover, Outcome, Placed, Reference,
    Resumption, Role, RoleStanding, RunResult, Sink, Summary, Tool, Usual, Visit, What,
};
use crate::expect::{Stream, Verdict};
use crate::policy::{Effect, Trait};
use crate::variables::Redacted;

use super::audit::audit_words;
use super::{Colour, Gutter, neutral};

const BOLD: Style = Style::new().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);
const GREEN: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const YELLOW: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);

/// Text for one line.
fn told(text: &str) -> String {
    neutral(text).replace('\n', " ")
}

/// Draws events on `out`.
pub struct Terminal<W> {
    out: W,
    colour: Colour,
    columns: usize,
    stdout: Gutter,
    stderr: Gutter,
    /// How long such a run usually takes.
    usual: Option<Usual>,
}

impl<W: Write> Terminal<W> {
    /// A view on `out`, a terminal of so many columns.
    pub fn new(out: W, colour: Colour, columns: usize) -> Self {
        let gutter = |prefix| Gutter::new(prefix, columns);
        let (stdout, stderr) = (gutter("  │ "), gutter("  ┆ "));
        Self { out, colour, columns, stdout, stderr, usual: None }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::On => format!("{style}{text}{style:#}"),
            Colour::Off => text.to_owned(),
        }
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Words of the runbook or of ours, broken between words; `first` stands before the first line.
    fn words(&mut self, first: &str, text: &str) -> io::Result<()> {
        let rest = " ".repeat(first.chars().count());
        for (number, line) in neutral(text).lines().enumerate() {
            let first = if number == 0 { first } else { &rest };
            let deeper = rest.clone() + &" ".repeat(line.len() - line.trim_start().len());
            let options = Options::new(self.columns).initial_indent(first);
            for line in textwrap::wrap(line, options.subsequent_indent(&deeper)) {
                self.line(&line)?;
            }
        }
        Ok(())
    }

    fn fact(&mut self, label: &str, value: &str) -> io::Result<()> {
        // The label has its style after the breaking, which would count its escape sequences.
        let plain = format!("  {label:<18} ");
        let indent = " ".repeat(plain.chars().count().min(21));
        let options = Options::new(self.columns).initial_indent(&plain).subsequent_indent(&indent);
        let wrapped = textwrap::fill(value, options);
        let rest = wrapped.strip_prefix(&plain).unwrap_or(&wrapped).to_owned();
        let label = self.styled(DIM, &plain);
        self.line(&format!("{label}{rest}"))
    }

    fn beginning(&mut self, run: &str, beginning: &Beginning) -> io::Result<()> {
        let title = self.styled(BOLD, &told(beginning.title.as_str()));
        self.line(&title)?;
        self.fact("Runbook", &told(&beginning.runbook))?;
        for (label, value) in &beginning.metadata {
            self.fact(&told(label), &told(value.as_str()))?;
        }
        if let Some(days) = beginning.validated_days_ago {
            let age = match days {
                ..0 => "in the future: the date is wrong".to_owned(),
                0 => "today".to_owned(),
                1 => "a day ago".to_owned(),
                _ => format!("{days} days ago"),
            };
            self.fact("Validated", &age)?;
        }
        let kind = if beginning.kind == "rehearse" {
            "rehearsal on stand-ins: nothing real is touched"
        } else {
            "for real"
        };
        self.fact("This run", &format!("{run}, {kind}"))?;
        if let Some(of) = &beginning.of {
            self.fact("Rolls back", &format!("run {}", told(of)))?;
        }
        if let Some(from) = &beginning.taken_from {
            self.fact("Taken from", &told(from))?;
        }
        if let Some(reason) = &beginning.reason {
            self.fact("Because", &told(reason.as_str()))?;
        }
        self.fact(
            "Operator",
            &told(&format!(
                "{} on {}, in {}",
                beginning.operator, beginning.host, beginning.folder
            )),
        )?;
        if let Some(role) = &beginning.role {
            self.fact("Role", &told(&role_words(role)))?;
        }
        self.usual = beginning.usual;
        if let Some(usual) = &beginning.usual {
            let runs = match usual.runs {
                1 => "as one run did".to_owned(),
                runs => format!("the mean of {runs} runs"),
            };
            self.fact("Usually takes", &format!("{} ({runs})", usual_words(usual)))?;
        }
        let writing = listed("none of them writes", "writing: ", &beginning.writing);
        self.fact("Steps", &format!("{} ({writing})", beginning.steps))?;
        if !beginning.irreversible.is_empty() {
            self.fact("Cannot be undone", &listed("", "from step ", &beginning.irreversible))?;
        }
        for one in &beginning.no_return {
            let text = format!("after step {} (line {}): {}", one.step, one.line, one.words);
            self.fact("No way back", &told(&text))?;
        }
        let inputs: Vec<_> = beginning
            .inputs
            .iter()
            .map(|(name, secret)| if *secret { format!("{name} (secret)") } else { name.clone() })
            .collect();
        self.fact("Inputs", &listed("none", "", &inputs))?;
        for warning in &beginning.warnings {
            let mark = self.styled(YELLOW, "warning");
            self.line(&format!("  {mark}"))?;
            self.words("    ", warning.as_str())?;
        }
        Ok(())
    }

    fn resumption(&mut self, run: &str, resumption: &Resumption) -> io::Result<()> {
        let title = self.styled(BOLD, &format!("Run {run} goes on"));
        self.line(&title)?;
        let place =
            format!("{} on {}, in {}", resumption.operator, resumption.host, resumption.folder);
        self.fact("Operator", &told(&place))?;
        if let Some(role) = &resumption.role {
            self.fact("Role", &told(&role_words(role)))?;
        }
        if let Some(from) = &resumption.taken_from {
            self.fact("Taken from", &told(from))?;
        }
        if let Some(reason) = &resumption.reason {
            self.fact("Because", &told(reason.as_str()))?;
        }
        for done in &resumption.done {
            self.fact("Begun before", &told(done.as_str()))?;
        }
        for difference in &resumption.differences {
            let mark = self.styled(YELLOW, "changed");
            self.line(&format!("  {mark}"))?;
            self.words("    ", difference.as_str())?;
        }
        Ok(())
    }

    /// What is left out of the run, and what that means.
    fn left_out(&mut self, left_out: &LeftOut) -> io::Result<()> {
        let mark = self.styled(YELLOW, "left out");
        let reason = left_out.reason.as_ref().map(|reason| format!(": {reason}"));
        let why = format!("({}, by {}){}", left_out.wish, left_out.by, reason.unwrap_or_default());
        self.line(&format!("  {mark} {}", told(&why)))?;
        for step in &left_out.steps {
            self.words("    - ", &told(&step.words()))?;
        }
        left_out.lacks.iter().try_for_each(|lack| self.words("    note: ", &told(lack.as_str())))
    }

    /// Where the run is; the folder is said with who is there.
    fn placed(&mut self, entry: &Placed) -> io::Result<()> {
        if entry.what == "folder" {
            return Ok(());
        }
        let value = match (&entry.value, &entry.why) {
            (Some(value), _) => told(value.as_str()),
            (None, Some(why)) => format!("unknown: {}", told(why.as_str())),
            (None, None) => "unknown".to_owned(),
        };
        self.fact(&told(&format!("{} {}", entry.tool, entry.what)), &value)
    }

    /// The run is elsewhere now.
    fn moved(
        &mut self,
        tool: &str,
        what: &str,
        (from, to): (Option<&Redacted>, Option<&Redacted>),
        by: &str,
    ) -> io::Result<()> {
        let value = |value: Option<&Redacted>| value.map_or("unknown", Redacted::as_str).to_owned();
        let name = if what == "folder" { what.to_owned() } else { format!("{tool} {what}") };
        let text = format!("{name} is {} now, was {} ({by})", value(to), value(from));
        self.words("  ", &told(&text))
    }

    fn tools(&mut self, tools: &[Tool]) -> io::Result<()> {
        let known = tools
            .iter()
            .filter_map(|tool| Some(format!("{} {}", tool.name, tool.version.as_ref()?.as_str())));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            return Ok(());
        }
        self.words("  tools: ", &told(&known.join(", ")))
    }

    /// A step's number, its id where the title does not say it, its title and its section.
    fn step(
        &mut self,
        title: &str,
        step: &str,
        place: (usize, usize),
        section: &str,
    ) -> io::Result<()> {
        let mut head = format!("── {} of {} · ", place.0, place.1);
        if step.starts_with(|c: char| c.is_ascii_digit()) {
            head.push_str(&format!("step {} · ", told(step)));
        }
        head.push_str(&told(title));
        if !section.is_empty() && section != title {
            head.push_str(&format!(" · {}", told(section)));
        }
        let width = 78_usize.saturating_sub(head.chars().count() + 1);
        let head = self.styled(BOLD, &format!("{head} {}", "─".repeat(width)));
        self.line("")?;
        self.line(&head)
    }

    fn shown(&mut self, text: &str) -> io::Result<()> {
        self.line("")?;
        self.words("  ", text)
    }

    fn intent(&mut self, intent: &Intent) -> io::Result<()> {
        self.line("")?;
        for value in &intent.values {
            self.line(&format!("  with {}", told(value.as_str())))?;
        }
        for statement in &intent.statements {
            for (number, line) in neutral(statement.as_str()).lines().enumerate() {
                let mark = if number == 0 { "$" } else { " " };
                let line = self.styled(BOLD, line);
                self.line(&format!("  {mark} {line}"))?;
            }
        }
        let effect = textwrap::fill(&effect_words(intent), Options::new(self.columns - 4));
        let effect = effect.replace('\n', "\n    ");
        let effect = self.styled(if intent.effect == Effect::Read { DIM } else { YELLOW }, &effect);
        self.line(&format!("  {effect}"))?;
        for expectation in &intent.expectations {
            let text = self.styled(DIM, &format!("expects: {}", neutral(expectation.as_str())));
            self.line(&format!("  {text}"))?;
        }
        if intent.attempt > 1 {
            self.line(&format!("  attempt {}", intent.attempt))?;
        }
        Ok(())
    }

    fn output(&mut self, stream: Stream, text: &str) -> io::Result<()> {
        let gutter = if stream == Stream::Stdout { &mut self.stdout } else { &mut self.stderr };
        let mut lines = String::new();
        gutter.push(text.as_bytes(), &mut lines);
        self.out.write_all(lines.as_bytes())
    }

    fn end_output(&mut self) -> io::Result<()> {
        let mut lines = String::new();
        self.stdout.finish(&mut lines);
        self.stderr.finish(&mut lines);
        self.out.write_all(lines.as_bytes())
    }

    fn ending(&mut self, ending: &Ending) -> io::Result<()> {
        self.end_output()?;
        let (mark, style) = mark(ending.outcome);
        let mark = self.styled(style, mark);
        let time = format_duration(ending.duration_ms);
        let why = textwrap::fill(&told(ending.why.as_str()), Options::new(self.columns - 20));
        self.line(&format!("  {mark} ({time}): {}", why.replace('\n', "\n    ")))?;
        let good = matches!(ending.outcome, Outcome::Met | Outcome::StatusOnly);
        for check in ending.checks.iter().filter(|check| !good || check.verdict != Verdict::Met) {
            let verdict = verdict_word(check.verdict);
            let (text, why) = (told(check.text.as_str()), told(check.why.as_str()));
            self.words("    - ", &format!("{verdict}: {text} — {why}"))?;
        }
        if let Some(reason) = &ending.reason {
            let (name, reason) = (told(&ending.judged_by), told(reason.as_str()));
            self.words("    ", &format!("{name} said: {reason}"))?;
        }
        Ok(())
    }

    fn visit(&mut self, visit: &Visit) -> io::Result<()> {
        let time = format_duration(visit.duration_ms);
        let what = match (visit.changes.is_empty(), visit.taken) {
            (true, _) => "it changed nothing that the run knows",
            (false, true) => "the run goes on with what it changed",
            (false, false) => "what it changed is dropped",
        };
        let text = format!("the shell ended ({time}, status {}): {what}", visit.status);
        let text = self.styled(YELLOW, &text);
        self.line(&format!("  {text}"))
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        let style = match summary.result {
            RunResult::Complete => GREEN,
            RunResult::CompleteWithDoubts | RunResult::Paused => YELLOW,
            _ => RED,
        };
        let head = self.styled(style, result_word(summary.result));
        let place = summary
            .step
            .as_ref()
            .map(|step| format!(" in step {}", neutral(step)))
            .unwrap_or_default();
        self.line("")?;
        let why = textwrap::fill(&told(summary.why.as_str()), Options::new(self.columns - 20));
        self.line(&format!("{head}{place}: {}", why.replace('\n', "\n  ")))?;
        let counts: Vec<_> = summary
            .counts
            .iter()
            .map(|(outcome, count)| format!("{count} {}", mark(*outcome).0))
            .collect();
        let waited = format_duration(summary.waited_ms);
        let time = format_duration(summary.duration_ms);
        let usual = self.usual.as_ref();
        let usual = usual.map(|usual| format!(" (usually {})", usual_words(usual)));
        self.line(&format!(
            "  {} · {time}, of which {waited} waiting for a person{}",
            listed("nothing was done", "", &counts),
            usual.unwrap_or_default()
        ))
    }
}

impl<W: Write> Sink for Terminal<W> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match &event.what {
            What::RunStarted(beginning) => self.beginning(&event.run, beginning)?,
            What::RunResumed(resumption) => self.resumption(&event.run, resumption)?,
            What::TakenOver(taken) => {
                let facts = taken.words();
                facts.iter().try_for_each(|text| self.fact("Taken over", &told(text)))?;
            }
            What::StepsLeftOut(left_out) => self.left_out(left_out)?,
            // What they say is for who goes on with the run.
            What::SegmentStarted { .. } | What::StatementEnded { .. } | What::StateKept(_) => {}
            What::ContextPinned { entries } => {
                entries.iter().try_for_each(|entry| self.placed(entry))?;
            }
            What::ContextMoved { tool, what, from, to, by, .. } => {
                self.moved(tool, what, (from.as_ref(), to.as_ref()), mover_words(*by))?;
            }
            What::ContextChanged { tool, what, from, to, by, .. } => {
                let by = format!("accepted by {by}");
                let by = if by == "accepted by runbook" { "by the run itself" } else { &by };
                self.moved(tool, what, (from.as_ref(), to.as_ref()), by)?;
            }
            What::ToolsFound { tools } => self.tools(tools)?,
            What::StepStarted { step, title, section, place, .. } => {
                self.step(title.as_str(), step, *place, section)?;
            }
            What::Shown { text } => self.shown(text.as_str())?,
            What::InputGiven { name, value, from, reference, .. } => {
                let value = neutral(value.as_str());
                let from = from_words(from, reference.as_ref());
                self.line(&format!("  {} = {value} (from {})", neutral(name), told(&from)))?;
            }
            What::ChoiceMade { chosen, from, .. } => {
                self.line(&format!("  chosen: {} (by {from})", told(chosen)))?;
            }
            What::ManualAsked { items, copy, .. } => {
                self.line("")?;
                let head = self.styled(BOLD, "You do this:");
                self.line(&format!("  {head}"))?;
                items.iter().try_for_each(|item| self.words("  ☐ ", item.as_str()))?;
                if let Some(copy) = copy {
                    for line in neutral(copy.as_str()).lines() {
                        self.line(&format!("      {line}"))?;
                    }
                }
            }
            What::ManualEnded { outcome, reason, from, .. } => {
                let (word, style) = mark(*outcome);
                let word = self.styled(style, word);
                let reason = reason.as_ref().map(|reason| format!(": {}", told(reason.as_str())));
                self.line(&format!("  {word} (by {from}){}", reason.unwrap_or_default()))?;
            }
            What::SegmentIntended(intent) => self.intent(intent)?,
            What::CommandEdited(deviation) => {
                let Deviation { by, reason, line, .. } = deviation.as_ref();
                let text = format!("{by} edited the command of line {line}: {reason}");
                self.words("  ", &told(&text))?;
            }
            What::ShellOpened { step, .. } => {
                let text = "a shell opens; what is done in it is recorded and not checked";
                let text = self.styled(YELLOW, &format!("── step {}: {text} ──", told(step)));
                self.line("")?;
                self.line(&format!("  {text}"))?;
            }
            What::ShellEnded(visit) => self.visit(visit)?,
            What::Output { stream, text, .. } => self.output(*stream, text.as_str())?,
            What::Running { seconds, usual_ms, .. } => {
                let usual = usual_ms.map(|usual| format!(" (usually {})", format_duration(usual)));
                let text = format!("… {seconds} s{}", usual.unwrap_or_default());
                let text = self.styled(DIM, &text);
                self.line(&format!("  {text}"))?;
            }
            What::SegmentEnded(ending) => self.ending(ending)?,
            What::UnknownPut { step, line, known } => {
                let head = format!("Step {}, line {line} was begun before:", told(step));
                let head = self.styled(YELLOW, &head);
                self.line("")?;
                self.line(&format!("  {head}"))?;
                known.iter().try_for_each(|one| self.words("    ", one.as_str()))?;
            }
            What::DoubtAccepted { reason, by, .. } => {
                let text = format!("{} goes ahead all the same: {reason}", told(by));
                self.words("  note: ", &text)?;
            }
            What::RecordMade { text, language, .. } => {
                self.line("")?;
                self.line(&format!("  Record ({}):", neutral(language)))?;
                for line in neutral(text.as_str()).lines() {
                    self.line(&format!("      {line}"))?;
                }
            }
            what @ (What::AuditDelivered { .. } | What::AuditWaits { .. }) => {
                let text = audit_words(what).unwrap_or_default();
                self.words("  ", &told(&text))?;
            }
            What::Remark { text } => self.words("  note: ", &told(text.as_str()))?,
            What::RunEnded(summary) => self.summary(summary)?,
        }
        self.out.flush()
    }
}

fn effect_words(intent: &Intent) -> String {
    let mut words = match intent.effect {
        Effect::Read => "reads".to_owned(),
        Effect::Unknown => "may write (unknown to the catalogue)".to_owned(),
        Effect::Write => "WRITES".to_owned(),
    };
    for one in &intent.traits {
        words.push_str(match one {
            Trait::Interactive => ", talks to you",
            Trait::Streaming => ", does not end by itself",
            Trait::OpensSession => ", opens a session",
            Trait::PrintsSecret => ", prints secrets",
            Trait::Irreversible => ", CANNOT BE UNDONE",
        });
    }
    if intent.effect != Effect::Read && !intent.reasons.is_empty() {
        words.push_str(": ");
        words.push_str(&intent.reasons.join("; "));
    }
    neutral(&words)
}

/// A role that is required, and how it is known.
pub fn role_words(role: &Role) -> String {
    let required = &role.required;
    let reason = role.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    match role.standing {
        RoleStanding::Verified => format!("{required}, as the team's command says"),
        RoleStanding::Claimed => format!("{required}, claimed by the operator and not verified"),
        RoleStanding::Unclaimed => {
            format!("{required} is required: neither verified nor claimed (--role {required})")
        }
        RoleStanding::BreakGlass => format!("{required} is required: GLASS WAS BROKEN{reason}"),
        RoleStanding::Missing => format!("{required} is required and missing"),
    }
}

/// From whom a value came, and where it was fetched from.
pub fn from_words(from: &str, reference: Option<&Reference>) -> String {
    reference.map_or_else(|| from.to_owned(), |it| format!("{from}: {}", it.words()))
}

/// What became of an action, in a word.
pub const fn outcome_word(outcome: Outcome) -> &'static str {
    mark(outcome).0
}

/// What became of a run, in a word.
pub const fn result_word(result: RunResult) -> &'static str {
    match result {
        RunResult::Complete => "complete",
        RunResult::CompleteWithDoubts => "complete, with doubts",
        RunResult::Failed => "FAILED",
        RunResult::Paused => "paused",
        RunResult::Refused => "REFUSED",
        RunResult::Interrupted => "INTERRUPTED",
        RunResult::Broken => "BROKEN OFF",
    }
}

const fn mark(outcome: Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Met => ("met", GREEN),
        Outcome::StatusOnly => ("status only", GREEN),
        Outcome::Confirmed => ("confirmed", GREEN),
        Outcome::Judged => ("judged to hold", GREEN),
        Outcome::NotMet => ("NOT MET", RED),
        Outcome::Failed => ("FAILED", RED),
        Outcome::Unverified => ("unverified", YELLOW),
        Outcome::Skipped => ("skipped", YELLOW),
        Outcome::Overruled => ("overruled", YELLOW),
        Outcome::Refused => ("REFUSED", RED),
        Outcome::Stopped => ("stopped", YELLOW),
    }
}

const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::NotMet => "not met",
        Verdict::Unverified => "unverified",
    }
}

fn listed(none: &str, lead: &str, words: &[String]) -> String {
    if words.is_empty() {
        return none.to_owned();
    }
    neutral(&format!("{lead}{}", words.join(", ")))
}

/// How long runs take, waiting counted apart.
const fn mover_words(by: Mover) -> &'static str {
    match by {
        Mover::Step => "by this step",
        Mover::Unclear => "by this step, or by another process",
        Mover::Others => "by another process: no command of this step leads there",
    }
}

fn usual_words(usual: &Usual) -> String {
    let (worked, waited) = (format_duration(usual.worked_ms), format_duration(usual.waited_ms));
    format!("{worked}, and {waited} waiting for a person")
}

/// A duration for a person.
pub fn format_duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
