//! The words that make a comment an annotation: `Expect:`, `Expected output:`, `Expect(json):`.
//!
//! Comes in: a comment's text, without its `#`. Goes out: where the promise itself begins, and the
//! inside of the brackets of a typed form. A comment that merely mentions expectations is none.

use super::words::after;

/// The lead of an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// Byte offset, in the comment's text, at which the promise begins.
    pub start: usize,
    /// The inside of the brackets: `json, exact` of `Expect(json, exact):`.
    pub typed: Option<String>,
}

const LEADS: &str = "expected output|expected result|expected results|expects|expected|expect";

/// Whether this comment, given without its `#`, is an annotation.
///
/// In any case: `Expect:`, `Expects:`, `Expected:`, `Expected output:`, `Expected result:`, each
/// also with brackets (`Expect(regex):`), and `Expected output should ...` without a colon.
pub fn annotation_lead(comment: &str) -> Option<Lead> {
    let text = comment.trim_start_matches(['#', ' ', '\t']);
    let found = LEADS.split('|').find_map(|lead| after(text, lead).map(|rest| (lead, rest)));
    let (lead, rest) = found?;
    let start = |rest: &str| comment.len() - rest.len();
    if let Some(inner) = rest.strip_prefix('(') {
        let (typed, rest) = inner.split_once("):").or_else(|| inner.split_once(") :"))?;
        let rest = rest.trim_start_matches([' ', '\t']);
        return Some(Lead { start: start(rest), typed: Some(typed.trim().to_owned()) });
    }
    if let Some(rest) = rest.strip_prefix(':') {
        return Some(Lead { start: start(rest.trim_start_matches([' ', '\t'])), typed: None });
    }
    let sentence = after(rest, "should|must|contains|includes").is_some();
    (lead.contains(' ') && sentence).then(|| Lead { start: start(rest), typed: None })
}

#[cfg(test)]
mod tests {
    use super::annotation_lead;

    #[test]
    fn leads_are_found_in_many_spellings() {
        let case = |comment: &str, expected: Option<(&str, Option<&str>)>| {
            let lead = annotation_lead(comment);
            let found = lead.as_ref().map(|lead| (&comment[lead.start..], lead.typed.as_deref()));
            assert_eq!(found, expected, "{comment}");
        };
        case(" Expect: 401", Some(("401", None)));
        case("expect: x", Some(("x", None)));
        case(" EXPECTED OUTPUT: ok", Some(("ok", None)));
        case(" Expected result: ok", Some(("ok", None)));
        case(" Expected output should include:", Some(("should include:", None)));
        case(" Expect(json, exact): {}", Some(("{}", Some("json, exact"))));
        case(" Expect(regex):/a(b)/", Some(("/a(b)/", Some("regex"))));
        case(" Expect:", Some(("", None)));
        case(" Expect 401", None);
        case(" Expecting: x", None);
        case(" Expected values are below", None);
        case(" we expect: x", None);
        case(" Expect(json {}", None);
    }
}
