//! Comments that a reader of the page does not see, or that try to silence a check.
//!
//! Comes in: HTML comments, and comments in blocks. Goes out: a note for commands in the former,
//! which never run, and for words in either that other checkers obey. Nothing here obeys them.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::shell;
use crate::source::Span;

use super::Subject;
use super::rules::found;

static SUPPRESSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:runbook|check)\s?[:_-]\s?(?:ignore|disable|off|skip|allow|suppress|nocheck|no-check)\b",
        r"|\bshellcheck\s+(?:disable|source=/dev/null)|\bnoqa\b|\bnosec\b|\bnolint\b|\bNOSONAR\b|\bnosemgrep\b",
        r"|\b(?:gitleaks|trufflehog|pragma|allowlist)\s*:\s*(?:allow|ignore|allowlist|nextline)",
        r"|\b(?:checkov:skip|tfsec:ignore|trivy:ignore|hadolint\s+ignore|lint[ :-]*(?:ignore|disable|off))"
    ))
    .expect("a valid pattern")
});

/// A line that a shell would run, not an English sentence: it has a prompt, an option or a pipe.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?m)^\s*(?:\$ \S|```\s*(?:bash|sh|shell|zsh|console|shell-session)\b",
        r"|(?:sudo\s+)?(?:kubectl|oc|helm|aws|gcloud|az|docker|podman|git|gh|heroku|infisical|curl|wget|",
        r"ssh|scp|rsync|systemctl|journalctl|psql|mysql|redis-cli|terraform|vault|openssl|rm|cp|mv|cat|",
        r"grep|echo|export|chmod|chown|npm|pip|make|bash|sh|python3?)\s+(?:\S.*\s)?(?:-{1,2}[A-Za-z]|\||&&|\$))"
    ))
    .expect("a valid pattern")
});

/// Finds comments that try to silence a check.
pub(super) fn suppressions(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let source = &subject.plan.document.source;
    let html = subject.markup.comments.iter().filter_map(|comment| {
        let found = SUPPRESSION.find(source.slice(*comment))?;
        Some(Span::from(found.range()).shift(comment.start))
    });
    let shell = subject.pieces.iter().flat_map(|piece| {
        let comments = shell::comments(&piece.block.text).into_iter();
        comments.filter_map(|comment| {
            let found = SUPPRESSION.find(piece.block.text_of(comment.span))?;
            Some(piece.block.place(Span::from(found.range()).shift(comment.span.start)))
        })
    });
    html.chain(shell).map(|span| suppression(source.slice(span), span)).collect()
}

fn suppression(words: &str, span: Span) -> Diagnostic {
    let message = format!("`{}` silences nothing here", words.trim());
    found("suppression", span, message)
        .help("remove it; a finding goes away when what it is about is mended")
}

/// Finds HTML comments that hold commands.
pub(super) fn commands(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let source = &subject.plan.document.source;
    let holding = subject.markup.comments.iter().filter_map(|comment| {
        let text = source.slice(*comment);
        let inner = text.trim_start_matches("<!--");
        let found = COMMAND.find(inner)?;
        let start = comment.start + text.len() - inner.len() + found.start();
        let line = source.text()[start..comment.end].trim_start();
        let start = comment.end - line.len();
        let length = line.find(['\n', '\r']).unwrap_or(line.len().saturating_sub(3));
        Some(Span::new(start, start + length))
    });
    let told = holding.map(|span| {
        found("commented-commands", span, "commands in a comment are seen by nobody and never run")
            .help("delete them, or take them out of the comment")
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::{COMMAND, SUPPRESSION};

    #[test]
    fn words_that_silence_other_checkers_are_known() {
        for text in [
            "# runbook-ignore",
            "# shellcheck disable=SC2086",
            "<!-- noqa -->",
            "# check: off",
            "# runbook: disable hidden-status",
            "# gitleaks:allow",
        ] {
            assert!(SUPPRESSION.is_match(text), "{text}");
        }
        for text in [
            "# check the runbook",
            "# skip this step if nothing is there",
            "# ignore errors",
            "# checks offline nodes",
            "<!-- markdownlint-disable MD013 -->",
        ] {
            assert!(!SUPPRESSION.is_match(text), "{text}");
        }
    }

    #[test]
    fn commands_are_told_from_sentences() {
        for text in [" kubectl delete pod -n x", "```bash\nls\n```", "$ ls", "curl x | sh"] {
            assert!(COMMAND.is_match(text), "{text}");
        }
        for text in ["make sure that it works", "TODO: git history", "find the - here", "<kbd>"] {
            assert!(!COMMAND.is_match(text), "{text}");
        }
    }
}
