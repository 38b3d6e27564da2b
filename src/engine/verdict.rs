//! From statuses and judgements to what became of a segment.

use crate::event::Outcome;
use crate::expect::{CheckResult, Judgement, Verdict};
use crate::policy::Stage;
use crate::session::{Report, Stop};

/// SIGPIPE: the reader had enough.
const CLOSED_BY_READER: i32 = 141;

/// What became of a segment, before a person is asked.
#[derive(Debug)]
pub(super) struct Ruling {
    pub outcome: Outcome,
    /// In one sentence; may quote output.
    pub why: String,
    pub checks: Vec<CheckResult>,
    pub residual: Option<String>,
}

impl Ruling {
    pub fn new(outcome: Outcome, why: impl Into<String>) -> Self {
        Self { outcome, why: why.into(), checks: Vec::new(), residual: None }
    }
}

/// How a statement ended by its statuses alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// Every stage succeeded.
    Success,
    /// A status other than 0 that is no failure, and what it means.
    Benign(String),
    /// It failed, and why.
    Failure(String),
}

/// Judges a statement that promises nothing. Every stage of a pipeline counts; that an earlier one
/// was closed by its reader is no failure.
pub(super) fn status(report: &Report, stages: &[Stage]) -> Status {
    let failure = |why: &str| Status::Failure(why.into());
    match report.stop {
        Stop::Deadline => return failure("its deadline passed; it was killed"),
        Stop::Interrupt => return failure("you stopped it"),
        Stop::Enough | Stop::Window if !report.shell_ended => return Status::Success,
        Stop::Enough | Stop::Window | Stop::None => {}
    }
    if report.shell_ended {
        return Status::Failure(format!("it ended the shell (status {})", report.status));
    }
    let statuses = statuses(report, stages);
    if statuses.len() != stages.len() {
        let status = report.status;
        let why = format!("it exited {status}");
        return if status == 0 { Status::Success } else { Status::Failure(why) };
    }
    let last = statuses.len() - 1;
    let Some(place) = statuses.iter().position(|status| *status != 0) else {
        return Status::Success;
    };
    let (name, status) = (&stages[place].name, statuses[place]);
    let name = if name.is_empty() { format!("stage {}", place + 1) } else { format!("`{name}`") };
    let benign = stages[place].benign.iter().find(|benign| benign.status == status);
    match benign {
        Some(benign) => Status::Benign(format!("{name} exited {status}: {}", benign.meaning)),
        None if place < last && statuses[last] == 0 => {
            Status::Failure(format!("{name} exited {status}, hidden by the pipe"))
        }
        None => Status::Failure(format!("{name} exited {status}")),
    }
}

/// The statuses of a statement's stages, where they all count: an earlier one that is no failure
/// counts as success.
pub(super) fn statuses(report: &Report, stages: &[Stage]) -> Vec<i32> {
    if stages.is_empty() || report.stages.len() != stages.len() {
        return vec![report.status];
    }
    let last = stages.len() - 1;
    let normal = |(place, status): (usize, &i32)| {
        let benign = stages[place].benign.iter().any(|benign| benign.status == *status);
        if place < last && (benign || *status == CLOSED_BY_READER) { 0 } else { *status }
    };
    report.stages.iter().enumerate().map(normal).collect()
}

/// The sum of several expectations of one segment.
pub(super) fn sum(judgements: Vec<Judgement>) -> Ruling {
    let worst = judgements.iter().map(|one| one.verdict).fold(Verdict::Met, and);
    let outcome = match worst {
        Verdict::Met => Outcome::Met,
        Verdict::NotMet => Outcome::NotMet,
        Verdict::Unverified => Outcome::Unverified,
    };
    let mut evidence: Vec<&str> = Vec::new();
    for check in judgements.iter().flat_map(|one| &one.checks) {
        if check.verdict == worst && !evidence.contains(&check.why.as_str()) {
            evidence.push(&check.why);
        }
    }
    let decisive = (!evidence.is_empty()).then(|| evidence.join("; "));
    let residuals: Vec<_> = judgements.iter().filter_map(|one| one.residual.clone()).collect();
    let residual = (!residuals.is_empty()).then(|| residuals.join("; "));
    let why = match (worst, &residual) {
        (Verdict::Unverified, Some(residual)) => format!("a person must judge: {residual}"),
        _ => decisive.unwrap_or_else(|| "nothing contradicts it".into()),
    };
    let checks = judgements.into_iter().flat_map(|one| one.checks).collect();
    Ruling { outcome, why, checks, residual }
}

/// Kleene's conjunction: not met dominates, then unverified.
const fn and(left: Verdict, right: Verdict) -> Verdict {
    match (left, right) {
        (Verdict::NotMet, _) | (_, Verdict::NotMet) => Verdict::NotMet,
        (Verdict::Unverified, _) | (_, Verdict::Unverified) => Verdict::Unverified,
        (Verdict::Met, Verdict::Met) => Verdict::Met,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::policy::Benign;
    use crate::source::Span;

    use super::*;

    fn case(statuses: &[i32], expected: &str) {
        let benign = vec![Benign { status: 7, meaning: "nothing".into() }];
        let stage = |name: &str| Stage {
            span: Span::new(0, 0),
            name: name.into(),
            streaming: false,
            leaves_early: false,
            benign: benign.clone(),
        };
        let report = Report {
            status: *statuses.last().expect("a stage"),
            stages: statuses.to_vec(),
            stop: Stop::None,
            shell_ended: false,
            elapsed: Duration::ZERO,
        };
        let stages: Vec<_> =
            ["a", "b", "c"].iter().take(statuses.len()).map(|n| stage(n)).collect();
        let told = match status(&report, &stages) {
            Status::Success => String::new(),
            Status::Benign(why) | Status::Failure(why) => why,
        };
        assert_eq!(told, expected, "{statuses:?}");
    }

    #[test]
    fn every_stage_counts_and_a_reader_may_leave_early() {
        case(&[0], "");
        case(&[1], "`a` exited 1");
        case(&[1, 0], "`a` exited 1, hidden by the pipe");
        case(&[141, 0], "");
        case(&[0, 141], "`b` exited 141");
        case(&[141, 0, 2], "`c` exited 2");
        case(&[7, 0], "");
        case(&[0, 7], "`b` exited 7: nothing");
    }
}
