//! The points of no return that the prose names.
//!
//! Comes in: the markdown and the steps. Goes out: a [`NoReturn`] for each step after which there is
//! only the way forward, in the author's words; and a diagnostic for one that names no step that
//! could be held back. The words may stand anywhere: in the step, in the rollback section, in an
//! overview. A step is one of those that run in order; a rollback has numbers of its own.

use std::collections::{BTreeSet, HashMap};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};

use super::sections::{Named, titled};
use super::tree::{Heading, Node, Prose, Row};
use super::way_back::{About, End, end, is_worth_a_look, marks, sentences};
use super::{NoReturn, SectionKind, Step};

/// The code of a reference that leads nowhere.
const CODE: &str = "unresolved-reference";

/// The points of no return of a document, the first words for each step; and what leads nowhere.
pub(super) fn points(
    source: &Source,
    nodes: &[Node],
    steps: &[Step],
    known: &[Diagnostic],
) -> (Vec<NoReturn>, Vec<Diagnostic>) {
    let lost = known.iter().filter(|one| one.code == CODE);
    let mut search = Search {
        source,
        steps,
        ids: ids(steps),
        known: lost.filter_map(|one| Some(one.labels.first()?.span.start)).collect(),
        undoing: None,
        found: Vec::new(),
        diagnostics: Vec::new(),
    };
    search.nodes(nodes);
    search.found.sort_by_key(|one| (one.step, one.span));
    search.found.dedup_by_key(|one| one.step);
    (search.found, search.diagnostics)
}

struct Search<'a> {
    source: &'a Source,
    steps: &'a [Step],
    /// The steps that each id names, with their parts, in order.
    ids: HashMap<String, Vec<usize>>,
    /// Where something leads nowhere, and is told already.
    known: BTreeSet<usize>,
    /// The level of the heading of the rollback section that is looked at.
    undoing: Option<usize>,
    found: Vec<NoReturn>,
    diagnostics: Vec<Diagnostic>,
}

impl Search<'_> {
    fn nodes(&mut self, nodes: &[Node]) {
        for (at, node) in nodes.iter().enumerate() {
            match node {
                Node::Heading(heading) => self.heading(heading, nodes.get(at + 1)),
                Node::Paragraph(prose) => self.prose(prose),
                Node::List(list) => list.items.iter().for_each(|item| self.nodes(&item.nodes)),
                Node::Quote(nodes) => self.nodes(nodes),
                Node::Table(table) => table.rows.iter().for_each(|row| self.row(row)),
                Node::Code(_) | Node::Html(_) => {}
            }
        }
    }

    fn prose(&mut self, prose: &Prose) {
        if !is_worth_a_look(&prose.text) {
            return;
        }
        let about = self.about(prose);
        for sentence in sentences(&prose.text) {
            if let Some(end) = end(sentence, about) {
                self.put(&end, sentence, prose.span);
            }
        }
    }

    /// A row of a table as one text: `Point of no return | step 7`. It is about no step that it does
    /// not name.
    fn row(&mut self, row: &Row) {
        let cells: Vec<_> = row.cells.iter().map(|cell| cell.text.trim()).collect();
        let text = cells.join(": ");
        if !is_worth_a_look(&text) {
            return;
        }
        for sentence in sentences(&text) {
            let end = end(sentence, About::Anything);
            if let Some(end) = end.filter(|end| *end != End::Here) {
                self.put(&end, sentence, row.span);
            }
        }
    }

    /// A section about undoing, or a paragraph that speaks of it.
    fn about(&self, prose: &Prose) -> About {
        let text = prose.text.to_lowercase();
        let speaks = text.contains("to roll back") || text.starts_with("rollback");
        if self.undoing.is_some() || speaks { About::Undoing } else { About::Anything }
    }

    /// A heading that names the step, is the step's own, or whose text says which it is.
    fn heading(&mut self, heading: &Heading, next: Option<&Node>) {
        let text = &heading.prose.text;
        let level = heading.level;
        self.undoing = self.undoing.filter(|above| *above < level);
        if titled(text).named == Named::Kind(SectionKind::Rollback) {
            self.undoing.get_or_insert(level);
        }
        if !marks(text) {
            return;
        }
        let below = match next {
            Some(Node::Paragraph(prose)) => only_step(&prose.text),
            _ => None,
        };
        let end = match end(text, About::Anything) {
            Some(named @ (End::Step(_) | End::StepAfter(_))) => named,
            _ => below.map_or(End::Here, End::Step),
        };
        let own = self.steps.iter().position(|step| step.span.start == heading.span.start);
        match own.filter(|at| end == End::Here && self.steps[*at].section.kind.runs_in_order()) {
            Some(step) => self.add(step, text, heading.span),
            None => self.put(&end, text, heading.span),
        }
    }

    fn put(&mut self, end: &End, words: &str, span: Span) {
        let step = match end {
            End::Here => self.here(span.start),
            End::Step(id) => self.named(id),
            End::StepAfter(id) => self.after(id),
        };
        match (step, end) {
            (Some(step), _) => self.add(step, words, span),
            (None, End::Here) => {}
            (None, End::Step(id) | End::StepAfter(id)) => self.complain(id, span),
        }
    }

    fn add(&mut self, step: usize, words: &str, span: Span) {
        let line = self.source.line(span.start);
        self.found.push(NoReturn { step, words: words.trim().to_owned(), line, span });
    }

    /// The step in which a place is; before it, where it stands between two steps.
    fn here(&self, at: usize) -> Option<usize> {
        if let Some(step) = self.step_at(at) {
            return Some(step).filter(|step| self.steps[*step].section.kind.runs_in_order());
        }
        let began = self.in_order().any(|(_, step)| step.span.start < at);
        let next = self.in_order().find(|(_, step)| step.span.start > at);
        next.filter(|_| began).map(|(place, _)| place)
    }

    fn step_at(&self, at: usize) -> Option<usize> {
        let begun = self.steps.partition_point(|step| step.span.start <= at);
        begun.checked_sub(1).filter(|step| self.steps[*step].span.contains(at))
    }

    fn in_order(&self) -> impl Iterator<Item = (usize, &Step)> {
        let steps = self.steps.iter().enumerate();
        steps.filter(|(_, step)| step.section.kind.runs_in_order())
    }

    /// The step of this id, or the first of its parts: the work's own before those of what is to be
    /// prepared or verified.
    fn named(&self, id: &str) -> Option<usize> {
        let there = self.ids.get(id)?;
        let work = |step: &&usize| self.steps[**step].section.kind == SectionKind::Procedure;
        there.iter().find(work).or(there.first()).copied()
    }

    /// The step after all parts of this id.
    fn after(&self, id: &str) -> Option<usize> {
        let section = &self.steps[self.named(id)?].section;
        let mut parts = self.ids.get(id)?.iter().rev();
        let last = parts.find(|step| self.steps[**step].section == *section)?;
        self.in_order().map(|(place, _)| place).find(|place| place > last)
    }

    fn complain(&mut self, id: &str, span: Span) {
        let told = self.known.range(span.start..span.end).next().is_some();
        // The last step with a way back may be the last one at all.
        if told || self.ids.contains_key(id) {
            return;
        }
        let message = format!(
            "step {id} is named where the way back ends, and there is no such step to be held back"
        );
        let found = Diagnostic::new(Severity::Warning, CODE, span, message);
        let help = "name a step that has a heading or a list number of its own, and runs in order";
        self.diagnostics.push(found.help(help));
    }
}

/// The steps that run in order by what names them: `3` names 3.1 and 3.2, too.
pub(super) fn ids(steps: &[Step]) -> HashMap<String, Vec<usize>> {
    let mut ids: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, step) in steps.iter().enumerate() {
        if step.section.kind.runs_in_order() {
            let parts: Vec<_> = step.id.split('.').collect();
            for count in 1..=parts.len() {
                ids.entry(parts[..count].join(".")).or_default().push(place);
            }
        }
    }
    ids
}

/// The step that a text names, where it names only one.
fn only_step(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let mut named = lower.match_indices("step ").filter_map(|(at, word)| {
        let rest = lower[at + word.len()..].trim_start_matches('#');
        let id: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let id = id.trim_end_matches('.').to_owned();
        (!id.is_empty()).then_some(id)
    });
    let first = named.next()?;
    named.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use crate::document::Document;
    use crate::source::Source;

    const STEPS: &str = "# T\n\n## Step 1 — Set\n\n```bash\ntrue\n```\n\n## Step 2 — Drop\n\n\
        ```bash\ntrue\n```\n\n## Step 3 — End\n\n```bash\ntrue\n```\n\n";

    /// The steps after which there is no way back, and the codes of what is wrong.
    fn case(text: &str, steps: &[&str], codes: &[&str]) {
        let document = Document::read(Source::new("a.md", text));
        let ids = document.no_returns.iter().map(|one| document.steps[one.step].id.as_str());
        assert_eq!(ids.collect::<Vec<_>>(), steps, "{text}");
        let found = document.diagnostics.iter().map(|one| one.code);
        assert_eq!(found.collect::<Vec<_>>(), codes, "{text}");
    }

    #[test]
    fn a_rollback_section_names_the_step() {
        let with = |text: &str| format!("{STEPS}## Rollback\n\n{text}\n");
        case(&with("Until step 2, both tokens are valid."), &["2"], &[]);
        case(&with("After step 2 (drop), there is no rollback."), &["2"], &[]);
        case(&with("Do not roll back after step 2."), &["2"], &[]);
        case(&with("Both tokens are valid until the end of step 2."), &[], &[]);
        case(&with("Until the end of step 2, both tokens are valid."), &["2"], &[]);
        case(&with("Reversible through step 2."), &["3"], &[]);
        case(&with("Reversible through step 3."), &[], &[]);
        // A list of its own has numbers that are not meant.
        let list = "Until step 2, both are valid.\n\n1. Open the console.\n2. Revert the change.";
        case(&with(list), &["2"], &[]);
        case(&with("This step cannot be undone."), &[], &[]);
        // What only looks like it.
        case(&with("Until step 2 is written down, keep both tokens valid."), &[], &[]);
        case(&with("Wait until step 3 has finished."), &[], &[]);
    }

    #[test]
    fn a_step_says_it_of_itself() {
        let with = |text: &str| STEPS.replace("Drop\n\n", &format!("Drop\n\n{text}\n\n"));
        case(&with("**Point of no return.** It drops the table."), &["2"], &[]);
        case(&with("**Point of no return**"), &["2"], &[]);
        case(&with("> This step is irreversible."), &["2"], &[]);
        case(&with("### Point of no return"), &["2"], &[]);
        case(&with("**Point of no return:** none"), &[], &[]);
        case(&with("- This is not the point of no return."), &[], &[]);
        case(&STEPS.replace("Drop", "Drop (point of no return)"), &["2"], &[]);
        case(&STEPS.replace("Drop", "Drop (irreversible)"), &["2"], &[]);
        case(&STEPS.replace("Drop", "Drop (not the point of no return)"), &[], &[]);
    }

    #[test]
    fn a_heading_of_its_own_says_which_step_it_is() {
        let with = |text: &str| format!("{STEPS}## Point of no return\n\n{text}\n");
        case(&with("Step 2: the old table is gone after it."), &["2"], &[]);
        case(&with("Everything hangs on it."), &[], &[]);
        let between = STEPS.replace("## Step 3", "## Point of no return\n\n## Step 3");
        case(&between, &["3"], &[]);
        let before = STEPS
            .replace("## Step 1", "## Point of no return\n\nEverything hangs on it.\n\n## Step 1");
        case(&before, &[], &[]);
    }

    #[test]
    fn a_table_speaks_of_the_steps_that_it_names() {
        let with = |row: &str| {
            let table = format!("| What | Which |\n|---|---|\n{row}\n");
            STEPS.replace("Set\n\n", &format!("Set\n\n{table}\n"))
        };
        case(&with("| Point of no return | Step 2 |"), &["2"], &[]);
        case(&with("| Point of no return | the second one |"), &[], &[]);
        case(&with("| Undo | Reversible until step 2. |"), &["2"], &[]);
        case(&with("| Point of no return | Step 9 |"), &[], &["unresolved-reference"]);
    }

    #[test]
    fn a_step_that_is_not_there_is_told_once() {
        let with = |text: &str| format!("{STEPS}## Rollback\n\n{text}\n");
        let code = "unresolved-reference";
        case(&with("Until step 7, both tokens are valid."), &[], &[code]);
        case(&with("Reversible until phase 7."), &[], &[code]);
        // A number in a list is a step to name, and none to be held back.
        let text = "Reversible until step 4.\n\n1. Revert it.\n2. a\n3. b\n4. Restart it.";
        case(&with(text), &[], &[code]);
        case(&with("Until step 7 of the vault runbook, both are valid."), &[], &[]);
    }

    #[test]
    fn parts_of_a_step_are_held_back_from_the_first_on() {
        let text = STEPS.replace("Step 2 ", "Step 2.1 ").replace("Step 3 ", "Step 2.2 ");
        case(&format!("{text}Reversible until step 2.\n"), &["2.1"], &[]);
        case(&format!("{text}Point of no return: step 2.2\n"), &["2.2"], &[]);
    }
}
