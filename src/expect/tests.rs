//! Whole annotations against whole outputs.

use std::time::Duration;

use super::{Ended, Observed, Output};

fn output(text: &str) -> Output {
    Output {
        head: text.as_bytes().to_vec(),
        tail: Vec::new(),
        omitted: 0,
        lines: text.lines().filter(|line| !line.trim().is_empty()).count() as u64,
    }
}

/// What a command did that ended by itself.
pub(super) fn observed(command: &str, statuses: &[i32], stdout: &str, stderr: &str) -> Observed {
    Observed {
        stdout: output(stdout),
        stderr: output(stderr),
        statuses: statuses.to_vec(),
        ended: Ended::Exited,
        command: command.to_owned(),
        sensitive: false,
        elapsed: Duration::from_millis(1),
    }
}
