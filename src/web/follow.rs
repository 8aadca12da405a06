//! The history of alerts follows the outbox: what is stored there is taken over as it comes, and what is too old leaves. What
//! does not work is reported at the page, and begun anew.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::PageTrouble;
use super::history::{self, FollowError, History};
use super::site::Site;
use crate::outbox::{Consumer, Outbox};
use crate::text::{log_error, log_warn, page as say};
use crate::threads::AGAIN_AFTER;

/// How often what is too old is deleted.
const TRIM_EVERY: Duration = Duration::from_secs(3600);
/// The history is not written more often than this.
const FOLLOW_AT_MOST_EVERY: Duration = Duration::from_millis(100);

/// Takes over what is stored in the outbox as it comes, until the runtime stops.
pub(super) async fn follow(site: Arc<Site>, outbox: Outbox) {
    let mut appended = outbox.appended();
    let mut reported = None;
    loop {
        let registering = outbox.clone();
        let registered = tokio::task::spawn_blocking(move || history::register(&registering)).await;
        let stopped_by = match registered {
            Ok(Ok(consumer)) => match follow_on(&site, &outbox, &mut appended, consumer, &mut reported).await
            {
                Some(error) => error,
                None => return,
            },
            Ok(Err(error)) => Stopped::By(error.into()),
            Err(error) => Stopped::Ended(error),
        };
        match stopped_by {
            Stopped::By(error) => {
                log_warn!(say::log_no_alerts(); %error);
                let site = site.clone();
                // A panic in it is no other than one in the next attempt.
                let reporting = tokio::task::spawn_blocking(move || site.is_in_trouble(&error));
                reported = reporting.await.ok().flatten().or(reported);
            }
            Stopped::Ended(error) if error.is_cancelled() => return,
            Stopped::Ended(error) => log_error!(say::log_no_alerts(); %error),
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

impl Site {
    /// The history begins anew if its database is damaged; another error is shown.
    fn is_in_trouble(&self, error: &FollowError) -> Option<PageTrouble> {
        if let FollowError::Database(error) = error
            && self.history.lock().mend(error)
        {
            self.changes.send_modify(|number| *number += 1);
            return None;
        }
        let trouble = PageTrouble::new(say::no_history(error.to_string()), Some(say::try_room()));
        *self.trouble.lock() = Some(trouble.clone());
        self.changes.send_modify(|number| *number += 1);
        Some(trouble)
    }
}

/// Why the history does not get on.
enum Stopped {
    By(FollowError),
    Ended(tokio::task::JoinError),
}

/// Until something is wrong; `None`: the outbox ends.
async fn follow_on(
    site: &Arc<Site>,
    outbox: &Outbox,
    appended: &mut watch::Receiver<u64>,
    consumer: Consumer,
    reported: &mut Option<PageTrouble>,
) -> Option<Stopped> {
    let consumer = Arc::new(consumer);
    loop {
        appended.borrow_and_update();
        let (site_now, from, outbox_now) = (site.clone(), consumer.clone(), outbox.clone());
        let more = tokio::task::spawn_blocking(move || {
            let now = site_now.now().utc;
            History::follow(&site_now.history, &outbox_now, &from, now)
        });
        let more = match more.await {
            Ok(Ok(more)) => more,
            Ok(Err(error)) => return Some(Stopped::By(error)),
            Err(error) => return Some(Stopped::Ended(error)),
        };
        if let Some(reported) = reported.take() {
            site.trouble.lock().take_if(|trouble| *trouble == reported);
        }
        match more {
            Some(0) => {}
            Some(_) => site.changes.send_modify(|number| *number += 1),
            None => {
                tokio::select! {
                    changed = appended.changed() => if changed.is_err() { return None },
                    () = tokio::time::sleep(TRIM_EVERY) => {
                        if let Some(stopped) = trim(site).await {
                            return Some(stopped);
                        }
                    }
                }
                tokio::time::sleep(FOLLOW_AT_MOST_EVERY).await;
            }
        }
    }
}

async fn trim(site: &Arc<Site>) -> Option<Stopped> {
    let site = site.clone();
    let trimmed = tokio::task::spawn_blocking(move || {
        let now = site.now().utc;
        site.history.lock().trim(now)
    });
    match trimmed.await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            log_warn!(say::log_not_trimmed(); %error);
            Some(Stopped::By(error.into()))
        }
        Err(error) => Some(Stopped::Ended(error)),
    }
}
