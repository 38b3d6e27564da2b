//! Hands audit entries on to where a team keeps them: a file, an address, a program.
//!
//! Theory of operation. What is handed on follows from events alone ([`Teller`]), and its key from
//! the journal's chain. An entry comes into the [`Outbox`], a file beside the journal, right after
//! its event is in the journal. Should a process die between the two, or the outbox be lost, the next
//! one makes it from the journal ([`collect`]): a run's first event says which sinks it has. Before an
//! entry goes out it is compared with the journal ([`check`]). A [`Courier`] takes entries from the outbox to their sinks while the run
//! goes on, in order, one thread a sink; what a sink has not taken stays there. Of several processes
//! one at a time delivers to a sink ([`Claim`]). So an entry is delivered at least once, with the same
//! key and the same text each time.
//!
//! Comes in: events, the team's sinks. Goes out: entries, and what became of them, as events. A sink
//! never sees more than the journal does: an entry is made of redacted text. Refuses to know the
//! environment and the terminal.

mod claim;
mod collect;
mod command;
mod courier;
mod deliver;
mod entry;
mod file;
mod given_up;
mod handing;
mod http;
mod outbox;
mod proof;
mod rounds;
mod sink;

pub use claim::Claim;
pub use collect::{collect, facts_of};
pub use courier::Courier;
pub use deliver::{Attempt, Stop};
pub use entry::{Handed, Teller, VERSION};
pub use given_up::GivenUp;
pub use handing::Handing;
pub use outbox::{Letter, Outbox, OutboxError};
pub use proof::{Checked, check};
pub use sink::Sink;
