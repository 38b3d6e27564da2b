//! The folder that may be written, and the environment that leads tools to it.
//!
//! Comes in: the folder. Goes out: sub-folders, and variables by which tools keep their caches,
//! settings and temporary files there, and do not look for news or report home.
//!
//! Only what no tool makes for itself is made here. The rest would be made and removed for every
//! runbook, and on a file system that keeps a journal that costs more than starting a shell.

use std::ffi::OsString;
use std::fs::{DirBuilder, create_dir_all};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Variables that name a folder, and which one below the scratch.
const FOLDERS: &[(&str, &str)] = &[
    ("HOME", "home"),
    ("TMPDIR", "tmp"),
    ("TMP", "tmp"),
    ("TEMP", "tmp"),
    ("XDG_CONFIG_HOME", "home/.config"),
    ("XDG_CACHE_HOME", "home/.cache"),
    ("XDG_DATA_HOME", "home/.local/share"),
    ("XDG_STATE_HOME", "home/.local/state"),
    ("XDG_RUNTIME_DIR", "run"),
];

/// The same for folders of one tool each.
const FOLDERS_OF_TOOLS: &[(&str, &str)] = &[
    ("CLOUDSDK_CONFIG", "home/.config/gcloud"),
    ("KUBECACHEDIR", "home/.kube/cache"),
    ("AZURE_CONFIG_DIR", "home/.azure"),
    ("DOCKER_CONFIG", "home/.docker"),
    ("GH_CONFIG_DIR", "home/.config/gh"),
    ("HELM_CACHE_HOME", "home/.cache/helm"),
    ("HELM_CONFIG_HOME", "home/.config/helm"),
    ("HELM_DATA_HOME", "home/.local/share/helm"),
    ("TF_DATA_DIR", "home/.terraform.d/data"),
    ("npm_config_cache", "home/.npm"),
];

/// Those that must be there from the start. A folder for settings or caches is made by whoever keeps
/// something in it, as in the home of a new user (XDG Base Directory Specification, "Referencing
/// this specification").
const MADE: &[&str] = &["home", "tmp", "run"];

/// Variables that name a file.
const FILES: &[(&str, &str)] = &[
    ("HISTFILE", "home/.history"),
    ("PSQL_HISTORY", "home/.psql_history"),
    ("MYSQL_HISTFILE", "home/.mysql_history"),
    ("REDISCLI_HISTFILE", "home/.redis_history"),
    ("LESSHISTFILE", "home/.lesshst"),
];

/// Variables by which tools leave out what is no part of a read.
const SWITCHES: &[(&str, &str)] = &[
    ("CHECKPOINT_DISABLE", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GH_NO_UPDATE_NOTIFIER", "1"),
    ("GH_PROMPT_DISABLED", "1"),
    ("NO_UPDATE_NOTIFIER", "1"),
    ("npm_config_update_notifier", "false"),
    ("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true"),
    ("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "true"),
    ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1"),
    ("AZURE_CORE_COLLECT_TELEMETRY", "false"),
    ("AZURE_CORE_NO_COLOR", "true"),
    ("AWS_PAGER", ""),
    ("SAM_CLI_TELEMETRY", "0"),
    ("INFISICAL_DISABLE_UPDATE_CHECK", "true"),
    ("HEROKU_SKIP_NEW_VERSION_CHECK", "1"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("DO_NOT_TRACK", "1"),
    ("PAGER", "cat"),
    ("GIT_PAGER", "cat"),
];

/// The variables that lead a shell to `scratch`. It has no use for those of single tools, which get
/// them when they are started; and it tells all that it has after every statement.
pub fn of_shell(scratch: &Path) -> impl Iterator<Item = (OsString, OsString)> {
    below(scratch, FOLDERS)
}

/// The variables that lead tools to `scratch`.
pub fn environment(scratch: &Path) -> Vec<(OsString, OsString)> {
    let own = below(scratch, FOLDERS_OF_TOOLS).chain(below(scratch, FILES));
    let switches = SWITCHES.iter().map(|(name, value)| (name.into(), value.into()));
    of_shell(scratch).chain(own).chain(switches).collect()
}

fn below(
    scratch: &Path,
    named: &'static [(&'static str, &'static str)],
) -> impl Iterator<Item = (OsString, OsString)> {
    named.iter().map(|(name, path)| (name.into(), scratch.join(path).into_os_string()))
}

/// Makes the folders that must be there; only this user can enter them.
pub fn prepare(scratch: &Path) -> io::Result<()> {
    create_dir_all(scratch)?;
    let mut private = DirBuilder::new();
    private.recursive(true).mode(0o700);
    MADE.iter().try_for_each(|path| private.create(scratch.join(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'e>(environment: &'e [(OsString, OsString)], wanted: &str) -> &'e Path {
        let (_, value) = environment.iter().find(|(name, _)| name == wanted).expect("a value");
        Path::new(value)
    }

    #[test]
    fn what_no_tool_makes_for_itself_is_there() {
        let scratch = tempfile::tempdir().expect("a folder");
        prepare(scratch.path()).expect("folders");
        prepare(scratch.path()).expect("folders that are there already");
        let environment = environment(scratch.path());
        for name in ["HOME", "TMPDIR", "TMP", "TEMP", "XDG_RUNTIME_DIR"] {
            assert!(value(&environment, name).is_dir(), "{name}");
        }
    }

    #[test]
    fn everything_that_is_named_lies_below_a_folder_that_is_there() {
        let environment = environment(Path::new("/s"));
        for (name, _) in [FOLDERS, FOLDERS_OF_TOOLS, FILES].concat() {
            let path = value(&environment, name);
            assert!(MADE.iter().any(|made| path.starts_with(Path::new("/s").join(made))), "{name}");
        }
    }

    #[test]
    fn no_name_stands_there_twice() {
        let mut names: Vec<_> =
            environment(Path::new("/s")).into_iter().map(|(name, _)| name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
