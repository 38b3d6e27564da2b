//! What is said before the first step: what begins or goes on, who does it, and where.

use std::io::{self, Write};

use crate::event::{Beginning, LeftOut, Placed, Resumption, Tool};
use crate::variables::Redacted;

use super::Terminal;
use super::page::{BOLD, YELLOW};
use super::words::{listed, role_words, usual_words};

impl<W: Write> Terminal<W> {
    pub(super) fn beginning(&mut self, run: &str, beginning: &Beginning) -> io::Result<()> {
        let page = &mut self.page;
        page.runbook(Some(BOLD), beginning.title.as_str())?;
        for (label, value) in &beginning.metadata {
            page.written_fact(label, value.as_str())?;
        }
        page.fact("Runbook", &beginning.runbook)?;
        if let Some(days) = beginning.validated_days_ago {
            page.fact("Validated", &age(days))?;
        }
        let kind = if beginning.kind == "rehearse" {
            "rehearsal on stand-ins: nothing real is touched"
        } else {
            "for real"
        };
        page.fact("This run", &format!("{run}, {kind}"))?;
        if let Some(of) = &beginning.of {
            page.fact("Rolls back", &format!("run {of}"))?;
        }
        if let Some(from) = &beginning.taken_from {
            page.fact("Taken from", from)?;
        }
        if let Some(reason) = &beginning.reason {
            page.fact("Because", reason.as_str())?;
        }
        let Beginning { operator, host, folder, .. } = beginning;
        page.fact("Operator", &format!("{operator} on {host}, in {folder}"))?;
        if let Some(role) = &beginning.role {
            page.fact("Role", &role_words(role))?;
        }
        self.usual = beginning.usual;
        if let Some(usual) = &beginning.usual {
            let runs = match usual.runs {
                1 => "as one run did".to_owned(),
                runs => format!("the mean of {runs} runs"),
            };
            self.page.fact("Usually takes", &format!("{} ({runs})", usual_words(usual)))?;
        }
        self.ahead(beginning)
    }

    /// What the runbook holds.
    fn ahead(&mut self, beginning: &Beginning) -> io::Result<()> {
        let page = &mut self.page;
        let writing = listed("none of them writes", "writing: ", &beginning.writing);
        page.fact("Steps", &format!("{} ({writing})", beginning.steps))?;
        if !beginning.irreversible.is_empty() {
            page.fact("Cannot be undone", &listed("", "from step ", &beginning.irreversible))?;
        }
        for one in &beginning.no_return {
            let text = format!("after step {} (line {}): {}", one.step, one.line, one.words);
            page.fact("No way back", &text)?;
        }
        let inputs: Vec<_> = beginning
            .inputs
            .iter()
            .map(|(name, secret)| if *secret { format!("{name} (secret)") } else { name.clone() })
            .collect();
        page.fact("Inputs", &listed("none", "", &inputs))?;
        for warning in &beginning.warnings {
            page.marks("  ", (YELLOW, "warning"), "")?;
            page.says("    ", warning.as_str())?;
        }
        Ok(())
    }

    pub(super) fn resumption(&mut self, run: &str, resumption: &Resumption) -> io::Result<()> {
        let page = &mut self.page;
        page.says_in(BOLD, "", &format!("Run {run} goes on"))?;
        let Resumption { operator, host, folder, .. } = resumption;
        page.fact("Operator", &format!("{operator} on {host}, in {folder}"))?;
        if let Some(role) = &resumption.role {
            page.fact("Role", &role_words(role))?;
        }
        if let Some(from) = &resumption.taken_from {
            page.fact("Taken from", from)?;
        }
        if let Some(reason) = &resumption.reason {
            page.fact("Because", reason.as_str())?;
        }
        for done in &resumption.done {
            page.fact("Begun before", done.as_str())?;
        }
        for difference in &resumption.differences {
            page.marks("  ", (YELLOW, "changed"), "")?;
            page.quotes("    ", difference.as_str())?;
        }
        Ok(())
    }

    /// What is left out of the run, and what that means.
    pub(super) fn left_out(&mut self, left_out: &LeftOut) -> io::Result<()> {
        let reason = left_out.reason.as_ref().map(|reason| format!(": {reason}"));
        let why = format!(" ({}, by {}){}", left_out.wish, left_out.by, reason.unwrap_or_default());
        let page = &mut self.page;
        page.marks("  ", (YELLOW, "left out"), &why)?;
        left_out.steps.iter().try_for_each(|step| page.says("    - ", &step.words()))?;
        left_out.lacks.iter().try_for_each(|lack| page.says("    note: ", lack.as_str()))
    }

    /// Where the run is; the folder is said with who is there.
    pub(super) fn placed(&mut self, entry: &Placed) -> io::Result<()> {
        if entry.what == "folder" {
            return Ok(());
        }
        let value = match (&entry.value, &entry.why) {
            (Some(value), _) => value.to_string(),
            (None, Some(why)) => format!("unknown: {why}"),
            (None, None) => "unknown".to_owned(),
        };
        self.page.fact(&format!("{} {}", entry.tool, entry.what), &value)
    }

    /// The run is elsewhere now.
    pub(super) fn moved(
        &mut self,
        tool: &str,
        what: &str,
        (from, to): (Option<&Redacted>, Option<&Redacted>),
        by: &str,
    ) -> io::Result<()> {
        let value = |value: Option<&Redacted>| value.map_or("unknown", Redacted::as_str).to_owned();
        let name = if what == "folder" { what.to_owned() } else { format!("{tool} {what}") };
        self.page.says("  ", &format!("{name} is {} now, was {} ({by})", value(to), value(from)))
    }

    pub(super) fn tools(&mut self, tools: &[Tool]) -> io::Result<()> {
        let known = tools
            .iter()
            .filter_map(|tool| Some(format!("{} {}", tool.name, tool.version.as_ref()?.as_str())));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            return Ok(());
        }
        self.page.says("  tools: ", &known.join(", "))
    }
}

/// How long ago a validation was.
fn age(days: i64) -> String {
    match days {
        ..0 => "in the future: the date is wrong".to_owned(),
        0 => "today".to_owned(),
        1 => "a day ago".to_owned(),
        _ => format!("{days} days ago"),
    }
}
