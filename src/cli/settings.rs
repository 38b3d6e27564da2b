//! Which `runbook.toml` is in force: the one of a base commit, one that the operator trusts, or
//! none.
//!
//! Comes in: a runbook, and what was typed. Goes out: settings and where they are from. A pull
//! request must not widen its own permissions, and a cloned repository must not choose what an
//! operator's machine runs.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use similar::{ChangeTag, TextDiff};

use crate::config::{self, Config, ReadOnly, Roles};
use crate::git::Git;
use crate::path::{checkout, leads_elsewhere};

use super::{Exit, Failure, environment_variable, journal};

/// The most lines of a difference that are told.
const TOLD: usize = 12;

/// Settings, and where they are from.
#[derive(Debug, Clone, Default)]
pub(super) struct InForce {
    /// The settings.
    pub config: Config,
    /// What is refused about the file in the working tree, in sentences.
    pub refused: Vec<String>,
    /// What is worth knowing about it.
    pub notes: Vec<String>,
    /// Why the file of the working tree is not used, where it is not: what holds without it is no
    /// ground for a stamp.
    pub unused: Option<String>,
}

impl InForce {
    /// Settings of a file that does not count: what is harmless in them, and what only asks for more.
    fn without(config: Config, why: String) -> Self {
        let floor = config.read_only.coverage;
        let harmless = Config {
            // The stand-ins of a rehearsal run confined, and only there.
            stand_ins: config.stand_ins,
            deadline: config.deadline,
            window: config.window,
            folder: config.folder,
            read_only: ReadOnly { coverage: floor, ..ReadOnly::default() },
            roles: Roles { untrusted: !config.roles.command.is_empty(), ..Roles::default() },
            ..Config::default()
        };
        let notes = vec![why.clone()];
        Self { config: harmless, refused: Vec::new(), notes, unused: Some(why) }
    }
}

/// The settings as a base commit has them. What the working tree has differently is refused until
/// it is merged.
pub(super) fn of_base(runbook: &Path, base: &str) -> Result<InForce, Failure> {
    let root = checkout(runbook);
    let (git, commit) = commit_of(&root, base)?;
    let theirs = nearest_in(&git, &commit, &root, runbook);
    let ours = config::find(runbook);
    let our_text = ours.as_ref().and_then(|path| own_text(path));
    let (path, text) = theirs.unzip();
    let config = match (&path, &text) {
        (Some(path), Some(text)) => Config::parse(&root.join(path), text)
            .map_err(|error| Failure::new(Exit::Usage, format!("at {base}: failed to {error}")))?,
        _ => Config::default(),
    };
    let mut in_force = InForce { config, ..InForce::default() };
    if ours.is_some() && our_text != text {
        let before = text.unwrap_or_default();
        let changes = changes(&before, &our_text.unwrap_or_default());
        in_force.refused.push(format!(
            "{} is not the one of {base}: what it changes ({changes}) holds once it is merged",
            config::FILE
        ));
    }
    Ok(in_force)
}

/// Why an answers file does not count. It may name commands and files, so the one of a pull request
/// counts, like its settings, once it is merged.
pub(super) fn refused_answers(
    answers: &Path,
    runbook: &Path,
    base: Option<&str>,
) -> Result<Option<String>, Failure> {
    let root = checkout(runbook);
    let typed = std::path::absolute(answers).unwrap_or_else(|_| answers.to_path_buf());
    let real = fs::canonicalize(answers).unwrap_or_else(|_| typed.clone());
    let inside = real.starts_with(fs::canonicalize(&root).unwrap_or_else(|_| root.clone()));
    if !(inside || typed.starts_with(&root)) || !root.join(".git").exists() {
        return Ok(None);
    }
    let shown = answers.display();
    let Some(base) = base else {
        return Ok(Some(format!(
            "{shown} is of the repository, and nobody says of which commit: name it with \
             --config-ref, such as the pull request's base"
        )));
    };
    let (git, commit) = commit_of(&root, base)?;
    let below = typed.strip_prefix(&root).ok().and_then(Path::to_str);
    let theirs = below.map(|path| git.ask(&["cat-file", "blob", &format!("{commit}:{path}")]));
    let same = match (theirs, own_text(answers)) {
        (Some(Ok(theirs)), Some(ours)) => theirs == ours.as_bytes(),
        _ => false,
    };
    Ok((!same).then(|| {
        format!("{shown} is not the one of {base}, so it is not used: it counts once it is merged")
    }))
}

/// Fails where a base commit is not there: to say it once is enough.
pub(super) fn require_commit(runbook: &Path, base: &str) -> Result<(), Failure> {
    commit_of(&checkout(runbook), base).map(drop)
}

/// git, and the commit that a word names.
fn commit_of(root: &Path, base: &str) -> Result<(Git, String), Failure> {
    let usage = |why: String| Failure::new(Exit::Usage, format!("failed to read {base}: {why}"));
    let search = environment_variable("PATH").unwrap_or_default();
    let git = Git::new(root, &OsString::from(search)).map_err(usage)?;
    let commit = format!("{base}^{{commit}}");
    let commit = git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]);
    let commit = commit.map_err(|why| usage(no_commit(root, why)))?;
    Ok((git, String::from_utf8_lossy(&commit).trim().to_owned()))
}

/// The settings that the operator trusts; none where the file was not trusted, or has changed since.
pub(super) fn of_operator(runbook: &Path) -> Result<InForce, Failure> {
    let Some(path) = config::find(runbook) else {
        return Ok(InForce::default());
    };
    let usage =
        |error: config::ConfigError| Failure::new(Exit::Usage, format!("failed to {error}"));
    let config = Config::read(&path).map_err(usage)?;
    if !config.decides() || is_trusted(&path) {
        return Ok(InForce { config, ..InForce::default() });
    }
    let also = [
        (!config.audit.is_empty(), ", and where audit entries go,"),
        (config.journal.keep_days.is_some(), ", and how long runs are kept,"),
    ];
    let also: String = also.iter().filter(|(said, _)| *said).map(|(_, what)| *what).collect();
    let note = format!(
        "{} decides what may run{also} and is not trusted, so it is not used: read it, then \
         `runbook trust {}`",
        path.display(),
        path.display()
    );
    Ok(InForce::without(config, note))
}

/// The settings of a file, if the operator trusts it as it is now; else why it does not count.
pub(super) fn trusted(path: &Path) -> Result<Config, String> {
    if !path.exists() {
        return Err(format!("{} is not there any more", path.display()));
    }
    if !is_trusted(path) {
        let path = path.display();
        return Err(format!("{path} is not trusted: read it, then `runbook trust {path}`"));
    }
    Config::read(path).map_err(|error| format!("failed to {error}"))
}

/// No settings but the floor: what CI gets that names no base commit.
pub(super) fn builtin(runbook: &Path) -> InForce {
    let Some(path) = config::find(runbook) else {
        return InForce::default();
    };
    let note = format!(
        "{} is not used: name the commit whose settings hold with --config-ref, such as the \
         pull request's base",
        path.display()
    );
    let read_only = Config::read(&path).map(|config| config.read_only).unwrap_or_default();
    InForce::without(Config { read_only, ..Config::default() }, note)
}

/// Why git knows no such commit.
fn no_commit(root: &Path, why: String) -> String {
    if !root.join(".git").exists() {
        return format!("{} is in no git repository", root.display());
    }
    if why.starts_with("git says") {
        return "there is no such commit here; fetch it (in GitHub Actions: fetch-depth: 0)".into();
    }
    why
}

/// The nearest file of settings for a runbook as a commit has it: its path from the root, and its
/// text.
fn nearest_in(git: &Git, commit: &str, root: &Path, runbook: &Path) -> Option<(PathBuf, String)> {
    let absolute = std::path::absolute(runbook).ok()?;
    let below = absolute.strip_prefix(root).ok()?;
    below.ancestors().skip(1).find_map(|folder| {
        let path = folder.join(config::FILE);
        let object = format!("{commit}:{}", path.to_str()?);
        let text = git.ask(&["cat-file", "blob", &object]).ok()?;
        Some((path, String::from_utf8(text).ok()?))
    })
}

/// What the file in the working tree says; nothing where it is a link, since what it leads to is not
/// the repository's, and is not to be told.
fn own_text(path: &Path) -> Option<String> {
    let is_own = fs::symlink_metadata(path).is_ok_and(|data| data.is_file());
    let text = (is_own && !leads_elsewhere(path)).then(|| fs::read_to_string(path));
    text?.ok()
}

/// The lines that differ, in a row.
fn changes(before: &str, now: &str) -> String {
    let diff = TextDiff::from_lines(before, now);
    let lines: Vec<_> = diff
        .iter_all_changes()
        .filter_map(|change| {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => return None,
            };
            let line = change.value().trim();
            (!line.is_empty()).then(|| format!("{sign} {line}"))
        })
        .collect();
    let more = lines.len().saturating_sub(TOLD);
    let told = lines[..lines.len() - more].join("; ");
    if more == 0 { told } else { format!("{told}; and {more} lines more") }
}

/// Notes that the operator has read a file of settings and trusts it as it is now.
pub(super) fn trust(path: &Path) -> std::io::Result<PathBuf> {
    let path = fs::canonicalize(path)?;
    let noted = noted(&path).ok_or_else(|| std::io::Error::other("there is no home folder"))?;
    let text = fs::read(&path)?;
    if let Some(folder) = noted.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&noted, digest(&text))?;
    Ok(path)
}

/// Forgets it.
pub(super) fn distrust(path: &Path) -> std::io::Result<()> {
    match fs::canonicalize(path).map(|path| noted(&path))? {
        Some(noted) if noted.exists() => fs::remove_file(noted),
        _ => Ok(()),
    }
}

fn is_trusted(path: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    let Some(noted) = noted(&path) else { return false };
    let (Ok(text), Ok(known)) = (fs::read(&path), fs::read_to_string(noted)) else { return false };
    known == digest(&text)
}

/// Where it is noted that a file is trusted: in the operator's own state, by the file's path.
fn noted(path: &Path) -> Option<PathBuf> {
    let name = digest(path.as_os_str().as_encoded_bytes());
    Some(journal::folder().ok()?.join("trusted").join(name))
}

fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
