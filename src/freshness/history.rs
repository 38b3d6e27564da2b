//! The document as it was when it was stamped.
//!
//! Comes in: a document and the date that stands in it. Goes out: the document of the commit that
//! brought that date, on whatever branch: what was merged after it counts as changed. A shallow
//! history that ends before another date is seen has no such commit.

use std::ffi::OsStr;

use crate::document::Document;
use crate::source::Source;
use crate::stamp::{Standing, standing};

use super::Since;
use super::git::{self, Commit, NoAnswer, Tracked};

/// What is to be compared with, and why there is nothing.
#[derive(Debug)]
pub(super) struct History {
    pub since: Since,
    pub base: Option<Document>,
    pub uncommitted: bool,
}

/// The document that the stamp was put on.
pub(super) fn since_stamp(document: &Document, stamp: &Standing, search: &OsStr) -> History {
    let without = |since| History { since, base: None, uncommitted: false };
    let tracked = match git::find(document.source.path(), search) {
        Ok(tracked) => tracked,
        Err(NoAnswer::Outside) => return without(Since::None("it is in no repository".into())),
        Err(NoAnswer::Failed(why)) => return without(Since::Unknown(why)),
    };
    let Some(id) = tracked.head.clone() else {
        return without(Since::None("nothing is committed yet".into()));
    };
    let head = Commit { id, path: tracked.path.clone() };
    let Ok(bytes) = tracked.text(&head) else {
        return without(Since::None("it is not committed".into()));
    };
    let committed = match read(document, bytes) {
        Ok(committed) => committed,
        Err(why) => return without(Since::Unknown(why)),
    };
    let uncommitted = plain(document) != plain(&committed);
    if !matches!(stamp, Standing::On(_)) {
        return History { since: Since::Never, base: None, uncommitted };
    }
    if standing(&committed).0 != *stamp {
        // The date stands in the working copy alone: what was changed before it and what after it
        // cannot be told, so that all of it counts.
        return History { since: Since::Head(head.id), base: Some(committed), uncommitted };
    }
    match origin(document, stamp, &tracked, (head, committed)) {
        Ok((commit, base)) => {
            History { since: Since::Commit(commit.id), base: Some(base), uncommitted }
        }
        Err(why) => History { since: Since::Unknown(why), base: None, uncommitted },
    }
}

/// How many commits may have touched the date's line without changing the date.
const LONGEST: usize = 1000;

/// The commit that brought the date. Another word of its line may have changed since: then the
/// commit before that one has the date as well, and is asked in its turn.
fn origin(
    document: &Document,
    stamp: &Standing,
    tracked: &Tracked,
    head: (Commit, Document),
) -> Result<(Commit, Document), String> {
    let (mut commit, mut known) = head;
    for _ in 0..LONGEST {
        let place = standing(&known).1.map_or(0, |span| span.start);
        let origin = tracked.origin(&commit, known.source.line(place))?;
        let brought = read(document, tracked.text(&origin.commit)?)?;
        let Some(previous) = origin.previous else {
            return if tracked.shallow {
                Err(SHALLOW.into())
            } else {
                Ok((origin.commit, brought))
            };
        };
        let before = read(document, tracked.text(&previous)?)?;
        if standing(&before).0 != *stamp {
            return Ok((origin.commit, brought));
        }
        (commit, known) = (previous, before);
    }
    Err("the date's line was changed too often".into())
}

const SHALLOW: &str = "the clone is shallow and its history ends before the stamp; \
                       fetch all of it (`git fetch --unshallow`, `fetch-depth: 0`)";

fn read(document: &Document, bytes: Vec<u8>) -> Result<Document, String> {
    let source = Source::of(document.source.path(), bytes);
    Ok(Document::read(source.map_err(|error| format!("failed to {error}, as it was earlier"))?))
}

/// The text without the line endings that a checkout may have changed.
fn plain(document: &Document) -> String {
    document.source.text().replace("\r\n", "\n")
}
