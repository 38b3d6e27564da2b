//! Two texts, compared; the history behind them is tested with the command.

use super::{Subject, WeakeningKind, Weight, compare, weakened};
use crate::document::Document;
use crate::source::Source;

const BASE: &str = "\
---
last_validated: 2026-04-24
validation_method: docs
kinds:
  name: \"[a-z]+\"
---
# T

Some words.

## Step 1 — Look

```bash
kubectl get pods
# Expect: at least 3 pods
```

## Step 2 — Count

Read this.

```bash
wc -l list   # Expect: 5 lines
cat list
# Expect: contains \"ready\"
```

## Step 3 — Tell

- Tell the team.
";

fn read(text: &str) -> Document {
    Document::read(Source::new("a.md", text))
}

/// The changes after some replacements, a line each.
fn after(replacements: &[(&str, &str)]) -> Vec<String> {
    let text = replaced(replacements);
    let changes = compare(&read(BASE), &read(&text));
    let line = |one: &super::Change| {
        let weight = if one.weight == Weight::Work { "" } else { " (words)" };
        format!("{} {:?} {}{weight}", one.step, one.kind, one.what)
    };
    changes.iter().map(line).collect()
}

fn replaced(replacements: &[(&str, &str)]) -> String {
    let mut text = BASE.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

#[test]
fn a_new_stamp_is_no_change() {
    assert_eq!(after(&[("2026-04-24", "2026-11-26"), ("docs", "executed")]), [""; 0]);
    assert_eq!(after(&[("\n", "\r\n")]), [""; 0]);
}

#[test]
fn each_part_that_changes_is_named() {
    let case = |replacements: &[(&str, &str)], expected: &[&str]| {
        assert_eq!(after(replacements), expected);
    };
    case(
        &[("get pods", "get pods -A")],
        &["1 Changed command `kubectl get pods`, now `kubectl get pods -A`"],
    );
    case(
        &[("at least 3", "at least 1")],
        &["1 Changed expectation `at least 3 pods`, now `at least 1 pods`"],
    );
    case(
        &[("   # Expect: 5 lines", "")],
        &[
            "2 Changed command `wc -l list`, now `wc -l list…`",
            "2 Removed expectation `5 lines`",
            "2 Removed command `cat list`",
        ],
    );
    case(
        &[("Read this.", "Read that.")],
        &["2 Changed prose `Read this.`, now `Read that.` (words)"],
    );
    case(
        &[("Tell the team", "Tell the others")],
        &["3 Changed manual action `Tell the team.`, now `Tell the others.`"],
    );
    case(&[("[a-z]+", ".*")], &[" Changed declaration `  name: \"[a-z]+\"`, now `  name: \".*\"`"]);
    case(
        &[("```bash\nkube", "```bash timeout=5s\nkube")],
        &["1 Changed command `kubectl get pods`, now `kubectl get pods [timeout=5s]`"],
    );
}

#[test]
fn a_step_that_comes_goes_or_moves_is_one_change() {
    let text = "## Step 3 — Tell\n\n- Tell the team.\n";
    assert_eq!(after(&[(text, "")]), ["3 Removed step 3 `Tell`"]);
    let more = format!("{text}\n## Step 4 — Rest\n\n```bash\ntrue\n```\n");
    assert_eq!(after(&[(text, &more)]), ["4 Added step 4 `Rest`"]);
    let moved = after(&[(text, ""), ("## Step 1", &format!("{text}\n## Step 1"))]);
    assert_eq!(moved, ["3 Moved step 3 `Tell` stands elsewhere in the order"]);
}

#[test]
fn a_step_that_is_only_numbered_anew_is_the_same() {
    let new = "## Step 1 — Begin\n\n```bash\ntrue\n```\n\n## Step 2 — Look";
    let found = after(&[("Step 3", "Step 4"), ("Step 2", "Step 3"), ("## Step 1 — Look", new)]);
    assert_eq!(found, ["1 Added step 1 `Begin`"]);
}

#[test]
fn what_belongs_to_no_part_is_a_change_all_the_same() {
    let found = after(&[("Some words.", "Other words. <!-- x -->")]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("(words)"));
    let changes =
        compare(&read("# T\n\n```bash\nls # a\n```\n"), &read("# T\n\n```bash\nls # b\n```\n"));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].subject, Subject::Prose);
}

#[test]
fn what_promises_less_is_found_with_its_old_words() {
    let case = |from: &str, to: &str, kind: WeakeningKind, was: &str, line: usize| {
        let text = replaced(&[(from, to)]);
        let found = weakened(&read(BASE), &read(&text));
        let kinds: Vec<_> =
            found.iter().map(|one| (one.kind, one.was.as_str(), one.line)).collect();
        assert_eq!(kinds, [(kind, was, line)], "{to}");
    };
    let pods = "at least 3 pods";
    case("# Expect: at least 3 pods\n", "", WeakeningKind::Removed, pods, 15);
    case(pods, "the usual pods", WeakeningKind::Prose, pods, 15);
    case(pods, "at least 1 pods", WeakeningKind::Different, pods, 15);
    case("contains \"ready\"", "it looks ready", WeakeningKind::Prose, "contains \"ready\"", 25);
    case("get pods", "get pods || true", WeakeningKind::StatusHidden, "kubectl get pods", 14);
    case("get pods", "get pods || :", WeakeningKind::StatusHidden, "kubectl get pods", 14);
    case("get pods", "get pods; true", WeakeningKind::StatusHidden, "kubectl get pods", 14);
    // A block that is not run promises nothing.
    case("```bash\nkube", "```bash manual\nkube", WeakeningKind::Removed, pods, 15);
}

#[test]
fn a_promise_that_grows_or_stays_is_not_weaker() {
    let case = |from: &str, to: &str| {
        let text = replaced(&[(from, to)]);
        assert_eq!(weakened(&read(BASE), &read(&text)), [], "{to}");
    };
    case("at least 3 pods", "at least 3 pods, no errors");
    case("get pods", "get pods || exit 1");
    case("Read this.", "Read that.");
    case("## Step 1 — Look", "## Step 1 — Look again");
}

#[test]
fn a_step_that_goes_takes_its_promises_with_it() {
    let start = BASE.find("## Step 2").expect("the step");
    let end = BASE.find("## Step 3").expect("the step");
    let text = BASE.replace(&BASE[start..end], "");
    let found = weakened(&read(BASE), &read(&text));
    let words: Vec<_> = found.iter().map(|one| one.was.as_str()).collect();
    assert_eq!(words, ["5 lines", "contains \"ready\""]);
}
