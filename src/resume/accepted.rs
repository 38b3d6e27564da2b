//! The doubts that somebody has accepted for what cannot be undone, and that was not begun since: who
//! goes on with the run is told, and somebody else is asked anew.

use crate::variables::Redacted;

use super::Past;

/// A word that what cannot be undone goes ahead all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The step that cannot be undone.
    pub step: String,
    /// What speaks against it, a sentence each.
    pub doubts: Vec<Redacted>,
    /// Why it goes ahead.
    pub reason: Redacted,
    /// Whose word it is.
    pub by: String,
}

impl Acceptance {
    /// It in words, for `operator`.
    pub fn words(&self, operator: &str) -> String {
        let doubts: Vec<_> = self.doubts.iter().map(Redacted::as_str).collect();
        let anew = if self.by == operator { "" } else { "; you are asked for your own word" };
        format!(
            "{} let step {} go ahead although {}: {}{anew}",
            self.by,
            self.step,
            doubts.join(", "),
            self.reason
        )
    }
}

impl Past {
    /// Takes in such a word: nobody is asked once more, and one before it that speaks of the same is
    /// no longer the one that counts.
    pub(super) fn accept(&mut self, word: Acceptance) {
        let again = |one: &Acceptance| one.doubts.iter().all(|doubt| word.doubts.contains(doubt));
        self.accepted_for.retain(|one| !again(one));
        self.accepted.extend(word.doubts.iter().cloned());
        self.accepted_for.push(word);
        self.doubts.clear();
    }

    /// What was accepted for this step is begun.
    pub(super) fn come_past_what_was_accepted(&mut self, step: &str) {
        self.accepted_for.retain(|one| one.step != step);
    }

    /// The doubts that are open for `operator`: those that nobody has accepted, or somebody else.
    pub fn doubts_of(&self, operator: &str) -> Vec<Redacted> {
        let others = self.accepted_for.iter().filter(|one| one.by != operator);
        let mut doubts: Vec<Redacted> = Vec::new();
        for doubt in others.flat_map(|one| &one.doubts).chain(&self.doubts) {
            if !doubts.contains(doubt) {
                doubts.push(doubt.clone());
            }
        }
        doubts
    }
}
