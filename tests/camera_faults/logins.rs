//! Cameras that ask who is there, in all their ways.

use std::time::{Duration, Instant};

use lookout::types::transport::Transport;
use lookout::video::{CameraEvent, ReceivedBy, Receiver, RetryLimits};

use super::here::{Watched, reads_well};
use crate::support::rtsp_cameras::{by, camera, h264, start, with_password};
use crate::support::rtsp_plain::{Behaviour, Login, Media, PlainServer};
use crate::support::rtsp_sink::FrameRecorder;

const USER: &str = "admin";
const PASSWORD: &str = "p@ss:1";

fn digest(sha256: bool) -> Login {
    Login::Digest { user: USER.into(), password: PASSWORD.into(), sha256 }
}

fn asking(login: Login) -> Behaviour {
    Behaviour { login, ..Behaviour::default() }
}

fn knowing(behaviour: Behaviour) -> Watched {
    Watched::with(h264(), behaviour, |source| with_password(source, USER, PASSWORD))
}

#[test]
fn a_right_password_opens_and_a_wrong_one_is_named() {
    let basic = Login::Basic { user: USER.into(), password: PASSWORD.into() };
    for login in [basic, digest(false)] {
        let server = PlainServer::start(h264(), asking(login.clone()));
        let sink = FrameRecorder::new();
        let cameras = [
            start(with_password(camera("right", server.url()), USER, PASSWORD), &sink),
            start(with_password(camera("wrong", server.url()), USER, "no"), &sink),
            start(camera("none", server.url()), &sink),
        ];
        sink.wait_frames("right", 10);
        assert_eq!(sink.wait_lost("wrong").kind(), "password_wrong", "{login:?}");
        assert_eq!(sink.wait_lost("none").kind(), "password_needed", "{login:?}");
        for camera in cameras {
            camera.stop(Duration::from_secs(10)).unwrap();
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
fn of_several_challenges_one_that_is_understood_is_taken() {
    let watched = knowing(asking(Login::Several { user: USER.into(), password: PASSWORD.into() }));
    watched.holds();
    watched.stop();
}

#[test]
fn a_camera_that_only_takes_sha_256_is_opened() {
    let watched = knowing(asking(digest(true)));
    watched.holds();
    assert_eq!(watched.handle.stats().received_by, Some(ReceivedBy::Lean));
    watched.stop();
    let wrong = Watched::with(h264(), asking(digest(true)), |source| with_password(source, USER, "no"));
    let lost = wrong.lost();
    assert_eq!(lost.kind(), "password_wrong", "{lost}");
    wrong.stop();
}

#[test]
fn a_camera_that_only_takes_sha_256_is_said_to_be_one() {
    let watched = Watched::with(h264(), asking(digest(true)), |mut source| {
        source.receiver = Receiver::Gstreamer;
        with_password(source, USER, PASSWORD)
    });
    let lost = watched.lost();
    assert_eq!(lost.kind(), "unknown_login");
    reads_well(&lost);
    watched.stop();
}

#[test]
fn a_nonce_that_serves_once_is_asked_for_again() {
    let watched = knowing(Behaviour { nonce_uses: Some(1), ..asking(digest(false)) });
    watched.holds();
    watched.stop();
}

/// The keepalive is answered 401 with a new nonce; the stream goes on.
#[test]
fn a_nonce_that_goes_stale_in_mid_stream_does_not_end_it() {
    let behaviour = Behaviour { timeout_secs: Some(10), drops_silent_clients: true, ..asking(digest(false)) };
    // By UDP, where the client keeps its session alive with requests.
    let watched =
        Watched::with(h264(), behaviour, |source| by(with_password(source, USER, PASSWORD), Transport::Udp));
    watched.sink.wait_frames("cam", 10);
    watched.server.forget_nonces();
    watched.server.wait_asked("GET_PARAMETER", 1, Duration::from_secs(30));
    watched.holds_with(0.9, 15 * 25);
    watched.stop();
}

/// Somebody changes the password while the stream runs, and the camera ends it.
#[test]
fn a_password_that_is_changed_in_mid_stream_is_named_at_the_next_connection() {
    let watched = knowing(asking(digest(false)));
    watched.sink.wait_frames("cam", 10);
    watched.server.change(|behaviour| {
        behaviour.login = Login::Digest { user: USER.into(), password: "new".into(), sha256: false };
        behaviour.media = Media::ClosesInMidFrame(0);
    });
    watched.sink.wait("the word about the password", |seen| {
        seen.losses("cam").iter().any(|lost| lost.kind() == "password_wrong").then_some(())
    });
    watched.stop();
}

/// A camera that boots answers 401 before it has read its list of users: the password that was right a moment ago is
/// tried again soon, but not so often that the camera locks the user out.
#[test]
fn a_password_that_was_right_before_is_tried_again_soon_and_not_too_often() {
    let watched = Watched::with(h264(), asking(digest(false)), |source| {
        let mut source = with_password(source, USER, PASSWORD);
        source.retry = RetryLimits::default();
        source
    });
    watched.sink.wait_frames("cam", 10);
    watched.server.change(|behaviour| {
        behaviour.login = Login::Digest { user: USER.into(), password: "not read yet".into(), sha256: false };
        behaviour.media = Media::ClosesInMidFrame(0);
    });
    let refused = |lost: &lookout::video::VideoError| lost.kind() == "password_wrong";
    watched.sink.wait("two refusals", |seen| {
        (seen.losses("cam").iter().filter(|lost| refused(lost)).count() >= 2).then_some(())
    });
    let booted = Instant::now();
    watched.server.change(|behaviour| *behaviour = asking(digest(false)));
    watched.sink.wait_connections("cam", 2);
    assert!(booted.elapsed() < Duration::from_secs(10), "{:?}", booted.elapsed());
    watched.stop();
}

/// A password that never was right is tried again after a minute, and then every quarter of an hour (`video::backoff`).
#[test]
fn a_wrong_password_does_not_lock_the_user_out() {
    let watched = Watched::with(h264(), asking(digest(false)), |source| with_password(source, USER, "no"));
    watched.lost();
    let seen = watched.sink.lock();
    let waits: Vec<Duration> = seen
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            CameraEvent::Lost { retry_in, .. } => Some(*retry_in),
            _ => None,
        })
        .collect();
    assert!(waits[0] >= Duration::from_secs(60), "{waits:?}");
    drop(seen);
    watched.stop();
}
