//! Makes known as secrets what the shell comes to hold: any command can print it from then on.
//!
//! Comes in: the environment, and states of the shell. Goes out: what the redactor knows. A variable
//! is a secret that is named like one, or that was captured from a command that prints secrets.

use std::ffi::OsString;

use crate::plan::{Input, sounds_secret};
use crate::session::{State, values};
use crate::variables::{Redactor, Secret};

/// Fewer characters in the environment are no secret: they would be redacted all over the run.
const SHORTEST_OUTSIDE: usize = 8;

/// What is known of the variables that a shell may hold.
pub(super) struct Learner<'e> {
    pub redactor: &'e Redactor,
    pub inputs: &'e [Input],
    pub environment: &'e [(OsString, OsString)],
}

impl Learner<'_> {
    /// Makes the secrets known that the operator's environment holds (`GH_TOKEN`): no runbook asks
    /// for them.
    pub fn learn_environment(&self) {
        for (name, value) in self.environment {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
            let secret = Secret::new(value.to_owned());
            if sounds_secret(name) && secret.len() >= SHORTEST_OUTSIDE {
                self.add(name, &secret);
            }
        }
    }

    /// Makes the secrets known that a shell holds, with what was captured under these names.
    pub fn learn_state(&self, state: &State, captures: &[String]) {
        let named = |name: &str| sounds_secret(name) && !self.is_open_input(name);
        let captured = |name: &str| captures.iter().any(|captured| captured == name);
        let variables = state.variables().into_iter();
        for (name, text) in variables.filter(|(name, _)| captured(name) || named(name)) {
            for secret in values(text).into_iter().map(Secret::new) {
                if captured(name) || !self.is_outside(name, secret.expose()) {
                    self.add(name, &secret);
                }
            }
        }
    }

    fn add(&self, name: &str, secret: &Secret) {
        if secret.weakness().is_none() {
            self.redactor.add(name, secret);
        }
    }

    /// Whether a variable is that of an input which the runbook says is no secret.
    fn is_open_input(&self, name: &str) -> bool {
        let open = self.inputs.iter().filter(|input| !input.secret);
        open.flat_map(|input| &input.variables).any(|variable| variable == name)
    }

    /// Whether the environment has it as it is.
    fn is_outside(&self, name: &str, value: &str) -> bool {
        self.environment.iter().any(|(known, given)| known == name && given == value)
    }
}
