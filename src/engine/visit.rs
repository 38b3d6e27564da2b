//! Opens a shell for the operator at a command, with a copy of what the run's shell knows.
//!
//! Comes in: the command at which they want it. Goes out: what was shown, redacted, on their terminal
//! and bounded in an event; and the shell's changes, where the operator takes them. What is done in
//! it is checked by nobody: from then on that speaks against what cannot be undone, and the run does
//! not come to its end without saying so.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use data_encoding::HEXLOWER;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use crate::event::{OutputRecord, Visit, What};
use crate::expect::Stream;
use crate::resume::doubt_of_shell;
use crate::session::{Change, Heard, Listener, Visited};
use crate::variables::{RedactStream, RedactText, Redacted, Redactor};

use super::job::Job;
use super::operator::{AskChanges, Changes};
use super::{Break, END_RUN, Engine, Flow, HUNG_UP, TERMINAL_GONE, given};

/// How much of the beginning, and of the end, of what was shown is recorded.
const KEPT: usize = 16 * 1024;

/// What leaves a terminal as a program found it: no colours, a visible cursor, no pasting in
/// brackets, no mouse; and the beginning of a line.
const AS_BEFORE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?1000l\x1b[?1l\x1b>\r\n";
/// What goes to the other screen of a terminal, and back.
const OTHER_SCREEN: &[u8] = b"\x1b[?1049h";
const MAIN_SCREEN: &[u8] = b"\x1b[?1049l";

impl Engine<'_> {
    /// Opens a shell and waits for its end; what the operator takes of its changes is the run's.
    pub(super) async fn open_shell(&mut self, job: &Job<'_>) -> Flow<()> {
        let state = self.snapshot().await?;
        let (step, line) = (job.step.id.clone(), job.written.line);
        let by = self.operator.name().to_owned();
        let doubt = doubt_of_shell(&step, line);
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
        self.past.shells.push(step.clone());
        self.recorder.emit(What::ShellOpened { step, line, by })?;
        let prompt = format!("runbook {} step {} $ ", self.setup.run, plain(&job.step.id));
        let keys = self.operator.lend_terminal();
        let Some(keys) = keys else {
            return Err(Break::Paused("a shell needs a terminal".into()));
        };
        let mut mirror = Mirror::new(&self.redactor, &keys);
        let session = self.session().await?;
        let visited = session.visit(&state, &prompt, &keys, &mut mirror).await;
        let heard = mirror.end();
        drop(keys);
        self.operator.take_terminal_back();
        let visited = visited?;
        let took = u64::try_from(visited.elapsed.as_millis()).unwrap_or(u64::MAX);
        self.recorder.waited_ms += took;
        self.say_what_was_left(&visited)?;
        let (gone, states) = (visited.gone, visited.states.as_ref());
        let empty = Change::default();
        let mut change = states.map(|(before, after)| Change::between(before, after));
        let inputs = change.as_mut().map(|change| self.without_inputs(change));
        let change = change.as_ref().unwrap_or(&empty);
        if let Some((_, after)) = states {
            self.learner().learn_state(after, &[]);
        }
        let output = self.redactor.redact(heard.0.as_str());
        let mut changes = self.told(change);
        changes.extend(inputs.into_iter().flatten());
        let visit = |taken| Visit {
            step: job.step.id.clone(),
            line: job.written.line,
            status: visited.status,
            output: output.clone(),
            shown: heard.1.clone(),
            duration_ms: took,
            changes: changes.clone(),
            taken,
            moved: change.folder.is_some(),
        };
        let wish = self.wishes.take();
        if gone || wish >= END_RUN {
            self.recorder.emit(What::ShellEnded(Box::new(visit(false))))?;
            let hung_up = gone || wish == TERMINAL_GONE;
            return Err(if hung_up { Break::Broken(HUNG_UP.into()) } else { Break::Interrupted });
        }
        if states.is_none() {
            let text = "the shell did not end by itself, or was set not to tell what it knew: \
                        nothing of it can be taken";
            self.recorder.emit(What::Remark { text: Redacted::literal(text) })?;
        }
        let taken = if change.is_empty() {
            Ok(Changes::Drop)
        } else {
            let ask = AskChanges { changes: &changes };
            let answer = self.waiting(|operator| operator.changes(&ask));
            given(answer).map(|answer| answer.0)
        };
        if matches!(taken, Ok(Changes::Take)) {
            self.take_over(job, change).await?;
        }
        let is_taken = matches!(taken, Ok(Changes::Take));
        self.recorder.emit(What::ShellEnded(Box::new(visit(is_taken))))?;
        taken.map(drop)
    }

    /// Takes out what is an input of the runbook: it has the value that was given, and is given anew
    /// where inputs are. Goes out: that, a sentence each.
    fn without_inputs(&self, change: &mut Change<'_>) -> Vec<Redacted> {
        let inputs = self.plan.inputs.iter().flat_map(|input| &input.variables);
        let inputs: Vec<&str> = inputs.map(String::as_str).collect();
        let is_input = |name: &str| inputs.contains(&name);
        let set = change.variables.iter().map(|(name, _)| *name);
        let all = set.chain(change.unset.iter().copied());
        let told = all.filter(|name| is_input(name)).map(|name| {
            let text = format!("variable {name} is an input, and stays as it was given");
            self.redactor.redact(&text)
        });
        let told = told.collect();
        change.variables.retain(|(name, _)| !is_input(name));
        change.unset.retain(|name| !is_input(name));
        told
    }

    /// Makes a shell's changes those of the run, and keeps them.
    async fn take_over(&mut self, job: &Job<'_>, change: &Change<'_>) -> Flow<()> {
        for text in change.texts() {
            self.session().await?.quietly(text.as_bytes()).await?;
        }
        self.keep_what_was_taken(job).await?;
        let state = self.snapshot().await?;
        if change.folder.is_some() {
            self.way_by_hand = Some(state.way().to_vec());
        }
        self.before = Some(state);
        Ok(())
    }

    fn say_what_was_left(&mut self, visited: &Visited) -> Flow<()> {
        let names: Vec<_> =
            visited.left.iter().map(|one| format!("{} ({})", one.name, one.id)).collect();
        if names.is_empty() {
            return Ok(());
        }
        let text = format!("ended what was left running in the shell: {}", names.join(", "));
        self.recorder.emit(What::Remark { text: self.redactor.redact(&text) })?;
        Ok(())
    }

    /// What a shell has changed, a sentence each; of what is secret, or may be, only the name.
    fn told(&self, change: &Change<'_>) -> Vec<Redacted> {
        let secrets = self.secret_names();
        let mut told = Vec::new();
        for (name, text) in &change.variables {
            let hidden = secrets.contains(*name) || self.may_be_secret(name, text);
            let value = text.split_once('=').map_or("(no value)", |(_, value)| value);
            told.push(if hidden {
                format!("variable {name} is set, not shown")
            } else {
                format!("variable {name} is {}", shortened(value))
            });
        }
        told.extend(change.unset.iter().map(|name| format!("variable {name} is unset")));
        told.extend(change.functions.iter().map(|(name, _)| format!("function {name} is defined")));
        told.extend(change.undefined.iter().map(|name| format!("function {name} is gone")));
        told.extend(change.options.iter().map(|text| format!("option: {text}")));
        told.extend(change.others.iter().map(|text| (*text).to_owned()));
        let folder = change.folder.and_then(|text| text.strip_prefix("builtin cd -- "));
        told.extend(folder.map(|folder| format!("the folder is {folder}")));
        told.iter().map(|text| self.redactor.redact(text)).collect()
    }
}

/// A step's id as it may stand in a prompt, which bash expands.
fn plain(id: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    id.chars().map(safe).collect()
}

fn shortened(value: &str) -> String {
    const MOST: usize = 200;
    let mut text: String = value.chars().take(MOST).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    text
}

/// Shows what a shell shows on the operator's terminal, redacted and otherwise as it is, and keeps
/// its beginning and its end.
struct Mirror<'k> {
    screen: &'k OwnedFd,
    shown: RedactStream,
    kept: RedactText,
    digest: Sha256,
    bytes: u64,
    head: Redacted,
    tail: VecDeque<Redacted>,
    cut: bool,
    /// Whether a program has gone to the other screen and is not back.
    elsewhere: bool,
}

impl<'k> Mirror<'k> {
    fn new(redactor: &Redactor, screen: &'k OwnedFd) -> Self {
        Self {
            screen,
            shown: redactor.stream(),
            kept: redactor.text(),
            digest: Sha256::new(),
            bytes: 0,
            head: Redacted::default(),
            tail: VecDeque::new(),
            cut: false,
            elsewhere: false,
        }
    }

    fn keep(&mut self, text: Redacted) {
        self.digest.update(text.as_str());
        self.bytes += text.as_str().len() as u64;
        if self.head.as_str().len() < KEPT {
            return self.head.push(&text);
        }
        self.tail.push_back(text.tail(KEPT));
        let size =
            |tail: &VecDeque<Redacted>| tail.iter().map(|text| text.as_str().len()).sum::<usize>();
        while self.tail.len() > 1 && size(&self.tail) > KEPT {
            self.tail.pop_front();
            self.cut = true;
        }
    }

    /// What was shown, and how much it was in all.
    fn end(mut self) -> (Redacted, OutputRecord) {
        let mut last = Vec::new();
        self.shown.finish(&mut last);
        if self.elsewhere {
            last.extend_from_slice(MAIN_SCREEN);
        }
        last.extend_from_slice(AS_BEFORE);
        show(self.screen, &last);
        let text = self.kept.finish();
        self.keep(text);
        let mut output = self.head;
        if self.cut {
            output.push(&Redacted::literal("\n[...]\n"));
        }
        self.tail.iter().for_each(|text| output.push(text));
        let sha256 = Some(HEXLOWER.encode(&self.digest.finalize()));
        (output, OutputRecord { stream: Stream::Stdout, bytes: self.bytes, sha256 })
    }
}

impl Listener for Mirror<'_> {
    fn hear(&mut self, _: Stream, bytes: &[u8]) -> Heard {
        let mut out = Vec::with_capacity(bytes.len());
        let last = |sequence| memchr::memmem::rfind(bytes, sequence);
        let (there, back) = (last(OTHER_SCREEN), last(MAIN_SCREEN));
        if there != back {
            self.elsewhere = there > back;
        }
        self.shown.push(bytes, &mut out);
        show(self.screen, &out);
        let text = self.kept.push(bytes);
        self.keep(text);
        Heard::Continue
    }
}

/// Writes to a terminal that does not wait by itself. One that is gone is noticed at its keys.
fn show(screen: &OwnedFd, mut bytes: &[u8]) {
    let second = Timespec { tv_sec: 1, tv_nsec: 0 };
    while !bytes.is_empty() {
        match rustix::io::write(screen, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::AGAIN) => {
                let mut ready = [PollFd::new(screen, PollFlags::OUT)];
                match poll(&mut ready, Some(&second)) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(_) => return,
                }
            }
            Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}
