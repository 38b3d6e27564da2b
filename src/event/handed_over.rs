//! A run that is handed over: from now on it is whoever's has the file.

use serde::{Deserialize, Serialize};

use crate::variables::Redacted;

/// How a run was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    /// Who has handed it over.
    pub by: String,
    /// From which machine.
    pub host: String,
    /// By what the journal there is known.
    pub journal: String,
    /// The file, as it was named.
    pub file: Redacted,
}

impl HandedOver {
    /// It in words; `at` is when.
    pub fn words(&self, at: &str) -> String {
        let Self { by, host, file, .. } = self;
        format!("{by} has handed it over on {host} at {at}, with the file {file}")
    }
}
