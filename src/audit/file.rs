//! A file of JSON lines. Each line is one write, and is on the disk before it counts as delivered.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::path::leads_elsewhere;
use crate::variables::Redactor;

use super::Attempt;

/// Adds a line to a file; whoever else adds one at the same time waits.
pub(super) fn append(path: &Path, text: &str) -> Attempt {
    match try_append(path, text) {
        Ok(()) => Attempt::Delivered,
        Err(error) => {
            let why = format!("{}: {error}", path.display());
            Attempt::down(Redactor::default().redact(&why))
        }
    }
}

fn try_append(path: &Path, text: &str) -> io::Result<()> {
    let is_new = !path.exists();
    let mut file = open(path)?;
    flock(&file, FlockOperation::LockExclusive)?;
    let fresh = if ends_with_line(&mut file)? { "" } else { "\n" };
    let line = format!("{fresh}{text}\n");
    // Not `write_all`: the rest of a line that was cut short could come after somebody else's.
    let written = file.write(line.as_bytes())?;
    if written < line.len() {
        return Err(io::Error::new(io::ErrorKind::StorageFull, "the line was cut short"));
    }
    file.sync_all()?;
    match path.parent().filter(|_| is_new) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Opens it, and makes it where it is not there. A pipe or a device keeps nothing. A link is not
/// followed, nor a folder of the repository that leads out of it: whoever changes a repository must
/// not choose what else is written to.
fn open(path: &Path) -> io::Result<File> {
    if path.parent().is_some_and(leads_elsewhere) {
        let why = "its folder leads out of the repository, or into git's own";
        return Err(io::Error::other(why));
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    // To open a pipe would otherwise wait for somebody at its other end.
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits();
    let file = options.custom_flags(i32::try_from(flags).unwrap_or_default()).open(path)?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    if data.nlink() > 1 {
        return Err(io::Error::other("it has another name besides, and what that is nobody knows"));
    }
    // A line begins so, also one that a crash has cut short; no runbook does, and no settings.
    let mut first = Vec::new();
    (&file).take(2).read_to_end(&mut first)?;
    if !b"{\"".starts_with(first.as_slice()) {
        return Err(io::Error::other("it holds something else than entries; name another file"));
    }
    Ok(file)
}

/// Whether the next line begins on a fresh one; not so where a crash left a part of a line.
fn ends_with_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_line_that_a_crash_cut_short_is_left_and_the_next_one_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.jsonl");
        assert_eq!(append(&path, "{\"a\":1}"), Attempt::Delivered);
        assert_eq!(fs::read_to_string(&path).expect("a file"), "{\"a\":1}\n");
        fs::write(&path, "{\"a\":1}\n{\"b\":").expect("writable");
        assert_eq!(append(&path, "{\"c\":3}"), Attempt::Delivered);
        assert_eq!(fs::read_to_string(&path).expect("a file"), "{\"a\":1}\n{\"b\":\n{\"c\":3}\n");
    }

    #[test]
    fn a_link_is_not_followed_out_of_the_repository() {
        let folder = tempfile::tempdir().expect("a folder");
        let (root, other) = (folder.path().join("repository"), folder.path().join("other"));
        fs::create_dir_all(root.join(".git")).expect("creatable");
        fs::create_dir(&other).expect("creatable");
        fs::write(other.join("profile"), "").expect("writable");
        symlink(other.join("profile"), root.join("audit.jsonl")).expect("a link");
        symlink(&other, root.join("logs")).expect("a link");
        for path in [root.join("audit.jsonl"), root.join("logs/profile"), root.join("logs/new")] {
            let refused = append(&path, "{}");
            assert!(matches!(refused, Attempt::Down { .. }), "{}: {refused:?}", path.display());
        }
        assert_eq!(fs::read(other.join("profile")).expect("readable"), b"");
        assert!(!other.join("new").exists());
        assert_eq!(append(&root.join("own"), "{}"), Attempt::Delivered);
        assert_eq!(append(&other.join("named"), "{}"), Attempt::Delivered);
    }

    #[test]
    fn what_keeps_nothing_takes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        for path in [pipe.as_path(), Path::new("/dev/null"), folder.path(), Path::new("/no/a")] {
            assert!(matches!(append(path, "{}"), Attempt::Down { .. }), "{}", path.display());
        }
    }
}
