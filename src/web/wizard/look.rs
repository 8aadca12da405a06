//! One look at the stream of a camera that is about to be added: what it sends, and one redacted picture.
//!
//! On a thread of its own, one at a time: decoding and looking for people take processor time. Must never keep a picture
//! that was not redacted.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::state::{Looked, Trouble};
use crate::onvif::Login;
use crate::text::page_wizard as say;
use crate::threads::be_nice;
use crate::types::transport::Transport;
use crate::video::{Credentials, Location, RtspUrl, Source, probe};
use crate::view::{Viewer, redact_once};

/// What a stream gets, as of `lookout probe`.
pub(super) const LOOK_WITHIN: Duration = Duration::from_secs(15);
/// How long somebody waits while another camera is looked at.
const TURN_WITHIN: Duration = Duration::from_secs(20);
/// Names its threads.
const NAME: &str = "new";

/// Looks at a stream, as soon as nobody else does.
pub(super) async fn at(
    viewer: Viewer,
    turn: Arc<Semaphore>,
    url: String,
    login: Option<Login>,
) -> Result<Looked, Trouble> {
    let busy = || Trouble::new(say::box_is_busy(), None);
    let turn = timeout(TURN_WITHIN, turn.acquire_owned()).await.map_err(|_| busy())?.map_err(|_| busy())?;
    let (done, looked) = oneshot::channel();
    let work = move || {
        be_nice();
        let looked = look(&viewer, &url, login);
        drop(turn);
        // Fails only if nobody waits any more.
        let _ = done.send(looked);
    };
    let broken = || Trouble::new(say::went_wrong(), None);
    thread::Builder::new().name("page-look".to_owned()).spawn(work).map_err(|_| broken())?;
    looked.await.unwrap_or_else(|_| Err(broken()))
}

fn look(viewer: &Viewer, url: &str, login: Option<Login>) -> Result<Looked, Trouble> {
    let credentials = login.map(|Login { user, password }| Credentials { user, password });
    let url = RtspUrl::parse_and_fill(url, credentials.as_ref())?;
    let location = Location::Rtsp { url, transport: Transport::Tcp, credentials };
    let report = probe(Source::new(NAME, location), LOOK_WITHIN)?;
    Ok(Looked {
        picture: redact_once(viewer, &report.picture, &[]),
        stream: report.stream,
        measure: report.measure,
        broke: report.broke.map(|error| error.fault.sentence()),
    })
}
