//! Resending on request of the centre: which records are still here, why the others are not, and the history of sent
//! records.
//!
//! A record is still here while it waits for its PUBACK or its mark, and afterwards as long as the consumer
//! [`SENT_HISTORY`] keeps it. It goes out as it is stored: the same number, id and bytes. What is asked for is known in
//! memory only, so a restart forgets it. Must never change how far a record got, and never keep one from leaving.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::consumers::Consumers;
use super::format::is_as_stored;
use super::retention::gap_from_detail;
use super::send_order::{Found, mark_of};
use super::store::Store;
use super::{ConsumerPolicy, Kind, Outbox, OutboxError, SendOrder};
use crate::analysis::time::Timestamp;
use crate::text::outbox_step as step;
use crate::types::gap::GapReason;

/// The consumer for which sent records are kept. It never reads: its cursor moves with [`Outbox::forget_sent`],
/// and what is over its policy is given up without a word.
pub(super) const SENT_HISTORY: &str = "sent-history";

/// Records that one request may ask for. A guess: twenty seconds at the rate of old records.
const MOST_RECORDS: usize = 1000;
/// Records that wait because they were asked for, of all requests together.
const MOST_ASKED: usize = 10_000;
/// Ranges of one answer, so that it fits into a message.
const MOST_RANGES: usize = 200;

/// What became of a request for a range of numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resent {
    /// The last number that this speaks of; below the range where nothing could be taken.
    pub through: u64,
    /// How many records go out, again or for the first time.
    pub records: u64,
    /// Their numbers, both ends included, rising.
    pub again: Vec<(u64, u64)>,
    /// The other numbers, rising.
    pub absent: Vec<AbsentNumbers>,
}

/// Numbers that are not here, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsentNumbers {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// Why.
    pub why: Absence,
}

/// Why a number is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The stream is unknown.
    OtherStream,
    /// The stream has not come so far.
    NotGiven,
    /// A mark covers it, and it is not kept any more.
    Marked,
    /// It was given up, as a gap record says.
    Dropped(GapReason),
    /// It was acknowledged by the broker, or its gap record is gone as well; it is not kept any more.
    NotKept,
}

impl Outbox {
    /// Keeps what was sent, as far as `policy` allows; `None` forgets what is kept.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(crate) fn keep_sent(&self, policy: Option<ConsumerPolicy>) -> Result<(), OutboxError> {
        match policy {
            Some(policy) => self.register(SENT_HISTORY, policy).map(drop),
            None => self.unregister(SENT_HISTORY),
        }
    }

    /// Notes that what has arrived by now had arrived at `now`, and forgets of the sent records what had arrived more than
    /// `keep` before that. What waits is not touched, nor what arrived behind it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(crate) fn forget_sent(&self, now: Timestamp, keep: Duration) -> Result<(), OutboxError> {
        self.call(move |store| store.forget_sent(now, keep))
    }

    /// The clock was set: the times that [`Outbox::forget_sent`] noted in this run are not to be trusted. What arrived then
    /// counts as arrived at the next of its calls.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(crate) fn sent_times_were_wrong(&self) -> Result<(), OutboxError> {
        self.call(Store::forget_arrival_times)
    }

    /// Sends the records `from` to `to` of a stream again, as far as they are here.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn resend(&self, stream: &str, from: u64, to: u64) -> Result<Resent, OutboxError> {
        let stream: Arc<str> = stream.into();
        self.call(move |store| store.resend(&stream, from, to))
    }

    /// Sends a picture again that is still in the queue, and returns it; `None` if it is not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) fn resend_picture(
        &self,
        alert_id: &str,
        topic_suffix: &str,
    ) -> Result<Option<Vec<u8>>, OutboxError> {
        let (alert, topic) = (alert_id.to_owned(), topic_suffix.to_owned());
        self.call(move |store| store.resend_picture(&alert, &topic))
    }
}

/// What is known of a stream beside its records.
struct StreamFacts {
    /// Whether it is, or was, one of this database.
    is_known: bool,
    /// Numbers from here on were never given; `None` where that cannot be known any more.
    next_n: Option<u64>,
    mark: Option<u64>,
    gaps: Vec<(u64, u64, GapReason)>,
}

impl StreamFacts {
    /// Why `n`, which is no record here, is not here; and the last number up to `to` for which the same holds.
    fn absence(&self, n: u64, to: u64) -> (Absence, u64) {
        if let Some((_, last, reason)) =
            self.gaps.iter().find(|(first, last, _)| (*first..=*last).contains(&n))
        {
            return (Absence::Dropped(*reason), to.min(*last));
        }
        let next_gap = self.gaps.iter().map(|(first, ..)| *first).filter(|first| *first > n).min();
        let to = next_gap.map_or(to, |gap| to.min(gap - 1));
        if !self.is_known {
            return (Absence::OtherStream, to);
        }
        let to = match self.next_n {
            Some(next) if n >= next => return (Absence::NotGiven, to),
            Some(next) => to.min(next - 1),
            None => to,
        };
        match self.mark {
            Some(mark) if n <= mark => (Absence::Marked, to.min(mark)),
            Some(_) | None => (Absence::NotKept, to),
        }
    }
}

/// A row that is here.
struct StoredRow {
    row: i64,
    n: u64,
    acked: u8,
}

impl Store {
    pub(super) fn forget_sent(&mut self, now: Timestamp, keep: Duration) -> Result<(), OutboxError> {
        self.change_consumers(step::forget_sent, |store, tx| {
            let mut consumers = store.consumers.clone();
            let Some(cursor) = consumers.named(SENT_HISTORY) else { return Ok(consumers) };
            let arrived = first_waiting(tx)?.map_or(store.last_row, |waiting| waiting - 1);
            if arrived > cursor.at.max(last_arrival(tx)?) {
                tx.prepare_cached("INSERT INTO arrival (up_to, at_ms) VALUES (?, ?)")?
                    .execute([arrived, now.as_millisecond()])?;
            }
            let oldest = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
            // Records arrive before those behind them: one that had arrived by then says so of all before it.
            let long_ago: i64 = tx
                .prepare_cached("SELECT ifnull(max(up_to), 0) FROM arrival WHERE at_ms < ?")?
                .query_row([oldest.as_millisecond()], |row| row.get(0))?;
            tx.prepare_cached("DELETE FROM arrival WHERE up_to <= ?")?.execute([long_ago.max(cursor.at)])?;
            if long_ago <= cursor.at {
                return Ok(consumers);
            }
            cursor.at = long_ago;
            cursor.save(tx)?;
            Consumers::loaded_anew(&consumers, tx)
        })
    }

    pub(super) fn forget_arrival_times(&mut self) -> Result<(), OutboxError> {
        self.attempt(step::forget_arrivals, |store| {
            store
                .conn
                .prepare_cached("DELETE FROM arrival WHERE up_to > ?")?
                .execute([store.arrivals_before])
                .map(drop)
        })
    }

    pub(super) fn resend(&mut self, stream: &str, from: u64, to: u64) -> Result<Resent, OutboxError> {
        let (resent, rows) =
            self.attempt(step::find_asked_for, |store| store.find_asked_for(stream, from, to))?;
        self.asked.extend(rows);
        Ok(resent)
    }

    /// What became of the request, and the rows that are to be sent again.
    fn find_asked_for(&self, stream: &str, from: u64, to: u64) -> rusqlite::Result<(Resent, Vec<i64>)> {
        // SQLite counts to 2^63.
        let (from, to) = (from.max(1), to.min(i64::MAX as u64));
        let room = MOST_RECORDS.min(MOST_ASKED.saturating_sub(self.asked.len()));
        let mut statement = self.conn.prepare_cached(
            "SELECT r.id, r.n, p.acked FROM record AS r CROSS JOIN progress AS p ON p.id = r.id
             WHERE r.stream = ? AND r.n >= ? AND r.n <= ? ORDER BY r.n LIMIT ?",
        )?;
        let present = statement.query_map(params![stream, from, to, room as i64 + 1], |row| {
            Ok(StoredRow { row: row.get(0)?, n: row.get(1)?, acked: row.get(2)? })
        })?;
        let mut present: Vec<StoredRow> = present.collect::<rusqlite::Result<_>>()?;
        let mut through = to;
        if present.len() > room
            && let Some(first_too_many) = present.pop()
        {
            through = first_too_many.n - 1;
        }
        let facts = self.facts_of(stream)?;
        let mut resent = Resent { through: from - 1, ..Resent::default() };
        let mut rows = Vec::new();
        let mut present = present.into_iter().peekable();
        while resent.through < through {
            let n = resent.through + 1;
            let is_full = resent.again.len() + resent.absent.len() >= MOST_RANGES;
            match present.next_if(|record| record.n == n) {
                Some(record) => {
                    match resent.again.last_mut() {
                        Some((_, last)) if *last + 1 == n => *last = n,
                        Some(_) | None if is_full => break,
                        Some(_) | None => resent.again.push((n, n)),
                    }
                    resent.records += 1;
                    if record.acked > 0 {
                        rows.push(record.row);
                    }
                    resent.through = n;
                }
                None if is_full => break,
                None => {
                    let end = present.peek().map_or(through, |next| next.n - 1);
                    let (why, to) = facts.absence(n, end);
                    resent.absent.push(AbsentNumbers { from: n, to, why });
                    resent.through = to;
                }
            }
        }
        Ok((resent, rows))
    }

    fn facts_of(&self, stream: &str) -> rusqlite::Result<StreamFacts> {
        let mark = mark_of(&self.conn, stream)?;
        let is_ours = *self.stream == *stream;
        let has_records = || {
            self.conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM record WHERE stream = ? AND n IS NOT NULL)")?
                .query_row([stream], |row| row.get(0))
        };
        let is_known = is_ours || mark.is_some() || has_records()?;
        let mut statement = self
            .conn
            .prepare_cached("SELECT gap FROM record WHERE kind = 3 AND gap IS NOT NULL ORDER BY id")?;
        let details = statement.query_map([], |row| row.get::<_, String>(0))?;
        let mut gaps = Vec::new();
        for detail in details {
            let Some(gap) = gap_from_detail(&detail?).filter(|gap| *gap.stream == *stream) else { continue };
            gaps.extend(gap.ranges.iter().map(|(first, last)| (*first, *last, gap.reason)));
        }
        Ok(StreamFacts { is_known, next_n: is_ours.then_some(self.next_n), mark, gaps })
    }

    pub(super) fn resend_picture(
        &mut self,
        alert: &str,
        topic: &str,
    ) -> Result<Option<Vec<u8>>, OutboxError> {
        let found = self.attempt(step::find_picture, |store| {
            store
                .conn
                .prepare_cached(
                    "SELECT r.id, p.acked, r.stream, r.sum, r.body
                     FROM record AS r CROSS JOIN progress AS p ON p.id = r.id
                     WHERE r.alert_id = ? AND r.topic = ? AND r.class = 2 ORDER BY r.id DESC LIMIT 1",
                )?
                .query_row([alert, topic], |row| {
                    let (stream, sum, body): (String, Option<i64>, Vec<u8>) =
                        (row.get(2)?, row.get(3)?, row.get(4)?);
                    let is_whole = is_as_stored(sum, &stream, None, topic, &body);
                    Ok(is_whole.then_some((row.get::<_, i64>(0)?, row.get::<_, u8>(1)?, body)))
                })
                .optional()
        })?;
        Ok(found.flatten().map(|(row, acked, body)| {
            if acked > 0 {
                self.asked.insert(row);
            }
            body
        }))
    }

    /// Part of a look through the queue: what was asked for, whatever became of it before. Pictures one at a time.
    pub(super) fn collect_asked(
        &self,
        limit: usize,
        evidence: bool,
        found: &mut Found,
    ) -> rusqlite::Result<()> {
        for &id in &self.asked {
            if found.in_flight.len() >= limit {
                break;
            }
            let is_taken = self.in_flight.contains(&id)
                || self.held.contains_key(&id)
                || found.in_flight.iter().any(|sending| sending.id.row == id);
            if is_taken {
                continue;
            }
            let class: Option<u8> = self
                .conn
                .prepare_cached("SELECT class FROM record WHERE id = ?")?
                .query_row([id], |row| row.get(0))
                .optional()?;
            match class {
                // It left meanwhile.
                None => found.left.push(id),
                Some(PICTURE)
                    if !evidence || found.in_flight.iter().any(|sending| sending.kind == Kind::Evidence) => {}
                Some(_) => self.take(id, SendOrder::Asked, found)?,
            }
        }
        Ok(())
    }

    /// A record that was asked for has arrived once more.
    pub(super) fn has_arrived_again(&mut self, row: i64) {
        if self.asked.remove(&row) {
            self.in_flight.remove(&row);
        }
    }
}

/// The first record that the centre is not done with; pictures, of which the history keeps none, aside.
fn first_waiting(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    let mut first =
        conn.prepare_cached("SELECT id FROM progress WHERE acked = ? AND class = ? ORDER BY id LIMIT 1")?;
    let mut lowest = None;
    for place in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let id: Option<i64> = first.query_row(place, |row| row.get(0)).optional()?;
        lowest = lowest.into_iter().chain(id).min();
    }
    Ok(lowest)
}

/// The last record of which it is noted when it had arrived.
pub(super) fn last_arrival(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT ifnull(max(up_to), 0) FROM arrival")?.query_row([], |row| row.get(0))
}

/// `record.class` of pictures.
const PICTURE: u8 = 2;
