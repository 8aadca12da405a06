//! Cameras and recorders that send a client on to another address.

use lookout::types::transport::Transport;
use lookout::video::{CameraEvent, ReceivedBy, Receiver};

use super::here::{Watched, answering, reads_well};
use crate::support::rtsp_cameras::{STOP_WITHIN, by, camera, h264, start, with_password};
use crate::support::rtsp_plain::{Answer, Behaviour, Login, Media, PlainServer};
use crate::support::rtsp_sink::FrameRecorder;

const USER: &str = "admin";
const PASSWORD: &str = "geheim";

fn asking() -> Behaviour {
    let login = Login::Basic { user: USER.into(), password: PASSWORD.into() };
    Behaviour { login, ..Behaviour::default() }
}

fn sending_on(method: &'static str, status: u16, to: &str) -> Behaviour {
    answering(method, Answer::Redirect(status, to.to_owned()))
}

fn logins(server: &PlainServer) -> usize {
    server.requests().iter().filter(|request| request.headers.contains_key("authorization")).count()
}

#[test]
fn every_status_that_sends_us_on_is_followed_whoever_receives() {
    let target = PlainServer::start(h264(), Behaviour::default());
    let to = format!("rtsp://127.0.0.1:{}/stream", target.port());
    for status in [301, 302, 303, 305, 307, 308] {
        for (transport, receiver) in [
            (Transport::Tcp, Receiver::Auto),
            (Transport::Tcp, Receiver::Gstreamer),
            (Transport::Udp, Receiver::Auto),
        ] {
            let watched = Watched::with(h264(), sending_on("DESCRIBE", status, &to), |mut source| {
                source.receiver = receiver;
                by(source, transport)
            });
            watched.sink.wait_frames("cam", 5);
            let stats = watched.handle.stats();
            assert_eq!(stats.redirected_to.as_deref(), Some(&*to), "{status} {transport} {receiver:?}");
            if (transport, receiver) == (Transport::Tcp, Receiver::Auto) {
                assert_eq!(stats.received_by, Some(ReceivedBy::Lean));
            }
            assert!(watched.sink.lock().losses("cam").is_empty(), "{status} {transport} {receiver:?}");
            watched.stop();
        }
    }
}

#[test]
fn a_redirect_at_options_is_followed() {
    let target = PlainServer::start(h264(), Behaviour::default());
    let to = format!("rtsp://127.0.0.1:{}/stream", target.port());
    for status in [302, 303] {
        let mut behaviour = sending_on("OPTIONS", status, &to);
        behaviour.answers.insert("DESCRIBE", Answer::Redirect(status, to.clone()));
        for receiver in [Receiver::Auto, Receiver::Gstreamer] {
            let watched = Watched::with(h264(), behaviour.clone(), |mut source| {
                source.receiver = receiver;
                source
            });
            watched.sink.wait_frames("cam", 5);
            watched.stop();
        }
    }
}

#[test]
fn the_login_goes_along_to_another_port_of_the_same_host_only() {
    let same_host = PlainServer::start(h264(), asking());
    let other_host = PlainServer::start(h264(), Behaviour::default());
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let to = format!("rtsp://127.0.0.1:{}/stream", same_host.port());
        let watched = Watched::with(h264(), sending_on("DESCRIBE", 302, &to), |mut source| {
            source.receiver = receiver;
            with_password(source, USER, PASSWORD)
        });
        watched.sink.wait_frames("cam", 5);
        watched.stop();
        assert!(logins(&same_host) > 0);

        let to = format!("rtsp://localhost:{}/stream", other_host.port());
        let watched = Watched::with(h264(), sending_on("DESCRIBE", 302, &to), |mut source| {
            source.receiver = receiver;
            with_password(source, USER, PASSWORD)
        });
        watched.sink.wait_frames("cam", 5);
        watched.stop();
        assert_eq!(logins(&other_host), 0, "{receiver:?}");
    }
}

/// Recorders that spread their clients do so once the client is known.
#[test]
fn a_redirect_after_the_login_leaves_it_behind_as_well() {
    let other_host = PlainServer::start(h264(), Behaviour::default());
    let to = format!("rtsp://localhost:{}/stream", other_host.port());
    let watched = Watched::with(h264(), asking(), |source| with_password(source, USER, PASSWORD));
    watched.sink.wait_frames("cam", 5);
    watched.server.change(|behaviour| {
        behaviour.answers.insert("SETUP", Answer::Redirect(302, to.clone()));
        behaviour.media = Media::ClosesInMidFrame(0);
    });
    watched.sink.wait("pictures from there", |_| {
        (watched.handle.stats().redirected_to.as_deref() == Some(&*to)).then_some(())
    });
    watched.wait_more(5);
    assert!(logins(&watched.server) > 0);
    watched.stop();
    assert_eq!(logins(&other_host), 0);
}

#[test]
fn a_camera_that_sends_on_only_whoever_is_logged_in_is_followed() {
    let target = PlainServer::start(h264(), Behaviour::default());
    let to = format!("rtsp://localhost:{}/stream", target.port());
    let digest = Login::Digest { user: USER.into(), password: PASSWORD.into(), sha256: false };
    // GStreamer goes on by itself after 302, and after no other one.
    for (login, status) in [(asking().login, 302), (asking().login, 307), (digest, 307)] {
        for (transport, receiver) in [
            (Transport::Tcp, Receiver::Auto),
            (Transport::Tcp, Receiver::Gstreamer),
            (Transport::Udp, Receiver::Auto),
        ] {
            let mut behaviour = Behaviour { login: login.clone(), ..Behaviour::default() };
            behaviour.answers.insert("DESCRIBE", Answer::RedirectKnown(status, to.clone()));
            let watched = Watched::with(h264(), behaviour, |mut source| {
                source.receiver = receiver;
                with_password(by(source, transport), USER, PASSWORD)
            });
            watched.sink.wait_frames("cam", 5);
            let stats = watched.handle.stats();
            assert_eq!(stats.redirected_to.as_deref(), Some(&*to), "{status} {transport} {receiver:?}");
            assert!(watched.sink.lock().losses("cam").is_empty(), "{status} {transport} {receiver:?}");
            watched.stop();
        }
    }
    assert_eq!(logins(&target), 0);
}

#[test]
fn another_host_that_asks_for_a_login_is_named_and_does_not_get_it() {
    let other_host = PlainServer::start(h264(), asking());
    let to = format!("rtsp://localhost:{}/stream", other_host.port());
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let watched = Watched::with(h264(), sending_on("DESCRIBE", 302, &to), |mut source| {
            source.receiver = receiver;
            with_password(source, USER, PASSWORD)
        });
        let lost = watched.lost();
        assert_eq!(lost.kind(), "login_elsewhere", "{receiver:?}: {lost}");
        assert!(lost.to_string().contains(&to), "{lost}");
        reads_well(&lost);
        watched.stop();
        assert_eq!(logins(&other_host), 0);
    }
}

#[test]
fn what_is_wrong_elsewhere_is_reported_with_who_sent_us_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = format!("127.0.0.1:{}", free.local_addr().unwrap().port());
    drop(free);
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let sending = sending_on("DESCRIBE", 302, &format!("rtsp://{dead}/stream"));
        let watched = Watched::with(h264(), sending, |mut source| {
            source.receiver = receiver;
            source
        });
        let lost = watched.lost();
        assert_eq!(lost.kind(), "refused", "{receiver:?}: {lost}");
        let sender =
            format!("the camera at rtsp://127.0.0.1:{}/stream sends us there", watched.server.port());
        assert!(lost.to_string().contains(&dead) && lost.to_string().contains(&sender), "{lost}");
        reads_well(&lost);
        watched.stop();
    }
}

#[test]
fn a_circle_of_addresses_is_said_to_be_one() {
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let server = PlainServer::start(h264(), Behaviour::default());
        let second = PlainServer::start(
            h264(),
            sending_on("DESCRIBE", 302, &format!("rtsp://127.0.0.1:{}/stream", server.port())),
        );
        let to = format!("rtsp://127.0.0.1:{}/stream", second.port());
        server.change(|behaviour| {
            behaviour.answers.insert("DESCRIBE", Answer::Redirect(302, to));
        });
        let sink = FrameRecorder::new();
        let mut source = camera("cam", server.url());
        source.receiver = receiver;
        let handle = start(source, &sink);
        let lost = sink.wait_lost("cam");
        assert_eq!(lost.kind(), "redirect", "{lost}");
        assert!(lost.to_string().contains("in a circle"), "{lost}");
        reads_well(&lost);
        handle.stop(STOP_WITHIN).unwrap();
        let to_itself = Watched::with(h264(), Behaviour::default(), |mut source| {
            source.receiver = receiver;
            source
        });
        to_itself.sink.wait_frames("cam", 5);
        let own = format!("rtsp://127.0.0.1:{}/stream", to_itself.server.port());
        to_itself.server.change(|behaviour| {
            *behaviour = sending_on("DESCRIBE", 302, &own);
            behaviour.media = Media::ClosesInMidFrame(0);
        });
        to_itself.sink.wait("the word about the circle", |seen| {
            seen.losses("cam").iter().any(|lost| lost.kind() == "redirect").then_some(())
        });
        to_itself.stop();
    }
}

#[test]
fn nobody_is_followed_further_than_five_times() {
    let last = PlainServer::start(h264(), Behaviour::default());
    let mut chain = vec![last];
    for _ in 0..6 {
        let to = format!("rtsp://127.0.0.1:{}/stream", chain.last().unwrap().port());
        chain.push(PlainServer::start(h264(), sending_on("DESCRIBE", 302, &to)));
    }
    for (first, plays) in [(5, true), (6, false)] {
        let sink = FrameRecorder::new();
        let handle = start(camera("cam", chain[first].url()), &sink);
        let outcome = sink.wait("an outcome", |seen| match seen.events.first() {
            Some((_, CameraEvent::Connected(_))) => Some(None),
            Some((_, CameraEvent::Lost { reason, .. })) => Some(Some(reason.clone())),
            _ => None,
        });
        assert_eq!(outcome.as_ref().map(|lost| lost.kind()), (!plays).then_some("redirect"), "{outcome:?}");
        handle.stop(STOP_WITHIN).unwrap();
    }
}
