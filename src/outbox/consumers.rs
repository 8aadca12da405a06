//! Consumers with a cursor: what each has read, what is kept for it after the centre is done, and what it loses when it
//! stays behind for too long.
//!
//! The cursors in memory are those of the table `consumer`: a transaction changes a copy, which replaces them once it is
//! committed. Must never keep a record from the centre, and never more for a consumer than its policy allows.

use std::sync::Arc;

use rusqlite::{Connection, Transaction, params};

use super::format::kind_number;
use super::gone::Gone;
use super::resend::SENT_HISTORY;
use super::{Kind, Level, Outbox, OutboxError, RecordId, Seq};
use crate::analysis::time::Timestamp;
use crate::text::{box_log, log_warn};

mod reading;

/// How far below a bound giving up goes, as a share: not again at the next record.
const SLACK: u64 = 50;

/// What is kept for a consumer at most, of what the centre is done with already. What still waits for the centre is
/// there for every consumer and counts for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsumerPolicy {
    /// Maximum number of records.
    pub rows: u64,
    /// Maximum bytes of their bodies.
    pub bytes: u64,
    /// Whether it wants pictures, too.
    pub pictures: bool,
}

/// What the history of sent records gives up first, oldest first; then whatever is oldest. A street with cameras that count
/// would otherwise leave nothing else in it, and a text that was asked for can be asked for again.
const GIVEN_UP_FIRST: [Kind; 2] = [Kind::Count, Kind::Reply];

/// A record, as a consumer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// For [`Consumer::advance`].
    pub id: RecordId,
    /// What it is.
    pub kind: Kind,
    /// Its place; `None` for pictures.
    pub seq: Option<Seq>,
    /// The alert it belongs to.
    pub alert_id: Option<String>,
    /// As in [`Record::rev`](super::Record::rev).
    pub rev: u32,
    /// The alert's level.
    pub level: Option<Level>,
    /// Whether the alert is over with this.
    pub phase_end: bool,
    /// Topic below `prefix/area/box/`.
    pub topic_suffix: String,
    /// Time of the event in the record.
    pub at: Timestamp,
    /// The message, or the picture.
    pub body: Vec<u8>,
}

/// What a consumer reads at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the order in which they were stored.
    pub records: Vec<StoredRecord>,
    /// How many records were given up before this consumer had read them, since it was registered.
    pub missed: u64,
}

/// A registered consumer. Nothing leaves before [`Consumer::advance`]: what was read and not advanced past is read again,
/// also after a crash, so a consumer that stores it elsewhere must recognise it by its stream and number.
#[derive(Debug)]
pub struct Consumer {
    outbox: Outbox,
    name: Arc<str>,
}

impl Consumer {
    /// The next records after the cursor, `limit` at most. None: wait for `Outbox::appended`.
    ///
    /// # Errors
    /// The database cannot be read, or the consumer is not registered any more.
    pub fn read(&self, limit: usize) -> Result<Batch, OutboxError> {
        let name = self.name.clone();
        self.outbox.call(move |store| store.read(&name, limit))
    }

    /// Everything up to this record is done with. In one transaction the cursor moves, and what nobody needs any more
    /// leaves.
    ///
    /// # Errors
    /// The database cannot be written, or the consumer is not registered any more; the cursor stays.
    pub fn advance(&self, up_to: RecordId) -> Result<(), OutboxError> {
        let name = self.name.clone();
        self.outbox.call(move |store| store.advance(&name, up_to))
    }
}

/// Records and the bytes of their bodies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Amount {
    rows: u64,
    bytes: u64,
}

impl Amount {
    fn add(&mut self, bytes: u64) {
        self.rows += 1;
        self.bytes += bytes;
    }

    fn is_over(self, bound: Amount) -> bool {
        self.rows > bound.rows || self.bytes > bound.bytes
    }

    fn less(self, other: Amount) -> Amount {
        Amount { rows: self.rows.saturating_sub(other.rows), bytes: self.bytes.saturating_sub(other.bytes) }
    }
}

/// A row of `consumer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) name: Arc<str>,
    /// The last record it is done with.
    pub(super) at: i64,
    pub(super) policy: ConsumerPolicy,
    pub(super) missed: u64,
    /// Up to here it has given up what the centre is done with; never below `at`. What still waits for the centre is
    /// not given up by that, it costs nothing. In memory only: after a restart it begins with `at` again, which
    /// brings back what another consumer kept from leaving.
    given_up_to: i64,
    /// What is kept for it.
    holds: Amount,
}

impl Cursor {
    pub(super) fn from_row(name: String, at: i64, policy: ConsumerPolicy, missed: u64) -> Self {
        Cursor { name: name.into(), at, policy, missed, given_up_to: at, holds: Amount::default() }
    }

    /// The same, before it has read anything.
    pub(super) fn at_the_beginning(&self) -> Self {
        Cursor { at: 0, given_up_to: 0, ..self.clone() }
    }

    /// Whether it still has to read it.
    pub(super) fn wants(&self, id: i64, is_picture: bool) -> bool {
        self.at < id && (self.policy.pictures || !is_picture)
    }

    pub(super) fn save(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let ConsumerPolicy { rows, bytes, pictures } = self.policy;
        tx.prepare_cached(
            "INSERT INTO consumer (name, cursor, rows, bytes, pictures, missed) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, rows = excluded.rows,
             bytes = excluded.bytes, pictures = excluded.pictures, missed = excluded.missed",
        )?
        .execute(params![
            &*self.name,
            self.at,
            in_sql(rows),
            in_sql(bytes),
            pictures,
            in_sql(self.missed)
        ])?;
        Ok(())
    }

    /// Whether it is the history of sent records, which nobody reads.
    fn is_history(&self) -> bool {
        *self.name == *SENT_HISTORY
    }

    /// Whether it still has to read it and has not given it up, now that the centre is done with it.
    fn keeps(&self, id: i64, is_picture: bool) -> bool {
        self.given_up_to < id && self.wants(id, is_picture)
    }

    fn move_to(&mut self, id: i64) {
        self.at = id;
        self.given_up_to = self.given_up_to.max(id);
    }

    /// Gives up the oldest of what is kept for it until that is no more than `target`. The cursor itself moves as far as
    /// nothing waits for the centre.
    fn give_up(&mut self, tx: &Transaction<'_>, target: Amount) -> rusqlite::Result<()> {
        let before = self.missed;
        let mut oldest = tx.prepare_cached(
            "SELECT r.id, r.class = 2, p.acked, r.bytes FROM record AS r NOT INDEXED
             CROSS JOIN progress AS p ON p.id = r.id WHERE r.id > ? ORDER BY r.id",
        )?;
        let mut rows = oldest.query([self.given_up_to])?;
        let mut is_free = self.at == self.given_up_to;
        while self.holds.is_over(target)
            && let Some(row) = rows.next()?
        {
            let (id, is_picture, acked): (i64, bool, u8) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if self.wants(id, is_picture) {
                if acked == KEPT {
                    self.missed += 1;
                    self.holds = self.holds.less(Amount { rows: 1, bytes: row.get(3)? });
                } else {
                    is_free = false;
                }
            }
            self.given_up_to = id;
            if is_free {
                self.at = id;
            }
        }
        if !self.is_history() {
            log_warn!(box_log::consumer_too_far_behind(); consumer = %self.name, records = self.missed - before);
        }
        self.save(tx)
    }
}

/// `progress.acked` of what the centre is done with and a consumer is not.
pub(super) const KEPT: u8 = 2;

/// SQLite counts to 2^63.
fn in_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// All cursors, and what is kept for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Consumers {
    list: Vec<Cursor>,
    kept: Amount,
}

impl Consumers {
    pub(super) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        Self::default().loaded_anew(conn)
    }

    /// The table's, with what is known in memory only.
    pub(super) fn loaded_anew(&self, conn: &Connection) -> rusqlite::Result<Self> {
        let mut statement = conn.prepare_cached(
            "SELECT name, cursor, rows, bytes, pictures, missed FROM consumer ORDER BY name",
        )?;
        let cursors = statement.query_map([], |row| {
            let policy = ConsumerPolicy { rows: row.get(2)?, bytes: row.get(3)?, pictures: row.get(4)? };
            Ok(Cursor::from_row(row.get(0)?, row.get(1)?, policy, row.get(5)?))
        })?;
        let mut list: Vec<Cursor> = cursors.collect::<rusqlite::Result<_>>()?;
        for cursor in &mut list {
            if let Some(before) = self.list.iter().find(|before| before.name == cursor.name) {
                cursor.given_up_to = cursor.at.max(before.given_up_to);
            }
            cursor.holds = kept_between(conn, cursor.given_up_to, i64::MAX, cursor.policy.pictures)?;
        }
        Ok(Consumers { list, kept: kept_between(conn, 0, i64::MAX, true)? })
    }

    /// Records that are kept for consumers alone.
    pub(super) fn kept_rows(&self) -> u64 {
        self.kept.rows
    }

    /// The centre is done with a record: it leaves, or is kept for those who have not read it.
    pub(super) fn retire(&mut self, tx: &Transaction<'_>, gone: &Gone) -> rusqlite::Result<()> {
        let is_picture = gone.n.is_none();
        // The history keeps no answers in parts; where they are kept for somebody else, they count there, too.
        let is_kept = self
            .list
            .iter()
            .any(|cursor| cursor.keeps(gone.id, is_picture) && !(gone.is_part && cursor.is_history()));
        for cursor in self.list.iter_mut().filter(|cursor| cursor.wants(gone.id, is_picture)) {
            if is_kept && cursor.keeps(gone.id, is_picture) {
                cursor.holds.add(gone.bytes);
            } else if !cursor.is_history() {
                cursor.missed += 1;
                cursor.save(tx)?;
            }
        }
        if is_kept {
            self.kept.add(gone.bytes);
            tx.prepare_cached("UPDATE progress SET acked = 2 WHERE id = ?")?.execute([gone.id])?;
            return Ok(());
        }
        delete_row(tx, gone.id)
    }

    /// A record leaves at once, read by every consumer or not. `was_kept`: the centre was done with it.
    pub(super) fn delete(
        &mut self,
        tx: &Transaction<'_>,
        gone: &Gone,
        was_kept: bool,
    ) -> rusqlite::Result<()> {
        delete_row(tx, gone.id)?;
        let amount = Amount { rows: 1, bytes: gone.bytes };
        if was_kept {
            self.kept = self.kept.less(amount);
        }
        let is_picture = gone.n.is_none();
        let has_it = |cursor: &&mut Cursor| {
            if was_kept { cursor.keeps(gone.id, is_picture) } else { cursor.wants(gone.id, is_picture) }
        };
        for cursor in self.list.iter_mut().filter(has_it) {
            cursor.missed += 1;
            if was_kept {
                cursor.holds = cursor.holds.less(amount);
            }
            cursor.save(tx)?;
        }
        Ok(())
    }

    /// A consumer beyond its policy loses its oldest records.
    pub(super) fn keep_bounds(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let below = |bound: u64| bound.saturating_sub((bound / SLACK).max(1));
        let (mut is_over, mut somebody_gave_up) = (false, false);
        for at in 0..self.list.len() {
            let ConsumerPolicy { rows, bytes, .. } = self.list[at].policy;
            if self.list[at].holds.is_over(Amount { rows, bytes }) {
                self.give_up(tx, at, Amount { rows: below(rows), bytes: below(bytes) })?;
                is_over = true;
                somebody_gave_up |= !self.list[at].is_history();
            }
        }
        if somebody_gave_up {
            self.forget_parts(tx, 0, i64::MAX)?;
        }
        if is_over {
            self.sweep(tx)?;
        }
        Ok(())
    }

    /// The disk is short of so many bytes: they are taken from what is kept for consumers alone, as far as there are.
    /// Returns how many became free.
    pub(super) fn give_up_bytes(&mut self, tx: &Transaction<'_>, missing: u64) -> rusqlite::Result<u64> {
        let before = self.kept.bytes;
        // Of all that is kept, so it is the same whatever left already.
        let target = Amount { rows: u64::MAX, bytes: before.saturating_sub(missing) };
        for is_history in [false, true] {
            if is_history {
                // What nobody else keeps by now leaves before the history gives up anything else.
                self.forget_parts(tx, 0, i64::MAX)?;
            }
            for at in 0..self.list.len() {
                let cursor = &self.list[at];
                if cursor.is_history() == is_history && cursor.holds.is_over(target) {
                    self.give_up(tx, at, target)?;
                }
            }
        }
        self.sweep(tx)?;
        Ok(before.saturating_sub(self.kept.bytes))
    }

    /// One of them gives up what is kept for it until that is no more than `target`.
    fn give_up(&mut self, tx: &Transaction<'_>, at: usize, target: Amount) -> rusqlite::Result<()> {
        if self.list[at].is_history() {
            for kind in GIVEN_UP_FIRST {
                self.give_up_kind(tx, at, kind, target)?;
            }
        }
        let cursor = &mut self.list[at];
        if cursor.holds.is_over(target) { cursor.give_up(tx, target) } else { Ok(()) }
    }

    /// The history gives up its oldest records of a kind; what another consumer keeps as well stays.
    fn give_up_kind(
        &mut self,
        tx: &Transaction<'_>,
        at: usize,
        kind: Kind,
        target: Amount,
    ) -> rusqlite::Result<()> {
        let mut oldest = tx.prepare_cached(
            "SELECT p.id, r.bytes FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
             WHERE p.acked = 2 AND p.class = 1 AND p.id > ? AND r.kind = ? ORDER BY p.id",
        )?;
        let mut rows = oldest.query(params![self.list[at].given_up_to, kind_number(kind)])?;
        let mut left = self.list[at].holds;
        let mut given_up = Vec::new();
        while left.is_over(target)
            && let Some(row) = rows.next()?
        {
            let (id, bytes): (i64, u64) = (row.get(0)?, row.get(1)?);
            let others = self.list.iter().enumerate().filter(|(other, _)| *other != at);
            if others.into_iter().any(|(_, cursor)| cursor.keeps(id, false)) {
                continue;
            }
            let amount = Amount { rows: 1, bytes };
            left = left.less(amount);
            given_up.push((id, amount));
        }
        drop(rows);
        for (id, amount) in given_up {
            delete_row(tx, id)?;
            self.kept = self.kept.less(amount);
        }
        self.list[at].holds = left;
        Ok(())
    }

    /// Deletes what is kept and everybody is past or has given up.
    fn sweep(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        if self.kept.rows == 0 {
            return Ok(());
        }
        for is_picture in [false, true] {
            let wanting = self.list.iter().filter(|cursor| cursor.policy.pictures || !is_picture);
            let lowest = wanting.map(|cursor| cursor.given_up_to).min().unwrap_or(i64::MAX);
            let read = if is_picture {
                "SELECT r.id, r.bytes FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
                 WHERE p.acked = 2 AND p.class = 2 AND p.id <= ?"
            } else {
                "SELECT r.id, r.bytes FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
                 WHERE p.acked = 2 AND p.class IN (0, 1) AND p.id <= ?"
            };
            let read: Vec<(i64, u64)> = tx
                .prepare_cached(read)?
                .query_map([lowest], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            for (id, bytes) in read {
                delete_row(tx, id)?;
                self.kept = self.kept.less(Amount { rows: 1, bytes });
            }
        }
        Ok(())
    }

    /// Answers in parts leave as soon as nobody but the history would keep them: of those after `above` up to `up_to`.
    fn forget_parts(&mut self, tx: &Transaction<'_>, above: i64, up_to: i64) -> rusqlite::Result<()> {
        let mut statement = tx.prepare_cached(
            "SELECT r.id, r.bytes FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
             WHERE p.acked = 2 AND p.class IN (0, 1) AND p.id > ? AND p.id <= ? AND r.kind = ? AND r.rev > 0",
        )?;
        let parts: Vec<(i64, u64)> = statement
            .query_map(params![above, up_to, kind_number(Kind::Reply)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (id, bytes) in parts {
            if self.list.iter().any(|cursor| cursor.keeps(id, false) && !cursor.is_history()) {
                continue;
            }
            delete_row(tx, id)?;
            let amount = Amount { rows: 1, bytes };
            self.kept = self.kept.less(amount);
            for cursor in self.list.iter_mut().filter(|cursor| cursor.keeps(id, false)) {
                cursor.holds = cursor.holds.less(amount);
            }
        }
        Ok(())
    }

    pub(super) fn named(&mut self, name: &str) -> Option<&mut Cursor> {
        self.list.iter_mut().find(|cursor| &*cursor.name == name)
    }
}

/// A record and how far it got.
fn delete_row(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM record WHERE id = ?")?.execute([id])?;
    tx.prepare_cached("DELETE FROM progress WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// What the centre is done with, of the records after `above` up to `up_to`.
fn kept_between(conn: &Connection, above: i64, up_to: i64, pictures: bool) -> rusqlite::Result<Amount> {
    // The classes one by one, so that the index leads to the place.
    let sql = if pictures {
        "SELECT count(*), ifnull(sum(r.bytes), 0) FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
         WHERE p.acked = 2 AND p.class IN (0, 1, 2) AND p.id > ? AND p.id <= ?"
    } else {
        "SELECT count(*), ifnull(sum(r.bytes), 0) FROM progress AS p CROSS JOIN record AS r ON r.id = p.id
         WHERE p.acked = 2 AND p.class IN (0, 1) AND p.id > ? AND p.id <= ?"
    };
    conn.prepare_cached(sql)?
        .query_row([above, up_to], |row| Ok(Amount { rows: row.get(0)?, bytes: row.get(1)? }))
}
