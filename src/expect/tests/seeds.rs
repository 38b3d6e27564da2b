//! The six annotations of one real runbook, on good, bad and misleading output.

use super::{Nothing, Ran, case, expect, judge, observed, output};
use crate::expect::Verdict::{self, Met, NotMet, Unverified};
use crate::expect::{Best, Ended, Expectation, Kinds, Observed, Progress, Stream, evaluate};

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
}

#[test]
fn seed_401_has_other_ways_to_be_answered() {
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
