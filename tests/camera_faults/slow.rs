//! Cameras that need long for an answer: those that have to wake up first.

use std::time::{Duration, Instant};

use lookout::video::{Receiver, RetryLimits};

use super::here::Watched;
use crate::support::rtsp_cameras::h264;
use crate::support::rtsp_plain::Behaviour;

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
