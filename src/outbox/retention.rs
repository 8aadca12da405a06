//! Retention: limits, what is dropped beyond them, the gap records that declare it, and the reserve for a
//! full disk.
//!
//! Part of the store's transactions. Must never drop a red or orange alert, the end of one, or a record that
//! is in flight.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::caught;
use super::format::{damage, sum};
use super::gone::{Gone, read_gone, select_gone};
use super::store::{Changes, NewRow, Store};
use super::{BuiltMessage, Evidence, Gap, Kind, OutboxError, Seq};
use crate::analysis::time::Timestamp;
use crate::text::{box_log, log_error, outbox as say};
use crate::types::gap::GapReason;

/// Kept for the day the disk is full: room for about a thousand red alerts and their log.
const RESERVE_BYTES: u64 = 4 << 20;
/// A gap record holds at most so many ranges, so that its body stays below what the contract promises.
const GAP_RANGES: usize = 500;
/// How far below the limit dropping goes, as a share: not again at the next record, and room for the gap.
const SLACK: u64 = 50;

/// How much may be kept. When one of them is passed, what goes first is, in this order: pictures already
/// sent; pictures (blue first); updates with a later revision behind them; counts; answers
/// in parts; blue; yellow and replies. Red, orange, `end` and `retract` never: for them the limits are passed.
///
/// A disk that others have filled is not emptied by dropping alerts: below `free_bytes` the outbox shrinks to
/// `Limits::FLOOR_BYTES` and goes on with that; only when even less than that is free, its pictures go, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of records.
    pub rows: u64,
    /// Maximum bytes of bodies.
    pub bytes: u64,
    /// Free disk to leave to others.
    pub free_bytes: u64,
}

impl Limits {
    /// An outbox of 16 MiB, thousands of alerts, is not what fills a disk.
    pub(crate) const FLOOR_BYTES: u64 = 16 << 20;
}

impl Default for Limits {
    /// 200,000 records (a quiet month without a connection), half a gigabyte, and half a gigabyte left free.
    fn default() -> Self {
        Limits { rows: 200_000, bytes: 512 << 20, free_bytes: 512 << 20 }
    }
}

pub(super) struct Excess {
    rows: u64,
    bytes: u64,
    reason: GapReason,
    pictures_only: bool,
}

/// How many of [`DROP_ORDER`] are pictures.
const PICTURES: usize = 2;

/// What goes first, as in [`Limits`]. Numbers as in `kind_number` and `level_number`.
pub(super) const DROP_ORDER: &[&str] = &[
    // Pictures already sent.
    select_gone!("WHERE r.kind = 4 AND p.acked = 1 ORDER BY r.id"),
    // Pictures, blue first.
    select_gone!("WHERE r.kind = 4 AND p.acked < 2 ORDER BY r.level, r.id"),
    // Updates with a later revision behind them.
    select_gone!(
        "WHERE r.kind = 0 AND p.acked < 2 AND r.level < 2 AND r.ends = 0 AND r.rev > 1
           AND EXISTS (SELECT 1 FROM record AS later JOIN progress AS far ON far.id = later.id
                       WHERE later.alert_id = r.alert_id AND later.rev > r.rev AND far.acked < 2)
         ORDER BY p.acked DESC, r.id"
    ),
    // Counts.
    select_gone!("WHERE r.kind = 1 AND p.acked < 2 ORDER BY p.acked DESC, r.id"),
    // Answers in parts: the sender of the command asks again.
    select_gone!("WHERE r.kind = 2 AND r.rev > 0 AND p.acked < 2 ORDER BY p.acked DESC, r.id"),
    // Blue, and alerts without a level.
    select_gone!(
        "WHERE r.kind = 0 AND p.acked < 2 AND ifnull(r.level, 0) = 0 AND r.ends = 0 ORDER BY p.acked DESC, r.id"
    ),
    // Yellow, then replies.
    select_gone!(
        "WHERE r.kind = 0 AND p.acked < 2 AND r.level = 1 AND r.ends = 0 ORDER BY p.acked DESC, r.id"
    ),
    select_gone!("WHERE r.kind = 2 AND p.acked < 2 ORDER BY p.acked DESC, r.id"),
];

impl Store {
    /// Drops what must go so that the limits hold, and leaves gap records. Part of the transaction that
    /// stores what made it necessary.
    pub(super) fn trim(
        &self,
        tx: &Transaction<'_>,
        now: Timestamp,
        changes: &mut Changes,
    ) -> rusqlite::Result<()> {
        let missing = self.missing_bytes();
        let freed = if missing > 0 { changes.consumers.give_up_bytes(tx, missing)? } else { 0 };
        if let Some(excess) = self.excess(changes, freed) {
            self.drop_excess(tx, excess, now, changes)?;
        }
        // Gives pages back to the file system where the disk is what is short.
        if freed > 0 || changes.drop_reason == Some(GapReason::DiskFull) {
            let mut vacuum = tx.prepare_cached("PRAGMA incremental_vacuum(2000)")?;
            let mut pages = vacuum.query([])?;
            while pages.next()?.is_some() {}
        }
        Ok(())
    }

    fn drop_excess(
        &self,
        tx: &Transaction<'_>,
        mut excess: Excess,
        now: Timestamp,
        changes: &mut Changes,
    ) -> rusqlite::Result<()> {
        let mut dropped: Vec<Gone> = Vec::new();
        let mut chosen: HashSet<i64> = changes.gone.iter().map(|gone| gone.id).collect();
        let order = if excess.pictures_only { &DROP_ORDER[..PICTURES] } else { DROP_ORDER };
        for sql in order {
            if excess.rows == 0 && excess.bytes == 0 {
                break;
            }
            let mut statement = tx.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if excess.rows == 0 && excess.bytes == 0 {
                    break;
                }
                let gone = read_gone(row)?;
                if self.in_flight.contains(&gone.id) || !chosen.insert(gone.id) {
                    continue;
                }
                excess.rows = excess.rows.saturating_sub(1);
                excess.bytes = excess.bytes.saturating_sub(gone.bytes);
                dropped.push(gone);
            }
        }
        changes.over_limit = excess.reason != GapReason::DiskFull && (excess.rows > 0 || excess.bytes > 0);
        for gap in gaps(&dropped, excess.reason, now) {
            let stream = gap.stream.clone();
            if !self.insert_gap(tx, gap, now, changes)? {
                // No record is dropped without a gap record.
                dropped.retain(|gone| *gone.stream != *stream || is_already_reported(gone));
                changes.over_limit = true;
            }
        }
        for gone in dropped {
            if excess.reason == GapReason::DiskFull {
                changes.consumers.delete(tx, &gone, false)?;
            } else {
                changes.consumers.retire(tx, &gone)?;
            }
            changes.drop_reason = Some(excess.reason);
            changes.gone.push(gone);
        }
        changes.consumers.keep_bounds(tx)
    }

    pub(super) fn append_evidence_where_room(&mut self, evidence: Evidence) -> Result<bool, OutboxError> {
        self.look_at_disk();
        let bytes_added = evidence.jpeg.len() as u64;
        let changes = Changes { rows_added: 1, bytes_added, ..Changes::default() };
        if self.missing_bytes() > 0 || self.excess(&changes, 0).is_some() {
            return Ok(false);
        }
        self.append_evidence(evidence).map(|()| true)
    }

    /// Free disk that is missing of what is to be left to others.
    fn missing_bytes(&self) -> u64 {
        self.options.limits.free_bytes.saturating_sub(self.free_bytes.unwrap_or(u64::MAX))
    }

    /// `freed`: bytes that are free by now, and were not when the disk was looked at.
    fn excess(&self, changes: &Changes, freed: u64) -> Option<Excess> {
        let Limits { rows, bytes, .. } = self.options.limits;
        let have_rows = self.totals.rows + changes.rows_added - changes.gone.len() as u64;
        let gone_bytes: u64 = changes.gone.iter().map(|gone| gone.bytes).sum();
        let have_bytes = self.totals.bytes + changes.bytes_added - gone_bytes;
        let excess = |rows, bytes, reason| Some(Excess { rows, bytes, reason, pictures_only: false });
        if have_rows > rows {
            let target = rows.saturating_sub((rows / SLACK).max(1));
            return excess(have_rows - target, 0, GapReason::RowLimit);
        }
        if have_bytes > bytes {
            return excess(0, have_bytes - (bytes - bytes / SLACK), GapReason::SizeLimit);
        }
        let free = self.free_bytes.unwrap_or(u64::MAX).saturating_add(freed);
        let missing = self.missing_bytes().saturating_sub(freed);
        let above_floor = have_bytes.saturating_sub(Limits::FLOOR_BYTES);
        if missing > 0 && above_floor > 0 {
            return excess(0, missing.min(above_floor), GapReason::DiskFull);
        }
        (missing > 0 && free < Limits::FLOOR_BYTES).then_some(Excess {
            rows: 0,
            bytes: missing.min(have_bytes),
            reason: GapReason::DiskFull,
            pictures_only: true,
        })
    }

    /// Stores a gap, or adds it to the last one while that still waits. `false`, and nothing is stored: its message cannot
    /// be built, which is said here.
    pub(super) fn insert_gap(
        &self,
        tx: &Transaction<'_>,
        gap: Gap,
        now: Timestamp,
        changes: &mut Changes,
    ) -> rusqlite::Result<bool> {
        if let Some(id) = changes.open_gap
            && self.add_to_gap(tx, id, &gap, now, changes)?
        {
            return Ok(true);
        }
        let mut built = Vec::new();
        for (part, n) in split(gap).into_iter().zip(changes.next_n..) {
            let seq = Seq { stream: self.stream.clone(), n };
            let Some(body) = self.gap_message(&part, &seq) else { return Ok(false) };
            built.push((part, seq, body));
        }
        for (part, seq, body) in built {
            let id = self.insert(
                tx,
                NewRow {
                    seq_stream: &seq.stream,
                    n: Some(seq.n),
                    class: 1,
                    kind: Kind::Gap,
                    level: None,
                    rev: 0,
                    ends: false,
                    at: now,
                    alert_id: None,
                    topic: &self.options.gap_topic,
                    gap: Some(gap_detail(&part)),
                    body: &body,
                },
                changes,
            )?;
            changes.next_n = seq.n + 1;
            changes.open_gap = Some(id);
        }
        tx.prepare_cached("UPDATE queue SET next_n = ?")?.execute([changes.next_n])?;
        Ok(true)
    }

    /// Reports what has not been reported yet; what cannot be reported now is kept for later, over a restart, too: numbers
    /// are given behind it from here on.
    pub(super) fn write_unreported(
        &self,
        tx: &Transaction<'_>,
        changes: &mut Changes,
    ) -> rusqlite::Result<Vec<Gap>> {
        let mut left = Vec::new();
        for gap in &self.unreported {
            if !self.insert_gap(tx, gap.clone(), self.latest, changes)? {
                left.push(gap.clone());
            }
        }
        if left != self.unreported {
            tx.execute_batch("DROP TABLE IF EXISTS untold")?;
        }
        if !left.is_empty() {
            tx.execute_batch("CREATE TABLE IF NOT EXISTS untold (gap TEXT PRIMARY KEY)")?;
            for gap in &left {
                tx.prepare_cached("INSERT OR IGNORE INTO untold (gap) VALUES (?)")?
                    .execute([gap_detail(gap)])?;
            }
            tx.prepare_cached("UPDATE queue SET next_n = ?")?.execute([changes.next_n])?;
        }
        Ok(left)
    }

    /// The message of a gap record; `None` where it cannot be built.
    fn gap_message(&self, gap: &Gap, seq: &Seq) -> Option<Vec<u8>> {
        match caught(|| (self.options.gap_body)(gap, seq)) {
            Ok(Ok(body)) if !body.is_empty() => return Some(body),
            Ok(Ok(_)) => log_error!(box_log::gap_empty(); stream = %seq.stream, n = seq.n),
            Ok(Err(error)) => log_error!(box_log::gap_not_built(); stream = %seq.stream, n = seq.n, %error),
            Err(panic) => log_error!(box_log::gap_not_built(); stream = %seq.stream, n = seq.n, %panic),
        }
        None
    }

    /// Adds to the gap in row `id`; `false` if it is of another stream or reason, or full, or cannot be built.
    fn add_to_gap(
        &self,
        tx: &Transaction<'_>,
        id: i64,
        gap: &Gap,
        now: Timestamp,
        changes: &mut Changes,
    ) -> rusqlite::Result<bool> {
        let waiting: Option<(String, u64, String, u64)> = tx
            .prepare_cached("SELECT stream, n, gap, bytes FROM record WHERE id = ?")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let Some((stream, n, detail, bytes)) = waiting else { return Ok(false) };
        let Some(mut known) = gap_from_detail(&detail) else { return Ok(false) };
        let fits = known.stream == gap.stream
            && known.reason == gap.reason
            && known.ranges.len() + gap.ranges.len() <= GAP_RANGES;
        if !fits {
            return Ok(false);
        }
        known.ranges = joined(known.ranges.iter().chain(&gap.ranges).copied());
        known.pictures += gap.pictures;
        known.to = now;
        let Some(body) = self.gap_message(&known, &Seq { stream: stream.as_str().into(), n }) else {
            return Ok(false);
        };
        let sum = sum(&stream, Some(n), &self.options.gap_topic, &body);
        tx.prepare_cached("UPDATE record SET gap = ?, sum = ?, body = ?, bytes = ? WHERE id = ?")?
            .execute(params![gap_detail(&known), sum, body, body.len() as u64, id])?;
        changes.bytes_added += (body.len() as u64).saturating_sub(bytes);
        Ok(true)
    }

    pub(super) fn keep_reserve(&mut self) {
        let path = self.dir.join("outbox.reserve");
        let wanted = 4 * RESERVE_BYTES;
        if free_bytes(&self.dir).is_some_and(|free| free < wanted) {
            return;
        }
        let there = fs::metadata(&path).is_ok_and(|meta| meta.len() == RESERVE_BYTES);
        self.reserve = there || write_reserve(&path).is_ok();
        if !self.reserve {
            // Half a reserve is worse than none: it takes room and gives none.
            let _ = fs::remove_file(&path);
        }
    }

    pub(super) fn give_up_reserve(&mut self) -> bool {
        if !std::mem::take(&mut self.reserve) {
            return false;
        }
        log_error!(box_log::reserve_used(); dir = %self.dir.display());
        fs::remove_file(self.dir.join("outbox.reserve")).is_ok()
    }
}

pub(super) fn write_reserve(path: &Path) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    let block = [0_u8; 64 * 1024];
    for _ in 0..RESERVE_BYTES / block.len() as u64 {
        file.write_all(&block)?;
    }
    file.sync_all()
}

pub(super) fn free_bytes(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// A picture that was sent.
fn is_already_reported(gone: &Gone) -> bool {
    gone.n.is_none() && gone.acked
}

/// One gap per stream: what is missing of it.
pub(super) fn gaps(dropped: &[Gone], reason: GapReason, now: Timestamp) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for gone in dropped {
        if is_already_reported(gone) {
            continue;
        }
        let at = match gaps.iter().position(|gap| *gap.stream == *gone.stream) {
            Some(at) => at,
            None => {
                gaps.push(Gap {
                    stream: gone.stream.as_str().into(),
                    reason,
                    ranges: Vec::new(),
                    pictures: 0,
                    from: now,
                    to: now,
                });
                gaps.len() - 1
            }
        };
        match gone.n {
            Some(n) => gaps[at].ranges.push((n, n)),
            None => gaps[at].pictures += 1,
        }
    }
    for gap in &mut gaps {
        gap.ranges = joined(gap.ranges.iter().copied());
    }
    gaps
}

/// Sorted, with neighbours and overlaps made one.
pub(super) fn joined(ranges: impl Iterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut sorted: Vec<_> = ranges.collect();
    sorted.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(sorted.len());
    for (from, to) in sorted {
        match joined.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Parts that fit in one message each.
pub(super) fn split(gap: Gap) -> Vec<Gap> {
    if gap.ranges.len() <= GAP_RANGES {
        return vec![gap];
    }
    let mut parts: Vec<Gap> = gap
        .ranges
        .chunks(GAP_RANGES)
        .map(|ranges| Gap { ranges: ranges.to_vec(), pictures: 0, ..gap.clone() })
        .collect();
    if let Some(first) = parts.first_mut() {
        first.pictures = gap.pictures;
    }
    parts
}

pub(super) fn gap_detail(gap: &Gap) -> String {
    gap_json(gap).to_string()
}

pub(super) fn gap_json(gap: &Gap) -> serde_json::Value {
    serde_json::json!({
        "stream": &*gap.stream,
        "reason": stored_reason(gap.reason),
        "ranges": gap.ranges,
        "pictures": gap.pictures,
        "from": gap.from.to_string(),
        "to": gap.to.to_string(),
    })
}

/// The word of a reason in the database, which keeps those of its first version.
pub(super) fn stored_reason(reason: GapReason) -> &'static str {
    match reason {
        GapReason::RowLimit => "rows",
        GapReason::SizeLimit => "bytes",
        GapReason::DiskFull => "disk",
        GapReason::Damaged => "damaged",
    }
}

/// A word that the database should not hold is itself a sign of damage.
fn reason_stored(word: &str) -> GapReason {
    match word {
        "rows" => GapReason::RowLimit,
        "bytes" => GapReason::SizeLimit,
        "disk" => GapReason::DiskFull,
        _ => GapReason::Damaged,
    }
}

pub(super) fn gap_from_detail(detail: &str) -> Option<Gap> {
    let value: serde_json::Value = serde_json::from_str(detail).ok()?;
    let ranges = value["ranges"]
        .as_array()?
        .iter()
        .map(|range| Some((range[0].as_u64()?, range[1].as_u64()?)))
        .collect::<Option<Vec<_>>>()?;
    Some(Gap {
        stream: value["stream"].as_str()?.into(),
        reason: reason_stored(value["reason"].as_str()?),
        ranges,
        pictures: value["pictures"].as_u64()?,
        from: value["from"].as_str()?.parse().ok()?,
        to: value["to"].as_str()?.parse().ok()?,
    })
}

/// The gaps that were not reported when the queue was closed. Their table exists only while there are such gaps.
pub(super) fn read_unreported(conn: &Connection) -> rusqlite::Result<Vec<Gap>> {
    let has_table: bool = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'untold')",
        [],
        |row| row.get(0),
    )?;
    if !has_table {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare("SELECT gap FROM untold ORDER BY rowid")?;
    let details = statement.query_map([], |row| row.get::<_, String>(0))?;
    details.map(|detail| gap_from_detail(&detail?).ok_or_else(|| damage(say::untold_unreadable()))).collect()
}

/// A gap's body where nobody gave a better one: its fields, and its own place.
pub(super) fn plain_gap_body(gap: &Gap, seq: &Seq) -> BuiltMessage {
    let mut value = gap_json(gap);
    value["seq"] = serde_json::json!({ "stream": &*seq.stream, "n": seq.n });
    Ok(value.to_string().into_bytes())
}
