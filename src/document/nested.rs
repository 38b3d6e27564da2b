//! Sessions inside sessions: commands after which the next ones are meant for another place.
//!
//! Comes in: a parsed statement. Goes out: the name of the shell, REPL or root that it opens, or
//! that it ends the one before. Running what was meant for a remote host on the operator's machine
//! is the worst that a runbook program can do, so doubt counts as inside.

use crate::shell::{
    Command, Compound, Item, Kind, List, Redirect, RedirectKind, Script, Simple, Statement,
};
use crate::source::Span;

/// Programs that open a prompt of their own when they are given nothing to do, and the options
/// that give them something.
const PROMPTS: &[(&str, &[&str])] = &[
    ("psql", &["-c", "--command", "-f", "--file", "-l", "--list", "-V", "--version", "--help"]),
    ("mysql", &["-e", "--execute", "-V", "--version", "--help"]),
    ("mariadb", &["-e", "--execute", "-V", "--version", "--help"]),
    ("mongo", &["--eval", "--version", "--help"]),
    ("mongosh", &["--eval", "--version", "--help", "--file", "-f"]),
    ("sqlite3", &["--version", "-version", "-help", "--help"]),
    ("python", &["-c", "-m", "-V", "--version", "--help"]),
    ("python3", &["-c", "-m", "-V", "--version", "--help"]),
    ("node", &["-e", "--eval", "-p", "-v", "--version", "--help"]),
    ("irb", &[]),
    ("redis-cli", &["--version", "--help", "--scan", "--stat", "--bigkeys", "--latency", "--eval"]),
];

/// Shells: with a script or `-c` they end by themselves.
const SHELLS: &[&str] = &["bash", "sh", "zsh", "ash", "dash", "/bin/bash", "/bin/sh", "/bin/zsh"];

/// The place of the command in a statement that opens a session.
pub(super) fn opens(statement: &Statement) -> Option<Span> {
    in_list(&statement.node)
}

/// Whether a statement leaves the session before.
pub(super) fn leaves(statement: &Statement) -> bool {
    let [item] = statement.node.items.as_slice() else {
        return false;
    };
    matches!(item.and_or.first.stages.as_slice(), [Command::Simple(simple)]
        if matches!(words(simple).first().map(String::as_str), Some("exit" | "logout")))
}

/// Clients of remote machines that are not there on those machines: their use shows that the
/// operator is back.
const CLIENTS: &[&str] =
    &["kubectl", "oc", "docker", "podman", "heroku", "fly", "flyctl", "cf", "gcloud", "az", "aws"];

/// Whether a block is meant for outside of a session: it begins with the client that opened it.
pub(super) fn is_back(session: &str, script: &Script) -> bool {
    let client = session.split_whitespace().next().unwrap_or("");
    let first = script.statements.first().and_then(first_command);
    CLIENTS.contains(&client) && first.as_deref() == Some(client)
}

fn first_command(statement: &Statement) -> Option<String> {
    match statement.node.items.first()?.and_or.first.stages.first()? {
        Command::Simple(simple) => words(simple).into_iter().next(),
        _ => None,
    }
}

fn in_list(list: &List) -> Option<Span> {
    list.items.iter().find_map(in_item)
}

fn in_item(item: &Item) -> Option<Span> {
    item.and_or.pipelines().find_map(|pipeline| match pipeline.stages.as_slice() {
        [Command::Simple(simple)] => in_simple(simple),
        [Command::Compound(compound)] => in_compound(compound),
        _ => None,
    })
}

fn in_compound(compound: &Compound) -> Option<Span> {
    let group = matches!(compound.kind, Kind::Group | Kind::Subshell | Kind::If);
    group.then(|| compound.bodies.iter().find_map(in_list)).flatten()
}

fn in_simple(simple: &Simple) -> Option<Span> {
    if simple.redirects.iter().any(feeds) {
        return None;
    }
    let words = words(simple);
    let bare: Vec<&str> = words.iter().map(String::as_str).collect();
    opens_session(&bare).then_some(simple.span)
}

/// Input from a file or a here-document: the session ends with it.
fn feeds(redirect: &Redirect) -> bool {
    matches!(redirect.kind, RedirectKind::Read | RedirectKind::Text)
}

fn words(simple: &Simple) -> Vec<String> {
    let literal = |word: &crate::shell::Word| word.literal().unwrap_or_else(|| word.text.clone());
    simple.words.iter().map(literal).collect()
}

fn opens_session(words: &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    match *first {
        "sudo" | "exec" | "env" | "nohup" | "command" | "time" => after_wrapper(first, rest),
        "su" | "screen" | "tmux" | "vagrant" => {
            let opens = *first == "su" || rest.is_empty() || rest == ["ssh"];
            opens && !rest.contains(&"-c") && !rest.contains(&"--command")
        }
        "ssh" | "mosh" => operands(rest, SSH_VALUES).len() == 1 && !tunnels(rest),
        "chroot" => {
            let operands = operands(rest, &[]);
            operands.len() == 1 || operands.get(1).is_some_and(|word| SHELLS.contains(word))
        }
        "nsenter" => rest.last().is_some_and(|last| SHELLS.contains(last) || last.starts_with('-')),
        _ if wraps_shell(first, rest) => true,
        "kubectl" | "oc" | "docker" | "podman" | "crictl" | "docker-compose" => in_container(rest),
        "toolbox" => rest.is_empty() || rest.first() == Some(&"enter"),
        "fly" | "flyctl" | "cf" | "heroku" | "gcloud" | "az" | "aws" => by_provider(first, rest),
        "rails" => rest.first().is_some_and(|word| matches!(*word, "console" | "c")),
        "bundle" => rest.first() == Some(&"exec") && opens_session(&rest[1..]),
        _ if SHELLS.contains(first) => rest.iter().all(|word| {
            word.starts_with('-') && !word.contains('c') || matches!(*word, "--login" | "--norc")
        }),
        _ => at_prompt(first, rest),
    }
}

/// `gds aws account -- kubectl exec -it pod -- bash`: what comes after the last `--` opens it.
fn wraps_shell(first: &str, rest: &[&str]) -> bool {
    let takes_files = ["git", "grep", "ls", "rm", "cat", "cp", "mv"].contains(&first);
    let last = rest.iter().rposition(|word| *word == "--");
    !takes_files && last.is_some_and(|at| opens_session(&rest[at + 1..]))
}

fn after_wrapper(first: &str, rest: &[&str]) -> bool {
    let start = rest.iter().position(|word| !word.starts_with('-') && !word.contains('='));
    match start {
        Some(start)
            if first == "sudo"
                && matches!(rest.get(start.wrapping_sub(1)), Some(&("-u" | "-g"))) =>
        {
            rest.get(start + 1).map_or(rest.contains(&"-i"), |_| opens_session(&rest[start + 1..]))
        }
        Some(start) => opens_session(&rest[start..]),
        None => {
            first == "sudo"
                && rest
                    .iter()
                    .any(|word| matches!(*word, "-i" | "-s" | "-su" | "--login" | "--shell"))
        }
    }
}

/// Options of ssh that take a value.
const SSH_VALUES: &[&str] = &[
    "-b", "-c", "-D", "-E", "-e", "-F", "-I", "-i", "-J", "-L", "-l", "-m", "-O", "-o", "-p", "-Q",
    "-R", "-S", "-W", "-w",
];

fn tunnels(words: &[&str]) -> bool {
    words.iter().any(|word| {
        matches!(*word, "-N" | "-f" | "-fN" | "-Nf" | "-V" | "-Q") || word.starts_with("-fN")
    })
}

fn operands<'a>(words: &[&'a str], with_value: &[&str]) -> Vec<&'a str> {
    let mut operands = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if with_value.contains(word) {
            words.next();
        } else if !word.starts_with('-') {
            operands.push(*word);
            // What follows the host is the command.
            operands.extend(words.by_ref());
        }
    }
    operands
}

/// `kubectl exec -it pod -- bash`, `oc debug node/x`, `docker run -it image sh`.
fn in_container(words: &[&str]) -> bool {
    let verb =
        words.iter().find(|word| matches!(**word, "exec" | "rsh" | "debug" | "run" | "attach"));
    let command = words.iter().position(|word| *word == "--").map(|at| &words[at + 1..]);
    let interactive = words.iter().any(|word| {
        matches!(*word, "-it" | "-ti" | "-i" | "--stdin" | "--tty" | "-t" | "--interactive")
    });
    match (verb, command) {
        (Some(_), Some(command)) => opens_session(command),
        (Some(&("rsh" | "debug" | "attach")), None) => true,
        (Some(&("exec" | "run")), None) => {
            let last = words.last().copied().unwrap_or("");
            interactive && (SHELLS.contains(&last) || opens_session(&[last]))
        }
        _ => false,
    }
}

fn by_provider(first: &str, words: &[&str]) -> bool {
    let has = |word: &str| words.contains(&word);
    match first {
        "fly" | "flyctl" => has("ssh") && has("console") && !has("-C") && !has("--command"),
        "cf" => words.first() == Some(&"ssh") && !has("-c") && !has("--command") && !has("-N"),
        "heroku" => {
            matches!(words.first(), Some(&("run" | "run:inside")))
                && words.last().is_some_and(|last| SHELLS.contains(last))
                || matches!(words.first(), Some(&("pg:psql" | "ps:exec" | "redis:cli")))
                    && !has("-c")
        }
        "gcloud" => {
            has("ssh") && !words.iter().any(|word| word.starts_with("--command") || *word == "--")
        }
        "aws" => has("start-session") || has("execute-command") && has("--interactive"),
        "az" => has("ssh") && has("vm"),
        _ => false,
    }
}

fn at_prompt(first: &str, rest: &[&str]) -> bool {
    let Some((_, told)) = PROMPTS.iter().find(|(name, _)| *name == first) else {
        return false;
    };
    let has_task = rest.iter().any(|word| {
        told.iter().any(|option| word == option || word.starts_with(&format!("{option}=")))
    });
    let script = match first {
        "python" | "python3" | "node" => rest.iter().any(|word| !word.starts_with('-')),
        "sqlite3" => rest.iter().filter(|word| !word.starts_with('-')).count() > 1,
        "redis-cli" => {
            let values = ["-h", "-p", "-a", "-n", "-u", "--user", "--pass", "-s"];
            !operands(rest, &values).is_empty()
        }
        "psql" => rest.iter().any(|word| {
            word.starts_with("-c")
                || word.starts_with("-tc")
                || word.starts_with("-tAc")
                || word.starts_with("-Atc")
        }),
        _ => rest.iter().any(|word| word.starts_with("-e")),
    };
    !has_task && !script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_opens_a_session_is_told_from_one_that_ends() {
        let case = |command: &str, expected: bool| {
            let script = crate::shell::parse(command).unwrap();
            assert_eq!(opens(&script.statements[0]).is_some(), expected, "{command}");
        };
        case("ssh host", true);
        case("ssh -i key me@host", true);
        case("ssh host uptime", false);
        case("ssh -N -L 1:a:2 host", false);
        case("psql -h db app", true);
        case("psql -c 'select 1'", false);
        case("psql < file", false);
        case("kubectl exec -it pod -- bash", true);
        case("kubectl exec pod -- ls", false);
        case("kubectl exec -it pod -- psql -U x", true);
        case("oc debug node/x", true);
        case("oc debug node/x -- chroot /host ls", false);
        case("chroot /host", true);
        case("sudo -i", true);
        case("sudo su -", true);
        case("sudo systemctl restart x", false);
        case("python3 x.py", false);
        case("python3", true);
        case("redis-cli -h a", true);
        case("redis-cli -h a ping", false);
        case("docker exec -it web sh", true);
        case("bash -c 'ls'", false);
        case("bash script.sh", false);
        case("gds aws x -- kubectl exec -it y -- bash", true);
        case("git checkout -- python", false);
    }

    #[test]
    fn exit_leaves_it() {
        let script = crate::shell::parse("exit").unwrap();
        assert!(leaves(&script.statements[0]));
    }
}
