//! Which statements only read.
//!
//! Comes in: the tokens of one statement. Goes out: nothing, or why it is not known to read. What
//! is called is looked for by name: any word before a parenthesis that is neither a known function
//! nor a keyword is refused, and so is every word that could make a query change something.

use super::super::super::rule::lists;
use super::lex::Token;
use super::{Dialect, Refusal};

/// Words that may stand before a parenthesis without calling anything.
const KEYWORDS: &str = "select from where and or not in exists any all some array row as on using \
    when then else by union intersect except distinct limit offset having join case between like \
    ilike is over filter group sets rollup cube lateral interval materialized values with \
    partition numeric decimal varchar char character timestamp time float";

/// Functions that compute from their arguments, and those that tell about the server; those of
/// Postgres, `MySQL` and `SQLite` in that order.
const FUNCTIONS: &str = "count sum avg min max coalesce nullif greatest least now age length lower \
    upper trim ltrim rtrim btrim substring substr replace left right lpad rpad position strpos \
    concat concat_ws format split_part initcap reverse repeat md5 abs ceil ceiling floor round \
    trunc mod power sqrt exp ln log sign random cast extract date_trunc date_part to_char to_date \
    to_timestamp to_number make_interval make_date justify_interval justify_hours \
    clock_timestamp statement_timestamp transaction_timestamp current_timestamp current_time \
    localtimestamp stddev variance bool_and bool_or every array_agg string_agg array_length \
    array_to_string string_to_array unnest cardinality generate_series row_number rank dense_rank \
    percent_rank ntile lag lead first_value last_value nth_value percentile_cont percentile_disc \
    mode json_agg jsonb_agg json_object_agg jsonb_object_agg json_build_object \
    jsonb_build_object json_build_array jsonb_build_array json_array_length jsonb_array_length \
    json_array_elements jsonb_array_elements json_array_elements_text jsonb_array_elements_text \
    json_each jsonb_each json_each_text jsonb_each_text json_object_keys jsonb_object_keys \
    json_extract_path json_extract_path_text jsonb_extract_path jsonb_extract_path_text \
    json_typeof jsonb_typeof jsonb_pretty to_json to_jsonb row_to_json regexp_replace \
    regexp_matches regexp_match regexp_split_to_table quote_ident quote_literal version \
    current_database current_schema current_schemas current_setting current_user session_user \
    inet_server_addr inet_server_port inet_client_addr pg_backend_pid pg_size_pretty \
    pg_size_bytes pg_database_size pg_total_relation_size pg_relation_size pg_table_size \
    pg_indexes_size pg_tablespace_size pg_column_size pg_is_in_recovery pg_is_wal_replay_paused \
    pg_last_xact_replay_timestamp pg_last_wal_receive_lsn pg_last_wal_replay_lsn \
    pg_current_wal_lsn pg_current_wal_insert_lsn pg_current_wal_flush_lsn pg_wal_lsn_diff \
    pg_walfile_name pg_current_xlog_location pg_xlog_location_diff pg_last_xlog_receive_location \
    pg_last_xlog_replay_location pg_postmaster_start_time pg_conf_load_time pg_blocking_pids \
    pg_get_indexdef pg_get_constraintdef pg_get_viewdef pg_get_functiondef pg_get_expr \
    pg_get_userbyid pg_get_serial_sequence pg_table_is_visible pg_encoding_to_char obj_description \
    col_description format_type pg_typeof to_regclass has_table_privilege has_database_privilege \
    has_schema_privilege txid_current_snapshot pg_current_snapshot pg_stat_get_activity \
    pg_control_checkpoint pg_lock_status pg_stat_get_wal_senders age_in_days \
    ifnull if isnull date date_format date_add date_sub datediff timestampdiff timediff \
    time_to_sec sec_to_time unix_timestamp from_unixtime curdate curtime utc_timestamp sysdate \
    year month day hour minute second dayofweek week quarter group_concat char_length field \
    find_in_set substring_index database schema user connection_id json_extract json_unquote \
    json_length json_contains any_value convert hex unhex truncate inet_ntoa inet_aton \
    datetime julianday strftime typeof instr printf total iif json_group_array json_group_object \
    sqlite_version last_insert_rowid pragma_table_info pragma_index_list pragma_database_list";

/// Functions that change something, of which it is as well to be told.
const CHANGING_FUNCTIONS: &str = "pg_terminate_backend pg_cancel_backend pg_reload_conf \
    pg_rotate_logfile pg_switch_wal pg_switch_xlog pg_promote pg_wal_replay_pause \
    pg_wal_replay_resume pg_create_restore_point pg_drop_replication_slot \
    pg_create_physical_replication_slot pg_create_logical_replication_slot pg_stat_reset \
    pg_stat_statements_reset nextval setval set_config dblink_exec lo_import lo_export lo_unlink";

/// Words with which a query does more than read; none of them is quoted.
const CHANGING: &str = "insert update delete merge into call execute truncate drop alter create \
    grant revoke";

/// Words with which it locks, writes a file, or spells a name so that it cannot be read here.
const DOUBTFUL: &str = "lock outfile dumpfile uescape nextval procedure prepare copy do handler";

/// First words of statements that change something.
const WRITES: &str = "insert update delete merge replace drop truncate create alter grant revoke \
    vacuum reindex cluster comment rename copy refresh import load lock kill flush optimize repair \
    purge attach detach call do notify reassign security";

/// Whether one statement only reads.
pub(super) fn read(statement: &[Token], dialect: Dialect) -> Result<(), Refusal> {
    let (first, rest) = statement.split_first().expect("empty statements are left out");
    let word = first.word().unwrap_or_default();
    match word {
        "select" | "with" | "values" | "table" => query(statement),
        "" if *first == Token::Sign('(') => query(statement),
        "explain" => explain(rest, dialect),
        "describe" | "desc" if dialect == Dialect::MySql => explain(rest, dialect),
        "show" if dialect != Dialect::Sqlite => calls(statement),
        "set" if dialect != Dialect::Sqlite => setting(rest),
        "begin" | "start" | "commit" | "rollback" | "end" => transaction(statement),
        "use" if dialect == Dialect::MySql && matches!(rest, [Token::Word(_) | Token::Quoted]) => {
            Ok(())
        }
        "pragma" if dialect == Dialect::Sqlite => pragma(rest),
        "copy" if dialect == Dialect::Postgres => copy(rest),
        _ if lists(WRITES, word) => Err(Refusal::Write(format!("changes something with `{word}`"))),
        _ => Err(Refusal::Unknown(format!("runs `{word}`, which is not known to read"))),
    }
}

/// `SELECT`, `WITH`, `VALUES`, `TABLE` and what may stand in them.
fn query(tokens: &[Token]) -> Result<(), Refusal> {
    for (at, token) in tokens.iter().enumerate() {
        let Some(word) = token.word() else {
            continue;
        };
        // A function, not the statement.
        let called = tokens.get(at + 1) == Some(&Token::Sign('('));
        if lists(CHANGING, word) && !(word == "truncate" && called) {
            return Err(Refusal::Write(format!("changes something with `{word}`")));
        }
        let next = tokens.get(at + 1).and_then(Token::word).unwrap_or_default();
        let locks = word == "for" && lists("update share no key", next);
        if lists(DOUBTFUL, word) || locks || word == "next" && next == "value" {
            return Err(Refusal::Unknown(format!("uses `{word}` in a query")));
        }
    }
    calls(tokens)
}

/// Every call must be one of a known function.
fn calls(tokens: &[Token]) -> Result<(), Refusal> {
    let mut opened = tokens.iter().enumerate().filter(|(_, token)| **token == Token::Sign('('));
    opened.try_for_each(|(at, _)| match tokens[..at].last() {
        None => Ok(()),
        Some(Token::Word(word)) => call(word, &tokens[..at - 1]),
        Some(Token::Sign(sign)) if !")].".contains(*sign) => Ok(()),
        Some(_) => Err(Refusal::because("calls what is not named by a plain word")),
    })
}

fn call(name: &str, before: &[Token]) -> Result<(), Refusal> {
    let known = match before {
        [.., schema, Token::Sign('.')] => {
            schema.is("pg_catalog") && lists(FUNCTIONS, name) && !is_longer_name(before)
        }
        _ => lists(KEYWORDS, name) || lists(FUNCTIONS, name),
    };
    if known {
        Ok(())
    } else if lists(CHANGING_FUNCTIONS, name) {
        Err(Refusal::Write(format!("changes something with `{name}`")))
    } else {
        Err(Refusal::Unknown(format!("calls `{name}`, which the catalogue lacks")))
    }
}

/// Whether a schema is itself part of something.
fn is_longer_name(before: &[Token]) -> bool {
    matches!(before, [.., Token::Sign('.'), _, Token::Sign('.')])
}

/// What follows `EXPLAIN`. With `ANALYZE` it carries out the statement, which must read anyway.
fn explain(mut rest: &[Token], dialect: Dialect) -> Result<(), Refusal> {
    const OPTIONS: &str = "analyze verbose extended partitions query plan costs buffers timing \
        settings wal summary format json text xml yaml tree traditional on off true false \
        generic_plan memory serialize none";
    let is_option = |token: &Token| token.word().is_some_and(|word| lists(OPTIONS, word));
    if let [Token::Sign('('), inner @ ..] = rest {
        let end = inner.iter().take_while(|it| is_option(it) || **it == Token::Sign(',')).count();
        if end > 0 && inner.get(end) == Some(&Token::Sign(')')) {
            rest = &inner[end + 1..];
        }
    }
    while let [first, after @ ..] = rest
        && (is_option(first) || *first == Token::Sign('='))
    {
        rest = after;
    }
    let names = |token: &Token| matches!(token, Token::Word(_) | Token::Quoted | Token::Sign('.'));
    let first = rest.first().and_then(Token::word).unwrap_or_default();
    match rest {
        [Token::Sign('('), ..] => query(rest),
        _ if lists("select with values table", first) => query(rest),
        [_] | [_, Token::Sign('.'), _] if dialect == Dialect::MySql && rest.iter().all(names) => {
            Ok(())
        }
        _ => Err(Refusal::because("explains what is not known to read")),
    }
}

/// `SET statement_timeout = '5s'`: how long it may take, and how values are shown.
fn setting(rest: &[Token]) -> Result<(), Refusal> {
    const NAMES: &str = "statement_timeout lock_timeout idle_in_transaction_session_timeout \
        timezone datestyle intervalstyle extra_float_digits max_execution_time names";
    let rest = match rest {
        [first, after @ ..] if first.is("session") || first.is("local") => after,
        _ => rest,
    };
    let value = |token: &Token| matches!(token, Token::Quoted | Token::Number | Token::Word(_));
    let known = |name: &Token| name.word().is_some_and(|name| lists(NAMES, name));
    match rest {
        [name, Token::Sign('='), given] if known(name) && value(given) => Ok(()),
        [name, to, given] if known(name) && to.is("to") && value(given) => Ok(()),
        [name, given] if name.is("names") && value(given) => Ok(()),
        [time, zone, given] if time.is("time") && zone.is("zone") && value(given) => Ok(()),
        _ => Err(Refusal::because("changes a setting that the catalogue lacks")),
    }
}

/// `BEGIN READ ONLY`, `COMMIT`.
fn transaction(tokens: &[Token]) -> Result<(), Refusal> {
    const WORDS: &str = "begin start commit rollback end transaction work read only isolation level \
        repeatable serializable committed uncommitted not deferrable";
    let known = |token: &Token| {
        *token == Token::Sign(',') || token.word().is_some_and(|word| lists(WORDS, word))
    };
    if tokens.iter().all(known) {
        Ok(())
    } else {
        Err(Refusal::because("begins or ends a transaction in a way that the catalogue lacks"))
    }
}

/// `PRAGMA table_info(t)`. Most pragmas set what they are given.
fn pragma(rest: &[Token]) -> Result<(), Refusal> {
    const SHOWING: &str = "table_info table_xinfo table_list index_list index_info index_xinfo \
        foreign_key_list foreign_key_check integrity_check quick_check database_list page_count \
        page_size freelist_count journal_mode user_version schema_version application_id encoding \
        compile_options auto_vacuum synchronous foreign_keys cache_size collation_list";
    const ASKING: &str = "table_info table_xinfo table_list index_list index_info index_xinfo \
        foreign_key_list foreign_key_check integrity_check quick_check";
    let named = |list: &str, name: &Token| name.word().is_some_and(|name| lists(list, name));
    let name = |token: &Token| matches!(token, Token::Quoted | Token::Number | Token::Word(_));
    match rest {
        [pragma] if named(SHOWING, pragma) => Ok(()),
        [pragma, Token::Sign('('), of, Token::Sign(')')] if named(ASKING, pragma) && name(of) => {
            Ok(())
        }
        _ => Err(Refusal::because("uses a pragma that may change something")),
    }
}

/// `COPY t TO STDOUT`, `COPY (SELECT ...) TO STDOUT`.
fn copy(rest: &[Token]) -> Result<(), Refusal> {
    const OPTIONS: &str = "with format csv text binary header delimiter null quote escape encoding \
        force true false on off";
    let to = rest.windows(2).rposition(|pair| pair[0].is("to") && pair[1].is("stdout"));
    let Some(to) = to else {
        return Err(Refusal::Write("copies into a table or a file".to_owned()));
    };
    let (what, options) = (&rest[..to], &rest[to + 2..]);
    let option = |token: &Token| match token {
        Token::Word(word) => lists(OPTIONS, word),
        Token::Quoted | Token::Sign('(' | ')' | ',') => true,
        _ => false,
    };
    let part = |token: &Token| matches!(token, Token::Word(_) | Token::Quoted | Token::Sign('.'));
    match what {
        _ if !options.iter().all(option) => Err(Refusal::because("copies in an unknown way")),
        [Token::Sign('('), inner @ .., Token::Sign(')')] => {
            read(inner_of(inner)?, Dialect::Postgres)
        }
        [_, ..] if what.iter().all(part) => query(what),
        _ => Err(Refusal::because("copies what is not known to be read")),
    }
}

fn inner_of(inner: &[Token]) -> Result<&[Token], Refusal> {
    let queries = inner.first().is_some_and(|it| it.is("select") || it.is("with"));
    if queries { Ok(inner) } else { Err(Refusal::because("copies what is no query")) }
}
