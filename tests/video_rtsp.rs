//! Cameras over RTSP against the server of GStreamer: transports, codecs, passwords, restarts.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use lookout::frame::{Frame, Layout, Range};
use lookout::types::secret::Secret;
use lookout::types::transport::Transport;
use lookout::video::{Auth, CameraEvent, CameraState, Codec, Mount, Play, RtspServer, ServeError};
use support::clips;
use support::rtsp_cameras::{STOP_WITHIN, by, camera, start, with_password};
use support::rtsp_sink::FrameRecorder;

fn file(path: &str, file: PathBuf, auth: Auth) -> Mount {
    Mount { path: path.into(), play: Play::File { path: file, repeat: true, from: 0.0 }, auth }
}

/// Four seconds of black, then ten of white, with a keyframe a second.
fn black_then_white(folder: &Path, name: &str, encode_and_mux: &str) -> PathBuf {
    let path = folder.join(name);
    let film = "video/x-raw,format=I420,width=64,height=48,framerate=10/1";
    clips::run(&format!(
        "concat name=film ! {encode_and_mux} ! filesink location=\"{}\" \
         videotestsrc pattern=black num-buffers=40 ! {film} ! film. \
         videotestsrc pattern=white num-buffers=100 ! {film} ! film.",
        path.display()
    ));
    path
}

/// A live test pattern through an encoder and a payloader.
fn pattern(path: &str, encoder: &str) -> Mount {
    pattern_in("I420", path, encoder)
}

fn pattern_in(format: &str, path: &str, encoder: &str) -> Mount {
    let line = format!(
        "( videotestsrc is-live=true pattern=ball ! video/x-raw,format={format},width=320,height=240,framerate=15/1 \
         ! {encoder} name=pay0 )"
    );
    Mount { path: path.into(), play: Play::Launch(line), auth: Auth::None }
}

fn serve(mounts: Vec<Mount>) -> RtspServer {
    RtspServer::start(0, mounts).unwrap()
}

#[test]
fn frames_come_by_tcp_and_by_udp() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clips::write(folder.path(), "a.mp4", clips::H264_B);
    let server = serve(vec![file("/a", clip, Auth::None)]);
    for transport in [Transport::Tcp, Transport::Udp] {
        let sink = FrameRecorder::new();
        let handle = start(by(camera("cam", server.url("/a").unwrap()), transport), &sink);
        let info = sink.wait_connected("cam");
        assert_eq!((info.codec, info.width, info.height), (Codec::H264, 64, 48));
        assert_eq!(info.transport, Some(transport));
        assert_eq!(info.decoder, "avdec_h264");
        sink.wait_frames("cam", 60);
        let stats = handle.stats();
        assert!(stats.frames >= 60 && stats.reconnects == 0, "{stats:?}");
        assert_eq!(stats.state, CameraState::Running);
        handle.stop(STOP_WITHIN).unwrap();
        let events = &sink.lock().events;
        assert!(matches!(events.last(), Some((_, CameraEvent::Stopped))), "{events:?}");
    }
}

#[test]
fn a_file_can_be_entered_in_the_middle_and_then_starts_over_at_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = [
        ("mp4", "x264enc tune=zerolatency key-int-max=10 ! h264parse ! mp4mux"),
        ("mkv", "x264enc tune=zerolatency key-int-max=10 ! h264parse ! matroskamux"),
        ("avi", "jpegenc ! avimux"),
        // As a recorder leaves them behind that lost its power: without an index.
        (
            "fragments",
            "x264enc tune=zerolatency key-int-max=10 ! h264parse ! mp4mux fragment-duration=1000 streamable=true",
        ),
        ("live", "x264enc tune=zerolatency key-int-max=10 ! h264parse ! matroskamux streamable=true"),
    ];
    let mount = |(kind, encode_and_mux): (&str, &str)| {
        let path = black_then_white(folder.path(), &format!("a.{kind}"), encode_and_mux);
        let play = Play::File { path, repeat: true, from: 0.5 };
        Mount { path: format!("/{kind}"), play, auth: Auth::None }
    };
    let server = serve(kinds.map(mount).to_vec());
    let sink = FrameRecorder::new();
    let cameras = kinds.map(|(kind, _)| start(camera(kind, server.url(&format!("/{kind}")).unwrap()), &sink));
    let bright = |frame: &Frame| frame.picture.plane(0)[0] > 128;
    for (kind, _) in kinds {
        let first = sink.wait("picture", |seen| seen.last.get(kind).map(bright));
        assert!(first, "{kind} begins with white");
    }
    for (kind, _) in kinds {
        sink.wait("dark picture", |seen| {
            seen.last.get(kind).is_some_and(|frame| !bright(frame)).then_some(())
        });
        let frames = sink.lock().count(kind);
        // Of the seven seconds of white from the middle on, a little less than all were looked at.
        assert!(frames >= 60, "{kind}: {frames} pictures before the film started over");
        assert_eq!(sink.lock().connections(kind).len(), 1);
    }
    for camera in cameras {
        camera.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_repeated_file_is_one_endless_stream_at_its_own_pace() {
    let folder = tempfile::tempdir().unwrap();
    // Two seconds of film: the stream passes the seam several times.
    let clip = clips::write(folder.path(), "a.mp4", clips::H264_B);
    let server = serve(vec![file("/a", clip, Auth::None)]);
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", server.url("/a").unwrap()), &sink);
    sink.wait_frames("cam", 25 * 7);
    handle.stop(STOP_WITHIN).unwrap();
    let seen = sink.lock();
    let times = &seen.frames["cam"];
    let (first, last) = (times[25].mono, times[times.len() - 1].mono);
    let rate = (times.len() - 26) as f64 / (last - first).as_secs_f64();
    assert!((22.0..28.0).contains(&rate), "{rate} frames a second");
    assert_eq!(seen.connections("cam").len(), 1);
    let numbers = &seen.numbers["cam"];
    assert!(numbers.iter().enumerate().all(|(n, number)| *number == n as u64), "{numbers:?}");
}

#[test]
fn every_codec_of_a_camera_is_decoded() {
    let server = serve(vec![
        pattern("/h264", "x264enc tune=zerolatency key-int-max=15 ! rtph264pay"),
        pattern(
            "/h265",
            "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 \
             log-level=none ! rtph265pay",
        ),
        pattern("/jpeg", "jpegenc ! rtpjpegpay"),
        pattern_in("Y42B", "/jpeg422", "jpegenc ! rtpjpegpay"),
    ]);
    for (path, codec, layout, range) in [
        ("/h264", Codec::H264, None, Range::Limited),
        ("/h265", Codec::H265, None, Range::Limited),
        ("/jpeg", Codec::Mjpeg, Some(Layout::I420), Range::Full),
        ("/jpeg422", Codec::Mjpeg, Some(Layout::I422), Range::Full),
    ] {
        let sink = FrameRecorder::new();
        let handle = start(camera("cam", server.url(path).unwrap()), &sink);
        let info = sink.wait_connected("cam");
        assert_eq!((info.codec, info.width, info.height), (codec, 320, 240), "{path}");
        sink.wait_frames("cam", 20);
        let format = *sink.lock().last["cam"].picture.format();
        assert_eq!(format.range, range, "{path}");
        assert!(layout.is_none_or(|layout| layout == format.layout), "{path}: {:?}", format.layout);
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn passwords_open_and_close_a_stream() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clips::write(folder.path(), "a.mp4", clips::H264);
    let (user, password) = ("admin".to_owned(), Secret::new("p@ss: wörd"));
    for auth in [
        Auth::Basic { user: user.clone(), password: password.clone() },
        Auth::Digest { user: user.clone(), password: password.clone() },
    ] {
        let server =
            serve(vec![file("/open", clip.clone(), Auth::None), file("/locked", clip.clone(), auth.clone())]);
        let (open, locked) = (server.url("/open").unwrap(), server.url("/locked").unwrap());

        let sink = FrameRecorder::new();
        let cameras = [
            start(camera("open", open), &sink),
            start(with_password(camera("right", locked.clone()), "admin", "p@ss: wörd"), &sink),
            start(with_password(camera("wrong", locked.clone()), "admin", "12345"), &sink),
            start(camera("none", locked), &sink),
        ];
        sink.wait_frames("open", 5);
        sink.wait_frames("right", 5);
        assert_eq!(sink.wait_lost("wrong").kind(), "password_wrong", "{auth:?}");
        assert_eq!(sink.wait_lost("none").kind(), "password_needed", "{auth:?}");
        let seen = sink.lock();
        for (camera, event) in &seen.events {
            if let CameraEvent::Lost { retry_in, .. } = event {
                assert!(
                    *retry_in >= Duration::from_secs(60),
                    "{camera} would lock the user out: {retry_in:?}"
                );
            }
        }
        assert_eq!((seen.count("wrong"), seen.count("none")), (0, 0));
        drop(seen);
        for camera in cameras {
            camera.stop(STOP_WITHIN).unwrap();
        }
    }
}

#[test]
fn a_login_opens_all_its_streams_and_none_of_the_same_user_with_another_password() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clips::write(folder.path(), "a.mp4", clips::H264);
    let auth = |password: &str| Auth::Basic { user: "admin".to_owned(), password: Secret::new(password) };
    let server = serve(vec![
        file("/sub", clip.clone(), auth("one")),
        file("/main", clip.clone(), auth("one")),
        file("/other", clip, auth("two")),
    ]);
    let sink = FrameRecorder::new();
    let watch = |name: &str, path: &str, password: &str| {
        start(with_password(camera(name, server.url(path).unwrap()), "admin", password), &sink)
    };
    let cameras = [
        watch("sub", "/sub", "one"),
        watch("main", "/main", "one"),
        watch("other", "/other", "two"),
        watch("wrong", "/other", "one"),
    ];
    for open in ["sub", "main", "other"] {
        sink.wait_frames(open, 5);
    }
    sink.wait_lost("wrong");
    assert_eq!(sink.lock().count("wrong"), 0);
    for camera in cameras {
        camera.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn one_server_asks_for_passwords_in_one_way() {
    let both = [
        Auth::Basic { user: "a".into(), password: Secret::new("x") },
        Auth::Digest { user: "b".into(), password: Secret::new("y") },
    ];
    let mounts = both
        .into_iter()
        .enumerate()
        .map(|(n, auth)| Mount { auth, ..pattern(&format!("/{n}"), "x264enc ! rtph264pay") });
    assert!(matches!(RtspServer::start(0, mounts.collect()), Err(ServeError::MixedAuth)));
}

#[test]
fn an_unknown_path_is_distinguished_from_a_dead_camera() {
    let server = serve(vec![pattern("/live", "x264enc ! rtph264pay")]);
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", server.url("/other").unwrap()), &sink);
    let lost = sink.wait_lost("cam");
    assert_eq!(lost.kind(), "not_found");
    assert!(lost.to_string().contains("/other"), "{lost}");
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn what_is_no_video_of_ours_is_named() {
    let sound = "( audiotestsrc is-live=true ! mulawenc ! rtppcmupay name=pay0 )".to_owned();
    let server = serve(vec![
        pattern("/vp8", "vp8enc deadline=1 ! rtpvp8pay"),
        Mount { path: "/sound".into(), play: Play::Launch(sound), auth: Auth::None },
    ]);
    for (path, kind, word) in [("/vp8", "unsupported_codec", "VP8"), ("/sound", "no_video", "PCMU")] {
        let sink = FrameRecorder::new();
        let handle = start(camera("cam", server.url(path).unwrap()), &sink);
        let lost = sink.wait_lost("cam");
        assert_eq!(lost.kind(), kind, "{path}: {lost}");
        assert!(lost.to_string().contains("camera `cam`") && lost.to_string().contains(word), "{lost}");
        handle.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn the_sound_of_a_camera_is_left_aside() {
    let line = "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! x264enc \
                tune=zerolatency key-int-max=15 ! rtph264pay name=pay1 \
                audiotestsrc is-live=true ! mulawenc ! rtppcmupay name=pay0 )";
    let server = serve(vec![Mount { path: "/av".into(), play: Play::Launch(line.into()), auth: Auth::None }]);
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", server.url("/av").unwrap()), &sink);
    sink.wait_frames("cam", 20);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_camera_that_restarts_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clips::write(folder.path(), "a.mp4", clips::H264);
    let server = serve(vec![file("/a", clip.clone(), Auth::None)]);
    let (port, url) = (server.port(), server.url("/a").unwrap());
    let sink = FrameRecorder::new();
    let mut source = camera("cam", url);
    source.stall_after = Duration::from_secs(3);
    let handle = start(source, &sink);
    sink.wait_frames("cam", 10);

    server.stop(STOP_WITHIN);
    let lost = sink.wait_lost("cam");
    assert!(["closed", "stalled"].contains(&lost.kind()), "{lost}");
    assert_eq!(sink.wait_losses("cam", 2).kind(), "refused");
    let frames = sink.lock().count("cam");

    let _server = RtspServer::start(port, vec![file("/a", clip, Auth::None)]).unwrap();
    sink.wait_connections("cam", 2);
    sink.wait_frames("cam", frames + 10);
    let stats = handle.stats();
    assert_eq!((stats.state, stats.last_error), (CameraState::Running, None));
    assert!(stats.reconnects >= 2, "{}", stats.reconnects);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn several_cameras_watch_one_mount() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clips::write(folder.path(), "a.mp4", clips::H264);
    let server = serve(vec![file("/a", clip, Auth::None)]);
    let sink = FrameRecorder::new();
    let first = start(camera("one", server.url("/a").unwrap()), &sink);
    sink.wait_frames("one", 30);
    let others: Vec<_> = ["two", "three"]
        .map(|id| start(by(camera(id, server.url("/a").unwrap()), Transport::Udp), &sink))
        .into();
    sink.wait_frames("two", 30);
    sink.wait_frames("three", 30);
    // The one that came first leaves first; the others go on.
    first.stop(STOP_WITHIN).unwrap();
    let frames = sink.lock().count("two");
    sink.wait_frames("two", frames + 30);
    for camera in others {
        let stats = camera.stats();
        assert_eq!(stats.reconnects, 0, "{stats:?}");
        camera.stop(STOP_WITHIN).unwrap();
    }
}

#[test]
fn a_file_in_an_old_codec_is_served_as_h264() {
    let folder = tempfile::tempdir().unwrap();
    let clip = clips::write(folder.path(), "a.avi", clips::MPEG4);
    let server = serve(vec![file("/a", clip, Auth::None)]);
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", server.url("/a").unwrap()), &sink);
    assert_eq!(sink.wait_connected("cam").codec, Codec::H264);
    sink.wait_frames("cam", 60);
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_file_that_cannot_be_served_is_reported_at_the_start() {
    let missing = RtspServer::start(0, vec![file("/a", "no-such-file.mp4".into(), Auth::None)]);
    assert!(missing.unwrap_err().to_string().contains("no-such-file.mp4"));
    let first = serve(vec![pattern("/live", "x264enc ! rtph264pay")]);
    let second = RtspServer::start(first.port(), vec![]).unwrap_err();
    assert!(second.to_string().contains("another program may use the port"), "{second}");
}

#[test]
fn frames_that_nobody_wants_are_counted_and_not_mapped() {
    let server = serve(vec![pattern("/live", "x264enc tune=zerolatency key-int-max=15 ! rtph264pay")]);
    let sink = FrameRecorder::new();
    sink.lock().refuse.push("cam".into());
    let handle = start(camera("cam", server.url("/live").unwrap()), &sink);
    sink.wait_connected("cam");
    sink.lock().refuse.clear();
    sink.wait_frames("cam", 5);
    let stats = handle.stats();
    assert!(stats.unwanted >= 1 && stats.frames > stats.unwanted, "{stats:?}");
    assert!(sink.lock().numbers["cam"][0] >= 1, "unwanted frames are numbered too");
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_sink_that_panics_costs_one_connection_of_one_camera() {
    let server = serve(vec![pattern("/live", "x264enc tune=zerolatency key-int-max=15 ! rtph264pay")]);
    let sink = FrameRecorder::new();
    let other = start(camera("other", server.url("/live").unwrap()), &sink);
    sink.wait_frames("other", 5);
    sink.lock().panic_for.push("bad".into());
    let bad = start(camera("bad", server.url("/live").unwrap()), &sink);
    let lost = sink.wait_lost("bad");
    assert_eq!(lost.kind(), "panicked");
    assert!(lost.to_string().contains("the sink has a bad day"), "{lost}");
    sink.wait_frames("bad", 10);
    let frames = sink.lock().count("other");
    sink.wait_frames("other", frames + 10);
    assert_eq!(other.stats().reconnects, 0);
    assert_eq!(bad.stats().reconnects, 1);
    other.stop(STOP_WITHIN).unwrap();
    bad.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_decoder_that_does_not_work_is_replaced_by_the_next() {
    let server = serve(vec![pattern("/live", "x264enc tune=zerolatency key-int-max=15 ! rtph264pay")]);
    let sink = FrameRecorder::new();
    let mut source = camera("cam", server.url("/live").unwrap());
    // One that does not exist, one that takes H.264 but never gives a picture, then software.
    source.decoder.preferred = ["no-such-decoder".to_owned(), "identity".to_owned()].into();
    let handle = start(source, &sink);
    let info = sink.wait_connected("cam");
    assert!(info.decoder.ends_with("h264") || info.decoder.contains("h264dec"), "{}", info.decoder);
    assert_eq!(handle.stats().reconnects, 0, "no camera was lost, only a decoder changed");
    handle.stop(STOP_WITHIN).unwrap();
}
