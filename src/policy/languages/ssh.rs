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
    other.map(|it| unknown("gets a setting that the catalogue lacks", it.span)).collect()
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
