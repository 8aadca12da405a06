//! From compressed pictures to the sink: parser, decoder, and the frames that come out.
//!
//! Input is a pad of a receiver or a demuxer. Runs on GStreamer's threads: must never block for longer than a frame
//! takes to hand over, never convert pixels, and never keep a frame.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::decoder::{self, Codec};
use super::error::{self, Fault};
use super::picture::{RAW_FORMATS, RawFormat};
use super::pipeline::{Note, Tap};
use super::source::Location;
use super::supervise::StreamInfo;
use crate::frame::Frame;

/// `pad ► upstream.. ► decoder ► appsink`, while data waits on `pad`.
pub(super) fn attach(
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
        tap.counters.frame_came(at.mono);
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
