//! How a runbook was validated: the four methods, and the ways in which authors write them.
//!
//! Comes in: a value of the header. Goes out: the method that it names, or the canonical word for a
//! method in the notation of an old value (`Read-only (docs)` becomes `Read-only (live)`).

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

/// How far a validation went; a later one includes the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// It was checked; nothing was run.
    ReadOnlyDocs,
    /// Every segment that only reads was run, and met what it promises.
    ReadOnlyLive,
    /// It was carried out on stand-ins.
    Rehearsed,
    /// It was carried out.
    Executed,
}

/// Whether the kernel kept a live validation from changing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    /// It did.
    On,
    /// It was switched off: the stamp says so.
    Off,
}

const METHODS: [Method; 4] =
    [Method::ReadOnlyDocs, Method::ReadOnlyLive, Method::Rehearsed, Method::Executed];

/// What authors write for each, in lower-case words.
const SYNONYMS: &[(&str, Method)] = &[
    ("docs", Method::ReadOnlyDocs),
    ("docs only", Method::ReadOnlyDocs),
    ("docs check", Method::ReadOnlyDocs),
    ("read only", Method::ReadOnlyDocs),
    ("readonly docs", Method::ReadOnlyDocs),
    ("static", Method::ReadOnlyDocs),
    ("static check", Method::ReadOnlyDocs),
    ("live", Method::ReadOnlyLive),
    ("live read only", Method::ReadOnlyLive),
    ("readonly live", Method::ReadOnlyLive),
    ("rehearsal", Method::Rehearsed),
    ("dry run", Method::Rehearsed),
    ("execution", Method::Executed),
    ("full execution", Method::Executed),
    ("full run", Method::Executed),
];

const OFF: &str = " (sandbox off)";

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ReadOnlyDocs => "read-only-docs",
            Self::ReadOnlyLive => "read-only-live",
            Self::Rehearsed => "rehearsed",
            Self::Executed => "executed",
        })
    }
}

/// Not one of the four. Fits after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("understand the method `{0}`: it is read-only-docs, read-only-live, rehearsed or executed")]
pub struct UnknownMethod(String);

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        recognise(text).map(|(method, _)| method).ok_or_else(|| UnknownMethod(text.to_owned()))
    }
}

/// The method that a value names.
pub(super) fn recognise(value: &str) -> Option<(Method, Sandbox)> {
    let words = words(value);
    let (words, sandbox) = match words.strip_suffix(" sandbox off") {
        Some(words) => (words, Sandbox::Off),
        None => (words.as_str(), Sandbox::On),
    };
    let named = METHODS.into_iter().find(|method| self::words(&method.to_string()) == words);
    let known = || SYNONYMS.iter().find(|(name, _)| *name == words).map(|(_, method)| *method);
    named.or_else(known).map(|method| (method, sandbox))
}

fn words(value: &str) -> String {
    let words = value.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The canonical word, with what the sandbox makes of it.
pub fn in_words(method: Method, sandbox: Sandbox) -> String {
    format!("{method}{}", suffix(method, sandbox))
}

/// Only what ran against the live systems has anything to confess.
const fn suffix(method: Method, sandbox: Sandbox) -> &'static str {
    match (method, sandbox) {
        (Method::ReadOnlyLive, Sandbox::Off) => OFF,
        _ => "",
    }
}

static READ_ONLY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(read[-_ ]?only(?:[-_ ]|: ?| ?/ ?| ?\())(docs|live)(\)?)$")
        .expect("a valid pattern")
});

/// The method in the notation of an old value.
pub(super) fn in_notation(old: &str, method: Method, sandbox: Sandbox) -> String {
    let suffix = suffix(method, sandbox);
    let old = old.strip_suffix(OFF).unwrap_or(old);
    let kind = match method {
        Method::ReadOnlyDocs => Some("docs"),
        Method::ReadOnlyLive => Some("live"),
        Method::Rehearsed | Method::Executed => None,
    };
    let alike = READ_ONLY.captures(old).and_then(|found| {
        let brackets = found[1].ends_with('(') == (&found[3] == ")");
        let kind = kind.filter(|_| brackets)?;
        Some(format!("{}{}{}", &found[1], in_case(&found[2], kind), &found[3]))
    });
    let plain = || match recognise(old) {
        Some(_) => in_case(old, &method.to_string()),
        None => method.to_string(),
    };
    alike.unwrap_or_else(plain) + suffix
}

/// A word in the case of another: `READ`, `Read` or `read`.
pub(super) fn in_case(model: &str, word: &str) -> String {
    let letters = || model.chars().filter(|c| c.is_alphabetic());
    let capital = letters().next().is_some_and(char::is_uppercase);
    if capital && letters().count() > 1 && letters().all(char::is_uppercase) {
        return word.to_uppercase();
    }
    let mut chars = word.chars();
    match chars.next() {
        Some(first) if capital => first.to_uppercase().chain(chars).collect(),
        _ => word.to_owned(),
    }
}
