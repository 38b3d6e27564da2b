//! What some commands print, as far as it matters for those who get it as an argument.
//!
//! Comes in: the list of a substitution. Goes out: a [`Value`]. Only exact forms are known: names of
//! Kubernetes objects and identifiers of containers begin with a letter or a digit and hold no
//! blank (<https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>); numbers are
//! numbers.

use crate::shell::{Command, List, Redirect, RedirectKind, Word};

use super::Value;

/// What a substitution prints, if it is a pipeline whose stages are all known.
pub(super) fn printed(body: &List) -> Option<Value> {
    let [item] = body.items.as_slice() else {
        return None;
    };
    if item.background || !item.and_or.rest.is_empty() {
        return None;
    }
    stages(&item.and_or.first.stages)
}

/// What the stages of a pipeline print, the last of them.
pub(super) fn stages(stages: &[Command]) -> Option<Value> {
    let (last, before) = stages.split_last()?;
    let Command::Simple(simple) = last else {
        return None;
    };
    if !simple.assignments.is_empty() {
        return None;
    }
    let texts: Vec<_> = simple.words.iter().map(Word::literal).collect();
    let words: Vec<_> = texts.iter().map(|text| text.as_deref()).collect();
    let reads = |it: &Redirect| it.kind == RedirectKind::Read || is_dropped(it);
    if simple.redirects.iter().all(reads) && is_number(&words, before.len()) {
        return Some(Value::Number);
    }
    if !simple.redirects.iter().all(is_dropped) {
        return None;
    }
    if names(&words) {
        return Some(Value::Lines);
    }
    (selects_lines(&words) && !before.is_empty()).then(|| self::stages(before))?
}

/// `2>/dev/null`
fn is_dropped(redirect: &Redirect) -> bool {
    redirect.kind == RedirectKind::Write
        && redirect.target.literal().as_deref() == Some("/dev/null")
}

/// Commands that print a number, or nothing; so many stages stand before it in its pipeline.
fn is_number(words: &[Option<&str>], before: usize) -> bool {
    match words {
        [Some("grep"), Some(option), Some(pattern), Some(file)] => {
            is_counting(option) && !pattern.starts_with('-') && !file.starts_with('-')
        }
        [Some("grep"), options @ .., Some(pattern)] => {
            before > 0
                && !pattern.starts_with('-')
                && options.iter().any(|it| it.is_some_and(is_counting))
                && options.iter().all(|it| it.is_some_and(|it| is_counting(it) || is_sieve(it)))
        }
        [Some("wc"), Some("-l" | "-c" | "-w" | "-m")]
        | [Some("date"), Some("+%s")]
        | [Some("nproc")]
        | [Some("id"), Some("-u" | "-g")] => true,
        _ => false,
    }
}

/// `-c`, `-ci`, `-vc`
fn is_counting(option: &str) -> bool {
    option
        .strip_prefix('-')
        .is_some_and(|it| it.contains('c') && it.chars().all(|c| "civEF".contains(c)))
}

/// Options of `grep` with which it prints whole lines that it was given, and nothing else.
fn is_sieve(option: &str) -> bool {
    option
        .strip_prefix('-')
        .is_some_and(|it| !it.is_empty() && it.chars().all(|c| "ivEFwx".contains(c)))
}

/// Commands that print names, one a line.
fn names(words: &[Option<&str>]) -> bool {
    match words {
        [Some("kubectl" | "oc" | "k"), rest @ ..] => kubernetes_names(rest),
        [Some("docker" | "podman"), Some("ps"), options @ ..] => {
            let plain = |it: Option<&str>| {
                matches!(it, Some("-q" | "-aq" | "-qa" | "-a" | "--quiet" | "--all" | "--no-trunc"))
            };
            let quiet = |it: Option<&str>| matches!(it, Some("-q" | "-aq" | "-qa" | "--quiet"));
            options.iter().copied().all(plain) && options.iter().copied().any(quiet)
        }
        [Some("git"), Some("rev-parse"), options @ .., Some("HEAD")] => {
            options.iter().all(|it| matches!(it, Some("--short" | "--verify")))
        }
        [Some("seq"), numbers @ ..] => {
            !numbers.is_empty() && numbers.iter().all(|it| it.is_some_and(super::is_number))
        }
        [Some("date"), rest @ ..] => matches!(
            rest,
            [Some("+%F" | "+%Y-%m-%d" | "+%Y%m%d" | "+%H" | "+%FT%TZ")]
                | [Some("-u"), Some("+%F" | "+%FT%TZ" | "+%Y-%m-%d")]
        ),
        [Some("pgrep"), rest @ ..] => {
            matches!(rest, [name] | [Some("-f" | "-x" | "-o" | "-n"), name] if name.is_some_and(|it| !it.starts_with('-')))
        }
        [Some("pidof"), Some(name)] => !name.starts_with('-'),
        _ => false,
    }
}

/// Options of `kubectl get` that change only which objects it names.
const CHOOSING: &[&str] =
    &["-n", "--namespace", "-l", "--selector", "--context", "--field-selector", "--sort-by"];

/// The same without a value.
const FLAGS: &[&str] = &["-A", "--all-namespaces", "--no-headers", "--ignore-not-found"];

/// `kubectl get ... -o name`, and the forms of `jsonpath` that print names and nothing else.
fn kubernetes_names(words: &[Option<&str>]) -> bool {
    let (mut operands, mut formats) = (Vec::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let Some(word) = word else {
            return false;
        };
        let (name, glued) = word.split_once('=').map_or((*word, None), |(n, v)| (n, Some(v)));
        if name == "-o" || name == "--output" {
            formats.push(glued.or_else(|| rest.next().copied().flatten()).unwrap_or(""));
        } else if CHOOSING.contains(&name) {
            if glued.is_none() {
                rest.next();
            }
        } else if let Some(glued) = word.strip_prefix("-o") {
            formats.push(glued);
        } else if !word.starts_with('-') {
            operands.push(*word);
        } else if !FLAGS.contains(word) {
            return false;
        }
    }
    let named = matches!(formats.as_slice(), [one] if is_name_format(one));
    named && operands.first() == Some(&"get") && operands.len() > 1
}

fn is_name_format(format: &str) -> bool {
    if format == "name" {
        return true;
    }
    let Some(path) = format.strip_prefix("jsonpath=") else {
        return false;
    };
    let path = path.trim_matches(['"', '\'']);
    let number = |it: &str| it == "*" || !it.is_empty() && it.chars().all(|c| c.is_ascii_digit());
    let item = path
        .strip_prefix("{.items[")
        .and_then(|rest| rest.strip_suffix("].metadata.name}"))
        .is_some_and(number);
    item || path == "{.metadata.name}"
}

/// Filters that pass on some of the lines that they get, each whole.
fn selects_lines(words: &[Option<&str>]) -> bool {
    let count = |it: Option<&str>| {
        it.is_some_and(|it| {
            it.trim_start_matches('-').trim_start_matches('n').chars().all(|c| c.is_ascii_digit())
        })
    };
    match words {
        [Some("head" | "tail" | "sort" | "uniq")] | [Some("sort"), Some("-u" | "-r" | "-V")] => {
            true
        }
        [Some("head" | "tail"), number] | [Some("head" | "tail"), Some("-n"), number] => {
            count(*number)
        }
        [Some("grep"), options @ .., Some(pattern)] => {
            !pattern.starts_with('-') && options.iter().all(|it| it.is_some_and(is_sieve))
        }
        _ => false,
    }
}
