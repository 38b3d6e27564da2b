//! Audit entries: what to send to the audit log rather than to run.
//!
//! Comes in: the text of a block that is no shell. Goes out: whether it is a record.

use super::SectionKind;

/// Keys that an audit entry has.
const KEYS: &[&str] = &["action", "actor", "context", "event", "operator", "timestamp", "outcome"];

/// Whether a block is an audit entry: data in an audit section, or with the keys of one.
pub(super) fn is_record(text: &str, kind: SectionKind) -> bool {
    let keys: Vec<_> = text.lines().filter_map(key).collect();
    let known = KEYS.iter().filter(|known| keys.contains(known)).count();
    let named = keys.contains(&"action") && known >= 2;
    let data = text.trim_start().starts_with('{') || !keys.is_empty();
    named || kind == SectionKind::Audit && data && known >= 1
}

/// The key of a line of YAML or JSON.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(':')?;
    let key = key.trim_start_matches([' ', '{', '-', ',']).trim().trim_matches('"');
    let name = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    name.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_known_by_its_keys() {
        let case =
            |text: &str, kind, expected| assert_eq!(is_record(text, kind), expected, "{text}");
        case("action: a\nactor: <id>", SectionKind::Procedure, true);
        case("{\"action\": \"a\", \n\"actor\": 1}", SectionKind::Procedure, true);
        case("kind: Pod\nname: a", SectionKind::Procedure, false);
        case("event: x", SectionKind::Audit, true);
        case("event: x", SectionKind::Procedure, false);
    }
}
