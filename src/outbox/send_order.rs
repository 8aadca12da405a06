//! The order of sending, and the removal of records after PUBACKs and marks.
//!
//! What is in flight, held or acknowledged on this connection is known in memory only, see the crash rules.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::consumers::KEPT;
use super::crash;
use super::format::{damage, is_as_stored, kind_from_number, new_stream};
use super::gone::{Gone, read_gone, select_gone};
use super::store::{Changes, Store};
use super::{Gap, Kind, Marked, OutboxError, Policy, RecordId, SendOrder, Sending, Seq};
use crate::analysis::time::Timestamp;
use crate::text::{box_log, log_error, outbox as say, outbox_step as step};
use crate::types::gap::GapReason;

/// Number of records right after the centre's mark that are sent again before the others.
const HOLDING_BACK: usize = 4;

/// What a look through the queue found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) in_flight: Vec<Sending>,
    /// Rows whose bodies are not what was stored.
    pub(super) spoiled: Vec<i64>,
    /// Rows that were asked for and are not there any more.
    pub(super) left: Vec<i64>,
}

impl Store {
    pub(super) fn connected(&mut self) -> Result<(), OutboxError> {
        self.in_flight.clear();
        self.acked_here.clear();
        self.backlog_to = self.recent.older_than(self.options.live_before, Instant::now(), self.last_row);
        Ok(())
    }

    pub(super) fn next(
        &mut self,
        limit: usize,
        policy: Policy,
        now: Instant,
    ) -> Result<Vec<Sending>, OutboxError> {
        self.held.retain(|_, until| *until > now);
        let patience = self.options.again_after;
        self.acked_here.retain(|_, at| now.saturating_duration_since(*at) < patience);
        let mut found = self.attempt(step::read_next, |store| store.collect(limit, policy))?;
        while !found.spoiled.is_empty() {
            self.give_up(&found.spoiled)?;
            found = self.attempt(step::read_next, |store| store.collect(limit, policy))?;
        }
        for row in &found.left {
            self.asked.remove(row);
        }
        let found = found.in_flight;
        for sending in &found {
            let row = sending.id.row;
            self.in_flight.insert(row);
            if let Some(seq) = &sending.seq {
                self.journeys.lock().sent(seq, now);
            }
            if self.open_gap == Some(row) {
                self.open_gap = None;
            }
            if sending.turn == SendOrder::Again && sending.kind == Kind::Evidence {
                self.resent.insert(row);
            }
        }
        Ok(found)
    }

    /// Gives up records whose bodies are not what was stored: they must not be sent, and a gap record names them. Of what
    /// the centre is done with it needs none.
    pub(super) fn give_up(&mut self, rows: &[i64]) -> Result<(), OutboxError> {
        let (now, generation) = (self.latest, self.generation);
        log_error!(box_log::records_changed(); records = rows.len(), file = %self.path.display());
        self.attempt(step::give_up_changed, |store| {
            if store.generation != generation {
                // Rows of a database that has been replaced: its changed records were left behind.
                return Ok(());
            }
            store.try_write(&|store: &Store, tx: &Transaction<'_>, changes: &mut Changes| {
                for row in rows {
                    let (gone, acked) = tx
                        .prepare_cached(select_gone!("WHERE r.id = ?"))?
                        .query_row([row], |row| Ok((read_gone(row)?, row.get::<_, u8>(3)?)))?;
                    if acked == KEPT {
                        changes.consumers.delete(tx, &gone, true)?;
                        continue;
                    }
                    let gap = Gap {
                        stream: gone.stream.as_str().into(),
                        reason: GapReason::Damaged,
                        ranges: gone.n.map(|n| (n, n)).into_iter().collect(),
                        pictures: u64::from(gone.n.is_none()),
                        from: now,
                        to: now,
                    };
                    // A gap that was changed itself takes nothing more.
                    changes.open_gap = changes.open_gap.filter(|gap| gap != row);
                    if store.insert_gap(tx, gap, now, changes)? {
                        changes.consumers.delete(tx, &gone, false)?;
                        changes.gone.push(gone);
                    } else {
                        changes.put_aside.push(*row);
                    }
                }
                Ok(())
            })
        })
    }

    fn collect(&self, limit: usize, policy: Policy) -> rusqlite::Result<Found> {
        let mut found = Found::default();
        self.collect_turns(limit, policy, &mut found)?;
        Ok(found)
    }

    fn collect_turns(&self, limit: usize, policy: Policy, found: &mut Found) -> rusqlite::Result<()> {
        let b = self.backlog_to;
        self.collect_turn(SendOrder::Urgent, (0, 0), (0, i64::MAX), limit, found)?;
        self.collect_turn(SendOrder::Live, (0, 1), (b, i64::MAX), limit, found)?;
        if policy.backlog {
            self.collect_turn(SendOrder::Backlog, (0, 1), (0, b), limit, found)?;
            self.collect_asked(limit, policy.evidence, found)?;
        }
        if policy.evidence {
            // One at a time: the highest level, then the oldest.
            let room = limit.min(found.in_flight.len() + 1);
            self.collect_turn(SendOrder::Evidence, (0, 2), (0, i64::MAX), room, found)?;
        }
        // Counted first: a centre that marks late leaves many that were acknowledged on this connection.
        if policy.again && self.marks && self.totals.acked > self.acked_here.len() as u64 {
            self.collect_what_holds_the_mark_back(limit, found)?;
            self.collect_turn(SendOrder::Again, (1, 0), (0, i64::MAX), limit, found)?;
            self.collect_turn(SendOrder::Again, (1, 1), (0, i64::MAX), limit, found)?;
            if policy.evidence {
                let room = limit.min(found.in_flight.len() + 1);
                self.collect_turn(SendOrder::Again, (1, 2), (0, i64::MAX), room, found)?;
            }
        }
        Ok(())
    }

    /// A mark says that everything up to a number has arrived. Until the first one after it arrives no mark can come, and all
    /// the rest waits and is sent again, whether it arrived or not. So the first ones go first, whatever their level: with
    /// connections too short for all that is urgent they would never have their turn. Of the present stream: one that the
    /// centre knows no more may never be marked, and must not be in the way.
    fn collect_what_holds_the_mark_back(&self, limit: usize, found: &mut Found) -> rusqlite::Result<()> {
        let mut first = Vec::with_capacity(2 * HOLDING_BACK);
        let mut of_class = self.conn.prepare_cached(
            "SELECT p.id FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
             WHERE p.acked = 1 AND p.class = ? AND r.stream = ? ORDER BY p.id LIMIT ?",
        )?;
        for class in [0, 1] {
            for id in
                of_class.query_map(params![class, &*self.stream, HOLDING_BACK as i64], |row| row.get(0))?
            {
                first.push(id?);
            }
        }
        first.sort_unstable();
        for id in first.into_iter().take(HOLDING_BACK) {
            if found.in_flight.len() < limit && !self.is_taken(id, SendOrder::Again, found) {
                self.take(id, SendOrder::Again, found)?;
            }
        }
        Ok(())
    }

    /// Whether it is lent, or must not be lent now.
    fn is_taken(&self, id: i64, turn: SendOrder, found: &Found) -> bool {
        self.in_flight.contains(&id)
            || self.held.contains_key(&id)
            || self.acked_here.contains_key(&id)
            || (turn == SendOrder::Again
                && (self.resent.contains(&id) || found.in_flight.iter().any(|sending| sending.id.row == id)))
    }

    pub(super) fn take(&self, id: i64, turn: SendOrder, found: &mut Found) -> rusqlite::Result<()> {
        match self.read_sending(id, turn)? {
            Some(sending) => found.in_flight.push(sending),
            None => found.spoiled.push(id),
        }
        Ok(())
    }

    fn collect_turn(
        &self,
        turn: SendOrder,
        (acked, class): (u8, u8),
        (above, up_to): (i64, i64),
        limit: usize,
        found: &mut Found,
    ) -> rusqlite::Result<()> {
        if found.in_flight.len() >= limit {
            return Ok(());
        }
        let by_level = turn == SendOrder::Evidence;
        let sql = if by_level {
            "SELECT p.id FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
             WHERE p.acked = ? AND p.class = ? AND p.id > ? AND p.id <= ? ORDER BY r.level DESC, p.id"
        } else {
            "SELECT id FROM progress WHERE acked = ? AND class = ? AND id > ? AND id <= ? ORDER BY id"
        };
        let mut ids = self.conn.prepare_cached(sql)?;
        let mut rows = ids.query(params![acked, class, above, up_to])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            if self.is_taken(id, turn, found) {
                continue;
            }
            self.take(id, turn, found)?;
            if found.in_flight.len() >= limit {
                break;
            }
        }
        Ok(())
    }

    /// `None` where the body is not what was stored.
    fn read_sending(&self, id: i64, turn: SendOrder) -> rusqlite::Result<Option<Sending>> {
        self.conn
            .prepare_cached(
                "SELECT r.stream, r.n, r.kind, r.alert_id, r.topic, r.sum, r.body
                 FROM progress AS p CROSS JOIN record AS r ON r.id = p.id WHERE p.id = ?",
            )?
            .query_row([id], |row| {
                let stream: String = row.get(0)?;
                let n: Option<u64> = row.get(1)?;
                let topic_suffix: String = row.get(4)?;
                let stored: Option<i64> = row.get(5)?;
                let body: Vec<u8> = row.get(6)?;
                if !is_as_stored(stored, &stream, n, &topic_suffix, &body) {
                    return Ok(None);
                }
                Ok(Some(Sending {
                    id: RecordId { generation: self.generation, row: id },
                    kind: kind_from_number(row.get(2)?),
                    seq: n.map(|n| Seq { stream: stream.into(), n }),
                    alert_id: row.get(3)?,
                    turn,
                    topic_suffix,
                    body,
                }))
            })
            .optional()?
            .ok_or_else(|| damage(say::record_not_there()))
    }

    pub(super) fn acked(&mut self, ids: &[RecordId]) -> Result<(), OutboxError> {
        self.attempt(step::note_arrived, |store| store.try_acked(ids))
    }

    pub(super) fn try_acked(&mut self, ids: &[RecordId]) -> rusqlite::Result<()> {
        let tx = self.conn.unchecked_transaction()?;
        let mut consumers = self.consumers.clone();
        let mut gone = Vec::new();
        let mut waiting = Vec::new();
        for id in ids.iter().filter_map(|id| self.row_of(*id)) {
            let row: Option<Gone> = tx
                .prepare_cached(select_gone!("WHERE r.id = ? AND p.acked < 2"))?
                .query_row([id], read_gone)
                .optional()?;
            // Already gone: dropped or acknowledged twice.
            let Some(row) = row else { continue };
            if let Some(n) = row.n {
                self.journeys.lock().acked(&row.stream, n, Instant::now());
            }
            let marked = match row.n {
                Some(n) => mark_of(&tx, &row.stream)?.is_some_and(|mark| n <= mark),
                None => false,
            };
            if marked || !self.marks {
                consumers.retire(&tx, &row)?;
                gone.push(row);
            } else if !row.acked {
                let release_n = row.n.is_none().then_some(self.next_n);
                tx.prepare_cached("UPDATE progress SET acked = 1, release_n = ? WHERE id = ?")?
                    .execute(params![release_n, id])?;
                waiting.push((id, true));
            } else {
                // Sent again, acknowledged again, still without its mark.
                waiting.push((id, false));
            }
        }
        consumers.keep_bounds(&tx)?;
        crash::point("receipt-before-commit");
        tx.commit()?;
        crash::point("receipt-after-commit");
        self.consumers = consumers;
        for row in &gone {
            self.forget(row);
            self.totals.delivered += 1;
        }
        for (id, newly) in waiting {
            self.totals.acked += u64::from(newly);
            self.in_flight.remove(&id);
            self.held.remove(&id);
            self.acked_here.insert(id, Instant::now());
        }
        for row in ids.iter().filter_map(|id| self.row_of(*id)).collect::<Vec<_>>() {
            self.has_arrived_again(row);
        }
        Ok(())
    }

    pub(super) fn hold(&mut self, id: RecordId, until: Instant) {
        if let Some(row) = self.row_of(id) {
            self.in_flight.remove(&row);
            self.held.insert(row, until);
        }
    }

    pub(super) fn release(&mut self, ids: &[RecordId]) {
        for id in ids {
            if let Some(row) = self.row_of(*id) {
                self.in_flight.remove(&row);
            }
        }
    }

    /// The row, unless it was one of a database that has been replaced since.
    pub(super) fn row_of(&self, id: RecordId) -> Option<i64> {
        (id.generation == self.generation).then_some(id.row)
    }

    pub(super) fn urgent_waits(&mut self) -> Result<bool, OutboxError> {
        self.attempt(step::find_urgent, |store| {
            store
                .conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM progress WHERE acked = 0 AND class = 0)")?
                .query_row([], |row| row.get(0))
        })
    }

    pub(super) fn next_hold_end(&self) -> Option<Instant> {
        let again = self.acked_here.values().min().map(|at| *at + self.options.again_after);
        self.held.values().min().copied().into_iter().chain(again).min()
    }

    pub(super) fn marked(&mut self, stream: &str, n: u64, now: Timestamp) -> Result<Marked, OutboxError> {
        self.latest = self.latest.max(now);
        self.attempt(step::note_mark, |store| store.try_marked(stream, n, now))
    }

    pub(super) fn try_marked(&mut self, stream: &str, n: u64, now: Timestamp) -> rusqlite::Result<Marked> {
        // SQLite counts to 2^63.
        let n = n.min(i64::MAX as u64);
        let tx = self.conn.unchecked_transaction()?;
        let ours = *self.stream == *stream;
        if ours && n >= self.next_n {
            let next = new_stream(now);
            self.high_water.begin(&next, self.last_row);
            tx.execute("UPDATE queue SET stream = ?, next_n = 1", [&next])?;
            end_stream(&tx, stream, self.next_n - 1)?;
            tx.commit()?;
            log_error!(
                box_log::marks_ahead();
                stream, mark = n, given = self.next_n - 1, new_stream = %next
            );
            self.stream = next.into();
            self.next_n = 1;
            return Ok(Marked::Ahead);
        }
        let known: bool = ours
            || tx
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
                                    WHERE p.acked < 2 AND r.stream = ?)",
                )?
                .query_row([stream], |row| row.get(0))?;
        // A retained mark comes again at every reconnect: what was above every number stays so.
        if !known || last_of_ended(&tx, stream)?.is_some_and(|last| n > last) {
            return Ok(Marked::OtherStream);
        }
        if mark_of(&tx, stream)?.is_some_and(|mark| mark >= n) {
            return Ok(Marked::Old);
        }
        tx.prepare_cached("INSERT OR REPLACE INTO mark (stream, n) VALUES (?, ?)")?
            .execute(params![stream, n])?;
        let gone = released_by(&tx, stream, n)?;
        let mut consumers = self.consumers.clone();
        for row in &gone {
            consumers.retire(&tx, row)?;
        }
        consumers.keep_bounds(&tx)?;
        crash::point("mark-before-commit");
        tx.commit()?;
        crash::point("mark-after-commit");
        self.consumers = consumers;
        self.marks = true;
        self.journeys.lock().marked(stream, n, Instant::now());
        for row in &gone {
            self.forget(row);
            self.totals.delivered += 1;
        }
        Ok(Marked::Released(gone.len()))
    }
}

/// What leaves the queue by a mark.
fn released_by(tx: &Transaction<'_>, stream: &str, n: u64) -> rusqlite::Result<Vec<Gone>> {
    tx.prepare_cached(
        "SELECT r.id, r.stream, r.n, p.acked, r.bytes, r.kind = 2 AND r.rev > 0
         FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
         WHERE p.acked = 1 AND r.stream = ?1 AND (r.n <= ?2 OR (r.n IS NULL AND p.release_n <= ?2))
         ORDER BY p.id",
    )?
    .query_map(params![stream, n], read_gone)?
    .collect()
}

/// Notes the last number given in a stream that is over, and forgets the streams of which no record is left. The table is
/// there only where a stream has ended.
pub(super) fn end_stream(tx: &Transaction<'_>, stream: &str, last_n: u64) -> rusqlite::Result<()> {
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS ended_stream (stream TEXT PRIMARY KEY, last_n INTEGER NOT NULL);
         DELETE FROM ended_stream
         WHERE NOT EXISTS (SELECT 1 FROM record WHERE record.stream = ended_stream.stream)",
    )?;
    tx.execute("INSERT OR REPLACE INTO ended_stream (stream, last_n) VALUES (?, ?)", params![stream, last_n])
        .map(drop)
}

/// A record that was being built when the file broke is stored afterwards, with the number behind the last one.
fn last_of_ended(conn: &Connection, stream: &str) -> rusqlite::Result<Option<u64>> {
    let has_table: bool = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ended_stream')",
        )?
        .query_row([], |row| row.get(0))?;
    if !has_table {
        return Ok(None);
    }
    conn.prepare_cached(
        "SELECT max(last_n, ifnull((SELECT max(n) FROM record WHERE stream = ?1 AND n IS NOT NULL), 0))
         FROM ended_stream WHERE stream = ?1",
    )?
    .query_row([stream], |row| row.get(0))
    .optional()
}

pub(super) fn mark_of(conn: &Connection, stream: &str) -> rusqlite::Result<Option<u64>> {
    conn.prepare_cached("SELECT n FROM mark WHERE stream = ?")?
        .query_row([stream], |row| row.get(0))
        .optional()
}
