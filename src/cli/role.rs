//! Whether the operator has the role that a runbook requires.
//!
//! Comes in: the runbook's `Required role`, the team's command that knows, what was typed. Goes out:
//! the role and how it is known, to be recorded; a refusal, too, is a run that the journal knows.

use std::io::{self, Read};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::config::Config;
use crate::event::{Role, RoleStanding};
use crate::plan::Plan;
use crate::variables::Redactor;

use super::arguments::Authority;
use super::{Exit, Failure, complain, environment_variable};

/// How long the team's command may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much it may print, in bytes.
const MOST: u64 = 64 << 10;

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
    let asked = match config.roles.command.split_first() {
        Some((program, words)) => Some(ask(program, words)?.lines().any(is_it)),
        None => None,
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
fn ask(program: &str, words: &[String]) -> Result<String, Failure> {
    said_by(program, words).map_err(|error| {
        let message = format!(
            "failed to ask for your roles with `{program}` ([roles] in runbook.toml): {error}"
        );
        Failure::new(Exit::Environment, message)
    })
}

/// What a program prints, if it ends in time and is no flood.
fn said_by(program: &str, words: &[String]) -> io::Result<String> {
    let reader = duct::cmd(program, words).stdin_null().unchecked().reader()?;
    let reader = Arc::new(reader);
    let (tell, told) = mpsc::channel();
    let reading = Arc::clone(&reader);
    thread::spawn(move || {
        let mut said = Vec::new();
        let read = (&*reading).take(MOST).read_to_end(&mut said);
        let _ = tell.send(read.map(|_| said));
    });
    let said = told.recv_timeout(PATIENCE);
    // Whoever has read to the end has waited for it, too.
    let ended = if said.is_ok() { reader.try_wait()? } else { None };
    if ended.is_none() {
        reader.kill()?;
    }
    let said = said.map_err(|_| io::Error::other(format!("it took more than {PATIENCE:?}")))??;
    if said.len() as u64 == MOST {
        return Err(io::Error::other(format!("it prints more than {} KiB", MOST >> 10)));
    }
    match ended.map(|output| output.status) {
        Some(status) if status.success() => Ok(String::from_utf8_lossy(&said).into_owned()),
        Some(status) => Err(io::Error::other(format!("it ended with {status}"))),
        None => Err(io::Error::other("it did not end")),
    }
}
