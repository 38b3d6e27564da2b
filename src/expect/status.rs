//! Exit statuses: what an expectation demands of them, and what a pipeline's statuses say.
//!
//! Comes in: a [`Demand`] and the statuses of every stage. Goes out: a finding that names the
//! stage. The shell reports only the last stage; a failure before it is "hidden by the pipe" and
//! counts, except where the reader left early and the writer was told so (SIGPIPE).

use super::words::{Protected, mask};
use super::{Ended, Finding, Observed, Verdict};

/// What the exit statuses must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Demand {
    /// Nothing was said of failure: every stage succeeds.
    Success,
    /// Nothing is expected to be found, so 1 of a `grep` or `diff` is no failure.
    Quiet,
    /// One of these.
    Exactly(Vec<i32>),
    NonZero,
    /// The text decides: an answer such as 401 comes with or without a failure.
    Any,
    /// The author's prose speaks of a failure: whether this is the one, a person must say.
    Unclear,
    /// Alternatives that demand different things each look for themselves.
    PerBranch,
}

impl Demand {
    /// `exit 0`, `exits with code 2`, `exit 0 or 1`, `exits non-zero`, `succeeds`, `fails`.
    pub(super) fn parse(text: &str) -> Option<Demand> {
        use super::words::{after, is};
        const SUCCESS: &str = "\
     success|succeeds|succeed|should succeed|successful|passes|pass|should pass|\
     must pass|tests pass|all tests pass|all pass|all tests passed|exits cleanly|\
     exits successfully|command succeeds|the command succeeds|build succeeds|builds|\
     zero exit|zero exit code|zero exit status|it succeeds";
        const FAILURE: &str = "\
     fails|fail|failing|should fail|must fail|failure|command fails|the command fails|\
     exits non-zero|exit non-zero|exits nonzero|non-zero exit|non-zero exit code|\
     non-zero exit status|nonzero exit|nonzero exit code|exits with non-zero|\
     exits with an error|exit code non-zero|a non-zero exit|non-zero|\
     exits with non-zero status|exit status non-zero|it fails";
        if is(text, SUCCESS) {
            return Some(Demand::Exactly(vec![0]));
        }
        if is(text, FAILURE) && !is(text, "non-zero") {
            return Some(Demand::NonZero);
        }
        let rest = after(
            text,
            "\
     fails with|should fail with|exits|exit|exited|rc|return|returns|returned",
        )?;
        let worded = after(rest, "with").unwrap_or(rest);
        let named =
            after(worded, "an exit code of|exit code|exit status|code|status code|status|rc");
        if named.is_none()
            && after(text, "return|returns|returned|fails with|should fail with").is_some()
        {
            return None;
        }
        let numbers = named.unwrap_or(worded).trim_start_matches([':', '=']).trim_start();
        let numbers = super::words::split(numbers, &[" or ", "/"]);
        let numbers: Option<Vec<i32>> =
            numbers.into_iter().map(|n| n.parse().ok().filter(|n| (0..256).contains(n))).collect();
        numbers.map(Demand::Exactly)
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Demand::Success => "every stage exits 0".to_owned(),
            Demand::Quiet => {
                "every stage exits 0 (1 of a search that finds nothing is fine)".to_owned()
            }
            Demand::Exactly(codes) => {
                let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
                format!("it exits {}", codes.join(" or "))
            }
            Demand::NonZero => "it exits non-zero".to_owned(),
            Demand::Any => "any exit status: the text decides".to_owned(),
            Demand::Unclear => "it exits as described".to_owned(),
            Demand::PerBranch => "it exits as the alternative demands".to_owned(),
        }
    }
}

/// One stage of a pipeline, as far as its words tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) words: Vec<String>,
}

impl Stage {
    pub(super) fn name(&self) -> &str {
        let wrappers = ["sudo", "command", "env", "time", "nohup", "exec"];
        let assigned = |word: &str| {
            word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            })
        };
        let name =
            self.words.iter().find(|word| !assigned(word) && !wrappers.contains(&word.as_str()));
        name.map_or("", |name| name.rsplit('/').next().unwrap_or(name))
    }

    fn has(&self, flags: &[&str]) -> bool {
        self.words.iter().any(|word| flags.contains(&word.as_str()))
    }

    /// Whether 1 means "nothing found" or "they differ", and it would have printed what differs.
    fn says_nothing_with_1(&self) -> bool {
        let silent = self.has(&["-s", "--quiet", "--silent"])
            || self.words.iter().any(|w| w.starts_with('>'));
        match self.name() {
            "grep" | "egrep" | "fgrep" | "rg" | "ag" | "pgrep" | "lsof" | "zgrep" => true,
            "git" => self.has(&["grep"]),
            "diff" | "cmp" => !silent,
            _ => false,
        }
    }

    /// Whether it may stop reading before its writer is done.
    fn leaves_early(&self) -> bool {
        let cluster = |letter: char| {
            self.words
                .iter()
                .any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains(letter))
        };
        match self.name() {
            "head" => true,
            "grep" | "egrep" | "rg" => {
                cluster('q') || cluster('m') || self.has(&["--quiet", "--max-count"])
            }
            "sed" => self.words.iter().any(|w| w.trim_end_matches(['\'', '"', '}']).ends_with('q')),
            "awk" => self.words.iter().any(|w| w.contains("exit")),
            _ => false,
        }
    }
}

/// The stages of the pipeline that a statement runs last.
pub(super) fn stages(command: &str) -> Vec<Stage> {
    let last = pieces(command, &["&&", "||", ";", "\n"]).pop().unwrap_or_default();
    let piped = pieces(&last, &["|&", "|"]);
    piped.iter().map(|stage| Stage { words: words(stage) }).collect()
}

fn pieces(command: &str, separators: &[&str]) -> Vec<String> {
    let command = command.trim().trim_end_matches([';', '&']);
    super::words::split(&command.replace("\\\n", " "), separators)
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words of a stage; quoted blanks do not part them.
fn words(stage: &str) -> Vec<String> {
    let masked = mask(stage, Protected::Quotes);
    let mut words = Vec::new();
    let mut from = 0;
    for (at, _) in masked.match_indices(char::is_whitespace).chain([(stage.len(), "")]) {
        let word = stage[from..at].trim().trim_matches(['(', ')', '{', '}']);
        if !word.is_empty() {
            words.push(word.to_owned());
        }
        from = at;
    }
    words
}

/// Whether the statement's own exit status says nothing: `|| true`, `; echo done`.
pub(super) fn status_is_masked(command: &str) -> bool {
    let masked = mask(command, Protected::Quotes);
    ["|| true", "|| :", "|| echo", "|| exit 0", "; true", "; echo", "; :", "||true", "||:"]
        .iter()
        .any(|tail| {
            masked.rfind(tail).is_some_and(|at| !masked[at + tail.len()..].contains(['\n', ';']))
        })
}

/// Whether positive evidence was complete before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided {
    Yes,
    No,
}

/// What the statuses say of the demand.
pub(super) fn judge(demand: &Demand, observed: &Observed, decided: Decided) -> Finding {
    if observed.ended == Ended::TimedOut && decided == Decided::No {
        return Finding::new(Verdict::NotMet, "it did not end in time and was stopped");
    }
    let Some(&last) = observed.statuses.last() else {
        return Finding::new(Verdict::Unverified, "its exit status is not known");
    };
    match demand {
        Demand::Any | Demand::PerBranch => Finding::new(Verdict::Met, said(observed)),
        Demand::Success | Demand::Quiet => succeeded(demand, observed),
        Demand::Exactly(codes) if codes == &[0] => explicit_success(observed),
        Demand::Exactly(codes) => exactly(codes, last, observed),
        Demand::NonZero => failed(last, observed),
        Demand::Unclear => match succeeded(demand, observed) {
            Finding { verdict: Verdict::NotMet, why } => Finding::new(
                Verdict::Unverified,
                format!("{why}: whether this is the failure that is meant, a person must say"),
            ),
            finding => finding,
        },
    }
}

/// Whether every stage succeeded, as far as this demand goes.
fn succeeded(demand: &Demand, observed: &Observed) -> Finding {
    let stages = stages(&observed.command);
    let known = if stages.len() == observed.statuses.len() { stages.as_slice() } else { &[] };
    let exits = (0..observed.statuses.len()).map(|index| Exit {
        index,
        stage: known.get(index),
        readers: known.get(index + 1..).unwrap_or_default(),
        observed,
    });
    match exits.into_iter().find(|exit| !exit.is_fine(demand)) {
        Some(exit) if exit.found_differences() => Finding::new(
            Verdict::Unverified,
            format!("{}: it found differences", blame(exit.index, observed, exit.stage)),
        ),
        Some(exit) => Finding::new(Verdict::NotMet, blame(exit.index, observed, exit.stage)),
        None => Finding::new(Verdict::Met, said(observed)),
    }
}

/// The end of one stage, with those that read from it.
struct Exit<'a> {
    index: usize,
    stage: Option<&'a Stage>,
    readers: &'a [Stage],
    observed: &'a Observed,
}

impl Exit<'_> {
    fn is_fine(&self, demand: &Demand) -> bool {
        let status = self.observed.statuses[self.index];
        let last = self.index + 1 == self.observed.statuses.len();
        let stopped =
            self.observed.ended != Ended::Exited && [130, 137, 143, 141].contains(&status);
        let searched = self.stage.is_some_and(Stage::says_nothing_with_1);
        let quiet = *demand == Demand::Quiet && last && status == 1 && searched;
        let left = !last && (status == 141 || self.wrote_to_nobody(status));
        status == 0 || stopped || quiet || left
    }

    /// 1 of a comparison is an answer; whether it is the right one, the output or a person says.
    fn found_differences(&self) -> bool {
        let compares = self.stage.is_some_and(|stage| ["diff", "cmp"].contains(&stage.name()));
        compares && self.observed.statuses[self.index..] == [1]
    }

    /// Tools that do not die of SIGPIPE say in their own way that their reader left.
    fn wrote_to_nobody(&self, status: i32) -> bool {
        if !self.readers.iter().any(Stage::leaves_early) {
            return false;
        }
        if self.stage.map_or("", Stage::name) == "curl" {
            return status == 23;
        }
        let stderr = String::from_utf8_lossy(&self.observed.stderr.head);
        let broken = stderr.contains("BrokenPipe") || stderr.contains("Broken pipe");
        broken && [1, 120].contains(&status)
    }
}

fn blame(index: usize, observed: &Observed, stage: Option<&Stage>) -> String {
    let status = observed.statuses[index];
    let all = observed.statuses.len();
    let name = stage.map_or("", Stage::name);
    let place = match (name.is_empty(), all) {
        (true, 1) => "it".to_owned(),
        (true, _) => format!("stage {} of {all}", index + 1),
        (false, 1) => format!("`{name}`"),
        (false, _) => format!("`{name}` stage {} of {all}", index + 1),
    };
    let hidden = index + 1 < all && observed.statuses.last() == Some(&0);
    let ending = if hidden { ", hidden by the pipe" } else { "" };
    format!("{place} exited {status}{}{ending}", meaning(status))
}

fn meaning(status: i32) -> &'static str {
    match status {
        126 => " (it could not be executed)",
        127 => " (command not found)",
        _ => "",
    }
}

/// "Exit 0" said aloud: a status that the command hides proves nothing.
fn explicit_success(observed: &Observed) -> Finding {
    let finding = succeeded(&Demand::Success, observed);
    if finding.verdict == Verdict::Unverified {
        return Finding::new(Verdict::NotMet, finding.why);
    }
    if finding.verdict == Verdict::Met && status_is_masked(&observed.command) {
        return Finding::new(Verdict::Unverified, "the command hides its own exit status");
    }
    finding
}

fn exactly(codes: &[i32], last: i32, observed: &Observed) -> Finding {
    if codes.contains(&last) {
        return Finding::new(Verdict::Met, format!("it exited {last}"));
    }
    if observed.statuses.iter().any(|status| codes.contains(status)) {
        return Finding::new(
            Verdict::Unverified,
            format!("an earlier stage did, but the pipeline as a whole exited {last}"),
        );
    }
    Finding::new(Verdict::NotMet, blame(observed.statuses.len() - 1, observed, None))
}

fn failed(last: i32, observed: &Observed) -> Finding {
    let finding = |verdict, why: &str| Finding::new(verdict, why);
    if observed.ended == Ended::Stopped {
        return finding(Verdict::Unverified, "it was stopped before it ended by itself");
    }
    match last {
        0 if observed.statuses.iter().any(|status| *status != 0) => finding(
            Verdict::Unverified,
            "an earlier stage failed, but the pipeline as a whole exited 0",
        ),
        0 => finding(Verdict::NotMet, "it exited 0"),
        126 | 127 => {
            Finding::new(Verdict::Unverified, format!("it exited {last}{}", meaning(last)))
        }
        129.. => {
            Finding::new(Verdict::Unverified, format!("it was killed by signal {}", last - 128))
        }
        _ => Finding::new(Verdict::Met, format!("it exited {last}")),
    }
}

fn said(observed: &Observed) -> String {
    let statuses: Vec<String> = observed.statuses.iter().map(ToString::to_string).collect();
    match observed.ended {
        Ended::Exited => format!("exited {}", statuses.join(" | ")),
        Ended::Stopped | Ended::TimedOut => "it was stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decided, Demand, judge, stages, status_is_masked};
    use crate::expect::Verdict::{self, Met, NotMet, Unverified};
    use crate::expect::tests::observed;

    fn case(demand: &Demand, command: &str, statuses: &[i32], expected: Verdict) -> String {
        let observed = observed(command, statuses, "", "");
        let finding = judge(demand, &observed, Decided::No);
        assert_eq!(finding.verdict, expected, "{command} {statuses:?}: {}", finding.why);
        finding.why
    }

    #[test]
    fn a_failure_before_the_pipe_is_not_hidden() {
        let why = case(&Demand::Success, "A=b infisical secrets list | head -3", &[1, 0], NotMet);
        assert_eq!(why, "`infisical` stage 1 of 2 exited 1, hidden by the pipe");
        case(&Demand::Success, "yes | head -3", &[141, 0], Met);
        case(&Demand::Success, "curl -s x | head -3", &[23, 0], Met);
        case(&Demand::Success, "curl -s x | jq .", &[23, 0], NotMet);
        case(&Demand::Success, "curl -sS x | jq .", &[7, 0], NotMet);
        case(&Demand::Success, "a | b", &[0, 141], NotMet);
        case(&Demand::Success, "", &[], Unverified);
    }

    #[test]
    fn finding_nothing_is_no_failure_where_nothing_is_expected() {
        case(&Demand::Quiet, "grep -r x .", &[1], Met);
        case(&Demand::Quiet, "ps | grep x", &[0, 1], Met);
        case(&Demand::Quiet, "git grep x", &[1], Met);
        case(&Demand::Quiet, "diff a b", &[1], Met);
        case(&Demand::Quiet, "cmp -s a b", &[1], Unverified);
        case(&Demand::Success, "diff a b", &[1], Unverified);
        case(&Demand::Success, "diff a b", &[2], NotMet);
        case(&Demand::Exactly(vec![0]), "diff a b", &[1], NotMet);
        case(&Demand::Quiet, "grep x missing", &[2], NotMet);
        case(&Demand::Quiet, "ls x", &[1], NotMet);
        case(&Demand::Success, "grep x f", &[1], NotMet);
    }

    #[test]
    fn an_expected_failure_is_one_of_its_own() {
        case(&Demand::NonZero, "x", &[1], Met);
        case(&Demand::NonZero, "x", &[0], NotMet);
        case(&Demand::NonZero, "x", &[127], Unverified);
        case(&Demand::NonZero, "x", &[137], Unverified);
        case(&Demand::NonZero, "x | tee log", &[1, 0], Unverified);
        case(&Demand::Exactly(vec![2]), "x", &[2], Met);
        case(&Demand::Exactly(vec![2]), "x", &[1], NotMet);
        case(&Demand::Exactly(vec![0]), "x || true", &[0], Unverified);
    }

    #[test]
    fn exits_are_written_in_many_ways() {
        let case = |text: &str, expected: Option<Demand>| {
            assert_eq!(Demand::parse(text), expected, "{text}");
        };
        case("exit 0", Some(Demand::Exactly(vec![0])));
        case("exits with code 2", Some(Demand::Exactly(vec![2])));
        case("exit status 1", Some(Demand::Exactly(vec![1])));
        case("exit code: 3", Some(Demand::Exactly(vec![3])));
        case("exit 0 or 1", Some(Demand::Exactly(vec![0, 1])));
        case("return code 0", Some(Demand::Exactly(vec![0])));
        case("fails with exit code 2", Some(Demand::Exactly(vec![2])));
        case("All tests pass", Some(Demand::Exactly(vec![0])));
        case("should fail", Some(Demand::NonZero));
        case("exits non-zero", Some(Demand::NonZero));
        case("returns 0", None);
        case("exit the shell", None);
        case("exit 300", None);
        case("9 tests pass", None);
    }

    #[test]
    fn stages_are_named_by_their_command() {
        let names: Vec<String> =
            stages("cd x && A=1 B='a b' sudo /usr/bin/foo 'a | b' | grep -q \"x|y\"")
                .iter()
                .map(|s| s.name().to_owned())
                .collect();
        assert_eq!(names, ["foo", "grep"]);
        assert!(status_is_masked("rm x || true"));
        assert!(status_is_masked("run; echo done"));
        assert!(!status_is_masked("echo '|| true'"));
    }
}
