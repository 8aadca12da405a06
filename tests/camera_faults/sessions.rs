//! Sessions: their names, their timeouts, and what keeps them alive.

use std::time::Duration;

use lookout::types::transport::Transport;
use lookout::video::{ReceivedBy, Receiver};

use super::here::{Watched, answering};
use crate::support::rtsp_cameras::h264;
use crate::support::rtsp_plain::{Answer, Behaviour};

/// A camera that drops who does not ask anything for `timeout_secs`, and knows only these methods.
fn impatient(timeout_secs: Option<u64>, public: &'static str) -> Behaviour {
    Behaviour {
        timeout_secs,
        public,
        drops_silent_clients: true,
        takes_reports: false,
        ..Behaviour::default()
    }
}

const BASIC: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN";
const USUAL: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER";

/// Well past the timeout: pictures and not one loss.
fn outlives(watched: &Watched, timeout_secs: u64) {
    watched.holds_with(0.9, (timeout_secs + timeout_secs / 2 + 2) * 25);
}

#[test]
fn a_camera_that_only_knows_options_is_kept_alive_with_it() {
    let watched = Watched::over(Transport::Udp, impatient(Some(10), BASIC));
    outlives(&watched, 10);
    assert!(watched.server.count("OPTIONS") >= 2);
    assert_eq!(watched.server.count("GET_PARAMETER"), 0);
    watched.stop();
}

#[test]
fn a_camera_that_only_hears_get_parameter_is_kept_alive_with_it() {
    let watched = Watched::over(Transport::Udp, impatient(Some(10), USUAL));
    // Asked once, it hangs up over OPTIONS.
    watched.sink.wait_frames("cam", 5);
    watched.server.change(|behaviour| {
        behaviour.answers.insert("OPTIONS", Answer::StatusAndClose(400, "Bad Request"));
    });
    outlives(&watched, 10);
    assert!(watched.server.count("GET_PARAMETER") >= 1);
    watched.stop();
}

#[test]
fn set_parameter_is_never_asked_of_a_camera_that_hangs_up_over_it() {
    let mut behaviour =
        impatient(Some(10), "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER");
    behaviour.answers.insert("SET_PARAMETER", Answer::StatusAndClose(400, "Bad Request"));
    let watched = Watched::over(Transport::Udp, behaviour);
    outlives(&watched, 10);
    assert_eq!(watched.server.count("SET_PARAMETER"), 0);
    watched.stop();
}

#[test]
fn a_missing_timeout_is_taken_for_sixty_seconds() {
    let watched = Watched::over(Transport::Udp, impatient(None, BASIC));
    // In steps, because no wait of a test is that long.
    for _ in 0..4 {
        watched.holds_with(0.9, 18 * 25);
    }
    watched.stop();
}

/// In the RTSP connection the client's receiver reports are its sign of life, as RFC 2326 and most cameras have it.
#[test]
fn reports_in_the_connection_keep_a_session_alive() {
    let watched = Watched::start(Behaviour { takes_reports: true, ..impatient(Some(10), USUAL) });
    outlives(&watched, 10);
    watched.stop();
}

/// The lean receiver asks in the connection that carries the pictures, too.
#[test]
fn a_camera_that_counts_only_requests_is_asked_in_time() {
    for public in [BASIC, USUAL] {
        let watched = Watched::start(impatient(Some(5), public));
        outlives(&watched, 10);
        assert_eq!(watched.handle.stats().received_by, Some(ReceivedBy::Lean));
        watched.stop();
    }
}

/// GStreamer 1.22 asks nothing in a connection that carries pictures. A camera that counts only requests hangs up after
/// every timeout: the loss must be short, and its hint must name the way out.
#[test]
fn a_camera_that_counts_only_requests_is_lost_for_a_moment_and_the_hint_says_udp() {
    let watched = Watched::with(h264(), impatient(Some(5), USUAL), |mut source| {
        source.receiver = Receiver::Gstreamer;
        source
    });
    watched.sink.wait_connections("cam", 3);
    let lost = watched.lost();
    assert!(lost.kind() == "closed" && lost.to_string().contains("transport = \"udp\""), "{lost}");
    let seen = watched.sink.lock();
    let longest = seen.frames["cam"].windows(2).map(|pair| pair[1].mono - pair[0].mono).max().unwrap();
    assert!(longest < Duration::from_secs(4), "{longest:?} without a picture");
    drop(seen);
    watched.stop();
}

#[test]
fn a_keepalive_that_is_refused_does_not_end_a_stream_that_runs() {
    let mut behaviour = answering("GET_PARAMETER", Answer::Status(451, "Parameter Not Understood"));
    behaviour.timeout_secs = Some(10);
    let watched = Watched::over(Transport::Udp, behaviour);
    watched.sink.wait_frames("cam", 5);
    watched.server.wait_asked("GET_PARAMETER", 1, Duration::from_secs(30));
    watched.holds();
    watched.stop();
}

#[test]
fn a_keepalive_that_is_never_answered_does_not_end_a_stream_that_runs() {
    let mut behaviour = answering("GET_PARAMETER", Answer::Silence);
    behaviour.timeout_secs = Some(10);
    let watched = Watched::over(Transport::Udp, behaviour);
    watched.sink.wait_frames("cam", 5);
    watched.server.wait_asked("GET_PARAMETER", 1, Duration::from_secs(30));
    watched.holds();
    watched.stop();
}

#[test]
fn a_session_that_changes_its_name_goes_on() {
    let watched = Watched::start(Behaviour { session_changes: true, ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

/// Answers that leave something out or write it in their own way: what was asked for stands, and nothing is guessed.
#[test]
fn answers_to_setup_are_read_however_cameras_write_them() {
    for lines in [
        "Session:4711;timeout=60\nTransport:RTP/AVP/TCP;unicast",
        "Session:4711 ;timeout=60\nTransport:RTP/AVP/TCP;unicast;interleaved=0-1",
        "Session:4711 ; timeout = 60 \nTransport:RTP/AVP/TCP; unicast; interleaved = 0 - 1 ",
        "session:4711\ntransport:RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=ZZ;mode=\"PLAY\"",
        "SESSION:4711;timeout=0\nTRANSPORT:rtp/avp/tcp;Unicast;Interleaved=0",
        "Session:4711;server_timeout=60\nTransport:RTP/AVP/TCP;unicast;interleaved=0-1",
        "Session:4711",
        "Transport:RTP/AVP/TCP;unicast;interleaved=0-1",
    ] {
        let watched = Watched::start(Behaviour { set_up: Some(lines), ..Behaviour::default() });
        watched.holds_with(0.9, 50);
        assert_eq!(watched.handle.stats().received_by, Some(ReceivedBy::Lean), "{lines}");
        watched.stop();
    }
}

#[test]
fn answers_without_a_number_answer_what_was_asked() {
    let watched = Watched::start(Behaviour { numbered: false, ..Behaviour::default() });
    watched.holds();
    assert_eq!(watched.handle.stats().received_by, Some(ReceivedBy::Lean));
    watched.stop();
}

#[test]
fn a_camera_that_names_no_methods_is_given_signs_of_life_with_options() {
    let mut behaviour = impatient(Some(5), BASIC);
    behaviour.answers.insert("OPTIONS", Answer::Status(200, "OK"));
    let watched = Watched::start(behaviour);
    outlives(&watched, 10);
    assert_eq!(watched.server.count("GET_PARAMETER"), 0);
    watched.stop();
}

/// Somebody else's panic is ours as well: nothing that a camera says may reach one.
#[test]
fn no_answer_of_a_camera_makes_anything_panic() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        if thread.name().is_some_and(|name| name == "receive") {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        before(info);
    }));
    for lines in [
        "Session:4711 ;timeout=60\nTransport:RTP/AVP/TCP;unicast;interleaved=0-1",
        "Session:\nTransport:",
        "Session:\u{1}\u{7f}é;timeout=99999999999999999999\nTransport:RTP/AVP/TCP;interleaved=999-1000;ssrc=x",
        "Session:;;;=;timeout\nTransport:;;;interleaved",
        "X-Nothing:x",
    ] {
        let watched = Watched::start(Behaviour { set_up: Some(lines), ..Behaviour::default() });
        watched.sink.wait("an outcome", |seen| (!seen.events.is_empty()).then_some(()));
        watched.stop();
    }
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}
