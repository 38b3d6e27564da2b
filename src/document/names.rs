//! The inputs that commands mention, in the order in which a run would need them.
//!
//! Comes in: the steps. Goes out: [`Use`]s: placeholders, and variables that are read before
//! anything in the document sets them. Refuses to know what an input's value is.

use std::collections::HashSet;

use crate::shell::Quoting;

use super::words::Words;
use super::{Action, ActionKind, Block, Step};

/// A mention of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub name: String,
    /// Index of the step and of the action in it.
    pub place: (usize, usize),
}

/// Variables that a login or a shell gives; the operator is not asked for them.
static STANDARD: Words = Words::new(
    "\
     HOME PATH USER LOGNAME PWD OLDPWD SHELL TERM LANG TMPDIR TZ HOSTNAME EDITOR PAGER DISPLAY \
     KUBECONFIG SSH_AUTH_SOCK XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME \
     XDG_CACHE_HOME MAIL COLUMNS LINES IFS RANDOM SECONDS UID EUID PPID HOSTTYPE OSTYPE",
);

/// All mentions in document order.
pub(super) fn uses(steps: &[Step]) -> Vec<Use> {
    let mut found = Found { assigned: HashSet::new(), uses: Vec::new() };
    for (index, step) in steps.iter().enumerate() {
        for (at, action) in step.actions.iter().enumerate() {
            found.action(action, (index, at));
        }
    }
    found.uses
}

struct Found {
    assigned: HashSet<String>,
    uses: Vec<Use>,
}

impl Found {
    fn action(&mut self, action: &Action, place: (usize, usize)) {
        match &action.kind {
            ActionKind::Command(block) => self.block(block, place),
            ActionKind::Choice(choice) => {
                let actions = choice.alternatives.iter().flat_map(|one| &one.actions);
                actions.for_each(|action| self.action(action, place));
            }
            ActionKind::Manual(_) | ActionKind::Record(_) => {}
        }
    }

    fn block(&mut self, block: &Block, place: (usize, usize)) {
        for placeholder in &block.placeholders {
            if placeholder.context != Quoting::Comment && !placeholder.name.is_empty() {
                let name = placeholder.name.clone();
                self.uses.push(Use { name, place });
            }
        }
        for statement in &block.script.statements {
            for read in &statement.reads {
                let given = self.assigned.contains(&read.name)
                    || statement.defaulted.contains(&read.name)
                    || STANDARD.have(&read.name)
                    || read.name.starts_with("LC_");
                if !given {
                    let name = read.name.clone();
                    self.uses.push(Use { name, place });
                }
            }
            let assigned = statement.assigns.iter().map(|mention| mention.name.clone());
            self.assigned.extend(assigned);
        }
    }
}

/// Whether a name is that of a secret.
pub(super) fn looks_secret(name: &str) -> bool {
    let upper = name.to_uppercase();
    let parts = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL"];
    parts.iter().any(|part| upper.contains(part))
        || ["API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY", "_KEY"]
            .iter()
            .any(|part| upper.ends_with(part))
}
