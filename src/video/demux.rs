//! The file's side of a pipeline: finds the first video in a file and hands its compressed pictures on.
//!
//! Input is a path. The demuxer is chosen by the file's first bytes; must never trust its name.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use parking_lot::Mutex;

use super::decoder::Codec;
use super::decoding::attach;
use super::error::{self, Fault};
use super::pipeline::{Tap, make};
use super::source::{Location, Pace};

/// Adds the reader of a file to a pipeline.
pub(super) fn add(pipeline: &gst::Pipeline, tap: &Arc<Tap>, path: &std::path::Path) -> Result<(), Fault> {
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
