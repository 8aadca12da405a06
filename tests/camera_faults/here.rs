//! What these tests share: cameras with one fault, and ways to say that a stream holds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lookout::types::transport::Transport;
use lookout::video::{CameraHandle, Receiver, Source, VideoError};

use crate::support::rtsp_cameras::{STOP_WITHIN, by, camera, h264, start};
use crate::support::rtsp_packets::ElementaryStream;
use crate::support::rtsp_plain::{Answer, Behaviour, Media, PlainServer};
use crate::support::rtsp_sink::{FrameRecorder, PATIENCE};

pub fn answering(method: &'static str, answer: Answer) -> Behaviour {
    Behaviour { answers: [(method, answer)].into(), ..Behaviour::default() }
}

pub fn sending(media: Media) -> Behaviour {
    Behaviour { media, ..Behaviour::default() }
}

/// The receivers that ask this of a camera on the way to its first picture: the lean one begins with DESCRIBE.
pub fn receivers_that_ask(method: &str) -> &'static [Receiver] {
    if method == "OPTIONS" { &[Receiver::Gstreamer] } else { &[Receiver::Auto, Receiver::Gstreamer] }
}

/// One camera that is watched.
pub struct Watched {
    pub server: PlainServer,
    pub sink: Arc<FrameRecorder>,
    pub handle: CameraHandle,
}

impl Watched {
    /// A camera with the usual film and this behaviour.
    pub fn start(behaviour: Behaviour) -> Self {
        Self::film(h264(), behaviour)
    }

    pub fn film(film: ElementaryStream, behaviour: Behaviour) -> Self {
        Self::with(film, behaviour, |source| source)
    }

    pub fn over(transport: Transport, behaviour: Behaviour) -> Self {
        Self::with(h264(), behaviour, |source| by(source, transport))
    }

    /// With other settings of ours.
    pub fn with(
        film: ElementaryStream,
        behaviour: Behaviour,
        settings: impl FnOnce(Source) -> Source,
    ) -> Self {
        let server = PlainServer::start(film, behaviour);
        let sink = FrameRecorder::new();
        let handle = start(settings(camera("cam", server.url())), &sink);
        Watched { server, sink, handle }
    }

    pub fn frames(&self) -> usize {
        self.sink.lock().count("cam")
    }

    pub fn lost(&self) -> VideoError {
        self.sink.wait_lost("cam")
    }

    /// Waits for so many more frames.
    pub fn wait_more(&self, frames: usize) {
        self.sink.wait_frames("cam", self.frames() + frames);
    }

    /// How many of the next `pictures` that the camera sends are not decoded? Those that only wait while the machine is
    /// busy are not taken for missing: as long as there are more than `allowed`, up to ten seconds go by in which they
    /// may still come. What the camera sends meanwhile counts as well, and is allowed nothing more.
    pub fn missing(&self, allowed: u64, pictures: u64) -> u64 {
        let (sent, seen) = (self.server.pictures_sent(), self.frames() as u64);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let since = self.server.pictures_sent() - sent;
            let missing = since.saturating_sub(self.frames() as u64 - seen);
            if since >= pictures && (missing <= allowed || since >= pictures + 250) {
                return missing;
            }
            assert!(Instant::now() < deadline, "the camera sends no more");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The stream came up at once, goes on at its rate, and was never lost.
    pub fn holds(&self) {
        self.holds_with(0.9, 100);
    }

    /// The same with a part of the pictures that is allowed to be missing.
    pub fn holds_with(&self, part: f64, pictures: u64) {
        self.wait_more(10);
        let allowed = (pictures as f64 * (1.0 - part)).round() as u64;
        let missing = self.missing(allowed, pictures);
        assert!(missing <= allowed, "{missing} pictures were not decoded: {:?}", self.handle.stats());
        let losses = self.sink.lock().losses("cam");
        assert!(losses.is_empty(), "the stream was lost: {losses:?}");
    }

    pub fn stop(self) {
        self.handle.stop(STOP_WITHIN).unwrap();
    }
}

/// What people read about a loss: whose, why, and mostly what to try.
pub fn reads_well(lost: &VideoError) {
    let text = lost.to_string();
    assert!(text.starts_with("camera `cam`: ") && !text.contains("gst"), "{text}");
}
