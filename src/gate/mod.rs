//! The gate that every program passes which a read-only session starts.
//!
//! Comes in: the names of a plan's programs, the hosts that are listed, the rules of a team. Goes
//! out: a folder, the only one on the session's PATH, that holds a link to this executable for each
//! name. What the shell starts is so this program under another name: it judges the arguments that
//! it really got ([`enter`]), and then becomes the real program, or refuses and says so on a
//! channel that the session cannot take back. Refuses to know runbooks and expectations.

mod enter;
mod report;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use enter::{enter, executed};
pub use report::{Refused, Reports};

/// The file beside the links that says what may start.
const RULES: &str = "rules.json";
/// The folder of the links.
const LINKS: &str = "bin";
/// The channel of refusals.
const REPORT: &str = "report";

/// What may start, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rules {
    /// The folders in which the real programs are looked up, in order.
    pub path: Vec<PathBuf>,
    /// The scratch folder.
    pub scratch: PathBuf,
    /// The hosts that may be reached, as a team writes them.
    pub hosts: Vec<String>,
    /// The tools that may go where their own configuration sends them.
    pub tools: Vec<String>,
    /// A team's additions to the catalogue, in its form.
    pub catalogue: Option<String>,
    /// Variables of the operator's own that decide where a tool goes and whom it trusts; no runbook
    /// sets them.
    pub configuration: Vec<(String, String)>,
    /// Whether a program that needs no network is to get none.
    pub confines: Confines,
}

/// Whether the gate confines what it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confines {
    /// What needs no network gets none.
    Network,
    /// The kernel cannot, or nobody wants it.
    Nothing,
}

/// A gate, laid out in a folder.
#[derive(Debug)]
pub struct Gate {
    folder: PathBuf,
}

impl Gate {
    /// Lays a gate out in `folder`, which must not hold one yet, for programs of these names. Nobody
    /// else can enter the folder then.
    pub fn lay(folder: PathBuf, rules: &Rules, names: &[String]) -> io::Result<Self> {
        let links = folder.join(LINKS);
        fs::create_dir_all(&links)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        fs::write(folder.join(RULES), serde_json::to_vec(rules)?)?;
        let executable = std::env::current_exe()?;
        for name in names.iter().filter(|name| !name.is_empty() && !name.contains('/')) {
            symlink(&executable, links.join(name)).or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Ok(()),
                _ => Err(error),
            })?;
        }
        report::make(&folder.join(REPORT))?;
        Ok(Self { folder })
    }

    /// The session's whole PATH.
    pub fn path(&self) -> OsString {
        self.folder.join(LINKS).into_os_string()
    }

    /// The channel of refusals: what the sandbox must let be written to.
    pub fn report(&self) -> PathBuf {
        self.folder.join(REPORT)
    }

    /// Listens for refusals.
    pub fn listen(&self) -> io::Result<Reports> {
        Reports::open(&self.report())
    }
}
