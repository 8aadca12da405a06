//! What cannot change while the daemon runs, and why; everything else is taken up at once.

use super::Config;

/// One key that takes a restart.
pub struct Fixed {
    /// Where it stands in the file.
    pub key: &'static str,
    /// Why it cannot change while the daemon runs.
    pub why: &'static str,
    differs: fn(&Config, &Config) -> bool,
}

/// All of them.
pub const FIXED: [Fixed; 3] = [
    Fixed {
        key: "[site] box",
        why: "every topic, the login name at the broker and the numbers of messages in the queue on disk belong to this name",
        differs: |one, other| one.site.box_id != other.site.box_id,
    },
    Fixed {
        key: "[site] area",
        why: "every topic and the numbers of messages in the queue on disk belong to this area",
        differs: |one, other| one.site.area != other.site.area,
    },
    Fixed {
        key: "[outbox] dir",
        why: "messages that wait, the audit log and what the command centre asked for are in the folder that is in use",
        differs: |one, other| one.outbox.dir != other.outbox.dir,
    },
];

/// A sentence for each key that takes a restart of the daemon and differs.
pub fn takes_a_restart(running: &Config, wanted: &Config) -> Vec<String> {
    let changed = FIXED.iter().filter(|fixed| (fixed.differs)(running, wanted));
    changed
        .map(|Fixed { key, why, .. }| format!("{key} changed, which takes a restart of the daemon: {why}"))
        .collect()
}
