//! Alternatives inside one block: `# Option A`, `# Option B`, and `# Or, to a specific revision:`.
//!
//! Comes in: a block that parsed. Goes out: which of its lines exclude each other. Run from top to
//! bottom such a block would do one thing twice, or one thing and its opposite.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::shell::{self, Script};

use super::block::comment_text;
use super::choice;

/// Lines of a block, of which those of one alternative are to be run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Either {
    /// Labels and lines, in order and without gaps.
    pub alternatives: Vec<(String, Range<usize>)>,
}

impl Either {
    /// From the first alternative's first line on, up to and without.
    pub(super) fn lines(&self) -> Range<usize> {
        let first = self.alternatives.first().map_or(0, |(_, lines)| lines.start);
        let last = self.alternatives.last().map_or(0, |(_, lines)| lines.end);
        first..last
    }
}

static OR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^\s*(?:or|alternatively)\b").expect("a valid pattern"));

/// What a line of a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Blank,
    /// A comment between statements that begins another way to do the same.
    Or(String),
    /// `# Option A: ...`
    Option(String),
    Comment(String),
    Code(String),
}

/// The first alternatives of a block.
pub(super) fn find(text: &str, script: &Script) -> Option<Either> {
    let roles = roles(text, script);
    options(&roles).or_else(|| ors(&roles))
}

fn roles(text: &str, script: &Script) -> Vec<Role> {
    let mut roles: Vec<Role> = text
        .split('\n')
        .map(|line| match line.trim() {
            "" => Role::Blank,
            code => Role::Code(code.trim_end_matches(['\\', ' ']).to_owned()),
        })
        .collect();
    let (mut line, mut counted) = (0, 0);
    for comment in shell::comments(text).iter().filter(|comment| comment.own_line) {
        let inside = script.statement_at(comment.span.start).is_some();
        let between = &text.as_bytes()[counted..comment.span.start];
        line += memchr::memchr_iter(b'\n', between).count();
        counted = comment.span.start;
        let written = comment_text(text, comment).trim();
        if !inside && let Some(role) = roles.get_mut(line) {
            let said = written.trim_end_matches(':').to_owned();
            *role = match written {
                _ if choice::is_option(written) => Role::Option(said),
                _ if OR.is_match(written) => Role::Or(said),
                _ => Role::Comment(said),
            };
        }
    }
    roles
}

fn options(roles: &[Role]) -> Option<Either> {
    let starts = roles.iter().enumerate().filter_map(|(line, role)| match role {
        Role::Option(said) => Some((line, said.clone())),
        _ => None,
    });
    let starts: Vec<_> = starts.collect();
    let ends = starts.iter().skip(1).map(|(line, _)| *line).chain([roles.len()]);
    let alternatives: Vec<_> =
        starts.iter().zip(ends).map(|((start, said), end)| (said.clone(), *start..end)).collect();
    let worth = alternatives.len() >= 2
        && alternatives.iter().all(|(_, lines)| holds_code(&roles[lines.clone()]));
    worth.then_some(Either { alternatives })
}

/// The run of lines above an "Or" is the first alternative; each further "Or" begins another.
fn ors(roles: &[Role]) -> Option<Either> {
    let or = roles.iter().position(|role| matches!(role, Role::Or(_)))?;
    let start = above(roles, or)?;
    let mut alternatives = vec![(label(&roles[start..or]), start..or)];
    let mut at = or;
    while matches!(roles.get(at), Some(Role::Or(_))) {
        let end = below(roles, at);
        if !holds_code(&roles[at..end]) {
            break;
        }
        alternatives.push((label(&roles[at..end]), at..end));
        at = end;
    }
    (alternatives.len() >= 2).then_some(Either { alternatives })
}

/// The first line of what stands above: up to a blank line or its own comment.
fn above(roles: &[Role], or: usize) -> Option<usize> {
    let last = roles[..or].iter().rposition(|role| *role != Role::Blank)?;
    let mut start = last + 1;
    for line in (0..=last).rev() {
        match roles[line] {
            Role::Code(_) => start = line,
            Role::Comment(_) if start <= last => return Some(line),
            _ => break,
        }
    }
    (start <= last).then_some(start)
}

/// The first line after an alternative: a blank line after its code, with what follows, or the
/// next "Or".
fn below(roles: &[Role], or: usize) -> usize {
    let mut seen = false;
    for (line, role) in roles.iter().enumerate().skip(or + 1) {
        match role {
            Role::Or(_) => return line,
            Role::Code(_) => seen = true,
            Role::Blank if seen => {
                let next = roles[line..].iter().position(|role| *role != Role::Blank);
                let next = next.map_or(roles.len(), |after| line + after);
                return if matches!(roles.get(next), Some(Role::Or(_))) { next } else { line };
            }
            _ => {}
        }
    }
    roles.len()
}

fn holds_code(roles: &[Role]) -> bool {
    roles.iter().any(|role| matches!(role, Role::Code(_)))
}

/// What the author says of it, or its first command.
fn label(roles: &[Role]) -> String {
    let said = roles.iter().find_map(|role| match role {
        Role::Comment(said) => Some(said.clone()),
        Role::Or(said) if said.contains(' ') => Some(said.clone()),
        Role::Code(code) => Some(code.clone()),
        _ => None,
    });
    said.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_exclude_each_other_are_found_by_their_comments() {
        let case = |text: &str, expected: &[(&str, Range<usize>)]| {
            let found = find(text, &shell::parse(text).unwrap());
            let found = found.map(|either| either.alternatives).unwrap_or_default();
            let found: Vec<_> =
                found.iter().map(|(label, lines)| (label.as_str(), lines.clone())).collect();
            assert_eq!(found, expected, "{text}");
        };
        case("a\n# Or, to a revision:\nb", &[("a", 0..1), ("Or, to a revision", 1..3)]);
        case(
            "x\n\n# All of them\na\n\n# Or one\nb\n\nc",
            &[("All of them", 2..5), ("Or one", 5..7)],
        );
        case("# Option A: x\na\n# Option B: y\nb", &[("Option A: x", 0..2), ("Option B: y", 2..4)]);
        case("# Option A: x\na", &[]);
        case("# Or so\na", &[]);
        case("a\n# Order matters\nb", &[]);
        case("if a; then\n  b\n  # or\n  c\nfi", &[]);
    }
}
