//! What a rollback takes over from the run that it undoes: its values and choices, what its shell
//! knew, where it was.

use crate::event::TakenOver;
use crate::variables::Redacted;

use super::Past;

impl Past {
    /// All that another run may take over from this one, which is `run`.
    pub fn for_another(&self, run: &str) -> TakenOver {
        let knows = &self.knows;
        let pairs = |(name, text): (&String, &String)| (name.clone(), Redacted::stored(text));
        let inputs = self.inputs.iter().map(|(name, values)| {
            (name.clone(), values.iter().map(|value| Redacted::stored(value)).collect())
        });
        let texts = knows.texts.iter().map(pairs).map(|(what, text)| (what.into(), text));
        TakenOver {
            of: run.to_owned(),
            inputs: inputs.collect(),
            marks: self.marks.clone().into_iter().collect(),
            references: self.references.clone().into_iter().collect(),
            choices: self.choices.clone().into_iter().collect(),
            variables: knows.variables.iter().map(pairs).collect(),
            unset: knows.unset.clone(),
            texts: texts.collect(),
            lost: knows.lost.clone().into_iter().collect(),
            place: self.place.clone(),
            by_hand: self.by_hand.as_deref().map(Redacted::stored),
        }
    }

    /// Takes in what holds of another run.
    pub fn take_over(&mut self, taken: &TakenOver) {
        let texts = |values: &[Redacted]| values.iter().map(ToString::to_string).collect();
        let pair = |(name, text): &(String, Redacted)| (name.clone(), text.to_string());
        self.inputs = taken.inputs.iter().map(|(name, it)| (name.clone(), texts(it))).collect();
        self.marks = taken.marks.iter().cloned().collect();
        self.references = taken.references.iter().cloned().collect();
        self.choices = taken.choices.iter().cloned().collect();
        self.knows.variables = taken.variables.iter().map(pair).collect();
        self.knows.unset.clone_from(&taken.unset);
        let others = taken.texts.iter();
        self.knows.texts =
            others.map(|(what, text)| (what.to_string(), text.to_string())).collect();
        self.knows.lost = taken.lost.iter().cloned().collect();
        self.place.clone_from(&taken.place);
        self.by_hand = taken.by_hand.as_ref().map(ToString::to_string);
    }
}
