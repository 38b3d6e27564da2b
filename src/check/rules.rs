//! The table of all codes: what each is about, how bad it is, and who finds it.
//!
//! `runbook check --list` prints it; a test holds a fixture against each row.

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

use super::Subject;
use super::{
    characters, commands, comments, effects, expectations, imitation, inputs, links, metadata,
    output, slips, statuses,
};

/// A row: a code and what it is about.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable code.
    pub code: &'static str,
    /// How bad its findings are; some are less.
    pub severity: Severity,
    /// What it is about, in one line.
    pub summary: &'static str,
    /// Who finds it.
    pub(super) origin: Origin,
}

/// Who finds it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    /// Reading the document.
    Reading,
    /// A function of this module; one that finds several codes stands at the first of them.
    Rule(fn(&Subject<'_>) -> Vec<Diagnostic>),
}

use Origin::{Reading, Rule as By};
use Severity::{Error, Note, Warning};

const fn rule(
    code: &'static str,
    severity: Severity,
    origin: Origin,
    summary: &'static str,
) -> Rule {
    Rule { code, severity, summary, origin }
}

/// Every code, those of reading first.
pub const RULES: &[Rule] = &[
    rule("front-matter", Error, Reading, "the front matter cannot be read"),
    rule("inputs-table", Warning, Reading, "a table of inputs has no column of names"),
    rule("unknown-attribute", Error, Reading, "a word after a fence's language is not known"),
    rule("syntax", Error, Reading, "a block is no shell script"),
    rule("template-tag", Error, Reading, "a block is filled in by another program first"),
    rule("ellipsis", Error, Reading, "a command leaves something out"),
    rule(
        "placeholder-in-backquotes",
        Error,
        Reading,
        "a placeholder stands where no quoting is safe",
    ),
    rule("output-in-shell", Error, Reading, "output stands in a block of commands"),
    rule("malformed-expect", Error, Reading, "a typed expectation is malformed"),
    rule("unread-expect", Warning, Reading, "a comment looks like an expectation and is none"),
    rule("unbound-expect", Warning, Reading, "an expectation has no command"),
    rule("unresolved-reference", Warning, Reading, "a step is named that does not exist"),
    rule("untagged-shell", Warning, Reading, "a block of commands is not tagged as one"),
    rule("script-file", Warning, Reading, "a block is a script to be saved, not commands"),
    rule("root-prompt", Warning, Reading, "a block's commands stand behind `# `"),
    rule("foreign-prompt", Warning, Reading, "a block is typed at another program's prompt"),
    rule("inside-session", Note, Reading, "a block runs inside a session, not here"),
    rule("choice-end", Note, Reading, "where alternatives end is not clear"),
    rule(
        "hidden-character",
        Error,
        By(characters::hidden),
        "a character is not what a reader sees",
    ),
    rule("imitation", Warning, By(imitation::lines), "a text reads as a line of the program does"),
    rule(
        "suppression",
        Note,
        By(comments::suppressions),
        "a comment tries to silence a check; nothing is silenced",
    ),
    rule("commented-commands", Note, By(comments::commands), "commands stand in an HTML comment"),
    rule("missing-runbook", Warning, By(links::runbooks), "a linked runbook does not exist"),
    rule("missing-section", Warning, By(links::sections), "a section is named that does not exist"),
    rule("unused-input", Warning, By(inputs::unused), "a declared input is used nowhere"),
    rule(
        "undeclared-input",
        Warning,
        By(inputs::undeclared),
        "an input is missing among those that are declared",
    ),
    rule("unfilled-placeholder", Warning, By(inputs::unfilled), "a placeholder that nothing fills"),
    rule(
        "needs-value",
        Note,
        By(inputs::without_value),
        "a read waits for a value that only a person gives",
    ),
    rule(
        "unverifiable-expect",
        Warning,
        By(expectations::unverifiable),
        "a part of an expectation is left to a person",
    ),
    rule(
        "hidden-http-status",
        Warning,
        By(output::http_status),
        "an HTTP status is expected that is not printed",
    ),
    rule(
        "dropped-output",
        Error,
        By(output::dropped),
        "output is expected of a command that prints none",
    ),
    rule(
        "filtered-output",
        Warning,
        By(output::filtered),
        "a filter takes away what an expectation looks for",
    ),
    rule("cut-output", Warning, By(output::cut), "output is counted that `head` or `tail` has cut"),
    rule("endless-command", Warning, By(effects::endless), "an endless command that nothing ends"),
    rule(
        "hidden-status",
        Warning,
        By(statuses::hidden),
        "a failure is hidden by a pipe or in `$( )`",
    ),
    rule("ignored-status", Note, By(statuses::ignored), "a failure is ignored by `|| true`"),
    rule(
        "secret-argument",
        Warning,
        By(commands::secret_arguments),
        "a secret stands on an argument list",
    ),
    rule("literal-secret", Warning, By(slips::secrets), "a secret is written out"),
    rule(
        "typographic-character",
        Warning,
        By(slips::typographic),
        "a word processor's quote or dash stands in a command",
    ),
    rule(
        "misspelt-name",
        Warning,
        By(slips::misspelt),
        "a variable differs by a letter from the one that is set",
    ),
    rule("command-by-path", Note, By(commands::by_path), "a program is named by its path"),
    rule(
        "sends-value",
        Note,
        By(commands::sending),
        "a read sends values to a host that is a variable",
    ),
    rule("unchecked-write", Note, By(effects::unchecked), "a change without an expectation"),
    rule("unverified-write", Note, By(effects::unverified), "no check follows the last change"),
    rule(
        "missing-metadata",
        Note,
        By(metadata::missing),
        "the header lacks what a reader relies on",
    ),
    rule(
        "misspelt-entry",
        Warning,
        By(metadata::misspelt),
        "an entry of the header is not read for a slip in its name",
    ),
    rule("no-date", Error, By(metadata::no_date), "`Last validated` is no date"),
    rule("future-date", Error, By(metadata::future), "`Last validated` lies in the future"),
    rule("stale", Warning, By(metadata::stale), "the last validation is too long ago"),
    rule("unknown-method", Warning, By(metadata::method), "the validation method is none"),
];

/// A finding of a rule, as bad as the table says.
pub(super) fn found(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
    let rule = RULES.iter().find(|rule| rule.code == code);
    let severity = rule.expect("every code stands in the table").severity;
    Diagnostic::new(severity, code, span, message)
}
