//! Requests that are refused, not answered, or answered by hanging up.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use lookout::video::{CameraEvent, RtspUrl};

use super::here::{Watched, answering, reads_well, receivers_that_ask};
use crate::support::rtsp_cameras::{STOP_WITHIN, camera, h264, start};
use crate::support::rtsp_plain::{Answer, Behaviour, PlainServer};
use crate::support::rtsp_sink::{FrameRecorder, PATIENCE};

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
        let watched = Watched::start(answering(method, Answer::Status(status, words)));
        let lost = watched.lost();
        assert_eq!(lost.kind(), kind, "{method} {status}: {lost}");
        reads_well(&lost);
        watched.stop();
    }
}

#[test]
fn a_camera_that_was_busy_is_watched_as_soon_as_it_has_room() {
    for (method, status) in [("SETUP", 453), ("PLAY", 503)] {
        let watched = Watched::start(answering(method, Answer::Status(status, "Busy")));
        watched.sink.wait_losses("cam", 4);
        let free = Instant::now();
        watched.server.change(|behaviour| behaviour.answers.clear());
        watched.sink.wait_frames("cam", 5);
        assert!(free.elapsed() < Duration::from_secs(10), "{method}: {:?}", free.elapsed());
        watched.stop();
    }
}

/// A path that is wrong now is wrong a second later. Times between attempts begin at 50 ms here and end at 400 ms for what
/// passes by itself.
#[test]
fn what_somebody_must_change_is_asked_for_ever_more_seldom_and_soon_again_when_it_changes() {
    let watched = Watched::start(answering("DESCRIBE", Answer::Status(404, "Not Found")));
    let waits = |kind: &str| -> Vec<Duration> {
        let seen = watched.sink.lock();
        let losses = seen.events.iter().filter_map(|(_, event)| match event {
            CameraEvent::Lost { reason, retry_in } if reason.kind() == kind => Some(*retry_in),
            _ => None,
        });
        losses.collect()
    };
    watched.sink.wait_losses("cam", 7);
    let seventh = waits("not_found")[6];
    assert!(seventh >= Duration::from_millis(1600), "{:?}", waits("not_found"));
    // Another kind of fault: somebody is at the camera.
    watched.server.change(|behaviour| {
        behaviour.answers = [("DESCRIBE", Answer::Status(453, "Not Enough Bandwidth"))].into();
    });
    watched.sink.wait("the other fault", |seen| {
        seen.losses("cam").iter().any(|lost| lost.kind() == "busy").then_some(())
    });
    assert!(waits("busy")[0] <= Duration::from_millis(50), "{:?}", waits("busy"));
    // Back to the first: from short waits on. Then the mended camera is asked for at once, where somebody says so.
    watched.server.change(|behaviour| {
        behaviour.answers = [("DESCRIBE", Answer::Status(404, "Not Found"))].into();
    });
    let so_far = waits("not_found").len();
    watched.sink.wait("seven more", |seen| {
        let count = seen.losses("cam").iter().filter(|lost| lost.kind() == "not_found").count();
        (count >= so_far + 8).then_some(())
    });
    let last = *waits("not_found").last().unwrap();
    assert!(last >= Duration::from_millis(3200), "{last:?}");
    watched.server.change(|behaviour| behaviour.answers.clear());
    let asked = Instant::now();
    watched.handle.retry_now();
    watched.sink.wait_frames("cam", 1);
    // By itself it would have waited for twice as long as the last time.
    assert!(asked.elapsed() < last.mul_f32(1.75), "{:?} after a wait of {last:?}", asked.elapsed());
    watched.stop();
}

#[test]
fn a_camera_that_accepts_and_never_answers_is_given_up_in_time() {
    for method in ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"] {
        for &receiver in receivers_that_ask(method) {
            let started = Instant::now();
            let watched = Watched::with(h264(), answering(method, Answer::Silence), |mut source| {
                source.stall_after = Duration::from_secs(1);
                source.receiver = receiver;
                source
            });
            let lost = watched.lost();
            assert_eq!(lost.kind(), "no_answer", "{method} {receiver:?}: {lost}");
            reads_well(&lost);
            assert!(started.elapsed() < Duration::from_secs(15), "{method}: {:?}", started.elapsed());
            watched.stop();
        }
    }
}

/// An attempt that hangs in an answer must not outlast the camera's recovery by much.
#[test]
fn a_camera_that_answers_again_is_watched_within_ten_seconds() {
    // With the times a box has by default.
    let watched = Watched::with(h264(), answering("DESCRIBE", Answer::Silence), |mut source| {
        source.retry = lookout::video::RetryLimits::default();
        source
    });
    // The worst moment: an attempt has just begun to wait.
    watched.server.wait_asked("DESCRIBE", 2, PATIENCE);
    let well = Instant::now();
    watched.server.change(|behaviour| behaviour.answers.clear());
    watched.sink.wait_frames("cam", 5);
    assert!(well.elapsed() < Duration::from_secs(10), "{:?}", well.elapsed());
    watched.stop();
}

#[test]
fn a_camera_that_hangs_up_is_tried_again() {
    for method in ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"] {
        for &receiver in receivers_that_ask(method) {
            let watched = Watched::with(h264(), answering(method, Answer::Close), |mut source| {
                source.receiver = receiver;
                source
            });
            let lost = watched.lost();
            assert_eq!(lost.kind(), "closed", "{method} {receiver:?}: {lost}");
            watched.server.change(|behaviour| behaviour.answers.clear());
            watched.sink.wait_frames("cam", 5);
            watched.stop();
        }
    }
}

#[test]
fn a_teardown_that_is_never_answered_delays_nothing() {
    for &receiver in receivers_that_ask("TEARDOWN") {
        let watched = Watched::with(h264(), answering("TEARDOWN", Answer::Silence), |mut source| {
            source.receiver = receiver;
            source
        });
        watched.sink.wait_frames("cam", 5);
        let Watched { server, handle, .. } = watched;
        let started = Instant::now();
        handle.stop(Duration::from_secs(5)).unwrap();
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        // The client asked, and the server did hear it.
        server.wait_asked("TEARDOWN", 1, PATIENCE);
    }
}

#[test]
fn a_camera_that_hangs_in_the_middle_of_connecting_can_be_stopped() {
    for method in ["OPTIONS", "DESCRIBE", "PLAY"] {
        for &receiver in receivers_that_ask(method) {
            let watched = Watched::with(h264(), answering(method, Answer::Silence), |mut source| {
                source.receiver = receiver;
                source
            });
            watched.server.wait_asked(method, 1, PATIENCE);
            let started = Instant::now();
            watched.handle.stop(Duration::from_secs(5)).unwrap();
            assert!(started.elapsed() < Duration::from_secs(5), "{method}: {:?}", started.elapsed());
        }
    }
}

#[test]
fn nobody_there_is_distinguished_from_somebody_else_there() {
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
        let sink = FrameRecorder::new();
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
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", server.url()), &sink);
    sink.wait_frames("cam", 10);
    server.stop();
    assert_eq!(sink.wait_losses("cam", 2).kind(), "refused");
    let frames = sink.lock().count("cam");
    let _server = PlainServer::start_on(port, h264().into(), Behaviour::default());
    sink.wait_frames("cam", frames + 10);
    handle.stop(STOP_WITHIN).unwrap();
}
