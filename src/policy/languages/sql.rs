//! SQL that only reads, for `psql`, `mysql`, `sqlite3` and what hands a text to one of them.
//!
//! Comes in: parsed arguments and their rules. Goes out: objections. Texts are the values of the
//! options that a rule lists as `script`; for `sqlite3` also the operands after the database. A
//! text is cut into tokens ([`lex`]) on which the three dialects agree, and refused where they do
//! not; then each of its statements must be one that is known to read ([`statement`]). It knows
//! nothing of a database: a view or an operator can hide a function that does more.

mod lex;
mod statement;

use crate::source::Span;

use super::super::arguments::Argument;
use super::super::options::{Objection, Parsed};
use super::super::rule::{Rule, lists};
use super::{unknown, write};

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Postgres,
    MySql,
    Sqlite,
}

/// Why a text is not known to read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    /// It changes something: a sentence without its subject.
    Write(String),
    /// It may: a sentence without its subject.
    Unknown(String),
}

impl Refusal {
    fn because(text: &str) -> Self {
        Self::Unknown(text.to_owned())
    }
}

/// What SQL, commands of the clients and addresses of databases object to.
pub(super) fn sql(parsed: &Parsed, rules: &[&Rule]) -> Vec<Objection> {
    let dialect = dialect(rules);
    let options = rules.iter().map(|rule| rule.script.as_str()).collect::<Vec<_>>().join(" ");
    let mut texts: Vec<_> = parsed.values_of(&options).collect();
    let mut found = Vec::new();
    match dialect {
        Dialect::Sqlite => {
            // `-cmd` comes before what stands on the standard input.
            let operands = parsed.operands.get(1..).unwrap_or_default();
            if operands.is_empty() {
                texts.clear();
            }
            texts.extend(operands);
        }
        Dialect::Postgres => {
            let databases = parsed.operands.iter().chain(parsed.values_of("-d --dbname"));
            found.extend(databases.filter_map(address));
        }
        Dialect::MySql => {}
    }
    if texts.is_empty() && !options.trim().is_empty() && !parsed.has("-l --list") {
        let span = parsed.operands.first().map_or(Span::new(0, 0), |first| first.span);
        found.push(unknown("reads statements that nobody has looked at", span));
    }
    found.extend(texts.into_iter().filter_map(|text| objection(text, dialect)));
    let settings = parsed.values_of("-P --pset").filter(|it| may_page(it));
    found.extend(settings.map(|it| unknown("may start a pager", it.span)));
    found
}

/// Whether a setting of `psql` is about its pager, other than to switch it off.
fn may_page(setting: &Argument) -> bool {
    let text = setting.text().map(|text| text.replace(['=', ' '], ""));
    text.is_none_or(|text| text.contains("pager") && text != "pageroff" && text != "pager0")
}

fn dialect(rules: &[&Rule]) -> Dialect {
    let names = rules.last().map(|rule| rule.names.as_str()).unwrap_or_default();
    if lists(names, "mysql") {
        Dialect::MySql
    } else if lists(names, "sqlite3") {
        Dialect::Sqlite
    } else {
        Dialect::Postgres
    }
}

fn objection(argument: &Argument, dialect: Dialect) -> Option<Objection> {
    let Some(text) = argument.text() else {
        // What stands for a value can end the literal that it stands in.
        return Some(unknown("gets SQL that is known only when it runs", argument.span));
    };
    let refusal = read(text, dialect).err()?;
    Some(match refusal {
        Refusal::Write(text) => write(&text, argument.span),
        Refusal::Unknown(text) => unknown(&text, argument.span),
    })
}

/// Whether a text only reads.
fn read(text: &str, dialect: Dialect) -> Result<(), Refusal> {
    match dialect {
        // `psql -c` takes one command of its own, or SQL alone (psql-ref, `-c`).
        Dialect::Postgres if text.starts_with('\\') => meta_command(&text[1..], &PSQL),
        Dialect::Sqlite if text.starts_with('.') => meta_command(&text[1..], &SQLITE),
        _ => {
            let tokens = lex::tokens(text, dialect)?;
            let statements = tokens.split(|token| *token == lex::Token::End);
            statements
                .filter(|statement| !statement.is_empty())
                .try_for_each(|statement| statement::read(statement, dialect))
        }
    }
}

/// The commands of a client that only show, or change how it shows.
struct Commands {
    /// Whole names.
    names: &'static str,
    /// Beginnings of names that stand for a family of them.
    family: &'static str,
}

/// psql-ref, meta-commands. `\d` and what begins so describe.
const PSQL: Commands = Commands {
    names: "l l+ list list+ x a t timing conninfo encoding echo q sf sf+ sv sv+ z zS du dg \
        copyright errverbose h help H",
    family: "d",
};

/// cli.html of sqlite.
const SQLITE: Commands = Commands {
    names: "tables schema indexes indices databases dbinfo headers header mode width show nullvalue \
        separator timeout timer bail echo fullschema print changes eqp stats version",
    family: "",
};

fn meta_command(text: &str, commands: &Commands) -> Result<(), Refusal> {
    let mut words = text.split([' ', '\t']);
    let name = words.next().unwrap_or_default();
    let described = name.strip_prefix(commands.family).unwrap_or("-");
    let of_family = !commands.family.is_empty()
        && described.chars().all(|c| c.is_ascii_alphabetic() || c == '+');
    if !of_family && !lists(commands.names, name) {
        return Err(Refusal::Unknown(format!("runs `{name}`, which may do more than show")));
    }
    // No quotes, backquotes, pipes, variables or second command.
    let plain = |c: char| c.is_ascii_alphanumeric() || " \t_.*?-+,%".contains(c);
    if text[name.len()..].chars().all(plain) {
        Ok(())
    } else {
        Err(Refusal::Unknown(format!("gives `{name}` what is no plain word")))
    }
}

/// Parameters of a connection that only say who asks, and how (libpq, "Parameter Key Words").
/// `options` can undo that it is read-only, `sslkeylogfile` writes, and of `sslkey` and its like
/// OpenSSL may take the beginning for a library to be loaded.
const PARAMETERS: &str = "dbname user password connect_timeout client_encoding application_name \
    fallback_application_name sslmode ssl sslcompression sslsni channel_binding gssencmode \
    target_session_attrs keepalives keepalives_idle keepalives_interval keepalives_count \
    tcp_user_timeout pgbouncer sslnegotiation ssl_min_protocol_version";

/// Parameters that name files which are only read.
const FILES: &str = "sslrootcert sslcrl sslcert sslkey";

/// Parameters that say where it goes. In an address they overrule the host that stands in it.
const PLACES: &str = "host hostaddr port";

/// `postgresql://host/app?sslmode=require`, `host=a dbname=app`.
fn address(database: &Argument) -> Option<Objection> {
    let text = database.known.as_str();
    let known = if text.starts_with("postgresql://") || text.starts_with("postgres://") {
        let settings = text.split_once('?').map(|(_, settings)| settings).unwrap_or_default();
        settings.split('&').all(|setting| is_known_parameter(setting, ""))
    } else {
        let unspaced = text.replace(" =", "=").replace("= ", "=");
        unspaced.split_whitespace().all(|setting| is_known_parameter(setting, PLACES))
    };
    (!known).then(|| unknown("gets a parameter that the catalogue lacks", database.span))
}

fn is_known_parameter(setting: &str, more: &str) -> bool {
    let Some((name, value)) = setting.split_once('=') else { return true };
    let file = lists(FILES, name) && !value.contains([':', '%', '\\']);
    file || lists(PARAMETERS, name) || lists(more, name)
}

#[cfg(test)]
mod tests {
    use super::{Dialect, read};
    use Dialect::{MySql, Postgres, Sqlite};

    fn reads(text: &str, dialect: Dialect) {
        assert_eq!(read(text, dialect), Ok(()), "{text}");
    }

    fn refuses(text: &str, dialect: Dialect) {
        assert!(read(text, dialect).is_err(), "{dialect:?} reads: {text}");
    }

    const DIALECTS: [Dialect; 3] = [Postgres, MySql, Sqlite];

    #[test]
    fn queries_are_read_in_every_dialect() {
        for dialect in DIALECTS {
            let case = |text: &str| reads(text, dialect);
            case("select 1");
            case("SELECT count(*) FROM jobs WHERE state = 'it''s; drop table t' ;");
            case("select a.b, \"Odd; name\" from a join b using (id) where a.x in (1, 2.5, 3e4)");
            case("with t as (select 1), u as (select 2) select * from t, u");
            case("(select 1) union all (select 2)");
            case("select coalesce(max(id), 0) from t -- the last\nwhere x > 1");
            case("select /* why */ 1; select 2;");
            case("select case when (a) then (b) else c end from t order by (a) limit 5");
            case("explain select 1");
            case("begin; select 1; commit");
            case("");
        }
    }

    #[test]
    fn what_may_change_something_is_read_in_no_dialect() {
        for dialect in DIALECTS {
            let case = |text: &str| refuses(text, dialect);
            case("drop table t");
            case("select 1; drop table t");
            case("select 1;drop table t");
            case("with d as (delete from t returning *) select * from d");
            case("with d as (select 1) insert into t select * from d");
            case("select * into x from t");
            case("select * from t for update");
            case("select * from t for no key update");
            case("select * from t for share");
            case("select * from t for key share");
            case("select * from t lock in share mode");
            case("select pg_terminate_backend(1)");
            case("select pg_terminate_backend (1)");
            case("select pg_terminate_backend/* a */(1)");
            case("select \"pg_terminate_backend\"(1)");
            case("select 'a'(1)");
            case("select pg_catalog . pg_terminate_backend(1)");
            case("select evil.count(1)");
            case("select evil.values(1)");
            case("select (x).f(1)");
            case("select nextval('s')");
            case("select next value for s");
            case("select s.nextval");
            case("select U&\"pg!005fx\" uescape '!' (1)");
            case("select 1into t");
            case("select '\\'; drop table t; --'");
            case("select \"\\\"; drop table t; --\"");
            case("select 1 --x\n; drop table t");
            case("select 1 /*! ; drop table t */");
            case("select 1 /*+ x */");
            case("select 1 /* /* */ ; drop table t -- */ */");
            case("select 1 /* unended");
            case("select 'unended");
            case("select $$a$$");
            case("select $1");
            case("select :x");
            case("select 1 \\! touch f");
            case("select 1\n\\! touch f");
            case(" \\! touch f");
            case("select 1 \\gexec");
            case("select ` 1");
            case("select 1 # x");
            case("select {x}");
            case("select\u{a0}1");
            case("select 1\u{0}");
            case("call p()");
            case("do $$ begin end $$");
            case("explain analyze delete from t");
            case("explain (analyze) delete from t");
            case("explain create table t as select 1");
            case("begin read write");
            case("set role postgres");
            case("set transaction_read_only = off");
            case("set statement_timeout = (select f())");
            case("prepare x as select 1");
            case("vacuum");
            case("reset all");
            case("analyze t");
            case("create table x as select 1");
            case("truncate t");
            case("copy t to '/tmp/x'");
            case("copy t from stdin");
            case("copy (select 1) to program 'x'");
            case("select load_file('x')");
            case("select 1 into outfile 'x'");
            case("select writefile('a', 'b')");
            case("select load_extension('a')");
            case("lock table t");
            case("notify x");
            case("listen x");
            case("discard all");
            case("refresh materialized view x");
            case("values (f(1))");
            case("table f(1)");
        }
    }

    #[test]
    fn what_is_known_to_change_something_is_told_so() {
        let case = |text: &str| {
            let refusal = read(text, Postgres).unwrap_err();
            assert!(matches!(refusal, super::Refusal::Write(_)), "{text}: {refusal:?}");
        };
        case("drop table t");
        case("with d as (delete from t returning *) select * from d");
        case("select pg_terminate_backend(pid) from pg_stat_activity");
        case("copy t from stdin");
        assert!(matches!(read("select f(1)", Postgres), Err(super::Refusal::Unknown(_))));
    }

    #[test]
    fn postgres_has_its_own_reads() {
        let case = |text: &str| reads(text, Postgres);
        case(
            "SELECT pid, state, query FROM pg_stat_activity WHERE state <> 'idle' ORDER BY query_start LIMIT 20;",
        );
        case("select now() - pg_last_xact_replay_timestamp() AS lag");
        case("select pg_size_pretty(pg_database_size(current_database()))");
        case(
            "select relname, pg_size_pretty(pg_total_relation_size(relid)) from pg_catalog.pg_statio_user_tables order by pg_total_relation_size(relid) desc limit 10",
        );
        case(
            "select a::text, data->>'b', data #>> '{a}' from t where x ~* 'y' and z = any(array['a','b'])",
        );
        case(
            "select date_trunc('hour', created_at), count(*) filter (where x) over (partition by y) from t group by 1",
        );
        case("show max_connections");
        case("explain (analyze, buffers, format json) select 1");
        case("explain (select 1)");
        case("table jobs");
        case("values (1, 'a')");
        case("set statement_timeout = '5s'; select 1");
        case("set local lock_timeout to 100; select 1");
        case("begin transaction read only; select 1; rollback");
        case("copy (select a, count(*) from t group by a) to stdout with (format csv, header)");
        case("copy jobs to stdout csv header");
        case("select extract(epoch from now() - max(created_at))::int from jobs");
        case("\\dt");
        case("\\d+ public.jobs");
        case("\\l");
        case("\\x");
        case("\\conninfo");
        refuses("copy (delete from t returning a) to stdout", Postgres);
        refuses("copy (select 1) to stdout; copy t to program 'x'", Postgres);
        refuses("copy t to stdout where f(1)", Postgres);
        refuses("copy (select pg_sleep(1)) to stdout", Postgres);
    }

    #[test]
    fn commands_of_psql_that_do_more_than_show_are_refused() {
        let case = |text: &str| refuses(text, Postgres);
        case("\\copy t to f");
        case("\\! touch f");
        case("\\o f");
        case("\\i f");
        case("\\ir f");
        case("\\g f");
        case("\\w f");
        case("\\dt \\! touch f");
        case("\\dt `touch f`");
        case("\\dt | touch f");
        case("\\dt :x");
        case("\\dt 'a'");
        case("\\dt\n\\! touch f");
        case("\\dt;\\! x");
        case("\\echo `touch f`");
        case("\\setenv A b");
        case("\\set a b");
        case("\\cd /");
        case("\\c other");
        case("\\e");
        case("\\watch");
        case("\\gexec");
        case("\\s f");
        case("\\password");
        case("\\lo_import f");
        case("\\d'touch'");
        case("\\");
    }

    #[test]
    fn mysql_has_its_own_reads() {
        let case = |text: &str| reads(text, MySql);
        case("SHOW PROCESSLIST");
        case("SHOW SLAVE STATUS\\G");
        case("SHOW SLAVE STATUS\\G;");
        case("show create table t; show grants for 'a'@'b'");
        case("show variables like 'max_%'");
        case("use app; show tables");
        case("desc t");
        case("describe app.t");
        case("explain format=json select 1");
        case("select @@version, `odd` from `a`.`b`");
        case(
            "select table_schema, round(sum(data_length + index_length) / 1024, 1) from information_schema.tables group by table_schema",
        );
        case("set session max_execution_time = 1000; select 1");
        refuses("\\! touch f", MySql);
        refuses("system touch f", MySql);
        refuses("select 1; source f", MySql);
        refuses("select 1\\Gdrop table t", MySql);
        refuses("tee f", MySql);
        refuses("pager touch", MySql);
        refuses("delimiter //", MySql);
        refuses("use app drop", MySql);
        refuses("desc f(1)", MySql);
        refuses("flush tables", MySql);
        refuses("kill 5", MySql);
        refuses("set global x = 1", MySql);
        refuses("select sleep(5)", MySql);
        refuses("select benchmark(1, 2)", MySql);
        refuses("show tables where f(1)", MySql);
        refuses("select @x := 1", MySql);
        refuses("replace into t values (1)", MySql);
        refuses("table t into outfile 'x'", MySql);
    }

    #[test]
    fn sqlite_has_its_own_reads() {
        let case = |text: &str| reads(text, Sqlite);
        case(".tables");
        case(".schema jobs");
        case("pragma table_info(jobs)");
        case("PRAGMA integrity_check;");
        case("pragma user_version");
        case("explain query plan select 1");
        refuses(".shell touch f", Sqlite);
        refuses(".system touch f", Sqlite);
        refuses(".output f", Sqlite);
        refuses(".once f", Sqlite);
        refuses(".import f t", Sqlite);
        refuses(".backup f", Sqlite);
        refuses(".save f", Sqlite);
        refuses(".open f", Sqlite);
        refuses(".read f", Sqlite);
        refuses(".load f", Sqlite);
        refuses(".log f", Sqlite);
        refuses(".tables\n.shell touch f", Sqlite);
        refuses(" .shell touch f", Sqlite);
        refuses("select 1;\n.shell touch f", Sqlite);
        refuses("pragma user_version = 5", Sqlite);
        refuses("pragma user_version(5)", Sqlite);
        refuses("pragma journal_mode = wal", Sqlite);
        refuses("pragma journal_mode(wal)", Sqlite);
        refuses("pragma wal_checkpoint", Sqlite);
        refuses("pragma table_info(f(1))", Sqlite);
        refuses("attach 'f' as g", Sqlite);
        refuses("vacuum into 'f'", Sqlite);
        refuses("select [ ' ] ; drop table t; --'", Sqlite);
    }
}
