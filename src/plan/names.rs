//! What the name of a variable or a placeholder says of its value.
//!
//! Comes in: a name. Goes out: what all its spellings have in common, whether the value is secret,
//! whether it is the shell's own.

/// Variables that a login shell has, and that no runbook means as an input.
const STANDARD: &[&str] = &[
    "COLUMNS",
    "DISPLAY",
    "EDITOR",
    "EUID",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "LANG",
    "LANGUAGE",
    "LINES",
    "LOGNAME",
    "MACHTYPE",
    "MAIL",
    "OLDPWD",
    "OSTYPE",
    "PAGER",
    "PATH",
    "PPID",
    "PWD",
    "SHELL",
    "SHLVL",
    "SSH_AUTH_SOCK",
    "TERM",
    "TMPDIR",
    "TZ",
    "UID",
    "USER",
    "VISUAL",
];

/// Whether every login shell has a variable of this name, so that no runbook means it as an input.
pub(super) fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name) || name.starts_with("LC_") || name.starts_with("BASH")
}

/// One name for all spellings: lowercase words joined by `_`.
pub fn key(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// A word as it stands for one thing.
fn one(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

/// Whether a value of this name is secret, as authors and tools name their variables.
pub fn sounds_secret(name: &str) -> bool {
    const SECRET: &[&str] =
        &["token", "secret", "password", "passwd", "passphrase", "credential", "apikey", "pat"];
    const KEYS: &[&str] = &["api", "private", "access", "secret", "signing", "encryption", "ssh"];
    // `SECRET_NAME` and `TOKEN_FILE` say where a secret is, not what it is.
    const ABOUT: &[&str] = &["name", "names", "path", "file", "dir", "type", "ttl", "url", "count"];
    let name = key(name);
    let words: Vec<_> = name.split('_').collect();
    let about = words.last().is_some_and(|last| ABOUT.contains(last));
    let key = words.windows(2).any(|pair| KEYS.contains(&pair[0]) && one(pair[1]) == "key");
    // `PASSWORDS` is several of them.
    let is_secret = |word: &&str| [*word, one(word)].iter().any(|word| SECRET.contains(word));
    !about && (key || words.iter().any(is_secret))
}

#[cfg(test)]
mod tests {
    use super::{key, sounds_secret};

    #[test]
    fn secret_names_are_told_from_names_of_secrets() {
        for name in [
            "NEW_TOKEN",
            "db-password",
            "AWS_SECRET_ACCESS_KEY",
            "api key",
            "GH_PAT",
            "API_KEYS",
            "PASSWORDS",
        ] {
            assert!(sounds_secret(name), "{name}");
        }
        for name in ["SECRET_NAME", "TOKEN_FILE", "KEY", "PROJECT_ID", "app", "monkey", "PATH"] {
            assert!(!sounds_secret(name), "{name}");
        }
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in ["App-Name", "APP_NAME", "app name", "<app.name>"] {
            assert_eq!(key(name), "app_name");
        }
    }
}
