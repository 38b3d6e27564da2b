//! `runbook expect`: tries an expectation against standard input.

use std::io::Read;
use std::time::Duration;

use crate::expect::{
    Ended, Expectation, Judgement, Kinds, Observed, Output, Record, Verdict, evaluate,
};
use crate::policy::{Catalogue, Pipes, unseen};
use crate::report::neutral;
use crate::shell;

use super::arguments::{Expect, ExpectFormat};
use super::{Exit, Failure, print};

pub(super) fn expect(arguments: &Expect) -> Result<Exit, Failure> {
    let expectation = Expectation::parse(&arguments.text, &Kinds::default())
        .map_err(|error| Failure::new(Exit::Usage, error))?;
    let observed = observe(arguments)?;
    let judgement = evaluate(&expectation, &observed, &Nothing);
    print(&match arguments.format {
        ExpectFormat::Text => told(&judgement, &expectation),
        ExpectFormat::Json => {
            let text = serde_json::to_string(&judgement);
            text.expect("a judgement is made of strings") + "\n"
        }
    })?;
    Ok(match judgement.verdict {
        Verdict::Met => Exit::Done,
        Verdict::NotMet => Exit::Failed,
        Verdict::Unverified => Exit::NeedsPerson,
    })
}

fn observe(arguments: &Expect) -> Result<Observed, Failure> {
    let unreadable =
        |name: &str, error| Failure::new(Exit::Usage, format!("failed to read {name}: {error}"));
    let mut stdout = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut stdout)
        .map_err(|error| unreadable("standard input", error))?;
    let stderr = match &arguments.stderr {
        Some(path) => {
            std::fs::read(path).map_err(|error| unreadable(&path.display().to_string(), error))?
        }
        None => Vec::new(),
    };
    Ok(Observed {
        stdout: whole(stdout),
        stderr: whole(stderr),
        statuses: vec![arguments.status],
        ended: Ended::Exited,
        command: arguments.command.clone(),
        unseen: unseen_in(&arguments.command),
        sensitive: false,
        elapsed: Duration::ZERO,
    })
}

/// The first command of a text whose failure nobody would know of.
fn unseen_in(command: &str) -> Option<String> {
    let script = shell::parse(command).ok()?;
    let statements = script.statements.iter();
    let mut all = statements.flat_map(|one| unseen(one, Catalogue::builtin(), Pipes::Last));
    all.next().map(|one| one.name)
}

fn whole(bytes: Vec<u8>) -> Output {
    let lines = bytes.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count() as u64;
    Output { head: bytes, tail: Vec::new(), omitted: 0, lines }
}

fn told(judgement: &Judgement, expectation: &Expectation) -> String {
    let mut text = format!("{}\n", word(judgement.verdict));
    for check in &judgement.checks {
        text.push_str(&format!(
            "  {}: {} — {}\n",
            word(check.verdict),
            neutral(&check.text),
            neutral(&check.why)
        ));
    }
    if let Some(residual) = &judgement.residual {
        text.push_str(&format!("  left to a person: {}\n", neutral(residual)));
    }
    for note in expectation.notes() {
        text.push_str(&format!("  not checked: {}\n", neutral(note)));
    }
    text
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::NotMet => "not met",
        Verdict::Unverified => "unverified",
    }
}

/// There are no earlier steps.
struct Nothing;

impl Record for Nothing {
    fn step(&self, _: &str) -> Option<(&Output, &str)> {
        None
    }
}
