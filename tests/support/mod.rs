//! One server with state that stands for everything that the rotation talks to.
//!
//! [`Services`] is a vault, the Heroku API with its log streams, the GitHub API and the
//! application's health on one loopback port and one Unix socket (for `gh`). What one client
//! writes the others see: the token that `heroku config:set` stored is the one that the app's log
//! and health follow from. Tests arrange and inspect [`State`], read the journal of requests, and
//! switch faults on. [`tools`] gives the real command line tools an environment in which they can
//! reach nothing else.
//!
//! Answers follow the services' own documentation: <https://devcenter.heroku.com/articles/platform-api-reference>,
//! <https://docs.github.com/rest/actions/secrets>, <https://infisical.com/docs/api-reference>.
#![allow(dead_code, unused_imports, reason = "every test binary uses a part of it")]

mod application;
pub mod blocks;
mod github;
mod heroku;
pub mod http;
mod services;
pub mod tools;
mod vault;

pub use github::{Github, Repository};
pub use heroku::{App, Heroku};
pub use services::{Fault, Services, State};
pub use vault::{Kind, Token, Validity, Vault};
