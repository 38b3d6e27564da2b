//! A small world outside of the sandbox, and a look at it.
//!
//! Folders, a process, listeners, a terminal. [`World::look`] tells all of it as text, so that what
//! was changed is what differs between two looks.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use runbook::sandbox::{self, Rules};
use rustix::fs::{FileType, OFlags};
use rustix::pty::OpenptFlags;

use crate::ways::Way;

/// Whose world it is, and who tries to change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The one that runs the tests: root, or somebody who may not become anybody else.
    Caller,
    /// The user `nobody`, whom only root can become.
    Nobody,
}

impl Who {
    pub fn id(self) -> u32 {
        match self {
            Self::Caller => rustix::process::geteuid().as_raw(),
            Self::Nobody => 65534,
        }
    }

    /// The words that become them.
    fn words(self) -> Vec<String> {
        let id = self.id().to_string();
        match self {
            Self::Caller => Vec::new(),
            Self::Nobody => ["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"]
                .map(String::from)
                .into(),
        }
    }
}

/// Whether another process of the same user is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    There,
    Absent,
}

/// Whether a script is run inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the sandbox.
    Inside,
    /// Without it.
    Outside,
}

pub struct World {
    folder: tempfile::TempDir,
    pub who: Who,
    name: String,
    neighbour: Option<(Child, u64)>,
    streams: [UnixListener; 2],
    datagrams: UnixDatagram,
    ports: [TcpListener; 2],
    serve: u16,
    terminal: (OwnedFd, OwnedFd),
    terminal_path: String,
    fifo: File,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl World {
    pub fn new(who: Who, neighbour: Neighbour) -> Self {
        let folder = tempfile::Builder::new().prefix("world").tempdir().expect("a folder");
        let at = folder.path().to_owned();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("way-{}-{number}", std::process::id());
        fs::set_permissions(&at, Permissions::from_mode(0o755)).expect("permissions");
        furnish(&at);
        let (terminal, terminal_path) = terminal();
        for path in [at.join("victim"), at.join("scratch"), PathBuf::from(&terminal_path)] {
            if who == Who::Nobody {
                give(&path, who.id());
            }
        }
        let neighbour = (neighbour == Neighbour::There).then(|| process(who, &at));
        let streams = [
            UnixListener::bind(at.join("sock")).expect("a socket"),
            UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).expect("a name"))
                .expect("a socket"),
        ];
        let datagrams = UnixDatagram::bind(at.join("dgram")).expect("a socket");
        let ports = ["127.0.0.1:0", "[::1]:0"].map(|at| TcpListener::bind(at).expect("a port"));
        for socket in ["sock", "dgram"] {
            fs::set_permissions(at.join(socket), Permissions::from_mode(0o777))
                .expect("open to all");
        }
        for socket in &streams {
            socket.set_nonblocking(true).expect("a socket");
        }
        for socket in &ports {
            socket.set_nonblocking(true).expect("a socket");
        }
        datagrams.set_nonblocking(true).expect("a socket");
        let fifo = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(at.join("victim/p"))
            .expect("the fifo");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let serve = free.expect("a port").port();
        Self {
            folder,
            who,
            name,
            neighbour,
            streams,
            datagrams,
            ports,
            serve,
            terminal,
            terminal_path,
            fifo,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The rules of the scratch alone.
    pub fn rules(&self) -> Rules {
        Rules::new(self.path("scratch"))
    }

    /// Runs a script as the user of this world.
    pub fn run(&self, place: Place, script: &str) -> Output {
        let rules = (place == Place::Inside).then(|| self.rules());
        self.command(rules.as_ref(), script).output().expect("a script that starts")
    }

    /// The command of a script, under `rules` if there are any.
    pub fn command(&self, rules: Option<&Rules>, script: &str) -> Command {
        let mut words: Vec<_> = ["timeout", "--foreground", "20"].map(String::from).into();
        words.extend(self.who.words());
        if let Some(rules) = rules {
            let prefix = sandbox::prefix_by(&program(), rules).expect("a prefix");
            words.extend(prefix.into_iter().map(|word| word.into_string().expect("UTF-8")));
        }
        words.extend(["bash", "--norc", "-c", script].map(String::from));
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(self.path("victim")).stdin(Stdio::null());
        self.lead(&mut command);
        command
    }

    /// Runs a script as whoever runs the tests.
    pub fn prepare(&self, script: &str) -> String {
        if script.is_empty() {
            return String::new();
        }
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", script]).current_dir(self.folder.path()).stdin(Stdio::null());
        self.lead(&mut command);
        let output = command.output().expect("bash");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn lead(&self, command: &mut Command) {
        let path = |name| self.path(name).into_os_string();
        command.env_clear().envs(sandbox::environment(&self.path("scratch")));
        command.env("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin");
        command.env("W", self.folder.path()).env("V", path("victim")).env("S", path("scratch"));
        if let Some((process, address)) = &self.neighbour {
            command.env("PID", process.id().to_string()).env("ADDR", address.to_string());
        }
        command.env("SOCK", path("sock")).env("DGRAM", path("dgram")).env("ABSTRACT", &self.name);
        let port = |at: usize| self.ports[at].local_addr().expect("a port").port().to_string();
        command.env("TCP", port(0)).env("TCP6", port(1)).env("SERVE", self.serve.to_string());
        command.env("TTY", &self.terminal_path).env("NAME", &self.name);
        command.env("ID", self.who.id().to_string());
    }

    /// All of this world, and what `way` looks at besides.
    pub fn look(&self, way: &Way) -> String {
        let mut text = format!("received:{}\n", self.received());
        look_at_files(&self.path("victim"), &mut text);
        if let Some((process, address)) = &self.neighbour {
            look_at_a_process(process.id(), *address, &mut text);
        }
        let system = rustix::system::uname();
        let _ = writeln!(text, "{:?} {:?}", system.nodename(), system.domainname());
        text.push_str(&fs::read_to_string("/proc/thread-self/mountinfo").expect("mounts"));
        if !way.look.is_empty() {
            text.push_str(&self.prepare(way.look));
            text.push_str(&String::from_utf8_lossy(&self.run(Place::Outside, way.look).stdout));
        }
        text
    }

    /// What came in since the last call.
    fn received(&self) -> String {
        let mut text = String::new();
        for (socket, name) in self.streams.iter().zip(["path", "abstract"]) {
            text.extend(socket.accept().map(|_| format!(" {name}")));
        }
        for (port, name) in self.ports.iter().zip(["TCP", "TCP6"]) {
            text.extend(port.accept().map(|_| format!(" {name}")));
        }
        let mut bytes = [0; 64];
        text.extend(self.datagrams.recv(&mut bytes).map(|_| " datagram"));
        text.extend((&self.fifo).read(&mut bytes).map(|_| " fifo"));
        let waiting = |side| rustix::io::ioctl_fionread(side).unwrap_or(0);
        if waiting(&self.terminal.0) + waiting(&self.terminal.1) > 0 {
            text.push_str(" terminal");
        }
        text
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some((process, _)) = &mut self.neighbour {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The program under test, where everybody can start it.
fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_runbook").into()
}

fn furnish(at: &Path) {
    for folder in ["victim", "victim/d", "victim/e", "scratch"] {
        fs::create_dir(at.join(folder)).expect("a folder");
    }
    let big = "A".repeat(65536);
    let files =
        [("f", "old\n"), ("g", "other\n"), ("d/inner", "in\n"), ("held", ""), ("big", &big)];
    for (name, text) in files.iter().chain(&[("x", "x\n")]) {
        fs::write(at.join("victim").join(name), text).expect("a file");
    }
    std::os::unix::fs::symlink("f", at.join("victim/l")).expect("a link");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, at.join("victim/p"), FileType::Fifo, mode, 0)
        .expect("a fifo");
    // Not every file system has attributes.
    let empty = rustix::fs::XattrFlags::empty();
    let _ = rustix::fs::setxattr(at.join("victim/x"), "user.note", b"old", empty);
    for (name, text) in [("Way.pm", include_str!("Way.pm")), ("ring.py", include_str!("ring.py"))] {
        fs::write(at.join(name), text).expect("a script");
    }
    sandbox::prepare(&at.join("scratch")).expect("a scratch");
}

/// Gives a tree to a user.
fn give(at: &Path, id: u32) {
    std::os::unix::fs::lchown(at, Some(id), Some(id)).expect("a new owner");
    if fs::symlink_metadata(at).is_ok_and(|stat| stat.is_dir()) {
        for entry in fs::read_dir(at).expect("a folder").flatten() {
            give(&entry.path(), id);
        }
    }
}

/// A process that waits, with `AAAAAAAA` at the address that it tells and a file open as 3.
fn process(who: Who, at: &Path) -> (Child, u64) {
    let script = r#"$| = 1; $m = "A" x 8; open(H, ">>held"); print unpack("J", pack("p", $m)), "\n"; sleep 60 while 1"#;
    let mut words = who.words();
    words.extend(["perl", "-e", script].map(String::from));
    let mut process = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(at.join("victim"))
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("perl");
    let mut line = String::new();
    let out = process.stdout.take().expect("a pipe");
    BufReader::new(out).read_line(&mut line).expect("an address");
    (process, line.trim().parse().expect("an address"))
}

fn terminal() -> ((OwnedFd, OwnedFd), String) {
    let master =
        rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a terminal");
    rustix::pty::unlockpt(&master).expect("a terminal");
    let path = rustix::pty::ptsname(&master, Vec::new()).expect("a name");
    let path = path.to_string_lossy().into_owned();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(path.as_str(), flags, rustix::fs::Mode::empty()).expect("opened");
    let mut raw = rustix::termios::tcgetattr(&slave).expect("settings");
    raw.make_raw();
    rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &raw).expect("raw");
    ((master, slave), path)
}

fn look_at_a_process(id: u32, address: u64, text: &mut String) {
    let at = PathBuf::from(format!("/proc/{id}"));
    let read = |name: &str| fs::read_to_string(at.join(name)).unwrap_or_default();
    let stat = read("stat");
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // Runs or sleeps are the same; stopped, traced and dead are not. Then niceness and policy.
    let state = fields.first().copied().unwrap_or("gone").replace(['R', 'D'], "S");
    let _ = writeln!(text, "{state} {:?} {:?}", fields.get(16), fields.get(38));
    for name in ["limits", "oom_score_adj", "coredump_filter"] {
        text.push_str(&read(name));
    }
    text.extend(read("status").lines().filter(|line| line.starts_with("Cpus_allowed")));
    let mut memory = [0; 8];
    if let Ok(mut file) = File::open(at.join("mem")) {
        let _ = file.seek(SeekFrom::Start(address)).and_then(|_| file.read(&mut memory));
    }
    let _ = writeln!(text, "{memory:?}");
}

fn look_at_files(at: &Path, text: &mut String) {
    let stat = fs::symlink_metadata(at).expect("a file");
    let _ = write!(
        text,
        "{} {:o} {}:{} links {} size {} blocks {} modified {}.{} changed {}.{}",
        at.display(),
        stat.mode(),
        stat.uid(),
        stat.gid(),
        stat.nlink(),
        stat.size(),
        stat.blocks(),
        stat.mtime(),
        stat.mtime_nsec(),
        stat.ctime(),
        stat.ctime_nsec()
    );
    let mut names = [0; 512];
    let length = rustix::fs::llistxattr(at, &mut names[..]).unwrap_or(0);
    let _ = write!(text, " {}", String::from_utf8_lossy(&names[..length]));
    if stat.is_file() {
        let content = fs::read(at).unwrap_or_default();
        let sum = content.iter().fold(0u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte));
        let _ = write!(text, " {sum}");
    }
    if stat.is_symlink() {
        let _ = write!(text, " {:?}", fs::read_link(at));
    }
    text.push('\n');
    if stat.is_dir() {
        let mut below: Vec<_> = fs::read_dir(at).expect("a folder").flatten().collect();
        below.sort_by_key(fs::DirEntry::file_name);
        for entry in below {
            look_at_files(&entry.path(), text);
        }
    }
}
