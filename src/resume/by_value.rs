//! How the values of a list input stand in a step: which are done, which are not.

use crate::variables::Redacted;

use super::{Past, Standing};

impl Past {
    /// Each value that the step at this place of the document is carried out for, and how it stands
    /// in a word; nothing of a step without a list.
    pub fn by_value(&self, step: usize) -> Vec<(String, &'static str)> {
        let mut told: Vec<(String, &'static str)> = Vec::new();
        let here = self.segments_at.iter().filter(|((place, _), _)| place.step == step);
        for ((_, values), known) in here.filter(|((_, values), _)| !values.is_empty()) {
            let word = match known.standing() {
                Standing::Settled(_) => "done",
                Standing::Failed(_) => "failed",
                Standing::Unknown(_) => "not known",
                Standing::Open => "not done",
            };
            let values: Vec<_> = values.iter().map(Redacted::as_str).collect();
            let values = values.join(", ");
            match told.iter_mut().find(|(other, _)| *other == values) {
                // What is not done in one of its segments is not done.
                Some((_, before)) if *before == "done" => *before = word,
                Some(_) => {}
                None => told.push((values, word)),
            }
        }
        let list = self.inputs.iter().find(|(name, values)| {
            let first = format!("{name} = ");
            values.len() > 1 && told.iter().any(|(one, _)| one.starts_with(&first))
        });
        let Some((name, values)) = list else { return told };
        // In the order in which they were given, with those that nothing was begun for.
        let all = values.iter().map(|value| format!("{name} = {value}"));
        let all = all.map(|value| {
            let known = told.iter().find(|(one, _)| *one == value);
            let word = known.map_or("not begun", |(_, word)| word);
            (value, word)
        });
        let all: Vec<_> = all.collect();
        let is_whole = told.iter().all(|(one, _)| all.iter().any(|(value, _)| value == one));
        if is_whole { all } else { told }
    }
}
