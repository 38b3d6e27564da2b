//! The tree of a shell text: lists, pipelines, commands, words and what is inside words.
//!
//! Only what later stages need to know is here, each with its span in the block's text. What the
//! parser could not take apart is present as [`Command::Unsupported`] or [`Piece::Opaque`], never
//! left out, so that a reader of the tree can refuse it.

use crate::source::Span;

/// Commands separated by `;`, `&` or newlines.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// In order.
    pub items: Vec<Item>,
}

/// One and-or list, and how it is run.
#[derive(Debug, Clone)]
pub struct Item {
    /// The pipelines.
    pub and_or: AndOr,
    /// Whether an `&` follows it.
    pub background: bool,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Debug, Clone)]
pub struct AndOr {
    /// The first pipeline.
    pub first: Pipeline,
    /// The others, each with what stands before it.
    pub rest: Vec<(Connector, Pipeline)>,
}

impl AndOr {
    /// All pipelines, in order.
    pub fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, pipeline)| pipeline))
    }
}

/// What joins two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// From the first word to the last.
    pub span: Span,
    /// Whether `!` stands before it.
    pub negated: bool,
    /// Whether `time` stands before it.
    pub timed: bool,
    /// The commands, in order.
    pub stages: Vec<Command>,
}

/// One command.
#[derive(Debug, Clone)]
pub enum Command {
    /// Assignments, a name, arguments, redirections.
    Simple(Simple),
    /// A loop, a group, a condition.
    Compound(Compound),
    /// A function's definition.
    Function(Function),
    /// `[[ ... ]]`
    Test(Test),
    /// What this program does not know how to take apart.
    Unsupported {
        /// Where it is.
        span: Span,
        /// What it is, as a noun: "a coprocess".
        reason: String,
    },
}

impl Command {
    /// Where it is; without its redirections for compounds.
    pub fn span(&self) -> Span {
        match self {
            Self::Simple(simple) => simple.span,
            Self::Compound(compound) => compound.span,
            Self::Function(function) => function.span,
            Self::Test(test) => test.span,
            Self::Unsupported { span, .. } => *span,
        }
    }
}

/// Assignments, a name, arguments, redirections; each may be missing.
#[derive(Debug, Clone)]
pub struct Simple {
    /// From its first word to its last, with redirections.
    pub span: Span,
    /// What stands before the name.
    pub assignments: Vec<Assignment>,
    /// The name and the arguments.
    pub words: Vec<Word>,
    /// In order.
    pub redirects: Vec<Redirect>,
}

/// `NAME=value`, `NAME+=value`, `NAME[i]=value`, `NAME=(a b)`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Where the name is.
    pub span: Span,
    /// What it is given: one word, or an array's elements, and an index first if there is one.
    pub words: Vec<Word>,
    /// Whether it is written as an element or an array.
    pub array: bool,
    /// Whether it adds to what the variable holds: `+=`.
    pub append: bool,
    /// The subscripts of `NAME[i]=value` and `NAME=([i]=value)`, as written: bash evaluates them.
    pub indices: Vec<String>,
}

/// A redirection.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// Where its target is; unknown for a descriptor's number.
    pub span: Option<Span>,
    /// What it does.
    pub kind: RedirectKind,
    /// The file, the text, or the descriptor.
    pub target: Word,
}

/// What a redirection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`, `>>`, `>|`, `<>`, `&>`
    Write,
    /// `>&1`, `<&-`, and also `>&file`
    Duplicate,
    /// `<<EOF` and `<<<`
    Text,
}

/// What kind of compound command it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{ ...; }`
    Group,
    /// `( ... )`
    Subshell,
    /// `for NAME in ...`
    For,
    /// `for ((...))`
    ArithmeticFor,
    /// `case`
    Case,
    /// `if`
    If,
    /// `while` and `until`
    Loop,
    /// `((...))`
    Arithmetic,
}

/// A compound command.
#[derive(Debug, Clone)]
pub struct Compound {
    /// Where it is.
    pub span: Span,
    /// Its kind.
    pub kind: Kind,
    /// A loop's variable.
    pub variable: Option<String>,
    /// What a `for` goes through, what a `case` compares, and arithmetic.
    pub words: Vec<Word>,
    /// Conditions and bodies, in order.
    pub bodies: Vec<List>,
    /// Of the whole command.
    pub redirects: Vec<Redirect>,
}

/// A function's definition.
#[derive(Debug, Clone)]
pub struct Function {
    /// Where it is.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// What it runs.
    pub body: Box<Compound>,
}

/// `[[ ... ]]`
#[derive(Debug, Clone)]
pub struct Test {
    /// Where it is.
    pub span: Span,
    /// Its operands.
    pub words: Vec<Word>,
    /// Whether an operand is evaluated as arithmetic or as a variable's name (`-eq`, `-v`).
    pub evaluates: bool,
    /// Of the whole command.
    pub redirects: Vec<Redirect>,
}

/// One word.
#[derive(Debug, Clone)]
pub struct Word {
    /// Where it is.
    pub span: Span,
    /// As written; line continuations may be left out.
    pub text: String,
    /// What it is made of.
    pub pieces: Vec<Piece>,
}

impl Word {
    /// Its value, if nothing in it depends on the moment of running: no expansion, no glob.
    pub fn literal(&self) -> Option<String> {
        let text = self.pieces.iter().try_fold(String::new(), |sum, piece| {
            let Piece::Text { text, .. } = piece else {
                return None;
            };
            Some(sum + text)
        })?;
        (!self.has_pattern()).then_some(text)
    }

    /// Its pieces without those that are empty, which quotes leave behind.
    pub fn solid(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(|it| !matches!(it, Piece::Text { text, .. } if text.is_empty()))
    }

    /// Whether it is a glob or a brace expansion, whose parts may be quoted: `{"-o",f}`.
    pub fn has_pattern(&self) -> bool {
        let unquoted = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text { text, quoted } if !quoted => Some(text.as_str()),
            _ => None,
        });
        has_pattern(&unquoted.collect::<String>())
    }
}

/// Whether an unquoted text is a pattern or a brace expansion.
fn has_pattern(text: &str) -> bool {
    let braces = text.contains('{') && (text.contains(',') || text.contains(".."));
    let extended = ["@(", "!(", "+("].iter().any(|start| text.contains(start));
    text.contains(['*', '?']) || (text.contains('[') && text != "[") || braces || extended
}

/// A part of a word.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text, without the quotes and escapes around it.
    Text {
        /// The text.
        text: String,
        /// Whether it was quoted, and so is neither split nor a pattern.
        quoted: bool,
    },
    /// `$X` and everything in `${...}`.
    Parameter(Parameter),
    /// `$(...)` and backquotes.
    Substitution {
        /// Where it is.
        span: Span,
        /// Whether it stands in double quotes.
        quoted: bool,
        /// What it runs.
        body: List,
    },
    /// `<(...)` and `>(...)`.
    Process {
        /// Where it is.
        span: Span,
        /// What it runs.
        body: List,
    },
    /// `$((...))`.
    Arithmetic {
        /// Where it is.
        span: Span,
        /// The expression.
        text: String,
        /// What is expanded in it.
        pieces: Vec<Piece>,
    },
    /// `~`, `~user`.
    Tilde,
    /// Something that the parser did not take apart, and why.
    Opaque(String),
}

/// How a parameter is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// `$X`, `${X#y}`, ...: needs a value.
    Value,
    /// `${X:-d}`, `${X+y}`: works without one.
    Default,
    /// `${X:=d}`: works without one, and gives it one.
    Assign,
    /// `${!X}`, `${X@P}`: evaluates what it holds.
    Evaluate,
}

/// A parameter's expansion.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The variable's name; a digit or a sign for the others.
    pub name: String,
    /// Where the expansion is.
    pub span: Span,
    /// Whether it stands in double quotes.
    pub quoted: bool,
    /// How it is used.
    pub used: Use,
    /// Whether it becomes several words even in quotes: `$@`, `${a[@]}`.
    pub many: bool,
    /// Its default, pattern, index.
    pub pieces: Vec<Piece>,
}
