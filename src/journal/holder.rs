//! Who holds a target, and whether that process still lives.
//!
//! A number of a process is used again, and a machine starts anew; so a holder is known by the
//! machine, its start, the process and the process's start.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process that holds a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run.
    pub run: String,
    /// Whose run it is.
    pub operator: String,
    /// The machine's name.
    pub host: String,
    /// The process.
    pub process: u32,
    /// When the process was started, in the kernel's ticks; nothing where the system does not tell.
    pub started: Option<u64>,
    /// Which start of the machine it belongs to.
    pub boot: Option<String>,
    /// Since when, in UTC, as RFC 3339.
    pub since: String,
}

/// Whether a holder still lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It does.
    Alive,
    /// It has ended.
    Gone,
    /// It is on another machine.
    Unknown,
}

impl Holder {
    /// This process, for a run.
    pub fn this(run: &str, operator: &str, host: &str) -> Self {
        let process = std::process::id();
        Self {
            run: run.into(),
            operator: operator.into(),
            host: host.into(),
            process,
            started: start_of(process),
            boot: boot(),
            since: jiff::Timestamp::now().to_string(),
        }
    }

    /// Whether the process lives, as seen from the machine `host`.
    pub fn life(&self, host: &str) -> Life {
        if self.host != host {
            return Life::Unknown;
        }
        if self.boot.is_some() && boot().is_some() && self.boot != boot() {
            return Life::Gone;
        }
        let lives = match self.started {
            Some(started) => start_of(self.process) == Some(started),
            None => is_there(self.process),
        };
        if lives { Life::Alive } else { Life::Gone }
    }
}

/// When a process was started, in ticks since the machine was; of one that has ended and was not
/// waited for, nothing.
fn start_of(process: u32) -> Option<u64> {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold blanks and brackets; the fields that count come after its last bracket.
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ended = matches!(*fields.first()?, "Z" | "X");
    if ended { None } else { fields.get(19)?.parse().ok() }
}

fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// Whether there is such a process, where that is all that the system tells.
fn is_there(process: u32) -> bool {
    let id = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    id.is_some_and(|id| {
        // One that belongs to somebody else is there, too.
        rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH)
    })
}

#[cfg(test)]
mod tests {
    use super::{Holder, Life};

    #[test]
    fn a_process_that_has_ended_is_gone_although_its_number_may_be_used_again() {
        let mut holder = Holder::this("r", "ada", "here");
        assert_eq!(holder.life("here"), Life::Alive);
        assert_eq!(holder.life("elsewhere"), Life::Unknown);
        holder.started = holder.started.map(|started| started + 1);
        assert_eq!(holder.life("here"), Life::Gone, "another process with the same number");
        let mut child = std::process::Command::new("true").spawn().expect("a process");
        let gone = Holder { process: child.id(), started: None, ..Holder::this("r", "a", "here") };
        child.wait().expect("it ends");
        assert_eq!(gone.life("here"), Life::Gone);
    }

    #[test]
    fn what_was_held_before_the_machine_started_anew_is_held_no_longer() {
        let mut holder = Holder::this("r", "ada", "here");
        holder.boot = Some("another".into());
        assert_eq!(holder.life("here"), Life::Gone);
    }
}
