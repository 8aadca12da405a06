//! Cameras that need long for an answer: those that have to wake up first.

use std::io::{self, Read};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lookout::video::{Receiver, RetryLimits};

use super::here::Watched;
use crate::support::rtsp_cameras::{STOP_WITHIN, camera, h264, start};
use crate::support::rtsp_plain::{Behaviour, PlainServer};
use crate::support::rtsp_sink::FrameRecorder;

fn late(method: &'static str, secs: u64) -> Behaviour {
    Behaviour { delays: [(method, Duration::from_secs(secs))].into(), ..Behaviour::default() }
}

/// Without any setting: the first attempt is given up after the usual time, the next one waits.
#[test]
fn a_camera_that_answers_after_eight_seconds_is_waited_for_the_second_time() {
    for (method, receiver) in [
        ("DESCRIBE", Receiver::Auto),
        ("SETUP", Receiver::Auto),
        ("PLAY", Receiver::Auto),
        ("DESCRIBE", Receiver::Gstreamer),
    ] {
        let watched = Watched::with(h264(), late(method, 8), |mut source| {
            source.receiver = receiver;
            source
        });
        watched.sink.wait_frames("cam", 5);
        let losses = watched.sink.lock().losses("cam");
        let kinds: Vec<_> = losses.iter().map(|lost| lost.kind()).collect();
        assert_eq!(kinds, ["no_answer"], "{method} {receiver:?}");
        watched.stop();
    }
}

#[test]
fn a_camera_that_is_given_the_time_in_its_settings_is_not_lost_at_all() {
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let watched = Watched::with(h264(), late("DESCRIBE", 8), |mut source| {
            source.receiver = receiver;
            source.answer_within = Some(Duration::from_secs(15));
            source
        });
        watched.sink.wait_frames("cam", 5);
        assert!(watched.sink.lock().losses("cam").is_empty(), "{receiver:?}");
        watched.stop();
    }
}

/// What was asked before the camera restarted is never answered: patience must not keep us from asking anew.
#[test]
fn a_slow_camera_that_restarts_is_watched_within_ten_seconds_of_its_return() {
    let watched = Watched::with(h264(), late("DESCRIBE", 600), |mut source| {
        source.retry = RetryLimits::default();
        source
    });
    watched.server.wait_asked("DESCRIBE", 2, Duration::from_secs(20));
    let well = Instant::now();
    watched.server.change(|behaviour| behaviour.delays.clear());
    watched.sink.wait_frames("cam", 5);
    assert!(well.elapsed() < Duration::from_secs(10), "{:?}", well.elapsed());
    watched.stop();
}

fn address(listener: &TcpListener) -> lookout::video::RtspUrl {
    lookout::video::RtspUrl::parse(&format!("rtsp://{}/stream", listener.local_addr().unwrap())).unwrap()
}

/// A sleeping camera has room for one client or two.
#[test]
fn a_camera_that_does_not_answer_has_never_more_than_two_connections_of_ours() {
    const ENOUGH: usize = 9;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = address(&listener);
    let open = Arc::new(AtomicUsize::new(0));
    let counting = std::thread::spawn(move || {
        let mut most = 0;
        for connection in listener.incoming().take(ENOUGH) {
            let mut connection = connection.unwrap();
            open.fetch_add(1, Ordering::SeqCst);
            let of_reader = open.clone();
            std::thread::spawn(move || {
                let mut asked = [0; 1024];
                while connection.read(&mut asked).is_ok_and(|length| length > 0) {}
                of_reader.fetch_sub(1, Ordering::SeqCst);
            });
            // What was closed just before may still be noticed.
            let until = Instant::now() + Duration::from_secs(1);
            while open.load(Ordering::SeqCst) > 2 && Instant::now() < until {
                std::thread::yield_now();
            }
            most = most.max(open.load(Ordering::SeqCst));
        }
        most
    });
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", url), &sink);
    assert_eq!(counting.join().unwrap(), 2);
    handle.stop(STOP_WITHIN).unwrap();
}

/// It closes the older connection for the sake of the newer one: then the newer one must be left in peace.
#[test]
fn a_slow_camera_with_room_for_one_client_is_watched() {
    let server = PlainServer::start(h264(), late("DESCRIBE", 8));
    let behind = ("127.0.0.1", server.port());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = address(&listener);
    std::thread::spawn(move || {
        let mut last: Option<TcpStream> = None;
        for client in listener.incoming() {
            let (Ok(client), Ok(camera)) = (client, TcpStream::connect(behind)) else { return };
            if let Some(last) = last.replace(client.try_clone().unwrap()) {
                // It may have been closed already.
                let _ = last.shutdown(Shutdown::Both);
            }
            for (from, to) in [(&client, &camera), (&camera, &client)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", url), &sink);
    sink.wait_frames("cam", 5);
    handle.stop(STOP_WITHIN).unwrap();
}
