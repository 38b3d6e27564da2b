//! What operators put in the place of a runbook's commands, offered as a patch to the runbook.
//!
//! Comes in: the events of a run, its runbook. Goes out: a patch that `git apply` and `patch -p1` take
//! at the root of the repository. It is shown, and kept beside the journal; the runbook itself is
//! never changed.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::config::repository;
use crate::document::Document;
use crate::event::{Event, Place, Sink, What};
use crate::report::neutral;
use crate::resume::{Deviated, Past, begin, patch};
use crate::shell::quote;
use crate::source::Source;

use super::arguments::RunFormat;
use super::{Exit, Failure, journal, print};

/// Follows a run for what is carried out in the place of its runbook's commands.
pub(super) struct Deviations {
    all: Vec<Deviated>,
    /// The segment that was put last, and where it stands.
    at_hand: Option<(u64, Place)>,
}

impl Deviations {
    /// Goes on after what the run has come to.
    pub fn after(past: Option<&Past>) -> Self {
        let all = past.map(|past| past.deviations.clone()).unwrap_or_default();
        Self { all, at_hand: None }
    }

    /// Offers the patch, at the end of a run; where the run is kept, as a file, too.
    pub fn offer(
        &self,
        document: &Document,
        kept: Option<&str>,
        format: RunFormat,
    ) -> Result<(), Failure> {
        let place = Placed::of(document.source.path());
        let patch = patch(document, &place.name, &self.all);
        if patch.is_empty() {
            return Ok(());
        }
        let file = kept.map(|run| keep(run, &patch)).transpose()?;
        if format == RunFormat::Json {
            return Ok(());
        }
        let root = place.root.display();
        let mut text = format!(
            "\nThe runbook with what was carried out in place of its commands ({root}):\n\n"
        );
        text.push_str(&neutral(&patch));
        if let Some(file) = file {
            let (file, root) = (quoted(&file), quoted(&place.root));
            text.push_str(&format!(
                "\n  kept as {file}; `git -C {root} apply {file}` applies it\n"
            ));
        }
        print(&text)
    }
}

impl Sink for Deviations {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match &event.what {
            What::CommandEdited(deviation) => self.all.push(Deviated::of(deviation)),
            What::SegmentIntended(intent) if !intent.probe => {
                self.at_hand = Some((intent.segment, intent.place.clone()));
            }
            What::SegmentStarted { segment, .. } => {
                if let Some((_, place)) = self.at_hand.as_ref().filter(|(own, _)| own == segment) {
                    begin(&mut self.all, place);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The patch of a run whose text the journal has, for `runbook show --patch`: as it is for a program,
/// harmless for a terminal.
pub(super) fn show(past: &Past, path: &Path, text: String) -> Result<Exit, Failure> {
    let place = Placed::of(path);
    let document = Document::read(Source::new(path, text));
    let patch = patch(&document, &place.name, &past.deviations);
    let patch = if io::stdout().is_terminal() { neutral(&patch) } else { patch };
    print(&patch)?;
    Ok(Exit::Done)
}

/// Where a runbook stands in its repository.
struct Placed {
    root: PathBuf,
    name: String,
}

impl Placed {
    fn of(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let root = std::path::absolute(repository(&path)).unwrap_or_default();
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        Self { root, name }
    }
}

/// Writes the patch of a run beside the journal, for this user alone; its path.
fn keep(run: &str, patch: &str) -> Result<PathBuf, Failure> {
    let folder = journal::folder()?.join("patches");
    let path = folder.join(format!("{run}.patch"));
    let write = || {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let new = folder.join(format!("{run}.new"));
        let _ = fs::remove_file(&new);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(patch.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    write().map_err(|error: io::Error| {
        Failure::new(Exit::Environment, format!("failed to write {}: {error}", path.display()))
    })?;
    Ok(path)
}

/// A path as one word for a shell.
fn quoted(path: &Path) -> String {
    quote(&path.display().to_string())
}
