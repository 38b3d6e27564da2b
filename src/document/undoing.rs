//! Which steps a step of a rollback undoes, where its title says so.
//!
//! Comes in: the steps. Goes out: for a step of a rollback the places of those that it undoes:
//! `Undo step 3`, `Revert steps 2 and 3: ...`, `Rollback of step 3`, `Undo "Switch the traffic"`,
//! `If step 3 was done, ...`, `Restart the app (only if step 3 was done)`. A title counts as a whole
//! or not at all, and one that promises more (`Undo step 3 and restart the app`) says nothing:
//! whoever leaves a step out must not leave out what is to be done in any case.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::no_return::ids;
use super::way_back::sentences;
use super::{ActionKind, Document, SectionKind, Step};

const ID: &str = r"\d{1,3}(?:\.\d{1,3}){0,2}[a-z]?";
const VERB: &str = r"(?:undo(?:es|ing)?|revert(?:s|ing)?|revers(?:e|es|ing)|roll(?:s|ing)? back|back(?:s|ing)? out|rollback (?:of|for))";
const WHAT: &str = r"(?: (?:all|of|for|the|what|changes?|made|done|in|from|by)){0,5}";
const DONE: &str = r"(?:\w+ly )?(?:done|completed?|finished|executed|run|applied|performed|carried out|reached|begun|started)";
/// Where what is said of the steps ends.
const STOP: &str = r"(?:$|[:.,(]| - )";

struct Phrases {
    undoes: Regex,
    undoes_title: Regex,
    depends: Regex,
    depends_behind: Regex,
    id: Regex,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let steps = format!(
        r"(?:steps?|phases?|stages?) (?P<ids>#?{ID}(?:(?:, and|, or|,| and| or| &| to| through|-| -) ?(?:steps? )?#?{ID})*)"
    );
    let condition = format!(
        r"(?:only )?(?:if|when|where) (?:{steps} (?:was|were|has been|have been|is|are) (?:already )?{DONE})"
    );
    let new = |pattern: &str| Regex::new(pattern).expect("a valid pattern");
    Phrases {
        undoes: new(&format!(
            r"^{VERB}{WHAT} {steps}(?: did| has done| have done)?(?P<end>{STOP})"
        )),
        undoes_title: new(&format!(r"^{VERB}:? (?P<title>.+)$")),
        depends: new(&format!(r"^{condition}(?:$|[,:]| - )")),
        depends_behind: new(&format!(r"\({condition}\)$")),
        id: new(&format!(r"(?P<range>(?:to|through|-) ?)?(?:steps? )?#?(?P<id>{ID})")),
    }
});

impl Document {
    /// The places of the steps that the step at `place` undoes, where it belongs to a rollback and
    /// says so; nothing of one that says nothing of the kind, or more.
    pub fn undone_by(&self, place: usize) -> Vec<usize> {
        let Some(step) = self.steps.get(place) else { return Vec::new() };
        if step.section.kind != SectionKind::Rollback {
            return Vec::new();
        }
        let own = if self.says_no_more(step) { self.named_by(&step.title) } else { Vec::new() };
        if own.is_empty() { self.named_by(&step.section.title) } else { own }
    }

    fn named_by(&self, title: &str) -> Vec<usize> {
        let text = plain(title);
        let phrases = &*PHRASES;
        let found = phrases.undoes.captures(&text);
        let found = found
            .filter(|found| !goes_on(&text, found))
            .or_else(|| phrases.depends.captures(&text))
            .or_else(|| phrases.depends_behind.captures(&text));
        if let Some(found) = found {
            return self.listed(&found["ids"]);
        }
        let title = phrases.undoes_title.captures(&text).map(|found| found["title"].to_owned());
        title.map(|title| self.titled(&title)).unwrap_or_default()
    }

    /// The steps of a list such as `2, 3 and 5` or `2-4`; nothing where one of them is not there.
    fn listed(&self, list: &str) -> Vec<usize> {
        let known = ids(&self.steps);
        let mut places = Vec::new();
        let mut last = 0;
        for found in PHRASES.id.captures_iter(list) {
            let id = &found["id"];
            let number = id.parse::<usize>().ok();
            let first = if found.name("range").is_some() { last + 1 } else { usize::MAX };
            last = number.unwrap_or_default();
            let between = (first..last).map(|number| number.to_string());
            for id in between.chain([id.to_owned()]) {
                let Some(these) = known.get(&id) else { return Vec::new() };
                places.extend(these);
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The one step of this title that runs in order.
    fn titled(&self, title: &str) -> Vec<usize> {
        let title = title.trim_matches(['"', '\'', '`']);
        let named = |step: &Step| step.section.kind.runs_in_order() && plain(&step.title) == title;
        let steps = self.steps.iter().enumerate();
        let found: Vec<_> = steps.filter(|(_, step)| named(step)).map(|(at, _)| at).collect();
        if found.len() == 1 { found } else { Vec::new() }
    }

    /// Whether a title stands for the whole step: a heading does; the first sentence of an item of a
    /// list only where the item says nothing else.
    fn says_no_more(&self, step: &Step) -> bool {
        let text = self.source.slice(step.span);
        if text.starts_with('#') {
            return true;
        }
        let prose: Vec<_> = text.lines().take_while(|line| !is_fence(line)).collect();
        let by_hand = |kind: &ActionKind| matches!(kind, ActionKind::Manual(_));
        let mut later = step.actions.iter().skip(1);
        sentences(&prose.join(" ")).filter(|one| one.contains(char::is_alphabetic)).count() == 1
            && !later.any(|action| by_hand(&action.kind))
            && step.trailing.is_empty()
    }
}

fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

/// Whether the sentence goes on with something else to do, or with a condition that we do not know.
fn goes_on(text: &str, found: &Captures<'_>) -> bool {
    let end = found.name("end").map_or(text.len(), |end| end.start());
    let rest = &text[end..];
    rest.starts_with(',')
        || rest.contains(" if ")
        || rest.contains("(if")
        || rest.contains("unless")
}

/// The text in lowercase, with single blanks and plain dashes and quotes, without emphasis and the
/// sign that ends it.
fn plain(title: &str) -> String {
    let plain = |c: char| match c {
        '—' | '–' | '‐' | '‑' => '-',
        '“' | '”' => '"',
        '’' | '‘' => '\'',
        c if c.is_whitespace() => ' ',
        c => c,
    };
    let text: String = title.to_lowercase().chars().map(plain).filter(|c| *c != '*').collect();
    let text = text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    text.trim_end_matches(['.', ':', '!']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    /// The ids of the steps that a rollback of this text undoes, by its last step.
    fn undone(rollback: &str) -> Vec<String> {
        let block = "```bash\ntrue\n```\n";
        let step = |title: &str| format!("## {title}\n\n{block}\n");
        let steps: String =
            ["Step 1 — Set", "Step 2 — Switch the traffic", "Step 3.1 — A", "Step 3.2 — B"]
                .iter()
                .map(|title| step(title))
                .collect();
        let text = format!("# T\n\n{steps}## Rollback\n\n{rollback}");
        let document = Document::read(Source::new("a.md", text));
        let undone = document.undone_by(document.steps.len() - 1);
        undone.into_iter().map(|at| document.steps[at].id.clone()).collect()
    }

    #[test]
    fn a_title_says_which_steps_are_undone() {
        let case = |title: &str, expected: &[&str]| {
            let text = format!("### {title}\n\n```bash\ntrue\n```\n");
            assert_eq!(undone(&text), expected, "{title}");
        };
        case("Undo step 2", &["2"]);
        case("Revert step 1: the setting", &["1"]);
        case("Roll back the changes made in steps 1 and 2", &["1", "2"]);
        case("Undo what step 1 did", &["1"]);
        case("Rollback of steps 1–3", &["1", "2", "3.1", "3.2"]);
        case("Undo step 3", &["3.1", "3.2"]);
        case("Undo step 3.2 — the second half", &["3.2"]);
        case("If step 2 was done: switch back", &["2"]);
        case("Restart the app (only if steps 1 or 2 were carried out)", &["1", "2"]);
        case("Undo “Switch the traffic”", &["2"]);
        case("Revert: switch the traffic", &["2"]);
        // What says more, or something else, is always carried out.
        case("Undo step 2 and restart the app", &[]);
        case("Undo step 2, then restart the app", &[]);
        case("Undo step 2 (if step 1 was not done)", &[]);
        case("Undo step 2 unless step 1 was done", &[]);
        case("If step 2 was not done, switch", &[]);
        case("Roll back to step 2", &[]);
        case("Rollback step 2", &[]);
        case("Undo step 9", &[]);
        case("Undo steps 2 and 9", &[]);
        case("Step 2 — Check", &[]);
        case("Undo the switch", &[]);
    }

    #[test]
    fn an_item_of_a_list_says_nothing_else() {
        let items = "# T\n\n## Procedure\n\n1. Ask the owner to agree.\n2. Open the console.\n\n\
                     ## Rollback\n\n";
        let case = |item: &str, expected: &[usize]| {
            let text = format!("{items}1. Ask the owner to agree.\n2. {item}\n");
            let document = Document::read(Source::new("a.md", text));
            assert_eq!(document.undone_by(document.steps.len() - 1), expected, "{item}");
        };
        let block = "\n\n   ```bash\n   true\n   ```";
        case(&format!("Undo step 2:{block}"), &[1]);
        case(&format!("If step 2 was done, close the console.{block}"), &[1]);
        case(&format!("Undo step 2. Restart the app.{block}"), &[]);
        case(&format!("Undo step 2:{block}\n\n   Restart the app."), &[]);
    }
}
