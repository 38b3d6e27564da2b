//! Privileges and limits of the calling process.
//!
//! Comes in: nothing. Goes out: a process that is root in name only and to read, cannot become more by starting
//! a program, leaves no core dump, and dies with whoever started it.

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::SandboxError;

/// The most that each resource may be, soft and hard.
const LIMITS: &[(Resource, u64)] = &[
    (Resource::Core, 0),
    (Resource::Fsize, 1 << 30),
    (Resource::Nofile, 4096),
    (Resource::Msgqueue, 0),
    (Resource::Rtprio, 0),
];

/// Lowers the limits; none is raised.
pub(super) fn limit() -> Result<(), SandboxError> {
    for &(resource, most) in LIMITS {
        let now = rustix::process::getrlimit(resource);
        let lower = |limit: Option<u64>| Some(limit.map_or(most, |limit| limit.min(most)));
        let new = Rlimit { current: lower(now.current), maximum: lower(now.maximum) };
        rustix::process::setrlimit(resource, new).map_err(not_taken("resource limits"))?;
    }
    Ok(())
}

/// Asks to be killed when whoever started this process ends; starting a program keeps that.
pub(super) fn die_with_the_parent() -> Result<(), SandboxError> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(not_taken("the death signal"))
}

/// Gives up every capability, and the way back to any, but for what [`kept`] says.
pub(super) fn give_up() -> Result<(), SandboxError> {
    let kept = kept()?;
    shrink_the_bounding_set(kept)?;
    let none =
        CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    let not_taken = not_taken("giving up capabilities");
    rustix::thread::set_capabilities(None, none).map_err(&not_taken)?;
    // The ambient set is empty by now, being a part of the inheritable one; it cannot be refilled.
    rustix::thread::set_no_new_privs(true).map_err(&not_taken)?;
    if rustix::thread::capabilities(None).map_err(&not_taken)? != none {
        return Err(not_taken(Errno::PERM));
    }
    if !rustix::thread::no_new_privs().map_err(&not_taken)? {
        return Err(not_taken(Errno::PERM));
    }
    Ok(())
}

/// What root keeps, where it has it: to read every file and look into every folder, without which
/// "not there" would be said of what merely belongs to somebody else. It lets nothing be written;
/// `open_by_handle_at`, which it would allow, too, is denied by the filter of system calls.
fn kept() -> Result<CapabilitySet, SandboxError> {
    let own = rustix::thread::capabilities(None).map_err(not_taken("giving up capabilities"))?;
    let wanted = if may_refill() { CapabilitySet::DAC_READ_SEARCH } else { CapabilitySet::empty() };
    Ok(own.effective & own.permitted & wanted)
}

/// Leaves nothing but `kept` in the set that starting a program as root would refill from. An
/// ordinary user may not, and needs not: there is nothing that could be refilled.
fn shrink_the_bounding_set(kept: CapabilitySet) -> Result<(), SandboxError> {
    let all = (0..u64::BITS).map(|bit| CapabilitySet::from_bits_retain(1 << bit));
    for capability in all.filter(|one| !kept.contains(*one)) {
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // The first number that this kernel has no capability for.
            Err(Errno::INVAL) => return Ok(()),
            Err(Errno::PERM) if !may_refill() => return Ok(()),
            Err(error) => return Err(not_taken("the bounding set")(error)),
        }
    }
    Ok(())
}

/// Whether this process is root, to whom starting a program gives the whole bounding set (which
/// `no_new_privs` forbids too, but not to those who are root already).
fn may_refill() -> bool {
    rustix::process::geteuid().is_root() || rustix::process::getuid().is_root()
}

fn not_taken(layer: &'static str) -> impl Fn(Errno) -> SandboxError {
    move |error| SandboxError::NotTaken { layer, reason: error.to_string() }
}
