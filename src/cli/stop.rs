//! A command that is asked to end (Ctrl-C) and ends in order: what was begun is finished or removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Failure;
use crate::text::Sentence;

/// From now on Ctrl-C does not end the program but sets what is returned.
///
/// # Errors
/// The system tells nobody, by these sentences: there are no signals, or no thread to wait for them.
pub(super) fn at_ctrl_c(
    no_signals: impl FnOnce(String) -> Sentence,
    no_thread: impl FnOnce(String) -> Sentence,
) -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::tried(no_signals(error.to_string())))?;
    std::thread::Builder::new()
        .name("ctrl-c".to_owned())
        .spawn(move || {
            if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
                asked.store(true, Ordering::Relaxed);
            }
        })
        .map_err(|error| Failure::tried(no_thread(error.to_string())))?;
    Ok(stop)
}
