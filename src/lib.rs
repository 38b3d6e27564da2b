//! An interpreter for the operations runbooks that teams already keep as markdown.
//!
//! Data flows one way; a stage knows the stages before it and none after it.
//!
//! ```text
//! text -> Document -> Plan -> Event* -> terminal | json
//! ```
//!
//! The modules, in the order in which they may know each other (`tests/architecture.rs` holds
//! the allowed imports):
//!
//! 1. [`source`]: text with byte spans and line/column positions
//! 2. [`diagnostic`]: a finding about a runbook, as data
//! 3. [`expect`]: what a segment promises: English that compiles to checks
//! 4. [`shell`]: what a block mentions: statements, names, placeholders
//! 5. [`policy`]: what a command does to the world
//! 6. [`variables`]: values: secrets, redaction, templates
//! 7. [`document`]: what the author wrote: markdown to a `Document`
//! 8. [`config`]: what a team has set
//! 9. [`plan`]: what is decided before anything runs
//! 10. [`event`]: what happened, as data
//! 11. [`validation`]: what a validation came to
//! 12. [`sandbox`]: a process that can read and cannot write
//! 13. [`gate`]: what every program passes that a read-only session starts
//! 14. [`session`]: a shell that remembers
//! 15. [`engine`]: carries a plan out
//! 16. [`report`]: views of events, diagnostics and explanations
//! 17. [`cli`]: the command line, prompts, exit codes
//! 18. [`check`]: what can be said against a runbook without running it
//! 19. [`stamp`]: the header's `Last validated`, refreshed in place

pub mod check;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod document;
pub mod engine;
pub mod event;
pub mod expect;
pub mod gate;
pub mod plan;
pub mod policy;
pub mod report;
pub mod sandbox;
pub mod session;
pub mod shell;
pub mod source;
pub mod validation;
pub mod stamp;
pub mod variables;
