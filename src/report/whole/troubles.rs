//! What is wrong or in doubt, one by one, for the formats that list results: annotations and SARIF.
//!
//! Comes in: a runbook with all that is known of it. Goes out: [`Trouble`]s with places and texts
//! that are harmless for a terminal. Whatever keeps a runbook from being good is among them: where
//! no finding and no segment says it, the runbook as a whole does.

use super::{Examined, Standing, Whole, segments, told};
use crate::diagnostic::Severity;
use crate::event::Outcome;
use crate::report::findings::{Finding, Marked, Place};
use crate::source::Source;
use crate::validation::{Gap, GapKind, Segment};
use crate::variables::Redacted;

/// One thing that is wrong or in doubt.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// Stable: a code of the check, or one of [`RULES`].
    pub(super) code: &'static str,
    /// How bad it is.
    pub(super) severity: Severity,
    /// Where.
    pub(super) place: Place,
    /// In a few words.
    pub(super) title: String,
    /// What is wrong, and what shows it.
    pub(super) lines: Vec<String>,
    /// Further places.
    pub(super) labels: Vec<Marked>,
    /// What stays the same when the lines of the document move.
    pub(super) lasting: String,
}

/// The most characters of a line that a trouble carries.
const LONGEST: usize = 400;

/// The codes that are not the check's, with what they mean.
pub(super) const RULES: [(&str, &str); 9] = [
    ("expectation-not-met", "An expectation of the runbook is not met."),
    ("command-failed", "A command of the runbook failed."),
    ("stopped", "A segment was stopped before its end."),
    ("checked-only", "Nothing of the runbook could be run; it does not count as a pass."),
    ("unverified", "Something could not be checked; it does not count as a pass."),
    ("refused", "Something was not allowed to run."),
    ("broken", "The machine failed the validation."),
    ("failed", "The runbook does not hold."),
    ("expectation-weakened", "An expectation promises less than at the last stamp."),
];

/// Everything that is wrong with a runbook or in doubt, in document order.
pub(super) fn of(whole: &Whole, one: &Examined) -> Vec<Trouble> {
    let mut all: Vec<_> =
        one.findings.diagnostics.iter().map(|found| finding(found, one)).collect();
    if let Some(validation) = &one.validation {
        let unsettled = segments::unsettled(validation);
        all.extend(unsettled.map(|(segment, outcome)| unmet(segment, outcome, one)));
        let unlisted = validation.gaps().filter(|(_, gap)| gap.kind == GapKind::Host);
        let counts = whole.standing(one) == Standing::Refused;
        all.extend(unlisted.filter(|_| counts).map(|(segment, gap)| refused(segment, gap, one)));
    }
    all.extend(one.weakened.iter().map(|weakened| {
        let before = told(weakened.before.as_str());
        let now = match &weakened.now {
            Some(now) => format!("now it says: {}", told(now.as_str())),
            None => "now it is not there".to_owned(),
        };
        let lines = vec![format!("at the last stamp it said: {before}"), now];
        let title = "an expectation was weakened".to_owned();
        Trouble::new("expectation-weakened", place(weakened.line, one), title, lines)
    }));
    all.extend(unsaid(whole.standing(one), one, &all));
    all.sort_by_key(|trouble| trouble.place.line);
    all
}

/// What the runbook as a whole has to say, where nothing in `all` explains how it stands.
fn unsaid(standing: Standing, one: &Examined, all: &[Trouble]) -> Option<Trouble> {
    let code = match standing {
        Standing::Checked | Standing::Validated => return None,
        Standing::CheckedOnly => "checked-only",
        Standing::Unverified => "unverified",
        Standing::Failed => "failed",
        Standing::Refused => "refused",
        Standing::Broken => "broken",
    };
    let explains = |other: &Trouble| match standing {
        Standing::Failed => other.severity == Severity::Error,
        _ => other.code == code,
    };
    if all.iter().any(explains) {
        return None;
    }
    let title = format!("the runbook: {}", standing.word());
    Some(Trouble::new(code, place(1, one), title, vec![told(&one.why())]))
}

fn finding(found: &Finding, one: &Examined) -> Trouble {
    let mut lines = vec![told(&found.message)];
    lines.extend(found.help.iter().map(|help| format!("help: {}", told(help))));
    Trouble {
        severity: found.severity,
        labels: found.labels.clone(),
        lasting: beginning(text_at(found.place.line, one)).to_owned(),
        ..Trouble::new(found.code, found.place, found.code.replace('-', " "), lines)
    }
}

fn unmet(segment: &Segment, outcome: Outcome, one: &Examined) -> Trouble {
    let code = match outcome {
        Outcome::NotMet => "expectation-not-met",
        Outcome::Failed => "command-failed",
        Outcome::Stopped => "stopped",
        Outcome::Refused => "refused",
        _ => "unverified",
    };
    let title = format!("{}: {}", segments::plain(outcome), segments::place(segment));
    let statements = segment.statements.iter().map(|one| format!("$ {}", told(one.as_str())));
    let expected = segment.expectations.iter();
    let expected =
        expected.map(|(line, text)| format!("expects (line {line}): {}", told(text.as_str())));
    let lines = statements.chain(expected).chain(segments::evidence(segment)).collect();
    let statements: Vec<_> = segment.statements.iter().map(Redacted::as_str).collect();
    let lasting = format!("{}\n{}", segment.step, statements.join("\n"));
    Trouble { lasting, ..Trouble::new(code, place(segment.line, one), title, lines) }
}

/// A segment that was refused before it was run.
fn refused(segment: &Segment, gap: &Gap, one: &Examined) -> Trouble {
    let statements = segment.statements.iter().map(|one| format!("$ {}", told(one.as_str())));
    let lines: Vec<_> = statements.chain([told(gap.why.as_str())]).collect();
    let title = format!("refused: {}", segments::place(segment));
    Trouble::new("refused", place(segment.line, one), title, lines)
}

impl Trouble {
    /// A trouble with a code of [`RULES`] at a place.
    fn new(code: &'static str, place: Place, title: String, lines: Vec<String>) -> Self {
        let severity = match code {
            "checked-only" | "unverified" | "expectation-weakened" => Severity::Warning,
            _ => Severity::Error,
        };
        let lasting = lines.join("\n");
        Self { code, severity, place, title, lines, labels: Vec::new(), lasting }
    }
}

/// A line as a place; its whole text, where the source is known.
fn place(line: usize, one: &Examined) -> Place {
    let line = line.max(1);
    let end_column = 1 + text_at(line, one).chars().count();
    Place { line, column: 1, end_line: line, end_column }
}

/// No more of a line than it takes to know it again.
fn beginning(line: &str) -> &str {
    let end = line.char_indices().nth(LONGEST).map_or(line.len(), |(at, _)| at);
    &line[..end]
}

/// A line of the source; empty where there is none.
fn text_at(line: usize, one: &Examined) -> &str {
    let last = |source: &Source| source.line(source.text().len());
    let source = one.source.as_ref().filter(|source| (1..=last(source)).contains(&line));
    source.map_or("", |source| source.line_text(line))
}
