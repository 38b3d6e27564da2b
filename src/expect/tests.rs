//! Whole annotations against whole outputs.

use std::time::Duration;

use super::Verdict::{self, Met, NotMet, Unverified};
use super::{
    Best, Ended, Expectation, Judgement, Kinds, Observed, Output, Progress, Record, Stream,
    evaluate,
};

fn output(text: &str) -> Output {
    Output {
        head: text.as_bytes().to_vec(),
        tail: Vec::new(),
        omitted: 0,
        lines: text.lines().filter(|line| !line.trim().is_empty()).count() as u64,
    }
}

/// What a command did that ended by itself.
pub(super) fn observed(command: &str, statuses: &[i32], stdout: &str, stderr: &str) -> Observed {
    Observed {
        stdout: output(stdout),
        stderr: output(stderr),
        statuses: statuses.to_vec(),
        ended: Ended::Exited,
        command: command.to_owned(),
        sensitive: false,
        elapsed: Duration::from_millis(1),
    }
}

/// A run in which no step has run.
struct Nothing;

impl Record for Nothing {
    fn step(&self, _: &str) -> Option<(&Output, &str)> {
        None
    }
}

/// A run in which one step printed something.
struct Ran(&'static str, Output, &'static str);

impl Record for Ran {
    fn step(&self, id: &str) -> Option<(&Output, &str)> {
        (id == self.0).then_some((&self.1, self.2))
    }
}

fn expect(text: &str) -> Expectation {
    Expectation::parse(text, &Kinds::default()).expect(text)
}

fn judge(text: &str, observed: &Observed) -> Judgement {
    evaluate(&expect(text), observed, &Nothing)
}

/// One command that ended by itself.
fn case(text: &str, command: &str, statuses: &[i32], out: (&str, &str), expected: Verdict) {
    let judgement = judge(text, &observed(command, statuses, out.0, out.1));
    assert_eq!(
        judgement.verdict, expected,
        "{text} on {command} {statuses:?} {out:?}: {judgement:#?}"
    );
}

const UNKNOWN: &str = "Error: unknown command \"list\" for \"infisical secrets\"\n\nUsage:\n  infisical secrets [command]\n";
const REVOKED: &str = "Request: GET http://vault/api/v4/secrets?environment=prod\nInstance: http://vault\nRequest ID: req-14012\nResponse Code: 401 Unauthorized\nMessage: No identity access token found\n";
const ONE_LINE: &str = "error: unable to get [err=CallGet Unsuccessful response [GET http://v/api] [status-code=404] [request-id=req-401x] [message=\"Service token with ID 'x' not found\"]]\n";
const REFUSED: &str = "error: CallGetRawSecretsV3: Unable to complete api request [err=Get \"http://v/api\": dial tcp 127.0.0.1:401: connect: connection refused]\n";
const DNS: &str = "error: Get \"https://v/api\": dial tcp: lookup v on 10.0.0.2:53: no such host\n";
const NAMES: &str = "API_KEY\nDB_URL\nUNAUTHORIZED_LOG_URL\n";
const LIST: &str = "infisical secrets --env=prod";

#[test]
fn seed_a_list_of_secret_names() {
    let text = "# Expect: a list of secret names (no values needed for this check)";
    let head = "INFISICAL_TOKEN=\"$T\" infisical secrets list --env=prod | head -3";
    case(text, head, &[0, 0], (NAMES, ""), Unverified);
    case(text, head, &[141, 0], (NAMES, ""), Unverified);
    case(text, head, &[1, 0], ("", UNKNOWN), NotMet);
    case(text, head, &[0, 0], ("", ""), NotMet);
    let judgement = judge(text, &observed(head, &[1, 0], "", UNKNOWN));
    assert_eq!(judgement.checks[0].why, "`infisical` stage 1 of 2 exited 1, hidden by the pipe");
    let compiled = expect(text);
    assert_eq!(compiled.residual(), Some("secret names"));
    assert_eq!(compiled.notes(), ["no values needed for this check"]);
    assert_eq!(compiled.best(), Best::Unverified);
    assert!(!compiled.is_sensitive());
}

#[test]
fn seed_a_list_is_checked_in_full_with_a_glossary() {
    let mut kinds = Kinds::default();
    kinds.insert("secret name", "^[A-Z][A-Z0-9_]*$").unwrap();
    let text = "a list of secret names (no values needed for this check)";
    let expectation = Expectation::parse(text, &kinds).unwrap();
    assert_eq!(expectation.best(), Best::Met);
    let verdict =
        |stdout: &str| evaluate(&expectation, &observed(LIST, &[0], stdout, ""), &Nothing).verdict;
    assert_eq!(verdict(NAMES), Met);
    assert_eq!(verdict("API_KEY\nsome prose\n"), NotMet);
    assert_eq!(verdict("\n"), NotMet);
    let counted = Expectation::parse("at least 2 secret names", &kinds).unwrap();
    assert_eq!(evaluate(&counted, &observed(LIST, &[0], NAMES, ""), &Nothing).verdict, Met);
}

#[test]
fn seed_a_count_matching_step_1() {
    let text = "# Expect: a count matching step 1.";
    let compiled = expect(text);
    assert_eq!(compiled.step_references(), ["1"]);
    let case = |stdout: &str,
                statuses: &[i32],
                earlier: &str,
                command: &'static str,
                expected: Verdict| {
        let record = Ran("1", output(earlier), command);
        let judgement = evaluate(
            &compiled,
            &observed("infisical secrets | wc -l", statuses, stdout, ""),
            &record,
        );
        assert_eq!(judgement.verdict, expected, "{judgement:#?}");
    };
    case("3\n", &[0, 0], "3\n", "infisical secrets | wc -l", Met);
    case("3\n", &[0, 0], NAMES, "infisical secrets -o names", Met);
    case("3\n", &[0, 0], "4\n", "infisical secrets | wc -l", NotMet);
    case("3\n", &[0, 0], NAMES, "infisical secrets | head -3", Unverified);
    case("0\n", &[0, 0], "", "infisical secrets", Unverified);
    case("0\n", &[1, 0], "", "infisical secrets", NotMet);
    assert_eq!(judge(text, &observed("x | wc -l", &[0, 0], "3\n", "")).verdict, Unverified);
}

#[test]
fn seed_the_first_8_chars_of_the_secret_value() {
    let text = "# Expect: the first 8 chars of the secret value (sanity that the token can read).";
    let head = "infisical secrets get K --plain | head -c 8";
    case(text, head, &[0, 0], ("HRKU-abc", ""), Unverified);
    case(text, head, &[0, 0], ("", ""), NotMet);
    case(text, head, &[0, 0], ("abcde", ""), NotMet);
    case(text, head, &[1, 0], ("error: C", ""), NotMet);
    let compiled = expect(text);
    assert!(compiled.is_sensitive());
    assert_eq!(compiled.residual(), Some("of the secret value"));
    let judgement = judge(text, &observed(head, &[0, 0], "HRKU-ab", ""));
    assert!(!format!("{judgement:?}").contains("HRKU"), "{judgement:#?}");
}

#[test]
fn seed_successful_secret_fetch_logs() {
    let text = "# Expect: successful secret fetch logs, no 401s.";
    let logs = "heroku logs --tail -a x | grep -iE 'infisical|secret_fetch'";
    let good = "app[web.1]: secret_fetch ok count=12\n";
    let stopped =
        |stdout: &str| Observed { ended: Ended::Stopped, ..observed(logs, &[130, 0], stdout, "") };
    assert_eq!(judge(text, &stopped(good)).verdict, Unverified);
    assert_eq!(judge(text, &stopped("")).verdict, NotMet);
    for bad in ["secret_fetch FAILED 401\n", "infisical: HTTP 401\n", "status=401 secret_fetch\n"] {
        assert_eq!(judge(text, &stopped(&format!("{good}{bad}"))).verdict, NotMet, "{bad}");
    }
    assert_eq!(
        judge(text, &stopped("secret_fetch ok bytes=14012 took 401ms\n")).verdict,
        Unverified
    );
    let mut watch = expect(text).watch();
    watch.push(Stream::Stdout, good.as_bytes());
    assert_eq!(watch.progress(), Progress::Undecided);
    watch.push(Stream::Stdout, b"secret_fetch FAI");
    watch.push(Stream::Stdout, b"LED 401\n");
    assert_eq!(watch.progress(), Progress::NotMet);

    let mut kinds = Kinds::default();
    kinds.insert("successful secret fetch log", "secret_fetch ok").unwrap();
    let full = Expectation::parse(text, &kinds).unwrap();
    assert_eq!(full.best(), Best::Met);
    let other = stopped(&format!("booting\n{good}"));
    assert_eq!(evaluate(&full, &other, &Nothing).verdict, Met);
    assert_eq!(evaluate(&full, &stopped("secret_fetch FAILED 401\n"), &Nothing).verdict, NotMet);
}

#[test]
fn seed_ok_true() {
    let curl = "curl -sS https://api/health | jq '.infisical'";
    case("{\"ok\": true}", curl, &[0, 0], ("{\n  \"ok\": true\n}\n", ""), Met);
    case("{\"ok\": true}", curl, &[0, 0], ("{\n  \"ok\": false\n}\n", ""), NotMet);
    case("{\"ok\": true}", curl, &[0, 0], ("null\n", ""), NotMet);
    case("{\"ok\": true}", curl, &[0, 0], ("", ""), NotMet);
    case("{\"ok\": true}", curl, &[7, 0], ("", "curl: (7) Failed to connect"), NotMet);
}

#[test]
fn seed_401_unauthorized() {
    for text in [
        "401 / unauthorized",
        "401",
        "401 | 403 | 404",
        "401, 403 or 404",
        "HTTP 401, or 404 \"not found\"",
        "401 or \"No identity access token found\"",
        "HTTP 401 or HTTP 404",
        "401/403",
    ] {
        assert_eq!(expect(text).best(), Best::Met, "{text}");
        case(text, LIST, &[1], ("", REVOKED), Met);
        case(text, LIST, &[0], ("", REVOKED), Met);
        case(text, LIST, &[0], (NAMES, ""), NotMet);
        case(text, LIST, &[0], ("", ""), NotMet);
        case(text, LIST, &[1], ("", UNKNOWN), NotMet);
        case(text, LIST, &[1], ("", REFUSED), NotMet);
        case(text, LIST, &[1], ("", DNS), NotMet);
        case(text, LIST, &[127], ("", "bash: infisical: command not found\n"), NotMet);
        let hung = Observed { ended: Ended::TimedOut, ..observed(LIST, &[137], "", "") };
        assert_eq!(judge(text, &hung).verdict, NotMet, "{text}");
    }
    case("401, 403 or 404", LIST, &[1], ("", ONE_LINE), Met);
    case("HTTP 401, or 404 \"not found\"", LIST, &[1], ("", ONE_LINE), Met);
    case("HTTP 401, or 404 \"Service token\"", LIST, &[1], ("", ONE_LINE), Met);
    case("401", LIST, &[1], ("", ONE_LINE), NotMet);
    case(
        "401 / unauthorized",
        "curl -s https://x",
        &[0],
        ("{\"error\":\"Missing token\"}", ""),
        Unverified,
    );
    case(
        "401 / unauthorized",
        "curl -s https://x",
        &[0],
        ("{\"error\":\"Unauthorized\"}", ""),
        Met,
    );
    case(
        "401 / unauthorized",
        "curl -s https://x",
        &[6],
        ("", "curl: (6) Could not resolve host: x"),
        NotMet,
    );
    case("401 / unauthorized", "curl -si https://x", &[0], ("HTTP/2 200\n\nok", ""), NotMet);
    case(
        "401 / unauthorized",
        "curl -fsS https://x",
        &[22],
        ("", "curl: (22) The requested URL returned error: 401"),
        Met,
    );
    case(
        "401 / unauthorized",
        "curl -fsS https://x",
        &[22],
        ("", "curl: (22) The requested URL returned error: 403"),
        NotMet,
    );
    case("401 / unauthorized", "curl -fsS https://x", &[0], ("ok", ""), NotMet);
    case(
        "401 / unauthorized",
        LIST,
        &[0],
        ("Unauthorized access is prohibited\nAPI_KEY\n", ""),
        Unverified,
    );
}

#[test]
fn exit_statuses_follow_the_annotation() {
    case("PONG", "redis-cli ping", &[0], ("PONG", ""), Met);
    case("PONG", "redis-cli ping", &[1], ("PONG", ""), NotMet);
    case("exit 2", "x", &[2], ("", ""), Met);
    case("exit 2", "x", &[1], ("", ""), NotMet);
    case("exits non-zero", "x", &[3], ("", ""), Met);
    case("should fail", "x", &[1], ("", ""), Met);
    case("should fail", "x", &[0], ("", ""), NotMet);
    case("should fail", "x", &[127], ("", ""), Unverified);
    case("FAIL", "x", &[1], ("", ""), Met);
    case("FAIL", "x", &[0], ("FAIL", ""), Met);
    case("FAIL", "x", &[0], ("ok", ""), NotMet);
    case("\"Error: token revoked\"", "x", &[1], ("", "Error: token revoked"), Met);
    case("\"Error: token revoked\"", "x", &[1], ("", "Error: timeout"), NotMet);
    case("empty", "grep -rn foo src", &[1], ("", ""), Met);
    case("empty", "grep -rn foo missing", &[2], ("", ""), NotMet);
    case("no output", "ps aux | grep foo", &[0, 1], ("", ""), Met);
    case("empty", "ls x", &[1], ("", ""), NotMet);
    case("no matches", "git grep foo", &[1], ("", ""), Met);
    case("0", "grep -c x f", &[1], ("0\n", ""), Met);
    case("exit=2", "run; echo \"exit=$?\"", &[0], ("exit=2\n", ""), Met);
    case("exit=2", "run", &[2], ("", ""), Met);
    case("exit=2", "run; echo \"exit=$?\"", &[0], ("exit=0\n", ""), NotMet);
    case("0", "(exit 1) | wc -l", &[1, 0], ("0\n", ""), NotMet);
    case("exit 0", "x || true", &[0], ("", ""), Unverified);
    case("exit 0, 20 glyphs processed", "x", &[1], ("", ""), NotMet);
    case("exit 0, 20 glyphs processed", "x", &[0], ("", ""), Unverified);
    case("exit 0, 20 glyphs processed", "x", &[0], ("done: 20 glyphs processed\n", ""), Met);
    case("diff (file changed)", "diff a b", &[1], ("< a\n> b\n", ""), Unverified);
}

#[test]
fn common_phrasings_compile_and_judge() {
    let json = "{\"status\":\"ok\",\"isComplete\":false,\"id\":\"x1\"}";
    let pods = "NAME   READY   STATUS    AGE\nweb    2/2     Running   1d\n";
    let rows: &[(&str, &str, Verdict)] = &[
        ("no output, exit 0", "", Met),
        ("Should return \"UP\"", "\"UP\"\n", Met),
        ("Should return \"UP\"", "\"DOWN\"\n", NotMet),
        ("> 0 (custom template is intact)", "4\n", Met),
        ("> 0 (custom template is intact)", "0\n", NotMet),
        ("kind: Rollout", "apiVersion: v1\nkind: Rollout\n", Met),
        ("kind: Rollout", "kind: Deployment\n", NotMet),
        ("PONG", "PONG\n", Met),
        ("\"stable\", no \"beta\"", "stable\n", Met),
        ("\"stable\", no \"beta\"", "stable\nbeta\n", NotMet),
        ("kind: Rollout (NOT kind: Deployment)", "kind: Rollout\n", Met),
        ("All tests pass", "anything", Met),
        ("All 320 tests pass", "ok\n", Unverified),
        ("All 320 tests pass", "All 320 tests pass\n", Met),
        ("count = 0", " count \n-------\n 0\n(1 row)\n", Met),
        ("count = 0", "{\"count\": 0}", Met),
        ("count = 0", "count: 3\n", NotMet),
        ("done=N", "done=12\n", Met),
        ("\"ok\" or \"healthy\"", "healthy\n", Met),
        ("\"ok\" or \"healthy\"", "unhealthy\n", NotMet),
        ("list of ~50 keys", "a\nb\n", Unverified),
        ("list of ~50 keys", "", NotMet),
        ("worktree-{task_id}", "worktree-7\n", Met),
        ("empty when idle", "", Unverified),
        ("contains \"Paris\"", "Paris is the capital\n", Met),
        ("contains \"Paris\"", "Parisian\n", NotMet),
        ("Contains \".\" (e.g., kvm-host.local.lan)", "a.b\n", Met),
        ("{\"status\":\"ok\"}", json, Met),
        ("HTTP/2 200", "HTTP/2 200 \ncontent-type: text/html\n", Met),
        ("HTTP 409", "HTTP/1.1 409 Conflict\n", Met),
        ("should be empty", "x\n", NotMet),
        ("Empty array", "[]\n", Met),
        ("Empty array", "", NotMet),
        ("same as the pre-upgrade count", "4\n", Unverified),
        ("exit 0", "", Met),
        ("11 rules", "a b\n", Unverified),
        ("2 keys", "a\nb\n", Met),
        ("`INFISICAL_TOKEN` listed", "INFISICAL_TOKEN  2026\n", Met),
        ("`INFISICAL_TOKEN` listed", "OTHER_TOKEN\n", NotMet),
        ("no errors", "done\n", Met),
        ("no errors", "error: x\n", NotMet),
        ("no errors", "checked src/error.rs\n", Unverified),
        ("0 failed", "12 passed, 0 failed\n", Met),
        ("0 failed", "12 passed, 3 failed\n", NotMet),
        ("at least 2 rows", "a\nb\n", Met),
        ("at least one row", " id \n----\n(0 rows)\n", NotMet),
        ("10 or more", "12\n", Met),
        ("empty — nothing was changed", "", Met),
        ("may print warnings", "", Unverified),
        ("JSON body containing \"id\"", json, Met),
        ("JSON with id, name, status", json, NotMet),
        ("no rows", " id \n----\n(0 rows)\n", Met),
        ("0 hits", "", Met),
        ("0 hits", "x\n", NotMet),
        ("200 OK", "HTTP/1.1 200 OK\n", Met),
        ("HTTP/1.1 101 Switching Protocols", "HTTP/1.1 101 Switching Protocols\n", Met),
        ("\"all modules verified\"", "all modules verified\n", Met),
        ("\"all modules verified\"", "All modules verified\n", NotMet),
        ("200", "200", Met),
        ("200", "503", NotMet),
        ("~50 keys", "50\n", Unverified),
        ("30-50", "42\n", Met),
        ("30-50", "51\n", NotMet),
        ("non-empty", "x", Met),
        ("non-zero", "3", Met),
        ("READY 2/2", pods, Met),
        ("Phase should be \"Running\"", "Phase: Running\n", Met),
        ("\"ready\" within 30s", "ready\n", Met),
        ("All pods Running", pods, Met),
        ("All pods Running", "NAME   READY   STATUS\n", NotMet),
        ("v14.0.0 or higher", "v18.1.0\n", Met),
        ("4 \"Registered tunnel\" messages", "Registered tunnel 1\nRegistered tunnel 2\n", NotMet),
        ("\"Registered tunnel\" messages", "Registered tunnel 1\n", Met),
        ("active (running)", "Active: active (running) since\n", Met),
        ("active (running)", "Active: active (exited)\n", Unverified),
        ("active (running)", "Active: inactive (dead)\n", Unverified),
        ("Pending then Running", "Running\n", Unverified),
        ("isComplete=false", "false\n", Unverified),
        ("isComplete=false", json, Met),
        ("matches /^x[0-9]$/", "x1\n", Met),
        ("exactly 3 characters", "abc\n", Met),
        ("not empty", "", NotMet),
        ("200 with sessionId", "HTTP/2 200\n\n{\"sessionId\":1}", Met),
        ("output should contain `a.b`", "a.b\n", Met),
        ("should not contain \"x.y\"", "x.y\n", NotMet),
    ];
    for (text, stdout, expected) in rows {
        case(text, "run", &[0], (stdout, ""), *expected);
    }
}

#[test]
fn prose_is_never_taken_apart_for_keywords() {
    for text in [
        "nothing to commit, working tree clean",
        "No changes detected",
        "Lines 20, 22, 29, 95, 106",
        "No such file or directory",
        "the number you wrote + 3 (whatever it was)",
        "9 tests pass",
        "only lines asserting hint status",
        "count = 0   /   fields = 16",
        "a recent commit",
        "Redirect to Authentik",
        "default False.",
        "clean when nothing changed",
        "as above",
        "something like foo.txt and bar.txt",
        "~5",
        "within several seconds",
    ] {
        let compiled = expect(text);
        assert!(compiled.is_prose(), "{text}: {:?}", compiled.checks());
        case(text, "x", &[0], ("some output\n", ""), Unverified);
        case(text, "x", &[0], ("", ""), Unverified);
    }
    case(
        "nothing to commit, working tree clean",
        "git status",
        &[0],
        ("On branch main\nnothing to commit, working tree clean\n", ""),
        Met,
    );
    case("Same result as before", "x", &[1], ("", ""), NotMet);
    case("permission denied for that user", "x", &[1], ("", "boom"), Unverified);
    case(
        "ls: X.md: No such file or directory",
        "ls X.md 2>&1",
        &[2],
        ("ls: X.md: No such file or directory\n", ""),
        Met,
    );
}

#[test]
fn traps_that_other_tools_fell_into() {
    case("401", "x", &[0], ("id=14012\n", ""), NotMet);
    case("OK", "x", &[0], ("NOT OK\n", ""), NotMet);
    case("healthy", "x", &[0], ("unhealthy\n", ""), Unverified);
    case("\"healthy\"", "x", &[0], ("unhealthy\n", ""), NotMet);
    case("JSON", "curl x | head -5", &[0, 0], ("{\"a\":\n", ""), NotMet);
    case("clean", "git status", &[0], ("modified: x\n", ""), Unverified);
    case("no \"panic\"", "x", &[1], ("", ""), NotMet);
    case("no errors", "x || true", &[0], ("", ""), Unverified);
    let silent = Observed { ended: Ended::Stopped, ..observed("x -f", &[143], "", "") };
    assert_eq!(judge("no 401s", &silent).verdict, Unverified);
    let hung = Observed { ended: Ended::TimedOut, ..observed("x", &[137], "", "") };
    assert_eq!(judge("\"done\"", &hung).verdict, NotMet);
    let late = Observed { ended: Ended::TimedOut, ..observed("x", &[137], "done\n", "") };
    assert_eq!(judge("\"done\"", &late).verdict, Met);
    case("no \"panic\"", "x", &[0], ("", "# Expect: no \"panic\"\n"), Met);
    case("\"ready.now\"", "x", &[0], ("", "# Expect: \"ready.now\"\n+ echo ready.now\n"), NotMet);
    case("one or more", "x", &[0], ("onepassword-connect pod\n", ""), NotMet);
    case("on stderr", "x", &[0], ("", ""), Unverified);
    case("\"warn.x\" on stderr", "x", &[0], ("warn.x\n", ""), NotMet);
    case("\"warn.x\" on stderr", "x", &[0], ("", "warn.x\n"), Met);
    case("empty", "x", &[0], ("\x1b[0m\r\n", "noise"), Met);
}

#[test]
fn a_word_that_is_also_denied_proves_nothing() {
    case(
        "200",
        "for h in a b; do curl -w '%{http_code}\\n' $h; done",
        &[0],
        ("200\n500\n", ""),
        Unverified,
    );
    case("200", "curl -sLi x", &[0], ("HTTP/1.1 301 Moved\n\nHTTP/2 200\n", ""), Met);
    case("200", "curl -sI x", &[0], ("HTTP/1.1 301 Moved Permanently\n", ""), NotMet);
    case("healthy", "x", &[0], ("db: healthy\ncache: unhealthy\n", ""), Unverified);
    case(
        "Running",
        "kubectl get pods",
        &[0],
        ("NAME  STATUS\na     Running\nb     Pending\n", ""),
        Unverified,
    );
    case(
        "Running",
        "kubectl get pods",
        &[0],
        ("NAME  STATUS\na     Running\nb     Running\n", ""),
        Met,
    );
    case("Connected", "x", &[0], ("Connected: false\n", ""), Unverified);
}

#[test]
fn typed_forms_say_exactly_what_they_check() {
    let rows: &[(&str, &str, Verdict)] = &[
        ("Expect(exact): a b", "a b\n", Met),
        ("Expect(exact): a b", "a b c\n", NotMet),
        ("Expect(regex): ^v[0-9]+$", "v1\n", Met),
        ("Expect(regex, ignore-case): /ready/", "READY\n", Met),
        ("Expect(json, exact): {\"a\":1}", "{\"a\":1,\"b\":2}", NotMet),
        ("Expect(count): at least 2", "a\nb\n", Met),
        ("Expect(number): > 3", "4", Met),
        ("Expect(exit): 0", "", Met),
        ("Expect(http): 401 or 403", "HTTP/1.1 403 Forbidden", Met),
        ("Expect(contains): up", "it is up\n", Met),
        ("Expect(contains, ignore-case): UP", "it is up\n", Met),
        ("Expect(manual): looks fine", "x", Unverified),
        ("Expect(none): nobody cares", "x", Met),
        ("Expect(stderr): \"x.y\"", "x.y", NotMet),
        ("Expect(within 60s every 5s): \"x.y\"", "x.y", Met),
        ("Expect(until \"done\", within 60s): no errors", "done\n", Met),
        ("Expect(rows): at least 1", "a\n", Met),
        ("Expect(sensitive): non-empty", "s3cret\n", Met),
    ];
    for (text, stdout, expected) in rows {
        case(text, "run", &[0], (stdout, ""), *expected);
    }
    assert!(expect("Expect(sensitive): non-empty").is_sensitive());
    let within = expect("Expect(within 60s every 5s): x.y").within().expect("a time");
    assert_eq!((within.duration.as_secs(), within.every.map(|e| e.as_secs())), (60, Some(5)));
}

#[test]
fn several_lines_are_several_promises() {
    let text = "Expected output should include:\n#   alpha 1\n#   - beta 2\n";
    case(text, "x", &[0], ("alpha 1\nbeta 2\n", ""), Met);
    case(text, "x", &[0], ("alpha 1\n", ""), NotMet);
    case("exit 0\n#  - \"a.b\"\n#  - no \"c.d\"", "x", &[0], ("a.b\nc.d\n", ""), NotMet);
    case("{\n  \"a\": 1\n}", "x", &[0], ("{\"a\":1}", ""), Met);
}

#[test]
fn what_was_not_kept_is_not_judged() {
    let cut = |lines: u64| Observed {
        stdout: Output { head: b"start\n".to_vec(), tail: b"end\n".to_vec(), omitted: 100, lines },
        ..observed("x", &[0], "", "")
    };
    assert_eq!(judge("\"start\"", &cut(9)).verdict, Met);
    assert_eq!(judge("\"middle\"", &cut(9)).verdict, Unverified);
    assert_eq!(judge("no \"panic\"", &cut(9)).verdict, Unverified);
    assert_eq!(judge("{\"a\": 1}", &cut(9)).verdict, Unverified);
    assert_eq!(judge("empty", &cut(9)).verdict, NotMet);
    let middle = [b"start\n".as_slice(), &b"x".repeat(92), b"\nmiddle\n", b"end\n"].concat();
    let live = |text: &str| {
        let mut watch = expect(text).watch();
        middle.chunks(7).for_each(|chunk| watch.push(Stream::Stdout, chunk));
        watch.judge(&cut(4), &Nothing).verdict
    };
    assert_eq!(live("\"middle\""), Met);
    assert_eq!(live("no \"panic\""), Met);
    assert_eq!(live("no \"middle\""), NotMet);
    assert_eq!(live("\"absent.here\""), NotMet);
}

#[test]
fn a_stream_is_decided_as_soon_as_it_can_be() {
    let progress = |text: &str, output: &str| {
        let mut watch = expect(text).watch();
        watch.push(Stream::Stdout, output.as_bytes());
        watch.progress()
    };
    assert_eq!(progress("\"listening\"", "now listening\n"), Progress::Met);
    assert_eq!(progress("\"listening\"", "booting\n"), Progress::Undecided);
    assert_eq!(progress("\"listening\", no errors", "listening\n"), Progress::Holding);
    assert_eq!(progress("no errors", "listening\n"), Progress::Undecided);
    assert_eq!(progress("\"listening\", no errors", "error: x\n"), Progress::NotMet);
    assert_eq!(progress("a list of names", "x\n"), Progress::Undecided);
    assert_eq!(progress("Listening on port N", "Listening on port 3000\n"), Progress::Met);
    assert_eq!(progress("\"a.b\" or \"c.d\"", "c.d\n"), Progress::Met);
    assert_eq!(progress("exit 0", "x\n"), Progress::Undecided);
}

#[test]
fn secret_output_is_told_by_its_class_only() {
    let secret = Observed { sensitive: true, ..observed("x", &[0], "hunter2-xyz\n", "") };
    for text in [
        "12",
        "\"absent.x\"",
        "no \"hunter2-xyz\"",
        "contains \"hunter2-xyz\"",
        "exactly 3 chars",
        "401",
        "3 rows",
        "matches /h/",
    ] {
        let why: Vec<String> =
            judge(text, &secret).checks.into_iter().map(|check| check.why).collect();
        assert!(!why.concat().contains("hunter2"), "{text}: {why:?}");
    }
}

#[test]
fn a_judgement_is_the_contract_s_json() {
    let judgement = judge("PONG", &observed("x", &[0], "PONG\n", ""));
    let value = serde_json::to_value(&judgement).unwrap();
    assert_eq!(value["verdict"], "met");
    assert_eq!(value["checks"][1]["text"], "the output has `PONG`");
    assert_eq!(value["checks"][1]["verdict"], "met");
    assert!(value["residual"].is_null());
}
