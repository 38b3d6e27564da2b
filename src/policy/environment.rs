//! Which variables change what programs do.
//!
//! Comes in: a variable's name. Goes out: whether to give it a value may change what a later
//! command does. The lists follow bash(1), ld.so(8), git(1), curl(1), gh-environment, and the
//! manuals of the tools in the catalogue. They are code, not data: no team loosens them.

/// Names that are refused wherever they are assigned.
const NAMES: &[&str] = &[
    "PATH",
    "ENV",
    "IFS",
    "PS0",
    "PS1",
    "PS2",
    "PS4",
    "SHELL",
    "SHELLOPTS",
    "BASHOPTS",
    "BASH_ENV",
    "BASH_XTRACEFD",
    "CDPATH",
    "GLOBIGNORE",
    "EXECIGNORE",
    "FIGNORE",
    "HISTFILE",
    "INPUTRC",
    "POSIXLY_CORRECT",
    "PROMPT_COMMAND",
    "TIMEFORMAT",
    "TMPDIR",
    "HOME",
    "TERMINFO",
    "TERMCAP",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "RES_OPTIONS",
    "RESOLV_HOST_CONF",
    "LOCPATH",
    "NLSPATH",
    "GCONV_PATH",
    "GETCONF_DIR",
    "EDITOR",
    "VISUAL",
    "BROWSER",
    "PAGER",
    "LESS",
    "MORE",
    "LESSOPEN",
    "LESSCLOSE",
    "LESSKEY",
    "LESSKEYIN",
    "SSLKEYLOGFILE",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "NODE_OPTIONS",
    "NODE_PATH",
    "CURL_HOME",
    "JAVA_TOOL_OPTIONS",
    "KUBECONFIG",
    "RIPGREP_CONFIG_PATH",
    "command_not_found_handle",
];

/// Beginnings of such names.
const PREFIXES: &[&str] = &[
    "LD_", "DYLD_", "BASH_", "GIT_", "SSH_", "PYTHON", "PERL", "RUBY", "NPM_", "npm_", "GREP_",
    "TAR_", "PG", "PSQL", "MYSQL", "TF_CLI", "HELM_", "DOCKER_", "JDK_", "_JAVA", "MALLOC_",
    "GH_PATH", "XDG_", "HIST", "MAN", "NSS_", "GLIBC_", "MAGIC",
];

/// Endings of such names.
const SUFFIXES: &[&str] = &[
    "PAGER",
    "EDITOR",
    "_BROWSER",
    "_OPTIONS",
    "_OPTS",
    "_CONFIG_PATH",
    "_RC",
    "_PRELOAD",
    "PLUGINS",
];

/// Whether the name is one that programs obey in ways that could change something.
pub(super) fn is_obeyed(name: &str) -> bool {
    NAMES.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// Whether a text is a variable's name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
