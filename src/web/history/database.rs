//! The tables of the history: how they are made, how a revision is stored in them, and what is damage.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DAMAGED, FILE, FORMAT, INDEXES, MOST_REVISIONS, REVISION_BYTES};
use crate::contract::Event;
use crate::contract::alert::AlertData;
use crate::text::{log_warn, page as say};
use crate::types::phase::PhaseReason;

/// With its tables, and whether they are new.
pub(super) fn prepared(conn: Connection) -> rusqlite::Result<(Connection, bool)> {
    let format: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let is_new = format != FORMAT;
    if is_new {
        // Of another version: what is in it comes again as far as the outbox has it.
        conn.execute_batch(
            "BEGIN;
             DROP TABLE IF EXISTS revision;
             DROP TABLE IF EXISTS alert;
             CREATE TABLE revision (
                alert_id TEXT NOT NULL, rev INTEGER NOT NULL, phase TEXT NOT NULL, reason TEXT NOT NULL,
                level TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (alert_id, rev)
             ) WITHOUT ROWID;
             CREATE TABLE alert (
                alert_id TEXT NOT NULL PRIMARY KEY, rev INTEGER NOT NULL, level INTEGER NOT NULL, kind TEXT NOT NULL,
                grid TEXT NOT NULL, cameras TEXT NOT NULL, started_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
                is_over INTEGER NOT NULL, is_taken INTEGER NOT NULL, body BLOB NOT NULL
             );
             PRAGMA user_version = 0;
             COMMIT;",
        )?;
    }
    if let Err(error) = conn.execute_batch(INDEXES) {
        if is_new || is_damage(&error) {
            return Err(error);
        }
        // Alerts that are here stay here, also where the disk has no room for an index.
        log_warn!(say::log_without_index(); %error);
    }
    Ok((conn, is_new))
}

/// Bytes of everything, about.
pub(super) fn size_of(conn: &Connection) -> rusqlite::Result<u64> {
    let bodies: u64 =
        conn.query_row("SELECT ifnull(sum(length(body)), 0) FROM alert", [], |row| row.get(0))?;
    let revisions: u64 = conn.query_row("SELECT count(*) FROM revision", [], |row| row.get(0))?;
    Ok(bodies + revisions * REVISION_BYTES)
}

/// Bytes that came and went.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) added: u64,
    pub(super) freed: u64,
}

/// Nothing comes of a revision that is here already, or was.
pub(super) fn store(tx: &Connection, alert: &AlertData, body: &[u8]) -> rusqlite::Result<Stored> {
    let before: Option<(u32, u64)> = tx
        .prepare_cached("SELECT rev, length(body) FROM alert WHERE alert_id = ?")?
        .query_row([&alert.alert_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let is_reminder = alert.phase_reason == PhaseReason::StillThere;
    let is_latest = before.is_none_or(|(rev, _)| alert.rev > rev);
    if is_reminder && !is_latest {
        return Ok(Stored::default());
    }
    let last = alert.ended_at.unwrap_or(alert.last_seen_at).0.as_millisecond();
    let new =
        tx.prepare_cached("INSERT OR IGNORE INTO revision VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
            alert.alert_id,
            alert.rev,
            word(&alert.phase),
            word(&alert.phase_reason),
            word(&alert.level),
            last
        ])?;
    if new == 0 {
        return Ok(Stored::default());
    }
    let deleted = trim_revisions(tx, alert, is_reminder)?;
    let mut stored = Stored { added: REVISION_BYTES, freed: deleted as u64 * REVISION_BYTES };
    if !is_latest {
        return Ok(stored);
    }
    let cameras: String = alert.origin.cameras.iter().map(|camera| format!("{},", camera.id)).collect();
    tx.prepare_cached("INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
        params![
            alert.alert_id,
            alert.rev,
            alert.level.severity(),
            alert.kind,
            alert.place.grid,
            format!(",{cameras}"),
            alert.started_at.0.as_millisecond(),
            last,
            alert.phase.is_last(),
            alert.acknowledged.is_some(),
            body,
        ],
    )?;
    stored.added += body.len() as u64;
    stored.freed += before.map_or(0, |(_, bytes)| bytes);
    Ok(stored)
}

/// Deletes the reminder before a reminder, and what is more than [`MOST_REVISIONS`]. Returned is how many.
fn trim_revisions(tx: &Connection, alert: &AlertData, is_reminder: bool) -> rusqlite::Result<usize> {
    let mut deleted = 0;
    if is_reminder {
        deleted += tx
            .prepare_cached(
                "DELETE FROM revision WHERE alert_id = ?1 AND reason = ?3 AND rev =
                 (SELECT max(rev) FROM revision WHERE alert_id = ?1 AND rev < ?2)",
            )?
            .execute(params![alert.alert_id, alert.rev, word(&alert.phase_reason)])?;
    }
    deleted += tx
        .prepare_cached(
            "DELETE FROM revision WHERE alert_id = ?1 AND rev <=
             (SELECT rev FROM revision WHERE alert_id = ?1 ORDER BY rev DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![alert.alert_id, MOST_REVISIONS])?;
    Ok(deleted)
}

/// The name of a value in the contract.
pub(super) fn word(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_str(word).ok()
}

pub(super) fn read(body: &[u8]) -> Option<AlertData> {
    serde_json::from_slice::<Event<AlertData>>(body).ok().map(|event| event.data)
}

pub(super) fn move_aside(folder: &Path, error: &rusqlite::Error) {
    let (file, aside) = (folder.join(FILE), folder.join(format!("{FILE}{DAMAGED}")));
    log_warn!(say::log_alerts_damaged(); %error, file = %file.display(), aside = %aside.display());
    let _ = fs::rename(&file, &aside);
    for rest in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("{FILE}{rest}")));
    }
}

pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}
