//! How a queue is opened: its database is checked, its numbers go on where they were given, and what is missing is found.
//!
//! A database that is damaged is moved aside (`damage`), one of another box begins a new stream. Must never give a number a
//! second time.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use super::consumers::Consumers;
use super::damage::move_aside;
use super::error::Doing;
use super::format::{check, code, damage, is_damage, new_stream, prepare, sqlite, why_for_log};
use super::high_water::{HighWater, Mark};
use super::recent::Recent;
use super::resend::last_arrival;
use super::retention::read_unreported;
use super::store::{Store, Totals};
use super::{Gap, Opened, Options, OutboxError};
use crate::analysis::time::Timestamp;
use crate::text::{box_log, language_of_log, log_error, log_warn, outbox as say, outbox_step as step};
use crate::types::gap::GapReason;

/// Up to this size the file is checked at every start, not only after a crash: read within a second from a slow card.
const CHECKED_BYTES: u64 = 16 << 20;

impl Store {
    pub(super) fn open(
        dir: &Path,
        now: Timestamp,
        box_identity: &str,
        options: Options,
    ) -> Result<(Self, Opened), OutboxError> {
        fs::create_dir_all(dir)
            .map_err(|source| OutboxError::Directory { dir: dir.to_path_buf(), source })?;
        let path = dir.join("outbox.db");
        let existed = path.exists();
        match Self::open_file(dir, &path, now, box_identity, options.clone()) {
            Ok((mut store, other_box)) => {
                store.keep_reserve();
                store.report_what_the_log_lost();
                let opened = match other_box {
                    Some(other) => {
                        log_warn!(
                            box_log::other_box();
                            before = %other, now = %box_identity, stream = %store.stream
                        );
                        Opened::OtherBox(other)
                    }
                    None if existed => Opened::Continued,
                    None => Opened::New,
                };
                Ok((store, opened))
            }
            Err(OutboxError::Sqlite { source, .. }) if is_damage(&source) => {
                let aside = move_aside(&path, now)?;
                log_error!(
                    box_log::outbox_damaged();
                    file = %path.display(), aside = %aside.display(), error = why_for_log(&source)
                );
                let given = Mark::of_damaged(dir);
                let (mut store, _) = Self::open_file(dir, &path, now, box_identity, options)?;
                // The gap record of what is carried over reports it.
                store.unreported.clear();
                let records = store.carry_over(&aside, given, now)?;
                store.keep_reserve();
                log_error!(box_log::records_carried_over(); records, stream = %store.stream);
                Ok((store, Opened::Damaged { aside, records }))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn open_file(
        dir: &Path,
        path: &Path,
        now: Timestamp,
        box_identity: &str,
        options: Options,
    ) -> Result<(Self, Option<String>), OutboxError> {
        let fail = |doing: Doing| move |source| sqlite(path, doing, source);
        let (conn, was_earlier) = connect(path, options.vfs.as_deref())?;
        let beginning = Beginning::find(&conn, was_earlier, dir, path, box_identity, now)?;
        let Beginning { stream, next_n, given, last_row, unreported, high_water, other_box } = beginning;
        let has_marks = has_marks(&conn).map_err(fail(step::read_marks))?;
        let totals = waiting(&conn).map_err(fail(step::count_records))?;
        let highest: u64 = conn
            .query_row("SELECT ifnull(max(n), 0) FROM record WHERE stream = ?", [&stream], |row| row.get(0))
            .map_err(fail(step::find_last_number))?;
        if highest >= next_n {
            return Err(sqlite(path, step::check, damage(say::number_not_given())));
        }
        let consumers = Consumers::load(&conn).map_err(fail(step::read_consumers))?;
        let store = Store {
            arrivals_before: last_arrival(&conn).map_err(fail(step::read_arrived))?,
            conn,
            path: path.to_path_buf(),
            dir: dir.to_path_buf(),
            box_identity: box_identity.to_owned(),
            marks: has_marks || options.expect_marks,
            options,
            stream: stream.into(),
            next_n: next_n.max(given.saturating_add(1)),
            totals,
            consumers,
            in_flight: HashSet::new(),
            held: HashMap::new(),
            acked_here: HashMap::new(),
            resent: HashSet::new(),
            asked: BTreeSet::new(),
            backlog_to: last_row,
            last_row,
            recent: Recent::default(),
            reserve: false,
            over_limit: false,
            free_bytes: None,
            oldest: None,
            open_gap: None,
            generation: 0,
            latest: now,
            high_water,
            unreported,
            journeys: Arc::default(),
        };
        Ok((store, other_box))
    }

    /// Stores the gap record of what the end of a damaged log took along. Where that fails, it goes with the next
    /// record that is stored.
    fn report_what_the_log_lost(&mut self) {
        if self.unreported.is_empty() {
            return;
        }
        for gap in &self.unreported {
            let numbers = gap.ranges.iter().map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>();
            log_error!(
                box_log::log_end_damaged();
                stream = %gap.stream, numbers = numbers.join(", "), pictures = gap.pictures
            );
        }
        if let Err(error) = self.write(step::tell_missing, |_, _, _| Ok(())) {
            let error = error.in_language(language_of_log());
            log_warn!(box_log::missing_told_later(); %error);
        }
    }
}

/// Where the numbers of a queue go on.
struct Beginning {
    stream: String,
    /// The next number by the database.
    next_n: u64,
    /// The last number that was given in the stream by its mark, which may know more; 0: none. The store advances in memory
    /// only: the database follows with the record that reports what is missing.
    given: u64,
    last_row: i64,
    unreported: Vec<Gap>,
    high_water: HighWater,
    /// The box whose queue it was until now.
    other_box: Option<String>,
}

impl Beginning {
    /// Reads where the numbers stand, and writes down that the queue is open, and whose it is.
    fn find(
        conn: &Connection,
        was_earlier: bool,
        dir: &Path,
        path: &Path,
        box_identity: &str,
        now: Timestamp,
    ) -> Result<Self, OutboxError> {
        let fail = |doing: Doing| move |source| sqlite(path, doing, source);
        let found: Option<(String, String, u64, bool)> = conn
            .query_row("SELECT box, stream, next_n, orderly FROM queue", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()
            .map_err(fail(step::read_row))?;
        let last_row = last_row_given(conn).map_err(fail(step::find_last_record))?;
        let place = found.as_ref().map(|(_, stream, next_n, _)| (stream.as_str(), *next_n, last_row));
        let mark = Mark::read(dir);
        let mut unreported = read_unreported(conn).map_err(fail(step::read_untold))?;
        unreported.extend(mark.as_ref().and_then(|mark| lost_since(mark, place, now)));
        let (mut given, mut other_box) = (0, None);
        let mut stream_and_next = None;
        if let Some((owner, stream, next_n, orderly)) = found {
            check_whole(conn, path, orderly, was_earlier)?;
            if owner == box_identity {
                given = mark.filter(|mark| mark.stream == stream).map_or(0, |mark| mark.n);
                stream_and_next = Some((stream, next_n));
            } else {
                other_box = Some(owner);
            }
        }
        let (stream, next_n) = stream_and_next.unwrap_or_else(|| (new_stream(now), 1));
        let mut high_water = HighWater::open(dir);
        if next_n == 1 && given == 0 {
            high_water.begin(&stream, last_row);
        }
        conn.execute(
            "INSERT OR REPLACE INTO queue (one, box, stream, next_n, orderly) VALUES (1, ?, ?, ?, 0)",
            params![box_identity, stream, next_n],
        )
        .map_err(fail(step::write_row))?;
        Ok(Beginning { stream, next_n, given, last_row, unreported, high_water, other_box })
    }
}

/// What a mark knows and the database does not. `place` is the database's stream, next number and last row; `None` for
/// a database that was just made. Pictures have no number; where only they are missing, the log says so and no record.
fn lost_since(mark: &Mark, place: Option<(&str, u64, i64)>, now: Timestamp) -> Option<Gap> {
    let gap = |ranges, pictures| Gap {
        stream: mark.stream.as_str().into(),
        reason: GapReason::Damaged,
        ranges,
        pictures,
        from: now,
        to: now,
    };
    match place {
        Some((stream, next_n, last_row)) if stream == mark.stream => {
            let numbers = (mark.n.saturating_add(1)).saturating_sub(next_n);
            let rows = u64::try_from(mark.row.saturating_sub(last_row)).unwrap_or(0);
            let pictures = rows.saturating_sub(numbers);
            if numbers == 0 && pictures > 0 {
                log_error!(box_log::last_pictures_missing(); pictures);
            }
            (numbers > 0).then(|| gap(vec![(next_n, mark.n)], pictures))
        }
        // The database is older than the stream, or all of it is gone: which numbers had arrived is gone with it.
        _ => (mark.n > 0).then(|| gap(Vec::new(), 0)),
    }
}

/// Opens the file, brings it up to date, and says whether it was of an earlier format.
fn connect(path: &Path, vfs: Option<&str>) -> Result<(Connection, bool), OutboxError> {
    let conn = match vfs {
        None => Connection::open(path),
        Some(vfs) => Connection::open_with_flags_and_vfs(path, OpenFlags::default(), vfs),
    }
    .map_err(|source| sqlite(path, step::open, source))?;
    let was_earlier = prepare(&conn, path).map_err(|error| match error {
        // SQLite reports a directory or file we may not write as one of these two.
        OutboxError::Sqlite { source, .. } if code(&source) == Some(ErrorCode::DatabaseBusy) => {
            OutboxError::InUse { path: path.to_path_buf() }
        }
        other => other,
    })?;
    Ok((conn, was_earlier))
}

/// Looks for damage after a crash or a power cut, in a file of an earlier format, and always in a small one: a worn card
/// loses blocks at rest, too.
fn check_whole(conn: &Connection, path: &Path, orderly: bool, was_earlier: bool) -> Result<(), OutboxError> {
    let fail = |source| sqlite(path, step::check, source);
    let is_small = fs::metadata(path).is_ok_and(|file| file.len() < CHECKED_BYTES);
    let is_suspect = !orderly || is_small;
    // One of an earlier format was checked before it was brought up to date.
    if is_suspect && !was_earlier {
        check(conn).map_err(fail)?;
    }
    if (is_suspect || was_earlier) && !is_progress_whole(conn).map_err(fail)? {
        return Err(fail(damage(say::progress_lost())));
    }
    Ok(())
}

/// The highest row that there is or was.
fn last_row_given(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row(
        "SELECT max((SELECT ifnull(max(id), 0) FROM record),
                    (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'record'))",
        [],
        |row| row.get(0),
    )
}

/// What waits.
fn waiting(conn: &Connection) -> rusqlite::Result<Totals> {
    conn.query_row(
        "SELECT count(*), ifnull(sum(r.bytes), 0), ifnull(sum(p.acked), 0)
         FROM progress AS p CROSS JOIN record AS r ON r.id = p.id WHERE p.acked < 2",
        [],
        |row| Ok(Totals { rows: row.get(0)?, bytes: row.get(1)?, acked: row.get(2)?, ..Totals::default() }),
    )
}

/// Whether every record has its place in `progress`, and nothing else has: one without it would never be sent.
fn is_progress_whole(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM record AS r WHERE NOT EXISTS (SELECT 1 FROM progress AS p WHERE p.id = r.id))
            AND NOT EXISTS (SELECT 1 FROM progress AS p WHERE NOT EXISTS (SELECT 1 FROM record AS r WHERE r.id = p.id))",
        [],
        |row| row.get(0),
    )
}

/// Whether the centre ever sent a mark.
pub(super) fn has_marks(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT EXISTS (SELECT 1 FROM mark)", [], |row| row.get(0))
}
