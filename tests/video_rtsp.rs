//! Cameras over RTSP against the server of GStreamer: transports, codecs, passwords, faults.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use lookout::clock::Clock;
use lookout::video::{
    Auth, CameraEvent, CameraHandle, Codec, Credentials, DecoderChoice, Location, Mount, Play, RetryLimits,
    RtspServer, RtspUrl, Secret, Source, Transport, supervise,
};
use support::clips;
use support::rtsp_sink::Recorder;

const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A camera at `url` with short waits between attempts.
fn camera(id: &str, url: RtspUrl, transport: Transport, password: Option<(&str, &str)>) -> Source {
    let credentials =
        password.map(|(user, password)| Credentials { user: user.into(), password: Secret::new(password) });
    let mut source = Source::new(id, Location::Rtsp { url, transport, credentials });
    source.decoder = DecoderChoice::Software;
    source.retry = RetryLimits { first: Duration::from_millis(50), most: Duration::from_millis(400) };
    source
}

fn start(source: Source, sink: &Arc<Recorder>) -> CameraHandle {
    supervise(source, Clock::start(), sink.clone()).unwrap()
}

fn file(path: &str, file: std::path::PathBuf, auth: Auth) -> Mount {
    Mount { path: path.into(), play: Play::File { path: file, repeat: true }, auth }
}

fn pattern(path: &str, encoder: &str) -> Mount {
    let line = format!(
        "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 ! {encoder} name=pay0 )"
    );
    Mount { path: path.into(), play: Play::Launch(line), auth: Auth::None }
}

#[test]
fn frames_come_by_tcp_and_by_udp() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clips::write(folder.path(), "a.mp4", clips::H264_B);
    let server = RtspServer::start(0, vec![file("/a", clip, Auth::None)]).unwrap();
    for transport in [Transport::Tcp, Transport::Udp] {
        let sink = Recorder::new();
        let handle = start(camera("cam", server.url("/a").unwrap(), transport, None), &sink);
        let info = sink.wait_connected("cam");
        assert_eq!((info.codec, info.width, info.height), (Codec::H264, 64, 48));
        assert_eq!(info.transport, Some(transport));
        assert_eq!(info.decoder, "avdec_h264");
        sink.wait_frames("cam", 60);
        let stats = handle.stats();
        assert!(stats.frames >= 60 && stats.reconnects == 0, "{stats:?}");
        handle.stop(STOP_WITHIN).unwrap();
        let events = &sink.lock().events;
        assert!(matches!(events.last(), Some((_, CameraEvent::Stopped))), "{events:?}");
    }
}

#[test]
fn a_repeated_file_is_one_endless_stream_at_its_own_pace() {
    let folder = tempfile::tempdir().unwrap();
    // Two seconds of film: the stream passes the seam several times.
    let clip = clips::write(folder.path(), "a.mp4", clips::H264_B);
    let server = RtspServer::start(0, vec![file("/a", clip, Auth::None)]).unwrap();
    let sink = Recorder::new();
    let handle = start(camera("cam", server.url("/a").unwrap(), Transport::Tcp, None), &sink);
    sink.wait_frames("cam", 25 * 7);
    handle.stop(STOP_WITHIN).unwrap();
    let seen = sink.lock();
    let times = &seen.frames["cam"];
    let (first, last) = (times[25].mono, times[times.len() - 1].mono);
    let rate = (times.len() - 26) as f64 / (last - first).as_secs_f64();
    assert!((22.0..28.0).contains(&rate), "{rate} frames a second");
    let longest = times.windows(2).map(|pair| pair[1].mono - pair[0].mono).max().unwrap();
    assert!(longest < Duration::from_millis(900), "a gap of {longest:?}");
    assert_eq!(seen.connections("cam").len(), 1);
    let numbers = &seen.numbers["cam"];
    assert!(numbers.iter().enumerate().all(|(n, number)| *number == n as u64), "{numbers:?}");
}
