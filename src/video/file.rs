//! Frames of a file, pulled one by one: the deterministic source of `replay` and `detect`.
//!
//! No clock, no drops, no threads of ours: the same file gives the same frames with the same times,
//! every time. Input is a path; the decoder is always software, so machines agree too.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use parking_lot::Mutex;

use super::decoder::{self, Codec};
use super::demux::{FileNotes, Gaps};
use super::error::{self, Fault, Meaning, VideoError};
use super::orientation::Turner;
use super::picture::{PictureShape, RAW_FORMATS, RawFormat};
use super::source::{Location, Pace};
use super::{decoding, demux, pipeline};
use crate::analysis::time::Timestamp;
use crate::frame::Picture;
use crate::text::{Sentence, stream};
use crate::types::decoding::Decoder;

/// A decoder that is silent for this long hangs; a slow machine decodes a 4K picture in a tenth of a second.
const SILENCE: Duration = Duration::from_secs(30);

/// Times that go back by more begin anew.
const BACK: Duration = Duration::from_secs(1);

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileOptions {
    /// Give only the first frame at or after each multiple of this; zero gives every frame. Frames in
    /// between are decoded (later ones need them) but never mapped.
    pub every: Duration,
    /// How its pictures must be shown, where the file does not say so itself.
    pub shape: PictureShape,
}

/// The frames of a file, in the order they are shown.
#[derive(Debug)]
pub struct FileFrames {
    reader: Reader,
    sink: gst_app::AppSink,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    path: PathBuf,
    codec: Arc<Mutex<Option<Codec>>>,
    notes: Arc<FileNotes>,
    shape: PictureShape,
    turner: Turner,
    format: Option<(gst::Caps, RawFormat)>,
    /// The file's time of its first frame: some recordings begin anywhere.
    begin: Option<Duration>,
    /// What is added to the file's times because they went back.
    ahead: Duration,
    every: Duration,
    due: Duration,
    last: Option<Duration>,
    read: u64,
    over: bool,
}

/// Tears the pipeline down when it is dropped; a file's pipeline holds no connection that could hang.
#[derive(Debug)]
struct Reader(gst::Pipeline);

impl Drop for Reader {
    fn drop(&mut self) {
        // Nobody is left who could do something about it.
        let _ = self.0.set_state(gst::State::Null);
        if let Some(bus) = self.0.bus() {
            bus.unset_sync_handler();
        }
    }
}

/// Opens a recording: mp4, mov, mkv, avi, ts, mpg, flv, wmv, Dahua's and Hikvision's own, or bare compressed pictures.
///
/// # Errors
/// Where the file is missing or unreadable. What its content is shows with the first frame.
pub fn read_file(path: impl AsRef<Path>, options: FileOptions) -> Result<FileFrames, VideoError> {
    super::init()?;
    open(path.as_ref(), options).map_err(|fault| VideoError { camera: None, fault })
}

fn open(path: &Path, options: FileOptions) -> Result<FileFrames, Fault> {
    let reader = Reader(pipeline::new_pipeline());
    let faults = Arc::new(Mutex::new(VecDeque::new()));
    let codec = Arc::new(Mutex::new(None));
    listen(&reader.0, path, &faults)?;
    let sink = pulled_sink();
    reader.0.add(&sink).map_err(Fault::broken)?;
    let (weak_pipeline, weak_sink) = (reader.0.downgrade(), sink.downgrade());
    let (pad_faults, end_faults, found_codec) = (faults.clone(), faults.clone(), codec.clone());
    let on_video = move |pad: &gst::Pad, codec, parsers| {
        let (Some(pipeline), Some(sink)) = (weak_pipeline.upgrade(), weak_sink.upgrade()) else { return };
        *found_codec.lock() = Some(codec);
        if let Err(fault) = attach(&pipeline, pad, codec, parsers, &sink, &pad_faults) {
            pad_faults.lock().push_back(fault);
        }
    };
    let notes = Arc::new(FileNotes::default());
    let on_none = move |fault| end_faults.lock().push_back(fault);
    demux::add_file_reader(&reader.0, path, &notes, Gaps::Kept, on_video, on_none)?;
    let frames = FileFrames {
        reader,
        sink,
        faults,
        path: path.to_owned(),
        codec,
        notes,
        shape: options.shape,
        turner: Turner::default(),
        format: None,
        every: options.every,
        begin: None,
        ahead: Duration::ZERO,
        due: Duration::ZERO,
        last: None,
        read: 0,
        over: false,
    };
    let started = frames.reader.0.set_state(gst::State::Playing);
    started.map_err(|_| {
        frames.first_fault().unwrap_or(Fault::Broken { detail: stream::reader_does_not_start() })
    })?;
    Ok(frames)
}

/// The faults of this pipeline; a waiting reader looks at them every so often.
fn listen(pipeline: &gst::Pipeline, path: &Path, faults: &Arc<Mutex<VecDeque<Fault>>>) -> Result<(), Fault> {
    let bus = pipeline.bus().ok_or_else(|| Fault::Broken { detail: stream::pipeline_without_bus() })?;
    let location = Location::File { path: path.to_owned(), pace: Pace::AsFastAsPossible, repeat: false };
    let faults = faults.clone();
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(posted) = message.view() {
            let fault = match error::meaning(&location, &[], &posted.error(), posted.debug().as_deref()) {
                Meaning::Fault(fault) => fault,
                Meaning::NoConnection => Fault::Broken { detail: stream::no_connection_to_file() },
            };
            faults.lock().push_back(fault);
        }
        gst::BusSyncReply::Drop
    });
    Ok(())
}

fn pulled_sink() -> gst_app::AppSink {
    let caps = gst_video::VideoCapsBuilder::new().format_list(RAW_FORMATS).build();
    let sink = gst_app::AppSink::builder()
        .caps(&caps)
        // A few, so that decoding and reading overlap; full means wait, nothing is dropped.
        .max_buffers(4)
        .drop(false)
        .sync(false)
        .enable_last_sample(false)
        .build();
    if let Some(pad) = sink.static_pad("sink") {
        decoding::accept_strides(&pad);
    }
    sink
}

/// `pad ► parser ► decoder ► sink`.
fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    codec: Codec,
    parsers: Vec<gst::Element>,
    sink: &gst_app::AppSink,
    faults: &Arc<Mutex<VecDeque<Fault>>>,
) -> Result<(), Fault> {
    let decoder = decoder::choose(codec, &Decoder::Software.into(), &[])?.element;
    if let Some(entry) = decoder.static_pad("sink") {
        let faults = faults.clone();
        entry.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            if let Some(gst::EventView::Caps(caps)) = info.event().map(|event| event.view())
                && let Err(fault) = decoding::check_depth(caps.caps(), codec)
            {
                faults.lock().push_back(fault);
            }
            gst::PadProbeReturn::Ok
        });
    }
    let mut chain = parsers;
    chain.push(decoder.clone());
    // The sink is in the pipeline from the start: one that is not started claims to be at the end.
    decoding::link_chain(pipeline, pad, &chain).map_err(|detail| Fault::Broken { detail })?;
    decoder.link(sink).map_err(Fault::broken)
}

impl FileFrames {
    /// The next frame and its time in the file; `None` at the end.
    ///
    /// Times never go backwards. After an error or the end, every further call gives `None`.
    pub fn next_frame(&mut self) -> Result<Option<(Duration, Arc<Picture>)>, VideoError> {
        loop {
            if self.over {
                return Ok(None);
            }
            match self.pull() {
                Ok(Some(sample)) => {
                    let at = self.time_of(&sample);
                    if at < self.due {
                        continue;
                    }
                    self.due = next_due(at, self.every);
                    return self
                        .picture(&sample)
                        .map(|picture| Some((at, picture)))
                        .map_err(|fault| self.fail(fault));
                }
                Ok(None) => {
                    self.over = true;
                    return Ok(None);
                }
                Err(fault) => return Err(self.fail(fault)),
            }
        }
    }

    /// How long the file is, where it says so; known from the first frame on.
    pub fn duration(&self) -> Option<Duration> {
        self.reader.0.query_duration::<gst::ClockTime>().map(Duration::from)
    }

    /// When the recording began, where it says so itself; known from the first frame on. What wrote it may have written when
    /// it was exported, and by a clock that was wrong.
    pub fn began_at(&self) -> Option<Timestamp> {
        self.notes.began_at()
    }

    /// Frames decoded so far, also those that `every` skipped.
    pub fn decoded(&self) -> u64 {
        self.read
    }

    /// What the reader of the file should know about it, a sentence each; complete from the first frame on.
    pub fn remarks(&self) -> Vec<Sentence> {
        self.notes.remarks()
    }

    fn fail(&mut self, fault: Fault) -> VideoError {
        self.over = true;
        VideoError { camera: None, fault: fault.of_file(&self.path) }
    }

    fn first_fault(&self) -> Option<Fault> {
        self.faults.lock().pop_front()
    }

    fn pull(&mut self) -> Result<Option<gst::Sample>, Fault> {
        /// How often a waiting reader looks for a fault, which does not wake an appsink.
        const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(50);
        let mut waited = Duration::ZERO;
        loop {
            if let Some(sample) = self.sink.try_pull_sample(LOOK) {
                self.read += 1;
                return Ok(Some(sample));
            }
            if let Some(fault) = self.first_fault() {
                return Err(self.explain(fault));
            }
            if self.sink.is_eos() {
                return if self.read > 0 { Ok(None) } else { Err(self.not_one_picture()) };
            }
            waited += Duration::from(LOOK);
            if waited >= SILENCE {
                return Err(Fault::Stalled { after: SILENCE });
            }
        }
    }

    fn not_one_picture(&self) -> Fault {
        Fault::NotVideo { path: self.path.clone(), detail: stream::not_one_picture() }
    }

    /// A decoder whose pixels nobody takes shows as "not-negotiated" far from the decoder.
    fn explain(&self, fault: Fault) -> Fault {
        let codec = *self.codec.lock();
        if let (Fault::NotVideo { detail, .. } | Fault::Broken { detail }, Some(codec)) = (&fault, codec)
            && detail.to_string().contains("not-negotiated")
        {
            return error::unsupported_depth(codec, stream::unknown_pixels());
        }
        fault
    }

    /// Place in the file: the presentation time since its first frame, held so that it never goes backwards.
    fn time_of(&mut self, sample: &gst::Sample) -> Duration {
        let buffer = sample.buffer();
        let pts = buffer.and_then(gst::BufferRef::pts);
        let time = sample
            .segment()
            .and_then(|segment| segment.downcast_ref::<gst::ClockTime>())
            .and_then(|segment| segment.to_stream_time(pts));
        let step = buffer.and_then(gst::BufferRef::duration).map_or(Duration::ZERO, Duration::from);
        let guess = self.last.map_or(Duration::ZERO, |last| last + step);
        let at = match time.map(Duration::from) {
            Some(time) => time.saturating_sub(*self.begin.get_or_insert(time)) + self.ahead,
            None => guess,
        };
        let last = self.last.unwrap_or(Duration::ZERO);
        if at + BACK < last {
            // Two recordings in one, or a recorder whose clock was set: time goes on from here.
            self.ahead += guess - at;
            self.last = Some(guess);
            return guess;
        }
        let at = at.max(last);
        self.last = Some(at);
        at
    }

    fn picture(&mut self, sample: &gst::Sample) -> Result<Arc<Picture>, Fault> {
        let codec = (*self.codec.lock()).ok_or_else(|| self.not_one_picture())?;
        let (Some(caps), Some(buffer)) = (sample.caps_owned(), sample.buffer_owned()) else {
            return Err(self.not_one_picture());
        };
        let known = self.format.take().filter(|(known, _)| *known == caps);
        let (caps, format) = match known {
            Some(known) => known,
            None => {
                let format =
                    RawFormat::of(&caps, codec).map_err(|pixels| error::unsupported_depth(codec, pixels))?;
                (caps, format)
            }
        };
        let from_file = self.notes.orientation();
        let orientation = from_file.unwrap_or(self.shape.orientation);
        let shape = PictureShape { orientation, ..self.shape };
        let picture = format.upright(buffer, &shape, &self.turner).map_err(|detail| Fault::Broken { detail });
        self.format = Some((caps, format));
        picture.map(Arc::new)
    }
}

/// The first multiple of `every` after `at`.
/// When the next frame is due after one of `at`, if they are taken `every` so often.
pub(crate) fn next_due(at: Duration, every: Duration) -> Duration {
    if every.is_zero() {
        return Duration::ZERO;
    }
    let passed = at.as_nanos() / every.as_nanos() + 1;
    u32::try_from(passed).map_or(Duration::MAX, |times| every.saturating_mul(times))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn skipping_keeps_the_rate_without_drift(every_ms in 1u64..2_000, frame_ms in 1u64..200) {
            let (every, frame) = (Duration::from_millis(every_ms), Duration::from_millis(frame_ms));
            let mut due = Duration::ZERO;
            let mut given = 0u64;
            for n in 0..500u32 {
                let at = frame * n;
                if at >= due {
                    given += 1;
                    due = next_due(at, every);
                    prop_assert!(due > at && due <= at + every);
                }
            }
            let span = frame_ms * 499;
            prop_assert!(given <= span / every_ms + 1);
            prop_assert!(given >= span / every_ms.max(frame_ms + every_ms), "at least one per interval and frame");
        }
    }
}
