//! Settings that need a restart, and why; every other change takes effect at once.

use super::Config;
use crate::text::{Sentence, config};

/// One key that takes a restart.
pub struct Fixed {
    /// Where it stands in the file.
    pub key: &'static str,
    /// Why it cannot change while the daemon runs.
    pub why: fn() -> Sentence,
    differs: fn(&Config, &Config) -> bool,
}

/// All of them.
pub(crate) const FIXED: [Fixed; 3] = [
    Fixed {
        key: "[site] box",
        why: config::name_belongs_to_messages,
        differs: |one, other| one.site.box_id != other.site.box_id,
    },
    Fixed {
        key: "[site] area",
        why: config::area_belongs_to_messages,
        differs: |one, other| one.site.area != other.site.area,
    },
    Fixed {
        key: "[outbox] dir",
        why: config::folder_is_in_use,
        differs: |one, other| one.outbox.dir != other.outbox.dir,
    },
];

/// A sentence for each key that takes a restart of the daemon and differs.
pub fn takes_a_restart(running: &Config, wanted: &Config) -> Vec<Sentence> {
    let changed = FIXED.iter().filter(|fixed| (fixed.differs)(running, wanted));
    changed.map(|Fixed { key, why, .. }| config::takes_a_restart(*key, why())).collect()
}
