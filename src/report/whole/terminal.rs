//! The report for people: on a terminal, in a log of CI, pasted into a ticket.
//!
//! Comes in: the [`Whole`]. Goes out: a block for each runbook and, at the end, all of them, worst
//! first. Every line begins with words of ours, and nothing in it is a command to a terminal or to
//! a runner of CI. Commands stay on one line each, however long, so that they can be copied.

use anstyle::{AnsiColor, Effects, Style};
use textwrap::Options;

use super::{Examined, Standing, Whole, counted, segments, told};
use crate::diagnostic::Severity;
use crate::event::Outcome;
use crate::report::workflow::{Disguise, disarm};
use crate::report::{Colour, draw, neutral};
use crate::validation::{GapKind, Segment, Validation};
use crate::voice;

const BOLD: Style = Style::new().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);
const GREEN: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const YELLOW: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
/// Where the second column begins.
const LABEL: usize = 13;

/// The report as text for so many columns.
pub fn text(whole: &Whole, colour: Colour, columns: usize) -> String {
    let mut page = Page { out: String::new(), colour, columns: columns.max(40) };
    for one in &whole.runbooks {
        page.runbook(whole, one);
    }
    page.summary(whole);
    disarm(&page.out, Disguise::SPACED).into_owned()
}

struct Page {
    out: String,
    colour: Colour,
    columns: usize,
}

impl Page {
    fn runbook(&mut self, whole: &Whole, one: &Examined) {
        self.head(whole.standing(one), &told(&one.path.to_string_lossy()), &one.why());
        let title = told(one.title());
        if !title.is_empty() {
            self.fact("title", &title);
        }
        self.findings(one);
        if let Some(validation) = &one.validation {
            self.validation(validation);
        }
        for weakened in &one.weakened {
            let before = told(weakened.before.as_str());
            let now = weakened.now.as_ref().map(|now| told(now.as_str()));
            let now = now.map_or("removed".to_owned(), |now| format!("now: {now}"));
            self.fact("weakened", &format!("line {}: was: {before}; {now}", weakened.line));
        }
        if let Some(method) = &one.method {
            self.fact("method", &told(method));
        }
        if let Some(stamp) = &one.stamp {
            self.fact("stamp", &told(&stamp.told()));
        }
        self.out.push('\n');
    }

    fn head(&mut self, standing: Standing, path: &str, why: &str) {
        let word = self.styled(style(standing), standing.word());
        let path = self.styled(BOLD, path);
        self.out.push_str(&format!("{word} {path}\n"));
        self.wrapped("  ", &told(why));
    }

    fn findings(&mut self, one: &Examined) {
        match &one.source {
            Some(source) => {
                for diagnostic in &one.diagnostics {
                    self.out.push('\n');
                    self.out.push_str(&draw(diagnostic, source, self.colour));
                }
            }
            None => {
                for found in &one.findings.diagnostics {
                    let (first, drawing) =
                        found.message.split_once('\n').unwrap_or((&found.message, ""));
                    self.wrapped("  - ", &format!("{}: {}", found.code, told(first)));
                    // What follows may point at a place in a text: its lines stay lines.
                    for line in neutral(drawing).lines() {
                        self.out.push_str(&format!("    {line}\n"));
                    }
                }
            }
        }
        if !one.findings.diagnostics.is_empty() {
            self.out.push('\n');
        }
    }

    fn validation(&mut self, validation: &Validation) {
        self.fact("coverage", &segments::coverage(validation));
        for (segment, outcome) in segments::unsettled(validation) {
            self.unsettled(segment, outcome);
        }
        if segments::unsettled(validation).next().is_some() {
            self.out.push('\n');
        }
        self.gaps(validation);
        if let Some(confinement) = &validation.confinement {
            self.fact("run in", &segments::confinement(confinement));
        }
    }

    fn unsettled(&mut self, segment: &Segment, outcome: Outcome) {
        let standing = segments::standing_of(outcome);
        let word = segments::plain(outcome);
        let word = if standing == Standing::Unverified { word.into() } else { word.to_uppercase() };
        let word = self.styled(style(standing), &word);
        let place = segments::place(segment);
        self.out.push_str(&format!("\n  {word} at line {}, {place}\n", segment.line));
        for statement in &segment.statements {
            for (number, line) in neutral(statement.as_str()).lines().enumerate() {
                let line = self.styled(BOLD, line);
                let sign = if number == 0 { voice::COMMAND } else { voice::GOES_ON };
                self.out.push_str(&format!("    {sign} {line}\n"));
            }
        }
        for (line, text) in &segment.expectations {
            self.wrapped("    ", &format!("expects (line {line}): {}", told(text.as_str())));
        }
        for line in segments::evidence(segment) {
            self.wrapped("    - ", &line);
        }
    }

    /// What was not covered, by reason.
    fn gaps(&mut self, validation: &Validation) {
        let mut kinds: Vec<GapKind> = validation.gaps().map(|(_, gap)| gap.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let of_kind: Vec<_> = validation.gaps().filter(|(_, gap)| gap.kind == kind).collect();
            self.fact("not covered", &format!("{}: {}", of_kind.len(), segments::gap(kind)));
            let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
            for (segment, gap) in of_kind {
                let (why, line) = (told(gap.why.as_str()), segment.line.to_string());
                match reasons.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, lines)) => lines.push(line),
                    None => reasons.push((why, vec![line])),
                }
            }
            for (why, lines) in reasons {
                let noun = if lines.len() == 1 { "line" } else { "lines" };
                let lead = format!("{}- ", " ".repeat(LABEL + 2));
                self.wrapped(&lead, &format!("{noun} {}: {why}", lines.join(", ")));
            }
        }
    }

    fn summary(&mut self, whole: &Whole) {
        let all = whole.worst_first();
        if all.len() > 1 {
            let title = self.styled(BOLD, "All runbooks, worst first");
            self.out.push_str(&format!("{title}\n"));
            for (standing, one) in &all {
                self.row(*standing, one);
            }
            self.out.push('\n');
        }
        if whole.ran_unconfined() {
            let warning = self.styled(YELLOW, "warning");
            let text = "commands were run with --sandbox=off: nothing but the classification \
                        kept them from changing anything";
            self.out.push_str(&format!("{warning}\n"));
            self.wrapped("  ", text);
        }
        let worst = all.first().map_or(Standing::Failed, |(standing, _)| *standing);
        let ending = self.styled(style(worst), &whole.ending());
        self.out.push_str(&format!("{ending} (exit {})\n", whole.exit));
    }

    fn row(&mut self, standing: Standing, one: &Examined) {
        let word = self.styled(style(standing), &format!("{:<10}", standing.word()));
        self.out.push_str(&format!("  {word} {}\n", told(&one.path.to_string_lossy())));
        let found: Vec<_> = [(Severity::Error, "error"), (Severity::Warning, "warning")]
            .into_iter()
            .map(|(severity, noun)| (one.findings.count(severity), noun))
            .filter(|(count, _)| *count > 0)
            .map(|(count, noun)| counted(count, noun))
            .collect();
        let parts = one.coverage().into_iter().chain(found).collect::<Vec<_>>();
        if !parts.is_empty() {
            self.wrapped(&" ".repeat(LABEL), &parts.join("; "));
        }
    }

    /// A line with a label before it.
    fn fact(&mut self, label: &str, value: &str) {
        let plain = format!("  {label:<LABEL$}");
        let start = self.out.len();
        self.wrapped(&plain, value);
        // The label has its style after the breaking, which would count its escape sequences.
        if self.out[start..].starts_with(&plain) {
            let styled = self.styled(DIM, &plain);
            self.out.replace_range(start..start + plain.len(), &styled);
        }
    }

    /// Words broken between words, below each other; `first` stands before the first line.
    fn wrapped(&mut self, first: &str, text: &str) {
        let rest = " ".repeat(first.chars().count());
        let options = Options::new(self.columns).initial_indent(first).subsequent_indent(&rest);
        self.out.push_str(&textwrap::fill(text, options.break_words(false)));
        self.out.push('\n');
    }

    fn styled(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::On => format!("{style}{text}{style:#}"),
            Colour::Off => text.to_owned(),
        }
    }
}

const fn style(standing: Standing) -> Style {
    match standing {
        Standing::Checked | Standing::Validated => GREEN,
        Standing::CheckedOnly | Standing::Unverified => YELLOW,
        Standing::Failed | Standing::Refused | Standing::Broken => RED,
    }
}
