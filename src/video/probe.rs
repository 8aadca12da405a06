//! Probes a camera: measures its stream for a few seconds, the installer's first question.
//!
//! Runs the same supervised stream as the daemon, so what works here works there; the first loss ends it.
//! Input is a [`Source`]; must never take longer than it was given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::address::RtspUrl;
use super::camera_state::CameraEvent;
use super::diagnose;
use super::error::{Fault, VideoError};
use super::meter::StreamMeasure;
use super::rtsp::ANSWER_WITHIN;
use super::source::{Location, Source};
use super::stream_info::StreamInfo;
use super::supervise::{FrameSink, Talk, supervise_as};
use super::tls::{self, TlsLook};
use crate::analysis::time::Moment;
use crate::clock::Clock;
use crate::frame::{Frame, Picture};
use crate::types::trust::Fingerprint;

/// Keyframe distances that are enough to judge them.
const ENOUGH_KEYFRAMES: u64 = 4;
/// Shorter than this, rates say little.
const ENOUGH_TIME: Duration = Duration::from_secs(4);
/// Left at the end for closing the stream and asking the server for its name.
const CLOSING: Duration = Duration::from_secs(2);

/// What a stream is and how it was seen to run.
#[derive(Debug, Clone)]
pub struct ProbeReport {
    /// Codec, size, announced rate, decoder, transport.
    pub stream: StreamInfo,
    /// Measured on the compressed pictures.
    pub measure: StreamMeasure,
    /// What the camera's server calls itself.
    pub server: Option<String>,
    /// The address of a redirect.
    pub redirected_to: Option<String>,
    /// Fingerprint of its certificate, where the address is encrypted.
    pub certificate: Option<Fingerprint>,
    /// Time from the start to the first decoded picture.
    pub first_picture_after: Duration,
    /// Time from the first picture to the end of the measurement.
    pub watched: Duration,
    /// Pictures decoded.
    pub frames: u64,
    /// The latest picture.
    pub picture: Arc<Picture>,
    /// The stream broke while it was measured.
    pub broke: Option<VideoError>,
}

/// Watches a stream for at most `within` and says what it is.
///
/// # Errors
/// The reason when not one picture came.
pub fn probe(mut source: Source, within: Duration) -> Result<ProbeReport, VideoError> {
    let started = Instant::now();
    let deadline = started + within.saturating_sub(CLOSING);
    // GStreamer's own timeouts know better words than "no picture came"; they must fire before us.
    source.answer_within.get_or_insert(ANSWER_WITHIN.min(within.mul_f32(0.5)));
    source.stall_after = source.stall_after.min(within.mul_f32(0.5));
    let url = match &source.location {
        Location::Rtsp { url, .. } => Some(url.clone()),
        Location::File { .. } => None,
    };
    let camera = source.camera.clone();
    let watcher = Arc::new(Watcher::default());
    let handle = supervise_as(source, Clock::start(), watcher.clone(), Talk::Quiet)?;
    let mut seen = watcher.seen.lock();
    loop {
        let stats = handle.stats();
        let enough = seen.first.is_some_and(|first| first.elapsed() >= ENOUGH_TIME)
            && stats.measure.keyframes >= ENOUGH_KEYFRAMES;
        if enough || seen.over {
            break;
        }
        // Pictures wake us, so rates are looked at as they come; without pictures the deadline does.
        if watcher.changed.wait_until(&mut seen, deadline).timed_out() {
            break;
        }
    }
    let stats = handle.stats();
    let (stream, first, broke, picture) =
        (seen.stream.take(), seen.first, seen.lost.take(), seen.picture.take());
    let watched = first.map_or(Duration::ZERO, |first| first.elapsed());
    drop(seen);
    // Late pictures are in the daemon's counters; here the process ends soon.
    let _ = handle.stop(CLOSING / 2);
    match (stream.or(stats.stream), picture, first) {
        (Some(stream), Some(picture), Some(first)) => Ok(ProbeReport {
            stream,
            measure: stats.measure,
            certificate: url.as_ref().filter(|url| url.is_encrypted()).and_then(certificate),
            server: url.as_ref().filter(|url| !url.is_encrypted()).and_then(diagnose::server_name),
            redirected_to: stats.redirected_to,
            first_picture_after: first - started,
            watched,
            frames: stats.frames,
            picture,
            broke,
        }),
        _ => Err(broke.unwrap_or_else(|| {
            let packets = stats.measure.units > 0;
            VideoError::of(&camera, Fault::NoPicture { after: within.saturating_sub(CLOSING), packets })
        })),
    }
}

fn certificate(url: &RtspUrl) -> Option<Fingerprint> {
    match tls::look(url) {
        TlsLook::Certificate(fingerprint) => Some(fingerprint),
        TlsLook::Refused(_) | TlsLook::Nothing => None,
    }
}

/// The sink of a probe: keeps the latest picture and the first loss.
#[derive(Default)]
struct Watcher {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    stream: Option<StreamInfo>,
    first: Option<Instant>,
    picture: Option<Arc<Picture>>,
    lost: Option<VideoError>,
    over: bool,
}

impl FrameSink for Watcher {
    fn wants(&self, _camera: &str, _at: Moment) -> bool {
        true
    }

    fn frame(&self, frame: Frame) {
        let mut seen = self.seen.lock();
        if seen.over {
            return;
        }
        seen.first.get_or_insert_with(Instant::now);
        seen.picture = Some(frame.picture);
        self.changed.notify_all();
    }

    fn event(&self, _camera: &Arc<str>, event: CameraEvent) {
        let mut seen = self.seen.lock();
        match event {
            CameraEvent::Connected(stream) | CameraEvent::Changed(stream) => seen.stream = Some(stream),
            CameraEvent::Lost { reason, .. } if !seen.over => {
                seen.lost = Some(reason);
                seen.over = true;
            }
            CameraEvent::Lost { .. } | CameraEvent::Stopped => {}
            CameraEvent::Ended => seen.over = true,
        }
        self.changed.notify_all();
    }
}
