//! Which statements an `Expect:` binds to.
//!
//! Comes in: a block that parsed. Goes out: its [`Segment`]s. A trailing annotation binds to its
//! statement, one on its own line to all statements since the one before it, one that leads a
//! block to the statements after it. Where there is no statement, there is nothing to expect.

use crate::expect::{self, Expectation, Kinds};
use crate::shell;
use crate::shell::Comment;
use crate::source::Span;

use super::block::{Fault, comment_text};
use super::{Annotation, Block, Note, Segment};

/// An annotation before it is bound.
struct Found {
    text: String,
    /// In the block's text.
    span: Span,
    own_line: bool,
}

/// The segments of a block. `Segment::line` is filled in by the caller who has the source.
pub(super) fn segments(block: &Block, kinds: &Kinds, faults: &mut Vec<Fault>) -> Vec<Segment> {
    let (found, unread) = annotations(&block.text);
    faults.extend(unread.into_iter().map(|span| self::unread(block, span)));
    if block.script.statements.is_empty() {
        for annotation in found {
            faults.push(unbound(block, annotation.span));
        }
        return Vec::new();
    }
    let leads = leading_style(block, &found);
    let mut binder = Binder { block, segments: Vec::new(), next: 0 };
    let mut waiting = Vec::new();
    for annotation in found {
        let before = statements_before(block, annotation.span.start);
        let own_line = annotation.own_line;
        let Some(annotation) = compile(block, annotation, kinds, faults) else {
            continue;
        };
        if leads {
            binder.rest_to(before);
            binder.give_last(std::mem::take(&mut waiting));
            waiting.push(annotation);
        } else if !own_line && before > 0 {
            binder.rest_to(before - 1);
            binder.close(before, annotation);
        } else if before == 0 {
            waiting.push(annotation);
        } else {
            binder.close(before, annotation);
        }
    }
    binder.rest_to(block.script.statements.len());
    if leads {
        binder.give_last(waiting);
    } else if let Some(first) = binder.segments.first_mut() {
        first.expectations.splice(0..0, waiting);
    }
    binder.segments
}

/// The author writes each annotation before what it is about: the first leads the block, and
/// statements follow the last one.
fn leading_style(block: &Block, found: &[Found]) -> bool {
    let total = block.script.statements.len();
    let before = |annotation: &Found| statements_before(block, annotation.span.start);
    match (found.first(), found.last()) {
        (Some(first), Some(last)) => {
            before(first) == 0
                && before(last) < total
                && found.iter().all(|annotation| annotation.own_line)
        }
        _ => false,
    }
}

fn statements_before(block: &Block, at: usize) -> usize {
    let statements = &block.script.statements;
    statements.partition_point(|statement| statement.span.start < at)
}

struct Binder<'a> {
    block: &'a Block,
    segments: Vec<Segment>,
    /// The first statement that is in no segment yet.
    next: usize,
}

impl Binder<'_> {
    /// What lies before `to` and has no annotation is a segment of its own.
    fn rest_to(&mut self, to: usize) {
        if self.next < to.min(self.block.script.statements.len()) {
            self.segments.push(Segment {
                statements: self.next..to,
                expectations: Vec::new(),
                line: 0,
            });
            self.next = to;
        }
    }

    /// Binds to the statements up to `to`; without new ones to the segment before.
    fn close(&mut self, to: usize, annotation: Annotation) {
        self.rest_to(to);
        if let Some(segment) = self.segments.last_mut() {
            segment.expectations.reserve_exact(1);
            segment.expectations.push(annotation);
        }
    }

    fn give_last(&mut self, annotations: Vec<Annotation>) {
        if let Some(segment) = self.segments.last_mut() {
            segment.expectations.extend(annotations);
        }
    }
}

/// The annotations of a text, each with the comment lines that continue it, and the comments that
/// only look like one.
fn annotations(text: &str) -> (Vec<Found>, Vec<Span>) {
    let comments = shell::comments(text);
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let mut index = 0;
    while let Some(comment) = comments.get(index) {
        index += 1;
        let written = comment_text(text, comment);
        if expect::annotation_lead(written.trim_end()).is_none() {
            unread.extend(looks_like_annotation(written).then_some(comment.span));
            continue;
        }
        let mut annotation = Found {
            text: written.trim().to_owned(),
            span: comment.span,
            own_line: comment.own_line,
        };
        while let Some(next) = comments.get(index)
            && comment.own_line
            && continues(text, &annotation, &comments[index - 1], next)
        {
            annotation.text =
                format!("{}\n{}", annotation.text, comment_text(text, next).trim_end());
            annotation.span = annotation.span.join(next.span);
            index += 1;
        }
        found.push(annotation);
    }
    (found, unread)
}

/// Words that begin an annotation, or what was meant as one.
const LEADS: &[&str] =
    &["expect", "expects", "expected", "expecting", "expectation", "expectations"];

/// Whether a comment that is no annotation was probably meant as one; in doubt it was. A plain
/// sentence such as "Expected downtime is low" was not.
fn looks_like_annotation(written: &str) -> bool {
    let latin: String = written.chars().map(latin).collect::<String>().to_lowercase();
    let text = latin.trim_start_matches(|c: char| !c.is_alphabetic());
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let commands = matches!(word, "expect" | "expects");
    if rest.starts_with([':', '(']) && is_mistyped(word) || is_rule(text) {
        return true;
    }
    LEADS.contains(&word) && (commands && !rest.trim().is_empty() || promises(rest))
}

/// `Should be:` and its like, which no lead begins.
fn is_rule(text: &str) -> bool {
    ["be", "see", "show", "print", "return", "say"].iter().any(|verb| {
        let rest = text.strip_prefix("should ").and_then(|rest| rest.strip_prefix(verb));
        rest.is_some_and(|rest| rest.starts_with(':'))
    })
}

/// Whether a word is a lead with one letter too many, too few, wrong or in its neighbour's place.
fn is_mistyped(word: &str) -> bool {
    let leads = ["expect", "expects", "expected"];
    word != "expert"
        && !leads.contains(&word)
        && leads.iter().any(|lead| is_one_slip_from(word, lead))
}

fn is_one_slip_from(word: &str, lead: &str) -> bool {
    let (word, lead): (Vec<char>, Vec<char>) = (word.chars().collect(), lead.chars().collect());
    let alike = word.iter().zip(&lead).take_while(|(a, b)| a == b).count();
    let (word, lead) = (&word[alike..], &lead[alike..]);
    match (word, lead) {
        ([a, b, word @ ..], [c, d, lead @ ..]) if (a, b) == (d, c) && word == lead => true,
        ([_, rest @ ..], [_, other @ ..]) if rest == other => true,
        ([_, rest @ ..], lead) if rest == lead => true,
        (word, [_, other @ ..]) => word == other,
        _ => false,
    }
}

/// Whether what follows the word has a quotation, a colon, a dash, a bracket or a number.
fn promises(rest: &str) -> bool {
    let marks = [':', '：', '"', '`', '“', '”', '„', '«', '‘', '–', '—', '=', '(', '*', '{', '['];
    let next = rest.trim_start().chars().next();
    let begins = next.is_some_and(|c| !c.is_alphabetic() && !matches!(c, '.' | ','));
    begins || rest.contains(marks) || [" '", " -", "->"].iter().any(|mark| rest.contains(mark))
}

/// A Cyrillic or Greek letter as the Latin one that it looks like.
fn latin(letter: char) -> char {
    match letter {
        'Е' | 'Ё' | 'Ε' | 'е' | 'ё' | 'ε' => 'e',
        'Х' | 'Χ' | 'х' | 'χ' => 'x',
        'Р' | 'Ρ' | 'р' | 'ρ' => 'p',
        'С' | 'Ϲ' | 'с' | 'ϲ' => 'c',
        'Т' | 'Τ' | 'т' | 'τ' => 't',
        'О' | 'Ο' | 'о' | 'ο' => 'o',
        'А' | 'Α' | 'а' | 'α' => 'a',
        'Ѕ' | 'ѕ' => 's',
        'І' | 'Ι' | 'і' | 'ι' => 'i',
        'Ν' => 'n',
        'ԁ' => 'd',
        _ => letter,
    }
}

/// A comment on the next line that is indented deeper, is a list item, or follows a colon.
fn continues(text: &str, found: &Found, last: &Comment, next: &Comment) -> bool {
    let adjacent = text[last.span.end..next.span.start].trim_matches([' ', '\t']);
    let written = comment_text(text, next);
    let blanks = |written: &str| written.len() - written.trim_start().len();
    let first = text[found.span.range()].trim_start_matches('#');
    let open = found.text.lines().next().is_some_and(|line| line.ends_with(':'));
    let deeper = blanks(written) >= blanks(first) + 2;
    let listed = written.trim_start().starts_with("- ");
    next.own_line
        && matches!(adjacent, "\n" | "\r\n")
        && !written.trim().is_empty()
        && expect::annotation_lead(written).is_none()
        && (deeper || listed || open)
}

fn compile(
    block: &Block,
    found: Found,
    kinds: &Kinds,
    faults: &mut Vec<Fault>,
) -> Option<Annotation> {
    let span = block.place(found.span);
    match Expectation::parse(&found.text, kinds) {
        Ok(expectation) => Some(Annotation { expectation, span, line: 0 }),
        Err(error) => {
            let note = Note { text: error.to_string(), span };
            faults.push(Fault {
                code: "malformed-expect",
                note,
                help: "see `runbook expect --help` for the typed forms",
            });
            None
        }
    }
}

fn unread(block: &Block, span: Span) -> Fault {
    Fault {
        code: "unread-expect",
        note: Note {
            text: "this looks like an expectation, but is read as a plain comment".to_owned(),
            span: block.place(span),
        },
        help: "write `# Expect: ...`",
    }
}

fn unbound(block: &Block, span: Span) -> Fault {
    Fault {
        code: "unbound-expect",
        note: Note {
            text: "there is no command here that this could be expected of".to_owned(),
            span: block.place(span),
        },
        help: "put it after the command in the same fence",
    }
}

#[cfg(test)]
mod tests {
    use crate::document::{ActionKind, Document};
    use crate::source::Source;

    /// The codes found in a block that runs nevertheless.
    fn codes(comment: &str) -> Vec<&'static str> {
        let text = format!("# T\n\n## Step 1\n\n```sh\nls\n{comment}\n```\n");
        let document = Document::read(Source::new("a.md", text.as_str()));
        let mut actions = document.steps.iter().flat_map(|step| &step.actions);
        let runs = actions
            .any(|action| matches!(&action.kind, ActionKind::Command(block) if block.runnable));
        assert!(runs, "{comment}");
        document.diagnostics.iter().map(|it| it.code).collect()
    }

    #[test]
    fn a_comment_that_looks_like_an_expectation_is_a_finding() {
        let case = |comment: &str| assert_eq!(codes(comment), ["unread-expect"], "{comment}");
        for word in ["Exepct", "Expct", "Ecpect", "Expext", "Expectt", "Expetced", "Should be"] {
            case(&format!("# {word}: \"zzz\""));
        }
        case("# expct(json): {}");
        case("# expect \"zzz\"");
        case("# Expect - \"zzz\"");
        case("# - Expect: \"zzz\"");
        case("# **Expect:** \"zzz\"");
        case("# \u{415}\u{445}pect: \"zzz\"");
        case("# \u{415}\u{445}\u{440}\u{435}\u{441}t: \"zzz\"");
        case("# Expect 401");
        case("# Expected 401");
        case("# Expecting: zzz");
        case("# Expected — zzz");
        case("# Expected value is 'zzz'");
        case("# 1. Expect: zzz");
        case("#> Expect: zzz");
        case("ls # expect \"zzz\"");
        case("ls\n# expect \"a\"\nls\n# Expect: b");
    }

    #[test]
    fn an_ordinary_comment_about_what_is_expected_is_left_alone() {
        let case = |comment: &str| assert!(codes(comment).is_empty(), "{comment}");
        for word in ["Except", "Export", "Exact", "Expert", "Exec", "Inspect", "Respect", "Aspect"]
        {
            case(&format!("# {word}: zzz"));
        }
        case("# Expected downtime is low");
        case("# Expectations are low, and that's fine");
        case("# The expected value is \"zzz\"");
        case("# Expect: zzz");
        case("# Expect:\n#   expect \"zzz\"");
        case("echo '# expect \"zzz\"'");
    }
}
