//! What a consumer asks of the database: to be registered, to read on, to advance.

use std::sync::Arc;

use rusqlite::Transaction;

use super::{Batch, Consumer, ConsumerPolicy, Consumers, Cursor, StoredRecord, kept_between};
use crate::analysis::time::Timestamp;
use crate::outbox::error::Doing;
use crate::outbox::format::{is_as_stored, kind_from_number, level_from_number};
use crate::outbox::store::Store;
use crate::outbox::{Outbox, OutboxError, RecordId, Seq};
use crate::text::outbox_step as step;

impl Outbox {
    /// Registers a consumer, or takes it up again with another policy. A new one begins with the oldest record that is
    /// there. Its place and what is kept for it outlast a restart, whether it is registered then or not: a program that does
    /// without a consumer that there was has to `Outbox::unregister` it, or up to its policy's bounds is kept for nobody.
    /// Without bounds (`u64::MAX`) that is everything until the disk is short.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn register(&self, name: &str, policy: ConsumerPolicy) -> Result<Consumer, OutboxError> {
        let name: Arc<str> = name.into();
        let row = name.clone();
        self.call(move |store| store.register(&row, policy))?;
        Ok(Consumer { outbox: self.clone(), name })
    }

    /// Forgets a consumer and what is kept for it alone. One that is not known is no error.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(crate) fn unregister(&self, name: &str) -> Result<(), OutboxError> {
        let name = name.to_owned();
        self.call(move |store| store.unregister(&name))
    }
}

impl Store {
    pub(in crate::outbox) fn register(
        &mut self,
        name: &str,
        policy: ConsumerPolicy,
    ) -> Result<(), OutboxError> {
        self.change_consumers(step::register_consumer, |store, tx| {
            let known = store.consumers.list.iter().find(|cursor| &*cursor.name == name);
            let (at, missed) = known.map_or((0, 0), |cursor| (cursor.at, cursor.missed));
            Cursor::from_row(name.to_owned(), at, policy, missed).save(tx)?;
            store.consumers.loaded_anew(tx)
        })
    }

    pub(in crate::outbox) fn unregister(&mut self, name: &str) -> Result<(), OutboxError> {
        self.change_consumers(step::forget_consumer, |store, tx| {
            tx.execute("DELETE FROM consumer WHERE name = ?", [name])?;
            let mut consumers = store.consumers.loaded_anew(tx)?;
            consumers.forget_parts(tx, 0, i64::MAX)?;
            Ok(consumers)
        })
    }

    pub(in crate::outbox) fn advance(&mut self, name: &str, up_to: RecordId) -> Result<(), OutboxError> {
        self.check_registered(name)?;
        self.change_consumers(step::note_consumer, |store, tx| {
            let mut consumers = store.consumers.clone();
            // Of a database that has been replaced since: read again, and recognised by its consumer.
            if let Some(row) = store.row_of(up_to)
                && let Some(cursor) = consumers.named(name)
                && cursor.at < row
            {
                let above = cursor.given_up_to;
                let read = kept_between(tx, above, row, cursor.policy.pictures)?;
                cursor.holds = cursor.holds.less(read);
                cursor.move_to(row);
                cursor.save(tx)?;
                consumers.forget_parts(tx, above, row)?;
            }
            Ok(consumers)
        })
    }

    /// Runs `work` in a transaction; what nobody needs any more with the consumers it returns leaves with it.
    pub(in crate::outbox) fn change_consumers(
        &mut self,
        doing: Doing,
        work: impl Fn(&Store, &Transaction<'_>) -> rusqlite::Result<Consumers>,
    ) -> Result<(), OutboxError> {
        self.attempt(doing, |store| {
            let tx = store.conn.unchecked_transaction()?;
            let mut consumers = work(store, &tx)?;
            consumers.keep_bounds(&tx)?;
            consumers.sweep(&tx)?;
            tx.commit()?;
            store.consumers = consumers;
            Ok(())
        })
    }

    fn check_registered(&mut self, name: &str) -> Result<(), OutboxError> {
        match self.consumers.named(name) {
            Some(_) => Ok(()),
            None => Err(OutboxError::NoConsumer { name: name.to_owned() }),
        }
    }

    pub(in crate::outbox) fn read(&mut self, name: &str, limit: usize) -> Result<Batch, OutboxError> {
        self.check_registered(name)?;
        let (mut records, spoiled) = self.read_after_cursor(name, limit)?;
        if !spoiled.is_empty() {
            self.give_up(&spoiled)?;
            (records, _) = self.read_after_cursor(name, limit)?;
        }
        // A gap that somebody has read stays as it is.
        if self.open_gap.is_some_and(|gap| records.iter().any(|record| record.id.row == gap)) {
            self.open_gap = None;
        }
        let missed = self.consumers.named(name).map_or(0, |cursor| cursor.missed);
        Ok(Batch { records, missed })
    }

    /// The next records, and the rows among them whose bodies are not what was stored.
    fn read_after_cursor(
        &mut self,
        name: &str,
        limit: usize,
    ) -> Result<(Vec<StoredRecord>, Vec<i64>), OutboxError> {
        self.attempt(step::read_for_consumer, |store| {
            let named = store.consumers.named(name);
            let cursor =
                named.map_or((i64::MAX, false, i64::MAX), |c| (c.at, c.policy.pictures, c.given_up_to));
            let mut statement = store.conn.prepare_cached(
                "SELECT r.id, r.stream, r.n, r.kind, r.level, r.rev, r.ends, r.at_ms, r.alert_id, r.topic, r.sum, r.body
                 FROM record AS r NOT INDEXED CROSS JOIN progress AS p ON p.id = r.id
                 WHERE r.id > ? AND (r.class < 2 OR ?) AND (p.acked < 2 OR r.id > ?) ORDER BY r.id",
            )?;
            let mut rows = statement.query(cursor)?;
            let (mut records, mut spoiled) = (Vec::new(), Vec::new());
            while records.len() < limit
                && let Some(row) = rows.next()?
            {
                let (stream, n): (String, Option<u64>) = (row.get(1)?, row.get(2)?);
                let record = StoredRecord {
                    id: RecordId { generation: store.generation, row: row.get(0)? },
                    kind: kind_from_number(row.get(3)?),
                    alert_id: row.get(8)?,
                    rev: row.get(5)?,
                    level: row.get::<_, Option<u8>>(4)?.map(level_from_number),
                    phase_end: row.get(6)?,
                    topic_suffix: row.get(9)?,
                    at: Timestamp::from_millisecond(row.get(7)?).unwrap_or(Timestamp::UNIX_EPOCH),
                    body: row.get(11)?,
                    seq: n.map(|n| Seq { stream: stream.as_str().into(), n }),
                };
                let stored: Option<i64> = row.get(10)?;
                if is_as_stored(stored, &stream, n, &record.topic_suffix, &record.body) {
                    records.push(record);
                } else {
                    spoiled.push(record.id.row);
                }
            }
            Ok((records, spoiled))
        })
    }
}
