//! The GitHub API: the Actions secrets of repositories, in boxes that only the server opens.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_box::SecretKey;
use jiff::Timestamp;
use rand_core::OsRng;
use serde_json::{Value, json};

use super::http::{Reply, Request};

/// What GitHub holds.
pub struct Github {
    /// The token that it accepts.
    pub token: String,
    /// By `owner/name`.
    pub repositories: BTreeMap<String, Repository>,
    key: SecretKey,
}

/// The secrets of one repository.
#[derive(Debug, Default)]
pub struct Repository {
    /// By name: the value as it came out of its box, and when it was set.
    pub secrets: BTreeMap<String, (String, Timestamp)>,
}

impl std::fmt::Debug for Github {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Github").field("repositories", &self.repositories).finish_non_exhaustive()
    }
}

impl Github {
    /// One repository without secrets.
    pub fn new() -> Self {
        Self {
            token: "gh-test".to_owned(),
            repositories: BTreeMap::from([("raxx/platform".to_owned(), Repository::default())]),
            key: SecretKey::generate(&mut OsRng),
        }
    }

    /// The opened value of a secret.
    pub fn secret(&self, repository: &str, name: &str) -> Option<&str> {
        let (value, _) = self.repositories.get(repository)?.secrets.get(name)?;
        Some(value)
    }

    pub fn answer(&mut self, request: &Request) -> Reply {
        if request.credential() != self.token {
            return refuse(401, "Bad credentials");
        }
        if request.path == "/user" {
            return Reply::Json(200, json!({"login": "anna"}));
        }
        let parts: Vec<&str> = request.path.split('/').skip(2).collect();
        let [owner, name, "actions", "secrets", ref rest @ ..] = parts[..] else {
            return refuse(404, "Not Found");
        };
        let key = STANDARD.encode(self.key.public_key().as_bytes());
        let Some(repository) = self.repositories.get_mut(&format!("{owner}/{name}")) else {
            return refuse(404, "Not Found");
        };
        match (request.method.as_str(), rest) {
            ("GET", []) => Reply::Json(200, repository.list()),
            ("GET", ["public-key"]) => Reply::Json(200, json!({"key_id": "key-1", "key": key})),
            ("PUT", [secret]) => match open(&self.key, &request.json()) {
                Some(value) => repository.put(secret, value),
                None => refuse(422, "The box cannot be opened"),
            },
            _ => refuse(404, "Not Found"),
        }
    }
}

impl Repository {
    fn list(&self) -> Value {
        let rows: Vec<Value> = self
            .secrets
            .iter()
            .map(|(name, (_, at))| {
                let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                json!({"name": name, "created_at": at, "updated_at": at})
            })
            .collect();
        json!({"total_count": rows.len(), "secrets": rows})
    }

    fn put(&mut self, name: &str, value: String) -> Reply {
        let before = self.secrets.insert(name.to_owned(), (value, Timestamp::now()));
        match before {
            Some(_) => Reply::Empty(204),
            None => Reply::Json(201, json!({})),
        }
    }
}

/// Opens a libsodium sealed box, as <https://docs.github.com/rest/guides/encrypting-secrets-for-the-rest-api> has it.
fn open(key: &SecretKey, body: &Value) -> Option<String> {
    let sealed = STANDARD.decode(body["encrypted_value"].as_str()?).ok()?;
    String::from_utf8(key.unseal(&sealed).ok()?).ok()
}

fn refuse(status: u16, message: &str) -> Reply {
    Reply::Json(status, json!({"message": message}))
}
