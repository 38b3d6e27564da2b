//! What is said of an action: what is asked of a person, what would run, what it printed, what became of
//! it.

use std::io::{self, Write};

use crate::event::{Ending, Intent, Outcome, Summary, Visit};
use crate::expect::{Stream, Verdict};
use crate::policy::{Effect, Trait};
use crate::variables::Redacted;

use super::Terminal;
use super::page::{BOLD, DIM, YELLOW};
use super::words::{
    effect_words, format_duration, listed, mark, result_style, result_word, usual_words,
    verdict_word,
};

impl<W: Write> Terminal<W> {
    /// A step's number, its id where the title does not say it, its title and its section.
    pub(super) fn step(
        &mut self,
        title: &str,
        step: &str,
        place: (usize, usize),
        section: &str,
    ) -> io::Result<()> {
        let mut ours = format!("{} of {} · ", place.0, place.1);
        if step.starts_with(|c: char| c.is_ascii_digit()) {
            ours.push_str(&format!("step {step} · "));
        }
        let section = Some(section).filter(|name| !name.is_empty() && *name != title);
        let section = section.map(|name| format!(" · {name}")).unwrap_or_default();
        self.page.blank()?;
        self.page.heading(&ours, &format!("{title}{section}"))
    }

    /// What a person is asked to do.
    pub(super) fn manual(&mut self, items: &[Redacted], copy: Option<&Redacted>) -> io::Result<()> {
        self.page.blank()?;
        self.page.says_in(BOLD, "  ", "You do this:")?;
        items.iter().try_for_each(|item| self.page.point("☐ ", item.as_str()))?;
        copy.map_or(Ok(()), |text| self.page.runbook_text(text.as_str()))
    }

    pub(super) fn manual_ended(
        &mut self,
        outcome: Outcome,
        reason: Option<&Redacted>,
        from: &str,
    ) -> io::Result<()> {
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        self.page.marks("  ", mark(outcome), &format!(" (by {from}){reason}"))
    }

    pub(super) fn intent(&mut self, intent: &Intent) -> io::Result<()> {
        self.talks = intent.traits.contains(&Trait::Interactive);
        let page = &mut self.page;
        page.blank()?;
        intent.values.iter().try_for_each(|value| page.says("  with ", value.as_str()))?;
        intent.statements.iter().try_for_each(|text| page.command(text.as_str()))?;
        let style = if intent.effect == Effect::Read { DIM } else { YELLOW };
        page.says_in(style, "  ", &effect_words(intent))?;
        for expectation in &intent.expectations {
            page.says_in(DIM, "  expects: ", expectation.as_str())?;
        }
        if intent.attempt > 1 {
            page.says("  ", &format!("attempt {}", intent.attempt))?;
        }
        Ok(())
    }

    /// What a command printed. A line that has not ended waits for its end; not so a question of a
    /// command that talks to the operator.
    pub(super) fn output(&mut self, stream: Stream, text: &str) -> io::Result<()> {
        let (gutter, other) = match stream {
            Stream::Stdout => (&mut self.stdout, &mut self.stderr),
            Stream::Stderr => (&mut self.stderr, &mut self.stdout),
        };
        let mut lines = String::new();
        other.end_line(&mut lines);
        gutter.push(text.as_bytes(), &mut lines);
        if self.talks {
            gutter.flush(&mut lines);
        }
        self.page.behind_gutter(&lines)
    }

    /// Whether a question of a command stands on the line.
    pub(super) fn is_asked(&self) -> bool {
        self.stdout.is_inside() || self.stderr.is_inside()
    }

    /// Ends the line of a command's question, for a line of ours.
    pub(super) fn end_line(&mut self) -> io::Result<()> {
        let mut lines = String::new();
        self.stdout.end_line(&mut lines);
        self.stderr.end_line(&mut lines);
        self.page.behind_gutter(&lines)
    }

    fn end_output(&mut self) -> io::Result<()> {
        let mut lines = String::new();
        self.stdout.finish(&mut lines);
        self.stderr.finish(&mut lines);
        self.page.behind_gutter(&lines)
    }

    pub(super) fn running(&mut self, seconds: u64, usual_ms: Option<u64>) -> io::Result<()> {
        let usual = usual_ms.map(|usual| format!(" (usually {})", format_duration(usual)));
        self.page.says_in(DIM, "  ", &format!("… {seconds} s{}", usual.unwrap_or_default()))
    }

    pub(super) fn ending(&mut self, ending: &Ending) -> io::Result<()> {
        self.end_output()?;
        let page = &mut self.page;
        let time = format_duration(ending.duration_ms);
        page.marks("  ", mark(ending.outcome), &format!(" ({time}): {}", ending.why))?;
        let good = matches!(ending.outcome, Outcome::Met | Outcome::StatusOnly);
        for check in ending.checks.iter().filter(|check| !good || check.verdict != Verdict::Met) {
            let verdict = verdict_word(check.verdict);
            page.says("    - ", &format!("{verdict}: {} — {}", check.text, check.why))?;
        }
        if let Some(reason) = &ending.reason {
            page.says("    ", &format!("{} said: {reason}", ending.judged_by))?;
        }
        Ok(())
    }

    /// What is known of a write that was begun before.
    pub(super) fn unknown(
        &mut self,
        step: &str,
        line: usize,
        known: &[Redacted],
    ) -> io::Result<()> {
        self.page.blank()?;
        self.page.says_in(YELLOW, "  ", &format!("Step {step}, line {line} was begun before:"))?;
        known.iter().try_for_each(|one| self.page.quotes("    ", one.as_str()))
    }

    pub(super) fn shell_opened(&mut self, step: &str) -> io::Result<()> {
        let text = "a shell opens; what is done in it is recorded and not checked";
        self.page.blank()?;
        self.page.says_in(YELLOW, "  ", &format!("── step {step}: {text} ──"))
    }

    pub(super) fn visit(&mut self, visit: &Visit) -> io::Result<()> {
        let time = format_duration(visit.duration_ms);
        let what = match (visit.changes.is_empty(), visit.taken) {
            (true, _) => "it changed nothing that the run knows",
            (false, true) => "the run goes on with what it changed",
            (false, false) => "what it changed is dropped",
        };
        let text = format!("the shell ended ({time}, status {}): {what}", visit.status);
        self.page.says_in(YELLOW, "  ", &text)
    }

    pub(super) fn record(&mut self, language: &str, text: &str) -> io::Result<()> {
        self.page.blank()?;
        let language = if language.is_empty() { "" } else { &format!(" ({language})") };
        self.page.says("  ", &format!("Record{language}:"))?;
        self.page.runbook_text(text)
    }

    pub(super) fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        let place = summary.step.as_ref().map(|step| format!(" in step {step}"));
        let said = format!("{}: {}", place.unwrap_or_default(), summary.why);
        let word = (result_style(summary.result), result_word(summary.result));
        self.page.blank()?;
        self.page.marks("", word, &said)?;
        let counts = summary.counts.iter();
        let counts: Vec<_> =
            counts.map(|(outcome, count)| format!("{count} {}", mark(*outcome).1)).collect();
        let waited = format_duration(summary.waited_ms);
        let time = format_duration(summary.duration_ms);
        let usual = self.usual.as_ref();
        let usual = usual.map(|usual| format!(" (usually {})", usual_words(usual)));
        let counts = listed("nothing was done", "", &counts);
        let usual = usual.unwrap_or_default();
        let time = format!("{time}, of which {waited} waiting for a person{usual}");
        self.page.says("  ", &format!("{counts} · {time}"))
    }
}
