//! Whether the operator has the role that a runbook requires.
//!
//! Comes in: the runbook's `Required role`, the team's command that knows, what was typed. Goes out:
//! the role and how it is known, to be recorded; a refusal, too, is a run that the journal knows.

use crate::config::Config;
use crate::event::{Role, RoleStanding};
use crate::plan::Plan;
use crate::variables::Redactor;

use super::arguments::Authority;
use super::{Exit, Failure, complain, environment_variable};

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
    let said = duct::cmd(program, words).stdin_null().read();
    said.map_err(|error| {
        let message = format!(
            "failed to ask for your roles with `{program}` ([roles] in runbook.toml): {error}"
        );
        Failure::new(Exit::Environment, message)
    })
}
