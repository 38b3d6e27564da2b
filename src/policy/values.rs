//! What is known of the variables of a text before it runs.
//!
//! Comes in: the lists of a whole text. Goes out: [`Values`]: for a use of a variable, its value, or
//! what it looks like. Known is only what cannot be otherwise: a name that the whole text touches
//! once, by a plain assignment at its top level, which every later place therefore sees; and the
//! variable of a `for`, inside of it. Wherever something could touch any name at all, nothing is
//! known. What is said here is judged again when the command is about to start.

mod prints;
mod touches;

use std::collections::BTreeMap;

use crate::shell::{
    Assignment, Command, Compound, Kind, List, Parameter, Piece, Simple, Statement, Use, Word,
};

use self::touches::Touches;

/// The longest value that is followed, in bytes: a text of a few lines can double one again and
/// again.
const LONGEST: usize = 64 * 1024;

/// What is known of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// All of it.
    Text(String),
    /// One word that is no option and that bash takes as it stands.
    One,
    /// Lines that hold one such word each, or nothing at all.
    Lines,
    /// One such word each, or nothing; all of them numbers.
    Number,
}

impl Value {
    /// Whether it is a number, or a text that is one.
    pub fn is_number(&self) -> bool {
        match self {
            Self::Number => true,
            Self::Text(text) => is_number(text),
            Self::One | Self::Lines => false,
        }
    }
}

/// What is known of the variables of a text.
#[derive(Debug, Default)]
pub(super) struct Values {
    known: BTreeMap<String, Vec<Known>>,
}

/// Where something is known of a variable.
#[derive(Debug)]
struct Known {
    from: usize,
    to: usize,
    value: Value,
}

impl Values {
    /// Of the lists that make up a text, in order.
    pub fn of<'a>(lists: impl Iterator<Item = &'a List> + Clone) -> Self {
        let touches = Touches::of(lists.clone());
        let mut values = Self::default();
        if touches.any_name {
            return values;
        }
        for item in lists.flat_map(|list| &list.items) {
            let alone = !item.background && item.and_or.first.stages.len() == 1;
            if let Some(Command::Simple(simple)) =
                item.and_or.first.stages.first().filter(|_| alone)
            {
                values.plain(simple, &touches);
            }
            for stage in item.and_or.pipelines().flat_map(|pipeline| &pipeline.stages) {
                values.loops(stage, &touches);
            }
        }
        values
    }

    /// What is known at a use of a variable: `$X` or `${X}`, and nothing that takes it apart.
    pub fn at(&self, parameter: &Parameter) -> Option<&Value> {
        let length = parameter.span.end - parameter.span.start;
        let plain = length == parameter.name.len() + 1 || length == parameter.name.len() + 3;
        let whole =
            plain && parameter.used == Use::Value && !parameter.many && parameter.pieces.is_empty();
        whole.then(|| self.named(&parameter.name, parameter.span.start))?
    }

    /// Whether a name holds a number wherever the text uses it from a place on.
    pub fn is_number(&self, name: &str, at: usize) -> bool {
        match self.named(name, at) {
            Some(value) => value.is_number(),
            None => false,
        }
    }

    /// What a substitution prints.
    pub fn printed(body: &List) -> Option<Value> {
        prints::printed(body)
    }

    /// What the stages of a pipeline print, the last of them.
    pub fn piped(stages: &[Command]) -> Option<Value> {
        prints::stages(stages)
    }

    fn named(&self, name: &str, at: usize) -> Option<&Value> {
        let places = self.known.get(name)?;
        let place = places.iter().rfind(|place| place.from <= at && at < place.to)?;
        Some(&place.value)
    }

    fn learn(&mut self, name: &str, from: usize, to: usize, value: Value) {
        self.known.entry(name.to_owned()).or_default().push(Known { from, to, value });
    }

    /// Assignments that are a command of their own.
    fn plain(&mut self, simple: &Simple, touches: &Touches) {
        if !simple.words.is_empty() || !simple.redirects.is_empty() {
            return;
        }
        for assignment in &simple.assignments {
            if !touches.is_only(&assignment.name) || is_the_shells_own(&assignment.name) {
                continue;
            }
            if let Some(value) = self.assigned(assignment) {
                let from = assignment.words.last().map_or(assignment.span.end, |it| it.span.end);
                self.learn(&assignment.name, from, usize::MAX, value);
            }
        }
    }

    fn assigned(&self, assignment: &Assignment) -> Option<Value> {
        let [word] = assignment.words.as_slice() else {
            return None;
        };
        if assignment.array || assignment.append || !assignment.indices.is_empty() {
            return None;
        }
        match word.solid().collect::<Vec<_>>().as_slice() {
            [Piece::Substitution { body, .. }] => Self::printed(body),
            _ => self.joined(&word.pieces).map(Value::Text),
        }
    }

    /// The text of pieces that are all known. Bash expands `~` in what is assigned, and no pattern.
    fn joined(&self, pieces: &[Piece]) -> Option<String> {
        pieces.iter().try_fold(String::new(), |sum, piece| match piece {
            Piece::Text { text, quoted } if *quoted || !text.contains('~') => Some(sum + text),
            Piece::Parameter(parameter) => match self.at(parameter)? {
                Value::Text(text) if sum.len() + text.len() <= LONGEST => Some(sum + text),
                _ => None,
            },
            _ => None,
        })
    }

    /// The variables of loops, in their bodies.
    fn loops(&mut self, command: &Command, touches: &Touches) {
        let Command::Compound(compound) = command else {
            return;
        };
        if let Some(name) = compound.variable.as_deref().filter(|_| compound.kind == Kind::For) {
            self.looped(name, compound, touches);
        }
        let items = compound.bodies.iter().flat_map(|body| &body.items);
        for stage in items.flat_map(|item| item.and_or.pipelines()).flat_map(|it| &it.stages) {
            self.loops(stage, touches);
        }
    }

    fn looped(&mut self, name: &str, compound: &Compound, touches: &Touches) {
        let all = !compound.words.is_empty() && compound.words.iter().all(|word| self.is_one(word));
        if all && touches.is_only(name) && !is_the_shells_own(name) {
            self.learn(name, compound.span.start, compound.span.end, Value::One);
        }
    }

    /// Whether a word of a `for` becomes such words as [`Value::One`] says.
    fn is_one(&self, word: &Word) -> bool {
        match word.pieces.as_slice() {
            [Piece::Substitution { body, quoted: false, .. }] => Self::printed(body).is_some(),
            [Piece::Parameter(it)] if !it.quoted => match self.at(it) {
                Some(Value::Text(text)) => text.split_whitespace().all(is_plain),
                other => other.is_some(),
            },
            _ => word.literal().is_some_and(|text| is_plain(&text)) || is_range(&word.text),
        }
    }
}

/// Whether statements may change a variable while they run.
pub fn may_change(statements: &[Statement], name: &str) -> bool {
    Touches::of(statements.iter().map(|statement| &statement.node)).has(name)
}

/// Whether bash takes an unquoted text for one word as it stands, and no program for an option.
pub fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/:@%,-".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

fn is_number(text: &str) -> bool {
    let digits = !text.is_empty() && text.len() < 18 && text.chars().all(|c| c.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

/// `{1..5}`
fn is_range(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let bounds = inner.and_then(|inner| inner.split_once(".."));
    bounds.is_some_and(|(from, to)| is_number(from) && is_number(to))
}

/// Variables that bash itself gives values, or takes values from.
fn is_the_shells_own(name: &str) -> bool {
    const OWN: &[&str] = &[
        "_",
        "RANDOM",
        "SRANDOM",
        "SECONDS",
        "LINENO",
        "PWD",
        "OLDPWD",
        "REPLY",
        "OPTARG",
        "OPTIND",
        "OPTERR",
        "MAPFILE",
        "COPROC",
        "PIPESTATUS",
        "DIRSTACK",
        "GROUPS",
        "UID",
        "EUID",
        "PPID",
        "HOSTNAME",
        "HOSTTYPE",
        "MACHTYPE",
        "OSTYPE",
        "FUNCNAME",
        "SHLVL",
        "COLUMNS",
        "LINES",
        "EPOCHSECONDS",
        "EPOCHREALTIME",
        "HISTCMD",
        "TERM",
    ];
    let beginnings = ["BASH", "COMP", "READLINE", "HIST", "LC_"];
    OWN.contains(&name) || beginnings.iter().any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use std::process::Command as Process;

    use proptest::prelude::*;

    use super::Values;
    use crate::policy::arguments::{Argument, Rest, arguments};
    use crate::shell::{self, Command, List, Simple};

    /// Prints its arguments between signs that nothing else holds.
    const SHOW: &str = "show() { printf '\\x1d'; for it in \"$@\"; do printf '%s\\x1e' \"$it\"; done; printf '\\x1f'; }\n";

    /// What a text may do to `X` and `Y` before it uses them.
    const BEFORE: &[&str] = &[
        "X=a",
        "X=-d",
        "X='a b'",
        "X='a -b'",
        "X='*'",
        "X=",
        "X=~",
        "X=a:b",
        "X=7",
        "X=\"$Y\"",
        "Y=c",
        "Y=$X",
        "Y=-y",
        "Y=\"b\"c",
        "X=$Y$Y",
        "(X=-s)",
        "false && X=-f",
        "true || X=-g",
        "true && X=-t",
        "if true; then X=-h; fi",
        "if false; then X=-i; fi",
        "X=-p true",
        "read X <<< -r",
        "read Y X <<< '-r -r'",
        "unset X",
        ": ${X:=-z}",
        ": ${Y:=-z}",
        "export X=-e",
        "printf -v X %s -v",
        "X+=-q",
        "for X in b c; do :; done",
        "for X in -l; do :; done",
        "while read X; do :; done <<< -w",
        "X=$(echo -o)",
        "X=$(seq 3)",
        "X=$(seq 2 | head -1)",
        "X=$(date +%s)",
        "X=\"$(seq 2 | tail -1)\"",
        "X=$(printf 'a\\nb\\n' | wc -l)",
        "X=$(printf 'a\\n-b\\n' | head -2)",
        "X=a | cat",
        "X=-m & wait",
        "case a in a) X=-c;; esac",
        "{ X=-b; }",
        "eval X=-E",
        "f() { X=-F; }; f",
        "declare X=-D",
        "declare -i X",
        "((X=5))",
        "X=(a b)",
        "X[0]=-A",
        "echo $((X=1)) >/dev/null",
        "let X=3",
        "X=$(seq 2 | grep -c 9)",
        "readonly Y=-k",
        "X=a; X=-2",
        "mapfile -t X <<< -M",
        "command read X <<< -C",
        "until X=-u; do :; done",
        "! X=-n",
        "time X=v",
        "Y=${X:-w}",
        "set -- -1; X=$1",
        "X=$(seq 9 > /dev/null)",
        "printf -vX %s -V",
    ];

    /// How it uses them.
    const AFTER: &[&str] = &[
        "show $X",
        "show \"$X\"",
        "show ${X}",
        "show \"${X}\"",
        "show p$X",
        "show \"$X-s\"",
        "show $X-s",
        "show \"$Y$X\"",
        "show $Y$X",
        "show \"${X%a}\"",
        "show ${#X}",
        "show ${X:-d}",
        "for X in a b; do show $X; done",
        "for Z in $X; do show $Z; done",
        "for Z in a -b; do show $Z; done",
        "for Z in $X c; do show \"$Z\"; done",
        "for Z in {1..3}; do show $Z; done",
        "for Z in $(seq 2); do show \"$Z\" x$Z; done",
        "for X in a; do X=-x; show $X; done",
        "for Z in a; do show $Z $X; done; show $Z",
        "for Z in $(seq 0); do :; done; show $Z",
        "(show $X)",
        "show $(seq 3)",
        "show \"$(seq 2)\"",
        "show \"$(seq 0)-z\"",
        "show $(seq 2 0)-z",
        "for Z; do show $Z; done",
    ];

    fn simple_commands(list: &List) -> Vec<&Simple> {
        let pipelines = list.items.iter().flat_map(|item| item.and_or.pipelines());
        let stages = pipelines.flat_map(|pipeline| &pipeline.stages);
        stages
            .flat_map(|stage| match stage {
                Command::Simple(simple) => vec![simple],
                Command::Compound(it) => it.bodies.iter().flat_map(simple_commands).collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    /// Whether what bash passes on is what is said of it.
    fn fits(argument: &Argument, shown: &[&str]) -> bool {
        let no_option = |it: &&str| !format!("{}{it}", argument.known).starts_with('-');
        match argument.rest {
            Rest::None => shown == [argument.known.as_str()],
            Rest::Name => shown.len() == 1 && shown.iter().all(no_option),
            Rest::Names => shown.iter().all(no_option),
            _ => true,
        }
    }

    /// What bash passes to `show`, call by call.
    fn passed(text: &str) -> Vec<Vec<String>> {
        let bash = Process::new("bash")
            .args(["--norc", "-c", &format!("{SHOW}{text}"), "_", "-first"])
            .envs([("X", "-inherited"), ("Z", "-inherited")])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("bash is here");
        let printed = String::from_utf8_lossy(&bash.stdout).into_owned();
        let calls = printed.split('\x1d').skip(1).filter_map(|call| call.split_once('\x1f'));
        calls.map(|(call, _)| call.split_terminator('\x1e').map(str::to_owned).collect()).collect()
    }

    fn check(text: &str) {
        let Ok(script) = shell::parse(text) else {
            return;
        };
        let lists = || script.statements.iter().map(|statement| &statement.node);
        let values = Values::of(lists());
        let shows: Vec<_> = lists().flat_map(simple_commands).collect();
        let shows =
            shows.into_iter().filter(|it| it.words.first().is_some_and(|w| w.text == "show"));
        let said: Vec<_> = shows.map(|it| arguments(it, &values)).collect();
        for call in passed(text) {
            let call: Vec<_> = call.iter().map(String::as_str).collect();
            let right = said.iter().any(|said| match &said[1..] {
                [one] => fits(one, &call),
                many if many.iter().all(|it| it.rest == Rest::None) => {
                    many.iter().map(|it| it.known.as_str()).eq(call.iter().copied())
                }
                many => {
                    many.len() == call.len() && many.iter().zip(&call).all(|(a, c)| fits(a, &[c]))
                        || many.iter().any(|it| it.rest == Rest::Split)
                }
            });
            assert!(right, "{text}\nbash: {call:?}\nsaid: {said:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn what_is_said_of_a_variable_is_what_bash_makes_of_it(
            before in prop::collection::vec(prop::sample::select(BEFORE), 0..3),
            after in prop::sample::select(AFTER),
        ) {
            check(&format!("{}\n{after}", before.join("\n")));
        }
    }

    #[test]
    fn every_way_to_set_a_variable_is_told_before_every_use() {
        for before in BEFORE {
            for after in AFTER.iter().take(4) {
                check(&format!("{before}; {after}"));
            }
        }
    }

    #[test]
    fn what_cannot_be_otherwise_is_known() {
        let known = |text: &str| {
            let script = shell::parse(text).unwrap();
            let lists = || script.statements.iter().map(|statement| &statement.node);
            let values = Values::of(lists());
            let commands: Vec<_> = lists().flat_map(simple_commands).collect();
            let words = arguments(commands.last().unwrap(), &values);
            words[1..].iter().map(|it| (it.known.clone(), it.rest)).collect::<Vec<_>>()
        };
        let text = |text: &str| (text.to_owned(), Rest::None);
        let case = |script: &str, expected: &[(String, Rest)]| {
            assert_eq!(known(script), expected, "{script}");
        };
        case("X=a; show $X", &[text("a")]);
        case("X='a b'\nshow $X \"$X\"", &[text("a"), text("b"), text("a b")]);
        case("X=a; Y=$X-b; show \"p/$Y\"", &[text("p/a-b")]);
        case("for X in a b; do show $X; done", &[(String::new(), Rest::Name)]);
        case("X=$(seq 3); show $X", &[(String::new(), Rest::Names)]);
        case("X=$(kubectl get pods -o name); show \"$X\"", &[(String::new(), Rest::Name)]);
        case("X=a; X=b; show $X", &[(String::new(), Rest::Split)]);
        case("true || X=a; show \"$X\"", &[(String::new(), Rest::Quoted)]);
        case("X=$(seq 3); show \"$X-a\"", &[(String::new(), Rest::Quoted)]);
        case("X=$(cat f); show \"$X\"", &[(String::new(), Rest::Quoted)]);
    }
}
