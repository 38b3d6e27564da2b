//! What a request would do: methods, data, headers and output formats of `curl` and `gh api`.
//!
//! Comes in: parsed arguments and their rules. Goes out: objections.

use super::super::arguments::{Argument, Rest};
use super::super::options::{Objection, Parsed};
use super::super::rule::Rule;
use super::{unknown, write};

/// Options of curl whose value may name a file to be sent: `@FILE`, `NAME@FILE`.
const SENDING: &str = "-d --data --data-ascii --data-binary --data-urlencode --url-query";

/// Options of curl whose value becomes part of a header.
const SHOWN: &str = "-A --user-agent -e --referer -b --cookie --oauth2-bearer";

/// Methods, data, headers and output formats.
pub(super) fn http(parsed: &Parsed, rules: &[&Rule]) -> Vec<Objection> {
    let lists = |pick: fn(&Rule) -> &String| {
        let lists: Vec<_> = rules.iter().map(|rule| pick(rule).as_str()).collect();
        lists.join(" ")
    };
    let methods: Vec<_> = parsed.values_of(&lists(|rule| &rule.method)).collect();
    let mut found: Vec<_> = methods.iter().filter_map(|method| other_method(method)).collect();
    let sent = parsed.values_of(&lists(|rule| &rule.data)).next();
    if let Some(sent) = sent
        && methods.is_empty()
        && !parsed.has(&lists(|rule| &rule.get))
    {
        found.push(write("sends data, which makes it a POST", sent.span));
    }
    found.extend(parsed.values_of("-H --header").filter_map(header));
    found.extend(parsed.values_of("-w --write-out").filter_map(format));
    found.extend(parsed.values_of(SENDING).filter_map(file_sent));
    found.extend(parsed.values_of(SHOWN).filter_map(smuggled));
    found.extend(parsed.values_of("-E --cert --key").filter_map(module));
    // `--proto =https` leaves curl no other protocol, whatever the address turns out to be.
    let only_web = parsed.values_of("--proto").last().is_some_and(is_web_only);
    let address = |url: &&Argument| !is_web(url) && (!only_web || url.may_be_several());
    let text = "gets an address that is no plain web page";
    let urls = parsed.values_of("--url").filter(address);
    found.extend(urls.map(|url| unknown(text, url.span)));
    found
}

/// Whether a value of `--proto` allows nothing but the web: it begins with `=`, which forbids all
/// that is not named (curl(1)).
fn is_web_only(protocols: &Argument) -> bool {
    let named = protocols.text().and_then(|text| text.strip_prefix('='));
    named.is_some_and(|named| named.split(',').all(|one| matches!(one, "http" | "https")))
}

fn other_method(method: &Argument) -> Option<Objection> {
    match method.text().map(str::to_ascii_uppercase).as_deref() {
        Some("GET" | "HEAD" | "OPTIONS") => None,
        Some(other) => Some(write(&format!("sends a {other} request"), method.span)),
        None => Some(unknown("gets a method that is known only when it runs", method.span)),
    }
}

/// What stands in a local file is no part of the text that was judged. Only `--data-urlencode`
/// and `--url-query` name a file behind a name, but none of them behind a `=`.
fn file_sent(data: &Argument) -> Option<Objection> {
    let name = data.known.split('=').next().unwrap_or("");
    let late = data.rest != Rest::None && !data.known.contains('=') && !data.known.starts_with('{');
    let file = name.contains('@') && !name.starts_with('{');
    (file || late).then(|| unknown("may send a local file", data.span))
}

/// A line break in a value begins a header of its own.
fn smuggled(value: &Argument) -> Option<Objection> {
    value.known.contains(['\r', '\n']).then(|| unknown("smuggles in a header", value.span))
}

/// A certificate or key that is no file is fetched by a module, which the address may name.
fn module(file: &Argument) -> Option<Objection> {
    let known = file.known.to_ascii_lowercase();
    known.starts_with("pkcs11:").then(|| unknown("loads a module for its key", file.span))
}

fn header(header: &Argument) -> Option<Objection> {
    let name = header.known.trim_start().to_ascii_lowercase();
    if name.starts_with("x-http-method") || name.starts_with("x-method-override") {
        return Some(write("overrides the method in a header", header.span));
    }
    if header.known.contains(['\r', '\n']) {
        return smuggled(header);
    }
    let named = header.rest == Rest::None || header.known.contains(':');
    let file = header.known.starts_with('@');
    (!named || file).then(|| unknown("gets a header that is known only when it runs", header.span))
}

fn format(format: &Argument) -> Option<Objection> {
    let text = format.text().unwrap_or("@");
    let doubtful = text.starts_with('@') || text.contains("%output{");
    doubtful.then(|| unknown("gets a format that may write a file", format.span))
}

/// Whether an operand is an address that is only fetched. Without a scheme curl guesses one from
/// the host's name (`dict.example.com`), and takes `dict:/host` for one; so there it must be a plain
/// host, with a port perhaps.
pub(in crate::policy) fn is_web(address: &Argument) -> bool {
    let known = address.known.to_ascii_lowercase();
    if known.starts_with("http://") || known.starts_with("https://") {
        return true;
    }
    let host = known.split(['/', '?', '#']).next().unwrap_or("");
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let guessed = ["ftp", "dict", "ldap", "imap", "smtp", "pop3"];
    let ended = host.len() < known.len();
    (address.rest == Rest::None || ended)
        && !name.is_empty()
        && name.chars().all(plain)
        && !port.is_empty()
        && port.chars().all(|c| c.is_ascii_digit())
        && !guessed.iter().any(|host| known.starts_with(host))
}
