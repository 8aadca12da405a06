//! A receiver for most cameras that costs little: all of them on one thread, without GStreamer.
//!
//! For `rtsp://` over TCP with H.264 or H.265. The conversation is our own, because cameras get every part of it wrong and
//! a client must neither refuse nor fall over them: [`message`] reads what stands in the connection, [`connection`] asks and
//! waits, [`login`] proves who asks, [`description`] finds the stream, [`session`] puts them together. Packets are put
//! [in order](packets), pass the [packet gate](super::rtp), are [joined](depacketize) to pictures and go to the camera's
//! [`DecodeSession`](super::decode_session). Everything else is received by GStreamer ([`rtsp`](super::rtsp));
//! [`supervise`](mod@super::supervise) decides.
//!
//! ```text
//!  camera ─ TCP ─► `session` on the one thread of `runtime` ► `packets` ► PacketGate ► `join` ► Intake
//!                        │ how it ended: `trouble`
//! ```
//!
//! What it costs, measured on two busy cores with 16 and 64 cameras of 640x360, 25 pictures a second and 0.5 Mbit/s on
//! patrol: 0.7 to 1.1 ms of processor time per camera and second and no thread, where `rtspsrc` takes 5 to 8 ms and four
//! threads; decoding a key frame every two seconds adds 2 to 3 ms to either. `tests/video_receivers.rs` measures it.
//!
//! Why not the library `retina`: its client refuses answers that cameras give (without a number, without channels) and
//! panicked over some; the part of it that joins packets (`codec::Depacketizer`, 0.4.21, with `FrameFormat::SIMPLE`) takes
//! packets from that client only (`push` is private to the crate).
//!
//! Must never wait for a camera without a deadline, and never show a password: what a camera says is shortened and
//! redacted.

mod bits;
mod connection;
mod depacketize;
mod description;
mod login;
mod message;
mod nal;
mod packets;
mod parameter_sets;
mod runtime;
mod session;
mod sps;
mod timestamps;
mod trouble;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::oneshot;
use url::Url;

pub(super) use sps::picture_size;

use super::error::Fault;
use super::pipeline::{AttemptContext, AttemptEvent};
use super::source::Location;
use crate::text::stream;
use crate::types::transport::Transport;
use runtime::ReceiveThread;
use trouble::Trouble;

/// The thread has so long to let a camera go; it does nothing that takes long.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The address to ask, if this camera may be received here.
pub(super) fn address(location: &Location) -> Option<Url> {
    let Location::Rtsp { url, transport: Transport::Tcp, .. } = location else { return None };
    // An address that would be written differently could mean another stream.
    let parsed = Url::parse(url.full()).ok().filter(|parsed| parsed.as_str() == url.full());
    parsed.filter(|parsed| parsed.scheme() == "rtsp")
}

/// A camera that is received. Dropping it ends that, in a moment.
pub(super) struct Receiving {
    stop: Option<oneshot::Sender<()>>,
    stopped: mpsc::Receiver<()>,
    _thread: Arc<ReceiveThread>,
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
        // Late, or over already: nothing of it reaches anybody, because the attempt is retired.
        let _ = self.stopped.recv_timeout(CLOSE_WITHIN);
    }
}

/// Begins to receive; what happens is noted in the tap.
pub(super) fn start(context: &Arc<AttemptContext>, url: Url) -> Result<Receiving, Fault> {
    let thread = ReceiveThread::shared()
        .map_err(|error| Fault::Broken { detail: stream::no_thread_to_receive(error.to_string()) })?;
    let (stop, mut stop_asked) = oneshot::channel();
    let (done, stopped) = mpsc::sync_channel(1);
    let context = context.clone();
    thread.spawn(async move {
        // What is ours is caught where packets are taken; a panic of the rest loses one attempt of one camera.
        let received = AssertUnwindSafe(receive(&context, url, &mut stop_asked)).catch_unwind();
        match Box::pin(received).await {
            Ok(Some(trouble)) => report(&context, trouble),
            Ok(None) => {}
            Err(_) => context.note(AttemptEvent::Unsuited(stream::error_of_ours())),
        }
        // Nobody may wait for it.
        let _ = done.send(());
    });
    Ok(Receiving { stop: Some(stop), stopped, _thread: thread })
}

/// From the first request to our parting; `None` if it was stopped.
async fn receive(
    context: &Arc<AttemptContext>,
    url: Url,
    stop_asked: &mut oneshot::Receiver<()>,
) -> Option<Trouble> {
    let opened = tokio::select! {
        biased;
        _ = &mut *stop_asked => return None,
        opened = session::open(context, &url) => opened,
    };
    let mut playing = match opened {
        Ok(playing) => playing,
        Err(trouble) => return Some(trouble),
    };
    let outcome = tokio::select! {
        biased;
        _ = stop_asked => None,
        trouble = playing.receive(context) => Some(trouble),
    };
    if !matches!(outcome, Some(Trouble::Ended)) {
        playing.part().await;
    }
    outcome
}

fn report(context: &AttemptContext, trouble: Trouble) {
    match trouble {
        Trouble::Fault(fault) => context.note(AttemptEvent::Failed(fault)),
        Trouble::NoConnection => context.note(AttemptEvent::NoConnection),
        // Before the first picture nothing could follow its end; after it, the units that came are decoded first.
        Trouble::Ended => match context.decode_session.lock().clone() {
            Some(decode_session) => decode_session.end(),
            None => context.note(AttemptEvent::Ended),
        },
        Trouble::Redirected(to) => context.note(AttemptEvent::Redirected(to)),
        Trouble::NotRtsp => {
            context.note(AttemptEvent::Failed(Fault::NotRtsp { address: context.host_and_port() }))
        }
        Trouble::Misread(why) => context.note(AttemptEvent::Misread(why)),
        Trouble::Unsuited(why) => context.note(AttemptEvent::Unsuited(why)),
    }
}

#[cfg(test)]
mod tests;
