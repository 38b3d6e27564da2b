//! The processes below a shell, to signal them and to find what was left behind.
//!
//! Comes in: the shell's process id. Goes out: its descendants, also those that left its process
//! group or were orphaned (the interpreter is their reaper). On systems without `/proc` only the
//! process group is known.

#[cfg(target_os = "linux")]
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal, WaitOptions};

/// The variable by which a process tells whose descendant it is; set by the driver.
const MARK: &str = "RUNBOOK_SHELL";

/// The shells of this process, so that one session does not take another's for an orphan.
static SHELLS: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// Starts a shell and notes that it is a session's own, before anybody can look for orphans.
pub(super) fn start<T, E>(
    launch: impl FnOnce() -> Result<T, E>,
    id: impl FnOnce(&T) -> Option<i32>,
) -> Result<T, E> {
    let mut shells = SHELLS.lock().unwrap_or_else(PoisonError::into_inner);
    let launched = launch()?;
    shells.extend(id(&launched));
    Ok(launched)
}

/// Forgets it.
pub(super) fn forget(shell: i32) {
    SHELLS.lock().unwrap_or_else(PoisonError::into_inner).retain(|id| *id != shell);
}

/// A process, as `/proc/PID/stat` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: i32,
    /// Its name, at most 15 bytes.
    pub name: String,
    parent: i32,
    session: i32,
    zombie: bool,
}

/// Makes the interpreter the reaper of orphans below it, so that a daemon can still be found.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// All living processes below `shell`: its children and theirs, its session, and our orphans.
pub(super) fn below(shell: i32) -> Vec<Process> {
    if is_alone(shell) {
        return Vec::new();
    }
    let all = all();
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let mut found = vec![shell];
    let mut rest: Vec<&Process> = all.iter().filter(|process| process.id != shell).collect();
    loop {
        let before = found.len();
        rest.retain(|process| {
            let orphan = process.parent == own && is_strange(process, &all, own, shell);
            let below = found.contains(&process.parent) || process.session == shell || orphan;
            if below {
                found.push(process.id);
            }
            !below
        });
        if found.len() == before {
            break;
        }
    }
    reap_orphans(&all, own, shell);
    all.into_iter()
        .filter(|process| process.id != shell && !process.zombie && found.contains(&process.id))
        .collect()
}

/// Sends `signal` to the first stage of a running pipeline: the direct child of `shell` that was
/// started first, and all below it. Its readers come to their end by themselves.
pub(super) fn signal_producer(shell: i32, sent: Signal) {
    let below_shell = below(shell);
    let Some(producer) = below_shell.iter().find(|process| process.parent == shell) else {
        return signal_all(shell, sent);
    };
    let mut chosen = vec![producer.id];
    for process in &below_shell {
        if chosen.contains(&process.parent) {
            chosen.push(process.id);
        }
    }
    for id in chosen {
        signal(id, sent);
    }
}

/// Sends `signal` to everything below the shell, not to itself.
pub(super) fn signal_below(shell: i32, sent: Signal) {
    for process in below(shell) {
        signal(process.id, sent);
    }
}

/// Sends `signal` to one process; one that is gone is no error.
fn signal(id: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(id) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Sends `signal` to the shell's process group and to everything below it that left the group.
pub(super) fn signal_all(shell: i32, sent: Signal) {
    let others = below(shell);
    if let Some(pid) = Pid::from_raw(shell) {
        let _ = rustix::process::kill_process_group(pid, sent);
    }
    for process in others.iter().filter(|process| group_of(process.id) != Some(shell)) {
        signal(process.id, sent);
    }
}

fn group_of(id: i32) -> Option<i32> {
    let group = rustix::process::getpgid(Pid::from_raw(id)).ok()?;
    Some(group.as_raw_nonzero().get())
}

fn session_of(all: &[Process], id: i32) -> i32 {
    all.iter().find(|process| process.id == id).map_or(0, |process| process.session)
}

/// Whether a child of ours was none when it was started: it is in another session than ours, no
/// shell of ours, and of no other shell's. Where there are several shells, what an orphan inherited
/// tells whose it is.
fn is_strange(process: &Process, all: &[Process], own: i32, shell: i32) -> bool {
    let shells = SHELLS.lock().unwrap_or_else(PoisonError::into_inner);
    let another = |id: i32| id != shell && shells.contains(&id);
    process.session != session_of(all, own)
        && !shells.contains(&process.id)
        && !another(process.session)
        && (shells.len() < 2 || inherited_from(process.id) == Some(shell))
}

/// The shell whose mark the process has in its environment.
fn inherited_from(id: i32) -> Option<i32> {
    let environment = std::fs::read(format!("/proc/{id}/environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let value = variables.find_map(|one| one.strip_prefix(MARK.as_bytes())?.strip_prefix(b"="))?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn reap_orphans(all: &[Process], own: i32, shell: i32) {
    for process in all.iter().filter(|p| p.zombie && p.parent == own) {
        if !is_strange(process, all, own, shell) {
            continue;
        }
        let _ = rustix::process::waitpid(Pid::from_raw(process.id), WaitOptions::NOHANG);
    }
}

/// Whether there is certainly nothing: the shell has no child, and we have none but shells. That
/// is how nearly every session ends, and all processes of a machine take long to read. A list of
/// children may miss one while others come and go; that it is empty is certain (proc(5)).
#[cfg(target_os = "linux")]
fn is_alone(shell: i32) -> bool {
    // The shell's before ours: what it loses in between comes to us, as when it is gone.
    let has_none = children(shell).unwrap_or_default().is_empty();
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let Some(ours) = children(own).filter(|_| has_none) else {
        return false;
    };
    let shells = SHELLS.lock().unwrap_or_else(PoisonError::into_inner);
    ours.iter().all(|id| shells.contains(id))
}

#[cfg(not(target_os = "linux"))]
const fn is_alone(_: i32) -> bool {
    false
}

/// The children of all threads of a process, also those that nobody has waited for; nothing where
/// the process is gone or the kernel keeps no such list.
#[cfg(target_os = "linux")]
fn children(id: i32) -> Option<Vec<i32>> {
    let mut found = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{id}/task")).ok()? {
        let listed = std::fs::read_to_string(thread.ok()?.path().join("children")).ok()?;
        found.extend(listed.split_whitespace().filter_map(|child| child.parse::<i32>().ok()));
    }
    Some(found)
}

#[cfg(target_os = "linux")]
fn all() -> Vec<Process> {
    let Ok(folder) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found: Vec<Process> = folder
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id: i32| parse(id, &head(&format!("/proc/{id}/stat"))?))
        .collect();
    found.sort_by_key(|process| process.id);
    found
}

/// The beginning of a file, in one call: the kernel tells all of a process anew for every file that
/// is opened, and a machine has hundreds. The fields that count stand within the first 100 bytes.
#[cfg(target_os = "linux")]
fn head(path: &str) -> Option<[u8; 256]> {
    let mut head = [0; 256];
    (std::fs::File::open(path).ok()?.read(&mut head).ok()? > 0).then_some(head)
}

#[cfg(not(target_os = "linux"))]
fn all() -> Vec<Process> {
    Vec::new()
}

/// `ID (NAME) STATE PARENT GROUP SESSION ...`; the name may hold blanks and brackets (proc(5)).
fn parse(id: i32, stat: &[u8]) -> Option<Process> {
    let text = String::from_utf8_lossy(stat);
    let (head, rest) = text.rsplit_once(") ")?;
    let name = head.split_once('(')?.1.to_owned();
    let mut fields = rest.split(' ');
    let zombie = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    Some(Process { id, name, parent, session, zombie })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_is_read() {
        let process = parse(7, b"7 (a) b (c) S 1 2 3 0").expect("a process");
        assert_eq!((process.name.as_str(), process.parent, process.session), ("a) b (c", 1, 3));
        assert!(!process.zombie);
    }
}
