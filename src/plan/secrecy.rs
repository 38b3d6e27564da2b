//! Whether what a statement prints is itself secret.
//!
//! Comes in: a statement and its classification. Goes out: yes or no. Deny by default: what a
//! command that prints secrets wrote is withheld, unless a later stage of its pipeline is known to
//! let no value through.

use std::sync::LazyLock;

use regex::Regex;

use crate::policy::{Classification, Effect, Trait};
use crate::shell::{Command, Simple, Statement, Word};

use super::names::sounds_secret;

/// Whether the statement's standard output is withheld. What a write prints is what it was given,
/// which the redactor knows.
pub(super) fn is_secret(statement: &Statement, classification: &Classification) -> bool {
    let prints = classification.traits.contains(&Trait::PrintsSecret);
    let printed = prints && classification.effect != Effect::Write && !is_reduced(statement);
    // What a variable held in there nobody can ask for afterwards.
    printed || statement.inner.iter().any(|name| sounds_secret(name))
}

fn is_reduced(statement: &Statement) -> bool {
    let mut items = statement.node.items.iter();
    items.all(|item| {
        item.and_or.pipelines().all(|pipeline| {
            let later = pipeline.stages.iter().skip(1);
            later.into_iter().any(|stage| match stage {
                Command::Simple(simple) => lets_no_value_through(simple),
                _ => false,
            })
        })
    })
}

/// Counts, names, lengths: whole command lines that print nothing else.
static REDUCING: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"(?:secretKey|key|name)";
    let jq = format!(
        r"jq (?:-r |-c |-e )*(?:length|keys|keys_unsorted|keys\[\]|\.\[\]\.{name}|map\(\.{name}\)|\[\.\[\]\.{name}\](?: ?\| ?length)?|\. ?\| ?length)"
    );
    let others = r"wc(?: -[lcwm])*|e?grep -[cq] .*|cut -d ?= -f ?1|cut -f ?1 -d ?=|sed s/=\.\*//|awk -F ?= \{ ?print \$1 ?\}";
    Regex::new(&format!("^(?:{jq}|{others})$")).expect("a constant pattern")
});

fn lets_no_value_through(simple: &Simple) -> bool {
    let words: Option<Vec<String>> = simple.words.iter().map(Word::literal).collect();
    words.is_some_and(|words| REDUCING.is_match(&words.join(" ")))
}

#[cfg(test)]
mod tests {
    use crate::policy::{Catalogue, classify};
    use crate::shell::parse;

    use super::*;

    fn case(text: &str) -> &'static str {
        let script = parse(text).expect("a script");
        let statement = &script.statements[0];
        let classification = classify(statement, Catalogue::builtin());
        if is_secret(statement, &classification) { "withheld" } else { "shown" }
    }

    #[test]
    fn output_of_what_holds_a_secret_only_for_a_while_is_withheld() {
        for text in [
            "for TOKEN in $(cat k); do echo \"$TOKEN\"; done",
            "while read -r DB_PASSWORD; do echo \"$DB_PASSWORD\"; done < k",
            "( API_TOKEN=$(cat k); echo \"$API_TOKEN\" )",
            "cat k | while read -r _ TOKEN; do echo $TOKEN; done",
        ] {
            assert_eq!(case(text), "withheld", "{text}");
        }
        for text in [
            "for app in $(cat k); do echo \"$app $TOKEN\"; done",
            "if [ -z \"$TOKEN\" ]; then TOKEN=$(cat k); fi",
            "TOKEN=$(cat k)",
            "( TOKEN_FILE=k; cat \"$TOKEN_FILE\" )",
        ] {
            assert_eq!(case(text), "shown", "{text}");
        }
    }

    #[test]
    fn output_of_what_prints_secrets_is_withheld_unless_it_is_reduced_to_names() {
        for text in [
            "infisical secrets --env=prod",
            "infisical secrets --env=prod -o json | jq -r '.[].secretValue'",
            "infisical secrets get A --plain | head -c 8",
            "infisical user get token",
        ] {
            assert_eq!(case(text), "withheld", "{text}");
        }
        for text in [
            "infisical secrets --env=prod -o json | jq -r '.[].secretKey'",
            "infisical secrets --env=prod -o json | jq length",
            "infisical secrets get A --plain | head -c 8 | wc -c",
            "infisical secrets --plain | cut -d= -f1 | sort",
            "heroku config:set A=b -a c",
            "echo hello",
        ] {
            assert_eq!(case(text), "shown", "{text}");
        }
    }
}
