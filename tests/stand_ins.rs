//! The stand-ins behave as the tools they stand for, and share one world.
//!
//! Every case is a line of bash with the stand-ins first on `PATH`, judged by what it prints and
//! by the statuses of its stages.

use std::process::Command;

use tempfile::TempDir;

const VAULT: &str = r#"--domain="$(input INFISICAL_DOMAIN)" --projectId="$(input INFISICAL_PROJECT_ID)" --env=prod"#;

/// What one line of bash did.
struct Did {
    stdout: String,
    stderr: String,
    statuses: String,
}

/// A world of its own, and the stand-ins that act on it.
struct World(TempDir);

impl World {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the world"))
    }

    fn run(&self, line: &str) -> Did {
        let stand_ins = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stand-ins");
        let path = std::env::var("PATH").expect("a PATH");
        let script = format!("{}\necho \"${{PIPESTATUS[@]}}\" >&3", line.replace("VAULT", VAULT));
        let statuses = self.0.path().join("statuses");
        let output = Command::new("bash")
            .args(["-c", &format!("exec 3>\"$STATUSES\"\n. \"$STAND_INS/.world\"\n{script}")])
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", format!("{stand_ins}:{path}"))
            .env("HOME", self.0.path())
            .env("STAND_INS", stand_ins)
            .env("STATUSES", &statuses)
            .env("RUNBOOK_STAND_INS_STATE", self.0.path().join("state"))
            .output()
            .expect("bash runs");
        Did {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            statuses: std::fs::read_to_string(statuses).unwrap_or_default().trim().to_owned(),
        }
    }

    /// Runs a line that prints exactly this on standard output, with these statuses.
    #[track_caller]
    fn prints(&self, line: &str, statuses: &str, stdout: &str) -> &Self {
        let did = self.run(line);
        assert_eq!(
            (did.statuses.as_str(), did.stdout.as_str()),
            (statuses, stdout),
            "{line}\n{}",
            did.stderr
        );
        self
    }

    /// Runs a line that has no standard output, with this status and this on standard error.
    #[track_caller]
    fn fails(&self, line: &str, statuses: &str, stderr: &str) -> &Self {
        let did = self.run(line);
        assert_eq!(
            (did.statuses.as_str(), did.stdout.as_str()),
            (statuses, ""),
            "{line}\n{}",
            did.stderr
        );
        assert!(did.stderr.contains(stderr), "{line}\n{}", did.stderr);
        self
    }
}

#[test]
fn listing_is_not_a_subcommand_and_the_pipe_hides_it() {
    World::new()
        .fails(
            "INFISICAL_TOKEN=$IDENTITY_OLD infisical secrets list VAULT | head -3",
            "1 0",
            "Error: unknown command \"list\" for \"infisical secrets\"",
        )
        .prints(
            "INFISICAL_TOKEN=$IDENTITY_OLD infisical secrets list VAULT 2>/dev/null | wc -l",
            "1 0",
            "0\n",
        );
}

#[test]
fn secrets_are_listed_in_every_format() {
    let names =
        "DATABASE_URL\nHEROKU_API_KEY\nINFISICAL_SERVICE_TOKEN\nSESSION_KEY\nSTRIPE_API_KEY\n";
    World::new()
        .prints(
            "INFISICAL_TOKEN=$IDENTITY_OLD infisical secrets VAULT -o json | jq -r '.[].secretKey'",
            "0 0",
            names,
        )
        .prints(
            "INFISICAL_TOKEN=$SERVICE_OLD infisical secrets VAULT --plain | cut -d= -f1",
            "0 0",
            names,
        )
        .prints("infisical secrets VAULT --token=$IDENTITY_OLD | wc -l", "0 0", "9\n")
        .prints("infisical secrets VAULT --token $IDENTITY_OLD -o json | wc -l", "0 0", "0\n");
}

#[test]
fn a_missing_secret_is_no_failure() {
    World::new()
        .prints("infisical secrets get NONE --plain VAULT --token=$IDENTITY_OLD", "0", "")
        .prints(
            "infisical secrets get HEROKU_API_KEY --plain VAULT --token=$IDENTITY_OLD | head -c 5",
            "0 0",
            "HRKU-",
        );
}

#[test]
fn each_bad_token_is_refused_in_its_own_way() {
    World::new()
        .fails("INFISICAL_TOKEN=... infisical secrets VAULT", "1", "Response Code: 403 Forbidden\nMessage: The provided access token is malformed")
        .fails("INFISICAL_TOKEN=st.gone.b.c infisical secrets VAULT", "1", "[status-code=404]")
        .fails("INFISICAL_TOKEN=st.gone.b infisical secrets VAULT", "1", "invalid service token entered")
        .fails("INFISICAL_TOKEN= infisical secrets VAULT", "1", "No valid login session found")
        .fails("INFISICAL_TOKEN=$IDENTITY_OLD infisical secrets VAULT --domain=http://nowhere.test", "1", "lookup nowhere.test: no such host")
        .fails("INFISICAL_TOKEN=$IDENTITY_OLD infisical secrets --domain=$(input INFISICAL_DOMAIN) --projectId=", "1", "Project ID is required")
        .fails(
            "INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN=... INFISICAL_TOKEN=$IDENTITY_OLD infisical secrets VAULT",
            "1",
            "403 Forbidden",
        );
}

#[test]
fn a_read_only_token_may_not_write() {
    World::new()
        .fails("infisical secrets set A=b VAULT --token=$IDENTITY_OLD", "1", "[status-code=403]")
        .prints("infisical secrets get A --plain VAULT --token=$IDENTITY_OLD", "0", "")
        .prints("infisical secrets set --file <(printf 'A=b=c\\n') VAULT --token=$SERVICE_OLD | grep -c 'A .*\\*\\*\\*\\*\\*\\*.*SECRET CREATED'", "0 0", "1\n")
        .prints("infisical secrets get A --plain VAULT --token=$IDENTITY_OLD", "0", "b=c\n");
}

#[test]
fn a_new_identity_token_exists_once_it_was_created_and_the_old_one_until_it_was_revoked() {
    World::new()
        .fails("input NEW_TOKEN", "1", "")
        .fails("INFISICAL_TOKEN=$IDENTITY_NEW infisical secrets VAULT", "1", "403")
        .prints("infisical secrets VAULT -o json --token=$IDENTITY_OLD | jq length", "0 0", "5\n")
        .prints(
            "manual 2 'Machine identity' >/dev/null && [[ $(input NEW_TOKEN) == $IDENTITY_NEW ]]",
            "0",
            "",
        )
        .prints("infisical secrets VAULT -o json --token=$IDENTITY_NEW | jq length", "0 0", "5\n")
        .prints("manual 7 'Machine identity' >/dev/null", "0", "")
        .fails(
            "infisical secrets VAULT --token=$IDENTITY_OLD",
            "1",
            "Response Code: 401 Unauthorized\nMessage: No identity access token found",
        )
        .prints("infisical secrets VAULT -o json --token=$IDENTITY_NEW | jq length", "0 0", "5\n");
}

#[test]
fn a_deleted_service_token_is_not_found() {
    World::new()
        .prints("infisical secrets VAULT -o json --token=$SERVICE_OLD | jq length", "0 0", "5\n")
        .prints("manual 2 'Legacy service token' >/dev/null && [[ $(input NEW_TOKEN) == $SERVICE_NEW ]]", "0", "")
        .prints("manual 7 'Legacy service token' >/dev/null", "0", "")
        .fails("infisical secrets VAULT --token=$SERVICE_OLD", "1", "Service token with ID '6f1d0a52-old' not found")
        .prints("infisical secrets VAULT -o json --token=$SERVICE_NEW | jq length", "0 0", "5\n");
}

#[test]
fn health_and_logs_follow_from_what_the_app_holds() {
    let health = "curl -fsS \"$(input HEALTH_URL)\" | jq -c .infisical";
    let last_line = "heroku logs -a raxx-api-prod | tail -1 | cut -d' ' -f2-";
    World::new()
        .prints(health, "0 0", "{\"ok\":true}\n")
        .prints(
            "heroku config:set INFISICAL_SERVICE_TOKEN=wrong -a raxx-api-prod",
            "0",
            "INFISICAL_SERVICE_TOKEN: wrong\n",
        )
        .prints(health, "0 0", "{\"ok\":false,\"error\":\"401 Unauthorized\"}\n")
        .prints(
            last_line,
            "0 0 0",
            "app[web.1]: secret_fetch FAILED 401 Unauthorized from infisical\n",
        )
        .prints(
            "heroku config:set INFISICAL_SERVICE_TOKEN=$IDENTITY_OLD -a raxx-api-prod >/dev/null",
            "0",
            "",
        )
        .prints(last_line, "0 0 0", "app[web.1]: secret_fetch ok: 5 secrets from infisical\n")
        .prints("manual 7 '' >/dev/null", "0", "")
        .prints(health, "0 0", "{\"ok\":false,\"error\":\"401 Unauthorized\"}\n");
}

#[test]
fn a_followed_log_shows_what_happens_later() {
    World::new().prints(
        "{ sleep 1; heroku config:set K=v -a raxx-api-prod; } >/dev/null 2>&1 & heroku logs --tail -a raxx-api-prod | grep -m1 Restarting | cut -d' ' -f2-",
        "0 0 0",
        "heroku[web.1]: Restarting\n",
    );
}

#[test]
fn a_followed_log_has_no_end() {
    World::new().prints(
        "timeout 3 heroku logs --tail -a raxx-api-prod | grep -c secret_fetch",
        "124 0",
        "1\n",
    );
}

#[test]
fn heroku_refuses_what_it_does_not_know() {
    World::new().fails("heroku config:set A=b -a '<app>'", "2", "Couldn't find that app.").fails(
        "heroku config:set A=b",
        "2",
        "Missing required flag app",
    );
}

#[test]
fn gh_takes_a_value_from_the_pipe_and_shows_only_the_name() {
    World::new()
        .prints("printf %s value | gh secret set NAME -R raxx/platform", "0 0", "")
        .prints("gh secret list -R raxx/platform | cut -f1", "0 0", "NAME\n")
        .prints(
            "gh secret list -R raxx/platform --json name,updatedAt --jq '.[] | select(.name == \"NAME\") | now - (.updatedAt | fromdate) < 3600'",
            "0",
            "true\n",
        )
        .fails("gh secret set NAME -b v -R raxx/none", "1", "failed to fetch public key: HTTP 404")
        .fails("gh secret set NAME -b v", "1", "fatal: not a git repository");
}

#[test]
fn curl_reaches_the_health_address_and_no_other_host() {
    World::new()
        .fails(
            "curl -sS https://elsewhere.test/",
            "6",
            "curl: (6) Could not resolve host: elsewhere.test",
        )
        .fails(
            "curl -fsS https://api.raxx.app/none",
            "22",
            "curl: (22) The requested URL returned error: 404",
        )
        .prints(
            "curl -s -o /dev/null -w '%{http_code}\\n' https://api.raxx.app/none",
            "0",
            "404\n",
        );
}
