//! The database itself, on the outbox's thread: every method is one transaction or less.
//!
//! Must never be used from two threads, and never let SQLite's view and `Totals` drift apart: totals change
//! only after a commit.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, Row, Transaction, params};

use super::consumers::Consumers;
use super::crash;
use super::ended;
use super::error::{Doing, caught};
use super::format::{code, is_damage, kind_number, level_from_number, level_number, sqlite, sum};
use super::gone::Gone;
use super::high_water::HighWater;
use super::journey::Journeys;
use super::opening::has_marks;
use super::recent::Recent;
use super::retention::{free_bytes, stored_reason};
use super::{
    AlertState, BuiltMessage, Depth, EVIDENCE_BYTES, Evidence, Gap, Kind, Limits, MESSAGE_BYTES, OpenAlert,
    Options, OutboxError, Record, Seq,
};
use crate::analysis::time::Timestamp;
use crate::text::{box_log, log_error, log_warn, outbox_step as step};
use crate::types::gap::GapReason;
use crate::types::level::Level;

/// Wait before a damaged record without a gap record is checked again.
const PUT_ASIDE: Duration = Duration::from_secs(3600);

/// An open database, and what is known of it in memory.
pub(super) struct Store {
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    pub(super) dir: PathBuf,
    pub(super) box_identity: String,
    pub(super) options: Options,
    pub(super) stream: Arc<str>,
    pub(super) next_n: u64,
    pub(super) marks: bool,
    pub(super) totals: Totals,
    pub(super) consumers: Consumers,
    /// Lent to the publisher.
    pub(super) in_flight: HashSet<i64>,
    /// Records held back, with their earliest next sending.
    pub(super) held: HashMap<i64, Instant>,
    /// PUBACKed on this connection, waiting for their mark.
    pub(super) acked_here: HashMap<i64, Instant>,
    /// Pictures sent a second time in this run; once is enough for something that large.
    pub(super) resent: HashSet<i64>,
    /// Asked for again by the centre, in this run; see [`super::resend`].
    pub(super) asked: BTreeSet<i64>,
    /// Arrivals of rows up to here were noted before this run.
    pub(super) arrivals_before: i64,
    /// Rows up to here are backlog.
    pub(super) backlog_to: i64,
    pub(super) last_row: i64,
    pub(super) recent: Recent,
    pub(super) reserve: bool,
    pub(super) over_limit: bool,
    pub(super) free_bytes: Option<u64>,
    /// When the oldest record that waits was stored, as of the last look.
    pub(super) oldest: Option<Timestamp>,
    /// The gap that may still be added to: stored in this run and never lent. One that was sent must stay
    /// as it is, the consumer knows it by its id.
    pub(super) open_gap: Option<i64>,
    /// See [`super::RecordId`].
    pub(super) generation: u32,
    /// The latest time given by a caller.
    pub(super) latest: Timestamp,
    pub(super) high_water: HighWater,
    /// What the end of a damaged log took along, until gap records say so.
    pub(super) unreported: Vec<Gap>,
    /// When the latest alerts came how far.
    pub(super) journeys: Arc<Mutex<Journeys>>,
}

/// Totals of the records that the centre has not marked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) acked: u64,
    pub(super) delivered: u64,
    pub(super) dropped: u64,
    pub(super) dropped_pictures: u64,
}

pub(super) struct NewRow<'a> {
    pub(super) seq_stream: &'a str,
    pub(super) n: Option<u64>,
    pub(super) class: u8,
    pub(super) kind: Kind,
    pub(super) level: Option<Level>,
    pub(super) rev: u32,
    pub(super) ends: bool,
    pub(super) at: Timestamp,
    pub(super) alert_id: Option<&'a str>,
    pub(super) topic: &'a str,
    pub(super) gap: Option<String>,
    pub(super) body: &'a [u8],
}

/// What a transaction will have changed once it is committed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) rows_added: u64,
    pub(super) bytes_added: u64,
    pub(super) gone: Vec<Gone>,
    pub(super) last_row: i64,
    pub(super) next_n: u64,
    pub(super) over_limit: bool,
    pub(super) open_gap: Option<i64>,
    pub(super) drop_reason: Option<GapReason>,
    pub(super) consumers: Consumers,
    /// Rows that are not to be lent for a while.
    pub(super) put_aside: Vec<i64>,
}

impl Store {
    pub(super) fn close(self) -> Result<(), OutboxError> {
        let fail = |doing: Doing| {
            let path = self.path.clone();
            move |source| sqlite(&path, doing, source)
        };
        self.conn.execute("UPDATE queue SET orderly = 1", []).map_err(fail(step::close))?;
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fail(step::write_log))
    }

    pub(super) fn last_row(&self) -> i64 {
        self.last_row
    }

    pub(super) fn depth(&self) -> Depth {
        Depth {
            rows: self.totals.rows,
            bytes: self.totals.bytes,
            unsent: self.totals.rows - self.totals.acked,
            unmarked: self.totals.acked,
            held: self.held.len() as u64,
            oldest: self.oldest.filter(|_| self.totals.rows > 0),
            kept: self.consumers.kept_rows(),
            delivered: self.totals.delivered,
            dropped: self.totals.dropped,
            dropped_pictures: self.totals.dropped_pictures,
            last_n: self.next_n - 1,
            stream: self.stream.to_string(),
            marks: self.marks,
            over_limit: self.over_limit,
            free_bytes: self.free_bytes,
            least_free_bytes: self.options.limits.free_bytes,
        }
    }

    // ---- storing ----

    pub(super) fn append(
        &mut self,
        record: Record,
        body: impl FnOnce(&Seq) -> BuiltMessage,
    ) -> Result<Seq, OutboxError> {
        self.latest = self.latest.max(record.at);
        let seq = Seq { stream: self.stream.clone(), n: self.next_n };
        let body = caught(|| body(&seq))
            .map_err(OutboxError::Panicked)?
            .map_err(|source| OutboxError::Message { topic: record.topic_suffix.clone(), source })?;
        self.check_size(&record.topic_suffix, body.len())?;
        self.write(step::store_record, |store, tx, changes| {
            store.insert_record(tx, &record, &seq, &body, changes)
        })?;
        if let (Kind::Alert, 1, Some(alert)) = (record.kind, record.rev, &record.alert_id) {
            self.journeys.lock().stored(alert, &seq, Instant::now());
        }
        Ok(seq)
    }

    pub(super) fn append_evidence(&mut self, evidence: Evidence) -> Result<(), OutboxError> {
        self.check_size(&evidence.topic_suffix, evidence.jpeg.len())?;
        self.write(step::store_picture, |store, tx, changes| {
            store.insert(
                tx,
                NewRow {
                    seq_stream: &store.stream,
                    n: None,
                    class: 2,
                    kind: Kind::Evidence,
                    level: Some(evidence.level),
                    rev: 0,
                    ends: false,
                    at: evidence.at,
                    alert_id: Some(&evidence.alert_id),
                    topic: &evidence.topic_suffix,
                    gap: None,
                    body: &evidence.jpeg,
                },
                changes,
            )?;
            store.trim(tx, evidence.at, changes)
        })
    }

    pub(super) fn check_size(&self, topic: &str, bytes: usize) -> Result<(), OutboxError> {
        if bytes == 0 {
            return Err(OutboxError::Empty { topic: topic.to_owned() });
        }
        if bytes > EVIDENCE_BYTES {
            return Err(OutboxError::TooLarge { topic: topic.to_owned(), bytes, max: EVIDENCE_BYTES });
        }
        if bytes > MESSAGE_BYTES && !topic.starts_with("up/evidence/") && !topic.starts_with("up/original/") {
            // Better a consumer that grumbles than an alert that is lost.
            log_warn!(box_log::message_too_large(); topic, bytes, promised = MESSAGE_BYTES);
        }
        Ok(())
    }

    pub(super) fn insert_record(
        &self,
        tx: &Transaction<'_>,
        record: &Record,
        seq: &Seq,
        body: &[u8],
        changes: &mut Changes,
    ) -> rusqlite::Result<()> {
        let urgent = record.kind == Kind::Alert && record.level.is_some_and(|level| level >= Level::Orange);
        let id = self.insert(
            tx,
            NewRow {
                seq_stream: &seq.stream,
                n: Some(seq.n),
                class: if urgent { 0 } else { 1 },
                kind: record.kind,
                level: record.level,
                rev: record.rev,
                ends: record.phase_end,
                at: record.at,
                alert_id: record.alert_id.as_deref(),
                topic: &record.topic_suffix,
                gap: None,
                body,
            },
            changes,
        )?;
        // Otherwise this database was begun anew between the giving of the number and now: the record stays the
        // last one of its old stream, which its body names.
        if *seq.stream == *self.stream {
            changes.next_n = seq.n + 1;
        }
        if let (Kind::Alert, Some(alert)) = (record.kind, &record.alert_id) {
            if record.phase_end {
                ended::keep(tx, alert, record.state.as_deref(), record.at)?;
            } else if let Some(state) = &record.state {
                tx.prepare_cached(
                    "INSERT INTO open_alert (alert_id, rev, level, first_id, state) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (alert_id) DO UPDATE
                     SET rev = excluded.rev, level = excluded.level, state = excluded.state, published = NULL",
                )?
                .execute(params![alert, record.rev, record.level.map(level_number), id, state])?;
            } else {
                tx.prepare_cached("DELETE FROM open_alert WHERE alert_id = ?")?.execute([alert])?;
            }
        }
        self.trim(tx, record.at, changes)?;
        tx.prepare_cached("UPDATE queue SET next_n = ?")?.execute([changes.next_n])?;
        Ok(())
    }

    pub(super) fn set_limits(&mut self, limits: Limits, expect_marks: bool) -> Result<(), OutboxError> {
        let has_marks = self.attempt(step::read_marks, |store| has_marks(&store.conn))?;
        (self.options.limits, self.options.expect_marks) = (limits, expect_marks);
        self.marks = has_marks || expect_marks;
        Ok(())
    }

    pub(super) fn insert(
        &self,
        tx: &Transaction<'_>,
        row: NewRow<'_>,
        changes: &mut Changes,
    ) -> rusqlite::Result<i64> {
        let bytes = row.body.len() as u64;
        tx.prepare_cached(
            "INSERT INTO record
             (stream, n, class, kind, level, rev, ends, at_ms, bytes, alert_id, topic, gap, sum, body)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            row.seq_stream,
            row.n,
            row.class,
            kind_number(row.kind),
            row.level.map(level_number),
            row.rev,
            row.ends,
            row.at.as_millisecond(),
            bytes,
            row.alert_id,
            row.topic,
            row.gap,
            sum(row.seq_stream, row.n, row.topic, row.body),
            row.body,
        ])?;
        let id = tx.last_insert_rowid();
        tx.prepare_cached("INSERT INTO progress (id, class) VALUES (?, ?)")?
            .execute(params![id, row.class])?;
        changes.rows_added += 1;
        changes.bytes_added += bytes;
        changes.last_row = id;
        Ok(id)
    }

    pub(super) fn look_at_disk(&mut self) {
        self.free_bytes = free_bytes(&self.dir);
    }

    /// Runs `work` in a transaction.
    pub(super) fn write(
        &mut self,
        doing: Doing,
        work: impl Fn(&Store, &Transaction<'_>, &mut Changes) -> rusqlite::Result<()>,
    ) -> Result<(), OutboxError> {
        self.look_at_disk();
        self.attempt(doing, |store| store.try_write(&work))?;
        if !self.reserve {
            self.keep_reserve();
        }
        Ok(())
    }

    /// Does it, and once more where there is a remedy: the reserve when the disk is full, a new database when
    /// this one is damaged.
    pub(super) fn attempt<T>(
        &mut self,
        doing: Doing,
        work: impl Fn(&mut Store) -> rusqlite::Result<T>,
    ) -> Result<T, OutboxError> {
        match work(self) {
            Ok(done) => return Ok(done),
            Err(error) if code(&error) == Some(ErrorCode::DiskFull) && self.give_up_reserve() => {}
            Err(error) if is_damage(&error) => self.begin_anew(&error)?,
            Err(error) => return Err(sqlite(&self.path, doing, error)),
        }
        work(self).map_err(|error| sqlite(&self.path, doing, error))
    }

    pub(super) fn try_write(
        &mut self,
        work: &impl Fn(&Store, &Transaction<'_>, &mut Changes) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut changes = Changes {
            next_n: self.next_n,
            last_row: self.last_row,
            open_gap: self.open_gap,
            consumers: self.consumers.clone(),
            ..Changes::default()
        };
        let tx = self.conn.unchecked_transaction()?;
        work(self, &tx, &mut changes)?;
        let unreported = self.write_unreported(&tx, &mut changes)?;
        crash::point("record-before-commit");
        tx.commit()?;
        crash::point("record-after-commit");
        self.unreported = unreported;
        self.apply(changes);
        self.high_water.note(&self.stream, self.next_n - 1, self.last_row);
        Ok(())
    }

    pub(super) fn apply(&mut self, changes: Changes) {
        self.next_n = changes.next_n;
        if changes.last_row > self.last_row {
            self.recent.note(self.last_row, Instant::now(), self.options.live_before);
        }
        self.last_row = changes.last_row;
        self.open_gap = changes.open_gap;
        self.totals.rows += changes.rows_added;
        self.totals.bytes += changes.bytes_added;
        for gone in &changes.gone {
            self.forget(gone);
            match gone.n {
                Some(_) => self.totals.dropped += 1,
                None if !gone.acked => self.totals.dropped_pictures += 1,
                None => {}
            }
        }
        if let Some(reason) = changes.drop_reason {
            let records = changes.gone.len();
            log_warn!(box_log::dropped_for_room(); reason = stored_reason(reason), records);
        }
        if changes.over_limit && !self.over_limit {
            let Totals { rows, bytes, .. } = self.totals;
            log_error!(box_log::outbox_over_limit(); rows, bytes);
        }
        self.over_limit = changes.over_limit;
        self.consumers = changes.consumers;
        self.held.extend(changes.put_aside.into_iter().map(|row| (row, Instant::now() + PUT_ASIDE)));
    }

    pub(super) fn forget(&mut self, gone: &Gone) {
        self.totals.rows = self.totals.rows.saturating_sub(1);
        self.totals.bytes = self.totals.bytes.saturating_sub(gone.bytes);
        if gone.acked {
            self.totals.acked = self.totals.acked.saturating_sub(1);
        }
        // Asked for and in flight: it is not sent once more because its mark came meanwhile.
        if !self.asked.contains(&gone.id) {
            self.in_flight.remove(&gone.id);
        }
        self.held.remove(&gone.id);
        self.acked_here.remove(&gone.id);
        self.resent.remove(&gone.id);
    }

    pub(super) fn open_alerts(&mut self) -> Result<Vec<OpenAlert>, OutboxError> {
        self.attempt(step::read_open_alerts, |store| {
            let mut statement = store.conn.prepare_cached(
                "SELECT alert_id, rev, level, state, published FROM open_alert ORDER BY first_id, rowid",
            )?;
            let alerts = statement.query_map([], |row| read_open_alert(row, 0))?;
            alerts.collect()
        })
    }
}

/// From the columns `alert_id, rev, level, state, published`, beginning with `first`.
pub(super) fn read_open_alert(row: &Row<'_>, first: usize) -> rusqlite::Result<OpenAlert> {
    Ok(OpenAlert {
        alert_id: row.get(first)?,
        rev: row.get(first + 1)?,
        level: row.get::<_, Option<u8>>(first + 2)?.map(level_from_number),
        state: match row.get(first + 3)? {
            Some(state) => AlertState::Own(state),
            None => AlertState::Published(row.get(first + 4)?),
        },
    })
}
