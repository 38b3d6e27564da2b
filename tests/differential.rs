//! What bash executes is what was judged: generated lines that the classifier judges `read`, carried
//! out by bash on a PATH of stubs that log their arguments.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use runbook::gate::{Confines, Gate, Rules};
use runbook::policy::{Catalogue, Effect, Known, Listed, argument_lists, classify, permit};
use runbook::sandbox;
use runbook::shell::{self, quote};

/// Programs of the catalogue that no argument makes write, and one that is picky.
const STUBS: &[&str] = &["cat", "ls", "wc", "cut", "tr", "head", "sort", "sed", "env", "timeout"];

/// Writes its argument list, name first, in one piece: the count, then each argument, then a NUL.
/// What it prints is an option, so that a substitution can become one.
const STUB: &str =
    "#!/bin/sh\nprintf '%s\\0' \"$#\" \"${0##*/}\" \"$@\" >> \"$LOG\"\necho -o out\n";

/// Names that a pattern may find.
const FILES: &[&str] = &["a", "b", "f", "-delete", "-o", " a b", "*", "{a,b}", "$V", "[", "#c"];

/// What the shell knows before each line.
const BEFORE: &str = "V='a b' W=-o E= G='*'; set -- p 'q r'; unset U; LC_ALL=C";

const WORDS: &[&str] = &[
    "a",
    "-o",
    "-n",
    "--",
    "f",
    "a=b",
    "\\-o",
    "'-o'",
    "\"-o\"",
    "-'o'",
    "\\\n-o",
    "a\\\nb",
    "a#b",
    "\\#",
    "''",
    "\"\"",
    "'a b'",
    "\"a b\"",
    "a\\ b",
    "'$V'",
    "\\$V",
    "\"\\$V\"",
    "\"a\\\\b\"",
    "'a\\b'",
    "\"'\"",
    "'\"'",
    "\"\\`\"",
    "\\'",
    "\\\"",
    "\\\\",
    "$V",
    "\"$V\"",
    "${V}",
    "\"${V}\"",
    "$W",
    "\"$W\"",
    "a$V",
    "\"a $V\"",
    "$E",
    "\"$E\"",
    "${U:-x}",
    "${U:-$V}",
    "\"${U:-$V}\"",
    "${U:-'a b'}",
    "\"${U:-'a'}\"",
    "${V#a}",
    "\"${V% *}\"",
    "${V/a/c}",
    "\"${V/ /}\"",
    "${#V}",
    "\"$#\"",
    "$#",
    "$@",
    "\"$@\"",
    "\"$*\"",
    "$1",
    "\"$2\"",
    "${V:0:1}",
    "\"${V:1}\"",
    "$(ls)",
    "\"$(ls)\"",
    "a$(ls b)",
    "`ls`",
    "\"`ls`\"",
    "$(ls \"a b\" | cat)",
    "\"$(ls \"$V\")\"",
    "`ls \\$V`",
    "\"`ls '$V'`\"",
    "$((1 + 2))",
    "\"$((2*3))\"",
    "*",
    "-*",
    "[a-]",
    "?",
    "a*",
    "\"*\"",
    "\\*",
    "[",
    "[a",
    "{a,-o}",
    "{1..3}",
    "a{b,c}d",
    "{a",
    "a}",
    "{}",
    "\\{a,b}",
    "'{a,b}'",
    "{\"a\",b}",
    "{a\\,b}",
    "${V}{a,b}",
    "$'a'",
    "$'-o'",
    "$\"a\"",
    "$'a b'",
    "a'b'\"c\"\\d",
    "-\"$W\"",
    "\"$W\"a",
    "~",
    "~/f",
    "a~",
    "~nobody-at-all",
    "a:b",
    "@a",
    "a,b",
    "!",
    "$",
    "a$",
    "\"$\"",
    "%",
    "^",
    "]",
    "[[",
    "]]",
    "}",
    "if",
    "done",
    "for",
    "ä",
    "\"ä $V\"",
    "<(ls)",
    "1",
    "2",
    "1\\>f",
    "\">f\"",
    "a\\;b",
    "\";\"",
    "'&'",
    "\\|",
    "\"#\"",
    "\\\na",
    "${E}a",
    "${E:+x}",
    "${U+x}a",
];

const AFTER: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    " < f",
    " 2>&1",
    " > /dev/null",
    " <<< $V",
    " <<< '$(ls)'",
    " <<< \"$(ls x)\"",
    " 2> /dev/null",
    " <&-",
    " # $(ls no)",
    " <<E\n$V $(ls in) `wc in`\n\\$(ls no)\nE",
    " <<'E'\n$(ls no)\nE",
    " <<-E\n\tx $(ls in)\n\tE",
    " <<\\E\n`ls no`\nE",
    " <<E\n'$(ls in)' \"${U:-$(wc in)}\"\nE",
];

const JOINTS: &[&str] =
    &["; ", " && ", " || ", "\n", " | ", " |& ", ";\n", "\n\n# c $(ls no)\n", " \\\n&& "];

const PLACES: &[&str] = &[
    "LINE",
    "LINE",
    "LINE",
    "(LINE\n)",
    "{ LINE\n}",
    "! LINE",
    "if LINE\nthen ls y\nelse ls n\nfi",
    "if ! LINE\nthen ls y; fi",
    "for i in a 'b c'; do LINE\ncat \"$i\"\ndone",
    "for i in $V -*; do cat $i\nLINE\ndone",
    "case $V in 'a b') LINE\n;; *) ls no;; esac",
    "case \"$V\" in a) ls no;; a*) LINE\n;; esac",
    "while LINE\ndo break; done",
    "until ! LINE\ndo break; done",
    "[[ $V == a* && -n $W ]] && LINE",
    "[[ -z $(LINE\n) ]]",
    "X=$(LINE\n); cat \"$X\" $X",
    "X=\"$V\"; cat $X; LINE",
    "LC_ALL=C LINE",
    "cat $(LINE\n)",
    "cat \"$(LINE\n)\"",
    "cat <(LINE\n)",
    "sort -k1 < <(LINE\n)",
    "cat `LINE\n`",
    "cat <<E1\n$(LINE\n)\nE1",
    "time LINE",
    "cat \"a $(LINE\n) b\" c",
    "cat ${U:-$(LINE\n)}",
    "a=(x \"$(LINE\n)\"); cat \"${a[@]}\"",
    "{ LINE\n} < f",
    "{ LINE\n} | cat",
    "[ -n \"$(LINE\n)\" ] || ls no",
    "env LINE",
    "timeout 5 LINE",
    "export X=\"$(LINE\n)\"; cat \"$X\"",
    "read -r X Y <<< \"$(LINE\n)\"; cat \"$Y\"",
];

fn command() -> impl Strategy<Value = String> {
    let word = || {
        prop_oneof![
            5 => select(WORDS).prop_map(str::to_owned),
            1 => (select(WORDS), select(WORDS)).prop_map(|(a, b)| format!("{a}{b}")),
        ]
    };
    let name = prop_oneof![
        8 => select(&["cat", "ls", "wc", "cut", "tr", "head", "sort", "sed"][..]).prop_map(str::to_owned),
        1 => select(vec!["c'a't", "\\ls", "\"wc\"", "c\\\nut", "$'tr'", "h\"\"ead"]).prop_map(str::to_owned),
    ];
    (name, proptest::collection::vec(word(), 0..4), select(AFTER))
        .prop_map(|(name, words, after)| format!("{name} {}{after}", words.join(" ")))
}

fn line() -> impl Strategy<Value = String> {
    let joined = prop_oneof![
        3 => command(),
        1 => (command(), select(JOINTS), command()).prop_map(|(a, joint, b)| match joint {
            // The text after a here-document begins on a line of its own.
            _ if a.contains("<<") && a.contains('\n') => format!("{a}\n{b}"),
            joint => format!("{a}{joint}{b}"),
        }),
    ];
    let inner = (joined, select(PLACES)).prop_map(|(line, place)| place.replacen("LINE", &line, 1));
    (inner, prop_oneof![3 => Just("LINE"), 1 => select(PLACES)])
        .prop_map(|(line, place)| place.replace("E1", "E2").replacen("LINE", &line, 1))
}

/// The same lines at every run.
fn lines(count: usize) -> Vec<String> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = line();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// The argument lists of a line that is judged read; nothing of any other.
fn judged(line: &str) -> Option<Vec<Vec<Known>>> {
    let script = shell::parse(line).ok()?;
    let catalogue = Catalogue::builtin();
    let read = |it| classify(it, catalogue).effect == Effect::Read;
    if !script.statements.iter().all(read) {
        return None;
    }
    Some(script.statements.iter().flat_map(|it| argument_lists(it, catalogue)).collect())
}

/// Whether an argument list is one that was judged.
fn fits(judged: &[Known], executed: &[String]) -> bool {
    match (judged, executed) {
        ([], rest) => rest.is_empty(),
        ([Known::Whole(text), more @ ..], [first, rest @ ..]) => text == first && fits(more, rest),
        ([Known::Beginning(text), more @ ..], [first, rest @ ..]) => {
            first.starts_with(text) && fits(more, rest)
        }
        ([Known::Several(text), more @ ..], executed) => {
            let longest = match executed.first() {
                Some(first) if first.starts_with(text) => executed.len(),
                _ => 0,
            };
            (0..=longest).any(|count| fits(more, &executed[count..]))
        }
        _ => false,
    }
}

fn lay_stubs(folder: &Path, names: &[&str], stub: &str) {
    fs::create_dir(folder).unwrap();
    for name in names {
        fs::write(folder.join(name), stub).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Carries the lines out, each in a subshell with a log of its own.
fn carry_out(lines: &[&String], root: &Path) -> Vec<Vec<Vec<String>>> {
    let (stubs, logs, work) = (root.join("stubs"), root.join("logs"), root.join("work"));
    lay_stubs(&stubs, STUBS, STUB);
    fs::create_dir(&logs).unwrap();
    fs::create_dir(&work).unwrap();
    for name in FILES {
        fs::write(work.join(name), "x\n").unwrap();
    }
    for (batch, some) in lines.chunks(200).enumerate() {
        let mut script = format!("{BEFORE}\n");
        for (at, line) in some.iter().enumerate() {
            let log = logs.join((batch * 200 + at).to_string());
            let (log, line) = (quote(&log.to_string_lossy()), quote(line));
            script.push_str(&format!(
                "( export LOG={log}; eval {line} ) < /dev/null > /dev/null 2>&1\n"
            ));
        }
        let path = root.join("script");
        fs::write(&path, script).unwrap();
        let status = Command::new("/bin/bash")
            .args(["--noprofile", "--norc"])
            .arg(&path)
            .env_clear()
            .env("PATH", &stubs)
            .env("HOME", "/home/x")
            .current_dir(&work)
            .stdin(Stdio::null())
            .status();
        status.unwrap();
    }
    (0..lines.len()).map(|at| read_log(&logs.join(at.to_string()))).collect()
}

fn read_log(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut fields = text.split_terminator('\0').map(str::to_owned);
    let mut all = Vec::new();
    while let Some(count) = fields.next() {
        let count: usize = count.parse().expect("each record begins with its length");
        all.push(fields.by_ref().take(count + 1).collect());
    }
    all
}

#[test]
fn bash_executes_only_what_was_judged() {
    let all = lines(3000);
    let read: Vec<_> = all.iter().filter_map(|line| Some((line, judged(line)?))).collect();
    assert!(read.len() > 1500, "only {} lines are judged read", read.len());
    let root = tempfile::tempdir().unwrap();
    let lines: Vec<_> = read.iter().map(|(line, _)| *line).collect();
    let executed = carry_out(&lines, root.path());
    let count: usize = executed.iter().map(Vec::len).sum();
    assert!(count > read.len(), "bash executed only {count} commands");
    let mut wrong: BTreeMap<&str, Vec<&Vec<String>>> = BTreeMap::new();
    for ((line, judged), executed) in read.iter().zip(&executed) {
        for list in executed.iter().filter(|list| !judged.iter().any(|it| fits(it, list))) {
            wrong.entry(line).or_default().push(list);
        }
        // Loops and braces run what stands in them several times.
        let again = ["for ", "while ", "until ", "{"].iter().any(|word| line.contains(word));
        assert!(again || executed.len() <= judged.len(), "{line}\n{executed:?}\n{judged:?}");
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), read.len());
    let files = fs::read_dir(root.path().join("work")).unwrap().count();
    assert_eq!(files, FILES.len(), "a line wrote a file");
}

/// Commands that no gate lets pass, as a runbook might hide them from the first judgement.
const HIDDEN: &[&str] = &[
    "X=rm; $X f",
    "\"$(echo touch)\" P",
    "X='-o P'; sort -k 1 $X f",
    "X='1 -o P'; sort -k $X f",
    "sort -k1 $(echo -oP)",
    "sed ${U:-'w P'} f",
    "X='w P'; sed \"$X\" f",
    "sed -n -i p f",
    "for x in rm touch; do $x f; done",
    "printf %s f | rm f",
    "curl -o P http://127.0.0.1:1/",
    "curl http://127.0.0.1:1/",
    "(touch P)",
    "env rm f",
    "timeout 5 touch P",
    "timeout \"$(echo 5)\" rm f",
];

/// Variables that a shell may hold; most change what programs do.
const HOSTILE: &[(&str, &str)] = &[
    ("LD_LIBRARY_PATH", "/nowhere"),
    ("GIT_PAGER", "x"),
    ("PYTHONPATH", "x"),
    ("LESSOPEN", "|x"),
    ("HEROKU_API_KEY", "secret"),
    ("KUBECONFIG", "x"),
    ("IFS", ":"),
    ("https_proxy", "http://a.example"),
    ("LC_ALL", "C"),
    ("APP", "x"),
];

/// A gate before stubs that log what they get, each start in a file of its own.
struct Gated {
    root: tempfile::TempDir,
    gate: Gate,
    stubs: PathBuf,
    scratch: PathBuf,
}

/// A start that reached a stub.
struct Reached {
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
}

impl Gated {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let (stubs, scratch) = (root.path().join("stubs"), root.path().join("scratch"));
        let names: Vec<_> = STUBS.iter().chain(&["rm", "touch", "curl"]).copied().collect();
        for folder in ["logs", "parts", "work"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let logs = quote(&root.path().join("logs").to_string_lossy());
        let parts = quote(&root.path().join("parts").to_string_lossy());
        // Moved when it is whole: bash does not wait for what runs in `<(...)`.
        let stub = format!(
            "#!/bin/sh\n{{ printf '%s\\0' \"$#\" \"${{0##*/}}\" \"$@\"; /usr/bin/env -0; }} > {parts}/$$\n/bin/mv {parts}/$$ {logs}\necho -o out\n"
        );
        lay_stubs(&stubs, &names, &stub);
        let rules = Rules {
            path: vec![stubs.clone()],
            scratch: scratch.clone(),
            hosts: Vec::new(),
            tools: Vec::new(),
            catalogue: None,
            configuration: Vec::new(),
            confines: Confines::Nothing,
        };
        let names: Vec<_> = names.into_iter().map(str::to_owned).collect();
        let gate = Gate::lay(root.path().join("gate"), &rules, &names).unwrap();
        // The links lead to this test; the gate is the program.
        for name in &names {
            let link = Path::new(&gate.path()).join(name);
            fs::remove_file(&link).unwrap();
            symlink(env!("CARGO_BIN_EXE_runbook"), &link).unwrap();
        }
        Self { root, gate, stubs, scratch }
    }

    fn carry_out(&self, line: &str) -> Vec<Reached> {
        let logs = self.root.path().join("logs");
        let status = Command::new("/bin/bash")
            .args(["--noprofile", "--norc", "-c", &format!("{BEFORE}\neval {}\nwait", quote(line))])
            .env_clear()
            .envs(HOSTILE.iter().copied())
            .env("PATH", self.gate.path())
            .current_dir(self.root.path().join("work"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.unwrap();
        let entries = fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| take(&path)).collect()
    }
}

fn take(path: &Path) -> Reached {
    let text = fs::read_to_string(path).unwrap();
    fs::remove_file(path).unwrap();
    let mut fields = text.split_terminator('\0').map(str::to_owned);
    let count: usize = fields.next().and_then(|count| count.parse().ok()).unwrap();
    let arguments = fields.by_ref().take(count + 1).collect();
    let pair = |field: String| field.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
    Reached { arguments, variables: fields.filter_map(pair).collect() }
}

/// What is wrong with a start that reached a stub.
fn trespass(gated: &Gated, reached: &Reached) -> Option<String> {
    let arguments = &reached.arguments;
    let permit = match permit(arguments, &|_| None, Catalogue::builtin(), &Listed::default()) {
        Ok(permit) => permit,
        Err(refusal) => return Some(format!("{arguments:?} is to be refused: {}", refusal.why)),
    };
    let own = sandbox::environment(&gated.scratch);
    // A shell that the stub is written in sets these itself.
    let set = |name: &str| {
        ["PWD", "OLDPWD", "SHLVL", "_"].contains(&name)
            || own.iter().any(|(it, _)| it.to_str() == Some(name))
            || permit.guards.iter().any(|(guard, _)| guard == name)
    };
    let path = if permit.starts_another { gated.gate.path() } else { gated.stubs.clone().into() };
    if reached.variables.get("PATH").map(String::as_str) != path.to_str() {
        return Some(format!("{arguments:?} has the PATH {:?}", reached.variables.get("PATH")));
    }
    let kept = |(name, value): &(OsString, OsString)| {
        let got = name.to_str().and_then(|name| reached.variables.get(name));
        got.map(String::as_str) == value.to_str()
            || permit.guards.iter().any(|(guard, _)| name.to_str() == Some(guard))
    };
    if let Some((name, _)) = own.iter().find(|own| !kept(own)) {
        return Some(format!("{arguments:?} got another {}", name.display()));
    }
    let mut names = reached.variables.keys().filter(|name| *name != "PATH");
    let extra = names.find(|name| !set(name) && !permit.passes(name));
    extra.map(|name| format!("{arguments:?} got `{name}`"))
}

#[test]
fn nothing_passes_the_gate_but_what_may_start() {
    let gated = Gated::new();
    let mut reports = gated.gate.listen().unwrap();
    let (mut passed, mut wrong) = (0, Vec::new());
    for line in lines(250).iter().filter(|line| judged(line).is_some()) {
        let reached = gated.carry_out(line);
        passed += reached.len();
        wrong.extend(reached.iter().filter_map(|it| trespass(&gated, it)));
        for refused in reports.take() {
            assert!(STUBS.contains(&refused.name.as_str()), "{line}: {refused:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(passed > 150, "only {passed} commands passed");
}

#[test]
fn what_hides_from_the_first_judgement_is_refused_at_the_gate_and_told() {
    let gated = Gated::new();
    let mut reports = gated.gate.listen().unwrap();
    for line in HIDDEN {
        let reached = gated.carry_out(line);
        let wrong: Vec<_> = reached.iter().filter_map(|it| trespass(&gated, it)).collect();
        assert!(wrong.is_empty(), "{line}: {wrong:?}");
        assert!(!reports.take().is_empty(), "{line} was refused in silence");
    }
    assert_eq!(fs::read_dir(gated.root.path().join("work")).unwrap().count(), 0);
}
