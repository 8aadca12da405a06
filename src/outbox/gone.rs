//! A record that is about to be removed.

use rusqlite::Row;

#[derive(Debug, Clone)]
pub(super) struct Gone {
    pub(super) id: i64,
    pub(super) stream: String,
    pub(super) n: Option<u64>,
    pub(super) acked: bool,
    pub(super) bytes: u64,
    /// One of several parts of an answer.
    pub(super) is_part: bool,
}

/// The beginning of a query for [`read_gone`], record by record.
macro_rules! select_gone {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.stream, r.n, p.acked, r.bytes, r.kind = 2 AND r.rev > 0
             FROM record AS r CROSS JOIN progress AS p ON p.id = r.id ",
            $rest
        )
    };
}
pub(super) use select_gone;

pub(super) fn read_gone(row: &Row<'_>) -> rusqlite::Result<Gone> {
    Ok(Gone {
        id: row.get(0)?,
        stream: row.get(1)?,
        n: row.get(2)?,
        acked: row.get(3)?,
        bytes: row.get(4)?,
        is_part: row.get(5)?,
    })
}
