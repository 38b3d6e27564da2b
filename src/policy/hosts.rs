//! Where a command connects to: hosts, as far as they are known, and the hosts that a team lists.
//!
//! Comes in: the arguments and variables of a network tool, and its [`Network`] rule. Goes out: a
//! [`Reach`]. An address that several programs could read differently (`https://a\@b`) is not known,
//! and what is not known is not listed.

use std::collections::BTreeSet;

use super::arguments::{Argument, Rest};
use super::options::Parsed;
use super::rule::{Addresses, Network};

/// A host and the port that is connected to, where that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    /// Lowercase name or address, without brackets; `*.example.com` for every name below it.
    pub name: String,
    /// The port.
    pub port: Option<u16>,
}

impl std::fmt::Display for Host {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let brackets = if self.name.contains(':') { ("[", "]") } else { ("", "") };
        write!(formatter, "{}{}{}", brackets.0, self.name, brackets.1)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

/// Where a command connects to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Hosts that its text names, or that it always talks to.
    pub hosts: BTreeSet<Host>,
    /// Tools that go where a configuration outside of the runbook sends them.
    pub configured: BTreeSet<String>,
    /// Tools that name a host which is known only when they run.
    pub unseen: BTreeSet<String>,
}

impl Reach {
    /// Whether it connects to nothing.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.configured.is_empty() && self.unseen.is_empty()
    }
}

/// The hosts and tools that read-only mode may reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    hosts: Vec<Host>,
    tools: Vec<String>,
}

/// An entry that names no host. Fits after "failed to".
#[derive(Debug, thiserror::Error)]
#[error("read the host \"{0}\": write NAME, NAME:PORT or *.NAME")]
pub struct HostError(String);

impl Listed {
    /// Hosts as `NAME`, `NAME:PORT` or `*.NAME` (port 443 where none is named), and tools that may
    /// go where their own configuration sends them.
    pub fn new(hosts: &[String], tools: &[String]) -> Result<Self, HostError> {
        let read = |text: &String| {
            let bare = text.strip_prefix("*.").unwrap_or(text);
            let host = address(bare, None).filter(|_| !bare.contains(['/', '@']));
            let host = host.ok_or_else(|| HostError(text.clone()))?;
            let wild = if bare.len() < text.len() { "*." } else { "" };
            Ok(Host { name: format!("{wild}{}", host.name), port: host.port.or(Some(443)) })
        };
        let hosts: Result<Vec<_>, _> = hosts.iter().map(read).collect();
        Ok(Self { hosts: hosts?, tools: tools.to_vec() })
    }

    /// The ports of all listed hosts, to which the kernel confines connections.
    pub fn ports(&self) -> BTreeSet<u16> {
        self.hosts.iter().filter_map(|host| host.port).collect()
    }

    /// Whether a host is listed.
    pub fn has(&self, host: &Host) -> bool {
        let same_name = |listed: &Host| match listed.name.strip_prefix('*') {
            Some(ending) => host.name.strip_prefix('*').unwrap_or(&host.name).ends_with(ending),
            None => listed.name == host.name,
        };
        let same_port = |listed: &Host| host.port.is_none() || host.port == listed.port;
        self.hosts.iter().any(|listed| same_name(listed) && same_port(listed))
    }

    /// Whether a tool may go where its own configuration sends it.
    pub fn allows(&self, tool: &str) -> bool {
        self.tools.iter().any(|listed| listed == tool)
    }

    /// What of a reach is not listed, in words; hosts that are known only later are none of it.
    pub fn missing(&self, reach: &Reach) -> Vec<String> {
        let hosts = reach.hosts.iter().filter(|host| !self.has(host)).map(Host::to_string);
        let tools = reach.configured.iter().filter(|tool| !self.allows(tool));
        hosts.chain(tools.cloned()).collect()
    }

    /// The same, where nothing may stay unknown any more.
    pub fn missing_at_last(&self, reach: &Reach) -> Vec<String> {
        let unseen =
            reach.unseen.iter().map(|tool| format!("a host that `{tool}` does not name plainly"));
        self.missing(reach).into_iter().chain(unseen).collect()
    }
}

/// Where a command connects to. `variable` tells a variable's value, where that is known.
pub(super) fn reach(
    tool: &str,
    network: &Network,
    parsed: &Parsed,
    variable: impl Fn(&str) -> Option<String>,
) -> Reach {
    let mut reach = Reach::default();
    let port = port(network, parsed);
    let mut named = false;
    let operands: &[Argument] = match network.operands {
        Addresses::None if !parsed.has(&network.targets) => &[],
        Addresses::First => parsed.operands.get(..1).unwrap_or(&[]),
        Addresses::None | Addresses::All => &parsed.operands,
    };
    let operands = operands.iter().filter(|operand| !is_query_word(operand));
    let arguments = parsed.values_of(&network.options).chain(operands);
    let arguments = arguments.map(|argument| of_argument(argument, port, network));
    let values = network.variables.split_whitespace().filter_map(&variable);
    let values = values.map(|value| address(&value, port).filter(|_| network.is_one(&value)));
    let repositories = repositories(network, parsed, &variable);
    for host in arguments.chain(values).chain(repositories) {
        named = true;
        match host {
            Some(host) => _ = reach.hosts.insert(host),
            None => _ = reach.unseen.insert(tool.to_owned()),
        }
    }
    if network.strays {
        reach.unseen.insert(tool.to_owned());
    }
    let always = network.operands == Addresses::None;
    if !named && always {
        let fixed = network.hosts.split_whitespace().filter_map(|host| fixed(host, port));
        reach.hosts.extend(fixed);
        if network.configured {
            reach.configured.insert(tool.to_owned());
        }
    } else if !named && network.configured {
        reach.configured.insert(tool.to_owned());
    }
    reach
}

impl Network {
    /// Whether a text is one address, of the kind that the tool takes.
    fn is_one(&self, text: &str) -> bool {
        self.pages || text.contains("://") || !text.contains(['/', '?', '#'])
    }
}

/// Where a repository is, as far as what names it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Home {
    /// Where the tool looks anyway.
    Usual,
    /// There.
    Host(Host),
    /// That is not plain.
    Unclear,
}

/// The hosts of the repositories that are named; nothing for those of which one is not plain.
fn repositories(
    network: &Network,
    parsed: &Parsed,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<Option<Host>> {
    if network.repositories.is_empty() {
        return Vec::new();
    }
    let options = parsed.values_of(&network.repositories);
    let arguments = options.chain(&parsed.operands).map(|argument| match argument.rest {
        Rest::None => of_repository(&argument.known),
        // `"$REPO"`, `o/"$NAME"`: known when it runs.
        _ => Home::Unclear,
    });
    let names = network.repository_variables.split_whitespace();
    let values = names.filter_map(variable).map(|value| of_repository(&value));
    let named = |home| match home {
        Home::Usual => None,
        Home::Host(host) => Some(Some(host)),
        Home::Unclear => Some(None),
    };
    arguments.chain(values).filter_map(named).collect()
}

/// Where `HOST/OWNER/NAME`, `https://HOST/OWNER/NAME` or `git@HOST:OWNER/NAME` is.
fn of_repository(text: &str) -> Home {
    let host = if text.contains("://") {
        address(text, Some(443))
    } else if let Some((user, rest)) = text.split_once('@')
        && rest.contains([':', '/'])
    {
        let host = rest.split([':', '/']).next().unwrap_or_default();
        address(host, Some(443)).filter(|_| user == "git")
    } else if text.matches('/').count() > 1 {
        address(text.split('/').next().unwrap_or_default(), Some(443))
    } else {
        return Home::Usual;
    };
    match host {
        // Whoever names it gets what is meant without a name.
        Some(host) if host.name == "github.com" => Home::Usual,
        Some(host) => Home::Host(host),
        None => Home::Unclear,
    }
}

/// A host that a rule names.
pub(super) fn fixed(host: &str, port: Option<u16>) -> Option<Host> {
    let bare = host.strip_prefix("*.").unwrap_or(host);
    let found = address(bare, port.or(Some(443)))?;
    let wild = if bare.len() < host.len() { "*." } else { "" };
    Some(Host { name: format!("{wild}{}", found.name), ..found })
}

/// The port that an option gives, or the tool's own. One that is not known is none.
fn port(network: &Network, parsed: &Parsed) -> Option<u16> {
    match parsed.values_of(&network.ports).last() {
        Some(value) => value.text().and_then(|text| text.parse().ok()),
        None => network.port,
    }
}

/// The kinds of record and the settings that `dig` and `host` take beside names.
fn is_query_word(operand: &Argument) -> bool {
    const KINDS: &[&str] = &[
        "A", "AAAA", "ANY", "CAA", "CNAME", "DNSKEY", "DS", "MX", "NS", "PTR", "SOA", "SRV",
        "TLSA", "TXT",
    ];
    let text = operand.text().unwrap_or("");
    KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(text)) || operand.known.starts_with('+')
}

fn of_argument(argument: &Argument, port: Option<u16>, network: &Network) -> Option<Host> {
    if argument.rest == Rest::None {
        return address(&argument.known, port).filter(|_| network.is_one(&argument.known));
    }
    // What follows is not known: only where the authority has ended before does it not matter.
    let (scheme, rest) = argument.known.split_once("://")?;
    let end = rest.find(['/', '?', '#'])?;
    address(&format!("{scheme}://{}", &rest[..end]), port)
}

/// The host of an address: `https://user@host:1/path`, `host:1`, `user@host`, `[::1]:1`. Only what
/// every program reads the same way.
pub(super) fn address(text: &str, port: Option<u16>) -> Option<Host> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => (String::new(), text.strip_prefix('@').unwrap_or(text)),
    };
    if !scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') {
        return None;
    }
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    // Programs other than browsers and their like look for the host behind an `@` that stands
    // anywhere: redis-cli, libpq, mongosh, ssh.
    if !matches!(scheme.as_str(), "http" | "https") && rest[authority.len()..].contains('@') {
        return None;
    }
    let host = match authority.split_once('@') {
        Some((user, host)) if user.chars().all(is_plain_in_user) => host,
        Some(_) => return None,
        None => authority,
    };
    let (name, named) = match host.strip_prefix('[') {
        Some(rest) => {
            let (name, after) = rest.split_once(']')?;
            let plain = name.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == '.');
            (
                name,
                if plain {
                    after.strip_prefix(':').map(Some).or(after.is_empty().then_some(None))?
                } else {
                    return None;
                },
            )
        }
        None => match host.split_once(':') {
            Some((name, named)) => (name, Some(named)),
            None => (host, None),
        },
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let six = host.starts_with('[');
    if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(plain) {
        return None;
    }
    if !six && name.contains(':') {
        return None;
    }
    let port = match named {
        Some(named) => Some(named.parse().ok()?),
        None => of_scheme(&scheme).or(port),
    };
    Some(Host { name: name.trim_end_matches('.').to_ascii_lowercase(), port })
}

fn is_plain_in_user(c: char) -> bool {
    // wget takes a `;` for the end of the host.
    c.is_ascii_alphanumeric() || "-._~%!$&'()*+,=:".contains(c)
}

/// The port of a scheme (IANA).
fn of_scheme(scheme: &str) -> Option<u16> {
    Some(match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "ssh" => 22,
        "postgres" | "postgresql" => 5432,
        "mysql" => 3306,
        "redis" | "rediss" => 6379,
        "mongodb" => 27017,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_only_where_every_program_agrees() {
        let case = |text: &str, expected: Option<&str>| {
            let found = address(text, None).map(|host| host.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        case("https://api.example.com/a?b#c", Some("api.example.com:443"));
        case("http://API.example.com.", Some("api.example.com:80"));
        case("https://u:p@a.example:8443/x", Some("a.example:8443"));
        case("a.example", Some("a.example"));
        case("a.example:22", Some("a.example:22"));
        case("root@a.example", Some("a.example"));
        case("@1.1.1.1", Some("1.1.1.1"));
        case("http://[::1]:80/", Some("[::1]:80"));
        case("https://a.example\\@b.example/", None);
        case("https://a.example@b.example@c.example/", None);
        case("https://a.example%2eb.example/", None);
        case("https://{a,b}.example/", None);
        case("https://[1-3].example/", None);
        case("https:///a.example", None);
        case("https://a b.example", None);
        case("https://a.example/@b.example", Some("a.example:443"));
        case("http://a.example;@b.example/", None);
        case("redis://a.example/x@b.example", None);
        case("mongodb://a.example/@b.example/x", None);
        case("postgresql://a.example?@b.example/x", None);
        case("postgresql://a.example#@b.example/x", None);
        case("ssh://a.example/@b.example", None);
        case("a.example/@b.example", None);
        case("-a", None);
        case("", None);
    }

    #[test]
    fn a_repository_may_name_a_host() {
        let case = |text: &str, expected: &str| {
            let told = match of_repository(text) {
                Home::Usual => "usual".to_owned(),
                Home::Host(host) => host.to_string(),
                Home::Unclear => "unclear".to_owned(),
            };
            assert_eq!(told, expected, "{text}");
        };
        case("o/r", "usual");
        case("12", "usual");
        case("github.com/o/r", "usual");
        case("https://github.com/o/r/pull/1", "usual");
        case("a.example/o/r", "a.example:443");
        case("https://a.example/o/r", "a.example:443");
        case("http://a.example/o/r", "a.example:80");
        case("git@a.example:o/r", "a.example:443");
        case("ssh://git@a.example/o/r", "a.example:22");
        case("x@a.example:o/r", "unclear");
        case("https://a@b@c/o/r", "unclear");
        case("/o/r", "unclear");
    }

    #[test]
    fn only_what_is_listed_may_be_reached() {
        let own = |texts: &[&str]| texts.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let listed = Listed::new(&own(&["a.example", "*.b.example:8080"]), &[]).expect("hosts");
        let case = |text: &str, expected: bool| {
            let host = address(text, None).expect("an address");
            assert_eq!(listed.has(&host), expected, "{text}");
        };
        case("https://a.example/x", true);
        case("http://a.example/x", false);
        case("https://x.a.example/", false);
        case("http://x.b.example:8080", true);
        case("http://b.example:8080", false);
        case("http://xb.example:8080", false);
        assert_eq!(listed.ports().into_iter().collect::<Vec<_>>(), [443, 8080]);
        assert!(Listed::new(&own(&["https://a.example"]), &[]).is_err());
        assert!(Listed::new(&own(&["a.example/x"]), &[]).is_err());
    }
}
