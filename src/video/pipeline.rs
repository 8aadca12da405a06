//! One attempt at one stream: a GStreamer pipeline from the source to the sink, and what its callbacks say.
//!
//! Built anew for every attempt, because reopened sources have been seen to leak. Callbacks run on
//! GStreamer's threads; they hand frames to the [`FrameSink`] and everything else as a [`AttemptEvent`] to
//! the supervisor of the attempt. They must never block and never let a panic out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use parking_lot::Mutex;

use super::deadline::{self, NoAnswer};
use super::decode_session::{DecodeSession, GateReport};
use super::decode_threads::Threads;
use super::decoder::Codec;
use super::demux::FileNotes;
use super::error::{self, Fault, Meaning, UNSUPPORTED_CODEC};
use super::meter::{Meter, StreamMeasure};
use super::orientation::Turner;
use super::picture::PictureShape;
use super::rtsp::ANSWER_WITHIN;
use super::source::{Location, ReceivedBy, Source};
use super::stream_info::StreamInfo;
use super::supervise::FrameSink;
use super::{demux, lean, rtsp};
use crate::clock::Clock;
use crate::text::{Sentence, stream};
use crate::types::secret::Secret;
use crate::types::transport::Transport;

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

/// An event of an attempt.
#[derive(Debug)]
pub(super) enum AttemptEvent {
    /// The first picture is decoded, or the form of the pictures changed.
    Pictures(StreamInfo),
    /// It cannot go on.
    Failed(Fault),
    /// No connection, and the reason is unknown.
    NoConnection,
    /// The decoder of this name failed before its first picture, and there are others.
    DecoderFailed(String, Fault),
    /// The stream is over.
    Ended,
    /// The camera redirects to another address.
    Redirected(String),
    /// The lean receiver got something that it does not take, and what.
    Misread(Sentence),
    /// The lean receiver cannot receive this camera, and why.
    Unsuited(Sentence),
    /// Look at the stop flag.
    Wake,
}

/// A note and the number of its attempt; notes of abandoned attempts are ignored.
pub(super) type NumberedNote = (u64, AttemptEvent);

/// Counts of one camera over all its attempts.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub frames: AtomicU64,
    pub unwanted: AtomicU64,
    pub unreadable: AtomicU64,
    /// Compressed pictures that came.
    pub units: AtomicU64,
    /// Nanoseconds on the clock's monotonic side; `u64::MAX` before the first frame.
    last_frame: AtomicU64,
    /// The same of compressed pictures.
    last_unit: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Counters {
    pub(super) fn new() -> Self {
        Counters {
            last_frame: AtomicU64::new(NEVER),
            last_unit: AtomicU64::new(NEVER),
            ..Counters::default()
        }
    }

    /// A compressed picture came, at this time on the monotonic clock.
    pub(crate) fn unit_came(&self, at: Duration) {
        self.units.fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(at.as_nanos()).unwrap_or(NEVER - 1);
        self.last_unit.store(nanos, Ordering::Relaxed);
    }

    pub(crate) fn last_unit(&self) -> Option<Duration> {
        let nanos = self.last_unit.load(Ordering::Relaxed);
        (nanos != NEVER).then(|| Duration::from_nanos(nanos))
    }

    /// A frame came, at this time on the monotonic clock.
    pub(crate) fn frame_came(&self, at: Duration) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(at.as_nanos()).unwrap_or(NEVER - 1);
        self.last_frame.store(nanos, Ordering::Relaxed);
    }

    pub(crate) fn last_frame(&self) -> Option<Duration> {
        let nanos = self.last_frame.load(Ordering::Relaxed);
        (nanos != NEVER).then(|| Duration::from_nanos(nanos))
    }
}

/// The context of one attempt, shared by its callbacks and its watcher.
pub(super) struct AttemptContext {
    pub(super) source: Arc<Source>,
    /// The address of this attempt: the source's own, or that of a redirect.
    pub(super) location: Location,
    /// Time limit for one answer in this attempt.
    pub(super) answer_within: Duration,
    /// The camera was slower than usual before.
    pub(super) is_patient: bool,
    secrets: Vec<Secret>,
    pub(super) clock: Clock,
    pub(super) sink: Arc<dyn FrameSink>,
    attempt: u64,
    /// Who receives in this attempt; `None` for a file.
    pub(super) received_by: Option<ReceivedBy>,
    notes: SyncSender<NumberedNote>,
    pub(super) counters: Arc<Counters>,
    pub(super) refused_decoders: Vec<String>,
    retired: AtomicBool,
    pub(super) frames: AtomicU64,
    pub(super) meter: Mutex<Meter>,
    pub(super) known: Mutex<Known>,
    /// The decode session, once the stream is found.
    pub(super) decode_session: Mutex<Option<Arc<DecodeSession>>>,
    /// A thread is in its decoder.
    pub(super) decoding: AtomicBool,
    /// The form of pictures that was announced.
    announced: Mutex<Option<gst::Caps>>,
    pub(super) turner: Turner,
    /// What its file says of itself, where it is one.
    pub(super) file_notes: Arc<FileNotes>,
}

/// What is found out about a stream on the way to its first picture.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    pub codec: Option<Codec>,
    /// Decoder factory, and whether another may be tried in its place.
    pub decoder: Option<(String, bool)>,
    /// Profile as the parser names it (`high`, `main`).
    pub profile: Option<String>,
    /// Frame rate in the SDP, or in the parameter sets where the lean receiver reads them.
    pub sdp_fps: Option<f64>,
    /// `a=tool` or the session name of the SDP.
    pub sdp_tool: Option<String>,
    /// Number of the chosen stream in the SDP.
    pub(super) chosen: Option<u32>,
}

impl AttemptContext {
    pub(super) fn new(
        source: Arc<Source>,
        clock: Clock,
        sink: Arc<dyn FrameSink>,
        counters: Arc<Counters>,
        refused_decoders: Vec<String>,
        attempt: u64,
        notes: SyncSender<NumberedNote>,
    ) -> Self {
        AttemptContext {
            secrets: source.secrets(),
            location: source.location.clone(),
            answer_within: source.answer_within.unwrap_or(source.stall_after.min(ANSWER_WITHIN)),
            is_patient: false,
            source,
            clock,
            sink,
            attempt,
            received_by: None,
            notes,
            counters,
            refused_decoders,
            retired: AtomicBool::new(false),
            frames: AtomicU64::new(0),
            meter: Mutex::new(Meter::default()),
            known: Mutex::new(Known::default()),
            decode_session: Mutex::new(None),
            decoding: AtomicBool::new(false),
            announced: Mutex::new(None),
            turner: Turner::default(),
            file_notes: Arc::default(),
        }
    }

    /// The context of an attempt with this receiver.
    pub(super) fn received_by(mut self, receiver: Option<ReceivedBy>) -> Self {
        self.received_by = receiver;
        self
    }

    /// The context of an attempt at that address with that time limit.
    pub(super) fn asking(mut self, location: Location, slowly: Option<Duration>) -> Self {
        self.location = location;
        self.is_patient = slowly.is_some();
        self.answer_within = slowly.unwrap_or(self.answer_within);
        self
    }

    /// Whether what is asked is asked over TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(&self.location, Location::Rtsp { url, .. } if url.is_encrypted())
    }

    /// The camera's `host:port`, for people.
    pub(crate) fn host_and_port(&self) -> String {
        match &self.location {
            Location::Rtsp { url, .. } => format!("{}:{}", url.host(), url.port()),
            Location::File { path, .. } => path.display().to_string(),
        }
    }

    /// What the gate does, once there is one.
    pub(super) fn gate(&self) -> Option<GateReport> {
        self.decode_session.lock().as_ref().map(|decode_session| decode_session.report())
    }

    /// Whether a thread does not come back from this attempt's decoder.
    fn hangs_in_decoder(&self) -> bool {
        self.decoding.load(Ordering::SeqCst)
    }

    /// A text without this camera's secrets.
    pub(super) fn clean(&self, text: &str) -> String {
        super::redact(text, &self.secrets)
    }

    /// Reports pictures of another form than before.
    pub(crate) fn announce(&self, caps: Option<gst::Caps>, info: impl FnOnce() -> StreamInfo) {
        let mut announced = self.announced.lock();
        if *announced != caps {
            *announced = caps;
            drop(announced);
            self.note(AttemptEvent::Pictures(info()));
        }
    }

    /// How pictures must be shown: as the file says of itself, else as the configuration says of the camera.
    pub(super) fn shape(&self) -> PictureShape {
        let of_source = self.source.shape;
        PictureShape {
            orientation: self.file_notes.orientation().unwrap_or(of_source.orientation),
            ..of_source
        }
    }

    /// Frames decoded in this attempt.
    pub(super) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub(super) fn measure(&self) -> StreamMeasure {
        self.meter.lock().measure()
    }

    pub(super) fn known(&self) -> Known {
        self.known.lock().clone()
    }

    /// From here on nothing of this attempt reaches the sink, whatever its threads still do.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::SeqCst)
    }

    pub(super) fn note(&self, note: AttemptEvent) {
        if !self.is_retired() {
            // A full queue means the watcher has plenty to read: the first notes say why, later ones
            // are echoes and may be lost.
            let _ = self.notes.try_send((self.attempt, note));
        }
    }

    /// Runs a callback's work: a fault is noted, a panic too, and after a panic the attempt is over.
    pub(super) fn guarded(&self, work: impl FnOnce() -> Result<(), Fault>) {
        match deadline::catch(work) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => self.fail(fault),
            Err(panic) => {
                self.note(AttemptEvent::Failed(Fault::Panicked {
                    detail: super::redact(&panic, &self.secrets),
                }));
                self.retire();
            }
        }
    }

    /// A fault before the first picture may be the decoder's, if it was one that can be replaced.
    fn fail(&self, fault: Fault) {
        let fault = match &self.source.location {
            Location::File { path, .. } => fault.of_file(path),
            Location::Rtsp { .. } => fault,
        };
        let decoder = self.known.lock().decoder.clone();
        let about_decoding = matches!(
            fault,
            Fault::Decoder { .. }
                | Fault::UnsupportedCodec { .. }
                | Fault::Recording { kind: UNSUPPORTED_CODEC, .. }
        );
        match decoder {
            Some((name, true)) if about_decoding && self.frames() == 0 => {
                self.note(AttemptEvent::DecoderFailed(name, fault))
            }
            _ => self.note(AttemptEvent::Failed(fault)),
        }
    }
}

/// An attempt that runs. Dropping it tears it down on the spot, which may block.
pub(super) struct Running {
    receiver: Option<Receiver>,
    context: Arc<AttemptContext>,
}

/// Where its units come from.
enum Receiver {
    Pipeline(gst::Pipeline),
    Lean(lean::Receiving),
}

impl Drop for Running {
    fn drop(&mut self) {
        match self.receiver.take() {
            Some(Receiver::Pipeline(pipeline)) => {
                // The only answer to a teardown that fails is to let go, which happens next.
                let _ = pipeline.set_state(gst::State::Null);
                if let Some(bus) = pipeline.bus() {
                    bus.unset_sync_handler();
                }
            }
            Some(Receiver::Lean(receiving)) => drop(receiving),
            None => {}
        }
        let decode_session = self.context.decode_session.lock().take();
        if let Some(decode_session) = decode_session {
            decode_session.close();
        }
    }
}

/// Begins to receive: with the lean receiver, or with a pipeline that is built and let play on a thread that is left
/// behind after `within`.
pub(super) fn start(context: &Arc<AttemptContext>, within: Duration) -> Result<Running, Fault> {
    if context.received_by == Some(ReceivedBy::Lean)
        && let Some(address) = lean::address(&context.location)
    {
        let receiving = lean::start(context, address)?;
        return Ok(Running { receiver: Some(Receiver::Lean(receiving)), context: context.clone() });
    }
    let (camera, context) = (context.source.camera.clone(), context.clone());
    let secrets = context.secrets.clone();
    let answer = deadline::within(within, &format!("{camera}-open"), move || {
        let pipeline = build(&context)?;
        let running =
            Running { receiver: Some(Receiver::Pipeline(pipeline.clone())), context: context.clone() };
        pipeline
            .set_state(gst::State::Playing)
            // The reason is on the bus, and on its way as a note.
            .map_err(|_| Fault::Broken { detail: stream::pipeline_does_not_start() })?;
        Ok(running)
    });
    match answer {
        Ok(result) => result,
        Err(NoAnswer::Late) => Err(Fault::Hung),
        Err(NoAnswer::Panicked(detail)) => Err(Fault::Panicked { detail: super::redact(&detail, &secrets) }),
        Err(NoAnswer::NoThread(error)) => Err(Fault::Broken { detail: stream::no_thread(error.to_string()) }),
    }
}

/// Ends an attempt; false if its teardown did not come back and its thread was left behind.
pub(super) fn tear_down(running: Running, camera: &str, within: Duration) -> bool {
    let context = running.context.clone();
    let answer = deadline::within(within, &format!("{camera}-close"), move || drop(running));
    let abandoned = matches!(answer, Err(NoAnswer::Late));
    if abandoned {
        deadline::count_abandoned_teardown();
        // Closing waits for the thread that decodes: where that one hangs, another must work for the other cameras.
        if context.hangs_in_decoder() {
            Threads::replace_one();
        }
    }
    !abandoned
}

fn build(context: &Arc<AttemptContext>) -> Result<gst::Pipeline, Fault> {
    let pipeline = new_pipeline();
    listen(&pipeline, context)?;
    let sourced = match &context.location {
        Location::Rtsp { url, transport, credentials } => {
            let credentials =
                credentials.as_ref().map(|known| (known.user.as_str(), known.password.reveal()));
            rtsp::add(&pipeline, context, url, *transport, credentials)
        }
        Location::File { path, .. } => demux::add(&pipeline, context, path),
    };
    match sourced {
        Ok(()) => Ok(pipeline),
        Err(fault) => Err(fault),
    }
}

/// Turns what the pipeline posts into notes, on the posting thread.
fn listen(pipeline: &gst::Pipeline, context: &Arc<AttemptContext>) -> Result<(), Fault> {
    let bus = pipeline.bus().ok_or_else(|| Fault::Broken { detail: stream::pipeline_without_bus() })?;
    let context = context.clone();
    bus.set_sync_handler(move |_, message| {
        context.guarded(|| {
            match message.view() {
                gst::MessageView::Error(error) => on_error(&context, error),
                // With units on their way it is over when the last one is decoded.
                gst::MessageView::Eos(_) if context.decode_session.lock().is_none() => {
                    context.note(AttemptEvent::Ended)
                }
                // A connection that ends before its first packet leads to nothing else: there is no pad that could end.
                gst::MessageView::Warning(warning) if is_the_end(&context.source.location, warning) => {
                    context.note(AttemptEvent::Ended);
                }
                _ => {}
            }
            Ok(())
        });
        gst::BusSyncReply::Drop
    });
    Ok(())
}

/// Whether a warning says that the camera closed the connection that carries the pictures.
fn is_the_end(location: &Location, warning: &gst::message::Warning) -> bool {
    let carries = matches!(location, Location::Rtsp { transport: Transport::Tcp, .. });
    carries && warning.debug().is_some_and(|text| text.contains("The server closed the connection"))
}

fn on_error(context: &AttemptContext, error: &gst::message::Error) {
    let (cause, debug) = (error.error(), error.debug());
    let debug = debug.as_deref();
    let fault = match context.known().codec {
        Some(_) if context.frames() > 0 && debug.is_some_and(|text| text.contains("not-negotiated")) => {
            Fault::Broken { detail: stream::changed_beyond_reading() }
        }
        Some(codec) if debug.is_some_and(|text| text.contains("not-negotiated")) => {
            error::unsupported_depth(codec, stream::unknown_pixels())
        }
        _ => match error::meaning(&context.location, &context.secrets, &cause, debug) {
            Meaning::Fault(fault) => fault,
            Meaning::NoConnection => return context.note(AttemptEvent::NoConnection),
        },
    };
    context.fail(fault);
}
