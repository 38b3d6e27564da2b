//! What an event is called in a few words.
//!
//! Comes in: parts of events. Goes out: text that may quote others, not yet harmless.

use anstyle::Style;

use crate::event::{Intent, Mover, Outcome, Reference, Role, RoleStanding, RunResult, Usual};
use crate::expect::Verdict;
use crate::policy::Effect;
use crate::policy::Trait;
use crate::report::named;

use super::page::{GREEN, RED, YELLOW};

/// What a command does, and why that is known.
pub(super) fn effect_words(intent: &Intent) -> String {
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
    words
}

/// From whom a value came, and where it was fetched from.
pub fn from_words(from: &str, reference: Option<&Reference>) -> String {
    reference.map_or_else(|| from.to_owned(), |it| format!("{from}: {}", it.words()))
}

/// A role that is required, and how it is known.
pub fn role_words(role: &Role) -> String {
    let required = named(&role.required);
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

/// What became of an action, in a word.
pub const fn outcome_word(outcome: Outcome) -> &'static str {
    mark(outcome).1
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

/// The same with its style.
pub(super) const fn mark(outcome: Outcome) -> (Style, &'static str) {
    match outcome {
        Outcome::Met => (GREEN, "met"),
        Outcome::StatusOnly => (GREEN, "status only"),
        Outcome::Confirmed => (GREEN, "confirmed"),
        Outcome::Judged => (GREEN, "judged to hold"),
        Outcome::NotMet => (RED, "NOT MET"),
        Outcome::Failed => (RED, "FAILED"),
        Outcome::Unverified => (YELLOW, "unverified"),
        Outcome::Skipped => (YELLOW, "skipped"),
        Outcome::Overruled => (YELLOW, "overruled"),
        Outcome::Refused => (RED, "REFUSED"),
        Outcome::Stopped => (YELLOW, "stopped"),
    }
}

/// What became of a check, in a word.
pub(super) const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::NotMet => "not met",
        Verdict::Unverified => "unverified",
    }
}

/// Words in a row; `none` where there are none.
pub(super) fn listed(none: &str, lead: &str, words: &[String]) -> String {
    if words.is_empty() {
        return none.to_owned();
    }
    format!("{lead}{}", words.join(", "))
}

/// Who has led a tool to another place.
pub(super) const fn mover_words(by: Mover) -> &'static str {
    match by {
        Mover::Step => "by this step",
        Mover::Unclear => "by this step, or by another process",
        Mover::Others => "by another process: no command of this step leads there",
    }
}

/// How long runs take, waiting counted apart.
pub(super) fn usual_words(usual: &Usual) -> String {
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

/// The style of a run's end.
pub(super) const fn result_style(result: RunResult) -> Style {
    match result {
        RunResult::Complete => GREEN,
        RunResult::CompleteWithDoubts | RunResult::Paused => YELLOW,
        _ => RED,
    }
}

#[cfg(test)]
mod tests {
    use super::{outcome_word, result_word};
    use crate::event::{Outcome, RunResult};
    use crate::voice;

    #[test]
    fn what_a_line_is_about_stands_in_the_table_of_our_words() {
        let outcomes = [
            Outcome::Met,
            Outcome::StatusOnly,
            Outcome::Confirmed,
            Outcome::Judged,
            Outcome::NotMet,
            Outcome::Failed,
            Outcome::Unverified,
            Outcome::Skipped,
            Outcome::Overruled,
            Outcome::Refused,
            Outcome::Stopped,
        ];
        assert_eq!(outcomes.map(outcome_word), voice::JUDGEMENTS);
        let results = [
            RunResult::Complete,
            RunResult::CompleteWithDoubts,
            RunResult::Failed,
            RunResult::Paused,
            RunResult::Refused,
            RunResult::Interrupted,
            RunResult::Broken,
        ];
        assert_eq!(results.map(result_word), voice::ENDINGS);
    }
}
