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
//! 6. [`voice`]: who speaks on a screen: the margins of others, the words of the program
//! 7. [`expect`]: what a segment promises: English that compiles to checks
//! 8. [`shell`]: what a block mentions: statements, names, placeholders
//! 9. [`policy`]: what a command does to the world
//! 10. [`variables`]: values: secrets, redaction, templates
//! 11. [`document`]: what the author wrote: markdown to a `Document`
//! 12. [`config`]: what a team has set
//! 13. [`plan`]: what is decided before anything runs
//! 14. [`check`]: what can be said against a runbook without running it
//! 15. [`stamp`]: the header's `Last validated`, refreshed in place
//! 16. [`freshness`]: what changed since the stamp
//! 17. [`event`]: what happened, as data
//! 18. [`journal`]: the durable record of runs
//! 19. [`audit`]: hands audit entries on to where a team keeps them
//! 20. [`resume`]: what a run has come to, and how it goes on
//! 21. [`validation`]: what a validation came to
//! 22. [`sandbox`]: a process that can read and cannot write
//! 23. [`gate`]: what every program passes that a read-only session starts
//! 24. [`session`]: a shell that remembers
//! 25. [`engine`]: carries a plan out
//! 26. [`report`]: views of events, diagnostics and explanations
//! 27. [`cli`]: the command line, prompts, exit codes

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
