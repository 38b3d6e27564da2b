//! The expressions of `find`.
//!
//! Comes in: all of its arguments. Goes out: objections, and the commands that `-exec` starts, in
//! which `{}` is a path of which only the beginning is known. It knows the tests and actions that
//! only read, by their exact spelling (GNU find 4.9), and refuses the rest. A word that is not
//! known may only be a test's value, the end of a starting point, or an argument of a command.

use crate::source::Span;

use super::super::arguments::{Argument, Rest};
use super::super::options::{Objection, Parsed};
use super::super::rule::lists;
use super::{unknown, write};

/// Options before the starting points.
const LEADING: &str = "-H -L -P";

/// Tests and actions without a value, and operators.
const PLAIN: &str = "-depth -d -daystart -follow -mount -xdev -noleaf -nowarn -warn -empty \
    -ignore_readdir_race -noignore_readdir_race -executable -readable -writable -nogroup -nouser \
    -true -false -print -print0 -prune -ls -quit -a -and -o -or -not ! ( ) ,";

/// Tests and actions with one value.
const VALUED: &str = "-maxdepth -mindepth -regextype -amin -anewer -atime -cmin -cnewer -ctime \
    -fstype -gid -group -ilname -iname -inum -ipath -iregex -iwholename -links -lname -mmin \
    -mtime -name -newer -path -perm -regex -samefile -size -type -uid -used -user -wholename \
    -xtype -context -printf";

/// Actions that write what they find into a file.
const FILES: &str = "-fprint -fprint0 -fprintf -fls";

/// Actions that run a command.
const RUNNING: &str = "-exec -execdir -ok -okdir";

/// What `find` objects to.
pub(super) fn find(parsed: &Parsed) -> Vec<Objection> {
    Walk::over(parsed).objections
}

/// The commands that `-exec` and its like start.
pub(super) fn commands(parsed: &Parsed) -> Vec<Vec<Argument>> {
    Walk::over(parsed).commands
}

/// One pass over the arguments.
struct Walk<'a> {
    arguments: &'a [Argument],
    /// What every path that is found begins with.
    start: String,
    objections: Vec<Objection>,
    commands: Vec<Vec<Argument>>,
}

impl<'a> Walk<'a> {
    fn over(parsed: &'a Parsed) -> Self {
        let mut walk = Self {
            arguments: &parsed.operands,
            start: ".".to_owned(),
            objections: Vec::new(),
            commands: Vec::new(),
        };
        walk.starting_points();
        while !walk.arguments.is_empty() {
            walk.primary();
        }
        walk
    }

    fn next(&mut self) -> Option<&'a Argument> {
        let (first, rest) = self.arguments.split_first()?;
        self.arguments = rest;
        Some(first)
    }

    fn object(&mut self, text: &str, span: Span) {
        self.objections.push(unknown(text, span));
    }

    fn starting_points(&mut self) {
        while let [first, rest @ ..] = self.arguments
            && first.text().is_some_and(|text| lists(LEADING, text))
        {
            self.arguments = rest;
        }
        let mut points: Vec<&str> = Vec::new();
        while let [first, rest @ ..] = self.arguments
            && !begins_expression(first)
        {
            points.push(&first.known);
            self.arguments = rest;
        }
        if let Some(shared) = points.into_iter().reduce(shared_beginning) {
            shared.clone_into(&mut self.start);
        }
    }

    fn primary(&mut self) {
        let Some(argument) = self.next() else {
            return;
        };
        let Some(name) = argument.text() else {
            self.object("gets an argument that may turn out to be an action", argument.span);
            return;
        };
        if lists(VALUED, name) || is_newer(name) {
            self.value(name, argument.span);
        } else if lists(RUNNING, name) {
            self.running(name, argument.span);
        } else if name == "-delete" {
            self.objections.push(write("deletes what it finds", argument.span));
        } else if lists(FILES, name) {
            let text = format!("writes a file with `{name}`");
            self.objections.push(write(&text, argument.span));
        } else if !lists(PLAIN, name) {
            let text = format!("uses `{name}`, which the catalogue lacks");
            self.object(&text, argument.span);
        }
    }

    fn value(&mut self, name: &str, span: Span) {
        match self.next() {
            None => self.object(&format!("lacks the value of `{name}`"), span),
            // Further names after a test's value are an error, unless they begin an expression.
            Some(value) if value.may_be_several() && begins_expression(value) => {
                let text = format!("gets a value of `{name}` that may become several arguments");
                self.object(&text, value.span);
            }
            Some(_) => {}
        }
    }

    /// `-exec COMMAND {} \;` and `-exec COMMAND {} +`.
    fn running(&mut self, name: &str, span: Span) {
        if matches!(name, "-ok" | "-okdir") {
            self.object("asks a person before each command", span);
        }
        let mut words = Vec::new();
        while let Some(word) = self.next() {
            let several = words.last().is_some_and(|last: &Argument| last.text() == Some("{}"));
            match word.text() {
                Some(";") => return self.commands.push(self.filled_in(name, words, Rest::Quoted)),
                Some("+") if several => {
                    return self.commands.push(self.filled_in(name, words, Rest::Unseen));
                }
                None if self.may_end(word) => {
                    self.object("gets a word that may turn out to end the command", word.span);
                }
                _ => {}
            }
            words.push(word.clone());
        }
        self.object(&format!("lacks the end of its `{name}`"), span);
        self.commands.push(self.filled_in(name, words, Rest::Unseen));
    }

    /// Whether a word may be a `;` or `+` after which the expression goes on.
    fn may_end(&self, word: &Argument) -> bool {
        let goes_on = |next: &Argument| next.text() != Some(";") && begins_expression(next);
        let ending = matches!(word.known.as_str(), "" | ";" | "+");
        word.may_be_several() || ending && self.arguments.first().is_none_or(goes_on)
    }

    /// The command, in which what is found is known only by its beginning.
    fn filled_in(&self, action: &str, mut words: Vec<Argument>, rest: Rest) -> Vec<Argument> {
        // The finds of BSD and macOS give `-execdir` the bare name of a file.
        let start = if action.ends_with("dir") { "" } else { &self.start };
        for word in &mut words {
            let Some(at) = word.known.find("{}") else {
                continue;
            };
            word.known.truncate(at);
            if at == 0 {
                start.clone_into(&mut word.known);
            }
            word.rest = word.rest.max(rest);
        }
        words
    }
}

/// Whether an argument is, or may be, the first of the expression.
fn begins_expression(argument: &Argument) -> bool {
    let known = argument.known.as_str();
    argument.rest >= Rest::Split
        || known.is_empty() && argument.rest != Rest::None
        || known.starts_with(['-', '!', '(', ')', ','])
}

/// `-newerXY`.
fn is_newer(name: &str) -> bool {
    name.strip_prefix("-newer").is_some_and(|letters| {
        let mut letters = letters.chars();
        let first = letters.next().is_some_and(|c| "aBcm".contains(c));
        let second = letters.next().is_some_and(|c| "aBcmt".contains(c));
        first && second && letters.next().is_none()
    })
}

fn shared_beginning<'a>(a: &'a str, b: &str) -> &'a str {
    let differs = a.char_indices().zip(b.chars()).find(|((_, a), b)| a != b);
    let end = differs.map_or(a.len().min(b.len()), |((at, _), _)| at);
    &a[..end]
}
