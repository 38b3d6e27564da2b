//! The document as it was when it was stamped.
//!
//! Comes in: a document and the date that stands in it. Goes out: the document of the commit that
//! brought that date: the oldest of the latest commits that all have it. A history that ends before
//! another date is seen has no such commit, unless the file itself begins there.

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
pub(super) fn since_stamp(document: &Document, stamp: &Standing) -> History {
    let without = |since| History { since, base: None, uncommitted: false };
    let tracked = match git::find(document.source.path()) {
        Ok(tracked) => tracked,
        Err(NoAnswer::Outside) => return without(Since::None("it is in no repository".into())),
        Err(NoAnswer::Failed(why)) => return without(Since::Unknown(why)),
    };
    let Some(id) = tracked.head() else {
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
    match oldest(document, stamp, &tracked, (head, committed)) {
        Ok((commit, base)) => {
            History { since: Since::Commit(commit.id), base: Some(base), uncommitted }
        }
        Err(why) => History { since: Since::Unknown(why), base: None, uncommitted },
    }
}

/// The oldest of the latest commits in which the date stands.
fn oldest(
    document: &Document,
    stamp: &Standing,
    tracked: &Tracked,
    head: (Commit, Document),
) -> Result<(Commit, Document), String> {
    let mut found = head;
    for commit in tracked.commits()? {
        let commit = commit?;
        let earlier = read(document, tracked.text(&commit)?)?;
        if standing(&earlier).0 != *stamp {
            return Ok(found);
        }
        found = (commit, earlier);
    }
    if tracked.shallow {
        return Err("the clone is shallow and its history ends before the stamp; \
                    fetch all of it (`git fetch --unshallow`, `fetch-depth: 0`)"
            .into());
    }
    Ok(found)
}

fn read(document: &Document, bytes: Vec<u8>) -> Result<Document, String> {
    let text = String::from_utf8(bytes).map_err(|_| "an earlier text is not UTF-8".to_owned())?;
    Ok(Document::read(Source::new(document.source.path(), text)))
}

/// The text without the line endings that a checkout may have changed.
fn plain(document: &Document) -> String {
    document.source.text().replace("\r\n", "\n")
}
