//! Whether the operator has the role that a runbook requires.
//!
//! Comes in: the runbook's `Required role`, the team's command that knows, what was typed. Goes out:
//! the role and how it is known, to be recorded; a refusal, too, is a run that the journal knows.

use std::time::Duration;

use crate::config::Config;
use crate::event::{Role, RoleStanding};
use crate::plan::Plan;
use crate::program::{Listen, Program};
use crate::variables::Redactor;

use super::arguments::Authority;
use super::{Exit, Failure, complain, environment_variable};

/// How long the team's command may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much it may print, in bytes.
const MOST: usize = 64 << 10;

/// How the operator stands to the role that the runbook requires; nothing where it requires none.
pub(super) fn role(
    plan: &Plan,
    config: &Config,
    authority: &Authority,
) -> Result<Option<Role>, Failure> {
    let Some(entry) = plan.document.metadata.get("required_role") else { return Ok(None) };
    let required = entry.value.trim();
    if required.is_empty() || required.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let is_it = |role: &str| role.trim().eq_ignore_ascii_case(required);
    let asked = match config.roles.command.as_slice() {
        [] => None,
        words => Some(ask(words)?.lines().any(is_it)),
    };
    let claimed = authority.role.clone().or_else(|| environment_variable("RUNBOOK_ROLE"));
    let standing = match (asked, claimed.as_deref().map(is_it)) {
        (Some(true), _) => RoleStanding::Verified,
        // Who touches the settings does not switch the question off.
        _ if config.roles.untrusted => match authority.break_glass {
            Some(_) => RoleStanding::BreakGlass,
            None => RoleStanding::Missing,
        },
        (None, Some(true)) => RoleStanding::Claimed,
        _ if authority.break_glass.is_some() => RoleStanding::BreakGlass,
        (None, None) => RoleStanding::Unclaimed,
        _ => RoleStanding::Missing,
    };
    let reason = authority.break_glass.as_deref().map(|text| Redactor::default().redact(text));
    let reason = reason.filter(|_| standing == RoleStanding::BreakGlass);
    if standing == RoleStanding::BreakGlass {
        complain(&format!("BREAKING GLASS: going ahead without the role {required}"));
    }
    Ok(Some(Role { required: required.to_owned(), standing, reason }))
}

/// What the team's command prints. That it cannot be asked is not that the role is missing.
fn ask(words: &[String]) -> Result<String, Failure> {
    said_by(words).map_err(|why| {
        let program = words.first().map_or("", String::as_str);
        let message = format!(
            "failed to ask for your roles with `{program}` ([roles] in runbook.toml): {why}"
        );
        Failure::new(Exit::Environment, message)
    })
}

/// What a program prints, if it ends well, in time, and is no flood.
fn said_by(words: &[String]) -> Result<String, String> {
    let folder = std::env::current_dir().map_err(|error| error.to_string())?;
    let program = Program {
        words,
        folder: &folder,
        environment: None,
        input: Vec::new(),
        listen: Listen::Output,
        keeps: MOST + 1,
        patience: PATIENCE,
    };
    let ran = program.run(|heard| heard > MOST as u64).map_err(|error| error.to_string())?;
    match ran.code {
        _ if ran.said.len() > MOST => Err(format!("it prints more than {} KiB", MOST >> 10)),
        Some(0) => Ok(String::from_utf8_lossy(&ran.said).into_owned()),
        Some(code) => Err(format!("it ended with {code}")),
        None => Err(format!("it took more than {} s", PATIENCE.as_secs())),
    }
}
