//! What may be done to a refused command so that bash still runs it: spellings of its words, wrappers
//! before it, texts handed to a shell, and places in a larger text.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use runbook::shell::quote;

/// Commands that change something, with one blank between words.
pub const REFUSED: &[&str] = &[
    "touch P",
    "rm P",
    "rm -rf P",
    "cp f P",
    "mv f P",
    "ln -s f P",
    "mkdir P",
    "chmod 600 f",
    "dd if=f of=P",
    "tee P",
    "truncate -s 0 f",
    "sort -o P f",
    "sort -uo P f",
    "uniq f P",
    "sed -i s/a/b/ f",
    "sed -ni p f",
    "find . -delete",
    "find . -name f -exec rm P {} +",
    "find . -fprint P",
    "awk BEGIN{system(\"rm\")}",
    "curl -o P http://127.0.0.1:1/",
    "curl -X POST http://127.0.0.1:1/",
    "curl -d a http://127.0.0.1:1/",
    "kubectl delete pod x",
    "kubectl apply -f f",
    "git clean -f",
    "git push",
    "git -c core.pager=x log",
    "heroku config:set A=b",
    "gh secret set A",
    "docker rm x",
    "systemctl restart x",
    "kill -9 1",
    "date -s 2020-01-01",
    "psql -c DELETE",
    "frobnicate --hard",
];

/// What may stand before a command: it, or something else, runs what follows.
pub const BEFORE: &[&str] = &[
    "sudo",
    "sudo -n -u app",
    "doas",
    "env",
    "env A=1",
    "env -u X",
    "env -i",
    "env -S",
    "nice",
    "nice -n 5",
    "timeout 5",
    "timeout -s INT 5",
    "timeout -k 1 5",
    "time",
    "time -p",
    "command",
    "command -p",
    "command --",
    "builtin",
    "exec",
    "exec -a x",
    "nohup",
    "setsid",
    "setsid -w",
    "stdbuf -oL",
    "ionice -c3",
    "chrt -i 0",
    "taskset 1",
    "watch",
    "watch -n1",
    "watch -x",
    "xargs",
    "xargs -n1",
    "xargs -0 -r",
    "xargs -I{}",
    "ls | xargs -n1",
    "ssh h",
    "ssh -p 22 u@h",
    "kubectl exec p --",
    "kubectl exec -it p -c c --",
    "kubectl -n n exec deploy/d --",
    "docker exec c",
    "docker exec -it c",
    "docker run i",
    "heroku run -a x --",
    "coproc",
    "!",
    "chroot /",
    "unshare",
    "setarch x86_64",
    "PATH=.",
    "LD_PRELOAD=x",
    "BASH_ENV=f",
    "A=1 B=2",
    "IFS=/",
    "LC_ALL=C",
    ">/dev/null",
    "<f",
    "2>&1",
    "X=$(ls)",
    "eval",
    "trap",
    "strace",
    "busybox",
];

/// Commands that hand a text, `LINE`, to a shell.
pub const HANDED: &[&str] = &[
    "sh -c LINE",
    "bash -c LINE",
    "bash -ec LINE",
    "bash -e -c LINE",
    "bash -o errexit -c LINE",
    "dash -c LINE",
    "bash -c -- LINE",
    "bash -lc LINE",
    "eval LINE",
    "eval -- LINE",
    "trap LINE EXIT",
    "trap -- LINE INT EXIT",
    "alias ls=LINE",
    "ssh h LINE",
    "ssh -o BatchMode=yes h LINE",
    "kubectl exec p -- sh -c LINE",
    "docker exec c bash -c LINE",
    "find . -exec sh -c LINE {} +",
    "find . -execdir sh -c LINE ';'",
    "ls | xargs sh -c LINE",
    "timeout 5 sh -c LINE",
    "watch LINE",
    "su -c LINE",
    "sh <<< LINE",
    "bash -s <<< LINE",
    "echo LINE | sh",
    "printf %s LINE | bash",
    "X=LINE; eval \"$X\"",
    ". <(echo LINE)",
    "bash <(echo LINE)",
    "source /dev/stdin <<< LINE",
    "env -S LINE",
    "PS4=LINE; set -x; ls",
    "PROMPT_COMMAND=LINE",
    "BASH_ENV=LINE",
    "X=LINE; ls ${X@P}",
    "X=LINE; $X",
    "X=LINE; \"$X\"",
    "A=LINE sh -c 'eval \"$A\"'",
    "command eval LINE",
    "builtin eval LINE",
    "sudo sh -c LINE",
    "env sh -c LINE",
    "nice bash -c LINE",
    "coproc eval LINE",
];

/// Places in a larger text; `LINE` stands for the line.
pub const PLACES: &[&str] = &[
    "true; LINE",
    "true && LINE",
    "false || LINE",
    "ls | LINE",
    "LINE | cat",
    "true & LINE",
    "LINE &",
    "ls\nLINE",
    "LINE\nls",
    "LINE; ls",
    "LINE && ls",
    "LINE || ls",
    "ls;LINE",
    "ls&&LINE",
    "ls|LINE",
    "(LINE\n)",
    "{ LINE\n}",
    "( (LINE\n) )",
    "{ { LINE\n}\n}",
    "time { LINE\n}",
    "! { LINE\n}",
    "{ LINE\n} > /dev/null",
    "(LINE\n) 2>&1",
    "{ LINE\n} < f",
    "echo $(LINE\n)",
    "echo \"$(LINE\n)\"",
    "echo a$(LINE\n)b",
    "echo \"a $(LINE\n) b\"",
    "$(LINE\n)",
    "ls -$(LINE\n)",
    "echo $(ls; LINE\n)",
    "echo $(echo $(LINE\n))",
    "echo \"$(echo \"$(LINE\n)\")\"",
    "cat <(LINE\n)",
    "diff <(ls) <(LINE\n)",
    "ls > >(LINE\n)",
    "ls 2> >(LINE\n)",
    "cat < <(LINE\n)",
    "ls >(LINE\n)",
    "echo ${x:-$(LINE\n)}",
    "echo \"${x:-$(LINE\n)}\"",
    "echo ${x-$(LINE\n)}",
    "echo ${x:=$(LINE\n)}",
    "echo ${x:+$(LINE\n)}",
    "echo ${x:?$(LINE\n)}",
    "echo ${x/a/$(LINE\n)}",
    "echo ${x//$(LINE\n)}",
    "echo ${x#$(LINE\n)}",
    "echo ${x%%$(LINE\n)}",
    "echo ${x^^$(LINE\n)}",
    "echo ${x:$(LINE\n)}",
    "echo ${x:0:$(LINE\n)}",
    "echo ${a[$(LINE\n)]}",
    "echo ${#a[$(LINE\n)]}",
    "echo ${x:-${y:-$(LINE\n)}}",
    "echo \"${x:-'$(LINE\n)'}\"",
    "echo ${x:-<(LINE\n)}",
    "echo ${x#<(LINE\n)}",
    "echo ${x:-\"$(LINE\n)\"}",
    "cat <<E0\n$(LINE\n)\nE0",
    "cat <<-E0\n\ta $(LINE\n)\n\tE0",
    "cat <<E0\n${x:-$(LINE\n)}\nE0",
    "cat <<E0\n'$(LINE\n)'\nE0",
    "cat <<E0\n\"$(LINE\n)\"\nE0",
    "cat <<E0\n$\\\n(LINE\n)\nE0",
    "cat <<< $(LINE\n)",
    "cat <<< \"$(LINE\n)\"",
    "sh <<'E0'\nLINE\nE0",
    "bash <<E0\nLINE\nE0",
    "cat <<'E0' | sh\nLINE\nE0",
    "ssh h <<'E0'\nLINE\nE0",
    "cat <<E0; ls\nE0\nLINE",
    "cat <<'E0' && ls\n$(\nE0\nLINE",
    "echo $((1 + $(LINE\n)))",
    "echo $(($(LINE\n)))",
    "((x = $(LINE\n)))",
    "for ((; $(LINE\n); )); do :; done",
    "[[ -n $(LINE\n) ]]",
    "[[ a == $(LINE\n) ]]",
    "[[ a =~ $(LINE\n) ]]",
    "[[ 1 -eq $(LINE\n) ]]",
    "[[ ! ( -n a && -z $(LINE\n) ) ]]",
    "[ -n \"$(LINE\n)\" ]",
    "test -n \"$(LINE\n)\"",
    "case $(LINE\n) in a) ;; esac",
    "case a in $(LINE\n)) ;; esac",
    "case a in a) LINE\n;; esac",
    "case a in b) ;; *) LINE\n;; esac",
    "case a in a) ls ;& b) LINE\n;; esac",
    "if LINE\nthen :; fi",
    "if true; then LINE\nfi",
    "if true; then :; elif LINE\nthen :; fi",
    "if false; then :; else LINE\nfi",
    "while LINE\ndo break; done",
    "while true; do LINE\nbreak; done",
    "until LINE\ndo break; done",
    "for i in a; do LINE\ndone",
    "for i in $(LINE\n); do :; done",
    "for ((;;)); do LINE\ndone",
    "select i in a; do LINE\ndone",
    "f() { LINE\n}",
    "f() { LINE\n}; f",
    "function f { LINE\n}",
    "f() ( LINE\n)",
    "ls() { LINE\n}; ls",
    "a=$(LINE\n)",
    "a=\"$(LINE\n)\"",
    "a+=$(LINE\n)",
    "a=(x $(LINE\n))",
    "a[$(LINE\n)]=1",
    "a=([$(LINE\n)]=1)",
    "a[0]=$(LINE\n)",
    "a=$(LINE\n) ls",
    "LC_ALL=$(LINE\n) ls",
    "export a=$(LINE\n)",
    "declare a=\"$(LINE\n)\"",
    "readonly a=$(LINE\n)",
    "local a=`ls`$(LINE\n)",
    "ls < $(LINE\n)",
    "ls 2>&$(LINE\n)",
    "ls {fd}< <(LINE\n)",
    "ls {a,$(LINE\n)}",
    "ls ~$(LINE\n)",
    "ls *$(LINE\n)",
    "ls [$(LINE\n)]",
    "coproc { LINE\n}",
    "printf -v x %s \"$(LINE\n)\"",
    "test -v \"a[$(LINE\n)]\"",
    "unset \"a[$(LINE\n)]\"",
    "read x < <(LINE\n)",
    "ls # a\nLINE",
    "ls \\\n; LINE",
    "echo 'a' \"b\"; LINE",
    "echo \\' ; LINE",
    "echo \"'\"; LINE",
    "echo '\"'; LINE",
    "echo $'\\''; LINE",
    "echo a#b; LINE",
    "echo \\#; LINE",
    "echo ${#x}; LINE",
    "echo $#; LINE",
    "true;\n\n# x\n\nLINE",
];

/// A line, and whether it is one simple command.
#[derive(Debug, Clone)]
pub struct Line {
    pub text: String,
    pub simple: bool,
}

/// How to spell one character or word.
#[derive(Debug, Clone, Copy)]
pub enum Spelling {
    Plain,
    Escaped,
    Single,
    Double,
    Empty,
    Continued,
}

/// How to spell a word as a whole.
#[derive(Debug, Clone, Copy)]
pub enum Whole {
    Pieces,
    Single,
    Double,
    Ansi,
    Gettext,
    Printed,
    Defaulted,
}

/// What is done to a line.
#[derive(Debug, Clone, Copy)]
pub enum Wrapping {
    Before(&'static str),
    Handed(&'static str),
    Place(&'static str),
    Backquotes,
    QuotedBackquotes,
    Here,
}

fn spellings() -> impl Strategy<Value = Vec<Spelling>> {
    use Spelling::{Continued, Double, Empty, Escaped, Plain, Single};
    let one = prop_oneof![
        6 => Just(Plain),
        1 => select(vec![Escaped, Single, Double, Empty, Continued]),
    ];
    proptest::collection::vec(one, 32)
}

fn wholes() -> impl Strategy<Value = Vec<Whole>> {
    use Whole::{Ansi, Defaulted, Double, Gettext, Pieces, Printed, Single};
    let one = prop_oneof![
        6 => Just(Pieces),
        1 => select(vec![Single, Double, Ansi, Gettext, Printed, Defaulted]),
    ];
    proptest::collection::vec(one, 8)
}

/// A refused command, spelled somehow.
pub fn spelled() -> impl Strategy<Value = Line> {
    (select(REFUSED), spellings(), wholes()).prop_map(|(command, spellings, wholes)| {
        let mut spellings = spellings.into_iter().cycle();
        let words = command.split(' ').zip(wholes.into_iter().cycle());
        let words = words.map(|(word, whole)| spell(word, whole, &mut spellings));
        Line { text: words.collect::<Vec<_>>().join(" "), simple: true }
    })
}

fn spell(word: &str, whole: Whole, spellings: &mut impl Iterator<Item = Spelling>) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-./:=_+@".contains(c);
    match whole {
        _ if !word.chars().all(safe) => quote(word),
        Whole::Pieces => {
            word.chars().zip(spellings).map(|(c, spelling)| spell_one(c, spelling)).collect()
        }
        Whole::Single => format!("'{word}'"),
        Whole::Double => format!("\"{word}\""),
        Whole::Ansi => format!("$'{word}'"),
        Whole::Gettext => format!("$\"{word}\""),
        Whole::Printed => format!("\"$(echo {word})\""),
        Whole::Defaulted => format!("${{unset:-{word}}}"),
    }
}

fn spell_one(c: char, spelling: Spelling) -> String {
    match spelling {
        Spelling::Plain => c.to_string(),
        Spelling::Escaped => format!("\\{c}"),
        Spelling::Single => format!("'{c}'"),
        Spelling::Double => format!("\"{c}\""),
        Spelling::Empty => format!("''{c}"),
        Spelling::Continued => format!("\\\n{c}"),
    }
}

fn wrapping() -> impl Strategy<Value = Wrapping> {
    prop_oneof![
        3 => select(BEFORE).prop_map(Wrapping::Before),
        2 => select(HANDED).prop_map(Wrapping::Handed),
        6 => select(PLACES).prop_map(Wrapping::Place),
        1 => any::<bool>().prop_map(|quoted| {
            if quoted { Wrapping::QuotedBackquotes } else { Wrapping::Backquotes }
        }),
        1 => Just(Wrapping::Here),
    ]
}

/// A refused command, wrapped up to three times.
pub fn wrapped() -> impl Strategy<Value = Line> {
    (spelled(), proptest::collection::vec(wrapping(), 0..=3)).prop_map(|(line, wrappings)| {
        wrappings
            .into_iter()
            .enumerate()
            .fold(line, |line, (at, wrapping)| wrap(line, wrapping, at))
    })
}

/// Delimiters of here-documents differ from one depth to the next.
fn wrap(line: Line, wrapping: Wrapping, depth: usize) -> Line {
    let whole = |text: String| Line { text, simple: false };
    match wrapping {
        Wrapping::Before(words) if joins(words) => {
            Line { text: format!("{words} {}", quote(&line.text)), simple: true }
        }
        Wrapping::Before(words) if line.simple => {
            Line { text: format!("{words} {}", line.text), simple: true }
        }
        Wrapping::Before(words) => {
            let simple = true;
            Line { text: format!("{words} bash -c {}", quote(&line.text)), simple }
        }
        Wrapping::Handed(shell) => whole(shell.replacen("LINE", &quote(&line.text), 1)),
        Wrapping::Place(place) => {
            let place = place.replace("E0", &format!("E{depth}"));
            whole(place.replacen("LINE", &line.text, 1))
        }
        Wrapping::Backquotes => whole(format!("echo `{}`", in_backquotes(&line.text))),
        // A quote in backquotes in quotes is to be escaped, which makes another text of it.
        Wrapping::QuotedBackquotes => {
            let quoted = if line.text.contains('"') { "" } else { "\"" };
            whole(format!("echo {quoted}`{}`{quoted}", in_backquotes(&line.text)))
        }
        Wrapping::Here => {
            whole(format!("cat <<H{depth}\n`{}`\nH{depth}", in_backquotes(&line.text)))
        }
    }
}

/// Whether a command joins its arguments to a text that a shell reads once more.
fn joins(words: &str) -> bool {
    ["ssh", "watch", "eval"].iter().any(|joiner| words.starts_with(joiner))
}

fn in_backquotes(text: &str) -> String {
    let escape = |c: char| if "\\`$".contains(c) { format!("\\{c}") } else { c.to_string() };
    text.chars().map(escape).collect()
}
