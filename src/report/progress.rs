//! How far a long call is: lines that move on a terminal, or quiet ones in a log.
//!
//! Comes in: which runbook begins and how it ended. Goes out: on standard error, never mixed with
//! the report. Refuses to look for itself whether there is a terminal or CI: `cli` knows, and says
//! what to [`Show`].

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::one_line;
use super::whole::Standing;
use super::workflow::{Disguise, disarm};

/// What is shown.
pub enum Show {
    /// A counter and a line for each runbook in flight: where standard error is a terminal and
    /// `CI` is not set.
    Moving(ProgressDrawTarget),
    /// A line for each runbook that has ended.
    Lines(Box<dyn Write + Send>),
    /// Nothing.
    Nothing,
}

/// Shows how far a call is. Shared by the threads that do the work.
pub struct Progress {
    shown: Shown,
    all: usize,
    done: AtomicUsize,
}

enum Shown {
    Moving { bars: MultiProgress, counter: ProgressBar },
    Lines(Mutex<Box<dyn Write + Send>>),
    Nothing,
}

/// A runbook in flight. One that is dropped without an end leaves the display, and is not counted.
pub struct Flight<'a> {
    progress: &'a Progress,
    name: String,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A display for so many runbooks.
    pub fn new(all: usize, show: Show) -> Self {
        let shown = match show {
            Show::Moving(target) => moving(all, target),
            Show::Lines(out) => Shown::Lines(Mutex::new(out)),
            Show::Nothing => Shown::Nothing,
        };
        Self { shown, all, done: AtomicUsize::new(0) }
    }

    /// A runbook begins.
    pub fn begin(&self, name: &str) -> Flight<'_> {
        let name = one_line(name);
        let bar = match &self.shown {
            Shown::Moving { bars, counter } => {
                let bar = bars.insert_before(counter, ProgressBar::new_spinner());
                bar.set_style(style("{spinner} {msg} {elapsed}"));
                bar.set_message(name.clone());
                bar.enable_steady_tick(Duration::from_millis(200));
                Some(bar)
            }
            Shown::Lines(_) | Shown::Nothing => None,
        };
        Flight { progress: self, name, bar }
    }

    /// Takes the display away. What comes after it stands where it was.
    pub fn end(&self) {
        if let Shown::Moving { bars, counter } = &self.shown {
            counter.finish_and_clear();
            // A terminal that is gone has nothing left to be cleared.
            let _: io::Result<()> = bars.clear();
        }
    }

    fn ended(&self, name: &str, standing: Standing, coverage: &str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.shown {
            Shown::Moving { counter, .. } => counter.set_position(done as u64),
            Shown::Lines(out) => {
                let word = standing.word();
                let line = format!("[{done}/{}] {word} {name}: {}", self.all, one_line(coverage));
                let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
                // Progress is no result: where it cannot be written, the work goes on.
                let _ = writeln!(out, "{}", disarm(&line, Disguise::SPACED));
            }
            Shown::Nothing => {}
        }
    }
}

impl Flight<'_> {
    /// The runbook has ended: how it stands, and what was covered, in a few words.
    pub fn end(self, standing: Standing, coverage: &str) {
        self.progress.ended(&self.name, standing, coverage);
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn moving(all: usize, target: ProgressDrawTarget) -> Shown {
    let bars = MultiProgress::with_draw_target(target);
    let counter = bars.add(ProgressBar::new(all as u64));
    counter.set_style(style("{pos} of {len} runbooks {elapsed}"));
    counter.tick();
    counter.enable_steady_tick(Duration::from_secs(1));
    Shown::Moving { bars, counter }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a template of ours")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indicatif::TermLike;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn written(&self) -> String {
            std::mem::take(&mut *self.0.lock().expect("no test panics with it"))
        }
    }

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("no test panics with it")
                .push_str(&String::from_utf8_lossy(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            60
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(&format!("{text}\n"))
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.clone().write_all(text.as_bytes())
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn in_a_log_a_runbook_is_one_line_when_it_has_ended() {
        let screen = Screen::default();
        let progress = Progress::new(2, Show::Lines(Box::new(screen.clone())));
        let [first, second] =
            ["a.md", "b\n::error::\u{1b}[2J##[error]x.md"].map(|name| progress.begin(name));
        assert_eq!(screen.written(), "");
        second.end(Standing::Failed, "1 of 2 segments run: 1 failed");
        first.end(Standing::Validated, "3 of 3 segments run: 3 met");
        progress.end();
        assert_eq!(
            screen.written(),
            "[1/2] FAILED b ::error::<ESC>[2J## [error]x.md: 1 of 2 segments run: 1 failed\n\
             [2/2] validated a.md: 3 of 3 segments run: 3 met\n"
        );
    }

    #[test]
    fn a_terminal_sees_what_is_in_flight_and_how_many_are_done() {
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let progress = Progress::new(2, Show::Moving(target));
        assert!(screen.written().contains("0 of 2 runbooks"));
        let flight = progress.begin("a\u{1b}]0;x.md");
        // Drawing is limited in its rate: wait for the next picture.
        let mut seen = String::new();
        while !seen.contains("a<ESC>]0;x.md") {
            seen.push_str(&screen.written());
            std::thread::yield_now();
        }
        flight.end(Standing::Validated, "");
        progress.end();
        assert_eq!(progress.done.load(Ordering::Relaxed), 1);
        assert!(!seen.contains('\u{1b}'), "{seen:?}");
    }
}
