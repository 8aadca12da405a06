//! Headers and descriptions (SDP) that are not what the standards say.

use super::here::{Watched, reads_well};
use crate::support::rtsp_cameras::h264;
use crate::support::rtsp_plain::{Behaviour, ContentBase, description};

fn describing(sdp: String) -> Behaviour {
    Behaviour { sdp: Some(sdp), ..Behaviour::default() }
}

fn usual() -> String {
    description(&h264())
}

#[test]
fn a_description_without_its_owner_line_is_read() {
    let watched = Watched::start(describing(usual().replace("o=- 1 1 IN IP4 127.0.0.1\r\n", "")));
    watched.holds();
    watched.stop();
}

#[test]
fn lines_that_end_in_spaces_are_read() {
    let sdp = usual().replace("\r\n", " \r\n");
    let watched = Watched::start(Behaviour { trailing_spaces: true, sdp: Some(sdp), ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

#[test]
fn a_description_without_a_content_type_is_read() {
    let watched = Watched::start(Behaviour { content_type: false, ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

#[test]
fn a_relative_content_base_is_understood() {
    let watched = Watched::start(Behaviour { content_base: ContentBase::Relative, ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

#[test]
fn a_missing_content_base_is_the_camera_s_address() {
    let watched = Watched::start(Behaviour { content_base: ContentBase::Missing, ..Behaviour::default() });
    watched.holds();
    watched.stop();
}

/// The parameter sets in the stream are right; those in the description are of nobody, or no base64 at all.
#[test]
fn wrong_parameter_sets_in_the_description_do_no_harm() {
    for sets in ["Z0IAHpWoKA9k,aM48gA==", "AAAAAAAA,AAAA", "!!!,,;", "Z0IAHg"] {
        let line = format!("a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets}\r\n");
        let sdp = usual().replace("a=framerate", &format!("{line}a=framerate"));
        let watched = Watched::start(describing(sdp));
        watched.holds();
        watched.stop();
    }
}

#[test]
fn a_codec_that_nobody_reads_is_named() {
    let watched = Watched::start(describing(usual().replace("H264", "AV1")));
    let lost = watched.lost();
    assert_eq!(lost.kind(), "unsupported_codec");
    assert!(lost.to_string().contains("AV1"), "{lost}");
    watched.stop();
}

#[test]
fn a_description_that_is_none_is_said_to_be_empty_or_broken() {
    for sdp in ["", "\0\0\0\0", "v=0\r\n", "<html>no</html>", "m=video\r\nm=\r\na=rtpmap\r\n"] {
        let watched = Watched::start(describing(sdp.to_owned()));
        let lost = watched.lost();
        reads_well(&lost);
        assert!(
            ["no_video", "unsupported_codec", "broken", "rtsp_status"].contains(&lost.kind()),
            "{sdp:?}: {lost}"
        );
        watched.stop();
    }
}
