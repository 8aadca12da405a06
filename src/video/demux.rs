//! The file's side of a pipeline: finds the video of a recording and hands its compressed pictures on.
//!
//! Input is a path. Who reads it is chosen by its content ([`container`]); must never trust its name.

use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use parking_lot::Mutex;

use super::container::{self, Container, Demuxer};
use super::decoder::{Codec, FileCodec};
use super::decoding::attach;
use super::error::Fault;
use super::orientation::{DisplayMatrix, Orientation};
use super::pipeline::{AttemptContext, make};
use super::source::{Location, Pace};
use super::unpack::choice::{self, Unreadable};
use super::unpack::{Dhav, Piece, ProgramStream, TransportStream, Unpacker};
use crate::analysis::time::Timestamp;
use crate::text::{Sentence, foreign, recording, stream};

mod found;
mod times;

use found::Found;
use times::Times;

/// Adds the reader of a file to a pipeline.
pub(super) fn add(pipeline: &gst::Pipeline, context: &Arc<AttemptContext>, path: &Path) -> Result<(), Fault> {
    let real_time = matches!(&context.source.location, Location::File { pace: Pace::RealTime, .. });
    let (weak, context) = (pipeline.downgrade(), context.clone());
    let (failed, notes) = (context.clone(), context.file_notes.clone());
    let on_video = move |pad: &gst::Pad, codec, parsers| {
        context.guarded(|| {
            let Some(pipeline) = weak.upgrade() else { return Ok(()) };
            attach(&pipeline, pad, parsers, codec, &context, real_time)
        });
    };
    let on_none = move |fault| failed.guarded(|| Err(fault));
    add_file_reader(pipeline, path, &notes, Gaps::Closed, on_video, on_none)
}

/// What is found out about a file while it is read.
#[derive(Debug, Default)]
pub(super) struct FileNotes {
    orientation: Mutex<Option<Orientation>>,
    /// The orientation was read from the file itself.
    is_known: AtomicBool,
    remarks: Mutex<Vec<Sentence>>,
    began_at: Mutex<Option<Timestamp>>,
}

impl FileNotes {
    /// How it says that it must be turned, where it does.
    pub(super) fn orientation(&self) -> Option<Orientation> {
        *self.orientation.lock()
    }

    /// What its reader should know, a sentence each.
    pub(super) fn remarks(&self) -> Vec<Sentence> {
        let mut remarks = self.remarks.lock().clone();
        let turned = self.orientation().filter(|orientation| !orientation.is_upright());
        remarks.extend(turned.map(|orientation| recording::is_turned(orientation.sentence())));
        remarks
    }

    /// When it began, where it says so itself.
    pub(super) fn began_at(&self) -> Option<Timestamp> {
        *self.began_at.lock()
    }

    fn remark(&self, sentence: Sentence) {
        self.remarks.lock().push(sentence);
    }

    /// Takes the orientation of the file's display matrix. `qtdemux` takes matrices that scale for others that turn or
    /// mirror (seen with 1.22).
    fn show_as(&self, matrix: DisplayMatrix, path: &Path) {
        let (orientation, remark) = matrix.meaning(&container::quoted(path));
        *self.orientation.lock() = Some(orientation).filter(|orientation| !orientation.is_upright());
        self.is_known.store(true, Ordering::Relaxed);
        if let Some(remark) = remark {
            self.remark(remark);
        }
    }

    /// Takes the orientation and the time of the file's beginning out of an event of its stream.
    fn take(&self, event: &gst::EventRef) {
        if let gst::EventView::Tag(tags) = event.view()
            && let Some(tag) = tags.tag().get::<gst::tags::DateTime>()
            && let Some(at) = moment(&tag.get())
        {
            self.began_at.lock().get_or_insert(at);
        }
        if !self.is_known.load(Ordering::Relaxed)
            && let gst::EventView::Tag(tags) = event.view()
            && let Some(tag) = tags.tag().get::<gst::tags::ImageOrientation>()
            && let Some(orientation) = Orientation::of_tag(tag.get())
        {
            *self.orientation.lock() = Some(orientation);
        }
    }
}

/// Recorders whose clock was never set write times before this: none of them is the recording's.
const CLOCK_WAS_SET: i32 = 2002;

/// The moment of a tag that has date and time, unless the clock that wrote it was never set.
fn moment(tag: &gst::DateTime) -> Option<Timestamp> {
    if !tag.has_time() {
        return None;
    }
    let tag = tag.to_utc().ok().filter(|tag| tag.year() >= CLOCK_WAS_SET)?;
    let part = |part: Option<i32>| i8::try_from(part.unwrap_or(0)).ok();
    let year = i16::try_from(tag.year()).ok()?;
    let (month, day) = (part(tag.month())?, part(tag.day())?);
    let (hour, minute, second) = (part(tag.hour())?, part(tag.minute())?, part(tag.second())?);
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

/// What becomes of a pause in a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gaps {
    /// Time passes in it, as it did.
    Kept,
    /// What comes after it follows at once: a file that plays as a camera must not fall silent for an hour.
    Closed,
}

/// `filesrc ! demuxer`, or what takes its place; calls `on_video` for the video that is read, with its codec and the
/// parsers that belong behind it, or `on_none` with the reason why there is none.
///
/// Not `parsebin`: in 1.22 it swallows the error of a demuxer that fails faster than it is plugged in,
/// and then nothing ever comes.
pub(super) fn add_file_reader(
    pipeline: &gst::Pipeline,
    path: &Path,
    notes: &Arc<FileNotes>,
    gaps: Gaps,
    on_video: impl Fn(&gst::Pad, Codec, Vec<gst::Element>) + Send + Sync + 'static,
    on_none: impl Fn(Fault) + Send + Sync + 'static,
) -> Result<(), Fault> {
    let known = container::recognise(path)?;
    for remark in known.remarks {
        notes.remark(remark);
    }
    let unpacker = match known.container {
        Container::Demuxed(demuxer) => {
            let what = (demuxer, known.matrices);
            return add_demuxed(pipeline, path, what, notes, gaps, on_video, on_none);
        }
        Container::Bare(codec) => {
            return add_bare(pipeline, file_source(path)?, codec, notes, gaps, on_video);
        }
        Container::ProgramStream { from } => {
            Unpacker::ProgramStream(ProgramStream::new(opened_at(path, from)?))
        }
        Container::TransportStream { from, step } => {
            Unpacker::TransportStream(TransportStream::new(opened_at(path, from)?, step))
        }
        Container::Dhav => Unpacker::Dhav(Dhav::new(opened_at(path, 0)?)),
    };
    add_unpacked(pipeline, path, unpacker, notes, gaps, on_video)
}

/// What a demuxer of GStreamer finds in a file; `matrices` say how each of its videos is to be turned.
fn add_demuxed(
    pipeline: &gst::Pipeline,
    path: &Path,
    (demuxer, matrices): (Demuxer, Vec<DisplayMatrix>),
    notes: &Arc<FileNotes>,
    gaps: Gaps,
    on_video: impl Fn(&gst::Pad, Codec, Vec<gst::Element>) + Send + Sync + 'static,
    on_none: impl Fn(Fault) + Send + Sync + 'static,
) -> Result<(), Fault> {
    let (file, element) = (file_source(path)?, make(demuxer.element())?);
    let demuxed = Arc::new(Demuxed {
        pipeline: pipeline.downgrade(),
        path: path.to_owned(),
        demuxer,
        matrices,
        notes: notes.clone(),
        gaps,
        found: Mutex::default(),
        on_video,
        on_none,
    });
    let streams = demuxed.clone();
    element.connect_pad_added(move |_, pad| streams.add(pad));
    element.connect_no_more_pads(move |_| demuxed.choose());
    pipeline.add_many([&file, &element]).map_err(broken)?;
    file.link(&element).map_err(broken)
}

/// The streams of a demuxer, of which one video is read.
struct Demuxed<V, N> {
    pipeline: glib::WeakRef<gst::Pipeline>,
    path: PathBuf,
    demuxer: Demuxer,
    /// Of each video, in the file's order.
    matrices: Vec<DisplayMatrix>,
    notes: Arc<FileNotes>,
    gaps: Gaps,
    found: Mutex<Found>,
    on_video: V,
    on_none: N,
}

impl<V: Fn(&gst::Pad, Codec, Vec<gst::Element>), N: Fn(Fault)> Demuxed<V, N> {
    /// One more stream.
    fn add(&self, pad: &gst::Pad) {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let codec = caps.structure(0).and_then(|structure| self.found.lock().is_video(structure, pad));
        match codec {
            Some(_) if self.demuxer.knows_its_streams() => {}
            Some(codec) if self.found.lock().choose_first() => {
                if let Err(fault) = self.begin(pad, codec) {
                    (self.on_none)(fault);
                }
            }
            Some(_) | None => discard(self.pipeline.upgrade().as_ref(), pad),
        }
    }

    /// All streams are known: reads the largest video, where none was chosen before.
    fn choose(&self) {
        let mut found = self.found.lock();
        let videos = match self.demuxer.knows_its_streams() {
            true => std::mem::take(&mut found.videos),
            false => Vec::new(),
        };
        let mut outcome = found.check(&self.path);
        if let Some(remark) = found.remark() {
            self.notes.remark(remark);
        }
        drop(found);
        let largest = videos.iter().enumerate().rev().max_by_key(|(_, video)| video.pixels()).map(|(n, _)| n);
        for (number, video) in videos.into_iter().enumerate() {
            if Some(number) == largest {
                outcome = outcome.and_then(|()| self.begin(&video.pad, video.codec));
            } else {
                discard(self.pipeline.upgrade().as_ref(), &video.pad);
            }
        }
        if let Err(fault) = outcome {
            (self.on_none)(fault);
        }
    }

    fn begin(&self, pad: &gst::Pad, codec: Codec) -> Result<(), Fault> {
        let parsers = parsers(codec, false)?;
        // The demuxer counts videos in the file's order.
        let number = pad.name().strip_prefix("video_").and_then(|number| number.parse::<usize>().ok());
        if let Some(matrix) = number.and_then(|number| self.matrices.get(number)) {
            self.notes.show_as(*matrix, &self.path);
        }
        watch(pad, parsers.last(), &self.notes, self.gaps, false);
        (self.on_video)(pad, codec, parsers);
        Ok(())
    }
}

fn broken(error: glib::BoolError) -> Fault {
    Fault::broken(error)
}

fn file_source(path: &Path) -> Result<gst::Element, Fault> {
    let file = make("filesrc")?;
    file.set_property("location", path);
    Ok(file)
}

fn opened_at(path: &Path, from: u64) -> Result<std::fs::File, Fault> {
    let opened = std::fs::File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        Ok(file)
    });
    opened.map_err(|error| unreadable(path, &error))
}

/// Nothing but compressed pictures out of an element.
fn add_bare(
    pipeline: &gst::Pipeline,
    source: gst::Element,
    codec: Codec,
    notes: &Arc<FileNotes>,
    gaps: Gaps,
    on_video: impl Fn(&gst::Pad, Codec, Vec<gst::Element>),
) -> Result<(), Fault> {
    let parsers = parsers(codec, true)?;
    pipeline.add(&source).map_err(broken)?;
    let pad = source.static_pad("src");
    let pad = pad.ok_or_else(|| Fault::Broken { detail: stream::reader_without_output() })?;
    watch(&pad, parsers.last(), notes, gaps, true);
    on_video(&pad, codec, parsers);
    Ok(())
}

/// What an unpacker finds in a file.
fn add_unpacked(
    pipeline: &gst::Pipeline,
    path: &Path,
    mut unpacker: Unpacker<std::fs::File>,
    notes: &Arc<FileNotes>,
    gaps: Gaps,
    on_video: impl Fn(&gst::Pad, Codec, Vec<gst::Element>),
) -> Result<(), Fault> {
    let found = choice::look(&mut unpacker).map_err(|error| unreadable(path, &error))?;
    let pixels =
        |size: Option<(u32, u32)>| size.map_or(0, |(width, height)| i64::from(width) * i64::from(height));
    // The first one of several of the same size.
    let largest = found.videos.iter().rev().max_by_key(|video| pixels(video.size));
    let choice::Video { stream, codec, .. } =
        *largest.ok_or_else(|| unreadable_unpacked(path, found.unreadable))?;
    let sizes: Vec<String> =
        found.videos.iter().map(|video| size_or_codec(video.size, video.codec)).collect();
    let areas: Vec<i64> = found.videos.iter().map(|video| pixels(video.size)).collect();
    if let Some(remark) = of_several(&sizes, areas.iter().any(|area| *area != areas[0])) {
        notes.remark(remark);
    }
    let mut first = found.pieces;
    // A disk that fails in the middle ends the recording there, as if it were cut off.
    let mut next = move || loop {
        let piece = first.pop_front().or_else(|| unpacker.next_piece().ok().flatten())?;
        if piece.stream == stream {
            return Some(piece);
        }
    };
    let source = gst_app::AppSrc::builder().format(gst::Format::Time).build();
    let mut feed = move |source: &gst_app::AppSrc| {
        // Both fail only when nobody takes it any more.
        let _ = match next() {
            Some(Piece { at, bytes, .. }) => {
                let mut buffer = gst::Buffer::from_mut_slice(bytes);
                if let (Some(buffer), Some(at)) = (buffer.get_mut(), at) {
                    buffer.set_pts(gst::ClockTime::try_from(at).ok());
                }
                source.push_buffer(buffer)
            }
            None => source.end_of_stream(),
        };
    };
    source
        .set_callbacks(gst_app::AppSrcCallbacks::builder().need_data(move |source, _| feed(source)).build());
    add_bare(pipeline, source.upcast(), codec, notes, gaps, on_video)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::UnreadableFile { path: path.to_owned(), detail: foreign::words(error.to_string()) }
}

fn unreadable_unpacked(path: &Path, why: Unreadable) -> Fault {
    let (kind, what, hint) = match why {
        Unreadable::Encrypted => {
            ("not_video", recording::holds_encrypted(), recording::try_without_password())
        }
        Unreadable::AsInMp4(codec) => {
            let filter = if codec == Codec::H265 { "hevc_mp4toannexb" } else { "h264_mp4toannexb" };
            ("not_video", recording::holds_as_in_mp4(codec.name()), recording::try_copy_of_mp4(filter))
        }
        Unreadable::NoVideo { sound: true } => {
            ("no_video", recording::holds_only_sound(), recording::try_with_pictures())
        }
        Unreadable::NoVideo { sound: false } => {
            ("no_video", recording::holds_no_video(), recording::try_with_pictures())
        }
        Unreadable::Unknown => {
            let hint = recording::try_have_it_exported(container::quoted(path));
            ("not_video", recording::holds_no_known_video(), hint)
        }
    };
    Fault::Recording { kind, path: path.to_owned(), what, hint }
}

fn size_or_codec(size: Option<(u32, u32)>, codec: Codec) -> String {
    match size {
        Some((width, height)) => format!("{width} x {height}"),
        None => codec.name().to_owned(),
    }
}

/// What is said of several videos: the first one is taken of those of the same size.
fn of_several(sizes: &[String], have_a_largest: bool) -> Option<Sentence> {
    let (count, videos) = (sizes.len(), sizes.join(" and "));
    (count > 1).then(|| match have_a_largest {
        true => recording::several_larger(count, videos),
        false => recording::several_first(count, videos),
    })
}

/// The parsers that a decoder may need behind a reader: `avc` to `byte-stream`, pictures out of bytes. A `stream` has
/// no pictures of its own yet.
fn parsers(codec: Codec, stream: bool) -> Result<Vec<gst::Element>, Fault> {
    let name = match codec {
        Codec::H264 => "h264parse",
        Codec::H265 => "h265parse",
        Codec::Mjpeg if stream => "jpegparse",
        Codec::InFiles(FileCodec::Mpeg12) => "mpegvideoparse",
        Codec::InFiles(FileCodec::Mpeg4) if stream => "mpeg4videoparse",
        Codec::Mjpeg | Codec::InFiles(_) => return Ok(Vec::new()),
    };
    Ok(vec![make(name)?])
}

/// Looks at what a file says of its pictures, and puts their times right where they leave the last parser.
fn watch(pad: &gst::Pad, parser: Option<&gst::Element>, notes: &Arc<FileNotes>, gaps: Gaps, bare: bool) {
    pad.sticky_events_foreach(|event| {
        notes.take(event);
        std::ops::ControlFlow::Continue(gst::EventForeachAction::Keep)
    });
    let of_events = notes.clone();
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(event) = info.event() {
            of_events.take(event);
        }
        gst::PadProbeReturn::Ok
    });
    let last = parser.and_then(|parser| parser.static_pad("src")).unwrap_or_else(|| pad.clone());
    let (notes, has_said, times) = (notes.clone(), AtomicBool::new(false), Mutex::new(Times::default()));
    last.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(buffer) = info.buffer_mut() else { return gst::PadProbeReturn::Ok };
        let mut times = times.lock();
        if bare && times.assume(buffer) && !has_said.swap(true, Ordering::Relaxed) {
            notes.remark(recording::no_times());
        }
        times.go_on(buffer, gaps);
        gst::PadProbeReturn::Ok
    });
}

/// Lets the data of a stream that nobody reads flow away: a demuxer with an unlinked pad fails when the
/// other ones end.
pub(super) fn discard(pipeline: Option<&gst::Pipeline>, pad: &gst::Pad) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(at_ms: Option<u64>) -> gst::Buffer {
        crate::video::init().unwrap();
        let mut buffer = gst::Buffer::new();
        buffer.get_mut().unwrap().set_pts(at_ms.map(gst::ClockTime::from_mseconds));
        buffer
    }

    fn moved(times: &[u64], gaps: Gaps) -> Vec<u64> {
        let mut kept = Times::default();
        let mut close = |at: &u64| {
            let mut buffer = buffer(Some(*at));
            kept.go_on(&mut buffer, gaps);
            buffer.pts().unwrap().mseconds()
        };
        times.iter().map(&mut close).collect()
    }

    #[test]
    fn what_comes_after_a_gap_follows_at_once() {
        let closed = |times: &[u64]| moved(times, Gaps::Closed);
        assert_eq!(closed(&[0, 40, 80, 3_600_080, 3_600_120, 9_000_000]), [0, 40, 80, 120, 160, 200]);
        assert_eq!(closed(&[0, 40, 8_000, 8_040]), [0, 40, 8_000, 8_040], "a slow camera is no gap");
        // Sent out of order, as pictures that are guessed from both sides are.
        assert_eq!(closed(&[0, 160, 80, 40, 120, 320]), [0, 160, 80, 40, 120, 320]);
    }

    #[test]
    fn time_that_goes_back_goes_on() {
        for gaps in [Gaps::Closed, Gaps::Kept] {
            assert_eq!(moved(&[5_000, 5_040, 0, 40, 80], gaps), [5_000, 5_040, 5_080, 5_120, 5_160]);
        }
        assert_eq!(moved(&[0, 40, 3_600_080], Gaps::Kept), [0, 40, 3_600_080]);
    }

    #[test]
    fn pictures_without_times_are_25_a_second() {
        let assumed = |given: &[Option<u64>]| {
            let mut times = Times::default();
            let mut assume = |at: &Option<u64>| {
                let mut buffer = buffer(*at);
                let is_assumed = times.assume(&mut buffer);
                (buffer.pts().map(gst::ClockTime::mseconds), is_assumed)
            };
            given.iter().map(&mut assume).collect::<Vec<_>>()
        };
        assert_eq!(assumed(&[Some(0), None, None]), [(Some(0), false), (Some(40), false), (Some(80), false)]);
        assert_eq!(assumed(&[None; 6])[4..], [(Some(160), false), (Some(200), true)]);
        assert_eq!(assumed(&[None, Some(40), Some(80)])[1..], [(Some(40), false), (Some(80), false)]);
        assert_eq!(assumed(&[Some(0), Some(100)]), [(Some(0), false), (Some(100), false)]);
        assert_eq!(assumed(&[Some(7), None]), [(Some(7), false), (None, false)]);
    }
}
