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

/// The root of the whole checkout that `path` lies in: a submodule is a part of the repository that
/// names it, and whoever changes that one chooses what the submodule holds, its branches included.
pub fn checkout(path: &Path) -> PathBuf {
    let root = repository(path);
    if !root.join(".git").is_file() {
        return root;
    }
    let around = checkout(&root);
    if around.join(".git").exists() { around } else { root }
}

/// Whether a file of a checkout is really something else: a link to what lies outside, or to git's
/// own files. Whoever changes a repository must not choose what else is read, and told.
pub fn leads_elsewhere(path: &Path) -> bool {
    let root = checkout(path);
    if !root.join(".git").exists() {
        return false;
    }
    let (Ok(root), Ok(file)) = (fs::canonicalize(root), fs::canonicalize(path)) else {
        return false;
    };
    match file.strip_prefix(root) {
        Ok(below) => below.components().any(|part| part.as_os_str() == ".git"),
        Err(_) => true,
    }
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
