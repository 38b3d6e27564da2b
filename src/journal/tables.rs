//! A file of tables that survives the power, and that several processes may open at once.

use rusqlite::{Connection, TransactionBehavior};

/// Sets a connection up, and makes the tables where there are none; returns the form of those that
/// are there: a newer program may have made them.
pub fn prepare(connection: &mut Connection, tables: &str, form: i64) -> rusqlite::Result<i64> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let found = form_of(connection)?;
    if found != 0 {
        return Ok(found);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been quicker.
    if form_of(&transaction)? == 0 {
        transaction.execute_batch(tables)?;
        transaction.pragma_update(None, "user_version", form)?;
    }
    transaction.commit()?;
    form_of(connection)
}

fn form_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
