//! Hears a segment's output: keeps it, checks it, redacts it, shows it.
//!
//! Comes in: bytes as they come. Goes out: events with redacted text, captures for the judgement,
//! and the word that enough was heard. What is itself secret is kept for the judgement and never
//! shown.

use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::event::{OutputRecord, What};
use crate::expect::{Output, Progress, Stream, Watch};
use crate::session::{Heard, Listener};
use crate::variables::{RedactText, Redacted, Redactor};

use super::Broken;
use super::capture::Capture;
use super::recorder::Recorder;

/// How much of an output is shown as it comes; of what follows only the end is.
const SHOWN: u64 = 256 * 1024;
/// Bytes of the end that are shown of an output that was too large to be shown whole.
const SHOWN_END: usize = 2 * 1024;

/// How much of an output waits for what its command makes to be known.
const WAITING: usize = 256 * 1024;

/// How long an endless command is watched for what must not come, after all that must has come.
const SETTLING: Duration = Duration::from_secs(5);

/// Whether the output may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Showing {
    /// It is shown.
    Shown,
    /// Standard output is itself secret.
    Withheld,
    /// So is standard error: the author says so.
    AllWithheld,
}

impl Showing {
    fn withholds(self, stream: Stream) -> bool {
        match self {
            Self::Shown => false,
            Self::Withheld => stream == Stream::Stdout,
            Self::AllWithheld => true,
        }
    }
}

/// What there was to redact. A quotation that is cut, or a line of folded text, may hold a part of
/// a secret that nobody could find in it any more; so nothing is quoted of such an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Something, or what is no text.
    Secrets,
    /// Nothing.
    None,
}

/// One of the two outputs.
struct Channel {
    stream: Stream,
    capture: Capture,
    redactor: RedactText,
    digest: Sha256,
    /// Of what came; another one than of what may be shown, if something was redacted.
    raw: Sha256,
    shown: u64,
    end: Redacted,
    /// What is shown when the secrets are known that the command makes: `set -x` prints them.
    waiting: Zeroizing<Vec<u8>>,
}

/// Both outputs of a segment.
pub(super) struct Ear<'e, 'a> {
    recorder: &'e mut Recorder<'a>,
    segment: u64,
    showing: Showing,
    channels: [Channel; 2],
    watches: Vec<Watch>,
    stops_on_decision: bool,
    waits: bool,
    seconds: u64,
    holding: Option<Instant>,
    broken: Option<Broken>,
}

impl<'e, 'a> Ear<'e, 'a> {
    pub fn new(
        recorder: &'e mut Recorder<'a>,
        redactor: &Redactor,
        segment: u64,
        showing: Showing,
        watches: Vec<Watch>,
    ) -> Self {
        let channel = |stream| Channel {
            stream,
            capture: Capture::default(),
            redactor: redactor.text(),
            digest: Sha256::new(),
            raw: Sha256::new(),
            shown: 0,
            end: Redacted::default(),
            waiting: Zeroizing::default(),
        };
        let channels = [channel(Stream::Stdout), channel(Stream::Stderr)];
        let (stops_on_decision, waits) = (false, false);
        let (seconds, holding, broken) = (0, None, None);
        Self {
            recorder,
            segment,
            showing,
            channels,
            watches,
            stops_on_decision,
            waits,
            seconds,
            holding,
            broken,
        }
    }

    /// From now on says that enough was heard once the expectations are decided.
    pub fn stop_on_decision(&mut self) {
        self.stops_on_decision = true;
    }

    /// From now on shows nothing until what the command makes is known.
    pub fn hold(&mut self) {
        self.waits = true;
    }

    /// Shows what has waited.
    pub fn let_go(&mut self) {
        self.waits = false;
        for place in 0..self.channels.len() {
            let waiting = std::mem::take(&mut self.channels[place].waiting);
            let text = self.channels[place].redactor.push(&waiting);
            self.show(place, &text);
            if waiting.len() == WAITING {
                let more =
                    "\n[what came after is not shown: it may hold what the command has made]\n";
                self.show(place, &Redacted::literal(more));
            }
        }
    }

    /// Shows what is still held back; a statement has ended.
    pub fn flush(&mut self) -> Result<(), Broken> {
        for place in 0..self.channels.len() {
            let text = self.channels[place].redactor.finish();
            self.show(place, &text);
            let end = std::mem::take(&mut self.channels[place].end);
            if !end.is_empty() {
                self.emit(place, Redacted::fill("\n[...]\n{}", &[&end]));
            }
        }
        self.broken.take().map_or(Ok(()), Err)
    }

    /// Says what happened beside the output. What is still held back stays so: a secret may be
    /// printed by two statements, a part each.
    pub fn note(&mut self, what: What) -> Result<(), Broken> {
        self.recorder.emit(what)
    }

    /// What was heard, and what the expectations saw of it.
    pub fn heard(self) -> (Output, Output, Vec<Watch>, Vec<OutputRecord>, Held) {
        let showing = self.showing;
        let withheld = |stream| showing.withholds(stream);
        let [stdout, stderr] = self.channels;
        let outputs = (stdout.capture.output(), stderr.capture.output());
        let differs =
            |channel: &Channel| channel.raw.clone().finalize() != channel.digest.clone().finalize();
        let held = if differs(&stdout) || differs(&stderr) { Held::Secrets } else { Held::None };
        let records = [stdout, stderr].map(|channel| OutputRecord {
            stream: channel.stream,
            bytes: channel.capture.total(),
            sha256: (!withheld(channel.stream))
                .then(|| HEXLOWER.encode(&channel.digest.finalize())),
        });
        (outputs.0, outputs.1, self.watches, records.into(), held)
    }

    fn show(&mut self, place: usize, text: &Redacted) {
        let channel = &mut self.channels[place];
        channel.digest.update(text.as_str());
        // What a command complains of is no secret that it obtained; it is redacted like any text.
        let withheld = self.showing.withholds(channel.stream);
        if text.as_str().is_empty() || withheld {
            return;
        }
        channel.shown += text.as_str().len() as u64;
        if channel.shown <= SHOWN {
            return self.emit(place, text.clone());
        }
        channel.end.push(&text.tail(SHOWN_END));
        channel.end = channel.end.tail(SHOWN_END);
    }

    fn emit(&mut self, place: usize, text: Redacted) {
        let stream = self.channels[place].stream;
        let result = self.recorder.emit(What::Output { segment: self.segment, stream, text });
        if let Err(broken) = result {
            self.broken.get_or_insert(broken);
        }
    }

    /// Whether enough was heard: nothing that is still to come can change the verdict, or all that
    /// must come has come, and for a while nothing has that must not.
    fn is_decided(&mut self) -> bool {
        let progress: Vec<_> = self.watches.iter().map(Watch::progress).collect();
        let all = |wanted: &[Progress]| progress.iter().all(|one| wanted.contains(one));
        if progress.is_empty() || progress.contains(&Progress::NotMet) || all(&[Progress::Met]) {
            return !progress.is_empty();
        }
        if !all(&[Progress::Met, Progress::Holding]) {
            self.holding = None;
            return false;
        }
        self.holding.get_or_insert_with(Instant::now).elapsed() >= SETTLING
    }

    fn enough(&mut self) -> Heard {
        let enough = self.broken.is_some() || (self.stops_on_decision && self.is_decided());
        if enough { Heard::Enough } else { Heard::Continue }
    }
}

impl Listener for Ear<'_, '_> {
    fn hear(&mut self, stream: Stream, bytes: &[u8]) -> Heard {
        let place = usize::from(stream == Stream::Stderr);
        self.channels[place].capture.push(bytes);
        self.channels[place].raw.update(bytes);
        for watch in &mut self.watches {
            watch.push(stream, bytes);
        }
        if self.waits {
            let waiting = &mut self.channels[place].waiting;
            let room = WAITING - waiting.len();
            waiting.extend_from_slice(&bytes[..bytes.len().min(room)]);
        } else {
            let text = self.channels[place].redactor.push(bytes);
            self.show(place, &text);
        }
        self.enough()
    }

    fn wait(&mut self, elapsed: Duration) -> Heard {
        let seconds = elapsed.as_secs();
        // At 5, 10, 20, 40 ... seconds, and every minute from then on.
        let due =
            matches!(seconds, 5 | 10 | 20 | 40) || (seconds > 0 && seconds.is_multiple_of(60));
        if due && seconds != self.seconds {
            self.seconds = seconds;
            let result = self.recorder.emit_running(self.segment, seconds);
            if let Err(broken) = result {
                self.broken.get_or_insert(broken);
            }
        }
        self.enough()
    }
}
