//! Renders an audit entry from what the run knows and has chosen.
//!
//! Comes in: the entry as the author wrote it. Goes out: the same with its holes filled, as an event.
//! An entry with a hole in it proves nothing: what is not known is asked for first.

use crate::document::{self, Fill};
use crate::event::{Place, What};
use crate::plan::key;
use crate::variables::template::{Style, expand, names};

use super::operator::AskChoice;
use super::{Engine, Flow};

impl Engine<'_> {
    /// Renders an audit entry.
    pub(super) fn record(
        &mut self,
        step: &document::Step,
        action: &document::Action,
        record: &document::Record,
        place: &Place,
    ) -> Flow<()> {
        self.ask_for_what_is_open(record)?;
        let mut text = String::new();
        let mut done = 0;
        for hole in &record.holes {
            let facts = self.facts();
            text += &expand(&record.text[done..hole.span.start], &facts, Style::Plain);
            let written = &record.text[hole.span.range()];
            text += &match &hole.fill {
                Fill::OneOf(labels) => {
                    format!("{0}{1}{0}", &written[..1], self.one_of(step, labels, place)?)
                }
                Fill::Value(name) => {
                    let name = self.plan.inputs.named(name).map_or(name, |input| &input.name);
                    let after = &record.text[hole.span.end..];
                    let value = facts.get(name).map(|value| fitted(value, &text, after));
                    value.unwrap_or_else(|| written.to_owned())
                }
            };
            done = hole.span.end;
        }
        text += &expand(&record.text[done..], &self.facts(), Style::Plain);
        let text = self.redactor.redact(&text);
        let (step, line, language) = (step.id.clone(), action.line, record.language.clone());
        let place = place.clone();
        self.recorder.emit(What::RecordMade { step, line, place, language, text })?;
        self.tell_of_record()
    }

    /// Asks for the inputs that an entry names and that no command has needed before.
    fn ask_for_what_is_open(&mut self, record: &document::Record) -> Flow<()> {
        let facts = self.facts();
        let inputs = self.plan.inputs.iter().filter(|input| !input.secret);
        let open = inputs.filter(|input| !facts.contains_key(&input.name));
        let open = open.map(|input| (input.name.clone(), String::new())).collect();
        let mut wanted = names(&record.text, &open);
        for hole in &record.holes {
            if let Fill::Value(name) = &hole.fill
                && let Some(input) = self.plan.inputs.named(name)
                && open.contains_key(&input.name)
                && !wanted.contains(&input.name)
            {
                wanted.push(input.name.clone());
            }
        }
        wanted.iter().try_for_each(|name| self.ask_anew(name))
    }

    /// Which of several words it is: the one that a choice of this run speaks of, or what the
    /// operator says.
    fn one_of(&mut self, step: &document::Step, labels: &[String], place: &Place) -> Flow<String> {
        let chosen = self.choices.iter().filter_map(|(labels, chosen)| labels.get(*chosen));
        let chosen: Vec<_> = chosen.map(|label| key(label)).collect();
        let is_chosen = |label: &&String| chosen.iter().any(|known| speaks_of(known, &key(label)));
        let mut found = labels.iter().filter(is_chosen);
        if let (Some(label), None) = (found.next(), found.next()) {
            return Ok(label.clone());
        }
        let alternatives = labels.iter().map(|label| (label.as_str(), None, false)).collect();
        let ask = AskChoice { step: &step.id, alternatives };
        let chosen = self.choose_among(labels.to_vec(), &ask, place)?;
        Ok(labels[chosen].clone())
    }
}

/// Whether a label that was chosen has all words of another.
fn speaks_of(chosen: &str, label: &str) -> bool {
    let words: Vec<_> = chosen.split('_').collect();
    label.split('_').all(|word| words.contains(&word))
}

/// A value as it can stand between these texts, so that the entry is still the JSON or the YAML that
/// it was.
fn fitted(value: &str, before: &str, after: &str) -> String {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let within = |quote: char| !line.matches(quote).count().is_multiple_of(2);
    let quoted = serde_json::Value::from(value).to_string();
    if within('"') {
        return quoted[1..quoted.len() - 1].to_owned();
    }
    if within('\'') {
        return value.replace('\'', "''");
    }
    let alone = line.trim_end().ends_with([':', '-', '[', ','])
        && after
            .chars()
            .next()
            .is_none_or(|next| matches!(next, '\n' | '\r' | ',' | ' ' | '}' | ']'));
    let plain = value.chars().all(|c| c.is_alphanumeric() || "_-./@+ ".contains(c))
        && value.starts_with(char::is_alphanumeric);
    let json = before.trim_start().starts_with('{');
    if alone && (json || !plain) { quoted } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{fitted, speaks_of};

    #[test]
    fn a_value_fits_where_it_stands() {
        let case = |before, value, after, expected| {
            assert_eq!(fitted(value, before, after), expected, "{before}{value}{after}");
        };
        case("actor: ", "Ann Lee", "\n", "Ann Lee");
        case("note: ", "a: b # c", "\n", "\"a: b # c\"");
        case("note: \"see ", "\"it\"\n", "\"", "\\\"it\\\"\\n");
        case("note: 'see ", "it's", "'", "it''s");
        case("{\"note\": ", "ok", "}", "\"ok\"");
        case("{\"note\": \"", "ok", "\"}", "ok");
        case("note: about ", "a: b", " it", "a: b");
    }

    #[test]
    fn a_choice_speaks_of_a_word_whatever_their_order() {
        assert!(speaks_of("legacy_service_token_deprecated", "service_token_legacy"));
        assert!(speaks_of("machine_identity", "machine_identity"));
        assert!(!speaks_of("machine_identity", "service_token_legacy"));
    }
}
