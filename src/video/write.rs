//! Writes a video file of pictures that were drawn, for `lookout replay --draw`.
//!
//! ```text
//!  pixels ► appsrc ► videoconvert ► encoder ► parser ► mp4mux ► FILE.part, renamed once it is whole
//! ```
//!
//! Input are pictures of one size, red, green and blue, with their times; output an mp4 file. The encoder is the first that is
//! installed of those of which browsers play what they make. The file has its name only when it is whole: until then, and
//! whatever goes wrong, an older file of that name stays as it is, and what was begun is removed. Knows nothing of what is in
//! the pictures: that they are redacted is the caller's duty.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::pipeline;
use crate::text::{Sentence, argument, command_line, drawing as say, foreign};

/// Pictures that wait for the encoder; a picture of 1280 x 800 has 3 MB.
const WAITING: u64 = 4;
/// An encoder that takes no picture for this long hangs.
const SILENCE: Duration = Duration::from_secs(60);
/// How often a waiting writer looks for room.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(10);
/// Seconds between pictures at which a player can begin.
const KEYFRAME_SECS: f32 = 5.0;
/// Bits for a pixel: enough for sharp lines and letters (looked at; half of it blurs letters in 360 lines).
const BITS_PER_PIXEL: f32 = 0.2;

/// Who encodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoder {
    /// H.264 of x264, of gstreamer1.0-plugins-ugly.
    X264,
    /// H.264 of OpenH264, of gstreamer1.0-plugins-bad, on which the package depends.
    OpenH264,
    /// VP9 of libvpx, of gstreamer1.0-plugins-good, on which the package depends.
    Vp9,
}

impl Encoder {
    /// Those of which most players know what they make come first.
    const ALL: [Encoder; 3] = [Encoder::X264, Encoder::OpenH264, Encoder::Vp9];

    fn element(self) -> &'static str {
        match self {
            Encoder::X264 => "x264enc",
            Encoder::OpenH264 => "openh264enc",
            Encoder::Vp9 => "vp9enc",
        }
    }

    fn parser(self) -> &'static str {
        match self {
            Encoder::X264 | Encoder::OpenH264 => "h264parse",
            Encoder::Vp9 => "vp9parse",
        }
    }

    fn codec(self) -> &'static str {
        match self {
            Encoder::X264 | Encoder::OpenH264 => "H.264",
            Encoder::Vp9 => "VP9",
        }
    }

    /// What is set of its properties, for a picture of so many pixels, so often.
    fn properties(self, pixels: f32, hz: f32) -> Vec<(&'static str, String)> {
        let bits = (pixels * hz * BITS_PER_PIXEL).clamp(500_000.0, 20_000_000.0) as u32;
        let keyframes = (hz * KEYFRAME_SECS).ceil().max(1.0) as u32;
        let (bits, keyframes) = (bits.to_string(), keyframes.to_string());
        match self {
            Encoder::X264 => vec![
                ("pass", "quant".to_owned()),
                ("quantizer", "23".to_owned()),
                ("speed-preset", "veryfast".to_owned()),
                ("key-int-max", keyframes),
            ],
            Encoder::OpenH264 => {
                vec![("bitrate", bits), ("gop-size", keyframes), ("complexity", "low".to_owned())]
            }
            Encoder::Vp9 => vec![
                ("target-bitrate", bits),
                ("keyframe-max-dist", keyframes),
                ("deadline", "1".to_owned()),
                ("cpu-used", "8".to_owned()),
            ],
        }
    }
}

/// Such as `H.264 (openh264enc)`.
impl fmt::Display for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.codec(), self.element())
    }
}

/// Why no video is written.
#[derive(Debug)]
pub(crate) struct WriteError {
    what: Sentence,
    hint: Option<Sentence>,
}

impl WriteError {
    /// Why, for people.
    pub(crate) fn sentence(&self) -> Sentence {
        self.what.clone()
    }

    /// What to try.
    pub(crate) fn hint(&self) -> Option<Sentence> {
        self.hint.clone()
    }

    fn of_encoder(detail: impl Into<String>) -> Self {
        WriteError { what: say::not_encoded(foreign::words(detail.into())), hint: None }
    }

    fn of_file(path: &Path, why: Sentence, hint: Option<Sentence>) -> Self {
        WriteError { what: say::unwritable(path.display(), why), hint }
    }

    fn of_system(path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory => {
                Some(command_line::try_other_place())
            }
            _ => None,
        };
        WriteError::of_file(path, argument::why_unwritten(error), hint)
    }
}

/// Whether a video can be written under this name; nothing is left behind.
///
/// # Errors
/// It is a folder, the name is not one of an mp4 file, or this user may not write there.
pub(crate) fn may_write(path: &Path) -> Result<(), WriteError> {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    if extension.is_none_or(|extension| extension != "mp4") {
        return Err(WriteError { what: say::not_mp4(path.display()), hint: Some(say::try_mp4()) });
    }
    if path.is_dir() {
        return Err(WriteError::of_file(path, argument::is_folder(), Some(say::try_file_in_it())));
    }
    let partial = partial(path);
    let opened = OpenOptions::new().write(true).create(true).truncate(true).open(&partial);
    opened.map_err(|error| WriteError::of_system(path, &error))?;
    // Left there it would only be an empty file that is written next.
    let _ = fs::remove_file(partial);
    Ok(())
}

/// What is written, until it is whole.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// A video file that is being written.
#[derive(Debug)]
pub(crate) struct VideoWriter {
    writing: Writing,
    source: gst_app::AppSrc,
    encoder: Encoder,
    path: PathBuf,
    /// It lasts until the next one comes.
    latest: Option<(Vec<u8>, Duration)>,
}

/// Ends the pipeline and removes what is not whole.
#[derive(Debug)]
struct Writing {
    pipeline: gst::Pipeline,
    partial: PathBuf,
}

impl Drop for Writing {
    fn drop(&mut self) {
        // Nobody is left who could do something about either; a file that is whole has another name by now.
        let _ = self.pipeline.set_state(gst::State::Null);
        let _ = fs::remove_file(&self.partial);
    }
}

impl VideoWriter {
    /// Begins a video of pictures of that size (width a multiple of four, height even), about so many a second.
    ///
    /// # Errors
    /// No encoder is installed, or the file cannot be made.
    pub(crate) fn create(path: &Path, (width, height): (u32, u32), hz: f32) -> Result<Self, WriteError> {
        super::init().map_err(|error| WriteError { what: error.sentence(), hint: error.fault.hint() })?;
        let found =
            Encoder::ALL.into_iter().find(|encoder| gst::ElementFactory::find(encoder.element()).is_some());
        let encoder =
            found.ok_or_else(|| WriteError { what: say::no_encoder(), hint: Some(say::try_encoder()) })?;
        let partial = partial(path);
        let writing = Writing { pipeline: pipeline::new_pipeline(), partial };
        // Whole thousandths of pictures a second.
        let rate = gst::Fraction::new((hz * 1000.0).round().max(1.0) as i32, 1000);
        let caps = gst_video::VideoCapsBuilder::new()
            .format(gst_video::VideoFormat::Rgb)
            .width(i32::try_from(width).unwrap_or(i32::MAX))
            .height(i32::try_from(height).unwrap_or(i32::MAX))
            .framerate(rate)
            .build();
        let source = gst_app::AppSrc::builder().format(gst::Format::Time).caps(&caps).max_buffers(0).build();
        let elements = chain(encoder, &writing.partial, width as f32 * height as f32, hz)?;
        let broken = |error: gst::glib::BoolError| WriteError::of_encoder(error.to_string());
        writing.pipeline.add(&source).map_err(broken)?;
        writing.pipeline.add_many(&elements).map_err(broken)?;
        gst::Element::link_many(std::iter::once(source.upcast_ref()).chain(&elements)).map_err(broken)?;
        let writer = VideoWriter { writing, source, encoder, path: path.to_owned(), latest: None };
        if writer.writing.pipeline.set_state(gst::State::Playing).is_err() {
            let trouble = writer.trouble(gst::ClockTime::ZERO);
            return Err(trouble.unwrap_or_else(|| WriteError::of_encoder(encoder.element())));
        }
        Ok(writer)
    }

    /// Who encodes.
    pub(crate) fn encoder(&self) -> Encoder {
        self.encoder
    }

    /// Adds a picture, taken `at` after the beginning, later than the one before.
    ///
    /// # Errors
    /// The encoder failed, or the file cannot be written any more.
    pub(crate) fn add(&mut self, pixels: Vec<u8>, at: Duration) -> Result<(), WriteError> {
        match self.latest.take() {
            Some((_, before)) if at <= before => {
                // Two pictures of the same moment: the later one counts.
                self.latest = Some((pixels, before));
                return Ok(());
            }
            Some((latest, since)) => self.push(latest, since, at)?,
            None => {}
        }
        self.latest = Some((pixels, at));
        Ok(())
    }

    /// Ends the video at that time after the beginning and gives the file its name.
    ///
    /// # Errors
    /// As [`VideoWriter::add`].
    pub(crate) fn finish(mut self, end: Duration) -> Result<(), WriteError> {
        if let Some((latest, since)) = self.latest.take() {
            self.push(latest, since, end.max(since + Duration::from_millis(1)))?;
        }
        self.source.end_of_stream().map_err(|error| self.failed(error))?;
        let bus = self.bus()?;
        let ended = bus.timed_pop_filtered(
            gst::ClockTime::try_from(SILENCE).ok(),
            &[gst::MessageType::Eos, gst::MessageType::Error],
        );
        match ended.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Eos(_)) => {}
            Some(gst::MessageView::Error(error)) => return Err(self.meaning(&error.error())),
            _ => return Err(WriteError { what: say::encoder_hangs(SILENCE.as_secs()), hint: None }),
        }
        // Everything is in the file only now.
        let _ = self.writing.pipeline.set_state(gst::State::Null);
        fs::rename(&self.writing.partial, &self.path)
            .map_err(|error| WriteError::of_system(&self.path, &error))
    }

    fn push(&self, pixels: Vec<u8>, from: Duration, to: Duration) -> Result<(), WriteError> {
        self.wait_for_room()?;
        let mut buffer = gst::Buffer::from_mut_slice(pixels);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::try_from(from).ok());
            buffer.set_duration(gst::ClockTime::try_from(to.saturating_sub(from)).ok());
        }
        self.source.push_buffer(buffer).map(drop).map_err(|error| self.failed(error))
    }

    /// Not by a source that waits: it would wait for ever for an encoder that has failed.
    fn wait_for_room(&self) -> Result<(), WriteError> {
        let mut waited = Duration::ZERO;
        while self.source.current_level_buffers() >= WAITING {
            if let Some(trouble) = self.trouble(LOOK) {
                return Err(trouble);
            }
            waited += Duration::from(LOOK);
            if waited >= SILENCE {
                return Err(WriteError { what: say::encoder_hangs(SILENCE.as_secs()), hint: None });
            }
        }
        Ok(())
    }

    fn bus(&self) -> Result<gst::Bus, WriteError> {
        self.writing.pipeline.bus().ok_or_else(|| WriteError::of_encoder(self.encoder.element()))
    }

    fn failed(&self, error: gst::FlowError) -> WriteError {
        self.trouble(LOOK).unwrap_or_else(|| WriteError::of_encoder(error.to_string()))
    }

    /// What went wrong, if something did by now.
    fn trouble(&self, within: gst::ClockTime) -> Option<WriteError> {
        let message = self.writing.pipeline.bus()?.timed_pop_filtered(within, &[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(self.meaning(&error.error())),
            _ => None,
        }
    }

    fn meaning(&self, error: &gst::glib::Error) -> WriteError {
        if error.matches(gst::ResourceError::NoSpaceLeft) {
            return WriteError::of_file(
                &self.path,
                argument::disk_full(),
                Some(command_line::try_other_place()),
            );
        }
        let of_file = [gst::ResourceError::OpenWrite, gst::ResourceError::Write, gst::ResourceError::Close];
        if of_file.into_iter().any(|kind| error.matches(kind)) {
            let why = argument::system_says(error.message().to_owned());
            return WriteError::of_file(&self.path, why, Some(command_line::try_other_place()));
        }
        WriteError::of_encoder(error.message())
    }
}

/// Everything behind the source.
fn chain(encoder: Encoder, file: &Path, pixels: f32, hz: f32) -> Result<Vec<gst::Element>, WriteError> {
    let make = |name| {
        let made = pipeline::make(name);
        made.map_err(|fault| WriteError { what: fault.sentence(), hint: fault.hint() })
    };
    let planar = gst_video::VideoCapsBuilder::new().format(gst_video::VideoFormat::I420).build();
    let filter = make("capsfilter")?;
    filter.set_property("caps", &planar);
    let encoding = make(encoder.element())?;
    for (name, value) in encoder.properties(pixels, hz) {
        // A version that does not know one of them encodes all the same.
        if encoding.find_property(name).is_some() {
            encoding.set_property_from_str(name, &value);
        }
    }
    if encoder == Encoder::OpenH264 {
        end_behind(&encoding);
    }
    let muxer = make("mp4mux")?;
    // What is needed to play it stands before the pictures, so that a browser begins at once.
    muxer.set_property("faststart", true);
    let sink = make("filesink")?;
    sink.set_property("location", file);
    Ok(vec![make("videoconvert")?, filter, encoding, make(encoder.parser())?, muxer, sink])
}

/// At its end OpenH264 complains on standard error that it is asked for pictures which it does not have (seen with 2.3): it
/// never holds one back, so the end goes around it.
fn end_behind(encoder: &gst::Element) {
    let (Some(entry), Some(exit)) = (encoder.static_pad("sink"), encoder.static_pad("src")) else { return };
    let exit = exit.downgrade();
    entry.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        let is_end = info.event().is_some_and(|event| event.type_() == gst::EventType::Eos);
        match exit.upgrade() {
            Some(exit) if is_end && exit.push_event(gst::event::Eos::new()) => gst::PadProbeReturn::Drop,
            Some(_) | None => gst::PadProbeReturn::Ok,
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::{FileOptions, read_file};

    const SIZE: (u32, u32) = (640, 374);

    fn grey(level: u8) -> Vec<u8> {
        vec![level; (SIZE.0 * SIZE.1 * 3) as usize]
    }

    #[test]
    fn a_video_has_the_length_and_the_pictures_that_were_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("drawn.mp4");
        let mut writer = VideoWriter::create(&path, SIZE, 5.0).expect("an encoder");
        for number in 0..50u8 {
            writer
                .add(grey(number * 5), Duration::from_millis(200) * u32::from(number))
                .expect("it takes it");
        }
        assert!(!path.exists(), "it has its name when it is whole");
        writer.finish(Duration::from_secs(10)).expect("it ends");
        let files: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let mut frames = read_file(&path, FileOptions::default()).expect("a video");
        let mut count = 0;
        while let Some((at, picture)) = frames.next_frame().expect("it is read") {
            let wanted = Duration::from_millis(200) * count;
            assert!(at.abs_diff(wanted) < Duration::from_millis(5), "{at:?} instead of {wanted:?}");
            assert_eq!((picture.format().width, picture.format().height), (640, 374));
            count += 1;
        }
        assert_eq!(count, 50);
        let length = frames.duration().expect("it says so");
        assert!(length.abs_diff(Duration::from_secs(10)) < Duration::from_millis(50), "{length:?}");
    }

    #[test]
    fn what_is_not_finished_leaves_nothing_behind_and_takes_nothing_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("drawn.mp4");
        fs::write(&path, "an older one").expect("written");
        let mut writer = VideoWriter::create(&path, SIZE, 5.0).expect("an encoder");
        writer.add(grey(9), Duration::ZERO).expect("it takes it");
        drop(writer);
        assert_eq!(fs::read_to_string(&path).expect("still there"), "an older one");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn names_that_cannot_be_written_are_refused_before_anything_is_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused =
            |name: &str| may_write(&folder.path().join(name)).expect_err(name).sentence().to_string();
        assert!(refused("drawn.gif").contains("no mp4"), "{}", refused("drawn.gif"));
        assert!(refused("drawn").contains("no mp4"));
        assert!(refused("gone/drawn.mp4").contains("no such folder"));
        fs::create_dir(folder.path().join("folder.mp4")).expect("made");
        assert!(refused("folder.mp4").contains("folder"));
        may_write(&folder.path().join("DRAWN.MP4")).expect("it can be written");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left behind");
    }
}
