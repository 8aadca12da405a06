//! Named points at which a test can end the process, as a power switch would. Exists in debug builds only; a
//! release build has nothing of it. Must never do anything unless the environment names a point.

/// Where a test wants the end: `LOOKOUT_CRASH_AT=record-before-commit:17`, at the seventeenth time.
#[cfg(debug_assertions)]
pub(super) fn point(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, AtomicU64)>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("LOOKOUT_CRASH_AT").ok()?;
        let (name, times) = text.split_once(':')?;
        Some((name.to_owned(), AtomicU64::new(times.parse().ok()?)))
    });
    let Some((at, left)) = wanted else { return };
    if at == name && left.fetch_sub(1, Ordering::SeqCst) == 1 {
        // Not `abort`: nothing may be tidied up.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(super) fn point(_name: &str) {}
