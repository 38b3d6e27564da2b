//! The real gh, heroku, curl and jq, and a double of infisical, against one server with state.
//!
//! Two things are shown: that the server answers so that the real tools behave as they do in
//! earnest, and that the runbook's own blocks, run by plain bash, rotate the token. What the
//! interpreter makes of them is tested elsewhere.

mod support;

use std::time::Duration;

use runbook::policy::Catalogue;
use support::blocks::Blocks;
use support::tools::Environment;
use support::{Fault, Kind, Services, Validity};

const OLD: &str = "eyJhbGciOiJIUzI1NiJ9.b2xk.MARKER-OLD";
const NEW: &str = "eyJhbGciOiJIUzI1NiJ9.bmV3.MARKER-NEW";
const LEGACY: &str = "st.legacy-id.MARKER-LEGACY.key";

/// Services with an old token that both apps hold, and a legacy one that may write.
fn services() -> Services {
    let services = Services::start();
    let mut state = services.state();
    state.vault.create(Kind::Identity, OLD);
    state.vault.create(Kind::Service, LEGACY);
    for app in state.heroku.apps.values_mut() {
        let name = "INFISICAL_SERVICE_TOKEN".to_owned();
        app.config.insert(name, OLD.to_owned());
    }
    drop(state);
    services
}

/// What the scripts below call the services' addresses.
fn bound(environment: Environment, services: &Services) -> Environment {
    environment
        .with("INFISICAL_DOMAIN", services.address())
        .with("INFISICAL_PROJECT_ID", &services.state().vault.project)
        .with("HEALTH_URL", &format!("{}/health/dependencies", services.address()))
        .with("CURRENT_TOKEN", OLD)
        .with("NEW_TOKEN", NEW)
        .with("LEGACY", LEGACY)
}

/// Runs a script and expects this status, this standard output, and this on standard error.
#[track_caller]
fn case(environment: &Environment, script: &str, status: i32, stdout: &str, stderr: &str) {
    let output = environment.bash(script);
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), &*out), (Some(status), stdout), "{script}\n{err}");
    assert!(err.contains(stderr), "{script}\n{err}");
}

const NAMES: &str =
    "DATABASE_URL\nHEROKU_API_KEY\nINFISICAL_SERVICE_TOKEN\nSESSION_KEY\nSTRIPE_API_KEY\n";

#[test]
fn the_double_of_infisical_sends_the_requests_of_the_real_one() {
    let services = services();
    let tools = bound(Environment::plain(&services), &services);
    case(
        &tools,
        "infisical secrets --env=prod --token=$CURRENT_TOKEN -o json | jq -r '.[].secretKey'",
        0,
        NAMES,
        "",
    );
    case(&tools, "infisical secrets --env=prod --token=$LEGACY -o json | jq length", 0, "5\n", "");
    case(&tools, "infisical secrets set A=b --env=prod --token=$LEGACY >/dev/null", 0, "", "");
    case(&tools, "infisical secrets get A --plain --env=prod --token=$CURRENT_TOKEN", 0, "b\n", "");
    assert_eq!(
        services.journal(),
        [
            "GET /api/v4/secrets 200",
            "GET /api/v2/service-token 200",
            "GET /api/v4/secrets 200",
            "GET /api/v2/service-token 200",
            "GET /api/v4/secrets 200",
            "POST /api/v3/secrets/raw/A 200",
            "GET /api/v4/secrets 200",
        ]
    );
    let request = &services.requests("/api/v4/secrets")[0];
    assert_eq!((request.credential(), request.headers["user-agent"].as_str()), (OLD, "cli"));
}

#[test]
fn the_vault_refuses_each_token_as_the_real_one_does() {
    let services = services();
    let tools = bound(Environment::plain(&services), &services);
    let list = "infisical secrets --env=prod --token=";
    let refused = |token: &str, why: &str| case(&tools, &format!("{list}{token}"), 1, "", why);
    refused("...", "Response Code: 403 Forbidden\nMessage: The provided access token is malformed");
    refused("st.none.b.c", "[status-code=404]");
    case(
        &tools,
        "infisical secrets set A=b --env=prod --token=$CURRENT_TOKEN",
        1,
        "",
        "[status-code=403]",
    );
    services.state().vault.tokens[0].validity = Validity::Expired;
    refused(OLD, "Your token has expired");
    services.state().vault.revoke(OLD);
    refused(OLD, "Response Code: 401 Unauthorized\nMessage: No identity access token found");
    services.state().vault.revoke(LEGACY);
    refused(LEGACY, "Service token with ID 'legacy-id' not found");
}

#[test]
fn a_vault_out_of_reach_is_told_apart_from_a_refusal() {
    let services = services();
    let tools = bound(Environment::plain(&services), &services);
    let list = "infisical secrets --env=prod --token=$CURRENT_TOKEN";
    case(
        &tools,
        &format!("{list} --domain=http://127.0.0.1:1"),
        1,
        "",
        "connect: connection refused",
    );
    case(
        &tools,
        &format!("{list} --domain=https://vault.invalid"),
        1,
        "",
        "lookup vault.invalid: no such host",
    );
    case(&tools, "infisical secrets list --env=prod | head -3", 1, "", "unknown command \"list\"");
    assert!(services.journal().is_empty());
}

#[test]
fn faults_come_and_go() {
    let services = services();
    let tools = bound(Environment::plain(&services), &services);
    let list = "infisical secrets --env=prod --token=$CURRENT_TOKEN -o json | jq length";
    services.fault(Fault::Status { path: "/api/v4", after: 1, status: 500 });
    case(&tools, list, 0, "5\n", "");
    case(&tools, list, 1, "", "Response Code: 500 Internal Server Error");
    services.heal();
    services.fault(Fault::Close { path: "/api/v4" });
    case(&tools, list, 1, "", "EOF");
    services.heal();
    services.fault(Fault::Slow { path: "/health", delay: Duration::from_secs(30) });
    case(&tools, "curl -sS -m 0.2 $HEALTH_URL", 28, "", "timed out");
    services.heal();
    case(&tools, list, 0, "5\n", "");
}

#[test]
fn health_follows_from_the_token_that_the_app_holds() {
    let services = services();
    let tools = bound(Environment::plain(&services), &services);
    let health = "curl -fsS $HEALTH_URL | jq -c .infisical";
    case(&tools, health, 0, "{\"ok\":true}\n", "");
    services.state().vault.revoke(OLD);
    case(&tools, health, 0, "{\"ok\":false,\"error\":\"401 Unauthorized\"}\n", "");
}

#[test]
#[ignore = "needs gh and heroku: tests/run installs them"]
fn heroku_stores_prints_and_refuses() {
    let services = services();
    let tools = Environment::with_installed(&services);
    case(
        &tools,
        "heroku config:set K=value -a raxx-api-prod",
        0,
        "K: value\n",
        "Setting K and restarting raxx-api-prod... done, v42",
    );
    assert_eq!(services.state().heroku.config("raxx-api-prod", "K"), Some("value"));
    case(&tools, "heroku config:set K=value -a '<app>'", 2, "", "Couldn't find that app.");
    case(&tools, "heroku config:set K=value", 2, "", "Missing required flag app");
    case(
        &tools.with("HEROKU_API_KEY", "wrong"),
        "heroku config -a raxx-api-prod",
        1,
        "",
        "HEROKU_API_KEY is invalid",
    );
}

#[test]
#[ignore = "needs gh and heroku: tests/run installs them"]
fn a_followed_log_shows_what_happens_later_and_has_no_end() {
    let services = services();
    let tools = Environment::with_installed(&services);
    case(
        &tools,
        "heroku logs -a raxx-api-prod | cut -d' ' -f2-",
        0,
        "app[web.1]: secret_fetch ok: 5 secrets from infisical\n",
        "",
    );
    let lines = tools.until(
        "sleep 3 && heroku config:set K=v -a raxx-api-prod >/dev/null 2>&1 & heroku logs --tail -a raxx-api-prod",
        "Restarting",
    );
    assert!(lines.len() > 1, "the router's lines came before: {lines:?}");
    case(&tools, "timeout 6 heroku logs --tail -a raxx-api-prod >/dev/null", 124, "", "");
}

#[test]
#[ignore = "needs gh and heroku: tests/run installs them"]
fn gh_seals_a_value_that_the_server_opens() {
    let services = services();
    let tools = Environment::with_installed(&services);
    for value in ["plain", "it's \"quoted\" $HOME\nand more", "größe ✓", &"x".repeat(4000)] {
        let tools = Environment::with_installed(&services).with("VALUE", value);
        case(&tools, "printf %s \"$VALUE\" | gh secret set NAME -R raxx/platform", 0, "", "");
        assert_eq!(services.state().github.secret("raxx/platform", "NAME"), Some(value));
    }
    case(&tools, "gh secret list -R raxx/platform | cut -f1", 0, "NAME\n", "");
    case(
        &tools,
        "gh secret set NAME -b v -R raxx/none",
        1,
        "",
        "failed to fetch public key: HTTP 404",
    );
    case(&tools, "gh secret set NAME -b v", 1, "", "not a git repository");
    case(&tools.with("GH_TOKEN", "wrong"), "gh secret list -R raxx/platform", 1, "", "HTTP 401");
}

#[test]
#[ignore = "needs gh and heroku: tests/run installs them"]
fn the_runbooks_own_blocks_rotate_the_token_in_plain_bash() {
    let services = services();
    let tools = bound(Environment::with_installed(&services), &services);
    let runbook = Blocks::read();

    case(&tools, &runbook.block("Step 1", 0), 0, NAMES, "");
    services.state().vault.create(Kind::Identity, NEW);
    case(&tools, &runbook.block("Step 3", 0), 0, "5\n", "");
    case(&tools, &runbook.block("Step 3", 1), 0, "8\n", "");
    case(&tools, &runbook.block("Step 4", 0), 1, "", "[status-code=403]");
    let legacy =
        bound(Environment::with_installed(&services), &services).with("CURRENT_TOKEN", LEGACY);
    case(
        &legacy,
        &format!(
            "{{ {}
}} | grep -o 'SECRET VALUE MODIFIED'",
            runbook.block("Step 4", 0)
        ),
        0,
        "SECRET VALUE MODIFIED\n",
        "",
    );

    let time = runbook.block("Step 5", 0);
    let heroku = runbook.block("Step 5", 1);
    let stored = format!("INFISICAL_SERVICE_TOKEN: {NEW}\n");
    for app in ["raxx-api-prod", "raxx-console-prod"] {
        let script = format!(
            "{time}{}\n{}",
            heroku.replace("<app>", app),
            runbook.block("Step 6", 0).replace("<app>", app)
        );
        let lines = tools.until(&script, "secret_fetch ok");
        assert_eq!(lines.len(), 2, "the old success is not shown: {lines:?}");
        assert_eq!(format!("{}\n", lines[0]), stored);
    }
    case(&tools, &runbook.block("Step 5", 2).replace("<repo>", "raxx/platform"), 0, "", "");
    assert_eq!(
        services.state().github.secret("raxx/platform", "INFISICAL_SERVICE_TOKEN"),
        Some(NEW)
    );
    case(&tools, &runbook.block("Step 6", 1), 0, "{\n  \"ok\": true\n}\n", "");
    case(&tools, &runbook.block("Step 6", 2).replace("<repo>", "raxx/platform"), 0, "true\n", "");

    case(&tools, &runbook.block("Step 7", 0), 0, NAMES, "");
    services.state().vault.revoke(OLD);
    case(&tools, &runbook.block("Step 7", 0), 1, "", "Response Code: 401 Unauthorized");
    case(&tools, &runbook.block("Step 7", 1), 0, NAMES, "");
    services.state().vault.revoke(LEGACY);
    case(
        &legacy,
        &runbook.block("Step 7", 0),
        1,
        "",
        "[status-code=404] [request-id=req-1] [message=\"Service token with ID",
    );
}

#[test]
#[ignore = "needs the real gh and heroku: tests/run installs them"]
fn the_real_tools_tell_whose_they_are_as_the_catalogue_asks_them() {
    let services = services();
    let tools = bound(Environment::with_installed(&services), &services);
    let probes = Catalogue::builtin().probes(&["heroku".into(), "gh".into()]);
    let account = |tool: &str| {
        let mut of_tool = probes.iter().filter(|probe| probe.tool() == tool);
        of_tool.find(|probe| probe.tells[0].what == "account").expect("a probe").command.clone()
    };
    case(&tools, &account("heroku"), 0, "anna@example.com\n", "");
    case(&tools, &account("gh"), 0, "anna\n", "");
    let nobody = tools.with("HEROKU_API_KEY", "wrong-key").with("GH_TOKEN", "wrong-token");
    for tool in ["heroku", "gh"] {
        let output = nobody.bash(&account(tool));
        assert!(!output.status.success(), "{tool}: {output:?}");
    }
}
