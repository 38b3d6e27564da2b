//! Systems other than Linux, which can enforce nothing of this.
//!
//! Comes in: the same as on Linux. Goes out: a refusal.

use super::{Layers, Rules, SandboxError};

/// Nothing.
pub fn probe() -> Layers {
    Layers::default()
}

/// Refuses.
pub fn enter(_rules: &Rules) -> Result<Layers, SandboxError> {
    Err(refusal())
}

/// Refuses.
pub fn without_network() -> Result<(), SandboxError> {
    Err(refusal())
}

/// Refuses.
pub fn only_start(_paths: &[std::path::PathBuf]) -> Result<(), SandboxError> {
    Err(refusal())
}

/// Does nothing: here a killed validation may leave a program behind.
#[expect(clippy::unnecessary_wraps, reason = "it may fail elsewhere")]
pub fn end_with_the_parent() -> Result<(), SandboxError> {
    Ok(())
}

/// None.
pub(super) fn forbidden(_layers: &Layers) -> Vec<(&'static str, String)> {
    Vec::new()
}

fn refusal() -> SandboxError {
    SandboxError::Insufficient { reason: "it takes Linux".to_owned() }
}
