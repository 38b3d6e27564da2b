//! Signals to the interpreter, as wishes of the outside world.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::Wishes;

/// Turns SIGINT into an interrupt, SIGTERM and SIGHUP into a hang-up, until it is dropped.
pub(super) fn listen(wishes: Wishes) -> io::Result<tokio::task::JoinHandle<()>> {
    let interrupts = signal(SignalKind::interrupt())?;
    let terminations = signal(SignalKind::terminate())?;
    let hang_ups = signal(SignalKind::hangup())?;
    Ok(tokio::spawn(attend(wishes, interrupts, terminations, hang_ups)))
}

async fn attend(
    wishes: Wishes,
    mut interrupts: Signal,
    mut terminations: Signal,
    mut hang_ups: Signal,
) {
    loop {
        tokio::select! {
            _ = interrupts.recv() => wishes.interrupt(),
            _ = terminations.recv() => wishes.hang_up(),
            _ = hang_ups.recv() => wishes.hang_up(),
        }
    }
}
