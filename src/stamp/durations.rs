//! Durations as authors write them: `6m`, `~10 minutes`, `1 h 30 min`.
//!
//! Comes in: an old value and a duration. Goes out: the duration in that notation, to the minute;
//! under two minutes to the second, of which it is at least one. A range becomes the one number that was measured.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use super::method::in_case;

static NOTATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(?P<about>~ ?|≈ ?|about |approx\.? |approximately |ca\.? )?",
        r"\d+(?:\.\d+)?(?: ?(?:-|–|to) ?\d+(?:\.\d+)?)?(?P<gap>[ -]?)",
        r"(?P<unit>hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\.?",
        r"(?P<more>(?P<joint>,? ?(?:and )?)\d+ ?(?:minutes?|mins?|m|seconds?|secs?|s)\.?)?$"
    ))
    .expect("a valid pattern")
});

/// How long the words for the units are.
#[derive(Debug, Clone, Copy)]
enum Words {
    Letters,
    Short,
    Long,
}

/// The shortest notation.
pub(super) fn plain(duration: Duration) -> String {
    write(duration, "", " ", |count, unit| word(Words::Letters, count, unit))
}

/// The duration as the old value writes its own; nothing where that is none.
pub(super) fn in_notation(old: &str, duration: Duration) -> Option<String> {
    let found = NOTATION.captures(old)?;
    let unit = &found["unit"];
    let words = match unit.to_lowercase().as_str() {
        "h" | "m" | "s" => Words::Letters,
        "hr" | "hrs" | "min" | "mins" | "sec" | "secs" => Words::Short,
        _ => Words::Long,
    };
    let gap = &found["gap"];
    let usual = if gap.is_empty() { "" } else { " " };
    let joint = found.name("joint").map_or(usual, |joint| joint.as_str());
    let about = found.name("about").map_or("", |about| about.as_str());
    let new = write(duration, gap, joint, |count, name| in_case(unit, &word(words, count, name)));
    Some(format!("{about}{new}"))
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Hour,
    Minute,
    Second,
}

fn write(duration: Duration, gap: &str, joint: &str, word: impl Fn(u64, Unit) -> String) -> String {
    let seconds = (duration.as_secs() + u64::from(duration.subsec_millis() >= 500)).max(1);
    let minutes = (seconds + 30) / 60;
    let one = |count, unit| format!("{count}{gap}{}", word(count, unit));
    match (minutes / 60, minutes % 60) {
        _ if seconds < 120 && !seconds.is_multiple_of(60) => one(seconds, Unit::Second),
        (0, minutes) => one(minutes, Unit::Minute),
        (hours, 0) => one(hours, Unit::Hour),
        (hours, minutes) => {
            format!("{}{joint}{}", one(hours, Unit::Hour), one(minutes, Unit::Minute))
        }
    }
}

fn word(words: Words, count: u64, unit: Unit) -> String {
    let several = if count == 1 { "" } else { "s" };
    match (words, unit) {
        (Words::Letters | Words::Short, Unit::Hour) => "h".to_owned(),
        (Words::Letters, Unit::Minute) => "m".to_owned(),
        (Words::Letters | Words::Short, Unit::Second) => "s".to_owned(),
        (Words::Short, Unit::Minute) => "min".to_owned(),
        (Words::Long, Unit::Hour) => format!("hour{several}"),
        (Words::Long, Unit::Minute) => format!("minute{several}"),
        (Words::Long, Unit::Second) => format!("second{several}"),
    }
}
