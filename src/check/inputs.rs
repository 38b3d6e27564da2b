//! Inputs: declared and not used, used and not declared, and placeholders that nothing fills.
//!
//! Comes in: the plan's inputs and the blocks that mention them. Goes out: findings at the
//! declaration, or at the first mention. Where an author declares nothing, nothing is undeclared.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use aho_corasick::Anchored;
use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::document::{Action, ActionKind, Block, Declared, Fill, Hole, RUN_FACTS, Record};
use crate::plan::{Input, InputKind, Plan, key};
use crate::policy::Effect;
use crate::source::{Source, Span};

use super::Subject;
use super::rules::found;

/// Finds declared inputs that are used nowhere.
pub(super) fn unused(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let inputs = &subject.plan.inputs;
    let seen_once = inputs.iter().filter(|it| it.spellings.len() <= 1 && it.lines.len() <= 1);
    let seen_once: HashSet<_> = seen_once.map(Input::key).collect();
    let declared = subject.plan.document.declared.iter();
    let doubtful = declared.filter(|one| seen_once.contains(&key(&one.name))).collect::<Vec<_>>();
    let used = mentioned(subject, &doubtful);
    let unused = doubtful.iter().zip(used).filter(|(_, used)| !used);
    let told = unused.map(|(one, _)| {
        let message = format!("`{}` is declared and used nowhere", one.name);
        found("unused-input", one.span, message)
            .help("use it as a variable, a placeholder or a template, or remove it")
    });
    told.collect()
}

/// The lines that mean an input.
#[derive(Clone, Copy, Default)]
struct Lines {
    first: Option<usize>,
    /// Whether there are others than the first.
    more: bool,
}

impl Lines {
    fn add(&mut self, line: usize) {
        self.more |= *self.first.get_or_insert(line) != line;
    }

    fn beside(self, line: usize) -> bool {
        self.more || self.first.is_some_and(|first| first != line)
    }
}

/// For each declared input, whether the text means it somewhere else, in any spelling.
fn mentioned(subject: &Subject<'_>, declared: &[&Declared]) -> Vec<bool> {
    let source = &subject.plan.document.source;
    let keys: Vec<_> = declared.iter().map(|one| key(&one.name)).collect();
    // A name without a letter or digit is empty by now, and stands everywhere.
    let named = keys.iter().filter(|key| !key.is_empty());
    let names: Vec<_> = named.collect::<HashSet<_>>().into_iter().collect();
    let Some(meant) = meant(source, &names) else {
        return vec![true; declared.len()];
    };
    let lines: HashMap<_, _> = names.into_iter().zip(meant).collect();
    let both = declared.iter().zip(&keys);
    let line = |one: &Declared| source.line(one.span.start);
    both.map(|(one, key)| lines.get(key).is_some_and(|it| it.beside(line(one)))).collect()
}

/// For each name the lines that mean it; nothing where there are too many to look for.
///
/// What a name ends with may be a name, too: only where a word ends is asked for all of them.
fn meant(source: &Source, names: &[&String]) -> Option<Vec<Lines>> {
    let text = source.text();
    let finder = NFA::builder().ascii_case_insensitive(true).build(names).ok()?;
    let mut meant = vec![Lines::default(); names.len()];
    let mut state = finder.start_state(Anchored::No).ok()?;
    for (at, byte) in text.bytes().enumerate() {
        // Whatever joins the words of a name is one byte, so that places stay as they are.
        let joined = if b"- .".contains(&byte) { b'_' } else { byte };
        state = finder.next_state(Anchored::No, state, joined);
        let end = at + 1;
        if !finder.is_match(state) || !is_apart(text[end..].chars().next()) {
            continue;
        }
        let line = source.line(at);
        for found in 0..finder.match_len(state) {
            let pattern = finder.match_pattern(state, found);
            let lines = &mut meant[pattern.as_usize()];
            if !lines.more && is_meant(text, Span::new(end - finder.pattern_len(pattern), end)) {
                lines.add(line);
            }
        }
    }
    Some(meant)
}

fn is_apart(neighbour: Option<char>) -> bool {
    neighbour.is_none_or(|c| !c.is_alphanumeric() && c != '_')
}

/// Whether a name stands there as a name: by itself, and not just as an English word.
fn is_meant(text: &str, span: Span) -> bool {
    let before = text[..span.start].trim_end_matches(' ').chars().next_back().unwrap_or('\n');
    let after = text[span.end..].trim_start_matches(' ').chars().next().unwrap_or('\n');
    let whole = is_apart(text[..span.start].chars().next_back())
        && is_apart(text[span.end..].chars().next());
    let name = &text[span.range()];
    let named =
        name.contains('_') || name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase());
    whole
        && (named
            || matches!(before, '{' | '`' | '<' | '$') && matches!(after, '}' | '`' | '>' | '|'))
}

/// Finds inputs that are missing among the declared ones.
pub(super) fn undeclared(subject: &Subject<'_>) -> Vec<Diagnostic> {
    if subject.plan.document.declared.is_empty() {
        return Vec::new();
    }
    let first = first_mentions(subject);
    let inputs = subject.plan.inputs.iter().filter(|input| input.kind != InputKind::Declared);
    let told = inputs.filter_map(|input| {
        let (block, span) = first.get(input.name.as_str())?;
        let span = block.place(*span);
        let message = format!("`{}` is not among the declared inputs", input.name);
        Some(
            found("undeclared-input", span, message)
                .help("declare it with the others, correct its name, or set it before"),
        )
    });
    told.collect()
}

/// By the name of an input the first block that mentions it, and where in its text.
pub(super) type Mentions<'a> = HashMap<&'a str, (&'a Block, Span)>;

/// Where blocks mention inputs first.
pub(super) fn first_mentions<'a>(subject: &Subject<'a>) -> Mentions<'a> {
    let mut first = Mentions::new();
    let blocks = subject.pieces.iter().map(|piece| piece.block);
    blocks.for_each(|block| mentions(subject.plan, block, &mut first));
    first
}

/// Adds what a block mentions and none before it.
fn mentions<'a>(plan: &'a Plan, block: &'a Block, first: &mut Mentions<'a>) {
    let placeholders = block.placeholders.iter().map(|one| (&one.name, one.span));
    let reads = block.script.statements.iter().flat_map(|one| &one.reads);
    let mut all: Vec<_> = placeholders.chain(reads.map(|one| (&one.name, one.span))).collect();
    all.sort_by_key(|(_, span)| *span);
    for (name, span) in all {
        if let Some(input) = plan.inputs.named(name) {
            first.entry(&input.name).or_insert((block, span));
        }
    }
}

/// Finds placeholders and templates of records that nothing fills: a record is given only the
/// inputs that are no secret, as `{{ name }}`.
pub(super) fn unfilled(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for step in &subject.plan.document.steps {
        of_actions(subject, &step.actions, &mut told);
    }
    told
}

fn of_actions(subject: &Subject<'_>, actions: &[Action], told: &mut Vec<Diagnostic>) {
    for action in actions {
        match &action.kind {
            ActionKind::Record(record) => told.extend(of_record(subject, record, action.span)),
            ActionKind::Choice(choice) => {
                choice.alternatives.iter().for_each(|one| of_actions(subject, &one.actions, told));
            }
            ActionKind::Command(_) | ActionKind::Manual(_) => {}
        }
    }
}

/// What is to be done about a secret in an audit entry.
const NO_SECRET: &str = "it is a secret, which no record holds: remove it";

fn of_record(subject: &Subject<'_>, record: &Record, span: Span) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for hole in &record.holes {
        let Fill::Value(name) = &hole.fill else { continue };
        if subject.plan.inputs.named(name).is_some_and(|input| input.secret) {
            let spelling = &record.text[hole.span.range()];
            let message = format!("nothing fills `{spelling}` in a record");
            let place = written(subject, spelling, span);
            told.push(found("unfilled-placeholder", place, message).help(NO_SECRET));
        }
    }
    for (template, name) in templates(&record.text) {
        let hole = |hole: &Hole| &record.text[hole.span.range()] == template;
        let declared = subject.plan.inputs.named(name);
        let help = match declared {
            _ if record.holes.iter().any(hole) => continue,
            _ if RUN_FACTS.contains(&name) => continue,
            Some(input) if input.secret => NO_SECRET,
            Some(input) if input.kind == InputKind::Declared => continue,
            _ => "declare it among the inputs; `operator`, `run_id` and `today` are always known",
        };
        let message = format!("nothing fills `{{{{ {name} }}}}` in a record");
        let place = written(subject, template, span);
        told.push(found("unfilled-placeholder", place, message).help(help));
    }
    told
}

/// A text's templates, each with the name in it; filters aside.
fn templates(text: &str) -> Vec<(&str, &str)> {
    static TEMPLATE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\|[^{}]*)?\}\}").expect("a valid pattern")
    });
    let found = TEMPLATE.captures_iter(text);
    found.filter_map(|one| Some((one.get(0)?.as_str(), one.get(1)?.as_str()))).collect()
}

/// Where a text stands in a span of the source; the span where it is written otherwise.
fn written(subject: &Subject<'_>, text: &str, span: Span) -> Span {
    let found = subject.plan.document.source.slice(span).find(text);
    found.map_or(span, |at| Span::new(span.start + at, span.start + at + text.len()))
}

/// Finds placeholders without a default in segments that only read: validation leaves those out
/// until somebody gives the value.
pub(super) fn without_value(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let open = subject.plan.inputs.iter().filter(|input| {
        let placeholder = input.spellings.iter().any(|one| one.starts_with('<'));
        placeholder && input.default.is_none() && !input.secret
    });
    let reads = reads(subject);
    let told = open.filter_map(|input| {
        let (first, count) = *reads.get(input.name.as_str())?;
        let waiting = match count {
            1 => "a read waits".to_owned(),
            count => format!("{count} reads wait"),
        };
        let message = format!("{waiting} for a value of `{}`, which has no default", input.name);
        Some(
            found("needs-value", first, message)
                .help("declare it with a default that validation may use, or give it in answers"),
        )
    });
    told.collect()
}

/// For each input that a read needs, where the first such block mentions it, and how many need it.
fn reads<'a>(subject: &Subject<'a>) -> HashMap<&'a str, (Span, usize)> {
    let mut reads: HashMap<&str, (Span, usize)> = HashMap::new();
    for piece in &subject.pieces {
        let mut own = Mentions::new();
        mentions(subject.plan, piece.block, &mut own);
        let parts = piece.parts().filter(|part| part.decided.effect == Effect::Read);
        for name in parts.flat_map(|part| &part.decided.inputs) {
            if let Some((block, span)) = own.get(name.as_str()) {
                reads.entry(name).or_insert_with(|| (block.place(*span), 0)).1 += 1;
            }
        }
    }
    reads
}
