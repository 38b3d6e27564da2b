//! Whether an HTTP status could have been seen at all.
//!
//! Comes in: the stages of a pipeline and their statuses. Goes out: the reason why a status that
//! is not in the output proves nothing: `curl -s` prints a body and keeps the status to itself.

use super::Observed;
use super::status::{Stage, stages};

/// Why the output does not show an HTTP status, though the request may have had an answer.
pub(super) fn status_is_hidden(observed: &Observed) -> Option<&'static str> {
    let stages = stages(&observed.command);
    let (index, client) = stages.iter().enumerate().find(|(_, stage)| is_client(stage.name()))?;
    let status =
        *observed.statuses.get(index).filter(|_| stages.len() == observed.statuses.len())?;
    if shows_status(client) {
        return None;
    }
    match (client.name(), status) {
        (_, 0) => Some(KEPT),
        ("curl", 22) => Some("curl says only that the status is 400 or above"),
        ("wget", 8) | ("http" | "https" | "xh", 3..=5) => {
            Some("the client says only that the server answered with an error")
        }
        _ => None,
    }
}

/// What is wrong with a request whose answer shows no status.
const KEPT: &str = "the command does not print HTTP statuses (add `-i`, or `-w '%{http_code}'`)";

/// Why a request would not show the status of its answer, before it is made.
pub(super) fn status_is_kept(stages: &[Stage]) -> Option<&'static str> {
    let client = stages.iter().find(|stage| is_client(stage.name()))?;
    (!shows_status(client)).then_some(KEPT)
}

/// Whether the client says by its own success that the status was below 400.
pub(super) fn answered_below_400(observed: &Observed) -> bool {
    let stages = stages(&observed.command);
    stages.iter().zip(&observed.statuses).any(|(stage, status)| {
        let fails = stage.words.iter().any(|word| {
            word == "--fail" || word == "--fail-with-body" || has_short(word, "f", CURL_TAKING)
        });
        *status == 0 && stage.name() == "curl" && fails && stages.len() == observed.statuses.len()
    })
}

/// curl's short options that take the rest of their word as a value.
const CURL_TAKING: &str = "oXHdueAbcTFmKxrCEPQUYyzwD";

fn is_client(name: &str) -> bool {
    ["curl", "wget", "http", "https", "xh"].contains(&name)
}

fn shows_status(client: &Stage) -> bool {
    let words = &client.words;
    let long = |flags: &[&str]| {
        words.iter().any(|word| flags.contains(&word.split('=').next().unwrap_or_default()))
    };
    match client.name() {
        "curl" => {
            long(&[
                "--include",
                "--show-headers",
                "--head",
                "--verbose",
                "--write-out",
                "--dump-header",
            ]) || words.iter().any(|word| has_short(word, "iIvwD", CURL_TAKING))
        }
        "wget" => {
            long(&["--server-response"])
                || words.iter().any(|word| has_short(word, "Sd", "oOPUeti"))
                || !words.iter().any(|word| word == "--quiet" || has_short(word, "q", "oOPUeti"))
        }
        _ => {
            long(&["--verbose", "--headers", "--print", "--all"])
                || words.iter().any(|word| has_short(word, "vhp", ""))
        }
    }
}

/// Whether a cluster of short options holds one of `wanted` before one that takes the rest.
fn has_short(word: &str, wanted: &str, taking: &str) -> bool {
    let Some(cluster) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
        return false;
    };
    for letter in cluster.chars() {
        if wanted.contains(letter) {
            return true;
        }
        if taking.contains(letter) || !letter.is_ascii_alphabetic() {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::status_is_hidden;
    use crate::expect::tests::observed;

    #[test]
    fn a_plain_curl_hides_the_status() {
        let case = |command: &str, statuses: &[i32], hidden: bool| {
            let observed = observed(command, statuses, "", "");
            assert_eq!(status_is_hidden(&observed).is_some(), hidden, "{command}");
        };
        case("curl -s https://x/health", &[0], true);
        case("curl -s https://x/health | jq .", &[0, 0], true);
        case("curl -XPOSTiv https://x", &[0], true);
        case("curl -sSi https://x", &[0], false);
        case("curl -sk -o /dev/null -w \"%{http_code}\" https://x", &[0], false);
        case("curl -I https://x", &[0], false);
        case("curl -fsS https://x", &[0], true);
        case("curl -fs https://x", &[22], true);
        case("curl -s https://x", &[6], false);
        case("wget -qO- https://x", &[0], true);
        case("wget https://x", &[0], false);
        case("infisical secrets", &[0], false);
    }
}
