//! Asks probes where their tools would act, in a copy of the run's shell.
//!
//! Comes in: probes and the state to ask them in. Goes out: an answer for each of their facts. All
//! are asked at once, without input; what has not answered in time is not known. The text is bash,
//! because what counts is what the run's own variables, functions and folder make of the tools.

use std::time::Duration;

use crate::policy::{Fact, Probe};
use crate::shell::quote;

/// How long all probes together may take at the start: some tools need seconds on a busy machine.
pub(super) const AT_START: Duration = Duration::from_secs(10);

/// How long they may take at a write, where an answer that does not come ends the run.
pub(super) const AT_WRITE: Duration = Duration::from_secs(20);

/// Why a fact is not known where the time was too short to tell it.
pub(super) const LATE: &str = "no answer in time";

/// How many characters an answer may have: one that has more is none. With four bytes each it fits
/// into what a pipe takes in one piece, so that answers do not get mixed up.
const LONGEST: usize = 1000;

/// The statuses by which a shell says that a program is not there, or is none.
const NOT_FOUND: i32 = 127;
const NO_PROGRAM: i32 = 126;

/// What is known of a fact: what it is, or why that is not known.
pub(super) type Known = Result<String, String>;

/// What stands for the end of a line in an answer: bash writes each line by itself, and what comes in
/// several pieces gets among the other answers.
const LINE_END: char = '\x1e';

/// The text that asks all probes at once and prints an answer for each as it comes: its number, its
/// status and what it says, each ended by a NUL.
pub(super) fn script(probes: &[&Probe]) -> String {
    let asked: String = (0..).zip(probes).map(|(number, probe)| ask(number, probe)).collect();
    format!("{asked}builtin wait\n")
}

fn ask(number: usize, probe: &Probe) -> String {
    let command = match probe.command.as_str() {
        "" => String::new(),
        command => {
            let shortened = COMMAND.replace("LENGTH", &(LONGEST + 1).to_string());
            shortened.replace("TEXT", &quote(command))
        }
    };
    let file = match probe.file.as_str() {
        "" => String::new(),
        file => FILE.replace("NAME", &quote(file)).replace("PATTERN", &quote(&probe.pattern)),
    };
    let variables = match probe.variables.as_str() {
        "" => String::new(),
        names => VARIABLES.replace("NAMES", names),
    };
    format!(
        "{{\nbuiltin set +eux; __said= __status=0\n{variables}{file}{command}\
         builtin printf '%s\\0' {number} \"$__status\" \"${{__said//$'\\n'/$'\\x1e'}}\"\n\
         }} </dev/null 2>/dev/null &\n"
    )
}

/// A variable counts if a program would see it.
const VARIABLES: &str = r#"for __name in NAMES; do
  [[ $__said || ! $(builtin declare -p "$__name") =~ ^declare\ -[a-zA-Z]*x ]] || __said=${!__name}
done
"#;

/// The nearest file of that name, from the folder upwards.
const FILE: &str = r#"if [[ ! $__said ]]; then
  __folder=$(builtin pwd -P) __file=NAME __pattern=PATTERN
  while [[ $__folder && ! -f $__folder/$__file ]]; do __folder=${__folder%/*}; done
  IFS= builtin read -r -d '' -n 65536 __text <"$__folder/$__file"
  [[ ! $__text =~ $__pattern ]] || __said=${BASH_REMATCH[1]}
fi
"#;

/// A command; one that does not stop talking is cut short.
const COMMAND: &str = r#"if [[ ! $__said ]]; then
  IFS= builtin read -r -N LENGTH __said < <(builtin eval TEXT)
  builtin wait "$!"; __status=$?
fi
"#;

/// What the probes answered, in their order.
pub(super) fn answers(probes: &[&Probe], heard: &[u8]) -> Vec<Vec<Known>> {
    let heard = String::from_utf8_lossy(heard);
    let fields: Vec<_> = heard.split('\0').collect();
    let said = |number: usize| {
        let mut records = fields.chunks_exact(3);
        records.find(|record| record[0].parse() == Ok(number)).map(|record| (record[1], record[2]))
    };
    let each = (0..).zip(probes);
    each.map(|(number, probe)| match said(number) {
        Some((status, text)) => {
            facts(probe, status.parse().unwrap_or(1), &text.replace(LINE_END, "\n"))
        }
        None => unknown(probe, LATE),
    })
    .collect()
}

/// The same answer for every fact of a probe: that it is not known, and why.
pub(super) fn unknown(probe: &Probe, why: &str) -> Vec<Known> {
    probe.tells.iter().map(|_| Err(why.to_owned())).collect()
}

fn facts(probe: &Probe, status: i32, text: &str) -> Vec<Known> {
    let program = probe.command.split_whitespace().next().unwrap_or_default();
    if text.chars().count() > LONGEST {
        return unknown(probe, &format!("`{program}` says too much"));
    }
    match (status, &probe.failing) {
        (0, _) => read(probe, text),
        (NOT_FOUND | NO_PROGRAM, _) => unknown(probe, &format!("`{program}` is not there")),
        (_, Some(meaning)) => probe.tells.iter().map(|_| Ok(meaning.clone())).collect(),
        (status, None) => unknown(probe, &format!("`{}` exited {status}", asked(&probe.command))),
    }
}

/// A command as far as its first option, to be named.
fn asked(command: &str) -> String {
    let words = command.split_whitespace().take_while(|word| !word.starts_with('-'));
    words.collect::<Vec<_>>().join(" ")
}

/// An answer, a line or a column for each fact.
fn read(probe: &Probe, text: &str) -> Vec<Known> {
    let single = probe.tells.len() == 1;
    let text = text.trim_end_matches(['\n', '\r']);
    let mut parts = text.split(|c| c == '\n' || (c == '\t' && !single));
    let known: Vec<_> = probe.tells.iter().map(|fact| one(fact, parts.next())).collect();
    if parts.next().is_some() {
        return unknown(probe, "its answer has more lines than expected");
    }
    known
}

fn one(fact: &Fact, part: Option<&str>) -> Known {
    let said = without_password(part.unwrap_or_default().trim());
    // What a terminal would obey is no part of a name.
    let said: String = said
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if !said.is_empty() {
        return Ok(said);
    }
    fact.empty.clone().ok_or_else(|| "its answer is empty".to_owned())
}

/// An address without the name and password that it may hold: `https://[…]@host`.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(tells: &[(&str, Option<&str>)], failing: Option<&str>) -> Probe {
        let fact = |(what, empty): &(&str, Option<&str>)| Fact {
            what: (*what).into(),
            empty: empty.map(Into::into),
            back: None,
        };
        Probe {
            names: "tool".into(),
            command: "tool where --all".into(),
            tells: tells.iter().map(fact).collect(),
            failing: failing.map(Into::into),
            ..Probe::default()
        }
    }

    fn known(probe: &Probe, heard: &str) -> Vec<Known> {
        answers(&[probe], heard.as_bytes()).remove(0)
    }

    #[test]
    fn an_answer_has_a_line_or_a_column_for_every_fact() {
        let two = probe(&[("account", None), ("project", Some("none"))], None);
        assert_eq!(known(&two, "0\x000\0anna\nblue\n\0"), [Ok("anna".into()), Ok("blue".into())]);
        assert_eq!(known(&two, "0\x000\0anna\t\n\0"), [Ok("anna".into()), Ok("none".into())]);
        let [account, project] = known(&two, "0\x000\0\n\0").try_into().expect("two facts");
        assert!(account.is_err() && project == Ok("none".into()));
        assert!(known(&two, "0\x000\0a\nb\nc\n\0").iter().all(Result::is_err));
    }

    #[test]
    fn what_fails_hangs_or_is_missing_is_not_known() {
        let one = probe(&[("account", Some("none"))], None);
        let why = |heard: &str| known(&one, heard).remove(0).expect_err("not known");
        assert_eq!(why("0\x001\0anna\0"), "`tool where` exited 1");
        assert_eq!(why("0\x00127\0\0"), "`tool` is not there");
        assert_eq!(why("1\x000\0anna\0"), LATE);
        assert_eq!(why(""), LATE);
        assert_eq!(why(&format!("0\x000\0{}\0", "x".repeat(1001))), "`tool` says too much");
        let meant = probe(&[("account", None)], Some("none here"));
        assert_eq!(known(&meant, "0\x00128\0\0"), [Ok("none here".into())]);
        assert!(known(&meant, "0\x00127\0\0")[0].is_err());
    }

    #[test]
    fn nothing_that_a_terminal_obeys_and_no_password_is_left() {
        let one = probe(&[("server", None)], None);
        assert_eq!(known(&one, "0\x000\0a\x1b[2Jb\0"), [Ok("a\u{fffd}[2Jb".into())]);
        let with = "0\x000\0https://me:hunter2@host:1/a@b\n\0";
        assert_eq!(known(&one, with), [Ok("https://host:1/a@b".into())]);
    }
}
