//! The catalogue's form: what may stand in one of its TOML files.
//!
//! A rule lists every option that is known to be harmless, by its exact spelling, and what else
//! an option can do. What is not listed is unknown. Lists are written as words between blanks.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::probe::Probe;
use super::{Effect, Trait};

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Its commands.
    pub command: Vec<Rule>,
    /// What tells where they would act; after all commands.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "found without parsing the whole file"))]
    pub probe: Vec<Probe>,
}

/// A command, or a sub-command of one.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "keys of a file that people write")]
pub(super) struct Rule {
    /// The programs that it is for; empty for a sub-command.
    pub names: String,
    /// The sub-command: `a b, c|d e` are the paths `a b`, `c e` and `d e`; `get-*` is every token
    /// that begins so, `*` every token. The longest path wins, of equal ones the strictest.
    pub path: String,
    /// Words that may stand before a sub-command and say nothing of what it does: `beta`.
    pub tracks: String,
    /// What it does if every option is known. Unknown if left out.
    pub effect: Option<Effect>,
    /// What it does, as a sentence without its subject: "changes config vars".
    pub reason: String,
    /// Options without a value; `-NUM` is `-5`.
    pub bool: String,
    /// Options with a value: `--a b`, `--a=b`, `-ab`.
    pub value: String,
    /// Options whose value only comes glued: `--a`, `--a=b`.
    pub optional: String,
    /// Options that name a file that is written to: harmless for `-`, `/dev/null` and the like.
    pub out: String,
    /// Options with a value that are harmless only with these values; `a*` is every one that
    /// begins so, if it has neither `..` nor `%` in it.
    pub only: BTreeMap<String, String>,
    /// Options that change something, and what they do.
    pub write: BTreeMap<String, String>,
    /// Options that make it run or read what nobody has looked at, and what they do: unknown.
    pub refused: BTreeMap<String, String>,
    /// Options of which one must be there, or it is not known only to read.
    pub needs: String,
    /// What it does without any of them, if that is known: a write.
    pub otherwise: String,
    /// Options that are not listed change nothing; what follows a long one is its value, unless
    /// it is an option, too (aws, gcloud, az).
    pub lenient: bool,
    /// Options with which it does not end by itself.
    pub stream: String,
    /// Options with which it talks to a person.
    pub tty: String,
    /// Options with which it prints secret values.
    pub secret: String,
    /// Words that an operand may hold, and the options with which it then prints secret values;
    /// any form of it, if there are none. An operand that is known later may hold them all.
    pub reveals: BTreeMap<String, String>,
    /// Options that send data: a write, unless the method says otherwise.
    pub data: String,
    /// Options that give the HTTP method.
    pub method: String,
    /// Options that turn data into a query.
    pub get: String,
    /// Options with which it ends by itself, though it has the trait `streaming`.
    pub ends: String,
    /// Options with which it leaves before its input ends; all forms, if `*`.
    pub early: String,
    /// What may follow the options.
    pub operands: Operands,
    /// Where options may stand.
    pub order: Order,
    /// Its own options stand before its sub-commands only: after one they mean what that one says.
    pub scoped: bool,
    /// Whether long options have one dash.
    pub dashes: Dashes,
    /// No argument whatsoever makes it change anything.
    pub inert: bool,
    /// The hosts that it talks to; without this it gets no network.
    pub network: Option<Network>,
    /// Variables that hold its credentials: it gets them, and they may be set for it.
    pub credentials: String,
    /// Other variables that it may be given: they change what it shows, not what it does.
    pub variables: String,
    /// Variables that hold whenever it runs in read-only mode, and keep it from writing or
    /// starting something; `$SCRATCH` stands for the scratch folder.
    pub guards: BTreeMap<String, String>,
    /// The only programs that it may start in read-only mode, beside itself and the helpers that
    /// are installed with it; without this, any.
    pub starts: Option<String>,
    /// Touches no network, and no file but to read it: may run in a rehearsal.
    pub pure: bool,
    /// The arguments with which it tells its version; `--version` where nothing is said.
    pub version: String,
    /// Always.
    pub traits: Vec<Trait>,
    /// Statuses that are no failure, and what they mean.
    pub benign: BTreeMap<String, String>,
    /// A language in its arguments, which a small analyser reads.
    pub language: Option<Language>,
    /// Options whose value is text in that language.
    pub script: String,
    /// It runs a command that its arguments name.
    pub wraps: Option<Wraps>,
    /// When it opens a session.
    pub session: Option<Session>,
    /// When its input comes from elsewhere, it neither talks to a person nor opens a session.
    pub fed: bool,
    /// It sends its input elsewhere: only an empty input is known to change nothing.
    pub sends_input: bool,
    /// What it looks at and read-only mode hides from it, as a sentence without its subject, by the
    /// options with which it looks there: `*` is always, `alone` without operands, `named` with one.
    pub hidden: BTreeMap<String, String>,
    /// The same for what only the kernel's layers hide: sockets of daemons, privileges.
    pub confined: BTreeMap<String, String>,
    /// Variables that lead to its settings; without any of them it looks in the home folder.
    pub settings: String,
    /// Options with which it looks elsewhere, where nothing is hidden.
    pub visible: String,
    /// Sub-commands; what a sub-command does not say itself holds for it, too.
    pub sub: Vec<Rule>,
    /// Lines that the rule must judge so.
    pub examples: Examples,
}

impl Rule {
    /// The variables that it lists, its sub-commands' included.
    pub fn variables(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let of_network = |pick: fn(&Network) -> &str| self.network.as_ref().map_or("", pick);
        let endpoints = of_network(|network| network.variables.as_str());
        let repositories = of_network(|network| network.repository_variables.as_str());
        let lists = [self.credentials.as_str(), &self.variables, endpoints, repositories];
        let own = lists.into_iter().flat_map(str::split_whitespace);
        Box::new(own.chain(self.sub.iter().flat_map(Self::variables)))
    }

    /// Where it connects to, and where its subcommands do.
    pub fn networks(&self) -> Box<dyn Iterator<Item = &Network> + '_> {
        Box::new(self.network.iter().chain(self.sub.iter().flat_map(Self::networks)))
    }
}

/// Lines that show what a rule allows.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Examples {
    /// Judged read.
    pub read: Vec<String>,
    /// Judged unknown or write.
    pub refused: Vec<String>,
}

/// What may follow the options.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Operands {
    /// Anything.
    #[default]
    Any,
    /// Nothing.
    None,
    /// At most that many.
    Max(usize),
    /// Files that it writes to: `-`, `/dev/null` and the like.
    Out,
    /// Paths without `..`.
    Below,
    /// Addresses of web pages.
    Url,
    /// Names of variables.
    Names,
    /// Keys, none of which is given a value with `=`.
    Keys,
}

/// Which hosts a command talks to.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Network {
    /// Hosts that it talks to where nothing else names one: `api.heroku.com`,
    /// `*.amazonaws.com`, `HOST:PORT`; port 443 where none is named.
    pub hosts: String,
    /// Options whose value is a host or an address.
    pub options: String,
    /// Variables whose value is a host or an address.
    pub variables: String,
    /// The port of a host without one.
    pub port: Option<u16>,
    /// Options whose value is the port.
    pub ports: String,
    /// Which operands are hosts or addresses.
    pub operands: Addresses,
    /// Options with which all operands are.
    pub targets: String,
    /// Options whose value is a repository, `[HOST/]OWNER/NAME` or its address; what is one among
    /// the operands counts as well.
    pub repositories: String,
    /// Variables whose value is one.
    pub repository_variables: String,
    /// Addresses without a scheme may have a path behind them: `a.example/x`.
    pub pages: bool,
    /// It goes where a configuration outside of the runbook sends it (a kubeconfig, a profile): a
    /// team lists the tool instead of hosts.
    pub configured: bool,
    /// It goes where a file of the working directory sends it, which whoever changes the repository
    /// writes: nothing that a team lists holds it.
    pub strays: bool,
}

impl Network {
    /// Whether a variable decides where it goes.
    pub fn obeys(&self, variable: &str) -> bool {
        lists(&self.variables, variable) || lists(&self.repository_variables, variable)
    }
}

/// Which operands are hosts or addresses.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Addresses {
    /// None of them.
    #[default]
    None,
    /// The first one: `ssh`, `ping`.
    First,
    /// All of them: `curl`, `dig`.
    All,
}

/// Where options may stand.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    /// Anywhere.
    #[default]
    Permuted,
    /// Only before the first operand.
    First,
    /// Nowhere: a language reads all arguments.
    Raw,
}

/// How long options are spelled.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Dashes {
    /// `--long`, `-abc` is three.
    #[default]
    Two,
    /// `-long`.
    One,
}

/// A language in a command's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    /// `sed`'s.
    Sed,
    /// `printf`'s formats.
    Printf,
    /// The operators of `test` and `[`.
    Test,
    /// What follows `set`.
    Set,
    /// What follows `date`: `+FORMAT` or nothing.
    Date,
    /// `export NAME=value`.
    Export,
    /// The headers and formats of `curl` and `gh api`.
    Http,
    /// `awk`'s.
    Awk,
    /// The operands of `git branch`, `tag`, and of what talks to a remote.
    Git,
    /// The expressions of `find`.
    Find,
    /// The bundles of `tar`.
    Tar,
    /// The files that `openssl` is given.
    Openssl,
    /// The options after `ssh -o`.
    Ssh,
    /// The text that follows `sh -c`.
    Shell,
    /// SQL in the options that the rule lists as `script`, or the last operand.
    Sql,
    /// The commands of `redis-cli`.
    Redis,
    /// The scripts of `mongosh`.
    Mongo,
}

/// How a command names the command that it runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "keys of a file that people write")]
pub(super) struct Wraps {
    /// Operands before the command.
    pub skip: usize,
    /// `NAME=value` may stand before it.
    pub assignments: bool,
    /// The operands are joined to one text that a shell reads.
    pub joined: bool,
    /// The value of this option is a text that a shell reads.
    pub script: String,
    /// With one of these options it runs nothing.
    pub lookup: String,
    /// The value of this option is replaced in the command by what nobody has seen.
    pub replaces: String,
    /// The value of this option is a variable that the command does not get.
    pub unsets: String,
    /// The command runs on another machine or in a container.
    pub remote: bool,
    /// The command gets more arguments that nobody has seen.
    pub appends: bool,
    /// With one of these options it may take no heed of `replaces`, and append.
    pub counts: String,
}

/// When a command opens a session.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Session {
    /// Not with one of these options.
    pub unless: String,
    /// Not with more operands than that.
    pub operands: Option<usize>,
}

/// Whether a list holds a word. It is looked for and not cut out: lists are long, and every option
/// of every command is looked up in a dozen of them. memchr would first ask what the processor can
/// do, which on a virtual machine takes a gate longer than all its lists.
pub(super) fn lists(list: &str, word: &str) -> bool {
    if word.is_empty() || word.len() > list.len() || word.contains(char::is_whitespace) {
        return false;
    }
    let ends = |beside: Option<char>| beside.is_none_or(char::is_whitespace);
    list.match_indices(word).any(|(at, _)| {
        ends(list[..at].chars().next_back()) && ends(list[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::lists;

    #[test]
    fn a_list_holds_its_words_and_no_part_of_one() {
        let case = |list: &str, word: &str, expected| {
            assert_eq!(lists(list, word), expected, "{word:?} in {list:?}");
            assert_eq!(list.split_whitespace().any(|listed| listed == word), expected);
        };
        for word in ["-a", "--all", "-aa", "é"] {
            case("-a --all\n-aa\u{a0}é", word, true);
        }
        for word in ["", "a", "-", "--al", "-all", "-a --all", "-aa\u{a0}é", " ", "-a -a"] {
            case("-a --all\n-aa\u{a0}é", word, false);
        }
        case("-aa-a -a-a", "-a-a", true);
        case("aaa aa", "aa", true);
        case("", "-a", false);
    }
}
