//! Which segments a validation can run, and why not the others.
//!
//! Comes in: a plan, the hosts that are listed, which inputs and choices are given. Goes out, as the
//! actions are gone through in order: for each segment whether it may run. What depends on a change
//! that is not made is not validated: what follows a left-out write or manual action, and what reads
//! a variable, a function or a folder that a left-out segment would have set. Runs nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::document::{self, ActionKind, Asks};
use crate::policy::{Catalogue, Effect, Hider, Listed, Trait, programs};
use crate::shell::Statement;

use super::walk::{Place, Spot};
use super::{Action, Input, Plan, Segment};

/// Why a segment is not run, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// It changes something.
    Writes,
    /// It is not known to change nothing.
    Unknown,
    /// It talks to a person, or opens a session.
    NeedsPerson,
    /// An input that it needs is not available.
    MissingInput,
    /// It depends on something that was left out.
    FollowsChange,
    /// It goes to a host that is not listed.
    Host,
    /// A program that it starts is not there.
    MissingTool,
    /// It looks at something that read-only mode hides, or replaces.
    Hidden,
    /// Its block may not run at all.
    NotRunnable,
    /// It stands in an alternative that was not chosen, or under a question that nobody answered.
    NotChosen,
    /// Nothing was run: only the static check was asked for, or the runbook did not come so far.
    NotReached,
}

/// Why a segment cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// In a word.
    pub kind: GapKind,
    /// In one sentence, with what to type where something helps.
    pub why: String,
}

/// What a validation has at hand.
pub struct Means<'a> {
    /// The hosts that may be reached.
    pub listed: &'a Listed,
    /// Whether a value for an input is there.
    pub has: &'a dyn Fn(&Input) -> bool,
    /// Whether the environment sets a variable that decides where a tool goes.
    pub is_set: &'a dyn Fn(&str) -> bool,
    /// Whether a program of this name is known not to be there.
    pub lacks: &'a dyn Fn(&str) -> bool,
    /// Why a variable is not what it is outside of read-only mode, if it is not.
    pub hides: &'a dyn Fn(&str) -> Option<String>,
    /// Whether the kernel keeps it read-only.
    pub sandboxed: bool,
}

/// Goes along with a plan's spots and tells what can be run.
#[derive(Debug, Default)]
pub struct Coverage {
    /// The first change that was left out.
    change: Option<String>,
    /// Variables that a left-out segment would have set, each with where that is.
    unset: BTreeMap<String, String>,
    /// Functions that a left-out segment would have defined.
    undefined: BTreeMap<String, String>,
    /// Functions that were defined.
    defined: BTreeSet<String>,
    /// Variables that the runbook itself has set.
    set: BTreeSet<String>,
}

impl Coverage {
    /// Whether what is at a spot may run; nothing where no segment is there. What depends on
    /// something that may not run may not run either.
    pub fn look(
        &mut self,
        plan: &Plan,
        means: &Means<'_>,
        spot: &Spot<'_>,
    ) -> Option<Result<(), Gap>> {
        match spot {
            Spot::Segment(at, decided) => Some(self.segment(plan, means, at, decided)),
            Spot::LeftOut(at, why) => {
                self.lack(statements(at), &place(at.step, at.written.line));
                Some(Err(Gap { kind: GapKind::NotChosen, why: (*why).to_owned() }))
            }
            Spot::NotRunnable(step, action, block) => {
                let reasons: Vec<_> = block.reasons.iter().map(|one| one.text.as_str()).collect();
                let kind = GapKind::NotRunnable;
                self.change_left_out(kind, &place(step, action.line), None);
                Some(Err(Gap { kind, why: reasons.join("; ") }))
            }
            Spot::Manual(step, action) => {
                self.manual(step, action);
                None
            }
            Spot::Undecided(step, action, alternatives) => {
                self.undecided(step, action.line, alternatives);
                None
            }
        }
    }

    /// Notes that a segment was run and did not come to its end.
    pub fn failed(&mut self, at: &Place<'_>) {
        self.lack(statements(at), &format!("{}, which failed", place(at.step, at.written.line)));
    }

    fn segment(
        &mut self,
        plan: &Plan,
        means: &Means<'_>,
        at: &Place<'_>,
        decided: &Segment,
    ) -> Result<(), Gap> {
        let statements = statements(at);
        let Some(gap) = self.gap(plan, means, at, decided) else {
            self.made(statements);
            return Ok(());
        };
        let place = place(at.step, at.written.line);
        self.lack(statements, &place);
        let called = names(statements, plan.catalogue);
        let moves = called.iter().any(|name| matches!(name.as_str(), "cd" | "pushd" | "popd"));
        self.change_left_out(gap.kind, &place, moves.then_some("which changes the folder"));
        Err(gap)
    }

    /// A manual action, which nobody carries out. A mere question changes nothing.
    fn manual(&mut self, step: &document::Step, action: &document::Action) {
        if let ActionKind::Manual(manual) = &action.kind
            && manual.items.iter().any(|item| item.asks != Asks::Decide)
        {
            let place = format!("{}, which a person carries out", place(step, action.line));
            self.change.get_or_insert(place);
        }
    }

    /// A choice that nobody made: any of its alternatives may change something.
    fn undecided(&mut self, step: &document::Step, line: usize, alternatives: &[Vec<Action>]) {
        let reads = |action: &Action| match action {
            Action::Command(segments) => segments.iter().all(|one| one.effect == Effect::Read),
            Action::Manual { .. } | Action::Choice(_) => false,
            Action::Record => true,
        };
        if !alternatives.iter().flatten().all(reads) {
            let place = format!("the choice of {}, which nobody made", place(step, line));
            self.change.get_or_insert(place);
        }
    }

    fn gap(
        &self,
        plan: &Plan,
        means: &Means<'_>,
        at: &Place<'_>,
        decided: &Segment,
    ) -> Option<Gap> {
        let gap = |kind, why: String| Some(Gap { kind, why });
        let reason = || decided.reasons.first().cloned().unwrap_or_default();
        match decided.effect {
            Effect::Write => return gap(GapKind::Writes, reason()),
            Effect::Unknown => return gap(GapKind::Unknown, reason()),
            Effect::Read => {}
        }
        if decided.traits.iter().any(|it| matches!(it, Trait::Interactive | Trait::OpensSession)) {
            return gap(GapKind::NeedsPerson, "it talks to a person at a terminal".into());
        }
        let called = names(statements(at), plan.catalogue);
        if let Some(why) = unlisted(plan, means, decided, &called) {
            return gap(GapKind::Host, why);
        }
        if let Some(change) = self.change.as_ref().filter(|_| !at.block.attributes.standalone) {
            let why = format!(
                "it follows {change}; put `standalone` on its fence if it holds without that"
            );
            return gap(GapKind::FollowsChange, why);
        }
        if let Some(why) = self.lacks(statements(at), &called) {
            return gap(GapKind::FollowsChange, why);
        }
        if let Some(why) = self.hidden(plan, means, at, decided) {
            return gap(GapKind::Hidden, why);
        }
        if let Some(name) = called.iter().find(|name| self.is_missing(name, means, statements(at)))
        {
            let why = format!(
                "`{name}` is not on PATH: install it, or put its folder there (one of the \
                 repository, or one that everybody may write to, does not count)"
            );
            return gap(GapKind::MissingTool, why);
        }
        let needed = decided.inputs.iter().filter_map(|name| plan.inputs.place(name));
        let missing = needed.filter(|place| !(means.has)(&plan.inputs[*place])).min()?;
        let name = &plan.inputs[missing].name;
        let why =
            format!("nobody gave `{name}`: set a variable of that name, or name it in --answers");
        gap(GapKind::MissingInput, why)
    }

    /// What a segment looks at that is not there in read-only mode, or another: that it finds nothing
    /// says nothing.
    fn hidden(
        &self,
        plan: &Plan,
        means: &Means<'_>,
        at: &Place<'_>,
        decided: &Segment,
    ) -> Option<String> {
        let hidden = decided.classifications.iter().flat_map(|one| &one.hidden);
        let mut hidden = hidden.filter(|one| {
            (means.sandboxed || one.by != Hider::Sandbox)
                && !one.unless.iter().any(|name| (means.is_set)(name))
        });
        if let Some(hidden) = hidden.next() {
            return Some(hidden.why.clone());
        }
        let mut set = self.set.clone();
        statements(at).iter().find_map(|one| {
            let read = one.reads.iter().map(|read| &read.name).chain(&one.defaulted);
            let mut foreign = read.filter(|name| {
                !set.contains(*name) && !plan.inputs.iter().any(|input| input.is(name))
            });
            let why = foreign.find_map(|name| (means.hides)(name));
            set.extend(one.assigns.iter().map(|mention| mention.name.clone()));
            why
        })
    }

    /// What a segment reads and a left-out one would have set.
    fn lacks(&self, statements: &[Statement], called: &[String]) -> Option<String> {
        let reads = statements.iter().flat_map(|one| &one.reads);
        let mut variables = reads.filter_map(|read| self.unset.get_key_value(&read.name));
        if let Some((name, place)) = variables.next() {
            return Some(format!("it reads `{name}`, which is set by {place}"));
        }
        let (name, place) = self.undefined.iter().find(|(name, _)| called.contains(name))?;
        Some(format!("it calls `{name}`, which is defined by {place}"))
    }

    /// Whether a name is neither a function nor a program that is there.
    fn is_missing(&self, name: &str, means: &Means<'_>, statements: &[Statement]) -> bool {
        let own = statements.iter().flat_map(|one| &one.functions).any(|function| function == name);
        !own && !self.defined.contains(name) && (means.lacks)(name)
    }

    fn made(&mut self, statements: &[Statement]) {
        for mention in statements.iter().flat_map(|one| &one.assigns) {
            self.unset.remove(&mention.name);
            self.set.insert(mention.name.clone());
        }
        self.defined.extend(statements.iter().flat_map(|one| one.functions.iter().cloned()));
    }

    fn change_left_out(&mut self, kind: GapKind, place: &str, otherwise: Option<&str>) {
        let why = match kind {
            GapKind::Writes => Some("which changes something"),
            GapKind::Unknown => Some("which may change something"),
            GapKind::NeedsPerson => Some("which needs a person"),
            GapKind::NotRunnable => Some("which does not run"),
            _ => otherwise,
        };
        if let Some(why) = why {
            self.change.get_or_insert(format!("{place}, {why}"));
        }
    }

    fn lack(&mut self, statements: &[Statement], place: &str) {
        for statement in statements {
            for mention in &statement.assigns {
                self.unset.insert(mention.name.clone(), place.to_owned());
            }
            for name in &statement.functions {
                self.undefined.insert(name.clone(), place.to_owned());
            }
        }
    }
}

fn statements<'p>(at: &Place<'p>) -> &'p [Statement] {
    &at.block.script.statements[at.written.statements.clone()]
}

fn place(step: &document::Step, line: usize) -> String {
    if step.id.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("step {} (line {line})", step.id);
    }
    format!("\"{}\" (line {line})", step.title)
}

/// Where a segment goes that it may not, and what would allow it.
fn unlisted(
    plan: &Plan,
    means: &Means<'_>,
    decided: &Segment,
    called: &[String],
) -> Option<String> {
    const WHERE: &str = "under [read-only] of runbook.toml";
    let overruled = plan.catalogue.overruled(called, means.is_set);
    let mut hosts = BTreeSet::new();
    let mut tools = BTreeSet::new();
    for reach in decided.classifications.iter().map(|one| &one.reach) {
        // Where a variable leads elsewhere, the gate looks at that.
        let others = reach.hosts.iter().filter(|host| !overruled.contains(host));
        hosts.extend(others.filter(|host| !means.listed.has(host)).map(ToString::to_string));
        tools.extend(reach.configured.iter().filter(|tool| !means.listed.allows(tool)).cloned());
    }
    let hosts = Vec::from_iter(hosts);
    let tools = Vec::from_iter(tools);
    let are = if hosts.len() == 1 { "which is" } else { "which are" };
    let to_hosts = format!("it goes to {}, {are} not listed in `hosts` {WHERE}", hosts.join(", "));
    let by_tools = format!(
        "it goes where the configuration of {0} leads, and {0} is not listed in `tools` {WHERE}",
        tools.join(", ")
    );
    match (hosts.is_empty(), tools.is_empty()) {
        (true, true) => None,
        (false, true) => Some(to_hosts),
        (true, false) => Some(by_tools),
        (false, false) => Some(format!("{to_hosts}; {by_tools}")),
    }
}

/// The programs, builtins and functions that some statements start.
fn names(statements: &[Statement], catalogue: &Catalogue) -> Vec<String> {
    let programs = statements.iter().flat_map(|one| programs(one, catalogue));
    programs.map(|program| program.name).collect()
}
