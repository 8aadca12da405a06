//! The queue's file, read by SQLite alone: what a daemon that was killed had really stored.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;

/// What is in the file.
#[derive(Debug)]
pub struct Spool {
    pub next_n: u64,
    /// Ids of the messages that wait.
    pub waiting: BTreeSet<String>,
    /// Of these, the ids of those whose PUBACK has not come.
    pub unacknowledged: BTreeSet<String>,
    /// Their places.
    pub places: BTreeSet<(String, u64)>,
    /// What SQLite's integrity check says: `ok`.
    pub integrity: String,
}

/// Reads a copy of the database and its log, as after a crash.
pub fn read(folder: &Path) -> rusqlite::Result<Spool> {
    let copy = tempfile::tempdir().unwrap();
    for file in ["outbox.db", "outbox.db-wal"].into_iter().filter(|file| folder.join(file).exists()) {
        std::fs::copy(folder.join(file), copy.path().join(file)).unwrap();
    }
    let conn = Connection::open(copy.path().join("outbox.db"))?;
    let next_n = conn.query_row("SELECT next_n FROM queue", [], |row| row.get(0))?;
    // How far a record got stands beside it.
    let with_progress = |columns: &str, wanted: &str| {
        format!(
            "SELECT {columns} FROM record AS r JOIN progress AS p ON p.id = r.id WHERE r.n IS NOT NULL AND p.{wanted}"
        )
    };
    let waiting = ids(&conn, &with_progress("r.body", "acked < 2"))?;
    let unacknowledged = ids(&conn, &with_progress("r.body", "acked = 0"))?;
    let mut places = conn.prepare(&with_progress("r.stream, r.n", "acked < 2"))?;
    let places =
        places.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let integrity = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    Ok(Spool { next_n, waiting, unacknowledged, places, integrity })
}

fn ids(conn: &Connection, query: &str) -> rusqlite::Result<BTreeSet<String>> {
    conn.prepare(query)?
        .query_map([], |row| row.get::<_, Vec<u8>>(0))?
        .map(|body| {
            let body: serde_json::Value = serde_json::from_slice(&body?).unwrap_or_default();
            Ok(body["id"].as_str().unwrap_or("no id").to_owned())
        })
        .collect()
}
