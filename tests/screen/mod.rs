//! A real terminal for tests: keys are typed, the screen is read.
//!
//! The program runs on a pseudo-terminal that is its controlling terminal; everything that it ever
//! wrote is kept beside what the screen shows now.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::pipe::PipeFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::Winsize;

/// How long a text may take to appear.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a terminal.
pub struct Screen {
    child: Child,
    keys: Option<File>,
    watcher: Option<(OwnedFd, JoinHandle<()>)>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// Up to here the text that was written has been waited for.
    read: usize,
}

struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    closed: bool,
}

impl Screen {
    /// Starts `program` with an environment of `PATH`, `HOME` and what is given.
    pub fn start(
        program: &Path,
        words: &[&str],
        environment: &[(&str, &str)],
        folder: &Path,
    ) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pty");
        grantpt(&master).expect("a pty");
        unlockpt(&master).expect("a pty");
        let size = Winsize { ws_row: 50, ws_col: 160, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&master, size).expect("a size");
        let path = ptsname(&master, Vec::new()).expect("a name");
        let open = || -> OwnedFd {
            let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
            rustix::fs::open(path.as_c_str(), flags, rustix::fs::Mode::empty())
                .expect("the terminal")
        };
        let child = Command::new("setsid")
            .args(["--ctty", "--wait"])
            .arg(program)
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("a PATH"))
            .env("TERM", "xterm")
            .envs(environment.iter().copied())
            .current_dir(folder)
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .expect("setsid of util-linux");
        let [rows, columns] = [50, 160].map(|count| NonZero::new(count).expect("not 0"));
        let parser = vt100::Parser::new(rows, columns, 0);
        let seen = Seen { parser, bytes: Vec::new(), closed: false };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let keys = rustix::io::fcntl_dupfd_cloexec(&master, 0).expect("a descriptor");
        let watched = Arc::clone(&seen);
        let (over, end) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
        let watcher = thread::spawn(move || watch(File::from(master), &over, &watched));
        Self { child, keys: Some(File::from(keys)), watcher: Some((end, watcher)), seen, read: 0 }
    }

    /// Waits until `text` is written, after what was waited for before.
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        let (lock, changed) = &*self.seen;
        let mut seen = lock.lock().expect("not poisoned");
        loop {
            let written = plain(&String::from_utf8_lossy(&seen.bytes));
            if let Some(at) = written.get(self.read..).and_then(|new| new.find(text)) {
                self.read += at + text.len();
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !seen.closed && !left.is_zero(),
                "no {text:?} on the screen:\n{}",
                seen.parser.screen().contents()
            );
            seen = changed
                .wait_timeout(seen, left.min(Duration::from_millis(200)))
                .expect("not poisoned")
                .0;
        }
    }

    /// Types a line.
    pub fn line(&mut self, text: &str) {
        self.keys(&format!("{text}\r"));
    }

    /// Types keys.
    pub fn keys(&mut self, keys: &str) {
        let terminal = self.keys.as_mut().expect("the terminal is open");
        terminal.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Closes the terminal, as a lost connection does.
    pub fn close(&mut self) {
        self.keys = None;
        let (end, watcher) = self.watcher.take().expect("it is open");
        drop(end);
        watcher.join().expect("it only reads");
    }

    /// Waits for a question and answers it.
    pub fn answer(&mut self, question: &str, answer: &str) {
        self.wait_for(question);
        self.line(answer);
    }

    /// What the screen shows now.
    pub fn shown(&self) -> String {
        self.seen.0.lock().expect("not poisoned").parser.screen().contents()
    }

    /// Everything that was ever written to it.
    pub fn written(&self) -> Vec<u8> {
        self.seen.0.lock().expect("not poisoned").bytes.clone()
    }

    /// The program's process id; `setsid` became the program, as it led no process group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that was written, as text without escape sequences.
    pub fn text(&self) -> String {
        plain(&String::from_utf8_lossy(&self.written()))
    }

    /// Waits for the end.
    pub fn exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end:\n{}", self.shown());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn watch(mut master: File, over: &OwnedFd, seen: &(Mutex<Seen>, Condvar)) {
    let mut chunk = [0; 4096];
    loop {
        let mut ready =
            [PollFd::new(&master, PollFlags::IN), PollFd::new(over, PollFlags::empty())];
        let polled = rustix::event::poll(&mut ready, None);
        if polled.is_err() || !ready[1].revents().is_empty() {
            return;
        }
        let count = master.read(&mut chunk).unwrap_or(0);
        let mut state = seen.0.lock().expect("not poisoned");
        state.parser.process(&chunk[..count]);
        state.bytes.extend_from_slice(&chunk[..count]);
        state.closed = count == 0;
        seen.1.notify_all();
        if count == 0 {
            return;
        }
    }
}

/// Text without SGR sequences.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        out.push_str(&rest[..at]);
        let after = &rest[at + 2..];
        let end = after.find(|c: char| c.is_ascii_alphabetic()).map_or(after.len(), |end| end + 1);
        rest = &after[end..];
    }
    out + rest.trim_end_matches('\x1b')
}
