//! The application's report on what it depends on.

use serde_json::json;

use super::heroku::fetches;
use super::http::{Reply, Request};
use super::services::State;

/// Answers `/health/dependencies`: the vault is well if the app's own token works.
pub fn answer(request: &Request, state: &State) -> Reply {
    let app = state.heroku.apps.get(&state.healthy_app);
    match (request.path.as_str(), app) {
        ("/health/dependencies", Some(app)) => {
            let infisical = if fetches(app, &state.vault) {
                json!({"ok": true})
            } else {
                json!({"ok": false, "error": "401 Unauthorized"})
            };
            Reply::Json(200, json!({"database": {"ok": true}, "infisical": infisical}))
        }
        _ => Reply::Json(404, json!({"error": "not found"})),
    }
}
