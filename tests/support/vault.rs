//! The vault: secrets, and tokens of both kinds with what they may do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::http::{Reply, Request};

/// What the vault holds.
#[derive(Debug)]
pub struct Vault {
    pub project: String,
    pub tokens: Vec<Token>,
    /// By environment, then by name.
    pub secrets: BTreeMap<String, BTreeMap<String, String>>,
}

/// A token that was created once.
#[derive(Debug, Clone)]
pub struct Token {
    /// The whole text, as the consumer holds it.
    pub value: String,
    pub kind: Kind,
    pub may_write: bool,
    pub validity: Validity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of a machine identity.
    Identity,
    /// Legacy; starts with `st.` and has four parts, the last of which is never sent.
    Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    Valid,
    /// Revoked or deleted.
    Revoked,
    Expired,
}

impl Token {
    fn bearer(&self) -> &str {
        match self.kind {
            Kind::Identity => &self.value,
            Kind::Service => self.value.rsplit_once('.').map_or("", |(sent, _)| sent),
        }
    }
}

impl Vault {
    /// Five secrets and no token.
    pub fn new() -> Self {
        let secrets = ["DATABASE_URL", "INFISICAL_SERVICE_TOKEN", "SESSION_KEY", "STRIPE_API_KEY"]
            .map(|name| (name.to_owned(), format!("value-of-{}", name.to_lowercase())))
            .into_iter()
            .chain([("HEROKU_API_KEY".to_owned(), "HRKU-00000000-0000-0000".to_owned())])
            .collect();
        Self {
            project: "3f9d2c74-5a1b-4e0e-9c55-0d6a7b8e1f20".to_owned(),
            tokens: Vec::new(),
            secrets: BTreeMap::from([("prod".to_owned(), secrets)]),
        }
    }

    /// Creates a valid token that may only read.
    pub fn create(&mut self, kind: Kind, value: &str) {
        self.tokens.push(Token {
            value: value.to_owned(),
            kind,
            may_write: kind == Kind::Service,
            validity: Validity::Valid,
        });
    }

    /// Revokes or deletes a token.
    pub fn revoke(&mut self, value: &str) {
        let token = self.tokens.iter_mut().find(|token| token.value == value);
        token.expect("a token that was created").validity = Validity::Revoked;
    }

    /// Whether a consumer that holds this text can read.
    pub fn accepts(&self, value: &str) -> bool {
        self.tokens.iter().any(|token| token.value == value && token.validity == Validity::Valid)
    }

    pub fn answer(&mut self, request: &Request) -> Reply {
        let token = match self.holder(request.credential()) {
            Ok(token) => token.clone(),
            Err(refusal) => return refusal,
        };
        let name = request.path.strip_prefix("/api/v3/secrets/raw/");
        match (request.method.as_str(), request.path.as_str(), name) {
            ("GET", "/api/v2/service-token", _) if token.kind == Kind::Service => Reply::Json(
                200,
                json!({"workspace": self.project, "scopes": [{"environment": "prod", "secretPath": "/"}]}),
            ),
            ("GET", "/api/v4/secrets", _) => self.list(request, "projectId"),
            ("GET", "/api/v3/secrets/raw", _) => self.list(request, "workspaceId"),
            ("POST", _, Some(name)) => self.store(&token, name, &request.json(), "create"),
            ("PATCH", _, Some(name)) => self.store(&token, name, &request.json(), "edit"),
            (method, path, _) => {
                refuse(404, "NotFound", &format!("Route {method}:{path} not found"))
            }
        }
    }

    fn holder(&self, bearer: &str) -> Result<&Token, Reply> {
        let token = self.tokens.iter().find(|token| token.bearer() == bearer);
        match token.map(|token| (token, token.kind, token.validity)) {
            Some((token, _, Validity::Valid)) => Ok(token),
            Some((_, Kind::Identity, Validity::Revoked)) => {
                Err(refuse(401, "Unauthorized", "No identity access token found"))
            }
            Some((_, Kind::Identity, Validity::Expired)) => {
                Err(refuse(403, "TokenError", "Your token has expired. Please re-authenticate."))
            }
            Some((_, Kind::Service, Validity::Expired)) => {
                Err(refuse(403, "Forbidden", "Service token has expired"))
            }
            Some((_, Kind::Service, Validity::Revoked)) | None => Err(unknown(bearer)),
        }
    }

    fn list(&self, request: &Request, project: &str) -> Reply {
        let query = |name: &str| request.query.get(name).map_or("", String::as_str);
        if query(project) != self.project {
            let message = format!("Project with ID '{}' not found", query(project));
            return refuse(404, "NotFound", &message);
        }
        let environment = query("environment");
        let Some(secrets) = self.secrets.get(environment) else {
            let message = format!("Environment with slug '{environment}' not found");
            return refuse(404, "NotFound", &message);
        };
        let secrets: Vec<Value> = secrets
            .iter()
            .map(|(name, value)| {
                json!({
                    "_id": name, "secretKey": name, "secretValue": value, "type": "shared", "version": 1,
                    "workspace": self.project, "environment": environment, "secretPath": "/",
                    "secretComment": "", "tags": [],
                })
            })
            .collect();
        Reply::Json(200, json!({"secrets": secrets, "imports": []}))
    }

    fn store(&mut self, token: &Token, name: &str, body: &Value, action: &str) -> Reply {
        if !token.may_write {
            let message = format!("You are not allowed to {action} on secrets");
            return refuse(403, "PermissionDenied", &message);
        }
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        self.secrets
            .entry(text("environment"))
            .or_default()
            .insert(name.to_owned(), text("secretValue"));
        Reply::Json(200, json!({"secret": {"secretKey": name}}))
    }
}

/// The answer to a text that is no token, or no more.
fn unknown(bearer: &str) -> Reply {
    match bearer.strip_prefix("st.").and_then(|rest| rest.split_once('.')) {
        Some((id, _)) => {
            refuse(404, "NotFound", &format!("Service token with ID '{id}' not found"))
        }
        None => refuse(
            403,
            "TokenError",
            "The provided access token is malformed. Please use a valid token or generate a new one.",
        ),
    }
}

fn refuse(status: u16, error: &str, message: &str) -> Reply {
    Reply::Json(
        status,
        json!({"reqId": "req-1", "statusCode": status, "message": message, "error": error}),
    )
}
