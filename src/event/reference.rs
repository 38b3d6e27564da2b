//! Where a secret was fetched from, so that it can be fetched again.

use serde::{Deserialize, Serialize};

use crate::variables::Redacted;

/// Where a secret is fetched from. It holds no secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reference {
    /// A variable of the environment.
    Env(Redacted),
    /// A file, from the root.
    File(Redacted),
    /// A command, whose standard output it is.
    Command {
        /// The program and its arguments.
        words: Vec<Redacted>,
        /// The folder that it starts in, from the root.
        folder: Redacted,
    },
}

impl Reference {
    /// It in words: ``the command `op read op://vault/token` ``.
    pub fn words(&self) -> String {
        match self {
            Self::Env(name) => format!("the variable {name}"),
            Self::File(path) => format!("the file {path}"),
            Self::Command { words, .. } => {
                let quoted = |word: &Redacted| match word.as_str() {
                    "" => "''".to_owned(),
                    word if word.contains(|c: char| c.is_whitespace() || "'\"\\`".contains(c)) => {
                        format!("'{}'", word.replace('\'', r"'\''"))
                    }
                    word => word.to_owned(),
                };
                let words: Vec<_> = words.iter().map(quoted).collect();
                format!("the command `{}`", words.join(" "))
            }
        }
    }

    /// Its texts.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Env(text) | Self::File(text) => vec![text.as_str()],
            Self::Command { words, folder } => {
                words.iter().chain([folder]).map(Redacted::as_str).collect()
            }
        }
    }
}
