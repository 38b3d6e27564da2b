//! What authors write most, and the exit statuses that go with it.

use super::{case, expect};
use crate::expect::Verdict::{self, Met, NotMet, Unverified};

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
    ];
    for (text, stdout, expected) in rows {
        case(text, "run", &[0], (stdout, ""), *expected);
    }
}

#[test]
fn more_common_phrasings_compile_and_judge() {
    let json = "{\"status\":\"ok\",\"isComplete\":false,\"id\":\"x1\"}";
    let pods = "NAME   READY   STATUS    AGE\nweb    2/2     Running   1d\n";
    let rows: &[(&str, &str, Verdict)] = &[
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
