//! git, asked about one file.
//!
//! Comes in: a path. Goes out: commits and what the file said in them.

use std::ffi::OsStr;
use std::path::Path;

use crate::git::Git;

/// Why git cannot be asked about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The file is in no repository.
    Outside,
    /// Something else, in words.
    Failed(String),
}

/// A file in a repository.
#[derive(Debug)]
pub(super) struct Tracked {
    /// git, at the repository's root.
    git: Git,
    /// From the repository's root, with slashes.
    pub path: String,
    /// Whether the history was cut off.
    pub shallow: bool,
    /// The last commit, where there is one.
    pub head: Option<String>,
}

/// Where a line came from.
#[derive(Debug)]
pub(super) struct Origin {
    /// The commit that brought it.
    pub commit: Commit,
    /// The one before, where the file was there already.
    pub previous: Option<Commit>,
}

/// A commit that has the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    pub id: String,
    /// What the file was called in it.
    pub path: String,
}

/// Finds the repository of a file.
pub(super) fn find(file: &Path, search: &OsStr) -> Result<Tracked, NoAnswer> {
    let failed = |why: &str| NoAnswer::Failed(why.to_owned());
    let file = file.canonicalize().map_err(|error| NoAnswer::Failed(error.to_string()))?;
    let folder = file.parent().ok_or(NoAnswer::Outside)?.to_path_buf();
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| failed("its name is not UTF-8"))?;
    if !folder.ancestors().any(may_be_a_repository) {
        return Err(NoAnswer::Outside);
    }
    let git = Git::new(&folder, search).map_err(NoAnswer::Failed)?;
    // All at once, since a process costs more than the question. `--revs-only` is for a repository
    // without a commit: then there is no line of it.
    let questions = ["--is-shallow-repository", "--show-prefix", "--show-cdup"];
    let words = [&["rev-parse"][..], &questions, &["--revs-only", "HEAD^{commit}"]].concat();
    let said = git.ask(&words);
    let said = said.map_err(|why| {
        let outside = why.contains("not a git repository");
        if outside { NoAnswer::Outside } else { NoAnswer::Failed(why) }
    })?;
    let said = String::from_utf8(said).map_err(|_| failed("its folder's name is not UTF-8"))?;
    let mut lines = said.lines();
    let shallow = lines.next() == Some("true");
    let prefix = lines.next().unwrap_or_default();
    let git = git.within(&folder.join(lines.next().unwrap_or_default()));
    let head = lines.next().map(str::to_owned);
    Ok(Tracked { path: format!("{prefix}{name}"), git, shallow, head })
}

/// Whether git could find a repository here. It knows one by its `HEAD`, or by a file that says where
/// that is (gitrepository-layout(5)); where neither is there it need not be started.
fn may_be_a_repository(folder: &Path) -> bool {
    let own = folder.join(".git");
    own.is_file() || own.join("HEAD").symlink_metadata().is_ok()
}

impl Tracked {
    /// The file's bytes in a commit, as stored.
    pub(super) fn text(&self, commit: &Commit) -> Result<Vec<u8>, String> {
        self.git.ask(&["cat-file", "blob", &format!("{}:{}", commit.id, commit.path)])
    }

    /// Which commit brought a line (from 1) of the file, as it is in `commit`. git follows it
    /// through merges and under whatever name the file had.
    pub(super) fn origin(&self, commit: &Commit, line: usize) -> Result<Origin, String> {
        let lines = format!("-L{line},{line}");
        let words = ["blame", "--porcelain", "--no-textconv", &lines, &commit.id, "--"];
        let words: Vec<_> = words.into_iter().chain([commit.path.as_str()]).collect();
        let said = self.git.ask(&words)?;
        Origin::read(&String::from_utf8_lossy(&said))
            .ok_or_else(|| "git does not say which commit brought the date".to_owned())
    }
}

impl Origin {
    /// From the porcelain format: the id, then a header a line, then the line itself.
    fn read(said: &str) -> Option<Self> {
        let id = said.split(' ').next()?.to_owned();
        let headers = || said.lines().skip(1).take_while(|line| !line.starts_with('\t'));
        let header = |name: &str| headers().find_map(|line| line.strip_prefix(name));
        let plain = |path: &str| (!path.starts_with('"')).then(|| path.to_owned());
        let previous = match header("previous ") {
            Some(words) => {
                let (id, path) = words.split_once(' ')?;
                Some(Commit { id: id.to_owned(), path: plain(path)? })
            }
            None => None,
        };
        Some(Self { commit: Commit { id, path: plain(header("filename ")?)? }, previous })
    }
}
