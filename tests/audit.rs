//! Audit entries get to where a team keeps them: at least once, with one key each, whatever the sink
//! and this process do meanwhile; and nothing of them goes anywhere else.
#![allow(clippy::unwrap_used, reason = "a test")]

mod lab;
mod screen;
mod story;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use lab::{Answer, Server, wait_until};
use story::{Ended, ROOT, RUNBOOK, Story};

const TEXT: &str = "# Try\n\n## Step 1 — Do\n\n```bash\necho a >> world\n```\n\n\
                    ## Step 2 — Audit\n\n```json\n{\"action\": \"rotate\", \"actor\": \
                    \"{{ operator }}\", \"context\": \"{{ run_id }}\"}\n```\n\n\
                    ## Step 3 — End\n\n```bash\nset -e; [ ! -e wait ] || { touch reached; sleep 30; }; echo b >> world\n```\n";

/// A runbook with a record, in a folder with settings that are trusted.
struct Tale {
    story: Story,
}

impl Tale {
    fn of(settings: &str) -> Self {
        Self::told(TEXT, settings)
    }

    fn told(text: &str, settings: &str) -> Self {
        let tale = Self { story: Story::new() };
        tale.story.write("a.md", text);
        tale.answers(text, "");
        tale.settings(settings);
        tale
    }

    fn answers(&self, text: &str, more: &str) {
        let plan: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        let confirm = "[confirm]\n1 = [\"writes\"]\n3 = [\"writes\"]\n";
        self.story.write("answers.toml", &format!("plan = \"{plan}\"\n{confirm}{more}"));
    }

    fn settings(&self, text: &str) {
        self.story.write("runbook.toml", text);
        self.story.run(&["trust", "runbook.toml"]).is(0, &[]);
    }

    fn run(&self) -> Ended {
        self.with(&["run", "a.md"])
    }

    fn with(&self, words: &[&str]) -> Ended {
        self.story.run(&[words, &["--answers", "answers.toml"]].concat())
    }

    fn send(&self) -> Ended {
        self.story.run(&["audit", "--send"])
    }

    /// The entries of a file sink.
    fn file(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.story.folder().join(name)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last run, as the journal has it.
    fn events(&self, name: &str) -> Vec<Value> {
        let told = self.story.run(&["show", "--format", "json"]);
        let lines = told.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|event| event["event"] == name).collect()
    }
}

fn http(server: &Server) -> String {
    format!("[[audit]]\nname = \"siem\"\nurl = \"{}/entries\"\n", server.address())
}

const FILE: &str = "[[audit]]\nname = \"ledger\"\nfile = \"audit.jsonl\"\n";

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

/// How often each key came, with the kind of its entry; each came with one text.
fn keys(server: &Server) -> BTreeMap<String, (usize, String)> {
    let mut keys: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for request in server.requests() {
        let entry = request.json();
        let key = request.headers["idempotency-key"].clone();
        assert_eq!(entry["key"], key.as_str());
        assert_eq!(request.headers["content-type"], "application/json");
        let text = texts.entry(key.clone()).or_insert_with(|| request.body.clone());
        assert_eq!(*text, request.body, "the same key comes with the same text");
        let kind = entry["kind"].as_str().unwrap().to_owned();
        keys.entry(key).or_insert((0, kind)).0 += 1;
    }
    keys
}

#[test]
fn an_entry_says_who_did_what_where_and_how_it_can_be_proved() {
    let text = TEXT.replacen("# Try\n", "# Try\n\n**Required role:** admin\n", 1);
    let tale = Tale::told(&text, FILE);
    let ended = tale.with(&["run", "a.md", "--role", "admin"]);
    ended.is(
        0,
        &["Record (json):", "audit: written to ledger (step 2)", "  audit: written to ledger\n"],
    );
    let entries = tale.file("audit.jsonl");
    assert_eq!(kinds(&entries), ["record", "run_ended"]);
    let (entry, end) = (&entries[0], &entries[1]);
    let run = entry["run"].as_str().unwrap();
    assert_eq!(entry["version"], 1);
    assert_eq!((&entry["operator"], &entry["step"]), (&"operator".into(), &"2".into()));
    assert_eq!(entry["line"], 13);
    assert_eq!(entry["role"]["standing"], "claimed");
    assert_eq!(entry["runbook"]["title"], "Try");
    assert_eq!(entry["runbook"]["path"], tale.story.folder().join("a.md").to_str().unwrap());
    assert_eq!(entry["runbook"]["fingerprint"].as_str().unwrap().len(), 64);
    assert_eq!(entry["entry"]["json"]["context"], run);
    assert!(entry["entry"]["text"].as_str().unwrap().contains("\"actor\": \"operator\""));
    assert_eq!(entry["break_glass"], Value::Null);
    assert_eq!((&end["result"], &end["entry"]), (&"complete".into(), &Value::Null));
    // The heads are the chain's: nothing before them can be changed or cut off unnoticed.
    let last = end["head"]["hash"].as_str().unwrap();
    ended.is(0, &[&format!("head {last}")]);
    for head in [last, entry["head"]["hash"].as_str().unwrap()] {
        tale.story.run(&["show", "--verify", "--head", head]).is(0, &["is in it"]);
    }
    assert_eq!(tale.events("audit_delivered").len(), 1);
    tale.story.run(&["show"]).is(0, &["audit: written to ledger (step 2)"]);
    tale.story.run(&["audit"]).is(0, &["no audit entry waits"]);
}

#[test]
fn a_server_gets_each_entry_with_its_key_and_the_headers_that_the_team_refers_to() {
    let server = Server::start(|_| Answer::status(202, ""));
    let headers = "headers = { Authorization = { env = \"AUDIT_TOKEN\" }, X-Team = \"sre\", \
                   X-Api-Key = { command = [\"printf\", \"key-of-the-team\"] } }\n";
    let tale = Tale::of(&(http(&server) + headers));
    let tale = Tale { story: tale.story.with("AUDIT_TOKEN", "Bearer tok-4711-0815") };
    tale.run().is(0, &["audit: written to siem"]);
    let requests = server.requests();
    assert_eq!(server.journal(), ["POST /entries", "POST /entries"]);
    for request in &requests {
        assert_eq!(request.headers["authorization"], "Bearer tok-4711-0815");
        assert_eq!(request.headers["x-team"], "sre");
        assert_eq!(request.headers["x-api-key"], "key-of-the-team");
    }
    assert_eq!(keys(&server).len(), 2);
}

#[test]
fn what_lets_somebody_in_is_told_nowhere() {
    let server = Server::start(|request| {
        Answer::status(403, format!("no: {}", request.headers["authorization"]))
    });
    let headers = "headers = { Authorization = { env = \"AUDIT_TOKEN\" } }\n";
    let tale = Tale::of(&(http(&server) + headers));
    let tale = Tale { story: tale.story.with("AUDIT_TOKEN", "Bearer tok-4711-0815") };
    let ended = tale.run();
    ended.is(0, &["siem does not take it (it answers 403: no: [redacted Authorization])", "kept"]);
    let told = [ended, tale.send(), tale.story.run(&["show"]), tale.story.run(&["audit"])];
    for told in &told {
        assert!(!told.stdout.contains("tok-4711") && !told.stderr.contains("tok-4711"));
    }
    nothing_holds(&tale, b"tok-4711");
}

/// No file of the state folder, and of the runbook's, holds these bytes.
#[track_caller]
fn nothing_holds(tale: &Tale, needle: &[u8]) {
    let state = tale.story.home().join(".local/state/runbook");
    let files = fs::read_dir(&state).unwrap().chain(fs::read_dir(tale.story.folder()).unwrap());
    for file in files.flatten().filter(|file| file.path().is_file()) {
        if ["answers.toml", "token"].iter().any(|name| file.file_name() == *name) {
            continue;
        }
        let bytes = fs::read(file.path()).unwrap();
        let found = bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!found, "{}", file.path().display());
    }
}

#[test]
fn a_header_that_is_not_there_is_said_and_nothing_is_sent() {
    let server = Server::start(|_| Answer::text(""));
    let headers = "headers = { Authorization = { env = \"AUDIT_TOKEN\" } }\n";
    let tale = Tale::of(&(http(&server) + headers));
    tale.run().is(0, &["header Authorization: variable AUDIT_TOKEN is not set"]);
    assert_eq!(server.journal().len(), 0);
    tale.send().is(5, &["2 entries wait", "AUDIT_TOKEN is not set"]);
    let tale = Tale { story: tale.story.with("AUDIT_TOKEN", "Bearer tok-4711-0815") };
    tale.send().is(0, &["2 entries delivered to siem", "no audit entry waits"]);
    assert_eq!(keys(&server).len(), 2);
}

#[test]
fn a_sink_that_refuses_connections_never_blocks_a_run_and_gets_its_entries_later() {
    let server = Server::start(|_| Answer::text(""));
    let url = http(&server);
    drop(server);
    let tale = Tale::of(&format!("{url}{FILE}"));
    let began = Instant::now();
    let ended = tale.run();
    assert!(began.elapsed() < Duration::from_secs(10));
    ended.is(
        0,
        &[
            "audit: siem is down (connection refused); kept, tried again (step 2)",
            "audit: written to ledger (step 2)",
            "2 entries are not delivered to siem (connection refused)",
            "runbook audit --send",
        ],
    );
    assert_eq!(tale.file("audit.jsonl").len(), 2, "the other sink has them");
    tale.story.run(&["show"]).is(0, &["! step 2: siem has not got the audit entry"]);
    tale.story.run(&["audit"]).is(0, &["siem, http://127.0.0.1", "step 2", "connection refused"]);
    tale.send().is(5, &["2 entries wait", "tried 0 times: it waits behind the one before it"]);
    assert_eq!(tale.events("audit_waits").len(), 1);
}

#[test]
fn what_was_kept_comes_with_the_next_run_in_order_and_nothing_comes_twice() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let server = Server::start(move |_| {
        Answer::status(if is_up.load(Ordering::SeqCst) { 200 } else { 503 }, "busy")
    });
    let tale = Tale::of(&http(&server));
    tale.run().is(0, &["siem is down (it answers 503: busy)", "2 entries are not delivered"]);
    assert_eq!(keys(&server).len(), 1, "the second waits behind the first");
    up.store(true, Ordering::SeqCst);
    let before = server.journal().len();
    let ended = tale.run();
    ended.is(0, &["audit: written to siem (step 2)"]);
    assert!(!ended.stderr.contains("not delivered"), "{}", ended.stderr);
    let requests = server.requests().split_off(before);
    let came: Vec<_> = requests.iter().map(|one| one.json()["kind"].clone()).collect();
    assert_eq!(came, ["record", "run_ended", "record", "run_ended"]);
    assert_eq!(keys(&server).len(), 4);
    // The story of the first run knows it, too.
    let runs = tale.story.run(&["runs"]).stdout;
    let first = runs.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    let shown = tale.story.run(&["show", first]);
    shown.is(0, &["siem is down (it answers 503: busy)"]);
    assert!(!shown.stdout.contains("has not got the audit entry"), "{}", shown.stdout);
}

#[test]
fn a_server_that_fails_three_times_is_asked_again_with_the_same_key() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let first = asked.fetch_add(1, Ordering::SeqCst) < 3;
        Answer::status(if first { 500 } else { 200 }, "")
    });
    let tale = Tale::of(&http(&server));
    let text = TEXT.replace("echo b", "sleep 3; echo b");
    tale.story.write("a.md", &text);
    tale.answers(&text, "");
    let ended = tale.run();
    ended.is(0, &["siem is down (it answers 500); kept, tried again (step 2)"]);
    ended.is(0, &["audit: written to siem (step 2)", "audit: written to siem\n"]);
    let keys = keys(&server);
    let counts: Vec<_> = keys.values().map(|(count, kind)| (*count, kind.as_str())).collect();
    assert_eq!(counts.len(), 2);
    assert!(counts.contains(&(4, "record")) && counts.contains(&(1, "run_ended")), "{counts:?}");
    assert!(!ended.stderr.contains("not delivered"));
    // It is down and then has it: nothing needs attention.
    let shown = tale.story.run(&["show"]);
    assert!(!shown.stdout.contains("has not got the audit entry"), "{}", shown.stdout);
}

#[test]
fn a_server_that_asks_for_time_is_left_alone_for_that_time() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Server::start(move |_| {
        let mut seen = seen.lock().unwrap();
        seen.push(Instant::now());
        if seen.len() == 1 {
            Answer::status(429, "slowly").with("Retry-After", "2")
        } else {
            Answer::text("")
        }
    });
    let tale = Tale::of(&http(&server));
    let text = TEXT.replace("echo b", "sleep 3; echo b");
    tale.story.write("a.md", &text);
    tale.answers(&text, "");
    tale.run().is(0, &["siem is down (it answers 429: slowly)", "written to siem (step 2)"]);
    let seen = asked.lock().unwrap();
    assert_eq!(seen.len(), 3);
    let pause = seen[1] - seen[0];
    assert!(pause >= Duration::from_millis(1950) && pause < Duration::from_secs(4), "{pause:?}");
}

#[test]
fn a_time_that_is_asked_for_holds_for_the_next_run_and_not_for_a_person_who_says_now() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        if asked.fetch_add(1, Ordering::SeqCst) == 0 {
            return Answer::status(503, "").with("Retry-After", "3600");
        }
        Answer::text("")
    });
    let tale = Tale::of(&http(&server));
    let began = Instant::now();
    tale.run().is(0, &["it answers 503", "2 entries are not delivered to siem"]);
    assert!(began.elapsed() < Duration::from_secs(3), "nothing comes of waiting for an hour");
    tale.run().is(0, &["4 entries are not delivered to siem"]);
    assert_eq!(server.journal().len(), 1);
    tale.send().is(0, &["4 entries delivered to siem"]);
    assert_eq!(keys(&server).len(), 4);
}

#[test]
fn a_server_that_never_answers_costs_a_run_a_moment_however_many_entries_there_are() {
    let server = Server::start(|_| Answer::never());
    let record = "```json\n{\"action\": \"again\", \"actor\": \"me\"}\n```\n\n";
    let text = TEXT.replace("## Step 3", &format!("{}## Step 3", record.repeat(5)));
    let tale = Tale::told(&text, &(http(&server) + FILE));
    let began = Instant::now();
    let ended = tale.run();
    let took = began.elapsed();
    ended.is(0, &["siem is down (it has not answered yet)", "7 entries are not delivered to siem"]);
    assert!(took < Duration::from_millis(6500), "{took:?}");
    assert_eq!(tale.file("audit.jsonl").len(), 7);
    assert_eq!(fs::read_to_string(tale.story.folder().join("world")).unwrap(), "a\nb\n");
}

#[test]
fn a_server_that_applies_an_entry_and_hangs_up_gets_the_same_key_again() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        if asked.fetch_add(1, Ordering::SeqCst) == 0 { Answer::hang_up() } else { Answer::text("") }
    });
    let tale = Tale::of(&http(&server));
    tale.run().is(0, &["siem is down (", "audit: written to siem"]);
    let keys = keys(&server);
    let mut counts: Vec<_> = keys.values().map(|(count, _)| *count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2], "{keys:?}");
}

#[test]
fn what_a_server_refuses_is_kept_and_neither_asked_again_and_again_nor_in_the_way_of_others() {
    let server = Server::start(|request| {
        let wrong = request.json()["kind"] == "record";
        Answer::status(if wrong { 422 } else { 200 }, if wrong { "no such actor" } else { "" })
    });
    let tale = Tale::of(&http(&server));
    let ended = tale.run();
    ended.is(
        0,
        &[
            "siem does not take it (it answers 422: no such actor)",
            "audit: written to siem\n",
            "1 entry is not delivered to siem",
        ],
    );
    assert_eq!(server.journal().len(), 2);
    // A person, and the next run, ask once more.
    tale.send().is(5, &["tried 2 times: it answers 422"]);
    assert_eq!(server.journal().len(), 3);
}

#[test]
fn no_proxy_sees_what_is_for_this_machine() {
    let (server, proxy) =
        (Server::start(|_| Answer::text("")), Server::start(|_| Answer::text("")));
    let tale = Tale::of(&http(&server));
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"];
    let with = |story: Story, name: &&str| story.with(name, &proxy.address());
    let tale = Tale { story: names.iter().fold(tale.story, with) };
    tale.run().is(0, &["audit: written to siem"]);
    assert_eq!((server.journal().len(), proxy.journal().len()), (2, 0));
}

#[test]
fn a_header_that_would_be_two_is_refused() {
    let server = Server::start(|_| Answer::text(""));
    let headers = "headers = { Authorization = { env = \"AUDIT_TOKEN\" } }\n";
    let tale = Tale::of(&(http(&server) + headers));
    let tale = Tale { story: tale.story.with("AUDIT_TOKEN", "a\r\nX-Other: b") };
    tale.run().is(0, &["header Authorization: its value has characters that no header may have"]);
    assert_eq!(server.journal().len(), 0);
}

#[test]
fn an_address_must_have_a_certificate_that_the_machine_trusts() {
    let story = Story::new();
    let at = |name: &str| story.folder().join(name).display().to_string();
    let (key, certificate) = (at("key.pem"), at("certificate.pem"));
    let wanted = "[req]\ndistinguished_name = name\nx509_extensions = own\n[name]\n[own]\n\
                  basicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost\n";
    let wanted = story.write("wanted.cnf", wanted);
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-subj", "/CN=localhost", "-days", "2", "-config", &wanted])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let server = Server::start(|_| Answer::text(""));
    let port = enciphered(&certificate, &key, server.host().to_owned());
    let settings =
        format!("[[audit]]\nname = \"siem\"\nurl = \"https://localhost:{port}/entries\"\n");
    let tale = Tale::of(&settings);
    tale.run().is(0, &["siem is down (", "certificate"]);
    assert_eq!(server.journal().len(), 0, "nothing was said to a stranger");
    let tale = Tale { story: tale.story.with("SSL_CERT_FILE", &certificate) };
    tale.send().is(0, &["2 entries delivered to siem"]);
    assert_eq!(keys(&server).len(), 2);
}

/// A port that takes TLS, with this certificate, and hands what comes on to `host`.
fn enciphered(certificate: &str, key: &str, host: String) -> u16 {
    let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(
        rustls::crypto::ring::default_provider().into(),
    )
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(chain, key)
    .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            // A client that does not trust us goes away.
            let _ = hand_on(rustls::StreamOwned::new(session, stream), &host);
        }
    });
    port
}

fn hand_on<S: Read + Write>(mut client: S, host: &str) -> io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !is_whole(&request) {
        let read = client.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&piece[..read]);
    }
    let mut server = TcpStream::connect(host)?;
    server.write_all(&request)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    client.write_all(&answer)?;
    client.flush()
}

/// Whether a request has come to the end that it names.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    length
        .and_then(|length| length.trim().parse().ok())
        .is_some_and(|length: usize| body.len() >= length)
}

#[test]
fn a_redirection_is_not_followed() {
    let elsewhere = Server::start(|_| Answer::text(""));
    let to = elsewhere.address();
    let server = Server::start(move |_| Answer::moved(&to));
    let tale = Tale::of(&http(&server));
    tale.run().is(0, &["siem does not take it (it answers 302)"]);
    assert_eq!(elsewhere.journal().len(), 0);
}

#[test]
fn a_file_that_cannot_be_written_gets_its_lines_once_it_can() {
    let tale = Tale::of(FILE);
    let path = tale.story.folder().join("audit.jsonl");
    fs::create_dir(&path).unwrap();
    tale.run().is(0, &["audit: ledger is down (", "audit.jsonl"]);
    fs::remove_dir(&path).unwrap();
    // A line that a crash cut short.
    fs::write(&path, "{\"torn\":").unwrap();
    tale.send().is(0, &["2 entries delivered to ledger"]);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "{\"torn\":"));
    assert!(lines[1..].iter().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn a_full_disk_loses_no_entry() {
    let tale = Tale::of("[[audit]]\nname = \"ledger\"\nfile = \"small/audit.jsonl\"\n");
    fs::create_dir(tale.story.folder().join("small")).unwrap();
    let script = format!(
        "set -u\nmount -t tmpfs -o size=64k small small\ncat /dev/zero > small/fill 2> /dev/null\n\
         {RUNBOOK} run a.md --answers answers.toml > first 2>&1; echo $? > code\n\
         {RUNBOOK} audit --send > second 2>&1; echo $? >> code\n\
         rm small/fill\n{RUNBOOK} audit --send; echo $? >> code; cat small/audit.jsonl > kept"
    );
    in_a_namespace(&tale, &script);
    let read = |name: &str| fs::read_to_string(tale.story.folder().join(name)).unwrap();
    assert_eq!(read("code"), "0\n5\n0\n", "{}\n{}", read("first"), read("second"));
    let first = read("first");
    assert!(first.contains("audit: ledger is down ("), "{first}");
    let kept = read("kept");
    let whole = kept.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok());
    assert_eq!(whole.count(), 2, "{kept}");
}

#[test]
fn a_read_only_folder_loses_no_entry() {
    let tale = Tale::of("[[audit]]\nname = \"ledger\"\nfile = \"small/audit.jsonl\"\n");
    fs::create_dir(tale.story.folder().join("small")).unwrap();
    let script = format!(
        "set -u\nmount -t tmpfs -o ro small small\n\
         {RUNBOOK} run a.md --answers answers.toml > first 2>&1; echo $? > code\n\
         mount -o remount,rw small\n{RUNBOOK} audit --send; echo $? >> code; wc -l < small/audit.jsonl > kept"
    );
    in_a_namespace(&tale, &script);
    let read = |name: &str| fs::read_to_string(tale.story.folder().join(name)).unwrap();
    let first = read("first");
    assert_eq!((read("code").as_str(), read("kept").as_str()), ("0\n0\n", "2\n"), "{first}");
    assert!(first.to_lowercase().contains("read-only file system"), "{first}");
}

fn in_a_namespace(tale: &Tale, script: &str) {
    let ours = tale.story.command(&[]);
    let environment = ours.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "bash", "-c", script])
        .env_clear()
        .envs(environment)
        .current_dir(tale.story.folder())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_program_that_fails_and_then_works_gets_the_entry_on_its_standard_input() {
    let tale = Tale::of("[[audit]]\nname = \"mail\"\ncommand = [\"./notify\", \"--audit\"]\n");
    let notify = tale.story.write(
        "notify",
        "#!/bin/sh\n[ \"$1\" = --audit ] || exit 9\ncat > got.tmp\n\
         [ -e works ] || { echo 'no route to the mail' >&2; exit 3; }\ncat got.tmp >> got\n",
    );
    fs::set_permissions(&notify, fs::Permissions::from_mode(0o755)).unwrap();
    tale.run().is(0, &["mail is down (./notify ended with 3)"]);
    tale.story.write("works", "");
    tale.send().is(0, &["2 entries delivered to mail"]);
    assert_eq!(kinds(&tale.file("got")), ["record", "run_ended"]);
}

#[test]
fn a_program_that_never_ends_is_ended_with_the_run() {
    let tale = Tale::of(
        "[[audit]]\nname = \"mail\"\ncommand = [\"sh\", \"-c\", \"echo $$ > at; sleep 60 & wait\"]\n",
    );
    let began = Instant::now();
    tale.run().is(0, &["mail is down (it has not answered yet)", "not delivered to mail"]);
    assert!(began.elapsed() < Duration::from_secs(10));
    let id = fs::read_to_string(tale.story.folder().join("at")).unwrap();
    let status = format!("/proc/{}/stat", id.trim());
    wait_until("the program is gone", || {
        let stat = fs::read_to_string(&status).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    });
}

#[test]
fn a_rehearsal_delivers_nothing_and_says_where_a_run_would() {
    let server = Server::start(|_| Answer::text(""));
    let text = format!(
        "{}## Step 3 — End\n\n```bash\ntrue\n```\n",
        TEXT.split("## Step 3").next().unwrap()
    );
    let tale = Tale::told(&text, &(http(&server) + FILE));
    let stand_ins = format!("{ROOT}/fixtures/stand-ins");
    let words = ["rehearse", "a.md", "--stand-ins", &stand_ins];
    let ended = tale.with(&words);
    ended.is(0, &["Record (json):", "not handed on in a rehearsal", "siem (http://127.0.0.1:"]);
    ended.is(0, &["ledger (file "]);
    assert_eq!(server.journal().len(), 0);
    assert!(!tale.story.folder().join("audit.jsonl").exists());
    tale.story.run(&["audit"]).is(0, &["no audit entry waits"]);
}

#[test]
fn settings_that_nobody_has_read_send_nothing_anywhere_and_say_so() {
    let server = Server::start(|_| Answer::text(""));
    let tale = Tale::of("");
    tale.story.write("runbook.toml", &(http(&server) + FILE));
    tale.run().is(0, &["where audit entries go, and is not trusted, so it is not used"]);
    assert_eq!(server.journal().len(), 0);
    assert!(!tale.story.folder().join("audit.jsonl").exists());
    // Nor later: they were never for a sink.
    tale.story.run(&["trust", "runbook.toml"]).is(0, &[]);
    tale.send().is(0, &["no audit entry waits"]);
    assert_eq!(server.journal().len(), 0);
}

#[test]
fn a_sink_that_is_another_one_by_now_gets_nothing_that_it_was_not_meant_for() {
    let server = Server::start(|_| Answer::text(""));
    let tale = Tale::of("[[audit]]\nname = \"siem\"\nfile = \"/nowhere/audit\"\n");
    tale.run().is(0, &["2 entries are not delivered to siem"]);
    tale.story.write("runbook.toml", &http(&server));
    tale.send().is(5, &["is not trusted"]);
    tale.settings(&http(&server));
    tale.send().is(5, &["siem was file /nowhere/audit when the entry was made, and is http://"]);
    assert_eq!(server.journal().len(), 0);
    // A run sends its own, and leaves the others where they are.
    tale.run().is(0, &["2 entries are not delivered to siem"]);
    assert_eq!(server.journal().len(), 2);
    tale.story
        .run(&["audit", "--send", "--changed"])
        .is(0, &["siem was file", "2 entries delivered"]);
    assert_eq!(keys(&server).len(), 4);
    tale.settings("");
    tale.story.run(&["audit"]).is(0, &["no audit entry waits"]);
}

#[test]
fn a_secret_of_the_run_is_in_no_entry() {
    let server = Server::start(|request| {
        Answer::status(if request.json()["kind"] == "record" { 500 } else { 200 }, "")
    });
    let text = TEXT
        .replace(
            "echo a >> world",
            "curl -s -H \"Authorization: $API_TOKEN\" x || true\necho {{ note }}",
        )
        .replace("# Try\n", "---\ninputs:\n  note:\n    description: why\n---\n\n# Try\n")
        .replace("{{ run_id }}", "{{ note }}");
    let tale = Tale::told(&text, &(http(&server) + FILE));
    let secret = "sec-9f8e7d6c5b4a";
    let inputs = format!("[inputs]\nAPI_TOKEN = \"{secret}\"\nnote = \"because of {secret}\"\n");
    tale.answers(&text, &inputs);
    let ended = tale.run();
    ended.is(0, &["because of [redacted API_TOKEN]"]);
    let entries = tale.file("audit.jsonl");
    assert!(
        entries[0]["entry"]["json"]["context"].as_str().unwrap().contains("[redacted API_TOKEN]")
    );
    for request in server.requests() {
        assert!(!request.body.contains(secret), "{}", request.body);
    }
    nothing_holds(&tale, secret.as_bytes());
}

#[test]
fn what_only_an_entry_names_is_asked_for_before_it_is_made() {
    let text = TEXT
        .replace("# Try\n", "---\ninputs:\n  ticket:\n    description: why\n---\n\n# Try\n")
        .replace("{{ run_id }}", "{{ ticket }}");
    let tale = Tale::told(&text, FILE);
    tale.run().is(3, &["input ticket has no value", "paused in step 2"]);
    assert_eq!(kinds(&tale.file("audit.jsonl")), ["run_ended"]);
    tale.answers(&text, "[inputs]\nticket = \"OPS-7\"\n");
    tale.with(&["resume"]).is(0, &["audit: written to ledger (step 2)"]);
    let entries = tale.file("audit.jsonl");
    assert_eq!(kinds(&entries), ["run_ended", "record", "run_ended"]);
    assert_eq!(entries[1]["entry"]["json"]["context"], "OPS-7");
    assert_eq!(
        (&entries[0]["result"], &entries[2]["result"]),
        (&"paused".into(), &"complete".into())
    );
}

#[test]
fn broken_glass_is_told_at_once_and_in_every_entry() {
    let text = TEXT.replacen("# Try\n", "# Try\n\n**Required role:** admin\n", 1);
    let tale = Tale::told(&text, FILE);
    tale.with(&["run", "a.md", "--break-glass", "the vault burns"]).is(0, &["GLASS WAS BROKEN"]);
    let entries = tale.file("audit.jsonl");
    assert_eq!(kinds(&entries), ["break_glass", "record", "run_ended"]);
    for entry in &entries {
        assert_eq!(entry["break_glass"], "the vault burns");
        assert_eq!(entry["role"]["standing"], "break_glass");
    }
}

#[test]
fn without_a_journal_entries_go_out_all_the_same_and_what_cannot_is_given_to_the_operator() {
    let server = Server::start(|_| Answer::status(500, ""));
    let tale = Tale::of(FILE);
    // What is trusted is noted in the state folder; so it is broken after that.
    let state = tale.story.home().join(".local/state/runbook");
    fs::write(state.join("journal.sqlite"), "no database".repeat(100)).unwrap();
    let words = ["run", "a.md", "--break-glass", "the disk is gone"];
    tale.with(&words).is(0, &["THIS RUN IS NOT RECORDED", "audit: written to ledger"]);
    let entries = tale.file("audit.jsonl");
    assert_eq!(kinds(&entries), ["break_glass", "record", "run_ended"]);
    for entry in &entries {
        assert_eq!(
            (&entry["break_glass"], &entry["head"]),
            (&"the disk is gone".into(), &Value::Null)
        );
    }
    // Not even the outbox can be kept.
    tale.settings(&http(&server));
    fs::remove_file(state.join("outbox.sqlite")).unwrap();
    fs::create_dir(state.join("outbox.sqlite")).unwrap();
    tale.run().is(5, &["journal"]);
    let ended = tale.with(&words);
    ended.is(0, &["neither delivered to siem nor kept; keep it yourself: {\"version\":1"]);
    assert_eq!(ended.stderr.matches("keep it yourself").count(), 3, "{}", ended.stderr);
}

#[test]
fn an_outbox_that_cannot_be_opened_ends_a_run_before_it_begins() {
    let tale = Tale::of(FILE);
    fs::create_dir(tale.story.home().join(".local/state/runbook/outbox.sqlite")).unwrap();
    tale.run().is(5, &["failed to open the outbox of audit entries"]);
    assert!(!tale.story.folder().join("world").exists());
}

#[test]
fn an_outbox_that_is_locked_meanwhile_holds_nothing_up_and_loses_nothing() {
    let tale = Tale::of(FILE);
    tale.run().is(0, &[]);
    assert_eq!(tale.file("audit.jsonl").len(), 2);
    tale.story.write("wait", "");
    let words = ["run", "a.md", "--answers", "answers.toml"];
    let text = TEXT
        .replace("echo a >> world", "touch reached1; while [ ! -e locked ]; do sleep 0.05; done");
    tale.story.write("a.md", &text);
    tale.answers(&text, "");
    fs::remove_file(tale.story.folder().join("wait")).unwrap();
    let child =
        tale.story.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let reached = tale.story.folder().join("reached1");
    wait_until("the first step", || reached.exists());
    let path = tale.story.home().join(".local/state/runbook/outbox.sqlite");
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    tale.story.write("locked", "");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("`runbook audit` makes it from the journal"), "{said}");
    drop(other);
    tale.send().is(0, &["2 entries delivered to ledger"]);
    let entries = tale.file("audit.jsonl");
    assert_eq!(kinds(&entries[2..]), ["record", "run_ended"]);
}

#[test]
fn a_process_that_dies_anywhere_loses_no_entry_and_makes_none_twice() {
    for moment in 0..14 {
        let server = Server::start(|_| Answer::text(""));
        let tale = Tale::of(&http(&server));
        let words = ["run", "a.md", "--answers", "answers.toml", "--format", "json"];
        let mut command = tale.story.command(&words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = io::BufRead::lines(io::BufReader::new(child.stdout.take().unwrap()));
        // The record's event is told after it is in the journal and before it can be delivered for
        // certain; more moments lie around it.
        let last = if moment < 7 { "record_made" } else { "run_ended" };
        for line in lines.map_while(Result::ok) {
            if line.contains(last) {
                break;
            }
        }
        thread::sleep(Duration::from_micros(300 * (moment % 7)));
        let _ = child.kill();
        let _ = child.wait();
        tale.send().is(0, &["no audit entry waits"]);
        let expected = tale.events("record_made").len() + tale.events("run_ended").len();
        assert!(expected >= 1, "moment {moment}");
        assert_eq!(keys(&server).len(), expected, "moment {moment}");
    }
}

#[test]
fn runs_at_the_same_time_write_whole_lines_and_hand_each_entry_on_once() {
    let tale = Tale::of(THREE);
    let sinks = ["audit1.jsonl", "audit2.jsonl", "audit3.jsonl"];
    // Something waits already that each of them may deliver.
    for sink in sinks {
        fs::create_dir(tale.story.folder().join(sink)).unwrap();
    }
    tale.run().is(0, &["not delivered to f1", "not delivered to f3"]);
    for sink in sinks {
        fs::remove_dir(tale.story.folder().join(sink)).unwrap();
    }
    let names: Vec<_> = (0..6).map(|number| format!("b{number}.md")).collect();
    let start = |name: &String| {
        tale.story.write(name, TEXT);
        let words = ["run", name, "--answers", "answers.toml"];
        let mut command = tale.story.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let started: Vec<_> = names.iter().map(start).collect();
    for child in started {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    tale.send().is(0, &["no audit entry waits"]);
    for sink in sinks {
        let entries = tale.file(sink);
        let keys: BTreeSet<_> = entries.iter().map(|entry| entry["key"].to_string()).collect();
        assert_eq!((keys.len(), entries.len()), (14, 14), "two of each of seven runs, each once");
    }
}

#[test]
fn deliveries_at_the_same_time_hand_each_entry_on_once() {
    let tale = Tale::of("[[audit]]\nname = \"mail\"\ncommand = [\"./notify\"]\n");
    let notify = tale.story.write(
        "notify",
        "#!/bin/sh\n[ -e works ] || exit 3\nread -r entry\nsleep 0.1\necho \"$entry\" >> got\n",
    );
    fs::set_permissions(&notify, fs::Permissions::from_mode(0o755)).unwrap();
    tale.run().is(0, &["not delivered to mail"]);
    tale.run().is(0, &["not delivered to mail"]);
    tale.story.write("works", "");
    let start = |words: &[&str]| {
        let mut command = tale.story.command(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut started: Vec<_> = (0..3).map(|_| start(&["audit", "--send"])).collect();
    started.push(start(&["run", "a.md", "--answers", "answers.toml"]));
    let mut said = String::new();
    for child in started {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        said = String::from_utf8_lossy(&output.stdout).into_owned();
    }
    tale.send().is(0, &["no audit entry waits"]);
    let entries = tale.file("got");
    assert_eq!(kinds(&entries), ["record", "run_ended"].repeat(3), "in order");
    let keys: BTreeSet<_> = entries.iter().map(|entry| entry["key"].to_string()).collect();
    assert_eq!(keys.len(), 6);
    // Whoever delivered it, the run knows.
    assert!(said.contains("audit: written to mail (step 2)"), "{said}");
}

#[test]
fn who_dies_while_delivering_is_waited_for_by_nobody() {
    let tale = Tale::of("[[audit]]\nname = \"mail\"\ncommand = [\"./notify\"]\n");
    let notify = tale.story.write(
        "notify",
        "#!/bin/sh\n[ -e works ] || exit 3\n[ -e quick ] || { touch begun; exec sleep 60; }\ncat >> got\n",
    );
    fs::set_permissions(&notify, fs::Permissions::from_mode(0o755)).unwrap();
    tale.run().is(0, &["not delivered to mail"]);
    tale.story.write("works", "");
    let mut command = tale.story.command(&["audit", "--send"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = tale.story.folder().join("begun");
    wait_until("it delivers", || begun.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    tale.story.write("quick", "");
    let began = Instant::now();
    tale.send().is(0, &["2 entries delivered to mail"]);
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(kinds(&tale.file("got")), ["record", "run_ended"]);
}

const THREE: &str = "[[audit]]\nname = \"f1\"\nfile = \"audit1.jsonl\"\n\n\
                     [[audit]]\nname = \"f2\"\nfile = \"audit2.jsonl\"\n\n\
                     [[audit]]\nname = \"f3\"\nfile = \"audit3.jsonl\"\n";

#[test]
fn sinks_that_have_nothing_to_do_take_no_time() {
    let tale = Tale::of(THREE);
    tale.story.write("wait", "");
    let words = ["run", "a.md", "--answers", "answers.toml"];
    let mut command = tale.story.command(&words);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let reached = tale.story.folder().join("reached");
    wait_until("the third step", || reached.exists());
    let worked = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11);
        fields.take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>()
    };
    let before = worked();
    thread::sleep(Duration::from_secs(1));
    let ticks = worked() - before;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(ticks < 25, "{ticks} hundredths of a second");
}

#[test]
fn what_a_dead_process_did_not_even_put_into_the_outbox_is_made_from_the_journal() {
    let up = Arc::new(AtomicBool::new(false));
    let server = while_up(&up);
    let tale = Tale::of(&http(&server));
    tale.story.write("wait", "");
    let words = ["run", "a.md", "--answers", "answers.toml"];
    let mut child =
        tale.story.command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let reached = tale.story.folder().join("reached");
    wait_until("the third step", || reached.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(keys(&server).len(), 1);
    // As if it had died right before: the outbox is as it was when the run began.
    assert_eq!(outbox(&tale).execute("DELETE FROM letters", []).unwrap(), 1);
    up.store(true, Ordering::SeqCst);
    tale.send().is(0, &["1 entry is made from the journal", "1 entry delivered to siem"]);
    assert_eq!(keys(&server).len(), 1, "the same key, the same text");
    // The resumed run goes on to hand on what follows, and nothing twice.
    let before = server.journal().len();
    fs::remove_file(tale.story.folder().join("wait")).unwrap();
    tale.answers(TEXT, "[unknown]\n3 = \"did-not-happen\"\n");
    tale.with(&["resume"]).is(0, &["audit: written to siem"]);
    assert_eq!((keys(&server).len(), server.journal().len()), (2, before + 1));
}

/// A server that takes entries while it is up.
fn while_up(up: &Arc<AtomicBool>) -> Server {
    let up = Arc::clone(up);
    Server::start(move |_| {
        Answer::status(if up.load(Ordering::SeqCst) { 200 } else { 503 }, "busy")
    })
}

fn outbox(tale: &Tale) -> rusqlite::Connection {
    let path = tale.story.home().join(".local/state/runbook/outbox.sqlite");
    rusqlite::Connection::open(path).unwrap()
}

fn lose_outbox(tale: &Tale) {
    let state = tale.story.home().join(".local/state/runbook");
    for file in fs::read_dir(state).unwrap().flatten() {
        if file.file_name().to_string_lossy().starts_with("outbox") {
            fs::remove_file(file.path()).unwrap();
        }
    }
}

#[test]
fn what_was_not_delivered_is_made_from_the_journal_where_the_outbox_is_lost() {
    for again in ["audit --send", "run a.md --answers answers.toml"] {
        let up = Arc::new(AtomicBool::new(false));
        let server = while_up(&up);
        let tale = Tale::of(&(http(&server) + FILE));
        tale.run().is(0, &["2 entries are not delivered to siem", "written to ledger (step 2)"]);
        lose_outbox(&tale);
        up.store(true, Ordering::SeqCst);
        let words: Vec<_> = again.split(' ').collect();
        tale.story.run(&words).is(0, &[]);
        tale.story.run(&["audit"]).is(0, &["no audit entry waits"]);
        let expected = if again == "audit --send" { 2 } else { 4 };
        assert_eq!(keys(&server).len(), expected, "{again}");
        // Of what the journal knows to be delivered nothing is made again.
        let ledger = tale.file("audit.jsonl");
        let records = kinds(&ledger).iter().filter(|kind| **kind == "record").count();
        assert_eq!(records, expected / 2, "{again}");
    }
}

#[test]
fn rows_that_were_removed_from_the_outbox_are_made_again_and_what_was_delivered_is_not() {
    let up = Arc::new(AtomicBool::new(false));
    let server = while_up(&up);
    let tale = Tale::of(&(http(&server) + FILE));
    tale.run().is(0, &["2 entries are not delivered to siem"]);
    assert_eq!(outbox(&tale).execute("DELETE FROM letters", []).unwrap(), 2);
    tale.story.run(&["audit"]).is(0, &["2 entries are made from the journal", "2 entries wait"]);
    up.store(true, Ordering::SeqCst);
    tale.send().is(0, &["2 entries delivered to siem"]);
    for _ in 0..2 {
        let ended = tale.send();
        ended.is(0, &["no audit entry waits"]);
        assert!(!ended.stderr.contains("made from the journal"), "{}", ended.stderr);
    }
    assert_eq!((keys(&server).len(), tale.file("audit.jsonl").len()), (2, 2));
}

#[test]
fn a_run_that_came_from_another_machine_is_handed_on_there_and_not_here() {
    let tale = Tale::of(FILE);
    tale.run().is(0, &["audit: written to ledger"]);
    let run = tale.file("audit.jsonl")[0]["run"].as_str().unwrap().to_owned();
    tale.story.run(&["show", &run, "--export", "run.jsonl"]).is(0, &[]);
    let state = tale.story.home().join(".local/state/runbook");
    for name in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] {
        let _ = fs::remove_file(state.join(name));
    }
    lose_outbox(&tale);
    tale.story.run(&["runs", "--import", "run.jsonl"]).is(0, &[]);
    // This machine by another name.
    let script = format!("hostname elsewhere && {RUNBOOK} audit --send");
    let ours = tale.story.command(&[]);
    let environment = ours.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let output = Command::new("unshare")
        .args(["--map-root-user", "--uts", "bash", "-c", &script])
        .env_clear()
        .envs(environment)
        .current_dir(tale.story.folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("no audit entry waits"), "{output:?}");
    assert_eq!(tale.file("audit.jsonl").len(), 2);
}

#[test]
fn an_entry_that_was_changed_in_the_outbox_is_made_anew_before_it_goes_out() {
    for again in ["audit --send", "run a.md --answers answers.toml"] {
        let up = Arc::new(AtomicBool::new(false));
        let server = while_up(&up);
        let tale = Tale::of(&http(&server));
        tale.run().is(0, &["2 entries are not delivered to siem"]);
        let change = "UPDATE letters SET text = replace(text, 'rotate', 'nothing')";
        outbox(&tale).execute(change, []).unwrap();
        up.store(true, Ordering::SeqCst);
        let before = server.journal().len();
        let words: Vec<_> = again.split(' ').collect();
        tale.story.run(&words).is(0, &["AN AUDIT ENTRY IN THE OUTBOX IS NOT THE JOURNAL'S"]);
        let requests = server.requests().split_off(before);
        assert!(requests.iter().all(|request| !request.body.contains("nothing")), "{again}");
        assert_eq!(requests[0].json()["entry"]["json"]["action"], "rotate");
        assert_eq!(keys(&server).len(), requests.len());
    }
}

#[test]
fn what_waits_for_a_sink_that_is_gone_for_good_is_given_up_with_a_reason() {
    let tale = Tale::of("[[audit]]\nname = \"old\"\nfile = \"/nowhere/audit\"\n");
    tale.run().is(0, &["2 entries are not delivered to old"]);
    tale.settings(FILE);
    tale.send().is(5, &["has no [[audit]] of this name any more", "2 entries wait"]);
    let give_up = |words: &[&str]| tale.story.run(&[&["audit", "--give-up"], words].concat());
    give_up(&["old"]).is(2, &["--reason"]);
    give_up(&["older", "--reason", "it is off"]).is(2, &["no audit entry waits for older"]);
    tale.story.run(&["audit"]).is(0, &["2 entries wait"]);
    give_up(&["old", "--reason", "it is off"])
        .is(0, &["given up for old: ", "no audit entry waits"]);
    for _ in 0..2 {
        tale.send().is(0, &["2 entries for old given up by operator, 20", ": it is off"]);
    }
    let told = tale.story.run(&["audit", "--format", "json"]).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    let run = told["given_up"][0]["run"].as_str().unwrap();
    for one in told["given_up"].as_array().unwrap() {
        assert!(one["key"].as_str().unwrap().starts_with(run));
        assert_eq!((&one["sink"], &one["operator"]), (&"old".into(), &"operator".into()));
        assert_eq!(one["reason"], "it is off");
    }
    // It is in the journal still.
    assert_eq!(tale.events("record_made").len(), 1);
}

#[test]
fn an_entry_that_the_journal_does_not_know_does_not_go_out() {
    for (again, code, records) in
        [("audit --send", 5, 1), ("run a.md --answers answers.toml", 0, 2)]
    {
        let up = Arc::new(AtomicBool::new(false));
        let server = while_up(&up);
        let tale = Tale::of(&http(&server));
        tale.run().is(0, &["2 entries are not delivered to siem"]);
        let change = "UPDATE letters SET key = replace(key, '-', '-1') WHERE step = '2'";
        outbox(&tale).execute(change, []).unwrap();
        up.store(true, Ordering::SeqCst);
        let before = server.journal().len();
        let words: Vec<_> = again.split(' ').collect();
        let said = "AN AUDIT ENTRY IN THE OUTBOX IS NOT THE JOURNAL'S: its key is not of its run";
        tale.story.run(&words).is(code, &[said]);
        // What it was changed from is made from the journal.
        let came = server.requests().split_off(before);
        let records_came = came.iter().filter(|one| one.json()["kind"] == "record").count();
        assert_eq!((records_came, came.len()), (records, 2 * records), "{again}");
        for one in &came {
            assert_eq!(one.json()["key"], one.headers["idempotency-key"].as_str(), "{again}");
        }
    }
}

const RECORD: &str = "# Try\n\n## Step 1 — Do\n\n**Machine identity (preferred):**\n\n\
                      ```bash\necho a >> world\n```\n\n**Legacy service token:**\n\n\
                      ```bash\necho b >> world\n```\n\n\
                      ## Step 2 — Audit\n\n```\naction: rotate\nactor: <admin_id>\nticket: <ticket>\n\
                      context: {\n  \"type\": \"machine-identity\" or \"service-token-legacy\",\n  \
                      \"method\": \"by-hand\" or \"by-machine\"\n}\n```\n";

#[test]
fn an_entry_is_filled_in_from_the_run_its_choices_and_what_is_asked_for() {
    for (chosen, kind) in
        [("Machine identity", "machine-identity"), ("Legacy service token", "service-token-legacy")]
    {
        let tale = Tale::told(TEXT, FILE);
        tale.story.write("a.md", RECORD);
        let confirm = "[confirm]\n1 = [\"writes\"]\n";
        let answers = |more: &str| {
            let plan: String =
                Sha256::digest(RECORD).iter().map(|byte| format!("{byte:02x}")).collect();
            tale.story.write("answers.toml", &format!("plan = \"{plan}\"\n{confirm}{more}"));
        };
        answers(&format!("[choices]\n1 = \"{chosen}\"\n"));
        // An entry with a hole in it proves nothing.
        tale.run().is(3, &["input ticket has no value"]);
        assert_eq!(kinds(&tale.file("audit.jsonl")), ["run_ended"]);
        let given = format!("[inputs]\nticket = \"OPS: 12\"\n[choices]\n1 = \"{chosen}\"\n");
        answers(&given);
        tale.with(&["resume"]).is(3, &["the choice of step 2 is not made"]);
        answers(&(given + "2 = \"by-machine\"\n"));
        tale.with(&["resume"]).is(0, &["complete", "audit: written to ledger (step 2)"]);
        let entries = tale.file("audit.jsonl");
        assert_eq!(kinds(&entries), ["run_ended", "run_ended", "record", "run_ended"]);
        let text = entries[2]["entry"]["text"].as_str().unwrap();
        let expected = format!(
            "action: rotate\nactor: operator\nticket: \"OPS: 12\"\ncontext: {{\n  \"type\": \
             \"{kind}\",\n  \"method\": \"by-machine\"\n}}"
        );
        assert_eq!(text.trim_end(), expected);
        tale.story.run(&["show"]).is(0, &["actor: operator", kind]);
    }
}
