//! One camera's conversation: what it has, the stream we want, and its packets until they end.
//!
//! Runs on the [shared thread](super::runtime); every wait for the camera has its deadline, except that for the next
//! packet, which is the [watcher's](crate::video::supervise). Must never hand on a packet that was not looked at.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use gstreamer as gst;
use gstreamer_rtsp_server::gst_sdp;
use retina::client::{
    InitialSequenceNumberPolicy, PacketItem, PlayOptions, Session, SessionGroup, SessionIdPolicy,
    SessionOptions, SetupOptions, Stream, TcpTransportOptions, TeardownPolicy, Transport,
    UnassignedChannelDataPolicy,
};
use retina::rtp::ReceivedPacket;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::form::Form;
use super::join::{Joined, Joiner, Piece};
use super::runtime;
use super::sets;
use super::stamps::Stamps;
use super::trouble::{Stage, Trouble, Whose};
use crate::video::decoder::Codec;
use crate::video::error::Fault;
use crate::video::intake::Intake;
use crate::video::pipeline::Tap;
use crate::video::rtp::PacketGate;
use crate::video::rtsp::{self, ANSWER_WITHIN};
use crate::video::source::Location;

/// More for a camera that asks for a login: it is asked twice.
const LOGIN_WITHIN: Duration = Duration::from_secs(2);
/// How long it may take to find out whether anybody is there at all.
const KNOCK_WITHIN: Duration = Duration::from_secs(2);

/// Receives until it ends, and says how it ended.
pub(super) async fn receive(tap: &Arc<Tap>, url: Url, group: Arc<SessionGroup>) -> Trouble {
    let Location::Rtsp { url: address, credentials, .. } = &tap.source.location else {
        return Trouble::Unsuited("it is no camera".into());
    };
    let whose = Whose {
        url: address.to_string(),
        address: format!("{}:{}", address.host(), address.port()),
        user: credentials.as_ref().map(|known| known.user.clone()),
    };
    let credentials = credentials.as_ref().map(|known| retina::client::Credentials {
        username: known.user.clone(),
        password: known.password.reveal().to_owned(),
    });
    let answer = tap.source.stall_after.min(ANSWER_WITHIN);
    let first_answer = answer + if credentials.is_some() { LOGIN_WITHIN } else { Duration::ZERO };
    let options = SessionOptions::default()
        .creds(credentials)
        .user_agent("lookout".into())
        .session_group(group)
        .teardown(TeardownPolicy::Auto)
        .unassigned_channel_data(UnassignedChannelDataPolicy::Ignore)
        .session_id(SessionIdPolicy::UseFirst);
    match timeout(first_answer, runtime::is_known(address.host(), address.port())).await {
        Ok(true) => {}
        _ => return Trouble::NoConnection,
    }
    let mut session = match timeout(first_answer, Session::describe(url, options)).await {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => return whose.meaning(Stage::Describe, &error),
        Err(_) => {
            let knock = TcpStream::connect((address.host(), address.port()));
            return match timeout(KNOCK_WITHIN, knock).await {
                Ok(Ok(_)) => whose.no_answer(),
                _ => Trouble::NoConnection,
            };
        }
    };
    let chosen = match choose(session.streams(), session.sdp(), tap) {
        Ok(chosen) => chosen,
        Err(trouble) => return trouble,
    };
    let tcp = SetupOptions::default().transport(Transport::Tcp(TcpTransportOptions::default()));
    match timeout(answer, session.setup(chosen.number, tcp)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return whose.meaning(Stage::SetUp, &error),
        Err(_) => return whose.no_answer(),
    }
    // The number in the answer is wrong in many cameras, and the first packet has the right one.
    let play = PlayOptions::default().initial_seq(InitialSequenceNumberPolicy::Ignore);
    let mut session = match timeout(answer, session.play(play)).await {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => return whose.meaning(Stage::Play, &error),
        Err(_) => return whose.no_answer(),
    };
    let mut feed = match Feed::new(tap, &chosen) {
        Ok(feed) => feed,
        Err(fault) => return Trouble::Fault(fault),
    };
    while let Some(item) = session.next().await {
        match item {
            Ok(PacketItem::Rtp(packet)) => tap.guarded(|| feed.take(&packet)),
            Ok(_) => {}
            Err(error) => return whose.meaning(Stage::Watch, &error),
        }
        if tap.is_retired() {
            break;
        }
    }
    Trouble::Ended
}

/// The stream that is watched.
struct Chosen {
    number: usize,
    codec: Codec,
    described: Vec<Vec<u8>>,
}

/// The first video stream that we read, if it is of a kind that is received here.
fn choose(streams: &[Stream], description: &[u8], tap: &Tap) -> Result<Chosen, Trouble> {
    let sdp = gst_sdp::SDPMessage::parse_buffer(description)
        .map_err(|_| Trouble::Misread("its description does not read".into()))?;
    rtsp::read_sdp(&sdp, tap).map_err(Trouble::Fault)?;
    let readable = streams.iter().enumerate().find_map(|(number, stream)| {
        let codec = Codec::from_rtp(stream.encoding_name()).filter(|_| stream.media() == "video")?;
        Some((number, codec, stream))
    });
    let (number, codec, stream) =
        readable.ok_or_else(|| Trouble::Misread("its description reads in two ways".into()))?;
    if !matches!(codec, Codec::H264 | Codec::H265) {
        return Err(Trouble::Unsuited(format!("it sends {codec}")));
    }
    // An address without a host came of putting together what does not belong together.
    if stream.control().is_some_and(|control| control.host_str().is_none_or(str::is_empty)) {
        return Err(Trouble::Unsuited("the address of its stream has no host".into()));
    }
    let media = sdp.medias().find(|media| {
        media.media() == Some("video") && Codec::from_rtp(&rtsp::encoding_of(media)) == Some(codec)
    });
    let parameters = media.and_then(|media| media.attribute_val("fmtp")).unwrap_or("");
    tap.known.lock().codec = Some(codec);
    Ok(Chosen { number, codec, described: sets::described(codec, parameters) })
}

/// The way of packets to the intake.
struct Feed {
    tap: Arc<Tap>,
    intake: Arc<Intake>,
    codec: Codec,
    gate: PacketGate,
    joiner: Joiner,
    stamps: Stamps,
    /// The form of the pictures as decoders are told, and which change of it that was.
    caps: Option<(u64, gst::Caps)>,
}

impl Feed {
    fn new(tap: &Arc<Tap>, chosen: &Chosen) -> Result<Self, Fault> {
        let codec = chosen.codec;
        let intake = Intake::new(tap, codec)
            .map_err(|error| Fault::Broken { detail: format!("no thread: {error}") })?;
        Ok(Feed {
            tap: tap.clone(),
            intake,
            codec,
            gate: PacketGate::new(codec),
            joiner: Joiner::new(codec, &chosen.described),
            stamps: Stamps::default(),
            caps: None,
        })
    }

    fn take(&mut self, packet: &ReceivedPacket) -> Result<(), Fault> {
        let dropped = self.gate.dropped();
        let payload = self.gate.sound_part(packet.payload());
        if dropped == 0 && self.gate.dropped() > 0 {
            rtsp::tell_of_broken_packets(&self.tap, self.codec);
        }
        let Some(payload) = payload else { return Ok(()) };
        let piece = Piece {
            payload,
            timestamp: packet.timestamp().timestamp(),
            marker: packet.mark(),
            lost: packet.loss() > 0,
        };
        let clock_rate = packet.timestamp().clock_rate().get();
        let Feed { joiner, stamps, caps, intake, tap, codec, .. } = self;
        let mut outcome = Ok(());
        joiner.take(piece, &mut |joiner, joined| {
            if outcome.is_ok() {
                outcome = hand_over(joined, joiner, stamps, clock_rate, caps, intake, tap, *codec);
            }
        });
        outcome
    }
}

#[allow(clippy::too_many_arguments, reason = "the parts of a feed while its joiner is borrowed")]
fn hand_over(
    joined: Joined,
    joiner: &Joiner,
    stamps: &mut Stamps,
    clock_rate: u32,
    caps: &mut Option<(u64, gst::Caps)>,
    intake: &Arc<Intake>,
    tap: &Tap,
    codec: Codec,
) -> Result<(), Fault> {
    let (change, form) = joiner.form();
    let caps = match caps {
        Some((known, caps)) if *known == change => caps.clone(),
        stale => {
            let new = caps_of(codec, form);
            intake.read_caps(&new)?;
            if let Some(fps) = form.and_then(|form| form.fps) {
                tap.known.lock().sdp_fps.get_or_insert(fps);
            }
            *stale = Some((change, new.clone()));
            new
        }
    };
    let stamp = stamps.at(joined.timestamp, clock_rate);
    let mut buffer = gst::Buffer::from_mut_slice(joined.bytes);
    if let Some(new) = buffer.get_mut() {
        new.set_pts(gst::ClockTime::from_nseconds(u64::try_from(stamp.as_nanos()).unwrap_or(0)));
        if !joined.keyframe {
            new.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
    }
    intake.take(buffer, caps, joined.keyframe, stamp);
    Ok(())
}

/// What decoders want to be told, as GStreamer's parsers tell it. Nothing in it differs between cameras of one kind, so
/// that they can share decoders.
fn caps_of(codec: Codec, form: Option<&Form>) -> gst::Caps {
    let mut caps = codec.with_start_codes().unwrap_or_else(gst::Caps::new_empty);
    if let (Some(form), Some(structure)) = (form, caps.get_mut().and_then(|caps| caps.structure_mut(0))) {
        let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
        structure.set("width", side(form.width));
        structure.set("height", side(form.height));
        structure.set("parsed", true);
        structure.set("bit-depth-luma", form.bit_depth);
        let chroma = ["4:0:0", "4:2:0", "4:2:2", "4:4:4"];
        if let Some(chroma) = chroma.get(form.chroma as usize) {
            structure.set("chroma-format", *chroma);
        }
        if let Some(profile) = form.profile {
            structure.set("profile", profile);
        }
    }
    caps
}
