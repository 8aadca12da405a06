//! A queue file that is not what was written: flipped bytes, lost blocks, foreign pages, torn ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lookout::analysis::time::Timestamp;
use lookout::outbox::{Evidence, Kind, Opened, Outbox, Policy};
use lookout::types::level::Level;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use serde_json::Value;

use super::bench::{Row, rounds};
use super::here::copy_files;
use super::queue;

const EVERYTHING: Policy = Policy { backlog: true, evidence: true, again: true };

/// Seeds with which the queue once could not be opened or read: a format number in the first page, a file cut in the
/// middle of a page.
const ONCE_MISSED: [u32; 2] = [69, 632];

/// Bodies by stream and number.
type Bodies = BTreeMap<(String, u64), Vec<u8>>;

#[test]
fn a_corrupted_queue_is_opened_salvaged_and_never_sends_what_was_not_stored() {
    let mut row = Row::begin("queue file corrupted");
    let folder = tempfile::tempdir().unwrap();
    let (killed, stopped) = (folder.path().join("killed"), folder.path().join("stopped"));
    let (stored, stream) = fill(&folder.path().join("filled"), &killed, &stopped);
    let seeds = rounds(60);
    let once_missed = ONCE_MISSED.into_iter().filter(|seed| *seed > seeds);
    for seed in (1..=seeds).chain(once_missed) {
        let mut dice = StdRng::seed_from_u64(u64::from(seed));
        let copy = tempfile::tempdir().unwrap();
        copy_files(if seed % 2 == 0 { &killed } else { &stopped }, copy.path());
        let what = damage(copy.path(), &mut dice);
        row.add(what, 1);
        one_seed(&mut row, &format!("seed {seed}, {what}"), copy.path(), &stored, &stream);
        row.progress(seed.min(seeds), seeds);
    }
    row.set("seeds", seeds);
    row.pass();
}

fn one_seed(row: &mut Row, seed: &str, folder: &Path, stored: &Bodies, stream: &str) {
    let (outbox, opened) = match queue::open(folder, None) {
        Ok(opened) => opened,
        Err(error) => return row.miss(format!("{seed}: not opened: {error}")),
    };
    if let Opened::Damaged { aside, .. } = &opened {
        row.check(aside.exists(), || format!("{seed}: the damaged file is gone"));
    }
    match outbox.open_alerts() {
        Ok(open) => row.add("open alerts taken up again", open.len() as u64),
        Err(error) => row.miss(format!("{seed}: the open alerts cannot be read: {error}")),
    }
    let (came, declared) = match drain(&outbox) {
        Ok(came) => came,
        Err(why) => return row.miss(format!("{seed}: {why}")),
    };
    for (place, body) in &came {
        match stored.get(place) {
            Some(as_stored) if as_stored == body => {}
            Some(_) => row.miss(format!("{seed}: {place:?} is sent and is not what was stored")),
            None => row.check(place.0 != stream, || format!("{seed}: {place:?} was never stored")),
        }
    }
    let now = outbox.depth().stream;
    let is_salvaged = now != stream;
    row.add("salvaged into a new stream", u64::from(is_salvaged));
    row.check(!is_salvaged || declared.whole.contains(stream), || {
        format!("{seed}: a new stream, and no gap record says why")
    });
    let missing: BTreeSet<u64> =
        stored.keys().filter(|place| !came.contains_key(*place)).map(|place| place.1).collect();
    let undeclared = missing.difference(&declared.numbers).count();
    // SQLite takes a log up to its first broken frame: older than what was accepted, and whole.
    let unnoticed = if declared.whole.contains(stream) { 0 } else { undeclared as u64 };
    row.add("records not readable any more, told in gap records", missing.len() as u64 - unnoticed);
    row.add("records lost unnoticed", unnoticed);
    row.check(unnoticed == 0, || format!("{seed}: {unnoticed} records are missing, and nothing says so"));
    row.add(
        "of those told, lost with the end of the log",
        if seed.ends_with("log") { missing.len() as u64 } else { 0 },
    );
    row.add(
        "records carried over or untouched",
        came.keys().filter(|place| stored.contains_key(*place)).count() as u64,
    );
    match queue::append(&outbox, 9999, 1, Level::Red, false, 0) {
        Ok((seq, _)) => row.check(!stored.contains_key(&(seq.stream.to_string(), seq.n)), || {
            format!("{seed}: number {seq:?} is given a second time")
        }),
        Err(error) => row.miss(format!("{seed}: nothing can be stored any more: {error}")),
    }
    row.check(outbox.close(Duration::from_secs(10)), || format!("{seed}: not closed"));
}

/// What gap records said.
#[derive(Default)]
struct Declared {
    /// Streams whose missing numbers cannot be known.
    whole: BTreeSet<String>,
    numbers: BTreeSet<u64>,
}

/// Takes everything out, as the publisher would.
fn drain(outbox: &Outbox) -> Result<(Bodies, Declared), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut came, mut declared) = (Bodies::new(), Declared::default());
        outbox.connected_async().await.map_err(|error| error.to_string())?;
        // More often than there are records: something is given out again and again.
        for _ in 0..2000 {
            let lent =
                outbox.next_async(64, EVERYTHING, Instant::now()).await.map_err(|error| error.to_string())?;
            if lent.is_empty() {
                return Ok((came, declared));
            }
            for sending in &lent {
                if sending.kind == Kind::Gap {
                    let body: Value =
                        serde_json::from_slice(&sending.body).map_err(|error| error.to_string())?;
                    let data = &body["data"];
                    let ranges = data["missing"].as_array().cloned().unwrap_or_default();
                    if ranges.is_empty() {
                        declared.whole.insert(data["missing_stream"].as_str().unwrap_or_default().to_owned());
                    }
                    for range in ranges {
                        declared
                            .numbers
                            .extend(range["from"].as_u64().unwrap()..=range["to"].as_u64().unwrap());
                    }
                } else if let Some(seq) = &sending.seq {
                    came.insert((seq.stream.to_string(), seq.n), sending.body.clone());
                }
            }
            outbox
                .acked_async(lent.iter().map(|sending| sending.id).collect())
                .await
                .map_err(|error| error.to_string())?;
        }
        Err("it never becomes empty".to_owned())
    })
}

/// A queue with a few hundred records of every kind; its files as `kill -9` and as an orderly stop leave them.
fn fill(folder: &Path, killed: &Path, stopped: &Path) -> (Bodies, String) {
    let mut dice = StdRng::seed_from_u64(0);
    let (outbox, _) = queue::open(folder, None).unwrap();
    for alert in 0..100 {
        for rev in 1..=dice.random_range(1..4) {
            let level = [Level::Blue, Level::Yellow, Level::Orange, Level::Red][dice.random_range(0..4)];
            queue::append(&outbox, alert, rev, level, rev == 3, dice.random_range(0..5000)).unwrap();
        }
        if alert % 20 == 0 {
            let mut jpeg = vec![0; 30_000];
            dice.fill_bytes(&mut jpeg);
            let picture = Evidence {
                alert_id: format!("alert-{alert}"),
                level: Level::Yellow,
                topic_suffix: format!("up/evidence/alert-{alert}/1"),
                at: Timestamp::now(),
                jpeg,
            };
            outbox.append_evidence(picture).unwrap();
        }
    }
    copy_files(folder, killed);
    let stream = outbox.depth().stream;
    assert!(outbox.close(Duration::from_secs(10)));
    copy_files(folder, stopped);
    let conn = rusqlite::Connection::open(folder.join("outbox.db")).unwrap();
    let mut rows = conn.prepare("SELECT stream, n, body FROM record WHERE n IS NOT NULL").unwrap();
    let bodies = rows
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    (bodies, stream)
}

/// Damages the files; says how.
fn damage(folder: &Path, dice: &mut StdRng) -> &'static str {
    const PAGE: usize = 4096;
    let file = folder.join("outbox.db");
    let log = folder.join("outbox.db-wal");
    let has_log = fs::metadata(&log).is_ok_and(|meta| meta.len() > 0);
    if has_log && dice.random_bool(0.25) {
        let mut bytes = fs::read(&log).unwrap();
        if dice.random_bool(0.5) {
            bytes.truncate(dice.random_range(0..bytes.len()));
            fs::write(&log, bytes).unwrap();
            return "truncated log";
        }
        let at = dice.random_range(0..bytes.len());
        bytes[at] ^= 1 << dice.random_range(0..8);
        fs::write(&log, bytes).unwrap();
        return "flipped bit in the log";
    }
    let mut bytes = fs::read(&file).unwrap();
    let pages = bytes.len() / PAGE;
    let page = |dice: &mut StdRng| dice.random_range(0..pages) * PAGE;
    let what = match dice.random_range(0..7) {
        0 => {
            for _ in 0..dice.random_range(1..20) {
                let at = dice.random_range(0..bytes.len());
                bytes[at] ^= 1 << dice.random_range(0..8);
            }
            "flipped bits somewhere"
        }
        1 => {
            let at = dice.random_range(0..PAGE.min(bytes.len()));
            bytes[at] ^= 1 << dice.random_range(0..8);
            "flipped bit in the first page"
        }
        2 => {
            let at = page(dice);
            bytes[at..at + PAGE].fill(if dice.random_bool(0.5) { 0 } else { 0xff });
            "blank page"
        }
        3 => {
            let at = page(dice);
            dice.fill_bytes(&mut bytes[at..at + PAGE]);
            "page of noise"
        }
        4 => {
            let (from, to) = (page(dice), page(dice));
            bytes.copy_within(from..from + PAGE, to);
            "page in another's place"
        }
        5 => {
            bytes.truncate(dice.random_range(0..bytes.len()));
            "truncated file"
        }
        _ => {
            // A changed letter in a text, which no database notices.
            let letters: Vec<usize> =
                (0..bytes.len() - 8).filter(|at| &bytes[*at..at + 8] == b"xxxxxxxx").collect();
            let at = letters[dice.random_range(0..letters.len())];
            bytes[at] = b'y';
            "changed letter"
        }
    };
    fs::write(&file, bytes).unwrap();
    what
}
