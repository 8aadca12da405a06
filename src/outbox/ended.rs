//! Ended alerts, with the state that their owner needs to publish later handling steps.
//!
//! Their bounds are the owner's ([`crate::analysis::alert_lifecycle::ended`]); what is beyond them leaves in the transaction
//! that adds the next. Must never hold up or change what is sent.

use rusqlite::{Connection, Transaction};

use super::OutboxError;
use super::store::Store;
use crate::analysis::alert_lifecycle::ended::{KEPT, kept_since};
use crate::analysis::time::Timestamp;
use crate::text::outbox_step as step;

/// All without an index: its pages may be the damaged ones. The first column is the order.
pub(super) const SALVAGE: &str =
    "SELECT rowid, alert_id, ended_ms, state FROM ended_alert NOT INDEXED ORDER BY rowid";

/// An alert that has ended.
#[derive(Debug)]
pub(super) struct EndedAlert {
    pub(super) alert_id: String,
    pub(super) ended_ms: i64,
    pub(super) state: Vec<u8>,
}

/// Stores its end or a later revision, made at `at`; without a state the entry is removed.
pub(super) fn keep(
    tx: &Transaction<'_>,
    alert: &str,
    state: Option<&[u8]>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM open_alert WHERE alert_id = ?")?.execute([alert])?;
    let Some(state) = state else {
        tx.prepare_cached("DELETE FROM ended_alert WHERE alert_id = ?")?.execute([alert])?;
        return Ok(());
    };
    add(tx, alert, at.as_millisecond(), state)?;
    tx.prepare_cached("DELETE FROM ended_alert WHERE ended_ms < ?")?
        .execute([kept_since(at).as_millisecond()])?;
    tx.prepare_cached(
        "DELETE FROM ended_alert WHERE alert_id IN
         (SELECT alert_id FROM ended_alert ORDER BY ended_ms DESC, rowid DESC LIMIT -1 OFFSET ?)",
    )?
    .execute([i64::try_from(KEPT).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// The time of the end stays that of the first one.
pub(super) fn add(tx: &Transaction<'_>, alert: &str, ended_ms: i64, state: &[u8]) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO ended_alert (alert_id, ended_ms, state) VALUES (?, ?, ?)
         ON CONFLICT (alert_id) DO UPDATE SET state = excluded.state",
    )?
    .execute((alert, ended_ms, state))?;
    Ok(())
}

fn states(conn: &Connection) -> rusqlite::Result<Vec<Vec<u8>>> {
    let mut statement = conn.prepare_cached("SELECT state FROM ended_alert ORDER BY ended_ms, rowid")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

impl Store {
    pub(super) fn ended_alerts(&mut self) -> Result<Vec<Vec<u8>>, OutboxError> {
        self.attempt(step::read_ended_alerts, |store| states(&store.conn))
    }
}
