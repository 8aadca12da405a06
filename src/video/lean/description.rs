//! The stream of a camera and its control addresses, from the session description (RFC 4566).
//!
//! Pure, but for what it notes in the attempt. Cameras write addresses as they like: what RFC 2326 says (appendix C.1) and
//! what cameras do differ, and then cameras are right.

use gstreamer_sdp as gst_sdp;
use url::Url;

use super::message::Answer;
use super::parameter_sets;
use super::trouble::Trouble;
use crate::text::stream;
use crate::video::decoder::Codec;
use crate::video::pipeline::AttemptContext;
use crate::video::rtsp;

/// RFC 6184 and RFC 7798 know no other; some cameras leave it out.
const CLOCK_RATE: u32 = 90_000;

/// The stream that is watched.
pub(super) struct Chosen {
    pub codec: Codec,
    pub described: Vec<Vec<u8>>,
    pub clock_rate: u32,
    /// What SETUP asks for.
    pub stream: Url,
    /// What everything else asks for.
    pub all: Url,
}

/// The first video stream that we read, if it is of a kind that is received here.
pub(super) fn choose(asked: &Url, answer: &Answer, context: &AttemptContext) -> Result<Chosen, Trouble> {
    let unread = || Trouble::Misread(stream::description_unreadable());
    // The reader calls no bytes at all an error of ours.
    let described = Some(&answer.body).filter(|body| !body.is_empty()).ok_or_else(unread)?;
    let sdp = gst_sdp::SDPMessage::parse_buffer(described).map_err(|_| unread())?;
    rtsp::read_sdp(&sdp, context).map_err(Trouble::Fault)?;
    let readable = sdp.medias().filter(|media| media.media() == Some("video")).find_map(|media| {
        let codec = Codec::from_rtp(&rtsp::encoding_of(media))?;
        Some((codec, media))
    });
    let (codec, media) = readable.ok_or_else(|| Trouble::Misread(stream::description_ambiguous()))?;
    if !matches!(codec, Codec::H264 | Codec::H265) {
        return Err(Trouble::Unsuited(stream::sends_codec(codec.to_string())));
    }
    let base = base(asked, answer);
    let wrong = || Trouble::Unsuited(stream::stream_address_unreadable());
    let all = match sdp.attribute_val("control") {
        Some(control) => joined(&base, control).ok_or_else(wrong)?,
        None => asked.clone(),
    };
    let stream = match media.attribute_val("control") {
        Some(control) if control.trim() != "*" => joined(&base, control).ok_or_else(wrong)?,
        _ => all.clone(),
    };
    let clock_rate = media
        .attribute_val("rtpmap")
        .and_then(|map| map.trim().split('/').nth(1)?.trim().parse().ok())
        .filter(|rate| *rate > 0)
        .unwrap_or(CLOCK_RATE);
    let parameters = media.attribute_val("fmtp").unwrap_or("");
    context.known.lock().codec = Some(codec);
    Ok(Chosen { codec, described: parameter_sets::described(codec, parameters), clock_rate, stream, all })
}

/// The address that relative ones start from: a whole one, one without scheme, or only a path.
fn base(asked: &Url, answer: &Answer) -> Url {
    let given = answer.head.get("Content-Base").or_else(|| answer.head.get("Content-Location"));
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else { return asked.clone() };
    let absolute = || Url::parse(given).ok().filter(has_host);
    let without_scheme = || {
        let text = format!("{}://{given}", asked.scheme());
        Url::parse(&text).ok().filter(|url| has_host(url) && url.host_str() == asked.host_str())
    };
    let relative = || asked.join(given).ok().filter(has_host);
    absolute().or_else(without_scheme).or_else(relative).unwrap_or_else(|| asked.clone())
}

fn has_host(url: &Url) -> bool {
    url.host_str().is_some_and(|host| !host.is_empty())
}

/// Put together as cameras mean it: behind the base, whatever it ends in.
fn joined(base: &Url, control: &str) -> Option<Url> {
    let control = control.trim();
    if control == "*" || control.is_empty() {
        return Some(base.clone());
    }
    if let Ok(whole) = Url::parse(control)
        && has_host(&whole)
    {
        return Some(whole);
    }
    let between = if base.as_str().ends_with('/') { "" } else { "/" };
    Url::parse(&format!("{base}{between}{control}")).ok().filter(has_host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::lean::message::{self, Message};

    fn based(header: &str) -> String {
        let text = format!("RTSP/1.0 200 OK\r\n{header}\r\n\r\n");
        let Ok(Some((Message::Answer(answer), _))) = message::next(text.as_bytes()) else { panic!("{text}") };
        base(&Url::parse("rtsp://cam:8554/live/1?a=b").unwrap(), &answer).to_string()
    }

    #[test]
    fn the_base_is_read_as_cameras_write_it() {
        for (header, expected) in [
            ("Content-Base: rtsp://cam:8554/live/1/", "rtsp://cam:8554/live/1/"),
            ("content-location:rtsp://10.0.0.1/x", "rtsp://10.0.0.1/x"),
            ("Content-Base: cam:8554/live/1/", "rtsp://cam:8554/live/1/"),
            ("Content-Base: /stream/", "rtsp://cam:8554/stream/"),
            ("Content-Base: ", "rtsp://cam:8554/live/1?a=b"),
            ("X: y", "rtsp://cam:8554/live/1?a=b"),
        ] {
            assert_eq!(based(header), expected, "{header}");
        }
    }

    #[test]
    fn the_stream_stands_behind_the_base() {
        let base = Url::parse("rtsp://cam/cam/realmonitor?channel=1&subtype=0").unwrap();
        for (control, expected) in [
            ("trackID=0", "rtsp://cam/cam/realmonitor?channel=1&subtype=0/trackID=0"),
            (" * ", "rtsp://cam/cam/realmonitor?channel=1&subtype=0"),
            ("rtsp://cam/x/track1 ", "rtsp://cam/x/track1"),
        ] {
            assert_eq!(joined(&base, control).unwrap().as_str(), expected, "{control}");
        }
    }
}
