//! Shell fences as commands.
//!
//! Comes in: a fence for a shell. Goes out: command actions. What is typed at another prompt, or
//! inside a session that an earlier command opened, is never run here.

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

use super::actions::{Reader, Sheet, joined};
use super::block::{self, Fault, Part};
use super::fence::{self, Info};
use super::nested;
use super::transcript;
use super::tree::{Code, Line};
use super::{ActionKind, Alternative, Block, Choice, Item, Note};

impl Reader<'_> {
    pub(super) fn shell(&mut self, code: &Code, info: &Info, sheet: &mut Sheet) {
        if let Some(line) = code.lines.iter().find(|line| !line.text.trim().is_empty())
            && line.text.starts_with("#!")
        {
            let message = "this is a script to be saved in a file: it is shown, not run";
            let help = "remove the `#!` line if its commands are to be run one by one";
            self.elsewhere("script-file", message, line, help);
            return self.copy(code, joined(&code.lines), sheet);
        }
        let mut reasons = Vec::new();
        let lines = match transcript::lines(fence::content(&code.lines)) {
            transcript::Lines::Plain(lines) => lines,
            transcript::Lines::Transcript { commands, output } => {
                reasons.extend(not_run(&output));
                commands
            }
            transcript::Lines::RootPrompt(line) => {
                let message =
                    "its only commands stand behind `# `: a root prompt, or commented out";
                self.elsewhere(
                    "root-prompt",
                    message,
                    &line,
                    "write the commands without the `# `",
                );
                return self.copy(code, joined(&code.lines), sheet);
            }
            transcript::Lines::Foreign(line) => {
                let message = "this is typed at another program's prompt, not at a shell's";
                self.elsewhere(
                    "foreign-prompt",
                    message,
                    &line,
                    "tag the fence with that program's language",
                );
                return self.copy(code, joined(&code.lines), sheet);
            }
        };
        if info.attributes.manual || fence::is_windows(&info.language, &lines) {
            return self.copy(code, joined(&lines), sheet);
        }
        if lines.iter().all(|line| line.text.trim().is_empty()) {
            return sheet.lead.push(code.span);
        }
        let frame = block::Frame {
            language: info.language.clone(),
            attributes: info.attributes.clone(),
            label: None,
            reasons,
            kinds: self.kinds,
            names: self.names,
            room: self.room,
        };
        self.parts(&frame, lines, code.span, sheet);
    }

    pub(super) fn elsewhere(&mut self, code: &'static str, message: &str, line: &Line, help: &str) {
        self.diagnostics
            .push(Diagnostic::new(Severity::Warning, code, line.span, message).help(help));
    }

    /// The parts of a block as actions: the first has the fence's place, the others their own.
    pub(super) fn parts(
        &mut self,
        frame: &block::Frame<'_>,
        lines: Vec<Line>,
        span: Span,
        sheet: &mut Sheet,
    ) {
        let mut faults = Vec::new();
        let parts = block::read(frame, lines, &mut faults);
        self.report(faults);
        let whole = parts.len() == 1;
        for part in parts {
            match part {
                Part::Manual(text, span, asks) => {
                    let item = Item { text, span, asks };
                    self.manual(item, &[], sheet);
                }
                Part::Either(alternatives, place) => {
                    self.either(frame, alternatives, place, sheet);
                }
                Part::Block(block) if block.runnable && block.script.statements.is_empty() => {
                    sheet.lead.push(span);
                }
                Part::Block(block) => {
                    let own = block.lines.iter().copied().reduce(Span::join);
                    let place = if whole { span } else { own.unwrap_or(span) };
                    self.block(block, frame, place, sheet);
                }
            }
        }
    }

    /// Parts of a block that exclude each other.
    fn either(
        &mut self,
        frame: &block::Frame<'_>,
        alternatives: Vec<(String, Vec<Line>)>,
        span: Span,
        sheet: &mut Sheet,
    ) {
        let before = self.inside.clone();
        let mut left_inside = None;
        let mut read = Vec::new();
        for (label, lines) in alternatives {
            let place = lines.iter().map(|line| line.span).reduce(Span::join).unwrap_or(span);
            let mut own = Sheet::default();
            self.inside.clone_from(&before);
            self.parts(frame, lines, place, &mut own);
            left_inside = left_inside.or(self.inside.take());
            read.push(Alternative {
                label,
                preferred: false,
                remark: None,
                actions: own.actions,
                span: place,
            });
        }
        self.inside = left_inside;
        sheet.push(self.source, ActionKind::Choice(Choice { alternatives: read }), span);
    }

    pub(super) fn report(&mut self, faults: Vec<Fault>) {
        self.diagnostics.extend(faults.into_iter().map(|fault| {
            // What is only not read leaves the block as it is; the others stop it.
            let doubtful = matches!(fault.code, "unread-expect" | "unbound-expect");
            let severity = if doubtful { Severity::Warning } else { Severity::Error };
            Diagnostic::new(severity, fault.code, fault.note.span, fault.note.text).help(fault.help)
        }));
    }

    /// A block, in one piece or cut after the command that opens a session.
    pub(super) fn block(
        &mut self,
        mut block: Box<Block>,
        frame: &block::Frame<'_>,
        span: Span,
        sheet: &mut Sheet,
    ) {
        for segment in &mut block.segments {
            let statement = &block.script.statements[segment.statements.start];
            let place = segment_place(&block.text, &block.lines, statement.span.start);
            segment.line = self.source.line(place.unwrap_or(span.start));
            for annotation in &mut segment.expectations {
                annotation.line = self.source.line(annotation.span.start);
            }
        }
        if self.inside.as_deref().is_some_and(|session| nested::is_back(session, &block.script)) {
            self.inside = None;
        }
        if self.inside.is_some() {
            self.inside_block(block, span, sheet);
            return;
        }
        let opener = block.script.statements.iter().position(|s| nested::opens(s).is_some());
        let Some(index) = opener else {
            sheet.push(self.source, ActionKind::Command(block), span);
            return;
        };
        let opened = nested::opens(&block.script.statements[index])
            .map(|span| block.text[span.range()].trim().to_owned());
        if index + 1 == block.script.statements.len() {
            self.inside = opened;
            sheet.push(self.source, ActionKind::Command(block), span);
            return;
        }
        self.cut_after(&block, index, opened, frame, span, sheet);
    }

    /// What stands after the opener in the same block is meant for inside.
    pub(super) fn cut_after(
        &mut self,
        block: &Block,
        index: usize,
        opened: Option<String>,
        frame: &block::Frame<'_>,
        span: Span,
        sheet: &mut Sheet,
    ) {
        let end = block.script.statements[index].span.end;
        let line = memchr::memchr_iter(b'\n', &block.text.as_bytes()[..end]).count() + 1;
        let lines = block.text.split('\n').zip(&block.lines);
        let lines: Vec<_> =
            lines.map(|(text, span)| Line { text: text.to_owned(), span: *span }).collect();
        if line >= lines.len() {
            // On one line: `ssh host; ls` does run `ls` here, but only after the session.
            let mut whole = block::read(frame, lines, &mut Vec::new());
            self.inside = opened;
            if let Some(Part::Block(block)) = whole.pop() {
                self.inside_block(block, span, sheet);
            }
            return;
        }
        let (outside, within) = lines.split_at(line);
        let mut faults = Vec::new();
        for part in block::read(frame, outside.to_vec(), &mut faults) {
            if let Part::Block(part) = part {
                self.block(part, frame, span, sheet);
            }
        }
        self.inside = opened;
        let place = within.iter().map(|line| line.span).reduce(Span::join).unwrap_or(span);
        for part in block::read(frame, within.to_vec(), &mut faults) {
            if let Part::Block(part) = part {
                self.block(part, frame, place, sheet);
            }
        }
    }

    /// A block for another place: shown, never run here.
    pub(super) fn inside_block(&mut self, mut block: Box<Block>, span: Span, sheet: &mut Sheet) {
        let Some(session) = self.inside.clone() else {
            return;
        };
        let text = format!("it is meant to run inside `{session}`, which was opened before");
        self.diagnostics.push(
            Diagnostic::new(Severity::Note, "inside-session", span, text.clone())
                .help("if that session is over by then, end its block with `exit`"),
        );
        block.reasons.push(Note { text, span });
        block.runnable = false;
        block.inside = Some(session);
        if block.script.statements.iter().any(nested::leaves) {
            self.inside = None;
        }
        sheet.push(self.source, ActionKind::Command(block), span);
    }
}

fn not_run(output: &[Line]) -> Option<Note> {
    let span = output.iter().map(|line| line.span).reduce(Span::join)?;
    Some(Note { text: "the lines without a prompt are output and do not run".to_owned(), span })
}

fn segment_place(text: &str, lines: &[Span], at: usize) -> Option<usize> {
    let index = memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count();
    lines.get(index).map(|span| span.start)
}
