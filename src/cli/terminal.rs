//! The operator at a terminal: questions below the scroll, one line each, keys said on the line.
//!
//! Comes in: what the engine asks. Goes out: what was typed. A question that is not answered with
//! one of its keys is put again; nothing is ever taken for granted.

mod beside;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::termios::{LocalModes, OptionalActions, Termios};
use zeroize::Zeroizing;

use crate::engine::{
    Answer, AskChanges, AskChoice, AskContext, AskDifference, AskDoubt, AskEdit, AskFailure,
    AskInput, AskJudgement, AskLeftOut, AskManual, AskRun, AskUnknown, Change, Changes, Difference,
    Edit, From, Given, Go, Happened, Insisted, Judged, Manual, OnFailure, Operator, Wishes,
};
use crate::event::{Outcome, Reference};
use crate::report::{named, said, verbatim};
use crate::variables::{Redacted, Secret, Weakness};
use crate::voice;

use super::fetch;
use super::keyboard::{Echo, Typed, read_line};

/// A person at a terminal.
pub struct Terminal {
    name: String,
    wishes: Wishes,
    input: File,
    screen: File,
    before: Termios,
    lent: Option<Termios>,
}

/// What came of a question.
enum Reply {
    Line(Zeroizing<String>),
    Pause,
    Gone,
}

/// Turns a reply that is no line into an answer.
macro_rules! line_or_return {
    ($reply:expr) => {
        match $reply {
            Reply::Line(line) => line,
            Reply::Pause => return Answer::Pause,
            Reply::Gone => return Answer::Gone,
        }
    };
}

impl Terminal {
    /// The terminal that standard input and standard output are. It shows nothing that is typed
    /// without a question: what is pasted too early may be a secret.
    pub fn open(name: String, wishes: Wishes) -> io::Result<Self> {
        let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let screen = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let before = rustix::termios::tcgetattr(&input)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        rustix::termios::tcsetattr(&input, OptionalActions::Now, &silent)?;
        Ok(Self { name, wishes, input, screen, before, lent: None })
    }

    fn ask(&mut self, question: &str, echo: Echo) -> Reply {
        let question = self.ours(question).join("\n") + " ";
        let wishes = self.wishes.clone();
        let over = || wishes.is_hung_up();
        loop {
            match read_line(&mut self.input, &mut self.screen, &question, echo, &over) {
                Ok(Typed::Line(line)) => return Reply::Line(line),
                Ok(Typed::Interrupt) => return Reply::Pause,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    self.say("that is not UTF-8; type it again:");
                }
                Ok(Typed::End) | Err(_) => return Reply::Gone,
            }
        }
    }

    /// Words of ours, which may quote others.
    fn say(&mut self, text: &str) {
        let lines = self.ours(text);
        self.show(&lines);
    }

    /// A text that is the runbook's, or an operator's.
    fn cite(&mut self, text: &str) {
        let margin = format!("  {} ", voice::RUNBOOK);
        let lines = verbatim(&margin, &margin, text, self.columns());
        self.show(&lines);
    }

    fn show(&mut self, lines: &[String]) {
        for line in lines {
            // A terminal that is gone is noticed at the next question.
            let _ = writeln!(self.screen, "{line}");
        }
    }

    fn ours(&self, text: &str) -> Vec<String> {
        said("  ", text, self.columns())
    }

    fn columns(&self) -> usize {
        let size = rustix::termios::tcgetwinsize(&self.screen);
        size.map(|size| usize::from(size.ws_col)).ok().filter(|wide| *wide > 0).unwrap_or(80)
    }

    /// Asks until one of `keys` is typed, in any case; the word counts as well as its letter.
    fn key(&mut self, question: &str, keys: &[(char, &str)]) -> Result<char, Reply> {
        loop {
            let line = match self.ask(question, Echo::Shown) {
                Reply::Line(line) => line.trim().to_lowercase(),
                other => return Err(other),
            };
            let known = keys.iter().find(|(key, word)| {
                line == key.to_string() || (line.len() > 1 && word.starts_with(line.as_str()))
            });
            match known {
                Some(('p', _)) => return Err(Reply::Pause),
                Some((key, _)) => return Ok(*key),
                None => self.say(&format!("type one of: {}", spelled(keys))),
            }
        }
    }

    fn reason(&mut self) -> Result<String, Reply> {
        loop {
            match self.ask("why (it is recorded):", Echo::Shown) {
                Reply::Line(line) if line.trim().is_empty() => self.say("a reason is needed"),
                Reply::Line(line) => return Ok(line.trim().to_owned()),
                other => return Err(other),
            }
        }
    }

    /// Whether `target` was typed; a wrong one is put again.
    fn target(&mut self, target: &str) -> Result<(), Reply> {
        let question = format!("this cannot be undone. To go on type {target} :");
        loop {
            match self.ask(&question, Echo::Shown) {
                Reply::Line(line) if line.trim() == target => return Ok(()),
                Reply::Line(_) => self.say(&format!("that is not {target}; Ctrl-C pauses")),
                other => return Err(other),
            }
        }
    }

    /// A secret from where it was fetched before; a command runs only with the operator's word. What
    /// cannot be had so is typed.
    fn again(&mut self, name: &str, reference: &Reference) -> Result<Option<Secret>, Reply> {
        let words = reference.words();
        if let Reference::Command { folder, .. } = reference {
            self.say(&format!("{name} was fetched by {words}, in {}", folder.as_str()));
            let keys = [('y', "yes"), ('n', "no"), ('p', "pause")];
            if self.key("run it again? [y yes, n type the value, p pause]:", &keys)? != 'y' {
                return Ok(None);
            }
        }
        match fetch::again(reference) {
            Ok(value) => Ok(Some(Secret::from_input(value.to_string()).0)),
            Err(why) => {
                self.say(&format!("{name}, which was fetched from {words}: {why}"));
                Ok(None)
            }
        }
    }

    fn secret(&mut self, ask: &AskInput<'_>) -> Answer<Given> {
        let again = ask.fetched.map(|reference| self.again(ask.name, reference));
        match again.unwrap_or(Ok(None)) {
            Ok(Some(secret)) => {
                return Answer::Given(Given::Secret(secret, Insisted::No), From::Reference);
            }
            Ok(None) => {}
            Err(reply) => return unanswered(&reply),
        }
        let what = described(ask);
        let offer = ask.offer.map_or(String::new(), |offer| {
            let length = offer.value.chars().count();
            format!(" [Enter takes the {length} characters from the {}]", offer.from.word())
        });
        let question = format!("{what}, hidden{offer}:");
        let line = line_or_return!(self.ask(&question, Echo::Hidden));
        if line.is_empty() && ask.offer.is_some() {
            return Answer::Given(Given::Offered, From::Operator);
        }
        let (secret, _) = Secret::from_input(line.to_string());
        self.say(&format!("{} characters received, not shown", secret.len()));
        if !secret.weakness().is_some_and(Weakness::can_be_insisted_on) {
            return Answer::Given(Given::Secret(secret, Insisted::No), From::Operator);
        }
        let question = "too short to be told from ordinary text: use it all the same? [y/n]";
        match self.key(question, &[('y', "yes"), ('n', "no"), ('p', "pause")]) {
            Ok('y') => Answer::Given(Given::Secret(secret, Insisted::Yes), From::Operator),
            Ok(_) => Answer::Given(Given::Secret(secret, Insisted::No), From::Operator),
            Err(reply) => unanswered(&reply),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nor does the shell get as a command what was typed at a question that never came.
        let _ = rustix::termios::tcsetattr(&self.input, OptionalActions::Flush, &self.before);
    }
}

impl Operator for Terminal {
    fn name(&self) -> &str {
        &self.name
    }

    fn input(&mut self, ask: &AskInput<'_>) -> Answer<Given> {
        if let Some(refused) = ask.refused {
            self.say(refused);
        }
        if ask.secret {
            return self.secret(ask);
        }
        let several = if ask.list { " (several: separate them with commas)" } else { "" };
        let offer = ask.offer.map_or(String::new(), |offer| {
            format!(" [{}]", offer.value.lines().collect::<Vec<_>>().join(", "))
        });
        let question = format!("{}{several}{offer}:", described(ask));
        let line = line_or_return!(self.ask(&question, Echo::Shown));
        if line.trim().is_empty() && ask.offer.is_some() {
            return Answer::Given(Given::Offered, From::Operator);
        }
        let values = if ask.list {
            line.split(',').map(|value| value.trim().to_owned()).collect()
        } else {
            vec![line.trim().to_owned()]
        };
        Answer::Given(Given::Plain(values), From::Operator)
    }

    fn choose(&mut self, ask: &AskChoice<'_>) -> Answer<usize> {
        for (number, (label, remark, preferred)) in (1..).zip(&ask.alternatives) {
            let remark = remark.map(|remark| format!(" ({remark})")).unwrap_or_default();
            let mark = if *preferred && remark.is_empty() { " (preferred)" } else { "" };
            self.say(&format!("{number}) {label}{remark}{mark}"));
        }
        let question = format!("which one? [1-{}, p pause]:", ask.alternatives.len());
        loop {
            let line = line_or_return!(self.ask(&question, Echo::Shown));
            match line.trim().parse::<usize>() {
                Ok(number) if (1..=ask.alternatives.len()).contains(&number) => {
                    return Answer::Given(number - 1, From::Operator);
                }
                _ if line.trim() == "p" => return Answer::Pause,
                _ => self.say("type its number"),
            }
        }
    }

    fn manual(&mut self, ask: &AskManual<'_>) -> Answer<Manual> {
        let keys = [('y', "yes"), ('n', "no"), ('s', "skip"), ('p', "pause")];
        let (question, keys) = if ask.question {
            (
                "does this apply, and is it done? [y done, n does not apply, s skip, p pause]:",
                &keys[..],
            )
        } else {
            ("done? [y done, s skip, p pause]:", &[('y', "yes"), ('s', "skip"), ('p', "pause")][..])
        };
        // Where it may not apply, that is asked first.
        let (before, after) =
            if ask.question { (None, ask.irreversible) } else { (ask.irreversible, None) };
        if let Some(Err(reply)) = before.map(|target| self.target(target)) {
            return unanswered(&reply);
        }
        match self.key(question, keys) {
            Ok('y') => match after.map(|target| self.target(target)) {
                Some(Err(reply)) => unanswered(&reply),
                _ => Answer::Given(Manual::Done, From::Operator),
            },
            Ok('n') => Answer::Given(Manual::DoesNotApply, From::Operator),
            Ok(_) => match self.reason() {
                Ok(reason) => Answer::Given(Manual::Skipped(reason), From::Operator),
                Err(reply) => unanswered(&reply),
            },
            Err(reply) => unanswered(&reply),
        }
    }

    fn run(&mut self, ask: &AskRun<'_>) -> Answer<Go> {
        let mut keys = vec![('y', "yes"), ('s', "skip"), ('x', "explain")];
        let mut question = "run it? [y run, s skip, x explain".to_owned();
        if !ask.inputs.is_empty() {
            keys.push(('e', "edit"));
            question.push_str(", e edit the inputs");
        }
        keys.extend([('c', "change"), ('!', "shell"), ('p', "pause")]);
        question.push_str(", c change the command, ! open a shell, p pause]:");
        loop {
            match self.key(&question, &keys) {
                Ok('c') => return Answer::Given(Go::EditCommand, From::Operator),
                Ok('!') => return Answer::Given(Go::OpenShell, From::Operator),
                Ok('y') => match ask.irreversible.map(|target| self.target(target)) {
                    Some(Err(reply)) => return unanswered(&reply),
                    _ => return Answer::Given(Go::Run, From::Operator),
                },
                Ok('e') => return Answer::Given(Go::EditInputs, From::Operator),
                Ok('x') => ask.reasons.iter().for_each(|reason| self.say(reason)),
                Ok(_) => {
                    return match self.reason() {
                        Ok(reason) => Answer::Given(Go::Skip(reason), From::Operator),
                        Err(reply) => unanswered(&reply),
                    };
                }
                Err(reply) => return unanswered(&reply),
            }
        }
    }

    fn judge(&mut self, ask: &AskJudgement<'_>) -> Answer<Judged> {
        self.say(&format!("You judge: {}", ask.residual.as_str()));
        let keys = [('y', "yes"), ('n', "no"), ('!', "shell"), ('p', "pause")];
        match self.key("does it hold? [y holds, n does not, ! open a shell, p pause]:", &keys) {
            Ok('y') => Answer::Given(Judged::Holds, From::Operator),
            Ok('!') => Answer::Given(Judged::OpenShell, From::Operator),
            Ok(_) => Answer::Given(Judged::DoesNotHold, From::Operator),
            Err(reply) => unanswered(&reply),
        }
    }

    fn failed(&mut self, ask: &AskFailure<'_>) -> Answer<OnFailure> {
        let mut keys = vec![('r', "retry"), ('o', "overrule"), ('q', "quit")];
        let mut question = "what now? [r retry, o go on all the same, q end the run".to_owned();
        if !ask.inputs.is_empty() {
            keys.push(('e', "edit"));
            question.push_str(", e edit the inputs and retry");
        }
        keys.extend([('c', "change"), ('!', "shell"), ('p', "pause")]);
        question.push_str(", c change the command and retry, ! open a shell, p pause]:");
        match self.key(&question, &keys) {
            Ok('c') => Answer::Given(OnFailure::EditCommand, From::Operator),
            Ok('!') => Answer::Given(OnFailure::OpenShell, From::Operator),
            Ok('r') => Answer::Given(OnFailure::Retry, From::Operator),
            Ok('e') => Answer::Given(OnFailure::EditInputs, From::Operator),
            Ok('q') => Answer::Given(OnFailure::Stop, From::Operator),
            Ok(_) => match self.reason() {
                Ok(reason) => Answer::Given(OnFailure::GoOn(reason), From::Operator),
                Err(reply) => unanswered(&reply),
            },
            Err(reply) => unanswered(&reply),
        }
    }

    fn unknown(&mut self, ask: &AskUnknown<'_>) -> Answer<Happened> {
        if let Some((outcome, why)) = ask.shown {
            let word = if *outcome == Outcome::Met { "is met" } else { "is not met" };
            self.say(&format!("the check {word}: {why}"));
        }
        let mut keys = vec![('y', "yes, it did"), ('n', "no, run it")];
        if let Some(probe) = ask.probe {
            self.say(&format!("c checks it with: {probe}"));
            keys.push(('c', "check"));
        }
        keys.extend([('!', "shell"), ('p', "pause")]);
        let question = format!("did it happen? {}:", spelled(&keys));
        let key = match self.key(&question, &keys) {
            Ok('!') => return Answer::Given(Happened::OpenShell, From::Operator),
            Ok('c') => return Answer::Given(Happened::Probe, From::Operator),
            Ok(key) => key,
            Err(reply) => return unanswered(&reply),
        };
        match self.reason() {
            Ok(reason) if key == 'y' => Answer::Given(Happened::Yes(reason), From::Operator),
            Ok(reason) => Answer::Given(Happened::No(reason), From::Operator),
            Err(reply) => unanswered(&reply),
        }
    }

    fn leave_out(&mut self, ask: &AskLeftOut<'_>) -> Answer<Option<String>> {
        self.say("left out, as you wish:");
        for step in ask.steps {
            self.say(&format!("  {step}"));
        }
        match self.reason() {
            Ok(reason) => Answer::Given(Some(reason), From::Operator),
            Err(reply) => unanswered(&reply),
        }
    }

    fn accept(&mut self, ask: &AskDoubt<'_>) -> Answer<String> {
        self.say(&format!("step {} cannot be undone, and", ask.step));
        for doubt in ask.doubts {
            self.say(&format!("  {doubt}"));
        }
        self.say("Ctrl-C pauses; to go ahead all the same, say");
        match self.reason() {
            Ok(reason) => Answer::Given(reason, From::Operator),
            Err(reply) => unanswered(&reply),
        }
    }

    fn context(&mut self, ask: &AskContext<'_>) -> Answer<()> {
        self.say(&format!("the run itself has led {} to another place:", ask.tool));
        for change in ask.changes {
            let from = change.from.map_or("unknown", Redacted::as_str);
            let text = format!("  {}: {from} -> {}", change.what, change.new_value());
            self.say(&text);
        }
        let value = ask.changes.first().map_or("yes", Change::new_value);
        let question = format!("to write there type {value} :");
        loop {
            let line = line_or_return!(self.ask(&question, Echo::Shown));
            if line.trim() == value {
                return Answer::Given((), From::Operator);
            }
            self.say(&format!("that is not {value}; Ctrl-C pauses"));
        }
    }

    fn edit(&mut self, ask: &AskEdit<'_>) -> Answer<Edit> {
        self.other_text(ask)
    }

    fn difference(&mut self, ask: &AskDifference<'_>) -> Answer<Difference> {
        self.is_meant(ask)
    }

    fn changes(&mut self, ask: &AskChanges<'_>) -> Answer<Changes> {
        self.is_taken(ask)
    }

    fn lend_terminal(&mut self) -> Option<OwnedFd> {
        let before = rustix::termios::tcgetattr(&self.input).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        // Keys go through as they are; what is shown still begins its lines at the left.
        raw.output_modes = before.output_modes;
        rustix::termios::tcsetattr(&self.input, OptionalActions::Now, &raw).ok()?;
        self.lent = Some(before);
        // Opened anew: reading without waiting must not become a property of the screen, too.
        let path = rustix::termios::ttyname(&self.input, Vec::new()).ok()?;
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, Mode::empty()).ok()
    }

    fn take_terminal_back(&mut self) {
        if let Some(before) = self.lent.take() {
            let _ = rustix::termios::tcsetattr(&self.input, OptionalActions::Now, &before);
        }
    }
}

fn described(ask: &AskInput<'_>) -> String {
    match ask.description {
        Some(description) => format!("{} ({description})", named(ask.name)),
        None => named(ask.name),
    }
}

fn unanswered<T>(reply: &Reply) -> Answer<T> {
    match reply {
        Reply::Gone => Answer::Gone,
        Reply::Line(_) | Reply::Pause => Answer::Pause,
    }
}

fn spelled(keys: &[(char, &str)]) -> String {
    let words: Vec<_> = keys.iter().map(|(key, word)| format!("{key} ({word})")).collect();
    words.join(", ")
}
