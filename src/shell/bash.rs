//! The bash grammar, by brush-parser: the only file that knows that crate.
//!
//! Comes in: a text that was looked over (`guard`). Goes out: our own [`List`]s. brush counts
//! characters in the program tree and bytes in the word parser, drops line continuations from
//! words, and returns substitutions as text to be parsed again; all of that ends here. Where the
//! text of a part cannot be found in the source, its span is that of the word around it.

use std::ops::Range;

use brush_parser::ast;
use brush_parser::{ParseError, ParserOptions, SourceSpan};

use crate::source::Span;

use super::SyntaxError;
use super::lexer::{Angles, lex};
use super::tree::{
    AndOr, Assignment, Command, Compound, Connector, Function, Item, Kind, List, Piece, Pipeline,
    Redirect, RedirectKind, Simple, Test, Word,
};
use super::words::{self, Place};

/// How deep substitutions may nest in each other.
const DEEPEST: usize = 20;

/// The top level of a text: one entry for each and-or list.
pub(super) fn parse(text: &str) -> Result<List, SyntaxError> {
    parse_at(text, Place::Exact(0), 0)
}

/// A text that stands inside another one.
pub(super) fn parse_at(text: &str, place: Place, depth: usize) -> Result<List, SyntaxError> {
    let reader = Reader {
        text,
        offsets: text.char_indices().map(|(offset, _)| offset).chain([text.len()]).collect(),
        place,
        depth,
    };
    if depth > DEEPEST {
        return Err(reader.error("it nests too deep", 0..text.len()));
    }
    let options = ParserOptions::default();
    let program = brush_parser::uncached_tokenize_str(text, &options.tokenizer_options())
        .map_err(|error| reader.error(&plain(&error.to_string()), 0..text.len()))
        .and_then(|tokens| {
            brush_parser::parse_tokens(&tokens, &options)
                .map_err(|error| reader.parse_error(&error))
        })?;
    let mut items = Vec::with_capacity(program.complete_commands.len());
    for list in &program.complete_commands {
        items.extend(reader.list(list).items);
    }
    Ok(List { items })
}

/// An error of the tokenizer without its positions, which count characters.
fn plain(message: &str) -> String {
    let ends = [" at ", " near "].into_iter().filter_map(|word| message.find(word));
    message[..ends.min().unwrap_or(message.len())].to_owned()
}

/// Reads the parser's tree for one text.
struct Reader<'a> {
    text: &'a str,
    /// The byte offset of each character.
    offsets: Vec<usize>,
    place: Place,
    depth: usize,
}

impl Reader<'_> {
    fn error(&self, message: &str, range: Range<usize>) -> SyntaxError {
        SyntaxError { message: message.to_owned(), span: self.place.span(range) }
    }

    fn parse_error(&self, error: &ParseError) -> SyntaxError {
        let ParseError::ParsingNear(position) = error else {
            let end = self.text.trim_end().len();
            let message = "it ends too early: a quote, bracket or keyword is not closed";
            return self.error(message, end..end);
        };
        let start = self.skip_blanks(self.offset(position.index));
        let near = self.text[start..].split_whitespace().next().unwrap_or("");
        let message = if near.is_empty() {
            "bash would not understand it".to_owned()
        } else {
            format!("bash would not understand `{near}` here")
        };
        self.error(&message, start..start + near.len())
    }

    fn offset(&self, index: usize) -> usize {
        self.offsets.get(index).copied().unwrap_or(self.text.len())
    }

    /// Token positions may start at the blanks, comments and continuations before the token.
    fn skip_blanks(&self, mut start: usize) -> usize {
        loop {
            let rest = &self.text[start..];
            let trimmed = rest.trim_start();
            start += rest.len() - trimmed.len();
            if let Some(next) = trimmed.strip_prefix("\\\n") {
                start = self.text.len() - next.len();
            } else {
                return start;
            }
        }
    }

    fn range(&self, location: &SourceSpan) -> Range<usize> {
        let end = self.offset(location.end.index);
        let start = self.skip_blanks(self.offset(location.start.index)).min(end);
        let kept = self.text[start..end].trim_end().len();
        // An escaped blank at the end belongs to the word.
        let escaped = self.text[start..start + kept].ends_with('\\') && start + kept < end;
        start..start + kept + usize::from(escaped)
    }

    fn span(&self, location: &SourceSpan) -> Span {
        self.place.span(self.range(location))
    }

    fn list(&self, list: &ast::CompoundList) -> List {
        let items = list.0.iter().map(|ast::CompoundListItem(and_or, separator)| Item {
            and_or: self.and_or(and_or),
            background: matches!(separator, ast::SeparatorOperator::Async),
        });
        List { items: items.collect() }
    }

    fn and_or(&self, and_or: &ast::AndOrList) -> AndOr {
        let rest = and_or.additional.iter().map(|next| match next {
            ast::AndOr::And(pipeline) => (Connector::And, self.pipeline(pipeline)),
            ast::AndOr::Or(pipeline) => (Connector::Or, self.pipeline(pipeline)),
        });
        AndOr { first: self.pipeline(&and_or.first), rest: rest.collect() }
    }

    fn pipeline(&self, pipeline: &ast::Pipeline) -> Pipeline {
        let stages: Vec<_> = pipeline.seq.iter().map(|stage| self.command(stage)).collect();
        Pipeline {
            span: join(stages.iter().map(Command::span)).unwrap_or(self.whole()),
            negated: pipeline.bang,
            timed: pipeline.timed.is_some(),
            stages,
        }
    }

    fn whole(&self) -> Span {
        self.place.span(0..self.text.len())
    }

    fn command(&self, command: &ast::Command) -> Command {
        match command {
            ast::Command::Simple(simple) => Command::Simple(self.simple(simple)),
            ast::Command::Compound(compound, redirects) => {
                self.compound(compound, self.redirects(redirects.as_ref()))
            }
            ast::Command::Function(function) => self.function(function),
            ast::Command::ExtendedTest(test, redirects) => {
                let mut found = Operands::default();
                self.operands(&test.expr, &mut found);
                Command::Test(Test {
                    span: self.span(&test.loc),
                    words: found.words,
                    evaluates: found.evaluates,
                    redirects: self.redirects(redirects.as_ref()),
                })
            }
        }
    }

    fn simple(&self, command: &ast::SimpleCommand) -> Simple {
        let mut simple = Simple {
            span: self.whole(),
            assignments: Vec::new(),
            words: Vec::new(),
            redirects: Vec::new(),
        };
        for item in command.prefix.iter().flat_map(|prefix| &prefix.0) {
            if let ast::CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) = item {
                simple.assignments.push(self.assignment(assignment, word));
            } else {
                self.simple_item(item, &mut simple);
            }
        }
        let name = command.word_or_name.iter().map(|word| self.word(word));
        simple.words.extend(name);
        for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
            self.simple_item(item, &mut simple);
        }
        let spans = simple.words.iter().map(|word| word.span);
        let spans = spans.chain(simple.redirects.iter().filter_map(|redirect| redirect.span));
        let values = simple.assignments.iter().flat_map(|assignment| {
            let words = assignment.words.iter().map(|word| word.span);
            words.chain([assignment.span])
        });
        simple.span = join(spans.chain(values)).unwrap_or(simple.span);
        simple
    }

    fn simple_item(&self, item: &ast::CommandPrefixOrSuffixItem, simple: &mut Simple) {
        match item {
            ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                simple.redirects.push(self.redirect(redirect));
            }
            ast::CommandPrefixOrSuffixItem::Word(word) => simple.words.push(self.word(word)),
            ast::CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                simple.words.push(self.assignment_argument(assignment, word));
            }
            ast::CommandPrefixOrSuffixItem::ProcessSubstitution(_, subshell) => {
                simple.words.push(self.process(subshell));
            }
        }
    }

    fn process(&self, subshell: &ast::SubshellCommand) -> Word {
        let range = self.range(&subshell.loc);
        let glued = self.is_glued(&range);
        let mut word = words::process(self.place.span(range), self.list(&subshell.list));
        if glued {
            let reason = "a process substitution that is only a part of its word";
            word.pieces.push(Piece::Opaque(reason.to_owned()));
        }
        word
    }

    /// Whether `(...)` of `<(...)` is a part of a longer word; brush takes the word to pieces.
    fn is_glued(&self, range: &Range<usize>) -> bool {
        let ends = |c: char| " \t\n;&|()<>".contains(c);
        let before = self.text[..range.start].trim_end_matches(['<', '>']).chars().next_back();
        let after = self.text[range.end..].chars().next();
        !before.is_none_or(ends) || !after.is_none_or(ends)
    }

    fn word(&self, word: &ast::Word) -> Word {
        match &word.loc {
            Some(location) => self.placed_word(&word.value, self.range(location)),
            None => words::word(&word.value, Place::Around(self.whole()), self.depth),
        }
    }

    /// A word whose place is known; it is exact if the source reads like the word.
    fn placed_word(&self, value: &str, range: Range<usize>) -> Word {
        let mut word = words::word(value, self.place_of(value, &range), self.depth);
        word.pieces.extend(self.surprise(value, range));
        word
    }

    /// A word in `case` and `[[ ]]`.
    fn pattern(&self, word: &ast::Word) -> Word {
        let Some(location) = &word.loc else {
            return words::pattern(&word.value, Place::Around(self.whole()), self.depth);
        };
        let range = self.range(location);
        let place = self.place_of(&word.value, &range);
        let mut pattern = words::pattern(&word.value, place, self.depth);
        pattern.pieces.extend(self.surprise(&word.value, range));
        pattern
    }

    fn place_of(&self, value: &str, range: &Range<usize>) -> Place {
        if self.text.get(range.clone()) == Some(value) {
            self.place.inside(range.start)
        } else {
            Place::Around(self.place.span(range.clone()))
        }
    }

    /// The tokenizer drops continuations and comments from words. If it dropped anything else, such
    /// as ` #}; rm f` from `${X:- #}; rm f`, bash will not read that word.
    fn surprise(&self, value: &str, range: Range<usize>) -> Option<Piece> {
        let source = self.text.get(range).unwrap_or("");
        if source == value {
            return None;
        }
        let mut kept = String::new();
        let mut at = 0;
        for comment in lex(source, Angles::Redirections).comments {
            kept.push_str(&source[at..comment.span.start]);
            at = comment.span.end;
        }
        kept.push_str(&source[at..]);
        let squeezed = |text: &str| text.replace("\\\n", "").replace([' ', '\t', '\n'], "");
        let reason = "a word that bash reads in another way";
        (squeezed(&kept) != squeezed(value)).then(|| Piece::Opaque(reason.to_owned()))
    }

    fn assignment(&self, assignment: &ast::Assignment, word: &ast::Word) -> Assignment {
        let range = word.loc.as_ref().map_or(0..self.text.len(), |location| self.range(location));
        let (name, index) = match &assignment.name {
            ast::AssignmentName::VariableName(name) => (name, None),
            ast::AssignmentName::ArrayElementName(name, index) => (name, Some(index)),
        };
        let mut at = range.start + name.len();
        let mut indices: Vec<_> = index.into_iter().cloned().collect();
        let mut words: Vec<_> =
            index.iter().map(|index| self.word_within(index, &mut at, &range)).collect();
        let scalar = match &assignment.value {
            ast::AssignmentValue::Scalar(value) => {
                words.push(self.word_within(&value.value, &mut at, &range));
                true
            }
            ast::AssignmentValue::Array(elements) => {
                for (key, value) in elements {
                    indices.extend(key.iter().map(|key| key.value.clone()));
                    for part in key.iter().chain([value]) {
                        words.push(self.word_within(&part.value, &mut at, &range));
                    }
                }
                false
            }
        };
        if word.loc.is_some()
            && let Some(surprise) = self.surprise(&word.value, range.clone())
        {
            let span = self.place.span(range.clone());
            words.push(Word { span, text: word.value.clone(), pieces: vec![surprise] });
        }
        Assignment {
            name: name.clone(),
            span: self.place.span(range.start..range.start + name.len()),
            words,
            array: index.is_some() || !scalar,
            indices,
        }
    }

    /// A part of an assignment, looked for from `at` on.
    fn word_within(&self, value: &str, at: &mut usize, range: &Range<usize>) -> Word {
        let found = self.text.get(*at..range.end).and_then(|rest| rest.find(value));
        let Some(found) = found else {
            let around = Place::Around(self.place.span(range.clone()));
            return words::word(value, around, self.depth);
        };
        let start = *at + found;
        *at = start + value.len();
        words::word(value, self.place.inside(start), self.depth)
    }

    /// `export A=1`: an argument that looks like an assignment.
    fn assignment_argument(&self, assignment: &ast::Assignment, word: &ast::Word) -> Word {
        if let ast::AssignmentValue::Scalar(_) = assignment.value {
            return self.word(word);
        }
        let array = self.assignment(assignment, word);
        let pieces = array.words.into_iter().flat_map(|element| element.pieces);
        let start = [words::text(&format!("{}=", array.name)), words::array()];
        Word {
            span: word.loc.as_ref().map_or(self.whole(), |location| self.span(location)),
            text: word.value.clone(),
            pieces: start.into_iter().chain(pieces).collect(),
        }
    }

    fn redirects(&self, redirects: Option<&ast::RedirectList>) -> Vec<Redirect> {
        let redirects = redirects.iter().flat_map(|list| &list.0);
        redirects.map(|redirect| self.redirect(redirect)).collect()
    }

    fn redirect(&self, redirect: &ast::IoRedirect) -> Redirect {
        let (kind, target) = match redirect {
            ast::IoRedirect::File(_, kind, target) => self.file_redirect(kind, target),
            ast::IoRedirect::HereDocument(_, document) => {
                return self.here_document(document);
            }
            ast::IoRedirect::HereString(_, word) => (RedirectKind::Text, self.word(word)),
            ast::IoRedirect::OutputAndError(word, _) => (RedirectKind::Write, self.word(word)),
        };
        let numbered =
            matches!(redirect, ast::IoRedirect::File(_, _, ast::IoFileRedirectTarget::Fd(_)));
        Redirect { span: (!numbered).then_some(target.span), kind, target }
    }

    fn file_redirect(
        &self,
        kind: &ast::IoFileRedirectKind,
        target: &ast::IoFileRedirectTarget,
    ) -> (RedirectKind, Word) {
        use ast::IoFileRedirectKind::{DuplicateInput, DuplicateOutput, Read};
        let kind = match kind {
            Read => RedirectKind::Read,
            DuplicateInput | DuplicateOutput => RedirectKind::Duplicate,
            _ => RedirectKind::Write,
        };
        match target {
            ast::IoFileRedirectTarget::Filename(word) => (kind, self.word(word)),
            ast::IoFileRedirectTarget::Duplicate(word) => {
                (RedirectKind::Duplicate, self.word(word))
            }
            ast::IoFileRedirectTarget::Fd(number) => {
                let around = Place::Around(self.whole());
                (kind, words::word(&number.to_string(), around, self.depth))
            }
            ast::IoFileRedirectTarget::ProcessSubstitution(_, subshell) => {
                (RedirectKind::Read, self.process(subshell))
            }
        }
    }

    /// A here-document counts, for its span, as its delimiter: the body stands elsewhere.
    fn here_document(&self, document: &ast::IoHereDocument) -> Redirect {
        let range = document.doc.loc.as_ref().map(|location| {
            let start = self.offset(location.start.index);
            start..(start + document.doc.value.len()).min(self.text.len())
        });
        let place = match range {
            Some(range) if self.text.get(range.clone()) == Some(&document.doc.value) => {
                self.place.inside(range.start)
            }
            Some(range) => Place::Around(self.place.span(range)),
            None => Place::Around(self.whole()),
        };
        let value = &document.doc.value;
        Redirect {
            span: Some(self.word(&document.here_end).span),
            kind: RedirectKind::Text,
            target: if document.requires_expansion {
                words::here_document(value, place, self.depth)
            } else {
                words::literal(value, place)
            },
        }
    }

    fn compound(&self, command: &ast::CompoundCommand, redirects: Vec<Redirect>) -> Command {
        use ast::CompoundCommand as C;
        let mut compound = match command {
            C::Arithmetic(it) => {
                let words = vec![self.arithmetic(&it.expr, &it.loc)];
                self.new_compound(Kind::Arithmetic, &it.loc, words, Vec::new())
            }
            C::ArithmeticForClause(it) => {
                let parts = [&it.initializer, &it.condition, &it.updater];
                let words = parts.into_iter().flatten();
                let words = words.map(|part| self.arithmetic(part, &it.loc)).collect();
                self.new_compound(Kind::ArithmeticFor, &it.loc, words, vec![&it.body.list])
            }
            C::BraceGroup(it) => {
                self.new_compound(Kind::Group, &it.loc, Vec::new(), vec![&it.list])
            }
            C::Subshell(it) => {
                self.new_compound(Kind::Subshell, &it.loc, Vec::new(), vec![&it.list])
            }
            C::ForClause(it) => {
                let words = it.values.iter().flatten();
                let words = words.map(|word| self.word(word)).collect();
                self.new_compound(Kind::For, &it.loc, words, vec![&it.body.list])
            }
            C::CaseClause(it) => self.case(it),
            C::IfClause(it) => {
                let mut bodies = vec![&it.condition, &it.then];
                for branch in it.elses.iter().flatten() {
                    bodies.extend(branch.condition.iter().chain([&branch.body]));
                }
                self.new_compound(Kind::If, &it.loc, Vec::new(), bodies)
            }
            C::WhileClause(it) | C::UntilClause(it) => {
                self.new_compound(Kind::Loop, &it.2, Vec::new(), vec![&it.0, &it.1.list])
            }
            C::Coprocess(it) => {
                return Command::Unsupported {
                    span: self.span(&it.loc),
                    reason: "a coprocess".to_owned(),
                };
            }
        };
        if let C::ForClause(it) = command {
            compound.variable = Some(it.variable_name.clone());
        }
        compound.redirects = redirects;
        Command::Compound(compound)
    }

    fn new_compound(
        &self,
        kind: Kind,
        location: &SourceSpan,
        words: Vec<Word>,
        bodies: Vec<&ast::CompoundList>,
    ) -> Compound {
        Compound {
            span: self.span(location),
            kind,
            variable: None,
            words,
            bodies: bodies.into_iter().map(|body| self.list(body)).collect(),
            redirects: Vec::new(),
        }
    }

    fn case(&self, case: &ast::CaseClauseCommand) -> Compound {
        let patterns = case.cases.iter().flat_map(|item| &item.patterns);
        let words = std::iter::once(&case.value).chain(patterns);
        let words = words.map(|word| self.pattern(word)).collect();
        let bodies = case.cases.iter().filter_map(|item| item.cmd.as_ref());
        self.new_compound(Kind::Case, &case.loc, words, bodies.collect())
    }

    fn arithmetic(&self, expression: &ast::UnexpandedArithmeticExpr, at: &SourceSpan) -> Word {
        let range = self.range(at);
        let found = self.text[range.clone()].find(&expression.value);
        let place = match found {
            Some(found) => self.place.inside(range.start + found),
            None => Place::Around(self.place.span(range)),
        };
        words::arithmetic(&expression.value, place, self.depth)
    }

    fn function(&self, function: &ast::FunctionDefinition) -> Command {
        let name = self.word(&function.fname);
        let redirects = self.redirects(function.body.1.as_ref());
        match self.compound(&function.body.0, redirects) {
            Command::Compound(body) => Command::Function(Function {
                span: name.span.join(body.span),
                name: function.fname.value.clone(),
                body: Box::new(body),
            }),
            other => other,
        }
    }

    fn operands(&self, test: &ast::ExtendedTestExpr, found: &mut Operands) {
        use ast::ExtendedTestExpr as T;
        match test {
            T::And(left, right) | T::Or(left, right) => {
                self.operands(left, found);
                self.operands(right, found);
            }
            T::Not(inner) | T::Parenthesized(inner) => self.operands(inner, found),
            T::UnaryTest(predicate, word) => {
                found.evaluates |= evaluates_one(predicate);
                found.words.push(self.pattern(word));
            }
            T::BinaryTest(predicate, left, right) => {
                found.evaluates |= evaluates_two(predicate);
                found.words.extend([self.pattern(left), self.pattern(right)]);
            }
        }
    }
}

/// The operands of a `[[ ... ]]`.
#[derive(Default)]
struct Operands {
    words: Vec<Word>,
    evaluates: bool,
}

fn evaluates_one(predicate: &ast::UnaryPredicate) -> bool {
    use ast::UnaryPredicate::{ShellVariableIsSetAndAssigned, ShellVariableIsSetAndNameRef};
    matches!(predicate, ShellVariableIsSetAndAssigned | ShellVariableIsSetAndNameRef)
}

fn evaluates_two(predicate: &ast::BinaryPredicate) -> bool {
    use ast::BinaryPredicate::{
        ArithmeticEqualTo, ArithmeticGreaterThan, ArithmeticGreaterThanOrEqualTo,
        ArithmeticLessThan, ArithmeticLessThanOrEqualTo, ArithmeticNotEqualTo,
    };
    matches!(
        predicate,
        ArithmeticEqualTo
            | ArithmeticNotEqualTo
            | ArithmeticLessThan
            | ArithmeticLessThanOrEqualTo
            | ArithmeticGreaterThan
            | ArithmeticGreaterThanOrEqualTo
    )
}

fn join(spans: impl Iterator<Item = Span>) -> Option<Span> {
    spans.reduce(Span::join)
}
