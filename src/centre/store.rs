//! The database: what a batch of messages becomes in one transaction. All SQL is here and in `sql/`.
//!
//! # Why any number of workers may be killed at any point
//!
//! - A batch is one transaction. Before its commit nothing of it is there, and nothing was acknowledged; after it everything is, and
//!   when the acknowledgement is lost the batch comes again and changes nothing: numbers, alerts and pictures have keys of their own.
//! - A revision takes the place of a lower one only, in whatever order they come.
//! - One transaction at a time works on a box (the lock of its row), in the order of their ids. So a message and its signature that
//!   two workers have at the same time find one another, and a mark is never computed beside numbers that are just being stored.
//! - The mark is computed by the database from the numbers that are settled there, not from what a worker remembers.
//!
//! Must never report a batch as stored before the database said so.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement, Transaction};

use super::BoxName;
use super::batch::{Batch, refused};
use super::box_keys::BoxKeys;
use super::inbound::{Judged, Latest, Picture, Record, Refused, Signature, Why, record_of};
use super::rows::{AlertRow, Missing, Rows, is_count, multirange, ranges_of};
use crate::contract::health::SpoolHealth;
use crate::contract::messages::{HEALTH, STATE};
use crate::outbox;
use crate::types::hex::hex;

/// The migrations, in order; what has run is never changed any more.
const MIGRATIONS: [&str; 1] = [include_str!("sql/0001_first.sql")];
/// The lock of those who migrate. Any number that nobody else uses.
const MIGRATION_LOCK: i64 = 0x4c6f_6f6b_6f75_7401;
/// Of each box, reason and hour so many refused messages are kept as they came; the rest is counted.
const KEPT_REFUSALS: i64 = 100;
/// So much of each.
const KEPT_BYTES: usize = 4096;
/// Of each box so many messages wait for their signatures, and so many signatures for their messages: more than a link loses.
const MOST_WAITING: i64 = 2000;
/// And so many pictures for their alerts.
const MOST_UNANNOUNCED: i64 = 2000;
/// Longest name of a box or a topic that is kept of what was refused.
const KEPT_NAME: usize = 200;

/// Why something was not stored.
#[derive(Debug)]
pub(super) enum StoreError {
    /// The database cannot be reached, or is stopping: the same again, later.
    Away(String),
    /// The database does not take what is in the batch: the same again would fail again.
    Data(String),
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        // Class 22: data that is none (a text with a zero byte, no time); 23: a rule of a table; 54: too large.
        let is_data = error
            .code()
            .is_some_and(|state| ["22", "23", "54"].iter().any(|class| state.code().starts_with(class)));
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let why = cause.unwrap_or_else(|| error.to_string());
        if is_data { StoreError::Data(why) } else { StoreError::Away(why) }
    }
}

/// Up to where a stream is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub of: BoxName,
    pub stream: String,
    pub n: i64,
}

/// What came of a batch.
#[derive(Debug, Default)]
pub(super) struct Committed {
    /// The marks to send, also those that were sent before: a box that asks again has lost the last one.
    pub marks: Vec<Mark>,
    /// Messages with numbers, those that had been there included.
    pub records: usize,
    pub refused: usize,
}

/// Numbers that a box is to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hole {
    pub of: BoxName,
    pub stream: String,
    pub ranges: Vec<(i64, i64)>,
}

/// A connection to the database.
pub(super) struct Store {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
    /// Ids of boxes, which never change.
    boxes: HashMap<BoxName, i32>,
    worker: String,
}

type Parameters<'p> = &'p [&'p (dyn ToSql + Sync)];

/// A transaction, with the statements that were prepared before.
struct Work<'s> {
    transaction: Transaction<'s>,
    prepared: &'s mut HashMap<&'static str, Statement>,
    ids: BTreeMap<BoxName, i32>,
}

impl Store {
    /// Over a connection that is open. `worker`: who stores, for people.
    pub(super) fn new(client: Client, worker: String) -> Self {
        Store { client, prepared: HashMap::new(), boxes: HashMap::new(), worker }
    }

    /// Makes the tables what this version needs. Any number may do so at once.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn migrate(&mut self) -> Result<(), StoreError> {
        let transaction = self.client.transaction().await?;
        transaction.execute(include_str!("sql/migration_lock.sql"), &[&MIGRATION_LOCK]).await?;
        transaction.batch_execute(include_str!("sql/history.sql")).await?;
        let done: i64 = transaction.query_one(include_str!("sql/migrated.sql"), &[]).await?.get(0);
        for (number, migration) in (1..).zip(MIGRATIONS).skip(usize::try_from(done).unwrap_or(0)) {
            transaction.batch_execute(migration).await?;
            transaction.execute(include_str!("sql/add_migration.sql"), &[&number]).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Stores a batch: all of it, or nothing. The pictures in it are on disk already.
    ///
    /// # Errors
    /// The database's; nothing of the batch is stored then.
    pub(super) async fn commit(
        &mut self,
        keys: &BoxKeys,
        judged: &[Judged],
    ) -> Result<Committed, StoreError> {
        let mut batch = Batch::of(judged);
        let ids = self.ids_of(batch.boxes()).await?;
        let mut work =
            Work { transaction: self.client.transaction().await?, prepared: &mut self.prepared, ids };
        work.lock().await?;
        let proven = work.prove(keys, &mut batch).await?;
        batch.records.extend(proven);
        batch.drop_repeats();
        work.add_messages(&mut batch, &self.worker).await?;
        let rows = Rows::of(&batch.records);
        work.add_rows(&rows).await?;
        let mut marks = work.settle(&rows).await?;
        marks.extend(work.keep_latest(&batch).await?);
        work.add_pictures(&batch.pictures, &rows).await?;
        work.add_refused(&batch.refused).await?;
        outbox::crash_point("centre-before-commit");
        work.transaction.commit().await?;
        marks.sort();
        marks.dedup();
        Ok(Committed { marks, records: batch.records.len(), refused: batch.refused.len() })
    }

    /// The ids of boxes, which are entered where they are new.
    async fn ids_of(&mut self, boxes: BTreeSet<BoxName>) -> Result<BTreeMap<BoxName, i32>, StoreError> {
        let new: Vec<&BoxName> = boxes.iter().filter(|name| !self.boxes.contains_key(*name)).collect();
        if !new.is_empty() {
            let areas: Vec<&str> = new.iter().map(|name| name.area.as_str()).collect();
            let names: Vec<&str> = new.iter().map(|name| name.name.as_str()).collect();
            self.client.execute(include_str!("sql/add_boxes.sql"), &[&areas, &names]).await?;
            for row in self.client.query(include_str!("sql/boxes.sql"), &[&areas, &names]).await? {
                self.boxes.insert(BoxName { area: row.get(1), name: row.get(2) }, row.get(0));
            }
        }
        let id = |name: BoxName| self.boxes.get(&name).copied().map(|id| (name, id));
        Ok(boxes.into_iter().filter_map(id).collect())
    }

    /// Those of the boxes of which so many pictures wait for their alerts that no more are taken.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn crowded(
        &mut self,
        boxes: &BTreeSet<BoxName>,
    ) -> Result<BTreeSet<BoxName>, StoreError> {
        let areas: Vec<&str> = boxes.iter().map(|name| name.area.as_str()).collect();
        let names: Vec<&str> = boxes.iter().map(|name| name.name.as_str()).collect();
        let rows =
            self.client.query(include_str!("sql/crowded.sql"), &[&areas, &names, &MOST_UNANNOUNCED]).await?;
        Ok(rows.iter().map(|row| BoxName { area: row.get(0), name: row.get(1) }).collect())
    }

    /// Takes on the holes that are `after_secs` old and for which nobody has asked for `again_secs`.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn holes(&mut self, after_secs: f64, again_secs: f64) -> Result<Vec<Hole>, StoreError> {
        let rows =
            self.client.query(include_str!("sql/request_resend.sql"), &[&after_secs, &again_secs]).await?;
        let hole = |row: &Row| Hole {
            of: BoxName { area: row.get(0), name: row.get(1) },
            stream: row.get(2),
            ranges: ranges_of(row.get(3)),
        };
        Ok(rows.iter().map(hole).collect())
    }

    /// Refuses what nobody signed in time, forgets signatures of nothing, and gives back the digests of pictures that nothing
    /// announced, whose files nobody needs.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn clean(&mut self, ages: Ages) -> Result<Vec<[u8; 32]>, StoreError> {
        let transaction = self.client.transaction().await?;
        let mut work = Work { transaction, prepared: &mut self.prepared, ids: BTreeMap::new() };
        let mut refused = Vec::new();
        for row in work.query(include_str!("sql/expired.sql"), &[&ages.unsigned_secs]).await? {
            let of = BoxName { area: row.get(0), name: row.get(1) };
            refused.push(Refused { of, why: Why::Unsigned, topic: row.get(2), body: row.get(4) });
        }
        work.query(include_str!("sql/old_signatures.sql"), &[&ages.signature_secs]).await?;
        let mut files = Vec::new();
        for row in work.query(include_str!("sql/unannounced.sql"), &[&ages.unannounced_secs]).await? {
            let (of, alert_id, sha256) =
                (BoxName { area: row.get(0), name: row.get(1) }, row.get(2), row.get::<_, Vec<u8>>(3));
            let Ok(digest) = <[u8; 32]>::try_from(sha256) else { continue };
            refused.push(Refused {
                of,
                why: Why::Unannounced,
                topic: alert_id,
                body: hex(&digest).into_bytes(),
            });
            if !row.get::<_, bool>(4) {
                files.push(digest);
            }
        }
        work.add_refused(&refused).await?;
        work.transaction.commit().await?;
        Ok(files)
    }
}

/// How old something gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ages {
    /// A message that waits for its signature.
    pub unsigned_secs: f64,
    /// A signature that waits for its message.
    pub signature_secs: f64,
    /// A picture that waits for its alert.
    pub unannounced_secs: f64,
}

impl Work<'_> {
    async fn query(&mut self, sql: &'static str, parameters: Parameters<'_>) -> Result<Vec<Row>, StoreError> {
        let statement = match self.prepared.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let statement = self.transaction.prepare(sql).await?;
                self.prepared.insert(sql, statement.clone());
                statement
            }
        };
        Ok(self.transaction.query(&statement, parameters).await?)
    }

    /// 0 is no box's.
    fn id(&self, of: &BoxName) -> i32 {
        self.ids.get(of).copied().unwrap_or(0)
    }

    fn name_of(&self, id: i32) -> Option<BoxName> {
        self.ids.iter().find(|(_, known)| **known == id).map(|(name, _)| name.clone())
    }

    async fn lock(&mut self) -> Result<(), StoreError> {
        let ids: Vec<i32> = self.ids.values().copied().collect();
        self.query(include_str!("sql/lock_boxes.sql"), &[&ids]).await.map(drop)
    }

    /// Joins messages and signatures that came as messages of their own, in this batch or before; the rest waits.
    async fn prove(&mut self, keys: &BoxKeys, batch: &mut Batch) -> Result<Vec<Arc<Record>>, StoreError> {
        if batch.unproven.is_empty() && batch.signatures.is_empty() {
            return Ok(Vec::new());
        }
        let is_good =
            |of: &BoxName, jws: &str, body: &[u8]| keys.of(of).is_some_and(|key| key.verifies(jws, body));
        let mut beside: HashMap<(&BoxName, [u8; 32]), Vec<&str>> = HashMap::new();
        for Signature { of, sha256, jws } in &batch.signatures {
            beside.entry((of, *sha256)).or_default().push(jws);
        }
        let (mut proven, mut open) = (Vec::new(), Vec::new());
        for record in &batch.unproven {
            let signatures = beside.get(&(&record.of, record.sha256));
            if signatures.is_some_and(|all| all.iter().any(|jws| is_good(&record.of, jws, &record.body))) {
                proven.push(signed(record));
            } else {
                open.push(record);
            }
        }
        let before = self.signatures_before(&open).await?;
        let key = |record: &Record| (self.id(&record.of), record.sha256.to_vec());
        let (found, waits): (Vec<_>, Vec<_>) = open.into_iter().partition(|record| {
            let signatures = before.iter().filter(|(of, _)| *of == key(record));
            signatures.into_iter().any(|(_, jws)| is_good(&record.of, jws, &record.body))
        });
        proven.extend(found.into_iter().map(signed));
        batch.refused.extend(self.add_waiting(&waits).await?);
        let used: BTreeSet<[u8; 32]> = proven.iter().map(|record| record.sha256).collect();
        let unused: Vec<&Signature> = batch.signatures.iter().filter(|s| !used.contains(&s.sha256)).collect();
        for record in self.waiting_for(&unused).await? {
            let of_it = unused.iter().filter(|s| s.of == record.of && s.sha256 == record.sha256);
            if of_it.into_iter().any(|s| is_good(&s.of, &s.jws, &record.body)) {
                proven.push(Arc::new(record));
            }
        }
        let used: BTreeSet<[u8; 32]> = proven.iter().map(|record| record.sha256).collect();
        let unused: Vec<&Signature> = unused.into_iter().filter(|s| !used.contains(&s.sha256)).collect();
        self.add_signatures(&unused).await?;
        self.forget_waiting(&proven).await?;
        Ok(proven)
    }

    async fn signatures_before(
        &mut self,
        open: &[&Arc<Record>],
    ) -> Result<Vec<((i32, Vec<u8>), String)>, StoreError> {
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i32> = open.iter().map(|record| self.id(&record.of)).collect();
        let digests: Vec<&[u8]> = open.iter().map(|record| record.sha256.as_slice()).collect();
        let rows = self.query(include_str!("sql/signatures_of.sql"), &[&ids, &digests]).await?;
        Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect())
    }

    async fn waiting_for(&mut self, signatures: &[&Signature]) -> Result<Vec<Record>, StoreError> {
        if signatures.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i32> = signatures.iter().map(|signature| self.id(&signature.of)).collect();
        let digests: Vec<&[u8]> = signatures.iter().map(|signature| signature.sha256.as_slice()).collect();
        let rows = self.query(include_str!("sql/waiting_for.sql"), &[&ids, &digests]).await?;
        let record = |row: &Row| record_of(&self.name_of(row.get(0))?, row.get(2), row.get(3), true).ok();
        Ok(rows.iter().filter_map(record).collect())
    }

    /// Keeps what waits for its signature; what finds no room is refused.
    async fn add_waiting(&mut self, waits: &[&Arc<Record>]) -> Result<Vec<Refused>, StoreError> {
        let waits: BTreeMap<(i32, [u8; 32]), &Arc<Record>> =
            waits.iter().map(|record| ((self.id(&record.of), record.sha256), *record)).collect();
        if waits.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i32> = waits.keys().map(|(id, _)| *id).collect();
        let digests: Vec<&[u8]> = waits.keys().map(|(_, sha256)| sha256.as_slice()).collect();
        let topics: Vec<&str> = waits.values().map(|record| record.suffix.as_str()).collect();
        let bodies: Vec<&[u8]> = waits.values().map(|record| record.body.as_slice()).collect();
        let all: Parameters<'_> = &[&ids, &digests, &topics, &bodies, &MOST_WAITING];
        let rows = self.query(include_str!("sql/add_waiting.sql"), all).await?;
        let kept: BTreeSet<(i32, Vec<u8>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let lost = waits.iter().filter(|((id, sha256), _)| !kept.contains(&(*id, sha256.to_vec())));
        Ok(lost.map(|(_, record)| refused(record, Why::Unsigned)).collect())
    }

    async fn add_signatures(&mut self, signatures: &[&Signature]) -> Result<(), StoreError> {
        if signatures.is_empty() {
            return Ok(());
        }
        let ids: Vec<i32> = signatures.iter().map(|signature| self.id(&signature.of)).collect();
        let digests: Vec<&[u8]> = signatures.iter().map(|signature| signature.sha256.as_slice()).collect();
        let jws: Vec<&str> = signatures.iter().map(|signature| signature.jws.as_str()).collect();
        self.query(include_str!("sql/add_signatures.sql"), &[&ids, &digests, &jws, &MOST_WAITING])
            .await
            .map(drop)
    }

    async fn forget_waiting(&mut self, proven: &[Arc<Record>]) -> Result<(), StoreError> {
        if proven.is_empty() {
            return Ok(());
        }
        let ids: Vec<i32> = proven.iter().map(|record| self.id(&record.of)).collect();
        let digests: Vec<&[u8]> = proven.iter().map(|record| record.sha256.as_slice()).collect();
        self.query(include_str!("sql/forget_waiting.sql"), &[&ids, &digests]).await.map(drop)
    }

    /// Stores messages under their numbers. What has a number that was given to another one is refused and leaves the batch.
    async fn add_messages(&mut self, batch: &mut Batch, worker: &str) -> Result<(), StoreError> {
        let records: Vec<Arc<Record>> =
            batch.records.iter().filter(|record| !is_count(record)).cloned().collect();
        if records.is_empty() {
            return Ok(());
        }
        let ids: Vec<i32> = records.iter().map(|record| self.id(&record.of)).collect();
        let streams: Vec<&str> = records.iter().map(|record| record.stream.as_str()).collect();
        let numbers: Vec<i64> = records.iter().map(|record| record.n).collect();
        let events: Vec<&str> = records.iter().map(|record| record.event_id.as_str()).collect();
        let kinds: Vec<&str> = records.iter().map(|record| record.kind.as_str()).collect();
        let signed: Vec<bool> = records.iter().map(|record| record.signed).collect();
        let digests: Vec<&[u8]> = records.iter().map(|record| record.sha256.as_slice()).collect();
        let bodies: Vec<&[u8]> = records.iter().map(|record| record.body.as_slice()).collect();
        let times: Vec<String> = records.iter().map(|record| record.event_time.to_string()).collect();
        let all: Parameters<'_> =
            &[&ids, &streams, &numbers, &events, &kinds, &signed, &digests, &bodies, &times, &worker];
        self.query(include_str!("sql/add_messages.sql"), all).await?;
        let taken_by_others: BTreeSet<(i32, String, i64)> = self
            .query(include_str!("sql/taken_numbers.sql"), &[&ids, &streams, &numbers, &digests])
            .await?
            .iter()
            .map(|row| (row.get(0), row.get(1), row.get(2)))
            .collect();
        if !taken_by_others.is_empty() {
            let is_taken = |record: &Arc<Record>| {
                !is_count(record)
                    && taken_by_others.contains(&(self.id(&record.of), record.stream.clone(), record.n))
            };
            let (lost, kept): (Vec<_>, Vec<_>) =
                std::mem::take(&mut batch.records).into_iter().partition(is_taken);
            batch.records = kept;
            batch.refused.extend(lost.iter().map(|record| refused(record, Why::NumberTaken)));
        }
        Ok(())
    }

    async fn add_rows(&mut self, rows: &Rows) -> Result<(), StoreError> {
        if !rows.counts.is_empty() {
            let counts = &rows.counts;
            let ids: Vec<i32> = counts.iter().map(|record| self.id(&record.of)).collect();
            let streams: Vec<&str> = counts.iter().map(|record| record.stream.as_str()).collect();
            let numbers: Vec<i64> = counts.iter().map(|record| record.n).collect();
            let text = |record: &Arc<Record>, field: &str| {
                record.data[field].as_str().unwrap_or_default().to_owned()
            };
            let cameras: Vec<String> = counts.iter().map(|record| text(record, "camera")).collect();
            let minutes: Vec<String> = counts.iter().map(|record| text(record, "from")).collect();
            let bodies: Vec<String> = counts.iter().map(|record| record.data.to_string()).collect();
            let all: Parameters<'_> = &[&ids, &streams, &numbers, &cameras, &minutes, &bodies];
            self.query(include_str!("sql/add_counts.sql"), all).await?;
        }
        if !rows.alerts.is_empty() {
            self.keep_alerts(&rows.alerts.values().collect::<Vec<_>>()).await?;
        }
        if !rows.missing.is_empty() {
            let missing: &[Missing] = &rows.missing;
            let ids: Vec<i32> = missing.iter().map(|one| self.id(&one.of.0)).collect();
            let streams: Vec<&str> = missing.iter().map(|one| one.of.1.as_str()).collect();
            let first: Vec<i64> = missing.iter().map(|one| one.first).collect();
            let last: Vec<i64> = missing.iter().map(|one| one.last).collect();
            let why: Vec<&str> = missing.iter().map(|one| one.why.as_str()).collect();
            let all: Parameters<'_> = &[&ids, &streams, &first, &last, &why];
            self.query(include_str!("sql/add_missing.sql"), all).await?;
        }
        Ok(())
    }

    async fn keep_alerts(&mut self, alerts: &[&AlertRow]) -> Result<(), StoreError> {
        let ids: Vec<i32> = alerts.iter().map(|alert| self.id(&alert.record.of)).collect();
        let alert_ids: Vec<&str> = alerts.iter().map(|alert| alert.alert_id.as_str()).collect();
        let revs: Vec<i64> = alerts.iter().map(|alert| alert.rev).collect();
        let severities: Vec<i16> = alerts.iter().map(|alert| alert.severity()).collect();
        let texts = |pointer: &str| alerts.iter().map(|alert| alert.text(pointer)).collect::<Vec<&str>>();
        let times =
            |pointer: &str| alerts.iter().map(|alert| alert.time(pointer)).collect::<Vec<Option<&str>>>();
        let (phases, levels, kinds, modes) =
            (texts("/phase"), texts("/level"), texts("/kind"), texts("/mode"));
        let grids = texts("/place/grid");
        let (started, ended) = (times("/started_at"), times("/ended_at"));
        let (accepted, closed) = (times("/handling/accepted/at"), times("/handling/closed/at"));
        let event_times: Vec<String> =
            alerts.iter().map(|alert| alert.record.event_time.to_string()).collect();
        let bodies: Vec<String> = alerts.iter().map(|alert| alert.record.data.to_string()).collect();
        let all: Parameters<'_> = &[
            &ids,
            &alert_ids,
            &revs,
            &phases,
            &levels,
            &severities,
            &kinds,
            &modes,
            &grids,
            &started,
            &ended,
            &accepted,
            &closed,
            &event_times,
            &bodies,
        ];
        self.query(include_str!("sql/keep_alerts.sql"), all).await.map(drop)
    }

    async fn settle(&mut self, rows: &Rows) -> Result<Vec<Mark>, StoreError> {
        let mut marks = Vec::new();
        if !rows.settled.is_empty() {
            let ids: Vec<i32> = rows.settled.keys().map(|(of, _)| self.id(of)).collect();
            let streams: Vec<&str> = rows.settled.keys().map(|(_, stream)| stream.as_str()).collect();
            let numbers: Vec<String> = rows.settled.values().map(|ranges| multirange(ranges)).collect();
            let settled = self.query(include_str!("sql/settle.sql"), &[&ids, &streams, &numbers]).await?;
            marks.extend(self.marks(&settled));
        }
        if !rows.damaged.is_empty() {
            let ids: Vec<i32> = rows.damaged.iter().map(|(of, _)| self.id(of)).collect();
            let streams: Vec<&str> = rows.damaged.iter().map(|(_, stream)| stream.as_str()).collect();
            self.query(include_str!("sql/settle_damaged.sql"), &[&ids, &streams]).await?;
        }
        Ok(marks)
    }

    fn marks(&self, rows: &[Row]) -> Vec<Mark> {
        let mark =
            |row: &Row| Some(Mark { of: self.name_of(row.get(0))?, stream: row.get(1), n: row.get(2) });
        rows.iter().filter_map(mark).filter(|mark| mark.n > 0).collect()
    }

    /// The latest words of boxes; and of those that came online the marks, which they have not heard.
    async fn keep_latest(&mut self, batch: &Batch) -> Result<Vec<Mark>, StoreError> {
        let all: Vec<Arc<Latest>> = batch.latest.values().flatten().cloned().collect();
        if !all.is_empty() {
            let ids: Vec<i32> = all.iter().map(|latest| self.id(&latest.of)).collect();
            let topics: Vec<&str> = all.iter().map(|latest| latest.suffix.as_str()).collect();
            let sessions: Vec<&str> = all.iter().map(|latest| latest.session.as_str()).collect();
            let words: Vec<&str> = all.iter().map(|latest| latest.word.as_str()).collect();
            let times: Vec<String> = all.iter().map(|latest| latest.event_time.to_string()).collect();
            let bodies: Vec<&[u8]> = all.iter().map(|latest| latest.body.as_slice()).collect();
            let all: Parameters<'_> = &[&ids, &topics, &sessions, &words, &times, &bodies];
            self.query(include_str!("sql/keep_latest.sql"), all).await?;
        }
        let gone: Vec<&(BoxName, String)> =
            batch.latest.iter().filter(|(_, latest)| latest.is_none()).map(|(key, _)| key).collect();
        if !gone.is_empty() {
            let ids: Vec<i32> = gone.iter().map(|(of, _)| self.id(of)).collect();
            let topics: Vec<&str> = gone.iter().map(|(_, topic)| topic.as_str()).collect();
            self.query(include_str!("sql/forget_latest.sql"), &[&ids, &topics]).await?;
        }
        let mut marks = self.note_given(&all).await?;
        let is_online = |latest: &&Arc<Latest>| latest.suffix == STATE.topic && latest.word == "online";
        let online: Vec<i32> = all.iter().filter(is_online).map(|latest| self.id(&latest.of)).collect();
        if !online.is_empty() {
            let rows = self.query(include_str!("sql/came_online.sql"), &[&online]).await?;
            marks.extend(self.marks(&rows));
        }
        Ok(marks)
    }

    /// How far boxes say they have counted: what is missing behind the last number shows no hole otherwise. Of those in which
    /// something waits the marks: they may have lost the last one, and say again what is here.
    async fn note_given(&mut self, latest: &[Arc<Latest>]) -> Result<Vec<Mark>, StoreError> {
        let mut waits = Vec::new();
        let mut given: BTreeMap<(i32, String), i64> = BTreeMap::new();
        for health in latest.iter().filter(|latest| latest.suffix == HEALTH.topic) {
            let spool: Option<SpoolHealth> = serde_json::from_value(health.data["spool"].clone()).ok();
            if spool.as_ref().is_some_and(|spool| spool.queued > 0) {
                waits.push(self.id(&health.of));
            }
            if let Some(spool) = spool
                && let Ok(n) = i64::try_from(spool.last_seq)
                && n > 0
            {
                given.insert((self.id(&health.of), spool.stream), n);
            }
        }
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i32> = given.keys().map(|(id, _)| *id).collect();
        let streams: Vec<&str> = given.keys().map(|(_, stream)| stream.as_str()).collect();
        let numbers: Vec<i64> = given.values().copied().collect();
        self.query(include_str!("sql/given.sql"), &[&ids, &streams, &numbers]).await?;
        if waits.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.query(include_str!("sql/marks.sql"), &[&waits]).await?;
        Ok(self.marks(&rows))
    }

    async fn add_pictures(&mut self, pictures: &[Arc<Picture>], rows: &Rows) -> Result<(), StoreError> {
        // Key, then bytes, announced, stored: one row for each, as an upsert takes no row twice.
        type Key = (i32, String, i32, bool, [u8; 32]);
        let mut found: BTreeMap<Key, (i64, bool, bool)> = BTreeMap::new();
        for one in &rows.announced {
            let key = (self.id(&one.of), one.alert_id.clone(), one.n, one.is_original, one.sha256);
            found.entry(key).or_insert((one.bytes, false, false)).1 = true;
        }
        for one in pictures {
            let key = (self.id(&one.of), one.alert_id.clone(), one.n, one.is_original, one.sha256);
            let row = found.entry(key).or_insert((0, false, false));
            (row.0, row.2) = (i64::try_from(one.body.len()).unwrap_or(i64::MAX), true);
        }
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<i32> = found.keys().map(|key| key.0).collect();
        let alerts: Vec<&str> = found.keys().map(|key| key.1.as_str()).collect();
        let numbers: Vec<i32> = found.keys().map(|key| key.2).collect();
        let originals: Vec<bool> = found.keys().map(|key| key.3).collect();
        let digests: Vec<&[u8]> = found.keys().map(|key| key.4.as_slice()).collect();
        let bytes: Vec<i64> = found.values().map(|row| row.0).collect();
        let announced: Vec<bool> = found.values().map(|row| row.1).collect();
        let stored: Vec<bool> = found.values().map(|row| row.2).collect();
        let all: Parameters<'_> =
            &[&ids, &alerts, &numbers, &originals, &digests, &bytes, &announced, &stored];
        self.query(include_str!("sql/add_pictures.sql"), all).await.map(drop)
    }

    /// Counts what is not believed, and keeps the first of each hour.
    async fn add_refused(&mut self, refused: &[Refused]) -> Result<(), StoreError> {
        let mut times: BTreeMap<(String, String, &str), i64> = BTreeMap::new();
        for one in refused {
            *times.entry((plain(&one.of.area), plain(&one.of.name), one.why.name())).or_default() += 1;
        }
        if times.is_empty() {
            return Ok(());
        }
        let areas: Vec<&str> = times.keys().map(|key| key.0.as_str()).collect();
        let names: Vec<&str> = times.keys().map(|key| key.1.as_str()).collect();
        let whys: Vec<&str> = times.keys().map(|key| key.2).collect();
        let counts: Vec<i64> = times.values().copied().collect();
        let totals =
            self.query(include_str!("sql/count_refusals.sql"), &[&areas, &names, &whys, &counts]).await?;
        let full: BTreeSet<(String, String, String)> = totals
            .iter()
            .filter(|row| row.get::<_, i64>(3) > KEPT_REFUSALS)
            .map(|row| (row.get(0), row.get(1), row.get(2)))
            .collect();
        let is_kept = |one: &&Refused| {
            !full.contains(&(plain(&one.of.area), plain(&one.of.name), one.why.name().to_owned()))
        };
        let kept: Vec<&Refused> = refused.iter().filter(is_kept).collect();
        let areas: Vec<String> = kept.iter().map(|one| plain(&one.of.area)).collect();
        let names: Vec<String> = kept.iter().map(|one| plain(&one.of.name)).collect();
        let whys: Vec<&str> = kept.iter().map(|one| one.why.name()).collect();
        let topics: Vec<String> = kept.iter().map(|one| plain(&one.topic)).collect();
        let digests: Vec<Vec<u8>> = kept.iter().map(|one| digest(&one.body)).collect();
        let bodies: Vec<&[u8]> = kept.iter().map(|one| &one.body[..one.body.len().min(KEPT_BYTES)]).collect();
        let all: Parameters<'_> = &[&areas, &names, &whys, &topics, &digests, &bodies];
        self.query(include_str!("sql/add_refused.sql"), all).await.map(drop)
    }
}

fn digest(body: &[u8]) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(body).to_vec()
}

/// The same record, of which the signature was good.
fn signed(record: &Arc<Record>) -> Arc<Record> {
    Arc::new(Record { signed: true, ..Record::clone(record) })
}

/// What somebody sent, as PostgreSQL takes it in a text.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(KEPT_NAME).collect()
}
