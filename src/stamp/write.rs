//! A stamped text, back into its file.
//!
//! Comes in: a path, the bytes that were validated, the bytes to write. Goes out: the file, whole,
//! or as it was. What was validated is what is stamped: a file that says something else by now is
//! left alone. The new text is written beside the file, made durable, and put in its place in one
//! move; stamps in one folder take turns, so that none undoes another.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{Access, FlockOperation, Gid, Uid, access, fchown, flock};
use tempfile::NamedTempFile;

/// How often a folder's lock is tried, and how long it is waited between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Why a file was not stamped; it is as it was. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It no longer says what was validated.
    #[error("stamp {path}: it changed while it was being validated; validate it again")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The name leads elsewhere.
    #[error("stamp {path}: it is a symbolic link; name the file that it leads to")]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// It is no file of its own: a folder, a device, or one of several names of a file.
    #[error("stamp {path}: {what}")]
    NotAlone {
        /// The path.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// Nobody may write it, or we may not.
    #[error("stamp {path}: it is read-only; allow writing with `chmod u+w`")]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another process holds the folder.
    #[error("stamp {path}: another process has locked its folder; try again")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("stamp {path}: {doing}: {error}; the file is as it was")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        error: io::Error,
    },
}

/// Writes `edited` to a file that still holds `validated`. All of it is there afterwards, or none.
pub fn write(path: &Path, validated: &[u8], edited: &[u8]) -> Result<(), WriteError> {
    let failed = |doing| move |error: io::Error| WriteError::Io { path: path.into(), doing, error };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let opened = File::open(folder).map_err(failed("open its folder"))?;
    lock(&opened, path)?;
    let metadata = writable(path)?;
    unchanged(path, validated)?;
    if validated == edited {
        return Ok(());
    }
    let file = beside(folder, &metadata, edited).map_err(failed("write the new text beside it"))?;
    // Who does not take the lock may have written since.
    unchanged(path, validated)?;
    if writable(path)?.ino() != metadata.ino() {
        return Err(WriteError::Changed { path: path.into() });
    }
    file.persist(path).map_err(|error| failed("put the new text in its place")(error.error))?;
    // The text is there; that its name is durable too cannot be undone any more.
    opened.sync_all().or_else(ignore_unsupported).map_err(failed("make its folder durable"))
}

fn ignore_unsupported(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported => Ok(()),
        _ => Err(error),
    }
}

/// Takes the folder's lock; it goes with the open folder.
fn lock(folder: &File, path: &Path) -> Result<(), WriteError> {
    for _ in 0..TRIES {
        match flock(folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => thread::sleep(PAUSE),
            Err(error) if error == rustix::io::Errno::INTR => {}
            Err(error) => {
                let error = io::Error::from(error);
                return Err(WriteError::Io { path: path.into(), doing: "lock its folder", error });
            }
        }
    }
    Err(WriteError::Busy { path: path.into() })
}

/// The file's metadata, where it is an ordinary file of one name that may be written.
fn writable(path: &Path) -> Result<Metadata, WriteError> {
    let metadata = fs::symlink_metadata(path).map_err(|error| WriteError::Io {
        path: path.into(),
        doing: "look at it",
        error,
    })?;
    let not_alone = |what| WriteError::NotAlone { path: path.into(), what };
    if metadata.is_symlink() {
        return Err(WriteError::Link { path: path.into() });
    }
    if !metadata.is_file() {
        return Err(not_alone("it is no ordinary file"));
    }
    if metadata.nlink() > 1 {
        return Err(not_alone("it has several names (hard links), which a new text would part"));
    }
    // To the superuser everything is writable; the owner's word counts all the same.
    if metadata.mode() & 0o222 == 0 || access(path, Access::WRITE_OK).is_err() {
        return Err(WriteError::ReadOnly { path: path.into() });
    }
    Ok(metadata)
}

fn unchanged(path: &Path, validated: &[u8]) -> Result<(), WriteError> {
    match fs::read(path) {
        Ok(bytes) if bytes == validated => Ok(()),
        Ok(_) => Err(WriteError::Changed { path: path.into() }),
        Err(error) => Err(WriteError::Io { path: path.into(), doing: "read it again", error }),
    }
}

/// The text in a file of its own in the same folder, durable, with the mode and the owner of the
/// old one.
fn beside(folder: &Path, old: &Metadata, text: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".runbook-stamp-").tempfile_in(folder)?;
    file.write_all(text)?;
    let new = file.as_file().metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        let owner = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
        // Only the superuser may give a file away; its content matters more.
        let _ = fchown(&file, Some(owner.0), Some(owner.1))
            .or_else(|_| fchown(&file, None, Some(owner.1)));
    }
    file.as_file().set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))?;
    file.as_file().sync_all()?;
    Ok(file)
}
