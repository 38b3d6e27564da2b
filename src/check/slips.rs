//! What a slip of the hand leaves in a command: a secret written out, quotes and dashes of a word
//! processor, a name that is one letter away from the one that is set.
//!
//! Comes in: the commands of every block. Goes out: a finding at the word. A secret is told by its
//! form, by the name that it is given to, or by the option that it follows; what is a placeholder, a
//! path or a variable is none.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::plan::{InputKind, sounds_secret};
use crate::shell::{self, Piece as WordPiece, Simple, Word};
use crate::source::Span;

use super::Subject;
use super::commands::simples;
use super::inputs::first_mentions;
use super::pieces::{Piece, first_line};
use super::rules::found;

/// Secrets that issuers have made to be recognised, and bearer tokens.
static ISSUED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|A(?:KIA|SIA)[A-Z0-9]{16}|",
        r"xox[abprs]-[\w-]{10,}|sk_live_\w{10,}|hvs\.[\w-]{16,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+|",
        r"(?i:bearer) +[\w.~+/-]{12,}=*)"
    ))
    .expect("a valid pattern")
});

/// Options of single programs behind which a password stands, in the same word.
const JOINED: &[(&str, &str)] =
    &[("mysql", "-p"), ("mysqldump", "-p"), ("mysqladmin", "-p"), ("mariadb", "-p")];
/// The same, in the next word.
const APART: &[(&str, &str)] = &[("sshpass", "-p"), ("redis-cli", "-a")];

/// Finds secrets that are written out.
pub(super) fn secrets(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let help =
        "revoke it, since whoever reads the runbook has it, and write a variable in its place";
    let told = subject.pieces.iter().flat_map(|piece| {
        let all = written(piece);
        let spans = all.into_iter().flat_map(written_out);
        spans.map(|span| {
            let place = first_line(piece.block, span);
            found("literal-secret", place, "a secret is written out here").help(help)
        })
    });
    told.collect()
}

fn written<'a>(piece: &Piece<'a>) -> Vec<&'a Simple> {
    piece.block.script.statements.iter().flat_map(simples).collect()
}

fn written_out(simple: &Simple) -> Vec<Span> {
    let assigned = simple.assignments.iter().filter(|one| sounds_secret(&one.name));
    let assigned = assigned.flat_map(|one| &one.words);
    let assigned = assigned.filter(|word| word.literal().is_some_and(|text| is_value(&text)));
    let program = simple.words.first().and_then(Word::literal).unwrap_or_default();
    let mut before = String::new();
    let mut spans: Vec<_> = assigned.map(|word| word.span).collect();
    for word in simple.words.iter().skip(1) {
        let text = word.literal().unwrap_or_default();
        if is_one(&program, &before, &text) {
            spans.push(word.span);
        }
        before = text;
    }
    spans
}

/// Whether a secret is written out in a command, the program first.
pub fn is_written_out(words: &[&str]) -> bool {
    let program = words.first().copied().unwrap_or_default();
    words.windows(2).any(|pair| is_one(program, pair[0], pair[1]))
}

/// Whether a word is a secret, or holds one, behind the word before it.
fn is_one(program: &str, before: &str, text: &str) -> bool {
    ISSUED.is_match(text) || names_one(text) || is_password(program, before, text)
}

/// `NAME=value`, `--password=value`, `?token=value`.
fn names_one(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, value)) = rest.split_once('=') {
        let joint = |c: char| !c.is_alphanumeric() && c != '_' && c != '-';
        let name = before.rsplit(joint).next().unwrap_or("").trim_start_matches('-');
        if sounds_secret(name) && is_value(value) {
            return true;
        }
        rest = value;
    }
    false
}

/// What follows `--password`, `-u NAME:`, or an option of the program's own.
fn is_password(program: &str, before: &str, text: &str) -> bool {
    let apart = before.starts_with("--password")
        || before.starts_with("--") && before.ends_with("-token")
        || APART.contains(&(program, before));
    let basic = program == "curl" && matches!(before, "-u" | "--user");
    let user = text.split_once(':').is_some_and(|(user, word)| !user.is_empty() && is_value(word));
    let mut options = JOINED.iter().filter(|(name, _)| *name == program);
    let joined = options.any(|(_, option)| text.strip_prefix(option).is_some_and(is_value));
    apart && is_value(text) || basic && user || joined
}

/// Whether a text is a value, and no placeholder, path, option or switch.
fn is_value(text: &str) -> bool {
    const NONE: &[&str] = &["true", "false", "yes", "no", "none", "null", "changeme"];
    let text = text.trim_matches(['"', '\'']);
    let first = text.chars().next().unwrap_or('-');
    let repeated = text.chars().all(|c| c == first);
    let stands_for = text.contains(['$', '<', '{', '*', '…']) || text.contains("...");
    text.chars().count() > 1
        && !matches!(first, '-' | '/' | '.' | '@' | '~' | '[' | '(' | '|')
        && !repeated
        && !stands_for
        && !NONE.contains(&text.to_lowercase().as_str())
        && shell::placeholders(text).is_empty()
}

/// Finds quotes and dashes of a word processor where a shell knows none.
pub(super) fn typographic(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for piece in &subject.pieces {
        for word in written(piece).into_iter().flat_map(|simple| &simple.words) {
            if let Some((shown, plain)) = typeset(word) {
                let message =
                    format!("`{shown}` is no `{plain}` to a shell, but a part of the word");
                let place = first_line(piece.block, word.span);
                told.push(
                    found("typographic-character", place, message)
                        .help(format!("type `{plain}`; a word processor has changed it")),
                );
            }
        }
    }
    told
}

/// The character of a word that should be another one.
fn typeset(word: &Word) -> Option<(char, &'static str)> {
    let unquoted = word.pieces.iter().filter_map(|piece| match piece {
        WordPiece::Text { text, quoted: false } => Some(text.as_str()),
        _ => None,
    });
    let text: String = unquoted.collect();
    let mut letters = text.chars();
    let (first, next) = (letters.next()?, letters.next());
    if matches!(first, '–' | '—') && next.is_some_and(char::is_alphanumeric) {
        return Some((first, if next.is_some() && letters.next().is_some() { "--" } else { "-" }));
    }
    let quote = text.chars().find(|c| matches!(c, '“' | '”' | '„' | '‘' | '’'))?;
    Some((quote, if matches!(quote, '‘' | '’') { "'" } else { "\"" }))
}

/// How many pairs of names are compared at most: no runbook that people wrote has more.
const COMPARED: usize = 1_000_000;

/// Finds variables that nothing sets while one is set that differs by a letter.
pub(super) fn misspelt(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let statements = subject.pieces.iter().flat_map(|piece| &piece.block.script.statements);
    let set: Vec<_> = statements.flat_map(|one| &one.assigns).map(|one| &one.name).collect();
    let free = subject.plan.inputs.iter().filter(|input| input.kind == InputKind::Variable);
    let free: Vec<_> = free.collect();
    if free.len() * set.len() > COMPARED {
        return Vec::new();
    }
    let first = first_mentions(subject);
    let told = free.into_iter().filter_map(|input| {
        let meant = set.iter().find(|name| differ_by_a_letter(&input.name, name))?;
        let message = format!("nothing sets `{}`; `{meant}` is set", input.name);
        let help = format!("write `${meant}`, or set `{}` before", input.name);
        let (block, span) = first.get(input.name.as_str())?;
        Some(found("misspelt-name", block.place(*span), message).help(help))
    });
    told.collect()
}

/// Whether one of two names is the other with a letter more, another letter, or two in the wrong
/// order. `HOST1` and `HOST2`, `POD_A` and `POD_B`, `APP` and `APPS` are two names.
fn differ_by_a_letter(one: &str, other: &str) -> bool {
    if one == other || one.len().min(other.len()) < 4 || !one.is_ascii() || !other.is_ascii() {
        return false;
    }
    let same = |(a, b): &(u8, u8)| a == b;
    let before = one.bytes().zip(other.bytes()).take_while(same).count();
    let (a, b) = (&one[before..], &other[before..]);
    let after = a.bytes().rev().zip(b.bytes().rev()).take_while(same).count();
    let (a, b) = (&a[..a.len() - after], &b[..b.len() - after]);
    // The part between underscores in which they differ.
    let part = |name: &str| {
        let start = name[..before].rfind('_').map_or(0, |at| at + 1);
        name[start..].split('_').next().map_or(0, str::len)
    };
    let letter = |text: &str| text.len() == 1 && text.bytes().all(|c| c.is_ascii_alphabetic());
    match (a.len(), b.len()) {
        (1, 1) => letter(a) && letter(b) && part(one) > 3,
        (1, 0) | (0, 1) => {
            let more = if a.is_empty() { b } else { a };
            (letter(more) || more == "_") && !(after == 0 && more.eq_ignore_ascii_case("s"))
        }
        (2, 2) => a.bytes().eq(b.bytes().rev()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{differ_by_a_letter, is_value};
    use crate::check::tests::codes;

    #[test]
    fn a_secret_that_is_written_out_is_found_and_what_stands_for_one_is_not() {
        let has = |line: &str| codes(&format!("# T\n\n```bash\n{line}\n```\n"));
        for line in [
            "mysql -u root -pS3cret -e 'select 1'",
            "curl -H 'Authorization: Bearer ghp_0123456789abcdefABCDEF0123456789abcd' https://a.example",
            "curl -u admin:pw https://a.example",
            "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI",
            "DB_PASSWORD=hunter2 psql -c 'select 1'",
            "kubectl create secret generic a --from-literal=password=hunter2",
            "curl 'https://a.example/?token=abcdef'",
        ] {
            assert!(has(line).contains(&"literal-secret"), "{line}");
        }
        for line in [
            "mysql -u root -p -e 'select 1'",
            "curl -H \"Authorization: Bearer $TOKEN\" https://a.example",
            "curl -u admin:\"$PW\" https://a.example",
            "export TOKEN=\"$(cat token)\"",
            "export API_TOKEN=<token>",
            "sqlcmd -Q \"ALTER LOGIN sa WITH PASSWORD='<new-password>'\"",
            "NEW_TOKEN=\"...\"",
            "export TOKEN_FILE=/run/token API_TOKEN=/run/token",
            "vault login --token=@file",
        ] {
            assert!(!has(line).contains(&"literal-secret"), "{line}");
        }
        assert!(!is_value("xxxx") && !is_value("YOUR_TOKEN") && is_value("S3cret"));
    }

    #[test]
    fn names_that_differ_by_a_letter_are_told_from_names_of_a_row() {
        let case = |one: &str, other: &str, expected: bool| {
            assert_eq!(differ_by_a_letter(one, other), expected, "{one} {other}");
            assert_eq!(differ_by_a_letter(other, one), expected, "{other} {one}");
        };
        case("TOKEN", "TOKNE", true);
        case("PROJECT_ID", "PROJCT_ID", true);
        case("NAMESPACE", "NAMESPASE", true);
        case("PROJECT_ID", "PROJECTID", true);
        case("HOST1", "HOST2", false);
        case("POD_A", "POD_B", false);
        case("AZURE_FP_ID", "AZURE_RP_ID", false);
        case("CLUSTER", "CLUSTERS", false);
        case("OLD_KEY", "NEW_KEY", false);
        case("APP", "APT", false);
    }
}
