//! The folder that may be written, and the environment that leads tools to it.
//!
//! Comes in: the folder. Goes out: sub-folders, and variables by which tools keep their caches,
//! settings and temporary files there, and do not look for news or report home.

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

/// The variables that lead tools to `scratch`.
pub fn environment(scratch: &Path) -> Vec<(OsString, OsString)> {
    let below = FOLDERS.iter().chain(FILES);
    let paths = below.map(|(name, path)| (name.into(), scratch.join(path).into_os_string()));
    paths.chain(SWITCHES.iter().map(|(name, value)| (name.into(), value.into()))).collect()
}

/// Makes the folders that [`environment`] names; only this user can enter them.
pub fn prepare(scratch: &Path) -> io::Result<()> {
    create_dir_all(scratch)?;
    let mut private = DirBuilder::new();
    private.recursive(true).mode(0o700);
    FOLDERS.iter().try_for_each(|(_, path)| private.create(scratch.join(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_that_is_named_is_there_and_below_the_scratch() {
        let scratch = tempfile::tempdir().expect("a folder");
        prepare(scratch.path()).expect("folders");
        prepare(scratch.path()).expect("folders that are there already");
        let environment = environment(scratch.path());
        for (name, _) in FOLDERS {
            let (_, path) = environment.iter().find(|(given, _)| given == name).expect("a value");
            assert!(Path::new(path).is_dir() && Path::new(path).starts_with(scratch.path()));
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
