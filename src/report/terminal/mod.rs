//! A run as an operator sees it: a scroll that reads well over ssh, in tmux and in a ticket.
//!
//! Comes in: events. Goes out: lines. Only the program begins a line with words of its own: the runbook's
//! stand behind a margin, a command behind its prompt, and what it printed behind a gutter, each
//! neutralised and broken before the terminal would, so that they can never be taken for ours.

mod actions;
mod beginning;
mod page;
mod words;

use std::io::{self, Write};

use crate::event::{Deviation, Event, Sink, Usual, What};
use crate::voice;

use super::audit::audit_words;
use super::{Colour, Gutter, named};

use page::Page;
use words::mover_words;
pub use words::{format_duration, from_words, outcome_word, result_word, role_words};

/// Draws events on a page.
pub struct Terminal<W> {
    page: Page<W>,
    stdout: Gutter,
    stderr: Gutter,
    /// Whether the command talks to the operator.
    talks: bool,
    /// How long such a run usually takes.
    usual: Option<Usual>,
}

impl<W: Write> Terminal<W> {
    /// A view on `out`, a terminal of so many columns.
    pub fn new(out: W, colour: Colour, columns: usize) -> Self {
        let gutter = |sign: &str| Gutter::new(&format!("  {sign} "), columns);
        let (stdout, stderr) = (gutter(voice::STDOUT), gutter(voice::STDERR));
        Self { page: Page::new(out, colour, columns), stdout, stderr, talks: false, usual: None }
    }

    fn draw(&mut self, event: &Event) -> io::Result<()> {
        match &event.what {
            What::RunStarted(beginning) => self.beginning(&event.run, beginning),
            What::RunResumed(resumption) => self.resumption(&event.run, resumption),
            What::TakenOver(taken) => {
                let facts = taken.words();
                facts.iter().try_for_each(|text| self.page.fact("Taken over", text))
            }
            What::StepsLeftOut(left_out) => self.left_out(left_out),
            // What they say is for who goes on with the run.
            What::SegmentStarted { .. } | What::StatementEnded { .. } | What::StateKept(_) => {
                Ok(())
            }
            What::ContextPinned { entries } => {
                entries.iter().try_for_each(|entry| self.placed(entry))
            }
            What::ContextMoved { tool, what, from, to, by, .. } => {
                self.moved(tool, what, (from.as_ref(), to.as_ref()), mover_words(*by))
            }
            What::ContextChanged { tool, what, from, to, by, .. } => {
                let by = match by.as_str() {
                    "runbook" => "by the run itself".to_owned(),
                    by => format!("accepted by {by}"),
                };
                self.moved(tool, what, (from.as_ref(), to.as_ref()), &by)
            }
            What::ToolsFound { tools } => self.tools(tools),
            What::StepStarted { step, title, section, place, .. } => {
                self.step(title.as_str(), step, *place, section)
            }
            What::Shown { text } => {
                self.page.blank()?;
                self.page.runbook(None, text.as_str())
            }
            What::InputGiven { name, value, from, reference, .. } => {
                let from = from_words(from, reference.as_ref());
                self.page.says("  ", &format!("{} = {value} (from {from})", named(name)))
            }
            What::ChoiceMade { chosen, from, .. } => {
                self.page.says("  ", &format!("chosen: {chosen} (by {from})"))
            }
            What::ManualAsked { items, copy, .. } => self.manual(items, copy.as_ref()),
            What::ManualEnded { outcome, reason, from, .. } => {
                self.manual_ended(*outcome, reason.as_ref(), from)
            }
            What::SegmentIntended(intent) => self.intent(intent),
            What::CommandEdited(deviation) => {
                let Deviation { by, reason, line, .. } = deviation.as_ref();
                self.page.says("  ", &format!("{by} edited the command of line {line}: {reason}"))
            }
            What::ShellOpened { step, .. } => self.shell_opened(step),
            What::ShellEnded(visit) => self.visit(visit),
            What::Output { stream, text, .. } => self.output(*stream, text.as_str()),
            What::Running { seconds, usual_ms, .. } => self.running(*seconds, *usual_ms),
            What::SegmentEnded(ending) => self.ending(ending),
            What::UnknownPut { step, line, known } => self.unknown(step, *line, known),
            What::DoubtAccepted { reason, by, .. } => {
                self.page.says("  note: ", &format!("{by} goes ahead all the same: {reason}"))
            }
            What::RecordMade { text, language, .. } => self.record(language, text.as_str()),
            what @ (What::AuditDelivered { .. } | What::AuditWaits { .. }) => {
                self.page.says("  ", &audit_words(what).unwrap_or_default())
            }
            What::HandedOver(handed) => self.page.says("  note: ", &handed.words(&event.at)),
            What::Remark { text } => self.page.says("  note: ", text.as_str()),
            What::RunEnded(summary) => self.summary(summary),
        }
    }
}

impl<W: Write> Sink for Terminal<W> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match &event.what {
            What::Output { .. } => self.draw(event)?,
            // How long a question has stood there is nothing to tell.
            What::Running { .. } if self.is_asked() => {}
            _ => {
                self.end_line()?;
                self.draw(event)?;
            }
        }
        self.page.flush()
    }
}
