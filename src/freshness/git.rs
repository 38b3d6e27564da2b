//! git, asked about one file.
//!
//! Comes in: a path. Goes out: commits and what the file said in them. The repository may be
//! hostile, and git runs what its configuration names: monitors, pagers, hooks, converters, signers,
//! remotes. So every call is plumbing or told to use none of them, nothing looks at the working
//! tree, and the environment cannot point elsewhere. The user's own configuration holds
//! (`safe.directory`).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use duct::{Expression, ReaderHandle};

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
    folder: PathBuf,
    /// Its name in the folder.
    name: String,
    /// From the repository's root, with slashes.
    pub path: String,
    /// Whether the history was cut off.
    pub shallow: bool,
}

/// A commit that touched the file.
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
    let said = ask(&folder, &["rev-parse", "--is-shallow-repository", "--show-prefix"]);
    let said = said.map_err(|why| {
        let outside = why.contains("not a git repository");
        if outside { NoAnswer::Outside } else { NoAnswer::Failed(why) }
    })?;
    let said = String::from_utf8(said).map_err(|_| failed("its folder's name is not UTF-8"))?;
    let mut lines = said.lines();
    let shallow = lines.next() == Some("true");
    let prefix = lines.next().unwrap_or_default();
    Ok(Tracked { path: format!("{prefix}{name}"), name: name.to_owned(), folder, shallow })
}

impl Tracked {
    /// The last commit, where there is one.
    pub(super) fn head(&self) -> Option<String> {
        let id = ask(&self.folder, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).ok()?;
        Some(String::from_utf8_lossy(&id).trim().to_owned())
    }

    /// The file's bytes in a commit, as stored.
    pub(super) fn text(&self, commit: &Commit) -> Result<Vec<u8>, String> {
        ask(&self.folder, &["cat-file", "blob", &format!("{}:{}", commit.id, commit.path)])
    }

    /// The commits that touched the file, the latest first, under whatever name it had. They come
    /// as they are asked for: most often the first few are enough.
    pub(super) fn commits(&self) -> Result<Commits, String> {
        let arguments = [
            "log",
            "--follow",
            "--format=%x01%H",
            "--name-only",
            "-z",
            "--no-ext-diff",
            "--no-textconv",
            "--no-show-signature",
            "--no-color",
            "HEAD",
            "--",
            &self.name,
        ];
        let command = git(&self.folder, &arguments).stderr_null();
        let reader = command.reader().map_err(|error| error.to_string())?;
        Ok(Commits { reader: BufReader::new(reader), path: self.path.clone(), next: None })
    }
}

/// Commits as they come.
pub(super) struct Commits {
    reader: BufReader<ReaderHandle>,
    path: String,
    next: Option<String>,
}

impl Iterator for Commits {
    type Item = Result<Commit, String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.commit().transpose()
    }
}

impl Commits {
    fn commit(&mut self) -> Result<Option<Commit>, String> {
        let first = match self.next.take() {
            Some(word) => Some(word),
            None => self.word()?,
        };
        let Some(first) = first else {
            return Ok(None);
        };
        let id = first.strip_prefix('\u{1}').ok_or("git says what is no commit")?.to_owned();
        while let Some(word) = self.word()? {
            if word.starts_with('\u{1}') {
                self.next = Some(word);
                break;
            }
            if !word.is_empty() {
                self.path = word;
            }
        }
        Ok(Some(Commit { id, path: self.path.clone() }))
    }

    /// The text up to the next NUL; nothing at the end of all.
    fn word(&mut self) -> Result<Option<String>, String> {
        let mut bytes = Vec::new();
        let read = self.reader.read_until(0, &mut bytes);
        if read.map_err(|error| format!("git cannot list the commits: {error}"))? == 0 {
            return Ok(None);
        }
        let word = String::from_utf8(bytes).map_err(|_| "a name is not UTF-8".to_owned())?;
        Ok(Some(word.trim_matches(['\0', '\n']).to_owned()))
    }
}

impl Drop for Commits {
    fn drop(&mut self) {
        // What is left of the history is not needed.
        let _ = self.reader.get_ref().kill();
    }
}
