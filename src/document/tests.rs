//! Whole runbooks, read.

use std::fmt::Write as _;

use proptest::prelude::{ProptestConfig, any, prop, proptest};

use super::{Action, ActionKind, Document};
use crate::source::{Source, Span};

fn read(text: &str) -> Document {
    Document::read(Source::new("a.md", text))
}

/// A document in a few words: `step: action action ...` a line.
fn sketch(text: &str) -> String {
    let document = read(text);
    let mut lines = String::new();
    for step in &document.steps {
        let actions: Vec<_> = step.actions.iter().map(word).collect();
        let line = format!("{}: {}", step.id, actions.join(" "));
        let _ = writeln!(lines, "{}", line.trim_end());
    }
    lines.trim_end().to_owned()
}

fn word(action: &Action) -> String {
    let when = if action.when.is_some() { "?" } else { "" };
    match &action.kind {
        ActionKind::Command(block) => {
            let barred = if block.runnable { "" } else { "!" };
            let counts: Vec<_> = block
                .segments
                .iter()
                .map(|segment| {
                    format!("{}/{}", segment.statements.len(), segment.expectations.len())
                })
                .collect();
            format!("{when}{barred}cmd({})", counts.join(","))
        }
        ActionKind::Manual(manual) => {
            let asks: Vec<_> =
                manual.items.iter().map(|item| format!("{:?}", item.asks).to_lowercase()).collect();
            let yields = manual.yields.join("+");
            let copy = if manual.copy.is_some() { "©" } else { "" };
            let arrow = if yields.is_empty() { "" } else { "->" };
            format!("{when}manual{copy}({}{arrow}{yields})", asks.join(","))
        }
        ActionKind::Choice(choice) => {
            let alternatives: Vec<_> = choice
                .alternatives
                .iter()
                .map(|one| {
                    let actions: Vec<_> = one.actions.iter().map(word).collect();
                    let mark = if one.preferred { "*" } else { "" };
                    format!("{}{mark}={}", one.label, actions.join("+"))
                })
                .collect();
            format!("choice({})", alternatives.join(" | "))
        }
        ActionKind::Record(_) => "record".to_owned(),
    }
}

fn case(text: &str, expected: &str) {
    assert_eq!(sketch(text), expected, "\n{text}");
}

fn codes(text: &str) -> Vec<&'static str> {
    let found = read(text).diagnostics;
    found.into_iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn the_corrected_runbook_reads_as_its_author_means_it() {
    case(
        include_str!("../../runbooks/rotate-infisical-service-token.md"),
        "prerequisites: manual©(do,do,do)\n\
         1: cmd(2/1)\n\
         2: choice(Machine identity*=manual(do,do,do,do,do->NEW_TOKEN) | \
         Legacy service token=manual(do,do,do->NEW_TOKEN))\n\
         3: cmd(1/1) cmd(1/1)\n\
         4: choice(Option A: in Infisical=cmd(1/1) | \
         Option B: in a secrets manager*=manual(do))\n\
         5: cmd(1/0) cmd(1/0) cmd(1/0) manual(do)\n\
         6: cmd(1/1) cmd(1/1) cmd(1/1)\n\
         7: choice(Machine identity*=manual(do) | Legacy service token=manual(do)) \
         cmd(1/1) cmd(1/1)\n\
         8: choice(Machine identity*=record | Legacy service token=record)\n\
         rollback: cmd(1/0) cmd(1/0) cmd(1/1) manual(do,do)\n\
         troubleshooting: manual(decide) manual©(decide)",
    );
}

#[test]
fn the_seed_reads_as_its_author_means_it() {
    case(
        include_str!("../../fixtures/seed/rotate-infisical-service-token.md"),
        "prerequisites: manual(do)\n\
         1: cmd(1/1)\n\
         2: choice(Machine identity*=manual(do,do,do,do,do->NEW_TOKEN) | \
         Legacy service token=manual(do,do,do->NEW_TOKEN))\n\
         3: cmd(2/1) cmd(1/1)\n\
         4: cmd(1/0) manual(decide)\n\
         5: cmd(1/0) cmd(1/0) manual(do)\n\
         6: cmd(1/1,1/1)\n\
         7: choice(Machine identity=manual(do) | Legacy service token=manual(do)) cmd(1/1)\n\
         8: record\n\
         rollback: manual(do,do,do,do)\n\
         troubleshooting: manual©(do,do)",
    );
}

#[test]
fn both_rotation_runbooks_are_read_without_a_finding() {
    let texts = [
        include_str!("../../runbooks/rotate-infisical-service-token.md"),
        include_str!("../../fixtures/seed/rotate-infisical-service-token.md"),
    ];
    for text in texts {
        let document = read(text);
        assert_eq!(document.diagnostics, []);
        let keys: Vec<_> =
            document.metadata.entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "mode",
                "last_validated",
                "validation_method",
                "average_duration",
                "required_role",
                "applies_to",
                "migration_in_progress"
            ]
        );
        let stamp = document.metadata.get("last_validated").expect("a stamp");
        assert_eq!(document.source.slice(stamp.span), "2026-04-24 UTC");
    }
}

#[test]
fn the_inputs_table_declares() {
    let document = read(include_str!("../../runbooks/rotate-infisical-service-token.md"));
    let names: Vec<_> =
        document.declared.iter().map(|input| (input.name.as_str(), input.secret)).collect();
    assert_eq!(names[0], ("CURRENT_TOKEN", Some(true)));
    assert_eq!(names[4], ("app", Some(false)));
    assert_eq!(names.len(), 7);
    assert_eq!(document.source.slice(document.declared[0].span), "CURRENT_TOKEN");
    let default = document.declared[2].default.as_deref();
    assert_eq!(default, Some("https://vault.raxx.app"));
}

#[test]
fn without_step_headings_the_items_of_a_procedure_are_steps() {
    case(
        "# T\n\n## Procedure\n\n1. Restart it:\n\n   ```sh\n   a\n   ```\n2. Click it.\n",
        "1: cmd(1/0)\n2: manual(do)",
    );
    // A fence at column 0 splits the list in two; the author numbers every item 1.
    case(
        "## Steps\n\n1. Restart it:\n```sh\na\n```\n1. Check it:\n```sh\nb\n```\n",
        "1: cmd(1/0)\n2: cmd(1/0)",
    );
    case("## Flow\n\n1. AWS fires an event.\n2. It is stored.\n", "");
}

#[test]
fn with_step_headings_items_are_actions() {
    case(
        "## Step 1\n\n1. Click it.\n2. Press it.\n\n## Step 2\n\n```sh\na\n```\n",
        "1: manual(do,do)\n2: cmd(1/0)",
    );
    case("## 1. Go\n\n### 1.1 Do\n\n```sh\na\n```\n\n### 1.2 See\n", "1.1: cmd(1/0)\n1.2:");
}

#[test]
fn sections_that_run_on_demand_are_told_by_name_also_inside_a_step() {
    let document = read("## Step 1\n\n```sh\na\n```\n\n### Rollback\n\n```sh\nb\n```\n");
    let kinds: Vec<_> = document.steps.iter().map(|step| step.section.kind).collect();
    assert_eq!(kinds, [super::SectionKind::Procedure, super::SectionKind::Rollback]);
}

#[test]
fn alternatives_are_found_in_headings_paragraphs_and_lists() {
    case(
        "## Step 1\n\n### Option A\n\n```sh\na\n```\n\n### Option B\n\n```sh\nb\n```\n\n## Step 2\n",
        "1: choice(Option A=cmd(1/0) | Option B=cmd(1/0))\n2:",
    );
    case(
        "## Do it\n\n### By hand\n\nClick it.\n\n### By API (recommended)\n\n```sh\nb\n```\n",
        "do-it: choice(By hand=manual(do) | By API*=cmd(1/0))",
    );
    case(
        "## Step 1\n\nNew (preferred):\n\n```sh\na\n```\n\nOld (deprecated):\n\n```sh\nb\n```\n\n\
         ```sh\nc\n```\n",
        "1: choice(New*=cmd(1/0) | Old=cmd(1/0)) cmd(1/0)",
    );
    case(
        "## Step 1\n\n- **Option A:** click it\n- **Option B:** press it\n",
        "1: choice(Option A=manual(do) | Option B=manual(do))",
    );
    case(
        "## Step 1\n\nOld (deprecated — never): 1. Click it. 2. Press it.\n\nNew (preferred):\n\n\
         1. Call it.\n",
        "1: choice(Old=manual(do) | New*=manual(do))",
    );
}

#[test]
fn blocks_with_an_or_between_them_are_a_choice() {
    case(
        "## Step 1\n\n```sh\na \\\n  b\n```\n\nOr\n\n```sh\nc\n```\n\n\
         Alternatively, call the API:\n\n```sh\nd\n```\n",
        "1: choice(a=cmd(1/0) | c=cmd(1/0) | Alternatively, call the API=cmd(1/0))",
    );
    case("## Step 1\n\n```sh\na\n```\n\nThen:\n\n```sh\nc\n```\n", "1: cmd(1/0) cmd(1/0)");
}

#[test]
fn comments_may_part_a_block_into_alternatives() {
    case(
        "## Step 1\n\n```sh\na\n\n# All\nb\n\n# Or one of them:\nc\n# Expect: x\n\nd\n```\n",
        "1: cmd(1/0) choice(All=cmd(1/0) | Or one of them=cmd(1/1)) cmd(1/0)",
    );
}

#[test]
fn what_follows_the_last_alternative_is_common() {
    let text = "## Step 1\n\n**Option A:**\n\n```sh\na\n```\n\n**Option B:**\n\n```sh\nb\n```\n\n\
                Look at it.\n\n```sh\nc\n```\n";
    case(text, "1: choice(Option A=cmd(1/0) | Option B=cmd(1/0)) cmd(1/0)");
    assert_eq!(codes(text), ["choice-end"]);
}

#[test]
fn an_expectation_binds_to_its_statements() {
    let block = |text: &str, expected: &str| {
        case(&format!("## Step 1\n\n```sh\n{text}\n```\n"), &format!("1: {expected}"));
    };
    block("a\nb\n# Expect: x", "cmd(2/1)");
    block("a\n# Expect: x\nb\n# Expect: y", "cmd(1/1,1/1)");
    block("a\n# Expect: x\n# Expect: y\nb", "cmd(1/2,1/0)");
    block("a\nb # Expect: x\nc", "cmd(1/0,1/1,1/0)");
    block("# Expect: x\na", "cmd(1/1)");
    block("# Expect: x\na\n# Expect: y\nb", "cmd(1/1,1/1)");
    block("a\n# Expect:\n#   x\n#   y", "cmd(1/1)");
    block("for x in a; do\n  b # Expect: x\ndone\nc", "cmd(1/1,1/0)");
    block("echo '# Expect: no'\ncat <<EOF\n# Expect: no\nEOF", "cmd(2/0)");
}

#[test]
fn an_expectation_of_nothing_is_a_finding() {
    let case = |text: &str| assert_eq!(codes(text), ["unbound-expect"], "{text}");
    case("## Step 1\n\n```bash\n# Expect: x\n```\n");
    case("## Step 1\n\n```sql\nselect 1;\n# Expect: x\n```\n");
    case("## Step 1\n\n```bash\nls\n```\n\nThis takes a while.\n\nExpect: x\n");
}

#[test]
fn expected_output_after_a_block_is_its_expectation() {
    case("## Step 1\n\n```sh\na\n```\n\nExpected output:\n\n```text\nfine\n```\n", "1: cmd(1/1)");
    case("## Step 1\n\n```sh\na\n```\n\nExpect: `fine`\n", "1: cmd(1/1)");
    case(
        "## Step 1\n\n```sh\na\nb # Expect: x\nc\n```\n\n> **Expected output:** 3\n",
        "1: cmd(1/0,1/1,1/1)",
    );
    case(
        "## Step 1\n\n```sh\na\n```\n\nExpect: fine. Ask Ann for more.\n",
        "1: cmd(1/0) manual(do)",
    );
    case("## Step 1\n\n```sh\na\n```\n\nExample output:\n\n```text\nfine\n```\n", "1: cmd(1/0)");
}

#[test]
fn a_comment_that_asks_cuts_the_block() {
    case(
        "## Step 1\n\n```sh\na\n# Wait for the pods, then:\nb\n# Expect: x\n```\n",
        "1: cmd(1/0) manual(wait) cmd(1/1)",
    );
    case("## Step 1\n\n```sh\n# Restart the pods\na\n```\n", "1: cmd(1/0)");
    case(
        "## Step 1\n\n```sh\n# 1. Create a key in the dashboard\n# 2. Copy the key\n```\n",
        "1: manual(do)",
    );
    case("## Step 1\n\n```sh\nif a; then\n  # wait for it\n  b\nfi\n```\n", "1: cmd(1/0)");
}

#[test]
fn a_question_governs_what_it_introduces() {
    case(
        "## Step 1\n\nIf it is stuck, delete it:\n\n```sh\na\n```\n\n```sh\nb\n```\n",
        "1: manual(decide) ?cmd(1/0) cmd(1/0)",
    );
}

#[test]
fn a_question_at_the_start_of_an_item_governs_all_of_it() {
    case(
        "## Step 1\n\n- If it is stuck:\n  ```sh\n  a\n  ```\n  ```sh\n  b\n  ```\n- Click it.\n",
        "1: manual(decide) ?cmd(1/0) ?cmd(1/0) manual(do)",
    );
    case(
        "## Do\n\n1. Click it.\n2. If it is stuck:\n   ```sh\n   a\n   ```\n   ```sh\n   b\n   ```\n",
        "1: manual(do)\n2: manual(decide) ?cmd(1/0) ?cmd(1/0)",
    );
}

#[test]
fn a_session_of_one_alternative_is_not_that_of_the_next() {
    case(
        "## Step 1\n\n**Option A:**\n\n```sh\nssh host\n```\n\n**Option B:**\n\n```sh\nb\n```\n",
        "1: choice(Option A=cmd(1/0) | Option B=cmd(1/0))",
    );
}

#[test]
fn what_is_meant_for_another_place_does_not_run_here() {
    case(
        "## Step 1\n\n```sh\nssh host\n```\n\n```sh\nrm -r /x\n```\n\n```sh\nexit\n```\n\n```sh\na\n```\n",
        "1: cmd(1/0) !cmd(1/0) !cmd(1/0) cmd(1/0)",
    );
    case("## Step 1\n\n```sh\nssh host\nrm -r /x\n```\n", "1: cmd(1/0) !cmd(1/0)");
    case(
        "## Step 1\n\n```sh\noc debug node/<n>\n```\n\n## Step 2\n\n```sh\nchroot /host\n```\n",
        "1: cmd(1/0)\n2: !cmd(1/0)",
    );
    case(
        "## Step 1\n\n```sh\nkubectl exec -it a -- sh\n```\n\n```sh\nkubectl get pods\n```\n",
        "1: cmd(1/0) cmd(1/0)",
    );
    let document = read("## Step 1\n\n```sh\nssh <host>\n```\n\n```sh\na\n```\n");
    let ActionKind::Command(block) = &document.steps[0].actions[1].kind else {
        panic!("a command");
    };
    assert_eq!(block.inside.as_deref(), Some("ssh <host>"));
}

#[test]
fn what_is_no_command_does_not_run() {
    let block = |text: &str, code: &str| {
        let text = format!("## Step 1\n\n```bash\n{text}\n```\n");
        assert_eq!(codes(&text), [code], "{text}");
        assert!(sketch(&text).contains("!cmd") || sketch(&text).contains('©'), "{text}");
    };
    block("NAME   READY   STATUS", "output-in-shell");
    block("apiVersion: v1\nkind: Pod", "output-in-shell");
    block("kubectl get pods\nNAME   READY   STATUS\nweb   1/1   Running", "output-in-shell");
    block("if true; then", "syntax");
    block("curl ... | jq .", "ellipsis");
    block("curl <%= url %>", "template-tag");
    block("# systemctl restart x", "root-prompt");
    block("127.0.0.1:6379> flushall", "foreign-prompt");
    block("#!/bin/bash\nrm -r \"$1\"", "script-file");
    block("kubectl delete pod \\ \n  web", "syntax");
}

#[test]
fn a_prompted_block_runs_only_its_prompted_lines() {
    let document =
        read("## Step 1\n\n- x:\n\n  ```console\n  $ a \\\n  > -b\n  out\n  $ c\n  ```\n");
    let ActionKind::Command(block) = &document.steps[0].actions[0].kind else {
        panic!("a command");
    };
    assert_eq!(block.text, "a \\\n-b\nc");
    let places: Vec<_> = block.lines.iter().map(|span| document.source.slice(*span)).collect();
    assert_eq!(places, ["a \\", "-b", "c"]);
    assert_eq!(block.reasons.len(), 1);
}

#[test]
fn untagged_commands_are_shown_not_run() {
    let text = "## Step 1\n\n```\nkubectl get pods\n```\n\n    kubectl get svc\n";
    case(text, "1: manual©(do) manual©(do)");
    assert_eq!(codes(text), ["untagged-shell", "untagged-shell"]);
}

#[test]
fn nothing_hidden_runs() {
    case("## Step 1\n\n<!--\n```sh\na\n```\n-->\n\n[x](y \"```sh rm```\")\n", "1:");
    case(
        "## Step 1\n\n<details>\n<summary>More</summary>\n\n```sh\na\n```\n\n</details>\n",
        "1: cmd(1/0)",
    );
}

#[test]
fn a_table_of_commands_is_actions_and_a_list_of_commands_is_not() {
    case(
        "## Step 1\n\n| What | How |\n|---|---|\n| a | `kubectl get x \\| jq .` |\n| b | Call them |\n",
        "1: cmd(1/0) manual(do)",
    );
    case(
        "## Step 1\n\n| Command | What it does |\n|---|---|\n| `kubectl delete x` | deletes |\n",
        "1:",
    );
}

#[test]
fn references_to_steps_that_are_not_there_are_found() {
    let case = |text: &str, expected: &[&str]| assert_eq!(codes(text), expected, "{text}");
    case("## Step 1\n\nUntil step 7, wait.\n", &["unresolved-reference"]);
    case("## Step 1\n\nSee step 3 of the [other](x.md).\n", &[]);
    case(
        "## Step 1\n\n```sh\na\n# Expect: a count matching step 2\n```\n",
        &["unresolved-reference"],
    );
    case("## Step 1\n\n## Step 2\n\nRepeat steps 1-2.\n", &[]);
}

#[test]
fn crlf_a_mark_and_tabs_change_nothing() {
    let text = "\u{feff}# T\r\n\r\n**Mode:** x\r\n\r\n## Step 1\r\n\r\n```bash\r\na \\\r\n  b\r\n# Expect: x\r\n```\r\n";
    case(text, "1: cmd(1/1)");
    let document = read(text);
    assert_eq!(document.metadata.get("mode").expect("a mode").value, "x");
    case("## Step 1\n\n-\tx:\n\n\t```sh\n\ta\n\t\tb\n\t```\n", "1: cmd(2/0)");
    case("> ~~~~sh\n> a\n> ```\n> ~~~~\n", "start: !cmd()");
}

#[test]
fn an_unclosed_fence_and_deep_nesting_are_read() {
    case("## Step 1\n\n```sh\na\n", "1: cmd(1/0)");
    let deep = format!("{}```sh\na\n", "> ".repeat(4000));
    let _ = read(&deep);
    let lists: String = (0..400).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect();
    let _ = read(&lists);
}

/// Every span that a document holds.
fn spans(document: &Document) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    spans.extend(document.metadata.entries.iter().map(|entry| entry.span));
    spans.extend(document.declared.iter().map(|input| input.span));
    let labels = document.diagnostics.iter().flat_map(|found| &found.labels);
    spans.extend(labels.map(|label| label.span));
    for step in &document.steps {
        spans.push(step.span);
        spans.extend(&step.trailing);
        step.actions.iter().for_each(|action| of_action(action, &mut spans));
    }
    spans
}

fn of_action(action: &Action, spans: &mut Vec<Span>) {
    spans.push(action.span);
    spans.extend(&action.lead);
    spans.extend(action.when);
    match &action.kind {
        ActionKind::Command(block) => {
            spans.extend(&block.lines);
            spans.extend(block.reasons.iter().map(|note| note.span));
            let statements = block.script.statements.iter();
            spans.extend(statements.map(|statement| block.place(statement.span)));
            let found = block.segments.iter().flat_map(|segment| &segment.expectations);
            spans.extend(found.map(|annotation| annotation.span));
        }
        ActionKind::Manual(manual) => spans.extend(manual.items.iter().map(|item| item.span)),
        ActionKind::Choice(choice) => {
            for alternative in &choice.alternatives {
                spans.push(alternative.span);
                let actions = alternative.actions.iter();
                actions.for_each(|action| of_action(action, spans));
            }
        }
        ActionKind::Record(_) => {}
    }
}

fn every_span_slices(text: &str) {
    let document = read(text);
    for span in spans(&document) {
        assert!(document.source.text().get(span.range()).is_some(), "{span:?} in {text:?}");
    }
}

/// Pieces of runbooks, to be put together at random.
const PIECES: &[&str] = &[
    "# T\n",
    "## Step 1\n",
    "## Rollback\n",
    "### Option A\n",
    "### Option B (preferred)\n",
    "\n",
    "```bash\n",
    "```\n",
    "~~~\n",
    "   ```sh\n",
    "    ",
    "\t",
    "> ",
    "- ",
    "1. ",
    "2) ",
    "- [ ] ",
    "**Option A:** ",
    "**b",
    "**",
    "`c`",
    "`",
    "| a | How |\n|---|---|\n| x | `ls \\| y` |\n",
    "$ ls\n",
    "# Expect: 1\n",
    "# wait for it, then:\n",
    "echo <app> # Expect: ü\n",
    "ssh host\n",
    "cat <<EOF\n",
    "EOF\n",
    "'",
    "\"",
    "$(",
    ")",
    "…",
    "é\u{301}",
    "\r\n",
    "---\n",
    "Mode: x\n",
    "<!-- ",
    " -->",
    "If it is so, do:\n",
    "Copy the token.\n",
    "step 7 ",
    "A (preferred):\n",
    "B (deprecated):\n",
    "{{ x }}",
    "action: a\nactor: b\n",
    "\u{0}",
    "\\\n",
    "Expected output:\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn reading_pieces_of_runbooks_never_panics_and_every_span_slices(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)
    ) {
        every_span_slices(&pieces.concat());
    }

    #[test]
    fn reading_any_text_never_panics_and_every_span_slices(text in any::<String>()) {
        every_span_slices(&text);
    }
}
