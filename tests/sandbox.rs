//! The sandbox alone, with nothing that judges commands: every way to write that is listed leaves
//! the world as it was, and reading works.
//!
//! What counts is the world, not an exit status: it is looked at before and after. Each way is
//! tried without the sandbox too, where it must change something, so that none passes because it
//! does nothing on this machine. As root both root and an ordinary user try; root's own
//! namespaces keep what the controls change (names, mounts, interfaces, queues) from the machine.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, clippy::print_stderr)] // What was not tried is said.

#[path = "sandbox/reads.rs"]
mod reads;
#[path = "sandbox/ways.rs"]
mod ways;
#[path = "sandbox/world.rs"]
mod world;

use std::io::{BufRead as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use runbook::sandbox::{self, Rules, UnixSockets};
use rustix::thread::UnshareFlags;

use reads::{READS, Read};
use ways::{WAYS, Way};
use world::{Neighbour, Place, Who, World};

/// How one way went for one user.
struct Trial {
    way: &'static str,
    who: Who,
    /// Whether it changed the world without the sandbox.
    control: Control,
    /// What it changed inside.
    changed: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Writes,
    CannotHere,
}

/// Ways that neither root nor an ordinary user has on every machine: a kernel or a file system
/// without the feature, a tool that is not installed. More than these is a broken table.
const MOST_THAT_CANNOT: usize = 12;

#[test]
fn no_way_to_write_changes_the_world() {
    if let Err(error) = sandbox::probe().suffices() {
        return eprintln!("not tried: {error}");
    }
    let trials: Vec<Trial> = std::thread::scope(|scope| {
        let users: Vec<_> =
            users().into_iter().map(|who| scope.spawn(move || try_all(who))).collect();
        users.into_iter().flat_map(|user| user.join().expect("no panic")).collect()
    });
    report(&trials);
    let broken: Vec<_> = trials
        .iter()
        .filter(|trial| !trial.changed.is_empty())
        .map(|trial| format!("{} as {:?}: {}", trial.way, trial.who, trial.changed.join("\n  ")))
        .collect();
    assert!(broken.is_empty(), "{} ways write:\n{}", broken.len(), broken.join("\n"));
    for who in users() {
        let writing = trials.iter().filter(|trial| trial.who == who && writes(trial)).count();
        assert!(writing >= 60, "only {writing} ways write as {who:?} without the sandbox");
    }
    let cannot = cannot(&trials);
    assert!(cannot.len() <= MOST_THAT_CANNOT, "these ways prove nothing here: {cannot:?}");
}

fn users() -> Vec<Who> {
    if is_root() { vec![Who::Caller, Who::Nobody] } else { vec![Who::Caller] }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn writes(trial: &Trial) -> bool {
    trial.control == Control::Writes
}

/// The ways that write for nobody.
fn cannot(trials: &[Trial]) -> Vec<&'static str> {
    let for_nobody =
        |way: &&Way| !trials.iter().any(|trial| trial.way == way.name && writes(trial));
    WAYS.iter().filter(for_nobody).map(|way| way.name).collect()
}

fn report(trials: &[Trial]) {
    for who in users() {
        let of = || trials.iter().filter(move |trial| trial.who == who);
        let without: Vec<_> = of().filter(|trial| !writes(trial)).map(|trial| trial.way).collect();
        println!(
            "{who:?} ({}): {} of {} ways write without the sandbox, {} inside; not without: {}",
            who.id(),
            of().filter(|trial| writes(trial)).count(),
            of().count(),
            of().filter(|trial| !trial.changed.is_empty()).count(),
            without.join(", ")
        );
    }
    println!("write for nobody here: {:?}", cannot(trials));
}

fn try_all(who: Who) -> Vec<Trial> {
    isolate();
    // Nothing changes inside, so one world does for all; where something did, a new one is made.
    let mut still = World::new(who, Neighbour::There);
    WAYS.iter().map(|way| attempt(way, who, &mut still)).collect()
}

/// Namespaces for this thread and what it starts.
fn isolate() {
    if !is_root() {
        return;
    }
    let flags = UnshareFlags::NEWNS | UnshareFlags::NEWUTS | UnshareFlags::NEWIPC;
    #[allow(deprecated)] // None of these flags is the dangerous one.
    rustix::thread::unshare(flags | UnshareFlags::NEWNET).expect("namespaces");
    let script = "
        mount --make-rprivate /
        ip link set lo up
        mount -t sysfs none /sys
        for folder in /dev/shm /var/tmp /var/spool; do mount -t tmpfs -o mode=1777 none $folder; done
        mkdir -m 1777 -p /var/spool/cron
        mkdir -p /dev/mqueue && mount -t mqueue none /dev/mqueue
    ";
    assert!(Command::new("sh").args(["-c", script]).status().expect("sh").success());
}

fn attempt(way: &'static Way, who: Who, still: &mut World) -> Trial {
    let mut trial = Trial { way: way.name, who, control: Control::CannotHere, changed: Vec::new() };
    // What is prepared needs root.
    if !is_root() && !way.before.is_empty() {
        return trial;
    }
    if !changes(way, &fresh(way, who), Place::Outside).is_empty() {
        trial.control = Control::Writes;
    }
    if way.before.is_empty() {
        trial.changed = changes(way, still, Place::Inside);
    } else {
        trial.changed = changes(way, &fresh(way, who), Place::Inside);
    }
    if !trial.changed.is_empty() {
        *still = World::new(who, Neighbour::There);
    }
    trial
}

fn fresh(way: &Way, who: Who) -> World {
    let wanted = way.script.contains("PID");
    World::new(who, if wanted { Neighbour::There } else { Neighbour::Absent })
}

/// What a way changes in a world.
fn changes(way: &Way, world: &World, place: Place) -> Vec<String> {
    world.prepare(way.before);
    let before = world.look(way);
    world.run(place, way.script);
    let mut changed = Vec::new();
    for _ in 0..3 {
        changed = difference(&before, &world.look(way));
        if !changed.is_empty() {
            break;
        }
        // Nothing to wait for: that nothing happens is what is to be seen.
        std::thread::sleep(Duration::from_millis(8));
    }
    world.prepare(way.after);
    changed
}

fn difference(before: &str, after: &str) -> Vec<String> {
    let gone = before.lines().filter(|line| !after.lines().any(|other| other == *line));
    let come = after.lines().filter(|line| !before.lines().any(|other| other == *line));
    gone.map(|line| format!("- {line}")).chain(come.map(|line| format!("+ {line}"))).collect()
}

#[test]
fn reading_works_inside() {
    if let Err(error) = sandbox::probe().suffices() {
        return eprintln!("not tried: {error}");
    }
    let port = serve();
    for who in users() {
        let world = World::new(who, Neighbour::Absent);
        world.prepare(
            "git init -q repository && cd repository && git config user.name a && \
             git config user.email a@b.c && git commit -q --allow-empty -m first; \
             chown -R $ID $W/repository; cp $(which id) $W/id; chmod 4755 $W/id",
        );
        let rules = Rules { ports: vec![port], ..world.rules() };
        let failed: Vec<_> =
            READS.iter().filter_map(|read| wrong(&world, &rules, port, read)).collect();
        assert!(failed.is_empty(), "as {who:?}:\n{}", failed.join("\n"));
    }
}

/// What is wrong with a read, if anything is.
fn wrong(world: &World, rules: &Rules, port: u16, read: &Read) -> Option<String> {
    if world.prepare(&format!("command -v {}", read.needs)).is_empty() {
        println!("{} is not here: {} was not tried", read.needs, read.name);
        return None;
    }
    let mut command = world.command(Some(rules), read.script);
    let output = command.env("PORT", port.to_string()).output().expect("a script");
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = read.output.replace("ID", &world.who.id().to_string());
    let error = String::from_utf8_lossy(&output.stderr);
    (said != expected).then(|| format!("{}: {said:?} instead of {expected:?}: {error}", read.name))
}

/// A server that answers every request with one line.
fn serve() -> u16 {
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = server.local_addr().expect("a port").port();
    std::thread::spawn(move || {
        for client in server.incoming().flatten() {
            let mut lines = std::io::BufReader::new(&client).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = (&client).write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\nserved\n");
        }
    });
    port
}

/// Calls whose harm is not to be shown on a machine that is in use: they are made with arguments
/// that cannot work, so that without the sandbox root is told of those and not of a permission.
const REFUSED: &[&str] = &[
    "'reboot', 0, 0, 0, 0",
    "'kexec_load', 0, 999, 0, 0",
    "'kexec_file_load', -1, -1, 0, 0, 0",
    "'init_module', 0, 0, 0",
    "'finit_module', -1, 0, 0",
    "'delete_module', 0, 0",
    "'swapon', 0, 0",
    "'swapoff', 0",
    "'quotactl', -1, 0, 0, 0",
    "'settimeofday', 1, 0",
    "'clock_settime', 0, 1",
    "'clock_adjtime', 0, 1",
    "'bpf', 0, 0, 0",
    "'perf_event_open', 0, 0, 0, -1, 0",
    "'userfaultfd', -1",
    "'io_uring_setup', 0, 0",
    "'fanotify_init', -1, 0",
    "'ptrace', 16, 0x7ffffff0, 0, 0",
    "'process_vm_readv', 0x7ffffff0, 0, 0, 0, 0, 0",
    "'process_madvise', -1, 0, 0, 0, 0",
    "'migrate_pages', 0x7ffffff0, 0, 0, 0",
    "'move_pages', 0x7ffffff0, 0, 0, 0, 0, 0",
    "'pivot_root', 0, 0",
    "'chroot', 0",
    "'mount', 0, 0, 0, 0, 0",
    "'umount2', 0, 0",
    "'fsopen', 0, 0",
    "'fspick', -1, 0, 0",
    "'setns', -1, 0",
    "'unshare', 1",
    "'clone', 0x10000011, 0, 0, 0, 0",
    "'request_key', 0, 0, 0, 0",
    "'shmget', 0, 0, 0",
    "'shmat', -1, 0, 0",
    "'mq_unlink', 0",
    "'iopl', 4",
    "'ioperm', 0, 999999, 1",
    "'syslog', 99, 0, 0",
    "'personality', 0x0040000",
    "'socket', 17, 3, 0",
    "'socket', 40, 1, 0",
    "'socket', 38, 5, 0",
    "'socket', 2, 3, 255",
    "'socket', 10, 3, 255",
    "'socket', 2, 1, 132",
    "'socket', 16, 3, 12",
    "'ioctl', 0, 0x5412, 0",
    "'ioctl', 0, 0x4004943e, 0",
];

#[test]
fn calls_that_cannot_be_tried_are_refused() {
    if let Err(error) = sandbox::probe().suffices() {
        return eprintln!("not tried: {error}");
    }
    for who in users() {
        let world = World::new(who, Neighbour::Absent);
        let script: String = REFUSED.iter().map(|call| probing(call)).collect();
        let inside = world.run(Place::Inside, &script);
        let inside = String::from_utf8_lossy(&inside.stdout).into_owned();
        let let_through: Vec<_> = inside
            .lines()
            .filter(|line| !line.ends_with("not permitted") && !line.ends_with("inappropriate"))
            .collect();
        assert_eq!(inside.lines().count(), REFUSED.len(), "{inside}");
        assert!(let_through.is_empty(), "as {who:?}: {let_through:#?}");
        if who.id() == 0 {
            let outside = world.run(Place::Outside, &script);
            let outside = String::from_utf8_lossy(&outside.stdout).into_owned();
            let same = outside.lines().filter(|line| line.ends_with("not permitted")).count();
            assert!(same <= 3, "refused without the sandbox too:\n{outside}");
        }
    }
}

/// A script that makes a call in a process of its own and says how it was answered.
fn probing(call: &str) -> String {
    format!(
        "perl -I$W -MWay -e 'my $e = eval {{ call({}); 1 }} ? \"made\" : $!{{EPERM}} ? \
         \"not permitted\" : $!{{ENOTTY}} ? \"inappropriate\" : \"$!\"; print q({call}), \": $e\\n\"'\n",
        call.replace('\'', "\"")
    )
    .replace(&format!("q({call})"), &format!("q({})", call.replace('\'', "")))
}

#[test]
fn what_the_rules_list_may_be_written_and_nothing_beside() {
    let world = World::new(Who::Caller, Neighbour::Absent);
    let rules = Rules { files: vec![world.path("victim/f")], ..world.rules() };
    let script = "echo listed >f; echo beside >g";
    world.command(Some(&rules), script).output().expect("a script");
    assert_eq!(std::fs::read_to_string(world.path("victim/f")).expect("f"), "listed\n");
    assert_eq!(std::fs::read_to_string(world.path("victim/g")).expect("g"), "other\n");
}

#[test]
fn a_descriptor_that_was_open_before_stays_open() {
    let world = World::new(Who::Caller, Neighbour::Absent);
    let file = std::fs::File::create(world.path("victim/out")).expect("a file");
    let mut command = world.command(Some(&world.rules()), "echo through");
    assert!(command.stdout(Stdio::from(file)).status().expect("a script").success());
    assert_eq!(std::fs::read_to_string(world.path("victim/out")).expect("out"), "through\n");
}

#[test]
fn unix_sockets_are_there_only_where_the_rules_say_so() {
    let world = World::new(Who::Caller, Neighbour::Absent);
    let script = "perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) or exit 1'";
    let status = |unix_sockets| {
        let rules = Rules { unix_sockets, ..world.rules() };
        world.command(Some(&rules), script).status().expect("a script").code()
    };
    assert_eq!(status(UnixSockets::Forbidden), Some(1));
    assert_eq!(status(UnixSockets::Allowed), Some(0));
}

#[test]
fn where_it_cannot_enter_nothing_is_started() {
    let case = |rules: &str, words: &[&str], exit: i32, said: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        let output =
            command.args(["__sandbox", rules, "--"]).args(words).output().expect("runbook");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{error}");
        assert!(error.contains(said), "{error}");
        assert!(output.stdout.is_empty());
    };
    case(r#"{"scratch":"/nosuch"}"#, &["echo", "x"], 4, "cannot open /nosuch");
    case(r#"{"scratch":"/dev/null"}"#, &["echo", "x"], 4, "no folder: /dev/null");
    case(r#"{"scratch":"/tmp","files":["/nosuch"]}"#, &["echo", "x"], 4, "cannot open /nosuch");
    case(r#"{"scratch":"/tmp","writable":"/"}"#, &["echo", "x"], 2, "unknown field");
    case(r#"{"scratch":"/tmp"}"#, &["no-such-program"], 4, "failed to start no-such-program");
    case(r#"{"scratch":"/tmp"}"#, &[], 2, "no program");
}

#[test]
fn the_network_can_be_forbidden_on_top() {
    // A filter holds the thread that takes it, and this one ends with it.
    let tried = std::thread::spawn(|| {
        let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = server.local_addr().expect("a port");
        std::net::TcpStream::connect(address).expect("a connection before");
        sandbox::without_network().expect("a filter");
        let tcp = std::net::TcpStream::connect(address).expect_err("no connection");
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").expect_err("no socket");
        std::os::unix::net::UnixStream::pair().expect("a pair");
        [tcp.kind(), udp.kind()]
    });
    assert_eq!(tried.join().expect("no panic"), [std::io::ErrorKind::PermissionDenied; 2]);
}
