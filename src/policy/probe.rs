//! What tells where a tool would act: a probe, as the catalogue or a team writes it.
//!
//! Comes in: a `[[probe]]` of a catalogue file, or a `[[context]]` of `runbook.toml`. Goes out: what
//! is to be asked, and what an answer means. It asks nothing itself, and its command may only read:
//! a test holds ours to that, and a team's is judged when it is loaded.

use serde::Deserialize;

use crate::shell::quote;

/// One thing to ask about the place that some tools act in.
///
/// The first of these that has an answer tells it: a variable that the tools would see, a file of
/// the folder or of one above it, a command.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Probe {
    /// The programs that it is for; of every program where none is named.
    pub names: String,
    /// What its answer tells, one fact for each line or column.
    pub tells: Vec<Fact>,
    /// Variables, of which the first that is exported and not empty is the answer.
    pub variables: String,
    /// A file of the folder, or of the nearest one above that has it.
    pub file: String,
    /// What of the file is the answer: the first group of this extended regular expression.
    pub pattern: String,
    /// A command whose output is the answer.
    pub command: String,
    /// What it means when the command fails; without this the answer is unknown.
    pub failing: Option<String>,
    /// The commands that can make its answer another one, each a program and the words of a
    /// sub-command, between commas. Other commands of its own programs cannot; without this, all can.
    pub moved: String,
    /// Its command asks a service, or takes seconds to start: beyond the beginning it is asked only
    /// about what its own programs write.
    pub costly: bool,
}

/// One fact about a place.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fact {
    /// What it is: `cluster`, `account`.
    pub what: String,
    /// What an empty answer means; without this it is unknown.
    pub empty: Option<String>,
    /// The command that goes back to another answer; `{}` stands for it.
    pub back: Option<String>,
}

/// Where a team's own facts are listed that belong to no tool in particular.
const OF_ALL: &str = "team";

impl Probe {
    /// A team's own: what a command prints, for some tools or for all, and what goes back.
    pub fn of_team(name: &str, tools: &[String], command: &str, back: Option<&str>) -> Self {
        let back = back.map(ToOwned::to_owned);
        let fact = Fact { what: name.to_owned(), back, ..Fact::default() };
        let (names, command) = (tools.join(" "), command.to_owned());
        Self { names, tells: vec![fact], command, costly: true, ..Self::default() }
    }

    /// What is typed to make an earlier answer the answer again, where that is known: a variable that
    /// is set tells it before anything else. `is_set` knows those.
    pub fn way_back(
        &self,
        what: &str,
        value: &str,
        is_set: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let fact = self.tells.iter().find(|one| one.what == what)?;
        let known = self.variables.split_whitespace();
        let set: Vec<_> = known.clone().filter(|name| is_set(name)).collect();
        let nothing = [&fact.empty, &self.failing].into_iter().flatten().any(|it| it == value);
        let quoted = quote(value);
        match (set.as_slice(), &fact.back) {
            ([_, ..], _) if nothing => Some(format!("unset {}", set.join(" "))),
            ([name, ..], _) => Some(format!("export {name}={quoted}")),
            ([], Some(back)) => Some(back.replace("{}", &quoted)),
            ([], None) if nothing => None,
            ([], None) => Some(format!("export {}={quoted}", known.clone().next()?)),
        }
    }

    /// Whether only the shell itself can make its answer another one.
    pub fn is_of_shell(&self) -> bool {
        self.command.is_empty() && self.file.is_empty()
    }

    /// Whether a command, given by its arguments without options, is one that can make the answer
    /// another one.
    pub fn is_moved_by(&self, words: &[&str]) -> bool {
        let Some((program, words)) = words.split_first() else { return false };
        self.moved.split(',').any(|command| {
            let command: Vec<_> = command.split_whitespace().collect();
            let Some((moving, path)) = command.split_first() else { return false };
            let stands = path.is_empty() || words.windows(path.len()).any(|some| some == path);
            moving == program && stands
        })
    }

    /// Whether its own programs can make the answer another one with no other commands than these.
    pub fn knows_what_moves(&self) -> bool {
        !self.moved.is_empty()
    }

    /// The tool that its facts are listed under.
    pub fn tool(&self) -> &str {
        self.names.split_whitespace().next().unwrap_or(OF_ALL)
    }

    /// Whether it is for a program.
    pub fn is_for(&self, program: &str) -> bool {
        self.is_for_all() || self.names.split_whitespace().any(|name| name == program)
    }

    /// Whether it is for every program.
    pub fn is_for_all(&self) -> bool {
        self.names.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_moves_an_answer_where_its_words_stand_together() {
        let probe = Probe { moved: "kubectl config use-context, cdk".into(), ..Probe::default() };
        let case = |words: &str, expected: bool| {
            let words: Vec<_> = words.split(' ').collect();
            assert_eq!(probe.is_moved_by(&words), expected, "{words:?}");
        };
        case("kubectl config use-context a", true);
        case("kubectl value config use-context a", true);
        case("kubectl scale config", false);
        case("oc config use-context a", false);
        case("cdk deploy", true);
        case("kubectl", false);
    }

    #[test]
    fn the_way_back_is_a_variable_where_one_is_set_and_else_a_command() {
        let fact = |empty: Option<&str>, back: Option<&str>| Fact {
            what: "profile".into(),
            empty: empty.map(Into::into),
            back: back.map(Into::into),
        };
        let probe = |fact: Fact, variables: &str| Probe {
            tells: vec![fact],
            variables: variables.into(),
            ..Probe::default()
        };
        let case = |probe: &Probe, value: &str, set: &[&str], expected: Option<&str>| {
            let found = probe.way_back("profile", value, |name| set.contains(&name));
            assert_eq!(found.as_deref(), expected, "{value} {set:?}");
        };
        let by_variable = probe(fact(Some("default"), None), "A_PROFILE A_DEFAULT");
        case(&by_variable, "staging", &[], Some("export A_PROFILE=staging"));
        case(&by_variable, "staging", &["A_DEFAULT"], Some("export A_DEFAULT=staging"));
        case(&by_variable, "default", &["A_PROFILE"], Some("unset A_PROFILE"));
        case(&by_variable, "default", &[], None);
        let by_command = probe(fact(None, Some("tool use {}")), "A_PROFILE");
        case(&by_command, "a b", &[], Some("tool use 'a b'"));
        case(&by_command, "a", &["A_PROFILE"], Some("export A_PROFILE=a"));
        case(&probe(fact(None, None), ""), "a", &[], None);
    }
}
