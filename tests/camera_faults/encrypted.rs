//! Cameras at `rtsps://` addresses, with certificates of every kind.

use lookout::video::{Fingerprint, Receiver, RtspUrl, Source, Trust, VideoError};

use crate::support::rtsp_cameras::{STOP_WITHIN, camera, h264, start};
use crate::support::rtsp_plain::{Behaviour, PlainServer};
use crate::support::rtsp_sink::FrameRecorder;
use crate::support::tls_front::{Authority, Kind, TlsFront};

use super::here::reads_well;

struct Encrypted {
    authority: Authority,
    front: TlsFront,
    _server: PlainServer,
}

fn showing(kind: Kind) -> Encrypted {
    let server = PlainServer::start(h264(), Behaviour::default());
    let authority = Authority::new();
    let front = TlsFront::start(&authority, kind, server.port());
    Encrypted { authority, front, _server: server }
}

impl Encrypted {
    fn believing(&self, trust: Trust) -> Source {
        let mut source = camera("cam", self.front.url());
        source.trust = trust;
        source
    }

    fn plays(&self, trust: Trust) {
        let sink = FrameRecorder::new();
        let handle = start(self.believing(trust), &sink);
        sink.wait_frames("cam", 25);
        assert!(sink.lock().losses("cam").is_empty());
        handle.stop(STOP_WITHIN).unwrap();
    }

    fn is_refused(&self, trust: Trust) -> VideoError {
        let sink = FrameRecorder::new();
        let handle = start(self.believing(trust), &sink);
        let lost = sink.wait_lost("cam");
        assert_eq!(sink.lock().count("cam"), 0);
        handle.stop(STOP_WITHIN).unwrap();
        reads_well(&lost);
        lost
    }
}

fn pin(text: &str) -> Trust {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    Trust::Pinned(Fingerprint::new(std::array::from_fn(byte)))
}

#[test]
fn a_certificate_of_a_named_authority_is_believed_and_that_of_another_is_not() {
    let good = showing(Kind::Good);
    // Refused first: GLib goes on with a session that was believed once.
    let lost = good.is_refused(Trust::System);
    assert_eq!(lost.kind(), "certificate_unknown_authority", "{lost}");
    assert!(
        lost.to_string().contains("ca_file") && lost.to_string().contains(&good.front.fingerprint),
        "{lost}"
    );
    let another = good.is_refused(Trust::Authority(Authority::new().file()));
    assert_eq!(another.kind(), "certificate_unknown_authority", "{another}");
    let missing = good.is_refused(Trust::Authority("/nowhere/ca.pem".into()));
    assert_eq!(missing.kind(), "authorities_unreadable", "{missing}");
    good.plays(Trust::Authority(good.authority.file()));
}

#[test]
fn a_self_signed_certificate_is_named_with_the_fingerprint_that_opens_it() {
    let own = showing(Kind::SelfSigned);
    let lost = own.is_refused(Trust::System);
    assert_eq!(lost.kind(), "certificate_self_signed", "{lost}");
    let hint = format!("certificate_sha256 = \"{}\"", own.front.fingerprint);
    assert!(lost.to_string().contains(&hint), "{lost}");
    own.plays(pin(&own.front.fingerprint));
}

#[test]
fn an_expired_certificate_is_named_and_opens_where_it_is_pinned() {
    let expired = showing(Kind::Expired);
    let lost = expired.is_refused(Trust::Authority(expired.authority.file()));
    assert_eq!(lost.kind(), "certificate_expired", "{lost}");
    expired.plays(pin(&expired.front.fingerprint));
}

#[test]
fn a_certificate_for_another_name_is_named() {
    let wrong = showing(Kind::WrongName);
    let lost = wrong.is_refused(Trust::Authority(wrong.authority.file()));
    assert_eq!(lost.kind(), "certificate_wrong_name", "{lost}");
}

#[test]
fn another_certificate_than_the_pinned_one_is_never_believed() {
    let other = showing(Kind::SelfSigned);
    for kind in [Kind::Good, Kind::SelfSigned] {
        let shown = showing(kind);
        let lost = shown.is_refused(pin(&other.front.fingerprint));
        assert_eq!(lost.kind(), "certificate_not_the_pinned", "{kind:?}: {lost}");
    }
}

#[test]
fn a_port_without_encryption_is_said_to_be_one() {
    let plain = PlainServer::start(h264(), Behaviour::default());
    let url = RtspUrl::parse(&format!("rtsps://127.0.0.1:{}/stream", plain.port())).unwrap();
    let sink = FrameRecorder::new();
    let handle = start(camera("cam", url), &sink);
    let lost = sink.wait_lost("cam");
    assert_eq!(lost.kind(), "tls_refused", "{lost}");
    assert!(lost.to_string().contains("322") && !lost.to_string().contains("cable"), "{lost}");
    handle.stop(STOP_WITHIN).unwrap();
}

#[test]
fn a_port_that_wants_encryption_is_said_to_be_one() {
    let encrypted = showing(Kind::SelfSigned);
    let url = encrypted.front.url().to_string().replace("rtsps://", "rtsp://");
    for receiver in [Receiver::Auto, Receiver::Gstreamer] {
        let sink = FrameRecorder::new();
        let mut source = camera("cam", RtspUrl::parse(&url).unwrap());
        source.receiver = receiver;
        let handle = start(source, &sink);
        let lost = sink.wait_lost("cam");
        handle.stop(STOP_WITHIN).unwrap();
        assert_eq!(lost.kind(), "encrypted_port", "{receiver:?}: {lost}");
        assert!(lost.to_string().contains("rtsps://"), "{lost}");
        reads_well(&lost);
    }
}
