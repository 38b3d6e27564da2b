//! Where things are: a file's repository, and the programs that may be trusted to be what they are
//! called.
//!
//! Comes in: paths and a PATH. Goes out: paths.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The root of the repository that holds `path`, or its own folder.
pub fn repository(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let own = absolute.parent().unwrap_or(Path::new("/")).to_path_buf();
    let root = own.ancestors().find(|folder| folder.join(".git").exists()).map(Into::into);
    root.unwrap_or(own)
}

/// The folders of a PATH in which programs are looked up: absolute ones, outside of `repository`,
/// that not everybody can write to. Whoever changes a repository must not choose what `curl` is.
pub fn pinned(path: &std::ffi::OsStr, repository: &Path) -> Vec<PathBuf> {
    let repository = fs::canonicalize(repository).unwrap_or_else(|_| repository.to_path_buf());
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let real = folders.filter_map(|folder| fs::canonicalize(folder).ok());
    let mut kept: Vec<PathBuf> = Vec::new();
    for folder in real.filter(|folder| !folder.starts_with(&repository) && !is_anybodys(folder)) {
        if !kept.contains(&folder) {
            kept.push(folder);
        }
    }
    kept
}

fn is_anybodys(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|data| data.permissions().mode() & 0o002 != 0)
}

/// A program in the pinned folders.
pub fn find(name: &str, path: &[PathBuf]) -> Option<PathBuf> {
    let programs = path.iter().map(|folder| folder.join(name));
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    programs.into_iter().find(is_program)
}
