//! Landlock: which files may be written, which ports reached, who may be signalled.
//!
//! Comes in: the rules. Goes out: a ruleset, and then a process that is held to it. Reading is not
//! restricted. Everything that this kernel's Landlock can restrict is restricted; what is older
//! than the kernel asked for is left to the filter of system calls.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, NetPort,
    PathBeneath, PathFd, RestrictSelfAttr, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::fs::FileType;

use super::{Rules, SandboxError, Terminals, UnixSockets};

/// The newest version that this file was written for; on an older kernel less is restricted.
const NEWEST: ABI = ABI::V10;

/// Devices that take what is written to them and change nothing.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/tty"];

/// What else may be written where a process may open any terminal.
const TERMINALS: &[&str] = &["/dev/ptmx", "/dev/pts"];

/// The port of name servers, the only one that UDP may reach where UDP can be restricted.
const NAME_SERVERS: u16 = 53;

/// The version of Landlock that this kernel has; 0 where it has none.
///
/// The crate does not tell the version, only whether what is asked for can be had.
pub(super) fn version() -> u32 {
    let versions = [(10, ABI::V10), (9, ABI::V9), (6, ABI::V6), (5, ABI::V5), (4, ABI::V4)];
    let older = [(3, ABI::V3), (2, ABI::V2), (1, ABI::V1)];
    let found = versions.into_iter().chain(older).find(|(_, abi)| can(*abi));
    match found {
        // Versions 7 and 8 brought no right, only ways to restrict.
        Some((6, _)) if flags(|ruleset| ruleset.all_threads(true)) => 8,
        Some((6, _)) if flags(|ruleset| ruleset.log_subdomains(false)) => 7,
        Some((version, _)) => version,
        None => 0,
    }
}

/// Whether every right and scope of `abi` can be had.
fn can(abi: ABI) -> bool {
    let all = || -> Result<(), RulesetError> {
        let mut ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        ruleset = ruleset.handle_access(AccessFs::from_all(abi))?;
        if abi >= ABI::V4 {
            ruleset = ruleset.handle_access(AccessNet::from_all(abi))?;
        }
        if abi >= ABI::V6 {
            ruleset = ruleset.scope(Scope::from_all(abi))?;
        }
        ruleset.create().map(|_| ())
    };
    all().is_ok()
}

/// Whether a way to restrict can be had.
fn flags(set: impl Fn(RulesetCreated) -> Result<RulesetCreated, RulesetError>) -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::WriteFile)
        .and_then(Ruleset::create)
        .and_then(set)
        .is_ok()
}

/// Makes the ruleset, with every path of the rules opened.
pub(super) fn prepare(rules: &Rules) -> Result<RulesetCreated, SandboxError> {
    let mut ruleset = create(rules).map_err(not_taken)?;
    ruleset = allow_folder(ruleset, &rules.scratch)?;
    for path in DEVICES {
        ruleset = allow_device(ruleset, Path::new(path))?;
    }
    if rules.terminals == Terminals::Any {
        for path in TERMINALS {
            ruleset = allow_device(ruleset, Path::new(path))?;
        }
    }
    for path in &rules.files {
        ruleset = allow_file(ruleset, path)?;
    }
    allow_ports(ruleset, &rules.ports).map_err(not_taken)
}

/// Everything that can be restricted, restricted.
fn create(rules: &Rules) -> Result<RulesetCreated, RulesetError> {
    let mut files = AccessFs::from_write(NEWEST);
    if rules.unix_sockets == UnixSockets::Allowed {
        files.remove(AccessFs::ResolveUnix);
    }
    Ruleset::default()
        .handle_access(files)?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()
}

/// Anything may be made in it but devices.
fn allow_folder(ruleset: RulesetCreated, path: &Path) -> Result<RulesetCreated, SandboxError> {
    let folder = open(path)?;
    if kind(&folder, path)? != FileType::Directory {
        return Err(SandboxError::NoFolder(path.to_owned()));
    }
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock;
    let sockets = AccessFs::MakeSock | AccessFs::ResolveUnix;
    let access = AccessFs::from_write(NEWEST) & !devices & !sockets;
    ruleset.add_rule(PathBeneath::new(folder, access)).map_err(not_taken)
}

/// A device that is there may be written; a file in its place may not.
fn allow_device(ruleset: RulesetCreated, path: &Path) -> Result<RulesetCreated, SandboxError> {
    let Ok(device) = open(path) else { return Ok(ruleset) };
    let kind = kind(&device, path)?;
    let folder_of_terminals = kind == FileType::Directory && path == Path::new("/dev/pts");
    if kind != FileType::CharacterDevice && !folder_of_terminals {
        return Ok(ruleset);
    }
    ruleset.add_rule(PathBeneath::new(device, writing())).map_err(not_taken)
}

fn allow_file(ruleset: RulesetCreated, path: &Path) -> Result<RulesetCreated, SandboxError> {
    let file = open(path)?;
    if kind(&file, path)? == FileType::Directory {
        let source = std::io::ErrorKind::IsADirectory.into();
        return Err(SandboxError::Path { path: path.to_owned(), source });
    }
    ruleset.add_rule(PathBeneath::new(file, writing())).map_err(not_taken)
}

fn writing() -> BitFlags<AccessFs> {
    AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev
}

fn allow_ports(ruleset: RulesetCreated, ports: &[u16]) -> Result<RulesetCreated, RulesetError> {
    let tcp = ports.iter().map(|port| Ok(NetPort::new(*port, AccessNet::ConnectTcp)));
    ruleset
        .add_rules(tcp.collect::<Vec<Result<_, RulesetError>>>())?
        .add_rule(NetPort::new(NAME_SERVERS, AccessNet::ConnectSendUdp))?
        // A socket that is not bound is bound by its first datagram, to any free port.
        .add_rule(NetPort::new(0, AccessNet::BindUdp))
}

/// Holds the calling thread, and all that it starts, to starting no program but those that are
/// `paths` or lie below them. What is not there is left out.
pub(super) fn only_start(paths: &[PathBuf]) -> Result<(), SandboxError> {
    let ruleset = Ruleset::default().handle_access(AccessFs::Execute).and_then(Ruleset::create);
    let mut ruleset = ruleset.map_err(not_taken)?;
    for path in paths {
        if let Ok(opened) = open(path) {
            let rule = PathBeneath::new(opened, AccessFs::Execute);
            ruleset = ruleset.add_rule(rule).map_err(not_taken)?;
        }
    }
    restrict(ruleset).map(|_| ())
}

/// Holds the calling thread to the ruleset, and tells the version that holds it.
pub(super) fn restrict(ruleset: RulesetCreated) -> Result<u32, SandboxError> {
    let status = ruleset.restrict_self().map_err(not_taken)?;
    match status.landlock {
        LandlockStatus::Available { effective_abi, .. }
            if status.ruleset != RulesetStatus::NotEnforced =>
        {
            Ok(effective_abi as u32)
        }
        other => Err(not_taken(format!("{other:?}"))),
    }
}

fn open(path: &Path) -> Result<PathFd, SandboxError> {
    PathFd::new(path).map_err(|error| {
        let source = match error {
            landlock::PathFdError::OpenCall { source, .. } => source,
            other => std::io::Error::other(other.to_string()),
        };
        SandboxError::Path { path: path.to_owned(), source }
    })
}

fn kind(file: impl AsFd, path: &Path) -> Result<FileType, SandboxError> {
    match rustix::fs::fstat(file) {
        Ok(stat) => Ok(FileType::from_raw_mode(stat.st_mode)),
        Err(error) => Err(SandboxError::Path { path: path.to_owned(), source: error.into() }),
    }
}

fn not_taken(error: impl ToString) -> SandboxError {
    SandboxError::NotTaken { layer: "Landlock", reason: error.to_string() }
}
