//! JUnit XML, for the test reports of every CI.
//!
//! Comes in: the [`Whole`]. Goes out: a suite for each runbook with a case for the static check, one
//! for each segment and one for the runbook as a whole. JUnit has no third value, so that a green
//! report means "validated" only if what is unverified is a failure; its type says which:
//!
//! | what became of it | in JUnit |
//! |---|---|
//! | met, status only | a pass |
//! | not met, failed, stopped | `failure`, type `not_met`, `failed`, `stopped` |
//! | unverified | `failure`, type `unverified` |
//! | refused; broken | `error`, type `refused`, `broken` |
//! | not covered | `skipped`, type `writes`, `follows-change`, ... |

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::json::word;
use super::{Examined, Standing, Whole, segments, told};
use crate::diagnostic::Severity;
use crate::event::Outcome;
use crate::report::workflow::{Disguise, disarm};
use crate::validation::{Coverage, Segment};

/// The report as XML.
///
/// # Panics
/// Never: what cannot be written as XML is taken out before.
pub fn text(whole: &Whole) -> String {
    let mut report = Report::new(format!("runbook {}", whole.command.word()));
    for one in &whole.runbooks {
        report.add_test_suite(suite(whole, one));
    }
    let xml = report.to_string().expect("a string takes everything");
    disarm(&xml, Disguise::SPACED).into_owned()
}

/// Text for XML: on one line, since an attribute's line ends are lost; without what XML forbids.
fn xml(text: &str) -> String {
    told(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn suite(whole: &Whole, one: &Examined) -> TestSuite {
    let path = xml(&whole.relative(&one.path).to_string_lossy());
    let mut suite = TestSuite::new(path.as_str());
    let mut property = |name: &str, value: String| {
        suite.add_property((name, xml(&value).as_str()));
    };
    property("title", one.title().to_owned());
    property("result", whole.standing(one).word().to_lowercase());
    property("coverage", one.coverage().unwrap_or_else(|| "nothing run".to_owned()));
    property("method", one.method.clone().unwrap_or_default());
    if let Some(stamp) = &one.stamp {
        property("stamp", stamp.told());
    }
    let validation = one.validation.as_ref();
    if let Some(confinement) = validation.and_then(|validation| validation.confinement.as_ref()) {
        property("confinement", segments::confinement(confinement));
    }
    if let Some(validation) = validation {
        suite.set_time(Duration::from_millis(validation.duration_ms));
    }
    let segments = validation.map_or(&[][..], |validation| &validation.segments);
    let cases = std::iter::once(check(one)).chain(segments.iter().map(segment));
    for mut case in cases.chain([overall(whole, one)]) {
        case.set_classname(path.as_str());
        suite.add_test_case(case);
    }
    suite
}

/// The static check: a failure where it found an error. What else it found is in the text.
fn check(one: &Examined) -> TestCase {
    let lines: Vec<_> = one
        .findings
        .diagnostics
        .iter()
        .map(|found| {
            let severity = word(found.severity);
            xml(&format!(
                "line {}: {severity}[{}]: {}",
                found.place.line, found.code, found.message
            ))
        })
        .collect();
    let status = match one.findings.count(Severity::Error) {
        0 => TestCaseStatus::success(),
        _ => failure(NonSuccessKind::Failure, "check", &one.check_why(), &lines),
    };
    let passes = matches!(status, TestCaseStatus::Success { .. });
    let mut case = TestCase::new("static check", status);
    if passes && !lines.is_empty() {
        case.set_system_out(lines.join("\n"));
    }
    case
}

fn segment(segment: &Segment) -> TestCase {
    let place = xml(&segments::place(segment));
    let mut case = TestCase::new(format!("line {}: {place}", segment.line), status(segment));
    case.set_time(Duration::from_millis(segments::duration_ms(segment)));
    let statements: Vec<_> =
        segment.statements.iter().map(|one| format!("$ {}", xml(one.as_str()))).collect();
    case.set_system_out(statements.join("\n"));
    case
}

fn status(segment: &Segment) -> TestCaseStatus {
    if let Coverage::NotCovered(gap) = &segment.coverage {
        let mut skipped = TestCaseStatus::skipped();
        skipped.set_type(word(gap.kind));
        skipped.set_message(xml(&format!("{}: {}", segments::gap(gap.kind), gap.why.as_str())));
        return skipped;
    }
    let outcome = segments::outcome(segment).unwrap_or(Outcome::Unverified);
    let kind = match segments::standing_of(outcome) {
        Standing::Checked | Standing::Validated => return TestCaseStatus::success(),
        Standing::CheckedOnly | Standing::Unverified | Standing::Failed => NonSuccessKind::Failure,
        Standing::Refused | Standing::Broken => NonSuccessKind::Error,
    };
    let expectations = segment.expectations.iter();
    let mut lines: Vec<_> = expectations
        .map(|(line, text)| xml(&format!("expects (line {line}): {}", text.as_str())))
        .collect();
    let evidence = segments::evidence(segment);
    lines.extend(evidence.iter().map(|line| xml(line)));
    let first = evidence.first().map(String::as_str).unwrap_or_default();
    failure(kind, &word(outcome), first, &lines)
}

/// The runbook as a whole: what keeps it from being good and is no segment's alone, such as too
/// little that was covered, is seen here.
fn overall(whole: &Whole, one: &Examined) -> TestCase {
    let standing = whole.standing(one);
    let kind = match standing {
        Standing::Checked | Standing::Validated => {
            return TestCase::new("runbook", TestCaseStatus::success());
        }
        Standing::CheckedOnly | Standing::Unverified | Standing::Failed => NonSuccessKind::Failure,
        Standing::Refused | Standing::Broken => NonSuccessKind::Error,
    };
    let why = one.why();
    let status = failure(kind, &word(standing), &why, &[xml(&why)]);
    TestCase::new("runbook", status)
}

fn failure(kind: NonSuccessKind, reason: &str, message: &str, lines: &[String]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(reason).set_message(xml(message)).set_description(lines.join("\n"));
    status
}
