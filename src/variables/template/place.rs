//! Where in shell text a place is: which quotes are open there.
//!
//! Not a shell parser: it follows quotes, comments, here-documents and `$( )`, which is what
//! decides how a word is quoted, and says [`Place::Unsure`] inside everything else.

use std::borrow::Cow;

/// What a word that is put here has to look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Bare,
    Single,
    Double,
    AnsiC,
    Comment,
    /// In a here-document of which the lines are expanded.
    Expanded {
        end: String,
    },
    /// In one of which they are not.
    Literal {
        end: String,
    },
    /// In arithmetic, `${ }`, backquotes.
    Unsure,
}

impl Place {
    /// The value as it has to be written here, if there is a sure way.
    pub(super) fn word<'a>(
        &self,
        value: &'a str,
        quote: fn(&str) -> String,
    ) -> Option<Cow<'a, str>> {
        let ends =
            |end: &String| value.lines().any(|line| line.trim() == end) || value.contains('\r');
        Some(match self {
            Self::Unsure => return None,
            Self::Expanded { end } | Self::Literal { end } if ends(end) => return None,
            Self::Bare => quote(value).into(),
            Self::Single => format!("'{}'", quote(value)).into(),
            Self::Double => format!("\"{}\"", quote(value)).into(),
            Self::AnsiC => format!("'{}$'", quote(value)).into(),
            Self::Comment if value.contains(['\n', '\r']) => return None,
            Self::Comment | Self::Literal { .. } => value.into(),
            Self::Expanded { .. } => {
                value.replace('\\', "\\\\").replace('$', "\\$").replace('`', "\\`").into()
            }
        })
    }
}

/// What is open, the innermost last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    AnsiC,
    Comment,
    Substitution,
    Group,
    Unsure(u8),
}

#[derive(Debug)]
struct Heredoc {
    end: String,
    expands: bool,
    tabs: bool,
    /// Where it was announced; its lines come later.
    from: usize,
}

/// Reads shell text from the start to the places that are asked for, in order.
pub(super) struct Places<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open>,
    waiting: Vec<Heredoc>,
}

impl<'a> Places<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, open: Vec::new(), waiting: Vec::new() }
    }

    /// The place at an offset not before the last one asked for.
    pub(super) fn at(&mut self, offset: usize) -> Place {
        while self.at < offset {
            if self.rest().starts_with('\n') && !self.waiting.is_empty() && self.ends_line() {
                if let Some(place) = self.heredocs(offset) {
                    return place;
                }
            } else {
                self.step();
            }
        }
        match self.open.last() {
            _ if self.open.iter().any(|open| matches!(open, Open::Unsure(_))) => Place::Unsure,
            None | Some(Open::Substitution | Open::Group | Open::Unsure(_)) => Place::Bare,
            Some(Open::Single) => Place::Single,
            Some(Open::Double) => Place::Double,
            Some(Open::AnsiC) => Place::AnsiC,
            Some(Open::Comment) => Place::Comment,
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn ends_line(&self) -> bool {
        !matches!(self.open.last(), Some(Open::Single | Open::Double | Open::AnsiC))
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else {
            return;
        };
        let length = match self.open.last().copied() {
            Some(Open::Comment) => self.comment(c),
            Some(Open::AnsiC) if c == '\\' => escaped(rest),
            Some(Open::Single | Open::AnsiC) => self.closed_by('\'', c),
            _ if c == '\\' => escaped(rest),
            Some(Open::Unsure(close)) if c == char::from(close) => self.close(),
            Some(Open::Double) if c == '"' => self.close(),
            Some(Open::Double) => self.opened_anywhere(rest).unwrap_or(c.len_utf8()),
            _ => self.bare(c, rest),
        };
        self.at = (self.at + length).min(self.text.len());
    }

    fn close(&mut self) -> usize {
        self.open.pop();
        1
    }

    fn closed_by(&mut self, quote: char, c: char) -> usize {
        if c == quote { self.close() } else { c.len_utf8() }
    }

    fn comment(&mut self, c: char) -> usize {
        if c == '\n' {
            self.open.pop();
        }
        c.len_utf8()
    }

    fn push(&mut self, open: Open, length: usize) -> usize {
        self.open.push(open);
        length
    }

    /// What opens in quotes as well as outside.
    fn opened_anywhere(&mut self, rest: &str) -> Option<usize> {
        if rest.starts_with("$((") {
            self.open.push(Open::Unsure(b')'));
            return Some(self.push(Open::Unsure(b')'), 3));
        }
        let opens =
            [("$(", Open::Substitution), ("${", Open::Unsure(b'}')), ("`", Open::Unsure(b'`'))];
        let (text, open) = opens.into_iter().find(|(text, _)| rest.starts_with(text))?;
        Some(self.push(open, text.len()))
    }

    fn bare(&mut self, c: char, rest: &'a str) -> usize {
        if let Some(length) = self.opened_anywhere(rest) {
            return length;
        }
        let group = matches!(self.open.last(), Some(Open::Substitution | Open::Group));
        match c {
            '$' if rest.starts_with("$'") => self.push(Open::AnsiC, 2),
            '\'' => self.push(Open::Single, 1),
            '"' => self.push(Open::Double, 1),
            '(' if rest.starts_with("((") => {
                self.open.push(Open::Unsure(b')'));
                self.push(Open::Unsure(b')'), 2)
            }
            '(' => self.push(Open::Group, 1),
            ')' if group => self.close(),
            '#' if self.starts_word() => self.push(Open::Comment, 1),
            '<' if rest.starts_with("<<<") => 3,
            '<' if rest.starts_with("<<") => self.heredoc(rest),
            c => c.len_utf8(),
        }
    }

    fn starts_word(&self) -> bool {
        let before = self.text[..self.at].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || ";&|(".contains(c))
    }

    /// Notes `<<END`, `<<-'END'`; its lines begin after this one.
    fn heredoc(&mut self, rest: &'a str) -> usize {
        let after = &rest[2..];
        let tabs = after.starts_with('-');
        let word = after.trim_start_matches('-').trim_start_matches([' ', '\t']);
        let length =
            word.find([' ', '\t', '\n', ';', '|', '&', '<', '>', ')']).unwrap_or(word.len());
        let quoted = &word[..length];
        let end = quoted.replace(['\'', '"', '\\'], "");
        self.waiting.push(Heredoc { expands: end == quoted, end, tabs, from: self.at });
        rest.len() - word.len() + length
    }

    /// Passes the lines of the here-documents that wait, or finds the offset in one of them.
    fn heredocs(&mut self, offset: usize) -> Option<Place> {
        if self.open.last() == Some(&Open::Comment) {
            self.open.pop();
        }
        self.at += 1;
        while !self.waiting.is_empty() {
            let here = &self.waiting[0];
            let line = self.rest().split('\n').next().unwrap_or_default();
            let end = self.at + line.len();
            if offset <= end {
                let sure = !self.open.iter().any(|open| matches!(open, Open::Unsure(_)));
                let place = here.place(&self.text[here.from..offset]);
                return Some(if sure { place } else { Place::Unsure });
            }
            let bare = if here.tabs { line.trim_start_matches('\t') } else { line };
            if bare == here.end {
                self.waiting.remove(0);
            }
            // The line end after the last delimiter begins ordinary text again.
            self.at = if self.waiting.is_empty() { end } else { end + 1 };
            if self.at >= self.text.len() {
                break;
            }
        }
        None
    }
}

impl Heredoc {
    /// A substitution before the place may still be open; that it is not is not worth proving.
    fn place(&self, before: &str) -> Place {
        let end = self.end.clone();
        match self.expands {
            false => Place::Literal { end },
            true if ["$(", "${", "`"].iter().any(|open| before.contains(open)) => Place::Unsure,
            true => Place::Expanded { end },
        }
    }
}

fn escaped(rest: &str) -> usize {
    rest.chars().take(2).map(char::len_utf8).sum()
}
