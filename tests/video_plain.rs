//! Cameras over RTSP against a server that is not GStreamer's, with faults switched on.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use lookout::video::{Codec, RtspUrl, Transport, probe};
use support::rtsp_cameras::{STOP_WITHIN, by, camera, h264, h265, start, with_password};
use support::rtsp_plain::{Answer, Behaviour, Login, Media, PlainServer};
use support::rtsp_sink::{PATIENCE, Recorder};
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
            let sink = Recorder::new();
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
fn sequence_numbers_may_wrap() {
    let behaviour = Behaviour { first_sequence: 65_500, ..Behaviour::default() };
    let server = PlainServer::start(h264(), behaviour);
    let sink = Recorder::new();
    let handle = start(camera("cam", server.url()), &sink);
    sink.wait_frames("cam", 100);
    assert_eq!(handle.stats().reconnects, 0);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn lost_datagrams_do_not_end_a_stream() {
    let behaviour = Behaviour { lose_every: Some(20), ..Behaviour::default() };
    let server = PlainServer::start(h264(), behaviour);
    let sink = Recorder::new();
    let handle = start(by(camera("cam", server.url()), Transport::Udp), &sink);
    sink.wait_frames("cam", 60);
    assert_eq!(handle.stats().reconnects, 0);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_right_password_opens_and_a_wrong_one_is_named() {
    let basic = Login::Basic { user: "admin".into(), password: "p@ss:1".into() };
    for login in [basic, digest(false)] {
        let server = PlainServer::start(h264(), Behaviour { login: login.clone(), ..Behaviour::default() });
        let sink = Recorder::new();
        let cameras = [
            start(with_password(camera("right", server.url()), "admin", "p@ss:1"), &sink),
            start(with_password(camera("wrong", server.url()), "admin", "no"), &sink),
            start(camera("none", server.url()), &sink),
        ];
        sink.wait_frames("right", 10);
        assert_eq!(sink.wait_lost("wrong").kind(), "password_wrong", "{login:?}");
        assert_eq!(sink.wait_lost("none").kind(), "password_needed", "{login:?}");
        for camera in cameras {
            camera.stop(STOP_WITHIN).unwrap();
        }
        if login != digest(false) {
            continue;
        }
        let given: Vec<String> = server
            .requests()
            .iter()
            .filter_map(|request| request.headers.get("authorization").cloned())
            .collect();
        assert!(!given.is_empty() && given.iter().all(|text| text.starts_with("Digest ")), "{given:?}");
    }
}

#[test]
fn what_the_camera_refuses_is_said_in_words() {
    for (method, status, words, kind) in [
        ("DESCRIBE", 403, "Forbidden", "forbidden"),
        ("DESCRIBE", 404, "Not Found", "not_found"),
        ("DESCRIBE", 500, "Internal Server Error", "rtsp_status"),
        ("SETUP", 453, "Not Enough Bandwidth", "busy"),
        ("PLAY", 503, "Service Unavailable", "busy"),
        ("DESCRIBE", 503, "Service Unavailable", "busy"),
    ] {
        let server = PlainServer::start(h264(), answering(method, Answer::Status(status, words)));
        let sink = Recorder::new();
        let handle = start(camera("cam", server.url()), &sink);
        let lost = sink.wait_lost("cam");
        assert_eq!(lost.kind(), kind, "{method} {status}: {lost}");
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_camera_that_does_not_answer_is_given_up_in_time() {
    for method in ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"] {
        let server = PlainServer::start(h264(), answering(method, Answer::Silence));
        let sink = Recorder::new();
        let mut source = camera("cam", server.url());
        source.stall_after = Duration::from_secs(1);
        let started = Instant::now();
        let handle = start(source, &sink);
        let lost = sink.wait_lost("cam");
        assert_eq!(lost.kind(), "no_answer", "{method}: {lost}");
        assert!(started.elapsed() < Duration::from_secs(15), "{method}: {:?}", started.elapsed());
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_camera_that_hangs_up_is_tried_again() {
    for method in ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"] {
        let server = PlainServer::start(h264(), answering(method, Answer::Close));
        let sink = Recorder::new();
        let handle = start(camera("cam", server.url()), &sink);
        let lost = sink.wait_lost("cam");
        assert_eq!(lost.kind(), "closed", "{method}: {lost}");
        server.change(|behaviour| behaviour.answers.clear());
        sink.wait_frames("cam", 5);
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_stream_that_stalls_with_its_socket_open_is_lost_and_comes_back() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let server = PlainServer::start(h264(), sending(Media::StopsAfter(30)));
        let sink = Recorder::new();
        let mut source = by(camera("cam", server.url()), transport);
        source.stall_after = Duration::from_secs(2);
        let handle = start(source, &sink);
        sink.wait_frames("cam", 20);
        let lost = sink.wait_lost("cam");
        assert!(["stalled", "no_udp"].contains(&lost.kind()), "{transport}: {lost}");
        let last = sink.lock().frames["cam"].last().unwrap().mono;
        server.change(|behaviour| behaviour.media = Media::Runs);
        sink.wait_connections("cam", 2);
        let again = sink.wait("frames after the loss", |seen| {
            seen.frames["cam"].iter().find(|at| at.mono > last).copied()
        });
        assert!(again.mono - last >= Duration::from_secs(2), "{:?} after the last frame", again.mono - last);
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_stream_without_one_packet_is_lost() {
    for (transport, kind) in [(Transport::Tcp, "no_picture"), (Transport::Udp, "no_udp")] {
        let server = PlainServer::start(h264(), sending(Media::Never));
        let sink = Recorder::new();
        let mut source = by(camera("cam", server.url()), transport);
        source.stall_after = Duration::from_secs(1);
        let handle = start(source, &sink);
        let lost = sink.wait_lost("cam");
        assert_eq!(lost.kind(), kind, "{lost}");
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_connection_that_breaks_in_mid_frame_is_made_again() {
    let server = PlainServer::start(h264(), sending(Media::ClosesInMidFrame(25)));
    let sink = Recorder::new();
    let handle = start(camera("cam", server.url()), &sink);
    sink.wait_connections("cam", 3);
    assert!(sink.wait_lost("cam").kind() == "closed", "{}", sink.wait_lost("cam"));
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_teardown_that_is_never_answered_delays_nothing() {
    let server = PlainServer::start(h264(), answering("TEARDOWN", Answer::Silence));
    let sink = Recorder::new();
    let handle = start(camera("cam", server.url()), &sink);
    sink.wait_frames("cam", 5);
    let started = Instant::now();
    handle.stop(Duration::from_secs(5)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    // The client asked, and the server did hear it.
    let deadline = Instant::now() + PATIENCE;
    while server.count("TEARDOWN") == 0 && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(server.count("TEARDOWN"), 1);
}

#[test]
fn a_camera_that_hangs_in_the_middle_of_connecting_can_be_stopped() {
    for method in ["OPTIONS", "DESCRIBE", "PLAY"] {
        let server = PlainServer::start(h264(), answering(method, Answer::Silence));
        let sink = Recorder::new();
        let handle = start(camera("cam", server.url()), &sink);
        let deadline = Instant::now() + PATIENCE;
        while server.count(method) == 0 && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let started = Instant::now();
        handle.stop(Duration::from_secs(5)).unwrap();
        assert!(started.elapsed() < Duration::from_secs(5), "{method}: {:?}", started.elapsed());
    }
}

#[test]
fn nobody_there_is_told_from_somebody_else_there() {
    // A port that was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let web_page = TcpListener::bind("127.0.0.1:0").unwrap();
    let web_port = web_page.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in web_page.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 1024]);
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    for (url, kind, word) in [
        ("rtsp://no-such-camera.invalid/live".to_owned(), "unknown_host", "no-such-camera.invalid"),
        (format!("rtsp://127.0.0.1:{closed}/live"), "refused", "refuses the connection"),
        (format!("rtsp://127.0.0.1:{web_port}/live"), "not_rtsp", "does not speak RTSP"),
    ] {
        let sink = Recorder::new();
        let handle = start(camera("gate-west", RtspUrl::parse(&url).unwrap()), &sink);
        let lost = sink.wait_lost("gate-west");
        assert_eq!(lost.kind(), kind, "{lost}");
        let text = lost.to_string();
        assert!(
            text.starts_with("camera `gate-west`: ") && text.contains(word) && text.contains("\n  hint: "),
            "{text}"
        );
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_camera_that_comes_back_on_its_port_is_found_again() {
    let server = PlainServer::start(h264(), Behaviour::default());
    let port = server.port();
    let sink = Recorder::new();
    let handle = start(camera("cam", server.url()), &sink);
    sink.wait_frames("cam", 10);
    server.stop();
    assert_eq!(sink.wait_losses("cam", 2).kind(), "refused");
    let frames = sink.lock().count("cam");
    let _server = PlainServer::start_on(port, h264(), Behaviour::default());
    sink.wait_frames("cam", frames + 10);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_codec_that_nobody_reads_is_named() {
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n\
               m=video 0 RTP/AVP 96\r\na=rtpmap:96 AV1/90000\r\na=control:track1\r\n";
    let server = PlainServer::start(h264(), Behaviour { sdp: Some(sdp.into()), ..Behaviour::default() });
    let sink = Recorder::new();
    let handle = start(camera("cam", server.url()), &sink);
    let lost = sink.wait_lost("cam");
    assert_eq!(lost.kind(), "unsupported_codec");
    assert!(lost.to_string().contains("AV1"), "{lost}");
    handle.stop(STOP_WITHIN).unwrap();
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
    let sink = Recorder::new();
    let mut texts = Vec::new();
    for (id, source) in [
        ("wrong", with_password(camera("wrong", server.url()), "admin", PASSWORD)),
        ("in-url", camera("in-url", parameter)),
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
