//! What holds a process, as data.
//!
//! Comes in: what the kernel says that it can do. Goes out: the layers by name, and whether they
//! are enough to call a process read-only.

use serde::{Deserialize, Serialize};

use super::SandboxError;

/// The layers that a kernel can enforce, or has enforced.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Layers {
    /// The version of Landlock; 0 where there is none.
    pub landlock: u32,
    /// The layers, in the order of [`Layer::ALL`].
    pub enforced: Vec<Layer>,
}

/// One thing that is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Making, writing and removing files (Landlock 1).
    Files,
    /// Linking and moving files between folders (Landlock 2).
    Moves,
    /// Cutting files off (Landlock 3).
    Truncation,
    /// Connecting to a TCP port, and serving one (Landlock 4).
    TcpPorts,
    /// Requests to devices (Landlock 5; the system call filter has its own list).
    DeviceRequests,
    /// Signals to processes outside (Landlock 6).
    Signals,
    /// Abstract UNIX sockets of processes outside (Landlock 6).
    AbstractSockets,
    /// UNIX sockets that are files (Landlock 9; the system call filter forbids them all before).
    PathSockets,
    /// UDP, but for name servers (Landlock 10).
    Udp,
    /// The system calls that change something and that Landlock does not see (seccomp).
    SystemCalls,
    /// The privileges of root.
    Capabilities,
    /// Gaining privileges by starting a program, such as sudo.
    NewPrivileges,
    /// Core dumps, huge files, too many open ones.
    Limits,
}

impl Layer {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Files,
        Self::Moves,
        Self::Truncation,
        Self::TcpPorts,
        Self::DeviceRequests,
        Self::Signals,
        Self::AbstractSockets,
        Self::PathSockets,
        Self::Udp,
        Self::SystemCalls,
        Self::Capabilities,
        Self::NewPrivileges,
        Self::Limits,
    ];

    /// The version of Landlock that brought it; `None` for what is no part of Landlock.
    pub fn since(self) -> Option<u32> {
        match self {
            Self::Files => Some(1),
            Self::Moves => Some(2),
            Self::Truncation => Some(3),
            Self::TcpPorts => Some(4),
            Self::DeviceRequests => Some(5),
            Self::Signals | Self::AbstractSockets => Some(6),
            Self::PathSockets => Some(9),
            Self::Udp => Some(10),
            Self::SystemCalls | Self::Capabilities | Self::NewPrivileges | Self::Limits => None,
        }
    }
}

/// Without it a file outside could be emptied.
const LEAST_LANDLOCK: u32 = 3;

impl Layers {
    /// Those that this version of Landlock brings, and `others`.
    pub(super) fn of(landlock: u32, others: &[Layer]) -> Self {
        let has = |layer: &&Layer| match layer.since() {
            Some(since) => since <= landlock,
            None => others.contains(layer),
        };
        Self { landlock, enforced: Layer::ALL.iter().filter(has).copied().collect() }
    }

    /// Whether `layer` is among them.
    pub fn has(&self, layer: Layer) -> bool {
        self.enforced.contains(&layer)
    }

    /// Whether a process that they hold may be called read-only, or why not.
    pub fn suffices(&self) -> Result<(), SandboxError> {
        let missing = if self.landlock == 0 {
            "Landlock is missing or switched off".to_owned()
        } else if self.landlock < LEAST_LANDLOCK {
            format!(
                "Landlock has version {} and {LEAST_LANDLOCK} is needed (Linux 6.2), since files \
                 can be truncated before",
                self.landlock
            )
        } else if let Some(layer) = NEEDED.iter().find(|(layer, _)| !self.has(*layer)) {
            layer.1.to_owned()
        } else {
            return Ok(());
        };
        Err(SandboxError::Insufficient { reason: missing })
    }
}

/// What is needed beside Landlock, and what is said where it is missing.
const NEEDED: &[(Layer, &str)] = &[
    (Layer::SystemCalls, "system calls cannot be filtered (seccomp)"),
    (Layer::Capabilities, "the privileges of root cannot be given up"),
    (Layer::NewPrivileges, "programs that gain privileges cannot be stopped (no_new_privs)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const OTHERS: &[Layer] =
        &[Layer::SystemCalls, Layer::Capabilities, Layer::NewPrivileges, Layer::Limits];

    #[test]
    fn landlock_3_and_a_filter_are_enough() {
        assert!(Layers::of(3, OTHERS).suffices().is_ok());
    }

    #[test]
    fn without_truncation_it_is_not_enough() {
        let error = Layers::of(2, OTHERS).suffices().expect_err("too old");
        assert!(error.to_string().contains("version 2 and 3 is needed"), "{error}");
    }

    #[test]
    fn each_layer_beside_landlock_is_needed_but_the_limits() {
        for missing in OTHERS.iter().filter(|layer| **layer != Layer::Limits) {
            let rest: Vec<_> = OTHERS.iter().copied().filter(|layer| layer != missing).collect();
            assert!(Layers::of(10, &rest).suffices().is_err(), "{missing:?}");
        }
        assert!(Layers::of(10, &OTHERS[..3]).suffices().is_ok());
    }

    #[test]
    fn nothing_is_enforced_where_nothing_is_known() {
        assert!(Layers::default().suffices().is_err());
        assert!(Layers::default().enforced.is_empty());
    }

    #[test]
    fn ports_are_no_layer_before_landlock_4() {
        assert!(!Layers::of(3, OTHERS).has(Layer::TcpPorts));
        assert!(Layers::of(4, OTHERS).has(Layer::TcpPorts));
    }
}
