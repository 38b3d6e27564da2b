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
