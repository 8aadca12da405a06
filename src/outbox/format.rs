//! The file's format: its tables, how older ones are brought up to date, numbers that stand for words, and which of
//! SQLite's errors mean that the file is damaged. Must never change what a stored number stands for.

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, ErrorCode};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

use super::error::Doing;
use super::{Kind, OutboxError};
use crate::analysis::time::Timestamp;
use crate::text::{Sentence, foreign, language_of_log, outbox as say, outbox_step as step};
use crate::types::level::Level;

/// `LKOB`, so that `file` and we know our own.
const APPLICATION_ID: i64 = 0x4c4b_4f42;
/// Format of the tables. A change adds a step to [`STEPS`], a file of the last format to `tests/data` and a line to the
/// module docs.
const FORMAT: i64 = 5;

/// A format further from ours than this is a damaged number.
const FORMATS_TO_COME: i64 = 1000;

const TABLES: &str = "
CREATE TABLE queue (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    box TEXT NOT NULL,
    stream TEXT NOT NULL,
    next_n INTEGER NOT NULL,
    orderly INTEGER NOT NULL
);
CREATE TABLE record (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    n INTEGER,                      -- NULL: a picture
    class INTEGER NOT NULL,         -- 0 urgent, 1 the rest, 2 pictures
    kind INTEGER NOT NULL,
    level INTEGER,
    rev INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    acked INTEGER NOT NULL DEFAULT 0, -- of format 4 and earlier, as release_n; see `progress`
    release_n INTEGER,
    at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    alert_id TEXT,
    topic TEXT NOT NULL,
    gap TEXT,                       -- a gap's numbers, to add to while it waits
    sum INTEGER,                    -- see `sum`; NULL: stored by format 1
    body BLOB NOT NULL              -- last: a scan of the other columns need not read it
);
CREATE UNIQUE INDEX record_seq ON record(stream, n) WHERE n IS NOT NULL;
CREATE INDEX record_alert ON record(alert_id, rev) WHERE alert_id IS NOT NULL;
CREATE INDEX record_drop ON record(kind, level, id);
CREATE TABLE mark (stream TEXT PRIMARY KEY, n INTEGER NOT NULL);
";

/// The tables that came with format 3.
const TABLES_OF_3: &str = "
CREATE TABLE consumer (
    name TEXT PRIMARY KEY,
    cursor INTEGER NOT NULL,        -- the last record it is done with
    rows INTEGER NOT NULL,          -- its policy
    bytes INTEGER NOT NULL,
    pictures INTEGER NOT NULL,
    missed INTEGER NOT NULL         -- records given up before it had read them
);
CREATE TABLE open_alert (
    alert_id TEXT PRIMARY KEY,
    rev INTEGER NOT NULL,
    level INTEGER,
    first_id INTEGER NOT NULL,      -- order of opening
    state BLOB,                     -- its owner's; NULL: from format 2 or earlier, until its next revision
    published BLOB                  -- instead of a state: the message that told of it last
);
";

/// The table that came with format 4.
const TABLE_OF_4: &str = "
CREATE TABLE ended_alert (
    alert_id TEXT PRIMARY KEY,
    ended_ms INTEGER NOT NULL,
    state BLOB NOT NULL             -- its owner's
);
";

/// The tables that came with format 5. How far a record got stands beside it: noting that something arrived writes its
/// body a second time where both are in one row.
const TABLES_OF_5: &str = "
CREATE TABLE progress (
    id INTEGER PRIMARY KEY,         -- the record
    class INTEGER NOT NULL,         -- the record's
    acked INTEGER NOT NULL DEFAULT 0, -- 1: PUBACKed, 2: mqtt is done with it, kept for other consumers
    release_n INTEGER               -- a picture leaves with the mark of this number
);
CREATE INDEX progress_turn ON progress(acked, class, id);
CREATE TABLE arrival (
    up_to INTEGER PRIMARY KEY,      -- no message up to this record waited any more
    at_ms INTEGER NOT NULL          -- at this time
);
";

/// Until then the record itself held it. The columns stay: taking them out would write every body again. The index that
/// goes here holds the same columns and is not what counts.
const PROGRESS_OF_4: &str = "
INSERT INTO progress (id, class, acked) SELECT id, class, acked FROM record NOT INDEXED;
UPDATE progress SET release_n = (SELECT release_n FROM record WHERE record.id = progress.id)
WHERE class = 2 AND acked = 1;
DROP INDEX record_turn;
";

/// Until then only the message of an open alert was kept.
const OPEN_ALERTS_OF_2: &str = "
INSERT INTO open_alert (alert_id, rev, level, first_id, published)
SELECT alert_id, rev, level, first_id, revision FROM alert ORDER BY rowid;
DROP TABLE alert;
";

/// From one format to the next, in order.
const STEPS: [(i64, &[&str]); 4] = [
    (1, &["ALTER TABLE record ADD COLUMN sum INTEGER;"]),
    (2, &[TABLES_OF_3, OPEN_ALERTS_OF_2]),
    (3, &[TABLE_OF_4]),
    (4, &[TABLES_OF_5, PROGRESS_OF_4]),
];

/// Settings of every connection, and the tables of a new database. Returns whether the file was of an earlier format.
pub(super) fn prepare(conn: &Connection, path: &Path) -> Result<bool, OutboxError> {
    let fail = |doing: Doing| move |source| sqlite(path, doing, source);
    conn.set_prepared_statement_cache_capacity(48);
    // The lock is taken with the first read below and kept: one process, and no shared-memory file.
    conn.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA temp_store = MEMORY;
         PRAGMA cell_size_check = ON;
         PRAGMA busy_timeout = 0;",
    )
    .map_err(fail(step::configure))?;
    let version: i64 =
        conn.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fail(step::read_format))?;
    let application: i64 =
        conn.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(fail(step::read_format))?;
    if !(0..=FORMAT + FORMATS_TO_COME).contains(&version) {
        return Err(sqlite(path, step::read_format, damage(say::unknown_format())));
    }
    if version > FORMAT {
        return Err(OutboxError::TooNew { path: path.to_path_buf(), found: version, known: FORMAT });
    }
    if version != 0 && application != APPLICATION_ID {
        return Err(sqlite(path, step::read_format, damage(say::other_program())));
    }
    if version == 0 {
        conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL;").map_err(fail(step::configure))?;
    }
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(fail(step::switch_on_log))?;
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304;")
        .map_err(fail(step::configure))?;
    let statements = match version {
        FORMAT => return Ok(false),
        0 => [TABLES, TABLES_OF_3, TABLE_OF_4, TABLES_OF_5].concat(),
        _ => STEPS.iter().filter(|(from, _)| *from >= version).flat_map(|(_, step)| *step).copied().collect(),
    };
    let is_earlier = version != 0;
    if is_earlier {
        // A step copies what it reads and drops what it read it from: afterwards nothing shows that it was damaged.
        check(conn).map_err(fail(step::check))?;
    }
    conn.execute_batch(&format!(
        "BEGIN IMMEDIATE; {statements}
         PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; COMMIT;"
    ))
    .map_err(|error| match code(&error) {
        // What it holds twice, or lacks, its own tables would not have taken.
        Some(ErrorCode::ConstraintViolation) if is_earlier => damage(foreign::words(error.to_string())),
        _ => error,
    })
    .map_err(fail(if is_earlier { step::update_tables } else { step::make_tables }))?;
    Ok(is_earlier)
}

/// Whether what the file system gave back is a database, with indexes that hold what their tables do: a record that is
/// missing there would never be sent.
pub(super) fn check(conn: &Connection) -> rusqlite::Result<()> {
    let verdict: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(damage(foreign::words(verdict))) }
}

pub(super) fn new_stream(now: Timestamp) -> String {
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Ulid::from_parts(milliseconds, rand::random()).to_string()
}

pub(super) fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}

/// Whether an error says that the file does not hold what this program wrote: broken pages, values of another type
/// than was stored, tables that are not there.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    match error {
        E::InvalidColumnType(..)
        | E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::Utf8Error(..) => true,
        E::ToSqlConversionFailure(inner) => inner.is::<Damage>(),
        // A page that should be there is beyond the end of the file.
        E::SqliteFailure(failure, _) if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ => {
            true
        }
        // All that SQLite has for these is a generic error and the words. The last two: the file's format is not what it
        // says.
        E::SqliteFailure(_, Some(text)) | E::SqlInputError { msg: text, .. }
            if ["no such table", "no such column", "unsupported file format", "duplicate column name"]
                .iter()
                .any(|known| text.starts_with(known))
                || text.ends_with("already exists") =>
        {
            true
        }
        _ => matches!(code(error), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)),
    }
}

/// What a record's place, topic and body add up to. SQLite notices broken pages, not a changed letter in a text.
pub(super) fn sum(stream: &str, n: Option<u64>, topic: &str, body: &[u8]) -> i64 {
    let mut digest = Sha256::new();
    for part in [stream.as_bytes(), &n.unwrap_or(0).to_le_bytes(), topic.as_bytes(), body] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let digest = digest.finalize();
    i64::from_le_bytes(std::array::from_fn(|i| digest[i]))
}

/// Whether a record read is the one that was stored. `stored` is its sum, which format 1 had not; an empty body is one that
/// format 2 stored where a message could not be built, and would delete what a broker keeps.
pub(super) fn is_as_stored(
    stored: Option<i64>,
    stream: &str,
    n: Option<u64>,
    topic: &str,
    body: &[u8],
) -> bool {
    !body.is_empty() && stored.is_none_or(|stored| stored == sum(stream, n, topic, body))
}

/// Damage that SQLite does not notice. The error that SQLite's library has for what others find carries it.
#[derive(Debug)]
struct Damage(Sentence);

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Damage {}

pub(super) fn damage(what: Sentence) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(Damage(what)))
}

/// Why, for people: what this program found, or SQLite's own words.
pub(super) fn why(error: &rusqlite::Error) -> Sentence {
    match error {
        rusqlite::Error::ToSqlConversionFailure(inner) => {
            inner.downcast_ref::<Damage>().map(|found| found.0.clone())
        }
        _ => None,
    }
    .unwrap_or_else(|| foreign::words(error.to_string()))
}

/// The same in the language of the log.
pub(super) fn why_for_log(error: &rusqlite::Error) -> String {
    why(error).in_language(language_of_log())
}

pub(super) fn sqlite(path: &Path, doing: Doing, source: rusqlite::Error) -> OutboxError {
    let path = path.to_path_buf();
    match code(&source) {
        Some(ErrorCode::DiskFull) => OutboxError::DiskFull { doing, path },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => OutboxError::ReadOnly { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OutboxError::InUse { path },
        _ => OutboxError::Sqlite { doing, path, source },
    }
}

// ---- numbers on disk ----

/// Both directions of one table, so that a new word cannot be stored without being read back. What no program writes is
/// the word behind `else`: only damage leads there.
macro_rules! numbered {
    ($type:ident, $to:ident, $from:ident, { $($word:ident = $number:literal),+ } else $other:ident) => {
        pub(super) fn $to(word: $type) -> u8 {
            match word {
                $($type::$word => $number,)+
            }
        }

        pub(super) fn $from(number: u8) -> $type {
            match number {
                $($number => $type::$word,)+
                _ => $type::$other,
            }
        }
    };
}

numbered!(Kind, kind_number, kind_from_number, {
    Alert = 0, Count = 1, Reply = 2, Gap = 3, Evidence = 4, TimeFix = 5
} else Evidence);

numbered!(Level, level_number, level_from_number, {
    Blue = 0, Yellow = 1, Orange = 2, Red = 3
} else Red);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::language::Language;

    #[test]
    fn damage_is_known_as_damage_and_reported_in_the_readers_language() {
        let damaged = damage(say::progress_lost());
        assert!(is_damage(&damaged));
        assert!(!is_damage(&rusqlite::Error::ToSqlConversionFailure("no damage".into())));
        let rendered = |error| {
            let error = sqlite(Path::new("/x/outbox.db"), step::check, error);
            (error.to_string(), error.in_language(Language::Chinese))
        };
        let (english, chinese) = rendered(damaged);
        assert_eq!(
            english,
            "the outbox /x/outbox.db failed (check): it does not know how far its records got"
        );
        assert_eq!(chinese, "队列 /x/outbox.db 出错（操作：检查；缺少记录的发送进度）");
        let (english, chinese) = rendered(rusqlite::Error::InvalidQuery);
        assert_eq!(english, "the outbox /x/outbox.db failed (check): Query is not read-only");
        assert_eq!(chinese, "队列 /x/outbox.db 出错（操作：检查；原文：Query is not read-only）");
    }

    /// Files that are out there hold these numbers.
    #[test]
    fn numbers_on_disk_stay_what_they_are() {
        use Kind::{Alert, Count, Evidence, Gap, Reply, TimeFix};
        for (number, kind) in (0..).zip([Alert, Count, Reply, Gap, Evidence, TimeFix]) {
            assert_eq!((kind_number(kind), kind_from_number(number)), (number, kind));
        }
        for (number, level) in (0..).zip([Level::Blue, Level::Yellow, Level::Orange, Level::Red]) {
            assert_eq!((level_number(level), level_from_number(number)), (number, level));
        }
        assert_eq!((kind_from_number(99), level_from_number(99)), (Evidence, Level::Red), "damaged");
    }
}
