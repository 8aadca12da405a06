//! Cameras over RTSP against a server that is not GStreamer's: transports, codecs, probing, passwords in texts.
//! What cameras get wrong is tested in `camera_faults`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use lookout::types::secret::Secret;
use lookout::types::transport::Transport;
use lookout::video::{Codec, Credentials, RtspUrl, probe};
use support::rtsp_cameras::{STOP_WITHIN, by, camera, h264, h265, start, with_password};
use support::rtsp_plain::{Answer, Behaviour, Login, Media, PlainServer};
use support::rtsp_sink::FrameRecorder;
use support::{logs, rtsp_packets};

fn answering(method: &'static str, answer: Answer) -> Behaviour {
    Behaviour { answers: [(method, answer)].into(), ..Behaviour::default() }
}

fn digest(sha256: bool) -> Login {
    Login::Digest { user: "admin".into(), password: "p@ss:1".into(), sha256 }
}

fn sending(media: Media) -> Behaviour {
    Behaviour { media, ..Behaviour::default() }
}

#[test]
fn pictures_come_by_both_transports_and_in_both_codecs() {
    for (stream, codec) in [(h264(), Codec::H264), (h265(), Codec::H265)] {
        let largest = stream.units.iter().flatten().map(Vec::len).max().unwrap();
        assert!(largest > rtsp_packets::MTU, "{largest} bytes: fragments are not tested");
        let pictures = stream.units.len();
        let server = PlainServer::start(stream, Behaviour::default());
        for transport in [Transport::Tcp, Transport::Udp] {
            let sink = FrameRecorder::new();
            let handle = start(by(camera("cam", server.url()), transport), &sink);
            let info = sink.wait_connected("cam");
            assert_eq!((info.codec, info.width, info.height, info.fps), (codec, 320, 240, Some(25.0)));
            // Past the end of the film, where the server starts it again.
            sink.wait_frames("cam", pictures + 20);
            assert_eq!(handle.stats().reconnects, 0);
            handle.stop(STOP_WITHIN).unwrap();
        }
        let transports: Vec<String> = server
            .requests()
            .iter()
            .filter_map(|request| request.headers.get("transport").cloned())
            .collect();
        assert!(transports[0].contains("RTP/AVP/TCP") && !transports[1].contains("TCP"), "{transports:?}");
    }
}

#[test]
fn no_password_shows_in_any_message_log_or_debug_text() {
    const PASSWORD: &str = "k7Zq-geheim";
    let logged = logs::capture();
    let login = Login::Digest { user: "admin".into(), password: "another".into(), sha256: false };
    let server = PlainServer::start(h264(), Behaviour { login: login.clone(), ..Behaviour::default() });
    let right = PlainServer::start(
        h264(),
        Behaviour {
            login: Login::Basic { user: "admin".into(), password: PASSWORD.into() },
            media: Media::ClosesInMidFrame(10),
            ..Behaviour::default()
        },
    );
    let parameter =
        RtspUrl::parse(&format!("rtsp://127.0.0.1:{}/live?password={PASSWORD}", server.port())).unwrap();
    let login = Credentials { user: "admin".into(), password: Secret::new(PASSWORD) };
    let template =
        format!("rtsp://127.0.0.1:{}/user={{user}}&password={{password}}&channel=1", server.port());
    let filled = RtspUrl::parse_and_fill(&template, Some(&login)).unwrap();
    let sink = FrameRecorder::new();
    let mut texts = Vec::new();
    for (id, source) in [
        ("wrong", with_password(camera("wrong", server.url()), "admin", PASSWORD)),
        ("in-url", camera("in-url", parameter)),
        ("in-path", with_password(camera("in-path", filled), "admin", PASSWORD)),
        ("breaks", with_password(camera("breaks", right.url()), "admin", PASSWORD)),
    ] {
        texts.push(format!("{source:?}"));
        let probed = probe(source.clone(), Duration::from_secs(10));
        texts.push(format!("{probed:?}"));
        texts.extend(probed.err().map(|error| error.to_string()));
        let handle = start(source, &sink);
        let lost = sink.wait_lost(id);
        texts.push(format!("{lost} {lost:?} {}", lost.summary()));
        texts.push(format!("{handle:?} {:?}", handle.stats()));
        handle.stop(STOP_WITHIN).unwrap();
    }
    texts.push(format!("{:?}", sink.lock().events));
    texts.push(logged());
    assert!(logged().contains("stream lost"), "the log was captured");
    for text in texts {
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

/// Recorders that want the login as part of the path, also with an empty password.
#[test]
fn a_login_in_the_path_is_asked_for_and_shown_nowhere() {
    for (password, expected) in [("p@ss/1&x", "p%40ss%2F1%26x"), ("", "")] {
        let server = PlainServer::start(h264(), Behaviour::default());
        let login = Credentials { user: "admin".into(), password: Secret::new(password) };
        let template =
            format!("rtsp://127.0.0.1:{}/user={{user}}&password={{password}}&channel=1", server.port());
        let url = RtspUrl::parse_and_fill(&template, Some(&login)).unwrap();
        let report = probe(camera("cam", url), Duration::from_secs(15)).unwrap();
        assert!(report.frames > 0);
        let asked = &server.requests()[0].url;
        assert!(asked.ends_with(&format!("/user=admin&password={expected}&channel=1")), "{asked}");
        assert!(password.is_empty() || !format!("{report:?}").contains(expected), "{report:?}");
    }
}

#[test]
fn a_probe_measures_what_the_camera_sends() {
    let behaviour = Behaviour { server_name: Some("Plain/1.0".into()), ..Behaviour::default() };
    let server = PlainServer::start(h264(), behaviour);
    let started = Instant::now();
    let report = probe(camera("cam", server.url()), Duration::from_secs(15)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!((report.stream.codec, report.stream.width, report.stream.height), (Codec::H264, 320, 240));
    assert_eq!(report.stream.fps, Some(25.0));
    assert_eq!(report.stream.name.as_deref(), Some("Plain camera"));
    assert_eq!(report.server.as_deref(), Some("Plain/1.0"));
    let fps = report.measure.fps.unwrap();
    assert!((23.0..27.0).contains(&fps), "{fps} pictures a second");
    let every = report.measure.keyframe_interval.unwrap();
    assert!(every.median.abs_diff(Duration::from_millis(400)) < Duration::from_millis(80), "{every:?}");
    let sent: usize = h264().units.iter().flatten().map(|nal| nal.len() + 4).sum();
    let expected = sent as f64 * 8.0 / 1000.0 / 2.0;
    let measured = report.measure.kbit_per_s.unwrap();
    assert!((measured / expected - 1.0).abs() < 0.25, "{measured} kbit/s measured, {expected} sent");
    assert_eq!(report.picture.format().width, 320);
    assert_eq!(report.broke, None);
}

#[test]
fn a_probe_that_fails_says_why_and_in_time() {
    let silent = PlainServer::start(h264(), answering("DESCRIBE", Answer::Silence));
    let started = Instant::now();
    let error = probe(camera("cam", silent.url()), Duration::from_secs(6)).unwrap_err();
    assert_eq!(error.kind(), "no_answer", "{error}");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    let locked = PlainServer::start(h264(), Behaviour { login: digest(false), ..Behaviour::default() });
    assert_eq!(
        probe(camera("cam", locked.url()), Duration::from_secs(15)).unwrap_err().kind(),
        "password_needed"
    );
    let empty = PlainServer::start(h264(), sending(Media::Never));
    assert_eq!(probe(camera("cam", empty.url()), Duration::from_secs(8)).unwrap_err().kind(), "no_picture");
}
