//! A damaged database: moved aside, and what can be read in it carried over.
//!
//! Must never write to the damaged file, and never pass on what it read of it as a stream that goes on.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row, Transaction, params};

use super::consumers::{ConsumerPolicy, Consumers, Cursor, KEPT};
use super::ended::{self, EndedAlert};
use super::format::{is_as_stored, kind_from_number, level_from_number, level_number, sqlite, why_for_log};
use super::high_water::Mark;
use super::recent::Recent;
use super::send_order::end_stream;
use super::store::{Changes, NewRow, Store, read_open_alert};
use super::{AlertState, Gap, Kind, OpenAlert, OutboxError};
use crate::analysis::time::Timestamp;
use crate::text::{box_log, log_error, outbox_step as step};
use crate::types::gap::GapReason;
use crate::types::level::Level;

impl Store {
    /// The database broke while it was open: moves it aside and goes on with a new one.
    pub(super) fn begin_anew(&mut self, error: &rusqlite::Error) -> Result<(), OutboxError> {
        let now = self.latest;
        let memory = Connection::open_in_memory().map_err(|error| sqlite(&self.path, step::open, error))?;
        // Closes the broken one, so that its files can be moved.
        drop(std::mem::replace(&mut self.conn, memory));
        let aside = move_aside(&self.path, now)?;
        log_error!(
            box_log::outbox_damaged();
            file = %self.path.display(), aside = %aside.display(), error = why_for_log(error)
        );
        let given = Mark { stream: self.stream.to_string(), n: self.next_n - 1, row: self.last_row };
        let (mut fresh, _) =
            Self::open_file(&self.dir, &self.path, now, &self.box_identity, self.options.clone())?;
        fresh.unreported.clear();
        let records = fresh.carry_over(&aside, Some(given).filter(|given| given.n > 0), now)?;
        fresh.reserve = self.reserve;
        fresh.generation = self.generation + 1;
        fresh.journeys = self.journeys.clone();
        fresh.totals.delivered = self.totals.delivered;
        fresh.totals.dropped = self.totals.dropped;
        fresh.totals.dropped_pictures = self.totals.dropped_pictures;
        log_error!(box_log::records_carried_over(); records, stream = %fresh.stream);
        *self = fresh;
        Ok(())
    }

    /// Takes over what can be read in a damaged database, from both ends; then says in a gap record that
    /// its stream is over and something may be missing. `given` knows the stream and its last number where the database
    /// does not any more.
    pub(super) fn carry_over(
        &mut self,
        damaged: &Path,
        given: Option<Mark>,
        now: Timestamp,
    ) -> Result<u64, OutboxError> {
        let mut salvage = Salvage::read(damaged);
        if let Some(given) = given {
            let known = salvage.last.filter(|_| salvage.stream.as_ref() == Some(&given.stream));
            salvage.last = Some(known.map_or(given.n, |known| known.max(given.n)));
            salvage.stream = Some(given.stream);
        }
        let records = self
            .carry_what_can_be(salvage, now)
            .map_err(|source| sqlite(&self.path, step::carry_over, source))?;
        self.recent = Recent::default();
        self.backlog_to = self.last_row;
        Ok(records)
    }

    /// Returns how many records were carried over. Where what was read contradicts itself, the records go first, then
    /// the rest: a queue that begins empty and says so is better than none.
    fn carry_what_can_be(&mut self, mut salvage: Salvage, now: Timestamp) -> rusqlite::Result<u64> {
        let Err(error) = self.carry(&salvage, now) else { return Ok(salvage.records.len() as u64) };
        log_error!(box_log::no_record_carried_over(); error = why_for_log(&error));
        for cursor in &mut salvage.cursors {
            let lost = salvage.records.iter().filter(|row| cursor.wants(row.id, row.n.is_none())).count();
            cursor.missed += lost as u64;
        }
        salvage.records.clear();
        let Err(error) = self.carry(&salvage, now) else { return Ok(0) };
        log_error!(box_log::nothing_carried_over(); error = why_for_log(&error));
        let nothing = Salvage { stream: salvage.stream, ..Salvage::default() };
        self.carry(&nothing, now).map(|()| 0)
    }

    fn carry(&mut self, salvage: &Salvage, now: Timestamp) -> rusqlite::Result<()> {
        // Not `write`: should the new database be damaged at once, there is no third.
        self.try_write(&|store: &Store, tx: &Transaction<'_>, changes: &mut Changes| {
            for alert in &salvage.alerts {
                carry_alert(tx, alert)?;
            }
            for EndedAlert { alert_id, ended_ms, state } in &salvage.ended {
                ended::add(tx, alert_id, *ended_ms, state)?;
            }
            store.carry_records(tx, salvage, changes)?;
            changes.consumers = Consumers::load(tx)?;
            for (stream, last) in &salvage.ended_streams {
                end_stream(tx, stream, *last)?;
            }
            if let (Some(stream), Some(last)) = (&salvage.stream, salvage.last) {
                end_stream(tx, stream, last)?;
            }
            let gap = Gap {
                stream: salvage.stream.clone().unwrap_or_else(|| "unknown".to_owned()).into(),
                reason: GapReason::Damaged,
                ranges: Vec::new(),
                pictures: 0,
                from: now,
                to: now,
            };
            // Where it cannot be built, it has been said, and the new stream says that the old one is over.
            store.insert_gap(tx, gap, now, changes).map(drop)
        })
    }

    /// The records that somebody still waits for, each under a new row, and the places of the consumers among them.
    fn carry_records(
        &self,
        tx: &Transaction<'_>,
        salvage: &Salvage,
        changes: &mut Changes,
    ) -> rusqlite::Result<()> {
        let mut cursors: Vec<Cursor> = salvage.cursors.iter().map(Cursor::at_the_beginning).collect();
        for row in &salvage.records {
            let is_wanted = salvage.cursors.iter().any(|cursor| cursor.wants(row.id, row.n.is_none()));
            if row.is_kept && !is_wanted {
                continue;
            }
            let id = self.insert(
                tx,
                NewRow {
                    seq_stream: &row.stream,
                    n: row.n,
                    class: row.class,
                    kind: row.kind,
                    level: row.level,
                    rev: row.rev,
                    ends: row.ends,
                    at: row.at,
                    alert_id: row.alert_id.as_deref(),
                    topic: &row.topic,
                    gap: None,
                    body: &row.body,
                },
                changes,
            )?;
            if row.is_kept {
                tx.execute("UPDATE progress SET acked = 2 WHERE id = ?", [id])?;
                changes.rows_added -= 1;
                changes.bytes_added -= row.body.len() as u64;
            }
            for (cursor, before) in cursors.iter_mut().zip(&salvage.cursors) {
                if row.id <= before.at {
                    cursor.at = id;
                }
            }
        }
        for cursor in &cursors {
            cursor.save(tx)?;
        }
        Ok(())
    }
}

fn carry_alert(tx: &Transaction<'_>, alert: &OpenAlert) -> rusqlite::Result<()> {
    let (state, published) = match &alert.state {
        AlertState::Own(state) => (Some(state), None),
        AlertState::Published(message) => (None, Some(message)),
    };
    tx.prepare_cached(
        "INSERT OR IGNORE INTO open_alert (alert_id, rev, level, first_id, state, published)
         VALUES (?, ?, ?, 0, ?, ?)",
    )?
    .execute(params![alert.alert_id, alert.rev, alert.level.map(level_number), state, published])
    .map(drop)
}

pub(super) struct SalvagedRow {
    id: i64,
    /// The centre is done with it.
    is_kept: bool,
    stream: String,
    n: Option<u64>,
    class: u8,
    kind: Kind,
    level: Option<Level>,
    rev: u32,
    ends: bool,
    at: Timestamp,
    alert_id: Option<String>,
    topic: String,
    body: Vec<u8>,
}

/// What could be read in a damaged database.
#[derive(Default)]
pub(super) struct Salvage {
    stream: Option<String>,
    /// The last number given in it.
    last: Option<u64>,
    /// As `last`, of the streams that were over before.
    ended_streams: Vec<(String, u64)>,
    alerts: Vec<OpenAlert>,
    ended: Vec<EndedAlert>,
    cursors: Vec<Cursor>,
    records: Vec<SalvagedRow>,
}

impl Salvage {
    /// Never fails: what cannot be read is not there.
    pub(super) fn read(path: &Path) -> Self {
        let mut salvage = Salvage::default();
        let Ok(conn) = Connection::open(path) else { return salvage };
        let queue = conn.query_row("SELECT stream, next_n FROM queue", [], |row| {
            Ok((row.get(0)?, row.get::<_, u64>(1).ok()))
        });
        if let Ok((stream, next_n)) = queue {
            salvage.stream = Some(stream);
            salvage.last = next_n.map(|next_n| next_n.saturating_sub(1));
        }
        salvage.ended_streams =
            read_from_both_ends(&conn, SALVAGE_ENDED_STREAMS, |row| Ok((row.get(1)?, row.get(2)?)));
        let has_state = conn.prepare("SELECT state FROM open_alert").is_ok();
        let alerts = if has_state { SALVAGE_ALERTS } else { SALVAGE_ALERTS_OF_2 };
        salvage.alerts = read_from_both_ends(&conn, alerts, |row| read_open_alert(row, 1));
        salvage.ended = read_from_both_ends(&conn, ended::SALVAGE, |row| {
            Ok(EndedAlert { alert_id: row.get(1)?, ended_ms: row.get(2)?, state: row.get(3)? })
        });
        salvage.cursors = read_from_both_ends(&conn, SALVAGE_CURSORS, |row| {
            let policy = ConsumerPolicy { rows: row.get(3)?, bytes: row.get(4)?, pictures: row.get(5)? };
            Ok(Cursor::from_row(row.get(1)?, row.get(2)?, policy, row.get(6)?))
        });
        let summed = conn.prepare("SELECT sum FROM record").is_ok();
        let sql = SALVAGE_RECORDS.replace("$sum", if summed { "sum" } else { "NULL" });
        let records = read_from_both_ends(&conn, &sql, read_salvaged);
        // A body that is not what was stored is worse than none; the gap record below covers it.
        salvage.records = records.into_iter().flatten().collect();
        // Where it cannot be read how far one got, it is sent once more.
        if conn.prepare("SELECT acked FROM progress").is_ok() {
            let kept: HashSet<i64> =
                read_from_both_ends(&conn, SALVAGE_KEPT, |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))
                    .into_iter()
                    .filter_map(|(id, acked): (i64, i64)| (acked == i64::from(KEPT)).then_some(id))
                    .collect();
            salvage.records.iter_mut().for_each(|row| row.is_kept = kept.contains(&row.id));
        }
        // A page that stands in another's place, too, gives its records twice.
        let mut seen = HashSet::new();
        salvage.records.retain(|row| row.n.is_none() || seen.insert((row.stream.clone(), row.n)));
        salvage
    }
}

/// All without an index: its pages may be the damaged ones. The first column is the order.
const SALVAGE_RECORDS: &str =
    "SELECT id, stream, n, class, kind, level, rev, ends, at_ms, alert_id, topic, body, $sum, acked
     FROM record NOT INDEXED ORDER BY id";
const SALVAGE_KEPT: &str = "SELECT id, acked FROM progress NOT INDEXED ORDER BY id";
const SALVAGE_ALERTS: &str =
    "SELECT rowid, alert_id, rev, level, state, published FROM open_alert NOT INDEXED ORDER BY rowid";
const SALVAGE_ALERTS_OF_2: &str =
    "SELECT rowid, alert_id, rev, level, NULL, revision FROM alert NOT INDEXED ORDER BY rowid";
const SALVAGE_ENDED_STREAMS: &str =
    "SELECT rowid, stream, last_n FROM ended_stream NOT INDEXED ORDER BY rowid";
const SALVAGE_CURSORS: &str =
    "SELECT rowid, name, cursor, rows, bytes, pictures, missed FROM consumer NOT INDEXED ORDER BY rowid";

/// `None` for a record that can be read and is not what was stored.
fn read_salvaged(row: &Row<'_>) -> rusqlite::Result<Option<SalvagedRow>> {
    let found = SalvagedRow {
        id: row.get(0)?,
        is_kept: row.get::<_, i64>(13).is_ok_and(|acked| acked == i64::from(KEPT)),
        stream: row.get(1)?,
        n: row.get(2)?,
        class: row.get(3)?,
        kind: kind_from_number(row.get(4)?),
        level: row.get::<_, Option<u8>>(5)?.map(level_from_number),
        rev: row.get(6)?,
        ends: row.get(7)?,
        at: Timestamp::from_millisecond(row.get(8)?).unwrap_or(Timestamp::UNIX_EPOCH),
        alert_id: row.get(9)?,
        topic: row.get(10)?,
        body: row.get(11)?,
    };
    let stored: Option<i64> = row.get(12)?;
    let is_whole = is_as_stored(stored, &found.stream, found.n, &found.topic, &found.body);
    Ok(is_whole.then_some(found))
}

/// Rows up to the first that cannot be read, then from the end down to the last that cannot.
fn read_from_both_ends<T>(
    conn: &Connection,
    sql: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let up = read_until_damage(conn, &format!("{sql} ASC"), &read);
    let highest = up.last().map(|(id, _)| *id);
    let down = read_until_damage(conn, &format!("{sql} DESC"), &read);
    let above = down.into_iter().take_while(|(id, _)| highest.is_none_or(|highest| *id > highest));
    let mut above: Vec<T> = above.map(|(_, item)| item).collect();
    above.reverse();
    up.into_iter().map(|(_, item)| item).chain(above).collect()
}

fn read_until_damage<T>(
    conn: &Connection,
    sql: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<(i64, T)> {
    let mut found = Vec::new();
    let Ok(mut statement) = conn.prepare(sql) else { return found };
    let Ok(mut rows) = statement.query([]) else { return found };
    while let Ok(Some(row)) = rows.next() {
        match (row.get(0), read(row)) {
            (Ok(id), Ok(item)) => found.push((id, item)),
            _ => break,
        }
    }
    found
}

/// Moves the database and its log to names nobody opens.
pub(super) fn move_aside(path: &Path, now: Timestamp) -> Result<PathBuf, OutboxError> {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut aside = PathBuf::new();
    for attempt in 0.. {
        let suffix = if attempt == 0 { String::new() } else { format!("-{attempt}") };
        aside = path.with_file_name(format!("outbox.db.damaged-{stamp}{suffix}"));
        if !aside.exists() {
            break;
        }
    }
    let with = |base: &Path, end: &str| PathBuf::from(format!("{}{end}", base.display()));
    let file_error = |source| OutboxError::File { doing: step::move_aside, path: path.to_path_buf(), source };
    fs::rename(path, &aside).map_err(file_error)?;
    let log = with(path, "-wal");
    if log.exists() {
        fs::rename(&log, with(&aside, "-wal")).map_err(file_error)?;
    }
    // Only an index of the log; SQLite makes it anew.
    let _ = fs::remove_file(with(path, "-shm"));
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Options;

    #[test]
    fn where_the_records_contradict_each_other_the_open_alerts_and_the_consumers_are_carried_over() {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-01-01T08:00:00Z".parse().unwrap();
        let (mut store, _) = Store::open(dir.path(), now, "box-1", Options::default()).unwrap();
        let row = |id| SalvagedRow {
            id,
            is_kept: false,
            stream: "OLD".to_owned(),
            // The same number twice.
            n: Some(7),
            class: 1,
            kind: Kind::Alert,
            level: Some(Level::Blue),
            rev: 1,
            ends: false,
            at: now,
            alert_id: Some("alert-1".to_owned()),
            topic: "up/alert".to_owned(),
            body: b"x".to_vec(),
        };
        let policy = ConsumerPolicy { rows: 9, bytes: 99, pictures: true };
        let alert = OpenAlert {
            alert_id: "alert-1".to_owned(),
            rev: 3,
            level: Some(Level::Blue),
            state: AlertState::Own(b"state".to_vec()),
        };
        let salvage = Salvage {
            stream: Some("OLD".to_owned()),
            last: Some(7),
            ended_streams: Vec::new(),
            alerts: vec![alert.clone()],
            ended: Vec::new(),
            cursors: vec![Cursor::from_row("history".to_owned(), 40, policy, 5)],
            records: vec![row(40), row(41)],
        };
        assert_eq!(store.carry_what_can_be(salvage, now).unwrap(), 0);
        assert_eq!(store.open_alerts().unwrap(), [alert]);
        let batch = store.read("history", 10).unwrap();
        assert_eq!(batch.records.iter().map(|record| record.kind).collect::<Vec<_>>(), [Kind::Gap]);
        assert_eq!(batch.missed, 6, "and the one that it had not read");
        assert_eq!(Consumers::load(&store.conn).unwrap(), store.consumers);
    }
}
