//! An interpreter for the operations runbooks that teams already keep as markdown.
//!
//! Data flows one way; a stage knows the stages before it and none after it.
//!
//! ```text
//! text -> Document -> Plan -> Event* -> terminal | json | journal
//! ```
//!
//! The modules, in the order in which they may know each other (`tests/architecture.rs` holds
//! the allowed imports):
//!
//! 1. [`source`]: text with byte spans and line/column positions
//! 2. [`path`]: where repositories and programs are
//! 3. [`git`]: git, asked without being told what to run
//! 4. [`program`]: a program that a team's settings name, run within bounds
//! 5. [`diagnostic`]: a finding about a runbook, as data
//! 4. [`diagnostic`]: a finding about a runbook, as data
//! 5. [`voice`]: who speaks on a screen: the margins of others, the words of the program
//! 6. [`expect`]: what a segment promises: English that compiles to checks
//! 7. [`shell`]: what a block mentions: statements, names, placeholders
//! 8. [`policy`]: what a command does to the world
//! 9. [`variables`]: values: secrets, redaction, templates
//! 10. [`document`]: what the author wrote: markdown to a `Document`
//! 11. [`config`]: what a team has set
//! 12. [`plan`]: what is decided before anything runs
//! 13. [`check`]: what can be said against a runbook without running it
//! 14. [`stamp`]: the header's `Last validated`, refreshed in place
//! 15. [`freshness`]: what changed since the stamp
//! 16. [`event`]: what happened, as data
//! 17. [`journal`]: the durable record of runs
//! 18. [`audit`]: hands audit entries on to where a team keeps them
//! 19. [`resume`]: what a run has come to, and how it goes on
//! 20. [`validation`]: what a validation came to
//! 21. [`sandbox`]: a process that can read and cannot write
//! 22. [`gate`]: what every program passes that a read-only session starts
//! 23. [`session`]: a shell that remembers
//! 24. [`engine`]: carries a plan out
//! 25. [`report`]: views of events, diagnostics and explanations
//! 26. [`cli`]: the command line, prompts, exit codes

pub mod audit;
pub mod check;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod document;
pub mod engine;
pub mod event;
pub mod expect;
pub mod freshness;
pub mod gate;
pub mod git;
pub mod journal;
pub mod path;
pub mod plan;
pub mod policy;
pub mod program;
pub mod report;
pub mod resume;
pub mod sandbox;
pub mod session;
pub mod shell;
pub mod source;
pub mod stamp;
pub mod validation;
pub mod variables;
pub mod voice;
