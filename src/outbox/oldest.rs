//! The age of what waits: when the oldest record that has no receipt yet was stored. For metrics.
//!
//! Looked at every few seconds, not with every record. Must never hold up what is stored or sent for longer than a few looks into
//! an index.

use rusqlite::OptionalExtension as _;

use super::store::Store;
use crate::analysis::time::Timestamp;

/// Of records that wait for the broker and of those that wait for a mark, of each class, the first.
const OLDEST: &str = "SELECT at_ms FROM record WHERE id = (SELECT min(id) FROM (
    SELECT min(id) AS id FROM progress WHERE acked = 0 AND class = 0
    UNION ALL SELECT min(id) FROM progress WHERE acked = 0 AND class = 1
    UNION ALL SELECT min(id) FROM progress WHERE acked = 0 AND class = 2
    UNION ALL SELECT min(id) FROM progress WHERE acked = 1 AND class = 0
    UNION ALL SELECT min(id) FROM progress WHERE acked = 1 AND class = 1
    UNION ALL SELECT min(id) FROM progress WHERE acked = 1 AND class = 2))";

impl Store {
    /// Six looks into an index, and one at a record.
    pub(super) fn look_at_oldest(&mut self) {
        let read = |store: &Store| {
            let mut statement = store.conn.prepare_cached(OLDEST)?;
            statement.query_row([], |row| row.get::<_, i64>(0)).optional()
        };
        // What cannot be read is reported where it is needed.
        let at_ms = read(self).ok().flatten();
        self.oldest = at_ms.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
    }
}
