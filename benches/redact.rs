//! Redaction of a large log with ten secrets, against `sed` with the same ten substitutions and
//! against plain copying. One run, side by side, medians of five, reported as ratios:
//! `cargo bench --bench redact` (`-- MIB` for another size than 256).

use std::env;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use runbook::variables::{Redactor, Secret};

const TURNS: usize = 5;

fn main() -> io::Result<()> {
    let size = env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(256);
    let folder = tempfile::tempdir()?;
    let secrets = secrets();
    cost_of_knowing(&secrets)?;
    for (kind, line) in
        [("log lines", log_line as Line), ("JSON", json_line), ("base64 and hex", digits)]
    {
        let path = folder.path().join("log");
        write_log(&path, size << 20, &secrets, line)?;
        compare(kind, size, &path, &secrets)?;
    }
    Ok(())
}

/// What it costs to make ten secrets known, and to pass one line at a time.
fn cost_of_knowing(secrets: &[String]) -> io::Result<()> {
    let start = Instant::now();
    let redactor = redactor(secrets);
    let known = start.elapsed();
    let (mut random, mut stream, mut out) = (Random(3), redactor.stream(), Vec::new());
    let lines: Vec<String> = (0..100_000).map(|i| log_line(i, &mut random)).collect();
    let start = Instant::now();
    for line in &lines {
        out.clear();
        stream.push(line.as_bytes(), &mut out);
    }
    let each = start.elapsed() / 100_000;
    writeln!(io::stdout(), "ten secrets made known in {known:.1?}; one line alone takes {each:.1?}")
}

fn redactor(secrets: &[String]) -> Redactor {
    let redactor = Redactor::new();
    for (i, secret) in secrets.iter().enumerate() {
        redactor.add(&format!("SECRET_{i}"), &Secret::new(secret.clone()));
    }
    redactor
}

type Line = fn(u64, &mut Random) -> String;

fn compare(kind: &str, size: usize, path: &Path, secrets: &[String]) -> io::Result<()> {
    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..TURNS {
        times[0].push(timed(|| redact(path, secrets))?);
        times[1].push(timed(|| copy(path))?);
        times[2].push(timed(|| sed(path, secrets, "C"))?);
        times[3].push(timed(|| sed(path, secrets, "C.UTF-8"))?);
    }
    let [ours, copying, sed_c, sed_utf8] = times.map(median);
    let ratio = |other: Duration| other.as_secs_f64() / ours.as_secs_f64();
    let mut out = io::stdout().lock();
    writeln!(out, "{kind}, {size} MiB: redacted in {:.0} ms", ours.as_secs_f64() * 1e3)?;
    writeln!(out, "  {:.1} times as fast as sed in LC_ALL=C", ratio(sed_c))?;
    writeln!(out, "  {:.1} times as fast as sed in LC_ALL=C.UTF-8", ratio(sed_utf8))?;
    writeln!(out, "  {:.2} times the time of copying", 1.0 / ratio(copying))
}

fn timed(work: impl FnOnce() -> io::Result<()>) -> io::Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// From a file to `/dev/null`, as `sed` does it; making the redactor included.
fn redact(path: &Path, secrets: &[String]) -> io::Result<()> {
    let mut stream = redactor(secrets).stream();
    let mut out = Vec::new();
    through(path, |piece, null| {
        out.clear();
        stream.push(piece, &mut out);
        null.write_all(&out)
    })?;
    out.clear();
    stream.finish(&mut out);
    black_box(&out);
    Ok(())
}

fn copy(path: &Path) -> io::Result<()> {
    let mut out = Vec::new();
    through(path, |piece, null| {
        out.clear();
        out.extend_from_slice(black_box(piece));
        null.write_all(&out)
    })
}

fn through(
    path: &Path,
    mut each: impl FnMut(&[u8], &mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut log = File::open(path)?;
    let mut null = File::options().write(true).open("/dev/null")?;
    let mut piece = vec![0; 64 * 1024];
    loop {
        match log.read(&mut piece)? {
            0 => return Ok(()),
            length => each(&piece[..length], &mut null)?,
        }
    }
}

fn sed(path: &Path, secrets: &[String], locale: &str) -> io::Result<()> {
    let mut sed = Command::new("sed");
    for (i, secret) in secrets.iter().enumerate() {
        sed.arg("-e")
            .arg(format!("s/{}/[redacted SECRET_{i}]/g", secret.replace(['.', '/'], "\\$0")));
    }
    let status = sed.arg(path).env("LC_ALL", locale).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("sed failed")) }
}

/// Tokens as vaults and platforms hand them out, and a password.
fn secrets() -> Vec<String> {
    let mut random = Random(7);
    let lengths = [76, 36, 40, 40, 32, 64, 24, 20, 22, 16];
    lengths.map(|length| random.text(length)).to_vec()
}

fn write_log(path: &Path, size: usize, secrets: &[String], line: Line) -> io::Result<()> {
    let mut random = Random(11);
    let mut block = String::with_capacity(4 << 20);
    let mut number = 0;
    while block.len() < (4 << 20) {
        block.push_str(&line(number, &mut random));
        if number % 997 == 0 {
            block.push_str(&format!("TOKEN={}\n", secrets[random.below(secrets.len())]));
        }
        number += 1;
    }
    let mut log = io::BufWriter::new(File::create(path)?);
    for _ in 0..size.div_ceil(block.len()) {
        log.write_all(block.as_bytes())?;
    }
    log.flush()?;
    drop(log);
    fs::read(path).map(|warm| drop(black_box(warm)))
}

fn log_line(number: u64, random: &mut Random) -> String {
    let (dyno, status, ms) =
        (random.below(8), [200, 201, 304, 404][random.below(4)], random.below(900));
    format!(
        "2026-03-04T05:{:02}:{:02}.{:06}+00:00 app[web.{dyno}]: level=info msg=\"request done\" method=GET path=/api/v1/items/{} status={status} duration={ms}ms\n",
        number / 60 % 60,
        number % 60,
        random.below(1_000_000),
        random.below(100_000)
    )
}

fn json_line(number: u64, random: &mut Random) -> String {
    format!(
        "{{\"ts\":{number},\"id\":\"{:016x}\",\"user\":\"{}\",\"tags\":[\"a\",\"b\"],\"note\":\"caf\u{e9} \u{2013} ok\"}}\n",
        random.next(),
        random.text(8)
    )
}

fn digits(_: u64, random: &mut Random) -> String {
    format!(
        "{}\n{:016x}{:016x}{:016x}\n",
        random.text(76),
        random.next(),
        random.next(),
        random.next()
    )
}

/// xorshift64*, so that every run sees the same log.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }

    fn text(&mut self, length: usize) -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }
}
