//! The alerts that the page knows: a consumer of the outbox with a database of its own.
//!
//! # Format and crash rules
//!
//! One SQLite database, `alerts.db` in the page's folder (write-ahead log, `synchronous=FULL`):
//!
//! | table | a row is |
//! |---|---|
//! | `alert` | an alert: its latest revision as it was published, and what lists are made of |
//! | `revision` | what the history of an alert says of one of its revisions |
//!
//! An alert that goes on is reported again each minute: of such revisions in a row only the last one stays, and of an alert
//! at most `MOST_REVISIONS`.
//!
//! What was read from the outbox is committed here before the consumer's cursor moves, so nothing is missed over a crash;
//! what is read twice is known again by alert and revision. A database that is damaged is moved aside, at the start or
//! later; one that is new is filled with what the outbox still has, and has its number of the format only when that has
//! begun. Where the disk cannot be written, it is in memory, and small.
//!
//! Bounded in days and bytes: alerts that are over go first, the oldest of them at once. Must never keep the outbox waiting: its own thread only
//! hands out records, and everything else happens here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter, types::Value};

use super::layout::LEVELS;
use crate::analysis::time::Timestamp;
use crate::contract::Event;
use crate::contract::alert::AlertData;
use crate::contract::kinds::TEST_ALERT;
use crate::outbox::{Batch, Consumer, ConsumerPolicy, Kind, Outbox, OutboxError};
use crate::text::{log_warn, page as say};
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

mod database;

use database::{from_word, is_damage, move_aside, prepared, read, size_of, store};

/// The consumer's name in the outbox.
pub const CONSUMER: &str = "page";
/// The database, in the page's folder.
const FILE: &str = "alerts.db";
/// What is behind its name when it is damaged.
const DAMAGED: &str = ".damaged";
/// The format; a file with another one is of another version.
const FORMAT: i64 = 2;
/// What waits in the outbox for the page at most, while it is slow or off.
const POLICY: ConsumerPolicy = ConsumerPolicy { rows: 50_000, bytes: 32 << 20, pictures: false };
/// Records that are read at once.
const BATCH: usize = 64;
/// Revisions of one alert that are remembered, and as many as its page shows.
const MOST_REVISIONS: u32 = 50;
/// What a row of `revision` takes, about.
const REVISION_BYTES: u64 = 128;
/// Alerts are counted by slices of this length: an hour and a day begin with one in every time zone.
const SLICE: Duration = Duration::from_secs(15 * 60);
/// Bytes at most where they are in memory.
const IN_MEMORY_BYTES: u64 = 16 << 20;

/// What is asked with every page must not read all alerts, whose messages are long: the list is in the order of its index, and
/// what is counted and filtered by stands in one. Only a list between two times is found by when its alerts began, and sorted;
/// and a list that is filtered reads on past what does not fit. Made also where another version left others.
const INDEXES: &str = "CREATE INDEX IF NOT EXISTS alert_listed ON alert (is_over, alert_id DESC);
    CREATE INDEX IF NOT EXISTS alert_counted ON alert (started_ms, level, kind, grid, cameras);
    CREATE INDEX IF NOT EXISTS alert_age ON alert (last_ms);
    DROP INDEX IF EXISTS alert_order;";
/// Open alerts, and those that nobody took on.
const OPEN_COUNTS: &str =
    "SELECT count(*), ifnull(sum(NOT is_taken), 0) FROM alert WHERE is_over = 0 AND kind <> ?";
/// What there is to filter by.
const CAMERAS: &str = "SELECT DISTINCT cameras FROM alert";
const KINDS: &str = "SELECT DISTINCT kind FROM alert ORDER BY kind";
const GRIDS: &str = "SELECT DISTINCT grid FROM alert ORDER BY grid";

/// Forgets what a page that is switched off would need: its consumer in the outbox, and its alerts.
///
/// # Errors
/// The outbox cannot be written, or a file not be removed.
pub fn forget(outbox: &Outbox, folder: &Path) -> Result<(), ForgetError> {
    outbox.unregister(CONSUMER)?;
    for end in ["", "-wal", "-shm", DAMAGED] {
        match fs::remove_file(folder.join(format!("{FILE}{end}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Why something is still kept for a page that is switched off.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// An error of the outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// An error of the file system.
    #[error(transparent)]
    Files(#[from] io::Error),
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

/// How many alerts of one level began within one [`SLICE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Began {
    pub(super) from: Timestamp,
    pub(super) level: Level,
    pub(super) count: u64,
}

/// The start of the next page of the list: behind this alert.
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

/// One alert of the list. `None`: it is here and cannot be read.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) at: After,
    pub(super) alert: Option<AlertData>,
}

/// What is said of one revision of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revision {
    pub(super) rev: u32,
    pub(super) phase: Phase,
    pub(super) reason: PhaseReason,
    pub(super) level: Level,
    pub(super) at: Timestamp,
}

/// The database, and how much it may hold.
#[derive(Debug)]
pub(super) struct History {
    conn: Connection,
    folder: PathBuf,
    keep: Duration,
    keep_bytes: u64,
    bytes: u64,
    missed: u64,
    /// Whether everything that the outbox has is still to be read.
    is_new: bool,
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
            move_aside(folder, &error);
            Self::on_disk(&file)
        });
        let ((conn, is_new), is_in_memory) = match opened {
            Ok(opened) => (opened, false),
            Err(error) => {
                log_warn!(say::alerts_in_memory(); %error, file = %file.display());
                (prepared(Connection::open_in_memory()?)?, true)
            }
        };
        let keep_bytes = if is_in_memory { keep_bytes.min(IN_MEMORY_BYTES) } else { keep_bytes };
        let bytes = size_of(&conn)?;
        Ok(History {
            conn,
            folder: folder.to_owned(),
            keep,
            keep_bytes,
            bytes,
            missed: 0,
            is_new,
            is_in_memory,
        })
    }

    fn on_disk(file: &Path) -> rusqlite::Result<(Connection, bool)> {
        let conn = Connection::open(file)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        prepared(conn)
    }

    /// Begins anew where `error` says that the database is damaged; whether it did.
    pub(super) fn mend(&mut self, error: &rusqlite::Error) -> bool {
        if !is_damage(error) {
            return false;
        }
        let Ok(empty) = Connection::open_in_memory() else { return false };
        // Closed before its file is moved.
        drop(std::mem::replace(&mut self.conn, empty));
        if !self.is_in_memory {
            move_aside(&self.folder, error);
        }
        match Self::open(&self.folder, self.keep, self.keep_bytes) {
            Ok(anew) => *self = anew,
            Err(error) => {
                log_warn!(say::log_no_alerts(); %error);
                return false;
            }
        }
        true
    }

    /// Takes over the next records; how many bytes of them were news, `None` where there is none. Everything of a batch is
    /// here before the cursor moves.
    pub(super) fn follow(
        this: &Mutex<History>,
        outbox: &Outbox,
        consumer: &Consumer,
        now: Timestamp,
    ) -> Result<Option<u64>, FollowError> {
        // Readers of the page do not wait for the outbox.
        let batch = consumer.read(BATCH)?;
        let last = batch.records.last().map(|record| record.id);
        let added = this.lock().take(&batch, now)?;
        let Some(last) = last else {
            if !this.lock().is_new {
                return Ok(None);
            }
            // Only now: what is kept for the page alone leaves with its consumer.
            outbox.unregister(CONSUMER)?;
            register(outbox)?;
            this.lock().is_filled_from_here()?;
            return Ok(Some(0));
        };
        consumer.advance(last)?;
        Ok(Some(added))
    }

    /// The outbox gives everything that it has, from its first record on.
    fn is_filled_from_here(&mut self) -> rusqlite::Result<()> {
        self.conn.pragma_update(None, "user_version", FORMAT)?;
        self.is_new = false;
        Ok(())
    }

    /// Bytes of what was news.
    fn take(&mut self, batch: &Batch, now: Timestamp) -> rusqlite::Result<u64> {
        self.missed = batch.missed;
        let tx = self.conn.transaction()?;
        let (mut added, mut freed) = (0, 0);
        for record in batch.records.iter().filter(|record| record.kind == Kind::Alert) {
            match serde_json::from_slice::<Event<AlertData>>(&record.body) {
                Ok(event) => {
                    let stored = store(&tx, &event.data, &record.body)?;
                    added += stored.added;
                    freed += stored.freed;
                }
                Err(error) => log_warn!(say::log_alert_unreadable(); %error, alert = record.alert_id),
            }
        }
        tx.commit()?;
        self.bytes = (self.bytes + added).saturating_sub(freed);
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
            // Open ones last: they are what somebody has to look at. Those that are over, oldest first.
            let mut all = self
                .conn
                .prepare_cached("SELECT alert_id, length(body) FROM alert ORDER BY is_over DESC, alert_id")?;
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
        let bytes = size_of(&tx)?;
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
    ) -> rusqlite::Result<Vec<Listed>> {
        let (sql, values) = filter.listed(after, limit);
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), |row| {
            let at = After { is_over: row.get(0)?, alert_id: row.get(1)? };
            Ok(Listed { at, alert: read(&row.get::<_, Vec<u8>>(2)?) })
        })?;
        rows.collect()
    }

    /// What is remembered of the revisions of one alert, the latest one first.
    pub(super) fn revisions(&self, alert_id: &str) -> rusqlite::Result<Vec<Revision>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT rev, phase, reason, level, at_ms FROM revision WHERE alert_id = ? ORDER BY rev DESC LIMIT ?",
        )?;
        let rows = statement.query_map(params![alert_id, MOST_REVISIONS], |row| {
            let (phase, reason): (String, String) = (row.get(1)?, row.get(2)?);
            let level: String = row.get(3)?;
            Ok((row.get(0)?, phase, reason, level, row.get(4)?))
        })?;
        let mut found = Vec::new();
        for row in rows {
            let (rev, phase, reason, level, at) = row?;
            let words = (from_word(&phase), from_word(&reason), from_word(&level));
            if let (Some(phase), Some(reason), Some(level)) = words
                && let Ok(at) = Timestamp::from_millisecond(at)
            {
                found.push(Revision { rev, phase, reason, level, at });
            }
        }
        Ok(found)
    }

    /// The latest revision of one alert.
    pub(super) fn latest(&self, alert_id: &str) -> rusqlite::Result<Option<AlertData>> {
        let sql = "SELECT body FROM alert WHERE alert_id = ?";
        let body = self.conn.query_row(sql, [alert_id], |row| row.get::<_, Vec<u8>>(0)).optional()?;
        Ok(body.and_then(|body| read(&body)))
    }

    /// How many alerts are open, and how many of them nobody took on. Tests count for nothing.
    pub(super) fn open_counts(&self) -> rusqlite::Result<(u64, u64)> {
        self.conn.query_row(OPEN_COUNTS, [TEST_ALERT], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// When alerts began, in slices, the earliest first. Tests count for nothing.
    pub(super) fn began(&self, filter: &Filter) -> rusqlite::Result<Vec<Began>> {
        let slice_ms = i64::try_from(SLICE.as_millis()).unwrap_or(i64::MAX);
        let (sql, values) = filter.counted(slice_ms);
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, u8>(1)?, row.get(2)?))
        })?;
        let mut began = Vec::new();
        for row in rows {
            let (slice, severity, count) = row?;
            let level = LEVELS.into_iter().find(|level| level.severity() == severity);
            let from = Timestamp::from_millisecond(slice.saturating_mul(slice_ms));
            if let (Some(level), Ok(from)) = (level, from) {
                began.push(Began { from, level, count });
            }
        }
        Ok(began)
    }

    /// What there is to filter by.
    pub(super) fn choices(&self) -> rusqlite::Result<Choices> {
        let list = |sql: &str| -> rusqlite::Result<Vec<String>> {
            let mut statement = self.conn.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect()
        };
        let mut cameras: Vec<String> = list(CAMERAS)?
            .iter()
            .flat_map(|listed| listed.split(',').map(str::to_owned).collect::<Vec<_>>())
            .filter(|camera| !camera.is_empty())
            .collect();
        cameras.sort_unstable();
        cameras.dedup();
        Ok(Choices { kinds: list(KINDS)?, cameras, grids: list(GRIDS)? })
    }
}

impl Filter {
    /// Open ones first, then the latest first, behind `after`; what is asked, and its values.
    fn listed(&self, after: Option<&After>, limit: usize) -> (String, Vec<Value>) {
        let (mut wheres, mut values) = self.conditions();
        if let Some(After { is_over, alert_id }) = after {
            wheres.push("(a.is_over > ? OR (a.is_over = ? AND a.alert_id < ?))");
            values.extend([Value::from(*is_over), Value::from(*is_over), Value::from(alert_id.clone())]);
        }
        values.push(Value::from(i64::try_from(limit).unwrap_or(i64::MAX)));
        let wheres = if wheres.is_empty() { "1".to_owned() } else { wheres.join(" AND ") };
        let sql = format!(
            "SELECT a.is_over, a.alert_id, a.body FROM alert AS a
             WHERE {wheres} ORDER BY a.is_over, a.alert_id DESC LIMIT ?"
        );
        (sql, values)
    }

    /// How many began in which slice of that length; what is asked, and its values.
    fn counted(&self, slice_ms: i64) -> (String, Vec<Value>) {
        let (mut wheres, mut values) = self.conditions();
        wheres.push("a.kind <> ?");
        values.push(TEST_ALERT.to_owned().into());
        let wheres = wheres.join(" AND ");
        let sql = format!(
            "SELECT a.started_ms / {slice_ms} AS slice, a.level, count(*) FROM alert AS a
             WHERE {wheres} GROUP BY slice, a.level ORDER BY slice, a.level"
        );
        (sql, values)
    }

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

#[cfg(test)]
mod tests;
