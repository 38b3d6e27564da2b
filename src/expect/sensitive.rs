//! Whether an annotation promises output that is itself a secret.
//!
//! Comes in: the author's words. Goes out: yes for "the first 8 chars of the secret value", no for
//! "a list of secret names": a name is no secret, and an operator must be able to read it.

use std::sync::LazyLock;

use regex::Regex;

/// Whether output as described holds a secret.
pub(super) fn is_sensitive(text: &str) -> bool {
    let text = text.replace('\n', " ").to_lowercase();
    NAMED.iter().any(|word| text.contains(word)) && PATTERNS.is_match(&text)
}

/// One of these stands in whatever the patterns match; most texts have none, and start no compiler.
const NAMED: &[&str] = &["secret", "token", "passw", "passphrase", "credential", "jwt", "key"];

/// For lower-case text.
static PATTERNS: LazyLock<Regex> = LazyLock::new(|| {
    let secret = r"(?:secret|token|password|passphrase|passwd|credential|jwt|(?:api|private|access|secret|signing|encryption)[ _-]?key)s?";
    let part = r"(?:values?|strings?|texts?|contents?|chars?|characters|bytes|prefix|itself)";
    let measured = r"(?:values?|chars?|characters|bytes|letters|digits|prefix|contents?|part|half)";
    let article = r"(?:a |an |the |your |its |this |that |new |old )*";
    let identifier = r"(?:[a-z0-9]+_)*(?:access|refresh|auth|bearer|session|service|client|api|id)_?(?:token|secret|key)";
    let own =
        r"^(?:a |an |the |your |its |new |old |current |valid |some |non-empty )+(?:[a-z-]+ )?";
    Regex::new(&format!(
        "(?:\\b{secret}(?:'s)? {part}\\b|\\b{measured} of {article}(?:[a-z0-9-]+ ){{0,2}}{secret}(?:$|[^a-z_ -]| {part}\\b| (?:is|are|and|as|in|from|with)\\b)|{own}{secret}[.]?$|\\bwith (?:an? )?\\x22?`?{identifier}\\b)|(?:\\x22(?:accesstoken|refreshtoken|clientsecret|privatekey|password|access_token|refresh_token|client_secret|api_key|apikey)\\x22[ ]*:)",
    ))
    .expect("a valid pattern")
});

#[cfg(test)]
mod tests {
    use super::is_sensitive;

    #[test]
    fn values_are_secret_and_names_are_not() {
        for text in [
            "the first 8 chars of the secret value (sanity that the token can read).",
            "the secret value",
            "the new token",
            "first 4 characters of the API key",
            "token value",
            "the password",
            "{\"access_token\": \"...\"}",
            "200 with accessToken",
            "an access token",
        ] {
            assert!(is_sensitive(text), "{text}");
        }
        for text in [
            "a list of secret names (no values needed for this check)",
            "successful secret fetch logs, no 401s.",
            "401 / unauthorized",
            "{\"error\":\"Missing token\"} (401)",
            "2 keys",
            "token is valid",
            "No identity access token found",
            "INFISICAL_SERVICE_TOKEN listed",
            "the count of secret names",
            "token revoked",
        ] {
            assert!(!is_sensitive(text), "{text}");
        }
    }
}
