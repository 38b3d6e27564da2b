//! The options after `ssh -o`.
//!
//! Comes in: parsed arguments. Goes out: objections. It knows the keys of `ssh_config(5)` that only
//! say how to connect; others run programs, open tunnels or read further files.

use super::super::arguments::Argument;
use super::super::options::{Objection, Parsed};
use super::super::rule::lists;
use super::unknown;

/// Keys with which a connection differs only in how it is made, in lower case.
const KEYS: &str = "connecttimeout connectionattempts batchmode loglevel serveraliveinterval \
    serveralivecountmax tcpkeepalive addressfamily compression port user identitiesonly \
    passwordauthentication pubkeyauthentication kbdinteractiveauthentication \
    gssapiauthentication preferredauthentications numberofpasswordprompts hostkeyalgorithms \
    pubkeyacceptedalgorithms kexalgorithms ciphers macs checkhostip";

/// Settings that are allowed as they stand, in lower case.
const SETTINGS: &str = "stricthostkeychecking=yes stricthostkeychecking=ask updatehostkeys=no \
    controlmaster=no controlpath=none requesttty=no forwardagent=no clearallforwardings=yes \
    userknownhostsfile=/dev/null globalknownhostsfile=/dev/null permitlocalcommand=no";

/// Settings with which the key of an unseen host is written down.
const LEARNING: &str = "stricthostkeychecking=no stricthostkeychecking=off \
    stricthostkeychecking=accept-new";

/// What `ssh` objects to.
pub(super) fn ssh(parsed: &Parsed) -> Vec<Objection> {
    let settings: Vec<_> = parsed.values_of("-o").collect();
    let forgets = settings
        .iter()
        .any(|it| it.text().map(normal).as_deref() == Some("userknownhostsfile=/dev/null"));
    let allowed = |setting: &&&Argument| {
        let known = normal(&setting.known);
        let key = known.split_once('=').map_or("", |(key, _)| key);
        let whole = setting.text().is_some();
        lists(KEYS, key) || whole && (lists(SETTINGS, &known) || forgets && lists(LEARNING, &known))
    };
    let other = settings.iter().filter(|setting| !allowed(setting));
    let other = other.map(|it| unknown("gets a setting that the catalogue lacks", it.span));
    let jumps = parsed.values_of("-J").filter(|it| !is_host(&it.known));
    let first = parsed.operands.first().filter(|it| it.known.starts_with('-'));
    let hosts = jumps.chain(first);
    let hosts = hosts.map(|it| unknown("gets what is no name of a host", it.span));
    other.chain(hosts).collect()
}

/// `USER@HOST:PORT`, or several of them. `-J` makes a command line of what it is given.
fn is_host(known: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@:[],/".contains(c);
    let dashed = known.split([',', '@', '/']).any(|part| part.starts_with('-'));
    known.chars().all(plain) && !dashed
}

/// `Key value` and `Key = value` as `key=value`.
fn normal(setting: &str) -> String {
    let setting = setting.trim_start().to_ascii_lowercase();
    match setting.split_once(['=', ' ', '\t']) {
        Some((key, value)) => {
            let value = value.trim_matches([' ', '\t', '=']);
            format!("{key}={value}")
        }
        None => setting,
    }
}
