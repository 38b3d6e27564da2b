//! More outputs that look like what was promised and say something else.

use super::Verdict::{self, Met, NotMet, Unverified};
use super::{judge, observed};

fn case(text: &str, stdout: &str, expected: Verdict) {
    let judgement = judge(text, &observed("x", &[0], stdout, ""));
    assert_eq!(judgement.verdict, expected, "{text} on {stdout}: {judgement:#?}");
}

#[test]
fn prose_that_denies_a_state_is_no_row_in_it() {
    case("all pods ready", "no pods ready", Unverified);
    case("all pods are running", "not all pods are running", Unverified);
    case("all pods are running", "pods aren't running", Unverified);
    case("all services up", "0 services up", Unverified);
    case("all services up", "none of the services is up", Unverified);
    case("at least 1 pod ready", "no pods ready", Unverified);
    case("all pods ready", "web-1 ready\nweb-2 ready\n", Met);
    case("all pods ready", "web-1 ready 0\nweb-2 ready 0\n", Met);
}

#[test]
fn what_fails_with_something_fails() {
    let failed = |text: &str, status: i32, expected: Verdict| {
        let judgement = judge(text, &observed("x", &[status], "", "permission denied\n"));
        assert_eq!(judgement.verdict, expected, "{text} with {status}: {judgement:#?}");
    };
    case("fails with \"denied\"", "denied", NotMet);
    case("should fail with \"permission denied\"", "permission denied", NotMet);
    failed("fails with \"denied\"", 1, Met);
    failed("should fail with \"permission denied\"", 1, Met);
    failed("should fail with \"permission denied\"", 0, NotMet);
    case("fails with 401", "HTTP 401", Met);
}

#[test]
fn a_name_is_not_the_beginning_of_a_longer_one() {
    case("`/srv/app`", "/srv/app.old", Unverified);
    case("`/srv/app`", "/srv/app-old", Unverified);
    case("`/srv/app`", "/srv/app/old", Unverified);
    case("`/srv/app`", "moved to /srv/app.", Met);
    case("`/srv/app`", "/srv/app/\n", Met);
    case("`app.log`", "app.log.1", Unverified);
    case("`app.log`", "see app.log, app.log.1", Met);
    case("\"example.com\"", "example.com.evil.org", Unverified);
    case("\"example.com\"", "https://example.com/ is up", Met);
    case("\"v1.2\"", "img:v1.2-rc1", Unverified);
    case("\"v1.2\"", "img:v1.2", Met);
}

#[test]
fn a_decimal_may_be_a_version() {
    case(">= 1.20", "1.9", Unverified);
    case(">= 1.20", "1.21", Unverified);
    case(">= 1.25", "1.3", Met);
    case("< 2.5", "2.4", Met);
}

#[test]
fn a_sentence_that_there_is_none_is_not_one() {
    case("at least one backup", "There are no backups.", Unverified);
    case("1 match", "Total: 0 matches", Unverified);
    case("1 pod", "null", Unverified);
    case("1 pod", "web-1\n", Met);
    case("at least 1 file", "no.txt\n", Met);
}

#[test]
fn quoted_text_is_literal() {
    case("\"status: ok\"", "status: ok since 3", Met);
    case("\"status: ok\"", "status: ok", Met);
    case("\"status\": \"ok\"", "{\"status\": \"ok\"}", Met);
    case("\"3/3\"", "3/3 replicas ok", Met);
    case("\"3/3\"", "13/3 replicas ok", NotMet);
}

#[test]
fn an_exit_status_is_no_http_status() {
    case("status 200", "exit status 200", Unverified);
    case("HTTP 200", "exit code: 200", Unverified);
    case("status 200", "status 200", Met);
}

#[test]
fn a_file_or_command_that_is_called_like_a_refusal_is_none() {
    for said in
        ["bash: unauthorized: command not found", "cat: unauthorized: No such file or directory"]
    {
        let judgement = judge("401 / unauthorized", &observed("x", &[127], "", said));
        assert_eq!(judgement.verdict, NotMet, "{said}");
    }
}

#[test]
fn a_refusal_that_a_success_tells_of_is_none() {
    let told = "HTTP/1.1 200 OK\n\n{\"note\":\"401 unauthorized is what the old key gets\"}";
    case("401 / unauthorized", told, Unverified);
    case("401 / unauthorized", "HTTP/1.1 200 OK\n\nhello\n", NotMet);
    case("401 / unauthorized", "HTTP/1.1 401 Unauthorized\n\n{}\n", Met);
}

#[test]
fn what_follows_anything_but_is_not_what_is_expected() {
    for text in ["anything but 500", "any status but 500", "everything but HTTP 500"] {
        for said in ["HTTP/1.1 404 Not Found\n\n", "HTTP/1.1 500 Internal Server Error\n\n"] {
            let judgement = judge(text, &observed("curl -sSi http://x/", &[0], said, ""));
            assert_eq!(judgement.verdict, Unverified, "{text}: {said}");
        }
    }
    case("\"a\" but not \"b\"", "a", Met);
}
