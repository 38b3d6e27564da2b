//! What the journal has of a run that is gone on with, or undone.
//!
//! Comes in: a line of the journal. Goes out: what the run has come to, and the texts and the part of
//! them that it is about.

use std::path::PathBuf;

use crate::document::Document;
use crate::event::{Beginning, Event, Part, What};
use crate::journal::{Filter, Head, Journal, JournalError, Line, Sqlite};
use crate::plan::{Plan, Selection};
use crate::policy::Catalogue;
use crate::report::neutral;
use crate::resume::{Past, steps_now};
use crate::source::Source;

use super::journal::failed;
use super::jump::wanted;
use super::{Exit, Failure, complain};

/// What the journal has of a run.
pub(super) struct Recorded {
    pub past: Past,
    pub head: Head,
    /// The runbook, from the root.
    pub path: PathBuf,
    pub folder: PathBuf,
    pub sections: Vec<String>,
}

impl Recorded {
    pub fn read(journal: &Sqlite, line: &Line) -> Result<Self, Failure> {
        Self::follow(journal, line, |_| {})
    }

    /// Reads it; `begins` is told of its beginning as soon as that is known.
    pub fn follow(
        journal: &Sqlite,
        line: &Line,
        begins: impl Fn(&Beginning),
    ) -> Result<Self, Failure> {
        let mut past = Past::default();
        let mut found = None;
        let mut wrong = None;
        let head = journal.read(&line.run, 1, &mut |entry| match serde_json::from_str::<Event>(
            &entry.text,
        ) {
            Ok(event) => {
                if let What::RunStarted(beginning) = &event.what {
                    begins(beginning);
                    found = Some(beginning.clone());
                }
                past.take(&event);
            }
            Err(error) => {
                wrong.get_or_insert((entry.number, error.to_string()));
            }
        });
        let head = head.map_err(failed)?;
        let run = line.run.clone();
        if let Some((number, said)) = wrong {
            return Err(failed(JournalError::Entry { run, number, said }));
        }
        let beginning = found.ok_or_else(|| failed(JournalError::NoRun { run }))?;
        Ok(Self {
            past,
            head,
            path: beginning.path.clone().into(),
            folder: beginning.folder.clone().into(),
            sections: beginning.sections.clone(),
        })
    }

    /// The runbook as it is now; as the journal has it, where its file is gone.
    pub fn source(&self, journal: &Sqlite) -> Result<Source, Failure> {
        match Source::read(&self.path) {
            Ok(source) => Ok(source),
            Err(error) => {
                let text = journal.text(&self.past.fingerprint).map_err(failed)?;
                let text =
                    text.ok_or_else(|| Failure::new(Exit::Usage, format!("failed to {error}")))?;
                complain(&format!(
                    "failed to {error}; going on with the text that the run was begun with"
                ));
                Ok(Source::new(&self.path, text))
            }
        }
    }

    /// The part that the run carries out, as the text now names it: a step is known again by its
    /// section and title, whatever its number has become.
    pub fn part_of(&self, journal: &Sqlite, new: &Document) -> Result<Part, Failure> {
        let part = self.past.part.clone();
        if part.is_whole() {
            return Ok(part);
        }
        let old = journal.text(&self.past.fingerprint).map_err(failed)?.unwrap_or_default();
        if old == new.source.text() {
            return Ok(part);
        }
        let old = Document::read(Source::new(&self.path, old));
        let selection = Selection::sections(self.sections.clone());
        let now = |id: &String| -> Option<Vec<String>> {
            let places = selection.places(id, &old).ok()?;
            let now: Option<Vec<usize>> = steps_now(&old, new, &places).into_iter().collect();
            Some(now?.into_iter().map(|place| new.steps[place].id.clone()).collect())
        };
        let gone = |id: &String| {
            let message = format!(
                "this run was begun with {}, and step {id} is not in the runbook any more: put the \
                 old text back and resume, or begin a run anew",
                part.words()
            );
            Failure::new(Exit::Refused, neutral(&message))
        };
        let all = |id: &String| now(id).ok_or_else(|| gone(id));
        let from = part.from.as_ref().map(all).transpose()?;
        let only: Result<Vec<_>, _> = part.only.iter().map(all).collect();
        // What is gone need not be left out.
        let without = part.without.iter().filter_map(now).flatten().collect();
        Ok(Part {
            from: from.and_then(|ids| ids.into_iter().next()),
            only: only?.concat(),
            without,
        })
    }

    /// Which steps the run carries out, in the text that it was begun with, or went on with last.
    pub fn selection(&self, document: &Document) -> Selection {
        let selection = Selection::sections(self.sections.clone());
        let part = selection.clone().part(&wanted(&self.past.part), document);
        part.unwrap_or(selection)
    }

    /// The plan of the text that the run was carried out by last.
    pub fn plan(&self, journal: &Sqlite, catalogue: &'static Catalogue) -> Result<Plan, Failure> {
        let text = journal.text(&self.past.fingerprint).map_err(failed)?.unwrap_or_default();
        let document = Document::read(Source::new(&self.path, text));
        let selection = self.selection(&document);
        Ok(Plan::new(document, catalogue, &selection))
    }
}

/// The run that undoes, or has undone, another one, but for those that were given up.
pub(super) fn rollback_of(
    store: &Sqlite,
    line: &Line,
    past: &Past,
) -> Result<Option<Line>, Failure> {
    let filter = Filter { target: Some(line.target.clone()), ..Filter::default() };
    let mut lines = store.runs(&filter).map_err(failed)?.into_iter();
    Ok(lines
        .find(|other| other.of.as_ref() == Some(&line.run) && !past.given_up.contains(&other.run)))
}
