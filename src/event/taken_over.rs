//! What a rollback takes over from the run that it undoes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::variables::Redacted;

use super::{Placed, Reference};

/// What a run takes over from the one that it undoes: all that holds of it, and no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TakenOver {
    /// The run that it is of.
    pub of: String,
    /// The values of inputs that are no secret, each with all of its values.
    pub inputs: Vec<(String, Vec<Redacted>)>,
    /// By which a secret is known again, by the input's name.
    pub marks: Vec<(String, String)>,
    /// Where a secret was fetched from, by the input's name.
    pub references: Vec<(String, Reference)>,
    /// The chosen label, by the labels of the alternatives.
    pub choices: Vec<(Vec<String>, String)>,
    /// The shell's variables: name, and the text that sets it.
    pub variables: Vec<(String, Redacted)>,
    /// Variables that the shell began with and that were unset.
    pub unset: Vec<String>,
    /// The texts of everything else that the shell knew, by what it is.
    pub texts: Vec<(Cow<'static, str>, Redacted)>,
    /// Variables that were not kept, since they are secret or may be; and the step that set each.
    pub lost: Vec<(String, String)>,
    /// Where the tools acted.
    pub place: Vec<Placed>,
    /// Of these texts the one by which an operator's own shell had led to the folder, where nobody has
    /// confirmed to write there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<Redacted>,
}

impl TakenOver {
    /// It in words, a sentence each; of the shell only what there is of it.
    pub fn words(&self) -> Vec<String> {
        let values = self.inputs.iter().map(|(name, values)| {
            let values: Vec<_> = values.iter().map(Redacted::as_str).collect();
            format!("{name} = {}", values.join(", "))
        });
        let chosen = self.choices.iter().map(|(_, chosen)| format!("chosen: {chosen}"));
        let variables: Vec<_> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
        let lost = self.lost.iter().map(|(name, step)| format!("{name} (set by step {step})"));
        let lost: Vec<_> = lost.collect();
        let secrets: Vec<_> = self.marks.iter().map(|(name, _)| name.as_str()).collect();
        let lists = [
            ("variables of the shell: ", variables.join(", ")),
            ("not kept, since secret or perhaps so: ", lost.join(", ")),
            ("known again when it is asked for: ", secrets.join(", ")),
        ];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let lists = lists.map(|(lead, list)| format!("{lead}{list}"));
        let texts = (!self.texts.is_empty())
            .then(|| "functions, options and folder of the shell".to_owned());
        values.chain(chosen).chain(lists).chain(texts).collect()
    }
}
