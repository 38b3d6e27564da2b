//! No input, however hostile, takes more than a second, 256 MiB or the process with it.
//!
//! Each text is given to a process of its own, or to one that answers many; its processor time,
//! with that of the process that tries texts for it, and its peak of memory are read from `/proc`.
//! Code without optimisation takes some twenty times as long: there the limit is ten seconds, and
//! the texts are fewer and shorter. `cargo test --release --test limits` holds the promise itself.
#![cfg(target_os = "linux")]

use std::cell::Cell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

const TIME: Duration =
    if cfg!(debug_assertions) { Duration::from_secs(10) } else { Duration::from_secs(1) };

/// In KiB. Both processes together have it, and neither of them more.
const MEMORY: u64 = 256 << 10;

const GENERATED: usize = if cfg!(debug_assertions) { 100 } else { 20_000 };

const LONGEST: usize = if cfg!(debug_assertions) { 2 << 10 } else { 64 << 10 };

const DOCUMENT: usize = if cfg!(debug_assertions) { 8 << 10 } else { (1 << 20) - 64 };

/// The most lines of a document.
const LINES: usize = 10_000;

/// The length of a block that is about as long as can be, in bytes.
const BLOCK: usize = if cfg!(debug_assertions) { 2 << 10 } else { 60 << 10 };

/// What stands before the brackets.
const PREFIXES: &[&str] = if cfg!(debug_assertions) {
    &["echo "]
} else {
    &["", "echo ", "[[ ", "echo $((", "echo ${a:"]
};

/// How deep brackets nest in each other.
const DEPTHS: &[usize] = if cfg!(debug_assertions) { &[6, 5000] } else { &[6, 19, 30, 95, 5000] };

/// The processor time of a process, its children that ended, and those that have not.
fn used(process: u32) -> Duration {
    let own = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = own.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(4);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    let children = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(children).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    Duration::from_millis(10 * ticks) + children.map(used).sum()
}

/// The peak of a process's memory, in KiB.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// `runbook classify --jsonl`, asked again and again.
struct Classifier {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Classifier {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .args(["classify", "--jsonl"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let questions = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, questions, answers }
    }

    /// The answer, and the time that it took.
    fn ask(&mut self, text: &str) -> (Value, Duration) {
        let before = used(self.child.id());
        writeln!(self.questions, "{}", json!({"command": text})).expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        let answer = serde_json::from_str(&line);
        let answer = answer.unwrap_or_else(|error| panic!("{error} at {text:.200}"));
        (answer, used(self.child.id()).saturating_sub(before))
    }

    /// Asks, and holds the answer against the limits.
    fn hold(&mut self, text: &str) -> Value {
        let (answer, took) = self.ask(text);
        let beginning: String = text.chars().take(200).collect();
        assert!(took <= TIME, "{took:?} for {} bytes: {beginning}", text.len());
        let peak = peak(self.child.id());
        assert!(peak <= MEMORY, "{peak} KiB for {} bytes: {beginning}", text.len());
        answer
    }
}

impl Drop for Classifier {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `unit` as often as it fits.
fn filled(start: &str, unit: &str, end: &str) -> String {
    let room = LONGEST - start.len() - end.len();
    format!("{start}{}{end}", unit.repeat(room / unit.len()))
}

fn nested(depth: usize, open: &str, inside: &str, close: &str) -> String {
    open.repeat(depth) + inside + &close.repeat(depth)
}

/// Pairs of brackets, with what stands in the innermost.
const BRACKETS: &[(&str, &str, &str)] = &[
    ("{ ", "ls;", " }"),
    ("( ", "ls; ls", " )"),
    ("(", "ls", ")"),
    ("if true; then ", "ls;", " fi;"),
    ("while true; do ", "ls;", " done;"),
    ("for a in b; do ", "ls;", " done;"),
    ("for (( ", "a;b;c", " )); do :; done"),
    ("case a in b) ", "ls", ";; esac"),
    ("f() { ", "ls;", " }"),
    ("$(", "ls", ")"),
    ("\"$(", "ls", ")\""),
    ("\"a$(b ", "ls", ")\""),
    ("\"a${b:-", "c", "}\""),
    ("${a[", "1", "]}"),
    ("${a:-", "b", "}"),
    ("${a/", "b", "}"),
    ("$((", "1", "))"),
    ("\"a$((1+", "1", "))\""),
    ("((", "1", "))"),
    ("[[ ( ", "-n a", " ) ]]"),
    ("[[ ! ", "-n a", " ]]"),
    ("! ", "[[ -n a ]]", ""),
    ("coproc a ", "{ ls; }", ""),
    ("case a in\nfi) if true\nthen ", "ls", "\nfi;; esac\n"),
    ("a[", "1", "]"),
    ("<(cat ", "ls", ")"),
    ("@(", "a", ")"),
    ("`", "ls", "`"),
    ("a=(", "b", ")"),
    ("$[", "1", "]"),
    ("{a,", "b", "}"),
    ("coproc { ", "ls;", " }"),
    ("cat <<A\n", "a", "\nA\n"),
];

#[test]
fn brackets_in_brackets_are_answered() {
    let mut classifier = Classifier::start();
    for &(open, inside, close) in BRACKETS {
        for &depth in DEPTHS {
            for prefix in PREFIXES {
                classifier.hold(&((*prefix).to_owned() + &nested(depth, open, inside, close)));
            }
        }
        // Those that nothing closes.
        for &depth in DEPTHS {
            classifier.hold(&nested(depth, open, inside, ""));
        }
    }
}

#[test]
fn an_empty_delimiter_of_a_here_document_is_refused_in_every_spelling() {
    let mut classifier = Classifier::start();
    for operator in ["<<", "<<-", "0<<", "<< ", "<<\\\n"] {
        for delimiter in ["''", "\"\"", "\\", "''\"\"", "$''", "$\"\"", "", "\\\n''", "'\n'"] {
            for after in ["", "\n", " ", "\na\n", ";ls", "\n\n"] {
                for (start, end) in [("", ""), ("cat ", ""), ("echo $(cat ", ")"), ("`", "`")] {
                    let text = format!("{start}{operator}{delimiter}{after}{end}");
                    let answer = classifier.hold(&text);
                    assert_ne!(answer["effect"], "write", "{text}");
                }
            }
        }
    }
    let answer = classifier.hold("cat <<''");
    assert_eq!(answer["effect"], "unknown");
}

#[test]
fn what_takes_too_long_is_unknown_and_what_comes_after_is_answered() {
    let mut classifier = Classifier::start();
    for text in ["${a[".repeat(9) + "b" + &"]}".repeat(9), "echo ~99999999999999999999".to_owned()]
    {
        let answer = classifier.hold(&format!("echo {text}"));
        assert_eq!(answer["effect"], "unknown");
        let reason = answer["reasons"][0]["text"].as_str().expect("a reason");
        assert!(reason.contains("did not come to an end within its limits"), "{reason}");
        assert_eq!(classifier.hold("ls")["effect"], "read");
        // What is only long, or holds many brackets beside each other, is still understood.
        assert_eq!(classifier.hold(&"echo $(ls) ${a};".repeat(200))["effect"], "read");
    }
}

#[test]
fn texts_of_64_kib_are_answered() {
    let mut classifier = Classifier::start();
    let units = [
        "ls;",
        "ls|",
        "ls&&",
        "ls\n",
        "a ",
        "'a'",
        "'a' ",
        "\"$a\" ",
        "$a",
        "$a ",
        "${a} ",
        "${a[1]} ",
        "$(ls) ",
        "`ls` ",
        "$((1)) ",
        "<a ",
        ">a ",
        "<<A ",
        "a=b ",
        "a[1]=b ",
        "a=(b) ",
        "{a,b}",
        "*?[a]",
        "@(a)",
        "# a\n",
        "ls # a\n",
        "\\",
        "\\\n",
        "~",
        "<aa> ",
        "\"<aa> ",
        " [",
        "[a] ",
        "YOUR_A ",
        "... ",
        "xxx ",
        "{{",
        "((",
        "\"$(( ",
        "(('('));",
        "if a; then b; fi;",
        "f() { ls; }\n",
        "export a=b;",
        "sudo ",
        "ssh a ",
        "sh -c 'ls';",
        "-exec ls {} \\; ",
        "cat <<A\na\nA\n",
        "[[ -n a ]];",
        "! ",
        "time ",
        "coproc ",
        "function f ",
        "case a in ",
        "ä",
        "é ls;",
        "$'\\n'",
        "1",
        "-",
        "=",
        "&",
        "#",
        "$",
        "\"",
        "'",
        "`",
        "(",
        ")",
        "{",
        "}",
    ];
    for unit in units {
        classifier.hold(&filled("", unit, ""));
        classifier.hold(&filled("echo ", unit, ""));
        classifier.hold(&filled("echo $(", unit, ")"));
        classifier.hold(&filled("echo \"", unit, "\""));
        classifier.hold(&filled("cat <<A\n", unit, "\nA\n"));
    }
    let many: String = (0..LONGEST / 7).map(|i| format!("a{i}=$b{i};")).collect();
    classifier.hold(&many[..LONGEST]);
}

/// Texts out of pieces of shell, one like the other for the same seed.
struct Generator(u64);

impl Generator {
    fn below(&mut self, most: usize) -> usize {
        // xorshift64*, by Vigna.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let random = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(random).expect("31 bits") % most
    }

    fn text(&mut self, depth: usize) -> String {
        const PIECES: &[&str] = &[
            "ls",
            "a",
            " ",
            " ",
            "\n",
            ";",
            "|",
            "&&",
            "'b'",
            "\"",
            "'",
            "`",
            "$a",
            "${a",
            "}",
            "$(",
            ")",
            "((",
            "))",
            "[",
            "]",
            "<<A",
            "\nA\n",
            ">f",
            "<g",
            "#",
            "\\",
            "~1",
            "9999999999",
            "{",
            ",",
            "=",
            "a=",
            "[[",
            "]]",
            "if ",
            "then ",
            "fi",
            "case a in ",
            "esac",
            "for ",
            "do ",
            "done",
            "!",
            "*",
            "@(",
            "<x>",
            "{{ a }}",
            "...",
            "\u{e4}",
        ];
        let mut text = String::new();
        for _ in 0..=self.below(4) {
            if depth > 0 && self.below(3) > 0 {
                let (open, inside, close) = BRACKETS[self.below(BRACKETS.len())];
                let within =
                    if self.below(4) == 0 { inside.to_owned() } else { self.text(depth - 1) };
                let times = if self.below(40) == 0 { 1 + self.below(90) } else { 1 };
                let closed = if self.below(8) == 0 { 0 } else { times };
                text += &(open.repeat(times) + &within + &close.repeat(closed));
            } else {
                let piece = PIECES[self.below(PIECES.len())];
                let times = if self.below(60) == 0 { self.below(5000) } else { 1 };
                text += &piece.repeat(times);
            }
            if text.len() > LONGEST {
                break;
            }
        }
        text
    }
}

#[test]
fn generated_texts_are_answered() {
    let mut generator = Generator(0x5eed);
    let mut classifier = Classifier::start();
    for _ in 0..GENERATED {
        let depth = 1 + generator.below(6);
        let text = generator.text(depth);
        classifier.hold(&text);
    }
}

/// Runs a command on a document, under a limit on memory that it cannot miss, and times it.
fn examine(command: &str, document: &Path) -> (Option<i32>, Duration) {
    // The address space holds the program and the reserve of its allocator besides what it uses.
    let script = "ulimit -v 524288; TIMEFORMAT='%3U %3S'; time \"$@\" >/dev/null 2>&1";
    let output = Command::new("bash")
        .args(["-c", script, "bash", env!("CARGO_BIN_EXE_runbook"), command])
        .arg(document)
        .env("LC_ALL", "C")
        .output()
        .expect("bash");
    let told = String::from_utf8_lossy(&output.stderr);
    let seconds = told.split_whitespace().filter_map(|part| part.parse::<f64>().ok()).sum();
    (output.status.code(), Duration::from_secs_f64(seconds))
}

/// What a document begins with, what is repeated, and what it ends with.
const DOCUMENTS: &[(&str, &str, &str)] = &[
    ("", "# a\n", ""),
    ("", "## Step 1\n\n", ""),
    ("", "### Option A\n\n```bash\nls\n```\n\n", ""),
    ("", "# a\n## b\n### c\n#### d\n", ""),
    ("", "- a\n", ""),
    ("## Procedure\n\n", "1. Wait for `ls`.\n", ""),
    ("", "- ", "a"),
    ("", "> ", "a"),
    ("", "> - ", "a"),
    ("", "> a\n\n", ""),
    ("", "~~~\n", ""),
    ("", "```bash\nls\n```\n\n", ""),
    ("", "```bash\ncurl $A <b>\n```\n\n", ""),
    ("| Name | How |\n|---|---|\n", "| `ls` | `ls` |\n", ""),
    ("", "|a", "\n"),
    ("", "<!-- a -->\n\n", ""),
    ("", "<!--", ""),
    ("", "<a ", ""),
    ("", "[a](b)\n", ""),
    ("", "[", ""),
    ("", "[a](", ""),
    ("", "![", ""),
    ("", "*a_", ""),
    ("", "**a:**\n\n", ""),
    ("", "a:\n\n", ""),
    ("", "See step 7 and section a.\n\n", ""),
    ("", "Reversible until step 7. This step cannot be undone.\n\n", ""),
    ("", "After step 7 roll back. ", ""),
    ("", "If a, then wait for b.\n\n", ""),
    ("## Inputs\n\n| Name |\n|---|\n", "| a |\n", ""),
    ("```bash\n", "ls # Expect: a list of pods\n", "```\n"),
    ("```bash\n", "ls\n", "```\n"),
    ("```bash\nls # Expect: ", "a or ", "b\n```\n"),
    ("```bash\nls # Expect: ", "{\"a\":", "b\n```\n"),
    ("```bash\nls # Expect(regex): ", "(a*)*", "\n```\n"),
    ("```bash\nls # Expect(regex): ", "a{1000}", "\n```\n"),
    ("---\na: ", "[", "\n---\n"),
    ("---\na: &a [b]\nb: ", "*a ", "\n---\n"),
    ("---\ninputs:\n", "  a: b\n", "---\n"),
    ("---\ninputs:\n", "  - a\n", "---\n"),
];

/// Documents that are checked, and what was wrong with that.
struct Documents {
    folder: TempDir,
    wrong: Vec<String>,
}

impl Documents {
    fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder"), wrong: Vec::new() }
    }

    /// Checks as many units as a document can hold.
    fn fill(&mut self, start: &str, unit: &dyn Fn(usize) -> String, end: &str) {
        let mut text = start.to_owned();
        let mut lines = start.matches('\n').count() + end.matches('\n').count() + 1;
        for count in 0.. {
            let next = unit(count);
            lines += next.matches('\n').count();
            if text.len() + next.len() + end.len() > DOCUMENT || lines > LINES {
                break;
            }
            text += &next;
        }
        self.check(&(text + end));
    }

    /// Checks as many blocks as a document can hold, each with as many units as it can.
    fn blocks(&mut self, unit: &dyn Fn(usize) -> String) {
        let count = Cell::new(0);
        let block = |_| {
            let mut text = "```bash\n".to_owned();
            while text.len() < BLOCK {
                text += &unit(count.replace(count.get() + 1));
            }
            text + "\n```\n\n"
        };
        self.fill("# T\n\n", &block, "");
    }

    fn check(&mut self, text: &str) {
        let path = self.folder.path().join("a.md");
        fs::write(&path, text).expect("writable");
        let (exit, took) = examine("check", &path);
        if !matches!(exit, Some(0 | 1)) || took > TIME {
            let start: String = text.chars().take(100).collect();
            self.wrong.push(format!("{exit:?} after {took:?}: {start:?}"));
        }
    }

    fn hold(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

#[test]
fn documents_of_a_mib_are_read() {
    let mut documents = Documents::new();
    for (start, unit, end) in DOCUMENTS {
        documents.fill(start, &|_| (*unit).to_owned(), end);
    }
    documents.hold();
}

#[test]
fn documents_of_many_commands_are_read() {
    let mut documents = Documents::new();
    for unit in [
        "ls;",
        "a ",
        "$(ls) ",
        "a|b&&a|b||",
        "ls && ls || ls;",
        "heroku config:set A=$TOKEN;",
        "kubectl get pods;",
        "cat <<A\na\nA\n",
        "ls # Expect: ok\n",
        "ls # Expect: same count as step 1\n",
        "# wait for it\n",
        "# 1. Open it\n",
        "a\n# or\nb\n\nc\n\n",
        "{{ a }} ",
    ] {
        documents.blocks(&|_| unit.to_owned());
    }
    let cases: [&dyn Fn(usize) -> String; 8] = [
        &|i| format!("echo $A{i};"),
        &|i| format!("$A{i} "),
        &|i| format!("A{i}=1;"),
        &|i| format!("<b{i}> "),
        &|i| format!("f{i}() {{ ls; }};"),
        &|i| format!("curl https://$H{i} -d $TOKEN{i};"),
        &|i| format!("ls # Expect: {i} pods\n"),
        &|i| format!("ssh a{i}\n"),
    ];
    for unit in cases {
        documents.blocks(unit);
    }
    documents.hold();
}

#[test]
fn documents_of_few_lines_are_read() {
    let mut documents = Documents::new();
    let cases: [&dyn Fn(usize) -> String; 8] = [
        &|i| format!("step {}. ", i % 999),
        &|i| format!("[a](#b{i}) "),
        &|i| format!("[a](b{i}.md) "),
        &|i| format!("`a{i}` "),
        &|i| format!("**Key{i}:** v | "),
        &|_| "Open it. ".to_owned(),
        &|_| "<!-- kubectl get -n a | b --> ".to_owned(),
        &|i| char::from_u32(0xe_0000 + u32::try_from(i % 4096).expect("few")).into_iter().collect(),
    ];
    for unit in cases {
        documents.fill("# T\n\n", unit, "");
    }
    let depth = DOCUMENT / 14;
    documents.check(&nested(depth, "![", "a", "](&copy;)"));
    let headings: String = (0..LINES / 2).map(|i| format!("## s{i}\n")).collect();
    documents.fill(&headings, &|i| format!("See section \"x{i}\". "), "");
    documents.hold();
}

#[test]
fn names_that_are_all_different_are_read() {
    let mut documents = Documents::new();
    let mut case = |start: &str, unit: &dyn Fn(usize) -> String, end: &str| {
        documents.fill(start, unit, end);
    };
    case("", &|i| format!("## Step {i}\n\nSee step {i}.\n\n"), "");
    case("", &|i| format!("## Step {i}\n\nReversible until step {}.\n\n", i / 2), "");
    case("", &|i| format!("## a{i}\n\nSee section a{i}.\n\n"), "");
    case("", &|i| format!("```bash\necho $A{i} <b{i}>\n```\n\n"), "");
    case("", &|i| format!("```bash\nA{i}=1\necho $A{}\n```\n\n", i / 2), "");
    case("## Inputs\n\n| Name |\n|---|\n", &|i| format!("| a{i} |\n"), "");
    case("---\ninputs:\n", &|i| format!("  a{i}: b\n"), "---\n# T\n");
    case("---\nkinds:\n", &|i| format!("  a{i}: ^b{i}$\n"), "---\n# T\n");
    case("", &|i| format!("- Run `kubectl get pods {i}`\n"), "");
    case("", &|i| format!("- [ ] Copy `$TOKEN{i}`\n"), "");
    case("", &|i| format!("**a{i}** (preferred):\n\nx\n\n**b{i}** (legacy):\n\ny\n\n"), "");
    // Names that others end with, and a text that ends with all of them again and again.
    for (joint, count) in [("", 990), ("_", 700)] {
        let names: String =
            (1..count).map(|i| format!("  {}: b\n", vec!["a"; i].join(joint))).collect();
        case(
            &format!("---\ninputs:\n{names}---\n# T\n"),
            &|_| format!("a{}", " ".repeat(joint.len())),
            "",
        );
    }
    documents.hold();
}

#[test]
fn a_file_that_is_too_long_is_named_and_the_others_are_read() {
    let folder = TempDir::new().expect("a temporary folder");
    fs::write(folder.path().join("a.md"), "a line\n".repeat(200_000)).expect("writable");
    fs::write(folder.path().join("c.md"), "a\n".repeat(LINES + 1)).expect("writable");
    fs::write(folder.path().join("b.md"), "# T\n\n```bash\nls )\n```\n").expect("writable");
    let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .arg("check")
        .arg(folder.path())
        .output()
        .expect("started");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("a.md: line 149797 is beyond the first MiB"), "{told}");
    assert!(told.contains("b.md:4"), "{told}");
    assert!(told.contains("c.md: it has 10001 lines"), "{told}");
}

#[test]
fn commands_beyond_what_is_read_are_refused_with_their_line() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("a.md");
    let block = format!("```bash\n{}```\n\n", "ls -l some/folder/of/the/repo\n".repeat(2000));
    fs::write(&path, format!("# T\n\n{}", block.repeat(3))).expect("writable");
    let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .arg("check")
        .arg(&path)
        .output()
        .expect("started");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("it is beyond the first 128 KiB of commands"), "{told}");
    assert!(told.contains("a.md:4010:1"), "{told}");
}

#[test]
fn a_block_that_the_parser_does_not_end_on_is_named_with_its_line() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("a.md");
    let hostile = "${a[".repeat(9) + "b" + &"]}".repeat(9);
    let blocks = format!("```bash\necho {hostile}\n```\n\n```bash\nls\n```\n\n");
    fs::write(&path, format!("# T\n\n{blocks}")).expect("writable");
    for command in ["check", "explain", "status"] {
        let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .arg(command)
            .arg(&path)
            .output()
            .expect("started");
        let told = String::from_utf8_lossy(&output.stdout);
        if command != "status" {
            assert!(told.contains("did not come to an end within its limits"), "{told}");
            assert!(told.contains("a.md:4"), "{told}");
        }
        assert!(matches!(output.status.code(), Some(0..=3)), "{command}: {told}");
    }
    // One that nests otherwise each time is not tried again and again.
    let many: String = (0..40).map(|i| format!("```bash\necho {hostile} {i}\n```\n\n")).collect();
    fs::write(&path, format!("# T\n\n{many}")).expect("writable");
    let (exit, took) = examine("check", &path);
    assert_eq!(exit, Some(1));
    assert!(took <= TIME, "{took:?}");
    // Many of which each takes a while.
    let slow = "case a in b) ".repeat(13);
    let many: String = (0..40).map(|i| format!("```bash\n{slow} {i}\n```\n\n")).collect();
    fs::write(&path, format!("# T\n\n{many}")).expect("writable");
    let (exit, took) = examine("check", &path);
    assert_eq!(exit, Some(1));
    assert!(took <= TIME, "{took:?}");
}
