//! One pass over a text, as bash's lexer sees it: quotes, comments, here-documents, separators.
//!
//! Comes in: a text that need not parse. Goes out: [`Lexed`], which knows for every byte how the
//! shell reads it. The real parser has no positions for here-documents and comments, and
//! placeholders must be found before it runs; both are why this pass exists. It never fails: what
//! is not closed ends with the text.

use crate::source::Span;

use super::Comment;
use super::placeholders::{Tags, angle_at};

/// How deep a text may nest before it is refused; real runbooks stay under 10.
pub(super) const DEEPEST: usize = 100;

/// How the shell reads a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Words and operators.
    Code,
    /// Inside `'...'`.
    Single,
    /// Inside `$'...'`.
    Ansi,
    /// Inside `"..."`.
    Double,
    /// Inside `${...}`.
    Parameter,
    /// Inside `${...}` that stands in double quotes or a here-document.
    QuotedParameter,
    /// Inside `((...))`, `$((...))`.
    Arithmetic,
    /// Inside `[[ ... ]]`.
    Test,
    /// The body of a here-document that is expanded.
    Here,
    /// The body of a here-document with a quoted delimiter.
    HereLiteral,
    /// From `#` to the end of the line.
    Comment,
}

/// Whether `<name>` is looked for, or is bash's redirection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Angles {
    Placeholders,
    Redirections,
}

/// A here-document's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HereDocument {
    /// Where its `<<` stands.
    pub operator: usize,
    /// After the last byte of its terminator, without the line ending.
    pub end: usize,
    /// Where its body starts.
    pub start: usize,
    /// Its `<<''` has nothing to end it: the parser would read for ever.
    pub empty_delimiter: bool,
    /// Its delimiter has quotes in quotes, as in `<<'a"b'`, which the parser drops.
    pub odd_delimiter: bool,
}

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Lexed {
    pub comments: Vec<Comment>,
    pub here_documents: Vec<HereDocument>,
    /// Each `;`, `&` and newline that separates commands outside quotes and substitutions.
    pub separators: Vec<usize>,
    /// Each `<name>`, with how the shell reads the place.
    pub angles: Vec<(Span, Mode)>,
    /// Where nesting first became too deep.
    pub too_deep: Option<usize>,
    /// Each `#` after a `)` that does not end a word, as in `a=(b)#c`: no comment to bash.
    pub glued: Vec<usize>,
    modes: Vec<(usize, Mode)>,
}

impl Lexed {
    /// How the shell reads the byte at `offset`.
    pub fn mode(&self, offset: usize) -> Mode {
        let after = self.modes.partition_point(|(start, _)| *start <= offset);
        after.checked_sub(1).map_or(Mode::Code, |index| self.modes[index].1)
    }
}

/// Reads the whole text.
pub(super) fn lex(text: &str, angles: Angles) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        limit: text.len(),
        depth: 0,
        mode: Mode::Code,
        angles,
        closers: closers(text.as_bytes()),
        tags: Tags::default(),
        pending: Vec::new(),
        found: Lexed::default(),
    };
    if angles == Angles::Placeholders {
        lexer.tags = Tags::of(text);
    }
    while lexer.at < lexer.limit {
        lexer.code(Close::End);
        // A stray `)`: step over it and go on.
        lexer.at += 1;
    }
    lexer.found.here_documents.sort_by_key(|document| document.operator);
    lexer.found
}

/// For each parenthesis that opens, where one closes it, quotes or not; 0 if none does.
fn closers(bytes: &[u8]) -> Vec<usize> {
    let mut closers = vec![0; bytes.len()];
    let mut open = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => open.push(at),
            b')' => {
                if let Some(opener) = open.pop() {
                    closers[opener] = at;
                }
            }
            _ => {}
        }
    }
    closers
}

/// What ends a stretch of code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    End,
    Parenthesis,
    Backquote,
}

/// A here-document whose body has not begun.
struct Pending {
    operator: usize,
    delimiter: String,
    quoted: bool,
    odd: bool,
    strip_tabs: bool,
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    limit: usize,
    depth: usize,
    mode: Mode,
    angles: Angles,
    closers: Vec<usize>,
    tags: Tags<'a>,
    pending: Vec<Pending>,
    found: Lexed,
}

/// Where in a command the lexer is.
struct Position {
    /// The next word is a command's name or a keyword.
    command: bool,
    /// The next byte starts a word.
    word_start: bool,
    /// Open `(` of this stretch; whether each stands in a word, as in `a=(b)`.
    parentheses: Vec<bool>,
    /// Open `case` of this stretch, whose patterns end with a lone `)`.
    cases: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        let index = self.at + ahead;
        if index < self.limit { self.bytes[index] } else { 0 }
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at.min(self.limit)..self.limit]
    }

    /// Notes that another mode holds from here; returns the one before.
    fn enter(&mut self, mode: Mode) -> Mode {
        let before = self.mode;
        self.mode = mode;
        match self.found.modes.last_mut() {
            Some(last) if last.0 == self.at => last.1 = mode,
            _ => self.found.modes.push((self.at, mode)),
        }
        before
    }

    /// Goes one level deeper; false when that is too deep.
    fn deeper(&mut self) -> bool {
        self.depth += 1;
        if self.depth <= DEEPEST {
            return true;
        }
        self.found.too_deep.get_or_insert(self.at);
        self.at = self.limit;
        false
    }

    fn code(&mut self, close: Close) {
        let (before, depth) = (self.enter(Mode::Code), self.depth);
        if self.deeper() {
            let mut position =
                Position { command: true, word_start: true, parentheses: Vec::new(), cases: 0 };
            while self.at < self.limit && self.code_step(close, &mut position) {}
        }
        self.depth = depth;
        self.enter(before);
    }

    /// One byte or construct of code; false at the end of the stretch.
    fn code_step(&mut self, close: Close, position: &mut Position) -> bool {
        match self.peek(0) {
            b')' if !position.parentheses.is_empty() => {
                let in_word = position.parentheses.pop() == Some(true);
                // A stray `fi` before it may have counted as its end already.
                self.depth = self.depth.saturating_sub(1);
                self.operator(1, position);
                if in_word {
                    self.go_on_in_word(position);
                }
            }
            b')' if position.cases > 0 => self.operator(1, position),
            b')' if close == Close::Parenthesis => return false,
            b')' => self.operator(1, position),
            b'(' => return self.parenthesis(position),
            b'\n' => self.newline(close, position),
            b';' | b'&' | b'|' => self.separator(close, position),
            b'<' | b'>' => self.redirection(position),
            b'#' if position.word_start => self.comment(),
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                position.word_start = true;
            }
            _ => self.word_part(position),
        }
        true
    }

    /// After a `)` that is a part of a word.
    fn go_on_in_word(&mut self, position: &mut Position) {
        position.word_start = false;
        if self.peek(0) == b'#' {
            self.found.glued.push(self.at);
        }
    }

    fn operator(&mut self, length: usize, position: &mut Position) {
        self.at += length;
        position.command = true;
        position.word_start = true;
    }

    fn parenthesis(&mut self, position: &mut Position) -> bool {
        if self.peek(1) == b'(' && position.word_start && self.arithmetic(2) {
            position.word_start = false;
            return true;
        }
        position.parentheses.push(!position.word_start);
        if self.deeper() {
            self.operator(1, position);
            return true;
        }
        false
    }

    fn newline(&mut self, close: Close, position: &mut Position) {
        if close == Close::End && self.mode == Mode::Code {
            self.found.separators.push(self.at);
        }
        self.operator(1, position);
        for pending in std::mem::take(&mut self.pending) {
            self.here_document(&pending);
        }
    }

    fn separator(&mut self, close: Close, position: &mut Position) {
        let byte = self.peek(0);
        if byte == b'&' && self.peek(1) == b'>' {
            self.at += 1;
            self.redirection(position);
            return;
        }
        let doubled = self.peek(1) == byte || (byte == b'|' && self.peek(1) == b'&');
        if byte != b'|' && !doubled && close == Close::End && self.mode == Mode::Code {
            self.found.separators.push(self.at);
        }
        self.operator(1 + usize::from(doubled), position);
    }

    fn redirection(&mut self, position: &mut Position) {
        if self.angle() {
            position.word_start = false;
            position.command = false;
            return;
        }
        let rest = self.rest();
        if rest.starts_with(b"<<<") {
            self.at += 3;
        } else if rest.starts_with(b"<<") && self.mode != Mode::Test {
            self.here_operator();
        } else if rest.starts_with(b"<(") || rest.starts_with(b">(") {
            self.at += 2;
            self.code(Close::Parenthesis);
            self.at = (self.at + 1).min(self.limit);
            self.go_on_in_word(position);
            return;
        } else if matches!(self.peek(1), b'&' | b'>' | b'|') {
            self.at += 2;
        } else {
            self.at += 1;
        }
        position.word_start = true;
    }

    /// Steps over a placeholder, where those are looked for.
    fn angle(&mut self) -> bool {
        if self.angles == Angles::Redirections || self.bytes[self.at] != b'<' {
            return false;
        }
        let Some(end) = angle_at(self.text, self.at, self.mode, &self.tags) else {
            return false;
        };
        if end > self.limit {
            return false;
        }
        self.found.angles.push((Span::new(self.at, end), self.mode));
        self.at = end;
        true
    }

    fn comment(&mut self) {
        let start = self.at;
        let before = self.enter(Mode::Comment);
        while self.at < self.limit && self.peek(0) != b'\n' {
            if !self.angle() {
                self.at += 1;
            }
        }
        let text = self.text[start..self.at].trim_end_matches('\r');
        let line = self.text[..start].rfind('\n').map_or(0, |index| index + 1);
        self.found.comments.push(Comment {
            span: Span::new(start, start + text.len()),
            own_line: self.text[line..start].trim().is_empty(),
        });
        self.enter(before);
    }

    fn word_part(&mut self, position: &mut Position) {
        if position.word_start {
            position.word_start = false;
            if self.keyword(position) {
                return;
            }
        }
        if !self.quoted() {
            self.at += 1;
        }
    }

    /// A bare word at the start of a command may be a keyword, which changes what follows.
    fn keyword(&mut self, position: &mut Position) -> bool {
        let length =
            self.rest().iter().take_while(|byte| !b" \t\r\n;&|<>()\"'`$\\".contains(byte)).count();
        let word = &self.text[self.at..self.at + length];
        if word == "]]" && self.mode == Mode::Test {
            self.at += length;
            self.enter(Mode::Code);
            return true;
        }
        if !std::mem::replace(&mut position.command, false) || length == 0 {
            return false;
        }
        match word {
            "[[" => {
                self.enter(Mode::Test);
            }
            "case" | "if" | "while" | "until" | "for" | "select" | "{" => {
                position.cases += usize::from(word == "case");
                position.command = matches!(word, "if" | "while" | "until" | "{");
                if !self.deeper() {
                    return true;
                }
            }
            "esac" | "fi" | "done" | "}" => {
                position.cases -= usize::from(word == "esac" && position.cases > 0);
                self.depth = self.depth.saturating_sub(1);
            }
            "then" | "do" | "else" | "elif" | "!" | "time" => position.command = true,
            _ => return false,
        }
        self.at += length;
        true
    }

    /// Steps over a construct that starts with a quoting or expanding character.
    fn quoted(&mut self) -> bool {
        match (self.peek(0), self.peek(1)) {
            (b'\\', _) => {
                let next = self.text[self.at + 1..].chars().next();
                self.at = (self.at + 1 + next.map_or(0, char::len_utf8)).min(self.limit);
            }
            (b'\'', _) => self.until_quote(1, Mode::Single),
            (b'$', b'\'') => self.until_quote(2, Mode::Ansi),
            (b'"', _) => self.double(1),
            (b'$', b'"') => self.double(2),
            _ => return self.expansion(),
        }
        true
    }

    /// Steps over `$(...)`, `$((...))`, `${...}` and backquotes.
    fn expansion(&mut self) -> bool {
        match (self.peek(0), self.peek(1)) {
            (b'`', _) => self.backquoted(),
            (b'$', b'(') if self.peek(2) == b'(' && self.arithmetic(3) => {}
            (b'$', b'(') => {
                self.at += 2;
                self.code(Close::Parenthesis);
                self.at = (self.at + 1).min(self.limit);
            }
            (b'$', b'{') => self.parameter(),
            (b'$', b'#' | b'$' | b'?' | b'!') => self.at += 2,
            _ => return false,
        }
        true
    }

    /// Steps over a command in backquotes. bash cuts it out before it reads it: the next backquote
    /// without a backslash ends it, in quotes and comments too.
    fn backquoted(&mut self) {
        self.at += 1;
        let (outer, pending) = (self.limit, std::mem::take(&mut self.pending));
        self.limit = self.closing_backquote();
        self.code(Close::Backquote);
        self.pending = pending;
        self.at = (self.limit + 1).min(outer);
        self.limit = outer;
    }

    /// Where the backquote stands that closes the command here, or the end of what is read.
    fn closing_backquote(&self) -> usize {
        let mut escaped = false;
        let closes = |byte: &u8| {
            let closing = *byte == b'`' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closing
        };
        self.at + self.rest().iter().position(closes).unwrap_or(self.rest().len())
    }

    fn until_quote(&mut self, opening: usize, mode: Mode) {
        let before = self.enter(mode);
        self.at += opening;
        while self.at < self.limit && self.peek(0) != b'\'' {
            if mode == Mode::Ansi && self.peek(0) == b'\\' {
                self.at += 1;
            }
            if self.at < self.limit && !self.angle() {
                self.at += 1;
            }
        }
        self.at = (self.at + 1).min(self.limit);
        self.enter(before);
    }

    fn double(&mut self, opening: usize) {
        let before = self.enter(Mode::Double);
        self.at += opening;
        self.expanded(Some(b'"'));
        self.at = (self.at + 1).min(self.limit);
        self.enter(before);
    }

    /// Text in which only expansions and backslashes mean something, up to `end`.
    fn expanded(&mut self, end: Option<u8>) {
        while self.at < self.limit && Some(self.peek(0)) != end {
            if self.peek(0) == b'\\' {
                self.at = (self.at + 2).min(self.limit);
            } else if !self.expansion() && !self.angle() {
                self.at += 1;
            }
        }
    }

    fn parameter(&mut self) {
        let inside = match self.mode {
            Mode::Double | Mode::Here | Mode::QuotedParameter => Mode::QuotedParameter,
            _ => Mode::Parameter,
        };
        let (before, depth) = (self.enter(inside), self.depth);
        self.at += 2;
        if self.deeper() {
            while self.at < self.limit && self.peek(0) != b'}' {
                if !self.angle() && !self.quoted() {
                    self.at += 1;
                }
            }
            self.at = (self.at + 1).min(self.limit);
        }
        self.depth = depth;
        self.enter(before);
    }

    /// Steps over arithmetic if the parentheses close as `))`; otherwise it is a subshell.
    fn arithmetic(&mut self, opening: usize) -> bool {
        let end = self.closers[self.at + opening - 2];
        if end == 0 || end >= self.limit || self.bytes[end - 1] != b')' {
            return false;
        }
        self.nested(self.at + opening, end);
        let before = self.enter(Mode::Arithmetic);
        self.at = end + 1;
        self.enter(before);
        true
    }

    /// Notes where the parentheses of an arithmetic expression nest too deep.
    fn nested(&mut self, start: usize, end: usize) {
        let mut depth = self.depth;
        for at in start..end {
            match self.bytes[at] {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > DEEPEST {
                self.found.too_deep.get_or_insert(at);
                return;
            }
        }
    }

    fn here_operator(&mut self) {
        let operator = self.at;
        self.at += 2;
        let strip_tabs = self.peek(0) == b'-';
        self.at += usize::from(strip_tabs);
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
        let start = self.at;
        let (delimiter, quoted) = self.delimiter();
        let odd = is_odd(&self.text[start..self.at]);
        if delimiter.is_empty() {
            self.found.here_documents.push(HereDocument {
                operator,
                start: self.at,
                end: self.at,
                empty_delimiter: true,
                odd_delimiter: odd,
            });
            return;
        }
        self.pending.push(Pending { operator, delimiter, quoted, odd, strip_tabs });
    }

    /// A here-document's delimiter, without its quotes.
    fn delimiter(&mut self) -> (String, bool) {
        let start = self.at;
        let mut quote = 0;
        while self.at < self.limit {
            let byte = self.peek(0);
            if quote == 0 && b" \t\r\n;&|<>()".contains(&byte) {
                break;
            }
            if byte == quote {
                quote = 0;
            } else if quote == 0 && matches!(byte, b'\'' | b'"') {
                quote = byte;
            }
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        let bare = word.replace(['\'', '"', '\\'], "");
        let quoted = bare.len() != word.len();
        (bare, quoted)
    }

    fn here_document(&mut self, pending: &Pending) {
        let start = self.at;
        let (body_end, end) = self.here_extent(pending);
        let mode = if pending.quoted { Mode::HereLiteral } else { Mode::Here };
        let (limit, before) = (self.limit, self.enter(mode));
        self.limit = body_end;
        if pending.quoted {
            while self.at < self.limit {
                if !self.angle() {
                    self.at += 1;
                }
            }
        } else {
            self.expanded(None);
        }
        self.limit = limit;
        self.at = body_end;
        self.enter(before);
        self.at = if end < limit { end + 1 } else { limit };
        self.found.here_documents.push(HereDocument {
            operator: pending.operator,
            start,
            end,
            empty_delimiter: false,
            odd_delimiter: pending.odd,
        });
    }

    /// Where the body ends, and where its terminator does.
    fn here_extent(&self, pending: &Pending) -> (usize, usize) {
        let mut line_start = self.at;
        for line in self.text[self.at..self.limit].split_inclusive('\n') {
            let bare = line.trim_end_matches('\n').trim_end_matches('\r');
            let compared = if pending.strip_tabs { bare.trim_start_matches('\t') } else { bare };
            if compared == pending.delimiter {
                return (line_start, line_start + line.trim_end_matches('\n').len());
            }
            line_start += line.len();
        }
        (self.limit, self.limit)
    }
}

/// Whether a delimiter is quoted otherwise than as a whole or with backslashes before letters.
fn is_odd(delimiter: &str) -> bool {
    let within = |mark: char| {
        let inner = delimiter.strip_prefix(mark)?.strip_suffix(mark)?;
        Some(!inner.contains(['\'', '"', '\\']))
    };
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let doubled = delimiter.contains("\\\\") || delimiter.ends_with('\\');
    let escaped = plain(&delimiter.replace('\\', "")) && !doubled;
    let whole = within('\'') == Some(true) || within('"') == Some(true);
    delimiter.contains(['\'', '"', '\\']) && !whole && !escaped
}
