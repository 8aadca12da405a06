//! One attempt at one stream: a GStreamer pipeline from the source to the sink, and what its callbacks say.
//!
//! Built anew for every attempt, because reopened sources have been seen to leak. Callbacks run on
//! GStreamer's threads; they hand frames to the [`FrameSink`] and everything else as a [`Note`] to
//! whoever watches the attempt. They must never block and never let a panic out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_rtsp_server::gst_sdp;
use gstreamer_video as gst_video;
use parking_lot::Mutex;

use super::deadline::{self, NoAnswer};
use super::decoder::{self, Codec};
use super::error::{self, Fault, Meaning};
use super::meter::{Meter, StreamMeasure};
use super::picture::{RAW_FORMATS, RawFormat};
use super::rtp::{self, PacketGate, Verdict};
use super::source::{Location, Pace, RtspUrl, Secret, Source, Transport};
use super::supervise::{FrameSink, StreamInfo};
use crate::clock::Clock;
use crate::frame::Frame;

/// What the jitter buffer may hold back. Nothing waits for it while packets come in order: frames are
/// shown when they are decoded (`sync=false`). It bounds the wait for a lost datagram, and what may pile
/// up behind a slow decoder before old packets are dropped.
const JITTER: Duration = Duration::from_millis(500);

/// What a camera gets for one answer. A guess: recorders with many streams take two or three seconds; a camera that is well
/// again is found within this time and the longest wait between attempts.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Microseconds in the units of `rtspsrc`'s properties.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

static LIVE_PIPELINES: AtomicI64 = AtomicI64::new(0);

/// Pipelines of this process that exist; what was torn down and still counts here has leaked.
pub fn live_pipelines() -> i64 {
    LIVE_PIPELINES.load(Ordering::SeqCst)
}

/// A pipeline whose life is counted.
pub(super) fn new_pipeline() -> gst::Pipeline {
    let pipeline = gst::Pipeline::new();
    LIVE_PIPELINES.fetch_add(1, Ordering::SeqCst);
    pipeline.add_weak_ref_notify(|| {
        LIVE_PIPELINES.fetch_sub(1, Ordering::SeqCst);
    });
    pipeline
}

/// Makes an element, or says which package has it.
pub(super) fn make(factory: &str) -> Result<gst::Element, Fault> {
    gst::ElementFactory::make(factory).build().map_err(|_| Fault::missing_plugin(factory))
}

/// What an attempt tells its watcher.
#[derive(Debug)]
pub(super) enum Note {
    /// The first picture is decoded, or the form of the pictures changed.
    Pictures(StreamInfo),
    /// It cannot go on.
    Failed(Fault),
    /// No connection, and nobody said why.
    NoConnection,
    /// The decoder of this name failed before its first picture, and there are others.
    DecoderFailed(String, Fault),
    /// The stream is over.
    Ended,
    /// Look at the stop flag.
    Wake,
}

/// A note and the number of its attempt; notes of abandoned attempts are ignored.
pub(super) type NumberedNote = (u64, Note);

/// Counts of one camera over all its attempts.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub frames: AtomicU64,
    pub unwanted: AtomicU64,
    pub unreadable: AtomicU64,
    /// Nanoseconds on the clock's monotonic side; `u64::MAX` before the first frame.
    last_frame: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Counters {
    pub fn new() -> Self {
        Counters { last_frame: AtomicU64::new(NEVER), ..Counters::default() }
    }

    pub fn last_frame(&self) -> Option<Duration> {
        let nanos = self.last_frame.load(Ordering::Relaxed);
        (nanos != NEVER).then(|| Duration::from_nanos(nanos))
    }
}

/// What the callbacks of one attempt share with its watcher.
pub(super) struct Tap {
    source: Arc<Source>,
    secrets: Vec<Secret>,
    clock: Clock,
    sink: Arc<dyn FrameSink>,
    attempt: u64,
    notes: SyncSender<NumberedNote>,
    counters: Arc<Counters>,
    refused_decoders: Vec<String>,
    retired: AtomicBool,
    frames: AtomicU64,
    meter: Mutex<Meter>,
    known: Mutex<Known>,
}

/// What is found out about a stream on the way to its first picture.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    /// Its codec.
    pub codec: Option<Codec>,
    /// Decoder factory, and whether another may be tried in its place.
    pub decoder: Option<(String, bool)>,
    /// Profile as the parser names it (`high`, `main`).
    pub profile: Option<String>,
    /// Frame rate in the SDP.
    pub sdp_fps: Option<f64>,
    /// `a=tool` or the session name of the SDP.
    pub sdp_tool: Option<String>,
    /// Number of the chosen stream in the SDP.
    chosen: Option<u32>,
}

impl Tap {
    pub fn new(
        source: Arc<Source>,
        clock: Clock,
        sink: Arc<dyn FrameSink>,
        counters: Arc<Counters>,
        refused_decoders: Vec<String>,
        attempt: u64,
        notes: SyncSender<NumberedNote>,
    ) -> Self {
        Tap {
            secrets: source.secrets(),
            source,
            clock,
            sink,
            attempt,
            notes,
            counters,
            refused_decoders,
            retired: AtomicBool::new(false),
            frames: AtomicU64::new(0),
            meter: Mutex::new(Meter::default()),
            known: Mutex::new(Known::default()),
        }
    }

    /// Frames decoded in this attempt.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub fn measure(&self) -> StreamMeasure {
        self.meter.lock().measure()
    }

    pub fn known(&self) -> Known {
        self.known.lock().clone()
    }

    /// From here on nothing of this attempt reaches the sink, whatever its threads still do.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::SeqCst);
    }

    fn is_retired(&self) -> bool {
        self.retired.load(Ordering::SeqCst)
    }

    fn note(&self, note: Note) {
        if !self.is_retired() {
            // A full queue means the watcher has plenty to read: the first notes say why, later ones
            // are echoes and may be lost.
            let _ = self.notes.try_send((self.attempt, note));
        }
    }

    /// Runs a callback's work: a fault is noted, a panic too, and after a panic the attempt is over.
    fn guarded(&self, work: impl FnOnce() -> Result<(), Fault>) {
        match deadline::catch(work) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => self.fail(fault),
            Err(panic) => {
                self.note(Note::Failed(Fault::Panicked { detail: super::redact(&panic, &self.secrets) }));
                self.retire();
            }
        }
    }

    /// A fault before the first picture may be the decoder's, if it was one that can be replaced.
    fn fail(&self, fault: Fault) {
        let decoder = self.known.lock().decoder.clone();
        let about_decoding = matches!(fault, Fault::Decoder { .. } | Fault::UnsupportedCodec { .. });
        match decoder {
            Some((name, true)) if about_decoding && self.frames() == 0 => {
                self.note(Note::DecoderFailed(name, fault))
            }
            _ => self.note(Note::Failed(fault)),
        }
    }
}

/// A pipeline that plays. Dropping it tears it down on the spot, which may block.
pub(super) struct Running {
    pipeline: gst::Pipeline,
}

impl Drop for Running {
    fn drop(&mut self) {
        // The only answer to a teardown that fails is to let go, which happens next.
        let _ = self.pipeline.set_state(gst::State::Null);
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

/// Builds the pipeline and lets it play, on a thread that is left behind after `within`.
pub(super) fn start(tap: &Arc<Tap>, within: Duration) -> Result<Running, Fault> {
    let (camera, tap) = (tap.source.camera.clone(), tap.clone());
    let secrets = tap.secrets.clone();
    let answer = deadline::within(within, &format!("{camera}-open"), move || {
        let pipeline = build(&tap)?;
        let running = Running { pipeline };
        running
            .pipeline
            .set_state(gst::State::Playing)
            // The reason is on the bus, and on its way as a note.
            .map_err(|_| Fault::Broken { detail: "the pipeline does not start".into() })?;
        Ok(running)
    });
    match answer {
        Ok(result) => result,
        Err(NoAnswer::Late) => Err(Fault::Hung),
        Err(NoAnswer::Panicked(detail)) => Err(Fault::Panicked { detail: super::redact(&detail, &secrets) }),
        Err(NoAnswer::NoThread(error)) => Err(Fault::Broken { detail: format!("no thread: {error}") }),
    }
}

/// Ends an attempt; false if its teardown did not come back and its thread was left behind.
pub(super) fn tear_down(running: Running, camera: &str, within: Duration) -> bool {
    let answer = deadline::within(within, &format!("{camera}-close"), move || drop(running));
    let abandoned = matches!(answer, Err(NoAnswer::Late));
    if abandoned {
        deadline::count_abandoned_teardown();
    }
    !abandoned
}

fn build(tap: &Arc<Tap>) -> Result<gst::Pipeline, Fault> {
    let pipeline = new_pipeline();
    listen(&pipeline, tap)?;
    let sourced = match &tap.source.location {
        Location::Rtsp { url, transport, credentials } => {
            let credentials =
                credentials.as_ref().map(|known| (known.user.as_str(), known.password.reveal()));
            add_rtsp(&pipeline, tap, url, *transport, credentials)
        }
        Location::File { path, .. } => add_file(&pipeline, tap, path),
    };
    match sourced {
        Ok(()) => Ok(pipeline),
        Err(fault) => Err(fault),
    }
}

/// Turns what the pipeline posts into notes, on the posting thread.
fn listen(pipeline: &gst::Pipeline, tap: &Arc<Tap>) -> Result<(), Fault> {
    let bus = pipeline.bus().ok_or_else(|| Fault::Broken { detail: "a pipeline without a bus".into() })?;
    let tap = tap.clone();
    bus.set_sync_handler(move |_, message| {
        tap.guarded(|| {
            match message.view() {
                gst::MessageView::Error(error) => on_error(&tap, message, error),
                gst::MessageView::Eos(_) => tap.note(Note::Ended),
                _ => {}
            }
            Ok(())
        });
        gst::BusSyncReply::Drop
    });
    Ok(())
}

fn on_error(tap: &Tap, message: &gst::Message, error: &gst::message::Error) {
    let (cause, debug) = (error.error(), error.debug());
    let debug = debug.as_deref();
    let from_decoder = message.src().is_some_and(|element| element.name() == "decoder");
    let known = tap.known();
    let fault = match (known.codec, known.decoder) {
        (_, Some((decoder, _))) if from_decoder => {
            Fault::Decoder { decoder, detail: error::words_of(&cause, debug, &tap.secrets) }
        }
        (Some(_), _) if tap.frames() > 0 && debug.is_some_and(|text| text.contains("not-negotiated")) => {
            Fault::Broken { detail: "its video turned into something that cannot be read".into() }
        }
        (Some(codec), _) if debug.is_some_and(|text| text.contains("not-negotiated")) => {
            error::unsupported_depth(codec, "pixels in a form that no reader knows")
        }
        _ => match error::meaning(&tap.source.location, &tap.secrets, &cause, debug) {
            Meaning::Fault(fault) => fault,
            Meaning::NoConnection => return tap.note(Note::NoConnection),
        },
    };
    tap.fail(fault);
}

// ---- RTSP

fn add_rtsp(
    pipeline: &gst::Pipeline,
    tap: &Arc<Tap>,
    url: &RtspUrl,
    transport: Transport,
    credentials: Option<(&str, &str)>,
) -> Result<(), Fault> {
    let source = make("rtspsrc")?;
    source.set_property("location", url.full());
    source.set_property_from_str("protocols", transport.name());
    source.set_property("latency", u32::try_from(JITTER.as_millis()).unwrap_or(u32::MAX));
    source.set_property("drop-on-latency", true);
    source.set_property("tcp-timeout", micros(tap.source.stall_after.min(ANSWER_WITHIN)));
    source.set_property("timeout", micros(tap.source.stall_after));
    if let Some((user, password)) = credentials {
        source.set_property("user-id", user);
        source.set_property("user-pw", password);
    }
    choose_stream(&source, tap);
    let (weak, tap) = (pipeline.downgrade(), tap.clone());
    let entry = Mutex::new(None::<glib::WeakRef<gst::Pad>>);
    source.connect_pad_added(move |_, pad| {
        tap.guarded(|| {
            let Some(pipeline) = weak.upgrade() else { return Ok(()) };
            let encoding = pad
                .current_caps()
                .and_then(|caps| caps.structure(0)?.get::<String>("encoding-name").ok())
                .unwrap_or_default();
            let codec = Codec::from_rtp(&encoding).ok_or_else(|| error::unsupported(&[encoding]))?;
            watch_packets(pad, &tap, codec);
            let mut entry = entry.lock();
            if let Some(entry) = entry.as_ref().and_then(glib::WeakRef::upgrade) {
                return follow_source(&pipeline, &entry, pad);
            }
            let upstream = rtp_chain(codec)?;
            let first = upstream.first().and_then(|element| element.static_pad("sink"));
            attach(&pipeline, pad, upstream, codec, &tap, false)?;
            *entry = first.map(|pad| pad.downgrade());
            Ok(())
        });
    });
    pipeline.add(&source).map_err(|error| Fault::Broken { detail: error.to_string() })
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
        .map_err(|error| Fault::Broken { detail: format!("another source: {error:?}") })
}

/// Keeps packets away from the depayloader that it would not survive.
fn watch_packets(pad: &gst::Pad, tap: &Arc<Tap>, codec: Codec) {
    let (tap, gate) = (tap.clone(), Mutex::new(PacketGate::new(codec)));
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, info| {
        // After a panic the attempt is over, and nothing may pass unseen.
        let mut verdict = gst::PadProbeReturn::Drop;
        tap.guarded(|| {
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
                let camera = &*tap.source.camera;
                tracing::warn!(camera, %codec, "sends empty or broken RTP packets, which are left aside");
            }
            Ok(())
        });
        verdict
    });
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
fn choose_stream(source: &gst::Element, tap: &Arc<Tap>) {
    let sdp_tap = tap.clone();
    source.connect("on-sdp", false, move |values| {
        let sdp = values.get(1).and_then(|value| value.get::<gst_sdp::SDPMessage>().ok());
        sdp_tap.guarded(|| sdp.as_deref().map_or(Ok(()), |sdp| read_sdp(sdp, &sdp_tap)));
        None
    });
    let tap = tap.clone();
    source.connect("select-stream", false, move |values| {
        let mut selected = false;
        tap.guarded(|| {
            let number = values.get(1).and_then(|value| value.get::<u32>().ok());
            let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
            let encoding = caps.as_ref().and_then(|caps| {
                let structure = caps.structure(0)?;
                let video = structure.get::<&str>("media") == Ok("video");
                structure.get::<&str>("encoding-name").ok().filter(|_| video)
            });
            let readable = encoding.and_then(Codec::from_rtp).is_some();
            let mut known = tap.known.lock();
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
fn read_sdp(sdp: &gst_sdp::SDPMessageRef, tap: &Tap) -> Result<(), Fault> {
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
        let found = if others.is_empty() { "an empty description".to_owned() } else { others.join(" and ") };
        return Err(Fault::NoVideo { found });
    }
    let Some((_, media)) = videos.iter().find(|(encoding, _)| Codec::from_rtp(encoding).is_some()) else {
        let names: Vec<String> = videos.into_iter().map(|(encoding, _)| encoding).collect();
        return Err(error::unsupported(&names));
    };
    let mut known = tap.known.lock();
    known.sdp_fps = media
        .attribute_val("framerate")
        .and_then(|text| text.trim().parse::<f64>().ok())
        .filter(|fps| fps.is_finite() && *fps > 0.0);
    let tool = sdp.attribute_val("tool").or_else(|| sdp.session_name());
    known.sdp_tool = tool.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty() && text != "-");
    Ok(())
}

/// `H264` of `rtpmap:96 H264/90000`; static payload types have names of their own.
fn encoding_of(media: &gst_sdp::SDPMediaRef) -> String {
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

// ---- files

fn add_file(pipeline: &gst::Pipeline, tap: &Arc<Tap>, path: &std::path::Path) -> Result<(), Fault> {
    let real_time = matches!(&tap.source.location, Location::File { pace: Pace::RealTime, .. });
    let (weak, tap) = (pipeline.downgrade(), tap.clone());
    let failed = tap.clone();
    let on_video = move |pad: &gst::Pad, codec| {
        tap.guarded(|| {
            let Some(pipeline) = weak.upgrade() else { return Ok(()) };
            attach(&pipeline, pad, file_parser(codec)?, codec, &tap, real_time)
        });
    };
    add_file_reader(pipeline, path, on_video, move |fault| failed.guarded(|| Err(fault)))
}

/// The parser that a decoder's caps may need after a demuxer (`avc` to `byte-stream`).
pub(super) fn file_parser(codec: Codec) -> Result<Vec<gst::Element>, Fault> {
    match codec {
        Codec::H264 => Ok(vec![make("h264parse")?]),
        Codec::H265 => Ok(vec![make("h265parse")?]),
        Codec::Mjpeg | Codec::Mpeg4 => Ok(Vec::new()),
    }
}

/// `filesrc ! demuxer`; calls `on_video` for the first video we read, or `on_none` with the reason.
///
/// Not `parsebin`: in 1.22 it swallows the error of a demuxer that fails faster than it is plugged in,
/// and then nothing ever comes.
pub(super) fn add_file_reader(
    pipeline: &gst::Pipeline,
    path: &std::path::Path,
    on_video: impl Fn(&gst::Pad, Codec) + Send + Sync + 'static,
    on_none: impl Fn(Fault) + Send + Sync + 'static,
) -> Result<(), Fault> {
    let (file, demuxer) = (make("filesrc")?, make(demuxer_for(path)?)?);
    file.set_property("location", path);
    let found = Arc::new(Mutex::new(Found::default()));
    let (weak, found_in_end) = (pipeline.downgrade(), found.clone());
    demuxer.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        match caps.structure(0).and_then(|structure| found.lock().is_first_video(structure)) {
            Some(codec) => on_video(pad, codec),
            None => discard(weak.upgrade().as_ref(), pad),
        }
    });
    demuxer.connect_no_more_pads(move |_| {
        if let Err(fault) = found_in_end.lock().check() {
            on_none(fault);
        }
    });
    let broken = |error: glib::BoolError| Fault::Broken { detail: error.to_string() };
    pipeline.add_many([&file, &demuxer]).map_err(broken)?;
    file.link(&demuxer).map_err(broken)
}

/// The demuxer for a file, by its first bytes; names lie.
fn demuxer_for(path: &std::path::Path) -> Result<&'static str, Fault> {
    let unreadable = |detail: String| Fault::UnreadableFile { path: path.to_owned(), detail };
    let mut start = [0; 12];
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Fault::MissingFile { path: path.to_owned() },
        _ => unreadable(error.to_string()),
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(unreadable("it is a directory".into()));
    }
    let read = std::io::Read::take(file, start.len() as u64);
    let length = read_all(read, &mut start).map_err(|error| unreadable(error.to_string()))?;
    match &start[..length] {
        [_, _, _, _, kind @ ..]
            if [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"]
                .iter()
                .any(|name| kind.starts_with(*name)) =>
        {
            Ok("qtdemux")
        }
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Ok("matroskademux"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' '] => Ok("avidemux"),
        [] => Err(Fault::NotVideo { path: path.to_owned(), detail: "it is empty".into() }),
        _ => Err(Fault::NotVideo { path: path.to_owned(), detail: "it is neither mp4, mkv nor avi".into() }),
    }
}

fn read_all(mut from: impl std::io::Read, into: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < into.len() {
        match from.read(&mut into[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

/// Streams that a demuxer showed.
#[derive(Debug, Default)]
struct Found {
    readable: bool,
    other_videos: Vec<String>,
    others: Vec<String>,
}

impl Found {
    fn is_first_video(&mut self, caps: &gst::StructureRef) -> Option<Codec> {
        let name = caps.name().as_str();
        match Codec::from_caps(caps) {
            Some(codec) => (!std::mem::replace(&mut self.readable, true)).then_some(codec),
            None if name.starts_with("video/") || name.starts_with("image/") => {
                self.other_videos.push(spoken(name));
                None
            }
            None => {
                self.others.push(spoken(name));
                None
            }
        }
    }

    fn check(&self) -> Result<(), Fault> {
        match (self.readable, self.other_videos.is_empty()) {
            (true, _) => Ok(()),
            (false, false) => Err(error::unsupported(&self.other_videos)),
            (false, true) => Err(Fault::NoVideo { found: self.others.join(" and ") }),
        }
    }
}

/// Lets the data of a stream that nobody reads flow away: a demuxer with an unlinked pad fails when the
/// other ones end.
fn discard(pipeline: Option<&gst::Pipeline>, pad: &gst::Pad) {
    let Some(pipeline) = pipeline else { return };
    let Ok(sink) = gst::ElementFactory::make("fakesink").property("async", false).build() else { return };
    // A stream that is not read may also fail to flow away: then the demuxer says so on the bus.
    if pipeline.add(&sink).is_ok()
        && sink.sync_state_with_parent().is_ok()
        && let Some(entry) = sink.static_pad("sink")
    {
        let _ = pad.link(&entry);
    }
}

/// `video/x-vp8` as people say it.
fn spoken(caps_name: &str) -> String {
    let (kind, name) = caps_name.split_once('/').unwrap_or(("", caps_name));
    let name = name.trim_start_matches("x-").to_ascii_uppercase();
    if kind == "audio" { format!("sound ({name})") } else { name }
}

// ---- from compressed pictures to the sink

/// `pad ► upstream.. ► decoder ► appsink`, while data waits on `pad`.
fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    upstream: Vec<gst::Element>,
    codec: Codec,
    tap: &Arc<Tap>,
    paced: bool,
) -> Result<(), Fault> {
    let chosen = decoder::choose(codec, &tap.source.decoder, &tap.refused_decoders)?;
    {
        let mut known = tap.known.lock();
        known.codec = Some(codec);
        known.decoder = Some((chosen.factory.clone(), chosen.replaceable));
    }
    if let Some(gate) = chosen.element.static_pad("sink") {
        watch_gate(&gate, tap, codec);
    }
    let mut chain = upstream;
    chain.push(chosen.element);
    chain.push(frame_sink(tap, codec, &chosen.factory, paced));
    link_chain(pipeline, pad, &chain).map_err(|detail| {
        for element in &chain {
            // An element that is let go while it runs makes GStreamer complain; there is nobody to tell if it will not stop.
            let _ = element.set_state(gst::State::Null);
        }
        Fault::Decoder { decoder: chosen.factory, detail }
    })
}

/// Adds the elements, links them behind `pad` and brings them to the pipeline's state, last one first.
pub(super) fn link_chain(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    chain: &[gst::Element],
) -> Result<(), String> {
    let words = |error: glib::BoolError| error.to_string();
    pipeline.add_many(chain).map_err(words)?;
    gst::Element::link_many(chain).map_err(words)?;
    for element in chain.iter().rev() {
        element.sync_state_with_parent().map_err(words)?;
    }
    let entry = chain.first().and_then(|element| element.static_pad("sink"));
    let entry = entry.ok_or_else(|| "an element without an input".to_owned())?;
    pad.link(&entry).map(|_| ()).map_err(|error| format!("{error:?}"))
}

/// Measures every access unit before the decoder, and reads what the parser found out. The place where
/// a gate would hold access units back.
fn watch_gate(gate: &gst::Pad, tap: &Arc<Tap>, codec: Codec) {
    let tap = tap.clone();
    gate.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        tap.guarded(|| match &info.data {
            Some(gst::PadProbeData::Buffer(unit)) => {
                let at = unit.pts().or(unit.dts()).map_or(Duration::ZERO, Duration::from);
                let keyframe = !unit.flags().contains(gst::BufferFlags::DELTA_UNIT);
                tap.meter.lock().unit(at, unit.size(), keyframe);
                Ok(())
            }
            Some(gst::PadProbeData::Event(event)) => match event.view() {
                gst::EventView::Caps(caps) => read_parsed_caps(caps.caps(), codec, &tap),
                _ => Ok(()),
            },
            _ => Ok(()),
        });
        gst::PadProbeReturn::Ok
    });
}

fn read_parsed_caps(caps: &gst::CapsRef, codec: Codec, tap: &Tap) -> Result<(), Fault> {
    let profile = caps.structure(0).and_then(|structure| structure.get::<String>("profile").ok());
    if profile.is_some() {
        tap.known.lock().profile = profile;
    }
    check_depth(caps, codec)
}

/// Refuses what a decoder would turn into more than eight bits per sample: nothing here reads those.
pub(super) fn check_depth(caps: &gst::CapsRef, codec: Codec) -> Result<(), Fault> {
    match caps.structure(0).map(|structure| structure.get::<u32>("bit-depth-luma")) {
        Some(Ok(bits)) if bits > 8 => {
            Err(error::unsupported_depth(codec, &format!("{bits} bits per sample")))
        }
        _ => Ok(()),
    }
}

/// The end of the pipeline: newest frame only, no waiting, no conversion.
fn frame_sink(tap: &Arc<Tap>, codec: Codec, decoder: &str, paced: bool) -> gst::Element {
    let caps = gst_video::VideoCapsBuilder::new().format_list(RAW_FORMATS).build();
    let sink = gst_app::AppSink::builder()
        .caps(&caps)
        .max_buffers(1)
        .drop(true)
        .sync(paced)
        // It would keep one more of the decoder's buffers.
        .enable_last_sample(false)
        .build();
    let mut arrivals = Arrivals { tap: tap.clone(), codec, decoder: decoder.to_owned(), format: None };
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                arrivals.arrived(&sample);
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    let sink: gst::Element = sink.upcast();
    if let Some(pad) = sink.static_pad("sink") {
        accept_strides(&pad);
    }
    sink
}

/// Tells the decoder that strides of its own are welcome; it would copy every picture otherwise.
pub(super) fn accept_strides(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

/// State of the appsink's callback.
struct Arrivals {
    tap: Arc<Tap>,
    codec: Codec,
    decoder: String,
    format: Option<(gst::Caps, RawFormat)>,
}

impl Arrivals {
    fn arrived(&mut self, sample: &gst::Sample) {
        let tap = self.tap.clone();
        if !tap.is_retired() {
            tap.guarded(|| self.deliver(sample));
        }
    }

    fn deliver(&mut self, sample: &gst::Sample) -> Result<(), Fault> {
        let tap = self.tap.clone();
        let at = tap.clock.now();
        let number = tap.frames.fetch_add(1, Ordering::Relaxed);
        tap.counters.frames.fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(at.mono.as_nanos()).unwrap_or(NEVER - 1);
        tap.counters.last_frame.store(nanos, Ordering::Relaxed);
        let format = self.format_of(sample)?;
        if !tap.sink.wants(&tap.source.camera, at) {
            tap.counters.unwanted.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let Some(buffer) = sample.buffer_owned() else { return Ok(()) };
        match format.picture(buffer) {
            Ok(picture) => {
                let camera = tap.source.camera.clone();
                tap.sink.frame(Frame { camera, number, at, picture: Arc::new(picture) });
            }
            Err(reason) => {
                tap.counters.unreadable.fetch_add(1, Ordering::Relaxed);
                tracing::trace!(camera = &*tap.source.camera, reason, "picture dropped");
            }
        }
        Ok(())
    }

    /// The format of this sample; announces it when it is new.
    fn format_of(&mut self, sample: &gst::Sample) -> Result<&RawFormat, Fault> {
        let caps =
            sample.caps_owned().ok_or_else(|| Fault::Broken { detail: "a picture without caps".into() })?;
        let is_new = self.format.as_ref().is_none_or(|(known, _)| *known != caps);
        if is_new {
            let format = RawFormat::of(&caps, self.codec)
                .map_err(|pixels| error::unsupported_depth(self.codec, &pixels))?;
            self.tap.note(Note::Pictures(self.info(&format)));
            return Ok(&self.format.insert((caps, format)).1);
        }
        match &self.format {
            Some((_, format)) => Ok(format),
            None => Err(Fault::Broken { detail: "a picture of no form".into() }),
        }
    }

    fn info(&self, format: &RawFormat) -> StreamInfo {
        let known = self.tap.known();
        StreamInfo {
            codec: self.codec,
            profile: known.profile,
            width: format.width(),
            height: format.height(),
            fps: known.sdp_fps.or(format.fps()),
            decoder: self.decoder.clone(),
            transport: match &self.tap.source.location {
                Location::Rtsp { transport, .. } => Some(*transport),
                Location::File { .. } => None,
            },
            name: known.sdp_tool,
        }
    }
}
