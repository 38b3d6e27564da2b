//! `runbook trust`: the operator has read a file of settings, and lets it decide.

use std::path::Path;

use crate::config::{self, Config};
use crate::report::neutral;

use super::arguments::Trust;
use super::{Exit, Failure, print, settings};

pub(super) fn trust(arguments: &Trust) -> Result<Exit, Failure> {
    let usage = |message: String| Failure::new(Exit::Usage, message);
    let here = || config::find(Path::new("runbook.md"));
    let file = arguments.file.clone().or_else(here);
    let file = file.ok_or_else(|| usage(format!("there is no {} here or above", config::FILE)))?;
    let failed = |error: std::io::Error| {
        usage(format!("failed to read or note {}: {error}", file.display()))
    };
    if arguments.revoke {
        settings::distrust(&file).map_err(failed)?;
        print(&format!("{} is not trusted any more\n", file.display()))?;
        return Ok(Exit::Done);
    }
    Config::read(&file).map_err(|error| usage(format!("failed to {error}")))?;
    let text = std::fs::read_to_string(&file).map_err(failed)?;
    let trusted = settings::trust(&file).map_err(failed)?;
    print(&format!(
        "{}\n{} is trusted as it stands above, until it changes\n",
        neutral(text.trim_end()),
        trusted.display()
    ))?;
    Ok(Exit::Done)
}
