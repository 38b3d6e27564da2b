//! GitHub Actions: the log of a step, with annotations, and the step's summary.
//!
//! Comes in: the [`Whole`]. Goes out: text for standard output and markdown for the file that
//! `$GITHUB_STEP_SUMMARY` names. The runner takes lines of the log for commands: `::error::` from a
//! document or a command would be an annotation in our name, `::add-mask::` would hide what follows.
//! So everything that quotes others stands inside a [`Fence`], after which the runner obeys nothing
//! until a word comes that nobody can know; and is disarmed there as well. Outside stand only our
//! annotations, in which data is escaped as the runner unescapes it.
//!
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use super::troubles::{self, Trouble};
use super::{Examined, Whole, counted, summary as page, terminal, told};
use crate::diagnostic::Severity;
use crate::report::Colour;
use crate::report::markdown::cut;
use crate::report::workflow::{Disguise, disarm};

/// As many annotations of a kind as GitHub shows for a step.
const SHOWN: usize = 10;
/// The most characters of an annotation's text.
const LONGEST: usize = 4000;
/// The width of the report in the log.
const COLUMNS: usize = 100;

/// Stops the runner from obeying what stands between its two lines.
#[derive(Debug, Clone)]
pub struct Fence(String);

impl Fence {
    /// A fence that nobody can know, and so nobody can close.
    pub fn random() -> Self {
        // Each is keyed by the system's source of randomness.
        let word = || RandomState::new().build_hasher().finish();
        Self(format!("{:016x}{:016x}", word(), word()))
    }

    /// A fence with a known word; for tests.
    pub fn known(word: &str) -> Self {
        Self(word.to_owned())
    }

    fn around(&self, text: &str) -> String {
        format!("::stop-commands::{word}\n{text}::{word}::\n", word = self.0)
    }
}

/// What goes to the log: the report for people inside the fence, then the annotations, the most
/// important first, and last how many there are that GitHub would not show.
pub fn log(whole: &Whole, fence: &Fence) -> String {
    let mut out = fence.around(&terminal::text(whole, Colour::Off, COLUMNS));
    let annotations = annotations(whole);
    let mut left_out = Vec::new();
    for (severity, noun) in KINDS {
        let of_kind: Vec<_> = annotations.iter().filter(|(kind, _)| *kind == severity).collect();
        of_kind.iter().take(SHOWN).for_each(|(_, line)| out.push_str(line));
        if of_kind.len() > SHOWN {
            left_out.push(counted(of_kind.len() - SHOWN, noun));
        }
    }
    if !left_out.is_empty() {
        let left_out = left_out.join(", ");
        out.push_str(&format!(
            "Not annotated, because GitHub shows {SHOWN} of each kind: {left_out} more; all are above.\n"
        ));
    }
    out
}

/// What goes to the step's summary, as markdown. The runner obeys nothing in it, but a later step may
/// print it.
pub fn summary(whole: &Whole) -> String {
    disarm(&page::text(whole), Disguise::SPACED).into_owned()
}

const KINDS: [(Severity, &str); 3] =
    [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "notice")];

/// Every annotation as a line, the most important first.
fn annotations(whole: &Whole) -> Vec<(Severity, String)> {
    let worst_first = whole.worst_first();
    let mut all: Vec<_> = worst_first
        .iter()
        .flat_map(|(_, one)| troubles::of(whole, one).into_iter().map(move |two| (*one, two)))
        .collect();
    all.sort_by_key(|(_, trouble)| importance(trouble.code));
    let unconfined = whole.ran_unconfined().then(|| {
        let text = "commands were run with --sandbox=off: nothing but the classification kept \
                    them from changing anything";
        (Severity::Warning, command("warning", &[("title", "NOT IN A SANDBOX")], text))
    });
    let annotations = all.into_iter().map(|(one, trouble)| annotation(whole, one, &trouble));
    unconfined.into_iter().chain(annotations).collect()
}

/// What comes first where not everything is shown.
fn importance(code: &str) -> u8 {
    match code {
        "refused" => 0,
        "broken" => 1,
        "command-failed" | "expectation-not-met" | "stopped" | "failed" => 2,
        "expectation-weakened" => 3,
        "unverified" => 4,
        _ => 5,
    }
}

fn annotation(whole: &Whole, one: &Examined, trouble: &Trouble) -> (Severity, String) {
    let file = told(&whole.relative(&one.path).to_string_lossy());
    let place = trouble.place;
    let [line, end_line] = [place.line, place.end_line].map(|line| line.to_string());
    let [column, end_column] = [place.column, place.end_column].map(|column| column.to_string());
    // The older form of a command is obeyed anywhere in a line, where the newer one is not known.
    let disarmed = |text: &str| disarm(text, Disguise::SPACED).into_owned();
    let title = disarmed(&cut(&trouble.title, 200));
    let mut properties = vec![("file", &*file), ("line", &line), ("endLine", &end_line)];
    // The runner drops columns of what goes over several lines, with a complaint.
    if place.line == place.end_line && place.column < place.end_column {
        properties.extend([("col", &*column), ("endColumn", &end_column)]);
    }
    properties.push(("title", &title));
    let name =
        KINDS.iter().find(|(kind, _)| *kind == trouble.severity).map_or("error", |kind| kind.1);
    (
        trouble.severity,
        command(name, &properties, &disarmed(&cut(&trouble.lines.join("\n"), LONGEST))),
    )
}

/// A workflow command. The only place where one is made.
fn command(name: &str, properties: &[(&str, &str)], data: &str) -> String {
    let properties: Vec<_> = properties
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={}", escaped_property(value)))
        .collect();
    format!("::{name} {}::{}\n", properties.join(","), escaped(data))
}

fn escaped(data: &str) -> String {
    data.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(value: &str) -> String {
    escaped(value).replace(':', "%3A").replace(',', "%2C")
}
