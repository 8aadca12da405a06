//! Passwords have to be in memory while they are used, so memory stays where it is: no core file, no debugger, no other
//! process of the same user. Must never keep the daemon from starting.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::text::{box_log, log_warn};

/// From here on the kernel writes no core file of this process, and lets nobody but the administrator read its memory.
pub(crate) fn keep_memory_private() {
    let done = set_dumpable_behavior(DumpableBehavior::NotDumpable)
        // For what this process starts: the mark above ends where another program begins.
        .and_then(|()| setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }));
    if let Err(error) = done {
        log_warn!(box_log::core_may_hold_secrets(); %error);
    }
}
