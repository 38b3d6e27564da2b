//! The rotation, validated as CI does it: read-only, in the sandbox, against one server with state.
//!
//! What counts is the journal of the server, which may hold nothing but reads, and the bytes of the
//! runbook afterwards. The real gh and heroku show that they live in the sandbox.

mod lab;
mod screen;
mod story;
mod support;

use std::fs;

use jiff::Timestamp;
use lab::{HEADER, Lab, Seen};
use story::ROTATION;
use support::tools::Environment;
use support::{Fault, Kind, Services};

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.b2xk.MARKER-OLD";
const BOOK: &str = "rotate.md";
const NAME: &str = "INFISICAL_SERVICE_TOKEN";

/// The services, and a CI that has the values which the rotation needs before its first change.
struct Ci {
    services: Services,
    lab: Lab,
    _environment: Environment,
}

impl Ci {
    /// With a server whose host is listed beside these.
    fn new(others: &[&str], environment: impl Fn(&Services) -> Environment) -> Self {
        let services = Services::start();
        services.state().vault.create(Kind::Identity, TOKEN);
        for app in services.state().heroku.apps.values_mut() {
            app.config.insert(NAME.to_owned(), TOKEN.to_owned());
        }
        let environment = environment(&services);
        let address = services.address().to_owned();
        let host = address.trim_start_matches("http://").to_owned();
        let project = services.state().vault.project.clone();
        let own = [
            ("CURRENT_TOKEN", TOKEN),
            ("INFISICAL_DOMAIN", &address),
            ("INFISICAL_PROJECT_ID", &project),
            ("HEALTH_URL", &format!("{address}/health/dependencies")),
            ("CI", "true"),
        ];
        let hosts: Vec<_> = others.iter().copied().chain([host.as_str()]).collect();
        let mut lab = Lab::bare().listing(&hosts);
        let given = environment.variables().iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in given.filter(|(name, _)| *name != "HOME").chain(own) {
            lab = lab.variable(name, value);
        }
        let book = fs::read_to_string(ROTATION).expect("the rotation");
        Self { services, lab: lab.book(BOOK, &book), _environment: environment }
    }

    fn plain() -> Self {
        Self::new(&["github.com", "api.github.com"], Environment::plain)
    }

    /// Expects that the file is the rotation, byte for byte, but for these two values.
    #[track_caller]
    fn has_stamp(&self, date: &str, method: &str) {
        let rotation = fs::read_to_string(ROTATION).expect("the rotation");
        let expected = rotation
            .replacen(
                "**Last validated:** 2026-04-24 UTC",
                &format!("**Last validated:** {date} UTC"),
                1,
            )
            .replacen(
                "**Validation method:** read-only-docs",
                &format!("**Validation method:** {method}"),
                1,
            );
        assert_eq!(self.lab.read(BOOK), expected);
    }

    /// Expects that the server saw these requests and nothing else.
    #[track_caller]
    fn saw(&self, requests: &[&str]) {
        assert_eq!(self.services.journal(), requests);
    }
}

fn today() -> String {
    Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// What runs of the rotation: the current token, and the application's report.
const READS: [&str; 2] = ["GET /api/v4/secrets 200", "GET /health/dependencies 200"];

#[test]
fn the_rotation_is_validated_by_reads_alone_and_stamped_once_a_day() {
    let mut ci = Ci::plain();
    let seen = ci.lab.json(&["--stamp", BOOK]);
    seen.exit(0);
    let book = seen.book(0);
    assert_eq!(
        book.segments(),
        [
            "met", // step 1
            "follows-change",
            "follows-change", // step 3
            "not-chosen",     // step 4, option A
            "follows-change",
            "writes",
            "writes", // step 5
            "follows-change",
            "met",
            "follows-change", // step 6
            "follows-change",
            "follows-change", // step 7
        ],
        "{seen}"
    );
    assert_eq!(
        (book.text("result"), book.text("method")),
        ("validated".into(), "read-only-live".into())
    );
    ci.saw(&READS);
    ci.has_stamp(&today(), "read-only-live");
    seen.never_says("MARKER");
    let before = fs::metadata(ci.lab.path(BOOK)).expect("the file").modified().expect("a time");
    ci.lab.validate(&["--stamp", BOOK]).exit(0).says("stamped already, unchanged");
    ci.has_stamp(&today(), "read-only-live");
    let after = fs::metadata(ci.lab.path(BOOK)).expect("the file").modified().expect("a time");
    assert_eq!(before, after, "the second stamp of a day does not touch the file");
    ci.saw(&[READS, READS].concat());
}

/// Validates with a fault; nothing is stamped and nothing but reads is sent.
#[track_caller]
fn stamps_nothing(code: i32, says: &str, fault: impl FnOnce(&mut Ci)) -> Seen {
    let mut ci = Ci::plain();
    fault(&mut ci);
    let before = ci.lab.read(BOOK);
    let seen = ci.lab.validate(&["--stamp", BOOK]);
    seen.exit(code).says(says).says("not stamped");
    seen.never_says("MARKER").never_says("value-of-");
    assert_eq!(ci.lab.read(BOOK), before);
    assert!(ci.services.journal().iter().all(|one| one.starts_with("GET ")), "{seen}");
    seen
}

#[test]
fn a_failing_or_unverified_run_stamps_nothing() {
    stamps_nothing(1, "Response Code: 401 Unauthorized", |ci| {
        ci.services.state().vault.revoke(TOKEN);
    });
    stamps_nothing(1, "{\"ok\": true}", |ci| {
        let mut state = ci.services.state();
        let app = state.heroku.apps.get_mut("raxx-api-prod").expect("an app");
        app.config.insert(NAME.to_owned(), "another".to_owned());
    });
    stamps_nothing(1, "500", |ci| {
        ci.services.fault(Fault::Status { path: "/health", after: 0, status: 500 });
    });
    stamps_nothing(3, "a person must judge: secret names", |ci| {
        let without = ci.lab.read(BOOK).replace("secret name: \"^[A-Z][A-Z0-9_]*$\"", "x: \"y\"");
        ci.lab.write(BOOK, &without);
    });
}

#[test]
fn a_token_that_nobody_gave_leaves_the_rotation_unverified() {
    stamps_nothing(3, "nobody gave `CURRENT_TOKEN`", |ci| {
        let lab = std::mem::replace(&mut ci.lab, Lab::bare());
        ci.lab = lab.variable("CURRENT_TOKEN", "");
    });
}

#[test]
fn a_vault_that_is_not_listed_is_refused_and_gets_no_token() {
    stamps_nothing(4, "is not among the listed hosts", |ci| {
        let lab = std::mem::replace(&mut ci.lab, Lab::bare());
        ci.lab = lab.listing(&["vault.example.com"]);
    });
}

/// What a team reads of its consumers with the real tools.
const CONSUMERS: &str = r#"
## Step 1 — Look

```bash
heroku config -a raxx-api-prod --json | jq -r 'keys[]'
# Expect: "INFISICAL_SERVICE_TOKEN"
```

```bash
heroku logs -a raxx-api-prod --num 5
# Expect: "secret_fetch ok"
```

```bash
gh secret list -R raxx/platform --json name --jq length
# Expect: 0
```

```bash timeout=20s
heroku logs --tail -a raxx-console-prod
# Expect: "secret_fetch ok"
```
"#;

#[test]
#[ignore = "needs gh and heroku: tests/run installs them"]
fn the_real_tools_read_inside_the_sandbox() {
    let mut ci = Ci::new(&["github.localhost:80"], |services| {
        Environment::with_installed(services)
            .with("GH_HOST", "github.localhost")
            .with("HTTP_PROXY", services.address())
            .with("NO_PROXY", "127.0.0.1")
    });
    ci.lab.write("consumers.md", &format!("{HEADER}{CONSUMERS}"));
    let seen = ci.lab.json(&["consumers.md"]);
    assert_eq!(seen.book(0).segments(), ["met", "met", "met", "met"], "{seen}");
    seen.exit(0).never_says("MARKER");
    let sent = ci.services.journal();
    let log = |app| format!("POST /apps/{app}/log-sessions 201");
    let opens_a_log = [log("raxx-api-prod"), log("raxx-console-prod")];
    assert!(
        sent.iter().all(|one| one.starts_with("GET ") || opens_a_log.contains(one)),
        "{sent:?}"
    );
    assert!(sent.contains(&"GET /repos/raxx/platform/actions/secrets 200".to_owned()), "{sent:?}");
}
