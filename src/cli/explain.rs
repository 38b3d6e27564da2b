//! `runbook explain`: how every line is understood.

use crate::diagnostic::Severity;
use crate::document::{ActionKind, Document};
use crate::plan::{Action, Plan, Selection};
use crate::policy::Effect;
use crate::report::explain::{Explanation, text};
use crate::report::{Colour, draw};
use crate::source::Source;

use super::arguments::{Explain, ExplainFormat};
use super::{Exit, Failure, complain, print, settings};

pub(super) fn explain(arguments: &Explain) -> Result<Exit, Failure> {
    let usage =
        |error: &dyn std::fmt::Display| Failure::new(Exit::Usage, format!("failed to {error}"));
    let source = Source::read(&arguments.file).map_err(|error| usage(&error))?;
    let settings::InForce { config, notes, .. } = settings::of_operator(&arguments.file)?;
    for note in &notes {
        complain(note);
    }
    let selection = match arguments.format {
        ExplainFormat::Answers => Selection::default(),
        _ => Selection::everything(),
    };
    let plan = Plan::new(Document::read(source), config.catalogue(), &selection);
    match arguments.format {
        ExplainFormat::Json => {
            let text = serde_json::to_string_pretty(&Explanation::new(&plan));
            print(&(text.expect("an explanation is made of strings") + "\n"))?;
        }
        ExplainFormat::Text => print(&(text(&plan) + &findings(&plan.document)))?,
        ExplainFormat::Answers => print(&answers(&plan))?,
    }
    let wrong = plan.document.diagnostics.iter().any(|one| one.severity == Severity::Error);
    Ok(if wrong { Exit::Failed } else { Exit::Done })
}

fn findings(document: &Document) -> String {
    let drawn = document
        .diagnostics
        .iter()
        .map(|one| "\n".to_owned() + &draw(one, &document.source, Colour::Off));
    drawn.collect()
}

/// An answers file to fill in: what is asked, in the order in which it is asked.
fn answers(plan: &Plan) -> String {
    let mut text = format!("plan = \"{}\"\n\n[inputs]\n", plan.fingerprint);
    for input in &plan.inputs {
        let name = key(&input.name);
        text.push_str(&match (input.secret, input.list, &input.default) {
            (true, _, _) => format!("{name} = {{ env = \"{}\" }} # or {{ file = \"...\" }}, {{ command = [\"...\"] }}\n", input.name),
            (_, true, _) => format!("{name} = [\"\"]\n"),
            (_, _, default) => format!("{name} = {:?}\n", default.as_deref().unwrap_or_default()),
        });
    }
    text.push_str("\n[choices]\n");
    let mut confirm = String::from(
        "\n[confirm] # what you take responsibility for: manual, writes, irreversible\n",
    );
    for step in &plan.steps {
        let written = plan.step(step);
        for action in &written.actions {
            // What an entry says is asked only where no choice of the run says it.
            let is_record = matches!(action.kind, ActionKind::Record(_));
            for labels in action.kind.choices() {
                let labels: Vec<_> = labels.iter().map(|label| format!("{label:?}")).collect();
                text.push_str(&format!(
                    "{}{} = {} # or {}\n",
                    if is_record { "# " } else { "" },
                    key(&written.id),
                    labels[0],
                    labels[1..].join(", ")
                ));
            }
        }
        let mut words = Vec::new();
        if has_manual(&step.actions) {
            words.push("\"manual\"");
        }
        if step.effect() != Effect::Read {
            words.push("\"writes\"");
        }
        if step.is_irreversible() {
            words.push("\"irreversible\"");
        }
        if !words.is_empty() {
            confirm.push_str(&format!(
                "# {} = [{}] # {}\n",
                key(&written.id),
                words.join(", "),
                written.title
            ));
        }
    }
    text + &confirm
}

/// A TOML key, quoted where it must be.
fn key(name: &str) -> String {
    let bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare && !name.is_empty() { name.to_owned() } else { format!("{name:?}") }
}

fn has_manual(actions: &[Action]) -> bool {
    actions.iter().any(|action| match action {
        Action::Manual { .. } => true,
        Action::Choice(alternatives) => alternatives.iter().any(|one| has_manual(one)),
        _ => false,
    })
}
