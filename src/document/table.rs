//! Tables: rows that are actions, and rows that declare inputs.
//!
//! Comes in: a table. Goes out: an action for each row of a column of commands, or declared
//! inputs. A table whose first column is commands and whose others explain them is a list to look
//! things up in, and nothing in it runs.

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};

use super::actions::{Reader, Sheet};
use super::block::Frame;
use super::fence;
use super::front::MOST_INPUTS;
use super::tree::{Line, Node, Prose, Row, Table};
use super::{ActionKind, Asks, Attributes, Declared, Item, Manual, SectionKind};

/// Headers of a column that says what to do.
const HOW: &[&str] = &[
    "how",
    "command",
    "commands",
    "cmd",
    "action",
    "actions",
    "run",
    "how to",
    "what to run",
    "what to do",
    "do",
    "step",
    "steps",
    "how to update",
    "procedure",
];

/// The column that says what to do, if it is not the first.
fn column(table: &Table) -> Option<usize> {
    let named = table.head.iter().position(|head| HOW.contains(&head.text.to_lowercase().as_str()));
    let column = named.filter(|column| *column > 0 || table.head.len() == 1)?;
    let rows = table.rows.iter().filter_map(|row| row.cells.get(column));
    rows.clone().any(|cell| command(cell).is_some()).then_some(column)
}

/// Whether a table has rows to carry out.
pub(super) fn holds_commands(table: &Table) -> bool {
    column(table).is_some()
}

/// Each row as an action; a table without commands is shown.
pub(super) fn actions(reader: &mut Reader<'_>, table: &Table, sheet: &mut Sheet) {
    let column = column(table).filter(|_| reader.section != SectionKind::References);
    let Some(column) = column else {
        sheet.lead.push(table.span);
        return;
    };
    for row in &table.rows {
        let Some(cell) = row.cells.get(column).filter(|cell| !cell.text.is_empty()) else {
            continue;
        };
        let label = row.cells.first().filter(|_| column > 0).map(|cell| cell.text.clone());
        match command(cell) {
            Some(line) => {
                let frame = Frame {
                    language: String::new(),
                    attributes: Attributes::default(),
                    label,
                    reasons: Vec::new(),
                    kinds: reader.kinds,
                    names: reader.names,
                    room: reader.room,
                };
                reader.parts(&frame, vec![line], row.span, sheet);
            }
            None => manual(reader.source, row, cell, label, sheet),
        }
    }
}

fn manual(source: &Source, row: &Row, cell: &Prose, label: Option<String>, sheet: &mut Sheet) {
    let text = source.slice(cell.span).trim();
    let text = match label {
        Some(label) => format!("{label}: {text}"),
        None => text.to_owned(),
    };
    let manual = Manual {
        items: vec![Item { text, span: cell.span, asks: Asks::Do }],
        yields: Vec::new(),
        copy: None,
    };
    sheet.push(source, ActionKind::Manual(manual), row.span);
}

/// The command that a cell is: its only code.
fn command(cell: &Prose) -> Option<Line> {
    let (code, span) = cell.codes.first().filter(|_| cell.only_code)?;
    let begins = code.split(['|', ';']).next().unwrap_or(code);
    let known =
        fence::looks_like_command(begins.trim()) || begins.trim_start().starts_with("printf ");
    known.then(|| Line { text: code.clone(), span: without_ticks(code, *span) })
}

/// The span inside the backticks; all of it where an escape makes text and file differ.
fn without_ticks(code: &str, span: Span) -> Span {
    let ticks = (span.end - span.start).saturating_sub(code.len());
    if ticks.is_multiple_of(2) && ticks <= 4 {
        Span::new(span.start + ticks / 2, span.end - ticks / 2)
    } else {
        span
    }
}

/// What a column of an inputs table holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Description,
    Secret,
    Default,
    Pattern,
    Other,
}

fn column_of(head: &str) -> Column {
    match head.trim().to_lowercase().as_str() {
        "name" | "variable" | "parameter" | "input" | "key" | "placeholder" => Column::Name,
        "description" | "meaning" | "what" | "what it is" | "purpose" | "notes" => {
            Column::Description
        }
        "secret" | "sensitive" | "secret?" | "sensitive?" => Column::Secret,
        "default" | "default value" => Column::Default,
        "pattern" | "format" | "regex" | "regexp" => Column::Pattern,
        _ => Column::Other,
    }
}

/// The inputs that the tables of an Inputs section declare.
pub(super) fn declared(
    nodes: &[&Node],
    source: &Source,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Declared> {
    let tables = nodes.iter().filter_map(|node| match node {
        Node::Table(table) => Some(table),
        _ => None,
    });
    let mut declared: Vec<_> =
        tables.flat_map(|table| of_table(table, source, diagnostics)).collect();
    if let Some(beyond) = declared.get(MOST_INPUTS) {
        let message = format!("more than {MOST_INPUTS} inputs, from `{}` on", beyond.name);
        diagnostics.push(Diagnostic::new(Severity::Error, "inputs-table", beyond.span, message));
        declared.truncate(MOST_INPUTS);
    }
    declared
}

fn of_table(table: &Table, source: &Source, diagnostics: &mut Vec<Diagnostic>) -> Vec<Declared> {
    let columns: Vec<_> = table.head.iter().map(|head| column_of(&head.text)).collect();
    let Some(name) = columns.iter().position(|column| *column == Column::Name) else {
        let message = "this table of inputs has no column `Name`";
        diagnostics.push(
            Diagnostic::new(Severity::Warning, "inputs-table", table.span, message)
                .help("columns are `Name`, `Description`, `Secret`, `Default` and `Pattern`"),
        );
        return Vec::new();
    };
    let rows = table.rows.iter().filter_map(|row| row.cells.get(name).map(|cell| (row, cell)));
    rows.filter(|(_, cell)| !cell.text.is_empty())
        .map(|(row, cell)| of_row(row, cell, &columns, source))
        .collect()
}

fn of_row(row: &Row, cell: &Prose, columns: &[Column], source: &Source) -> Declared {
    let text = |wanted: Column| {
        let index = columns.iter().position(|column| *column == wanted)?;
        let cell = row.cells.get(index)?;
        let code = cell.codes.first().filter(|_| cell.only_code);
        let text = match (wanted, code) {
            (_, Some((code, _))) => code.clone(),
            (Column::Description, None) => source.slice(cell.span).trim().to_owned(),
            _ => cell.text.clone(),
        };
        (!text.is_empty() && text != "-" && text != "—").then_some(text)
    };
    let secret = text(Column::Secret).map(|text| {
        let text = text.to_lowercase();
        ["yes", "true", "y", "x", "✓", "✔", "✅", "secret", "sensitive"].contains(&text.as_str())
    });
    Declared {
        name: bare_name(&cell.text).to_owned(),
        description: text(Column::Description),
        secret,
        default: text(Column::Default),
        pattern: text(Column::Pattern),
        span: cell.codes.first().map_or(cell.span, |(code, span)| without_ticks(code, *span)),
    }
}

/// `$NAME`, `${NAME}` and `<name>` are the name.
fn bare_name(text: &str) -> &str {
    text.trim().trim_start_matches(['$', '<', '{']).trim_end_matches(['>', '}'])
}
