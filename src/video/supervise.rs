//! One thread per camera that keeps its stream alive: build, watch, tear down, wait, again.
//!
//! Input is a [`Source`]; output goes to a [`FrameSink`]. The thread waits on one queue of notes from
//! its pipeline (errors, first picture, end) and on the clock; it never polls. Frames do not pass it:
//! they go from GStreamer's thread straight to the sink.
//!
//! # Promises
//!
//! - A stream counts as lost when no *frame* came for `stall_after` (on patrol: no compressed picture), whatever the
//!   socket does.
//! - A new pipeline (or lean connection, [`Receivers`]) for every attempt; the old one is torn down first, on a thread that may be left behind.
//! - [`CameraHandle::stop`] comes back by its deadline.
//! - A panic of the sink, of GStreamer's callbacks or of this thread loses one attempt of one camera.
//! - What happens is logged here once; who receives a [`CameraEvent`] need not log it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tracing::debug;

use super::backoff::Backoff;
use super::camera_state::{CameraEvent, CameraState};
use super::deadline;
use super::error::{Fault, VideoError};
use super::gop_gate::Demand;
use super::loss_log::LossLog;
use super::pipeline::{self, AttemptContext, AttemptEvent, Counters, NumberedNote, Running};
use super::receivers::Receivers;
use super::redirects::Redirects;
use super::rtsp::ANSWER_WITHIN;
use super::source::{Location, ReceivedBy, Source};
use super::stream_info::StreamInfo;
use crate::analysis::time::Moment;
use crate::clock::Clock;
use crate::frame::Frame;
use crate::text::{box_log, language_of_log, log_error, log_info, log_warn, stream as say};
use crate::types::decoding::DecodePolicy;

mod elsewhere;
mod handle;

pub use handle::CameraHandle;

/// A stream that held this long starts from short waits again. A guess: longer than a camera's restart
/// loop, shorter than anybody's patience.
const STABLE_AFTER: Duration = Duration::from_secs(30);
/// What a teardown gets before its thread is left behind. `rtspsrc` itself waits 0.1 s for the answer to
/// its TEARDOWN.
const TEARDOWN_WITHIN: Duration = Duration::from_secs(3);
/// What building a pipeline gets; it opens hardware decoders.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// Compressed pictures arrive but no picture comes out: some cameras send a keyframe every 20 s.
const FIRST_PICTURE_WITHIN: Duration = Duration::from_secs(30);
/// GStreamer's own timeout, which knows better words, gets this head start before ours.
const HEAD_START: Duration = Duration::from_secs(2);
/// However long the wait for the next attempt is, the thread says so often that it lives.
const BEAT: Duration = Duration::from_secs(30);
/// What a camera gets for one answer once it was too slow: some need half a minute to wake up. No camera that we know of
/// needs more.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);
/// Notes that wait for the thread; overflow drops the newest, because the first ones say why.
const NOTES: usize = 64;

/// Where frames and events of a camera go. Called from GStreamer's threads (frames) and from the
/// camera's own thread (events), one call at a time from each.
pub trait FrameSink: Send + Sync {
    /// Whether a frame of this camera is wanted now; asked before the frame is mapped, so it must be
    /// cheap. This is where the analysis rate is limited.
    fn wants(&self, camera: &str, at: Moment) -> bool;

    /// A frame that was wanted. Must not block: the decoder waits.
    fn frame(&self, frame: Frame);

    /// What is needed of this camera now; asked with every compressed picture, so it must be cheap. Only a camera
    /// whose policy is [`DecodePolicy::Auto`] can be served with less than everything.
    fn demand(&self, _camera: &str) -> Demand {
        Demand::Often { every: Duration::ZERO, after: Duration::ZERO }
    }

    /// Whether a frame that waits since a while would be looked at, and not only replace another. Frames that catch
    /// up (after a burst began, what led to it) wait for this.
    fn has_room(&self, _camera: &str) -> bool {
        true
    }

    /// Something happened to the stream. The frames of a connection may overtake its `Connected`.
    fn event(&self, camera: &Arc<str>, event: CameraEvent);
}

/// Keeps the stream of `source` alive until it is stopped.
///
/// # Errors
/// GStreamer does not load, or no thread can be started; the state of the stream is reported by events.
pub fn supervise(source: Source, clock: Clock, sink: Arc<dyn FrameSink>) -> Result<CameraHandle, VideoError> {
    supervise_as(source, clock, sink, Talk::Log)
}

/// Whether a camera's thread logs what happens, or its caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    Log,
    Quiet,
}

pub(super) fn supervise_as(
    source: Source,
    clock: Clock,
    sink: Arc<dyn FrameSink>,
    talk: Talk,
) -> Result<CameraHandle, VideoError> {
    super::init()?;
    let (send, notes) = sync_channel(NOTES);
    let camera = source.camera.clone();
    let shared = Arc::new(Shared {
        talk,
        backoff_limits: source.retry,
        source: Arc::new(source),
        clock,
        counters: Arc::new(Counters::new()),
        reconnects: AtomicU64::new(0),
        beats: AtomicU64::new(0),
        retry_now: AtomicBool::new(false),
        status: Mutex::new(Status {
            state: CameraState::Connecting,
            context: None,
            stream: None,
            redirected_to: None,
            last_error: None,
        }),
        stop_by: Mutex::new(None),
        done: (Mutex::new(false), Condvar::new()),
        send,
    });
    let backoff = Backoff::new(shared.backoff_limits);
    let receivers = Receivers::of(&shared.source, talk);
    let redirects = Redirects::of(&shared.source.location);
    let supervisor = Supervisor {
        shared: shared.clone(),
        sink,
        notes,
        backoff,
        receivers,
        redirects,
        is_slow: false,
        refused: Vec::new(),
        attempt: 0,
        log: LossLog::default(),
    };
    let thread = thread::Builder::new()
        .name(format!("{camera}-watch"))
        .spawn(move || supervisor.run())
        .map_err(|error| Fault::Broken { detail: say::no_thread(error.to_string()) })
        .map_err(|fault| VideoError::of(&camera, fault))?;
    Ok(CameraHandle { shared, thread: Some(thread) })
}

/// What handle and thread share.
struct Shared {
    source: Arc<Source>,
    talk: Talk,
    backoff_limits: super::backoff::RetryLimits,
    clock: Clock,
    counters: Arc<Counters>,
    reconnects: AtomicU64,
    /// Signs of life of the thread while it waits.
    beats: AtomicU64,
    /// The next attempt was requested.
    retry_now: AtomicBool,
    status: Mutex<Status>,
    stop_by: Mutex<Option<Instant>>,
    done: (Mutex<bool>, Condvar),
    send: SyncSender<NumberedNote>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Camera").field("source", &self.source).finish_non_exhaustive()
    }
}

struct Status {
    state: CameraState,
    context: Option<Arc<AttemptContext>>,
    stream: Option<StreamInfo>,
    redirected_to: Option<String>,
    last_error: Option<VideoError>,
}

impl Shared {
    fn ask_to_stop(&self, within: Duration) {
        self.stop_by.lock().get_or_insert_with(|| Instant::now() + within);
        // A full queue wakes the thread too.
        let _ = self.send.try_send((0, AttemptEvent::Wake));
    }

    fn must_stop(&self) -> bool {
        self.stop_by.lock().is_some()
    }

    /// What a teardown may take now: less when a stop is due.
    fn teardown_within(&self) -> Duration {
        match *self.stop_by.lock() {
            // A part of it stays for the rest of stopping.
            Some(by) => by.saturating_duration_since(Instant::now()).mul_f32(0.8).min(TEARDOWN_WITHIN),
            None => TEARDOWN_WITHIN,
        }
    }
}

/// How an attempt ended.
enum End {
    Stopped,
    /// The stream is over. For a file that is how it should be.
    StreamOver,
    Lost(Fault),
    /// Try the next decoder, at once.
    OtherDecoder(String, Fault),
    /// Connect again at once; the receivers know how.
    OtherWay,
    /// Connect again at once; the redirects know where.
    Elsewhere,
}

/// What comes after an attempt.
enum Next {
    AttemptIn(Duration),
    Nothing,
}

/// The camera's thread.
struct Supervisor {
    shared: Arc<Shared>,
    sink: Arc<dyn FrameSink>,
    notes: Receiver<NumberedNote>,
    backoff: Backoff,
    receivers: Receivers,
    redirects: Redirects,
    /// An answer of the camera came too late, or not at all: the next attempt waits for longer.
    is_slow: bool,
    refused: Vec<String>,
    attempt: u64,
    log: LossLog,
}

impl Supervisor {
    fn run(mut self) {
        loop {
            let next = deadline::catch(|| self.attempt_and_report()).unwrap_or_else(|panic| {
                let detail = super::redact(&panic, &self.shared.source.secrets());
                self.report_lost(Fault::Panicked { detail }, Duration::ZERO)
            });
            match next {
                Next::AttemptIn(wait) if self.waited(wait) => {}
                Next::AttemptIn(_) | Next::Nothing => break,
            }
        }
        if self.shared.must_stop() {
            self.set_state(CameraState::Stopped);
            self.emit(CameraEvent::Stopped);
        }
        let (done, changed) = &self.shared.done;
        *done.lock() = true;
        changed.notify_all();
    }

    fn attempt_and_report(&mut self) -> Next {
        self.attempt += 1;
        self.set_state(CameraState::Connecting);
        let context = AttemptContext::new(
            self.shared.source.clone(),
            self.shared.clock,
            self.sink.clone(),
            self.shared.counters.clone(),
            self.refused.clone(),
            self.attempt,
            self.shared.send.clone(),
        );
        let location = self.redirects.now().clone();
        let receiver = self.receivers.now(&location);
        let slowly = self.is_slow.then(|| context.answer_within.max(LONGEST_ANSWER));
        let context = Arc::new(context.received_by(receiver).asking(location, slowly));
        self.shared.status.lock().context = Some(context.clone());
        let started = Instant::now();
        let end = self.run_once(&context, started);
        let ran = if context.frames() > 0 { started.elapsed() } else { Duration::ZERO };
        if context.frames() > 0 {
            self.backoff.pictures_came();
        }
        match end {
            End::Stopped => Next::Nothing,
            End::OtherDecoder(decoder, fault) => {
                let camera = &*self.shared.source.camera;
                let error = fault.sentence().in_language(language_of_log());
                log_warn!(box_log::next_decoder(); camera, decoder, %error);
                self.refused.push(decoder);
                Next::AttemptIn(Duration::ZERO)
            }
            End::OtherWay | End::Elsewhere => Next::AttemptIn(Duration::ZERO),
            End::StreamOver => self.after_the_end(&context, ran),
            End::Lost(fault) => {
                let fault = self.redirects.blame(fault);
                self.report_lost(fault, ran)
            }
        }
    }

    /// One pipeline from its building to its teardown.
    fn run_once(&mut self, context: &Arc<AttemptContext>, started: Instant) -> End {
        let end = match pipeline::start(context, OPEN_WITHIN) {
            Ok(running) => {
                let end = self.watch(context, started);
                context.retire();
                self.tear_down(running);
                end
            }
            // A reason on the bus is better than "does not start".
            Err(fault) => {
                let noted = self.notes.try_iter().find(|(attempt, _)| *attempt == self.attempt);
                context.retire();
                match noted.map(|(_, note)| note) {
                    Some(AttemptEvent::Failed(fault)) => End::Lost(fault),
                    Some(AttemptEvent::DecoderFailed(decoder, fault)) => End::OtherDecoder(decoder, fault),
                    None
                    | Some(
                        AttemptEvent::Pictures(_)
                        | AttemptEvent::NoConnection
                        | AttemptEvent::Ended
                        | AttemptEvent::Redirected(_)
                        | AttemptEvent::Misread(_)
                        | AttemptEvent::Unsuited(_)
                        | AttemptEvent::Wake,
                    ) => End::Lost(fault),
                }
            }
        };
        if self.shared.must_stop() { End::Stopped } else { end }
    }

    fn tear_down(&self, running: Running) {
        let camera = &*self.shared.source.camera;
        if !pipeline::tear_down(running, camera, self.shared.teardown_within()) {
            log_warn!(box_log::pipeline_left_behind(); camera);
        }
    }

    /// Waits for the attempt's end: what the pipeline says, or a picture that does not come.
    fn watch(&mut self, context: &AttemptContext, started: Instant) -> End {
        loop {
            if self.shared.must_stop() {
                return End::Stopped;
            }
            let (left, overdue) = self.time_left(context, started);
            if left.is_zero() {
                return End::Lost(overdue);
            }
            match self.notes.recv_timeout(left) {
                Ok((attempt, note)) if attempt == self.attempt => {
                    if let Some(end) = self.handle(note, context) {
                        return end;
                    }
                }
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return End::Stopped,
            }
        }
    }

    fn handle(&mut self, note: AttemptEvent, context: &AttemptContext) -> Option<End> {
        match note {
            AttemptEvent::Pictures(stream) => {
                self.report_pictures(stream);
                None
            }
            AttemptEvent::Failed(Fault::Closed | Fault::NotRtsp { .. })
                if context.frames() == 0 && self.connects_to_a_tls_port() =>
            {
                let Location::Rtsp { url, .. } = self.redirects.now() else { return None };
                let address = format!("{}:{}", url.host(), url.port());
                Some(End::Lost(Fault::EncryptedPort { address }))
            }
            AttemptEvent::Failed(fault) => Some(self.explained(fault)),
            AttemptEvent::Redirected(to) => Some(self.sent_on(&to)),
            AttemptEvent::Unsuited(why) => Some(self.by_gstreamer(&why)),
            AttemptEvent::Misread(why) => {
                self.receivers.misread(&why, context.frames() > 0, Instant::now());
                Some(End::OtherWay)
            }
            AttemptEvent::DecoderFailed(decoder, fault) => Some(End::OtherDecoder(decoder, fault)),
            AttemptEvent::NoConnection => Some(self.without_connection()),
            AttemptEvent::Ended => Some(End::StreamOver),
            AttemptEvent::Wake => None,
        }
    }

    /// Time until a picture is overdue, and what it means then.
    fn time_left(&self, context: &AttemptContext, started: Instant) -> (Duration, Fault) {
        let stall_after = self.shared.source.stall_after;
        if context.frames() > 0 {
            let now = self.shared.clock.now().mono;
            let age = |at: Option<Duration>| at.map_or(Duration::ZERO, |at| now.saturating_sub(at));
            let counters = &self.shared.counters;
            let (frame, unit) = (age(counters.last_frame()), age(counters.last_unit()));
            if self.shared.source.policy == DecodePolicy::Full {
                return (stall_after.saturating_sub(frame), Fault::Stalled { after: stall_after });
            }
            // Not every compressed picture becomes one; but at least keyframes do.
            let left = stall_after.saturating_sub(unit);
            let left = left.min(stall_after.max(FIRST_PICTURE_WITHIN).saturating_sub(frame));
            return (left, Fault::Stalled { after: stall_after });
        }
        let packets = context.measure().units > 0;
        // Before the first packet the camera answers three times, or twice as often where it asks for a login.
        let answers = context.answer_within.saturating_sub(ANSWER_WITHIN) * 3;
        let unanswered = stall_after + HEAD_START + answers;
        let within = if packets { stall_after.max(FIRST_PICTURE_WITHIN) } else { unanswered };
        let left = within.saturating_sub(started.elapsed());
        (left, Fault::NoPicture { after: within, packets })
    }

    fn report_pictures(&mut self, stream: StreamInfo) {
        let connected = {
            let mut status = self.shared.status.lock();
            let connected = status.state != CameraState::Running;
            status.state = CameraState::Running;
            status.last_error = None;
            status.stream = Some(stream.clone());
            status.redirected_to = self.redirects.led_to();
            connected
        };
        let camera = &*self.shared.source.camera;
        let (codec, decoder, width, height) =
            (stream.codec.name(), &stream.decoder, stream.width, stream.height);
        let kind = if connected { "runs" } else { "changed" };
        if self.shared.talk == Talk::Log && self.log.is_news(kind, Instant::now()) {
            let what = if connected { box_log::stream_runs() } else { box_log::stream_changed() };
            log_info!(what; camera, codec, decoder, width, height);
            if connected && stream.seems_squeezed(&self.shared.source.shape) {
                log_info!(box_log::picture_squeezed(); camera, width, height);
            }
            for remark in &stream.remarks {
                log_info!(box_log::about_file(remark.clone()); camera);
            }
        }
        self.emit(if connected { CameraEvent::Connected(stream) } else { CameraEvent::Changed(stream) });
    }

    /// The stream said that it is over.
    fn after_the_end(&mut self, context: &AttemptContext, ran: Duration) -> Next {
        match &self.shared.source.location {
            Location::Rtsp { .. } => {
                self.receivers.closed(ran, Instant::now());
                self.report_lost(Fault::Closed, ran)
            }
            Location::File { path, .. } if context.frames() == 0 => {
                let fault = Fault::NotVideo { path: path.clone(), detail: say::not_one_picture() };
                self.report_lost(fault, ran)
            }
            Location::File { repeat: true, .. } => Next::AttemptIn(Duration::ZERO),
            Location::File { repeat: false, .. } => {
                self.set_state(CameraState::Ended);
                self.emit(CameraEvent::Ended);
                Next::Nothing
            }
        }
    }

    fn report_lost(&mut self, fault: Fault, ran: Duration) -> Next {
        if ran >= STABLE_AFTER {
            self.backoff.reset();
        }
        // A camera that cannot be waited for twice at once gets its usual time in between.
        let waits_twice = self.receivers.now(self.redirects.now()) == Some(ReceivedBy::Lean);
        self.is_slow = matches!(fault, Fault::NoAnswer { .. }) && (waits_twice || !self.is_slow);
        self.redirects.start_over(&self.shared.source.location);
        self.log.ran(ran);
        let retry_in = self.backoff.wait_after(fault.persistence(), rand::random());
        let reason = VideoError::of(&self.shared.source.camera, fault);
        let kind = reason.kind();
        let camera = &*self.shared.source.camera;
        let retry_in_s = format!("{:.1}", retry_in.as_secs_f32());
        let times = match self.shared.talk {
            Talk::Log => self.log.lost(kind, Instant::now()),
            Talk::Quiet => None,
        };
        let error = || reason.sentence().in_language(language_of_log());
        match times {
            Some(1) => log_warn!(box_log::stream_lost(); camera, kind, error = error(), %retry_in_s),
            Some(times) => {
                log_warn!(box_log::stream_still_lost(); camera, kind, error = error(), %retry_in_s, times);
            }
            None => debug!(camera, kind, error = reason.summary(), %retry_in_s, "stream lost again"),
        }
        self.shared.reconnects.fetch_add(1, Ordering::Relaxed);
        self.shared.status.lock().last_error = Some(reason.clone());
        self.set_state(CameraState::Waiting);
        self.emit(CameraEvent::Lost { reason, retry_in });
        Next::AttemptIn(retry_in)
    }

    /// False if a stop came before the wait was over.
    fn waited(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        // What was asked for before this failure was answered by it.
        self.shared.retry_now.store(false, Ordering::Relaxed);
        loop {
            self.shared.beats.fetch_add(1, Ordering::Relaxed);
            if self.shared.must_stop() {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.shared.retry_now.load(Ordering::Relaxed) {
                return true;
            }
            // Only a wake-up matters here; late notes of the last attempt are read and dropped.
            if let Err(RecvTimeoutError::Disconnected) = self.notes.recv_timeout(left.min(BEAT)) {
                return false;
            }
        }
    }

    fn set_state(&self, state: CameraState) {
        self.shared.status.lock().state = state;
    }

    /// A sink that panics over an event loses that event, and nothing else.
    fn emit(&self, event: CameraEvent) {
        let camera = &self.shared.source.camera;
        if let Err(panic) = deadline::catch(|| self.sink.event(camera, event)) {
            let panic = super::redact(&panic, &self.shared.source.secrets());
            log_error!(box_log::camera_events_panicked(); camera = &**camera, panic);
        }
    }
}
