//! The runbooks below some paths.
//!
//! Comes in: files and folders as they were typed. Goes out: files, each once and in a stable
//! order, and the paths that lead to none. A file is taken as it is named; of a folder all markdown
//! is, but for what every repository has beside its runbooks. Hidden folders and those of tools are
//! not looked into, and links to folders are not followed, so that there is no way round in circles.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::path::leads_elsewhere;

/// Folders that hold no runbooks of their own.
const SKIPPED: &[&str] = &["node_modules", "target", "vendor", "__pycache__"];

/// Files beside the runbooks, by their names without extension.
const BESIDE: &[&str] = &[
    "agents",
    "authors",
    "changelog",
    "changes",
    "claude",
    "code_of_conduct",
    "codeowners",
    "contributing",
    "contributors",
    "copying",
    "governance",
    "history",
    "licence",
    "license",
    "maintainers",
    "notice",
    "readme",
    "release_notes",
    "security",
    "summary",
    "support",
];

/// What lies below some paths.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The runbooks, in the order of the paths.
    pub files: Vec<PathBuf>,
    /// The paths that lead to none.
    pub missing: Vec<PathError>,
}

/// Why a path leads to no runbook. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub(super) enum PathError {
    /// There is nothing of this name, or it cannot be looked at.
    #[error("read {path}: {error}")]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It leads to something that is not the repository's.
    #[error(
        "read {path}: it leads out of the repository, to what the repository must not choose; name \
         the file itself"
    )]
    Elsewhere {
        /// The path.
        path: PathBuf,
    },
    /// It is neither a file nor a folder.
    #[error("read {path}: it is no ordinary file")]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// A folder without markdown.
    #[error("find a runbook in {path}: no markdown file is in it")]
    NoRunbook {
        /// The folder.
        path: PathBuf,
    },
}

impl PathError {
    /// The path that was named.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. }
            | Self::Elsewhere { path }
            | Self::NoFile { path }
            | Self::NoRunbook { path } => path,
        }
    }
}

/// Finds the runbooks below `paths`.
pub(super) fn runbooks(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut known = HashSet::new();
    for path in paths {
        match below(path) {
            Ok(files) => {
                let new =
                    |file: &PathBuf| known.insert(file.canonicalize().unwrap_or(file.clone()));
                let new: Vec<_> = files.into_iter().filter(new).collect();
                let (elsewhere, own) = new.into_iter().partition(|file| leads_elsewhere(file));
                found.files.extend::<Vec<_>>(own);
                let elsewhere: Vec<_> = elsewhere;
                found
                    .missing
                    .extend(elsewhere.into_iter().map(|path| PathError::Elsewhere { path }));
            }
            Err(error) => found.missing.push(error),
        }
    }
    found
}

fn below(path: &Path) -> Result<Vec<PathBuf>, PathError> {
    let unreadable = |path: &Path, error| PathError::Io { path: path.into(), error };
    let kind = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if kind.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    // A pipe or a device might never end.
    if !kind.is_dir() {
        return Err(PathError::NoFile { path: path.into() });
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))? {
            let entry = entry.map_err(|error| unreadable(&folder, error))?;
            let kind = entry.file_type().map_err(|error| unreadable(&folder, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if kind.is_dir() && is_looked_into(&name) {
                folders.push(entry.path());
            } else if is_runbook(&name) && entry.path().is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(PathError::NoRunbook { path: path.into() });
    }
    Ok(files)
}

fn is_looked_into(folder: &str) -> bool {
    !folder.starts_with('.') && !SKIPPED.contains(&folder)
}

/// `README.de.md` is beside the runbooks too.
fn is_runbook(file: &str) -> bool {
    let name = file.to_lowercase();
    let mut parts = name.split('.');
    let stem = parts.next().unwrap_or("").replace('-', "_");
    let markdown = parts.next_back().is_some_and(|last| last == "md" || last == "markdown");
    markdown && !stem.is_empty() && !BESIDE.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_gives_its_runbooks_in_order_and_nothing_else() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("creatable");
            fs::write(path, "# T\n").expect("writable");
        };
        for name in ["b.md", "a/z.markdown", "a/README.md", "LICENSE.md", "Code-of-Conduct.md"] {
            write(name);
        }
        for name in [".git/x.md", "node_modules/x.md", "target/x.md", ".hidden/x.md", "c.txt"] {
            write(name);
        }
        symlink(root.path(), root.path().join("a/round")).expect("a link");
        symlink(root.path().join("b.md"), root.path().join("a/linked.md")).expect("a link");
        let names = |paths: &[PathBuf]| -> Vec<String> {
            let relative =
                |path: &PathBuf| path.strip_prefix(root.path()).expect("below").to_owned();
            paths.iter().map(|path| relative(path).display().to_string()).collect()
        };
        let found = runbooks(&[root.path().to_path_buf()]);
        assert_eq!(names(&found.files), ["a/linked.md", "a/z.markdown"]);
        let named = [root.path().join("a/README.md"), root.path().join("b.md")];
        assert_eq!(names(&runbooks(&named).files), ["a/README.md", "b.md"]);
    }

    #[test]
    fn a_repository_chooses_nothing_that_is_not_its_own() {
        let root = tempfile::tempdir().expect("a folder");
        let (inside, outside) = (root.path().join("inside"), root.path().join("outside"));
        for folder in [inside.join(".git"), inside.join("docs"), outside.clone()] {
            fs::create_dir_all(folder).expect("a folder");
        }
        let own = inside.join("docs/own.md");
        for file in [
            &own,
            &inside.join(".git/config"),
            &outside.join("x.md"),
            &root.path().join("outside.md"),
        ] {
            fs::write(file, "# T\n").expect("writable");
        }
        symlink("own.md", inside.join("docs/again.md")).expect("a link");
        let elsewhere = ["config.md", "environ.md", "folder", "x.md"];
        let targets = ["../.git/config", "/proc/self/environ", "../../outside", "../../outside.md"];
        for (name, target) in elsewhere.iter().zip(targets) {
            symlink(target, inside.join("docs").join(name)).expect("a link");
        }
        let found = runbooks(&[own.clone(), inside.join("docs"), inside.join("docs/folder")]);
        assert_eq!(found.files, [own], "each once, under one name");
        let missing: Vec<_> = found.missing.iter().map(PathError::path).collect();
        let expected = ["config.md", "environ.md", "x.md", "folder/x.md"];
        assert_eq!(missing, expected.map(|name| inside.join("docs").join(name)));
        assert!(found.missing.iter().all(|one| matches!(one, PathError::Elsewhere { .. })));
    }

    #[test]
    fn what_might_never_end_is_no_runbook() {
        let found = runbooks(&[PathBuf::from("/dev/zero")]);
        assert!(matches!(&found.missing[..], [PathError::NoFile { .. }]));
    }

    #[test]
    fn a_path_without_a_runbook_is_named() {
        let root = tempfile::tempdir().expect("a folder");
        let none = root.path().join("none.md");
        let found = runbooks(&[none.clone(), root.path().to_path_buf()]);
        assert!(found.files.is_empty());
        let named: Vec<_> = found.missing.iter().map(PathError::path).collect();
        assert_eq!(named, [none.as_path(), root.path()]);
    }
}
