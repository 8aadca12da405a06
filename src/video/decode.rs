//! Open decoders: compressed units in, frames out to a camera's sink, on the thread that asks.
//!
//! A decoder here stands by itself, outside of any pipeline: units are pushed into it, and its pictures come out
//! before the push returns (software) or soon after (hardware). So it can be lent: the keyframes of all cameras of
//! one form go through one decoder, and a camera whose decoder sleeps has none ([`Idle`]).
//!
//! Must never convert pixels, and never keep a picture.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use parking_lot::Mutex;

use super::decode_requests::DecodeRequests;
use super::decoder::{self, Codec, DecoderChoice};
use super::decoding::accept_strides;
use super::error::{self, Fault};
use super::picture::{RAW_FORMATS, RawFormat};
use super::pipeline::AttemptContext;
use super::source::Location;
use super::stream_info::StreamInfo;
use crate::analysis::time::Moment;
use crate::frame::{Frame, Taken};
use crate::text::{Sentence, foreign, stream};

/// A compressed picture with its caps.
#[derive(Debug, Clone)]
pub(super) struct EncodedPicture {
    pub buffer: gst::Buffer,
    pub caps: gst::Caps,
}

/// What a decoder's pictures are for.
#[derive(Clone)]
pub(super) struct DecodeRequest {
    pub context: Arc<AttemptContext>,
    /// Arrival of the unit.
    pub at: Moment,
    /// Whether its picture is wanted.
    pub wanted: bool,
    pub taken: Taken,
}

/// A decoder that runs.
pub(super) struct OpenDecoder {
    pub codec: Codec,
    pub factory: String,
    pub replaceable: bool,
    choice: DecoderChoice,
    caps: Option<gst::Caps>,
    feed: gst::Pad,
    decoder: gst::Element,
    sink: gst::Element,
    bus: gst::Bus,
    outlet: Arc<Mutex<Outlet>>,
    needs_segment: bool,
}

/// What the decoder's callbacks share with its feeder.
#[derive(Default)]
struct Outlet {
    decode_requests: DecodeRequests<DecodeRequest>,
    format: Option<(gst::Caps, RawFormat)>,
    fault: Option<Fault>,
    pictures: u64,
}

impl Drop for OpenDecoder {
    fn drop(&mut self) {
        self.outlet.lock().decode_requests.forget();
        for element in [&self.decoder, &self.sink] {
            // There is nobody to tell if it will not stop.
            let _ = element.set_state(gst::State::Null);
        }
        self.bus.unset_sync_handler();
        let _ = self.feed.set_active(false);
    }
}

impl OpenDecoder {
    /// Opens the first decoder that is there for the codec and was not refused.
    pub(super) fn open(codec: Codec, choice: &DecoderChoice, refused: &[String]) -> Result<Self, Fault> {
        let chosen = decoder::choose(codec, choice, refused)?;
        let outlet = Arc::new(Mutex::new(Outlet::default()));
        let bus = gst::Bus::new();
        let sink = picture_sink(codec, &chosen.factory, &outlet);
        let feed = gst::Pad::builder(gst::PadDirection::Src).name("feed").build();
        let open = OpenDecoder {
            codec,
            factory: chosen.factory,
            replaceable: chosen.replaceable,
            choice: choice.clone(),
            caps: None,
            feed,
            decoder: chosen.element,
            sink,
            bus,
            outlet,
            needs_segment: true,
        };
        open.start().map_err(|detail| Fault::Decoder { decoder: open.factory.clone(), detail })?;
        Ok(open)
    }

    fn start(&self) -> Result<(), Sentence> {
        let outlet = Arc::downgrade(&self.outlet);
        self.bus.set_sync_handler(move |_, message| {
            if let (gst::MessageView::Error(posted), Some(outlet)) = (message.view(), outlet.upgrade()) {
                let (cause, debug) = (posted.error(), posted.debug());
                let detail = foreign::words(error::words_of(&cause, debug.as_deref(), &[]));
                let fault = Fault::Decoder { decoder: String::new(), detail };
                outlet.lock().fault.get_or_insert(fault);
            }
            gst::BusSyncReply::Drop
        });
        self.decoder.set_bus(Some(&self.bus));
        let entry = self.decoder.static_pad("sink").ok_or_else(stream::element_without_input)?;
        self.decoder.link(&self.sink).map_err(|error| foreign::words(error.to_string()))?;
        self.feed.set_active(true).map_err(|error| foreign::words(error.to_string()))?;
        self.feed.link(&entry).map_err(|error| foreign::words(format!("{error:?}")))?;
        for element in [&self.sink, &self.decoder] {
            element.set_state(gst::State::Playing).map_err(|_| stream::decoder_does_not_start())?;
        }
        self.feed.push_event(gst::event::StreamStart::builder("unit").build());
        Ok(())
    }

    /// Whether it can take the units of another camera.
    fn serves(&self, codec: Codec, choice: &DecoderChoice, refused: &[String], caps: &gst::Caps) -> bool {
        self.codec == codec
            && self.choice == *choice
            && !refused.contains(&self.factory)
            && self.caps.as_ref() == Some(caps)
    }

    /// Decodes one unit; how many pictures came out meanwhile.
    pub(super) fn decode(
        &mut self,
        unit: &EncodedPicture,
        decode_request: DecodeRequest,
    ) -> Result<u64, Fault> {
        let secrets_of = decode_request.context.clone();
        let before = {
            let mut outlet = self.outlet.lock();
            outlet.decode_requests.add(unit.buffer.pts().map(Into::into), decode_request);
            outlet.fault = None;
            outlet.pictures
        };
        if self.caps.as_ref() != Some(&unit.caps) {
            self.feed.push_event(gst::event::Caps::new(&unit.caps));
            self.caps = Some(unit.caps.clone());
        }
        if std::mem::take(&mut self.needs_segment) {
            let segment = gst::FormattedSegment::<gst::ClockTime>::new();
            self.feed.push_event(gst::event::Segment::new(&segment));
        }
        let flow = self.feed.push(unit.buffer.clone());
        let (fault, pictures) = {
            let mut outlet = self.outlet.lock();
            (outlet.fault.take(), outlet.pictures)
        };
        match (flow, fault) {
            (_, Some(Fault::Decoder { detail, .. })) => {
                // What is on its bus is in its own words.
                let detail = foreign::words(secrets_of.clean(&detail.to_string()));
                Err(Fault::Decoder { decoder: self.factory.clone(), detail })
            }
            (_, Some(fault)) => Err(fault),
            (Err(gst::FlowError::NotNegotiated), _) if secrets_of.frames() > 0 => {
                Err(Fault::Broken { detail: stream::changed_beyond_reading() })
            }
            (Err(gst::FlowError::NotNegotiated), _) => {
                Err(error::unsupported_depth(self.codec, stream::unknown_pixels()))
            }
            // What it cannot read it leaves out and says on its bus; the next keyframe is another chance.
            _ => Ok(pictures - before),
        }
    }

    /// Has the pictures that it still holds out; it must be [reset](Self::reset) before the next unit.
    pub(super) fn drain(&mut self) -> u64 {
        let before = self.outlet.lock().pictures;
        self.feed.push_event(gst::event::Eos::new());
        self.outlet.lock().pictures - before
    }

    /// Forgets what it decoded.
    pub(super) fn reset(&mut self) {
        self.feed.push_event(gst::event::FlushStart::new());
        self.feed.push_event(gst::event::FlushStop::new(true));
        self.outlet.lock().decode_requests.forget();
        self.needs_segment = true;
    }

    /// What it works for at the moment, it works for no more.
    pub(super) fn let_go(&mut self) {
        self.outlet.lock().decode_requests.forget();
    }
}

/// Decoders that nobody uses at the moment.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<OpenDecoder>>);

/// Maximum number of idle decoders of one form: as many as threads decode at once on a small box.
const IDLE_OF_A_FORM: usize = 2;
/// And so many of all forms; what was used last stays.
const IDLE_IN_ALL: usize = 6;

impl Idle {
    /// A decoder that fits, or a new one.
    pub(super) fn take(
        &self,
        codec: Codec,
        choice: &DecoderChoice,
        refused: &[String],
        caps: &gst::Caps,
    ) -> Result<OpenDecoder, Fault> {
        let found = {
            let mut idle = self.0.lock();
            let place = idle.iter().rposition(|decoder| decoder.serves(codec, choice, refused, caps));
            place.map(|place| idle.remove(place))
        };
        found.map_or_else(|| OpenDecoder::open(codec, choice, refused), Ok)
    }

    /// Takes one back that works.
    pub(crate) fn give_back(&self, mut decoder: OpenDecoder) {
        decoder.let_go();
        let mut idle = self.0.lock();
        let alike = idle.iter().filter(|other| other.codec == decoder.codec && other.caps == decoder.caps);
        if alike.count() < IDLE_OF_A_FORM {
            idle.push(decoder);
        }
        let surplus = if idle.len() > IDLE_IN_ALL { Some(idle.remove(0)) } else { None };
        drop(idle);
        drop(surplus);
    }
}

/// The end of a decoder: newest frame only, no waiting, no conversion.
fn picture_sink(codec: Codec, decoder: &str, outlet: &Arc<Mutex<Outlet>>) -> gst::Element {
    let caps = gst_video::VideoCapsBuilder::new().format_list(RAW_FORMATS).build();
    let sink = gst_app::AppSink::builder()
        .caps(&caps)
        .max_buffers(1)
        .drop(true)
        .sync(false)
        .async_(false)
        // It would keep one more of the decoder's buffers.
        .enable_last_sample(false)
        .build();
    let (outlet, decoder) = (outlet.clone(), decoder.to_owned());
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let decode_request = {
                    let mut outlet = outlet.lock();
                    outlet.pictures += 1;
                    let shown_at = sample.buffer().and_then(|buffer| buffer.pts());
                    outlet.decode_requests.done(shown_at.map(Into::into))
                };
                if let Some(decode_request) =
                    decode_request.filter(|decode_request| !decode_request.context.is_retired())
                {
                    decode_request
                        .context
                        .guarded(|| deliver(&decode_request, &sample, &outlet, codec, &decoder));
                }
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

fn deliver(
    decode_request: &DecodeRequest,
    sample: &gst::Sample,
    outlet: &Mutex<Outlet>,
    codec: Codec,
    decoder: &str,
) -> Result<(), Fault> {
    let context = &decode_request.context;
    let number = context.frames.fetch_add(1, Ordering::Relaxed);
    context.counters.frame_came(context.clock.now().mono);
    let format = format_of(sample, outlet, codec)?;
    hand_over(decode_request, sample, &format, number);
    context.announce(sample.caps_owned(), || info(context, &format, codec, decoder));
    Ok(())
}

/// Gives the picture to the sink, if anybody wants it.
fn hand_over(decode_request: &DecodeRequest, sample: &gst::Sample, format: &RawFormat, number: u64) {
    let context = &decode_request.context;
    if !decode_request.wanted || !context.sink.wants(&context.source.camera, decode_request.at) {
        context.counters.unwanted.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let Some(buffer) = sample.buffer_owned() else { return };
    match format.upright(buffer, &context.shape(), &context.turner) {
        Ok(picture) => {
            let camera = context.source.camera.clone();
            let picture = Arc::new(picture);
            context.sink.frame(Frame {
                camera,
                number,
                at: decode_request.at,
                taken: decode_request.taken,
                picture,
            });
        }
        Err(reason) => {
            context.counters.unreadable.fetch_add(1, Ordering::Relaxed);
            tracing::trace!(camera = &*context.source.camera, %reason, "picture dropped");
        }
    }
}

/// The format of this sample, which is mostly the one before.
fn format_of(sample: &gst::Sample, outlet: &Mutex<Outlet>, codec: Codec) -> Result<RawFormat, Fault> {
    let caps = sample.caps_owned().ok_or_else(|| Fault::Broken { detail: stream::picture_without_caps() })?;
    let mut outlet = outlet.lock();
    if let Some((known, format)) = &outlet.format
        && *known == caps
    {
        return Ok(format.clone());
    }
    let format = RawFormat::of(&caps, codec).map_err(|pixels| error::unsupported_depth(codec, pixels))?;
    outlet.format = Some((caps, format.clone()));
    Ok(format)
}

fn info(context: &AttemptContext, format: &RawFormat, codec: Codec, decoder: &str) -> StreamInfo {
    let known = context.known();
    StreamInfo {
        codec,
        profile: known.profile,
        width: format.width(),
        height: format.height(),
        pixel_aspect: format.pixel_aspect(),
        orientation: context.shape().orientation,
        remarks: context.file_notes.remarks(),
        fps: known.sdp_fps.or(format.fps()),
        decoder: decoder.to_owned(),
        transport: match &context.source.location {
            Location::Rtsp { transport, .. } => Some(*transport),
            Location::File { .. } => None,
        },
        name: known.sdp_tool,
    }
}
