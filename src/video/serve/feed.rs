//! A file on its way to the clients of a mount: read again and again, with time stamps that go on from round to round. Runs on
//! a thread of its own; must never outlive the appsrc that it feeds.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;
use parking_lot::Mutex;

use super::super::decoder::{self, Codec};
use super::super::demux::{FileNotes, Gaps};
use super::super::error::{Fault, words_of};
use super::super::{deadline, decoding, demux, pipeline};
use super::Played;
use crate::text::{box_log, foreign, language_of_log, log_info, log_warn, stream as say};
use crate::types::decoding::Decoder;

/// Reading up to the place where a file is entered may take this long; viewers wait meanwhile.
const PASSED_OVER_WITHIN: Duration = Duration::from_secs(3);
/// The first access unit of a file must come within this time; the file is local.
const FIRST_UNIT_WITHIN: Duration = Duration::from_secs(10);

/// A file on its way to an appsrc.
pub(super) struct Feed {
    pub path: PathBuf,
    pub repeat: bool,
    /// The part of the file at which its first round begins.
    pub from: f64,
    pub name: String,
}

impl Feed {
    /// Starts the feeder of a media that was just built; false if that is not possible.
    pub(super) fn start(&self, media: &rtsp::RTSPMedia, played: &Mutex<Played>) -> bool {
        let element = media.element();
        let bin = element.downcast_ref::<gst::Bin>();
        let Some(entry) = bin.and_then(|bin| bin.by_name("feed")?.downcast::<gst_app::AppSrc>().ok()) else {
            return false;
        };
        let (path, repeat, from) = (self.path.clone(), self.repeat, self.from);
        let name = self.name.clone();
        let thread = thread::Builder::new().name(name.clone()).spawn(move || {
            let outcome = deadline::catch(|| feed_all(&path, repeat, from, &entry));
            if let Ok(Err(fault)) = outcome {
                let error = fault.sentence().in_language(language_of_log());
                log_warn!(box_log::file_not_fed(); feed = name, %error);
            }
        });
        let feeders = &mut played.lock().feeders;
        feeders.retain(|feeder| !feeder.is_finished());
        match thread {
            Ok(feeder) => {
                feeders.push(feeder);
                true
            }
            Err(_) => false,
        }
    }
}

/// Pushes the file's access units with continuing time stamps until nobody takes them any more.
fn feed_all(path: &std::path::Path, repeat: bool, from: f64, entry: &gst_app::AppSrc) -> Result<(), Fault> {
    let mut timeline = Timeline::default();
    let mut enter_at = Some(from).filter(|from| *from > 0.0);
    loop {
        let mut reader = UnitReader::open(path)?;
        if let Some(part) = enter_at.take()
            && !reader.enter_at(part)?
        {
            log_info!(box_log::plays_from_beginning(); file = %path.display());
            // Its first unit was taken to learn the length.
            reader = UnitReader::open(path)?;
        }
        let mut any = false;
        while let Some(sample) = reader.next_unit()? {
            any = true;
            let Some(buffer) = sample.buffer_owned() else { continue };
            let caps = sample.caps_owned();
            let moved = timeline.moved(buffer);
            let mut next = gst::Sample::builder().buffer(&moved);
            if let Some(caps) = &caps {
                next = next.caps(caps);
            }
            // Waits while enough is underway; fails when the viewers are gone.
            if entry.push_sample(&next.build()).is_err() {
                return Ok(());
            }
        }
        timeline.next_round();
        if !repeat || !any {
            // Fails where the viewers are gone, and then there is nobody to tell.
            let _ = entry.end_of_stream();
            return Ok(());
        }
    }
}

/// Time stamps that go on where the last round of the file ended.
#[derive(Debug, Default)]
struct Timeline {
    /// Where this round starts.
    offset: gst::ClockTime,
    /// Smallest time of this round's file, taken from its first access unit.
    origin: Option<gst::ClockTime>,
    /// Where the latest picture of this round ends.
    end: gst::ClockTime,
    /// Time from picture to picture, for files that do not tell durations.
    step: gst::ClockTime,
    last: Option<gst::ClockTime>,
}

impl Timeline {
    fn moved(&mut self, buffer: gst::Buffer) -> gst::Buffer {
        let (pts, dts, duration) = (buffer.pts(), buffer.dts(), buffer.duration());
        let origin = *self.origin.get_or_insert(dts.or(pts).unwrap_or(gst::ClockTime::ZERO));
        let shift = |time: gst::ClockTime| time.saturating_sub(origin) + self.offset;
        let (pts, dts) = (pts.map(shift), dts.map(shift));
        if let Some(at) = dts.or(pts) {
            self.step = self.last.map_or(self.step, |last| at.saturating_sub(last));
            self.last = Some(at);
            self.end = self.end.max(pts.unwrap_or(at) + duration.unwrap_or(self.step));
        }
        let mut buffer = buffer;
        let writable = buffer.make_mut();
        writable.set_pts(pts);
        writable.set_dts(dts);
        writable.unset_flags(gst::BufferFlags::DISCONT);
        buffer
    }

    fn next_round(&mut self) {
        self.offset = self.end;
        self.origin = None;
        self.last = None;
    }
}

// ---- access units of a file

/// Reads a file's compressed pictures, one by one.
pub(super) struct UnitReader {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    faults: Arc<Mutex<Vec<Fault>>>,
    codec: Arc<Mutex<Option<Codec>>>,
    /// Taken from the sink already.
    next: Option<gst::Sample>,
}

impl Drop for UnitReader {
    fn drop(&mut self) {
        // A file holds no connection that could hang, and nobody is left to tell.
        let _ = self.pipeline.set_state(gst::State::Null);
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

impl UnitReader {
    pub(super) fn open(path: &std::path::Path) -> Result<Self, Fault> {
        let sink = gst_app::AppSink::builder().max_buffers(16).sync(false).enable_last_sample(false).build();
        let reader = UnitReader {
            pipeline: pipeline::new_pipeline(),
            sink,
            faults: Arc::default(),
            codec: Arc::default(),
            next: None,
        };
        reader.pipeline.add(&reader.sink).map_err(Fault::broken)?;
        if let Some(bus) = reader.pipeline.bus() {
            let (faults, file) = (reader.faults.clone(), path.to_owned());
            bus.set_sync_handler(move |_, message| {
                if let gst::MessageView::Error(posted) = message.view() {
                    let words = words_of(&posted.error(), posted.debug().as_deref(), &[]);
                    let detail = foreign::words(words);
                    faults.lock().push(Fault::NotVideo { path: file.clone(), detail });
                }
                gst::BusSyncReply::Drop
            });
        }
        let (weak_pipeline, weak_sink) = (reader.pipeline.downgrade(), reader.sink.downgrade());
        let (faults, end_faults, codec) =
            (reader.faults.clone(), reader.faults.clone(), reader.codec.clone());
        let on_video = move |pad: &gst::Pad, found, parsers| {
            let (Some(pipeline), Some(sink)) = (weak_pipeline.upgrade(), weak_sink.upgrade()) else { return };
            match attach(&pipeline, pad, found, parsers, &sink) {
                Ok(()) => *codec.lock() = Some(found),
                Err(fault) => faults.lock().push(fault),
            }
        };
        let on_none = move |fault| end_faults.lock().push(fault);
        let notes = Arc::new(FileNotes::default());
        demux::add_file_reader(&reader.pipeline, path, &notes, Gaps::Closed, on_video, on_none)?;
        // The reason for a failure is among the faults, which the next call looks at.
        let _ = reader.pipeline.set_state(gst::State::Playing);
        Ok(reader)
    }

    /// The codec of the file, once its first access unit is there.
    pub(super) fn first_unit(&mut self) -> Result<Codec, Fault> {
        let nothing = || Fault::Broken { detail: say::nothing_to_send() };
        self.next_unit()?.ok_or_else(nothing)?;
        (*self.codec.lock()).ok_or_else(nothing)
    }

    /// Reads up to the first keyframe at or after that part of the file and leaves it as the next unit. False if there is no
    /// such keyframe, or if reading up to it takes too long. A seek would be quicker, but ends the file if the demuxer has no
    /// index yet.
    fn enter_at(&mut self, part: f64) -> Result<bool, Fault> {
        // Before its first unit a demuxer does not know its length.
        self.first_unit()?;
        let Some(length) = self.pipeline.query_duration::<gst::ClockTime>() else { return Ok(false) };
        let at = gst::ClockTime::from_nseconds((length.nseconds() as f64 * part.clamp(0.0, 1.0)) as u64);
        let late = Instant::now() + PASSED_OVER_WITHIN;
        while let Some(sample) = self.next_unit()? {
            let is_there = sample.buffer().is_some_and(|unit| {
                !unit.flags().contains(gst::BufferFlags::DELTA_UNIT)
                    && unit.pts().is_some_and(|pts| pts >= at)
            });
            if is_there {
                self.next = Some(sample);
                return Ok(true);
            }
            if Instant::now() > late {
                return Ok(false);
            }
        }
        Ok(false)
    }

    fn next_unit(&mut self) -> Result<Option<gst::Sample>, Fault> {
        if let Some(sample) = self.next.take() {
            return Ok(Some(sample));
        }
        let late = Instant::now() + FIRST_UNIT_WITHIN;
        loop {
            if let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::from_mseconds(50)) {
                return Ok(Some(sample));
            }
            if let Some(fault) = self.faults.lock().pop() {
                return Err(fault);
            }
            if self.sink.is_eos() {
                return Ok(None);
            }
            if Instant::now() > late {
                return Err(Fault::Stalled { after: FIRST_UNIT_WITHIN });
            }
        }
    }
}

/// Links a pad to the sink: whole access units with start codes, which the payloaders need. A codec that no camera sends is
/// decoded and encoded as H.264.
fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    codec: Codec,
    parsers: Vec<gst::Element>,
    sink: &gst_app::AppSink,
) -> Result<(), Fault> {
    let mut chain = parsers;
    let caps = match codec {
        Codec::H264 | Codec::InFiles(_) => "video/x-h264,stream-format=byte-stream,alignment=au",
        Codec::H265 => "video/x-h265,stream-format=byte-stream,alignment=au",
        Codec::Mjpeg => "image/jpeg",
    };
    if let Codec::InFiles(_) = codec {
        chain.push(decoder::choose(codec, &Decoder::Software.into(), &[])?.element);
        chain.push(pipeline::make("videoconvert")?);
        chain.push(encoder()?);
        chain.push(pipeline::make("h264parse")?);
    }
    for parser in chain.iter().filter(|parser| parser.find_property("config-interval").is_some()) {
        // Parameter sets with every keyframe: the first one, which has them in any case, may be passed over.
        parser.set_property("config-interval", -1i32);
    }
    let caps: gst::Caps = caps.parse().map_err(Fault::broken)?;
    sink.set_caps(Some(&caps));
    let last = match chain.last() {
        Some(last) => last.clone(),
        None => {
            let pass = pipeline::make("identity")?;
            chain.push(pass.clone());
            pass
        }
    };
    decoding::link_chain(pipeline, pad, &chain).map_err(|detail| Fault::Broken { detail })?;
    last.link(sink).map_err(Fault::broken)
}

/// An H.264 encoder: x264 where it is installed, else OpenH264, which every box has.
fn encoder() -> Result<gst::Element, Fault> {
    if let Ok(x264) = pipeline::make("x264enc") {
        x264.set_property_from_str("tune", "zerolatency");
        x264.set_property_from_str("speed-preset", "veryfast");
        x264.set_property("key-int-max", 50u32);
        return Ok(x264);
    }
    let openh264 = pipeline::make("openh264enc")?;
    openh264.set_property("gop-size", 50u32);
    Ok(openh264)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(dts_ms: u64, pts_ms: u64) -> gst::Buffer {
        let mut buffer = gst::Buffer::new();
        let writable = buffer.get_mut().unwrap();
        writable.set_dts(gst::ClockTime::from_mseconds(dts_ms));
        writable.set_pts(gst::ClockTime::from_mseconds(pts_ms));
        writable.set_duration(gst::ClockTime::from_mseconds(40));
        buffer
    }

    #[test]
    fn time_goes_on_from_round_to_round() {
        crate::video::init().unwrap();
        let mut timeline = Timeline::default();
        let mut decode_times = Vec::new();
        let mut show_times = Vec::new();
        for _ in 0..3 {
            // Two pictures out of order, in a file that starts at 1 s.
            for (dts, pts) in [(1000, 1040), (1040, 1160), (1080, 1080), (1120, 1120)] {
                let moved = timeline.moved(unit(dts, pts));
                decode_times.push(moved.dts().unwrap().mseconds());
                show_times.push(moved.pts().unwrap().mseconds());
            }
            timeline.next_round();
        }
        assert_eq!(show_times, [40, 160, 80, 120, 240, 360, 280, 320, 440, 560, 480, 520]);
        assert!(decode_times.is_sorted(), "{decode_times:?}");
    }
}
