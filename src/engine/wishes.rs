//! What the outside world wants of a run while it is under way: Ctrl-C, the end of the terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::session::Interrupt;

/// What the outside world wants of a run.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    pub(super) interrupt: Interrupt,
    level: Arc<AtomicU8>,
    first: First,
}

/// What the first Ctrl-C ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum First {
    /// The running command: an operator wants to go on from there.
    #[default]
    Command,
    /// Everything: nobody is there to say how it goes on.
    Everything,
}

/// Why a run ends that was hung up.
pub(super) const HUNG_UP: &str = "the terminal was closed, or the system wants it to end";

/// How urgent a wish is.
const STOP_COMMAND: u8 = 1;
pub(super) const END_RUN: u8 = 2;
pub(super) const TERMINAL_GONE: u8 = 3;

/// How often a validation is told again that it is to end.
const INSIST: Duration = Duration::from_millis(500);

impl Wishes {
    /// Those for work that nobody attends: Ctrl-C ends it at once.
    pub fn unattended() -> Self {
        Self { first: First::Everything, ..Self::default() }
    }

    /// Whether something that runs is to stop.
    pub(super) fn is_any(&self) -> bool {
        self.level.load(Ordering::SeqCst) > 0
    }

    /// Whether everything is to end as soon as it can.
    pub fn is_over(&self) -> bool {
        self.level.load(Ordering::SeqCst) >= END_RUN
    }

    /// Stops what runs, again and again once everything is to end: who was not yet waiting for a
    /// command would not have heard it. Never ends by itself.
    pub(super) async fn insist(&self) {
        loop {
            tokio::time::sleep(INSIST).await;
            if self.is_over() {
                self.interrupt.interrupt();
            }
        }
    }

    /// Ctrl-C: stops the running command, a second time the run.
    pub fn interrupt(&self) {
        let known = self.level.load(Ordering::SeqCst);
        let again = known >= STOP_COMMAND || self.first == First::Everything;
        self.wish(if again { END_RUN } else { STOP_COMMAND });
    }

    /// What was interrupted is over and was none of the run's: a program that had the terminal.
    pub fn forget_interrupts(&self) {
        for level in [STOP_COMMAND, END_RUN] {
            let _ = self.level.compare_exchange(level, 0, Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    /// The terminal was closed, or the machine goes down: the run ends as soon as it can.
    pub fn hang_up(&self) {
        self.wish(TERMINAL_GONE);
    }

    /// Whether the run is to end as soon as it can: no question waits for an answer any more.
    pub fn is_hung_up(&self) -> bool {
        self.level.load(Ordering::SeqCst) == TERMINAL_GONE
    }

    fn wish(&self, level: u8) {
        self.level.fetch_max(level, Ordering::SeqCst);
        self.interrupt.interrupt();
    }

    pub(super) fn take(&self) -> u8 {
        let level = self.level.load(Ordering::SeqCst);
        if level == STOP_COMMAND {
            self.level.store(0, Ordering::SeqCst);
        }
        level
    }
}
