//! A story as test cases for CI.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::event::Outcome;
use crate::report::terminal::outcome_word;
use crate::report::told;

use super::Story;
use super::deed::{Deed, Visiting, Words};

impl Story {
    /// For CI: a test case for each segment and manual action.
    ///
    /// # Panics
    /// Never: a string takes everything.
    pub fn junit(&self) -> String {
        let mut report = Report::new("runbook show");
        let mut suite = TestSuite::new(plain(&self.title().bare()));
        for (label, value) in self.facts() {
            suite.add_property((label, plain(&value).as_str()));
        }
        for chapter in &self.chapters {
            for deed in chapter.deeds.iter().filter(|deed| deed.line > 0) {
                let what: Vec<_> = deed.what.iter().map(Words::bare).collect();
                let name = format!("line {}: {}", deed.line, what.join("; "));
                let mut case = TestCase::new(plain(&name), deed.status());
                case.set_classname(plain(&chapter.title.bare()));
                case.set_time(Duration::from_millis(deed.duration_ms));
                suite.add_test_case(case);
            }
        }
        report.add_test_suite(suite);
        report.to_string().expect("a string takes everything")
    }
}

impl Deed {
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

/// Text for XML, on one line.
fn plain(text: &str) -> String {
    told(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
