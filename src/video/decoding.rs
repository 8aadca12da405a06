//! Shared by receivers, file readers and decoders: how a chain of elements is put behind a pad, and what a decoder
//! must be set and queried.
//!
//! Runs on GStreamer's threads: must never block for longer than a unit takes to hand over.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::decode_session::DecodeSession;
use super::decoder::Codec;
use super::error::{self, Fault};
use super::pipeline::AttemptContext;
use crate::text::{Sentence, foreign, stream};

/// A pipeline that starts runs within this; it is only waited for so that a file plays at its own pace from its first
/// picture on.
const RUNS_WITHIN: gst::ClockTime = gst::ClockTime::from_seconds(2);

/// `pad ► upstream.. ► units`, while data waits on `pad`.
pub(super) fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    upstream: Vec<gst::Element>,
    codec: Codec,
    context: &Arc<AttemptContext>,
    paced: bool,
) -> Result<(), Fault> {
    context.known.lock().codec = Some(codec);
    if paced {
        // An element that overtakes the pipeline on its way to playing has no base time: everything would be late for
        // it, and the whole file come at once. Whether it runs by then is not waited for any longer than this.
        let _ = pipeline.state(RUNS_WITHIN);
    }
    let decode_session = DecodeSession::new(context, codec)
        .map_err(|error| Fault::Broken { detail: stream::no_thread(error.to_string()) })?;
    let mut chain = upstream;
    for parser in chain.iter().filter(|element| element.has_property("config-interval")) {
        // Every keyframe brings its parameter sets, so that it can be decoded alone, by whichever decoder is free.
        parser.set_property("config-interval", -1i32);
    }
    chain.push(decode_session.unit_sink(paced));
    link_chain(pipeline, pad, &chain).map_err(|detail| {
        for element in &chain {
            // An element that is let go while it runs makes GStreamer complain; there is nobody to tell if it will not stop.
            let _ = element.set_state(gst::State::Null);
        }
        Fault::Broken { detail }
    })
}

/// Adds the elements, links them behind `pad` and brings them to the pipeline's state, last one first.
pub(super) fn link_chain(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    chain: &[gst::Element],
) -> Result<(), Sentence> {
    let words = |error: glib::BoolError| foreign::words(error.to_string());
    pipeline.add_many(chain).map_err(words)?;
    gst::Element::link_many(chain).map_err(words)?;
    for element in chain.iter().rev() {
        element.sync_state_with_parent().map_err(words)?;
    }
    let entry = chain.first().and_then(|element| element.static_pad("sink"));
    let entry = entry.ok_or_else(stream::element_without_input)?;
    pad.link(&entry).map(|_| ()).map_err(|error| foreign::words(format!("{error:?}")))
}

/// Refuses what a decoder would turn into more than eight bits per sample: nothing here reads those.
pub(super) fn check_depth(caps: &gst::CapsRef, codec: Codec) -> Result<(), Fault> {
    match caps.structure(0).map(|structure| structure.get::<u32>("bit-depth-luma")) {
        Some(Ok(bits)) if bits > 8 => Err(error::unsupported_depth(codec, stream::bits_per_sample(bits))),
        _ => Ok(()),
    }
}

/// Answers the decoder that strides of its own are welcome; it would copy every picture otherwise.
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
