//! What `tar` is told to do.
//!
//! Comes in: all of its arguments. Goes out: objections. It knows how to list a local archive, in
//! the old style (`tar tzf FILE`) and the new one (`tar -tzf FILE`, `tar --list --file=FILE`), and
//! refuses every other option: GNU tar has several that run programs.

use crate::source::Span;

use super::super::arguments::{Argument, Rest};
use super::super::options::{Objection, Parsed};
use super::super::rule::lists;
use super::{unknown, write};

/// Letters without a value: verbose, kinds of compression, and what says nothing when listing.
const PLAIN: &str = "tvzjJZapO";

/// Letters that write, and what they do.
const WRITING: &[(char, &str)] = &[
    ('c', "writes an archive"),
    ('r', "changes an archive"),
    ('u', "changes an archive"),
    ('A', "changes an archive"),
];

/// Long options without a value.
const LONG: &str = "--list --verbose --gzip --gunzip --ungzip --bzip2 --xz --lzma --lzip --zstd \
    --auto-compress --full-time --numeric-owner --utc --wildcards --no-wildcards --ignore-case \
    --force-local --to-stdout";

/// Long options with a value.
const LONG_VALUED: &str = "--file --directory --exclude --strip-components";

/// Long options that write, and what they do.
const LONG_WRITING: &[(&str, &str)] = &[
    ("--create", "writes an archive"),
    ("--append", "changes an archive"),
    ("--update", "changes an archive"),
    ("--delete", "changes an archive"),
    ("--concatenate", "changes an archive"),
    ("--catenate", "changes an archive"),
];

/// What `tar` objects to.
pub(super) fn tar(parsed: &Parsed) -> Vec<Objection> {
    let mut reader = Reader { rest: &parsed.operands, ..Reader::default() };
    let old_style = parsed.operands.first().filter(|first| !first.known.starts_with('-'));
    if let Some(bundle) = old_style {
        reader.rest = &parsed.operands[1..];
        reader.letters(bundle, Style::Old);
    }
    reader.all();
    if let Some(span) = reader.extracts {
        // With -O, GNU tar prints what it extracts and makes no file, link or folder.
        if reader.prints && !reader.lists {
            reader.lists = true;
        } else {
            reader.objections.push(write("extracts files", span));
        }
    }
    if let Some(first) = parsed.operands.first()
        && !(reader.lists && reader.names_archive)
    {
        reader.objections.push(unknown("only reads with -t and -f", first.span));
    }
    reader.objections
}

/// Where the values of a bundle's letters stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// All of them behind the bundle.
    Old,
    /// In the bundle's rest, or behind it.
    New,
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a [Argument],
    lists: bool,
    names_archive: bool,
    /// Where it is told to extract.
    extracts: Option<Span>,
    /// Whether what it extracts is only printed.
    prints: bool,
    objections: Vec<Objection>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a Argument> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn object(&mut self, text: &str, span: Span) {
        self.objections.push(unknown(text, span));
    }

    fn all(&mut self) {
        while let Some(argument) = self.next() {
            if argument.may_be_option() {
                let text = "gets an argument that may turn out to be an option";
                self.object(text, argument.span);
            } else if argument.known.starts_with("--") {
                self.long(argument);
            } else if argument.known.starts_with('-') {
                self.letters(argument, Style::New);
            }
        }
    }

    fn long(&mut self, argument: &Argument) {
        let (name, value) = match argument.known.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument.known.as_str(), None),
        };
        let writing = LONG_WRITING.iter().find(|(writing, _)| *writing == name);
        if let Some((_, reason)) = writing {
            self.objections.push(write(reason, argument.span));
        } else if matches!(name, "--extract" | "--get") && value.is_none() {
            self.extracts = Some(argument.span);
        } else if lists(LONG, name) && value.is_none() {
            self.lists |= name == "--list";
            self.prints |= name == "--to-stdout";
        } else if lists(LONG_VALUED, name) {
            let glued = value.map(|it| Argument { known: it.to_owned(), ..argument.clone() });
            let value = glued.or_else(|| self.next().cloned());
            self.value(name, value.as_ref(), argument.span);
        } else {
            self.object(&format!("has no option `{name}` in the catalogue"), argument.span);
        }
    }

    fn letters(&mut self, bundle: &Argument, style: Style) {
        let Some(letters) = bundle.text() else {
            return self.object("gets options that are known only when it runs", bundle.span);
        };
        let letters = letters.strip_prefix('-').unwrap_or(letters);
        for (at, letter) in letters.char_indices() {
            let writing = WRITING.iter().find(|(writing, _)| *writing == letter);
            if let Some((_, reason)) = writing {
                self.objections.push(write(reason, bundle.span));
            } else if letter == 'x' {
                self.extracts = Some(bundle.span);
            } else if matches!(letter, 'f' | 'C') {
                let glued = &letters[at + 1..];
                if style == Style::New && !glued.is_empty() {
                    let value = Argument::literal(glued.to_owned(), bundle.span);
                    return self.value(&format!("-{letter}"), Some(&value), bundle.span);
                }
                let value = self.next();
                self.value(&format!("-{letter}"), value, bundle.span);
            } else if !PLAIN.contains(letter) {
                self.object(&format!("has no option `-{letter}` in the catalogue"), bundle.span);
            }
            self.lists |= letter == 't';
            self.prints |= letter == 'O';
        }
    }

    fn value(&mut self, name: &str, value: Option<&Argument>, span: Span) {
        let Some(value) = value else {
            return self.object(&format!("lacks the value of `{name}`"), span);
        };
        if value.may_be_several() {
            let text = format!("gets a value of `{name}` that may become several arguments");
            self.object(&text, value.span);
        }
        if matches!(name, "-f" | "--file") {
            self.names_archive = true;
            if is_remote(value) {
                self.object("reads an archive on another machine", value.span);
            }
        }
    }
}

/// A colon before the first slash makes it `HOST:FILE`. What is not known at all is judged again
/// when the command is about to start.
fn is_remote(archive: &Argument) -> bool {
    let host = archive.known.split('/').next().unwrap_or("");
    let partly = archive.rest != Rest::None && !archive.known.is_empty();
    host.contains(':') || partly && !archive.known.contains('/')
}
