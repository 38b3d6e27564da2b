//! What holds and what does not, for a person.
//!
//! Comes in: the layers. Goes out: a text that names each, what it stops, and everything known that
//! it cannot stop on this machine.

#[cfg(not(target_os = "linux"))]
use super::elsewhere::forbidden;
#[cfg(target_os = "linux")]
use super::linux::forbidden;
use super::{Layer, Layers};

/// What `validate --explain-sandbox` says.
pub fn explain(layers: &Layers) -> String {
    let mut text = verdict(layers);
    text.push_str("\nLayers:\n");
    for layer in Layer::ALL {
        let mark = if layers.has(*layer) { "enforced" } else { "missing " };
        let (name, what) = told(*layer);
        text.push_str(&format!("  {mark}  {name}: {what}\n"));
    }
    text.push_str("\nForbidden system calls:\n");
    for (what, names) in forbidden(layers) {
        text.push_str(&format!("  - {what}: {names}\n"));
    }
    text.push_str("\nNot stopped here, by name:\n");
    for (gap, advice) in gaps(layers) {
        text.push_str(&format!("  - {gap}: {advice}\n"));
    }
    text
}

fn verdict(layers: &Layers) -> String {
    match layers.suffices() {
        Ok(()) => format!("Read-only mode can be enforced here (Landlock {}).\n", layers.landlock),
        Err(error) => format!("Read-only mode is refused here: {error}.\n"),
    }
}

/// A layer's name, and what it stops.
fn told(layer: Layer) -> (&'static str, &'static str) {
    match layer {
        Layer::Files => (
            "files (Landlock 1, Linux 5.13)",
            "making, opening for writing and removing anything outside of the scratch folder, \
             but for /dev/null, /dev/zero, /dev/full, /dev/tty and what the rules list",
        ),
        Layer::Moves => {
            ("moves (Landlock 2, Linux 5.19)", "linking or moving a file in or out of the scratch")
        }
        Layer::Truncation => {
            ("truncation (Landlock 3, Linux 6.2)", "emptying or cutting off a file")
        }
        Layer::TcpPorts => (
            "TCP ports (Landlock 4, Linux 6.7)",
            "connecting to a port that is not listed, and binding any",
        ),
        Layer::DeviceRequests => (
            "device requests (Landlock 5, Linux 6.10)",
            "requests to devices; the system call filter lets only a list of harmless ones pass",
        ),
        Layer::Signals => {
            ("signals (Landlock 6, Linux 6.12)", "signals to processes outside of the sandbox")
        }
        Layer::AbstractSockets => (
            "abstract sockets (Landlock 6, Linux 6.12)",
            "abstract UNIX sockets of processes outside of the sandbox",
        ),
        Layer::PathSockets => (
            "pathname sockets (Landlock 9, Linux 7.1)",
            "UNIX sockets in the file system; before, the system call filter forbids UNIX sockets",
        ),
        Layer::Udp => ("UDP (Landlock 10, Linux 7.2)", "UDP to any port but 53"),
        Layer::SystemCalls => (
            "system calls (seccomp)",
            "changing modes, owners, times and attributes; mounts, namespaces, clock, names, \
             modules, tracing, keys, io_uring, shared memory by name, sockets but for TCP, UDP, \
             ping and questions to netlink, serving, unlisted device requests, unknown calls",
        ),
        Layer::Capabilities => {
            ("capabilities", "what only root may do, as root too, but to read every file")
        }
        Layer::NewPrivileges => {
            ("no new privileges", "gaining any by sudo, su or another setuid program")
        }
        Layer::Limits => ("limits", "core dumps, files over 1 GiB, more than 4096 open files"),
    }
}

/// What the running kernel does not stop.
fn gaps(layers: &Layers) -> Vec<(&'static str, &'static str)> {
    let mut gaps: Vec<_> = MISSING
        .iter()
        .filter(|(layer, ..)| !layers.has(*layer))
        .map(|(_, gap, advice)| (*gap, *advice))
        .collect();
    gaps.extend(ALWAYS);
    gaps
}

/// What is not stopped where a layer is missing.
const MISSING: &[(Layer, &str, &str)] = &[
    (Layer::Files, "writing files", "nothing is run read-only on this machine"),
    (Layer::Moves, "(moves)", "without Landlock 2 every link and move is denied, inside as well"),
    (Layer::Truncation, "truncating files", "nothing is run read-only on this machine"),
    (
        Layer::TcpPorts,
        "TCP to ports that are not listed",
        "before Landlock 4 ports cannot be told apart; where none is listed TCP is forbidden",
    ),
    (
        Layer::Signals,
        "(signals)",
        "before Landlock 6 the filter denies all of them, so `timeout` and `kill` do nothing inside",
    ),
    (
        Layer::AbstractSockets,
        "abstract UNIX sockets, where the rules allow UNIX sockets",
        "by default they are not allowed",
    ),
    (
        Layer::PathSockets,
        "UNIX sockets in the file system, where the rules allow UNIX sockets",
        "by default the filter forbids to make any, so no local daemon is reached",
    ),
    (
        Layer::Udp,
        "UDP to any host and port, DNS included",
        "before Landlock 10; data can leave this way, and a daemon that takes datagrams (syslog, \
         statsd) can be written to; programs that need no network get none",
    ),
    (
        Layer::SystemCalls,
        "chmod, sockets and much else",
        "nothing is run read-only on this machine",
    ),
];

/// What no kernel stops.
const ALWAYS: &[(&str, &str)] = &[
    (
        "a change over a port that is listed (POST, kubectl delete, an UPDATE)",
        "the kernel sees no requests; give credentials that can only read",
    ),
    ("any host on a port that is listed", "Landlock knows ports and no hosts"),
    ("a read that changes something at its server", "a GET may do anything"),
    ("ICMP echo where the system lets users ping", "it carries data as well"),
    (
        "writing through a descriptor that was open before",
        "standard output and error, and what whoever enters hands over",
    ),
    (
        "settings of a terminal that is open or is the controlling one",
        "its modes and size; nothing can be typed into it",
    ),
    ("other terminals, where the rules allow all of them", "by default they do not"),
    ("locks on files that can be read (flock)", "they hold up whoever asks for one"),
    ("reading from a fifo or a device outside", "what is read is gone for others"),
    ("times of last access", "reading a file may change them, as the mount says"),
    ("using up processors, memory and disk", "the scratch folder is not limited as a whole"),
    (
        "chmod, chown and touch inside the scratch",
        "denied there as well, since a filter sees no paths",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    const OTHERS: &[Layer] =
        &[Layer::SystemCalls, Layer::Capabilities, Layer::NewPrivileges, Layer::Limits];

    #[test]
    fn every_layer_is_told_whether_it_holds_or_not() {
        let text = explain(&Layers::of(7, OTHERS));
        for layer in Layer::ALL {
            let mark =
                if layer.since().is_some_and(|since| since > 7) { "missing" } else { "enforced" };
            let line = text.lines().find(|line| line.contains(told(*layer).0)).expect("a line");
            assert!(line.trim_start().starts_with(mark), "{line}");
        }
    }

    #[test]
    fn what_a_newer_kernel_stops_is_no_gap_there() {
        let udp = "UDP to any host and port";
        assert!(explain(&Layers::of(9, OTHERS)).contains(udp));
        assert!(!explain(&Layers::of(10, OTHERS)).contains(udp));
    }

    #[test]
    fn a_kernel_that_cannot_is_said_to_refuse() {
        let text = explain(&Layers::default());
        assert!(text.starts_with("Read-only mode is refused here"), "{text}");
    }
}
