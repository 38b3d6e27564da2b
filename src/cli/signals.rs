//! Signals to the interpreter, as wishes of the outside world.

use std::io;
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::Wishes;

/// Turns SIGINT into an interrupt, SIGTERM and SIGHUP into a hang-up. On a thread of its own: they
/// must be heard while the engine waits for a person, too.
pub(super) fn listen(wishes: Wishes) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let guard = runtime.enter();
    let interrupts = signal(SignalKind::interrupt())?;
    let terminations = signal(SignalKind::terminate())?;
    let hang_ups = signal(SignalKind::hangup())?;
    drop(guard);
    thread::spawn(move || {
        runtime.block_on(attend(wishes, interrupts, terminations, hang_ups));
    });
    Ok(())
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
