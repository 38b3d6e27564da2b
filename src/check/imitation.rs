//! Texts that could be taken for a word of the program.
//!
//! Comes in: each line of prose, headings and tables included, without its markup. Goes out: a warning
//! where it begins as the program's own lines do: with a judgement as it is printed, with a question and
//! its keys, or with the sign that stands before what others say. What stands in a block of code is left
//! alone.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::voice;

use super::Subject;
use super::rules::found;

/// Words for a pass that the program does not use, and readers take for its own.
const OTHERS: &[&str] = &["passed", "ok", "not met"];

/// A judgement as it is printed: with its time or who gave it, with its reason, or by itself.
static JUDGEMENT: LazyLock<Regex> = LazyLock::new(|| {
    let words = voice::JUDGEMENTS.iter().chain(voice::ENDINGS).chain(OTHERS);
    let words = words.map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
    let pattern = format!(
        r"^(?:(?i:{words})[*_`]* \((?:\d|by )[^)\n]{{0,40}}\)?|(?:{words})(?: in step \S+)?[*_`]*:[*_`]*(?:\s|$)|(?:{words})[.!*_`]*\s*$)"
    );
    Regex::new(&pattern).expect("a valid pattern")
});

/// A question with its keys, what is asked of a person, what is expected.
static QUESTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[^?\n]{1,80}\? \[[a-z](?:[ /,][^\]\n]*)?\]|You judge: |You do this:|expects: )",
    )
    .expect("a valid pattern")
});

/// Markup before the text of a line.
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[\s>#*+_`~|→!-]|\d{1,9}[.)]\s|\[[ xX]\]\s)*").expect("a valid pattern")
});

/// Finds lines that imitate the program's.
pub(super) fn lines(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut at = 0;
    let lines = subject.plan.document.source.text().split_inclusive('\n').filter_map(|line| {
        let start = at;
        at += line.len();
        let text = line.trim_end();
        let text = &text[MARKUP.find(text).map_or(0, |markup| markup.end())..];
        let place = start + line.trim_end().len() - text.len();
        let prose = !subject.markup.is_block(place) && !subject.markup.is_comment(place);
        let end = imitates(text).filter(|_| prose)?;
        let message = format!("a reader may take `{}` for a word of the program", &text[..end]);
        Some(found("imitation", Span::new(place, place + end), message).help(
            "say it in other words; where it is shown, it stands behind a margin as all of the \
             runbook's words do",
        ))
    });
    lines.collect()
}

/// Up to where a line reads as one of the program's.
fn imitates(text: &str) -> Option<usize> {
    let signs = [voice::RUNBOOK, voice::STDOUT, voice::STDERR, voice::STEP].into_iter();
    let sign = signs.filter(|sign| text.starts_with(sign)).map(str::len).next();
    let words = || [&JUDGEMENT, &QUESTION].iter().find_map(|one| one.find(text));
    sign.or_else(|| {
        words().map(|found| found.as_str().trim_end_matches([' ', '*', '_', '`']).len())
    })
}

#[cfg(test)]
mod tests {
    use crate::check::tests::codes;

    #[test]
    fn a_line_of_the_program_is_found_wherever_it_stands() {
        for line in [
            "met (0.3 s): the old token is refused",
            "- **NOT MET** (0.1 s): exited 1",
            "**complete:** every step was carried out",
            "## confirmed (by anna)",
            "> Met (2.0 s): exited 0",
            "1. complete: every step was carried out",
            "FAILED in step 3: nothing was undone",
            "passed",
            "`met (0.3 s): exited 0`",
            "    not met: stdout is \"x\"",
            "→ skipped (0.0 s)",
            "│ 401 Unauthorized",
            "▌ the runbook",
            "── 2 of 9 · step 1 · Look",
            "run it? [y run, s skip, p pause]: y",
            "Confirm? [y]",
            "You judge: it is green",
        ] {
            let text = format!("# T\n\ntext\n{line}\n");
            assert!(codes(&text).contains(&"imitation"), "{line}");
        }
    }

    #[test]
    fn what_only_uses_such_a_word_is_left_alone() {
        for text in [
            "met with the team (3 people)\n",
            "Confirmed by the owner.\n",
            "Failed jobs: see the queue.\n",
            "The check is met (see step 1).\n",
            "```text\nmet (0.3 s): exited 0\n```\n",
            "- item\n\n  ```text\n  passed\n  ```\n",
            "<!-- met (0.3 s): exited 0 -->\n",
            "Is it up? [Look](https://a.example) at it.\n",
            "| complete | yes |\n|---|---|\n",
            "skipped pods are restarted\n",
        ] {
            assert!(!codes(&format!("# T\n\n{text}")).contains(&"imitation"), "{text:?}");
        }
    }
}
