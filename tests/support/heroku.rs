//! The Heroku API: apps with config vars, releases and logs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Vault;
use super::http::{Reply, Request};

/// What Heroku holds.
#[derive(Debug)]
pub struct Heroku {
    /// The key that it accepts.
    pub key: String,
    pub apps: BTreeMap<String, App>,
    /// How long an app takes from its restart to its first line.
    pub boot: Duration,
    address: String,
    sessions: Vec<Session>,
}

/// What a reader of a log asked for.
#[derive(Debug, Clone)]
pub struct Session {
    pub app: String,
    /// How many lines of the past.
    pub lines: usize,
    /// Whether to go on with what comes.
    pub tail: bool,
}

/// One app.
#[derive(Debug, Default)]
pub struct App {
    pub config: BTreeMap<String, String>,
    pub release: u64,
    /// Lines, each with the moment from which on it is there.
    log: Vec<(Instant, String)>,
}

impl Heroku {
    /// Two apps, with an old success in their logs.
    pub fn new(address: &str) -> Self {
        let app = || {
            App {
            release: 41,
            log: vec![(
                Instant::now(),
                "2026-01-05T08:00:02.004211+00:00 app[web.1]: secret_fetch ok: 5 secrets from infisical"
                    .to_owned(),
            )],
            ..App::default()
        }
        };
        Self {
            key: "hk-test".to_owned(),
            apps: ["raxx-api-prod", "raxx-console-prod"]
                .map(|name| (name.to_owned(), app()))
                .into(),
            boot: Duration::from_millis(300),
            address: address.to_owned(),
            sessions: Vec::new(),
        }
    }

    /// What an app holds under a name.
    pub fn config(&self, app: &str, name: &str) -> Option<&str> {
        self.apps.get(app)?.config.get(name).map(String::as_str)
    }

    /// Adds a line to an app's log.
    pub fn log(&mut self, app: &str, from: &str, text: &str) {
        self.log_later(app, from, text, Duration::ZERO);
    }

    fn log_later(&mut self, app: &str, from: &str, text: &str, delay: Duration) {
        let at = Timestamp::now() + delay;
        let line = format!("{}+00:00 {from}: {text}", at.strftime("%Y-%m-%dT%H:%M:%S.%6f"));
        if let Some(app) = self.apps.get_mut(app) {
            app.log.push((Instant::now() + delay, line));
        }
    }

    /// The lines of an app's log that are there by now.
    pub fn due(&self, app: &str) -> Vec<String> {
        let now = Instant::now();
        let log = self.apps.get(app).map_or(&[][..], |app| &app.log);
        let due = log.iter().filter(|(at, _)| *at <= now);
        due.map(|(_, line)| line.clone()).collect()
    }

    pub fn answer(&mut self, request: &Request, vault: &Vault) -> Reply {
        let parts: Vec<&str> = request.path.split('/').skip(1).collect();
        // The log stream's address is its own credential.
        if let ["logplex", session] = parts[..] {
            return self.open(session);
        }
        if request.credential() != self.key {
            return refuse(401, "unauthorized", "Invalid credentials provided.");
        }
        if parts == ["account"] {
            return Reply::Json(200, json!({"email": "anna@example.com"}));
        }
        let ["apps", name, ref rest @ ..] = parts[..] else {
            return refuse(404, "not_found", "The requested API endpoint was not found.");
        };
        let Some(app) = self.apps.get(name) else {
            return refuse(404, "not_found", "Couldn't find that app.");
        };
        match (request.method.as_str(), rest) {
            ("GET", []) => Reply::Json(200, json!({"name": name, "generation": {"name": "cedar"}})),
            ("GET", ["config-vars"]) => Reply::Json(200, json!(app.config)),
            ("GET", ["releases"]) => Reply::Json(200, json!([{"version": app.release}])),
            ("PATCH", ["config-vars"]) => self.set(name, &request.json(), vault),
            ("POST", ["log-sessions"]) => self.session(name, &request.json()),
            _ => refuse(404, "not_found", "The requested API endpoint was not found."),
        }
    }

    /// Stores config vars, and the app starts anew with what it then holds.
    fn set(&mut self, name: &str, pairs: &Value, vault: &Vault) -> Reply {
        let app = self.apps.get_mut(name).expect("it was looked up");
        for (key, value) in pairs.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(value) => app.config.insert(key.clone(), value.to_owned()),
                None => app.config.remove(key),
            };
        }
        app.release += 1;
        let reply = Reply::Json(200, json!(app.config));
        let fetched = if fetches(app, vault) {
            "secret_fetch ok: 5 secrets from infisical"
        } else {
            "secret_fetch FAILED 401 Unauthorized from infisical"
        };
        self.log(name, "heroku[web.1]", "Restarting");
        self.log_later(name, "app[web.1]", fetched, self.boot);
        reply
    }

    fn session(&mut self, name: &str, body: &Value) -> Reply {
        let lines = body["lines"].as_u64().unwrap_or(100);
        let lines = usize::try_from(lines).unwrap_or(usize::MAX);
        self.sessions.push(Session { app: name.to_owned(), lines, tail: body["tail"] == true });
        let url = format!("{}/logplex/{}?srv=1", self.address, self.sessions.len() - 1);
        Reply::Json(201, json!({"logplex_url": url}))
    }

    fn open(&self, session: &str) -> Reply {
        let session = session.parse().ok().and_then(|id: usize| self.sessions.get(id));
        match session.cloned() {
            Some(session) => Reply::Log(session),
            None => Reply::Empty(404),
        }
    }
}

/// Whether an app gets its secrets with the token that it holds.
pub fn fetches(app: &App, vault: &Vault) -> bool {
    app.config.get("INFISICAL_SERVICE_TOKEN").is_some_and(|token| vault.accepts(token))
}

fn refuse(status: u16, id: &str, message: &str) -> Reply {
    Reply::Json(status, json!({"id": id, "message": message}))
}
