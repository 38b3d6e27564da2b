//! A command line, judged: for a person, and as JSON.
//!
//! Comes in: the text and its [`Classification`]. Goes out: text that shows the span that decided
//! and what would make it allowed, or the contract of `classify --jsonl`.

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::policy::{Catalogue, Classification, Effect, Trait};
use crate::source::Source;

use super::advice::advice;
use super::{Colour, draw};

/// The contract of `classify --jsonl`.
pub fn json(command: &str, judged: &Classification) -> Value {
    let source = Source::new("", command);
    let reasons = judged.reasons.iter().map(|reason| {
        let place = source.position(reason.span.start);
        json!({ "text": reason.text, "line": place.line, "column": place.column })
    });
    json!({
        "command": command,
        "effect": judged.effect,
        "traits": judged.traits,
        "reasons": reasons.collect::<Vec<_>>(),
    })
}

/// The answer to a line that is not in the contract's form.
pub fn unread(why: &str) -> Value {
    json!({
        "command": null,
        "effect": Effect::Unknown,
        "traits": Vec::<Trait>::new(),
        "reasons": [{ "text": why, "line": 1, "column": 1 }],
    })
}

/// The effect, the spans that decided, and what would make it allowed.
pub fn text(command: &str, judged: &Classification, catalogue: &Catalogue) -> String {
    let source = Source::new("command", command);
    let mut out = format!("{}: {}\n", word(judged.effect), meaning(judged));
    for reason in &judged.reasons {
        let severity =
            if judged.effect == Effect::Read { Severity::Note } else { Severity::Warning };
        let finding = Diagnostic {
            code: word(judged.effect),
            severity,
            message: reason.text.clone(),
            labels: vec![Label { span: reason.span, text: String::new() }],
            help: None,
        };
        out.push_str(&draw(&finding, &source, Colour::Off));
    }
    if !judged.traits.is_empty() {
        let traits: Vec<_> = judged.traits.iter().map(|one| one.word()).collect();
        out.push_str(&format!("traits: {}\n", traits.join(", ")));
    }
    if judged.effect == Effect::Read && !judged.words.is_empty() {
        let words: Vec<_> = judged.words.iter().map(|word| format!("`{}`", word.text)).collect();
        out.push_str(&format!(
            "if one argument each: {}; judged again when it runs\n",
            words.join(", ")
        ));
    }
    if let Some(advice) = advice(command, judged, catalogue) {
        out.push_str(&format!("to allow it: {advice}\n"));
    }
    out
}

const fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Unknown => "unknown",
        Effect::Write => "write",
    }
}

fn meaning(judged: &Classification) -> &'static str {
    match judged.effect {
        Effect::Read if judged.traits.contains(&Trait::Interactive) => {
            "no known way to change anything; it may need a person, so validation leaves it out"
        }
        Effect::Read => "no known way to change anything; runs in read-only mode",
        Effect::Unknown => "not known to change nothing; does not run in read-only mode",
        Effect::Write => "changes something; does not run in read-only mode",
    }
}
