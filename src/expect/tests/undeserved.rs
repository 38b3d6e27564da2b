//! Outputs that look like what was promised and say something else.

use super::Verdict::{self, Met, NotMet, Unverified};
use super::{judge, observed};

fn case(text: &str, stdout: &str, expected: Verdict) {
    let judgement = judge(text, &observed("x", &[0], stdout, ""));
    assert_eq!(judgement.verdict, expected, "{text} on {stdout}: {judgement:#?}");
}

#[test]
fn a_status_beside_another_or_only_wanted_is_not_met() {
    case("401 / unauthorized", "HTTP 401 expected but HTTP 200 received", Unverified);
    case("401 / unauthorized", "401 Unauthorized expected but HTTP 200 received", Unverified);
    case("HTTP 200", "want HTTP 200, have HTTP/1.1 500", Unverified);
    case("HTTP 200", "expected HTTP 200 but got HTTP 500", Unverified);
    case("HTTP 200", "expected HTTP 200 but got HTTP 500\nHTTP 200", Unverified);
    case("200 OK", "HTTP/1.1 500, expected 200 OK", Unverified);
    case("200", "the server should answer HTTP 200", Unverified);
    case("200", "a timeout instead of HTTP 200", Unverified);
    case("200", "expected HTTP 200, got HTTP 200", Met);
    case("200", "HTTP 200 as expected", Met);
}

#[test]
fn a_bare_value_is_all_that_is_printed() {
    case("true", "true\n", Met);
    case("true", "true\ntrue\n", Met);
    case("true", "error: expected true, got false", Unverified);
    case("true", "false\ntrue", Unverified);
    case("true", "false", NotMet);
    case("null", "x null", Unverified);
}

#[test]
fn other_words_for_an_error_are_no_absence_of_errors() {
    for line in [
        "fatal: failure",
        "FATAL: x",
        "panic: x",
        "java.lang.NullPointerException",
        "failed to connect",
        "curl: (7) Failed to connect",
        "Traceback (most recent call last):",
        "KeyError",
    ] {
        case("no errors", line, Unverified);
    }
    case("no errors", "5 passed; 0 failed", Met);
    case("no errors", "all is well", Met);
}

#[test]
fn what_is_no_thing_is_not_counted_as_one() {
    case("at least 1 pod", "No resources found in default namespace.", NotMet);
    case("at least 2 pods", "error a\nwarning b", Unverified);
    case("at least 2 pods", "web-1\nweb-2\n", Met);
}

#[test]
fn the_column_of_states_decides() {
    case("all pods Running", "Not Running", Unverified);
    case("all pods Running", "NAME  STATUS   LAST\na     Pending  Running\n", NotMet);
    case("Running", "NAME  STATUS   LAST\na     Pending  Running\n", Unverified);
    case("all pods Running", "NAME  STATUS   LAST\na     Running  Pending\n", Met);
}

#[test]
fn a_pair_that_is_said_twice_on_a_line_must_agree() {
    case("STATUS=Bound", "STATUS=Bound STATUS=Lost", Unverified);
    case("STATUS=Bound", "STATUS=Bound STATUS=Bound", Met);
}

#[test]
fn long_integers_are_compared_digit_by_digit() {
    case("9007199254740993", "9007199254740992", NotMet);
    case("9007199254740992", "9007199254740993", NotMet);
    case("9007199254740993", "9007199254740993\n", Met);
    case("9007199254740991", "9007199254740990", NotMet);
    case("> 0", "18446744073709551615", Met);
    case("{\"n\": 18446744073709551615}", "{\"n\": 18446744073709551614}", NotMet);
    case("{\"n\": 118446744073709551615}", "{\"n\": 118446744073709551614}", Unverified);
    case("{\"n\": 118446744073709551615}", "{\"n\": 118446744073709551615}", Met);
    case("n: 9007199254740993", "n: 9007199254740992", NotMet);
}

#[test]
fn a_key_that_is_there_twice_proves_nothing() {
    case("{\"ok\": true}", "{\"ok\": false, \"ok\": true}", Unverified);
    case("{\"ok\": true}", "{\"ok\": true, \"ok\": false}", Unverified);
    case("ok: true", "{\"ok\": false, \"ok\": true}", Unverified);
}
