//! What became of an audit entry, in words.

use crate::event::What;

/// What an event says of an audit entry; nothing where it says nothing of one.
pub fn audit_words(what: &What) -> Option<String> {
    match what {
        What::AuditDelivered { step, sink, .. } => {
            Some(format!("audit: written to {sink}{}", of(step.as_ref())))
        }
        What::AuditWaits { step, sink, why, refused: false, .. } => {
            Some(format!("audit: {sink} is down ({why}); kept, tried again{}", of(step.as_ref())))
        }
        What::AuditWaits { step, sink, why, refused: true, .. } => Some(format!(
            "audit: {sink} does not take it ({why}); kept, and not tried again by itself{}",
            of(step.as_ref())
        )),
        _ => None,
    }
}

fn of(step: Option<&String>) -> String {
    step.map(|step| format!(" (step {step})")).unwrap_or_default()
}
