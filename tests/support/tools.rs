//! An environment in which the real tools reach the services of a test and nothing else.
//!
//! The variables come from what the tools themselves document and from watching their system
//! calls: without them heroku sends telemetry and looks for updates, and writes to the git
//! configuration of the user; gh writes a device id; both query the terminal.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::Services;

/// Where the stand-ins for tools without a package are; they do the requests of the real one.
const DOUBLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doubles");

/// The folder whose `bin` holds the real gh and heroku.
///
/// # Panics
/// Where `tests/run` did not say it.
pub fn installed() -> PathBuf {
    let tools = std::env::var_os("RUNBOOK_TEST_TOOLS").map(PathBuf::from);
    let tools = tools.expect("RUNBOOK_TEST_TOOLS is not set: run these tests with tests/run");
    for tool in ["gh", "heroku"] {
        let path = tools.join("bin").join(tool);
        assert!(path.exists(), "{} is not there: run tests/install", path.display());
    }
    tools
}

/// A temporary home, and the variables that bind the tools to the services.
pub struct Environment {
    home: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Environment {
    /// For tools that every machine has: bash, curl, jq and the double of infisical.
    pub fn plain(services: &Services) -> Self {
        Self::new(services, &[])
    }

    /// For the real gh and heroku as well.
    pub fn with_installed(services: &Services) -> Self {
        Self::new(services, &[installed().join("bin")])
    }

    fn new(services: &Services, folders: &[PathBuf]) -> Self {
        let home = tempfile::tempdir().expect("a home");
        write(&home.path().join(".cache/heroku/terms-of-service"), "");
        let socket = format!("http_unix_socket: {}\n", services.socket().display());
        write(&home.path().join("gh/config.yml"), &socket);
        let variables = variables(services, home.path(), folders);
        let environment = Self { home, variables };
        let heroku = environment.get("HEROKU_HOST");
        // Any host but a loopback one makes heroku talk to production.
        assert!(heroku.starts_with("http://127.0.0.1:"), "{heroku}");
        environment
    }

    /// The temporary home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// All variables, for a process whose environment was cleared.
    pub fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }

    /// One more variable, or another value for one.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    fn get(&self, name: &str) -> &str {
        let variable = self.variables.iter().find(|(known, _)| *known == name);
        variable.map_or("", |(_, value)| value)
    }

    /// A command with this environment and no other.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home());
        command
    }

    /// Runs a script in plain bash, with `pipefail`.
    pub fn bash(&self, script: &str) -> Output {
        let mut command = self.command("bash");
        command.args(["--noprofile", "--norc", "-o", "pipefail", "-c", script]);
        command.output().expect("bash runs")
    }

    /// Runs a script until a line of its output contains the text, then ends its process group; the
    /// lines up to there.
    pub fn until(&self, script: &str, text: &str) -> Vec<String> {
        let mut child = self
            .command("bash")
            .args(["--noprofile", "--norc", "-c", script])
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut lines = Vec::new();
        for line in output.lines().map_while(Result::ok) {
            let found = line.contains(text);
            lines.push(line);
            if found {
                break;
            }
        }
        let group = format!("-{}", child.id());
        Command::new("kill").args(["-TERM", "--", &group]).status().expect("kill runs");
        child.wait().expect("bash ends");
        assert!(lines.last().is_some_and(|line| line.contains(text)), "{script}\n{lines:?}");
        lines
    }
}

fn variables(services: &Services, home: &Path, folders: &[PathBuf]) -> Vec<(&'static str, String)> {
    let path = std::env::var("PATH").expect("a PATH");
    let folders = folders.iter().map(|folder| folder.display().to_string());
    let path: Vec<String> = [DOUBLES.to_owned()].into_iter().chain(folders).chain([path]).collect();
    let state = services.state();
    let at = |name: &str| home.join(name).display().to_string();
    vec![
        ("PATH", path.join(":")),
        ("HOME", home.display().to_string()),
        ("XDG_CONFIG_HOME", at(".config")),
        ("XDG_CACHE_HOME", at(".cache")),
        ("XDG_STATE_HOME", at(".state")),
        ("XDG_DATA_HOME", at(".data")),
        ("GIT_CONFIG_GLOBAL", at("gitconfig")),
        ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("TERM", "dumb".to_owned()),
        ("NO_COLOR", "1".to_owned()),
        ("HEROKU_HOST", services.address().to_owned()),
        ("HEROKU_API_KEY", state.heroku.key.clone()),
        ("DISABLE_TELEMETRY", "true".to_owned()),
        ("HEROKU_DISABLE_AUTOUPDATE", "1".to_owned()),
        ("HEROKU_SKIP_NEW_VERSION_CHECK", "true".to_owned()),
        ("GH_CONFIG_DIR", at("gh")),
        ("GH_TOKEN", state.github.token.clone()),
        ("GH_TELEMETRY", "false".to_owned()),
        ("GH_PROMPT_DISABLED", "1".to_owned()),
        ("GH_NO_UPDATE_NOTIFIER", "1".to_owned()),
        ("GH_NO_EXTENSION_UPDATE_NOTIFIER", "1".to_owned()),
        ("INFISICAL_DISABLE_UPDATE_CHECK", "1".to_owned()),
    ]
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("its folder");
    fs::write(path, text).expect("the file");
}
