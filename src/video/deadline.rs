//! Work that may hang, on a thread that may be left behind.
//!
//! `set_state(NULL)` has been seen to block for good on a broken connection, and a camera driver may do
//! the same when it is opened. Nothing that must go on may call them; it asks here and goes on without
//! an answer after the deadline. What is left behind is counted and never touched again.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::text::outbox;

static ABANDONED_TEARDOWNS: AtomicU64 = AtomicU64::new(0);

/// Pipelines of this process whose teardown did not end within its deadline.
pub fn abandoned_teardowns() -> u64 {
    ABANDONED_TEARDOWNS.load(Ordering::Relaxed)
}

pub(super) fn count_abandoned_teardown() {
    ABANDONED_TEARDOWNS.fetch_add(1, Ordering::Relaxed);
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The deadline passed; the thread still runs.
    Late,
    /// The work panicked; what it said.
    Panicked(String),
    /// The system gave no thread.
    NoThread(io::Error),
}

/// Runs `work` on a thread of its own and waits for it at most `within`.
pub(super) fn within<T: Send + 'static>(
    within: Duration,
    thread_name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoAnswer> {
    let (send, answer) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name(thread_name.to_owned())
        .spawn(move || {
            let outcome = catch(work);
            // Nobody may be waiting any more; then the answer has no use.
            let _ = send.send(outcome);
        })
        .map_err(NoAnswer::NoThread)?;
    match answer.recv_timeout(within) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(panic)) => Err(NoAnswer::Panicked(panic)),
        Err(_) => Err(NoAnswer::Late),
    }
}

/// Runs `work` and turns a panic into its message.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What `work` borrowed is only looked at again through locks without poisoning and atomics, or
    // thrown away with the pipeline: a half-done change cannot be seen.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| outbox::silent_panic().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_in_time_gives_its_answer() {
        assert_eq!(within(Duration::from_secs(10), "t", || 6 * 7).ok(), Some(42));
    }

    #[test]
    fn work_that_hangs_is_left_behind() {
        let (hold, held) = mpsc::channel::<()>();
        let answer = within(Duration::from_millis(20), "t", move || held.recv().is_err());
        assert!(matches!(answer, Err(NoAnswer::Late)));
        drop(hold);
    }

    #[test]
    fn work_that_panics_gives_its_message() {
        let answer = within(Duration::from_secs(10), "t", || -> () { panic!("no {}", "lens") });
        assert!(matches!(answer, Err(NoAnswer::Panicked(text)) if text == "no lens"));
    }
}
