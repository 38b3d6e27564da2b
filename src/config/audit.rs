//! Where audit entries are handed on to, as a team writes it: `[[audit]]`.
//!
//! Comes in: TOML. Goes out: sinks, each with exactly one way to reach it, and no secret among them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use ureq::http::Uri;
use ureq::http::header::{HeaderName, HeaderValue};

/// Where audit entries are handed on to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Audit {
    /// What the team calls it.
    pub name: String,
    /// How it is reached.
    pub way: AuditWay,
}

/// How a sink is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditWay {
    /// A line more in a file, relative to the file of settings.
    File(PathBuf),
    /// A request to an address, with headers.
    Url(String, Vec<(String, Header)>),
    /// The standard input of a program with arguments.
    Command(Vec<String>),
}

/// The value of a header. A secret one is never written down.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "write a text in quotes, { env = \"NAME\" } or { command = [\"PROGRAM\", \"WORD\"] }"
)]
pub enum Header {
    /// As it stands.
    Literal(String),
    /// Found when it is needed.
    Reference(Reference),
}

/// Where a value is found when it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reference {
    /// In a variable of the operator's environment.
    Env(String),
    /// On the standard output of a program with arguments.
    Command(Vec<String>),
}

/// A sink as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    file: Option<PathBuf>,
    url: Option<String>,
    command: Option<Vec<String>>,
    headers: Option<BTreeMap<String, Header>>,
}

/// What the program itself says of a request.
const OURS: &[&str] = &["idempotency-key", "content-type", "content-length", "host"];

/// Parts of the names of headers whose values let somebody in.
const SECRET: &[&str] = &["auth", "token", "key", "secret", "password", "cookie", "credential"];

impl TryFrom<Written> for Audit {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, file, url, command, headers } = written;
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || !name.chars().all(fits) {
            return Err(format!("audit name {name:?}: write it in letters, digits, `-`, `_`, `.`"));
        }
        if headers.is_some() && url.is_none() {
            return Err(format!("audit {name}: headers go with url, and there is none"));
        }
        let way = match (file, url, command) {
            (Some(file), None, None) => Self::file(file),
            (None, Some(url), None) => Self::url(url, headers.unwrap_or_default()),
            (None, None, Some(command)) => Self::command(command),
            _ => Err("write exactly one of file, url and command".to_owned()),
        };
        let way = way.map_err(|why| format!("audit {name}: {why}"))?;
        Ok(Self { name, way })
    }
}

impl Audit {
    fn file(file: PathBuf) -> Result<AuditWay, String> {
        match file.file_name() {
            Some(_) => Ok(AuditWay::File(file)),
            None => Err("file names no file: write a path such as \"audit.jsonl\"".to_owned()),
        }
    }

    fn command(command: Vec<String>) -> Result<AuditWay, String> {
        match command.first() {
            Some(program) if !program.is_empty() => Ok(AuditWay::Command(command)),
            _ => Err("command is empty: write [\"PROGRAM\", \"WORD\"]".to_owned()),
        }
    }

    fn url(url: String, headers: BTreeMap<String, Header>) -> Result<AuditWay, String> {
        let address: Uri = url.parse().map_err(|error| format!("url is no address: {error}"))?;
        let host = address.host().unwrap_or_default();
        let own = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        match address.scheme_str() {
            _ if host.is_empty() => Err("url names no host: write https://HOST/PATH".to_owned()),
            Some("https") => Ok(()),
            Some("http") if own => Ok(()),
            Some("http") => {
                Err("url: http is for this machine alone, anybody on the way could read or change \
                     it: write https://"
                    .to_owned())
            }
            _ => Err("url: write https://HOST/PATH".to_owned()),
        }?;
        if address.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("url holds a name or a password: give it in headers, by reference \
                        (Authorization = { env = \"NAME\" })"
                .to_owned());
        }
        headers.iter().try_for_each(|(name, value)| header(name, value))?;
        Ok(AuditWay::Url(url, headers.into_iter().collect()))
    }
}

/// Refuses a header that is none, that is ours, or whose secret is written down.
fn header(name: &str, value: &Header) -> Result<(), String> {
    let lower = name.to_ascii_lowercase();
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(format!("headers: {name:?} is no name of a header"));
    }
    if OURS.contains(&lower.as_str()) {
        return Err(format!("headers: {name} is set by runbook itself; leave it out"));
    }
    match value {
        Header::Literal(_) if SECRET.iter().any(|part| lower.contains(part)) => Err(format!(
            "headers: {name} lets somebody in, so its value is not written down: write {{ env = \
             \"NAME\" }} or {{ command = [\"PROGRAM\", \"WORD\"] }}"
        )),
        Header::Literal(text) if HeaderValue::from_str(text).is_err() => {
            Err(format!("headers: the value of {name} has characters that no header may have"))
        }
        Header::Reference(Reference::Command(words)) if words.is_empty() => {
            Err(format!("headers: the command of {name} is empty"))
        }
        _ => Ok(()),
    }
}

/// Refuses two sinks of one name: by its name it is known again.
pub(super) fn require_names_once(sinks: &[Audit]) -> Result<(), (String, String)> {
    for (at, Audit { name, .. }) in sinks.iter().enumerate() {
        if sinks[..at].iter().any(|other| other.name == *name) {
            let error = format!("take two [[audit]] of the name {name}: give each its own");
            return Err((name.clone(), error));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::*;

    #[test]
    fn each_way_is_read() {
        let text = r#"
            [[audit]]
            name = "ledger"
            file = "logs/audit.jsonl"
            [[audit]]
            name = "siem"
            url = "https://audit.example.com/v1/entries"
            headers = { Authorization = { env = "AUDIT_TOKEN" }, X-Team = "sre" }
            [[audit]]
            name = "mail"
            command = ["notify", "--audit"]
        "#;
        let config = Config::parse(Path::new("/r/runbook.toml"), text).expect("settings");
        let names: Vec<_> = config.audit.iter().map(|sink| sink.name.as_str()).collect();
        assert_eq!(names, ["ledger", "siem", "mail"]);
        let AuditWay::Url(_, headers) = &config.audit[1].way else { panic!("{config:?}") };
        let token = Header::Reference(Reference::Env("AUDIT_TOKEN".into()));
        assert!(headers.contains(&("Authorization".into(), token)));
        assert!(config.decides(), "somebody must have read where entries go");
    }

    #[test]
    fn what_is_unknown_or_contradicts_itself_is_refused_at_its_line() {
        let case = |rest: &str, said: &str| {
            let text = format!("deadline = 9\n\n[[audit]]\nname = \"a\"\n{rest}\n");
            let error =
                Config::parse(Path::new("runbook.toml"), &text).expect_err(rest).to_string();
            assert!(error.contains(said), "{rest}: {error}");
            assert!(error.contains("line "), "{rest}: {error}");
        };
        case("", "exactly one of file, url and command");
        case("file = \"a\"\nurl = \"https://a.example/\"", "exactly one of");
        case("file = \"a\"\nurll = \"b\"", "urll");
        case("file = \"..\"", "names no file");
        case("file = \"a\"\nheaders = { a = \"b\" }", "headers go with url");
        case("command = []", "command is empty");
        case("url = \"https:///x\"", "url");
        case("url = \"ftp://a.example/\"", "write https://");
        case("url = \"http://a.example/\"", "for this machine alone");
        case("url = \"https://me:pw@a.example/\"", "a name or a password");
        let url = "url = \"https://a.example/\"\n";
        case(&format!("{url}headers = {{ Authorization = \"Bearer x\" }}"), "not written down");
        case(&format!("{url}headers = {{ Idempotency-Key = {{ env = \"A\" }} }}"), "leave it out");
        case(&format!("{url}headers = {{ \"a b\" = \"c\" }}"), "no name of a header");
        case(&format!("{url}headers = {{ a = {{ file = \"c\" }} }}"), "{ env = \"NAME\" }");
        case("file = \"a\"\n[[audit]]\nname = \"a\"\nfile = \"b\"", "its own");
        case("file = \"a\"\n[[audit]]\nname = \"a b\"\nfile = \"b\"", "letters, digits");
    }
}
