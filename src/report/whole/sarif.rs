//! SARIF 2.1.0, for code scanning and editors.
//!
//! Comes in: the [`Whole`]. Goes out: one run, with a result for everything that is wrong or in
//! doubt. A result keeps its fingerprint when the lines of the document move. In a SARIF message
//! `[text](target)` is a link, even in plain text: it is taken apart.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::troubles::{self, RULES, Trouble};
use super::{Examined, Whole, json as document};
use crate::diagnostic::Severity;
use crate::report::findings::Place;

/// The address by which the schema calls itself.
const SCHEMA: &str = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json";

/// The whole as a document, with a line end after its last line.
pub fn text(whole: &Whole) -> String {
    document::harmless(&value(whole))
}

/// The whole as a value.
pub fn value(whole: &Whole) -> Value {
    let troubles: Vec<_> = whole
        .runbooks
        .iter()
        .flat_map(|one| troubles::of(whole, one).into_iter().map(move |trouble| (one, trouble)))
        .collect();
    let mut rules: Vec<&str> = troubles.iter().map(|(_, trouble)| trouble.code).collect();
    rules.sort_unstable();
    rules.dedup();
    let mut seen = BTreeMap::new();
    let results: Vec<_> = troubles
        .iter()
        .map(|(one, trouble)| result(whole, one, trouble, &rules, &mut seen))
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "runbook",
                "version": whole.version,
                "rules": rules.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("runbook {}/", whole.command.word()) },
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation(whole)],
            "results": results,
        }],
    })
}

fn invocation(whole: &Whole) -> Value {
    let mut invocation = json!({ "executionSuccessful": true, "exitCode": whole.exit });
    if whole.ran_unconfined() {
        invocation["toolExecutionNotifications"] = json!([{
            "level": "warning",
            "message": { "text": "NOT IN A SANDBOX (--sandbox=off)" },
        }]);
    }
    invocation
}

fn rule(code: &str) -> Value {
    let ours = RULES.iter().find(|(known, _)| *known == code);
    let meaning = ours.map_or_else(|| code.replace('-', " "), |(_, meaning)| (*meaning).to_owned());
    json!({ "id": code, "shortDescription": { "text": meaning } })
}

fn result(
    whole: &Whole,
    one: &Examined,
    trouble: &Trouble,
    rules: &[&str],
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let uri = uri(&whole.relative(&one.path));
    let fingerprint = fingerprint(&uri, trouble);
    let occurrence = seen.entry(fingerprint.clone()).or_default();
    *occurrence += 1;
    let text = format!("{}\n{}", trouble.title, trouble.lines.join("\n"));
    let mut result = json!({
        "ruleId": trouble.code,
        "ruleIndex": rules.binary_search(&trouble.code).ok(),
        "level": level(trouble.severity),
        "message": { "text": unlinked(&text) },
        "locations": [location(&uri, &trouble.place)],
        "partialFingerprints": { "runbook/v1": format!("{fingerprint}:{occurrence}") },
    });
    if !trouble.labels.is_empty() {
        let related = trouble.labels.iter().map(|label| {
            let mut location = location(&uri, &label.place);
            location["message"] = json!({ "text": unlinked(&label.text) });
            location
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn location(uri: &str, place: &Place) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri, "uriBaseId": "%SRCROOT%" },
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    }})
}

/// What names a result from one run to the next: its rule, its file and what it is about, but not
/// its line.
fn fingerprint(uri: &str, trouble: &Trouble) -> String {
    let mut hash = Sha256::new();
    for part in [trouble.code, uri, trouble.lasting.trim()] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    HEXLOWER.encode(&hash.finalize()[..16])
}

/// A path as a relative reference (RFC 3986, 4.2): whatever is not unreserved is percent-encoded.
fn uri(path: &Path) -> String {
    let mut out = String::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(*byte));
            }
            _ => write!(out, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    if out.starts_with('/') { format!("file://{out}") } else { out }
}

/// Text in which nothing is a link.
fn unlinked(text: &str) -> String {
    text.replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{unlinked, uri};

    #[test]
    fn a_path_becomes_a_reference() {
        let case = |path: &str, expected: &str| assert_eq!(uri(Path::new(path)), expected);
        case("runbooks/a b#c%.md", "runbooks/a%20b%23c%25.md");
        case("javascript:x/ä.md", "javascript%3Ax/%C3%A4.md");
        case("/etc/a.md", "file:///etc/a.md");
    }

    #[test]
    fn a_link_is_taken_apart() {
        assert_eq!(unlinked("[x](https://y) a[0]"), "[x] (https://y) a[0]");
    }
}
