//! git, asked about one file.
//!
//! Comes in: a path. Goes out: commits and what the file said in them. The repository may be
//! hostile, and git runs what its configuration names: monitors, pagers, hooks, converters, signers,
//! remotes. So every call is plumbing or told to use none of them, nothing looks at the working
//! tree, and the environment cannot point elsewhere. The user's own configuration holds
//! (`safe.directory`).

use std::path::{Path, PathBuf};

use duct::Expression;

/// What is switched off, whatever the configuration says.
const GUARDS: &[&str] = &[
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    "--no-replace-objects",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "diff.external=",
    "-c",
    "log.showSignature=false",
    "-c",
    "blame.ignoreRevsFile=",
    "-c",
    "core.quotePath=false",
    "-c",
    "protocol.allow=never",
    // A folder that looks like a repository is none.
    "-c",
    "safe.bareRepository=explicit",
];

/// Variables that would lead git elsewhere or add to its configuration.
const VARIABLES: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_EXTERNAL_DIFF",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_PAGER",
    "GIT_TRACE",
];

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
    /// The repository's root.
    root: PathBuf,
    /// From the repository's root, with slashes.
    pub path: String,
    /// Whether the history was cut off.
    pub shallow: bool,
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

fn git(folder: &Path, arguments: &[&str]) -> Expression {
    let words: Vec<_> = GUARDS.iter().chain(arguments).collect();
    let mut command = duct::cmd("git", words)
        .dir(folder)
        .stdin_null()
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "");
    for name in VARIABLES {
        command = command.env_remove(name);
    }
    command
}

/// What git says, or its first word of complaint.
fn ask(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let command = git(folder, arguments).stdout_capture().stderr_capture().unchecked();
    let output = command.run().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "git is not installed".to_owned(),
        _ => format!("git cannot be run: {error}"),
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    Err(format!("git says: {first}"))
}

/// Finds the repository of a file.
pub(super) fn find(file: &Path) -> Result<Tracked, NoAnswer> {
    let failed = |why: &str| NoAnswer::Failed(why.to_owned());
    let file = file.canonicalize().map_err(|error| NoAnswer::Failed(error.to_string()))?;
    let folder = file.parent().ok_or(NoAnswer::Outside)?.to_path_buf();
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| failed("its name is not UTF-8"))?;
    let said =
        ask(&folder, &["rev-parse", "--is-shallow-repository", "--show-prefix", "--show-cdup"]);
    let said = said.map_err(|why| {
        let outside = why.contains("not a git repository");
        if outside { NoAnswer::Outside } else { NoAnswer::Failed(why) }
    })?;
    let said = String::from_utf8(said).map_err(|_| failed("its folder's name is not UTF-8"))?;
    let mut lines = said.lines();
    let shallow = lines.next() == Some("true");
    let prefix = lines.next().unwrap_or_default();
    let root = folder.join(lines.next().unwrap_or_default());
    Ok(Tracked { path: format!("{prefix}{name}"), root, shallow })
}

impl Tracked {
    /// The last commit, where there is one.
    pub(super) fn head(&self) -> Option<String> {
        let id = ask(&self.root, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).ok()?;
        Some(String::from_utf8_lossy(&id).trim().to_owned())
    }

    /// The file's bytes in a commit, as stored.
    pub(super) fn text(&self, commit: &Commit) -> Result<Vec<u8>, String> {
        ask(&self.root, &["cat-file", "blob", &format!("{}:{}", commit.id, commit.path)])
    }

    /// Which commit brought a line (from 1) of the file, as it is in `commit`. git follows it
    /// through merges and under whatever name the file had.
    pub(super) fn origin(&self, commit: &Commit, line: usize) -> Result<Origin, String> {
        let lines = format!("-L{line},{line}");
        let words = ["blame", "--porcelain", "--no-textconv", &lines, &commit.id, "--"];
        let words: Vec<_> = words.into_iter().chain([commit.path.as_str()]).collect();
        let said = ask(&self.root, &words)?;
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
