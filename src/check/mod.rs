//! What can be said against a runbook without running anything.
//!
//! Comes in: a [`Plan`] over the whole document, and the [`Circumstances`]: the date, and whether a
//! file is there. Goes out: diagnostics with stable codes, sorted by place. Each code is a row of
//! [`RULES`] and a function of one of the modules here. There is no way to switch a rule off in a
//! document: whoever writes the runbook could hide what is wrong with it, and a comment that tries
//! is itself a finding. Refuses to touch files, to know how a finding is shown, and to say again
//! what reading the document has said.

mod characters;
mod commands;
mod comments;
mod effects;
mod expectations;
mod imitation;
mod inputs;
mod links;
mod markup;
mod metadata;
mod output;
mod pieces;
mod rules;
mod slips;
mod statuses;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;

use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Plan;
use crate::source::Span;

use markup::Markup;
use pieces::Piece;
use rules::Origin;

pub use rules::{RULES, Rule};

/// How many days a validation counts, where a team says nothing.
pub const STALE_AFTER: u32 = 90;

/// What is not in the document.
pub struct Circumstances<'a> {
    /// The date.
    pub today: Date,
    /// How many days a validation counts.
    pub stale_after: u32,
    /// Whether a file that the document links to is there; the path begins at the document's
    /// folder.
    pub exists: &'a dyn Fn(&Path) -> bool,
}

impl Circumstances<'_> {
    /// On this date, with the usual limits, and with nothing to say about other files.
    pub fn on(today: Date) -> Self {
        Self { today, stale_after: STALE_AFTER, exists: &|_| true }
    }
}

/// What every rule looks at.
struct Subject<'a> {
    plan: &'a Plan,
    circumstances: &'a Circumstances<'a>,
    pieces: Vec<Piece<'a>>,
    markup: Markup,
}

/// The findings of all rules over a plan of the whole document, with the usual limits.
pub fn check(plan: &Plan, today: Date) -> Vec<Diagnostic> {
    check_in(plan, &Circumstances::on(today))
}

/// The findings of all rules over a plan of the whole document.
pub fn check_in(plan: &Plan, circumstances: &Circumstances<'_>) -> Vec<Diagnostic> {
    let markup = Markup::read(plan.document.source.text());
    let subject = Subject { plan, circumstances, pieces: pieces::of(plan), markup };
    let rules = RULES.iter().filter_map(|rule| match rule.origin {
        Origin::Rule(look) => Some(look(&subject)),
        Origin::Reading => None,
    });
    sorted(rules.flatten().collect())
}

pub use slips::is_written_out;

/// Where a plan's commands have a secret written out.
pub fn secrets_written_out(plan: &Plan) -> Vec<Span> {
    let circumstances = Circumstances::on(Date::ZERO);
    let markup = Markup::read("");
    let subject = Subject { plan, circumstances: &circumstances, pieces: pieces::of(plan), markup };
    let found = slips::secrets(&subject).into_iter();
    found.filter_map(|one| one.labels.first().map(|label| label.span)).collect()
}

/// The findings of the rules together with those of reading the document.
pub fn joined(plan: &Plan, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let hidden: Vec<_> = found.iter().filter(|one| one.code == "hidden-character").collect();
    let said =
        |read: &Diagnostic| read.code == "syntax" && hidden.iter().any(|one| overlap(one, read));
    let read = plan.document.diagnostics.iter().filter(|read| !said(read)).cloned();
    bounded(sorted(read.chain(found.iter().cloned()).collect()))
}

/// The most findings of one document that are told.
const MOST: usize = 200;
/// The most bytes of a text that a finding carries; what it quotes may be a whole document.
const LONGEST: usize = 600;

/// The worst findings, in their order, none of them longer than anybody reads; the last one tells how
/// many there are besides.
fn bounded(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut ranks: Vec<usize> = (0..found.len()).collect();
    ranks.sort_by_key(|at| std::cmp::Reverse(found[*at].severity));
    let left = ranks.split_off(found.len().min(MOST));
    let rest = left.first().map(|at| {
        let (severity, span) = (found[*at].severity, found[*at].labels.first().map(|it| it.span));
        let text = format!("and {} more findings in this document", left.len());
        Diagnostic::new(severity, "more-findings", span.unwrap_or(Span::new(0, 0)), text)
            .help("mend those that are told; then the others are")
    });
    let left: BTreeSet<usize> = left.into_iter().collect();
    let mut at = 0..;
    found.retain(|_| at.next().is_some_and(|at| !left.contains(&at)));
    found.extend(rest);
    found.iter_mut().for_each(shorten);
    found
}

fn shorten(found: &mut Diagnostic) {
    let labels = found.labels.iter_mut().map(|label| &mut label.text);
    for text in labels.chain([&mut found.message]).chain(&mut found.help) {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        if text.len() > LONGEST {
            text.truncate(end);
            text.push('…');
        }
    }
}

fn overlap(one: &Diagnostic, other: &Diagnostic) -> bool {
    let (Some(one), Some(other)) = (one.labels.first(), other.labels.first()) else {
        return false;
    };
    one.span.start < other.span.end && other.span.start < one.span.end
}

/// By place, the worst first at one place, each once.
fn sorted(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |one: &Diagnostic| one.labels.first().map(|label| label.span);
    found.sort_by(|a, b| {
        let worst = b.severity.cmp(&a.severity);
        place(a).cmp(&place(b)).then(worst).then(a.code.cmp(b.code)).then(a.message.cmp(&b.message))
    });
    found.dedup();
    found
}

/// The worst of some findings.
pub fn worst(found: &[Diagnostic]) -> Option<Severity> {
    found.iter().map(|one| one.severity).max()
}
