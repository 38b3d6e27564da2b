//! The views of a whole call of `check` and `validate`: one rich example, exact in every format,
//! and hostile text in every field of it.
//!
//! The expected texts are in `fixtures/reports`. `RUNBOOK_OVERWRITE=1` writes them anew; read the
//! difference before it is committed.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use runbook::diagnostic::{Diagnostic, Label, Severity};
use runbook::event::{CheckedEvidence, Ending, Outcome};
use runbook::expect::Verdict as Held;
use runbook::report::whole::github::{self, Fence};
use runbook::report::whole::{
    Examined, Stamp, Task, Weakened, Whole, json, junit, sarif, terminal,
};
use runbook::report::{Colour, neutral};
use runbook::source::{Source, Span};
use runbook::validation::{Confinement, Coverage, Gap, GapKind, Segment, Validation, Verdict};
use runbook::variables::{Redacted, Redactor};
use serde_json::Value;

fn shown(text: &str) -> Redacted {
    Redactor::new().redact(text)
}

fn ending(outcome: Outcome, why: &str, checks: &[(&str, Held, &str)]) -> Ending {
    let checks = checks.iter().map(|(text, verdict, why)| CheckedEvidence {
        text: shown(text),
        verdict: *verdict,
        why: shown(why),
    });
    Ending {
        segment: 1,
        attempt: 1,
        step: "3".to_owned(),
        line: 1,
        outcome,
        why: shown(why),
        statuses: vec![0],
        checks: checks.collect(),
        residual: None,
        duration_ms: 120,
        outputs: Vec::new(),
        reason: None,
        judged_by: "runbook".to_owned(),
    }
}

fn segment(line: usize, step: &str, title: &str, command: &str, coverage: Coverage) -> Segment {
    Segment {
        step: step.to_owned(),
        title: shown(title),
        line,
        statements: vec![shown(command)],
        expectations: vec![(line + 1, shown("401 / unauthorized"))],
        coverage,
    }
}

fn gap(kind: GapKind, why: &str) -> Coverage {
    Coverage::NotCovered(Gap { kind, why: shown(why) })
}

fn validation(file: &str, result: Verdict, why: &str, segments: Vec<Segment>) -> Validation {
    Validation {
        file: PathBuf::from(file),
        title: shown("Rotate the service token"),
        result,
        why: shown(why),
        segments,
        confinement: Some(Confinement {
            enforced: true,
            layers: vec!["landlock".to_owned(), "seccomp".to_owned(), "no capabilities".to_owned()],
        }),
        duration_ms: 2345,
    }
}

const TEXT: &str = "# Rotate the service token

**Last validated:** 2026-05-01

## Step 1: Look

```bash
curl -s https://api.example.com/health -H \"Authorization: $TOKEN\"
# Expect: 401 / unauthorized
heroku config:set A=b --app <app>
```
";

/// The segments of the example: one of each kind.
fn segments() -> Vec<Segment> {
    let met = ending(Outcome::Met, "everything holds", &[]);
    let status = ("the HTTP status is 401", Held::NotMet, "another status: HTTP/1.1 200 OK");
    let not_met = ending(Outcome::NotMet, "an expectation is not met", &[status]);
    let failed = ending(Outcome::Failed, "line 1 ended with status 7", &[]);
    let mut unverified = ending(
        Outcome::Unverified,
        "something could not be checked",
        &[("a list of names", Held::Unverified, "names are not told from other words")],
    );
    unverified.residual = Some(shown("the names look right"));
    vec![
        segment(
            8,
            "1",
            "Look",
            "curl -s https://api.example.com/health",
            Coverage::Run(vec![not_met.clone()]),
        ),
        segment(12, "2", "List", "infisical secrets --env=prod", Coverage::Run(vec![met.clone()])),
        segment(
            15,
            "2",
            "List",
            "gh secret list --app \"$APP\"",
            Coverage::Run(vec![met, unverified]),
        ),
        segment(
            18,
            "3",
            "Ask",
            "curl -s\nhttps://api.example.com/a?b=c | jq .",
            Coverage::Run(vec![failed]),
        ),
        segment(
            21,
            "4",
            "Set",
            "heroku config:set A=b",
            gap(GapKind::Writes, "heroku config:set changes something"),
        ),
        segment(
            25,
            "5",
            "Verify",
            "curl -s https://api.example.com/health",
            gap(GapKind::FollowsChange, "follows step 4"),
        ),
        segment(
            28,
            "6",
            "Verify again",
            "gh secret list",
            gap(GapKind::FollowsChange, "follows step 4"),
        ),
    ]
}

fn example() -> Whole {
    let source = Source::new("runbooks/rotate, now: 100%.md", TEXT);
    let at = |text: &str| {
        let start = TEXT.find(text).expect("in the text");
        Span::new(start, start + text.len())
    };
    let mut secret = Diagnostic::new(
        Severity::Error,
        "secret-on-argv",
        at("\"Authorization: $TOKEN\""),
        "the secret `TOKEN` is on an argument list",
    )
    .help("give it with `-H @-` and a here-string");
    secret.labels.push(Label { span: at("2026-05-01"), text: "not validated since".to_owned() });
    let stale = Diagnostic::new(Severity::Warning, "stale", at("2026-05-01"), "209 days old");
    let mut rotate = Examined::new(source, vec![secret, stale]);
    let why = "an expectation is not met in step 1";
    rotate.validation =
        Some(validation("runbooks/rotate, now: 100%.md", Verdict::Failed, why, segments()));
    rotate.age_days = Some(209);
    rotate.stamp = Some(Stamp::Withheld("it did not hold".to_owned()));
    rotate.weakened = vec![Weakened {
        line: 9,
        before: shown("exactly 5 lines"),
        now: Some(shown("some output")),
    }];

    let good = Source::new("./runbooks/good.md", "# Good\n");
    let mut good = Examined::new(good, Vec::new());
    let met = || Coverage::Run(vec![ending(Outcome::Met, "everything holds", &[])]);
    let segments = vec![segment(1, "look", "Look", "gh secret list", met())];
    good.validation =
        Some(validation("./runbooks/good.md", Verdict::Validated, "everything held", segments));
    good.method = Some("read-only-live".to_owned());
    good.age_days = Some(0);
    good.stamp = Some(Stamp::Written("Last validated 2026-05-01 -> 2026-11-26".to_owned()));

    let mut bare = Examined::new(Source::new("runbooks/bare.md", "# Bare\n"), Vec::new());
    let mut little = validation(
        "runbooks/bare.md",
        Verdict::Unverified,
        "1 of 4 segments is below the floor of 50%",
        vec![segment(1, "look", "Look", "true", met())],
    );
    little.confinement = Some(Confinement { enforced: false, layers: Vec::new() });
    bare.validation = Some(little);
    let missing = Examined::unreadable(
        Path::new("runbooks/missing.md"),
        "read runbooks/missing.md: no such file",
    );
    Whole {
        command: Task::Validate,
        version: "0.1.0".to_owned(),
        root: PathBuf::from("/srv/tree"),
        runbooks: vec![good, rotate, bare, missing],
        exit: 1,
    }
}

#[track_caller]
fn case(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports").join(name);
    if std::env::var_os("RUNBOOK_OVERWRITE").is_some() {
        fs::write(&path, actual).expect("writable");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{}", path.display());
}

#[test]
fn the_example_on_a_terminal() {
    case("terminal.txt", &terminal::text(&example(), Colour::Off, 80));
}

#[test]
fn the_example_as_json() {
    case("validate.json", &json::text(&example()));
}

#[test]
fn the_example_as_junit() {
    case("junit.xml", &junit::text(&example()));
}

#[test]
fn the_example_in_the_log_of_github() {
    case("github.txt", &github::log(&example(), &Fence::known("known")));
}

#[test]
fn the_example_as_a_step_summary() {
    case("summary.md", &github::summary(&example()));
}

#[test]
fn the_example_as_sarif() {
    case("results.sarif", &sarif::text(&example()));
}

#[test]
fn a_check_speaks_of_no_run() {
    assert_eq!(
        terminal::text(&checked(), Colour::Off, 80),
        "checked a.md\n  the check found no error; nothing was run\n\n1 runbook: 1 checked (exit 0)\n"
    );
    assert_eq!(
        github::log(&checked(), &Fence::known("k"))
            .lines()
            .filter(|line| line.starts_with("::"))
            .count(),
        2
    );
    let none = Whole { runbooks: Vec::new(), exit: 2, ..checked() };
    assert_eq!(terminal::text(&none, Colour::Off, 80), "no runbook was found (exit 2)\n");
}

#[test]
fn a_fence_has_a_word_that_is_not_known_before() {
    let word = |fence: &Fence| {
        let log = github::log(&checked(), fence);
        log.lines()
            .next()
            .and_then(|line| line.strip_prefix("::stop-commands::"))
            .map(str::to_owned)
    };
    let words: Vec<_> = (0..3).map(|_| word(&Fence::random()).expect("a fence")).collect();
    assert!(
        words.iter().all(|word| word.len() == 32) && words[0] != words[1] && words[1] != words[2]
    );
}

#[test]
fn colours_change_nothing_but_colours() {
    let plain = terminal::text(&example(), Colour::Off, 80);
    let coloured = terminal::text(&example(), Colour::On, 80);
    assert_ne!(plain, coloured);
    let colours = regex::Regex::new("\u{1b}\\[[0-9;]*m").expect("a pattern");
    assert_eq!(colours.replace_all(&coloured, ""), plain);
}

#[test]
fn no_report_says_that_anything_is_safe() {
    let whole = example();
    let fence = Fence::known("known");
    let all = [
        terminal::text(&whole, Colour::Off, 80),
        json::text(&whole),
        junit::text(&whole),
        github::log(&whole, &fence),
        github::summary(&whole),
        sarif::text(&whole),
    ];
    for text in all {
        assert!(!text.to_lowercase().contains("safe"), "{text}");
    }
}

#[test]
fn sarif_follows_its_schema() {
    let validator = &*SCHEMA;
    for whole in [example(), checked(), Whole { runbooks: Vec::new(), ..example() }] {
        let document: Value = serde_json::from_str(&sarif::text(&whole)).expect("JSON");
        let wrong: Vec<_> = validator.iter_errors(&document).map(|one| one.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    let broken: Value = serde_json::json!({ "version": "2.1.0", "runs": [{ "results": [] }] });
    assert!(!validator.is_valid(&broken), "the schema is not applied");
}

#[test]
fn a_sarif_result_is_the_same_when_lines_are_added_above_it() {
    let prints = |text: &str| -> Vec<Value> {
        let source = Source::new("a.md", text);
        let places = text.match_indices("<app>");
        let wrong = places.map(|(start, _)| {
            Diagnostic::new(Severity::Error, "placeholder", Span::new(start, start + 5), "unfilled")
        });
        let one = Examined::new(source.clone(), wrong.collect());
        let whole = Whole { runbooks: vec![one], command: Task::Check, ..example() };
        let document = sarif::value(&whole);
        let results = document["runs"][0]["results"].as_array().expect("results").clone();
        results.into_iter().map(|one| one["partialFingerprints"]["runbook/v1"].clone()).collect()
    };
    let before = prints("x <app>\nx <app>\ny <app>\n");
    assert_eq!(before, prints("new\nx <app>\n\nx <app>\ny <app>\n"));
    let mut distinct = before.clone();
    distinct.dedup();
    assert_eq!((before.len(), distinct.len()), (3, 3), "{before:?}");
    assert_ne!(before, prints("x <app>\nx <app>\nz <app>\n"));
}

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(sarif_schema);

fn sarif_schema() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sarif/sarif-schema-2.1.0.json");
    let text = fs::read_to_string(path).expect("readable");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    // The pattern of languages has a bracket too many, which no regular expression of Unicode may;
    // we write no language.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        let pattern = language.as_object_mut().and_then(|language| language.remove("pattern"));
        assert_eq!(pattern, Some("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$".into()));
    }
    jsonschema::validator_for(&schema).expect("a schema")
}

/// A call of `check` in which nothing is wrong.
fn checked() -> Whole {
    let good = Examined::new(Source::new("a.md", "# A\n"), Vec::new());
    Whole { command: Task::Check, runbooks: vec![good], exit: 0, ..example() }
}

fn junit_of(whole: &Whole) -> quick_junit::Report {
    quick_junit::Report::deserialize_from_str(&junit::text(whole)).expect("JUnit")
}

#[test]
fn junit_is_green_only_when_everything_was_validated() {
    let green = |result, outcome: Option<Outcome>| {
        let mut one = Examined::new(Source::new("a.md", "# A\n"), Vec::new());
        let run = Coverage::Run(
            outcome.map(|outcome| ending(outcome, "because", &[])).into_iter().collect(),
        );
        one.validation =
            Some(validation("a.md", result, "because", vec![segment(1, "1", "A", "true", run)]));
        let report = junit_of(&Whole { runbooks: vec![one], ..example() });
        report.failures + report.errors == 0
    };
    assert!(green(Verdict::Validated, Some(Outcome::Met)));
    assert!(green(Verdict::Validated, Some(Outcome::StatusOnly)));
    for result in [
        Verdict::CheckedOnly,
        Verdict::Unverified,
        Verdict::Failed,
        Verdict::Refused,
        Verdict::Broken,
    ] {
        assert!(!green(result, Some(Outcome::Met)), "{result:?}");
    }
    let bad = [
        Outcome::Unverified,
        Outcome::NotMet,
        Outcome::Failed,
        Outcome::Refused,
        Outcome::Stopped,
        Outcome::Skipped,
        Outcome::Overruled,
    ];
    for outcome in bad {
        assert!(!green(Verdict::Validated, Some(outcome)), "{outcome:?}");
    }
    assert!(!green(Verdict::Validated, None), "a segment that ran without an ending");
    let mut unvalidated = checked();
    assert_eq!(junit_of(&unvalidated).failures, 0);
    unvalidated.command = Task::Validate;
    assert_eq!(junit_of(&unvalidated).failures, 1, "validate that did not validate");
}

#[test]
fn github_gets_ten_annotations_of_a_kind_and_is_told_of_the_others() {
    let text = "<app>\n".repeat(14);
    let wrong = (0..14).map(|line| {
        Diagnostic::new(
            Severity::Error,
            "placeholder",
            Span::new(line * 6, line * 6 + 5),
            "unfilled",
        )
    });
    let mut one = Examined::new(Source::new("a.md", text.as_str()), wrong.collect());
    let denied = Coverage::Run(vec![ending(Outcome::Refused, "not on the list", &[])]);
    one.validation = Some(validation(
        "a.md",
        Verdict::Refused,
        "refused",
        vec![segment(14, "1", "A", "x", denied)],
    ));
    let log = github::log(&Whole { runbooks: vec![one], ..example() }, &Fence::known("known"));
    let commands = commands(&log);
    let errors: Vec<_> = commands.iter().filter(|one| one.name == "error").collect();
    assert_eq!(errors.len(), 10);
    assert_eq!(errors[0].properties["title"], "refused: step 1 · A");
    assert!(
        log.ends_with("because GitHub shows 10 of each kind: 5 errors more; all are above.\n"),
        "{log}"
    );
}

#[test]
fn a_summary_stays_below_what_github_takes_and_says_what_is_missing() {
    let mut one = infested(&["🦀`".repeat(250)]).runbooks.remove(0);
    one.validation.as_mut().expect("validated").segments = segments();
    let whole = Whole { runbooks: vec![one; 300], ..example() };
    let page = github::summary(&whole);
    assert!(page.len() < 1 << 20, "{}", page.len());
    let table = page.lines().find(|line| line.ends_with("more did not fit in the table."));
    assert!(table.is_some() && page.ends_with("did not fit; they are in the log.\n"), "{table:?}");
    assert_eq!(github::summary(&example()).matches("did not fit").count(), 0);
}

/// A workflow command, as the runner's own parser reads one.
#[derive(Debug)]
struct Parsed {
    name: String,
    properties: BTreeMap<String, String>,
    data: String,
}

/// After `ActionCommand.cs` of actions/runner, but stricter: every name counts as registered, and
/// nothing is left out between `stop-commands` and its end.
fn commands(log: &str) -> Vec<Parsed> {
    log.split(['\n', '\r']).filter_map(|line| newer(line).or_else(|| older(line))).collect()
}

fn newer(line: &str) -> Option<Parsed> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (info, data) = rest.split_once("::")?;
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let unescape = |text: &str, pairs: &[(&str, &str)]| {
        pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let escapes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    let properties = properties.split(',').filter_map(|pair| pair.split_once('='));
    Some(Parsed {
        name: name.to_owned(),
        properties: properties
            .map(|(key, value)| (key.to_owned(), unescape(value, &escapes)))
            .collect(),
        data: unescape(data, &[escapes[0], escapes[1], escapes[4]]),
    })
}

fn older(line: &str) -> Option<Parsed> {
    let (_, rest) =
        line.split_once("##[").filter(|(_, rest)| rest.starts_with(char::is_alphabetic))?;
    let (name, data) = rest.split_once(']')?;
    Some(Parsed { name: name.to_owned(), properties: BTreeMap::default(), data: data.to_owned() })
}

/// Text that tries to get out of every medium.
fn hostile() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-z ]{1,8}",
        prop_oneof![
            Just("::error file=x::y"),
            Just("\n::add-mask::x"),
            Just("\r\n  ::stop-commands::known"),
            Just("\n::known::\n"),
            Just("##[error]"),
            Just("%0A::error::x"),
            Just("\u{1b}[2J"),
            Just("\u{1b}]0;x\u{7}"),
            Just("\u{9b}1m"),
            Just("\u{202e}"),
            Just("\u{2028}::error::x"),
            Just("](https://evil.example)"),
            Just("<script>"),
            Just("<a href=x>"),
            Just("]]>"),
            Just("&lt;"),
            Just("|"),
            Just("\\|"),
            Just("`"),
            Just("```\n"),
            Just("@octocat"),
            Just("https://evil.example "),
            Just("\0"),
            Just("\u{ffff}"),
            Just("\t"),
            Just("\n\n"),
            Just("\n| a | b |\n"),
            Just("\n# x\n"),
            Just("![x](y)"),
            Just("%"),
            Just(",line=9"),
        ]
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(fragment, 0..6).prop_map(|all| all.concat())
}

/// The example's shape with a foreign text in every field.
fn infested(texts: &[String]) -> Whole {
    let text = |number: usize| texts[number % texts.len()].as_str();
    let runbooks = (0..2).map(|number| {
        let body = format!("x{}\n{}\n", text(number), text(number + 1));
        let path = format!("p{}", text(number + 2).replace('\0', ""));
        let mut found =
            Diagnostic::new(Severity::Warning, "code", Span::new(0, body.len()), text(number + 3))
                .help(text(number + 4));
        found.labels.push(Label { span: Span::new(0, 1), text: text(number + 5).to_owned() });
        let mut one = Examined::new(Source::new(&path, body), vec![found]);
        let mut bad = ending(Outcome::NotMet, text(6), &[(text(7), Held::NotMet, text(8))]);
        bad.residual = Some(shown(text(9)));
        let mut segments = vec![
            segment(1, text(1), text(2), text(3), Coverage::Run(vec![bad])),
            segment(2, text(4), text(5), text(6), gap(GapKind::Host, text(7))),
        ];
        segments[0].expectations = vec![(1, shown(text(8)))];
        let mut validated = validation(&path, Verdict::Failed, text(9), segments);
        validated.title = shown(text(number + 6));
        validated.confinement =
            Some(Confinement { enforced: number == 0, layers: vec![text(1).to_owned()] });
        one.validation = Some(validated);
        one.method = Some(text(2).to_owned());
        one.stamp = Some(Stamp::Withheld(text(3).to_owned()));
        one.weakened =
            vec![Weakened { line: 1, before: shown(text(4)), now: Some(shown(text(5))) }];
        one
    });
    Whole { runbooks: runbooks.collect(), ..example() }
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(hostile(), 1..10)
}

/// Whether a character acts on a terminal or hides.
fn acts(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What no neutralising takes away: names of hidden characters are in capitals.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_lowercase).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_acts_on_a_terminal_or_a_runner(texts in texts(), columns in 20_usize..120) {
        let text = terminal::text(&infested(&texts), Colour::Off, columns);
        prop_assert!(!text.contains(acts), "{text:?}");
        prop_assert!(commands(&text).is_empty(), "{:?}", commands(&text));
    }

    #[test]
    fn github_obeys_only_what_is_ours(texts in texts()) {
        let whole = infested(&texts);
        let told = |one: &Examined| {
            neutral(&one.path.to_string_lossy().replace('\t', "    ")).replace('\n', " ")
        };
        let files: Vec<String> = whole.runbooks.iter().map(told).collect();
        let log = github::log(&whole, &Fence::known("known"));
        prop_assert!(!log.contains(acts), "{log:?}");
        let commands = commands(&log);
        let names: Vec<_> = commands.iter().map(|one| one.name.as_str()).collect();
        let expected = ["stop-commands", "known", "error", "error", "warning", "warning", "warning", "warning", "warning"];
        prop_assert_eq!(names, expected);
        prop_assert_eq!(commands[0].data.as_str(), "known");
        for one in &commands[2..] {
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            prop_assert!(one.properties.keys().all(|key| known.contains(&&**key)), "{one:?}");
            let file = one.properties.get("file");
            prop_assert!(file.is_none_or(|file| files.contains(file)), "{one:?} {files:?}");
            prop_assert!(one.properties.get("line").is_none_or(|line| line != "9"), "{one:?}");
        }
    }

    #[test]
    fn junit_reads_back_what_was_said(texts in texts()) {
        let whole = infested(&texts);
        let xml = junit::text(&whole);
        prop_assert!(!xml.contains(acts), "{xml:?}");
        prop_assert!(!xml.contains(['\u{fffe}', '\u{ffff}']), "{xml:?}");
        prop_assert!(commands(&xml).is_empty(), "{:?}", commands(&xml));
        let report = junit_of(&whole);
        prop_assert_eq!(report.test_suites.len(), 2);
        for suite in &report.test_suites {
            prop_assert_eq!((suite.tests, suite.failures, suite.skipped), (4, 2, 1));
            prop_assert_eq!(suite.test_cases.len(), 4);
        }
        let title = &report.test_suites[0].properties[0];
        let expected = whole.runbooks[0].validation.as_ref().expect("validated").title.as_str();
        prop_assert_eq!(letters(title.value.as_str()), letters(expected), "{:?}", title);
    }

    #[test]
    fn a_summary_has_a_row_for_each_runbook_and_nothing_foreign_but_code(texts in texts()) {
        let whole = infested(&texts);
        let page = github::summary(&whole);
        let (mut rows, mut headings, mut said) = (0, 0, String::new());
        let mut in_block = false;
        for event in Parser::new_ext(&page, Options::all()) {
            match event {
                Event::Start(Tag::TableRow) => rows += 1,
                Event::Start(Tag::Heading { .. }) => headings += 1,
                Event::Start(Tag::CodeBlock(_)) => in_block = true,
                Event::End(TagEnd::CodeBlock) => in_block = false,
                Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock | Tag::BlockQuote(_) | Tag::FootnoteDefinition(_))
                | Event::Html(_) | Event::InlineHtml(_) | Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {
                    prop_assert!(false, "{event:?} in {page}");
                }
                Event::Text(text) if !in_block => write!(said, "{text} ").expect("a string"),
                _ => {}
            }
        }
        prop_assert_eq!((rows, headings), (2, 3), "{}", page);
        prop_assert!(!said.contains(['@', '<', '|', '`']) && !said.contains("evil"), "{}", said);
    }

    #[test]
    fn json_is_exact_to_a_parser_and_harmless_to_a_reader(texts in texts()) {
        let whole = infested(&texts);
        for text in [json::text(&whole), sarif::text(&whole)] {
            prop_assert!(!text.contains(acts), "{text:?}");
            prop_assert!(commands(&text).is_empty(), "{:?}", commands(&text));
        }
        let read: Value = serde_json::from_str(&json::text(&whole)).expect("JSON");
        prop_assert_eq!(&read, &json::value(&whole));
        let validation = whole.runbooks[0].validation.as_ref().expect("validated");
        let statement = &read["runbooks"][0]["segments"][0]["statements"][0];
        prop_assert_eq!(statement.as_str(), Some(validation.segments[0].statements[0].as_str()));
    }

    #[test]
    fn sarif_with_hostile_text_follows_its_schema_and_links_nowhere(texts in texts()) {
        let document: Value = serde_json::from_str(&sarif::text(&infested(&texts))).expect("JSON");
        prop_assert!(SCHEMA.is_valid(&document));
        for result in document["runs"][0]["results"].as_array().expect("results") {
            let message = result["message"]["text"].as_str().expect("text");
            prop_assert!(!message.contains("]("), "{message}");
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            let uri = uri.as_str().expect("text");
            prop_assert!(uri.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/%".contains(c)), "{uri}");
        }
    }
}

/// What junitparser makes of a report: each case with its results.
const CONSUMER: &str = "
import sys
from junitparser import JUnitXml
for suite in JUnitXml.fromfile(sys.argv[1]):
    print(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped)
    for case in suite:
        results = [(type(one).__name__, one.type, one.message) for one in case.result]
        print(' ', case.name, case.is_passed, results)
";

#[test]
#[ignore = "needs junitparser: run with tests/run"]
fn junit_is_opened_by_a_real_consumer() {
    let python = support::tools::installed().join("python/bin/python");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = |whole: &Whole| {
        let path = folder.path().join("report.xml");
        fs::write(&path, junit::text(whole)).expect("writable");
        let output = Command::new(&python).args(["-c", CONSUMER]).arg(&path).output();
        let output = output.expect("python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    case("junitparser.txt", &open(&example()));
    let nasty = "<a>&]]>\u{1b}[2J\0\u{ffff}\n::error::x##[error]\"'";
    let read = open(&infested(&[nasty.to_owned()]));
    let told = "<a>&]]><ESC>[2J<NUL>\u{fffd} ::error::x## [error]\"'";
    assert!(read.contains(&told.replace('\'', "\\'")), "{read}");
}
