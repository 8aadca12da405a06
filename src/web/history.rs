//! The alerts that the page knows: a consumer of the outbox with a database of its own.
//!
//! # Format and crash rules
//!
//! One SQLite database, `alerts.db` in the page's folder (write-ahead log, `synchronous=FULL`):
//!
//! | table | a row is |
//! |---|---|
//! | `revision` | one revision of an alert, as it was published |
//! | `alert` | what lists are made of: an alert with the number of its latest revision |
//!
//! What was read from the outbox is committed here before the consumer's cursor moves, so nothing is missed over a crash;
//! what is read twice is known again by alert and revision. A database that is damaged is moved aside, and the history
//! begins anew; where the disk cannot be written, it is in memory.
//!
//! Bounded in days and bytes: the oldest alerts go first. Must never keep the outbox waiting: its own thread only
//! hands out records, and everything else happens here.

use std::fs;
use std::path::Path;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter, types::Value};

use crate::analysis::time::Timestamp;
use crate::contract::Event;
use crate::contract::alert::AlertData;
use crate::outbox::{Batch, Consumer, ConsumerPolicy, Kind, Outbox, OutboxError};
use crate::text::{log_warn, page as say};
use crate::types::level::Level;

/// The consumer's name in the outbox.
pub const CONSUMER: &str = "page";
/// The database, in the page's folder.
const FILE: &str = "alerts.db";
/// The format; a file with another one is of another version.
const FORMAT: i64 = 1;
/// What waits in the outbox for the page at most, while it is slow or off.
const POLICY: ConsumerPolicy = ConsumerPolicy { rows: 50_000, bytes: 32 << 20, pictures: false };
/// Records that are read at once.
const BATCH: usize = 64;

/// Forgets the page's consumer: nothing is kept for a page that is switched off.
///
/// # Errors
/// The outbox cannot be written.
pub fn forget(outbox: &Outbox) -> Result<(), OutboxError> {
    outbox.unregister(CONSUMER)
}

/// Registers the page with the outbox.
pub(super) fn register(outbox: &Outbox) -> Result<Consumer, OutboxError> {
    outbox.register(CONSUMER, POLICY)
}

/// What is looked for in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) level: Option<Level>,
    pub(super) kind: Option<String>,
    pub(super) camera: Option<String>,
    /// A grid, with everything below it.
    pub(super) grid: Option<String>,
    /// Open or over.
    pub(super) is_over: Option<bool>,
    /// Began at this time or later.
    pub(super) from: Option<Timestamp>,
    /// Began before this time.
    pub(super) until: Option<Timestamp>,
}

/// Where the next page of the list begins: behind this alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct After {
    pub(super) is_over: bool,
    pub(super) alert_id: String,
}

/// What filters can be set to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Choices {
    pub(super) kinds: Vec<String>,
    pub(super) cameras: Vec<String>,
    pub(super) grids: Vec<String>,
}

/// The database, and how much it may hold.
#[derive(Debug)]
pub(super) struct History {
    conn: Connection,
    keep: Duration,
    keep_bytes: u64,
    bytes: u64,
    missed: u64,
    /// Whether it is forgotten at the next start, because the disk cannot be written.
    pub(super) is_in_memory: bool,
}

impl History {
    /// Opens it in the page's folder.
    pub(super) fn open(folder: &Path, keep: Duration, keep_bytes: u64) -> rusqlite::Result<Self> {
        let file = folder.join(FILE);
        let opened = Self::on_disk(&file).or_else(|error| {
            if !is_damage(&error) {
                return Err(error);
            }
            let aside = folder.join(format!("{FILE}.damaged"));
            log_warn!(say::log_alerts_damaged(); %error, file = %file.display(), aside = %aside.display());
            let _ = fs::rename(&file, &aside);
            for rest in ["-wal", "-shm"] {
                let _ = fs::remove_file(folder.join(format!("{FILE}{rest}")));
            }
            Self::on_disk(&file)
        });
        let (conn, is_in_memory) = match opened {
            Ok(conn) => (conn, false),
            Err(error) => {
                log_warn!(say::alerts_in_memory(); %error, file = %file.display());
                (prepared(Connection::open_in_memory()?)?, true)
            }
        };
        let bytes =
            conn.query_row("SELECT ifnull(sum(length(body)), 0) FROM revision", [], |row| row.get(0))?;
        Ok(History { conn, keep, keep_bytes, bytes, missed: 0, is_in_memory })
    }

    fn on_disk(file: &Path) -> rusqlite::Result<Connection> {
        let conn = Connection::open(file)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        prepared(conn)
    }

    /// Takes over the next records; how many bytes of them were news, `None` where there is none. Everything of a batch is
    /// here before the cursor moves.
    pub(super) fn follow(
        this: &Mutex<History>,
        consumer: &Consumer,
        now: Timestamp,
    ) -> Result<Option<u64>, FollowError> {
        // Readers of the page do not wait for the outbox.
        let batch = consumer.read(BATCH)?;
        let last = batch.records.last().map(|record| record.id);
        let added = this.lock().take(&batch, now)?;
        let Some(last) = last else { return Ok(None) };
        consumer.advance(last)?;
        Ok(Some(added))
    }

    /// Bytes of what was news.
    fn take(&mut self, batch: &Batch, now: Timestamp) -> rusqlite::Result<u64> {
        self.missed = batch.missed;
        let tx = self.conn.transaction()?;
        let mut added = 0;
        for record in batch.records.iter().filter(|record| record.kind == Kind::Alert) {
            match serde_json::from_slice::<Event<AlertData>>(&record.body) {
                Ok(event) => added += store(&tx, &event.data, &record.body)?,
                Err(error) => log_warn!(say::log_alert_unreadable(); %error, alert = record.alert_id),
            }
        }
        tx.commit()?;
        self.bytes += added;
        if added > 0 {
            self.trim(now)?;
        }
        Ok(added)
    }

    /// Deletes what is too old or too much.
    pub(super) fn trim(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let oldest = now.checked_sub(self.keep).unwrap_or(Timestamp::MIN).as_millisecond();
        let mut gone: Vec<String> = {
            let mut old = self.conn.prepare_cached("SELECT alert_id FROM alert WHERE last_ms < ?")?;
            let ids = old.query_map([oldest], |row| row.get(0))?;
            ids.collect::<rusqlite::Result<_>>()?
        };
        if self.bytes > self.keep_bytes {
            // A little more than needed, so that not each new one costs an old one.
            let mut too_much = self.bytes - self.keep_bytes + self.keep_bytes / 50;
            let mut all = self.conn.prepare_cached(
                "SELECT a.alert_id, sum(length(r.body)) FROM alert AS a JOIN revision AS r USING (alert_id)
                 GROUP BY a.alert_id ORDER BY a.alert_id",
            )?;
            let mut rows = all.query([])?;
            while too_much > 0
                && let Some(row) = rows.next()?
            {
                too_much = too_much.saturating_sub(row.get(1)?);
                gone.push(row.get(0)?);
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        let tx = self.conn.transaction()?;
        for alert_id in &gone {
            tx.execute("DELETE FROM revision WHERE alert_id = ?", [alert_id])?;
            tx.execute("DELETE FROM alert WHERE alert_id = ?", [alert_id])?;
        }
        let bytes =
            tx.query_row("SELECT ifnull(sum(length(body)), 0) FROM revision", [], |row| row.get(0))?;
        tx.commit()?;
        self.bytes = bytes;
        Ok(())
    }

    /// How many records the outbox gave up before the page had read them.
    pub(super) fn missed(&self) -> u64 {
        self.missed
    }

    /// The latest revisions of alerts: open ones first, then the latest first.
    pub(super) fn list(
        &self,
        filter: &Filter,
        after: Option<&After>,
        limit: usize,
    ) -> rusqlite::Result<Vec<AlertData>> {
        let (mut wheres, mut values) = filter.conditions();
        if let Some(After { is_over, alert_id }) = after {
            wheres.push("(a.is_over > ? OR (a.is_over = ? AND a.alert_id < ?))");
            values.extend([Value::from(*is_over), Value::from(*is_over), Value::from(alert_id.clone())]);
        }
        values.push(Value::from(i64::try_from(limit).unwrap_or(i64::MAX)));
        let wheres = if wheres.is_empty() { "1".to_owned() } else { wheres.join(" AND ") };
        let sql = format!(
            "SELECT r.body FROM alert AS a JOIN revision AS r ON r.alert_id = a.alert_id AND r.rev = a.rev
             WHERE {wheres} ORDER BY a.is_over, a.alert_id DESC LIMIT ?"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let bodies = statement.query_map(params_from_iter(values), |row| row.get::<_, Vec<u8>>(0))?;
        let mut found = Vec::new();
        for body in bodies {
            found.extend(read(&body?));
        }
        Ok(found)
    }

    /// Every revision of one alert that is here, the first one first.
    pub(super) fn alert(&self, alert_id: &str) -> rusqlite::Result<Vec<AlertData>> {
        let mut statement =
            self.conn.prepare_cached("SELECT body FROM revision WHERE alert_id = ? ORDER BY rev")?;
        let bodies = statement.query_map([alert_id], |row| row.get::<_, Vec<u8>>(0))?;
        let mut found = Vec::new();
        for body in bodies {
            found.extend(read(&body?));
        }
        Ok(found)
    }

    /// The latest revision of one alert.
    pub(super) fn latest(&self, alert_id: &str) -> rusqlite::Result<Option<AlertData>> {
        let sql = "SELECT body FROM revision WHERE alert_id = ? ORDER BY rev DESC LIMIT 1";
        let body = self.conn.query_row(sql, [alert_id], |row| row.get::<_, Vec<u8>>(0)).optional()?;
        Ok(body.and_then(|body| read(&body)))
    }

    /// How many alerts are open, and how many of them nobody took on.
    pub(super) fn open_counts(&self) -> rusqlite::Result<(u64, u64)> {
        self.conn.query_row(
            "SELECT count(*), ifnull(sum(NOT is_taken), 0) FROM alert WHERE NOT is_over",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// What there is to filter by.
    pub(super) fn choices(&self) -> rusqlite::Result<Choices> {
        let list = |sql: &str| -> rusqlite::Result<Vec<String>> {
            let mut statement = self.conn.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect()
        };
        let mut cameras: Vec<String> = list("SELECT DISTINCT cameras FROM alert")?
            .iter()
            .flat_map(|listed| listed.split(',').map(str::to_owned).collect::<Vec<_>>())
            .filter(|camera| !camera.is_empty())
            .collect();
        cameras.sort_unstable();
        cameras.dedup();
        Ok(Choices {
            kinds: list("SELECT DISTINCT kind FROM alert ORDER BY kind")?,
            cameras,
            grids: list("SELECT DISTINCT grid FROM alert ORDER BY grid")?,
        })
    }
}

impl Filter {
    fn conditions(&self) -> (Vec<&'static str>, Vec<Value>) {
        let (mut wheres, mut values) = (Vec::new(), Vec::new());
        let mut add = |condition: &'static str, all: Option<Vec<Value>>| {
            if let Some(all) = all {
                wheres.push(condition);
                values.extend(all);
            }
        };
        add("a.level = ?", self.level.map(|level| vec![Value::from(i64::from(level.severity()))]));
        add("a.kind = ?", self.kind.clone().map(|kind| vec![kind.into()]));
        let camera = self.camera.as_ref().map(|camera| vec![format!(",{camera},").into()]);
        add("instr(a.cameras, ?) > 0", camera);
        let grid = self.grid.clone().map(|grid| vec![grid.clone().into(), grid.into()]);
        add("substr(a.grid, 1, length(?)) = ?", grid);
        add("a.is_over = ?", self.is_over.map(|is_over| vec![is_over.into()]));
        add("a.started_ms >= ?", self.from.map(|from| vec![from.as_millisecond().into()]));
        add("a.started_ms < ?", self.until.map(|until| vec![until.as_millisecond().into()]));
        (wheres, values)
    }
}

/// Why the page does not get on.
#[derive(Debug, thiserror::Error)]
pub(super) enum FollowError {
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

fn prepared(conn: Connection) -> rusqlite::Result<Connection> {
    let format: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format != FORMAT {
        // Of another version: what is in it comes again as far as the outbox has it.
        conn.execute_batch(
            "BEGIN;
             DROP TABLE IF EXISTS revision;
             DROP TABLE IF EXISTS alert;
             CREATE TABLE revision (
                alert_id TEXT NOT NULL, rev INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (alert_id, rev)
             );
             CREATE TABLE alert (
                alert_id TEXT NOT NULL PRIMARY KEY, rev INTEGER NOT NULL, level INTEGER NOT NULL, kind TEXT NOT NULL,
                grid TEXT NOT NULL, cameras TEXT NOT NULL, started_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
                is_over INTEGER NOT NULL, is_taken INTEGER NOT NULL
             ) WITHOUT ROWID;
             CREATE INDEX alert_order ON alert (is_over, alert_id);
             CREATE INDEX alert_age ON alert (last_ms);
             PRAGMA user_version = 1;
             COMMIT;",
        )?;
    }
    Ok(conn)
}

/// Bytes that it takes; 0 for a revision that is here already.
fn store(tx: &Connection, alert: &AlertData, body: &[u8]) -> rusqlite::Result<u64> {
    let new = tx
        .prepare_cached("INSERT OR IGNORE INTO revision (alert_id, rev, body) VALUES (?, ?, ?)")?
        .execute(params![alert.alert_id, alert.rev, body])?;
    if new == 0 {
        return Ok(0);
    }
    let cameras: String = alert.origin.cameras.iter().map(|camera| format!("{},", camera.id)).collect();
    let last = alert.ended_at.unwrap_or(alert.last_seen_at);
    tx.prepare_cached(
        "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alert_id) DO UPDATE SET rev = excluded.rev,
         level = excluded.level, kind = excluded.kind, grid = excluded.grid, cameras = excluded.cameras,
         started_ms = excluded.started_ms, last_ms = excluded.last_ms, is_over = excluded.is_over,
         is_taken = excluded.is_taken WHERE excluded.rev > alert.rev",
    )?
    .execute(params![
        alert.alert_id,
        alert.rev,
        alert.level.severity(),
        alert.kind,
        alert.place.grid,
        format!(",{cameras}"),
        alert.started_at.0.as_millisecond(),
        last.0.as_millisecond(),
        alert.phase.is_last(),
        alert.acknowledged.is_some(),
    ])?;
    Ok(body.len() as u64)
}

fn read(body: &[u8]) -> Option<AlertData> {
    serde_json::from_slice::<Event<AlertData>>(body).ok().map(|event| event.data)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

#[cfg(test)]
mod tests;
