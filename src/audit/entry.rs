//! What is handed on: one JSON object, made of what a run's events say.
//!
//! The README says what each field means; [`VERSION`] grows when one changes its meaning.

use serde::Serialize;
use serde_json::Value;

use crate::event::{Beginning, Event, HandedTo, Role, RoleStanding, RunResult, What};
use crate::journal::Head;
use crate::variables::Redacted;

/// The version of an entry's form.
pub const VERSION: u32 = 1;

/// An entry that is to be handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The number of its event in the run's journal.
    pub number: u64,
    /// What it is known by: the same however often it is delivered.
    pub key: String,
    /// The step that made it, where one did.
    pub step: Option<String>,
    /// The object, on one line.
    pub text: String,
    /// The sinks that are to have it.
    pub sinks: Vec<HandedTo>,
}

/// What entries tell of a run beside what happened.
#[derive(Debug, Clone, Default)]
pub struct Teller {
    beginning: Option<Box<Beginning>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    version: u32,
    key: &'a str,
    kind: &'static str,
    at: &'a str,
    run: &'a str,
    run_kind: &'a str,
    of: Option<&'a str>,
    runbook: Runbook<'a>,
    target: &'a str,
    operator: &'a str,
    host: &'a str,
    role: Option<&'a Role>,
    /// Why glass was broken, of whatever kind it was.
    break_glass: Option<&'a Redacted>,
    step: Option<&'a str>,
    line: Option<usize>,
    #[serde(rename = "entry")]
    record: Option<Record<'a>>,
    result: Option<RunResult>,
    why: Option<&'a Redacted>,
    /// The event's own link in the chain; nothing where no journal is.
    head: Option<Link>,
}

#[derive(Serialize)]
struct Runbook<'a> {
    path: &'a str,
    title: &'a Redacted,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct Record<'a> {
    language: &'a str,
    text: &'a Redacted,
    /// The same, where the text is JSON.
    json: Option<Value>,
}

#[derive(Serialize)]
struct Link {
    number: u64,
    hash: String,
}

impl Teller {
    /// The machine that the run is on.
    pub(super) fn host(&self) -> Option<&str> {
        self.beginning.as_ref().map(|beginning| beginning.host.as_str())
    }

    /// Takes an event in; what is to be handed on of it. `head` is the chain with the event.
    ///
    /// # Panics
    /// Never: plain data has a form in JSON.
    pub fn take(&mut self, event: &Event, head: Head) -> Option<Handed> {
        match &event.what {
            What::RunStarted(beginning) => self.beginning = Some(beginning.clone()),
            What::RunResumed(resumption) => {
                let beginning = self.beginning.as_mut()?;
                beginning.operator.clone_from(&resumption.operator);
                beginning.host.clone_from(&resumption.host);
                beginning.fingerprint.clone_from(&resumption.fingerprint);
                beginning.role.clone_from(&resumption.role);
                beginning.sinks.clone_from(&resumption.sinks);
            }
            _ => {}
        }
        let beginning = self.beginning.as_deref()?;
        let mut entry = entry(event, beginning);
        match &event.what {
            What::RunStarted(_) | What::RunResumed(_) if entry.break_glass.is_some() => {}
            What::RecordMade { step, line, language, text, .. } => {
                let json = serde_json::from_str(text.as_str()).ok();
                entry.kind = "record";
                (entry.step, entry.line) = (Some(step.as_str()), Some(*line));
                entry.record = Some(Record { language, text, json });
            }
            What::RunEnded(summary) => {
                entry.kind = "run_ended";
                entry.step = summary.step.as_deref();
                entry.result = Some(summary.result);
                entry.why = Some(&summary.why);
            }
            _ => return None,
        }
        let hash = head.hash.to_string();
        let key = format!("{}-{}-{}", event.run, head.number, &hash[..16]);
        entry.key = &key;
        let kept = beginning.unrecorded.is_none();
        entry.head = kept.then_some(Link { number: head.number, hash });
        let text = serde_json::to_string(&entry).expect("plain data has a form in JSON");
        let step = entry.step.map(str::to_owned);
        Some(Handed { number: head.number, key, step, text, sinks: beginning.sinks.clone() })
    }
}

/// What every entry of a run says.
fn entry<'a>(event: &'a Event, beginning: &'a Beginning) -> Entry<'a> {
    let role = beginning.role.as_ref();
    let broken = role.filter(|role| role.standing == RoleStanding::BreakGlass);
    let reason = broken.and_then(|role| role.reason.as_ref());
    Entry {
        version: VERSION,
        key: "",
        kind: "break_glass",
        at: &event.at,
        run: &event.run,
        run_kind: &beginning.kind,
        of: beginning.of.as_deref(),
        runbook: Runbook {
            path: if beginning.path.is_empty() { &beginning.runbook } else { &beginning.path },
            title: &beginning.title,
            fingerprint: &beginning.fingerprint,
        },
        target: &beginning.target,
        operator: &beginning.operator,
        host: &beginning.host,
        role,
        break_glass: beginning.unrecorded.as_ref().or(reason),
        step: None,
        line: None,
        record: None,
        result: None,
        why: None,
        head: None,
    }
}
