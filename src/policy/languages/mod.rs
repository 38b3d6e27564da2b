//! Small languages inside arguments: `sed` scripts, `printf` formats, the operators of `test`.
//!
//! Comes in: parsed arguments. Goes out: objections. Each analyser knows what is harmless and
//! refuses the rest; none tries to understand everything.

mod awk;
mod builtins;
mod find;
mod git;
mod http;
mod mongo;
mod openssl;
mod redis;
mod sed;
mod shell;
mod sql;
mod ssh;
mod tar;

use crate::source::Span;

use super::Effect;
use super::arguments::Argument;
use super::options::{Objection, Parsed};
use super::rule::{Language, Rule, lists};

use builtins::{Declares, date, export, printf, set, test};
use http::http;
use sed::sed;

pub(super) use http::is_web;

/// What the language of a rule objects to.
pub(super) fn objections(language: Language, parsed: &Parsed, rules: &[&Rule]) -> Vec<Objection> {
    match language {
        Language::Sed => sed(parsed),
        Language::Printf => printf(parsed),
        Language::Test => test(&parsed.operands),
        Language::Set => set(&parsed.operands),
        Language::Date => date(&parsed.operands),
        Language::Export => {
            let texts = rules.iter().any(|rule| lists(&rule.names, "export"));
            let declares = if texts { Declares::Texts } else { Declares::Arrays };
            export(&parsed.operands, declares)
        }
        Language::Http => http(parsed, rules),
        Language::Awk => awk::awk(parsed),
        Language::Git => git::git(parsed, rules),
        Language::Find => find::find(parsed),
        Language::Tar => tar::tar(parsed),
        Language::Openssl => openssl::openssl(parsed),
        Language::Ssh => ssh::ssh(parsed),
        Language::Shell => shell::shell(parsed, rules),
        Language::Sql => sql::sql(parsed, rules),
        Language::Redis => redis::redis(parsed),
        Language::Mongo => mongo::mongo(parsed, rules),
    }
}

/// The commands that a text in the rule's language starts, to be judged like any other.
pub(super) fn commands(language: Language, parsed: &Parsed) -> Vec<Vec<Argument>> {
    match language {
        Language::Find => find::commands(parsed),
        _ => Vec::new(),
    }
}

fn unknown(text: &str, span: Span) -> Objection {
    Objection { effect: Effect::Unknown, text: text.to_owned(), span }
}

fn write(text: &str, span: Span) -> Objection {
    Objection { effect: Effect::Write, text: text.to_owned(), span }
}
