//! One camera's conversation: what it has, the stream we want, and its packets until they end.
//!
//! Runs on the [shared thread](super::runtime); every wait for the camera has its deadline, except that for the next
//! packet, which is the [watcher's](mod@crate::video::supervise). Must never hand on a packet that was not looked at.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use gstreamer as gst;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;

use super::connection::{Connection, Incoming};
use super::depacketize::{Depacketizer, JoinedPicture, RtpPayload};
use super::description::{self, Chosen};
use super::message::Answer;
use super::packets::Packets;
use super::runtime;
use super::sps::Form;
use super::timestamps::Stamps;
use super::trouble::{Stage, Trouble, Whose};
use crate::text::stream;
use crate::video::decode_session::DecodeSession;
use crate::video::decoder::Codec;
use crate::video::error::Fault;
use crate::video::pipeline::AttemptContext;
use crate::video::rtp::PacketGate;
use crate::video::rtsp;
use crate::video::source::Location;

/// More for a camera that asks for a login: it is asked twice.
const LOGIN_WITHIN: Duration = Duration::from_secs(2);
/// How long it may take to find out whether anybody is there at all.
const KNOCK_WITHIN: Duration = Duration::from_secs(2);
/// While a slow camera is waited for, it is asked anew this often: one that was restarted meanwhile answers only what it is
/// asked from then on.
const ASK_ANEW_AFTER: Duration = Duration::from_secs(5);
/// The timeout of a session whose camera names none (RFC 2326 section 12.37).
const USUAL_TIMEOUT: Duration = Duration::from_secs(60);
/// No camera is given a sign of life more rarely, whatever it says.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// Number of packets kept before the answer to PLAY: more than a key frame has.
const MOST_EARLY: usize = 1000;
/// A camera has so long to answer our parting; `rtspsrc` waits as long.
const PARTING_WITHIN: Duration = Duration::from_millis(100);

/// A session whose packets come.
pub(super) struct Playing {
    connection: Connection,
    feed: Feed,
    channel: u8,
    session: Option<String>,
    /// What signs of life ask for.
    all: Url,
    every: Duration,
    /// The camera named it among its methods.
    knows_get_parameter: bool,
}

/// Opens the stream. A camera that is known to be slow is asked anew on a second connection while the first one waits.
/// There are never more than these two: the second is closed before it is opened anew, and a camera that closes the first
/// for the sake of the second, because it has room for one, is not asked anew any more.
pub(super) async fn open(context: &Arc<AttemptContext>, url: &Url) -> Result<Playing, Trouble> {
    if !context.is_patient {
        return open_once(context, url).await;
    }
    type Opening<'a> = Pin<Box<dyn Future<Output = Result<Playing, Trouble>> + Send + 'a>>;
    let again = || -> Opening<'_> { Box::pin(open_once(context, url)) };
    let mut first = FuturesUnordered::from_iter([again()]);
    let mut newest: Option<Opening<'_>> = None;
    let mut anew_at = Instant::now() + ASK_ANEW_AFTER;
    let mut has_room_for_one = false;
    loop {
        let other = async {
            match newest.as_mut() {
                Some(opening) => opening.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(outcome) = first.next() => match (outcome, newest.take()) {
                // It has room for one of the two only, and gave it to the newer one.
                (Err(Trouble::Ended), Some(other)) => {
                    first = FuturesUnordered::from_iter([other]);
                    has_room_for_one = true;
                }
                (outcome, _) => return outcome,
            },
            outcome = other => match outcome {
                Ok(playing) => return Ok(playing),
                // The first one may still be answered.
                Err(_) => newest = None,
            },
            () = sleep_until(anew_at), if !has_room_for_one => {
                drop(newest.take());
                newest = Some(again());
                anew_at += ASK_ANEW_AFTER;
            }
        }
    }
}

async fn open_once(context: &Arc<AttemptContext>, url: &Url) -> Result<Playing, Trouble> {
    let Location::Rtsp { url: address, credentials, .. } = &context.location else {
        return Err(Trouble::Unsuited(stream::no_camera()));
    };
    let whose = Whose {
        url: address.to_string(),
        address: format!("{}:{}", address.host(), address.port()),
        user: credentials.as_ref().map(|known| known.user.clone()),
    };
    let answer = context.answer_within;
    let first_answer = answer + if credentials.is_some() { LOGIN_WITHIN } else { Duration::ZERO };
    let connecting = async {
        if !runtime::is_known(address.host(), address.port()).await {
            return Err(Trouble::NoConnection);
        }
        let opened = Connection::open(address.host(), address.port(), credentials.clone()).await;
        opened.map_err(|_| Trouble::NoConnection)
    };
    let mut connection = timeout(first_answer, connecting).await.unwrap_or(Err(Trouble::NoConnection))?;
    let mut nobody = |_: u8, _: &[u8]| {};
    let accept = [("Accept", "application/sdp")];
    let asked = connection.ask(&whose, (Stage::Describe, "DESCRIBE", url.as_str()), &accept, &mut nobody);
    let described = match timeout(first_answer, asked).await {
        Ok(described) => described?,
        Err(_) => {
            // Some have room for one.
            drop(connection);
            let knock = TcpStream::connect((address.host(), address.port()));
            return Err(match timeout(KNOCK_WITHIN, knock).await {
                Ok(Ok(_)) => whose.no_answer(),
                _ => Trouble::NoConnection,
            });
        }
    };
    let Chosen { codec, described, clock_rate, stream, all } = description::choose(url, &described, context)?;
    let transport = [("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")];
    let asked = connection.ask(&whose, (Stage::SetUp, "SETUP", stream.as_str()), &transport, &mut nobody);
    let agreed = timeout(answer, asked).await.unwrap_or_else(|_| Err(whose.no_answer()))?;
    let Agreed { session, every, channel } = agreed_on(&agreed)?;
    // Some cameras send before they answer.
    let mut early: Vec<Vec<u8>> = Vec::new();
    let from_now = ("Range", "npt=0.000-");
    let named = session.as_deref().map(|session| ("Session", session));
    let headers: Vec<(&str, &str)> = named.into_iter().chain([from_now]).collect();
    let mut keep = |on: u8, bytes: &[u8]| {
        if on == channel && early.len() < MOST_EARLY {
            early.push(bytes.to_vec());
        }
    };
    let asked = connection.ask(&whose, (Stage::Play, "PLAY", all.as_str()), &headers, &mut keep);
    timeout(answer, asked).await.unwrap_or_else(|_| Err(whose.no_answer()))?;
    let mut feed = Feed::new(context, codec, &described, clock_rate).map_err(Trouble::Fault)?;
    for bytes in &early {
        context.guarded(|| feed.take(bytes));
    }
    Ok(Playing { connection, feed, channel, session, all, every, knows_get_parameter: false })
}

impl Playing {
    /// Receives until it ends, and says how it ended.
    pub(super) async fn receive(&mut self, context: &AttemptContext) -> Trouble {
        self.received(context).await.err().unwrap_or(Trouble::Ended)
    }

    async fn received(&mut self, context: &AttemptContext) -> Result<(), Trouble> {
        let mut sign_at = Instant::now() + self.every;
        let mut asked_anew = false;
        loop {
            while let Some(incoming) = self.connection.received().await? {
                match incoming {
                    Incoming::Packet { channel, bytes, begin } if channel == self.channel => {
                        context.guarded(|| self.feed.take(&bytes[begin..]));
                    }
                    Incoming::Packet { .. } => {}
                    Incoming::Answer(answer) => {
                        self.note_methods(&answer);
                        if !asked_anew && self.connection.renew_login(&answer) {
                            asked_anew = true;
                            self.give_sign().await?;
                        }
                    }
                }
                if context.is_retired() {
                    return Ok(());
                }
            }
            tokio::select! {
                read = self.connection.read_more() => read?,
                () = sleep_until(sign_at) => {
                    self.give_sign().await?;
                    asked_anew = false;
                    sign_at = Instant::now() + self.every;
                }
            }
        }
    }

    /// What answers OPTIONS also says what else may be asked. GET_PARAMETER is what cameras take best for a sign of life;
    /// some hang up over SET_PARAMETER.
    fn note_methods(&mut self, answer: &Answer) {
        let methods = answer.head.get("Public").unwrap_or("");
        self.knows_get_parameter |=
            methods.split(',').any(|method| method.trim().eq_ignore_ascii_case("GET_PARAMETER"));
    }

    async fn give_sign(&mut self) -> Result<(), Trouble> {
        let method = if self.knows_get_parameter { "GET_PARAMETER" } else { "OPTIONS" };
        let headers: Vec<_> = self.session.iter().map(|session| ("Session", session.as_str())).collect();
        self.connection.send(method, self.all.as_str(), &headers).await
    }

    /// Takes leave, so that the camera need not find out by itself.
    pub(super) async fn part(self) {
        let Playing { mut connection, session, all, .. } = self;
        let headers: Vec<_> = session.iter().map(|session| ("Session", session.as_str())).collect();
        let parting = async {
            connection.send("TEARDOWN", all.as_str(), &headers).await?;
            while !matches!(connection.next().await?, Incoming::Answer(_)) {}
            Ok::<(), Trouble>(())
        };
        // Unanswered: the end of the connection says the same.
        let _ = timeout(PARTING_WITHIN, parting).await;
    }
}

/// What the answer to SETUP says.
#[derive(Debug, PartialEq, Eq)]
struct Agreed {
    session: Option<String>,
    /// How often the camera wants a sign of life.
    every: Duration,
    channel: u8,
}

/// Reads it as far as it says something: what it leaves out stays as it was asked for.
fn agreed_on(answer: &Answer) -> Result<Agreed, Trouble> {
    let mut parts = answer.head.get("Session").unwrap_or("").split(';').map(str::trim);
    // What a line may not hold would end it.
    let session = parts.next().filter(|id| !id.is_empty() && id.chars().all(|c| !c.is_control()));
    let named = |part: &str, name: &str| -> Option<String> {
        let (known, value) = part.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    };
    let secs = parts.find_map(|part| named(part, "timeout")).and_then(|secs| secs.parse::<u64>().ok());
    let until = secs.filter(|secs| *secs > 0).map_or(USUAL_TIMEOUT, Duration::from_secs);
    let transport = answer.head.get("Transport").unwrap_or("");
    let mut parts = transport.split(';').map(str::trim);
    let way = parts.next().unwrap_or("").to_ascii_uppercase();
    let channels = parts.clone().find_map(|part| named(part, "interleaved"));
    let by_udp = parts.any(|part| named(part, "server_port").is_some());
    if channels.is_none() && by_udp && !way.contains("TCP") {
        return Err(Trouble::Unsuited(stream::sends_by_udp()));
    }
    let channel = channels.and_then(|channels| channels.split('-').next()?.trim().parse().ok()).unwrap_or(0);
    Ok(Agreed { session: session.map(str::to_owned), every: (until / 2).min(LONGEST_SILENCE), channel })
}

/// The way of packets to the decode session.
struct Feed {
    context: Arc<AttemptContext>,
    decode_session: Arc<DecodeSession>,
    codec: Codec,
    gate: PacketGate,
    packets: Packets,
    joiner: Depacketizer,
    stamps: Stamps,
    clock_rate: u32,
    /// The form of the pictures for decoders, with the number of its change.
    caps: Option<(u64, gst::Caps)>,
}

impl Feed {
    fn new(
        context: &Arc<AttemptContext>,
        codec: Codec,
        described: &[Vec<u8>],
        clock_rate: u32,
    ) -> Result<Self, Fault> {
        let decode_session = DecodeSession::new(context, codec)
            .map_err(|error| Fault::Broken { detail: stream::no_thread(error.to_string()) })?;
        Ok(Feed {
            context: context.clone(),
            decode_session,
            codec,
            gate: PacketGate::new(codec),
            packets: Packets::default(),
            joiner: Depacketizer::new(codec, described),
            stamps: Stamps::default(),
            clock_rate,
            caps: None,
        })
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let Some(packet) = self.packets.take(bytes) else { return Ok(()) };
        let dropped = self.gate.dropped();
        let payload = self.gate.sound_part(packet.payload);
        if dropped == 0 && self.gate.dropped() > 0 {
            rtsp::report_of_broken_packets(&self.context, self.codec);
        }
        let Some(payload) = payload else { return Ok(()) };
        let piece =
            RtpPayload { payload, timestamp: packet.timestamp, marker: packet.marker, lost: packet.lost };
        let Feed { joiner, stamps, caps, decode_session, context, codec, clock_rate, .. } = self;
        let mut outcome = Ok(());
        joiner.take(piece, &mut |joiner, joined| {
            if outcome.is_ok() {
                outcome =
                    hand_over(joined, joiner, stamps, *clock_rate, caps, decode_session, context, *codec);
            }
        });
        outcome
    }
}

#[allow(clippy::too_many_arguments, reason = "the parts of a feed while its joiner is borrowed")]
fn hand_over(
    joined: JoinedPicture,
    joiner: &Depacketizer,
    stamps: &mut Stamps,
    clock_rate: u32,
    caps: &mut Option<(u64, gst::Caps)>,
    decode_session: &Arc<DecodeSession>,
    context: &AttemptContext,
    codec: Codec,
) -> Result<(), Fault> {
    let (change, form) = joiner.form();
    let caps = match caps {
        Some((known, caps)) if *known == change => caps.clone(),
        stale => {
            let new = caps_of(codec, form);
            decode_session.read_caps(&new)?;
            if let Some(fps) = form.and_then(|form| form.fps) {
                context.known.lock().sdp_fps.get_or_insert(fps);
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
    decode_session.take(buffer, caps, joined.keyframe, stamp);
    Ok(())
}

/// What decoders must know, as GStreamer's parsers put it. Nothing in it differs between cameras of one kind, so
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::lean::message::{self, Message};

    fn agreed(headers: &str) -> Result<Agreed, Trouble> {
        let text = format!("RTSP/1.0 200 OK\r\n{headers}\r\n\r\n");
        let Ok(Some((Message::Answer(answer), _))) = message::next(text.as_bytes()) else { panic!("{text}") };
        agreed_on(&answer)
    }

    #[test]
    fn what_the_camera_agrees_to_is_read_without_guessing() {
        let of = |session: Option<&str>, secs: u64, channel| {
            Ok(Agreed { session: session.map(str::to_owned), every: Duration::from_secs(secs), channel })
        };
        for (headers, expected) in [
            (
                "Session: 47;timeout=20\r\nTransport: RTP/AVP/TCP;unicast;interleaved=2-3",
                of(Some("47"), 10, 2),
            ),
            (
                "session: 47 ; Timeout = 20 \r\ntransport: RTP/AVP/TCP; unicast; interleaved = 2 - 3",
                of(Some("47"), 10, 2),
            ),
            ("Session: 47\r\nTransport: RTP/AVP/TCP;unicast", of(Some("47"), 30, 0)),
            ("Session: 47;timeout=0\r\nTransport: RTP/AVP/TCP;unicast;interleaved=", of(Some("47"), 30, 0)),
            ("Session: 47;timeout=86400;x", of(Some("47"), 30, 0)),
            ("X: y", of(None, 30, 0)),
        ] {
            assert_eq!(agreed(headers), expected, "{headers}");
        }
        let by_udp = agreed("Session: 47\r\nTransport: RTP/AVP;unicast;client_port=1-2;server_port=3-4");
        assert!(matches!(by_udp, Err(Trouble::Unsuited(_))), "{by_udp:?}");
    }
}
