//! The operator's own editor, on a private file.
//!
//! Comes in: a text. Goes out: the text as it was saved, or why there is none. The file is in a
//! folder that nobody else can enter, with whatever the editor puts beside it, and gone afterwards.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::path::find;

use super::environment_variable;

/// How often is looked whether the run is over.
const GLANCE: Duration = Duration::from_millis(50);

/// What an editor left.
pub(super) enum Saved {
    /// A text.
    Text(String),
    /// None that counts, and why.
    Nothing(String),
    /// The run is over.
    Over,
}

/// The command line of the editor that the operator has named, else of the one that everybody has.
pub(super) fn named() -> Option<String> {
    let named = environment_variable("VISUAL").or_else(|| environment_variable("EDITOR"));
    named.or_else(|| {
        let path = environment_variable("PATH")?;
        let folders: Vec<_> = std::env::split_paths(&path).collect();
        find("vi", &folders).map(|_| "vi".to_owned())
    })
}

/// Lets the operator edit `text` in `editor`, as long as the run is not `over`.
pub(super) fn edit(editor: &str, text: &str, over: &dyn Fn() -> bool) -> io::Result<Saved> {
    let private = Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().prefix("runbook-edit-").permissions(private).tempdir()?;
    let path = folder.path().join("command.sh");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    writeln!(file, "{text}")?;
    drop(file);
    // The shell takes the words apart, as it does for git and crontab; Ctrl-C is for the editor.
    let mut child = Command::new("sh")
        .args(["-c", &format!("trap : INT QUIT\n{editor} \"$1\""), "sh"])
        .arg(&path)
        .stdin(Stdio::inherit())
        .spawn()?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if over() {
            child.kill()?;
            child.wait()?;
            return Ok(Saved::Over);
        }
        thread::sleep(GLANCE);
    };
    if !status.success() {
        return Ok(Saved::Nothing(format!("{editor} ended with {status}: nothing was changed")));
    }
    match fs::read(&path).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(Saved::Text(text)),
        Ok(Err(_)) => Ok(Saved::Nothing("that is not UTF-8: nothing was changed".into())),
        Err(error) => {
            Ok(Saved::Nothing(format!("the file is gone ({error}): nothing was changed")))
        }
    }
}
