//! What validation costs: reading many documents, a thousand runbooks against a server, a shell in
//! the sandbox.
//!
//! Each is measured in turns with something that everybody knows: `pulldown-cmark` merely parsing the
//! same documents, `bash -n` over their blocks, bash running the same commands.
//! `cargo bench --bench validate`; with `-- FOLDER` the documents of that folder are read in place of
//! this repository's own, and with a number besides so many runbooks are validated. Numbers and what
//! they mean: benches/README.md.
#![allow(clippy::print_stdout)] // It is what a benchmark is for.

mod measure;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use measure::{Pairs, Targets, run};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");
/// How many runbooks are validated where no number is given.
const RUNBOOKS: usize = 1000;

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let runbooks = words.iter().find_map(|word| word.parse().ok()).unwrap_or(RUNBOOKS);
    let named = words.iter().find(|word| word.parse::<usize>().is_err());
    let documents = named.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let mut targets = Targets::default();
    check(&documents, folder.path(), &mut targets);
    sandbox(folder.path(), &mut targets);
    validate(runbooks, folder.path(), &mut targets);
    targets.exit()
}

/// The static check of many documents, against merely parsing them, and against `bash -n`.
fn check(documents: &Path, folder: &Path, targets: &mut Targets) {
    let texts: Vec<String> = markdown(documents);
    let blocks = write_blocks(&texts, folder);
    let ours = || {
        let mut command = Command::new(RUNBOOK);
        command.arg("check").arg(documents).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        command.status().expect("it starts");
        started.elapsed()
    };
    let parsing = || {
        let started = Instant::now();
        let events: usize =
            texts.iter().map(|text| Parser::new_ext(text, Options::all()).count()).sum();
        assert!(events > 0);
        started.elapsed()
    };
    let bash = || {
        let started = Instant::now();
        for block in &blocks {
            let mut command = Command::new("bash");
            command.arg("-n").arg(block).stdin(Stdio::null()).stderr(Stdio::null());
            command.status().expect("bash starts");
        }
        started.elapsed()
    };
    let size: usize = texts.iter().map(String::len).sum();
    println!("{} documents, {} KiB, {} shell blocks", texts.len(), size / 1024, blocks.len());
    let times = Pairs::measure(7, ours, parsing);
    println!(
        "check: {:.0} ms, {:.0} times merely parsing",
        times.alone().middle * 1000.0,
        times.ratio().middle
    );
    let times = Pairs::measure(3, ours, bash);
    targets.hold("check, as a multiple of bash -n over the blocks", times.ratio(), 1.0, 0.5);
}

/// A shell in the sandbox against one outside.
fn sandbox(folder: &Path, targets: &mut Targets) {
    let scratch = folder.join("scratch");
    fs::create_dir_all(&scratch).expect("a folder");
    let rules = format!("{{\"scratch\":\"{}\"}}", scratch.display());
    let inside = || {
        let mut command = Command::new(RUNBOOK);
        command.args(["__sandbox", &rules, "--", "bash", "--noprofile", "--norc", "-c", ":"]);
        run(command)
    };
    let outside = || {
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-c", ":"]);
        run(command)
    };
    let times = Pairs::measure(101, inside, outside);
    targets.hold("sandbox, a shell, ms", times.difference().scaled(1000.0), 5.0, 2.0);
}

/// Many runbooks against a local server, and bash running the same commands, as many at once.
fn validate(count: usize, folder: &Path, targets: &mut Targets) {
    let port = serve();
    let (runbooks, scripts) = (folder.join("runbooks"), folder.join("scripts"));
    fs::create_dir_all(&runbooks).expect("a folder");
    fs::create_dir_all(&scripts).expect("a folder");
    fs::create_dir(folder.join(".git")).expect("the root of what is trusted");
    fs::write(
        folder.join("runbook.toml"),
        format!("[read-only]\nhosts = [\"127.0.0.1:{port}\"]\n"),
    )
    .expect("settings");
    for number in 0..count {
        write_one(&runbooks, &scripts, number, port);
    }
    let state = folder.join("state");
    let ours = |words: &[&str]| {
        let mut command = Command::new(RUNBOOK);
        command.args(words).env_remove("CI").env("XDG_STATE_HOME", &state);
        command
    };
    let mut trust = ours(&["trust"]);
    run({
        trust.arg(folder.join("runbook.toml"));
        trust
    });
    let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let validated = || {
        let mut command = ours(&["validate", "--format", "json"]);
        command.arg(&runbooks).stderr(Stdio::null());
        run_quietly(command)
    };
    let bash = || {
        let mut command = Command::new("bash");
        let line = format!(
            "printf '%s\\0' {}/*.sh | xargs -0 -n1 -P{} bash",
            scripts.display(),
            2 * cores
        );
        command.args(["-c", &line]);
        run_quietly(command)
    };
    let times = Pairs::measure(3, validated, bash);
    println!("{count} runbooks: {}, bash {}", times.ours(), times.bash());
    targets.hold("validate, as a multiple of bash", times.ratio(), 1.5, 1.2);
}

fn run_quietly(mut command: Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("a command starts");
    let elapsed = started.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    elapsed
}

/// A runbook of four reads, and the same as a script.
fn write_one(runbooks: &Path, scripts: &Path, number: usize, port: u16) {
    let address = format!("http://127.0.0.1:{port}");
    let reads = [
        (format!("curl -fsS {address}/health"), "{\"ok\": true}"),
        (format!("curl -fsS {address}/health | jq -r .ok"), "true"),
        (format!("curl -sS -o /dev/null -w '%{{http_code}}\\n' {address}/health"), "200"),
        (format!("echo runbook {number} | grep -c runbook"), "1"),
    ];
    let mut text = format!(
        "# Runbook {number}\n\n**Mode:** read-only\n**Last validated:** 2026-01-01\n\
         **Validation method:** read-only-live\n**Owner:** ops\n"
    );
    let mut script = String::from("set -e\n");
    for (at, (command, expected)) in reads.iter().enumerate() {
        let step = at + 1;
        let _ = write!(
            text,
            "\n## Step {step} — Look\n\n```bash\n{command}\n# Expect: {expected}\n```\n"
        );
        let _ = writeln!(script, "{command}");
    }
    fs::write(runbooks.join(format!("{number}.md")), text).expect("a runbook is written");
    fs::write(scripts.join(format!("{number}.sh")), script).expect("a script is written");
}

/// A server that answers everything with `{"ok": true}`; it ends with the process.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    for _ in 0..8 {
        let listener = listener.try_clone().expect("the same listener");
        thread::spawn(move || listener.incoming().flatten().for_each(answer));
    }
    port
}

fn answer(stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines();
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let body = "{\"ok\": true}\n";
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = (&stream).write_all((head + body).as_bytes());
}

fn markdown(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().collect();
    entries.sort_by_key(fs::DirEntry::path);
    for path in entries.iter().map(fs::DirEntry::path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            texts.extend(markdown(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            texts.extend(fs::read_to_string(&path));
        }
    }
    texts
}

/// The shell blocks of some documents, each in a file of its own.
fn write_blocks(texts: &[String], folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for text in texts {
        let mut block: Option<String> = None;
        for event in Parser::new_ext(text, Options::all()) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                    if ["bash", "sh", "shell", "console"].contains(&language.as_ref()) =>
                {
                    block = Some(String::new());
                }
                Event::Text(text) => block.iter_mut().for_each(|block| block.push_str(&text)),
                Event::End(TagEnd::CodeBlock) => files.extend(block.take().map(|block| {
                    let path = folder.join(format!("block-{}.sh", name_of(&block)));
                    fs::write(&path, block).expect("a block is written");
                    path
                })),
                _ => {}
            }
        }
    }
    files
}

/// A name for a text; equal texts share a file.
fn name_of(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
