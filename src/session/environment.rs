//! The environment that a session starts with.
//!
//! Comes in: the operator's environment. Goes out: the same, less what would change how bash reads
//! a script, or what it does before and between the commands of one.

use std::ffi::OsString;

/// Variables by which bash changes its own behaviour (bash(1), "Shell Variables").
const CHANGES_BASH: &[&str] = &[
    "BASH_ENV",
    "BASHOPTS",
    "BASH_ARGV0",
    "BASH_COMPAT",
    "BASH_LOADABLES_PATH",
    "BASH_XTRACEFD",
    "CDPATH",
    "CHILD_MAX",
    "ENV",
    "EXECIGNORE",
    "FIGNORE",
    "FUNCNEST",
    "GLOBIGNORE",
    "IFS",
    "OPTERR",
    "OPTIND",
    "POSIXLY_CORRECT",
    "PROMPT_COMMAND",
    "PS0",
    "PS4",
    "SHELLOPTS",
    "TIMEFORMAT",
];

/// The environment for a shell: `TERM` says that there is no terminal to query, since a tool that
/// asks one and gets no answer waits for seconds.
pub fn for_shell(
    operators: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    let mut kept: Vec<_> = operators.into_iter().filter(|(name, _)| !changes_bash(name)).collect();
    kept.retain(|(name, _)| name != "TERM");
    kept.push(("TERM".into(), "dumb".into()));
    kept
}

fn changes_bash(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    CHANGES_BASH.contains(&name.as_ref()) || name.starts_with("BASH_FUNC_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_how_bash_reads_a_script_is_left_out() {
        let given = ["PATH", "BASH_ENV", "BASH_FUNC_ls%%", "SHELLOPTS", "TERM", "TZ"];
        let given = given.map(|name| (OsString::from(name), OsString::from("x")));
        let kept: Vec<_> = for_shell(given).into_iter().map(|(name, _)| name).collect();
        assert_eq!(kept, ["PATH", "TZ", "TERM"]);
    }
}
