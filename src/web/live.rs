//! Notifies open pages of changes, as server-sent events: `change`, with a number for each part of the page. What
//! changed is fetched as the page itself, so there is one way only in which anything is shown.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use parking_lot::Mutex;

use super::Site;
use super::request::Visitor;
use super::sessions::SessionKey;
use super::status::BoxStatus;

/// More than people who look at one box; the pages of others show the same, and are as new as when they were opened.
const MOST_STREAMS: usize = 24;
/// Maximum number of streams of one session: a browser opens six connections to an address, and needs some for pages.
const MOST_OF_A_SESSION: usize = 4;
/// Sent in between, for the page's script.
const WORD: &str = "event:word\ndata:\n\n";
/// Period of the keep-alive, so that both sides notice when the other is gone.
const WORD_EVERY: Duration = Duration::from_secs(15);
/// Minimum time between two events: a busy street changes all the time.
const AT_MOST_EVERY: Duration = Duration::from_millis(500);
/// Lifetime of a stream: the browser connects again then, unless its session has ended.
const LASTS_FOR: Duration = Duration::from_secs(10 * 60);

/// A number for each part of the page, another one whenever it changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Versions {
    status: i64,
    alerts: u64,
    past: u64,
}

impl Versions {
    /// The present versions.
    pub(super) fn of(status: Option<&BoxStatus>, alerts: u64, past: u64) -> Self {
        Versions { status: status.map_or(0, |status| status.at.as_millisecond()), alerts, past }
    }

    /// The versions as the page's script reads them.
    pub(super) fn json(self) -> String {
        let Versions { status, alerts, past } = self;
        format!("{{\"status\":{status},\"alerts\":{alerts},\"past\":{past}}}")
    }
}

/// How many listen, by session.
#[derive(Debug, Default)]
pub(super) struct Streams(Mutex<HashMap<SessionKey, usize>>);

/// An open stream.
pub(super) struct Listening {
    streams: Arc<Streams>,
    session: SessionKey,
}

impl Listening {
    pub(super) fn begin(streams: &Arc<Streams>, session: SessionKey) -> Option<Self> {
        let mut all = streams.0.lock();
        let own = all.get(&session).copied().unwrap_or(0);
        if own >= MOST_OF_A_SESSION || all.values().sum::<usize>() >= MOST_STREAMS {
            return None;
        }
        all.insert(session, own + 1);
        Some(Listening { streams: streams.clone(), session })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut all = self.streams.0.lock();
        if let Some(own) = all.get_mut(&self.session) {
            *own -= 1;
            if *own == 0 {
                all.remove(&self.session);
            }
        }
    }
}

pub(super) async fn changes(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    let Some(listening) = Listening::begin(&site.streams, visitor.key) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let (status, alerts, past) = (site.status.clone(), site.changes.subscribe(), site.past.subscribe());
    let ends = tokio::time::Instant::now() + LASTS_FOR;
    let events = stream::unfold((status, alerts, past, listening, true), move |state| async move {
        let (mut status, mut alerts, mut past, listening, is_first) = state;
        if !is_first {
            tokio::time::sleep(AT_MOST_EVERY).await;
            let word = tokio::select! {
                changed = status.changed() => changed.is_ok(),
                changed = alerts.changed() => changed.is_ok(),
                changed = past.changed() => changed.is_ok(),
                () = tokio::time::sleep(WORD_EVERY) => {
                    return Some((Ok::<_, std::convert::Infallible>(WORD.to_owned()), (status, alerts, past, listening, false)));
                }
            };
            // Nobody makes changes any more: the page stops.
            if !word || tokio::time::Instant::now() >= ends {
                return None;
            }
        }
        let (now, alerts_now) = (status.borrow_and_update().clone(), *alerts.borrow_and_update());
        let versions = Versions::of(now.as_deref(), alerts_now, *past.borrow_and_update());
        let event = format!("event:change\ndata:{}\n\n", versions.json());
        Some((Ok(event), (status, alerts, past, listening, false)))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(events)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_leaves_room_for_others_and_all_together_have_a_bound() {
        let streams = Arc::new(Streams::default());
        let key = |number: usize| SessionKey::of(&number.to_string());
        let mut own: Vec<_> =
            (0..MOST_OF_A_SESSION).map(|_| Listening::begin(&streams, key(0)).unwrap()).collect();
        assert!(Listening::begin(&streams, key(0)).is_none());
        own.pop();
        let _again = Listening::begin(&streams, key(0)).unwrap();
        let others: Vec<_> = (1..=MOST_STREAMS).filter_map(|n| Listening::begin(&streams, key(n))).collect();
        assert_eq!(others.len(), MOST_STREAMS - MOST_OF_A_SESSION);
        drop((own, others));
        assert_eq!(streams.0.lock().len(), 1, "nothing is kept of those that ended");
    }
}
