//! Named points at which a test can end the process, as a power switch would, or hold up the thread that comes by, as a
//! bug would. Exists in debug builds only; a release build has nothing of it. Must never do anything unless the
//! environment names a point.

/// Where a test wants it: `LOOKOUT_CRASH_AT=record-before-commit:17` ends the process at the seventeenth time,
/// `LOOKOUT_HANG_AT=alert-writer-question:3` holds the thread up for good at the third, `LOOKOUT_PANIC_AT=alert-writer-question:3`
/// makes it panic.
#[cfg(debug_assertions)]
pub(crate) fn point(name: &str) {
    use std::sync::LazyLock;

    static CRASH: LazyLock<Option<CrashPoint>> =
        LazyLock::new(|| CrashPoint::in_environment("LOOKOUT_CRASH_AT"));
    static HANG: LazyLock<Option<CrashPoint>> =
        LazyLock::new(|| CrashPoint::in_environment("LOOKOUT_HANG_AT"));

    static PANIC: LazyLock<Option<CrashPoint>> =
        LazyLock::new(|| CrashPoint::in_environment("LOOKOUT_PANIC_AT"));

    assert!(!PANIC.as_ref().is_some_and(|wanted| wanted.is_here(name)), "as a test wants it");
    if CRASH.as_ref().is_some_and(|wanted| wanted.is_here(name)) {
        // Not `abort`: nothing may be tidied up.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    if HANG.as_ref().is_some_and(|wanted| wanted.is_here(name)) {
        loop {
            std::thread::park();
        }
    }
}

#[cfg(debug_assertions)]
struct CrashPoint {
    name: String,
    left: std::sync::atomic::AtomicU64,
}

#[cfg(debug_assertions)]
impl CrashPoint {
    fn in_environment(variable: &str) -> Option<Self> {
        let text = std::env::var(variable).ok()?;
        let (name, times) = text.split_once(':')?;
        Some(CrashPoint { name: name.to_owned(), left: times.parse::<u64>().ok()?.into() })
    }

    fn is_here(&self, name: &str) -> bool {
        self.name == name && self.left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) == 1
    }
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn point(_name: &str) {}
