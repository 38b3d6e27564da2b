//! Whatever is done to a refused command, it is not judged `read`; and no text makes the classifier
//! panic. Generated, and a list of lines that bash was seen to carry out.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::{Command, Stdio};
use std::time::Duration;

use proptest::prelude::{
    ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_assert_ne, proptest,
};
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;

use runbook::policy::{Catalogue, Classification, Effect, classify, classify_text};
use runbook::shell;

#[path = "classifier/shapes.rs"]
mod shapes;

use shapes::{BEFORE, HANDED, Line, PLACES, REFUSED, spelled, wrapped};

/// Lines that create `P`, or change `f`, when bash carries them out; `¶` stands for a newline.
const CARRIED_OUT: &str = include_str!("classifier/carried-out.txt");

/// Lines that only read.
const READ: &[&str] = &[
    "ls -la",
    "cat f | grep -c a",
    "echo \"$HOME\" '$(rm P)' \\`",
    "grep -rn a . | sort | uniq -c | head -3",
    "curl -fsS https://a.example/health | jq .status",
    "kubectl get pods -n n -o wide",
    "x=$(date +%s); echo $((1 + 2)) \"${x:-none}\"",
    "for i in a b; do echo \"$i\"; done",
    "if [ -n \"$X\" ]; then echo a; else pwd; fi",
    "cat <<'E'\n$(rm P)\nE",
    "cat <<E\na ${X:-b} $(date)\nE",
    "diff <(sort f) <(sort g)",
    "ls > /dev/null 2>&1 || true",
    "case $X in a|b) ls;; *) pwd;; esac",
    "[[ $X == a* && -n $Y ]] && echo 'it is'",
];

fn lines() -> impl Iterator<Item = String> {
    CARRIED_OUT.lines().map(|line| line.replace('¶', "\n"))
}

fn judge(text: &str) -> Classification {
    classify_text(text, Catalogue::builtin())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "proptest-regressions/classifier.txt",
        ))),
        ..ProptestConfig::with_cases(cases)
    }
}

#[test]
fn what_bash_carries_out_is_not_read() {
    let read: Vec<_> = lines().filter(|line| judge(line).effect == Effect::Read).collect();
    assert!(read.is_empty(), "{read:#?}");
}

#[test]
fn bash_carries_out_every_line_of_the_list() {
    let idle: Vec<_> = lines().filter(|line| !changes_something(line)).collect();
    // Bashes differ in small things; the list is worth something if it holds for nearly all lines.
    assert!(idle.len() < 20, "{idle:#?}");
}

fn changes_something(line: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f"), "hello\n").unwrap();
    Command::new("timeout")
        .args(["5", "bash", "--noprofile", "--norc", "-c", line])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let changed = || {
        let names = std::fs::read_dir(&folder).unwrap().count();
        names != 1 || std::fs::read(folder.path().join("f")).ok().as_deref() != Some(b"hello\n")
    };
    // Bash does not wait for a process substitution.
    (0..40).any(|_| {
        let now = changed();
        if !now {
            std::thread::sleep(Duration::from_millis(25));
        }
        now
    })
}

#[test]
fn every_way_to_wrap_refuses_every_refused_command() {
    let mut read = Vec::new();
    for command in REFUSED {
        let quoted = shell::quote(command);
        let texts = BEFORE.iter().map(|before| format!("{before} {command}"));
        let texts = texts.chain(HANDED.iter().map(|it| it.replacen("LINE", &quoted, 1)));
        let texts = texts.chain(PLACES.iter().map(|it| it.replacen("LINE", command, 1)));
        read.extend(texts.filter(|text| judge(text).effect == Effect::Read));
    }
    assert!(read.is_empty(), "{read:#?}");
}

#[test]
fn most_ways_to_wrap_can_be_parsed() {
    let parsed = PLACES.iter().filter(|it| shell::parse(&it.replacen("LINE", "rm P", 1)).is_ok());
    assert!(parsed.count() * 10 > PLACES.len() * 8);
}

/// Variables that programs obey.
const OBEYED: &[&str] = &[
    "PATH",
    "LD_PRELOAD",
    "BASH_ENV",
    "ENV",
    "IFS",
    "PS4",
    "PROMPT_COMMAND",
    "SHELLOPTS",
    "HOME",
    "GIT_SSH_COMMAND",
    "GIT_PAGER",
    "PAGER",
    "EDITOR",
    "LESSOPEN",
    "KUBECONFIG",
    "PYTHONPATH",
    "NODE_OPTIONS",
    "PERL5LIB",
    "RUBYOPT",
    "SSLKEYLOGFILE",
    "PGOPTIONS",
    "TF_CLI_ARGS",
    "CDPATH",
    "https_proxy",
    "MANPAGER",
    "DOCKER_HOST",
    "HISTFILE",
    "TMPDIR",
];

/// Ways to give the variable `N` a value.
const GIVING: &[&str] = &[
    "N=v",
    "N=v ls",
    "N+=v ls",
    "N=(v)",
    "N[0]=v",
    "N=(v w) ls",
    "A=1 N=v ls",
    "N=",
    "N= ls",
    "export N=v",
    "export N",
    "export A=1 N=v",
    "export N=\"$X\"",
    "export \"N=v\"",
    "'export' N=v",
    "declare N=v",
    "declare -x N=v",
    "declare -g N=v",
    "typeset N=v",
    "readonly N=v",
    "local N=v",
    "read N",
    "read -r x N",
    "read -r N <<< v",
    "read -p a N",
    "read -ra N",
    "read -a N",
    "printf -v N v",
    "printf -vN v",
    "for N in v; do ls; done",
    "for N; do ls; done",
    "select N in v; do ls; done",
    ": ${N:=v}",
    ": ${N=v}",
    ": \"${N:=v}\"",
    "echo a${N:=v}b",
    "unset N",
    "unset -v N",
    "unset -n N",
    "{N}<f",
    "ls {N}<f",
    "ls {N}>&1",
    "exec {N}<f",
    "{ ls; } {N}<f",
    "mapfile N",
    "readarray -t N",
    "getopts a N",
    "env N=v ls",
    "env 'N=v' ls",
    "env -u N ls",
    "sudo N=v ls",
    "((N = 1))",
    "((N++))",
    ": $((N = 1))",
    ": $((N += 1))",
    "let N=1",
    "coproc N { ls; }",
    "wait -n -p N",
    "N=v; ls",
    "ls; N=v",
    "{ N=v; }",
    "if N=v; then ls; fi",
    "N\\\n=v",
    "N=\\\nv ls",
    "exec env N=v ls",
    "command export N=v",
    "builtin export N=v",
    "timeout 5 env N=v ls",
    "while read -r N; do ls; done < f",
    "cat f | while read N; do ls; done",
];

#[test]
fn a_variable_that_programs_obey_gets_no_value() {
    let mut read = Vec::new();
    for name in OBEYED {
        let texts = GIVING.iter().map(|form| form.replace('N', name));
        read.extend(texts.filter(|text| judge(text).effect == Effect::Read));
    }
    assert!(read.is_empty(), "{read:#?}");
}

#[test]
fn a_redirection_to_a_file_is_not_read() {
    let operators =
        [">", ">>", ">|", "&>", "&>>", ">&", "<>", "2>", "1>", "9>", "2>>", "2>|", "{fd}>", "3<>"];
    let files = [
        "P",
        "'P'",
        "\"P\"",
        "\\P",
        "$P",
        "\"$P\"",
        "./P",
        "~/P",
        "$(echo P)",
        "`echo P`",
        "P*",
        "P{a,b}",
        "/dev/null/../P",
        "'/dev/null '",
        "/dev/nullP",
        "/dev/sda",
        "/dev/stdout/../P",
        "${P:-P}",
        "\\\nP",
        "$'P'",
        "/dev/tcp/h/1",
        "1x",
        "-x",
        "#P",
        "<(ls)P",
    ];
    let commands = [
        "ls",
        "{ ls; }",
        "(ls)",
        "if true; then ls; fi",
        "for i in a; do ls; done",
        "[[ a ]]",
        "((1))",
        "case a in a) ls;; esac",
        "while false; do ls; done",
        "",
        "X=1",
        "! ls",
        "time ls",
    ];
    let mut read = Vec::new();
    for operator in operators {
        for file in files {
            for command in commands {
                let texts = [
                    format!("{command} {operator}{file}"),
                    format!("{command} {operator} {file}"),
                    format!("{command} > /dev/null {operator}{file} 2>&1"),
                ];
                read.extend(texts.into_iter().filter(|text| judge(text).effect == Effect::Read));
            }
        }
    }
    assert!(read.is_empty(), "{read:#?}");
}

/// Text as a runbook may hold it, with something done to it.
fn mutated() -> impl Strategy<Value = String> {
    let all: Vec<String> = lines().chain(READ.iter().map(|line| (*line).to_owned())).collect();
    let part = "(?s)[-a-cPé…$(){}`'\"\\\\;&|<>#=\n\t!0-1@*\\[\\]~%+: ]{0,3}";
    let edits = proptest::collection::vec((any::<Index>(), 0_usize..4, part), 1..4);
    (select(all), edits).prop_map(|(line, edits)| {
        let mut characters: Vec<char> = line.chars().collect();
        for (at, drops, part) in edits {
            let start = at.index(characters.len() + 1);
            let end = (start + drops).min(characters.len());
            characters.splice(start..end, part.chars());
        }
        characters.into_iter().collect()
    })
}

/// Judges a text and its statements; every reason must point at characters of the text.
fn spans_slice(text: &str) -> bool {
    let slices = |found: &Classification| {
        found.reasons.iter().all(|reason| text.get(reason.span.range()).is_some())
    };
    let statements = shell::parse(text).map(|script| script.statements).unwrap_or_default();
    let mut statements = statements.iter().map(|it| classify(it, Catalogue::builtin()));
    slices(&judge(text)) && statements.all(|found| slices(&found))
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn a_refused_command_is_not_read_however_it_is_spelled(line in spelled()) {
        prop_assert_ne!(judge(&line.text).effect, Effect::Read, "{}", line.text);
    }

    #[test]
    fn a_refused_command_is_not_read_however_it_is_wrapped(line in wrapped()) {
        prop_assert_ne!(judge(&line.text).effect, Effect::Read, "{}", line.text);
    }

    #[test]
    fn nothing_makes_the_classifier_panic(text in "(?s)[-a-cé…$(){}`'\"\\\\;&|<>#=\n\t!0-1@*~ \\[\\]]{0,40}") {
        prop_assert!(spans_slice(&text), "{text:?}");
    }

    #[test]
    fn no_mutation_makes_the_classifier_panic(text in mutated()) {
        prop_assert!(spans_slice(&text), "{text:?}");
    }

    #[test]
    fn what_follows_a_refused_line_does_not_make_it_read(
        Line { text, .. } in wrapped(), joint in select(vec![";", "&&", "||", "|", "\n"]), more in mutated(),
    ) {
        let joined = format!("{text}{joint}{more}");
        prop_assert_ne!(judge(&joined).effect, Effect::Read, "{}", joined);
    }

    #[test]
    fn what_precedes_a_refused_line_does_not_make_it_read(
        less in "[a-cP$(){};&| =*!]{0,12}", joint in select(vec![";", "&&", "||", "\n"]), Line { text, .. } in wrapped(),
    ) {
        let joined = format!("{less}{joint}{text}");
        prop_assert_ne!(judge(&joined).effect, Effect::Read, "{}", joined);
    }
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn a_comment_makes_nothing_read(line in mutated(), comment in "[a-z$(){}'\"`;&|<> ]{0,12}") {
        let text = format!("# {comment}\n{line} #{comment}\n\t# {comment}");
        let mut blanked = text.clone();
        for found in shell::comments(&text) {
            let blank = " ".repeat(found.span.range().len());
            blanked.replace_range(found.span.range(), &blank);
        }
        let reads = |text: &str| judge(text).effect == Effect::Read;
        prop_assert_eq!(reads(&text), reads(&blanked), "{}", text);
    }

    #[test]
    fn a_line_stays_read_in_a_group(line in select(READ), other in select(READ)) {
        for text in [
            line.to_owned(),
            format!("({line}\n)"),
            format!("{{ {line}\n}}"),
            format!("if true; then {line}\nfi"),
            format!("{line}\n{other}"),
            format!("! {{ {line}\n}}"),
            format!("for i in a; do {line}\ndone"),
        ] {
            prop_assert_eq!(judge(&text).effect, Effect::Read, "{}", text);
        }
        if line.starts_with("ls") || line.starts_with("kubectl") {
            let text = format!("LC_ALL=C {line}");
            prop_assert_eq!(judge(&text).effect, Effect::Read, "{}", text);
        }
    }
}
