//! What is done now and then: holes are asked for, and what waited too long is refused and cleared away.
//!
//! Each process does it; the database sees to it that a hole is asked for once.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::desk::Outgoing;
use super::station::Worker;
use super::store::{Ages, StoreError};

/// How often holes are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Boxes send what is urgent first: a number that is late is no hole yet.
const HOLE_AFTER_SECS: f64 = 3.0;
/// The box restarted, or the answer was lost.
const ASK_AGAIN_AFTER_SECS: f64 = 60.0;
/// How often it is cleared up, in looks.
const CLEAN_EVERY: u32 = 15;
/// What waits so long is refused or forgotten. A signature goes right before its message; a link that ends between the two
/// brings both again, which is minutes on a bad one. Its alert may be behind a backlog when a picture comes.
const AGES: Ages = Ages { unsigned_secs: 600.0, signature_secs: 3600.0, unannounced_secs: 86_400.0 };

/// Until it is stopped. What is to be asked goes to `questions`.
pub(super) async fn run(
    mut worker: Worker,
    questions: mpsc::Sender<Vec<Outgoing>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut looks = 0_u32;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        looks = looks.wrapping_add(1);
        let Some(found) = resend_requests(&mut worker).await else { return };
        let cleaned = if looks.is_multiple_of(CLEAN_EVERY) { clean(&mut worker).await } else { Ok(()) };
        match (found, cleaned) {
            (Ok(found), Ok(())) if !found.is_empty() => {
                if questions.send(found).await.is_err() {
                    return;
                }
            }
            (Ok(_), Ok(())) => {}
            // The workers say so.
            (Err(error), _) | (Ok(_), Err(error)) => {
                tracing::debug!(?error, "holes are looked for later");
                worker.disconnect();
            }
        }
    }
}

/// The questions of now; `None`: it is to stop.
async fn resend_requests(worker: &mut Worker) -> Option<Result<Vec<Outgoing>, StoreError>> {
    let station = worker.station.clone();
    let holes = match worker.connection().await?.holes(HOLE_AFTER_SECS, ASK_AGAIN_AFTER_SECS).await {
        Ok(holes) => holes,
        Err(error) => return Some(Err(error)),
    };
    let now = Timestamp::now();
    Some(Ok(holes.iter().flat_map(|hole| station.desk.questions(hole, now)).collect()))
}

async fn clean(worker: &mut Worker) -> Result<(), StoreError> {
    let station = worker.station.clone();
    let Some(store) = worker.connection().await else { return Ok(()) };
    for sha256 in store.clean(AGES).await? {
        station.pictures.remove(&sha256);
    }
    Ok(())
}
