//! What some commands print, as far as it matters for those who get it as an argument.
//!
//! Comes in: the list of a substitution, or the stages of a pipeline. Goes out: a [`Value`]. Only
//! exact forms are known: names of Kubernetes objects and identifiers of containers begin with a
//! letter or a digit and hold no blank
//! (<https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>), numbers are numbers,
//! and some filters pass on whole lines.

use crate::shell::{Command, List, Redirect, RedirectKind, Simple, Word};

use super::Value;

/// Stands for a word that is known only when it runs; no word holds it.
const UNSEEN: &str = "\0";

/// Options of `kubectl get` that change only which objects it names.
const CHOOSING: &[&str] =
    &["-n", "--namespace", "-l", "--selector", "--context", "--field-selector", "--sort-by"];

/// The same without a value.
const FLAGS: &[&str] = &["-A", "--all-namespaces", "--no-headers", "--ignore-not-found"];

/// Formats of `date` that begin with a digit.
const DAYS: &[&str] = &["+%F", "+%Y-%m-%d", "+%Y%m%d", "+%H", "+%FT%TZ"];

/// What a substitution prints, if it is a pipeline whose stages are all known.
pub(super) fn printed(body: &List) -> Option<Value> {
    let [item] = body.items.as_slice() else {
        return None;
    };
    let alone = !item.background && item.and_or.rest.is_empty();
    alone.then(|| stages(&item.and_or.first.stages))?
}

/// What the last stage of a pipeline prints.
pub(super) fn stages(stages: &[Command]) -> Option<Value> {
    let (last, before) = stages.split_last()?;
    let Command::Simple(simple) = last else {
        return None;
    };
    let texts: Vec<_> = simple.words.iter().map(Word::literal).collect();
    let words: Vec<_> = texts.iter().map(|text| text.as_deref().unwrap_or(UNSEEN)).collect();
    if !simple.assignments.is_empty() {
        return None;
    }
    if may_read(simple) && (is_number(&words) || !before.is_empty() && counts_input(&words)) {
        return Some(Value::Number);
    }
    if !simple.redirects.iter().all(is_dropped) {
        return None;
    }
    if prints_names(&words) {
        return Some(Value::Lines);
    }
    (passes_lines(&words) && !before.is_empty()).then(|| self::stages(before))?
}

/// `2>/dev/null`
fn is_dropped(redirect: &Redirect) -> bool {
    let target = redirect.target.literal();
    redirect.kind == RedirectKind::Write && target.as_deref() == Some("/dev/null")
}

/// Whether redirections do no more than give it its input, and drop what it prints.
fn may_read(simple: &Simple) -> bool {
    simple.redirects.iter().all(|it| it.kind == RedirectKind::Read || is_dropped(it))
}

/// Commands that print a number, or nothing.
fn is_number(words: &[&str]) -> bool {
    match words {
        ["wc", "-l" | "-c" | "-w" | "-m"] | ["date", "+%s"] | ["nproc"] | ["id", "-u" | "-g"] => {
            true
        }
        ["grep", option, pattern, file] => {
            let counts = is_made_of(option, "civEF") && option.contains('c');
            counts && is_operand(pattern) && is_operand(file)
        }
        _ => false,
    }
}

/// `grep -c PATTERN`, which prints a number where its input comes from another command.
fn counts_input(words: &[&str]) -> bool {
    let ["grep", options @ .., pattern] = words else {
        return false;
    };
    let known = options.iter().all(|it| is_made_of(it, "civEFwx"));
    known && options.iter().any(|it| it.contains('c')) && is_operand(pattern)
}

/// Commands that print names or numbers, one a line.
fn prints_names(words: &[&str]) -> bool {
    match words {
        ["kubectl" | "oc" | "k", rest @ ..] => kubernetes_names(rest),
        ["docker" | "podman", "ps", options @ ..] => {
            let quiet = ["-q", "-aq", "-qa", "--quiet"];
            let plain =
                |it: &&str| quiet.contains(it) || ["-a", "--all", "--no-trunc"].contains(it);
            options.iter().all(plain) && options.iter().any(|it| quiet.contains(it))
        }
        ["git", "rev-parse", options @ .., "HEAD"] => {
            options.iter().all(|it| ["--short", "--verify"].contains(it))
        }
        ["seq", numbers @ ..] => {
            !numbers.is_empty() && numbers.iter().all(|it| super::is_number(it))
        }
        ["date", format] | ["date", "-u", format] => DAYS.contains(format),
        ["pidof" | "pgrep", name] | ["pgrep", "-f" | "-x" | "-o" | "-n", name] => is_operand(name),
        _ => false,
    }
}

/// `kubectl get ... -o name`, and the forms of `jsonpath` that print names and nothing else.
fn kubernetes_names(words: &[&str]) -> bool {
    let (mut operands, mut formats) = (Vec::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(&word) = rest.next() {
        let (name, glued) = word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v)));
        if name == "-o" || name == "--output" {
            formats.push(glued.or_else(|| rest.next().copied()).unwrap_or_default());
        } else if CHOOSING.contains(&name) {
            if glued.is_none() {
                rest.next();
            }
        } else if let Some(glued) = word.strip_prefix("-o") {
            formats.push(glued);
        } else if is_operand(word) {
            operands.push(word);
        } else if !FLAGS.contains(&word) {
            return false;
        }
    }
    let named = matches!(formats.as_slice(), [one] if is_name_format(one));
    named && operands.first() == Some(&"get") && operands.len() > 1
}

fn is_name_format(format: &str) -> bool {
    let Some(path) = format.strip_prefix("jsonpath=") else {
        return format == "name";
    };
    let item = path.strip_prefix("{.items[").and_then(|it| it.strip_suffix("].metadata.name}"));
    item.is_some_and(|it| it == "*" || is_digits(it)) || path == "{.metadata.name}"
}

/// Filters that pass on some of the lines that they get, each whole. `head 5` reads a file.
fn passes_lines(words: &[&str]) -> bool {
    match words {
        ["head" | "tail" | "sort" | "uniq"] | ["sort", "-u" | "-r" | "-V"] => true,
        ["head" | "tail", "-n", number] => is_digits(number),
        ["head" | "tail", option] => {
            let number = option.strip_prefix("-n").or_else(|| option.strip_prefix('-'));
            number.is_some_and(is_digits)
        }
        ["grep", options @ .., pattern] => {
            is_operand(pattern) && options.iter().all(|it| is_made_of(it, "ivEFwx"))
        }
        _ => false,
    }
}

/// Whether a word is known, and no option.
fn is_operand(word: &str) -> bool {
    word != UNSEEN && !word.starts_with('-')
}

/// `-ci` is made of `civ`.
fn is_made_of(option: &str, letters: &str) -> bool {
    let bundle = option.strip_prefix('-').unwrap_or_default();
    !bundle.is_empty() && bundle.chars().all(|letter| letters.contains(letter))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Command, printed};
    use crate::policy::values::Value;
    use crate::shell;

    #[test]
    fn only_exact_forms_are_known() {
        let case = |text: &str, expected: Option<Value>| {
            let script = shell::parse(&format!("( {text} )")).unwrap();
            let first = &script.statements[0].node.items[0].and_or.first.stages[0];
            let Command::Compound(group) = first else {
                panic!("{text} is no group");
            };
            assert_eq!(printed(&group.bodies[0]), expected, "{text}");
        };
        for text in [
            "kubectl get pods -o name",
            "kubectl -n \"$NS\" get po -l app=a --no-headers -oname",
            "kubectl get pods -A -o jsonpath='{.items[*].metadata.name}' 2>/dev/null",
            "kubectl get pods -o name | grep -v a | sort -u | head -n 1",
            "docker ps -aq",
            "seq 1 3",
            "date -u +%F",
            "git rev-parse --short HEAD",
            "pgrep -f a | head -1",
        ] {
            case(text, Some(Value::Lines));
        }
        for text in ["wc -l < f", "ls | wc -l", "date +%s", "grep -c a f", "ls | grep -ci a"] {
            case(text, Some(Value::Number));
        }
        for text in [
            "kubectl get pods",
            "kubectl get pods -o name -o yaml",
            "kubectl get pods -o $X",
            "kubectl get $X -o name",
            "kubectl get pods -o name --template=-x",
            "kubectl get --raw /x -o name",
            "kubectl exec get -o name",
            "kubectl get pods -o jsonpath='-{.items[0].metadata.name}'",
            "kubectl get pods -o jsonpath='{.items[0].metadata.name}{.items[0].spec}'",
            "kubectl get pods -o jsonpath='{.items[0].metadata.annotations.x}'",
            "kubectl get pods -o name; cat f",
            "kubectl get pods -o name || cat f",
            "kubectl get pods -o name | head 5",
            "kubectl get pods -o name | sort f",
            "kubectl get pods -o name | grep -A1 a",
            "kubectl get pods -o name | grep -o a",
            "kubectl get pods -o name | grep \"$X\"",
            "kubectl get pods -o name | tail -v",
            "kubectl get pods -o name | cut -c2-",
            "kubectl get pods -o name > f",
            "docker ps -q --format '{{.Labels}}'",
            "docker ps",
            "seq -1 3",
            "seq $X",
            "date +-%s",
            "pgrep -a a",
            "pgrep \"$X\"",
            "wc -l f",
            "grep -c a f g",
            "grep -c",
            "grep -c -- -a f",
            "cat f | head -1",
            "head -1",
            "LC_ALL=x kubectl get pods -o name",
        ] {
            case(text, None);
        }
    }
}
