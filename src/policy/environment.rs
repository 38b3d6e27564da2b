//! Which variables change what programs do.
//!
//! Comes in: a variable's name. Goes out: whether to give it a value may change what a later
//! command does. The lists follow bash(1), ld.so(8), git(1), curl(1), gh-environment, and the
//! manuals of the tools in the catalogue. They are code, not data: no team loosens them. What
//! begins with a tool's own name (`HELM_PLUGINS`) is obeyed too, unless the tool's rule lists it.

use super::catalogue::builtin_variables;
use super::rule::lists;

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
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AZURE_CONFIG_DIR",
    "BOTO_CONFIG",
    "COMP_WORDBREAKS",
    "CURL_CA_BUNDLE",
    "CURL_SSL_BACKEND",
    "FPATH",
    "FCEDIT",
    "GREP_COLORS",
    "LS_COLORS",
    "MAKEFLAGS",
    "MAIL",
    "MAILPATH",
    "NETRC",
    "OPENSSL_MODULES",
    "REDISRC",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SUDO_ASKPASS",
    "SYSTEMD_PAGER",
    "SYSTEMD_LESS",
    "SYSTEMD_EDITOR",
    "TEMP",
    "TMP",
    "WGETRC",
    "ZDOTDIR",
    "XZ_OPT",
    "XZ_DEFAULTS",
    "GZIP",
    "BZIP",
    "BZIP2",
    "UNZIP",
    "UNZIPOPT",
    "ZIPINFO",
    "ZIPINFOOPT",
    "TAPE",
    "RSH",
    "RSYNC_RSH",
    "GNUPGHOME",
    "TIME",
];

/// Beginnings of such names.
const PREFIXES: &[&str] = &[
    "LD_",
    "DYLD_",
    "BASH_",
    "GIT_",
    "SSH_",
    "PYTHON",
    "PERL",
    "RUBY",
    "NPM_",
    "npm_",
    "GREP_",
    "TAR_",
    "PG",
    "PSQL",
    "MYSQL",
    "TF_CLI",
    "HELM_",
    "DOCKER_",
    "JDK_",
    "_JAVA",
    "MALLOC_",
    "GH_PATH",
    "GH_HOST",
    "XDG_",
    "AWS_ENDPOINT_URL",
    "CLOUDSDK_",
    "KUBE",
    "NODE_",
    "RUNBOOK_",
    "TF_",
    "AZURE_CLI_",
    "AZURE_CLOUD_",
    "AZURE_CORE_",
    "AZURE_EXTENSION_",
    "AZURE_LOGGING_",
    "BOTO_",
    "CONSUL_",
    "GOOGLE_EXTERNAL_ACCOUNT_",
    "HIST",
    "MAN",
    "NSS_",
    "GLIBC_",
    "MAGIC",
    "SYSTEMD_",
    "RPM",
    "APT_",
    "DPKG_",
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
    "_proxy",
    "_PROXY",
    "_ENDPOINT",
    "_CONFIG_DIR",
    "_CONFIG_FILE",
    "_CA_BUNDLE",
    "_CACERT",
    "_PRELOAD",
    "PLUGINS",
];

/// Names that begin like those, but say only to whom a client speaks for whom.
const CONNECTIONS: &[&str] = &[
    "PGHOST",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGDATABASE",
    "PGSSLMODE",
    "PGAPPNAME",
    "PGCONNECT_TIMEOUT",
    "MYSQL_PWD",
    "MYSQL_HOST",
    "MYSQL_TCP_PORT",
];

/// Whether the name is one that programs obey in ways that could change something.
pub(super) fn is_obeyed(name: &str) -> bool {
    if CONNECTIONS.contains(&name) {
        return false;
    }
    NAMES.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        || is_another_tools_own(name)
}

/// Whether the name begins with that of a tool with settings of its own, which does not list it.
fn is_another_tools_own(name: &str) -> bool {
    let beginnings = name.match_indices('_').map(|(at, _)| name[..at].to_ascii_lowercase());
    let mut tools = beginnings.filter_map(|tool| builtin_variables(&tool.replace('_', "-")));
    tools.any(|listed| !lists(&listed, name))
}

/// Variables that any program may be given: language, time zone, how it is shown.
const HARMLESS: &[&str] = &[
    "LANG",
    "LANGUAGE",
    "TZ",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "TERM",
];

/// Whether a variable that is set for one command alone changes only what that command shows, or
/// whom it speaks for: `LC_ALL`, `NO_COLOR`, `INFISICAL_TOKEN`.
pub(super) fn is_harmless(name: &str) -> bool {
    let credential = ["_TOKEN", "_KEY", "_SECRET", "_PASSWORD", "_PASS", "_USER", "_USERNAME"];
    HARMLESS.contains(&name)
        || name.starts_with("LC_")
        || credential.iter().any(|ending| name.ends_with(ending))
}

/// Whether a variable says only how things are shown, and to whom.
pub(super) fn is_shown_only(name: &str) -> bool {
    HARMLESS.contains(&name) || name.starts_with("LC_") || matches!(name, "USER" | "LOGNAME")
}

/// Whether a text is a variable's name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
