//! A sink as it is on this machine: a team's words with paths from the root.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::config::{Audit, AuditWay, FILE};
use crate::event::HandedTo;

/// A sink, ready to be reached.
#[derive(Debug, Clone)]
pub struct Sink {
    /// The file of settings that names it, from the root: two teams may use one name.
    pub settings: String,
    /// Its name there.
    pub name: String,
    /// How it is reached.
    pub way: AuditWay,
    /// Where its programs start.
    pub folder: PathBuf,
    /// The operator's environment: what headers refer to, and what programs get.
    pub environment: Vec<(OsString, OsString)>,
}

impl Sink {
    /// The sinks that a file of settings in `folder` names.
    pub fn all(sinks: &[Audit], folder: &Path, environment: &[(OsString, OsString)]) -> Vec<Self> {
        let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
        let ready = |sink: &Audit| {
            let way = match &sink.way {
                AuditWay::File(file) => AuditWay::File(folder.join(file)),
                way => way.clone(),
            };
            Self {
                settings: folder.join(FILE).display().to_string(),
                name: sink.name.clone(),
                way,
                folder: folder.clone(),
                environment: environment.to_vec(),
            }
        };
        sinks.iter().map(ready).collect()
    }

    /// What it is: another file, address or program is another sink, whatever its name.
    fn words(&self) -> String {
        match &self.way {
            AuditWay::File(path) => format!("file {}", path.display()),
            AuditWay::Url(url, _) => format!("url {url}"),
            AuditWay::Command(words) => format!("command {words:?}"),
        }
    }

    /// The same, as it is noted: its SHA-256.
    pub fn definition(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(self.words()))
    }

    /// The same for everybody's eyes.
    pub fn shown(&self) -> String {
        shown(&self.words())
    }

    /// The sink as a run's record names it.
    pub fn recorded(&self) -> HandedTo {
        HandedTo {
            settings: self.settings.clone(),
            sink: self.name.clone(),
            shown: self.shown(),
            definition: self.definition(),
        }
    }
}

/// A definition for everybody's eyes: the path of an address may be all that lets somebody in.
fn shown(definition: &str) -> String {
    let Some((scheme, rest)) =
        definition.strip_prefix("url ").and_then(|url| url.split_once("://"))
    else {
        return definition.to_owned();
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        assert_eq!(shown("url https://a.example:8443/T0/s3cr3t?x=y"), "https://a.example:8443");
        assert_eq!(shown("file /var/log/audit"), "file /var/log/audit");
    }
}
