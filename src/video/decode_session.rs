//! One attempt's way from compressed units to frames: the gate, the decoder, and whose turn it is.
//!
//! Units come in on the receiver's thread, which only hands them over; decoding is done by the shared
//! [threads](super::decode_threads), one at a time for a camera. Must never decode on the receiver's thread, and
//! never let units of a live camera pile up beyond what the gate holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use parking_lot::{Condvar, Mutex};

use super::decode::{DecodeRequest, EncodedPicture, OpenDecoder};
use super::decode_threads::{Job, JobState, Then, Threads};
use super::decoder::Codec;
use super::decoding::check_depth;
use super::error::Fault;
use super::gop_gate::{Gate, GateCounts, GateMode, How, Unit, Work};
use super::pipeline::{AttemptContext, AttemptEvent};
use super::source::{Location, Pace};
use crate::text::stream;

/// Units that a file which is read as fast as it can be may be ahead of its decoder.
const AHEAD: usize = 32;
/// Units that are decoded before another camera has its turn.
const SLICE: usize = 16;
/// A unit that is older than this is one of those that [catch up](SessionState::catches_up), wherever it comes from.
const CATCHING_UP: Duration = Duration::from_millis(200);
/// But not for longer than this: the analysis of the frames is overloaded.
const WAITS_FOR_ROOM: Duration = Duration::from_secs(6);

/// See the module.
pub(super) struct DecodeSession {
    context: Arc<AttemptContext>,
    codec: Codec,
    threads: Arc<Threads>,
    /// Read as fast as possible: the reader waits for the decoder.
    waits: bool,
    gate: Mutex<Gate<EncodedPicture>>,
    /// The reader waits here.
    read_on: Condvar,
    state: Mutex<SessionState>,
    /// No unit comes any more.
    ended: AtomicBool,
    turns: JobState,
}

/// The state that only the working thread uses.
#[derive(Default)]
struct SessionState {
    decoder: Option<OpenDecoder>,
    /// A run began, and since then a unit or a picture was always waiting. The last of these units are as young as
    /// live ones, but the pictures before them are still to be looked at.
    catches_up: bool,
    end_reported: bool,
}

/// The state of a stream's GOP gate.
#[derive(Debug, Clone, Copy)]
pub(super) struct GateReport {
    pub mode: GateMode,
    pub counts: GateCounts,
}

impl DecodeSession {
    /// For one stream of an attempt.
    pub(super) fn new(context: &Arc<AttemptContext>, codec: Codec) -> std::io::Result<Arc<Self>> {
        let waits = matches!(&context.source.location, Location::File { pace: Pace::AsFastAsPossible, .. });
        let gate = Gate::new(context.source.policy);
        let gate = if waits { gate.patient() } else { gate };
        let decode_session = Arc::new(DecodeSession {
            context: context.clone(),
            codec,
            threads: Threads::shared()?,
            waits,
            gate: Mutex::new(gate),
            read_on: Condvar::new(),
            state: Mutex::default(),
            ended: AtomicBool::new(false),
            turns: JobState::default(),
        });
        *context.decode_session.lock() = Some(decode_session.clone());
        Ok(decode_session)
    }

    /// The end of a receiver's chain, where units come out.
    pub(crate) fn unit_sink(self: &Arc<Self>, paced: bool) -> gst::Element {
        let sink = gst_app::AppSink::builder()
            .max_buffers(1)
            .drop(false)
            .sync(paced)
            .async_(false)
            .enable_last_sample(false)
            .build();
        sink.set_caps(self.codec.with_start_codes().as_ref());
        let (on_unit, on_end) = (self.clone(), self.clone());
        let mut caps_before = None::<gst::Caps>;
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    let context = &on_unit.context;
                    if !context.is_retired() {
                        context.guarded(|| on_unit.arrived(&sample, &mut caps_before));
                    }
                    Ok(gst::FlowSuccess::Ok)
                })
                .eos(move |_| on_end.end())
                .build(),
        );
        sink.upcast()
    }

    fn arrived(self: &Arc<Self>, sample: &gst::Sample, before: &mut Option<gst::Caps>) -> Result<(), Fault> {
        let Some(buffer) = sample.buffer_owned() else { return Ok(()) };
        let caps =
            sample.caps_owned().ok_or_else(|| Fault::Broken { detail: stream::video_without_caps() })?;
        if before.as_ref() != Some(&caps) {
            self.read_caps(&caps)?;
            *before = Some(caps.clone());
        }
        let stamp = buffer.pts().or(buffer.dts()).map_or(Duration::ZERO, Duration::from);
        let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        self.take(buffer, caps, keyframe, stamp);
        Ok(())
    }

    /// The next unit, in a form that was [looked at](Self::read_caps); `stamp` is its time in the stream.
    pub(super) fn take(
        self: &Arc<Self>,
        buffer: gst::Buffer,
        caps: gst::Caps,
        keyframe: bool,
        stamp: Duration,
    ) {
        let context = &self.context;
        let at = context.clock.now();
        context.meter.lock().unit(stamp, buffer.size(), keyframe);
        context.counters.unit_came(at.mono);
        let bytes = buffer.size();
        let unit = Unit { at, keyframe, bytes, payload: EncodedPicture { buffer, caps } };
        let demand = context.sink.demand(&context.source.camera);
        let has_work = self.gate.lock().take_in(unit, demand);
        if has_work {
            self.threads.enqueue(self.clone());
        }
        if self.waits {
            self.wait_for_the_decoder();
        }
    }

    /// What the form of the units says of the stream; refuses what nothing here reads.
    pub(crate) fn read_caps(&self, caps: &gst::Caps) -> Result<(), Fault> {
        let profile = caps.structure(0).and_then(|structure| structure.get::<String>("profile").ok());
        if profile.is_some() {
            self.context.known.lock().profile = profile;
        }
        check_depth(caps, self.codec)
    }

    fn wait_for_the_decoder(&self) {
        let mut gate = self.gate.lock();
        while gate.waiting() > AHEAD && !self.context.is_retired() {
            self.read_on.wait_for(&mut gate, Duration::from_millis(100));
        }
    }

    /// No unit comes any more; when the last one is decoded, the attempt is over.
    pub(super) fn end(self: &Arc<Self>) {
        self.ended.store(true, Ordering::SeqCst);
        self.threads.enqueue(self.clone());
    }

    pub(super) fn report(&self) -> GateReport {
        let gate = self.gate.lock();
        GateReport { mode: gate.mode(self.context.clock.now().mono), counts: gate.counts() }
    }

    /// Closes the decoder; waits for the thread that may be using it. The attempt must be retired.
    pub(super) fn close(&self) {
        self.read_on.notify_all();
        let decoder = self.state.lock().decoder.take();
        drop(decoder);
    }

    fn carry_out(&self, state: &mut SessionState, work: &Work<EncodedPicture>) -> Result<(), Fault> {
        let context = &self.context;
        let left_out =
            work.independent && !(work.wanted && context.sink.wants(&context.source.camera, work.unit.at));
        if left_out && context.frames() > 0 {
            self.gate.lock().was_left_out();
            context.counters.unwanted.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let (at, wanted, taken) = (work.unit.at, work.wanted, work.taken());
        let decode_request = DecodeRequest { context: context.clone(), at, wanted, taken };
        let unit = &work.unit.payload;
        match work.how {
            How::Alone => {
                let mut decoder = self.borrow(unit)?;
                let mut pictures = decoder.decode(unit, decode_request)?;
                if pictures == 0 {
                    pictures = decoder.drain();
                    decoder.reset();
                }
                self.threads.idle.give_back(decoder);
                self.gate.lock().keyframe_gave(pictures > 0);
            }
            How::Begin | How::Continue => {
                state.catches_up |= work.how == How::Begin;
                let decoder = match &mut state.decoder {
                    Some(decoder) => {
                        if work.how == How::Begin {
                            decoder.reset();
                        }
                        decoder
                    }
                    none => {
                        let mut decoder = self.borrow(unit)?;
                        decoder.reset();
                        none.insert(decoder)
                    }
                };
                decoder.decode(unit, decode_request)?;
            }
        }
        Ok(())
    }

    fn borrow(&self, unit: &EncodedPicture) -> Result<OpenDecoder, Fault> {
        let context = &self.context;
        let decoder = self.threads.idle.take(
            self.codec,
            &context.source.decoder,
            &context.refused_decoders,
            &unit.caps,
        )?;
        let mut known = context.known.lock();
        known.codec = Some(self.codec);
        known.decoder = Some((decoder.factory.clone(), decoder.replaceable));
        drop(known);
        Ok(decoder)
    }

    /// Whether the next unit is one of those that catch up, and must wait until its picture has room.
    fn must_wait(&self, state: &mut SessionState, gate: &Gate<EncodedPicture>, now: Duration) -> bool {
        let Some(oldest) = gate.oldest_waiting() else { return false };
        let age = now.saturating_sub(oldest);
        if self.waits || age >= WAITS_FOR_ROOM || !(state.catches_up || age > CATCHING_UP) {
            return false;
        }
        let has_room = self.context.sink.has_room(&self.context.source.camera);
        state.catches_up &= !(has_room && gate.waiting() == 1);
        !has_room
    }

    fn finish(&self, state: &mut SessionState) {
        if state.end_reported {
            return;
        }
        state.end_reported = true;
        if let Some(decoder) = &mut state.decoder {
            decoder.drain();
        }
        self.context.note(AttemptEvent::Ended);
    }
}

impl Job for DecodeSession {
    fn turns(&self) -> &JobState {
        &self.turns
    }

    fn work(&self) -> Then {
        let context = &self.context;
        let mut state = self.state.lock();
        for _ in 0..SLICE {
            if context.is_retired() {
                return Then::Rest;
            }
            let now = context.clock.now().mono;
            let (work, is_in_burst) = {
                let mut gate = self.gate.lock();
                if self.must_wait(&mut state, &gate, now) {
                    return Then::Later;
                }
                (gate.next(now), gate.is_in_burst())
            };
            self.read_on.notify_all();
            if !is_in_burst {
                state.catches_up = false;
                if let Some(decoder) = state.decoder.take() {
                    self.threads.idle.give_back(decoder);
                }
            }
            let Some(work) = work else {
                if self.ended.load(Ordering::SeqCst) {
                    self.finish(&mut state);
                }
                return Then::Rest;
            };
            context.decoding.store(true, Ordering::SeqCst);
            context.guarded(|| self.carry_out(&mut state, &work));
            context.decoding.store(false, Ordering::SeqCst);
        }
        Then::Again
    }
}
