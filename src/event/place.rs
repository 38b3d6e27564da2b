//! Where something to do stands in a document, and where a run acts.

use serde::{Deserialize, Serialize};

use crate::variables::Redacted;

use super::What;

/// Where something to do stands in a document.
///
/// It holds for one text only; who goes on with another text translates it first.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The step's place among the document's steps, from 0.
    pub step: usize,
    /// The action's place in its step; in an alternative: the choice's, the alternative's, the
    /// action's.
    pub action: Vec<usize>,
    /// The segment's place in its block; none for what is no command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<usize>,
}

/// One fact about the place that a run happens in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The tool that acts there; `shell` for the folder.
    pub tool: String,
    /// What it is: `cluster`, `account`, `folder`.
    pub what: String,
    /// What was found; nothing where it is not known.
    pub value: Option<Redacted>,
    /// Why it is not known.
    pub why: Option<Redacted>,
}

/// Who has made another place of it while a step ran.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mover {
    /// The step.
    #[default]
    Step,
    /// The step, or another process: nobody knows what the step ran.
    Unclear,
    /// Another process: nothing that the step ran can.
    Others,
}

/// The place that events end in: what was pinned at the start, with what the run made of it since.
pub fn place_after<'a>(events: impl IntoIterator<Item = &'a What>) -> Vec<Placed> {
    let mut place = Vec::new();
    events.into_iter().for_each(|what| move_place(&mut place, what));
    place
}

/// Takes into a place what an event says of it.
pub fn move_place(place: &mut Vec<Placed>, what: &What) {
    match what {
        What::ContextPinned { entries } => place.clone_from(entries),
        What::ContextMoved { by: Mover::Others, .. } => {}
        What::ContextMoved { tool, what, to, .. } | What::ContextChanged { tool, what, to, .. } => {
            place.retain(|known| known.tool != *tool || known.what != *what);
            let (tool, what) = (tool.clone(), what.clone());
            place.push(Placed { tool, what, value: to.clone(), why: None });
        }
        _ => {}
    }
}

/// A tool that the plan uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// As the plan names it.
    pub name: String,
    /// Where it is; nothing where it is a builtin or a function, or was not found.
    pub path: Option<Redacted>,
    /// What it calls its version; nothing where it was not asked, or did not tell in time.
    pub version: Option<Redacted>,
}
