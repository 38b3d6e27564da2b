//! An address that takes an entry by POST. It has it if it answers with 2xx.
//!
//! The same key comes with each attempt as `Idempotency-Key`, so that who applied an entry and could
//! not say so applies it once. A redirection is not followed: the entry, and what lets it in, would
//! go where nobody has looked.

use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use ureq::http::{HeaderValue, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Error, Proxy};

use crate::config::{Header, Reference};
use crate::program::{Listen, Ran};
use crate::variables::{Redactor, Secret};

use super::command::run;
use super::{Attempt, Letter, Sink, Stop};

/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest that a sink is left alone because it says so.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// How much of an answer is told.
const SAID: u64 = 300;
/// The longest value of a header.
const VALUE: usize = 64 * 1024;

/// Posts an entry.
pub(super) fn post(
    sink: &Sink,
    url: &str,
    headers: &[(String, Header)],
    letter: &Letter,
    stop: &Stop,
) -> Attempt {
    let redactor = Redactor::default();
    let mut request = agent(url).post(url).content_type("application/json");
    request = request.header("Idempotency-Key", &letter.key);
    for (name, value) in headers {
        let value = match value {
            Header::Literal(text) => Ok(Secret::new(text.clone())),
            Header::Reference(reference) => {
                resolve(sink, reference, stop).inspect(|value| redactor.add(name, value))
            }
        };
        match value {
            Ok(value) => request = request.header(name, value.expose()),
            Err(why) => {
                let why = redactor.redact(&format!("header {name}: {why}"));
                return Attempt::Refused { why };
            }
        }
    }
    match request.send(&letter.text) {
        Ok(answer) => judge(answer, &redactor),
        Err(error) => Attempt::down(redactor.redact(&words(&error))),
    }
}

/// Trusts whom the machine trusts: a team's address may have a certificate of its own authority.
fn agent(url: &str) -> Agent {
    // What is not enciphered is for this machine, and no proxy is a part of it.
    let proxy = if url.starts_with("https:") { Proxy::try_from_env() } else { None };
    let trust = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .tls_config(trust)
        .proxy(proxy)
        .user_agent(concat!("runbook/", env!("CARGO_PKG_VERSION")));
    config.build().new_agent()
}

/// The value that a header refers to.
fn resolve(sink: &Sink, reference: &Reference, stop: &Stop) -> Result<Secret, String> {
    let value = match reference {
        Reference::Env(name) => {
            let known = sink.environment.iter().find(|(known, _)| known == name.as_str());
            let value = known.and_then(|(_, value)| value.to_str());
            value.map(str::to_owned).ok_or_else(|| format!("variable {name} is not set"))
        }
        Reference::Command(words) => {
            let program = words.first().map_or("", String::as_str);
            match run(sink, words, Vec::new(), (Listen::OutputAlone, VALUE), stop) {
                Ok(Ran { code: Some(0), said }) => String::from_utf8(said)
                    .map_err(|_| format!("what {program} printed is no text")),
                Ok(Ran { code: Some(code), .. }) => Err(format!("{program} ended with {code}")),
                Ok(Ran { code: None, .. }) => Err(format!("{program} did not end in time")),
                Err(error) => Err(format!("{program} cannot be started: {error}")),
            }
        }
    }?;
    let value = Secret::from_input(value).0;
    if value.is_empty() {
        return Err("its value is empty".to_owned());
    }
    match HeaderValue::from_str(value.expose()) {
        Ok(_) => Ok(value),
        Err(_) => Err("its value has characters that no header may have".to_owned()),
    }
}

/// What an answer says.
fn judge(mut answer: Response<Body>, redactor: &Redactor) -> Attempt {
    let status = answer.status();
    if status.is_success() {
        return Attempt::Delivered;
    }
    let leave = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let leave = leave.and_then(|value| time_in(value, Timestamp::now()));
    let mut said = String::new();
    // What cannot be read any more is not told.
    let body = answer.body_mut().with_config().limit(u64::MAX).reader();
    let _ = body.take(SAID).read_to_string(&mut said);
    let said = said.trim();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let why = redactor.redact(&format!("it answers {}{said}", status.as_u16()));
    match status.as_u16() {
        408 | 429 | 500.. => Attempt::Down { why, leave },
        _ => Attempt::Refused { why },
    }
}

/// For how long a sink wants to be left alone: seconds, or a date (RFC 9110, 10.2.3).
fn time_in(text: &str, now: Timestamp) -> Option<Duration> {
    let wanted = if let Ok(seconds) = text.trim().parse() {
        Duration::from_secs(seconds)
    } else {
        let at = DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        Duration::try_from(at.duration_since(now)).unwrap_or_default()
    };
    Some(wanted.min(LONGEST))
}

/// Why no answer came, in words.
fn words(error: &Error) -> String {
    match error {
        Error::Io(error) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut letters = text.chars();
            let first = letters.next().into_iter().flat_map(char::to_lowercase);
            first.chain(letters).collect()
        }
        Error::Timeout(_) => format!("it did not answer within {} s", PATIENCE.as_secs()),
        Error::HostNotFound => "its host is not known".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_says_in_seconds_or_by_a_date_how_long_it_wants_to_be_left_alone() {
        let now: Timestamp = "2026-04-24T10:00:00Z".parse().expect("a time");
        let case = |text: &str, seconds: Option<u64>| {
            assert_eq!(time_in(text, now), seconds.map(Duration::from_secs), "{text}");
        };
        case("3", Some(3));
        case(" 120 ", Some(120));
        case("Fri, 24 Apr 2026 10:00:30 GMT", Some(30));
        case("Fri, 24 Apr 2026 09:00:00 GMT", Some(0));
        case("99999999", Some(LONGEST.as_secs()));
        case("soon", None);
        case("-1", None);
    }
}
