//! Sources for tests: cameras with short waits, and the streams that servers send.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lookout::clock::Clock;
use lookout::types::decoding::Decoder;
use lookout::types::secret::Secret;
use lookout::types::transport::Transport;
use lookout::video::{CameraHandle, Credentials, Location, RetryLimits, RtspUrl, Source, supervise};

use super::clips::{self, Clip};
use super::rtsp_packets::{Coding, ElementaryStream};
use super::rtsp_sink::FrameRecorder;

/// What a stop gets in tests that are not about stopping.
pub const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A camera at `url` with software decoding and short waits between attempts.
pub fn camera(id: &str, url: RtspUrl) -> Source {
    let location = Location::Rtsp { url, transport: Transport::Tcp, credentials: None };
    let mut source = Source::new(id, location);
    source.decoder = Decoder::Software.into();
    source.retry = RetryLimits { first: Duration::from_millis(50), most: Duration::from_millis(400) };
    source
}

pub fn by(mut source: Source, wanted: Transport) -> Source {
    if let Location::Rtsp { transport, .. } = &mut source.location {
        *transport = wanted;
    }
    source
}

pub fn with_password(mut source: Source, user: &str, password: &str) -> Source {
    if let Location::Rtsp { credentials, .. } = &mut source.location {
        *credentials = Some(Credentials { user: user.into(), password: Secret::new(password) });
    }
    source
}

pub fn start(source: Source, sink: &Arc<FrameRecorder>) -> CameraHandle {
    supervise(source, Clock::start(), sink.clone()).unwrap()
}

/// Two seconds of H.264 at 25 pictures a second, a keyframe every ten, some larger than a packet.
pub fn h264() -> ElementaryStream {
    static STREAM: OnceLock<ElementaryStream> = OnceLock::new();
    let make = || {
        let clip = Clip { width: 320, height: 240, ..clips::H264 };
        let encode = "x264enc tune=zerolatency key-int-max=10 bitrate=1500 option-string=scenecut=0 ! h264parse config-interval=-1";
        ElementaryStream::from_annex_b(
            Coding::H264,
            clip.fps,
            &clips::access_units(encode, "video/x-h264", clip),
        )
    };
    STREAM.get_or_init(make).clone()
}

pub fn h265() -> ElementaryStream {
    static STREAM: OnceLock<ElementaryStream> = OnceLock::new();
    let make = || {
        let clip = Clip { width: 320, height: 240, ..clips::H264 };
        let encode = "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=1500 log-level=none \
                      option-string=pools=none:frame-threads=1:scenecut=0 ! h265parse config-interval=-1";
        ElementaryStream::from_annex_b(
            Coding::H265,
            clip.fps,
            &clips::access_units(encode, "video/x-h265", clip),
        )
    };
    STREAM.get_or_init(make).clone()
}
