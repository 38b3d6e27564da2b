//! No byte of a secret leaves the interpreter: not on the screen, in events, files or arguments.
//!
//! The stand-ins get tokens of this test, full of characters that every encoding writes in its own
//! way. Everything that the run wrote is then searched for them, in every form.

mod screen;
mod story;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sha2::{Digest, Sha256};

use story::{ROTATION, Story};

const OLD: &str = "qZ7+old/w0Kx=%\"r$Tn&vB'y<9>jM~hL!cFgD*sP?aE;uIoO#1kXQz";
const NEW: &str = "Jm4+new/R8tc=%\"p$Wd&xG'b<2>vN~eY!kHqS*zT?fU;iAlC#6oMBy";

/// A story whose stand-ins know the two tokens above, and the answers for it.
fn rotation() -> (Story, String) {
    let story = Story::new();
    let folder = story.folder().join("stand-ins");
    std::fs::create_dir(&folder).expect("a folder");
    let from = format!("{}/fixtures/stand-ins", story::ROOT);
    for file in std::fs::read_dir(from).expect("stand-ins") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), folder.join(file.file_name())).expect("a copy");
    }
    let world = folder.join(".world");
    let text = std::fs::read_to_string(&world).expect("the world");
    let text = text.lines().map(|line| match line.trim_start().split_once('=') {
        Some(("IDENTITY_OLD", _)) => format!("IDENTITY_OLD={}", quoted(OLD)),
        Some(("IDENTITY_NEW", _)) => format!("IDENTITY_NEW={}", quoted(NEW)),
        _ => line.to_owned(),
    });
    let text: Vec<_> = text.collect();
    std::fs::write(world, text.join("\n") + "\n").expect("the world");
    std::fs::create_dir(story.folder().join("given")).expect("a folder");
    story.write("given/old", &format!("{OLD}\n"));
    story.write("given/new", NEW);
    let answers = std::fs::read_to_string(story::ANSWERS).expect("answers");
    let answers = answers.lines().map(|line| match line.split_once(" = ") {
        Some(("CURRENT_TOKEN", _)) => "CURRENT_TOKEN = { file = \"given/old\" }",
        Some(("NEW_TOKEN", _)) => "NEW_TOKEN = { command = [\"cat\", \"given/new\"] }",
        _ => line,
    });
    let answers: Vec<_> = answers.collect();
    let answers = story.write("answers.toml", &answers.join("\n"));
    (story, answers)
}

/// A text as one word for bash.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Every form in which a secret could be found, by name.
fn forms(secret: &str) -> Vec<(String, Vec<u8>)> {
    let mut forms = Vec::new();
    let windows = secret.as_bytes().windows(10).enumerate();
    forms.extend(windows.map(|(at, part)| (format!("10 bytes from {at}"), part.to_vec())));
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret.as_bytes());
        for (name, engine) in [("base64", &STANDARD), ("base64url", &URL_SAFE)] {
            let text = engine.encode(&bytes);
            // What depends on the neighbours is left out at both ends.
            forms.push((
                format!("{name}, {before} before"),
                text.as_bytes()[4..text.len() - 4].into(),
            ));
        }
    }
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(("hex".into(), hex.to_uppercase().into_bytes()));
    forms.push(("hex".into(), hex.into_bytes()));
    let url: String = secret
        .bytes()
        .map(|byte| match byte {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    forms.push(("URL".into(), url.into_bytes()));
    let json = serde_json::to_string(secret).expect("JSON");
    forms.push(("JSON".into(), json.trim_matches('"').into()));
    forms.push((
        "JSON of JSON".into(),
        serde_json::to_string(&json).expect("JSON").trim_matches('"').into(),
    ));
    let units = || secret.encode_utf16();
    forms.push(("UTF-16LE".into(), units().flat_map(u16::to_le_bytes).collect()));
    forms.push(("UTF-16BE".into(), units().flat_map(u16::to_be_bytes).collect()));
    let quoted = secret.replace('\'', "'\\''");
    let json = serde_json::to_string(&quoted).expect("JSON");
    forms.push(("single quotes in JSON".into(), json.trim_matches('"').into()));
    forms.push(("single quotes".into(), quoted.into()));
    forms
}

/// Expects that neither secret is in `bytes`, lines joined or not.
#[track_caller]
fn is_clean(place: &str, bytes: &[u8]) {
    let joined: Vec<u8> =
        bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    for (name, secret) in [("OLD", OLD), ("NEW", NEW)] {
        for (form, wanted) in forms(secret) {
            for bytes in [bytes, &joined] {
                let found = memchr::memmem::find(bytes, &wanted);
                assert_eq!(
                    found,
                    None,
                    "{name} as {form} in {place}: {}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
    }
}

/// Reads all that the interpreter leaves where others can see it, for as long as it runs.
struct Spy {
    over: Arc<AtomicBool>,
    thread: JoinHandle<BTreeMap<String, Vec<Vec<u8>>>>,
}

impl Spy {
    fn new(story: &Story, id: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (ends, folder) = (Arc::clone(&over), story.folder().to_owned());
        let thread = thread::spawn(move || {
            let mut seen = BTreeMap::new();
            while !ends.load(Ordering::SeqCst) {
                for name in ["cmdline", "environ"] {
                    note(&mut seen, Path::new(&format!("/proc/{id}/{name}")));
                }
                files(&mut seen, &folder.join("tmp"));
                files(&mut seen, &folder.join("home"));
                thread::sleep(Duration::from_millis(20));
            }
            seen
        });
        Self { over, thread }
    }

    /// Expects that nothing of the secrets was seen, and that something was.
    #[track_caller]
    fn found_nothing(self) {
        self.over.store(true, Ordering::SeqCst);
        let seen = self.thread.join().expect("it only reads");
        assert!(seen.keys().any(|name| name.ends_with("cmdline")), "{:?}", seen.keys());
        for (place, contents) in seen {
            for bytes in contents {
                is_clean(&place, &bytes);
            }
        }
    }
}

/// Keeps a file's content if it is a new one.
fn note(seen: &mut BTreeMap<String, Vec<Vec<u8>>>, path: &Path) {
    let Ok(bytes) = std::fs::read(path) else { return };
    let contents = seen.entry(path.display().to_string()).or_default();
    if !contents.contains(&bytes) {
        contents.push(bytes);
    }
}

/// All files below a folder, but for the world that the stand-ins keep.
fn files(seen: &mut BTreeMap<String, Vec<Vec<u8>>>, folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() && (!path.ends_with("state") || path.ends_with(".local/state")) {
            files(seen, &path);
        } else if path.is_file() {
            note(seen, &path);
        }
    }
}

#[test]
fn the_search_finds_a_secret_in_every_form() {
    for (form, bytes) in forms(OLD) {
        let found = std::panic::catch_unwind(|| is_clean("a test", &bytes));
        assert!(found.is_err(), "{form}");
    }
}

#[test]
fn no_secret_of_the_rotation_is_in_its_events_files_or_arguments() {
    let (story, answers) = rotation();
    let stand_ins = story.folder().join("stand-ins").display().to_string();
    let words = [
        "rehearse",
        ROTATION,
        "--answers",
        &answers,
        "--stand-ins",
        &stand_ins,
        "--format",
        "json",
    ];
    let mut command = story.command(&words);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("it starts");
    let spy = Spy::new(&story, child.id());
    let output = child.wait_with_output().expect("it ends");
    let (stdout, stderr) = (output.stdout, output.stderr);
    is_clean("the events", &stdout);
    is_clean("standard error", &stderr);
    spy.found_nothing();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&stdout));
    assert!(String::from_utf8_lossy(&stdout).contains("[redacted NEW_TOKEN]"));
}

#[test]
fn no_secret_of_the_rotation_is_on_the_screen() {
    let (story, _) = rotation();
    let stand_ins = story.folder().join("stand-ins").display().to_string();
    let mut screen = story.screen(&["rehearse", ROTATION, "--stand-ins", &stand_ins]);
    let spy = Spy::new(&story, screen.id());
    screen.answer("done? [", "y");
    screen.answer("CURRENT_TOKEN (", OLD);
    screen.answer("INFISICAL_DOMAIN (", "");
    screen.answer("INFISICAL_PROJECT_ID (", "");
    // Pasted too early: it is neither taken nor shown.
    screen.wait_for("expects: a list of secret names");
    screen.line(NEW);
    screen.answer("which one?", "1");
    screen.answer("done? [", "y");
    screen.answer("NEW_TOKEN (", NEW);
    screen.answer("which one?", "2");
    screen.answer("done? [", "y");
    screen.answer("app (", "");
    screen.answer("run it? [", "x");
    screen.answer("run it? [", "y");
    screen.answer("run it? [", "y");
    screen.answer("repo (", "");
    screen.answer("run it? [", "y");
    screen.answer("done? [", "y");
    screen.answer("HEALTH_URL (", "");
    screen.answer("To go on type", "rotate-infisical-service-token");
    screen.answer("done? [", "y");
    screen.wait_for("complete: every step was carried out");
    assert_eq!(screen.exit().code(), Some(0));
    is_clean("the screen", &screen.written());
    is_clean("the screen", screen.text().replace(['│', '┆', '▌', '»', '…'], "").as_bytes());
    spy.found_nothing();
}

/// The first line of answers that confirm something: what they are for.
fn bound_to(runbook: &str) -> String {
    let digest = Sha256::digest(runbook.as_bytes());
    let plan: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("plan = \"{plan}\"\n")
}

/// A command that prints the token in some form: nothing of it is on the screen or in the events.
#[track_caller]
fn redacted(command: &str) {
    let story = Story::new();
    let old = story.write("token", &OLD.repeat(3));
    let text = format!("# Echo\n\n## Step 1\n\n```bash\n: \"$CURRENT_TOKEN\"\n{command}\n```\n");
    let runbook = story.write("echo.md", &text);
    let table =
        format!("[inputs]\nCURRENT_TOKEN = {{ file = {old:?} }}\n[confirm]\n1 = [\"writes\"]\n");
    let answers = story.write("answers.toml", &(bound_to(&text) + &table));
    for format in ["text", "json"] {
        let words = ["run", &runbook, "--answers", &answers, "--format", format];
        let ended = story.run(&words);
        ended.is(0, &["[redacted CURRENT_TOKEN]"]);
        is_clean(command, ended.stdout.replace(['│', '┆', '▌', '»', '…'], "").as_bytes());
        is_clean(command, ended.stdout.replace("\\n", "").as_bytes());
        is_clean(command, ended.stderr.as_bytes());
    }
}

#[test]
fn a_secret_is_redacted_in_every_encoding() {
    redacted("printf '%s\\n' \"$CURRENT_TOKEN\"");
    redacted("printf '%s\\n' \"$CURRENT_TOKEN\" >&2");
    redacted("printf %s \"$CURRENT_TOKEN\" | base64");
    redacted("printf %s \"$CURRENT_TOKEN\" | base64 -w0");
    redacted("printf 'user:%s' \"$CURRENT_TOKEN\" | base64 -w76");
    redacted("printf 'ab%s' \"$CURRENT_TOKEN\" | base64 -w64");
    redacted("printf %s \"$CURRENT_TOKEN\" | xxd -p");
    redacted("printf %s \"$CURRENT_TOKEN\" | od -An -tx1 | tr -d ' \\n'");
    redacted("jq -rn --arg it \"$CURRENT_TOKEN\" '$it | @uri'");
    redacted("jq -n --arg it \"$CURRENT_TOKEN\" '$it'");
    redacted("jq -n --arg it \"$CURRENT_TOKEN\" '{it: $it} | tojson'");
    redacted("jq -rn --arg it \"$CURRENT_TOKEN\" '$it | @sh'");
    redacted("jq -rn --arg it \"$CURRENT_TOKEN\" '$it | @base64'");
    redacted("jq -n --arg it \"$CURRENT_TOKEN\" '$it | @sh'");
    redacted("printf %s \"$CURRENT_TOKEN\" | base32");
    redacted("printf 'a%s' \"$CURRENT_TOKEN\" | base32 -w0");
    redacted("printf %s \"$CURRENT_TOKEN\" | iconv -t UTF-16LE");
    redacted("printf 'a%s' \"$CURRENT_TOKEN\" | iconv -t UTF-16BE");
    redacted("printf %s \"$CURRENT_TOKEN\" | iconv -t UTF-16");
    redacted("printf %s \"$CURRENT_TOKEN\" | iconv -t UTF-16LE | base64 -w0");
    redacted("printf '%q\\n' \"$CURRENT_TOKEN\"");
    redacted("set -x\necho \"$CURRENT_TOKEN\"\nset +x");
    redacted("declare -p CURRENT_TOKEN");
    redacted(
        "printf %s \"${CURRENT_TOKEN:0:40}\"; sleep 0.5; printf '%s\\n' \"${CURRENT_TOKEN:40}\"",
    );
    redacted(
        "printf '%s\\n' \"$CURRENT_TOKEN\" | fold -w1 | while read -r it; do printf %s \"$it\"; done; echo",
    );
}

/// A command that fails, and prints the token where the reason is quoted, and the quotation cut.
#[track_caller]
fn quoted_in_part(command: &str) {
    let story = Story::new();
    let old = story.write("token", &OLD.repeat(3));
    let text = format!("# Quote\n\n## Step 1\n\n```bash\n: \"$CURRENT_TOKEN\"\n{command}\n```\n");
    let runbook = story.write("quote.md", &text);
    let answers = format!("[inputs]\nCURRENT_TOKEN = {{ file = {old:?} }}\n");
    let answers = story.write("answers.toml", &answers);
    for format in ["text", "json"] {
        let ended = story.run(&["run", &runbook, "--answers", &answers, "--format", format]);
        ended.is(1, &["[redacted CURRENT_TOKEN]"]);
        is_clean(command, ended.stdout.replace(['│', '┆', '▌', '»', '…'], "").as_bytes());
    }
}

#[test]
fn no_part_of_a_secret_is_left_in_a_quotation_that_was_cut() {
    // Evidence is cut after 100 characters, what was said on standard error in its middle.
    for before in ["", "a", "%050d", "%090d", "%0150d", "%0190d"] {
        let print = format!(
            "printf '{before}%s and more\\n' {} \"$CURRENT_TOKEN\"",
            if before.len() > 1 { "0" } else { "" }
        );
        quoted_in_part(&format!("{{ {print}; }} >&2; ls /nowhere"));
        quoted_in_part(&format!("{print}\n# Expect: no \"more\""));
        quoted_in_part(&format!("{print}\n# Expect: \"less\""));
        quoted_in_part(&format!("{print}\n# Expect: 5"));
        quoted_in_part(&format!("{print}\n# Expect: {{\"a\": 1}}"));
    }
    quoted_in_part("printf %s \"$CURRENT_TOKEN\" | base64 >&2; ls /nowhere");
    quoted_in_part("printf %s \"$CURRENT_TOKEN\" | base64\n# Expect: 5 lines");
    quoted_in_part("printf %s \"$CURRENT_TOKEN\" | base64\n# Expect: no matches");
    quoted_in_part("jq -n --arg it \"${CURRENT_TOKEN}\" '{a: $it}'\n# Expect: {\"a\": \"b\"}");
}

#[test]
fn answers_may_refer_to_a_variable_a_file_or_a_command() {
    let text =
        "# Echo\n\n## Step 1\n\n```bash\nprintf '%s' \"$API_TOKEN\" | wc -c\n# Expect: 54\n```\n";
    for reference in
        ["{ env = \"THE_TOKEN\" }", "{ file = \"token\" }", "{ command = [\"cat\", \"token\"] }"]
    {
        let story = Story::new().with("THE_TOKEN", OLD);
        story.write("token", &format!("{OLD}\n"));
        let runbook = story.write("echo.md", text);
        let answers = story.write("answers.toml", &format!("[inputs]\nAPI_TOKEN = {reference}\n"));
        let ended = story.run(&["run", &runbook, "--answers", &answers]);
        ended.is(0, &["54 characters, not shown (from answers: the "]);
        is_clean(reference, ended.stdout.as_bytes());
    }
    let story = Story::new();
    let runbook = story.write("echo.md", text);
    for (reference, why) in [
        ("{ env = \"THE_TOKEN\" }", "variable THE_TOKEN is not set"),
        ("{ file = \"nowhere\" }", "nowhere"),
        ("{ command = [\"false\"] }", "false"),
    ] {
        let answers = story.write("answers.toml", &format!("[inputs]\nAPI_TOKEN = {reference}\n"));
        let ended = story.run(&["run", &runbook, "--answers", &answers]);
        ended.is(3, &["input API_TOKEN: ", why]);
    }
}

/// Prints its secret in every way that a tool has, keeps parts of it, and is cut off.
const TALKATIVE: &str = r#"# Talk

## Step 1 — Say it

```bash
export COPY="$API_TOKEN"; part=${API_TOKEN:3:24}; list=("$API_TOKEN" other)
said() { printf '%s\n' "$API_TOKEN"; }; trap 'said' USR1
said; printf '%q\n' "$API_TOKEN"
printf %s "$API_TOKEN" | base64 -w0; echo
printf %s "$API_TOKEN" | base64 -w20
printf %s "$API_TOKEN" | od -An -tx1
jq -n --arg t "$API_TOKEN" '$t, ($t | @uri), ($t | @html), ($t | @base64), ($t | @sh)'
printf %s "$API_TOKEN" | base32; printf ab%s "$API_TOKEN" | base32 -w0; echo
printf %s "$API_TOKEN" | iconv -t UTF-16LE; printf %s "$API_TOKEN" | iconv -t UTF-16LE | base64 -w0
said >&2
# Expect: some output
```

## Step 2 — Write

```bash
said; touch reached; sleep 60
```
"#;

#[test]
fn no_secret_is_in_the_journal_its_log_or_an_export() {
    let story = Story::new();
    let runbook = story.write("talk.md", TALKATIVE);
    story.write("token", OLD);
    let answers = format!(
        "plan = \"{}\"\n[inputs]\nAPI_TOKEN = {{ file = \"token\" }}\n[confirm]\n1 = [\"writes\"]\n\
         2 = [\"writes\"]\n",
        Sha256::digest(TALKATIVE).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    );
    story.write("answers.toml", &answers);
    let mut command = story.command(&["run", &runbook, "--answers", "answers.toml"]);
    let mut child = command.stdout(std::process::Stdio::null()).spawn().expect("it starts");
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !story.folder().join("reached").exists() {
        assert!(std::time::Instant::now() < deadline, "step 2 does not begin");
        thread::sleep(Duration::from_millis(10));
    }
    // What a kill leaves: the log is not yet part of the database.
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    let clean = || {
        let mut seen = BTreeMap::new();
        for folder in ["home", "tmp"] {
            files(&mut seen, &story.folder().join(folder));
        }
        for (place, contents) in &seen {
            for bytes in contents {
                is_clean(place, bytes);
                let part = &OLD.as_bytes()[3..27];
                assert_eq!(memchr::memmem::find(bytes, part), None, "a part of it in {place}");
            }
        }
        seen
    };
    let seen = clean();
    let log = seen.iter().find(|(name, _)| name.ends_with("journal.sqlite-wal"));
    assert!(log.is_some_and(|(_, contents)| contents.iter().any(|bytes| !bytes.is_empty())));
    story.run(&["show", "--export", "home/run.export"]).is(0, &[]);
    let resume = ["resume", "--answers", "answers.toml", "--take", "--reason", "it is a copy"];
    story.run(&resume).is(3, &["is not known"]);
    let seen = clean();
    assert!(seen.keys().any(|name| name.ends_with("run.export")));
    let told = story.run(&["show", "--format", "json"]).stdout;
    assert!(told.contains("[redacted API_TOKEN]"), "{told}");
}

#[test]
fn a_run_that_is_aborted_leaves_no_core() {
    use std::os::unix::process::{CommandExt, ExitStatusExt};

    let aborted = |mut command: std::process::Command, story: &Story| {
        let limit = rustix::process::Rlimit { current: None, maximum: None };
        let _ = rustix::process::setrlimit(rustix::process::Resource::Core, limit);
        command.current_dir(story.folder()).stdout(std::process::Stdio::null());
        let mut child = command.process_group(0).spawn().expect("it starts");
        let reached = story.folder().join("reached");
        while !reached.exists() {
            thread::sleep(Duration::from_millis(10));
        }
        let id = i32::try_from(child.id()).expect("a process id");
        let id = rustix::process::Pid::from_raw(id).expect("a process id");
        rustix::process::kill_process(id, rustix::process::Signal::ABORT).expect("it lives");
        child.wait().expect("it ends")
    };
    let story = Story::new();
    story.write("wait.md", "# Wait\n\n```bash\ntouch reached; sleep 60\n```\n");
    let text = std::fs::read_to_string(story.folder().join("wait.md")).expect("a file");
    let plan: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    story.write("answers.toml", &format!("plan = \"{plan}\"\n[confirm]\nwait = [\"writes\"]\n"));
    let ended = aborted(story.command(&["run", "wait.md", "--answers", "answers.toml"]), &story);
    assert_eq!(ended.signal(), Some(6), "{ended}");
    assert!(!ended.core_dumped(), "the memory of a run was written down");
}

#[test]
fn what_a_block_makes_and_names_like_a_secret_is_one_from_then_on() {
    let story = Story::new();
    let text = "# Make\n\n## Step 1\n\n```bash\nNEW_PASSWORD=$(head -c 18 /dev/urandom | base64); \
                printf %s \"$NEW_PASSWORD\" > made\n```\n\n## Step 2\n\n```bash\necho \
                \"it is $NEW_PASSWORD\"; base64 < made\n# Expect: some output\n```\n";
    story.write("make.md", text);
    let plan: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    story.write("answers.toml", &format!("plan = \"{plan}\"\n[confirm]\n1 = [\"writes\"]\n"));
    let ended = story.run(&["run", "make.md", "--answers", "answers.toml"]);
    let shown = &ended.stdout;
    assert!(shown.contains("it is [redacted NEW_PASSWORD]"), "{shown}\n{}", ended.stderr);
    let made = std::fs::read(story.folder().join("made")).expect("a file");
    let mut seen = BTreeMap::new();
    files(&mut seen, &story.home());
    assert!(seen.keys().any(|name| name.ends_with("journal.sqlite")));
    let all =
        seen.values().flatten().chain([&shown.clone().into_bytes()]).cloned().collect::<Vec<_>>();
    for bytes in all {
        assert_eq!(memchr::memmem::find(&bytes, &made), None);
    }
}

/// A letter of the alphabet as the one half an alphabet on.
fn turned(text: &str) -> String {
    let turn = |c: char| match c {
        'a'..='m' | 'A'..='M' => (c as u8 + 13) as char,
        'n'..='z' | 'N'..='Z' => (c as u8 - 13) as char,
        c => c,
    };
    text.chars().map(turn).collect()
}

#[test]
fn what_a_block_makes_is_a_secret_before_its_next_statement_however_it_is_carried_out() {
    const MADE: &str = "kx82jQ91+mZpLrT55/abcd";
    let story = Story::new();
    story.write(
        "make.md",
        &format!(
            "# Make\n\n## Step 1\n\n```bash\nset -x\nNEW_TOKEN=$(echo '{}' | tr a-zA-Z n-za-mN-ZA-M)\n\
             echo \"it is $NEW_TOKEN\"\n```\n\n## Step 2\n\n```bash\n\
             read -r API_TOKEN <<< \"the-$NEW_TOKEN-2\"\n```\n\n## Step 3\n\n```bash\n\
             echo \"$API_TOKEN\"; echo \"$NEW_TOKEN\" | base64\n# Expect: nothing of it\n```\n",
            turned(MADE)
        ),
    );
    std::fs::create_dir(story.folder().join("none")).expect("a folder");
    std::fs::create_dir(story.folder().join("state")).expect("a folder");
    story.write("state/runbook", "no folder");
    let state = story.folder().join("state").display().to_string();
    let ways: [&[&str]; 4] = [
        &["run", "make.md"],
        &["rehearse", "make.md", "--stand-ins", "none"],
        &["validate", "make.md", "--format", "json"],
        &["run", "make.md", "--break-glass", "the disk is dying"],
    ];
    for way in ways {
        let mut command = story.command(way);
        if way.contains(&"--break-glass") {
            command.env("XDG_STATE_HOME", &state);
        }
        let output = command.output().expect("it runs");
        let shown = String::from_utf8_lossy(&output.stdout);
        // A validation quotes little of an output, and nothing where it knows a secret.
        let quotes = way[0] != "validate";
        assert_eq!(shown.contains("it is [redacted NEW_TOKEN]"), quotes, "{way:?}: {output:?}");
        assert_eq!(shown.contains("│ [redacted API_TOKEN]"), quotes, "{way:?}: {output:?}");
        for text in [MADE, &STANDARD.encode(format!("{MADE}\n"))] {
            assert!(!shown.contains(text), "{way:?}: {shown}");
        }
    }
}
