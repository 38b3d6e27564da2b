//! What a run costs on top of plain bash: per block, at the start, in memory, for large outputs.
//!
//! Each measurement runs `runbook` and `bash` in turns (A B A B ...) on the same commands, so that
//! what slows the machine slows both; medians are compared, and half the distance between the
//! quartiles is taken for noise. A target that is missed by more than the noise fails the benchmark.
//! `cargo bench --bench blocks`; numbers and what they mean: benches/README.md.
#![allow(clippy::print_stdout)] // It is what a benchmark is for.

mod measure;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use measure::{Measured, Pairs, Targets, run};

const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");
const BLOCKS: u32 = 1000;
const LARGE_MIB: u32 = 256;
const MIB: f64 = 1024.0 * 1024.0;

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let mut targets = Targets::default();
    blocks(folder.path(), &mut targets);
    start(folder.path(), &mut targets);
    large(folder.path(), &mut targets);
    targets.exit()
}

/// A thousand blocks, each with an expectation, against the same commands as a script.
fn blocks(folder: &Path, targets: &mut Targets) {
    let runbook = write_runbook(folder, BLOCKS);
    let script = folder.join("thousand.sh");
    let commands: String = (1..=BLOCKS).map(|number| format!("echo hello {number}\n")).collect();
    fs::write(&script, commands).expect("a script is written");
    let ours = || run(runbook_command(&runbook));
    let bash = || run(bash_command(&[script.as_os_str()]));
    let times = Pairs::measure(9, ours, bash);
    let each = times.difference().scaled(1000.0 / f64::from(BLOCKS));
    println!("{BLOCKS} blocks: runbook {}, bash {}", times.ours(), times.bash());
    targets.hold("per block on top of bash, ms", each, 1.0, 0.3);
    let peak = peak_memory(runbook_command(&runbook));
    targets.hold(&format!("peak memory for {BLOCKS} blocks, MiB"), peak, 15.0, 15.0);
}

/// From the start of the process to its end, with one block, with none, and without a shell.
fn start(folder: &Path, targets: &mut Targets) {
    let runbook = write_runbook(folder, 1);
    let bash = || run(bash_command(&["-c".as_ref(), "echo hello 1".as_ref()]));
    let times = Pairs::measure(41, || run(runbook_command(&runbook)), bash);
    println!("1 block: runbook {}, bash {}", times.ours(), times.bash());
    targets.hold("start, on top of bash, ms", times.difference().scaled(1000.0), 15.0, 10.0);
    for arguments in [vec!["--version".as_ref()], vec!["explain".as_ref(), runbook.as_os_str()]] {
        let command = || {
            let mut command = Command::new(RUNBOOK);
            command.args(&arguments);
            run(command)
        };
        let times = Pairs::measure(21, command, bash);
        let name = format!("runbook {}, ms", arguments[0].display());
        targets.hold(&name, times.alone().scaled(1000.0), 15.0, 10.0);
    }
}

/// A command that prints a large file, against a bash that prints it to a reader that drops it.
fn large(folder: &Path, targets: &mut Targets) {
    let file = folder.join("large.txt");
    write_large(&file);
    let command = format!("cat {}", file.display());
    let runbook = folder.join("large.md");
    let text = format!("# Large\n\n## Step 1 — Print\n\n```bash timeout=10m\n{command}\n```\n");
    fs::write(&runbook, text).expect("a runbook is written");
    let bash = || read_to_end(bash_command(&["-c".as_ref(), command.as_ref()]));
    let times = Pairs::measure(3, || run(runbook_command(&runbook)), bash);
    println!("{LARGE_MIB} MiB: runbook {}, bash {}", times.ours(), times.bash());
    println!("  {:.0} MB/s", f64::from(LARGE_MIB) * MIB / 1e6 / times.alone().middle);
    let peak = peak_memory(runbook_command(&runbook));
    targets.hold("peak memory for a large output, MiB", peak, 15.0, 15.0);
}

fn write_runbook(folder: &Path, blocks: u32) -> PathBuf {
    let mut text = format!("# {blocks} blocks\n\n## Procedure\n");
    for number in 1..=blocks {
        let _ = write!(
            text,
            "\n### Step {number} — Say hello\n\n```bash\necho hello {number}\n\
             # Expect: \"hello {number}\"\n```\n"
        );
    }
    let path = folder.join(format!("blocks-{blocks}.md"));
    fs::write(&path, text).expect("a runbook is written");
    path
}

fn write_large(path: &Path) {
    let line = [&[b'x'; 99][..], b"\n"].concat();
    let piece = line.repeat(10_000);
    let mut file = fs::File::create(path).expect("a file is created");
    let mut left = (LARGE_MIB as usize) << 20;
    while left > 0 {
        let count = left.min(piece.len());
        file.write_all(&piece[..count]).expect("a file is written");
        left -= count;
    }
}

fn runbook_command(runbook: &Path) -> Command {
    let mut command = Command::new(RUNBOOK);
    command.arg("run").arg("--non-interactive").arg(runbook);
    command
}

fn bash_command(arguments: &[&std::ffi::OsStr]) -> Command {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc"]).args(arguments);
    command
}

/// The same, with a reader of what it prints.
fn read_to_end(mut command: Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().expect("a command starts");
    let mut out = child.stdout.take().expect("its output is piped");
    let mut buffer = vec![0; 64 * 1024];
    while out.read(&mut buffer).expect("its output is read") > 0 {}
    assert!(child.wait().expect("a child of ours").success(), "{command:?} failed");
    started.elapsed()
}

/// The largest resident size that it had, in MiB, as the kernel counts it; 0 without `/proc`.
fn peak_memory(mut command: Command) -> Measured {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().expect("a command starts");
    let mut peak = 0.0_f64;
    while child.try_wait().expect("a child of ours").is_none() {
        peak = peak.max(high_water(&child).unwrap_or(0.0));
        thread::sleep(Duration::from_millis(1));
    }
    Measured { middle: peak, noise: 0.0 }
}

fn high_water(child: &Child) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / MIB)
}
