//! Threads beside the box's work: less urgent than it, begun anew when they fail, and waited for when they are to end.
//!
//! Must never wait longer than it was given, nor decide what is logged: that is the owner's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// A tenth of the weight of a thread that is not nice. More would keep a person waiting at a box whose cores are busy.
const NICE: i32 = 10;
/// How long after a failure the work begins anew.
pub(crate) const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Why a thread did not end in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotEnded {
    /// It is still at work, and is left behind.
    Late,
    Panicked,
}

/// Makes the calling thread less urgent than what sees and reports.
pub(crate) fn be_nice() {
    less_urgent(NICE);
}

/// The same by so much; threads that it begins from here on begin with it.
pub(crate) fn less_urgent(nice: i32) {
    let this = rustix::thread::gettid();
    // Without it the thread is as urgent as everything else, which is no harm by itself.
    let _ = rustix::process::setpriority_process(Some(this), nice);
}

/// Waits until a thread has ended, at most until then.
pub(crate) fn join_until(thread: JoinHandle<()>, until: Instant) -> Result<(), NotEnded> {
    while !thread.is_finished() {
        if Instant::now() >= until {
            return Err(NotEnded::Late);
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    thread.join().map_err(|_| NotEnded::Panicked)
}

/// Works until `stopping` says so. Work that fails begins anew after [`AGAIN_AFTER`]; `failed` is given why, or `None` after
/// a panic.
pub(crate) fn work_until_stopped<E>(
    stopping: &watch::Receiver<bool>,
    work: impl Fn() -> Result<(), E>,
    failed: impl Fn(Option<E>),
) {
    loop {
        match catch_unwind(AssertUnwindSafe(&work)) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => failed(Some(error)),
            Err(_) => failed(None),
        }
        let until = Instant::now() + AGAIN_AFTER;
        while Instant::now() < until {
            if *stopping.borrow() || stopping.has_changed().is_err() {
                return;
            }
            thread::park_timeout(Duration::from_millis(50));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_thread_is_waited_for_until_it_ends_and_no_longer_than_allowed() {
        let (release, held) = channel::<()>();
        let hangs = thread::spawn(move || {
            let _ = held.recv();
        });
        assert_eq!(join_until(hangs, Instant::now()), Err(NotEnded::Late));
        drop(release);
        let far = Instant::now() + Duration::from_secs(60);
        assert_eq!(join_until(thread::spawn(|| {}), far), Ok(()));
        assert_eq!(join_until(thread::spawn(|| panic!("on purpose")), far), Err(NotEnded::Panicked));
    }

    #[test]
    fn work_that_fails_or_panics_is_reported_and_a_stop_ends_the_wait_for_the_next_attempt() {
        for panics in [false, true] {
            let (stop, stopping) = watch::channel(false);
            let (failed, failures) = channel();
            let work = move || -> Result<(), &str> {
                assert!(!panics, "on purpose");
                Err("no port")
            };
            work_until_stopped(&stopping, work, |why| {
                failed.send(why).unwrap();
                stop.send(true).unwrap();
            });
            drop(failed);
            let expected = if panics { None } else { Some("no port") };
            assert_eq!(failures.iter().collect::<Vec<_>>(), [expected]);
        }
    }
}
