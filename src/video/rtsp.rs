//! The camera's side of a pipeline: asks for the stream, chooses the video in it, and hands its packets on.
//!
//! Input is a camera's address; what comes out are compressed pictures for [`decoding`](super::decoding). Runs on
//! GStreamer's threads; must never let an unsound packet through to a depayloader ([`rtp`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_sdp as gst_sdp;
use parking_lot::Mutex;

use super::address::RtspUrl;
use super::decoder::Codec;
use super::decoding::attach;
use super::demux::discard;
use super::error::{self, Fault};
use super::pipeline::{AttemptContext, AttemptEvent, make};
use super::rtp::{self, PacketGate, Verdict};
use super::tls;
use crate::text::{box_log, log_warn, stream};
use crate::types::transport::Transport;

/// What the jitter buffer may hold back. Nothing waits for it while packets come in order: frames are
/// shown when they are decoded (`sync=false`). It bounds the wait for a lost datagram, and what may pile
/// up behind a slow decoder before old packets are dropped.
const JITTER: Duration = Duration::from_millis(500);

/// What a camera gets for one answer. A guess: recorders with many streams take two or three seconds; a camera that is well
/// again is found within this time and the longest wait between attempts.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Microseconds in the units of `rtspsrc`'s properties.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Adds the receiver of a camera to a pipeline.
pub(super) fn add(
    pipeline: &gst::Pipeline,
    context: &Arc<AttemptContext>,
    url: &RtspUrl,
    transport: Transport,
    credentials: Option<(&str, &str)>,
) -> Result<(), Fault> {
    let source = make("rtspsrc")?;
    source.set_property("location", url.full());
    source.set_property_from_str("protocols", transport.name());
    source.set_property("latency", u32::try_from(JITTER.as_millis()).unwrap_or(u32::MAX));
    source.set_property("drop-on-latency", true);
    source.set_property("tcp-timeout", micros(context.answer_within));
    source.set_property("timeout", micros(context.source.stall_after));
    if let Some((user, password)) = credentials {
        source.set_property("user-id", user);
        source.set_property("user-pw", password);
    }
    refuse_to_go_elsewhere(&source, context, url);
    tls::believe(&source, context)?;
    choose_stream(&source, context);
    let (weak, context) = (pipeline.downgrade(), context.clone());
    let entry = Mutex::new(None::<glib::WeakRef<gst::Pad>>);
    source.connect_pad_added(move |_, pad| {
        context.guarded(|| {
            let Some(pipeline) = weak.upgrade() else { return Ok(()) };
            let encoding = pad
                .current_caps()
                .and_then(|caps| caps.structure(0)?.get::<String>("encoding-name").ok())
                .unwrap_or_default();
            let codec = Codec::from_rtp(&encoding).ok_or_else(|| error::unsupported(&[encoding]))?;
            watch_packets(pad, &context, codec);
            let mut entry = entry.lock();
            if let Some(entry) = entry.as_ref().and_then(glib::WeakRef::upgrade) {
                return follow_source(&pipeline, &entry, pad);
            }
            let upstream = rtp_chain(codec)?;
            let first = upstream.first().and_then(|element| element.static_pad("sink"));
            attach(&pipeline, pad, upstream, codec, &context, false)?;
            *entry = first.map(|pad| pad.downgrade());
            Ok(())
        });
    });
    pipeline.add(&source).map_err(Fault::broken)
}

/// `rtspsrc` follows a camera that sends it elsewhere, with user and password and wherever that is. What it would ask there
/// is held back: the supervisor of the attempt decides.
fn refuse_to_go_elsewhere(source: &gst::Element, context: &Arc<AttemptContext>, url: &RtspUrl) {
    /// More than it asks before the first picture, unless it goes round in a circle.
    const MOST_REQUESTS: u32 = 24;
    let (context, asked) = (context.clone(), url.full().to_owned());
    let requests = AtomicU32::new(0);
    source.connect("before-send", false, move |values| {
        // After a panic nothing may be asked any more.
        let mut is_sent = false;
        context.guarded(|| {
            let source = values.first().and_then(|value| value.get::<gst::Element>().ok());
            let location = source.and_then(|source| source.property::<Option<String>>("location"));
            let elsewhere = location.filter(|location| *location != asked);
            let in_a_circle = || {
                let is_one_more = requests.fetch_add(1, Ordering::Relaxed) >= MOST_REQUESTS;
                (is_one_more && context.known.lock().codec.is_none()).then(|| asked.clone())
            };
            match elsewhere.or_else(in_a_circle) {
                Some(elsewhere) => context.note(AttemptEvent::Redirected(elsewhere)),
                None => is_sent = true,
            }
            Ok(())
        });
        Some(is_sent.to_value())
    });
}

/// What stands between packets and a decoder.
fn rtp_chain(codec: Codec) -> Result<Vec<gst::Element>, Fault> {
    let mut chain = codec.rtp_elements().iter().map(|name| make(name)).collect::<Result<Vec<_>, _>>()?;
    if let Some(caps) = codec.with_start_codes() {
        // Some cameras put start codes between units into one packet. With sizes in front of units, which the elements
        // would choose, a key frame would vanish in its parameter sets; behind start codes the parser finds it.
        let filter = make("capsfilter")?;
        filter.set_property("caps", &caps);
        chain.insert(1, filter);
    }
    Ok(chain)
}

/// The camera sends under another source number from here on (its encoder restarted): the newest source is shown.
fn follow_source(pipeline: &gst::Pipeline, entry: &gst::Pad, pad: &gst::Pad) -> Result<(), Fault> {
    if let Some(before) = entry.peer() {
        // Fails only where the source took it away itself.
        let _ = before.unlink(entry);
        discard(Some(pipeline), &before);
    }
    pad.link(entry)
        .map(|_| ())
        .map_err(|error| Fault::Broken { detail: stream::other_source(format!("{error:?}")) })
}

/// Keeps packets away from the depayloader that it would not survive.
fn watch_packets(pad: &gst::Pad, context: &Arc<AttemptContext>, codec: Codec) {
    let (context, gate) = (context.clone(), Mutex::new(PacketGate::new(codec)));
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, info| {
        // After a panic the attempt is over, and nothing may pass unseen.
        let mut verdict = gst::PadProbeReturn::Drop;
        context.guarded(|| {
            let mut gate = gate.lock();
            let before = gate.dropped();
            match &mut info.data {
                Some(gst::PadProbeData::Buffer(packet)) => {
                    if is_kept(&mut gate, packet) {
                        verdict = gst::PadProbeReturn::Ok;
                    }
                }
                Some(gst::PadProbeData::BufferList(packets)) => {
                    let kept =
                        packets.iter_owned().filter_map(|mut p| is_kept(&mut gate, &mut p).then_some(p));
                    *packets = kept.collect();
                    verdict = gst::PadProbeReturn::Ok;
                }
                _ => verdict = gst::PadProbeReturn::Ok,
            }
            if before == 0 && gate.dropped() > 0 {
                report_of_broken_packets(&context, codec);
            }
            Ok(())
        });
        verdict
    });
}

/// Says once what may explain a bad picture.
pub(super) fn report_of_broken_packets(context: &AttemptContext, codec: Codec) {
    let camera = &*context.source.camera;
    log_warn!(box_log::broken_packets(); camera, %codec);
}

/// Whether a packet goes on; puts a changed one in its place where that is needed.
fn is_kept(gate: &mut PacketGate, packet: &mut gst::Buffer) -> bool {
    let Ok(bytes) = packet.map_readable() else { return false };
    let changed = match gate.judge(&bytes) {
        Verdict::Pass => return true,
        Verdict::Drop => return false,
        Verdict::Change { number, without } => rtp::changed(&bytes, number, without),
    };
    drop(bytes);
    let mut replacement = gst::Buffer::from_mut_slice(changed);
    if let Some(new) = replacement.get_mut() {
        new.set_pts(packet.pts());
        new.set_dts(packet.dts());
        new.set_flags(packet.flags());
    }
    *packet = replacement;
    true
}

/// Takes the first video stream that we read and none else: no sound, no metadata.
fn choose_stream(source: &gst::Element, context: &Arc<AttemptContext>) {
    let sdp_tap = context.clone();
    source.connect("on-sdp", false, move |values| {
        let sdp = values.get(1).and_then(|value| value.get::<gst_sdp::SDPMessage>().ok());
        sdp_tap.guarded(|| sdp.as_deref().map_or(Ok(()), |sdp| read_sdp(sdp, &sdp_tap)));
        None
    });
    let context = context.clone();
    source.connect("select-stream", false, move |values| {
        let mut selected = false;
        context.guarded(|| {
            let number = values.get(1).and_then(|value| value.get::<u32>().ok());
            let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
            let encoding = caps.as_ref().and_then(|caps| {
                let structure = caps.structure(0)?;
                let video = structure.get::<&str>("media") == Ok("video");
                structure.get::<&str>("encoding-name").ok().filter(|_| video)
            });
            let readable = encoding.and_then(Codec::from_rtp).is_some();
            let mut known = context.known.lock();
            selected = readable && (known.chosen.is_none() || known.chosen == number);
            if selected {
                known.chosen = number;
            }
            Ok(())
        });
        Some(selected.to_value())
    });
}

/// Refuses a description without a video we read, and keeps what it announces.
pub(super) fn read_sdp(sdp: &gst_sdp::SDPMessageRef, context: &AttemptContext) -> Result<(), Fault> {
    let (mut videos, mut others) = (Vec::new(), Vec::new());
    for media in sdp.medias() {
        let encoding = encoding_of(media);
        match media.media() {
            Some("video") => videos.push((encoding, media)),
            Some("audio") => others.push(format!("sound ({encoding})")),
            Some(other) => others.push(other.to_owned()),
            None => {}
        }
    }
    if videos.is_empty() {
        let found = (!others.is_empty()).then(|| others.join(" and "));
        return Err(Fault::NoVideo { found });
    }
    let Some((_, media)) = videos.iter().find(|(encoding, _)| Codec::from_rtp(encoding).is_some()) else {
        let names: Vec<String> = videos.into_iter().map(|(encoding, _)| encoding).collect();
        return Err(error::unsupported(&names));
    };
    let mut known = context.known.lock();
    known.sdp_fps = media
        .attribute_val("framerate")
        .and_then(|text| text.trim().parse::<f64>().ok())
        .filter(|fps| fps.is_finite() && *fps > 0.0);
    let tool = sdp.attribute_val("tool").or_else(|| sdp.session_name());
    known.sdp_tool = tool.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty() && text != "-");
    Ok(())
}

/// `H264` of `rtpmap:96 H264/90000`; static payload types have names of their own.
pub(super) fn encoding_of(media: &gst_sdp::SDPMediaRef) -> String {
    let format = media.format(0).unwrap_or("");
    let mapped = media.attributes().filter(|attribute| attribute.key() == "rtpmap").find_map(|attribute| {
        let (payload, name) = attribute.value()?.trim().split_once(' ')?;
        (payload == format).then(|| name.trim().split('/').next().unwrap_or("").to_owned())
    });
    mapped.unwrap_or_else(|| match format {
        "0" => "PCMU".to_owned(),
        "8" => "PCMA".to_owned(),
        "26" => "JPEG".to_owned(),
        "31" => "H261".to_owned(),
        "32" => "MPV".to_owned(),
        "33" => "MP2T".to_owned(),
        other => format!("payload type {other}"),
    })
}
