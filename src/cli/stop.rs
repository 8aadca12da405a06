//! A command that is asked to end (Ctrl-C, or SIGTERM) and ends in order: what was begun is finished or removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

use super::Failure;
use crate::text::Sentence;

/// From now on neither Ctrl-C nor SIGTERM ends the program, but sets what is returned.
///
/// # Errors
/// The system tells nobody, by these sentences: there are no signals, or no thread to wait for them.
pub(super) fn when_asked(
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
        .name("stop".to_owned())
        .spawn(move || {
            if runtime.block_on(asked_to_end()) {
                asked.store(true, Ordering::Relaxed);
            }
        })
        .map_err(|error| Failure::tried(no_thread(error.to_string())))?;
    Ok(stop)
}

/// Whether either came; not, where the system tells of neither.
async fn asked_to_end() -> bool {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return ctrl_c().await.is_ok() };
    tokio::select! {
        pressed = ctrl_c() => pressed.is_ok(),
        _ = terminate.recv() => true,
    }
}
