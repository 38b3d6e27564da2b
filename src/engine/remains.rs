//! The folder of a validation, and what is left of those that were killed.
//!
//! Comes in: nothing. Goes out: a [`Workplace`], which is removed with its value. A process that is
//! killed cannot tidy up, so each holds a lock in its folder, and the next one removes the folders
//! of its user whose lock nobody holds any more.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

const PREFIX: &str = "runbook-validation-";
const LOCK: &str = "lock";

/// A folder that belongs to one validation for as long as the value lives.
#[derive(Debug)]
pub(super) struct Workplace {
    folder: TempDir,
    _lock: File,
}

impl Workplace {
    /// A new folder in `place`; the first time, what others left behind there is removed.
    pub fn new(place: &Path) -> io::Result<Self> {
        static TIDIED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
        if TIDIED.lock().unwrap_or_else(PoisonError::into_inner).insert(place.to_owned()) {
            tidy(place);
        }
        let private = fs::Permissions::from_mode(0o700);
        let folder =
            tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir_in(place)?;
        let lock = File::create(folder.path().join(LOCK))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of dead validations; what cannot be removed stays.
fn tidy(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for folder in ours.map(|entry| entry.path()).filter(|path| is_left_behind(path)) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Whether a folder is this user's own and nobody holds its lock. One without a lock may be just
/// being made.
fn is_left_behind(folder: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let is_own = fs::symlink_metadata(folder).is_ok_and(|it| it.is_dir() && it.uid() == own);
    let free = |lock: File| flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
    is_own && File::open(folder.join(LOCK)).is_ok_and(free)
}
