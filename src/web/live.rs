//! Tells open pages that something changed, as server-sent events: `change`, with a number for each part of the page. What
//! changed is fetched as the page itself, so there is one way only in which anything is shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::Site;

/// More than people who look at one box; the pages of others show the same, and are as new as when they were opened.
const MOST_STREAMS: usize = 24;
/// A word in between, so that both sides notice when the other is gone.
const WORD_EVERY: Duration = Duration::from_secs(15);
/// Not more often than this: a busy street changes all the time.
const AT_MOST_EVERY: Duration = Duration::from_millis(500);
/// Then the browser asks again, and whoever is logged out by then is told.
const LASTS_FOR: Duration = Duration::from_secs(10 * 60);

/// One that listens.
struct Listening {
    streams: Arc<AtomicUsize>,
}

impl Listening {
    fn begin(streams: &Arc<AtomicUsize>) -> Option<Self> {
        let one_more = |count| (count < MOST_STREAMS).then_some(count + 1);
        streams.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        Some(Listening { streams: streams.clone() })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) async fn changes(State(site): State<Arc<Site>>) -> Response {
    let Some(listening) = Listening::begin(&site.streams) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let (status, alerts) = (site.status.clone(), site.changes.subscribe());
    let ends = tokio::time::Instant::now() + LASTS_FOR;
    let events = stream::unfold((status, alerts, listening, true), move |state| async move {
        let (mut status, mut alerts, listening, is_first) = state;
        if !is_first {
            tokio::time::sleep(AT_MOST_EVERY).await;
            let word = tokio::select! {
                changed = status.changed() => changed.is_ok(),
                changed = alerts.changed() => changed.is_ok(),
                () = tokio::time::sleep(WORD_EVERY) => {
                    return Some((Ok::<_, std::convert::Infallible>(":\n\n".to_owned()), (status, alerts, listening, false)));
                }
            };
            // Nobody makes changes any more: the page stops.
            if !word || tokio::time::Instant::now() >= ends {
                return None;
            }
        }
        let version = status.borrow_and_update().as_ref().map_or(0, |status| status.at.as_millisecond());
        let alerts_version = *alerts.borrow_and_update();
        let event = format!("event:change\ndata:{{\"status\":{version},\"alerts\":{alerts_version}}}\n\n");
        Some((Ok(event), (status, alerts, listening, false)))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(events)).into_response()
}
