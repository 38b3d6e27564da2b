//! What the views say of a segment, in the same words everywhere.
//!
//! Comes in: segments of a validation. Goes out: how each stands, and its evidence in lines that
//! are harmless for a terminal. A segment that is said to have run and has no ending is unverified.

use super::{Standing, told};
use crate::event::{Ending, Outcome};
use crate::expect::Verdict;
use crate::validation::{Confinement, Coverage, GapKind, Segment, Validation};

/// `9 of 14 segments run: 7 met, 2 unverified; 5 not covered`.
pub(super) fn coverage(validation: &Validation) -> String {
    let (run, all) = validation.coverage();
    let outcomes: Vec<_> = outcomes(validation)
        .iter()
        .map(|(outcome, count)| format!("{count} {}", plain(*outcome)))
        .collect();
    let came_to = if outcomes.is_empty() { "" } else { ": " };
    let left_out = match all - run {
        0 => String::new(),
        count => format!("; {count} not covered"),
    };
    format!("{run} of {all} segments run{came_to}{}{left_out}", outcomes.join(", "))
}

/// How often each outcome occurred, best first, so that reports of two days can be compared.
pub(super) fn outcomes(validation: &Validation) -> Vec<(Outcome, usize)> {
    let mut counts: Vec<(Outcome, usize)> = Vec::new();
    for outcome in validation.segments.iter().filter_map(outcome) {
        match counts.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, count)) => *count += 1,
            None => counts.push((outcome, 1)),
        }
    }
    counts.sort_by_key(|(outcome, _)| (standing_of(*outcome), plain(*outcome)));
    counts
}

/// What became of a segment that was run; nothing where it was not.
pub(super) fn outcome(segment: &Segment) -> Option<Outcome> {
    match &segment.coverage {
        Coverage::Run(_) => Some(segment.outcome().unwrap_or(Outcome::Unverified)),
        Coverage::NotCovered(_) => None,
    }
}

/// How a validation stands: as its own result says, or worse where a segment is.
pub(super) fn standing(validation: &Validation) -> Standing {
    let segments = validation.segments.iter().filter_map(outcome).map(standing_of);
    segments.fold(Standing::from(validation.result), Standing::max)
}

/// How a runbook stands at best with such a segment.
pub(super) const fn standing_of(outcome: Outcome) -> Standing {
    match outcome {
        Outcome::Met | Outcome::StatusOnly | Outcome::Confirmed | Outcome::Judged => {
            Standing::Validated
        }
        Outcome::Unverified | Outcome::Skipped | Outcome::Overruled => Standing::Unverified,
        Outcome::NotMet | Outcome::Failed | Outcome::Stopped => Standing::Failed,
        Outcome::Refused => Standing::Refused,
    }
}

/// The outcome in words.
pub(super) const fn plain(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "met",
        Outcome::StatusOnly => "status only",
        Outcome::Confirmed => "confirmed",
        Outcome::Judged => "judged to hold",
        Outcome::NotMet => "not met",
        Outcome::Failed => "failed",
        Outcome::Unverified => "unverified",
        Outcome::Skipped => "skipped",
        Outcome::Overruled => "overruled",
        Outcome::Refused => "refused",
        Outcome::Stopped => "stopped",
    }
}

/// The segments that did not pass, with what became of them.
pub(super) fn unsettled(validation: &Validation) -> impl Iterator<Item = (&Segment, Outcome)> {
    let run = validation.segments.iter().filter_map(|one| Some((one, outcome(one)?)));
    run.filter(|(_, outcome)| !standing_of(*outcome).is_good())
}

/// Why a segment did not pass: a line for each ending, and for each check that does not hold.
pub(super) fn evidence(segment: &Segment) -> Vec<String> {
    let Coverage::Run(endings) = &segment.coverage else {
        return Vec::new();
    };
    let bad = endings.iter().filter(|ending| !standing_of(ending.outcome).is_good());
    let lines: Vec<_> = bad.flat_map(of_ending).collect();
    if lines.is_empty() { vec!["nothing is known of how it ended".to_owned()] } else { lines }
}

fn of_ending(ending: &Ending) -> Vec<String> {
    let mut lines = vec![told(ending.why.as_str())];
    for check in ending.checks.iter().filter(|check| check.verdict != Verdict::Met) {
        let verdict = match check.verdict {
            Verdict::NotMet => "not met",
            Verdict::Met | Verdict::Unverified => "unverified",
        };
        let (text, why) = (told(check.text.as_str()), told(check.why.as_str()));
        lines.push(format!("{verdict}: {text} — {why}"));
    }
    if let Some(residual) = &ending.residual {
        lines.push(format!("left to a person: {}", told(residual.as_str())));
    }
    lines
}

/// Where a segment is: `step 3 · Verify the token`, without what the title says itself.
pub(super) fn place(segment: &Segment) -> String {
    let (step, title) = (told(&segment.step), told(segment.title.as_str()));
    match (step.starts_with(|c: char| c.is_ascii_digit()), title.is_empty()) {
        (true, false) => format!("step {step} · {title}"),
        (true, true) => format!("step {step}"),
        (false, false) => title,
        (false, true) => step,
    }
}

/// Milliseconds that all of its endings took.
pub(super) fn duration_ms(segment: &Segment) -> u64 {
    match &segment.coverage {
        Coverage::Run(endings) => endings.iter().map(|ending| ending.duration_ms).sum(),
        Coverage::NotCovered(_) => 0,
    }
}

/// Why segments of this kind are left out.
pub(super) const fn gap(kind: GapKind) -> &'static str {
    match kind {
        GapKind::Writes => "changes something",
        GapKind::Unknown => "not known to change nothing",
        GapKind::NeedsPerson => "needs a person",
        GapKind::MissingInput => "an input is missing",
        GapKind::FollowsChange => "follows what was left out",
        GapKind::Host => "goes to a host that is not listed",
        GapKind::MissingTool => "a tool is missing",
        GapKind::Hidden => "looks at what read-only mode hides",
        GapKind::NotRunnable => "may not run at all",
        GapKind::NotChosen => "in an alternative that was not chosen",
        GapKind::NotReached => "not reached",
    }
}

/// What segments were run in.
pub(super) fn confinement(confinement: &Confinement) -> String {
    let layers: Vec<_> = confinement.layers.iter().map(|layer| told(layer)).collect();
    match (confinement.enforced, layers.is_empty()) {
        (false, true) => "NOT IN A SANDBOX (--sandbox=off)".to_owned(),
        (false, false) => format!("NOT IN A SANDBOX (--sandbox=off); {}", layers.join(", ")),
        (true, true) => "a sandbox of which no layer is named".to_owned(),
        (true, false) => format!("{}; no known way to change anything", layers.join(", ")),
    }
}
