//! Alternatives: which labels stand for one choice, and where each alternative ends.
//!
//! Comes in: the blocks of a step. Goes out: [`Group`]s of labels with the blocks under each.
//! Labels are sibling headings, or paragraphs or list items that begin with one: `Option A`, or
//! siblings of which one says (preferred) or (deprecated), or a set of labels that was a choice
//! before. The last alternative has no label after it, so it ends where a heading, another label
//! or a "Verify" begins, or when it has as much under it as the others.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::source::Span;

use super::fence;
use super::sections::{Named, titled};
use super::tree::{Code, Heading, Line, Node, Prose};

/// A label of an alternative.
#[derive(Debug, Clone)]
pub(super) struct Label {
    /// Without the remark in brackets.
    pub text: String,
    pub remark: Option<String>,
    /// Where the text after the label begins in the file, if there is some in the same paragraph.
    pub after: Option<Span>,
    pub span: Span,
    form: Form,
    option: bool,
}

/// How many labels are looked at together; no choice has so many alternatives.
const MOST: usize = 64;

/// How a label is written. Alternatives of one choice are written alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Heading(usize),
    Bold,
    Plain,
}

/// Alternatives that stand together.
#[derive(Debug)]
pub(super) struct Group {
    pub alternatives: Vec<(Label, std::ops::Range<usize>)>,
    /// The index of the first block after the last alternative.
    pub end: usize,
    /// Whether a label or heading, rather than our counting, ended the last alternative.
    pub clear: bool,
}

/// Sets of labels that were a choice before.
pub(super) type Known = Vec<BTreeSet<String>>;

impl Label {
    /// Whether the author marked it preferred or recommended.
    pub(super) fn is_preferred(&self) -> bool {
        self.remark.as_deref().is_some_and(|remark| {
            let remark = remark.to_lowercase();
            PREFERRED.is_match(&remark) && !remark.contains("not recommended")
        })
    }

    fn is_marked(&self) -> bool {
        self.remark.as_deref().is_some_and(|remark| MARKED.is_match(&remark.to_lowercase()))
    }

    fn key(&self) -> String {
        self.text.to_lowercase()
    }
}

static PREFERRED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:preferred|recommended)\b").expect("a valid pattern"));

static MARKED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:preferred|recommended|deprecated|legacy|discouraged)\b")
        .expect("a valid pattern")
});

static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(?:option|method|approach|path|alternative|variant)\s+",
        r"(?:[a-h]|\d{1,2}|one|two|three)\b"
    ))
    .expect("a valid pattern")
});

/// Leads that say what follows is for everybody, or is only a remark.
static COMMON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(?:verif|confirm|check|validat|note|warning|important|caution|tip|expected|output|",
        r"example|result|then\b|next\b|finally|afterwards|after|once|in (?:both|either|all)|",
        r"either way|whichever|regardless|and that|prerequisite|why\b|goal|purpose|when\b|step )"
    ))
    .expect("a valid pattern")
});

/// What is known of headings that stand beside each other.
#[derive(Debug, Default)]
pub(super) struct Siblings {
    count: usize,
    /// How many are options or marked.
    alike: usize,
    is_any_marked: bool,
    /// Whether none is a step or a section that is known by its name.
    all_unnamed: bool,
}

impl Siblings {
    pub(super) fn of<'a>(headings: impl Iterator<Item = &'a Heading>) -> Self {
        let mut siblings = Self { all_unnamed: true, ..Self::default() };
        for heading in headings {
            let label = of_heading(heading);
            let titled = titled(&heading.prose.text);
            siblings.count += 1;
            siblings.alike += usize::from(label.option || label.is_marked());
            siblings.is_any_marked |= label.is_marked();
            siblings.all_unnamed &= titled.number.is_none() && titled.named == Named::Unknown;
        }
        siblings
    }

    /// Whether one of these headings is one of alternatives. Below a section one mark is enough
    /// for all of them; beside the document's sections it takes two.
    pub(super) fn are_alternatives(&self, heading: &Heading) -> bool {
        let own = of_heading(heading);
        let one_marks_all = heading.level > 2 && self.count >= 2 && self.all_unnamed;
        (own.option || own.is_marked()) && self.alike >= 2 || one_marks_all && self.is_any_marked
    }
}

/// Whether a text begins with `Option A` or the like.
pub(super) fn is_option(text: &str) -> bool {
    OPTION.is_match(text)
}

/// Whether the labels of a list's items are all alternatives of one choice.
pub(super) fn is_choice(labels: &[Label], known: &Known) -> bool {
    let numbered: Vec<_> = labels.iter().cloned().enumerate().collect();
    let worded = labels.iter().all(|label| label.form == Form::Bold || label.option);
    worded && labels.len() >= 2 && alternatives_among(&numbered, known) == Some(labels.len())
}

/// The group of alternatives that begins at `nodes[at]`.
pub(super) fn group(nodes: &[&Node], at: usize, text: &str, known: &Known) -> Option<Group> {
    let first = label(nodes[at], text)?;
    let mut labels = vec![(at, first.clone())];
    let mut end = nodes.len();
    for (index, node) in nodes.iter().enumerate().skip(at + 1) {
        if ends_group(node, first.form) || labels.len() == MOST {
            end = index;
            break;
        }
        labels.extend(
            label(node, text).filter(|label| label.form == first.form).map(|label| (index, label)),
        );
    }
    let count = alternatives_among(&labels, known)?;
    if let Some((index, _)) = labels.get(count) {
        end = *index;
    }
    labels.truncate(count);
    let clear = end < nodes.len();
    let last = end_of_last(nodes, &labels, end);
    Some(Group { clear: clear || last == end, end: last, alternatives: ranges(labels, last) })
}

fn ranges(labels: Vec<(usize, Label)>, last: usize) -> Vec<(Label, std::ops::Range<usize>)> {
    let ends: Vec<_> = labels.iter().skip(1).map(|(index, _)| *index).collect();
    labels
        .into_iter()
        .zip(ends.into_iter().chain([last]))
        .map(|((index, label), end)| (label, index + 1..end))
        .collect()
}

/// How many of the labels, from the first on, are alternatives of one choice.
fn alternatives_among(labels: &[(usize, Label)], known: &Known) -> Option<usize> {
    let leading = |fits: fn(&Label) -> bool| labels.iter().take_while(|(_, l)| fits(l)).count();
    let options = leading(|label| label.option);
    if options >= 2 {
        return Some(options);
    }
    let marked = leading(Label::is_marked);
    if marked >= 2 {
        return Some(marked);
    }
    let longest = known.iter().map(BTreeSet::len).max().unwrap_or(0).min(labels.len());
    for count in (2..=longest).rev() {
        let keys: BTreeSet<_> = labels[..count].iter().map(|(_, label)| label.key()).collect();
        if known.contains(&keys) {
            return Some(count);
        }
    }
    let last = labels.iter().rposition(|(_, label)| label.is_marked())?;
    let single = labels.iter().filter(|(_, label)| label.is_marked()).count() == 1;
    let count = if single { labels.len() } else { last + 1 };
    (count >= 2).then_some(count)
}

/// A heading ends alternatives of paragraphs, and so does what is for everybody.
fn ends_group(node: &Node, form: Form) -> bool {
    match (node, form) {
        (Node::Heading(heading), Form::Heading(level)) => heading.level < level,
        (Node::Heading(_), _) => true,
        (Node::Paragraph(prose), Form::Bold | Form::Plain) => {
            COMMON.is_match(&prose.text) && !OPTION.is_match(&prose.text)
        }
        _ => false,
    }
}

/// Under headings everything up to the end belongs to the last one. Under labels in the text it is
/// as much as the others have, counted in blocks with the text that introduces them.
fn end_of_last(nodes: &[&Node], labels: &[(usize, Label)], end: usize) -> usize {
    let Some((last, label)) = labels.last() else {
        return end;
    };
    if matches!(label.form, Form::Heading(_)) {
        return end;
    }
    let most = labels
        .windows(2)
        .map(|pair| units(&nodes[pair[0].0 + 1..pair[1].0]).len())
        .max()
        .unwrap_or(0);
    let after = &nodes[last + 1..end];
    let units = units(after);
    // An alternative has something under it, unless it stands beside its label.
    let most = if label.after.is_some() { most } else { most.max(1) };
    last + 1 + units.iter().take(most).sum::<usize>()
}

/// Runs of blocks that belong together: paragraphs, and the block or list that they introduce.
fn units(nodes: &[&Node]) -> Vec<usize> {
    let mut units = Vec::new();
    let mut length = 0;
    for node in nodes {
        length += 1;
        if !matches!(node, Node::Paragraph(_)) {
            units.push(length);
            length = 0;
        }
    }
    if length > 0 {
        units.push(length);
    }
    units
}

/// The label that a block is or begins with.
pub(super) fn label(node: &Node, text: &str) -> Option<Label> {
    match node {
        Node::Heading(heading) => Some(of_heading(heading)),
        Node::Paragraph(prose) if COMMON.is_match(&prose.text) && !OPTION.is_match(&prose.text) => {
            None
        }
        Node::Paragraph(prose) => bold_label(prose, text).or_else(|| plain_label(prose, text)),
        _ => None,
    }
}

fn of_heading(heading: &Heading) -> Label {
    let (text, remark) = apart(&heading.prose.text);
    Label {
        option: OPTION.is_match(&text),
        text,
        remark,
        after: None,
        span: heading.span,
        form: Form::Heading(heading.level),
    }
}

/// `**Label (remark):**`, `**Label** (remark): more`.
fn bold_label(prose: &Prose, text: &str) -> Option<Label> {
    let (bold, end) = prose.bold.as_ref()?;
    let rest = &text[*end..prose.span.end];
    let (label, mut remark) = apart(bold.trim().trim_end_matches(':'));
    let mut at = rest.len() - rest.trim_start().len();
    if let Some(length) = brackets(&rest[at..]) {
        remark = remark.or_else(|| Some(rest[at + 1..at + length - 1].to_owned()));
        at += length;
    }
    let colon = rest[at..].trim_start().starts_with([':', '—', '–', '-']);
    let closed = bold.trim().ends_with(':') || colon || rest[at..].trim().is_empty();
    let option = OPTION.is_match(&label);
    if !closed && !option {
        return None;
    }
    let after = end + at;
    let skipped =
        text[after..prose.span.end].trim_start_matches([' ', ':', '—', '–', '-', '\n', '\r']);
    Some(Label {
        text: label,
        remark,
        after: after_label(prose.span.end - skipped.len(), prose.span.end),
        span: prose.span,
        form: Form::Bold,
        option,
    })
}

/// `Label (remark):` and `Option A: more`.
fn plain_label(prose: &Prose, text: &str) -> Option<Label> {
    let raw = &text[prose.span.range()];
    let open = raw.find('(').filter(|open| raw[..*open].find(':').is_none());
    let colon = match open.and_then(|open| brackets(&raw[open..]).map(|length| open + length)) {
        Some(close) if raw[close..].trim_start().starts_with(':') => {
            close + raw[close..].find(':')?
        }
        _ => raw.find(':')?,
    };
    let (label, remark) = apart(raw[..colon].trim());
    let option = OPTION.is_match(&label);
    let whole = raw[colon + 1..].trim().is_empty();
    let short = label.split_whitespace().count() <= 6 && !label.contains(['.', '/', '`']);
    let listed = raw[colon + 1..].trim_start().starts_with("1.");
    if !(option || short && (whole || listed)) {
        return None;
    }
    let skipped = raw[colon + 1..].trim_start();
    Some(Label {
        text: label,
        remark,
        after: after_label(prose.span.end - skipped.len(), prose.span.end),
        span: prose.span,
        form: Form::Plain,
        option,
    })
}

fn after_label(start: usize, end: usize) -> Option<Span> {
    (start < end).then_some(Span::new(start, end))
}

/// The length of the brackets that a text begins with.
fn brackets(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// A label and the remark in brackets, or after a dash, at its end.
fn apart(text: &str) -> (String, Option<String>) {
    let text = text.trim().trim_end_matches(':').trim();
    if let Some(open) = text.find(" (")
        && brackets(&text[open + 1..]) == Some(text.len() - open - 1)
    {
        let remark = text[open + 2..text.len() - 1].to_owned();
        return (text[..open].trim().to_owned(), Some(remark));
    }
    for dash in [" — ", " – ", " - "] {
        if let Some((label, remark)) = text.rsplit_once(dash)
            && MARKED.is_match(&remark.to_lowercase())
        {
            return (label.trim().to_owned(), Some(remark.to_owned()));
        }
    }
    (text.to_owned(), None)
}

/// How many of the blocks at the beginning are shell blocks with an "Or" between each two.
pub(super) fn or_blocks(nodes: &[&Node]) -> Option<usize> {
    let [Node::Code(first), rest @ ..] = nodes else {
        return None;
    };
    let more = rest.chunks(2).take_while(|pair| match pair {
        [Node::Paragraph(prose), Node::Code(code)] => {
            OR.is_match(&prose.text) && fence::is_tagged_shell(code)
        }
        _ => false,
    });
    let more = more.count();
    (more > 0 && fence::is_tagged_shell(first)).then_some(1 + 2 * more)
}

static OR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:or|alternatively)\b[^.]*[:.]?$").expect("a valid pattern")
});

/// What to call such a block: what the author says of it, or its first line.
pub(super) fn or_label(text: &str, code: &Code) -> String {
    let said = text.trim_end_matches([':', '.']);
    if said.split_whitespace().count() > 2 {
        return said.to_owned();
    }
    let bare = |line: &'_ Line| line.text.trim().trim_start_matches("$ ").to_owned();
    let lines = code.lines.iter().map(bare);
    let mut commands = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = commands.next().unwrap_or_else(|| said.to_owned());
    first.trim_end_matches(['\\', ' ']).to_owned()
}

/// The set that a choice is known by when its labels come again.
pub(super) fn set(group: &Group) -> BTreeSet<String> {
    group.alternatives.iter().map(|(label, _)| label.key()).collect()
}
