//! What would make a command line allowed, told to the person who typed it.
//!
//! Comes in: the line and its [`Classification`]. Goes out: one sentence, and for a tool that the
//! catalogue lacks a rule to start from. It invents nothing: what it names is in the catalogue.

use crate::policy::{Catalogue, Classification, Effect, Entry, Judged, Reason, entry};

/// How a reason begins that is about the text as a script.
const UNREAD: &str = "As a script, ";

/// What would make a line allowed; nothing for one that is.
pub(super) fn advice(
    command: &str,
    judged: &Classification,
    catalogue: &Catalogue,
) -> Option<String> {
    let reason = judged.reasons.first()?;
    match judged.effect {
        Effect::Read => None,
        Effect::Write => Some(for_write(reason, spot(command, reason))),
        Effect::Unknown => Some(for_unknown(command, judged, reason, catalogue)),
    }
}

/// The text that decided.
fn spot<'c>(command: &'c str, reason: &Reason) -> &'c str {
    command.get(reason.span.start..reason.span.end).unwrap_or("")
}

fn for_write(reason: &Reason, spot: &str) -> String {
    if reason.text.starts_with("It writes to the file") {
        return "leave the redirection out; what a command prints is kept in the report".to_owned();
    }
    if spot.starts_with('-') {
        return format!("leave out `{spot}`; if that is what it is for, it is left to a run");
    }
    "nothing does: what changes something is left to a run".to_owned()
}

fn for_unknown(
    command: &str,
    judged: &Classification,
    reason: &Reason,
    catalogue: &Catalogue,
) -> String {
    let spot = spot(command, reason);
    if spot.starts_with('<') && spot.ends_with('>') {
        return format!("put a value in place of `{spot}`, or declare it as an input");
    }
    let culprit = judged.commands.iter();
    let culprit = culprit.rev().find(|it| it.effect == judged.effect && it.reason == reason.text);
    let forms = culprit.map(|it| (it, entry(&it.name, catalogue)));
    match forms {
        Some((_, Entry::Locked)) => {
            "write what it runs as plain commands; no rule can vouch for what runs anything".into()
        }
        Some((culprit, Entry::Missing)) => added_rule(&culprit.name, &command[reason.span.start..]),
        Some((culprit, Entry::Forms { sub_commands, options })) => {
            for_form(culprit, spot, &sub_commands, &options)
        }
        None if reason.text.starts_with(UNREAD) => {
            "complete it: bash cannot read the line as it stands".to_owned()
        }
        None if spot.contains('$') => for_variable(spot),
        None => "put a plain command in place of what is evaluated".to_owned(),
    }
}

/// A form that a rule does not list of a command that it is for.
fn for_form(culprit: &Judged, spot: &str, sub_commands: &[String], options: &[String]) -> String {
    let name = &culprit.name;
    // Without a file's name it writes one.
    if name == "wget" && culprit.reason.contains("only reads with -O") {
        return "add `-O -`, which prints what it gets, or `--spider`".to_owned();
    }
    if culprit.reason.ends_with("may become several arguments") && !spot.contains(['$', '`']) {
        return format!("quote the pattern, so that it reaches `{name}` as it is: `'{spot}'`");
    }
    let before = second_word(spot);
    if culprit.reason.ends_with("is not in the catalogue") && before.starts_with('-') {
        return format!("leave out `{before}`: `{name}` is known with its sub-command first");
    }
    if let Some((_, needed)) = culprit.reason.split_once("only reads with ") {
        return format!("add {needed}");
    }
    if spot.starts_with('-') {
        let nearest = nearest(spot.split('=').next().unwrap_or(spot), options);
        return match nearest.first() {
            Some(near) => {
                format!("leave out `{spot}`; the nearest that `{name}` may have is `{near}`")
            }
            None => format!("leave out `{spot}`"),
        };
    }
    if spot.contains(['$', '`']) {
        return for_variable(spot);
    }
    let (tool, asked) = name.split_once(' ').unwrap_or((name, ""));
    let asked = if asked.is_empty() { second_word(spot) } else { asked };
    let near = nearest(asked, sub_commands);
    if culprit.reason.ends_with("is not in the catalogue") && !near.is_empty() {
        let near: Vec<_> = near.iter().map(|it| format!("`{tool} {it}`")).collect();
        return format!("use a form that is known only to read, such as {}", near.join(", "));
    }
    format!("use another form of `{tool}`, or leave it to a run")
}

fn for_variable(spot: &str) -> String {
    format!(
        "write the value in place of `{spot}`, set it once in the lines above it, or begin it with \
         text that no option begins with, such as `pod/{}`",
        spot.trim_matches('"')
    )
}

fn second_word(spot: &str) -> &str {
    spot.split_whitespace().nth(1).unwrap_or("")
}

/// Up to three of what is listed that are spelled like a word, the nearest first.
fn nearest(word: &str, listed: &[String]) -> Vec<String> {
    let likeness = |it: &String| {
        let same = it.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
        (same, usize::MAX - it.len().abs_diff(word.len()))
    };
    let shared = |it: &&String| likeness(it).0 > word.chars().take_while(|c| *c == '-').count();
    let mut near: Vec<_> = listed.iter().filter(shared).collect();
    near.sort_by_key(|it| std::cmp::Reverse(likeness(it)));
    near.dedup();
    near.into_iter().take(3).cloned().collect()
}

/// A rule for a tool that the catalogue lacks, to be pasted and completed.
fn added_rule(name: &str, rest: &str) -> String {
    let end = rest.find(['|', ';', '&', '>', '<', '\n', '"', '\'', '$', '`', '(', ')', '\\']);
    let line = rest[..end.unwrap_or(rest.len())].trim();
    let words: Vec<_> = line.split_whitespace().skip(1).collect();
    let plain = |word: &&&str| word.chars().all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c));
    let path: Vec<_> =
        words.iter().take_while(|it| !it.starts_with('-')).take(1).filter(plain).collect();
    let options: Vec<_> = words
        .iter()
        .filter(|it| it.starts_with('-') && it.len() > 1)
        .map(|it| it.split('=').next().unwrap_or(it))
        .collect();
    let kind = if words.iter().any(|it| it.starts_with('-') && it.contains('=')) {
        "value"
    } else {
        "bool"
    };
    let options = if options.is_empty() {
        String::new()
    } else {
        format!(", {kind} = \"{}\"", options.join(" "))
    };
    let rule = match path.first() {
        Some(path) => format!("sub = [{{ path = \"{path}\", effect = \"read\"{options} }}]"),
        None => format!("effect = \"read\"{}", options.replace(", ", "\n")),
    };
    format!(
        "if you know that it only reads, add a rule to runbook.toml, with every option it may have:\n\n\
         [[command]]\nnames = \"{name}\"\nreason = \"what it shows, and why that changes nothing\"\n\
         {rule}\nexamples.read = [\"{line}\"]\nexamples.refused = [\"{name} --not-listed\"]"
    )
}

#[cfg(test)]
mod tests {
    use super::advice;
    use crate::policy::{Catalogue, Effect, classify_text};

    fn told(command: &str) -> String {
        let catalogue = Catalogue::builtin();
        advice(command, &classify_text(command, catalogue), catalogue).unwrap_or_default()
    }

    #[test]
    fn it_names_what_is_in_the_way_and_what_is_nearest() {
        let case = |command: &str, part: &str| {
            let told = told(command);
            assert!(told.contains(part), "{command}\n{told}");
        };
        case("kubectl get pods --kubeconfig evil", "leave out `--kubeconfig`");
        case("kubectl get pods --no-header", "`--no-headers`");
        case("cargo tree", "add --locked or --frozen");
        case("heroku pg:lock -a x", "`heroku pg:locks`");
        case("kubectl logs $POD", "`pod/$POD`");
        case("kubectl logs \"$POD\"", "`pod/$POD`");
        case("ls > f", "leave the redirection out");
        case("find . -delete", "leave out `-delete`");
        case("kubectl get pod <pod>", "in place of `<pod>`");
        case("python3 x.py", "leave it to a run");
        case("./run", "no rule can vouch");
        case("kubectl delete pod a", "left to a run");
        case("git -c a.b=c status", "leave out `-c`");
        case("find . -name *.log", "`'*.log'`");
        case("echo \"unterminated", "complete it");
        case("wget https://example.com/a", "add `-O -`");
        assert_eq!(told("ls"), "");
    }

    #[test]
    fn the_rule_to_paste_is_one_and_allows_the_line() {
        for line in
            ["mycli status --json", "mycli status --env=prod", "mycli", "mycli --all", "mycli a b"]
        {
            let told = told(&format!("{line} | wc -l"));
            let (_, rule) = told.split_once("[[command]]").unwrap();
            let rule = format!("[[command]]{rule}");
            let with = Catalogue::default().with(&rule);
            let with = with.unwrap_or_else(|error| panic!("{error}\n{rule}"));
            assert_eq!(classify_text(line, &with).effect, Effect::Read, "{rule}");
        }
    }
}
