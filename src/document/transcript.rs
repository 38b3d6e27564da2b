//! Prompts: which lines of a block are commands.
//!
//! Comes in: the lines of a shell block. Goes out: [`Lines`]. Of a transcript only the prompted
//! lines run, with their continuations; the rest is output. What is typed at a root prompt or at
//! another program's is told apart.

use std::sync::LazyLock;

use regex::Regex;

use crate::source::Span;

use super::fence::{is_command_name, looks_like_command};
use super::tree::Line;

/// What a block's lines are.
#[derive(Debug)]
pub(super) enum Lines {
    /// All of them are the script.
    Plain(Vec<Line>),
    /// Prompted lines without their prompts, and the output between them.
    Transcript { commands: Vec<Line>, output: Vec<Line> },
    /// It begins with `# ` and a command, and nothing else in it is one: a root prompt with what it
    /// printed, or what was commented out.
    RootPrompt(Line),
    /// Lines typed to another program's prompt.
    Foreign(Line),
}

/// Tells commands from output.
pub(super) fn lines(lines: &[Line]) -> Lines {
    if let Some(line) = lines.iter().find(|line| is_foreign_prompt(&line.text)) {
        return Lines::Foreign(line.clone());
    }
    if lines.iter().any(|line| prompt(&line.text).is_some()) {
        return transcript(lines);
    }
    let mut filled = lines.iter().filter(|line| !line.text.trim().is_empty());
    if let Some(first) = filled.next()
        && is_root_prompted(first)
        && filled.all(|line| is_root_prompted(line) || !looks_like_command(line.text.trim()))
    {
        return Lines::RootPrompt(first.clone());
    }
    Lines::Plain(lines.to_vec())
}

/// Whether a block of no language holds commands: its first filled line, comments aside.
pub(super) fn looks_like_shell(lines: &[Line]) -> bool {
    let first = lines
        .iter()
        .map(|line| line.text.trim())
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| prompt(line).is_some() || looks_like_command(line))
}

/// The length of the prompt that a line begins with, when there is a command after it.
pub(super) fn prompt(line: &str) -> Option<usize> {
    // Letters are the Latin ones: a class of all the world's takes a millisecond to compile.
    static PROMPT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^\s*(?:\([A-Za-z0-9_À-ɏ.-]+\)\s*)?(?:",
            r"[A-Za-z0-9_À-ɏ.-]+@[A-Za-z0-9_À-ɏ.-]+(?:[: ][^$#>]*)?[$#%]|",
            r"\[[A-Za-z0-9_À-ɏ.-]+@[A-Za-z0-9_À-ɏ.-]+[^\]]*\][$#]|",
            r"(?:ba|z)?sh-[0-9]+(?:\.[0-9]+)*[$#]|",
            r"[~/][A-Za-z0-9_À-ɏ~/.-]*\s?\$|",
            r"[$❯➜%]",
            r")\s+\S"
        ))
        .expect("a valid pattern")
    });
    if let Some(found) = PROMPT.find(line) {
        let last = line[..found.end()].chars().next_back().map_or(0, char::len_utf8);
        return Some(found.end() - last);
    }
    let glued = line.trim_start().strip_prefix('$')?;
    let word = glued.split(' ').next()?;
    (glued.len() > word.len() && is_command_name(word)).then(|| line.len() - glued.len())
}

fn is_foreign_prompt(line: &str) -> bool {
    static FOREIGN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^\s*(?:[A-Za-z0-9_À-ɏ.-]*=[#>*]|psql>|mysql>|MariaDB \[[^\]]*\]>|sqlite>|>>>|irb\([^)]*\)\S*>|",
            r"[0-9.]+:[0-9]+(?:\[[0-9]+\])?>|redis>|mongo\S*>|[Pp][Ss] ?[A-Z]:\\[^>]*>|[A-Z]:\\[^>]*>|[A-Za-z0-9_À-ɏ]+#)\s+\S"
        ))
        .expect("a valid pattern")
    });
    FOREIGN.is_match(line) && !line.trim_start().starts_with('#')
}

fn is_root_prompted(line: &Line) -> bool {
    let Some(rest) = line.text.trim_start().strip_prefix("# ") else {
        return false;
    };
    looks_like_command(rest) && !reads_as_prose(rest)
}

/// A capital letter, a full stop, or an English article is a comment's.
fn reads_as_prose(text: &str) -> bool {
    let lower = format!(" {} ", text.to_lowercase());
    text.ends_with(['.', ':'])
        || [" the ", " a ", " an ", " to ", " is ", " if "].iter().any(|word| lower.contains(word))
}

fn transcript(lines: &[Line]) -> Lines {
    let (mut commands, mut output): (Vec<Line>, Vec<Line>) = (Vec::new(), Vec::new());
    let mut state = Reading::Output;
    for line in lines {
        let prompted = prompt(&line.text).map(|length| cut(line, length));
        let kept = match (prompted, &state) {
            (_, Reading::HereDocument(_) | Reading::Continued) => Some(continuation(line)),
            (Some(command), _) => Some(command),
            (None, Reading::Command) if line.text.starts_with("> ") => Some(continuation(line)),
            (None, _) if is_expect_comment(&line.text) => Some(line.clone()),
            (None, _) => None,
        };
        if let Some(command) = kept {
            state = state.after(&command.text);
            commands.push(command);
        } else {
            state = Reading::Output;
            output.push(line.clone());
        }
    }
    Lines::Transcript { commands, output }
}

/// What the line before was.
enum Reading {
    Output,
    Command,
    Continued,
    HereDocument(String),
}

impl Reading {
    fn after(self, command: &str) -> Self {
        static HERE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r#"<<-?\s*["']?(\w+)["']?"#).expect("a valid pattern"));
        match self {
            Self::HereDocument(end) if command.trim() == end => Self::Command,
            Self::HereDocument(end) => Self::HereDocument(end),
            _ => match HERE.captures(command) {
                Some(found) => Self::HereDocument(found[1].to_owned()),
                None if command.ends_with('\\') => Self::Continued,
                None => Self::Command,
            },
        }
    }
}

fn continuation(line: &Line) -> Line {
    let length = if line.text.starts_with("> ") { 2 } else { 0 };
    cut(line, length)
}

fn cut(line: &Line, length: usize) -> Line {
    let exact = line.text.len() == line.span.end - line.span.start;
    let start = if exact { line.span.start + length } else { line.span.start };
    Line { text: line.text[length..].to_owned(), span: Span::new(start, line.span.end) }
}

fn is_expect_comment(line: &str) -> bool {
    let comment = line.trim_start().strip_prefix('#');
    comment.is_some_and(|text| text.trim_start().to_lowercase().starts_with("expect"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Vec<Line> {
        let mut at = 0;
        let line = |text: &str| {
            let span = Span::new(at, at + text.len());
            at += text.len() + 1;
            Line { text: text.to_owned(), span }
        };
        text.lines().map(line).collect()
    }

    #[test]
    fn only_prompted_lines_and_their_continuations_are_commands() {
        let case = |text: &str, expected: &str| match lines(&block(text)) {
            Lines::Transcript { commands, .. } => {
                let texts: Vec<_> = commands.into_iter().map(|line| line.text).collect();
                assert_eq!(texts.join("\n"), expected, "{text}");
            }
            other => panic!("{text}: {other:?}"),
        };
        case("$ ls\na\nb\n$ pwd", "ls\npwd");
        case("$ ls \\\n> -l\nout", "ls \\\n-l");
        case("$ cat <<EOF\na\nEOF\nout", "cat <<EOF\na\nEOF");
        case("me@host:~$ ls\nout", "ls");
        case("[root@a ~]# ls\n# Expect: b", "ls\n# Expect: b");
        case("$kubectl get pods\nNAME", "kubectl get pods");
        case("sh-4.2$ ls", "ls");
    }

    #[test]
    fn what_is_typed_elsewhere_or_as_root_is_told_apart() {
        assert!(matches!(lines(&block("db=# select 1;")), Lines::Foreign(_)));
        assert!(matches!(lines(&block("127.0.0.1:6379> get a")), Lines::Foreign(_)));
        assert!(matches!(lines(&block("# systemctl restart x")), Lines::RootPrompt(_)));
        assert!(matches!(lines(&block("# systemctl is-active x\nactive")), Lines::RootPrompt(_)));
        assert!(matches!(lines(&block("# ls the pods\nls")), Lines::Plain(_)));
    }
}
